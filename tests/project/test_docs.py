"""Pages of docs/ say what is there: data.md the cards, api.md the docstrings, architecture and dossiers.md the code."""

import ast
import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

import datakit
from datakit.data.cards import Card

ROOT = Path(__file__).resolve().parents[2]


def tool(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tools/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def dictionary():
    return tool("make_data_dictionary")


@pytest.fixture(scope="module")
def api():
    return tool("make_api")


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


def test_the_list_of_functions_is_current(api):
    current = (ROOT / "docs/api.md").read_text(encoding="utf-8") == api.document()
    assert current, "run: make docs"


def test_each_room_lists_every_module_that_it_has_and_no_other(api):
    rooms = api.rooms()
    assert {"data", "geo", "show", "run", "cli", "trees", "vegetation", "inclusion"} <= {room.name for room in rooms}
    told = {room: (set(api.contents(room)), api.inside(room)) for room in rooms}
    wrong = {str(room): listed ^ there for room, (listed, there) in told.items() if listed != there}
    assert not wrong, "each room's docstring is its table of contents"


def test_a_function_is_a_line_of_names_and_one_sentence(api):
    code = """
def spread(totals: DataFrame, areas, /, cells=None, *more, columns: list[str] = (), **options) -> DataFrame:
    \"\"\"Bring totals (``population``, say, e.g. of an IRIS)
    onto cells. Nothing is lost.

    More.\"\"\"

class Spread:
    \"\"\"What came of it.\"\"\"
    table: DataFrame
    total: float = 0.0
    _kept: int = 0

class Map:
    def __init__(self, *, title):
        pass

class Gone(Exception):
    \"\"\"There is no such file.\"\"\"

def _hidden():
    pass
"""
    assert api.lines(ast.parse(code)).splitlines() == [
        "- `spread(totals, areas, cells, *more, columns, **options)`: "
        "Bring totals (`population`, say, e.g. of an IRIS) onto cells",
        "- `Spread(table, total)`: What came of it",
        "- `Map(*, title)`",
        "- `Gone`: There is no such file",
    ]
    assert api.lines(ast.parse(code + "__all__ = ['Gone']")) == "- `Gone`: There is no such file\n"


def architecture():
    return (ROOT / "docs/architecture.md").read_text(encoding="utf-8")


def named(text):
    """The places that a text names as `file:function`, in order."""
    return re.findall(r"`([\w/]+\.py):([\w.]+)`", text)


def defined(body, name):
    """Whether a function, a class, a method or a constant is defined by these statements."""
    first, _, rest = name.partition(".")
    for node in body:
        targets = [*getattr(node, "targets", ()), getattr(node, "target", None)]
        if first == getattr(node, "name", None) or first in (getattr(t, "id", None) for t in targets):
            return not rest or defined(node.body, rest)
    return False


def test_every_place_that_the_architecture_names_is_there():
    whole = architecture() + (ROOT / "docs/dossiers.md").read_text(encoding="utf-8")
    places, tree = named(whole), {}
    assert len(places) > 60
    for file, name in places:
        tree[file] = tree.get(file) or ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert defined(tree[file].body, name), f"{file}:{name} is told and not there"
    assert not defined(tree["datakit/data/cache.py"].body, "Cache.nowhere")
    for path in re.findall(r"`((?:datakit|docs|notebooks|tests|tools)/[\w/.]+)`", whole):
        assert (ROOT / path).exists() or re.search("[A-Z]{2}", path), f"{path} is told and not there"


def test_the_house_is_one_page():
    """Rooms, the way of a table and of a report, and where to add: what goes further has a page of its own."""
    assert len(architecture().splitlines()) <= 150


def test_the_architecture_tells_the_layers_that_are_held():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert "\n    " + " > ".join(layers).replace(":", "|") + "\n" in architecture()


def test_the_way_of_a_table_is_the_one_told(tmp_path, monkeypatch):
    """`load("communes")` calls the functions that the page names, in the order in which it names them."""
    way = re.search(r"^## First way: .*?(?=^## )", architecture(), re.MULTILINE | re.DOTALL)[0]
    told = named(re.sub(r"\(From a publisher.*?\)\n", "", way, flags=re.DOTALL))
    assert len(told) > 15
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path))
    called = []

    def follow(frame, event, _):
        if event == "call" and (file := Path(frame.f_code.co_filename)).is_relative_to(ROOT):
            called.append((file.relative_to(ROOT).as_posix(), frame.f_code.co_qualname))

    sys.setprofile(follow)
    try:
        datakit.load("communes", "sample")
    finally:
        sys.setprofile(None)
    rest = iter(called)
    missed = [step for step in told if step not in rest]
    assert not missed[:1], "not called, or earlier than told"
