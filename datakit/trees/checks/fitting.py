"""How many findings the front of an A4 sheet holds: what stands on it, reckoned from the widths of its letters.

A page without scripts cannot measure itself. Sizes are those of ``web/audit.css``, in em of its printed text.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datakit.trees.checks.sheet import Row, Sheet

EM = 8.6 / 72 * 25.4  # mm
WIDE, HIGH = (210 - 2 * 11) / EM, (297 - 2 * 9) / EM
SPARE = 0.5  # letters and rounding are known no better
LINE, CELL, HEADING = 1.32, 0.52, 3.0  # a line of text; what a row of a table, and what a heading, add or take
PADDING = 0.5  # between columns
FOUND, EXAMPLES, TODO = (share * WIDE - PADDING for share in (0.31, 0.19, 0.26))
QUESTION, MISSING = (share * WIDE - PADDING for share in (0.44, 0.56))
FOOTER = 0.9  # size of its text
MORE = LINE + 0.5  # the line that says how many findings are left
# Widths in em of the letters of DejaVu Sans, the widest of the page's fonts; any other is as wide as a digit. With
# Liberation Sans or Arial the page ends a little earlier.
LETTERS = {"ijlI'|": 0.29, " ,.;:\u00a0\u202f": 0.34, 'tfr()-/[]J"': 0.42, "scz·": 0.55, "kvxy": 0.6}
LETTERS |= {"ABCDEGHKNOPQRSTUVXYZÉÈÀÇÊÔ": 0.78, "w&<>=→≥≤": 0.84, "mMW%—…œŒ": 1.0}
_WIDTH = {letter: width for letters, width in LETTERS.items() for letter in letters}
DIGIT = 0.64


def lines(text: str, width: float) -> int:
    """How many lines a text takes in a column.

    Parameters
    ----------
    text : str
    width : float
        Of the column, em.

    Returns
    -------
    int
        1 also for no text.
    """
    count, used = 1, 0.0
    for word in text.split(" "):
        wide = sum(_WIDTH.get(letter, DIGIT) for letter in word)
        if used and used + _WIDTH[" "] + wide > width:
            count, used = count + 1, wide
        else:
            used += wide + (_WIDTH[" "] if used else 0)
        count, used = count + int(used // width), used % width  # a word wider than the column is broken
    return count


def row_height(row: Row) -> float:
    """Of one finding, em."""
    return CELL + LINE * max(lines(row.found, FOUND), lines(row.examples, EXAMPLES), lines(row.todo, TODO))


def rest(sheet: Sheet, w: Mapping[str, str]) -> float:
    """The height of all that is no finding, em.

    Parameters
    ----------
    sheet : Sheet
    w : mapping of str to str
        Words of the page.
    """
    high = 2 * LINE + 0.7 + 1.7 * LINE * lines(sheet.title, WIDE / 1.7)  # for whom, facts; the title
    if sheet.synthetic:
        high += 2.6 + LINE * lines(w["stamp"], 0.9 * WIDE)  # in bold
    high += 5.0  # counts of verdicts
    high += HEADING + CELL + LINE  # the head of the findings
    high += HEADING + CELL + LINE
    high += sum(CELL + LINE * max(lines(q.question, QUESTION), lines(q.missing, MISSING)) for q in sheet.questions)
    for told in (sheet.good, [sheet.changed] if sheet.changed else []):
        if told:
            high += HEADING + 0.5 + LINE * sum(lines(text, WIDE) for text in told)
    return high + 0.9 + FOOTER * LINE * sum(lines(text, WIDE / FOOTER) for text in (w["legend"], sheet.source))


def that_fit(rows: Sequence[Row], sheet: Sheet, w: Mapping[str, str]) -> int:
    """How many of the findings, from the first on, one page holds.

    Parameters
    ----------
    rows : sequence of Row
    sheet : Sheet
        What else stands on the page.
    w : mapping of str to str
        Words of the page.

    Returns
    -------
    int
    """
    ends = list(accumulate(map(row_height, rows), initial=rest(sheet, w) + SPARE))
    if ends[-1] <= HIGH:
        return len(rows)
    return max(0, sum(end + MORE <= HIGH for end in ends) - 1)
