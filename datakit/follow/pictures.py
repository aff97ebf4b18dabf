"""An indicator as a picture: its months, their ranges, the comparison, the start, and the months that say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.extras import needed_by
from datakit.follow import words
from datakit.follow.computing import OK, REVISED
from datakit.language import _, worded
from datakit.show import charts
from datakit.show.style import CATEGORICAL, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.axes import Axes

    from datakit.follow.finding import Finding
    from datakit.follow.series import Series
    from datakit.show.charts import Shown

TRIAL, COMPARISON, EXPECTED = CATEGORICAL[0], CATEGORICAL[1], "#444444"
SMALL = 3.0  # inches of height, under which there is no room for a second panel


def picture(finding: Finding, size: tuple[float, float] = (8, 3.4)) -> Shown:
    """Draw an indicator; with a comparison, the differences that are tested stand below.

    Parameters
    ----------
    finding : Finding
    size : (float, float)
        Inches.

    Returns
    -------
    Shown
    """
    one = finding.series
    alt = _("{title}, month by month, from {first} to {last}. {sentence}").format(
        title=one.indicator.title,
        first=words.month(str(one.trial.index[0])),
        last=words.month(str(one.trial.index[-1])),
        sentence=words.sentence(finding),
    )
    with needed_by(__name__):
        from matplotlib.text import Text

    split = one.paired and size[1] > SMALL
    fig, made = charts.figure(alt, size=size, data=[one.data], nrows=2 if split else 1)
    panels: Sequence[Axes] = list(np.ravel(np.asarray(made)))
    _months(panels[0], one)
    if split:
        _curve(panels[1], one.tested, _("difference"), EXPECTED)
        panels[0].tick_params(labelbottom=False)
    if finding.change is not None:
        since = one.trial.index[one.trial.index >= one.start]
        expected = finding.change.expected.reindex(since)  # a line over a missing month would fill it in
        if one.comparison is not None and not split:
            expected = expected + one.comparison.reindex(expected.index)
        label = _("expected without a change")
        panels[-1].plot(_place(expected.index), expected, color=EXPECTED, ls=":", lw=1.6, label=label)
    panels[0].axvline(one.start.ordinal - 0.5, color="#222222", ls="--", lw=1, label=_("start"))
    panels[-1].axvline(one.start.ordinal - 0.5, color="#222222", ls="--", lw=1)
    for panel in panels:
        _frame(panel, one, most=int(1.4 * size[0]))
        panel.set_ylabel(wrap(worded(one.unit) or one.indicator.title, 24), fontsize=8.5)
    for text in fig.findobj(Text):
        text.set_parse_math(False)  # a dollar in a team's unit is a dollar
    return charts.show(fig)


def _place(index: pd.PeriodIndex) -> np.ndarray:
    return np.array([period.ordinal for period in index], dtype=float)


def _months(ax: Axes, one: Series) -> None:
    """The curves of both places, ranges, revised months and months without a value."""
    where = _place(one.trial.index)
    known = one.low.notna() & one.high.notna()
    arms = [(one.trial - one.low)[known].clip(lower=0), (one.high - one.trial)[known].clip(lower=0)]
    if known.any():
        ax.errorbar(
            where[known], one.trial[known], yerr=arms, fmt="none", ecolor=TRIAL, alpha=0.45, capsize=2, lw=1, zorder=1
        )
    _curve(ax, one.trial, _("where it is tried") if one.paired else _("measured"), TRIAL)
    if one.comparison is not None:
        _curve(ax, one.comparison, _("comparison"), COMPARISON)
    said = one.said[one.said["status"] != OK]
    revised = pd.PeriodIndex(said.loc[said["status"] == REVISED, "month"].unique(), freq="M")
    again = one.trial.reindex(revised).dropna()
    if len(again):
        look: dict[str, Any] = {"mfc": "white", "mec": TRIAL, "ls": "", "marker": "o", "ms": 6, "zorder": 4}
        ax.plot(_place(again.index), again, label=_("revised"), **look)
    silent = one.trial.index[one.trial.isna()]
    if len(silent):
        foot = ax.get_xaxis_transform()
        look = {"ls": "", "marker": "x", "ms": 6, "color": "#a3280a", "clip_on": False, "zorder": 5}
        ax.plot(_place(silent), np.full(len(silent), 0.03), transform=foot, label=_("no value"), **look)


def _curve(ax, values, label, colour):
    ax.plot(_place(values.index), values, color=colour, marker="o", ms=3.2, lw=1.4, label=label)


def _frame(ax, one, most):
    """The months along the axis, at most so many of them named, and the legend."""
    first, last = one.trial.index[0], max(one.trial.index[-1], one.start)
    every = -(-((last - first).n + 1) // most)
    ticks = [one.start + k * every for k in range(-(one.start - first).n // every, (last - one.start).n // every + 1)]
    ax.set_xticks([t.ordinal for t in ticks], [words.month(str(t), "MMM y") for t in ticks], fontsize=8)
    ax.set_xlim(first.ordinal - 0.8, last.ordinal + 0.8)
    ax.tick_params(axis="y", labelsize=8)
    ax.legend(
        frameon=False,
        fontsize=7.5,
        ncols=6 if ax.figure.get_figwidth() > 6 else 3,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0.1,
        handlelength=1.6,
    )
