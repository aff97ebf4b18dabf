"""Minutes from door to door by public transport: walk, wait, ride, change, walk, by the timetable of a GTFS file.

The timetable is searched by ``cafein`` (round-based routing over every trip); this module brings the walks to it and
chooses the days.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.errors import DatakitError, WrongUse
from datakit.extras import needed_by
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from typing import Literal

    from cafein import TransportNetwork


NEEDED = ("stops.txt", "routes.txt", "trips.txt", "stop_times.txt")  # and one of the two calendars
CALENDARS = ("calendar.txt", "calendar_dates.txt")
FAR = np.iinfo(np.uint32).max  # what cafein writes where nobody arrives


def missing(path: str | Path) -> list[str]:
    """What a GTFS file lacks for journeys to be computed.

    Parameters
    ----------
    path : path
        Zip.

    Returns
    -------
    list of str
        Names of absent members; empty when nothing is missing.
    """
    with zipfile.ZipFile(path) as archive:
        there = {Path(name).name for name in archive.namelist()}
    return [name for name in NEEDED if name not in there] + (
        [] if there & set(CALENDARS) else [_("{one} or {other}").format(one=CALENDARS[0], other=CALENDARS[1])]
    )


def boarding(stops: pd.DataFrame) -> pd.Series:
    """Whether a wheelchair can board at each stop, as the reference of GTFS reads ``stops.txt``.

    Parameters
    ----------
    stops : DataFrame
        ``stop_id`` and, where the file has them, ``wheelchair_boarding`` and ``parent_station``; text or numbers.

    Returns
    -------
    Series of Int8
        1 some vehicles can be boarded, 2 none can, 0 not known. A stop that says nothing says what its station says.
    """
    told = pd.to_numeric(
        stops["wheelchair_boarding"] if "wheelchair_boarding" in stops else pd.Series(0, stops.index), errors="coerce"
    ).fillna(0)
    if "parent_station" in stops:
        station = stops["parent_station"].astype("str").map(told.set_axis(stops["stop_id"].astype("str"))).fillna(0)
        told = told.where(told != 0, station)
    return told.astype("Int8")


@dataclass
class Timetable:
    """A timetable that can be searched.

    Attributes
    ----------
    stops : GeoDataFrame
        ``stop_id``, ``accessible`` (bool: the file says that a wheelchair can board; unknown is False) and points in
        EPSG:2154, in the order of the columns of `minutes`.
    network : cafein.TransportNetwork
    refused : list of str
        Trips that the file says no wheelchair can take.
    """

    stops: gpd.GeoDataFrame
    network: TransportNetwork
    refused: list[str]

    @classmethod
    def read(cls, path: str | Path, crs: str = "EPSG:2154") -> Timetable:
        """Read a GTFS file.

        Parameters
        ----------
        path : path
            Zip, as ``datakit.fetch`` gives it.
        crs : str
            Projected CRS of ``stops``.

        Raises
        ------
        DatakitError
            Members are missing: no journey can be computed, see `missing`.
        """
        if absent := missing(path):
            raise DatakitError(
                Path(path).name,
                _("this copy has no complete timetable"),
                expected=", ".join(NEEDED),
                found=_("no {files}").format(files=", ".join(absent)),
                next=_("take distances to stops instead, or a newer file"),
            )
        with needed_by(__name__):
            from cafein import TransportNetwork

        network = TransportNetwork.from_gtfs(str(path), trip_distances=False, leg_geometries=False)
        named = pd.DataFrame(network.stops, columns=["stop_id", "latitude", "longitude"])
        told = _member(path, "stops.txt")
        accessible = boarding(told).eq(1).set_axis(told["stop_id"])
        stops = gpd.GeoDataFrame(
            {"stop_id": named["stop_id"], "accessible": accessible.reindex(named["stop_id"]).to_numpy(bool)},
            geometry=gpd.points_from_xy(named["longitude"], named["latitude"]),
            crs="EPSG:4326",
        ).to_crs(crs)
        trips = _member(path, "trips.txt")
        chair = trips["wheelchair_accessible"] if "wheelchair_accessible" in trips else pd.Series("", index=trips.index)
        return cls(stops, network, trips.loc[chair.eq("2"), "trip_id"].tolist())

    def day(self, kind: Literal["weekday", "saturday", "sunday"] = "weekday") -> date:
        """A date with ordinary service: the one with the median number of trips among those of its kind.

        Parameters
        ----------
        kind : {"weekday", "saturday", "sunday"}
            A weekday is a Tuesday, Wednesday or Thursday; days without service do not count.

        Returns
        -------
        datetime.date

        Raises
        ------
        DatakitError
            The timetable has no service on such a day.
        """
        days = {"weekday": (1, 2, 3), "saturday": (5,), "sunday": (6,)}
        if kind not in days:
            raise WrongUse("timetable", _("unknown kind of day"), expected=", ".join(days), found=repr(kind))
        trips = self.network.daily_trip_counts
        trips = trips[trips.index.day_of_week.isin(days[kind]) & trips.gt(0)].sort_values(kind="stable")
        if trips.empty:
            none = {
                "weekday": _("no service on any weekday"),
                "saturday": _("no service on any saturday"),
                "sunday": _("no service on any sunday"),
            }
            raise DatakitError("timetable", none[kind], found=str(self.network.service_window))
        middle = trips.iloc[(len(trips) - 1) // 2]
        ordinary = trips[trips == middle].index.sort_values()
        return ordinary[len(ordinary) // 2].date()  # far from the ends of the timetable, which are often holidays

    def change(self, walks: pd.DataFrame) -> None:
        """Allow changes on foot between stops.

        Parameters
        ----------
        walks : DataFrame
            ``origin``, ``target`` (rows of ``stops``) and ``minutes``, both ways where both are possible. Chains of
            walks are added, as the search takes one at a time.
        """
        with needed_by(__name__):
            from scipy.sparse import coo_array
            from scipy.sparse.csgraph import connected_components, dijkstra

        n = len(self.stops)
        apart = walks[walks["origin"] != walks["target"]]
        graph = coo_array((apart["minutes"].clip(lower=1e-6), (apart["origin"], apart["target"])), (n, n)).tocsr()
        _, part = connected_components(graph, directed=False)
        ids = self.stops["stop_id"].to_numpy()
        found: list[tuple[str, str, int, float]] = []
        for rows in pd.Series(np.arange(n)).groupby(part).indices.values():
            if len(rows) > 1:
                inner = dijkstra(graph[rows][:, rows])
                a, b = np.nonzero(np.isfinite(inner) & ~np.eye(len(rows), dtype=bool))
                seconds = np.ceil(60 * inner[a, b]).astype(int)
                found += zip(ids[rows[a]], ids[rows[b]], seconds.tolist(), (0.0,) * len(a), strict=True)
        self.network.set_transfers(found)

    def minutes(
        self, origins: Sequence[int] | np.ndarray, departure: datetime, *, step_free: bool = False
    ) -> np.ndarray:
        """Minutes from stops to all stops, waiting included.

        Parameters
        ----------
        origins : sequence of int
            Rows of ``stops``.
        departure : datetime
            When one stands at each of them.
        step_free : bool
            Board and leave only where the file says that a wheelchair can, and take no trip of which it says that it
            cannot. Trips of which it says nothing are taken.

        Returns
        -------
        ndarray of float32, shape (len(origins), len(stops))
            Infinite where one does not arrive that day.
        """
        closed = self.stops.loc[~self.stops["accessible"], "stop_id"].tolist() if step_free else []
        found = self.network.travel_time_matrix(
            self.stops["stop_id"].iloc[list(origins)].tolist(),
            departure=departure,
            exclude_stops=closed,
            exclude_trips=self.refused if step_free else [],
        )
        out = found.astype(np.float32) / 60
        out[found == FAR] = np.inf
        return out


def door_to_door(
    timetable: Timetable,
    to_stops: pd.DataFrame,
    from_stops: pd.DataFrame,
    departure: datetime,
    *,
    shape: tuple[int, int],
    walking: np.ndarray | None = None,
    step_free: bool = False,
) -> np.ndarray:
    """Minutes from each origin to each place: walk to a stop, journey, walk from a stop, or walking all the way.

    Parameters
    ----------
    timetable : Timetable
    to_stops : DataFrame
        ``origin`` (0, 1, ...), ``target`` (row of the timetable's stops) and ``minutes`` on foot. One reaches a stop
        at the end of the minute in which one arrives.
    from_stops : DataFrame
        ``origin`` (row of the stops), ``target`` (place 0, 1, ...) and ``minutes`` on foot.
    departure : datetime
        When one leaves each origin.
    shape : (int, int)
        Numbers of origins and of places.
    walking : ndarray, optional
        Minutes on foot all the way, of that shape, NaN where it is too far: taken where it is faster.
    step_free : bool
        See `Timetable.minutes`; walks are taken as they are given.

    Returns
    -------
    ndarray of float32, of that shape
        Minutes, NaN where one does not arrive.
    """
    reach = np.full((shape[0], len(timetable.stops)), np.inf, np.float32)
    if step_free:
        usable = timetable.stops["accessible"].to_numpy()
        to_stops = to_stops[usable[to_stops["target"]]]
        from_stops = from_stops[usable[from_stops["origin"]]]
    later = np.ceil(to_stops["minutes"].to_numpy()).astype(int)
    for wait, rows in to_stops.groupby(later):
        stops, which = np.unique(rows["target"], return_inverse=True)
        ride = timetable.minutes(stops, departure + pd.Timedelta(minutes=int(wait)), step_free=step_free) + wait
        order = np.argsort(rows["origin"].to_numpy(), kind="stable")
        origin, first = np.unique(rows["origin"].to_numpy()[order], return_index=True)
        # A block of origins at a time: their rides, side by side, would not fit in memory for a whole city.
        for some in np.array_split(np.arange(len(origin)), max(1, len(rows) // 2000)):
            if len(some):
                end = first[some[-1] + 1] if some[-1] + 1 < len(first) else len(order)
                part = np.minimum.reduceat(ride[which[order[first[some[0]] : end]]], first[some] - first[some[0]])
                reach[origin[some]] = np.minimum(reach[origin[some]], part)
    out = np.full(shape, np.inf, np.float32)
    for place, rows in from_stops.groupby("target"):
        out[:, place] = (reach[:, rows["origin"]] + rows["minutes"].to_numpy(np.float32)).min(axis=1)
    if walking is not None:
        out = np.fmin(out, np.asarray(walking, np.float32))
    return np.where(np.isfinite(out), out, np.nan)


def _member(path, name):
    """A table of the zip, all text."""
    with zipfile.ZipFile(path) as archive:
        inside = next(n for n in archive.namelist() if Path(n).name == name)
        with archive.open(inside) as file:
            return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
