"""The ground under the crowns: measured, fitted on the inventory's own crowns, or a declared range; and its total.

A crown is taken for a circle and crowns may overlap: the total is the sum of crowns, not the cover seen from the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.extras import needed_by
from datakit.language import N_, _
from datakit.trees import diversity
from datakit.trees.smearing import corrected
from datakit.trees.structure import trunk_diameter

with needed_by(__name__):
    from scipy import special  # the whole of scipy.stats takes 40 MB

# Choices of this kit, not findings.
LEAST = 30  # measured trees for a genus to have its own allometry
REACH = 1.25  # a fit is used for trunks up to so many times wider (narrower) than those it was made from
WIDEST_CROWN, WIDEST_TRUNK = 40.0, 400.0  # m and cm: beyond, a slip of the pen; the tree counts as not measured
MEASURED_ERROR = 0.05  # relative, 95 %, of a measured crown diameter; the same for all: one crew, one habit
OUTLIER = 4.0  # robust standard deviations from the allometry of all trees, beyond which a pair is a slip
# Crown over trunk diameter where an inventory measures no crown: a choice of this kit, not a finding. A. Coombes, J.
# Martin and D. Slater (2019), Defining the allometry of stem and crown diameter of urban trees, Urban Forestry & Urban
# Greening 44, 126421, find a mean of 24 to 27 in four species, and no significant influence of pruning or site. They
# speak of four species in two British cities; this kit takes a lower middle for trees of any species and age, and a
# range from 12.5 to 32 that holds their means.
RATIO, RATIO_FACTOR = 20.0, 1.6
# What trees whose crown nobody measured have in common, and the others not: no fit can know it. The standard deviation
# of the logarithm of an area.
UNLIKE = 0.03
MEASURED, UNKNOWN = N_("measured crown"), N_("not known")
CHOICE = N_("ratio of crown to trunk, a choice of this kit")


@dataclass
class Fit:
    """log(crown area, m²) = a + b log(trunk diameter, cm) by least squares."""

    label: str
    coefficients: np.ndarray  # a, b
    spread: np.ndarray  # their covariance over the residual variance, 2 x 2
    variance: float  # of the residuals
    free: int  # degrees of freedom
    reach: tuple[float, float]  # narrowest and widest trunk it is used for, cm
    between: float = 0.0  # part of the variance that trees of one genus share
    largest: float = np.inf  # m²: no crown is taken for larger than the largest that it was made from

    def area(self, dbh: np.ndarray) -> np.ndarray:
        """Expected area in m², corrected for the bias of going back from logarithms (see `crown_area`)."""
        mean = np.exp(self.coefficients[0] + self.coefficients[1] * np.log(dbh) + self.variance / 2)
        return np.minimum(mean, self.largest)

    def interval(self, dbh: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Bounds in m² within which the crown of one more tree falls."""
        x = np.column_stack([np.ones(len(dbh)), np.log(dbh)])
        leverage = np.einsum("ij,jk,ik->i", x, self.spread, x)
        half = special.stdtrit(self.free, 0.5 + level / 2) * np.sqrt(self.variance * (1 + leverage))
        middle = x @ self.coefficients
        return tuple(np.minimum(np.exp(bound), self.largest) for bound in (middle - half, middle + half))

    def reaches(self, dbh: np.ndarray) -> np.ndarray:
        """Which trunks are within reach."""
        return (dbh >= self.reach[0]) & (dbh <= self.reach[1])


def _fit(label, dbh, area):
    x, y = np.column_stack([np.ones(len(dbh)), np.log(dbh)]), np.log(area)
    spread = np.linalg.inv(x.T @ x)
    coefficients = spread @ x.T @ y
    free = len(y) - 2
    variance = float(((y - x @ coefficients) ** 2).sum() / free)
    reach = (dbh.min() / REACH, dbh.max() * REACH)
    return Fit(label, coefficients, spread, variance, free, reach, largest=float(area.max()))


def allometries(frame: pd.DataFrame) -> tuple[dict[str, Fit], Fit | None]:
    """Allometries of crown area on trunk diameter, from the trees of an inventory that have both.

    Parameters
    ----------
    frame : DataFrame
        With ``diametre_couronne`` (m), a trunk diameter (``dbh``, ``diametre`` or ``circonference``, cm) and a taxon.

    Returns
    -------
    tuple of (dict of str to Fit, Fit or None)
        By genus with at least `LEAST` such trees; and for all trees together, None under `LEAST` trees or where trunks
        do not differ. Pairs further than `OUTLIER` robust standard deviations from the latter are left out of both.
    """
    crown, dbh, genus = _crown(frame), _dbh(frame), diversity.named(frame)["genus"]
    both = crown.notna() & dbh.notna()
    if both.sum() < LEAST or dbh[both].nunique() < 3:
        return {}, None
    area, dbh, genus = np.pi / 4 * crown[both].to_numpy() ** 2, dbh[both].to_numpy(), genus[both]
    first = _fit("all", dbh, area)
    off = np.log(area) - first.coefficients[0] - first.coefficients[1] * np.log(dbh)
    off = off - np.median(off)
    kept = np.abs(off) <= OUTLIER * max(1.4826 * np.median(np.abs(off)), 1e-9) if first.variance > 1e-12 else off == off
    area, dbh, genus = area[kept], dbh[kept], genus[kept].reset_index(drop=True)
    label = _("fitted on the crowns measured in this inventory: {genus}")
    pooled = _fit(label.format(genus=_("all genera")), dbh, area)
    left = pd.Series(np.log(area) - pooled.coefficients[0] - pooled.coefficients[1] * np.log(dbh))
    by = left.groupby(genus).agg(["mean", "size"])
    by = by[by["size"] >= 2]
    if len(by) > 1:  # variance of the genera's means, less what chance alone would give it
        pooled.between = float(np.clip(by["mean"].var() - (pooled.variance / by["size"]).mean(), 0, pooled.variance))
    own = {}
    for name, rows in genus.groupby(genus).indices.items():
        if len(rows) >= LEAST and len(np.unique(dbh[rows])) >= 3:
            own[name] = _fit(label.format(genus=name), dbh[rows], area[rows])
    return own, pooled


def _crown(frame):
    if "diametre_couronne" not in frame or not pd.api.types.is_numeric_dtype(frame["diametre_couronne"]):
        return pd.Series(np.nan, index=frame.index)
    crown = frame["diametre_couronne"].astype("float64")
    return crown.where((crown > 0) & (crown <= WIDEST_CROWN))


def _dbh(frame):
    dbh = pd.to_numeric(frame["dbh"]).astype("float64") if "dbh" in frame else trunk_diameter(frame)
    return dbh.where((dbh > 0) & (dbh <= WIDEST_TRUNK))


def both_measured(frame: pd.DataFrame) -> pd.Series:
    """Which trees have both a crown and a trunk that are no slips of the pen."""
    return _crown(frame).notna() & _dbh(frame).notna()


class Crowns:
    """Every crown of an inventory, and draws of sums of crowns; see `crown_area` and `total`.

    Parameters
    ----------
    frame : DataFrame
        One row per tree.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        crown, self.dbh, genus = _crown(frame), _dbh(frame).to_numpy(), diversity.named(frame)["genus"]
        self.own, self.pooled = allometries(frame)
        self.genus, self.genera = pd.factorize(genus)  # -1: not named
        n, dbh = len(frame), self.dbh
        self.fits: list[Fit] = []
        self.which = np.full(n, -1)  # which fit; -2 measured, -3 the declared ratio, -1 not known
        self.area, self.low, self.high = (np.full(n, np.nan) for _ in range(3))
        self.which[~np.isnan(dbh)] = -3
        for fit, rows in self._candidates():
            self.which[rows] = len(self.fits)
            self.fits.append(fit)
        self.correction = _correction(self, crown)
        for i, fit in enumerate(self.fits):
            rows = self.which == i
            factor = self.correction.factor(dbh[rows])
            self.area[rows] = np.minimum(fit.area(dbh[rows]) * factor, fit.largest)
            self.low[rows], self.high[rows] = (bound * factor for bound in fit.interval(dbh[rows]))
        rows = self.which == -3
        self.area[rows] = _disc(RATIO * dbh[rows] / 100)
        self.low[rows] = _disc(RATIO / RATIO_FACTOR * dbh[rows] / 100)
        self.high[rows] = _disc(RATIO * RATIO_FACTOR * dbh[rows] / 100)
        rows = crown.notna().to_numpy()
        self.which[rows] = -2
        self.area[rows] = _disc(crown[rows])
        self.low[rows], self.high[rows] = (_disc(crown[rows] * (1 + s * MEASURED_ERROR)) for s in (-1, 1))

    def _candidates(self):
        if self.pooled is not None:
            yield self.pooled, ~np.isnan(self.dbh)
        for name, fit in self.own.items():
            yield fit, (self.genus == list(self.genera).index(name)) & fit.reaches(self.dbh)

    def how(self) -> np.ndarray:
        """What each area rests on."""
        labels = np.array([fit.label for fit in self.fits] + [CHOICE, MEASURED, UNKNOWN], dtype=object)
        return labels[self.which]

    def draw(
        self, cells: np.ndarray, number: int, draws: int = 400, seed: int = 0, *, common: bool = True
    ) -> np.ndarray:
        """Draws of the summed crown area of each cell.

        Parameters
        ----------
        cells : array of int, shape (trees,)
            The cell of each tree, from 0.
        number : int
            How many cells.
        draws, seed : int
        common : bool
            Whether the error of the declared ratio is one for all trees (the widest total) or one per genus (the widest
            shares, for an error that all trees have in common leaves shares as they are).

        Returns
        -------
        array of float, shape (draws, number)
            In m²; a tree whose crown is not known adds nothing.
        """
        rng, out = np.random.default_rng(seed), np.zeros((draws, number))
        unit = rng.standard_normal(draws)
        rows = self.which == -2
        sums = np.bincount(cells[rows], weights=self.area[rows], minlength=number)
        out += np.square(1 + unit * MEASURED_ERROR / 1.96)[:, None] * sums
        spread = np.log(RATIO_FACTOR) / 1.96
        rows = np.flatnonzero(self.which == -3)
        unit = rng.standard_normal(draws)
        for group in [rows] if common else [rows[self.genus[rows] == g] for g in np.unique(self.genus[rows])]:
            sums = np.bincount(cells[group], weights=self.area[group], minlength=number)
            out += np.exp(2 * spread * (unit if common else rng.standard_normal(draws)))[:, None] * sums
        fitted = np.flatnonzero(self.which >= 0)
        if not len(fitted):
            return np.maximum(out, 0)
        widths = np.unique(np.round(self.dbh[fitted], 1))
        factors = self.correction.draw(widths, draws, rng) * np.exp(UNLIKE * rng.standard_normal((draws, 1)))
        for i, fit in enumerate(self.fits):
            rows = np.flatnonzero(self.which == i)
            if len(rows):
                out += self._drawn(fit, rows, cells, number, (widths, factors), rng)
        return np.maximum(out, 0)

    def _drawn(self, fit, rows, cells, number, corrections, rng):
        widths, factors = corrections
        draws = len(factors)
        # Coefficients are wrong once for all trees of a fit; what is left is each tree's own and averages out.
        variance = fit.variance * fit.free / rng.chisquare(fit.free, draws)
        noise = rng.multivariate_normal([0, 0], fit.spread, draws) * np.sqrt(variance)[:, None]
        a, b = (fit.coefficients + noise).T
        out, between = np.zeros((draws, number)), min(fit.between / fit.variance, 1) if fit.variance > 0 else 0.0
        groups = [rows[self.genus[rows] == g] for g in np.unique(self.genus[rows])] if between else [rows]
        for group in groups:
            dbh, at = np.unique(np.round(self.dbh[group], 1), return_inverse=True)
            counts = np.zeros((len(dbh), number))
            np.add.at(counts, (at, cells[group]), 1)
            shared = rng.standard_normal(draws) * np.sqrt(between * variance)
            inner = (1 - between) * variance
            mean = np.exp((a + shared + inner / 2)[:, None] + b[:, None] * np.log(dbh))
            mean = np.minimum(mean * factors[:, np.searchsorted(widths, dbh)], fit.largest)
            sums = mean @ counts
            own = np.sqrt(np.expm1(inner)[:, None] * (mean**2 @ counts))
            out += sums + own * rng.standard_normal((draws, number))
        return out


def _correction(crowns, crown):
    rows = np.flatnonzero(crown.notna().to_numpy() & (crowns.which >= 0))
    expected = np.empty(len(rows))
    for i, fit in enumerate(crowns.fits):
        mine = crowns.which[rows] == i
        expected[mine] = fit.area(crowns.dbh[rows[mine]])
    true, x = _disc(crown.to_numpy()[rows]), np.log(crowns.dbh[rows])
    return corrected(x, true, expected)


def _disc(diameter):
    return np.pi / 4 * np.minimum(np.asarray(diameter, dtype=float), WIDEST_CROWN) ** 2


def crown_area(frame: pd.DataFrame) -> pd.DataFrame:
    """The ground under each crown, with an interval and what it rests on.

    A measured crown first; else the allometry of its genus within the trunks it was made from, else of all genera, both
    fitted on the crowns measured in this inventory and held against them (`datakit.trees.smearing`); else, where none
    is measured, a declared range of the ratio of crown to trunk diameter.
    Regressions on logarithms give the median; the mean is exp(s²/2) times that: Baskerville, G. L. (1972), Use of
    logarithmic regression in the estimation of plant biomass, Canadian Journal of Forest Research 2, 49-53; Sprugel,
    D. G. (1983), Correcting for bias in log-transformed allometric equations, Ecology 64(1), 209-210.

    Parameters
    ----------
    frame : DataFrame
        With any of ``diametre_couronne`` (m), ``dbh``, ``diametre`` and ``circonference`` (cm), and names of taxa.

    Returns
    -------
    DataFrame
        Index of ``frame``; ``area``, ``low``, ``high`` (m²; 95 % for one tree) and ``how``; missing and "not known"
        where neither crown nor trunk is measured.
    """
    crowns = Crowns(frame)
    return pd.DataFrame(
        {"area": crowns.area, "low": crowns.low, "high": crowns.high, "how": crowns.how()}, index=frame.index
    )


def total(frame: pd.DataFrame, by: str | None = None, *, draws: int = 400, seed: int = 0) -> pd.DataFrame:
    """The sum of crowns, with an interval that does not shrink with the number of trees where errors are shared.

    Each tree's own departure from an allometry averages out over many trees. The allometry's coefficients and its
    form, a genus's departure from the allometry of all genera, the habit of the crew, what trees without a measured
    crown have in common and the declared ratio do not: each is drawn once for all the trees it concerns.
    `datakit.trees.hiding` shows how often such an interval holds the truth. Where every crown is measured the interval
    is the crew's habit alone, `MEASURED_ERROR`: a choice of this kit.

    Parameters
    ----------
    frame : DataFrame
    by : str, optional
        A column; one row per value of it.
    draws, seed : int

    Returns
    -------
    DataFrame
        ``by``, ``trees``, ``known`` (trees with an area), ``area``, ``low``, ``high`` (m²; 95 %). Trees whose crown is
        not known add nothing: compare ``known`` with ``trees`` before quoting a total.
    """
    crowns = Crowns(frame)
    cells, labels = groups(frame, by)
    drawn = crowns.draw(cells, len(labels), draws, seed)
    area = np.bincount(cells, weights=np.nan_to_num(crowns.area), minlength=len(labels))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0) if len(frame) else (area, area)
    table = pd.DataFrame(
        {
            "trees": np.bincount(cells, minlength=len(labels)),
            "known": np.bincount(cells, weights=~np.isnan(crowns.area), minlength=len(labels)).astype(int),
            "area": area,
            "low": np.minimum(low, area),
            "high": np.maximum(high, area),
        }
    )
    if by is not None:
        table.insert(0, by, labels)
    return table


def known_total(frame: pd.DataFrame, *, draws: int = 400, seed: int = 0) -> pd.Series:
    """`total` of a whole inventory, or `CannotAnswer` where neither crowns nor trunks are measured."""
    found = total(frame, draws=draws, seed=seed).iloc[0]
    if not found["known"]:
        raise CannotAnswer(_("crowns"), _("the inventory measures neither crowns nor trunks"))
    return found


def groups(frame: pd.DataFrame, by: str | None) -> tuple[np.ndarray, list[str]]:
    """The number of each tree's group, and the groups' names ("not said" for trees without one)."""
    if by is None:
        return np.zeros(len(frame), dtype=int), ["all"]
    codes, labels = pd.factorize(frame[by].astype("str").fillna(_("not said")), sort=True)
    return codes, list(labels)
