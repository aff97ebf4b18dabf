"""The bundled sample: made again byte for byte, small, said to be invented, and every card opens on it."""

import gzip
import io
import json
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest

import datakit
from datakit.cache import DataWarning
from datakit.cards import PACKAGED
from datakit.origins import SAMPLE
from tools.make_sample import make

LOCK = json.loads((SAMPLE / "data.lock").read_text(encoding="utf-8"))
IDS = sorted(LOCK["datasets"])


def unpacked(data):
    """The members of a zip or the text of a gzip; a plain file as it is."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_the_sample_is_made_again_byte_for_byte(tmp_path):
    make(tmp_path / "again")
    files = {p.relative_to(SAMPLE): p.read_bytes() for p in SAMPLE.rglob("*") if p.is_file()}
    again = {p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*") if p.is_file()}
    assert set(files) == set(again)
    # An archive is compared by what is in it: zlib's own bytes differ from one build of Python to another.
    differing = [
        str(name) for name in files if files[name] != again[name] and unpacked(files[name]) != unpacked(again[name])
    ]
    assert [name for name in differing if name != "data.lock"] == []


def test_the_sample_is_small_and_says_that_it_is_invented():
    assert sum(p.stat().st_size for p in SAMPLE.rglob("*") if p.is_file()) <= 12e6
    assert LOCK["synthetic"] is True
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert "INVENTED" in readme and "Planted truth" in readme
    assert all("SYNTHETIC SAMPLE" in entry["note"] for entry in LOCK["datasets"].values())


# Cities of which only the names of the columns are known: an invented file would pretend to know the values too.
NAMES_ONLY = {f"trees-{city}" for city in ("bayonne", "grand-paris-sud", "grenoble-metropole", "mulhouse", "nevers",
                                           "saint-quentin", "seine-saint-denis")}  # fmt: skip


def test_every_card_has_a_sample():
    cards = {p.stem for p in PACKAGED.glob("*.json")}
    assert {id.partition("@")[0] for id in IDS} == cards - NAMES_ONLY and cards > NAMES_ONLY


@pytest.mark.parametrize("id", IDS)
def test_every_card_opens_on_the_sample(id):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        frame = datakit.load(id, "sample")
    card, said = datakit.catalog[id], frame.attrs["datakit"]
    assert said["synthetic"] is True
    assert len(frame) >= 10 or id.startswith("qpv")
    assert said["rows_rejected"] <= 0.05 * said["rows_read"], said["rejects"][:3]
    wanted = [f.name for f in card.fields if not f.optional]
    assert set(wanted) <= set(frame.columns)
    for f in card.fields:
        if f.name in frame and f.type in ("integer", "number", "year"):
            assert frame[f.name].notna().any() or f.optional, f"{f.name} is empty"
    if card.geometry:
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs.to_epsg() == 2154
        there = frame[frame.geometry.notna()]
        assert there.is_valid.all()
        kinds = {kind.removeprefix("Multi") for kind in there.geom_type}
        assert kinds == {card.geometry["type"].removeprefix("Multi")}
        assert len(there)


def test_the_city_is_as_large_as_the_real_one():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        trees = datakit.load("trees-dijon", "sample")
    assert 59_000 <= len(trees) <= 60_000
    assert len(datakit.load("communes", "sample")) == 23
    assert len(datakit.load("iris", "sample")) == 107


def test_no_file_of_the_sample_holds_an_address_or_a_phone_that_could_be_someones():
    import re

    for file in Path(SAMPLE).rglob("*"):
        if file.suffix in (".csv", ".json", ".geojson", ".txt"):
            text = file.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"\b0[1-9](?:[ .]\d\d){4}\b", text), f"{file.name} has a phone number"
            mails = set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", text))
            assert all(m.endswith((".example", "example.org", ".invalid")) for m in mails), file.name
