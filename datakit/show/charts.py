"""Figures in the kit's style: labelled, sourced, described in words."""

from __future__ import annotations

import base64
import html
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _, worded
from datakit.show.style import (
    CATEGORICAL,
    DIVERGING,
    RC,
    SEQUENTIAL,
    STAMP_COLOUR,
    alike,
    number,
    palette,
    sources,
    with_unit,
    wrap,
)
from datakit.show.words import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

__all__ = [
    "CATEGORICAL",
    "DIVERGING",
    "SEQUENTIAL",
    "bars",
    "figure",
    "legend",
    "number",
    "palette",
    "show",
    "with_unit",
]


READABLE = 0.7  # of a picture's width, below which its letters (10 points, drawn at 15 pixels) are hard to read


@overload
def figure(
    alt: str,
    *,
    title: str | None = None,
    size: tuple[float, float] = (8, 4.5),
    data: Iterable[pd.DataFrame] = (),
    nrows: Literal[1] = 1,
    ncols: Literal[1] = 1,
) -> tuple[Figure, Axes]: ...
@overload
def figure(
    alt: str,
    *,
    title: str | None = None,
    size: tuple[float, float] = (8, 4.5),
    data: Iterable[pd.DataFrame] = (),
    nrows: int = 1,
    ncols: int = 1,
) -> tuple[Figure, Axes | np.ndarray]: ...
def figure(
    alt: str,
    *,
    title: str | None = None,
    size: tuple[float, float] = (8, 4.5),
    data: Iterable[pd.DataFrame] = (),
    nrows: int = 1,
    ncols: int = 1,
) -> tuple[Figure, Axes | np.ndarray]:
    """Start a figure in the kit's style, with a source line and, on invented data, the SYNTHETIC SAMPLE stamp.

    Parameters
    ----------
    alt : str
        What the figure shows, for a person who cannot see it. Required.
    title : str, optional
        Written at the top left. In English, as ``alt`` and all that is written on the figure later: it is shown in the
        user's language where its French is known (`datakit.show.phrase` for texts with figures in them).
    size : (float, float)
        Width and height in inches.
    data : iterable of DataFrame
        The tables drawn; their ``attrs["datakit"]`` feeds the source line.
    nrows, ncols : int
        Panels; with more than one, ``ax`` is an array of Axes.

    Returns
    -------
    fig : matplotlib.figure.Figure
        Not registered with pyplot: nothing leaks, nothing is shown twice.
    ax : matplotlib.axes.Axes or ndarray of Axes

    Raises
    ------
    WrongUse
        ``alt`` is empty.
    """
    with needed_by(__name__):
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

    if not str(alt or "").strip():
        raise WrongUse(
            "charts.figure", _("a figure needs alt text"), expected=_("one or two sentences saying what it shows")
        )
    with matplotlib.rc_context(RC):
        engine = ConstrainedLayoutEngine()
        fig = Figure(figsize=size, layout=engine)
        FigureCanvasAgg(fig)
        ax = fig.subplots(nrows, ncols)
        if title:
            title = _(title)
            title = title[:1].upper() + title[1:]  # it may be made of a column's words
            fig.suptitle(wrap(title, int(size[0] * 9.5)), x=0.01, ha="left", fontweight="bold", fontsize=12)
    vars(fig)["datakit_alt"] = _(str(alt))
    height = _foot(fig, sources(data))
    engine.set(rect=(0, (height + 0.1) / size[1], 1, 1 - (height + 0.1) / size[1]))
    return fig, ax


def _foot(fig, found):
    """The stamp and the line of sources at the foot of a figure; the inches that they take."""
    width, high = fig.get_size_inches()
    columns = int(width * 15)
    lines = [(wrap(found.synthetic, columns), STAMP_COLOUR, "bold")] if found.synthetic else []
    lines.append((wrap(found.text, columns), "#555555", "normal"))
    height = 0.0
    for text, colour, weight in reversed(lines):
        y = (0.06 + height) / high
        fig.text(0.01, y, text, ha="left", va="bottom", fontsize=7.5, color=colour, fontweight=weight)
        height += 0.135 * (text.count("\n") + 1)
    return height


class Shown:
    """A figure as HTML: a PNG picture with its alt text. In a notebook it is displayed by being a cell's last line."""

    def __init__(self, png: bytes, alt: str, width: int) -> None:
        self.png, self.alt, self.width = png, alt, width

    def _repr_html_(self):
        # On a phone a picture as narrow as the screen could not be read: it scrolls sideways in a box of its own.
        data, least = base64.b64encode(self.png).decode(), round(READABLE * self.width)
        return (
            f'<div class="dk-wide" style="overflow-x:auto"><img src="data:image/png;base64,{data}" '
            f'alt="{html.escape(self.alt)}" '
            f'style="display:block;width:clamp({least}px,100%,{self.width}px);max-width:none;background:#fff"></div>'
        )

    def __repr__(self):
        return _("Figure: {alt}").format(alt=self.alt)

    def save(self, path: str | Path) -> str | Path:
        """Write the PNG to ``path``."""
        with open(path, "wb") as file:
            file.write(self.png)
        return path


def show(fig: Figure, alt: str | None = None) -> Shown:
    """A figure as something a notebook displays with its alt text.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        From :func:`figure`, or any other (then ``alt`` is required).
    alt : str, optional
        Replaces the alt text given to :func:`figure`.

    Returns
    -------
    Shown
        Make it the last line of a cell. ``.save(path)`` writes the PNG.

    Raises
    ------
    WrongUse
        No alt text, or an axis that shows data and has no label.
    """
    alt = alt or getattr(fig, "datakit_alt", None)
    if not alt:
        raise WrongUse("charts.show", _("a figure needs alt text"), next="charts.show(fig, alt='...')")
    alt = _(alt)
    with needed_by(__name__):
        from datakit.show import ticks

    for ax in fig.axes:
        ticks.write(ax.xaxis)
        ticks.write(ax.yaxis)
    _translate(fig)
    fig.draw_without_rendering()  # ticks get their texts
    for ax in fig.axes:
        silent = [n for n in "xy" if not getattr(ax, f"get_{n}label")() and _needs_label(ax, n)]
        if silent:
            raise WrongUse(
                "charts.show",
                _("the x and y axis has no label")
                if len(silent) > 1
                else _("the {name} axis has no label").format(name=silent[0]),
                found=ax.get_title() or _("a panel"),
                expected="ax.set(xlabel='height (m)', ylabel='trees')",
            )
    out = io.BytesIO()
    with needed_by(__name__):
        import matplotlib

    with matplotlib.rc_context(RC):
        fig.savefig(out, format="png", dpi=110, metadata={"Description": alt, "Software": None})
    if pyplot := sys.modules.get("matplotlib.pyplot"):  # else it cannot hold the figure; it costs 28 MB to import
        pyplot.close(fig)
    return Shown(out.getvalue(), alt, round(fig.get_figwidth() * 110))


def _translate(fig):
    """Say what is written on a figure in the user's language, where its French is known."""
    with needed_by(__name__):
        from matplotlib.text import Text

    for text in fig.findobj(Text):
        text.set_text(drawn(text.get_text()))


def legend(ax: Axes, **style: Any) -> Legend:
    """A legend in the order in which the curves end at the right, the highest first; what is no curve comes last.

    Where the eye cannot tell ends apart (a fiftieth of the axis), the mean height of the curves decides.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        With curves that have labels.
    **style
        What ``ax.legend`` takes: ``fontsize``, ``loc``, and so on.

    Returns
    -------
    matplotlib.legend.Legend
    """
    handles, labels = ax.get_legend_handles_labels()
    bottom, top = ax.get_ylim()  # an inverted axis turns the signs, and so the order
    heights = np.array([_heights(handle) for handle in handles]).reshape(-1, 2) / (bottom - top)
    order = np.lexsort((heights[:, 1], np.rint(50 * heights[:, 0])))  # NaN comes last
    return ax.legend([handles[i] for i in order], [labels[i] for i in order], **({"fontsize": 8} | style))


def _heights(handle):
    """Height of the last known point of a curve and of all its points on average, NaN for anything else."""
    points = np.asarray(handle.get_xydata() if hasattr(handle, "get_xydata") else np.empty((0, 2)), dtype=float)
    points = points[np.isfinite(points).all(axis=1)]
    return (points[points[:, 0].argmax(), 1], points[:, 1].mean()) if len(points) else (np.nan, np.nan)


def _needs_label(ax, name):
    """Whether an axis shows numbers, which mean nothing without a name and a unit. Named categories do."""
    axis = getattr(ax, f"{name}axis")
    if not ax.axison or not ax.has_data() or not axis.get_visible():
        return False
    texts = [t.get_text() for t in axis.get_ticklabels() if t.get_visible()]
    return any(re.fullmatch(r"[-\u2212]?[\d.,\u202f ]+(e.*)?", t) for t in texts)


def bars(
    frame: pd.DataFrame,
    value: str,
    label: str,
    *,
    alt: str,
    title: str,
    unit: str,
    low: str | None = None,
    high: str | None = None,
    reference: tuple[float, str] | None = None,
    size: tuple[float, float] | None = None,
    data: Iterable[pd.DataFrame] | None = None,
    top: int | None = None,
) -> tuple[Figure, Axes]:
    """Horizontal bars, one per row, with intervals where there are any: the chart most comparisons need.

    Parameters
    ----------
    frame : DataFrame
        One row per bar, in the order of display from the top.
    value, label : str
        Columns of the bar's length and of its name.
    alt, title, unit : str
        Alt text, title, and the words under the axis (for example ``"trees"``).
    low, high : str, optional
        Columns with the limits of an interval.
    reference : (float, str), optional
        A vertical line and its name, for example a mean.
    size : (float, float), optional
        Inches; by default as high as the rows need.
    data : iterable of DataFrame, optional
        Tables for the source line, ``[frame]`` by default.
    top : int, optional
        Show only the first rows; the axis says how many of them.

    Returns
    -------
    fig, ax
        Rows without a value are named with "no data", never drawn as zero.
    """
    if top is not None and top < len(frame):
        shown = _("the first {n} of {total} are shown").format(n=top, total=number(len(frame)))
        frame, unit = frame.head(top), f"{worded(unit)}\n{shown}"
    size = size or (8, 1.6 + 0.3 * max(len(frame), 2))
    fig, ax = figure(alt, title=title, size=size, data=[frame] if data is None else data)
    values = pd.to_numeric(frame[value]).to_numpy(dtype=float, na_value=np.nan)
    place = np.arange(len(frame))
    ends = np.nan_to_num(values)
    ax.barh(place, ends, color=CATEGORICAL[0], height=0.7)
    if low is not None and high is not None:
        ends = np.fmax(ends, _whiskers(ax, values, frame[low].to_numpy(float), frame[high].to_numpy(float)))
    right = max(ends.max(initial=0), reference[0] if reference else 0, 0)
    reach = right - min(np.nan_to_num(values).min(initial=0), 0) or 1
    ax.set_yticks(place, [wrap(worded(str(n)), 40) for n in frame[label]])
    ax.set_ylim(len(frame) - 0.4, -0.95 if reference else -0.6)
    ax.set_xlim(right=right + 0.1 * reach)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(worded(unit))
    _write_values(ax, values, np.maximum(ends, 0), reference)
    return fig, ax


def _whiskers(ax, values, lows, highs):
    """Draw intervals over bars; where they end at the right, 0 for a bar without one."""
    open_ = np.where(highs > lows, 1.0, np.nan)  # an interval without length would look like a stroke of its own
    arms = [(values - lows) * open_, (highs - values) * open_]
    ax.errorbar(values, np.arange(len(values)), xerr=arms, fmt="none", ecolor="#222222", capsize=3, lw=1.2)
    return np.nan_to_num(highs)


def _write_values(ax, values, ends, reference):
    """Each bar's value beside its end, or beyond the line of reference where that would run through the figures."""
    look = {"textcoords": "offset points", "xytext": (4, 0), "va": "center", "fontsize": 8.5, "color": "#333333"}
    said = enumerate(zip(alike(values), ends, strict=True))
    texts = [ax.annotate(text, (end, y), **look) for y, (text, end) in said]
    if not reference:
        return
    ax.axvline(reference[0], color="#222222", ls="--", lw=1)
    ax.text(reference[0], -0.75, f" {worded(reference[1])}", fontsize=8.5, va="bottom", ha="left")
    ax.figure.draw_without_rendering()  # the layout settles how wide a figure is along the axis
    line = ax.transData.transform((reference[0], 0))[0]
    for text in texts:
        box = text.get_window_extent()
        if box.x0 - 3 < line < box.x1 + 3:
            text.xy = (reference[0], text.xy[1])
