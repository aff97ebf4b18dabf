"""Need and its gap with access: textbook values, nothing guessed where a part is missing, colours that stay apart."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from datakit.errors import WrongUse
from datakit.inclusion import gap, need


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
    with pytest.raises(WrongUse):
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
    with pytest.raises(WrongUse, match="blue_collar"):
        need.deprivation(table.drop(columns="blue_collar_pct"))
    with pytest.raises(WrongUse, match="too few"):
        need.deprivation(table.head(5))
    with pytest.raises(WrongUse, match="go together"):
        need.deprivation(table.assign(graduates_pct=-table.graduates_pct))


def test_thirds_hold_a_third_of_the_people():
    rng = np.random.default_rng(1)
    people = pd.Series(rng.integers(1, 2000, 300).astype(float))
    found = gap.thirds(pd.Series(rng.normal(size=300)), people)
    assert (people.groupby(found).sum() / people.sum()).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)
    tied = gap.thirds(pd.Series([1.0, 1.0, 1.0, np.nan]), pd.Series([1.0, 1, 1, 1]))
    assert tied[:3].min() == tied[:3].max()
    assert tied.isna().tolist() == [False, False, False, True]


def test_nine_classes_and_silence():
    found = gap.bivariate(
        pd.Series([1.0, 2, 3, np.nan]), pd.Series([300.0, 200, 100, 50]), pd.Series([10.0, 10, 10, 10])
    )
    assert found.label.tolist()[:3] == [
        "low need, bad access",
        "middling need, middling access",
        "high need, middling access",
    ]
    assert found.label[3] == gap.UNKNOWN
    assert found.colour[0] == gap.COLOURS[0][2]


# Simulation of complete dichromacy: Machado, Oliveira and Fernandes (2009), A physiologically-based model for
# simulation of color vision deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), severity 1.0.
EYES = {
    "common": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


@pytest.mark.parametrize("eye", EYES)
def test_the_nine_colours_stay_apart(eye):
    from matplotlib.colors import to_rgb

    def lab(colour):
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        linear = np.clip(EYES[eye] @ linear, 0, 1)
        m = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        xyz = np.array(m) @ linear / np.array([0.95047, 1, 1.08883])
        f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    seen = [lab(c) for row in gap.COLOURS for c in row]
    apart = [np.linalg.norm(a - b) for k, a in enumerate(seen) for b in seen[k + 1 :]]
    assert min(apart) > 14  # several times the difference that an eye can see


def test_groups_by_rule_and_what_they_are_like():
    table = pd.DataFrame(
        {"need": [9.0, 9, 1, 1, np.nan], "minutes": [40.0, 5, 40, 5, 5], "poverty": [30.0, 25, 8, np.nan, 50]}
    )
    people = pd.Series([100.0, 300, 200, 400, 50])
    found = gap.typology(table.need, table.minutes, people, far=20, needy=5)
    assert found.tolist() == ["far and in need", "near, yet in need", "far, less need", "near, less need", gap.UNKNOWN]
    told = gap.describe(found, table, people, {"poverty": "poverty (%)"})
    assert told.people.sum() == 1050
    assert told.people_pct.sum() == pytest.approx(100) and told.people_pct.iloc[0] == pytest.approx(100 * 100 / 1050)
    assert told.loc["far, less need", "poverty (%)"] == 8
    assert np.isnan(told.loc["near, less need", "poverty (%)"])
    assert told["what it says"].str.len().min() > 40


def test_steadiness_tells_the_sure_from_those_the_weights_decide():
    parts = pd.DataFrame({"a": [10.0, 9, 1, 1, 1, 1], "b": [10.0, 1, 9, 1, 1, 1]})
    people = pd.Series([100.0] * 6)
    found = gap.steadiness(parts, people, draws=4000)
    assert found[0] == 1
    assert found[3:].max() == 0
    assert found[1] == pytest.approx(0.5, abs=0.03)  # whoever weighs a more finds area 1, the others area 2
    assert found[1] + found[2] == pytest.approx(1)
    assert gap.steadiness(parts.assign(a=[np.nan, 9, 1, 1, 1, 1]), people, draws=10).isna().sum() == 1


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


def test_the_square_counts_everybody_who_can_be_counted_once():
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(3)
    score, minutes = pd.Series(rng.normal(size=60)), pd.Series(rng.normal(size=60))
    score[::7] = np.nan
    people = pd.Series(rng.integers(100, 3000, 60).astype(float))
    classes = gap.bivariate(score, minutes, people)
    fig, ax = plt.subplots()
    shown = gap.square(ax, classes, people)
    written = sorted(text.get_text().replace("\u202f", "").replace("\u00a0", "") for text in ax.texts)
    plt.close(fig)
    assert shown.to_numpy().sum() == people[score.notna()].sum()
    high_bad = people[classes["label"] == "high need, bad access"].sum()
    assert shown.loc["high need", "bad access"] == high_bad
    assert written == sorted(f"{n:.0f}" for n in shown.to_numpy().ravel())
