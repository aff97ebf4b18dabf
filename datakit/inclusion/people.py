"""The inhabitants of each IRIS: age, living alone, social housing, incomes; what is secret stays missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import NotAsDescribed
from datakit.inclusion import vintages
from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike


COUNTS = [
    "population",
    "pop_75_plus",
    "living_alone",
    "people_single_parent",
    "households",
    "social_housing",
    "without_car",
    "no_diploma",
    "out_of_school",
    "unemployed",
    "active",
]
SHARES = {  # in %: part and whole
    "pop_75_plus_pct": ("pop_75_plus", "population"),
    "living_alone_pct": ("living_alone", "population"),
    "single_parent_pct": ("people_single_parent", "population"),
    "social_housing_pct": ("social_housing", "households"),
    "without_car_pct": ("without_car", "households"),
    "no_diploma_pct": ("no_diploma", "out_of_school"),
    "unemployed_pct": ("unemployed", "active"),
}
HEADINGS = {
    "pop_75_plus_pct": N_("aged 75 or older (%)"),
    "living_alone_pct": N_("living alone (%)"),
    "single_parent_pct": N_("single parents (%)"),
    "social_housing_pct": N_("social housing (%)"),
    "without_car_pct": N_("no car (%)"),
    "no_diploma_pct": N_("no diploma (%)"),
    "unemployed_pct": N_("jobless (%)"),
    "median_income": N_("median income (€)"),
    "poverty_rate": N_("poor (%)"),
}
# INSEE's advice on its census tables by commune ("Conseils d'utilisation" of the files base-cc-*, RP2011): counts over
# 500 may be used with confidence, those under 200 with caution, and places of such sizes are not to be compared; under
# 2000 inhabitants, counts of the complementary tabulation (names in C, such as living alone) are better not used. INSEE
# has a document of its own for IRIS (https://www.insee.fr/fr/information/2383389), whose limits were not found: to take
# these for IRIS is a choice of this kit.
SURE, CAREFUL, COMPLEMENTARY = 500, 200, 2000
SAMPLED_FROM = 10_000  # inhabitants of a commune from which the census samples; smaller ones are asked entirely
CARE = ("", N_("approximate"), N_("with caution"), N_("better not used"))
_AGES = ["pop_0_14", "pop_15_29", "pop_30_44", "pop_45_59", "pop_60_74", "pop_75_plus"]


@dataclass(frozen=True)
class Unmatched:
    """IRIS of one table that are not in another, so that nobody in them is counted.

    Attributes
    ----------
    census : int
        Codes that are not in all three census tables.
    incomes : int
        Codes of the incomes that are not among those that are.
    """

    census: int
    incomes: int


@dataclass(frozen=True, eq=False)
class OnIris:
    """Inhabitants on the IRIS of another year.

    Attributes
    ----------
    table : DataFrame
        As `by_iris`, for the codes that can be told.
    changed : DataFrame
        Pairs of `vintages.by_code` that are not the same code.
    lost : tuple of str
        Codes that go nowhere.
    inhabitants_lost : float
        Who lives there.
    empty : tuple of str
        Codes without anybody known.
    """

    table: pd.DataFrame
    changed: pd.DataFrame
    lost: tuple[str, ...]
    inhabitants_lost: float
    empty: tuple[str, ...]


def by_iris(
    population: pd.DataFrame,
    households: pd.DataFrame,
    housing: pd.DataFrame,
    incomes: pd.DataFrame | None = None,
    *,
    education: pd.DataFrame | None = None,
    activity: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The inhabitants of each IRIS in one table.

    Parameters
    ----------
    population, households, housing : DataFrame
        As loaded by the cards ``census-iris-population``, ``-households`` and ``-housing``, any vintage.
    incomes : DataFrame, optional
        As loaded by ``filosofi-iris``.
    education, activity : DataFrame, optional
        As loaded by ``census-iris-education`` and ``census-iris-activity``.

    Returns
    -------
    DataFrame
        ``iris``, ``commune``, the counts ``population``, ``pop_75_plus``, ``living_alone``, ``people_single_parent``
        (inhabitants), ``households``, ``social_housing`` and ``without_car`` (main homes, as many as households),
        ``no_diploma`` of those ``out_of_school``, ``unemployed`` of the ``active``, where the tables are given and
        their vintage has them; the shares of `SHARES` (%) that these counts allow; and with incomes ``median_income``
        (€ per year and consumption unit) and ``poverty_rate`` (%), missing where they are secret, with ``income``
        saying "published", "secret" or "no figure for this IRIS". `unmatched` counts the IRIS that are not in it.

    Raises
    ------
    NotAsDescribed
        Fewer than half of the IRIS are in all three census tables: their geographies differ.
    """
    out = _census(population, households, housing)
    for table, names in (
        (education, {"no_diploma_15_plus": "no_diploma", "out_of_school_15_plus": "out_of_school"}),
        (activity, {"unemployed_15_64": "unemployed", "active_15_64": "active"}),
    ):
        if table is not None and set(names) <= set(table.columns):
            out = out.merge(table[["iris", *names]].rename(columns=names), on="iris", how="left")
    if incomes is not None:
        out = _with_incomes(out, incomes)
    return shares(out).sort_values("iris", ignore_index=True)


def _census(population, households, housing):
    """The counts of the three tables that every vintage has."""
    age = population[["iris"]].copy()
    age["commune"] = population.iris.str[:5]
    age["population"] = inhabitants(population)
    age["pop_75_plus"] = population.pop_75_plus
    alone = households[["iris", "people_single_parent"]].assign(
        living_alone=households.living_alone_men + households.living_alone_women
    )
    # A household is the occupants of one main home; older vintages give houses and flats only, nearly all of them.
    homes = housing.main_homes_house + housing.main_homes_flat
    if "main_homes" in housing:
        homes = housing.main_homes.fillna(homes)
    dwelling = housing[["iris", "social_housing"]].assign(households=homes)
    if "homes_with_car" in housing:
        dwelling["without_car"] = homes - housing.homes_with_car
    out = age.merge(alone, on="iris").merge(dwelling, on="iris")
    every = set(population.iris) | set(households.iris) | set(housing.iris)
    if len(out) < len(every) / 2:
        raise NotAsDescribed(
            "census-iris",
            _("the census tables are not of the same IRIS"),
            expected=_("the same codes in all three"),
            found=_("{n} common codes of {all}").format(n=len(out), all=len(every)),
        )
    return out


def _with_incomes(out, incomes):
    """Incomes beside the counts, and whether they are published."""
    told = incomes[["iris", "median_income", "poverty_rate"]]
    out = out.merge(told.assign(_listed=True), on="iris", how="left")
    known = out.median_income.notna() | out.poverty_rate.notna()
    listed = out.pop("_listed").notna()
    out["income"] = np.where(known, "published", np.where(listed, "secret", "no figure for this IRIS"))
    return out


def unmatched(
    population: pd.DataFrame,
    households: pd.DataFrame,
    housing: pd.DataFrame,
    incomes: pd.DataFrame | None = None,
) -> Unmatched:
    """How many IRIS of these tables `by_iris` leaves out, because another table does not have them.

    Parameters
    ----------
    population, households, housing, incomes : DataFrame
        See `by_iris`.

    Returns
    -------
    Unmatched
    """
    tables = [set(table["iris"]) for table in (population, households, housing)]
    common = set.intersection(*tables)
    return Unmatched(
        census=len(set.union(*tables)) - len(common),
        incomes=0 if incomes is None else len(set(incomes["iris"]) - common),
    )


def on_iris(people: pd.DataFrame, codes: Iterable[str]) -> OnIris:
    """The same inhabitants on the IRIS of another year, as far as codes can tell.

    Parameters
    ----------
    people : DataFrame
        From `by_iris`.
    codes : iterable of str
        IRIS of the contours, or of another table, that ``people`` is to be put beside.

    Returns
    -------
    OnIris
        Counts are added, shares computed again, incomes kept only where an IRIS is the same in both years. Contours of
        both years can tell more: `vintages.by_ground`.
    """
    walk = vintages.by_code(people.iris, codes)
    counts = [c for c in COUNTS if c in people]
    rates = [c for c in ("median_income", "poverty_rate", "income") if c in people]
    out = vintages.convert(people, walk, counts, rates).table
    out.insert(1, "commune", out.iris.str[:5])
    if "income" in out:
        out["income"] = out["income"].fillna("no figure for this IRIS")
    return OnIris(
        shares(out),
        changed=walk.pairs[walk.pairs["how"] != "same code"].reset_index(drop=True),
        lost=walk.lost,
        inhabitants_lost=float(people.population[people.iris.isin(walk.lost)].sum()),
        empty=walk.empty,
    )


def inhabitants(population: pd.DataFrame) -> pd.Series:
    """The total of each row of ``census-iris-population``; a vintage without it has age groups that cover everybody."""
    total = population[_AGES].sum(axis=1, min_count=len(_AGES))
    return population["population"].fillna(total) if "population" in population else total


def shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the shares in % that the counts of ``frame`` allow; an empty area has none."""
    out = frame.copy()
    for name, (part, whole) in SHARES.items():
        if part in out and whole in out:
            out[name] = 100 * out[part] / out[whole].where(out[whole] > 0)
    return out


def by_commune(people: pd.DataFrame) -> pd.DataFrame:
    """Counts of IRIS added up by commune, with shares computed again.

    Medians and rates do not add up: incomes are left out.

    Parameters
    ----------
    people : DataFrame
        From `by_iris`.

    Returns
    -------
    DataFrame
        ``commune``, ``n_iris``, counts and the shares of `SHARES` (%).
    """
    summed = people.groupby("commune")[[c for c in COUNTS if c in people]].sum(min_count=1)
    summed.insert(0, "n_iris", people.groupby("commune").size())
    return shares(summed.reset_index())


def care(counts: pd.Series, inhabitants: pd.Series | None = None) -> pd.Series:
    """How far INSEE advises to trust counts of the census in small areas.

    Parameters
    ----------
    counts : Series
        People or homes that a figure counts (the part, not the whole).
    inhabitants : Series, optional
        Of each area: give them for counts of the complementary tabulation (living alone, single parents, trades).

    Returns
    -------
    Series of str
        One of `CARE`: empty over `SURE`, "approximate" from `CAREFUL` on, "with caution" below, and "better not
        used" for complementary counts under `COMPLEMENTARY` inhabitants; missing where the count is.
    """
    level = np.select([counts > SURE, counts >= CAREFUL], CARE[:2], CARE[2])
    if inhabitants is not None:
        level = np.where(inhabitants < COMPLEMENTARY, CARE[3], level)
    return pd.Series(level, index=counts.index, dtype="str").where(counts.notna())


def low_high(
    share: ArrayLike, population: ArrayLike, sampled: float = 0.4, per_home: float = 2.0
) -> tuple[np.ndarray, np.ndarray]:
    """A rough range for a census share of a small area: what sampling alone may move it by.

    In communes of 10 000 inhabitants or more, the census asks two homes in five over five years. The interval is
    Wilson's for a simple random sample, in which the people of one home (``per_home``) answer as one: that nobody among
    those asked has a trait does not say that nobody has it. Using it, and with these values, is a choice of this kit,
    and it leaves out every other error. Smaller communes (`SAMPLED_FROM`) are asked entirely: ages, which come from the
    main tabulation, have no such range there. It is not for counts of the complementary tabulation, which reads only a
    part of what small communes answer. `care` gives INSEE's own advice.

    Parameters
    ----------
    share : array-like
        %.
    population : array-like
        Inhabitants.
    sampled : float
        Fraction of the homes that were asked, 0 to 1.
    per_home : float
        People who count as one answer.

    Returns
    -------
    low, high : ndarray
        %, an approximate 95 % interval within 0 to 100; all of it where nobody was asked.

    Notes
    -----
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the American
    Statistical Association 22(158); the number of answers is divided by the part of the homes that was not asked.
    """
    p, n = np.asarray(share, float) / 100, np.asarray(population, float) * sampled / per_home / (1 - sampled)
    z = 1.96
    middle, half = p * n + z**2 / 2, z * np.sqrt(p * (1 - p) * n + z**2 / 4)
    low, high = (100 * (middle + side * half) / (n + z**2) for side in (-1, 1))
    return np.clip(low, 0, 100), np.clip(high, 0, 100)


def top_quarter(values: pd.Series, weights: pd.Series) -> pd.Series:
    """Which areas are in the quarter of inhabitants who live where ``values`` are highest, and above the mean of all.

    Parameters
    ----------
    values, weights : Series
        A share by area, and its inhabitants. Missing values are never in it.

    Returns
    -------
    Series of bool
    """
    known = values.notna() & weights.notna()
    order = values[known].sort_values(ascending=False, kind="stable").index
    before = weights[order].cumsum() - weights[order]
    mean = (values[known] * weights[known]).sum() / weights[known].sum()
    # A large city may fill three quarters by itself: what is left of the ranking is not high for that.
    chosen = (before < 0.25 * weights[known].sum()) & (values[order] > mean)
    return chosen.reindex(values.index, fill_value=False).astype(bool)
