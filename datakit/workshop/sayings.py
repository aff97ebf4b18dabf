"""What a check says: one sentence for each thing that can be wrong, in words that help and give nothing away."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from datakit.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.workshop.comparing import Problem
    from datakit.workshop.forms import Form

SHOWN = 3


def few(names: Sequence[object]) -> str:
    """The first of some names, and how many more there are."""
    first = ", ".join(textwrap.shorten(str(name), 80, placeholder="…") for name in names[:SHOWN])
    more = len(names) - SHOWN
    return _("{names} and {n} more").format(names=first, n=more) if more > 0 else first


def unanswered(answer: object, goal: str) -> str:
    """That there is no answer, and what it would be good for."""
    if answer is None:
        what = _("The answer is None: a function that shows something often gives nothing back.")
    else:
        what = _("Put your answer in the place of the three dots and run the cell again.")
    why = _("What it is for: {goal}").format(goal=_(goal))
    return f"{what} {why}" if goal else what


def kind(expected: Form, found: str) -> str:
    """That the answer is another kind of thing."""
    wanted = {
        "number": _("a number"),
        "text": _("a text"),
        "truth": _("True or False"),
        "list": _("a list"),
        "table": _("a table or a Series"),
    }
    given = wanted | {"thing": _("something else")}
    return _("The answer should be {wanted}; this is {given}.").format(wanted=wanted[expected.kind], given=given[found])


def hint(hints: Sequence[str], given: int) -> str:
    """The next hint; the last one stays."""
    if not hints:
        return ""
    number = min(given, len(hints) - 1)
    return _("Hint {n} of {all}: {hint}").format(n=number + 1, all=len(hints), hint=_(hints[number]))


def problem(wrong: Problem, expected: Form) -> str:
    """What is wrong with an answer of the right kind, in a sentence or two."""
    said = _SAID[wrong.what](wrong, expected)
    several = expected.kind == "table" and len(expected.value) - len(expected.keys) > 1
    if wrong.column and several:
        return _("In the column {column}: {problem}").format(column=wrong.column, problem=said)
    return said[:1].upper() + said[1:]


def _columns(wrong, expected):
    names = wrong.details["names"]
    return ngettext("This column is missing: {names}.", "These columns are missing: {names}.", len(names)).format(
        names=few(names)
    )


def _rows(wrong, expected):
    missing, extra = wrong.details["missing"], wrong.details["extra"]
    said = []
    if extra and len(extra) == wrong.details["of"]:
        return _("None of the rows is one that is asked for; the first is {name}.").format(name=few(extra[:1]))
    if extra:
        said.append(
            ngettext("This row does not belong to it: {names}.", "These rows do not belong to it: {names}.", len(extra))
        )
    if missing:
        said.append(ngettext("This row is missing: {gone}.", "These rows are missing: {gone}.", len(missing)))
    return " ".join(said).format(names=few(extra), gone=few(missing))


def _twice(wrong, expected):
    return _("Some rows are there more than once: {names}.").format(names=few(wrong.details["names"]))


def _items(wrong, expected):
    missing, extra = wrong.details["missing"], wrong.details["extra"]
    said = []
    if extra:
        said.append(
            ngettext("{n} does not belong to it: {names}.", "{n} do not belong to it: {names}.", len(extra)).format(
                n=len(extra), names=few(extra)
            )
        )
    if missing:
        said.append(ngettext("{n} is missing.", "{n} are missing.", missing).format(n=missing))
    return " ".join(said) or _("there are more than are asked for: {n}.").format(n=wrong.details["of"])


def _empty(wrong, expected):
    count, of = wrong.details["count"], wrong.details["of"]
    if of == 1:
        return _("this is no number (NaN): look at where something was missing before you computed with it.")
    return _("{n} of {of} values are empty (NaN): a name that did not match, or a division by nothing.").format(
        n=count, of=of
    )


def _times(wrong, expected):
    factor = wrong.details["factor"]
    if factor == 100 and _largest(wrong, expected) > 1:
        return _("100 times too large: look at the units, and at what it is divided by.")
    if factor == 1 / 100 and not 1 < _largest(wrong, expected) <= 100:
        return _("100 times too small: look at the units, and at what it is divided by.")
    return {
        100: _("100 times too large: a percentage (0 to 100) where a share (0 to 1) is asked for?"),
        1 / 100: _("100 times too small: a share (0 to 1) where a percentage (0 to 100) is asked for?"),
        1000: _("1,000 times too large: metres where kilometres are asked for, or single ones where thousands are?"),
        1 / 1000: _(
            "1,000 times too small: kilometres where metres are asked for, or thousands where single ones are?"
        ),
        10_000: _("10,000 times too large: square metres where hectares are asked for?"),
        1 / 10_000: _("10,000 times too small: hectares where square metres are asked for?"),
        1_000_000: _("a million times too large: square metres where square kilometres are asked for?"),
        1 / 1_000_000: _("a million times too small: square kilometres where square metres are asked for?"),
    }[factor]


def _largest(wrong, expected):
    """The largest figure among those that are expected where something is wrong."""
    values = expected.value
    if expected.kind == "table":
        values = values.get(wrong.column) or [one for cells in values.values() for one in cells]
    figures = [abs(one) for one in (values if isinstance(values, list) else [values]) if type(one) in (int, float)]
    return max(figures, default=0)


def _sign(wrong, expected):
    return _("the size is right, the sign is not: what is taken from what?")


def _rounded(wrong, expected):
    digits = wrong.details["decimals"]
    if not digits:
        return _("rounded too far: give more digits, or do not round at all.")
    return ngettext(
        "rounded too far: keep at least {n} decimal, or do not round at all.",
        "rounded too far: keep at least {n} decimals, or do not round at all.",
        digits,
    ).format(n=digits)


def _values_differ(wrong, expected):
    count, of, names = (wrong.details.get(name) for name in ("count", "of", "names"))
    if not names:
        return _("The form is right, the value is not.")
    if count == of:
        return _("the rows are the right ones, none of their values is.")
    return _("the rows are the right ones; {n} of {of} values are not, such as that of {names}.").format(
        n=count, of=of, names=few(names)
    )


_SAID = {
    "columns": _columns,
    "rows": _rows,
    "twice": _twice,
    "items": _items,
    "empty": _empty,
    "times": _times,
    "sign": _sign,
    "rounded": _rounded,
    "values": _values_differ,
}
