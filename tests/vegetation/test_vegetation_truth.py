"""The planted truth of the invented city is found by the chain of functions that the notebook uses."""

import warnings
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import spearmanr

import datakit
from datakit.data.cache import DataWarning
from datakit.geo import cells as grid
from datakit.geo import streets
from datakit.vegetation import cover, exposure, ground, planting, priority, reach, residents
from tools.sample.vegetation import truth

NOTHING_KEPT_CLEAR = dict.fromkeys(
    ["buildings", "roads", "vegetation", "crowns", "rail", "water", "sports", "pipes", "boundary"], 0.0
)


@pytest.fixture(scope="module")
def city():
    ids = ["communes", "iris", "census-iris-population", "bdtopo-vegetation", "bdtopo-roads", "bdtopo-buildings"]
    ids += ["bdtopo-rail", "bdtopo-water", "bdtopo-sports", "bdtopo-places", "bdtopo-transport"]
    ids += ["cadastre-parcels", "public-parcels", "osm-green", "lcz-cerema"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        found = {id: datakit.load(id, "sample") for id in ids}
    found["city"] = cover.surveyed(found["communes"], found["bdtopo-buildings"])
    return found


@pytest.fixture(scope="module")
def planted():
    return truth()


@pytest.fixture(scope="module")
def cells(city):
    return grid.grid(city["city"], 100)


def on_cells(cells, points, values):
    """Sums of points by cell."""
    cell, point = shapely.STRtree(points.geometry.to_numpy()).query(cells.geometry.to_numpy(), predicate="contains")
    return np.bincount(cell, np.asarray(values, float)[point], minlength=len(cells))


def test_only_the_city_is_known(city):
    assert city["city"]["commune"].tolist() == ["21231"]


def test_residents_are_where_they_were_put(city, planted, cells):
    people, iris, buildings = (city[k] for k in ("census-iris-population", "iris", "bdtopo-buildings"))
    true = on_cells(cells, planted["residents"], planted["residents"].residents)
    model = residents.by_volume(people, iris, cells, ["population"], buildings).population
    even = grid.spread(people, iris, cells, ["population"]).population
    by_volume, by_ground = residents.error(model, true), residents.error(even, true)
    assert by_volume["misplaced"] < 0.5 * by_ground["misplaced"]
    assert by_volume["misplaced"] < 0.2
    assert by_volume["correlation"] > 0.9 > by_ground["correlation"]


@pytest.fixture(scope="module")
def ready(city, cells):
    layers = {name: city[f"bdtopo-{name}"] for name in ("rail", "water", "sports")}
    roads, parcels = city["bdtopo-roads"], city["cadastre-parcels"]
    wide = ground.pavements(cells, parcels, roads)
    layers = planting.Layers(city["bdtopo-buildings"], roads, city["bdtopo-vegetation"], **layers)
    bare = planting.plantable(cells, layers, planting.Offsets(**NOTHING_KEPT_CLEAR), shapes=True)
    usual = planting.plantable(cells, replace(layers, pavements=wide), shapes=True)
    return bare, usual, wide


def parts_in(shapes, others):
    """What lies in both, pair by pair: their areas add up, as neither side overlaps itself but for slivers."""
    shapes, others = (np.asarray(s)[~(shapely.is_missing(s) | shapely.is_empty(s))] for s in (shapes, others))
    one, other = shapely.STRtree(others).query(shapes, predicate="intersects")
    return shapely.intersection(shapes[one], others[other])


def test_plantable_ground_overlaps_what_was_planted(city, planted, ready):
    bare, _, _ = ready
    true = planted["plantable"]
    parcels = shapely.buffer(city["cadastre-parcels"].geometry.to_numpy()[::4], 0)  # one in four tells as well as all
    expected = parts_in(true[true.kind != "wide pavement"].geometry.to_numpy(), parcels)
    found = parts_in(bare["free"].to_numpy(), parcels)
    both = shapely.area(parts_in(expected, found)).sum()
    assert both / shapely.area(expected).sum() > 0.95  # next to nothing of it is missed
    assert both / shapely.area(found).sum() > 0.9  # and little is found that is not there


@pytest.fixture(scope="module")
def pieces(city, ready):
    """The free ground, cut by what it is and whose."""
    _, usual, wide = ready
    uses = ground.Uses(city["bdtopo-places"], city["bdtopo-transport"], wide)
    layers = (city["cadastre-parcels"], city["public-parcels"])
    return ground.pieces(usual, *layers, uses, known=city["city"], shapes=True)


@pytest.mark.parametrize(
    ("kind", "tenure", "least"),
    [
        ("schoolyard", "public", 0.85),
        ("car park", "public", 0.9),
        ("car park", "private", 0.9),
        ("wide pavement", "public", 0.7),
    ],
)
def test_kinds_and_owners_are_found(planted, pieces, kind, tenure, least):
    ours = pieces[(pieces.kind == kind) & (pieces.tenure == tenure)].geometry
    true = planted["plantable"]
    theirs = true[(true.kind == kind) & (true.tenure == tenure)].geometry
    a, b = shapely.union_all(ours.to_numpy()), shapely.union_all(theirs.to_numpy())
    both = shapely.intersection(a, b).area
    assert both / b.area > least
    assert both / a.area > least


def test_open_blocks_have_most_room(planted, ready):
    _, usual, _ = ready
    blocks = planted["blocks"]
    where = gpd.sjoin(usual.set_geometry(usual.centroid)[["geometry"]], blocks[["kind", "geometry"]])
    room = usual.loc[where.index, "plantable_share"].groupby(where.kind).mean()
    assert room["open"] > 1.5 * room["mixed"] > 4 * room["dense"]


def test_the_order_of_priority_is_the_planted_one(city, planted, cells, ready):
    _, usual, _ = ready
    heat = exposure.zones(cells, city["lcz-cerema"])["heat"]
    bare = 1 - cover.cover(cells.set_geometry(cells.centroid.buffer(300)), city["bdtopo-vegetation"], "g")["g_share"]
    living = residents.by_volume(
        city["census-iris-population"], city["iris"], cells, ["population"], city["bdtopo-buildings"]
    )
    true_people = on_cells(cells, planted["residents"], planted["residents"].residents)
    # The layers keep some metres clear of everything: so does the truth that they are held against.
    whole = shapely.disjoint_subset_union_all(planted["plantable"].geometry.to_numpy())
    inner = shapely.buffer(shapely.get_parts(whole), -4)  # each part by itself: all at once takes ten times as long
    true_free = cover.cover(cells, gpd.GeoSeries(inner[~shapely.is_empty(inner)], crs=cells.crs), "free")["free_share"]
    weights = {"heat": 1, "bare": 1, "people": 1}

    def order(people, share):
        frame = pd.DataFrame({"heat": heat, "bare": bare, "people": np.asarray(people) / cells.area})
        return priority.prioritise(frame, weights, priority.feasibility(share, 1.0), draws=50)

    ours, theirs = order(living.population, usual.plantable_share), order(true_people, true_free)
    both = ours.priority.notna() & theirs.priority.notna()
    assert spearmanr(ours.priority[both], theirs.priority[both]).statistic > 0.8
    zones = planted["zones"].set_index("zone").geometry
    middle = cells.centroid
    mean = {name: ours.priority[middle.within(zones[name])].mean() for name in ("bare", "green")}
    assert mean["bare"] > 1.3 * mean["green"]


def test_the_railway_cuts_off_those_it_was_made_to_cut_off(city, planted, cells):
    blocks = planted["blocks"].set_index(["i", "j"]).geometry
    cut = blocks.loc[list(zip(planted["barrier"].i, planted["barrier"].j, strict=True))]
    homes = gpd.GeoDataFrame(geometry=cut.centroid.to_numpy(), crs=cells.crs)
    spaces, network = reach.green_spaces(city["osm-green"]), streets.network(city["bdtopo-roads"])
    found = reach.walk(homes, spaces, network)
    assert (found.crow <= 300).all()
    assert (found.walk > 300).all()
    everybody = reach.walk(cells, spaces, network)
    assert (found.walk / found.crow).median() > 2 * (everybody.walk / everybody.crow.clip(lower=50)).median()
