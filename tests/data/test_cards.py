"""Data cards: what they must say, how they are found, and the helpful answer to a wrong id."""

import hashlib
import json
import os
import re
import subprocess
import sys

import pytest
from jsonschema import Draft7Validator

import datakit
from datakit import cli
from datakit.data import card_checks, mirrors
from datakit.data.cards import PACKAGED, TYPES, Card, Catalog, read_card
from datakit.data.project import project_folder
from datakit.data.readers import READERS
from datakit.errors import BadCard, DataWarning, UnknownDataset, WrongUse
from datakit.language import speaking

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
    "insee-squares",
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


@pytest.mark.parametrize("value", ["../../etc", "a/b", "..", "a..b"])
def test_a_cards_own_pattern_lets_nothing_climb_out(value):
    card = Card({**BENCHES, "path": "{x}.csv", "parameter": {"name": "x", "pattern": ".*"}})
    assert Catalog([card])["benches@a-b.c"].filename == "a-b.c.csv"
    with pytest.raises(WrongUse, match="does not fit the card"):
        Catalog([card])[f"benches@{value}"]


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


BENCHES = {
    "name": "benches",
    "title": "Benches",
    "theme": "citizens",
    "sources": [{"title": "Example town"}],
    "licenses": [{"name": "etalab-2.0"}],
    "url": "https://data.example.org/benches.csv",
    "path": "benches.csv",
    "format": "csv",
    "encoding": "utf-8",
    "dialect": {"delimiter": ";"},
    "crs": "EPSG:4326",
    "geometry": {"type": "Point", "x": "lon", "y": "lat"},
    "hash": None,
    "bytes": None,
    "checked": None,
    "schema": {
        "fields": [
            {"name": "bench_id", "type": "string", "constraints": {"required": True, "unique": True}},
            {"name": "length", "type": "number", "unit": "m", "source_unit": "cm", "constraints": {"minimum": 0}},
            {"name": "shaded", "type": "boolean", "trueValues": ["oui"], "falseValues": ["non"]},
        ],
        "primaryKey": "bench_id",
    },
}


def written(folder, raw, name="benches"):
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(raw if isinstance(raw, str) else json.dumps(raw), encoding="utf-8")
    return file


def field(number, **changes):
    """BENCHES with one field changed; a change to ... takes the key away."""
    raw = json.loads(json.dumps(BENCHES))
    raw["schema"]["fields"][number] |= changes
    raw["schema"]["fields"][number] = {k: v for k, v in raw["schema"]["fields"][number].items() if v is not ...}
    return {"schema": raw["schema"]}


MISTAKES = [  # change, key, expected, found
    ({"licenses": "Licence Ouverte"}, "licenses", "a list with the licence", "'Licence Ouverte'"),
    ({"licenses": ["etalab-2.0"]}, "licenses[0]", "an object with a name", "'etalab-2.0'"),
    ({"licenses": [{"name": "NA"}]}, "licenses[0].name", "SPDX", "'NA'"),
    ({"licenses": [{"title": "Open"}]}, "licenses[0].name", "SPDX", "nothing"),
    ({"licenses": [{"name": "Licence Ouverte 2.0"}]}, "licenses[0].name", "a text like", "'Licence Ouverte 2.0'"),
    ({"licenses": None}, "licenses", "a list with the licence", "nothing"),
    ({"sources": "Example town"}, "sources", "a list with the publisher", "'Example town'"),
    ({"sources": []}, "sources", "a list with the publisher", "[]"),
    ({"name": "other"}, "name", "'benches', as the file is called", "'other'"),
    ({"name": "Benches"}, "name", "an id in lower case", "'Benches'"),
    ({"format": "docx"}, "format", "csv, geojson", "'docx'"),
    ({"path": "../x.csv"}, "path", "a bare file name", "'../x.csv'"),
    ({"url": 12}, "url", "an http address", "12"),
    ({"url": "data.example.org/x.csv"}, "url", "an http address", "'data.example.org/x.csv'"),
    ({"theme": "benches"}, "theme", "territory, trees", "'benches'"),
    ({"encoding": "utf-eight"}, "encoding", "cp1252", "'utf-eight'"),
    ({"dialect": {"delimiter": "tab"}}, "dialect.delimiter", "one character", "'tab'"),
    ({"dialect": {"delimeter": ";"}}, "dialect.delimeter", "'delimiter', perhaps", "means nothing"),
    ({"delimiter": ";"}, "delimiter", "under dialect", "means nothing"),
    ({"crs": "Lambert 93"}, "crs", "EPSG:2154", "'Lambert 93'"),
    ({"crs": None}, "crs", "coordinate system of the geometry", "nothing"),
    ({"geometry": "Point"}, "geometry", "an object such as", "'Point'"),
    ({"geometry": {"type": "Point", "x": "lon"}}, "geometry.y", "as there is 'x'", "nothing"),
    ({"geometry": {"type": "Point", "lon": "x"}}, "geometry.lon", "one of latlon", "means nothing"),
    ({"bounds": [5, 47]}, "bounds", "four numbers", "[5, 47]"),
    ({"parameter": {"pattern": "x"}}, "parameter.name", "the name of the parameter", "nothing"),
    ({"parameter": {"name": "x", "pattern": "[a-"}}, "parameter.pattern", "a regular expression", "'[a-'"),
    ({"resolve": {"api": "https://x.example", "resource": "(csv"}}, "resolve.resource", "a regular", "'(csv'"),
    ({"paging": 100}, "paging", "an object", "100"),
    ({"row_filter": {"field": "x", "values": "21"}}, "row_filter.values", "a list of texts", "'21'"),
    ({"row_filter": {"field": "x", "values": ["21"], "width": 0}}, "row_filter.width", "how many letters", "0"),
    ({"geometry": {"type": "Polygon", "square": 3}}, "geometry.square", "column of identifiers", "3"),
    ({"hash": "d25c9c77"}, "hash", "sha256:", "'d25c9c77'"),
    ({"notes": "Beware"}, "notes", "a list", "'Beware'"),
    ({"fields": [{"name": "a"}], "schema": None}, "fields", "under schema", "means nothing"),
    ({"schema": []}, "schema", "an object such as", "[]"),
    ({"schema": {"fields": {"name": "a"}}}, "schema.fields", "a list of fields", '{"name": "a"}'),
    ({"schema": {"fields": ["a"]}}, "schema.fields[0]", "an object such as", "'a'"),
    (field(0, name=...), "schema.fields[0].name", "the name of the column", "nothing"),
    (field(0, name="length"), "schema.fields[1].name", "a name of its own", "'length', again"),
    (field(0, type="text"), "schema.fields[0].type", "string, integer", "'text'"),
    (field(0, constraints={"min": 3}), "schema.fields[0].constraints.min", "'minimum', perhaps", "means nothing"),
    (field(0, constraints={"pattern": "[a-"}), "schema.fields[0].constraints.pattern", "a regular", "'[a-'"),
    (field(0, constraints={"pattern": "a++"}), "schema.fields[0].constraints.pattern", "a regular", "'a++'"),
    (field(0, constraints={"minimum": 3}), "schema.fields[0].constraints.minimum", "neither a number", "3"),
    (field(1, constraints={"minimum": "0"}), "schema.fields[1].constraints.minimum", "a number", "'0'"),
    (field(1, constraints={"enum": ["1"]}), "schema.fields[1].constraints.enum[0]", "a number", "'1'"),
    (field(1, constraints={"required": "yes"}), "schema.fields[1].constraints.required", "true or false", "'yes'"),
    (field(1, type="date", constraints={"minimum": "1/2/2020"}), "schema.fields[1].constraints.minimum", "a date", "/"),
    (field(1, source_unit="inch"), "schema.fields[1].source_unit", "m from cm", "m from inch"),
    (field(1, unit=...), "schema.fields[1].source_unit", "m from cm", "None from cm"),
    (field(1, minimum=0), "schema.fields[1].minimum", "under schema.fields[…].constraints", "means nothing"),
    (field(1, decimalchar=","), "schema.fields[1].decimalchar", "'decimalChar', perhaps", "means nothing"),
    (field(1, bareNumber="no"), "schema.fields[1].bareNumber", "true or false", "'no'"),  # the standard's, not ours
    (field(2, truevalues=["oui"]), "schema.fields[2].truevalues", "'trueValues', perhaps", "means nothing"),
    (field(2, trueValues="oui"), "schema.fields[2].trueValues", "a list", "'oui'"),
    ({"schema": {**BENCHES["schema"], "primaryKey": "id"}}, "schema.primaryKey", "bench_id, length, shaded", "'id'"),
    ({"schema": {**BENCHES["schema"], "primarykey": "length"}}, "schema.primarykey", "'primaryKey', perhaps", "means"),
]


def test_the_example_has_no_mistake(tmp_path):
    assert read_card(written(tmp_path, BENCHES)).id == "benches"


@pytest.mark.parametrize(("change", "key", "expected", "found"), MISTAKES)
def test_a_mistake_in_a_card_is_said_with_its_place(tmp_path, change, key, expected, found):
    file = written(tmp_path, BENCHES | change)
    with pytest.raises(BadCard) as caught:
        read_card(file)
    error = caught.value
    assert error.subject == str(file) and error.next
    asked, there = (
        [line for line in text.split("\n            ") if line.startswith(key + ": ")]
        for text in (error.expected, error.found)
    )
    assert len(asked) == len(there) == 1, error
    assert expected in asked[0].partition(": ")[2] and found in there[0].partition(": ")[2], error


def test_one_mistake_is_one_line(tmp_path):
    """What two schemas refuse, and what holds it, is not told twice."""
    for change, *_ in MISTAKES:
        if change != {"name": "Benches"}:  # which is two: the form, and the file's name
            with pytest.raises(BadCard) as caught:
                read_card(written(tmp_path, BENCHES | change))
            assert len(caught.value.found.splitlines()) <= (2 if "minimum" in str(change) else 1), caught.value


def test_all_mistakes_are_said_at_once(tmp_path):
    with pytest.raises(BadCard) as caught:
        read_card(
            written(tmp_path, BENCHES | {"crs": "Lambert 93", "theme": "art", "path": None} | field(0, type="text"))
        )
    said = str(caught.value)
    assert all(f"{key}: " in said for key in ("crs", "theme", "path", "schema.fields[0].type"))
    assert len(caught.value.found.splitlines()) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"schema": None},
        {"schema": {"fields": []}},
        {"keywords": ["seats"], "temporal": {"start": 2010}},
        {"geometry": None, "crs": None},
        {"crs": "IGNF:LAMB93"},
        field(0, constraints={"pattern": "(?=a)a.*"}),
        field(0, constraints={"pattern": r"\p{L}+"}),
        field(1, unit="lux", source_unit="lux"),
        {"url": None},
        {"url": []},
        field(1, type="date", constraints={"minimum": "2020-01-31"}),
        {"title": "Accents : é, à, œ"},
    ],
)
def test_what_is_rare_but_right_is_accepted(tmp_path, change):
    assert read_card(written(tmp_path, BENCHES | change)).id == "benches"


def test_a_card_saved_by_notepad_is_read(tmp_path):
    file = written(tmp_path, BENCHES)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_card(file).id == "benches"


@pytest.mark.parametrize(("text", "found"), [("{", "Expecting"), ("", "Expecting"), ("[1]", "[1]"), ("12", "12")])
def test_what_is_no_card_at_all_is_refused(tmp_path, text, found):
    file = written(tmp_path, text)
    with pytest.raises(BadCard) as caught:
        read_card(file)
    assert caught.value.subject == str(file) and found in caught.value.found and "{" in caught.value.expected


@pytest.mark.parametrize("id", IDS)
def test_a_card_of_the_kit_fits_the_standard(id):
    text = (PACKAGED / f"{id}.json").read_text(encoding="utf-8")
    assert card_checks.mistakes(text, id) == ()
    profile = json.loads((card_checks.PROFILES / "dataresource.json").read_text(encoding="utf-8"))
    assert [e.message[:200] for e in Draft7Validator(profile).iter_errors(json.loads(text))] == []


def test_the_published_profile_is_unchanged():
    """Of the package dplib-py 1.1.0, by the standard's authors: see profiles/README.md."""
    content = (card_checks.PROFILES / "dataresource.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "067d769b44b22178615620d37ac4e9f732cf0459c5540255cbba2480aa91c35a"


def test_the_kits_profile_says_what_the_code_knows():
    profile = json.loads((card_checks.PROFILES / "card.json").read_text(encoding="utf-8"))
    Draft7Validator.check_schema(profile)
    assert tuple(profile["definitions"]["field"]["properties"]["type"]["enum"]) == TYPES
    assert set(profile["properties"]["format"]["enum"]) == set(READERS)


def test_the_themes_have_one_home(root, capsys):
    themes = json.loads((card_checks.PROFILES / "card.json").read_text(encoding="utf-8"))["properties"]["theme"]["enum"]
    assert len(themes) > 3 and card_checks.themes() == tuple(themes)
    raw = datakit.catalog["communes"].raw
    cards = [Card({**raw, "name": f"of-{theme}", "theme": theme}) for theme in [*sorted(themes), "else"]]
    assert [card.theme for card in Catalog(cards).values()] == [*themes, "else"]
    with pytest.raises(SystemExit):
        cli.main(["list", "--help"])
    assert ", ".join(themes) in " ".join(capsys.readouterr().out.split())
    again = re.compile(r"\W+(?:\w+\W+)?".join(themes), re.IGNORECASE)  # a list, or a dictionary with a name for each
    code = [*(root / "datakit").rglob("*.py"), *(root / "tools").rglob("*.py")]
    assert [file for file in code if again.search(file.read_text(encoding="utf-8"))] == [] and len(code) > 100


def test_cards_are_checked_as_far_as_can_be_before_anything_is_installed(tmp_path, root):
    written(tmp_path / "cards", BENCHES)
    written(tmp_path / "cards", {**BENCHES, "name": "lamps", "path": None, "encoding": "utf-eight"}, "lamps")
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from datakit.cli import main; main(['list', 'benches'])"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, encoding="utf-8", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("citizens    benches")
    assert "left out (path: nothing, and 1 more)" in done.stderr and "Traceback" not in done.stderr


def test_checking_cards_does_not_compile_a_grammar(tmp_path):
    written(tmp_path / "cards", BENCHES)
    code = "import sys, datakit; datakit.catalog; print('jsonschema' in sys.modules, 'rfc3987_syntax' in sys.modules)"
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # no guard of the tests
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=plain)
    assert done.stdout == "True False\n"


# -- folders of cards, good and bad -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a folder of cards, in which one works."""
    (tmp_path / "cards").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_bad_card_disables_no_other(project):
    written(project / "cards", BENCHES)
    bad = written(project / "cards", {**BENCHES, "name": "lamps", "theme": "art", "format": "docx"}, "lamps")
    with pytest.warns(DataWarning) as caught:
        catalog = datakit.catalog
    (warning,) = caught
    assert str(warning.message) == (
        f"{bad}: this data card cannot be used and is left out (theme: 'art', and 1 more): "
        "`datakit show lamps` says all of it"
    )
    assert warning.filename == __file__
    assert "benches" in catalog and "communes" in catalog and "lamps" not in catalog
    assert "lamps" not in list(catalog) and catalog["benches"].title == "Benches"
    with pytest.raises(BadCard, match="docx"), pytest.warns(DataWarning):
        datakit.describe("lamps")


def test_a_bad_card_is_not_replaced_in_silence_by_the_kits(project):
    written(project / "cards", '{"name": "communes",', "communes")
    with pytest.warns(DataWarning, match="not JSON"):
        catalog = datakit.catalog
    with pytest.raises(BadCard, match="not JSON"):
        catalog["communes"]
    with pytest.raises(BadCard):
        catalog["communes@x"]


def test_the_first_good_card_after_a_bad_one_counts(project, monkeypatch):
    written(project / "cards", {**BENCHES, "format": "docx"})
    written(project / "mine", BENCHES)
    monkeypatch.setenv("DATAKIT_CARDS", str(project / "mine"))
    with pytest.warns(DataWarning, match="docx"):
        assert datakit.catalog["benches"].format == "csv"


def test_a_card_of_the_kit_can_be_written_into_the_folder_that_is_read(project):
    command = f'"{sys.executable}" -m datakit show communes --json > cards/communes.json'
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(command.replace("communes.json", "copy.json"), shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.warns(DataWarning, match="left out .name: 'communes'"):
        catalog = datakit.catalog
    card = catalog["communes"]
    assert card.raw == json.loads((PACKAGED / "communes.json").read_text(encoding="utf-8"))
    assert card.replaces == PACKAGED / "communes.json"
    assert f"{project / 'cards' / 'communes.json'} replaces the card" in card.text()
    with speaking("fr"):
        assert "remplace la fiche" in card.text()
    assert "replaces" not in catalog["iris"].text()


@pytest.mark.filterwarnings("error")
def test_a_folder_of_other_things_does_no_harm(project):
    for name, content in {
        "ace-of-spades": {"suit": "spades", "name": "Ace"},
        "deck": [1, 2],
        "communes": {"greeting": "Hello"},
        "empty": "",
        "package": {"version": "1.0"},
    }.items():
        written(project / "cards", content, name)
    (project / "cards" / "folder.json").mkdir()
    assert set(datakit.catalog) == set(IDS)
    assert datakit.describe("communes").title
    with pytest.raises(BadCard, match="cannot be used"):  # who asks for it means it as a card
        datakit.describe("ace-of-spades")


@pytest.mark.filterwarnings("error")
def test_cards_are_found_from_a_notebook(project, monkeypatch):
    written(project / "cards", BENCHES)
    (project / "notebooks" / "drafts").mkdir(parents=True)
    for folder in ("notebooks", "notebooks/drafts"):
        monkeypatch.chdir(project / folder)
        assert "benches" in datakit.catalog
        assert project_folder() == project


@pytest.mark.parametrize("origin", ["mirror", "./mirror", "../mirror"])
def test_mirrors_and_locks_are_found_from_a_notebook(project, monkeypatch, cache, origin):
    (project / "notebooks").mkdir()
    raw = {k: v for k, v in BENCHES.items() if k != "url"}
    written(project / "cards", raw)
    (project / "bancs.csv").write_text("bench_id;length;shaded;lon;lat\n01;150;oui;5.0;47.3\n", encoding="utf-8")
    mirrors.add(project / "mirror", "benches", project / "bancs.csv")
    mirrors.lock(["benches"], "mirror", file=project / "data.lock")
    monkeypatch.chdir(project / "notebooks")
    assert datakit.load("benches", origin, locked=True).bench_id.tolist() == ["01"]


@pytest.mark.parametrize("sign", ["cards/x.json", "notebooks/x.ipynb", "data.lock"])
def test_a_project_is_known_by_what_it_holds(tmp_path, monkeypatch, sign):
    below = tmp_path / "project" / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert project_folder() == below
    (tmp_path / "project" / sign).parent.mkdir(exist_ok=True)
    (tmp_path / "project" / sign).touch()
    assert project_folder() == tmp_path / "project"


def test_an_unknown_id_says_where_cards_were_looked_for(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path / "mine"))
    with pytest.raises(UnknownDataset) as caught:
        datakit.describe("benches")
    assert f"the kit, {tmp_path / 'cards'} (not there), {tmp_path / 'mine'}" in str(caught.value)


def test_cards_are_shown_in_both_languages_and_escaped():
    card = datakit.catalog["communes"]
    with speaking("fr"):
        assert "Population municipale [habitants]" in card.text()
        assert "ses octets peuvent changer" in card._repr_html_()
    assert "Municipal population [inhabitants]" in card.text()
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
