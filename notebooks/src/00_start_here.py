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
# An easy question, on purpose. It takes you through everything that the other notebooks do: find a dataset, load it,
# see where it came from, draw a map, and keep a few results that somebody else can check.

# %% [markdown]
# ## What you will learn
#
# - where the datasets are listed, and how to read a data card;
# - how to load one, and what the kit says about rows it could not accept;
# - how to draw a map that works without a network;
# - how to go from the invented sample to real data.
#
# **Time:** ten minutes. **Before you start:** a little Python. Run each cell with Shift + Enter.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample

# %% [markdown]
# ## Load
#
# One import, one line for each dataset. The first time, the file is fetched and checked; after that it is read from a
# folder on your machine.

# %%
import datakit
from datakit.geo import territory
from datakit.show import charts, maps

communes = territory.todays_communes(datakit.load("communes", origins))
population = datakit.load("communes-population", origins)

# %% [markdown]
# ## Where the data comes from
#
# Every notebook starts with this table. If it says SYNTHETIC SAMPLE, the data is invented: good for learning and for
# testing your code, not for saying anything about Dijon.

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# ## What there is
#
# Each dataset has a *data card*: who publishes it, under which licence, what each column means, in which unit, and the
# traps that others have already fallen into. `datakit.catalog` lists the cards; click on a name to open one.

# %% tags=["nbval-ignore-output"]
datakit.catalog.search("communes")

# %% [markdown]
# The same for one dataset. In a terminal: `datakit show communes`, and `--lang fr` for French.

# %% tags=["nbval-ignore-output"]
datakit.describe("communes")

# %% [markdown]
# ## What a load gives
#
# A table in the card's own columns. Codes such as `21231` are text. Shapes are in metres (Lambert-93, EPSG:2154), so
# that areas and distances mean something.

# %%
communes.drop(columns="geometry").head()

# %%
print(communes.crs.to_string(), "·", len(communes), "communes")

# %% [markdown]
# ## Quality first
#
# A row that breaks its card's rules is set aside, never lost in silence. The table remembers how many, and why.

# %%
for table in (communes, population):
    said = table.attrs["datakit"]
    print(f"{said['id']}: {said['rows_read']} rows read, {said['rows_rejected']} set aside")

# %% [markdown]
# Two files may give the population: do they agree? Always ask when you can. Contours do not always carry it, so the
# table of populations is the one used below.

# %%
if "population" in communes:
    both = communes.merge(population, on="commune", how="outer", suffixes=("_contours", "_table"), indicator="found_in")
    differ = both[(both["found_in"] != "both") | (both["population_contours"] != both["population_table"])]
    print(f"{len(differ)} of {len(both)} communes differ between the two files")
else:
    differ = None
    print("the contours carry no population: nothing to compare")

# %% [markdown]
# Communes merge: contours of 2018 have one more than today's list. `todays_communes`, above, brought them together.
# What is still in one file only would show here.

# %%
joined = communes[["commune", "name", "geometry"]].merge(
    population[["commune", "population"]], on="commune", how="outer", indicator="found_in"
)
print("in one file only:", ", ".join(joined.loc[joined["found_in"] != "both", "commune"]) or "none")
communes = joined[joined["found_in"] == "both"].drop(columns="found_in").sort_values("commune", ignore_index=True)

# %% [markdown]
# ## A first figure
#
# The area comes from the shapes: square metres, so divided by a million for km². Density is inhabitants per km².

# %%
communes["area"] = communes.area / 1e6
communes["density"] = communes["population"] / communes["area"]
ranked = communes.sort_values("population", ascending=False)
total = int(communes["population"].sum())

# %% tags=["nbval-ignore-output"]
fig, ax = charts.bars(
    ranked,
    "population",
    "name",
    title="Inhabitants of each commune",
    unit="inhabitants",
    alt=f"Bars, one for each of {len(ranked)} communes. First comes "
    f"{ranked['name'].iloc[0]} with {ranked['population'].iloc[0]} inhabitants, "
    f"then {ranked['name'].iloc[1]}.",
    data=[communes],
)
charts.show(fig)

# %% [markdown]
# ## A first map
#
# The map is one self-contained piece: it needs no network, and stays small. Move over a commune to read its values.

# %% tags=["nbval-ignore-output"]
maps.choropleth(
    communes,
    "density",
    labels="name",
    outline=communes,
    tooltip={"population": "inhabitants", "area": "area (km²)"},
    title="Population density of the communes of Dijon Métropole",
    unit="inhabitants per km²",
    legend="density",
    caption="Inhabitants divided by the whole area of the commune, fields and woods "
    "included: it is not the density of the built-up part.",
    alt=f"Map of {len(communes)} communes by density; the densest is "
    f"{communes.loc[communes['density'].idxmax(), 'name']}.",
)

# %% [markdown]
# What the map cannot say: inside a commune, people live close together in some parts and nobody lives in others. IRIS,
# the statistical districts of about 2,000 inhabitants, go further: they are the dataset `iris`.

# %% [markdown]
# ## Key results
#
# The last computation of each notebook: a small table that a report collects and that a test compares.

# %% tags=["key-results"]
biggest = ranked.iloc[0]
rows = [
    ("communes", len(communes), "communes"),
    ("inhabitants", total, "inhabitants"),
    ("area", communes["area"].sum(), "km²"),
    ("density", total / communes["area"].sum(), "inhabitants per km²"),
    {
        "result": "share of the largest commune",
        "value": 100 * biggest["population"] / total,
        "unit": "% of inhabitants",
        "note": biggest["name"],
    },
    ("communes in one file only", int((joined["found_in"] != "both").sum()), "communes"),
]
if differ is not None:
    rows.append(("communes on which the two files differ", len(differ), "communes"))
key_results = charts.key_results(rows)
key_results

# %% [markdown]
# ## From the sample to real data
#
# *Origins* say where data comes from, in order: `sample`, `publisher`, a folder, or the address of a machine in the
# room. Change one word and run everything again:
#
# | to get | in a notebook | in a terminal |
# |---|---|---|
# | the sample | `datakit.load("communes", "sample")` | `datakit run --origins sample` |
# | the publishers' files | `datakit.load("communes", "publisher")` | `datakit run --origins publisher` |
# | a folder or USB stick | `datakit.load("communes", "/media/usb/dijon")` | `datakit run --origins /media/usb/dijon` |
# | the first that has it | `datakit.load("communes", "publisher,sample")` | `datakit run --origins publisher,sample` |
#
# Nothing falls back in silence: the provenance table always shows what was really used.

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Which communes have fewer than 500 inhabitants per km² and more than 5,000 inhabitants? Start from `communes`.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
spread_out = communes[(communes["density"] < 500) & (communes["population"] > 5000)]
spread_out[["name", "population", "density"]].round(0)

# %% [markdown] tags=["exercise"]
# **2.** How many IRIS does each commune have? Load the dataset `iris` and count.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
iris = datakit.load("iris", origins)
names = communes.set_index("commune")["name"]
iris["commune"].map(names).value_counts().head()

# %% [markdown]
# ## What next
#
# - [Trees](10_trees.ipynb): what stands in the city, how diverse, how old, what is likely to be lost.
# - [Vegetation](20_vegetation.ipynb): where it is green, where not, where planting is possible and most needed.
# - [Inclusion](30_inclusion.ipynb): who is far from which public service.
#
# Then change one of them: copy it, give it your question, and run it with `datakit run my_notebook.ipynb`.

# %% [markdown]
# ## Sources
#
# - Contours and populations of the communes: IGN and INSEE, through `geo.api.gouv.fr`, Licence Ouverte 2.0.
# - Every dataset, its columns and its licence: `docs/data.md`, or `datakit.catalog`.
