"""Crowns of single trees as discs: what a layer of woods and parks does not have."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.crs import same_crs
from datakit.language import _
from datakit.trees import exposure

QUARTER = 3  # corners of a disc in each quarter of a turn
MEASURED = "measured crown"
WIDEST = 40.0  # m, a choice of this kit: a wider crown is a slip of the pen, and counts as not measured


def discs(trees: gpd.GeoDataFrame, areas: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """The crown of each standing tree, as a disc around its trunk with exactly its area.

    Parameters
    ----------
    trees : GeoDataFrame
        Points in a projected CRS; ``diametre_couronne`` (m) if measured. Trees that do not stand
        (`datakit.trees.exposure.standing`) are left out.
    areas : DataFrame, optional
        ``area`` (m²) and ``how``, with the index of ``trees``: the table of `datakit.trees.canopy.crown_area`, which
        takes the measured crown, else an allometry on the trunk by taxon. Without it only trees whose crown was
        measured have a disc. A column ``low`` or ``high`` renamed ``area`` gives the bounds of the cover.

    Returns
    -------
    GeoDataFrame
        ``area`` (m²), ``how`` and discs, with the index of ``trees``; one row for each standing tree with a place and a
        crown. `account` counts the others.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``areas`` is not a table about these trees.
    """
    crs = same_crs(trees)
    if areas is None:
        crown = trees["diametre_couronne"] if "diametre_couronne" in trees else pd.Series(np.nan, trees.index)
        crown = pd.to_numeric(crown, errors="coerce").to_numpy(float, na_value=np.nan)
        area, how = np.pi / 4 * np.where((crown > 0) & (crown <= WIDEST), crown, np.nan) ** 2, np.array(MEASURED)
    else:
        if "area" not in areas or not areas.index.equals(trees.index):
            raise WrongUse(
                "discs",
                _("`areas` has one row for each tree, in the same order, and a column `area`"),
                found=_("{n} rows for {trees} trees, columns {columns}").format(
                    n=len(areas), trees=len(trees), columns=", ".join(areas)
                ),
            )
        area = pd.to_numeric(areas["area"]).to_numpy(float, na_value=np.nan)
        how = areas["how"].to_numpy(object) if "how" in areas else np.array("given")
    how = np.broadcast_to(how, len(trees))
    keep = stands(trees) & placed(trees) & np.isfinite(area) & (area > 0)
    corners = 4 * QUARTER  # a polygon inside the circle would lose 4.5 % of each crown: its radius makes up for that
    radius = np.sqrt(area[keep] / (corners / 2 * np.sin(2 * np.pi / corners)))
    shapes = shapely.buffer(shapely.force_2d(trees.geometry.to_numpy()[keep]), radius, quad_segs=QUARTER)
    return gpd.GeoDataFrame({"area": area[keep], "how": how[keep]}, geometry=shapes, index=trees.index[keep], crs=crs)


@dataclass(frozen=True)
class Account:
    """How many trees have a disc, and why the others have none; the four add up to all trees.

    Attributes
    ----------
    drawn : int
        Trees with a disc.
    lost : int
        Trees that do not stand any more.
    no_place, no_crown : int
        Standing trees without coordinates; those with a place, of whose crown nothing is known.
    """

    drawn: int
    lost: int
    no_place: int
    no_crown: int


def account(trees: gpd.GeoDataFrame, drawn: gpd.GeoDataFrame) -> Account:
    """How many trees have a disc, and why the others have none.

    Parameters
    ----------
    trees : GeoDataFrame
    drawn : GeoDataFrame
        Of `discs`, from these trees.

    Returns
    -------
    Account
    """
    there, place = stands(trees), placed(trees)
    return Account(
        drawn=len(drawn),
        lost=int((~there).sum()),
        no_place=int((there & ~place).sum()),
        no_crown=int((there & place).sum()) - len(drawn),
    )


def stands(trees: pd.DataFrame) -> np.ndarray:
    """Which trees of a table stand, by `datakit.trees.exposure.standing`."""
    said = {name: trees[name].to_numpy() for name in ("statut", "etat") if name in trees}
    mask = np.zeros(len(trees), bool)
    mask[exposure.standing(pd.DataFrame(said, index=range(len(trees)))).index] = True  # labels may come twice
    return mask


def placed(trees: gpd.GeoDataFrame) -> np.ndarray:
    """Which trees have a point with coordinates."""
    shapes = trees.geometry.to_numpy()
    return (shapely.get_type_id(shapes) == 0) & np.isfinite(shapely.bounds(shapes)).all(axis=1)
