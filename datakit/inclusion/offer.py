"""What is there: places counted by kind and by commune, and what they say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from datakit.errors import CannotAnswer
from datakit.inclusion.services import CATEGORIES
from datakit.language import N_, _, day
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

SAYS = {  # column -> what a place of the list may say of itself
    "weekly_hours": N_("hours are said"),
    "saturday": N_("open on a Saturday"),
    "evening": N_("open after 18:00 on a weekday"),
    "accessible": N_("wheelchairs welcome"),
}


def summary(inside: gpd.GeoDataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """How many places there are of each kind, and how many say what of themselves.

    Parameters
    ----------
    inside : GeoDataFrame
        Of `datakit.inclusion.linkage.Collected`.
    kinds : iterable of str

    Returns
    -------
    DataFrame
        ``category``, ``kind`` (in words), ``places``, ``to check`` (flagged) and the words of `SAYS`: of what is not
        said nobody knows.
    """
    rows = []
    for name in kinds:
        part = inside[inside["category"] == name]
        told = [part[c].notna().sum() if c == "weekly_hours" else part[c].fillna(False).sum() for c in SAYS]
        rows.append((name, _(CATEGORIES[name]), len(part), int(part["flagged"].sum()), *map(int, told)))
    return pd.DataFrame(rows, columns=["category", "kind", "places", "to check", *SAYS.values()])


def opening(counted: pd.DataFrame) -> pd.DataFrame:
    """What places say of themselves, all kinds together, for bars.

    Parameters
    ----------
    counted : DataFrame
        Of `summary`.

    Returns
    -------
    DataFrame
        ``says`` (the words of `SAYS`, in the user's language), ``places`` and ``pct`` (% of all places).

    Raises
    ------
    CannotAnswer
        No place says when it is open.
    """
    told = counted[list(SAYS.values())].sum()
    if not told[SAYS["weekly_hours"]]:
        raise CannotAnswer(_("opening hours"), _("no place of these kinds says when it is open"))
    out = told.rename(index=_).rename_axis("says").reset_index(name="places")
    return out.assign(pct=100 * out["places"] / counted["places"].sum())


def newest(dates: pd.Series) -> Value:
    """The last of some dates, as the user writes it, for an answer."""
    return Value(day(dates.max().date().isoformat()) if dates.notna().any() else N_("not said"))


def per_commune(places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, kinds: Iterable[str]) -> gpd.GeoDataFrame:
    """How many places of each kind stand in each commune.

    Parameters
    ----------
    places : GeoDataFrame
        With ``found``, the code of the commune: flagged ones are for the caller to leave out.
    communes : GeoDataFrame
        ``commune`` and whatever else is to be kept.
    kinds : iterable of str

    Returns
    -------
    GeoDataFrame
        ``communes`` with a column for each kind.
    """
    counted = pd.crosstab(places["found"].astype("str"), places["category"])
    counted = counted.reindex(index=communes["commune"], columns=list(kinds), fill_value=0)
    return communes.assign(**{name: counted[name].to_numpy() for name in counted})
