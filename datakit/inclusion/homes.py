"""Points that stand for the inhabitants of areas: INSEE's squares, else homes that are built, else an even spread.

How far people are depends on where inside an area they live. The best that a run has is taken, and what it leaves open
is said: one point for a whole IRIS would decide for two thousand people at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo import squares as grid_of_insee
from datakit.geo.crs import same_crs
from datakit.geo.dwellings import volumes
from datakit.language import N_, _

if TYPE_CHECKING:
    from datakit.data.layers import Layers

SPACING = 150  # metres between the points of an even spread
SQUARES, BUILT = N_("squares of 200 m"), N_("homes that are built")
EVEN, MIDDLE = N_("an even spread"), N_("one point for each area")
# What each leaves open of a way on foot, in metres: half a square's side, half the distance of two points.
SLACK = {SQUARES: grid_of_insee.SIDE / 2, BUILT: grid_of_insee.SIDE / 2, EVEN: SPACING / 2, MIDDLE: 0.0}
CAUTION = {
    SQUARES: N_("All residents of a square stand at its middle, and of each age as many as in the whole IRIS."),
    BUILT: N_("Inhabitants of an IRIS are spread by the volume of its homes: empty ones and large flats count too."),
    EVEN: N_(
        "Inhabitants are spread evenly over each IRIS; on the invented sample, where squares of 200 m say where "
        "people live, that puts 36 in 100 into the wrong square."
    ),
    MIDDLE: N_("Everybody of an area stands at one point."),
}


@dataclass(frozen=True, eq=False)
class Homes:
    """Where the inhabitants of areas are taken to be.

    Attributes
    ----------
    points : GeoDataFrame
        The key of the area, ``weight`` (share of the area's inhabitants, 1 in all in each area) and points. For
        computing: a point may stand for one square, about which nothing is shown.
    how : str
        `SQUARES`, `BUILT`, `EVEN` or `MIDDLE`.
    data : tuple of DataFrame
        What was used beside the areas.
    """

    points: gpd.GeoDataFrame
    how: str
    data: tuple[pd.DataFrame, ...] = ()

    @property
    def slack(self) -> float:
        """Metres of a way that are left open."""
        return SLACK[self.how]

    @property
    def caution(self) -> str:
        """What is not known, in a sentence or two."""
        return _(CAUTION[self.how])

    def people(self, counts: pd.DataFrame) -> pd.DataFrame:
        """The people of areas at the points: each count times the weight.

        Parameters
        ----------
        counts : DataFrame
            Columns of people, indexed by the key of the areas.

        Returns
        -------
        DataFrame
            The same columns, one row for each point; missing where the area's count is.
        """
        there = counts.reindex(self.points.iloc[:, 0]).reset_index(drop=True).astype("float64")
        return there.mul(self.points["weight"].to_numpy(), axis=0)


def of(layers: Layers, areas: gpd.GeoDataFrame, area: str = "iris") -> Homes:
    """The best points that the layers of a run allow.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    areas : GeoDataFrame
        Polygons with the key ``area``.
    area : str

    Returns
    -------
    Homes
        From ``insee-squares``, else from ``bdtopo-buildings``, else spread evenly.
    """
    found = layers.get("insee-squares")
    buildings = layers.get("bdtopo-buildings") if found is None else None
    return points(areas, area, squares=found, buildings=buildings)


def points(
    areas: gpd.GeoDataFrame,
    area: str,
    *,
    squares: gpd.GeoDataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
) -> Homes:
    """Points for the inhabitants of areas.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons in a projected CRS, with the key ``area``.
    area : str
    squares : GeoDataFrame, optional
        As loaded from ``insee-squares``: taken before buildings.
    buildings : GeoDataFrame, optional
        As loaded from ``bdtopo-buildings``.

    Returns
    -------
    Homes

    Raises
    ------
    CrsMismatch
    WrongUse
        No area, or one without a shape.
    """
    if squares is not None:
        found = grid_of_insee.points(squares, areas, area)
        return Homes(found[[area, "weight", "geometry"]], SQUARES, (squares,))
    if buildings is not None:
        return Homes(_built(areas, area, buildings), BUILT, (buildings,))
    return Homes(grid(areas, area), EVEN)


def grid(areas: gpd.GeoDataFrame, area: str, spacing: float = SPACING) -> gpd.GeoDataFrame:
    """Points spread evenly over each area, standing for equal parts of its inhabitants.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons in a projected CRS, with the column named by ``area``.
    area : str
        Column with the key of each area.
    spacing : float
        Metres.

    Returns
    -------
    GeoDataFrame
        The key, ``weight`` (1 / number of points of the area: they sum to 1 in each area) and ``geometry``. A small
        area has at least one point.

    Raises
    ------
    CrsMismatch
    WrongUse
        No area, or one without a shape.
    """
    same_crs(areas)
    shapeless = areas[area][areas.geometry.is_empty | areas.geometry.isna()]
    if areas.empty or len(shapeless):
        raise WrongUse(
            "homes.grid",
            _("there is no area") if areas.empty else _("an area has no shape"),
            expected=_("polygons"),
            found=", ".join(map(str, shapeless[:3])) or _("an empty table"),
        )
    parts = []
    for key, shape in zip(areas[area], areas.geometry, strict=True):
        west, south, east, north = shape.bounds
        # Anchored to whole multiples, so that neighbouring areas share one grid whatever the order of rows.
        xs = np.arange(np.floor(west / spacing) + 0.5, east / spacing) * spacing
        ys = np.arange(np.floor(south / spacing) + 0.5, north / spacing) * spacing
        x, y = (a.ravel() for a in np.meshgrid(xs, ys))
        inside = shapely.contains_xy(shape, x, y)
        x, y = x[inside], y[inside]
        if not len(x):
            point = shape.representative_point()
            x, y = np.array([point.x]), np.array([point.y])
        parts.append(pd.DataFrame({area: key, "weight": 1 / len(x), "x": x, "y": y}))
    points = pd.concat(parts, ignore_index=True)
    shapes = gpd.points_from_xy(points.x, points.y)
    return gpd.GeoDataFrame(points[[area, "weight"]], geometry=shapes, crs=areas.crs)


def middles(areas: gpd.GeoDataFrame, area: str) -> Homes:
    """One point for each area, to see what that does to a result.

    Parameters
    ----------
    areas : GeoDataFrame
    area : str

    Returns
    -------
    Homes
        A point inside each area.
    """
    out = areas[[area]].assign(weight=1.0).reset_index(drop=True)
    return Homes(gpd.GeoDataFrame(out, geometry=areas.representative_point().to_numpy(), crs=areas.crs), MIDDLE)


def within(home: Homes, areas: gpd.GeoDataFrame) -> np.ndarray:
    """Which of the points lie in some areas, such as the priority neighbourhoods.

    Parameters
    ----------
    home : Homes
    areas : GeoDataFrame
        Polygons in the same CRS.

    Returns
    -------
    ndarray of bool
        A square is inside when its middle is.
    """
    same_crs(home.points, areas)
    inside = np.zeros(len(home.points), bool)
    inside[areas.sindex.query(home.points.geometry, predicate="intersects")[0]] = True
    return inside


def _built(areas, area, buildings):
    """Homes by volume, those of one area that stand within one square of 200 m taken together at their middle."""
    same_crs(areas, buildings)
    lived = volumes(buildings)
    spot, volume = shapely.centroid(lived.geometry.to_numpy()), lived["volume"].to_numpy()
    row, place = areas.sindex.query(spot, predicate="intersects")
    first = pd.Series(place).groupby(row).min()
    home, place = first.index.to_numpy(), first.to_numpy()
    made = pd.DataFrame({"place": place, "volume": volume[home], "x": shapely.get_x(spot[home])})
    made["y"] = shapely.get_y(spot[home])
    made["east"], made["north"] = (np.floor(made[c] / grid_of_insee.SIDE) for c in "xy")
    made[["x", "y"]] = made[["x", "y"]].mul(made["volume"], axis=0)
    made = made.groupby(["place", "east", "north"])[["volume", "x", "y"]].sum().reset_index()
    shapes = gpd.points_from_xy(made["x"] / made["volume"], made["y"] / made["volume"])
    weight = made["volume"] / made.groupby("place")["volume"].transform("sum")
    out = pd.DataFrame({area: areas[area].to_numpy()[made["place"]], "weight": weight.to_numpy()})
    out = gpd.GeoDataFrame(out, geometry=shapes, crs=areas.crs)
    bare = areas[~areas[area].isin(out[area])]  # where no home is known, people are spread evenly
    return out if bare.empty else pd.concat([out, grid(bare, area)], ignore_index=True)
