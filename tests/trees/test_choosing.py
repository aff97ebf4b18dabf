"""The simplest baseline that none beats: found on cases whose truth is known, and on the planted one of the sample."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer
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
    known, target = risk.outcomes(sample)
    return choosing.held_out(known, target, 2025), target


def test_the_boosting_is_chosen_where_it_really_wins():
    choice = choosing.loss_scores(town(crossed), visits=600, draws=60)
    assert choice.baseline == BOOSTING
    row = choice.differences.set_index(["simpler", "other"]).loc[(LOGISTIC, BOOSTING)]
    assert row["beats"] and 0 < row["low"] < row["difference"] < row["high"]
    said = choice.sentence()
    assert said.startswith("Chosen: gradient boosting, the simplest that no more complex baseline beats; ")
    assert "logistic regression is beaten by gradient boosting, +" in said and "not shown" not in said


def test_the_regression_is_chosen_where_the_boosting_adds_nothing():
    choice = choosing.loss_scores(town(added), visits=600, draws=60)
    assert choice.baseline == LOGISTIC
    row = choice.differences.set_index(["simpler", "other"]).loc[(LOGISTIC, BOOSTING)]
    assert not row["beats"] and row["low"] <= 0
    said = choice.sentence()
    assert "gradient boosting is" in said and f"({row['low']:+.0f} to {row['high']:+.0f})" in said
    assert "oldest stage first is beaten by logistic regression" in said


def test_where_trees_are_lost_by_chance_nothing_beats_chance():
    choice = choosing.loss_scores(town(flat), visits=600, draws=60)
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
    lists = pd.DataFrame({"worse": worse, "better": better})
    table = choosing.simplest_unbeaten(target, lists, groups, visits=1000, draws=100).differences
    (row,) = table.itertuples()
    low, high = np.percentile(scoring.redrawn(target, [worse], groups, visits=1000, draws=100), [2.5, 97.5])
    assert row.beats and row.high - row.low < 0.5 * (high - low)
    found = [target.sum() * scoring.recall_at(target, lists[name], 1000) for name in lists]
    assert row.difference == pytest.approx(found[1] - found[0])
    alike = pd.DataFrame({"one": worse, "two": worse})
    same = choosing.simplest_unbeaten(target, alike, groups, draws=20).differences
    assert same[["difference", "low", "high"]].eq(0).all(axis=None) and not same["beats"].any()


def test_both_models_find_what_was_put_there_on_held_out_sectors():
    frame = invented()
    known, target = risk.outcomes(frame)
    scores = choosing.held_out(known, target, 2020)
    assert [name.partition(", ")[0] for name in scores] == [
        "chance",
        "oldest stage first",
        "worst genera first",
        "logistic regression",
        "gradient boosting",
    ]
    found = {name: scoring.average_precision(target, scores[name].to_numpy(float)) for name in scores}
    for name in (LOGISTIC, BOOSTING):
        assert found[name] > 1.5 * found["chance"]
    assert scores.index.equals(known.index)


def test_random_rows_flatter_where_sectors_differ_and_not_where_they_do_not():
    """The verdict is read from the figures: a model that knows its neighbours, and one that has nothing to know."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), 100).astype(str)
    target = rng.random(2400) < np.repeat(rng.choice([0.02, 0.5], 24), 100)
    blind, seeing = rng.random(2400), target * 0.4 + rng.random(2400)
    for rows, words in ((seeing, "flatter by"), (rng.random(2400), "not shown to flatter")):
        scores = pd.DataFrame({"sectors": blind, "random rows": rows})
        said = choosing.flattery(target, scores, groups, draws=60)
        assert words in said["verdict"].value
        assert said["difference"].value == pytest.approx(said["random_rows"].value - said["sectors"].value)


def test_what_a_list_is_worth_is_said_in_words(scored):
    scores, _ = scored
    choice = choosing.Choice("oldest stage first", scores["oldest stage first"], table(0.02, 0.01, 0.03), 200)
    said = choice.figures()
    assert (said["better"].value, said["verdict"].value) == ("gradient boosting", "beats")
    for figures, verdict in (((2, -1, 3), "is not shown to beat"), ((-2, -3, -1), "is worse than")):
        assert choosing.Choice("chance", scores["chance"], table(*figures), 200).verdict() == verdict
    beaten, target = choosing.Choice("oldest stage first", scores["chance"], table(0.02, 0.01, 0.03), 200), scored[1]
    told = beaten.said(target, scores)
    assert told["holds"] == {"no more complex one": False}, "a list that a model beats is not called unbeaten"
    assert told["found"].value == told["found_by_rule"].value and told["gain"] == beaten.figures()["gain"]
    assert choice.said(target, scores)["visits"].value == 200
    both = pd.concat([table(0.015, -0.003, 0.034), table(0.010, 0.002, 0.020).assign(other=LOGISTIC, beats=True)])
    uncertain = choosing.Choice(LOGISTIC, scores[LOGISTIC], both, 200).figures()  # boosting adds more, perhaps
    assert (uncertain["better"].value, uncertain["verdict"].value) == ("logistic regression", "beats")
    with pytest.raises(CannotAnswer, match="no list beats chance"):
        choosing.Choice("chance", scores["chance"], table(0, -1, 1), 200).ranking()


def table(difference, low, high):
    columns = ["simpler", "other", "difference", "low", "high", "beats"]
    rows = [("oldest stage first", BOOSTING, difference, low, high, low > 0)]
    return pd.DataFrame(rows, columns=columns)


def test_without_losses_there_is_no_chance():
    with pytest.raises(CannotAnswer, match="no losses to learn from"):
        choosing.loss_scores(invented().assign(etat="En place"))


def test_trees_lost_already_have_no_chance_and_the_others_do():
    frame = invented()
    chance = choosing.loss_scores(frame, draws=20).score
    assert chance.isna().equals(risk.lost(frame).astype(bool))
    assert chance.dropna().between(0, 1).all()


def test_the_planted_risk_is_found(sample, scored):
    scores, target = scored
    found = {name: scoring.average_precision(target, scores[name].to_numpy(float)) for name in scores}
    assert found["chance"] == pytest.approx(target.mean())
    assert found["oldest stage first"] > found["chance"]
    assert found[LOGISTIC] > 1.5 * found["chance"]
    assert found[BOOSTING] > 1.3 * found["oldest stage first"]
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


def test_random_rows_flatter_on_the_planted_streets(sample):
    streets = sample["adresse"].fillna("?").astype("str")
    half = np.sort(streets.unique())[::2]  # one street in two, whole
    known, target = risk.outcomes(sample[streets.isin(half)])
    features = risk.features(known, 2025).assign(x=known.geometry.x, y=known.geometry.y)
    streets = known["adresse"].fillna("?").to_numpy(dtype=str)
    found = {
        way: scoring.average_precision(
            target, learners.out_of_fold(features, target, groups, learner=learners.boosting)
        )
        for way, groups in (("rows", None), ("streets", streets), ("sectors", risk.sectors(known)))
    }
    assert found["rows"] > 1.5 * max(found["streets"], found["sectors"])
