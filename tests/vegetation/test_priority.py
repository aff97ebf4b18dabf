"""Where planting matters most: ranks by hand, and how far they hold when weights change."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.vegetation import priority


def test_ranks_by_hand():
    assert priority.percent_rank([10, 30, 20]).tolist() == [0, 1, 0.5]
    assert priority.percent_rank([1, 1, 2]).tolist() == [0.25, 0.25, 1]
    assert np.isnan(priority.percent_rank([1, np.nan, 3])[1])
    assert priority.percent_rank([7, np.nan])[0] == 0.5


def test_need_and_room_by_hand():
    places = pd.DataFrame({"heat": [0, 1, 2], "people": [5, 9, 5]})
    found = priority.need(places, {"heat": 3, "people": 1})
    assert found.tolist() == pytest.approx([0.75 * 0 + 0.25 * 0.25, 0.75 * 0.5 + 0.25, 0.75 + 0.25 * 0.25])
    assert priority.feasibility(pd.Series([0, 0.1, 0.3]), enough=0.2).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("weights", [{}, {"nothing": 1}, {"heat": -1}, {"heat": 0}, {"heat": float("nan")}])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(WrongUse):
        priority.need(pd.DataFrame({"heat": [1.0, 2.0]}), weights)


def test_a_place_that_leads_everywhere_leads_in_every_draw_and_a_torn_one_does_not():
    n = 40
    places = pd.DataFrame({"a": np.arange(n, dtype=float), "b": np.arange(n, dtype=float)})
    places.loc[5, ["a", "b"]] = [100.0, 0.5]  # first by one indicator, last but one by the other
    out = priority.prioritise(places, {"a": 1, "b": 1}, room=np.ones(n), draws=400, concentration=4, seed=3)
    assert out["rank"].iloc[39] == 1
    assert out.top_share.iloc[39] == 1
    assert 0 < out.top_share.iloc[5] < 0.6
    assert out.rank_high.iloc[5] - out.rank_low.iloc[5] > out.rank_high.iloc[39] - out.rank_low.iloc[39]
    assert out.top_share.sum() == pytest.approx(4)  # a tenth of forty places, whatever the weights


def test_no_room_no_priority_and_no_figure_no_rank():
    places = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan]})
    out = priority.prioritise(places, {"a": 1}, room=np.array([1.0, 1.0, 0.0, 1.0]), draws=10)
    assert out.priority.iloc[2] == 0
    assert out["rank"].isna().tolist() == [False, False, False, True]
    assert out.top_share.isna().tolist() == [False, False, False, True]


def test_an_indicator_without_weight_stays_out_of_the_draws():
    rng = np.random.default_rng(1)
    places = pd.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50)})
    out = priority.prioritise(places, {"a": 1, "b": 0}, room=np.ones(50), draws=50)
    assert (out.rank_low == out.rank_high).all()


def test_every_local_climate_zone_has_a_heat():
    assert sorted(priority.LCZ_HEAT) == list(range(1, 18))
    assert all(0 <= v <= 1 for v in priority.LCZ_HEAT.values())


@pytest.fixture(scope="module")
def places():
    rng = np.random.default_rng(7)
    table = pd.DataFrame(rng.uniform(size=(300, 3)), columns=["heat", "bare", "people"])
    table["room"] = np.clip(rng.uniform(-0.3, 1.0, 300), 0, 1)
    table.loc[11, "heat"] = np.nan
    table.loc[12, "room"] = np.nan
    return table


WEIGHTS = {"heat": 2.0, "bare": 1.0, "people": 1.0}


def test_ranks_of_the_draws_are_those_that_sorting_one_by_one_gives(places):
    out = priority.prioritise(places, WEIGHTS, places.room, draws=130, concentration=6, seed=5)
    ranks = np.column_stack([priority.percent_rank(places[c]) for c in WEIGHTS])
    drawn = np.random.default_rng(5).dirichlet(6 * np.array([0.5, 0.25, 0.25]), 130)
    each = pd.DataFrame({k: (ranks @ w) * places.room for k, w in enumerate(drawn)}).dropna()
    each = each.rank(ascending=False, method="first")
    assert out.rank_low.dropna().tolist() == pytest.approx(each.quantile(0.05, axis=1).tolist())
    assert out.rank_high.dropna().tolist() == pytest.approx(each.quantile(0.95, axis=1).tolist())
    assert out.top_share.dropna().tolist() == pytest.approx((each <= 30).mean(axis=1).tolist())
    assert out.index[out["rank"].isna()].tolist() == [11, 12]


def test_more_places_than_two_bytes_count_are_ranked_to_within_a_step():
    n = 70_000
    table = pd.DataFrame({"a": np.arange(n, dtype=float)})
    out = priority.prioritise(table, {"a": 1}, np.ones(n), draws=2)
    assert (out.rank_low - out["rank"]).abs().max() <= 2
    assert out.top_share.sum() == pytest.approx(7000)


def test_room_weighs_as_much_as_it_is_told(places):
    without = priority.prioritise(places, WEIGHTS, places.room, draws=5, room_weight=0)
    known = places.room.notna()
    assert without.priority[known].equals(without.need[known])
    assert np.isnan(without.priority[12])
    twice = priority.prioritise(places, WEIGHTS, places.room, draws=5, room_weight=2)
    once = priority.prioritise(places, WEIGHTS, places.room, draws=5)
    assert twice.priority.tolist() == pytest.approx((once.priority * places.room).tolist(), nan_ok=True)
    with pytest.raises(WrongUse, match="room_weight"):
        priority.prioritise(places, WEIGHTS, places.room, room_weight=-1)


def test_one_weight_at_a_time_agrees_with_ranking_again(places):
    from scipy.stats import spearmanr

    table = priority.one_at_a_time(places, WEIGHTS, places.room)
    assert len(table) == 4 * 3
    assert table.kept.is_monotonic_increasing
    before = priority.prioritise(places, WEIGHTS, places.room, draws=1)
    for weights, power, indicator, factor in (
        ({**WEIGHTS, "heat": 1.0}, 1, "heat", 0.5),
        ({**WEIGHTS, "bare": 2.0}, 1, "bare", 2.0),
        ({**WEIGHTS, "people": 0.0}, 1, "people", 0.0),
        (WEIGHTS, 2, "room", 2.0),
    ):
        after = priority.prioritise(places, weights, places.room, draws=1, room_weight=power)
        row = table[(table.indicator == indicator) & (table.factor == factor)].iloc[0]
        first = [set(x.nlargest(30, "priority").index) for x in (before, after)]
        assert row.kept == pytest.approx(len(first[0] & first[1]) / 30)
        expected = spearmanr(before.priority.dropna(), after.priority.dropna()).statistic
        assert row.correlation == pytest.approx(expected)
        if indicator != "room":
            assert row.weight == pytest.approx(weights[indicator] / sum(weights.values()))
        assert row.moved >= 0


def test_a_weight_that_cannot_change_alone_says_nothing(places):
    table = priority.one_at_a_time(places, {"heat": 1.0}, places.room, by=(0, 0.5))
    alone = table[table.indicator == "heat"].set_index("factor")
    assert np.isnan(alone.kept[0])
    assert alone.kept[0.5] == 1 and alone.correlation[0.5] == pytest.approx(1) and alone.moved[0.5] == 0
    for by in ((), (-1,), (float("nan"),)):
        with pytest.raises(WrongUse):
            priority.one_at_a_time(places, WEIGHTS, places.room, by=by)


def test_confidence_has_a_name_and_a_colour_that_fades():
    found = priority.confidence(pd.Series([1.0, 0.9, 0.5, 0.01, 0.0, np.nan], index=list("abcdef")))
    names = list(priority.CONFIDENCE)
    assert found.tolist() == [names[0], names[0], names[1], names[2], names[3], names[4]]
    assert found.index.tolist() == list("abcdef")
    assert found.cat.ordered and list(found.cat.categories) == names

    def lightness(colour):
        rgb = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        return 0.2126 * rgb[0] ** 2.2 + 0.7152 * rgb[1] ** 2.2 + 0.0722 * rgb[2] ** 2.2

    light = [lightness(c) for c in priority.CONFIDENCE.values()]
    assert all(b > a * 1.4 for a, b in pairwise(light[:4]))
    with pytest.raises(WrongUse):
        priority.confidence(pd.Series([0.5]), firm=0.4, likely=0.5)


def test_nothing_known_is_no_error():
    table = pd.DataFrame({"a": [np.nan, np.nan]})
    out = priority.prioritise(table, {"a": 1}, np.ones(2), draws=3)
    assert out.isna().all(axis=None)
    assert priority.one_at_a_time(table, {"a": 1}, np.ones(2)).kept.isna().all()
