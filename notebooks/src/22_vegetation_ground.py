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
# # Where could trees be planted?
#
# **Question: how much ground has no known obstacle, whose is it, and what is it today?**
#
# From each cell we take away what stands, runs, flows or grows on it, with some distance around. What is left is an
# **upper bound**: pipes, cables and what people use the ground for are in none of these layers.

# %% [markdown]
# ## What you will learn
#
# - to subtract obstacles with distances, some from the law and most of them choices;
# - to tell public from private ground by the cadastre, and what a missing row means;
# - to find schoolyards, car parks and wide pavements;
# - to say how much the answer depends on the distances.
#
# **Time:** 10 minutes. **Before you start:** [Start here](00_start_here.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon
inventory: str = "trees-dijon"  # dataset of the trees
cell_size: int = 100  # side of the grid's cells, metres
offset_buildings: float = 5.0  # metres kept clear around buildings
offset_roads: float = 3.0  # metres kept clear beyond the carriageway
offset_vegetation: float = 2.0  # metres kept clear around existing vegetation
seed: int = 0  # of the cells on which other distances are tried

# %%
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, phrase
from datakit.vegetation import figures, ground, pictures, placing, planting, room, town
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
offsets = planting.Offsets(buildings=offset_buildings, roads=offset_roads, vegetation=offset_vegetation)
said = "Of {all} distances, {chosen} are choices of this kit."
print(phrase(said, all=len(offsets.table()), chosen=len(offsets.chosen)))

# %% [markdown]
# ## Free ground
#
# Buildings, carriageways, rails, water, sports grounds, woods and crowns are taken away, each with its distance. Beside
# a street the pavement stays, where the ground that no parcel covers is wide enough for a row of trees and for those
# who walk.

# %% tags=["nbval-ignore-output"]
with ask("How much ground has no known obstacle?") as free:
    here = town.town(layers, cell_size, inventory)
    found, cut = room.survey(layers, here, offsets)
    public = ground.tenure(cut, found)["public_area"]
    used = [*here.tables, *(layers[id] for id in (*room.TABLES, *room.USES))]
    free.say(
        "In {where} at most {area} have none, {share} of the ground; {public} of that are public.",
        **figures.free(found, found.area.sum(), public, here.where),
        picture=pictures.room(found, public, here.communes, used),
        cannot_say="What lies under the ground, or what people use it for.",
        data=used,
    )

# %% [markdown]
# ## How much do the distances matter?
#
# The distances that are choices are halved and doubled, all at once; those that a law names stay. The whole chain is
# gone through again each time, wide pavements included, on one cell in four.

# %%
with ask("How much do the distances matter?") as matter:
    free.needed()
    some, area = here.cells.sample(frac=0.25, random_state=seed).sort_index(), found["plantable_area"]
    ends = []
    for factor in (2.0, 0.5):
        scaled, _ = room.survey(layers, here, offsets.scaled(factor), some)
        ends.append(scaled["plantable_area"].sum() / area.loc[some.index].sum() * area.sum() / 1e4)
    matter.say(
        "Free ground is {area}: from twice our distances to half of them.",
        area=Value(area.sum() / 1e4, "ha", *ends, "distances doubled, halved"),
        table=offsets.table(),
        caption="Metres kept clear, why, and who says so",
        cannot_say="Which distance is right for a street: the city's own rules do.",
        data=used,
    )

# %% [markdown]
# ## Whose it is, and what it is
#
# Public is what no parcel covers (streets, squares) or what belongs to the State, a local authority or a public body. A
# parcel that is missing from the file of legal persons belongs to natural persons, unless its whole commune is missing.
# Schoolyards, car parks and wide pavements are taken for paved: they have to be opened first.

# %%
with ask("Whose is the free ground, and what is it?") as whose:
    free.needed()
    hectares = cut.pivot_table(index="kind", columns="tenure", values="area", aggfunc="sum", observed=False) / 1e4
    whose.say(
        "{private} of it are private; of the public ground {paved} are schoolyards, car parks and wide pavements, the "
        "largest part {first}.",
        **figures.owners(hectares),
        table=hectares.round(1).reset_index(),
        caption="Free ground by kind and owner, ha",
        cannot_say="Whether an owner agrees, or what is paved: no open layer has it.",
        data=used,
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (15 minutes) *To put ground and those who need it side by side.* How much public schoolyard and car park is
# there within 300 m for each child under 6? Only places with at least 50 such children within 300 m count. `answer`
# is a dict: `none`, the percentage of these places that have less than 1 m² a child, and `best`, the m² a child that
# the best tenth of them has or exceeds. Use `ground.kinds`, `placing.place`, `placing.around` and `placing.rate`.

# %% tags=["exercise"]
answer = ...  # {"none": a percentage, "best": m² a child}
check("22.1", answer)

# %% tags=["solution"]
with ask("How much public yard is there for each small child?") as yards:
    whose.needed()
    living = placing.place(layers, here.cells, here.buildings)
    yard = ground.kinds(cut, found, among="public")[["schoolyard", "car park"]].sum(axis=1)
    near = placing.around(here.cells, living.people.assign(yard=yard), 300.0)
    per_child = placing.rate(near["yard"], near["under_6"], least=50, what="children under 6")
    answer = {"none": round(100 * (per_child < 1).mean()), "best": round(per_child.quantile(0.9), 1)}
    yards.say(
        "Of the places with 50 such children or more within 300 m, {none} have no yard; the best tenth has {best} or "
        "more.",
        none=Value(answer["none"], "%", decimals=0),
        best=Value(answer["best"], "m² a child"),
        cannot_say="Which yards are open to all: most schoolyards are closed in the evening.",
        data=[*used, *living.tables],
    )
check("22.1", answer)


# %% tags=["mistakes"]
def rated(yard, people="under_6", least=50, radius=300.0):
    close = placing.around(here.cells, living.people.assign(yard=yard), radius)
    share = placing.rate(close["yard"], close[people], least=least, what="children under 6")
    return {"none": 100 * (share < 1).mean(), "best": share.quantile(0.9)}


whatever = ground.kinds(cut, found)[["schoolyard", "car park"]].sum(axis=1)
every_kind = ground.kinds(cut, found, among="public").sum(axis=1)
{
    "Private yards and car parks are in it: ask for public ground.": rated(whatever),
    "All public ground is in it: only schoolyards and car parks are asked for.": rated(every_kind),
    "Places with few children are in it: of few, a rate is mostly chance.": rated(yard, least=1),
    "This is the ground for each resident: divide by the children under 6.": rated(yard, people="population"),
    "This looks 100 m around each place: the question is about 300 m.": rated(yard, radius=100.0),
}

# %% tags=["hints"]
[
    "Two things are needed around each place: square metres of yard, and children.",
    "`ground.kinds(..., among='public')` gives m² by kind for each cell; put what you add up beside `living.people`.",
    "`placing.around` adds both up within 300 m; `placing.rate` divides, and leaves out places with few children.",
]

# %% [markdown] tags=["exercise"]
# **2.** (40 minutes) *To make the chapter speak of your own city's rules.* Your city keeps 8 m clear of buildings and
# 2 m of crowns and of other vegetation, and forbids trees on car parks. How much public free ground is left? `answer`
# is a number of hectares. Change `planting.Offsets`, go through `room.survey` again, and leave a kind out.

# %% tags=["exercise"]
answer = ...  # a number of hectares
check("22.2", answer)

# %% tags=["solution"]
with ask("How much public ground is left under the city's own rules?") as own:
    whose.needed()
    strict = planting.Offsets(buildings=8.0, roads=offset_roads, vegetation=2.0, crowns=2.0)
    _, again = room.survey(layers, here, strict)
    answer = round(again[(again["tenure"] == "public") & (again["kind"] != "car park")]["area"].sum() / 1e4)
    before = hectares["public"].sum()
    own.say(
        "{left} of the {before} are left.",
        left=Value(answer, "ha", decimals=0),
        before=Value(before, "ha", decimals=0),
        cannot_say="What the city's rules are: these are an example.",
        data=used,
    )
check("22.2", answer)

# %% tags=["mistakes"]
open_to = again[again["tenure"] == "public"]
{
    "Car parks are still in it.": open_to["area"].sum() / 1e4,
    "Private ground is in it too: only public ground is asked for.": again[again["kind"] != "car park"]["area"].sum()
    / 1e4,
    "This is a percentage of what there was: hectares are asked for.": 100 * answer / before,
    "This is what was lost: ask for what is left.": before - answer,
}

# %% tags=["hints"]
[
    "Distances live in one object, `planting.Offsets`: make another one, and do the survey again with it.",
    "`room.survey` gives the pieces of free ground with their area in m², their `tenure` and their `kind`.",
    "Keep public pieces that are no car park, add up their areas, and turn m² into hectares.",
]

# %% [markdown]
# ## What next
#
# - [Where first?](23_vegetation_priority.ipynb): need and room together.
# - The city's rules instead of ours: `datakit run 22_vegetation_ground -p offset_buildings=8`.

# %% [markdown]
# ## Sources
#
# - Distances: the table of the second answer names a law or says that this kit chose.
# - Groups of owners: DGFiP, file of parcels of legal persons.
# - Each dataset's publisher and licence: the last cell.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
