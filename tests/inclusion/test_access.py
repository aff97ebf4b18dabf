"""How far: by hand, along streets, against the straight line, where no street leads, and the planted truth found."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import streets
from datakit.inclusion import access, people, services
from tools.sample import inclusion as invented

LAMBERT = "EPSG:2154"


@pytest.fixture
def town():
    """A street of 1 km along a canal, a bridge at its end, and a street on the other side; another town apart."""
    lines = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 100)], [(1000, 100), (0, 100)], [(5000, 0), (5100, 0)]]
    roads = gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=LAMBERT)
    services = gpd.GeoDataFrame(
        {"category": ["post", "post", "library"]},
        geometry=gpd.points_from_xy([100, 950, 50], [100, 100, 0]),
        crs=LAMBERT,
    )
    return streets.network(roads), services


def test_a_canal_makes_a_near_service_far(town):
    network, services = town
    homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([100, 900, 5050], [0, 0, 0]), crs=LAMBERT)
    found = access.on_foot(homes, services, ["post", "library", "doctor"], network)
    assert found.post.tolist() == pytest.approx([900 + 100 + 50, 100 + 100 + 50, np.inf])
    assert found.library.tolist()[:2] == pytest.approx([50, 850])
    assert found.doctor.isna().all()
    assert access.nearest(homes, services, ["post"]).post[0] == pytest.approx(100)


def test_shares_along_streets(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut", "apart"]},
        geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0), shapely.box(5000, -60, 5100, 0)],
        crs=LAMBERT,
    )
    found = access.by_area(areas, services, ["post"], area="iris", threshold=700, network=network).set_index("iris")
    assert found.far_pct.to_dict() == {"near": 0, "cut": 100, "apart": 100}
    assert (found.far_low_pct == found.far_pct).all()
    assert np.isnan(found.distance["apart"])  # no street leads there: far, at no distance
    crow = access.by_area(areas, services, ["post"], area="iris", threshold=700, detour=1, detour_range=(1, 1))
    assert crow.set_index("iris").far_pct["cut"] == 0


def test_weights_are_the_people_of_areas(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut"]}, geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0)], crs=LAMBERT
    )
    ways = access.by_area(areas, services, ["post"], area="iris", threshold=700, network=network)
    found = access.weighted(ways, pd.Series({"near": 300, "cut": 100}), area="iris")
    assert found.far_pct[0] == pytest.approx(25)


@pytest.mark.parametrize(("shapes", "told"), [([], "no area"), ([shapely.Polygon()], "no shape"), ([None], "no shape")])
def test_no_area_and_no_shape_are_told(shapes, told):
    areas = gpd.GeoDataFrame({"iris": ["212310101"][: len(shapes)]}, geometry=shapes, crs="EPSG:2154")
    with pytest.raises(WrongUse, match=told):
        access.grid(areas, "iris")


def test_at_the_threshold_one_is_near():
    """A way of just as many metres as the threshold is not beyond it."""
    areas = gpd.GeoDataFrame({"iris": ["a"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=LAMBERT)
    post = gpd.GeoDataFrame({"category": ["post"]}, geometry=gpd.points_from_xy([50], [350]), crs=LAMBERT)
    given = {"area": "iris", "detour": 1, "detour_range": (1, 1), "spacing": 100}  # one point, in the middle
    for threshold, far in ((300, 0), (299.9, 100)):
        assert access.by_area(areas, post, ["post"], threshold=threshold, **given).far_pct.tolist() == [far]


def test_areas_without_a_number_or_a_way_are_left_out_of_both_sides():
    table = pd.DataFrame(
        {
            "iris": list("abcd"),
            "category": "post",
            "far_pct": [100.0, 0, 100, np.nan],
            "far_low_pct": 0.0,
            "far_high_pct": 100.0,
            "distance": [900.0, 300, np.nan, np.nan],
        }
    )
    found = access.weighted(table, pd.Series({"a": 10.0, "b": 30.0, "c": np.nan, "d": 99.0}), area="iris").iloc[0]
    assert (found.far_pct, found.people, found.of, found.distance) == (25, 10, 40, 450)
    found = access.weighted(table, pd.Series({"a": 10.0, "b": 30.0, "c": 40.0}), area="iris").iloc[0]
    assert (found.far_pct, found.people, found.of) == (62.5, 50, 80)
    assert found.distance == 450, "where no street leads there is no distance, not one of 0 m"


def square(x, y, side=1000):
    return shapely.box(x, y, x + side, y + side)


@pytest.fixture
def plain_country():
    """Two squares of 1 km: services on the left edge of the first only."""
    areas = gpd.GeoDataFrame({"iris": ["a", "b"]}, geometry=[square(0, 0), square(1000, 0)], crs=LAMBERT)
    there = gpd.GeoDataFrame(
        {"category": ["post"] * 11},
        geometry=[shapely.Point(0, y) for y in range(0, 1001, 100)],
        crs=LAMBERT,
    )
    return areas, there


def test_distances_are_those_of_the_drawing(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post"], area="iris", threshold=650, detour=1.3, spacing=100).set_index(
        "iris"
    )
    # Columns of points stand at 50, 150 ... 950 m; each row of points is 50 m from a service in y.
    ways = np.hypot(np.arange(50, 1000, 100), 50) * 1.3
    assert found.distance["a"] == pytest.approx(ways.mean())
    assert found.far_pct["a"] == pytest.approx(100 * (ways > 650).mean()) == pytest.approx(50)
    assert found.far_pct["b"] == 100
    # 650 / 1.1 = 591 m, 650 / 1.5 = 433 m
    assert found[["far_low_pct", "far_high_pct"]].loc["a"].tolist() == pytest.approx([40, 60])


def test_people_weigh_and_the_unknown_are_left_out(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post"], area="iris", threshold=650, spacing=100)
    total = access.weighted(found, pd.Series({"a": 300.0, "b": 100.0}), area="iris").iloc[0]
    assert total.far_pct == pytest.approx(62.5)  # (300 * 50 % + 100 * 100 %) / 400
    assert total.people == pytest.approx(250)
    assert total.far_low_pct <= total.far_pct <= total.far_high_pct
    alone = access.weighted(found, pd.Series({"a": 300.0, "b": np.nan}), area="iris").iloc[0]
    assert (alone.far_pct, alone.of) == (pytest.approx(50), 300)


def test_a_category_without_any_service_is_missing_not_far(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post", "library"], area="iris", threshold=650)
    assert found[found.category == "library"][["distance", "far_pct"]].isna().all(axis=None)
    assert access.lacking(found, area="iris").lacks.tolist() == [1, 1]  # the library counts for nobody
    assert access.weighted(found, pd.Series({"a": 1, "b": 1}), area="iris").category.tolist() == ["post"]


def test_a_tiny_area_has_a_point_and_weights_sum_to_one():
    areas = gpd.GeoDataFrame({"iris": ["a", "b"]}, geometry=[square(10, 10, 5), square(1000, 0)], crs=LAMBERT)
    points = access.grid(areas, "iris", 150)
    assert points.groupby("iris").weight.sum().tolist() == pytest.approx([1, 1])
    assert points.geometry.iloc[0].within(areas.geometry.iloc[0])


@pytest.mark.parametrize(
    "wrong",
    [{"detour": 0.9, "detour_range": (0.8, 1.5)}, {"detour": 1.6}, {"threshold": 0}, {"threshold": {"library": 5}}],
)
def test_impossible_choices_are_refused(plain_country, wrong):
    areas, there = plain_country
    with pytest.raises(WrongUse):
        access.by_area(areas, there, ["post"], area="iris", **{"threshold": 650, **wrong})


def test_degrees_are_refused(plain_country):
    areas, there = plain_country
    with pytest.raises(CrsMismatch):
        access.by_area(areas.to_crs(4326), there, ["post"], area="iris", threshold=650)


def test_the_planted_iris_are_the_only_ones_far_from_everything_and_old(loaded, inhabitants):
    every = services.table(
        france_services=loaded["france-services"], mednum=loaded["mednum-bfc"], bpe=loaded["bpe"]
    ).places
    places = services.locate(every, loaded["communes"])
    kinds = ["digital", "post", "library", "doctor", "pharmacy"]
    far = access.by_area(loaded["iris"], places[~places.flagged], kinds, area="iris", threshold=1000)
    lacks = access.lacking(far, area="iris").lacks
    assert (lacks[list(invented.PLANTED)] == len(kinds)).all()
    known = inhabitants.set_index("iris")
    old = people.top_quarter(known.pop_75_plus_pct, known.population)
    found = set(lacks.index[(lacks == len(kinds)) & old.reindex(lacks.index)])
    assert found == set(invented.PLANTED)
    assert (known.pop_75_plus_pct[list(invented.PLANTED)] >= 20).all()
