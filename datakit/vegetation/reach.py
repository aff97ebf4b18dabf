"""How far the nearest park is on foot, and how much the straight line hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import CannotAnswer, WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.language import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from datakit.geo.streets import Network


LEAST = 1.0  # hectares
TOUCH = 25.0  # metres between two pieces that are one space: a path or a street within a park. A choice of this kit
ENTRANCE = 15.0  # metres from a street's middle to the edge of a space that can be entered from it. The same

STEP = 20.0  # metres between two entrances on a street that runs along a space


def green_spaces(
    parks: gpd.GeoDataFrame,
    least: float = LEAST,
    touch: float = TOUCH,
    closed: tuple[str, ...] = ("private", "no", "customers", "permit"),
) -> gpd.GeoDataFrame:
    """Green spaces that are open to the public and large enough, pieces that belong together merged.

    Parameters
    ----------
    parks : GeoDataFrame
        Polygons in a projected CRS, such as ``osm-green``; ``access`` is used where it exists.
    least : float
        Hectares. C. Konijnendijk (2023), Evidence-based guidelines for greener, healthier, more resilient
        neighbourhoods: introducing the 3-30-300 rule, Journal of Forestry Research 34, asks for a space of a hectare or
        more, after the World Health Organization's Regional Office for Europe (2016), Urban green spaces and health.
    touch : float
        Metres: pieces nearer than this are one space.
    closed : tuple of str
        Values of ``access`` that keep the public out.

    Returns
    -------
    GeoDataFrame
        ``pieces`` (number), ``hectares`` and polygons; what nobody may enter or is too small is left out.

    Raises
    ------
    CrsMismatch
    """
    crs = same_crs(parks)
    shapes = polygons(parks)
    keep = shapely.area(shapes) > 0
    if "access" in parks:
        keep &= ~parks["access"].isin(closed).to_numpy()
    shapes = shapes[keep]
    groups = shapely.get_parts(shapely.union_all(shapely.buffer(shapes, touch / 2)))
    piece, group = shapely.STRtree(groups).query(shapes, predicate="intersects")
    found = [shapely.union_all(shapes[rows]) for rows in pd.Series(piece).groupby(group).agg(list)]
    out = gpd.GeoDataFrame({"pieces": pd.Series(piece).groupby(group).size().to_numpy()}, geometry=found, crs=crs)
    out["hectares"] = out.area / 1e4
    return out[out["hectares"] >= least].reset_index(drop=True)[["pieces", "hectares", "geometry"]]


def entrances(spaces: gpd.GeoDataFrame, network: Network, within: float = ENTRANCE) -> gpd.GeoDataFrame:
    """Where streets and paths reach a space.

    Parameters
    ----------
    spaces : GeoDataFrame
    network : datakit.geo.streets.Network
    within : float
        Metres from the middle of a street to the edge of the space. Fences and gates are in no open layer: a street
        along a park is taken for a way into it.

    Returns
    -------
    GeoDataFrame
        ``space`` (row of ``spaces``) and points: the ends of each piece of street that runs within that distance, and
        places every few metres between them, as one enters a park along its whole side.
    """
    same_crs(spaces, network)
    around = shapely.buffer(polygons(spaces), within)
    space, line = shapely.STRtree(network.lines).query(around, predicate="intersects")
    inside, pair = shapely.get_parts(shapely.intersection(network.lines[line], around[space]), return_index=True)
    keep = shapely.get_dimensions(inside) == 1
    inside, row = shapely.segmentize(inside[keep], STEP), space[pair[keep]]
    doors, piece = shapely.get_coordinates(inside, return_index=True)
    return gpd.GeoDataFrame({"space": row[piece]}, geometry=shapely.points(doors), crs=spaces.crs)


def walk(
    homes: gpd.GeoDataFrame, spaces: gpd.GeoDataFrame, network: Network, limit: float = np.inf, within: float = ENTRANCE
) -> pd.DataFrame:
    """Metres from homes to the nearest green space, on foot and in a straight line.

    Parameters
    ----------
    homes : GeoDataFrame
        Points, or cells whose centroids are taken.
    spaces : GeoDataFrame
        Of `green_spaces`.
    network : datakit.geo.streets.Network
    limit : float
        Metres on foot beyond which nothing is looked for.
    within : float
        See `entrances`.

    Returns
    -------
    DataFrame
        ``crow`` (metres to the nearest edge, 0 inside), ``walk`` (metres to the nearest entrance; missing beyond the
        limit or where no street leads) and ``space`` (row of the nearest on foot, -1 likewise), with the index of
        ``homes``. The two may be different spaces.

    Raises
    ------
    CrsMismatch
    CannotAnswer
        No space.
    """
    same_crs(homes, spaces, network)
    if not len(spaces):
        raise CannotAnswer(
            "reach",
            _("no green space to walk to"),
            expected=_("polygons of a hectare or more"),
            next=_("look at the layer itself: none mapped is not none there"),
        )
    middles = gpd.GeoSeries(shapely.centroid(homes.geometry.to_numpy()), index=homes.index, crs=homes.crs)
    doors = entrances(spaces, network, within)
    found = network.distance_to_nearest(middles, doors, limit)
    out = pd.DataFrame(index=homes.index)
    there = ~(middles.isna() | middles.is_empty).to_numpy()
    out["crow"] = np.nan
    (row, _space), crow = shapely.STRtree(spaces.geometry.to_numpy()).query_nearest(
        middles.to_numpy()[there], return_distance=True, all_matches=False
    )
    out.iloc[np.flatnonzero(there)[row], 0] = crow
    out["walk"] = found["metres"].to_numpy()
    target = found["target"].to_numpy()
    out["space"] = np.where(target >= 0, doors["space"].to_numpy()[target] if len(doors) else -1, -1)
    return out


def hidden(found: pd.DataFrame, people: ArrayLike, limit: float = 300.0) -> dict[str, float]:
    """Who is near a green space in a straight line and not on foot.

    Parameters
    ----------
    found : DataFrame
        Of `walk`.
    people : array of float
        Residents of each home or cell; missing counts as nobody.
    limit : float
        Metres.

    Returns
    -------
    dict
        ``crow_share`` and ``walk_share`` (of the people, 0 to 1, who are within the limit by each measure),
        ``hidden_share`` (what the first has more than the second), ``detour`` (median of way over straight line for
        those between 100 m and 1 km as the crow flies).
    """
    n = np.nan_to_num(np.asarray(people, float))
    total = n.sum()
    if not total > 0:
        raise WrongUse("reach", _("nobody lives here"), expected=_("one resident or more"), found="0")
    crow, walk = (n[(found[c] <= limit).to_numpy()].sum() / total for c in ("crow", "walk"))
    some = found["crow"].between(100, 1000) & found["walk"].notna() & (n > 0)
    detour = (found.loc[some, "walk"] / found.loc[some, "crow"]).median()
    return {"crow_share": crow, "walk_share": walk, "hidden_share": crow - walk, "detour": float(detour)}
