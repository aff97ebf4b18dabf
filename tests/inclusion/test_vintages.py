"""IRIS of two years: counts arrive whole or are said to be lost, rates are never averaged."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.inclusion import people, vintages


def contours(**boxes):
    return gpd.GeoDataFrame({"iris": list(boxes)}, geometry=[shapely.box(*b) for b in boxes.values()], crs="EPSG:2154")


def test_codes_say_what_codes_can_say():
    old = ["212310101", "212310102", "212130000", "214520000", "210030000", "219990101"]
    new = ["212310101", "212310103", "214520000", "210030101"]
    found = vintages.by_code(old, new)
    assert found.pairs[["old", "new"]].to_numpy().tolist() == [
        ["212310101", "212310101"],
        ["212130000", "214520000"],  # Crimolois became part of Neuilly-Crimolois in 2019
        ["214520000", "214520000"],
        ["210030000", "210030101"],  # one code for the whole commune in both years
    ]
    assert found.pairs.how.tolist() == [
        "same code",
        "commune merged, not divided",
        "same code",
        "only IRIS of its commune",
    ]
    assert (found.lost, found.empty) == (("212310102", "219990101"), ("212310103",))


def test_the_real_iris_of_2016_and_a_later_list(shared_data):
    old = pd.read_csv(shared_data / "iris-rp2016/iris_rp2016_population.csv", dtype={"IRIS": str})
    new = datakit.load("iris", "sample").iris
    found = vintages.by_code(old.IRIS, new)
    assert len(found.pairs) + len(found.lost) == old.IRIS.nunique()
    assert (found.pairs.share == 1).all()


@pytest.fixture
def split():
    """a keeps its ground, b is cut into c (a quarter) and d."""
    old = contours(a=(0, 0, 100, 100), b=(100, 0, 200, 100))
    new = contours(a=(0, 0, 100, 100), c=(100, 0, 125, 100), d=(125, 0, 200, 100))
    table = pd.DataFrame({"iris": ["a", "b"], "population": [100, 400], "median_income": [20_000, 18_000]})
    return old, new, table


def test_ground_divides_an_iris_and_nothing_is_lost(split):
    old, new, table = split
    walk = vintages.by_ground(old, new)
    made = vintages.convert(table, walk, ["population"], ["median_income"])
    found = made.table.set_index("iris")
    assert found.population.to_dict() == pytest.approx({"a": 100, "c": 100, "d": 300})
    assert found.median_income["a"] == 20_000
    assert found.median_income[["c", "d"]].isna().all()
    assert made.counts.loc["population"].tolist() == [500, pytest.approx(500), []]


def test_homes_divide_better_than_ground(split):
    old, new, table = split
    homes = gpd.GeoDataFrame({"weight": [3.0, 1.0]}, geometry=gpd.points_from_xy([110, 180], [50, 50]), crs="EPSG:2154")
    found = vintages.convert(table, vintages.by_ground(old, new, homes), ["population"]).table.set_index("iris")
    assert found.population.to_dict() == pytest.approx({"a": 100, "c": 300, "d": 100})


def test_merged_iris_add_and_a_secret_number_stays_secret(split):
    old, new, _ = split
    table = pd.DataFrame({"iris": ["a", "c", "d"], "population": [100, 100, np.nan]})
    found = vintages.convert(table, vintages.by_ground(new, old), ["population"]).table.set_index("iris")
    assert found.population["a"] == 100
    assert np.isnan(found.population["b"])


def test_a_redrawn_contour_is_no_move():
    old = contours(a=(0, 0, 1000, 1000), b=(1000, 0, 2000, 1000))
    new = contours(a=(0, 0, 1004, 1000), b=(1004, 0, 2000, 1000))
    found = vintages.by_ground(old, new).pairs
    assert found[["old", "new", "share"]].to_numpy().tolist() == [["a", "a", 1.0], ["b", "b", 1.0]]


def test_what_lies_outside_is_said_not_spread():
    old, new = contours(a=(0, 0, 100, 100), z=(900, 900, 950, 950)), contours(a=(0, 0, 50, 100))
    table = pd.DataFrame({"iris": ["a", "z"], "population": [100, 7]})
    found = vintages.convert(table, vintages.by_ground(old, new), ["population"])
    assert found.table.population.tolist() == pytest.approx([50])
    assert found.counts.lost["population"] == ["z"]


def test_counts_are_preserved_on_the_sample():
    iris = datakit.load("iris", "sample")
    rng = np.random.default_rng(1)
    # an invented older division: neighbours merged two by two
    older = iris.assign(iris=[f"{c}x{k // 2}" for c, k in zip(iris.commune, range(len(iris)), strict=True)])
    older = older.dissolve("iris").reset_index()
    table = pd.DataFrame({"iris": older.iris, "people": rng.integers(100, 5000, len(older))})
    found = vintages.convert(table, vintages.by_ground(older, iris), ["people"]).table
    assert found.people.sum() == pytest.approx(table.people.sum())
    assert set(found.iris) == set(iris.iris)


def test_a_table_or_a_crosswalk_that_does_not_add_up_is_refused(split):
    old, new, table = split
    walk = vintages.by_ground(old, new)
    with pytest.raises(WrongUse, match="twice"):
        vintages.convert(pd.concat([table, table]), walk, ["population"])
    with pytest.raises(WrongUse, match="more than there is"):
        vintages.convert(table, replace(walk, pairs=pd.concat([walk.pairs, walk.pairs])), ["population"])
    with pytest.raises(CrsMismatch):
        vintages.by_ground(old.to_crs("EPSG:4326"), new)


def test_inhabitants_put_on_the_iris_of_another_year():
    table = pd.DataFrame(
        {
            "iris": ["214520000", "212130000", "212310101", "212310102"],
            "commune": ["21452", "21213", "21231", "21231"],
            "population": [2500.0, 700.0, 2000.0, 1500.0],
            "pop_75_plus": [250.0, 102.0, 100.0, 50.0],
            "median_income": [25_000.0, 24_000.0, 21_000.0, np.nan],
            "income": ["published", "published", "published", "secret"],
        }
    )
    told = people.on_iris(people.shares(table), ["214520000", "212310101", "212310103"])
    found = told.table
    assert found.iris.tolist() == ["212310101", "214520000"]
    neuilly = found.set_index("iris").loc["214520000"]  # with Crimolois, merged in 2019
    assert neuilly.commune == "21452"
    assert neuilly.population == 3200
    assert neuilly.pop_75_plus_pct == pytest.approx(100 * 352 / 3200)  # not the mean of two shares
    assert np.isnan(neuilly.median_income)  # two medians have no median
    assert neuilly.income == "no figure for this IRIS"
    assert told.changed.old.tolist() == ["212130000"]
    assert told.lost == ("212310102",)
    assert told.inhabitants_lost == 1500
    assert told.empty == ("212310103",)


def test_the_same_iris_keep_their_figures():
    loaded = [datakit.load(f"census-iris-{k}", "sample") for k in ("population", "households", "housing")]
    before = people.by_iris(*loaded, datakit.load("filosofi-iris", "sample"))
    after = people.on_iris(before, datakit.load("iris", "sample").iris)
    assert after.inhabitants_lost == 0
    pd.testing.assert_frame_equal(after.table[before.columns], before, check_dtype=False)
