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
# # Whose reports are missing?
#
# **Question: are broken things reported less in some areas than in others?**
#
# An application in which citizens report broken lamps and holes counts telephones as much as holes. Where fewer of the
# same defects are reported, fewer are repaired, and the map of reports shows nothing of it.

# %% [markdown]
# ## What you will learn
#
# - to read reports without anything that says who wrote them;
# - why reports per inhabitant do not answer the question;
# - to divide by what is there, and to give the answer an interval that knows that neighbours are alike.
#
# **Time:** 10 minutes. **Before you start:** [Where to look first](32_inclusion_need.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
min_households: int = 11  # no figure about fewer households than this
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %%
import datakit
from datakit.data.layers import Layers
from datakit.inclusion import areas, mapped, pictures, reports, tables
from datakit.show import Value, ask
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
communes = areas.communes(layers)
names = {"poverty_rate": "poor", "pop_75_plus_pct": "older"}
tables.kept(reports.KEPT)

# %% [markdown]
# ## The map that misleads
#
# Reports per inhabitant: the figure that is at hand. A street with more holes has more of them, whoever lives there.

# %% tags=["nbval-ignore-output"]
with ask("Where do most reports per inhabitant come from?") as counted:
    iris = areas.iris(layers, incomes=True)
    told = reports.beside_defects(layers, iris, min_households)
    per_head = told.table.set_index("iris")["per_1000"]
    words = {"title": "Reports per 1000 inhabitants", "unit": "", "caption": "No data: hidden or missing."}
    counted.say(
        "{read} were read, {twice} of them twice. Per inhabitant they {word} poverty (rank correlation {link}).",
        read=Value(told.read, "reports"),
        twice=Value(told.twice),
        word=Value("hardly change with" if abs(told.link) < 0.2 else "rise with" if told.link > 0 else "fall with"),
        link=Value(told.link, decimals=2),
        picture=mapped.by_iris(iris, per_head, communes, **words, data=[iris, *told.data]),
        cannot_say="How much is broken there: that needs somebody who looked.",
        data=[iris, *told.data],
    )

# %% [markdown]
# ## For the same defects
#
# An inspection round counts what is there. The ratio says how many reports the same defects get where a group is one
# standard deviation above the mean, over those at the mean: 0.8 is a fifth fewer. Both groups are put in together, in a
# Poisson regression with the defects as offset; its interval comes from drawing areas, neighbours together.

# %% tags=["nbval-ignore-output"]
with ask("Are the same defects reported less where people are poor or old?") as silent:
    counted.needed()
    found = reports.silence(told.table, "defects", *names)
    silent.say(
        "Where many are poor, {poor_word} of the same defects are reported: ratio {poor}. Where many are 75 and over, "
        "{older_word}: ratio {older}.",
        **reports.spoken(found, names),
        picture=pictures.ratios(found, reports.WORDS, data=[iris, *told.data]),
        table=tables.silence(found, reports.WORDS),
        caption="Reports for the same defects where a group is one standard deviation above the mean",
        cannot_say="That poor or old people report less: areas do. Nor why: no telephone, no trust, no answer.",
        data=[iris, *told.data],
    )

# %% [markdown]
# ## What loading set aside
#
# Rows that break the rules of their data card, counted for each table.

# %%
layers.quality()

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see how much of what is broken anybody hears of.* How many reports are there for a hundred
# defects that the inspection found, in the whole city? `answer` is a percentage. Start from `told.table`.

# %% tags=["exercise"]
answer = ...  # a percentage
check("34.1", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("What share of the defects is reported?") as part:
    counted.needed()
    sums = told.table[["reports", "defects"]].sum()
    answer = round(100 * sums["reports"] / sums["defects"], 1)
    part.say(
        "{share}: {reports} for {defects}.",
        share=Value(answer, "%", decimals=0),
        reports=Value(int(sums["reports"]), "reports"),
        defects=Value(int(sums["defects"]), "defects"),
        cannot_say="Which defect each report is about: a report may be of something that the inspection did not see.",
        data=[iris, *told.data],
    )
check("34.1", answer)

# %% tags=["mistakes"]
ratios = 100 * told.table["reports"] / told.table["defects"]
{
    "Every area counts the same here: add up first, then divide.": ratios[told.table["defects"] > 0].mean(),
    "This is upside down: reports for defects, not defects for reports.": 100 * sums["defects"] / sums["reports"],
    "This is a number of reports: divide by the defects.": int(sums["reports"]),
    "These are defects that nobody reported, if each report is of one.": 100 * (1 - sums["reports"] / sums["defects"]),
}

# %% tags=["hints"]
[
    "`told.table` has a row for each area, with the columns `reports` and `defects`.",
    "Areas differ in size: a mean of their shares is not the share of the city.",
    "Add up each of the two columns, and divide the one by the other.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see what it means that neighbours are alike.* The chapter draws neighbours together. Draw
# single areas instead: how wide is the interval of the ratio for poverty then? `answer` is a number: its upper end
# less its lower end. `reports.silence` takes a table without shapes as one in which nobody is a neighbour.

# %% tags=["exercise"]
answer = ...  # a number
check("34.2", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("How wide is the interval when areas are drawn one by one?") as alone:
    silent.needed()
    plain = told.table.drop(columns="geometry")  # without shapes nobody is a neighbour
    single = reports.silence(plain, "defects", *names)
    width = {name: (t["high"] - t["low"]).iloc[0] for name, t in {"together": found, "single": single}.items()}
    answer = round(width["single"], 3)
    alone.say(
        "For poverty the interval is {single} wide; with neighbours together it is {together}.",
        **{name: Value(value, decimals=3) for name, value in width.items()},
        cannot_say="Which is right: where neighbours are alike, single draws take each for a witness of its own.",
        data=[iris, *told.data],
    )
check("34.2", answer)

# %% tags=["mistakes"]
{
    "This is the interval of the chapter, with neighbours drawn together.": width["together"],
    "This is the interval for older people: ask for poverty.": (single["high"] - single["low"]).iloc[1],
    "This is half of it: from one end to the other is asked for.": width["single"] / 2,
    "This is the upper end alone.": single["high"].iloc[0],
}

# %% tags=["hints"]
[
    "Call `reports.silence` as the chapter does, with a table that has no column `geometry`.",
    "Its result has a row for each group, in the order of `names`, with the columns `low` and `high`.",
    "Take `high` less `low` in the row of poverty.",
]

# %% [markdown]
# ## What next
#
# - [Where to look first](32_inclusion_need.ipynb), [where a new place would help](33_inclusion_sites.ipynb).
# - Before a team adds data about persons, it fills in the note of `docs/data-protection.md`.

# %% [markdown]
# ## Sources
#
# - Open311, GeoReport v2, for the form of reports.
# - Lahiri, S. N. (2003). Resampling Methods for Dependent Data. Springer.
# - Robinson, W. S. (1950). Ecological correlations and the behavior of individuals. American Sociological Review 15(3).
# - The rounding of places, the smallest number of households and neighbours drawn by seven: choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
