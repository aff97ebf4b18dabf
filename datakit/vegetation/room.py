"""The room for trees in a town: free ground under some distances, what it is, and what of it is public."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from datakit.vegetation import cover, ground, planting
from datakit.vegetation.planting import Offsets

if TYPE_CHECKING:
    from datakit.data.layers import Layers
    from datakit.vegetation.town import Town

__all__ = ["Offsets", "free", "public", "public_ground", "strips", "survey"]

BLOCK = 700  # cells whose ground is held at once by `public`: strips of the town, so that memory stays small
REACH = 60.0  # metres around cells within which layers matter: more than any distance kept clear
OBSTACLES = ("rail", "water", "sports")  # of BD TOPO, beside buildings, roads, vegetation and crowns
TABLES = (
    *(f"bdtopo-{name}" for name in ("buildings", "vegetation", "roads", *OBSTACLES)),
    *("cadastre-parcels", "public-parcels"),
)

USES = ("bdtopo-places", "bdtopo-transport")  # what free ground is: grounds of schools, car parks


def free(
    layers: Layers, here: Town, offsets: Offsets, cells: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The ground of each cell on which no known obstacle stands, and the wide pavements among it.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    here : datakit.vegetation.town.Town
    offsets : datakit.vegetation.planting.Offsets
    cells : GeoDataFrame, optional
        Some cells only; all of the town without.

    Returns
    -------
    GeoDataFrame
        Of `datakit.vegetation.planting.plantable`, with shapes.
    GeoDataFrame
        Of `datakit.vegetation.ground.pavements`.

    Raises
    ------
    CannotAnswer
        A layer is not given.
    """
    cells = here.cells if cells is None else cells
    roads, parcels = (_near(layers[name], cells) for name in ("bdtopo-roads", "cadastre-parcels"))
    wide = ground.pavements(cells, parcels, roads, offsets)
    taken = planting.Layers(
        buildings=_near(here.buildings, cells),
        roads=roads,
        vegetation=_near(layers["bdtopo-vegetation"], cells),
        crowns=_near(here.crowns, cells),
        pavements=wide,
        **{name: _near(layers[f"bdtopo-{name}"], cells) for name in OBSTACLES},
    )
    return planting.plantable(cells, taken, offsets, shapes=True), wide


def _near(frame, cells):
    west, south, east, north = cells.total_bounds
    box = shapely.box(west - REACH, south - REACH, east + REACH, north + REACH)
    return frame.iloc[frame.sindex.query(box, predicate="intersects", sort=True)]


def survey(
    layers: Layers, here: Town, offsets: Offsets, cells: gpd.GeoDataFrame | None = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """How much ground of each cell is free, and what it is and whose; strip by strip, and no shape of it is kept.

    Parameters
    ----------
    layers, here, offsets, cells
        As in `free`.

    Returns
    -------
    GeoDataFrame
        Of `datakit.vegetation.planting.plantable`, without shapes of free ground.
    DataFrame
        Of `datakit.vegetation.ground.pieces`.

    Raises
    ------
    CannotAnswer
        A layer is not given.
    """
    areas, parts, known = [], [], None
    for strip in strips(here.cells if cells is None else cells):
        found, wide = free(layers, here, offsets, strip)
        uses = ground.Uses(layers["bdtopo-places"], layers["bdtopo-transport"], wide)
        known = _registered(layers, here) if known is None else known
        parts.append(_cut(layers, known, found, uses))
        areas.append(found.drop(columns="free"))
    return pd.concat(areas), pd.concat(parts, ignore_index=True)


def strips(cells: gpd.GeoDataFrame) -> list[gpd.GeoDataFrame]:
    """Cells in pieces of `BLOCK`, in their order: on a grid, strips from south to north."""
    return [cells.iloc[start : start + BLOCK] for start in range(0, len(cells), BLOCK)]


def public(layers: Layers, here: Town, offsets: Offsets, cells: gpd.GeoDataFrame | None = None) -> pd.Series:
    """Square metres of public free ground in each cell: what a city can decide to plant.

    Parameters
    ----------
    layers, here, offsets, cells
        As in `free`.

    Returns
    -------
    Series
        With the index of the cells; 0 where the cadastre is not known.

    Raises
    ------
    CannotAnswer
        A layer is not given.
    """
    cells = here.cells if cells is None else cells
    areas, known = [], None
    for strip in strips(cells):
        found, _ = free(layers, here, offsets, strip)
        known = _registered(layers, here) if known is None else known
        areas.append(ground.tenure(_cut(layers, known, found), found)["public_area"].fillna(0.0))
    return pd.concat(areas)


def public_ground(layers: Layers, here: Town, offsets: Offsets, cells: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The public free ground itself, of some cells: where new trees may stand.

    Parameters
    ----------
    layers, here, offsets, cells
        As in `free`.

    Returns
    -------
    GeoSeries
        With the index of ``cells``; empty where there is none.

    Raises
    ------
    CannotAnswer
        A layer is not given.
    """
    found, _ = free(layers, here, offsets, cells)
    cut = _cut(layers, _registered(layers, here), found, shapes=True)
    cut = cut[cut["tenure"] == "public"]
    shapes = cut.groupby("place")["geometry"].agg(lambda some: shapely.union_all(some.to_numpy()))
    return gpd.GeoSeries(shapes.reindex(cells.index, fill_value=shapely.Polygon()), crs=cells.crs)


def _registered(layers, here):
    """The communes whose parcels are there."""
    return cover.common(here.communes, {"cadastre": layers["cadastre-parcels"]})


def _cut(layers, known, found, uses=None, shapes=False):
    parcels = _near(layers["cadastre-parcels"], found)
    return ground.pieces(found, parcels, layers["public-parcels"], uses, known=known, shapes=shapes)
