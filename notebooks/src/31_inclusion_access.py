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
# # Far: how long is the way to a service, and for whom?
#
# **Question: who is far from which public service, on foot and by tram and bus?**
#
# Being far from a counter matters more to a person who is old, alone, without a car or not at ease online. Distances
# are measured from where people live, along the streets, and each share says what is left open.

# %% [markdown]
# ## What you will learn
#
# - to put inhabitants where they live: squares of 200 m, homes, or an even spread, and what that changes;
# - to turn distances into shares of inhabitants, at one threshold and at all;
# - to go there: on foot, by tram and bus at a given hour, with a wheelchair;
# - to compare priority neighbourhoods with the rest.
#
# **Time:** 20 minutes. **Before you start:** [Help with online procedures](30_inclusion_digital.ipynb), pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
kinds: list = ["digital", "france_services", "post", "library", "doctor", "pharmacy"]  # the first is looked into
threshold: int = 1000  # metres on foot beyond which a neighbourhood service is far
threshold_rare: int = 3000  # the same for France services and job centres, which one does not visit every week
walking_speed: float = 67.0  # metres a minute on foot
weekday_departure: str = "08:30"  # when one leaves on a weekday
saturday_departure: str = "10:00"  # when one leaves on a Saturday
near_minutes: float = 20.0  # minutes from door to door within which a service is near
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %%
import datakit
from datakit.data.layers import Layers
from datakit.inclusion import access, areas, homes, journeys, linkage, pictures, services, tables
from datakit.show import Value, ask
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
communes = areas.communes(layers)
label = {kind: services.CATEGORIES[kind] for kind in services.known(kinds)}
limits = {kind: threshold_rare if kind in ("france_services", "employment") else threshold for kind in label}
groups = {"population": "all inhabitants", "pop_75_plus": "aged 75 or older", "living_alone": "living alone"}
tables.thresholds(limits, label)

# %% [markdown]
# ## How far
#
# The census counts people by IRIS, about two thousand in each. Where they live inside it, INSEE's squares of 200 m say;
# without them the volume of homes, or an even spread. From each point a way is walked along the streets to the nearest
# place of each kind. A threshold is a choice, so first the curve of all thresholds.

# %% tags=["nbval-ignore-output"]
with ask("How far is the nearest service on foot?") as walked:
    iris, found = areas.iris(layers), linkage.collect(layers, communes, kinds)
    home, network = homes.of(layers, iris), access.network(layers)
    ways = access.ways(home.points, found.places, found.kinds, network, slack=home.slack)
    people = home.people(iris.set_index("iris")[list(groups)])
    used = [iris, *found.data, *home.data, *areas.given(layers, "bdtopo-roads")]
    walked.say(
        "{first}: half of the inhabitants have at most {way} to the nearest.",
        **access.halves(ways, people["population"], label),
        picture=pictures.curves(access.curve(ways.metres, people["population"], range(0, 6001, 50)), label, data=used),
        cannot_say=access.caution(home),
        data=used,
    )

# %% [markdown]
# ## Who is far
#
# A share is a sum of people over a sum of people. This is all there is to it; `access.far` does it for every kind and
# group, and once more with each way shorter and longer by what the places of homes leave open.

# %% tags=["nbval-ignore-output"]
with ask("How many people are far from the first kind of place?") as one:
    walked.needed()
    kind = found.kinds[0]
    beyond = people[ways.metres[kind] > limits[kind]].sum() / people.sum()
    one.say(
        "{kind}: {population} are beyond {limit} of the nearest; {pop_75_plus} of those aged 75 and over, "
        "{living_alone} of those who live alone.",
        kind=Value(label[kind]),
        **{group: Value(100 * share, "%", decimals=0) for group, share in beyond.items()},
        limit=Value(limits[kind], "m"),
        cannot_say="That older people live in the far part of their IRIS: they are spread there like everybody.",
        data=used,
    )

# %% tags=["nbval-ignore-output"]
with ask("Which kind of service are most people far from?") as far:
    walked.needed()
    shares = access.far(ways, people, limits)
    shares["group"] = shares["group"].map(groups)
    most, least = access.extremes(shares, "all inhabitants")
    far.say(
        "Most from: {most}, {most_share}; fewest from: {least}, {least_share}.",
        **access.said(most, "most", label) | access.said(least, "least", label),
        picture=pictures.far(shares, label, limits, data=used),
        table=tables.far(shares, label),
        caption="Share of each group who are far from the nearest service, %, and of how many people",
        cannot_say="Whether the service that is near is open, has room, or is the one people go to.",
        data=used,
    )

# %% [markdown]
# ## Does it matter where in an IRIS people live?
#
# The same question three times: with the points above, with people spread evenly, and with everybody of an IRIS at one
# point, as many maps do.

# %% tags=["nbval-ignore-output"]
with ask("How much does the place of homes change the share?") as placed:
    walked.needed()
    counts = iris.set_index("iris")[["population"]]
    tried = [home, homes.points(iris, "iris"), homes.middles(iris, "iris")]
    found_far = [
        access.far(access.ways(h.points, found.places, [kind], network), h.people(counts), limits)["far_pct"].iloc[0]
        for h in tried
    ]
    placed.say(
        "With {how}, {here} are far; spread evenly {even}; with one point for each IRIS {middle}.",
        how=Value(home.how),
        **{k: Value(v, "%", decimals=0) for k, v in zip(("here", "even", "middle"), found_far, strict=True)},
        cannot_say="Which of them is right for one IRIS: only whole towns are compared.",
        data=used,
    )

# %% [markdown]
# ## Priority neighbourhoods
#
# The State's priority neighbourhoods (QPV) are where incomes are lowest. Are services nearer or farther there?

# %% tags=["nbval-ignore-output"]
with ask("Are people in priority neighbourhoods farther from services?") as priority:
    walked.needed()
    inside = homes.within(home, layers["qpv-2024"])
    there, elsewhere = (access.far(ways.part(p), people[p][["population"]], limits) for p in (inside, ~inside))
    compared = access.compare(there, elsewhere, label)
    priority.say(
        "{focus}, where the difference is largest: {there} are far there, {elsewhere} elsewhere. The share is {word} "
        "there for {alike} of {kinds}.",
        **access.counted(compared),
        table=tables.compared(compared),
        caption="Inhabitants who are far from the nearest service, and how many live in QPV",
        cannot_say="Who is poor: many people in these neighbourhoods are not, and most poor people live elsewhere.",
        data=[*used, layers["qpv-2024"]],
    )

# %% [markdown]
# ## From door to door
#
# Walk to a stop, wait, ride, change, walk: minutes from each point at two named hours, searched in the timetable
# itself. With a wheelchair one boards only where the timetable says that one can, and takes no stairs or narrow paths.
# One hour of one day is an example: whoever misses a tram that leaves at 08:29 waits for the next. And all go at one
# pace, whatever their age, and with a wheelchair too: exercise 2 tries another.

# %% tags=["nbval-ignore-output"]
with ask("What do trams and buses add?") as rode:
    walked.needed()
    hours = {"speed": walking_speed, "weekday": weekday_departure, "saturday": saturday_departure}
    trips = journeys.journeys(layers, home.points, found.places, **hours)
    reached = journeys.within(trips, people["population"], near_minutes).loc[list(found.kinds)]
    rode.say(
        "On foot {foot} are within {minutes} of the nearest {focus}; by tram and bus {weekday} on a weekday, "
        "{saturday} on a Saturday, and {chair} with a wheelchair.",
        **journeys.figures(reached.iloc[0], near_minutes, walking_speed),
        focus=Value(label[reached.index[0]]),
        picture=pictures.rides(reached.rename(index=label), near_minutes, data=[*used, *trips.data]),
        cannot_say="{minutes} on foot are {reach}, not the limit above.",
        data=[*used, *trips.data],
    )

# %% [markdown]
# ## Where a wheelchair can board
#
# In the timetable's format, 0 means *not known*: what is counted is what is known, and the rest cannot be called
# closed. Each platform counts: a stop has one for each direction.

# %% tags=["nbval-ignore-output"]
with ask("Where can one board with a wheelchair?") as boarded:
    stops = layers["divia-gtfs"]
    table = journeys.platforms(stops, communes)
    boarded.say(
        "It is known that one can at {boardable} of {platforms}; in {town} at {there:bare} of {of}.",
        boardable=Value(int(table["boardable"].sum())),
        platforms=Value(int(table["platforms"].sum()), "platforms"),
        town=Value(table["name"].iloc[0]),
        there=Value(int(table["boardable"].iloc[0])),
        of=Value(int(table["platforms"].iloc[0])),
        table=tables.platforms(table),
        caption="Platforms at which a wheelchair is known to be able to board",
        cannot_say="That the others are closed to wheelchairs; and whether the pavement leads there.",
        data=[stops, communes],
    )

# %% [markdown]
# ## What loading set aside
#
# Rows that break the rules of their data card, counted for each table.

# %%
layers.quality()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see that "far" is a choice.* How many inhabitants have more than 500 m to the nearest place
# of each kind, and how many more than 2,000 m? `answer` is a table of percentages: a row for each of the two
# distances, a column for each kind. Use `access.curve` with `ways.metres`.

# %% tags=["exercise"]
answer = ...  # a table of percentages: two distances, all kinds
check("31.1", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("How many have more than 500 m, and more than 2,000 m?") as twice:
    walked.needed()
    farther = access.curve(ways.metres, people["population"], [500, 2000])
    answer = farther.round(1)
    twice.say(
        "{first}: {near} have more than 500 m to the nearest, {distant} more than 2,000 m.",
        first=Value(label[farther.columns[0]]),
        near=Value(farther.iloc[0, 0], "%", decimals=0),
        distant=Value(farther.iloc[1, 0], "%", decimals=0),
        table=tables.farther(farther, label),
        caption="Inhabitants farther than 500 m and 2,000 m, %",
        cannot_say="What is too far: for some, 500 m are.",
        data=used,
    )
check("31.1", answer)

# %% tags=["mistakes"]
each_point = people["population"] * 0 + 1
{
    "These have the place within the distance: ask for those who are beyond it.": 100 - farther,
    "Only older people are in it: ask for all inhabitants.": access.curve(
        ways.metres, people["pop_75_plus"], [500, 2000]
    ),
    "Every point counts the same here: weigh it by the people who live there.": access.curve(
        ways.metres, each_point, [500, 2000]
    ),
    "These distances are twice as long as those asked for.": access.curve(
        ways.metres, people["population"], [1000, 4000]
    ).set_axis([500, 2000]),
}

# %% tags=["hints"]
[
    "`access.curve` takes ways in metres, weights, and the distances to look at.",
    "The weights are how many inhabitants live at each point: a column of `people`.",
    "Give it the two distances as a list: what comes out is the percentage beyond each.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see a town with older legs.* A person of eighty walks perhaps 45 metres a minute. Which
# share of those aged 75 or older can be at the nearest place of each kind within `near_minutes` at that pace?
# `answer` has one percentage for each kind. Compare it with `walking_speed`.

# %% tags=["exercise"]
answer = ...  # a percentage for each kind
check("31.2", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("What does a slower pace change for older people?") as slow:
    walked.needed()
    old = people["pop_75_plus"]
    paces = {pace: ways.metres.le(near_minutes * pace) for pace in (walking_speed, 45.0)}
    near = {pace: 100 * reach.mul(old, axis=0).sum() / old.sum() for pace, reach in paces.items()}
    answer = near[45.0].round(1)
    slow.say(
        "{first}: at {pace}, {usual} have one near; at 45 m a minute {slower}.",
        first=Value(label[ways.metres.columns[0]]),
        pace=Value(walking_speed, "m a minute"),
        usual=Value(near[walking_speed].iloc[0], "%", decimals=0),
        slower=Value(near[45.0].iloc[0], "%", decimals=0),
        cannot_say="How fast each of them walks: 45 m a minute is a guess of this exercise.",
        data=used,
    )
check("31.2", answer)

# %% tags=["mistakes"]
everybody = people["population"]
{
    "This is the pace of the chapter: take 45 metres a minute.": near[walking_speed],
    "These are all inhabitants: ask for those aged 75 or older.": 100
    * paces[45.0].mul(everybody, axis=0).sum()
    / everybody.sum(),
    "These have no place in time: ask for those who do.": 100 - near[45.0],
    "This is how many people there are: divide by all of that age.": paces[45.0].mul(old, axis=0).sum(),
    "This is what the slower pace takes away: ask for the share that is left.": near[walking_speed] - near[45.0],
}

# %% tags=["hints"]
[
    "In `near_minutes` one walks so many metres: minutes times metres a minute.",
    "`ways.metres.le(...)` says for each point and kind whether it is within that distance.",
    "Weigh each point by `people['pop_75_plus']`, add up, and divide by all of that age.",
]

# %% [markdown]
# ## What next
#
# - [Where to look first](32_inclusion_need.ipynb): need beside access.
# - [Where would a new place help](33_inclusion_sites.ipynb): sites, and a van.
# - Ask the people: a workshop with those who do not come to the counter says what no table says.

# %% [markdown]
# ## Sources
#
# - Openshaw, S. (1984). The modifiable areal unit problem. Concepts and Techniques in Modern Geography 38.
# - INSEE, squares of 200 m (Filosofi), and its advice on imputed squares: `datakit.describe("insee-squares")`.
# - The reference of GTFS, for the meaning of `wheelchair_boarding`.
# - Detour factor, thresholds, walking speed and the lengths of walks to stops: choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
