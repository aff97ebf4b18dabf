"""Means of rasters in cells, against a loop over every pixel."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grids
from datakit.vegetation import raster
from tests.things import needs

pytestmark = [
    needs("satellite", "rioxarray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),  # libraries'
]


def painted(values, crs="EPSG:2154", step=10.0, west=854_000.0, north=6_693_000.0):
    import rioxarray  # noqa: F401  gives arrays their `.rio`
    import xarray

    values = np.asarray(values, float)
    high, wide = values.shape
    axes = {"y": north - step * (np.arange(high) + 0.5), "x": west + step * (np.arange(wide) + 0.5)}
    return xarray.DataArray(values, axes, ("y", "x"), name="ndvi").rio.write_crs(crs)


def brute(array, cells, step=10.0):
    """Weighted means by one loop over everything."""
    out = []
    for cell in cells.geometry:
        weight = total = 0.0
        for x, y, value in ((x, y, float(array.sel(x=x, y=y))) for x in array["x"].data for y in array["y"].data):
            shared = shapely.box(x - step / 2, y - step / 2, x + step / 2, y + step / 2).intersection(cell).area
            if np.isfinite(value):
                weight, total = weight + shared, total + shared * value
        out.append((total / weight if weight else np.nan, weight / cell.area))
    return pd.DataFrame(out, columns=["ndvi", "seen_share"], index=cells.index)


def test_means_by_cell_weigh_pixels_by_shared_ground():
    rng = np.random.default_rng(1)
    values = rng.random((24, 30))
    values[rng.random((24, 30)) < 0.2] = np.nan
    array = painted(values)
    corner = shapely.Point(854_013.7, 6_692_771.3)
    shapes = [
        corner.buffer(90),
        shapely.box(854_100, 6_692_800, 854_200, 6_692_900),
        shapely.box(854_101.3, 6_692_803.1, 854_104.9, 6_692_806.7),  # within one pixel
        shapely.Polygon([(854_050, 6_692_950), (854_290, 6_692_980), (854_120, 6_692_770)]),
    ]
    cells = gpd.GeoDataFrame(geometry=shapes, crs=2154, index=list("abcd"))
    expected = brute(array, cells)
    found = raster.by_cell(array, cells, least=0.0)
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-9)


def test_cells_in_lambert_on_a_raster_in_utm():
    """A plane is averaged to its value at the middle, whatever the turn between two CRS."""
    x, y = np.meshgrid(np.arange(200), np.arange(200))
    flat = gpd.GeoSeries(gpd.points_from_xy([855_000], [6_693_000]), crs=2154).to_crs(32631).iloc[0]
    array = painted(x * 0.001 + y * 0.002, "EPSG:32631", 10.0, round(flat.x, -1) - 1000, round(flat.y, -1) + 1000)
    town = gpd.GeoDataFrame(geometry=[shapely.box(854_500, 6_692_500, 855_500, 6_693_500)], crs=2154)
    cells = grids.grid(town, 100)
    found = raster.by_cell(array, cells)
    middle = cells.to_crs(32631).centroid
    west, north = array["x"].data[0], array["y"].data[0]
    expected = (middle.x - west) / 10 * 0.001 + (north - middle.y) / 10 * 0.002
    np.testing.assert_allclose(found["ndvi"], expected, atol=2e-5)
    np.testing.assert_allclose(found["seen_share"], 1, atol=1e-9)
    assert found.index.equals(cells.index)


def test_cells_seen_by_half_and_shares_above():
    values = np.tile([0.8, 0.1], (10, 5))
    values[:, 5:] = np.nan
    array = painted(values)
    left = shapely.box(854_000, 6_692_900, 854_050, 6_693_000)
    whole, right = (
        shapely.box(854_000, 6_692_900, 854_100, 6_693_000),
        shapely.box(854_060, 6_692_900, 854_100, 6_693_000),
    )
    far, nothing = shapely.box(0, 0, 10, 10), shapely.Polygon()
    cells = gpd.GeoDataFrame(geometry=[left, whole, right, far, nothing, None], crs=2154)
    found = raster.by_cell(array, cells, least=0.5, above=0.4)
    assert found["seen_share"].iloc[:4].tolist() == [1, 0.5, 0, 0] and found["seen_share"].iloc[4:].isna().all()
    np.testing.assert_allclose(found["ndvi"].iloc[:2], [0.52, 0.52])
    np.testing.assert_allclose(found["above_share"].iloc[:2], [0.6, 0.6])
    assert found["ndvi"].iloc[2:].isna().all()
    assert raster.by_cell(array, cells, least=0.6)["ndvi"].notna().tolist() == [True] + [False] * 5


def test_rasters_that_cannot_be_used_are_refused():
    cells = gpd.GeoDataFrame(geometry=[shapely.box(854_000, 6_692_900, 854_100, 6_693_000)], crs=2154)
    array = painted(np.ones((10, 10)))
    with pytest.raises(WrongUse, match="two dimensions"):
        raster.by_cell(array.drop_vars("spatial_ref"), cells)
    with pytest.raises(CrsMismatch):
        raster.by_cell(array, cells.to_crs(4326))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # an empty table raises nothing, and warns of nothing
        assert raster.by_cell(array, cells.iloc[:0]).empty
