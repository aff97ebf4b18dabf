"""Numbers along the axes of figures, written as everywhere else in the kit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from datakit.extras import needed_by
from datakit.show.style import number
from datakit.show.words import drawn

with needed_by(__name__):
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, Formatter, FuncFormatter, ScalarFormatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axis import Axis


class Numbers(Formatter):
    """Ticks by `datakit.show.style.number`, all of one axis with the same decimals."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return number(x)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        return [number(value, decimals(values)) for value in values]


class Names(Formatter):
    """Ticks that are words, in the user's language where their French is known."""

    def __init__(self, written: Formatter) -> None:
        self._written = written

    def __call__(self, x: float, pos: int | None = None) -> str:
        return drawn(self._written(x, pos))


def write(axis: Axis) -> None:
    """Write an axis of plain numbers in the kit's way, and names in the user's language; dates keep their own ticks.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    """
    written = axis.get_major_formatter()
    if type(written) is ScalarFormatter:
        axis.set_major_formatter(Numbers())
    elif type(written) in (
        FixedFormatter,
        FuncFormatter,
        StrCategoryFormatter,
    ):  # names that were typed, or of a column
        axis.set_major_formatter(Names(written))


def decimals(values: Sequence[float]) -> int:
    """How many decimals tell these numbers apart.

    Parameters
    ----------
    values : sequence of float

    Returns
    -------
    int
        At most 12.
    """
    known = np.asarray(values, dtype=float)
    close = 1e-6 * np.ptp(known) if len(known) > 1 else 0
    return next((d for d in range(12) if np.abs(np.round(known, d) - known).max(initial=0) <= close), 12)
