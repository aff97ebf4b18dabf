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
# # Where should the city plant first, and how firm is that?
#
# **Question: where do need and public ground meet, and does the order survive when somebody else makes the choices?**
#
# Three things must meet: a place that needs trees, people who would have their shade, and ground that the city may
# plant. Every figure in the order is somebody's choice. So we draw the choices, and look at what stays.

# %% [markdown]
# ## What you will learn
#
# - to bring indicators of different units together by ranks;
# - to rank on the ground that can be planted, not on all that is free;
# - to draw weights without any preference, and the other choices with them;
# - to say which places come first whatever is drawn, and which only by our choices.
#
# **Time:** 15 minutes. **Before you start:** [Where could trees be planted?](22_vegetation_ground.ipynb)

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon
inventory: str = "trees-dijon"  # dataset of the trees
cell_size: int = 100  # side of the grid's cells, metres
neighbourhood: float = 300.0  # metres around a cell in which residents and canopy count
enough_room: float = 0.25  # public free share of a cell from which more adds nothing
weight_heat: float = 1.0  # weight of heat in the need
weight_bare: float = 1.0  # weight of the lack of canopy
weight_residents: float = 1.0  # weight of residents
weight_vulnerable: float = 1.0  # weight of the share of residents who are vulnerable
draws: int = 500  # sets of choices that are drawn
seed: int = 0  # of every random draw

# %%
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, phrase
from datakit.vegetation import exposure, figures, firmness, pictures, placing, planting, room, town
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
weights = {"heat": weight_heat, "bare": weight_bare, "residents": weight_residents, "vulnerable": weight_vulnerable}
print(phrase("Drawn together:"), *map(phrase, firmness.CHOICES.values()), sep="\n- ")

# %% [markdown]
# ## Need
#
# Four indicators, of the neighbourhood and not of the single cell, so that nothing rests on a handful of people:
#
# - **heat**: what the local climate zones of the cell keep, by an order of this kit;
# - **bare**: the ground around that no canopy covers;
# - **residents** around;
# - **vulnerable**: the *share* of them who are old or under 6, or of the one of these groups that a run's tables have:
#   the answer says which. Their number would be the residents once more.

# %%
with ask("What does each place need?") as needed:
    here = town.town(layers, cell_size, inventory)
    living = placing.place(layers, here.cells, here.buildings)
    needs, zone = firmness.needs(here, living.people, neighbourhood), exposure.zones(here.cells, layers["lcz-cerema"])
    used = [*here.tables, *living.tables, layers["lcz-cerema"]]
    needed.say(
        "Half of the places of {where} have {people} or more around, and half have no canopy on {bare} or more of that "
        "ground; residents and the share of the vulnerable ({who}) have a rank correlation of {alike}.",
        **figures.needs(needs, here.where, living.vulnerable),
        cannot_say="Who lives in one home; ages are those of groups of squares, or of IRIS.",
        data=used,
    )

# %% [markdown]
# ## Room
#
# The city decides on **public** ground. It is measured three times: with our distances, with half and with twice of
# those that are choices. Slivers at the edge, less than a fifth of a cell, are not ranked.

# %%
with ask("How much room has the city on its own ground?") as roomy:
    needed.needed()
    rooms, whole = {}, here.cells.area
    for name, factor in (("as given", 1.0), ("half", 0.5), ("twice", 2.0)):
        area = room.public(layers, here, planting.Offsets().scaled(factor))
        rooms[name] = (area / whole).where(whole >= cell_size**2 / 5)
    used += [layers[id] for id in room.TABLES if id not in ("bdtopo-buildings", "bdtopo-vegetation")]
    hectares = {name: (share * whole).sum() / 1e4 for name, share in rooms.items()}
    roomy.say(
        "It has {public}; {full} of the cells have enough of it.",
        public=Value(hectares["as given"], "ha", hectares["twice"], hectares["half"], "distances doubled and halved"),
        full=Value(100 * (rooms["as given"] >= enough_room).mean(), "%", decimals=0),
        cannot_say="What lies under it, or what people use it for.",
        data=used,
    )

# %% [markdown]
# ## The order, and what is left of it
#
# Priority is need times room. Then everything that we chose is drawn at once: weights from a flat Dirichlet
# distribution, in which any mix of the four needs is as likely as any other; the heat of each zone; how much room is
# enough; the distances. A place is *firm* when it is among the first tenth in nine draws of ten or more.

# %% tags=["nbval-ignore-output"]
with ask("Where should the city plant first, whatever is chosen?") as first:
    roomy.needed()
    order = firmness.draw(needs, zone, rooms, weights=weights, enough=enough_room, draws=draws, seed=seed)
    public = rooms["as given"] * whole
    firm = order["first"] & (order["top_share"] >= firmness.FIRM)
    first.say(
        "{firm} of the {first} cells of the first tenth are firm, with {ground} of public free ground.",
        firm=Value(int(firm.sum())),
        first=Value(int(order["first"].sum())),
        ground=Value(public[firm].sum() / 1e4, "ha", decimals=1),
        picture=pictures.firm(here.cells, order, public, here.communes, used),
        cannot_say="That the others should wait: it says where to look first, and is no programme.",
        data=used,
    )

# %% [markdown]
# Which choice moves the order most?

# %%
with ask("On which choice does the order rest most?") as moves:
    first.needed()
    table = firmness.by_choice(needs, zone, rooms, weights=weights, enough=enough_room, draws=draws // 2, seed=seed)
    moves.say(
        "On {most}: with that alone drawn again and again, {left} of the {first:bare} stay firm.",
        most=Value(table["drawn"].iloc[0].partition(",")[0]),
        left=Value(int(table["firm"].iloc[0])),
        first=Value(int(table["first"].iloc[0])),
        table=table,
        caption="Cells of the first tenth that stay there in nine draws of ten, by what is drawn",
        cannot_say="Which choice is right. A range that is drawn wider moves more.",
        data=used,
    )

# %% [markdown]
# Need and room seen together: at the top right is what to plant. At the top left are hot, bare, crowded places with no
# public room: trees will not help there unless ground is freed.

# %% tags=["nbval-ignore-output"]
with ask("Where is the need high and no public room?") as stuck:
    first.needed()
    high = order["need"] >= order["need"].quantile(0.9)
    bare = high & (rooms["as given"] < 0.02)
    stuck.say(
        "Of the {high} with the highest need, {bare:bare} have less than 2 % of public free ground.",
        high=Value(int(high.sum()), "cells"),
        bare=Value(int(bare.sum())),
        picture=pictures.need_and_room(order, rooms["as given"], enough_room, used),
        cannot_say="That nothing can be done: ground can be opened, and owners be asked.",
        data=used,
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see what one opinion does to an order.* Somebody says that only heat matters. How many of the
# firm cells are still among the first? `answer` is a number of cells. Use `firmness.draw` with other `weights`, one
# draw and nothing varied (`vary=()`).

# %% tags=["exercise"]
answer = ...  # a number of cells
check("23.1", answer)

# %% tags=["solution"]
with ask("How many firm cells stay first when only heat counts?") as heat_alone:
    first.needed()
    hot = firmness.draw(needs, zone, rooms, weights={"heat": 1}, enough=enough_room, draws=1, vary=())
    answer = int((hot["first"] & firm).sum())
    heat_alone.say(
        "{still:bare} of {firm:bare} do.",
        still=Value(answer),
        firm=Value(int(firm.sum())),
        cannot_say="That heat is measured here: zones are forms.",
        data=used,
    )
check("23.1", answer)

# %% tags=["mistakes"]
{
    "These are all cells that are first for heat: how many of them are firm?": int(hot["first"].sum()),
    "These are first for heat and were not firm: ask for the others.": int((hot["first"] & ~firm).sum()),
    "These firm cells are no longer first: ask for those that still are.": int((firm & ~hot["first"]).sum()),
    "This is a percentage of the firm cells: their number is asked for.": 100 * answer / firm.sum(),
    "These are all firm cells: how many are first when only heat counts?": int(firm.sum()),
}

# %% tags=["hints"]
[
    "`firm` says of each cell whether it is firm; a new order says of each whether it is first.",
    "Weights are a dict from a need to a number; a need that is left out has none.",
    "A cell counts where both are true: join the two columns with `&`.",
]

# %% [markdown] tags=["exercise"]
# **2.** (40 minutes) *To give the order a need of your own.* Take the children under 6 around each cell
# (`placing.around`, with `neighbourhood`) as a fifth need, beside the four, and draw as the chapter does, with its
# `draws` and `seed`. How many of the cells that were firm stay firm? `answer` is a number of cells.

# %% tags=["exercise"]
answer = ...  # a number of cells
check("23.2", answer)

# %% tags=["solution"]
with ask("Does an indicator more change what is firm?") as wider:
    first.needed()
    five = needs.assign(children=placing.around(here.cells, living.people, neighbourhood)["under_6"])
    more = firmness.draw(five, zone, rooms, enough=enough_room, draws=draws, seed=seed)
    now = more["first"] & (more["top_share"] >= firmness.FIRM)
    answer = int((now & firm).sum())
    wider.say(
        "With children as a fifth need {now:bare} cells are firm; {both:bare} of them were before.",
        now=Value(int(now.sum())),
        both=Value(answer),
        cannot_say="Which indicators a city should take.",
        data=used,
    )
check("23.2", answer)

# %% tags=["mistakes"]
{
    "These are all cells that are firm with five needs: how many of them were firm before?": int(now.sum()),
    "These were firm and are first now: firm is more than first, see `firmness.FIRM`.": int(
        (more["first"] & firm).sum()
    ),
    "These were firm and are so no longer: ask for those that stay.": int((firm & ~now).sum()),
    "This is a percentage of the firm cells: their number is asked for.": 100 * answer / firm.sum(),
    "These are firm now and were not before.": int((now & ~firm).sum()),
}

# %% tags=["hints"]
[
    "`needs` is a table with a column for each need: a column more is a need more.",
    "`placing.around` adds up residents within a distance, by group: one of its columns is what you need.",
    "A cell is firm where it is `first` and its `top_share` is `firmness.FIRM` or more; then look which were before.",
]

# %% [markdown]
# ## What next
#
# - [What would planting change?](24_vegetation_planting.ipynb)
# - The city's weights: `datakit run 23_vegetation_priority -p weight_vulnerable=2`.
# - Many cities at once: `datakit.vegetation.many`.

# %% [markdown]
# ## Sources
#
# - Stewart, I. D. and Oke, T. R. (2012). Local climate zones for urban temperature studies. Bulletin of the American
#   Meteorological Society 93(12): the zones. What heat each keeps, and how far that is drawn, are choices of this kit.
# - Ranks, the product of need and room, the flat distribution and nine draws of ten: choices of this kit.
# - Each dataset's publisher and licence: the last cell.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
