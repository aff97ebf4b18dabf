"""Journeys by a timetable, against a search over every minute that shares no code with the library."""

import datetime as dt
import heapq
import zipfile

import numpy as np
import pandas as pd
import pytest

from datakit.errors import DatakitError, WrongUse
from datakit.inclusion import transit

MONDAY, SATURDAY = dt.datetime(2026, 3, 2, 8), dt.datetime(2026, 3, 7, 8)


def write(path, stops, trips, *, without=(), calendar=None):
    """A GTFS file. ``stops``: id -> (lat, lon, boarding); ``trips``: (id, service, chair, [(stop, minute), ...])."""
    lines = {
        "agency.txt": [
            "agency_id,agency_name,agency_url,agency_timezone",
            "A,Exemple,https://example.org,Europe/Paris",
        ],
        "stops.txt": ["stop_id,stop_name,stop_lat,stop_lon,wheelchair_boarding"],
        "routes.txt": ["route_id,agency_id,route_short_name,route_long_name,route_type"],
        "calendar.txt": calendar
        or [
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            "WK,1,1,1,1,1,0,0,20260301,20260331",
            "SA,0,0,0,0,0,1,0,20260301,20260331",
        ],
        "trips.txt": ["route_id,service_id,trip_id,wheelchair_accessible"],
        "stop_times.txt": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"],
    }
    lines["stops.txt"] += [f"{s},Arrêt {s},{lat},{lon},{b}" for s, (lat, lon, b) in stops.items()]
    for name, service, chair, calls in trips:
        route = "R" + "".join(s for s, _ in calls)
        if f"{route},A,{route},,3" not in lines["routes.txt"]:
            lines["routes.txt"].append(f"{route},A,{route},,3")
        lines["trips.txt"].append(f"{route},{service},{name},{chair}")
        for k, (stop, minute) in enumerate(calls):
            clock = f"{minute // 60:02d}:{minute % 60:02d}:00"
            lines["stop_times.txt"].append(f"{name},{clock},{clock},{stop},{k + 1}")
    with zipfile.ZipFile(path, "w") as archive:
        for member, rows in lines.items():
            if member not in without:
                archive.writestr(member, "\n".join(rows) + "\n")
    return path


def slowly(stops, trips, walks, start, leave, service, *, closed=(), refused=()):
    """Earliest minute of arrival at every stop, by trying every connection in order of time.

    One walks to the first stop and between two rides, not from stop to stop before the first ride.
    """
    best, queue = {}, [(leave + w, s, False) for s, w in start.items() if s not in closed]
    heapq.heapify(queue)
    while queue:
        now, stop, rode = heapq.heappop(queue)
        if (stop, rode) in best:
            continue
        best[stop, rode] = now
        for other, w in walks.get(stop, {}).items() if rode else ():
            heapq.heappush(queue, (now + w, other, True))  # one may walk past a stop where one cannot board
        for name, of, _, calls in trips:
            if of != service or name in refused or stop in closed:
                continue
            for k, (at, minute) in enumerate(calls):
                if at == stop and minute >= now:
                    for later, arrival in calls[k + 1 :]:
                        if later not in closed:
                            heapq.heappush(queue, (arrival, later, True))
    return {stop: min(best.get((stop, r), np.inf) for r in (True, False)) for stop, _ in best}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Twelve stops, forty trips over four lines, drawn at random; some stops closed to wheelchairs."""
    rng = np.random.default_rng(11)
    names = [f"S{k}" for k in range(12)]
    stops = {s: (47.30 + 0.01 * (k % 4), 5.0 + 0.01 * (k // 4), int(rng.uniform() < 0.7)) for k, s in enumerate(names)}
    trips = []
    for _ in range(5):
        line = list(rng.choice(names, 5, replace=False))
        for run in range(8):
            begin = 480 + int(rng.integers(0, 12)) + 15 * run
            times = begin + np.cumsum([0, *rng.integers(2, 9, 4)])
            chair = 2 if rng.uniform() < 0.2 else 1
            trips.append(
                (f"t{len(trips)}", "WK" if run < 6 else "SA", chair, list(zip(line, times.tolist(), strict=True)))
            )
    walks = {}
    for _ in range(4):
        a, b = rng.choice(names, 2, replace=False)
        w = int(rng.integers(1, 6))
        walks.setdefault(a, {})[b] = w
        walks.setdefault(b, {})[a] = w
    path = write(tmp_path_factory.mktemp("gtfs") / "feed.zip", stops, trips)
    return path, stops, trips, walks


def table(pairs):
    return pd.DataFrame(pairs, columns=["origin", "target", "minutes"])


@pytest.mark.parametrize("step_free", [False, True])
@pytest.mark.parametrize(("when", "service"), [(MONDAY, "WK"), (SATURDAY, "SA")])
def test_door_to_door_is_what_a_search_over_every_connection_finds(town, when, service, step_free):
    path, stops, trips, walks = town
    timetable = transit.Timetable.read(path)
    row = {s: k for k, s in enumerate(timetable.stops["stop_id"])}
    timetable.change(table([(row[a], row[b], w) for a, to in walks.items() for b, w in to.items()]))
    starts = [{"S0": 3, "S5": 7}, {"S3": 0}, {"S7": 12, "S8": 1, "S11": 4}]
    ends = [{"S9": 2, "S2": 5}, {"S1": 0}, {"S10": 6, "S4": 1}]
    found = transit.door_to_door(
        timetable,
        table([(o, row[s], w) for o, start in enumerate(starts) for s, w in start.items()]),
        table([(row[s], p, w) for p, end in enumerate(ends) for s, w in end.items()]),
        when,
        shape=(len(starts), len(ends)),
        step_free=step_free,
    )
    closed = {s for s, (*_, b) in stops.items() if b != 1} if step_free else set()
    refused = {name for name, _, chair, _ in trips if chair == 2} if step_free else set()
    for o, start in enumerate(starts):
        best = slowly(stops, trips, walks, start, 480, service, closed=closed, refused=refused)
        for p, end in enumerate(ends):
            arrivals = [best[s] + w for s, w in end.items() if s in best and s not in closed]
            expected = min(arrivals) - 480 if arrivals else np.nan
            assert found[o, p] == pytest.approx(expected, abs=1 / 60, nan_ok=True), (o, p)
    assert np.isfinite(found).any()


def test_walking_all_the_way_is_taken_where_it_is_faster(town):
    timetable = transit.Timetable.read(town[0])
    near = transit.door_to_door(
        timetable, table([(0, 0, 2.0)]), table([(3, 0, 2.0)]), MONDAY, shape=(1, 2), walking=np.array([[1.5, np.nan]])
    )
    assert near[0, 0] == pytest.approx(1.5)
    assert np.isnan(near[0, 1])  # no stop near it, and too far to walk


def test_a_stop_that_says_nothing_is_not_taken_for_accessible(tmp_path):
    stops = {"a": (47.3, 5.0, 1), "b": (47.31, 5.0, 0), "c": (47.32, 5.0, 1)}
    path = write(tmp_path / "f.zip", stops, [("t", "WK", 0, [("a", 485), ("b", 490), ("c", 500)])])
    timetable = transit.Timetable.read(path)
    row = {s: k for k, s in enumerate(timetable.stops["stop_id"])}
    everybody = timetable.minutes([row["a"]], MONDAY)[0]
    chair = timetable.minutes([row["a"]], MONDAY, step_free=True)[0]
    assert everybody[row["b"]] == pytest.approx(10)
    assert np.isinf(chair[row["b"]])
    assert chair[row["c"]] == pytest.approx(20)  # the bus still drives past the stop


def test_a_platform_says_what_its_station_says_unless_it_says_otherwise():
    stops = pd.DataFrame(
        {
            "stop_id": ["G", "G1", "G2", "G3", "A"],
            "parent_station": ["", "G", "G", "G", ""],
            "wheelchair_boarding": ["1", "", "0", "2", ""],
        }
    )
    assert transit.boarding(stops).tolist() == [1, 1, 1, 2, 0]
    numbers = stops.assign(
        wheelchair_boarding=pd.array([1, None, 0, 2, None], "Int64"), parent_station=[None, *"GGG", None]
    )
    assert transit.boarding(numbers).tolist() == [1, 1, 1, 2, 0]
    assert transit.boarding(stops[["stop_id"]]).tolist() == [0] * 5


@pytest.mark.parametrize("calendar", ["calendar_dates.txt", "both"])
def test_feeds_of_other_habits_are_read(tmp_path, calendar):
    """Days given one by one, trips after midnight, trips given by their frequency."""
    path = write(
        tmp_path / "feed.zip",
        {"A": (47.30, 5.0, 1), "B": (47.31, 5.0, 1), "C": (47.32, 5.0, 1)},
        [("late", "WK", 1, [("A", 24 * 60 + 10), ("B", 24 * 60 + 20)]), ("often", "WK", 1, [("B", 0), ("C", 5)])],
        without=("calendar.txt",) if calendar == "calendar_dates.txt" else (),
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("calendar_dates.txt", "service_id,date,exception_type\nWK,20260303,1\nWK,20260304,1\n")
        archive.writestr("frequencies.txt", "trip_id,start_time,end_time,headway_secs\noften,06:00:00,10:00:00,600\n")
    timetable = transit.Timetable.read(path)
    rows = timetable.stops.reset_index().set_index("stop_id")["index"]
    assert calendar == "both" or timetable.day("weekday") in {dt.date(2026, 3, 3), dt.date(2026, 3, 4)}
    tuesday = dt.datetime(2026, 3, 3)
    late = timetable.minutes([rows["A"]], tuesday + dt.timedelta(hours=23, minutes=50))
    assert late[0, rows["B"]] == pytest.approx(30)  # 24:20 is twenty past midnight
    often = timetable.minutes([rows["B"]], tuesday + dt.timedelta(hours=8, minutes=3))
    assert often[0, rows["C"]] == pytest.approx(12)  # waits for 8:10


def test_the_day_is_an_ordinary_one(tmp_path):
    calendar = [
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
        "WK,1,1,1,1,1,0,0,20260301,20260331",
        "RARE,0,1,0,0,0,0,0,20260310,20260310",
    ]
    stops = {"a": (47.3, 5.0, 1), "b": (47.31, 5.0, 1)}
    trips = [("t", "WK", 1, [("a", 485), ("b", 490)]), ("u", "RARE", 1, [("a", 585), ("b", 590)])]
    timetable = transit.Timetable.read(write(tmp_path / "f.zip", stops, trips, calendar=calendar))
    assert timetable.day() == dt.date(2026, 3, 18)  # Tuesday the 10th has twice as many trips
    with pytest.raises(DatakitError, match="saturday"):
        timetable.day("saturday")
    with pytest.raises(WrongUse):
        timetable.day("holiday")


def test_a_copy_without_times_is_told_what_to_do(tmp_path, shared_data):
    stops = {"a": (47.3, 5.0, 1), "b": (47.31, 5.0, 1)}
    path = write(tmp_path / "f.zip", stops, [], without=["stop_times.txt", "calendar.txt"])
    assert transit.missing(path) == ["stop_times.txt", "calendar.txt or calendar_dates.txt"]
    with pytest.raises(DatakitError, match=r"no stop_times\.txt"):
        transit.Timetable.read(path)
    assert transit.missing(shared_data / "divia-gtfs" / "gtfs_diviamobilites.zip") == ["stop_times.txt"]


def test_nobody_boards_before_arriving(tmp_path):
    """Two minutes and a half from the stop, the bus of two minutes past is gone."""
    stops = {"A": (47.30, 5.00, 1), "B": (47.31, 5.01, 1)}
    trips = [("early", "WK", 1, [("A", 482), ("B", 490)]), ("late", "WK", 1, [("A", 500), ("B", 508)])]
    timetable = transit.Timetable.read(write(tmp_path / "feed.zip", stops, trips))
    row = {s: k for k, s in enumerate(timetable.stops["stop_id"])}
    for walk, arrives in ((2.0, 490 - 480), (2.5, 508 - 480)):
        found = transit.door_to_door(
            timetable, table([(0, row["A"], walk)]), table([(row["B"], 0, 0.0)]), MONDAY, shape=(1, 1)
        )
        assert found[0, 0] == pytest.approx(arrives)
