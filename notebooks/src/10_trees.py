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
# # Trees: what stands, how diverse, how old, what is likely to be lost
#
# **Question: which trees should the city look at first, and how far can we trust the answer?**
#
# The city plants, prunes and fells tens of thousands of trees. This notebook describes an inventory, then tries the
# simplest predictions of loss, in order, and shows what each is worth.

# %% [markdown]
# ## What you will learn
#
# - to look at the quality of an inventory before using it;
# - to measure diversity in a way that compares places of different sizes;
# - why a score measured on random rows is too good, and how holding out whole sectors corrects it;
# - to spot columns written *after* the event.
#
# **Time:** 30 minutes. **Before you start:** `00_start_here`, a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
compare_with: list = ["trees-grenoble", "trees-paris"]  # open inventories of other cities
survey_year: int = 2025  # year at whose end ages are counted
visits: int = 1000  # trees that a crew can go and see
draws: int = 100  # bootstrap draws for the intervals
seed: int = 0  # of every random draw

# %% [markdown]
# ## Load

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import datakit
from datakit import charts, maps
from datakit.trees import diversity, risk, structure

trees = datakit.load(inventory, origins)
others = {name: datakit.load(name, origins) for name in compare_with if name != inventory}
communes = datakit.load("communes", origins)
population = datakit.load("communes-population", origins)

# %% [markdown]
# ## Where the data comes from

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# ## Quality first
#
# What was set aside on loading, and why. These trees are in none of the figures below.

# %%
said = trees.attrs["datakit"]
print(f"{said['rows_read']} rows read, {said['rows_rejected']} set aside, {len(trees)} trees kept")
pd.DataFrame(said["rejects"], columns=["row", "column", "value", "rule"]).drop_duplicates("rule").head(8)

# %% [markdown]
# How complete is each column? A column that is empty cannot answer anything, whatever its name promises.

# %%
filled = (100 * trees.drop(columns="geometry").notna().mean()).round(1)
filled = filled[filled > 0].sort_values(ascending=False).rename("filled (%)").to_frame()
print("Empty columns:", ", ".join(sorted(set(trees.columns) - set(filled.index) - {"geometry"})) or "none")
filled

# %% [markdown]
# Two more checks that no schema makes: trees at the same place, and trees outside the territory.

# %%
same_place = trees.geometry.to_wkb().duplicated().sum()
inside = trees.sindex.query(communes.geometry, predicate="contains")[1]
outside = len(trees) - len(np.unique(inside))
far = outside > len(trees) / 2  # the inventory of another city
print(f"{same_place} trees stand exactly where another one does")
if far:
    print("This is the inventory of another city: it is not compared with the communes of Dijon Métropole.")
else:
    print(f"{outside} trees stand outside the communes' contours")

# %% [markdown]
# ## What is there
#
# The commonest species, as the inventory names them.

# %%
species = diversity.taxon(trees, "species")
counts = species.value_counts()
common = counts.head(12).rename_axis("species").reset_index(name="trees")
common["share (%)"] = (100 * common["trees"] / len(trees)).round(1)
common

# %% tags=["nbval-ignore-output"]
fig, ax = charts.bars(
    common,
    "trees",
    "species",
    title="The twelve commonest species",
    unit="trees",
    alt=f"Bars of the twelve commonest species; {counts.index[0]} comes first with {counts.iloc[0]} trees.",
    data=[trees],
)
charts.show(fig)

# %% [markdown]
# Every tree on one map, coloured by genus. Zoom in: streets planted with a single genus show at once.

# %% tags=["nbval-ignore-output"]
trees["genus"] = diversity.taxon(trees, "genus").fillna("not named")
shown = ["genus", *(c for c in ("espece", "adresse") if c in trees and trees[c].notna().any())]
maps.points(
    trees[[*shown, "geometry"]],
    colour="genus",
    tooltip=shown[1:],
    outline=None if far else communes,
    title=f"Trees of the inventory {inventory} by genus",
    caption="One dot per tree. The inventory covers the trees that the city manages: a street without dots may well "
    "have trees in gardens.",
    alt=f"Map of {len(trees)} trees coloured by genus; the commonest genus is {trees['genus'].value_counts().index[0]}.",
    data=[trees],
)

# %% [markdown]
# ## How diverse
#
# Santamour's rule of thumb: no more than 10 % of one species, 20 % of one genus, 30 % of one family, so that one pest
# cannot take too much. The interval does not come from sampling, since an inventory counts every tree: whole streets
# are drawn again, which shows how far a share hangs on a few streets.

# %%
rule = diversity.ten_twenty_thirty(trees, draws=draws, seed=seed)
rule.round(1)

# %% [markdown]
# A large inventory has more species just because it is large. *Rarefaction* asks how many there would be among the
# same number of trees drawn from each. The *effective number* is how many equally common species would be as diverse.

# %%
compared = diversity.compare({inventory: trees, **others})
compared.round(1)

# %% tags=["nbval-ignore-output"]
fig, ax = charts.bars(
    compared.sort_values("effective", ascending=False),
    "effective",
    "place",
    title="Diversity: effective number of species",
    unit="equally common species",
    alt="Bars of the effective number of species of each inventory: "
    + ", ".join(f"{r.place} {r.effective:.0f}" for r in compared.itertuples()),
    data=[trees, *others.values()],
)
charts.show(fig)

# %% [markdown]
# ## How old
#
# Ages come from the date of planting where it is known. The share where it is not is a result too.

# %%
years = structure.age(trees, survey_year)
known = years.notna()
print(f"age known for {100 * known.mean():.0f} % of the trees")
diameters = structure.against_richards(trees)
diameters.round(1)

# %% tags=["nbval-ignore-output"]
fig, axes = charts.figure(
    f"Left, histogram of the ages of {int(known.sum())} trees. Right, share of trees in four classes of trunk diameter "
    "beside Richards' target of 40, 30, 20 and 10 per cent.",
    title="Age and size of the trees",
    size=(9, 3.8),
    data=[trees],
    ncols=2,
)
if known.any():
    axes[0].hist(years[known].clip(upper=120), bins=range(0, 125, 5), color=charts.CATEGORICAL[0])
axes[0].set(xlabel="age (years, 120 and more together)", ylabel="trees")
place = np.arange(len(diameters))
axes[1].bar(place - 0.2, diameters["share"], 0.4, label="inventory", color=charts.CATEGORICAL[0])
axes[1].bar(place + 0.2, diameters["target"], 0.4, label="Richards (1983)", color=charts.CATEGORICAL[1])
axes[1].set_xticks(place, diameters["diameter"].str.replace(" cm", "").str.replace(" and more", "+"))
axes[1].set(xlabel="trunk diameter at breast height (cm)", ylabel="share of measured trees (%)")
axes[1].legend()
charts.show(fig)

# %% [markdown]
# ## Where
#
# Trees for every 100 inhabitants, by commune. It counts the inventory's trees only.

# %%
by_commune = communes[["commune", "name", "geometry"]].merge(
    population[["commune", "population"]], on="commune", how="left"
)
pairs = communes.sindex.query(trees.geometry, predicate="within")
where = pd.Series(communes["commune"].to_numpy()[pairs[1]]).value_counts()
by_commune["trees"] = by_commune["commune"].map(where)
by_commune["per_100"] = (100 * by_commune["trees"] / by_commune["population"].astype("float64")).round(1)
if far:
    print("The trees stand elsewhere: no table by commune.")
by_commune.drop(columns="geometry").sort_values("trees", ascending=False).head(23 if not far else 0)

# %% tags=["nbval-ignore-output"]
shown_map = None
if not far:
    shown_map = maps.choropleth(
        by_commune,
        "per_100",
        labels="name",
        outline=communes,
        tooltip={"trees": "trees", "population": "inhabitants"},
        title="Inventoried trees for every 100 inhabitants",
        unit="trees per 100 inhabitants",
        legend="trees per 100 inhabitants",
        caption="A commune without data has no tree in the inventory: nobody may have counted there.",
        alt="Map of the communes by number of inventoried trees for every 100 inhabitants.",
        data=[trees, population],
    )
shown_map

# %% [markdown]
# ## What is likely to be lost
#
# **Target, in words:** the inventory gives the tree a state, and that state is not "en place" (felled, removed,
# replaced, stump). It says nothing about *why* the tree was lost, and a work site fells healthy trees too.
#
# Some columns are written after the event. A model that reads them predicts the past: the kit refuses them.

# %%
target = risk.lost(trees)
if target is None:
    print("This inventory has no outcome: losses cannot be studied with it. The rest of the notebook still holds.")
else:
    trees, target = trees[target.notna().to_numpy()], target.dropna().to_numpy(dtype=bool)
    print(f"{target.sum()} of {len(target)} trees were lost: {100 * target.mean():.1f} %")
pd.DataFrame([(name, why) for name, why in risk.LEAKS.items() if name in trees], columns=["refused", "because"])

# %% [markdown]
# Baselines, in order. *Chance*: what drawing trees at random finds. *Oldest first*: one rule that a tree officer would
# use. *Logistic regression*: age, size, genus, stage, ground, situation and sector.
#
# The regression is measured twice: on trees of **sectors it has never seen**, and on **random rows**. Average precision
# is the mean share of truly lost trees as one goes down the list; chance gives the share of lost trees.

# %%
scores = None
if target is not None:
    table, scores = risk.baselines(trees, target, today=survey_year, visits=visits, draws=draws, seed=seed)
    table = table.rename(columns={"recall": f"recall at {visits} visits"})
    display(table.round(3))

# %% [markdown]
# The second measure is the flattering one: neighbours share a street, a soil and a surveyor, and the model had seen
# them. The first one is what the model is worth in a sector where nobody has looked yet.

# %% tags=["nbval-ignore-output"]
picture = None
if scores is not None:
    fig, axes = charts.figure(
        "Left, share of the lost trees found against the number of trees visited, for each baseline. Right, "
        "calibration: the share really lost against the predicted chance, in ten groups of trees.",
        title="What each list of visits would find",
        size=(9.5, 4),
        data=[trees],
        ncols=2,
    )
    n = np.unique(np.geomspace(20, len(target), 60).astype(int))
    for colour, name in zip(charts.CATEGORICAL, scores, strict=False):
        axes[0].plot(n, [100 * risk.recall_at(target, scores[name], k) for k in n], color=colour, label=name)
    axes[0].axvline(visits, color="#555555", ls=":", lw=1)
    axes[0].set(xscale="log", xlabel=f"trees visited (dotted: {visits})", ylabel="lost trees found (%)")
    axes[0].legend(fontsize=8, loc="upper left")
    predicted = scores["logistic regression, sectors"]
    group = pd.qcut(predicted.rank(method="first"), 10, labels=False)
    said = pd.DataFrame({"p": predicted, "y": target}).groupby(group).mean() * 100
    axes[1].plot(said["p"], said["y"], "o-", color=charts.CATEGORICAL[0], label="held-out sectors")
    top = 1.1 * float(said.max().max())
    axes[1].plot([0, top], [0, top], ls="--", lw=1, color="#555555", label="perfect")
    axes[1].set(xlabel="predicted chance of loss (%)", ylabel="trees really lost (%)")
    axes[1].legend(fontsize=8)
    picture = charts.show(fig)
plt.close("all")
picture

# %% [markdown]
# ## What these figures cannot say
#
# - The inventory lists the trees that the city manages. Gardens and woods are not in it.
# - A tree that was felled years ago may have left the file: losses are then too few.
# - A loss is a decision as well as a fate: works, safety, complaints. The model learns past decisions too.
# - The thresholds (10-20-30, Richards' classes) are rules of thumb, made for North American cities.
# - The choice of five held-out groups of sectors and of the regression's penalty is a choice of this kit.

# %% [markdown]
# ## Key results

# %% tags=["key-results"]
commonest = rule.set_index("level").loc["species"]
rows = [
    ("trees", len(datakit.load(inventory, origins)), "trees"),
    ("rows set aside", trees.attrs["datakit"]["rows_rejected"], "rows"),
    ("species named", len(counts), "species"),
    {
        "result": "share of the commonest species",
        "value": round(commonest["share"], 2),
        "unit": "% of trees named",
        "low": round(commonest["low"], 2),
        "high": round(commonest["high"], 2),
        "note": f"{commonest['taxon']}; Santamour's limit is 10 %; interval from drawing streets again",
    },
    ("effective number of species", round(compared["effective"].iloc[0], 2), "species"),
    ("age known", round(100 * known.mean(), 1), "% of trees"),
]
if target is not None:
    rows.append(("trees lost", round(100 * target.mean(), 2), "% of trees"))
    for r in table.itertuples(index=False):
        rows.append(
            {
                "result": "average precision, " + ", ".join(filter(None, [r.baseline, r.held_out])),
                "value": round(r.average_precision, 3),
                "unit": "0 to 1",
                "low": round(r.low, 3),
                "high": round(r.high, 3),
                "note": f"lost trees found in {visits} visits: {100 * r[-1]:.1f} %",
            }
        )
key_results = charts.key_results(rows)
key_results

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Which genus has lost the largest share of its trees, among those with at least 200 trees? Is that its age?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
answer = None
if target is not None:
    lost = pd.DataFrame({"genus": trees["genus"], "lost": target, "age": structure.age(trees, survey_year)})
    by_genus = lost.groupby("genus").agg(trees=("lost", "size"), lost=("lost", "mean"), age=("age", "median"))
    by_genus["lost"] = (100 * by_genus["lost"]).round(1)
    answer = by_genus[by_genus["trees"] >= 200].sort_values("lost", ascending=False).head(5)
answer

# %% [markdown] tags=["exercise"]
# **2.** Add a refused column to the model, and see what happens to the average precision. Why is that score worthless?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
if target is not None and "date_abattage" in trees:
    cheating = risk.features(trees, survey_year).assign(leak=trees["date_abattage"].notna().astype(float))
    chances = risk.out_of_fold(cheating, target, risk.sectors(trees), seed=seed)
    print(f"average precision with the date of felling: {risk.average_precision(target, chances):.2f}")

# %% [markdown] tags=["exercise"]
# **3.** Is the diversity of each sector the same? Compare the sectors on the same number of trees.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
answer = None
if "secteur" in trees:
    sizes = trees["secteur"].value_counts()
    chosen = {name: trees[trees["secteur"] == name] for name in sizes[sizes >= 300].index}
    answer = diversity.compare(chosen).sort_values("rarefied").round(1).head() if chosen else None
answer

# %% [markdown]
# ## What next
#
# - Put the city's own file in a mirror: `datakit mirror add DIR trees-dijon FILE`, then run again with `--origins DIR`.
# - Study another inventory: `datakit run trees -p inventory=trees-osm`.
# - Which zones could be planted? [Vegetation](20_vegetation.ipynb).

# %% [markdown]
# ## Sources
#
# - Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
#   Conference of the Metropolitan Tree Improvement Alliance (METRIA).
# - Hurlbert, S. H. (1971). The nonconcept of species diversity: a critique and alternative parameters. Ecology 52(4).
# - Richards, N. A. (1983). Diversity and stability in a street tree population. Urban Ecology 7(2).
# - Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial, hierarchical, or
#   phylogenetic structure. Ecography 40(8).
# - schema-arbre 0.3.1, the national schema for urban trees, by Natural Solutions.
# - Each dataset's publisher and licence: the provenance table above.
