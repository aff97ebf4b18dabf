"""Who has the green: gaps by hand, words that follow the range, and nothing of a few places."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer
from datakit.geo import fairness
from datakit.vegetation import inequality, people


def town(rich_share, n=30, seed=0):
    """IRIS of 100 residents each, one cell per IRIS; incomes rise with the number."""
    rng = np.random.default_rng(seed)
    share = np.where(np.arange(n) >= n * 0.8, rich_share, 0.3) + rng.uniform(-0.05, 0.05, n)
    met = pd.DataFrame(dict.fromkeys(people.LABELS, share))
    where = pd.DataFrame({"place": range(n), "iris": [f"{k:09d}" for k in range(n)], "part": 1.0})
    incomes = pd.DataFrame({"iris": where["iris"], "median_income": np.arange(n) * 1000.0 + 10_000})
    return met, np.full(n, 100.0), where, incomes


@pytest.mark.parametrize(
    ("rich", "word"), [(0.8, "richer areas have more"), (0.05, "poorer areas have more"), (0.3, "no clear difference")]
)
def test_the_word_follows_the_range(rich, word):
    found = inequality.gap(*town(rich))
    assert found["word"] == word
    assert found["low"] <= found["gap"] <= found["high"]
    assert found["rich"] == pytest.approx(rich, abs=0.04) and found["poor"] == pytest.approx(0.3, abs=0.04)
    assert found["gap"] == pytest.approx(found["rich"] - found["poor"])


def test_a_few_areas_are_no_group():
    with pytest.raises(CannotAnswer, match="too few IRIS"):
        inequality.gap(*town(0.8, n=10))


def test_the_half_with_least():
    assert inequality.half(fairness.lorenz([1.0, 1.0], [10, 10])) == pytest.approx(0.5)
    assert inequality.half(fairness.lorenz([0.0, 1.0], [10, 10])) == pytest.approx(0.0)


def test_the_table_is_in_words_and_hides_what_speaks_of_few():
    met, live, where, incomes = town(0.8, n=12)
    incomes.loc[0, "median_income"] = np.nan
    shown = inequality.table(people.left_out(met, live, where, None, incomes))
    assert shown["residents"].dtype == int and "three trees in view (%)" in shown
    few = shown["IRIS"] < 3
    assert few.any() and shown.loc[few, "all three (%)"].isna().all() and shown.loc[~few, "all three (%)"].notna().all()
    assert not shown["group"].str.contains("_").any()
