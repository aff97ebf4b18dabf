"""The static twin of a map: the same classes, legend and words, drawn by matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from datakit.data.text import name_column
from datakit.extras import needed_by
from datakit.show.maps.layers import BIGGEST, SMALLEST, size_examples
from datakit.show.style import RC, number, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from datakit.show.maps.layers import Whole

STAMP_COLOUR = "#a3280a"
PIXEL = 0.62  # points of paper for a pixel of the page


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
    source = made.sources
    with matplotlib.rc_context(RC):
        fig = Figure(figsize=size, dpi=110)
        FigureCanvasAgg(fig)
        title, caption = wrap(made.title, int(width * 9)), wrap(made.caption, int(width * 13.5))
        stamp, line = wrap(source.synthetic, int(width * 13.5)), wrap(source.text, int(width * 16.5))
        foot, y = [(line, 7, "#555555", "normal"), (caption, 8.5, "#222222", "normal")], 0.06
        for text, points, colour, weight in foot:
            fig.text(0.015, y / height, text, fontsize=points, color=colour, fontweight=weight, va="bottom")
            y += (text.count("\n") + 1) * points * 1.35 / 72 + 0.03
        top = 0.1
        for text, points, colour, weight in ((title, 12, "#111111", "bold"), (stamp, 8.5, STAMP_COLOUR, "bold")):
            if text:
                fig.text(0.015, 1 - top / height, text, fontsize=points, color=colour, fontweight=weight, va="top")
                top += (text.count("\n") + 1) * points * 1.3 / 72 + 0.04
        side = 2.15
        ax = fig.add_axes((0.12 / width, (y + 0.06) / height, 1 - (side + 0.12) / width, 1 - (y + top + 0.12) / height))
        ax.set_facecolor("#e9eef1")
        ax.set_aspect("equal", anchor="NW")
        ax.grid(False)
        ax.set(xticks=[], yticks=[])
        for spine in ax.spines.values():
            spine.set(visible=True, color="#cfcfcf")
        areas = any(layer.kind == "area" for layer in made.layers)
        if made.outline is not None and len(made.outline):
            made.outline.plot(ax=ax, facecolor="#f7f6f2", edgecolor="#8a8a8a", linewidth=0.6, zorder=1)
            if areas:
                made.outline.boundary.plot(ax=ax, color="#333333", linewidth=0.7, zorder=5)
        for z, layer in enumerate(made.layers):
            if len(layer.frame):
                _PAINT[layer.kind](ax, layer, 2 + 0.1 * z + (4 if layer.kind == "point" else 0))
        ax.set(xlabel="", ylabel="")  # geopandas writes the axes' names of the CRS
        west, south, east, north = made.bounds()
        pad = 0.03 * max(east - west, north - south, 200.0)
        ax.set_xlim(west - pad, east + pad)
        ax.set_ylim(south - pad, north + pad)
        ax.apply_aspect()
        if made.outline is not None:
            _names(fig, ax, made.outline)
        if not any(len(layer.frame) for layer in made.layers):
            ax.text(0.5, 0.5, "no row to show", transform=ax.transAxes, ha="center", va="center", fontsize=11, zorder=9)
        _scale_bar(ax, scale_length(east - west + 2 * pad))
        _legends(fig, made, ax.get_position().x1 + 0.15 / width, 1 - (top + 0.06) / height, height)
    vars(fig)["datakit_alt"] = made.alt
    return fig


def _paint_areas(ax, layer, z):
    colours = layer.spec["colours"]
    index = layer.classes.index if layer.classes else np.zeros(len(layer.frame), dtype=int)
    edges = {"edgecolor": "face", "linewidth": 0.2} if layer.spec["canvas"] else {"edgecolor": "#fff", "linewidth": 0.4}
    layer.frame.plot(
        ax=ax, color=[colours[i] for i in index], **edges, alpha=layer.spec["opacity"], zorder=z, aspect=None
    )


def _paint_lines(ax, layer, z):
    colours = layer.spec["colours"]
    index = layer.classes.index if layer.classes else np.zeros(len(layer.frame), dtype=int)
    layer.frame.plot(ax=ax, color=[colours[i] for i in index], linewidth=1.2, zorder=z, aspect=None)


def _paint_points(ax, layer, z):
    colours = np.array(layer.spec["colours"])
    n = len(layer.frame)
    index = layer.classes.index if layer.classes else np.zeros(n, dtype=int)
    order = np.random.default_rng(2026).permutation(n)
    if layer.classes and layer.classes.missing is not None:  # known values are not hidden under unknown ones
        order = order[np.argsort(index[order] != layer.classes.missing, kind="stable")]
    if layer.sizes:
        order = np.argsort(-np.asarray(layer.radius), kind="stable")  # big circles under small ones
        area = (np.asarray(layer.radius)[order] * 2 * PIXEL) ** 2
    else:
        area = 1.0 if n > 20_000 else 2.0 if n > 5_000 else 6.0 if n > 1_000 else 22.0
    x, y = layer.frame.geometry.x.to_numpy()[order], layer.frame.geometry.y.to_numpy()[order]
    edges = {"edgecolors": "#ffffff", "linewidths": 0.4} if n <= 1_000 else {"linewidths": 0}
    ax.scatter(x, y, s=area, c=colours[index[order]], zorder=z, alpha=0.9, rasterized=n > 1_000, **edges)


_PAINT = {"area": _paint_areas, "line": _paint_lines, "point": _paint_points}


def _names(fig, ax, outline):
    """Names of the outline's areas, the biggest first, each only where it covers no other."""
    with needed_by("datakit.show.maps"):
        from matplotlib.patheffects import withStroke

    column = name_column(outline)
    if column is None or len(outline) > 60:
        return
    renderer = fig.canvas.get_renderer()
    taken = []
    frame = ax.get_window_extent(renderer)
    for i in np.argsort(-outline.area.to_numpy()):
        spot = outline.geometry.iloc[i].representative_point()
        halo = [withStroke(linewidth=2, foreground="white", alpha=0.85)]
        text = ax.text(
            spot.x,
            spot.y,
            str(outline[column].iloc[i]),
            fontsize=7,
            ha="center",
            va="center",
            zorder=8,
            color="#222222",
            path_effects=halo,
        )
        box = text.get_window_extent(renderer).expanded(1.02, 1.1)
        if any(box.overlaps(b) for b in taken) or box.x0 < frame.x0 or box.x1 > frame.x1:
            text.remove()
        else:
            taken.append(box)


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


def _legends(fig, made, x, y, height):
    """Every layer's legend and notes, stacked from the top beside the map."""
    with needed_by("datakit.show.maps"):
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

    renderer = fig.canvas.get_renderer()

    def block(handles, title, y):
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
        return drawn.get_window_extent(renderer).y0 / fig.bbox.height - 0.08 / height

    for layer in made.layers:
        classes = layer.classes
        labels = classes.labels if classes else [layer.heading]
        counts = classes.counts if classes else [len(layer.frame)]
        handles = []
        for i, (colour, label, count) in enumerate(zip(layer.spec["colours"], labels, counts, strict=False)):
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
        y = block(handles, wrap(layer.heading, 27) if classes else None, y)
        if layer.sizes:
            rings = [
                Line2D(
                    [],
                    [],
                    ls="",
                    marker="o",
                    mfc="none",
                    mec="#444444",
                    label=number(v),
                    ms=2 * PIXEL * max(BIGGEST * (v / layer.sizes[1]) ** 0.5, SMALLEST),
                )
                for v in size_examples(layer.sizes[1])
            ]
            y = block(rings, wrap(layer.sizes[0], 27), y)
        # Paper cannot be clicked: what bubbles do is left out.
        notes = ([classes.note] if classes else []) + [n for n in layer.notes if "bubbles" not in n]
        text = "\n".join(wrap(n[0].upper() + n[1:], 32) for n in notes if n)
        if text:
            fig.text(x, y, text, fontsize=7, color="#555555", va="top")
            y -= (text.count("\n") + 1) * 7 * 1.3 / 72 / height
        y -= 0.14 / height


def scale_length(width: float) -> float:
    """A round length, in metres, of about a quarter of ``width``."""
    target = max(width, 1.0) / 4
    power = 10 ** math.floor(math.log10(target))
    return next(step * power for step in (5, 2, 1) if step * power <= target)
