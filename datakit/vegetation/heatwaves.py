"""Heat waves of a daily series, by the national definition and by the thresholds of the département."""

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.vegetation.heat import trusted

# Météo-France finds the heat waves of mainland France in its national thermal indicator, the mean of the daily mean
# temperatures of 30 stations: a wave holds a day of 25.3 °C or more within three days or more of at least 23.4 °C, and
# ends when two days in a row are below 23.4 °C, or one below 22.4 °C. One station is not the indicator: the same rule
# applied to it describes that station, and its waves are not the national ones.
PEAK, STAY, END, LEAST = 25.3, 23.4, 22.4, 3
# Côte-d'Or: means of three days of minima and of maxima from which the heat-health plan is considered, as France 3
# Bourgogne reported ("seuils de 34° le jour et 19° la nuit"). The plan uses forecasts, and officials decide.
NIGHT, DAY, RUN = 19.0, 34.0, 3


def series(daily, station):
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
        raise WrongUse("heatwaves", "no such station", expected=", ".join(sorted(daily["station"].unique())),
                       found=repr(station))  # fmt: skip
    values = pd.DataFrame({c: trusted(daily, c)[rows].to_numpy() for c in ("tmin", "tmax")}, index=daily["date"][rows])
    values = values[~values.index.duplicated()].sort_index().asfreq("D")
    values["tmean"] = (values["tmin"] + values["tmax"]) / 2
    return values


def waves(mean, peak=PEAK, stay=STAY, end=END, least=LEAST):
    """Heat waves of a series of daily means, by the national rule.

    Parameters
    ----------
    mean : Series
        °C, indexed by every day; the national indicator, or one station (see the note above).
    peak, stay, end : float
        °C, see `PEAK`.
    least : int
        Days that a wave lasts at least.

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
        raise WrongUse("heatwaves", "the series must have a row for each day, missing values included",
                       next="heatwaves.series(daily, station)")  # fmt: skip
    value = mean.to_numpy(float)
    warm = value >= stay
    found, start, last = [], None, None
    for k in range(len(value) + 1):
        over = k == len(value) or not np.isfinite(value[k])
        if start is not None:
            below = not over and value[k] < stay
            # One day between stay and end is borne, if the next is warm again.
            over = over or (below and (value[k] < end or k + 1 == len(value) or not warm[k + 1]))
            if over:
                part = value[start : last + 1]
                if last - start + 1 >= least and part.max() >= peak:
                    found.append((mean.index[start], mean.index[last], len(part), part.max(),
                                  np.clip(part - stay, 0, None).sum()))  # fmt: skip
                start = None
        if not over and warm[k]:
            start, last = k if start is None else start, k
    return pd.DataFrame(found, columns=["first", "last", "days", "hottest", "severity"])


def alert_days(values, night=NIGHT, day=DAY, run=RUN):
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
