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
# # Help with online procedures: where is it, and for whom?
#
# **Question: where can somebody get help with an online procedure, and who lives there?**
#
# Declaring income, asking for an allowance, booking a doctor: most of it is done online. Who cannot do it alone
# needs a person who helps. This chapter reads the lists of places where such help is promised, and checks them before
# it counts.

# %% [markdown]
# ## What you will learn
#
# - to read several publishers' lists as one, and to see which rows are one place;
# - to check whether a place really is where its file says;
# - to tell "closed" from "not said";
# - to set places beside the people who may need them, commune by commune.
#
# **Time:** 15 minutes. **Before you start:** [Start here](00_start_here.ipynb), a little pandas.

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
kinds: list = ["digital", "france_services"]  # kinds of places; the first is looked into
min_households: int = 11  # no figure about fewer households than this
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon

# %%
import datakit
from datakit.data.layers import Layers
from datakit.inclusion import areas, linkage, mapped, offer, pictures, services, tables
from datakit.show import Value, ask, charts
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
communes = areas.communes(layers)
label = {kind: services.CATEGORIES[kind] for kind in services.known(kinds)}
communes.drop(columns="geometry").head()

# %% [markdown]
# ## Is a place where it says?
#
# A file gives each place an address *and* a position. Where the two contradict each other, one of them is wrong. Such a
# place is flagged for a person to check: it is left out of what follows, not moved. The same place may stand in two
# files under two spellings: rows of one kind that are near each other and alike in name and address become one place.

# %% tags=["nbval-ignore-output"]
with ask("Are the places where their files say?") as checked:
    found = linkage.collect(layers, communes, kinds)
    counted = offer.summary(found.inside, found.kinds)
    checked.say(
        "{places} are listed, {flagged} with an address that contradicts the position; {merged} were merged.",
        places=Value(int(counted["places"].sum()), "places"),
        flagged=Value(int(counted["to check"].sum())),
        merged=Value(int((found.review["decision"] == "merged").sum()), "rows"),
        **{f"{c.category}_listed": Value(c.places, "places") for c in counted.itertuples()},
        table=tables.places(counted),
        caption="Places inside the Métropole, and how many say what of themselves",
        cannot_say="That all others are right: an address and a position may be wrong together. The rule that merges "
        "rows was never tried on pairs that a person has judged.",
        data=found.data,
    )

# %% [markdown]
# ## Where they are

# %% tags=["nbval-ignore-output"]
with ask("Where are they, and which communes have none?") as where:
    checked.needed()
    sound = found.inside[~found.inside["flagged"]]
    town = offer.per_commune(sound, communes, found.kinds)
    without = town[town[found.kinds[0]] == 0]
    where.say(
        areas.sentence(found.kinds, label),
        **areas.totals(town, without, found.kinds),
        **areas.listing(town, label),
        picture=mapped.places(found.inside, label, communes, data=found.data),
        cannot_say="Whether somebody is there today, in which language, and whether it is free: telephone.",
        data=[communes, *found.data],
    )

# %% [markdown]
# ## When they are open
#
# "Not said" is silence, not a closed door: the shares below are of all places, and the others may be open too.

# %% tags=["nbval-ignore-output"]
with ask("When are they open?") as opened:
    checked.needed()
    says = offer.opening(counted)
    part = {row.says: Value(row.pct, "%", decimals=0) for row in says.itertuples()}
    alt = tables.told(says.set_index("says")["places"])
    title = "What places say of themselves"
    fig, _ = charts.bars(says, "pct", "says", title=title, unit="% of the places listed", alt=alt, data=found.data)
    opened.say(
        "{hours} say when they are open; {saturday} say that they are on a Saturday, {evening} after 18:00.",
        **dict(zip(("hours", "saturday", "evening", "accessible"), part.values(), strict=True)),
        picture=charts.show(fig),
        cannot_say="That the others are closed. Holidays and appointments are not in these hours.",
        data=found.data,
    )

# %% tags=["nbval-ignore-output"]
with ask("How old is the list?") as dated:
    listed = layers["mednum-bfc"]
    dates = listed.loc[listed["id"].isin(found.inside["id"]), "updated"]
    dated.say(
        "{silent} of {dated} digital-inclusion places have no date of update; the newest is {newest}.",
        silent=Value(int(dates.isna().sum())),
        dated=Value(len(dates)),
        newest=offer.newest(dates),
        cannot_say="Which of them still exist.",
        data=[listed],
    )

# %% [markdown]
# ## Who lives there
#
# Being old is not being unable. But those who never had a computer at work are mostly old, and age is what the census
# gives by commune. In communes of 10,000 inhabitants or more the census is a sample, and the line is what sampling may
# change; smaller communes are asked entirely. A commune of which the census file has less than four fifths is left out.
# Two shares less than one point apart are called the same, a choice of this kit.

# %% tags=["nbval-ignore-output"]
with ask("Where do older people live?") as older:
    census = areas.by_commune(layers, min_households)
    ranked = census.dropna(subset="pop_75_plus_pct").sort_values("pop_75_plus_pct", ascending=False)
    first, mean = ranked.iloc[0], 100 * ranked["pop_75_plus"].sum() / ranked["population"].sum()
    older.say(
        "{described} of {all} can be described, with {covered} of the inhabitants: {share} of them are 75 or older; "
        "{first} has the highest share, {most}.",
        **areas.described(census),
        share=Value(mean, "%", decimals=1),
        first=Value(first["name"]),
        most=Value(first["pop_75_plus_pct"], "%", first["low_pct"], first["high_pct"], decimals=1),
        picture=pictures.older(ranked, mean, data=[census]),
        cannot_say="Who of them needs help. The census may be of another year than the lists of places.",
        data=[census],
    )

# %% tags=["nbval-ignore-output"]
with ask("Do older people have a place in their commune less often than others?") as beside:
    where.needed()
    older.needed()
    aged, everybody = areas.without_place(ranked, town.set_index("commune")[found.kinds[0]])
    word = "About as often" if abs(aged - everybody) < 1 else "Less often" if aged > everybody else "More often"
    beside.say(
        "{word}: {aged} of those aged 75 and over, and {everybody} of all, live in a commune without one.",
        word=Value(word),
        aged=Value(aged, "%", decimals=1),
        everybody=Value(everybody, "%", decimals=1),
        cannot_say="How far they have to go: a place across the border of the commune may be nearer than one inside.",
        data=[census, *found.data],
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
# **1.** (5 minutes) *To know whom to ring up before a place is counted.* Which places does the list flag, because
# their address contradicts their position? `answer` is the list of their `id`s. Start from `found.every`.

# %% tags=["exercise"]
answer = ...  # a list of ids
check("30.1", answer)

# %% tags=["solution"]
with ask("Which places are to be checked?") as to_check:
    checked.needed()
    wrong = found.every[found.every["flagged"]]
    answer = list(wrong["id"])
    to_check.say(
        "{n} are flagged, in {towns} by their address.",
        n=Value(len(wrong), "places"),
        towns=Value(wrong["town"].nunique(), "towns"),
        table=wrong[["id", "category", "postal_code", "town", "why"]],
        caption="Places whose address contradicts their position",
        cannot_say="Which of the two is wrong: ask the place.",
        data=found.data,
    )
check("30.1", answer)

# %% tags=["mistakes"]
{
    "These places are not flagged: ask for the others.": list(found.every.loc[~found.every["flagged"], "id"]),
    "These are the towns of the places: give their `id`s.": list(wrong["town"]),
    "These are the kinds of the places: give their `id`s.": list(wrong["category"]),
    "These are all places, flagged or not.": list(found.every["id"]),
}

# %% tags=["hints"]
[
    "A column of `found.every` says of each place whether it is flagged.",
    "A column that holds true and false picks rows by itself, without `== True`.",
    "Keep the flagged rows, then take their column `id`.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To see whose list has to be completed.* Which publisher says least about opening hours? A place
# without hours is one that people have to telephone first. `answer` is a table: a row for each `source` of
# `found.inside`, and the percentage of its places that have no `weekly_hours`.

# %% tags=["exercise"]
answer = ...  # a table: source, percentage without hours
check("30.2", answer)

# %% tags=["solution"]
with ask("Which publisher says least about opening hours?") as silent:
    checked.needed()
    missing = found.inside["weekly_hours"].isna()
    answer = (100 * missing.groupby(found.inside["source"]).mean()).round(1).rename("without hours")
    silent.say(
        "{source}: {share} of its places have none.",
        source=Value(answer.idxmax()),
        share=Value(answer.max(), "%", decimals=0),
        table=answer.reset_index(),
        caption="Places without opening hours, in % of those that each publisher lists",
        cannot_say="That they have no hours: nobody has written them down.",
        data=found.data,
    )
check("30.2", answer)

# %% tags=["mistakes"]
source = found.inside["source"]
everywhere = found.every["weekly_hours"].isna().groupby(found.every["source"])
{
    "These places do have hours: ask for those that have none.": 100 - answer,
    "These are numbers of places: divide by all places of the publisher.": missing.groupby(source).sum(),
    "This is how all places without hours are shared out among publishers: divide by the places of each.": 100
    * missing.groupby(source).sum()
    / missing.sum(),
    "This is how many places each publisher lists.": source.value_counts(),
}

# %% tags=["hints"]
[
    "An empty cell of `weekly_hours` is found by `isna()`.",
    "Group what `isna()` gives by the column `source`.",
    "The mean of true and false is a share: take it for each group, times 100.",
]

# %% [markdown]
# ## What next
#
# - [Who is far](31_inclusion_access.ipynb): from door to place, on foot and by tram.
# - [Where to look first](32_inclusion_need.ipynb): need beside access.
#
# ## What these figures cannot say
#
# Nothing about a person: that a commune has many older inhabitants does not say that they are the ones without help.
# The census reaches people at home; the homeless and many who do not answer are seen poorly. No figure about fewer than
# `min_households` households is shown, nor one that gives it back. Before a team adds data about persons, it fills in
# the note of `docs/data-protection.md`.

# %% [markdown]
# ## Sources
#
# - Robinson, W. S. (1950). Ecological correlations and the behavior of individuals. American Sociological Review 15(3).
# - Penchansky, R. and Thomas, J. W. (1981). The concept of access. Medical Care 19(2).
# - The national schema of digital-inclusion places; opening hours in the form of OpenStreetMap.
# - How rows are merged, the margin of 500 m before an address contradicts a position, four fifths: choices of this kit.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
