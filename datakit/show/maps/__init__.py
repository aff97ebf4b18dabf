"""Maps that work without a network, stay small and say what they show: folium underneath, scripts in the page.

Two functions make the usual maps, each in one call::

    from datakit.show import maps

    maps.choropleth(iris, "share_75", title="…", unit="%", caption="…", alt="…", labels="name", outline=communes)
    maps.points(trees, colour="genre", title="…", caption="…", alt="…", tooltip=["espece", "hauteur"], outline=communes)

Every map has a legend with units, a caption, a source line, alt text, a scale bar, a static twin (``.static()``) and
its table (``.table()``). Real folium layers may be added to ``.folium``. A map of several layers is a
``maps.Map(maps.Words(title, caption, alt))`` with ``add_areas`` and ``add_points``.

map       A map with everything a reader needs around it: title, legend, caption, source, table and static twin
keywords  What the two calls take by name
layers    Its layers: rows of a table, packed small for the page and drawn again for the static twin
elements  What a layer becomes in Leaflet: a call of one of the kit's own scripts, in folium's map
classes   From the values of a column to the classes of a legend
contours  Contours packed small for the page, and the names of places, the largest first
page      The map as a page that needs no network
assets    The scripts and styles that are written into the page
static    The static twin of a map, drawn by matplotlib
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from datakit.show.maps.classes import Scale
from datakit.show.maps.keywords import ForAreas, ForPoints, given, named
from datakit.show.maps.layers import CLUSTER_FROM, MAX_BYTES
from datakit.show.maps.map import POLYGONS, Map, Size, Words

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CLUSTER_FROM", "MAX_BYTES", "POLYGONS", "TILES", "Map", "Scale", "Size", "Words", "choropleth", "points"]

TILES: Literal["ign"] | None = None  # "ign" makes the national plan the base of every map: it needs a network
_FRAME, _LAYER = ("outline", "data", "tiles", "height"), ("labels", "tooltip", "legend")


@named(ForAreas)
def choropleth(areas: gpd.GeoDataFrame, column: str, **asked: Unpack[ForAreas]) -> Map:
    """A map of areas coloured by a column.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons (or lines), any CRS. Rows without a value form a class of their own, "no data".
    column : str
        Numbers, or categories (text, booleans, an ordered ``Categorical``).
    title, caption, alt : str
        What the map shows, where and when; what to see on it and what it cannot say; what it shows, for a person who
        cannot see it.
    unit : str
        Unit of the column, written in the legend and tooltips; ``""`` for categories.
    labels : str, optional
        Column with the areas' names: the tooltip's heading and the first column of the table.
    outline : GeoDataFrame, optional
        Contours drawn for orientation, usually the communes; its ``name`` (or ``nom``) column is written on the map.
    scheme : {"quantiles", "equal"} or list of float
        How classes are cut: as many areas in each, equal widths, or the inner limits themselves.
    k : int
        Number of numeric classes, 2 to 9; by default 5.
    diverging : bool or float
        Classes on both sides of 0, or of the number given, in two hues.
    colours : dict, optional
        Category to colour (``#rrggbb``).
    tooltip : list of str or dict of str to str
        Further columns to show, or columns and their labels.
    legend : str, optional
        Heading of the legend, by default the column's name.
    data : iterable of DataFrame, optional
        Tables that went into ``areas``; they feed the source line beside ``areas`` and ``outline`` themselves.
    tiles : {None, "ign"}
        Base map. None draws the outline only and needs no network.
    height : int
        Pixels, in a notebook; by default 520.

    Returns
    -------
    Map

    Raises
    ------
    CrsMismatch, WrongUse, TooBig
        A table without CRS; no such column, wrong geometries, empty words; a page of more than 5 MB.
    """
    made = Map(Words(**given(asked, Words)), **given(asked, _FRAME))
    return made.add_areas(areas, column, scale=Scale(**given(asked, Scale)), **given(asked, _LAYER)).checked()


@named(ForPoints)
def points(points: gpd.GeoDataFrame, **asked: Unpack[ForPoints]) -> Map:
    """A map of points: dots on a canvas, or bubbles that count them until there is room for dots.

    Parameters
    ----------
    points : GeoDataFrame
        Points, any CRS. Rows without a position are counted in the legend.
    title, caption, alt, labels, outline, tooltip, scheme, k, diverging, colours, legend, data, tiles, height
        As for :func:`choropleth`. The tooltip is that of the nearest point.
    colour : str, optional
        Column of numbers or categories. The seven commonest categories are told apart, the others are "other".
    unit : str, optional
        Unit of ``colour``.
    size : str or float, optional
        Column of amounts (circles' areas are proportional to them), or one radius in pixels for all.
    size_unit : str, optional
        Unit of the ``size`` column.
    cluster : bool, optional
        Count points in bubbles; by default from 2 000 points on when neither ``colour`` nor ``size`` is given. With
        ``colour``, bubbles show the share of each class.

    Returns
    -------
    Map

    Raises
    ------
    CrsMismatch, WrongUse, TooBig
        As for :func:`choropleth`.
    """
    made = Map(Words(**given(asked, Words)), **given(asked, _FRAME))
    size = asked.get("size")
    made.add_points(
        points,
        size=Size(size, asked.get("size_unit")) if isinstance(size, str) else size,
        scale=Scale(**given(asked, Scale)),
        **given(asked, (*_LAYER, "colour", "cluster")),
    )
    return made.checked()
