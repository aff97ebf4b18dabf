# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Vegetation: where it is green, where not, where planting is possible and most needed
#
# **Question: where should the city plant first, and how far does the answer depend on our own choices?**
#
# Three things must meet: a place that needs trees, people who would have their shade, and ground that is free. This
# notebook measures each with open data, puts them together in the simplest way, and shows how firm the order is.

# %% [markdown]
# ## What you will learn
#
# - to measure a share of ground, with overlaps counted once;
# - to bring layers of different shapes onto one grid without losing anything on the way;
# - to find ground that could be planted, and why that is an upper bound;
# - to tell places that come first whatever the weights from those that do not;
# - to count hot days without mistaking a broken thermometer for a cool summer.
#
# **Time:** 30 minutes. **Before you start:** `00_start_here`, a little geopandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
cell_size: int = 200  # side of the grid's cells, metres
neighbourhood: float = 300.0  # distance around a cell within which vegetation counts, metres
offset_buildings: float = 5.0  # metres kept clear around buildings
offset_roads: float = 3.0  # metres kept clear beyond the carriageway
offset_vegetation: float = 2.0  # metres kept clear around existing vegetation
enough_room: float = 0.25  # plantable share of a cell from which more adds nothing
weight_heat: float = 1.0  # weight of heat in the need
weight_bare: float = 1.0  # weight of the lack of vegetation
weight_people: float = 1.0  # weight of residents aged 75 or more
station: str = "21473001"  # weather station; if it is not in the data, the one with most complete summers
hot_day: float = 30.0  # maximum temperature from which a day is hot, degrees Celsius
draws: int = 1000  # random sets of weights
seed: int = 0  # of every random draw

# %% [markdown]
# ## Load

# %% tags=["nbval-ignore-output"]
import warnings

import numpy as np
import pandas as pd

import datakit
from datakit import charts, maps
from datakit.vegetation import cover, grid, heat, planting, priority

communes = datakit.load("communes", origins)
iris = datakit.load("iris", origins)
people = datakit.load("census-iris-population", origins)
vegetation = datakit.load("bdtopo-vegetation", origins)
roads = datakit.load("bdtopo-roads", origins)
buildings = datakit.load("cadastre-buildings", origins)
climate_zones = datakit.load("lcz-cerema", origins)
history = datakit.load("meteo-daily", origins)
latest = datakit.load("meteo-daily-latest", origins)

# %% [markdown]
# ## Where the data comes from

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# ## Quality first
#
# What was set aside on loading, and what was mended.

# %%
layers = [communes, iris, people, vegetation, roads, buildings, climate_zones, history, latest]
quality = []
for layer in layers:
    said = layer.attrs["datakit"]
    rule = said["rejects"][0]["column"] + ": " + said["rejects"][0]["rule"] if said["rejects"] else ""
    mended = sum(int(note.split()[0]) for note in said["notes"] if "repaired" in note)
    quality.append((said["id"], said["rows_read"], said["rows_rejected"], rule, mended))
pd.DataFrame(quality, columns=["dataset", "rows read", "set aside", "for example", "shapes mended"])

# %% [markdown]
# No schema sees the next three. Do shapes overlap, so that adding areas would count ground twice? Are widths missing?
# Do the layers lie on the same territory? (When one layer is real and another invented, they do not, and the table says
# so.)

# %%
together = communes.union_all()
twice = vegetation.area.sum() - vegetation.union_all().area
ways = roads["nature"].isin(planting.PATHS)
unknown = roads.loc[~ways, "largeur_de_chaussee"].isna()
known_communes = sorted(buildings["commune"].unique())
city = communes[communes["commune"].isin(known_communes)]
strays = 1 - buildings.representative_point().within(city.union_all()).mean()
iris_beside = 1 - iris.union_all().intersection(together).area / iris.union_all().area
checks = [
    ("vegetation counted twice by a plain sum of areas", 100 * twice / vegetation.area.sum(), "% of the sum"),
    ("roads without a width (paths apart)", 100 * unknown.mean(), "% of sections"),
    ("buildings outside the contour of their commune", 100 * strays, "% of buildings"),
    ("IRIS outside the communes", 100 * iris_beside, "% of their area"),
]
checks = pd.DataFrame(checks, columns=["check", "value", "unit"]).round(1)
if strays > 0.02 or iris_beside > 0.02:
    print("Some layers do not lie on the same ground: look at the provenance table before reading any map below.")
checks

# %% [markdown]
# ## Where it is green, and where not
#
# BD TOPO draws **woody** vegetation: woods, forests, hedges, orchards, vines. Lawns, fields and single street trees are
# not in it. A low share therefore means few trees *in this layer*, not bare ground.

# %%
LOW = ["Vigne", "Verger", "Lande ligneuse"]  # woody, but little shade
green = cover.cover(communes, vegetation, "green")
green = cover.cover(green, vegetation[~vegetation["nature"].isin(LOW)], "trees")
empty = green.loc[green["green_area"] == 0, "name"].tolist()
share_all = 100 * green["green_area"].sum() / green.area.sum()
share_trees = 100 * green["trees_area"].sum() / green.area.sum()
print(
    f"Of the territory, {share_all:.1f} % has woody vegetation; {share_trees:.1f} % without vines, orchards and heath."
)
print("Communes without one polygon of vegetation (look before believing):", ", ".join(empty) or "none")

# %% tags=["nbval-ignore-output"]
shown = green.sort_values("green_share", ascending=False).reset_index(drop=True)
share = 100 * shown["green_share"]
fig, ax = charts.figure(
    f"Bars of the woody share of {len(shown)} communes: from {share.iloc[0]:.0f} % in {shown['name'].iloc[0]} to "
    f"{share.iloc[-1]:.0f} % in {shown['name'].iloc[-1]}. A darker part shows the share without vines and heath.",
    title="Ground under woody vegetation, by commune",
    size=(8, 6.5),
    data=[communes, vegetation],
)
ax.barh(shown["name"], share, color="#a6d854", label="vines, orchards and heath")
ax.barh(shown["name"], 100 * shown["trees_share"], color="#1b7837", label="woods, forests, hedges")
ax.invert_yaxis()
ax.grid(axis="y", visible=False)
ax.set_xlabel("share of the commune's area (%)")
ax.legend(loc="lower right")
charts.show(fig)

# %% [markdown]
# Communes are large. The same by IRIS, where people live.

# %% tags=["nbval-ignore-output"]
iris_green = cover.cover(iris, vegetation, "green")
iris_green["green (%)"] = (100 * iris_green["green_share"]).round(1)
iris_green = iris_green.merge(people[["iris", "pop_75_plus"]], on="iris", how="left")
barest = iris_green.nsmallest(1, "green_share").iloc[0]
maps.choropleth(
    iris_green,
    "green (%)",
    labels="name",
    outline=communes,
    tooltip={"pop_75_plus": "inhabitants aged 75 or more"},
    scheme=[1, 3, 10, 30],
    title="Woody vegetation by IRIS",
    unit="% of the area",
    legend="woody vegetation",
    caption="Share of each IRIS under woods, hedges, orchards or vines. Street trees, lawns and fields are not "
    "counted.",
    alt=f"Map of {len(iris_green)} IRIS by share of woody vegetation. The centre is the barest; one of the lowest is "
    f"{barest['name']}.",
    data=[vegetation, people, iris],
)

# %% [markdown]
# How many people live where there is little? Ages are known by IRIS, so this says "people of an IRIS", not "people at
# this distance from a tree".

# %%
ages = ["pop_0_14", "pop_15_29", "pop_30_44", "pop_45_59", "pop_60_74", "pop_75_plus"]
residents = people[["iris", "pop_75_plus"]].assign(everybody=people[ages].sum(axis=1, min_count=len(ages)))
lived = iris_green[["iris", "green_share"]].merge(residents, on="iris")
little = lived["green_share"] < 0.03
in_little = 100 * lived.loc[little, ["everybody", "pop_75_plus"]].sum() / lived[["everybody", "pop_75_plus"]].sum()
print(f"{little.sum()} of {len(lived)} IRIS have less than 3 % of woody vegetation; there live")
print(
    f"  {in_little['everybody']:.0f} % of the inhabitants and {in_little['pop_75_plus']:.0f} % of those aged 75 or more"
)
print(f"{len(people) - len(lived)} IRIS of the census have no contour here and are not counted")

# %% [markdown]
# ## Where planting is possible
#
# From each cell of the grid we take away buildings, carriageways and existing vegetation, each with some distance
# around it. What is left is ground on which **no known obstacle** stands: an upper bound, because private gardens, car
# parks, sports grounds, water and underground pipes are in none of these layers.
#
# Buildings are known for one commune only, so the question is asked there and nowhere else.

# %%
print("Buildings are known in:", ", ".join(f"{n} ({c})" for n, c in zip(city["name"], city["commune"], strict=True)))
offsets = planting.Offsets(buildings=offset_buildings, roads=offset_roads, vegetation=offset_vegetation)
cells = grid.grid(city, cell_size)
cells = planting.plantable(cells, buildings, roads, vegetation, offsets)
total = cells["plantable_area"].sum()
print(f"{len(cells)} cells of {cell_size} m; together {cells.area.sum() / 1e4:.0f} ha,", end=" ")
print(f"the commune has {city.area.sum() / 1e4:.0f} ha")
offsets

# %% [markdown]
# The distances are choices of this kit. How much do they matter? The same with half and with twice each of them.

# %%
span = {}
for name, factor in (("half", 0.5), ("as given", 1.0), ("twice", 2.0)):
    scaled = planting.Offsets(offset_buildings * factor, offset_roads * factor, offset_vegetation * factor)
    room = (
        cells if factor == 1 else planting.plantable(cells[["cell", "geometry"]], buildings, roads, vegetation, scaled)
    )
    span[name] = (room["plantable_area"].sum() / 1e4, 100 * room["plantable_area"].sum() / cells.area.sum())
pd.DataFrame(span, index=["plantable ground (ha)", "share of the commune (%)"]).T.round(1)

# %% [markdown]
# ## Where it is most needed
#
# Three indicators for each cell, turned into ranks so that they can be added:
#
# - **heat**: the local climate zones, from 0 (woods, water) to 1 (compact, paved). The numbers are choices of this kit:
#   they order forms of town, they are no temperatures;
# - **lack of vegetation** within the distance `neighbourhood`;
# - **residents aged 75 or more** per hectare, spread evenly over their IRIS.

# %%
cells["heat"] = grid.average(climate_zones["lcz_int"].map(priority.LCZ_HEAT).astype(float), climate_zones, cells)
around = cells.set_geometry(cells.centroid.buffer(neighbourhood))[["cell", "geometry"]]
cells["bare"] = 1 - cover.cover(around, vegetation, "green")["green_share"]
spread = grid.spread(residents, iris, cells, ["pop_75_plus"])
cells["people"] = spread["pop_75_plus"] / (cells.area / 1e4)
placed = grid.spread(residents, iris, communes, ["pop_75_plus"]).attrs["spread"]["pop_75_plus"]
print(f"{100 * placed['share']:.1f} % of the people aged 75 or more live in an IRIS with a contour here")
cells[["heat", "bare", "people", "plantable_share"]].describe().loc[["count", "min", "50%", "max"]].round(2)

# %% [markdown]
# Priority is need times room: a cell with no room is never first, however hot it is. Slivers at the edge of the commune
# (less than a fifth of a cell) are left out.
#
# Then the question that decides whether a ranking is worth printing: does it hold when somebody else sets the weights?
# We draw a thousand sets of weights around ours and count how often each cell is among the first tenth.

# %%
weights = {"heat": weight_heat, "bare": weight_bare, "people": weight_people}
room = priority.feasibility(cells["plantable_share"], enough_room).where(cells.area >= cell_size**2 / 5)
ranked = cells.join(priority.prioritise(cells, weights, room, draws=draws, seed=seed))
first = ranked["rank"] <= 0.1 * ranked["rank"].count()
firm = first & (ranked["top_share"] >= 0.9)
print(f"{first.sum()} cells are the first tenth; {firm.sum()} of them stay there in nine draws of ten or more")
columns = ["cell", "priority", "rank", "rank_low", "rank_high", "top_share", "plantable_area", "heat", "bare", "people"]
ranked.sort_values("rank")[columns].head(8).round(2)

# %% tags=["nbval-ignore-output"]
levels = ["first in 9 draws of 10", "first in most draws", "first in some draws", "never first", "not ranked"]
ranked["planting first"] = pd.Categorical(
    np.select(
        [ranked["rank"].isna(), ranked["top_share"] >= 0.9, ranked["top_share"] >= 0.5, ranked["top_share"] > 0],
        [levels[4], levels[0], levels[1], levels[2]],
        levels[3],
    ),
    levels,
    ordered=True,
)
ranked["plantable (%)"] = (100 * ranked["plantable_share"]).round(0)
ranked["vegetation around (%)"] = (100 * (1 - ranked["bare"])).round(1)
ranked["aged 75+ per ha"] = ranked["people"].round(1)
maps.choropleth(
    ranked,
    "planting first",
    labels="cell",
    outline=city,
    tooltip=["plantable (%)", "vegetation around (%)", "aged 75+ per ha"],
    colours=dict(zip(levels, ["#7f2704", "#e6550d", "#fdbe85", "#f7f0e6", "#d9d9d9"], strict=True)),
    title=f"Where planting comes first, cells of {cell_size} m",
    unit="",
    legend="among the first tenth",
    caption="Dark cells come first whatever the weights; pale orange ones only if somebody weighs heat, bareness or "
    "residents their way. Room counts private ground too.",
    alt=f"Map of {len(ranked)} cells of the city: {firm.sum()} come first in nine draws of ten, in dark; they lie "
    "where it is hot and bare and where there is room.",
    data=[buildings, roads, vegetation, climate_zones, people, iris],
)

# %% [markdown]
# Need and room seen together: the cells to plant are at the top right. At the top left are hot, bare, crowded places
# with no room: trees will not help there unless ground is freed.

# %% tags=["nbval-ignore-output"]
stuck = ranked[(ranked["need"] >= ranked["need"].quantile(0.9)) & (ranked["plantable_share"] < 0.1)]
fig, ax = charts.figure(
    f"Scatter of {ranked['rank'].notna().sum()} cells by plantable share and need. {len(stuck)} cells have a need in "
    "the highest tenth and less than 10 % of plantable ground.",
    title="Need against room",
    data=[buildings, roads, vegetation, climate_zones, people, iris],
)
for mask, colour, label in (
    (~first & ranked["rank"].notna(), "#b5b5b5", "other cells"),
    (first & ~firm, charts.CATEGORICAL[1], "first tenth, depends on the weights"),
    (firm, "#7f2704", "first tenth in nine draws of ten"),
):
    part = ranked[mask]
    ax.scatter(100 * part["plantable_share"], part["need"], s=12, color=colour, label=label)
ax.axvline(100 * enough_room, color="#555555", lw=1, ls="--")
ax.text(100 * enough_room + 1, 0.01, "enough room", fontsize=8, color="#555555")
ax.set(xlabel="plantable ground (% of the cell, upper bound)", ylabel="need (0 to 1)", ylim=(0, 1.02))
ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
charts.show(fig)

# %% [markdown]
# ## Heat: is it getting hotter?
#
# Days with a maximum of `hot_day` or more. A summer of which less than 95 % of the days were observed has **no count**:
# a thermometer that was broken in July shows few hot days. Values that Météo-France marks as doubtful are left out.

# %%
daily = pd.concat([history, latest], ignore_index=True).drop_duplicates(["station", "date"])
summers = heat.yearly(daily, "tmax", hot_day)
whole = summers.dropna(subset="days").groupby("station").size().sort_values(ascending=False, kind="stable")
chosen = station if station in whole.index else whole.index[0]
if chosen != station:
    print(f"Station {station} is not in this data: {chosen} is used instead.")
mine = summers[summers["station"] == chosen].reset_index(drop=True)
missing = mine.loc[mine["days"].isna(), ["year", "observed", "expected"]]
slope = heat.trend(mine["year"], mine["days"])
print(f"{mine['station_name'].iloc[0]}: {mine['days'].notna().sum()} summers counted, {len(missing)} not")
print(f"hot days: {slope['slope']:+.1f} a decade (95 % interval {slope['low']:+.1f} to {slope['high']:+.1f})")
summers[summers["days"].isna()][["station_name", "year", "observed", "expected"]].reset_index(drop=True).head(10)

# %% tags=["nbval-ignore-output"]
drawn = [chosen, *[s for s in whole.index if s != chosen][:2]]
holes = summers[summers["station"].isin(drawn) & summers["days"].isna()]
recent = mine["days"].dropna().tail(5).mean()
fig, ax = charts.figure(
    f"Lines of hot days per year at {len(drawn)} stations; the last five counted years of the first average "
    f"{recent:.0f}. {len(holes)} summers were not observed enough and leave a gap, marked with a cross.",
    title=f"Days with {hot_day:.0f} °C or more",
    data=[history, latest],
)
for k, s in enumerate(drawn):
    line = summers[summers["station"] == s]
    ax.plot(line["year"], line["days"], "o-", ms=3.5, color=charts.CATEGORICAL[k], label=line["station_name"].iloc[0])
    gap = line[line["days"].isna()]
    ax.plot(gap["year"], np.full(len(gap), -1.5 - k), "x", color=charts.CATEGORICAL[k])
ax.plot([], [], "x", color="#555555", label="summer not observed enough: no count")
ax.set(xlabel="year", ylabel="hot days a year")
ax.xaxis.get_major_locator().set_params(integer=True)
ax.legend(fontsize=8, loc="upper left")
charts.show(fig)

# %% [markdown]
# ## What these figures cannot say
#
# - The vegetation layer has no lawns, fields or street trees, and is redrawn every few years: a new square may be
#   missing.
# - Plantable is an upper bound. It does not know who owns the ground, what lies under it, or what it is used for.
# - Local climate zones describe form, not temperature; the heat given to each is a choice of this kit. So are the
#   distances, the share that is "enough", and the weights.
# - Residents are spread evenly over their IRIS: a park in an IRIS gets its share of them.
# - An order of cells says where to look first; it is no programme. A few stations and some fifteen summers say little
#   about a trend: read the interval.

# %% [markdown]
# ## Key results

# %% tags=["key-results"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the mean of no counted summer is missing, and is shown as such
    last_five = mine["days"].dropna().tail(5).mean()
name_of_station = mine["station_name"].iloc[0]
rows = [
    {
        "result": "woody vegetation",
        "value": round(share_all, 2),
        "unit": "% of the territory",
        "low": round(share_trees, 2),
        "high": round(share_all, 2),
        "note": "low: without vines, orchards and heath",
    },
    ("communes without vegetation in the layer", len(empty), "communes"),
    {
        "result": "inhabitants of IRIS with less than 3 % of woody vegetation",
        "value": round(in_little["everybody"], 1),
        "unit": "% of inhabitants",
        "note": f"{in_little['pop_75_plus']:.1f} % of those aged 75 or more",
    },
    {
        "result": "plantable ground, upper bound",
        "value": round(total / 1e4, 1),
        "unit": "ha",
        "low": round(span["twice"][0], 1),
        "high": round(span["half"][0], 1),
        "note": "in " + ", ".join(city["name"]) + "; interval: distances doubled and halved",
    },
    ("cells in the first tenth", int(first.sum()), "cells"),
    {
        "result": "cells first in nine draws of weights out of ten",
        "value": int(firm.sum()),
        "unit": "cells",
        "note": f"{draws} draws",
    },
    {
        "result": "cells in great need with less than 10 % of plantable ground",
        "value": len(stuck),
        "unit": "cells",
        "note": "need in the highest tenth",
    },
    {
        "result": "hot days, last five counted years",
        "value": round(last_five, 1),
        "unit": "days a year",
        "note": f"{name_of_station}, {hot_day:.0f} °C or more",
    },
]
if np.isfinite(slope["slope"]):
    rows.append(
        {
            "result": "change in hot days",
            "value": round(slope["slope"], 1),
            "unit": "days a year, per decade",
            "low": round(slope["low"], 1),
            "high": round(slope["high"], 1),
            "note": f"{slope['years']} summers of {name_of_station}; 95 % interval",
        }
    )
key_results = charts.key_results(rows)
key_results

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Somebody says that only heat matters. How many of the cells that come first whatever the weights are still in
# the first tenth?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
only_heat = priority.prioritise(cells, {"heat": 1}, room, draws=1)
still = (only_heat["rank"] <= 0.1 * only_heat["rank"].count()) & firm
print(f"{still.sum()} of {firm.sum()}")

# %% [markdown] tags=["exercise"]
# **2.** Are nights warmer in one place than in another? Compare the mean summer minimum of the stations on the days
# that all of them observed. Why only those days?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
lows = daily.assign(value=heat.trusted(daily, "tmin"))
lows = lows[lows["date"].dt.month.isin(heat.SUMMER) & lows["station"].isin(drawn)]
wide = lows.pivot_table(index="date", columns="station_name", values="value").dropna()
print(f"{len(wide)} summer days observed everywhere")  # a station that opened late would compare other summers
wide.mean().round(1)

# %% [markdown] tags=["exercise"]
# **3.** Which IRIS have the most plantable ground for each person aged 75 or more? Use the IRIS instead of the grid.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
inside = iris[iris["commune"].isin(known_communes)]
by_iris = planting.plantable(inside, buildings, roads, vegetation, offsets).merge(
    people[["iris", "pop_75_plus"]], on="iris"
)
by_iris["m² per person aged 75+"] = (by_iris["plantable_area"] / by_iris["pop_75_plus"]).where(
    by_iris["pop_75_plus"] > 0
)
by_iris.nlargest(5, "m² per person aged 75+")[["name", "pop_75_plus", "m² per person aged 75+"]].round(0)

# %% [markdown]
# ## What next
#
# - Another commune: `datakit.load("cadastre-buildings@21166", "publisher")` gives the buildings of Chenôve. Add them to
#   `buildings`, and the grid follows.
# - The city's rules instead of ours: `datakit run vegetation -p offset_buildings=8 -p weight_people=2`.
# - Which trees are there already, and which are likely to be lost? [Trees](10_trees.ipynb).

# %% [markdown]
# ## Sources
#
# - Stewart, I. D. and Oke, T. R. (2012). Local climate zones for urban temperature studies. Bulletin of the American
#   Meteorological Society 93(12): the zones themselves. What heat we give to each is ours.
# - Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American
#   Statistical Association 63(324): the slope used for the trend.
# - Each dataset's publisher and licence: the provenance table above.
