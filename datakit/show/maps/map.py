"""A map with everything a reader needs around it: title, legend, caption, source, alt text, table and static twin."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import N_, _, pgettext, worded
from datakit.settings import challenge
from datakit.show.maps import elements, layers
from datakit.show.maps.classes import QUANTILES, classify
from datakit.show.style import CATEGORICAL, number, sources, with_unit
from datakit.show.words import heading as in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from matplotlib.figure import Figure

    from datakit.show.maps.classes import Scale
    from datakit.show.maps.layers import Tooltip
    from datakit.show.style import Sources

POLYGONS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")
_IGN = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&STYLE=normal&TILEMATRIXSET=PM_0_19"
    "&FORMAT=image/png&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)


@dataclass(frozen=True)
class Words:
    """What a map says beside what it shows: in English, shown in the user's language where its French is known.

    Attributes
    ----------
    title : str
        What it shows, where and when.
    caption : str
        What to see on it and what it cannot say.
    alt : str
        What it shows, for a person who cannot see it.

    Raises
    ------
    WrongUse
        One of them is empty.
    """

    title: str
    caption: str
    alt: str

    def __post_init__(self) -> None:
        needed = {
            "title": N_("a map needs its title"),
            "caption": N_("a map needs its caption"),
            "alt": N_("a map needs its alt text"),
        }
        for name, what in needed.items():
            if not str(getattr(self, name) or "").strip():
                raise WrongUse(
                    "maps",
                    _(what),
                    expected=_("a sentence for people who see the map, or cannot see it"),
                )


@dataclass(frozen=True)
class Size:
    """A column of amounts, to which circles' areas are proportional, and its unit."""

    column: str
    unit: str | None = None


class Map:
    """A map with everything a reader needs around it.

    Parameters
    ----------
    words : Words
        Its title, caption and alt text.
    outline : GeoDataFrame, optional
        Contours for orientation.
    data : iterable of DataFrame
        Tables for the source line, beside the layers' own.
    tiles : {None, "ign"}
        Base map; None means ``maps.TILES``.
    height : int
        Pixels, in a notebook.

    Attributes
    ----------
    folium : folium.Map
        The map underneath.
    layers : list
        What :meth:`add_areas` and :meth:`add_points` added.
    """

    def __init__(
        self,
        words: Words,
        *,
        outline: gpd.GeoDataFrame | None = None,
        data: Iterable[pd.DataFrame] = (),
        tiles: Literal["ign", False] | None = None,
        height: int = 520,
    ) -> None:
        with needed_by("datakit.show.maps"):
            import folium
        from datakit.show import maps  # its TILES are anybody's to set

        self.title, self.caption, self.alt = (_(str(text)) for text in (words.title, words.caption, words.alt))
        self.height = int(height)
        self.tiles: Literal["ign", False] | None = maps.TILES if tiles is None else tiles
        if self.tiles not in (None, False, "ign"):
            raise WrongUse("maps", _("unknown tiles"), expected=_("None or 'ign'"), found=repr(tiles))
        self.layers, self._frames = [], list(data)
        self._key = hashlib.sha256(self.title.encode()).hexdigest()[:12]
        self.folium = folium.Map(tiles=None, location=[47.32, 5.04], zoom_start=11, maxZoom=19, minZoom=5, zoomSnap=1)
        self.folium._id = self._key
        self.folium.add_child(elements.Start(self, self._key + "0"), name="datakit-start")
        if self.tiles:
            base = folium.TileLayer(_IGN, attr="© IGN, Géoplateforme", name="Plan IGN", max_zoom=19, control=False)
            base._id = self._key + "t"
            base.add_to(self.folium)
        self.outline = None
        if outline is not None:
            self.outline, _without = layers.prepare(outline, "maps: outline", POLYGONS)
            self._frames.append(outline)
            self.folium.add_child(elements.Outline(self, self._key + "o"), name="datakit-outline")

    def add_areas(
        self,
        areas: gpd.GeoDataFrame,
        column: str | None = None,
        *,
        labels: str | None = None,
        tooltip: Tooltip = (),
        legend: str | None = None,
        scale: Scale = QUANTILES,
        opacity: float | None = None,
    ) -> Map:
        """Add polygons or lines. ``column`` is a column, or a colour such as ``"#009E73"`` for all.

        Parameters are those of :func:`datakit.show.maps.choropleth`; ``opacity`` is 0 to 1, by default 1,
        or 0.85 above tiles; the legend shows what it makes of the colours.

        Returns
        -------
        Map
            Itself, so that calls can be chained.
        """
        frame, left_out = layers.prepare(areas, "maps: areas", POLYGONS + LINES)
        dims = set(shapely.get_dimensions(frame.geometry.to_numpy()).tolist())
        if len(dims) > 1:
            raise WrongUse("maps", _("polygons and lines are mixed in one layer"), next=_("add two layers"))
        column, plain = _column_or_colour(column, CATEGORICAL[2])
        classes, heading = _classes(frame, column, legend, scale)
        tips, names = layers.tooltip_columns(tooltip, column, heading)
        layer = layers.area_layer(
            frame,
            classes,
            layers.Told(
                heading or (worded(legend) if legend else pgettext("layer", "areas")),
                labels=layers.known(frame, labels),
                tooltip=tips,
                names=names,
                columns=layers.unique([labels, column, *tips]),
            ),
            level=len(self.layers),
            opacity=(0.85 if self.tiles else 1.0) if opacity is None else opacity,
            colour=plain,
            left_out=left_out,
        )
        return self._add(layer, areas)

    def add_points(
        self,
        points: gpd.GeoDataFrame,
        *,
        colour: str | None = None,
        size: Size | str | float | None = None,
        labels: str | None = None,
        tooltip: Tooltip = (),
        legend: str | None = None,
        scale: Scale = QUANTILES,
        cluster: bool | None = None,
    ) -> Map:
        """Add points. ``colour`` is a column, or a colour such as ``"#0072B2"`` for all.

        Parameters are those of :func:`datakit.show.maps.points`.

        Returns
        -------
        Map
            Itself, so that calls can be chained.
        """
        frame, left_out = layers.prepare(points, "maps: points", ("Point",))
        n = len(frame)
        colour, plain = _column_or_colour(colour, CATEGORICAL[0])
        classes, heading = _classes(frame, colour, legend, scale)
        tips, names = layers.tooltip_columns(tooltip, colour, heading)
        sizes, radius = None, layers.usual_radius(n)
        if isinstance(size, str):
            size = Size(size)
        if isinstance(size, Size):
            sizes = layers.Sizes(with_unit(in_words(size.column), size.unit), frame[layers.known(frame, size.column)])
            tips, names = layers.unique([size.column, *tips]), {size.column: sizes.heading} | names
        elif size is not None:
            radius = float(size)
        if cluster is None:
            cluster = n > layers.CLUSTER_FROM and classes is None and sizes is None
        columns = layers.unique([labels, colour, *tips])
        heading = heading or (worded(legend) if legend else pgettext("layer", "points"))
        told = layers.Told(heading, layers.known(frame, labels), tips, names, columns)
        dots = layers.Dots(radius, plain, cluster=bool(cluster))
        layer = layers.point_layer(frame, classes, told, dots, sizes=sizes, left_out=left_out)
        if self.outline is not None and len(self.outline) and n:
            outside = layers.outside(frame, self.bounds())
            if outside:
                layer.notes.append(_("{n} outside the first view").format(n=number(outside)))
        return self._add(layer, points)

    def _add(self, layer, source):
        with needed_by("datakit.show.maps"):
            import folium

        self.layers.append(layer)
        self._frames.append(source)
        id = f"{self._key}{len(self.layers)}"
        script = elements.Script(layer.call, layer.spec, html.escape(layer.heading), id=id)
        self.folium.add_child(script, name=f"datakit-{id}")
        if len(self.layers) > 1:  # Leaflet wants the switch after what it switches
            self.folium._children.pop("datakit-switch", None)
            switch = folium.LayerControl(collapsed=True)
            switch._id = self._key + "s"
            self.folium.add_child(switch, name="datakit-switch")
        return self

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the first view, in EPSG:2154."""
        frames = [self.outline] if self.outline is not None and len(self.outline) else [y.frame for y in self.layers]
        boxes = np.array([f.total_bounds for f in frames if len(f)])
        if not len(boxes):
            return challenge().territory["bounds"]
        return (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())

    @property
    def sources(self) -> Sources:
        """Whose data it is: ``.text`` and ``.synthetic``."""
        return sources(self._frames)

    def html(self) -> str:
        """The whole page as text: it can be saved, mailed or served, and asks for nothing from outside."""
        from datakit.show.maps import page

        return page.page(self)

    @property
    def size(self) -> int:
        """Bytes of the page."""
        return len(self.html().encode())

    def checked(self) -> Map:
        """Itself, or an error when the page is too big to be used.

        Raises
        ------
        TooBig
        """
        from datakit.show.maps import page

        page.checked(self)
        return self

    def save(self, path: str | Path) -> Path:
        """Write the page to ``path``.

        Raises
        ------
        TooBig
            It passes 5 MB.
        """
        from datakit.show.maps import page

        Path(path).write_text(page.checked(self), encoding="utf-8")
        return Path(path)

    def _repr_html_(self):
        from datakit.show.maps import page

        return page.frame(self)

    def __repr__(self):
        what = ", ".join(f"{number(len(y.frame))} × {y.heading}" for y in self.layers) or _("no layer")
        return _("Map: {title} ({layers}). {alt}").format(title=self.title, layers=what, alt=self.alt)

    def static(self, size: tuple[float, float] = (9, 5.6)) -> Figure:
        """The same map drawn by matplotlib, for reports, paper and screen readers.

        Parameters
        ----------
        size : (float, float)
            Inches.

        Returns
        -------
        matplotlib.figure.Figure
            ``datakit.show.charts.show(map.static())`` displays it with its alt text.
        """
        from datakit.show.maps import static

        return static.draw(self, size)

    def table(self, layer: int = 0) -> pd.DataFrame:
        """The rows that a layer shows: names, values and classes, without geometry.

        Parameters
        ----------
        layer : int
            Position of the layer.

        Returns
        -------
        DataFrame
            Areas are ordered by the mapped column, the highest first; points keep their order. ``class`` is the
            legend's text.
        """
        shown = self.layers[layer]
        table = pd.DataFrame(shown.frame[shown.columns]).copy()
        if shown.classes:
            table["class"] = [shown.classes.labels[i] for i in shown.classes.index]
        if shown.kind == "point":
            table["x"], table["y"] = shown.frame.geometry.x.round(1), shown.frame.geometry.y.round(1)
            return table
        mapped = next((c for c in shown.columns if pd.api.types.is_numeric_dtype(table[c])), None)
        return table.sort_values(mapped, ascending=False, kind="stable") if mapped and shown.classes else table

    def counts(self, layer: int = 0) -> pd.DataFrame:
        """The legend of a layer as a table: class, rows, share of the rows (%).

        Returns
        -------
        DataFrame
        """
        shown = self.layers[layer]
        labels, counts = [shown.heading], [len(shown.frame)]
        if shown.classes:
            labels, counts = shown.classes.labels, shown.classes.counts
        total = max(sum(counts), 1)
        return pd.DataFrame({"class": labels, "rows": counts, "share": [round(100 * c / total, 1) for c in counts]})


def _column_or_colour(asked, default):
    """The column asked for and the colour of what has no classes."""
    is_colour = isinstance(asked, str) and re.fullmatch("#[0-9a-fA-F]{3,8}", asked)
    return (None, asked) if is_colour else (asked, default)


def _classes(frame, column, legend, scale):
    """The classes of a column and the heading of their legend."""
    if column is None:
        return None, None
    classes = classify(frame[layers.known(frame, column)], scale)
    return classes, with_unit(worded(legend) if legend else in_words(column), scale.unit)
