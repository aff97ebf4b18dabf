"""Green counted once, trees behind buildings unseen, a rule for residents: by hand, by brute force, on real places."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grid
from datakit.geo import fairness, streets
from datakit.trees import canopy, exposure, standardise
from datakit.vegetation import cover, crowns, people, reach, rule, sight
from tools.sample.vegetation import truth

LAMBERT = "EPSG:2154"


def frame(*shapes, crs=LAMBERT, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def box(x, y, width, height=None):
    return shapely.box(x, y, x + width, y + (width if height is None else height))


def points(*xy, **columns):
    return frame(*shapely.points(xy), **columns)


def load(id):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return datakit.load(id, "sample")


@pytest.fixture(scope="module")
def sample():
    ids = ["communes", "iris", "bdtopo-vegetation", "cadastre-buildings", "trees-dijon", "census-iris-population"]
    return {id: load(id) for id in [*ids, "filosofi-iris"]}


# -- crowns -----------------------------------------------------------------------------------------------------------


def test_a_disc_has_the_area_of_its_crown():
    trees = points((0, 0), (50, 0), diametre_couronne=[10.0, 4.0])
    found = crowns.discs(trees)
    assert found.geometry.area.to_numpy() == pytest.approx(np.pi / 4 * np.array([100, 16]), rel=1e-9)
    assert found["area"].to_numpy() == pytest.approx(found.geometry.area)
    assert found.index.equals(trees.index)
    assert shapely.equals_exact(shapely.centroid(found.geometry.to_numpy()), trees.geometry.to_numpy(), 1e-9).all()


def test_who_has_no_disc_is_counted():
    shapes = [*shapely.points([(0, 0), (9, 9), (20, 0), (30, 0), (40, 0)]), None, shapely.Point()]
    trees = frame(
        *shapes, diametre_couronne=[5.0, 5, None, 400, 5, 5, 5], statut=["standing"] * 4 + ["lost"] + [None] * 2
    )
    found = crowns.discs(trees)
    assert found.index.tolist() == [0, 1]
    assert crowns.account(trees, found) == crowns.Account(drawn=2, lost=1, no_place=2, no_crown=2)


def test_a_felled_tree_has_no_crown_whatever_column_says_so():
    trees = points(*((10 * k, 0) for k in range(4)), diametre_couronne=[5.0] * 4)
    words = trees.assign(etat=["Abattu", "En place", "A abattre", None])  # condemned and unknown trees stand
    assert crowns.discs(words).index.tolist() == [1, 2, 3]
    assert crowns.account(words, crowns.discs(words)).lost == 1
    assert sight.visible_trees(points((0, 10)), words, frame(), 50).near.tolist() == [3]
    assert crowns.discs(words.assign(statut=["standing", "lost", None, "standing"])).index.tolist() == [0, 2, 3]
    assert len(crowns.discs(trees)) == 4  # nobody says
    raw = load("trees-dijon")  # as loaded, not standardised
    felled = crowns.account(raw, crowns.discs(raw)).lost
    assert felled == (standardise(raw)["statut"] == "lost").sum() > 100


def test_a_crown_that_was_not_measured_follows_its_trunk():
    rng = np.random.default_rng(0)
    dbh = rng.uniform(10, 80, 300)
    trees = points(*rng.uniform(0, 9e4, (300, 2)), dbh=dbh, diametre_couronne=0.2 * dbh, taxon="Tilia cordata")
    truth_ = np.pi / 4 * (0.2 * dbh) ** 2
    trees.loc[trees.index[::3], "diametre_couronne"] = np.nan
    found = crowns.discs(trees, canopy.crown_area(trees))
    assert found["area"].to_numpy() == pytest.approx(truth_, rel=1e-6)
    assert found["how"].eq(crowns.MEASURED).sum() == 200
    assert len(crowns.discs(trees)) == 200  # without the allometry, only those that were measured


def test_discs_refuse_a_table_about_other_trees():
    trees = points((0, 0), (1, 1), diametre_couronne=[5.0, 5.0])
    with pytest.raises(WrongUse, match="one row for each tree"):
        crowns.discs(trees, pd.DataFrame({"area": [1.0]}))
    with pytest.raises(CrsMismatch):
        crowns.discs(trees.set_crs("EPSG:4326", allow_override=True))


# -- cover ------------------------------------------------------------------------------------------------------------

SQUARE = frame(box(0, 0, 100))


def test_green_counts_once_what_several_layers_share():
    layers = {
        "woods": frame(box(0, 0, 50, 100), box(25, 0, 50, 100)),
        "crowns": frame(box(50, 0, 50, 50)),
        "parks": frame(box(90, 0, 20, 100)),
    }
    out = cover.green(SQUARE, layers).iloc[0]
    assert [out.woods_share, out.crowns_share, out.parks_share] == pytest.approx([0.75, 0.25, 0.10])
    assert out.green_area == pytest.approx(7500 + 25 * 50 + 10 * 50)
    assert out.green_share == out.green_least == pytest.approx(0.925)
    assert out.not_known == ""


def test_green_is_the_union_on_invented_ground():
    rng = np.random.default_rng(5)

    def blobs(n, low, high):
        return frame(*shapely.buffer(shapely.points(rng.uniform(0, 1000, (n, 2))), rng.uniform(low, high, n)))

    layers = {"woods": blobs(40, 20, 90), "crowns": blobs(500, 2, 8), "parks": blobs(9, 50, 120)}
    cells = grid.grid(frame(box(30, 30, 940)), size=100)
    out = cover.green(cells, layers)
    whole = shapely.union_all(np.concatenate([layer.geometry.to_numpy() for layer in layers.values()]))
    expected = shapely.area(shapely.intersection(cells.geometry.to_numpy(), whole))
    assert out.green_area.to_numpy() == pytest.approx(expected, abs=1e-6)
    for name, layer in layers.items():
        assert out[f"{name}_area"].sum() == pytest.approx(layer.union_all().intersection(box(30, 30, 940)).area)


def test_a_commune_that_no_layer_knows_is_not_bare():
    communes = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), code=["a", "b", "c"])
    woods = frame(box(0, 0, 50), box(120, 0, 10), box(299, 0, 20))  # the last one is a sliver from next door
    trees = frame(box(60, 60, 10))
    known = {"woods": cover.surveyed(communes, woods), "crowns": cover.surveyed(communes, trees)}
    assert known["woods"].code.tolist() == ["a", "b"]
    out = cover.green(communes, {"woods": woods, "crowns": trees, "parks": None}, known=known)
    assert out.parks_share.isna().all()
    assert out.green_share.isna().all()
    out = cover.green(communes, {"woods": woods, "crowns": trees}, known=known)
    assert out.green_share.tolist() == pytest.approx([0.26, np.nan, np.nan], nan_ok=True)
    assert out.green_least.tolist() == pytest.approx([0.26, 0.01, np.nan], nan_ok=True)
    assert out.not_known.tolist() == ["", "crowns", "woods, crowns"]
    assert out.woods_area.isna().sum() == 1
    assert out.crowns_area.isna().sum() == 2


def test_contours_of_two_producers_need_not_lie_on_each_other():
    known = frame(box(0.2, 0, 99.8, 100))
    assert cover.green(SQUARE, {"woods": frame(box(0, 0, 50, 100))}, known=known).green_share.iloc[0] == pytest.approx(
        0.5
    )
    assert cover.green(SQUARE, {"woods": frame()}, known=frame(box(5, 0, 95, 100))).green_share.isna().all()


def test_green_survives_what_is_degenerate_and_refuses_what_is_wrong():
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    areas = frame(box(0, 0, 100), None, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)]))
    out = cover.green(areas, {"woods": frame(bow, None, shapely.Polygon(), shapely.Point(1, 1))})
    assert out.green_area.iloc[0] == pytest.approx(50)
    assert out.green_share.iloc[1:].isna().all()
    for wrong in ({}, {"green": frame()}):
        with pytest.raises(WrongUse):
            cover.green(SQUARE, wrong)
    with pytest.raises(WrongUse):
        cover.green(SQUARE, {"woods": frame()}, known={"crowns": SQUARE})
    with pytest.raises(CrsMismatch):
        cover.green(SQUARE, {"woods": frame(box(0, 0, 1), crs="EPSG:3857")})


# -- sight ------------------------------------------------------------------------------------------------------------

HOME = box(0, 0, 10)


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ([], 1),
        ([box(20, 0, 5, 10)], 0),  # between home and tree
        ([box(20, 20, 5, 10)], 1),  # beside the line
        ([box(10, 0, 10, 4.9)], 1),  # a neighbour along the wall, below the line
        ([box(45, 0, 10)], 1),  # behind the tree
        ([box(20, 4.95, 5, 10)], 1),  # overlaps the line by less than a hand's breadth
        ([box(35, 0, 10)], 0),  # the tree stands in a building: it is in its yard, or badly placed
    ],
)
def test_a_building_on_the_line_hides_a_tree(others, seen):
    homes, trees = frame(HOME), points((40, 5))
    out = sight.visible_trees(homes, trees, frame(HOME, *others), 50)
    assert out.near.tolist() == [1]
    assert out.visible.tolist() == [seen]


def test_reach_is_measured_from_the_facade():
    trees = points((40, 5), (60.5, 5))
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 30).near.tolist() == [1]
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 50.4).near.tolist() == [1]
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 50.6).near.tolist() == [2]
    discs = crowns.discs(trees.assign(diametre_couronne=6.0))  # now to the edge of the crown
    assert sight.visible_trees(frame(HOME), discs, frame(HOME), 48).near.tolist() == [2]


def test_a_point_in_a_house_sees_from_its_facade_and_one_outside_from_itself():
    trees = points((40, 5), (-10, 5))
    out = sight.visible_trees(points((5, 5), (45, 5)), trees, frame(HOME), 50)
    assert out.visible.tolist() == [2, 1]  # from the east the house hides the tree behind it
    assert out.near.tolist() == [2, 1]


def test_a_home_drawn_twice_does_not_hide_its_own_view():
    other_layer = box(-0.6, 0.4, 10)
    assert sight.visible_trees(frame(HOME), points((-20, 5)), frame(other_layer), 50).visible.tolist() == [1]


def test_a_yard_is_seen_and_the_street_behind_its_wings_is_seen_too():
    court = box(0, 0, 30).difference(box(10, 10, 10, 20))  # open to the north
    out = sight.visible_trees(frame(court), points((15, 20), (15, 50), (15, -10)), frame(court), 50)
    assert out.visible.tolist() == [3]


def test_who_does_not_count():
    trees = points((20, 5), (21, 5), (22, 5), (23, 5), statut=["standing", "lost", None, None], dbh=[30, 30, 5, None])
    homes = frame(HOME)
    assert sight.visible_trees(homes, trees, frame(), 50).visible.tolist() == [3]
    assert sight.visible_trees(homes, trees, frame(), 50, least_dbh=10).visible.tolist() == [2]  # unknown ones count


def test_a_home_that_nobody_surveyed_has_no_figure():
    homes = frame(HOME, box(500, 0, 10), None, shapely.Polygon())
    out = sight.visible_trees(homes, points((20, 5)), frame(HOME), known=frame(box(-50, -50, 200)))
    assert out.visible.isna().tolist() == [False, True, True, True]
    out = sight.visible_trees(homes, points((20, 5)), frame(HOME))
    assert out.visible.tolist()[:2] == [1, 0]
    assert out.visible.isna().tolist() == [False, False, True, True]
    assert sight.visible_trees(homes, frame(), frame()).near.tolist()[:2] == [0, 0]


def test_sight_refuses_other_crs_and_distances():
    with pytest.raises(CrsMismatch):
        sight.visible_trees(frame(HOME), points((1, 1)).set_crs("EPSG:3857", allow_override=True), frame(HOME))
    for wrong in (0, -1, np.inf, np.nan):
        with pytest.raises(WrongUse):
            sight.visible_trees(frame(HOME), points((1, 1)), frame(HOME), wrong)


def brute(home, trees, buildings, reach):
    """One home at a time, with all buildings, without index."""
    others = [b.buffer(-sight.SLACK, join_style="mitre") for b in buildings if not b.equals(home)]
    near = [t for t in trees if home.distance(t) <= reach]
    lines = [shapely.LineString([shapely.ops.nearest_points(home, t)[0], t]) for t in near]
    return len(near), sum(not any(line.intersects(b) for b in others) for line in lines)


def test_sight_agrees_with_brute_force_on_the_sample(sample):
    middle = truth()["blocks"].query("kind == 'dense'").geometry.iloc[20].centroid
    around = sample["cadastre-buildings"].cx[middle.x - 400 : middle.x + 400, middle.y - 400 : middle.y + 400]
    around = around[around.geom_type.isin(["Polygon", "MultiPolygon"]) & around.is_valid & ~around.is_empty]
    around = around[~around.geometry.duplicated()]
    trees = sample["trees-dijon"].cx[middle.x - 600 : middle.x + 600, middle.y - 600 : middle.y + 600]
    assert len(around) > 200
    assert len(trees) > 50
    homes = around.iloc[::25]
    out = sight.visible_trees(homes, trees, around, 60)
    standing = exposure.standing(trees)
    expected = [brute(h, list(standing.geometry), list(around.geometry), 60) for h in homes.geometry]
    assert out.near.tolist() == [n for n, _ in expected]
    assert out.visible.tolist() == [v for _, v in expected]
    assert 0 < out.visible.sum() < out.near.sum()  # some hide, some do not


# -- the rule ---------------------------------------------------------------------------------------------------------


def test_every_parameter_has_a_meaning_and_a_source():
    table = rule.Rule().table()
    assert set(table.part) == set(rule.PARTS)
    assert table.set_index("parameter").value.to_dict() == vars(rule.Rule())
    assert (table.source.str.len() > 10).all()
    changed = rule.Rule(canopy=0.2).table().set_index("parameter").source
    assert changed["canopy"] == "set by the caller; by default 0.3"
    assert "Konijnendijk" in changed["trees"]
    for wrong in ({"canopy": 1.2}, {"walk": 0}, {"trees": -1}, {"radius": np.nan}):
        with pytest.raises(WrongUse):
            rule.Rule(**wrong)


def test_parts_by_hand():
    places = pd.DataFrame(index=list("abcdef"))
    out = rule.parts(
        places, trees=[3, 2, 9, None, None, 0], canopy=[0.3, 0.5, 0.29, 0.4, 0.1, 0], walk=[300, 10, 301, 1, 1, np.inf]
    )
    assert out.three_trees.tolist() == pytest.approx([1, 0, 1, np.nan, np.nan, 0], nan_ok=True)
    assert out.canopy_30.tolist() == [1, 1, 0, 1, 0, 0]
    assert out.green_300.tolist() == [1, 1, 0, 1, 1, 0]
    assert out.all_three.tolist() == pytest.approx([1, 0, 0, np.nan, 0, 0], nan_ok=True)
    assert out["none"].tolist() == pytest.approx([0, 0, 0, 0, 0, 1])
    assert out.met.tolist() == pytest.approx([3, 2, 1, np.nan, np.nan, 0], nan_ok=True)
    strict = rule.parts(
        places, trees=[3] * 6, canopy=[0.3] * 6, walk=[300] * 6, rule=rule.Rule(trees=4, canopy=0.4, walk=299)
    )
    assert (strict["none"] == 1).all()


def test_a_part_that_was_not_measured_leaves_all_three_open_unless_another_fails():
    out = rule.parts(pd.DataFrame(index=[0, 1]), trees=pd.Series([5, 0], dtype="Int64"), canopy=[0.5, 0.5])
    assert out.green_300.isna().all()
    assert out.all_three.tolist() == pytest.approx([np.nan, 0], nan_ok=True)


def test_parts_of_a_cell_are_those_of_its_residents():
    """The share of a cell that meets all is the same whether counted by home or by cell."""
    rng = np.random.default_rng(2)
    cells = grid.grid(frame(box(0, 0, 1000)), size=100)
    homes = points(*rng.uniform(0, 1000, (900, 2)))
    live, trees = rng.uniform(0, 9, 900), rng.integers(0, 6, 900)
    green, walk = rng.uniform(0.1, 0.5, len(cells)), rng.uniform(100, 500, len(cells))
    cell = homes.sjoin(cells, predicate="within").index_right
    by_home = rule.parts(homes, trees, green[cell], walk[cell])
    seeing = rule.on_cells(by_home.three_trees, homes, cells, live)
    living = np.bincount(cell, live, minlength=len(cells))
    by_cell = rule.parts(cells, canopy=green, walk=walk, seeing=seeing)
    left, right = rule.by_resident(by_home, live), rule.by_resident(by_cell, living)
    assert right.share.to_numpy() == pytest.approx(left.share.to_numpy())
    assert left.residents["all_three"] == pytest.approx(
        live[(trees >= 3) & (green[cell] >= 0.3) & (walk[cell] <= 300)].sum()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"trees": [1]},
        {"trees": pd.Series([1, 2], index=[7, 8])},
        {"canopy": [30, 20]},
        {"walk": [-1, 0]},
        {"trees": [1, 1], "seeing": [1, 1]},
        {"seeing": [2, 0]},
    ],
)
def test_parts_refuse_figures_that_do_not_fit(wrong):
    with pytest.raises(WrongUse):
        rule.parts(pd.DataFrame(index=[0, 1]), **wrong)


def test_the_neighbourhood_of_cells_is_nearly_the_disc_around_each():
    rng = np.random.default_rng(8)
    woods = frame(*shapely.buffer(shapely.points(rng.uniform(0, 4000, (120, 2))), rng.uniform(20, 200, 120)))
    cells = grid.grid(frame(box(0, 0, 4000)), size=100)
    area = cover.cover(cells, woods, "green").green_area
    found = rule.neighbourhood(cells, cells, area, 300)
    inner = cells.within(box(300, 300, 3400))
    discs = cells[inner].set_geometry(cells[inner].centroid.buffer(300))
    exact = cover.cover(discs, woods, "green").green_share
    assert np.abs(found[inner] - exact).mean() < 0.02
    assert np.corrcoef(found[inner], exact)[0, 1] > 0.99
    uniform = rule.neighbourhood(cells, cells, 0.4 * cells.area)  # at the border too
    assert uniform.to_numpy() == pytest.approx(np.full(len(cells), 0.4))


def test_a_neighbourhood_that_is_mostly_unknown_has_no_share():
    cells = grid.grid(frame(box(0, 0, 1000, 100)), size=100)
    area = pd.Series([5000.0] * 5 + [np.nan] * 5)
    found = rule.neighbourhood(cells, cells, area, 150)
    assert found.isna().tolist() == [False] * 5 + [True] * 5
    assert found[:5].tolist() == [0.5] * 5
    homes = points((50, 50), (99_999, 0))
    assert rule.neighbourhood(homes, cells, area, 150).isna().tolist() == [False, True]
    with pytest.raises(WrongUse):
        rule.neighbourhood(homes, cells, area[:3])
    with pytest.raises(WrongUse):
        rule.neighbourhood(homes, cells, area, 0)


# -- residents --------------------------------------------------------------------------------------------------------


def test_shares_are_of_residents_and_the_unknown_widen_them():
    met = rule.parts(pd.DataFrame(index=range(4)), [3, 0, None, 5], [0.5, 0.5, 0.5, 0.1], [1, 1, 1, 1])
    out = rule.by_resident(met, [10, 30, 60, np.nan])
    assert out.loc["three_trees"].tolist() == pytest.approx([10, 0.25, 0.1, 0.7, 0.6])
    assert out.loc["all_three"].tolist() == pytest.approx([10, 0.25, 0.1, 0.7, 0.6])
    assert out.loc["canopy_30", ["share", "low", "high"]].tolist() == [1, 1, 1]
    assert rule.by_resident(met, [0, 0, 0, 0]).share.isna().all()
    with pytest.raises(WrongUse):
        rule.by_resident(met, [1, 2, 3, -4])


@pytest.mark.parametrize(
    ("values", "residents", "gini"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 0),
        ([1, 2, 3, 4, 5], [1] * 5, 4 / 15),
        ([0, 0, 0, 1], [1] * 4, 3 / 4),  # one of n has all: (n - 1) / n
        ([0, 1], [75, 25], 3 / 4),
        ([1, 3], [50, 50], 1 / 4),
        ([7, np.nan, 7], [3, 5, 2], 0),
    ],
)
def test_gini_of_the_textbook(values, residents, gini):
    assert fairness.index(rule.lorenz(values, residents)) == pytest.approx(gini)


def test_gini_is_half_the_mean_difference_between_two_residents():
    rng = np.random.default_rng(4)
    values, residents = rng.gamma(1, 1, 60), rng.integers(0, 9, 60)
    each = np.repeat(values, residents)
    expected = np.abs(each[:, None] - each).mean() / 2 / each.mean()
    curve = rule.lorenz(values, residents)
    assert fairness.index(curve) == pytest.approx(expected)
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (curve.share <= curve.people + 1e-12).all()
    assert fairness.index(rule.lorenz(each, np.ones(len(each)))) == pytest.approx(expected)


def test_a_curve_says_who_is_in_it_and_refuses_nothing():
    assert rule.known_share([1, np.nan], [1, 3]) == pytest.approx(0.25)
    assert np.isnan(rule.known_share([1, 1], [0, 0]))
    for values, residents in (([0, 0], [1, 1]), ([], []), ([-1, 1], [1, 1]), ([1, 1], [1]), ([1, 1], [-1, 1])):
        with pytest.raises(WrongUse):
            rule.lorenz(values, residents)


IRIS = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), box(300, 0, 100), iris=["a", "b", "c", "d"])
CENSUS = pd.DataFrame(
    {"iris": ["a", "b", "c"], "population": [100, 100, 50], "pop_0_14": [50, 10, 5], "pop_75_plus": [0, 40, 5]}
)
INCOMES = pd.DataFrame(
    {"iris": ["a", "b", "c"], "median_income": [15_000, 30_000, None], "secrecy_note": [None, None, "1"]}
)


def test_who_is_left_out_by_income_and_age():
    places = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), box(300, 0, 100))
    met = rule.parts(places, [0, 5, 5, 5], [0.0, 0.5, 0.5, 0.5], [900, 10, 10, None])
    out = rule.left_out(met, [100, 100, 50, 7], rule.in_iris(places, IRIS), CENSUS, INCOMES, groups=2)
    out = out.set_index("group")
    assert out.index.tolist() == [
        "all residents",
        "01 (lowest incomes)",
        "02 (highest incomes)",
        people.HIDDEN,
        people.ABSENT,
        "pop_0_14",
        "pop_75_plus",
    ]
    assert out.residents.tolist() == pytest.approx([257, 100, 100, 50, 7, 65, 45])
    assert out["none"].tolist() == pytest.approx([100 / 257, 1, 0, 0, 0, 50 / 65, 0])
    assert out.all_three.tolist()[:4] == pytest.approx([150 / 250, 0, 1, 1])
    assert np.isnan(out.all_three[people.ABSENT])
    assert out.unknown[people.ABSENT] == 1
    assert out.loc["01 (lowest incomes)", ["from", "to"]].tolist() == [15_000, 15_000]
    assert np.isnan(out.loc[people.HIDDEN, "from"])


def test_a_secret_income_is_a_group_and_who_lives_outside_is_in_none():
    places = frame(box(200, 0, 100), box(900, 0, 100))
    met = rule.parts(places, [5, 5])
    out = rule.left_out(met, [50, 7], rule.in_iris(places, IRIS), CENSUS, INCOMES)
    assert out.residents.tolist()[:2] == [50, 50]  # of 57
    assert out.loc[out.by == "income", "group"].tolist() == [people.HIDDEN]


def test_a_cell_on_a_border_belongs_to_both_sides_by_area():
    pieces = rule.in_iris(frame(box(75, 0, 100), None).set_index(pd.Index(["x", "y"])), IRIS)
    assert pieces.to_numpy().tolist() == [["x", "a", 0.25], ["x", "b", 0.75]]
    homes = rule.in_iris(points((50, 50), (100, 50), (999, 0)), IRIS)
    assert homes.place.tolist() == [0, 1]
    assert homes.part.tolist() == [1, 1]


def test_age_groups_of_an_iris_that_is_only_partly_seen():
    places = points((50, 50))
    out = rule.left_out(rule.parts(places, [5]), [10], rule.in_iris(places, IRIS), CENSUS).set_index("group")
    assert out.residents.tolist() == pytest.approx([10, 5, 0])  # a tenth of the IRIS: a tenth of its children
    assert out.three_trees["pop_0_14"] == 1


def test_left_out_refuses_tables_that_are_not_one_row_for_each_iris():
    places = points((50, 50))
    met, where = rule.parts(places, [5]), rule.in_iris(places, IRIS)
    twice = pd.concat([CENSUS, CENSUS])
    for more in ({"census": twice}, {"census": CENSUS, "ages": ["pop_85"]}, {"incomes": INCOMES, "groups": 0}):
        with pytest.raises(WrongUse):
            rule.left_out(met, [10], where, **more)
    with pytest.raises(WrongUse):
        rule.left_out(pd.concat([met, met]), [10, 10], where)


def test_groups_of_income_hold_about_as_many_residents():
    rng = np.random.default_rng(1)
    n = 120
    iris = frame(*(box(100 * k, 0, 100) for k in range(n)), iris=[f"{k:03d}" for k in range(n)])
    income = pd.DataFrame({"iris": iris.iris, "median_income": rng.uniform(12_000, 40_000, n)})
    live = rng.uniform(500, 3000, n)
    met = rule.parts(iris, canopy=income.median_income / 50_000)  # the rich have more
    out = rule.left_out(met, live, rule.in_iris(iris, iris), incomes=income)
    groups = out[out.by == "income"]
    assert groups.residents.sum() == pytest.approx(live.sum())
    assert groups.residents.to_numpy() == pytest.approx(np.full(5, live.sum() / 5), rel=0.1)
    assert groups["from"].is_monotonic_increasing
    assert (groups["from"].to_numpy()[1:] > groups["to"].to_numpy()[:-1]).all()
    assert groups.canopy_30.is_monotonic_increasing


# -- on the sample and on reality -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(sample):
    """The rule for each house of the sample, with the inhabitants that were planted in it."""
    roads, parks, buildings = (load(id) for id in ("bdtopo-roads", "osm-green", "bdtopo-buildings"))
    planted = truth()["residents"].drop_duplicates("cleabs").set_index("cleabs").residents
    homes = sight.homes(buildings)
    homes = homes[~homes.cleabs.duplicated()].set_index("cleabs")
    homes = homes[homes.geometry.notna() & ~homes.is_empty & homes.index.isin(planted.index)]
    trees = standardise(sample["trees-dijon"])
    discs = crowns.discs(trees, canopy.crown_area(trees))
    cells = grid.grid(sample["communes"][sample["communes"].commune == "21231"], size=100)
    known = {"crowns": cover.surveyed(sample["communes"], trees)}
    green = cover.green(cells, {"woods": sample["bdtopo-vegetation"], "crowns": discs}, known=known)
    around = rule.neighbourhood(homes, cells, green.green_area)
    seen = sight.visible_trees(homes, trees, buildings)
    walked = reach.walk(homes, reach.green_spaces(parks), streets.network(roads))
    met = rule.parts(homes, seen.visible, around, walked)
    return {
        "homes": homes,
        "live": planted.reindex(homes.index),
        "trees": trees,
        "discs": discs,
        "green": green,
        "seen": seen,
        "walked": walked,
        "met": met,
        "around": around,
        "cells": cells,
    }


def test_every_tree_of_the_sample_is_drawn_or_counted(town):
    counts = crowns.account(town["trees"], town["discs"])
    assert len(town["trees"]) == counts.drawn + counts.lost + counts.no_place + counts.no_crown
    assert counts.lost == (town["trees"].statut == "lost").sum() > 0
    assert len(set(town["discs"]["how"])) > 1


def test_green_follows_the_planted_blocks_and_zones(town, sample):
    blocks, zones = truth()["blocks"], truth()["zones"].set_index("zone").geometry
    green = cover.green(blocks, {"woods": sample["bdtopo-vegetation"], "crowns": town["discs"]})
    kinds = green.groupby("kind").green_share.mean()
    assert kinds["green"] > 0.6
    assert kinds["green"] > 3 * kinds[["dense", "mixed", "open"]].max()
    middles = town["cells"].centroid
    around = rule.neighbourhood(town["cells"], town["cells"], town["green"].green_area)
    assert around[middles.within(zones["green"])].mean() > around[middles.within(zones["bare"])].mean() + 0.1


def test_who_lives_across_the_railway_from_a_park_is_not_near_it(town):
    blocks = truth()["blocks"].merge(truth()["barrier"][["i", "j"]])
    inside = town["homes"].representative_point().within(blocks.union_all())
    assert inside.sum() > 50
    assert (town["walked"].crow[inside] <= 300).all()
    assert (town["met"].green_300[inside] == 0).all()
    assert (town["met"].all_three[inside] == 0).all()


def test_shares_of_residents_are_those_counted_one_by_one(town):
    met, live, walked = town["met"], town["live"], town["walked"]
    out = rule.by_resident(met, live)
    each = np.repeat(np.arange(len(live)), live)  # one row for each inhabitant
    assert out.share["green_300"] == pytest.approx((walked.walk.to_numpy()[each] <= 300).mean())
    assert out.share["three_trees"] == pytest.approx((town["seen"].visible.to_numpy(float)[each] >= 3).mean())
    assert out.residents["canopy_30"] == (town["around"].to_numpy()[each] >= 0.3).sum()
    assert (out["low"] <= out["share"]).all()
    assert 0 < out.share["all_three"] < out.share[list(rule.PARTS)].min()


def test_incomes_and_ages_of_the_sample_add_up(town, sample):
    met, live = town["met"], town["live"]
    homes = town["homes"].set_geometry(town["homes"].representative_point())
    where = rule.in_iris(homes, sample["iris"])
    census, incomes = sample["census-iris-population"], sample["filosofi-iris"]
    out = rule.left_out(met, live, where, census, incomes)
    assert out.residents.iloc[0] == live[where.place].sum()
    assert out[out.by == "income"].residents.sum() == pytest.approx(out.residents.iloc[0])
    hidden = out.set_index("group").iris[people.HIDDEN]
    known = incomes.set_index("iris").median_income.reindex(where.iris[live[where.place].to_numpy() > 0].unique())
    assert hidden == known.isna().sum() - (~known.index.isin(incomes.iris)).sum() > 0
    by_iris = met.green_300[where.place].groupby(where.iris.to_numpy())
    assert by_iris.ngroups == out.iris.iloc[0]
    old = census.set_index("iris").pop_75_plus / census.set_index("iris").population
    weight = live[where.place].to_numpy() * where.iris.map(old).to_numpy(float)
    share = np.average(met.green_300[where.place], weights=weight)
    assert out.set_index("group").green_300["pop_75_plus"] == pytest.approx(share)
    assert 0 < fairness.index(rule.lorenz(town["around"], live)) < 1


def test_the_rule_runs_on_real_communes_and_their_census(shared_data):
    """Real contours and inhabitants (2016), invented vegetation: one commune stands for one IRIS."""
    communes = gpd.read_file(shared_data / "communes-dijon-metropole" / "communes_2018_contours.geojson").to_crs(
        LAMBERT
    )
    code = next(c for c in communes.columns if communes[c].astype(str).str.fullmatch("21[0-9]{3}").all())
    communes = communes.rename(columns={code: "iris"})
    census = pd.read_csv(shared_data / "iris-rp2016" / "iris_rp2016_population.csv", dtype={"IRIS": str})
    ages = [c for c in census if c.startswith("P16_POP")]
    census = census.groupby(census.IRIS.str[:5])[ages].sum().rename_axis("iris").reset_index()
    census["population"] = census[ages].sum(axis=1)
    communes = communes[communes.iris.isin(census.iris)].reset_index(drop=True)  # not all are in the extract
    cells = grid.grid(communes, size=500)
    green = cover.green(cells, {"woods": load("bdtopo-vegetation")})
    assert green.green_share.between(0, 1).all()
    here = census[census.iris.isin(communes.iris)]
    live = grid.spread(here, communes, cells, ["population"]).population
    met = rule.parts(cells, canopy=rule.neighbourhood(cells, cells, green.green_area, 500))
    out = rule.left_out(met, live.fillna(0), rule.in_iris(cells, communes), census, ages=ages)
    assert out.residents.iloc[0] == pytest.approx(here.population.sum(), rel=1e-6)
    assert out[out.by == "age"].residents.sum() == pytest.approx(here.population.sum(), rel=1e-6)
    assert out.canopy_30.between(0, 1).all()


@pytest.mark.slow
def test_many_homes_do_not_bring_the_process_down(tmp_path):
    """Prepared shapes are not safe between threads: this crashed every few runs, and took the kernel with it."""
    import subprocess
    import sys

    program = tmp_path / "again.py"
    program.write_text(
        "import datakit\n"
        "from datakit.vegetation import sight\n"
        "buildings = datakit.load('bdtopo-buildings', 'sample')\n"
        "trees = datakit.load('trees-dijon', 'sample')[['geometry']]\n"
        "for _ in range(8):\n"
        "    sight.visible_trees(sight.homes(buildings), trees, buildings)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
