"""How far: by hand, along streets, against the straight line, where no street leads, and the planted truth found."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CannotAnswer, CrsMismatch, WrongUse
from datakit.geo import streets
from datakit.inclusion import access, gap, homes, people, services
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


LONG = {"post": 700, "library": 700}


def measured(areas, services, kinds, network=None, limits=LONG, spacing=homes.SPACING, **given):
    """Shares by area over an even spread."""
    points = homes.grid(areas, "iris", spacing)
    return access.by_area(points, access.ways(points, services, kinds, network, **given), limits, area="iris")


def test_shares_along_streets(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut", "apart"]},
        geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0), shapely.box(5000, -60, 5100, 0)],
        crs=LAMBERT,
    )
    found = measured(areas, services, ["post"], network).set_index("iris")
    assert found.far_pct.to_dict() == {"near": 0, "cut": 100, "apart": 100}
    assert (found.far_low_pct == found.far_pct).all()
    assert np.isnan(found.distance["apart"])  # no street leads there: far, at no distance
    crow = measured(areas, services, ["post"], detour=1, detour_range=(1, 1))
    assert crow.set_index("iris").far_pct["cut"] == 0


def test_weights_are_the_people_of_areas(town):
    network, services = town
    areas = gpd.GeoDataFrame(
        {"iris": ["near", "cut"]}, geometry=[shapely.box(850, -60, 1000, 0), shapely.box(0, -60, 150, 0)], crs=LAMBERT
    )
    home = homes.points(areas, "iris")
    ways = access.ways(home.points, services, ["post"], network)
    people = home.people(pd.DataFrame({"all": {"near": 300, "cut": 100}, "old": {"near": 10, "cut": np.nan}}))
    found = access.far(ways, people, LONG).set_index("group")
    assert found.far_pct.to_dict() == {"all": pytest.approx(25), "old": 0}
    assert found[["people", "of"]].loc["all"].tolist() == pytest.approx([100, 400])
    assert found["of"]["old"] == pytest.approx(10), "who is not counted is in neither sum"


@pytest.mark.parametrize(("shapes", "told"), [([], "no area"), ([shapely.Polygon()], "no shape"), ([None], "no shape")])
def test_no_area_and_no_shape_are_told(shapes, told):
    areas = gpd.GeoDataFrame({"iris": ["212310101"][: len(shapes)]}, geometry=shapes, crs="EPSG:2154")
    with pytest.raises(WrongUse, match=told):
        homes.grid(areas, "iris")


def test_at_the_threshold_one_is_near():
    """A way of just as many metres as the threshold is not beyond it."""
    areas = gpd.GeoDataFrame({"iris": ["a"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=LAMBERT)
    post = gpd.GeoDataFrame({"category": ["post"]}, geometry=gpd.points_from_xy([50], [350]), crs=LAMBERT)
    for threshold, far in ((300, 0), (299.9, 100)):  # one point, in the middle
        found = measured(areas, post, ["post"], limits={"post": threshold}, spacing=100, detour=1, detour_range=(1, 1))
        assert found.far_pct.tolist() == [far]


def test_what_the_places_of_homes_leave_open_is_a_range():
    ways = access.Ways(pd.DataFrame({"post": [500.0, 650, 900, np.inf]}), 1.0, 1.0, 100.0, "along the streets")
    people = pd.DataFrame({"all": [10.0, 20, 30, 40]})
    found = access.far(ways, people, {"post": 600}).iloc[0]
    # 650 m may be 550 m, and 500 m may be 600 m, which is not beyond 600 m.
    assert (found.far_pct, found.low_pct, found.high_pct) == (90, 70, 90)
    assert access.far(ways, people, {"post": 599}).iloc[0].high_pct == 100
    assert ways.around(500) == (400, 600)
    crow = access.Ways(ways.metres, 0.5, 2.0, 0.0, "straight lines")
    assert access.far(crow, people, {"post": 600})[["low_pct", "high_pct"]].iloc[0].tolist() == [40, 100]
    assert access.far(ways.part(np.array([True, True, False, False])), people[:2], {"post": 600})["of"][0] == 30


def test_the_curve_of_all_thresholds_says_what_each_says():
    ways = pd.DataFrame({"post": [100.0, 400, 1000, np.inf], "library": np.inf})
    people = pd.Series([10.0, 20, 30, np.nan])
    found = access.curve(ways, people, [0, 400, 2000])
    assert found["post"].tolist() == [100, 50, 0] and found["library"].tolist() == [100, 100, 100]
    assert access.half(ways["post"], people) == 400
    assert access.half(ways["library"], people) == np.inf


def test_one_kind_has_no_extremes_and_nobody_no_comparison():
    ways = access.Ways(pd.DataFrame({"post": [100.0, 900], "library": [900.0, 900]}), 1.0, 1.0, 0.0, "")
    people = pd.DataFrame({"all": [10.0, 30]})
    shares = access.far(ways, people, LONG)
    most, least = access.extremes(shares, "all")
    assert (most.category, most.far_pct, least.category, least.far_pct) == ("library", 100, "post", 75)
    with pytest.raises(CannotAnswer, match="only one"):
        access.extremes(shares[shares.category == "post"], "all")
    inside = np.array([True, False])
    there, elsewhere = (access.far(ways.part(p), people[p], LONG) for p in (inside, ~inside))
    compared = access.compare(there, elsewhere, {"post": "Post", "library": "Library"})
    assert compared.to_numpy().tolist() == [["Post", 0, 100, 10], ["Library", 100, 100, 10]]
    said = {name: figure.value for name, figure in access.counted(compared).items()}
    assert said == {"focus": "Post", "word": "lower", "alike": 1, "kinds": 2, "there": 0, "elsewhere": 100}
    with pytest.raises(CannotAnswer, match="nobody"):
        access.compare(access.far(ways, people * 0, LONG), elsewhere, {})


def test_the_example_never_contradicts_the_count():
    """The first kind is nearer there, two others are farther: the example is one of the two, the farthest apart."""
    compared = pd.DataFrame(
        {"kind": ["Post", "Library", "Doctor"], "there": [10.0, 60, 40], "elsewhere": [20.0, 30, 39]}
    )
    said = {name: figure.value for name, figure in access.counted(compared).items()}
    assert said == {"focus": "Library", "word": "higher", "alike": 2, "kinds": 3, "there": 60, "elsewhere": 30}
    turned = compared.rename(columns={"there": "elsewhere", "elsewhere": "there"})
    assert (access.counted(turned)["word"].value, access.counted(turned)["alike"].value) == ("lower", 2)
    equal = compared.assign(elsewhere=compared["there"])
    assert (access.counted(equal)["word"].value, access.counted(equal)["alike"].value) == ("the same", 3)


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
    found = measured(areas, there, ["post"], limits={"post": 650}, spacing=100).set_index("iris")
    # Columns of points stand at 50, 150 ... 950 m; each row of points is 50 m from a service in y.
    ways = np.hypot(np.arange(50, 1000, 100), 50) * 1.3
    assert found.distance["a"] == pytest.approx(ways.mean())
    assert found.far_pct["a"] == pytest.approx(100 * (ways > 650).mean()) == pytest.approx(50)
    assert found.far_pct["b"] == 100
    # 650 / 1.1 = 591 m, 650 / 1.5 = 433 m
    assert found[["far_low_pct", "far_high_pct"]].loc["a"].tolist() == pytest.approx([40, 60])


def test_a_category_without_any_service_is_missing_not_far(plain_country):
    areas, there = plain_country
    found = measured(areas, there, ["post", "library"], limits={"post": 650, "library": 650})
    assert found[found.category == "library"][["distance", "far_pct"]].isna().all(axis=None)
    assert gap.lacking(found).lacks.tolist() == [1, 1]  # the library counts for nobody
    home = homes.points(areas, "iris")
    ways = access.ways(home.points, there, ["post", "library"])
    people = home.people(pd.DataFrame({"all": {"a": 1, "b": 1}}))
    assert access.far(ways, people, LONG).category.tolist() == ["post"]


def test_a_tiny_area_has_a_point_and_weights_sum_to_one():
    areas = gpd.GeoDataFrame({"iris": ["a", "b"]}, geometry=[square(10, 10, 5), square(1000, 0)], crs=LAMBERT)
    points = homes.grid(areas, "iris", 150)
    assert points.groupby("iris").weight.sum().tolist() == pytest.approx([1, 1])
    assert points.geometry.iloc[0].within(areas.geometry.iloc[0])


def test_impossible_choices_are_refused(plain_country):
    areas, there = plain_country
    points = homes.grid(areas, "iris")
    for wrong in ({"detour": 0.9, "detour_range": (0.8, 1.5)}, {"detour": 1.6}):
        with pytest.raises(WrongUse, match="detour"):
            access.ways(points, there, ["post"], **wrong)
    ways = access.ways(points, there, ["post"])
    for limits in ({"post": 0}, {"library": 5}):
        with pytest.raises(WrongUse, match="limit"):
            access.far(ways, pd.DataFrame({"all": points["weight"]}), limits)


def test_degrees_are_refused(plain_country):
    areas, there = plain_country
    with pytest.raises(CrsMismatch):
        access.ways(homes.grid(areas, "iris").to_crs(4326), there, ["post"])


def test_the_planted_iris_are_the_only_ones_far_from_everything_and_old(loaded, inhabitants):
    every = services.table(
        france_services=loaded["france-services"], mednum=loaded["mednum-bfc"], bpe=loaded["bpe"]
    ).places
    places = services.locate(every, loaded["communes"])
    kinds = ["digital", "post", "library", "doctor", "pharmacy"]
    far = measured(loaded["iris"], places[~places.flagged], kinds, limits=dict.fromkeys(kinds, 1000))
    lacks = gap.lacking(far).lacks
    assert (lacks[list(invented.PLANTED)] == len(kinds)).all()
    known = inhabitants.set_index("iris")
    old = people.top_quarter(known.pop_75_plus_pct, known.population)
    found = set(lacks.index[(lacks == len(kinds)) & old.reindex(lacks.index)])
    assert found == set(invented.PLANTED)
    assert (known.pop_75_plus_pct[list(invented.PLANTED)] >= 20).all()
