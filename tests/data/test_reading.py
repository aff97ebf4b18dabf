"""Load: attributes that say what was done, the kept table, strictness, and the CRS guard."""

import hashlib
import json
import sys
import warnings

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data.cache import DataWarning
from datakit.data.files import sha256_of
from datakit.data.provenance import Provenance
from datakit.errors import CrsMismatch, RowsRejected
from datakit.geo.crs import same_crs
from datakit.language import speaking

CSV = "code;n;x;y\n01004;1;5.04;47.32\n21231;two;5.05;47.33\n21166;3;5.01;47.29\n"


@pytest.fixture
def mirror(tmp_path, monkeypatch, cache):
    """A mirror with one small dataset, ``things``, whose second row is broken; returns a function that rewrites it."""
    card = {
        "name": "things",
        "title": "Things",
        "path": "things.csv",
        "format": "csv",
        "dialect": {"delimiter": ";"},
        "sources": [{"title": "Someone"}],
        "licenses": [{"name": "etalab-2.0"}],
        "crs": "EPSG:4326",
        "geometry": {"type": "Point", "x": "x", "y": "y"},
        "schema": {"fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}]},
    }
    (tmp_path / "cards").mkdir()
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path / "cards"))
    base = tmp_path / "mirror"
    (base / "things").mkdir(parents=True)

    def write(text=CSV, synthetic=False, **changes):
        (tmp_path / "cards" / "things.json").write_text(json.dumps({**card, **changes}), encoding="utf-8")
        (base / "things" / "things.csv").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        entry = {
            "filename": "things.csv",
            "sha256": digest,
            "bytes": len(text.encode()),
            "url": None,
            "licence": "etalab-2.0",
            "retrieved": "2026-01-02T03:04:05Z",
        }
        lock = {"version": 1, "synthetic": synthetic, "datasets": {"things": entry}}
        (base / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
        return str(base)

    return write


def test_a_load_says_where_it_came_from_and_what_it_left_out(mirror):
    base = mirror()
    with pytest.warns(DataWarning, match="1 of 3 rows") as caught:
        frame = datakit.load("things", base)
    assert "row 2, n = 'two'" in str(caught[0].message)
    said = frame.attrs["datakit"]
    assert (said["rows_read"], said["rows"], said["rows_rejected"]) == (3, 2, 1)
    assert said["rejects"] == [{"row": 2, "column": "n", "value": "two", "rule": "is a integer"}]
    assert (said["origin"], said["origin_kind"], said["outcome"]) == (base, "folder", "fresh")
    assert said["retrieved"] == "2026-01-02T03:04:05Z"
    assert said["synthetic"] is False
    listed = pd.read_csv(said["rejects_file"], dtype=str)
    assert listed.to_dict("records") == [{"row": "2", "column": "n", "rule": "is a integer", "value": "two"}]
    assert frame.crs.to_epsg() == 2154
    with speaking("fr"), pytest.warns(DataWarning, match="écartées, 1 sur 3"):
        again = datakit.load("things", base).attrs["datakit"]
    assert again["rejects"] == [{"row": 2, "column": "n", "value": "two", "rule": "est de type integer"}]


def test_a_warning_points_at_the_line_that_asked(mirror, tmp_path):
    """From ``load`` as from ``fetch``, at whatever depth of the kit it was found."""

    def here():
        return sys._getframe(1).f_lineno

    def caught(call):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            line = call()
        return [(w.filename, w.lineno - line) for w in found if issubclass(w.category, DataWarning)]

    def load():
        return (datakit.load("things", base), here())[1]

    def fetch():
        return (datakit.fetch("things", f"{tmp_path / 'none'},{base}"), here())[1]

    def copy():
        (tmp_path / "mirror").rename(tmp_path / "away")
        return (datakit.fetch("things", base), here())[1]

    base = mirror()
    assert caught(load) == [(__file__, 0)], "a row set aside"
    assert caught(fetch) == [(__file__, 0)], "used instead"
    assert caught(copy) == [(__file__, 0)], "used the copy"


def test_strict_raises_instead_of_setting_aside(mirror):
    with pytest.raises(RowsRejected, match="row 2, n = 'two'"):
        datakit.load("things", mirror(), strict=True)
    with pytest.raises(RowsRejected):  # from the kept table too
        datakit.load("things", mirror(), strict=True)


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_the_second_load_reads_the_kept_table_and_gives_the_same(mirror, monkeypatch):
    base = mirror()
    first = datakit.load("things", base)
    monkeypatch.setattr("datakit.data.tables.parse", lambda *a: pytest.fail("parsed again"))
    second = datakit.load("things", base)
    pd.testing.assert_frame_equal(pd.DataFrame(first), pd.DataFrame(second))
    assert second.crs == first.crs
    assert second.attrs["datakit"]["outcome"] == "cached"
    assert second.attrs["datakit"]["rejects"] == first.attrs["datakit"]["rejects"]


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_new_bytes_or_a_new_card_make_a_new_table(mirror):
    assert len(datakit.load("things", mirror())) == 2
    assert len(datakit.load("things", mirror(CSV + "21617;4;5.0;47.34\n"))) == 3
    strings = {"schema": {"fields": [{"name": "code"}, {"name": "n", "type": "string"}]}}
    assert list(datakit.load("things", mirror(**strings)).n) == ["1", "two", "3"]


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
@pytest.mark.parametrize("ending", ["json", "parquet"])
def test_a_kept_table_that_is_cut_off_is_made_again(mirror, cache, ending):
    base = mirror()
    datakit.load("things", base)
    (kept,) = cache.glob(f"things/*/table-*.{ending}")
    kept.write_bytes(kept.read_bytes()[:20])
    assert list(datakit.load("things", base).n) == [1, 3]


def test_provenance_stamps_invented_data_and_escapes(mirror):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        datakit.load("things", mirror(synthetic=True))
    said = [r for r in datakit.provenance().records() if r["id"] == "things"]
    shown = Provenance(said)
    assert "SYNTHETIC SAMPLE" in shown._repr_html_()
    assert "SYNTHETIC SAMPLE" in repr(shown)
    bundle = shown._repr_mimebundle_()
    assert bundle["application/vnd.datakit.provenance+json"]["datasets"][0]["rows_rejected"] == 1
    json.dumps(bundle)
    real = Provenance([{**said[0], "synthetic": False, "title": "<b>x</b>"}])
    assert "SYNTHETIC" not in real._repr_html_()
    assert "<b>" not in real._repr_html_()
    both = Provenance([said[0], {**said[0], "id": "other", "synthetic": False}])
    assert "SYNTHETIC SAMPLE for things:" in both._repr_html_()
    assert repr(Provenance([])) == "nothing loaded yet"


@pytest.mark.filterwarnings("ignore::datakit.data.cache.DataWarning")
def test_a_notebook_stamps_tables_of_invented_data_and_no_others(mirror, tmp_path):
    from tests.chapters import fresh

    def shown(source):
        return shell.run(source)[-1]["data"]["text/html"]

    with fresh(tmp_path, "") as shell:
        invented = mirror(synthetic=True)
        assert "SYNTHETIC SAMPLE" in shown(f"import datakit\nx = datakit.load('things', {invented!r})\nx.head(1)")
        assert "SYNTHETIC SAMPLE" in shown("x.groupby('code').size().reset_index()"), "nothing else was used"
        real = mirror(CSV + "21167;4;5.02;47.3\n")
        assert "SYNTHETIC" not in shown(f"y = datakit.load('things', {real!r})\ny.head(1)")
        assert "SYNTHETIC SAMPLE" in shown("x.head(1)")
        assert "SYNTHETIC" not in shown("y.groupby('code').size().reset_index()"), "it may be of either: no claim"


def test_what_was_only_fetched_is_accounted_for_too(mirror):
    base = mirror(synthetic=True)
    path = datakit.fetch("things", base)
    (said,) = datakit.provenance().records()
    assert (said["id"], said["origin"], said["sha256"]) == ("things", base, sha256_of(path))
    assert "rows" not in said and "SYNTHETIC SAMPLE" in datakit.provenance()._repr_html_()
    assert datakit.provenance().to_frame().loc[0, "set aside"] == ""
    with pytest.warns(DataWarning):
        datakit.load("things", base)
    datakit.fetch("things", base)
    (said,) = datakit.provenance().records()
    assert (said["rows"], said["rows_rejected"]) == (2, 1), "a load adds to the record, a fetch takes nothing away"


def test_rows_are_counted_and_not_the_rules_that_they_break(mirror):
    with pytest.warns(DataWarning, match="1 of 3 rows"):
        frame = datakit.load("things", mirror(CSV.replace("two;5.05", "two;east")))
    said = frame.attrs["datakit"]
    assert len(said["rejects"]) == 3 and {r["row"] for r in said["rejects"]} == {2}
    assert (said["rows_read"], said["rows"], said["rows_rejected"]) == (3, 2, 1)
    with pytest.warns(DataWarning):
        assert datakit.load("things", said["origin"]).attrs["datakit"]["rows_rejected"] == 1


def test_measuring_needs_one_projected_crs():
    metres = gpd.GeoSeries([shapely.Point(0, 0)], crs=2154)
    degrees = gpd.GeoSeries([shapely.Point(5, 47)], crs=4326)
    other = gpd.GeoSeries([shapely.Point(0, 0)], crs=32631)
    unknown = gpd.GeoSeries([shapely.Point(0, 0)])
    assert same_crs(metres, metres).to_epsg() == 2154
    for wrong, why in ((degrees, "degrees"), (other, "different"), (unknown, "no CRS")):
        with pytest.raises(CrsMismatch, match=why):
            same_crs(metres, wrong)


def test_a_card_that_replaces_one_of_the_kit_shows_in_the_provenance(tmp_path, monkeypatch):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards/communes.json").write_text(json.dumps(datakit.catalog["communes"].raw))
    assert datakit.load("iris", "sample").attrs["datakit"]["card"] is None
    monkeypatch.chdir(tmp_path)
    assert datakit.load("communes", "sample").attrs["datakit"]["card"] == "cards/communes.json"
    assert "communes (by cards/communes.json)" in repr(datakit.provenance())
