"""The summers of one station: which to take, what each had, and whether anything rises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.language import N_, _, pgettext
from datakit.vegetation import heat

if TYPE_CHECKING:
    from datakit.data.layers import Layers

LEAST = 8  # summers below which neither slope nor test says anything, see `datakit.vegetation.heat.trend`


def daily(layers: Layers) -> pd.DataFrame:
    """The daily series of all stations: the closed years, and this one and the last where a run has them.

    Parameters
    ----------
    layers : datakit.data.layers.Layers

    Returns
    -------
    DataFrame
        As loaded from ``meteo-daily``, each day of a station once.

    Raises
    ------
    CannotAnswer
        ``meteo-daily`` is not given.
    """
    closed, latest = layers["meteo-daily"], layers.get("meteo-daily-latest")
    every = closed if latest is None else pd.concat([closed, latest], ignore_index=True)
    every = every.drop_duplicates(["station", "date"])
    every.attrs = dict(closed.attrs)
    if latest is not None:  # what an answer names as its data is both
        every.attrs["datakit_sources"] = [latest.attrs["datakit"]]
    return every


def station(summers: pd.DataFrame, wanted: str) -> tuple[str, list[str]]:
    """The station that was asked for, or the one with most counted summers; then the others, most summers first.

    Parameters
    ----------
    summers : DataFrame
        Of `datakit.vegetation.heat.yearly`.
    wanted : str

    Returns
    -------
    (str, list of str)

    Raises
    ------
    CannotAnswer
        No station has enough counted summers.
    """
    whole = summers.dropna(subset="days").groupby("station").size().sort_values(ascending=False, kind="stable")
    enough = whole[whole >= LEAST]
    if enough.empty:
        raise CannotAnswer(
            "meteo-daily",
            _("no station has enough summers that were observed"),
            expected=_("{n} summers").format(n=LEAST),
            found=_("at most {n}").format(n=whole.max() if len(whole) else 0),
        )
    chosen = wanted if wanted in enough.index else str(enough.index[0])
    return chosen, [chosen, *(s for s in whole.index if s != chosen)]


def changes(days: pd.DataFrame, nights: pd.DataFrame) -> pd.DataFrame:
    """Whether hot days, warm nights and the mean summer maximum of one station rise, with range and test.

    Parameters
    ----------
    days, nights : DataFrame
        Of `datakit.vegetation.heat.yearly`, one station: of maxima and of minima.

    Returns
    -------
    DataFrame
        ``of``, ``summers`` (counted), ``per decade``, ``low``, ``high`` (days, or °C), ``p`` (Mann-Kendall), ``memory``
        (of a summer for the one before, -1 to 1), ``p with memory`` and ``says``: rises, falls, or no trend that these
        summers show, by the test with memory at 5 %.
    """
    rows = []
    for name, table, column in (
        (N_("hot days"), days, "days"),
        (N_("warm nights"), nights, "days"),
        (N_("mean summer maximum (°C)"), days, "mean"),
    ):
        slope, test = heat.trend(table["year"], table[column]), heat.mann_kendall(table["year"], table[column])
        rows.append((name, slope["years"], *(slope[k] for k in ("slope", "low", "high"))))
        rows[-1] += (test["p"], test["memory"], test["p_memory"], _says(slope, test))
    of = pgettext("a figure", "of")  # read by people only
    names = [of, "summers", "per decade", "low", "high", "p", "memory", "p with memory", "says"]
    return pd.DataFrame(rows, columns=names)


def _says(slope, test):
    if not np.isfinite(test["p_memory"]):
        return N_("too few summers, or all alike")
    if test["p_memory"] >= 0.05:
        return N_("no trend that these summers show")
    return N_("rise") if test["tau"] > 0 else N_("fall")
