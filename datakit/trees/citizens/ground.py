"""What lies under the trees on the citizens' page: the streets, drawn, named and small enough for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.data.text import name_column
from datakit.language import _
from datakit.show.maps import contours, layers

if TYPE_CHECKING:
    import geopandas as gpd

LINES = ("LineString", "MultiLineString")
MULTI = shapely.GeometryType.MULTILINESTRING
# Choices of this kit, so that a page of 60,000 trees in a town of 400,000 inhabitants stays under 2 MB.
VERTICES = 45_000
TOLERANCE = 3.0  # m: what a line may leave its street by; two pixels where a whole district is in view
AROUND = 300.0  # m: streets further than this from every tree and outline are left out
MAIN = 3  # IGN's importance of roads that join towns and districts
PATHS = ("Chemin", "Sentier", "Escalier", "Piste cyclable")  # natures of BD TOPO
NAMES = "nom_voie_ban_gauche"  # BD TOPO's names of streets


def streets(roads: gpd.GeoDataFrame, box: tuple[float, float, float, float]) -> dict | None:
    """Centre lines of streets, packed for the page: two widths, and a name at the middle of each longest part.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines in any CRS, as `bdtopo-roads` has them: ``importance`` and names may be missing.
    box : (float, float, float, float)
        West, south, east and north of what the page shows, EPSG:2154.

    Returns
    -------
    dict or None
        ``main`` and ``other``: ``shapes`` and ``unit`` as `datakit.show.maps.contours.shapes_of` gives them;
        ``names``: ``[name, longitude, latitude]``, the longest streets first. None where no street is near.

    Raises
    ------
    WrongUse, CrsMismatch
        Other geometries than lines; a table without CRS.
    """
    kept, _out = layers.prepare(roads, _("trees: roads"), LINES)
    if "fictif" in kept:
        kept = kept[~kept["fictif"].fillna(False).astype(bool)]
    west, south, east, north = box
    kept = kept.cx[west - AROUND : east + AROUND, south - AROUND : north + AROUND]
    if not len(kept):
        return None
    important = pd.to_numeric(kept["importance"], errors="coerce") if "importance" in kept else pd.Series(6, kept.index)
    main = (important <= MAIN).to_numpy()
    lines = {"main": _joined(kept[main]), "other": _joined(kept[~main])}
    if _vertices(lines) > VERTICES and "nature" in kept:  # paths go first: what a town walks on are its streets
        lines["other"] = _joined(kept[~main & ~kept["nature"].isin(PATHS).to_numpy()])
    share = VERTICES / max(_vertices(lines), VERTICES)
    made: dict = {}
    for name, each in lines.items():
        shapes, unit, _left = contours.shapes_of(each, max(int(_vertices({name: each}) * share), 1))
        made[name] = {"shapes": shapes, "unit": unit}
    return made | {"names": _names(kept)}


def _vertices(lines):
    return int(sum(shapely.get_num_coordinates(each.to_numpy()).sum() for each in lines.values()))


def _joined(roads):
    """The sections of each street joined across its crossings, which needs far fewer lines, and simplified."""
    column = _named(roads)
    names = roads[column].fillna("") if column else pd.Series("", index=roads.index)
    parts, street = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    codes = pd.factorize(names.to_numpy()[street])[0]
    order = np.argsort(codes, kind="stable")
    whole = shapely.multilinestrings(parts[order], indices=codes[order])
    parts = shapely.get_parts(shapely.line_merge(whole))
    return type(roads.geometry)(shapely.simplify(parts, TOLERANCE), crs=roads.crs)


def _named(roads):
    return NAMES if NAMES in roads else name_column(roads)


def _names(roads):
    column = _named(roads)
    if column is None:
        return []
    named = roads[roads[column].notna()]
    longest = named.loc[named.length.groupby(named[column]).idxmax()]
    order = named.length.groupby(named[column]).sum().sort_values(ascending=False, kind="stable").index
    longest = longest.set_index(column).loc[order]
    lines = longest.geometry.to_numpy()
    lines = np.where(shapely.get_type_id(lines) == MULTI, shapely.get_geometry(lines, 0), lines)
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    spots = type(longest.geometry)(middles, crs=roads.crs).to_crs(contours.WGS84)
    return [[str(name), round(p.x, 5), round(p.y, 5)] for name, p in zip(order, spots, strict=True)]
