"""The challenge: the kit's settings, a project's own, and files that say something wrong."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datakit import settings
from datakit.cli import main
from datakit.data.cards import PACKAGED
from datakit.data.origins import parse_origins
from datakit.data.provenance import banner
from datakit.errors import WrongUse
from datakit.extras import NAME
from datakit.language import Place, speaking
from tests.kinds import UNREADABLE, VALUES, toml

# What names the kit's first town outside of the one settings file: cards and their invented data, the French of these
# cards and of the chapters (whose English stands in notebooks/), what checks know of the chapters' exercises.
CARDS_AND_CHAPTERS = re.compile(
    r"(catalog|sample|workshop/exercises)/|challenge\.toml|locale/fr/LC_MESSAGES/(catalog|\d\d_\w+)\.[mp]o"
)


def written(tmp_path, text):
    (tmp_path / settings.FILE).write_text(text, encoding="utf-8")
    return tmp_path / settings.FILE


def test_the_kits_own_challenge_is_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = settings.challenge()
    assert said.territory["name"] == "Dijon Métropole" and said.file == settings.PACKAGED
    assert sum(one.weight for one in said.criteria) == 10 and said.limits.memory_mb == 2000
    assert said.deadline is None and not said.late()


def test_a_project_has_a_challenge_of_its_own_and_the_rest_is_the_kits(tmp_path, monkeypatch):
    written(tmp_path, '[territory]\nname = "Ville-Inventée"\n[limits]\nseconds = 60\n')
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    said = settings.challenge()
    assert (said.territory["name"], said.limits.seconds, said.limits.files) == ("Ville-Inventée", 60, 2000)
    # Of another town nothing is known that the kit knows of its own.
    assert (said.town, said.territory["inventory"]) == ("Ville-Inventée", "trees-ville-inventee")
    assert not said.territory["merged"] and not said.territory["communes"] and not said.territory["timetable"]


def test_a_challenge_says_where_its_data_is_and_whoever_asks_overrules_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settings.default_origins() == "sample"
    written(tmp_path, '[challenge]\norigins = "mirror,publisher"\n')
    assert [one.name for one in parse_origins("sample")] == ["sample"]
    (tmp_path / "mirror").mkdir()
    (tmp_path / "team").mkdir()
    (tmp_path / "team" / settings.FILE).write_text('[challenge]\norigins = "mirror"\n', encoding="utf-8")  # a dossier
    assert settings.default_origins() == "mirror,publisher"
    monkeypatch.chdir(tmp_path / "team")
    assert settings.default_origins() == str(Path("../mirror"))
    monkeypatch.setenv("DATAKIT_ORIGINS", "sample")
    assert [one.name for one in parse_origins()] == ["sample"]


def test_a_mistake_in_the_file_stops_no_help(tmp_path, monkeypatch, capsys):
    written(tmp_path, "[challenge\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0 and settings.FILE in capsys.readouterr().out


def test_a_python_without_a_reader_of_toml_can_still_ask_the_doctor(tmp_path):
    """Python 3.10 is told that it is too old, by the kit and not by a traceback."""
    code = "import sys; sys.modules['tomllib'] = None; from datakit.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert "Traceback" not in done.stderr and "Python" in done.stdout


def test_a_file_that_was_changed_is_read_again(tmp_path):
    file = written(tmp_path, "[limits]\nseconds = 60\n")
    assert settings.challenge(file).limits.seconds == 60
    file.write_text("[limits]\nseconds = 120\n", encoding="utf-8")
    assert settings.challenge(file).limits.seconds == 120


def test_nothing_but_cards_chapters_and_one_settings_file_names_the_kits_town(root):
    """`datakit challenge new` makes a challenge of another town from all the rest."""
    said = settings.challenge(settings.PACKAGED)
    words = ["dijon", *said.territory["communes"], *said.territory["merged"], said.territory["portal"]]
    words += [said.territory[name] for name in ("inventory", "digital_places", "timetable")]
    named, kit = re.compile("|".join(words)), root / "datakit"
    files = [f for f in sorted(kit.rglob("*")) if f.is_file() and "__pycache__" not in f.parts]
    assert len(files) > 300
    found = {}
    for file in files:
        if CARDS_AND_CHAPTERS.match(name := file.relative_to(kit).as_posix()):
            continue
        if lines := [
            x for x in file.read_text(encoding="utf-8", errors="ignore").splitlines() if named.search(x.lower())
        ]:
            found[name] = lines
    # The name of the distribution: a user's cache, the reports and verdicts that he has carry it.
    assert found == {"extras.py": [f'NAME = "{NAME}"']}


def test_the_cards_speak_of_the_communes_of_the_settings():
    said = settings.challenge(settings.PACKAGED).territory
    of = json.loads((PACKAGED / "insee-squares.json").read_text(encoding="utf-8"))["row_filter"]["values"]
    assert sorted(said["communes"]) == sorted(of) and all(code.startswith(said["departement"]) for code in of)
    for name in ("inventory", "portal", "equipment", "digital_places", "timetable"):
        assert (PACKAGED / f"{said[name].partition('@')[0]}.json").is_file()


@pytest.mark.parametrize(
    ("name", "of", "at"),
    [
        ("Dijon", "de Dijon", "à Dijon"),
        ("Angers", "d’Angers", "à Angers"),
        ("Évreux", "d’Évreux", "à Évreux"),
        ("Le Mans", "du Mans", "au Mans"),
        ("Les Ulis", "des Ulis", "aux Ulis"),
        ("La Rochelle", "de La Rochelle", "à La Rochelle"),
        ("la Métropole", "de la Métropole", "à la Métropole"),
        ("Lens", "de Lens", "à Lens"),
    ],
)
def test_french_joins_the_name_of_a_town(name, of, at):
    assert f"{Place(name):de}|{Place(name):à}|{Place(name)}" == f"{of}|{at}|{name}"


def test_the_stamp_names_the_town_of_the_challenge_in_both_languages(tmp_path, monkeypatch):
    written(tmp_path, '[territory]\nname = "Le Mans Métropole"\ntown = "Le Mans"\n')
    monkeypatch.chdir(tmp_path)
    used = [{"id": "communes", "synthetic": True}]
    assert banner(used).endswith("says nothing about Le Mans.")
    with speaking("fr"):
        assert banner(used).endswith("ne disent rien du Mans.")


def test_a_deadline_is_a_moment_in_every_time_zone(tmp_path):
    said = settings.challenge(written(tmp_path, "[challenge]\ndeadline = 2027-03-31T12:00:00+02:00\n"))
    assert not said.late(datetime(2027, 3, 31, 10, tzinfo=UTC))
    assert said.late(datetime(2027, 3, 31, 10, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[challenge]\ndeadline = 2027-03-31T12:00:00\n", "time zone"),
        ("[challenge]\ndeadline = 2027-03-31\n", "time zone"),
        ('[challenge]\nlanguage = "de"\n', "no such language"),
        ('[challenge]\ntitle = " "\n', "title is missing"),
        ("[limit]\nseconds = 6\n", "unknown: limit"),
        ("[limits]\nsecond = 6\n", "unknown: second"),
        ("[limits]\nseconds = 0\n", "above 0"),
        ("[limits]\nseconds = -1\n", "above 0"),
        ('[[criteria]]\nid = "a"\nname = "A"\n', "missing: weight"),
        ('[[criteria]]\nid = "a"\nname = "A"\nweight = -1\n', "weights above 0"),
        ("[challenge\n", "cannot be read as TOML"),
        ("[challenge]\nthemes_ = []\n", "unknown: themes_"),
        ("[challenge]\nthemes = []\n", "one theme or more"),
        ("[challenge]\nmonths = 61\n", "from 1 to 60 months"),
        ('[territory]\ntown = "A"\n', "name is missing"),
        ('[territory]\nname = "A"\nvillage = "B"\n', "unknown: village"),
        ('[territory]\nname = "A"\ncommunes = [25056]\n', "texts of five characters"),
        ('[territory]\nname = "A"\ncommunes = ["2505"]\n', "texts of five characters"),
        ('[territory]\nname = "A"\ncommunes = "25056"\n', "must be a list"),
        ('[territory]\nname = "A"\n[territory.merged]\n25001 = "25 56"\n', "texts of five characters"),
        ('[territory]\nname = "A"\ndepartement = "2"\n', "no code of a département"),
        ('[territory]\nname = "A"\nbounds = [1, 2, 3]\n', "bounds are no box"),
        ('[territory]\nname = "A"\nbounds = [3, 2, 1, 4]\n', "bounds are no box"),
        ('[look]\naccent = "blue"\n', "a colour is written"),
        ('[look]\naccent = "#ffee00"\n', "contrast with white is 1.2"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    with pytest.raises(WrongUse, match=said) as caught:
        settings.challenge(written(tmp_path, text))
    assert str(tmp_path) in str(caught.value) and caught.value.next


TEXT, LIST, TABLE, NUMBER, WHOLE = {"text"}, {"empty", "texts"}, {"table"}, {"whole", "broken"}, {"whole"}
TAKEN = {
    "challenge": TABLE,
    "territory": set(),  # it has a name
    "look": TABLE,
    "limits": TABLE,
    "criteria": set(),
    **dict.fromkeys(("challenge.title", "challenge.short", "challenge.origins"), TEXT),
    "challenge.language": set(),
    "challenge.themes": {"texts"},
    "challenge.months": WHOLE,
    "challenge.deadline": {"moment"},
    "territory.name": TEXT,
    "look.accent": set(),
    "territory.called.fr": TEXT,
    "territory.merged.25001": set(),
    "territory.former_names.a": set(),
    "criteria[].id": TEXT,
    "criteria[].name": TEXT,
    **{f"limits.{name}": NUMBER for name in ("zip_mb", "unpacked_mb", "seconds", "memory_mb", "disk_mb")},
    "limits.tolerance_pct": NUMBER,
    **{f"limits.{name}": WHOLE for name in ("files", "processes", "processors")},
}
OF_A_TERRITORY = {
    **dict.fromkeys(("town", "inventory", "portal", "equipment", "digital_places", "timetable"), TEXT),
    "departement": set(),
    "communes": {"empty"},
    "bounds": set(),
    **dict.fromkeys(("called", "merged", "former_names"), TABLE),
}


@pytest.mark.parametrize("key", [*TAKEN, *OF_A_TERRITORY])
def test_a_value_of_every_kind_is_taken_or_refused_by_its_name(tmp_path, key):
    for kind, value in VALUES.items():
        if key in OF_A_TERRITORY:
            text, taken = f'[territory]\nname = "A"\n{key} = {value}\n', OF_A_TERRITORY[key]
        else:
            text, taken = toml(key, value), TAKEN[key]
        if key.startswith("criteria[]"):
            text += "weight = 1\n" + "".join(f'{n} = "b"\n' for n in ("id", "name") if not key.endswith(f".{n}"))
        if key.startswith(("territory.called", "territory.merged", "territory.former")):
            text = f'[territory]\nname = "A"\n{text}'
        file = written(tmp_path, text)
        if kind in taken:
            settings.challenge(file)
            continue
        with pytest.raises(WrongUse) as caught:
            settings.challenge(file)
        error = caught.value
        named = [part.strip("[]") for part in key.split(".")[-2:]]
        assert settings.FILE in error.subject and any(part in str(error) for part in named), kind
        assert error.expected and (error.found or "unknown" in error.what or "missing" in error.what), kind
        assert error.next, kind


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_with_the_file(tmp_path, content):
    if content is not None:
        (tmp_path / settings.FILE).write_bytes(content)
    with pytest.raises(WrongUse) as caught:
        settings.challenge(tmp_path / settings.FILE)
    assert settings.FILE in caught.value.subject and caught.value.next
