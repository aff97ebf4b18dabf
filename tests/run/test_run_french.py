"""A run in French: its report, its progress and its errors, and the language that it hands to its notebooks."""

import io
import json

import pytest

from datakit.errors import WrongUse
from datakit.language import speaking
from datakit.run.choosing import Notebook
from datakit.run.parameters import assign, read_parameters
from datakit.run.progress import Lines
from datakit.run.running import run
from datakit.run.working import settings
from tests import small_notebooks as small

SAYS = """\
from datakit.language import language
from datakit.show import Value, ask
import pandas as pd
table = pd.DataFrame()
table.attrs["datakit"] = {"id": "communes", "synthetic": True}
with ask("Which language?") as answer:
    answer.say("It is {name}.", name=Value(language()), data=[table], cannot_say="Why.")"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A run in French that was asked for by nothing but the block's language."""
    folder = tmp_path_factory.mktemp("french")
    small.ok(folder / "notebooks")
    small.write(folder / "notebooks", "15_says", "# Langue", SAYS)
    small.fails(folder / "notebooks")
    with speaking("fr"):
        done = run(notebooks=folder / "notebooks", output=folder / "report", progress=False, jobs=2, locked=False)
    return done.output


def test_the_notebooks_speak_the_language_of_the_run_and_the_record_names_it(report):
    said = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert said["15_says"][0]["figures"][0]["value"] == "fr" and said["15_says"][0]["kind"] == "SYNTHETIC"
    record = json.loads((report / "run.json").read_text(encoding="utf-8"))
    assert record["language"] == "fr" and record["notebooks"]["20_fails"]["status"] == "failed"


def test_the_index_is_in_french(report):
    page = (report / "index.html").read_text(encoding="utf-8")
    for expected in (
        '<html lang="fr">',
        "3 notebooks, dont inachev\u00e9s\u00a0: 1.",
        "D\u00e9but\u00a0: ",
        "\u00c9CHANTILLON INVENT\u00c9\u00a0: tous les chiffres",
        "\u00c9chec \u00e0 la cellule de code 3.",
        '<span class="tag synthetic">INVENT\u00c9ES</span>',
        '<h2 id="again">Relancer l\u2019ex\u00e9cution</h2>',
        "\u00e9chantillon fourni",
        'les r\u00e9ponses dans <a href="results.json">',
    ):
        assert expected in page, expected
    for english in ("Data behind", "Run it again", "bundled", "left out", "SAMPLE"):
        assert english not in page, english


def test_the_page_of_a_notebook_is_in_french(report):
    page = (report / "15_says.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page and "Montrer le code" in page and "Le rapport entier" in page
    assert "Ce que cela ne dit pas\u00a0:" in page and "\u00c9CHANTILLON INVENT\u00c9" in page


def test_the_kernels_speak_what_the_process_speaks(monkeypatch):
    monkeypatch.setenv("DATAKIT_LANG", "en")
    assert settings([])["DATAKIT_LANG"] == "en"
    with speaking("fr"):
        assert settings([])["DATAKIT_LANG"] == "fr"


def test_lines_of_progress_and_a_failure_in_french(tmp_path):
    one = Notebook("x", tmp_path, [], {}, status="failed", seconds=1234.56, peak_memory=12_000_000)
    one.error = {"cell": 3, "ename": "KeyError", "evalue": "'k'", "line": ""}
    stream = io.StringIO()
    with speaking("fr"):
        lines = Lines([one], stream)
        lines.start(one)
        lines.done(one)
    assert stream.getvalue() == (
        "x\u00a0: commenc\u00e9\n"
        "x\u00a0: \u00e9chec \u00e0 la cellule de code 3\u00a0: KeyError: 'k' (1234,6\u00a0s, 12\u00a0Mo)\n"
    )


def test_a_parameter_that_is_unknown_or_wrong_is_refused_in_french():
    cell = {"metadata": {"tags": ["parameters"]}, "source": ["k: int = 3  # how many\n"]}
    declared = {"x": read_parameters([cell], "x")}
    with speaking("fr"):
        unknown = (
            r"param\u00e8tre kk\u00a0: aucun notebook choisi ne le conna\u00eet\u00a0: vouliez-vous dire k\u202f\?"
        )
        with pytest.raises(WrongUse, match=unknown):
            assign({"kk": 3}, declared)
        with pytest.raises(WrongUse, match="n\u2019est pas du type attendu par x"):
            assign({"k": "y"}, declared)
        with pytest.raises(WrongUse, match="aucun th\u00e8me ni notebook") as caught:
            run(["nothing_like_this"])
    assert "attendu\u00a0:" not in str(caught.value)  # said when it is shown, in the language of then
