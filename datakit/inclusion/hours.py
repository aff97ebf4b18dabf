"""Opening hours of several publishers as hours a week, with evenings and Saturdays told apart.

Every form is turned into that of OpenStreetMap's ``opening_hours`` tag, which the national schema of digital-inclusion
places uses as well, and read by one library.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd

from datakit.extras import needed_by

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TAGS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
EVENING = 18  # o'clock: open after it on a weekday helps those who work, a choice of this kit
CLOSED = {"", "-", "–", "x", "fermé", "ferme", "fermée"}  # "x" in the regional file is an empty box
# The dash is sometimes forgotten ("9h12h").
_SPAN = re.compile(r"(\d{1,2}) ?[h:] ?(\d{2})? *(?:-|–|à|a)? *(\d{1,2}) ?[h:] ?(\d{2})?", re.IGNORECASE)
_WEEK = dt.datetime(2026, 3, 2)  # a Monday; public holidays are not asked for


def as_tag(row: dict[str, str | None]) -> str | None:
    """The days of one place as an ``opening_hours`` value.

    Parameters
    ----------
    row : dict of str to (str or None)
        Keys that hold the English name of a day (``hours_monday``, ``hours_monday_morning``...); values such as
        ``"8h30-12h"`` or ``"09:00 - 12:00 / 13:30 - 17:00"``.

    Returns
    -------
    str or None
        Such as ``"Mo 08:30-12:00,13:30-17:00; Tu 09:00-12:00"``. Empty days are closed; None when no day says anything,
        or when a text holds more than times ("sous condition"): hours that depend are not hours.
    """
    parts, said = [], False
    for day, tag in zip(DAYS, TAGS, strict=True):
        spans = []
        for key, text in row.items():
            if day not in key or not isinstance(text, str):
                continue
            text = text.strip()
            said |= text != ""
            found = _SPAN.findall(text)
            if not found and text.lower() not in CLOSED:
                return None
            if re.sub(r"[\s/,;.et]*", "", _SPAN.sub("", text)) and found:
                return None
            for a, b, c, d in found:
                start, end = (int(a), int(b or 0)), (int(c), int(d or 0))
                if not start < end <= (24, 0) or max(start[1], end[1]) > 59:
                    return None
                spans.append("{:02d}:{:02d}-{:02d}:{:02d}".format(*start, *end))
        if spans:
            parts.append(f"{tag} {','.join(sorted(set(spans)))}")
    if not parts:
        return None if not said else "closed"
    return "; ".join(parts)


def tags(frame: pd.DataFrame) -> pd.Series:
    """`as_tag` of each row of a table with one or more columns for each day.

    Parameters
    ----------
    frame : DataFrame
        Columns whose names hold ``hours_<day>``.

    Returns
    -------
    Series of str
        Missing where nothing can be said.
    """
    columns = [c for c in frame.columns if any(f"hours_{day}" in c for day in DAYS)]
    if not columns:
        return pd.Series(None, index=frame.index, dtype="str")
    rows = frame[columns].astype(object).where(frame[columns].notna(), "").to_dict("records")
    return pd.Series([as_tag(row) for row in rows], index=frame.index, dtype="str")


def weekly(values: pd.Series) -> pd.DataFrame:
    """Hours a week, evenings and Saturdays of ``opening_hours`` values.

    Parameters
    ----------
    values : Series of str
        OpenStreetMap's form; see `tags`.

    Returns
    -------
    DataFrame
        Index of ``values``: ``weekly_hours`` (h, a week without public holidays, overlaps counted once), ``evening``
        (open after 18:00 on a day from Monday to Friday) and ``saturday`` (open at some time on it), all missing where
        the text is missing or cannot be read, and ``unread`` (True for the latter). A place that says it is closed all
        week has 0 hours.
    """
    read = {text: _read(text) for text in values.dropna().unique()}
    rows = [read.get(text) if isinstance(text, str) else None for text in values]
    known = np.array([row is not None for row in rows], dtype=bool)
    out = pd.DataFrame(index=values.index)
    out["weekly_hours"] = [np.nan if row is None else row[0] for row in rows]
    for k, name in ((1, "evening"), (2, "saturday")):
        out[name] = pd.array([pd.NA if row is None else row[k] for row in rows], dtype="boolean")
    out["unread"] = values.notna().to_numpy() & ~known
    return out


def _read(text):
    """Hours, evening, Saturday of one value, or None when the library does not understand it."""
    with needed_by(__name__):
        from opening_hours import OpeningHours, ParserError, State

    try:
        spans = OpeningHours(text).intervals(_WEEK, _WEEK + dt.timedelta(days=7))
        open_ = [(a, b or _WEEK + dt.timedelta(days=7)) for a, b, state, _ in spans if state == State.OPEN]
    except ParserError:
        return None
    total = sum((b - a).total_seconds() for a, b in open_) / 3600
    day = [_WEEK + dt.timedelta(days=k) for k in range(7)]

    def touches(start, end):
        return any(a < end and b > start for a, b in open_)

    evening = any(touches(d.replace(hour=EVENING), d + dt.timedelta(days=1)) for d in day[:5])
    return round(total, 4), evening, touches(day[5], day[6])
