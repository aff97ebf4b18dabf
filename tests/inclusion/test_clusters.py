"""Clusters that were planted are found, noise is not taken for one, and the index is the textbook's."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import CannotAnswer, CrsMismatch
from datakit.inclusion import clusters

SIDE = 12


@pytest.fixture
def board():
    x, y = (a.ravel() * 500.0 for a in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    return gpd.GeoDataFrame({"x": x, "y": y}, geometry=shapely.box(x, y, x + 500, y + 500), crs="EPSG:2154")


def test_a_planted_corner_is_found_and_its_surroundings_are_not(board):
    rng = np.random.default_rng(1)
    corner = (board.x < 2000) & (board.y < 2000)  # 16 of 144
    values = pd.Series(rng.normal(0, 1, len(board)) + 5 * corner)
    found = clusters.local(board, values)
    high = found.areas.cluster.eq("high among high")
    assert (high & corner).sum() >= 12
    assert (high & ~corner).sum() <= 2
    assert found.tested == 144


def test_the_whole_is_tested_before_its_parts(board):
    """A weak slope over the whole board: no area stands out once corrected, yet the pattern is clear, and is said."""
    slope = pd.Series(np.random.default_rng(3).normal(size=len(board)) + 0.5 * board.x / 500 / np.sqrt(SIDE))
    found = clusters.local(board, slope, level=0.01)
    assert found.whole > 0 and found.whole_p < 0.01
    said = clusters.SENTENCE.format(**found.figures())
    assert "more alike than chance" in said and said.index("As a whole") < said.index("by themselves")
    assert found.shown == 0 and "0 once corrected" in said
    noise = clusters.local(board, np.random.default_rng(4).normal(size=len(board)))
    assert noise.whole_p > 0.05 and noise.figures()["alike"].value == "no more alike than by chance"
    chess = clusters.local(board, (board.x / 500 + board.y / 500) % 2, neighbours=4)
    assert chess.whole < 0 and "more different than chance" in chess.figures()["alike"].value


def test_noise_shows_next_to_nothing_once_corrected(board):
    rng = np.random.default_rng(2)
    shown, plain = 0, 0
    for seed in range(10):
        said = clusters.local(board, rng.normal(size=len(board)), permutations=999, seed=seed)
        shown, plain = shown + said.shown, plain + said.plain
    assert plain > 0.02 * 10 * len(board)  # an uncorrected test finds clusters in noise
    assert shown <= 3


def test_the_index_is_the_one_of_the_textbook(board):
    values = pd.Series(np.random.default_rng(3).normal(size=len(board)))
    found = clusters.local(board, values, neighbours=4, permutations=99).areas
    z = values - values.mean()
    middles = np.column_stack([board.x, board.y])
    k = 5 * SIDE + 5  # inside: its four nearest are the four that touch it
    distance = np.hypot(*(middles - middles[k]).T)
    around = np.argsort(distance, kind="stable")[1:5]
    expected = (len(z) - 1) * z[k] * z[around].mean() / (z**2).sum()
    assert found.moran[k] == pytest.approx(expected, rel=1e-9)


def test_areas_without_value_are_nobodys_neighbours(board):
    values = pd.Series(np.random.default_rng(4).normal(size=len(board)))
    values[10] = np.nan
    found = clusters.local(board, values, permutations=99).areas
    assert found.cluster[10] == clusters.UNKNOWN
    assert np.isnan(found.p[10])
    without = clusters.local(board.drop(10), values.drop(10), permutations=99).areas
    assert found.moran.drop(10).to_numpy() == pytest.approx(without.moran.to_numpy())


def test_what_cannot_be_tested_is_refused(board):
    with pytest.raises(CannotAnswer):
        clusters.local(board, np.ones(len(board)))
    with pytest.raises(CannotAnswer):
        clusters.local(board.head(5), [1, 2, 3, 4, 5])
    with pytest.raises(CrsMismatch):
        clusters.local(board.to_crs("EPSG:4326"), np.arange(len(board)))


def test_an_infinite_value_is_refused_and_not_compared(board):
    values = pd.Series(np.random.default_rng(5).normal(size=len(board)))
    values[3] = np.inf
    with pytest.raises(CannotAnswer, match="infinite"):
        clusters.local(board, values, permutations=99)
