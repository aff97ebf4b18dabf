"""How much of each cell, IRIS or commune a layer covers, by area, with overlaps counted once."""

import numpy as np
import shapely

from datakit.reading import same_crs
from datakit.vegetation.grid import polygons


def covered_area(shapes, layer):
    """Square metres of each polygon that a layer covers, overlaps counted once.

    Pieces are cut along the polygons before they are merged: a net of streets is one huge shape when merged whole, and
    each cell would then be compared with all of it.

    Parameters
    ----------
    shapes, layer : ndarray of polygons
        In one projected CRS; see :func:`datakit.vegetation.grid.polygons`.

    Returns
    -------
    ndarray of float
    """
    piece, place = shapely.STRtree(shapes).query(layer, predicate="intersects")
    order = np.argsort(place, kind="stable")
    piece, place = piece[order], place[order]
    cut = layer[piece]
    shapely.prepare(shapes)
    edge = ~shapely.contains_properly(shapes[place], cut)
    cut[edge] = shapely.intersection(cut[edge], shapes[place[edge]])
    out = np.zeros(len(shapes))
    found, first, count = np.unique(place, return_index=True, return_counts=True)
    for k, start, n in zip(found, first, count, strict=True):
        here = cut[start : start + n]
        out[k] = here[0].area if n == 1 else shapely.union_all(here).area
    return out


def cover(areas, layer, name="cover", known=None):
    """The surface that a layer covers in each area, and its share.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons: cells, IRIS, communes.
    layer : GeoDataFrame or GeoSeries
        What covers the ground; overlaps count once.
    name : str
        Prefix of the new columns.
    known : GeoDataFrame or GeoSeries, optional
        Where the layer was surveyed. An area that reaches outside it gets no figure: absent from a layer is not bare.

    Returns
    -------
    GeoDataFrame
        A copy of ``areas`` with ``<name>_area`` (m²) and ``<name>_share`` (0 to 1), missing where the layer is not
        known or the area has no surface.

    Raises
    ------
    CrsMismatch
        CRS missing, geographic or different.
    """
    frames = [areas, layer] + ([] if known is None else [known])
    same_crs(*frames)
    shapes = polygons(areas)
    surface = shapely.area(shapes)
    covered = np.minimum(covered_area(shapes, polygons(layer)), surface)  # the last digits of many small pieces
    covered[surface <= 0] = np.nan
    if known is not None:
        covered[covered_area(shapes, polygons(known)) < surface * (1 - 1e-6)] = np.nan
    out = areas.copy()
    out[f"{name}_area"] = covered
    with np.errstate(invalid="ignore", divide="ignore"):
        out[f"{name}_share"] = np.where(surface > 0, covered / surface, np.nan)
    return out
