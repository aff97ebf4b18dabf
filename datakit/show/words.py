"""Words of figures, tables and maps in the user's language: a chapter's code says them in English and without marks."""

from __future__ import annotations

import re
from numbers import Real

from datakit.language import N_, _, worded
from datakit.show.style import number, wrap

SHARE = N_("0 to 1")  # the unit of ``*_share``


def phrase(text: str, **figures: object) -> str:
    """A text with figures in it, in the user's language: a title or an alt text that is made of the data.

    Parameters
    ----------
    text : str
        In English, with the names of figures in braces. It is translated before it is filled in, which an f-string
        cannot be.
    **figures : Value, float or str
        A number is written by `datakit.show.style.number`, with as many decimals as the braces may say; a `Value` with
        its unit; a word in the user's language where its French is known.

    Returns
    -------
    str

    Examples
    --------
    >>> phrase("Map of {n} trees; {share:0} % are {kind}.", n=12500, share=8.25, kind="limes")
    'Map of 12\\u202f500 trees; 8 % are limes.'
    """
    return _(text).format(**{name: _said(one) for name, one in figures.items()})


def _said(figure):
    if isinstance(figure, str):
        return worded(figure)
    return _Number(figure) if isinstance(figure, Real) else figure


class _Number:
    """A number as `str.format` writes it: its form is how many decimals."""

    def __init__(self, value):
        self.value = value

    def __format__(self, form):
        return number(self.value, int(form) if form else None)


def heading(column: object) -> str:
    """A column's name in words: ``share_pct`` is "share (%)", ``green_share`` "green (0 to 1)".

    Parameters
    ----------
    column : str, or tuple of str
        A name whose words have no French stays English; "green (%)" is looked up as a whole, then in its parts.

    Returns
    -------
    str
    """
    if isinstance(column, tuple):
        return ", ".join(map(heading, column))
    name = str(column)
    if (said := worded(name)) != name:
        return said
    words = re.sub("_pct$", " (%)", re.sub("_share$", f" ({SHARE})", name)).replace("_", " ")
    if (said := worded(words)) != words:
        return said
    if parts := re.fullmatch(r"(.+?) \(([^()]+)\)", words):
        return f"{worded(parts[1])} ({worded(parts[2])})"
    return words


def drawn(text: str) -> str:
    """A text of a figure in the user's language. Lines that were broken to fit are one text, and are broken again."""
    if (said := worded(text)) != text or "\n" not in text:
        return said
    whole = text.replace("\n", " ")
    return wrap(said, max(map(len, text.splitlines()))) if (said := worded(whole)) != whole else text
