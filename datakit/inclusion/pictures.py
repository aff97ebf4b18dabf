"""The figures of the chapters on inclusion: what is drawn, not what is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.geo import fairness
from datakit.inclusion import gap, tables
from datakit.language import _
from datakit.show import charts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from datakit.show.answers import Value
    from datakit.show.charts import Shown


def older(ranked: pd.DataFrame, mean: float, *, data: Iterable[pd.DataFrame], most: int = 15) -> Shown:
    """Bars of the share aged 75 or older by commune: the first rows of `datakit.inclusion.areas.by_commune`."""
    shares = ranked["pop_75_plus_pct"].head(most)
    top, last, everybody = (charts.number(share, 1) for share in (shares.max(), shares.min(), mean))
    alt = _(
        "Bars of the share of inhabitants aged 75 or older in {n} communes, from {top} to {last} %; all together "
        "{mean} %."
    )
    fig, _ax = charts.bars(
        ranked.round(1),
        "pop_75_plus_pct",
        "name",
        low="low_pct",
        high="high_pct",
        reference=(mean, _("all: {share} %").format(share=everybody)),
        top=most,
        title=_("Inhabitants aged 75 or older, by commune (census)"),
        unit=_("% of inhabitants; lines: a rough 95 % sampling range, from 10,000 inhabitants on"),
        alt=alt.format(n=len(shares), top=top, last=last, mean=everybody),
        data=data,
    )
    return charts.show(fig)


def curves(shares: pd.DataFrame, labels: Mapping[str, str], *, data: Iterable[pd.DataFrame]) -> Shown:
    """Curves of `datakit.inclusion.access.curve`, one for each kind of service."""
    told = _("; ").join(f"{_(labels[name])} {charts.number(_half(shares[name]), 0)} m" for name in shares)
    alt = _(
        "Curves of the share of inhabitants whose way is longer than a distance. Half of them have more than: {told}."
    )
    fig, ax = charts.figure(
        alt.format(told=told),
        title=_("Inhabitants farther than a given way on foot"),
        data=data,
    )
    pens = [(colour, line) for line in ("-", "--") for colour in charts.CATEGORICAL]
    for name, (colour, line) in zip(shares, pens, strict=False):
        ax.plot(shares.index, shares[name], line, color=colour, label=_(labels[name]))
    last = shares.index.max()
    ax.set(xlim=(0, last), ylim=(0, 100))
    ax.set(xlabel=_("way on foot (m)"), ylabel=_("inhabitants farther than that (%)"))
    charts.legend(ax)
    return charts.show(fig)


def _half(share):
    """The first distance beyond which fewer than half are."""
    under = share.index[share < 50]
    return float(under[0]) if len(under) else float("nan")


def far(
    shares: pd.DataFrame, labels: Mapping[str, str], limits: Mapping[str, float], *, data: Iterable[pd.DataFrame]
) -> Shown:
    """Shares of `datakit.inclusion.access.far` with their ranges, a line for each kind and a mark for each group."""
    wide = shares.pivot_table(index="category", columns="group", values="far_pct", sort=False)
    groups = list(dict.fromkeys(shares["group"]))
    wide = wide.sort_values(groups[0], ascending=False)
    told = _told(wide.rename(index=labels))
    fig, ax = charts.figure(
        _("Share of inhabitants who are far from the nearest service of each kind. {told}.").format(told=told),
        title=_("Inhabitants who are far from the nearest service"),
        size=(8, 2.0 + 0.6 * len(wide)),
        data=data,
    )
    for shift, (group, colour, mark) in enumerate(zip(groups, charts.CATEGORICAL, "osD^", strict=False)):
        part = shares[shares["group"] == group].set_index("category").reindex(wide.index)
        y = np.arange(len(part)) + 0.22 * (shift - 1)
        ax.hlines(y, part["low_pct"], part["high_pct"], color=colour, lw=2)
        ax.plot(part["far_pct"], y, mark, color=colour, label=_(group))
    beyond = _("{kind}\n(more than {metres} m)")
    names = [beyond.format(kind=_(labels[c]), metres=charts.number(limits[c], 0)) for c in wide.index]
    ax.set_yticks(np.arange(len(names)), names)
    ax.set(xlabel=_("% of the group; lines: what the places of homes leave open"), xlim=(0, 100))
    ax.set_ylim(len(names) - 0.5, -0.5)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return charts.show(fig)


def rides(reached: pd.DataFrame, minutes: float, *, data: Iterable[pd.DataFrame]) -> Shown:
    """Share of inhabitants within some minutes of each kind of place (rows), by way of going (columns), in %."""
    alt = _("Share of inhabitants within {minutes} minutes from door to door. {told}.")
    title = _("Inhabitants within {minutes} minutes from door to door")
    fig, ax = charts.figure(
        alt.format(minutes=charts.number(minutes, 0), told=_told(reached)),
        title=title.format(minutes=charts.number(minutes, 0)),
        size=(8, 2.0 + 0.6 * len(reached)),
        data=data,
    )
    pens = zip(reached, charts.CATEGORICAL, "osD^", strict=False)
    for shift, (ride, colour, mark) in enumerate(pens):
        y = np.arange(len(reached)) + 0.18 * (shift - 1.5)
        ax.plot(reached[ride], y, mark, color=colour, label=_(ride), markersize=6)
    ax.set_yticks(np.arange(len(reached)), [_(kind) for kind in reached.index])
    ax.set(xlabel=_("% of inhabitants"), xlim=(0, 100))
    ax.set_ylim(len(reached) - 0.5, -0.5)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return charts.show(fig)


def _told(shares):
    """A table of percentages in words, row by row."""

    def said(row):
        return ", ".join(f"{_(name)} {charts.number(share, 0)} %" for name, share in row.items())

    return tables.told({_(kind): said(row) for kind, row in shares.iterrows()})


def hours(values: pd.Series, people: pd.Series, *, data: Iterable[pd.DataFrame]) -> Shown:
    """How evenly hours of help are shared: `datakit.geo.fairness.lorenz`, and what its lower half has."""
    curve = fairness.lorenz(values, people)
    half = 100 * float(np.interp(0.5, curve["people"], curve["share"]))
    alt = _("Lorenz curve of hours of help: the half of the inhabitants who have least has {half} % of them.")
    fig, ax = charts.figure(
        alt.format(half=charts.number(half, 0)),
        title=_("How evenly hours of help are shared"),
        size=(6.0, 5.2),
        data=data,
    )
    ax.plot(100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[0], label=_("as it is"))
    ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label=_("the same for everybody"))
    ax.plot([50, 50, 0], [0, half, half], color="#555555", lw=1, ls=":")
    told = _("half of them have {half} %").format(half=charts.number(half, 0))
    ax.annotate(told, (50, half), (7, -11), textcoords="offset points")
    ax.set(xlabel=_("inhabitants, those with least first (%)"), ylabel=_("hours of help (%)"))
    ax.set(xlim=(0, 100), ylim=(0, 100))
    ax.set_aspect("equal")
    ax.legend(fontsize=8, loc="upper left")
    return charts.show(fig)


def square(classes: pd.DataFrame, people: pd.Series, *, data: Iterable[pd.DataFrame]) -> Shown:
    """The nine classes as a square with the inhabitants of each: `datakit.inclusion.gap.square`."""
    fig, ax = charts.figure("-", title=_("Inhabitants by need and access"), size=(5.6, 4.2), data=data)
    found = gap.square(ax, classes, people)
    told = tables.told(
        {
            _(need): ", ".join(f"{_(way)} {charts.number(n, 0)}" for way, n in row.items())
            for need, row in found.iterrows()
        }
    )
    return charts.show(fig, alt=_("Square of nine classes with the inhabitants of each. {told}.").format(told=told))


def ratios(silent: pd.DataFrame, words: Mapping[str, str], *, data: Iterable[pd.DataFrame]) -> Shown:
    """Ratios of `datakit.inclusion.reports.silence` with their intervals, around 1; ``words`` say each group."""
    told = [_(words[group]) for group in silent["group"]]
    each = _("{name}: {ratio} ({low} to {high})")
    alt = _("; ").join(
        each.format(name=name, **{c: charts.number(row[c], 2) for c in ("ratio", "low", "high")})
        for name, row in zip(told, silent.to_dict("records"), strict=True)
    )
    fig, ax = charts.figure(
        _("Reports for the same defects, as a ratio to the mean area: {told}.").format(told=alt),
        title=_("Reports for the same defects, where more people are ..."),
        size=(8, 1.6 + 0.5 * len(silent)),
        data=data,
    )
    y = np.arange(len(silent))
    ax.hlines(y, silent["low"], silent["high"], color=charts.CATEGORICAL[0], lw=2)
    ax.plot(silent["ratio"], y, "o", color=charts.CATEGORICAL[0])
    ax.axvline(1, color="#222222", ls="--", lw=1)
    ax.set_yticks(y, told)
    ax.set_ylim(len(silent) - 0.5, -0.5)
    ax.set_xlabel(_("ratio; 1: as many as at the mean; lines: 95 in 100 draws"))
    return charts.show(fig)


def promised(words: Mapping[str, str], values: Mapping[str, Value], *, data: Iterable[pd.DataFrame]) -> Shown:
    """Bars of people newly near, as each way of choosing sites and of counting has it: with what is left open."""
    rows = [(_(words[name]), float(one.value), one.low, one.high) for name, one in values.items()]
    table = pd.DataFrame(rows, columns=["told", "people", "low", "high"])
    table = table.astype({"low": float, "high": float}).round(0)
    fig, _ax = charts.bars(
        table,
        "people",
        "told",
        low="low",
        high="high",
        title=_("People newly near"),
        unit=_("inhabitants; lines: what the places of homes leave open"),
        alt=tables.told({row.told: charts.number(row.people, 0) for row in table.itertuples()}),
        data=data,
    )
    return charts.show(fig)


def further(total: list[float], *, data: Iterable[pd.DataFrame]) -> Shown:
    """A curve of the people newly near by the number of places that are added, from one on."""
    told = ", ".join(charts.number(n, 0) for n in total)
    alt = _("People newly near with 1, 2, ... places: {told}.").format(told=told)
    fig, ax = charts.figure(alt, title=_("People newly near"), data=data)
    ax.plot(range(1, len(total) + 1), total, "o-", color=charts.CATEGORICAL[0])
    ax.set(xlabel=_("places added"), ylabel=_("inhabitants newly near"), ylim=(0, 1.05 * max(total)))
    ax.set_xticks(range(1, len(total) + 1))
    return charts.show(fig)
