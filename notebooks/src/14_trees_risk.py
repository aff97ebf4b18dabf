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
# # Risk: which trees to look at first?
#
# **Question: which trees should a crew look at first, and what is such a list worth?**
#
# Several lists are tried, from chance to a model, and the simplest that no more complex one beats is taken. It is a
# list of places to send a person to, not of trees to fell.

# %% [markdown]
# ## What you will learn
#
# - to take the simplest list that no more complex one beats;
# - to ask whether scores can be believed as shares;
# - to make a list that a crew can walk, with a reason for each tree.
#
# **Time:** 13 minutes. **Before you start:** [Losses](13_trees_losses.ipynb), on why whole sectors are held out.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
survey_year: int = 0  # year at whose end ages are counted; 0 means the latest that the inventory speaks of
visits: int = 200  # trees that a crew can go and see
walk: float = 6.0  # km that a crew walks in one round
draws: int = 200  # how often whole sectors are drawn again for an interval
seed: int = 0  # of every random draw
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## Load
#
# Losses are the one thing for which felled trees are needed: `recorded` has every row.

# %% tags=["nbval-ignore-output"]
import pandas as pd

import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask
from datakit.trees import choosing, drawing, learners, risk, scoring
from datakit.trees.reasons import reasons
from datakit.trees.study import needs, some, study
from datakit.trees.visits import figures, sheet, visit_list
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
    features, sectors = risk.features(known, today), risk.sectors(known)  # what was known before the loss
    losses.say(
        "{lost} of {known} whose outcome is known were lost, {share}.",
        lost=Value(int(target.sum())),
        known=Value(len(target), "trees"),
        share=Value(100 * target.mean(), "%"),
        cannot_say="How many a year: a tree felled long ago may have left the file, and no date is needed here.",
        data=[recorded],
    )

# %% [markdown]
# ## Does a model beat the tree officer's rule?
#
# Baselines in order: *chance*; *oldest stage first*, what a tree officer would do; *worst genera first*; *logistic
# regression*; *gradient boosting*. All are tried on sectors never seen, and none is told where a tree stands. A list is
# judged by what it is for: the lost trees that its first visits find. Two intervals may overlap although one list is
# always the better: so every two are compared on the **same** draws of whole sectors, and the simplest that no more
# complex one beats makes the list.

# %% tags=["nbval-ignore-output"]
with ask("Does a model beat the tree officer's rule?") as chosen:
    losses.needed()
    risk.enough(target, sectors)
    scores = choosing.held_out(known, target, today, seed=seed)
    choice = choosing.simplest_unbeaten(target, scores, sectors, visits=visits, draws=draws, seed=seed)
    chosen.say(
        "{better} {verdict} it: a difference of {gain} in {visits}. The list is made by {name}, the simplest of "
        "{n:bare} that no more complex one beats: it finds {found:bare} lost trees, the rule {found_by_rule:bare}.",
        **choice.said(target, scores),
        picture=drawing.lists(target, scores, visits, [recorded]),
        table=choice.told().round(1),
        caption="Lost trees that each more complex baseline adds: 95 % of the draws of whole sectors",
        cannot_say="That its trees will fall: lists are judged by trees that are already gone.",
        data=[recorded],
    )

# %% [markdown]
# ## Can a model's scores be believed?
#
# A rule only ranks. A model gives each tree a score: the share lost among trees like this one in other sectors,
# whenever they were lost. It is no chance for the coming years. Among trees with a score of 10 %, were 10 % lost?

# %% tags=["nbval-ignore-output"]
with ask("Can a model's scores be believed as shares?") as believed:
    chosen.needed()
    groups = scoring.calibration(target, scores[choice.best()["other"]])
    top = groups.iloc[-1]
    believed.say(
        "In the tenth of the trees that {model} scores highest, scores say {said} and {lost} were lost: {verdict}.",
        model=choice.figures()["better"],
        said=Value(top["predicted_pct"], "%", decimals=1),
        lost=Value(top["lost_pct"], "%", decimals=1),
        verdict=Value(scoring.judged(top)),
        picture=drawing.calibration(groups, [recorded]),
        cannot_say="Whether losses will come at that pace again.",
        data=[recorded],
    )

# %% [markdown]
# ## Which trees to look at first?
#
# Among the trees that still stand: condemned ones, then those which most resemble the trees lost in other sectors. Each
# round starts at the first on the list of those left, and takes its neighbours. *Why* counts, whatever made the list,
# what the tree has in common with trees that were lost. `datakit trees visits` writes the list for a spreadsheet and
# for QGIS.

# %% tags=["nbval-ignore-output"]
with ask("Which trees should a crew look at first?") as first:
    chosen.needed()
    score = choice.ranking().mask(target).reindex(recorded.index)
    why = reasons(features, target, of=score.nlargest(visits).index)
    listed = visit_list(recorded, score, n=visits, walk_km=walk, why=why)
    first.say(
        "{trees} in {rounds}; the longest is {longest}. The first stop is {stop}.",
        **figures(listed),
        picture=drawing.visits(listed, it.communes, it.data),
        table=sheet(listed).drop(columns=["data"], errors="ignore").head(12),
        caption="The first stops, in walking order",
        cannot_say="That one of them is dangerous or should be felled: it is a list of places to send a person to.",
        data=it.data,
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To know what chance finds, before a list is praised.* A crew goes to see as many trees as `visits`
# says, drawn at random among those of `known`. How many lost ones does it find, on average? `answer` is a number of
# trees.

# %% tags=["exercise"]
answer = ...  # a number of trees
check("14.1", answer)

# %% tags=["solution"]
with ask("What does chance find?") as by_chance:
    losses.needed()
    answer = round(visits * target.mean(), 1)
    by_chance.say(
        "{visits} drawn at random find {found} on average.",
        visits=Value(visits, "trees"),
        found=Value(answer, "lost ones", decimals=1),
        cannot_say="What one draw finds: some find several more, some fewer.",
        data=[recorded],
    )
check("14.1", answer)

# %% tags=["mistakes"]
{
    "This is the share that was lost: multiply it by the number of trees that the crew sees.": target.mean(),
    "This is how many were lost in the whole inventory: the crew sees only a part of it.": int(target.sum()),
    "This is how many of the trees that the crew sees were not lost.": visits * (1 - target.mean()),
    "This is a percentage: that many in a hundred were lost, and the crew sees another number.": 100 * target.mean(),
}

# %% tags=["hints"]
[
    "Among trees drawn at random, lost ones are as frequent as among all trees whose outcome is known.",
    "`target` is 1 for a lost tree and 0 for another: its mean is the share that was lost.",
    "Multiply that share by `visits`.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To tell what a genus suffers from what its age brings.* Which share of its trees has each genus
# lost, among those with at least 100 trees of known age? And which share would it have lost if each of its trees had
# that of its fifth of the ages? `answer` is a table: a row for each genus, and the columns `lost` and `same age`, in
# percent. Start from `features`, `target` and `pd.qcut`.

# %% tags=["exercise"]
answer = ...  # a table: genus, lost, same age
check("14.2", answer)

# %% tags=["solution"]
with ask("Which genus has lost most, and is it only its age?") as genus:
    chosen.needed()
    lost, years = features.assign(lost=100 * target), needs(features, "age", "the age of trees")
    lost["same age"] = lost.groupby(pd.qcut(years, 5, duplicates="drop"), observed=True)["lost"].transform("mean")
    genera = lost.dropna(subset="age").groupby("genus")
    table, large = genera[["lost", "same age"]].mean(), genera.size() >= 100
    answer = some(table[large], "genus", "100 trees").sort_values("lost", ascending=False).round(1)
    genus.say(
        "{name} has lost {lost}; trees of its ages have lost {alike}.",
        name=Value(answer.index[0]),
        lost=Value(answer["lost"].iloc[0], "%", decimals=1),
        alike=Value(answer["same age"].iloc[0], "%", decimals=1),
        cannot_say="Why: its soil, its streets or a pest may be behind it.",
        data=[recorded],
    )
check("14.2", answer)

# %% tags=["mistakes"]
aged = lost.dropna(subset="age")


def with_ages(groups):
    share = aged.groupby(groups, observed=True)["lost"].transform("mean")
    return aged.assign(**{"same age": share}).groupby("genus")[["lost", "same age"]].mean()


fifth, tenth = (pd.qcut(aged["age"], parts, duplicates="drop") for parts in (5, 10))
of_all = 100 * aged.groupby("genus")["lost"].sum() / aged["lost"].sum()
{
    "Genera with fewer than 100 trees are in it: a share of a handful of trees is mostly luck.": table,
    "The ages were cut into tenths, not into fifths.": with_ages(tenth)[large],
    "Take the share of each fifth over all genera, not genus by genus: else it repeats what was lost.": with_ages(
        [aged["genus"], fifth]
    )[large],
    "This is how much of all losses each genus has: divide by the trees of the genus instead.": answer.assign(
        lost=of_all
    ),
}

# %% tags=["hints"]
[
    "Each tree needs two figures: whether it was lost (100 or 0), and the share lost among all trees of its fifth.",
    "`pd.qcut(age, 5)` gives each tree its fifth; `groupby(fifth).transform('mean')` gives it the share of that fifth.",
    "Put both figures beside the genus of each tree, take means by genus, and keep genera with at least 100 trees.",
]

# %% [markdown] tags=["exercise"]
# **3.** (40 minutes) *To see whether a model works where it has not learnt.* Learn in the western half of the inventory
# and try in the eastern half, and the other way round: which average precision has each? Halves meet at the median of
# the trees' `x`. `answer` is a dict: `{"east": ..., "west": ...}`, each named after the half in which it was **tried**.
# Use `learners.model` and `scoring.average_precision`. With another inventory that has losses,
# `datakit.trees.transfer` tries another city.

# %% tags=["exercise"]
answer = ...  # {"east": a number, "west": a number}
check("14.3", answer)

# %% tags=["solution"]
with ask("Does what is learnt in one half of the city hold in the other?") as moved:
    chosen.needed()
    west, answer, said = (known.geometry.x < known.geometry.x.median()).to_numpy(), {}, {}
    for tried, rows in (("east", ~west), ("west", west)):
        score = learners.model(features).fit(features[~rows], target[~rows]).predict_proba(features[rows])[:, 1]
        answer[tried] = round(scoring.average_precision(target[rows], score), 3)
        said |= {tried: Value(answer[tried]), f"{tried}_chance": Value(target[rows].mean(), decimals=3)}
    moved.say(
        "Learnt in the west, the average precision in the east is {east}, where chance is {east_chance}; the other way "
        "round {west}, where chance is {west_chance}.",
        **said,
        cannot_say="What holds in another city: its species, soils and habits of writing differ more.",
        data=[recorded],
    )
check("14.3", answer)


# %% tags=["mistakes"]
def learnt(where, tried):
    score = learners.model(features).fit(features[where], target[where]).predict_proba(features[tried])[:, 1]
    return scoring.average_precision(target[tried], score)


{
    "The two are exchanged: each is named after the half in which the model was tried.": {
        "east": answer["west"],
        "west": answer["east"],
    },
    "Each model was tried on the trees that it had learnt from, so it says nothing about others.": {
        "east": learnt(~west, ~west),
        "west": learnt(west, west),
    },
    "This is what chance has, the share that was lost: rank the trees by the model's score.": {
        "east": target[~west].mean(),
        "west": target[west].mean(),
    },
}

# %% tags=["hints"]
[
    "Two models, and two halves: each model learns from one half and gives a score to each tree of the other.",
    "`known.geometry.x` against its median tells west from east; `features` and `target` have the same rows.",
    "`learners.model(features).fit(X, y).predict_proba(Z)[:, 1]` is the score that `scoring` judges.",
]

# %% [markdown]
# ## What next
#
# - For the green-spaces department: `datakit trees visits -n 200`, with `--lang fr` for French heads.
# - Another inventory: `datakit run 14_trees_risk -p inventory=trees-saint-quentin --origins publisher`.
# - Which places could be planted? The chapters on vegetation.

# %% [markdown]
# ## Sources
#
# - Code de l'environnement, art. L. 350-3: to fell or harm a tree of a row along a road open to traffic is forbidden; a
#   dangerous or sick one is declared to the State first, and works need its leave.
# - The tree officer's rule, the models' settings and the five groups of sectors are choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
