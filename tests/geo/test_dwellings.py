"""Buildings in which people may live: which they are, and how much room each has."""

import numpy as np
import pytest
import shapely

from datakit.geo import dwellings
from datakit.inclusion.homes import points
from datakit.vegetation.residents import by_volume
from tests.shapes import box, frame


@pytest.fixture
def block():
    """A tower, a house, a shed and a factory."""
    return frame(
        box(10, 10, 20),
        box(150, 10, 10),
        box(50, 50, 3),
        box(110, 40, 70, 50),
        usage_1=["Résidentiel", "Indifférencié", "Résidentiel", "Industriel"],
        usage_2=[None, None, None, None],
        hauteur=[30.0, np.nan, 3.0, 12.0],
        nombre_d_etages=[10, 2, 1, None],
    )


def test_a_second_usage_makes_a_home_and_without_usage_all_are(block):
    assert dwellings.homes(block).index.tolist() == [0, 1, 2]
    block.loc[3, "usage_2"] = "Résidentiel"
    assert dwellings.homes(block).index.tolist() == [0, 1, 2, 3]
    assert dwellings.homes(block, ["Industriel"]).index.tolist() == [3]
    assert len(dwellings.homes(block[["geometry"]])) == 4


def test_how_heights_came_is_counted(block):
    found = dwellings.volumes(block)
    assert found.volume.tolist() == pytest.approx([12_000, 600])  # two storeys of 3 m; no shed, no factory
    assert found.how.tolist() == ["measured", "storeys"]
    found = dwellings.volumes(block.assign(nombre_d_etages=None))
    assert found.volume.tolist() == pytest.approx([12_000, 3000])  # as high as the median
    assert found.how.tolist() == ["measured", "median"]
    unknown = dwellings.volumes(block[["geometry"]])
    assert unknown.volume.tolist() == pytest.approx([1200, 300, 10_500]), "one storey, when nobody knows any"


def test_both_themes_share_people_out_alike(block):
    """Of one area, the same shares stand in the tower's part and in the house's, by points and by cells."""
    area = frame(shapely.box(0, 0, 400, 200), iris=["a"])
    halves = frame(shapely.box(0, 0, 100, 200), shapely.box(100, 0, 400, 200))
    by_cell = by_volume(area.drop(columns="geometry").assign(people=1.0), area, halves, ["people"], block)["people"]
    lived = dwellings.volumes(block)["volume"]
    assert by_cell.to_numpy() == pytest.approx(lived / lived.sum())
    block.loc[1, "geometry"] = shapely.box(250, 10, 260, 20)  # in another square of 200 m: a point of its own
    assert sorted(points(area, "iris", buildings=block).points["weight"]) == pytest.approx(sorted(by_cell))
