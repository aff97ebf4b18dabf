"""Sentences follow figures: in the notebooks that are shipped, and on another invented city."""

import json
from pathlib import Path

import nbformat
import pytest

from datakit.data.provenance import ANSWER_MIME
from datakit.show.sentences import loose_numbers, skeleton
from tools import try_cities
from tools.make_sample import make

ROOT = Path(__file__).resolve().parents[2]
FEW = ["00_start_here", "05_open_the_portal"]


def shipped():
    """(Chapter, answer) of every notebook, as it is shipped."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if row := output.get("data", {}).get(ANSWER_MIME):
                    yield path.stem, row


def test_every_number_of_a_shipped_sentence_is_a_figure():
    found = [(chapter, row) for chapter, row in shipped() if row["answered"]]
    assert {chapter for chapter, _ in found} >= set(FEW)
    for chapter, row in found:
        assert loose_numbers(row, try_cities.templates(chapter)) == [], (chapter, row["sentence"])
        assert "{" in skeleton(row), (chapter, row["sentence"])


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What two chapters say of the bundled city, as they are shipped, and of one of another seed."""
    folder = tmp_path_factory.mktemp("cities")
    make(folder / "seed-1" / "city", seed=1, themes=("territory", "inclusion"))
    here = {(chapter, row["question"]): row for chapter, row in shipped() if chapter in FEW}
    return {"bundled": here, "seed-1": try_cities.answers(folder, "seed-1", try_cities.cities([1], [])["seed-1"], FEW)}


@pytest.mark.slow
def test_on_another_city_the_figures_change_and_the_sentences_follow(told, tmp_path):
    assert try_cities.judge(told) == []
    key = ("00_start_here", "How are the inhabitants spread over the communes?")
    here, there = (json.dumps(told[city][key]["figures"]) for city in ("bundled", "seed-1"))
    assert here != there and told["bundled"][key]["sentence"] != told["seed-1"][key]["sentence"]
    assert skeleton(told["bundled"][key]) == skeleton(told["seed-1"][key])
    told["seed-1"]["30_x", "Who?"] = {"answered": False, "why": "no rates\nfound: 0", "figures": []}
    try_cities.write(tmp_path, told, ["a word"])
    text = (tmp_path / "cities.md").read_text(encoding="utf-8")
    assert "SYNTHETIC SAMPLE" in text and "- a word" in text and told["seed-1"][key]["sentence"] in text
    assert "| seed-1 | *No answer: no rates found: 0* |" in text  # in one row of the table
    assert "seed-1,00_start_here" in (tmp_path / "cities.csv").read_text(encoding="utf-8")


def row(sentence, **figures):
    plain = {"unit": "%", "low": None, "high": None, "how": "", "decimals": None}
    rows = [{"name": name, "value": value} | plain for name, value in figures.items()]
    return {"question": "Who?", "answered": True, "sentence": sentence, "why": "", "figures": rows}


def test_a_chapter_that_lies_on_one_city_is_told():
    key = ("99_none", "Who?")
    lie = {"bundled": {key: row("The north has 20\u00a0% more than the 10\u00a0% here.", a=20, b=10)}}
    lie["seed-1"] = {key: row("The north has 8\u00a0% more than the 10\u00a0% here.", a=8, b=10)}
    (wrong,) = try_cities.judge(lie)
    assert wrong.startswith("99_none: more: a and b change their order")
    typed = {"bundled": {key: row("The north has 20\u00a0%, of 1965.", a=20)}}
    assert "bundled: 1965 is no figure of" in try_cities.judge(typed)[0]
    assert try_cities.judge({"seed-1": {("30_x", ""): {"error": "no file"}}}) == ["seed-1: 30_x failed: no file"]
