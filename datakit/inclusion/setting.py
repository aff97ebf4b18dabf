"""What a chapter begins with: the communes, IRIS, places, homes and ways of one run, asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import CannotAnswer
from datakit.inclusion import access, areas, homes, linkage
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd

    from datakit.data.layers import Layers
    from datakit.geo.streets import Network


@dataclass(frozen=True, eq=False)
class Setting:
    """The ground of a chapter.

    Attributes
    ----------
    communes, iris : GeoDataFrame
        Of `datakit.inclusion.areas`.
    found : datakit.inclusion.linkage.Collected
        Places.
    home : datakit.inclusion.homes.Homes
        Where people live.
    network : datakit.geo.streets.Network or None
    ways : datakit.inclusion.access.Ways
        From the points of ``home`` to the nearest place of each kind.
    data : tuple of DataFrame
        What an answer made of all this names as its data.
    """

    communes: gpd.GeoDataFrame
    iris: gpd.GeoDataFrame
    found: linkage.Collected
    home: homes.Homes
    network: Network | None
    ways: access.Ways
    data: tuple[pd.DataFrame, ...]

    def people(self, *columns: str) -> pd.DataFrame:
        """Counts of the IRIS at the points of ``home``."""
        return self.home.people(self.iris.set_index("iris")[list(columns)])

    @property
    def streets(self) -> Network:
        """The network.

        Raises
        ------
        CannotAnswer
            There are no streets that may be used in this run.
        """
        if self.network is None:
            raise CannotAnswer("bdtopo-roads", _("there are no streets to walk on in this run"))
        return self.network


def of(layers: Layers, kinds: Iterable[str], *, incomes: bool = False) -> Setting:
    """Everything that is measured from: see `Setting`.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    kinds : iterable of str
        Of places.
    incomes : bool
        Whether incomes of the IRIS are wanted.

    Returns
    -------
    Setting

    Raises
    ------
    CannotAnswer
        No IRIS, census or places that may be used in this run.
    """
    communes, iris = areas.communes(layers), areas.iris(layers, incomes=incomes)
    found, home = linkage.collect(layers, communes, kinds), homes.of(layers, iris)
    network = access.network(layers)
    ways = access.ways(home.points, found.places, found.kinds, network, slack=home.slack)
    data = (iris, *found.data, *home.data, *areas.given(layers, "bdtopo-roads"))
    return Setting(communes, iris, found, home, network, ways, data)
