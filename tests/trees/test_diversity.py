"""Diversity: formulae against hand-computed values, intervals against draws, and names from whatever a file has."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.trees import diversity
from tests.trees import inventories
from tests.trees.inventories import named_trees as trees


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


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


def test_names_come_from_the_taxon_else_from_genus_and_species_and_codes_are_no_names():
    found = diversity.named(trees(["Platanus x hispanica", "Acer", None, "x Cuprocyparis leylandii"]))
    assert found["genus"].fillna("").tolist() == ["Platanus", "Acer", "", "Cuprocyparis"]
    assert found["species"].fillna("").tolist() == ["Platanus x hispanica", "", "", "Cuprocyparis leylandii"]
    codes = diversity.named(pd.DataFrame({"nom_latin": ["QUERUB", "PINNIGnig"]}))
    assert codes.isna().all(axis=None)


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


def test_trees_without_a_street_are_not_one_street():
    frame = pd.DataFrame({"genre": np.where(np.arange(1000) < 250, "Acer", "Tilia"), "espece": "x"})
    alone = diversity.ten_twenty_thirty(frame).set_index("level").loc["genus"]
    unknown = diversity.ten_twenty_thirty(frame.assign(adresse=None)).set_index("level").loc["genus"]
    assert (unknown.low, unknown.high) == (alone.low, alone.high) and alone.low < alone.share_pct < alone.high


def test_the_planted_plane_breaks_the_rule_for_species(sample):
    rule = diversity.ten_twenty_thirty(sample).set_index("level")
    assert rule.taxon["species"] == "Platanus x hispanica"
    assert not rule.kept["species"]
    assert rule.kept["family"] is None
