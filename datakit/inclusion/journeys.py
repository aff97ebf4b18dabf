"""Journeys of a chapter: minutes on foot, by tram and bus and with a wheelchair, and where a wheelchair can board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.data.fetching import fetch
from datakit.errors import CannotAnswer
from datakit.geo import streets
from datakit.inclusion import transit
from datakit.language import N_, _
from datakit.settings import challenge
from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.data.layers import Layers

FEET, WEEKDAY, SATURDAY, CHAIR = N_("on foot"), N_("weekday"), N_("Saturday"), N_("weekday, wheelchair")


@dataclass(frozen=True, eq=False)
class Journeys:
    """Minutes from points to places, in several ways.

    Attributes
    ----------
    minutes : dict of str to ndarray of float32, shape (points, places)
        `FEET`, `WEEKDAY`, `SATURDAY` and `CHAIR`; NaN where one does not arrive, or walks for more than 45 minutes.
    category : ndarray of str
        Kind of each place.
    when : dict of str to Timestamp
        When one leaves on a weekday and on a Saturday.
    data : tuple of DataFrame
    """

    minutes: dict[str, np.ndarray]
    category: np.ndarray
    when: dict[str, pd.Timestamp]
    data: tuple[pd.DataFrame, ...]

    def nearest(self, ride: str) -> pd.DataFrame:
        """Minutes from each point to the nearest place of each kind; infinite where no way leads to any."""
        reach = np.nan_to_num(self.minutes[ride], nan=np.inf)
        return pd.DataFrame({kind: reach[:, self.category == kind].min(axis=1) for kind in pd.unique(self.category)})


def journeys(
    layers: Layers,
    points: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    *,
    speed: float = streets.SPEED,
    weekday: str = "08:30",
    saturday: str = "10:00",
    rides: Sequence[str] = (WEEKDAY, SATURDAY, CHAIR),
) -> Journeys:
    """Minutes from points to places on foot, by tram and bus on two days, and with a wheelchair.

    One walks up to 12 minutes to a stop and from one, and 3 minutes between two. With a wheelchair one boards only
    where the timetable says that one can, and takes no stairs or narrow paths. These lengths are choices of this kit.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
        The timetable that ``challenge.toml`` names and ``bdtopo-roads`` are asked for.
    points, places : GeoDataFrame
        Points; ``places`` with ``category``.
    speed : float
        Metres a minute on foot.
    weekday, saturday : str
        When one leaves, "08:30".
    rides : sequence of str
        Those to search, beside `FEET`.

    Returns
    -------
    Journeys

    Raises
    ------
    CannotAnswer
        No streets or timetable that may be used in this run, or a copy of the timetable without its hours.
    """
    id = challenge().territory["timetable"]
    if not id:
        raise CannotAnswer("challenge.toml", _("it names no timetable"), expected='[territory] timetable = "…"')
    roads, said = layers["bdtopo-roads"], layers[id]
    path = fetch(id, layers.origins)
    if absent := transit.missing(path):
        lacks = _("no {files}").format(files=", ".join(absent))
        raise CannotAnswer(id, _("this copy of the timetable has no hours"), found=lacks)
    timetable = transit.Timetable.read(path)
    when = {WEEKDAY: pd.Timestamp(f"{timetable.day('weekday')} {weekday}")}
    when[SATURDAY] = pd.Timestamp(f"{timetable.day('saturday')} {saturday}")
    feet = streets.network(roads)
    grounds = [(feet, [ride for ride in rides if ride != CHAIR])]
    if CHAIR in rides:
        grounds.append((streets.network(roads, not_on_foot=streets.NOT_ON_WHEELS), [CHAIR]))
    found = {}
    for ground, asked in grounds:
        alone, to_stops, from_stops = _walks(ground, timetable, points, places, speed)
        if ground is feet:
            found[FEET] = alone
        for ride in asked:
            found[ride] = transit.door_to_door(
                timetable,
                to_stops,
                from_stops,
                when.get(ride, when[WEEKDAY]),
                shape=alone.shape,
                walking=alone,
                step_free=ride == CHAIR,
            )
    return Journeys(found, places["category"].to_numpy(), when, (roads, said))


def weekday(
    layers: Layers, points: gpd.GeoDataFrame, places: gpd.GeoDataFrame, speed: float, departure: str
) -> Journeys:
    """`journeys` on foot and on a weekday only."""
    return journeys(layers, points, places, speed=speed, weekday=departure, rides=(WEEKDAY,))


def _walks(ground, timetable, points, places, speed):
    """Minutes on foot all the way, to stops and from stops; changes on foot are laid into the timetable."""

    def pairs(start, end, longest):
        found = ground.pairs(start, end, longest * speed)
        return found.assign(minutes=streets.minutes(found["metres"], speed))

    timetable.change(pairs(timetable.stops, timetable.stops, 3))
    alone = np.asarray(streets.minutes(ground.distances(points, places, 45 * speed), speed), np.float32)
    return alone, pairs(points, timetable.stops, 12), pairs(timetable.stops, places, 12)


def within(journeys: Journeys, people: pd.Series, minutes: float) -> pd.DataFrame:
    """The share of people who are within some minutes of the nearest place of each kind.

    Parameters
    ----------
    journeys : Journeys
    people : Series
        At the points; those of unknown number are left out.
    minutes : float

    Returns
    -------
    DataFrame
        Rows are kinds, columns ways of going, values %.
    """
    number = people.fillna(0).to_numpy()
    shares = {ride: 100 * journeys.nearest(ride).le(minutes).mul(number, axis=0).sum() for ride in journeys.minutes}
    return pd.DataFrame(shares) / number.sum()


def figures(reached: pd.Series, minutes: float, speed: float) -> dict[str, Value]:
    """A row of `within` as figures of an answer.

    Parameters
    ----------
    reached : Series
    minutes : float
    speed : float
        On foot, metres a minute.

    Returns
    -------
    dict of str to Value
        ``foot``, ``weekday``, ``saturday`` and ``chair`` (%), ``minutes``, and ``reach``, the way walked in them (m).
    """
    names = {FEET: "foot", WEEKDAY: "weekday", SATURDAY: "saturday", CHAIR: "chair"}
    shares = {names[ride]: Value(share, "%", decimals=0) for ride, share in reached.items()}
    return shares | {"minutes": Value(minutes, "minutes"), "reach": Value(minutes * speed, "m", decimals=0)}


def platforms(stops: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Where a wheelchair can board, commune by commune.

    Parameters
    ----------
    stops : GeoDataFrame
        As loaded from a timetable. A row is a platform: a stop with two directions has two. Stations, which hold
        several, are left out.
    communes : GeoDataFrame
        ``commune``, ``name`` and polygons.

    Returns
    -------
    DataFrame
        ``name``, ``platforms``, ``boardable`` (known to be; the others are not known to be, which is not the same as
        closed) and ``boardable_pct``; last those outside all communes, when there are any.
    """
    told = transit.boarding(stops).eq(1)
    level = stops["location_type"].fillna(0) if "location_type" in stops else pd.Series(0, stops.index)
    kept = stops[level.eq(0)]
    place = gpd.sjoin(kept[["geometry"]], communes[["name", "geometry"]], how="left", predicate="intersects")["name"]
    place = place[~place.index.duplicated()].fillna(outside := _("outside"))
    made = pd.DataFrame({"name": place, "boardable": told[kept.index].astype(int)})
    out = made.groupby("name")["boardable"].agg(platforms="size", boardable="sum")
    every = [*communes["name"], *([outside] if outside in out.index else [])]
    out = out.reindex(every).fillna(0).astype(int).rename_axis("name").reset_index()
    out["boardable_pct"] = 100 * out["boardable"] / out["platforms"].where(out["platforms"] > 0)
    return out.sort_values(["platforms", "name"], ascending=[False, True], ignore_index=True)
