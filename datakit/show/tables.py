"""Tables for people: a caption, headers that screen readers use, text on the left, numbers on the right."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Number
from typing import TYPE_CHECKING

import pandas as pd

from datakit.show.style import NO_DATA, cell, with_unit
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class _Cell:
    """One cell as the template writes it."""

    text: str
    right: bool = False
    head: bool = False
    missing: bool = False


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
        Show the index as the headers of rows. A plain numbering from 0 is never shown. Without an index, the first
        column names the rows.

    Returns
    -------
    str
        A table in a box that scrolls sideways and takes the keyboard's focus. Everything in it is escaped.
    """
    units = units or {}
    table = pd.DataFrame(frame)
    table = table.loc[:, [str(kind) != "geometry" for kind in table.dtypes]]
    columns = [(with_unit(_name(c), units.get(c)), table.iloc[:, i]) for i, c in enumerate(table.columns)]
    named = 1
    if index and not (isinstance(table.index, pd.RangeIndex) and table.index.name is None):
        levels = [table.index.get_level_values(i) for i in range(table.index.nlevels)]
        columns = [("" if level.name is None else _name(level.name), level) for level in levels] + columns
        named = len(levels)
    filled = [_column(head, values, named=i < named) for i, (head, values) in enumerate(columns)]
    return render(
        "table.html.j2",
        caption=caption,
        heads=[head for head, _ in filled],
        rows=list(zip(*(cells for _, cells in filled), strict=True)),
    )


def _column(head, values, named):
    """The header of a column and its cells. What is missing stands where the others do."""
    values = list(values.astype(object))
    missing = [not isinstance(v, str) and cell(v) == NO_DATA for v in values]
    numbers = [
        isinstance(v, Number) and not isinstance(v, bool) and not m for v, m in zip(values, missing, strict=True)
    ]
    right = any(numbers) and all(n or m for n, m in zip(numbers, missing, strict=True))
    texts = ["" if isinstance(v, str) and not v else cell(v) for v in values]
    cells = [_Cell(text, right if m else n, named, m) for text, n, m in zip(texts, numbers, missing, strict=True)]
    return _Cell(head, right), cells


def _name(column):
    return ", ".join(map(str, column)) if isinstance(column, tuple) else str(column)
