"""Figures in the kit's style: labelled, sourced, described in words, and key results that a program can read."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import pandas as pd

from datakit.data.provenance import RESULTS_MIME
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.show import tables
from datakit.show.style import (
    CATEGORICAL,
    DIVERGING,
    RC,
    SEQUENTIAL,
    STAMP_COLOUR,
    number,
    palette,
    sources,
    with_unit,
    wrap,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "CATEGORICAL",
    "DIVERGING",
    "RESULTS_MIME",
    "SEQUENTIAL",
    "bars",
    "figure",
    "key_results",
    "number",
    "palette",
    "show",
    "with_unit",
]

RESULT_COLUMNS = ["result", "value", "unit", "low", "high", "note"]


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
        Written at the top left.
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
        raise WrongUse("charts.figure", "a figure needs alt text", expected="one or two sentences saying what it shows")
    with matplotlib.rc_context(RC):
        engine = ConstrainedLayoutEngine()
        fig = Figure(figsize=size, layout=engine)
        FigureCanvasAgg(fig)
        ax = fig.subplots(nrows, ncols)
        if title:
            fig.suptitle(wrap(title, int(size[0] * 9.5)), x=0.01, ha="left", fontweight="bold", fontsize=12)
    vars(fig)["datakit_alt"] = str(alt)
    found = sources(data)
    columns = int(size[0] * 15)
    lines = [(wrap(found.synthetic, columns), STAMP_COLOUR, "bold")] if found.synthetic else []
    lines.append((wrap(found.text, columns), "#555555", "normal"))
    height = 0.0
    for text, colour, weight in reversed(lines):
        y = (0.06 + height) / size[1]
        fig.text(0.01, y, text, ha="left", va="bottom", fontsize=7.5, color=colour, fontweight=weight)
        height += 0.135 * (text.count("\n") + 1)
    engine.set(rect=(0, (height + 0.1) / size[1], 1, 1 - (height + 0.1) / size[1]))
    return fig, ax


class Shown:
    """A figure as HTML: a PNG picture with its alt text. In a notebook it is displayed by being a cell's last line."""

    def __init__(self, png: bytes, alt: str, width: int) -> None:
        self.png, self.alt, self.width = png, alt, width

    def _repr_html_(self):
        data = base64.b64encode(self.png).decode()
        return (
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" '
            f'style="max-width:100%;width:{self.width}px;background:#fff">'
        )

    def __repr__(self):
        return f"Figure: {self.alt}"

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
        raise WrongUse("charts.show", "a figure needs alt text", next="charts.show(fig, alt='...')")
    fig.draw_without_rendering()  # ticks get their texts
    for ax in fig.axes:
        silent = [n for n in "xy" if not getattr(ax, f"get_{n}label")() and _needs_label(ax, n)]
        if silent:
            raise WrongUse(
                "charts.show",
                f"the {' and '.join(silent)} axis has no label",
                found=ax.get_title() or "a panel",
                expected="ax.set(xlabel='height (m)', ylabel='trees')",
            )
    out = io.BytesIO()
    with needed_by(__name__):
        import matplotlib

    with matplotlib.rc_context(RC):
        fig.savefig(out, format="png", dpi=110, metadata={"Description": alt, "Software": None})
    with needed_by(__name__):
        import matplotlib.pyplot as plt

    plt.close(fig)
    return Shown(out.getvalue(), alt, round(fig.get_figwidth() * 110))


def _needs_label(ax, name):
    """Whether an axis shows numbers, which mean nothing without a name and a unit. Named categories do."""
    axis = getattr(ax, f"{name}axis")
    if not ax.axison or not ax.has_data() or not axis.get_visible():
        return False
    texts = [t.get_text() for t in axis.get_ticklabels() if t.get_visible()]
    return any(re.fullmatch(r"[-\u2212]?[\d.,\u202f ]+(e.*)?", t) for t in texts)


def key_results(rows: Iterable[dict | tuple]) -> KeyResults:
    """The results of a notebook as a small table that people read and the runner and tests compare.

    Parameters
    ----------
    rows : list of dict or tuple
        ``result`` (a name), ``value``, ``unit``, ``low``, ``high`` (an interval, where there is one), ``note``; as
        dicts with at least ``result`` and ``value``, or tuples in that order.

    Returns
    -------
    KeyResults
        A DataFrame with the columns result, value, unit, low, high, note. Displayed in a notebook it also carries
        ``application/vnd.datakit.results+json``, so make it the last line of the cell.

    Raises
    ------
    WrongUse
        An unknown entry, a result without name or value, the same name twice, or an interval that is upside down.
    """
    records: list[dict] = []
    for row in rows:
        row = dict(row) if isinstance(row, dict) else dict(zip(RESULT_COLUMNS, row, strict=False))
        unknown = sorted(set(row) - set(RESULT_COLUMNS))
        if unknown or not row.get("result") or _plain(row.get("value")) is None:
            raise WrongUse(
                "charts.key_results",
                "a result needs a name and a value" if not unknown else "unknown entry",
                expected=", ".join(RESULT_COLUMNS),
                found=", ".join(unknown) or repr(row),
            )
        record = {c: _plain(row.get(c)) for c in RESULT_COLUMNS}
        record["unit"], record["note"] = record["unit"] or "", record["note"] or ""
        low, high = record["low"], record["high"]
        if low is not None and high is not None and low > high:
            raise WrongUse(
                "charts.key_results", f"the interval of {record['result']!r} is upside down", found=f"{low} > {high}"
            )
        if any(r["result"] == record["result"] for r in records):
            raise WrongUse("charts.key_results", "two results have the same name", found=repr(record["result"]))
        records.append(record)
    frame = KeyResults(records, columns=RESULT_COLUMNS)
    frame["value"] = pd.Series([r["value"] for r in records], dtype=object)  # 23 communes stay 23, not 23.0
    # A column of None only would be shown as an empty object column; NaN keeps numbers numbers.
    for column in ("low", "high"):
        frame[column] = pd.to_numeric(frame[column])
    return frame


class KeyResults(pd.DataFrame):
    """A DataFrame of key results that shows itself for people and for programs."""

    @property
    def _constructor(self):
        return pd.DataFrame  # a selection of it is an ordinary table

    def records(self) -> list[dict]:
        """The results as JSON-ready dicts, missing limits as None."""
        return [{k: _plain(v) for k, v in r.items()} for r in self.to_dict("records")]

    def _readable(self):
        text = pd.DataFrame(self).copy()
        for column in ("value", "low", "high"):
            text[column] = [
                ("" if v is None or v != v else number(v))
                if isinstance(v, (int, float)) and not isinstance(v, bool)
                else str(v)
                for v in text[column].astype(object)
            ]
        return text

    def _repr_html_(self):
        shown = pd.DataFrame(self).astype(object)
        return tables.html(shown.where(shown.notna(), ""), caption="Key results", index=False)

    def __repr__(self):
        return self._readable().to_string(index=False)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {RESULTS_MIME: self.records(), "text/html": self._repr_html_(), "text/plain": repr(self)}


def _plain(value):
    """A JSON value: numpy numbers become Python's, floats are rounded to 10 digits, NaN becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, float):
        return float(f"{value:.10g}")
    return value if isinstance(value, (bool, int, str)) else str(value)


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
        Show only the first rows.

    Returns
    -------
    fig, ax
        Rows without a value are named with "no data", never drawn as zero.
    """
    frame = frame if top is None else frame.head(top)
    size = size or (8, 1.6 + 0.3 * max(len(frame), 2))
    fig, ax = figure(alt, title=title, size=size, data=[frame] if data is None else data)
    values = pd.to_numeric(frame[value]).to_numpy(dtype=float, na_value=np.nan)
    names = [str(n) for n in frame[label]]
    place = np.arange(len(frame))
    ax.barh(place, np.nan_to_num(values), color=CATEGORICAL[0], height=0.7)
    ends = np.nan_to_num(values)
    if low is not None and high is not None:
        lows, highs = frame[low].to_numpy(dtype=float), frame[high].to_numpy(dtype=float)
        ax.errorbar(
            values, place, xerr=[values - lows, highs - values], fmt="none", ecolor="#222222", capsize=3, lw=1.2
        )
        ends = np.fmax(ends, np.nan_to_num(highs))
    reach = max(ends.max(initial=0), 0) - min(np.nan_to_num(values).min(initial=0), 0) or 1
    for y, (v, end) in enumerate(zip(values, ends, strict=True)):
        ax.text(max(end, 0) + 0.012 * reach, y, number(v), va="center", fontsize=8.5, color="#333333")
    if reference:
        ax.axvline(reference[0], color="#222222", ls="--", lw=1)
        ax.text(reference[0], -0.75, f" {reference[1]}", fontsize=8.5, va="bottom", ha="left")
    ax.set_yticks(place, [wrap(n, 40) for n in names])
    ax.set_ylim(len(frame) - 0.4, -0.95 if reference else -0.6)
    ax.set_xlim(right=max(ends.max(initial=0), 0) + 0.1 * reach)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(unit)
    return fig, ax
