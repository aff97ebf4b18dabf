"""Baselines in order, from chance to boosting, and the simplest that no more complex one beats.

A score measured on random rows of an inventory flatters: neighbours share a street, a soil and a surveyor, and the
model has seen them. Here whole sectors are held out; Roberts, D. R. et al. (2017), Cross-validation strategies for
data with temporal, spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 913-929, explains why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.language import N_, _, speaking
from datakit.show.answers import Value
from datakit.trees import learners, risk
from datakit.trees.reasons import reasons
from datakit.trees.scoring import average_precision, recall_at, redrawn
from datakit.trees.structure import survey_year

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd
    from numpy.typing import ArrayLike

MODELS = {N_("logistic regression"): learners.model, N_("gradient boosting"): learners.boosting}
CHANCE = N_("chance")
RULE = N_("oldest stage first")  # what a tree officer would do without any model
GENERA = N_("worst genera first")
VISITS = 200  # trees of a list that a crew sees, where nobody says how many
SECTORS = ", sectors"  # the end of the name of what was learnt elsewhere: whole sectors are held out


@dataclass(frozen=True)
class Choice:
    """The simplest baseline that no more complex one beats, and how it was found.

    Attributes
    ----------
    baseline : str
    score : Series
        Of each tree, by the baseline chosen.
    differences : DataFrame
        One row per pair of baselines: ``simpler``, ``other`` (the more complex), ``difference`` in lost trees found
        with ``low`` and ``high`` (95 % of the draws), ``beats`` (whether the whole interval is above 0).
    visits : int
        How many trees of a list are seen: by what these find it is judged.
    why : Series, optional
        What sets each tree apart, from `datakit.trees.reasons`.
    """

    baseline: str
    score: pd.Series
    differences: pd.DataFrame
    visits: int
    why: pd.Series | None = None

    def sentence(self) -> str:
        """Which baseline was chosen and why, in one sentence made of the figures."""
        chosen = _("Chosen: {name}, the simplest that no more complex baseline beats")
        said = [chosen.format(name=called(self.baseline))]
        if self.baseline == CHANCE:
            said.append(_("there is no reason here to visit one tree before another"))
        table = self.differences
        for r in table[table["simpler"] == self.baseline].itertuples():
            text = _("{name} is worse, {range}") if r.high < 0 else _("{name} is not shown to be better, {range}")
            said.append(text.format(name=called(r.other), range=_range(r)))
        passed = table["simpler"].unique().tolist()
        for name in passed[: passed.index(self.baseline)] if self.baseline in passed else passed:
            by = table[(table["simpler"] == name) & table["beats"]]
            mine = by[by["other"] == self.baseline]
            winner = (mine if len(mine) else by).iloc[0]
            text = _("{name} is beaten by {winner}, {range}")
            said.append(text.format(name=called(name), winner=called(winner["other"]), range=_range(winner)))
        text = _("{choice} (lost trees that {visits} visits find; 95 % of the draws of whole sectors).")
        return text.format(choice=_("; ").join(said), visits=self.visits)

    def best(self, simpler: str = RULE) -> pd.Series:
        """The better of the models against a simpler rule: its row of the differences.

        Where a model beats the rule, the better of those that do: one that adds more, perhaps, would hide it.
        """
        rows = self.differences[self.differences["simpler"] == simpler]
        models = rows[rows["other"].isin([name + SECTORS for name in MODELS])]
        return models.sort_values(["beats", "difference"]).iloc[-1]

    def told(self) -> pd.DataFrame:
        """The differences as people read them: `differences` with names in the user's language."""
        names = self.differences[["simpler", "other"]].map(called)
        return self.differences.assign(**names)

    def gain(self, simpler: str = RULE) -> Value:
        """What the better of the models adds to a simpler rule: the paired difference."""
        best, how = self.best(simpler), _("the same whole sectors drawn again, models not fitted again")
        return Value(best["difference"], "lost trees", best["low"], best["high"], how)

    def verdict(self, simpler: str = RULE) -> str:
        """Whether the better model beats a simpler rule, in words."""
        gain = self.gain(simpler)
        if gain.low is not None and gain.low > 0:
            return N_("beats")
        return N_("is worse than") if gain.high is not None and gain.high < 0 else N_("is not shown to beat")

    def figures(self, simpler: str = RULE) -> dict[str, Value]:
        """What a sentence needs: ``better`` (model), ``verdict``, ``gain`` (`gain`), ``name`` (chosen), ``n`` tried."""
        tried = {*self.differences["simpler"], *self.differences["other"]}
        words = {"better": called(self.best(simpler)["other"]), "verdict": self.verdict(simpler), "name": self.name}
        return {name: Value(word) for name, word in words.items()} | {
            "gain": self.gain(simpler),
            "n": Value(len(tried)),
        }

    @property
    def unbeaten(self) -> bool:
        """Whether no more complex baseline beats the one chosen."""
        return not self.differences.loc[self.differences["simpler"] == self.baseline, "beats"].any()

    def said(self, target: ArrayLike, scores: pd.DataFrame) -> dict[str, Any]:
        """What an answer about the list says: `figures`, what `found` counts, and what holds its words to them.

        Parameters
        ----------
        target : array of bool
        scores : DataFrame
            From `held_out`.

        Returns
        -------
        dict
            For `datakit.show.answers.Answer.say`.
        """
        holds = {"no more complex one": self.unbeaten}
        return {**self.figures(), **found(target, scores, self.baseline, self.visits), "holds": holds}

    @property
    def name(self) -> str:
        """The baseline chosen, in words."""
        return called(self.baseline)

    def ranking(self) -> pd.Series:
        """The scores, or `CannotAnswer` where nothing beats chance: no tree is to be seen before another."""
        if self.baseline == CHANCE:
            what = _("no list beats chance here: there is no reason to see one tree before another")
            raise CannotAnswer(_("visits"), what)
        return self.score


def called(name: str, *, whole: bool = False) -> str:
    """A baseline in words; ``whole`` says too that whole sectors are held out, where they are."""
    short = _(name.removesuffix(SECTORS))
    return _("{name}, sectors").format(name=short) if whole and name.endswith(SECTORS) else short


def _range(row):
    difference, low, high = (f"{value:+.0f}" for value in (row.difference, row.low, row.high))
    return _("{difference} ({low} to {high})").format(difference=difference, low=low, high=high)


def flattery(
    target: ArrayLike, scores: pd.DataFrame, groups: np.ndarray, *, draws: int = 200, seed: int = 0
) -> dict[str, Value]:
    """What a score on random rows says more than one on places never seen.

    Parameters
    ----------
    target : array of bool
    scores : DataFrame
        One column for each way to hold trees out, among them "random rows" and "sectors".
    groups : array
        The sector of each tree.
    draws, seed : int

    Returns
    -------
    dict of str to Value
        The average precision of each way, its name with ``_`` for spaces; ``chance``; ``difference`` (random rows less
        sectors, paired); and ``verdict`` in words: random rows flatter where that is above 0 in 95 % of the draws.
    """
    target = np.asarray(target, dtype=bool)
    columns = {way: scores[way].to_numpy(dtype=float) for way in scores}
    drawn = redrawn(target, columns.values(), groups, draws=draws, seed=seed)
    whole = {way: average_precision(target, score) for way, score in columns.items()}
    how = _("95 % of the draws of whole sectors; models not fitted again")
    said = {}
    for (way, value), (low, high) in zip(whole.items(), np.percentile(drawn, [2.5, 97.5], axis=0).T, strict=True):
        said[way.replace(" ", "_")] = Value(value, low=low, high=high, how=how)
    apart = drawn[:, [*columns].index("random rows")] - drawn[:, [*columns].index("sectors")]
    low, high = np.percentile(apart, [2.5, 97.5])
    difference = Value(whole["random rows"] - whole["sectors"], low=low, high=high, how=how)
    words = (
        _("random rows flatter by {difference}") if low > 0 else _("random rows are not shown to flatter, {difference}")
    )
    words = words.format(difference=difference)
    return said | {"chance": Value(float(target.mean())), "difference": difference, "verdict": Value(words)}


def found(target: ArrayLike, scores: pd.DataFrame, baseline: str, visits: int) -> dict[str, Value]:
    """Lost trees that so many visits find again, with one baseline and by the tree officer's rule.

    Parameters
    ----------
    target : array of bool
    scores : DataFrame
        From `held_out`.
    baseline : str
    visits : int

    Returns
    -------
    dict of str to Value
        ``visits``, ``found`` and ``found_by_rule``.
    """
    target = np.asarray(target, dtype=bool)
    counts = {"found": baseline, "found_by_rule": RULE}
    again = {key: recall_at(target, scores[name], visits) * target.sum() for key, name in counts.items()}
    return {"visits": Value(visits, "visits")} | {key: Value(float(n), decimals=0) for key, n in again.items()}


def simplest_unbeaten(
    target: ArrayLike,
    scores: pd.DataFrame,
    groups: np.ndarray,
    *,
    visits: int = VISITS,
    draws: int = 200,
    seed: int = 0,
) -> Choice:
    """The simplest baseline that no more complex one beats: a model that adds nothing is not worth its trouble.

    A list is judged by what it is for: the lost trees among the first so many. Average precision judges the whole
    order, and may prefer a list whose first trees are the worse. Two intervals that overlap do not say that two lists
    are as good: most of what moves them moves both. So both are measured on each draw of whole sectors, and their
    difference is what is looked at.

    Parameters
    ----------
    target : array of bool
    scores : DataFrame
        One column of scores per baseline, the simplest first.
    groups : array
        The sector of each tree.
    visits : int
        Trees of a list that are seen.
    draws, seed : int

    Returns
    -------
    Choice
    """
    target = np.asarray(target, dtype=bool)
    columns = {name: scores[name].to_numpy(dtype=float) for name in scores}
    drawn = redrawn(target, columns.values(), groups, visits=visits, draws=draws, seed=seed)
    whole = [target.sum() * recall_at(target, score, visits) for score in columns.values()]
    rows = []
    for (a, simpler), (b, other) in combinations(enumerate(columns), 2):
        low, high = np.percentile(drawn[:, b] - drawn[:, a], [2.5, 97.5])
        rows.append((simpler, other, whole[b] - whole[a], low, high, bool(low > 0)))
    table = pd.DataFrame(rows, columns=["simpler", "other", "difference", "low", "high", "beats"])
    beaten = set(table["simpler"][table["beats"]])
    name = next(name for name in columns if name not in beaten)  # nothing is more complex than the last
    return Choice(name, scores[name], table, visits)


def held_out(frame: gpd.GeoDataFrame, target: ArrayLike, today: int, *, seed: int = 0) -> pd.DataFrame:
    """The score of each tree by baseline: chance, two rules, two models that have not seen the sector of the tree.

    Parameters
    ----------
    frame : GeoDataFrame
    target : array of bool
        Both from `datakit.trees.risk.outcomes`.
    today : int
        Year of the survey.
    seed : int

    Returns
    -------
    DataFrame
        One column per baseline, the simplest first; index of ``frame``. A model that scores a tree has learnt from
        other sectors, and from no tree within 100 m.
    """
    target, table, groups = np.asarray(target, dtype=bool), risk.features(frame, today), risk.sectors(frame)
    genus = table.get("genus", pd.Series("", index=table.index))
    points = np.c_[frame.geometry.x, frame.geometry.y]
    scores = {CHANCE: np.zeros(len(table)), RULE: risk.oldest_stage_first(frame, today)}
    scores[GENERA + SECTORS] = learners.by_one_column(genus, target, groups)
    for name, learner in MODELS.items():
        scores[name + SECTORS] = learners.out_of_fold(table, target, groups, learner=learner, points=points, seed=seed)
    return pd.DataFrame(scores, index=frame.index)


def loss_scores(
    frame: gpd.GeoDataFrame,
    *,
    visits: int = VISITS,
    today: int | None = None,
    draws: int = 200,
    seed: int = 0,
    lang: str = "",
) -> Choice:
    """The score of each tree that was not lost, by the simplest baseline that no more complex one beats.

    A score says how much a tree resembles those that were lost in other sectors, at whatever time. A model's is the
    share lost among such trees; it is not the chance that the tree will be lost in the years to come.

    Parameters
    ----------
    frame : GeoDataFrame
        The standard table, with its lost trees.
    visits : int
        Trees that will be seen: the list is chosen by what so many find.
    today : int, optional
        Year of the survey, by default the latest that the inventory speaks of.
    draws, seed : int
        Draws of whole sectors for the choice, see `simplest_unbeaten`.
    lang : {"en", "fr"}, optional
        Of the reasons, by default the user's.

    Returns
    -------
    Choice
        Its ``score`` has the index of ``frame``: the higher, the earlier the visit; missing for trees whose outcome is
        not known or that were lost already.

    Raises
    ------
    CannotAnswer
        The inventory has no losses to learn from.
    """
    there, gone = risk.outcomes(frame)
    scores = held_out(there, gone, today or survey_year(frame) or 0, seed=seed)
    choice = simplest_unbeaten(gone, scores, risk.sectors(there), visits=visits, draws=draws, seed=seed)
    with speaking(lang):
        why = reasons(risk.features(there, today or survey_year(frame) or 0), gone).reindex(frame.index)
    return replace(choice, score=choice.score.mask(gone).reindex(frame.index), why=why)
