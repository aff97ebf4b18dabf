"""Ground that could be planted: every layer keeps its distance, whose the ground is, and what it is."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import ground, planting

LAMBERT = "EPSG:2154"
NONE = planting.Offsets(
    buildings=0, roads=0, vegetation=0, crowns=0, rail=0, water=0, sports=0, pipes=0, boundary=0, kerb=0, walking=0
)


def frame(*shapes, crs=LAMBERT, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def box(x, y, width, height=None):
    return shapely.box(x, y, x + width, y + (width if height is None else height))


def line(*points):
    return shapely.LineString(points)


def road(*lines, width=6.0, **columns):
    return frame(*lines, **{"largeur_de_chaussee": [width] * len(lines), "nature": "Route à 1 chaussée", **columns})


def room(cells, offsets=NONE, shapes=True, **layers):
    given = {"buildings": frame(), "roads": road(), "vegetation": frame(), **layers}
    known = given.pop("known", None)
    return planting.plantable(cells, planting.Layers(**given), offsets, known, shapes=shapes)


CELL = frame(box(0, 0, 100))


# -- obstacles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "taken"),
    [
        ({"rail": frame(line((-50, 50), (150, 50)), nombre_de_voies=[2])}, 100 * 8),
        ({"rail": frame(line((-50, 50), (150, 50)), nombre_de_voies=[None])}, 100 * 4),
        ({"rail": frame(line((-50, 50), (150, 50)), position_par_rapport_au_sol=["-1"])}, 0),
        ({"water": frame(box(0, 0, 30))}, 900),
        ({"water": frame(box(0, 0, 30), position_par_rapport_au_sol=["-1"])}, 0),
        ({"sports": frame(box(-10, 0, 30))}, 20 * 30),
        ({"crowns": frame(box(0, 0, 10), box(5, 0, 10))}, 150),
        ({"crowns": frame(None, shapely.Polygon(), box(0, 0, 10))}, 100),
    ],
)
def test_each_layer_takes_its_ground(layer, taken):
    assert room(CELL, **layer).taken_area.iloc[0] == pytest.approx(taken)


@pytest.mark.parametrize("name", ["water", "sports", "crowns", "pipes"])
def test_each_layer_keeps_its_own_distance(name):
    offsets = planting.Offsets(**{**vars(NONE), name: 4.0})
    out = room(CELL, offsets, **{name: frame(box(-50, 40, 200, 10))})
    assert out.taken_area.iloc[0] == pytest.approx(100 * 18)


def test_a_tree_keeps_its_distance_from_the_limits_of_parcels_but_not_from_the_street():
    parcels = frame(box(0, 0, 50, 40), box(50, 0, 50, 40), id=["a", "b"])  # a street north of them
    out = room(CELL, planting.Offsets(**{**vars(NONE), "boundary": 2.0}), parcels=parcels)
    assert out.plantable_area.iloc[0] == pytest.approx(100 * 60 + 2 * 46 * 36)
    walked = room(CELL, planting.Offsets(**{**vars(NONE), "boundary": 2.0, "walking": 1.4}), parcels=parcels)
    assert walked.plantable_area.iloc[0] == pytest.approx(100 * (60 - 1.4) + 2 * 46 * 36)


def test_the_way_of_those_who_walk_takes_nothing_more_from_the_next_parcel():
    parcels = frame(box(0, 0, 50, 40), box(50, 0, 50, 40), id=["a", "b"])  # a street north of them
    wide = room(CELL, planting.Offsets(**{**vars(NONE), "boundary": 2.0, "walking": 5.0}), parcels=parcels)
    assert wide.plantable_area.iloc[0] == pytest.approx(100 * (60 - 2) + 2 * 46 * 36)


def test_overlaps_count_once_and_the_free_ground_is_kept():
    out = room(CELL, buildings=frame(box(0, 0, 50)), water=frame(box(25, 0, 50)), sports=frame(box(0, 0, 75, 50)))
    assert out.taken_area.iloc[0] == pytest.approx(75 * 50)
    free = out.free.iloc[0]
    assert free.equals(shapely.difference(CELL.geometry.iloc[0], box(0, 0, 75, 50)))
    assert free.area == pytest.approx(out.plantable_area.iloc[0])


def test_what_was_not_given_is_named():
    layers = planting.Layers(frame(), road(), frame(), water=frame(box(0, 0, 30)))
    assert layers.absent == ("rail", "sports", "crowns", "pipes", "parcels", "pavements")
    assert planting.obstacles(layers)["obstacle"].tolist() == ["water"]
    assert repr(layers).endswith("water: 1 rows; not given: rail, sports, crowns, pipes, parcels, pavements)")


def test_every_distance_has_a_reason_and_a_source():
    table = planting.Offsets(rail=9).table().set_index("name")
    assert table[["why", "source"]].ne("").all(axis=None)
    assert set(table.index) == set(vars(planting.Offsets()))
    assert table.metres["boundary"] == 2.0 and "art. 671" in table.source["boundary"]
    assert table.metres["water"] == 3.25 and "L. 2131-2" in table.source["water"]
    assert "caller" in table.source["rail"]


def test_a_cell_outside_what_is_known_has_no_ground_and_no_kind():
    cells = frame(box(0, 0, 100), box(100, 0, 100))
    out = room(cells, known=frame(box(0, 0, 150, 100)))
    assert out.plantable_area.isna().tolist() == [False, True]
    assert out.free.isna().tolist() == [False, True]
    found = ground.pieces(out, frame(box(0, 0, 200, 100), id=["a"]))
    assert ground.tenure(found, out).isna().all(axis=1).tolist() == [False, True]
    assert ground.kinds(found, out).isna().all(axis=1).tolist() == [False, True]


def test_another_crs_is_refused_for_the_new_layers_too():
    there = frame(box(0, 0, 10), crs="EPSG:3857")
    for name in ("rail", "water", "sports", "crowns", "pipes", "parcels", "pavements"):
        with pytest.raises(CrsMismatch):
            room(CELL, **{name: there})
    with pytest.raises(CrsMismatch):
        ground.pieces(room(CELL), there)


def test_trunks_are_no_crowns():
    with pytest.raises(WrongUse, match="polygon"):
        room(CELL, crowns=frame(shapely.Point(5, 5)))
    assert room(CELL, crowns=frame(None, shapely.Polygon())).taken_area.iloc[0] == 0  # empty rows are no wrong layer


def test_the_free_ground_is_what_brute_force_finds():
    rng = np.random.default_rng(4)
    x, y = rng.uniform(0, 400, (2, 60))
    shapes = shapely.buffer(shapely.points(x, y), rng.uniform(3, 25, 60), quad_segs=4)
    cells = grid.grid(frame(box(0, 0, 400)), 100)
    out = room(cells, buildings=frame(*shapes[:20]), water=frame(*shapes[20:40]), crowns=frame(*shapes[40:]))
    everything = shapely.union_all(shapes)
    expected = [cell.difference(everything).area for cell in cells.geometry]
    assert out.plantable_area.tolist() == pytest.approx(expected)
    assert shapely.area(out.free.to_numpy()).tolist() == pytest.approx(expected)


# -- tenure -----------------------------------------------------------------------------------------------------------

THREE = ["212310000A0001", "212310000A0002", "212310000A0003"]
LOTS = frame(box(0, 0, 50, 40), box(50, 0, 30, 40), box(80, 0, 20, 40), id=THREE)
OWNERS = pd.DataFrame(
    {"parcel": ["212310000A0001", "212310000A0002", "212310000A0002"], "owner_group": ["4", "9", "0"]}
)


def test_streets_and_parcels_of_public_bodies_are_public():
    out = room(CELL)
    found = ground.tenure(ground.pieces(out, LOTS, OWNERS), out).iloc[0]
    assert found.to_dict() == pytest.approx(
        {"public_area": 100 * 60 + 50 * 40, "private_area": (30 + 20) * 40, "unknown_area": 0}
    )


def test_owners_are_not_guessed():
    assert ground.owners_of(LOTS, OWNERS).tolist() == ["public", "private", "private"]
    assert ground.owners_of(LOTS, OWNERS, public=("0", "9")).tolist() == ["private", "public", "private"]
    assert ground.owners_of(LOTS).tolist() == ["unknown"] * 3
    elsewhere = OWNERS.assign(commune="21166")
    assert ground.owners_of(LOTS, elsewhere).tolist() == ["unknown"] * 3
    assert ground.owners_of(LOTS, OWNERS.assign(commune="21231")).tolist() == ["public", "private", "private"]
    out = room(CELL)
    assert ground.tenure(ground.pieces(out, LOTS), out).iloc[0].tolist() == pytest.approx([6000, 0, 4000])
    assert ground.tenure(ground.pieces(out), out).iloc[0].tolist() == pytest.approx([0, 0, 10_000])


def test_where_the_cadastre_is_absent_the_ground_is_not_public():
    cells = frame(box(0, 0, 100), box(1000, 0, 100))
    out = room(cells)
    assert ground.tenure(ground.pieces(out, LOTS, OWNERS), out).unknown_area.tolist() == pytest.approx([0, 10_000])
    half = ground.tenure(ground.pieces(out, LOTS, OWNERS, known=frame(box(0, 0, 100, 50))), out)
    assert half.public_area.tolist() == [0, 0]


def test_parcels_that_overlap_count_once_and_as_private():
    out = room(CELL)
    lots = frame(box(0, 0, 60), box(40, 0, 60), id=["a", "b"])
    owners = pd.DataFrame({"parcel": ["a"], "owner_group": ["4"]})
    found = ground.tenure(ground.pieces(out, lots, owners), out).iloc[0]
    assert found.sum() == pytest.approx(10_000)
    assert found.private_area == pytest.approx(3600)


def test_a_missing_column_or_ground_is_said():
    with pytest.raises(WrongUse, match="id"):
        ground.owners_of(LOTS.drop(columns="id"), OWNERS)
    with pytest.raises(WrongUse, match="shapes=True"):
        ground.pieces(room(CELL, shapes=False), LOTS)
    with pytest.raises(WrongUse, match="tenure"):
        ground.kinds(ground.pieces(room(CELL)), room(CELL), among="publique")


# -- kinds ------------------------------------------------------------------------------------------------------------


def test_kinds_are_told_apart_and_counted_once():
    out = room(CELL, buildings=frame(box(10, 10, 20)))
    schools = frame(box(0, 0, 50), box(60, 60, 10), nature=["Enseignement primaire", "Mairie"])
    parking = frame(box(40, 0, 30, 50), nature=["Parking"])
    strip = frame(box(0, 40, 100, 20))
    layers = {"places": schools, "transport": parking, "pavements": strip}
    found = ground.pieces(out, LOTS, OWNERS, ground.Uses(**layers), shapes=True)
    kinds = ground.kinds(found, out).iloc[0]
    assert kinds.schoolyard == pytest.approx(2500 - 400)
    assert kinds["car park"] == pytest.approx(20 * 50)
    assert kinds["wide pavement"] == pytest.approx(100 * 20 - 70 * 10)
    assert kinds[list(ground.KINDS)].sum() == pytest.approx(out.plantable_area.iloc[0])
    assert kinds.paved == pytest.approx(kinds[["schoolyard", "car park", "wide pavement"]].sum())
    assert ground.Uses(**layers).absent == ()
    assert found.sjoin(found, predicate="overlaps").empty
    assert found.area.tolist() == pytest.approx(found["area"].tolist())
    plain = ground.pieces(out, LOTS, OWNERS, ground.Uses(**layers)).sort_values(["kind", "tenure"], ignore_index=True)
    shaped = found.groupby(["place", "kind", "paved", "tenure"], observed=True, as_index=False)["area"].sum()
    shaped = shaped.sort_values(["kind", "tenure"], ignore_index=True)
    columns = ["place", "kind", "paved", "tenure", "area"]
    pd.testing.assert_frame_equal(plain[columns], shaped[columns])
    assert ground.kinds(found, out, among="private").iloc[0].schoolyard == pytest.approx(0)
    assert set(found.loc[found.kind == "schoolyard", "tenure"]) == {"public"}


def test_layers_that_were_not_given_are_named_and_within_open_ground():
    found = ground.pieces(room(CELL), LOTS)
    assert ground.Uses().absent == ("places", "transport", "pavements")
    assert set(found.kind) == {"open ground"}
    assert not found.paved.any()


# A street of 6 m along y = 50; parcels leave 7 m of pavement in the south, 3 m in the north.
STREET = road(line((-100, 50), (200, 50)))
FRONTS = frame(box(-100, -50, 300, 90), box(-100, 56, 300, 90), id=["s", "n"])


def test_only_wide_pavements_are_found_with_kerb_and_way_kept_free():
    found = ground.pavements(CELL, FRONTS, STREET, planting.Offsets(kerb=1.0, walking=1.4), wide=4.0)
    assert found.place.tolist() == [0]
    strip = box(0, 41.4, 100, 7 - 1 - 1.4)
    assert found.geometry.iloc[0].symmetric_difference(strip).area < 0.01 * strip.area


def test_a_pavement_is_as_wide_over_the_edge_of_a_cell():
    cells = grid.grid(frame(box(0, 0, 100)), 10)  # edges of cells lie in the middle of the pavement
    whole = ground.pavements(CELL, FRONTS, STREET).area.sum()
    assert ground.pavements(cells, FRONTS, STREET).area.sum() == pytest.approx(whole, rel=1e-3)


def test_no_pavement_without_a_street_or_a_cadastre():
    for nature in ("Type autoroutier", "Sentier"):
        assert ground.pavements(CELL, FRONTS, STREET.assign(nature=nature)).empty
    assert ground.pavements(CELL, FRONTS, STREET.assign(urbain=False)).empty
    assert ground.pavements(CELL, FRONTS.iloc[:0], STREET).empty
    assert ground.pavements(CELL, FRONTS, STREET, wide=8, reach=12).empty
    with pytest.raises(WrongUse, match="kerb"):
        ground.pavements(CELL, FRONTS, STREET, wide=2.0)


def test_a_wide_pavement_is_room_that_a_guessed_one_is_not():
    offsets = planting.Offsets(boundary=0)
    known = ground.pavements(CELL, FRONTS, STREET, offsets)
    guessed = room(CELL, offsets, roads=STREET)
    seen = room(CELL, offsets, roads=STREET, pavements=known)
    assert guessed.taken_area.iloc[0] == pytest.approx(100 * 12)
    # 3 m were kept clear beyond the carriageway; on the wide side, only 1 m beside it now is
    assert seen.plantable_area.iloc[0] - guessed.plantable_area.iloc[0] == pytest.approx(100 * 2, rel=0.02)
    house = frame(box(0, 30, 100, 10))
    built = room(CELL, offsets, roads=STREET, pavements=known, buildings=house)
    kinds = ground.kinds(ground.pieces(built, FRONTS, uses=ground.Uses(pavements=known)), built).iloc[0]
    assert kinds["wide pavement"] == pytest.approx(100 * (46 - 45), rel=0.02)  # 5 m from the façade, 1 m from the kerb


# -- an invented town whose free ground is known from its plan --------------------------------------------------------

PITCH, LANE = 120.0, 6.0  # metres from street to street, and the carriageway


@pytest.fixture(scope="module")
def town():
    """Blocks in a turned net of streets; each block is one parcel. The plan says what is free, whose, and what it is.

    Pavements are 1.5 m wide, or 6 m around the blocks of every third column.
    """
    rng = np.random.default_rng(12)
    layers = {k: [] for k in ("building", "road", "wood", "parcel", "school", "parking", "truth")}
    number = 8
    for k in range(number + 1):
        for along in range(number):
            a, b = PITCH * along, PITCH * (along + 1)
            layers["road"] += [line((PITCH * k, a), (PITCH * k, b)), line((a, PITCH * k), (b, PITCH * k))]
    for i in range(number):
        for j in range(number):
            kind = ("open ground", "schoolyard", "car park", "wood", "built")[rng.integers(5)]
            pavement = 6.0 if i % 3 == 0 else 1.5
            edge = LANE / 2 + pavement
            x, y, side = PITCH * i + edge, PITCH * j + edge, PITCH - 2 * edge
            lot = box(x, y, side)
            owner = "4" if kind == "schoolyard" else ("0", "9", None)[rng.integers(3)]
            layers["parcel"].append((lot, owner))
            house = box(x + 10, y + 10, side - 20) if kind == "built" else box(x + 30, y + 30, 20)
            layers["building"].append(house)
            if kind == "wood":
                layers["wood"].append(box(x, y, side))
            if kind in ("schoolyard", "car park"):
                layers["school" if kind == "schoolyard" else "parking"].append(lot)
            if kind != "wood":  # what the plan leaves free: the parcel's inside, 5 m away from its house
                inner = box(x + 2, y + 2, side - 4).difference(house.buffer(5))
                held = "public" if owner in ("4", "9") else "private"
                layers["truth"].append((inner, "open ground" if kind == "built" else kind, held))
            if pavement > 4:  # 1 m beside the carriageway; 1.4 m to walk, or 2 m from a wood
                near = 2.0 if kind == "wood" else 1.4
                ring = box(x - 5, y - 5, side + 10).difference(box(x - near, y - near, side + 2 * near))
                layers["truth"].append((ring, "wide pavement", "public"))
    turned = {}
    for name, rows in layers.items():
        shapes = [r[0] if isinstance(r, tuple) else r for r in rows]
        turned[name] = gpd.GeoSeries(shapes, crs=LAMBERT).rotate(20, origin=(0, 0)).translate(854_000, 6_693_000)
    ids = [f"21231000AB{n:04d}" for n in range(number**2)]
    owner = pd.DataFrame({"parcel": ids, "owner_group": [o for _, o in layers["parcel"]]}).dropna()
    truth = gpd.GeoDataFrame(
        {"kind": [k for _, k, _ in layers["truth"]], "tenure": [t for *_, t in layers["truth"]]},
        geometry=turned["truth"].to_numpy(),
        crs=LAMBERT,
    )
    lots = frame(*turned["parcel"], id=ids)
    streets = road(*turned["road"])
    area = turned["parcel"].union_all().convex_hull
    truth = truth.clip(area, keep_geom_type=True)
    cells = grid.grid(frame(area), 50)
    pavements = ground.pavements(cells, lots, streets)
    taken = frame(*turned["building"]), streets, frame(*turned["wood"])
    found = planting.plantable(cells, planting.Layers(*taken, parcels=lots, pavements=pavements), shapes=True)
    schools = frame(*turned["school"]).assign(nature="Collège")
    parking = frame(*turned["parking"]).assign(nature="Parking")
    uses = ground.Uses(schools, parking, pavements)
    return truth, found, ground.pieces(found, lots, owner.assign(commune="21231"), uses, shapes=True)


@pytest.mark.parametrize("kind", ["schoolyard", "car park", "open ground"])
@pytest.mark.parametrize("held", ["public", "private"])
def test_the_ground_of_the_plan_is_found(town, kind, held):
    truth, _, found = town
    chosen = [t[(t.kind == kind) & (t.tenure == held)] for t in (truth, found)]
    if chosen[0].empty:
        assert (kind, held) == ("schoolyard", "private")
        assert chosen[1].empty
        return
    planned, seen = (t.union_all() for t in chosen)
    common = planned.intersection(seen).area
    assert common / planned.area > 0.97
    assert common / seen.area > 0.97


def test_the_wide_pavements_of_the_plan_are_found_and_narrow_ones_are_not(town):
    truth, _, found = town
    planned = truth[truth.kind == "wide pavement"].union_all()
    seen = found[found.kind == "wide pavement"]
    assert set(seen.tenure) == {"public"}
    seen = seen.union_all()
    common = planned.intersection(seen).area
    assert common / planned.area > 0.95
    assert common / seen.area > 0.95


def test_the_order_of_cells_by_room_is_that_of_the_plan(town):
    truth, cells, _ = town
    at, piece = cells.sindex.query(truth.geometry, predicate="intersects")[::-1]
    shared = shapely.area(shapely.intersection(cells.geometry.to_numpy()[at], truth.geometry.to_numpy()[piece]))
    planned = np.bincount(at, shared, minlength=len(cells))
    assert cells.plantable_area.corr(pd.Series(planned), method="spearman") > 0.95
    assert abs(cells.plantable_area.sum() / planned.sum() - 1) < 0.1


def test_distances_of_this_kit_are_scaled_and_those_of_a_law_stay():
    usual, twice = planting.Offsets(), planting.Offsets().scaled(2)
    said = usual.table().set_index("name")
    chosen = said["source"].str.startswith("choice of this kit")
    assert {"water", "boundary", "walking"} == set(said.index[~chosen])
    for name, own in chosen.items():
        assert getattr(twice, name) == (2 if own else 1) * getattr(usual, name)
    assert usual.scaled(1) == usual
