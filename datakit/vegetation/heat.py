"""Hot days and warm nights of weather stations, counted only where enough days were observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


DOUBTFUL = 2  # Météo-France's quality code for a value in doubt
SUMMER = (6, 7, 8)


def trusted(daily: pd.DataFrame, column: str) -> pd.Series:
    """Values of a column of ``meteo-daily`` without those that Météo-France itself doubts.

    Parameters
    ----------
    daily : DataFrame
        As loaded; ``quality_<column>`` is used where it exists.
    column : str
        ``"tmin"``, ``"tmax"`` or ``"rain"``.

    Returns
    -------
    Series
        Doubtful values are missing.
    """
    quality = f"quality_{column}"
    return daily[column].where(~daily[quality].eq(DOUBTFUL).fillna(False)) if quality in daily else daily[column]


def yearly(
    daily: pd.DataFrame,
    column: str = "tmax",
    threshold: float = 30.0,
    months: tuple[int, ...] = SUMMER,
    complete: float = 0.95,
) -> pd.DataFrame:
    """Days of each year and station on which a value reaches a threshold, and how many days were observed.

    Parameters
    ----------
    daily : DataFrame
        ``station``, ``date`` (datetime), ``column``, one row for each day observed.
    column : str
        ``"tmax"`` for hot days, ``"tmin"`` for warm nights.
    threshold : float
        Degrees Celsius.
    months : tuple of int
        Months that must have been observed. Days above the threshold in other months count too.
    complete : float
        Share of the days of ``months`` from which a year is counted: a choice of this kit.

    Returns
    -------
    DataFrame
        ``station``, ``station_name``, ``year``, ``observed`` (days of ``months`` with a value), ``expected``,
        ``share`` (0 to 1), ``days`` (missing where the year was not observed enough) and ``mean`` (of the column over
        ``months``, missing likewise). A year without any row between a station's first and last is there, with 0.

    Raises
    ------
    WrongUse
        No such column.
    """
    absent = {"station", "date", column} - set(daily.columns)
    if absent:
        raise WrongUse(
            "yearly", _("no column {names}").format(names=", ".join(sorted(absent))), expected=", ".join(daily.columns)
        )
    table = pd.DataFrame({"station": daily["station"], "date": daily["date"], "value": trusted(daily, column)})
    table = table.dropna().drop_duplicates(["station", "date"])
    table["year"] = table["date"].dt.year
    table["season"] = table["date"].dt.month.isin(months)
    table["hit"] = table["value"] >= threshold
    counts = table.groupby(["station", "year"]).agg(observed=("season", "sum"), days=("hit", "sum"))
    counts["mean"] = table[table["season"]].groupby(["station", "year"])["value"].mean()
    spans = table.groupby("station")["year"].agg(["min", "max"])
    every = [(s, y) for s, a, b in spans.itertuples() for y in range(a, b + 1)]
    out = counts.reindex(pd.MultiIndex.from_tuples(every, names=["station", "year"])).reset_index()
    out["observed"] = out["observed"].fillna(0).astype(int)
    out["expected"] = out["year"].map(lambda y: season_days(y, months)).astype(int)
    out["share"] = out["observed"] / out["expected"]
    out.loc[out["share"] < complete, ["days", "mean"]] = np.nan
    if "station_name" in daily:
        out.insert(1, "station_name", out["station"].map(daily.groupby("station")["station_name"].last()))
    return out


def trend(years: ArrayLike, values: ArrayLike, level: float = 0.95) -> dict[str, float]:
    """Change per decade by the median of all slopes between two years (Theil-Sen), which a few odd years do not move.

    Parameters
    ----------
    years, values : array of float
        Years without value are left out.
    level : float
        Of the interval.

    Returns
    -------
    dict
        ``slope``, ``low``, ``high`` (per decade) and ``years`` (how many were used); missing with fewer than 8. Where a
        year resembles the one before, the interval is as much wider as ``p_memory`` of `mann_kendall` is larger.

    Notes
    -----
    Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American
    Statistical Association 63(324): the slope, and the interval from the variance of Kendall's score. That variance is
    multiplied as in `mann_kendall`.
    """
    with needed_by(__name__):
        from scipy.stats import norm, theilslopes

    years, values = _known(years, values)
    if len(values) < 8:  # an interval from fewer years would be too wide to say anything: a choice of this kit
        return {"slope": np.nan, "low": np.nan, "high": np.nan, "years": len(values)}
    slope, _middle, low, high = theilslopes(values, years, level)
    more = _inflation(_rest(years, values, slope))
    if more > 1:
        first, second = np.triu_indices(len(years), 1)
        pairs = years[first] != years[second]
        slopes = np.sort(((values[second] - values[first])[pairs]) / (years[second] - years[first])[pairs])
        reach = norm.ppf(0.5 + level / 2) * np.sqrt(_variance(values) * more)
        places = np.rint([(len(slopes) - reach) / 2 - 1, (len(slopes) + reach) / 2]).astype(int)
        low, high = slopes[np.clip(places, 0, len(slopes) - 1)]
    # Rounding errors differ between machines: no slope is written -0.0.
    per_decade = {"slope": slope, "low": low, "high": high}
    return {**{k: round(10 * v, 9) + 0.0 for k, v in per_decade.items()}, "years": len(values)}


def mann_kendall(years: ArrayLike, values: ArrayLike) -> dict[str, float]:
    """Whether values tend to rise or fall with the years, without supposing a straight line.

    Parameters
    ----------
    years, values : array of float
        Years without value are left out.

    Returns
    -------
    dict
        ``tau`` (Kendall's, -1 to 1), ``p`` (two-sided; the share of orders that chance would put so far, exact for
        short series without ties), ``years`` (how many), ``memory`` (correlation of a year with the one before, once
        the trend of `trend` is taken away: far from 0, years are not independent and ``p`` is too small) and
        ``p_memory`` (``p`` with the variance that such a memory gives, where the ranks of a year and of the one before
        resemble each other more than chance would at 5 %; else ``p`` itself).

    Notes
    -----
    Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3). Kendall, M. G. (1975). Rank correlation
    methods. Griffin. Memory: Hamed, K. H. and Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated
    data. Journal of Hydrology 204, of which one year back is used; that memory never makes ``p`` smaller is a choice of
    this kit.
    """
    with needed_by(__name__):
        from scipy.stats import kendalltau

    years, values = _known(years, values)
    if len(values) < 8 or np.ptp(values) == 0:
        return {"tau": np.nan, "p": np.nan, "years": len(values), "memory": np.nan, "p_memory": np.nan}
    found = kendalltau(years, values)
    rest = _rest(years, values, trend(years, values)["slope"] / 10)
    before = rest.reindex(rest.index - 1).to_numpy()
    pair = np.isfinite(before)
    memory = np.corrcoef(before[pair], rest.to_numpy()[pair])[0, 1] if pair.sum() > 3 else np.nan
    tau, p = float(found.statistic), float(found.pvalue)
    known = {"tau": tau, "p": p, "years": len(values), "memory": float(memory)}
    return {**known, "p_memory": _with_memory(years, values, rest, p)}


def _known(years, values) -> tuple[np.ndarray, np.ndarray]:
    """The years that have a value, and their values."""
    years, values = np.asarray(years, float), np.asarray(values, float)
    known = np.isfinite(values) & np.isfinite(years)
    return years[known], values[known]


def _rest(years, values, slope):
    """What is left of the values, by year, once a trend is taken away."""
    return pd.Series(values - slope * years, index=years.astype(int))


def _inflation(rest):
    """How much larger the variance of Kendall's score is because a year resembles the one before; 1 if by chance."""
    with needed_by(__name__):
        from scipy.stats import norm

    n = len(rest)
    ranks = rest.round(9).rank() - (n + 1) / 2  # rounding errors differ between machines: they decide no rank
    if not (ranks**2).sum() > 0:
        return 1.0
    resemblance = (ranks * ranks.reindex(ranks.index - 1).to_numpy()).sum() / (ranks**2).sum()
    return 1 + 2 * (n - 3) / n * resemblance if resemblance > norm.ppf(0.975) / np.sqrt(n) else 1.0


def _variance(values):
    """The variance of Kendall's score when all orders are alike, ties counted."""
    n = len(values)
    ties = np.unique(values, return_counts=True)[1]
    return (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18


def _with_memory(years, values, rest, p):
    """The p of `mann_kendall` when a year resembles the one before: its variance is larger than that of free orders."""
    with needed_by(__name__):
        from scipy.stats import norm

    more = _inflation(rest)
    if not more > 1:
        return p
    order = np.sign(np.subtract.outer(values, values) * np.subtract.outer(years, years)).sum() / 2
    return float(max(p, 2 * norm.sf(max(abs(order) - 1, 0) / np.sqrt(_variance(values) * more))))


def gaps(daily: pd.DataFrame, column: str = "tmax", least: int = 1) -> pd.DataFrame:
    """Days that a station did not observe, as periods.

    Parameters
    ----------
    daily : DataFrame
        See `yearly`.
    column : str
    least : int
        Days of the shortest period to list.

    Returns
    -------
    DataFrame
        ``station``, ``first``, ``last``, ``days``; longest first. Days before a station opened or after its last row
        are no gap.

    Raises
    ------
    WrongUse
        No such column.
    """
    absent = {"station", "date", column} - set(daily.columns)
    if absent:
        raise WrongUse(
            "gaps", _("no column {names}").format(names=", ".join(sorted(absent))), expected=", ".join(daily.columns)
        )
    seen = pd.DataFrame({"station": daily["station"], "date": daily["date"], "value": trusted(daily, column)})
    seen = seen.dropna().drop_duplicates(["station", "date"]).sort_values(["station", "date"])
    before = seen.groupby("station")["date"].shift()
    missing = (seen["date"] - before).dt.days - 1
    rows = missing >= least
    day = pd.Timedelta(days=1)
    out = pd.DataFrame(
        {
            "station": seen["station"][rows],
            "first": before[rows] + day,
            "last": seen["date"][rows] - day,
            "days": missing[rows].astype(int),
        }
    )
    return out.sort_values(["days", "station", "first"], ascending=[False, True, True], ignore_index=True)


def season_days(year: int, months: tuple[int, ...] = SUMMER) -> int:
    """Days of some months of a year."""
    return sum(pd.Period(f"{year}-{m:02d}").days_in_month for m in months)
