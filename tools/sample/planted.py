"""What the invented ground holds in truth: where it is free and whose it is, and who lives in which house."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tools.sample import features, ground, territory
from tools.sample.blocks import blocks, boulevard, quads, shares

CARRIAGEWAY = 3.0  # half of the widest street that has wide pavements, in metres


def _without(shapes, layer):
    """``shapes`` less whatever of ``layer`` touches them."""
    layer = np.asarray(layer, dtype=object)
    layer = layer[~(shapely.is_missing(layer) | shapely.is_empty(layer))]
    place, other = shapely.STRtree(layer).query(shapes, predicate="intersects")
    held = pd.Series(layer[other]).groupby(place).agg(lambda s: shapely.union_all(s.to_numpy()))
    out = np.array(shapes, dtype=object)
    at = held.index.to_numpy()
    out[at] = shapely.difference(out[at], held.to_numpy())
    return out


def _pavements():
    """The pavements of boulevards: from the edge of the carriageway to the first lot, without the crossings."""
    b, parts = blocks(), []
    green = set(zip(b.i[b.kind == "green"], b.j[b.kind == "green"], strict=True))
    for right in (False, True):
        found = b[boulevard(b.i + right)]
        i, j = found.i.to_numpy(), found.j.to_numpy()
        beside = zip(i, np.where(right, i + 1, i - 1), j, strict=True)
        street = np.array([not ({(a, c), (z, c)} <= green) for a, z, c in beside])  # a path between two parks has none
        left, lower, rightmost, upper = shares(i, j)
        wide = rightmost if right else left
        kerb = wide * CARRIAGEWAY / 12
        u = (1 - wide, 1 - kerb) if right else (kerb, wide)
        shapes = quads(i, j, u[0], lower, u[1], 1 - upper)
        parts.append(pd.DataFrame({"i": i, "j": j, "geometry": shapes})[street])
    return pd.concat(parts, ignore_index=True)


def plantable(vegetation, buildings):
    """Ground where nothing stands, runs or grows; no distance is kept from anything.

    Returns
    -------
    GeoDataFrame
        ``i``, ``j`` of the block, ``block`` (its kind), ``tenure`` ("public", "private"), ``kind`` ("schoolyard",
        "car park", "wide pavement", "open ground"), ``geometry``; EPSG:2154. Every place is in one row at most,
        but for slivers.
    """
    lots = ground.lots()
    taken = [buildings.geometry, vegetation.geometry, features.sports().geometry, features.ponds().geometry]
    taken = np.concatenate([t.to_numpy() for t in taken])
    free = _without(lots.geometry.to_numpy(), taken)
    rows = lots[["i", "j", "kind", "tenure"]].rename(columns={"kind": "block"}).assign(kind="open ground")
    parts = []
    for kind, use, box in (("schoolyard", "school", ground.SCHOOL), ("car park", "car park", ground.CAR_PARK)):
        site = ground.places(use, box).set_index(["i", "j"]).geometry
        mine = site.reindex(pd.MultiIndex.from_frame(rows[["i", "j"]])).to_numpy()
        at = np.flatnonzero(~shapely.is_missing(mine))
        parts.append(rows.iloc[at].assign(kind=kind, geometry=shapely.intersection(free[at], mine[at])))
        free[at] = shapely.difference(free[at], mine[at])
    pavement = _pavements()
    shapes = shapely.intersection(_without(pavement.geometry.to_numpy(), taken), territory.city())
    kind_of = blocks().set_index(["i", "j"]).kind
    block = kind_of.reindex(pd.MultiIndex.from_frame(pavement[["i", "j"]])).to_numpy()
    pavement = pavement.assign(block=block, tenure="public", kind="wide pavement", geometry=shapes)
    found = pd.concat([rows.assign(geometry=free), *parts, pavement], ignore_index=True)
    found = gpd.GeoDataFrame(found, geometry="geometry", crs=territory.LAMBERT)
    found = found[~(found.is_empty | found.geometry.isna())]
    found["geometry"] = shapely.set_precision(found.geometry.to_numpy(), 0, mode="pointwise")  # united 4 times as fast
    found = found.dissolve(["i", "j", "block", "tenure", "kind"]).reset_index()
    return found[found.area > 1].reset_index(drop=True)


def residents(houses):
    """Who lives in which house: the inhabitants of each IRIS of the city, to the last one.

    Returns
    -------
    GeoDataFrame
        ``cleabs``, ``iris``, ``usage_1``, ``residents``, ``geometry`` (middle of the footprint); EPSG:2154.
    """
    found = houses.assign(cleabs=[f"BATIMENTEXEMPLE{n:09d}" for n in range(len(houses))])
    found = found.set_geometry(found.geometry.centroid)
    return found.loc[found.residents > 0, ["cleabs", "iris", "usage_1", "residents", "geometry"]].reset_index(drop=True)
