"""What a check has to know, written down while the whole edition of a chapter is executed.

``tools/build_notebooks.py`` puts calls of these functions into the kernel that executes a chapter, and writes what they
show into ``datakit/workshop/exercises``. Values only: no code, and nothing of a solution's text.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from datakit.data import provenance
from datakit.errors import WrongUse
from datakit.workshop import checking, comparing, forms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

EXERCISE_MIME = "application/vnd.datakit.exercise+json"


def begin(chapter: Mapping[str, Any]) -> None:
    """Have `checking.check` know a chapter as its source describes it, before anything was computed.

    Parameters
    ----------
    chapter : dict
        As `datakit.workshop.editions.described` makes it.
    """
    number = next(iter(chapter["exercises"])).partition(".")[0]
    checking._known[number] = {**chapter, "exercises": {k: dict(one) for k, one in chapter["exercises"].items()}}


def evaluated(mistakes: str, namespace: Mapping[str, Any]) -> dict[str, object]:
    """The usual mistakes of an exercise: what to say of each -> the wrong answer.

    Parameters
    ----------
    mistakes : str
        Source of a cell whose last line is a dict.
    namespace : dict
        The chapter's; names that the cell gives do not stay in it.
    """
    if not mistakes:
        return {}
    tree = ast.parse(mistakes)
    last = tree.body.pop()
    here = dict(namespace)
    exec(compile(tree, "<mistakes>", "exec"), here)
    found = (
        eval(compile(ast.Expression(last.value), "<mistakes>", "eval"), here) if isinstance(last, ast.Expr) else None
    )
    if not isinstance(found, dict):
        raise WrongUse("mistakes", "the last line of the cell is no dict", found=ast.unparse(last)[:80])
    return found


def record(number: str, answer: object, mistakes: str, namespace: Mapping[str, Any]) -> None:
    """Write down what an exercise expects, and show it to the program that executes the chapter.

    Parameters
    ----------
    number : str
        Of the exercise.
    answer : object
        The solution's.
    mistakes : str
        Source of the exercise's cell of mistakes.
    namespace : dict
        Of the chapter, after the solution.

    Raises
    ------
    WrongUse
        The answer is none; a mistake is right, or the same as another one.
    """
    one, _ = checking.exercise(number)
    expected = forms.describe(answer)
    given = evaluated(mistakes, namespace)
    wrong = {why: forms.describe(value, expected.kind) for why, value in given.items()}
    for why, value in wrong.items():
        twin = next(
            (w for w, v in wrong.items() if w != why and v.kind == value.kind and not comparing.problem(v, value)), ""
        )
        if twin or any(not comparing.problem(expected, form) for form in forms.readings(given[why], expected.kind)):
            what = f"the same as {twin!r}" if twin else "the right answer, on this data"
            raise WrongUse(f"exercise {number}", "a mistake tells nothing apart", found=f"{why!r} is {what}")
    one["expected"] = expected.to_json()
    one["mistakes"] = [{"why": why, "value": value.to_json()} for why, value in wrong.items()]
    one["data"] = _data()
    _show({number: one})
    checking.check(number, answer)


def renew(number: str, answer: object) -> None:
    """Write down what an exercise comes to on other data than the sample; nothing where that data cannot answer it.

    Parameters
    ----------
    number : str
        Of the exercise.
    answer : object
        The solution's.
    """
    one, _ = checking.exercise(number)
    try:
        expected = forms.describe(answer)
    except WrongUse:
        return
    _show({number: {**one, "expected": expected.to_json(), "mistakes": [], "data": _data()}})


def _data():
    said = provenance.provenance().records()
    return {one["id"]: one["sha256"] for one in said if not one.get("left_out")}


def _show(said):
    sys.modules["IPython"].display.display({EXERCISE_MIME: said}, raw=True)  # loaded where a chapter is executed
