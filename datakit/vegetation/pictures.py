"""The maps and figures of the chapters: each says its result in words, and nothing of a handful of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.show import charts, maps
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
TOO_FEW, UNKNOWN = f"fewer than {FEW} residents", "not known"
GREY = {TOO_FEW: "#c9c9c9", UNKNOWN: "#8f8f8f"}
ROOM_BREAKS, GREEN_BREAKS = (5, 15, 30, 50), (3, 10, 20, 30)


def green(found: gpd.GeoDataFrame, outline: gpd.GeoDataFrame, data: Tables) -> Map:
    """A map of the vegetated share of areas, of `datakit.vegetation.cover.green`."""
    shown = found.assign(**{f"{name} (%)": 100 * found[f"{name}_share"] for name in ("green", *_layers(found))})
    low, high = shown["green (%)"].min(), shown["green (%)"].max()
    return maps.choropleth(
        shown.round(1),
        "green (%)",
        labels="name",
        outline=outline,
        tooltip=[f"{name} (%)" for name in _layers(found)],
        scheme=list(GREEN_BREAKS),
        title="Vegetated ground by IRIS",
        unit="% of the area",
        legend=", ".join(_layers(found)),
        caption="Share of each IRIS under any of these layers; overlaps count once. Private gardens, lawns and fields "
        "are in none of them.",
        alt=f"Map of {len(shown)} IRIS by share of vegetated ground, from {low:.0f} to {high:.0f} %.",
        data=data,
    )


def _layers(found):
    return [name.removesuffix("_share") for name in found if name.endswith("_share") and name != "green_share"]


def parts_met(
    cells: gpd.GeoDataFrame, met: pd.DataFrame, residents: pd.Series, outline: gpd.GeoDataFrame, data: Tables
) -> Map:
    """A map of the parts of the 3-30-300 rule that cells with residents meet."""
    number = met["met"]
    words = np.select([number >= 2.5, number >= 1.5, number >= 0.5, number >= 0], list(PARTS_MET), UNKNOWN)
    words = np.where(residents < FEW, TOO_FEW, words)
    colours = PARTS_MET | GREY
    shown = cells.assign(
        **{
            "parts met": pd.Categorical(words, list(colours), ordered=True),
            "homes that see trees (%)": 100 * met["three_trees"],
            "canopy around (%)": 100 * met["canopy"],
            "m on foot to a park": met["walk"].replace(np.inf, np.nan),
        }
    )[residents > 0]
    tooltip = ["homes that see trees (%)", "canopy around (%)", "m on foot to a park"]
    shown.loc[shown["parts met"].eq(TOO_FEW), tooltip] = np.nan
    counted = shown["parts met"].value_counts()
    return maps.choropleth(
        shown.round(0),
        "parts met",
        labels="cell",
        outline=outline,
        tooltip=tooltip,
        colours=colours,
        title="Parts of the 3-30-300 rule that are met, where people live",
        unit="",
        legend="parts met",
        caption="Cells in which somebody lives. Three trees are met where half of the homes or more see them. Nothing "
        f"is said of a cell with fewer than {FEW} residents.",
        alt=f"Map of {len(shown)} cells where people live: {counted['three']} meet all three parts of the rule, "
        f"{counted['none']} none; {counted[TOO_FEW]} have fewer than {FEW} residents.",
        data=data,
    )


def lorenz(curve: pd.DataFrame, half: float, data: Tables) -> Shown:
    """The curve of canopy around residents; ``half``: what the half with least of it has, 0 to 1."""
    fig, ax = charts.figure(
        f"Lorenz curve of canopy around residents: the half with least of it around them has {100 * half:.0f} %.",
        title="How evenly canopy is shared among residents",
        size=(5.6, 5.4),
        data=data,
    )
    ax.plot(100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[2], lw=2, label="canopy around home")
    ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label="the same for everybody")
    ax.plot([50, 50, 0], [0, 100 * half, 100 * half], color="#555555", lw=1, ls=":")
    ax.set(xlabel="residents, those with least first (%)", ylabel="share of all canopy around homes (%)")
    ax.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    charts.legend(ax, loc="upper left")
    return charts.show(fig)


def hot_days(summers: pd.DataFrame, stations: Sequence[str], threshold: float, data: Tables) -> Shown:
    """Lines of hot days by year, of `datakit.vegetation.heat.yearly`; a summer without count leaves a gap."""
    lost = summers[summers["station"].isin(stations) & summers["days"].isna()]
    gaps = "All summers were observed enough."
    if len(lost):
        gaps = f"Summers not observed enough, {len(lost)} in all, have no count and leave a gap, marked with a cross."
    fig, ax = charts.figure(
        f"Lines of hot days per year at {len(stations)} {'station' if len(stations) == 1 else 'stations'}. {gaps}",
        title=f"Days with {threshold:.0f} °C or more",
        data=data,
    )
    for k, station in enumerate(stations):
        line = summers[summers["station"] == station]
        colour = charts.CATEGORICAL[k]
        ax.plot(line["year"], line["days"], "o-", ms=3.5, color=colour, label=line["station_name"].iloc[0])
        gap = line[line["days"].isna()]
        ax.plot(gap["year"], np.full(len(gap), -1.5 - 1.5 * k), "x", color=colour)
    if len(lost):
        ax.plot([], [], "x", color="#555555", label="summer not observed enough: no count")
    ax.set(xlabel="year", ylabel="hot days a year")
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return charts.show(fig)


def room(found: gpd.GeoDataFrame, public: pd.Series, outline: gpd.GeoDataFrame, data: Tables) -> Map:
    """A map of free ground by cell, and how much of it is public."""
    shown = found.assign(
        **{"free (%)": (100 * found["plantable_share"]).round(0), "public free ground (m²)": public.round(0)}
    )
    some = int((found["plantable_share"] >= 0.5).sum())
    return maps.choropleth(
        shown,
        "free (%)",
        labels="cell",
        outline=outline,
        tooltip=["public free ground (m²)"],
        scheme=list(ROOM_BREAKS),
        title="Ground without a known obstacle",
        unit="% of the cell, upper bound",
        legend="free ground",
        caption="What buildings, roads, rails, water, sports grounds, woods and crowns leave, with some distance. "
        "Pipes, fields and the use that people make of a place are in none of these layers.",
        alt=f"Map of {len(shown)} cells by free ground; in {some} of them half of the ground or more is free.",
        data=data,
    )


def firm(
    cells: gpd.GeoDataFrame, order: pd.DataFrame, public: pd.Series, outline: gpd.GeoDataFrame, data: Tables
) -> Map:
    """A map of where planting comes first, by how often it does when choices are drawn."""
    shown = cells.assign(
        confidence=priority.confidence(order["top_share"]),
        **{
            "among the first (% of draws)": (100 * order["top_share"]).round(0),
            "public free ground (m²)": public.round(0),
        },
    )
    number = int((order["first"] & (order["top_share"] >= FIRM)).sum())
    return maps.choropleth(
        shown,
        "confidence",
        labels="cell",
        outline=outline,
        tooltip=["among the first (% of draws)", "public free ground (m²)"],
        colours=priority.CONFIDENCE,
        title="Where planting comes first on public ground, and how sure that is",
        unit="",
        legend="among the first tenth",
        caption="Dark cells come first in nine draws of ten or more, whatever is drawn of the weights, the heat of the "
        "zones, the room and the distances.",
        alt=f"Map of {len(shown)} cells: {number} are among the first tenth in nine draws of ten, in dark.",
        data=data,
    )


def need_and_room(order: pd.DataFrame, share: pd.Series, enough: float, data: Tables) -> Shown:
    """Need against public room: what comes first, and what is needed but has no room."""
    known, first = order["rank"].notna(), order["first"]
    sure = first & (order["top_share"] >= FIRM)
    fig, ax = charts.figure(
        f"Scatter of {known.sum()} cells by public free ground and need; {sure.sum()} of the {first.sum()} first are "
        "so in nine draws of ten.",
        title="Need against room",
        data=data,
    )
    for mask, colour, label in (
        (known & ~first, "#b5b5b5", "other cells"),
        (first & ~sure, charts.CATEGORICAL[1], "first tenth, by our choices"),
        (sure, "#7f2704", "first tenth in nine draws of ten"),
    ):
        ax.scatter(100 * share[mask], order.loc[mask, "need"], s=9, color=colour, label=label)
    ax.axvline(100 * enough, color="#555555", lw=1, ls="--", label="enough room")
    ax.set(xlabel="public free ground (% of the cell, upper bound)", ylabel="need (0 to 1)", ylim=(0, 1.02))
    ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return charts.show(fig)


def later(table: pd.DataFrame, column: str, words: str, years: int, data: Tables) -> Shown:
    """Bars of one figure of `datakit.vegetation.future.compare`: today, and a later date without planting and with."""
    rows = []
    for when in future.COLUMNS:
        middle, low, high = (100 * value for value in future.spread(table, column, when))
        name = "today" if when == future.COLUMNS[0] else f"in {years} years, {when}"
        rows.append({"when": name, "share": middle, "low": low, "high": high})
    shown = pd.DataFrame(rows)
    told = ", ".join(f"{row['when']}: {row['share']:.1f} %" for row in rows)
    fig, _ = charts.bars(
        shown,
        "share",
        "when",
        low="low",
        high="high",
        title=words,
        unit="% of residents; lines: few or many trees die",
        alt=f"Bars of the residents with {words}. {told}.",
        data=data,
    )
    return charts.show(fig)
