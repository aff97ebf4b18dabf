"""The figures of this theme's answers: from the tables of a chapter to the values that its sentences say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.language import N_
from datakit.show.answers import Value
from datakit.vegetation import cover, exposure, future, ground, heatwaves, town

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from datakit.vegetation.inequality import Gap
    from datakit.vegetation.placing import Placed

    Figures = dict[str, Value]


def green(found: pd.DataFrame, names: Sequence[str], places: pd.Series) -> Figures:
    """Shares of the ground under each layer of `cover.green`, ``together`` and added up (``total``), and ``where``."""
    share = 100 * cover.summary(found, list(names))["share"]
    said = {name: Value(share[name], "%", decimals=1) for name in ("together", *names)}
    return said | {"total": Value(share["plain sum"], "%", decimals=1), "where": Value(town.named(places))}


def tenths(share: pd.Series, unit: str) -> Figures:
    """How many areas there are, and the limits of the tenth with least and with most (``low``, ``high``, in %)."""
    ends = {name: Value(100 * share.quantile(q), "%", decimals=1) for name, q in (("low", 0.1), ("high", 0.9))}
    return ends | {"number": Value(len(share), unit)}


def placed(living: Placed, where: str) -> Figures:
    """How many ``residents`` stand on the cells, from which ``source``, and what each method misplaces, in %."""
    wrong = 100 * living.error["misplaced"]
    return {
        "residents": Value(round(living.people["population"].sum(), -2), "residents"),
        "where": Value(where),
        "source": Value(living.source),
        "volume": Value(wrong["building volume"], "%", decimals=0),
        "ground": Value(wrong["ground"], "%", decimals=0),
    }


def unequal(gap: Gap) -> Figures:
    """What the areas with the lowest and the highest incomes have, and what lies between, in %."""
    said = {"poor": Value(100 * gap["poor"], "%", decimals=1), "rich": Value(100 * gap["rich"], "%", decimals=1)}
    between = Value(100 * gap["gap"], "points", 100 * gap["low"], 100 * gap["high"], N_("IRIS drawn again"))
    return said | {"gap": between, "word": Value(gap["word"])}


def hot_days(summers: pd.DataFrame, limit: float) -> Figures:
    """One station's hot days in its last five counted years, and how many summers are not counted."""
    counted = summers["days"].dropna()
    return {
        "name": Value(summers["station_name"].iloc[0]),
        "number": Value(min(5, len(counted)), "counted years"),
        "days": Value(counted.tail(5).mean(), "days a year", decimals=1),
        "limit": Value(limit, "°C"),
        "lost": Value(len(summers) - len(counted)),
        "all": Value(len(summers), "summers"),
    }


def trend(row: pd.Series) -> Figures:
    """A row of `trends.changes`."""
    how = N_("95 %, Theil-Sen, widened by memory")
    return {
        "summers": Value(int(row["summers"]), "counted summers"),
        "slope": Value(row["per decade"], "days per decade", row["low"], row["high"], how),
        "says": Value(row["says"]),
        "p": Value(row["p with memory"], decimals=2),
        "memory": Value(row["memory"], decimals=2),
    }


def waves(found: pd.DataFrame, alert: pd.Series) -> Figures:
    """Heat waves by the national rule, and days on which the thresholds of the *département* were reached."""
    return {
        "waves": Value(len(found), "heat waves"),
        "days": Value(int(found["days"].sum()), "days"),
        "alert": Value(int(alert.sum()), "days"),
        "night": Value(heatwaves.NIGHT, "°C"),
        "day": Value(heatwaves.DAY, "°C"),
    }


def exposed(groups: pd.DataFrame, old: str, where: str) -> Figures:
    """Who lives where the form of the town keeps much heat: of all and of the old, in %."""
    much = groups.loc[exposure.HEAT[0]]
    return {
        "part": Value(much["population_pct"], "%", decimals=1),
        "old": Value(much["old_pct"], "%", decimals=1),
        "where": Value(where),
        "who": Value(old),
        "word": Value(exposure.compared(groups, "old")),
    }


def warmer(lows: pd.DataFrame) -> Figures:
    """The warmest and the coolest station by night, on days (rows) that all of them (columns) observed."""
    mean = lows.mean().sort_values()
    return {
        "days": Value(len(lows), "summer days"),
        "warm": Value(mean.index[-1]),
        "cool": Value(mean.index[0]),
        "gap": Value(mean.iloc[-1] - mean.iloc[0], "°C", decimals=1),
    }


def free(found: pd.DataFrame, whole: float, public: pd.Series, where: str) -> Figures:
    """Ground without a known obstacle: hectares, its share of the ``whole`` (m²), and the public part of it."""
    area = found["plantable_area"].sum()
    return {
        "area": Value(area / 1e4, "ha", decimals=0),
        "share": Value(100 * area / whole, "%", decimals=0),
        "public": Value(100 * public.sum() / area, "%", decimals=0),
        "where": Value(where),
    }


def owners(hectares: pd.DataFrame) -> Figures:
    """Free ground by kind (rows) and owner (columns): the private share, and the paved part of the public ground."""
    paved = hectares.loc[list(ground.PAVED), "public"]
    return {
        "private": Value(100 * hectares["private"].sum() / hectares.to_numpy().sum(), "%", decimals=0),
        "paved": Value(paved.sum(), "ha", decimals=0),
        "first": Value(ground.PLURALS[str(paved.idxmax())]),
    }


def needs(table: pd.DataFrame, where: str, who: str) -> Figures:
    """What the places of `firmness.needs` need in the middle, and whether residents and the vulnerable go together."""
    return {
        "where": Value(where),
        "who": Value(who),  # `placing.Placed.vulnerable`
        "people": Value(round(table["residents"].median(), -1), "residents"),
        "bare": Value(100 * table["bare"].median(), "%", decimals=0),
        "alike": Value(table.corr(method="spearman").loc["residents", "vulnerable"], decimals=2),
    }


def later(table: pd.DataFrame, column: str, years: int) -> Figures:
    """A figure of `future.compare` in % of residents: ``now``, and later with (``then``) and ``without`` planting."""
    dates = dict(zip(("without", "then"), future.COLUMNS[1:], strict=True))
    said = {name: Value(*future.per_cent(*future.spread(table, column, when))) for name, when in dates.items()}
    more = Value(*future.per_cent(*future.gain(table, column), unit="points"))
    return said | {
        "now": Value(100 * table[column].iloc[0], "%", decimals=1),
        "more": more,
        "years": Value(years, "years"),
    }


def cooling(table: pd.DataFrame, shares: Mapping[str, float]) -> Figures:
    """The last row of `scenario.cooling`, the warmest night of all its rows, and the canopy shares in %."""
    ours = table.iloc[-1]
    how = N_("temperate climates, the most in a report of 182 studies")
    return {name: Value(100 * share, "%", decimals=2) for name, share in shares.items()} | {
        "less": Value(ours["middle"], "°C less", ours["low"], ours["high"], N_("of the study, brought to this change")),
        "warmer": Value(-table["low"].min(), "°C", how=how),
    }


def mix(chosen: pd.DataFrame, genus: pd.Series) -> Figures:
    """The taxa of a mix, and the share of the commonest genus before and after planting it."""
    return {
        "taxa": Value(len(chosen), "taxa"),
        "first": Value(chosen["taxon"].iloc[0]),
        "before": Value(genus["before_pct"], "%", decimals=1),
        "after": Value(genus["after_pct"], "%", decimals=1),
    }


def grown(row: pd.Series) -> Figures:
    """A row of `scenario.canopy`: trees alive and hectares under their crowns, both with their extremes."""
    return {
        "alive": Value(row["alive"], "", row["alive_low"], row["alive_high"], N_("many die, few die")),
        "canopy": Value(row["canopy"], "ha", row["canopy_low"], row["canopy_high"], N_("small crowns and many deaths")),
    }
