"""The recipes do what they say: the block of each page is run as it stands."""

import re
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.geo import cells as grid
from datakit.run.combining import run_each
from datakit.vegetation import cover, satellite
from tests.stac import ground

SUMMER = ("2024-06-21", "2024-07-02", "2024-08-11")


def block(root, page, k=0):
    """One of the Python blocks of a recipe."""
    return re.findall(r"^```python\n(.*?)^```$", (root / "docs/recipes" / page).read_text("utf-8"), re.M | re.S)[k]


def test_every_recipe_has_its_test(root):
    """Those on a hub for a room are tried in tests/workshop/test_hub_recipe.py."""
    assert {page.name for page in (root / "docs/recipes").glob("*.md")} == {"satellite.md", "many_cities.md", "tljh.md"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")  # of the libraries
def test_the_satellite_recipe(root, service, scenes, tmp_path, monkeypatch, capsys):
    for name in ("odc.stac", "pystac_client", "rioxarray"):
        pytest.importorskip(name, reason='pip install "ondijon-datakit[satellite]"')
    import rioxarray

    for date in SUMMER:
        scenes(service, date)
    scenes(service, "2024-07-12", cloud=60.0)  # more cloud than the recipe takes
    scenes(service, "2024-04-12")  # not summer
    monkeypatch.setattr(satellite, "CATALOG", service.base)
    monkeypatch.chdir(tmp_path)
    exec(compile(block(root, "satellite.md"), "satellite.md", "exec"), {"__name__": "__main__"})
    told = capsys.readouterr().out
    assert re.findall(r"^(\d{4}-\d\d-\d\d) \d+ % of the area seen", told, re.M) == list(SUMMER)
    squares = gpd.read_file(tmp_path / "ndvi-by-cell.gpkg")
    seen = (squares["seen_share"] > 0.999) & (squares.area > 20_000)  # not of the slivers along the border
    red, nir = (band.mean() for band in ground())
    assert seen.sum() > 200
    np.testing.assert_allclose(squares["ndvi"][seen], (nir - red) / (nir + red), atol=0.01)
    assert (squares["above_share"][seen] == 1).all()
    south = squares["seen_share"] < 0.5  # beyond the scene: no figure, and not a low one
    assert south.sum() > 0 and squares["ndvi"][south].isna().all()
    with rioxarray.open_rasterio(tmp_path / "ndvi.tif") as image:
        assert image.rio.resolution() == (10, -10) and np.nanmin(image) > 0.6


@pytest.mark.slow
def test_the_satellite_notebook_for_each_summer(root, service, scenes, tmp_path, monkeypatch):
    jupytext = pytest.importorskip("jupytext", reason='pip install "ondijon-datakit[notebooks]"')
    for name in ("odc.stac", "pystac_client", "rioxarray"):
        pytest.importorskip(name, reason='pip install "ondijon-datakit[satellite]"')
    for date in SUMMER:
        scenes(service, date)
    monkeypatch.chdir(tmp_path)
    jupytext.write(jupytext.reads(block(root, "satellite.md", 1), "py:percent"), "greenness.ipynb")
    assert satellite.CATALOG in (tmp_path / "greenness.ipynb").read_text()
    each, given = {"summer": [2023, 2024]}, {"catalog": service.base}
    report = run_each(["greenness.ipynb"], each=each, parameters=given, origins="sample", workers=1, progress=False)
    assert [one.ok for one in report.combinations] == [False, True]
    found = pd.read_parquet(report.output / "answers.parquet")
    assert "WrongUse" in found["why"][0] and found["summer"].tolist() == [2023, *[2024] * 4]
    red, nir = (band.mean() for band in ground())
    middle = found.set_index("figure").loc["middle"]
    assert abs(middle["value"] - (nir - red) / (nir + red)) < 0.01 and middle["kind"] == "MIXED"


@pytest.mark.slow
def test_the_recipe_of_many_cities(root, tmp_path):
    for name in ("dask_geopandas", "distributed"):
        pytest.importorskip(name, reason='pip install "ondijon-datakit[cluster]"')
    (tmp_path / "many_cities.py").write_text(block(root, "many_cities.md"), "utf-8")
    done = subprocess.run(
        [sys.executable, "many_cities.py"], cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(tmp_path / "cells.csv", dtype={"commune": str})
    communes = datakit.load("communes", "sample")
    with pytest.warns(DataWarning, match="set aside"):
        woods = datakit.load("bdtopo-vegetation", "sample")
    for code, rows in found.groupby("commune"):
        alone = cover.cover(grid.grid(communes[communes["commune"] == code], 500), woods, "green")
        np.testing.assert_allclose(rows["green_area"], alone["green_area"], rtol=1e-9, atol=1e-6)
        least = rows.sort_values("rank")["green_share"].to_numpy()
        assert (np.diff(least) >= -1e-9).all() and rows["rank"].min() == 1
    assert set(found["commune"]) == set(communes["commune"]) and found["green_share"].nunique() > 100
    assert all(code in done.stdout for code in communes["commune"])
