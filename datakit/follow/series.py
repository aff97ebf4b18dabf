"""From the table to the series that are tested: the mean of the areas where it is tried, and that of the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from datakit.follow.computing import OK

if TYPE_CHECKING:
    from datakit.dossier.form import Experiment, Indicator


@dataclass(frozen=True)
class Series:
    """One indicator's months.

    Attributes
    ----------
    indicator : Indicator
    start : Period
        The first whole month of the experiment.
    end : Period
        The last one that was planned.
    trial, low, high : pandas.Series
        Mean of the areas where the solution is tried, by month; NaN where one of them has no value, since a mean of
        the others would be another figure. Its range is known for one area only.
    comparison : pandas.Series, optional
        The same of the comparison areas.
    unit : str
    said : DataFrame
        The rows of the table about which there is something to say: ``month``, ``area``, ``status``, ``why``,
        ``former``.
    areas : tuple of str
        Both parts'.
    left_out : list of str
        Months before a change of the notebook, whose data is not there any more to compute them again.
    data : DataFrame
        Empty: it carries whose data the months are made of.
    """

    indicator: Indicator
    start: pd.Period
    end: pd.Period
    trial: pd.Series
    low: pd.Series
    high: pd.Series
    comparison: pd.Series | None
    unit: str
    said: pd.DataFrame
    areas: tuple[str, ...]
    left_out: list[str]
    data: pd.DataFrame

    @property
    def tested(self) -> pd.Series:
        """What the test looks at: the trial's months, or their differences with the comparison's."""
        return self.trial if self.comparison is None else self.trial - self.comparison

    @property
    def paired(self) -> bool:
        return self.comparison is not None

    @property
    def before(self) -> pd.Series:
        """What is tested, before the start."""
        return self.tested[self.tested.index < self.start]


def first_month(experiment: Experiment) -> pd.Period:
    """The first whole month of an experiment: one that begins in the middle of a month begins with the next."""
    month = pd.Period(experiment.start, freq="M")
    return month if experiment.start is not None and experiment.start.day == 1 else month + 1


def series(table: pd.DataFrame, indicator: Indicator, experiment: Experiment, last: str | None = None) -> Series:
    """The series of an indicator.

    Parameters
    ----------
    table : DataFrame
        Of `datakit.follow.table.update`.
    indicator : Indicator
    experiment : Experiment
        With a start.
    last : str, optional
        The month after which nothing is looked at; by default the last of the experiment.

    Returns
    -------
    Series
        A month in which the experiment began after its first day is in neither part.
    """
    start = first_month(experiment)
    end = start + experiment.months - 1
    rows = table[(table["indicator"] == indicator.id) & (table["month"] <= min(last or str(end), str(end)))]
    codes = rows.loc[rows["code"] != "", ["month", "code"]].sort_values("month")["code"]
    old = (rows["code"] != "") & (rows["code"] != (codes.iloc[-1] if len(codes) else ""))
    left_out = sorted(set(rows.loc[old, "month"]))
    rows = rows[~old]
    months = pd.period_range(rows["month"].min(), rows["month"].max(), freq="M")
    parts = {part: _means(some, months) for part, some in rows.groupby("part")}
    trial = parts["trial"]
    if start - 1 in months and experiment.start is not None and experiment.start.day > 1:
        for frame in parts.values():
            frame.loc[start - 1] = float("nan")
    units = rows.loc[rows["value"].notna(), "unit"]
    return Series(
        indicator,
        start,
        end,
        trial["value"],
        trial["low"],
        trial["high"],
        parts["comparison"]["value"] if "comparison" in parts else None,
        units.iloc[0] if len(units) else "",
        rows.loc[(rows["status"] != OK) | (rows["why"] != ""), ["month", "area", "status", "why", "former"]],
        tuple(rows["area"].unique()),
        left_out,
        _credited(rows),
    )


def _credited(rows):
    found = {one["id"]: one for said in rows["sources"] if said for one in json.loads(said)}
    frame = pd.DataFrame()
    frame.attrs["datakit_sources"] = list(found.values())
    return frame


def _means(rows, months):
    """By month, the mean of areas that all have a value; the range of a single one."""
    by_month = rows.groupby(pd.PeriodIndex(rows["month"], freq="M"))
    whole = by_month["value"].apply(lambda values: values.mean(skipna=False))
    alone = len(set(rows["area"])) == 1
    ranges = {name: by_month[name].first() if alone else float("nan") for name in ("low", "high")}
    return pd.DataFrame({"value": whole, **ranges}).reindex(months).astype(float)
