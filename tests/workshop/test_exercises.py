"""The exercises of every chapter: how they are written, what is known of them, and what the editions hold."""

import ast
import json
import re

import jupytext
import nbformat
import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.workshop import checking, editions, forms, recording
from tests import chapters

NAMES = tuple(sorted(path.stem for path in (chapters.NOTEBOOKS / "src").glob("*.py")))


def source(name):
    return jupytext.read(chapters.NOTEBOOKS / "src" / f"{name}.py", fmt="py:percent").cells


def known(name):
    return json.loads((checking.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


EXERCISES = [(name, number) for name in NAMES for number in known(name)["exercises"]]


def given(form):
    """An answer that was written down, as somebody may hand it in."""
    return pd.DataFrame(form.value) if form.kind == "table" else form.value


@pytest.fixture(autouse=True)
def _no_hint_yet(monkeypatch):
    monkeypatch.setattr(checking, "_hinted", {})
    monkeypatch.setattr(checking, "_known", {})


def test_the_exercises_of_every_chapter_are_checked():
    assert tuple(sorted(path.stem for path in checking.FOLDER.glob("*.json"))) == NAMES
    assert tuple(sorted(path.stem for path in (chapters.NOTEBOOKS / "solutions").glob("*.ipynb"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_exercise_has_all_that_it_needs(name):
    for one in editions.exercises(source(name), name):
        assert one.id and one.goal.endswith("."), "its goal stands in the text: **1.** (5 minutes) *To see ... .*"
        assert one.blank.source.startswith("answer = ...  # "), "the form of the answer stands beside the dots"
        why = editions.explanations(one.mistakes)
        assert len(set(why)) == len(why) >= 3
        assert len(set(one.hints)) == editions.HINTS
        for sentence in (*why, *one.hints):
            assert re.fullmatch(r"[A-Z`0-9].{15,}[.?]", sentence), sentence


@pytest.mark.parametrize(("name", "number"), EXERCISES, ids=lambda x: x)
def test_the_answer_is_right_and_each_usual_mistake_is_explained(name, number):
    one = known(name)["exercises"][number]
    expected = forms.Form.from_json(one["expected"])
    assert checking.judge(number, given(expected)).state == "right"
    for mistake in one["mistakes"]:
        verdict = checking.judge(number, given(forms.Form.from_json(mistake["value"])))
        assert (verdict.state, verdict.sentence) == ("wrong", mistake["why"])


@pytest.mark.parametrize(("name", "number"), EXERCISES, ids=lambda x: x)
def test_five_more_wrong_answers_are_told_what_is_wrong(name, number):
    """Beside the chapter's own mistakes, those that people make everywhere."""
    form = forms.Form.from_json(known(name)["exercises"][number]["expected"])
    right = given(form)
    for wrong, said in typical(form, right):
        verdict = checking.judge(number, wrong)
        assert verdict.state == "wrong"
        explained = [m["why"] for m in known(name)["exercises"][number]["mistakes"]]
        assert said in verdict.sentence or verdict.sentence in explained, (wrong, verdict.sentence)


def typical(form, right):
    """Five wrong answers or more of the kind of a right one, and what is to be said of them."""
    yield object(), "this is something else"
    if form.kind == "number":
        yield [right, right], "should be a number; this is a list"
        yield "many", "should be a number; this is a text"
        yield float("nan"), "NaN"
        yield right * 100 + 0.0, "100 times too large"
        yield right / 1000, "1,000 times too small"
        yield -right, "sign"
    elif form.kind == "list":
        yield [*right, "Nowhere"], "1 does not belong to it: Nowhere"
        yield ["Nowhere"], "1 does not belong to it: Nowhere"
        yield 3.5, "belong" if isinstance(right[0], str) else "missing"
        yield [*right, None], "not belong" if isinstance(right[0], str) else "more than are asked for"
        yield [], "should be a list"
    elif form.kind == "table":
        figures = [n for n in form.value if n not in form.keys and right[n].map(np.isreal).all()]
        yield 3, "should be a table"
        yield right.iloc[1:], "missing"
        yield pd.concat([right, right.iloc[:1]]), "more than once"
        yield right.assign(**{figures[0]: right[figures[0]] * 100.0}), "100 times too large"
        yield right.assign(**{figures[0]: np.nan}), "empty (NaN)"
        yield right.drop(columns=figures), "missing"
    else:
        yield 3.5, "should be"
        yield [right, right], "should be"
        yield "Nowhere", "value is not" if form.kind == "text" else "should be"
        yield {"a": 1}, "should be"
        yield pd.Series([1, 2]), "should be"


@pytest.mark.parametrize("name", NAMES)
def test_the_participants_have_no_line_of_a_solution(name):
    """No line of a solution that the chapter has not shown before, in whatever way it is spaced."""
    cells, taken = source(name), nbformat.read(chapters.NOTEBOOKS / f"{name}.ipynb", as_version=4)

    def lines(code):
        return {
            ast.unparse(node) for tree in [ast.parse(code)] for node in ast.walk(tree) if isinstance(node, ast.stmt)
        }

    shown = set().union(*(lines(c.source) for c in taken.cells if c.cell_type == "code"))
    body = set().union(*(lines(c.source) for c in cells if c.cell_type == "code" and not editions.role(c)))
    checks = {f"check('{one.id}', answer)" for one in editions.exercises(cells, name)}
    solved = set().union(*(lines(c.source) for c in cells if editions.role(c) == "solution")) - body - checks
    assert solved and not solved & shown
    everything = nbformat.writes(taken)
    for one in editions.exercises(cells, name):
        for hidden in (*one.hints, *editions.explanations(one.mistakes)):
            assert json.dumps(hidden, ensure_ascii=False)[1:-1] not in everything


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_says_that_it_is_one_and_what_it_is_for(name):
    taken = nbformat.read(chapters.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    blanks = [c for c in taken.cells if "check(" in c.source and editions.role(c) == "exercise"]
    assert len(blanks) == len(known(name)["exercises"])
    for cell in blanks:
        (shown,) = cell.outputs
        assert "Not answered yet." in shown.data["text/plain"] and "What it is for" in shown.data["text/plain"]


@pytest.mark.parametrize("theme", ["trees", "vegetation", "inclusion"])
def test_each_theme_has_exercises_of_three_levels(theme):
    found = [one for name in NAMES if f"_{theme}_" in name for one in editions.exercises(source(name), name)]
    assert len(found) >= 4 and {one.minutes for one in found} == set(editions.MINUTES)


def test_a_participant_goes_from_blank_to_blank():
    """The first chapter as it is given out: to its first blank, a wrong answer, the right one, and on to the end."""
    name = "00_start_here"
    cells = nbformat.read(chapters.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    answers = [given(forms.Form.from_json(one["expected"])) for one in known(name)["exercises"].values()]

    def says(outputs):
        return next(o.data["text/plain"] for o in outputs if "Exercise" in o.get("data", {}).get("text/plain", ""))

    with chapters.fresh(chapters.NOTEBOOKS, "sample") as shell:
        for cell in (c for c in cells if c.cell_type == "code"):
            outputs = shell.run(cell.source)
            if editions.role(cell) == "exercise":
                assert says(outputs).startswith("… ")
                assert says(shell.run(cell.source.replace("...", "'who knows'", 1))).startswith("✗ ")
                assert says(shell.run(cell.source.replace("...", repr(answers.pop(0)), 1))).endswith("Right.")
    assert not answers, "there was a blank for each"


BLANK = [("exercise", "**1.** (5 minutes) *To try.* What?"), ("exercise", 'check("99.1", answer)')]


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ([("exercise", "**1.** (7 minutes) *To try.* How many?")], "minutes"),
        ([("exercise", "**2.** (5 minutes) *To try.* How many?")], "minutes"),
        ([("exercise", "**1.** (5 minutes) *To try.* How many?"), ("exercise", 'check("98.1", answer)')], "own number"),
        (BLANK, "solution"),
        ([*BLANK, ("solution", "answer = 3")], "ends in check"),
        ([*BLANK, ("solution", 'answer = 3\ncheck("99.1", answer)'), ("hints", "['one', 'two']")], "list of 3"),
        ([*BLANK, ("solution", 'answer = 3\ncheck("99.1", answer)'), ("hints", "print('one')")], "list of 3"),
    ],
)
def test_an_exercise_that_is_not_written_as_it_should_be_is_told(cells, wrong):
    made = [
        {"cell_type": "markdown" if text.startswith("**") else "code", "source": text, "metadata": {"tags": [tag]}}
        for tag, text in cells
    ]
    with pytest.raises(WrongUse, match=wrong):
        editions.exercises(made, "99_try")


def test_a_mistake_that_is_right_or_told_twice_stops_the_build(monkeypatch, capsys):
    about = {"chapter": "99_try", "parameters": {}, "exercises": {"99.1": {"minutes": 5, "goal": "", "hints": []}}}
    monkeypatch.setattr(recording, "_show", lambda said: None)
    for mistakes, told in (
        ("n = 2\n{'Too few.': answer - 1, 'Double.': n * answer}", ""),
        ("{'Too few.': 12.301}", "right answer"),
        ("{'Too few.': 1, 'Far too few.': 1.001}", "the same as"),
        ("print(3)", "no dict"),
    ):
        recording.begin(about)
        space = {"answer": 12.3}
        if told:
            with pytest.raises(WrongUse, match=told):
                recording.record("99.1", 12.3, mistakes, space)
        else:
            recording.record("99.1", 12.3, mistakes, space)
            assert "Right." in capsys.readouterr().out
        assert space == {"answer": 12.3}, "nothing of it stays"
