"""How much of each cell, IRIS or commune a layer covers, by area, with overlaps counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import CannotAnswer, WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.geo.cutting import gathered
from datakit.language import _, pgettext

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd


MANY, STRAYS = 1000, 25  # of a layer of many shapes, fewer in a commune are slips of coordinates: a choice of this kit
BLOCK = 4_000  # shapes of layers, for each of which some areas are measured at once: memory stays small


def covered_area(shapes: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """Square metres of each polygon that a layer covers, overlaps counted once.

    Pieces are cut along the polygons before they are merged: a net of streets is one huge shape when merged whole, and
    each cell would then be compared with all of it.

    Parameters
    ----------
    shapes, layer : ndarray of polygons
        In one projected CRS; see :func:`datakit.geo.cells.polygons`.

    Returns
    -------
    ndarray of float
    """
    return shapely.area(gathered(shapes, layer))


def cover(
    areas: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame | gpd.GeoSeries,
    name: str = "cover",
    known: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> gpd.GeoDataFrame:
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


def green(
    areas: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame | gpd.GeoSeries | None],
    known: gpd.GeoDataFrame | gpd.GeoSeries | dict[str, gpd.GeoDataFrame | gpd.GeoSeries] | None = None,
    least: float = 0.99,
) -> gpd.GeoDataFrame:
    """The share of each area that is green, by each layer and by all of them together, overlaps counted once.

    A crown over a park is green once. A layer that was not surveyed in an area says nothing about it: the share is
    then missing, and ``green_least`` is what the other layers see.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons: cells, IRIS, communes.
    layers : dict of str to (GeoDataFrame, GeoSeries or None)
        What is green, by name (``"woods"``, ``"crowns"``, ``"parks"``); same CRS; None for a layer that is not there.
    known : GeoDataFrame, GeoSeries or dict of str to those, optional
        Where all layers, or each by its name, were surveyed; see :func:`surveyed`. What has no entry is taken to be
        known everywhere.
    least : float
        Share of an area that must be surveyed: contours of two producers never lie on each other exactly. What is not
        surveyed in such an area counts as not green.

    Returns
    -------
    GeoDataFrame
        A copy of ``areas`` with ``<name>_area`` (m²) and ``<name>_share`` (0 to 1) for each layer, missing where it is
        not known; ``green_area`` and ``green_share`` of all together, missing where any layer is not known;
        ``green_least`` (0 to 1), the share that the known layers see; ``not_known`` (text), the layers without survey.

    Raises
    ------
    CrsMismatch
    WrongUse
        No layer, a name that is taken, or an entry of ``known`` for a layer that is not there.
    """
    given = {name: layer for name, layer in layers.items() if layer is not None}
    reach = _surveys(layers, known)
    same_crs(areas, *given.values(), *(reach[name] for name in given if name in reach))
    pieces = {name: polygons(layer) for name, layer in given.items()}
    blocks = min(max(len(areas), 1), -(-sum(map(len, pieces.values())) // BLOCK) or 1)
    rows = [areas.iloc[some] for some in np.array_split(np.arange(len(areas)), blocks)]
    found = [_green(some, list(layers), pieces, reach, least) for some in rows]
    out = areas.copy()
    for name in found[0].columns.difference(areas.columns, sort=False):
        out[name] = pd.concat([block[name] for block in found]).set_axis(out.index)
    return out


def _green(areas, layers, pieces, reach, least):
    """`green` of some areas: what layers cover of them is held at once, and no more."""
    shapes = polygons(areas)
    surface = shapely.area(shapes)
    there = surface > 0
    covered = {name: gathered(shapes, layer) for name, layer in pieces.items()}
    seen = _seen(shapes, surface, {name: reach.get(name) for name in pieces}, least)
    sees = {name: there & seen.get(name, False) for name in layers}
    out = areas.copy()
    for name in layers:
        area = np.minimum(shapely.area(covered[name]), surface) if name in pieces else np.nan
        out[f"{name}_area"] = np.where(sees[name], area, np.nan)
        out[f"{name}_share"] = _share(out[f"{name}_area"], surface)
    every, any_ = np.all(list(sees.values()), axis=0), np.any(list(sees.values()), axis=0)
    area = np.minimum(_together(list(covered.values())), surface) if covered else np.zeros(len(areas))
    out["green_area"] = np.where(every, area, np.nan)
    out["green_share"] = _share(out["green_area"], surface)
    out["green_least"] = np.where(any_, _share(area, surface), np.nan)
    out["not_known"] = _names(sees, there, out.index)
    return out


def _surveys(layers, known):
    """Where each layer was surveyed, by its name; nothing of those that are known everywhere."""
    reach = known if isinstance(known, dict) else {} if known is None else dict.fromkeys(layers, known)
    if not layers or "green" in layers or not set(reach) <= set(layers):
        raise WrongUse(
            "green",
            _("layers have names other than `green`, and `known` has no other ones"),
            found=_("layers {layers}; known {known}").format(
                layers=", ".join(layers) or pgettext("layers", "none"),
                known=", ".join(reach) or pgettext("layers", "none"),
            ),
        )
    return reach


def _seen(shapes, surface, reach, least):
    """Of each layer, the areas that were surveyed for it; those of a layer without a survey all were."""
    surveys, seen = {}, {}
    for name, known in reach.items():
        if known is not None and id(known) not in surveys:  # one survey for all layers is measured once
            surveys[id(known)] = covered_area(shapes, polygons(known)) >= least * surface
        seen[name] = surveys.get(id(known), True)
    return seen


def _share(area, surface):
    return np.divide(np.asarray(area, float), surface, out=np.full(len(surface), np.nan), where=surface > 0)


def _together(pieces):
    """The area of several arrays of shapes, one by one: what some of them share counts once."""
    merged, area = pieces[0], shapely.area(pieces[0])
    for k, more in enumerate(pieces[1:], start=2):
        both = np.flatnonzero(shapely.intersects(merged, more))  # few shapes have both: asking first is cheap
        extra = shapely.area(more)
        extra[both] = shapely.area(shapely.difference(more[both], merged[both]))
        area += extra
        if k < len(pieces):
            merged = shapely.union(merged, more)
    return area


def _names(sees, there, index):
    text = np.full(len(index), "", dtype=object)
    for name, seen in sees.items():
        unseen = there & ~seen
        text[unseen] = [t + ", " + name if t else name for t in text[unseen]]
    return pd.Series(text, index=index, dtype="str")


def surveyed(districts: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, least: int = 1) -> gpd.GeoDataFrame:
    """The districts in which a layer has something: where one has nothing at all, nobody has surveyed it.

    Many inventories say nowhere what they cover. A commune of France without one tree is less likely than a file that
    does not have it; a cell of a hundred metres without one is not: ask this of communes only.

    Parameters
    ----------
    districts : GeoDataFrame
        Communes, or sectors of an inventory.
    layer : GeoDataFrame
        Polygons, lines or points; same CRS.
    least : int
        Shapes that a district needs.

    Returns
    -------
    GeoDataFrame
        The rows of ``districts`` where the layer has something, for the parameter ``known`` of other functions.

    Raises
    ------
    CrsMismatch
    """
    same_crs(districts, layer)
    things = layer.geometry.to_numpy()
    things = things[~(shapely.is_missing(things) | shapely.is_empty(things))]
    # A shape that overlaps the border by a few metres is the neighbour's: one point inside each decides.
    inside = shapely.STRtree(polygons(districts)).query(shapely.point_on_surface(things), predicate="within")[1]
    place, number = np.unique(inside, return_counts=True)
    return districts.iloc[place[number >= least]]


def common(districts: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The districts in which every layer was surveyed: the one ground on which the layers can be compared.

    Shares with a ground of their own each cannot be: of an inventory of one commune and woods of all of them, the
    whole would come out smaller than a part.

    Parameters
    ----------
    districts : GeoDataFrame
        Communes, see `surveyed`.
    layers : dict of str to GeoDataFrame
        By name; same CRS. Of one with `MANY` shapes, a district needs `STRAYS`: an inventory of one commune has a few
        trees in others, by slips of coordinates.

    Returns
    -------
    GeoDataFrame
        Rows of ``districts``.

    Raises
    ------
    CrsMismatch
    CannotAnswer
        No district has all of them.
    """
    found = {
        name: set(surveyed(districts, layer, STRAYS if len(layer) >= MANY else 1).index)
        for name, layer in layers.items()
    }
    every = set(districts.index).intersection(*found.values())
    if not every:
        raise CannotAnswer(
            ", ".join(layers),
            _("no commune is in all of these layers: nothing can be compared"),
            found=", ".join(_("{layer} in {n}").format(layer=name, n=len(where)) for name, where in found.items()),
        )
    return districts[districts.index.isin(every)]


def summary(found: pd.DataFrame, layers: Sequence[str]) -> pd.DataFrame:
    """The sums of `green`: every layer, all of them together and their plain sum, on one and the same ground.

    Parameters
    ----------
    found : DataFrame
        Of `green`, without an area of which a layer is not known.
    layers : sequence of str
        Their names.

    Returns
    -------
    DataFrame
        Index: the layers, ``"together"`` (overlaps once) and ``"plain sum"``; ``area`` (m²) and ``share`` of the ground
        of all areas (0 to 1).

    Raises
    ------
    WrongUse
        A layer is not known in some area: the shares would not have one denominator.
    """
    unknown = found["not_known"].ne("")
    if unknown.any():
        raise WrongUse(
            "summary",
            _("a layer is not known everywhere, so that its share would have a ground of its own"),
            found=", ".join(sorted(set(found.loc[unknown, "not_known"]))),
            next="datakit.vegetation.cover.common(districts, layers)",
        )
    area = {name: found[f"{name}_area"].sum() for name in layers}
    area |= {"together": found["green_area"].sum(), "plain sum": sum(area.values())}
    out = pd.DataFrame({"area": area}, dtype=float)
    return out.assign(share=out["area"] / shapely.area(polygons(found)).sum())
