"""Maps of the chapters on trees: what matters most is what is seen first."""

import geopandas as gpd
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from shapely.geometry import Point

from datakit.show.style import OTHER_COLOUR
from datakit.trees import drawing


def trees(n):
    spots = [Point(850_000 + 40 * i, 6_690_000) for i in range(n)]
    return gpd.GeoDataFrame({"taxon": ["Tilia cordata"] * n}, geometry=spots, crs=2154)


@pytest.mark.parametrize(("n", "names"), [(200, ["1 to 40", "161 to 200"]), (7, ["1", "7"]), (1, ["1", "1"])])
def test_the_trees_to_see_first_are_the_darkest_and_lie_above_the_others(n, names):
    ranks = range(n, 0, -1)
    listed = trees(n).assign(rank=list(ranks), round=1, order=list(ranks), why="old")[::-1]
    shown = drawing.visits(listed, None, [listed]).layers[0]
    labels, hues = shown.classes.labels, shown.classes.colours
    assert [labels[0], labels[-1]] == names and sum(shown.classes.counts) == n
    light = [sum(to_rgb(hue)) for hue in hues]
    assert light == sorted(light)
    assert shown.frame["rank"].tolist() == list(range(n, 0, -1))  # what is drawn last lies above


def test_rarer_genera_come_last_and_are_grey_even_where_they_are_most():
    genera = [f"Genus {i}" for i in range(7) for _ in range(3)] + [f"Rare {i}" for i in range(30)]
    shown = drawing.by_genus(trees(len(genera)), pd.Series(genera), None, [pd.DataFrame()]).layers[0]
    assert shown.classes.labels[-1] == "one of 30 rarer genera, or not named"
    assert shown.classes.colours[-1] == OTHER_COLOUR and OTHER_COLOUR not in shown.classes.colours[:-1]
    assert shown.classes.counts == [3] * 7 + [30]
