"""What was changed in a table, cell by cell, kept small: a million lines are a few integers each, and the few words."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.language import N_, _, language
from datakit.trees.inventory.values import MILLISECONDS, MOVED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

# What is done to notation rather than to a value: a reader wants it said once where it holds for a whole column.
CONVERSIONS = {
    MILLISECONDS,
    MOVED,
    "m to cm",
    "mm to cm",
    "cm to m",
}
# What stands in rules with values in it: a rule is told by the first of these that it has the form of.
FORMS = (
    N_("{rule}, the whole column"),
    N_("the whole column from {a} to {b}, decided from its values, not {c}"),
    N_("the whole column from {a} to {b}"),
    N_("left in {a}: said to be in {b}, and its values cannot be"),
    N_("taller than any tree ({a} m): set missing"),
    N_("girths written as diameters (median {a} cm, largest {b} cm)"),
    N_("not {rule}: set missing"),
    N_("{a} cannot become {b}"),
    N_("{a} to {b}"),
)
COLUMNS = ["row", "column", "rule", "before", "after"]


class Changes(pd.DataFrame):
    """The list of changes: a table that is not copied each time pandas copies the ``attrs`` of the frame it is in."""

    @property
    def _constructor(self):
        return pd.DataFrame

    def __deepcopy__(self, memo=None):
        return self

    def __eq__(self, other):  # pd.concat compares attrs, and wants one answer
        return self is other if isinstance(other, Changes) else super().__eq__(other)


class ChangeLog:
    """Collects changes made on unique values, and writes them out as rows once, at the end.

    Each part is a column, the rows (0-based) it concerns, and for each row the number of its line in three short lists:
    rule, before and after.
    """

    def __init__(self) -> None:
        self._parts: list[tuple] = []

    def values(
        self,
        column: str,
        codes: np.ndarray,
        rules: Sequence[object] | pd.Series,
        before: Sequence[object] | pd.Series,
        after: Sequence[object] | pd.Series,
    ) -> None:
        """Changes of unique values; one line for the column where the same conversion was made of each of them.

        Parameters
        ----------
        column : str
        codes : array of int
            For each row of the table, which unique value it has; -1 for none.
        rules : sequence of str
            For each unique value, why it was changed; empty where it was not.
        before, after : sequence
            The unique values, and what became of them.
        """
        rules = np.asarray(rules, dtype=object)
        hit = np.flatnonzero(rules.astype(bool))
        if not len(hit):
            return
        if rules[hit[0]] in CONVERSIONS and len(set(rules[hit])) == 1 and pd.notna(after).sum() == len(hit):
            self.whole(column, rules[hit[0]] + ", the whole column", before[hit[0]], after[hit[0]])
            return
        line = np.full(len(rules) + 1, -1)  # the last one is for code -1
        line[hit] = np.arange(len(hit))
        which = line[codes]
        rows = np.flatnonzero(which >= 0)
        if len(rows):
            b, a = (np.asarray(v, dtype=object)[hit] for v in (before, after))
            self._parts.append((column, rows, which[rows], rules[hit], [_word(v) for v in b], [_word(v) for v in a]))

    def rows(self, column: str, mask: np.ndarray, rule: str, before: ArrayLike | None, after: ArrayLike | None) -> None:
        """Changes row by row: ``before`` and ``after`` are arrays over the whole table, or one value."""
        rows = np.flatnonzero(mask)
        if len(rows):
            b, a = (
                [_word(v) for v in np.asarray(x, dtype=object)[rows]]
                if x is not None and np.ndim(x)
                else [_word(x)] * len(rows)
                for x in (before, after)
            )
            self._parts.append((column, rows, np.arange(len(rows)), [rule] * len(rows), b, a))

    def whole(self, column: str, rule: str, before: object, after: object) -> None:
        """One line for a whole column: its ``row`` is missing."""
        self._parts.append((column, np.array([-1]), np.array([0]), [rule], [_word(before)], [_word(after)]))

    def table(self) -> Changes:
        """The changes, in the order in which they were made.

        Returns
        -------
        Changes
            ``row`` (Int64, 1 is the first row of the data; missing where a whole column was changed), ``column``,
            ``rule``, ``before``, ``after`` (categories of text; missing where there was, or is, nothing).
        """
        made = {"row": pd.array([], dtype="Int64")}
        if self._parts:
            rows = np.concatenate([p[1] for p in self._parts])
            made["row"] = pd.arrays.IntegerArray(rows + 1, rows < 0)
        columns = [np.array([p[0]], dtype=object) for p in self._parts]
        made["column"] = _categories([(c, np.zeros(len(p[1]), int)) for c, p in zip(columns, self._parts, strict=True)])
        for name, at in (("rule", 3), ("before", 4), ("after", 5)):
            made[name] = _categories([(np.asarray(p[at], dtype=object), p[2]) for p in self._parts])
        return Changes(made)[COLUMNS].pipe(Changes)


def _categories(parts):
    """One categorical from parts, each a short list of words and the number of its word for each row."""
    if not parts:
        return pd.Categorical([])
    codes, words = pd.factorize(np.concatenate([w for w, _ in parts]))
    at, made = 0, []
    for own, which in parts:
        made.append(codes[at + which])
        at += len(own)
    return pd.Categorical.from_codes(np.concatenate(made), pd.Index(words, dtype="str"))


def _word(value):
    """A value as a person writes it; None where there is none."""
    if type(value) is str:  # almost all of them
        return value
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, (float, np.floating)):
        return f"{value:.10g}"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    return str(value)


def in_words(rule: str) -> str:
    """A rule in the user's language."""
    return _("; ").join(map(_told, rule.split("; ")))


def _told(rule):
    said = _(rule)
    if said != rule or language() == "en":
        return said
    for form in FORMS:
        if found := _pattern(form).fullmatch(rule):
            return _(form).format(**{name: _told(value) for name, value in found.groupdict().items()})
    return rule


@cache
def _pattern(form):
    """What a rule of this form looks like, with a group for each of its values."""
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(form)))


def changes_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """What was changed in a table, counted.

    Parameters
    ----------
    frame : DataFrame
        From `datakit.trees.standardise`.

    Returns
    -------
    DataFrame
        ``column``, ``rule`` (in the user's language), ``rows`` (values changed; for a whole column, those that it has)
        and ``example``, most rows first. Empty when nothing was changed.
    """
    found = counted(frame)
    made = found.assign(rule=found["rule"].map(in_words))
    made["example"] = found["before"].fillna(_("nothing")) + " → " + found["after"].fillna(_("nothing"))
    return made[["column", "rule", "rows", "example"]]


def counted(frame: pd.DataFrame) -> pd.DataFrame:
    """What was changed in a table, as `changes_summary`, with rules as they are written in the code.

    Returns
    -------
    DataFrame
        ``column``, ``rule``, ``rows``, and the first value ``before`` and ``after``, missing where there was, or is,
        nothing.
    """
    changes = frame.attrs.get("datakit", {}).get("changes")
    if changes is None or not len(changes):
        empty = pd.Series([], dtype="str")
        return pd.DataFrame({"column": empty, "rule": empty, "rows": [], "before": empty, "after": empty})
    groups = changes.groupby(["column", "rule"], observed=True, sort=False)
    found = pd.DataFrame({"rows": groups.size(), "whole": groups["row"].count() == 0})
    found = found.join(groups[["before", "after"]].first()).reset_index()
    for name in ("column", "rule", "before", "after"):
        found[name] = found[name].astype("str")
    filled = [int(frame[c].notna().sum()) if c in frame else len(frame) for c in found["column"]]
    found["rows"] = np.where(found["whole"], filled, found["rows"])
    kept = found.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
    return kept[["column", "rule", "rows", "before", "after"]]
