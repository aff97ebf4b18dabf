"""A common grid, of squares or hexagons, and totals brought onto it by area with nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.language import _, ngettext

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def grid(
    area: gpd.GeoDataFrame | gpd.GeoSeries,
    size: int = 100,
    clip: bool = True,
    *,
    kind: Literal["square", "h3"] = "square",
    resolution: int = 9,
) -> gpd.GeoDataFrame:
    """Cells over an area: squares with corners on multiples of ``size``, or the hexagons of H3.

    The identifiers of squares follow INSEE's pattern (reference system, side, north and east of the lower left corner),
    so that two grids of the same size name the same cell alike whatever the area they were made for. INSEE's own
    squares of 200 m and 1 km lie in EPSG:3035 (``CRS3035RES200mN...E...``), turned and a little stretched against
    these: its figures are brought here by `spread`, not by name.

    Parameters
    ----------
    area : GeoDataFrame or GeoSeries
        Polygons in a projected CRS in metres (EPSG:2154 in this kit). Their union is covered.
    size : int
        Side of the cells, metres.
    clip : bool
        Cut the cells of the edge along the area, so that all cells together are exactly the area. False keeps whole
        cells.
    kind : {"square", "h3"}
        Hexagons (the kit's extra ``hexagons``) have the same neighbours on all sides, and other kits use
        them; they are not quite equal in size.
    resolution : int
        Of the hexagons, 0 to 15: 9 has about 0.1 km², 10 about 0.015 km².

    Returns
    -------
    GeoDataFrame
        ``cell`` (such as ``"CRS2154RES200mN6693200E854000"``, or the index of H3) and ``geometry``, from south-west to
        north-east (hexagons: by index). Only cells that share some ground with ``area``.

    Raises
    ------
    CrsMismatch
        No CRS, or degrees.
    WrongUse
        ``size`` is not a positive whole number, ``area`` has no surface, or the kind is unknown.
    MissingPackage
        Hexagons without the extra ``hexagons``.
    """
    crs = same_crs(area)
    if kind not in ("square", "h3"):
        raise WrongUse("grid", _("unknown kind of cell"), expected="square, h3", found=repr(kind))
    if size != int(size) or size <= 0:
        raise WrongUse("grid", _("the side of a cell is a positive whole number of metres"), found=repr(size))
    size = int(size)
    whole = shapely.union_all(polygons(area))
    if whole.is_empty:
        found = ngettext("{n} row", "{n} rows", len(area)).format(n=len(area))
        raise WrongUse("grid", _("this area has no surface"), expected=_("polygons"), found=found)
    names, cells = _squares(whole, size, crs) if kind == "square" else _hexagons(whole, resolution, crs)
    shapely.prepare(whole)
    near = shapely.intersects(whole, cells)
    names, cells = names[near], cells[near]
    edge = ~shapely.contains_properly(whole, cells)
    cut = cells.copy()
    cut[edge] = shapely.intersection(cells[edge], whole)
    kept = shapely.area(cut) > 1e-6 * shapely.area(cells)  # cells that only touch the area are none of it
    return gpd.GeoDataFrame({"cell": names[kept]}, geometry=(cut if clip else cells)[kept], crs=crs)


def _squares(whole, size, crs):
    west, south, east, north = (np.array(whole.bounds) / size).round(9)
    x = (np.arange(np.floor(west), np.ceil(east)) * size).astype(int)
    y = (np.arange(np.floor(south), np.ceil(north)) * size).astype(int)
    y, x = (a.ravel() for a in np.meshgrid(y, x, indexing="ij"))
    code = f"CRS{crs.to_epsg() or 0}RES{size}m"
    names = np.array([f"{code}N{b}E{a}" for a, b in zip(x, y, strict=True)], dtype=object)
    return names, shapely.box(x, y, x + size, y + size)


def _hexagons(whole, resolution, crs):
    """The hexagons around an area, drawn in its own CRS: neighbours share their corners, and leave no gap."""
    with needed_by(__name__):
        import h3
    if resolution != int(resolution) or not 0 <= resolution <= 15:
        raise WrongUse("grid", _("H3 has the resolutions 0 to 15"), found=repr(resolution))
    side = h3.average_hexagon_edge_length(int(resolution), unit="m")
    degrees = gpd.GeoSeries([shapely.segmentize(whole.buffer(2 * side), side)], crs=crs).to_crs("EPSG:4326")
    names = sorted(h3.geo_to_cells(degrees.iloc[0], int(resolution)))
    corners = [shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(c)]) for c in names]
    return np.array(names, dtype=object), gpd.GeoSeries(corners, crs="EPSG:4326").to_crs(crs).to_numpy()


def spread(totals: pd.DataFrame, areas: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, columns: list[str]) -> pd.DataFrame:
    """Bring totals of areas (inhabitants of an IRIS) onto cells, in proportion to the ground that they share.

    It supposes that each total is even over its area. What falls on no cell is in none of them: the sum of a column
    beside that of ``totals`` says how much.

    Parameters
    ----------
    totals : DataFrame
        One row for each area, with the key and ``columns``.
    areas : GeoDataFrame
        The areas' shapes, with the same key (the first column that both have).
    cells : GeoDataFrame
        Where the totals go; same CRS.
    columns : list of str
        Columns of ``totals``, counts.

    Returns
    -------
    DataFrame
        ``columns``, in the order and with the index of ``cells``; missing where a cell touches no area whose total is
        known.

    Raises
    ------
    CrsMismatch
    WrongUse
        No common key, or a key that comes twice.
    """
    same_crs(areas, cells)
    key = next((c for c in totals.columns if c in areas.columns and c != areas.geometry.name), None)
    if key is None or areas[key].duplicated().any() or totals[key].duplicated().any():
        raise WrongUse("spread", _("totals and areas need a key in common, once in each"), found=str(key))
    known = areas[[key, areas.geometry.name]].merge(totals[[key, *columns]], on=key)
    shapes = polygons(known)
    left, right, shared = overlaps(shapes, cells.geometry.to_numpy())
    part = shared / shapely.area(shapes)[left]
    out = pd.DataFrame(index=cells.index)
    for column in columns:
        values = pd.to_numeric(known[column]).to_numpy(float)
        given = np.isfinite(values[left])
        placed = np.bincount(right[given], (values[left] * part)[given], minlength=len(cells))
        touched = np.bincount(right[given], minlength=len(cells)) > 0
        out[column] = np.where(touched, placed, np.nan)
    return out


def average(values: ArrayLike, layer: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, least: float = 0.5) -> pd.Series:
    """Mean of a layer's values in each area, weighted by the ground that they share.

    Parameters
    ----------
    values : Series or array of float
        One for each row of ``layer``; rows without value are left out.
    layer : GeoDataFrame
        Polygons that do not overlap, such as local climate zones.
    areas : GeoDataFrame
        Where the means go; same CRS.
    least : float
        Share of an area that must have a value: below it there is no mean.

    Returns
    -------
    Series
        With the index of ``areas``.

    Raises
    ------
    CrsMismatch
    """
    same_crs(layer, areas)
    values, shapes = np.asarray(values, float), polygons(areas)
    left, right, shared = overlaps(polygons(layer), shapes)
    given = np.isfinite(values[left])
    left, right, shared = left[given], right[given], shared[given]
    weight = np.bincount(right, shared, minlength=len(areas))
    total = np.bincount(right, shared * values[left], minlength=len(areas))
    surface = shapely.area(shapes)
    mean = np.full(len(areas), np.nan)
    known = (surface > 0) & (weight >= least * surface) & (weight > 0)
    mean[known] = total[known] / weight[known]
    return pd.Series(mean, index=areas.index)


def polygons(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> np.ndarray:
    """The shapes of a table as valid flat polygons, in its order; what has no surface becomes an empty polygon."""
    shapes = frame.geometry.to_numpy()
    shapes = np.where(shapely.is_missing(shapes), shapely.Polygon(), shapes)
    high = shapely.has_z(shapes)  # asking first is cheap, a copy of each shape is not
    shapes[high] = shapely.force_2d(shapes[high])
    bad = ~shapely.is_valid(shapes)
    shapes[bad] = shapely.make_valid(shapes[bad])
    # A mended shape may be a collection: its surface counts, its lines do not.
    for k in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        parts = shapely.get_parts(shapes[k])
        shapes[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return np.where(shapely.get_dimensions(shapes) == 2, shapes, shapely.Polygon())


def overlaps(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of shapes that share ground: places in ``left``, places in ``right``, square metres shared."""
    a, b = shapely.STRtree(right).query(left, predicate="intersects")
    shapely.prepare(right)
    whole = shapely.contains_properly(right[b], left[a])
    shared = shapely.area(left)[a]
    shared[~whole] = shapely.area(shapely.intersection(left[a[~whole]], right[b[~whole]]))
    some = shared > 0
    return a[some], b[some], shared[some]
