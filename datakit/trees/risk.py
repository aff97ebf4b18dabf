"""Which trees are likely to be lost: a target in words, baselines in order, and scores that hold elsewhere.

A score measured on random rows of an inventory flatters: neighbours share a street, a soil and a surveyor, and the
model has seen them. Here whole sectors are held out; Roberts, D. R. et al. (2017), Cross-validation strategies for
data with temporal, spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 913-929, explains why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.trees.diversity import taxon
from datakit.trees.inventory import states
from datakit.trees.learners import boosting, by_one_column, out_of_fold
from datakit.trees.structure import age, height, survey_year, trunk_diameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike
    from sklearn.pipeline import Pipeline

# Written after a tree was lost, or while it was: a model that reads them predicts the past.
LEAKS = {
    "etat": "it is the outcome itself",
    "date_abattage": "filled in when the tree is felled",
    "remarque": "notes on stumps and felling are written afterwards",
    "nombre_diagnostics": "trees are inspected because somebody already fears for them",
}


def lost(frame: pd.DataFrame) -> pd.Series | None:
    """Whether each tree was lost, from the words of its state: felled, removed, replaced, a stump.

    Parameters
    ----------
    frame : DataFrame
        With ``etat``.

    Returns
    -------
    Series of boolean or None
        Missing where the state is, or is in none of the words known here, and for trees that are condemned and still
        stand: they are neither losses nor survivors. None when the inventory has no outcome (no ``etat``, or only
        standing trees, as in most open inventories: what is felled is deleted).
    """
    if "etat" not in frame:
        return None
    gone = became(frame).map({"standing": False, "lost": True}).astype("boolean")
    return gone if gone.nunique() == 2 else None


def became(frame: pd.DataFrame) -> pd.Series:
    """The state of each tree in one of three words, see `datakit.trees.inventory.states.state`, from ``etat``.

    Returns
    -------
    Series of str
        "standing", "condemned", "lost", or missing.
    """
    words = pd.Series(frame["etat"].dropna().unique(), dtype="str")
    found = dict(zip(words, states.state(words), strict=True))
    return frame["etat"].astype("str").map(found).astype("str")


def leak_check(frame: pd.DataFrame, target: ArrayLike, least: int = 20) -> pd.DataFrame:
    """Columns that give the loss away: filled, or holding one value, almost only for trees that were lost.

    Parameters
    ----------
    frame : DataFrame
        The inventory as loaded.
    target : array of bool
        From `lost`.
    least : int
        Smaller groups of rows are not judged.

    Returns
    -------
    DataFrame
        ``column``, ``sign`` (what to look at), ``rows`` that show it, ``lost`` among them (%), the most telling sign of
        each column, those above 90 % only. An empty table does not prove that nothing leaks: read LEAKS too.
    """
    target, rows = np.asarray(target, dtype=float), []
    for name in frame.columns.drop(["geometry"], errors="ignore"):
        column = frame[name]
        signs = {"filled": column.notna().to_numpy(), "empty": column.isna().to_numpy()}
        if column.nunique() <= 200:
            text = column.astype(object)
            signs |= {f"= {value}": (text == value).to_numpy() for value in column.value_counts().index}
        judged = [(100 * target[m].mean(), int(m.sum()), sign) for sign, m in signs.items() if m.sum() >= least]
        judged = [j for j in judged if j[0] > 90]
        if judged:
            share, count, sign = max(judged, key=lambda j: j[:2])
            rows.append((name, sign, count, share))
    return pd.DataFrame(rows, columns=["column", "sign", "rows", "lost"])


def features(frame: pd.DataFrame, today: int, *, also: Sequence[str] = (), allow: Sequence[str] = ()) -> pd.DataFrame:
    """What may be known before the loss.

    Parameters
    ----------
    frame : GeoDataFrame
    today : int
        Year of the survey.
    also : list of str
        Further columns of the inventory to predict with.
    allow : list of str
        Those of ``also`` that you have made sure were written before the loss, although they look as if they were not.

    Returns
    -------
    DataFrame
        ``age`` (years), ``diameter`` (cm), ``height`` (cm), and text columns ``genus``, ``stage``, ``ground``,
        ``situation``, ``sector``, and those of ``also``; a column the inventory lacks is left out, and none of `LEAKS`
        is read.

    Raises
    ------
    WrongUse
        A column of ``also`` is not there, is one of `LEAKS`, or gives the loss away (`leak_check`), and is not allowed.
    """
    _refuse_leaks(frame, [name for name in also if name not in allow])
    found = {"age": age(frame, today), "diameter": trunk_diameter(frame)}
    found["height"] = height(frame)
    genus = taxon(frame, "genus")
    common = genus.value_counts().index[:25]
    found["genus"] = genus.where(genus.isin(common) | genus.isna(), "other")
    for name, source in (
        ("stage", "stade_developpement"),
        ("ground", "description_pied_arbre"),
        ("situation", "situation"),
        ("sector", "secteur"),
    ):
        if source in frame:
            found[name] = frame[source]
    found |= {name: frame[name] for name in also}
    table = pd.DataFrame(found)
    table = table.loc[:, table.notna().any()]
    for name in [c for c in table if not pd.api.types.is_numeric_dtype(table[c]) or table[c].dtype == "boolean"]:
        table[name] = table[name].astype(object).where(table[name].notna(), "not said")
    return table


def _refuse_leaks(frame, names):
    """Refuse columns that say what became of the tree: a score made with them is worth nothing."""
    for name in names:
        if name not in frame:
            raise WrongUse("risk", "no such column", expected=", ".join(map(str, frame.columns))[:300], found=name)
    reasons = {name: LEAKS[name] for name in names if name in LEAKS}
    target = lost(frame)
    if target is not None and names:
        known = target.notna().to_numpy()
        signs = leak_check(frame.loc[known, list(names)], target[known].to_numpy(dtype=bool))
        for r in signs.itertuples():
            reasons.setdefault(r.column, f"{r.lost:.0f} % of the {r.rows} trees where it is {r.sign} were lost")
    for name, why in reasons.items():
        raise WrongUse(
            "risk",
            f"the column {name!r} seems to be written after the loss",
            expected="what is known before it",
            found=why,
            next=f"leave it out, or allow=[{name!r}] if you know when it is written",
        )


# A tree officer's rule, from the stage and the age of a tree: a choice of this kit. The later stage comes first; within
# a stage, the older tree; stages in other words, or none, count as adult.
STAGES = {"jeune": 0, "jeune adulte": 1, "adulte": 2, "mature": 3, "vieux": 4, "senescent": 5, "sénescent": 5}


def oldest_stage_first(frame: pd.DataFrame, today: int) -> np.ndarray:
    """A tree officer's rule: the most advanced stage of development first, and the oldest within it.

    Returns
    -------
    ndarray of float
        The higher, the earlier the visit.
    """
    years = age(frame, today)
    size = trunk_diameter(frame) if years.isna().all() else years  # without ages, the thickest first
    rank = size.rank(pct=True).fillna(0.5).to_numpy(dtype=float)
    if "stade_developpement" not in frame:
        return rank
    stage = frame["stade_developpement"].astype("str").str.lower().map(STAGES).fillna(STAGES["adulte"])
    return stage.to_numpy(dtype=float) + 0.999 * rank


def sectors(frame: gpd.GeoDataFrame, size: float = 1000) -> np.ndarray:
    """Groups of trees that are held out together: the inventory's sectors, else squares of ``size`` metres.

    Returns
    -------
    ndarray of str
    """
    if "secteur" in frame and frame["secteur"].nunique() >= 5:
        return frame["secteur"].fillna("?").to_numpy(dtype=str)
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    return np.char.add(np.char.add((x // size).astype(int).astype(str), "-"), (y // size).astype(int).astype(str))


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


def baselines(
    frame: gpd.GeoDataFrame, target: ArrayLike, *, today: int, visits: int = 200, draws: int = 100, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The baselines in order: chance, two rules, two models on held-out sectors; and the models on random rows.

    Parameters
    ----------
    frame : GeoDataFrame
    target : array of bool
        From `lost`, without missing values.
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
    target = np.asarray(target, dtype=bool)
    table, groups = features(frame, today), sectors(frame)
    scores = {
        ("chance", ""): np.zeros(len(table)),
        ("oldest stage first", ""): oldest_stage_first(frame, today),
        ("worst genera first", "sectors"): by_one_column(
            table.get("genus", pd.Series("", index=table.index)), target, groups
        ),
        ("logistic regression", "sectors"): out_of_fold(table, target, groups, seed=seed),
        ("gradient boosting", "sectors"): out_of_fold(table, target, groups, learner=boosting, seed=seed),
        ("logistic regression", "random rows"): out_of_fold(table, target, seed=seed),
        ("gradient boosting", "random rows"): out_of_fold(table, target, learner=boosting, seed=seed),
    }
    # Draws of whole sectors, the same for all baselines, so that they compare.
    precision, found = np.full((2, draws, len(scores)), np.nan)
    for d, i in enumerate(_redrawn(groups, draws, seed)):
        hit = target[i]
        if hit.any():
            precision[d] = [average_precision(hit, score[i]) for score in scores.values()]
            found[d] = [hit.sum() * recall_at(hit, score[i], visits) for score in scores.values()]
    rows = []
    for k, ((name, how), score) in enumerate(scores.items()):
        recall = recall_at(target, score, visits)
        rows.append(
            (
                name,
                how,
                average_precision(target, score),
                *np.nanpercentile(precision[:, k], [2.5, 97.5]),
                recall,
                recall * target.sum(),
                *np.nanpercentile(found[:, k], [2.5, 97.5]),
            )
        )
    columns = ["baseline", "held_out", "average_precision", "low", "high", "recall", "found", "found_low", "found_high"]
    kept = pd.DataFrame(
        {f"{name}, {how}".strip(", "): score for (name, how), score in scores.items()}, index=frame.index
    )
    return pd.DataFrame(rows, columns=columns), kept


def _redrawn(groups, draws, seed):
    """Rows of whole groups, drawn with replacement, as many groups as there are."""
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
    found = [average_precision(target[i], score[i]) for i in _redrawn(groups, draws, seed) if target[i].any()]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def average_precision(target: np.ndarray, score: np.ndarray) -> float:
    """Area under the precision-recall curve, by steps (as scikit-learn's, several times faster on large tables)."""
    order = np.argsort(-score, kind="stable")
    hit, ranked = target[order], score[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # ties are taken together
    hits = np.cumsum(hit)[last]
    precision, recall = hits / (last + 1), hits / hits[-1]
    return float((np.diff(recall, prepend=0) * precision).sum())


def calibration(target: ArrayLike, chance: ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Whether chances can be believed: the share really lost among trees of about the same predicted chance.

    Parameters
    ----------
    target : array of bool
    chance : array of float
        0 to 1.
    bins : int
        Groups of as many trees each.

    Returns
    -------
    DataFrame
        ``trees``, ``predicted`` and ``lost`` (mean chance and share lost, %) of each group, the least likely first;
        ``attrs["brier"]`` is the mean squared error of the chances and ``attrs["brier_chance"]`` that of giving every
        tree the overall share.
    """
    target, chance = np.asarray(target, dtype=float), np.asarray(chance, dtype=float)
    group = np.floor(bins * pd.Series(chance).rank(method="first").sub(1) / len(chance)).astype(int)
    table = pd.DataFrame({"trees": 1, "predicted": 100 * chance, "lost": 100 * target}).groupby(group.to_numpy())
    table = table.agg({"trees": "sum", "predicted": "mean", "lost": "mean"}).reset_index(drop=True)
    table.attrs |= {
        "brier": float(((chance - target) ** 2).mean()),
        "brier_chance": float(((target.mean() - target) ** 2).mean()),
    }
    return table


def chance_of_loss(
    frame: gpd.GeoDataFrame,
    *,
    learner: Callable[[pd.DataFrame], Pipeline] = boosting,
    today: int | None = None,
    seed: int = 0,
) -> pd.Series:
    """The chance of loss of each tree, learnt from the trees of other sectors.

    Parameters
    ----------
    frame : GeoDataFrame
        The standard table.
    learner : callable
        `boosting` or `model`.
    today : int, optional
        Year of the survey, by default the latest that the inventory speaks of.
    seed : int

    Returns
    -------
    Series of float
        0 to 1, missing for trees whose outcome is not known or that were lost already.

    Raises
    ------
    WrongUse
        The inventory has no losses to learn from.
    """
    target = lost(frame)
    if target is None:
        raise WrongUse(
            "risk",
            "this inventory has no losses to learn from",
            expected="a column etat with trees felled",
            found="only standing trees" if "etat" in frame else "no column etat",
            next="keep felled trees in the file, with their state",
        )
    known = target.notna().to_numpy()
    table = features(frame[known], today or survey_year(frame) or 0)
    found = out_of_fold(table, target[known].to_numpy(dtype=bool), sectors(frame[known]), learner=learner, seed=seed)
    chance = pd.Series(np.nan, index=frame.index)
    chance[known] = found
    return chance.mask(target.fillna(False).to_numpy(dtype=bool))
