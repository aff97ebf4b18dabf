"""Squares of 200 m as residents: points, cells, totals, what an even spread gets wrong, and what is never written."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import squares
from datakit.geo.cells import grid
from datakit.geo.dwellings import volumes
from datakit.vegetation.residents import by_volume, error

pytestmark = pytest.mark.filterwarnings("ignore::datakit.errors.DataWarning")
EAST, NORTH = 3946000, 2702000


@pytest.fixture(scope="module")
def sample():
    return datakit.load("insee-squares", "sample")


@pytest.fixture(scope="module")
def iris():
    return datakit.load("iris", "sample")


@pytest.fixture(scope="module")
def census():
    return datakit.load("census-iris-population", "sample")


def little(residents=(100.0, 10.0, 0.5, 40.0), imputed=(False, True, True, False)):
    """Squares in a row, from west to east."""
    east = EAST + 200 * np.arange(len(residents))
    shapes = gpd.GeoSeries(shapely.box(east, NORTH, east + 200, NORTH + 200), crs=3035).to_crs(2154)
    table = {
        "square": [f"CRS3035RES200mN{NORTH}E{e}" for e in east],
        "imputed": pd.array(imputed, dtype="boolean"),
        "residents": residents,
        "households": np.array(residents) / 2,
        "pop_80_plus": np.array(residents) / 10,
    }
    return gpd.GeoDataFrame(table, geometry=shapes)


def areas(*bounds):
    """Areas named a, b, ... from pairs of distances in metres along the row of squares."""
    shapes = [shapely.box(EAST + a, NORTH - 300, EAST + b, NORTH + 500) for a, b in bounds]
    return gpd.GeoDataFrame({"iris": list("abcdef")[: len(shapes)]}, geometry=gpd.GeoSeries(shapes, crs=3035)).to_crs(
        2154
    )


# -- points -----------------------------------------------------------------------------------------------------------


def test_a_point_stands_for_its_square():
    found = squares.points(little(), columns=["residents", "pop_80_plus"])
    assert list(found) == ["square", "imputed", "residents", "pop_80_plus", "geometry"]
    assert found.imputed.tolist() == [False, True, True, False] and found.imputed.dtype == bool
    middle = found.geometry.to_crs(3035)
    assert np.allclose(middle.x, EAST + 100 + 200 * np.arange(4), atol=0.1) and np.allclose(
        middle.y, NORTH + 100, atol=0.1
    )
    assert squares.known(little()) == {"squares": 4, "imputed": 2, "residents": 150.5, "in_imputed": 10.5}


def test_points_of_areas_have_their_weight_and_no_area_is_lost():
    found = squares.points(little(), areas((0, 390), (390, 590), (900, 1200)), "iris")
    assert found.iris.tolist() == ["a", "a", "b", "c"]
    assert np.allclose(found.weight, [100 / 110, 10 / 110, 1, 1])
    assert found.residents.tolist() == [100, 10, 0.5, 0] and found.square.isna().tolist() == [False] * 3 + [True]
    assert found.imputed.dtype == bool and found.crs.to_epsg() == 2154
    assert little().residents.sum() - found.residents.sum() == 40
    nobody = squares.points(little(residents=(0.0, 0.0), imputed=(True, True)), areas((0, 400)), "iris")
    assert nobody.weight.tolist() == [0.5, 0.5]


def test_points_of_overlapping_areas_are_counted_once():
    found = squares.points(little(), areas((0, 800), (0, 800)), "iris")
    assert found.iris.tolist() == ["a"] * 4 + ["b"] and found.residents.sum() == 150.5


def test_points_say_what_they_lack():
    with pytest.raises(WrongUse, match="no such column"):
        squares.points(little().drop(columns="imputed"))
    with pytest.raises(WrongUse, match="no such column"):
        squares.points(little(), columns=["pop_90_plus"])
    with pytest.raises(WrongUse, match="column that names them"):
        squares.points(little(), areas((0, 400)))
    with pytest.raises(CrsMismatch):
        squares.points(little(), areas((0, 400)).to_crs(3035), "iris")
    unknown = little(imputed=(False, None, None, False))
    assert squares.points(unknown).imputed.tolist() == [False, True, True, False]


def test_the_points_of_the_sample_are_everybody_by_iris(sample, iris):
    found = squares.points(sample, iris, "iris")
    assert set(found.iris) == set(iris.iris)
    assert np.allclose(found.groupby("iris").weight.sum(), 1)
    assert 0.999 * sample.residents.sum() < found.residents.sum() <= sample.residents.sum()


# -- cells ------------------------------------------------------------------------------------------------------------


def test_cells_get_the_residents_of_the_ground_they_share():
    cells = areas((100, 300), (300, 500), (2000, 2400))
    found = squares.onto(little(), cells, ["residents", "pop_80_plus"])
    assert np.allclose(found.residents, [55, 5.25, 0], atol=0.2) and np.allclose(
        found.pop_80_plus, [5.5, 0.525, 0], atol=0.1
    )
    assert np.allclose(found.imputed[:2], [5 / 55, 1], atol=0.01) and np.isnan(found.imputed[2])
    assert list(squares.onto(little(), cells, ["pop_80_plus"])) == ["pop_80_plus", "imputed"]


def test_nobody_is_lost_between_squares_and_cells(sample):
    cells = grid(sample, size=200)
    found = squares.onto(sample, cells)
    assert found.residents.sum() == pytest.approx(sample.residents.sum(), rel=1e-6)
    assert found.imputed.dropna().between(0, 1).all()


def test_squares_may_be_spread_further_over_homes(sample):
    """As totals and areas at once: the residents of a square go to the houses that stand in it."""
    houses = volumes(datakit.load("bdtopo-buildings", "sample"))
    city = sample[sample.communes == "21231"].iloc[:400]
    cells = grid(city, size=100)
    plain = pd.DataFrame(city.drop(columns="geometry"))
    found = by_volume(plain, city[["square", "geometry"]], cells, ["residents"], houses)
    assert found.residents.sum() > 0.99 * city.residents.sum()
    assert error(found.residents, squares.onto(city, cells).residents)["misplaced"] > 0.05


# -- how wrong IRIS spread evenly are ---------------------------------------------------------------------------------


def test_what_an_even_spread_gets_wrong_is_counted():
    whole = areas((0, 1000))
    people = pd.DataFrame({"iris": ["a"], "population": [300]})
    found = squares.misplaced(little(), people, whole)
    # Each square is a twentieth of the area, 1000 m by 800 m.
    each = 200 * 200 / (1000 * 800)
    right = sum(min(each, r / 150.5) for r in (100, 10, 0.5, 40))
    assert found["misplaced"] == pytest.approx(1 - right, abs=0.005)
    assert found["on_empty_ground"] == pytest.approx(1 - 4 * each, abs=0.005)
    exact = squares.misplaced(
        little((5.0,), (False,)), people, gpd.GeoDataFrame({"iris": ["a"]}, geometry=little().geometry[:1])
    )
    assert exact["misplaced"] == pytest.approx(0, abs=1e-6)
    with pytest.raises(WrongUse, match="nobody lives"):
        squares.misplaced(little((0.0,), (True,)), people, whole)


def test_the_module_and_the_card_say_the_samples_error(sample, iris, census):
    found = squares.misplaced(sample, census, iris)
    percent = round(100 * found["misplaced"])
    assert re.search(r"puts (\d+) residents in 100", " ".join(squares.__doc__.split()))[1] == str(percent)
    (note,) = [n for n in datakit.catalog["insee-squares"].notes if "invented sample" in n]
    assert re.search(r"(\d+) residents in 100", note)[1] == str(percent)
    assert 0 < found["on_empty_ground"] < found["misplaced"]


# -- totals -----------------------------------------------------------------------------------------------------------


def test_totals_say_nothing_of_one_square_or_few_households():
    found = squares.totals(little(), areas((0, 390), (390, 590), (590, 900)), "iris", ["residents", "pop_80_plus"])
    assert found.iris.tolist() == ["a", "b", "c"] and found.squares.tolist() == [2, 1, 1]
    assert found.residents.tolist()[0] == 110 and found.residents.isna().tolist() == [False, True, True]
    assert found.pop_80_plus.isna().tolist() == [False, True, True]
    assert found.imputed[0] == pytest.approx(10 / 110) and found.imputed[1:].isna().all()
    few = squares.totals(little((5.0, 6.0), (True, True)), areas((0, 400)), "iris")
    assert few.squares.tolist() == [2] and few.residents.isna().all()
    assert squares.guard(found) is found


def test_totals_of_the_sample_are_near_the_census(sample, iris, census):
    found = squares.totals(sample, iris, "iris").set_index("iris").residents
    said = census.set_index("iris").population
    # What crosses the limit of a small IRIS is a good part of it.
    assert found.notna().all() and np.corrcoef(found, said.reindex(found.index))[0, 1] > 0.9


def test_totals_of_communes_are_nearer(sample):
    towns = datakit.load("communes", "sample")
    found = squares.totals(sample, towns, "commune").residents / towns.population
    assert found[towns.population > 5000].between(0.93, 1.07).all()


# -- what is never written --------------------------------------------------------------------------------------------


def renamed(frame):
    return pd.DataFrame(frame.drop(columns="geometry")).rename(columns={"square": "place"})


def placed(frame, crs, x, y):
    middle = frame.geometry.to_crs(3035).centroid.to_crs(crs)
    return pd.DataFrame({x: middle.x.round(6), y: middle.y.round(6), "residents": frame.residents})


LEAKS = {
    "the table itself": lambda s: s,
    "its points": squares.points,
    "another name": renamed,
    "in the index": lambda s: renamed(s).set_index("place"),
    "in an index of two": lambda s: renamed(s).set_index(["place", "residents"]),
    "one square": lambda s: renamed(s).head(1),
    "as categories": lambda s: renamed(s).astype({"place": "category"}),
    "without names": lambda s: s[["residents", "geometry"]],
    "in degrees": lambda s: s[["residents", "geometry"]].to_crs(4326),
    "middles in degrees": lambda s: squares.points(s)[["residents", "geometry"]].to_crs(4326),
    "longitude and latitude": lambda s: placed(s, 4326, "lon", "lat"),
    "Lambert-93": lambda s: placed(s, 2154, "x", "y"),
    "INSEE's own metres": lambda s: placed(s, 3035, "east", "north"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_table_of_single_squares_is_refused(sample, leak):
    with pytest.raises(WrongUse, match="single squares") as caught:
        squares.guard(LEAKS[leak](sample.head(300)))
    assert "totals(" in caught.value.next


def test_tables_of_many_squares_pass(sample, iris, census):
    cells = grid(sample.head(300), size=200)
    for table in (
        cells.join(squares.onto(sample.head(300), cells)),
        squares.totals(sample, iris, "iris"),
        iris,
        census,
        datakit.load("bpe", "sample"),
        iris.assign(x=iris.centroid.x, y=iris.centroid.y).drop(columns="geometry"),
        sample.dissolve("square_1km", aggfunc="sum", numeric_only=True),
        pd.DataFrame({"x": [None], "y": [None]}),
        iris.head(0),
    ):
        assert squares.guard(table) is table
