"""Ground that could be planted: what is left of a cell without buildings, roads, vegetation and their surroundings."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.reading import same_crs
from datakit.vegetation.cover import cover
from datakit.vegetation.grid import polygons

# Ways that people walk on: BD TOPO gives them no carriageway.
PATHS = ("Sentier", "Chemin", "Escalier", "Piste cyclable", "Route empierrée")


@dataclass(frozen=True)
class Offsets:
    """Distances in metres that are kept clear. All are choices of this kit, to be replaced by the city's own rules.

    Attributes
    ----------
    buildings : float
        Around a building: foundations, façades, light in the rooms.
    roads : float
        Beyond the edge of the carriageway: it stands in for the pavement, which BD TOPO does not draw.
    vegetation : float
        Around what grows already.
    unknown_width : float
        Width taken for a carriageway whose width nobody measured.
    path_width : float
        Width taken for tracks and paths.
    """

    buildings: float = 5.0
    roads: float = 3.0
    vegetation: float = 2.0
    unknown_width: float = 5.0
    path_width: float = 2.0

    def __post_init__(self):
        wrong = {name: value for name, value in vars(self).items() if not value >= 0}
        if wrong:
            raise WrongUse("Offsets", "a distance is a number of metres, 0 or more", found=str(wrong))


def carriageways(roads, offsets=None):
    """The ground that roads take: centre lines widened to both sides.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines with ``largeur_de_chaussee`` (m, may be missing) and ``nature``; ``fictif`` and
        ``position_par_rapport_au_sol`` are used where they exist: fictitious sections and tunnels take no ground.
    offsets : Offsets, optional

    Returns
    -------
    GeoDataFrame
        The kept rows of ``roads`` with ``width`` (m); polygons that reach half of it and the offset on both sides.

    Raises
    ------
    CrsMismatch
    """
    offsets = offsets or Offsets()
    same_crs(roads)
    keep = ~(shapely.is_missing(roads.geometry.to_numpy()) | shapely.is_empty(roads.geometry.to_numpy()))
    if "fictif" in roads:
        keep &= ~roads["fictif"].fillna(False).to_numpy(bool)
    if "position_par_rapport_au_sol" in roads:  # a text: "-1" in a tunnel, "0" on the ground, "Gué ou radier" in a ford
        level = pd.to_numeric(roads["position_par_rapport_au_sol"], errors="coerce").fillna(0)
        keep &= level.to_numpy() >= 0
    kept = roads[keep].copy()
    path = kept["nature"].isin(PATHS) if "nature" in kept else pd.Series(False, index=kept.index)
    guess = np.where(path, offsets.path_width, offsets.unknown_width)
    kept["width"] = kept["largeur_de_chaussee"].astype(float).where(lambda w: w > 0, pd.Series(guess, index=kept.index))
    lines = shapely.force_2d(kept.geometry.to_numpy())
    reach = kept["width"].to_numpy() / 2 + offsets.roads
    kept[kept.geometry.name] = gpd.GeoSeries(shapely.buffer(lines, reach, quad_segs=2), index=kept.index, crs=roads.crs)
    return kept


def obstacles(buildings, roads, vegetation, offsets=None):
    """Everything that planting keeps clear of, with its offset; shapes may overlap.

    Parameters
    ----------
    buildings, vegetation : GeoDataFrame
        Polygons.
    roads : GeoDataFrame
        See :func:`carriageways`.
    offsets : Offsets, optional

    Returns
    -------
    GeoDataFrame
        ``obstacle`` ("building", "road", "vegetation") and ``geometry``.

    Raises
    ------
    CrsMismatch
    """
    offsets = offsets or Offsets()
    crs = same_crs(buildings, roads, vegetation)
    parts = {
        "building": shapely.buffer(polygons(buildings), offsets.buildings, quad_segs=2),
        "road": carriageways(roads, offsets).geometry.to_numpy(),
        "vegetation": shapely.buffer(polygons(vegetation), offsets.vegetation, quad_segs=2),
    }
    kind = np.repeat(list(parts), [len(p) for p in parts.values()])
    frame = gpd.GeoDataFrame({"obstacle": kind}, geometry=np.concatenate(list(parts.values())), crs=crs)
    return frame[~frame.is_empty].reset_index(drop=True)


def plantable(cells, buildings, roads, vegetation, offsets=None, known=None):
    """The ground of each cell on which no known obstacle stands.

    It is an upper bound: private gardens, car parks, fields, sports grounds, water and pipes are in none of the layers,
    so they count as room.

    Parameters
    ----------
    cells : GeoDataFrame
        Of :func:`datakit.vegetation.grid.grid`, or any polygons.
    buildings, roads, vegetation : GeoDataFrame
        Same CRS.
    offsets : Offsets, optional
        Distances that are kept clear.
    known : GeoDataFrame or GeoSeries, optional
        Where all layers exist (the cadastre comes commune by commune). Cells that reach outside get no figure.

    Returns
    -------
    GeoDataFrame
        A copy of ``cells`` with ``taken_area`` and ``plantable_area`` (m²), ``taken_share`` and ``plantable_share``
        (0 to 1).

    Raises
    ------
    CrsMismatch
    """
    frames = [cells, buildings, roads, vegetation] + ([] if known is None else [known])
    same_crs(*frames)
    out = cover(cells, obstacles(buildings, roads, vegetation, offsets), "taken", known)
    out["plantable_area"] = shapely.area(polygons(cells)) - out["taken_area"]
    out["plantable_share"] = 1 - out["taken_share"]
    return out
