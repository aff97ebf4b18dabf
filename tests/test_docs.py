"""docs/data.md says what the cards say, now."""

import importlib.util
from pathlib import Path

import pytest

from datakit.cards import Card

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def make_docs():
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools/make_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_data_dictionary_is_current(make_docs):
    current = (ROOT / "docs/data.md").read_text(encoding="utf-8") == make_docs.render()
    assert current, "run: make docs"  # not the two texts: their difference would bury the advice


def test_a_teams_own_cards_do_not_change_it(make_docs, tmp_path, monkeypatch):
    before = make_docs.render()
    monkeypatch.setenv("DATAKIT_CARDS", str(ROOT / "tests/cards"))
    monkeypatch.chdir(tmp_path)
    assert make_docs.render() == before


def test_every_column_is_explained(make_docs):
    page = make_docs.render()
    for path in sorted((ROOT / "datakit/catalog").glob("*.json")):
        assert f"### `{path.stem}`" in page


def test_a_section_says_what_a_newcomer_needs(make_docs):
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
    text = "\n".join(make_docs.section(card))
    assert "One row per bench." in text
    assert "datakit mirror add DIR benches FILE" in text
    assert "- Park benches are missing." in text
    names = r"| `length` | number | m | Length | Longueur | `A\|B` or `C` |"
    assert f"{names} required; at least 0; one of 1, 2; may be absent |" in text
