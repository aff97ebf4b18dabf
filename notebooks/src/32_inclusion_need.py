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
# # Where to look first: need beside access
#
# **Question: which areas are far from services and home to people for whom that weighs more?**
#
# A long way is one thing, a need another, and a map of either alone sends help to the wrong place. Here both stand side
# by side, with what is left open by weights, by secrets and by chance.

# %% [markdown]
# ## What you will learn
#
# - to ask first whether there is a pattern at all, before looking for it in single areas;
# - to build an index whose every part can be seen, and to try other weights;
# - to read a map of two things at once, and what it hides;
# - to keep quiet about areas with too few households.
#
# **Time:** 15 minutes. **Before you start:** [Who is far](31_inclusion_access.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
kinds: list = ["digital", "france_services", "post", "library", "doctor", "pharmacy"]  # the first is looked into
threshold: int = 1000  # metres on foot beyond which a neighbourhood service is far
threshold_rare: int = 3000  # the same for France services and job centres, which one does not visit every week
lacking: int = 3  # from how many kinds of far services on an area is looked at first
min_households: int = 11  # no figure about fewer households than this
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %%
import datakit
from datakit.data.layers import Layers
from datakit.inclusion import access, clusters, gap, mapped, need, pictures, privacy, services, setting, tables
from datakit.inclusion.people import SHARES
from datakit.show import Value, ask
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
label = {kind: services.CATEGORIES[kind] for kind in services.known(kinds)}
limits = {kind: threshold_rare if kind in ("france_services", "employment") else threshold for kind in label}
tables.thresholds(limits, label)

# %% [markdown]
# ## Is there a pattern?
#
# Places, homes and ways are those of the chapter before. The mean way of each IRIS to the nearest place of the first
# kind is tested as a whole: are neighbours alike? Only then is it asked which single areas stand out, and this answer
# is corrected for the number of tests: without that, one area in twenty would be a "cluster" of noise.

# %% tags=["nbval-ignore-output"]
with ask("Do areas with long ways stand together?") as together:
    here = setting.of(layers, kinds, incomes=True)
    first_kind = here.found.kinds[0]
    each = access.by_area(here.home.points, here.ways, limits, area="iris")
    way = each[each["category"] == first_kind].set_index("iris")["distance"].reindex(here.iris["iris"])
    words = {"title": "Mean way to the nearest place", "unit": "m", "caption": here.home.caution}
    together.say(
        clusters.SENTENCE,
        **clusters.local(here.iris, way.to_numpy()).figures(),
        picture=mapped.by_iris(here.iris, way, here.communes, **words, data=here.data),
        cannot_say="That no single area stands out does not say that there is no pattern: the test of the whole does. "
        "Neighbours share their neighbours, so that single tests are not independent.",
        data=here.data,
    )

# %% [markdown]
# ## Who may need help
#
# **Digital fragility** from the parts of its published index that open data give by IRIS, each on a scale from 1 to 10
# over these areas. **Deprivation**: the first component of income, diplomas, trades and unemployment, as in the French
# index FDep. Weights are a choice, so they are drawn at random, every mixture as likely as any other.

# %% tags=["nbval-ignore-output"]
with ask("Where may many people need help online?") as needy:
    together.needed()
    wanted = need.indices(layers, here.iris, min_households)
    fragile, people = wanted.fragility.table, wanted.rates["population"]
    firm = gap.steadiness(fragile[list(wanted.fragility.used)], people)
    words = {"title": "Digital fragility", "unit": "from 1 to 10", "caption": "No data: secret, hidden, or missing."}
    needy.say(
        "{scored} of {areas} have a score. Of those ever among the third in most need, {firm} are so for nine mixtures "
        "of weights in ten. Deprivation holds {explained} of its four rates; both scores correlate by {both}.",
        **wanted.figures(firm),
        picture=mapped.by_iris(here.iris, fragile["score"], here.communes, **words, data=wanted.data),
        cannot_say=wanted.caution,
        data=[here.iris, *wanted.data],
    )

# %% [markdown]
# ## Both at once
#
# Thirds of the inhabitants by need, and thirds by the way: nine classes. If need and way had nothing to do with each
# other, each class would hold about a ninth, 11 %.

# %% tags=["nbval-ignore-output"]
with ask("How many people live where need is high and the way long?") as crossed:
    needy.needed()
    both = gap.bivariate(fragile["score"], way, people)
    parts = gap.shares(both, people)
    worst = float(parts.get(f"{gap.LEVELS[2]}, {gap.WAYS[2]}", 0.0))
    crossed.say(
        "{worst} of the inhabitants do, {word} the ninth that chance would give.",
        worst=Value(worst, "%", decimals=0),
        word=Value("about" if abs(worst - 100 / 9) < 2 else "more than" if worst > 100 / 9 else "less than"),
        picture=mapped.need_and_access(here.iris, both, here.communes, data=[*here.data, *wanted.data]),
        table=tables.classes(parts),
        caption="Inhabitants of the areas whose class can be said",
        cannot_say="Which people: in an area of high need most people need no help.",
        data=[*here.data, *wanted.data],
    )

# %% tags=["nbval-ignore-output"]
with ask("Is distance the reason where need is high?") as reason:
    crossed.needed()
    groups = gap.typology(fragile["score"], way, people, far=limits[first_kind])
    rates = wanted.rates.assign(way=way, fragility=fragile["score"])
    described = gap.describe(groups, rates, people, {"way": "mean way (m)", **need.PARTS})
    reason.say(
        "{far} of the inhabitants live in areas of high need that are far from a place; {near} in areas of high need "
        "that are near one: if people stay away there, the reason is another.",
        **gap.reasons(described),
        picture=pictures.square(both, people, data=[*here.data, *wanted.data]),
        table=tables.groups(described),
        caption="Groups of areas by rule, means weighted by inhabitants, and what the data can say of each",
        cannot_say="Why people stay away: hours, language, steps, fear, not knowing. Ask.",
        data=[*here.data, *wanted.data],
    )

# %% [markdown]
# ## A list to begin with
#
# An area is looked at first when most of its inhabitants are far from `lacking` kinds of services or more **and** it
# belongs to the quarter of the population with the highest share of people aged 75 or older, or living alone. Figures
# are hidden before anything is chosen: to be on the list says something about the inhabitants, too.

# %% tags=["nbval-ignore-output"]
with ask("Which areas should be looked at first?") as listed:
    together.needed()
    lacks = gap.lacking(each)
    first = gap.first(here.iris, lacks, len(here.found.kinds), lacking, min_households)
    listed.say(
        "{areas} with {people}; {hidden} are not judged, as their figures are hidden.",
        areas=Value(len(first.listed), "areas", first.low, first.high, how="what the places of homes leave open"),
        people=Value(round(first.listed["population"].sum()), "inhabitants"),
        hidden=Value(first.hidden),
        picture=mapped.first(first.table, here.communes, data=here.data),
        table=tables.first(first),
        caption="Areas to look at first; lacks: kinds of services that most inhabitants are far from",
        cannot_say="That nobody elsewhere needs help. Both halves of the rule are choices: exercise 2 tries others.",
        data=here.data,
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
# **1.** (5 minutes) *To see what it costs to keep small numbers hidden.* Raise the smallest number of households to
# 500, then to 1000: how many IRIS are hidden? `answer` is a dict: `{"500": ..., "1000": ...}`. Use `privacy.suppress`
# on `here.iris`, counted by households, within communes, for `pop_75_plus_pct` as in `SHARES`. Why are some hidden
# that are large enough?

# %% tags=["exercise"]
answer = ...  # {"500": a number of IRIS, "1000": a number of IRIS}
check("32.1", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("What does a stricter rule hide?") as hiding:
    together.needed()
    rule, figures = {"count": "households", "within": "commune"}, {"pop_75_plus_pct": SHARES["pop_75_plus_pct"]}
    told = {n: privacy.suppress(here.iris, figures, minimum=n, **rule)["hidden"] for n in (500, 1000)}
    small = {n: int((~(here.iris["households"] >= n)).sum()) for n in told}
    answer = {str(n): int((hidden != "").sum()) for n, hidden in told.items()}
    hiding.say(
        "At 500 households {a} are hidden, {b:bare} of them too small; at 1000 {c}, {d:bare} of them too small. What "
        "is hidden beyond these keeps the total of a commune from giving a small one back.",
        **{k: Value(n, "IRIS") for k, n in zip("acbd", (*answer.values(), *small.values()), strict=True)},
        cannot_say="What two published tables give away together.",
        data=here.data,
    )
check("32.1", answer)

# %% tags=["mistakes"]
{
    "These are the ones that are too small: others are hidden with them, to keep a total from giving them back.": {
        str(n): number for n, number in small.items()
    },
    "These can still be described: ask how many are hidden.": {
        str(n): len(here.iris) - number for n, number in zip(told, answer.values(), strict=True)
    },
    "These are hidden beyond those that are too small: ask for all that are hidden.": {
        str(n): answer[str(n)] - number for n, number in small.items()
    },
}

# %% tags=["hints"]
[
    "`privacy.suppress` gives a table in which `hidden` says why a figure is not shown; it is empty where it is.",
    "Call it twice, with another `minimum`.",
    "Count the rows whose `hidden` is not an empty text.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see whether a list hangs on one threshold.* Would the list be the same if "far" began at 0.7
# times the distances in `limits`, or at 1.5 times? How many areas are on the list at 0.7, at 1.0 and at 1.5 times?
# `answer` is a number of areas. Use `access.by_area`, `gap.lacking` and `gap.first`.

# %% tags=["exercise"]
answer = ...  # a number of areas
check("32.2", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("Is the list the same at other thresholds?") as firmness:
    listed.needed()
    lists = {}
    for factor in (0.7, 1.0, 1.5):
        other = {kind: factor * metres for kind, metres in limits.items()}
        again = gap.lacking(access.by_area(here.home.points, here.ways, other, area="iris"))
        lists[factor] = set(gap.first(here.iris, again, len(here.found.kinds), lacking, min_households).listed["iris"])
    answer = len(set.intersection(*lists.values()))
    firmness.say(
        "{short} at 0.7 times the distances, {as_is} as above, {long} at 1.5 times; {kept} are on all three.",
        **{k: Value(len(v), "areas") for k, v in zip(("short", "as_is", "long"), lists.values(), strict=True)},
        kept=Value(answer),
        cannot_say="Which distance is right: ask those who walk it.",
        data=here.data,
    )
check("32.2", answer)

# %% tags=["mistakes"]
{
    "These are on one list at least: ask for those on all three.": len(set.union(*lists.values())),
    "This is the list of the chapter: ask which of its areas are on the two others, too.": len(lists[1.0]),
    "These are on the list of the chapter and fall off one of the others: ask for those that stay.": len(lists[1.0])
    - answer,
}

# %% tags=["hints"]
[
    "Make the list of the chapter again with other limits: a dict from each kind to metres.",
    "`gap.first(...).listed['iris']` are the areas of a list: put them into a set.",
    "What three sets have in common is their intersection.",
]

# %% [markdown] tags=["exercise"]
# **3.** (40 minutes) *To find out what your own weights would do.* Which weights would you give to the parts of the
# fragility, and why? To compare, give age (`older`) twice the weight of each other part: how many areas enter the
# third in most need, and how many leave it? `answer` is a dict: `{"enter": ..., "leave": ...}`. Use `need.fragility`
# and `gap.thirds`; `wanted.fragility.used` names the parts.

# %% tags=["exercise"]
answer = ...  # {"enter": a number of areas, "leave": a number of areas}
check("32.3", answer)

# %% tags=["solution", "nbval-ignore-output"]
with ask("Which areas enter when age weighs twice?") as weighed:
    needy.needed()
    mine = need.fragility(wanted.rates, dict.fromkeys(wanted.fragility.used, 1.0) | {"older": 2.0}).table["score"]
    even, own = (gap.thirds(score, people).eq(2).fillna(False).astype(bool) for score in (fragile["score"], mine))
    answer = {"enter": int((own & ~even).sum()), "leave": int((even & ~own).sum())}
    weighed.say(
        "{enter} enter the third in most need, {leave} leave it, {stay} stay.",
        enter=Value(answer["enter"], "areas"),
        leave=Value(answer["leave"]),
        stay=Value(int((even & own).sum())),
        cannot_say="Which weights are right: that is a decision, and belongs to those who take it.",
        data=[here.iris, *wanted.data],
    )
check("32.3", answer)


# %% tags=["mistakes"]
def against(weights):
    score = need.fragility(wanted.rates, weights).table["score"]
    there = gap.thirds(score, people).eq(2).fillna(False).astype(bool)
    return {"enter": int((there & ~even).sum()), "leave": int((even & ~there).sum())}


parts = dict.fromkeys(wanted.fragility.used, 1.0)
{
    "These are the sizes of the two thirds: ask who is in one of them only.": {
        "enter": int(own.sum()),
        "leave": int(even.sum()),
    },
    "Age has all the weight here: give it twice that of each other part.": against(
        dict.fromkeys(wanted.fragility.used, 0.0) | {"older": 1.0}
    ),
    "Age weighs five times as much here: twice is asked for.": against(parts | {"older": 5.0}),
    "These areas stay: ask for those that enter and leave.": {
        "enter": int((even & own).sum()),
        "leave": int((even & own).sum()),
    },
}

# %% tags=["hints"]
[
    "Weights are a dict from each part to a number: 1 for each, and 2 for one of them.",
    "`gap.thirds` sorts areas into 0, 1 and 2, by their score and their inhabitants: 2 is most need.",
    "Compare the third of the chapter's score with that of yours, area by area.",
]

# %% [markdown]
# ## What next
#
# - [Where would a new place help](33_inclusion_sites.ipynb): sites, and a van.
# - [Whose reports are missing](34_inclusion_reports.ipynb): who is heard.
#
# ## What these figures cannot say
#
# Concluding from areas to people is the *ecological fallacy*: that an area is old and far does not say that its older
# people are the ones who are far. Other borders would give other shares. Near is not open, nor welcoming. No figure
# about fewer than `min_households` households is shown, nor one that counts fewer than five people, all but fewer than
# five, or all; as much more is hidden as it takes for no total to give a hidden figure back.

# %% [markdown]
# ## Sources
#
# - Anselin, L. (1995). Local indicators of spatial association: LISA. Geographical Analysis 27(2). Moran, P. A. P.
#   (1950). Notes on continuous stochastic phenomena. Biometrika 37(1/2).
# - Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical
#   Society B 57(1).
# - Rey, G. and others (2009). A deprivation index and mortality in France. BMC Public Health 9:33.
# - Mednum, index of digital fragility: `https://infos.fragilite-numerique.fr/ressources-cgu`.
# - Robinson, W. S. (1950). Ecological correlations and the behavior of individuals. American Sociological Review 15(3).
# - Thresholds, thirds, the rule of the quarter, equal weights, the smallest number of households: choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
