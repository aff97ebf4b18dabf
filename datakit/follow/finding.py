"""What is said of each indicator: whether it changed, what could have been seen, and what forbids a conclusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import CannotAnswer
from datakit.extras import needed_by
from datakit.follow.change import LEVEL, drift, step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.follow.change import Change
    from datakit.follow.series import Series

# What can be said, from the clearest: moved as promised, moved the other way, no change told apart, nothing can be
# concluded from these series, too short to tell, not judged before the end.
BETTER, WORSE, NONE, DOUBTFUL, SHORT, EARLY = VERDICTS = ("better", "worse", "none", "doubtful", "short", "early")


@dataclass(frozen=True)
class Finding:
    """One indicator.

    Attributes
    ----------
    series : Series
    verdict : {"better", "worse", "none", "doubtful", "short", "early"}
    change : Change, optional
        None where it cannot be estimated: ``why`` says why.
    why : str
    adjusted : float, optional
        Its p among all indicators that were tested (Holm 1979); None before the end.
    tested : int
        How many indicators were.
    placebo : Change, optional
        The same test at a date before the start, when nothing began; None where the baseline is too short for it.
    placebo_at : str
        That month.
    drift : Change, optional
        Of the differences before the start, where there is a comparison: parallel trends have none.
    """

    series: Series
    verdict: str
    change: Change | None = None
    why: str = ""
    adjusted: float | None = None
    tested: int = 0
    placebo: Change | None = None
    placebo_at: str = ""
    drift: Change | None = None

    @property
    def one_year(self) -> bool:
        """Whether a drift under way, or a season of its own in one place, would look like a change."""
        if self.change is None:
            return False
        return not (self.change.season if self.series.paired else self.change.drift)


def findings(every: Sequence[Series], *, final: bool) -> list[Finding]:
    """Test each indicator, and judge them together.

    The test is made once, at the end: whoever looks each month and stops at the first alarm has more false ones than
    the level says. Before, estimates and ranges are there, and no verdict.

    Parameters
    ----------
    every : list of Series
    final : bool
        Whether the experiment is over.

    Returns
    -------
    list of Finding
        In the same order. One whose placebo test alarms, whose differences drifted apart before the start, or which
        may have drifted itself for all that less than two years show, is doubtful, whatever its p.
    """
    with needed_by(__name__):
        from statsmodels.stats.multitest import multipletests

    changes, whys = zip(*(_or_why(one.tested, one.start, one.paired) for one in every), strict=True)
    known = [n for n, change in enumerate(changes) if change is not None]
    adjusted = multipletests([changes[n].p for n in known], LEVEL, "holm")[1] if known and final else []
    holm = {n: float(p) for n, p in zip(known, adjusted, strict=False)}
    made = []
    for n, one in enumerate(every):
        change, placebo_at = changes[n], one.start - _shift(one)
        terms = change and (change.season, change.drift)
        placebo = _or_why(one.before, placebo_at, one.paired, terms)[0] if change else None
        moved = _drift(one) if one.paired else None
        p = holm.get(n)
        verdict = _verdict(one, change, p, placebo, moved) if final else EARLY
        made.append(
            Finding(one, verdict, change, whys[n], p, len(known), placebo, str(placebo_at) if placebo else "", moved)
        )
    return made


def _shift(one):
    """How many months before the start the placebo date lies: as many as the experiment has."""
    return (one.end - one.start).n + 1


def _or_why(values, start, paired, terms=None):
    try:
        return step(values, start, paired=paired, terms=terms), ""
    except CannotAnswer as error:
        return None, error.what


def _drift(one):
    try:
        return drift(one.before, paired=True)
    except CannotAnswer:
        return None


def _verdict(one, change, p, placebo, moved):
    if change is None:
        return SHORT
    drifting = not (one.paired or change.drift)  # for all that the months show
    if p < LEVEL:
        doubts = any(other is not None and other.found for other in (placebo, moved))
        if doubts or drifting:
            return DOUBTFUL
        return BETTER if (change.estimate > 0) == (one.indicator.better == "higher") else WORSE
    return SHORT if change.short or drifting else NONE
