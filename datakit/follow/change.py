"""Whether a monthly series changed at a date: a test that keeps its level in short series with a season and a memory.

The regression is that of an interrupted time series (Bernal, Cummins & Gasparrini 2017): a level, what each calendar
month adds, a drift, and a step at the start. Its errors remember the month before (an autoregression of order one).
How much they do cannot be estimated well from 20 to 30 months: methods that plug in an estimate find changes where
there is none (Turner et al. 2021, in a simulation of series as short). So none is plugged in:

1. For each memory from 0 to 0.95 generalised least squares gives the step, its standard error and Student's t.
2. A memory that the residuals speak against (their lag-one product is below its tenth percentile) is left out: the
   idea of Berger & Boos (1994), who take the worst case over what the data does not exclude.
3. The smallest t that is left, without its sign, is the statistic. What it may be by chance is drawn at random for each
   memory, for the very months of the series, and the worst of them decides: the level holds for every memory from 0 to
   0.95, whatever the season, in series of any length. ``benchmarks/bench_follow.py`` measures it.

The range of memories, the tenth percentile and the number of draws are choices of this kit.

References: J. L. Bernal, S. Cummins, A. Gasparrini, Interrupted time series regression for the evaluation of public
health interventions: a tutorial, Int. J. Epidemiol. 46 (2017) 348-355. S. L. Turner et al., Evaluation of statistical
methods used in the analysis of interrupted time series studies: a simulation study, BMC Med. Res. Methodol. 21 (2021).
R. L. Berger, D. D. Boos, P values maximized over a confidence set for the nuisance parameter, J. Am. Stat. Assoc. 89
(1994) 1012-1016.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from datakit.errors import CannotAnswer
from datakit.extras import needed_by
from datakit.language import _

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
POWER = 0.8
MEMORIES = np.append(np.linspace(0, 0.9, 10), 0.95)
EXCLUDED = 0.1
DRAWS = 8000
COARSE = 5  # times the noise
LEAST = 3  # degrees of freedom, below which nothing is said
YEAR, TWO_YEARS = 12, 24  # months that the series reaches back before the start


@dataclass(frozen=True)
class Change:
    """What a series says of a step (or of a drift, see `drift`).

    Attributes
    ----------
    estimate, low, high : float
        In the series' unit; the range is of 95 %.
    p : float
        How often chance alone does as much.
    detectable : float
        The smallest change that would have been told apart in four series out of five with the same noise and memory.
    memory : float
        Of a month for the one before: the median of what the residuals bear, 0 to 0.95.
    before, after : int
        Months that have a value.
    season, drift : bool
        Whether the model has them.
    noise : float
        What chance does to one month: the standard deviation of the errors.
    expected : Series
        What the model has without the change, by month.
    """

    estimate: float
    low: float
    high: float
    p: float
    detectable: float
    memory: float
    before: int
    after: int
    season: bool
    drift: bool
    noise: float
    expected: pd.Series

    @property
    def found(self) -> bool:
        """At the level of one test alone."""
        return self.p < LEVEL

    @property
    def short(self) -> bool:
        """Whether only a change of more than five times the noise could have been told apart.

        Then a series that shows none is too short to tell: a choice of this kit.
        """
        return not self.found and self.detectable > COARSE * self.noise


def step(
    series: pd.Series, start: pd.Period, *, paired: bool = False, terms: tuple[bool, bool] | None = None
) -> Change:
    """Test whether a series has another level from a month on.

    Parameters
    ----------
    series : Series
        Monthly, by `pandas.Period`; a missing month is NaN, and is left out, not filled.
    start : Period
        The first month with the change.
    paired : bool
        The series is a difference between two places that share season and drift, as difference in differences takes
        it. Then no drift is estimated, and a season only from two years on.
    terms : (bool, bool), optional
        Whether the model has a season and a drift, by default as many months as there are before the start allow.

    Returns
    -------
    Change

    Raises
    ------
    CannotAnswer
        Too short to tell: a single series needs a year before the start, with the months of the year of all later
        ones, and a drift is estimated from two years on; a difference needs half a year. A quarter of the months may
        be missing.
    """
    known = series.dropna()
    time = np.array([period.ordinal for period in known.index], dtype=int)
    after = time >= start.ordinal
    if not after.any():
        raise CannotAnswer(str(start), _("no month since the start has a value"))
    before = int((~after).sum())
    terms = terms or _terms(time, before, start.ordinal, paired)
    return _tested(known, time, np.column_stack([_columns(time, *terms), after]), after, terms)


def drift(series: pd.Series, *, paired: bool = False) -> Change:
    """Test whether a series was already moving: its change in a year.

    An assumption is looked at with a keener eye than a change: the memory is the one in the middle, not the worst.

    Parameters
    ----------
    series : Series
        As in `step`, the months before the start only.
    paired : bool

    Returns
    -------
    Change
        ``estimate`` is what it changes in a year; ``after`` is 0.

    Raises
    ------
    CannotAnswer
        Too short to tell.
    """
    known = series.dropna()
    time = np.array([period.ordinal for period in known.index], dtype=int)
    season, _drifting = _terms(time, len(time), time[-1] + 1 if len(time) else 0, paired)
    columns = np.column_stack([_columns(time, season, False), (time - time.mean()) / YEAR])
    return _tested(known, time, columns, np.zeros(len(time), bool), (season, True), keen=True)


def _terms(time, before, first_after, paired):
    """Whether the model has a season and a drift, by how long the months before the start reach back."""
    least = YEAR // 2 if paired else YEAR
    reach = first_after - time[0] if before else 0
    if reach < least or before < 0.75 * least:
        raise CannotAnswer(
            _("change"),
            _("too short to tell: too few months before the start"),
            expected=_("{n} months with a value").format(n=least),
            found=str(before),
        )
    long = reach >= TWO_YEARS and before >= 0.75 * TWO_YEARS
    return long or not paired, long and not paired


def _columns(time, season, drifting):
    columns = np.eye(YEAR)[time % YEAR] if season else np.ones((len(time), 1))
    columns = columns[:, columns.any(axis=0)]
    return np.column_stack([columns, (time - time.mean()) / YEAR]) if drifting else columns


def _tested(known, time, columns, after, terms, keen=False):
    """The test of the last column's coefficient."""
    values = known.to_numpy(float)
    rule = _rule(tuple(int(t) for t in time - time[0]), tuple(map(tuple, columns)))
    if np.allclose(rule.residual @ values, 0, atol=1e-9 * max(1.0, np.abs(values).max())):
        raise CannotAnswer(_("change"), _("too short to tell: the months do not vary beyond the season"))
    seen = rule.look(values[:, None])
    estimate, error, kept = seen.estimate[:, 0], seen.error[:, 0], seen.kept[:, 0]
    middle = rule.middle(seen)
    critical, p = rule.critical(LEVEL), rule.p(float(seen.smallest()[0]))
    if keen:
        student = _student(rule.freedom)
        kept = np.arange(len(MEMORIES)) == middle
        critical, p = float(student.isf(LEVEL / 2)), float(2 * student.sf(np.abs(estimate / error)[middle]))
    reach, noise = critical * error, float(seen.noise[middle, 0])
    return Change(
        estimate=float(estimate[middle]),
        low=float((estimate - reach)[kept].min()),
        high=float((estimate + reach)[kept].max()),
        p=p,
        detectable=rule.detectable(middle) * noise,
        memory=float(MEMORIES[middle]),
        before=int((~after).sum()),
        after=int(after.sum()),
        season=terms[0],
        drift=terms[1],
        noise=noise,
        expected=known * 0 + columns[:, :-1] @ rule.terms(values, middle),
    )


def _student(freedom):
    with needed_by(__name__):
        from scipy.stats import t

    return t(freedom)


@dataclass(frozen=True)
class _Seen:
    """Of series side by side: arrays of memories x series, but for ``below`` the same of what is excluded."""

    estimate: np.ndarray
    error: np.ndarray
    noise: np.ndarray
    below: np.ndarray

    @property
    def kept(self):
        kept = self.below >= EXCLUDED
        kept[0] = True  # no memory at all is never excluded
        return kept

    def smallest(self, moved: float = 0.0) -> np.ndarray:
        """The smallest t of each series, had it changed by so much more."""
        t = np.abs(self.estimate + moved) / self.error
        return np.where(self.kept, t, np.inf).min(axis=0)


@lru_cache(maxsize=64)
def _rule(time, columns):
    return Rule(np.array(time), np.array(columns, dtype=float))


class Rule:
    """The test for one set of months and one model: fits for each memory, and what chance does.

    Parameters
    ----------
    time : ndarray of int
        Months that have a value.
    columns : ndarray
        The model; its last column is what is tested.

    Raises
    ------
    CannotAnswer
        The months cannot tell it apart from the season, or too few are left.
    """

    def __init__(self, time: np.ndarray, columns: np.ndarray) -> None:
        n, k = columns.shape
        if n - k < LEAST or np.linalg.matrix_rank(columns) < k:
            raise CannotAnswer(
                _("change"),
                _("too short to tell: the months cannot tell a change from the season"),
                expected=_("{n} months more than the model has terms ({k})").format(n=LEAST, k=k),
                found=str(n),
            )
        self.freedom = n - k
        self.residual = np.eye(n) - columns @ np.linalg.pinv(columns)
        lag = np.abs(time[:, None] - time[None, :])
        self._next = (lag == 1) / 2
        self._fits, roots = [], []
        for memory in MEMORIES:
            root = np.linalg.cholesky(memory**lag)
            white = np.linalg.solve(root, np.eye(n))
            inverse = np.linalg.pinv(white @ columns)
            rest = np.linalg.qr(white @ columns, mode="complete")[0][:, k:].T @ white  # what the model leaves
            self._fits.append((inverse @ white, rest, float(np.linalg.norm(inverse[-1]))))
            roots.append(root)
        draws = np.random.default_rng(20270401).standard_normal((n, DRAWS))
        self._null = [root @ draws for root in roots]
        self._memories = [np.sort(self._product(noise)) for noise in self._null]
        self._chance = [np.sort(self.look(noise).smallest()) for noise in self._null]
        self._detectable: dict[int, float] = {}

    def _product(self, values):
        """The lag-one product of residuals, over their squares: missing months make no pair."""
        rest = self.residual @ values
        return (rest * (self._next @ rest)).sum(axis=0) / (rest * rest).sum(axis=0)

    def look(self, values: np.ndarray) -> _Seen:
        """Fit series side by side, for each memory."""
        product = self._product(values)
        below = [np.searchsorted(known, product) / len(known) for known in self._memories]
        noise = [np.sqrt(((rest @ values) ** 2).sum(axis=0) / self.freedom) for _w, rest, _n in self._fits]
        estimate = [weights[-1] @ values for weights, _r, _n in self._fits]
        error = [norm * one for (_w, _r, norm), one in zip(self._fits, noise, strict=True)]
        return _Seen(*map(np.array, (estimate, error, noise, below)))

    def critical(self, level: float) -> float:
        """What the smallest t passes by chance so often, at the worst memory."""
        return max(float(np.quantile(chance, 1 - level)) for chance in self._chance)

    def p(self, smallest: float) -> float:
        """How often chance does as much, at the worst memory; never 0, as it is drawn."""
        return max(
            float((len(chance) - np.searchsorted(chance, smallest) + 1) / (len(chance) + 1)) for chance in self._chance
        )

    def terms(self, values: np.ndarray, middle: int) -> np.ndarray:
        """The coefficients of all but the last column."""
        return self._fits[middle][0][:-1] @ values

    def middle(self, seen: _Seen) -> int:
        """The place of the memory that half of the draws lie below."""
        over = np.flatnonzero(seen.below[:, 0] >= 0.5)
        return int(over[-1]) if len(over) else 0

    def detectable(self, middle: int) -> float:
        """The smallest change that is found with a power of 80 %, at a memory and a noise of 1."""
        if middle not in self._detectable:
            seen, critical = self.look(self._null[middle]), self.critical(LEVEL)
            low, high = 0.0, 1.0
            while (seen.smallest(high) > critical).mean() < POWER:
                low, high = high, 2 * high
            for _n in range(20):
                between = (low + high) / 2
                enough = (seen.smallest(between) > critical).mean() >= POWER
                low, high = (low, between) if enough else (between, high)
            self._detectable[middle] = high
        return self._detectable[middle]
