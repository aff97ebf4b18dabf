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
# # Open the portal: any dataset of the city, in one line
#
# **Question: what is in a dataset of the Dijon portal, and where is it?**
#
# The city's portal publishes many datasets, and you need not wait until the kit has a card for each. Give the name that
# stands in the dataset's address.

# %% [markdown]
# ## What you will learn
#
# - to load any dataset of the portal by its name;
# - to see what its columns hold before you count on them;
# - to put it on a map, and to count it by commune.
#
# **Time:** seven minutes. **Before you start:** [Start here](00_start_here.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
dataset: str = "jeux-pour-enfants-2"  # the dataset's name, as in its address on the portal
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## One line

# %%
import datakit
from datakit.data.layers import Layers
from datakit.geo import territory
from datakit.show import Value, ask, explore, maps, phrase
from datakit.workshop import check

layers = Layers(origins, reference=f"dijon-portal@{dataset}", rehearsal=rehearsal)
places = layers[layers.reference]
places.drop(columns="geometry", errors="ignore").head()

# %% [markdown]
# ## What its columns hold
#
# The portal describes few of its columns, so look before you count: which are empty, which say the same everywhere?

# %% tags=["nbval-ignore-output"]
with ask("What does the dataset hold?") as held:
    said = explore.columns(places)
    held.say(
        "It has {rows} and {columns}; {full} are filled in every row.",
        rows=Value(len(places), "rows"),
        columns=Value(len(said), "columns"),
        full=Value(int((said["filled_pct"] == 100).sum()), "of them"),
        table=said.rename(columns={"filled_pct": "filled (% of the rows)"}),
        caption="What each column of the dataset holds",
        cannot_say="What the words in it mean: ask the service that publishes it.",
        data=[places],
    )

# %% [markdown]
# ## Where its rows are

# %% tags=["nbval-ignore-output"]
with ask("Where are they?") as where:
    communes = territory.todays_communes(layers["communes"])
    counted = explore.by_area(places, communes, "name")
    where.say(
        "{inside} of {all:bare} lie in the Métropole, in {communes}.",
        inside=Value(int(counted["rows"].sum()), "rows"),
        all=Value(len(places)),
        communes=Value(len(counted), "commune" if len(counted) == 1 else "communes"),
        picture=explore.on_map(places, title=phrase("{name}, every row", name=dataset), outline=communes),
        table=counted,
        caption="Rows by commune",
        cannot_say="That a commune without a dot has none: the file may not cover it.",
        data=[places, communes],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To look into a dataset that you have never seen.* Open another one, `equipements-administratifs`.
# Which kinds of places has it (column `categorie`), and how many of each? `answer` is a table or a Series: kind, and
# number of places.

# %% tags=["exercise"]
answer = ...  # a table or a Series: kind, number of places
check("05.1", answer)

# %% tags=["solution"]
offices = layers["dijon-portal@equipements-administratifs"]
answer = offices["categorie"].value_counts().rename_axis("kind").reset_index(name="places")
display(answer)
check("05.1", answer)

# %% tags=["mistakes"]
{
    "These are the kinds alone: say how many places there are of each, too.": list(answer["kind"]),
    "This is how many kinds there are: say which ones, and how many places each has.": len(answer),
    "These are shares of all places: their numbers are asked for.": offices["categorie"].value_counts(normalize=True),
    "This counts all rows: how many are there of each kind?": len(offices),
}

# %% tags=["hints"]
[
    "`layers[...]` opens any dataset of the portal: its id is `dijon-portal@`, then the name.",
    "The kind of a place is in the column `categorie`.",
    "`value_counts()` counts how often each value of a column is there.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To compare communes of different sizes.* How many rows of the dataset has each commune per 10,000
# inhabitants? Take every commune, also those without a row. `answer` is a table or a Series: name of the commune, and
# rate. Start from `counted` and `communes`, and draw a map of it with `maps.choropleth` if you like.

# %% tags=["exercise"]
answer = ...  # a table or a Series: name, rate
check("05.2", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("Where are most of them, for their inhabitants?") as rated:
    where.needed()
    people = communes[["commune", "name", "geometry"]].merge(layers["communes-population"][["commune", "population"]])
    people["rate"] = 10_000 * people["name"].map(counted.set_index("name")["rows"]).fillna(0) / people["population"]
    answer, most = people[["name", "rate"]], people.loc[people["rate"].idxmax()]
    words = {"title": phrase("{name}, per 10,000 inhabitants", name=dataset), "unit": "per 10,000 inhabitants"}
    words |= {"caption": "Where few live, one row is much.", "alt": phrase("Highest rate: {name}.", name=most["name"])}
    rated.say(
        "{name} comes first, with {rate}.",
        name=Value(most["name"]),
        rate=Value(most["rate"], "per 10,000 inhabitants"),
        picture=maps.choropleth(people, "rate", labels="name", **words, data=[places]),
        cannot_say="Whether one row more would change the order: in a small commune it would.",
        data=[places, communes, layers["communes-population"]],
    )
check("05.2", answer)

# %% tags=["mistakes"]
rate = people.set_index("name")["rate"]
rows = (rate * people.set_index("name")["population"] / 10_000).round()
{
    "These are the rows of each commune: divide them by its inhabitants.": rows,
    "This is per 1,000 inhabitants: 10,000 are asked for.": rate / 10,
    "Communes without a row are left out: their rate is 0.": rate[rate > 0],
    "These are rows per km²: divide by the inhabitants, not by the area.": rows / (people.set_index("name").area / 1e6),
    "This is how many inhabitants there are for each row: turn the division round.": (10_000 / rate[rate > 0]),
}

# %% tags=["hints"]
[
    "You need two numbers for each commune: its rows, which `counted` has, and its inhabitants.",
    "The dataset `communes-population` has the inhabitants; `merge` puts them beside `communes` by their code.",
    "`map` the rows onto the names, `fillna(0)` where there are none, then 10,000 times rows divided by inhabitants.",
]

# %% [markdown]
# ## What next
#
# - A dataset that you use often deserves a card: CONTRIBUTING.md says how to write one.
# - The chapters on trees, vegetation and inclusion use datasets of the portal beside national ones.

# %% [markdown]
# ## Sources
#
# - The portal's datasets: Dijon Métropole; each dataset's page names its licence.
# - What the kit knows of the portal: `datakit show dijon-portal`.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
