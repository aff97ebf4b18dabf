"""Tables for people: a caption, headers that screen readers use, text on the left, numbers on the right."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Number
from typing import TYPE_CHECKING

import pandas as pd

from datakit.language import _
from datakit.show.style import alike, cell, unknown, with_unit
from datakit.show.templates import render
from datakit.show.words import heading

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTIFIERS = ("name", "parameter")  # columns of names, of places or in code: "water" is no word there
WHOLE = 24  # letters: a name as long as this is not broken into a heap of words, the table scrolls instead


@dataclass(frozen=True)
class _Cell:
    """One cell as the template writes it."""

    text: str
    right: bool = False
    head: bool = False
    missing: bool = False
    whole: bool | None = None  # on one line, however narrow the screen; else words have a width of their own


class Table:
    """A table that a notebook shows whole: pandas cuts words after fifty letters. Made by `show`."""

    def __init__(self, frame: pd.DataFrame, caption: str) -> None:
        self.frame, self.caption = frame, caption

    def _repr_html_(self):
        return html(self.frame, caption=self.caption)

    def __repr__(self):
        return f"{_(self.caption)}\n{self.frame.to_string(index=False)}"


def show(frame: pd.DataFrame, *, caption: str) -> Table:
    """A table as something a notebook displays, with its caption and nothing cut off.

    Parameters
    ----------
    frame : DataFrame
    caption : str
        What it shows.

    Returns
    -------
    Table
        Make it the last line of a cell.
    """
    return Table(frame, caption)


def html(frame: pd.DataFrame, *, caption: str = "", units: Mapping[str, str] | None = None, index: bool = True) -> str:
    """A table as HTML that can be read by eye, by keyboard and by ear.

    Parameters
    ----------
    frame : DataFrame
        Numbers are written by :func:`datakit.show.style.number`, a missing value as a dash named "no data". Geometry
        is left out.
    caption : str
        What the table shows; it names the table for screen readers too.
    units : mapping of str to str, optional
        Column to unit, written in the header.
    index : bool
        Show the index as the headers of rows. Numbers without a name, which pandas gives to rows, are never shown.
        Without an index, the first column names the rows.

    Returns
    -------
    str
        A table in a box that scrolls sideways and takes the keyboard's focus. Everything in it is escaped.
    """
    units = units or {}
    table = pd.DataFrame(frame)
    table = table.loc[:, [str(kind) != "geometry" for kind in table.dtypes]]
    columns = [(c, with_unit(heading(c), units.get(c)), table.iloc[:, i]) for i, c in enumerate(table.columns)]
    named = 1
    counted = table.index.nlevels == 1 and table.index.name is None and pd.api.types.is_integer_dtype(table.index)
    if index and not counted:
        levels = [table.index.get_level_values(i) for i in range(table.index.nlevels)]
        heads = ["" if level.name is None else heading(level.name) for level in levels]
        columns = [(level.name, head, level) for head, level in zip(heads, levels, strict=True)] + columns
        named = len(levels)
    filled = [
        _column(head, values, named=i < named, words=name not in IDENTIFIERS)
        for i, (name, head, values) in enumerate(columns)
    ]
    return render(
        "table.html.j2",
        caption=_(caption),
        heads=[head for head, cells in filled],
        rows=list(zip(*(cells for head, cells in filled), strict=True)),
    )


def _column(head, values, named, words):
    """The header of a column and its cells. What is missing stands where the others do."""
    values = list(values.astype(object))
    missing = [not isinstance(v, str) and unknown(v) for v in values]
    numbers = [
        isinstance(v, Number) and not isinstance(v, bool) and not m for v, m in zip(values, missing, strict=True)
    ]
    right = any(numbers) and all(n or m for n, m in zip(numbers, missing, strict=True))
    texts = [v if isinstance(v, str) and not (v and words) else cell(v) for v in values]
    if right and not all(isinstance(v, Integral) for v, m in zip(values, missing, strict=True) if not m):
        known = iter(alike([v for v, m in zip(values, missing, strict=True) if not m]))
        texts = [text if m else next(known) for text, m in zip(texts, missing, strict=True)]
    whole = max(map(len, texts), default=0) <= WHOLE
    cells = [
        _Cell(text, right if m else n, named, m, whole) for text, n, m in zip(texts, numbers, missing, strict=True)
    ]
    return _Cell(head, right), cells
