"""Data cards: what they must say, how they are found, and the helpful answer to a wrong id."""

import json
import re
import subprocess
import sys

import pytest

import datakit
from datakit.cards import PACKAGED, Card, read_card
from datakit.errors import BadCard, UnknownDataset, WrongUse

EXPECTED = {
    "communes",
    "iris",
    "communes-population",
    "trees-dijon",
    "trees-osm",
    "trees-grenoble",
    "trees-paris",
    "trees-lyon",
    "trees-rennes",
    "trees-bordeaux",
    "trees-montpellier",
    "bdtopo-vegetation",
    "bdtopo-roads",
    "cadastre-buildings",
    "lcz-cerema",
    "meteo-daily",
    "census-iris-population",
    "census-iris-households",
    "census-iris-housing",
    "filosofi-iris",
    "qpv-2024",
    "bpe",
    "france-services",
    "mednum-bfc",
    "divia-gtfs",
    "dijon-portal",
}
IDS = sorted(p.stem for p in PACKAGED.glob("*.json"))


def test_the_catalog_has_the_datasets_of_the_design():
    assert set(datakit.catalog) >= EXPECTED


@pytest.mark.parametrize("id", IDS)
def test_a_card_says_what_a_stranger_asks(id):
    card = datakit.catalog[id]
    raw = card.raw
    for key in ("title", "title_fr", "description", "description_fr", "attribution", "update_frequency", "mediatype"):
        assert raw.get(key), f"{id} says nothing under {key}"
    assert raw["licenses"][0]["name"] not in ("", "NA")
    assert raw["checked"] is None, "no address was seen to answer: nobody may claim it"
    assert raw["theme"] in ("territory", "trees", "vegetation", "inclusion", "citizens")
    for url in card.raw_urls:  # `urls` would ask for the value of a family
        assert "{" not in url.replace("{" + (card.parameter or {}).get("name", "") + "}", "")
    names = [f.name for f in card.fields]
    assert len(names) == len(set(names))
    for f in card.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", f.name), f"{id}: {f.name}"
        assert f.raw.get("title") and f.raw.get("title_fr"), f"{id}: no label of {f.name} in both languages"
    if card.primary_key:
        keys = [card.primary_key] if isinstance(card.primary_key, str) else card.primary_key
        assert set(keys) <= set(names)


def test_an_unknown_id_gets_the_nearest():
    with pytest.raises(UnknownDataset) as caught:
        datakit.describe("commune")
    assert "communes" in str(caught.value)
    assert "datakit list" in str(caught.value)


@pytest.mark.parametrize("value", ["../../etc", "a/b", "", "21 231", "x&y=z"])
def test_a_value_cannot_leave_its_place_in_a_path_or_an_address(value):
    with pytest.raises((WrongUse, UnknownDataset)):
        datakit.catalog[f"dijon-portal@{value}"]


def test_a_card_that_takes_no_value_says_so():
    with pytest.raises(WrongUse, match="takes no value"):
        datakit.catalog["communes@21231"]


def test_a_family_without_a_value_says_how_to_name_a_member():
    card = datakit.catalog["dijon-portal"]
    with pytest.raises(WrongUse, match="needs a value") as caught:
        _ = card.filename
    assert "dijon-portal@" in str(caught.value)


def test_a_teams_card_joins_and_overrides(tmp_path, monkeypatch):
    raw = json.loads((PACKAGED / "communes.json").read_text(encoding="utf-8"))
    (tmp_path / "communes.json").write_text(json.dumps({**raw, "title": "Mine"}), encoding="utf-8")
    (tmp_path / "benches.json").write_text(json.dumps({**raw, "name": "benches"}), encoding="utf-8")
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path))
    assert datakit.catalog["communes"].title == "Mine"
    assert "benches" in datakit.catalog


def test_a_card_in_the_current_folder_joins(tmp_path, monkeypatch):
    raw = json.loads((PACKAGED / "communes.json").read_text(encoding="utf-8"))
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "benches.json").write_text(json.dumps({**raw, "name": "benches"}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "benches" in datakit.catalog


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "docx"}, "docx"),
        ({"name": "other"}, "differs from the file"),
        ({"path": "../x.csv"}, "bare file name"),
        ({"licenses": [{"name": "NA"}]}, "licence"),
        ({"sources": []}, "sources"),
        ({"crs": None}, "crs"),
        ({"schema": {"fields": [{"name": "a", "type": "text"}]}}, "'text'"),
    ],
)
def test_a_bad_card_is_refused_by_name(tmp_path, change, said):
    raw = json.loads((PACKAGED / "communes.json").read_text(encoding="utf-8"))
    file = tmp_path / "communes.json"
    file.write_text(json.dumps({**raw, **change}), encoding="utf-8")
    with pytest.raises(BadCard) as caught:
        read_card(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_card_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadCard, match="not JSON"):
        read_card(tmp_path / "x.json")


def test_cards_are_shown_in_both_languages_and_escaped():
    card = datakit.catalog["communes"]
    assert "Population municipale" in card.text("fr")
    assert "Municipal population [inhabitants]" in card.text("en")
    assert "<code>population</code>" in card._repr_html_()
    dangerous = Card({**card.raw, "title": "<script>alert(1)</script>"})
    assert "<script>" not in dangerous._repr_html_()
    assert "communes-population" in datakit.catalog._repr_html_()
    assert "communes-population" in repr(datakit.catalog)


def test_search_reads_both_languages():
    assert "communes" in datakit.catalog.search("polygone communes")
    assert not datakit.catalog.search("nothing-like-this")


def test_importing_the_package_pulls_in_nothing_heavy():
    code = "import sys, datakit; datakit.catalog; print(*sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "geopandas", "numpy", "pooch", "requests", "folium", "matplotlib"} & set(loaded)


def test_the_catalog_behaves_like_a_mapping():
    assert "communes" in datakit.catalog
    assert "nothing-like-this" not in datakit.catalog
    assert datakit.catalog.get("nothing-like-this") is None
