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
# # Structure: how old and large are the trees, and does the population renew?
#
# **Question: how old and how large are the trees, how much ground is under their crowns, and does the population renew
# itself?**
#
# Many young trees and few old ones make a population that renews itself. A lack of young trees is a gap in thirty
# years' time; a lack of old ones can come from past losses. And what people feel is not the number of trees but the
# ground under their crowns.

# %% [markdown]
# ## What you will learn
#
# - what ages and trunks say, and of how many trees they are known;
# - how crowns that nobody measured are estimated from those that were;
# - to try an estimate on trees whose answer is known, before believing its range.
#
# **Time:** 15 minutes. **Before you start:** [The inventory](10_trees_inventory.ipynb), a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
inventory: str = "trees-dijon"  # the inventory to study: any dataset of the theme "trees"
survey_year: int = 0  # year at whose end ages are counted; 0 means the latest that the inventory speaks of
draws: int = 200  # how often crowns are drawn for an interval
seed: int = 0  # of every random draw
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %% [markdown]
# ## Load
#
# `trees` are those that stand: felled trees are out, condemned ones that still stand are in.

# %% tags=["nbval-ignore-output"]
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask
from datakit.trees import canopy, drawing, hiding, structure
from datakit.trees.study import needs, some, study
from datakit.workshop import check

layers = Layers(origins, reference=inventory, rehearsal=rehearsal)
it = study(layers, inventory)
trees, today = it.trees, survey_year or it.year
trees = trees.assign(age=structure.age(trees, today), trunk=structure.trunk_diameter(trees))
trees[["age", "trunk", "place"]].rename(columns={"age": "age (years)", "trunk": "trunk (cm)"}).describe().round(1)

# %% [markdown]
# ## How old are they?

# %% tags=["nbval-ignore-output"]
with ask("How old are the trees?") as old:
    years = needs(trees, "age", "the age of trees").dropna()
    old.say(
        "Half of the trees whose age is known are older than {middle}, a tenth older than {last:value}; it is known "
        "for {known} of those that stand.",
        middle=Value(years.median(), "years", decimals=0),
        last=Value(years.quantile(0.9), "years", decimals=0),
        known=Value(100 * len(years) / len(trees), "%", decimals=0),
        picture=drawing.ages(years, [trees]),
        cannot_say="The age of those that are not dated: they need not be like the others.",
        data=[trees],
    )

# %% [markdown]
# ## How large are they?
#
# Richards (1983) described the trunks of a street population that renews itself: 40 % under 20 cm, 30 % up to 40, 20 %
# up to 60, 10 % above. It is a rule of thumb, made in one North American city.

# %% tags=["nbval-ignore-output"]
with ask("How large are the trees?") as large:
    needs(trees, "trunk", "the size of trunks")
    sizes = structure.against_richards(trees)
    thin, thick = sizes.iloc[0], sizes.iloc[-1]
    large.say(
        "{thin} of the trunks measured are under 20 cm, for a target of 40 %, and {thick} have 60 cm and more, for "
        "10 %; {off} would have to change class to meet the target.",
        thin=Value(thin["share_pct"], "%", decimals=0),
        thick=Value(thick["share_pct"], "%", decimals=0),
        off=Value((sizes["share_pct"] - sizes["target_pct"]).abs().sum() / 2, "%", decimals=0),
        picture=drawing.sizes(sizes, [trees]),
        cannot_say="Why: few thick trunks may mean small species, a young city, or trees felled before they were old.",
        data=[trees],
    )

# %% [markdown]
# ## Does the population renew itself?
#
# The trees younger than ten years are what was planted in ten years and still stands. At that pace, how long does it
# take to plant as many trees as there are?

# %%
with ask("How long would it take to plant as many trees as stand?") as renewed:
    years = needs(trees, "age", "the age of trees").dropna()
    young = int((years < 10).sum())
    renewed.say(
        "{young} of {dated} whose age is known are younger than ten years, {share}: at that pace, {turn}.",
        young=Value(young),
        dated=Value(len(years), "trees"),
        share=Value(100 * young / len(years), "%"),
        turn=structure.turnover(years),
        cannot_say="Whether that is enough: it is, if trees live longer than this; young ones that died are not seen.",
        data=[trees],
    )

# %% [markdown]
# ## How much ground is under their crowns?
#
# A measured crown counts as it is. The others follow an *allometry* (crown area against trunk, fitted on this
# inventory's own crowns, corrected where a straight line is wrong), or, where no crown is measured, a wide range of the
# ratio of crown to trunk, which is a choice of this kit. What all trees share (the curve's form, a crew's habit of
# reading crowns too wide or too narrow) does not average out, however many trees there are.

# %%
with ask("How much ground is under the crowns?") as ground:
    crowns = canopy.known_total(trees, draws=draws, seed=seed)
    measured = canopy.crown_area(trees)["how"].eq(canopy.MEASURED).sum()
    ground.say(
        "{area} under {known}; the crowns of {measured:bare} were measured, {unknown:bare} trees have neither crown "
        "nor trunk and add nothing.",
        area=Value(crowns["area"] / 1e4, "ha", crowns["low"] / 1e4, crowns["high"] / 1e4, "95 %, shared errors kept"),
        known=Value(int(crowns["known"]), "trees"),
        measured=Value(int(measured)),
        unknown=Value(len(trees) - int(crowns["known"])),
        cannot_say="How much of the city is shaded: crowns overlap, and gardens and woods are not in the file. Nor how "
        "wrong measured crowns are: that all are up to 5 % too wide or too narrow is a choice of this kit.",
        data=[trees],
    )

# %% [markdown]
# ## Can that range be believed?
#
# Hide crowns that were measured, estimate them from the others, and look at the truth. Hidden at random, this is easy.
# Hidden mostly among large trees, the curve must say something about trunks that it has hardly seen.

# %% tags=["nbval-ignore-output"]
with ask("Does the estimate hold on crowns that are hidden on purpose?") as tried:
    trial = hiding.trial(trees, draws=draws, seed=seed)
    worst = trial.loc[(trial["area"] / trial["true"] - 1).abs().idxmax()]
    tried.say(
        "The interval holds the truth in {held:bare} of {ways:bare} trials. The worst estimate, with crowns hidden "
        "{way}, is {share} of the truth.",
        held=Value(int(trial["held"].sum()), "trials"),
        ways=Value(len(trial), "trials"),
        way=Value(worst["hidden"]),
        share=Value(100 * worst["area"] / worst["true"], "%", decimals=0),
        picture=drawing.trials(trial, [trees]),
        cannot_say="Whether the crowns that nobody measured are like those that somebody did.",
        data=[trees],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see which trees a city has kept longest.* Half of the trees of a genus are older than which
# age, for genera with at least 200 trees of known age? `answer` is the median age of each such genus, in years.

# %% tags=["exercise"]
answer = ...  # genus, median age in years
check("12.1", answer)

# %% tags=["solution"]
with ask("Which genus has the oldest trees?") as oldest:
    dated = trees.dropna(subset="age")
    needs(dated, "age", "the age of trees")
    genera = dated.groupby(dated["taxon"].str.split().str[0])["age"].agg(["size", "median"])
    genera = some(genera[genera["size"] >= 200], "genus", "200 dated trees").sort_values("median", ascending=False)
    answer = genera["median"]
    oldest.say(
        "{genus}: half of them are older than {age}.",
        genus=Value(drawing.in_french(genera.index[:1])[0]),
        age=Value(genera["median"].iloc[0], "years", decimals=0),
        table=genera.reset_index().head(8),
        caption="Genera: dated trees, and their median age in years",
        cannot_say="Which genus lives longest: those planted lately are young whatever they are.",
        data=[trees],
    )
check("12.1", answer)

# %% tags=["mistakes"]
by_genus = dated.groupby(dated["taxon"].str.split().str[0])["age"]
{
    "These are means: a few very old trees pull them up. Half of the trees are older than the median.": by_genus.mean()[
        genera.index
    ],
    "Genera with fewer than 200 dated trees are in it.": by_genus.median(),
    "These are the oldest trees: ask for the age that half of them exceed.": by_genus.max()[genera.index],
    "These are numbers of trees: ask for an age.": genera["size"],
}

# %% tags=["hints"]
[
    "Leave out trees whose `age` is not known.",
    "The genus is the first word of `taxon`: group the ages by it.",
    "Take the size and the median of each group, and keep groups of 200 or more.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see where planting and felling are most out of step.* In places with at least 50 trunks
# measured, how many percent of the trees would have to change class to meet Richards' shares? `answer` is a table:
# each such `place`, and that percentage. Use `structure.by`.

# %% tags=["exercise"]
answer = ...  # a table: place, percentage to change class
check("12.2", answer)

# %% tags=["solution"]
with ask("Where are the trunks farthest from Richards' classes?") as farthest:
    by_place = structure.by(trees, "place")
    by_place = some(by_place[by_place["measured"] >= 50], "place", "50 trunks measured")
    by_place = by_place.sort_values("off_pct", ascending=False)
    answer = by_place.set_index("place")["off_pct"].round(1)
    farthest.say(
        "{place}: {off} of the trees would have to change class.",
        place=Value(str(answer.index[0])),
        off=Value(by_place["off_pct"].iloc[0], "%", decimals=0),
        table=by_place.rename(columns={"off_pct": "to change class (%)"}).head(8).round(0),
        caption="Places whose trunks are farthest from Richards' classes",
        cannot_say="That it should meet them: his shares are a rule of thumb for a whole city.",
        data=[trees],
    )
check("12.2", answer)

# %% tags=["mistakes"]
kept = by_place.set_index("place")
{
    "These are numbers of trees: a percentage of those measured is asked for.": kept["measured"]
    * kept["off_pct"]
    / 100,
    "These are numbers of trunks measured: ask how many would have to change class.": kept["measured"],
    "These are in their class already: ask for those that would have to change.": 100 - kept["off_pct"],
}

# %% tags=["hints"]
[
    "`structure.by` makes a row for each place: look at its columns.",
    "`measured` is how many trunks were measured, `off_pct` what has to change class.",
    "Keep rows with 50 trunks measured or more, and the two columns that are asked for.",
]

# %% [markdown] tags=["exercise"]
# **3.** (40 minutes) *To learn what a measurement is worth.* How much ground would be under the crowns if nobody had
# measured any? Drop `diametre_couronne`, and let the kit take its ratio of crown to trunk, with the chapter's `draws`
# and `seed`. How many times as wide is the range as with crowns measured (`crowns`)? `answer` is a number. What would
# you measure first?

# %% tags=["exercise"]
answer = ...  # a number of times
check("12.3", answer)

# %% tags=["solution"]
with ask("What would be known without any crown measured?") as blind:
    tried.needed()
    bare = trees.drop(columns="diametre_couronne")
    guess = canopy.known_total(bare, draws=draws, seed=seed)
    answer = round((guess["high"] - guess["low"]) / (crowns["high"] - crowns["low"]), 1)
    blind.say(
        "{area}: a range {times} times as wide as with the crowns that this inventory measures.",
        area=Value(guess["area"] / 1e4, "ha", guess["low"] / 1e4, guess["high"] / 1e4),
        times=Value(answer, decimals=1),
        cannot_say="That the middle of the range is right: the ratio is a choice of this kit.",
        data=[trees],
    )
check("12.3", answer)

# %% tags=["mistakes"]
{
    "This compares the areas: compare the widths of both ranges.": guess["area"] / crowns["area"],
    "This is upside down: how many times as wide is the one without measurements?": (crowns["high"] - crowns["low"])
    / (guess["high"] - guess["low"]),
    "This compares the upper ends: compare the widths.": guess["high"] / crowns["high"],
    "This is the width itself, in hectares: divide it by the other.": (guess["high"] - guess["low"]) / 1e4,
}

# %% tags=["hints"]
[
    "`canopy.known_total` gives `area`, `low` and `high` in m²: call it without the column of crowns.",
    "The width of a range is its upper end less its lower end.",
    "Divide the width without measurements by that of `crowns`.",
]

# %% [markdown]
# ## What next
#
# - [Losses](13_trees_losses.ipynb): what can a model learn from the trees that were lost?
# - How much of the city do crowns, lawns and woods cover together? The chapters on vegetation.

# %% [markdown]
# ## Sources
#
# - Richards, N. A. (1983). Diversity and stability in a street tree population. Urban Ecology 7(2).
# - Sprugel, D. G. (1983). Correcting for bias in log-transformed allometric equations. Ecology 64(1).
# - Duan, N. (1983). Smearing estimate: a nonparametric retransformation method. Journal of the American Statistical
#   Association 78.
# - Coombes, A., Martin, J. and Slater, D. (2019). Defining the allometry of stem and crown diameter of urban trees.
#   Urban Forestry & Urban Greening 44, 126421: the ratio of this kit is lower than theirs, by choice.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
