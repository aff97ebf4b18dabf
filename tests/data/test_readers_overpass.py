"""Areas of OpenStreetMap through Overpass, and identifiers that a card puts together from several columns."""

import json

import pytest
import shapely
from shapely.geometry import box

from datakit.data.cards import Card
from datakit.data.tables import parse
from datakit.errors import NotAsDescribed

WEST, SOUTH, STEP = 5.0, 47.3, 0.001


def ring(x0, y0, x1, y1):
    """Places of a closed way, in thousandths of a degree from the corner."""
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
    return [{"lat": SOUTH + y * STEP, "lon": WEST + x * STEP} for x, y in corners]


def expected(*boxes):
    return [shapely.affinity.affine_transform(box(*b), [STEP, 0, 0, STEP, WEST, SOUTH]) for b in boxes]


def way(number, places, **tags):
    return {"type": "way", "id": number, "nodes": [], "geometry": places, "tags": {"leisure": "park", **tags}}


def relation(number, *members, **tags):
    """A multipolygon of (role, places)."""
    members = [{"type": "way", "ref": k, "role": role, "geometry": p} for k, (role, p) in enumerate(members)]
    return {"type": "relation", "id": number, "members": members, "tags": {"leisure": "park", **tags}}


CARD = {
    "name": "green",
    "title": "Green",
    "path": "green.json",
    "format": "overpass",
    "crs": "EPSG:4326",
    "sources": [{"title": "test"}],
    "licenses": [{"name": "ODbL-1.0"}],
    "geometry": {"type": "MultiPolygon"},
    "bounds": [4.5, 46.9, 5.6, 47.8],
    "schema": {
        "fields": [
            {"name": "id", "constraints": {"required": True}},
            {"name": "kind", "source": "leisure"},
            {"name": "name", "optional": True},
        ],
        "primaryKey": "id",
    },
}


def read(folder, *elements, **more):
    file = folder / "green.json"
    file.write_text(json.dumps({"version": 0.6, "elements": list(elements), **more}), encoding="utf-8")
    return parse(file, Card(CARD))


def same(found, *boxes):
    """Whether the only shape found covers these boxes (given in thousandths of a degree) and nothing else."""
    wanted = shapely.union_all(expected(*boxes)) if boxes else None
    (shape,) = found.frame.to_crs("EPSG:4326").geometry
    return shape.symmetric_difference(wanted).area < 1e-6 * wanted.area


def test_a_closed_way_is_ground(tmp_path):
    found = read(tmp_path, way(7, ring(0, 0, 2, 3), name="Parc de l'Été"))
    assert same(found, (0, 0, 2, 3))
    assert found.frame[["id", "kind", "name"]].to_numpy().tolist() == [["way/7", "park", "Parc de l'Été"]]


def test_an_outline_in_pieces_of_any_direction_is_put_together(tmp_path):
    whole = ring(0, 0, 4, 4)
    pieces = [("outer", whole[2:4]), ("outer", whole[:3][::-1]), ("outer", whole[3:])]
    assert same(read(tmp_path, relation(1, *pieces)), (0, 0, 4, 4))


@pytest.mark.parametrize("role", ["inner", "outer", ""])
def test_a_pond_is_a_hole_and_its_island_is_ground_whatever_the_roles_say(tmp_path, role):
    found = read(
        tmp_path, relation(1, ("outer", ring(0, 0, 9, 9)), (role, ring(2, 2, 7, 7)), ("outer", ring(4, 4, 5, 5)))
    )
    (shape,) = found.frame.to_crs("EPSG:4326").geometry
    assert shape.area == pytest.approx((81 - 25 + 1) * STEP**2, rel=1e-6)
    assert not shape.contains(shapely.Point(WEST + 3 * STEP, SOUTH + 3 * STEP))
    assert shape.contains(shapely.Point(WEST + 4.5 * STEP, SOUTH + 4.5 * STEP))


def test_outlines_side_by_side_or_apart_are_one_place(tmp_path):
    parts = (0, 0, 2, 2), (2, 0, 4, 2), (8, 8, 9, 9)
    assert same(read(tmp_path, relation(1, *[("outer", ring(*p)) for p in parts])), *parts)
    touching = (0, 0, 2, 2), (2, 2, 4, 4)  # four ends of lines meet in the corner
    halves = [("outer", h) for p in touching for h in (ring(*p)[:3], ring(*p)[2:])]
    assert same(read(tmp_path, relation(1, *halves)), *touching)


def test_what_does_not_close_is_set_aside_not_guessed(tmp_path):
    whole = way(1, ring(0, 0, 1, 1))
    open_way = way(2, ring(0, 0, 1, 1)[:4])
    half = relation(3, ("outer", ring(0, 0, 3, 3)), ("outer", ring(5, 5, 6, 6)[:3]))
    cut = relation(4, ("outer", [*ring(0, 0, 3, 3)[:2], None]))
    node = {"type": "node", "id": 5, "lat": SOUTH, "lon": WEST, "tags": {"leisure": "park"}}
    bare = {"type": "relation", "id": 6, "members": [], "tags": {"leisure": "park"}}
    found = read(tmp_path, whole, open_way, half, cut, node, bare)
    assert found.frame.id.tolist() == ["way/1"]
    assert set(found.rejects.row) == {2, 3, 4, 5, 6}
    assert set(found.rejects.rule) == {"has a place on the map"}


def test_an_outline_that_crosses_itself_is_repaired(tmp_path):
    bow = [{"lat": SOUTH + y * STEP, "lon": WEST + x * STEP} for x, y in ((0, 0), (2, 2), (2, 0), (0, 2), (0, 0))]
    found = read(tmp_path, way(1, bow))
    assert found.frame.geometry.is_valid.all()
    assert found.frame.to_crs("EPSG:4326").geometry.iloc[0].area == pytest.approx(2 * STEP**2, rel=1e-6)


def test_a_way_and_a_relation_of_one_number_are_two_rows(tmp_path):
    found = read(tmp_path, way(1, ring(0, 0, 1, 1)), relation(1, ("outer", ring(2, 2, 3, 3))))
    assert found.frame.id.tolist() == ["way/1", "relation/1"]


def test_half_an_answer_is_refused(tmp_path):
    with pytest.raises(NotAsDescribed, match="timed out"):
        read(tmp_path, way(1, ring(0, 0, 1, 1)), remark='runtime error: Query timed out in "query" at line 1')


# -- identifiers in pieces ------------------------------------------------------------------------------------------


JOINED = {
    "name": "owners",
    "title": "Owners",
    "path": "owners.csv",
    "format": "csv",
    "dialect": {"delimiter": ";"},
    "sources": [{"title": "test"}],
    "licenses": [{"name": "etalab-2.0"}],
    "joined": {
        "idu": [
            {"source": ["Dep"], "width": 2},
            {"source": ["Com"], "width": 3},
            {"source": ["Préfixe"], "width": 3, "blank": True},
            {"source": ["Old section", "Section"], "width": 2},
            {"source": ["N° plan"], "width": 4},
        ],
        "insee": [{"source": ["Dep"], "width": 2}, {"source": ["Com"], "width": 3}],
        "group": [{"source": ["Groupe"], "keep": 1}],
    },
    "row_filter": {"field": "insee", "values": ["21231", "01004"]},
    "schema": {
        "fields": [
            {"name": "parcel", "source": "idu", "constraints": {"required": True}},
            {"name": "group", "type": "string"},
        ],
        "missingValues": [""],
    },
}


def test_an_identifier_is_put_together_from_its_columns(tmp_path):
    rows = [
        "21;231;Dijon;;A;11;4 - Commune",
        "21;231;Dijon;   ;BC;0102;9",
        "1;4;Ambérieu;018;AB;7;0 - Autre",
        "21;232;Ailleurs;;A;1;4",
        "21;231;Dijon;;;11;4 - Commune",
    ]
    file = tmp_path / "owners.csv"
    file.write_text("\n".join(["Dep;Com;Nom;Préfixe;Section;N° plan;Groupe", *rows]), encoding="utf-8")
    found = parse(file, Card(JOINED))
    assert found.frame.to_numpy().tolist() == [
        ["212310000A0011", "4"],
        ["21231000BC0102", "9"],
        ["01004018AB0007", "0"],
    ]
    assert found.rejects[["row", "column"]].to_numpy().tolist() == [[5, "parcel"]]


def test_a_missing_part_of_an_identifier_is_named(tmp_path):
    file = tmp_path / "owners.csv"
    file.write_text("Dep;Com;Préfixe;Section;Plan;Groupe\n21;231;;A;11;4", encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="N° plan"):
        parse(file, Card(JOINED))
