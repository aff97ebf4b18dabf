"""Where a tree stands: points from whatever the file has, swapped or mislabelled ones found and put right.

The boxes of France are wide enough for its borders, and a choice of this kit. Longitudes and latitudes of France do
not overlap, so that two exchanged coordinates cannot be mistaken for another place there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from datakit.errors import CrsMismatch, NotAsDescribed
from datakit.extras import needed_by
from datakit.geo.crs import LAMBERT
from datakit.language import N_, _

if TYPE_CHECKING:
    from datakit.trees.inventory.changes import ChangeLog
    from datakit.trees.inventory.crosswalks import Crosswalk

# West, south, east, north: mainland and Corsica, Guadeloupe and Martinique, Guyane, La Réunion, Mayotte.
FRANCE = (
    (-5.6, 41.0, 10.0, 51.6),
    (-62.0, 14.2, -60.7, 16.6),
    (-54.7, 2.0, -51.5, 6.0),
    (55.0, -21.5, 56.0, -20.7),
    (44.9, -13.1, 45.4, -12.5),
)
NEAR = 1.0  # degrees around the middle of a file outside France that still count as the same place
METRES = 1.0  # trees closer than this are flagged as one
# Names of columns of coordinates, for a file whose crosswalk does not say.
PAIRS = (("longitude", "latitude"), ("lon", "lat"), ("long", "lat"), ("lng", "lat"), ("x", "y"))
TEXTS = ("geo_point_2d", "geo_point", "geopoint", "coordonnees", "coordinates", "geo_shape", "geom", "geometry")

_NUMBER = r"[-+]?\d+(?:\.\d+)?"


def points(frame: pd.DataFrame, crosswalk: Crosswalk | None, log: ChangeLog) -> gpd.GeoSeries:
    """Points in EPSG:2154 for a raw or loaded table.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
    crosswalk : Crosswalk or None
        Its ``geometry`` names columns; without it, the geometry of the frame, else usual names of columns.
    log : ChangeLog

    Returns
    -------
    GeoSeries
        EPSG:2154, with the index of ``frame``; missing where a tree has no place.

    Raises
    ------
    NotAsDescribed
        No column says where the trees stand.
    """
    given = (crosswalk.geometry if crosswalk else None) or {}
    crs = crosswalk.crs if crosswalk else None
    pair = _columns(frame, given)
    if pair is None and isinstance(frame, gpd.GeoDataFrame):
        x, y = _centres(frame.geometry, log)
        crs = frame.crs or crs
    elif pair is None:
        raise NotAsDescribed(
            crosswalk.id if crosswalk else "trees",
            _("no column says where the trees stand"),
            expected=_("a geometry, or columns such as longitude and latitude, or geo_point_2d"),
            found=", ".join(map(str, frame.columns))[:400],
            next=_("name them in the crosswalk: {geometry}").format(
                geometry='"geometry": {"type": "Point", "x": "...", "y": "..."}'
            ),
        )
    elif len(pair) == 1:
        x, y = _from_text(frame[pair[0]], log)
    else:
        x, y = (_numbers(frame[name], log) for name in pair)
    x, y, crs = _right_crs(x, y, crs, log)
    if CRS.from_user_input(crs).is_geographic:
        x, y = _right_order(x, y, log)
    if CRS.from_user_input(crs) != CRS.from_user_input(LAMBERT):  # numbers first: a million points are made once
        x, y = Transformer.from_crs(crs, LAMBERT, always_xy=True).transform(x, y)
    shapes = shapely.points(x, y)
    shapes[~np.isfinite(x) | ~np.isfinite(y)] = None
    return gpd.GeoSeries(shapes, index=frame.index, crs=LAMBERT)


def _columns(frame, given):
    """The columns of coordinates: two, or one of text, or None where the geometry of the table is to be used."""
    if "latlon" in given:
        named = [given["latlon"]] if isinstance(given["latlon"], str) else list(given["latlon"])
        if found := next((n for n in named if n in frame), None):
            return (found,)
    if "x" in given and given["x"] in frame and given["y"] in frame:
        return given["x"], given["y"]
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name:
        return None
    lower = {str(c).lower(): c for c in reversed(list(frame.columns))}
    for pair in PAIRS:
        if all(name in lower for name in pair):
            return tuple(lower[name] for name in pair)
    return next(((lower[name],) for name in TEXTS if name in lower), None)


def _centres(shapes, log):
    """x and y of the shapes; of a representative point for those that are not points."""
    shapes = np.asarray(shapes)
    plain = shapely.get_type_id(shapes) == 0
    other = ~plain & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if other.any():
        kinds = pd.Series(shapely.get_type_id(shapes)[other]).map(
            {k.value: k.name.lower() for k in shapely.GeometryType}
        )
        label = np.full(len(shapes), None, dtype=object)
        label[other] = kinds.to_numpy()
        shapes = shapes.copy()
        shapes[other] = shapely.point_on_surface(shapes[other])
        log.rows("geometry", other, N_("a point inside the shape"), label, "point")
    return shapely.get_x(shapes), shapely.get_y(shapes)


def _numbers(column, log):
    """Coordinates as numbers: decimal commas, padding ("-00000001,1500341") and spaces are read."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype="float64", na_value=np.nan)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan).copy()
    hard = np.isnan(values) & column.notna().to_numpy()
    unread = np.zeros(len(values), dtype=bool)
    if hard.any():
        text = column[hard].astype("str").str.replace(r"[\s\u00a0\u202f]", "", regex=True)
        text = text.str.replace(",", ".", regex=False)
        values[hard] = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
        unread[hard] = np.isnan(values[hard]) & (text != "").to_numpy()
    log.rows(column.name, unread, N_("not read as a coordinate: no place"), column, None)
    return values


def _from_text(column, log):
    """x and y from texts such as "48.83, 2.40" (latitude first), "[2.40, 48.83]", GeoJSON or WKT (longitude first)."""
    if column.map(lambda v: isinstance(v, dict)).any():  # {"lon": ..., "lat": ...}, as Opendatasoft's JSON has it
        both = [(v.get("lon"), v.get("lat")) if isinstance(v, dict) else (None, None) for v in column]
        return tuple(np.array([b[i] for b in both], dtype="float64") for i in (0, 1))
    text = column.map(lambda v: str(list(v)) if isinstance(v, (list, tuple, np.ndarray)) else v).astype("str")
    # A comma is a decimal mark where another sign parts the two numbers.
    commas = text.str.match(r"^[^,;]*\d,\d+\s*[; ]\s*-?\d+,\d+\D*$", na=False)
    text = text.where(~commas, text.str.replace(",", ".", regex=False))
    found = text.str.extract(rf"({_NUMBER})\D*?[,; ]\s*\D*?({_NUMBER})")
    first, second = (
        pd.to_numeric(found[i], errors="coerce").to_numpy(dtype="float64", na_value=np.nan) for i in (0, 1)
    )
    shape = text.str.contains("coordinates|POINT", na=False).to_numpy()
    x, y = np.where(shape, first, second), np.where(shape, second, first)
    unread = np.isnan(x) & (text.notna() & (text.str.strip() != "")).to_numpy()
    log.rows(column.name, unread, N_("not read as two coordinates: no place"), column, None)
    return x, y


def _right_crs(x, y, crs, log):
    """The CRS that the numbers can be in, where the one given is impossible."""
    crs = crs or "EPSG:4326"
    there = np.isfinite(x) & np.isfinite(y) & ~((x == 0) & (y == 0))
    if there.any() and (~there & np.isfinite(x)).any():
        log.rows("geometry", ~there & np.isfinite(x) & np.isfinite(y), N_("0, 0 is not a place"), "0 0", None)
    x, y = np.where(there, x, np.nan), np.where(there, y, np.nan)
    if not there.any():
        return x, y, crs
    geographic = CRS.from_user_input(crs).is_geographic
    middle = np.nanmedian(np.abs(x)), np.nanmedian(np.abs(y))
    degrees = max(middle) <= 180
    found = crs
    if degrees and not geographic:
        found = "EPSG:4326"
    elif geographic and not degrees:
        found = french_metres(np.nanmedian(x), np.nanmedian(y)) or crs
    if str(found) != str(crs):
        name = CRS.from_user_input(crs).to_string()[:40]
        log.whole("geometry", N_("the CRS stated is impossible for these numbers"), name, found)
    elif geographic and not degrees:
        raise NotAsDescribed(
            "geometry",
            _("the coordinates are not degrees, and not in a French projection that the kit recognises"),
            expected=_("longitude and latitude, Lambert-93 (EPSG:2154) or conic conformal (EPSG:3942 to 3950)"),
            found=_("for example {x}, {y}").format(x=x[there][0], y=y[there][0]),
            next=_('name it in the crosswalk, for example "crs": "EPSG:27572" for Lambert II étendu'),
        )
    return x, y, found


def french_metres(x: float, y: float) -> str | None:
    """The projected CRS of mainland France that has such coordinates.

    By the definition of the zones (false easting 1,700,000 m, false northing 200,000 m plus a million for each zone
    from 42 degrees), conic conformal eastings are above 1,200,000 m, and those of Lambert-93 below 1,300,000 m.
    """
    if 0 < x < 1_300_000 and 6_000_000 < y < 7_200_000:
        return LAMBERT
    zone = round((y - 200_000) / 1_000_000)
    return f"EPSG:{3941 + zone}" if 1_300_000 <= x < 2_300_000 and 1 <= zone <= 9 else None


def _inside(x, y):
    inside = np.zeros(len(x), dtype=bool)
    for west, south, east, north in FRANCE:
        inside |= (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside


def _right_order(x, y, log):
    """Longitude first: exchanged where only that puts a point in France, or among the others of a file elsewhere."""
    there = np.isfinite(x)
    inside, exchanged = _inside(x, y), _inside(y, x)
    in_france = inside | exchanged
    if in_france.sum() < there.sum() / 2:
        mx, my = np.nanmedian(x), np.nanmedian(y)
        inside = (np.abs(x - mx) <= NEAR) & (np.abs(y - my) <= NEAR)
        exchanged = (np.abs(y - mx) <= NEAR) & (np.abs(x - my) <= NEAR) & ~inside
        elsewhere = (np.abs(x) > 180) | (np.abs(y) > 90)
    else:
        elsewhere = ~in_france
    swapped, outside = exchanged & ~inside, elsewhere & there & ~exchanged & ~inside
    label = _label(x, y, swapped | outside)
    x, y = np.where(swapped, y, x), np.where(swapped, x, y)
    if swapped.any() and swapped.sum() == there.sum():
        first = np.flatnonzero(swapped)[0]
        log.whole("geometry", N_("longitude and latitude were exchanged"), label[first], _label(x, y, swapped)[first])
    else:
        log.rows("geometry", swapped, N_("longitude and latitude were exchanged"), label, _label(x, y, swapped))
    log.rows("geometry", outside, N_("outside France, unlike the others: no place"), label, None)
    return np.where(outside, np.nan, x), np.where(outside, np.nan, y)


def _label(x, y, mask):
    label = np.full(len(x), None, dtype=object)
    label[mask] = [f"{a:.7g} {b:.7g}" for a, b in zip(x[mask], y[mask], strict=True)]
    return label


def duplicates(shapes: gpd.GeoSeries, metres: float = METRES) -> np.ndarray:
    """The first tree within ``metres`` of each tree.

    Parameters
    ----------
    shapes : GeoSeries of points, projected
    metres : float

    Returns
    -------
    array of int
        Position of the earliest row within the distance, -1 where there is none before this one. Rows at one place
        count as one before pairs are looked for, so that the cost stays that of a sort.
    """
    with needed_by(__name__):
        from scipy.spatial import cKDTree

    x, y = shapes.x.to_numpy(), shapes.y.to_numpy()
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    first = np.full(len(x), -1)
    if not len(there):
        return first
    # To the millimetre, one number for each place: factorize is linear, and keeps the order of the rows.
    key = np.round(x[there] * 1000).astype("int64") * 2**32 + np.round(y[there] * 1000).astype("int64")
    place, keys = pd.factorize(key)
    start = np.full(len(keys), len(x))
    np.minimum.at(start, place, there)
    best = start.copy()
    pairs = cKDTree(np.column_stack([x[start], y[start]])).query_pairs(metres, output_type="ndarray")
    np.minimum.at(best, pairs[:, 0], start[pairs[:, 1]])
    np.minimum.at(best, pairs[:, 1], start[pairs[:, 0]])
    earliest = best[place]
    first[there] = np.where(earliest < there, earliest, -1)
    return first


def outside(shapes: gpd.GeoSeries, area: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Whether each tree is outside the polygons.

    Parameters
    ----------
    shapes : GeoSeries of points, EPSG:2154
    area : GeoDataFrame or GeoSeries
        Polygons in any CRS.

    Returns
    -------
    Series of boolean
        Missing where a tree has no place.

    Raises
    ------
    CrsMismatch
        The polygons have no CRS.
    """
    if area.crs is None:
        raise CrsMismatch("area", _("the polygons have no CRS"), next=_("area.set_crs(...) if you know it"))
    union = area.geometry.to_crs(LAMBERT).union_all()
    shapely.prepare(union)
    x, y = shapes.x.to_numpy(), shapes.y.to_numpy()
    there = np.isfinite(x)
    answer = pd.Series(pd.NA, index=shapes.index, dtype="boolean")
    answer[there] = ~shapely.contains_xy(union, x[there], y[there])
    return answer
