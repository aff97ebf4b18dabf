"""Files that are not what they say: refused by name, and the good copy stays."""

import gzip
import io
import zipfile

import pytest

import datakit
from datakit.data import archives
from datakit.errors import Corrupt, NotAsDescribed, WrongUse
from tests.things import CSV, ZIP, get, nothing_half_written, zipped


def flagged(local, central, value):
    """A zip whose one member's two headers say something odd at these places."""
    data = bytearray(zipped(a_csv=CSV))
    data[local] = data[data.index(b"PK\1\2") + central] = value
    return bytes(data)


BAD = {
    "an HTML page": (b"<!DOCTYPE html><html><title>Oops</title></html>", {}, "HTML page"),
    "HTML after a blank": (b"\n  <html>\n", {}, "HTML page"),
    "an empty file": (b"", {}, "empty"),
    "only blanks": (b" \n\n", {}, "empty"),
    "a truncated zip": (zipped(a_csv=CSV)[:-40], ZIP, "cut off or damaged"),
    "a damaged zip": (zipped(a_csv=CSV)[:60] + b"\0\0\0\0" + zipped(a_csv=CSV)[64:], ZIP, "cut off or damaged"),
    "a zip that climbs out": (zipped(a_csv=CSV, __b_csv=CSV), ZIP, "outside its folder"),
    "a truncated gzip": (gzip.compress(CSV)[:-9], {"compression": "gz"}, "cut off or damaged"),
    "a plain file for a gzip": (CSV, {"compression": "gz"}, "cut off or damaged"),
    "HTML after a comment": (b"<!-- x --><html>", {}, "an HTML page"),
    "half a page": (b"<head><title>x</title>", {}, "an HTML page"),
    "an XML report": (b'<?xml version="1.0"?><ows:ExceptionReport/>', {}, "an XML report"),
    "a JSON answer": (b'{"error": "quota"}', {}, "a JSON answer"),
    "a zip with a password": (flagged(6, 8, 1), ZIP, "asks for a password"),
    "a zip packed in an unknown way": (flagged(8, 10, 97), ZIP, "cannot open"),
    "half a JSON": (b'{"type": "FeatureCollection", "features": [{"a"', {"format": "geojson"}, "cut off"),
    "a text for a JSON": (b"Service unavailable", {"format": "json"}, "cut off or is something else"),
    "half a Parquet": (b"PAR1" + bytes(50), {"format": "parquet"}, "no whole Parquet"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_the_data_is_refused_and_the_good_copy_stays(server, card, kind):
    data, changes, said = BAD[kind]
    good = get()
    server.files["/bad"] = data
    card(url=server.base + "/bad", **changes)
    with pytest.raises(Corrupt, match=said) as caught:
        get(refresh=True)
    assert str(caught.value).startswith("things:")
    assert good.read_bytes() == CSV
    assert nothing_half_written()


def test_an_archive_that_unpacks_to_too_much_is_not_opened(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "100000")
    for body, changes in ((zipped(a_csv=bytes(200_000)), ZIP), (gzip.compress(bytes(200_000)), {"compression": "gz"})):
        server.files["/bomb"] = body
        card(url=server.base + "/bomb", **changes)
        with pytest.raises(Corrupt, match="more than the limit"):
            get(refresh=True)


def test_members_are_counted_together(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "100000")
    server.files["/many"] = zipped(**{f"a{i}_csv": bytes(60_000) for i in range(5)})
    card(url=server.base + "/many", **ZIP)
    with pytest.raises(Corrupt, match="more than the limit"):
        get()


def test_the_other_files_of_a_shapefile_count_too(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "100000")
    members = {"a.shp": bytes(10), "a.dbf": bytes(200_000), "b.tif": bytes(900_000)}
    server.files["/shapes"] = zipped(**members)
    card(url=server.base + "/shapes", compression="zip", path="things.zip", format="shp", crs="EPSG:2154")
    with pytest.raises(Corrupt, match="more than the limit"):
        get()
    server.files["/shapes"] = zipped(**{**members, "a.dbf": bytes(10)})
    assert get().exists(), "the raster beside it is never read"


def test_a_limit_that_is_no_number_is_refused(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "lots")
    server.files["/zip"] = zipped(a_csv=CSV)
    card(url=server.base + "/zip", **ZIP)
    with pytest.raises(WrongUse, match="number of bytes"):
        get()


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path, monkeypatch, card):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "1000")
    with pytest.raises(Corrupt, match="more than the limit"):
        archives._read_limited(io.BytesIO(bytes(5000)), card())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"code;number\n1;1\n", "missing or was renamed"),
        (b"code;n\n\xe9;1\n", "encoding"),
        (b"code;n\n", "no rows"),
    ],
)
def test_load_refuses_a_file_unlike_its_card_and_names_the_dataset(server, card, data, said):
    server.files["/things.csv"] = data
    with pytest.raises(NotAsDescribed, match=said) as caught:
        datakit.load("things", "publisher")
    assert str(caught.value).startswith("things:")


MAC = {"__MACOSX/._a.csv": b"\0\5\x16\7" * 20, "__MACOSX/d/._b.csv": b"\0", "._a.csv": b"\0\5\x16\7"}


def with_names(members):
    """A zip whose members keep their names: `zipped` reads its own abbreviations into them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_what_macos_puts_into_a_zip_is_passed_over(server, card):
    server.files["/mac.zip"] = with_names({"a.csv": CSV, **MAC, ".DS_Store": b"\0"})
    card(url=server.base + "/mac.zip", **ZIP)
    assert len(datakit.load("things", "publisher")) == 20_000


def test_a_zip_of_nothing_but_macos_leftovers_names_them(server, card):
    server.files["/mac.zip"] = with_names(MAC)
    card(url=server.base + "/mac.zip", **ZIP)
    with pytest.raises(NotAsDescribed, match="does not hold the one file") as caught:
        datakit.load("things", "publisher")
    assert "._a.csv" in caught.value.found


def test_two_files_beside_macos_leftovers_are_still_two(server, card):
    server.files["/mac.zip"] = with_names({"a.csv": CSV, "b.csv": CSV, **MAC})
    card(url=server.base + "/mac.zip", **ZIP)
    with pytest.raises(NotAsDescribed, match="does not hold the one file") as caught:
        datakit.load("things", "publisher")
    assert caught.value.found == "a.csv, b.csv"


def test_a_shapefile_zipped_on_macos_is_read(server, card, tmp_path):
    import geopandas
    from shapely.geometry import Point

    points = geopandas.GeoDataFrame({"code": ["1", "2"]}, geometry=[Point(850000, 6690000)] * 2, crs="EPSG:2154")
    points.to_file(tmp_path / "things.shp")
    members = {p.name: p.read_bytes() for p in sorted(tmp_path.glob("things.*"))}
    leftovers = {f"__MACOSX/._{name}": b"\0" for name in members}
    server.files["/mac.zip"] = with_names({**leftovers, **members})
    card(
        url=server.base + "/mac.zip",
        path="things.zip",
        compression="zip",
        format="shp",
        crs="EPSG:2154",
        geometry={"type": "Point"},
        schema={"fields": [{"name": "code"}]},
    )
    assert datakit.load("things", "publisher").code.tolist() == ["1", "2"]
