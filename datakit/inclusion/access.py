"""How far inhabitants are from the nearest service of each kind, and how sure that is.

Along streets where they are known. Where they are not (real communes and no real streets), straight lines multiplied by
a *detour factor*, a stated choice with a range that says how much it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.geo import streets
from datakit.geo.crs import same_crs
from datakit.geo.streets import DETOUR
from datakit.language import N_, _
from datakit.show import style
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from datakit.data.layers import Layers
    from datakit.geo.streets import Network
    from datakit.inclusion.homes import Homes


DETOUR_RANGE = (1.1, 1.5)  # a choice of this kit
FAR = ("far_pct", "far_low_pct", "far_high_pct")  # and at both ends of what is left open


def nearest(points: gpd.GeoDataFrame, services: gpd.GeoDataFrame, categories: Iterable[str]) -> pd.DataFrame:
    """Straight-line distance from each point to the nearest service of each category.

    Parameters
    ----------
    points : GeoDataFrame
    services : GeoDataFrame
        With ``category``; the same projected CRS.
    categories : iterable of str

    Returns
    -------
    DataFrame
        One column for each category, in metres; the rows of ``points``. A category without any service is missing, not
        infinitely far: the file may simply not hold it.
    """
    same_crs(points, services)
    out = pd.DataFrame(index=points.index)
    for name in categories:
        of_kind = services[services.category == name]
        out[name] = np.nan
        if len(of_kind):
            (row, _), distance = of_kind.sindex.nearest(points.geometry.array, return_distance=True, return_all=False)
            out.loc[points.index[row], name] = distance
    return out


def on_foot(
    points: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    categories: Iterable[str],
    network: Network,
    limit: float = np.inf,
) -> pd.DataFrame:
    """Metres along streets from each point to the nearest service of each category.

    Parameters
    ----------
    points, services : GeoDataFrame
        See `nearest`; points, or shapes whose middle is taken.
    categories : iterable of str
    network : datakit.geo.streets.Network
    limit : float
        Metres beyond which nothing is looked for.

    Returns
    -------
    DataFrame
        One column for each category; infinite beyond the limit and where no street leads, missing for a category
        without any service.
    """
    same_crs(points, services, network)
    out = pd.DataFrame(index=points.index)
    for name in categories:
        of_kind = services[services.category == name]
        out[name] = np.nan
        if len(of_kind):
            out[name] = network.distance_to_nearest(points, of_kind, limit)["metres"].fillna(np.inf).to_numpy()
    return out


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways on foot from points to the nearest service of each kind.

    Attributes
    ----------
    metres : DataFrame
        One column for each kind; infinite where no street leads, missing for a kind without any service.
    low, high : float
        Factors on the metres that are as likely as 1: the range of the detour factor over the factor taken, or 1 and 1
        along streets.
    slack : float
        Metres that the points leave open: see `datakit.inclusion.homes.Homes`.
    how : str
        In words: along the streets, or straight lines times the factor.
    """

    metres: pd.DataFrame
    low: float
    high: float
    slack: float
    how: str

    def around(self, metres: float) -> tuple[float, float]:
        """Both ends of what is left open of a way."""
        return max(0.0, metres * self.low - self.slack), metres * self.high + self.slack

    def part(self, rows: np.ndarray) -> Ways:
        """The ways from some of the points."""
        return replace(self, metres=self.metres[rows])

    def beyond(self, kind: str, limit: float) -> pd.DataFrame:
        """Whether each point is far: ``far``, and ``low`` and ``high`` at both ends of what is left open."""
        way = self.metres[kind].to_numpy()
        made = {
            "far": way > limit,
            "low": way * self.low - self.slack > limit,
            "high": way * self.high + self.slack > limit,
        }
        found = {name: np.where(np.isnan(way), np.nan, is_far) for name, is_far in made.items()}
        return pd.DataFrame(found, index=self.metres.index)


def network(layers: Layers) -> Network | None:
    """The streets of a run to walk on, or None where it has none that may be used: then ways are straight lines."""
    roads = layers.get("bdtopo-roads")
    return None if roads is None else streets.network(roads)


def ways(
    points: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    categories: Iterable[str],
    network: Network | None = None,
    *,
    slack: float = 0.0,
    detour: float = DETOUR,
    detour_range: tuple[float, float] = DETOUR_RANGE,
) -> Ways:
    """Ways on foot from each point to the nearest service of each kind.

    Parameters
    ----------
    points, services : GeoDataFrame
        Give services around the territory too: people cross limits.
    categories : iterable of str
    network : datakit.geo.streets.Network, optional
        Without it, straight lines times a detour factor.
    slack : float
        Metres that the points leave open.
    detour, detour_range : float
        Length of the way over the straight line, and its range, 1 or more.

    Returns
    -------
    Ways

    Raises
    ------
    WrongUse
        A detour under 1, or outside its range.
    """
    low, high = detour_range
    if not 1 <= low <= detour <= high:
        raise WrongUse(
            "access.ways",
            _("a detour factor is 1 or more, and inside its range"),
            expected="1 <= low <= detour <= high",
            found=f"{low} <= {detour} <= {high}",
        )
    if network is not None:
        return Ways(on_foot(points, services, categories, network), 1.0, 1.0, slack, _("along the streets"))
    metres = nearest(points, services, categories) * detour
    how = _("straight lines times {factor}").format(factor=style.number(detour))
    return Ways(metres, low / detour, high / detour, slack, how)


def far(ways: Ways, people: pd.DataFrame, limits: Mapping[str, float]) -> pd.DataFrame:
    """The share of people who are far from each kind of service.

    Parameters
    ----------
    ways : Ways
    people : DataFrame
        One column for each group, one row for each point; points of unknown number are left out of a group.
    limits : dict of str to float
        Metres of each kind beyond which it is far.

    Returns
    -------
    DataFrame
        ``category``, ``group``, ``far_pct``, ``low_pct``, ``high_pct`` (% of the group), ``people`` (how many are far)
        and ``of`` (how many were counted); kinds without any service have no row.

    Raises
    ------
    WrongUse
        A limit that is not a number above 0, or a kind without one.
    """
    wrong = [name for name in ways.metres if not limits.get(name, 0) > 0]
    if wrong:
        raise WrongUse("access.far", _("a limit must be a number of metres above 0"), found=", ".join(wrong))
    rows = []
    for name in ways.metres:
        beyond = ways.beyond(name, limits[name])
        for group, number in people.items() if beyond.notna().all(axis=None) else ():
            share = beyond.mul(number, axis=0).sum() / number.sum()
            rows.append((name, group, *(100 * share), number.sum() * share["far"], number.sum()))
    return pd.DataFrame(rows, columns=["category", "group", "far_pct", "low_pct", "high_pct", "people", "of"])


def caution(home: Homes) -> str:
    """What ways on foot leave open: where people live, and what no street says."""
    return home.caution + " " + _("Slopes, kerbs and crossings are not in it.")


def extremes(shares: pd.DataFrame, group: str) -> tuple[pd.Series, pd.Series]:
    """The rows of `far`, for one group, of the kinds that most and fewest people are far from.

    Raises
    ------
    CannotAnswer
        Only one kind has places.
    """
    ranked = shares[shares["group"] == group].sort_values("far_pct", ascending=False, kind="stable")
    if len(ranked) < 2:
        raise CannotAnswer(
            _("kinds of services"), _("only one of them has places in this run: there is nothing to compare")
        )
    return ranked.iloc[0], ranked.iloc[-1]


def said(row: pd.Series, name: str, labels: Mapping[str, str]) -> dict[str, Value]:
    """A row of `far` as figures of an answer: the kind under ``name``, its share under ``name_share``."""
    share = Value(row["far_pct"], "%", row["low_pct"], row["high_pct"], how=_("what the places of homes leave open"))
    return {name: Value(labels[row["category"]]), f"{name}_share": share}


def compare(there: pd.DataFrame, elsewhere: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Shares of `far` in two places, kind by kind.

    Parameters
    ----------
    there, elsewhere : DataFrame
        Of `far`, one group each.
    labels : dict of str to str

    Returns
    -------
    DataFrame
        ``kind`` (in words), ``there`` and ``elsewhere`` (%), and ``people`` counted there.

    Raises
    ------
    CannotAnswer
        Nobody lives there.
    """
    both = there.merge(elsewhere, on="category", suffixes=("", "_elsewhere"))
    if both.empty or not both["of"].min() > 0:
        raise CannotAnswer("compare", _("nobody is known to live there"))
    made = {"kind": both["category"].map(labels), "there": both["far_pct"], "elsewhere": both["far_pct_elsewhere"]}
    return pd.DataFrame(made | {"people": both["of"]})


def counted(compared: pd.DataFrame) -> dict[str, Value]:
    """Figures of an answer about `compare`: the kind with the largest difference, and how many differ like it.

    Returns
    -------
    dict of str to datakit.show.Value
        ``focus`` (that kind), its share ``there`` and ``elsewhere``, whether it is higher or lower there (``word``),
        and of how many of the ``kinds`` the same can be said (``alike``).
    """
    gap = compared["there"] - compared["elsewhere"]
    most = gap.abs().to_numpy().argmax()
    sign = np.sign(gap.iloc[most])
    return {
        "focus": Value(compared["kind"].iloc[most]),
        "word": Value({1: N_("higher"), -1: N_("lower"), 0: N_("the same")}[int(sign)]),
        "alike": Value(int(np.sign(gap).eq(sign).sum())),
        "kinds": Value(len(compared), "kinds of places"),
        **{part: Value(compared[part].iloc[most], "%", decimals=0) for part in ("there", "elsewhere")},
    }


def curve(metres: pd.DataFrame, people: pd.Series, steps: Sequence[float]) -> pd.DataFrame:
    """The share of people whose way is longer than each distance: every threshold at once.

    Parameters
    ----------
    metres : DataFrame
        Of `Ways`.
    people : Series
        At the same points; those of unknown number are left out.
    steps : sequence of float
        Metres.

    Returns
    -------
    DataFrame
        Rows are the steps, columns the kinds, values %.
    """
    known = people.notna().to_numpy()
    number = people.to_numpy()[known]
    return pd.DataFrame(
        {
            name: [100 * number[way > step].sum() / number.sum() for step in steps]
            for name, way in metres[known].items()
        },
        index=pd.Index(steps, name="metres"),
    )


def half(metres: pd.Series, people: pd.Series) -> float:
    """The way that half of the people have at most.

    Parameters
    ----------
    metres : Series
        A column of `Ways.metres`.
    people : Series
        At the same points; those of unknown number are left out.

    Returns
    -------
    float
        Metres; infinite where half of them are led nowhere by a street.
    """
    known = people.notna().to_numpy() & metres.notna().to_numpy()
    way, number = metres.to_numpy()[known], people.to_numpy()[known]
    order = np.argsort(way, kind="stable")
    reached = np.cumsum(number[order]) >= number.sum() / 2
    return float(way[order][reached.argmax()]) if reached.any() else float("nan")


def halves(ways: Ways, people: pd.Series, label: Mapping[str, str]) -> dict[str, Value]:
    """The way that half of the people have at most to each kind of place, as figures of an answer.

    Returns
    -------
    dict of str to Value
        For each kind, in metres with the range that homes leave open; of the first also as ``way``, and its name in
        ``label`` as ``first``.
    """
    metres = {kind: half(ways.metres[kind], people) for kind in ways.metres}
    out = {kind: Value(m, "m", *ways.around(m), decimals=0) for kind, m in metres.items()}
    first = next(iter(out))
    return out | {"way": out[first], "first": Value(label[first])}


def by_area(points: gpd.GeoDataFrame, ways: Ways, limits: Mapping[str, float], *, area: str) -> pd.DataFrame:
    """How far the inhabitants of each area are from each kind of service.

    Parameters
    ----------
    points : GeoDataFrame
        The key ``area`` and ``weight``: see `grid` and `datakit.inclusion.homes`.
    ways : Ways
        Of these points.
    limits : dict of str to float
        Metres of each kind beyond which it is far.
    area : str

    Returns
    -------
    DataFrame
        One row for each area and category: the key, ``category``, ``distance`` (m, mean way over the part from which a
        street leads there) and ``far_pct``, ``far_low_pct``, ``far_high_pct`` (% of its inhabitants; where no street
        leads there, they are far).
    """
    rows = []
    for name, metres in ways.metres.items():
        way, weight = metres.to_numpy(), points["weight"].to_numpy()
        led = np.isfinite(way)
        made = pd.DataFrame({"distance": np.where(led, way, 0) * weight, "led": led * weight})
        made[list(FAR)] = ways.beyond(name, limits[name]).mul(100 * weight, axis=0).to_numpy()
        summed = made.groupby(points[area].to_numpy(), sort=False).sum(min_count=1)
        summed["distance"] /= summed.pop("led").where(lambda part: part > 0)
        rows.append(summed.rename_axis(area).reset_index().assign(category=name))
    return pd.concat(rows, ignore_index=True)[[area, "category", "distance", *FAR]]
