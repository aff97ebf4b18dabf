"""A challenge of a town that is not the kit's: made from answers, run and tested by its own Makefile."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from datakit import dossier, settings
from datakit.challenge import making
from datakit.challenge.recording import recorded
from datakit.cli import main
from datakit.errors import WrongUse
from datakit.extras import NAME
from tests.challenge.test_plan import GIVEN

TOWN = settings.challenge(settings.PACKAGED).town


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project of a challenge of Besançon, whose data is invented."""
    folder = tmp_path_factory.mktemp("made") / "besancon"
    answers = {**GIVEN, "deadline": "2027-03-31T12:00:00+02:00", "accent": "#12512b", "limits": {"seconds": 600}}
    making.new(folder, answers, say=lambda line: None)
    return folder


def make(project, target):
    """``make TARGET`` in the project, in the environment that runs these tests."""
    venv = Path(sys.executable).parents[1]
    command = ["make", target, f"VENV={venv}", "READY=1"]
    environment = {name: value for name, value in os.environ.items() if name != "DATAKIT_LANG"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # its tests need none of this environment's plugins
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_settings_are_those_that_were_answered(project):
    said = settings.challenge(project / "challenge.toml")
    assert (said.title, said.town, said.accent, said.themes) == (
        "Défi de la ville",
        "Besançon",
        "#12512b",
        ("trees", "inclusion"),
    )
    assert said.deadline.isoformat() == "2027-03-31T12:00:00+02:00"
    assert said.limits.seconds == 600 and said.limits.files == 2000
    assert said.territory["communes"] == ["25056"] and said.territory["departement"] == "25"


@pytest.mark.slow
def test_its_own_make_run_and_make_test_are_green_and_speak_of_its_town_alone(project):
    make(project, "run")
    results = json.loads((project / "reports/latest/results.json").read_text(encoding="utf-8"))
    assert sorted(results) == ["10_trees", "30_inclusion"]
    assert all(one["kind"] == "SYNTHETIC" and one["sentence"] for every in results.values() for one in every)
    index = (project / "reports/latest/index.html").read_text(encoding="utf-8")
    assert "ne disent rien de Besançon" in index and "Kit de données Défi de la ville" in index
    assert "--accent:#12512b" in index
    assert re.search(r"\b5 passed\b", make(project, "test"))
    for file in [f for f in project.rglob("*") if f.is_file() and "__pycache__" not in f.parts]:
        text = file.read_text(encoding="utf-8").replace(NAME, "")  # the distribution's own name
        assert TOWN.lower() not in text.lower(), file


@pytest.mark.slow
def test_what_its_tests_hold_the_notebooks_to_is_what_the_report_says(project):
    said = recorded(project)
    assert {name: len(every) for name, every in said.items()} == {"10_trees": 2, "30_inclusion": 1}
    figure = said["10_trees"][0]["figures"][0]
    table = pd.read_csv(project / "mirror/trees-besancon/arbres.csv", sep=";")
    assert figure["name"] == "standing" and figure["value"] == (table["etat"] == "EN PLACE").sum()


@pytest.mark.slow
def test_a_team_begins_on_the_towns_own_data_and_cards(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project)
    team = dossier.making.new(tmp_path / "our-trees", theme="trees")
    locked = json.loads((team / "data.lock").read_text(encoding="utf-8"))["datasets"]
    assert {one["origin"] for one in locked.values()} == {"mirror"} and "trees-osm" in locked
    names = [file.name for file in (project / "cards").glob("*.json")]
    assert names and all((team / "cards" / name).is_file() for name in names)
    assert settings.challenge(team / "challenge.toml").town == "Besançon"


@pytest.mark.slow
def test_its_answers_make_it_again(project):
    answers = making.read_answers(project / ".copier-answers.yml")
    assert answers["town"] == "Besançon" and answers["themes"] == ["trees", "inclusion"]
    assert set(answers) == set(making.QUESTIONS)
    assert str(making.TEMPLATE) not in (project / ".copier-answers.yml").read_text(encoding="utf-8")


def test_the_chapters_of_both_languages_have_the_same_code_and_the_form_of_the_kit(tmp_path):
    given = {**GIVEN, "themes": ["trees", "vegetation", "inclusion"]}
    cells = {}
    for lang in ("fr", "en"):
        answers = making._asked({**given, "language": lang, "kit": "kit.whl"}, False) | {"kit": "."}
        making._write(tmp_path / lang, making.plan(answers), answers)
        for file in sorted((tmp_path / lang / "notebooks").iterdir()):
            assert file.suffix == ".ipynb"
            nb = nbformat.read(file, as_version=4)
            nbformat.validate(nb)
            code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
            assert sum("parameters" in cell.metadata.get("tags", []) for cell in nb.cells) == 1
            assert code[-1] == "datakit.provenance()"
            cells.setdefault(file.stem, []).append([re.sub(r'"[^"]*"|#.*', "", source) for source in code])
    assert len(cells) == 3 and all(one == other for one, other in cells.values())
    left = [f for f in tmp_path.rglob("*") if f.is_file() and re.search(r"\{%|\{\{ ", f.read_text(encoding="utf-8"))]
    assert not left


def test_actions_are_pinned_as_in_the_kit(root):
    made = (making.TEMPLATE / "project/.github/workflows/tests.yml.jinja").read_text(encoding="utf-8")
    own = "\n".join(f.read_text(encoding="utf-8") for f in (root / ".github/workflows").glob("*.yml"))
    used = re.findall(r"uses: (.+)", made)
    assert used and all(one in own for one in used)


def test_a_folder_that_is_there_and_an_unknown_answer_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(WrongUse, match="is there already"):
        making.new(tmp_path, GIVEN)
    with pytest.raises(WrongUse, match="unknown: village"):
        making.new(tmp_path / "x", {**GIVEN, "village": "A"})
    with pytest.raises(WrongUse, match="cannot be used"):
        making.new(tmp_path / "x", {"title": "A"})
    with pytest.raises(WrongUse, match="wheel is not there"):
        making.new(tmp_path / "x", {**GIVEN, "kit": "none.whl"}, say=lambda line: None)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_is_missing(tmp_path, capsys):
    (tmp_path / "answers.yml").write_text("town: [", encoding="utf-8")
    assert main(["challenge", "new", str(tmp_path / "x"), "--data", str(tmp_path / "answers.yml")]) == 2
    assert "cannot be read as YAML" in capsys.readouterr().err
    assert main(["challenge", "new", str(tmp_path / "x"), "--town", "A", "--defaults"]) == 2
    assert "an answer cannot be used" in capsys.readouterr().err
    assert main(["challenge", "record", str(tmp_path)]) == 2
    assert "no challenge.toml here" in capsys.readouterr().err
