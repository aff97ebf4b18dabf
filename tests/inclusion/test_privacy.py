"""No table leaves the room with a figure about too few households: tables made to break the rule."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.inclusion import privacy


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "iris": ["a", "b", "c", "d"],
            "commune": ["x", "x", "x", "y"],
            "households": [400, 5, 30, np.nan],
            "poverty": [12.0, 80.0, 20.0, 33.3],
            "metres": [100.0, 200, 300, 400],
        }
    )


def values(path):
    """Every number written in a file, as text."""
    return path.read_text(encoding="utf-8")


def test_what_is_written_holds_no_figure_under_the_threshold(table, tmp_path):
    path = privacy.write(
        table, tmp_path / "t.csv", ["poverty"], count="households", public=("metres",), within="commune"
    )
    back = pd.read_csv(path)
    assert back.poverty.tolist()[0] == 12.0
    assert back.poverty[1:].isna().all()  # 5 households; its neighbour, which would give it away; an unknown number
    assert back.households[1:].isna().all()
    assert back.metres.tolist() == [100, 200, 300, 400]
    assert "80.0" not in values(path)
    assert "33.3" not in values(path)


def test_no_text_that_is_written_is_a_formula(table, tmp_path):
    table = table.assign(place=["=1+1", "@SUM(1)", "ici", "-2,5"])
    path = privacy.write(table, tmp_path / "t.csv", ["poverty"], count="households", public=("metres",))
    assert pd.read_csv(path).place.tolist() == ["'=1+1", "'@SUM(1)", "ici", "-2,5"]


def test_with_shapes_too(table, tmp_path):
    shapes = [shapely.box(k, 0, k + 1, 1) for k in range(4)]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:2154")
    path = privacy.write(frame, tmp_path / "t.geojson", ["poverty"], count="households", public=("metres",))
    back = gpd.read_file(path)
    assert back.poverty.isna().tolist() == [False, True, False, True]
    assert len(back) == 4


def test_a_number_that_nobody_declared_stops_the_export(table, tmp_path):
    with pytest.raises(WrongUse, match="metres"):
        privacy.write(table, tmp_path / "t.csv", ["poverty"], count="households")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("column", ["email", "Prénom", "telephone", "device_id"])
def test_columns_of_persons_stop_the_export(table, tmp_path, column):
    with pytest.raises(WrongUse, match="persons"):
        privacy.write(
            table.assign(**{column: "x"}), tmp_path / "t.csv", ["poverty"], count="households", public=("metres",)
        )
    assert not list(tmp_path.iterdir())


def test_an_older_file_survives_a_refusal(table, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(WrongUse):
        privacy.write(table, path, ["poverty"], count="households")
    assert path.read_text(encoding="utf-8") == "before"


def test_another_format_is_refused(table, tmp_path):
    with pytest.raises(WrongUse, match="xlsx"):
        privacy.write(table, tmp_path / "t.xlsx", ["poverty"], count="households", public=("metres",))


def test_nothing_can_be_had_by_subtraction():
    rng = np.random.default_rng(1)
    for _ in range(200):
        number = rng.integers(0, 40, 8)
        table = pd.DataFrame({"commune": "x", "households": number, "poor": rng.integers(0, 9, 8)})
        safe = privacy.safe(table, ["poor"], count="households", within="commune")
        hidden = safe.households.isna()
        if hidden.any() and not hidden.all():
            # the total of the commune is published: what is hidden adds up to enough, and to two areas or more
            assert number[hidden].sum() >= privacy.MIN_HOUSEHOLDS
            assert (number[hidden] > 0).sum() >= 2
