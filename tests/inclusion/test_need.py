"""Need: textbook values, and nothing guessed where a part is missing."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer, WrongUse
from datakit.inclusion import need


def test_fragility_by_hand():
    table = pd.DataFrame({"older_pct": [10.0, 20, 30], "poverty_pct": [5.0, 45, 5], "low_diploma_pct": [0, 0, 10.0]})
    found = need.fragility(table)
    assert found.table.older.tolist() == [1, 5.5, 10]
    assert found.table.poverty.tolist() == [1, 10, 1]
    assert found.table.score.tolist() == pytest.approx([1, 16.5 / 3, 21 / 3])
    assert found.absent == ("no_thd", "no_4g")
    weighted = need.fragility(table, {"older": 3, "poverty": 1})
    assert weighted.table.score.tolist() == pytest.approx([1, (3 * 5.5 + 10) / 4, (30 + 1) / 4])


def test_a_missing_rate_is_not_a_low_one():
    found = need.fragility(pd.DataFrame({"older_pct": [10.0, 20.0, 30.0], "poverty_pct": [5.0, np.nan, 9.0]}))
    assert found.table.score.isna().tolist() == [False, True, False]


def test_fragility_needs_parts_and_weights():
    with pytest.raises(CannotAnswer):
        need.fragility(pd.DataFrame({"older_pct": [1.0, 2.0]}))
    with pytest.raises(WrongUse):
        need.fragility(pd.DataFrame({"older_pct": [1.0, 2.0], "poverty_pct": [1.0, 2.0]}), {"older": -1})


@pytest.fixture
def areas():
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=107)
    noise = rng.normal(0, 0.5, (107, 4))
    table = pd.DataFrame(hidden[:, None] * [-1, -1, 1, 1] + noise, columns=list(need.FDEP))
    table["median_income"] = 22000 + 4000 * table["median_income"]
    return table, hidden, pd.Series(rng.integers(500, 4000, 107).astype(float))


def test_deprivation_is_the_first_component_of_another_library(areas):
    from sklearn.decomposition import PCA

    table, hidden, _ = areas
    found = need.deprivation(table)
    z = (table - table.mean()) / table.std(ddof=0)
    other = PCA(1).fit(z)
    scores = other.transform(z)[:, 0]
    assert abs(np.corrcoef(found.score, scores)[0, 1]) == pytest.approx(1, abs=1e-9)
    assert found.explained == pytest.approx(other.explained_variance_ratio_[0])
    assert np.corrcoef(found.score, hidden)[0, 1] > 0.9  # and it points towards deprivation
    assert found.score.mean() == pytest.approx(0, abs=1e-9)
    assert found.score.std(ddof=0) == pytest.approx(1)


def test_weights_are_people(areas):
    table, _, people = areas
    whole = people.round(-2) / 100
    found = need.deprivation(table, whole).score
    repeated = need.deprivation(table.loc[table.index.repeat(whole.astype(int))].reset_index(drop=True)).score
    assert found.to_numpy() == pytest.approx(repeated.groupby(table.index.repeat(whole.astype(int))).first().to_numpy())


def test_secret_incomes_leave_no_index(areas):
    table, _, _ = areas
    table.loc[5, "median_income"] = np.nan
    found = need.deprivation(table)
    assert found.score.isna().sum() == found.missing == 1


def test_what_is_no_deprivation_is_refused(areas):
    table, _, _ = areas
    with pytest.raises(CannotAnswer, match="blue_collar"):
        need.deprivation(table.drop(columns="blue_collar_pct"))
    with pytest.raises(CannotAnswer, match="too few"):
        need.deprivation(table.head(5))
    with pytest.raises(CannotAnswer, match="go together"):
        need.deprivation(table.assign(graduates_pct=-table.graduates_pct))


def test_a_vintage_without_totals_has_the_sum_of_its_ages():
    ages = ["pop_0_14", "pop_15_29", "pop_30_44", "pop_45_59", "pop_60_74", "pop_75_plus"]
    population = pd.DataFrame({"iris": ["a", "b"], **{name: [10.0, 20.0] for name in ages}})
    education = pd.DataFrame({"iris": ["a", "b"], "no_diploma_15_plus": [5.0, 9], "out_of_school_15_plus": [50.0, 90]})
    activity = pd.DataFrame({"iris": ["a", "b"], "unemployed_15_64": [3.0, 1], "active_15_64": [30.0, 20]})
    incomes = pd.DataFrame({"iris": ["a", "b"], "poverty_rate": [10.0, np.nan], "median_income": [20e3, np.nan]})
    found = need.rates(population, education, activity, incomes)
    assert found.population.tolist() == [60, 120]
    assert found.low_diploma_pct.tolist() == [10, 10]
    assert found.unemployment_pct.tolist() == [10, 5]
    assert found.poverty_pct.iloc[0] == 10 and found.median_income.iloc[0] == 20e3
    assert found.poverty_pct.isna().tolist() == found.median_income.isna().tolist() == [False, True]
    assert found.older_pct.isna().all()  # the vintage does not say how many are 65
