"""Ways on foot: worked out by hand, and against another library on networks drawn at random."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import streets

LAMBERT = "EPSG:2154"


def roads(*lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(line) for line in lines], crs=LAMBERT)


def points(*xy):
    return gpd.GeoSeries(gpd.points_from_xy(*zip(*xy, strict=True)), crs=LAMBERT)


@pytest.fixture
def square():
    """A block of 100 m, with a dead end to the east, and one street apart."""
    return streets.network(
        roads(
            [(0, 0), (100, 0)],
            [(100, 0), (100, 100)],
            [(100, 100), (0, 100)],
            [(0, 100), (0, 0)],
            [(100, 0), (180, 0)],
            [(500, 0), (600, 0)],
        )
    )


def test_by_hand(square):
    # from 5 m beside the south street, 20 m along it, to 10 m off the north street at 70 m
    found = square.distance_to_nearest(points((20, -5)), points((70, 110)))
    assert found.metres[0] == pytest.approx(5 + 20 + 100 + 70 + 10)  # by the west, not the 225 by the east
    assert square.distances(points((20, -5)), points((70, 110)))[0, 0] == pytest.approx(205)


def test_two_points_of_one_street_do_not_walk_to_its_end(square):
    found = square.distance_to_nearest(points((20, 0)), points((60, 3), (180, 0)))
    assert found.metres[0] == pytest.approx(43)
    assert found.target[0] == 0


def test_the_block_is_walked_around_the_shorter_side(square):
    found = square.distances(points((10, 0)), points((0, 30), (100, 90)))
    assert found[0].tolist() == pytest.approx([10 + 30, 90 + 90])


def test_no_street_leads_there(square):
    found = square.distance_to_nearest(points((550, 0), (0, 0)), points((50, 0)))
    assert np.isnan(found.metres[0])
    assert found.target.tolist() == [-1, 0]
    assert np.isnan(square.distances(points((550, 0)), points((50, 0)))[0, 0])
    assert sorted(set(square.part)) == [0, 1]
    assert (square.part == 1).sum() == 2  # the smaller part comes second


def test_beyond_the_limit_is_missing(square):
    assert np.isnan(square.distance_to_nearest(points((0, 0)), points((100, 0)), limit=99).metres[0])
    assert square.distance_to_nearest(points((0, 0)), points((100, 0)), limit=101).metres[0] == pytest.approx(100)
    assert square.pairs(points((0, 0), (100, 0)), points((90, 0)), 50).to_numpy().tolist() == [
        [1, 0, pytest.approx(10)]
    ]


def test_of_two_streets_between_two_crossings_the_shorter_is_taken():
    found = streets.network(roads([(0, 0), (0, 80), (100, 80), (100, 0)], [(0, 0), (100, 0)], [(100, 0), (200, 0)]))
    assert found.distances(points((0, 0)), points((200, 0)))[0, 0] == pytest.approx(200)


def test_ends_that_nearly_meet_do_meet_and_others_do_not():
    lines = roads([(0, 0), (100, 0)], [(100.3, 0), (200, 0)], [(202, 0), (300, 0)])
    found = streets.network(lines)
    assert found.distances(points((0, 0)), points((200, 0)))[0, 0] == pytest.approx(199.7, abs=0.5)
    assert np.isnan(found.distances(points((0, 0)), points((300, 0)))[0, 0])


def test_a_bridge_is_no_crossing():
    found = streets.network(roads([(0, 0), (100, 0)], [(50, -50), (50, 50)]))
    assert np.isnan(found.distances(points((0, 0)), points((50, 40)))[0, 0])


def test_nobody_walks_on_motorways():
    lines = roads(
        [(0, 0), (100, 0)],
        [(0, 0), (0, 10)],
        [(0, 10), (100, 10)],
        [(100, 10), (100, 0)],
        nature=["Type autoroutier", "Sentier", "Sentier", "Escalier"],
    )
    assert streets.network(lines).distances(points((0, 1)), points((100, 1)))[0, 0] == pytest.approx(118)


def test_nobody_rolls_on_stairs_and_paths():
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(0, 0), (0, 50), (100, 50), (100, 0)])]
    roads = gpd.GeoDataFrame({"nature": ["Escalier", "Route à 1 chaussée"]}, geometry=lines, crs="EPSG:2154")
    ends = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 100], [0, 0]), crs="EPSG:2154")
    on_foot, on_wheels = streets.network(roads), streets.network(roads, not_on_foot=streets.NOT_ON_WHEELS)
    assert on_foot.distances(ends[:1], ends[1:], 1000)[0, 0] == pytest.approx(100)
    assert on_wheels.distances(ends[:1], ends[1:], 1000)[0, 0] == pytest.approx(200)


def test_fictitious_sections_hold_a_network_together_where_asked():
    lines = roads([(0, 0), (100, 0)], [(100, 0), (120, 0)], [(120, 0), (200, 0)], fictif=[False, True, None])
    assert np.isnan(streets.network(lines).distances(points((0, 0)), points((200, 0)))[0, 0])
    found = streets.network(lines, fictitious=True)
    assert found.distances(points((0, 0)), points((200, 0)))[0, 0] == pytest.approx(200)


def test_a_scrap_of_path_leads_nowhere_unless_it_is_left_out():
    lines = roads([(0, 0), (100, 0)], [(100, 0), (300, 0)], [(40, 30), (60, 30)])
    home, park = points((50, 28)), points((250, 0))
    assert np.isnan(streets.network(lines).distance_to_nearest(home, park).metres[0])
    net = streets.network(lines, least=50)
    assert len(net.lines) == 2
    assert set(net.part) == {0}
    assert net.distance_to_nearest(home, park).metres[0] == pytest.approx(28 + 200)
    # it is the part that counts, not each of its lines
    assert len(streets.network(lines, least=250).lines) == 2
    with pytest.raises(WrongUse):
        streets.network(lines, least=301)


def test_one_walks_through_tunnels():
    lines = roads(
        [(0, 0), (50, 0)], [(50, 0), (80, 0)], [(80, 0), (100, 0)], position_par_rapport_au_sol=["0", "-1", "0"]
    )
    assert streets.network(lines).distances(points((0, 0)), points((100, 0)))[0, 0] == pytest.approx(100)


@pytest.mark.parametrize("seed", range(5))
def test_against_another_library(seed):
    import networkx as nx

    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (60, 2))
    ends = np.array([(a, b) for a in range(60) for b in range(a) if np.hypot(*(xy[a] - xy[b])) < 180 * rng.uniform()])
    net = streets.network(roads(*[xy[list(e)] for e in ends]))
    homes, shops = rng.uniform(0, 1000, (40, 2)), rng.uniform(0, 1000, (12, 2))

    def on_street(p):
        lines = [shapely.LineString(xy[list(e)]) for e in ends]
        away = shapely.distance(lines, shapely.Point(p))
        k = int(away.argmin())
        return k, lines[k].project(shapely.Point(p)), away[k]

    graph = nx.Graph()
    for a, b in ends:
        graph.add_edge(int(a), int(b), weight=float(np.hypot(*(xy[a] - xy[b]))))
    expected = np.full((40, 12), np.nan)
    places = {}
    for name, group in (("h", homes), ("s", shops)):
        for k, p in enumerate(group):
            places[name, k] = on_street(p)
    on = {}
    for key, (line, along, _) in places.items():
        on.setdefault(line, []).append((along, key))
    for line, found in on.items():  # every street is cut where points stand on it
        a, b = map(int, ends[line])
        chain = [(0.0, a), *sorted(found, key=lambda f: f[0]), (graph.edges[a, b]["weight"], b)]
        for (p, u), (q, v) in pairwise(chain):
            graph.add_edge(u, v, weight=max(q - p, 0.0))
    for h in range(40):
        lengths = nx.single_source_dijkstra_path_length(graph, ("h", h))
        for s in range(12):
            if ("s", s) in lengths:
                expected[h, s] = lengths["s", s] + places["h", h][2] + places["s", s][2]
    found = net.distances(points(*homes), points(*shops))
    assert found == pytest.approx(expected, abs=0.01, nan_ok=True)
    nearest = net.distance_to_nearest(points(*homes), points(*shops))
    known = ~np.isnan(expected).all(axis=1)
    assert known.sum() > 10
    assert nearest.metres[known].to_numpy() == pytest.approx(np.nanmin(expected[known], axis=1), abs=0.01)
    picked = expected[np.flatnonzero(known), nearest.target[known]]
    assert picked == pytest.approx(np.nanmin(expected[known], axis=1), abs=0.01)
    assert (nearest.target[~known] == -1).all()


def test_blocks_of_targets_change_nothing(square, monkeypatch):
    rng = np.random.default_rng(3)
    a, b = points(*rng.uniform(0, 200, (30, 2))), points(*rng.uniform(0, 200, (25, 2)))
    whole = square.distances(a, b)
    monkeypatch.setattr(streets, "BLOCK", 4)
    assert square.distances(a, b) == pytest.approx(whole, nan_ok=True)


def test_empty_points_and_tables(square):
    holes = gpd.GeoSeries([shapely.Point(), None, shapely.Point(10, 0)], crs=LAMBERT)
    found = square.distance_to_nearest(holes, points((20, 0)))
    assert found.metres.isna().tolist() == [True, True, False]
    assert np.isnan(square.distances(points((0, 0)), holes)[0, :2]).all()
    assert square.distance_to_nearest(points((0, 0)), holes.iloc[:0]).metres.isna().all()
    assert square.distances(points((0, 0)), holes.iloc[:0]).shape == (1, 0)


def test_places_that_are_remembered_are_those_of_the_points_asked_for():
    net = streets.network(roads([(0, 0), (10, 0)]))
    two, other = points((2, 1), (7, 3)), points((2, 1), (7, 4))
    first = net.snap(two)
    assert first["off"].tolist() == [1, 3]
    first["off"] = 0.0  # whoever asked may do with it as he likes
    assert net.snap(two)["off"].tolist() == [1, 3] and net.snap(other)["off"].tolist() == [1, 4]
    missing = gpd.GeoSeries([None, *two.geometry], crs=two.crs), gpd.GeoSeries([*two.geometry, None], crs=two.crs)
    assert [net.snap(some)["line"].tolist() for some in missing] == [[-1, 0, 0], [0, 0, -1]]
    for x in range(2 * streets.KEPT):  # more than are remembered
        assert net.snap(points((x / 8, 1)))["along"].tolist() == [x / 8]


def test_what_is_no_network_is_refused():
    with pytest.raises(WrongUse):
        streets.network(roads([(0, 0), (1, 0)], nature=["Type autoroutier"]))
    with pytest.raises(CrsMismatch):
        streets.network(roads([(5, 47), (5.1, 47)]).set_crs("EPSG:4326", allow_override=True))
    net = streets.network(roads([(0, 0), (1, 0)]))
    with pytest.raises(CrsMismatch):
        net.snap(points((0, 0)).set_crs("EPSG:3857", allow_override=True))
    with pytest.raises(WrongUse):
        streets.minutes([1.0], 0)


def test_the_streets_of_the_sample_hold_together():
    net = streets.network(datakit.load("bdtopo-roads", "sample"))
    city = datakit.load("communes", "sample").set_index("commune").geometry["21231"]
    inside = shapely.contains_xy(city, *net.nodes.T)
    assert (net.part[inside] == 0).mean() > 0.9
