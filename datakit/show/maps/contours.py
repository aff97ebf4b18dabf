"""Contours on a map: packed small for the page, and the names of places in the order in which they are written."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.data.text import name_column
from datakit.show.style import cell

if TYPE_CHECKING:
    import geopandas as gpd

LAMBERT, WGS84 = "EPSG:2154", "EPSG:4326"
VERTICES = 60_000  # what a page shows without a wait; above it, contours are simplified
# Where a name may stand that finds no room at its place: shares of its own width to the right and height upwards.
STEPS = ((0, 0), (0, 1.05), (0, -1.05), (0.3, 0), (-0.3, 0), (0.3, 1.05), (-0.3, 1.05), (0.3, -1.05), (-0.3, -1.05))


def shapes_of(geometry: gpd.GeoSeries, vertices: int = VERTICES) -> tuple[list, int, float]:
    """Contours as differences of whole numbers, simplified only as far as the budget asks.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons or lines, EPSG:2154.
    vertices : int
        Vertices to aim at.

    Returns
    -------
    shapes : list
        Per row: polygons of rings, or lines, each ``[x, y, dx, dy, …]`` in ``1 / unit`` degrees.
    unit : int
    tolerance : float
        Metres; 0 when nothing was simplified.
    """
    array = geometry.to_numpy()
    polygons = bool(len(array)) and shapely.get_dimensions(array).max() == 2
    tolerance, simple = 0.0, array
    if shapely.get_num_coordinates(array).sum() > vertices:
        # Shared borders are simplified once for both neighbours, so that no gaps open between them.
        shared = polygons and bool(shapely.coverage_is_valid(array))
        reduce = shapely.coverage_simplify if shared else shapely.simplify
        for tolerance in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0):
            simple = reduce(array, tolerance)
            if shapely.get_num_coordinates(simple).sum() <= vertices:
                break
        simple = np.where(shapely.is_empty(simple), array, simple)
    if not len(simple):
        return [], 10**6, tolerance
    unit = 10**6 if shapely.get_num_coordinates(simple).sum() <= vertices / 2 else 10**5
    kind, coords, offsets = shapely.to_ragged_array(type(geometry)(simple, crs=geometry.crs).to_crs(WGS84).to_numpy())
    whole = np.rint(coords[:, :2] * unit).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=whole[:1] * 0)
    if kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        rings = offsets[0]
    else:
        rings = offsets[0] if offsets else np.array([0, len(whole)])
    steps[rings[:-1]] = whole[rings[:-1]]
    moving = steps.any(axis=1)
    moving[rings[:-1]] = True
    closed = polygons  # Leaflet closes rings itself
    flat = []
    for start, end in pairwise(rings):
        end -= closed
        flat.append(steps[start:end][moving[start:end]].ravel().tolist())
    for level in offsets[1:]:
        flat = [flat[a:b] for a, b in pairwise(level)]
    if kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.LINESTRING):
        flat = [[s] for s in flat]
    return flat, unit, tolerance


def places(frame: gpd.GeoDataFrame) -> list[tuple[str, shapely.Point]]:
    """Names to write on a map and where each stands, the largest place first.

    Parameters
    ----------
    frame : GeoDataFrame
        The outline, in metres. Places are ordered by its column ``population`` where it has one, else by area.

    Returns
    -------
    list of (str, Point)
        In the table's CRS. Empty for a table without names, or with more than 60 rows: nobody reads so many.
    """
    column = name_column(frame)
    if column is None or not 0 < len(frame) <= 60:
        return []
    size = frame["population"] if "population" in frame.columns else frame.area
    size = pd.to_numeric(size, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    ordered = frame.iloc[np.lexsort((-frame.area.to_numpy(), -np.nan_to_num(size, nan=-1)))]
    return list(zip(map(cell, ordered[column]), ordered.geometry.representative_point(), strict=True))


def outline_spec(frame: gpd.GeoDataFrame, *, over: bool, fill: bool, names: bool) -> dict:
    """Contours for orientation, with names where the table has them."""
    shapes, unit, _ = shapes_of(frame.geometry, 20_000)
    spec = {"shapes": shapes, "unit": unit, "over": over, "fill": fill, "names": None}
    named = places(frame) if names else []
    if named:
        spots = type(frame.geometry)([spot for _, spot in named], crs=frame.crs).to_crs(WGS84)
        rows = zip(named, spots, strict=True)
        spec["names"] = [[name, round(p.x * unit), round(p.y * unit)] for (name, _), p in rows]
        spec["steps"] = STEPS
    return spec
