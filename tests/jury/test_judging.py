"""Answers beside answers: what counts as the same, as near enough, and as another one."""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from datakit.jury import judging

LOCK = {"communes": {"sha256": "ab" * 32, "synthetic": True}}
ANSWER = {
    "id": "how-many",
    "question": "How many?",
    "answered": True,
    "sentence": "There are 12 trees.",
    "why": "",
    "figures": [{"name": "n", "value": 12.0, "unit": "trees", "low": 11.0, "high": 13.0, "how": "", "tolerance": 0.1}],
    "cannot_say": "Where they are.",
    "alt": "",
    "kind": "SYNTHETIC",
    "data": [{"id": "communes", "sha256": "ab" * 32, "synthetic": True, "origin": "data", "retrieved": "2026-01-01"}],
}


def judged(packed=None, again=None, failed=None, pct=1):
    """The one answer, after something was changed on each side."""
    sides = []
    for changed in (packed, again):
        one = copy.deepcopy(ANSWER)
        figure = one["figures"][0]
        for key, value in (changed or {}).items():
            (figure if key in figure else one)[key] = value
        sides.append({"10": [one]})
    [answer] = judging.answers(*sides, failed or {}, pct, LOCK)
    return answer


@pytest.mark.parametrize(
    ("packed", "again", "status"),
    [
        ({}, {}, "same"),
        ({}, {"value": 12.000000001}, "same"),  # the tenth digit
        ({}, {"value": 12.05}, "close"),
        ({}, {"value": 12.11}, "different"),
        ({}, {"low": 11.05}, "close"),
        ({}, {"low": None}, "different"),
        ({}, {"unit": "ha"}, "different"),
        ({}, {"value": "12"}, "different"),
        ({}, {"value": True}, "different"),
        ({}, {"value": float("nan")}, "different"),
        ({"value": "limes"}, {"value": "limes"}, "same"),
        ({"value": "limes"}, {"value": "oaks"}, "different"),
        ({"tolerance": 1e300}, {"value": 12.13}, "different"),  # the jury's one percent is less
        ({"tolerance": 1e300}, {"value": 12.11}, "close"),
        ({"tolerance": None}, {"value": 12.05, "tolerance": 1e300}, "different"),  # what came out does not decide
        ({"tolerance": float("nan")}, {"value": 12.05}, "different"),
        ({"value": 0.0}, {"value": 0.05}, "different"),  # no percent of nothing
        ({}, {"value": 12.05, "sentence": "There are 12.05 trees."}, "close"),
        ({}, {"value": 12.05, "sentence": "There are many trees."}, "different"),
        ({}, {"sentence": "There are 13 trees."}, "different"),
        ({}, {"cannot_say": "Who planted them."}, "different"),
        ({}, {"kind": "REAL"}, "different"),
        ({}, {"answered": False}, "different"),
        ({}, {"data": []}, "different"),
        ({"data": []}, {"data": []}, "different"),
        ({}, {"data": [{"id": "communes", "sha256": "cd" * 32, "synthetic": True}]}, "different"),
    ],
)
def test_how_an_answer_is_judged(packed, again, status):
    answer = judged(packed, again)
    assert answer.status == status
    assert answer.why or answer.status != "different" or answer.figures[0].status == "different"


def test_invented_data_that_both_sides_call_real_is_told():
    real = {"data": [{"id": "communes", "sha256": "ab" * 32, "synthetic": False}]}
    assert "data.lock" in judged(real, real).why


def test_questions_that_are_missing_new_or_asked_twice():
    other = {**ANSWER, "id": "another", "question": "Another?"}
    missing, new = judging.answers({"10": [ANSWER]}, {"10": [other]}, {}, 1, LOCK)
    assert (missing.status, new.status) == ("different", "different") and missing.why and new.why
    twice = judging.answers({"10": [ANSWER, ANSWER]}, {"10": [ANSWER]}, {}, 1, LOCK)
    assert [answer.status for answer in twice] == ["same", "different"]
    [failed] = judging.answers({"10": [ANSWER]}, {}, {"10": "it takes too long"}, 1, LOCK)
    assert (failed.status, failed.why) == ("cannot", "it takes too long")


def test_cells_are_compared_by_what_they_say():
    def nb(*outputs):
        return new_notebook(cells=[new_code_cell("", outputs=list(outputs))])

    def stream(text, name="stdout"):
        return new_output("stream", name=name, text=text)

    def shown(**data):
        return new_output("display_data", {k.replace("_", "/"): v for k, v in data.items()})

    for one, other in (
        (nb(stream("a\n")), nb(stream("a\n"), stream("50 %", "stderr"))),
        (nb(shown(text_plain="<A at 0x7f01>")), nb(shown(text_plain="<A at 0x7f99>"))),
        (
            nb(shown(text_html="<style>#a1</style><p id=a1>5</p>")),
            nb(shown(text_html="<style>#b2</style><p id=b2>5</p>")),
        ),
    ):
        assert judging.cells("10", one, other) == []
    [cell] = judging.cells("10", nb(shown(text_html="<td>5</td>")), nb(shown(text_html="<td>6</td>")))
    assert cell == {"notebook": "10", "cell": 1, "packed": "5", "again": "6"}
    [cell] = judging.cells("10", nb(stream("a\nb\nc")), nb(stream("a\n")))
    assert (cell["packed"], cell["again"]) == ("b", "")
