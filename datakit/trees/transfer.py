"""What a model learnt in one city is worth in another: usually less, and how much less is the result."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.extras import needed_by
from datakit.language import _
from datakit.trees import risk
from datakit.trees.learners import boosting, out_of_fold
from datakit.trees.scoring import average_precision, interval
from datakit.trees.structure import survey_year

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from sklearn.pipeline import Pipeline

__all__ = ["transfer", "tried"]

COLUMNS = [
    "train",
    "test",
    "data",
    "features",
    "average_precision",
    "low",
    "high",
    "chance",
    "at_home",
    "kept_pct",
    "why",
]


def transfer(
    inventories: dict[str, gpd.GeoDataFrame],
    *,
    learner: Callable[[pd.DataFrame], Pipeline] = boosting,
    draws: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Train on one inventory, test on another, for every pair that has losses.

    Only what both inventories know is used, and never the sector: its names mean nothing elsewhere.

    Parameters
    ----------
    inventories : dict of str to GeoDataFrame
        Standard tables by name.
    learner : callable
        `datakit.trees.learners.boosting` or `datakit.trees.learners.model`.
    draws, seed : int
        Bootstrap draws of the whole sectors of the city tested, for the 95 % interval.

    Returns
    -------
    DataFrame
        ``train``, ``test``, ``data`` ("real", "invented", or which is which), ``features``, ``average_precision`` with
        ``low`` and ``high``, ``chance`` (share lost in the city tested), ``at_home`` (the same features, learnt in the
        city tested, on held-out sectors) and ``kept_pct`` (of what learning at home gains over chance, what the other
        city's model keeps; negative when it is worse than chance). A pair that cannot be made has ``why`` instead.

    Raises
    ------
    WrongUse
        Fewer than two inventories.
    """
    if len(inventories) < 2:
        raise WrongUse(
            "transfer",
            _("one city cannot be tried on another"),
            expected=_("two inventories or more"),
            found=", ".join(inventories) or _("none"),
        )
    known, missing = _known(inventories)

    @functools.cache  # of several cities, each learns and is learnt at home once for all pairs that share as much
    def learnt(name, shared):
        table, lost, _sectors = known[name]
        return learner(table[list(shared)]).fit(table[list(shared)], lost)

    @functools.cache
    def at_home(name, shared):
        table, lost, sectors = known[name]
        return average_precision(lost, out_of_fold(table[list(shared)], lost, sectors, learner=learner, seed=seed))

    pairs = [(a, b) for a in known for b in known if a != b]
    rows = [_pair(a, b, known, inventories, learnt, at_home, draws, seed) for a, b in pairs]
    rows += [
        {"train": name, "test": name, "why": why, "data": _kind(inventories[name])} for name, why in missing.items()
    ]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def tried(table: pd.DataFrame) -> pd.DataFrame:
    """The pairs of `transfer` that could be made, or `CannotAnswer` where none could."""
    made = table.dropna(subset="average_precision")
    if made.empty:
        raise CannotAnswer(
            _("transfer"), _("no model could be tried elsewhere"), found=_("; ").join(table["why"].dropna())
        )
    return made


def _known(inventories):
    """Of each inventory with losses: what is known of its trees, which were lost, and their sectors; of others, why."""
    known, missing = {}, {}
    for name, frame in inventories.items():
        target = risk.lost(frame)
        if target is None:
            missing[name] = _("no losses in its file")
            continue
        rows, gone = risk.outcomes(frame)
        table = risk.features(rows, survey_year(frame) or 0).reset_index(drop=True)
        known[name] = table, gone, risk.sectors(rows)
    return known, missing


def _pair(a, b, known, inventories, learnt, at_home, draws, seed):
    train, (test, lost_here, sectors) = known[a][0], known[b]
    shared = tuple(c for c in train if c in test and _alike(train[c], test[c]))
    kinds = _kind(inventories[a]), _kind(inventories[b])
    row = {
        "train": a,
        "test": b,
        "data": kinds[0]
        if len(set(kinds)) == 1
        else _("{a} {kind_a}, {b} {kind_b}").format(a=a, kind_a=kinds[0], b=b, kind_b=kinds[1]),
        "features": ", ".join(shared),
        "chance": float(lost_here.mean()),
    }
    if not shared:
        return row | {"why": _("nothing that both know")}
    with needed_by(__name__):
        from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        given = learnt(a, shared).predict_proba(test[list(shared)])[:, 1]
    score = average_precision(lost_here, given)
    low, high = interval(lost_here, given, sectors, draws=draws, seed=seed)
    home = at_home(b, shared)
    gain = home - row["chance"]
    kept_pct = 100 * (score - row["chance"]) / gain if gain > 0 else np.nan
    return row | {
        "average_precision": score,
        "low": low,
        "high": high,
        "at_home": home,
        "kept_pct": kept_pct,
        "why": "",
    }


def _alike(one, other):
    """Numbers with numbers, words with words of which some are the same."""
    numbers = pd.api.types.is_numeric_dtype(one), pd.api.types.is_numeric_dtype(other)
    return all(numbers) or (not any(numbers) and len((set(one) & set(other)) - {"not said", "other"}) > 0)


def _kind(frame):
    return _("invented") if frame.attrs.get("datakit", {}).get("synthetic") else _("real")
