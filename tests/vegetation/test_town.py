"""One ground for all shares, residents from squares where there are any, and nothing said of a handful of people."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.data.layers import Layers
from datakit.errors import CannotAnswer, WrongUse
from datakit.geo.cells import grid
from datakit.vegetation import cover, placing, town


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:2154")


COMMUNES = frame([shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], commune=["1", "2"])
WOODS = frame([shapely.box(0, 0, 300, 1000), shapely.box(1500, 0, 2000, 1000)])
CROWNS = frame([shapely.box(200, 0, 400, 500)])  # an inventory of the first commune only
PARKS = frame([shapely.box(350, 0, 500, 500), shapely.box(1900, 0, 2000, 100)])


def test_a_union_is_never_smaller_than_a_part_where_an_inventory_covers_one_commune():
    layers = {"woods": WOODS, "crowns": CROWNS, "parks": PARKS}
    ground = cover.common(COMMUNES, layers)
    assert ground["commune"].tolist() == ["1"]
    found = cover.summary(cover.green(ground, layers), list(layers))
    assert found.loc["together", "share"] == pytest.approx(0.4)
    assert (found.loc[list(layers), "share"] <= found.loc["together", "share"]).all()
    assert found.loc["plain sum", "area"] == found.loc[list(layers), "area"].sum() > found.loc["together", "area"]
    with pytest.raises(WrongUse, match="ground of its own"):  # what used to make the whole smaller than a part
        known = {name: cover.surveyed(COMMUNES, layer) for name, layer in layers.items()}
        cover.summary(cover.green(COMMUNES, layers, known), list(layers))


def test_layers_that_never_meet_cannot_be_compared():
    with pytest.raises(CannotAnswer, match="no commune is in all") as caught:
        cover.common(COMMUNES, {"crowns": CROWNS, "elsewhere": frame([shapely.box(1800, 100, 1810, 110)])})
    assert caught.value.found == "crowns in 1, elsewhere in 1"


def test_a_few_strays_do_not_make_a_commune_surveyed():
    rng = np.random.default_rng(0)
    trees = np.concatenate([rng.uniform([0, 0], [1000, 1000], (1200, 2)), rng.uniform([1100, 0], [1900, 900], (20, 2))])
    inventory = frame(shapely.points(trees))
    assert cover.surveyed(COMMUNES, inventory)["commune"].tolist() == ["1", "2"]
    assert cover.common(COMMUNES, {"trees": inventory})["commune"].tolist() == ["1"]
    few = frame(shapely.points(trees[-30:]))  # a short list is what it is
    assert cover.common(COMMUNES, {"trees": few})["commune"].tolist() == ["1", "2"]


def test_names_in_a_sentence():
    assert town.named(pd.Series(["Dijon"])) == "Dijon"
    assert town.named(pd.Series(["Dijon", "Talant"])) == "Dijon and Talant"
    assert town.named(pd.Series(list("abcdef"))) == "6 communes"


def test_a_town_is_where_buildings_and_trees_both_are():
    layers = Layers("sample")
    whole = town.town(layers)
    assert whole.where == "Dijon" and whole.outside == len(layers["communes"]) - 1
    assert whole.crowns.index.isin(whole.trees.index).all()
    dijon, other = (layers["communes"].set_index("name").geometry[name] for name in ("Dijon", "Talant"))
    every = layers._loaded["trees-dijon"]
    layers._loaded["trees-dijon"] = every[every.within(dijon)]  # an inventory of Dijon only
    assert town.town(layers).where == "Dijon"
    layers._loaded["trees-dijon"] = every[every.within(other)]  # and one of a commune whose buildings nobody gives
    with pytest.raises(CannotAnswer, match="no commune is in all"):
        town.town(layers)


@pytest.fixture(scope="module")
def layers():
    return Layers("sample")


@pytest.fixture(scope="module")
def cells(layers):
    return grid(cover.surveyed(layers["communes"], layers["bdtopo-buildings"]), 100)


class WithoutSquares(Layers):
    def get(self, id):
        return None if id == "insee-squares" else super().get(id)


def test_residents_come_from_squares_where_a_run_has_them(layers, cells):
    found = placing.place(layers, cells, layers["bdtopo-buildings"])
    squares = layers["insee-squares"]
    inside = squares[squares.geometry.centroid.within(cells.union_all())]
    assert found.source == "squares of 200 m" and found.old == "aged 80 or older"
    assert found.people["population"].sum() == pytest.approx(inside["residents"].sum(), rel=0.05)
    assert found.people["old"].sum() == pytest.approx(inside["pop_80_plus"].sum(), rel=0.05)
    young = inside["pop_0_3"].sum() + inside["pop_4_5"].sum()
    assert found.people["under_6"].sum() == pytest.approx(young, rel=0.05)
    assert found.vulnerable == "aged 80 or older, or under 6"
    assert 0 <= found.imputed <= 1
    assert [t.attrs["datakit"]["id"] for t in found.tables] == ["insee-squares"]
    # The fallback's error is measured on the squares, both ways.
    assert found.error.loc["building volume", "misplaced"] < found.error.loc["ground", "misplaced"]


def test_iris_are_the_fallback_and_their_error_is_told(cells):
    layers = WithoutSquares("sample")
    found = placing.place(layers, cells, layers["bdtopo-buildings"])
    assert found.source == "IRIS" and found.old == "aged 75 or older" and np.isnan(found.imputed)
    assert [t.attrs["datakit"]["id"] for t in found.tables] == ["iris", "census-iris-population"]
    assert found.error["misplaced"].between(0, 1).all()
    layers._loaded["census-iris-population"] = layers["census-iris-population"].drop(columns=["pop_0_2", "pop_3_5"])
    older = placing.place(layers, cells, layers["bdtopo-buildings"])
    assert older.people["under_6"].isna().all(), "a census without ages under 6 has none, not nobody"
    assert found.vulnerable == "aged 75 or older, or under 6"
    assert older.vulnerable == "aged 75 or older; no table of this run has the children under 6"


def test_a_neighbourhood_adds_the_cells_around():
    squares = grid(frame([shapely.box(0, 0, 500, 100)]), 100)
    counts = pd.DataFrame({"a": [1.0, 2, 4, 8, 16], "b": [np.nan, 1, 0, 0, 0]})
    found = placing.around(squares, counts, 150)
    assert found["a"].tolist() == [3, 7, 14, 28, 24] and found["b"].tolist() == [1, 1, 1, 0, 0]
    counts["c"] = np.nan  # a group that is known nowhere is not nobody
    assert placing.around(squares, counts, 150)["c"].isna().all()
    with pytest.raises(WrongUse):
        placing.around(squares, counts[:3])


def test_nothing_is_shown_of_a_handful_of_people():
    values, people = pd.Series([1.0, 2.0, 3.0, 4.0]), pd.Series([0.0, 0.3, 10.9, 11.0])
    assert placing.shown(values, people).tolist() == pytest.approx([1, np.nan, np.nan, 4], nan_ok=True)
