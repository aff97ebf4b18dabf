"""Heat waves of a daily series, by the national definition and by the thresholds of the département."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.language import _
from datakit.vegetation.heat import SUMMER, season_days, trusted

# Météo-France finds the heat waves of mainland France in its national thermal indicator, the mean of the daily mean
# temperatures of 30 stations: a wave holds a day of 25.3 °C or more within three days or more of at least 23.4 °C, and
# ends when two days in a row are below 23.4 °C, or one below 22.4 °C. One station is not the indicator: the same rule
# applied to it describes that station, and its waves are not the national ones. The figures as the press reports them
# from Météo-France: France 3 Pays de la Loire and CNews, June 2022; the method: Soubeyroux, J.-M. et al. (2016). Les
# vagues de chaleur en France : analyse de l'été 2015 et évolutions attendues en climat futur. La Météorologie 94.
PEAK, STAY, END, LEAST = 25.3, 23.4, 22.4, 3
# Côte-d'Or: means, over three days, of minima and of maxima from which the heat-health plan is considered, when both
# are passed. The rule: Santé publique France, surveillance sanitaire en région Bourgogne et Franche-Comté, point au
# 4 juin 2015 (santepubliquefrance.fr). The two figures: France 3 Bourgogne, for Burgundy ("34° le jour et 19° la
# nuit"), a press report; the table of Santé publique France was not read.
# https://france3-regions.francetvinfo.fr/bourgogne-franche-comte/info/bourgogne--coup-de-chaud--101827.html
# The plan uses forecasts, and officials decide.
NIGHT, DAY, RUN = 19.0, 34.0, 3


def series(daily: pd.DataFrame, station: str) -> pd.DataFrame:
    """Daily minimum, maximum and mean of one station, with a row for each day of its period.

    Parameters
    ----------
    daily : DataFrame
        As loaded by ``meteo-daily``.
    station : str

    Returns
    -------
    DataFrame
        Index: every day from the first to the last; ``tmin``, ``tmax`` and ``tmean`` (°C; half the sum of both, as
        Météo-France defines the daily mean of its indicator), missing where they were not observed or are doubtful.

    Raises
    ------
    WrongUse
        No such station.
    """
    rows = daily["station"].eq(station)
    if not rows.any():
        raise WrongUse(
            "heatwaves",
            _("no such station"),
            expected=", ".join(sorted(daily["station"].unique())),
            found=repr(station),
        )
    values = pd.DataFrame({c: trusted(daily, c)[rows].to_numpy() for c in ("tmin", "tmax")}, index=daily["date"][rows])
    values = values[~values.index.duplicated()].sort_index().asfreq("D")
    values["tmean"] = (values["tmin"] + values["tmax"]) / 2
    return values


def waves(
    mean: pd.Series, peak: float = PEAK, stay: float = STAY, end: float = END, least: int = LEAST
) -> pd.DataFrame:
    """Heat waves of a series of daily means, by the national rule.

    Parameters
    ----------
    mean : Series
        °C, indexed by every day; the national indicator, or one station (see the note above).
    peak, stay, end : float
        °C, see `PEAK`.
    least : int
        Days at ``stay`` or more that a wave holds at least; a cooler day that is borne is none of them.

    Returns
    -------
    DataFrame
        One row for each wave: ``first`` and ``last`` day at ``stay`` or more, ``days``, ``hottest`` (°C) and
        ``severity`` (degree-days above ``stay``). A day without value ends a wave: nobody knows what it was.

    Raises
    ------
    WrongUse
        The index misses days.
    """
    step = mean.index.to_series().diff().dropna()
    if len(step) and not (step == pd.Timedelta(days=1)).all():
        raise WrongUse(
            "heatwaves",
            _("the series must have a row for each day, missing values included"),
            next="heatwaves.series(daily, station)",
        )
    value = mean.to_numpy(float)
    warm = value >= stay
    found, start, last = [], None, -1
    for k in range(len(value) + 1):
        over = k == len(value) or not np.isfinite(value[k])
        if start is not None:
            below = not over and value[k] < stay
            # One day between stay and end is borne, if the next is warm again.
            over = over or (below and (value[k] < end or k + 1 == len(value) or not warm[k + 1]))
            if over:
                part = value[start : last + 1]
                if (part >= stay).sum() >= least and part.max() >= peak:
                    found.append(
                        (
                            mean.index[start],
                            mean.index[last],
                            len(part),
                            part.max(),
                            np.clip(part - stay, 0, None).sum(),
                        )
                    )
                start = None
        if not over and warm[k]:
            start, last = k if start is None else start, k
    return pd.DataFrame(found, columns=["first", "last", "days", "hottest", "severity"])


def alert_days(values: pd.DataFrame, night: float = NIGHT, day: float = DAY, run: int = RUN) -> pd.Series:
    """Days on which the means of minima and of maxima over some days both reach the thresholds of the département.

    Parameters
    ----------
    values : DataFrame
        Of `series`.
    night, day : float
        °C.
    run : int
        Days of each mean, the day itself the first, as the plan looks forward.

    Returns
    -------
    Series of bool
        By day; missing where one of the days was not observed.
    """
    ahead = values[["tmin", "tmax"]].iloc[::-1].rolling(run, min_periods=run).mean().iloc[::-1]
    reached = (ahead["tmin"] >= night) & (ahead["tmax"] >= day)
    return reached.astype("boolean").mask(ahead.isna().any(axis=1))


def yearly(values: pd.DataFrame, months: tuple[int, ...] = SUMMER, complete: float = 0.95) -> pd.DataFrame:
    """Heat waves and days of alert of each year, with no count for a summer that was not observed enough.

    Parameters
    ----------
    values : DataFrame
        Of `series`, or any with a ``tmean`` for every day (°C): the national indicator, if you have it.
    months : tuple of int
        Months that must have been observed. Waves of other months count too.
    complete : float
        Share of the days of ``months`` from which a year is counted: a choice of this kit.

    Returns
    -------
    DataFrame
        One row for each year: ``observed`` (days of ``months`` with a mean), ``expected``, ``share`` (0 to 1),
        ``waves`` that begin in it, ``wave_days``, ``severity`` (degree-days, see `waves`) and, where minima and maxima
        are given, ``alert_days``, all missing where the year was not observed enough; ``cut``, waves next to a day
        without value, which may have been longer, or one with another.

    Raises
    ------
    WrongUse
        No ``tmean``, or an index that misses days.
    """
    if "tmean" not in values:
        raise WrongUse(
            "heatwaves",
            _("no column {names}").format(names="tmean"),
            expected=_("tmean for every day"),
            found=", ".join(values.columns),
            next="heatwaves.series(daily, station)",
        )
    found, mean = waves(values["tmean"]), values["tmean"]
    season = mean.index.month.isin(months) & mean.notna()
    years = range(mean.index.year.min(), mean.index.year.max() + 1) if len(mean) else []
    out = pd.DataFrame({"year": list(years)})
    out["observed"] = season.groupby(mean.index.year).sum().reindex(years).to_numpy(int)
    out["expected"] = [season_days(y, months) for y in years]
    out["share"] = out["observed"] / out["expected"]
    day = pd.Timedelta(days=1)
    before, after = mean.reindex(found["first"] - day), mean.reindex(found["last"] + day)
    found["cut"] = before.isna().to_numpy() | after.isna().to_numpy()
    sums = found.groupby(found["first"].dt.year).agg(
        waves=("days", "size"), wave_days=("days", "sum"), severity=("severity", "sum"), cut=("cut", "sum")
    )
    out = out.join(sums.reindex(years, fill_value=0).astype(float).reset_index(drop=True))
    if {"tmin", "tmax"} <= set(values.columns):
        alert = alert_days(values)
        out["alert_days"] = alert.groupby(alert.index.year).sum().reindex(years).to_numpy(float)
    counted = out.columns[4:]
    out.loc[out["share"] < complete, counted] = np.nan
    return out
