"""The areas of a chapter with their inhabitants: IRIS and communes, contours, census and incomes brought together.

What these functions return is for computing. What is shown of it goes through `datakit.inclusion.privacy`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from datakit.data.provenance import recorded
from datakit.errors import CannotAnswer
from datakit.geo import territory
from datakit.inclusion import people, privacy, services
from datakit.language import _
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    import geopandas as gpd

    from datakit.data.layers import Layers

    Table = TypeVar("Table", bound=pd.DataFrame)

COVERED = 80.0  # % of a commune's inhabitants whose IRIS are in the census file, below which it is not described
CENSUS = ("population", "households", "housing")


def made_of(table: Table, frames: Iterable[pd.DataFrame]) -> Table:
    """Write into a table which loaded tables it was made of: figures and answers take their sources from there."""
    records = {(one.get("id"), one.get("sha256")): one for frame in frames for one in recorded(frame)}
    table.attrs = {"datakit_sources": list(records.values())}
    return table


def given(layers: Layers, *ids: str) -> list[pd.DataFrame]:
    """Those of some datasets that may be used in this run: what an answer names as its data."""
    return [table for id in ids if (table := layers.get(id)) is not None]


def communes(layers: Layers) -> gpd.GeoDataFrame:
    """The communes of today: contours with merged communes dissolved, names and populations as they are now.

    Parameters
    ----------
    layers : datakit.data.layers.Layers

    Returns
    -------
    GeoDataFrame
        ``commune``, ``name``, ``population`` (inhabitants) and polygons.
    """
    contours, counted = layers["communes"], layers.get("communes-population")
    found = territory.todays_communes(contours)
    if counted is None:  # then as the contours say, for their year
        return made_of(found, [contours])
    found = found[["commune", "geometry"]].merge(counted[["commune", "name", "population"]], on="commune", how="left")
    return made_of(found, [contours, counted])


def census(layers: Layers, *, incomes: bool = False) -> pd.DataFrame:
    """The inhabitants of each IRIS: `people.by_iris`.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    incomes : bool
        With incomes, where the run has them.

    Returns
    -------
    DataFrame

    Raises
    ------
    CannotAnswer
        One of the three tables that every vintage has is not there.
    """
    population, households, housing = tables = [layers[f"census-iris-{name}"] for name in CENSUS]
    more = given(layers, "filosofi-iris") if incomes else []
    found = people.by_iris(population, households, housing, more[0] if more else None)
    return made_of(found, [*tables, *more])


def iris(layers: Layers, *, incomes: bool = False) -> gpd.GeoDataFrame:
    """IRIS with contours and inhabitants.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    incomes : bool
        With incomes, where the run has them.

    Returns
    -------
    GeoDataFrame
        Columns of the contours and of `people.by_iris`, the census put on the codes of the contours (`people.on_iris`);
        one row for each contour.

    Raises
    ------
    CannotAnswer
        No contours of IRIS, or no census, that may be used in this run.
    """
    contours, counted = layers["iris"], census(layers, incomes=incomes)
    moved = people.on_iris(counted, contours["iris"])
    found = contours.merge(moved.table.drop(columns="commune"), on="iris", how="left")
    return made_of(found, [contours, counted])


def by_commune(layers: Layers, minimum: float = privacy.MIN_HOUSEHOLDS) -> pd.DataFrame:
    """Ages and households by commune, for showing: with sampling ranges, and without what the rule hides.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    minimum : float
        Households: see `datakit.inclusion.privacy.suppress`.

    Returns
    -------
    DataFrame
        ``commune``, ``name``, ``population_now``, ``population`` (of the census file), ``covered_pct`` (the second in %
        of the first, at most 100), the shares of `people.SHARES` (%), ``low_pct`` and ``high_pct`` (of the share aged
        75 or older, where the census samples) and ``hidden``. Shares are missing where less than `COVERED` is covered:
        a part of a commune is not the commune.
    """
    counted, now = census(layers), communes(layers)
    known = now[["commune", "name", "population"]].rename(columns={"population": "population_now"})
    found = known.merge(people.by_commune(counted), on="commune", how="left")
    found["covered_pct"] = (100 * found["population"] / found["population_now"]).clip(upper=100)
    sampled = found["population"].where(found["population"] >= people.SAMPLED_FROM)
    found["low_pct"], found["high_pct"] = people.low_high(found["pop_75_plus_pct"], sampled)
    shares = {name: parts for name, parts in people.SHARES.items() if name in found}
    ranges = dict.fromkeys(["low_pct", "high_pct"], people.SHARES["pop_75_plus_pct"])  # a range gives its middle away
    public = ("n_iris", "population", "population_now", "covered_pct")
    found = privacy.suppress(found, shares | ranges, count="households", public=public, minimum=minimum)
    part = ~(found["covered_pct"] >= COVERED)
    found.loc[part, [*shares, *ranges]] = np.nan
    return made_of(found, [counted, now])


def described(census: pd.DataFrame) -> dict[str, Value]:
    """How much of the territory figures by commune speak of: a part of it is not the whole.

    Parameters
    ----------
    census : DataFrame
        Of `by_commune`.

    Returns
    -------
    dict of str to Value
        Communes ``described``, of ``all``, and ``covered``: the share (%) of today's inhabitants who live in them.
    """
    told = census["pop_75_plus_pct"].notna()
    part = 100 * census.loc[told, "population_now"].sum() / census["population_now"].sum()
    return {
        "described": Value(int(told.sum())),
        "all": Value(len(census), "communes"),
        "covered": Value(part, "%", decimals=0 if told.all() else 1),  # 99.8 % is not everybody
    }


def without_place(described: pd.DataFrame, places: pd.Series) -> tuple[float, float]:
    """Which part of older people, and of all, live in communes without a place.

    Parameters
    ----------
    described : DataFrame
        Rows of `by_commune` that have figures: ``commune``, ``pop_75_plus``, ``population``.
    places : Series
        Number of places, indexed by ``commune``.

    Returns
    -------
    aged, everybody : float
        % of those aged 75 or older, and of all.

    Raises
    ------
    CannotAnswer
        All communes that can be described have a place: then there is nothing to compare.
    """
    alone = described["commune"].map(places).eq(0)
    if not alone.any():
        raise CannotAnswer(
            _("communes without a place"),
            _("none of them is among the {n} communes that the census file of this run describes").format(
                n=len(described)
            ),
        )
    part = described.loc[alone, ["pop_75_plus", "population"]].sum() / described[["pop_75_plus", "population"]].sum()
    return 100 * float(part["pop_75_plus"]), 100 * float(part["population"])


def totals(town: pd.DataFrame, without: pd.DataFrame, kinds: Sequence[str]) -> dict[str, Value]:
    """Figures of an answer about places in communes.

    Parameters
    ----------
    town : DataFrame
        Of `datakit.inclusion.offer.per_commune`.
    without : DataFrame
        Its rows that have none of something.
    kinds : sequence of str

    Returns
    -------
    dict of str to Value
        Each kind (places in all), with ``_there`` after it those in the ``largest`` commune; ``focus``, the first
        kind in words; ``inhabitants``; communes ``without``, of ``all``, and their ``share`` of the inhabitants.
    """
    people = 100 * without["population"].sum() / town["population"].sum()
    largest = town.loc[town["population"].idxmax()]
    return {
        **{kind: Value(int(town[kind].sum()), "places") for kind in kinds},
        **{f"{kind}_there": Value(int(largest[kind])) for kind in kinds},
        "largest": Value(largest["name"]),
        "focus": Value(services.CATEGORIES[kinds[0]]),
        "inhabitants": Value(int(town["population"].sum()), "inhabitants"),
        "without": Value(len(without)),
        "all": Value(len(town), "communes"),
        "share": Value(people, "%", decimals=1),
    }


def sentence(kinds: Sequence[str], labels: Mapping[str, str]) -> str:
    """The template of a sentence for the figures of `totals`: each kind with its places, in all and in the largest."""
    each = _("{kind}: {all}, {there} in {largest}")
    told = [
        each.format(kind=_(labels[kind]), all=f"{{{kind}}}", there=f"{{{kind}_there:bare}}", largest="{largest}")
        for kind in kinds
    ]
    return _("; ").join(told) + ". " + _("In {without} of {all}, with {share} of {inhabitants}, there is no {focus}.")


def listing(town: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, Any]:
    """The table of an answer about communes, with its caption."""
    columns = ["name", "population", *(kind for kind in labels if kind in town)]
    words = {"name": _("name"), "population": _("population")} | {kind: _(label) for kind, label in labels.items()}
    table = (
        pd.DataFrame(town[columns]).sort_values("population", ascending=False, ignore_index=True).rename(columns=words)
    )
    return {"table": table, "caption": _("Inhabitants, and places of each kind, by commune")}
