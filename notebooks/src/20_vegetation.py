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
# # Vegetation: where it is green, where it matters, where it can be planted, what planting would change
#
# **Question: where should the city plant first, what would that change for its residents, and how far do the answers
# depend on our own choices?**
#
# Three things must meet: a place that needs trees, people who would have their shade, and ground that is free. This
# notebook measures each with open data, puts them together in the simplest way, and shows how firm the order is.

# %% [markdown]
# ## What you will learn
#
# - to measure how green a place is by several definitions, with overlaps counted once;
# - to count residents, not hectares: who has three trees in view, 30 % of canopy around, a park 300 m **on foot**;
# - to count hot days and heat waves without mistaking a broken thermometer for a cool summer;
# - to find ground that could be planted, whose it is, and why that is an upper bound;
# - to tell places that come first for all weights near ours from those that do not;
# - to say what planting would change as a range.
#
# **Time:** 45 minutes. **Before you start:** `00_start_here`, a little geopandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
cell_size: int = 100  # side of the grid's cells, metres
trees_in_view: int = 3  # trees that a home should see
tree_reach: float = 50.0  # metres from the façade within which a tree counts as seen
canopy_around: float = 0.30  # share of canopy that a neighbourhood should have
neighbourhood: float = 300.0  # radius of a neighbourhood, metres
walk_to_park: float = 300.0  # metres on foot to green space
park_hectares: float = 1.0  # least size of that green space
station: str = "21473001"  # weather station; if it is not in the data, the one with most complete summers
hot_day: float = 30.0  # maximum temperature from which a day is hot, degrees Celsius
tropical_night: float = 20.0  # minimum temperature from which a night is tropical, degrees Celsius
offset_buildings: float = 5.0  # metres kept clear around buildings
offset_roads: float = 3.0  # metres kept clear beyond the carriageway
offset_vegetation: float = 2.0  # metres kept clear around existing vegetation
enough_room: float = 0.25  # plantable share of a cell from which more adds nothing
weight_heat: float = 1.0  # weight of heat in the need
weight_bare: float = 1.0  # weight of the lack of canopy
weight_residents: float = 1.0  # weight of residents
weight_vulnerable: float = 1.0  # weight of the share of residents over 75 and under 6
draws: int = 2000  # random sets of weights
plant_trees: int = 5000  # trees of the planting scenario
seed: int = 0  # of every random draw

# %% [markdown]
# ## Load

# %% tags=["nbval-ignore-output"]
import textwrap
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd

import datakit
from datakit.data.cache import DataWarning
from datakit.geo import fairness, streets
from datakit.show import charts, maps
from datakit.trees import canopy, standardise, structure
from datakit.vegetation import (
    candidates,
    cover,
    crowns,
    exposure,
    grid,
    ground,
    heat,
    heatwaves,
    planting,
    priority,
    reach,
    residents,
    rule,
    scenario,
    sight,
    spread,
)

ids = ["communes", "iris", "census-iris-population", "filosofi-iris", "bdtopo-vegetation", "bdtopo-roads"]
ids += ["bdtopo-buildings", "bdtopo-rail", "bdtopo-water", "bdtopo-sports", "bdtopo-places", "bdtopo-transport"]
ids += ["cadastre-parcels", "public-parcels", "osm-green", "lcz-cerema"]
ids += ["meteo-daily", "meteo-daily-latest"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DataWarning)  # rows set aside are listed under "Quality first"
    trees = datakit.load("trees-dijon", origins)[
        [
            "id",
            "date_releve",
            "genre",
            "espece",
            "etat",
            "diametre",
            "circonference",
            "diametre_couronne",
            "date_plantation",
            "geometry",
        ]
    ]  # the largest table first, and only what is needed of it: what it leaves free serves the others
    loaded = {"trees-dijon": trees} | {id: datakit.load(id, origins) for id in ids}
communes, iris = loaded["communes"], loaded["iris"]
people, incomes = loaded["census-iris-population"], loaded["filosofi-iris"]
woods, roads, buildings = (loaded[f"bdtopo-{name}"] for name in ("vegetation", "roads", "buildings"))
pd.set_option("display.max_colwidth", None)  # a source that is cut off is none

# %% [markdown]
# ## Where the data comes from

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# ## Quality first
#
# What was set aside on loading, and what was mended.

# %%
quality = []
for layer in loaded.values():
    said = layer.attrs["datakit"]
    why = said["rejects"][0]["column"] + ": " + said["rejects"][0]["rule"] if said["rejects"] else ""
    mended = sum(int(note.split()[0]) for note in said["notes"] if "repaired" in note)
    quality.append((said["id"], said["rows_read"], said["rows_rejected"], why, mended))
pd.DataFrame(quality, columns=["dataset", "rows read", "set aside", "for example", "shapes mended"])

# %% [markdown]
# No schema sees the next questions. Do shapes overlap, so that adding areas would count ground twice? Are widths and
# heights missing? Do the layers lie on the same territory? (When one layer is real and another invented, they do not,
# and the table says so.)

# %%
together = communes.union_all()
city = cover.surveyed(communes, buildings)  # the communes that have buildings: elsewhere nobody knows
twice = woods.area.sum() - woods.union_all().area
unknown = roads.loc[~roads["nature"].isin(planting.PATHS), "largeur_de_chaussee"].isna()
strays = 1 - buildings.representative_point().within(together).mean()
beside = 1 - iris.union_all().intersection(together).area / iris.union_all().area
checks = [
    ("vegetation counted twice by a plain sum of areas", 100 * twice / woods.area.sum(), "% of the sum"),
    ("roads without a width (paths apart)", 100 * unknown.mean(), "% of sections"),
    ("buildings without a height", 100 * buildings["hauteur"].isna().mean(), "% of buildings"),
    ("buildings outside the communes", 100 * strays, "% of buildings"),
    ("IRIS outside the communes", 100 * beside, "% of their area"),
]
checks = pd.DataFrame(checks, columns=["check", "value", "unit"]).round(1)
if strays > 0.02 or beside > 0.02:
    print("Some layers do not lie on the same ground: look at the provenance table before reading any map below.")
print("Buildings are known in:", ", ".join(f"{n} ({c})" for n, c in zip(city["name"], city["commune"], strict=True)))
checks

# %% [markdown]
# ## A common grid, and who lives where on it
#
# Every layer is brought onto squares of `cell_size` metres by the ground that it shares with them, so that nothing is
# lost or counted twice. Residents are given here by IRIS. Spread evenly they would live in parks and on railways too:
# they are put where homes stand, in proportion to the volume of the buildings in which people may live. INSEE's squares
# of 200 m (`insee-squares`) are finer, though many of them are imputed: the next step for this chapter.

# %%
cells = grid(city, cell_size)
ages = ["pop_0_14", "pop_15_29", "pop_30_44", "pop_45_59", "pop_60_74", "pop_75_plus"]
young = ["pop_0_2", "pop_3_5"]  # the tables of IRIS have no group under 5, and older ones none but 0 to 14
people = people.assign(population=people[ages].sum(axis=1, min_count=len(ages)), commune=people["iris"].str[:5])
people["under_6"] = people[young].sum(axis=1, min_count=2) if set(young) <= set(people) else np.nan
groups = ["population", "pop_75_plus", "under_6"]
homes = sight.homes(buildings)
living = residents.by_volume(people, iris, cells, groups, residents.volumes(buildings))
by_ground = spread(people, iris, cells, ["population"])["population"]
placed = living["population"].sum()
print(f"{len(cells)} cells, {cells.area.sum() / 1e6:.1f} km²; residents placed in them: {placed:.0f}")
moved = 0.5 * (living["population"] - by_ground).abs().sum() / placed
print(f"{100 * moved:.0f} % of them live in another cell than an even spread over the IRIS would say")

# %% [markdown]
# How wrong is that? Communes can be brought onto their own IRIS, whose census is known: how many residents end up in
# the wrong IRIS, by either way? (In the invented sample the residents of an IRIS were drawn without a look at its
# buildings: neither way can be good there. Look at this table on real data.)

# %%
check = residents.self_check(people, iris, communes, "population", residents.volumes(buildings))
check["misplaced"] *= 100
check = check.round({"places": 0, "misplaced": 0, "mean_error": 0, "rmse": 0, "correlation": 2})
check.rename(
    columns={
        "places": "IRIS",
        "misplaced": "misplaced (%)",
        "mean_error": "mean error (residents)",
        "rmse": "RMSE (residents)",
    }
)

# %% [markdown]
# ## How green, by which definition
#
# - **woods**: the vegetation of BD TOPO: woods, forests, hedges, orchards, vines. No lawns, no single street trees.
# - **crowns**: discs of the inventory's standing trees, from the measured crown, else from the trunk by an allometry
#   fitted on the inventory itself. No private trees.
# - **parks**: parks and gardens of OpenStreetMap, lawns and paths included.
#
# A layer that has nothing at all in a commune was not surveyed there: its share is missing, not 0.

# %%
trees = standardise(loaded.pop("trees-dijon"))
discs = crowns.discs(trees, canopy.crown_area(trees))
LOW = ["Vigne", "Verger", "Lande ligneuse"]  # woody, but little shade
layers = {"woods": woods, "crowns": discs, "parks": loaded["osm-green"]}
known = {name: cover.surveyed(communes, layer) for name, layer in layers.items()}
green = cover.green(iris, layers, known)
kinds = [*layers, "green"]
areas = green[["commune", *(f"{kind}_area" for kind in kinds)]].assign(ground=green.area)
by_commune = areas.groupby("commune").sum(min_count=1)  # IRIS are the parts of a commune: their areas add up
seen = {kind: areas.loc[areas[f"{kind}_area"].notna(), "ground"].sum() for kind in kinds}  # where it is known
share = {kind: areas[f"{kind}_area"].sum() / seen[kind] for kind in kinds}
all_share = share.pop("green")
print("Share of the ground:", ", ".join(f"{kind} {100 * part:.1f} %" for kind, part in share.items()), end="; ")
print(f"together, overlaps once, {100 * all_share:.1f} %; a plain sum would say {100 * sum(share.values()):.1f} %")
absent = green.loc[green["not_known"] != "", "commune"].unique()
print("Communes without a layer (reported, not taken for bare):", ", ".join(absent) or "none")
said = crowns.account(trees, discs)
print(f"{said.drawn} crowns; left out: {said.lost} lost trees, {said.no_crown} without a crown")
shown = (100 * by_commune.filter(like="_area").div(by_commune["ground"], axis=0)).round(1)
shown.columns = [f"{kind} (%)" for kind in kinds]
shown.insert(0, "commune", shown.index.map(communes.set_index("commune")["name"]))
shown.sort_values("green (%)").reset_index(drop=True).head(8)

# %% tags=["nbval-ignore-output"]
for kind in kinds:
    green[f"{kind} (%)"] = (100 * green[f"{kind}_share"]).round(1)
barest = green.nsmallest(1, "green_share").iloc[0]
maps.choropleth(
    green,
    "green (%)",
    labels="name",
    outline=communes,
    tooltip=["woods (%)", "crowns (%)", "parks (%)"],
    scheme=[3, 10, 20, 30],
    title="Vegetated ground by IRIS",
    unit="% of the area",
    legend="woods, crowns or parks",
    caption="Share of each IRIS under woods, crowns of inventoried trees, or parks; overlaps count once. Private "
    "gardens and fields are in none of the layers.",
    alt=f"Map of {len(green)} IRIS by share of vegetated ground. One of the lowest is {barest['name']}, with "
    f"{barest['green (%)']:.0f} %.",
    data=[woods, trees, loaded["osm-green"], iris],
)

# %% [markdown]
# ## 3-30-300, by resident
#
# Three trees in view of each home, 30 % of canopy in each neighbourhood, 300 m to the nearest green space. Each part
# has a definition, and each definition is somebody's choice:

# %%
wanted = rule.Rule(trees_in_view, canopy_around, walk_to_park, tree_reach, neighbourhood, park_hectares)
wanted.table()

# %% [markdown]
# *In view* is a proxy: a straight line on the plan from the façade to the trunk, within `tree_reach`, that no other
# building cuts. *Canopy* is woods (without vines, orchards and heath) and crowns. *On foot* is along streets and paths
# to the nearest street that touches a public green space.

# %%
# From here on the questions are about the places whose buildings are known, and what stands near them.
close = trees.intersects(city.union_all().buffer(100))
trees, discs = trees[close], discs[discs.index.isin(trees.index[close])]
seen = sight.visible_trees(homes, trees, buildings, reach=tree_reach)
share_seen = rule.on_cells((seen["visible"] >= trees_in_view).astype(float), homes, cells)
shade = {"woods": woods[~woods["nature"].isin(LOW)], "crowns": discs}
canopy_cells = cover.green(cells, shade)
around = rule.neighbourhood(cells, canopy_cells, canopy_cells["green_area"], neighbourhood)
parks = reach.green_spaces(loaded["osm-green"], park_hectares)
network = streets.network(roads)
walk = reach.walk(cells, parks, network)
met = rule.parts(cells, canopy=around, walk=walk, seeing=share_seen, rule=wanted)
by_resident = rule.by_resident(met, living["population"])
shares = (100 * by_resident[["share", "low", "high", "unknown"]]).round(1)
shares.rename(index=rule.LABELS, columns=lambda name: f"{name} (% of residents)")

# %% [markdown]
# How much does the straight line hide? And how much does the first part depend on what *in view* means?

# %%
hides = reach.hidden(walk, living["population"], walk_to_park)
print(
    f"Within {walk_to_park:.0f} m of green space live {100 * hides['crow_share']:.0f} % of the residents as the crow "
    f"flies, and {100 * hides['walk_share']:.0f} % on foot; the median way is {hides['detour']:.2f} times the "
    "straight line."
)
for distance in (15.0, 30.0, 100.0):
    some = sight.visible_trees(homes, trees, buildings, reach=distance)["visible"] >= trees_in_view
    print(
        f"{trees_in_view} trees within {distance:.0f} m of the façade, in view: {100 * some.mean():.0f} % of the homes"
    )

# %% tags=["nbval-ignore-output"]
met["parts met"] = pd.Categorical(
    np.select(
        [met["met"].isna(), met["met"] >= 2.5, met["met"] >= 1.5, met["met"] >= 0.5],
        ["not known", "three", "two", "one"],
        "none",
    ),
    ["three", "two", "one", "none", "not known"],
    ordered=True,
)
lived = living["population"] >= 1
shown = cells[lived].assign(
    **{
        "parts met": met["parts met"],
        "canopy around (%)": (100 * around).round(1),
        "m on foot to a park": walk["walk"].round(0),
        "homes that see trees (%)": (100 * share_seen).round(0),
        "residents (model)": living["population"].round(0),
    }
)
maps.choropleth(
    shown,
    "parts met",
    labels="cell",
    outline=city,
    tooltip=["homes that see trees (%)", "canopy around (%)", "m on foot to a park", "residents (model)"],
    colours=dict(
        zip(met["parts met"].cat.categories, ["#00441b", "#41ab5d", "#c7e9c0", "#fdae6b", "#d9d9d9"], strict=True)
    ),
    title="Parts of the 3-30-300 rule that are met, where people live",
    unit="",
    legend="parts met",
    caption="Cells with residents. Three trees are met where half of the homes or more see them. Residents are "
    "modelled from IRIS.",
    alt=f"Map of {int(lived.sum())} cells with residents by how many of the three parts they meet; "
    f"{100 * by_resident.loc['all_three', 'share']:.0f} % of the residents have all three, "
    f"{100 * by_resident.loc['none', 'share']:.0f} % none.",
    data=[woods, trees, loaded["osm-green"], buildings, roads, people, iris],
)

# %% [markdown]
# Who has the canopy? The curve adds up residents from those who have least around them. Then the rule by income and
# age of the IRIS: an average of areas, not of persons, in which true gaps are larger than they look.

# %% tags=["nbval-ignore-output"]
curve = rule.lorenz(around, living["population"])
gini = fairness.index(curve)
half = np.interp(0.5, curve["people"], curve["share"])
fig, ax = charts.figure(
    f"Lorenz curve of canopy around residents. The half of the residents with least canopy around them have "
    f"{100 * half:.0f} % of all of it; the Gini index is {gini:.2f}.",
    title="How evenly canopy is shared among residents",
    size=(5.6, 5.2),
    data=[woods, trees, people],
)
ax.plot(100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[2], lw=2, label="canopy around home")
ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label="the same for everybody")
ax.set(xlabel="residents, those with least first (%)", ylabel="share of all canopy around homes (%)", aspect="equal")
ax.set(xlim=(0, 100), ylim=(0, 100))
ax.legend(fontsize=8, loc="upper left")
charts.show(fig)

# %%
left = rule.left_out(met, living["population"], rule.in_iris(cells, iris), people, incomes)
parts = ["three_trees", "canopy_30", "green_300", "all_three", "none"]
told = left.assign(**{name: (100 * left[name]).round(1) for name in parts}, residents=left["residents"].round(0))
told.loc[told["iris"] < 3, parts] = np.nan  # fewer than three IRIS would speak of single places
told["group"] = told["group"].replace({"pop_0_14": "aged 0 to 14", "pop_75_plus": "aged 75 or older"})
told = told[["by", "group", "iris", "residents", *parts]].astype({"residents": int})
told.rename(columns={"iris": "IRIS", **{name: f"{rule.LABELS[name]} (%)" for name in parts}})

# %% [markdown]
# ## Heat: is it getting hotter?
#
# Hot days, tropical nights and heat waves of one station. A summer of which less than 95 % of the days were observed
# has **no count**: a thermometer that was broken in July shows few hot days. Values that Météo-France marks as doubtful
# are left out.

# %%
daily = pd.concat([loaded["meteo-daily"], loaded["meteo-daily-latest"]], ignore_index=True)
daily = daily.drop_duplicates(["station", "date"])
summers = heat.yearly(daily, "tmax", hot_day)
whole = summers.dropna(subset="days").groupby("station").size().sort_values(ascending=False, kind="stable")
chosen = station if station in whole.index else whole.index[0]
if chosen != station:
    print(f"Station {station} is not in this data: {chosen} is used instead.")
mine = summers[summers["station"] == chosen].reset_index(drop=True)
name_of_station = mine["station_name"].iloc[0]
nights = heat.yearly(daily[daily["station"] == chosen], "tmin", tropical_night)
holes = heat.gaps(daily, least=10)
slopes = {}
for label, table, column in (
    ("hot days", mine, "days"),
    ("tropical nights", nights, "days"),
    ("mean summer maximum (°C)", mine, "mean"),
):
    slope, test = heat.trend(table["year"], table[column]), heat.mann_kendall(table["year"], table[column])
    slopes[label] = {
        "per decade": slope["slope"],
        "low": slope["low"],
        "high": slope["high"],
        "Kendall's tau": test["tau"],
        "p": test["p"],
        "years": slope["years"],
    }
print(f"{name_of_station}: {mine['days'].notna().sum()} summers counted, {mine['days'].isna().sum()} not")
print("Gaps of ten days or more:")
print(holes.to_string(index=False) if len(holes) else "none")
pd.DataFrame(slopes).T.round(3)

# %% [markdown]
# The slope is the median of all slopes between two summers (Theil-Sen), with its 95 % interval; the test (Mann-Kendall)
# asks whether later summers tend to be higher at all. Heat waves by the national definition are those of an indicator
# made of 30 stations; the same rule on one station describes that station.

# %%
series = heatwaves.series(daily, chosen)
waves = heatwaves.waves(series["tmean"])
alert = heatwaves.alert_days(series)
longest = waves.sort_values("days", ascending=False).head(3).round({"hottest": 1, "severity": 1})
print(f"{len(waves)} heat waves of the station by the national rule, {int(waves['days'].sum())} days in all")
print(f"{int(alert.sum())} days reached the thresholds of the département", end=" ")
print(f"({heatwaves.NIGHT:.0f} °C by night and {heatwaves.DAY:.0f} °C by day, means of {heatwaves.RUN} days)")
longest.reset_index(drop=True).rename(columns={"hottest": "hottest (°C)", "severity": "severity (degree-days)"})

# %% tags=["nbval-ignore-output"]
drawn = [chosen, *[s for s in whole.index if s != chosen][:2]]
lost_summers = summers[summers["station"].isin(drawn) & summers["days"].isna()]
recent = mine["days"].dropna().tail(5).mean()
fig, ax = charts.figure(
    f"Lines of hot days per year at {len(drawn)} stations; the last five counted years of the first average "
    f"{recent:.0f}. {len(lost_summers)} summers were not observed enough and leave a gap, marked with a cross.",
    title=f"Days with {hot_day:.0f} °C or more",
    data=[loaded["meteo-daily"], loaded["meteo-daily-latest"]],
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
# Stations stand in few places. What the form of the town does with heat is told by local climate zones. The order that
# this kit makes of them is a choice: they describe forms, no temperatures.

# %%
zone = exposure.zones(cells, loaded["lcz-cerema"])
exposed = exposure.residents(zone["heat"], living)
names = {"population": "residents", "pop_75_plus": "aged 75 or older", "under_6": "under 6"}
names |= {f"{group}_pct": f"{name} (%)" for group, name in names.items()}
exposed.round({c: 1 if c.endswith("_pct") else 0 for c in exposed}).rename(columns=names)

# %% [markdown]
# ## Where planting is possible
#
# From each cell we take away buildings, carriageways, rails, water, existing canopy and sports surfaces, each with some
# distance around it. What is left is ground on which **no known obstacle** stands: an upper bound, because pipes,
# cables and what the ground is used for are in none of these layers.

# %%
offsets = planting.Offsets(buildings=offset_buildings, roads=offset_roads, vegetation=offset_vegetation)
offsets.table()

# %%
obstacles = {"rail": loaded["bdtopo-rail"], "water": loaded["bdtopo-water"], "sports": loaded["bdtopo-sports"]}
parcels, owners = loaded["cadastre-parcels"], loaded["public-parcels"]
wide = ground.pavements(cells, parcels, roads, offsets)
taken = planting.Layers(buildings, roads, woods, **obstacles, crowns=discs)
ready = planting.plantable(cells, replace(taken, pavements=wide), offsets, shapes=True)
uses = ground.Uses(loaded["bdtopo-places"], loaded["bdtopo-transport"], wide)
found = ground.pieces(ready, parcels, owners, uses, known=cover.surveyed(communes, parcels))
hectares = found.pivot_table(index="kind", columns="tenure", values="area", aggfunc="sum", observed=False) / 1e4
total = ready["plantable_area"].sum() / 1e4
print(f"{total:.0f} ha without a known obstacle, {100 * total / (cells.area.sum() / 1e4):.0f} % of the ground")
hectares.round(1)

# %% [markdown]
# Public is what no parcel covers (streets, squares) or what belongs to the State, a local authority or a public body;
# a parcel that is missing from the file of legal persons belongs to a natural person. Schoolyards, car parks and wide
# pavements are the usual first targets: they are paved, hot and public, and have to be opened first.
#
# The distances are choices. How much do they matter?

# %%
span = {}
for name, factor in (("half", 0.5), ("as given", 1.0), ("twice", 2.0)):
    scaled = planting.Offsets(offset_buildings * factor, offset_roads * factor, offset_vegetation * factor)
    room = ready if factor == 1 else planting.plantable(cells, taken, scaled)
    span[name] = (room["plantable_area"].sum() / 1e4, 100 * room["plantable_area"].sum() / cells.area.sum())
pd.DataFrame(span, index=["plantable ground (ha)", "share of the ground (%)"]).T.round(1)

# %% [markdown]
# ## Where it is most needed, and how firm that is
#
# Four indicators for each cell, turned into ranks so that they can be added: **heat** of the climate zones, **lack of
# canopy** around, **residents** per hectare, and the share of them who are **vulnerable** (over 75, under 6: counted
# per hectare they would be the residents a second time). Priority is need times room. Slivers at the edge (less than a
# fifth of a cell) are left out.
#
# Does the order hold when somebody else sets the weights? We draw sets of weights around ours (from a Dirichlet
# distribution: four equal weights of a quarter then move by about a tenth) and count how often each cell is among the
# first tenth; then weights without any preference; then one weight at a time.

# %%
hectare = cells.area / 1e4
inhabited = living["population"].where(living["population"] > 0)
vulnerable = (living["pop_75_plus"] + living["under_6"].fillna(0)) / inhabited
need = pd.DataFrame(
    {
        "heat": zone["heat"],
        "bare": 1 - around,
        "residents": living["population"] / hectare,
        "vulnerable": vulnerable.fillna(0),  # nobody lives there: nobody is vulnerable
    }
)
weights = {"heat": weight_heat, "bare": weight_bare, "residents": weight_residents, "vulnerable": weight_vulnerable}
public = ground.tenure(found, ready)["public_area"]
room = priority.feasibility(ready["plantable_share"], enough_room).where(cells.area >= cell_size**2 / 5)
ranked = cells.join(need).join(priority.prioritise(need, weights, room, draws=draws, seed=seed))
first = ranked["rank"] <= 0.1 * ranked["rank"].count()
ranked["confidence"] = priority.confidence(ranked["top_share"])
firm = first & (ranked["top_share"] >= 0.9)
print(f"{first.sum()} cells are the first tenth; {firm.sum()} of them stay there in nine draws of ten or more")
free = priority.prioritise(need, dict.fromkeys(weights, 1), room, draws=draws, seed=seed, concentration=len(weights))
print(f"with weights drawn without any preference, {(first & (free['top_share'] >= 0.9)).sum()} of them do")
sensitivity = priority.one_at_a_time(need, weights, room)
names = {"kept": "first tenth kept (share)", "correlation": "rank correlation", "moved": "median move (ranks)"}
sensitivity.round(2).rename(columns=names)

# %% tags=["nbval-ignore-output"]
ranked["plantable (%)"] = (100 * ready["plantable_share"]).round(0)
ranked["public ground (m²)"] = public.round(0)
ranked["canopy around (%)"] = (100 * around).round(1)
maps.choropleth(
    ranked,
    "confidence",
    labels="cell",
    outline=city,
    tooltip=["plantable (%)", "public ground (m²)", "canopy around (%)"],
    colours=priority.CONFIDENCE,
    title=f"Where planting comes first, and how sure that is, cells of {cell_size} m",
    unit="",
    legend="among the first tenth",
    caption="Dark cells come first for weights near ours; pale ones only if somebody weighs heat, canopy or residents "
    "their way. Room counts private ground too.",
    alt=f"Map of {len(ranked)} cells: {firm.sum()} are among the first tenth in nine draws of ten, in dark.",
    data=[buildings, roads, woods, loaded["lcz-cerema"], people, iris],
)

# %% [markdown]
# Need and room seen together: the cells to plant are at the top right. At the top left are hot, bare, crowded places
# with no room: trees will not help there unless ground is freed.

# %% tags=["nbval-ignore-output"]
stuck = ranked[(ranked["need"] >= ranked["need"].quantile(0.9)) & (ready["plantable_share"] < 0.1)]
fig, ax = charts.figure(
    f"Scatter of {ranked['rank'].notna().sum()} cells by plantable share and need. {len(stuck)} cells have a need in "
    "the highest tenth and less than 10 % of plantable ground.",
    title="Need against room",
    data=[buildings, roads, woods, loaded["lcz-cerema"], people, iris],
)
for mask, colour, label in (
    (~first & ranked["rank"].notna(), "#b5b5b5", "other cells"),
    (first & ~firm, charts.CATEGORICAL[1], "first tenth, depends on the weights"),
    (firm, "#7f2704", "first tenth in nine draws of ten"),
):
    ax.scatter(100 * ready.loc[mask, "plantable_share"], ranked.loc[mask, "need"], s=9, color=colour, label=label)
ax.axvline(100 * enough_room, color="#555555", lw=1, ls="--")
ax.text(100 * enough_room + 1, 0.01, "enough room", fontsize=8, color="#555555")
ax.set(xlabel="plantable ground (% of the cell, upper bound)", ylabel="need (0 to 1)", ylim=(0, 1.02))
ax.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
charts.show(fig)

# %% [markdown]
# ## What planting would change
#
# `plant_trees` trees on the best **public** ground. Crowns are those of the inventory's own trees at that age; the
# share that lives comes from a study of street trees; dead trees are not replaced.

# %%
numbers = scenario.plant(public, ranked["priority"], plant_trees)
measured = trees["statut"].eq("standing") & trees["diametre_couronne"].gt(0)
ages = structure.age(trees[measured], today=structure.survey_year(trees[measured]))
grown = scenario.growth(ages, np.pi / 4 * trees.loc[measured, "diametre_couronne"].astype(float) ** 2)
later = scenario.canopy(int(numbers.sum()), grown)
print(f"{numbers.sum()} trees in {(numbers > 0).sum()} cells")
later.index.name = None
table = later.join(grown[["middle", "trees"]]).round(1).rename(index=lambda years: f"{years} years")
trees_left = {"alive": "alive", "alive_low": "low", "alive_high": "high"}
canopies = {"canopy": "canopy (ha)", "canopy_low": "low (ha)", "canopy_high": "high (ha)"}
table = table.round(dict.fromkeys(trees_left, 0)).astype(dict.fromkeys(trees_left, int))
table.rename(columns=trees_left | canopies | {"middle": "crown (m²)", "trees": "trees measured"})

# %% [markdown]
# Who would gain? New trees count as in view once they stand; canopy is that of the middle of the range, 30 years on. No
# tree makes a park: the third part of the rule stays as it is.

# %%
new = scenario.positions(ready["free"], numbers, seed)
both = pd.concat([trees.loc[trees["statut"].eq("standing"), ["geometry"]], new[["geometry"]]], ignore_index=True)
seen_then = sight.visible_trees(homes, both, buildings, reach=tree_reach)
share_then = rule.on_cells((seen_then["visible"] >= trees_in_view).astype(float), homes, cells)
each = later.loc[30, "canopy"] * 1e4 / max(numbers.sum(), 1)
shade_then = np.minimum(canopy_cells["green_area"] + numbers * each, cells.area)
around_then = rule.neighbourhood(cells, canopy_cells, shade_then, neighbourhood)
met_then = rule.parts(cells, canopy=around_then, walk=walk, seeing=share_then, rule=wanted)
then = rule.by_resident(met_then, living["population"])
gain = pd.DataFrame({"now (%)": 100 * by_resident["share"], "then (%)": 100 * then["share"]})
gain["newly (residents)"] = then["residents"] - by_resident["residents"]
gain["newly (residents)"] = gain["newly (residents)"].round().astype(int)
gain.round({"now (%)": 1, "then (%)": 1}).rename(index=rule.LABELS)

# %%
before, after = canopy_cells["green_area"].sum() / cells.area.sum(), shade_then.sum() / cells.area.sum()
cooler = scenario.cooling(before, after)
print(textwrap.fill(scenario.WHY_A_RANGE, 100))
degrees = {name: f"{name} (°C less)" for name in ("low", "middle", "high")}
cooler.round(3).rename(columns=degrees).astype(object).fillna("")

# %% [markdown]
# ### Which trees?
#
# A mix must not add to what there is too much of: no more than 10 % of one species, 20 % of one genus, 30 % of one
# family (Santamour, 1990). What was not found in a source that we read is "not rated", not guessed.

# %%
standing = trees[trees["statut"].eq("standing")]
mix = candidates.choose(standing, n=8, trees=int(numbers.sum()))
names = {
    "nom_fr": "French name",
    "frost": "frost (°C)",
    "height_low": "height from (m)",
    "height_high": "to (m)",
    "genus_share": "genus now (%)",
}
told = mix.drop(columns="share").assign(genus_share=(100 * mix["genus_share"]).round(1))
told.rename(columns=names).astype(object).fillna("not rated")

# %% [markdown]
# Who says so:

# %%
told = (
    candidates.table().loc[mix["taxon"]].filter(like="_source").melt(ignore_index=False, value_name="source").dropna()
)
told["of"] = told.index + " (" + told["variable"].str.removesuffix("_source") + ")"
told.groupby("source", sort=False)["of"].agg(", ".join).reset_index()

# %%
after_mix = candidates.after(standing, mix, int(numbers.sum())).round(2)
after_mix.rename(columns={f"{name}_pct": f"{name} (%)" for name in ("limit", "before", "after")})

# %% [markdown]
# ## What these figures cannot say
#
# - No layer has private gardens, lawns or fields: bare here means bare in these layers. A line of sight on the plan
#   knows no windows, storeys or leaves.
# - Residents of a cell are a model. Ages and incomes are those of an IRIS: nothing here is about a person or a home.
# - Plantable is an upper bound. It does not know what lies under the ground, or what people use it for.
# - Local climate zones describe form, not temperature; the heat given to each is a choice, and so are the distances,
#   the share that is "enough", and the weights. An order of cells says where to look first; it is no programme.
# - One station and some summers say little about a trend: read the interval. Crowns of the past are no promise.

# %% [markdown]
# ## Key results

# %% tags=["key-results"]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the mean of no counted summer is missing, and is shown as such
    last_five = mine["days"].dropna().tail(5).mean()
where = "in " + ", ".join(city["name"])
met_by = (100 * by_resident["share"]).round(1).to_dict()
rows = [
    {
        "result": "woods, crowns and parks",
        "value": round(100 * all_share, 2),
        "unit": "% of the territory",
        "note": "overlaps counted once",
    },
    {
        "result": f"residents with {trees_in_view} trees in view",
        "value": met_by["three_trees"],
        "unit": "% of residents",
        "note": f"within {tree_reach:.0f} m of the façade, {where}",
    },
    {
        "result": f"residents with {100 * canopy_around:.0f} % of canopy around",
        "value": met_by["canopy_30"],
        "unit": "% of residents",
        "note": f"within {neighbourhood:.0f} m",
    },
    {
        "result": f"residents within {walk_to_park:.0f} m of green space",
        "value": round(100 * hides["walk_share"], 1),
        "unit": "% of residents",
        "note": f"on foot; {100 * hides['crow_share']:.1f} % as the crow flies",
    },
    {"result": "residents with all three", "value": met_by["all_three"], "unit": "% of residents"},
    {"result": "Gini of canopy around residents", "value": round(gini, 2), "unit": "0 to 1"},
    {
        "result": "plantable ground, upper bound",
        "value": round(total, 1),
        "unit": "ha",
        "low": round(span["twice"][0], 1),
        "high": round(span["half"][0], 1),
        "note": where + "; interval: distances doubled and halved",
    },
    {"result": "of which public", "value": round(public.sum() / 1e4, 1), "unit": "ha"},
    {
        "result": "cells first in nine draws of weights out of ten",
        "value": int(firm.sum()),
        "unit": "cells",
        "note": f"of {int(first.sum())} in the first tenth; {draws} draws",
    },
    {
        "result": "canopy of the scenario after 30 years",
        "value": round(later.loc[30, "canopy"], 1),
        "unit": "ha",
        "low": round(later.loc[30, "canopy_low"], 1),
        "high": round(later.loc[30, "canopy_high"], 1),
        "note": f"{int(numbers.sum())} trees; a range, no interval of confidence",
    },
    {
        "result": "hot days, last five counted years",
        "value": round(last_five, 1),
        "unit": "days a year",
        "note": f"{name_of_station}, {hot_day:.0f} °C or more",
    },
]
change = slopes["hot days"]
if np.isfinite(change["per decade"]):
    rows.append(
        {
            "result": "change in hot days",
            "value": round(change["per decade"], 1),
            "unit": "days a year, per decade",
            "low": round(change["low"], 1),
            "high": round(change["high"], 1),
            "note": f"{change['years']} summers; 95 % interval; Mann-Kendall p = {change['p']:.2f}",
        }
    )
key_results = charts.key_results(rows)
key_results

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Somebody says that only heat matters. How many of the cells that come first for weights near ours are still in
# the first tenth?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
only_heat = priority.prioritise(need, {"heat": 1}, room, draws=1)
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
wide_lows = lows.pivot_table(index="date", columns="station_name", values="value").dropna()
print(f"{len(wide_lows)} summer days observed everywhere")  # a station that opened late would compare other summers
wide_lows.mean().round(1)

# %% [markdown] tags=["exercise"]
# **3.** Which IRIS have the most schoolyards and car parks to open for each child under 6? Hide what speaks of few.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
paved = ground.kinds(found, ready, among="public")[["schoolyard", "car park"]].sum(axis=1)
at = rule.in_iris(cells, iris).set_index("place")
by_iris = (paved.loc[at.index] * at["part"]).groupby(at["iris"]).sum().rename("paved m²").reset_index()
by_iris = by_iris.merge(people[["iris", "under_6", "population"]], on="iris").merge(iris[["iris", "name"]], on="iris")
by_iris["m² per child"] = (by_iris["paved m²"] / by_iris["under_6"]).where(by_iris["under_6"] >= 20)
by_iris.nlargest(5, "m² per child")[["name", "under_6", "m² per child"]].round(0).reset_index(drop=True)

# %% [markdown]
# ## What next
#
# - The whole Métropole: with the publisher's layers the same cells run over the 23 communes
#   (`datakit run vegetation --origins publisher`).
# - The city's rules instead of ours: `datakit run vegetation -p offset_buildings=8 -p weight_vulnerable=2`.
# - Greenness from above, summer by summer: `pip install "ondijon-datakit[satellite]"`, then
#   `datakit.vegetation.satellite.ndvi(city, "2026-06-01/2026-08-31")`.
# - Hexagons instead of squares: `grid(city, kind="h3", resolution=9)`. Many cities at once:
#   `datakit.vegetation.many`.
# - Which trees are there already, and which are likely to be lost? [Trees](10_trees.ipynb).

# %% [markdown]
# ## Sources
#
# - Konijnendijk, C. (2023). Evidence-based guidelines for greener, healthier, more resilient neighbourhoods:
#   introducing the 3-30-300 rule. Journal of Forestry Research 34.
# - Stewart, I. D. and Oke, T. R. (2012). Local climate zones for urban temperature studies. Bulletin of the American
#   Meteorological Society 93(12): the zones themselves. What heat we give to each is ours.
# - Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American
#   Statistical Association 63(324). Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3).
# - Roman, L. and Scatena, F. (2011). Street tree survival rates. Urban Forestry & Urban Greening 10.
# - Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
#   Conference of the Metropolitan Tree Improvement Alliance.
# - Which trees: drought, heat, frost and allergy have their sources above, and what sources dispute is not rated.
# - Distances kept clear, views, and cooling: the tables above name theirs.
# - Each dataset's publisher and licence: the provenance table above.
