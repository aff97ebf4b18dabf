"""Inhabitants: sums and shares worked out by hand, and secrets that stay secret."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import NotAsDescribed
from datakit.inclusion import people


def census(**changes):
    iris = ["210010101", "210010102", "210020000"]
    ages = {name: [10.0, 20.0, 30.0] for name in people._AGES}
    population = pd.DataFrame({"iris": iris, **ages})
    households = pd.DataFrame(
        {
            "iris": iris,
            "living_alone_men": [6.0, 0, 9],
            "living_alone_women": [9.0, 3, 0],
            "people_single_parent": [0.0, 12, 18],
        }
    )
    housing = pd.DataFrame(
        {
            "iris": iris,
            "main_homes_house": [5.0, 5, 60],
            "main_homes_flat": [15.0, 45, 0],
            "social_housing": [10.0, 0, 6],
        }
    )
    return population, households, housing


def test_people_are_added_up_as_by_hand():
    frame = people.by_iris(*census())
    assert frame.population.tolist() == [60, 120, 180]
    assert frame.pop_75_plus_pct.round(6).tolist() == [round(100 / 6, 6)] * 3
    assert frame.living_alone_pct.tolist() == [25, 2.5, 5]
    assert frame.households.tolist() == [20, 50, 60]
    assert frame.social_housing_pct.tolist() == [50, 0, 10]
    towns = people.by_commune(frame)
    assert towns.commune.tolist() == ["21001", "21002"]
    assert towns.n_iris.tolist() == [2, 1]
    assert towns.living_alone_pct.tolist() == [10, 5]  # (15 + 3) / 180, not the mean of 25 and 2.5
    assert "median_income" not in towns


def test_cars_diplomas_and_unemployment_are_shares_of_those_they_are_about():
    population, households, housing = census()
    iris = housing.iris
    frame = people.by_iris(
        population,
        households,
        housing.assign(main_homes=[40.0, 10.0, 100.0], homes_with_car=[30.0, 10.0, np.nan]),
        education=pd.DataFrame(
            {"iris": iris, "no_diploma_15_plus": [10.0, 0, 5], "out_of_school_15_plus": [40.0, 0, 50]}
        ),
        activity=pd.DataFrame({"iris": iris, "unemployed_15_64": [3.0, 1, 2], "active_15_64": [30.0, 10, 20]}),
    ).set_index("iris")
    assert frame.without_car_pct[iris[0]] == 25
    assert np.isnan(frame.without_car_pct[iris[2]])
    assert frame.no_diploma_pct[iris[0]] == 25
    assert np.isnan(frame.no_diploma_pct[iris[1]])  # nobody is out of school: no share
    assert (frame.unemployed_pct == 10).all()


def test_insee_s_advice_on_small_counts():
    counts = pd.Series([600.0, 500, 499, 200, 199, np.nan])
    said = people.care(counts)
    assert said.tolist()[:5] == ["", "approximate", "approximate", "approximate", "with caution"]
    assert said.isna()[5]
    # Who lives alone is counted by the complementary tabulation: not in an IRIS of 1 999 inhabitants.
    assert people.care(counts[[0, 1]], pd.Series([2000.0, 1999])).tolist() == ["", "better not used"]


def test_a_published_total_wins_over_the_sum_of_ages():
    population, households, housing = census()
    frame = people.by_iris(
        population.assign(population=[61.0, np.nan, 181]), households, housing.assign(main_homes=[22.0, np.nan, 61])
    )
    assert frame.population.tolist() == [61, 120, 181]
    assert frame.households.tolist() == [22, 50, 61]


def test_secret_incomes_stay_missing_and_say_so():
    incomes = pd.DataFrame(
        {
            "iris": ["210010101", "210010102", "219990000"],
            "median_income": [20_000, np.nan, 1.0],
            "poverty_rate": [18.0, np.nan, 1.0],
        }
    )
    frame = people.by_iris(*census(), incomes)
    assert frame.income.tolist() == ["published", "secret", "no figure for this IRIS"]
    assert frame.median_income.isna().tolist() == [False, True, True]
    assert people.unmatched(*census(), incomes) == people.Unmatched(census=0, incomes=1)


def test_an_iris_that_one_table_lacks_is_counted():
    population, households, housing = census()
    tables = (population, households.iloc[1:], housing)
    assert people.by_iris(*tables).iris.tolist() == housing.iris.tolist()[1:]
    assert people.unmatched(*tables) == people.Unmatched(census=1, incomes=0)


def test_tables_of_two_geographies_are_refused():
    population, households, housing = census()
    with pytest.raises(NotAsDescribed, match="same IRIS"):
        people.by_iris(population.assign(iris=["1", "2", "210020000"]), households, housing)


def test_the_range_of_a_share_shrinks_with_the_number_of_people():
    low, high = people.low_high([20, 20, 20], [500, 50_000, 0])
    assert low[0] < low[1] < 20 < high[1] < high[0]
    # Wilson, 100 answers that count as 100 / 0.6: (33.33 + 1.92 -+ 1.96 * sqrt(26.67 + 0.96)) / (166.67 + 3.84)
    assert np.allclose([low[0], high[0]], [14.633, 26.718], atol=0.002)
    assert (low[2], high[2]) == pytest.approx((0, 100))  # nobody was asked
    assert people.low_high([1], [10])[0][0] >= 0


def test_that_nobody_was_found_in_a_sample_does_not_say_that_nobody_is_there():
    (low, all_low), (high, all_high) = people.low_high([0, 100], [500, 500])
    assert low == pytest.approx(0) and 1 < high < 5
    assert all_high == pytest.approx(100) and all_low == pytest.approx(100 - high)


def test_the_top_quarter_is_of_inhabitants_not_of_areas():
    chosen = people.top_quarter(pd.Series([9.0, 8, 7, np.nan, 1]), pd.Series([10.0, 10, 40, 999, 40]))
    assert chosen.tolist() == [True, True, True, False, False]
    # The city has three quarters of the inhabitants; the last village is in the first quarter, and under the mean.
    assert people.top_quarter(pd.Series([9.0, 2, 8]), pd.Series([5.0, 15, 80])).tolist() == [True, False, True]


def test_the_planted_secrets_are_kept(inhabitants):
    assert (inhabitants.income == "secret").sum() == 6
    assert inhabitants.median_income[inhabitants.income != "published"].isna().all()


def test_the_census_of_2016_has_the_names_of_2022(real):
    tables = [real[f"census-iris-{k}"] for k in ("population", "households", "housing")]
    frame = people.by_iris(*tables)
    assert len(frame) == 93
    assert 220_000 < frame.population.sum() < 230_000
    assert people.unmatched(*tables) == people.Unmatched(census=0, incomes=0)
    assert frame.pop_75_plus_pct.between(0, 50).all()
    assert frame.living_alone_pct.between(0, 80).all()
