"""A jury's marks, read from the spreadsheets that its members filled in. What is not a mark is never taken for one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datakit.data.text import fold
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import LANGUAGES, N_, _, ngettext, speaking

if TYPE_CHECKING:
    import os
    from typing import Any

    import pandas as pd

    from datakit.settings import Criterion

HIGHEST = 20
JUROR, DOSSIER, TITLE, CONFLICT, REMARKS = HEADINGS = (
    N_("Juror"),
    N_("Dossier"),
    N_("Title"),
    N_("Conflict of interest"),
    N_("Remarks"),
)
MARKS, HELP = N_("Marks"), N_("How to fill in")  # names of sheets
YES, NO = N_("yes"), N_("no")
TOLD = 8  # mistakes at a time


@dataclass(frozen=True)
class Marks:
    """Marks by juror, dossier and criterion.

    Attributes
    ----------
    jurors, dossiers, criteria : list of str
        Criteria by their ids.
    values : ndarray, shape (jurors, dossiers, criteria)
        NaN where there is no mark.
    asked : ndarray of bool, shape (jurors, dossiers)
        A row stands for this juror and dossier, and he declared no conflict of interest.
    conflicts : list of (juror, dossier)
    files : list of str
    """

    jurors: list[str]
    dossiers: list[str]
    criteria: list[str]
    values: np.ndarray
    asked: np.ndarray
    conflicts: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[tuple[str, str, int]]:
        """Juror, dossier and how many marks are missing, where a row has fewer than its criteria."""
        gaps = np.isnan(self.values).sum(axis=2) * self.asked
        return [(self.jurors[j], self.dossiers[d], int(gaps[j, d])) for j, d in np.argwhere(gaps)]


@dataclass(frozen=True)
class _Row:
    place: str
    juror: str
    dossier: str
    marks: list[float]
    conflict: bool

    @property
    def empty(self):
        return not self.conflict and bool(np.isnan(self.marks).all())


def read(files: Sequence[str | os.PathLike[str]], dossiers: Sequence[str], criteria: Sequence[Criterion]) -> Marks:
    """Read marks.

    Parameters
    ----------
    files : sequence of path
        ``.xlsx`` or ``.ods``, of one juror or of several.
    dossiers : sequence of str
        Names of those that may be marked.
    criteria : sequence of Criterion
        A column is headed by the id or the name of each.

    Returns
    -------
    Marks

    Raises
    ------
    WrongUse
        A file cannot be read, a heading is missing or unknown, a cell is no mark, a dossier is unknown, or a juror
        marks a dossier twice. File, sheet, row and column of each are named.
    """
    faults: list[str] = []
    paths = list({Path(file).resolve(): Path(file) for file in files}.values())  # one that is named twice is one
    rows = [row for file in paths for row in _rows(file, dossiers, criteria, faults)]
    spelt: dict[str, str] = {}
    kept: dict[tuple[str, str], _Row] = {}
    for row in rows:
        juror = spelt.setdefault(fold(row.juror), row.juror)
        before = kept.setdefault((juror, row.dossier), row)
        if before.empty:  # a file for all jurors has rows for those who hand in another
            kept[juror, row.dossier] = row
        elif before is not row and not row.empty:
            said = _("{place}: {juror} marks {dossier} a second time, after {before}")
            faults.append(said.format(place=row.place, juror=juror, dossier=row.dossier, before=before.place))
    if faults:
        raise _refused(files, faults)
    jurors = list(spelt.values())
    values = np.full((len(jurors), len(dossiers), len(criteria)), np.nan)
    asked = np.zeros(values.shape[:2], bool)
    conflicts = []
    for (juror, dossier), row in kept.items():
        j, d = jurors.index(juror), list(dossiers).index(dossier)
        if row.conflict:
            conflicts.append((juror, dossier))
        else:
            values[j, d], asked[j, d] = row.marks, True
    names = [one.id for one in criteria]
    return Marks(jurors, list(dossiers), names, values, asked, conflicts, [str(file) for file in paths])


def _refused(files, faults):
    more = len(faults) - TOLD
    lines = faults[:TOLD]
    if more > 0:
        lines.append(ngettext("and {n} more", "and {n} more", more).format(n=more))
    what = ngettext("{n} mistake: nothing was compared", "{n} mistakes: nothing was compared", len(faults))
    return WrongUse(", ".join(map(str, files)), what.format(n=len(faults)), found="\n    ".join(["", *lines]))


def _rows(file, dossiers, criteria, faults):
    """The rows of every sheet of a file; mistakes are added to the list."""
    found = []
    for name, sheet in _sheets(file).items():
        if name in _words(HELP) or sheet.isna().all(axis=None):
            continue
        place = _("{file}, sheet “{sheet}”").format(file=file.name, sheet=name)
        columns, first, wrong = _headings(sheet, criteria, place)
        faults.extend(wrong)
        if not wrong:
            found.extend(_filled(sheet.iloc[first:], columns, place, dossiers, criteria, faults))
    if not found and not faults:
        faults.append(_("{place}: no marks are here").format(place=file.name))
    return found


def _sheets(file):
    import pandas as pd

    with needed_by(__name__):
        from python_calamine import CalamineError

    said = _("this is not a spreadsheet that can be read")
    if file.suffix.lower() not in (".xlsx", ".ods"):
        raise WrongUse(str(file), said, expected=".xlsx, .ods")
    try:
        # Text such as "NA" is no empty cell: it is a mistake to tell.
        return pd.read_excel(
            file, sheet_name=None, header=None, dtype=object, engine="calamine", keep_default_na=False, na_values=[""]
        )
    except (OSError, ValueError, CalamineError) as error:
        raise WrongUse(str(file), said, found=str(error)) from None


def _words(text):
    """A word of the spreadsheet in every language of the kit."""
    said = []
    for lang in LANGUAGES:
        with speaking(lang):
            said.append(_(text))
    return said


def _headings(sheet, criteria, place):
    """Which column is what, the row after the headings, and mistakes."""
    names = {fold(said): kind for kind in HEADINGS for said in _words(kind)}
    # The heading of a criterion wins: a challenge may call one "Title".
    names |= {fold(text): one.id for one in criteria for text in (one.name, one.id)}
    top = int((~sheet.isna().all(axis=1)).to_numpy().argmax())
    columns: dict[str, int] = {}
    faults = []
    for i, cell in enumerate(sheet.iloc[top]):
        kind = names.get(fold(str(cell))) if isinstance(cell, str) else None
        where = _("{place}, row {row}, column {column}").format(place=place, row=top + 1, column=_letters(i))
        if kind in columns:
            faults.append(_("{place}: “{text}” is there twice").format(place=where, text=cell))
        elif kind:
            columns[kind] = i
        elif not sheet.iloc[top:, i].isna().all():
            text = "" if cell != cell else str(cell)[:60]
            faults.append(_("{place}: “{text}” is no criterion of this challenge").format(place=where, text=text))
    wanted = {JUROR: _(JUROR), DOSSIER: _(DOSSIER)} | {one.id: one.name for one in criteria}
    for text in (text for kind, text in wanted.items() if kind not in columns):
        faults.append(_("{place}: no column is headed “{text}”").format(place=place, text=text))
    return columns, top + 1, faults


def _filled(
    rows: pd.DataFrame,
    columns: dict[str, int],
    place: str,
    dossiers: Sequence[str],
    criteria: Sequence[Criterion],
    faults: list[str],
) -> list[_Row]:
    found = []
    shown = {one.id: one.name for one in criteria}
    for number, cells in zip(rows.index, rows.itertuples(index=False), strict=True):
        row = _("{place}, row {row}").format(place=place, row=number + 1)

        def fault(kind, said, row=row):
            where = _("{place}, column {column} ({name})")
            where = where.format(place=row, column=_letters(columns[kind]), name=shown.get(kind) or _(kind))
            faults.append(_("{place}: {said}").format(place=where, said=said))

        juror, dossier = (_text(cells[columns[kind]]) for kind in (JUROR, DOSSIER))
        given = {one.id: cells[columns[one.id]] for one in criteria}
        known = {kind: mark for kind, mark in given.items() if mark == mark}
        declared = cells[columns[CONFLICT]] if CONFLICT in columns else None
        if not (dossier or known or juror):
            continue
        conflict = _conflict(declared)
        marks = {kind: _mark(mark) for kind, mark in known.items()}
        before = len(faults)
        if conflict is None:
            fault(CONFLICT, _("“{text}” is neither yes nor no").format(text=_text(declared)[:40]))
        if not dossier:
            fault(DOSSIER, _("whose marks are these? The dossier is not said"))
        elif dossier not in dossiers:
            fault(DOSSIER, _unknown(dossier, dossiers))
        if not juror and (known or conflict):
            fault(JUROR, _("whose marks are these? The juror is not said"))
        for kind, mark in marks.items():
            if mark is None:
                said = _("“{text}” is no mark: a number from 0 to {highest} is expected")
                fault(kind, said.format(text=str(known[kind])[:40], highest=HIGHEST))
            elif conflict:
                fault(kind, _("a mark in spite of a declared conflict of interest"))
        if len(faults) == before and juror:  # a row prepared for nobody is no missing mark
            found.append(_Row(row, juror, dossier, [marks.get(one.id, np.nan) for one in criteria], bool(conflict)))
    return found


def _unknown(dossier, dossiers):
    if near := difflib.get_close_matches(dossier, dossiers, n=1):
        return _("no dossier is called “{text}” (perhaps {near}?)").format(text=dossier[:60], near=near[0])
    return _("no dossier is called “{text}”").format(text=dossier[:60])


def _text(cell: Any) -> str:
    """A name as it was typed: 12 where a spreadsheet made 12.0 of it."""
    if cell is None or cell != cell:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _mark(cell):
    """A number from 0 to 20, else None: words, dates, truths and "12,5" typed as text are no marks."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | np.number) or not 0 <= cell <= HIGHEST:
        return None
    return float(cell)


def _conflict(cell):
    said = fold(_text(cell))
    if said in ("", "0", "false", *map(fold, _words(NO))):
        return False
    return True if said in ("x", "1", "true", *map(fold, _words(YES))) else None


def _letters(i):
    """The name of a column: A, ..., Z, AA."""
    return (_letters(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)
