"""Where people live inside an area: squares before homes before an even spread, and what each leaves open."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch
from datakit.geo import squares
from datakit.inclusion import homes


@pytest.fixture
def two():
    """Two areas of 1 km; two houses in the first, a shed and a factory that house nobody; none in the second."""
    areas = gpd.GeoDataFrame(
        {"iris": ["a", "b"]},
        geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)],
        crs="EPSG:2154",
    )
    boxes = [shapely.box(100, 100, 110, 110), shapely.box(850, 850, 870, 860), shapely.box(1, 1, 3, 3)]
    boxes += [shapely.box(400, 400, 500, 500), shapely.box(120, 100, 130, 110)]
    built = gpd.GeoDataFrame(
        {"usage_1": ["Résidentiel", "Indifférencié", "Résidentiel", "Industriel", "Résidentiel"]},
        geometry=boxes,
        crs="EPSG:2154",
    )
    built["hauteur"], built["nombre_d_etages"] = [6.0, np.nan, 6, 50, 12], [None, 4, None, None, None]
    return areas, built


def test_people_stand_where_homes_are_by_their_volume(two):
    areas, built = two
    found = homes.points(areas, "iris", buildings=built)
    assert found.how == homes.BUILT
    first = found.points[found.points["iris"] == "a"]
    # 600 m³ and 1200 m³ in one square of 200 m, 200 m² by four storeys of 3 m in another: 1800 to 2400.
    assert sorted(first["weight"]) == pytest.approx([1800 / 4200, 2400 / 4200])
    spot = first.sort_values("weight").geometry.iloc[0]
    assert (spot.x, spot.y) == pytest.approx(((600 * 105 + 1200 * 125) / 1800, 105))
    second = found.points[found.points["iris"] == "b"]
    assert len(second) > 30 and second["weight"].sum() == pytest.approx(1), "no home is known there: an even spread"


def test_squares_come_first_and_show_no_names():
    iris, found = datakit.load("iris", "sample"), datakit.load("insee-squares", "sample")
    built = datakit.load("bdtopo-buildings", "sample")
    there = homes.points(iris, "iris", squares=found, buildings=built)
    assert (there.how, there.slack) == (homes.SQUARES, 100)
    assert list(there.points.columns) == ["iris", "weight", "geometry"], "nothing names a square"
    assert there.points.groupby("iris")["weight"].sum().to_numpy() == pytest.approx(np.ones(len(iris)))
    counts = pd.DataFrame({"people": np.arange(len(iris)) + 1.0}, index=iris["iris"])
    assert there.people(counts)["people"].sum() == pytest.approx(counts["people"].sum())
    with pytest.raises(datakit.DatakitError, match="single squares"):
        squares.guard(there.points)


def test_the_error_of_an_even_spread_is_the_one_that_is_said():
    census = datakit.load("census-iris-population", "sample")[["iris", "population"]]
    found = squares.misplaced(datakit.load("insee-squares", "sample"), census, datakit.load("iris", "sample"))
    assert f"{100 * found['misplaced']:.0f} in 100" in homes.CAUTION[homes.EVEN]


def test_the_layers_of_a_run_decide(two):
    areas, built = two

    class Layers:
        def __init__(self, **frames):
            self.frames = frames

        def get(self, id):
            return self.frames.get(id)

    assert homes.of(Layers(), areas).how == homes.EVEN
    assert homes.of(Layers(**{"bdtopo-buildings": built}), areas).how == homes.BUILT
    found = datakit.load("insee-squares", "sample")
    both = Layers(**{"bdtopo-buildings": built, "insee-squares": found})
    assert homes.of(both, datakit.load("iris", "sample")).how == homes.SQUARES


def test_the_middle_is_one_point_and_inside_is_inside(two):
    areas, _ = two
    found = homes.middles(areas, "iris")
    assert len(found.points) == 2 and found.points["weight"].tolist() == [1, 1]
    assert homes.within(found, areas.head(1)).tolist() == [True, False]
    with pytest.raises(CrsMismatch):
        homes.within(found, areas.to_crs("EPSG:4326"))
