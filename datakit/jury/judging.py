"""A second run beside the packed one: answers figure by figure, and the cells that say something else.

Both sides come from strangers: one out of their zip, the other out of their code. Who may decide is neither: how far a
figure may lie from its twin is what the packed answer allows itself, cut by the jury's limit.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING

from datakit.data.provenance import ANSWER_MIME, PROVENANCE_MIME
from datakit.extras import needed_by
from datakit.jury.verdicts import CANNOT, CLOSE, DIFFERENT, SAME, AnswerVerdict, FigureVerdict, worst
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from nbformat import NotebookNode

DIGITS = 1e-9  # of a figure's value: a unit of the tenth digit, which is the last that is recorded
NUMBER = re.compile(r"[-\u2212+]?\d[\d\s.,\u202f\u00a0]*")
LONGEST = 300  # letters of a line that is shown
MOST_CELLS = 50


def answers(
    packed: Mapping[str, list[dict[str, Any]]],
    again: Mapping[str, list[dict[str, Any]]],
    failed: Mapping[str, str],
    tolerance_pct: float,
    lock: Mapping[str, Any],
) -> list[AnswerVerdict]:
    """Compare all answers.

    Parameters
    ----------
    packed, again : dict of str to list of dict
        By notebook, as in ``results.json``.
    failed : dict of str to str
        Notebooks that did not run to their end, and why.
    tolerance_pct : float
        The jury's limit.
    lock : dict
        The ``datasets`` of ``data.lock``: an answer of other data is not the dossier's.

    Returns
    -------
    list of AnswerVerdict
        In the order of the packed ones; questions that are new come last.
    """
    found = []
    for name in {**packed, **again}:
        before, after = _keyed(packed.get(name, [])), _keyed(again.get(name, []))
        for key in {**before, **after}:
            one, other = before.get(key), after.get(key)
            why = failed.get(name, "") if other is None else ""
            found.append(_answer(name, one, other, why, tolerance_pct, lock))
    return found


def _keyed(listed):
    """Answers by id; of several to one question, the first, the second, ..."""
    count: Counter[str] = Counter()
    found = {}
    for one in listed:
        id = str(one.get("id") or one.get("question"))
        found[id, count[id]] = one
        count[id] += 1
    return found


def _answer(notebook, packed, again, failed, tolerance_pct, lock):
    told = packed or again
    said = {
        "notebook": notebook,
        "id": str(told.get("id", "")),
        "question": str(told.get("question", "")),
        "sentence": str((packed or {}).get("sentence", "")),
    }
    if again is None:
        why = failed or _("the second run does not ask this question")
        return AnswerVerdict(**said, status=CANNOT if failed else DIFFERENT, why=why)
    if packed is None:
        return AnswerVerdict(**said, status=DIFFERENT, why=_("only the second run asks this question"))
    figures = _figures(packed, again, tolerance_pct)
    status = worst([SAME, *(figure.status for figure in figures)])
    why = _other_facts(packed, again, lock) or (_other_words(packed, again, status) if status != DIFFERENT else "")
    return AnswerVerdict(**said, status=DIFFERENT if why else status, figures=figures, why=why)


def _other_facts(packed, again, lock):
    """What beside figures and words must be the same, and is not; nothing where all is."""
    for name, what in (
        ("answered", _("one run answers, the other does not")),
        ("question", _("the question is another one")),
        ("kind", _("one run says that its data is real, the other does not")),
    ):
        if packed.get(name) != again.get(name):
            return what
    for side in (packed, again):
        for one in side.get("data", ()):
            entry = lock.get(one.get("id"), {})
            if one.get("sha256") != entry.get("sha256") or bool(one.get("synthetic")) != bool(entry.get("synthetic")):
                return _("it is made of other data than data.lock names: {id}").format(id=one.get("id"))
    if _data(packed) != _data(again) or (packed.get("answered") and not _data(packed)):
        return _("it is not made of the same data")
    return ""


def _data(answer):
    return sorted((str(one.get("id")), str(one.get("sha256"))) for one in answer.get("data", ()))


def _other_words(packed, again, status):
    for name in ("sentence", "cannot_say", "why", "alt"):
        one, other = str(packed.get(name, "")), str(again.get(name, ""))
        if status == CLOSE:  # their numbers were compared as figures
            one, other = NUMBER.sub("0 ", one), NUMBER.sub("0 ", other)
        if one != other:
            return _("its words are not the same, although its figures are")
    return ""


def _figures(packed, again, tolerance_pct):
    before, after = ({str(one["name"]): one for one in side.get("figures", ())} for side in (packed, again))
    return [_figure(name, before.get(name), after.get(name), tolerance_pct) for name in {**before, **after}]


def _figure(name, packed, again, tolerance_pct):
    one, other = packed or {}, again or {}
    value, unit = one.get("value"), str((packed or again).get("unit", ""))
    allowed = 0.0
    if _is_number(value) and _is_number(one.get("tolerance")):
        allowed = min(float(one["tolerance"]), abs(value) * tolerance_pct / 100)
    status = DIFFERENT
    if packed and again and str(other.get("unit", "")) == unit:
        status = worst([_near(one.get(part), other.get(part), allowed) for part in ("value", "low", "high")])
    return FigureVerdict(name, unit, _shown(value), _shown(other.get("value")), allowed, status)


def _near(one, other, allowed):
    if not (_is_number(one) and _is_number(other)):
        return SAME if type(one) is type(other) and one == other else DIFFERENT
    if math.isclose(one, other, rel_tol=DIGITS):
        return SAME
    return CLOSE if abs(one - other) <= allowed else DIFFERENT


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value):
    """A value as a verdict keeps it: nothing that JSON has no word for, and no more than a line."""
    if value is None or _is_number(value):
        return value
    return str(value)[:LONGEST]


def cells(name: str, packed: NotebookNode, again: NotebookNode) -> list[dict[str, Any]]:
    """The code cells of a notebook whose outputs say something else; answers and tables of data are compared apart.

    Parameters
    ----------
    packed, again : NotebookNode
        Executed, the cell of the parameters left out of both.

    Returns
    -------
    list of dict
        As `datakit.jury.verdicts.Verdict.cells` describes.
    """
    found = []
    sides = ([cell for cell in nb.cells if cell.cell_type == "code"] for nb in (packed, again))
    for number, (one, other) in enumerate(zip(*sides, strict=False), 1):
        before, after = _said(one), _said(other)
        for left, right in zip_longest(before, after, fillvalue=""):
            if left != right:
                found.append({"notebook": name, "cell": number, "packed": left[:LONGEST], "again": right[:LONGEST]})
                break
    return found[:MOST_CELLS]


def _said(cell):
    """The lines that a cell's outputs say, but for what differs from run to run: warnings, bars, places in memory."""
    lines = []
    for output in cell.get("outputs", ()):
        shown = output.get("data", {})
        if ANSWER_MIME in shown or PROVENANCE_MIME in shown or output.get("name") == "stderr":
            continue
        text = output.get("text") or shown.get("text/plain") or output.get("evalue") or ""
        lines += _plain(text).splitlines()
        lines += _visible(shown["text/html"]) if "text/html" in shown else []
    return [line for line in lines if line.strip()]


def _plain(text):
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+/\d+", "…", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", str(text)))


def _visible(html):
    with needed_by(__name__):
        from bs4 import BeautifulSoup
    page = BeautifulSoup(str(html), "html.parser")
    for hidden in page.find_all(["style", "script", "svg"]):
        hidden.decompose()
    return [line for line in _plain(page.get_text("\n")).splitlines() if line.strip()]
