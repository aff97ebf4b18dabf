"""The layers of a kit map: rows of a table, packed small for the page and drawn again for the static twin."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import pandas as pd
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.language import _, ngettext
from datakit.show.maps.classes import Classes
from datakit.show.maps.contours import LAMBERT, shapes_of
from datakit.show.style import NO_DATA_COLOUR, cell, number, over
from datakit.show.words import heading as in_words

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from datakit.show.style import Sources

MERCATOR = "EPSG:3857"
WORLD = 2 * math.pi * 6378137.0  # side of the square that web maps are cut from, in EPSG:3857 metres
ON_CANVAS = 1_500  # shapes from which one canvas is faster than as many SVG elements
RADII = 12  # sizes of proportional circles that are told apart
BIGGEST, SMALLEST = 16.0, 2.0  # their radii in pixels
MAX_BYTES = 5_000_000  # of a page: beyond it browsers and notebooks are slow
CLUSTER_FROM = 2_000  # points without a colour of their own are counted in bubbles from here on

Tooltip = str | Sequence[str] | dict[str, str]  # columns, or columns and their labels


def usual_radius(n: int) -> float:
    """Pixels of a dot's radius where nobody says how large: the more dots, the smaller."""
    return 5.0 if n <= 300 else 4.0 if n <= CLUSTER_FROM else 2.2 if n <= 10_000 else 1.3


def safe_json(value: object) -> str:
    """JSON that may stand inside a script element whatever the data says."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def packed(values: np.ndarray, width: int) -> str:
    """Unsigned integers as base64 of ``width`` little-endian bytes each."""
    wide = np.ascontiguousarray(values, dtype="<u4").view(np.uint8).reshape(-1, 4)
    return base64.b64encode(np.ascontiguousarray(wide[:, :width]).tobytes()).decode()


def prepare(frame: gpd.GeoDataFrame, what: str, kinds: tuple[str, ...]) -> tuple[gpd.GeoDataFrame, int]:
    """Rows that can be drawn, in EPSG:2154, and how many cannot.

    Raises
    ------
    CrsMismatch
        The table does not say in which coordinates it is.
    WrongUse
        Not a GeoDataFrame, or geometries of another kind.
    """
    if not hasattr(frame, "geometry") or not hasattr(frame, "to_crs"):
        raise WrongUse(
            what,
            _("a map needs a GeoDataFrame"),
            found=type(frame).__name__,
            next="geopandas.GeoDataFrame(table, geometry=geopandas.points_from_xy(x, y), crs=...)",
        )
    if frame.crs is None:
        raise CrsMismatch(
            what,
            _("the table does not say in which coordinates it is"),
            expected=_("a CRS, for example EPSG:2154"),
            found=_("none"),
            next=_("table.set_crs('EPSG:4326') for longitudes and latitudes"),
        )
    geometry = frame.geometry
    here = ~(geometry.isna() | geometry.is_empty).to_numpy()
    found = sorted(set(geometry[here].geom_type) - set(kinds))
    if found:
        raise WrongUse(
            what,
            _("these geometries cannot be drawn in this way"),
            expected=_(" or ").join(kinds),
            found=", ".join(found),
            next=_("points: table.set_geometry(table.representative_point()); parts: table.explode()"),
        )
    kept = frame[here]
    kept = kept.to_crs(LAMBERT) if len(kept) or frame.crs != LAMBERT else kept
    # Longitudes read as metres, or the reverse, can come out infinite.
    finite = np.isfinite(shapely.bounds(kept.geometry.to_numpy())).reshape(-1, 4).all(axis=1)
    return kept[finite], int(len(frame) - finite.sum())


def known(frame: gpd.GeoDataFrame, column: str | None) -> str | None:
    """The same column, or None where none is asked for.

    Raises
    ------
    WrongUse
        The table has no such column.
    """
    if column is not None and column not in frame.columns:
        raise WrongUse(
            "maps",
            _("the table has no such column"),
            found=str(column),
            expected=", ".join(map(str, frame.columns.drop(frame.geometry.name))),
        )
    return column


def tooltip_columns(tooltip: Tooltip, column: str | None, heading: str | None) -> tuple[list[str], dict[str, str]]:
    """Columns and labels of a tooltip; the mapped column is always in it, with its unit."""
    names = dict(tooltip) if isinstance(tooltip, dict) else {}
    wanted = [tooltip] if isinstance(tooltip, str) else list(tooltip or ())
    said = {name: in_words(text) for name, text in names.items()}
    return unique([column, *wanted]), ({column: heading} if column and heading else {}) | said


def unique(names: Iterable[str | None]) -> list[str]:
    """Each name once, in the order of first mention, without None."""
    return [n for n in dict.fromkeys(names) if n is not None]


def outside(frame: gpd.GeoDataFrame, box: tuple[float, float, float, float]) -> int:
    """How many points lie beyond a box (west, south, east, north) with a margin of a twentieth of its longer side."""
    x, y = frame.geometry.x, frame.geometry.y
    pad = 0.05 * max(box[2] - box[0], box[3] - box[1])
    return int(((x < box[0] - pad) | (x > box[2] + pad) | (y < box[1] - pad) | (y > box[3] + pad)).sum())


def columns_of(
    frame: gpd.GeoDataFrame, wanted: list[str], head: str | None, fallback_labels: dict[str, str]
) -> list[dict]:
    """Tooltip columns, each as its distinct texts and one small integer per row."""
    out = []
    for name in ([head] if head else []) + [c for c in wanted if c != head]:
        if name not in frame.columns:
            raise WrongUse(
                "maps",
                _("the tooltip names a column that the table does not have"),
                found=str(name),
                expected=", ".join(map(str, frame.columns.drop(frame.geometry.name))),
            )
        codes, unique = pd.factorize(frame[name], use_na_sentinel=False)
        again, texts = pd.factorize(np.array([cell(u) for u in unique], dtype=object))
        width = 1 if len(texts) <= 256 else 2 if len(texts) <= 65536 else 4
        index = again[codes] if len(codes) else codes
        label = None if name == head else fallback_labels.get(name) or in_words(name)
        out.append({"label": label, "values": list(texts), "data": packed(index, width), "width": width})
    return out


@dataclass(frozen=True)
class Told:
    """What a layer tells in words.

    Attributes
    ----------
    heading : str
        Of its legend.
    labels : str, optional
        Column of names: the heading of the tooltips.
    tooltip : list of str
        Columns of the tooltips.
    names : dict of str to str
        How these columns are called there.
    columns : list of str
        Columns of the map's table.
    """

    heading: str
    labels: str | None = None
    tooltip: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sizes:
    """Amounts that the areas of circles are proportional to: their heading in the legend, and one for each row."""

    heading: str
    values: pd.Series


@dataclass(frozen=True)
class Dots:
    """How points look: radius in pixels, the colour of those without classes, counted in bubbles or not.

    They cover what is below: a dot that lets the ground through has another colour than its legend.
    """

    radius: float
    colour: str
    cluster: bool = False


@dataclass
class Drawn:
    """One layer of a map: what the page, the static twin, the legend and the table are made from."""

    kind: str  # "area", "line" or "point"
    frame: gpd.GeoDataFrame  # EPSG:2154, rows that have a position
    heading: str
    classes: Classes | None
    spec: dict
    call: str
    columns: list[str]  # names shown in the table
    notes: list[str] = field(default_factory=list)
    sizes: tuple[str, float] | None = None  # (column heading, largest value) of proportional circles
    radius: float | np.ndarray | None = None  # static twin: radii in pixels, one or one per row
    bytes_by: dict[str, int] = field(default_factory=dict)
    labels: str | None = None  # column of names
    names: dict[str, str] = field(default_factory=dict)  # how columns are called in tooltips and tables

    @property
    def seen(self) -> list[str]:
        """The colours as they are seen on the map, which is how the legend shows them."""
        colours = self.classes.colours if self.classes else self.spec["colours"]
        return [over(colour, self.spec.get("opacity", 1)) for colour in colours]


class Whole(Protocol):
    """What the page, the static twin and Leaflet need to know of a map: see `datakit.show.maps.Map`."""

    title: str
    caption: str
    alt: str
    height: int
    tiles: Literal["ign", False] | None
    outline: gpd.GeoDataFrame | None
    layers: list[Drawn]
    folium: folium.Map

    @property
    def sources(self) -> Sources: ...

    def bounds(self) -> tuple[float, float, float, float]: ...


def area_layer(
    frame: gpd.GeoDataFrame,
    classes: Classes | None,
    told: Told,
    *,
    level: int,
    opacity: float,
    colour: str,
    left_out: int,
) -> Drawn:
    """Polygons or lines, one colour or one per class."""
    shapes, unit, tolerance = shapes_of(frame.geometry)
    kind = "line" if len(frame) and shapely.get_dimensions(frame.geometry.to_numpy()).max() == 1 else "area"
    cards = columns_of(frame, told.tooltip, told.labels, told.names)
    many = len(frame) > ON_CANVAS
    spec = {
        "n": len(frame),
        "shapes": shapes,
        "unit": unit,
        "level": level,
        "kind": kind,
        "canvas": many,
        "classes": packed(classes.index if classes else np.zeros(len(frame), dtype=np.uint8), 1),
        "colours": classes.colours if classes else [colour],
        "missing": classes.missing if classes else None,
        "opacity": opacity,
        "edge": "#ffffff",
        "weight": (2.5 if kind == "line" else 0.8),
        "columns": cards,
    }
    notes = []
    if left_out:
        said = ngettext("{n} row without outline: not shown", "{n} rows without outline: not shown", left_out)
        notes.append(said.format(n=number(left_out)))
    if tolerance >= 4:
        notes.append(_("contours simplified to about {n} m").format(n=number(tolerance)))
    by = {"contours": len(json.dumps(shapes)), "tooltips": len(json.dumps(cards, ensure_ascii=False))}
    return Drawn(
        kind, frame, told.heading, classes, spec, "areas", told.columns, notes, None, None, by, told.labels, told.names
    )


def point_layer(
    frame: gpd.GeoDataFrame,
    classes: Classes | None,
    told: Told,
    dots: Dots,
    *,
    sizes: Sizes | None = None,
    left_out: int = 0,
) -> Drawn:
    """Points, packed as whole numbers inside their bounding box, in an order that favours no class."""
    n = len(frame)
    order = np.random.default_rng(2026).permutation(n)  # later dots cover earlier ones: not always the same class
    rows = frame.iloc[order]
    cards = columns_of(rows, told.tooltip, told.labels, told.names)
    radii, index, largest, notes = _circles(sizes)
    spec = {
        "n": n,
        **_positions(rows.geometry),
        "classes": packed(classes.index[order], 1) if classes and len(classes.colours) > 1 else None,
        "colours": (classes.colours or [NO_DATA_COLOUR]) if classes else [dots.colour],
        "missing": classes.missing if classes else None,
        "sizes": packed(index[order], 1) if sizes else None,
        "radii": radii.round(2).tolist() if sizes else None,
        "biggest": BIGGEST,
        "dot": dots.radius,
        "cluster": dots.cluster,
        "dotsFrom": 15,
        "columns": cards,
    }
    if left_out:
        said = ngettext("{n} row without position: not shown", "{n} rows without position: not shown", left_out)
        notes.append(said.format(n=number(left_out)))
    by = {"positions": len(spec["x"]) * 2, "tooltips": len(json.dumps(cards, ensure_ascii=False))}
    drawn = Drawn("point", frame, told.heading, classes, spec, "points", told.columns, notes, bytes_by=by)
    drawn.sizes = (sizes.heading, largest) if sizes else None
    drawn.radius = radii[index] if sizes else dots.radius
    return drawn


def _positions(geometry):
    """Where points are, as whole steps from the corner of the square around them."""
    n = len(geometry)
    web = geometry.to_crs(MERCATOR) if n else geometry
    x = web.x.to_numpy() / WORLD + 0.5 if n else np.zeros(0)
    y = 0.5 - web.y.to_numpy() / WORLD if n else np.zeros(0)
    x0, y0 = (float(x.min()), float(y.min())) if n else (0.5, 0.5)
    side = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9) if n else 1e-9
    # Two bytes are a third of a metre across 20 km; a wider cloud, or one with a stray point, takes three.
    # At 47 degrees north a metre on the ground is 1.5 of EPSG:3857: 0.75 there is half a metre here.
    width = 2 if side * WORLD / 65535 <= 0.75 else 3
    # A hair above the side, so that the last point falls inside the last bucket.
    step = side / (256**width - 1 - 0.5)
    whole = {"x": packed(np.rint((x - x0) / step), width), "y": packed(np.rint((y - y0) / step), width)}
    return {"x0": x0, "y0": y0, "step": step, "width": width} | whole


def _circles(sizes):
    """The radii that are told apart, which of them each row has, the largest amount, and notes."""
    radii = np.maximum(np.linspace(0, BIGGEST, RADII), SMALLEST)
    if sizes is None:
        return radii, None, 0.0, []
    v = pd.to_numeric(sizes.values).to_numpy(dtype=float, na_value=np.nan)
    v = np.where(np.isfinite(v), v, np.nan)
    if (v < 0).any():
        raise WrongUse(
            "maps",
            _("circles cannot have a negative size"),
            found=number(np.nanmin(v)),
            expected=_("a column of counts or amounts; use colour= for differences"),
        )
    largest = float(np.nanmax(v)) if np.isfinite(v).any() else 0.0
    share = np.sqrt(np.nan_to_num(v) / largest) if largest else np.zeros(len(v))
    unknown = np.isnan(v).sum()
    notes = [_("{n} without a size: smallest circle").format(n=number(unknown))] if unknown else []
    return radii, np.rint(share * (RADII - 1)).astype(np.uint8), largest, notes


def size_examples(largest: float) -> list[float]:
    """Three round values for the legend of proportional circles."""
    if not largest:
        return []
    power = 10 ** math.floor(math.log10(largest))
    top = next(m * power for m in (5, 2, 1) if m * power <= largest)
    return [top / 10, top / 2.5, top]
