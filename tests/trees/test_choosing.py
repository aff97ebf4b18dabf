"""The simplest baseline that none beats: found on cases whose truth is known, and on the planted one of the sample."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.trees import choosing, learners, risk, scoring
from tests.trees import inventories
from tests.trees.inventories import invented
from tools.sample import trees as planted

LOGISTIC, BOOSTING = "logistic regression, sectors", "gradient boosting, sectors"


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


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


@pytest.fixture(scope="module")
def scored(sample):
    target = risk.lost(sample).to_numpy(dtype=bool)
    return choosing.baselines(sample, target, today=2025, visits=1000, draws=20), target


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


def test_both_models_find_what_was_put_there_on_held_out_sectors():
    frame = invented()
    target = risk.lost(frame).to_numpy(dtype=bool)
    table, scores = choosing.baselines(frame, target, today=2020, draws=20)
    by = table.set_index(["baseline", "held_out"])
    assert [*by.index.get_level_values(0)] == [
        "chance",
        "oldest stage first",
        "worst genera first",
        "logistic regression",
        "gradient boosting",
        "logistic regression",
        "gradient boosting",
    ]
    for name in ("logistic regression", "gradient boosting"):
        row = by.loc[(name, "sectors")]
        assert row.average_precision > 1.5 * by.loc[("chance", "")].average_precision
        assert row.low < row.average_precision < row.high
    # Trees were lost by chance alone beyond that: held-out sectors are as good as random rows.
    assert (
        abs(
            by.loc[("gradient boosting", "random rows")].average_precision
            - by.loc[("gradient boosting", "sectors")].average_precision
        )
        < 0.05
    )
    assert scores.index.equals(frame.index)


def test_without_losses_there_is_no_chance():
    with pytest.raises(WrongUse, match="no losses to learn from"):
        choosing.loss_scores(invented().assign(etat="En place"))


def test_trees_lost_already_have_no_chance_and_the_others_do():
    frame = invented()
    chance = choosing.loss_scores(frame, draws=20).score
    assert chance.isna().equals(risk.lost(frame).astype(bool))
    assert chance.dropna().between(0, 1).all()


def test_the_planted_risk_is_found(sample, scored):
    (table, _), target = scored
    by = table.set_index(["baseline", "held_out"]).average_precision
    assert by["chance", ""] == pytest.approx(target.mean())
    assert by["oldest stage first", ""] > by["chance", ""]
    assert by["logistic regression", "sectors"] > 1.5 * by["chance", ""]
    assert by["gradient boosting", "sectors"] > 1.3 * by["oldest stage first", ""]
    fitted = learners.model(features := risk.features(sample, 2025)).fit(features, target)
    weights = dict(zip(fitted[0].get_feature_names_out(), fitted[1].coef_[0], strict=True))
    genera = {name.split("_")[-1]: w for name, w in weights.items() if "__genus_" in name}
    at_risk = {t[0] for t in planted.TAXA if t[7]}
    common = [name for name, trees in features["genus"].value_counts().items() if trees >= 2000 and name != "other"]
    assert at_risk == set(sorted(common, key=genera.get)[-3:])
    # The rare genera above them died in one street: what it looks like is no risk of theirs.
    gone, streets = features["genus"][target], sample.loc[target, "adresse"]
    for name in set(genera) - set(common) - {"other"}:
        if genera[name] > min(genera[g] for g in at_risk):
            assert streets[gone == name].value_counts(normalize=True).iloc[0] > 0.4, name
    ground = {name.split("_")[-1]: w for name, w in weights.items() if "__ground_" in name}
    assert max(ground, key=ground.get) == "Enrobé"


def test_random_rows_flatter(sample, scored):
    (table, _), target = scored
    by = table.set_index(["baseline", "held_out"]).average_precision
    features, streets = risk.features(sample, 2025), sample["adresse"].fillna("?").to_numpy(dtype=str)
    learnt = {"logistic regression": learners.model, "gradient boosting": learners.boosting}
    for (name, learner), much in zip(learnt.items(), (1.25, 1.5), strict=True):
        apart = scoring.average_precision(target, learners.out_of_fold(features, target, streets, learner=learner))
        assert by[name, "random rows"] > much * by[name, "sectors"]
        assert by[name, "random rows"] > much * apart
