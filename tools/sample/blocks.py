"""The invented streets and blocks of the city: what kind of ground each block is, and two zones that stand out.

The layers are drawn from the kinds, so that the truth is known without measuring any layer. The streets bend, and
nothing is aligned with the grids of the analysis.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import draws, territory
from tools.sample.territory import city

SEED = 3  # of this module, within the city's
PITCH = 200.0  # metres between two streets
TURN = 0.35  # radians between the streets and the axes of EPSG:2154
ZONE_RADIUS = 1150.0
KINDS = ("dense", "mixed", "open", "green")
RAIL, CANAL = 3, -8  # lines of the net on which a railway (across) and a canal (along) take the place of a street
CROSSING = 5  # every so many blocks a street crosses them; the others end before
BOULEVARDS = 10, 7  # every tenth line of one direction, from the seventh, has wide pavements


def node(i, j):
    """Metres (EPSG:2154) of the crossings (i, j) of the net; fractions are places between crossings."""
    i, j = np.asarray(i, float), np.asarray(j, float)
    # Long waves bend the streets: neither straight lines nor right angles, as in a town that grew.
    u = PITCH * i + 70 * np.sin(0.31 * j) + 22 * np.sin(1.3 * j + 0.7 * i)
    v = PITCH * j + 70 * np.sin(0.27 * i + 1) + 22 * np.sin(1.1 * i - 0.5 * j)
    cx, cy = territory.centre()
    return cx + u * np.cos(TURN) - v * np.sin(TURN), cy + u * np.sin(TURN) + v * np.cos(TURN)


def inside(i, j, u, v):
    """Metres of the places (u, v), 0 to 1, of the block that starts at the crossing (i, j)."""
    (ax, ay), (bx, by), (dx, dy), (ex, ey) = node(i, j), node(i + 1, j), node(i, j + 1), node(i + 1, j + 1)
    x = ax * (1 - u) * (1 - v) + bx * u * (1 - v) + dx * (1 - u) * v + ex * u * v
    y = ay * (1 - u) * (1 - v) + by * u * (1 - v) + dy * (1 - u) * v + ey * u * v
    return np.stack([x, y], axis=-1)


def quads(i, j, u0=0.0, v0=0.0, u1=1.0, v1=1.0):
    corners = [(u0, v0), (u1, v0), (u1, v1), (u0, v1), (u0, v0)]
    ring = np.stack([inside(i, j, np.asarray(u), np.asarray(v)) for u, v in corners], axis=-2)
    return territory.on_grid(shapely.polygons(ring), 0.01)


@draws.remembered
def net():
    """Indices of every block of the net that touches the Metropole."""
    number = 80
    i, j = (a.ravel() for a in np.meshgrid(np.arange(-number, number), np.arange(-number, number), indexing="ij"))
    metropole = territory.communes().union_all()
    shapely.prepare(metropole)
    # Every corner of a block is nearer than this to its middle: of four in five no shape is needed.
    near = shapely.dwithin(metropole, shapely.points(*node(i + 0.5, j + 0.5)), PITCH)
    i, j = i[near], j[near]
    near = shapely.intersects(metropole, quads(i, j))
    return i[near], j[near]


def zones():
    """The two planted zones.

    Returns
    -------
    GeoDataFrame
        ``zone`` (``"bare"``, ``"green"``) and ``geometry``; EPSG:2154.
    """
    cx, cy = territory.centre()
    middles = shapely.points([[cx + 2500, cy + 800], [cx - 1900, cy + 600]])
    discs = territory.on_grid(shapely.buffer(middles, ZONE_RADIUS), 0.01)
    return gpd.GeoDataFrame({"zone": ["bare", "green"]}, geometry=discs, crs=territory.LAMBERT)


def width_of(line):
    """Metres of carriageway of the avenues on some lines; 0 for ordinary streets, whose widths are drawn."""
    line = np.asarray(line)
    return np.select([line % 10 == 0, line % 5 == 0], [13.0, 8.0], 0.0)


def boulevard(line):
    """Whether the street on a line of the first direction has wide pavements."""
    line = np.asarray(line)
    return (line % BOULEVARDS[0] == BOULEVARDS[1]) & (line != RAIL)


def margins(i, j):
    """Metres from the middle of the four streets to the first parcel: left, lower, right and upper side of blocks.

    Ordinary pavements are 2.5 to 3.3 m wide, those of boulevards 9 m.
    """

    def side(line, across):
        barrier = line == (RAIL if across else CANAL)
        usual = np.select([width_of(line) == 13, width_of(line) == 8], [9.0, 7.0], 5.5)
        return np.where(barrier, 10.0, np.where(across & boulevard(line), 12.0, usual))

    return side(i, True), side(j, False), side(i + 1, True), side(j + 1, False)


def shares(i, j):
    """The margins as parts of the block, 0 to 1: two along u, two along v, in the order of `margins`."""
    (ax, ay), (bx, by), (dx, dy), (ex, ey) = node(i, j), node(i + 1, j), node(i, j + 1), node(i + 1, j + 1)
    u = (np.hypot(bx - ax, by - ay) + np.hypot(ex - dx, ey - dy)) / 2
    v = (np.hypot(dx - ax, dy - ay) + np.hypot(ex - bx, ey - by)) / 2
    left, lower, right, upper = margins(i, j)
    return left / u, lower / v, right / u, upper / v


def line(name, low=-60, high=60):
    """The middle of the railway (``"rail"``) or the canal (``"canal"``), a vertex at every crossing of the net."""
    steps = np.arange(low, high + 1)
    other = np.full(len(steps), RAIL if name == "rail" else CANAL)
    return shapely.linestrings(np.stack(node(other, steps) if name == "rail" else node(steps, other), axis=-1))


@draws.remembered
def blocks():
    """The blocks of the city and what each of them is.

    Returns
    -------
    GeoDataFrame
        ``i``, ``j`` (place in the net), ``kind`` (one of `KINDS`), ``zone`` (``"bare"``, ``"green"`` or ``""``) and
        ``geometry`` (to the middle of the streets around); EPSG:2154.
    """
    rng = draws.rng(SEED, 1)
    i, j = net()
    shape = quads(i, j)
    touches = shapely.intersects(city(), shape)
    i, j, shape = i[touches], j[touches], shape[touches]
    middle = shapely.centroid(shape)
    urban = territory.urbanity(shapely.get_x(middle), shapely.get_y(middle))
    zone = np.full(len(i), "", dtype=object)
    for name, disc in zip(*zones()[["zone", "geometry"]].to_numpy().T, strict=True):
        zone[shapely.contains(disc, middle) & draws.has("zones")] = name
    green = np.select([zone == "bare", zone == "green"], [0.0, 0.30], 0.05 + 0.10 * (1 - urban))
    dense = np.where(zone == "bare", 0.50, np.where(zone == "green", 0.05, np.clip(1.3 * urban - 0.5, 0, 0.75)))
    edges = np.cumsum([np.full(len(i), 0.16), green, dense], axis=0)
    draw = rng.uniform(size=len(i))
    kind = np.select([draw < edges[0], draw < edges[1], draw < edges[2]], ["open", "green", "dense"], "mixed")
    kind = _divided(i, j, kind, zone, shapely.contains(city(), shape))
    return gpd.GeoDataFrame({"i": i, "j": j, "kind": kind, "zone": zone}, geometry=shape, crs=territory.LAMBERT)


def _parks(i, j, zone, whole):
    """Places (i of the park, i of the homes, j) on both sides of the railway, far from where it is crossed."""
    free = {(a, b) for a, b, z, w in zip(i.tolist(), j.tolist(), zone, whole, strict=True) if w and not z}
    for n, row in enumerate(sorted({b for _, b in free})):
        if not draws.has("barrier") or row % CROSSING != CROSSING // 2 or abs(row - CANAL) < CROSSING:
            continue
        park, homes = (RAIL - 1, RAIL) if n // CROSSING % 2 else (RAIL, RAIL - 1)
        if {(park, row), *((homes, row + d) for d in (-1, 0, 1))} <= free:
            yield park, homes, row


def _divided(i, j, kind, zone, whole):
    """Parks along the railway whose neighbours beyond it have no other: near as the crow flies, far on foot."""
    kind = np.array(kind)
    for park, homes, row in _parks(i, j, zone, whole):
        away = 1 if homes >= RAIL else -1
        own = np.isin(i, homes + away * np.arange(4)) & (np.abs(j - row) <= 4) & (kind == "green")
        own |= (i == homes) & (np.abs(j - row) <= 1) & (kind == "open")
        kind[own] = "mixed"
        kind[(i == park) & (j == row)] = "green"
    return kind


def divided():
    """Blocks within 300 m of a park as the crow flies and further on foot, because of the railway.

    Returns
    -------
    DataFrame
        ``i``, ``j`` of the block, ``park_i``, ``park_j`` of the nearest park, beyond the railway.
    """
    b = blocks()
    found = _parks(b.i.to_numpy(), b.j.to_numpy(), b.zone.to_numpy(), shapely.contains(city(), b.geometry.array))
    rows = [(homes, row + d, park, row) for park, homes, row in found for d in (-1, 0, 1)]
    return pd.DataFrame(rows, columns=["i", "j", "park_i", "park_j"])
