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
# # Start here: ten minutes with the kit
#
# **Question: how are the inhabitants of Dijon Métropole spread over its communes?**
#
# An easy question, on purpose. It takes you through everything that the other chapters do: find a dataset, load it,
# answer a question in a sentence that somebody else can check, draw a map.

# %% [markdown]
# ## What you will learn
#
# - where the datasets are listed, and how to read a data card;
# - how to load one, and what the kit says about rows it could not accept;
# - what an *answer* is made of;
# - how to go from the invented sample to real data.
#
# **Time:** ten minutes. **Before you start:** a little Python. Run each cell with Shift + Enter.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## What there is
#
# Each dataset has a *data card*: who publishes it, under which licence, what each column means, and the traps that
# others have already fallen into. `datakit.catalog` lists the cards. In a terminal: `datakit show communes`.

# %% tags=["nbval-ignore-output"]
import datakit
from datakit.data.layers import Layers
from datakit.geo import territory
from datakit.show import Value, ask, charts, maps, phrase
from datakit.workshop import check, session

datakit.describe("communes")

# %% [markdown]
# ## Keep your work
#
# How long your work lasts depends on where you are.

# %% tags=["nbval-ignore-output"]
session()

# %% [markdown]
# ## Load
#
# `Layers` loads a table when it is asked for. The first time, the file is fetched and checked; after that it is read
# from a folder on your machine. Real and invented tables are never put together in silence.

# %%
layers = Layers(origins, rehearsal=rehearsal)
communes = territory.todays_communes(layers["communes"])
population = layers["communes-population"]
communes.drop(columns="geometry").head()

# %% [markdown]
# Codes such as `21231` are text. Shapes are in metres (Lambert-93), so that areas and distances mean something.
#
# **Quality first.** A row that breaks its card's rules is set aside, never lost in silence.

# %%
layers.quality()

# %% [markdown]
# ## A first answer
#
# An answer is a question, a sentence *computed* from figures, what it cannot say, and the data that it was made of.
# Change the data and the sentence changes with it.

# %%
joined = communes[["commune", "name", "geometry"]].merge(population[["commune", "population"]], on="commune")
joined["area"] = joined.area / 1e6  # shapes are in metres: square metres to km²
joined["density"] = joined["population"] / joined["area"]
ranked = joined.sort_values("population", ascending=False, ignore_index=True)
total, first = int(ranked["population"].sum()), ranked.iloc[0]
ranked[["name", "population", "density"]].head(3).round(1)

# %% tags=["nbval-ignore-output"]
with ask("How are the inhabitants spread over the communes?") as spread:
    alt = "Bars of {n} communes. {first} comes first, then {second}."
    alt = phrase(alt, n=len(ranked), first=first["name"], second=ranked["name"].iloc[1])
    title = "Inhabitants of each commune"
    fig, _ = charts.bars(ranked, "population", "name", title=title, unit="inhabitants", alt=alt, data=[population])
    spread.say(
        "{total} live in {communes}; {share} of them in {first}.",
        total=Value(total, "inhabitants"),
        communes=Value(len(ranked), "communes"),
        share=Value(100 * first["population"] / total, "%", decimals=0),
        first=Value(first["name"]),
        picture=charts.show(fig),
        cannot_say="Where inside a commune people live.",
        data=[communes, population],
    )

# %% [markdown]
# ## A first map
#
# One self-contained piece: it needs no network, and stays small. Move over a commune to read its values.

# %%
densest = ranked.sort_values("density", ascending=False, ignore_index=True)
dense = densest.iloc[0]
words = {
    "title": "Population density of the communes",
    "unit": "inhabitants per km²",
    "caption": "Inhabitants divided by the whole area of the commune, fields and woods included.",
    "alt": phrase("Map of {n} communes by density; the densest is {name}.", n=len(joined), name=dense["name"]),
}
densest[["name", "density"]].head(3).round(1)

# %% tags=["nbval-ignore-output"]
with ask("Where do people live closest together?") as close:
    close.say(
        "{name} is the densest commune, with {most}; all communes together have {all_over}.",
        name=Value(dense["name"]),
        most=Value(dense["density"], "inhabitants per km²", decimals=0),
        all_over=Value(total / joined["area"].sum(), "inhabitants per km²", decimals=0),
        picture=maps.choropleth(joined, "density", labels="name", outline=joined, data=[communes, population], **words),
        table=ranked[["name", "population", "area", "density"]].round(1),
        caption="Inhabitants, area in km² and inhabitants per km²",
        cannot_say="How dense the built-up part is: fields and woods count too.",
        data=[communes, population],
    )

# %% [markdown]
# ## From the sample to real data
#
# *Origins* say where data comes from, in order: `sample`, `publisher`, a folder, or the address of a machine in the
# room. Change one word and run everything again:
#
# | to get | in a notebook | in a terminal |
# |---|---|---|
# | the sample | `Layers("sample")` | `datakit run --origins sample` |
# | the publishers' files | `Layers("publisher")` | `datakit run --origins publisher` |
# | a folder or USB stick | `Layers("/media/usb/dijon")` | `datakit run --origins /media/usb/dijon` |
# | the first that has it | `Layers("publisher,sample")` | `datakit run --origins publisher,sample` |
#
# If another origin has to step in, a note says so where it happens.

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To pick rows by two conditions.* Which communes have fewer than 500 inhabitants per km² and more
# than 5,000 inhabitants? Start from `joined`. `answer` is the list of their names.

# %% tags=["exercise"]
answer = ...  # a list of names
check("00.1", answer)

# %% tags=["solution"]
spread_out = joined[(joined["density"] < 500) & (joined["population"] > 5000)]
answer = list(spread_out["name"])
display(spread_out[["name", "population", "density"]].round(0))
check("00.1", answer)

# %% tags=["mistakes"]
few, many = joined["density"] < 500, joined["population"] > 5000
{
    "Only the second condition was kept: these are all communes with more than 5,000 inhabitants.": joined["name"][
        many
    ],
    "Only the first condition was kept: these are all communes with fewer than 500 inhabitants per km².": joined[
        "name"
    ][few],
    "These are the communes of one kind or the other: `&` keeps those for which both are true, `|` does not.": joined[
        "name"
    ][few | many],
    "The density is the wrong way round: fewer than 500 inhabitants per km² are asked for.": joined["name"][
        ~few & many
    ],
}

# %% tags=["hints"]
[
    "Each condition is a column of True and False, as long as `joined`.",
    "Two conditions are put together with `&`, each in brackets of its own.",
    "`joined[(one condition) & (the other)]` keeps the rows; their names are in the column `name`.",
]

# %% [markdown] tags=["exercise"]
# **2.** (5 minutes) *To see how uneven a distribution is.* How many communes does it take, from the largest on, to have
# three quarters of all inhabitants? Start from `ranked`. `answer` is a number of communes.

# %% tags=["exercise"]
answer = ...  # a number of communes
check("00.2", answer)

# %% tags=["solution"]
part = ranked["population"].cumsum() / ranked["population"].sum()
answer = int((part < 0.75).sum()) + 1
check("00.2", answer)

# %% tags=["mistakes"]
smallest = ranked["population"][::-1].cumsum() / ranked["population"].sum()
{
    "One more: these communes together have not yet three quarters.": answer - 1,
    "Begin with the largest commune, not with the smallest.": int((smallest < 0.75).sum()) + 1,
    "This is a share of the communes, in percent: their number is asked for.": 100 * answer / len(ranked),
    "These are the communes that remain: how many come before them?": len(ranked) - answer,
}

# %% tags=["hints"]
[
    "Go down the list from the largest commune and add up: when do you pass three quarters of the total?",
    "`ranked` begins with the largest; `cumsum()` adds up from the top, and dividing by the sum makes shares of it.",
    "Count the communes whose running share is still below 0.75, and add the one that passes it.",
]

# %% [markdown]
# ## What next
#
# - [Open the portal](05_open_the_portal.ipynb): any dataset of the city's portal, in one line.
# - The chapters on trees, on vegetation and on inclusion: one question each.
#
# Then change one of them: copy it, give it your question, and run it with `datakit run my_notebook.ipynb`.

# %% [markdown]
# ## Sources
#
# - Contours and populations of the communes: IGN and INSEE, through `geo.api.gouv.fr`, Licence Ouverte 2.0.
# - Every dataset, its columns and its licence: `docs/data.md`, or `datakit.catalog`.
# - What a word means here, in English and in French: `docs/glossary.md`.
#
# **Where the data came from.** The last cell of each chapter lists every file that it used, with its digest.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
