"""Where one more service would help most: the best sites among candidates, and a service that travels instead."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.extras import needed_by
from datakit.inclusion.access import on_foot
from datakit.language import N_, _
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from datakit.inclusion.homes import Homes
    from datakit.inclusion.setting import Setting


GOALS = {
    "reach": "as many people as possible within the limit (maximal covering, Church and ReVelle, 1974)",
    "distance": "the least total way for everybody (p-median, Hakimi, 1964)",
}


@dataclass(frozen=True, eq=False)
class Plan:
    """What a choice of sites is made of.

    Attributes
    ----------
    cost : ndarray of float, shape (points, candidates)
        Metres; NaN where a candidate cannot be reached.
    people : DataFrame
        Groups of people at the points.
    present : ndarray of float, shape (points,)
        Metres to the nearest place today.
    limit : float
        Metres within which a place is near.
    slack : float
        Metres that the points leave open: see `datakit.inclusion.homes.Homes`.
    """

    cost: np.ndarray
    people: pd.DataFrame
    present: np.ndarray
    limit: float
    slack: float

    def best(self, k: int, goal: Literal["reach", "distance"] = "reach", group: str = "population") -> list[int]:
        """`best_sites` of this plan."""
        return best_sites(self.cost, self.people[group], k, goal=goal, limit=self.limit, present=self.present)

    def newly(self, sites: list[int], group: str = "population") -> Value:
        """People newly within the limit, with the range that ways longer or shorter by ``slack`` leave."""
        number = self.people[[group]]
        found = [
            float(gain(self.cost, sites, number, limit=m, present=self.present)["newly"].iloc[0])
            for m in (self.limit, self.limit - self.slack, self.limit + self.slack)
        ]
        if not self.slack:
            return Value(found[0], "people", decimals=0)
        how = _("ways shorter and longer by what the places of homes leave open")
        return Value(found[0], "people", min(found), max(found), how=how, decimals=0)

    def near(self, group: str = "population") -> Value:
        """The share of people within the limit today."""
        number = self.people[group]
        return Value(100 * number[self.present <= self.limit].sum() / number.sum(), "%", decimals=0)

    def mean_way(self, sites: Sequence[int] = (), group: str = "population") -> Value:
        """The mean way to the nearest place, with places at some sites, of those who are led to one today."""
        today = np.where(np.isnan(self.present), np.inf, self.present)
        reached = np.nanmin(self.cost[:, list(sites)], axis=1, initial=np.inf)
        led = np.isfinite(today) & self.people[group].notna().to_numpy()
        way = np.minimum(today, reached)[led]
        return Value(float(np.average(way, weights=self.people[group].to_numpy()[led])), "m", decimals=0)


def candidates(places: gpd.GeoDataFrame, hosts: Iterable[str], focus: str) -> gpd.GeoDataFrame:
    """Places that could host a new one: of the kinds ``hosts``, but for the kind that is to be opened.

    Raises
    ------
    CannotAnswer
        There are none in this run.
    """
    found = places[places["category"].isin(set(hosts) - {focus})].reset_index(drop=True)
    if found.empty:
        raise CannotAnswer(_("candidates"), _("no place that could host a new one is known"), expected=", ".join(hosts))
    return found


def plan(
    here: Setting,
    spots: gpd.GeoDataFrame,
    focus: str,
    limit: float,
    home: Homes | None = None,
    farthest: float = 20_000,
) -> Plan:
    """Ways from homes to candidates, and to what is there today.

    Parameters
    ----------
    here : datakit.inclusion.setting.Setting
    spots : GeoDataFrame
        Candidates.
    focus : str
        Kind of place that is to be opened.
    limit : float
        Metres within which a place is near.
    home : datakit.inclusion.homes.Homes, optional
        Other points than those of ``here``, to see what they change.
    farthest : float
        Metres beyond which no candidate is looked for.

    Returns
    -------
    Plan

    Raises
    ------
    CannotAnswer
        No streets that may be used in this run.
    """
    home = here.home if home is None else home
    groups = [c for c in ("population", "pop_75_plus", "living_alone") if c in here.iris]
    people = home.people(here.iris.set_index("iris")[groups])
    present = on_foot(home.points, here.found.places, [focus], here.streets)[focus].to_numpy()
    return Plan(here.streets.distances(home.points, spots, farthest), people, present, limit, home.slack)


def best_sites(
    cost: np.ndarray,
    people: ArrayLike,
    k: int = 1,
    *,
    goal: Literal["reach", "distance"] = "reach",
    limit: float | None = None,
    present: ArrayLike | None = None,
) -> list[int]:
    """The best places for ``k`` more services.

    Parameters
    ----------
    cost : ndarray of float, shape (areas, candidates)
        Metres or minutes from each area to each candidate; NaN where it cannot be reached.
    people : array of float, shape (areas,)
        Whom to count: all residents, or a group. Missing counts as nobody.
    k : int
        Services to add.
    goal : {"reach", "distance"}
        See `GOALS`.
    limit : float, optional
        Cost within which a service is near; needed for "reach". For "distance", areas that cannot reach a site count
        as far as the farthest that can, twice over.
    present : array of float, shape (areas,), optional
        Cost to the nearest service that exists: who has one already gains only what is better.

    Returns
    -------
    list of int
        Columns of ``cost``, in increasing order.

    Raises
    ------
    WrongUse
        More services than candidates, an unknown goal, or shapes that do not fit.

    Notes
    -----
    Both are one integer programme, solved exactly by the HiGHS solver that scipy brings. Area ``i`` is worth
    ``v[i, j]`` to site ``j``: its people, if they are newly near, or the way they are spared, all together. It is
    served by one site at most, and only by one that is chosen; ``k`` are chosen; the total is as large as it can be.
    """
    cost, people, present = _checked(cost, people, present, k, goal, limit)
    if goal == "reach":
        value = people[:, None] * ((cost <= limit) & ~(present <= limit)[:, None])
        if not value.any():  # nobody can be gained: where most people live near
            return sorted(np.argsort(-(people[:, None] * (cost <= limit)).sum(axis=0), kind="stable")[:k].tolist())
    else:
        way = _finite(cost)
        today = np.minimum(np.nan_to_num(present, nan=np.inf), way.max())
        value = people[:, None] * np.maximum(today[:, None] - way, 0)
    return _best(value, k)


def _best(value, k):
    """The ``k`` columns that serve the rows best, each row being served by the best of them."""
    with needed_by(__name__):
        from scipy import sparse
        from scipy.optimize import Bounds, LinearConstraint, milp

    area, site = np.nonzero(value)
    areas, sites = value.shape
    pairs = len(area)
    pair, one = np.arange(pairs), np.ones(pairs)
    worth = np.concatenate([np.zeros(sites), value[area, site]])  # whether a site is chosen; whether it serves an area
    chosen_first = sparse.csr_array(
        (np.r_[one, -one], (np.r_[pair, pair], np.r_[sites + pair, site])), shape=(pairs, sites + pairs)
    )
    served_once = sparse.csr_array((one, (area, sites + pair)), shape=(areas, sites + pairs))
    number = np.r_[np.ones(sites), np.zeros(pairs)][None]
    found = milp(
        -worth / (worth.max() or 1),
        integrality=np.r_[np.ones(sites), np.zeros(pairs)],
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(chosen_first, -np.inf, 0),
            LinearConstraint(served_once, -np.inf, 1),
            LinearConstraint(number, k, k),
        ],
        options={"mip_rel_gap": 0},
    )
    if not found.success:
        raise WrongUse("best_sites", _("the solver found no answer"), found=found.message)
    return np.flatnonzero(found.x[:sites] > 0.5).tolist()


def gain(
    cost: np.ndarray, sites: list[int], groups: pd.DataFrame, *, limit: float, present: ArrayLike | None = None
) -> pd.DataFrame:
    """Who is newly within the limit, by group, when services open at some sites.

    Parameters
    ----------
    cost : ndarray of float, shape (areas, candidates)
    sites : list of int
    groups : DataFrame
        One row for each area and one column for each group of people.
    limit : float
    present : array of float, optional
        See `best_sites`.

    Returns
    -------
    DataFrame
        ``group``, ``before_pct`` and ``after_pct`` (% of it within the limit), ``newly`` (people) and ``of`` (people
        counted: areas in which the number is not known are left out of all figures).
    """
    cost = np.asarray(cost, float)
    before = np.full(len(cost), np.inf) if present is None else np.nan_to_num(np.asarray(present, float), nan=np.inf)
    nearest = np.nanmin(np.where(np.isnan(cost[:, sites]), np.inf, cost[:, sites]), axis=1, initial=np.inf)
    after = np.minimum(before, nearest)
    rows = []
    for name in groups:
        n = pd.to_numeric(groups[name]).to_numpy(float, na_value=np.nan)
        known = np.isfinite(n)
        total = n[known].sum()
        had, has = (n[known & (reach <= limit)].sum() for reach in (before, after))
        share = (100 * had / total, 100 * has / total) if total > 0 else (np.nan, np.nan)
        rows.append((name, *share, has - had, total))
    return pd.DataFrame(rows, columns=["group", "before_pct", "after_pct", "newly", "of"])


def weekly_round(
    cost: np.ndarray,
    between: np.ndarray,
    people: ArrayLike,
    stops: int = 5,
    *,
    limit: float,
    present: ArrayLike | None = None,
) -> pd.DataFrame:
    """A service that travels: one stop a day, chosen for whom it reaches, in an order that drives little.

    Parameters
    ----------
    cost : ndarray of float, shape (areas, candidates)
    between : ndarray of float, shape (candidates, candidates)
        Way between two stops; the round starts and ends at the first candidate chosen.
    people, limit, present
        See `best_sites`.
    stops : int
        Days of the week on which it stops somewhere, 1 to 7.

    Returns
    -------
    DataFrame
        ``day`` (1, 2, ...), ``site`` (column of ``cost``), ``newly`` (people for whom it is the nearest stop within the
        limit, who had nothing near) and ``way`` (to the next stop). A person reached one day a week is not a person
        reached every day: the figures are not to be compared with those of a fixed place without saying so.

    Raises
    ------
    WrongUse
        More stops than a week has days, and as `best_sites`.

    Notes
    -----
    The stops are those of `best_sites`, in the order that is the shortest of all.
    """
    if stops > 7:
        raise WrongUse("weekly_round", _("more stops than a week has days"), expected=_("1 to 7"), found=str(stops))
    cost = np.asarray(cost, float)
    sites = best_sites(cost, people, stops, goal="reach", limit=limit, present=present)
    way = np.asarray(between, float)[np.ix_(sites, sites)]
    order = _shortest(way)
    near = np.where(np.isnan(cost[:, sites]), np.inf, cost[:, sites])
    had = np.zeros(len(cost), bool) if present is None else np.asarray(present, float) <= limit
    nearest, reached = near.argmin(axis=1), (near.min(axis=1) <= limit) & ~had
    number = np.nan_to_num(np.asarray(people, float))
    served = np.bincount(nearest[reached], number[reached], minlength=len(sites))
    legs = [way[a, b] for a, b in pairwise([*order, order[0]])]
    return pd.DataFrame(
        {"day": np.arange(1, len(order) + 1), "site": [sites[k] for k in order], "newly": served[order], "way": legs}
    )


THREE = {  # what an answer sets side by side
    "claim": N_("one point for each IRIS: promised"),
    "counted": N_("the same sites, counted at homes"),
    "ours": N_("the sites above, counted at homes"),
}


def tour(plan: Plan, spots: gpd.GeoDataFrame, between: np.ndarray, stops: int) -> pd.DataFrame:
    """`weekly_round` of a plan, with the names of the places.

    Parameters
    ----------
    plan : Plan
    spots : GeoDataFrame
        Candidates, with ``name``.
    between : ndarray of float, shape (candidates, candidates)
        Metres; what no street connects counts as far.
    stops : int

    Returns
    -------
    DataFrame
        ``day``, ``site``, ``place``, ``newly`` and ``way``, rounded.
    """
    way = np.nan_to_num(between, nan=2 * np.nanmax(between) + 1)
    people = plan.people["population"]
    found = weekly_round(plan.cost, way, people, stops, limit=plan.limit, present=plan.present)
    return found.round({"newly": 0, "way": 0}).assign(place=spots["name"].to_numpy()[found["site"]])


def _checked(cost, people, present, k, goal, limit) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cost, people = np.asarray(cost, float), np.nan_to_num(np.asarray(people, float))
    present = np.full(len(people), np.inf) if present is None else np.asarray(present, float)
    if goal not in GOALS:
        raise WrongUse("best_sites", _("unknown goal"), expected=", ".join(GOALS), found=repr(goal))
    if cost.ndim != 2 or len(cost) != len(people) or len(present) != len(people):
        raise WrongUse(
            "best_sites",
            _("cost has one row for each area, as people and present have"),
            found=f"{cost.shape}, {len(people)}, {len(present)}",
        )
    if not 1 <= k <= cost.shape[1]:
        raise WrongUse(
            "best_sites",
            _("as many sites are asked for as there are candidates, or fewer, and one at least"),
            expected=_("1 to {n}").format(n=cost.shape[1]),
            found=str(k),
        )
    if goal == "reach" and not (limit or 0) > 0:
        raise WrongUse("best_sites", _("who is reached depends on a limit"), expected="limit=...", found=str(limit))
    if (people < 0).any() or not np.isfinite(cost).any():
        raise WrongUse("best_sites", _("a number of people is negative, or no candidate can be reached from anywhere"))
    return cost, people, present


def _finite(cost):
    """What cannot be reached counts as far as the farthest that can, twice over."""
    far = 2 * np.nanmax(np.where(np.isfinite(cost), cost, np.nan)) + 1
    return np.where(np.isfinite(cost), cost, far)


def _shortest(way):
    rounds = [(0, *rest) for rest in permutations(range(1, len(way)))]
    return list(min(rounds, key=lambda r: sum(way[a, b] for a, b in pairwise([*r, r[0]]))))
