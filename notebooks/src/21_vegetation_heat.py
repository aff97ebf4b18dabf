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
# # Is it getting hotter, and who lives where it is hot?
#
# **Question: do hot days become more, and how many residents live where the town keeps heat?**
#
# A thermometer that was broken in July shows a cool summer, and sixteen summers may rise by chance. This chapter counts
# only what was observed, gives each change its range, and puts residents on the map of the town's forms.

# %% [markdown]
# ## What you will learn
#
# - to count hot days without mistaking a gap for a cool summer;
# - to test a trend when a summer may resemble the one before;
# - to apply the national rule of heat waves, and to know what it is not;
# - to count who lives where the form of the town keeps heat.
#
# **Time:** 12 minutes. **Before you start:** [Start here](00_start_here.ipynb).

# %% tags=["parameters"]
origins: str = ""  # where data comes from: "" means DATAKIT_ORIGINS, else the bundled sample
rehearsal: bool = False  # use invented tables beside real ones: tries the chain, says nothing about Dijon
cell_size: int = 100  # side of the grid's cells, metres
station: str = "21473001"  # weather station; if it is not in the data, the one with most complete summers
hot_day: float = 30.0  # maximum temperature from which a day is hot, degrees Celsius
warm_night: float = 20.0  # minimum temperature from which a night is tropical, degrees Celsius

# %%
import datakit
from datakit.data.layers import Layers
from datakit.show import Value, ask, phrase
from datakit.vegetation import exposure, figures, heat, heatwaves, pictures, placing, town, trends
from datakit.workshop import check

layers = Layers(origins, rehearsal=rehearsal)
print(phrase("A summer is counted when 95 % of its {n} days were observed.", n=heat.season_days(2025)))

# %% [markdown]
# ## Hot days
#
# A summer of which fewer than 95 % of the days were observed has **no count**. Values that Météo-France itself marks as
# doubtful are left out.

# %% tags=["nbval-ignore-output"]
with ask("How many hot days has a year?") as hot:
    daily = trends.daily(layers)
    summers = heat.yearly(daily, "tmax", hot_day)
    chosen, stations = trends.station(summers, station)
    mine = summers[summers["station"] == chosen].reset_index(drop=True)
    hot.say(
        "At {name} the last {number} had {days} of {limit} or more; {lost} of {all} are not counted.",
        **figures.hot_days(mine, hot_day),
        picture=pictures.hot_days(summers, stations[:3], hot_day, [daily]),
        table=heat.gaps(daily, least=10),
        caption="Gaps of ten days or more, all stations",
        cannot_say="How hot it is elsewhere in town: a station stands where it stands.",
        data=[daily],
    )

# %% [markdown]
# ## Is there a trend?
#
# The slope is the median of all slopes between two summers (Theil-Sen), with its 95 % interval; the test (Mann-Kendall)
# asks whether later summers tend to be higher at all. Both suppose that summers are independent. Where a summer
# resembles the one before more than chance would have it, that memory widens the interval and raises *p* (after Hamed
# and Rao, one year back).

# %%
with ask("Do hot days become more?") as rising:
    hot.needed()
    nights = heat.yearly(daily[daily["station"] == chosen], "tmin", warm_night)
    table = trends.changes(mine, nights)
    rising.say(
        "Over {summers} hot days change by {slope}: {says} (p = {p}; a summer's correlation with the one before: "
        "{memory}).",
        **figures.trend(table.iloc[0]),
        table=table.round(3),
        caption="Change of one station's summers; low and high: 95 % interval",
        cannot_say="What the climate does: one station says little of it.",
        data=[daily],
    )

# %% [markdown]
# ## Heat waves
#
# Météo-France finds the national heat waves in the mean of 30 stations. The same rule on one station describes that
# station: its waves are not the national ones. The thresholds of the *département* are those from which the heat-health
# plan is considered; the plan uses forecasts, and officials decide.

# %%
with ask("How many heat waves had this station?") as waved:
    hot.needed()
    series = heatwaves.series(daily, chosen)
    waves, alert = heatwaves.waves(series["tmean"]), heatwaves.alert_days(series)
    waved.say(
        "By the national rule it had {waves} with {days} in all; on {alert} the means of three days reached "
        "{night} by night and {day} by day.",
        **figures.waves(waves, alert),
        table=waves.nlargest(5, "severity").round({"hottest": 1, "severity": 1}),
        caption="The five most severe: hottest daily mean (°C), severity (degree-days above the rule's limit)",
        cannot_say="Whether a warning was given: that rests on forecasts.",
        data=[daily],
    )

# %% [markdown]
# ## Who lives where the town keeps heat
#
# Local climate zones describe the form of the ground: compact, open, paved, planted. Which of them keep much heat is an
# order that this kit makes: zones are forms, not temperatures.

# %%
with ask("How many residents live where the form of the town keeps much heat?") as exposed:
    here = town.town(layers, cell_size, trees=None)
    living = placing.place(layers, here.cells, here.buildings)
    zone = exposure.zones(here.cells, layers["lcz-cerema"])
    groups = exposure.residents(zone["heat"], living.people)
    exposed.say(
        "In {where} {part} of the residents do, and {old} of those {who}: {word}.",
        **figures.exposed(groups, living.old, here.where),
        table=exposure.told(groups, {"population": "residents", "old": living.old, "under_6": "under 6"}),
        caption="Residents by the heat that the form of their surroundings keeps: tens, and % of each group",
        cannot_say="How hot a home is, nor who is in it: ages are those of groups of squares, or of IRIS.",
        data=[*here.tables, *living.tables, layers["lcz-cerema"]],
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of the three dots and run the cell: the check says what it thinks of it.

# %% [markdown] tags=["exercise"]
# **1.** (5 minutes) *To see how much a threshold decides.* And at 35 °C? How many such days a year had the last five
# counted years of `chosen`, on average? `answer` is a number of days a year. Start from `heat.yearly`.

# %% tags=["exercise"]
answer = ...  # a number of days a year
check("21.1", answer)

# %% tags=["solution"]
with ask("How many days of 35 °C or more has a year?") as very_hot:
    hot.needed()
    very = heat.yearly(daily[daily["station"] == chosen], "tmax", 35.0).dropna(subset="days")
    answer = round(very["days"].tail(5).mean(), 1)
    very_hot.say(
        "The last five counted years had {days}, at most {most}.",
        days=Value(answer, "days a year", decimals=1),
        most=Value(int(very["days"].tail(5).max()), "days"),
        cannot_say="Whether that is many: compare with the years before.",
        data=[daily],
    )
check("21.1", answer)

# %% tags=["mistakes"]
at_30 = heat.yearly(daily[daily["station"] == chosen], "tmax", 30.0).dropna(subset="days")
{
    "This is the sum of five years: divide by them.": int(very["days"].tail(5).sum()),
    "All counted years are in it: only the last five are asked for.": very["days"].mean(),
    "These days have 30 °C or more: change the threshold.": at_30["days"].tail(5).mean(),
    "These are the first five counted years.": very["days"].head(5).mean(),
}

# %% tags=["hints"]
[
    "The chapter counts days of 30 °C or more: one number changes.",
    "`heat.yearly` gives a row for each year; `days` is missing where too few days were observed to count the year.",
    "Drop years without a count, take the last five, and their mean.",
]

# %% [markdown] tags=["exercise"]
# **2.** (15 minutes) *To compare only what can be compared.* Are nights warmer at one station than at another? Take
# the mean summer minimum of the first three `stations`, on the days that all of them observed: by how many degrees is
# the highest above the lowest? `answer` is a number in °C. Use `heat.trusted` and `heat.SUMMER`. Why only those days?

# %% tags=["exercise"]
answer = ...  # a number in °C
check("21.2", answer)

# %% tags=["solution"]
with ask("Are nights warmer at one station than at another?") as warmer:
    hot.needed()
    lows = daily.assign(value=heat.trusted(daily, "tmin"))
    lows = lows[lows["date"].dt.month.isin(heat.SUMMER) & lows["station"].isin(stations[:3])]
    # A station that opened late has seen other summers: only days that all observed can be compared.
    wide = lows.pivot_table(index="date", columns="station_name", values="value").dropna()
    answer = round(wide.mean().max() - wide.mean().min(), 2)
    warmer.say(
        "On {days} that all observed, {warm} was {gap} warmer by night than {cool}.",
        **figures.warmer(wide),
        cannot_say="Why: height above the sea and what stands around differ too.",
        data=[daily],
    )
check("21.2", answer)


# %% tags=["mistakes"]
def spread(table, of="mean"):
    means = getattr(table, of)()
    return means.max() - means.min()


year = daily.assign(value=heat.trusted(daily, "tmin"), by_day=heat.trusted(daily, "tmax"))
year = year[year["station"].isin(stations[:3])]
whole = year.pivot_table(index="date", columns="station_name", values="value").dropna()
summer = year[year["date"].dt.month.isin(heat.SUMMER)]
by_day = summer.pivot_table(index="date", columns="station_name", values="by_day").dropna()
{
    "Each station has its own days here: a station that opened late has seen other summers.": spread(
        lows.groupby("station_name")["value"]
    ),
    "The whole year is in it: only summer is asked for.": spread(whole),
    "These are the warmest hours of the day: nights are in `tmin`.": spread(by_day),
    "This is the highest mean itself, not how far it is above the lowest.": wide.mean().max(),
}

# %% tags=["hints"]
[
    "Put one station beside the other: a row for each day, a column for each station.",
    "A day that one of the three did not observe has an empty cell: leave its row out.",
    "Take the mean of each column, then the largest less the smallest.",
]

# %% [markdown]
# ## What next
#
# - [Where could trees be planted?](22_vegetation_ground.ipynb) and [where first?](23_vegetation_priority.ipynb)
# - Your own thresholds: `datakit run 21_vegetation_heat -p hot_day=32`.

# %% [markdown]
# ## Sources
#
# - Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau. Journal of the American
#   Statistical Association 63(324). Mann, H. B. (1945). Nonparametric tests against trend. Econometrica 13(3).
# - Hamed, K. H. and Rao, A. R. (1998). A modified Mann-Kendall trend test for autocorrelated data. Journal of Hydrology
#   204.
# - Stewart, I. D. and Oke, T. R. (2012). Local climate zones for urban temperature studies. Bulletin of the American
#   Meteorological Society 93(12): the zones themselves. What heat we give to each is ours.
# - Soubeyroux, J.-M. and others (2016). Les vagues de chaleur en France. La Météorologie 94.
# - Each dataset's publisher and licence: the last cell.

# %% tags=["nbval-ignore-output"]
datakit.provenance()
