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
# # A new place or a van: where would it help most?
#
# **Question: where would a new place, or a van, bring help near to most people?**
#
# The best sites can be found exactly, but only for the question that is put: whom to count, what is near, and where
# people live. The last is often forgotten, and changes the answer most.

# %% [markdown]
# ## What you will learn
#
# - to share a place's hours among those who can reach it, and to ask who has less;
# - to find the best sites exactly, for two aims that do not choose the same;
# - to see what becomes of an optimum when each area is taken as one point;
# - to set a van that comes one day a week beside places that stay.
#
# **Time:** 20 minutes. **Before you start:** [Who is far](31_inclusion_access.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
kinds: list = ["digital", "france_services"]  # kinds of places that help; the first is to be opened anew
hosts: list = ["library", "post"]  # kinds of places that could host a new one
threshold: int = 1000  # metres on foot within which a place is near
new_places: int = 3  # places to add where they help most
van_stops: int = 5  # places at which a van stops, one a day
catchment_minutes: float = 30.0  # minutes from door to door within which people share a place
walking_speed: float = 67.0  # metres a minute on foot
weekday_departure: str = "08:30"  # when one leaves on a weekday
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %%
import datakit
from datakit.data.layers import Layers
from datakit.geo import fairness
from datakit.inclusion import catchment, homes, journeys, mapped, pictures, services, setting, siting, tables
from datakit.show import Value, ask
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
asked, focus = services.known([*kinds, *hosts]), kinds[0]
tables.hosts([kind for kind in hosts if kind != focus], services.CATEGORIES)

# %% [markdown]
# ## Today
#
# Places, homes and ways are those of the chapter before: people stand where INSEE's squares of 200 m put them, else
# where homes are built, else spread evenly, and never all of an IRIS at one point.

# %% tags=["nbval-ignore-output"]
with ask("How many people have a place near today?") as near:
    here = setting.of(layers, asked, incomes=True)
    people = here.people("population")["population"]
    inside = people[here.ways.metres[focus] <= threshold].sum()
    near.say(
        "{share} have one within {limit} on foot.",
        share=Value(100 * inside / people.sum(), "%", decimals=0),
        limit=Value(threshold, "m"),
        cannot_say=here.home.caution,
        data=here.data,
    )

# %% [markdown]
# ## Hours to share
#
# A place near by helps little when many share it. Each place divides its weekly hours among the people within
# `catchment_minutes`, those near by counting more; each inhabitant adds up the shares of the places within reach
# (enhanced two-step floating catchment). Places whose hours are not said are left out: unknown hours are not no hours.

# %% tags=["nbval-ignore-output"]
with ask("How many hours of help can people count on?") as shared:
    near.needed()
    helpers = here.found.places[here.found.places["category"].isin(kinds)].reset_index(drop=True)
    trips = journeys.weekday(layers, here.home.points, helpers, walking_speed, weekday_departure)
    ride, used = trips.minutes[journeys.WEEKDAY], [*here.data, *trips.data]
    found = catchment.hours_within(ride, people, helpers["weekly_hours"], catchment=catchment_minutes)
    hours = 1000 * catchment.by_area(found.each, people, here.home.points["iris"]).reindex(here.iris["iris"])
    lives = here.iris["population"].fillna(0).to_numpy()
    shared.say(
        catchment.SENTENCE,
        **catchment.told(hours, lives, found),
        picture=pictures.hours(hours, lives, data=used),
        cannot_say=catchment.CAUTION,
        data=used,
    )

# %% [markdown]
# ## Does it follow income, or age?
#
# The concentration index lines areas up from poor to rich, or from young to old: above 0, those at the end have more.
# Neighbours are alike, so its range comes from drawing neighbours together; the words follow the range.

# %% tags=["nbval-ignore-output"]
with ask("Do richer or older areas have more of it?") as follows:
    shared.needed()
    by_income = fairness.concentrated(hours, lives, here.iris["median_income"], here.iris.geometry)
    by_age = fairness.concentrated(hours, lives, here.iris["pop_75_plus_pct"], here.iris.geometry)
    follows.say(
        "By income: {income_word}, index {income}. By age: {age_word}, index {age}.",
        **catchment.follows("income", by_income, "richer areas have more", "poorer areas have more"),
        **catchment.follows("age", by_age, "older areas have more", "younger areas have more"),
        cannot_say="Whether poor or old people have less: areas are compared, not people.",
        data=used,
    )

# %% [markdown]
# ## Sites that reach most people
#
# Candidates are places that exist. A person counts when no place is within `threshold` metres today and one would be.
# The choice that brings most is found exactly (maximal covering): no other choice of as many candidates brings more.

# %% tags=["nbval-ignore-output"]
with ask("Which sites would bring a place near to most people?") as sited:
    near.needed()
    spots = siting.candidates(here.found.places, hosts, focus)
    plan = siting.plan(here, spots, focus, threshold)
    best = siting.best_sites(plan.cost, plan.people["population"], new_places, limit=plan.limit, present=plan.present)
    present = here.found.places[here.found.places["inside"] & (here.found.places["category"] == focus)]
    sited.say(
        "{names}: {newly} who have none would have one near, {older} of them aged 75 or older.",
        names=Value(", ".join(spots["name"].iloc[best])),
        newly=plan.newly(best),
        older=plan.newly(best, "pop_75_plus"),
        picture=mapped.sites(spots, {"sites chosen": best}, present, here.communes, data=here.data),
        cannot_say="Whether a library or post office would host a desk, and for how many hours: ask it.",
        data=here.data,
    )

# %% [markdown]
# ## And if each IRIS were one point?
#
# Many studies put everybody of an IRIS at its middle. The optimum is then exact, and an exact answer to another
# question. Here its sites are counted again where people live.

# %% tags=["nbval-ignore-output"]
with ask("What would one point for each IRIS have promised?") as promised:
    sited.needed()
    coarse = siting.plan(here, spots, focus, threshold, homes.middles(here.iris, "iris"))
    other = coarse.best(new_places)
    three = {"claim": coarse.newly(other), "counted": plan.newly(other), "ours": plan.newly(best)}
    promised.say(
        "{claim:value} newly near were promised; counted where they live, the same sites bring {counted}, those above "
        "{ours}.",
        **three,
        same=Value(len(set(best) & set(other)), "sites in common"),
        picture=pictures.promised(siting.THREE, three, data=here.data),
        cannot_say=here.home.caution,
        data=here.data,
    )

# %% [markdown]
# ## The shortest ways, and a van
#
# Another aim: not to bring many under a threshold, but to make everybody's way least in total (p-median). And a van
# that stops at one place a day: who is reached one day a week is not reached as by a place that stays.

# %% tags=["nbval-ignore-output"]
with ask("Which sites would shorten everybody's way most?") as shortened:
    sited.needed()
    short = plan.best(new_places, "distance")
    both = {"reach most": best, "shorten most": short}
    shortened.say(
        "{names}: the mean way is {today} today and would be {then}; {newly} would have a place newly near.",
        names=Value(", ".join(spots["name"].iloc[short])),
        today=plan.mean_way(),
        then=plan.mean_way(short),
        newly=plan.newly(short),
        same=Value(len(set(short) & set(best)), "sites in common with those that reach most"),
        picture=mapped.sites(spots, both, present, here.communes, data=here.data),
        cannot_say="Which aim is better: one helps some much, the other many a little.",
        data=here.data,
    )

# %% tags=["nbval-ignore-output"]
with ask("What would a van bring?") as van:
    sited.needed()
    between = here.streets.distances(spots, spots, 40_000)
    tour = siting.tour(plan, spots, between, van_stops)
    van.say(
        "With {stops} a week it would bring {newly} near to one, each one day a week, on a round of {km}.",
        stops=Value(len(tour), "stops"),
        newly=plan.newly(tour["site"].tolist()),
        km=Value(tour["way"].sum() / 1000, "km", decimals=0),
        table=tables.tour(tour),
        caption="The round of the van: who is nearest to which stop, and the way to the next",
        cannot_say="That a day a week is enough: its figure is not to be set beside that of a place that stays.",
        data=here.data,
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
# **1.** (5 minutes) *To see where a further place stops paying.* How many people does the best choice of one, of two,
# up to six further places bring near to one? `answer` is the list of these numbers of people, in this order. Use
# `plan.best` and `plan.newly`.

# %% tags=["exercise"]
answer = ...  # a list of numbers of people
check("33.1", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("How much does each further place bring?") as more:
    sited.needed()
    total = [plan.newly(plan.best(k)).value for k in range(1, min(6, len(spots)) + 1)]
    answer = [round(one) for one in total]
    more.say(
        "The first brings {first}, {number} together {all}.",
        first=Value(total[0], "people", decimals=0),
        number=Value(len(total), "places"),
        all=Value(total[-1], "people", decimals=0),
        picture=pictures.further(total, data=here.data),
        cannot_say="What a place costs.",
        data=here.data,
    )
check("33.1", answer)

# %% tags=["mistakes"]
gains = [after - before for before, after in zip([0, *total[:-1]], total, strict=True)]
{
    "This is what each place adds to those before: ask for all of them together.": gains,
    "These are the first three only: go on to six.": total[:3],
    "These are sums of sums: what `plan.newly` gives for two places holds the first already.": [
        sum(total[: k + 1]) for k in range(len(total))
    ],
}

# %% tags=["hints"]
[
    "`plan.best(k)` gives the k sites that bring a place near to most people.",
    "`plan.newly` says how many people sites bring one near to; its `value` is the number.",
    "Go through k from 1 to 6 and put each number into a list.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see for whom a plan is best.* Which sites would be chosen if only people aged 75 or older
# were counted (`pop_75_plus`)? `answer` is the list of their names. Choose as many as `new_places` says.

# %% tags=["exercise"]
answer = ...  # a list of names
check("33.2", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("Which sites are best for older people?") as aged:
    sited.needed()
    old = plan.best(new_places, group="pop_75_plus")
    answer = list(spots["name"].iloc[old])
    aged.say(
        "{names}: {newly} of them newly near, instead of {before}; {same} are those chosen for everybody.",
        names=Value(", ".join(answer)),
        newly=plan.newly(old, "pop_75_plus"),
        before=plan.newly(best, "pop_75_plus"),
        same=Value(len(set(old) & set(best)), "sites"),
        cannot_say="Where in an IRIS its older people live: they are spread like everybody.",
        data=here.data,
    )
check("33.2", answer)

# %% tags=["mistakes"]
{
    "One site more is in it than `new_places` asks for.": list(
        spots["name"].iloc[plan.best(new_places + 1, group="pop_75_plus")]
    ),
    "One site is missing: choose as many as `new_places` says.": list(
        spots["name"].iloc[plan.best(new_places - 1, group="pop_75_plus")]
    ),
    "These are numbers of rows: give the names of the sites.": [int(one) for one in old],
    "These are all candidates: only the best are asked for.": list(spots["name"]),
}

# %% tags=["hints"]
[
    "`plan.best` takes, beside a number of sites, the group of people who count.",
    "It gives numbers of rows of `spots`.",
    "`spots['name'].iloc[...]` turns them into names.",
]

# %% [markdown] tags=["exercise"]
# **3.** (40 minutes) *To ask who else could host a desk.* Take pharmacies as candidates instead. How many people
# would the best of them, as many as `new_places` says, bring near to a place? `answer` is a number of people. Use
# `setting.of`, `siting.candidates` and `siting.plan`. Then try schools, or a kind of your own.

# %% tags=["exercise"]
answer = ...  # a number of people
check("33.3", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("What would pharmacies as hosts bring?") as others:
    sited.needed()
    wider = setting.of(layers, [focus, "pharmacy"])
    shops = siting.candidates(wider.found.places, ["pharmacy"], focus)
    again = siting.plan(wider, shops, focus, threshold)
    bring = {"newly": again.newly(again.best(new_places)), "before": plan.newly(best)}
    answer = round(bring["newly"].value)
    others.say(
        "{sites} among {candidates} bring {newly}; those above bring {before}.",
        sites=Value(min(new_places, len(shops)), "sites"),
        candidates=Value(len(shops), "pharmacies"),
        **bring,
        cannot_say="Whether a pharmacy has room, time and a door that a wheelchair passes.",
        data=wider.data,
    )
check("33.3", answer)

# %% tags=["mistakes"]
{
    "These are the sites of the chapter: take pharmacies as candidates.": plan.newly(best).value,
    "These are only people aged 75 or older: ask for everybody.": again.newly(
        again.best(new_places), "pop_75_plus"
    ).value,
    "One pharmacy more is in it than `new_places` asks for.": again.newly(again.best(new_places + 1)).value,
    "This is how many pharmacies there are: ask how many people the best of them bring near.": len(shops),
}

# %% tags=["hints"]
[
    "Follow the chapter from its places on, with another kind beside `focus`.",
    "`siting.candidates` takes the places, the kinds that may host, and the kind that is looked for.",
    "Make a plan of them with `siting.plan`, then use `best` and `newly` as the chapter does.",
]

# %% [markdown]
# ## What next
#
# - [Whose reports are missing](34_inclusion_reports.ipynb): who is heard.
# - Any dataset of the city's portal may hold better candidates: [Open the portal](05_open_the_portal.ipynb).

# %% [markdown]
# ## Sources
#
# - Church, R. and ReVelle, C. (1974). The maximal covering location problem. Papers of the Regional Science Association
#   32. Hakimi, S. L. (1964). Optimum locations of switching centers and the absolute centers and medians of a graph.
#   Operations Research 12(3).
# - Luo, W. and Wang, F. (2003). Measures of spatial accessibility to health care in a GIS environment. Environment and
#   Planning B 30(6). Luo, W. and Qi, Y. (2009). An enhanced two-step floating catchment area (E2SFCA) method. Health &
#   Place 15(4). Wan, N., Zou, B. and Sternberg, T. (2012). A three-step floating catchment area method. International
#   Journal of Geographical Information Science 26(6).
# - Saxon, J. and others (2022). An open software environment to make spatial access metrics more accessible. Journal of
#   Computational Social Science 5.
# - Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997). Socioeconomic inequalities in health. Journal of
#   Econometrics 77(1). Lahiri, S. N. (2003). Resampling Methods for Dependent Data. Springer.
# - Openshaw, S. (1984). The modifiable areal unit problem. Concepts and Techniques in Modern Geography 38.
# - Limits, catchment, candidates and neighbours drawn by seven: choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
