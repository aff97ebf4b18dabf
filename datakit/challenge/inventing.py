"""Invented data of a town, in its publishers' formats: it says nothing about the town, and says so.

Everything is drawn from one generator whose seed is the town's code, so that a project made twice is the same twice.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.data.cards import read_card

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from datakit.challenge.plan import Plan

MADE = "2026-01-15T00:00:00Z"  # fixed: nothing was retrieved, and a lock must not change with the clock
STREETS, OF_STREET, WOODS = 60, 24, 70
SURVEY = "2025-06-01"
# genus, species, weight, growth in girth (cm a year): real names of common street trees, invented figures.
TAXA = (
    ("Platanus", "x hispanica", 14, 2.9),
    ("Tilia", "cordata", 12, 1.9),
    ("Acer", "platanoides", 11, 2.0),
    ("Aesculus", "hippocastanum", 8, 2.2),
    ("Fraxinus", "excelsior", 7, 2.2),
    ("Carpinus", "betulus", 6, 1.5),
    ("Prunus", "avium", 6, 2.0),
    ("Betula", "pendula", 5, 1.9),
    ("Quercus", "robur", 4, 1.9),
    ("Robinia", "pseudoacacia", 3, 2.1),
    ("Celtis", "australis", 3, 1.9),
    ("Ginkgo", "biloba", 1, 1.3),
)
README = {
    "en": "# INVENTED data: it says nothing about {town}\n\nEvery shape, tree, service and figure in this folder was "
    "drawn by `datakit challenge new`. Only the names and codes of communes are real. The chapters say so on every "
    "page. Real files go into a folder of their own: `datakit mirror build real --origins publisher`.\n",
    "fr": "# Données INVENTÉES : elles ne disent rien {town:de}\n\nChaque contour, arbre, service et chiffre de ce "
    "dossier a été tiré au sort par `datakit challenge new`. Seuls les noms et les codes des communes sont vrais. Les "
    "chapitres le disent sur chaque page. Les vrais fichiers vont dans un dossier à part : "
    "`datakit mirror build reel --origins publisher`.\n",
}


def invent(plan: Plan, folder: Path, cards: Path) -> list[str]:
    """Write a mirror of invented data.

    Parameters
    ----------
    plan : Plan
    folder : Path
        The mirror, made here.
    cards : Path
        The folder of the town's cards: they say under which name each file lies.

    Returns
    -------
    list of str
        The ids of its datasets.
    """
    rng = np.random.default_rng(int(hashlib.sha256(plan.code.encode()).hexdigest()[:8], 16))
    communes = _communes(plan, rng)
    files: dict[str, Any] = {
        "communes": _geojson(communes.rename(columns={"name": "nom", "commune": "code"})),
        "communes-population": json.dumps(
            communes[["name", "commune", "population"]]
            .rename(columns={"name": "nom", "commune": "code"})
            .to_dict("records"),
            ensure_ascii=False,
        ),
    }
    if "trees" in plan.themes:
        trees = _trees(plan, communes, rng)
        files[plan.inventory], files["trees-osm"] = _csv(trees, ";"), _mapped(trees)
    if "vegetation" in plan.themes:
        woods = _woods(communes, rng)
        files["bdtopo-vegetation"], files["osm-green"] = _geojson(woods), _parks(woods)
    if "inclusion" in plan.themes:
        files["france-services"] = _csv(_counters(plan, communes, rng), ";")
        files["inclusion-places"] = _csv(_helpers(communes, rng), ",")
    datasets = {}
    for id, text in files.items():
        card, data = read_card(cards / f"{id}.json"), text.encode()
        (folder / id).mkdir(parents=True)
        (folder / id / card.filename).write_bytes(data)
        datasets[id] = {
            "filename": card.filename,
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "url": None,
            "licence": "CC0-1.0",
            "retrieved": MADE,
            "note": f"SYNTHETIC SAMPLE in the format of: {card.publisher}",
        }
    lock = {"version": 1, "synthetic": True, "datasets": datasets}
    (folder / "data.lock").write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return list(datasets)


def _communes(plan, rng):
    """Shapes that no commune has: an oval of the box, cut around as many points as there are communes."""
    west, south, east, north = plan.bounds
    middle, axes = ((west + east) / 2, (south + north) / 2), ((east - west) / 2, (north - south) / 2)
    oval = shapely.affinity.scale(shapely.Point(middle).buffer(1, quad_segs=24), *axes)
    n = len(plan.communes)
    seeds = shapely.points(middle + rng.uniform(-0.7, 0.7, (n, 2)) * axes)
    cells = [oval] if n == 1 else shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=oval).geoms
    shapes = [shapely.intersection(cell, oval) for cell in cells]
    shapes.sort(key=lambda shape: -shape.area)  # the town first: the largest
    people = (np.array([shape.area for shape in shapes]) / 1e6 * rng.uniform(300, 900, n)).round().astype(int) + 50
    table = {"name": list(plan.communes.values()), "commune": list(plan.communes), "population": people}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=2154)


def _points(communes, n, rng):
    """Places near the middle of the territory, all within it."""
    whole, found = shapely.union_all(communes.geometry.to_numpy()), np.empty((0, 2))
    west, south, east, north = whole.bounds
    spread = np.array([east - west, north - south]) / 5
    while len(found) < n:
        drawn = rng.normal([(west + east) / 2, (south + north) / 2], spread, (2 * n, 2))
        found = np.vstack([found, drawn[shapely.contains_xy(whole, drawn[:, 0], drawn[:, 1])]])
    return found[:n]


def _trees(plan, communes, rng):
    """Rows of trees along invented streets, each street of one taxon for the most part."""
    weights = np.array([weight for _genus, _species, weight, _growth in TAXA], dtype=float)
    rows = []
    for street, (x, y) in enumerate(_points(communes, STREETS, rng)):
        kind, angle = rng.choice(len(TAXA), p=weights / weights.sum()), rng.uniform(0, np.pi)
        planted = int(rng.integers(1955, 2021))
        for k in range(OF_STREET):
            genus, species, _weight, growth = TAXA[kind if rng.random() < 0.85 else rng.integers(len(TAXA))]
            year = int(np.clip(planted + rng.integers(-1, 12), 1950, 2024))
            girth = max(8.0, growth * (2025 - year) * rng.normal(1, 0.15))
            lost = rng.random() < 0.04 + 0.06 * (genus == "Fraxinus")
            rows.append(
                {
                    "x": x + 9 * (k - OF_STREET / 2) * np.cos(angle),
                    "y": y + 9 * (k - OF_STREET / 2) * np.sin(angle),
                    "date_releve": SURVEY,
                    "genre": genus,
                    "espece": species,
                    "adresse": f"Rue inventée {street + 1}",
                    "date_plantation": f"{year}-11-25",
                    "hauteur": int(girth * 9 + 200),
                    "circonference": int(girth),
                    "diametre_couronne": round(1.5 + girth / 25, 1),
                    "situation": "Alignement",
                    "etat": "ABATTU" if lost else "EN PLACE",
                    "date_abattage": f"{rng.integers(2021, 2025)}-02-15" if lost else "",
                }
            )
    table = pd.DataFrame(rows)
    points = gpd.GeoSeries(gpd.points_from_xy(table.pop("x"), table.pop("y")), crs=2154)
    row, commune = communes.sindex.query(points, predicate="intersects")
    codes = pd.Series(communes["commune"].to_numpy()[commune], index=row).groupby(level=0).first()
    table = _placed(table, points).assign(code_insee=codes.reindex(table.index).fillna(""))
    table.insert(0, "id", [f"INVENTE-{k + 1}" for k in range(len(table))])
    return table


def _woods(communes, rng):
    """Round woods, hedges and heath, some over each other as in the publisher's file."""
    places = shapely.points(_points(communes, WOODS, rng))
    shapes = shapely.buffer(places, rng.uniform(40, 320, WOODS), quad_segs=4)
    natures = rng.choice(["Bois", "Forêt fermée de feuillus", "Haie", "Lande ligneuse"], WOODS)
    ids = [f"ZONEVEGEINVENTE{k:09d}" for k in range(WOODS)]
    table = {"cleabs": ids, "nature": natures, "date_creation": MADE}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=2154)


def _mapped(trees):
    """Every seventh standing tree, as if volunteers had mapped it."""
    some = trees[trees["etat"] == "EN PLACE"].iloc[::7]
    nodes = zip(some["latitude"], some["longitude"], some["genre"], strict=True)
    made = [
        {"type": "node", "id": -k, "lat": lat, "lon": lon, "tags": {"natural": "tree", "genus": genus}}
        for k, (lat, lon, genus) in enumerate(nodes, 1)
    ]
    return _overpass(made)


def _parks(woods):
    """A tenth of the woods, as if they were parks."""
    made = []
    for k, shape in enumerate(woods.geometry.iloc[::10].to_crs(4326), 1):
        line = [{"lat": round(y, 6), "lon": round(x, 6)} for x, y in shape.exterior.coords]
        tags = {"leisure": "park", "name": f"Parc inventé {k}"}
        made.append({"type": "way", "id": -k, "geometry": [*line[:-1], line[0]], "tags": tags})
    return _overpass(made)


def _overpass(elements):
    made = {"version": 0.6, "generator": "SYNTHETIC SAMPLE", "elements": elements}
    return json.dumps(made, ensure_ascii=False)


def _counters(plan, communes, rng):
    """A counter or more in each commune, at an address that nobody has."""
    points = gpd.GeoSeries(shapely.points(_points(communes, max(3, len(communes)), rng)), crs=2154)
    first = communes.iloc[0]
    table = pd.DataFrame(
        {
            "id_fs": [f"INVENTE{k}" for k in range(len(points))],
            "insee_dep": plan.departement,
            "lib_fs": [f"France services inventé {k + 1}" for k in range(len(points))],
            "adresse": [f"{k + 1} rue inventée" for k in range(len(points))],
            "insee_com": first["commune"],
            "code_postal": _postal(plan),
            "lib_com": first["name"],
        }
    )
    hours = dict.fromkeys([f"h_{day}" for day in ("lundi", "mardi", "mercredi", "jeudi", "vendredi")], "09:00 - 12:00")
    return _placed(table.assign(**hours, h_samedi="", format_fs="Fixe"), points)


def _helpers(communes, rng):
    points = gpd.GeoSeries(shapely.points(_points(communes, 6 + 2 * len(communes), rng)), crs=2154)
    first = communes.iloc[0]
    table = pd.DataFrame(
        {
            "id": [f"INV_{k}" for k in range(len(points))],
            "nom": [f"Lieu inventé {k + 1}" for k in range(len(points))],
            "adresse": [f"{k + 1} rue inventée" for k in range(len(points))],
            "commune": first["name"],
            "code_insee": first["commune"],
            "code_postal": "",
            "horaires": "Mo-Fr 09:00-12:00",
            "typologie": "MUNI",
            "itinerance": "Fixe",
            "date_maj": "2025-01-01",
            "services": "Aide aux démarches administratives",
        }
    )
    table["code_postal"] = f"{first['commune'][:2].replace('2A', '20').replace('2B', '20')}000"
    return _placed(table, points)


def _postal(plan):
    return f"{plan.departement.replace('2A', '20').replace('2B', '20')}000"[:5]


def _placed(table, points):
    degrees = points.to_crs(4326)
    return table.assign(longitude=degrees.x.round(6).to_numpy(), latitude=degrees.y.round(6).to_numpy())


def _csv(table, delimiter):
    return table.to_csv(index=False, sep=delimiter, lineterminator="\n")


def _geojson(frame):
    shapes = shapely.set_precision(frame.to_crs(4326).geometry.to_numpy(), 1e-6)
    names = [name for name in frame if name != "geometry"]
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(names, row, strict=True)),
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in zip(frame[names].to_numpy(dtype=object).tolist(), shapes, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
