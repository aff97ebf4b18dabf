"""Ways to parks: by hand, and against a search that walks a fine raster of the street."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from datakit.errors import CannotAnswer, CrsMismatch, WrongUse
from datakit.geo import streets
from datakit.vegetation import reach

LAMBERT = "EPSG:2154"


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=LAMBERT)


@pytest.fixture
def town():
    """A street along the south, a railway that nobody crosses but at x = 900, a park beyond it."""
    lines = [[(0, 0), (900, 0)], [(900, 0), (900, 200)], [(900, 200), (0, 200)]]
    net = streets.network(frame(*map(shapely.LineString, lines)))
    park = frame(shapely.box(0, 205, 200, 305))  # 2 ha, its edge 5 m from the northern street
    return net, park


def test_beyond_the_railway_the_straight_line_lies(town):
    net, park = town
    homes = frame(shapely.Point(100, 0), shapely.Point(850, 0), shapely.Point(100, 200))
    found = reach.walk(homes, park, net)
    assert found.crow.tolist() == pytest.approx([205, np.hypot(650, 205), 5])
    # the street is within 15 m of the park up to 14.14 m beyond its corner
    door = 200 + np.sqrt(15**2 - 5**2)
    assert found.walk[0] == pytest.approx(800 + 200 + 900 - door, abs=0.2)
    assert found.walk[1] == pytest.approx(50 + 200 + 900 - door, abs=0.2)
    said = reach.hidden(found, [10, 10, 20])
    assert (said["crow_share"], said["walk_share"], said["hidden_share"]) == (0.75, 0.5, 0.25)


def test_pieces_of_a_park_are_one_space_and_small_ones_none():
    parks = frame(
        shapely.box(0, 0, 80, 80), shapely.box(90, 0, 170, 80), shapely.box(900, 0, 980, 80), shapely.Polygon(), None
    )
    found = reach.green_spaces(parks)
    assert found.pieces.tolist() == [2]
    assert found.hectares.tolist() == pytest.approx([1.28])


def test_what_is_closed_to_the_public_is_no_park():
    parks = frame(shapely.box(0, 0, 200, 200), shapely.box(900, 0, 1100, 200), access=["private", None])
    assert len(reach.green_spaces(parks)) == 1


def test_a_park_that_no_street_reaches_is_not_reached(town):
    net, _ = town
    far = frame(shapely.box(0, 400, 200, 600))
    found = reach.walk(frame(shapely.Point(100, 0)), far, net)
    assert np.isnan(found.walk[0])
    assert found.crow[0] == pytest.approx(400)
    assert found.space[0] == -1


def test_a_path_through_the_park_counts_from_its_edge():
    net = streets.network(frame(shapely.LineString([(0, 0), (1000, 0)])))
    park = frame(shapely.box(400, -100, 600, 100))
    found = reach.walk(frame(shapely.Point(100, 0), shapely.Point(500, 0)), park, net)
    assert found.walk[0] == pytest.approx(285, abs=0.2)  # 300 m to the edge, less the 15 m that count as its entrance
    assert found.crow[1] == 0


def test_against_a_fine_raster():
    rng = np.random.default_rng(5)
    lines = [[(x, 0), (x, 800)] for x in range(0, 900, 200)] + [[(0, y), (800, y)] for y in range(0, 900, 200)]
    cut = shapely.get_parts(shapely.union_all([shapely.LineString(line) for line in lines]))
    net = streets.network(frame(*cut))
    park = frame(shapely.box(230, 230, 390, 390))
    homes = rng.uniform(0, 800, (20, 2))
    found = reach.walk(frame(*map(shapely.Point, homes)), park, net)
    step = 2
    along = np.arange(0, 801, step)
    north = [np.column_stack([np.full(401, x), along]) for x in range(0, 900, 200)]
    east = [np.column_stack([along, np.full(401, y)]) for y in range(0, 900, 200)]
    xy = np.concatenate(north + east)
    doors = xy[shapely.distance(shapely.points(xy), park.geometry[0]) <= 15]
    for k, home in enumerate(homes):
        at = xy[np.hypot(*(xy - home).T).argmin()]
        # On a square grid of streets the way is the sum of both legs, or a little more within one block.
        way = min(_grid_way(at, d) for d in doors) + np.hypot(*(at - home))
        assert found.walk[k] == pytest.approx(way, abs=11)  # half the distance of two doors


def _grid_way(a, b, pitch=200):
    """Way between two places on a square grid of streets."""

    def ends(p):
        x, y = p
        if x % pitch == 0 and y % pitch == 0:
            return [(x, y, 0)]
        if x % pitch == 0:
            low = pitch * (y // pitch)
            return [(x, low, y - low), (x, low + pitch, low + pitch - y)]
        low = pitch * (x // pitch)
        return [(low, y, x - low), (low + pitch, y, low + pitch - x)]

    same = (a[0] == b[0] and a[0] % pitch == 0) or (a[1] == b[1] and a[1] % pitch == 0)
    ways = [abs(p - r) + abs(q - s) + u + v for p, q, u in ends(a) for r, s, v in ends(b)]
    return min([*ways, abs(a[0] - b[0]) + abs(a[1] - b[1])] if same else ways)


def test_nothing_to_walk_to_and_wrong_coordinates(town):
    net, park = town
    with pytest.raises(CannotAnswer, match="no green space"):
        reach.walk(frame(shapely.Point(0, 0)), park.iloc[:0], net)
    with pytest.raises(CrsMismatch):
        reach.walk(frame(shapely.Point(0, 0)).set_crs("EPSG:3857", allow_override=True), park, net)
    with pytest.raises(WrongUse):
        reach.hidden(reach.walk(frame(shapely.Point(0, 0)), park, net), [0])
