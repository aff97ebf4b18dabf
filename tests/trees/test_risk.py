"""Leaks are refused, chances can be checked, visits can be walked, and another city's model is worth less."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.errors import WrongUse
from datakit.trees import choosing, learners, risk, scoring, standardise, transfer, visits
from datakit.trees.inventory import importing
from datakit.trees.inventory.suggest import suggest_crosswalk


@pytest.fixture(scope="module")
def saint_quentin(shared_data):
    raw = importing.read_raw(shared_data / "trees-saint-quentin" / "Data_Arbre.csv")
    return standardise(raw, suggest_crosswalk(raw).crosswalk)


@pytest.fixture(scope="module")
def sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return standardise(datakit.load("trees-dijon", "sample"))


def invented(n=3000, seed=0, sectors=12, home=0.0):
    """An inventory in which old trees of one genus are lost more often; ``home`` moves it eastward."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, 80, n)
    genus = rng.choice(["Betula", "Tilia", "Acer"], n)
    risky = 0.03 + 0.3 * (age > 50) + 0.2 * (genus == "Betula")
    gone = rng.random(n) < risky
    frame = {
        "id": [f"T{i}" for i in range(n)],
        "genre": genus,
        "espece": "sp.",
        "annee_plantation": 2020 - age,
        "date_releve": pd.Timestamp("2020-06-01"),
        "etat": np.where(gone, "Abattu", "En place"),
        "secteur": rng.choice([f"S{k}" for k in range(sectors)], n),
        "souche": np.where(gone & (rng.random(n) < 0.9), "arasée", None),
        "couleur": rng.choice(["a", "b"], n),
    }
    points = gpd.points_from_xy(850_000 + home + rng.uniform(0, 4000, n), 6_690_000 + rng.uniform(0, 4000, n))
    return gpd.GeoDataFrame(frame, geometry=points, crs="EPSG:2154")


def test_a_column_written_after_the_loss_is_refused_with_its_reason():
    frame = invented()
    for name, why in (("etat", "the outcome itself"), ("souche", "were lost")):
        with pytest.raises(WrongUse, match="written after the loss") as refused:
            risk.features(frame, 2020, also=[name])
        assert name in str(refused.value) and why in str(refused.value) and f"allow=['{name}']" in str(refused.value)
    with pytest.raises(WrongUse, match="no such column"):
        risk.features(frame, 2020, also=["absent"])
    assert "couleur" in risk.features(frame, 2020, also=["couleur"])
    assert "souche" in risk.features(frame, 2020, also=["souche"], allow=["souche"])
    with pytest.raises(WrongUse, match="sectors are held out"):
        risk.features(frame, 2020, also=["secteur"], allow=["secteur"])


def test_the_real_leaks_are_found_and_refused(saint_quentin):
    with pytest.raises(WrongUse, match="nombre_diagnostics"):
        risk.features(saint_quentin, 2020, also=["nombre_diagnostics"])
    target = risk.lost(saint_quentin).to_numpy(dtype=bool)
    assert "etat" in set(risk.leak_check(saint_quentin, target)["column"])


def test_the_officers_rule_puts_the_last_stage_first_and_the_oldest_within_it():
    frame = pd.DataFrame(
        {
            "stade_developpement": ["Adulte", "Sénescent", "Jeune", "Adulte", None, "Vieux"],
            "annee_plantation": pd.array([1990, 2010, 2015, 1950, None, 1980], dtype="Int64"),
        }
    )
    order = np.argsort(-risk.oldest_stage_first(frame, 2020), kind="stable").tolist()
    assert order == [1, 5, 3, 0, 4, 2]  # where no age is known, the middle one is taken
    bare = pd.DataFrame({"diametre": [10.0, 90.0, np.nan, 40.0]})
    assert np.argmax(risk.oldest_stage_first(bare, 2020)) == 1


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


@pytest.mark.parametrize("learner", [learners.model, learners.boosting])
def test_the_order_of_the_rows_does_not_matter(learner):
    frame = invented(1500)
    target = risk.lost(frame).to_numpy(dtype=bool)
    table, groups = risk.features(frame, 2020), risk.sectors(frame)
    once = learners.out_of_fold(table, target, groups, learner=learner)
    i = np.random.default_rng(1).permutation(len(frame))
    again = learners.out_of_fold(table.iloc[i], target[i], groups[i], learner=learner)
    assert np.abs(once[i] - again).max() < 0.02


def test_chances_that_are_true_are_called_calibrated():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0, 0.6, 20_000)
    target = rng.random(20_000) < chance
    found = scoring.calibration(target, chance)
    assert found.trees.tolist() == [2000] * 10
    assert (found.predicted_pct - found.lost_pct).abs().max() < 4
    same = np.full(20_000, target.mean())
    assert scoring.brier(target, chance) < scoring.brier(target, same) < scoring.brier(target, 0.6 - chance)
    hand = [False, True, False, True], [0.1, 0.2, 0.3, 0.8]
    by_hand = scoring.calibration(*hand, bins=2)
    assert by_hand.predicted_pct.tolist() == pytest.approx([15, 55]) and by_hand.lost_pct.tolist() == [50, 50]
    assert scoring.brier(*hand) == pytest.approx((0.01 + 0.64 + 0.09 + 0.04) / 4)


def test_without_losses_there_is_no_chance():
    with pytest.raises(WrongUse, match="no losses to learn from"):
        choosing.loss_scores(invented().assign(etat="En place"))


def test_trees_lost_already_have_no_chance_and_the_others_do():
    frame = invented()
    chance = choosing.loss_scores(frame, draws=20).score
    assert chance.isna().equals(risk.lost(frame).astype(bool))
    assert chance.dropna().between(0, 1).all()


# -- visits


def test_rounds_can_be_walked_and_hold_the_worst_trees():
    frame = invented()
    chance = choosing.loss_scores(frame, draws=20).score
    listed = visits.visit_list(frame, chance, n=150, per_round=20, walk_km=3.0)
    assert len(listed) == 150 and listed["rank"].sort_values().tolist() == list(range(1, 151))
    assert set(listed["id"]) == set(frame.loc[chance.nlargest(150, keep="first").index, "id"])
    for number, part in listed.groupby("round"):
        assert len(part) <= 20 and part["order"].tolist() == list(range(1, len(part) + 1))
        legs = np.hypot(np.diff(part.geometry.x), np.diff(part.geometry.y)) * visits.DETOUR
        assert part["walked"].iloc[-1] == pytest.approx(legs.sum(), abs=1)
        assert legs.sum() <= 3000 + 1, number
    # Each round starts from the highest chance that is left.
    first = listed.groupby("round")["rank"].min()
    assert first.is_monotonic_increasing and first.iloc[0] == 1
    assert listed["why"].str.contains("planted").all()


def test_a_round_is_the_shortest_way_past_trees_on_a_line():
    x = np.array([500.0, 0, 300, 100, 400, 200])
    frame = gpd.GeoDataFrame({"id": list("fadbec")}, geometry=gpd.points_from_xy(x, 0 * x), crs="EPSG:2154")
    listed = visits.visit_list(frame, np.linspace(0.9, 0.1, 6), n=6)
    assert "".join(listed["id"]) in ("abcdef"[::-1], "abcdef", "adbecf") or listed["walked"].max() == 650
    assert listed["walked"].max() == pytest.approx(500 * 1.3)


def test_a_tree_far_from_all_others_is_a_round_of_its_own():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 50, 90_000], [0, 0, 0]), crs="EPSG:2154")
    listed = visits.visit_list(frame, [0.3, 0.2, 0.1], n=3, walk_km=2)
    assert listed.groupby("round").size().tolist() == [2, 1]


def test_wrong_calls_are_refused():
    frame = invented(50)
    with pytest.raises(WrongUse, match="one score for each tree"):
        visits.visit_list(frame, [0.1])
    with pytest.raises(WrongUse, match="metres"):
        visits.visit_list(frame.to_crs(4326), np.zeros(50))
    for name in ("n", "per_round", "walk_km"):
        for value in (0, -1, float("nan")):  # no walk is so short: without the check it would be looked for without end
            with pytest.raises(WrongUse, match=f"{name} must be above 0"):
                visits.visit_list(frame, np.zeros(50), **{name: value})


def test_lists_are_written_for_spreadsheets_and_maps(tmp_path):
    frame = invented(400).assign(adresse="Allée des Érables, n° 3; bis")
    frame.attrs["datakit"] = {"synthetic": True}
    listed = visits.visit_list(frame, np.random.default_rng(0).random(400), n=25)
    sheet, layer = visits.write(listed, tmp_path / "visites")
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(sheet, sep=";", decimal=",", encoding="utf-8-sig")
    assert len(table) == 25 and table["adresse"].iloc[0] == "Allée des Érables, n° 3; bis"
    assert table["longitude"].between(4, 6).all() and table["data"].eq("SYNTHETIC SAMPLE").all()
    shapes = gpd.read_file(layer, layer="visits")
    assert shapes.crs.to_epsg() == 2154 and shapes["rank"].tolist() == listed["rank"].tolist()
    assert (shapes.distance(listed.geometry.reset_index(drop=True)) < 0.01).all()
    assert sorted(p.name for p in (tmp_path / "visites").iterdir()) == ["visits.csv", "visits.gpkg"]


def test_no_cell_of_the_list_is_a_formula(tmp_path):
    frame = invented(400).assign(adresse='=HYPERLINK("http://evil","x")', secteur="-2.5")
    listed = visits.visit_list(frame, np.random.default_rng(0).random(400), n=25)
    table = pd.read_csv(visits.write(listed, tmp_path)[0], sep=";", decimal=",", encoding="utf-8-sig", dtype=str)
    assert table["adresse"].str.startswith("'=HYPERLINK").all() and (table["secteur"] == "-2.5").all()


# -- transfer


def test_another_city_is_predicted_less_well_when_its_trees_are_lost_otherwise():
    one, two = invented(seed=1), invented(seed=2, home=50_000)
    swapped = two.assign(genre=two["genre"].map({"Betula": "Tilia", "Tilia": "Betula", "Acer": "Acer"}))
    found = transfer.transfer({"A": one, "B": two, "C": swapped}, draws=10).set_index(["train", "test"])
    assert len(found) == 6
    same, other = found.loc[("A", "B")], found.loc[("A", "C")]
    assert same["kept_pct"] > 80 and other["kept_pct"] < same["kept_pct"] - 20
    assert same["low"] < same["average_precision"] < same["high"] and "sector" not in same["features"]


def test_cities_without_losses_are_listed_with_the_reason():
    found = transfer.transfer({"A": invented(500), "B": invented(500).assign(etat="En place")}, draws=5)
    assert found["why"].tolist() == ["no losses in its file"]
    with pytest.raises(WrongUse, match="two inventories"):
        transfer.transfer({"A": invented(500)})


@pytest.mark.slow
def test_real_losses_and_the_transfer_from_the_sample(saint_quentin, sample):
    target = risk.lost(saint_quentin).to_numpy(dtype=bool)
    table, _ = choosing.baselines(saint_quentin, target, today=0, draws=50)
    print(table.round(3).to_string())
    by = table.set_index(["baseline", "held_out"]).average_precision
    assert by["chance", ""] == pytest.approx(764 / 7409)
    assert by["gradient boosting", "sectors"] > by["oldest stage first", ""] > by["chance", ""]
    assert by["gradient boosting", "random rows"] > 1.5 * by["gradient boosting", "sectors"]
    found = transfer.transfer({"sample": sample, "saint-quentin": saint_quentin}, draws=20)
    print(found.round(3).to_string())
    assert len(found) == 2 and found["data"].eq("sample invented, saint-quentin real").sum() == 1
    assert (found["kept_pct"] < 100).all()
