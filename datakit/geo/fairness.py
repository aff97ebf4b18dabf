"""How evenly something is shared among people: Lorenz curve, Gini and concentration index, people as weights.

A curve is a table; `index` says in one number how far it is from everybody having the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import ArrayLike

BLOCK = 7  # areas drawn together: one and its six nearest, a choice of this kit
DRAWS = 999


def lorenz(values: ArrayLike, people: ArrayLike) -> pd.DataFrame:
    """Cumulative share of something against the cumulative share of people, those with least of it first.

    Parameters
    ----------
    values : array of float
        What each person of an area has (canopy per resident, hours within reach), 0 or more. Areas without a value or
        without people are left out.
    people : array of float
        People of each area.

    Returns
    -------
    DataFrame
        ``people`` and ``share``, both from 0 to 1; the first row is 0, 0. The diagonal would be the same for everybody.
        Its `index` is the Gini index, 0 (the same for all) to nearly 1 (one has everything).

    Raises
    ------
    WrongUse
        Negative values or people, or nothing to share.

    Notes
    -----
    People of one area are taken as equal, which makes the true inequality larger than the figure.
    """
    return _curve("lorenz", values, people, values)


def concentration(values: ArrayLike, people: ArrayLike, order: ArrayLike) -> pd.DataFrame:
    """Concentration curve: is something shared along an order, such as income?

    Parameters
    ----------
    values, people
        See `lorenz`.
    order : array of float
        By which people are lined up, lowest first: the median income of their area. Areas of equal order are taken
        together.

    Returns
    -------
    DataFrame
        As `lorenz`. Its `index` is the concentration index, between -1 and 1: negative when those who come first (the
        poorest) have more than their share, positive when they have less.

    Raises
    ------
    WrongUse

    Notes
    -----
    Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997). Socioeconomic inequalities in health: measurement,
    computation, and statistical inference. Journal of Econometrics 77(1).
    """
    return _curve("concentration", values, people, order)


def index(curve: pd.DataFrame) -> float:
    """Twice the area between a curve and the diagonal: Gini index, or concentration index.

    Parameters
    ----------
    curve : DataFrame
        Of `lorenz` or `concentration`.

    Returns
    -------
    float
        0 where everybody has the same; below 0 where a curve lies above the diagonal.
    """
    return _index(curve["people"].to_numpy(float), curve["share"].to_numpy(float))


def _index(x, y):
    return float(1 - np.sum(np.diff(x) * (y[1:] + y[:-1])))


def draws(places: gpd.GeoSeries, number: int = DRAWS, block: int = BLOCK, seed: int = 0) -> np.ndarray:
    """Areas drawn again and again with replacement, neighbours together, for intervals.

    Neighbours are alike, so that each of them says less than an area drawn by itself would: drawing single areas gives
    intervals that are too narrow.

    Parameters
    ----------
    places : GeoSeries
        Shapes of the areas in a projected CRS; their centroids decide who is near.
    number : int
    block : int
        Areas that are drawn together: one and its nearest. 1 draws single areas.
    seed : int

    Returns
    -------
    ndarray of int, shape (number, areas)
        Rows of ``places``.

    Notes
    -----
    A block bootstrap; see Lahiri, S. N. (2003). Resampling Methods for Dependent Data. Springer, New York. Blocks of
    nearest areas are a choice of this kit; areas at the edge are drawn a little less often than those in the middle.
    """
    with needed_by(__name__):
        from scipy.spatial import cKDTree

    middle = places.centroid
    spots = np.column_stack([middle.x, middle.y])
    n, block = len(spots), max(1, min(block, len(spots)))
    near = cKDTree(spots).query(spots, k=block)[1].reshape(n, block)
    chosen = np.random.default_rng(seed).integers(0, n, (number, -(-n // block)))
    return near[chosen].reshape(number, -1)[:, :n]


def interval(
    statistic: Callable[[np.ndarray], float],
    places: gpd.GeoSeries,
    number: int = DRAWS,
    block: int = BLOCK,
    seed: int = 0,
) -> tuple[float, float]:
    """The range that a figure made of areas would have if other areas like these had been there.

    Parameters
    ----------
    statistic : callable
        Takes rows of ``places`` (an array of int, some of them twice) and gives the figure of these.
    places, number, block, seed
        See `draws`.

    Returns
    -------
    low, high : float
        The middle 95 in 100 of the draws. It leaves out whatever is wrong in the values themselves.
    """
    found = [statistic(rows) for rows in draws(places, number, block, seed)]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return float(low), float(high)


def concentrated(
    values: ArrayLike, people: ArrayLike, order: ArrayLike, places: gpd.GeoSeries, number: int = DRAWS
) -> tuple[float, float, float]:
    """Concentration index with its interval: see `concentration` and `interval`.

    Parameters
    ----------
    values, people, order
        See `concentration`; one for each row of ``places``.
    places : GeoSeries
    number : int
        Draws.

    Returns
    -------
    index, low, high : float

    Raises
    ------
    WrongUse
    """
    v, n, o = (np.asarray(one, float) for one in (values, people, order))

    def of(rows):
        return _index(*_points("concentration", v[rows], n[rows], o[rows]))

    return (of(np.arange(len(v))), *interval(of, places, number))


def _curve(name, values, people, order):
    x, y = _points(name, values, people, order)
    return pd.DataFrame({"people": x, "share": y})


def _points(name, values, people, order):
    value, living, place = (np.asarray(one, float) for one in (values, people, order))
    known = ~(np.isnan(value) | np.isnan(living) | np.isnan(place)) & (living != 0)
    value, living, place = value[known], living[known], place[known]
    if (value < 0).any() or (living < 0).any():
        lowest = float(min(value.min(), living.min(), place.min()))
        raise WrongUse(name, _("shares need values and people of 0 or more"), found=str(lowest))
    has = value * living
    if not has.sum() > 0:
        found = ngettext("{n} area", "{n} areas", len(value)).format(n=len(value))
        raise WrongUse(
            name, _("there is nothing to share"), expected=_("a value above 0 where people live"), found=found
        )
    # Draws by the thousand come through here: tables would take ten times as long.
    step = np.unique(place, return_inverse=True)[1]
    steps = (np.bincount(step, weights) for weights in (living, has))
    return tuple(np.concatenate([[0.0], np.cumsum(one) / one.sum()]) for one in steps)
