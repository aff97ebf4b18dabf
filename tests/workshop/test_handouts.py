"""What is given out on the day: whole, in the right folder, and never over somebody's work."""

import json
import re
import shutil

import pandas as pd
import pytest

import datakit
from datakit.cli import main
from datakit.data import mirrors
from datakit.errors import WrongUse
from datakit.run.shipped import kit_notebooks
from datakit.workshop import checking, forms, guides, handouts

NAMES = sorted(path.stem for path in checking.FOLDER.glob("*.json"))


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    handouts.write_notebooks(folder)
    return folder


def test_participants_get_every_chapter_and_no_solution(given):
    kit = kit_notebooks()
    there = {p.relative_to(given / "participants").as_posix() for p in (given / "participants").rglob("*")}
    assert there == {path.name for path in kit.glob("*.ipynb")}
    for path in (given / "participants").iterdir():
        assert path.read_bytes() == (kit / path.name).read_bytes()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert not any("solution" in cell["metadata"].get("tags", ()) for cell in cells)


def test_the_facilitator_gets_solutions_and_a_key_for_each_chapter(given):
    folder = given / "facilitators"
    assert sorted(p.stem for p in (folder / "solutions").iterdir()) == NAMES
    index = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', index)
    assert links == [guides.SHEET, guides.SLIDES, *(f"{name}.html" for name in NAMES)]
    assert all((folder / link).exists() for link in links)
    for name in NAMES:
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r"(src|href)=[\"'](https?:)?//", page), "it opens without a network"
        assert "SYNTHETIC SAMPLE" in page
        for number, one in checking.known(name)["exercises"].items():
            section = page.split(f"Exercise {number} ·")[1].split("</section>")[0]
            assert f"{one['minutes']} minutes" in section and "check(" in section
            for sentence in (*one["hints"], *(mistake["why"] for mistake in one["mistakes"])):
                assert checking.marked(sentence) in section
            expected = forms.Form.from_json(one["expected"])
            table = handouts._table(expected)
            shown = [cell for row in table[1] for cell in row] if table else []
            assert all(f"<td>{text}</td>" in section for text in shown)
            assert shown or handouts.brief(expected, 99) in section


def test_the_key_speaks_french(tmp_path):
    handouts.write_notebooks(tmp_path, "fr")
    page = (tmp_path / "facilitators" / "00_start_here.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page and "Corrigé" in page and "Ce qui est attendu" in page
    assert "What is expected" not in page


def test_a_participants_work_is_not_replaced_unless_that_is_said(tmp_path, capsys):
    room = tmp_path / "room"
    assert main(["workshop", "notebooks", str(room)]) == 0
    said = capsys.readouterr().out
    assert f"{room / 'participants'}: {len(list(kit_notebooks().glob('*.ipynb')))} notebooks" in said
    assert main(["workshop", "notebooks", str(room)]) == 0, "what is as it was given out is nobody's work"
    mine, other = (room / "participants" / f"{name}.ipynb" for name in NAMES[:2])
    mine.write_text("my work", encoding="utf-8")
    other.unlink()
    assert main(["workshop", "notebooks", str(room)]) == 2
    told = capsys.readouterr().err
    assert "participants/00_start_here.ipynb" in told and "--replace" in told
    assert mine.read_text(encoding="utf-8") == "my work" and not other.exists(), "nothing was written"
    assert main(["workshop", "notebooks", str(room), "--replace"]) == 0
    assert mine.read_bytes() == (kit_notebooks() / mine.name).read_bytes() and other.exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "room").write_text("a file", encoding="utf-8")
    with pytest.raises(WrongUse):
        handouts.write_notebooks(tmp_path / "room")
    assert (tmp_path / "room").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (12345, "12\u202f345"),
        (0.41234, "0.4123"),
        ("Acer", "Acer"),
        (True, "True"),
        (["a", "b"], "[a, b]"),
        (list("abcdef"), "[a, b, c, d, …] (6)"),
        ({"east": 0.5, "west": 0.4}, "{east: 0.5, west: 0.4}"),
        (dict.fromkeys("abcdef", 1), "{a: 1, b: 1, c: 1, d: 1, …} (6)"),
        (pd.DataFrame({"genus": ["Acer"], "lost": [0.5]}), "{genus: Acer, lost: 0.5}"),
        (pd.DataFrame({"genus": ["Acer", "Tilia"], "lost": [0.5, 1]}), "{genus: Acer, lost: 0.5, …} (2)"),
    ],
)
def test_an_answer_is_told_on_one_line(answer, said):
    assert handouts.brief(forms.describe(answer)) == said


@pytest.fixture
def city(root, tmp_path):
    """A mirror of the sample's communes in which Talant has grown large."""
    people = json.loads(
        (root / "datakit/sample/communes-population/communes-population.json").read_text(encoding="utf-8")
    )
    next(one for one in people if one["nom"] == "Talant")["population"] = 2_000_000
    file = tmp_path / "communes-population.json"
    file.write_text(json.dumps(people), encoding="utf-8")
    folder = tmp_path / "city"
    mirrors.add(folder, "communes-population", file)
    shapes = (root / "datakit/sample/communes/communes.geojson").read_text(encoding="utf-8")
    file.with_name("communes.geojson").write_text(shapes + "\n", encoding="utf-8")  # else it is known to be invented
    mirrors.add(folder, "communes", file.with_name("communes.geojson"))
    return folder


@pytest.mark.slow
def test_checks_know_the_answers_of_the_data_of_the_day(city, root, tmp_path, monkeypatch):
    kit, room = tmp_path / "kit", tmp_path / "room"
    for name in ("00_start_here.ipynb", "solutions/00_start_here.ipynb"):
        (kit / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "notebooks" / name, kit / name)
    monkeypatch.setattr(handouts, "kit_notebooks", lambda: kit)
    handouts.write_notebooks(room, origins=str(city))
    learnt = json.loads((room / "participants/exercises/00_start_here.json").read_text(encoding="utf-8"))["exercises"]
    of_sample, of_city = (
        one["00.2"]["expected"]["value"] for one in (checking.known("00_start_here")["exercises"], learnt)
    )
    assert of_sample != of_city
    page = (room / "facilitators" / "00_start_here.html").read_text(encoding="utf-8")
    assert f"<strong>{of_city}</strong>" in page and "SYNTHETIC SAMPLE" not in page

    datakit.load("communes-population", str(city))
    assert checking.judge("00.2", of_city).state == "form", "nobody has told this folder"
    monkeypatch.chdir(room / "participants")
    assert checking.judge("00.2", of_city).state == "right"
    wrong = checking.judge("00.2", of_city + 7)
    assert wrong.state == "wrong" and "Hint 1 of 3" in wrong.hint
    (room / "participants/exercises/00_start_here.json").write_text("{", encoding="utf-8")
    assert checking.judge("00.2", of_city).state == "form", "a file that is none is left alone"
