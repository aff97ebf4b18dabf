"""The invented ground: vegetation, roads, buildings, local climate zones, and three weather stations."""

import gzip
import json
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import territory

SITES, SITE_SIZE = 40, 130  # open squares that can be planted, side in metres
WARMING = 0.06  # degrees a year, planted in the station series
YEARS = range(2008, 2025)
SEED = [2026, 3]

TRUTH = f"""\
### Vegetation (`bdtopo-vegetation`, `bdtopo-roads`, `cadastre-buildings`, `lcz-cerema`, `meteo-daily`)
- {SITES} open squares of {SITE_SIZE} m in commune 21231 have no building, road or vegetation on them: they are the
  ground that can be planted (`tools.sample.vegetation.sites()`), and cells that hold one must come out with the most room.
- No vegetation at all within 700 m of the two planted bumps of deprivation: the poorest districts are the barest
  (`tools.sample.vegetation.bare_areas()`), and must come out among those that need planting most.
- Woods cover the west, vines the south-west; parks are few in the centre.
- The three stations warm by {WARMING} degrees a year; the second has a gap of 45 days in the summer of 2015.
- Broken on purpose: bow-tie and empty shapes, a negative road width, days of 31 February, temperatures of 99 °C.
"""


@cache
def sites():
    """The open squares that can be planted: geometry only, EPSG:2154, metres."""
    rng = np.random.default_rng([*SEED, 1])
    city = territory.communes().set_index("code").geometry["21231"].buffer(-250)
    west, south, east, north = city.bounds
    chosen = []
    while len(chosen) < SITES:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(city, x, y) and all(np.hypot(x - a, y - b) > 420 for a, b in chosen):
            chosen.append((x, y))
    half = SITE_SIZE / 2
    return gpd.GeoDataFrame(geometry=[shapely.box(x - half, y - half, x + half, y + half) for x, y in chosen],
                            crs=territory.LAMBERT)  # fmt: skip


@cache
def bare_areas():
    """Where the poorest districts have no vegetation at all: geometry only, EPSG:2154."""
    cx, cy = territory.centre()
    bumps = shapely.points([cx - 2300, cx + 2600], [cy - 2700, cy + 900])
    return gpd.GeoDataFrame(geometry=shapely.buffer(bumps, 700), crs=territory.LAMBERT)


def _blobs(x, y, radius, rng):
    """Rounded shapes of 9 corners around each point."""
    angle = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    r = radius[:, None] * rng.uniform(0.6, 1.2, (len(x), 9))
    ring = np.stack([x[:, None] + r * np.cos(angle), y[:, None] + r * np.sin(angle)], axis=-1)
    return shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))


def _vegetation(rng):
    area = territory.communes().union_all()
    west, south, east, north = area.bounds
    cx, cy = territory.centre()
    x, y = rng.uniform(west, east, 6000), rng.uniform(south, north, 6000)
    wooded = np.clip((cx - x) / 9000, 0.05, 1) * (1 - territory.urbanity(x, y)) ** 2
    park = (rng.uniform(size=6000) < 0.04) & (territory.urbanity(x, y) > 0.25)
    keep = shapely.contains_xy(area, x, y) & ((rng.uniform(size=6000) < 0.45 * wooded) | park)
    x, y, park = x[keep], y[keep], park[keep]
    radius = np.where(park, rng.uniform(40, 110, len(x)), rng.lognormal(5.0, 0.5, len(x)))
    shapes = shapely.intersection(_blobs(x, y, radius, rng), area)
    holes = shapely.union_all(np.concatenate([bare_areas().geometry.array, sites().buffer(10).array]))
    shapes = shapely.difference(shapes, holes)
    woods = np.array(["Bois", "Forêt fermée de feuillus", "Forêt fermée mixte", "Haie", "Lande ligneuse"])
    nature = woods[rng.integers(0, len(woods), len(x))]
    nature[(x < cx - 2000) & (y < cy - 4000)] = "Vigne"
    nature[park] = "Bois"
    whole = ~shapely.is_empty(shapes)
    return gpd.GeoDataFrame({"nature": nature[whole]}, geometry=shapes[whole], crs=territory.LAMBERT)


def _roads(rng):
    """A loose net of streets, denser where it is more urban, that goes around the open squares."""
    area = territory.communes().union_all()
    west, south, east, north = area.bounds
    lines, widths, kinds, importance = [], [], [], []
    for town in territory.communes().itertuples():
        middle = town.geometry.representative_point()
        centre = shapely.Point(*territory.centre())
        lines.append(shapely.LineString([middle, centre]))
        widths.append(9.0), kinds.append("Route à 1 chaussée"), importance.append("3")
    for number, inside, length in ((2600, 0.9, 220), (700, 0.05, 700)):
        made = 0
        while made < number:
            x, y = rng.uniform(west, east), rng.uniform(south, north)
            if not shapely.contains_xy(area, x, y) or rng.uniform() > inside * territory.urbanity(x, y) + 0.02:
                continue
            angle = rng.choice([0.3, 0.3 + np.pi / 2]) + rng.normal(0, 0.1)
            half = rng.uniform(0.4, 1) * length / 2
            dx, dy = half * np.cos(angle), half * np.sin(angle)
            lines.append(shapely.LineString([(x - dx, y - dy), (x + dx, y + dy)]))
            path = rng.uniform() < 0.12
            widths.append(np.nan if path else round(rng.choice([4.0, 5.0, 5.5, 6.0, 7.0]), 1))
            kinds.append("Sentier" if path else "Route à 1 chaussée")
            importance.append("6" if path else "5")
            made += 1
    holes = shapely.union_all(sites().buffer(8).array)
    shapes = shapely.difference(np.array(lines), holes)
    frame = gpd.GeoDataFrame({"nature": kinds, "importance": importance, "largeur_de_chaussee": widths}, geometry=shapes,
                             crs=territory.LAMBERT)  # fmt: skip
    frame = frame.explode(ignore_index=True)
    return frame[frame.geom_type == "LineString"].reset_index(drop=True)


def _buildings(vegetation, roads, rng, wanted=17_000):
    """Footprints in the city, off the streets, the vegetation and the open squares."""
    city = territory.communes().set_index("code").geometry["21231"]
    west, south, east, north = city.bounds
    n = wanted * 6
    x, y = rng.uniform(west, east, n), rng.uniform(south, north, n)
    keep = shapely.contains_xy(city, x, y) & (rng.uniform(size=n) < 0.15 + territory.urbanity(x, y))
    x, y = x[keep], y[keep]
    long, deep = rng.uniform(5, 16, len(x)), rng.uniform(4, 8, len(x))
    angle = 0.3 + rng.normal(0, 0.05, len(x))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    u, v = corners[:, 0] * long[:, None], corners[:, 1] * deep[:, None]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    shapes = shapely.polygons(np.stack([x[:, None] + u * cos - v * sin, y[:, None] + u * sin + v * cos], axis=-1))
    taken = np.concatenate(
        [vegetation.geometry.array, roads.geometry.buffer(6, quad_segs=1).array, sites().buffer(6).array]
    )
    hit = shapely.STRtree(shapes).query(taken, predicate="intersects")[1]
    free = np.setdiff1d(np.arange(len(shapes)), hit)
    # Of two footprints that overlap, the later one goes.
    left, right = shapely.STRtree(shapes[free]).query(shapes[free], predicate="intersects")
    free = np.delete(free, np.unique(np.maximum(left, right)[left != right]))[:wanted]
    return gpd.GeoDataFrame({"type": np.where(long[free] * deep[free] < 28, "02", "01")}, geometry=shapes[free],
                            crs=territory.LAMBERT)  # fmt: skip


def _lcz():
    """Square blocks of 500 m, with the class that their invented density would have."""
    area = territory.communes().union_all()
    west, south, east, north = area.bounds
    x, y = np.meshgrid(np.arange(west, east, 500), np.arange(south, north, 500))
    x, y = x.ravel(), y.ravel()
    shapes = shapely.intersection(shapely.box(x, y, x + 500, y + 500), area)
    keep = shapely.area(shapes) > 1
    density = territory.urbanity(x + 250, y + 250)
    lcz = np.select([density > 0.75, density > 0.5, density > 0.3, density > 0.15, x < west + 6000],
                    ["2", "5", "6", "9", "A"], "D")  # fmt: skip
    return gpd.GeoDataFrame({"lcz_int": lcz[keep]}, geometry=shapes[keep], crs=territory.LAMBERT)


def _weather(rng):
    """Daily values of three invented stations; the warming is planted, the numbers of the stations do not exist."""
    days = pd.date_range(f"{YEARS[0]}-01-01", f"{YEARS[-1]}-12-31")
    years = (days - days[0]).days.to_numpy() / 365.25
    season = -np.cos(2 * np.pi * (days.dayofyear.to_numpy() - 15) / 365.25)
    noise = np.zeros(len(days))
    shock = rng.normal(0, 2.1, len(days))
    for i in range(1, len(days)):  # one day resembles the day before
        noise[i] = 0.75 * noise[i - 1] + shock[i]
    rows = []
    stations = [("21999001", "EXEMPLE-CENTRE", 47.32, 5.04, 250, 1.0),
                ("21999002", "EXEMPLE-PLAINE", 47.27, 5.09, 219, 0.0),
                ("21999003", "EXEMPLE-PLATEAU", 47.36, 4.95, 420, -1.3)]  # fmt: skip
    for number, name, lat, lon, altitude, offset in stations:
        mean = 11.0 + offset + WARMING * years + 9.2 * season + noise + rng.normal(0, 0.5, len(days))
        spread = 4.3 + 1.7 * (season + 1) / 2 + rng.normal(0, 0.6, len(days))
        rain = np.where(rng.uniform(size=len(days)) < 0.38, rng.gamma(0.8, 6, len(days)), 0)
        rows.append(pd.DataFrame({
            "NUM_POSTE": number, "NOM_USUEL": name, "LAT": f"{lat:.6f}", "LON": f"{lon:.6f}", "ALTI": altitude,
            "AAAAMMJJ": days.strftime("%Y%m%d"), "RR": [f"{v:.1f}" for v in rain], "QRR": 1,
            "TN": [f"{v:.1f}" for v in mean - spread], "QTN": 1, "TX": [f"{v:.1f}" for v in mean + spread], "QTX": 1,
            "TM": [f"{v:.1f}" for v in mean], "QTM": 1}))  # fmt: skip
    frame = pd.concat(rows, ignore_index=True)
    gap = (frame.NUM_POSTE == "21999002") & frame.AAAAMMJJ.between("20150620", "20150803")
    frame = frame[~gap].reset_index(drop=True)
    broken = rng.choice(len(frame), 60, replace=False)
    frame.loc[broken[:20], "AAAAMMJJ"] = frame.loc[broken[:20], "AAAAMMJJ"].str[:4] + "0231"
    frame.loc[broken[20:], "TX"] = "99.0"
    return frame


def _break(features, rng, edit, share=0.005):
    """Spoil a few features of a GeoJSON text."""
    found = json.loads(features)
    for i in rng.choice(len(found["features"]), max(2, int(share * len(found["features"]))), replace=False):
        edit(found["features"][i])
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def make(folder, rng):
    """Write the sample of the vegetation cards."""
    folder = Path(folder)
    for id in ("bdtopo-vegetation", "bdtopo-roads", "cadastre-buildings", "lcz-cerema", "meteo-daily"):
        (folder / id).mkdir(parents=True, exist_ok=True)
    vegetation, roads = _vegetation(rng), _roads(rng)
    buildings = _buildings(vegetation, roads, rng)

    vegetation.insert(0, "cleabs", [f"EXEMPLEV{i:016d}" for i in range(len(vegetation))])
    kinds = iter(range(10**6))

    def spoil_area(feature):
        if next(kinds) % 2:
            feature["geometry"] = None
        else:  # a bow-tie
            x, y = 5.04, 47.32
            ring = [[x, y], [x + 0.001, y + 0.001], [x + 0.001, y], [x, y + 0.001], [x, y]]
            feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}

    def spoil_road(feature):
        feature["properties"]["largeur_de_chaussee"] = -1.0

    text = _break(territory.geojson(vegetation), rng, spoil_area)
    (folder / "bdtopo-vegetation/bdtopo-vegetation.geojson").write_text(text, encoding="utf-8")
    roads.insert(0, "cleabs", [f"EXEMPLER{i:016d}" for i in range(len(roads))])
    text = _break(territory.geojson(roads).replace("NaN", "null"), rng, spoil_road)
    (folder / "bdtopo-roads/bdtopo-roads.geojson").write_text(text, encoding="utf-8")
    buildings = buildings.assign(nom=None, commune="21231", created="2026-01-15", updated="2026-01-15")
    text = territory.geojson(buildings[["type", "nom", "commune", "created", "updated", "geometry"]])
    _write_gzip(
        folder / "cadastre-buildings/cadastre-21231-batiments.json.gz",
        json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")),
    )
    _write_shapefile(_lcz(), folder / "lcz-cerema/lcz-spot-2022-dijon.zip", "LCZ_SPOT_2022_EXEMPLE")
    csv = _weather(rng).to_csv(sep=";", index=False, lineterminator="\n")
    _write_gzip(folder / "meteo-daily/Q_21_RR-T-Vent.csv.gz", csv)


def _write_gzip(path, text):
    """A gzip without the time of writing."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write_shapefile(frame, path, stem):
    """A shapefile in a zip, with dates that do not change from one day to the next."""
    import tempfile

    with tempfile.TemporaryDirectory() as temporary:
        frame.to_file(Path(temporary) / f"{stem}.shp", encoding="utf-8")
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted(Path(temporary).iterdir()):
                data = bytearray(part.read_bytes())
                if part.suffix == ".dbf":
                    data[1:4] = bytes([126, 1, 15])  # the day of writing, years since 1900
                info = zipfile.ZipInfo(part.name, (2026, 1, 15, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, bytes(data))
