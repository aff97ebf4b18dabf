"""Where planting matters most: need times room, and how far the order depends on the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

Shares = TypeVar("Shares", pd.Series, np.ndarray)

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

BLOCK = 50  # draws ordered at once: memory stays small however many there are
CONFIDENCE = {
    N_("first in nearly all draws"): "#7f2704",
    N_("first in most draws"): "#e6550d",
    N_("first in some draws"): "#fdbe85",
    N_("never first"): "#f7f0e6",
    N_("not ranked"): "#d9d9d9",
}


def percent_rank(values: ArrayLike) -> np.ndarray:
    """Rank of each value between 0 (lowest) and 1 (highest), the mean rank for equal ones; missing stays missing.

    Ranks forget units and extreme values, which lets indicators in metres, people and shares be added.

    Parameters
    ----------
    values : Series or array of float

    Returns
    -------
    ndarray
    """
    given = np.asarray(values, float)
    known = ~np.isnan(given)
    if known.sum() < 2:
        return np.where(known, 0.5, np.nan)
    return (pd.Series(given).rank(method="average").to_numpy() - 1) / (known.sum() - 1)


def need(frame: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
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


def feasibility(share: Shares, enough: float = 0.25) -> Shares:
    """Room for trees between 0 and 1: the plantable share of a cell, where ``enough`` of it counts as full.

    Parameters
    ----------
    share : Series or ndarray
        Plantable share, 0 to 1.
    enough : float
        Share of a cell from which more room adds nothing: a choice of this kit.

    Returns
    -------
    Series or ndarray
        As ``share`` is.
    """
    if not 0 < enough <= 1:
        raise WrongUse(
            "feasibility", _("`enough` is a share of a cell"), expected=_("between 0 and 1"), found=repr(enough)
        )
    return (share / enough).clip(0, 1)


def prioritise(
    frame: pd.DataFrame,
    weights: Mapping[str, float],
    room: pd.Series | np.ndarray,
    draws: int = 1000,
    concentration: float = 20.0,
    top: float = 0.1,
    seed: int = 0,
    room_weight: float = 1.0,
) -> pd.DataFrame:
    """Order places by need times room, and say how far the order holds when the weights change.

    Weights are drawn from a Dirichlet distribution around those given. A place that is in the first tenth in nearly
    every draw does not depend on who chose weights near these; one that is there in half of them does. Weights are but
    one of the choices: `datakit.vegetation.firmness` draws them without any preference, and the others with them.

    Parameters
    ----------
    frame : DataFrame
        With the indicators of need.
    weights : dict of str to float
        See :func:`need`.
    room : Series or array of float
        0 to 1, see :func:`feasibility`.
    draws : int
        Number of random sets of weights. Memory grows by 2 bytes for each place and draw, whatever else is drawn.
    concentration : float
        The larger, the closer the drawn weights stay to those given; 20 lets a weight of one third vary by about 0.1.
    top : float
        Share of the places that is "the first".
    seed : int
    room_weight : float
        Power of ``room``: 1 as it is, 0 forgets it, 2 makes little room count against a place twice.

    Returns
    -------
    DataFrame
        ``need``, ``priority`` (0 to 1), ``rank`` (1 is first), ``rank_low`` and ``rank_high`` (5 % and 95 % of the
        draws), ``top_share`` (of the draws, 0 to 1, in which the place is among the first), with the index of
        ``frame``. Places without a figure have none, and are not ranked.

    Raises
    ------
    WrongUse
        See :func:`need`; also fewer than one draw.
    """
    weights = _checked(frame, weights)
    _drawable(draws, concentration, top, room_weight)
    ranks, base, room = _parts(frame, weights, room, room_weight)
    score = (ranks @ base) * room
    known = np.isfinite(score)
    rank = pd.Series(score).rank(ascending=False, method="min").to_numpy()
    out = pd.DataFrame({"need": ranks @ base, "priority": score, "rank": rank}, index=frame.index)
    # An indicator whose weight is 0 was left out on purpose: it stays out of the draws.
    drawn = np.zeros((draws, len(base)))
    drawn[:, base > 0] = np.random.default_rng(seed).dirichlet(concentration * base[base > 0], draws)
    low, high, among = _over_draws(ranks[known], room[known], drawn, top)
    for name, value in (("rank_low", low), ("rank_high", high), ("top_share", among)):
        out[name] = np.nan
        out.loc[known, name] = value
    return out


def _drawable(draws, concentration, top, room_weight):
    if draws < 1 or concentration <= 0 or not 0 < top < 1 or not 0 <= room_weight < np.inf:
        raise WrongUse(
            "prioritise",
            _("draws and concentration are positive, top is between 0 and 1, room_weight is 0 or more"),
            found=f"draws={draws}, concentration={concentration}, top={top}, room_weight={room_weight}",
        )


def _over_draws(ranks, room, drawn, top):
    """Of each place, its rank in 5 % and in 95 % of the draws, and the share of them in which it is among the first."""
    number, draws = len(room), len(drawn)
    first = _first(number, top)
    step = -(-number // 65_535) or 1  # ranks are kept in two bytes: exact up to 65,535 places
    places = np.empty((number, draws), np.uint16)
    among = np.zeros(number)
    for start in range(0, draws, BLOCK):
        scores = (drawn[start : start + BLOCK] @ ranks.T) * room
        order = np.argsort(-scores, axis=1, kind="stable")
        rank = np.empty(order.shape, np.uint32)
        np.put_along_axis(rank, order, np.arange(1, number + 1, dtype=np.uint32)[None], axis=1)
        among += (rank <= first).sum(axis=0)
        places[:, start : start + BLOCK] = (rank // step).T
    low, high = np.empty((2, number))
    for start in range(0, number, 2000):
        rows = slice(start, start + 2000)
        low[rows], high[rows] = step * np.quantile(places[rows], [0.05, 0.95], axis=1)
    return low, high, among / draws


def one_at_a_time(
    frame: pd.DataFrame,
    weights: Mapping[str, float],
    room: pd.Series | np.ndarray,
    by: Sequence[float] = (0.0, 0.5, 2.0),
    top: float = 0.1,
    room_weight: float = 1.0,
) -> pd.DataFrame:
    """What changes when one weight changes and the others stay: the draws move all at once and do not say which.

    Parameters
    ----------
    frame, weights, room, top, room_weight
        See :func:`prioritise`.
    by : sequence of float
        Factors for one weight at a time: 0 leaves the indicator out.

    Returns
    -------
    DataFrame
        One row for each weight and factor, the weight of room being ``"room"``: ``indicator``, ``factor``, ``weight``
        (share of all needs after the change; for room its power), ``kept`` (of the first tenth, 0 to 1, what stays in
        it), ``correlation`` (Spearman's, of all ranks) and ``moved`` (median of the change of rank, places). Missing
        where no weight would be left. Sorted by ``kept``: what the order depends on most comes first.

    Raises
    ------
    WrongUse
        See :func:`prioritise`; also a factor below 0.
    """
    weights = _checked(frame, weights)
    factors = np.asarray(list(by), float)
    if not len(factors) or not (np.isfinite(factors) & (factors >= 0)).all() or not 0 < top < 1:
        raise WrongUse(
            "one_at_a_time",
            _("a factor is a number, 0 or more, and top is between 0 and 1"),
            found=f"by={list(by)}, top={top}",
        )
    ranks, base, plain = _parts(frame, weights, room, 1.0)
    reference = (ranks @ base) * _power(plain, room_weight)
    known = np.isfinite(reference)
    rows = []
    for name in [*weights, "room"]:
        for factor in factors:
            changed, power = base.copy(), room_weight
            if name == "room":
                power = weight = room_weight * factor
            else:
                changed[list(weights).index(name)] *= factor
                weight = changed[list(weights).index(name)] / changed.sum() if changed.sum() > 0 else np.nan
            if not changed.sum() > 0 or not known.any():
                rows.append((name, factor, np.nan, np.nan, np.nan, np.nan))
                continue
            score = (ranks[known] @ (changed / changed.sum())) * plain[known] ** power
            rows.append((name, factor, weight, *_difference(reference[known], score, top)))
    table = pd.DataFrame(rows, columns=["indicator", "factor", "weight", "kept", "correlation", "moved"])
    return table.sort_values("kept", kind="stable", ignore_index=True)


def _difference(before, after, top):
    """What stays among the first, how alike all ranks are, and by how many places half of them move."""
    order, now = (pd.Series(score).rank(ascending=False).to_numpy() for score in (before, after))
    first, again = (np.argsort(-score, kind="stable")[: _first(len(before), top)] for score in (before, after))
    alike = np.nan if np.ptp(order) == 0 or np.ptp(now) == 0 else np.corrcoef(order, now)[0, 1]
    return np.isin(first, again).mean(), alike, np.median(np.abs(order - now))


def confidence(top_share: pd.Series, firm: float = 0.9, likely: float = 0.5) -> pd.Series:
    """Classes of confidence that a place is among the first, for a map that does not only show ranks.

    Parameters
    ----------
    top_share : Series
        Of :func:`prioritise`.
    firm, likely : float
        Shares of the draws from which a place is "first in nearly all draws" and "first in most draws".

    Returns
    -------
    Series
        Ordered categories, the keys of `CONFIDENCE`, whose values are colours in the same order: one dark hue that
        fades, so that they differ in lightness for every eye.

    Raises
    ------
    WrongUse
        Not ``0 < likely <= firm <= 1``.
    """
    if not 0 < likely <= firm <= 1:
        raise WrongUse(
            "confidence",
            _("the bounds are shares of the draws, likely below firm"),
            found=f"firm={firm}, likely={likely}",
        )
    share = pd.Series(top_share).astype(float)
    levels = list(CONFIDENCE)
    label = np.select(
        [share.isna(), share >= firm, share >= likely, share > 0],
        [levels[4], levels[0], levels[1], levels[2]],
        levels[3],
    )
    return pd.Series(pd.Categorical(label, levels, ordered=True), index=share.index, name="confidence")


def _first(number, top):
    return max(1, round(top * number))


def _parts(frame, weights, room, room_weight):
    """Ranks of the indicators, their weights, and room to its power."""
    ranks = np.column_stack([percent_rank(frame[c]) for c in weights])
    return ranks, np.array(list(weights.values())), _power(np.asarray(room, float), room_weight)


def _power(room, weight):
    return np.where(np.isnan(room), np.nan, room**weight)  # numpy takes nothing to the power 0 for 1


def _checked(frame, weights):
    absent = [c for c in weights if c not in frame]
    values = np.array(list(weights.values()), float)
    if absent or not len(values) or not (np.isfinite(values) & (values >= 0)).all() or not values.sum() > 0:
        raise WrongUse(
            "weights",
            _("a weight is a number, 0 or more, for a column that exists, and not all are 0"),
            expected=_("some of {names}").format(names=", ".join(map(str, frame.select_dtypes("number").columns))),
            found=str(weights),
        )
    return dict(zip(weights, values / values.sum(), strict=True))
