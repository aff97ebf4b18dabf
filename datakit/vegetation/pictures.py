"""The maps and figures of the chapters: each says its result in words, and nothing of a handful of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.language import _, ngettext, pgettext
from datakit.show import charts, maps
from datakit.show.style import number
from datakit.vegetation import future, priority
from datakit.vegetation.firmness import FIRM
from datakit.vegetation.placing import FEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from datakit.show.charts import Shown
    from datakit.show.maps import Map

    Tables = Iterable[pd.DataFrame]

# From dark to light, so that the order is seen by every eye; a test holds them apart as they are drawn.
PARTS_MET = {"three": "#00441b", "two": "#238b45", "one": "#8fd08f", "none": "#fff2cc"}
TOO_FEW, UNKNOWN = "too few", "unknown"
GREY = {TOO_FEW: "#c9c9c9", UNKNOWN: "#8f8f8f"}
ROOM_BREAKS, GREEN_BREAKS = (5, 15, 30, 50), (3, 10, 20, 30)


def green(found: gpd.GeoDataFrame, outline: gpd.GeoDataFrame, data: Tables) -> Map:
    """A map of the vegetated share of areas, of `datakit.vegetation.cover.green`."""
    names = {name: _("{words} (%)").format(words=_(name)) for name in ("green", *_layers(found))}
    shown = found.assign(**{words: 100 * found[f"{name}_share"] for name, words in names.items()})
    whole = names.pop("green")
    return maps.choropleth(
        shown.round(1),
        whole,
        labels="name",
        outline=outline,
        tooltip=list(names.values()),
        scheme=list(GREEN_BREAKS),
        title=_("Vegetated ground by IRIS"),
        unit=_("% of the area"),
        legend=", ".join(map(_, _layers(found))),
        caption=_(
            "Share of each IRIS under any of these layers; overlaps count once. Private gardens, lawns and fields "
            "are in none of them."
        ),
        alt=_("Map of {n} IRIS by share of vegetated ground, from {low} to {high} %.").format(
            n=len(shown), low=number(shown[whole].min(), 0), high=number(shown[whole].max(), 0)
        ),
        data=data,
    )


def _layers(found):
    return [name.removesuffix("_share") for name in found if name.endswith("_share") and name != "green_share"]


def parts_met(
    cells: gpd.GeoDataFrame, met: pd.DataFrame, residents: pd.Series, outline: gpd.GeoDataFrame, data: Tables
) -> Map:
    """A map of the parts of the 3-30-300 rule that cells with residents meet."""
    count = met["met"]
    words = np.select([count >= 2.5, count >= 1.5, count >= 0.5, count >= 0], list(PARTS_MET), UNKNOWN)
    words = np.where(residents < FEW, TOO_FEW, words)
    parts = _("parts met")
    said = {
        "three": pgettext("parts of the rule", "three"),
        "two": pgettext("parts of the rule", "two"),
        "one": pgettext("parts of the rule", "one"),
        "none": pgettext("parts of the rule", "none"),
        TOO_FEW: _("fewer than {few} residents").format(few=FEW),
        UNKNOWN: _("not known"),
    }
    figures = {
        _("homes that see trees (%)"): 100 * met["three_trees"],
        _("canopy around (%)"): 100 * met["canopy"],
        _("m on foot to a park"): met["walk"].replace(np.inf, np.nan),
    }
    kinds = pd.Categorical([said[word] for word in words], list(said.values()), ordered=True)
    shown = cells.assign(**{parts: kinds, **figures})[residents > 0]
    shown.loc[shown[parts].eq(said[TOO_FEW]), list(figures)] = np.nan
    counted = shown[parts].value_counts()
    return maps.choropleth(
        shown.round(0),
        parts,
        labels="cell",
        outline=outline,
        tooltip=list(figures),
        colours={said[name]: colour for name, colour in (PARTS_MET | GREY).items()},
        title=_("Parts of the 3-30-300 rule that are met, where people live"),
        unit="",
        legend=parts,
        caption=_(
            "Cells in which somebody lives. Three trees are met where half of the homes or more see them. Nothing "
            "is said of a cell with fewer than {few} residents."
        ).format(few=FEW),
        alt=_(
            "Map of {n} cells where people live: {three} meet all three parts of the rule, {none} none; {hidden} have "
            "fewer than {few} residents."
        ).format(
            n=len(shown),
            three=counted[said["three"]],
            none=counted[said["none"]],
            hidden=counted[said[TOO_FEW]],
            few=FEW,
        ),
        data=data,
    )


def lorenz(curve: pd.DataFrame, half: float, data: Tables) -> Shown:
    """The curve of canopy around residents; ``half``: what the half with least of it has, 0 to 1."""
    fig, ax = charts.figure(
        _("Lorenz curve of canopy around residents: the half with least of it around them has {share} %.").format(
            share=number(100 * half, 0)
        ),
        title=_("How evenly canopy is shared among residents"),
        size=(5.6, 5.4),
        data=data,
    )
    ax.plot(
        100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[2], lw=2, label=_("canopy around home")
    )
    ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label=_("the same for everybody"))
    ax.plot([50, 50, 0], [0, 100 * half, 100 * half], color="#555555", lw=1, ls=":")
    ax.set(xlabel=_("residents, those with least first (%)"), ylabel=_("share of all canopy around homes (%)"))
    ax.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    charts.legend(ax, loc="upper left")
    return charts.show(fig)


def hot_days(summers: pd.DataFrame, stations: Sequence[str], threshold: float, data: Tables) -> Shown:
    """Lines of hot days by year, of `datakit.vegetation.heat.yearly`; a summer without count leaves a gap."""
    lost = summers[summers["station"].isin(stations) & summers["days"].isna()]
    gaps = _("All summers were observed enough.")
    if len(lost):
        gaps = _("Summers not observed enough, {n} in all, have no count and leave a gap, marked with a cross.").format(
            n=len(lost)
        )
    lines = ngettext(
        "Lines of hot days per year at {n} station. {gaps}",
        "Lines of hot days per year at {n} stations. {gaps}",
        len(stations),
    )
    fig, ax = charts.figure(
        lines.format(n=len(stations), gaps=gaps),
        title=_("Days with {limit} °C or more").format(limit=number(threshold, 0)),
        data=data,
    )
    for k, station in enumerate(stations):
        line = summers[summers["station"] == station]
        colour = charts.CATEGORICAL[k]
        ax.plot(line["year"], line["days"], "o-", ms=3.5, color=colour, label=line["station_name"].iloc[0])
        gap = line[line["days"].isna()]
        ax.plot(gap["year"], np.full(len(gap), -1.5 - 1.5 * k), "x", color=colour)
    if len(lost):
        ax.plot([], [], "x", color="#555555", label=_("summer not observed enough: no count"))
    ax.set(xlabel=_("year"), ylabel=_("hot days a year"))
    ax.locator_params(axis="x", integer=True)
    ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return charts.show(fig)


def room(found: gpd.GeoDataFrame, public: pd.Series, outline: gpd.GeoDataFrame, data: Tables) -> Map:
    """A map of free ground by cell, and how much of it is public."""
    free, owned = _("free (%)"), _("public free ground (m²)")
    shown = found.assign(**{free: (100 * found["plantable_share"]).round(0), owned: public.round(0)})
    some = int((found["plantable_share"] >= 0.5).sum())
    return maps.choropleth(
        shown,
        free,
        labels="cell",
        outline=outline,
        tooltip=[owned],
        scheme=list(ROOM_BREAKS),
        title=_("Ground without a known obstacle"),
        unit=_("% of the cell, upper bound"),
        legend=_("free ground"),
        caption=_(
            "What buildings, roads, rails, water, sports grounds, woods and crowns leave, with some distance. "
            "Pipes, fields and the use that people make of a place are in none of these layers."
        ),
        alt=_("Map of {n} cells by free ground; in {some} of them half of the ground or more is free.").format(
            n=len(shown), some=some
        ),
        data=data,
    )


def firm(
    cells: gpd.GeoDataFrame, order: pd.DataFrame, public: pd.Series, outline: gpd.GeoDataFrame, data: Tables
) -> Map:
    """A map of where planting comes first, by how often it does when choices are drawn."""
    sure, drawn, owned = _("among the first tenth"), _("among the first (% of draws)"), _("public free ground (m²)")
    said = {name: _(name) for name in priority.CONFIDENCE}
    shown = cells.assign(
        **{
            sure: priority.confidence(order["top_share"]).cat.rename_categories(said),
            drawn: (100 * order["top_share"]).round(0),
            owned: public.round(0),
        },
    )
    firm = int((order["first"] & (order["top_share"] >= FIRM)).sum())
    return maps.choropleth(
        shown,
        sure,
        labels="cell",
        outline=outline,
        tooltip=[drawn, owned],
        colours={said[name]: colour for name, colour in priority.CONFIDENCE.items()},
        title=_("Where planting comes first on public ground, and how sure that is"),
        unit="",
        legend=sure,
        caption=_(
            "Dark cells come first in nine draws of ten or more, whatever is drawn of the weights, the heat of the "
            "zones, the room and the distances."
        ),
        alt=_("Map of {n} cells: {firm} are among the first tenth in nine draws of ten, in dark.").format(
            n=len(shown), firm=firm
        ),
        data=data,
    )


def need_and_room(order: pd.DataFrame, share: pd.Series, enough: float, data: Tables) -> Shown:
    """Need against public room: what comes first, and what is needed but has no room."""
    known, first = order["rank"].notna(), order["first"]
    sure = first & (order["top_share"] >= FIRM)
    fig, ax = charts.figure(
        _(
            "Scatter of {n} cells by public free ground and need; {sure} of the {first} first are so in nine draws of "
            "ten."
        ).format(n=known.sum(), sure=sure.sum(), first=first.sum()),
        title=_("Need against room"),
        data=data,
    )
    for mask, colour, label in (
        (known & ~first, "#b5b5b5", _("other cells")),
        (first & ~sure, charts.CATEGORICAL[1], _("first tenth, by our choices")),
        (sure, "#7f2704", _("first tenth in nine draws of ten")),
    ):
        ax.scatter(100 * share[mask], order.loc[mask, "need"], s=9, color=colour, label=label)
    ax.axvline(100 * enough, color="#555555", lw=1, ls="--", label=_("enough room"))
    ax.set(xlabel=_("public free ground (% of the cell, upper bound)"), ylabel=_("need (0 to 1)"), ylim=(0, 1.02))
    ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return charts.show(fig)


def later(table: pd.DataFrame, column: str, words: str, years: int, data: Tables) -> Shown:
    """Bars of one figure of `datakit.vegetation.future.compare`: today, and a later date without planting and with."""
    rows = []
    for when in future.COLUMNS:
        middle, low, high = (100 * value for value in future.spread(table, column, when))
        name = _("today")
        if when != future.COLUMNS[0]:
            name = _("in {years} years, {planting}").format(years=years, planting=_(when))
        rows.append({"when": name, "share": middle, "low": low, "high": high})
    shown = pd.DataFrame(rows)
    told = ", ".join(
        _("{when}: {share} %").format(when=when, share=number(share, 1))
        for when, share in zip(shown["when"], shown["share"], strict=True)
    )
    fig, _ax = charts.bars(
        shown,
        "share",
        "when",
        low="low",
        high="high",
        title=_(words),
        unit=_("% of residents; lines: few or many trees die"),
        alt=_("Bars of the residents with {what}. {told}.").format(what=_(words), told=told),
        data=data,
    )
    return charts.show(fig)
