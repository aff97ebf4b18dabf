"""Ways along streets: by hand, against the straight line, and where no street leads."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.geo import streets
from datakit.inclusion import access

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
