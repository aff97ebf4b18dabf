"""docs/data.md says what the cards say, now."""

import importlib.util
import json
from pathlib import Path

import pytest

from datakit.data.cards import Card

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def dictionary():
    spec = importlib.util.spec_from_file_location("make_data_dictionary", ROOT / "tools/make_data_dictionary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_dictionary_is_current(dictionary):
    current = (ROOT / "docs/data.md").read_text(encoding="utf-8") == dictionary.document()
    assert current, "run: make docs"  # not the two texts: their difference would bury the advice


def test_a_teams_own_cards_do_not_change_it(dictionary, tmp_path, monkeypatch):
    before = dictionary.document()
    monkeypatch.setenv("DATAKIT_CARDS", str(ROOT / "tests/cards"))
    monkeypatch.chdir(tmp_path)
    assert dictionary.document() == before


def test_every_column_is_explained(dictionary):
    page = dictionary.document()
    for path in sorted((ROOT / "datakit/catalog").glob("*.json")):
        assert f"### `{path.stem}`" in page


def test_a_section_says_what_a_newcomer_needs(dictionary):
    card = Card(
        {
            "name": "benches",
            "title": "Benches",
            "title_fr": "Bancs",
            "description": "One row\nper bench.",
            "description_fr": "Une ligne par banc.",
            "sources": [{"title": "Town", "path": "https://example.org"}],
            "licenses": [{"name": "etalab-2.0"}],
            "attribution": "Town",
            "url": None,
            "path": "benches.csv",
            "format": "csv",
            "crs": "EPSG:4326",
            "notes": ["Park benches are missing."],
            "schema": {
                "fields": [
                    {
                        "name": "length",
                        "source": ["A|B", "C"],
                        "type": "number",
                        "unit": "m",
                        "title": "Length",
                        "title_fr": "Longueur",
                        "constraints": {"required": True, "unique": False, "minimum": 0, "enum": [1, 2]},
                        "optional": True,
                    }
                ]
            },
        }
    )
    text = dictionary.section(card)
    assert "One row per bench." in text.replace("\n", " ")
    assert "a team gives the file (`datakit mirror add`)" in text
    assert "- Park benches are missing." in text
    (row,) = [line for line in text.splitlines() if line.startswith("| `length`")]
    assert row.startswith(r"| `length` | `A\|B` | number | m | Length | Longueur | needed; at least 0; one of 1, 2;")


def test_an_address_that_is_looked_up_is_not_missing(dictionary):
    raw = json.loads((ROOT / "datakit/catalog/lcz-cerema.json").read_text(encoding="utf-8"))
    assert raw["resolve"]["api"] in dictionary.section(Card(raw))
