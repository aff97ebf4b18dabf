"""Where things are: the shapes of a file from its columns or its own geometry, each held against what can be.

One bad place is one bad row: numbers that are none, another kind of shape, a place outside the area of the dataset, or
longitude and latitude exchanged. Only where most rows are wrong is it the file that is.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.data.readers import as_text, unlike
from datakit.language import N_, _

if TYPE_CHECKING:
    import geopandas as gpd
    from geopandas.array import GeometryArray

    from datakit.data.card import Card

LAMBERT = "EPSG:2154"


def shapes_of(
    raw: pd.DataFrame, native: GeometryArray | np.ndarray | None, card: Card
) -> tuple[gpd.GeoSeries, list[tuple[pd.Series, pd.Series, str]], list[tuple[pd.Series, str]]]:
    """The shapes of a table.

    Parameters
    ----------
    raw : DataFrame
        As published.
    native : array of shapely geometries or None
        The file's own geometry.
    card : Card

    Returns
    -------
    series : GeoSeries
        In the CRS of the file; missing where a row has no place or a wrong one.
    wrong : list of (Series of bool, Series of str, str)
        Which rows break a rule, what they have instead, and the rule.
    said : list of (Series of bool, str)
        What was done to rows that are kept.

    Raises
    ------
    NotAsDescribed
        A column of coordinates is missing, the file has no geometry, or most of it is elsewhere.
    """
    import geopandas as gpd
    import shapely

    given = card.geometry or {}
    if "x" in given or "latlon" in given:
        shapes, label, unread = _from_columns(raw, given, card)
    elif "square" in given:
        shapes, label, unread = _from_squares(raw, given, card)
    elif native is None:
        raise unlike(card, _("this file has no geometry"), given.get("type", "geometry"), ", ".join(raw.columns)[:200])
    else:
        shapes, label, unread = np.array(native, dtype=object), None, _infinite(native)
    first = shapes.copy()
    shapes[unread] = None
    absent = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    shapes[absent] = None
    rule = _("like {square}").format(square=_(_SQUARE_LIKE)) if "square" in given else _("coordinates are numbers")
    wrong, said = [(unread, rule)], []
    if given.get("required", True):
        wrong.append((absent, _("has a place on the map")))
    other, single = _other_kind(shapes, given.get("type", ""))
    wrong.append((other, _("is a {type}").format(type=given.get("type"))))
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    said.append((single, _("{n} shapes of one part taken as a {kind}").format(n=single.sum(), kind=given.get("type"))))
    invalid = ~shapely.is_valid(shapes) & ~absent
    shapes[invalid] = shapely.make_valid(shapes[invalid])
    said.append((invalid, _("{n} invalid shapes repaired (make_valid)").format(n=invalid.sum())))
    # A shapefile or GeoParquet says its CRS itself; what GDAL says of a GeoJSON is only the format's default.
    own = getattr(native, "crs", None)
    crs = own if own is not None and card.format in ("shp", "parquet") else card.crs or own or "EPSG:4326"
    series = gpd.GeoSeries(shapes, crs=crs)
    elsewhere = _elsewhere(series, card)
    for mask, _what in elsewhere:
        series[mask] = None  # kept out of the projection, which would make them infinite
    return series, _labelled(wrong + elsewhere, label, first), [(pd.Series(m), what) for m, what in said if m.any()]


def _from_columns(raw, given, card):
    """Points, the text they were read from, and which of these are no coordinates."""
    import shapely

    if "latlon" in given:
        names = [given["latlon"]] if isinstance(given["latlon"], str) else given["latlon"]
        name = next((n for n in names if n in raw.columns), None)
        if name is None:
            raise unlike(card, _("the column of coordinates is missing"), names[0], ", ".join(raw.columns)[:300])
        label = as_text(raw[name]).fillna("")
        pair = label.str.strip("[]()").str.extract(r"^\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*$")
        texts = pair[1], pair[0]
    else:
        for name in (given["x"], given["y"]):
            if name not in raw.columns:
                raise unlike(card, _("the column of coordinates is missing"), name, ", ".join(raw.columns)[:300])
        texts = [as_text(raw[given[k]]).str.replace(",", ".", regex=False) for k in "xy"]
        label = as_text(raw[given["x"]]).fillna("") + " " + as_text(raw[given["y"]]).fillna("")
    x, y = (pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64", na_value=np.nan) for text in texts)
    there = np.isfinite(x) & np.isfinite(y)  # "inf" and 1e400 are numbers to a computer
    shapes = np.where(there, shapely.points(np.where(there, x, 0), np.where(there, y, 0)), None)
    return shapes, label, ~there & label.str.strip().ne("").to_numpy()


_SQUARE = r"CRS(?P<crs>\d+)RES(?P<side>\d+)mN(?P<y>\d+)E(?P<x>\d+)"
_SQUARE_LIKE = N_("CRS<the card's EPSG number>RES<side>mN<north>E<east>, on multiples of the side")


def _from_squares(raw, given, card):
    """The squares that INSPIRE's identifiers name by their lower left corner, the text, and which are none.

    An identifier says its own system: what INSEE draws overseas in another is no square of this card's.
    """
    import shapely

    names = [given["square"]] if isinstance(given["square"], str) else given["square"]
    name = next((n for n in names if n in raw.columns), None)
    if name is None:
        raise unlike(card, _("the column of squares is missing"), _(" or ").join(names), ", ".join(raw.columns)[:300])
    label = as_text(raw[name]).fillna("")
    part = label.str.extract(f"^{_SQUARE}$")
    own = part["crs"].eq(str(card.crs).rpartition(":")[2])
    x, y, side = (pd.to_numeric(part[c]).to_numpy("float64", na_value=np.nan) for c in ("x", "y", "side"))
    with np.errstate(invalid="ignore", divide="ignore"):
        there = own.to_numpy(dtype=bool) & (side > 0) & (x % side == 0) & (y % side == 0)
    x, y, side = (np.where(there, v, 0.0) for v in (x, y, side))
    shapes = np.where(there, shapely.box(x, y, x + side, y + side), None)
    return shapes, label, ~there & label.ne("").to_numpy()


def _infinite(shapes):
    """Which shapes have a coordinate that is no number."""
    import shapely

    found, which = shapely.get_coordinates(np.asarray(shapes), return_index=True)
    mask = np.zeros(len(shapes), dtype=bool)
    mask[which[~np.isfinite(found).all(axis=1)]] = True
    return mask


# shapely's numbers of a kind and of a collection of it.
_KINDS = {"Point": (0, 4), "LineString": (1, 5), "Polygon": (3, 6)}


def _other_kind(shapes, kind):
    """Which shapes are of another kind than the card's, and which are a collection of one point."""
    import shapely

    nothing = np.zeros(len(shapes), dtype=bool)
    if (base := kind.removeprefix("Multi")) not in _KINDS:
        return nothing, nothing
    one, many = _KINDS[base]
    found = shapely.get_type_id(shapes)
    single = (found == many) & (shapely.get_num_geometries(shapes) == 1) if kind == "Point" else nothing
    # Parts of an area or of a line are one thing in every map; two points are two places.
    return ~np.isin(found, (-1, one, one if kind == "Point" else many)) & ~single, single


def _labelled(wrong, label, shapes):
    """The rules that are broken, with what the rows have instead."""
    made = []
    for mask, rule in wrong:
        mask = np.asarray(mask, dtype=bool)
        if mask.any():
            value = pd.Series("", index=range(len(shapes)), dtype="str") if label is None else label
            if label is None:
                value[mask] = ["" if s is None else s.wkt[:80] for s in shapes[mask]]
            made.append((pd.Series(mask), value, rule))
    return made


# -- the area of the dataset ------------------------------------------------------------------------------------------


def _elsewhere(series, card):
    """Rows that are not where the dataset is: with the two coordinates exchanged, and outside."""
    x, y = (series.bounds[c].to_numpy() for c in ("minx", "miny"))
    there, degrees = np.isfinite(x), series.crs.is_geographic
    placed = there & ((x != 0) | (y != 0))
    if not degrees and placed.any() and np.abs(x[placed]).max() <= 180 and np.abs(y[placed]).max() <= 90:
        raise unlike(card, _("the coordinates are degrees, not metres"), str(card.crs), _example(x, y, placed))
    given = _bounds(card, series.crs) or (None if degrees else area_of(series.crs.to_wkt()))
    if given is None and not degrees:
        return []
    box = given or (-180, -90, 180, 90)
    inside = _within(x, y, box)
    # Without bounds, degrees may be anywhere; but what only falls into mainland France when exchanged was exchanged.
    near = given or area_of(LAMBERT, degrees=True)
    swapped = ~_within(x, y, near) & _within(y, x, near)
    outside = there & ~inside & ~swapped
    words = ("longitude", "latitude") if degrees else ("x", "y")
    west, south, east, north = (v if degrees else round(v) for v in box)
    rule = _("inside {x} {west} to {east}, {y} {south} to {north}").format(
        x=words[0], west=west, east=east, y=words[1], south=south, north=north
    )
    if outside.mean() > 0.5:
        raise unlike(
            card,
            _("most coordinates are outside the area of the dataset"),
            f"{card.crs or series.crs.to_string()[:60]}, {rule}",
            _example(x, y, outside),
        )
    return [
        (swapped, _("{x} and {y} in this order: they look swapped").format(x=words[0], y=words[1])),
        (outside, rule),
    ]


def _bounds(card, crs):
    """The card's own bounds, in the units of the file: a shapefile may be in another system than the card's."""
    from pyproj import CRS, Transformer

    given = card.raw.get("bounds")
    if not given or not card.crs or CRS.from_user_input(card.crs) == crs:
        return given
    return Transformer.from_crs(card.crs, crs, always_xy=True).transform_bounds(*given)


def _example(x, y, mask):
    first = int(np.flatnonzero(mask)[0])
    return _("for example {x}, {y} in row {row}").format(x=x[first], y=y[first], row=first + 1)


def _within(x, y, box):
    west, south, east, north = box
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


@functools.cache
def area_of(crs: str, degrees: bool = False) -> tuple[float, float, float, float] | None:
    """Where EPSG says that a system is used: west, south, east, north in its units or in degrees; None: it says not."""
    from pyproj import CRS, Transformer

    system = CRS.from_user_input(crs)
    code = None if system.area_of_use else system.to_epsg(20)  # a shapefile's own words for it say no area
    area = system.area_of_use or (CRS.from_epsg(code).area_of_use if code else None)
    if not area or degrees:
        return area.bounds if area else None
    made = Transformer.from_crs("EPSG:4326", system, always_xy=True).transform_bounds(*area.bounds)
    return made if np.isfinite(made).all() else None
