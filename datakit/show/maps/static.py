"""The static twin of a map: the same classes, legend and words, drawn by matplotlib."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from datakit.extras import needed_by
from datakit.language import _
from datakit.show.maps.contours import STEPS, places
from datakit.show.maps.layers import BIGGEST, SMALLEST, size_examples, usual_radius
from datakit.show.style import GROUND, RC, STAMP_COLOUR, number, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from datakit.show.maps.layers import Whole

PIXEL = 0.62  # points of paper for a pixel of the page
SIDE = 2.15  # inches beside the map, for its legends
# A notebook carries one picture for each map: as sharp as fits into 60 kB of text.
PICTURE_BYTES = 45_000
SHARPNESS = (90, 72, 60, 48)  # dots per inch
GROUNDS = ("#e9eef1", GROUND)  # beyond the outline, within it
INK = ("#ffffff", "#111111", STAMP_COLOUR)


def draw(made: Whole, size: tuple[float, float]) -> Figure:
    """Draw ``made`` as a figure.

    Parameters
    ----------
    made : datakit.show.maps.Map
    size : (float, float)
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    with needed_by("datakit.show.maps"):
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

    width, height = size
    with matplotlib.rc_context(RC):
        fig = Figure(figsize=size, dpi=110)
        FigureCanvasAgg(fig)
        top, foot = _words(fig, made)
        place = (0.12 / width, (foot + 0.06) / height, 1 - (SIDE + 0.12) / width, 1 - (foot + top + 0.12) / height)
        ax = _ground(fig, place)
        _paint(ax, made)
        west, south, east, north = made.bounds()
        pad = 0.03 * max(east - west, north - south, 200.0)
        ax.set_xlim(west - pad, east + pad)
        ax.set_ylim(south - pad, north + pad)
        ax.apply_aspect()
        if made.outline is not None:
            _names(fig, ax, made.outline)
        if not any(len(layer.frame) for layer in made.layers):
            ax.text(
                0.5, 0.5, _("no row to show"), transform=ax.transAxes, ha="center", va="center", fontsize=11, zorder=9
            )
        _scale_bar(ax, scale_length(east - west + 2 * pad))
        _legends(fig, made, ax.get_position().x1 + 0.15 / width, 1 - (top + 0.06) / height)
    vars(fig)["datakit_alt"] = made.alt
    return fig


def picture(made: Whole, size: tuple[float, float] = (9, 5.6)) -> bytes:
    """The twin as a small PNG, which stands for the map where a page shows no scripts and no frames.

    Parameters
    ----------
    made : datakit.show.maps.Map
    size : (float, float)
        Inches.

    Returns
    -------
    bytes
        At most ``PICTURE_BYTES`` long, unless even the coarsest picture is longer.
    """
    with needed_by("datakit.show.maps"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

    canvas = FigureCanvasAgg(draw(made, size))
    png = b""
    palette = _palette(made)
    for dpi in SHARPNESS:
        canvas.figure.set_dpi(dpi)
        canvas.draw()
        drawn = Image.fromarray(_nearest(np.asarray(canvas.buffer_rgba()), palette))
        drawn.putpalette(palette.ravel().tolist())
        out = io.BytesIO()
        drawn.save(out, "PNG", optimize=True)
        png = out.getvalue()
        if len(png) <= PICTURE_BYTES:
            break
    return png


def _palette(made):
    """Every colour of the legends exactly, and steps from each to white and to black for the edges of shapes.

    A palette found by counting would give the commonest colours to greys of the text, and rare classes another's hue.
    """
    with needed_by("datakit.show.maps"):
        from matplotlib.colors import to_rgb

    base = [np.array([to_rgb(colour) for colour in (*INK, *GROUNDS)])]
    for layer in made.layers:
        base.append(np.array([to_rgb(c) for c in layer.seen]))
    hues = np.concatenate(base)
    grey = np.linspace(0, 1, 13)[:, None].repeat(3, axis=1)
    steps = np.concatenate([hues, grey, hues * 0.65 + 0.35, hues * 0.35 + 0.65, hues * 0.55])
    return np.rint(255 * steps[:256]).astype(np.uint8)


def _nearest(pixels, palette):
    """For each pixel the place of the nearest colour in the palette."""
    packed = pixels[:, :, :3].astype(np.int32) @ np.array([65536, 256, 1], dtype=np.int32)
    found, where = np.unique(packed, return_inverse=True)
    rgb = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    nearest = [
        np.abs(part[:, None] - palette[None].astype(np.int32)).sum(axis=2).argmin(axis=1)
        for part in np.array_split(rgb, len(rgb) // 4096 + 1)
    ]
    return np.concatenate(nearest).astype(np.uint8)[where].reshape(packed.shape)


def _words(fig, made):
    """Title and stamp above, caption and source below; the inches that they take there."""
    width, height = fig.get_size_inches()
    source = made.sources
    title, caption = wrap(made.title, int(width * 9)), wrap(made.caption, int(width * 13.5))
    stamp, line = wrap(source.synthetic, int(width * 13.5)), wrap(source.text, int(width * 16.5))
    foot = 0.06
    for text, points, colour in ((line, 7, "#555555"), (caption, 8.5, "#222222")):
        fig.text(0.015, foot / height, text, fontsize=points, color=colour, va="bottom")
        foot += (text.count("\n") + 1) * points * 1.35 / 72 + 0.03
    top = 0.1
    for text, points, colour in ((title, 12, "#111111"), (stamp, 8.5, STAMP_COLOUR)):
        if text:
            fig.text(0.015, 1 - top / height, text, fontsize=points, color=colour, fontweight="bold", va="top")
            top += (text.count("\n") + 1) * points * 1.3 / 72 + 0.04
    return top, foot


def _ground(fig, place):
    """Empty axes for a map: same scale in both directions, no ticks."""
    ax = fig.add_axes(place)
    ax.set_facecolor(GROUNDS[0])
    ax.set_aspect("equal", anchor="NW")
    ax.grid(False)
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color="#cfcfcf")
    return ax


def _paint(ax, made):
    """The outline below, the layers, and the outline's lines again above areas that would hide them."""
    if made.outline is not None and len(made.outline):
        _shapes(ax, made.outline, facecolors=GROUND, edgecolors="#8a8a8a", linewidths=0.6, zorder=1)
        if any(layer.kind == "area" for layer in made.layers):
            _shapes(ax, made.outline, facecolors="none", edgecolors="#333333", linewidths=0.7, zorder=5)
    for z, layer in enumerate(made.layers):
        if len(layer.frame):
            _PAINT[layer.kind](ax, layer, 2 + 0.1 * z + (4 if layer.kind == "point" else 0))


def _shapes(ax, frame, **style):
    """Polygons or lines as one collection: thousands of cells in a tenth of the time that GeoPandas takes."""
    with needed_by("datakit.show.maps"):
        from matplotlib.collections import PathCollection
        from matplotlib.path import Path

    # Normal form turns holes against their shells: that is what leaves them empty.
    kind, coords, offsets = shapely.to_ragged_array(shapely.normalize(frame.geometry.to_numpy()))
    codes = np.full(len(coords), Path.LINETO, dtype=Path.code_type)
    codes[offsets[0][:-1]] = Path.MOVETO
    if kind in (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON):
        codes[offsets[0][1:] - 1] = Path.CLOSEPOLY
    rows = offsets[0]
    for level in offsets[1:]:
        rows = rows[level]
    xy = coords[:, :2]
    ax.add_collection(PathCollection([Path(xy[a:b], codes[a:b]) for a, b in pairwise(rows)], **style), autolim=False)


def _hues(layer):
    """One colour per row, as numbers: names of colours are slow to read sixty thousand times."""
    with needed_by("datakit.show.maps"):
        from matplotlib.colors import to_rgba_array

    colours = to_rgba_array(layer.spec["colours"])
    return colours[layer.classes.index if layer.classes else np.zeros(len(layer.frame), dtype=int)]


def _paint_areas(ax, layer, z):
    hues = _hues(layer)
    many = layer.spec["canvas"]
    edges = {"edgecolors": hues, "linewidths": 0.2} if many else {"edgecolors": "#ffffff", "linewidths": 0.4}
    _shapes(ax, layer.frame, facecolors=hues, alpha=layer.spec["opacity"], zorder=z, **edges)


def _paint_lines(ax, layer, z):
    _shapes(ax, layer.frame, facecolors="none", edgecolors=_hues(layer), linewidths=1.2, zorder=z)


def _paint_points(ax, layer, z):
    n = len(layer.frame)
    order = np.random.default_rng(2026).permutation(n)
    if layer.classes and layer.classes.missing is not None:  # known values are not hidden under unknown ones
        order = order[np.argsort(layer.classes.index[order] != layer.classes.missing, kind="stable")]
    if layer.sizes:
        order = np.argsort(-np.asarray(layer.radius), kind="stable")  # big circles under small ones
        area = (np.asarray(layer.radius)[order] * 2 * PIXEL) ** 2
    else:
        area = 1.0 if n > 20_000 else 2.0 if n > 5_000 else 6.0 if n > 1_000 else 22.0
        area *= (layer.radius / usual_radius(n)) ** 2  # larger or smaller where the map's own dots are
    x, y = layer.frame.geometry.x.to_numpy()[order], layer.frame.geometry.y.to_numpy()[order]
    edges = {"edgecolors": "#ffffff", "linewidths": 0.4} if n <= 1_000 else {"linewidths": 0}
    ax.scatter(x, y, s=area, c=_hues(layer)[order], zorder=z, rasterized=n > 1_000, **edges)


_PAINT = {"area": _paint_areas, "line": _paint_lines, "point": _paint_points}


def _names(fig, ax, outline):
    """Names of the outline's places in the order of `layers.places`: as many as find room, none before a larger one."""
    with needed_by("datakit.show.maps"):
        from matplotlib.patheffects import withStroke

    renderer = fig.canvas.get_renderer()
    frame = ax.get_window_extent(renderer)
    halo = [withStroke(linewidth=2.6, foreground="white")]
    look = {"fontsize": 7, "ha": "center", "va": "center", "zorder": 8, "color": "#111111", "path_effects": halo}
    taken = []
    for name, spot in places(outline):
        text = ax.text(spot.x, spot.y, name, **look)
        box = text.get_window_extent(renderer).expanded(1.02, 1.1)
        inside = max(frame.x0 - box.x0, 0) + min(frame.x1 - box.x1, 0)  # a name at the edge moves into the map
        steps = [(right * box.width + inside, up * box.height) for right, up in STEPS]
        step = next((s for s in steps if not any(box.translated(*s).overlaps(b) for b in taken)), None)
        if step is None:
            text.remove()
            return
        place = ax.transData.transform((spot.x, spot.y)) + step
        text.set_position(ax.transData.inverted().transform(place))
        taken.append(box.translated(*step))


def _scale_bar(ax, length):
    with needed_by("datakit.show.maps"):
        from matplotlib.patheffects import withStroke

    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    x, y = x0 + 0.03 * (x1 - x0), y0 + 0.035 * (y1 - y0)
    tick = 0.012 * (y1 - y0)
    halo = [withStroke(linewidth=3, foreground="white", alpha=0.9)]
    style = {"color": "#222222", "lw": 1.4, "zorder": 9, "solid_capstyle": "butt", "path_effects": halo}
    ax.plot([x, x, x + length, x + length], [y + tick, y, y, y + tick], **style)
    label = f"{number(length / 1000)} km" if length >= 1000 else f"{number(length)} m"
    ax.text(x + length / 2, y + 1.2 * tick, label, ha="center", va="bottom", fontsize=8, zorder=9, path_effects=halo)


def _legends(fig, made, x, y):
    """Every layer's legend and notes, stacked from the top beside the map."""
    height = fig.get_figheight()
    for layer in made.layers:
        y = _block(fig, _class_handles(layer), wrap(layer.heading, 27) if layer.classes else None, x, y)
        if layer.sizes:
            y = _block(fig, _rings(layer.sizes[1]), wrap(layer.sizes[0], 27), x, y)
        notes = ([layer.classes.note] if layer.classes else []) + layer.notes
        text = "\n".join(wrap(n[0].upper() + n[1:], 32) for n in notes if n)
        if text:
            fig.text(x, y, text, fontsize=7, color="#555555", va="top")
            y -= (text.count("\n") + 1) * 7 * 1.3 / 72 / height
        y -= 0.14 / height


def _block(fig, handles, title, x, y):
    """One legend with its upper left corner at a point; where the next one may begin."""
    drawn = fig.legend(
        handles=handles,
        title=title,
        loc="upper left",
        bbox_to_anchor=(x, y),
        fontsize=8,
        title_fontproperties={"size": 9, "weight": "bold"},
        alignment="left",
        borderaxespad=0,
        borderpad=0,
        handlelength=1.6,
        labelspacing=0.45,
    )
    return drawn.get_window_extent(fig.canvas.get_renderer()).y0 / fig.bbox.height - 0.08 / fig.get_figheight()


def _class_handles(layer):
    with needed_by("datakit.show.maps"):
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

    classes = layer.classes
    labels = classes.labels if classes else [layer.heading]
    counts = classes.counts if classes else [len(layer.frame)]
    handles = []
    for i, (colour, label, count) in enumerate(zip(layer.seen, labels, counts, strict=False)):
        missing = classes is not None and i == classes.missing
        text = wrap(f"{label} ({number(count)})", 26)
        edge = "#555555" if missing else "#00000059"
        if layer.kind == "area":
            line = "--" if missing else "-"
            handles.append(Patch(facecolor=colour, edgecolor=edge, linewidth=0.8, ls=line, label=text))
        elif layer.kind == "line":
            handles.append(Line2D([], [], color=colour, lw=3, label=text))
        else:
            handles.append(Line2D([], [], ls="", marker="o", ms=7, mfc=colour, mec=edge, mew=0.7, label=text))
    return handles


def _rings(largest):
    """Three circles that tell amounts."""
    with needed_by("datakit.show.maps"):
        from matplotlib.lines import Line2D

    sizes = [(v, 2 * PIXEL * max(BIGGEST * (v / largest) ** 0.5, SMALLEST)) for v in size_examples(largest)]
    ring = {"ls": "", "marker": "o", "mfc": "none", "mec": "#444444"}
    return [Line2D([], [], label=number(v), ms=ms, **ring) for v, ms in sizes]


def scale_length(width: float) -> float:
    """A round length, in metres, of about a quarter of ``width``."""
    target = max(width, 1.0) / 4
    power = 10 ** math.floor(math.log10(target))
    return next(step * power for step in (5, 2, 1) if step * power <= target)
