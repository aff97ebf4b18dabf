"""Many cities over Dask: a local cluster of two processes gives what one process gives."""

import os
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from datakit.cluster import cluster
from datakit.errors import CrsMismatch, DatakitError, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import cover, many, planting, priority
from tests.things import needs

pytestmark = [
    needs("cluster", "dask_geopandas", "distributed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),  # the libraries' own
]


@pytest.fixture(scope="module")
def workers():
    with cluster(2) as client:
        assert len(client.scheduler_info()["workers"]) == 2
        yield client


@pytest.fixture(scope="module")
def cities():
    """Three towns some kilometres apart, and their layers in one table each."""
    rng = np.random.default_rng(5)
    corners = {"Chenôve": (851_000, 6_688_000), "Dijon": (854_000, 6_692_000), "Talant": (856_030, 6_692_000)}
    sizes = {"Chenôve": 700, "Dijon": 2000, "Talant": 900}  # the last two almost touch
    areas, shapes = [], {"buildings": [], "vegetation": [], "roads": []}
    for city, (x, y) in corners.items():
        side = sizes[city]
        areas.append(shapely.box(x, y, x + side, y + side))
        n = side // 5
        at = rng.uniform(0, side, (n, 2)) + (x, y)
        half = rng.uniform(4, 15, (n, 2))
        shapes["buildings"].append(shapely.box(*(at - half).T, *(at + half).T))
        shapes["vegetation"].append(
            shapely.buffer(shapely.points(rng.uniform(-50, side + 50, (n // 4, 2)) + (x, y)), 30)
        )
        for step in np.arange(0, side, 180) + 37:
            shapes["roads"].append(
                [
                    shapely.LineString([(x, y + step), (x + side, y + step)]),
                    shapely.LineString([(x + step, y), (x + step, y + side)]),
                ]
            )
    frames = {name: gpd.GeoDataFrame(geometry=np.concatenate(parts), crs=2154) for name, parts in shapes.items()}
    width = rng.choice([3.0, 5.0, 7.0, np.nan], len(frames["roads"]))
    frames["roads"] = frames["roads"].assign(largeur_de_chaussee=width, nature="Route à 1 chaussée")
    areas = gpd.GeoDataFrame({"city": list(corners)}, geometry=areas, crs=2154)
    cells = pd.concat([grid.grid(areas[areas["city"] == city], 100).assign(city=city) for city in areas["city"]])
    return areas, cells.reset_index(drop=True), frames


def shuffled(frame):
    return frame.sample(frac=1, random_state=2)


def test_grids_of_each_city(workers, cities):
    areas, cells, _ = cities
    found = many.each(grid.grid, shuffled(areas), "city", size=100)
    assert_geodataframe_equal(found[cells.columns], cells)
    assert found.columns[0] == "city" and len(found) == 49 + 400 + 90


@pytest.mark.parametrize("how", [{"by": "city"}, {"parts": 7}, {"parts": 1}])
def test_plantable_ground_is_that_of_one_process(workers, cities, how):
    _, cells, frames = cities
    cells = shuffled(cells)
    cells.attrs = {"datakit": {"id": "cells"}}
    alone = plantable(cells, **frames)
    found = many.run(plantable, cells, frames, **how)
    assert_geodataframe_equal(found, alone, check_less_precise=True)
    pd.testing.assert_series_equal(found["plantable_area"], alone["plantable_area"], rtol=1e-12)
    assert found["plantable_area"].nunique() > 300
    assert found.attrs == {"datakit": {"id": "cells"}}


def plantable(cells, **layers):
    return planting.plantable(cells, planting.Layers(**layers))


def test_it_ran_on_the_workers(workers, cities):
    _, cells, _ = cities
    found = many.run(process, cells, parts=6)
    assert set(found) <= set(workers.run(os.getpid).values()) and os.getpid() not in set(found)


def process(cells):
    return pd.Series(os.getpid(), index=cells.index)


def test_reach_gives_what_lies_beyond_a_place(workers, cities):
    """Half of the obstacles near the cut between two places stand on the other side of it."""
    _, cells, frames = cities
    alone = plantable(cells, **frames)["plantable_area"]
    close = many.run(plantable, cells, frames, parts=12, reach=0.0)["plantable_area"]
    assert (alone - close).abs().max() > 1
    enough = many.run(plantable, cells, frames, parts=12)["plantable_area"]
    np.testing.assert_allclose(enough, alone, rtol=1e-9)


def test_cover_totals_and_tables_without_shapes(workers, cities):
    areas, cells, frames = cities
    found = many.run(cover.cover, cells, {"layer": frames["vegetation"]}, by="city", name="green")
    alone = cover.cover(cells, frames["vegetation"], "green")
    pd.testing.assert_series_equal(found["green_area"], alone["green_area"])
    totals = pd.DataFrame({"city": ["Chenôve", "Dijon", "Talant"], "people": [14_000, 160_000, 12_000]})
    people = many.run(residents, cells, {"areas": areas, "totals": totals}, parts=5)
    assert people["people"].sum() == pytest.approx(186_000)
    pd.testing.assert_frame_equal(people, grid.spread(totals, areas, cells, ["people"]))


def residents(cells, areas, totals):
    return grid.spread(totals, areas, cells, ["people"])


def test_ranks_are_by_city_when_cut_by_city(workers, cities):
    _, cells, _ = cities
    rng = np.random.default_rng(8)
    cells = cells.assign(heat=rng.random(len(cells)), people=rng.random(len(cells)), room=rng.random(len(cells)))
    found = many.run(ranked, cells, by="city")
    alone = pd.concat([ranked(rows) for _, rows in cells.groupby("city")]).reindex(cells.index)
    pd.testing.assert_frame_equal(found, alone)
    assert (found["rank"] == 1).sum() == 3


def ranked(cells):
    return priority.prioritise(cells, {"heat": 1, "people": 1}, cells["room"], draws=50)


def test_tables_on_disk_are_read_by_the_workers(workers, cities, tmp_path):
    import dask_geopandas

    _, cells, frames = cities
    stored = {}
    for name, frame in {"cells": cells, **frames}.items():
        many.partitioned(frame, parts=4).drop(columns="_row").to_parquet(tmp_path / name)
        stored[name] = dask_geopandas.read_parquet(tmp_path / name)
    assert stored["buildings"].npartitions == 4
    places = stored.pop("cells")
    found = many.run(plantable, places, stored).set_index("cell").loc[cells["cell"], "plantable_area"]
    alone = plantable(cells, **frames).set_index("cell")["plantable_area"]
    pd.testing.assert_series_equal(found, alone, rtol=1e-9)


def test_empty_and_missing_shapes_and_layers_far_away(workers, cities):
    _, cells, frames = cities
    odd = gpd.GeoDataFrame(geometry=[None, shapely.Polygon(), shapely.box(0, 0, 1, 1)], crs=2154)
    vegetation = pd.concat([frames["vegetation"], odd], ignore_index=True)
    alone = cover.cover(cells, vegetation)
    found = many.run(cover.cover, cells, {"layer": vegetation}, parts=4)
    pd.testing.assert_series_equal(found["cover_area"], alone["cover_area"])
    for layer in (odd.iloc[2:], odd.iloc[:0], odd.iloc[:1]):
        assert (many.run(cover.cover, cells, {"layer": layer}, parts=3)["cover_area"] == 0).all()
    gaps = pd.concat([cells[["cell", "geometry"]], odd.iloc[:2]], ignore_index=True)
    found = many.run(cover.cover, gaps, {"layer": vegetation}, parts=4)
    pd.testing.assert_series_equal(found["cover_area"], cover.cover(gaps, vegetation)["cover_area"])
    assert len(many.run(cover.cover, cells.iloc[:0], {"layer": vegetation})) == 0


def test_without_a_cluster_threads_do_it(cities):
    _, cells, frames = cities
    found = many.run(cover.cover, cells, {"layer": frames["vegetation"]}, parts=3)
    pd.testing.assert_series_equal(found["cover_area"], cover.cover(cells, frames["vegetation"])["cover_area"])


def test_wrong_uses_are_named(workers, cities):
    _, cells, frames = cities
    with pytest.raises(CrsMismatch):
        many.run(cover.cover, cells, {"layer": frames["vegetation"].to_crs(32631)})
    with pytest.raises(CrsMismatch):
        many.partitioned(cells.to_crs(4326))
    with pytest.raises(WrongUse, match="no column 'town'"):
        many.run(cover.cover, cells, {"layer": frames["vegetation"]}, by="town")
    with pytest.raises(WrongUse, match="belong nowhere"):
        many.each(grid.grid, cells.assign(city=None), "city")
    with pytest.raises(WrongUse, match="one part or more"):
        many.partitioned(cells, 0)
    with pytest.raises(WrongUse, match="one row for each cell"):
        many.run(first_three, cells, parts=2)


def first_three(cells):
    return cells.head(3)


def test_a_missing_library_is_named(monkeypatch, cities):
    monkeypatch.setitem(sys.modules, "dask_geopandas", None)
    with pytest.raises(DatakitError, match=r"ondijon-datakit\[cluster\]"):
        many.partitioned(cities[1])
