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
# # The inventory: what stands, where, and how far can the file be trusted?
#
# **Question: what stands, where, and how far can the file be trusted?**
#
# A city plants, prunes and fells tens of thousands of trees, and writes them down. Before anything is concluded from
# such a file, look at what is in it, and at what is wrong with it.

# %% [markdown]
# ## What you will learn
#
# - to read any inventory into one table, with a list of all that was changed;
# - to audit it before using it;
# - what stands, as against what was ever written down.
#
# **Time:** 12 minutes. **Before you start:** [Start here](00_start_here.ipynb), a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## One table
#
# Every city writes trees in its own way. `standardise` brings them into the fields of the national schema
# (schema-arbre). Names are resolved by the kit's botanical reference; a name that it does not know stays unknown.

# %% tags=["nbval-ignore-output"]
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask
from datakit.trees import diversity, drawing
from datakit.trees.checks import outcome
from datakit.trees.inventory.standard import changes_summary
from datakit.trees.study import needs, study
from datakit.workshop import check

layers = Layers(origins, reference=inventory, rehearsal=rehearsal)
it = study(layers, inventory)  # standardise(layers[inventory]), and the areas to count trees in
recorded, trees = it.recorded, it.trees
recorded.drop(columns="geometry").head(3)

# %% [markdown]
# **Rows set aside.** A row that breaks its card's rules is in none of the figures below; nothing is dropped in silence.

# %%
layers.quality()

# %% [markdown]
# **What was changed.** `standardise` mends spellings and units, and says each time what it did.

# %%
with ask("How much of the file can be read?") as read:
    said = recorded.attrs["datakit"]
    read.say(
        "{kept} of {rows:bare} rows are kept; {unknown} of them have no name that the botanical reference knows.",
        rows=Value(said["rows_read"], "rows"),
        kept=Value(len(recorded), "trees"),
        unknown=Value(int(recorded["taxon"].isna().sum())),
        table=changes_summary(recorded).head(12),
        caption="Changes made to the file: column, rule, values changed, and an example",
        cannot_say="Whether a name is right: nobody has looked at the trees.",
        data=[recorded],
    )

# %% [markdown]
# ## The audit
#
# What is empty, doubtful or contradictory, with limits that are choices of this kit. Nothing is removed: these are
# trees to look at, and habits of the people who wrote the file. `datakit trees audit` makes the same checks, on one
# page for the department that keeps the file.

# %% tags=["nbval-ignore-output"]
with ask("How far can the file be trusted?") as trusted:
    audit = outcome.audit(recorded.drop(columns="place"), area=it.communes, today=it.year or None)
    found = audit.table[audit.table["verdict"].isin(["bad", "look"])]
    kinds = {"ok": "ok", "bad": "bad", "look": "look", "unsure": "cannot tell"}
    trusted.say(
        "Of {checks}, nothing was found by {ok:bare}, a mistake by {bad:bare}, something to look at by {look:bare}; "
        "this file allows no verdict for {unsure:bare}.",
        checks=Value(len(audit.table), "checks"),
        **{name: Value(audit.verdicts[verdict]) for name, verdict in kinds.items()},
        table=found[["check", "trees", "of", "share_pct", "examples", "what_to_do"]],
        caption="Checks that found something: trees concerned, trees that could be judged, share of these in %",
        cannot_say="How many trees are missing, or gone since the survey: a file does not know what it lacks.",
        data=it.data,
    )

# %% [markdown]
# Some questions need more than the file has. The audit names them.

# %%
print(audit.unanswered())

# %% [markdown]
# ## What stands
#
# A file also remembers trees that were felled. `recorded` has every row; `trees` those that **stand**. Condemned trees
# stand until they are felled. Felled ones come back in one chapter only, where losses are studied.

# %% tags=["nbval-ignore-output"]
with ask("What stands?") as stands:
    counts = diversity.taxon(trees, it.level).value_counts()
    first = drawing.in_french(counts.index[:1])[0]
    plural = {"species": "species", "genus": "genera"}[it.level]
    stands.say(
        "{standing} stand, of {kinds}; {gone} of the file are lost. The commonest is {first}: {share} of those named.",
        standing=Value(len(trees), "trees"),
        gone=Value(len(recorded) - len(trees)),
        kinds=it.taxa(len(counts)),
        first=Value(first),
        share=Value(100 * counts.iloc[0] / counts.sum(), "%"),
        picture=drawing.commonest(counts, plural, [trees]),
        cannot_say="What grows in gardens and woods: an inventory lists the trees that its owner manages.",
        data=[trees],
    )

# %% [markdown]
# ## Where they stand

# %% tags=["nbval-ignore-output"]
with ask("Where do they stand?") as where:
    by_place = trees["place"].value_counts().rename_axis("place").reset_index(name="trees")
    where.say(
        "{most} has the most, {count}; {places:bare} places (each a {kind}) have at least one, {outside} lie in none.",
        most=Value(by_place["place"].iloc[0]),
        count=Value(int(by_place["trees"].iloc[0]), "trees"),
        places=Value(len(by_place)),
        kind=Value(it.kind),
        outside=Value(int(trees["place"].isna().sum()), "trees"),
        picture=drawing.by_genus(trees, diversity.taxon(trees, "genus"), it.communes, it.data),
        table=by_place,
        caption="Standing trees by place",
        cannot_say="That a place without a dot has no tree: the file may not cover it.",
        data=it.data,
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To know which questions a file rules out.* Which columns of `recorded` are filled for fewer than
# half of the trees, and for how many? `answer` is a table or a Series: the name of each of these columns (`geometry`
# left out), and the percentage of trees for which it is filled.

# %% tags=["exercise"]
answer = ...  # column, percentage filled
check("10.1", answer)

# %% tags=["solution"]
with ask("Which columns are hardly filled?") as hardly:
    filled = 100 * recorded.drop(columns="geometry").notna().mean()
    answer = filled[filled < 50].round(1).sort_values().rename("filled (%)")
    hardly.say(
        "{n} of {all} are filled for fewer than half of the trees.",
        n=Value(len(answer)),
        all=Value(len(filled), "columns"),
        table=answer.rename_axis("column").reset_index(),
        caption="Columns that are filled for fewer than half of the trees",
        cannot_say="Whether a column that is filled is right.",
        data=[recorded],
    )
check("10.1", answer)

# %% tags=["mistakes"]
{
    "These are the columns that are filled for more than half of the trees.": filled[filled >= 50],
    "This is the percentage of trees for which they are empty: ask where they are filled.": 100 - filled[filled < 50],
    "These are numbers of trees: divide by all trees of the file.": recorded.drop(columns="geometry")
    .notna()
    .sum()[filled[filled < 50].index],
    "All columns are in it: keep those under 50 %.": filled,
}

# %% tags=["hints"]
[
    "`notna()` says of each cell whether something is in it.",
    "The mean of true and false is a share: one for each column.",
    "Multiply by 100, and keep what is under 50.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To find the streets that one disease could empty.* How many streets with at least 20 standing
# trees have a single genus? `answer` is a number of streets. Start from `trees`, and use `needs(trees, "adresse",
# "street")`, which says so where an inventory names no street, and `diversity.taxon`.

# %% tags=["exercise"]
answer = ...  # a number of streets
check("10.2", answer)

# %% tags=["solution"]
with ask("How many streets have a single genus?") as alone:
    street = needs(trees, "adresse", "street")
    genera = diversity.taxon(trees, "genus").groupby(street).agg(["size", "nunique"])
    large = genera[genera["size"] >= 20]
    answer = int((large["nunique"] == 1).sum())
    alone.say(
        "{single} of {streets} with at least 20 trees have one genus.",
        single=Value(answer),
        streets=Value(len(large), "streets"),
        cannot_say="Whether the street has other trees: those that somebody else manages are not in the file.",
        data=[trees],
    )
check("10.2", answer)

# %% tags=["mistakes"]
species = diversity.taxon(trees, "species").groupby(street).agg(["size", "nunique"])
{
    "These are all streets with so many trees: ask which of them have one genus.": len(large),
    "Short streets are in it: a street of three trees often has one genus by chance.": int(
        (genera["nunique"] == 1).sum()
    ),
    "These streets have a single species: a genus has several.": int(
        (species.loc[species["size"] >= 20, "nunique"] == 1).sum()
    ),
    "This is a percentage: a number of streets is asked for.": 100 * answer / len(large),
}

# %% tags=["hints"]
[
    "Group the genus of each tree by its street.",
    "For each street count the trees, and how many different genera they have (`nunique`).",
    "Keep streets with 20 trees or more, and count those with one genus.",
]

# %% [markdown]
# ## What next
#
# - [Diversity](11_trees_diversity.ipynb): what could one pest or one dry summer take?
# - Read the city's own file, whatever its columns: `datakit trees import FILE`, then run again with
#   `--origins mirror,sample`.
# - For the department that keeps the file: `datakit trees audit`. For citizens: `datakit trees page`.
# - Study another inventory: `datakit run 10_trees_inventory -p inventory=trees-osm`.

# %% [markdown]
# ## Sources
#
# - schema-arbre 0.3.1, the national schema for urban trees, by Natural Solutions.
# - The botanical reference of the kit is general botanical knowledge, written for it and checked against no other list.
# - Each dataset's publisher and licence: below.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
