"""Delimited text (CSV) to rows of text, none of them lost: the lines of a file are counted apart from its rows.

A cell in quotation marks may go on over lines, so that one stray mark makes a reader swallow all rows up to the next
one. Where fewer rows come out than lines went in, the lines are gone through one by one.

A row has as many cells as the header has names, neither more nor fewer. Of one that ends early nobody can say whether
its last cells were empty, a delimiter is missing (then values stand under the wrong names) or a transfer broke off
(then the last value is cut). It is set aside even where the columns that it lacks are optional: in no snapshot of real
data that the kit is tested on does a publisher leave out delimiters at the end of a row. Only empty cells beyond the
header's last name may be there or not.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DELIMITERS = ";\t|,"
LONGEST = 500  # lines of one cell, a choice of this kit: what is still open after so many was opened by mistake

_CLOSING = re.compile(r'[^"]*(?:""[^"]*)*"')
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SEP = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
# What a spreadsheet takes for a formula, and the numbers that begin likewise. OWASP, "CSV Injection".
_FORMULA, _NUMBER = r"(?s)[=+\-@\t\r\n].", r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
_MARK = N_('closes each quotation mark (")')
_LINES = N_("has no cell over several lines that may be rows")


class Rows(NamedTuple):
    """The rows of a file, and what became of the others.

    Attributes
    ----------
    frame : DataFrame of str
        The index is the row's number in the file, from 0: blank lines count, as in a spreadsheet.
    rejects : DataFrame
        ``row`` (from 1), ``column`` (empty), ``value`` and ``rule`` of each row that was set aside.
    notes : list of str
        What was done to rows that are kept.
    """

    frame: pd.DataFrame
    rejects: pd.DataFrame
    notes: list[str]


def guess_encoding(data: bytes) -> str:
    """ "utf-16", "utf-8-sig" or "cp1252", by the bytes: a few broken letters do not make UTF-8 something else."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    even, odd = data[:200:2].count(0), data[1:200:2].count(0)
    if max(even, odd) > 2 * min(even, odd) + 10:  # Latin letters have a zero byte each, always on the same side
        return "utf-16-be" if even > odd else "utf-16-le"
    if data.isascii():
        return "utf-8-sig"
    rest, pairs = _UTF8.subn(b"", data)
    return "utf-8-sig" if pairs > len(rest) - len(rest.translate(None, bytes(range(128, 256)))) else "cp1252"


def guess_delimiter(text: str) -> str:
    """The sign that parts the most lines, the header among them, into one number of cells; a comma where none does."""
    if said := _SEP.match(text):
        return said[1]
    head = [line for line in text[:65536].splitlines() if line.strip()][:50]
    found: dict[str, tuple[int, int]] = {}
    for sign in DELIMITERS:
        widths = [width for line in head if (width := _scan(line, sign)[0]) > 1]
        if widths:
            found[sign] = max((widths.count(width), width) for width in set(widths))
    return max(found, key=found.__getitem__, default=",")


def read_rows(
    text: str,
    delimiter: str,
    refuse: Callable[[str, str, str], Exception],
    wanted: Callable[[pd.Index], list] = list,
    piece: int = 100_000,
    concerned: Callable[[pd.DataFrame], pd.Series] | None = None,
) -> Rows:
    """All rows of a CSV as text.

    Parameters
    ----------
    text : str
    delimiter : str
    refuse : callable
        Makes the error for a file that cannot be read, of what happened, what was expected and what was found.
    wanted : callable
        From the columns' names to those to keep.
    piece : int
        Rows read at a time: of seventy years of weather, only the columns that are wanted stay in memory.
    concerned : callable, optional
        From some rows to whether each is to be kept: of a national file, only a territory's part stays in memory. Where
        it is none, the first rows stay, for the error to name what is there.

    Returns
    -------
    Rows
    """
    if said := _SEP.match(text):  # Excel's own line above the header
        text = text[said.end() :]
    if text.count("\r") > text.count("\r\n"):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = text.encode()
    space = b" \r\n" if delimiter == "\t" else b" \t\r\n"
    filled = np.flatnonzero(np.fromiter((bool(line.strip(space)) for line in io.BytesIO(data)), dtype=bool))
    if not len(filled):
        raise refuse(
            _("the file is empty"),
            _("a header and rows, {delimiter!r} between columns").format(delimiter=delimiter),
            _("nothing"),
        )
    _refuse_title(text, delimiter, refuse)
    try:
        frame, count = _parsed(data, delimiter, wanted, piece, concerned)
        numbers, rejects, notes = filled[1:] - filled[0] - 1, [], []
    except pd.errors.ParserError:
        frame, count = None, -1
    if frame is None or count != len(numbers) or _ends_early(data, delimiter):
        kept, numbers, rejects, notes = _Sieve(text, delimiter, refuse).run()
        frame, count = _parsed("".join(kept).encode(), delimiter, wanted, piece, concerned)
    if count != len(numbers):
        raise refuse(_("lines and rows do not add up"), _("{n} rows").format(n=len(numbers)), f"{count}")
    if len(numbers) and numbers[-1] != len(numbers) - 1:
        frame.index = np.asarray(numbers)[frame.index]
    return Rows(frame, rejected(rejects), notes)


def rejected(rows: Iterable[tuple[int, str, str, str]]) -> pd.DataFrame:
    """A table of rows that were set aside, from tuples of ``row`` (from 1), ``column``, ``value`` and ``rule``."""
    table = pd.DataFrame(rows, columns=["row", "column", "value", "rule"])
    return table.astype({"row": "int64"} | dict.fromkeys(("column", "value", "rule"), "str"))


def for_spreadsheets(table: pd.DataFrame) -> pd.DataFrame:
    """A table in which no text is a formula, to be written as CSV for people.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame
        Texts that a spreadsheet would run ("=HYPERLINK(...)", "@SUM(...)", "-2+3+cmd") have a mark ' before them;
        numbers stay numbers, those in text ("-2.5") too.
    """
    made = table.copy()
    for at in range(len(table.columns)):
        column = table.iloc[:, at]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
            text = column.astype("str")
            runs = formulas(text)
            if runs.any():
                made.isetitem(at, column.astype(object).mask(runs, "'" + text))
    runs = formulas(pd.Series([str(name) for name in made.columns], dtype="str"))
    return made.set_axis([f"'{name}" if run else name for name, run in zip(made.columns, runs, strict=True)], axis=1)


def formulas(text: pd.Series) -> pd.Series:
    """Which texts a spreadsheet would run as a formula."""
    return text.str.match(_FORMULA, na=False) & ~text.str.fullmatch(_NUMBER, na=False)


def _parsed(data, delimiter, wanted, piece, concerned):
    """The rows that are kept, with their places among all rows as index, and how many rows there are."""
    pieces, first, count = [], None, 0
    with pd.read_csv(io.BytesIO(data), sep=delimiter, dtype=str, keep_default_na=False, chunksize=piece) as reader:
        for part in reader:
            if not isinstance(part.index, pd.RangeIndex):  # rows longer than the header: pandas makes an index of it
                raise pd.errors.ParserError
            count += len(part)
            part = part[wanted(part.columns)].fillna("")  # "" where columns without a name have no cell
            part.columns = [str(c).strip() for c in part.columns]
            first = part if first is None else first
            if concerned is not None:
                part = part[concerned(part).to_numpy(dtype=bool)]
            pieces.append(part)
    pieces = [p for p in pieces if len(p)] or [first]
    return (pd.concat(pieces) if len(pieces) > 1 else pieces[0]), count


def _ends_early(data, delimiter):
    """Whether any row has fewer cells than the header has names: pandas fills such rows up and says nothing."""
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""), delimiter=delimiter)
    try:
        header = next((row for row in rows if len(row) > 1 or "".join(row).strip()), [])  # no blank line
        named = max((at for at, name in enumerate(header, 1) if name.strip()), default=0)
        return any(len(row) < named and (len(row) > 1 or "".join(row).strip()) for row in rows)
    except csv.Error:  # a cell of more than 131 072 letters: line by line, then
        return True


def _refuse_title(text, delimiter, refuse):
    """Refuse a file whose first line is a title: its columns would have no names."""
    lines = (line for line in io.StringIO(text[:65536], newline="") if line.strip())
    first, second = next(lines, ""), next(lines, "")
    if '"' not in first + second:
        filled = [sum(bool(cell.strip()) for cell in line.split(delimiter)) for line in (first, second)]
        if filled[0] == 1 and filled[1] > 1:
            raise refuse(
                _("a title stands above the header"),
                _("the names of the columns on the first line: delete what stands above them"),
                _("{digest!r}, then {digest2!r}").format(digest=first.strip()[:80], digest2=second.strip()[:200]),
            )


def _scan(line, delimiter, inside=False):
    """Cells of a line; whether a cell in quotation marks is still open at its end; whether all marks close cells.

    As all readers of CSV, it takes a mark for one only at the start of a cell; elsewhere it is a letter.
    """
    cells, at, clean = 1, 0, True
    if not inside and '"' not in line:
        return line.count(delimiter) + 1, False, True
    while True:
        if inside or line.startswith('"', at):
            closing = _CLOSING.match(line, at if inside else at + 1)
            if not closing:
                return cells, True, clean
            at, inside = closing.end(), False
            clean &= line[at : at + 1] in (delimiter, "\r", "\n", "")
        following = line.find(delimiter, at)
        if following < 0:
            return cells, False, clean
        cells, at = cells + 1, following + 1


class _Sieve:
    """Goes through a file line by line, and keeps the rows that are sure to be rows.

    The lines of a cell that goes on over lines are not rows of their own: at most one of them has as many cells as the
    header. Where more have, the cell was opened by a stray mark: the row with the mark is set aside, the others stay.
    """

    def __init__(self, text, delimiter, refuse):
        self.lines, self.delimiter, self.refuse = io.StringIO(text, newline="").readlines(), delimiter, refuse
        self.kept, self.numbers, self.rejects = [], [], []
        self.long, self.trimmed = [], []
        self.number = 0

    def run(self):
        """The header and rows as text, the rows' numbers, the rejects and the notes."""
        at = self._header()
        while at < len(self.lines):
            at = self._row(at)
            self.number += 1
        notes = [_("cells over several lines: {some}").format(some=_some(self.long))] if self.long else []
        notes += (
            [_("empty cells after the last column dropped: {some}").format(some=_some(self.trimmed))]
            if self.trimmed
            else []
        )
        return self.kept, np.array(self.numbers, dtype=int), self.rejects, notes

    def _header(self):
        """Take the header; the line after it."""
        at = next(i for i, line in enumerate(self.lines) if line.strip())
        self.width = self.lines[at].count(self.delimiter) + 1
        last, cells, closed, clean = self._cell(at)
        alike = sum(self._alone(i) for i in range(at, last + 1))
        if last > at and (not closed or not clean or (self.width > 1 and alike > 1)):
            what = _("a quotation mark in the header is never closed")
            raise self.refuse(what, _("names of columns on one line"), repr(self.lines[at].strip()[:200]))
        self.width = self.named = cells
        header = "".join(self.lines[at : last + 1]).rstrip(" \r\n")
        while self.named > 1 and header.endswith(self.delimiter):  # names left out at its end: cells that may be, too
            self.named, header = self.named - 1, header[: -len(self.delimiter)].rstrip(" ")
        self.kept.append("".join(self.lines[at : last + 1]))
        return last + 1

    def _row(self, at):
        """Take the row that begins on a line; the line after it."""
        line = self.lines[at]
        if not line.strip(" \r\n" if self.delimiter == "\t" else " \t\r\n"):
            return at + 1
        last, cells, closed, clean = self._cell(at)
        row, cells, trimmed = self._trim("".join(self.lines[at : last + 1]), cells)
        if last > at:
            alike = [self._alone(i) for i in range(at, last + 1)]
            if not closed or not clean or (alike[0] and alike[-1] and 2 * sum(alike) > len(alike)):
                self._reject(line, _(_MARK))
                return at + 1
            if sum(alike) > 1 or cells != self.width:
                for i in range(at, last + 1):
                    self._reject(self.lines[i], _(_LINES))
                    self.number += i < last
                return last + 1
        if not closed:
            self._reject(row, _(_MARK))
        elif not self.named <= cells <= self.width:
            self._reject(row, _("has {width} cells").format(width=self.width))
        else:
            self.long += [self.number] * (last > at)
            self.trimmed += [self.number] * trimmed
            self.kept.append(row if row.endswith(("\n", "\r")) else row + "\n")
            self.numbers.append(self.number)
        return last + 1

    def _trim(self, row, cells):
        """A row without the empty cells after the last column; its cells; whether there were any."""
        short, left = row.rstrip(" \r\n"), cells
        while left > self.width and short.endswith(self.delimiter):
            short, left = short[:-1].rstrip(" "), left - 1
        return (short, left, True) if left == self.width < cells else (row, cells, False)

    def _cell(self, at):
        """Where the row that begins on a line ends; its cells; whether it ends; whether all marks close cells."""
        cells, inside, clean = _scan(self.lines[at], self.delimiter)
        last = at
        while inside and last + 1 < min(len(self.lines), at + LONGEST):
            last += 1
            more, inside, ok = _scan(self.lines[last], self.delimiter, inside=True)
            cells, clean = cells + more - 1, clean and ok
        return last, cells, not inside, clean

    def _alone(self, at):
        """Whether a line has as many cells as the header by itself."""
        cells, inside, _ = _scan(self.lines[at], self.delimiter)
        cells = self.lines[at].count(self.delimiter) + 1 if inside else cells
        return self._trim(self.lines[at], cells)[1] == self.width

    def _reject(self, text, rule):
        self.rejects.append((self.number + 1, "", text.strip("\r\n")[:200], rule))


def _some(numbers, most=10):
    shown = ", ".join(str(n + 1) for n in numbers[:most])
    return _("rows {shown}").format(shown=shown) + (
        _(" and {n} more").format(n=len(numbers) - most) if len(numbers) > most else ""
    )
