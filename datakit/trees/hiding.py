"""Whether the ground under crowns can be believed: hide crowns that were measured, and compare with the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.language import N_, _
from datakit.trees import canopy

LEAST = 100  # measured crowns and trunks for a trial: a choice of this kit
WAYS = (N_("at random"), N_("mostly of large trees"), N_("mostly of small trees"))


def chances(trunks: pd.Series, way: str, share: float = 0.5) -> np.ndarray:
    """How likely each crown is to be hidden.

    Parameters
    ----------
    trunks : Series of float
        Trunk diameters.
    way : {"at random", "mostly of large trees", "mostly of small trees"}
        By size, the chance grows with the square of the trunk's rank, up to 0.98.
    share : float
        Of the crowns to hide at random.

    Returns
    -------
    ndarray of float
    """
    rank = trunks.rank(pct=True).to_numpy(dtype=float)
    return {WAYS[0]: np.full(len(rank), share), WAYS[1]: 0.98 * rank**2, WAYS[2]: 0.98 * (1 - rank) ** 2}[way]


def trial(frame: pd.DataFrame, *, share: float = 0.5, draws: int = 200, seed: int = 0) -> pd.DataFrame:
    """Hide crowns at random and by size, fit on the others, and compare the sum with what was hidden.

    Parameters
    ----------
    frame : DataFrame
        An inventory with crowns and trunks.
    share : float
        Of the crowns to hide at random.
    draws, seed : int

    Returns
    -------
    DataFrame
        For each of `WAYS`: ``hidden`` (which), ``crowns`` (hidden), ``true``, ``area``, ``low``, ``high`` (m²; 95 %)
        and ``held`` (whether the interval holds the truth).

    Raises
    ------
    CannotAnswer
        Fewer than `LEAST` trees have both crown and trunk.
    """
    measured = canopy.both_measured(frame)
    if measured.sum() < LEAST:
        what, there = _("too few trees have both a crown and a trunk"), str(int(measured.sum()))
        raise CannotAnswer(_("crowns"), what, expected=f"{LEAST}", found=there)
    frame, rows = frame[measured], []
    true = canopy.crown_area(frame)["area"].to_numpy()
    for number, way in enumerate(WAYS):
        hidden = np.random.default_rng([seed, number]).random(len(frame)) < chances(frame["dbh"], way, share)
        given = frame.assign(diametre_couronne=frame["diametre_couronne"].mask(hidden))
        crowns = canopy.Crowns(given)
        drawn = crowns.draw(np.where(hidden, 0, 1), 2, draws, seed)[:, 0]
        low, high = np.percentile(drawn, [2.5, 97.5])
        area, sum_true = np.nansum(crowns.area[hidden]), true[hidden].sum()
        low, high = min(low, area), max(high, area)
        rows.append((way, int(hidden.sum()), sum_true, area, low, high, bool(low <= sum_true <= high)))
    return pd.DataFrame(rows, columns=["hidden", "crowns", "true", "area", "low", "high", "held"])
