"""Ground that could be planted: what is left of a cell without what stands, runs, flows or grows on it."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.geo.cutting import by_cell, gathered, without
from datakit.vegetation.cover import covered_area
from datakit.vegetation.obstacles import CHOICE, PATHS, Layers, Offsets, carriageways, obstacles, rims, tracks

__all__ = ["CHOICE", "PATHS", "Layers", "Offsets", "carriageways", "obstacles", "plantable", "rims", "tracks"]

LOTS = 40_000  # parcels whose strips are held at once


def plantable(
    cells: gpd.GeoDataFrame,
    layers: Layers,
    offsets: Offsets | None = None,
    known: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    *,
    shapes: bool = False,
) -> gpd.GeoDataFrame:
    """The ground of each cell on which no known obstacle stands.

    It is an upper bound: underground pipes, fields, slopes and the use that people make of a place are in none of the
    layers, so they count as room. Nothing is kept clear for a layer that is not given.

    Parameters
    ----------
    cells : GeoDataFrame
        Of :func:`datakit.geo.cells.grid`, or any polygons.
    layers : Layers
        What stands, runs, flows or grows; same CRS.
    offsets : Offsets, optional
        Distances that are kept clear.
    known : GeoDataFrame or GeoSeries, optional
        Where all layers exist (the cadastre comes commune by commune). Cells that reach outside get no figure.
    shapes : bool
        Also give the free ground itself, for :mod:`datakit.vegetation.ground`.

    Returns
    -------
    GeoDataFrame
        A copy of ``cells`` with ``taken_area`` and ``plantable_area`` (m²), ``taken_share`` and ``plantable_share``
        (0 to 1); with ``shapes`` also ``free`` (polygons, a second column of geometries; None where unknown).

    Raises
    ------
    CrsMismatch
    """
    crs = same_crs(cells, *layers.given.values(), *([] if known is None else [known]))
    squares = polygons(cells)
    free = _free(cells, squares, layers, offsets)
    surface = shapely.area(squares)
    area = surface - np.minimum(shapely.area(free), surface)  # the last digits of many small pieces
    area[surface <= 0] = np.nan
    if known is not None:
        area[covered_area(squares, polygons(known)) < surface * (1 - 1e-6)] = np.nan
    out = cells.copy()
    out["taken_area"] = area
    with np.errstate(invalid="ignore", divide="ignore"):
        out["taken_share"] = np.where(surface > 0, area / surface, np.nan)
    out["plantable_area"] = surface - out["taken_area"]
    out["plantable_share"] = 1 - out["taken_share"]
    if shapes:
        free[np.isnan(area)] = None
        out["free"] = gpd.GeoSeries(free, index=cells.index, crs=crs)
    return out


def _free(cells, squares, layers, offsets):
    """The ground of each cell without its obstacles; what is large is let go as soon as it was taken away."""
    found = obstacles(replace(layers, parcels=None), offsets)
    # Where the pavement is known, the road's strip ends at it: it has a turn of its own.
    road = (found["obstacle"] == "road").to_numpy() & (layers.pavements is not None)
    layer = found.geometry.to_numpy()
    del found
    free = without(squares, gathered(squares, layer[~road]))
    if road.any():
        free = without(free, without(gathered(squares, layer[road]), by_cell(layers.pavements, cells)))
    del layer
    if layers.parcels is not None:
        # Strips along parcels are many and heavy: some at once, neighbours together, and none is kept.
        west, south = shapely.bounds(polygons(layers.parcels))[:, :2].T
        order = np.lexsort((south, west // 1000))
        for rows in np.array_split(order, -(-len(order) // LOTS) or 1):
            free = without(free, gathered(squares, rims(layers.parcels.iloc[rows], offsets)))
    return free
