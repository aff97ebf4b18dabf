"""A new dossier: whole, in the challenge's language, and never over something else."""

import json
import re
from pathlib import Path

import pytest

from datakit.dossier import form, layout, making
from datakit.dossier.making import EXAMPLES, new
from datakit.errors import Unreachable, WrongUse
from datakit.run.choosing import choose
from tools.make_messages import misprinted


@pytest.mark.parametrize("theme", EXAMPLES)
def test_a_new_dossier_is_whole(tmp_path, theme):
    made = new(tmp_path / "one", theme=theme)
    assert {path.name for path in made.iterdir()} == {*layout.WRITTEN, layout.CONTACT, ".gitignore"}
    said = form.read(made)
    locked = json.loads((made / layout.LOCK).read_text(encoding="utf-8"))["datasets"]
    assert said.theme == theme and set(said.data) == set(locked) and not said.title
    (notebook,) = choose(None, made / layout.NOTEBOOKS)
    assert set(notebook.declared) == {"origins", said.experiment.parameter}
    assert said.indicators[0].notebook == notebook.name
    assert layout.CONTACT in (made / ".gitignore").read_text(encoding="utf-8").split()


def test_it_speaks_the_challenges_language_or_the_one_asked_for(tmp_path):
    assert "Combien d’arbres sont" in _source(new(tmp_path / "a"))
    assert "Question: How many" in _source(new(tmp_path / "b", lang="en"))
    assert (form.read(tmp_path / "a").language, form.read(tmp_path / "b").language) == ("fr", "en")
    rules = tmp_path / "challenge.toml"
    rules.write_text('[challenge]\ntitle = "Trees of Spa"\nlanguage = "en"\nthemes = ["water"]\n', encoding="utf-8")
    other = new(tmp_path / "c", rules=rules)
    assert "Question: How much land" in _source(other)
    assert (other / "challenge.toml").read_bytes() == rules.read_bytes()
    assert "for Trees of Spa" in (other / "dossier.toml").read_text(encoding="utf-8")


def _source(made):
    return "\n".join("".join(cell["source"]) for cell in choose(None, made / layout.NOTEBOOKS)[0].cells)


def test_nothing_is_overwritten_and_nothing_half_written_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(WrongUse, match="is there already"):
        new(tmp_path / "mine")
    with pytest.raises(WrongUse, match="suits no file"):
        new(tmp_path / "été 2027")
    with pytest.raises(WrongUse, match="no such theme"):
        new(tmp_path / "one", theme="tree")
    with pytest.raises(Unreachable):  # after everything else was written
        new(tmp_path / "one", origins=str(tmp_path / "no-mirror"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_french_of_the_template_is_written_as_french_is():
    lines = []
    for path in sorted(Path(making.__file__).parent.glob("web/fr/*.j2")):
        for line in re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL).splitlines():
            said = line if path.name.startswith("README") else line.rpartition("# ")[2] if "# " in line else ""
            if "%%" not in line and ">" not in said:  # cells begin so; commands to type
                plain = re.sub(r"\{[{%].*?[%}]\}|`[^`]*`|\w+-\d[\d.]*", "x", said)
                lines += [cell.strip() for cell in plain.split("|")]
    assert len(lines) > 60 and not [wrong for line in lines if line.strip("- ") for wrong in misprinted(line)]
