"""One bad place is one bad row: no numbers, another kind of shape, another part of the world, exchanged coordinates."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.data.geometry import area_of
from datakit.data.tables import parse
from datakit.errors import NotAsDescribed
from tests.data.test_tables import BOUNDS, SQUARE, card, features, fields, geo, write

DEGREES = {"crs": "EPSG:4326", "geometry": {"type": "Point", "x": "x", "y": "y"}}
METRES = DEGREES | {"crs": "EPSG:2154"}


def places(tmp_path, rows, **changes):
    text = "code;x;y\n" + "".join(f"c{i};{x};{y}\n" for i, (x, y) in enumerate(rows))
    return parse(write(tmp_path, text), card(**changes, **fields({"name": "code"})))


@pytest.mark.parametrize("bad", ["inf", "-inf", "1e400", "nan"])
@pytest.mark.parametrize(("given", "good"), [(DEGREES, ("5.04", "47.32")), (METRES, ("854000", "6692000"))])
def test_a_coordinate_that_is_no_number_costs_its_row(tmp_path, given, good, bad):
    parsed = places(tmp_path, [good, (bad, good[1]), good, (good[0], bad)], **given)
    assert list(parsed.frame.code) == ["c0", "c2"] and np.isfinite(parsed.frame.geometry.x).all()
    assert set(parsed.rejects.row) == {2, 4} and "coordinates are numbers" in set(parsed.rejects.rule)


def test_infinity_in_json_costs_its_row(tmp_path):
    text = '[{"code": "a", "x": 5.04, "y": 47.32}, {"code": "b", "x": Infinity, "y": NaN}]'
    parsed = parse(write(tmp_path, text, "t.json"), card(format="json", **DEGREES, **fields({"name": "code"})))
    assert list(parsed.frame.code) == ["a"] and parsed.rows_read == 2


def test_nan_in_a_geojson_costs_its_row(tmp_path):
    broken = {"type": "Polygon", "coordinates": [[[5.0, 47.3], [float("nan"), 47.4], [5.1, 47.4], [5.0, 47.3]]]}
    parsed = parse(write(tmp_path, features(SQUARE, broken, SQUARE), "things.geojson"), geo())
    assert list(parsed.frame.code) == ["00", "02"]
    assert set(parsed.rejects.row) == {2} and "POLYGON" in parsed.rejects.value[0]


DIJON = shapely.Point(5.0415, 47.3220)
IN = {code: gpd.GeoSeries([DIJON], crs=4326).to_crs(code).iloc[0] for code in (2154, 3857, 27572, 3947)}


@pytest.mark.parametrize("system", [3857, 27572, 3947])
def test_metres_of_another_system_are_found(tmp_path, system):
    wrong, good = (IN[system].x, IN[system].y), (IN[2154].x, IN[2154].y)
    parsed = places(tmp_path, [good, good, wrong], **METRES)
    assert parsed.rejects.row.tolist() == [3] and parsed.rejects.rule[0].startswith("inside x -378306 to ")
    with pytest.raises(NotAsDescribed, match="most coordinates are outside") as caught:
        places(tmp_path, [wrong] * 4, **METRES)
    assert "EPSG:2154" in str(caught.value) and "in row 1" in str(caught.value)


def test_zero_zero_and_exchanged_metres_are_found(tmp_path):
    x, y = IN[2154].x, IN[2154].y
    parsed = places(tmp_path, [(x, y), (0, 0), (y, x), (x, y)], **METRES)
    assert list(parsed.frame.code) == ["c0", "c3"]
    assert parsed.rejects.rule[0].startswith("inside x") and "look swapped" in parsed.rejects.rule[1]
    with pytest.raises(NotAsDescribed, match="most coordinates are outside"):
        places(tmp_path, [(0, 0)] * 3, **METRES)


def test_bounds_of_a_projected_card_are_metres(tmp_path):
    given = METRES | {"bounds": [840000, 6670000, 870000, 6710000]}
    parsed = places(tmp_path, [(854000, 6692000), (654000, 6862000), (854001, 6692001)], **given)
    assert parsed.rejects.rule.tolist() == ["inside x 840000 to 870000, y 6670000 to 6710000"]


def test_exchanged_degrees_are_found_without_bounds(tmp_path):
    """What falls into mainland France only when exchanged was exchanged; other parts of the world are left alone."""
    parsed = places(tmp_path, [(5.04, 47.32), (47.32, 5.04), (55.5, -21.1), (-61.0, 14.6)], **DEGREES)
    assert parsed.rejects.row.tolist() == [2] and "look swapped" in parsed.rejects.rule[0]
    with pytest.raises(NotAsDescribed, match="look swapped"):
        places(tmp_path, [(47.32, 5.04)] * 10, **DEGREES)


def test_bounds_in_degrees_hold_for_a_shapefile_in_metres(tmp_path):
    import zipfile

    points = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[DIJON, shapely.Point(2.35, 48.85)], crs=4326)
    (tmp_path / "s").mkdir()
    points.to_crs(2154).to_file(tmp_path / "s" / "t.shp")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for part in (tmp_path / "s").iterdir():
            archive.write(part, part.name)
    one = card(
        path="t.zip", format="shp", compression="zip", **BOUNDS, geometry={"type": "Point"}, **fields({"name": "code"})
    )
    parsed = parse(tmp_path / "t.zip", one)
    assert list(parsed.frame.code) == ["a"] and parsed.rejects.row.tolist() == [2]


def test_areas_of_use_are_those_of_epsg():
    assert area_of("EPSG:2154", degrees=True) == pytest.approx((-9.86, 41.15, 10.38, 51.56))
    assert area_of("EPSG:2154")[1] == pytest.approx(6_005_281, abs=1)
    assert area_of('LOCAL_CS["a field", UNIT["metre", 1]]') is None


POINT, POINTS = DIJON.__geo_interface__, shapely.MultiPoint([DIJON]).__geo_interface__
TWO = shapely.MultiPoint([DIJON, shapely.Point(5.1, 47.3)]).__geo_interface__


def test_another_kind_of_shape_is_set_aside(tmp_path):
    one = card(path="t.geojson", format="geojson", **BOUNDS, geometry={"type": "Point"})
    parsed = parse(write(tmp_path, features(POINT, SQUARE, POINTS, TWO), "t.geojson"), one)
    assert list(parsed.frame.code) == ["00", "02"] and set(parsed.frame.geom_type) == {"Point"}
    assert parsed.rejects[["row", "rule"]].to_numpy().tolist() == [[2, "is a Point"], [4, "is a Point"]]
    assert parsed.notes == ["1 shapes of one part taken as a Point: rows 3"]
    areas = parse(write(tmp_path, features(SQUARE, POINT), "things.geojson"), geo())
    assert list(areas.frame.code) == ["00"] and areas.rejects.rule.tolist() == ["is a MultiPolygon"]


@pytest.mark.parametrize("geometry", [{"geometry": None}, {}])
def test_a_dataset_without_geometry_is_a_plain_table_where_the_card_has_none(tmp_path, geometry):
    rows = [{"type": "Feature", "properties": {"code": "01"}} | geometry for _ in range(3)]
    file = write(tmp_path, json.dumps({"type": "FeatureCollection", "features": rows}), "t.geojson")
    parsed = parse(file, card(path="t.geojson", format="geojson", crs="EPSG:4326", **fields()))
    assert type(parsed.frame) is pd.DataFrame and parsed.frame.code.tolist() == ["01"] * 3
    assert not len(parsed.rejects)
    given = {"path": "t.geojson", "format": "geojson", "crs": "EPSG:4326"} | fields()
    free = card(geometry={"type": "Point", "required": False}, **given)
    assert parse(file, free).frame.geometry.isna().all()
    with pytest.raises(NotAsDescribed, match="no row fits"):
        parse(file, card(geometry={"type": "Point"}, **given))


@pytest.mark.parametrize(
    ("text", "said"), [('[{"code": "a"}, {"code": ]', "broken"), ("[" * 100_000 + "]" * 100_000, "nested too deeply")]
)
@pytest.mark.parametrize("format", ["json", "overpass"])
def test_broken_json_is_no_traceback(tmp_path, text, said, format):
    with pytest.raises(NotAsDescribed, match=said):
        parse(write(tmp_path, text, "t.json"), card(path="t.json", format=format))


SQUARES = {"crs": "EPSG:3035", "geometry": {"type": "Polygon", "square": ["id", "idcar_200m"]}}


def squares(tmp_path, *ids):
    text = "idcar_200m;n\n" + "".join(f"{one};1\n" for one in ids)
    name = {"name": "square", "source": "idcar_200m"}
    return parse(write(tmp_path, text), card(**SQUARES, bounds=[3.1e6, 1.95e6, 4.35e6, 3.2e6], **fields(name)))


def test_a_square_is_drawn_from_its_identifier(tmp_path):
    parsed = squares(tmp_path, "CRS3035RES200mN2702400E3946200", "CRS3035RES1000mN2702000E3946000")
    back = parsed.frame.geometry.to_crs(3035)
    assert np.allclose(back.bounds, [[3946200, 2702400, 3946400, 2702600], [3946000, 2702000, 3947000, 2703000]])
    assert parsed.frame.crs.to_epsg() == 2154 and parsed.rejects.empty
    assert parsed.frame.geometry.iloc[0].centroid.distance(IN[2154]) < 5000  # the north comes first
    assert (parsed.frame.area / [4e4, 1e6]).between(0.99, 1.01).all()


def test_what_names_no_square_costs_its_row(tmp_path):
    good = "CRS3035RES200mN2702400E3946200"
    bad = [
        "CRS2975RES200mN7650000E0338000",  # La Réunion's, in its own system
        "CRS3035RES200mN2702401E3946200",
        "CRS3035RES200mE3946200N2702400",
        "CRS3035RES0mN2702400E3946200",
        "21231",
        "",
    ]
    parsed = squares(tmp_path, good, *bad, "CRS3035RES200mN3946200E2702400", *[good[:-3] + f"{k}00" for k in (4, 6, 8)])
    assert set(parsed.rejects.row) == set(range(2, 9)) and len(parsed.frame) == 4
    rules = parsed.rejects.groupby("row").rule.first()
    assert rules[2].startswith("like CRS<") and rules[7] == "has a place on the map" and "swapped" in rules[8]


def test_a_file_without_the_column_of_squares_is_refused(tmp_path):
    with pytest.raises(NotAsDescribed, match="column of squares") as caught:
        parse(write(tmp_path, "code;n\na;1\n"), card(**SQUARES))
    assert "id or idcar_200m" in str(caught.value)
