"""Figures of places turned into figures of residents, by hand and against one resident at a time."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.geo import fairness
from datakit.vegetation import people, rule
from tests.shapes import box, frame, points


def test_shares_are_of_residents_and_the_unknown_widen_them():
    met = rule.parts(pd.DataFrame(index=range(4)), [3, 0, None, 5], [0.5, 0.5, 0.5, 0.1], [1, 1, 1, 1])
    out = rule.by_resident(met, [10, 30, 60, np.nan])
    assert out.loc["three_trees"].tolist() == pytest.approx([10, 0.25, 0.1, 0.7, 0.6])
    assert out.loc["all_three"].tolist() == pytest.approx([10, 0.25, 0.1, 0.7, 0.6])
    assert out.loc["canopy_30", ["share", "low", "high"]].tolist() == [1, 1, 1]
    assert rule.by_resident(met, [0, 0, 0, 0]).share.isna().all()
    with pytest.raises(WrongUse):
        rule.by_resident(met, [1, 2, 3, -4])


@pytest.mark.parametrize(
    ("values", "residents", "gini"),
    [
        ([1, 1, 1, 1], [1, 1, 1, 1], 0),
        ([1, 2, 3, 4, 5], [1] * 5, 4 / 15),
        ([0, 0, 0, 1], [1] * 4, 3 / 4),  # one of n has all: (n - 1) / n
        ([0, 1], [75, 25], 3 / 4),
        ([1, 3], [50, 50], 1 / 4),
        ([7, np.nan, 7], [3, 5, 2], 0),
    ],
)
def test_gini_of_the_textbook(values, residents, gini):
    assert fairness.index(rule.lorenz(values, residents)) == pytest.approx(gini)


def test_gini_is_half_the_mean_difference_between_two_residents():
    rng = np.random.default_rng(4)
    values, residents = rng.gamma(1, 1, 60), rng.integers(0, 9, 60)
    each = np.repeat(values, residents)
    expected = np.abs(each[:, None] - each).mean() / 2 / each.mean()
    curve = rule.lorenz(values, residents)
    assert fairness.index(curve) == pytest.approx(expected)
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (curve.share <= curve.people + 1e-12).all()
    assert fairness.index(rule.lorenz(each, np.ones(len(each)))) == pytest.approx(expected)


def test_a_curve_says_who_is_in_it_and_refuses_nothing():
    assert rule.known_share([1, np.nan], [1, 3]) == pytest.approx(0.25)
    assert np.isnan(rule.known_share([1, 1], [0, 0]))
    for values, residents in (([0, 0], [1, 1]), ([], []), ([-1, 1], [1, 1]), ([1, 1], [1]), ([1, 1], [-1, 1])):
        with pytest.raises(WrongUse):
            rule.lorenz(values, residents)


IRIS = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), box(300, 0, 100), iris=["a", "b", "c", "d"])
CENSUS = pd.DataFrame(
    {"iris": ["a", "b", "c"], "population": [100, 100, 50], "pop_0_14": [50, 10, 5], "pop_75_plus": [0, 40, 5]}
)
INCOMES = pd.DataFrame(
    {"iris": ["a", "b", "c"], "median_income": [15_000, 30_000, None], "secrecy_note": [None, None, "1"]}
)


def test_who_is_left_out_by_income_and_age():
    places = frame(box(0, 0, 100), box(100, 0, 100), box(200, 0, 100), box(300, 0, 100))
    met = rule.parts(places, [0, 5, 5, 5], [0.0, 0.5, 0.5, 0.5], [900, 10, 10, None])
    out = rule.left_out(met, [100, 100, 50, 7], rule.in_iris(places, IRIS), CENSUS, INCOMES, groups=2)
    out = out.set_index("group")
    assert out.index.tolist() == [
        "all residents",
        "01 (lowest incomes)",
        "02 (highest incomes)",
        people.HIDDEN,
        people.ABSENT,
        "pop_0_14",
        "pop_75_plus",
    ]
    assert out.residents.tolist() == pytest.approx([257, 100, 100, 50, 7, 65, 45])
    assert out["none"].tolist() == pytest.approx([100 / 257, 1, 0, 0, 0, 50 / 65, 0])
    assert out.all_three.tolist()[:4] == pytest.approx([150 / 250, 0, 1, 1])
    assert np.isnan(out.all_three[people.ABSENT])
    assert out.unknown[people.ABSENT] == 1
    assert out.loc["01 (lowest incomes)", ["from", "to"]].tolist() == [15_000, 15_000]
    assert np.isnan(out.loc[people.HIDDEN, "from"])


def test_a_secret_income_is_a_group_and_who_lives_outside_is_in_none():
    places = frame(box(200, 0, 100), box(900, 0, 100))
    met = rule.parts(places, [5, 5])
    out = rule.left_out(met, [50, 7], rule.in_iris(places, IRIS), CENSUS, INCOMES)
    assert out.residents.tolist()[:2] == [50, 50]  # of 57
    assert out.loc[out.by == "income", "group"].tolist() == [people.HIDDEN]


def test_a_cell_on_a_border_belongs_to_both_sides_by_area():
    pieces = rule.in_iris(frame(box(75, 0, 100), None).set_index(pd.Index(["x", "y"])), IRIS)
    assert pieces.to_numpy().tolist() == [["x", "a", 0.25], ["x", "b", 0.75]]
    homes = rule.in_iris(points((50, 50), (100, 50), (999, 0)), IRIS)
    assert homes.place.tolist() == [0, 1]
    assert homes.part.tolist() == [1, 1]


def test_age_groups_of_an_iris_that_is_only_partly_seen():
    places = points((50, 50))
    out = rule.left_out(rule.parts(places, [5]), [10], rule.in_iris(places, IRIS), CENSUS).set_index("group")
    assert out.residents.tolist() == pytest.approx([10, 5, 0])  # a tenth of the IRIS: a tenth of its children
    assert out.three_trees["pop_0_14"] == 1


def test_left_out_refuses_tables_that_are_not_one_row_for_each_iris():
    places = points((50, 50))
    met, where = rule.parts(places, [5]), rule.in_iris(places, IRIS)
    twice = pd.concat([CENSUS, CENSUS])
    for more in ({"census": twice}, {"census": CENSUS, "ages": ["pop_85"]}, {"incomes": INCOMES, "groups": 0}):
        with pytest.raises(WrongUse):
            rule.left_out(met, [10], where, **more)
    with pytest.raises(WrongUse):
        rule.left_out(pd.concat([met, met]), [10, 10], where)


def test_groups_of_income_hold_about_as_many_residents():
    rng = np.random.default_rng(1)
    n = 120
    iris = frame(*(box(100 * k, 0, 100) for k in range(n)), iris=[f"{k:03d}" for k in range(n)])
    income = pd.DataFrame({"iris": iris.iris, "median_income": rng.uniform(12_000, 40_000, n)})
    live = rng.uniform(500, 3000, n)
    met = rule.parts(iris, canopy=income.median_income / 50_000)  # the rich have more
    out = rule.left_out(met, live, rule.in_iris(iris, iris), incomes=income)
    groups = out[out.by == "income"]
    assert groups.residents.sum() == pytest.approx(live.sum())
    assert groups.residents.to_numpy() == pytest.approx(np.full(5, live.sum() / 5), rel=0.1)
    assert groups["from"].is_monotonic_increasing
    assert (groups["from"].to_numpy()[1:] > groups["to"].to_numpy()[:-1]).all()
    assert groups.canopy_30.is_monotonic_increasing
