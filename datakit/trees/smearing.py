"""Fits of crowns held against the crowns measured: the error of their form, by trunk, is mended and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Choices of this kit: trunks of one class differ by a sixth at most, and a class has at least so many measured crowns;
# away from the trunks measured the logarithm of an area drifts by at least so much (standard deviation) for each unit
# of a trunk's logarithm.
CLASS_WIDTH, LEAST_IN_CLASS, LEAST_DRIFT = np.log(1.16), 20, 0.3


@dataclass
class Correction:
    """What measured crowns are, over what the fits expect of their trunks: the error of the fits' form, by trunk.

    A straight line in logarithms is wrong where crowns stop growing, and so is going back from logarithms where the
    scatter changes with size, or where trunks are slips of the pen. In each class of trunks, the mean measured crown
    over the mean expected one mends all three: the smearing estimate of Duan, N. (1983), Smearing estimate: a
    nonparametric retransformation method, Journal of the American Statistical Association 78, 605-610, by class.
    Between classes it is interpolated. Beyond the trunks measured it stays, and its error grows as fast as corrections
    were seen to move, or by `LEAST_DRIFT`.
    """

    at: np.ndarray  # the classes' middles, logarithm of the trunk in cm
    log: np.ndarray  # logarithm of the correction there
    error: np.ndarray  # its standard deviation, shared by all trees
    drift: float  # standard deviation for each unit of the trunk's logarithm away from all classes

    def factor(self, dbh: np.ndarray) -> np.ndarray:
        """The correction of each trunk."""
        return np.exp(np.interp(np.log(dbh), self.at, self.log)) if len(self.at) else np.ones(len(dbh))

    def draw(self, dbh: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draws of the correction of each trunk, shape (draws, trunks): one error for each class, one for each end."""
        if not len(self.at):
            return np.ones((draws, len(dbh)))
        x, number = np.log(dbh), len(self.at)
        right = np.clip(np.searchsorted(self.at, x), 1, max(number - 1, 1))
        share = np.interp(x, self.at, np.arange(number)) - (right - 1)
        low, high = (self.error * rng.standard_normal((draws, number)))[
            :, [right - 1, np.minimum(right, number - 1)]
        ].swapaxes(0, 1)
        beyond = np.maximum(self.at[0] - x, 0), np.maximum(x - self.at[-1], 0)
        ends = self.drift * sum(away * rng.standard_normal((draws, 1)) for away in beyond)
        return self.factor(dbh) * np.exp((1 - share) * low + share * high + ends)


def corrected(x: np.ndarray, true: np.ndarray, expected: np.ndarray) -> Correction:
    """The correction that measured crowns ask for.

    Parameters
    ----------
    x : array of float
        Logarithm of the trunk (cm) of each tree whose crown is measured.
    true, expected : array of float
        Its crown and what the fit expects, m².

    Returns
    -------
    Correction
        None at all (a factor of 1) under `LEAST_IN_CLASS` trees.
    """
    kept = []
    for group in _classes(x):
        known, guess = true[group], expected[group]
        ratio = known.sum() / guess.sum()
        error = np.sqrt(((known - ratio * guess) ** 2).sum()) / known.sum()
        kept.append((x[group].mean(), np.log(ratio), error))
    at, log, error = np.array(kept).reshape(-1, 3).T
    slopes = np.diff(log) / np.diff(at)
    drift = max(LEAST_DRIFT, 1.4826 * float(np.median(np.abs(slopes))) if len(slopes) else 0.0)  # some are of slips
    return Correction(at, log, error, drift)


def _classes(x):
    """Rows by class of ``x``: each at most `CLASS_WIDTH` wide, or as wide as `LEAST_IN_CLASS` rows need."""
    order = np.argsort(x, kind="stable")
    start, made = 0, []
    while len(order) - start >= LEAST_IN_CLASS:
        end = max(start + LEAST_IN_CLASS, int(np.searchsorted(x[order], x[order[start]] + CLASS_WIDTH)))
        last = x[order[min(end, len(order)) - 1]]
        end = int(np.searchsorted(x[order], last, side="right"))  # equal trunks stay together
        if len(order) - end < LEAST_IN_CLASS:
            end = len(order)
        made.append(order[start:end])
        start = end
    return made
