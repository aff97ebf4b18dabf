"""Squares and hexagons: together they are the area, and nothing is lost on the way to them."""

import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, MissingPackage, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import cover
from tests.shapes import LAMBERT, frame, load, square


def test_cells_stand_on_multiples_of_their_side_and_have_a_name_of_their_place():
    cells = grid.grid(frame(square(854_130, 6_693_020, 250)), size=100)
    # 854130..854380 touches three columns of 100 m, 6693020..6693270 three rows
    assert len(cells) == 9
    assert cells.cell.iloc[0] == "CRS2154RES100mN6693000E854100"
    whole = grid.grid(frame(square(854_130, 6_693_020, 250)), size=100, clip=False)
    assert (whole.bounds % 100 == 0).all(axis=None)
    assert set(whole.cell) == set(cells.cell)


def test_an_area_on_the_grid_gets_no_empty_neighbours():
    assert len(grid.grid(frame(square(1000, 2000, 400)), size=200)) == 4


def test_cells_together_are_the_area():
    communes = load("communes")
    cells = grid.grid(communes, size=500)
    assert cells.area.sum() == pytest.approx(communes.area.sum(), rel=1e-9)
    assert cells.cell.is_unique
    assert cells.crs == communes.crs


def test_cells_over_the_real_contours_are_the_real_area(shared_data):
    file = shared_data / "communes-dijon-metropole" / "communes_2018_contours.geojson"
    communes = gpd.read_file(file).to_crs(LAMBERT)
    cells = grid.grid(communes, size=1000)
    assert cells.area.sum() == pytest.approx(communes.union_all().area, rel=1e-9)
    assert cells.area.sum() / 1e6 == pytest.approx(240, abs=1)  # km²
    layer = load("bdtopo-vegetation")  # invented, under real contours: what lies outside them is not counted
    found = cover.cover(communes, layer).cover_area.sum()
    assert found == pytest.approx(layer.union_all().intersection(communes.union_all()).area, rel=1e-6)


@pytest.mark.parametrize("size", [0, -100, 12.5])
def test_a_grid_refuses_a_side_that_is_none(size):
    with pytest.raises(WrongUse):
        grid.grid(frame(square(0, 0, 100)), size=size)


def test_a_grid_refuses_lines_and_degrees():
    with pytest.raises(WrongUse, match="no surface"):
        grid.grid(frame(shapely.LineString([(0, 0), (100, 100)])))
    with pytest.raises(CrsMismatch):
        grid.grid(frame(square(5, 47, 0.1), crs="EPSG:4326"))


def test_totals_follow_the_ground_shared():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "b"])
    people = pd.DataFrame({"iris": ["a", "b"], "population": [40, 10]})
    cells = frame(shapely.box(0, 0, 50, 100), shapely.box(50, 0, 150, 100), shapely.box(150, 0, 200, 100))
    out = grid.spread(people, areas, cells, ["population"])
    assert out.population.tolist() == pytest.approx([20, 25, 5])


def test_what_falls_outside_or_is_secret_is_not_taken_for_zero():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "b"])
    people = pd.DataFrame({"iris": ["a", "b", "c"], "population": [40, np.nan, 50]})
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(500, 0, 100))
    out = grid.spread(people, areas, cells, ["population"])
    assert out.population.iloc[0] == 40
    assert out.population.iloc[1:].isna().all()


def test_spread_needs_one_key_used_once():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "a"])
    people = pd.DataFrame({"iris": ["a"], "population": [40]})
    with pytest.raises(WrongUse):
        grid.spread(people, areas, areas, ["population"])
    with pytest.raises(WrongUse):
        grid.spread(people.rename(columns={"iris": "code"}), areas, areas, ["population"])


def test_inhabitants_are_preserved_on_the_sample():
    people = load("census-iris-population")
    cells = grid.grid(load("iris"), size=500)
    out = grid.spread(people, load("iris"), cells, ["pop_75_plus"])
    in_both = people[people.iris.isin(load("iris").iris)].pop_75_plus.sum()
    assert out.pop_75_plus.sum() == pytest.approx(in_both, rel=1e-9)


def test_a_mean_is_weighted_by_ground_and_needs_enough_of_it():
    layer = frame(shapely.box(0, 0, 75, 100), shapely.box(75, 0, 120, 100), square(400, 0, 10))
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(200, 0, 100), shapely.Polygon())
    assert grid.average([1.0, 5.0, 9.0], layer, cells).iloc[0] == pytest.approx(0.75 * 1 + 0.25 * 5)
    assert grid.average([1.0, 5.0, 9.0], layer, cells).iloc[1:].isna().all()  # 20 % of it is not enough
    assert grid.average([1.0, np.nan, 9.0], layer, cells).iloc[0] == 1
    assert grid.average([1.0, 5.0, 9.0], layer, cells, least=0.1).iloc[1] == 5
    half = grid.average([7.0], frame(shapely.box(0, 0, 50, 100)), frame(square(0, 0, 100)))
    assert half.tolist() == [7], "just as much as is asked for is enough"


# -- hexagons ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city():
    communes = datakit.load("communes", "sample")
    return communes[communes.commune == "21231"]


@pytest.mark.parametrize("resolution", [7, 8, 9])
def test_hexagons_together_are_the_area(city, resolution):
    cells = grid.grid(city, kind="h3", resolution=resolution)
    assert cells.area.sum() == pytest.approx(city.area.sum(), rel=1e-6)
    assert cells.cell.is_unique
    assert cells.crs == city.crs
    h3 = pytest.importorskip("h3")
    assert {h3.get_resolution(c) for c in cells.cell} == {resolution}


def test_a_hexagon_has_the_name_that_h3_gives_its_middle(city):
    import h3

    cells = grid.grid(city, kind="h3", clip=False)
    middles = cells.centroid.to_crs("EPSG:4326")
    assert [h3.latlng_to_cell(p.y, p.x, 9) for p in middles] == cells.cell.tolist()


def test_totals_follow_onto_hexagons(city):
    people = pd.DataFrame({"commune": ["21231"], "population": [150_000.0]})
    cells = grid.grid(city, kind="h3")
    assert grid.spread(people, city, cells, ["population"]).population.sum() == pytest.approx(150_000, rel=1e-6)


def test_hexagons_without_the_library_say_what_to_install(city, monkeypatch):
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(MissingPackage, match=r"ondijon-datakit\[hexagons\]"):
        grid.grid(city, kind="h3")


def test_unknown_cells_are_refused(city):
    with pytest.raises(WrongUse):
        grid.grid(city, kind="triangle")
    with pytest.raises(WrongUse):
        grid.grid(city, kind="h3", resolution=16)


def test_spreading_is_what_another_library_finds(city):
    from tobler.area_weighted import area_interpolate

    iris = datakit.load("iris", "sample")
    rng = np.random.default_rng(1)
    iris = iris.assign(people=rng.integers(200, 4000, len(iris)).astype(float))
    cells = grid.grid(city, 300)
    ours = grid.spread(iris[["iris", "people"]], iris[["iris", "geometry"]], cells, ["people"]).people
    theirs = area_interpolate(iris, cells, extensive_variables=["people"], allocate_total=False).people
    assert ours.to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-6)
