"""How good a list is: what it finds, how far that hangs on a few sectors, and whether its scores can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike


def recall_at(target: ArrayLike, score: ArrayLike, visits: int) -> float:
    """Share of the lost trees among the ``visits`` trees with the highest score; ties count in proportion.

    Returns
    -------
    float
        Between 0 and 1.
    """
    target, score = np.asarray(target, dtype=float), np.asarray(score, dtype=float)
    visits = min(int(visits), len(target))
    if visits <= 0 or target.sum() == 0:
        return 0.0
    limit = np.partition(score, len(score) - visits)[len(score) - visits]
    above, tied = score > limit, score == limit
    share = (visits - above.sum()) / tied.sum()
    return float((target[above].sum() + share * target[tied].sum()) / target.sum())


def average_precision(target: np.ndarray, score: np.ndarray) -> float:
    """Area under the precision-recall curve, by steps (as scikit-learn's, several times faster on large tables)."""
    order = np.argsort(-score, kind="stable")
    hit, ranked = target[order], score[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # ties are taken together
    hits = np.cumsum(hit)[last]
    precision, recall = hits / (last + 1), hits / hits[-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def redrawn(groups: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Rows of whole groups, drawn with replacement, as many groups as there are; ``draws`` times."""
    rng = np.random.default_rng(seed)
    names, codes = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(codes == k) for k in range(len(names))]
    for _ in range(draws):
        yield np.concatenate([members[k] for k in rng.integers(0, len(names), len(names))])


def interval(
    target: np.ndarray, score: np.ndarray, groups: np.ndarray, *, draws: int = 100, seed: int = 0
) -> tuple[float, float]:
    """95 % of the average precisions of draws of whole groups.

    Returns
    -------
    low, high : float
    """
    found = [average_precision(target[i], score[i]) for i in redrawn(groups, draws, seed) if target[i].any()]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def calibration(target: ArrayLike, score: ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Whether scores can be believed: the share really lost among trees of about the same score.

    Parameters
    ----------
    target : array of bool
    score : array of float
        0 to 1.
    bins : int
        Groups of as many trees each.

    Returns
    -------
    DataFrame
        ``trees``, ``predicted_pct`` and ``lost_pct`` (mean score and share lost) of each group, the lowest score first.
    """
    target, score = np.asarray(target, dtype=float), np.asarray(score, dtype=float)
    group = np.floor(bins * pd.Series(score).rank(method="first").sub(1) / len(score)).astype(int)
    table = pd.DataFrame({"trees": 1, "predicted_pct": 100 * score, "lost_pct": 100 * target})
    table = table.groupby(group.to_numpy()).agg({"trees": "sum", "predicted_pct": "mean", "lost_pct": "mean"})
    return table.reset_index(drop=True)


def brier(target: ArrayLike, score: ArrayLike) -> float:
    """The mean squared error of scores from 0 to 1, to be held against that of the overall share for every tree."""
    target, score = np.asarray(target, dtype=float), np.asarray(score, dtype=float)
    return float(((score - target) ** 2).mean())
