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
# # Inclusion: who is far from which public service
#
# **Question: where do many inhabitants live far from the services they need, and who are they?**
#
# Being far from a counter matters more to a person who is old, alone, without a car or not at ease online. This
# notebook puts services and inhabitants on the same map, measures distances, and says how sure each figure is.

# %% [markdown]
# ## What you will learn
#
# - to check whether a place really is where its file says;
# - to turn distances into shares of inhabitants, with a range instead of a single figure;
# - to keep quiet about areas with too few households;
# - to go there: on foot along the streets, by tram and bus at a given hour, with a wheelchair;
# - to put need beside access, and to say where one more place would help most;
# - to tell what is broken from what is reported;
# - what a map of averages cannot tell about people.
#
# **Time:** 45 minutes. **Before you start:** `00_start_here`, a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
categories: list = ["digital", "france_services", "post", "library", "doctor", "pharmacy"]  # the first is looked into
threshold: int = 1000  # metres on foot beyond which a neighbourhood service is far
threshold_rare: int = 3000  # the same for France services and job centres, which one does not visit every week
walking_speed: float = 67.0  # metres a minute on foot
weekday_departure: str = "08:30"  # when one leaves on a weekday
saturday_departure: str = "10:00"  # when one leaves on a Saturday
near_minutes: float = 20.0  # minutes from door to door within which a service is near
catchment: float = 30.0  # minutes within which people share a place
new_places: int = 3  # places to add where they help most
detour: float = 1.3  # without streets: length of the way on foot over the straight line
detour_low: float = 1.1  # the same where streets are direct
detour_high: float = 1.5  # the same where they are not
lacking: int = 3  # from how many kinds of far services on an area is looked at first
min_households: int = 11  # no figure about fewer households than this
rehearsal: bool = False  # keep invented layers beside real ones: tries the whole chain, says nothing about Dijon

# %% [markdown]
# ## Load

# %%
import warnings

import numpy as np
import pandas as pd

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import DatakitError
from datakit.geo import cells, fairness, streets, territory
from datakit.inclusion import (
    access,
    clusters,
    gap,
    linkage,
    mixing,
    need,
    people,
    privacy,
    reports,
    services,
    siting,
    transit,
)
from datakit.inclusion import (
    catchment as competition,
)
from datakit.show import charts, maps

pd.set_option("display.max_colwidth", 90)

needed = [
    "communes",
    "communes-population",
    "iris",
    "filosofi-iris",
    "france-services",
    "mednum-bfc",
    "bpe",
    "divia-gtfs",
]
needed += ["census-iris-population", "census-iris-households", "census-iris-housing", "census-iris-education"]
needed += ["census-iris-activity", "bdtopo-roads", "inclusion-places"]
equipment = "dijon-portal@equipements-administratifs"
from_the_city = [equipment, "citizen-reports", "defects-survey"]  # the notebook goes on without them
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DataWarning)  # rows set aside are listed under "Quality first"
    loaded = {id: datakit.load(id, origins) for id in needed}
    for id in from_the_city:
        try:
            loaded[id] = datakit.load(id, origins)
        except DatakitError as problem:
            print(f"Without {id}: {problem}")

# %% [markdown]
# ## Where the data comes from

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# Invented tables are not combined with real ones. When the communes are real, what comes from the sample is left out,
# and the notebook goes on with less; with `rehearsal`, it goes on with all of it, and no figure is about Dijon.

# %%
optional, invented = mixing.keep_real(
    loaded["communes"],
    rehearsal=rehearsal,
    iris=loaded["iris"],
    incomes=loaded["filosofi-iris"],
    bpe=loaded["bpe"],
    places=loaded["inclusion-places"],
    roads=loaded["bdtopo-roads"],
    education=loaded["census-iris-education"],
    activity=loaded["census-iris-activity"],
    **{id: loaded[id] for id in from_the_city if id in loaded},
)
said = "KEPT FOR A REHEARSAL, although invented" if rehearsal else "Left out, because invented"
print(f"{said} among real data:", ", ".join(invented) or "nothing")

# %% [markdown]
# ## Quality first
#
# What loading set aside, dataset by dataset.

# %%
said = pd.DataFrame(frame.attrs["datakit"] for frame in loaded.values())
said["first reason"] = [f"{r[0]['column']}: {r[0]['rule']}" if r else "" for r in said["rejects"]]
said = said.rename(columns={"id": "dataset", "rows_read": "rows read", "rows_rejected": "set aside"})
said[["dataset", "rows read", "set aside", "first reason"]]

# %% [markdown]
# ### The territory
#
# Communes merge. Older contours still have those that are gone: they are dissolved into their successor.

# %%
communes = territory.todays_communes(loaded["communes"])
population = loaded["communes-population"]
for code in sorted(set(loaded["communes"]["commune"]) & set(services.MERGED)):
    print(f"{code} was dissolved into {services.MERGED[code]}")
communes = communes.drop(columns=["population", "name"], errors="ignore").merge(
    population[["commune", "name", "population"]], on="commune", how="left"
)  # names as they are today: 21452 was called Neuilly-lès-Dijon
communes.attrs["datakit"] = loaded["communes"].attrs["datakit"]  # the source line of the maps is made from it
print(f"{len(communes)} communes, {int(communes['population'].sum())} inhabitants")

# %% [markdown]
# ### Is a place where it says?
#
# A file gives each place an address *and* a position. Where the two contradict each other, one of them is wrong. The
# place is flagged for a person to check: it is left out of the distances, not moved.

# %%
chosen = services.known(categories)
own = optional.get(equipment)
if own is not None:  # which of the portal's words are which kind is a reading of this kit
    own = services.own_equipment(own, {"Mairie": "town_hall", "Mairie de quartier": "town_hall"})
collected = services.table(
    france_services=loaded["france-services"],
    inclusion_places=optional["places"],
    mednum=loaded["mednum-bfc"],
    bpe=optional["bpe"],
    equipment=own,
)
every = services.locate(collected.places, communes)
flagged = every[every["flagged"]]
print(f"{len(flagged)} of {len(every)} rows are flagged; {collected.without_position} without a position are left out")
flagged[["id", "category", "postal_code", "town", "why"]].reset_index(drop=True)

# %% [markdown]
# ### One place, two files
#
# The same place often stands in two files under two spellings. Rows of the same kind that are near each other and alike
# in name and address become one place; every merge is listed, so that a person can take it back. Flagged rows are
# merged with nothing.

# %%
every, review = linkage.link(every)
print(f"{(review['decision'] == 'merged').sum()} rows of different files are one place", end="; ")
print(f"{(review['decision'] == 'doubtful').sum()} pairs are doubtful: a person decides")
seen = ["decision", "name_left", "source_left", "name_right", "source_right", "metres", "score"]
review.sort_values("score")[seen].head(6).reset_index(drop=True)

# %%
found = every[every["inside"]].groupby("category")
counted = pd.DataFrame({"inside the Métropole": found.size(), "of which flagged": found["flagged"].sum()})
counted["outside, kept for neighbours"] = every[~every["inside"]].groupby("category").size()
for column, told in {
    "weekly_hours": "with known hours",
    "saturday": "open on Saturday",
    "evening": "open after 18:00",
    "accessible": "wheelchairs welcome",
}.items():
    values = every.loc[every["inside"], column]
    known_of = values.notna().groupby(every["category"]).sum()
    yes = values.notna() if column == "weekly_hours" else values.fillna(False).astype(bool)
    counted[told] = yes.groupby(every["category"]).sum().where(known_of > 0).map("{:.0f}".format, na_action="ignore")
counted = counted.reindex([c for c in services.CATEGORIES if c in counted.index])
counted[counted.columns[:3]] = counted[counted.columns[:3]].fillna(0).astype(int)
kinds = [c for c in chosen if c in counted.index]
label = {name: services.CATEGORIES[name] for name in kinds}
focus, of_focus = kinds[0], label[kinds[0]]
print("No data in this run on:", ", ".join(services.CATEGORIES[c] for c in chosen if c not in kinds) or "nothing")
counted.rename(index=services.CATEGORIES).rename_axis(None).fillna("not said")

# %% [markdown]
# Only the kinds in `categories` are measured below, and the first of them that has places is looked into. "Not said" is
# silence, not a closed door; and where some places of a kind say it, the others may be open too.
#
# Is the list up to date? A date of update that is missing or old is a reason to telephone before believing the map.

# %%
places = every[~every["flagged"] & every["category"].isin(kinds)].reset_index(drop=True)
within = set(every.loc[every["inside"], "id"])
dates = loaded["mednum-bfc"].loc[loaded["mednum-bfc"]["id"].isin(within), "updated"]
newest = dates.max().date() if dates.notna().any() else "none"
print(f"{dates.isna().sum()} of {len(dates)} digital-inclusion places have no date of update; the newest is {newest}")

# %% tags=["nbval-ignore-output"]
shown = every[every["inside"] & every["category"].isin(kinds)].copy()
to_check = "To check: address contradicts place"
shown["kind"] = np.where(shown["flagged"], to_check, shown["category"].map(label))
maps.points(
    shown[["kind", "name", "town", "geometry"]],
    colour="kind",
    colours={**dict(zip(label.values(), charts.CATEGORICAL, strict=False)), to_check: "#000000"},
    labels="name",
    tooltip=["town"],
    outline=communes,
    title="Public services by kind",
    caption="One dot per place. A blank may be a place without a service, or a service that the files do not list.",
    alt="Map of public services by kind: "
    + ", ".join(f"{n} {kind}" for kind, n in shown["kind"].value_counts().items())
    + ".",
    data=[
        loaded["france-services"],
        loaded["mednum-bfc"],
        *(optional[name] for name in ("places", "bpe") if optional[name] is not None),
    ],
)

# %% [markdown]
# ## Who lives where
#
# The census gives, for each IRIS, how many inhabitants are 75 or older and how many live alone. In communes of 10,000
# inhabitants or more it is an estimate, and the range is what sampling alone may change; smaller communes are asked
# entirely, so they have no such range.

# %%
by_iris = people.by_iris(
    loaded["census-iris-population"],
    loaded["census-iris-households"],
    loaded["census-iris-housing"],
    optional["incomes"],
    education=optional["education"],
    activity=optional["activity"],
)
covered, n_census = by_iris["population"].sum(), len(by_iris)
print(f"{n_census} IRIS with {covered:.0f} inhabitants")
if optional["iris"] is not None:  # the census and the contours may be of two years
    moved = people.on_iris(by_iris, optional["iris"]["iris"])
    by_iris = moved.table
    print(
        f"Put on the IRIS of the contours: {len(moved.changed)} codes changed, {len(moved.lost)} go nowhere "
        f"({moved.inhabitants_lost:.0f} inhabitants left out), {len(moved.empty)} have no census"
    )
towns = people.by_commune(by_iris).merge(
    communes[["commune", "name", "population"]], on="commune", suffixes=("", "_now")
)
if "income" in by_iris:
    print("Incomes:", by_iris["income"].value_counts().to_dict())
sampled = towns["population"].where(towns["population"] >= people.SAMPLED_FROM)
towns["low_pct"], towns["high_pct"] = people.low_high(towns["pop_75_plus_pct"], sampled)
shares = {name: made_of for name, made_of in people.SHARES.items() if name in towns}
ranges = dict.fromkeys(["low_pct", "high_pct"], people.SHARES["pop_75_plus_pct"])  # a range gives its middle away
towns = privacy.suppress(
    towns,
    shares | ranges,
    count="households",
    public=("n_iris", "population", "population_now"),
    minimum=min_households,
)
largest = towns.sort_values("population", ascending=False).head(10).set_index("name")
largest["population"] = largest["population"].round().astype(int)
largest[["n_iris", "population", *shares]].round(1).rename_axis(None).rename(
    columns={"n_iris": "IRIS", **people.HEADINGS}
)

# %% [markdown]
# INSEE's own advice: use counts of 500 or more with confidence, those under 200 with caution, and leave counts of the
# complementary tabulation (who lives alone) aside under 2000 inhabitants. How many IRIS does that leave?

# %%
advice = {
    "aged 75 or older": people.care(by_iris["pop_75_plus"]),
    "living alone": people.care(by_iris["living_alone"], by_iris["population"]),
    "unemployed": people.care(by_iris["unemployed"]) if "unemployed" in by_iris else None,
}
advice = pd.DataFrame({name: said.value_counts() for name, said in advice.items() if said is not None})
advice.reindex(people.CARE).fillna(0).astype(int).rename(index={"": "with confidence"}).rename_axis("IRIS, by advice")

# %% tags=["nbval-ignore-output"]
ordered = towns.dropna(subset="pop_75_plus_pct").sort_values("pop_75_plus_pct", ascending=False).head(15).round(1)
mean = 100 * by_iris["pop_75_plus"].sum() / covered
fig, ax = charts.bars(
    ordered,
    "pop_75_plus_pct",
    "name",
    low="low_pct",
    high="high_pct",
    reference=(mean, f"all: {charts.number(mean, 1)} %"),
    title="Inhabitants aged 75 or older, by commune (census)",
    unit="% of inhabitants; lines: a rough 95 % sampling range, from 10,000 inhabitants on",
    alt=f"Bars of the share of inhabitants aged 75 or older in {len(ordered)} communes, from "
    f"{ordered['pop_75_plus_pct'].max():.1f} to {ordered['pop_75_plus_pct'].min():.1f} %; all together {mean:.1f} %.",
    data=[loaded["census-iris-population"]],
)
charts.show(fig)

# %% [markdown]
# ## How far
#
# From points spread evenly over each area to the nearest service of each kind, along the streets. Where streets are not
# known (real communes and an invented network are not put together), the straight line times a **detour factor**: a
# choice, so that each share comes with a low and a high value. With contours of IRIS the points are spread over IRIS;
# without, over whole communes, which is coarser.

# %%
if optional["iris"] is not None:
    area, areas = "iris", optional["iris"].merge(by_iris.drop(columns="commune"), on="iris", how="left")
else:
    area = "commune"
    areas = communes.merge(people.by_commune(by_iris).drop(columns="population"), on="commune", how="left")
unit = "IRIS" if area == "iris" else area
network = None if optional["roads"] is None else streets.network(optional["roads"])
print("Ways:", "straight lines times a detour factor" if network is None else "along the streets")
lost = areas["population"].isna().sum()
print(f"{len(areas)} areas ({unit}); {lost} without a known number of inhabitants")
limits = dict.fromkeys(kinds, threshold) | dict.fromkeys(["france_services", "employment"], threshold_rare)
limits = {name: limits[name] for name in kinds}
ways = access.by_area(
    areas,
    places,
    kinds,
    area=area,
    threshold=limits,
    network=network,
    detour=detour,
    detour_range=(detour_low, detour_high),
)

# %% [markdown]
# Everybody, then two groups for whom distance weighs more. The last column says how many people the figure is about.

# %%
known = areas.set_index(area)
groups = {"all inhabitants": "population", "aged 75 or older": "pop_75_plus", "living alone": "living_alone"}
comparable = known[list(groups.values())].notna().all(axis=1)  # the same areas for the three groups
print(f"The groups are compared over {int(comparable.sum())} of {len(known)} areas: those with census figures")
far = pd.concat(
    [
        access.weighted(ways, known.loc[comparable, column], area=area).assign(group=name)
        for name, column in groups.items()
    ],
    ignore_index=True,
)
far["kind"] = far["category"].map(label)
everybody = access.weighted(ways, known["population"], area=area).sort_values("far_pct", ascending=False)
everybody["kind"] = everybody["category"].map(label)
headings = {
    "kind": "kind",
    "group": "group",
    "far_pct": "far (%)",
    "far_low_pct": "low (%)",
    "far_high_pct": "high (%)",
    "distance": "mean way (m)",
    "of": "people",
}
if network is not None:  # the range is that of the detour factor
    headings = {name: text for name, text in headings.items() if name not in ("far_low_pct", "far_high_pct")}
table = far[list(headings)].round({"far_pct": 1, "far_low_pct": 1, "far_high_pct": 1, "distance": 0, "of": 0})
table.astype({"distance": int, "of": int}).rename(columns=headings)

# %% tags=["nbval-ignore-output"]
used = ["census-iris-population", "communes-population", "mednum-bfc", "france-services"]
used += [id for id, frame in {"iris": optional["iris"], "bpe": optional["bpe"]}.items() if frame is not None]
drawn_from = [loaded[id] for id in used]
wide = far.pivot_table(index="category", columns="group", values="far_pct").loc[everybody["category"]]
fig, ax = charts.figure(
    "Share of inhabitants who are far from the nearest service of each kind, with its range, for three groups. "
    + "; ".join(f"{label[c]}: " + ", ".join(f"{g} {r[g]:.0f} %" for g in groups) for c, r in wide.iterrows())
    + ".",
    title="Inhabitants who are far from the nearest service",
    size=(8, 2.2 + 0.55 * len(kinds)),
    data=drawn_from,
)
names = [f"{label[c]}\n(more than {limits[c]} m)" for c in wide.index]
for shift, (group, colour, mark) in enumerate(zip(groups, charts.CATEGORICAL, "osD", strict=False)):
    part = far[far["group"] == group].set_index("category").reindex(wide.index)
    y = np.arange(len(part)) + 0.22 * (shift - 1)
    ax.hlines(y, part["far_low_pct"], part["far_high_pct"], color=colour, lw=2)
    ax.plot(part["far_pct"], y, mark, color=colour, label=group)
ax.set_yticks(np.arange(len(names)), names)
told = "along the streets" if network is not None else f"lines: detour factor {detour_low} to {detour_high}"
ax.set(xlabel=f"% of the group; {told}", xlim=(0, 100))
ax.set_ylim(len(names) - 0.5, -0.5)
ax.legend(loc="best", fontsize=8)
charts.show(fig)

# %% [markdown]
# A threshold is a choice too. The curves show every threshold at once: read the share of inhabitants for whom the way
# is longer than the distance below.

# %% tags=["nbval-ignore-output"]
points = access.grid(areas, area)
if network is None:
    metres = access.nearest(points, places, kinds) * detour
else:
    metres = access.on_foot(points, places, kinds, network)
weight = (points["weight"] * points[area].map(known["population"]).astype("float64")).to_numpy()
fig, ax = charts.figure(
    f"Curves of the share of inhabitants whose way to the nearest service is longer than a distance, for {len(kinds)} "
    "kinds of services; all fall from 100 % at 0 m.",
    title="Share of inhabitants farther than a given way on foot",
    data=drawn_from,
)
steps = np.arange(0, 6001, 50)
usable = ~np.isnan(weight)
pens = [(colour, line) for line in ("-", "--") for colour in charts.CATEGORICAL]
for name, (colour, line) in zip(kinds, pens, strict=False):
    beyond = [100 * weight[usable & (metres[name] > s).to_numpy()].sum() / weight[usable].sum() for s in steps]
    ax.plot(steps, beyond, line, color=colour, label=label[name])
ax.set(xlabel="way on foot (m)", ylabel="inhabitants farther than that (%)", xlim=(0, 6000), ylim=(0, 100))
charts.legend(ax)
charts.show(fig)

# %% [markdown]
# ## Where to look first
#
# An area is looked at first when most of its inhabitants are far from at least `lacking` kinds of services **and** it
# belongs to the quarter of the population with the highest share of people aged 75 or older, or living alone. Both
# halves of the rule are choices of this kit: change them, and see who enters and who leaves.

# %%
lacks = access.lacking(ways, area=area)
enough = min(lacking, len(kinds))
personal = [
    c
    for c in ("pop_75_plus_pct", "living_alone_pct", "social_housing_pct", "poverty_rate", "median_income")
    if c in known
]
first = privacy.suppress(
    known.join(lacks),
    {name: people.SHARES.get(name, "amount" if name == "median_income" else "pct") for name in personal},
    count="households",
    public=("population", "lacks", "lacks_low", "lacks_high"),
    minimum=min_households,
    within="commune" if area == "iris" else None,
)
# After hiding, not before: to be on this list says something about the inhabitants, too.
older = people.top_quarter(first["pop_75_plus_pct"], first["population"])
alone = people.top_quarter(first["living_alone_pct"], first["population"])
first["first"] = (first["lacks"] >= enough) & (older | alone)
low, high = (int(((first[c] >= enough) & (older | alone)).sum()) for c in ("lacks_low", "lacks_high"))
first["why"] = np.select([older & alone, older, alone], ["older, and alone", "older", "living alone"], "")
first = first.reset_index()
ranged = "" if network is not None else f" ({low} to {high} over the range of the detour factor)"
print(f"{int(first['first'].sum())} areas are looked at first{ranged}")
print(f"{int(first['hidden'].ne('').sum())} areas are hidden: too few households, or next to such an area in size")
print(f"{int(first['pop_75_plus_pct'].isna().sum())} areas have no census figure to show: they cannot enter the list")
listed = first[first["first"]].sort_values(["lacks", "pop_75_plus_pct"], ascending=False)
listed["use 75+"] = people.care(listed["pop_75_plus"]).replace("", "with confidence")
table = listed[[area, "name", "population", "lacks", "why", *personal, "use 75+"]].round(1).set_index(area)
table.astype({"population": int}).rename_axis(None).rename(columns=people.HEADINGS)

# %% tags=["nbval-ignore-output"]
is_far, told = first["lacks"] >= enough, first["pop_75_plus_pct"].notna()
states = ["far, and older or alone", "far", "far, no census figure"]
first["state"] = np.select([first["first"], is_far & told, is_far], states, "not far, or not known")
maps.choropleth(
    first[["state", "name", "lacks", "which", "pop_75_plus_pct", "living_alone_pct", "geometry"]],
    "state",
    labels="name",
    outline=communes,
    colours=dict(zip([*states, "not far, or not known"], ["#7a0019", "#e69f00", "#fbe3b0", "#dddddd"], strict=True)),
    tooltip={
        "lacks": "kinds of services that are far",
        "which": "which",
        "pop_75_plus_pct": "aged 75 or older (%)",
        "living_alone_pct": "living alone (%)",
    },
    title=f"Areas where most inhabitants are far from {enough} kinds of services or more",
    unit="",
    legend="most inhabitants are",
    caption="An area is one colour, its inhabitants are not: many live near a service in an area that is mostly far. "
    f"Inhabitants are taken as evenly spread over each {unit}.",
    alt=f"Map of {len(first)} areas: {int(first['first'].sum())} are far and older or alone, "
    f"{int((is_far & ~first['first']).sum())} are far only.",
    data=drawn_from,
)

# %% [markdown]
# ## Door to door, by tram and bus
#
# Walk to a stop, wait, ride, change, walk: minutes from the middle of each area to the nearest place of each kind, at
# two named hours, searched in the timetable itself. With a wheelchair one boards only where the file says that one can,
# and takes no stairs or narrow paths on the way; slopes and kerbs are in no open file here.
# A copy without departure times (or without streets to walk on) cannot answer: then only the distance to a stop is
# given.

# %%
homes = areas[[area, "geometry"]].copy()
homes["geometry"] = homes.representative_point()
feed = datakit.fetch("divia-gtfs", origins)
lacks_times = transit.missing(feed)
rides = {}
if network is None or lacks_times:
    print("No journeys:", ", ".join(lacks_times) + " missing in the timetable" if lacks_times else "no streets here")
    there = loaded["divia-gtfs"]
    to_stop = there.sindex.nearest(homes.geometry.array, return_all=False, return_distance=True)[1]
    print(f"Straight line from the middle of an area to the nearest stop: median {np.median(to_stop):.0f} m")
else:
    timetable = transit.Timetable.read(feed)

    def walks(ground, start, end, longest):
        """Minutes between points that are at most so many minutes apart on foot."""
        pairs = ground.pairs(start, end, longest * walking_speed)
        return pairs.assign(minutes=streets.minutes(pairs["metres"], walking_speed))

    rolling = streets.network(optional["roads"], not_on_foot=streets.NOT_ON_WHEELS)
    feet, wheels = (
        streets.minutes(ground.distances(homes, places, 45 * walking_speed), walking_speed)
        for ground in (network, rolling)
    )
    rides["on foot only"] = np.asarray(feet, dtype=float)
    for name, kind, hour, ground, direct in (
        ("weekday", "weekday", weekday_departure, network, feet),
        ("Saturday", "saturday", saturday_departure, network, feet),
        ("weekday, wheelchair", "weekday", weekday_departure, rolling, wheels),
    ):
        timetable.change(walks(ground, timetable.stops, timetable.stops, 3))
        rides[name] = transit.door_to_door(
            timetable,
            walks(ground, homes, timetable.stops, 12),
            walks(ground, timetable.stops, places, 12),
            pd.Timestamp(f"{timetable.day(kind)} {hour}"),
            shape=(len(homes), len(places)),
            walking=direct,
            step_free=ground is rolling,
        )
    print(
        f"{len(timetable.stops)} stops; {timetable.day('weekday')} {weekday_departure} and "
        f"{timetable.day('saturday')} {saturday_departure}"
    )

# %%
lives = known["population"].astype(float).reindex(homes[area]).to_numpy()
of_kind = {kind: (places["category"] == kind).to_numpy() for kind in kinds}


def soonest(minutes, kind):
    """Minutes to the nearest place of a kind, infinite where there is no way."""
    return np.nan_to_num(minutes[:, of_kind[kind]], nan=np.inf).min(axis=1)


reached = pd.DataFrame(
    {
        name: [100 * lives[soonest(minutes, kind) <= near_minutes].sum() / np.nansum(lives) for kind in kinds]
        for name, minutes in rides.items()
    },
    index=[label[kind] for kind in kinds],
)
if rides:
    choice = rides["weekday"] <= near_minutes
    reached["places to choose from"] = [
        np.average(choice[:, of_kind[kind]].sum(axis=1), weights=np.nan_to_num(lives)) for kind in kinds
    ]
    display(reached.round(1).rename(columns={name: f"{name} (%)" for name in rides}))

# %% [markdown]
# The table gives the share of inhabitants who are within `near_minutes` of the nearest place, and how many places an
# inhabitant can choose from in that time on a weekday, on average. One hour of one day is an example: a tram that
# leaves at 08:29 is a long wait.
#
# ## Competition, and who has more
#
# A place near by helps little when many share it. Each place of the first kind, and each France services, divides its
# weekly hours among the people within `catchment` minutes (enhanced two-step floating catchment). How evenly is that
# shared, and does it follow incomes?

# %%
helpers = places["category"].isin([focus, "france_services"]).to_numpy()
hours_each = pd.Series(dtype=float)
if not places.loc[helpers, "weekly_hours"].gt(0).any():
    print(f"Hours are not said for: {of_focus}")
elif rides:
    row, column = np.nonzero(rides["weekday"][:, helpers] <= catchment)
    ids = places.loc[helpers, "id"].to_numpy()
    costs = pd.DataFrame({"area": homes[area].to_numpy()[row], "service": ids[column]})
    costs["cost"] = rides["weekday"][:, helpers][row, column]
    supply = places.loc[helpers].set_index("id")["weekly_hours"]
    demand = pd.Series(lives, index=homes[area])
    shared = {
        method: competition.floating(demand, supply, costs, catchment=catchment, method=method)
        for method in competition.METHODS
    }
    usual = shared["e2sfca"]
    hours_each = 1000 * usual.each
    print(f"{usual.services} places, {usual.without_capacity} without known hours, {len(usual.unreached)} unreached")
    curve = fairness.lorenz(hours_each, lives)
    print(f"Hours a week per 1000 inhabitants: median {hours_each.median():.1f}; Gini {fairness.index(curve):.2f}")
    for method, found in shared.items():
        same = found.each.rank().corr(usual.each.rank())
        print(f"  {method}: rank correlation with e2sfca {same:.2f}")
    if "median_income" in known:
        income = known["median_income"].reindex(homes[area]).to_numpy()
        lined = fairness.concentration(hours_each, lives, income)
        print(f"Concentration index by income {fairness.index(lined):+.3f}: above 0, richer areas have more")
    by_age = fairness.concentration(hours_each, lives, known["pop_75_plus_pct"].reindex(homes[area]).to_numpy())
    print(f"Concentration index by age {fairness.index(by_age):+.3f}: above 0, areas with more people of 75 have more")

# %% tags=["nbval-ignore-output"]
if len(hours_each):
    fig, ax = charts.figure(
        f"Lorenz curve of weekly hours of help within reach; Gini {fairness.index(curve):.2f}. A second curve "
        "lines areas up by income.",
        title="How evenly hours of help are shared",
        size=(5.6, 5.2),
        data=[*drawn_from, loaded["divia-gtfs"], loaded["bdtopo-roads"], loaded["filosofi-iris"]],
    )
    ax.plot(100 * curve["people"], 100 * curve["share"], color=charts.CATEGORICAL[0], label="those with least first")
    if "median_income" in known:
        ax.plot(100 * lined["people"], 100 * lined["share"], color=charts.CATEGORICAL[1], label="lowest incomes first")
    ax.plot([0, 100], [0, 100], color="#555555", lw=1, ls="--", label="the same for everybody")
    ax.set(
        xlabel="inhabitants (%)", ylabel="hours of help within reach (%)", aspect="equal", xlim=(0, 100), ylim=(0, 100)
    )
    ax.legend(fontsize=8)
    display(charts.show(fig))

# %% [markdown]
# Do areas with long ways stand together more than chance would put them? First one test of the whole, then one of each
# area, corrected for the number of tests: without the correction one area in twenty would be a "cluster" of noise.

# %%
if rides:
    away = pd.Series(np.minimum(soonest(rides["weekday"], focus), 60.0), index=areas.index)
    local = clusters.local(areas, away.where(areas["population"].notna().to_numpy()))
    print(local.sentence())
    display(local.areas["cluster"].value_counts().rename("areas").to_frame())

# %% [markdown]
# ## Need, and the gap
#
# **Digital fragility** from the parts of its published index that open data give by IRIS, each on a scale from 1 to 10;
# network coverage is not among them here. **Deprivation**: the first component of income, diplomas, trades and
# unemployment, as in the French index FDep. Both compare the areas at hand with each other, and with nowhere else.

# %%
fragile = None
if area == "iris" and optional["education"] is not None and optional["incomes"] is not None:
    education = optional["education"].assign(
        bac_or_more_15_plus=lambda d: d.filter(regex="^(bac|sup)").sum(axis=1, min_count=4)
    )
    rates = need.rates(loaded["census-iris-population"], education, optional["activity"], optional["incomes"])
    rates = rates.merge(by_iris[["iris", "households", "commune"]], on="iris", suffixes=("", "_iris"))
    parts = ["older", "low_diploma", "poverty", "graduates", "blue_collar", "unemployment"]
    parts = [*(f"{part}_pct" for part in parts), "median_income"]
    rates = privacy.suppress(
        rates,
        dict.fromkeys(parts, "pct") | {"median_income": "amount"},
        count="households",
        public=("population",),
        minimum=min_households,
        within="commune",
    )
    rates = areas[["iris"]].merge(rates, on="iris", how="left").set_index("iris")
    try:
        made_of, deprived = need.fragility(rates), need.deprivation(rates, rates["population"])
        fragile = made_of.table
    except DatakitError as problem:  # a high threshold hides nearly every IRIS
        print(f"Not computed: {problem}")
else:
    print("Not computed: it needs IRIS, their incomes and diplomas, all real or all invented.")
if fragile is not None:
    print("Fragility from:", ", ".join(made_of.used) + "; not by IRIS in open data here:", ", ".join(made_of.absent))
    print(
        f"Deprivation explains {100 * deprived.explained:.0f} % of its four rates; "
        f"{deprived.missing} IRIS are without (secret or hidden)"
    )
    print(f"Correlation of both: {fragile['score'].corr(deprived.score):.2f}")
    display(fragile.describe().loc[["count", "min", "50%", "max"]].round(1))

# %% tags=["nbval-ignore-output"]
if fragile is not None and rides:
    minutes_away = pd.Series(away.to_numpy(), fragile.index)
    both = gap.bivariate(fragile["score"], minutes_away, rates["population"])
    drawn = areas.set_index("iris")[["name", "geometry"]].join(both[["label"]]).reset_index()
    colours = {f"{gap.LEVELS[a]}, {gap.WAYS[b]}": gap.COLOURS[a][b] for a in (2, 1, 0) for b in (2, 1, 0)}
    display(
        maps.choropleth(
            drawn,
            "label",
            labels="name",
            outline=communes,
            colours=colours | {gap.UNKNOWN: "#ffffff"},
            title=f"Need beside access: digital fragility and minutes to the nearest {of_focus}",
            unit="",
            legend="each third of the inhabitants",
            caption="Thirds of the inhabitants by need, and by minutes from door to door on a weekday. An area is one "
            "colour, its inhabitants are not.",
            alt=f"Map of {len(drawn)} IRIS in nine classes of need and access; "
            f"{int((both['label'] == 'high need, bad access').sum())} have high need and bad access.",
            data=[*drawn_from, loaded["filosofi-iris"], loaded["divia-gtfs"], loaded["bdtopo-roads"]],
            height=600,
        )
    )

# %% [markdown]
# The same nine colours as a square, with the inhabitants of each.

# %% tags=["nbval-ignore-output"]
if fragile is not None and rides:
    fig, ax = charts.figure(
        "Square of nine classes, three levels of need by three of access, with the inhabitants of each.",
        title="Inhabitants by need and access",
        size=(5.6, 4.2),
        data=[loaded["census-iris-population"], loaded["filosofi-iris"], loaded["divia-gtfs"]],
    )
    gap.square(ax, both, rates["population"])
    display(charts.show(fig))

# %% [markdown]
# Few groups, by rule, with what the data can and cannot say of each:

# %%
if fragile is not None and rides:
    groups_of = gap.typology(fragile["score"], minutes_away, rates["population"], far=near_minutes)
    table_of = rates.assign(minutes=minutes_away, fragility=fragile["score"])
    described = gap.describe(
        groups_of,
        table_of,
        rates["population"],
        {
            "minutes": "minutes",
            "fragility": "fragility (1-10)",
            "older_pct": "aged 65+ (%)",
            "poverty_pct": "poverty (%)",
        },
    )
    firm = gap.steadiness(fragile[list(made_of.used)], rates["population"])
    print(
        f"Of the IRIS ever among the third in most need, {100 * (firm[firm > 0] >= 0.9).mean():.0f} % are so "
        "in nine draws of ten"
    )
    with pd.option_context("display.max_colwidth", None):
        described = described.round({"people": 0}).astype({"people": int}).rename(columns={"people_pct": "share (%)"})
        display(described.round(1))

# %% [markdown]
# **Borders.** The same question on squares of 200 m: how many inhabitants are far from a place of the first kind on
# foot, by the middle of their IRIS, and by the middle of their square?

# %%
if network is not None and area == "iris":
    squares = cells.grid(areas, 200)
    lived_in = cells.spread(by_iris, areas[["iris", "geometry"]], squares, ["population"])["population"]
    way = access.on_foot(squares, places, [focus], network)[focus]
    by_square = 100 * lived_in[(way > limits[focus]).to_numpy()].sum() / lived_in.sum()
    way_iris = access.on_foot(homes, places, [focus], network)[focus].to_numpy()
    by_middle = 100 * np.nansum(lives[way_iris > limits[focus]]) / np.nansum(lives)
    print(f"far by the middle of the IRIS: {by_middle:.0f} %; by {len(squares)} squares of 200 m: {by_square:.0f} %")

# %% [markdown]
# ## Where would one more place help most?
#
# Candidates are places that exist: libraries and post offices that could host a desk. The best are found exactly, for
# two aims that do not choose the same: to *reach* as many people as possible who have no place of the first kind within
# `threshold` metres (maximal covering), or to make everybody's *distance* least in total (p-median). Then a van that
# stops at one of five places a day: it reaches more people, one day a week only.

# %%
gained = pd.DataFrame()
if network is not None:
    hosts = every["category"].isin({"library", "post"} - {focus}) & ~every["flagged"]
    hosts = every[hosts].reset_index(drop=True)
    cost = network.distances(homes, hosts, 20_000)
    present = access.on_foot(homes, places, [focus], network)[focus].to_numpy()
    people_there = known.reindex(homes[area])[["population", "pop_75_plus", "living_alone"]].reset_index(drop=True)
    options = {}
    for goal, told in (("reach", f"{new_places} places, reach"), ("distance", f"{new_places} places, distance")):
        options[told] = siting.best_sites(
            cost, people_there["population"], new_places, goal=goal, limit=limits[focus], present=present
        )
    between = np.nan_to_num(network.distances(hosts, hosts, 40_000), nan=99_999)
    van = siting.weekly_round(cost, between, people_there["population"], 5, limit=limits[focus], present=present)
    options["van, 5 stops, one day a week"] = van["site"].tolist()
    people_there = people_there.set_axis(list(groups), axis=1)
    newly = {
        told: siting.gain(cost, sites, people_there, limit=limits[focus], present=present).set_index("group")
        for told, sites in options.items()
    }
    gained = newly[next(iter(newly))]
    table = pd.DataFrame({told: one["newly"] for told, one in newly.items()}).T.add_prefix("newly near: ")
    display(table.round().astype(int).rename_axis(columns=None))
    today = np.nan_to_num(present, nan=np.inf)
    finite = np.isfinite(today) & (lives > 0)
    mean_way = np.average(today[finite], weights=lives[finite])
    print(f"Today {gained['before_pct'].iloc[0]:.1f} % are near; mean way {mean_way:.0f} m")
    for told, sites in list(options.items())[:2]:  # those of the van are near one day a week only
        best = np.minimum(today, np.nan_to_num(cost[:, sites], nan=np.inf).min(axis=1))[finite]
        print(
            f"{told}: {', '.join(hosts.loc[sites, 'name'])}; mean way {np.average(best, weights=lives[finite]):.0f} m"
        )
    van["place"] = hosts.loc[van["site"], "name"].to_numpy()
    van = van.round(0).astype({"newly": int, "way": int}).set_index("day")
    display(
        van[["place", "newly", "way"]].rename(columns={"newly": "people newly near", "way": "to the next stop (m)"})
    )

# %% [markdown]
# ## Getting there without walking
#
# Which stops can be boarded with a wheelchair? In the timetable's format, 0 means *not known*: what is counted is what
# is known to be accessible, and the rest cannot be called inaccessible.

# %%
stops = loaded["divia-gtfs"]
accessible = transit.boarding(stops).eq(1)
stops = stops[stops.get("location_type", pd.Series(0, stops.index)).fillna(0).eq(0)]  # a station is no stop
accessible = accessible[stops.index]
where = services.locate(stops[["stop_id", "geometry"]].rename(columns={"stop_id": "id"}), communes)["found"]
by_town = pd.DataFrame({"commune": where.to_numpy(), "stops": 1, "accessible": accessible.to_numpy(dtype=int)})
by_town = by_town.groupby("commune")[["stops", "accessible"]].sum().reset_index()
by_town = communes[["commune", "name"]].merge(by_town, on="commune", how="left").fillna({"stops": 0, "accessible": 0})
by_town["known accessible (%)"] = (100 * by_town["accessible"] / by_town["stops"].where(by_town["stops"] > 0)).round(1)
by_town.astype({"stops": int, "accessible": int}).sort_values("stops", ascending=False).head(10).reset_index(drop=True)

# %% [markdown]
# ## Do all areas report what is broken?
#
# An application in which citizens report defects shows where defects are *and* where people report. Only a count of
# what is there, from an inspection round, tells the two apart. The ratio: reports for the same defects where a group is
# one standard deviation above the mean, over those at the mean.

# %%
silent = pd.DataFrame()
told_defects = optional.get("citizen-reports") is not None and optional.get("defects-survey") is not None
if told_defects and area == "iris" and "poverty_rate" in by_iris:
    sent = reports.read(datakit.fetch("citizen-reports", origins))
    print(f"{sent.read} reports read; {sent.twice} of them twice")
    told = reports.by_area(sent.points, areas, by_iris, minimum=min_households, within="commune").table
    there = reports.by_area(optional["defects-survey"], areas, by_iris, minimum=min_households, within="commune")
    told["defects"] = there.table["reports"]
    told = told.merge(by_iris[["iris", "poverty_rate", "pop_75_plus_pct"]], on="iris")
    try:
        silent = reports.silence(told, "defects", "poverty_rate", "pop_75_plus_pct")
    except DatakitError as problem:  # a high threshold hides nearly every IRIS
        print(f"Not asked here: {problem}")
else:
    print("Not asked here: it needs reports, an inspection round and incomes by IRIS, all real or all invented.")
if len(silent):
    silent["group"] = silent["group"].map(people.LABELS)
    flat = told[["per_1000", "poverty_rate"]].corr(method="spearman").iloc[0, 1]
    print(f"Rank correlation of reports by resident with poverty: {flat:+.2f}")
    shown = silent.assign(p=silent["p"].map(lambda p: "< 0.001" if p < 0.001 else f"{p:.3f}"))
    display(shown.round(2).rename(columns={"per": "one standard deviation (points)"}))

# %% [markdown]
# A ratio whose interval stays under 1 says that such *areas* report less. It does not say who in them, nor why: no
# telephone, no trust, no answer to the last report.
#
# ## What these figures cannot say
#
# - **Nothing about a person.** A high share of older people in a far area does not say that the older people are the
#   ones who are far. Concluding from areas to people is the *ecological fallacy*.
# - **Borders matter.** Other contours would give other shares.
# - **Who is missing.** The census reaches people at home; the homeless, people without papers and many of those who do
#   not answer are seen poorly. Incomes leave out student residences and care homes.
# - **Near is not open, nor welcoming.** Opening hours, waiting, language, disability, price and trust are not here.
# - **Even spread is wrong in the fields.** In a large commune people live in the village: distances there are too long.
# - **Small numbers.** No figure by area about fewer than `min_households` households is shown, nor one that counts
#   fewer than five people, all but fewer than five, or all; the next smallest area is hidden with a single hidden one,
#   so that no total gives it back. `privacy.write` holds a table to the same rule, and lets no column out that nobody
#   has declared; it does not see what two tables give away together. Before a team adds data about persons, it fills
#   in the note of `docs/data-protection.md`.
# - **Dates differ.** Contours, census, incomes and lists of places are of different years.

# %% [markdown]
# ## Key results

# %% tags=["key-results"]
inside = every[every["inside"]]
digital = inside[inside["category"] == "digital"]
counters = inside[inside["category"] == "france_services"]
rows = [
    ("communes", len(communes), "communes"),
    ("inhabitants", int(communes["population"].sum()), "inhabitants"),
    {
        "result": "inhabitants in the census tables by IRIS",
        "value": round(covered),
        "unit": "inhabitants",
        "note": f"{n_census} IRIS; the census may be of another year",
    },
    ("digital-inclusion places", len(digital), "places inside the Métropole"),
    {
        "result": "digital-inclusion places flagged",
        "value": int(digital["flagged"].sum()),
        "unit": "places",
        "note": "; ".join(digital.loc[digital["flagged"], "id"].head(5)),
    },
    ("France services in the Métropole", int((~counters["flagged"]).sum()), "places"),
    ("France services in Dijon", int(((counters["found"] == "21231") & ~counters["flagged"]).sum()), "places"),
    ("stops", len(stops), "stops"),
    {
        "result": "stops known to be wheelchair accessible",
        "value": int(accessible.sum()),
        "unit": "stops",
        "note": "the others are not known to be, which is not the same as inaccessible",
    },
]
for r in everybody.sort_values("category").itertuples():
    rows.append(
        {
            "result": f"far from: {r.kind}",
            "value": round(r.far_pct, 1),
            "unit": "% of inhabitants",
            "low": None if network is not None else round(r.far_low_pct, 1),
            "high": None if network is not None else round(r.far_high_pct, 1),
            "note": f"more than {limits[r.category]} m on foot; by {unit}; "
            + ("along the streets" if network is not None else "range over detour factors"),
        }
    )
rows.append(
    {
        "result": "areas to look at first",
        "value": int(first["first"].sum()),
        "unit": f"areas ({unit})",
        "low": None if network is not None else low,
        "high": None if network is not None else high,
        "note": f"far from {enough} kinds or more, and older or alone: " + ", ".join(sorted(listed[area])[:8]),
    }
)
if rides:
    for name in ("weekday", "Saturday", "weekday, wheelchair"):
        rows.append(
            {
                "result": f"near: {of_focus}, {name}",
                "value": round(reached.loc[of_focus, name], 1),
                "unit": "% of inhabitants",
                "note": f"within {near_minutes:.0f} minutes from door to door, by the middle of the {unit}",
            }
        )
if len(hours_each):
    rows.append(("Gini of hours of help within reach", round(fairness.index(curve), 2), "0 to 1"))
for one in silent.itertuples():
    rows.append(
        {
            "result": f"reports for the same defects: {one.group}",
            "value": round(one.ratio, 2),
            "unit": "ratio",
            "low": round(one.low, 2),
            "high": round(one.high, 2),
            "note": f"where the share is {one.per:.1f} points above the mean of {one.areas} IRIS",
        }
    )
if len(gained):
    rows.append(
        {
            "result": f"inhabitants newly near, {new_places} places more",
            "value": round(gained.loc["all inhabitants", "newly"]),
            "unit": "inhabitants",
            "note": f"to {of_focus} within {limits[focus]} m on foot; candidates: libraries and post offices",
        }
    )
key_results = charts.key_results(rows)
key_results

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Which kind of service, opened in one place, would bring most people aged 75 or older within the threshold? Try
# the middle of the first area of the list.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
answer = None
if len(listed):
    spot = listed.iloc[:1].copy()
    spot["geometry"] = spot.representative_point()
    before = far[far["group"] == "aged 75 or older"].set_index("category")["people"]
    gained = {}
    for kind in kinds:
        more = pd.concat([places, spot[["geometry"]].assign(category=kind)], ignore_index=True)
        again = access.by_area(areas, more, [kind], area=area, threshold=limits, network=network, detour=detour)
        gained[label[kind]] = before[kind] - access.weighted(again, known["pop_75_plus"], area=area)["people"].iloc[0]
    answer = (
        pd.Series(gained, name="people aged 75 or older brought near").round().sort_values(ascending=False).to_frame()
    )
answer

# %% [markdown] tags=["exercise"]
# **2.** Raise `min_households` step by step. How many areas can still be described at 500, at 1000? Why are some hidden
# that are large enough?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
counts = {}
for minimum in (11, 500, 1000):
    old = {"pop_75_plus_pct": people.SHARES["pop_75_plus_pct"]}
    shown = privacy.suppress(by_iris, old, count="households", minimum=minimum, within="commune")["hidden"].eq("")
    enough_there = by_iris["households"] >= minimum
    counts[minimum] = {
        "shown": int(shown.sum()),
        "hidden, too few households": int((~enough_there).sum()),
        "hidden, would give another away": int((~shown & enough_there).sum()),
    }
pd.DataFrame(counts)

# %% [markdown] tags=["exercise"]
# **3.** Would the list of areas be the same if "far" began at 700 m, or at 1500 m?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
lists = {}
for metres_far in (700, threshold, 1500):
    again = access.by_area(areas, places, kinds, area=area, threshold=metres_far, network=network, detour=detour)
    many = access.lacking(again, area=area)["lacks"] >= enough
    lists[metres_far] = set(many.index[many & (older | alone).reindex(many.index)])
kept = set.intersection(*lists.values())
pd.DataFrame(
    [(m, len(v), len(kept)) for m, v in lists.items()], columns=["threshold (m)", "areas", "in all three lists"]
)

# %% [markdown]
# ## What next
#
# - Read any dataset of the city's portal by its name, playgrounds for example:
#   `datakit.load("dijon-portal@jeux-pour-enfants-2", origins)`.
# - Another year's IRIS in the same table: `datakit.inclusion.vintages`.
# - Ask the people. A workshop with those who do not come to the counter says what no table says.
# - Where is it green, and where not? [Vegetation](20_vegetation.ipynb).

# %% [markdown]
# ## Sources
#
# - Luo, W. and Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method for measuring spatial
#   accessibility to primary care physicians. Health & Place 15(4).
# - Anselin, L. (1995). Local indicators of spatial association: LISA. Geographical Analysis 27(2). Benjamini, Y. and
#   Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society B 57(1).
# - Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997). Socioeconomic inequalities in health. Journal of
#   Econometrics
#   77(1). Rey, G. and others (2009). A deprivation index and mortality in France. BMC Public Health 9:33.
# - Robinson, W. S. (1950). Ecological correlations and the behavior of individuals. American Sociological Review 15(3).
# - Openshaw, S. (1984). The modifiable areal unit problem. Concepts and Techniques in Modern Geography 38.
# - Penchansky, R. and Thomas, J. W. (1981). The concept of access. Medical Care 19(2).
# - INSEE, advice on the use of census counts ("Conseils d'utilisation" of the files base-cc-evol-struct-pop, 2011).
# - Open311, GeoReport v2, for the form of reports. The reference of GTFS, for the meaning of `wheelchair_boarding`.
# - Detour factors, thresholds, the rule of the quarter and the smallest number of households: choices of this kit.
# - Each dataset's publisher and licence: the provenance table above.
