"""Invented and real tables are not added together: a real place on an invented contour is a false statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.data.layers import synthetic

if TYPE_CHECKING:
    import pandas as pd


def keep_real(
    reference: pd.DataFrame, *, rehearsal: bool = False, **frames: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame | None], list[str]]:
    """Of several optional tables, keep those that may be combined with ``reference``.

    Parameters
    ----------
    reference : DataFrame
        The table that everything else is placed on, as loaded (usually the communes).
    rehearsal : bool
        Keep invented tables beside a real reference: to try out a whole chain before the real layers are there. What
        comes of it says nothing about the real place, and is to be stamped as invented.
    **frames : DataFrame
        Tables by name, as loaded.

    Returns
    -------
    kept : dict
        The tables, None in place of those that are invented while the reference is real. When the reference itself is
        invented everything is kept: the whole result is then stamped as invented.
    invented : list of str
        Names of the tables that are invented beside a real reference: replaced by None, or kept in a rehearsal.
    """
    invented = [] if synthetic(reference) else [name for name, frame in frames.items() if synthetic(frame)]
    gone = [] if rehearsal else invented
    return {name: None if name in gone else frame for name, frame in frames.items()}, invented
