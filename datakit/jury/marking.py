"""The spreadsheet that jurors fill in: a row for each juror and dossier, a column for each criterion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_whole
from datakit.data.text import fold
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.jury import verdicts
from datakit.jury.marks import CONFLICT, DOSSIER, HELP, HIGHEST, JUROR, MARKS, NO, REMARKS, TITLE, YES
from datakit.jury.strangers import plain
from datakit.language import _, speaking
from datakit.show.style import number

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from datakit.jury.entries import Entry
    from datakit.settings import Challenge

COLOUR = "D9E8F1"  # behind headings
LONGEST = 31  # letters of a sheet's name, for Excel


def write(
    entries: Iterable[Entry], challenge: Challenge, jurors: Sequence[str], file: str | os.PathLike[str], lang: str = ""
) -> tuple[Path, int]:
    """Write the spreadsheet.

    Parameters
    ----------
    entries : iterable of Entry
        Those that were refused get no row.
    challenge : Challenge
    jurors : sequence of str
        Names, or better codes.
    file : path
        ``.xlsx``; one that is there is not replaced: it may have marks in it.
    lang : {"en", "fr"}, optional
        Of the spreadsheet; by default the user's.

    Returns
    -------
    file : Path
    left : int
        How many refused dossiers have no row.

    Raises
    ------
    WrongUse
        There is such a file, it is not to be written, or two jurors have one name.
    """
    path = Path(file)
    if path.suffix.lower() != ".xlsx":
        raise WrongUse(str(path), _("marks are written to an .xlsx file"), expected="--output marks.xlsx")
    if path.exists():
        raise WrongUse(
            str(path), _("this file is there already, and may have marks in it"), next=_("another name for --output")
        )
    names = [plain(one, 60) for one in jurors]
    if len({fold(name) for name in names}) < len(names) or not names or not all(names):
        raise WrongUse("--jurors", _("jurors need different names"), found=", ".join(names))
    given = list(entries)
    kept = [one for one in given if not (one.verdict and one.verdict.status == verdicts.REFUSED)]
    with speaking(lang):
        book = _book(kept, challenge, names)
    try:
        write_whole(path, book.save)
    except OSError as error:
        raise WrongUse(str(path), _("the file cannot be written"), found=str(error)) from None
    return path, len(given) - len(kept)


def _book(entries, challenge, jurors):
    with needed_by(__name__):
        from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = _(MARKS)[:LONGEST]
    heads = [_(JUROR), _(DOSSIER), _(TITLE), *(plain(one.name, 80) for one in challenge.criteria)]
    heads += [_(CONFLICT), _(REMARKS)]
    for column, text in enumerate(heads, 1):
        _write(sheet, 1, column, text)
    rows = [(juror, one.name, one.said("title", 80)) for juror in jurors for one in entries]
    for row, texts in enumerate(rows, 2):
        for column, text in enumerate(texts, 1):
            _write(sheet, row, column, text)
    _look(sheet, len(rows) + 1, len(challenge.criteria))
    _explain(book.create_sheet(_(HELP)[:LONGEST]), challenge)
    return book


def _write(sheet, row, column, text):
    """A text that stays one: what a team wrote must not become a formula."""
    cell = sheet.cell(row, column)
    cell.value = text
    cell.data_type = "s"


def _look(sheet, last, criteria):
    """Headings that stay, what may be written where, and what a mark may be."""
    with needed_by(__name__):
        from openpyxl.styles import Alignment, Font, PatternFill, Protection
        from openpyxl.utils import get_column_letter
        from openpyxl.worksheet.datavalidation import DataValidation

    first, end = 4, 4 + criteria  # columns: of the first criterion, and of the conflict after the last
    widths = {1: 14, 2: 24, 3: 40, end: 16, end + 1: 50}
    for column in range(1, end + 2):
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor=COLOUR)
        head.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(column)].width = widths.get(column, 18)
        for row in range(2, last + 1):
            if column not in (2, 3):
                sheet.cell(row, column).protection = Protection(locked=False)
    sheet.freeze_panes = "D2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(end + 1)}{last}"
    mark = DataValidation("decimal", operator="between", formula1="0", formula2=str(HIGHEST), allow_blank=True)
    mark.error = _("A mark is a number from 0 to {highest}.").format(highest=HIGHEST)
    choice = DataValidation("list", formula1=f'"{_(YES)},{_(NO)}"', allow_blank=True)
    choice.error = _("Yes or no.")
    for rule, left, right in ((mark, first, end - 1), (choice, end, end)):
        rule.showErrorMessage = True
        rule.add(f"{get_column_letter(left)}2:{get_column_letter(right)}{max(last, 2)}")
        sheet.add_data_validation(rule)
    lock = sheet.protection  # against slips, without a password
    lock.sheet, lock.formatColumns, lock.formatRows, lock.sort, lock.autoFilter = True, False, False, False, False


def _explain(sheet, challenge):
    """The page that tells how."""
    with needed_by(__name__):
        from openpyxl.styles import Alignment, Font

    whole = sum(one.weight for one in challenge.criteria)
    lines = [
        plain(challenge.title, 110),
        _("A mark is a number from 0 to {highest}; halves are allowed.").format(highest=HIGHEST),
        _("A cell that stays empty is a missing mark: it is counted as missing, never as 0."),
        _("A conflict of interest: write “yes” in its column and leave the row without marks."),
        _("A code is enough as a juror’s name (J1): names show on the page that compares."),
        _("Each juror may fill in a file of his own: keep the headings, hand in all the files."),
        _("Marks of several jurors are compared as they are: mark alone, and before you talk."),
        "",
        _("Criteria and weights:"),
        *(f"{plain(one.name, 80)}: {number(100 * one.weight / whole, 0)}\u00a0%" for one in challenge.criteria),
    ]
    for row, text in enumerate(lines, 1):
        _write(sheet, row, 1, text)
        sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width = 100
    sheet.protection.sheet = True
