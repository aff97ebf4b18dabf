"""The small-number rule as code: no figure about a handful of households, nor one from which it can be worked out.

What this rule does not do: it hides counts that are small, not groups that are all alike (if every household of an
area is poor, saying so says it of each), and it does not see what several tables give away together.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from datakit.data.cache import write_whole
from datakit.data.delimited import for_spreadsheets
from datakit.errors import WrongUse

MIN_HOUSEHOLDS = 11  # a choice of this kit, in the range that statistical offices use; stricter is always allowed
PERSONAL = {
    "first_name",
    "last_name",
    "nom_personne",
    "prenom",
    "prénom",
    "email",
    "courriel",
    "mail",
    "phone",
    "telephone",
    "téléphone",
    "date_naissance",
    "birth_date",
    "device_id",
    "account_id",
    "nir",
}
REASONS = ("", "too few households", "number of households unknown", "would reveal another area")


def suppress(
    frame: pd.DataFrame, columns: list[str], *, count: str, minimum: float = MIN_HOUSEHOLDS, within: str | None = None
) -> pd.DataFrame:
    """Empty the figures of rows that describe too few households.

    Parameters
    ----------
    frame : DataFrame
        One row for each area.
    columns : list of str
        The figures to empty.
    count : str
        Column with the number of households (or people) that each row describes.
    minimum : int or float
        The smallest number that may be shown.
    within : str, optional
        Column naming a larger area whose total is published or known elsewhere (the commune). When a single row of it
        is hidden, or those hidden are together still fewer than ``minimum``, the next smallest is hidden too: one
        subtraction would bring the figure back.

    Returns
    -------
    DataFrame
        A copy, in which ``columns`` and ``count`` are missing where they are hidden, with a text column ``hidden``
        (empty where the row is shown) saying why. ``attrs`` are kept.

    Raises
    ------
    WrongUse
        A column that does not exist, a negative count, or a minimum under 2.
    """
    absent = [c for c in [*columns, count, *([within] if within else [])] if c not in frame]
    if absent:
        raise WrongUse("privacy.suppress", "no such column", found=", ".join(absent), expected=", ".join(frame.columns))
    if not minimum >= 2:
        raise WrongUse(
            "privacy.suppress", "a minimum under 2 protects nobody", found=str(minimum), expected="2 or more"
        )
    number = pd.to_numeric(frame[count]).to_numpy(dtype=float, na_value=np.nan)
    if np.nanmin(number, initial=0) < 0:
        raise WrongUse("privacy.suppress", "a number of households cannot be negative", found=str(np.nanmin(number)))
    # An unknown count may be a small one: only what is known to be large is shown.
    why = np.where(np.isnan(number), REASONS[2], np.where(number < minimum, REASONS[1], REASONS[0])).astype(object)
    if within:
        for rows in frame.reset_index(drop=True).groupby(within, dropna=False).indices.values():
            _protect(rows, number, why, minimum)
    out = frame.copy()
    out.attrs = dict(frame.attrs)
    out["hidden"] = pd.array(why, dtype="str")
    gone = why != ""
    for column in dict.fromkeys([*columns, count]):
        if pd.api.types.is_integer_dtype(out[column]):
            out[column] = out[column].astype("Int64")
        out[column] = out[column].mask(gone)
    return out


def _protect(rows, number, why, minimum):
    """Hide further rows of one larger area until what is hidden cannot be had by subtraction."""
    hidden = [r for r in rows if why[r]]
    if not hidden:
        return
    shown = sorted((r for r in rows if not why[r]), key=lambda r: number[r])
    # A row without households has nothing to protect another with.
    while shown and (
        sum(number[r] > 0 or np.isnan(number[r]) for r in hidden) < 2 or np.nansum(number[hidden]) < minimum
    ):
        row = shown.pop(0)
        why[row] = REASONS[3]
        hidden.append(row)


def share(part: float, whole: float, households: float, minimum: float = MIN_HOUSEHOLDS) -> float | None:
    """A percentage, or None where it would describe too few households.

    Parameters
    ----------
    part, whole : float
        Numbers of people or homes.
    households : float
        Households that the figure describes.
    minimum : int or float

    Returns
    -------
    float or None
        0 to 100 (%).
    """
    if not households >= minimum or not whole > 0:
        return None
    return 100 * part / whole


def safe(
    frame: pd.DataFrame,
    figures: list[str],
    *,
    count: str,
    public: tuple[str, ...] = (),
    minimum: float = MIN_HOUSEHOLDS,
    within: str | None = None,
) -> pd.DataFrame:
    """The table that may leave the room: figures hidden by `suppress`, and no other number about people in it.

    Parameters
    ----------
    frame : DataFrame
        One row for each area.
    figures : list of str
        Columns about people or households.
    count, minimum, within
        See `suppress`.
    public : tuple of str
        Numbers that are about no one: identifiers, metres, areas.

    Returns
    -------
    DataFrame

    Raises
    ------
    WrongUse
        A column of numbers that is neither: whoever exports it has to say which it is. Or a column named like one
        about persons (name, mail, telephone).
    """
    told = {*figures, *public, count}
    numbers = [c for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c]) and c not in told]
    if numbers:
        raise WrongUse(
            "privacy.safe",
            "a number is neither a figure about people nor said to be about no one",
            expected="all columns of numbers in figures=[...] or public=(...)",
            found=", ".join(map(str, numbers)),
        )
    personal = [c for c in frame.columns if str(c).lower() in PERSONAL]
    if personal:
        raise WrongUse(
            "privacy.safe",
            "a column holds what belongs to persons",
            found=", ".join(personal),
            next="frame.drop(columns=[...])",
        )
    return suppress(frame, list(figures), count=count, minimum=minimum, within=within)


def write(
    frame: pd.DataFrame,
    path: str | Path,
    figures: list[str],
    *,
    count: str,
    public: tuple[str, ...] = (),
    minimum: float = MIN_HOUSEHOLDS,
    within: str | None = None,
) -> Path:
    """Write a table for others: only what `safe` lets through, whole or not at all.

    Parameters
    ----------
    frame, figures, count, public, minimum, within
        See `safe`.
    path : path
        ``.csv`` (UTF-8, comma, no text a formula) or ``.geojson``.

    Returns
    -------
    Path
    """
    path = Path(path)
    table = safe(frame, figures, count=count, public=public, minimum=minimum, within=within)
    if path.suffix == ".csv":
        plain = for_spreadsheets(pd.DataFrame(table.drop(columns="geometry", errors="ignore")))
        write_whole(path, lambda file: plain.to_csv(file, index=False, encoding="utf-8"))
        return path
    if path.suffix != ".geojson" or "geometry" not in table:
        raise WrongUse(
            "privacy.write",
            "a table is written as CSV, one with shapes also as GeoJSON",
            expected=".csv, .geojson",
            found=path.suffix,
        )
    write_whole(path, lambda file: file.write_text(table.to_crs("EPSG:4326").to_json(), encoding="utf-8"))
    return path
