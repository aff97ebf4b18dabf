"""What a check finds: how many trees, of how many that it could judge, and the verdict by a pair of limits.

Limits are choices of this kit, in per cent of the trees judged: above the first, look; above the second, bad.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.trees.structure import planting_year

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

SLIP = (0, 1)  # impossible: one is worth a look, one in a hundred is a habit
CLASSES = (100, 100)  # counted, never judged
EXAMPLES = 3


@dataclasses.dataclass
class Finding:
    """One check: its group, key and field, the trees it counts out of those it could judge, its verdict."""

    group: str
    check: str
    field: str
    trees: int | None
    of: int
    verdict: str
    examples: list[str] = dataclasses.field(default_factory=list)
    facts: dict[str, str | float] = dataclasses.field(default_factory=dict)

    @property
    def share_pct(self) -> float:
        """Per cent of the trees judged."""
        return 100 * self.trees / self.of if self.trees is not None and self.of else np.nan


class Checks:
    """What the checks know of a table of trees, and the findings that they add, in order."""

    def __init__(self, frame: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None, today: pd.Timestamp) -> None:
        self.frame, self.area, self.today = frame, area, today
        self.found: list[Finding] = []
        self.n = len(frame)
        self.lost = (frame["statut"] == "lost").to_numpy(dtype=bool, na_value=False) if "statut" in frame else None
        self.planted = _planted(frame)
        self.surveyed = self.dates("date_releve").dt.year.to_numpy("float64", na_value=np.nan)
        self.year = _latest(self.surveyed) or _latest(self.planted) or today.year  # of the inventory as a whole

    def add(
        self,
        group: str,
        check: str,
        column: str,
        mask: ArrayLike,
        judged: ArrayLike | None = None,
        limits: tuple[float, float] = SLIP,
        **facts: str | float,
    ) -> None:
        """A finding from a mask; ``judged`` are the trees that can be judged (all when None), as a mask or a number."""
        mask = np.asarray(mask, dtype=bool)
        of = self.n if judged is None else int(np.sum(judged))
        some = () if mask.all() else self.examples(mask)  # of a whole column none is an example
        self.count(group, check, column, int(mask.sum()), of, limits, some, **facts)

    def count(
        self,
        group: str,
        check: str,
        column: str,
        trees: int,
        of: int,
        limits: tuple[float, float],
        examples: Sequence[str] = (),
        **facts: str | float,
    ) -> None:
        made = Finding(group, check, column, trees, of, "cannot tell", list(examples), facts)
        if of and limits is not CLASSES:
            made.verdict = "bad" if made.share_pct > limits[1] else "look" if made.share_pct > limits[0] else "ok"
        self.found.append(made)

    def untold(self, group: str, check: str, column: str = "", **facts: str | float) -> None:
        """A check that the table has no column for."""
        self.found.append(Finding(group, check, column, None, 0, "cannot tell", [], facts))

    def examples(self, mask: np.ndarray) -> list[str]:
        """The first ids of the trees of a mask, else the numbers of their rows."""
        at = np.flatnonzero(mask)[:EXAMPLES]
        if "id" not in self.frame:
            return [f"row {i + 1}" for i in at]
        ids = self.frame["id"].iloc[at]
        return [f"row {i + 1}" if pd.isna(own) else str(own) for i, own in zip(at, ids, strict=True)]

    def numbers(self, name: str) -> np.ndarray | None:
        """A column as floats, or None where it is absent, empty or text."""
        if name not in self.frame or not pd.api.types.is_numeric_dtype(self.frame[name]):
            return None
        found = self.frame[name].to_numpy("float64", na_value=np.nan)
        return found if np.isfinite(found).any() else None

    def dates(self, name: str) -> pd.Series:
        """A column as days without a time zone, all missing where it is absent."""
        if name not in self.frame:
            return pd.Series(pd.NaT, index=self.frame.index, dtype="datetime64[s]")
        column = self.frame[name]
        if not pd.api.types.is_datetime64_any_dtype(column):
            column = pd.to_datetime(column, errors="coerce", format="ISO8601")
        return column.dt.tz_localize(None) if column.dt.tz is not None else column


def _planted(frame):
    """Years of planting as floats; a column of whole years is taken as it is, for speed."""
    year = frame.get("annee_plantation")
    if year is None or not pd.api.types.is_numeric_dtype(year):
        return planting_year(frame).to_numpy("float64", na_value=np.nan)
    year = year.to_numpy("float64", na_value=np.nan)
    if "date_plantation" not in frame:
        return year
    dated = planting_year(frame[["date_plantation"]]).to_numpy("float64", na_value=np.nan)
    return np.where(np.isnan(year), dated, year)


def _latest(years):
    """The latest year that one tree in a thousand has, as `datakit.trees.structure.survey_year` takes it."""
    found, trees = np.unique(years[np.isfinite(years)], return_counts=True)
    return int(found[trees >= 0.001 * trees.sum()].max()) if len(found) else None
