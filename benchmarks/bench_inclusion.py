"""Access for all IRIS and all 200 m cells to 500 services, on foot and by the timetable: seconds, memory, growth.

An invented city of the Metropole's size, with streets every 125 m, 420 stops and 12 lines every few minutes. Each size
(1, 2 and 4 times as many cells, with as many more streets and stops) is a new process, so that its peak of memory is
its own. Target: linear growth, and all of it at size 1 under 60 s and 1 GB, as the notebook.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FACTORS = (1, 2, 4)
IRIS, CELLS, SERVICES = 107, 6000, 500


def town(factor, seed=5):
    """Streets, homes, services and a GTFS file of an invented city."""
    import geopandas as gpd
    import numpy as np
    import shapely

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tools.sample import transit as network

    rng = np.random.default_rng(seed)
    side = round((CELLS * factor) ** 0.5) * 200
    from tools.sample import territory

    cx, cy = territory.centre()
    west, south, n = cx - side / 2, cy - side / 2, side // 125 + 1
    i, j = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    at = np.stack([i, j], 1) * 125.0 + [west, south] + rng.uniform(-12, 12, (n * n, 2))
    first = np.concatenate([np.flatnonzero(i < n - 1), np.flatnonzero(j < n - 1)])
    second = np.concatenate([np.flatnonzero(i < n - 1) + n, np.flatnonzero(j < n - 1) + 1])
    roads = gpd.GeoDataFrame(geometry=shapely.linestrings(np.stack([at[first], at[second]], 1)), crs="EPSG:2154")

    def anywhere(k):
        x, y = rng.uniform(0, side, (2, k))
        return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x + west, y + south), crs="EPSG:2154")

    a, b = (x.ravel() * 200.0 + 100 for x in np.meshgrid(np.arange(side // 200), np.arange(side // 200)))
    cells = gpd.GeoDataFrame(geometry=gpd.points_from_xy(a + west, b + south), crs="EPSG:2154")
    stops = rng.uniform(0, side, (2, network.STOPS * factor)) + np.array([[west], [south]])
    both = gpd.GeoSeries(gpd.points_from_xy(np.repeat(stops[0], 2), np.repeat(stops[1], 2)), crs="EPSG:2154")
    degrees = both.to_crs("EPSG:4326")
    members = network.members(*stops, degrees.x.to_numpy(), degrees.y.to_numpy(), rng)
    members["stops.txt"] = _upright(members["stops.txt"], degrees)
    return roads, cells, anywhere(IRIS * factor), anywhere(SERVICES), members


def _upright(text, degrees):
    """The sample swaps one stop's coordinates on purpose: not here."""
    lines = text.splitlines()
    fields = lines[78].split(",")
    fields[3:5] = f"{degrees.y.iloc[77]:.6f}", f"{degrees.x.iloc[77]:.6f}"
    lines[78] = ",".join(fields)
    return "\n".join(lines) + "\n"


def measure(factor):
    """Seconds of each step and the peak of memory, printed as JSON."""
    import zipfile

    import numpy as np
    import pandas as pd

    from datakit.geo import streets
    from datakit.inclusion import transit

    roads, cells, iris, services, members = town(factor)
    seconds = {}

    def step(name, work):
        began = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - began
        return found

    network = step("streets", lambda: streets.network(roads))
    for name, homes in (("IRIS", iris), ("cells", cells)):
        step(f"{name} on foot", lambda homes=homes: network.distances(homes, services, 3000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gtfs.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in members.items():
                archive.writestr(member, text)
        timetable = step("timetable", lambda: transit.Timetable.read(path))

    def walks(a, b, limit):
        pairs = network.pairs(a, b, limit)
        return pairs.assign(minutes=streets.minutes(pairs["metres"]))

    step("changes", lambda: timetable.change(walks(timetable.stops, timetable.stops, 200)))
    egress = step("stops to services", lambda: walks(timetable.stops, services, 800))
    leave = pd.Timestamp(f"{timetable.day('weekday')} 08:30")
    for name, homes in (("IRIS", iris), ("cells", cells)):
        access = step(f"{name} to stops", lambda homes=homes: walks(homes, timetable.stops, 800))
        found = step(
            f"{name} by transit",
            lambda access=access, homes=homes: transit.door_to_door(
                timetable, access, egress, leave, shape=(len(homes), len(services))
            ),
        )
    seconds["reached, share"] = float(np.isfinite(found).mean())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": seconds, "peak": peak, "cells": len(cells), "iris": len(iris)}))


def main():
    found = {}
    for factor in FACTORS:
        done = subprocess.run([sys.executable, __file__, str(factor)], capture_output=True, text=True, check=True)
        found[factor] = json.loads(done.stdout.splitlines()[-1])
    print(f"{'':<22}" + "".join(f"{f'x {f}':>10}" for f in FACTORS) + f"{'x 4 / x 1':>12}")
    for name in found[1]["seconds"]:
        row = [found[f]["seconds"][name] for f in FACTORS]
        print(f"{name:<22}" + "".join(f"{v:>10.2f}" for v in row) + f"{row[-1] / max(row[0], 1e-3):>12.1f}")
    total = [sum(v for k, v in found[f]["seconds"].items() if "share" not in k) for f in FACTORS]
    print(f"{'all steps':<22}" + "".join(f"{v:>10.2f}" for v in total) + f"{total[-1] / total[0]:>12.1f}")
    print(f"{'peak, GB':<22}" + "".join(f"{found[f]['peak']:>10.2f}" for f in FACTORS))
    ok = total[0] < 60 and found[1]["peak"] < 1
    print(f"{found[1]['iris']} IRIS and {found[1]['cells']} cells x {SERVICES} services: {'ok' if ok else 'MISSED'}")


if __name__ == "__main__":
    measure(int(sys.argv[1])) if len(sys.argv) > 1 else main()
