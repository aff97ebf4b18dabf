"""The core is enough to fetch and load, each extra for its theme, and what is missing says what to install."""

import ast
import json
import pickle
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from datakit import extras
from datakit.errors import DatakitError, MissingPackage
from tests.only import PROJECT, hiding, modules

ROOT = Path(__file__).resolve().parents[2]
LISTS = PROJECT["optional-dependencies"]
THEMES = ("trees", "vegetation", "inclusion")
DRAWN = {
    "datakit.inclusion.mapped",
    "datakit.inclusion.pictures",
    "datakit.trees.citizens.ground",
    "datakit.trees.citizens.pack",
    "datakit.trees.citizens.page",
    "datakit.trees.drawing",
    "datakit.vegetation.pictures",
}  # maps for citizens, and those of chapters: they need the extra `notebooks` too
BEYOND = {
    "datakit.vegetation.many": "cluster",
    "datakit.vegetation.raster": "satellite",
    "datakit.vegetation.satellite": "satellite",
}


def kit_modules():
    """Name of each module of the kit -> its file."""
    for path in sorted((ROOT / "datakit").rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


@cache
def imports(path):
    """Third-party modules that a file imports, each with whether the import stands in ``with needed_by(...)``.

    What stands under ``if TYPE_CHECKING:`` is read by type checkers only, and needs nothing to be installed.
    """

    def walk(node, said):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            return
        if isinstance(node, ast.With):
            said = said or any(getattr(getattr(i.context_expr, "func", 0), "id", "") == "needed_by" for i in node.items)
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            first = node.args[0]
            first = first.values[0] if isinstance(first, ast.JoinedStr) else first
            names = [first.value] if isinstance(getattr(first, "value", None), str) else []
        for name in names:
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and top != "datakit":
                yield top, said
        for child in ast.iter_child_nodes(node):
            yield from walk(child, said)

    return set(walk(ast.parse(path.read_text(encoding="utf-8")), False))


def test_what_is_not_in_the_core_says_which_extra_brings_it():
    core = modules()
    brought = {extra: modules(extra) - core for extra in LISTS}
    seen, wrong = set(), []
    for name, path in kit_modules():
        for module, said in imports(path):
            if module in core:
                continue
            extra = extras.bringing(module, name)
            seen.add(extra)
            if not said or module not in brought.get(extra, ()):
                wrong.append(f"{name} imports {module}: needed_by: {said}, extra: {extra}")
    assert not wrong, "\n".join(wrong)
    assert seen == set(LISTS)  # each has something to bring


def test_a_theme_imports_what_the_core_its_extra_and_drawing_bring():
    for name, path in kit_modules():
        theme = name.split(".")[1] if name.count(".") else ""
        if theme in THEMES:
            allowed = modules(theme, "notebooks", *([BEYOND[name]] if name in BEYOND else []))
            assert {module for module, _ in imports(path)} <= allowed, name


def alone(tmp_path, code, *brought):
    """Run code where only the core and these extras are installed, in a folder of its own."""
    start = f"{hiding(*brought)}\nsys.path[:0] = {[str(ROOT)]!r}\n"
    done = subprocess.run([sys.executable, "-c", start + code], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_core_reads_every_dataset_of_the_sample(tmp_path, cache):
    code = """
import json, warnings
from importlib.resources import files
import datakit
warnings.simplefilter("ignore")
ids = json.loads(files("datakit").joinpath("sample/data.lock").read_text(encoding="utf-8"))["datasets"]
print(json.dumps({id: len(datakit.load(id)) for id in ids}))
assert "SYNTHETIC" in datakit.provenance()._repr_html_()
assert "matplotlib" not in sys.modules and "scipy" not in sys.modules
"""
    rows = json.loads(alone(tmp_path, code))
    formats = {json.loads(path.read_text(encoding="utf-8"))["format"] for path in cards(rows)}
    assert {"csv", "geojson", "json", "parquet", "shp", "overpass"} <= formats
    assert all(rows.values())


def cards(ids):
    return [ROOT / "datakit" / "catalog" / f"{id.partition('@')[0]}.json" for id in ids]


def test_the_core_lists_fetches_and_keeps_mirrors(tmp_path, cache):
    code = """
from datakit.cli import main
commands = ["list", "show communes", "fetch communes", "lock communes", "mirror build m communes --origins sample",
            "mirror verify m", "notebooks"]
for line in commands:
    assert main(line.split()) == 0, line
"""
    said = alone(tmp_path, code)
    assert "communes" in said
    assert (tmp_path / "notebooks" / "00_start_here.ipynb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("extra", THEMES)
def test_a_theme_alone_imports(extra, tmp_path):
    names = [n for n, _ in kit_modules() if n.startswith(f"datakit.{extra}") and n not in DRAWN]
    assert len(names) > 5
    code = f"from importlib import import_module\nfor name in {names}: import_module(name)"
    alone(tmp_path, code, extra)


def test_maps_charts_and_runs_import_alone(tmp_path):
    names = [n for n, _ in kit_modules() if n.count(".") == 1 and n not in ("datakit.__main__",)]
    code = f"from importlib import import_module\nfor name in {names}: import_module(name)\n"
    alone(tmp_path, code + "from datakit.run import executing; executing.check_packages()", "notebooks")


@pytest.mark.slow
def test_the_extras_beyond_the_notebooks_are_enough(tmp_path):
    code = "import geopandas, shapely; square = shapely.box(854000, 6693000, 855000, 6694000)\n"
    code += "area = geopandas.GeoDataFrame({'n': [1]}, geometry=[square], crs=2154)\n"
    alone(tmp_path, code + "from datakit.geo.cells import grid; assert len(grid(area, kind='h3'))", "hexagons")
    alone(tmp_path, code + "from datakit.vegetation import many; many.partitioned(area)", "cluster")
    needs = """
from datakit.errors import Unreachable
from datakit.vegetation import satellite
try:
    satellite.ndvi(area, "2024-07-02", catalog="http://127.0.0.1:9")
except Unreachable:
    print("asked")
"""
    assert alone(tmp_path, code + needs, "satellite") == "asked\n"


@pytest.mark.parametrize(
    ("line", "subject", "package", "extra"),
    [
        ("import datakit.show.maps", "datakit.show.maps", "folium", "notebooks"),
        ("from datakit.show.charts import figure; figure('x')", "datakit.show.charts", "matplotlib", "notebooks"),
        ("import datakit.trees.diversity", "datakit.trees.diversity", "scipy", "trees"),
        ("from datakit.trees.learners import boosting; boosting([])", "datakit.trees.learners", "sklearn", "trees"),
        (
            "from datakit.vegetation.heat import trend; trend([1], [2])",
            "datakit.vegetation.heat",
            "scipy",
            "vegetation",
        ),
    ],
)
def test_an_import_says_what_to_install(line, subject, package, extra, tmp_path):
    code = f"""
try:
    {line}
except ImportError as error:
    print(error.name.split(".")[0])
    print(error)
"""
    said = f'{subject}: {package} is not installed\n  next:     pip install "ondijon-datakit[{extra}]"\n'
    assert alone(tmp_path, code) == f"{package}\n{said}"


def test_a_run_without_jupyter_says_what_to_install_and_writes_nothing(tmp_path):
    code = "from datakit.cli import main\nsys.stderr = sys.stdout\nprint(main(['run', '--output', 'out']))"
    said = alone(tmp_path, code, *THEMES)
    assert said == (
        'datakit: datakit run: papermill is not installed\n  next:     pip install "ondijon-datakit[notebooks]"\n1\n'
    )
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_needs_an_extra_is_a_clean_error(tmp_path):
    code = "from datakit.cli import main\nsys.stderr = sys.stdout\nprint(main(['trees', 'visits']))"
    said = alone(tmp_path, code)
    assert "scipy is not installed" in said and "ondijon-datakit[trees]" in said and said.endswith("\n1\n")
    assert list(tmp_path.iterdir()) == []


def test_other_import_errors_stay_what_they_are():
    for name in ("pandas", "a_teams_own_module", "datakit.nope"):
        with pytest.raises(ModuleNotFoundError) as caught, extras.needed_by("datakit.show.maps"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        assert not isinstance(caught.value, MissingPackage)
    with pytest.raises(ImportError) as caught, extras.needed_by("datakit.show.maps"):
        raise ImportError("libgdal.so.36: cannot open shared object file", name="rasterio")
    assert not isinstance(caught.value, DatakitError)


def test_the_error_survives_processes():
    error = pickle.loads(
        pickle.dumps(MissingPackage("datakit.show.maps", "folium is not installed", next="do", name="x"))
    )
    assert str(error) == "datakit.show.maps: folium is not installed\n  next:     do"
    assert error.name == "x"


def test_the_lists_are_those_of_the_project(monkeypatch, tmp_path):
    whole = {"": PROJECT["dependencies"], **LISTS}
    assert extras.requirements() == whole
    # Beside an installed package another project's file may lie.
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "someone-elses"\n', encoding="utf-8")
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "datakit" / "extras.py"))
    assert extras.checkout() is None
    lines = [*PROJECT["dependencies"], *(f"{r}; extra == '{e}'" for e, names in LISTS.items() for r in names)]
    lines[0] += '; python_version >= "3.11"'
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    assert extras.requirements() == whole

    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert extras.requirements() == {}
    assert extras.bringing("folium", "datakit.show.maps") is None
