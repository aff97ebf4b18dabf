"""Residents by cell: where buildings stand in which people live, not wherever an IRIS has ground.

The totals of IRIS are known, the places within them are not: what comes out is a model, and its error can be measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import overlaps, polygons, spread
from datakit.geo.crs import same_crs
from datakit.geo.dwellings import volumes
from datakit.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def _lived(buildings):
    """Footprints of the homes, and the height that their volume gives them."""
    if "volume" not in buildings:
        buildings = volumes(buildings)
    footprints, volume = polygons(buildings), pd.to_numeric(buildings["volume"]).to_numpy(float, na_value=np.nan)
    lived = (shapely.area(footprints) > 0) & (volume > 0)  # a table of one's own may hold homes without either
    return footprints[lived], volume[lived] / shapely.area(footprints[lived])


def _within(shapes, footprints, height):
    home, left, inside = overlaps(footprints, shapes)
    return np.bincount(left, height[home] * inside, minlength=len(shapes))


def by_volume(
    totals: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    columns: list[str],
    buildings: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Bring totals of areas onto cells, in proportion to the volume of the homes that stand in both.

    Parameters
    ----------
    totals : DataFrame
        One row for each area, with the key and ``columns`` (counts of people).
    areas : GeoDataFrame
        The areas' shapes, with the same key (the first column that both have).
    cells : GeoDataFrame
        Where the totals go; same CRS.
    columns : list of str
    buildings : GeoDataFrame
        Of `datakit.geo.dwellings.volumes`, or with the columns that it needs; those whose ``volume`` is unknown house
        nobody.

    Returns
    -------
    DataFrame
        ``columns``, with the index of ``cells``; missing where a cell touches no area whose total is known. The total
        of an area in which no home stands is spread over its ground.

    Raises
    ------
    CrsMismatch
    WrongUse
        No common key, or a key that comes twice.

    Notes
    -----
    Dasymetric mapping: J. K. Wright (1936), A method of mapping densities of population, Geographical Review 26(1).
    Everybody is supposed to have as many cubic metres as anybody else of the same area.
    """
    same_crs(areas, cells, buildings)
    key = next((c for c in totals.columns if c in areas.columns and c != areas.geometry.name), None)
    if key is None or areas[key].duplicated().any() or totals[key].duplicated().any():
        raise WrongUse("by_volume", _("totals and areas need a key in common, once in each"), found=str(key))
    known = areas[[key, areas.geometry.name]].merge(totals[[key, *columns]], on=key)
    shapes, squares = polygons(known), polygons(cells)
    footprints, height = _lived(buildings)
    whole = _within(shapes, footprints, height)
    pairs = _built(shapes, squares, footprints, height, whole), _ground(shapes, squares, whole == 0)
    left, right, part = (np.concatenate(both) for both in zip(*pairs, strict=True))
    out = pd.DataFrame(index=cells.index)
    # Touching decides what is missing: a cell of an IRIS with homes, and none of them in it, has 0 residents.
    a, b, _area = overlaps(shapes, squares)
    for column in columns:
        values = pd.to_numeric(known[column]).to_numpy(float, na_value=np.nan)
        given = np.isfinite(values[left])
        placed = np.bincount(right[given], (values[left] * part)[given], minlength=len(cells))
        touched = np.bincount(b[np.isfinite(values[a])], minlength=len(cells)) > 0
        out[column] = np.where(touched, placed, np.nan)
    return out


def _built(shapes, squares, footprint, height, whole):
    """Pairs of area and cell with the part of the area's volume that stands in the cell."""
    # Footprints are cut along the areas, then along the cells: few of them cross a border.
    home, area, inside = overlaps(footprint, shapes)
    alone = inside >= shapely.area(footprint)[home] * (1 - 1e-9)
    pieces = footprint[home]
    pieces[~alone] = shapely.intersection(pieces[~alone], shapes[area[~alone]])
    flat = shapely.get_dimensions(pieces) == 2
    home, area, pieces = home[flat], area[flat], pieces[flat]
    piece, cell, shared = overlaps(pieces, squares)
    volume = shared * height[home[piece]]
    pairs = (
        pd.DataFrame({"area": area[piece], "cell": cell, "volume": volume}).groupby(["area", "cell"])["volume"].sum()
    )
    left, right = (pairs.index.get_level_values(k).to_numpy() for k in ("area", "cell"))
    return left, right, pairs.to_numpy() / whole[left]


def _ground(shapes, squares, chosen):
    left, right, shared = overlaps(shapes, squares)
    keep = chosen[left]
    return left[keep], right[keep], shared[keep] / shapely.area(shapes)[left[keep]]


def error(estimate: ArrayLike, truth: ArrayLike, percent: bool = False) -> dict[str, float]:
    """How wrong estimates of counts are, where the truth is known.

    Parameters
    ----------
    estimate, truth : Series or array of float
        People of the same places; places where one is missing are left out.
    percent : bool
        Add ``mean_pct``, the mean absolute difference in % of the truth, over places where somebody lives. It
        says something of IRIS, which have about as many people each; among cells, a hundred with two residents would
        outweigh a tower.

    Returns
    -------
    dict
        ``places``, ``misplaced`` (share of the people who would have to move, 0 to 1: half the sum of the absolute
        differences over the total; both totals should be the same), ``mean_error`` (mean absolute difference, people),
        ``rmse`` and ``correlation`` (missing where all places have as many people).

    Raises
    ------
    WrongUse
        Nobody is known.
    """
    a, b = np.asarray(estimate, float), np.asarray(truth, float)
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(b) < 2 or not b.sum() > 0:
        raise WrongUse(
            "error", _("the truth has to be known for two places or more"), found=_("{n} places").format(n=len(b))
        )
    gap = np.abs(a - b)
    varied = np.ptp(a) > 0 and np.ptp(b) > 0
    out = {
        "places": len(b),
        "misplaced": float(gap.sum() / 2 / b.sum()),
        "mean_error": float(gap.mean()),
        "rmse": float(np.sqrt((gap**2).mean())),
        "correlation": float(np.corrcoef(a, b)[0, 1]) if varied else np.nan,
    }
    if percent:
        lived = b > 0
        out["mean_pct"] = float(100 * (gap[lived] / b[lived]).mean())
    return out


def self_check(
    totals: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    coarse: gpd.GeoDataFrame,
    column: str,
    buildings: gpd.GeoDataFrame,
    key: str = "iris",
    within: str = "commune",
    percent: bool = False,
) -> pd.DataFrame:
    """The error of both ways of spreading, on data that everybody has: communes brought onto their own IRIS.

    The census gives IRIS and communes. Give the model the communes only, and compare what it says of each IRIS with
    what the census says. Cells are smaller than IRIS, so that their error is larger than this one.

    A commune that is one IRIS would be right by any way, and flatter both: it is left out. So is the ground of IRIS
    whose total is not known, or a commune would be blamed for people whom it was never given.

    Parameters
    ----------
    totals : DataFrame
        ``key``, ``within`` and ``column``.
    areas : GeoDataFrame
        Contours of the IRIS, with ``key``.
    coarse : GeoDataFrame
        Contours of the communes, with ``within``; those that have no building are left out.
    column : str
    buildings : GeoDataFrame
        See `by_volume`.
    key, within : str
    percent : bool
        See `error`.

    Returns
    -------
    DataFrame
        Index ``"building volume"`` and ``"ground"``: the figures of `error`.

    Raises
    ------
    CrsMismatch
    WrongUse
        No commune with buildings has two IRIS whose total is known.
    """
    same_crs(areas, coarse, buildings)
    known = totals.dropna(subset=[column])
    places, contours = _divided(known, areas, coarse, column, buildings, key, within)
    sums = places.groupby(within, as_index=False)[column].sum()
    ways = {
        "building volume": by_volume(sums, contours, places, [column], buildings),
        "ground": spread(sums, contours, places, [column]),
    }
    return pd.DataFrame({name: error(found[column], places[column], percent) for name, found in ways.items()}).T


def _divided(known, areas, coarse, column, buildings, key, within):
    """The IRIS of communes that have buildings and two IRIS or more, and these communes without unknown ground."""
    places = areas[[key, areas.geometry.name]].merge(known[[key, within, column]], on=key)
    places = gpd.GeoDataFrame(places[[key, within, column]], geometry=polygons(places), crs=areas.crs)
    where = coarse.sindex.query(shapely.point_on_surface(buildings.geometry.to_numpy()), predicate="intersects")[1]
    divided = places[within].map(places[within].value_counts()) > 1
    places = places[places[within].isin(coarse[within].iloc[np.unique(where)]) & divided].reset_index(drop=True)
    if places.empty:
        raise WrongUse(
            "self_check",
            _("no {within} with buildings has two {key} whose {column} is known").format(
                within=within, key=key, column=column
            ),
            found=_("{n} known totals").format(n=len(known)),
        )
    contours = coarse.loc[coarse[within].isin(places[within]), [within]]
    strange = shapely.union_all(polygons(areas[~areas[key].isin(known[key])]))
    shapes = shapely.difference(polygons(coarse.loc[contours.index]), strange)
    return places, gpd.GeoDataFrame(contours, geometry=shapes, crs=coarse.crs)
