"""Competition for places: how much of a service each inhabitant can count on, by floating catchments.

A counter two streets away helps little when ten thousand people share it. Each service divides its capacity among the
people who can reach it, and each area adds up the shares of the services that it can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.extras import needed_by
from datakit.geo import fairness
from datakit.language import N_, _
from datakit.settings import challenge
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Method = Literal["2sfca", "e2sfca", "3sfca"]  # those of `METHODS`

METHODS = {
    "2sfca": "two-step: everybody within the catchment counts the same (Luo and Wang, 2003)",
    "e2sfca": "enhanced two-step: far people and far services count less (Luo and Qi, 2009)",
    "3sfca": "three-step: people who have a choice ask less of each service (Wan, Zou and Sternberg, 2012)",
}


def gaussian(catchment: float, edge: float = 0.01) -> Callable[[float], float]:
    """Decay that falls from 1 next door to ``edge`` at the limit of the catchment, on a Gaussian curve.

    Parameters
    ----------
    catchment : float
        Minutes (or metres) at the limit.
    edge : float
        Weight there, between 0 and 1. Luo and Qi (2009) use steps; a smooth curve and its end are choices of this kit.

    Returns
    -------
    callable
        Cost to weight.
    """
    if not catchment > 0 or not 0 < edge < 1:
        raise WrongUse(
            "gaussian",
            _("a decay needs a limit above 0 and a weight there between 0 and 1"),
            found=f"catchment {catchment}, edge {edge}",
        )
    with needed_by(__name__):
        from access import weights

    return weights.gaussian(catchment / np.sqrt(-2 * np.log(edge)))


@dataclass(frozen=True, eq=False)
class Floating:
    """What `floating` found.

    Attributes
    ----------
    each : Series
        Capacity per inhabitant by area; 0 where no service with a known capacity is within reach. The sum over areas of
        figure times people is the capacity of all services used.
    method : str
    catchment : float
        In the unit of the costs.
    services : int
        Services used.
    without_capacity : int
        Services without a known capacity: unknown hours are not no hours.
    unreached : tuple of str
        Keys of services within whose catchment nobody lives, so that their capacity is in no figure.
    """

    each: pd.Series
    method: str
    catchment: float
    services: int
    without_capacity: int
    unreached: tuple[str, ...]


def floating(
    demand: pd.Series,
    supply: pd.Series,
    costs: pd.DataFrame,
    *,
    catchment: float,
    method: Method = "e2sfca",
    decay: Callable[[float], float] | None = None,
) -> Floating:
    """Capacity per inhabitant that each area can reach, in competition with the others.

    Parameters
    ----------
    demand : Series
        People by area; areas where the number is missing or 0 ask for nothing, and still get a figure.
    supply : Series
        Capacity by service, such as its weekly opening hours. One without a known capacity is left out and counted.
    costs : DataFrame
        ``area``, ``service`` (keys of the two Series) and ``cost`` (minutes or metres); pairs that are not there
        cannot reach each other.
    catchment : float
        Cost beyond which a service is out of reach.
    method : {"2sfca", "e2sfca", "3sfca"}
        See `METHODS`.
    decay : callable, optional
        Cost to weight, for the last two; `gaussian` by default.

    Returns
    -------
    Floating

    Raises
    ------
    WrongUse
        An unknown method, keys that come twice or are not known, a negative cost, number or capacity.

    Notes
    -----
    Computed with PySAL's ``access`` (Saxon, Koschinsky, Acosta, Anguiano, Anselin and Rey, 2022, An open software
    environment to make spatial access metrics more accessible, Journal of Computational Social Science 5).
    """
    _check(demand, supply, costs, catchment, method)
    people, known = demand.fillna(0).astype(float), supply.dropna().astype(float)
    near = costs.rename(columns={"area": "origin", "service": "dest"})[["origin", "dest", "cost"]]
    near = near[near["cost"].le(catchment) & near["dest"].isin(known.index)]
    asked = near["origin"].map(people).groupby(near["dest"]).sum()
    empty = [s for s in known.index if not asked.get(s, 0) > 0]
    near = near[~near["dest"].isin(empty)].reset_index(drop=True)
    out = pd.Series(0.0, index=demand.index, name=method)
    if len(near):
        out.update(_fca(people, known.drop(empty), near, catchment, method, decay))
    return Floating(
        out,
        method=method,
        catchment=float(catchment),
        services=len(known) - len(empty),
        without_capacity=int(supply.isna().sum()),
        unreached=tuple(empty),
    )


def hours_within(
    minutes: np.ndarray, people: pd.Series, hours: pd.Series, *, catchment: float, method: Method = "e2sfca"
) -> Floating:
    """Weekly hours of help for each inhabitant at each point: `floating` of a matrix of minutes.

    Parameters
    ----------
    minutes : ndarray of float, shape (points, places)
        NaN where one does not arrive.
    people : Series
        At the points.
    hours : Series
        Weekly hours of the places, missing where they are not said.
    catchment, method
        See `floating`.

    Returns
    -------
    Floating
        ``each`` has one figure for each point, in their order.

    Raises
    ------
    CannotAnswer
        No place says when it is open.
    """
    if not hours.gt(0).any():
        raise CannotAnswer(_("opening hours"), _("no place of these kinds says when it is open"))
    point, place = np.nonzero(np.nan_to_num(minutes, nan=np.inf) <= catchment)
    costs = pd.DataFrame({"area": point, "service": place, "cost": minutes[point, place].astype(float)})
    demand, supply = people.reset_index(drop=True), hours.reset_index(drop=True)
    return floating(demand, supply, costs, catchment=catchment, method=method)


SENTENCE = N_(  # of `told`
    "Half of the people can count on {usual} a week or less for each 1000 of them, from {places}; the half with least "
    "has {poorer_half} of all hours."
)
_CAUTION = N_(
    "People beyond {territory} use its places too, and are not counted: near its border figures are too good. Of "
    "places whose hours are not said nothing is counted."
)


def __getattr__(name):
    """``CAUTION``, what a chapter says beside such figures: whose borders these are is known when it is said."""
    if name == "CAUTION":
        return _(_CAUTION).format(territory=challenge().called)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def told(hours: pd.Series, people: np.ndarray, found: Floating) -> dict[str, Value]:
    """Figures of an answer about hours within reach.

    Parameters
    ----------
    hours : Series
        Of areas, per 1,000 inhabitants.
    people : array
        Of the same areas.
    found : Floating

    Returns
    -------
    dict of str to Value
        ``usual`` (what half of the people have at most), ``poorer_half`` (% of all hours that the half with least
        has), ``gini``, ``places`` and ``silent`` (places whose hours are not said).
    """
    curve = fairness.lorenz(hours, people)
    order = np.argsort(hours.to_numpy(), kind="stable")
    middle = np.searchsorted(np.cumsum(people[order]), people.sum() / 2)
    return {
        "usual": Value(float(hours.to_numpy()[order][middle]), "hours", decimals=1),
        "poorer_half": Value(100 * float(np.interp(0.5, curve["people"], curve["share"])), "%", decimals=0),
        "gini": Value(fairness.index(curve), decimals=2),
        "places": Value(found.services, "places"),
        "silent": Value(found.without_capacity),
    }


def follows(name: str, index: tuple[float, float, float], more: str, less: str) -> dict[str, Value]:
    """A concentration index as figures of an answer, its words chosen by the interval.

    Parameters
    ----------
    name : str
        Of the order, such as "income".
    index : (float, float, float)
        Of `datakit.geo.fairness.concentrated`.
    more, less : str
        What to say when the whole interval is above 0, and under 0.

    Returns
    -------
    dict of str to Value
        ``name`` (the index with its range) and ``name_word``.
    """
    value, low, high = index
    # As the range is shown: "0.00 to 0.25" is no difference.
    word = more if round(low, 2) > 0 else less if round(high, 2) < 0 else N_("no difference is shown")
    return {name: Value(value, low=low, high=high, how=_("neighbours drawn together")), f"{name}_word": Value(word)}


def by_area(each: pd.Series, people: pd.Series, area: pd.Series) -> pd.Series:
    """Figures at points as means of areas, weighted by people; missing where nobody is known to live."""
    number, key = people.fillna(0).to_numpy(), area.to_numpy()
    total = pd.Series(number).groupby(key).sum()
    return pd.Series(each.to_numpy() * number).groupby(key).sum() / total.where(total > 0)


def _fca(people, known, near, catchment, method, decay):
    with needed_by(__name__):
        from access import fca

    where = people.rename("demand").rename_axis("geoid").reset_index()
    what = known.rename("supply").rename_axis("geoid").to_frame()
    weight = None if method == "2sfca" else (decay or gaussian(catchment))
    compute = fca.three_stage_fca if method == "3sfca" else fca.two_stage_fca
    return compute(where, what, near, catchment, weight_fn=weight)


def _check(demand, supply, costs, catchment, method):
    if method not in METHODS:
        raise WrongUse("floating", _("unknown method"), expected=", ".join(METHODS), found=repr(method))
    if not catchment > 0:
        raise WrongUse("floating", _("a catchment is a cost above 0"), found=repr(catchment))
    for name, series in (("demand", demand), ("supply", supply)):
        if not series.index.is_unique:
            raise WrongUse(
                "floating", _("a key of `{name}` comes twice").format(name=name), expected=_("one row for each")
            )
        if (series.dropna() < 0).any():
            least = str(series[series < 0].iloc[0])
            raise WrongUse("floating", _("`{name}` has a negative number").format(name=name), found=least)
    absent = {"area", "service", "cost"} - set(costs.columns)
    if absent:
        raise WrongUse(
            "floating",
            _("`costs` has no column {names}").format(names=", ".join(sorted(absent))),
            expected="area, service, cost",
            found=", ".join(map(str, costs.columns)),
        )
    strange = ~costs["area"].isin(demand.index) | ~costs["service"].isin(supply.index)
    if strange.any():
        first = costs[strange].iloc[0]
        raise WrongUse(
            "floating",
            _("`costs` names an area or a service that is not known"),
            found=f"{first['area']} → {first['service']}",
        )
    if (costs["cost"] < 0).any() or costs.duplicated(["area", "service"]).any():
        raise WrongUse("floating", _("a pair of `costs` comes twice, or has a negative cost"))
