"""The simplest baseline that none beats: chosen on cases where the boosting really wins, and where it does not."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.trees import choosing, learners, risk, scoring, standardise

LOGISTIC, BOOSTING = "logistic regression, sectors", "gradient boosting, sectors"


def town(chance_of, n=6000, seed=0, sectors=24):
    """An inventory of ``n`` trees lost with the chance that ``chance_of(age, genus)`` gives."""
    rng = np.random.default_rng(seed)
    age, genus = rng.integers(1, 81, n), rng.choice(["Tilia", "Acer"], n)
    columns = {
        "id": [f"T{i}" for i in range(n)],
        "genre": genus,
        "espece": "sp.",
        "annee_plantation": 2020 - age,
        "date_releve": pd.Timestamp("2020-06-01"),
        "etat": np.where(rng.random(n) < chance_of(age, genus), "Abattu", "En place"),
        "secteur": rng.choice([f"S{k}" for k in range(sectors)], n),
    }
    points = gpd.points_from_xy(850_000 + rng.uniform(0, 4000, n), 6_690_000 + rng.uniform(0, 4000, n))
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:2154")


def crossed(age, genus):
    """Young limes and old maples: no sum of an effect of age and one of genus says it."""
    return np.where((age > 40) == (genus == "Acer"), 0.3, 0.02)


def added(age, genus):
    """Age and genus each add their own, on the logistic scale: all that a regression needs."""
    return 1 / (1 + np.exp(4.5 - 0.04 * age - 1.2 * (genus == "Acer")))


def flat(age, genus):
    """Trees are lost by chance alone."""
    return np.full(len(age), 0.1)


def test_the_boosting_is_chosen_where_it_really_wins():
    choice = choosing.loss_scores(town(crossed), draws=60)
    assert choice.baseline == BOOSTING
    row = choice.differences.set_index(["simpler", "other"]).loc[(LOGISTIC, BOOSTING)]
    assert row["beats"] and 0 < row["low"] < row["difference"] < row["high"]
    said = choice.sentence()
    assert said.startswith("Chosen: gradient boosting, the simplest that no more complex baseline beats; ")
    assert "logistic regression is beaten by gradient boosting, +" in said and "not shown" not in said


def test_the_regression_is_chosen_where_the_boosting_adds_nothing():
    choice = choosing.loss_scores(town(added), draws=60)
    assert choice.baseline == LOGISTIC
    row = choice.differences.set_index(["simpler", "other"]).loc[(LOGISTIC, BOOSTING)]
    assert not row["beats"] and row["low"] <= 0
    said = choice.sentence()
    assert "gradient boosting is" in said and f"({row['low']:+.3f} to {row['high']:+.3f})" in said
    assert "oldest stage first is beaten by logistic regression" in said


def test_where_trees_are_lost_by_chance_nothing_beats_chance():
    choice = choosing.loss_scores(town(flat), draws=60)
    assert choice.baseline == "chance" and not choice.differences["beats"][:4].any()
    assert "no reason here to visit one tree before another" in choice.sentence()


def test_differences_are_paired_on_the_same_draws():
    """Two lists that rise and fall together from sector to sector: their difference is far surer than either."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 200).astype(str)
    chance = np.repeat(rng.uniform(0.01, 0.5, 20), 200)
    target = rng.random(4000) < chance
    worse = rng.random(4000) + target * 0.5
    better = worse + 0.15 * target
    table = choosing.differences(target, pd.DataFrame({"worse": worse, "better": better}), groups, draws=100)
    (row,) = table.itertuples()
    low, high = scoring.interval(target, worse, groups, draws=100)
    assert row.beats and row.high - row.low < 0.5 * (high - low)
    same = choosing.differences(target, pd.DataFrame({"one": worse, "two": worse}), groups, draws=20)
    assert same[["difference", "low", "high"]].eq(0).all(axis=None) and not same["beats"].any()


def test_scores_of_random_rows_are_no_candidates():
    rng = np.random.default_rng(0)
    target, groups = rng.random(600) < 0.3, np.repeat(np.arange(6), 100).astype(str)
    scores = pd.DataFrame({"chance": np.zeros(600), "model, random rows": target.astype(float)})
    assert choosing.simplest_unbeaten(target, scores, groups, draws=20).baseline == "chance"
    scores = scores.rename(columns={"model, random rows": "model, sectors"})
    assert choosing.simplest_unbeaten(target, scores, groups, draws=20).baseline == "model, sectors"


@pytest.fixture(scope="module")
def sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return standardise(datakit.load("trees-dijon", "sample"))


@pytest.mark.parametrize("learner", [learners.model, learners.boosting])
def test_on_held_out_sectors_as_many_trees_were_lost_as_the_scores_say(sample, learner):
    """The sector as a predictor made the boosting's scores a quarter too low: a sector never seen is sent anywhere."""
    target = risk.lost(sample).to_numpy(dtype=bool)
    table, groups = risk.features(sample, 2025), risk.sectors(sample)
    assert "sector" not in table
    score = learners.out_of_fold(table, target, groups, learner=learner)
    assert score.mean() == pytest.approx(target.mean(), rel=0.05)
