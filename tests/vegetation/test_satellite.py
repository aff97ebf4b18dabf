"""NDVI from a STAC service: scenes in the publisher's form, served on loopback, read by windows."""

from datetime import datetime

import geopandas as gpd
import numpy as np
import pytest
import shapely

from datakit.errors import CrsMismatch, DatakitError, NotAsDescribed, Unreachable, WrongUse
from datakit.vegetation import satellite
from tests.stac import NORTH, WEST, ground
from tests.things import needs

pytestmark = [
    needs("satellite", "odc", "pystac_client", "rioxarray"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),  # libraries'
]


def area(x=3000, y=-3000, side=400, crs=32631):
    """A square of the tile, its corner ``x`` metres east and ``y`` north of the tile's."""
    box = shapely.box(WEST + x, NORTH + y - side, WEST + x + side, NORTH + y)
    return gpd.GeoDataFrame(geometry=[box], crs=32631).to_crs(crs)


def window(x=3000, y=-3000, side=400):
    """The digital numbers of the ground under :func:`area`."""
    rows, columns = slice(-y // 10, (-y + side) // 10), slice(x // 10, (x + side) // 10)
    return (band[rows, columns].astype(float) for band in ground())


def index(red, nir):
    return (nir - red) / (nir + red)


def summer(server, **options):
    return satellite.ndvi(area(), "2024-06-01/2024-08-31", catalog=server.base, **options)


def test_ndvi_is_that_of_the_satellites_own_pixels(service, scenes):
    scenes(service, "2024-07-02")
    found = summer(service).raster
    red, nir = window()
    assert found["ndvi"].shape == (40, 40) and str(found.rio.crs) == "EPSG:32631"
    np.testing.assert_allclose(found["ndvi"].to_numpy(), index(red, nir), atol=1e-6)
    assert (found["looks"] == 1).all()
    assert found["x"].to_numpy()[0] == WEST + 3005 and found["y"].to_numpy()[0] == NORTH - 3005
    (scene,) = summer(service).scenes
    assert scene.date == "2024-07-02" and scene.clear_share == 1 and scene.cloud_pct == 5 and scene.offset == 0


def test_only_a_window_of_each_file_is_read(service, scenes):
    name = scenes(service, "2024-07-02")
    summer(service)
    for band in ("red", "nir"):
        path = f"/{name}/{band}.tif"
        asked = [entry for entry in service.asked if entry[0] == path and entry[2]]
        assert asked and all(ranged for _, ranged, _ in asked)
        assert sum(size for _, _, size in asked) < len(service.files[path]) / 4
    wide = service.sent()
    satellite.ndvi(area(1000, -1000, 7000), "2024-07-02", catalog=service.base)
    assert service.sent() - wide > wide  # a larger area is a larger part


def test_the_median_leaves_clouds_out_pixel_by_pixel(service, scenes):
    def cloudy(red, nir, scl):
        scl[150:160] = 9  # the northern half of the area
        red[300:320], nir[300:320] = 9000, 9100

    def shadow(red, nir, scl):
        scl[150:170, 150:160] = 3  # the western half
        red[300:340, 300:320], nir[300:340, 300:320] = 90, 110

    scenes(service, "2024-06-10", edit=cloudy)
    scenes(service, "2024-07-02", edit=shadow)
    found = summer(service).raster
    red, nir = window()
    looks, values = found["looks"].to_numpy(), found["ndvi"].to_numpy()
    assert (looks[:20, :20] == 0).all() and (looks[:20, 20:] == 1).all()
    assert (looks[20:, :20] == 1).all() and (looks[20:, 20:] == 2).all()
    assert np.isnan(values[:20, :20]).all()
    np.testing.assert_allclose(values[looks > 0], index(red, nir)[looks > 0], atol=1e-6)
    everything = summer(service, clear=tuple(range(12)))
    assert everything.raster["ndvi"].to_numpy()[5, 30] < 0.5  # unmasked, the cloud would have drawn it down


def test_the_offset_is_taken_off_where_the_product_still_has_it(service, scenes):
    red, nir = window()
    truth = index(red, nir)
    scenes(service, "2020-07-02", baseline="02.14", applied=False)  # none yet
    scenes(service, "2022-07-02", baseline="04.00", applied=False, raised=1000)  # still there
    scenes(service, "2023-07-02", baseline="05.09", applied=None, raised=1000)  # a catalogue that never takes it off
    scenes(service, "2024-07-02", baseline="05.10", applied=True)  # taken off by the catalogue
    offsets = []
    for year in (2020, 2022, 2023, 2024):
        found = satellite.ndvi(area(), f"{year}-06-01/{year}-08-31", catalog=service.base)
        np.testing.assert_allclose(found.raster["ndvi"].to_numpy(), truth, atol=1e-6)
        offsets.append(found.scenes[0].offset)
    assert offsets == [0, -1000, -1000, 0]


def test_deep_shade_under_the_offset_is_missing_not_dense_vegetation(service, scenes):
    def shade(red, nir, scl):
        red[300:302, 300:302] = 900  # 100 under the offset: less than no reflectance

    scenes(service, "2022-08-02", baseline="04.00", applied=False, raised=1000, edit=shade)
    found = satellite.ndvi(area(), "2022-08-01/2022-08-31", catalog=service.base).raster["ndvi"].to_numpy()
    red, nir = window()
    dark = np.zeros(found.shape, bool)
    dark[:2, :2] = True  # the window begins at row and column 300
    assert np.isnan(found[dark]).all()
    np.testing.assert_allclose(found[~dark], index(red, nir)[~dark], atol=1e-6)


def test_a_scene_marked_as_not_corrected_that_is_does_not_lose_its_red_twice(service, scenes):
    scenes(service, "2025-03-02", baseline="05.11", applied=False)
    found = satellite.ndvi(area(), "2025-03-01/2025-03-31", catalog=service.base)
    red, nir = window()
    np.testing.assert_allclose(found.raster["ndvi"].to_numpy(), index(red, nir), atol=1e-6)
    (scene,) = found.scenes
    assert scene.offset == 0 and "would be negative" in scene.why and "baseline 05.11" in scene.why


@pytest.mark.parametrize(
    ("said", "date", "offset"),
    [
        ({"s2:processing_baseline": "03.01"}, "2022-01-10", 0),
        ({"s2:processing_baseline": "05.00"}, "2018-01-10", -1000),  # reprocessed: the date says nothing
        ({"s2:processing_baseline": "04.00", "earthsearch:boa_offset_applied": True}, "2022-03-01", 0),
        ({"processing:version": "05.09"}, "2023-11-07", -1000),
        ({"processing:version": "N0511"}, "2025-03-02", -1000),
        ({}, "2021-06-01", 0),
        ({}, "2022-06-01", -1000),
        ({"s2:processing_baseline": "unknown"}, "2022-06-01", -1000),
    ],
)
def test_what_a_catalogue_says_of_the_offset(said, date, offset):
    import pystac

    when = datetime.fromisoformat(date + "T10:40:00+00:00")
    item = pystac.Item("scene", None, None, when, said)
    value, why = satellite.declared_offset(item)
    assert value == offset and why


def test_no_data_and_what_lies_beyond_the_scene_stay_missing(service, scenes):
    def swath(red, nir, scl):
        red[:, 330:], nir[:, 330:] = 0, 0  # the edge of the orbit; the classes there are still 4 in this file

    scenes(service, "2024-07-02", edit=swath)
    found = summer(service).raster
    values = found["ndvi"].to_numpy()
    assert np.isnan(values[:, 30:]).all() and np.isfinite(values[:, :30]).all()
    beyond = satellite.ndvi(area(-200, -3000), "2024-07-02", catalog=service.base).raster["ndvi"].to_numpy()
    assert np.isnan(beyond[:, :20]).all() and np.isfinite(beyond[:, 20:]).all()


def test_tiles_of_one_day_count_once(service, scenes):
    """The same pass, cut into two tiles or processed twice: one look, the newest processing first."""
    scenes(service, "2024-07-02", baseline="05.10")
    scenes(service, "2024-07-02", baseline="05.11", minus=200)
    scenes(service, "2024-07-12")
    found = summer(service)
    assert (found.raster["looks"] == 2).all() and len(found.scenes) == 3
    red, nir = window()
    middle = (index(red, nir) + index(red - 200, nir)) / 2
    np.testing.assert_allclose(found.raster["ndvi"].to_numpy(), middle, atol=1e-6)


def test_pages_and_clouds_of_the_catalogue(service, scenes):
    for day in range(1, 8):
        scenes(service, f"2024-07-0{day}", cloud=10.0 * day)
    service.page = 2
    found = satellite.search(area(), "2024-07-01/2024-07-31", catalog=service.base, max_cloud=60)
    assert [item.properties["eo:cloud_cover"] for item in found] == [10, 20, 30, 40, 50, 60]
    assert sum(path == "/search" for path, _, _ in service.asked) == 3
    service.query = False  # a service that cannot filter: it is done here
    assert len(satellite.search(area(), "2024-07-01/2024-07-31", catalog=service.base, max_cloud=25)) == 2
    best = satellite.ndvi(area(), "2024-07-01/2024-07-31", catalog=service.base, max_cloud=60, most=2)
    assert [scene.date for scene in best.scenes] == ["2024-07-01", "2024-07-02"]


def test_the_bands_own_names_are_understood(service, scenes):
    scenes(service, "2024-07-02", names={"red": "B04", "nir": "B08", "scl": "SCL"}, applied=None, raised=1000)
    red, nir = window()
    np.testing.assert_allclose(summer(service).raster["ndvi"].to_numpy(), index(red, nir), atol=1e-6)
    del service.items[0]["assets"]["SCL"]
    with pytest.raises(NotAsDescribed, match="lacks a band"):
        summer(service)


def test_nothing_found_and_nothing_answering_are_told_apart(service, scenes):
    name = scenes(service, "2024-07-02")
    with pytest.raises(WrongUse, match="no scene"):
        satellite.ndvi(area(), "2019-06-01/2019-08-31", catalog=service.base)
    with pytest.raises(WrongUse, match="no scene"):
        satellite.ndvi(area(x=90_000), "2024-06-01/2024-08-31", catalog=service.base)
    service.broken[f"/{name}/nir.tif"] = 404
    with pytest.raises(Unreachable, match=name):
        summer(service)
    service.broken["/search"] = 500
    with pytest.raises(Unreachable, match="STAC API"):
        summer(service)
    service.broken["/"] = 400
    with pytest.raises(Unreachable, match="STAC API"):
        summer(service)


def test_a_service_that_is_down():
    with pytest.raises(Unreachable, match="another `catalog`"):
        satellite.ndvi(area(), "2024-07-02", catalog="http://127.0.0.1:9")


def test_degrees_and_empty_areas_are_refused():
    with pytest.raises(CrsMismatch):
        satellite.ndvi(area(crs=4326), "2024-07-02", catalog="http://127.0.0.1:9")
    with pytest.raises(WrongUse, match="empty"):
        satellite.ndvi(area().iloc[:0], "2024-07-02", catalog="http://127.0.0.1:9")


def test_a_missing_library_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pystac_client", None)
    with pytest.raises(DatakitError, match=r"ondijon-datakit\[satellite\]"):
        satellite.search(area(), "2024-07-02")
