"""What is given out on the day: whole, in the right folder, and never over somebody's work."""

import json
import re

import pytest

from datakit.cli import main
from datakit.errors import WrongUse
from datakit.run.shipped import kit_notebooks
from datakit.workshop import checking, forms, handouts

CHECKED = sorted(path.stem for path in checking.FOLDER.glob("*.json"))


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
        if path.stem in CHECKED:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert not any("solution" in cell["metadata"].get("tags", ()) for cell in cells)


def test_the_facilitator_gets_solutions_and_a_key_for_each_chapter(given):
    folder = given / "facilitators"
    assert sorted(p.stem for p in (folder / "solutions").iterdir()) == CHECKED
    index = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', index)
    assert links == [f"{name}.html" for name in CHECKED] and all((folder / link).exists() for link in links)
    for name in CHECKED:
        page = (folder / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r"(src|href)=[\"'](https?:)?//", page), "it opens without a network"
        assert "SYNTHETIC SAMPLE" in page
        for number, one in handouts.known(name)["exercises"].items():
            section = page.split(f"Exercise {number} ·")[1].split("</section>")[0]
            assert f"{one['minutes']} minutes" in section and "check(" in section
            for sentence in (*one["hints"], *(mistake["why"] for mistake in one["mistakes"])):
                assert checking.marked(sentence) in section
            expected = forms.Form.from_json(one["expected"])
            shown = [cell for row in handouts._table(expected)[1] for cell in row] if expected.kind == "table" else []
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
    mine, other = (room / "participants" / f"{name}.ipynb" for name in CHECKED[:2])
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
        ({"east": 0.5}, "{index: east, value: 0.5}"),
        ({"east": 0.5, "west": 0.4}, "{index: east, value: 0.5, …} (2)"),
    ],
)
def test_an_answer_is_told_on_one_line(answer, said):
    assert handouts.brief(forms.describe(answer)) == said
