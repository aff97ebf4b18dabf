"""The invented ground: what stands and grows on the blocks of the city, and the country around it."""

import gzip
import json
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws, features, ground, planted, streets, territory, weather
from tools.sample.blocks import ZONE_RADIUS, blocks, divided, inside, net, node, quads, zones
from tools.sample.territory import CITY

TRUTH = f"""\
### Vegetation (`bdtopo-*`, `cadastre-*`, `public-parcels`, `osm-green`, `lcz-cerema`, `meteo-daily`)
`tools.sample.vegetation.truth()` gives the kind of every block of commune {CITY}, two zones, and what follows:
- `open` blocks (about one in six) have two sheds at most and no vegetation: this is the ground that can be planted.
  `dense` blocks are built over and leave almost none, `mixed` blocks leave some, `green` ones are parks.
- The `bare` zone ({ZONE_RADIUS:.0f} m around a point in the east) has not one polygon of vegetation, many dense blocks
  and hot local climate zones: its open blocks are those that need planting most. In the `green` zone (same size, in the
  west) three blocks in ten are parks, and most gardens have trees: it needs planting least.
- `plantable`: the free ground of each block by tenure and kind. Some open blocks hold a school, a car park or pitches;
  the streets of some lines have pavements of 9 m on both sides. Streets lie in no parcel. A parcel is public where its
  only owner is the State, a region, a département, a commune or another public body; one in a hundred has two owners.
- `residents`: the inhabitants of each house. They follow floor space with noise, add up to the census of every IRIS of
  the city, and half of the larger houses of unknown use (`Indifférencié`) are lived in. One height in a hundred is
  missing, storeys and dwellings are given for about half.
- `barrier`: blocks beside the railway whose nearest park lies just beyond it. The railway and a canal are crossed every
  fifth street only, so that these homes are within 300 m of a park as the crow flies, and further on foot. Two parks
  are private; squares (`garden`) are smaller than a hectare.
- Outside the city: forests in the west, vines in the south-west, hedges and poplars in the plain. Polygons overlap.
- Only commune {CITY} has buildings and parcels. Its streets are one network.
- Weather: {weather.TRUTH}
- Broken on purpose: bow-ties, empty shapes, a missing kind, negative widths and heights, an identifier that comes
  twice, a parcel without a number, a park whose outline does not close, a climate zone 0.
"""


@draws.remembered
def _plantable():
    vegetation, _, buildings, _ = drawn()
    return planted.plantable(vegetation, buildings)


@draws.remembered
def residents():
    """Who lives in which house of the city, see `tools.sample.planted.residents`."""
    return planted.residents(_houses())


class _Truth(dict):
    """What was planted in a city; each part is made when it is asked for, as the free ground takes seconds."""

    def __init__(self):
        self.city = draws.drawn()

    def __missing__(self, name):
        with draws.city(*self.city):
            self[name] = {
                "blocks": blocks,
                "zones": zones,
                "plantable": lambda: _plantable().copy(),
                "residents": lambda: residents().copy(),
                "barrier": divided,
                "warming": lambda: 10 * weather.WARMING * draws.has("warming"),
                "warm_nights": lambda: weather.WARM_NIGHTS * draws.has("nights"),
                "gap": lambda: weather.GAP,
            }[name]()
        return self[name]


def truth():
    """What was planted, as numbers.

    Returns
    -------
    dict
        ``blocks`` and ``zones`` (GeoDataFrames, see there), ``plantable`` and ``residents`` (GeoDataFrames, see
        `tools.sample.planted`), ``barrier`` (DataFrame, see `tools.sample.blocks.divided`), ``warming`` (degrees a
        decade), ``warm_nights`` (degrees by which summer nights of the centre exceed those of the plain), ``gap``
        (station, first and last missing day).
    """
    return _Truth()


# -- layers -----------------------------------------------------------------------------------------------------------


def _buildings(rng):
    """Footprints of the city: rows along the streets, fewer in the yards."""
    shapes, where = [], []
    for number, kind, fill, size, yard in (
        (6, "dense", 0.97, (0.74, 0.98), 0.85),
        (5, "mixed", 0.98, (0.42, 0.68), 0.42),
    ):
        chosen = blocks()[lambda b, kind=kind: b.kind == kind]
        k, a, b = np.meshgrid(np.arange(len(chosen)), np.arange(number), np.arange(number), indexing="ij")
        k, a, b = k.ravel(), a.ravel(), b.ravel()
        row = (np.minimum(a, b) == 0) | (np.maximum(a, b) == number - 1)
        middle = (kind == "mixed") & (a == 2) & (b == 2)
        keep = (rng.uniform(size=len(k)) < np.where(row, fill, yard)) & ~middle  # trees stand in the middle of gardens
        k, a, b = k[keep], a[keep], b[keep]
        step = 0.9 / number
        half_u, half_v = (step / 2 * rng.uniform(*size, len(k)) for _ in "uv")
        u = 0.05 + step * (a + 0.5) + rng.uniform(-1, 1, len(k)) * (step / 2 - half_u)
        v = 0.05 + step * (b + 0.5) + rng.uniform(-1, 1, len(k)) * (step / 2 - half_v)
        i, j = chosen.i.to_numpy()[k], chosen.j.to_numpy()[k]
        shapes.append(quads(i, j, u - half_u, v - half_v, u + half_u, v + half_v))
        where.append(pd.DataFrame({"i": i, "j": j, "kind": kind}))
    chosen = blocks()[lambda b: b.kind == "open"]
    k = np.repeat(np.arange(len(chosen)), rng.integers(0, 3, len(chosen)))
    u, v = rng.uniform(0.06, 0.16, len(k)), rng.uniform(0.06, 0.86, len(k))
    i, j = chosen.i.to_numpy()[k], chosen.j.to_numpy()[k]
    shapes.append(quads(i, j, u, v, u + rng.uniform(0.02, 0.06, len(k)), v + rng.uniform(0.02, 0.06, len(k))))
    where.append(pd.DataFrame({"i": i, "j": j, "kind": "open"}))
    shapes, where = np.concatenate(shapes), pd.concat(where, ignore_index=True)
    city = territory.city()
    shapely.prepare(city)
    inner = shapely.contains(city, shapes)
    shapes, where = shapes[inner], where[inner].reset_index(drop=True)
    light = (shapely.area(shapes) < 170) & (rng.uniform(size=len(shapes)) < 0.7)
    found = gpd.GeoDataFrame(where.assign(type=np.where(light, "02", "01")), geometry=shapes, crs=territory.LAMBERT)
    return ground.standing(found)


def _blobs(x, y, radius, rng, corners=11, stretch=1.0):
    """Rounded shapes around points; ``stretch`` makes them long."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    r = np.asarray(radius)[:, None] * rng.uniform(0.72, 1.15, (len(x), corners))
    along = rng.uniform(0, np.pi, len(x))[:, None]
    dx, dy = r * np.cos(angle) * stretch, r * np.sin(angle) / stretch
    ring = np.stack(
        [x[:, None] + dx * np.cos(along) - dy * np.sin(along), y[:, None] + dx * np.sin(along) + dy * np.cos(along)],
        axis=-1,
    )
    return territory.on_grid(shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1)), 0.01)


def _vegetation(rng):
    """Parks and gardens of the city, woods, vines, hedges and poplars around it."""
    parts = []

    def add(shapes, natures):
        parts.append(gpd.GeoDataFrame({"nature": natures}, geometry=shapes, crs=territory.LAMBERT))

    parks = blocks()[lambda b: b.kind == "green"]
    i, j = parks.i.to_numpy(), parks.j.to_numpy()
    edge = [(t, 0) for t in (0, 0.35, 0.7)] + [(1, t) for t in (0, 0.35, 0.7)] + [(1 - t, 1) for t in (0, 0.35, 0.7)]
    edge += [(0, 1 - t) for t in (0, 0.35, 0.7)]
    ring = [inside(i, j, *(0.5 + (0.46 - rng.uniform(0, 0.06, len(i))) * (2 * c - 1) for c in uv)) for uv in edge]
    shapes = shapely.polygons(np.stack([*ring, ring[0]], axis=-2))
    shapes = shapely.difference(shapes, shapely.union_all(features.ponds().geometry.to_numpy()))
    add(territory.on_grid(shapes, 0.01), rng.choice(["Bois", "Forêt ouverte"], len(i), p=[0.7, 0.3]))

    gardens = blocks()[lambda b: b.kind == "mixed"]
    share = gardens.zone.map({"bare": 0.0, "green": 0.95}).fillna(0.5)
    gardens = gardens[rng.uniform(size=len(gardens)) < share]
    x, y = inside(gardens.i.to_numpy(), gardens.j.to_numpy(), np.array(0.5), np.array(0.5)).T
    add(_blobs(x, y, rng.uniform(18, 34, len(x)), rng, corners=7), ["Bois"] * len(x))

    metropole = territory.communes().union_all()
    city = territory.city().buffer(60)
    shapely.prepare(metropole)
    west, south, east, north = metropole.bounds
    cx, cy = territory.centre()

    def scatter(number, x0, x1, y0, y1, most_urban=0.45):
        x, y = rng.uniform(x0, x1, number), rng.uniform(y0, y1, number)
        keep = shapely.contains_xy(metropole, x, y) & (territory.urbanity(x, y) < most_urban)
        return x[keep], y[keep]

    x, y = scatter(330, west, cx - 2500, south, north, 0.3)
    kinds = ["Forêt fermée de feuillus", "Forêt fermée de conifères", "Forêt fermée mixte", "Lande ligneuse"]
    add(_blobs(x, y, rng.uniform(140, 480, len(x)), rng), rng.choice(kinds, len(x), p=[0.6, 0.12, 0.18, 0.1]))
    x, y = scatter(260, cx - 6500, cx - 1500, cy - 9000, cy - 4200, 0.4)
    add(_blobs(x, y, rng.uniform(60, 150, len(x)), rng, corners=7, stretch=1.3), ["Vigne"] * len(x))
    x, y = scatter(330, cx - 2500, east, south, north)
    kinds = rng.choice(["Bois", "Peupleraie", "Verger"], len(x), p=[0.7, 0.2, 0.1])
    add(_blobs(x, y, rng.uniform(35, 110, len(x)), rng, corners=8), kinds)
    x, y = scatter(260, cx - 4000, east, south, north, 0.35)
    add(_blobs(x, y, rng.uniform(22, 34, len(x)), rng, corners=6, stretch=2.6), ["Haie"] * len(x))

    frame = pd.concat(parts, ignore_index=True)
    inner = np.arange(len(frame)) < len(parts[0]) + len(parts[1])
    shapes = frame.geometry.array.copy()
    shapes[~inner] = shapely.difference(np.asarray(shapes[~inner]), city)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=territory.LAMBERT))
    return frame[frame.geom_type.eq("Polygon") & (frame.area > 50)].reset_index(drop=True)


def _lcz(vegetation):
    """A climate zone for each block of the city and for each square of four blocks around it."""
    kinds = {(i, j): (kind, zone) for i, j, kind, zone in blocks()[["i", "j", "kind", "zone"]].itertuples(index=False)}
    places = set(zip(*(a.tolist() for a in net()), strict=True))
    small, large = [], []
    for a, b in sorted({(i // 2, j // 2) for i, j in places}):
        four = [(2 * a + di, 2 * b + dj) for di in (0, 1) for dj in (0, 1)]
        if any(f in kinds for f in four):
            small += four
        else:
            large.append((2 * a, 2 * b))
    i, j = np.array(small).T
    k, m = np.array(large).T
    x, y = node(np.concatenate([i + 0.5, k + 1]), np.concatenate([j + 0.5, m + 1]))
    corners = ((0, 0), (2, 0), (2, 2), (0, 2), (0, 0))
    ring = np.stack([np.stack(node(k + di, m + dj), axis=-1) for di, dj in corners], axis=-2)
    shapes = np.concatenate([quads(i, j), territory.on_grid(shapely.polygons(ring), 0.01)])
    wood = vegetation[~vegetation.nature.isin(["Vigne", "Haie"])].union_all()
    shapely.prepare(wood)
    urban = territory.urbanity(x, y)
    around = np.select([shapely.contains_xy(wood, x, y), urban > 0.3, urban > 0.15], [11, 6, 9], 14)
    cx, cy = territory.centre()
    around[(np.hypot(x - cx - 2200, y - cy + 4600) < 800) & (around != 11)] = 8  # an invented business park
    around[np.hypot(x - cx + 2600, y - cy - 300) < 260] = 17  # an invented lake
    of_kind = {"dense": 2, "mixed": 5, "open": 15, "green": 11}
    built = [kinds.get(f) for f in small]
    inner = [
        around[n]
        if b is None
        else 3
        if b == ("mixed", "bare")
        else 6
        if b == ("mixed", "green")
        else 14
        if b == ("open", "green")
        else of_kind[b[0]]
        for n, b in enumerate(built)
    ]
    if not draws.has("heat"):
        inner = np.where([b is None for b in built], inner, 6)
    lcz = np.concatenate([inner, around[len(small) :]]).astype("int32")
    text = np.array([str(v) if v <= 10 else "ABCDEFG"[v - 11] for v in lcz])
    return gpd.GeoDataFrame({"lcz": text, "lcz_int": lcz}, geometry=shapes, crs=territory.LAMBERT)


# -- files ------------------------------------------------------------------------------------------------------------


def _collection(frame, id_field, prefix, rng, digits, spoil):
    """A GeoJSON dict with the kit's usual share of broken features."""
    if id_field:
        frame = frame.copy()
        frame.insert(0, id_field, [f"{prefix}EXEMPLE{n:0{17 - len(prefix)}d}" for n in range(len(frame))])
    found = territory.collection(frame, digits)
    features = found["features"]
    broken = max(len(spoil), len(features) // 220) if spoil else 0
    for n, place in enumerate(rng.choice(len(features), broken, replace=False)):
        spoil[n % len(spoil)](features[place], features[place - 1])
    return found


def _empty(feature, other):
    feature["geometry"] = {"type": feature["geometry"]["type"], "coordinates": []}


def _bow_tie(feature, other):
    x, y = feature["geometry"]["coordinates"][0][0]
    ring = [[x, y], [x + 0.0004, y + 0.0003], [x + 0.0004, y], [x, y + 0.0003], [x, y]]
    feature["geometry"]["coordinates"] = [[[round(c, 7) for c in p] for p in ring]]


def _without(name, value=None):
    def spoil(feature, other):
        feature["properties"][name] = value

    return spoil


def _twice(feature, other):
    feature["properties"]["cleabs"] = other["properties"]["cleabs"]


def _dump(found):
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


@draws.remembered
def drawn():
    """Vegetation, roads and buildings, before they are written and spoilt, and the random numbers that come next."""
    rng = draws.rng(12)  # the seed of the theme in make_sample
    return _vegetation(rng), streets.roads(rng), _buildings(rng), rng.bit_generator.state


def make(folder, rng):
    """Write the sample of the vegetation cards."""
    folder = Path(folder)
    vegetation, roads, buildings, rng.bit_generator.state = drawn()
    stamp = {"date_creation": "2026-01-15T00:00:00Z"}
    _wfs(
        folder,
        "bdtopo-vegetation",
        vegetation.assign(**stamp),
        "ZONEVEGE",
        rng,
        [_bow_tie, _empty, _without("nature"), _twice],
    )
    _wfs(
        folder,
        "bdtopo-roads",
        roads,
        "TRONROUT",
        rng,
        [_without("largeur_de_chaussee", -1.0), _empty, _without("nature"), _twice],
    )
    cadastre = buildings.assign(nom=None, commune=CITY, created="2026-01-15", updated="2026-01-15")
    cadastre = cadastre[["type", "nom", "commune", "created", "updated", "geometry"]]
    found = _collection(cadastre, None, None, rng, 7, [_bow_tie, _empty, _without("type", "03"), _without("commune")])
    _write_gzip(folder / f"cadastre-buildings/cadastre-{CITY}-batiments.json.gz", _dump(found))
    zones_of = _lcz(vegetation)
    zones_of.loc[rng.choice(len(zones_of), 6, replace=False), "lcz_int"] = 0
    _write_shapefile(zones_of, folder / "lcz-cerema/lcz-spot-2022-dijon.zip", "LCZ_SPOT_2022_EXEMPLE")
    history, latest = weather.tables(draws.rng(12, 1))  # its own: streets do not change the weather
    _write_gzip(folder / "meteo-daily/Q_21_previous_RR-T-Vent.csv.gz", history)
    _write_gzip(folder / "meteo-daily-latest/Q_21_latest_RR-T-Vent.csv.gz", latest)
    _make_ground(folder, draws.rng(ground.SEED, 10))


def _make_ground(folder, rng):
    """The layers of the ground, from a seed of their own."""
    houses = _houses().drop(columns=["iris", "residents"])
    _wfs(
        folder,
        "bdtopo-buildings",
        houses,
        "BATIMENT",
        rng,
        [_bow_tie, _empty, _without("nature"), _without("hauteur", -3.0), _twice],
        packed=True,
    )
    layers = {
        "bdtopo-water": (features.water(rng), "SURFHYDR"),
        "bdtopo-rail": (features.rail(), "TRONFERR"),
        "bdtopo-sports": (features.sports(), "TERRSPOR"),
        "bdtopo-places": (features.services(), "ZONEACTI"),
        "bdtopo-transport": (features.transport(), "EQUITRAN"),
    }
    for id, (layer, prefix) in layers.items():
        # One broken row among twenty would be more than the share that the sample promises.
        _wfs(folder, id, layer, prefix, rng, [_without("nature")] if len(layer) > 25 else [])
    lots = ground.lots()
    parcels = gpd.GeoDataFrame(
        {
            "id": lots.id,
            "commune": CITY,
            "prefixe": "000",
            "section": lots.section,
            "numero": lots.number.astype("str"),
            "contenance": lots.area.round().astype(int),
            "arpente": False,
            "created": "2026-01-15",
            "updated": "2026-01-15",
        },
        geometry=lots.geometry.array,
        crs=lots.crs,
    )
    found = _collection(parcels, None, None, rng, 7, [_bow_tie, _empty, _without("id"), _without("commune")])
    _write_gzip(folder / f"cadastre-parcels/cadastre-{CITY}-parcelles.json.gz", _dump(found))
    owners = ground.owners(rng)
    owners.iloc[rng.choice(len(owners), 12, replace=False), owners.columns.get_loc("N° plan")] = ""
    away = owners.head(20).assign(**{"Code Commune": "200", "Nom de la commune": "AILLEURS"})
    table = pd.concat([away, owners], ignore_index=True).to_csv(sep=";", index=False, lineterminator="\n")
    (folder / "public-parcels").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(
        folder / "public-parcels/fichier_des_parcelles_situation_2025_dpts_01_a_56.zip", "w"
    ) as archive:
        for member, text in (("PM_25_NB_010.csv", table.partition("\n")[0] + "\n"), ("PM_25_NB_210.csv", table)):
            info = zipfile.ZipInfo(member, (2026, 1, 15, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text.encode("utf-8"))
    (folder / "osm-green").mkdir(parents=True, exist_ok=True)
    (folder / "osm-green/osm-green.json").write_text(_dump(features.osm(rng)), encoding="utf-8")


@draws.remembered
def _houses():
    """The buildings with the columns of BD TOPO and their inhabitants, always the same ones."""
    return ground.housed(drawn()[2], draws.rng(ground.SEED, 11))


def _wfs(folder, id, layer, prefix, rng, spoil, packed=False):
    """An answer of IGN's service; packed where it is large, as a server may send it."""
    (folder / id).mkdir(parents=True, exist_ok=True)
    found = _collection(layer, "cleabs", prefix, rng, 6, spoil)
    found["numberMatched"] = len(found["features"])
    file = folder / id / f"{id}.geojson"
    if packed:
        _write_gzip(file, _dump(found))
    else:
        file.write_text(_dump(found), encoding="utf-8")


def _write_gzip(path, text):
    """A gzip without the time of writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write_shapefile(frame, path, stem):
    """A shapefile in a zip, with dates that do not change from one day to the next."""
    path.parent.mkdir(parents=True, exist_ok=True)
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
