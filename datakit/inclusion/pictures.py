"""The figures and maps of the chapters on inclusion: what is drawn, not what is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.geo import fairness
from datakit.inclusion import gap
from datakit.show import charts, maps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from datakit.show.answers import Value
    from datakit.show.charts import Shown
    from datakit.show.maps.map import Map

FLAGGED = "To check: address contradicts place"
# The list alone is dark, so that it is found among many areas that are far and not on it.
FIRST = dict(zip(gap.STATES, ("#7a0019", "#f8ead2", "#c3cfe0", "#ffffff"), strict=True))


def places(
    inside: gpd.GeoDataFrame,
    labels: Mapping[str, str],
    communes: gpd.GeoDataFrame,
    *,
    data: Iterable[pd.DataFrame],
) -> Map:
    """Places by kind: the rarer a kind, the larger its dots, and the later they are drawn, so that it can be found.

    Parameters
    ----------
    inside : GeoDataFrame
        ``category``, ``name``, ``town``, ``flagged`` and points: see `datakit.inclusion.linkage.Collected`.
    labels : dict of str to str
        Category to its words; others are left out.
    communes : GeoDataFrame
    data : iterable of DataFrame

    Returns
    -------
    Map
    """
    kind = inside["category"].map(labels).where(~inside["flagged"], FLAGGED)
    shown = inside.assign(kind=kind)[inside["category"].isin(list(labels))]
    counts = shown["kind"].value_counts()
    colours = dict(zip(labels.values(), charts.CATEGORICAL, strict=False)) | {FLAGGED: "#000000"}
    told = ", ".join(f"{n} {name}" for name, n in counts.items())
    drawn = maps.Map(
        maps.Words(
            title="Places by kind",
            caption="One dot per place; the rarer a kind, the larger its dots. A blank may be a place without a "
            "service, or a service that the files do not list.",
            alt=f"Map of places by kind: {told}.",
        ),
        outline=communes,
        data=data,
        height=640,
    )
    for name, n in counts.items():
        drawn.add_points(
            shown[shown["kind"] == name][["kind", "name", "town", "geometry"]],
            colour=colours[name],
            size=4.0 if n == counts.max() else 8.0 if n < 30 else 5.5,
            labels="name",
            tooltip=["kind", "town"],
            legend=name,
            cluster=False,
        )
    return drawn.checked()


def older(ranked: pd.DataFrame, mean: float, *, data: Iterable[pd.DataFrame], most: int = 15) -> Shown:
    """Bars of the share aged 75 or older by commune: the first rows of `datakit.inclusion.areas.by_commune`."""
    shares = ranked["pop_75_plus_pct"].head(most)
    top, last = shares.max(), shares.min()
    fig, _ = charts.bars(
        ranked.round(1),
        "pop_75_plus_pct",
        "name",
        low="low_pct",
        high="high_pct",
        reference=(mean, f"all: {charts.number(mean, 1)} %"),
        top=most,
        title="Inhabitants aged 75 or older, by commune (census)",
        unit="% of inhabitants; lines: a rough 95 % sampling range, from 10,000 inhabitants on",
        alt=f"Bars of the share of inhabitants aged 75 or older in {len(shares)} communes, from {top:.1f} to "
        f"{last:.1f} %; all together {mean:.1f} %.",
        data=data,
    )
    return charts.show(fig)


def curves(shares: pd.DataFrame, labels: Mapping[str, str], *, data: Iterable[pd.DataFrame]) -> Shown:
    """Curves of `datakit.inclusion.access.curve`, one for each kind of service."""
    half = {name: _half(shares[name]) for name in shares}
    told = "; ".join(f"{labels[name]} {charts.number(metres, 0)} m" for name, metres in half.items())
    fig, ax = charts.figure(
        f"Curves of the share of inhabitants whose way is longer than a distance. Half of them have more than: {told}.",
        title="Inhabitants farther than a given way on foot",
        data=data,
    )
    pens = [(colour, line) for line in ("-", "--") for colour in charts.CATEGORICAL]
    for name, (colour, line) in zip(shares, pens, strict=False):
        ax.plot(shares.index, shares[name], line, color=colour, label=labels[name])
    last = shares.index.max()
    ax.set(xlabel="way on foot (m)", ylabel="inhabitants farther than that (%)", xlim=(0, last), ylim=(0, 100))
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
    told = "; ".join(f"{labels[c]}: " + ", ".join(f"{g} {row[g]:.0f} %" for g in groups) for c, row in wide.iterrows())
    fig, ax = charts.figure(
        f"Share of inhabitants who are far from the nearest service of each kind. {told}.",
        title="Inhabitants who are far from the nearest service",
        size=(8, 2.0 + 0.6 * len(wide)),
        data=data,
    )
    for shift, (group, colour, mark) in enumerate(zip(groups, charts.CATEGORICAL, "osD^", strict=False)):
        part = shares[shares["group"] == group].set_index("category").reindex(wide.index)
        y = np.arange(len(part)) + 0.22 * (shift - 1)
        ax.hlines(y, part["low_pct"], part["high_pct"], color=colour, lw=2)
        ax.plot(part["far_pct"], y, mark, color=colour, label=group)
    names = [f"{labels[c]}\n(more than {charts.number(limits[c], 0)} m)" for c in wide.index]
    ax.set_yticks(np.arange(len(names)), names)
    ax.set(xlabel="% of the group; lines: what the places of homes leave open", xlim=(0, 100))
    ax.set_ylim(len(names) - 0.5, -0.5)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return charts.show(fig)


def rides(reached: pd.DataFrame, minutes: float, *, data: Iterable[pd.DataFrame]) -> Shown:
    """Share of inhabitants within some minutes of each kind of place (rows), by way of going (columns), in %."""
    told = "; ".join(f"{k}: " + ", ".join(f"{r} {v:.0f} %" for r, v in row.items()) for k, row in reached.iterrows())
    fig, ax = charts.figure(
        f"Share of inhabitants within {minutes:.0f} minutes from door to door. {told}.",
        title=f"Inhabitants within {minutes:.0f} minutes from door to door",
        size=(8, 2.0 + 0.6 * len(reached)),
        data=data,
    )
    pens = zip(reached, charts.CATEGORICAL, "osD^", strict=False)
    for shift, (ride, colour, mark) in enumerate(pens):
        y = np.arange(len(reached)) + 0.18 * (shift - 1.5)
        ax.plot(reached[ride], y, mark, color=colour, label=ride, markersize=6)
    ax.set_yticks(np.arange(len(reached)), list(reached.index))
    ax.set(xlabel="% of inhabitants", xlim=(0, 100))
    ax.set_ylim(len(reached) - 0.5, -0.5)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return charts.show(fig)


def lorenz(values: pd.Series, people: pd.Series, what: str, *, data: Iterable[pd.DataFrame]) -> Shown:
    """How evenly something is shared: the curve of `datakit.geo.fairness.lorenz`, and what its lower half has."""
    curve = fairness.lorenz(values, people)
    half = 100 * float(np.interp(0.5, curve["people"], curve["share"]))
    fig, ax = charts.figure(
        f"Lorenz curve of {what}: the half of the inhabitants who have least has {half:.0f} % of them.",
        title=f"How evenly {what} are shared",
        size=(6.0, 5.2),
        data=data,
    )
    ax.plot(100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[0], label="as it is")
    ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label="the same for everybody")
    ax.plot([50, 50, 0], [0, half, half], color="#555555", lw=1, ls=":")
    ax.annotate(f"half of them have {half:.0f} %", (50, half), (7, -11), textcoords="offset points")
    ax.set(xlabel="inhabitants, those with least first (%)", ylabel=f"{what} (%)", xlim=(0, 100), ylim=(0, 100))
    ax.set_aspect("equal")
    ax.legend(fontsize=8, loc="upper left")
    return charts.show(fig)


def by_iris(
    areas: gpd.GeoDataFrame,
    values: pd.Series,
    communes: gpd.GeoDataFrame,
    *,
    title: str,
    unit: str,
    caption: str,
    data: Iterable[pd.DataFrame],
) -> Map:
    """A map of one figure by IRIS; the alt text names the highest.

    Parameters
    ----------
    areas : GeoDataFrame
        ``iris``, ``name`` and polygons.
    values : Series
        Indexed by ``iris``; missing where it is not to be shown.
    communes : GeoDataFrame
    title, unit, caption : str
    data : iterable of DataFrame
    """
    drawn = areas[["iris", "name", "geometry"]].assign(value=areas["iris"].map(values).astype(float))
    top = drawn.loc[drawn["value"].idxmax()]
    return maps.choropleth(
        drawn,
        "value",
        labels="name",
        outline=communes,
        title=title,
        unit=unit,
        legend=title,
        caption=caption,
        alt=f"Map of {int(drawn['value'].notna().sum())} IRIS; the highest is {top['name']}, "
        f"{charts.number(top['value'])} {unit}.",
        data=data,
    )


def need_and_access(
    areas: gpd.GeoDataFrame, classes: pd.DataFrame, communes: gpd.GeoDataFrame, *, data: Iterable[pd.DataFrame]
) -> Map:
    """A map of the nine classes of `datakit.inclusion.gap.bivariate`.

    Parameters
    ----------
    areas : GeoDataFrame
        ``iris``, ``name`` and polygons.
    classes : DataFrame
        Indexed by ``iris``.
    communes : GeoDataFrame
    data : iterable of DataFrame
    """
    drawn = areas[["iris", "name", "geometry"]].join(classes["label"], on="iris")
    colours = {f"{gap.LEVELS[a]}, {gap.WAYS[b]}": gap.COLOURS[a][b] for a in (2, 1, 0) for b in (2, 1, 0)}
    worst = int((drawn["label"] == f"{gap.LEVELS[2]}, {gap.WAYS[2]}").sum())
    return maps.choropleth(
        drawn,
        "label",
        labels="name",
        outline=communes,
        colours=colours | {gap.UNKNOWN: "#ffffff"},
        title="Need beside access",
        unit="",
        legend="each third of the inhabitants",
        caption="Thirds of the inhabitants by need, and by the way to the nearest place. An area is one colour, its "
        "inhabitants are not. White: figures are secret, hidden or missing.",
        alt=f"Map of {len(drawn)} IRIS in nine classes of need and access; {worst} have high need and bad access.",
        data=data,
        height=600,
    )


def first(table: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, data: Iterable[pd.DataFrame]) -> Map:
    """A map of the areas to look at first: `datakit.inclusion.gap.First.table`.

    Those that are far without being older or alone are hardly coloured: on this map only the list is to be seen. Those
    of which no way is known have the colour and the dashes of no data.
    """
    chosen, silent = int((table["state"] == gap.STATES[0]).sum()), int(table["state"].isna().sum())
    unknown = " No data: nobody lives there, or no way is known." if silent else ""
    columns = ["state", "name", "lacks", "which", "pop_75_plus_pct", "living_alone_pct", "geometry"]
    return maps.choropleth(
        table[columns].round(1),
        "state",
        labels="name",
        outline=communes,
        colours=FIRST,
        tooltip={
            "lacks": "kinds of services that are far",
            "which": "which kinds",
            "pop_75_plus_pct": "aged 75 or older (%)",
            "living_alone_pct": "living alone (%)",
        },
        title="Areas to look at first",
        unit="",
        legend="most inhabitants are",
        caption="An area is one colour, its inhabitants are not: many live near a service in an area that is mostly "
        f"far.{unknown}",
        alt=f"Map of {len(table)} areas: {chosen} are far from several kinds of services, and older or more alone"
        f"{f'; of {silent} no way is known' if silent else ''}.",
        data=data,
    )


def square(classes: pd.DataFrame, people: pd.Series, *, data: Iterable[pd.DataFrame]) -> Shown:
    """The nine classes as a square with the inhabitants of each: `datakit.inclusion.gap.square`."""
    fig, ax = charts.figure("-", title="Inhabitants by need and access", size=(5.6, 4.2), data=data)
    found = gap.square(ax, classes, people)
    told = "; ".join(
        f"{need}: " + ", ".join(f"{way} {n:.0f}" for way, n in row.items()) for need, row in found.iterrows()
    )
    return charts.show(fig, alt=f"Square of nine classes with the inhabitants of each. {told}.")


def ratios(
    silent: pd.DataFrame, words: Mapping[str, str], names: Mapping[str, str], *, data: Iterable[pd.DataFrame]
) -> Shown:
    """Ratios of `datakit.inclusion.reports.silence` with their intervals, around 1."""
    told = [words[names[group]] for group in silent["group"]]
    alt = "; ".join(
        f"{name}: {row.ratio:.2f} ({row.low:.2f} to {row.high:.2f})"
        for name, row in zip(told, silent.itertuples(), strict=True)
    )
    fig, ax = charts.figure(
        f"Reports for the same defects, as a ratio to the mean area: {alt}.",
        title="Reports for the same defects, where more people are ...",
        size=(8, 1.6 + 0.5 * len(silent)),
        data=data,
    )
    y = np.arange(len(silent))
    ax.hlines(y, silent["low"], silent["high"], color=charts.CATEGORICAL[0], lw=2)
    ax.plot(silent["ratio"], y, "o", color=charts.CATEGORICAL[0])
    ax.axvline(1, color="#222222", ls="--", lw=1)
    ax.set_yticks(y, told)
    ax.set_ylim(len(silent) - 0.5, -0.5)
    ax.set_xlabel("ratio; 1: as many as at the mean; lines: 95 in 100 draws")
    return charts.show(fig)


def promised(words: Mapping[str, str], values: Mapping[str, Value], *, data: Iterable[pd.DataFrame]) -> Shown:
    """Bars of people newly near, as each way of choosing sites and of counting has it: with what is left open."""
    rows = [(words[name], float(one.value), one.low, one.high) for name, one in values.items()]
    table = pd.DataFrame(rows, columns=["told", "people", "low", "high"])
    table = table.astype({"low": float, "high": float}).round(0)
    fig, _ = charts.bars(
        table,
        "people",
        "told",
        low="low",
        high="high",
        title="People newly near",
        unit="inhabitants; lines: what the places of homes leave open",
        alt="; ".join(f"{row.told}: {charts.number(row.people, 0)}" for row in table.itertuples()),
        data=data,
    )
    return charts.show(fig)


def further(total: list[float], *, data: Iterable[pd.DataFrame]) -> Shown:
    """A curve of the people newly near by the number of places that are added, from one on."""
    told = ", ".join(charts.number(n, 0) for n in total)
    fig, ax = charts.figure(f"People newly near with 1, 2, ... places: {told}.", title="People newly near", data=data)
    ax.plot(range(1, len(total) + 1), total, "o-", color=charts.CATEGORICAL[0])
    ax.set(xlabel="places added", ylabel="inhabitants newly near", ylim=(0, 1.05 * max(total)))
    ax.set_xticks(range(1, len(total) + 1))
    return charts.show(fig)


def sites(
    hosts: gpd.GeoDataFrame,
    chosen: Mapping[str, list[int]],
    present: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    data: Iterable[pd.DataFrame],
) -> Map:
    """Where places are, where they could be, and the sites that each way of choosing takes.

    Parameters
    ----------
    hosts : GeoDataFrame
        Candidates: ``name`` and points.
    chosen : dict of str to list of int
        Words to rows of ``hosts``; drawn in this order, the last on top.
    present : GeoDataFrame
        Places that exist.
    communes : GeoDataFrame
    data : iterable of DataFrame
    """
    told = "; ".join(f"{words}: {', '.join(hosts['name'].iloc[rows])}" for words, rows in chosen.items())
    drawn = maps.Map(
        maps.Words(
            title="Sites for new places",
            caption="Candidates are places that exist. Where two ways of choosing agree, one dot covers the other.",
            alt=f"Map of {len(hosts)} candidates and the sites chosen. {told}.",
        ),
        outline=communes,
        data=data,
        height=640,
    )
    drawn.add_points(present[["name", "geometry"]], colour="#777777", size=3.0, legend="places today", cluster=False)
    drawn.add_points(hosts[["name", "geometry"]], colour="#56B4E9", size=4.0, legend="candidates", cluster=False)
    for (words, rows), colour, size in zip(chosen.items(), ("#D55E00", "#000000"), (9.0, 6.0), strict=False):
        drawn.add_points(
            hosts.iloc[rows][["name", "geometry"]], colour=colour, size=size, labels="name", legend=words, cluster=False
        )
    return drawn.checked()
