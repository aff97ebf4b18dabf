"""The invented network of trams and buses: lines that go somewhere, every few minutes, fewer on Saturdays."""

import numpy as np
import pandas as pd

from tools.sample import territory

STOPS = 210  # places, with one stop on either side of the street
LINES = 12  # the first two are trams
RUNS = {"SEMAINE": (6, 21, (7, 14)), "SAMEDI": (7, 20, (15, 30))}  # first and last hour, minutes between trams, buses
SPEED = {0: 330.0, 3: 260.0}  # metres a minute between stops: tram, bus
REACH = 420.0  # metres to either side of a line's axis within which its stops are
TRUTH = f"""\
- `divia-gtfs`: {LINES} lines through the middle, a tram every {RUNS["SEMAINE"][2][0]} minutes and a bus every
  {RUNS["SEMAINE"][2][1]} on weekdays, half as often on Saturdays, none on Sundays. One stop in five is accessible; 0
  means not known. The last two bus lines take no wheelchair (`wheelchair_accessible` 2).
"""


def lines(x, y):
    """The places of each line, in order: those near an axis through the middle of the city.

    Returns
    -------
    list of ndarray of int
    """
    cx, cy = territory.centre()
    found = []
    for k in range(LINES):
        angle = np.pi * k / LINES + 0.2
        along = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        across = -(x - cx) * np.sin(angle) + (y - cy) * np.cos(angle)
        near = np.flatnonzero(np.abs(across) < REACH + 0.04 * np.abs(along))
        order = near[np.argsort(along[near], kind="stable")]
        apart = [order[0]]
        for place in order[1:]:  # two stops of a line are 250 m apart at least
            if along[place] - along[apart[-1]] >= 250:
                apart.append(place)
        found.append(np.array(apart))
    return found


def members(x, y, lon, lat, rng):
    """The text of each file of the feed.

    Parameters
    ----------
    x, y : ndarray
        Places, metres; ``lon`` and ``lat`` the same twice each, for both sides of the street.
    """
    n = len(lon)
    stops = pd.DataFrame(
        {
            "stop_id": [f"F-{i}" for i in range(n)],
            "stop_code": range(n),
            "stop_name": [f"Arrêt fictif {i // 2}" for i in range(n)],
            "stop_lat": [f"{v:.6f}" for v in lat],
            "stop_lon": [f"{v:.6f}" for v in lon],
            "wheelchair_boarding": (rng.uniform(size=n) < 0.2).astype(int),
        }
    )
    stops.loc[77, ["stop_lat", "stop_lon"]] = stops.loc[77, ["stop_lon", "stop_lat"]].to_numpy()
    stops.loc[301, "wheelchair_boarding"] = 7
    routes = ["route_id,agency_id,route_short_name,route_long_name,route_type"]
    trips = ["route_id,service_id,trip_id,direction_id,wheelchair_accessible"]
    times = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"]
    for k, places in enumerate(lines(x, y)):
        kind = 0 if k < 2 else 3
        routes.append(f"L{k + 1},EXEMPLE,L{k + 1},Ligne fictive L{k + 1},{kind}")
        way = np.hypot(np.diff(x[places]), np.diff(y[places])) / SPEED[kind] + 0.5
        after = np.concatenate([[0.0], np.cumsum(way)])
        for service, (first, last, every) in RUNS.items():
            step = every[kind == 3]
            for side in (0, 1):
                order = places if side == 0 else places[::-1]
                late = after if side == 0 else (after[-1] - after)[::-1]
                start = 60 * first + int(rng.integers(0, step))
                for run, minute in enumerate(range(start, 60 * last, step)):
                    name = f"L{k + 1}-{service[:2]}-{side}-{run}"
                    trips.append(f"L{k + 1},{service},{name},{side},{2 if k >= LINES - 2 else 1}")
                    for s, (place, add) in enumerate(zip(order, late, strict=True)):
                        whole = round(minute + add)
                        at = f"{whole // 60:02d}:{whole % 60:02d}:00"
                        times.append(f"{name},{at},{at},F-{2 * place + side},{s}")
    calendar = [
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
        "SEMAINE,1,1,1,1,1,0,0,20260101,20261231",
        "SAMEDI,0,0,0,0,0,1,0,20260101,20261231",
    ]
    return {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nEXEMPLE,Réseau fictif,https://example.org,"
        "Europe/Paris\n",
        "stops.txt": stops.to_csv(index=False, lineterminator="\n"),
        "routes.txt": "\n".join(routes) + "\n",
        "trips.txt": "\n".join(trips) + "\n",
        "stop_times.txt": "\n".join(times) + "\n",
        "calendar.txt": "\n".join(calendar) + "\n",
    }
