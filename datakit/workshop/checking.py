"""``check("14.1", answer)``: is the answer of an exercise right, and if not, what is wrong with it, in a sentence.

It needs no network, and never says what is expected. What is known of each exercise stands in
``datakit/workshop/exercises``, written by ``tools/build_notebooks.py``; it was computed on the bundled sample with the
chapter's own parameters. What a facilitator had computed on other data (`datakit.workshop.answering`) stands in the
folder ``exercises`` beside the notebook. On anything else only the form of an answer is judged, and the check says so.
"""

from __future__ import annotations

import html
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.language import _
from datakit.workshop import sayings

if TYPE_CHECKING:
    from typing import Any

FOLDER = Path(__file__).with_name("exercises")
BESIDE = "exercises"  # a folder where the notebook is
RIGHT, OPEN, FORM, WRONG = "right", "open", "form", "wrong"
# A sign and a word say it; the colour of the edge only repeats them. Variables are JupyterLab's, of either theme.
SIGNS = {RIGHT: "✓", OPEN: "…", FORM: "≈", WRONG: "✗"}
COLOURS = {
    RIGHT: "var(--jp-success-color1, #2e7d32)",
    OPEN: "var(--jp-border-color1, #757575)",
    FORM: "var(--jp-info-color1, #0277bd)",
    WRONG: "var(--jp-warn-color1, #b26a00)",
}
_known: dict[str, dict[str, Any]] = {}  # number of a chapter -> its file
_hinted: dict[str, int] = {}  # exercise -> hints given in this kernel


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer.

    Attributes
    ----------
    exercise : str
    state : {"right", "open", "form", "wrong"}
    sentence : str
    hint : str
        Which hint it is, and the hint; or nothing.
    """

    exercise: str
    state: str
    sentence: str
    hint: str = ""

    @property
    def word(self) -> str:
        """The state in a word or two."""
        return {
            RIGHT: _("Right."),
            OPEN: _("Not answered yet."),
            FORM: _("The form is right."),
            WRONG: _("Not yet."),
        }[self.state]

    def __repr__(self):
        head = _("Exercise {number}").format(number=self.exercise)
        return "\n".join(filter(None, [f"{SIGNS[self.state]} {head}. {self.word} {self.sentence}".strip(), self.hint]))

    def _repr_html_(self):
        edge = f"border:1px solid {COLOURS[self.state]};border-left-width:.5em"
        head = html.escape(_("Exercise {number}").format(number=self.exercise))
        sign = f"<span aria-hidden='true' style='font-size:140%'>{SIGNS[self.state]}</span>"
        lines = [f"{sign} <b>{head}. {html.escape(self.word)}</b> {marked(self.sentence)}"]
        lines += [f"<span style='display:block;margin-top:.4em'>{marked(self.hint)}</span>"] if self.hint else []
        return (
            f"<div role='status' style='{edge};padding:.5em .8em;max-width:50em;line-height:1.5'>{''.join(lines)}</div>"
        )


def marked(text: str) -> str:
    """A text as HTML, what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def known(name: str) -> dict[str, Any]:
    """What is known of a chapter's exercises on the sample."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def beside(number: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What is known of an exercise on other data, in the folder beside the notebook; None where nothing is."""
    for path in Path(BESIDE).glob(f"{str(number).partition('.')[0]}_*.json"):
        try:
            chapter = json.loads(path.read_text(encoding="utf-8"))
            return chapter["exercises"][number], chapter
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not ours, or this data could not answer it
    return None


def exercise(number: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is known of an exercise, and of its chapter.

    Parameters
    ----------
    number : str
        For example ``"14.1"``.

    Raises
    ------
    WrongUse
        There is no such exercise.
    """
    chapter = str(number).partition(".")[0]
    if chapter not in _known:
        for path in FOLDER.glob(f"{chapter}_*.json"):
            _known[chapter] = known(path.stem)
    all_of = _known.get(chapter, {"exercises": {}})
    if number not in all_of["exercises"]:
        there = sorted(all_of["exercises"]) or sorted(
            path.stem.partition("_")[0] + ".1" for path in FOLDER.glob("*.json")
        )
        raise WrongUse(
            f"check({number!r})",
            _("there is no such exercise"),
            expected=", ".join(there),
            next=f"check({there[0]!r}, answer)",
        )
    return all_of["exercises"][number], all_of


def elsewhere(one: dict[str, Any], chapter: dict[str, Any]) -> str:
    """Why an answer of this kernel cannot be compared: other data, or other parameters. Empty where it can."""
    from datakit.data import provenance

    used: dict[str, set] = {}
    for record in provenance.provenance().records():
        used.setdefault(record["id"], set()).add(record["sha256"])
    others = [name for name, digest in one["data"].items() if name in used and used[name] != {digest}]
    if others:
        return _(
            "This chapter runs on other data than the sample ({dataset}), on which the answer is known: "
            "whether yours is right cannot be told here."
        ).format(dataset=sayings.few(others))
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    here = shell.user_ns if shell else {}
    changed = [name for name, value in chapter["parameters"].items() if name in here and here[name] != value]
    if changed:
        return _(
            "The parameter {name} of the chapter was changed: whether your answer is right cannot be told here."
        ).format(name=sayings.few(changed))
    return ""


def judge(number: str, answer: object, hints: int = 0) -> Verdict:
    """What is to be said of an answer.

    Parameters
    ----------
    number : str
        Of the exercise: ``"14.1"``.
    answer : object
        A number, a text, a list, a Series or a table; ``...`` where there is none yet.
    hints : int
        How many were given before.

    Returns
    -------
    Verdict
    """
    from datakit.workshop import comparing, forms

    one, chapter = exercise(number)
    if (here := beside(number)) and elsewhere(one, chapter) and not elsewhere(*here):
        one, chapter = here
    if answer is ... or answer is None or (isinstance(answer, str) and not answer.strip()):
        return Verdict(number, OPEN, sayings.unanswered(answer, one["goal"]))
    expected = forms.Form.from_json(one["expected"])
    found = list(forms.readings(answer, expected.kind))
    other = elsewhere(one, chapter)
    if not other:
        problems = [wrong for form in found if (wrong := comparing.problem(expected, form))]
        if len(problems) < len(found):
            return Verdict(number, RIGHT, "")
        for mistake in one["mistakes"]:
            value = forms.Form.from_json(mistake["value"])
            if value.kind in (expected.kind, forms.kind_of(answer)) and any(
                comparing.problem(value, form) is None for form in forms.readings(answer, value.kind)
            ):
                why = mistake["why"]
                return Verdict(number, WRONG, _(why))
    if not found:
        return Verdict(number, WRONG, sayings.kind(expected, forms.kind_of(answer)))
    if other:
        return Verdict(number, FORM, other)
    first = next((p for p in problems if p.what != "values"), problems[0])
    sentence = sayings.problem(first, expected)
    return Verdict(number, WRONG, sentence, sayings.hint(one["hints"], hints) if first.what == "values" else "")


def check(number: str, answer: object) -> None:
    """Say whether the answer of an exercise is right; if not, what is wrong with it, or a hint.

    Parameters
    ----------
    number : str
        Of the exercise: ``"14.1"`` is the first one of chapter 14.
    answer : object
        A number, a text, a list, a Series or a table, in any order of rows, rounded as in the chapter;
        ``...`` where there is none yet.

    Raises
    ------
    WrongUse
        There is no such exercise.
    """
    verdict = judge(number, answer, _hinted.get(number, 0))
    if verdict.hint:
        _hinted[number] = _hinted.get(number, 0) + 1
    # Where IPython runs, it is loaded already; elsewhere it is not needed.
    ipython = sys.modules.get("IPython")
    show = ipython.display.display if ipython and ipython.get_ipython() else print
    show(verdict)
