"""Where planting matters most: need times room, and how far the order depends on the weights."""

import numpy as np
import pandas as pd

from datakit.errors import WrongUse

# How much a local climate zone favours heat by its form and cover, 0 to 1. The zones are those of Stewart and Oke
# (2012); the numbers are choices of this kit, not measurements: compact and paved high, open built in the middle,
# trees and water 0.
LCZ_HEAT = {
    1: 1.0,
    2: 1.0,
    3: 0.9,
    4: 0.6,
    5: 0.6,
    6: 0.5,
    7: 0.8,
    8: 0.9,
    9: 0.3,
    10: 1.0,
    11: 0.0,
    12: 0.1,
    13: 0.2,
    14: 0.2,
    15: 0.9,
    16: 0.5,
    17: 0.0,
}


def percent_rank(values):
    """Rank of each value between 0 (lowest) and 1 (highest), the mean rank for equal ones; missing stays missing.

    Ranks forget units and extreme values, which lets indicators in metres, people and shares be added.

    Parameters
    ----------
    values : Series or array of float

    Returns
    -------
    ndarray
    """
    values = pd.Series(np.asarray(values, float))
    known = values.notna().sum()
    if known < 2:
        return np.where(values.notna(), 0.5, np.nan)
    return ((values.rank(method="average") - 1) / (known - 1)).to_numpy()


def need(frame, weights):
    """Weighted mean of the ranks of some indicators, 0 to 1; a high value of an indicator means more need.

    Parameters
    ----------
    frame : DataFrame
        With the indicators' columns.
    weights : dict of str to float
        Column to weight, 0 or more; only their proportions count.

    Returns
    -------
    Series
        Missing where one of the indicators with a weight is.

    Raises
    ------
    WrongUse
        No such column, a negative weight, or all of them 0.
    """
    weights = _checked(frame, weights)
    ranks = np.column_stack([percent_rank(frame[c]) for c in weights])
    return pd.Series(ranks @ np.array(list(weights.values())), index=frame.index, name="need")


def feasibility(share, enough=0.25):
    """Room for trees between 0 and 1: the plantable share of a cell, where ``enough`` of it counts as full.

    Parameters
    ----------
    share : Series
        Plantable share, 0 to 1.
    enough : float
        Share of a cell from which more room adds nothing: a choice of this kit.

    Returns
    -------
    Series
    """
    if not 0 < enough <= 1:
        raise WrongUse("feasibility", "`enough` is a share of a cell", expected="between 0 and 1", found=repr(enough))
    return (share / enough).clip(0, 1)


def prioritise(frame, weights, room, draws=1000, concentration=20.0, top=0.1, seed=0):
    """Order places by need times room, and say how far the order holds when the weights change.

    Weights are drawn from a Dirichlet distribution around those given. A place that is in the first tenth in nearly
    every draw does not depend on who chose them; one that is there in half of them does.

    Parameters
    ----------
    frame : DataFrame
        With the indicators of need.
    weights : dict of str to float
        See :func:`need`.
    room : Series
        0 to 1, see :func:`feasibility`.
    draws : int
        Number of random sets of weights.
    concentration : float
        The larger, the closer the drawn weights stay to those given; 20 lets a weight of one third vary by about 0.1.
    top : float
        Share of the places that is "the first".
    seed : int

    Returns
    -------
    DataFrame
        ``need``, ``priority`` (0 to 1), ``rank`` (1 is first), ``rank_low`` and ``rank_high`` (5 % and 95 % of the
        draws), ``top_share`` (share of the draws in which the place is among the first), with the index of ``frame``.
        Places without a figure have none, and are not ranked.

    Raises
    ------
    WrongUse
        See :func:`need`; also fewer than one draw.
    """
    weights = _checked(frame, weights)
    if draws < 1 or concentration <= 0 or not 0 < top < 1:
        raise WrongUse("prioritise", "draws and concentration are positive, top is between 0 and 1",
                       found=f"draws={draws}, concentration={concentration}, top={top}")  # fmt: skip
    ranks = np.column_stack([percent_rank(frame[c]) for c in weights])
    base = np.array(list(weights.values()))
    room = np.asarray(room, float)
    score = (ranks @ base) * room
    known = np.isfinite(score)
    out = pd.DataFrame({"need": ranks @ base, "priority": score}, index=frame.index)
    out["rank"] = out["priority"].rank(ascending=False, method="min")
    first = max(1, round(top * known.sum()))
    # An indicator whose weight is 0 was left out on purpose: it stays out of the draws.
    drawn = np.zeros((draws, len(base)))
    drawn[:, base > 0] = np.random.default_rng(seed).dirichlet(concentration * base[base > 0], draws)
    places = pd.DataFrame((ranks[known] @ drawn.T) * room[known, None]).rank(ascending=False, method="first").to_numpy()
    for name, value in (
        ("rank_low", np.quantile(places, 0.05, axis=1) if known.any() else []),
        ("rank_high", np.quantile(places, 0.95, axis=1) if known.any() else []),
        ("top_share", (places <= first).mean(axis=1)),
    ):
        out[name] = np.nan
        out.loc[known, name] = value
    return out


def _checked(frame, weights):
    absent = [c for c in weights if c not in frame]
    values = np.array(list(weights.values()), float)
    if absent or not len(values) or not (np.isfinite(values) & (values >= 0)).all() or not values.sum() > 0:
        raise WrongUse(
            "weights",
            "a weight is a number, 0 or more, for a column that exists, and not all are 0",
            expected=f"some of {', '.join(map(str, frame.select_dtypes('number').columns))}",
            found=str(weights),
        )
    return dict(zip(weights, values / values.sum(), strict=True))
