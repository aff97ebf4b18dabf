"""The invented territory: 23 communes, 107 IRIS, their people. Every other sample layer is built on it.

Keys are real (codes and names of communes, codes of IRIS), so that a team can swap one invented layer for the real one;
but for the IRIS where hardship is planted: those have codes and names that no real place has. Everything else is
invented: contours are Voronoi cells around rounded positions, people are drawn at random.
"""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws

LAMBERT, WGS84 = "EPSG:2154", "EPSG:4326"

CITY = "21231"
# Metres east and north of the centre: two places of the invented city, on no zone of the vegetation's. How many IRIS
# around each lack services, and how far hardship reaches (metres) and how high (0 to 1).
HARDSHIP = ((2750, -1950, 4, 850, 1.0), (1000, 2700, 2, 700, 0.75))
# Deprivation everywhere else: at the centre, by the kilometre to the north (half as much to the east), its limits.
CALM, TILT, LIMITS = 0.12, 0.012, (0.05, 0.2)
# No sector of INSEE's is numbered 90: a code that no real IRIS has, so that no real place is called poor.
PLANTED = {f"{CITY}90{i + 1:02d}": f"Secteur fictif {letter}" for i, letter in enumerate("ABCDEF")}

TRUTH = f"""\
### Territory
- Contours are Voronoi cells around rounded positions of the communes: straight edges, unlike any real limit.
- Population is drawn around a round size for each commune.
- `deprivation` (0 to 1) of a place drives incomes and housing in the other layers. It rises around two places of the
  invented city, in the south-east and in the north. Everywhere else it is low, between {LIMITS[0]} and {LIMITS[1]}, and
  rises a little towards the north-east: no order of the other communes, whose names are real, follows that of reality.
- The six IRIS in the middle of the two places are {", ".join(PLANTED.values())}, with the codes
  {min(PLANTED)} to {max(PLANTED)}: names and codes that no real IRIS has.
"""

# code, name, longitude and latitude to a hundredth of a degree, inhabitants to an order of size, number of IRIS
COMMUNES = [
    ("21003", "Ahuy", 5.02, 47.37, 1500, 1),
    ("21105", "Bressey-sur-Tille", 5.18, 47.31, 1000, 1),
    ("21106", "Bretenière", 5.10, 47.24, 1000, 1),
    ("21166", "Chenôve", 5.01, 47.29, 14000, 7),
    ("21171", "Chevigny-Saint-Sauveur", 5.14, 47.30, 11000, 4),
    ("21192", "Corcelles-les-Monts", 4.95, 47.30, 700, 1),
    ("21223", "Daix", 4.97, 47.36, 1500, 1),
    ("21231", "Dijon", 5.05, 47.325, 160000, 61),
    ("21263", "Fénay", 5.05, 47.24, 1700, 1),
    ("21270", "Flavignerot", 4.92, 47.28, 200, 1),
    ("21278", "Fontaine-lès-Dijon", 5.02, 47.35, 9000, 4),
    ("21315", "Hauteville-lès-Dijon", 4.98, 47.38, 1200, 1),
    ("21355", "Longvic", 5.06, 47.28, 9000, 3),
    ("21370", "Magny-sur-Tille", 5.17, 47.27, 900, 1),
    ("21390", "Marsannay-la-Côte", 4.98, 47.27, 5000, 2),
    ("21452", "Neuilly-Crimolois", 5.12, 47.27, 3000, 1),
    ("21473", "Ouges", 5.08, 47.25, 1500, 1),
    ("21481", "Perrigny-lès-Dijon", 5.02, 47.26, 2000, 1),
    ("21485", "Plombières-lès-Dijon", 4.95, 47.34, 2500, 1),
    ("21515", "Quetigny", 5.12, 47.315, 9000, 4),
    ("21540", "Saint-Apollinaire", 5.09, 47.345, 7500, 2),
    ("21605", "Sennecey-lès-Dijon", 5.10, 47.29, 2000, 1),
    ("21617", "Talant", 5.00, 47.34, 12000, 6),
]

# The codes in use in Dijon: sector (two digits) -> number of IRIS in it.
DIJON_SECTORS = {
    1: 3,
    2: 2,
    3: 5,
    4: 4,
    5: 3,
    6: 1,
    7: 4,
    8: 4,
    9: 1,
    10: 6,
    11: 1,
    12: 4,
    13: 3,
    14: 2,
    15: 3,
    16: 4,
    17: 4,
    18: 4,
    20: 3,
}


def _project(longitude, latitude):
    points = gpd.GeoSeries(gpd.points_from_xy(longitude, latitude), crs=WGS84).to_crs(LAMBERT)
    return points.x.to_numpy(), points.y.to_numpy()


def on_grid(shapes, size):
    """Shapes on a grid of ``size``, which keeps the digits, and so the bytes, the same on every machine.

    This is ``shapely.set_precision``, which builds each shape anew. Polygons whose corners need only be rounded, as in
    nearly all, are made here to the same bytes, twenty times as fast.
    """
    shapes = np.array(shapes, dtype=object)
    simple = (shapely.get_type_id(shapes) == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    simple &= shapely.get_precision(shapes) != size  # what is on the grid is taken as it is
    simple[simple] = shapely.minimum_clearance(shapes[simple]) > 2 * size
    shapes[~simple] = shapely.set_precision(shapes[~simple], size)
    shapes[simple] = overlaid(shapes[simple], size)
    return shapes


def overlaid(polygons, size):
    """Simple polygons as an overlay on a grid leaves them: clockwise, from their second corner, each corner rounded."""
    turned = shapely.orient_polygons(polygons, exterior_cw=True)
    xy, of = shapely.get_coordinates(turned, return_index=True)
    first, last = np.flatnonzero(np.diff(of, prepend=-1)), np.flatnonzero(np.diff(of, append=-1))
    rest = np.roll(xy, -1, axis=0)
    rest[last] = xy[first + 1]
    return shapely.set_precision(shapely.set_coordinates(turned, rest), size, mode="pointwise")


def _cells(x, y, boundary):
    """The Voronoi cell of each point, cut by ``boundary``, in the order of the points."""
    points = shapely.points(x, y)
    if len(points) == 1:
        return np.array([boundary])
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=boundary))
    order = shapely.STRtree(cells).query(points, predicate="intersects")
    found = np.empty(len(points), dtype=object)
    found[order[0]] = cells[order[1]]
    return on_grid(shapely.intersection(found, boundary), 0.01)


@draws.remembered
def communes():
    """The 23 communes.

    Returns
    -------
    GeoDataFrame
        ``code``, ``name``, ``population`` (inhabitants), ``geometry``; 23 rows, EPSG:2154.
    """
    frame = pd.DataFrame(COMMUNES, columns=["code", "name", "longitude", "latitude", "size", "n_iris"])
    x, y = _project(frame.longitude, frame.latitude)
    outline = shapely.union_all(shapely.buffer(shapely.points(x, y), 1800, quad_segs=3)).buffer(1200).buffer(-1200)
    outline = shapely.polygons(shapely.get_exterior_ring(outline))
    # The city is wider than its neighbours: it takes the cells of four more points around its own.
    city = int(np.flatnonzero(frame.code == "21231")[0])
    around = np.array([[-1500, 900], [1300, 1500], [1500, -1100], [-800, -1600]])
    cells = _cells(np.append(x, x[city] + around[:, 0]), np.append(y, y[city] + around[:, 1]), outline)
    geometry = cells[: len(x)]
    geometry[city] = shapely.union_all([geometry[city], *cells[len(x) :]])
    population = (frame["size"] * draws.rng(0).uniform(0.88, 1.12, len(frame))).round().astype(int)
    return gpd.GeoDataFrame(
        {"code": frame.code, "name": frame.name, "population": population, "n_iris": frame.n_iris},
        geometry=geometry,
        crs=LAMBERT,
    )


def city():
    """The outline of the invented city, EPSG:2154."""
    return communes().set_index("code").geometry[CITY]


@draws.remembered
def centre():
    """Longitude and latitude in metres (EPSG:2154) of the invented city centre."""
    x, y = _project([5.04], [47.322])
    return float(x[0]), float(y[0])


def urbanity(x, y):
    """How urban a place is: 1 in the centre, towards 0 in the fields; the towns of the ring count half.

    Parameters
    ----------
    x, y : array-like
        EPSG:2154, metres.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    cx, cy = centre()
    middle = np.exp(-(((x - cx) ** 2 + (y - cy) ** 2) / (2 * 2400.0**2)))
    east, north, spread = _towns()
    away = (x[..., None] - east) ** 2 + (y[..., None] - north) ** 2
    return np.maximum(middle, 0.55 * np.exp(-(away / (2 * spread**2))).max(axis=-1))


@draws.remembered
def _towns():
    """Of each commune a place inside, and how far around it is urban; asked for thousands of times."""
    towns = communes()
    points, spread = towns.representative_point(), 250 + 6.0 * np.sqrt(towns.population)
    return points.x.to_numpy(), points.y.to_numpy(), spread.to_numpy()


def deprivation(x, y):
    """The planted social gradient, 0 (well off) to 1 (poor): two bumps in the city, low elsewhere."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if not draws.has("poverty"):
        return np.full(x.shape, CALM)
    cx, cy = centre()
    bumps = [
        height * np.exp(-(((x - cx - east) ** 2 + (y - cy - north) ** 2) / (2 * reach**2)))
        for east, north, _, reach, height in HARDSHIP
    ]
    # It ends at the limit of the city, where a real field would not: the names beyond are those of real towns.
    low = np.clip(CALM + TILT * ((y - cy) + (x - cx) / 2) / 1000, *LIMITS)
    return np.clip(low + 0.85 * np.where(shapely.contains_xy(city(), x, y), np.maximum.reduce(bumps), 0), 0, 1)


def quartier(x, y):
    """The invented district of places in Dijon: ring and direction from the centre.

    Returns
    -------
    ndarray of str
        Such as ``"Quartier fictif Nord 2"``; 13 values.
    """
    cx, cy = centre()
    dx, dy = np.asarray(x, float) - cx, np.asarray(y, float) - cy
    direction = np.array(["Est", "Nord-Est", "Nord", "Nord-Ouest", "Ouest", "Sud-Ouest", "Sud", "Sud-Est"])
    octant = np.round(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 8
    quarter = direction[(octant // 2) * 2]
    distance = np.hypot(dx, dy)
    ring = np.digitize(distance, [900, 1900, 3200])
    return np.where(
        ring == 0,
        "Quartier fictif Centre",
        [f"Quartier fictif {q} {r}" for q, r in zip(np.ravel(quarter), np.ravel(ring), strict=True)],
    )


def _iris_codes(code, number):
    if number == 1:
        return [code + "0000"]
    if code == "21231":
        return [f"{code}{s:02d}{i + 1:02d}" for s, n in DIJON_SECTORS.items() for i in range(n)]
    return [f"{code}01{i + 1:02d}" for i in range(number)]


@draws.remembered
def iris():
    """The IRIS.

    Returns
    -------
    GeoDataFrame
        ``iris`` (9 digits), ``name``, ``commune``, ``type_iris`` (``"H"`` inhabited, ``"Z"`` commune not divided),
        ``population``, ``density`` (inhabitants per km2), ``centrality`` and ``deprivation`` (0 to 1), ``geometry``;
        EPSG:2154.
    """
    rng, rows = draws.rng(1), []
    for town in communes().itertuples():
        codes = _iris_codes(town.code, town.n_iris)
        middle = town.geometry.representative_point()
        if len(codes) == 1:
            cells = [town.geometry]
        else:
            x, y = _spread(town.geometry, len(codes), rng)
            # Codes run outward from the town's middle, as they roughly do in reality.
            order = np.argsort(np.hypot(x - middle.x, y - middle.y))
            cells = _cells(x[order], y[order], town.geometry)
        points = shapely.point_on_surface(np.array(cells))
        px, py = shapely.get_x(points), shapely.get_y(points)
        weight = shapely.area(np.array(cells)) * (0.05 + urbanity(px, py))
        weight = np.sqrt(weight) * rng.uniform(0.8, 1.2, len(cells))
        people = np.round(town.population * weight / weight.sum()).astype(int)
        people[0] += town.population - people.sum()
        for i, code in enumerate(codes):
            name = town.name if len(codes) == 1 else f"{town.name} secteur fictif {i + 1:02d}"
            rows.append((code, name, town.code, "Z" if len(codes) == 1 else "H", people[i], cells[i], px[i], py[i]))
    frame = pd.DataFrame(rows, columns=["iris", "name", "commune", "type_iris", "population", "geometry", "x", "y"])
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=LAMBERT)
    frame["density"] = (frame.population / (frame.area / 1e6)).round(1)
    frame["centrality"] = urbanity(frame.x, frame.y).round(4)
    frame["deprivation"] = deprivation(frame.x, frame.y).round(4)
    at = _planted(frame)
    frame.loc[at, "iris"], frame.loc[at, "name"] = list(PLANTED), list(PLANTED.values())
    return frame.drop(columns=["x", "y"])


def _planted(frame):
    """The rows of the IRIS of the city that are nearest to the two places of `HARDSHIP`."""
    cx, cy = centre()
    inside, found = frame[frame.commune == CITY], []
    for east, north, number, _, _ in HARDSHIP:
        away = np.hypot(inside.x - cx - east, inside.y - cy - north).drop(found)
        found += away.nsmallest(number).index.tolist()
    return found


def _spread(area, number, rng):
    """Points inside ``area``, denser where it is more urban, none too close to another."""
    west, south, east, north = area.bounds
    x, y = rng.uniform(west, east, 60 * number), rng.uniform(south, north, 60 * number)
    keep = shapely.contains_xy(area, x, y)
    x, y = x[keep], y[keep]
    chosen = []
    gap = 0.75 * np.sqrt(area.area / number)
    order = np.argsort(-urbanity(x, y) * rng.uniform(0.2, 1, len(x)))
    while len(chosen) < number:
        for i in order:
            if len(chosen) < number and all(np.hypot(x[i] - x[j], y[i] - y[j]) > gap for j in chosen):
                chosen.append(i)
        gap *= 0.8
    return x[chosen], y[chosen]


def collection(frame, digits=6):
    """A GeoJSON dict of a frame in EPSG:2154, as longitudes and latitudes with so many digits."""
    frame = frame.to_crs(WGS84)
    texts = shapely.to_geojson(on_grid(frame.geometry.to_numpy(), 10**-digits))
    names = frame.columns.drop("geometry").tolist()
    columns = [[_written(v, digits) for v in frame[name].astype(object).tolist()] for name in names]
    features = [
        {"type": "Feature", "properties": dict(zip(names, values, strict=True)), "geometry": geometry}
        for *values, geometry in zip(*columns, json.loads(f"[{','.join(texts)}]"), strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _written(value, digits):
    if isinstance(value, float):
        return None if value != value else round(value, digits)  # JSON knows no NaN
    return value


def geojson(frame):
    """The text of `collection`."""
    return json.dumps(collection(frame), ensure_ascii=False)


def make(folder, rng):
    """Write the sample of the cards ``communes``, ``iris`` and ``communes-population``."""
    folder = Path(folder)
    towns, areas = communes(), iris()
    for id in ("communes", "iris", "communes-population"):
        (folder / id).mkdir(parents=True, exist_ok=True)
    contours = towns.rename(columns={"name": "nom"})[["nom", "code", "population", "geometry"]]
    (folder / "communes/communes.geojson").write_text(geojson(contours), encoding="utf-8")
    wfs = gpd.GeoDataFrame(
        {
            "cleabs": [f"IRIS____{c}" for c in areas.iris],
            "code_insee": areas.commune,
            "nom_commune": areas.commune.map(dict(zip(towns.code, towns.name, strict=True))),
            "iris": areas.iris.str[5:],
            "code_iris": areas.iris,
            "nom_iris": areas.name,
            "type_iris": areas.type_iris,
        },
        geometry=areas.geometry.array,
        crs=LAMBERT,
    )
    (folder / "iris/iris.geojson").write_text(geojson(wfs), encoding="utf-8")
    people = [
        {"nom": t.name, "code": t.code, "population": int(t.population)}
        for t in towns.rename(columns={"name": "nom"}).assign(name=towns.name).itertuples()
    ]
    text = json.dumps(people, ensure_ascii=False)
    (folder / "communes-population/communes-population.json").write_text(text, encoding="utf-8")
