"""Which trees are likely to be lost: a target in words, baselines in order, and scores that hold elsewhere.

A score measured on random rows of an inventory flatters: neighbours share a street, a soil and a surveyor, and the
model has seen them. Here whole sectors are held out; Roberts, D. R. et al. (2017), Cross-validation strategies for
data with temporal, spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 913-929, explains why.
"""

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.trees.diversity import taxon
from datakit.trees.structure import age, height, trunk_diameter

# Words of a state, without accents: any other word is "not known", never a loss.
STANDING = r"en place|vivante?|presente?|existante?|sur pied"
GONE = r".*(?:abatt|supprim|remplac|souch|arrach|disparu|mort|tombe).*"
# Written after a tree was lost, or while it was: a model that reads them predicts the past.
LEAKS = {
    "etat": "it is the outcome itself",
    "date_abattage": "filled in when the tree is felled",
    "remarque": "notes on stumps and felling are written afterwards",
    "nombre_diagnostics": "trees are inspected because somebody already fears for them",
}


def lost(frame):
    """Whether each tree was lost, from the words of its state: felled, removed, replaced, a stump.

    Parameters
    ----------
    frame : DataFrame
        With ``etat``.

    Returns
    -------
    Series of boolean or None
        Missing where the state is, or is in none of the words known here; None when the inventory has no outcome
        (no ``etat``, or only standing trees, as in most open inventories: what is felled is deleted).
    """
    if "etat" not in frame:
        return None
    state = frame["etat"].astype("str").str.normalize("NFKD").str.encode("ascii", "ignore").str.decode("ascii")
    state = state.str.strip().str.lower()
    gone = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    gone[state.str.fullmatch(STANDING, na=False) & frame["etat"].notna()] = False
    gone[state.str.fullmatch(GONE, na=False) & frame["etat"].notna()] = True
    return gone if gone.nunique() == 2 else None


def leak_check(frame, target, least=20):
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


def features(frame, today):
    """What may be known before the loss.

    Parameters
    ----------
    frame : GeoDataFrame
    today : int
        Year of the survey.

    Returns
    -------
    DataFrame
        ``age`` (years), ``diameter`` (cm), ``height`` (cm), and text columns ``genus``, ``stage``, ``ground``,
        ``situation``, ``sector``; a column the inventory lacks is left out, and none of `LEAKS` is read.
    """
    found = {"age": age(frame, today), "diameter": trunk_diameter(frame)}
    found["height"] = height(frame)
    genus = taxon(frame, "genus")
    common = genus.value_counts().index[:25]
    found["genus"] = genus.where(genus.isin(common) | genus.isna(), "other")
    for name, source in (("stage", "stade_developpement"), ("ground", "description_pied_arbre"),
                         ("situation", "situation"), ("sector", "secteur")):  # fmt: skip
        if source in frame:
            found[name] = frame[source]
    table = pd.DataFrame(found)
    table = table.loc[:, table.notna().any()]
    for name in table.columns.difference(["age", "diameter", "height"]):
        table[name] = table[name].astype(object).where(table[name].notna(), "not said")
    return table


def sectors(frame, size=1000):
    """Groups of trees that are held out together: the inventory's sectors, else squares of ``size`` metres.

    Returns
    -------
    ndarray of str
    """
    if "secteur" in frame and frame["secteur"].nunique() >= 5:
        return frame["secteur"].fillna("?").to_numpy(dtype=str)
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    return np.char.add(np.char.add((x // size).astype(int).astype(str), "-"), (y // size).astype(int).astype(str))


def model(table):
    """Logistic regression on numbers (missing ones at the median, with a flag) and categories.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted. A category never seen in training counts for nothing.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [c for c in table if pd.api.types.is_numeric_dtype(table[c])]
    words = [c for c in table if c not in numbers]
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    # Many rows, few columns: this solver takes half the time of the default.
    return make_pipeline(prepared, LogisticRegression(C=1.0, solver="newton-cholesky"))


def out_of_fold(table, target, groups=None, *, splits=5, seed=0):
    """The model's chance of loss for each tree, each computed by a model that has not seen the tree.

    Parameters
    ----------
    table : DataFrame
        From `features`.
    target : array of bool
    groups : array, optional
        Held out whole; without it rows are split at random.
    splits, seed : int

    Returns
    -------
    ndarray of float
    """
    from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict

    if groups is None:
        folds = StratifiedKFold(splits, shuffle=True, random_state=seed)
    else:
        splits = min(splits, len(set(groups)))
        if splits < 2:
            raise WrongUse("risk", "one sector cannot be held out from itself", expected="two sectors or more")
        folds = GroupKFold(splits)
    chances = cross_val_predict(model(table), table, target, groups=groups, cv=folds, method="predict_proba")
    return chances[:, 1]


def by_one_column(column, target, groups, *, splits=5, weight=50):
    """One rule: the share of trees lost in other sectors among those with the same value of one column.

    Parameters
    ----------
    column : Series
        For example the genus.
    target : array of bool
    groups : array
        Held out whole.
    splits : int
    weight : float
        A value's share is drawn towards the overall share, as if so many more trees had it: rare values count less.

    Returns
    -------
    ndarray of float
    """
    from sklearn.model_selection import GroupKFold

    code, target = pd.factorize(column, use_na_sentinel=False)[0], np.asarray(target, dtype=float)
    score = np.zeros(len(target))
    for train, test in GroupKFold(min(splits, len(set(groups)))).split(score, groups=groups):
        lost, seen = (np.bincount(code[train], w, code.max() + 1) for w in (target[train], np.ones(len(train))))
        score[test] = ((lost + weight * target[train].mean()) / (seen + weight))[code[test]]
    return score


def recall_at(target, score, visits):
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


def baselines(frame, target, *, today, visits=200, draws=100, seed=0):
    """The baselines in order: chance, two rules, a logistic regression; on held-out sectors and on random rows.

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
    years = table["age"] if "age" in table else table.get("diameter", pd.Series(0.0, index=table.index))
    scores = {
        ("chance", ""): np.zeros(len(table)),
        ("oldest first", ""): years.fillna(years.median()).to_numpy(dtype=float),
        ("worst genera first", "sectors"): by_one_column(
            table.get("genus", pd.Series("", index=table.index)), target, groups
        ),
        ("logistic regression", "sectors"): out_of_fold(table, target, groups, seed=seed),
        ("logistic regression", "random rows"): out_of_fold(table, target, seed=seed),
    }
    # Draws of whole sectors, the same for all baselines, so that they compare.
    rng = np.random.default_rng(seed)
    names, codes = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(codes == k) for k in range(len(names))]
    precision, found = np.full((2, draws, len(scores)), np.nan)
    for d in range(draws):
        i = np.concatenate([members[k] for k in rng.integers(0, len(names), len(names))])
        hit = target[i]
        if hit.any():
            precision[d] = [average_precision(hit, score[i]) for score in scores.values()]
            found[d] = [hit.sum() * recall_at(hit, score[i], visits) for score in scores.values()]
    rows = []
    for k, ((name, how), score) in enumerate(scores.items()):
        recall = recall_at(target, score, visits)
        rows.append((name, how, average_precision(target, score), *np.nanpercentile(precision[:, k], [2.5, 97.5]),
                     recall, recall * target.sum(), *np.nanpercentile(found[:, k], [2.5, 97.5])))  # fmt: skip
    columns = ["baseline", "held_out", "average_precision", "low", "high", "recall", "found", "found_low", "found_high"]
    kept = pd.DataFrame(
        {f"{name}, {how}".strip(", "): score for (name, how), score in scores.items()}, index=frame.index
    )
    return pd.DataFrame(rows, columns=columns), kept


def average_precision(target, score):
    """Area under the precision-recall curve, by steps (as scikit-learn's, several times faster on large tables)."""
    order = np.argsort(-score, kind="stable")
    hit, ranked = target[order], score[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # ties are taken together
    hits = np.cumsum(hit)[last]
    precision, recall = hits / (last + 1), hits / hits[-1]
    return float((np.diff(recall, prepend=0) * precision).sum())
