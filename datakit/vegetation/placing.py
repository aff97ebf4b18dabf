"""Who lives in each cell of a town: from INSEE's squares of 200 m where a run has them, else from IRIS.

Both are models below their own grain: no cell is shown where few people live, and sums over a neighbourhood stand for
what a cell cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import CannotAnswer, WrongUse
from datakit.geo.cells import spread
from datakit.geo.crs import same_crs
from datakit.geo.dwellings import volumes
from datakit.language import N_, _
from datakit.vegetation.people import figures
from datakit.vegetation.residents import by_volume, error, self_check

if TYPE_CHECKING:
    import geopandas as gpd

    from datakit.data.layers import Layers

AGES = ("pop_0_14", "pop_15_29", "pop_30_44", "pop_45_59", "pop_60_74", "pop_75_plus")  # of the census by IRIS
FEW = 11  # residents below which a place gets no figure: INSEE's own threshold, counted in people instead of households


@dataclass(frozen=True, eq=False)
class Placed:
    """Who lives in each cell, and where that is known from.

    Attributes
    ----------
    people : DataFrame
        Index of the cells: ``population``, ``old`` and ``under_6``; a group that the source does not have is missing.
    source : str
        ``"squares of 200 m"`` or ``"IRIS"``.
    old : str
        Who is old, in words: the two sources cut at different ages.
    imputed : float
        Share of the residents (0 to 1) whose ages are those of a group of squares; missing with IRIS.
    error : DataFrame
        Of `error`, for ``"building volume"`` and ``"ground"``: how wrong IRIS are about the squares, or, without
        squares, how wrong communes are about the IRIS.
    tables : tuple of DataFrame
        What it was made of.
    """

    people: pd.DataFrame
    source: str
    old: str
    imputed: float
    error: pd.DataFrame
    tables: tuple[pd.DataFrame, ...]

    @property
    def vulnerable(self) -> str:
        """Whom `datakit.vegetation.firmness.needs` counts as vulnerable, in words: the groups that the source has."""
        if self.people["under_6"].isna().all():
            return _("{old}; no table of this run has the children under 6").format(old=_(self.old))
        return _("{old}, or under 6").format(old=_(self.old))


def place(layers: Layers, cells: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> Placed:
    """Put residents into cells, from INSEE's squares of 200 m where a run has them, else from IRIS.

    Inside a square or an IRIS they are spread over the volume of the homes, see `datakit.vegetation.residents`.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    cells : GeoDataFrame
    buildings : GeoDataFrame
        As in `datakit.geo.dwellings.volumes`; those of the cells and around them.

    Returns
    -------
    Placed

    Raises
    ------
    CannotAnswer
        Neither squares nor IRIS are given.
    """
    homes = volumes(buildings)
    squares = layers.get("insee-squares")
    placed = _from_iris(layers, cells, homes) if squares is None else _from_squares(squares, layers, cells, homes)
    if not placed.people["population"].sum() > 0:
        raise CannotAnswer(
            _(placed.source), _("nobody lives on this ground"), found=_("{n} cells").format(n=len(cells))
        )
    return placed


def _from_squares(squares, layers, cells, homes):
    """Squares on cells, their ages too: groups of squares are good together, and nobody reads one cell of them."""
    near = squares.iloc[np.unique(shapely.STRtree(cells.geometry.to_numpy()).query(squares.geometry.to_numpy())[0])]
    totals = pd.DataFrame({"square": near["square"], "population": near["residents"], "old": near["pop_80_plus"]})
    totals["under_6"] = near["pop_0_3"] + near["pop_4_5"]
    totals["imputed"] = near["residents"].where(near["imputed"].astype("boolean").fillna(True).astype(bool), 0.0)
    shapes = near[["square", near.geometry.name]]
    people = by_volume(totals, shapes, cells, ["population", "old", "under_6", "imputed"], homes).fillna(0.0)
    imputed = people.pop("imputed").sum() / max(people["population"].sum(), 1e-9)
    error, tables = _iris_against(near, cells, layers, homes), (squares,)
    return Placed(people, N_("squares of 200 m"), N_("aged 80 or older"), float(imputed), error, tables)


def _iris_against(squares, cells, layers, homes):
    """How wrong both ways of spreading IRIS are about the squares that lie in the cells; missing without IRIS."""
    iris, census = layers.get("iris"), layers.get("census-iris-population")
    inside = squares[squares.geometry.centroid.within(shapely.union_all(cells.geometry.to_numpy()))]
    if iris is None or census is None or len(inside) < 2:
        return pd.DataFrame({"misplaced": [np.nan, np.nan]}, index=["building volume", "ground"])
    totals = _census(census)[["iris", "population"]]
    true = inside["residents"].to_numpy(float)
    ways = {
        "building volume": by_volume(totals, iris, inside, ["population"], homes),
        "ground": spread(totals, iris, inside, ["population"]),
    }
    rows = {}
    for name, found in ways.items():
        some = found["population"].fillna(0).to_numpy()
        rows[name] = error(some * true.sum() / max(some.sum(), 1e-9), true)  # the sources do not count the same people
    return pd.DataFrame(rows).T


def _from_iris(layers, cells, homes):
    """IRIS on cells; how wrong that is can be said of communes brought onto IRIS only."""
    iris, census = layers["iris"], layers["census-iris-population"]
    communes = layers["communes"]
    totals = _census(census)
    try:
        errors = self_check(totals, iris, communes, "population", homes)
    except WrongUse:  # no commune is divided: nothing to compare with
        errors = pd.DataFrame({"misplaced": [np.nan, np.nan]}, index=["building volume", "ground"])
    people = by_volume(totals, iris, cells, ["population", "old", "under_6"], homes)
    return Placed(people, "IRIS", N_("aged 75 or older"), np.nan, errors, (iris, census))


def ages(census: pd.DataFrame) -> pd.DataFrame:
    """The census by IRIS with its residents added up from groups of age, which is what shares of ages need.

    Parameters
    ----------
    census : DataFrame
        As loaded from ``census-iris-population``.

    Returns
    -------
    DataFrame
        ``iris``, ``population`` and the groups.
    """
    return census.assign(population=census[list(AGES)].sum(axis=1, min_count=len(AGES)))[["iris", "population", *AGES]]


def _census(census):
    """The residents of each IRIS and of its groups; IRIS tables have 0-2 and 3-5 years, older ones only 0 to 14."""
    out = pd.DataFrame({"iris": census["iris"], "commune": census["iris"].str[:5], "old": census["pop_75_plus"]})
    out["population"] = census[list(AGES)].sum(axis=1, min_count=len(AGES))
    young = ["pop_0_2", "pop_3_5"]
    out["under_6"] = census[young].sum(axis=1, min_count=2) if set(young) <= set(census) else np.nan
    return out


def around(
    cells: gpd.GeoDataFrame, counts: pd.Series | pd.DataFrame, radius: float = 300.0
) -> pd.Series | pd.DataFrame:
    """Sums of people over the cells whose middle lies within a distance: those who share a neighbourhood.

    A cell of a hectare has few residents, and their ages are those of a group of squares or of an IRIS: they mean
    something over some dozens of cells.

    Parameters
    ----------
    cells : GeoDataFrame
        Of :func:`datakit.geo.cells.grid`, in a projected CRS.
    counts : Series or DataFrame of float
        People of each cell, same index; missing counts as nobody, but a group that is known nowhere stays missing.
    radius : float
        Metres.

    Returns
    -------
    Series or DataFrame
        As ``counts``.

    Raises
    ------
    CrsMismatch
    WrongUse
        Not one row for each cell.
    """
    same_crs(cells)
    if not counts.index.equals(cells.index):
        raise WrongUse(
            "around",
            _("one row for each cell is needed"),
            found=_("{n} rows for {cells} cells").format(n=len(counts), cells=len(cells)),
        )
    middles = shapely.centroid(cells.geometry.to_numpy())
    place, other = shapely.STRtree(middles).query(middles, predicate="dwithin", distance=radius)

    def added(values):
        values = pd.to_numeric(values)
        if len(values) and values.isna().all():
            return values.astype(float)
        known = np.nan_to_num(values.to_numpy(float, na_value=np.nan))
        return pd.Series(np.bincount(place, known[other], minlength=len(cells)), index=cells.index, name=values.name)

    return added(counts) if isinstance(counts, pd.Series) else counts.apply(added)


def shown(values: pd.Series, residents: pd.Series, least: int = FEW) -> pd.Series:
    """Figures of places, without those of places where few people live: what says of a handful who they are.

    Parameters
    ----------
    values, residents : Series
        Of the same places.
    least : int
        Residents from which a place is shown.

    Returns
    -------
    Series
        Missing where somebody lives, and fewer than ``least``.
    """
    people = figures(residents, values, "residents")
    return values.mask((people > 0) & (people < least))


def rate(values: pd.Series, people: pd.Series, *, least: int, what: str) -> pd.Series:
    """Something per person of a place, where enough people are: of few, a rate is noise and says who they are.

    Parameters
    ----------
    values, people : Series
        Of the same places.
    least : int
        People from which a place has a rate.
    what : str
        Who they are, for the message.

    Returns
    -------
    Series
        Of the places that have a rate.

    Raises
    ------
    CannotAnswer
        The source of residents does not have this group, or no place has enough of it.
    """
    enough = people >= least
    if not enough.any():
        raise CannotAnswer(
            _(what),
            _("are not known, or too few in every place"),
            expected=_("{n} in some place").format(n=least),
        )
    return (values[enough] / people[enough]).dropna()
