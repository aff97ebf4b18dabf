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
# # What would planting change, and with which trees?
#
# **Question: what is left in thirty years of trees planted on the best public ground, for whom, and which trees?**
#
# Two towns are compared at **one date**: with planting, and without. In both, trees die by the same rates and nobody
# replaces them. Everything is a range.

# %% [markdown]
# ## What you will learn
#
# - to put trees on public ground only, and no more than it holds;
# - to give a scenario a counterfactual at the same date;
# - to read cooling as a range with two signs: by night treed areas can be warmer;
# - to choose taxa by what sources say, and to leave what they dispute unrated.
#
# **Time:** 15 minutes. **Before you start:** [Where first?](23_vegetation_priority.ipynb)

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon
inventory: str = "trees-dijon"  # dataset of the trees
cell_size: int = 100  # side of the grid's cells, metres
plant_trees: int = 5000  # trees of the planting scenario
years: int = 30  # years until the date that is looked at
enough_room: float = 0.25  # public free share of a cell from which more adds nothing
walk_to_park: float = 300.0  # metres on foot to green space
seed: int = 0  # of every random draw

# %%
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, phrase
from datakit.trees import structure
from datakit.vegetation import candidates, exposure, figures, firmness, future, pictures, placing, room, rule, scenario
from datakit.vegetation.town import town
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
wanted, offsets = rule.Rule(walk=walk_to_park), room.Offsets()
few, middle, many = (Value(100 * left, "%", decimals=0) for left in scenario.alive(years, planted=True))
left = "After {years} years {middle} of planted trees stand, {many} where many die, {few} where few do."
print(phrase(left, years=years, few=few, middle=middle, many=many))

# %% [markdown]
# ## Where they go
#
# On public free ground, where need and room are highest (the chapter before says how firm that order is, and who counts
# as vulnerable), each tree on 64 m² of its own.

# %%
with ask("How many trees does the best public ground hold?") as planted:
    here = town(layers, cell_size, inventory)
    living = placing.place(layers, here.cells, here.buildings)
    needs, zone = firmness.needs(here, living.people), exposure.zones(here.cells, layers["lcz-cerema"])
    public = room.public(layers, here, offsets).where(here.cells.area >= cell_size**2 / 5)  # no slivers, as before
    order = firmness.draw(needs, zone, {"room": public / here.cells.area}, enough=enough_room, draws=1, vary=())
    numbers = scenario.plant(public, order["priority"], plant_trees)
    used = [*here.tables, *living.tables, *(layers[id] for id in (*room.TABLES[2:], "lcz-cerema"))]
    planted.say(
        "{trees} find room in {cells}.",
        trees=Value(int(numbers.sum()), "trees"),
        cells=Value(int((numbers > 0).sum()), "cells"),
        cannot_say="Where exactly: pipes and uses are not known.",
        data=used,
    )

# %% [markdown]
# ## Thirty years on
#
# Planted trees die by rates of planting cohorts for five years, then like trees of all ages, as those that stand today
# do. Who dies is drawn. New trees get the crown and trunk of the inventory's own trees of that age: thin ones are no
# established trees then either. What old crowns gain is left out on both sides.

# %% tags=["nbval-ignore-output"]
with ask("What would planting change by then, for residents?") as changed:
    planted.needed()
    new = future.places(layers, here, offsets, numbers, seed)
    table = future.compare(layers, here, new, living.people["population"], wanted, years, seed)
    used = [*used, layers["osm-green"]]
    changed.say(
        "In {years} {then} of the residents have three established trees in view with planting, {without} without: "
        "{more} lie between; today {now}.",
        **figures.later(table, "three_trees", years),
        picture=pictures.later(table, "three_trees", "three established trees in view", years, used),
        table=future.told(table),
        caption="One date in each column, % of residents; trees and canopy of the town",
        cannot_say="What the city will do: dead trees are replaced, others felled. Water and care are in no figure.",
        data=used,
    )

# %% [markdown]
# ## How much cooler
#
# Studies measure different things: air, surface, what a body feels. The last row brings one of them to this change of
# canopy, in proportion, which is a choice of this kit.

# %%
with ask("How much cooler would the town be?") as cooler:
    changed.needed()
    before, after = (future.spread(table, "canopy", when)[0] for when in future.COLUMNS[1:])
    cooling = scenario.cooling(before, after)
    cooler.say(
        "With {before} of the ground under canopy without planting and {after} with it, one study brought to this "
        "change gives {less} in the mean of summer; by night treed areas can be {warmer} warmer.",
        **figures.cooling(cooling, {"before": before, "after": after}),
        table=cooling.round(3),
        caption="Degrees less, by what was measured; below 0 is warmer",
        cannot_say=scenario.WHY_A_RANGE,
        data=used,
    )

# %% [markdown]
# ## Which trees?
#
# A mix must not add to what there is too much of: no more than 10 % of one species, 20 % of one genus, 30 % of one
# family (Santamour, 1990). What no source says is "not rated"; where sources say the opposite of each other, that is
# shown, and not decided.

# %%
with ask("Which trees could they be?") as taxa:
    planted.needed()
    mix = candidates.choose(here.trees, n=8, trees=int(numbers.sum()))
    after_mix = candidates.after(here.trees, mix, int(numbers.sum()))
    taxa.say(
        "A mix of {taxa}, {first} among them, brings the commonest genus from {before} to {after} of the trees.",
        **figures.mix(mix, after_mix.loc["genus"]),
        table=candidates.told(mix),
        caption="The mix, as many trees of each; frost: the coldest winter that is promised, °C",
        cannot_say="What grows in this soil: ratings are of gardens and other climates, a sieve to begin with.",
        data=[layers[inventory]],
    )

# %%
with ask("Who says so?") as sources:
    taxa.needed()
    said = candidates.sources(mix["taxon"])
    sources.say(
        "{sources} were read for these taxa.",
        sources=Value(len(said), "sources"),
        table=said,
        caption="Sources of the ratings, and what each rates",
        cannot_say="What was not found there: it is not rated.",
        data=[layers[inventory]],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see how slowly canopy comes.* How much ground lies under the crowns of the planted trees ten
# years after planting? `answer` is a number of hectares. `numbers` says how many are planted; use `scenario.growth`
# with ages and crown areas of `here.trees`, and `scenario.canopy`.

# %% tags=["exercise"]
answer = ...  # a number of hectares
check("24.1", answer)

# %% tags=["solution"]
with ask("How much canopy would they have after ten years?") as ten:
    planted.needed()
    measured = here.trees[here.trees["diametre_couronne"].gt(0)]
    age = structure.age(measured, today=structure.survey_year(measured))
    grown = scenario.growth(age, 3.14159 / 4 * measured["diametre_couronne"].astype(float) ** 2, years=(10,))
    after = scenario.canopy(int(numbers.sum()), grown).loc[10]
    answer = round(after["canopy"], 1)
    ten.say(
        "{alive} trees would be alive, with {canopy} under their crowns.",
        **figures.grown(after),
        cannot_say="Which ones: the range joins extremes on purpose.",
        data=[layers[inventory]],
    )
check("24.1", answer)

# %% tags=["mistakes"]
width = measured["diametre_couronne"].astype(float)
late = scenario.growth(age, 3.14159 / 4 * width**2, years=(20,))
{
    "All planted trees are counted as alive: some die on the way.": after["canopy"]
    * int(numbers.sum())
    / after["alive"],
    "These are twenty years: ten are asked for.": scenario.canopy(int(numbers.sum()), late).loc[20, "canopy"],
    "This is how many trees are alive: the ground under their crowns is asked for.": after["alive"],
    "Widths were taken for areas: a crown is a disc, pi / 4 times the square of its width.": scenario.canopy(
        int(numbers.sum()), scenario.growth(age, width, years=(10,))
    ).loc[10, "canopy"],
    "This is the ground under one crown, in m².": grown.loc[10, "middle"],
}

# %% tags=["hints"]
[
    "Trees that stand tell how large a crown is at an age: `structure.age` gives ages, `diametre_couronne` widths.",
    "`scenario.growth` takes ages, crown areas in m² and the years to look at.",
    "`scenario.canopy` takes the number of planted trees and that growth; its row for ten years has hectares.",
]

# %% [markdown] tags=["exercise"]
# **2.** (40 minutes) *To see that the second tree brings less than the first.* Plant twice as many trees. By how many
# percentage points more residents have enough trees in view than without planting, in the middle case? `answer` is a
# number of percentage points. Think first: where do the next ones go? Use `scenario.plant`, `future.places`,
# `future.compare` and `future.gain`.

# %% tags=["exercise"]
answer = ...  # a number of percentage points
check("24.2", answer)

# %% tags=["solution"]
with ask("Do twice as many trees bring twice as much?") as double:
    changed.needed()
    more_numbers = scenario.plant(public, order["priority"], 2 * plant_trees)
    more_places = future.places(layers, here, offsets, more_numbers, seed)
    people, middle_case = living.people["population"], [scenario.CASES[1]]
    more_table = future.compare(layers, here, more_places, people, wanted, years, seed, middle_case)
    once, answer = (round(100 * future.gain(one, "three_trees")[0], 2) for one in (table, more_table))
    double.say(
        "{trees} bring {twice} instead of {once}, in the middle case.",
        trees=Value(int(more_numbers.sum()), "trees"),
        twice=Value(answer, "points", decimals=2),
        once=Value(once, "points", decimals=2),
        cannot_say="What a second round would cost.",
        data=used,
    )
check("24.2", answer)

# %% tags=["mistakes"]
{
    "This doubles what the first trees bring: plant them, and count who sees them.": 2 * once,
    "This is what the first trees bring: plant twice as many.": once,
    "This is how much more the second half brings: compare with no planting at all.": answer - once,
}

# %% tags=["hints"]
[
    "Follow the chapter from `scenario.plant` on, with twice `plant_trees`.",
    "Places first, then a comparison with and without them in the year that is looked at: one case is enough.",
    "`future.gain` takes a comparison and the name of a part of the rule; its first value is the middle, as a share.",
]

# %% [markdown]
# ## What next
#
# - Another number, another date: `datakit run 24_vegetation_planting -p plant_trees=1000 -p years=20`.
# - Which trees are there already, and which are likely to be lost? The chapters on trees.

# %% [markdown]
# ## Sources
#
# - Hilbert, D., Roman, L., Koeser, A., Vogt, J. and van Doorn, N. (2019). Urban tree mortality: a literature review.
#   Arboriculture & Urban Forestry 45(5). Going from one of its rates to the other after five years is ours.
# - Knight, T. and others (2021). Environmental Evidence 10:12, and the other studies of the table on cooling.
# - Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
#   Conference of the Metropolitan Tree Improvement Alliance.
# - Each dataset's publisher and licence: the last cell.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
