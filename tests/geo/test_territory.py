"""Communes as they are today."""

import geopandas as gpd
import shapely

from datakit.geo.territory import merged, todays_communes

LAMBERT = "EPSG:2154"


def square(x, y, side=1000):
    return shapely.box(x, y, x + side, y + side)


def test_a_merged_commune_joins_its_successor():
    old = gpd.GeoDataFrame(
        {
            "commune": ["21213", "21452", "21231"],
            "name": ["Crimolois", "Neuilly", "Dijon"],
            "population": [700, 2000, 9],
        },
        geometry=[square(0, 0), square(1000, 0), square(9000, 0)],
        crs=LAMBERT,
    )
    old.attrs["datakit"] = {"id": "communes"}
    new = todays_communes(old)
    assert new.commune.tolist() == ["21231", "21452"]
    assert new.set_index("commune").loc["21452", ["name", "population"]].tolist() == ["Neuilly", 2700]
    assert new.area.tolist() == [1e6, 2e6]
    assert set(old.commune) & set(merged()) == {"21213"} and not set(new.commune) & set(merged())
    assert new.attrs["datakit"] == {"id": "communes"}
    assert len(todays_communes(new)) == 2
