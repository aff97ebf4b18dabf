"""Residents by the volume of homes: nothing lost, brute force agrees, and the error is measured."""

import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grid
from datakit.geo.dwellings import volumes
from datakit.vegetation import residents
from tests.shapes import frame


@pytest.fixture(scope="module")
def city():
    communes = datakit.load("communes", "sample")
    return communes[communes.commune == "21231"]


@pytest.fixture
def block():
    """An IRIS of 200 m x 100 m: a tower in the west, a house in the east, a shed, a factory."""
    areas = frame(shapely.box(0, 0, 200, 100), shapely.box(200, 0, 300, 100), iris=["a", "b"])
    buildings = frame(
        shapely.box(10, 10, 30, 30),
        shapely.box(150, 10, 160, 20),
        shapely.box(50, 50, 53, 53),
        shapely.box(110, 40, 180, 90),
        usage_1=["Résidentiel", "Indifférencié", "Résidentiel", "Industriel"],
        usage_2=[None, None, None, None],
        hauteur=[30.0, 6.0, 3.0, 12.0],
        nombre_d_etages=[10, 2, 1, None],
    )
    totals = pd.DataFrame({"iris": ["a", "b"], "population": [126.0, 40.0]})
    return totals, areas, buildings


def test_people_live_where_homes_are(block):
    totals, areas, buildings = block
    cells = frame(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 300, 100))
    found = residents.by_volume(totals, areas, cells, ["population"], buildings)
    # 20 x 20 x 30 = 12000 m³ and 10 x 10 x 6 = 600 m³; no shed, no factory; b has no home and is spread by ground
    assert found.population.tolist() == pytest.approx([120, 6, 40])


def test_a_home_on_the_border_lives_on_both_sides():
    areas = frame(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), iris=["a", "b"])
    buildings = frame(shapely.box(90, 0, 110, 10), shapely.box(0, 50, 10, 60), hauteur=[10.0, 10.0])
    totals = pd.DataFrame({"iris": ["a", "b"], "population": [30.0, 7.0]})
    cells = frame(shapely.box(0, 0, 50, 100), shapely.box(50, 0, 200, 100))
    found = residents.by_volume(totals, areas, cells, ["population"], buildings)
    assert found.population.tolist() == pytest.approx([15, 15 + 7])


def test_a_secret_total_stays_missing(block):
    totals, areas, buildings = block
    totals["population"] = [np.nan, 40.0]
    cells = frame(shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100))
    found = residents.by_volume(totals, areas, cells, ["population"], buildings)
    assert found.population.isna().tolist() == [True, False]


def test_homes_of_a_table_of_ones_own_may_lack_shape_or_volume(block):
    totals, areas, _ = block
    bow_tie = shapely.Polygon([(0, 0), (20, 20), (20, 0), (0, 20), (0, 0)])  # 200 m² once mended
    homes = frame(
        bow_tie,
        shapely.box(150, 10, 160, 20),
        shapely.box(60, 60, 70, 70),
        None,
        shapely.Point(5, 5),
        shapely.box(220, 10, 230, 20),
        volume=[300.0, 100.0, np.nan, 50.0, 50.0, np.nan],
    )
    cells = frame(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 300, 100), None)
    found = residents.by_volume(totals, areas, cells, ["population"], homes)
    assert found.population.tolist()[:3] == pytest.approx([126 * 0.75, 126 * 0.25, 40])
    assert np.isnan(found.population.iloc[3])


def test_a_city_without_a_building_is_spread_by_ground(block):
    totals, areas, buildings = block
    cells = grid.grid(areas, 50)
    found = residents.by_volume(totals, areas, cells, ["population"], buildings.iloc[:0])
    even = grid.spread(totals, areas, cells, ["population"])
    assert found.population.to_numpy() == pytest.approx(even.population.to_numpy())


def test_hexagons_keep_the_residents_of_an_uneven_city(sample):
    iris, people, buildings, _ = sample
    inside = iris[iris.commune == "21231"]
    homes = volumes(buildings)
    here = people[people.iris.isin(inside.iris)]
    found = residents.by_volume(here, inside, grid.grid(inside, kind="h3"), ["population"], homes)
    assert found.population.sum() == pytest.approx(here.population.sum(), rel=1e-6)


@pytest.fixture(scope="module")
def sample(city):
    iris = datakit.load("iris", "sample")
    people = datakit.load("census-iris-population", "sample")
    buildings = datakit.load("bdtopo-buildings", "sample")
    return iris, people, buildings, grid.grid(city, 200)


def test_totals_are_preserved_on_the_sample(sample):
    iris, people, buildings, _ = sample
    cells = grid.grid(iris, 500)
    found = residents.by_volume(people, iris, cells, ["population", "pop_75_plus"], buildings)
    for column in ("population", "pop_75_plus"):
        both = people[people.iris.isin(iris.iris)][column].sum()
        assert found[column].sum() == pytest.approx(both, rel=1e-9)
    outside = iris[iris.commune != "21231"]  # only the city has buildings
    apart = cells.geometry.within(outside.union_all())
    even = grid.spread(people, iris, cells, ["population"])
    assert apart.sum() > 50
    assert found.population[apart].to_numpy() == pytest.approx(even.population[apart].to_numpy())


def test_brute_force_on_a_few_cells(sample):
    iris, people, buildings, cells = sample
    found = residents.by_volume(people, iris, cells, ["population"], buildings).population
    homes = volumes(buildings)
    total = people.set_index("iris").population
    for k in np.linspace(0, len(cells) - 1, 12).astype(int):
        expected = 0.0
        near = iris[iris.intersects(cells.geometry.iloc[k])]
        for code, contour in zip(near.iris, near.geometry, strict=True):
            inside = homes[homes.intersects(contour)]
            share = inside.volume * inside.intersection(contour).area / inside.area
            here = inside.volume * inside.intersection(contour).intersection(cells.geometry.iloc[k]).area / inside.area
            ground = contour.intersection(cells.geometry.iloc[k]).area / contour.area
            expected += total[code] * (here.sum() / share.sum() if share.sum() > 0 else ground)
        assert found.iloc[k] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_error_by_hand():
    found = residents.error([10, 30, np.nan], [20, 20, 5])
    assert found == pytest.approx(
        {"places": 2, "misplaced": 0.25, "mean_error": 10, "rmse": 10, "correlation": np.nan}, nan_ok=True
    )
    with pytest.raises(WrongUse):
        residents.error([1], [1])
    found = residents.error([12, 30, 5], [10, 40, 0], percent=True)
    assert found["mean_pct"] == pytest.approx((20 + 25) / 2)  # the place where nobody lives has no percentage
    assert found["rmse"] == pytest.approx(np.sqrt((4 + 100 + 25) / 3))


@pytest.fixture
def country():
    """A commune of two IRIS of the same size, three in four of whose people live in the west, and one of one IRIS."""
    iris = frame(
        shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 300, 100), iris=["a", "b", "c"]
    )
    communes = frame(shapely.box(0, 0, 200, 100), shapely.box(200, 0, 300, 100), commune=["X", "Y"])
    buildings = frame(
        shapely.box(10, 0, 20, 90), shapely.box(110, 0, 120, 30), shapely.box(210, 0, 220, 30), hauteur=[5.0, 5.0, 5.0]
    )
    totals = pd.DataFrame({"iris": ["a", "b", "c"], "commune": ["X", "X", "Y"], "population": [90.0, 30.0, 1000.0]})
    return totals, iris, communes, buildings


def test_self_check_by_hand(country):
    totals, iris, communes, buildings = country
    found = residents.self_check(totals, iris, communes, "population", buildings, percent=True)
    assert found.index.tolist() == ["building volume", "ground"]
    assert found.places.tolist() == [2, 2]  # Y is one IRIS, right by any way, and would flatter both
    assert found.misplaced.tolist() == pytest.approx([0, 30 / 120])  # by ground each has 60
    assert found.mean_error.tolist() == pytest.approx([0, 30])
    assert found.mean_pct.tolist() == pytest.approx([0, 100 * (30 / 90 + 30 / 30) / 2], abs=1e-9)


def test_self_check_gives_a_commune_no_ground_whose_people_are_unknown(country):
    totals, iris, communes, buildings = country
    more = frame(shapely.box(0, 100, 100, 200), iris=["d"])  # a third IRIS of X, its census missing, its house tall
    iris = pd.concat([iris, more], ignore_index=True)
    communes = frame(shapely.box(0, 0, 200, 200), shapely.box(200, 0, 300, 100), commune=["X", "Y"])
    house = frame(shapely.box(10, 110, 60, 160), hauteur=[50.0])
    buildings = pd.concat([buildings, house], ignore_index=True)
    for known in (totals, pd.concat([totals, pd.DataFrame({"iris": ["d"], "commune": ["X"], "population": [np.nan]})])):
        found = residents.self_check(known, iris, communes, "population", buildings)
        assert found.misplaced.tolist() == pytest.approx([0, 0.25])


def test_self_check_needs_something_to_check(country):
    totals, iris, communes, buildings = country
    with pytest.raises(WrongUse, match="two iris"):
        residents.self_check(totals, iris, communes, "population", buildings.iloc[2:])  # only Y is built
    with pytest.raises(CrsMismatch):
        residents.self_check(totals, iris.to_crs("EPSG:4326"), communes, "population", buildings)


def test_self_check_on_the_sample_is_what_sums_by_hand_say(sample, city):
    iris, people, buildings, _ = sample
    people = people.assign(commune=people.iris.str[:5])
    communes = datakit.load("communes", "sample")
    homes = volumes(buildings)
    found = residents.self_check(people, iris, communes, "population", homes)
    own = iris[iris.commune == "21231"].merge(people[["iris", "population"]], on="iris")
    volume = [(homes.volume * homes.intersection(c).area / homes.area).sum() for c in own.geometry]
    for way, weight in (("building volume", np.array(volume)), ("ground", own.area.to_numpy())):
        guess = own.population.sum() * weight / weight.sum()
        expected = np.abs(guess - own.population).sum() / 2 / own.population.sum()
        assert found.loc[way, "misplaced"] == pytest.approx(expected, rel=1e-3)  # IRIS and communes drawn apart
        assert found.loc[way, "places"] == len(own)


def test_wrong_tables_are_refused(block):
    totals, areas, buildings = block
    with pytest.raises(WrongUse):
        residents.by_volume(totals.rename(columns={"iris": "code"}), areas, areas, ["population"], buildings)
    with pytest.raises(CrsMismatch):
        residents.by_volume(totals, areas, areas.to_crs("EPSG:4326"), ["population"], buildings)
