"""How far inhabitants are from the nearest service of each kind, and how sure that is.

Along streets where they are known. Where they are not (real communes and no real streets), straight lines multiplied by
a *detour factor*, a stated choice with a range that says how much it matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.crs import same_crs
from datakit.geo.streets import DETOUR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datakit.geo.streets import Network


DETOUR_RANGE = (1.1, 1.5)  # a choice of this kit
FAR = ("far_pct", "far_low_pct", "far_high_pct")  # under the detour factor, and at both ends of its range
SPACING = 150  # metres between the points that stand for inhabitants


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
            "access.grid",
            "there is no area" if areas.empty else "an area has no shape",
            expected="polygons",
            found=", ".join(map(str, shapeless[:3])) or "an empty table",
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


def nearest(points: gpd.GeoDataFrame, services: gpd.GeoDataFrame, categories: Iterable[str]) -> pd.DataFrame:
    """Straight-line distance from each point to the nearest service of each category.

    Parameters
    ----------
    points : GeoDataFrame
    services : GeoDataFrame
        With ``category``; the same projected CRS.
    categories : iterable of str

    Returns
    -------
    DataFrame
        One column for each category, in metres; the rows of ``points``. A category without any service is missing, not
        infinitely far: the file may simply not hold it.
    """
    same_crs(points, services)
    out = pd.DataFrame(index=points.index)
    for name in categories:
        of_kind = services[services.category == name]
        out[name] = np.nan
        if len(of_kind):
            (row, _), distance = of_kind.sindex.nearest(points.geometry.array, return_distance=True, return_all=False)
            out.loc[points.index[row], name] = distance
    return out


def on_foot(
    points: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    categories: Iterable[str],
    network: Network,
    limit: float = np.inf,
) -> pd.DataFrame:
    """Metres along streets from each point to the nearest service of each category.

    Parameters
    ----------
    points, services : GeoDataFrame
        See `nearest`; points, or shapes whose middle is taken.
    categories : iterable of str
    network : datakit.geo.streets.Network
    limit : float
        Metres beyond which nothing is looked for.

    Returns
    -------
    DataFrame
        One column for each category; infinite beyond the limit and where no street leads, missing for a category
        without any service.
    """
    same_crs(points, services, network)
    out = pd.DataFrame(index=points.index)
    for name in categories:
        of_kind = services[services.category == name]
        out[name] = np.nan
        if len(of_kind):
            out[name] = network.distance_to_nearest(points, of_kind, limit)["metres"].fillna(np.inf).to_numpy()
    return out


def by_area(
    areas: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    categories: Iterable[str],
    *,
    area: str,
    threshold: float | dict[str, float],
    network: Network | None = None,
    detour: float = DETOUR,
    detour_range: tuple[float, float] = DETOUR_RANGE,
    spacing: float = SPACING,
) -> pd.DataFrame:
    """How far the inhabitants of each area are from each kind of service.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons, with the key column ``area``.
    services : GeoDataFrame
        With ``category``. Give those around the territory too: people cross limits.
    categories : iterable of str
    area : str
    threshold : float or dict of str to float
        Metres on foot beyond which a service counts as far, one for all or one for each category.
    network : datakit.geo.streets.Network, optional
        Streets: ways are then measured along them, and ``far_low_pct`` and ``far_high_pct`` are ``far_pct``.
    detour : float
        Without streets: length of the way over the straight line, 1 or more.
    detour_range : (float, float)
        The range over which the shares are given as low and high.
    spacing : float
        See `grid`.

    Returns
    -------
    DataFrame
        One row for each area and category: the key, ``category``, ``distance`` (m, mean way on foot over the area; over
        the part from which a street leads there) and ``far_pct``, ``far_low_pct``, ``far_high_pct`` (% of its
        inhabitants beyond the threshold, taken as evenly spread; where no street leads there, they are far).

    Raises
    ------
    WrongUse
        A detour under 1, or outside its range; a threshold that is not positive.
    """
    categories = list(categories)
    limits = _limits(categories, threshold, detour, detour_range)
    points, factors = grid(areas, area, spacing), (detour, *detour_range)
    if network is None:
        metres = nearest(points, services, categories)
    else:
        metres, factors = on_foot(points, services, categories, network), (1.0, 1.0, 1.0)
    rows = [_far(points, area, metres[name], limits[name], factors).assign(category=name) for name in categories]
    return pd.concat(rows, ignore_index=True)[[area, "category", "distance", *FAR]]


def _limits(categories, threshold, detour, detour_range):
    """The threshold of each category; choices that make no sense are refused."""
    low, high = detour_range
    if not 1 <= low <= detour <= high:
        raise WrongUse(
            "access.by_area",
            "a detour factor is 1 or more, and inside its range",
            expected="1 <= low <= detour <= high",
            found=f"{low} <= {detour} <= {high}",
        )
    limits = threshold if isinstance(threshold, dict) else dict.fromkeys(categories, threshold)
    wrong = [name for name in categories if not limits.get(name, 0) > 0]
    if wrong:
        raise WrongUse("access.by_area", "a threshold must be a number of metres above 0", found=", ".join(wrong))
    return limits


def _far(points, area, metres, limit, factors):
    """Mean way of each area and % of its points beyond the limit under each factor, for one category."""
    way, weight = metres.to_numpy(), points.weight.to_numpy()
    led = np.isfinite(way)
    made = {"distance": np.where(led, way, 0) * factors[0] * weight, "led": led * weight}
    for column, factor in zip(FAR, factors, strict=True):
        beyond = np.where(np.isnan(way), np.nan, way * factor > limit)
        made[column] = 100 * beyond * weight
    summed = pd.DataFrame(made).groupby(points[area].to_numpy(), sort=False).sum(min_count=1)
    summed["distance"] /= summed.pop("led").where(lambda part: part > 0)
    return summed.rename_axis(area).reset_index()


def weighted(access: pd.DataFrame, weights: pd.Series, *, area: str) -> pd.DataFrame:
    """The share of all inhabitants (or of a group) who are far from each kind of service.

    Parameters
    ----------
    access : DataFrame
        From `by_area`.
    weights : Series
        People by area, indexed by the key of the areas. Areas without a known number are left out of both sides.
    area : str

    Returns
    -------
    DataFrame
        ``category``, ``far_pct``, ``far_low_pct``, ``far_high_pct`` (%), ``people`` (how many are far), ``of`` (how
        many were counted) and ``distance`` (m, mean over those of them whom a street leads there).
    """
    people = access[area].map(weights)
    known = access[access.far_pct.notna()].assign(people_=people)  # sums leave out what is not known
    rows = []
    for name, part in known.groupby("category", sort=False):
        total = part.people_.sum()
        if total > 0:
            share = {
                c: float((part[c] * part.people_).sum() / total) for c in ("far_pct", "far_low_pct", "far_high_pct")
            }
            led = part.people_.where(part.distance.notna()).sum()  # where no street leads there is no distance
            share["distance"] = float((part.distance * part.people_).sum() / led) if led > 0 else np.nan
            rows.append({"category": name, **share, "people": share["far_pct"] * total / 100, "of": float(total)})
    return pd.DataFrame(
        rows, columns=["category", "far_pct", "far_low_pct", "far_high_pct", "people", "of", "distance"]
    )


def lacking(access: pd.DataFrame, *, area: str, half: float = 50.0) -> pd.DataFrame:
    """Of how many kinds of service most inhabitants of an area are far.

    Parameters
    ----------
    access : DataFrame
        From `by_area`.
    area : str
    half : float
        % of the inhabitants from which on the area counts as far.

    Returns
    -------
    DataFrame
        Indexed by area: ``lacks``, ``lacks_low``, ``lacks_high`` (number of kinds) and ``which`` (their names).
    """
    out = pd.DataFrame(index=pd.Index(access[area].unique(), name=area))
    for column, share in (("lacks", "far_pct"), ("lacks_low", "far_low_pct"), ("lacks_high", "far_high_pct")):
        out[column] = (access[share] >= half).groupby(access[area].to_numpy()).sum().reindex(out.index).astype(int)
    far = access[access.far_pct >= half]
    out["which"] = far.groupby(area).category.agg(", ".join).reindex(out.index).fillna("")
    return out
