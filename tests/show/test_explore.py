"""A first look at any table: what its columns hold, and where its rows are."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CannotAnswer
from datakit.show import explore


@pytest.fixture
def frame():
    table = {
        "nom": ["a", "b", "c", "d"],
        "type": ["x", "y", "x", None],
        "n": [1.0, np.nan, 2.0, 3.0],
        "open": [True, False, True, True],
        "when": pd.to_datetime(["2024-01-01"] * 4),
        "nothing": [None, "", " ", None],
    }
    places = gpd.points_from_xy([850_000, 851_000, 852_000, 853_000], [6_690_000] * 4)
    return gpd.GeoDataFrame(table, geometry=places, crs=2154)


def test_columns_say_their_kind_and_how_full_they_are(frame):
    said = explore.columns(frame).set_index("column")
    assert list(said.index) == ["nom", "type", "n", "open", "when", "nothing"]
    assert list(said["kind"]) == ["text", "text", "number", "yes or no", "date", "empty"]
    assert list(said["filled_pct"]) == [100, 75, 75, 100, 100, 0]
    assert said.loc["type", "different"] == 2 and said.loc["n", "for example"] == "1"


def test_an_empty_table_is_described_too(frame):
    assert list(explore.columns(frame.iloc[:0])["filled_pct"]) == [0] * 6
    assert explore.grouping(frame.iloc[:0]) is None


def test_the_column_of_kinds_is_the_one_with_most_that_can_be_told_apart(frame):
    assert explore.grouping(frame) == "type", "nom is different in each row"
    many = frame.loc[frame.index.repeat(5)].reset_index(drop=True)
    assert explore.grouping(many) == "nom"
    assert explore.grouping(many.assign(nom=[str(k) for k in range(20)])) == "type"
    assert explore.grouping(frame[["n", "geometry"]]) is None


def test_the_map_names_its_kinds_and_takes_any_shape(frame):
    drawn = explore.on_map(frame, title="Places")
    assert "4 places" in drawn.alt and "type: x, y" in drawn.alt
    wide = frame.set_geometry(frame.buffer(100))
    assert "4 places" in explore.on_map(wide, title="Areas").alt
    lines = frame.set_geometry([shapely.LineString([(850_000 + k, 6_690_000), (850_100, 6_690_100)]) for k in range(4)])
    assert "4 places" in explore.on_map(lines, title="Ways").alt


def test_rows_are_counted_by_area(frame):
    west = shapely.box(849_000, 6_689_000, 851_500, 6_691_000)
    areas = gpd.GeoDataFrame({"name": ["west", "none"]}, geometry=[west, shapely.box(0, 0, 1, 1)], crs=2154)
    wide = frame.set_geometry([*frame.buffer(100)[:3], None], crs=2154)
    for shapes in (frame, wide):
        assert explore.by_area(shapes, areas, "name").to_dict("list") == {"name": ["west"], "rows": [2]}
    with pytest.raises(CannotAnswer):
        explore.by_area(frame.drop(columns="geometry"), areas, "name")


def test_a_table_without_places_cannot_be_put_on_a_map(frame):
    for nowhere in (pd.DataFrame(frame.drop(columns="geometry")), frame.set_geometry([None] * 4, crs=2154)):
        with pytest.raises(CannotAnswer, match="nowhere where"):
            explore.on_map(nowhere, title="Places")


@pytest.mark.parametrize("name", ["jeux-pour-enfants-2", "equipements-administratifs"])
def test_datasets_of_the_portal_are_explored(name):
    frame = datakit.load(f"dijon-portal@{name}")
    assert (explore.columns(frame)["filled_pct"] > 0).all()
    assert "SYNTHETIC SAMPLE" in explore.on_map(frame, title=name).html()
