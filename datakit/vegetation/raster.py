"""Means of a raster in cells, pixels weighted by the ground that they share. Needs the extra ``satellite``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.language import _

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray


def by_cell(
    found: xarray.Dataset | xarray.DataArray, cells: gpd.GeoDataFrame, least: float = 0.5, above: float | None = None
) -> pd.DataFrame:
    """Mean of a raster in each cell, every pixel weighted by the ground that it shares with the cell.

    Parameters
    ----------
    found : xarray.Dataset or DataArray
        ``raster`` of :func:`datakit.vegetation.satellite.ndvi`, or any raster (y, x) with a CRS and square cells along
        its axes, such as one opened by rioxarray; of a Dataset, ``ndvi`` is taken.
    cells : GeoDataFrame
        In any projected CRS: its shapes are brought to the raster's, whose pixels stay as they are.
    least : float
        Share of a cell that must have a value: below it there is no mean.
    above : float, optional
        Also the share of the seen ground whose value is above this. Where vegetation begins is a choice of the caller,
        to be compared with the land cover of a map.

    Returns
    -------
    DataFrame
        ``ndvi`` (or the raster's name), ``seen_share`` (0 to 1, ground with a value) and, with ``above``,
        ``above_share``; with the index of ``cells``.

    Raises
    ------
    CrsMismatch
        Cells without CRS, or in degrees.
    WrongUse
        The raster has no CRS, is turned, or is not of two dimensions.
    """
    with needed_by(__name__):
        import rioxarray  # noqa: F401  gives arrays their `.rio`
    same_crs(cells)
    name, values, affine, crs = _grid(found)
    shapes = polygons(cells.geometry.to_crs(crs))
    weight, total, over = _sums(shapes, affine, values, above)
    surface = shapely.area(shapes)
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = np.where(surface > 0, np.minimum(weight / surface, 1), np.nan)
        kept = (weight > 0) & (seen >= least)
        out = {name: np.where(kept, total / weight, np.nan), "seen_share": seen}
        if above is not None:
            out["above_share"] = np.where(kept, over / weight, np.nan)
    return pd.DataFrame(out, index=cells.index)


def _grid(found):
    """Name, values, place and CRS of a raster whose cells lie along the axes of its CRS."""
    raster = found["ndvi"] if hasattr(found, "data_vars") else found
    raster = raster.squeeze(drop=True)
    if raster.ndim != 2 or raster.rio.crs is None:
        raise WrongUse(
            "by_cell",
            _("a raster needs two dimensions and a CRS"),
            expected="(y, x), raster.rio.write_crs()",
            found=f"{raster.dims}, CRS {raster.rio.crs}",
        )
    affine = raster.rio.transform()
    if affine.b or affine.d:
        raise WrongUse("by_cell", _("this raster is turned against its CRS"), next="raster.rio.reproject(...)")
    values = raster.to_numpy().astype(float)
    if raster.rio.nodata is not None:
        values[values == raster.rio.nodata] = np.nan
    return raster.name or "value", values, affine, raster.rio.crs


def _sums(shapes, affine, values, above):
    """Of each shape, the ground that has a value, the sum of value times ground, and the ground with a high value."""
    weight, total, over = (np.zeros(len(shapes)) for _ in range(3))

    def add(start):
        here = slice(start, start + 500)  # some cells at once: memory does not grow with their number
        cell, row, column, shared = _pixels(shapes[here], affine, values.shape)
        value = values[row, column]
        known = np.isfinite(value)
        cell, shared, value = cell[known], shared[known], value[known]
        size = len(weight[here])
        weight[here] = np.bincount(cell, shared, minlength=size)
        total[here] = np.bincount(cell, shared * value, minlength=size)
        if above is not None:
            over[here] = np.bincount(cell, shared * (value > above), minlength=size)

    with ThreadPoolExecutor(2) as pool:  # GEOS computes outside Python's lock
        list(pool.map(add, range(0, len(shapes), 500)))
    return weight, total, over


def _pixels(shapes, affine, size):
    """Pairs of shapes and pixels that share ground: place of the shape, row, column, surface shared."""
    west, south, east, north = shapely.bounds(shapes).T
    some = np.isfinite(west)
    step = np.array([affine.a, affine.e])
    with np.errstate(invalid="ignore"):
        ends = np.sort(
            np.stack([(np.stack([west, east]) - affine.c) / step[0], (np.stack([north, south]) - affine.f) / step[1]]),
            axis=1,
        )
    first, last = np.floor(ends[:, 0]), np.ceil(ends[:, 1])
    limit = np.array(size[::-1])[:, None]
    first = np.where(some, np.clip(first, 0, limit), 0).astype(int)
    last = np.where(some, np.clip(last, 0, limit), 0).astype(int)
    wide, high = np.maximum(last - first, 0)
    cell = np.repeat(np.arange(len(shapes)), wide * high)
    place = np.arange(len(cell)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
    column, row = first[0][cell] + place % wide[cell], first[1][cell] + place // wide[cell]
    x, y = affine.c + column * step[0], affine.f + row * step[1]
    # Most pixels are far enough inside or outside for their centre to decide; only those near the edge are cut.
    reach = float(np.hypot(*step)) / 2
    inner, outer = shapely.buffer(shapes, -reach), shapely.buffer(shapes, reach * 1.1)
    shapely.prepare(inner)
    shapely.prepare(outer)
    middle = x + step[0] / 2, y + step[1] / 2
    inside = shapely.contains_xy(inner[cell], *middle)
    edge = np.flatnonzero(~inside & shapely.contains_xy(outer[cell], *middle))
    shared = np.where(inside, abs(step[0] * step[1]), 0.0)
    boxes = shapely.box(x[edge], y[edge], x[edge] + step[0], y[edge] + step[1])
    shared[edge] = shapely.area(shapely.intersection(boxes, shapes[cell[edge]]))
    kept = shared > 0
    return cell[kept], row[kept], column[kept], shared[kept]
