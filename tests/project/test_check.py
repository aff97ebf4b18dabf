"""`make check` runs the tests of what changed, and those that use it elsewhere."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = {
    "tests/data/test_cards.py": "from datakit.data import cards, origins\n",
    "tests/data/test_tables.py": "from datakit.data.tables import parse\n",
    "tests/geo/test_grid.py": "from datakit.geo.cells import grid\n",
    "tests/trees/test_risk.py": "from datakit.trees import risk\nfrom datakit.data import cache\n",
}


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("check", ROOT / "tools/check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (["datakit/data/cache.py"], ["tests/data", "tests/trees/test_risk.py"]),
        (["datakit/geo/cells.py", "tests/geo/test_grid.py"], ["tests/geo"]),
        (["tests/data/test_tables.py"], ["tests/data/test_tables.py"]),
        (["tests/data/test_gone.py"], []),
        (["datakit/errors.py", "Makefile"], ["tests/project"]),
        (["notebooks/src/14_trees_risk.py"], ["tests/project", "tests/workshop/test_exercises.py"]),
        (["datakit/workshop/exercises/14_trees_risk.json"], ["tests/project", "tests/workshop/test_exercises.py"]),
        (["datakit/trees/__init__.py"], ["tests/trees"]),
        ([], []),
    ],
)
def test_tests_of_a_room_and_those_that_import_the_module(check, paths, chosen):
    assert check.touched(paths, TESTS) == chosen


def test_every_room_of_the_package_has_its_tests():
    rooms = {p.parent.name for p in (ROOT / "datakit").glob("*/__init__.py")}
    assert rooms <= {p.name for p in (ROOT / "tests").iterdir() if p.is_dir()}
