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
# # Diversity: what could one pest or one dry summer take?
#
# **Question: what could one pest or one dry summer take?**
#
# A pest eats one species or one genus. Where a street, a quarter or a city is planted with few of them, one summer can
# take much of the shade. This chapter counts what hangs on one taxon, and what stands before known threats.

# %% [markdown]
# ## What you will learn
#
# - a rule of thumb on diversity, and how far it hangs on a few streets;
# - to compare places of different sizes on the same number of trees;
# - to say what a threat puts at risk, and of how many trees nobody can tell.
#
# **Time:** 17 minutes. **Before you start:** [The inventory](10_trees_inventory.ipynb), a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
compare_with: list[str] = ["trees-grenoble", "trees-paris"]  # open inventories of other cities
draws: int = 200  # how often trees or streets are drawn again for an interval
seed: int = 0  # of every random draw
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## Load
#
# `trees` are those that stand: felled trees are out, condemned ones that still stand are in.

# %% tags=["nbval-ignore-output"]
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, tables
from datakit.trees import comparing, diversity, drawing, exposure
from datakit.trees.study import beside, needs, some, study, title
from datakit.workshop import check

layers = Layers(origins, reference=inventory, rehearsal=rehearsal)
it = study(layers, inventory)
trees, level = it.trees, it.level
plural = {"species": "species", "genus": "genera"}[level]
trees[[name for name in ("taxon", "famille", "adresse", "place") if name in trees]].head()

# %% [markdown]
# ## Is one taxon too common?
#
# Santamour's rule of thumb: at most 10 % of one species, 20 % of one genus, 30 % of one family. An inventory counts
# every tree, so there is no sampling error. But a street is planted with one species: whole streets (or larger places,
# where no street is named) are drawn again, which shows how far a share hangs on a few of them.

# %% tags=["nbval-ignore-output"]
with ask("Is one taxon too common?") as rule:
    shares = diversity.ten_twenty_thirty(trees, clusters=it.streets, draws=draws, seed=seed)
    checked = shares.dropna(subset="share_pct")
    nearest = checked.loc[(checked["share_pct"] / checked["limit_pct"]).idxmax()]
    kept = {"kept": Value(int(checked["kept"].sum())), "limits": Value(len(checked), "limits that can be checked")}
    near = {"level": Value(diversity.level_name(nearest["level"])), "taxon": Value(nearest["taxon"])}
    rule.say(
        "{kept} of {limits} are kept. Nearest to its limit of {limit:value} or beyond is the {level} {taxon}: {share}.",
        **(kept | near),
        limit=Value(nearest["limit_pct"], "%"),
        share=Value(nearest["share_pct"], "%", nearest["low"], nearest["high"], "whole streets or places drawn again"),
        picture=drawing.limits(shares, it.redrawn, [trees]),
        cannot_say="That a city which keeps the limits is safe: they are a rule of thumb from North America.",
        data=[trees],
    )

# %% [markdown]
# ## Which place hangs on one genus?
#
# A city can be diverse while each of its quarters is not.

# %%
genera = comparing.commonest(trees, "place", "genus", least=50)
by_place = it.areas.merge(genera, on="place", how="left")
genera.head().round(1)

# %% tags=["nbval-ignore-output"]
with ask("Which place hangs most on one genus?") as local:
    drawn = drawing.by_place(by_place, it.communes, it.kind, it.data)
    first, known = genera.iloc[0], genera.dropna(subset="share_pct")
    local.say(
        "{place}: {share} of its {n} are {genus}. In half of the {places} a single genus has more than {middle}.",
        place=Value(first["place"]),
        share=Value(first["share_pct"], "%", decimals=0),
        n=Value(int(first["trees"]), "trees"),
        genus=Value(drawing.in_french([first["taxon"]])[0]),
        places=Value(len(known), "places with at least 50 trees"),
        middle=Value(known["share_pct"].median(), "%", decimals=0),
        picture=drawn,
        cannot_say="How a single street is planted: the first exercise looks at streets.",
        data=it.data,
    )

# %% [markdown]
# ## Is it more diverse than elsewhere?
#
# A large inventory has more species just because it is large. So inventories are compared on the **same number of
# trees**, drawn from each with replacement. The *effective number* says how many equally common species would be as
# diverse (exp of Shannon's entropy: Hill 1973, Jost 2006).

# %% tags=["nbval-ignore-output"]
with ask("Is it more diverse than other inventories?") as compared:
    others = beside(layers, compare_with)
    here = {title(trees): trees, **{name: exposure.standing(frame) for name, frame in others.items()}}
    table = comparing.compare(here, level, draws=draws, seed=seed)
    mine, rest = table.iloc[0], table.iloc[1:]
    compared.say(
        "Among {n} drawn from each, it has an effective number of {mine}; below that range: {below} of {others}.",
        n=Value(int(mine["n"]), "trees"),
        mine=it.taxa(mine["effective"], mine["low"], mine["high"], "95 % of the draws"),
        below=Value(int((rest["high"] < mine["low"]).sum())),
        others=Value(len(rest), "others"),
        picture=drawing.inventories(table, plural, here.values()),
        cannot_say="How cities compare: an extract, an inventory of streets and one of parks are not the same thing.",
        data=list(here.values()),
    )

# %% [markdown]
# ## What does each threat put at risk?
#
# Each threat is a row of a data file of the kit, with its hosts and its source. A host is not a sick tree, and a tree
# that nobody has named or rated is not a safe one: both are shown.

# %%
threats = exposure.threat_table(trees, seed=seed).sort_values("share_pct", ascending=False, ignore_index=True)
heads = {"name": "threat", "trees": "hosts", "maybe": "cannot be told", "share_pct": "hosts (%)"}
heads["canopy_pct"] = "ground under their crowns (%)"
tables.show(threats[[*heads]].rename(columns=heads).head(4).round(1), caption="The four threats with most hosts")

# %% tags=["nbval-ignore-output"]
with ask("What could one pest take?") as pest:
    worst = threats[threats["kind"] != "climate"].iloc[0]
    pest.say(
        "The pest or disease with most hosts is {worst}: {hosts}, {share} of those that stand.",
        worst=Value(worst["name"]),
        hosts=Value(int(worst["trees"]), "trees"),
        share=Value(worst["share_pct"], "%", worst["share_pct"], worst["share_high_pct"], "high: with those not named"),
        picture=drawing.threats(threats, [trees]),
        table=threats[[*heads, "source"]].rename(columns=heads).round(1),
        caption="Standing trees by threat, and the source of each list of hosts",
        cannot_say="Whether a threat will come, or is there: hosts are read from names, nobody looked at the trees.",
        data=[trees],
    )

# %%
with ask("What shade could one pest take?") as shade:
    first = exposure.shadiest(threats)
    shade.say(
        "Of all pests and diseases, hosts of {name} have most ground under their crowns: {share} of what is known. "
        "They are {trees} of the trees.",
        name=Value(first["name"]),
        share=Value(
            first["canopy_pct"], "%", first["low"], first["high"], "error of crowns; high: with those not named"
        ),
        trees=Value(first["share_pct"], "%", decimals=0),
        cannot_say="What people would miss: shade over a street and over a lawn count alike.",
        data=[trees],
    )

# %% [markdown]
# ## What could a dry summer take?
#
# Sources rate taxa against drought. Where they contradict each other, the kit rates nothing.

# %%
with ask("What could a dry summer take?") as dry:
    drought = threats.set_index("threat").loc["drought"]
    sensitive, unknown, of = drought["trees"], drought["maybe"], drought["of"]
    dry.say(
        "{sensitive} of the standing trees are of taxa that a source calls sensitive, {tolerant} of taxa called "
        "tolerant; of {unknown} the sources say nothing, or contradict each other.",
        sensitive=Value(100 * sensitive / of, "%"),
        tolerant=Value(100 * (of - sensitive - unknown) / of, "%"),
        unknown=Value(100 * unknown / of, "%"),
        cannot_say="How a tree fares: its soil, its age and water matter more than its name.",
        data=[trees],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see where a pest would be seen first.* In how many streets with at least 20 trees are more
# than half of the trees hosts of the pest with most hosts? `answer` is a number of streets. Use `worst`,
# `exposure.threats()` and `exposure.match`, and `needs(trees, "adresse", "street")` for the street.

# %% tags=["exercise"]
answer = ...  # a number of streets
check("11.1", answer)

# %% tags=["solution"]
with ask("How many streets hang on the hosts of one pest?") as streets:
    hosts = exposure.threats().set_index("id").loc[worst["threat"], "hosts"]
    is_host = exposure.match(diversity.named(trees), hosts) == "host"
    share = is_host.groupby(needs(trees, "adresse", "street")).agg(["mean", "size"])
    share = share[share["size"] >= 20]
    answer = int((share["mean"] > 0.5).sum())
    streets.say(
        "In {many} of {streets}, more than half of the trees are hosts of {pest}.",
        many=Value(answer),
        streets=Value(len(share), "streets with at least 20 trees"),
        pest=Value(worst["name"]),
        cannot_say="What is left of such a street if the pest comes: not every host dies.",
        data=[trees],
    )
check("11.1", answer)

# %% tags=["mistakes"]
short = is_host.groupby(needs(trees, "adresse", "street")).agg(["mean", "size"])
{
    "Short streets are in it: keep those with at least 20 trees.": int((short["mean"] > 0.5).sum()),
    "These streets have one host at least: more than half of their trees are asked for.": int(
        (share["mean"] > 0).sum()
    ),
    "These are all streets with so many trees.": len(share),
    "This is a percentage: a number of streets is asked for.": 100 * answer / len(share),
    "These are hosts, not streets.": int(is_host.sum()),
}

# %% tags=["hints"]
[
    "`exposure.threats()` has a row for each pest, with its hosts; `worst['threat']` is the id of the one.",
    "`exposure.match` says of each tree whether it is a `host`: group that by street.",
    "For each street take the share of hosts and the number of trees; keep the long ones, count those above half.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To compare places fairly.* Is each sector of the city as diverse as the others? Draw 50 times,
# with the chapter's `seed`, the same number of trees from each with `comparing.by`, at the `level` of the chapter.
# Where the inventory names no sector (`secteur`), take `place`. `answer` is a table: a row for each sector that can
# be compared, and its effective number (`shannon`), to one decimal.

# %% tags=["exercise"]
answer = ...  # a table: sector, effective number
check("11.2", answer)

# %% tags=["solution"]
part = "secteur" if "secteur" in trees and trees["secteur"].notna().any() else "place"
with ask("Is each sector as diverse as the others?") as even:
    sectors = comparing.by(trees, part, level, draws=50, seed=seed).dropna(subset="shannon").sort_values("shannon")
    answer = sectors.set_index(part)["shannon"].round(1)
    even.say(
        "From {least} in {first} to {most} in {last}.",
        least=Value(sectors["shannon"].iloc[0], decimals=1),
        first=Value(str(answer.index[0])),
        most=Value(sectors["shannon"].iloc[-1], decimals=1),
        last=Value(str(answer.index[-1])),
        table=sectors[[part, "trees", "shannon", "shannon_low", "shannon_high", "genus_pct"]].round(1),
        caption="Effective number of each sector, on the same number of trees, and the share of its first genus",
        cannot_say="Why they differ: when a sector was built and planted counts.",
        data=[trees],
    )
check("11.2", answer)

# %% tags=["mistakes"]
column = sectors.set_index(part)
{
    "This is the share of the first genus, in %: ask for the effective number.": column["genus_pct"],
    "This is the number of trees: ask for the effective number.": column["trees"],
    "This is the lower end of each range: ask for the middle.": column["shannon_low"],
    "This is the upper end of each range: ask for the middle.": column["shannon_high"],
}

# %% tags=["hints"]
[
    "`comparing.by` takes the trees, the column that tells sectors apart, the level, `draws` and `seed`.",
    "A sector with too few trees has no effective number: leave it out.",
    "Keep the name of the sector and the column `shannon`, rounded to one decimal.",
]

# %% [markdown] tags=["exercise"]
# **3.** (40 minutes) *To make the chapter answer a question of your own.* A new pest of limes and maples (Tilia,
# Acer) arrives. Which `place` with at least 50 trees has the largest share of hosts? `answer` is the percentage of
# hosts of each such place. Write your own list of hosts, then try another, and answer in a sentence.

# %% tags=["exercise"]
answer = ...  # place, percentage of hosts
check("11.3", answer)

# %% tags=["solution"]
with ask("Where would a pest of limes and maples take most?") as new:
    hit = exposure.match(diversity.named(trees), ["Tilia", "Acer"]) == "host"
    places = hit.groupby(trees["place"]).agg(["mean", "size"])
    top = some(places[places["size"] >= 50], it.kind, "50 trees").sort_values("mean", ascending=False)
    answer = (100 * top["mean"]).round(1).rename("hosts (%)")
    new.say(
        "{place} comes first: {share} of its trees; {all_over} in the whole inventory.",
        place=Value(top.index[0]),
        share=Value(100 * top["mean"].iloc[0], "%", decimals=0),
        all_over=Value(100 * hit.mean(), "%", decimals=0),
        cannot_say="How many would die: a host is not a sick tree.",
        data=it.data,
    )
check("11.3", answer)

# %% tags=["mistakes"]
limes = exposure.match(diversity.named(trees), ["Tilia"]) == "host"
large = places[places["size"] >= 50].index
{
    "Limes only: maples are hosts, too.": 100 * limes.groupby(trees["place"]).mean()[large],
    "These trees are no hosts: ask for the others.": 100 - 100 * top["mean"],
    "These are numbers of hosts: divide by the trees of the place.": hit.groupby(trees["place"]).sum()[large],
    "This is how all hosts are shared out among places: divide by the trees of each place.": 100
    * hit.groupby(trees["place"]).sum()[large]
    / hit.sum(),
}

# %% tags=["hints"]
[
    "`exposure.match` takes names of trees and a list of hosts: a genus stands for all its species.",
    "Group what it finds by `trees['place']`, and take the share and the number of trees.",
    "Keep places with 50 trees or more; the share times 100 is the percentage.",
]

# %% [markdown]
# ## What next
#
# - [Structure](12_trees_structure.ipynb): how old and large are they, and does the population renew?
# - Which taxa could be planted instead? The chapters on vegetation.

# %% [markdown]
# ## Sources
#
# - Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
#   Conference of the Metropolitan Tree Improvement Alliance (METRIA).
# - Hill, M. O. (1973). Diversity and evenness: a unifying notation and its consequences. Ecology 54(2).
# - Jost, L. (2006). Entropy and diversity. Oikos 113(2).
# - Hosts of threats and ratings against drought: each row of `datakit/trees/data` names what was read. Where sources
#   say the opposite of each other, the taxon is not rated.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
