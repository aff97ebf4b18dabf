"""How old and how large the trees are: what is measured, what is only known by year, what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datakit.language import N_, _
from datakit.show.answers import Value

# Richards, N. A. (1983). Diversity and stability in a street tree population. Urban Ecology 7(2), 159-171: a population
# that renews itself has about so many per cent of trees in each class of trunk diameter at breast height.
RICHARDS = {N_("under 20 cm"): 40, N_("20 to 40 cm"): 30, N_("40 to 60 cm"): 20, N_("60 cm and more"): 10}


def planting_year(frame: pd.DataFrame) -> pd.Series:
    """The year of planting of each tree, from ``annee_plantation``, else ``date_plantation``; missing where unknown.

    Returns
    -------
    Series of Int64
        Text such as "2007/2008" gives its first year.
    """
    year = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    for name in ("annee_plantation", "date_plantation"):
        if name not in frame:
            continue
        year = year.fillna(_year(frame[name]))
    return year


def _year(column):
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.year.astype("Int64")
    codes, words = pd.factorize(column)  # few values are written on many rows
    found = pd.Series(words).astype("str").str.extract(r"(1[5-9]\d\d|20\d\d)")[0]
    years = pd.to_numeric(found, errors="coerce").astype("Int64")
    return pd.Series(years.array.take(codes, allow_fill=True), index=column.index)


def survey_year(frame: pd.DataFrame) -> int | None:
    """The year an inventory speaks of: the latest of its surveys, else of its plantings.

    A year that fewer than one dated tree in a thousand has is taken for a slip of the pen.

    Returns
    -------
    int or None
        None where the inventory has no date.
    """
    surveyed = _year(frame["date_releve"]) if "date_releve" in frame else None
    for year in (surveyed, planting_year(frame)):
        if year is not None and year.notna().any():
            share = year.value_counts(normalize=True)
            return int(share.index[share >= 0.001].max())
    return None


def age(frame: pd.DataFrame, today: int) -> pd.Series:
    """Years since planting at the end of year ``today``, else the inventory's estimate (``age_estime``).

    Returns
    -------
    Series of float
        Missing where neither is known; a year of planting after ``today`` is missing too.
    """
    years = (today - planting_year(frame)).astype("float64")
    years = years.where(years >= 0)
    return years.fillna(frame["age_estime"].astype("float64")) if "age_estime" in frame else years


def trunk_diameter(frame: pd.DataFrame) -> pd.Series:
    """Trunk diameter at breast height in cm: ``diametre``, else ``circonference`` (girth, cm) over pi.

    Returns
    -------
    Series of float
        0 is missing, and so is text: a card leaves a column as text where nobody knows its unit.
    """
    diameter = pd.Series(np.nan, index=frame.index)
    for name, factor in (("diametre", 1.0), ("circonference", 1 / np.pi)):
        if name in frame and pd.api.types.is_numeric_dtype(frame[name]):
            diameter = diameter.fillna(frame[name].astype("float64") * factor)
    return diameter.where(diameter > 0)


def height(frame: pd.DataFrame) -> pd.Series:
    """Height in cm: ``hauteur``.

    Returns
    -------
    Series of float
        0 and text are missing, as for `trunk_diameter`.
    """
    if "hauteur" not in frame or not pd.api.types.is_numeric_dtype(frame["hauteur"]):
        return pd.Series(np.nan, index=frame.index)
    metric = frame["hauteur"].astype("float64")
    return metric.where(metric > 0)


def against_richards(frame: pd.DataFrame) -> pd.DataFrame:
    """The share of each class of trunk diameter beside Richards' target.

    Returns
    -------
    DataFrame
        ``diameter`` (class), ``trees``, ``share_pct`` and ``target_pct`` (of the trees measured). Empty counts where
        nothing is measured.
    """
    counts = _classes(frame).value_counts(sort=False)
    percent = 100 * counts / counts.sum() if counts.sum() else counts.astype(float) * np.nan
    return pd.DataFrame(
        {
            "diameter": list(RICHARDS),
            "trees": counts.to_numpy(),
            "share_pct": percent.to_numpy(),
            "target_pct": list(RICHARDS.values()),
        }
    )


def _classes(frame):
    return pd.cut(trunk_diameter(frame), [0, 20, 40, 60, np.inf], right=False, labels=list(RICHARDS))


def by(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Trunk diameters against Richards' target, by group.

    Parameters
    ----------
    frame : DataFrame
    column : str
        The group of each tree (sector, commune); trees without one are a group of their own, "not said".

    Returns
    -------
    DataFrame
        One row per group: ``column``, ``trees``, ``measured``, the share of each class of `RICHARDS` (per cent of the
        trees measured) and ``off_pct`` (percentage points that would have to change class to meet the target: half the
        sum of the absolute differences). Missing where nothing is measured.
    """
    groups = frame[column].astype("str").fillna(_("not said"))
    counts = pd.get_dummies(_classes(frame)).groupby(groups).sum()
    counts.columns = list(RICHARDS)
    measured = counts.sum(axis=1)
    shares = 100 * counts.div(measured.where(measured > 0), axis=0)
    off = (shares - RICHARDS).abs().sum(axis=1, min_count=len(RICHARDS)) / 2
    table = pd.DataFrame({"trees": groups.value_counts(), "measured": measured, **shares, "off_pct": off})
    return table.rename_axis(column).reset_index()


def turnover(years: pd.Series, recent: int = 10) -> Value:
    """How long it would take to plant as many trees as stand, at the pace of the last years.

    Parameters
    ----------
    years : Series of float
        Ages of the standing trees.
    recent : int
        How many years back the pace is taken from.

    Returns
    -------
    Value
        In years; "never" in words where none is so young. Young trees that died already are not in it: the pace of
        planting is at least that.
    """
    young = int((years < recent).sum())
    return Value(recent * len(years) / young, "years", decimals=0) if young else Value(N_("never"))
