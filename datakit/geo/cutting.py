"""Cutting one layer of polygons along another, cell by cell: what is inside, what is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import shapely

from datakit.geo.cells import polygons

if TYPE_CHECKING:
    import geopandas as gpd


def gathered(shapes: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """What a layer covers of each polygon, as one shape without overlaps.

    Pieces are cut along the polygons before they are merged, see :func:`datakit.vegetation.cover.covered_area`.

    Parameters
    ----------
    shapes, layer : ndarray of polygons
        In one projected CRS.

    Returns
    -------
    ndarray of polygons
        Empty where nothing is covered.
    """
    piece, place = shapely.STRtree(shapes).query(layer, predicate="intersects")
    order = np.argsort(place, kind="stable")
    piece, place = piece[order], place[order]
    cut = layer[piece]
    shapely.prepare(shapes)
    edge = np.flatnonzero(~shapely.contains_properly(shapes[place], cut))
    shapely.destroy_prepared(shapes)  # they would hold their memory as long as the caller holds the shapes
    cut[edge] = _halves(lambda k: shapely.intersection(cut[edge[k]], shapes[place[edge[k]]]), len(edge))
    out = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    found, first, count = np.unique(place, return_index=True, return_counts=True)

    def merge(ks):
        parts = (cut[first[k] : first[k] + count[k]] for k in ks)
        return [part[0] if len(part) == 1 else shapely.disjoint_subset_union_all(part) for part in parts]

    out[found] = _halves(merge, len(found))
    return surfaces(out)


def without(shapes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Each polygon less its own other one: two arrays of one length."""
    return _pairs(shapely.difference, shapes, taken, shapes)


def inside(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What each polygon shares with its own other one: two arrays of one length."""
    return _pairs(shapely.intersection, shapes, others, np.full(len(shapes), shapely.MultiPolygon(), dtype=object))


def grown(shapes: np.ndarray, distance: float, **options: str | float | bool) -> np.ndarray:
    """Each polygon widened (or narrowed, below 0) by one distance."""
    return _halves(lambda k: shapely.buffer(shapes[k], distance, **options), len(shapes))


def _pairs(work, left, right, otherwise):
    some = np.flatnonzero(shapely.intersects(left, right))  # most pairs share nothing: asking first is cheap
    out = otherwise.copy()
    out[some] = _halves(lambda k: work(left[some[k]], right[some[k]]), len(some))
    return surfaces(out)


def _halves(work, number):
    """``work`` on places 0 to ``number``, in two threads: GEOS computes outside Python's lock. An array of shapes."""
    out = np.empty(number, dtype=object)
    places = np.array_split(np.arange(number), 2 if number > 500 else 1)
    with ThreadPoolExecutor(len(places)) as pool:
        for part, found in zip(places, pool.map(work, places), strict=True):
            out[part] = found
    return out


def by_cell(layer: gpd.GeoDataFrame, cells: gpd.GeoDataFrame) -> np.ndarray:
    """What a layer covers of each cell; one that already has the cell's index as ``place`` needs no cutting."""
    if "place" in layer and layer["place"].is_unique and layer["place"].isin(cells.index).all():
        out = np.full(len(cells), shapely.MultiPolygon(), dtype=object)
        out[cells.index.get_indexer(layer["place"])] = polygons(layer)
        return out
    return gathered(polygons(cells), polygons(layer))


def surfaces(shapes: np.ndarray) -> np.ndarray:
    """The same shapes without the points and lines that cutting along common edges leaves behind."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == 7)
    if len(mixed):
        parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
        flat = shapely.get_type_id(parts) == 3
        kept = np.full(len(mixed), shapely.MultiPolygon(), dtype=object)
        if flat.any():  # the pieces of one shape do not overlap: no union is needed
            shapely.multipolygons(parts[flat], indices=owner[flat], out=kept)
        shapes[mixed] = kept
    return np.where(shapely.get_dimensions(shapes) == 2, shapes, shapely.MultiPolygon())
