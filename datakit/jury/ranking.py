"""Weighted means of a jury's marks, and how far they carry: rank ranges, ties, severity, and whether one juror decides.

A mean of a few jurors' marks is uncertain, and a rank made of it more so: ranks are given with ranges, as Goldstein &
Spiegelhalter ask for (1996, League tables and their limitations, J. R. Stat. Soc. A 159, 385-443). Each draw is another
jury, like this one in what the additive model (mark = dossier + juror + rest) finds in it: a parametric bootstrap, as
in Efron & Tibshirani (1993, An introduction to the bootstrap). Resampling three jurors with replacement never goes
beyond the marks that they gave, and finds winners among equals; ``benchmarks/bench_ranking.py`` counts how often this
does. Dossiers are told apart by the largest difference of any pair, as in Tukey's test of ranges, since a jury looks at
all pairs. Weights are drawn around the given ones, in the spirit of Lahdelma, Hokkanen & Salminen (1998, SMAA, Eur. J.
Oper. Res. 106, 137-143), who explore them all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from datakit.extras import needed_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.jury.marks import Marks

# Choices of this kit.
DRAWS, SEED, LEVEL = 2000, 20_261, 0.95
CONCENTRATION = 50  # of the Dirichlet law of weights: one of 30 % is drawn between 18 and 43 %, 19 times in 20
SAME = 1e-9  # points: what floats make of equal means


@dataclass(frozen=True)
class Stability:
    """What draws say of each dossier, in the order of `Ranking.dossiers`.

    Attributes
    ----------
    low, high : ndarray of int
        The range of its rank.
    first_share : ndarray
        Of draws in which it is among the first ones.
    kept_share : float
        Of draws in which the first ones are those of the jury's own marks and weights.
    """

    low: np.ndarray
    high: np.ndarray
    first_share: np.ndarray
    kept_share: float


@dataclass(frozen=True)
class Ranking:
    """A jury's marks as a table of dossiers, the highest mean first.

    Attributes
    ----------
    dossiers, jurors : list of str
        Dossiers that have a mean: each criterion has a mark.
    without : list of str
        Dossiers that have none.
    by_criterion : ndarray, shape (dossiers, criteria)
    mean, spread : ndarray
        Weighted; between jurors (standard deviation, NaN where fewer than two marked it).
    low, high : ndarray
        The range of the mean, NaN where it cannot be told.
    told_apart : ndarray of bool, shape (dossiers, dossiers)
        Pairs whose means differ by more than such juries differ by chance, all pairs of the table together.
    jury, weights, both : Stability or None
        When jurors change, weights change, or both; None where there is too little to tell.
    first : int
    severity : ndarray
        Points that each juror gives above the others for the same dossiers; NaN where it cannot be told.
    adjusted : ndarray
        Means with severity taken out; NaN where every juror marked every dossier, or it cannot be told.
    deciding : dict of str to list of str
        Juror -> the highest dossiers without him, where they are not those of the whole jury.
    shifting : dict of str to list of str
        Juror -> dossiers that are among the first without him and are not with him.
    marked_by : list of list of str
        Jurors, for each dossier.
    complete : bool
        Every juror marked every dossier, conflicts of interest apart too.
    """

    dossiers: list[str]
    jurors: list[str]
    without: list[str]
    by_criterion: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    low: np.ndarray
    high: np.ndarray
    told_apart: np.ndarray
    jury: Stability | None
    weights: Stability
    both: Stability | None
    first: int
    severity: np.ndarray
    adjusted: np.ndarray
    deciding: dict[str, list[str]] = field(default_factory=dict)
    shifting: dict[str, list[str]] = field(default_factory=dict)
    marked_by: list[list[str]] = field(default_factory=list)
    complete: bool = True

    def tied(self, i: int) -> bool:
        """Whether another dossier has exactly the same mean."""
        return bool((np.abs(self.mean - self.mean[i]) <= SAME).sum() > 1)

    def beside(self, i: int) -> list[str]:
        """Dossiers that are not told apart from this one."""
        return [name for j, name in enumerate(self.dossiers) if j != i and not self.told_apart[i, j]]

    def chosen(self) -> tuple[list[str], list[str], list[str]]:
        """Dossiers that are among the first whatever the jury, those that may be, and those that are not."""
        better = (self.told_apart & (self.mean[None, :] > self.mean[:, None])).sum(axis=1)
        worse = (self.told_apart & (self.mean[None, :] < self.mean[:, None])).sum(axis=1)
        surely, never = len(self.dossiers) - worse <= self.first, better >= self.first
        split = (surely, ~surely & ~never, never & ~surely)
        sure, open_, out = ([n for n, so in zip(self.dossiers, one, strict=True) if so] for one in split)
        return sure, open_, out


def rank(marks: Marks, weights: Sequence[float], first: int = 3, draws: int = DRAWS, seed: int = SEED) -> Ranking:
    """Weighted means of dossiers, and how stable their order is.

    Parameters
    ----------
    marks : Marks
    weights : sequence of float
        Of the criteria; they need not sum to 1.
    first : int
        How many dossiers are to be picked.
    draws, seed : int

    Returns
    -------
    Ranking
    """
    shares = np.asarray(weights, float) / np.sum(weights)
    given = ~np.isnan(marks.values)
    means = _mean(marks.values) @ shares
    order = np.argsort(-means, kind="stable")
    kept = order[~np.isnan(means[order])]
    values, count = marks.values[:, kept], len(kept)
    seen = given[:, kept].any(axis=2)
    table = _weighted(values, shares)
    fit = _additive(table)
    random = np.random.default_rng(seed)
    centre, drawn = _mean(values), random.dirichlet(CONCENTRATION * shares, draws)
    mean = centre @ shares
    noise = _noise(table, fit, _rounding(values, shares), draws, random) if count > 1 else None
    told, low, high = np.zeros((count, count), bool), np.full(count, np.nan), np.full(count, np.nan)
    jury = both = None
    if noise is not None:
        told = _told_apart(mean, noise)
        tail = (1 - LEVEL) / 2
        low, high = np.clip(mean + np.quantile(noise, (tail, 1 - tail), axis=0), 0, 20)
        jury = _stability(mean + noise, mean, first)
        both = _stability(drawn @ centre.T + noise, mean, first)
    whole = bool(seen[seen.any(axis=1)].all())  # who gave no mark at all is no juror
    deciding, shifting = _one_juror(values, shares, marks.jurors, [marks.dossiers[i] for i in kept], first)
    return Ranking(
        dossiers=[marks.dossiers[i] for i in kept],
        jurors=list(marks.jurors),
        without=[name for i, name in enumerate(marks.dossiers) if np.isnan(means[i]) and given[:, i].any()],
        by_criterion=centre,
        mean=mean,
        spread=_spread(table),
        low=low,
        high=high,
        told_apart=told,
        jury=jury,
        weights=_stability(drawn @ centre.T, mean, first),
        both=both,
        first=first,
        severity=fit.severity,
        adjusted=np.full(count, np.nan) if whole else fit.level,
        deciding=deciding,
        shifting=shifting,
        marked_by=[[name for name, so in zip(marks.jurors, column, strict=True) if so] for column in seen.T],
        complete=whole,
    )


def _mean(values):
    """Of the jurors who gave a mark, by dossier and criterion; NaN where none did."""
    count = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / np.where(count, count, np.nan)


def _weighted(values, weights):
    """Of each juror and dossier, over the criteria that he marked."""
    given = ~np.isnan(values)
    share = given @ weights
    return np.nansum(np.where(given, values, 0) * weights, axis=2) / np.where(share > 0, share, np.nan)


def _spread(table):
    given = ~np.isnan(table)
    n = given.sum(axis=0)
    off = np.where(given, table - np.nansum(table, axis=0) / np.where(n, n, np.nan), 0)
    return np.sqrt((off**2).sum(axis=0) / np.where(n > 1, n - 1, np.nan))


@dataclass(frozen=True)
class _Fit:
    """Mark = level of the dossier + severity of the juror + rest."""

    level: np.ndarray
    severity: np.ndarray
    rest: np.ndarray  # 0 where there is no mark
    freedom: int


def _additive(table):
    """The two-way model by least squares; severities sum to 0. NaN where no juror links the dossiers."""
    with needed_by(__name__):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

    jurors, dossiers = table.shape
    j, d = np.nonzero(~np.isnan(table))
    links = coo_array((np.ones(len(j)), (j, jurors + d)), shape=(jurors + dossiers,) * 2)
    seated = np.isin(np.arange(jurors), j)  # a juror who marked nothing has no severity
    parts = connected_components(links, directed=False)[0] - int((~seated).sum())
    design = np.zeros((len(j) + 1, jurors + dossiers))
    design[np.arange(len(j)), j] = design[np.arange(len(j)), jurors + d] = 1
    design[-1, :jurors] = seated
    found = np.linalg.lstsq(design, np.append(table[j, d], 0), rcond=None)[0]
    rest = np.zeros(table.shape)
    rest[j, d] = table[j, d] - (design[:-1] @ found)
    freedom = len(j) - dossiers - int(seated.sum()) + parts
    severity = np.where(seated, found[:jurors], np.nan)
    if parts != 1:
        return _Fit(np.full(dossiers, np.nan), np.full(jurors, np.nan), rest, freedom)
    return _Fit(found[jurors:], severity, rest, freedom)


def _rounding(values, shares):
    """The variance that rounding alone gives a juror's weighted mark: that of a number drawn within each step."""
    steps = np.diff(np.unique(values[~np.isnan(values)]))
    return (shares**2).sum() * steps.min() ** 2 / 12 if len(steps) else 0.0


def _noise(table, fit, least, draws, random):
    """How the means of another jury would differ; None where the marks are too few to tell.

    Its jurors are as severe and as lenient as these, and differ as much on a dossier beyond that. A dossier on which
    few jurors happen to agree is not held to be surer than the average dossier: a choice of this kit, which keeps a
    dossier that divides the jury from making winners of the others. Jurors who agree to the point are not held to be
    surer than the steps of their marks: ``least`` is that variance.
    """
    if fit.freedom < 1:
        return None
    given = ~np.isnan(table)
    n = given.sum(axis=0)
    pooled = max((fit.rest**2).sum() / fit.freedom, least)
    own = (fit.rest**2).sum(axis=0) * n.sum() / (n * fit.freedom)
    known = np.nan_to_num(fit.severity)
    seated = np.isfinite(fit.severity).sum()
    severe = known * np.sqrt(seated / max(seated - 1, 1))
    # Student's law: the spread itself is known from so many marks only.
    wide = np.sqrt(fit.freedom / random.chisquare(fit.freedom, draws))[:, None]
    rest = random.standard_normal((draws, len(n))) * np.sqrt(np.maximum(own, pooled) / n)
    return wide * (rest + (random.standard_normal((draws, len(table))) * severe) @ given / n)


def _told_apart(mean, noise):
    """Pairs that differ by more than chance makes any pair of the table differ, in one jury of twenty."""
    shared = np.cov(noise, rowvar=False)
    a, b = np.triu_indices(len(mean), 1)
    error = np.sqrt(np.maximum(shared[a, a] + shared[b, b] - 2 * shared[a, b], SAME**2))
    parts = np.array_split(noise, max(1, len(a) // 500))  # of two hundred dossiers all pairs at once would fill memory
    most = np.concatenate([np.abs((part[:, a] - part[:, b]) / error).max(axis=1) for part in parts])
    apart = np.zeros((len(mean),) * 2, bool)
    apart[a, b] = np.abs(mean[a] - mean[b]) > np.quantile(most, LEVEL) * error + SAME
    return apart | apart.T


def _stability(drawn, mean, first):
    with needed_by(__name__):
        from scipy.stats import rankdata

    # What is equal but for rounding is tied.
    ranks = rankdata(-np.round(drawn, 9), method="min", axis=1).astype(int)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(ranks, (tail, 1 - tail), axis=0, method="inverted_cdf").astype(int)
    among = ranks <= first
    kept = (among == np.isin(np.arange(len(mean)), list(_leading(mean, first)))).all(axis=1)
    return Stability(low, high, among.mean(axis=0), float(kept.mean()))


def _one_juror(values, weights, jurors, names, first):
    """Which single jurors decide who is highest, or who is among the first: each is left out once."""
    deciding: dict[str, list[str]] = {}
    shifting: dict[str, list[str]] = {}
    whole = _mean(values) @ weights
    if not len(names):
        return deciding, shifting
    top, among = _leading(whole, 1), _leading(whole, first)
    for j, juror in enumerate(jurors if len(jurors) > 1 else ()):
        if np.isnan(values[j]).all():
            continue
        rest = _mean(np.delete(values, j, axis=0)) @ weights
        without = _leading(rest, 1)
        if without != top and without:
            deciding[juror] = [names[i] for i in sorted(without)]
        if new := _leading(rest, first) - among:
            shifting[juror] = [names[i] for i in sorted(new)]
    return deciding, shifting


def _leading(mean, first):
    """The first ones, with all that are tied with the last of them."""
    known = np.flatnonzero(~np.isnan(mean))
    if not len(known):
        return set()
    least = np.sort(mean[known])[::-1][min(first, len(known)) - 1]
    return {int(i) for i in known if mean[i] >= least - SAME}
