"""An invented city of the Metropole's size: every step of the vegetation theme, in seconds and in memory.

24,000 cells of 100 m, 60,000 trees, 100,000 buildings, 150,000 parcels and what belongs to them, at 1/4, 1/2, 1 and 4
times the area with the same density. Each size is a new process, so that its peak of memory is its own, and holds the
layers too. Growth is the slope of the processors' seconds on area, both as logarithms: 1 is linear. Seconds on the
clock are longer where the machine does other work. Targets: all steps together under 60 s and 1.5 GB at full size on
two cores, and growth of all together under 1.15.

``bench_vegetation.py [FACTORS]`` takes other sizes; ``bench_vegetation.py --dask`` shares the planting ground of the
full size among processes, and compares the answers.
"""

import json
import resource
import subprocess
import sys
import time

FACTORS = (0.25, 0.5, 1.0, 4.0)
CELLS, TREES, BUILDINGS = 24_000, 60_000, 100_000
SECONDS, GIGABYTES, GROWTH = 60, 1.5, 1.15
WEST, SOUTH, BLOCK, SLOTS = 840_000, 6_680_000, 125, 4


def city(factor=1.0, seed=21):
    """The layers of an invented city, without a loop over its parts.

    Towns of 2 km on three fifths of the ground, each with blocks of 125 m between streets, each block with 16 parcels,
    some built; roads of the open country every 500 m; trees along the streets; woods, gardens, parks, a river, a
    railway.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    rng = np.random.default_rng(seed)
    side = round((CELLS * factor) ** 0.5) * 100
    n = side // BLOCK + 1

    origin = np.array([WEST, SOUTH])

    def table(shapes, **columns):
        return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs="EPSG:2154")

    def anywhere(k):
        return rng.uniform(0, side, (k, 2)) + origin

    def chance(k):  # a number that grows with the area
        return max(1, round(k * factor))

    # Blocks and the streets between them; crossings are moved a little, and shared by the sections that meet.
    i, j = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n), indexing="ij"))
    town = (2 * (i // 16) + j // 16) % 5 < 3
    at = np.stack([i, j], 1) * BLOCK + rng.uniform(-12, 12, (n * n, 2)) + origin
    east, north = (i < n - 1) & (town | (j % 4 == 0)), (j < n - 1) & (town | (i % 4 == 0))
    first = np.concatenate([np.flatnonzero(east), np.flatnonzero(north)])
    second = np.concatenate([np.flatnonzero(east) + n, np.flatnonzero(north) + 1])
    lines = shapely.linestrings(np.stack([at[first], at[second]], 1))
    width = rng.choice([3.0, 5.0, 7.0, np.nan], len(lines))
    roads = table(
        lines,
        largeur_de_chaussee=width,
        nature="Route à 1 chaussée",
        fictif=False,
        position_par_rapport_au_sol="0",
        importance="5",
    )

    # Parcels are the slots of a block; buildings stand turned in some of them.
    built = np.flatnonzero(town & (i < n - 1) & (j < n - 1))
    slot = (BLOCK - 26) / SLOTS
    a, b = (x.ravel() for x in np.meshgrid(np.arange(SLOTS), np.arange(SLOTS)))
    corner = (np.stack([i, j], 1)[built] * BLOCK + 13)[:, None] + np.stack([a, b], 1)[None] * slot
    corner = corner.reshape(-1, 2) + origin
    number = np.char.add("21231000ZZ", np.char.zfill(np.arange(len(corner)).astype(str), 6))
    parcels = table(shapely.box(*corner.T, *(corner + slot).T), id=number, commune="21231")
    chosen = np.sort(rng.permutation(len(corner))[: chance(BUILDINGS)])
    k = len(chosen)
    half, turn = rng.uniform(4, 8, (k, 2)), rng.uniform(0, np.pi, k)
    ring = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])[None] * half[:, None]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    ring = np.stack([ring[..., 0] * cos - ring[..., 1] * sin, ring[..., 0] * sin + ring[..., 1] * cos], 2)
    middle = corner[chosen] + slot / 2
    use = rng.choice(["Résidentiel", "Indifférencié", "Commercial et services"], k, p=[0.5, 0.4, 0.1])
    buildings = table(
        shapely.polygons(ring + middle[:, None]),
        usage_1=use,
        usage_2=None,
        hauteur=rng.gamma(6, 1.5, k).round(1),
        nombre_d_etages=pd.array(rng.integers(1, 6, k), "Int64"),
        nombre_de_logements=pd.array(rng.integers(0, 12, k), "Int64"),
    )
    owners = pd.DataFrame({"parcel": number[rng.random(len(number)) < 0.1]})
    owners["owner_group"], owners["commune"] = rng.choice(list("0123456789"), len(owners)), "21231"

    # Two trees in three stand along a street of a town, the others anywhere.
    k = chance(TREES)
    street = rng.choice(np.flatnonzero(town[first]), k)
    trunk = shapely.line_interpolate_point(lines[street], rng.random(k), normalized=True)
    place = shapely.get_coordinates(trunk) + rng.choice([-6, 6], (k, 1)) + rng.normal(0, 1, (k, 2))
    place = np.where((rng.random(k) < 2 / 3)[:, None], place, anywhere(k))
    dbh = rng.gamma(4, 8, k).round()
    crown = np.where(rng.random(k) < 0.7, (1.5 + 0.18 * dbh).round(1), np.nan)
    trees = table(
        shapely.points(place),
        dbh=dbh,
        diametre_couronne=crown,
        statut="standing",
        genre=rng.choice(["Tilia", "Platanus", "Acer", "Quercus"], k),
        taxon="Tilia cordata",
    )

    def blobs(k, least, most, corners=24):
        angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        radius = rng.uniform(least, most, (k, 1)) * rng.uniform(0.6, 1.0, (k, corners))
        return shapely.polygons(anywhere(k)[:, None] + radius[..., None] * np.stack([np.cos(angle), np.sin(angle)], 1))

    green = np.concatenate([blobs(chance(20_000), 5, 25, 12), blobs(chance(2_000), 60, 200, 60)])
    vegetation = table(green, nature=rng.choice(["Haie", "Bois", "Zone arborée"], len(green)))
    parks = table(blobs(chance(700), 30, 150), kind="park", access=None)
    river = shapely.LineString(np.stack([np.linspace(0, side, 200), side / 2 + 300 * np.sin(np.arange(200) / 9)], 1))
    river = shapely.transform(river, lambda xy: xy + origin)
    pieces = shapely.buffer(shapely.get_parts(shapely.MultiLineString(list(_sections(river)))), 12)
    rails = np.linspace(0, side, max(2, side // 500))
    rails = np.stack([rails + WEST, np.full(len(rails), SOUTH + side / 3)], 1)
    rail = table(shapely.linestrings(np.stack([rails[:-1], rails[1:]], 1)), nombre_de_voies="2")
    sports = anywhere(chance(400))
    schools, cars = (parcels.geometry.to_numpy()[rng.random(len(parcels)) < p] for p in (0.004, 0.004))
    step = 250
    x, y = (v.ravel() for v in np.meshgrid(np.arange(0, side, step) + WEST, np.arange(0, side, step) + SOUTH))
    zones = table(shapely.box(x, y, x + step, y + step), lcz_int=rng.choice([2, 3, 5, 6, 8, 9, 11, 12, 14], len(x)))
    step = 1500
    x, y = (v.ravel() for v in np.meshgrid(np.arange(0, side, step) + WEST, np.arange(0, side, step) + SOUTH))
    iris = table(
        shapely.box(x, y, np.minimum(x + step, WEST + side), np.minimum(y + step, SOUTH + side)),
        iris=np.char.add("21231", np.char.zfill(np.arange(len(x)).astype(str), 4)),
    )
    people = rng.integers(800, 4000, len(iris))
    census = pd.DataFrame(
        {"iris": iris["iris"], "population": people, "pop_75_plus": people * 0.1, "pop_0_14": people * 0.16}
    )
    return {
        "area": table([shapely.box(WEST, SOUTH, WEST + side, SOUTH + side)]),
        "roads": roads,
        "parcels": parcels,
        "buildings": buildings,
        "owners": owners,
        "trees": trees,
        "vegetation": vegetation,
        "parks": parks,
        "water": table(pieces),
        "rail": rail,
        "sports": table(shapely.box(*sports.T, *(sports + np.array([60, 90])).T)),
        "places": table(schools, nature="Enseignement primaire"),
        "transport": table(cars, nature="Parking"),
        "zones": zones,
        "iris": iris,
        "census": census,
    }


def _sections(line):
    xy = line.coords
    return (list(xy[k : k + 2]) for k in range(len(xy) - 1))


def steps():
    """Name and function of each step: each takes what the earlier ones left in a dict, and adds to it."""
    import numpy as np

    from datakit.geo import cells as grid
    from datakit.geo import dwellings, streets
    from datakit.trees import canopy
    from datakit.vegetation import (
        cover,
        crowns,
        exposure,
        ground,
        planting,
        priority,
        reach,
        residents,
        rule,
        scenario,
        sight,
    )

    def make_grid(c):
        c["cells"] = grid.grid(c["area"])

    def make_crowns(c):
        c["crowns"] = crowns.discs(c["trees"], canopy.crown_area(c["trees"]))

    def green(c):
        layers = {"woods": c["vegetation"], "crowns": c["crowns"], "parks": c["parks"]}
        c["green"] = cover.green(c["cells"], layers)
        canopy_only = cover.green(c["cells"], {"woods": c["vegetation"], "crowns": c["crowns"]})
        c["canopy"] = canopy_only["green_area"]

    def people(c):
        columns = ["population", "pop_75_plus", "pop_0_14"]
        c["people"] = residents.by_volume(c["census"], c["iris"], c["cells"], columns, c["buildings"])

    def heat(c):
        c["heat"] = exposure.zones(c["cells"], c["zones"])["heat"]
        c["exposed"] = exposure.residents(c["heat"], c["people"])

    def walking(c):
        network = streets.network(c["roads"])
        c["homes"] = dwellings.homes(c["buildings"])
        c["walk"] = reach.walk(c["homes"], reach.green_spaces(c["parks"]), network)

    def seeing(c):
        c["seen"] = sight.visible_trees(c["homes"], c["trees"], c["buildings"])

    def rules(c):
        canopy = rule.neighbourhood(c["homes"], c["cells"], c["canopy"])
        met = rule.parts(c["homes"], c["seen"]["visible"], canopy, c["walk"]["walk"])
        c["met"] = rule.by_resident(met, c["homes"]["nombre_de_logements"].astype(float))
        c["lorenz"] = rule.lorenz(canopy, c["homes"]["nombre_de_logements"].astype(float))

    def pavements(c):
        c["pavements"] = ground.pavements(c["cells"], c["parcels"], c["roads"])

    def room(c):  # as in the notebook: the distance to limits of parcels, an option, takes half as long again
        names = ("buildings", "roads", "vegetation", "rail", "water", "sports", "crowns", "pavements")
        layers = planting.Layers(**{name: c[name] for name in names})
        c["room"] = planting.plantable(c["cells"], layers, shapes=True)

    def kinds(c):
        uses = ground.Uses(c["places"], c["transport"], c["pavements"])
        found = ground.pieces(c["room"], c["parcels"], c["owners"], uses)
        c["tenure"], c["kinds"] = ground.tenure(found, c["room"]), ground.kinds(found, c["room"], "public")

    def order(c):
        frame = c["people"].assign(heat=c["heat"], bare=1 - c["green"]["green_share"]).fillna(0)
        weights = {"heat": 2, "bare": 1, "population": 1, "pop_75_plus": 1}
        room = priority.feasibility(c["room"]["plantable_share"])
        c["order"] = priority.prioritise(frame, weights, room, draws=2000)
        c["sensitivity"] = priority.one_at_a_time(frame, weights, room)

    def plant(c):
        area = c["tenure"]["public_area"].fillna(0) * 0.5
        c["planted"] = scenario.plant(area, c["order"]["priority"], len(c["trees"]) // 6)
        c["new trees"] = scenario.positions(c["room"]["free"], c["planted"])
        trees = c["trees"]
        age = trees["dbh"].to_numpy(float)  # a year for each centimetre: enough to have crowns of every age
        grown = scenario.growth(age, np.pi / 4 * trees["diametre_couronne"].to_numpy(float) ** 2)
        c["future"] = scenario.canopy(len(c["new trees"]), grown)
        c["seen after"] = sight.visible_trees(c["homes"], c["new trees"], c["buildings"])

    return {
        "grid": make_grid,
        "crowns of trees": make_crowns,
        "green share, once": green,
        "residents by volume": people,
        "heat and who is in it": heat,
        "walk to green space": walking,
        "trees in view": seeing,
        "3-30-300": rules,
        "wide pavements": pavements,
        "planting ground": room,
        "tenure and kinds": kinds,
        "priority, 2,000 draws": order,
        "10,000 trees planted": plant,
    }


def one(factor):
    """All steps at one size in this process; figures as JSON."""
    import warnings

    warnings.simplefilter("ignore")
    work = steps()
    small = city(0.02)
    for step in work.values():  # imports and projections are paid once
        step(small)
    layers = city(factor)
    before, seconds, cpu, peaks = _peak(), {}, {}, {}
    for name, step in work.items():
        start, used = time.perf_counter(), time.process_time()
        step(layers)
        seconds[name], cpu[name] = time.perf_counter() - start, time.process_time() - used
        peaks[name] = _peak()
    sizes = {name: len(layers[name]) for name in ("cells", "trees", "buildings", "parcels", "roads")}
    plantable = float(layers["room"]["plantable_area"].sum() / layers["area"].area.sum())
    print(
        json.dumps(
            {"seconds": seconds, "cpu": cpu, "peaks": peaks, "before": before, "sizes": sizes, "plantable": plantable}
        )
    )


def plantable(cells, **layers):
    """The planting ground of some cells, for `many.run`: a worker gets this function."""
    from datakit.vegetation import planting

    return planting.plantable(cells, planting.Layers(**layers))


def shared(workers=2):
    """The planting ground of the full size in one process and over Dask: seconds, and whether they agree."""
    import numpy as np

    from datakit.cluster import cluster
    from datakit.geo import cells as grid
    from datakit.vegetation import many

    c = city()
    cells = grid.grid(c["area"])
    layers = {name: c[name] for name in ("buildings", "roads", "vegetation", "rail", "water", "sports", "parcels")}
    start = time.perf_counter()
    alone = plantable(cells, **layers)["plantable_area"]
    middle = time.perf_counter()
    with cluster(workers):
        ready = time.perf_counter()
        found = many.run(plantable, cells, layers)["plantable_area"]
        end = time.perf_counter()
    same = np.allclose(alone, found, rtol=1e-9, atol=1e-6)
    print(f"planting ground of {len(cells):,} cells: one process, two threads {middle - start:.1f} s")
    print(f"{workers} workers {end - ready:.1f} s, and {ready - middle:.1f} s to start them")
    print("the answers agree" if same else "the answers DIFFER")
    return same


def _peak():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e9 if sys.platform == "darwin" else peak * 1024 / 1e9  # bytes there, kibibytes elsewhere


def growth(factors, seconds):
    """Slope of the logarithm of seconds on that of area, by least squares."""
    import numpy as np

    return float(np.polyfit(np.log(factors), np.log(np.maximum(seconds, 1e-3)), 1)[0])


def main(factors=FACTORS):
    said = []
    for factor in factors:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(factor)], check=True, stdout=subprocess.PIPE, text=True
        )
        said.append(json.loads(done.stdout.splitlines()[-1]))
        sizes = ", ".join(f"{number:,} {name}" for name, number in said[-1]["sizes"].items())
        print(f"{factor:g} times the area: {sizes}; {said[-1]['plantable']:.1%} of the ground plantable", flush=True)
    print(f"\n{'seconds':<24}" + "".join(f"{f'x {factor:g}':>9}" for factor in factors) + "   growth   peak at the end")
    total = [sum(s["seconds"].values()) for s in said]
    at_size = said[factors.index(1.0)] if 1.0 in factors else said[-1]
    for name in at_size["seconds"]:
        row = [s["seconds"][name] for s in said]
        slope = f"{growth(factors, [s['cpu'][name] for s in said]):>8.2f}" if len(row) > 1 else " " * 8
        print(f"{name:<24}" + "".join(f"{v:>9.2f}" for v in row) + f" {slope}{at_size['peaks'][name]:>12.2f} GB")
    cpu = [sum(s["cpu"].values()) for s in said]
    slope = growth(factors, cpu) if len(factors) > 1 else 0.0
    print(f"{'all steps':<24}" + "".join(f"{v:>9.2f}" for v in total) + (f" {slope:>8.2f}" if len(said) > 1 else ""))
    print(f"{'of the processors':<24}" + "".join(f"{v:>9.2f}" for v in cpu))
    peaks = [max(s["peaks"].values()) for s in said]
    print(f"{'peak, GB':<24}" + "".join(f"{v:>9.2f}" for v in peaks))
    print(f"{'the layers alone, GB':<24}" + "".join(f"{s['before']:>9.2f}" for s in said))
    largest = sorted(at_size["seconds"].items(), key=lambda item: -item[1])[:4]
    print("\nfour largest steps: " + ", ".join(f"{name} {value:.1f} s" for name, value in largest))
    if 1.0 in factors:
        k = factors.index(1.0)
        fits = total[k] < SECONDS and peaks[k] < GIGABYTES
        print(f"target at full size: {SECONDS} s and {GIGABYTES} GB   {'ok' if fits else 'MISSED'}")
    if len(factors) > 1:
        print(f"target of growth: {GROWTH}   {'ok' if slope < GROWTH else 'MISSED'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(float(sys.argv[2]))
    elif sys.argv[1:] == ["--dask"]:
        sys.exit(not shared())
    else:
        main(tuple(float(word) for word in sys.argv[1:]) or FACTORS)
