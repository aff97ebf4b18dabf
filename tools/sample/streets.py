"""The invented roads: streets between the blocks, avenues, a motorway, tracks, and where they cross rail and water."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import territory
from tools.sample.blocks import CANAL, CROSSING, PITCH, RAIL, blocks, net, node, width_of

SPUR = 35.0  # metres from the railway and the canal at which streets end


def _crossed(i, j, across):
    """What the railway and the canal do to the street from (i, j) along j (``across`` 0) or along i (``across`` 1).

    Returns
    -------
    tuple or None
        Start and end, 0 to 1, of what is left of the street, and whether it is a bridge; None where there is no street.
    """
    along, other, barrier = (i, j, RAIL) if across else (j, i, CANAL)
    if other == (CANAL if across else RAIL):
        return None
    if other % CROSSING == 0:
        return 0.0, 1.0, along in (barrier - 1, barrier)
    gap = SPUR / PITCH
    return (gap if along == barrier else 0.0), (1 - gap if along == barrier - 1 else 1.0), False


def roads(rng):
    """Streets between blocks, main roads across the country, a motorway, tracks."""
    kinds = {(i, j): kind for i, j, kind in blocks()[["i", "j", "kind"]].itertuples(index=False)}
    rows = []

    def add(line, nature, importance, width, lanes, urban, name=None, level="0"):
        rows.append((nature, importance, width, lanes, level, False, urban, name, line))

    def street(number):
        if width := float(width_of(number)):
            return ("Route à 2 chaussées", "2", width, 4) if width > 8 else ("Route à 1 chaussée", "3", width, 2)
        return "Route à 1 chaussée", "5", float(rng.choice([4.5, 5.0, 5.5, 6.0])), int(rng.choice([1, 2]))

    # The four sides of every block: the left and right ones run along j, the others along i.
    sides = sorted({side for i, j in kinds for side in ((i, j, 0), (i + 1, j, 0), (i, j, 1), (i, j + 1, 1))})
    for i, j, across in sides:
        nature, importance, width, lanes = street(j if across else i)
        beside = {kinds.get((i, j)), kinds.get((i, j - 1) if across else (i - 1, j))}
        if beside == {"green"}:
            nature, importance, width, lanes = "Sentier", "6", None, None
        if importance == "5" and rng.uniform() < 0.03:
            width = None
        if (kept := _crossed(i, j, across)) is None:
            continue
        start, end, bridge = kept
        name = f"{'Rue' if importance == '5' else 'Avenue'} fictive {'AB'[across]}{(j if across else i) % 100:02d}"
        ends = np.stack(node([i, i + across], [j, j + 1 - across]), axis=-1)
        ends = np.stack([ends[0] + (ends[1] - ends[0]) * share for share in (start, end)])
        add(
            shapely.linestrings(ends),
            nature,
            importance,
            width,
            lanes,
            True,
            None if nature == "Sentier" else name,
            "1" if bridge else "0",
        )
    metropole = territory.communes().union_all().buffer(300)
    shapely.prepare(metropole)
    places = set(zip(*(a.tolist() for a in net()), strict=True))
    for i, j in sorted(places):
        for di, dj, line in ((0, 1, i), (1, 0, j)):
            along = j if dj else i
            if line % 5 or along % 5 or (i, j) in kinds:
                continue
            steps = np.array([0, 2.5, 5])
            path = shapely.linestrings(np.stack(node(i + di * steps, j + dj * steps), axis=-1))
            if shapely.contains(metropole, path):
                main = line % 10 == 0
                add(path, "Route à 1 chaussée", "3" if main else "4", 7.5 if main else 6.0, 2, False)
    cx, cy = territory.centre()
    angle = np.radians(np.linspace(-110, 75, 38)).reshape(-1)
    ring = np.stack([cx + 4700 * np.cos(angle), cy + 4700 * np.sin(angle)], axis=-1)
    for k in range(0, 36, 2):
        level = "1" if k % 6 == 0 else "0"  # every third section is a bridge
        add(shapely.linestrings(ring[k : k + 3]), "Type autoroutier", "1", 14.0, 4, False, level=level)
    west, south, east, north = metropole.bounds
    x, y, turn = rng.uniform(west, east, 260), rng.uniform(south, north, 260), rng.uniform(0, np.pi, 260)
    for a, b, t in zip(x, y, turn, strict=True):
        reach, bend = np.array([0, 250, 480]), t + np.array([0, 0, 0.3])
        line = shapely.linestrings(a + reach * np.cos(bend), b + reach * np.sin(bend))
        # No track enters the city: its streets are one network.
        if (
            shapely.contains(metropole, line)
            and territory.urbanity(a, b) < 0.2
            and not line.intersects(territory.city())
        ):
            add(line, "Chemin", "6", None, None, False)
    columns = [
        "nature",
        "importance",
        "largeur_de_chaussee",
        "nombre_de_voies",
        "position_par_rapport_au_sol",
        "fictif",
        "urbain",
        "nom_voie_ban_gauche",
        "geometry",
    ]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=territory.LAMBERT)
    frame.loc[rng.choice(np.flatnonzero(frame.importance == "4"), 3, replace=False), "fictif"] = True
    return frame
