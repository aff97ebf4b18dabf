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
# simplest predictions of loss, one after the other, and shows what each is worth.

# %% [markdown]
# ## What you will learn
#
# - to read any inventory into one table, and to look at its quality before using it;
# - to measure diversity in a way that compares places of different sizes;
# - to say what a pest or a dry summer could take, in trees and in shade;
# - to spot columns that were written *after* the event;
# - why a score measured on random rows is too good, and how holding out whole sectors corrects it.
#
# **Time:** 30 minutes. **Before you start:** [Start here](00_start_here.ipynb), a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
compare_with: list[str] = ["trees-grenoble", "trees-paris"]  # open inventories of other cities
survey_year: int = 0  # year at whose end ages are counted; 0 means the latest that the inventory speaks of
visits: int = 200  # trees that a crew can go and see
walk: float = 6.0  # km that a crew walks in one round
draws: int = 200  # how often streets or sectors are drawn again for an interval
seed: int = 0  # of every random draw

# %% [markdown]
# ## Load

# %% tags=["nbval-ignore-output"]
import numpy as np
import pandas as pd

import datakit
from datakit.errors import DatakitError
from datakit.geo import territory
from datakit.show import charts, maps
from datakit.trees import (
    audit,
    canopy,
    choosing,
    diversity,
    exposure,
    learners,
    places,
    risk,
    scoring,
    standardise,
    structure,
    transfer,
)
from datakit.trees.checks.outcome import rejected
from datakit.trees.inventory.standard import changes_summary
from datakit.trees.visits import visit_list

pd.set_option("display.max_colwidth", None)  # a reason that is cut off is none
recorded = standardise(datakit.load(inventory, origins))  # every row, also of trees that are gone
communes = territory.todays_communes(datakit.load("communes", origins))
others = {}
for name in compare_with:
    try:
        others[name] = standardise(datakit.load(name, origins))
    except DatakitError as problem:
        print(f"Not compared: {problem}")

# %% [markdown]
# ## Where the data comes from

# %% tags=["nbval-ignore-output"]
datakit.provenance()

# %% [markdown]
# ## Quality first
#
# **Rows set aside.** A row that breaks its card's rules is in none of the figures below.

# %%
said = recorded.attrs["datakit"]
print(f"{said['rows_read']} rows read, {said['rows_rejected']} set aside, {len(recorded)} trees kept")
rejected(recorded) if said["rows_rejected"] else None

# %% [markdown]
# **One table.** Every city writes trees in its own way. `standardise` brings them into the fields of the national
# schema (schema-arbre), and lists whatever it changed: nothing is mended in silence. Names are resolved by the kit's
# botanical reference; a name that it does not know stays unknown.

# %%
changed = changes_summary(recorded)
print(f"{recorded['taxon'].notna().mean():.1%} of the trees have a name that the botanical reference knows.")
changed.head(10) if len(changed) else print("Nothing was changed.")

# %% [markdown]
# **The audit.** What is empty, doubtful or contradictory, with limits that are choices of this kit. Nothing is removed:
# these are trees to look at, and habits of the people who wrote the file. `datakit trees audit` prints it on one page.

# %%
today = survey_year or structure.survey_year(recorded) or 0
areas, recorded["place"] = places.areas(recorded, communes)
elsewhere = areas["name"].str.startswith("square").all()
here = "square of 1 km" if elsewhere else "commune"
if elsewhere:
    print("The trees stand outside Dijon Métropole: they are counted in squares of 1 km instead of communes.")
print(f"Ages are counted at the end of {today}." if today else "No date in this inventory.")
judged = audit(recorded, area=None if elsewhere else communes, today=today or None)
print(judged.text())

# %% [markdown]
# ## What is there
#
# A file also remembers trees that were felled. From here on `trees` are those that **stand**; condemned trees stand
# until they are felled. The lost ones come back only where losses are studied.

# %%
recorded["genus"] = diversity.taxon(recorded, "genus").fillna("not named")
trees = exposure.standing(recorded)
total = len(trees)
print(f"{total} trees stand, {len(recorded) - total} of the file are lost.")

# %% [markdown]
# The commonest species; the genera where the inventory names no species.

# %% tags=["nbval-ignore-output"]
level = "species" if diversity.taxon(trees, "species").notna().any() else "genus"
plural = {"species": "species", "genus": "genera"}[level]
species = diversity.taxon(trees, level)
counts = species.value_counts()
french = trees.assign(taxon=species).drop_duplicates("taxon").set_index("taxon")["nom_vernaculaire"]
print("In French: " + ", ".join(f"{name} ({french.get(name)})" for name in counts.index[:5]))
common = counts.head(12).rename_axis("taxon").reset_index(name="trees")
fig, ax = charts.bars(
    common,
    "trees",
    "taxon",
    title=f"The commonest of {len(counts)} {plural}",
    unit="trees",
    alt=f"Bars of the commonest {plural}; {counts.index[0]} comes first with {counts.iloc[0]} trees of {total}.",
    data=[trees],
)
charts.show(fig)

# %% [markdown]
# Every tree on one map, coloured by genus. Zoom in: streets planted with a single genus show at once.

# %% tags=["nbval-ignore-output"]
told = {name: text for name, text in (("espece", "species"), ("adresse", "place")) if name in trees}
maps.points(
    trees[["genus", *told, "geometry"]],
    colour="genus",
    labels="genus",
    tooltip=told,
    outline=None if elsewhere else communes,
    title=f"{said['title']}: every tree, by genus",
    caption="One dot per tree. An inventory covers the trees that its owner manages: a street without dots may well "
    "have trees, in gardens for example.",
    alt=f"Map of {total} trees coloured by genus; the commonest is {trees['genus'].value_counts().index[0]}.",
    data=[trees],
)

# %% [markdown]
# ## How diverse
#
# Santamour's rule of thumb: at most 10 % of one species, 20 % of one genus, 30 % of one family, so that one pest
# cannot take too much.
#
# An inventory counts every tree, so the interval is not a sampling error. Streets are planted with one species: whole
# streets (or larger places, where the inventory names no street) are drawn again, which shows how far a share hangs on
# a few of them.

# %%
unit = "adresse" if "adresse" in trees else "place"
redrawn = "streets" if unit == "adresse" else "squares of 1 km" if elsewhere else "communes"
rule = diversity.ten_twenty_thirty(trees, clusters=unit, draws=draws, seed=seed)
print(f"Drawn again: {redrawn}.")
for r in rule.itertuples():
    if r.kept is None:
        print(f"The {r.level} is not named in this inventory: its limit of {r.limit_pct} % cannot be checked.")
percents = {"share_pct": "share (%)", "limit_pct": "limit (%)", "unnamed_pct": "unnamed (%)"}
rule.round(1).rename(columns=percents)

# %% tags=["nbval-ignore-output"]
shares = rule.dropna(subset="share_pct").assign(name=lambda t: t["level"] + ": " + t["taxon"])
fig, ax = charts.bars(
    shares,
    "share_pct",
    "name",
    low="low",
    high="high",
    title="Share of the commonest taxon, against Santamour's limits",
    unit=f"share of the trees named (%); line: 95 % of the draws of {redrawn}",
    alt="; ".join(f"{r.name} {r.share_pct:.1f} %, limit {r.limit_pct} %" for r in shares.itertuples()),
    data=[trees],
)
ax.plot(shares["limit_pct"], range(len(shares)), "|", ms=26, mew=2.5, color=charts.CATEGORICAL[1], label="limit")
ax.set_xlim(right=max(ax.get_xlim()[1], 1.1 * shares["limit_pct"].max()))
ax.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
charts.show(fig)

# %% [markdown]
# A large inventory has more species just because it is large. So cities are compared on the **same number of trees**,
# drawn from each again and again. *Rarefied*: species expected among so many trees. *Effective number*: how many
# equally common species would be as diverse; low and high hold 95 % of the draws. An inventory of streets and one of
# parks still do not compare, nor does an extract.

# %%
beside = {inventory: trees, **{name: exposure.standing(frame) for name, frame in others.items()}}
compared = diversity.compare(beside, level, draws=draws, seed=seed)
compared["data"] = [
    "invented" if beside[place].attrs["datakit"]["synthetic"] else "real" for place in compared["place"]
]
compared.round(1)

# %% tags=["nbval-ignore-output"]
fig, ax = charts.bars(
    compared.sort_values("effective", ascending=False),
    "effective",
    "place",
    low="low",
    high="high",
    title=f"Diversity among {compared['n'].iloc[0]} trees of each inventory",
    unit=f"effective number of {plural}; line: 95 % of the draws",
    alt=f"Bars of the effective number of {plural}: "
    + ", ".join(f"{r.place} {r.effective:.1f}" for r in compared.itertuples()),
    data=[*beside.values()],
)
charts.show(fig)

# %% [markdown]
# A city can be diverse while each of its quarters is not. The map shows the share of the commonest genus in each place
# that has at least 50 trees: what one pest could take there.

# %%
genera = trees.groupby("place")["genus"].value_counts(sort=True).rename("first").reset_index()
genera = genera.drop_duplicates("place").set_index("place")
by_place = areas.assign(trees=areas["place"].map(trees["place"].value_counts()).fillna(0).astype(int))
by_place["genus"] = by_place["place"].map(genera["genus"])
by_place["share_pct"] = (100 * by_place["place"].map(genera["first"]) / by_place["trees"]).where(
    by_place["trees"] >= 50
)
first = by_place.sort_values("share_pct", ascending=False)
shown = first[["name", "trees", "genus", "share_pct"]].head(8).round(1).reset_index(drop=True)
shown.rename(columns={"share_pct": "share (%)"})

# %% tags=["nbval-ignore-output"]
maps.choropleth(
    by_place,
    "share_pct",
    labels="name",
    outline=None if elsewhere else communes,
    tooltip={"genus": "commonest genus", "trees": "trees"},
    title=f"Share of the commonest genus, by {here}",
    unit="% of the trees",
    legend="commonest genus",
    caption=f"Fewer than 50 trees: no data. The genus is not the same in every {here}: see the tooltips.",
    alt=f"Map of the share of the commonest genus in {int(by_place['share_pct'].notna().sum())} places; the highest is "
    f"{first['share_pct'].iloc[0]:.0f} % of {first['genus'].iloc[0]} in {first['name'].iloc[0]}.",
    data=[trees],
)

# %% [markdown]
# The same by sector, on the same number of trees of each: *rarefied* is the number of species expected among them,
# *shannon* and *simpson* are effective numbers (exp H' and 1 / Σp²: Simpson's hears the rare species least). The last
# columns are to be held against Santamour's 10, 20 and 30 %.

# %%
part = "secteur" if "secteur" in trees and trees["secteur"].notna().any() else "place"
sectors = diversity.by(trees, part, level, draws=draws, seed=seed).dropna(subset="rarefied").sort_values("rarefied")
columns = ["trees", "rarefied", "shannon", "simpson", "species_pct", "genus_pct", "family_pct"]
print(f"{len(sectors)} sectors, {sectors['n'].iloc[0] if len(sectors) else 0} trees drawn from each; poorest first.")
percent = {name: name.replace("_pct", " (%)") for name in columns[-3:]}
sectors.set_index(part)[columns].round(1).head(8).rename_axis(None).rename(columns=percent)

# %% [markdown]
# ## How old, how large
#
# The share of trees whose age is not known is a result too.

# %%
years, diameters = structure.age(trees, today), structure.against_richards(trees)
dated, measured = years.notna().any(), diameters["trees"].sum() > 0
middle = f"median {years.median():.0f} years" if dated else "none"
print(f"Age known for {100 * years.notna().mean():.0f} % of the trees: {middle}.")
print(f"Trunk measured for {100 * structure.trunk_diameter(trees).notna().mean():.0f} % of them.")
diameters.round(1).rename(columns={"share_pct": "share (%)", "target_pct": "target (%)"}) if measured else None

# %% tags=["nbval-ignore-output"]
picture = None
if dated or measured:
    fig, axes = charts.figure(
        f"Left, ages of {int(years.notna().sum())} trees, {middle}. Right, share of trees in four "
        " classes of trunk diameter beside Richards' target of 40, 30, 20 and 10 per cent.",
        title="Age and size of the trees",
        size=(9, 3.8),
        data=[trees],
        ncols=2,
    )
    axes[0].hist(years.dropna().clip(upper=119), bins=range(0, 125, 5), color=charts.CATEGORICAL[0])
    axes[0].set(xlabel="age (years; the last bar holds all older trees)", ylabel="trees")
    bars = np.arange(len(diameters))
    axes[1].bar(bars - 0.2, diameters["share_pct"], 0.4, label="inventory", color=charts.CATEGORICAL[0])
    axes[1].bar(bars + 0.2, diameters["target_pct"], 0.4, label="Richards (1983)", color=charts.CATEGORICAL[1])
    axes[1].set_xticks(bars, diameters["diameter"].str.replace(" cm", "").str.replace(" and more", "+"))
    axes[1].set(xlabel="trunk diameter at breast height (cm)", ylabel="share of measured trees (%)")
    axes[1].legend()
    for ax, there in zip(axes, (dated, measured), strict=True):
        if not there:
            ax.text(0.5, 0.5, "not in this inventory", ha="center", transform=ax.transAxes)
    picture = charts.show(fig)
picture if picture else print("Neither ages nor trunks are known: no figure.")

# %% [markdown]
# Many young trees and few old ones make a population that renews itself. A lack of young trees is a gap in thirty
# years' time; a lack of old ones can come from past losses.

# %% [markdown]
# **Ground under the crowns.** A measured crown counts as it is; the others follow an allometry fitted on this
# inventory's own crowns, or, where none is measured, a wide range of the ratio of crown to trunk, which is a choice of
# this kit. The interval keeps the error that all trees share: it does not shrink with their number. Crowns overlap, so
# this is no share of the territory.

# %%
crowns = canopy.total(trees).iloc[0]
if crowns["known"]:
    ha = [crowns[k] / 1e4 for k in ("area", "low", "high")]
    print(f"{ha[0]:.0f} ha under {int(crowns['known'])} crowns ({ha[1]:.0f} to {ha[2]:.0f} ha).")
    print(f"{total - int(crowns['known'])} trees have neither crown nor trunk.")
else:
    print("Neither crowns nor trunks are measured: the ground under the crowns is not known.")

# %% [markdown]
# ## What threatens them
#
# Each threat is a row of a data file of the kit, with its hosts and its source. *Share*: standing trees that are hosts.
# *Canopy*: the ground under their crowns, which is what people would miss. "Up to" counts the trees that are not named,
# and for drought those that no source consulted rates: not rated is not safe.

# %%
threats = exposure.threat_table(trees, seed=seed)
names = {"name_en": "threat", "share_pct": "share (%)", "share_high_pct": "up to (%)", "canopy_pct": "canopy (%)"}
threats[["trees", *names]].rename(columns=names).set_index("threat").round(1)

# %% tags=["nbval-ignore-output"]
ordered = threats.sort_values("share_pct", ascending=False).reset_index(drop=True)
fig, ax = charts.figure(
    "Bars of the share of trees, and of canopy, that each threat puts at risk: "
    + "; ".join(f"{r.name_en} {r.share_pct:.0f} % of trees" for r in ordered.itertuples()),
    title="What each threat puts at risk",
    size=(8, 4.2),
    data=[trees],
)
rows = np.arange(len(ordered))
ax.barh(rows - 0.2, ordered["share_pct"], 0.38, color=charts.CATEGORICAL[0], label="trees")
ax.barh(rows + 0.2, ordered["canopy_pct"].fillna(0), 0.38, color=charts.CATEGORICAL[2], label="canopy")
ax.hlines(
    rows - 0.2,
    ordered["share_pct"],
    ordered["share_high_pct"],
    color="#333333",
    lw=1.2,
    label="with trees not rated or named",
)
ax.set_yticks(rows, ordered["name_en"])
ax.invert_yaxis()
ax.set(xlabel="share of standing trees, and of the ground under their crowns (%)")
ax.legend(loc="lower right", fontsize=8)
charts.show(fig)

# %%
for r in threats.itertuples():
    print(f"{r.name_en}: {r.source}")

# %% [markdown]
# ## What is likely to be lost
#
# **The target, in words:** the inventory gives the tree a state, and its words say felled, removed, replaced or stump.
# It does not say *why*: a work site fells healthy trees too. Nor does it say *when*: it is no yearly rate.

# %%
target = risk.lost(recorded)
if target is None:
    print("This inventory has no losses in it: they cannot be studied here. Everything above still holds; the cells")
    print("below stay empty. Try inventory = 'trees-dijon' with the bundled sample.")
else:
    unknown = int(target.isna().sum())
    known = recorded[target.notna().to_numpy()]
    target = target.dropna().to_numpy(dtype=bool)
    print(f"{target.sum()} of {len(target)} trees were lost ({100 * target.mean():.1f} %); {unknown} states not known.")

# %% [markdown]
# **Columns that give the answer away** are written after the event. A model that reads them predicts the past. They are
# looked for in the data (filled, or holding one value, almost only for lost trees), and by thinking: a column can leak
# without showing here.

# %%
leaks = []
if target is not None:
    leaks = risk.leak_check(known.drop(columns=["place", "genus"]), target).round(1)
    for name, why in risk.LEAKS.items():
        if name in known and known[name].notna().any():
            print(f"refused unless allowed: {name} ({why})")
leaks.rename(columns={"lost_pct": "of them lost (%)"}) if len(leaks) else None

# %% [markdown]
# **Baselines, in order.** A model that does not beat the ones above it is not worth its trouble: below, that is tested.
#
# 1. *Chance*: trees drawn at random.
# 2. *Oldest stage first*: what a tree officer would do, the most advanced stage of development, then the oldest.
# 3. *Worst genera first*: the share of its trees that each genus lost in other sectors.
# 4. *Logistic regression*: age, size, genus, stage, ground and situation together.
# 5. *Gradient boosting*: the same, with thresholds and interactions that nobody has to think of.
#
# Both models are measured twice: on **sectors that they have never seen**, without being told the sector, which would
# be a word that they do not know; and on **random rows**, told the sector, as one does without thinking of it. Average
# precision is the share of truly lost trees, averaged as one goes down the list; chance gives the overall share of
# lost trees.

# %%
scores = table = None
if target is not None:
    table, scores = choosing.baselines(known, target, today=today, visits=visits, draws=draws, seed=seed)
    display(table.drop(columns="recall").round(3).rename(columns={"found": f"found in {visits} visits"}))

# %% [markdown]
# Where the two figures of a model differ, that on random rows is the wrong one: the neighbours of a tree share its
# street, soil and surveyor, and the model had seen them. The figure on held-out sectors is what the list is worth where
# nobody has looked yet. Low and high come from drawing whole sectors again: with few sectors, they are wide, and that
# is the truth.
#
# **Which one makes the list?** Two such intervals may overlap although one list is always the better: what moves one
# moves both. So every two baselines are compared on the *same* draws of sectors, and the simplest that no more complex
# one beats is chosen.

# %%
choice = None
if scores is not None:
    choice = choosing.simplest_unbeaten(target, scores, risk.sectors(known), draws=draws, seed=seed)
    print(choice.sentence())

# %% [markdown]
# Left, what each list would find. Right, whether the scores of the models can be believed as shares: among trees with
# a score of 10 %, were 10 % lost? A score is about trees like this one in other sectors, whenever they were lost. It is
# no chance for the coming years.

# %% tags=["nbval-ignore-output"]
picture = None
if scores is not None:
    fig, axes = charts.figure(
        f"Left, lost trees found in up to {10 * visits} visits, by baseline; at {visits}: "
        + ", ".join(f"{name} {row.found:.0f}" for name, row in zip(scores, table.itertuples(), strict=True))
        + ". Right, "
        "share really lost against score, in ten groups of trees, beside the diagonal of perfect agreement.",
        title="What each list of visits would find, and whether its scores can be believed",
        size=(9.5, 4.2),
        data=[trees],
        ncols=2,
    )
    reach = np.linspace(1, min(10 * visits, len(target)), 60).astype(int)
    hues = dict(zip(dict.fromkeys(table["baseline"]), charts.CATEGORICAL, strict=False))
    for baseline, name in zip(table["baseline"], scores, strict=True):
        style = "--" if name.endswith("random rows") else "-"
        found = [target.sum() * scoring.recall_at(target, scores[name], k) for k in reach]
        axes[0].plot(reach, found, style, color=hues[baseline], label=name)
    axes[0].axvline(visits, color="#555555", ls=":", lw=1)
    axes[0].set(xlabel=f"trees visited (dotted line: {visits})", ylabel=f"lost trees found, of {target.sum()}")
    axes[0].set_ylim(0, 1.6 * axes[0].get_ylim()[1])  # room for the legend
    axes[0].legend(fontsize=8, loc="upper left")
    top = 0
    for baseline in ("logistic regression", "gradient boosting"):
        groups = scoring.calibration(target, scores[f"{baseline}, sectors"])
        axes[1].plot(groups["predicted_pct"], groups["lost_pct"], "o-", color=hues[baseline], label=baseline)
        top = max(top, 1.1 * groups[["predicted_pct", "lost_pct"]].max().max())
    axes[1].plot([0, top], [0, top], ls="--", lw=1, color="#555555", label="perfect agreement")
    axes[1].set(xlabel="score (%), held-out sectors", ylabel="trees really lost (%)")
    axes[1].legend(fontsize=8)
    picture = charts.show(fig)
picture

# %% [markdown]
# **Would it work in another city?** Train on one inventory, test on another. *At home* is what the same columns are
# worth when they are learnt in the city tested; *kept* is the part of that gain over chance which survives the move. A
# list learnt elsewhere is to be tried before it is trusted. Inventories without losses of their own cannot take part,
# and an invented city says nothing about a real one.

# %%
moved = None
if target is not None:
    kept_apart = {k: f for k, f in others.items() if risk.lost(f) is not None}
    if not kept_apart and inventory != "trees-dijon":
        try:
            kept_apart = {"trees-dijon": standardise(datakit.load("trees-dijon", origins))}
        except DatakitError as problem:
            print(f"Not tried: {problem}")
    if kept_apart:
        moved = transfer.transfer({inventory: known, **kept_apart}, draws=min(draws, 50), seed=seed)
        display(
            moved[["train", "test", "data", "average_precision", "low", "high", "chance", "at_home", "kept_pct"]]
            .round(3)
            .rename(columns={"kept_pct": "kept (%)"})
        )
if moved is None:
    print("No other inventory with losses here: nothing to try it on.")

# %% [markdown]
# ## Which trees to look at first
#
# The baseline chosen above, among the trees that still stand: those which most resemble the trees that were lost *in
# other sectors*. They are put into rounds that a crew can walk: each starts at the highest score left, and takes its
# neighbours. It is a list of places to send a person to, not of trees to fell.

# %%
listed = summary = None
if scores is not None:
    listed = visit_list(known, choice.score.mask(target), n=visits, walk_km=walk).join(known[["genus", "place"]])
    rounds = listed.groupby("round").agg(trees=("rank", "size"), walked=("walked", "max"))
    print(f"{len(listed)} trees in {len(rounds)} rounds; the longest is {rounds['walked'].max() / 1000:.1f} km.")
    summary = listed.groupby("genus").agg(
        visits=("rank", "size"), score=("score", "median"), places=("place", "nunique")
    )
    summary = summary.sort_values("visits", ascending=False).rename(columns={"score": "median score"}).round(3)
summary

# %% [markdown]
# The first round, in walking order. `datakit trees visits` writes them all, for a spreadsheet and for QGIS.

# %%
shown = None
if scores is not None:
    shown = listed[["round", "order", "rank", "score", "walked", "why"]].head(6).reset_index(drop=True)
    shown = shown.rename(columns={"walked": "walked (m)"}).round(3)
shown

# %% tags=["nbval-ignore-output"]
drawn = None
if listed is not None:
    seen = known["place"].value_counts()
    gone = known[target]["place"].value_counts()
    by_place["lost"] = by_place["place"].map(gone).fillna(0).astype(int)
    by_place["recorded"] = by_place["place"].map(seen).fillna(0).astype(int)
    by_place["lost_pct"] = (100 * by_place["lost"] / by_place["recorded"]).where(by_place["recorded"] >= 50)
    by_place["visits"] = by_place["place"].map(listed["place"].value_counts()).fillna(0).astype(int)
    drawn = maps.choropleth(
        by_place,
        "lost_pct",
        labels="name",
        outline=None if elsewhere else communes,
        tooltip={"lost": "trees lost", "recorded": "trees in the inventory", "visits": "visits proposed"},
        title=f"Trees lost so far, by {here}, and the {visits} standing trees to look at first",
        unit="% of the inventory",
        legend="trees lost",
        caption="Dots: standing trees which most resemble those lost elsewhere. Fewer than 50 trees: no data. "
        "A place that records its losses better seems to lose more.",
        alt=f"Map of the share of trees lost by {here}, with dots for {len(listed)} standing trees to look at first.",
        data=[trees],
    )
    drawn.add_points(
        listed[["genus", "score", "round", *(n for n in ("adresse",) if n in listed), "geometry"]],
        colour="#000000",
        labels="genus",
        tooltip={"score": "score", "round": "round"} | ({"adresse": "place"} if "adresse" in listed else {}),
        size=3,
        legend="trees to look at first",
    )
drawn

# %% [markdown]
# ## What these figures cannot say
#
# - The inventory lists the trees that its owner manages. Gardens and woods are not in it.
# - A tree felled years ago may have left the file: losses are then too few. Most open inventories keep no loss at all.
# - A loss is a decision as well as a fate: works, safety, complaints. The model learns past decisions too.
# - A score compares trees; it says nothing of when, and is no yearly rate.
# - Ages are counted at the survey, also for trees lost before it; the planting date of a replaced tree may be that of
#   the new one.
# - The limits (10-20-30, Richards' classes) are rules of thumb, made for North American cities.
# - Threats are read from genera and species: nobody has looked at the trees. Hosts are not sick trees.
# - Five groups of held-out sectors, the models' settings and the limits of the audit are choices of this kit.

# %% [markdown]
# ## Key results

# %% tags=["key-results"]
commonest = rule.set_index("level").loc[level]
effective, low, high = diversity.effective_interval(species, trees[unit], draws=draws, seed=seed)
rows = [
    ("trees", len(recorded), "trees"),
    ("trees that stand", total, "trees"),
    ("rows set aside", said["rows_rejected"], "rows"),
    (f"{plural} named", len(counts), plural),
    (f"{level} not named", 100 * species.isna().mean(), "% of standing trees"),
    {
        "result": f"share of the commonest {level}",
        "value": commonest["share_pct"],
        "unit": "% of standing trees named",
        "low": commonest["low"],
        "high": commonest["high"],
        "note": f"{commonest['taxon']}; Santamour's limit is {commonest['limit_pct']} %; {redrawn} drawn again",
    },
    (f"effective number of {plural}", effective, plural, low, high, f"all standing trees named; {redrawn} drawn again"),
    ("age known", 100 * years.notna().mean(), "% of standing trees"),
]
if crowns["known"]:
    rows.append(
        (
            "ground under crowns",
            *[crowns[k] / 1e4 for k in ("area",)],
            "ha",
            crowns["low"] / 1e4,
            crowns["high"] / 1e4,
            f"{int(crowns['known'])} standing trees with a crown or a trunk",
        )
    )
for r in threats.itertuples():
    high = r.share_high_pct if r.maybe else None
    rows.append((f"hosts: {r.name_en}", r.share_pct, "% of standing trees", r.share_pct if r.maybe else None, high, ""))
if years.notna().any():
    rows.append(("median age", years.median(), "years", None, None, "of the standing trees whose age is known"))
if table is not None:
    how = "sectors drawn again"
    rows.append(("trees lost", 100 * target.mean(), "% of trees", 100 * table["low"][0], 100 * table["high"][0], how))
    for r, name in zip(table.itertuples(), scores, strict=True):
        rows.append((f"average precision, {name}", r.average_precision, "0 to 1", r.low, r.high, how))
    for r in choice.differences[choice.differences["other"] == "gradient boosting, sectors"].tail(1).itertuples():
        chosen = f"same draws of sectors; the visits follow: {choice.baseline}"
        rows.append(("average precision, boosting less regression", r.difference, "", r.low, r.high, chosen))
    for r, name in zip(table.itertuples(), scores, strict=True):
        rows.append((f"found in {visits} visits, {name}", r.found, "lost trees", r.found_low, r.found_high, how))
rounded = [tuple(round(v, 3) if isinstance(v, float) else v for v in r) if isinstance(r, tuple) else r for r in rows]
key_results = charts.key_results(rounded)
key_results

# %% [markdown]
# ## Exercises

# %% [markdown] tags=["exercise"]
# **1.** Which genus has lost the largest share of its trees, among those with at least 200 trees? Is it only its age?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
answer = None
if target is not None:
    lost = known.assign(lost=100 * target, age=structure.age(known, today))
    by_genus = lost.groupby("genus").agg(trees=("lost", "size"), lost=("lost", "mean"), age=("age", "median"))
    answer = by_genus[by_genus["trees"] >= 200].sort_values("lost", ascending=False).head(6).round(1)
    answer = answer.rename(columns={"lost": "lost (%)", "age": "median age (years)"})
answer

# %% [markdown] tags=["exercise"]
# **2.** Add a column that leaks to the model, and see what happens to the average precision. Why is it worthless?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
if target is not None and len(leaks):
    name = next(n for n in leaks["column"] if n != "etat" or len(leaks) == 1)
    honest = risk.features(known, today)
    cheating = honest.assign(leak=known[name].astype("str").fillna("empty").str.slice(0, 4))
    for label, features in (("without", honest), (f"with {name}", cheating)):
        guess = learners.out_of_fold(features, target, risk.sectors(known), seed=seed)
        print(f"average precision {label}: {scoring.average_precision(target, guess):.2f}")
    print("The column is filled in when the tree is already gone: nobody has it when the list is made.")

# %% [markdown] tags=["exercise"]
# **3.** Is the diversity of each sector the same? Compare the sectors on the same number of trees.

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
group = "secteur" if "secteur" in trees else "place"
sizes = trees[group].value_counts()
chosen = {name: trees[trees[group] == name] for name in sizes[sizes >= 300].index}
answer = None
if chosen:
    answer = (
        diversity.compare(chosen, level, draws=50, seed=seed).sort_values("effective").round(1).reset_index(drop=True)
    )
answer

# %% [markdown] tags=["exercise"]
# **4.** With ten times as many visits, how many lost trees would each list find? Is it ten times as many?

# %% tags=["exercise"]
# Your code here.

# %% tags=["solution"]
answer = None
if scores is not None:
    answer = (
        pd.DataFrame(
            {
                f"{k} visits": {name: target.sum() * scoring.recall_at(target, scores[name], k) for name in scores}
                for k in (visits, 10 * visits)
            }
        )
        .round(0)
        .astype(int)
    )
answer

# %% [markdown]
# ## What next
#
# - Read the city's own file, whatever its columns: `datakit trees import FILE`, then run again with
#   `--origins mirror,sample`.
# - For the green-spaces department: `datakit trees audit`, `datakit trees visits`; for citizens: `datakit trees page`.
# - Study another inventory: `datakit run trees -p inventory=trees-osm`.
# - Which places could be planted? [Vegetation](20_vegetation.ipynb).

# %% [markdown]
# ## Sources
#
# - Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
#   Conference of the Metropolitan Tree Improvement Alliance (METRIA).
# - Hurlbert, S. H. (1971). The nonconcept of species diversity: a critique and alternative parameters. Ecology 52(4).
# - Hill, M. O. (1973). Diversity and evenness: a unifying notation and its consequences. Ecology 54(2).
# - Jost, L. (2006). Entropy and diversity. Oikos 113(2).
# - Richards, N. A. (1983). Diversity and stability in a street tree population. Urban Ecology 7(2).
# - Sprugel, D. G. (1983). Correcting for bias in log-transformed allometric equations. Ecology 64(1).
# - Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial, hierarchical, or
#   phylogenetic structure. Ecography 40(8).
# - Hosts of threats, drought and allergy: each row of datakit/trees/data names what was read. Where sources say the
#   opposite of each other, the taxon is not rated.
# - Code de l'environnement, art. L. 350-3: to fell or harm a tree of a row along a road open to traffic is forbidden; a
#   dangerous or sick one is declared to the State first, and works need its leave.
# - schema-arbre 0.3.1, the national schema for urban trees, by Natural Solutions.
# - Each dataset's publisher and licence: the provenance table above.
