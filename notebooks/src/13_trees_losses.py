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
# # Losses: what can a model learn from the trees that were lost?
#
# **Question: what can a model learn from the trees that were lost, and what is its score worth elsewhere?**
#
# A model can learn from lost trees which of the others resemble them. Whether it has learnt anything about trees, or
# only recognises their streets, is the lesson of this chapter.

# %% [markdown]
# ## What you will learn
#
# - to spot columns that were written *after* the event;
# - why a score measured on random rows can be too good, and how holding out streets and sectors corrects it.
#
# **Time:** 12 minutes. **Before you start:** [The inventory](10_trees_inventory.ipynb), a little scikit-learn.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
survey_year: int = 0  # year at whose end ages are counted; 0 means the latest that the inventory speaks of
draws: int = 200  # how often whole sectors are drawn again for an interval
seed: int = 0  # of every random draw
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## Load
#
# Losses are the one thing for which felled trees are needed: `recorded` has every row.

# %% tags=["nbval-ignore-output"]
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from threadpoolctl import threadpool_limits

import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, heading
from datakit.trees import choosing, drawing, learners, risk, scoring
from datakit.trees.study import study
from datakit.workshop import check

layers = Layers(origins, reference=inventory, rehearsal=rehearsal)
it = study(layers, inventory)
recorded, today = it.recorded, survey_year or it.year
recorded[[name for name in ("taxon", "etat", "statut", "place") if name in recorded]].head()

# %% [markdown]
# ## How many were lost?
#
# The state says felled, removed, replaced or stump. It does not say *why*: a work site fells healthy trees too. Nor
# does it say *when*: it is no yearly rate. Condemned trees that still stand are neither losses nor survivors.

# %%
with ask("How many trees were lost?") as losses:
    known, target = risk.outcomes(recorded)
    sectors = risk.sectors(known)
    losses.say(
        "{lost} of {known} whose outcome is known were lost, {share}.",
        lost=Value(int(target.sum())),
        known=Value(len(target), "trees"),
        share=Value(100 * target.mean(), "%"),
        cannot_say="How many a year: a tree felled long ago may have left the file, and no date is needed here.",
        data=[recorded],
    )

# %% [markdown]
# ## Which columns give the answer away?
#
# Columns written after the event let a model predict the past. They are looked for in the data (filled, or holding one
# value, almost only for lost trees), and by thinking: a column can leak without showing here.

# %%
with ask("Which columns give the loss away?") as leaking:
    losses.needed()
    leaks = risk.leak_check(known.drop(columns=["etat", "statut", "place"], errors="ignore"), target)
    leaking.say(
        "Beside the state itself: {names}.",
        n=Value(len(leaks), "columns"),
        names=Value(", ".join(leaks["column"]) or "no other column"),
        table=leaks.assign(why=leaks["column"].map(risk.LEAKS)).round(1),
        caption="Columns and the sign that gives the loss away: rows, and % of them lost",
        cannot_say="That the other columns are safe: ask who fills them in, and when.",
        data=[recorded],
    )

# %% [markdown]
# ## What may the model know?
#
# What was known of a tree before its loss, and where it stands. The model is scikit-learn's
# `HistGradientBoostingClassifier`, in a pipeline that reads numbers and words.

# %%
with ask("What may the model know of a tree?") as knows:
    losses.needed()
    risk.enough(target, sectors)
    features = risk.features(known, today).assign(x=known.geometry.x, y=known.geometry.y)
    model, points = learners.boosting(features, seed), features[["x", "y"]].to_numpy()
    how = {"X": features, "y": target, "method": "predict_proba"}
    knows.say(
        "{n}: {names}.",
        n=Value(features.shape[1], "things"),
        names=Value(", ".join(map(heading, features))),
        table=features.head(),
        caption="The first trees as the model sees them: age in years, diameter and height in cm, x and y in m",
        cannot_say="What the model will use: that is for the data to say.",
        data=[recorded],
    )

# %% [markdown]
# ## Random rows, or streets and sectors that nobody has seen?
#
# **The lesson.** One table, one model, three ways to hold trees out. With *random rows* held out, the neighbours of a
# tree are among those learnt: same street, same soil, same surveyor. Held-out *streets* and *sectors* are places that
# the model has never seen, and that is where a list is needed. Sectors touch, so 100 m are left between.
#
# *Average precision* is the share of truly lost trees, averaged as one goes down the list; chance gives the share lost.
# The figures below are average precisions; the range is that of the paired difference.

# %%
with threadpool_limits(1), ask("Does a score on random rows hold in places never seen?") as split:
    knows.needed()
    ways = {
        "sectors": learners.apart(GroupKFold(5).split(features, groups=sectors), points, metres=100),
        "streets": GroupKFold(5).split(features, groups=known[it.streets].fillna("?")),
        "random rows": KFold(5, shuffle=True, random_state=seed),
    }
    tried = pd.DataFrame({way: cross_val_predict(model, cv=cv, **how)[:, 1] for way, cv in ways.items()})
    split.say(
        "On random rows {random_rows:value}, new streets {streets:value}, new sectors {sectors:value}: {verdict}.",
        **choosing.flattery(target, tried, sectors, draws=draws, seed=seed),
        picture=drawing.held_out(target, tried, [recorded]),
        cannot_say="What the list is worth in another city, or in ten years.",
        data=[recorded],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (15 minutes) *To see how well a column scores that nobody has in time.* Rank the trees by something written
# after the loss (`risk.written_after` names it), and by their genus, with `learners.by_one_column` on held-out
# sectors. Which average precision has each? `answer` is a dict: `{"leak": ..., "genus": ...}`. Use the first four
# letters of what was written (a date's year), and `scoring.average_precision`. Which of the two is worthless?

# %% tags=["exercise"]
answer = ...  # {"leak": a number, "genus": a number}
check("13.1", answer)

# %% tags=["solution"]
with ask("What does a leaking column do to the score?") as leaked:
    knows.needed()
    name = risk.written_after(known, leaks)
    columns = {"leak": known[name].astype("str").str.slice(0, 4), "genus": features["genus"]}
    ranked = {key: learners.by_one_column(column, target, sectors) for key, column in columns.items()}
    answer = {key: round(scoring.average_precision(target, rank), 2) for key, rank in ranked.items()}
    leaked.say(
        "Ranked by {column} alone the average precision is {leak}, by genus {genus}; nobody has {column} in time.",
        column=Value(name),
        **{key: Value(score, decimals=2) for key, score in answer.items()},
        cannot_say="What another column would do: each has to be thought about.",
        data=[recorded],
    )
check("13.1", answer)

# %% tags=["mistakes"]
chance = target.mean()
{
    "One number was taken twice: the leaking column and the genus are two rankings.": dict.fromkeys(
        answer, answer["genus"]
    ),
    "The two are exchanged: the column that was written after the loss knows it.": dict(
        zip(answer, [answer["genus"], answer["leak"]], strict=True)
    ),
    "This is what chance scores, the share that was lost: score the two rankings.": dict.fromkeys(answer, chance),
}

# %% tags=["hints"]
[
    "`risk.written_after(known, leaks)` names a column of `known`; the genus is a column of `features`.",
    "`learners.by_one_column` takes a column, `target` and `sectors`, and gives each tree a score.",
    "`scoring.average_precision(target, score)` is the figure that is asked for: once for each column.",
]

# %% [markdown] tags=["exercise"]
# **2.** (5 minutes) *To see what chance scores.* A list in random order has, on average, an average precision equal
# to the share of lost trees. Which share is that here? `answer` is a number from 0 to 1. By how many times do new
# sectors exceed it in the figure above?

# %% tags=["exercise"]
answer = ...  # a number from 0 to 1
check("13.2", answer)

# %% tags=["solution"]
with ask("What does chance score?") as by_chance:
    losses.needed()
    answer = round(float(target.mean()), 3)
    by_chance.say(
        "Chance scores {chance}: what is to be compared with the scores above.",
        chance=Value(answer, decimals=3),
        cannot_say="How far a single random list is from it.",
        data=[recorded],
    )
check("13.2", answer)

# %% tags=["mistakes"]
{
    "This is how many trees were lost: divide by all trees whose outcome is known.": int(target.sum()),
    "This is the share that was not lost.": 1 - target.mean(),
    "This is one tree in so many: turn it over.": 1 / target.mean(),
    "This is a score of the chapter: ask for the share that was lost.": scoring.average_precision(
        target, tried["sectors"]
    ),
}

# %% tags=["hints"]
[
    "`target` is 1 for a lost tree and 0 for another.",
    "The mean of ones and zeros is the share of ones.",
    "Round it to three digits after the point.",
]

# %% [markdown]
# ## What next
#
# - [Risk](14_trees_risk.ipynb): which trees to look at first?
# - Another inventory: `datakit run 13_trees_losses -p inventory=trees-saint-quentin --origins publisher`.

# %% [markdown]
# ## Sources
#
# - Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial, hierarchical, or
#   phylogenetic structure. Ecography 40(8).
# - The model's settings, the five groups of sectors and the 100 m between them are choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
