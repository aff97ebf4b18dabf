"""Why a tree is on a list: what it has in common with trees that were lost, counted, whatever model made the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.language import N_, _
from datakit.show.style import number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Choices of this kit: trees alike in one thing for their losses to be told, and the things told of one tree.
LEAST, MOST = 50, 2
NAMES = {
    "age": N_("age {value} years"),
    "diameter": N_("trunk {value} cm"),
    "height": N_("height {value} cm"),
    "genus": "{value}",
    "stage": N_("stage {value}"),
    "ground": N_("ground {value}"),
    "situation": N_("planted as {value}"),
}
NONE = N_("nothing that sets it apart, one thing at a time")


def reasons(table: pd.DataFrame, target: ArrayLike, *, of: pd.Index | None = None) -> pd.Series:
    """What sets each tree apart: the things it has in which most trees were lost, one at a time.

    It is no account of a model, which weighs all things together. It says what a person can check on the spot and in
    the file: "Fraxinus: 7.1 % lost, ground Enrobé: 5.2 % lost; of all trees 3.3 %".

    Parameters
    ----------
    table : DataFrame
        From `datakit.trees.risk.features`: numbers are taken by fifths of the trees.
    target : array of bool
        Whether each was lost.
    of : Index, optional
        The trees to give reasons for, by default all: losses are always counted among all.

    Returns
    -------
    Series of str
        Index of ``table``, or ``of``.
    """
    target = np.asarray(target, dtype=float)
    overall = 100 * target.mean()
    asked = table.index if of is None else of
    shares, words = [], []
    for name in table:
        value = _classes(table[name])
        lost = pd.Series(100 * target, index=table.index).groupby(value).agg(["mean", "size"])
        lost = lost[(lost["size"] >= LEAST) & (lost["mean"] > overall)]["mean"]
        text = {each: _said(name, each, share) for each, share in lost.items()}
        value = value.reindex(asked)
        shares.append(value.map(lost).astype(float).fillna(-1).to_numpy())
        words.append(value.map(text).astype(object).to_numpy())
    if not shares:
        return pd.Series(_(NONE), index=asked)
    ranked, told = np.argsort(-np.array(shares), axis=0, kind="stable")[:MOST], np.array(words, dtype=object)
    end = _("of all trees {share} %").format(share=number(overall, 1))
    rows = np.arange(len(asked))
    picked = [told[line, rows] for line in ranked]
    return pd.Series([_joined(each, end) for each in zip(*picked, strict=True)], index=asked)


def _classes(column):
    if not pd.api.types.is_numeric_dtype(column) or column.dtype == "boolean":
        return column.astype(object).where(~column.isin(["not said", "other"]), None)
    cut = pd.qcut(column.astype(float), 5, duplicates="drop")
    names = [f"{number(max(part.left, 0), 0)}–{number(part.right, 0)}" for part in cut.cat.categories]
    return cut.cat.rename_categories(names).astype(object) if len({*names}) == len(names) else cut.astype(str)


def _said(name, value, share):
    what = _(NAMES.get(name, f"{name} {{value}}")).format(value=value)
    return _("{what}: {share} % lost").format(what=what, share=number(share, 1))


def _joined(parts, end):
    known = [part for part in parts if isinstance(part, str)]
    return _("; ").join([", ".join(known), end]) if known else _(NONE)
