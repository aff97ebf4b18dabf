"""Buildings in which people may live, and their volume: what residents of an area are spread by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs

if TYPE_CHECKING:
    from collections.abc import Sequence


USAGES = ("Résidentiel", "Indifférencié")  # BD TOPO's words; many houses have the second, for a usage not known
STOREY = 3.0  # metres from floor to floor where only storeys are known, a choice of this kit
SHED = 20.0  # m² of footprint below which a building is no home, the same
HEIGHTS = ("measured", "storeys", "median")


def homes(buildings: gpd.GeoDataFrame, usages: Sequence[str] = USAGES) -> gpd.GeoDataFrame:
    """The buildings in which people may live, by the usage that BD TOPO gives them.

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``usage_1`` and ``usage_2``; without them all buildings are homes.
    usages : sequence of str
        Words that count. ``"Indifférencié"`` is BD TOPO's word for a usage that it does not know, and many houses have
        it; leave it out for sure ones only.

    Returns
    -------
    GeoDataFrame
        Some rows of ``buildings``.
    """
    columns = [c for c in ("usage_1", "usage_2") if c in buildings]
    return buildings[buildings[columns].isin(list(usages)).any(axis=1)] if columns else buildings


def volumes(buildings: gpd.GeoDataFrame, storey: float = STOREY, shed: float = SHED) -> gpd.GeoDataFrame:
    """The volume of each building in which people may live.

    Parameters
    ----------
    buildings : GeoDataFrame
        Polygons in a projected CRS; ``hauteur`` (m), ``nombre_d_etages``, ``usage_1`` and ``usage_2`` where they exist,
        as in ``bdtopo-buildings``.
    storey : float
        Metres for each storey, where the height is missing.
    shed : float
        m² below which a footprint is left out.

    Returns
    -------
    GeoDataFrame
        ``volume`` (m³), ``how`` its height is known (one of `HEIGHTS`) and footprints of the homes of
        `homes`. Where neither height nor storeys are known, the median height of the others
        is taken (one storey, when nobody knows any).

    Raises
    ------
    CrsMismatch
    """
    same_crs(buildings)
    kept = homes(buildings)
    shapes = polygons(kept)
    large = shapely.area(shapes) >= shed
    kept, shapes = kept[large], shapes[large]

    def column(name):
        found = pd.to_numeric(kept[name], errors="coerce") if name in kept else pd.Series(np.nan, kept.index)
        return found.to_numpy(float, na_value=np.nan)

    height, storeys = column("hauteur"), column("nombre_d_etages")
    measured, counted = height > 0, ~(height > 0) & (storeys > 0)
    height = np.where(measured, height, np.where(counted, storey * storeys, np.nan))
    middle = np.nanmedian(height) if np.isfinite(height).any() else storey
    volume = shapely.area(shapes) * np.where(np.isfinite(height), height, middle)
    how = np.select([measured, counted], HEIGHTS[:2], HEIGHTS[2])
    return gpd.GeoDataFrame({"volume": volume, "how": how}, geometry=shapes, index=kept.index, crs=buildings.crs)
