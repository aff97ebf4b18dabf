"""Loading never lies: each rule of a card, each kind of unlike file, each kind of bad row."""

import gzip
import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.data.cards import Card
from datakit.data.tables import parse
from datakit.errors import BadCard, Corrupt, NotAsDescribed


def card(**changes):
    raw = {
        "name": "things",
        "path": "things.csv",
        "format": "csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ";"},
        "sources": [{"title": "Someone"}],
        "licenses": [{"name": "etalab-2.0"}],
        "schema": {"fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}]},
    }
    raw.update(changes)
    return Card(raw)


def fields(*given, **schema):
    return {"schema": {"fields": list(given), **schema}}


def write(tmp_path, text, name="things.csv", encoding="utf-8"):
    file = tmp_path / name
    file.write_bytes(text.encode(encoding))
    return file


def test_codes_keep_their_zeros_and_accents_survive(tmp_path):
    file = write(tmp_path, "code;n\n01004;3\n2A004;4\nFénay;5\n")
    frame = parse(file, card()).frame
    assert list(frame.code) == ["01004", "2A004", "Fénay"]
    assert list(frame.n) == [3, 4, 5]


def test_a_byte_order_mark_is_no_part_of_the_first_header(tmp_path):
    assert list(parse(write(tmp_path, "\ufeffcode;n\na;1\n"), card()).frame.code) == ["a"]


def test_decimal_commas_thousands_and_hard_spaces(tmp_path):
    one = card(**fields({"name": "v", "type": "number", "decimalChar": ","}))
    frame = parse(write(tmp_path, "v\n1,5\n1 234,25\n2\u00a0000\n-0,5\n"), one).frame
    assert list(frame.v) == [1.5, 1234.25, 2000, -0.5]


def test_units_and_class_ranges_are_converted(tmp_path):
    one = card(
        **fields(
            {
                "name": "height",
                "source": "hauteurenm",
                "type": "number",
                "unit": "cm",
                "source_unit": "m",
                "ranges": True,
            }
        )
    )
    frame = parse(write(tmp_path, "hauteurenm\n12.5\n10-20 m\n> 20 m\n"), one).frame
    assert list(frame.height) == [1250, 1500, 2000]


def test_missing_values_are_missing_and_not_broken(tmp_path):
    one = card(**fields({"name": "v", "type": "number", "missingValues": ["", "0", "ns"]}))
    parsed = parse(write(tmp_path, "v\n0\nns\n3\n"), one)
    assert parsed.frame.v.isna().tolist() == [True, True, False]
    assert parsed.rejects.empty


def test_dates_years_and_yes_no_words(tmp_path):
    one = card(
        **fields(
            {"name": "d", "type": "date", "format": "%d/%m/%Y"},
            {"name": "y", "type": "year"},
            {"name": "b", "type": "boolean", "trueValues": ["Oui"], "falseValues": ["Non"]},
        )
    )
    parsed = parse(
        write(tmp_path, "d;y;b\n02/03/2021;1998;Oui\n31/02/2021;1998;Non\n01/01/2020;1998,5;Peut-être\n"), one
    )
    assert parsed.frame.d.tolist() == [pd.Timestamp("2021-03-02")]
    assert parsed.frame.b.tolist() == [True]
    assert parsed.rejects[["row", "column", "value"]].to_numpy().tolist() == [
        [2, "d", "31/02/2021"],
        [3, "y", "1998,5"],
        [3, "b", "Peut-être"],
    ]


@pytest.mark.parametrize(
    ("field", "good", "bad", "rule"),
    [
        ({"type": "integer"}, "3", "3.5", "is a integer"),
        ({"type": "number"}, "3.5", "three", "is a number"),
        ({"type": "number"}, "3.5", "inf", "is a number"),
        ({"constraints": {"required": True}}, "x", "", "is required"),
        ({"constraints": {"unique": True}}, "x", "x", "is unique"),
        ({"type": "number", "unit": "cm", "constraints": {"minimum": 0}}, "0", "-1", "at least 0 cm"),
        ({"type": "number", "constraints": {"maximum": 10}}, "10", "11", "at most 10"),
        ({"constraints": {"enum": ["a", "b"]}}, "a", "c", "one of a, b"),
        ({"constraints": {"pattern": "^[0-9]{5}$"}}, "01004", "1004", "like ^[0-9]{5}$"),
        ({"constraints": {"minLength": 2}}, "ab", "a", "at least 2 characters"),
        ({"constraints": {"maxLength": 2}}, "ab", "abc", "at most 2 characters"),
        ({"type": "date", "constraints": {"minimum": "2000-01-01"}}, "2001-01-01", "1999-01-01", "at least 2000-01-01"),
    ],
)
def test_each_rule_sets_its_row_aside_and_says_why(tmp_path, field, good, bad, rule):
    one = card(**fields({"name": "v", **field}, {"name": "other"}))
    parsed = parse(write(tmp_path, f"v;other\n{good};1\n{bad};2\n"), one)
    assert len(parsed.frame) == 1
    assert parsed.rejects.to_dict("records") == [
        {"row": 2, "column": "v", "value": parsed.rejects.value[0], "rule": rule}
    ]
    assert parsed.rejects.value[0] in (bad, "nan", "None")
    assert parsed.rows_read == 2


def test_the_second_row_with_a_key_is_set_aside(tmp_path):
    parsed = parse(
        write(tmp_path, "code;n\na;1\nb;2\na;3\n"), card(**fields({"name": "code"}, {"name": "n"}, primaryKey="code"))
    )
    assert list(parsed.frame.n) == ["1", "2"]
    assert parsed.rejects.row.tolist() == [3]


def test_a_key_of_two_columns_survives_a_broken_part(tmp_path):
    one = card(**fields({"name": "code"}, {"name": "d", "type": "date"}, primaryKey=["code", "d"]))
    parsed = parse(write(tmp_path, "code;d\na;2020-01-01\na;2020-02-31\na;2020-01-01\nb;2020-01-01\n"), one)
    assert parsed.rejects.rule.tolist() == ["is a date", "primary key, not seen before"]
    assert parsed.rejects.value.tolist() == ["2020-02-31", "a 2020-01-01"]


def test_local_times_of_summer_and_winter_become_utc(tmp_path):
    one = card(**fields({"name": "t", "type": "datetime"}))
    text = "t\n2026-01-05T10:00:00+01:00\n2026-07-05T10:00:00+02:00\n2026-07-05T10:00:00\nyesterday\n"
    parsed = parse(write(tmp_path, text), one)
    assert parsed.frame.t.astype(str).tolist() == ["2026-01-05 09:00:00", "2026-07-05 08:00:00", "2026-07-05 10:00:00"]
    assert parsed.rejects.rule.tolist() == ["is a datetime"]


def test_rows_with_too_many_cells_are_set_aside(tmp_path):
    parsed = parse(write(tmp_path, "code;n\na;1\nb;2;3;4\nc;5\n"), card())
    assert list(parsed.frame.code) == ["a", "c"]
    assert parsed.rejects[["row", "value", "rule"]].to_numpy().tolist() == [[2, "b;2;3;4", "has 2 cells"]]
    assert parsed.rows_read == 3


def test_one_cell_too_many_everywhere_does_not_shift_the_columns(tmp_path):
    with pytest.raises(NotAsDescribed, match="no row"):
        parse(write(tmp_path, "code;n\na;1;x\nb;2;y\n"), card())


def test_only_the_rows_that_concern_the_card_are_kept(tmp_path):
    one = card(row_filter={"field": "code", "values": ["21"], "prefix": True})
    parsed = parse(write(tmp_path, "code;n\n21231;1\n71000;x\n21166;3\n"), one)
    assert list(parsed.frame.n) == [1, 3]
    assert parsed.rows_read == 2
    assert parsed.rejects.empty


@pytest.mark.parametrize("cell", ["21231", "2123121278", '"21278,21231"', "522002123101004"])
def test_a_row_of_several_codes_concerns_the_card_by_any_of_them(tmp_path, cell):
    one = card(row_filter={"field": "code", "values": ["21231", "21166"], "width": 5})
    # 52123 and 13900 run together hold 21231, and are neither.
    parsed = parse(write(tmp_path, f"code;n\n5212313900;x\n{cell};1\n01004;x\n;x\n"), one)
    assert list(parsed.frame.n) == [1] and parsed.rows_read == 1 and parsed.rejects.empty


def test_a_file_that_does_not_concern_the_card_says_so(tmp_path):
    one = card(row_filter={"field": "code", "values": ["21231"]})
    with pytest.raises(NotAsDescribed, match="no row fits the card"):
        parse(write(tmp_path, "code;n\n01004;1\n75056;2\n"), one)
    with pytest.raises(NotAsDescribed, match="filters by is missing"):
        parse(write(tmp_path, "code;n\n01004;1\n"), card(row_filter={"field": "insee", "values": ["21231"]}))


def test_an_accepted_spelling_of_a_header_is_enough(tmp_path):
    one = card(**fields({"name": "adresse", "source": ["adresse", "LIEU / ADRESSE"]}))
    assert list(parse(write(tmp_path, "LIEU / ADRESSE\nici\n"), one).frame.adresse) == ["ici"]


def test_an_optional_column_may_be_absent(tmp_path):
    one = card(**fields({"name": "code"}, {"name": "more", "optional": True}))
    assert list(parse(write(tmp_path, "code\na\n"), one).frame.columns) == ["code"]


def test_without_declared_fields_columns_stay_as_published(tmp_path):
    frame = parse(write(tmp_path, "code;n\n01004;3\n21231;4\n"), card(**fields())).frame
    assert list(frame.code) == ["01004", "21231"]
    assert frame.n.sum() == 7


@pytest.mark.parametrize(
    "words",
    [
        ["1E5", "2E10"],
        ["+33380000000", "+33380000001"],
        ["13002526500013", ""],
        ["130025265", "130025266"],
        ["12345678901234567", "1"],
        ["0", "07"],
    ],
)
def test_without_declared_fields_codes_stay_text(tmp_path, words):
    frame = parse(write(tmp_path, "a;v\n" + "".join(f"x;{word}\n" for word in words)), card(**fields())).frame
    assert frame.v.fillna("").tolist() == words


@pytest.mark.parametrize("words", [["1", "", "-3"], ["0.5", ".5"], ["1e-05", "-2.5E+3"], ["67000000", "21231"]])
def test_without_declared_fields_numbers_are_numbers(tmp_path, words):
    frame = parse(write(tmp_path, "a;v\n" + "".join(f"x;{word}\n" for word in words)), card(**fields())).frame
    assert frame.v.dropna().tolist() == [float(word) for word in words if word]


def test_metres_become_centimetres_without_a_tail(tmp_path):
    one = card(**fields({"name": "h", "type": "number", "unit": "cm", "source_unit": "m"}))
    assert parse(write(tmp_path, "h\n8.8\n0.29\n"), one).frame.h.tolist() == [880, 29]


def test_a_row_without_its_key_is_no_duplicate(tmp_path):
    one = card(**fields({"name": "code"}, {"name": "n"}, primaryKey=["code", "n"]))
    parsed = parse(write(tmp_path, "code;n\na;\na;\n;1\n;1\nb;2\n"), one)
    assert len(parsed.frame) == 5 and parsed.rejects.empty


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [("^a\\$", "a$", "a"), ("a|b", "b", "ab"), ("^[0-9]{2}$", "01", "1"), ("[A-Z]+", "AB", "Ab")],
)
def test_a_pattern_is_matched_whole_and_as_it_is_written(tmp_path, pattern, good, bad):
    one = card(**fields({"name": "v", "constraints": {"pattern": pattern}}, {"name": "w"}))
    parsed = parse(write(tmp_path, f"v;w\n{good};1\n{bad};2\n"), one)
    assert parsed.frame.v.tolist() == [good] and parsed.rejects.value.tolist() == [bad]


def test_a_pattern_that_is_none_is_a_bad_card(tmp_path):
    one = card(**fields({"name": "v", "constraints": {"pattern": "[0-9"}}))
    with pytest.raises(BadCard, match="no regular expression"):
        parse(write(tmp_path, "v\n1\n"), one)


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("code;nombre\na;1\n", "utf-8", "missing or was renamed"),
        ("code,n\na,1\n", "utf-8", "not separated"),
        ("code;n\né;1\n", "latin-1", "encoding"),
        ("code;n\n", "utf-8", "no rows"),
        ("code;n\na;x\n", "utf-8", "no row fits"),
    ],
)
def test_a_file_unlike_its_card_is_refused(tmp_path, text, encoding, said):
    with pytest.raises(NotAsDescribed) as caught:
        parse(write(tmp_path, text, encoding=encoding), card())
    message = str(caught.value)
    assert message.startswith("things:")
    assert said in message
    assert "expected:" in message and "found:" in message and "next:" in message


def test_utf8_under_a_latin_card_is_refused_rather_than_garbled(tmp_path):
    with pytest.raises(NotAsDescribed, match="encoding"):
        parse(write(tmp_path, "code;n\nFénay;1\n"), card(encoding="windows-1252"))


def test_windows_1252_is_read_when_the_card_says_so(tmp_path):
    frame = parse(write(tmp_path, "code;n\nFénay €;1\n", encoding="cp1252"), card(encoding="windows-1252")).frame
    assert list(frame.code) == ["Fénay €"]


# -- geometry ---------------------------------------------------------------------------------------------------------

BOUNDS = {"crs": "EPSG:4326", "bounds": [4.5, 47.0, 5.5, 47.6]}


def test_lat_lon_text_becomes_points_in_lambert(tmp_path):
    one = card(**BOUNDS, geometry={"type": "Point", "latlon": "p"}, **fields({"name": "code"}))
    frame = parse(write(tmp_path, "code;p\na;47.3220, 5.0415\n"), one).frame
    assert frame.crs.to_epsg() == 2154
    back = frame.to_crs(4326).geometry.iloc[0]
    assert (back.x, back.y) == pytest.approx((5.0415, 47.322), abs=1e-7)


def test_swapped_far_and_unreadable_coordinates_are_set_aside(tmp_path):
    one = card(**BOUNDS, geometry={"type": "Point", "x": "x", "y": "y"}, **fields({"name": "code"}))
    text = "code;x;y\na;5.04;47.32\nb;47.32;5.04\nc;2.35;48.85\nd;-00000001,1500341x;47.3\ne;;\n"
    text += "f;5,05;47,31\ng;5.1;47.3\nh;5.1;47.2\n"
    parsed = parse(write(tmp_path, text), one)
    assert list(parsed.frame.code) == ["a", "f", "g", "h"]
    rules = parsed.rejects.groupby("row").rule.agg(" / ".join)
    assert "swapped" in rules[2]
    assert "inside longitude" in rules[3]
    assert "numbers" in rules[4]
    assert rules[5] == "has a place on the map"


def test_rows_without_a_place_stay_where_the_card_allows_it(tmp_path):
    one = card(**BOUNDS, geometry={"type": "Point", "x": "x", "y": "y", "required": False}, **fields({"name": "code"}))
    frame = parse(write(tmp_path, "code;x;y\na;5.04;47.32\nb;;\n"), one).frame
    assert frame.geometry.isna().tolist() == [False, True]


def test_degrees_labelled_as_metres_are_refused(tmp_path):
    one = card(crs="EPSG:2154", geometry={"type": "Point", "x": "x", "y": "y"}, **fields({"name": "code"}))
    with pytest.raises(NotAsDescribed, match="degrees, not metres"):
        parse(write(tmp_path, "code;x;y\na;5.04;47.32\n"), one)


def test_a_missing_column_of_coordinates_is_named(tmp_path):
    one = card(**BOUNDS, geometry={"type": "Point", "x": "lon", "y": "lat"}, **fields({"name": "code"}))
    with pytest.raises(NotAsDescribed, match="coordinates is missing"):
        parse(write(tmp_path, "code\na\n"), one)


def features(*geometries):
    rows = [
        {"type": "Feature", "properties": {"code": f"0{i}", "n": i, "tags": {"a": 1}}, "geometry": g}
        for i, g in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows})


SQUARE = shapely.box(5.0, 47.3, 5.01, 47.31).__geo_interface__
BOWTIE = {"type": "Polygon", "coordinates": [[[5, 47.3], [5.01, 47.31], [5.01, 47.3], [5, 47.31], [5, 47.3]]]}


def geo(**changes):
    return card(path="things.geojson", format="geojson", **BOUNDS, geometry={"type": "MultiPolygon"}, **changes)


def test_an_invalid_polygon_is_repaired_and_said(tmp_path):
    parsed = parse(write(tmp_path, features(SQUARE, BOWTIE), "things.geojson"), geo())
    assert parsed.frame.is_valid.all()
    assert len(parsed.frame) == 2
    assert parsed.notes == ["1 invalid shapes repaired (make_valid): rows 2"]


def test_a_polygon_without_geometry_is_set_aside(tmp_path):
    parsed = parse(write(tmp_path, features(SQUARE, None), "things.geojson"), geo())
    assert list(parsed.frame.code) == ["00"]
    assert parsed.rejects.rule.tolist() == ["has a place on the map"]


def test_a_gzipped_geojson_and_its_truncation(tmp_path):
    data = gzip.compress(features(SQUARE).encode())
    file = tmp_path / "things.json.gz"
    file.write_bytes(data)
    assert len(parse(file, geo(compression="gz")).frame) == 1
    file.write_bytes(data[:-10])
    with pytest.raises(Corrupt, match="cut off"):
        parse(file, geo(compression="gz"))


def test_an_error_in_json_is_no_geojson(tmp_path):
    with pytest.raises(NotAsDescribed):
        parse(write(tmp_path, '{"error": "no such layer"}', "things.geojson"), geo())


def test_a_shapefile_is_read_inside_its_zip(tmp_path):
    frame = gpd.GeoDataFrame({"code": ["é1"], "n": [7]}, geometry=[shapely.box(0, 0, 1, 1)], crs=2154)
    frame.geometry = frame.translate(850000, 6690000)
    (tmp_path / "s").mkdir()
    frame.to_file(tmp_path / "s" / "LCZ_Dijon.shp", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "things.zip", "w") as archive:
        for part in (tmp_path / "s").iterdir():
            archive.write(part, f"deep/{part.name}")
    one = card(
        path="things.zip",
        format="shp",
        compression="zip",
        innerpath="*LCZ_*.shp",
        crs="EPSG:2154",
        geometry={"type": "MultiPolygon"},
    )
    read = parse(tmp_path / "things.zip", one).frame
    assert list(read.code) == ["é1"] and list(read.n) == [7]
    assert read.area.iloc[0] == pytest.approx(1)


def test_a_csv_is_read_inside_its_zip_beside_its_notice(tmp_path):
    with zipfile.ZipFile(tmp_path / "things.zip", "w") as archive:
        archive.writestr("data_2022.CSV", "code;n\na;1\n")
        archive.writestr("meta_data_2022.CSV", "COD_VAR;LIB\n")
    one = card(path="things.zip", compression="zip", innerpath="data_*.csv")
    assert list(parse(tmp_path / "things.zip", one).frame.n) == [1]
    with pytest.raises(NotAsDescribed, match=r"meta_data_2022\.CSV"):
        parse(tmp_path / "things.zip", card(path="things.zip", compression="zip", innerpath="other.csv"))


@pytest.mark.parametrize(
    "answer",
    [
        [{"code": "a", "n": 1}],
        {"results": [{"code": "a", "n": 1}]},
        {"records": [{"recordid": None, "fields": {"code": "a", "n": 1}}]},
        {"result": {"records": [{"code": "a", "n": 1}]}},
    ],
)
def test_json_records_of_both_portals(tmp_path, answer):
    frame = parse(write(tmp_path, json.dumps(answer), "things.json"), card(path="things.json", format="json")).frame
    assert frame.to_dict("records") == [{"code": "a", "n": 1}]


def test_json_that_is_no_list_is_refused(tmp_path):
    with pytest.raises(NotAsDescribed, match="list of records"):
        parse(write(tmp_path, '{"a": 1}', "things.json"), card(path="things.json", format="json"))


def test_overpass_elements_become_points(tmp_path):
    answer = {"elements": [{"type": "node", "id": 1, "lon": 5.04, "lat": 47.32, "tags": {"genus": "Platanus"}}]}
    one = card(
        path="o.json",
        format="overpass",
        **BOUNDS,
        geometry={"type": "Point", "x": "lon", "y": "lat"},
        **fields({"name": "genre", "source": "genus"}),
    )
    frame = parse(write(tmp_path, json.dumps(answer), "o.json"), one).frame
    assert list(frame.genre) == ["Platanus"]
    timeout = {"elements": [], "remark": "runtime error: Query timed out"}
    with pytest.raises(NotAsDescribed, match="timed out"):
        parse(write(tmp_path, json.dumps(timeout), "o.json"), one)


def test_parquet_plain_and_geographic(tmp_path):
    pd.DataFrame({"code": ["01"], "n": [2.0], "x": [852000.0], "y": [6690000.0]}).to_parquet(
        tmp_path / "things.parquet"
    )
    one = card(path="things.parquet", format="parquet", crs="EPSG:2154", geometry={"type": "Point", "x": "x", "y": "y"})
    frame = parse(tmp_path / "things.parquet", one).frame
    assert frame.n.tolist() == [2] and frame.geometry.x.tolist() == [852000]
    gpd.GeoDataFrame({"code": ["01"], "n": [2]}, geometry=[shapely.Point(5.04, 47.32)], crs=4326).to_parquet(
        tmp_path / "g.parquet"
    )
    native = card(path="g.parquet", format="parquet", **BOUNDS, geometry={"type": "Point"})
    assert parse(tmp_path / "g.parquet", native).frame.crs.to_epsg() == 2154
    (tmp_path / "broken.parquet").write_bytes(b"PAR1" + bytes(30) + b"PAR1")
    with pytest.raises(NotAsDescribed, match="Parquet"):
        parse(tmp_path / "broken.parquet", native)


def test_a_parsed_table_equals_pandas_on_clean_data(tmp_path):
    rng = np.random.default_rng(0)
    clean = pd.DataFrame({"code": [f"{i:05d}" for i in range(500)], "n": rng.integers(0, 99, 500)})
    clean.to_csv(tmp_path / "things.csv", sep=";", index=False)
    assert (parse(tmp_path / "things.csv", card()).frame.n.to_numpy() == clean.n.to_numpy()).all()
