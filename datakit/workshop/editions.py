"""A chapter's two editions: the participants', with checks and no solutions, and the whole one.

In a chapter's source an exercise is a row of cells, told by their tags: ``exercise`` (its text), ``exercise`` (where
the answer goes, and its check), ``solution``, ``mistakes`` and ``hints``. CONTRIBUTING.md says how they are written.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.run.parameters import read_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MINUTES = (5, 15, 40)
HINTS = 3
ROLES = ("exercise", "solution", "mistakes", "hints")
NOT_HELD = ("origins",)  # parameters that digests of the data speak for
_HEAD = re.compile(r"\*\*(?P<number>\d+)\.\*\* \((?P<minutes>\d+) minutes\)(?: \*(?P<goal>[^*]+)\*)?")
_CHECK = re.compile(r"^check\(\"(?P<id>[\d.]+)\", answer\)$", re.MULTILINE)


@dataclass
class Exercise:
    """One exercise of a chapter's source.

    Attributes
    ----------
    id : str
        ``"14.1"``.
    minutes : int
    goal : str
        A sentence.
    blank, solution : cell
        Where the answer goes, and how it is found.
    mistakes : str
        Source of the cell of usual mistakes.
    hints : list of str
    """

    id: str
    minutes: int
    goal: str
    blank: Any
    solution: Any
    mistakes: str = ""
    hints: Sequence[str] = ()


def role(cell: Any) -> str:
    """What a cell is in an exercise; empty for all the others."""
    return next((tag for tag in cell["metadata"].get("tags", ()) if tag in ROLES), "")


def participants(cells: Sequence[Any]) -> list[Any]:
    """The cells of the participants' edition: no solutions, no mistakes, no hints."""
    return [cell for cell in cells if role(cell) in ("", "exercise")]


def whole(cells: Sequence[Any]) -> list[Any]:
    """The cells of the edition with solutions."""
    return [cell for cell in cells if role(cell) in ("", "exercise", "solution")]


def exercises(cells: Sequence[Any], name: str) -> list[Exercise]:
    """The exercises of a chapter.

    Parameters
    ----------
    cells : list of cell
        Of the source.
    name : str
        Of the chapter.

    Raises
    ------
    WrongUse
        One is not written as it should be.
    """
    found: list[Exercise] = []
    text = None
    for cell in cells:
        if role(cell) == "exercise" and cell["cell_type"] == "markdown":
            text = _HEAD.match(cell["source"])
            if not text or int(text["number"]) != len(found) + 1 or int(text["minutes"]) not in MINUTES:
                raise _wrong(name, len(found) + 1, "**1.** (5, 15 or 40 minutes) *Goal.* Text", cell)
        elif role(cell) == "exercise" and text:
            blank, wanted = _CHECK.search(cell["source"]), f"{name.partition('_')[0]}.{text['number']}"
            if not blank or blank["id"] != wanted:
                raise _wrong(name, len(found) + 1, f'check of its own number, check("{wanted}", answer)', cell)
            found.append(Exercise(wanted, int(text["minutes"]), text["goal"] or "", cell, None))
        elif role(cell) and found:
            _add(found[-1], cell, name, len(found))
    if lost := [k for k, one in enumerate(found, 1) if one.solution is None]:
        raise WrongUse(name, "an exercise has no solution", found=f"exercise {lost[0]}")
    return found


def _add(one, cell, name, number):
    """Give an exercise one of the cells that come after its blank."""
    if role(cell) == "solution":
        one.solution = cell
        last = cell["source"].splitlines()[-1]
        if last != f'check("{one.id}", answer)':
            raise _wrong(name, number, f'a solution that ends in check("{one.id}", answer)', cell)
    elif role(cell) == "mistakes":
        one.mistakes = cell["source"]
    else:
        try:
            one.hints = ast.literal_eval(cell["source"])
        except ValueError:
            one.hints = ()
        if len(one.hints) != HINTS or not all(isinstance(hint, str) for hint in one.hints):
            raise _wrong(name, number, f"a list of {HINTS} texts", cell)


def _wrong(name, number, expected, cell):
    return WrongUse(
        f"{name}, exercise {number}", "not written as it should be", expected=expected, found=cell["source"][:80]
    )


def goal(text: str) -> str:
    """What an exercise is good for, as its text says it; empty where it does not."""
    found = _HEAD.match(text)
    return (found and found["goal"]) or ""


def explanations(mistakes: str) -> list[str]:
    """What is said of each usual mistake: the keys of the dict in which the cell of mistakes ends."""
    tree = ast.parse(mistakes)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Dict):
        return []
    return [ast.literal_eval(key) for key in last.value.keys if key is not None]


def described(cells: Sequence[Any], name: str) -> dict[str, Any]:
    """What a chapter's source says of its exercises, before anything is computed.

    Parameters
    ----------
    cells : list of cell
        Of the source.
    name : str
        Of the chapter.

    Returns
    -------
    dict
        ``chapter``, ``parameters`` (name to default) and ``exercises``: id to ``minutes``, ``goal``, ``hints``.
    """
    declared = read_parameters(cells, name)
    return {
        "chapter": name,
        "parameters": {one.name: one.default for one in declared.values() if one.name not in NOT_HELD},
        "exercises": {
            one.id: {"minutes": one.minutes, "goal": one.goal, "hints": list(one.hints)}
            for one in exercises(cells, name)
        },
    }
