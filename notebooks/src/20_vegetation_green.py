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
# # How green is it, and for whom?
#
# **Question: how much of the ground is green, and how many residents have trees, shade and a park near?**
#
# A share of green says little by itself: of which ground, by which layer, near whom? This chapter measures green on one
# and the same ground, then counts residents instead of hectares.

# %% [markdown]
# ## What you will learn
#
# - to add layers that overlap, and to give all shares one denominator;
# - to place residents on a grid, and to say how wrong that is;
# - to measure the 3-30-300 rule by resident: three trees in view, 30 % of canopy around, a park 300 m **on foot**;
# - to ask who is left out.
#
# **Time:** 20 minutes. **Before you start:** [Start here](00_start_here.ipynb), a little geopandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon
inventory: str = "trees-dijon"  # dataset of the trees
cell_size: int = 100  # side of the grid's cells, metres
trees_in_view: int = 3  # trees that a home should see
trunk: float = 20.0  # trunk from which a tree is well established, cm
tree_reach: float = 50.0  # metres from the façade within which a tree counts as seen
canopy_around: float = 0.30  # share of canopy that a neighbourhood should have
neighbourhood: float = 300.0  # radius of a neighbourhood, metres
walk_to_park: float = 300.0  # metres on foot to green space
park_hectares: float = 1.0  # least size of that green space

# %%
import datakit
from datakit.data.layers import Layers
from datakit.geo import dwellings, fairness, streets, territory
from datakit.show import Value, ask, phrase, tables
from datakit.vegetation import cover, figures, inequality, pictures, placing, reach, rule, sight, town
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
wanted = rule.Rule(trees_in_view, canopy_around, walk_to_park, tree_reach, neighbourhood, park_hectares, trunk)
counted = "Green spaces are counted from {least} ha, trees in view from a trunk of {trunk} cm."
print(phrase(counted, least=wanted.hectares, trunk=wanted.trunk))

# %% [markdown]
# ## How much is green
#
# - **woods**: the vegetation of BD TOPO: woods, forests, hedges, orchards, vines. No lawns, no single street trees.
# - **crowns**: discs of the inventory's standing trees, from the measured crown, else from the trunk by an allometry
#   fitted on the inventory itself. No private trees.
# - **parks**: parks and gardens of OpenStreetMap, lawns and paths included.
#
# A layer that has nothing at all in a commune was not surveyed there. Shares can be compared on the ground that all
# layers know: elsewhere each would have a denominator of its own, and the whole could come out smaller than a part.

# %%
with ask("How much of the ground is green?") as green:
    communes, iris, crowned = layers["communes"], layers["iris"], town.crowns_of(layers, inventory)
    parts = {"woods": layers["bdtopo-vegetation"], "crowns": crowned, "parks": layers["osm-green"]}
    ground = cover.common(territory.todays_communes(communes), parts)
    found = cover.green(iris[iris["commune"].isin(ground["commune"])], parts)
    del crowned, parts["crowns"]  # large, and not needed any more
    green.say(
        "{together} of the ground of {where} is under woods, crowns or parks, overlaps counted once: {woods} under "
        "woods, {crowns} under crowns of inventoried trees, {parks} in parks; adding them up would say {total}.",
        **figures.green(found, ("woods", "crowns", "parks"), ground["name"]),
        data=[layers[id] for id in (inventory, "bdtopo-vegetation", "osm-green", "communes", "iris")],
        cannot_say="How green private gardens, lawns and fields are: no layer has them.",
    )

# %% tags=["nbval-ignore-output"]
with ask("Where is it least green?") as bare:
    green.needed()
    columns = ["name", "green_share", "woods_share", "crowns_share", "parks_share"]
    bare.say(
        "In the tenth of the {number} that have least, at most {low} of the ground is green; in the tenth with most "
        "{high} or more.",
        **figures.tenths(found["green_share"], "IRIS"),
        picture=pictures.green(found, communes, [layers[inventory], parts["woods"], parts["parks"]]),
        table=found.sort_values("green_share")[columns].head(10).round(3),
        caption="The ten IRIS with the smallest vegetated share of their ground (0 to 1)",
        cannot_say="That people there have no green: it may lie just across the limit.",
        data=[layers[inventory], parts["woods"], parts["parks"], iris],
    )

# %% [markdown]
# ## Who lives where
#
# Each layer is brought onto cells of `cell_size` metres. Residents come from INSEE's squares of 200 m where a run has
# them, else from IRIS. Inside a square or an IRIS they are put where homes stand, in proportion to the volume of the
# buildings: spread evenly they would live on railways too. How wrong is that? It can be tried where the finer truth is
# known: IRIS brought onto squares, or communes brought onto IRIS.

# %%
with ask("Where do the residents live, and how sure is that?") as lived:
    here = town.town(layers, cell_size, inventory)
    living = placing.place(layers, here.cells, here.buildings)
    people = living.people["population"]
    lived.say(
        "{residents} of {where} are placed from {source}. Tried one grain coarser, building volume puts {volume} of "
        "them into the wrong place, an even spread {ground}.",
        **figures.placed(living, here.where),
        few=Value(placing.FEW, "residents"),
        cannot_say="How many live in one cell: none is shown with fewer than {few}.",
        data=[*living.tables, *here.tables],
    )

# %% [markdown]
# ## 3-30-300, by resident
#
# *In view* is a proxy: a straight line on the plan from the façade to the trunk, within `tree_reach`, that no other
# building cuts. The rule asks for well-established trees: thinner trunks than `trunk` do not count. *Canopy* is woods
# (without vines, orchards and heath) and crowns. *On foot* is along streets and paths to the nearest street that
# touches a public green space. Each definition is somebody's choice: the table says whose.

# %%
tables.show(wanted.table(), caption="The rule's parts, how they are measured, and who says so")

# %%
with ask("How many homes have enough trees in view?") as viewed:
    lived.needed()
    homes = dwellings.homes(here.buildings)
    seen = sight.visible_trees(homes, here.trees, here.buildings, tree_reach, least_dbh=trunk)["visible"]
    viewed.say(
        "{share} of {homes} see {least} established trees or more within {reach}.",
        share=Value(100 * (seen >= trees_in_view).mean(), "%", decimals=0),
        homes=Value(len(homes), "homes"),
        least=Value(trees_in_view),
        reach=Value(tree_reach, "m"),
        cannot_say="What one sees from a window, storey by storey.",
        data=here.tables,
    )

# %%
with ask("How many residents have what the 3-30-300 rule asks for?") as ruled:
    viewed.needed()
    parks, roads = layers["osm-green"], layers["bdtopo-roads"]
    seeing = rule.on_cells((seen >= trees_in_view).astype(float), homes, here.cells)
    around = rule.neighbourhood(here.cells, here.cells, here.canopy(), neighbourhood)
    walk = reach.walk(here.cells, reach.green_spaces(parks, park_hectares), streets.network(roads))
    met = rule.parts(here.cells, canopy=around, walk=walk, seeing=seeing, rule=wanted)
    used = [*living.tables, *here.tables, parks, roads]
    ruled.say(
        "{three_trees} of the residents have enough trees in view, {canopy_30} enough canopy around, {green_300} a "
        "green space on foot; {all_three} have all three, {none} none.",
        **rule.values(rule.by_resident(met, people)),
        cannot_say="Whether a park's gate is open, or what a home sees: the homes of a cell differ.",
        data=used,
    )

# %% tags=["nbval-ignore-output"]
with ask("Where is the rule met, and where not?") as where:
    ruled.needed()
    three = (met["met"] >= 2.5) & (people >= placing.FEW)
    where.say(
        "All three parts are met in {three:bare} of the {all} with 11 residents or more.",
        three=Value(int(three.sum())),
        all=Value(int((people >= placing.FEW).sum()), "cells"),
        picture=pictures.parts_met(here.cells, met, people, here.communes, used),
        cannot_say="What one home has: the homes of a cell differ.",
        data=used,
    )

# %% [markdown]
# How much does a straight line hide, and how much depends on what *in view* means?

# %%
with ask("How many residents are near a park only as the crow flies?") as crow:
    ruled.needed()
    hides = reach.hidden(walk, people, walk_to_park)
    crow.say(
        "Within the limit of a park live {crow} of the residents as the crow flies and {walk} on foot; the median way "
        "is {detour} as long as the straight line.",
        crow=Value(100 * hides["crow_share"], "%", decimals=0),
        walk=Value(100 * hides["walk_share"], "%", decimals=0),
        detour=Value(hides["detour"], "times", decimals=1),
        cannot_say="Where fences and gates are: a street along a park counts as a way in.",
        data=used,
    )

# %% [markdown]
# ## Who has the shade
#
# The curve adds up residents from those who have least canopy around them: the further it hangs below the diagonal, the
# less evenly canopy is shared.

# %% tags=["nbval-ignore-output"]
with ask("How evenly is canopy shared among residents?") as even:
    ruled.needed()
    curve = rule.lorenz(around, people)
    half = inequality.half(curve)
    even.say(
        "The half of the residents with least canopy around them have {half} of all of it; the Gini index is {gini}.",
        half=Value(100 * half, "%", decimals=0),
        gini=Value(fairness.index(curve), "", decimals=2),
        picture=pictures.lorenz(curve, half, used),
        cannot_say="That the others have enough, or who they are.",
        data=used,
    )

# %% [markdown]
# Now by income and age. All residents of an IRIS are taken to have its median income and its ages: an average of areas,
# not of persons, in which true gaps are larger than they look. Groups of fewer than three IRIS are not shown.

# %%
with ask("Have residents of poorer areas less canopy around them?") as unequal:
    ruled.needed()
    incomes, census = layers["filosofi-iris"], layers["census-iris-population"]
    in_iris = rule.in_iris(here.cells, iris[iris["commune"].isin(here.communes["commune"])])
    left = rule.left_out(met, people, in_iris, placing.ages(census), incomes)
    unequal.say(
        "Of the fifth of residents who live in the richest areas {rich} have enough canopy around, of the fifth in the "
        "poorest {poor}, a difference of {gap}: {word}.",
        **figures.unequal(inequality.gap(met, people, in_iris, incomes)),
        table=inequality.table(left),
        caption="Share of the residents of each group who meet a part of the rule",
        cannot_say="Whether poorer persons have less: within an IRIS, nobody's income is known.",
        data=[*used, incomes, census, iris],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see how much a rule hangs on one distance.* *In view* was 50 m. Which share of the homes sees
# enough established trees within 15 m of the façade, and within 100 m? `answer` is a dict of two percentages: `{"15
# m": ..., "100 m": ...}`. Start from `homes` and `sight.visible_trees`.

# %% tags=["exercise"]
answer = ...  # {"15 m": a percentage, "100 m": a percentage}
check("20.1", answer)

# %% tags=["solution"]
with ask("How much depends on what in view means?") as depends:
    ruled.needed()
    at = {}
    for distance in (15, 100):
        some = sight.visible_trees(homes, here.trees, here.buildings, float(distance), least_dbh=trunk)["visible"]
        at[f"{distance} m"] = some
    answer = {name: round(100 * (some >= trees_in_view).mean(), 1) for name, some in at.items()}
    depends.say(
        "Within 15 m of the façade {near} of the homes see enough trees, within 100 m {far}.",
        near=Value(answer["15 m"], "%", decimals=0),
        far=Value(answer["100 m"], "%", decimals=0),
        cannot_say="Which distance is right: nobody has agreed on one.",
        data=used,
    )
check("20.1", answer)


# %% tags=["mistakes"]
def each(what):
    return {name: what(some) for name, some in at.items()}


young = {name: sight.visible_trees(homes, here.trees, here.buildings, float(name[:-2]))["visible"] for name in at}
{
    "These are the homes that see one tree at least: the rule wants as many as `trees_in_view` says.": each(
        lambda some: 100 * (some >= 1).mean()
    ),
    "These homes see fewer trees than the rule wants: ask for the others.": each(
        lambda some: 100 * (some < trees_in_view).mean()
    ),
    "This is how many trees a home sees on average: ask which share of the homes sees enough.": each(
        lambda some: some.mean()
    ),
    "Trees that are not established yet are counted too: see `least_dbh`.": {
        name: 100 * (some >= trees_in_view).mean() for name, some in young.items()
    },
    "This is a number of homes: divide it by all of them.": each(lambda some: int((some >= trees_in_view).sum())),
}

# %% tags=["hints"]
[
    "The answer within 50 m is in the chapter: only the distance changes.",
    "`sight.visible_trees` takes the distance as its fourth argument; its column `visible` counts trees for each home.",
    "Compare `visible` with `trees_in_view`: the mean of a comparison is a share.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see what trees too young to count may bring.* Count trees of any trunk. How many more
# residents would have enough trees in view, in percent of all residents? `answer` is a number of percentage points.
# Use `sight.visible_trees` without `least_dbh`, `rule.on_cells` and `people`; `seeing` is what the chapter has
# counted.

# %% tags=["exercise"]
answer = ...  # a number of percentage points
check("20.2", answer)

# %% tags=["solution"]
with ask("How many residents see trees that are not established yet?") as saplings:
    ruled.needed()
    every = sight.visible_trees(homes, here.trees, here.buildings, tree_reach)["visible"]
    all_trees = rule.on_cells((every >= trees_in_view).astype(float), homes, here.cells)
    more = (people * (all_trees - seeing)).sum() / people.sum()
    answer = round(100 * more, 1)
    saplings.say(
        "With trees of any trunk, {more} of the residents have three in view beside the {now} who have now.",
        more=Value(answer, "%", decimals=1),
        now=ruled.figures["three_trees"],
        cannot_say="How many saplings will live to be trees.",
        data=used,
    )
check("20.2", answer)

# %% tags=["mistakes"]
{
    "This is the share of all who then see enough trees: take off those who do so already.": 100
    * (people * all_trees).sum()
    / people.sum(),
    "This counts homes: weigh each cell by the people who live there.": 100
    * ((every >= trees_in_view).mean() - (seen >= trees_in_view).mean()),
    "Each cell counts the same here, however many live in it: weigh it by `people`.": 100 * (all_trees - seeing).mean(),
    "This is a number of residents: divide it by all of them.": (people * (all_trees - seeing)).sum(),
    "This compares with nobody: the difference is to what the residents see today, not to all who do not.": 100
    * (people * (1 - all_trees)).sum()
    / people.sum(),
}

# %% tags=["hints"]
[
    "Do again what the chapter does for homes and cells, with one argument less.",
    "`rule.on_cells` turns what homes see into a share for each cell; `seeing` is that share with established trees.",
    "Multiply the difference of both shares by `people`, add up, and divide by all people.",
]

# %% [markdown]
# ## What next
#
# - [Is it getting hotter?](21_vegetation_heat.ipynb) and [where could trees be planted?](22_vegetation_ground.ipynb)
# - Greenness from above, summer by summer: `pip install "ondijon-datakit[satellite]"`, then
#   `datakit.vegetation.satellite.ndvi(here.communes, "2026-06-01/2026-08-31")`.
# - Hexagons instead of squares: `datakit.vegetation.grid(here.communes, kind="h3", resolution=9)`.

# %% [markdown]
# ## Sources
#
# - Konijnendijk, C. (2023). Evidence-based guidelines for greener, healthier, more resilient neighbourhoods:
#   introducing the 3-30-300 rule. Journal of Forestry Research 34.
# - Norwegian Institute for Nature Research, Trekroner, table 1 of the
#   [parameters](https://ninanor.github.io/trekroner-docs/html/methods/05_tree_visibility/params.html): crowns are seen
#   within 100 m; read in November 2026. Between that and 15 m, 50 m is a choice of this kit.
# - Wright, J. K. (1936). A method of mapping densities of population. Geographical Review 26(1): residents placed by
#   what is built.
# - INSEE, Documentation - données carroyées, Filosofi 2019: how squares are made, and why none is read alone.
# - Each dataset's publisher and licence: the last cell.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
