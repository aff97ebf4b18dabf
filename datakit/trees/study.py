"""What every chapter on trees begins with: one inventory as loaded, what stands of it, and the areas to count it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from datakit.data.cards import read_catalog
from datakit.data.layers import synthetic
from datakit.errors import CannotAnswer, DatakitError
from datakit.geo import territory
from datakit.language import N_, _, language, ngettext, pgettext
from datakit.show.answers import Value
from datakit.show.style import number
from datakit.trees import diversity, exposure, places
from datakit.trees.inventory.standard import standardise
from datakit.trees.structure import survey_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from datakit.data.layers import Layers


Table = TypeVar("Table", bound="pd.DataFrame")


@dataclass
class Study:
    """One inventory, ready to be looked at.

    Attributes
    ----------
    recorded : GeoDataFrame
        Every row of the standard table, also of trees that are gone; ``place`` is the name of the tree's area.
    areas : GeoDataFrame
        ``place`` (a name) and ``geometry``.
    kind : str
        Of the areas: "commune", or "square of 1 km".
    communes : GeoDataFrame, optional
        Contours for orientation and for the audit: None where the inventory lies elsewhere, or only one of the two is
        invented.
    year : int
        The latest that the inventory speaks of; 0 where it has no date.
    """

    recorded: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    kind: str
    communes: gpd.GeoDataFrame | None
    year: int

    @property
    def trees(self) -> gpd.GeoDataFrame:
        """The trees that stand: felled ones are out, condemned ones that still stand are in."""
        return exposure.standing(self.recorded)

    @property
    def level(self) -> Literal["species", "genus"]:
        """The finest level at which trees are named."""
        return "species" if diversity.taxon(self.recorded, "species").notna().any() else "genus"

    def taxa(self, n: float, low: float | None = None, high: float | None = None, how: str = "") -> Value:
        """So many taxa of the finest level at which trees are named."""
        if self.level == "species":
            return Value(n, "species", low, high, how)
        return Value(n, "genera", low, high, how)

    @property
    def streets(self) -> str:
        """The column of what is planted together: the street, or the area where no street is named."""
        return "adresse" if told(self.recorded, "adresse") else "place"

    @property
    def redrawn(self) -> str:
        """What `streets` are, in words."""
        if self.streets == "adresse":
            return pgettext("redrawn", "streets")
        return (
            pgettext("redrawn", "places (each a commune)")
            if self.kind == "commune"
            else pgettext("redrawn", "places (each a square of 1 km)")
        )

    @property
    def data(self) -> list[pd.DataFrame]:
        """The tables that a count by area is made of."""
        return [self.recorded] if self.communes is None else [self.recorded, self.communes]


def study(layers: Layers, inventory: str) -> Study:
    """Load an inventory and the areas to count it in.

    Parameters
    ----------
    layers : Layers
        Whose reference is the inventory.
    inventory : str
        Any dataset of the theme "trees".

    Returns
    -------
    Study
        Trees of a real inventory are not put on invented contours, nor the other way round, unless ``rehearsal`` is
        set: they are then counted in squares of 1 km.
    """
    recorded = standardise(layers[inventory])
    layers.keep(inventory, ("geometry",))  # the table as published is not needed any more, and large
    communes = layers.get("communes")
    communes = None if communes is None else territory.todays_communes(communes)
    areas, where = places.squares(recorded) if communes is None else places.areas(recorded, communes)
    names = areas.set_index("place")["name"]
    recorded["place"] = where.map(names)
    kind = N_("square of 1 km") if names.index.str.contains(" ").all() else N_("commune")
    if communes is not None and not len(communes.sindex.query(recorded.geometry, predicate="within")[0]):
        communes = None  # the inventory lies elsewhere
    found = areas[["name", "geometry"]].rename(columns={"name": "place"})
    return Study(recorded, found, kind, communes, survey_year(recorded) or 0)


def beside(layers: Layers, names: Sequence[str]) -> dict[str, gpd.GeoDataFrame]:
    """Other inventories in the standard table, by title: real ones beside a real one, as `Layers` sees to.

    Parameters
    ----------
    layers : Layers
        Whose reference is the inventory that is studied.
    names : list of str
        Datasets.

    Returns
    -------
    dict of str to GeoDataFrame
        Every row, also of trees that are gone.

    Raises
    ------
    CannotAnswer
        None can be had; it says why of each.
    """
    found, why = {}, []
    for name in names:
        try:
            frame = standardise(layers[name])
        except DatakitError as problem:
            why.append(_("{name}: {problem}").format(name=name, problem=problem.what))
            continue
        found[title(frame)] = frame
    if not found:
        raise CannotAnswer(
            _("comparison"), _("there is no other inventory here"), found=_("; ").join(why) or _("none is named")
        )
    return found


def title(frame: pd.DataFrame) -> str:
    """What an inventory is called, and how many trees it has: an extract is no city."""
    said = frame.attrs.get("datakit", {})
    card = read_catalog().get(said.get("id")) if language() == "fr" else None
    told = (card.raw.get("title_fr") if card else None) or said.get("title", _("inventory"))
    text = ngettext("{name} ({n} tree)", "{name} ({n} trees)", len(frame))
    if synthetic(frame):
        text = ngettext("{name} (invented, {n} tree)", "{name} (invented, {n} trees)", len(frame))
    return text.format(name=str(told).partition(" (")[0], n=number(len(frame)))


def told(frame: pd.DataFrame, column: str) -> bool:
    """Whether an inventory has a column that says anything."""
    return column in frame and bool(frame[column].notna().any())


def some(table: Table, what: str, least: str) -> Table:
    """A table, or `CannotAnswer` where nothing is left of it: ``what`` was looked for, with ``least`` of something."""
    if not len(table):
        expected = _("one with {least}").format(least=_(least))
        raise CannotAnswer(_(what), _("the inventory is too small for this question"), expected=expected)
    return table


def needs(frame: pd.DataFrame, column: str, what: str) -> pd.Series:
    """A column of an inventory.

    Raises
    ------
    CannotAnswer
        The inventory says nothing in it: ``what`` names it in words.
    """
    if not told(frame, column):
        found = _("nothing in the column {column}").format(column=column)
        raise CannotAnswer(_(what), _("the inventory does not say it"), found=found)
    return frame[column]
