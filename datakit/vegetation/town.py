"""The ground on which a chapter can answer: the communes where buildings and trees are both known, cut into cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from datakit.geo import territory
from datakit.geo.cells import grid
from datakit.language import _
from datakit.settings import challenge
from datakit.trees import canopy, exposure
from datakit.trees.inventory.standard import standardise
from datakit.vegetation import cover, crowns

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from datakit.data.layers import Layers

LITTLE_SHADE = ("Vigne", "Verger", "Lande ligneuse")  # natures of BD TOPO's vegetation: woody, but no canopy
AROUND = 400.0  # metres beyond the ground within which trees and buildings still matter, a choice of this kit
COLUMNS = (
    *("id", "date_releve", "famille", "genre", "espece", "etat", "statut", "diametre", "circonference"),
    *("diametre_couronne", "date_plantation", "annee_plantation", "geometry"),
)


def inventory(layers: Layers, id: str = "") -> gpd.GeoDataFrame:
    """The standing trees of an inventory, as `datakit.trees.standardise` gives them.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    id : str
        By default the challenge's own.

    Returns
    -------
    GeoDataFrame
        Felled trees are left out; of the columns, those that this theme needs.

    Raises
    ------
    CannotAnswer
    """
    return exposure.standing(standardise(layers.keep(id or challenge().territory["inventory"], COLUMNS)))


def crowns_of(layers: Layers, id: str = "") -> gpd.GeoDataFrame:
    """The crowns of the standing trees of an inventory as discs, measured or from the trunk."""
    standing = inventory(layers, id)
    return crowns.discs(standing, canopy.crown_area(standing))


@dataclass(frozen=True, eq=False)
class Town:
    """What is known of the communes where buildings and trees both are.

    Attributes
    ----------
    communes, cells : GeoDataFrame
        The ground, and squares over it.
    buildings, trees, crowns, woods : GeoDataFrame
        On that ground and `AROUND` it: footprints, standing trees, their crowns as discs, and the vegetation of BD TOPO
        that gives shade.
    outside : int
        Communes that lack a layer.
    tables : tuple of DataFrame
        What it was made of.
    """

    communes: gpd.GeoDataFrame
    cells: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    trees: gpd.GeoDataFrame
    crowns: gpd.GeoDataFrame
    woods: gpd.GeoDataFrame
    outside: int
    tables: tuple[pd.DataFrame, ...]

    @property
    def where(self) -> str:
        """The communes in words, at most three by name."""
        return named(self.communes["name"])

    def canopy(self, discs: gpd.GeoDataFrame | None = None) -> pd.Series:
        """m² of each cell under woods and crowns, overlaps once; ``discs`` stand for the crowns of today."""
        green = cover.green(self.cells, {"woods": self.woods, "crowns": self.crowns if discs is None else discs})
        return green["green_area"]


def named(names: pd.Series) -> str:
    """Names in a sentence: all of them up to three, else how many communes they are."""
    texts = list(names)
    if len(texts) > 3:
        return _("{n} communes").format(n=len(texts))
    if len(texts) < 2:
        return "".join(texts)
    return _("{names} and {last}").format(names=", ".join(texts[:-1]), last=texts[-1])


def town(layers: Layers, size: int = 100, trees: str | None = "") -> Town:
    """Bring together what a chapter needs of the place that it speaks of.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    size : int
        Side of the cells, metres.
    trees : str, optional
        Dataset of the inventory, by default the challenge's own; None asks for no trees: the ground is then all of
        where buildings are known.

    Returns
    -------
    Town

    Raises
    ------
    CannotAnswer
        A layer is not given, or no commune has both buildings and trees.
    """
    if trees == "":
        trees = challenge().territory["inventory"]
    communes = territory.todays_communes(layers["communes"])
    # The largest table first: what it leaves free serves the others.
    standing = None if trees is None else inventory(layers, trees)
    buildings, woods = layers["bdtopo-buildings"], layers["bdtopo-vegetation"]
    known = {"buildings": buildings} if standing is None else {"buildings": buildings, "trees": standing}
    ground = cover.common(communes, known)
    tables = [layers["communes"], buildings, woods]
    whole = shapely.buffer(shapely.union_all(ground.geometry.to_numpy()), AROUND)
    if standing is None or trees is None:
        standing = discs = buildings.iloc[:0][["geometry"]]
    else:
        tables.append(layers[trees])
        standing = _near(standing, whole)
        discs = crowns.discs(standing, canopy.crown_area(standing))
    shade = _near(woods[~woods["nature"].isin(LITTLE_SHADE)], whole)
    outside, cells = len(communes) - len(ground), grid(ground, size)
    return Town(ground, cells, _near(buildings, whole), standing, discs, shade, outside, tuple(tables))


def _near(frame, whole):
    shapely.prepare(whole)
    return frame[shapely.intersects(whole, frame.geometry.to_numpy())]
