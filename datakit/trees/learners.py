"""The models of a loss, and the scores that they give to trees they have not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import ArrayLike
    from sklearn.pipeline import Pipeline

CATEGORIES = 60  # of a column of words, for `boosting`; the rarest ones count as one


def model(table: pd.DataFrame) -> Pipeline:
    """Logistic regression on numbers (missing ones at the median, with a flag) and categories.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted. A category never seen in training counts for nothing.
    """
    with needed_by(__name__):
        from sklearn.compose import make_column_transformer
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, words = _numbers_and_words(table)
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), words),
    )
    # Many rows, few columns: this solver takes half the time of the default.
    return make_pipeline(prepared, LogisticRegression(C=1.0, solver="newton-cholesky"))


def boosting(table: pd.DataFrame, seed: int = 0) -> Pipeline:
    """Gradient boosting of small trees, which finds thresholds and interactions that a regression is not told of.

    Parameters
    ----------
    table : DataFrame
    seed : int

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted. Its size is a choice of this kit, not tuned on any inventory: no early stopping, which would split
        the rows at random and see the neighbours of a tree.
    """
    with needed_by(__name__):
        from sklearn.compose import make_column_transformer
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OrdinalEncoder

    numbers, words = _numbers_and_words(table)
    # A bound makes scikit-learn count the words row by row, which takes longer than the trees: only where it binds.
    bound = CATEGORIES if words and table[words].nunique().max() > CATEGORIES else None
    encoded = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=bound)
    prepared = make_column_transformer(("passthrough", numbers), (encoded, words))
    learner = HistGradientBoostingClassifier(
        max_iter=80,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
        categorical_features=[False] * len(numbers) + [True] * len(words),
    )
    return make_pipeline(prepared, learner)


def _numbers_and_words(table):
    numbers = [c for c in table if pd.api.types.is_numeric_dtype(table[c])]
    return numbers, [c for c in table if c not in numbers]


def out_of_fold(
    table: pd.DataFrame,
    target: np.ndarray,
    groups: np.ndarray | None = None,
    *,
    learner: Callable[[pd.DataFrame], Pipeline] = model,
    points: np.ndarray | None = None,
    splits: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """The model's score for each tree, each computed by a model that has not seen the tree.

    The score is the share lost among trees like it, as the model has learnt it from the others: what became of them, at
    whatever time, and no chance for the years to come.

    Parameters
    ----------
    table : DataFrame
        From `datakit.trees.risk.features`, without the column by which ``groups`` are made: a group that is held out is
        a value that no model has seen.
    target : array of bool
    groups : array, optional
        Held out whole; without it rows are split at random.
    learner : callable
        `model` or `boosting`.
    points : array of float, shape (trees, 2), optional
        In metres: nothing is learnt from trees near those held out, see `apart`.
    splits, seed : int

    Returns
    -------
    ndarray of float
    """
    with needed_by(__name__):
        from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
        from threadpoolctl import threadpool_limits

    if groups is None:
        folds = StratifiedKFold(splits, shuffle=True, random_state=seed)
    else:
        splits = min(splits, len(set(groups)))
        if splits < 2:
            what = _("one sector cannot be held out from itself")
            raise WrongUse("risk", what, expected=_("two sectors or more"))
        folds = GroupKFold(splits)
    parts = folds.split(table, target, groups)
    parts = list(parts if points is None else apart(parts, points))
    # One thread: notebooks run beside each other, and threads that wait for a busy processor cost more than they bring.
    with threadpool_limits(1):
        chances = cross_val_predict(learner(table), table, target, cv=parts, method="predict_proba")
    return chances[:, 1]


def apart(
    splits: Iterable[tuple[np.ndarray, np.ndarray]], points: np.ndarray, metres: float = 100
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Splits whose training trees stand away from the trees held out: sectors touch, and a street may cross a border.

    Roberts, D. R. et al. (2017), Ecography 40(8), 913-929, advise blocks farther apart than the dependence reaches.

    Parameters
    ----------
    splits : iterable of (train, test)
        Positions of rows, as scikit-learn's splitters give them.
    points : array of float, shape (trees, 2)
        In metres.
    metres : float
        Training trees nearer than this to a tree held out are left out: a choice of this kit. Where that would leave
        fewer than half of them, groups lie among each other and no distance parts them: all are kept.

    Yields
    ------
    train, test : arrays of int
    """
    with needed_by(__name__):
        from scipy.spatial import cKDTree

    for train, test in splits:
        _far, near = cKDTree(points[test]).query(points[train], distance_upper_bound=metres)
        far = near == len(test)
        yield (train[far] if 2 * far.sum() >= len(train) else train), test


def by_one_column(
    column: pd.Series, target: ArrayLike, groups: np.ndarray, *, splits: int = 5, weight: float = 50
) -> np.ndarray:
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
    with needed_by(__name__):
        from sklearn.model_selection import GroupKFold

    code, target = pd.factorize(column, use_na_sentinel=False)[0], np.asarray(target, dtype=float)
    score = np.zeros(len(target))
    for train, test in GroupKFold(min(splits, len(set(groups)))).split(score, groups=groups):
        lost, seen = (np.bincount(code[train], w, code.max() + 1) for w in (target[train], np.ones(len(train))))
        score[test] = ((lost + weight * target[train].mean()) / (seen + weight))[code[test]]
    return score
