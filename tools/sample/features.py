"""The invented railway, water, sports grounds, places, car parks and parks, in the layers of their publishers."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws, ground, territory
from tools.sample.blocks import CANAL, CROSSING, RAIL, blocks, divided, inside, line, node, quads

CANAL_WIDTH = 12.0
PRIVATE = 2  # parks that nobody may enter
SOUTH_TUNNEL = -25  # the railway runs underground beyond this crossing of the net


def _frame(shapes, **columns):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=territory.LAMBERT).assign(**columns)


def _metropole():
    found = territory.communes().union_all()
    shapely.prepare(found)
    return found


def _discs(x, y, radius, rng, corners=14):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    r = np.asarray(radius)[:, None] * rng.uniform(0.85, 1.1, (len(x), corners))
    ring = np.stack([x[:, None] + r * np.cos(angle), y[:, None] + r * np.sin(angle)], axis=-1)
    return territory.on_grid(shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1)), 0.01)


def rail():
    """Sections of the railway, in a tunnel in the south, and a siding."""
    steps = np.arange(-60, 60, 2)
    parts = [shapely.linestrings(np.stack(node(np.full(3, RAIL), np.arange(s, s + 3)), axis=-1)) for s in steps]
    near = shapely.intersects(_metropole(), parts)
    main = _frame(np.array(parts)[near], nature="Voie ferrée principale", nombre_de_voies=2)
    main["position_par_rapport_au_sol"] = np.where(steps[near] < SOUTH_TUNNEL, "-1", "0")
    siding = _frame(
        [shapely.offset_curve(line("rail", 22, 25), 14)],
        nature="Voie de service",
        nombre_de_voies=1,
        position_par_rapport_au_sol="0",
    )
    return pd.concat([main, siding], ignore_index=True).assign(etat_de_l_objet="En service")


@draws.remembered
def park_groups():
    """Green blocks of the city that lie side by side, without an avenue, the railway or the canal between them.

    Returns
    -------
    GeoDataFrame
        ``places`` (tuple of (i, j)), ``private`` (bool), ``geometry`` to 8 m from the middle of the streets; EPSG:2154.
    """
    green = blocks()[lambda b: (b.kind == "green") & b.within(territory.city())]
    left, groups = set(zip(green.i.tolist(), green.j.tolist(), strict=True)), []
    while left:
        todo, group = [min(left)], []
        left.remove(todo[0])
        while todo:
            i, j = todo.pop()
            group.append((i, j))
            for a, b, between, barrier in (
                (i - 1, j, i, RAIL),
                (i + 1, j, i + 1, RAIL),
                (i, j - 1, j, CANAL),
                (i, j + 1, j + 1, CANAL),
            ):
                if (a, b) in left and between % CROSSING and between != barrier:
                    left.remove((a, b))
                    todo.append((a, b))
        groups.append(tuple(sorted(group)))
    shapes = [shapely.union_all(quads(*np.array(g).T)) for g in groups]
    shapes = territory.on_grid(shapely.buffer(shapes, -12, join_style="mitre"), 0.01)
    needed = set(zip(divided().park_i, divided().park_j, strict=True))
    free = [k for k, g in enumerate(groups) if not needed & set(g)]
    return _frame(
        shapes, places=groups, private=np.isin(np.arange(len(groups)), free[:: max(len(free) // PRIVATE, 1)][:PRIVATE])
    )


@draws.remembered
def ponds():
    """One pond in each park of two blocks or more."""
    rng = draws.rng(ground.SEED, 3)
    first = np.array([g[0] for g in park_groups().places if len(g) > 1])
    x, y = inside(first[:, 0], first[:, 1], np.array(0.5), np.array(0.5)).T
    return _frame(_discs(x, y, rng.uniform(16, 26, len(x)), rng), nature="Lac")


def water(rng):
    """The canal, the ponds of the parks, and a river and lakes in the country."""
    metropole = _metropole()
    steps = np.arange(-60, 60, 3)
    canal = [shapely.linestrings(np.stack(node(np.arange(s, s + 4), np.full(4, CANAL)), axis=-1)) for s in steps]
    canal = shapely.buffer(canal, CANAL_WIDTH / 2, cap_style="flat", join_style="mitre")
    west, south, east, north = metropole.bounds
    y = np.linspace(south, north, 61)
    x = territory.centre()[0] + 6200 + 320 * np.sin(y / 700) + 90 * np.sin(y / 190)
    path = np.stack([x, y], axis=-1)
    river = shapely.buffer([shapely.linestrings(path[k : k + 3]) for k in range(0, 60, 2)], 5, cap_style="flat")
    x, y = rng.uniform(west, east, 60), rng.uniform(south, north, 60)
    far = territory.urbanity(x, y) < 0.12
    lakes = _discs(x[far][:9], y[far][:9], rng.uniform(40, 140, far[:60].sum())[:9], rng)
    parts = [_frame(s, nature=n) for s, n in ((canal, "Canal"), (river, "Ecoulement naturel"), (lakes, "Lac"))]
    found = pd.concat([*parts, ponds()], ignore_index=True).assign(
        persistance="Permanent", position_par_rapport_au_sol="0"
    )
    found["geometry"] = territory.on_grid(found.geometry, 0.01)
    found = found[shapely.intersects(metropole, found.geometry.to_numpy())].reset_index(drop=True)
    found.loc[found.index[found.nature == "Ecoulement naturel"][:2], "position_par_rapport_au_sol"] = "-1"
    return found


def sports():
    """Pitches and courts of the sports grounds."""
    big = ground.places("sports", ground.PITCHES).assign(
        nature="Grand terrain de sport", nature_detaillee="Terrain de football"
    )
    small = ground.places("sports", ground.COURT).assign(nature="Terrain de tennis", nature_detaillee=None)
    return pd.concat([big, small], ignore_index=True)[["nature", "nature_detaillee", "geometry"]]


def services():
    """Grounds of schools, and squares and town halls that are none."""
    schools = ground.places("school", ground.SCHOOL)
    schools = schools.assign(
        categorie="Science et enseignement",
        fictif=False,
        toponyme=[f"École fictive n° {k}" for k in range(1, len(schools) + 1)],
    )
    squares = ground.places("square", ground.SQUARE)
    squares = squares.assign(
        categorie="Culture et loisirs",
        nature="Espace public",
        fictif=False,
        toponyme=[f"Place fictive n° {k}" for k in range(1, len(squares) + 1)],
    )
    point = territory.communes().geometry.representative_point()
    halls = _frame(
        point.buffer(6, quad_segs=2),
        categorie="Administratif ou militaire",
        nature="Mairie",
        fictif=True,
        toponyme=[f"Mairie fictive de {n}" for n in territory.communes().name],
    )
    columns = ["categorie", "nature", "nature_detaillee", "toponyme", "fictif", "geometry"]
    return pd.concat([schools, squares, halls], ignore_index=True).assign(nature_detaillee=None)[columns]


def transport():
    """Car parks, and a station."""
    parks = ground.places("car park", ground.CAR_PARK)
    parks = parks.assign(nature="Parking", toponyme=[f"Parking fictif n° {k}" for k in range(1, len(parks) + 1)])
    x, y = inside(RAIL + 3, 0, np.array(0.5), np.array(0.5))
    station = _frame([shapely.box(x - 12, y - 12, x + 12, y + 12)], nature="Gare routière", toponyme="Gare fictive")
    columns = ["nature", "nature_detaillee", "toponyme", "fictif", "geometry"]
    return pd.concat([parks, station], ignore_index=True).assign(nature_detaillee=None, fictif=False)[columns]


# -- OpenStreetMap ----------------------------------------------------------------------------------------------------


def _way(ring):
    return [{"lat": round(float(lat), 7), "lon": round(float(lon), 7)} for lon, lat in shapely.get_coordinates(ring)]


def _ended(places):
    box = [p["lat"] for p in places], [p["lon"] for p in places]
    return {"minlat": min(box[0]), "minlon": min(box[1]), "maxlat": max(box[0]), "maxlon": max(box[1])}


def osm(rng):
    """Parks and squares of the city and parks of the other towns, as an answer of Overpass.

    A park with a pond is a relation, its outline in two ways and the pond a hole.
    """
    parks = park_groups()
    squares = ground.places("square", ground.SQUARE)
    point = territory.communes()[lambda c: c.code != "21231"].geometry.representative_point()
    towns = _discs(point.x.to_numpy(), point.y.to_numpy(), rng.uniform(40, 110, len(point)), rng)
    hole = shapely.union_all(ponds().geometry.to_numpy())
    shapes = np.concatenate([shapely.difference(parks.geometry.to_numpy(), hole), squares.geometry.to_numpy(), towns])
    shapes = gpd.GeoSeries(shapes, crs=territory.LAMBERT).to_crs(territory.WGS84).to_numpy()
    kinds = ["park"] * len(parks) + ["garden"] * len(squares) + ["park"] * len(towns)
    private = [*parks.private, *[False] * (len(squares) + len(towns))]
    elements = []
    for k, (shape, kind, closed) in enumerate(zip(shapes, kinds, private, strict=True)):
        tags = {"leisure": kind, "name": f"{'Jardin' if kind == 'garden' else 'Parc'} fictif n° {k + 1}"}
        tags |= {"access": "private"} if closed else {"access": "yes"} if k % 3 == 0 else {}
        number, polygons = 900_000_000 + 10 * k, shapely.get_parts(shape)
        if len(polygons) == 1 and not shapely.get_num_interior_rings(polygons[0]):
            places = _way(shapely.get_exterior_ring(polygons[0]))
            nodes = [10 * number + n for n in range(len(places) - 1)]
            elements.append(
                {
                    "type": "way",
                    "id": number,
                    "bounds": _ended(places),
                    "nodes": [*nodes, nodes[0]],
                    "geometry": places,
                    "tags": tags,
                }
            )
            continue
        members = []
        for polygon in polygons:
            ring = _way(shapely.get_exterior_ring(polygon))
            half = len(ring) // 2
            ways = [("outer", ring[half:]), ("outer", ring[: half + 1][::-1])]  # out of order, one of them backwards
            ways += [("inner", _way(r)) for r in shapely.get_rings(polygon)[1:]]
            members += [
                {"type": "way", "ref": number + len(members) + n, "role": role, "geometry": places}
                for n, (role, places) in enumerate(ways, 1)
            ]
        bounds = _ended([p for m in members for p in m["geometry"]])
        elements.append(
            {
                "type": "relation",
                "id": number,
                "bounds": bounds,
                "members": members,
                "tags": {"type": "multipolygon", **tags},
            }
        )
    broken = {
        **elements[-1],
        "id": 999_999_999,
        "nodes": elements[-1]["nodes"][:-1],
        "geometry": elements[-1]["geometry"][:-1],
    }
    return {
        "version": 0.6,
        "generator": "SYNTHETIC SAMPLE",
        "osm3s": {"timestamp_osm_base": "2026-01-15T00:00:00Z", "copyright": "EXEMPLE"},
        "elements": [*elements, broken],
    }
