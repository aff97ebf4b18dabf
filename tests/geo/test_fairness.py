"""Lorenz, Gini and concentration against textbook values and another library."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.geo import fairness


def test_the_textbook():
    assert fairness.index(fairness.lorenz([1, 1, 1, 1], [1, 1, 1, 1])) == pytest.approx(0)
    assert fairness.index(fairness.lorenz([0, 0, 0, 1], [1, 1, 1, 1])) == pytest.approx(1 - 1 / 4)
    # Two halves of the people, a quarter and three quarters of the cake: area 1/2 - (1/16 + 5/16) = 1/8.
    found = fairness.lorenz([3, 1], [50, 50])
    assert fairness.index(found) == pytest.approx(0.25)
    assert found.to_numpy().tolist() == [[0, 0], [0.5, 0.25], [1, 1]]
    assert not found.attrs  # provenance only


def test_people_weigh_as_if_they_were_listed_one_by_one():
    from inequality.gini import Gini

    rng = np.random.default_rng(1)
    values, people = rng.gamma(1, 10, 80), rng.integers(1, 400, 80)
    found = fairness.index(fairness.lorenz(values, people))
    assert found == pytest.approx(Gini(np.repeat(values, people)).g, abs=1e-9)


def test_the_concentration_index_has_a_sign():
    people, income = [10, 10, 10], [15_000, 20_000, 30_000]
    rich = fairness.index(fairness.concentration([1, 2, 3], people, income))
    poor = fairness.index(fairness.concentration([3, 2, 1], people, income))
    assert rich == pytest.approx(2 / 9)  # twice the covariance of value and rank over the mean: 2 x (2/9) / 2
    assert poor == pytest.approx(-rich)
    assert fairness.index(fairness.concentration([2, 2, 2], people, income)) == pytest.approx(0)


def test_lined_up_by_itself_it_is_the_gini():
    rng = np.random.default_rng(2)
    values, people = rng.gamma(2, 3, 50), rng.integers(1, 90, 50)
    gini = fairness.index(fairness.lorenz(values, people))
    assert fairness.index(fairness.concentration(values, people, values)) == pytest.approx(gini)
    assert abs(fairness.index(fairness.concentration(values, people, rng.permutation(50)))) < gini


def test_equal_orders_are_one_step_whatever_the_order_of_rows():
    a = fairness.concentration([1, 5, 2, 4], [10, 20, 30, 40], [1, 1, 2, 2])
    b = fairness.concentration([5, 1, 4, 2], [20, 10, 40, 30], [1, 1, 2, 2])
    assert fairness.index(a) == pytest.approx(fairness.index(b))
    assert len(a) == 3


def test_areas_without_people_or_value_are_left_out():
    found = fairness.lorenz([1, np.nan, 9, 3], [10, 10, 0, 10])
    assert fairness.index(found) == pytest.approx(fairness.index(fairness.lorenz([1, 3], [10, 10])))


@pytest.mark.parametrize("wrong", [([-1, 2], [1, 1]), ([1, 2], [-1, 1]), ([0, 0], [1, 1]), ([], [])])
def test_what_cannot_be_shared_is_refused(wrong):
    with pytest.raises(WrongUse):
        fairness.lorenz(*wrong)


@pytest.fixture
def board():
    x, y = (a.ravel() * 500.0 for a in np.meshgrid(np.arange(10), np.arange(10)))
    return gpd.GeoSeries(shapely.box(x, y, x + 500, y + 500), crs="EPSG:2154")


def test_neighbours_are_drawn_together(board):
    rows = fairness.draws(board, 50, block=7)
    assert rows.shape == (50, 100) and rows.min() >= 0 and rows.max() <= 99
    middle = board.centroid
    first = rows[:, :7]
    apart = [middle[list(r)].distance(middle[r[0]]).max() for r in first]
    assert max(apart) < 2000, "the seven of a block are near each other"
    assert (fairness.draws(board, 50) == fairness.draws(board, 50)).all()
    assert (fairness.draws(board.iloc[[3]], 5) == 0).all()


def test_where_neighbours_are_alike_the_interval_is_wider(board):
    middle = board.centroid
    smooth = np.sin(middle.x / 1500).to_numpy() + np.cos(middle.y / 1500).to_numpy()
    rng = np.random.default_rng(5)
    wide = {}
    for name, values in {"smooth": smooth, "noise": rng.permutation(smooth)}.items():
        for block in (1, 7):
            low, high = fairness.interval(lambda rows, v=values: v[rows].mean(), board, block=block)
            assert low < values.mean() < high
            wide[name, block] = high - low
    assert wide["smooth", 7] > 1.7 * wide["smooth", 1]
    assert wide["noise", 7] < 1.3 * wide["noise", 1]


def test_an_index_comes_with_its_interval(board):
    rng = np.random.default_rng(6)
    income, people = rng.normal(20_000, 3000, 100), rng.integers(500, 3000, 100)
    found, low, high = fairness.concentrated(income / 1000, people, income, board, 199)
    assert low <= found <= high and low > 0, "what follows income follows income"
    assert found == fairness.index(fairness.concentration(income / 1000, people, income))
    _, low, high = fairness.concentrated(rng.gamma(2, 1, 100), people, income, board, 199)
    assert low < 0 < high
    gaps = np.where(np.arange(100) < 20, np.nan, income)
    assert np.isfinite(fairness.concentrated(income / 1000, people, gaps, board, 49)).all()
