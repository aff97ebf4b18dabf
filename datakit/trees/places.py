"""Areas to count trees in: the communes, or squares where the inventory lies elsewhere or in one commune alone."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.geo.crs import same_crs
from datakit.language import _

ENOUGH = 50  # trees in an area for a share of them to be told: a choice of this kit


def areas(
    frame: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, size: float = 1000
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """The areas in which an inventory is counted, and that of each tree.

    Parameters
    ----------
    frame : GeoDataFrame
        Trees, EPSG:2154.
    communes : GeoDataFrame
        Contours with ``commune`` and ``name``, in the same CRS.
    size : float
        Side of the squares in metres, used when fewer than half of the trees stand in a commune, or fewer than two
        communes have `ENOUGH` of them: one commune compares with nothing.

    Returns
    -------
    areas : GeoDataFrame
        ``place`` (INSEE code, or corner of the square in km), ``name``, ``geometry``.
    where : Series of str
        The place of each tree, in the order and with the index of ``frame``; missing outside.
    """
    same_crs(frame, communes)
    tree, area = communes.sindex.query(frame.geometry, predicate="within")
    tree, first = np.unique(tree, return_index=True)  # on a border, the first commune counts
    where = pd.Series(None, index=frame.index, dtype="str")
    where.iloc[tree] = communes["commune"].to_numpy()[area[first]]
    if 2 * len(tree) >= len(frame) and (where.value_counts() >= ENOUGH).sum() >= 2:
        return communes[["commune", "name", "geometry"]].rename(columns={"commune": "place"}), where
    return squares(frame, size)


def squares(frame: gpd.GeoDataFrame, size: float = 1000) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """Squares of ``size`` metres that hold at least one tree, on the grid of the projection.

    Returns
    -------
    areas, where
        As for `areas`.
    """
    column, row = (np.floor(v / size).astype(int) for v in (frame.geometry.x, frame.geometry.y))
    where = (column * size / 1000).map("{:g}".format) + " " + (row * size / 1000).map("{:g}".format)
    there = pd.DataFrame({"place": where, "column": column, "row": row}).drop_duplicates("place").sort_values("place")
    boxes = shapely.box(
        there["column"] * size, there["row"] * size, (there["column"] + 1) * size, (there["row"] + 1) * size
    )
    found = gpd.GeoDataFrame(
        {
            "place": there["place"],
            "name": there["place"].map(lambda corner: _("square {corner}").format(corner=corner)),
        },
        geometry=boxes,
        crs=frame.crs,
    )
    return found.reset_index(drop=True), where.astype("str")
