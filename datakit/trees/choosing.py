"""Baselines in order, from chance to boosting, and the simplest that no more complex one beats.

A score measured on random rows of an inventory flatters: neighbours share a street, a soil and a surveyor, and the
model has seen them. Here whole sectors are held out; Roberts, D. R. et al. (2017), Cross-validation strategies for
data with temporal, spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 913-929, explains why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.trees import learners, risk
from datakit.trees.scoring import average_precision, recall_at, redrawn
from datakit.trees.structure import survey_year

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

SECTORS, RANDOM = ", sectors", ", random rows"  # how a model was tried: the end of its name


@dataclass(frozen=True)
class Choice:
    """The simplest baseline that no more complex one beats, and how it was found."""

    baseline: str
    score: pd.Series  # of each tree, by the baseline chosen
    differences: pd.DataFrame  # from `differences`, all pairs

    def sentence(self) -> str:
        """Which baseline was chosen and why, in one sentence made of the figures."""
        said = [f"Chosen: {_short(self.baseline)}, the simplest that no more complex baseline beats"]
        if self.baseline == "chance":
            said.append("there is no reason here to visit one tree before another")
        table = self.differences
        for r in table[table["simpler"] == self.baseline].itertuples():
            said.append(f"{_short(r.other)} {'is worse' if r.high < 0 else 'is not shown to be better'}, {_range(r)}")
        passed = table["simpler"].unique().tolist()
        for name in passed[: passed.index(self.baseline)] if self.baseline in passed else passed:
            by = table[(table["simpler"] == name) & table["beats"]]
            mine = by[by["other"] == self.baseline]
            winner = (mine if len(mine) else by).iloc[0]
            said.append(f"{_short(name)} is beaten by {_short(winner['other'])}, {_range(winner)}")
        return "; ".join(said) + " (difference in average precision; 95 % of the draws of whole sectors)."


def _short(name):
    return name.removesuffix(SECTORS)


def _range(row):
    return f"{row.difference:+.3f} ({row.low:+.3f} to {row.high:+.3f})"


def differences(
    target: ArrayLike, scores: pd.DataFrame, groups: np.ndarray, *, draws: int = 200, seed: int = 0
) -> pd.DataFrame:
    """What each baseline adds to each simpler one, on the same trees of the same held-out sectors.

    Two intervals that overlap do not say that two lists are as good: most of what moves them moves both. So both are
    measured on each draw of whole sectors, and their difference is what is looked at.

    Parameters
    ----------
    target : array of bool
    scores : DataFrame
        One column of scores per baseline, the simplest first.
    groups : array
        The sector of each tree.
    draws, seed : int

    Returns
    -------
    DataFrame
        One row per pair: ``simpler``, ``other`` (the more complex), ``difference`` in average precision with ``low``
        and ``high`` (95 % of the draws), ``beats`` (whether the whole interval is above 0).
    """
    target = np.asarray(target, dtype=bool)
    columns = {name: scores[name].to_numpy(dtype=float) for name in scores}
    drawn = np.array(
        [
            [average_precision(target[i], score[i]) for score in columns.values()]
            for i in redrawn(groups, draws, seed)
            if target[i].any()
        ]
    )
    whole = [average_precision(target, score) for score in columns.values()]
    rows = []
    for a, simpler in enumerate(columns):
        for b, other in list(enumerate(columns))[a + 1 :]:
            low, high = np.percentile(drawn[:, b] - drawn[:, a], [2.5, 97.5])
            rows.append((simpler, other, whole[b] - whole[a], low, high, bool(low > 0)))
    return pd.DataFrame(rows, columns=["simpler", "other", "difference", "low", "high", "beats"])


def simplest_unbeaten(
    target: ArrayLike, scores: pd.DataFrame, groups: np.ndarray, *, draws: int = 200, seed: int = 0
) -> Choice:
    """The simplest baseline that no more complex one beats: a model that adds nothing is not worth its trouble.

    Parameters
    ----------
    target, scores, groups, draws, seed
        As for `differences`. Columns measured on random rows are left out.

    Returns
    -------
    Choice
    """
    scores = scores[[name for name in scores if not name.endswith(RANDOM)]]
    table = differences(target, scores, groups, draws=draws, seed=seed)
    beaten = set(table["simpler"][table["beats"]])
    name = next(name for name in scores if name not in beaten)  # nothing is more complex than the last
    return Choice(name, scores[name], table)


def _held_out(frame, target, today, seed):
    """The score of each tree by baseline, the simplest first; models have not seen the sector of the tree."""
    table, groups = risk.features(frame, today), risk.sectors(frame)
    genus = table.get("genus", pd.Series("", index=table.index))
    scores = {
        "chance": np.zeros(len(table)),
        "oldest stage first": risk.oldest_stage_first(frame, today),
        f"worst genera first{SECTORS}": learners.by_one_column(genus, target, groups),
        f"logistic regression{SECTORS}": learners.out_of_fold(table, target, groups, seed=seed),
        f"gradient boosting{SECTORS}": learners.out_of_fold(
            table, target, groups, learner=learners.boosting, seed=seed
        ),
    }
    return pd.DataFrame(scores, index=frame.index)


def baselines(
    frame: gpd.GeoDataFrame, target: ArrayLike, *, today: int, visits: int = 200, draws: int = 100, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The baselines in order: chance, two rules, two models on held-out sectors; and the models on random rows.

    On random rows the models are told the sector too, as one would who does not think of holding it out.

    Parameters
    ----------
    frame : GeoDataFrame
    target : array of bool
        From `datakit.trees.risk.lost`, without missing values.
    today : int
        Year of the survey.
    visits : int
        Trees that can be visited: the budget of the recall.
    draws : int
        Bootstrap draws of whole sectors for the 95 % intervals.
    seed : int

    Returns
    -------
    DataFrame
        ``baseline``, ``held_out`` ("sectors", "random rows" or ""), ``average_precision`` with ``low`` and ``high``,
        ``recall`` at ``visits``, and the lost trees ``found`` by so many visits, with ``found_low`` and ``found_high``.
    DataFrame
        The score of each tree by baseline, in the order of ``frame``.
    """
    target, groups = np.asarray(target, dtype=bool), risk.sectors(frame)
    scores = _held_out(frame, target, today, seed)
    told = risk.features(frame, today).assign(sector=groups.astype(object))
    for name, learner in (("logistic regression", learners.model), ("gradient boosting", learners.boosting)):
        scores[name + RANDOM] = learners.out_of_fold(told, target, learner=learner, seed=seed)
    return _measured(scores, target, groups, visits, draws, seed), scores


def _measured(scores, target, groups, visits, draws, seed):
    columns = [scores[name].to_numpy(dtype=float) for name in scores]
    # Draws of whole sectors, the same for all baselines, so that they compare.
    precision, found = np.full((2, draws, len(columns)), np.nan)
    for d, i in enumerate(redrawn(groups, draws, seed)):
        hit = target[i]
        if hit.any():
            precision[d] = [average_precision(hit, score[i]) for score in columns]
            found[d] = [hit.sum() * recall_at(hit, score[i], visits) for score in columns]
    recall = np.array([recall_at(target, score, visits) for score in columns])
    (low, high), (found_low, found_high) = (np.nanpercentile(x, [2.5, 97.5], axis=0) for x in (precision, found))
    names = [name.partition(", ") for name in scores]
    return pd.DataFrame(
        {
            "baseline": [name for name, _, _ in names],
            "held_out": [how for _, _, how in names],
            "average_precision": [average_precision(target, score) for score in columns],
            "low": low,
            "high": high,
            "recall": recall,
            "found": recall * target.sum(),
            "found_low": found_low,
            "found_high": found_high,
        }
    )


def loss_scores(frame: gpd.GeoDataFrame, *, today: int | None = None, draws: int = 200, seed: int = 0) -> Choice:
    """The score of each tree that was not lost, by the simplest baseline that no more complex one beats.

    A score says how much a tree resembles those that were lost in other sectors, at whatever time. A model's is the
    share lost among such trees; it is not the chance that the tree will be lost in the years to come.

    Parameters
    ----------
    frame : GeoDataFrame
        The standard table, with its lost trees.
    today : int, optional
        Year of the survey, by default the latest that the inventory speaks of.
    draws, seed : int
        Draws of whole sectors for the choice, see `differences`.

    Returns
    -------
    Choice
        Its ``score`` has the index of ``frame``: the higher, the earlier the visit; missing for trees whose outcome is
        not known or that were lost already.

    Raises
    ------
    WrongUse
        The inventory has no losses to learn from.
    """
    target = risk.lost(frame)
    if target is None:
        raise WrongUse(
            "risk",
            "this inventory has no losses to learn from",
            expected="a column etat with trees felled",
            found="only standing trees" if "etat" in frame else "no column etat",
            next="keep felled trees in the file, with their state",
        )
    known = target.notna().to_numpy()
    there, gone = frame[known], target[known].to_numpy(dtype=bool)
    scores = _held_out(there, gone, today or survey_year(frame) or 0, seed)
    choice = simplest_unbeaten(gone, scores, risk.sectors(there), draws=draws, seed=seed)
    return Choice(choice.baseline, choice.score.mask(gone).reindex(frame.index), choice.differences)
