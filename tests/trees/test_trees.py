"""Trees: formulae against hand-computed values, and baselines against the planted truth."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import WrongUse
from datakit.trees import canopy, choosing, diversity, learners, places, risk, scoring, structure, visits
from datakit.trees.checks import outcome as auditing
from datakit.trees.inventory import states
from tools.sample import trees as planted


@pytest.fixture(scope="module")
def sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return datakit.load("trees-dijon", "sample")


@pytest.fixture(scope="module")
def scored(sample):
    target = risk.lost(sample).to_numpy(dtype=bool)
    return choosing.baselines(sample, target, today=2025, visits=1000, draws=20), target


def test_shannon_simpson_and_effective_number_by_hand():
    assert diversity.shannon([1, 1, 1, 1]) == pytest.approx(np.log(4))
    assert diversity.shannon([3, 1]) == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert diversity.simpson([3, 1]) == pytest.approx(1 - (9 + 1) / 16)
    assert diversity.shannon([5, 0, 0]) == 0
    with pytest.raises(WrongUse):
        diversity.shannon([])


def test_rarefaction_by_hand():
    # Two taxa, 3 and 1 trees, two drawn: 1 - C(1,2)/C(4,2) = 1 and 1 - C(3,2)/C(4,2) = 1/2.
    assert diversity.rarefied([3, 1], 2) == pytest.approx(1.5)
    assert diversity.rarefied([3, 1], 4) == pytest.approx(2)
    assert diversity.rarefied([3, 1], 1) == pytest.approx(1)
    with pytest.raises(WrongUse):
        diversity.rarefied([3, 1], 5)


def test_rarefaction_equals_drawing():
    counts = np.array([50, 30, 15, 4, 1])
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(5), counts)
    drawn = [len(set(rng.choice(labels, 20, replace=False))) for _ in range(4000)]
    assert diversity.rarefied(counts, 20) == pytest.approx(np.mean(drawn), abs=0.05)


@pytest.mark.parametrize(
    ("columns", "species", "genus"),
    [
        ({"genre": ["acer "], "espece": ["Platanoides"]}, "Acer platanoides", "Acer"),
        ({"nom_latin": ["Platanus x hispanica 'Exemple'"]}, "Platanus x hispanica", "Platanus"),
        ({"nom_latin": ["ACEPLA"]}, "ACEPLA", "ACE"),
        ({"nom_latin": ["QUERUBpyr"]}, "QUERUB", "QUE"),
        ({"nom_latin": ["Acer rubrum", "ACER"]}, ["Acer rubrum", None], ["Acer", "Acer"]),
        ({"nom_latin": ["MALgol", "CUP", "?"]}, [None] * 3, ["MAL", "CUP", None]),  # codes of a genus alone
        ({"genre": ["Platanus"], "espece": ["× Hispanica"]}, "Platanus x hispanica", "Platanus"),
        ({"genre": [None], "nom_latin": ["Tilia cordata"]}, "Tilia cordata", "Tilia"),  # OpenStreetMap
    ],
)
def test_a_taxon_is_read_from_names_or_codes(columns, species, genus):
    frame = pd.DataFrame(columns)
    for level, wanted in (("species", species), ("genus", genus)):
        found = diversity.taxon(frame, level).astype(object)
        assert found.where(found.notna(), None).tolist() == ([wanted] if isinstance(wanted, str) else wanted)
    assert diversity.taxon(frame, "family").isna().all()


@pytest.mark.parametrize("epithet", ["sp.", "spp", "n. sp.", "indet.", "?", "", None])
def test_not_identified_is_not_a_species(epithet):
    frame = pd.DataFrame({"genre": ["Pyrus"], "espece": pd.Series([epithet], dtype="str")})
    assert diversity.taxon(frame, "species").isna().all()
    assert diversity.taxon(frame, "genus").tolist() == ["Pyrus"]


def test_effective_number_and_its_interval():
    assert diversity.effective([7, 7, 7]) == pytest.approx(3)
    names = pd.Series(["a"] * 50 + ["b"] * 50)
    # Drawing two whole streets of one species each gives 1 or 2; drawing single trees always gives about 2.
    value, low, high = diversity.effective_interval(names, pd.Series([0] * 50 + [1] * 50))
    assert (value, low, high) == (pytest.approx(2), pytest.approx(1), pytest.approx(2))
    _, low, _ = diversity.effective_interval(names, pd.Series(range(100)))
    assert low > 1.9
    with pytest.raises(WrongUse):
        diversity.effective_interval(pd.Series([None], dtype="str"), pd.Series([0]))


def test_the_rule_of_santamour_on_ten_trees():
    frame = pd.DataFrame({"genre": ["Acer"] * 3 + list("BCDEFGH"), "espece": ["a", "a", "b"] + ["x"] * 7})
    rule = diversity.ten_twenty_thirty(frame).set_index("level")
    assert rule.share_pct["species"] == pytest.approx(20)
    assert rule.share_pct["genus"] == pytest.approx(30)
    assert not rule.kept["species"] and not rule.kept["genus"]
    assert rule.kept["family"] is None  # not named: neither kept nor broken
    assert (rule.low[:2] <= rule.share_pct[:2]).all() and (rule.high[:2] >= rule.share_pct[:2]).all()


def test_drawing_streets_gives_a_wider_interval_than_drawing_trees():
    streets = np.repeat(np.arange(40), 25)
    frame = pd.DataFrame(
        {"genre": np.where(streets < 10, "Acer", "Tilia"), "espece": "x", "adresse": streets.astype(str)}
    )
    by_street = diversity.ten_twenty_thirty(frame).set_index("level").loc["genus"]
    by_tree = diversity.ten_twenty_thirty(frame, clusters="none").set_index("level").loc["genus"]
    assert by_street.high - by_street.low > 2 * (by_tree.high - by_tree.low)


def test_cities_compare_on_the_same_number_of_trees():
    big = pd.DataFrame({"genre": ["A", "B", "C", "D"] * 100, "espece": "x"})
    small = pd.DataFrame({"genre": ["A", "B"] * 10, "espece": "x"})
    assert (diversity.compare({"big": big, "small": small}, "genus").n == 10).all()
    table = diversity.compare({"big": big, "small": small}, "genus", n=20).set_index("place")
    assert table.rarefied["small"] == pytest.approx(2)
    assert table.effective["small"] == pytest.approx(2)
    assert 3 < table.effective["big"] < 4  # twenty trees never show all of the diversity
    assert table.low["big"] < table.effective["big"] < table.high["big"]
    whole = diversity.compare({"big": big}, "genus", n=400).loc[0]
    assert whole.effective == whole.low == whole.high == pytest.approx(4)  # nothing is left to chance
    with pytest.raises(WrongUse):
        diversity.compare({"none": pd.DataFrame({"x": [1]})})


def test_years_ages_and_diameters():
    frame = pd.DataFrame(
        {
            "date_plantation": ["2007/2008", None, "1998-11-25", "2031"],
            "circonference": [100 * np.pi, 0, np.nan, 31.4],
            "age_estime": [1.0, 40.0, 1.0, 5.0],
        }
    )
    assert structure.planting_year(frame).tolist()[0::2] == [2007, 1998]
    assert structure.age(frame, 2025).tolist() == [18, 40, 27, 5]
    assert structure.trunk_diameter(frame).round(1).tolist()[:1] == [100.0]
    assert structure.trunk_diameter(frame)[1:3].isna().all()
    assert structure.trunk_diameter(frame.astype({"circonference": "str"})).isna().all()  # nobody knows the unit
    assert structure.height(pd.DataFrame({"hauteur": [0.0, 650.0]})).tolist()[1] == 650
    assert structure.height(pd.DataFrame({"hauteur": ["5-10"]})).isna().all()
    table = structure.against_richards(frame)
    assert table.trees.tolist() == [1, 0, 0, 1]
    assert table.target_pct.sum() == 100


def test_average_precision_and_recall_by_hand():
    target = np.array([True, False, True, False])
    assert scoring.average_precision(target, np.array([4.0, 3, 2, 1])) == pytest.approx((1 + 2 / 3) / 2)
    assert scoring.average_precision(target, np.zeros(4)) == pytest.approx(0.5)  # ties together: the prevalence
    assert scoring.recall_at(target, [4, 3, 2, 1], 1) == 0.5
    assert scoring.recall_at(target, [0, 0, 0, 0], 2) == 0.5
    assert scoring.recall_at(target, [4, 3, 2, 1], 99) == 1
    assert scoring.recall_at(target, [4, 4, 1, 1], 1) == 0.25  # one of two tied trees, half of them lost


def test_average_precision_equals_scikit_learn():
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    target, score = rng.uniform(size=500) < 0.1, rng.integers(0, 20, 500).astype(float)
    assert scoring.average_precision(target, score) == pytest.approx(average_precision_score(target, score))


def test_an_inventory_without_outcome_says_so(sample):
    assert risk.lost(sample.drop(columns="etat")) is None
    assert risk.lost(sample.assign(etat="EN PLACE")) is None


def test_a_tree_planted_in_the_year_of_the_survey_is_of_age_zero():
    frame = pd.DataFrame({"annee_plantation": pd.array([2025, 2024, 2026, None], dtype="Int64")})
    assert structure.age(frame, 2025).fillna(-1).tolist() == [0, 1, -1, -1]
    assert structure.age(frame.assign(age_estime=[9.0] * 4), 2025).tolist() == [0, 1, 9, 9]


@pytest.mark.parametrize("genera", [["Tilia"], ["Tilia", "Acer", "Platanus"]])
def test_draws_of_crowns_have_the_mean_of_the_estimate(genera):
    """Going back from logarithms gives the median: without Baskerville's term the draws would be a fifth too small."""
    rng = np.random.default_rng(0)
    n, spread = 4_000, 0.7
    trunk = rng.uniform(10, 60, n)
    area = np.exp(0.5 + 0.8 * np.log(trunk) + rng.normal(0, spread, n))
    crown = np.where(np.arange(n) < n // 2, 2 * np.sqrt(area / np.pi), np.nan)
    frame = pd.DataFrame({"genre": np.resize(genera, n), "dbh": trunk, "diametre_couronne": crown})
    crowns = canopy.Crowns(frame[n // 2 :].reset_index(drop=True))
    assert crowns.pooled is None  # nothing to fit on without the measured half
    crowns = canopy.Crowns(frame)
    part = np.where(np.isnan(crown), 0, 1)
    drawn = crowns.draw(part, 2, draws=400, seed=1)[:, 0]
    assert drawn.mean() == pytest.approx(crowns.area[part == 0].sum(), rel=0.03)


WORDS = {
    "standing": "EN PLACE|Vivant|présente|Sur pied|Arbre en place|non abattu|pas mort|N'a pas été abattu|non supprimée",
    "condemned": "A abattre|À remplacer|à supprimer|A arracher|Présent, à supprimer si chute|mort sur pied|Sec sur pied"
    "|Arbre mort, à abattre|En place - à abattre|sera abattu|doit être remplacé|Abattage prévu|abattage à prévoir"
    "|Abattage programmé 2025|en attente d'abattage|Demande d'abattage|condamné|non abattu, à abattre|A_ABATTRE",
    "lost": "Abattu|ABATTUE|SUPPRIMÉ|supprime|Essouché|Non essouché|À essoucher|Souche|souche à arracher|REMPLACÉ"
    "|abattu, à remplacer|abattu non remplacé|arraché|disparu|tombé|mort|Arbre mort|abattage réalisé le 3/4|Abbatu",
    None: "à surveiller|dépérissant|malade|abattage|non remplacé|retombant|mortalité partielle|?|remplissage",
}
WORDS = [(state, word) for state, words in WORDS.items() for word in words.split("|")]


@pytest.mark.parametrize(("state", "word"), WORDS, ids=[f"{word}: {state}" for state, word in WORDS])
def test_a_state_is_read_by_its_words(state, word):
    found = states.state(pd.Series([word, None], dtype="str"))
    assert (None if pd.isna(found[0]) else found[0]) == state
    assert pd.isna(found[1])


def test_a_tree_to_be_felled_stands_and_is_neither_loss_nor_survivor():
    words = ["EN PLACE", "Abattu", "À abattre", "à surveiller", None]
    found = risk.lost(pd.DataFrame({"etat": pd.Series(words, dtype="str")}))
    assert found.tolist()[:2] == [False, True] and found[2:].isna().all()


def test_condemned_trees_are_seen_first_and_teach_nothing(sample):
    condemned = sample.index[(sample["etat"] == "EN PLACE")][:19]
    given = sample.assign(etat=sample["etat"].mask(sample.index.isin(condemned), "A abattre"))
    target = risk.lost(given)
    assert target.sum() == risk.lost(sample).sum() and target[condemned].isna().all()
    chance = pd.Series(0.5, index=given.index).mask(target.isna() | target)
    listed = visits.visit_list(given, chance, n=30)
    assert set(condemned) <= set(listed.index)
    first = listed[listed["rank"] <= 19]
    assert set(first.index) == set(condemned) and first["score"].isna().all()
    assert first["why"].str.startswith("state: A abattre, ").all()
    assert not listed.loc[~listed.index.isin(condemned), "why"].str.contains("state:").any()
    assert (visits.visit_list(given, chance, n=5).index.isin(condemned)).all()


def test_leaks_are_found_in_the_data(sample):
    target = risk.lost(sample).to_numpy(dtype=bool)
    found = risk.leak_check(sample, target).set_index("column")
    assert set(found.index) == {"etat", "date_abattage", "remarque"}
    assert found.sign["date_abattage"] == "filled"
    assert (found.lost_pct > 99).all()


def test_no_leak_is_read(sample):
    head = sample.head(2000)
    spoiled = head.assign(**{name: "seen" for name in risk.LEAKS if name in head})
    pd.testing.assert_frame_equal(risk.features(head, 2025), risk.features(spoiled, 2025))


def test_a_leak_would_be_seen_in_the_score(sample):
    target = risk.lost(sample).to_numpy(dtype=bool)
    leaking = risk.features(sample, 2025).assign(leak=sample["date_abattage"].notna().astype(float))
    assert scoring.average_precision(target, learners.out_of_fold(leaking, target, risk.sectors(sample))) > 0.95


def test_squares_hold_out_where_there_is_no_sector():
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 900, 1500], [0, 10, 10]), crs=2154)
    assert risk.sectors(frame).tolist() == ["0-0", "0-0", "1-0"]


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
    assert at_risk <= set(sorted(genera, key=genera.get)[-6:])
    ground = {name.split("_")[-1]: w for name, w in weights.items() if "__ground_" in name}
    assert max(ground, key=ground.get) == "Enrobé"


def test_random_rows_flatter(scored):
    (table, _), _ = scored
    by = table.set_index(["baseline", "held_out"]).average_precision
    for name in ("logistic regression", "gradient boosting"):
        assert by[name, "random rows"] > 1.1 * by[name, "sectors"]


def test_the_planted_plane_breaks_the_rule_for_species(sample):
    rule = diversity.ten_twenty_thirty(sample).set_index("level")
    assert rule.taxon["species"] == "Platanus x hispanica"
    assert not rule.kept["species"]
    assert rule.kept["family"] is None


def test_the_year_of_an_inventory():
    plantings = ["1990-11-25"] * 1500 + ["2091-11-25"]  # a slip of the pen
    frame = pd.DataFrame({"date_plantation": plantings})
    assert structure.survey_year(frame) == 1990
    assert structure.survey_year(frame.assign(date_releve="2019-06-01")) == 2019
    assert structure.survey_year(pd.DataFrame({"genre": ["Acer"]})) is None


def towns():
    squares = gpd.GeoSeries.from_wkt(["POLYGON((0 0,10 0,10 10,0 10,0 0))", "POLYGON((10 0,20 0,20 10,10 10,10 0))"])
    return gpd.GeoDataFrame({"commune": ["21001", "21002"], "name": ["A", "B"]}, geometry=squares.array, crs=2154)


def test_rows_set_aside_are_counted_by_rule(sample):
    found = auditing.rejected(sample)
    assert found.rows.sum() == sample.attrs["datakit"]["rows_rejected"] == 260
    assert set(found.column) == {"geometry", "hauteur", "code_insee", "circonference", "date_plantation"}
    kept = sample.head(0)
    kept.attrs["datakit"] = {**sample.attrs["datakit"], "rejects_file": None}
    assert auditing.rejected(kept).rows.sum() == 20


def test_trees_are_counted_by_commune_or_by_square():
    trees = gpd.GeoDataFrame(geometry=gpd.points_from_xy([1, 10, 15, 99], [1, 5, 5, 5]), crs=2154)
    found, where = places.areas(trees, towns())
    assert found.place.tolist() == ["21001", "21002"]
    assert where[[0, 2]].tolist() == ["21001", "21002"]
    assert where[[1, 3]].isna().all()  # on a border, outside
    far = trees.set_geometry(trees.translate(5000, -2500).array)
    found, where = places.areas(far, towns(), size=10)
    assert where.tolist() == ["5 -2.5", "5.01 -2.5", "5.01 -2.5", "5.09 -2.5"]
    assert found.place.tolist() == ["5 -2.5", "5.01 -2.5", "5.09 -2.5"]
    assert (found.area == 100).all() and found.crs == trees.crs
    joined = found.set_index("place").geometry.reindex(where.to_numpy())
    assert joined.intersects(far.geometry.set_axis(joined.index)).all()


def test_one_rule_by_hand():
    genus = pd.Series(["a", "a", "b", "b"])
    target, groups = np.array([True, False, False, False]), np.array(["x", "x", "y", "y"])
    # Each half is judged by the other: no "a" in y, so x gets y's overall share, 0; y has no "b" in x: x's share, 1/2.
    assert learners.by_one_column(genus, target, groups).tolist() == [0, 0, 0.5, 0.5]
    mixed = pd.Series(["a", "b", "a", "b"])
    # From x: a was lost once in one, drawn towards 1/2 as by 2 trees: (1 + 2 * 0.5) / 3.
    assert learners.by_one_column(mixed, target, groups, weight=2).tolist() == pytest.approx([0, 0, 2 / 3, 1 / 3])
