"""Ways along streets: by hand, against the straight line, and where no street leads."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit import streets
from datakit.errors import WrongUse
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


def test_what_can_be_reached_is_counted(town):
    network, services = town
    homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([900, 5050], [0, 0]), crs=LAMBERT)
    found = access.reachable(homes, services, ["post", "library"], network, 1100)
    assert found.to_numpy().tolist() == [[2, 1], [0, 0]]
    assert access.reachable(homes, services, ["post"], network, 300).post.tolist() == [1, 0]


def test_shares_along_streets(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut", "apart"]},
        geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0), shapely.box(5000, -60, 5100, 0)],
        crs=LAMBERT,
    )
    found = access.by_area(areas, services, ["post"], area="iris", threshold=700, network=network).set_index("iris")
    assert found.far.to_dict() == {"near": 0, "cut": 100, "apart": 100}
    assert (found.far_low == found.far).all()
    assert np.isnan(found.distance["apart"])  # no street leads there: far, at no distance
    crow = access.by_area(areas, services, ["post"], area="iris", threshold=700, detour=1, detour_range=(1, 1))
    assert crow.set_index("iris").far["cut"] == 0


def test_weights_are_the_people_of_areas(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut"]}, geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0)], crs=LAMBERT
    )
    ways = access.by_area(areas, services, ["post"], area="iris", threshold=700, network=network)
    found = access.weighted(ways, pd.Series({"near": 300, "cut": 100}), area="iris")
    assert found.far[0] == pytest.approx(25)


@pytest.mark.parametrize(("shapes", "told"), [([], "no area"), ([shapely.Polygon()], "no shape"), ([None], "no shape")])
def test_no_area_and_no_shape_are_told(shapes, told):
    areas = gpd.GeoDataFrame({"iris": ["212310101"][: len(shapes)]}, geometry=shapes, crs="EPSG:2154")
    with pytest.raises(WrongUse, match=told):
        access.grid(areas, "iris")
