"""Floating catchments against an example worked out by hand, and what must hold for any table."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer, WrongUse
from datakit.inclusion import catchment

PEOPLE = pd.Series({"a": 100.0, "b": 300.0, "c": 200.0})
HOURS = pd.Series({"x": 40.0, "y": 20.0})
COSTS = pd.DataFrame(
    [("a", "x", 5), ("b", "x", 10), ("b", "y", 5), ("c", "y", 10), ("a", "y", 60)], columns=["area", "service", "cost"]
)


def half_beyond_five(cost):
    return 1.0 if cost <= 5 else 0.5


def test_two_steps_by_hand():
    # x serves a and b: 40 h / 400 people; y serves b and c: 20 h / 500 people; 60 minutes are too far.
    found = catchment.floating(PEOPLE, HOURS, COSTS, catchment=15, method="2sfca")
    assert found.each.to_dict() == pytest.approx({"a": 0.1, "b": 0.1 + 0.04, "c": 0.04})


def test_enhanced_two_steps_by_hand():
    # x: 40 / (100 + 0.5 x 300) = 0.16; y: 20 / (300 + 0.5 x 200) = 0.05
    found = catchment.floating(PEOPLE, HOURS, COSTS, catchment=15, method="e2sfca", decay=half_beyond_five)
    assert found.each.to_dict() == pytest.approx({"a": 0.16, "b": 0.5 * 0.16 + 0.05, "c": 0.5 * 0.05})


def test_three_steps_by_hand():
    # b chooses between x (weight 0.5) and y (weight 1): it asks a third of its demand of x and two thirds of y.
    # x: 40 / (100 + 300 x 0.5 / 3) = 40 / 150; y: 20 / (300 x 2 / 3 + 200 x 0.5) = 20 / 300
    x, y = 40 / 150, 20 / 300
    found = catchment.floating(PEOPLE, HOURS, COSTS, catchment=15, method="3sfca", decay=half_beyond_five)
    assert found.each.to_dict() == pytest.approx({"a": x, "b": 0.5 / 3 * x + 2 / 3 * y, "c": 0.5 * y})


@pytest.mark.parametrize("method", catchment.METHODS)
def test_people_times_figures_is_the_capacity_within_reach(method):
    rng = np.random.default_rng(4)
    people = pd.Series(rng.integers(0, 900, 60).astype(float), index=[f"i{k}" for k in range(60)])
    hours = pd.Series(rng.uniform(5, 60, 12), index=[f"s{k}" for k in range(12)])
    pairs = [(i, s, rng.uniform(0, 40)) for i in people.index for s in hours.index]
    costs = pd.DataFrame(pairs, columns=["area", "service", "cost"])
    found = catchment.floating(people, hours, costs, catchment=12, method=method)
    assert (found.each * people).sum() == pytest.approx(hours.drop(list(found.unreached)).sum())
    assert found.services == len(hours) - len(list(found.unreached))


def test_unknown_hours_are_not_no_hours():
    hours = pd.Series({"x": 40.0, "y": np.nan})
    found = catchment.floating(PEOPLE, hours, COSTS, catchment=15, method="2sfca")
    assert found.each.to_dict() == pytest.approx({"a": 0.1, "b": 0.1, "c": 0})
    assert found.without_capacity == 1


def test_an_area_without_known_people_gets_a_figure_and_takes_nothing():
    people = pd.Series({"a": 100.0, "b": np.nan, "c": 200.0})
    found = catchment.floating(people, HOURS, COSTS, catchment=15, method="2sfca")
    assert found.each.to_dict() == pytest.approx({"a": 0.4, "b": 0.4 + 0.1, "c": 0.1})


def test_a_service_that_nobody_reaches_is_said():
    found = catchment.floating(PEOPLE, HOURS, COSTS[COSTS.service == "x"], catchment=15)
    assert found.unreached == ("y",)
    assert catchment.floating(PEOPLE, HOURS, COSTS, catchment=1).each.eq(0).all()


def test_the_decay_ends_at_the_limit():
    weight = catchment.gaussian(30)
    assert weight(0) == 1
    assert weight(30) == pytest.approx(0.01)
    assert 0.01 < weight(20) < weight(10) < 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"method": "huff"}, "unknown method"),
        ({"catchment": 0}, "above 0"),
        ({"demand": pd.Series([1.0, 2.0], index=["a", "a"])}, "twice"),
        ({"supply": pd.Series({"x": -1.0, "y": 2.0})}, "negative"),
        ({"supply": pd.Series({"x": 1.0})}, "not known"),
        ({"costs": COSTS.rename(columns={"cost": "minutes"})}, "no column cost"),
        ({"costs": pd.concat([COSTS, COSTS])}, "twice"),
    ],
)
def test_tables_that_no_catchment_can_be_made_of_are_refused(changed, message):
    given = {"demand": PEOPLE, "supply": HOURS, "costs": COSTS, "catchment": 15, "method": "2sfca"} | changed
    with pytest.raises(WrongUse, match=message):
        catchment.floating(given.pop("demand"), given.pop("supply"), given.pop("costs"), **given)


def test_the_tables_given_are_left_alone():
    before = COSTS.copy()
    catchment.floating(PEOPLE, HOURS, COSTS, catchment=15, method="3sfca")
    pd.testing.assert_frame_equal(COSTS, before)


def test_hours_are_shared_by_points_and_read_by_area():
    minutes = np.array([[5.0, np.nan], [5.0, 40.0], [np.nan, 10.0]])
    people, hours = pd.Series([100.0, 300, 0]), pd.Series([40.0, np.nan])
    found = catchment.hours_within(minutes, people, hours, catchment=30, method="2sfca")
    assert found.each.tolist() == [0.1, 0.1, 0] and found.without_capacity == 1
    area = pd.Series(["a", "b", "b"])
    assert catchment.by_area(found.each, people, area).to_dict() == pytest.approx({"a": 0.1, "b": 0.1})
    with pytest.raises(CannotAnswer, match="when it is open"):
        catchment.hours_within(minutes, people, pd.Series([np.nan, np.nan]), catchment=30)


def test_the_figures_of_hours_are_those_of_the_people():
    found = catchment.Floating(pd.Series(dtype=float), "2sfca", 30.0, 5, 2, ())
    said = catchment.told(pd.Series([0.0, 10, 20]), np.array([50.0, 25, 25]), found)
    assert said["usual"].value == 0 and said["poorer_half"].value == 0
    assert (said["places"].value, said["silent"].value) == (5, 2)


@pytest.mark.parametrize(
    ("index", "word"),
    [((0.2, 0.1, 0.3), "m"), ((-0.2, -0.3, -0.1), "l"), ((0.2, -0.1, 0.4), "no"), ((0.1, 0.004, 0.2), "no")],
)
def test_the_word_of_an_index_follows_its_interval(index, word):
    said = catchment.follows("income", index, "more", "less")
    assert said["income_word"].value.startswith(word) and said["income"].low == index[1]
