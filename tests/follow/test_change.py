"""The change test: it keeps its level, tells what it could have seen, and says where it cannot tell."""

import numpy as np
import pandas as pd
import pytest
import world

from datakit.errors import CannotAnswer
from datakit.follow import change
from datakit.follow.change import LEVEL, MEMORIES, Rule, drift, step

AFTER = 6


def months(before):
    """A baseline of so many months, and the six after it."""
    start = pd.Period("2027-01", freq="M")
    return pd.period_range(start - before, start + AFTER - 1, freq="M"), start


def series(before, *, effect=0.0, memory=0.3, seed=0, amplitude=1.0):
    index, start = months(before)
    noise = world.noise(len(index), memory, np.random.default_rng(seed))
    return pd.Series(
        noise + amplitude * np.array([world.season(m.month) for m in index]) + effect * (index >= start), index
    )


def columns(index, start, season=True, drifting=True):
    time = np.array([period.ordinal for period in index])
    return time - time[0], np.column_stack([change._columns(time, season, drifting), index >= start])


@pytest.fixture(scope="module")
def rule():
    index, start = months(24)
    return Rule(*columns(index, start))


def test_a_fit_is_generalised_least_squares(rule):
    from statsmodels.regression.linear_model import GLS

    index, start = months(24)
    time, model = columns(index, start)
    values = series(24, effect=2).to_numpy()
    seen = rule.look(values[:, None])
    for k, memory in enumerate(MEMORIES):
        fitted = GLS(values, model, sigma=memory ** np.abs(time[:, None] - time)).fit()
        assert seen.estimate[k, 0] == pytest.approx(fitted.params[-1])
        assert seen.error[k, 0] == pytest.approx(fitted.bse[-1])


@pytest.mark.parametrize("memory", [0, 0.3, 0.6])
def test_false_alarms_stay_below_the_level(rule, memory):
    """In a thousand series: 5 % and twice the error of such a count, 1.4 %."""
    generator = np.random.default_rng(5)
    noise = np.column_stack([world.noise(24 + AFTER, memory, generator) for _ in range(1000)])
    assert (rule.look(noise).smallest() > rule.critical(LEVEL)).mean() <= LEVEL + 0.014


def test_season_and_drift_are_no_change(rule):
    """They are in the model: adding them to a series moves nothing."""
    index, start = months(24)
    plain, seasoned = series(24, amplitude=0), series(24, amplitude=50) + 3 * np.arange(len(index))
    one, other = step(plain, start), step(seasoned, start)
    assert (one.estimate, one.p) == pytest.approx((other.estimate, other.p))


def test_what_it_says_it_can_detect_it_detects(rule):
    """A change as great as the one named is found in four series out of five, here at the memory that was planted."""
    generator, place = np.random.default_rng(6), 3
    noise = np.column_stack([world.noise(24 + AFTER, MEMORIES[place], generator) for _ in range(1000)])
    found = rule.look(noise).smallest(rule.detectable(place)) > rule.critical(LEVEL)
    assert found.mean() == pytest.approx(0.8, abs=0.04)


def test_a_planted_change_is_found_and_its_range_holds_it():
    found = step(series(24, effect=6), months(24)[1])
    assert found.found and found.p < 0.02
    assert found.low < 6 < found.high and found.low > 0
    assert (found.before, found.after, found.season, found.drift) == (24, 6, True, True)
    after = found.expected[found.expected.index >= months(24)[1]]
    assert (series(24, effect=6) - after).dropna().mean() == pytest.approx(found.estimate, abs=1)


def test_nothing_planted_nothing_found_and_the_least_is_named():
    found = step(series(24), months(24)[1])
    assert not found.found and not found.short
    assert found.low < 0 < found.high
    assert found.noise < found.detectable < 5 * found.noise


def test_a_missing_month_is_left_out_and_not_filled():
    values, start = series(24, effect=6), months(24)[1]
    values.iloc[[5, 26]] = np.nan
    found = step(values, start)
    assert (found.before, found.after) == (23, 5)
    assert found.season and found.drift and found.found
    kept = values.dropna()
    fitted = step(pd.concat([kept, pd.Series(dtype=float)]).astype(float), start)
    assert fitted.estimate == found.estimate


def test_a_year_is_too_short_for_a_small_change():
    found = step(series(12, effect=2), months(12)[1])
    assert not found.drift
    assert found.short and found.detectable > 5 * found.noise


@pytest.mark.parametrize(("before", "paired"), [(11, False), (5, True), (0, False)])
def test_too_few_months_are_said(before, paired):
    with pytest.raises(CannotAnswer, match="too short to tell: too few months"):
        step(series(before), months(before)[1], paired=paired)


def test_a_month_that_the_baseline_has_not_cannot_be_told_from_the_season():
    index, start = months(12)
    with pytest.raises(CannotAnswer, match="cannot tell a change from the season"):
        step(series(12).drop(index[14:]), start)  # two months since, of which none is left to judge by


def test_a_series_that_does_not_vary_says_nothing():
    index, start = months(24)
    with pytest.raises(CannotAnswer, match="do not vary"):
        step(pd.Series(5.0, index), start)


def test_nothing_since_the_start():
    _index, start = months(24)
    with pytest.raises(CannotAnswer, match="no month since the start"):
        step(series(24)[:-AFTER], start)


def test_a_drift_of_differences_is_found():
    index, start = months(24)
    before = series(24, amplitude=0)[index < start]
    assert not drift(before, paired=True).found
    moving = before + 5 * np.arange(24) / 12
    found = drift(moving, paired=True)
    assert found.found and found.low < 5 < found.high
