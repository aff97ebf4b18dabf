"""Planting: never more than the ground holds, trees that die, crowns that were measured, ranges that stay ranges."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CannotAnswer, WrongUse
from datakit.vegetation import scenario


def test_the_best_ground_is_filled_first():
    area = pd.Series([640.0, 200, 64, np.nan, 6400], index=list("abcde"))
    order = pd.Series([0.5, 0.9, 0.8, 0.7, np.nan], index=list("abcde"))
    found = scenario.plant(area, order, 8)
    assert found.to_dict() == {"a": 4, "b": 3, "c": 1, "d": 0, "e": 0}


def test_no_tree_stands_on_ground_that_is_not_there():
    area = pd.Series(np.random.default_rng(1).uniform(0, 3000, 200))
    order = pd.Series(np.random.default_rng(2).uniform(size=200))
    found = scenario.plant(area, order, 10**6, ground=50)
    assert (found * 50 <= area).all()
    assert found.sum() == np.floor(area / 50).sum() < 10**6


def test_places_are_on_the_free_ground_of_their_cell():
    free = gpd.GeoSeries(
        [
            shapely.box(0, 0, 10, 10),
            shapely.Polygon(),
            shapely.MultiPolygon([shapely.box(20, 0, 22, 2), shapely.box(28, 0, 29, 9)]),
        ],
        index=list("abc"),
        crs="EPSG:2154",
    )
    found = scenario.positions(free, pd.Series([30, 5, 40], index=list("abc")), seed=3)
    assert found.cell.value_counts().to_dict() == {"c": 40, "a": 30}
    for cell, points in found.groupby("cell"):
        assert shapely.contains(free[cell].buffer(1e-9), points.geometry.to_numpy()).all()
    again = scenario.positions(free, pd.Series([30, 5, 40], index=list("abc")), seed=3)
    assert again.geometry.geom_equals(found.geometry).all()


def test_crowns_at_an_age_are_those_measured():
    age = np.repeat([10, 20, 40], 40)
    area = np.concatenate([np.arange(1, 41), np.full(40, 25.0), np.full(40, 90.0)])
    found = scenario.growth(age, area)
    assert found.loc[10, ["low", "middle", "high"]].tolist() == pytest.approx([10.75, 20.5, 30.25])
    assert found.loc[20, "middle"] == 25
    assert np.isnan(found.loc[30, "middle"])
    assert found.trees.tolist() == [40, 40, 0]


def test_trees_die_and_crowns_grow():
    crowns = pd.DataFrame({"low": [5.0], "middle": [10.0], "high": [20.0], "trees": [99]}, index=pd.Index([10]))
    found = scenario.canopy(1000, crowns).loc[10]
    assert found.alive == pytest.approx(1000 * 0.9455**5 * 0.9755**5)
    assert found.canopy == pytest.approx(found.alive * 10 / 1e4)
    assert found.canopy_low == pytest.approx(1000 * 0.918**5 * 0.9685**5 * 5 / 1e4)
    assert found.canopy_low < found.canopy < found.canopy_high


def test_young_trees_die_more_than_others_and_all_die_with_the_years():
    assert scenario.alive(0, planted=True) == (1, 1, 1)
    for few, middle, many in (scenario.alive(30, planted=new) for new in (True, False)):
        assert 1 > few > middle > many > 0
    assert all(a < b for a, b in zip(scenario.alive(3, planted=True), scenario.alive(3, planted=False), strict=True))
    assert scenario.alive(10, planted=False)[1] == pytest.approx(0.9755**10)


def trees_of(n, **columns):
    points = gpd.points_from_xy(np.arange(n, dtype=float), np.zeros(n), crs="EPSG:2154")
    return gpd.GeoDataFrame(columns, index=range(n), geometry=points)


def test_both_sides_of_a_later_date_lose_trees_and_new_ones_are_as_large_as_their_elders():
    standing = trees_of(4000, diametre_couronne=8.0, dbh=40.0)
    age = pd.Series(60.0, standing.index)
    age[:50] = 30.0
    standing.loc[:49, ["diametre_couronne", "dbh"]] = [5.0, 18.0]
    left, young = scenario.later(standing, trees_of(2000), age, 30, seed=2)
    assert len(left) / 4000 == pytest.approx(scenario.alive(30, planted=False)[1], abs=0.03)
    assert len(young) / 2000 == pytest.approx(scenario.alive(30, planted=True)[1], abs=0.04)
    assert set(young["diametre_couronne"]) == {5.0} and set(young["dbh"]) == {18.0}
    few, many = (sum(map(len, scenario.later(standing, trees_of(2000), age, 30, case=k))) for k in (0, 2))
    assert few > len(left) + len(young) > many
    with pytest.raises(CannotAnswer, match="too few trees of 90 years"):
        scenario.later(standing, trees_of(5), age, 90)


def test_nights_can_be_warmer_and_the_table_says_so():
    found = scenario.cooling(0.1, 0.12)
    nights = found[found["measured"].str.contains("by night")]
    assert len(nights) == 2 and nights["low"].min() < 0


def test_cooling_is_a_range_with_sources():
    found = scenario.cooling(0.11, 0.12)
    assert found.source.str.len().min() > 20
    ours = found.iloc[-1]
    assert ours.low <= ours.middle <= ours.high
    assert ours.middle == pytest.approx(0.4 * 0.01 / 0.151)
    assert "single figure" in scenario.WHY_A_RANGE
    assert scenario.cooling(0.2, 0.2).iloc[-1].middle == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: scenario.plant(pd.Series([1.0]), pd.Series([1.0]), -1),
        lambda: scenario.plant(pd.Series([1.0]), pd.Series([1.0], index=["x"]), 1),
        lambda: scenario.plant(pd.Series([1.0]), pd.Series([1.0]), 1, ground=0),
        lambda: scenario.canopy(-10, pd.DataFrame(index=[10])),
        lambda: scenario.alive(-1, planted=True),
        lambda: scenario.cooling(-0.1, 0.2),
    ],
)
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(WrongUse):
        wrong()
