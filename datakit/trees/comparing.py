"""The diversity of inventories, and of the places of one: on the same number of trees, so that size is no diversity."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.language import _
from datakit.trees.diversity import SANTAMOUR, Level, effective, expected_taxa, level_name, taxon


def compare(
    inventories: dict[str, pd.DataFrame],
    level: Literal["species", "genus"] = "species",
    n: int | None = None,
    *,
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Diversity of several inventories, on the same number of trees.

    Parameters
    ----------
    inventories : dict of str to DataFrame
    level : {"species", "genus"}
    n : int, optional
        Trees drawn from each, by default as many as the smallest has. They are drawn with replacement: without it the
        smallest inventory would be drawn nearly whole, and look more diverse and more certain than it is.
    draws, seed : int

    Returns
    -------
    DataFrame
        ``place``, ``trees`` (those named at this level), ``taxa``, ``expected`` (taxa among ``n`` trees, see
        `expected_taxa`), ``effective`` (see `effective`; mean over draws) with ``low`` and ``high`` (95 % of the
        draws), ``n``. An inventory that names no taxon at this level is left out. Taxa that a small extract does not
        hold are in no draw: it is the city that may be more diverse than its extract.
    """
    counts = {place: taxon(frame, level).value_counts().to_numpy() for place, frame in inventories.items()}
    counts = {place: c for place, c in counts.items() if c.sum()}
    if not counts:
        raise WrongUse("compare", _("none of the inventories names the {level}").format(level=level_name(level)))
    n = n or int(min(c.sum() for c in counts.values()))
    rows = []
    for place, c in counts.items():
        rng = np.random.default_rng(seed)
        drawn = [effective(x) for x in rng.multinomial(n, c / c.sum(), size=draws)]
        value, (low, high) = float(np.mean(drawn)), np.percentile(drawn, [2.5, 97.5])
        rows.append((place, int(c.sum()), len(c), expected_taxa(c, n), value, min(low, value), max(high, value), n))
    columns = ["place", "trees", "taxa", "expected", "effective", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def commonest(frame: pd.DataFrame, column: str, level: Level = "genus", *, least: int = 50) -> pd.DataFrame:
    """The commonest taxon of each group: what one pest could take there.

    Parameters
    ----------
    frame : DataFrame
    column : str
        The group of each tree; trees without one are left out.
    level : {"species", "genus", "family"}
    least : int
        Trees in a group for its share to be told.

    Returns
    -------
    DataFrame
        ``column``, ``trees``, ``taxon`` and ``share_pct`` (of the group's trees), the highest share first; the last two
        missing for groups of fewer trees, or whose trees are not named.
    """
    pairs = pd.DataFrame({column: frame[column], "taxon": taxon(frame, level)})
    trees = pairs[column].value_counts().rename("trees")
    first = pairs.dropna().value_counts().reset_index(name="first").drop_duplicates(column).set_index(column)
    table = pd.DataFrame(trees).join(first)
    table["share_pct"] = 100 * table.pop("first") / table["trees"]
    table.loc[table["trees"] < least, ["taxon", "share_pct"]] = None
    return table.sort_values("share_pct", ascending=False, kind="stable").rename_axis(column).reset_index()


LEAST = 100  # trees named in a group for it to be compared: a choice of this kit


def by(
    frame: pd.DataFrame,
    column: str,
    level: Literal["species", "genus"] = "species",
    n: int | None = None,
    *,
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Diversity of the groups of one inventory (sectors, communes), on the same number of trees.

    Parameters
    ----------
    frame : DataFrame
        One row per tree.
    column : str
        The group of each tree; trees without one are a group of their own, "not said".
    level : {"species", "genus"}
    n : int, optional
        Trees drawn from each group, with replacement as in `compare`. By default as many as the smallest group of at
        least `LEAST` named trees has.
    draws, seed : int

    Returns
    -------
    DataFrame
        One row per group: ``column``, ``trees``, ``named`` (at this level), ``taxa``; at ``n`` trees drawn ``expected``
        (taxa, see `expected_taxa`), ``shannon`` and ``simpson`` (effective numbers of
        taxa: exp H' and 1 / sum p², Hill's numbers of orders 1 and 2; means of the draws), each with ``_low`` and
        ``_high`` (95 % of the draws), missing for groups with fewer than ``n`` named trees; and ``species_pct``,
        ``genus_pct``, ``family_pct``: per cent of the commonest taxon of each level among the trees named there, to
        hold against Santamour's 10, 20 and 30.

    Raises
    ------
    WrongUse
        No such column, or no tree named at this level.
    """
    if column not in frame:
        raise WrongUse("diversity.by", _("no such column"), expected=column, found=", ".join(map(str, frame.columns)))
    groups = frame[column].astype("str").fillna(_("not said"))
    names = {each: taxon(frame, each) for each in SANTAMOUR}
    if not names[level].notna().any():
        raise WrongUse("diversity.by", _("the inventory does not name the {level}").format(level=level_name(level)))
    counts = {each: _counted(groups, names[each]) for each in SANTAMOUR}
    sizes = {group: int(c.sum()) for group, c in counts[level].items()}
    if n is None:
        enough = [size for size in sizes.values() if size >= LEAST] or [max(sizes.values())]
        n = min(enough)
    rows = []
    for group, trees in groups.value_counts(sort=False).sort_index().items():
        c = counts[level].get(group, np.array([], dtype=int))
        row = {column: group, "trees": int(trees), "named": int(c.sum()), "taxa": len(c), "n": n}
        row |= _by_draws(c, n, draws, seed) if c.sum() >= n else dict.fromkeys(_MEASURES, np.nan)
        for each in SANTAMOUR:
            there = counts[each].get(group)
            row[f"{each}_pct"] = np.nan if there is None else 100 * there.max() / there.sum()
        rows.append(row)
    return pd.DataFrame(rows)


def _counted(groups, names):
    """Counts of each taxon, by group."""
    pairs = pd.DataFrame({"group": groups, "name": names}).dropna().value_counts()
    return {group: c.to_numpy() for group, c in pairs.groupby(level="group")}


_MEASURES = [f"{name}{end}" for name in ("expected", "shannon", "simpson") for end in ("", "_low", "_high")]


def _by_draws(counts, n, draws, seed):
    rng = np.random.default_rng(seed)
    p = rng.multinomial(n, counts / counts.sum(), size=draws) / n
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    drawn = {
        "expected": (p > 0).sum(axis=1),
        "shannon": np.exp(-(p * logs).sum(axis=1)),
        "simpson": 1 / (p**2).sum(axis=1),
    }
    row = {}
    for name, values in drawn.items():
        value = expected_taxa(counts, n) if name == "expected" else float(values.mean())
        low, high = np.percentile(values, [2.5, 97.5])
        row |= {name: value, f"{name}_low": float(min(low, value)), f"{name}_high": float(max(high, value))}
    return row
