"""Trees in view from a home: those behind buildings are not, by hand and by brute force."""

import subprocess
import sys

import numpy as np
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.trees import exposure
from datakit.vegetation import crowns, sight
from tests.shapes import box, frame, load, points
from tools.sample.vegetation import truth

HOME = box(0, 0, 10)


@pytest.mark.parametrize(
    ("others", "seen"),
    [
        ([], 1),
        ([box(20, 0, 5, 10)], 0),  # between home and tree
        ([box(20, 20, 5, 10)], 1),  # beside the line
        ([box(10, 0, 10, 4.9)], 1),  # a neighbour along the wall, below the line
        ([box(45, 0, 10)], 1),  # behind the tree
        ([box(20, 4.95, 5, 10)], 1),  # overlaps the line by less than a hand's breadth
        ([box(35, 0, 10)], 0),  # the tree stands in a building: it is in its yard, or badly placed
    ],
)
def test_a_building_on_the_line_hides_a_tree(others, seen):
    homes, trees = frame(HOME), points((40, 5))
    out = sight.visible_trees(homes, trees, frame(HOME, *others), 50)
    assert out.near.tolist() == [1]
    assert out.visible.tolist() == [seen]


def test_reach_is_measured_from_the_facade():
    trees = points((40, 5), (60.5, 5))
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 30).near.tolist() == [1]
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 50.4).near.tolist() == [1]
    assert sight.visible_trees(frame(HOME), trees, frame(HOME), 50.6).near.tolist() == [2]
    discs = crowns.discs(trees.assign(diametre_couronne=6.0))  # now to the edge of the crown
    assert sight.visible_trees(frame(HOME), discs, frame(HOME), 48).near.tolist() == [2]


def test_a_point_in_a_house_sees_from_its_facade_and_one_outside_from_itself():
    trees = points((40, 5), (-10, 5))
    out = sight.visible_trees(points((5, 5), (45, 5)), trees, frame(HOME), 50)
    assert out.visible.tolist() == [2, 1]  # from the east the house hides the tree behind it
    assert out.near.tolist() == [2, 1]


def test_a_home_drawn_twice_does_not_hide_its_own_view():
    other_layer = box(-0.6, 0.4, 10)
    assert sight.visible_trees(frame(HOME), points((-20, 5)), frame(other_layer), 50).visible.tolist() == [1]


def test_a_yard_is_seen_and_the_street_behind_its_wings_is_seen_too():
    court = box(0, 0, 30).difference(box(10, 10, 10, 20))  # open to the north
    out = sight.visible_trees(frame(court), points((15, 20), (15, 50), (15, -10)), frame(court), 50)
    assert out.visible.tolist() == [3]


def test_who_does_not_count():
    trees = points((20, 5), (21, 5), (22, 5), (23, 5), statut=["standing", "lost", None, None], dbh=[30, 30, 5, None])
    homes = frame(HOME)
    assert sight.visible_trees(homes, trees, frame(), 50).visible.tolist() == [3]
    assert sight.visible_trees(homes, trees, frame(), 50, least_dbh=10).visible.tolist() == [2]  # unknown ones count


def test_a_home_that_nobody_surveyed_has_no_figure():
    homes = frame(HOME, box(500, 0, 10), None, shapely.Polygon())
    out = sight.visible_trees(homes, points((20, 5)), frame(HOME), known=frame(box(-50, -50, 200)))
    assert out.visible.isna().tolist() == [False, True, True, True]
    out = sight.visible_trees(homes, points((20, 5)), frame(HOME))
    assert out.visible.tolist()[:2] == [1, 0]
    assert out.visible.isna().tolist() == [False, False, True, True]
    assert sight.visible_trees(homes, frame(), frame()).near.tolist()[:2] == [0, 0]


def test_one_look_serves_any_of_the_trees():
    """Views of all trees, counted for some of them, are what these alone would show."""
    rng = np.random.default_rng(5)
    spots, n = rng.uniform(0, 400, (60, 2)), 300
    homes = frame(*(box(x, y, 12) for x, y in spots[:40]), None)
    walls = frame(*(box(x, y, 12) for x, y in spots))
    status = rng.choice(["standing", "lost"], n, p=[0.8, 0.2])
    trees = points(*rng.uniform(-20, 420, (n, 2)), statut=status, dbh=rng.uniform(1, 40, n))
    seen = sight.views(homes, trees, walls, 50)
    for some in (np.arange(n), rng.permutation(n)[:90], np.array([], int)):
        alone = sight.visible_trees(homes, trees.iloc[some], walls, 50, least_dbh=10)["visible"]
        found = seen.count(some[sight.counted(trees.iloc[some], 10)])
        assert found.tolist()[:-1] == alone.tolist()[:-1] and found.isna().tolist() == alone.isna().tolist()
    assert seen.count(np.arange(n)).sum() > sight.visible_trees(homes, trees, walls, 50)["visible"].sum() > 100
    assert len(sight.views(homes, frame(), walls).home) == 0


def test_sight_refuses_other_crs_and_distances():
    with pytest.raises(CrsMismatch):
        sight.visible_trees(frame(HOME), points((1, 1)).set_crs("EPSG:3857", allow_override=True), frame(HOME))
    for wrong in (0, -1, np.inf, np.nan):
        with pytest.raises(WrongUse):
            sight.visible_trees(frame(HOME), points((1, 1)), frame(HOME), wrong)


def brute(home, trees, buildings, reach):
    """One home at a time, with all buildings, without index."""
    others = [b.buffer(-sight.SLACK, join_style="mitre") for b in buildings if not b.equals(home)]
    near = [t for t in trees if home.distance(t) <= reach]
    lines = [shapely.LineString([shapely.ops.nearest_points(home, t)[0], t]) for t in near]
    return len(near), sum(not any(line.intersects(b) for b in others) for line in lines)


def test_sight_agrees_with_brute_force_on_the_sample():
    middle = truth()["blocks"].query("kind == 'dense'").geometry.iloc[20].centroid
    around = load("cadastre-buildings").cx[middle.x - 400 : middle.x + 400, middle.y - 400 : middle.y + 400]
    around = around[around.geom_type.isin(["Polygon", "MultiPolygon"]) & around.is_valid & ~around.is_empty]
    around = around[~around.geometry.duplicated()]
    trees = load("trees-dijon").cx[middle.x - 600 : middle.x + 600, middle.y - 600 : middle.y + 600]
    assert len(around) > 200
    assert len(trees) > 50
    homes = around.iloc[::25]
    out = sight.visible_trees(homes, trees, around, 60)
    standing = exposure.standing(trees)
    expected = [brute(h, list(standing.geometry), list(around.geometry), 60) for h in homes.geometry]
    assert out.near.tolist() == [n for n, _ in expected]
    assert out.visible.tolist() == [v for _, v in expected]
    assert 0 < out.visible.sum() < out.near.sum()  # some hide, some do not


@pytest.mark.slow
def test_many_homes_do_not_bring_the_process_down(tmp_path):
    """Prepared shapes are not safe between threads: this crashed every few runs, and took the kernel with it."""
    program = tmp_path / "again.py"
    program.write_text(
        "import datakit\n"
        "from datakit.geo.dwellings import homes\n"
        "from datakit.vegetation import sight\n"
        "buildings = datakit.load('bdtopo-buildings', 'sample')\n"
        "trees = datakit.load('trees-dijon', 'sample')[['geometry']]\n"
        "for _ in range(8):\n"
        "    sight.visible_trees(homes(buildings), trees, buildings)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
