"""Inventories and places compared on the same number of trees: size is no diversity."""

import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.trees import comparing, diversity
from tests.trees import inventories
from tests.trees.inventories import named_trees as trees


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


def test_cities_compare_on_the_same_number_of_trees():
    big = pd.DataFrame({"genre": ["A", "B", "C", "D"] * 100, "espece": "x"})
    small = pd.DataFrame({"genre": ["A", "B"] * 10, "espece": "x"})
    assert (comparing.compare({"big": big, "small": small}, "genus").n == 20).all()
    table = comparing.compare({"big": big, "small": small}, "genus", n=20).set_index("place")
    assert table.expected["small"] == pytest.approx(2, abs=1e-5)
    assert 1.9 < table.effective["small"] < 2
    assert 3 < table.effective["big"] < 4  # twenty trees never show all of the diversity
    assert table.low["big"] < table.effective["big"] < table.high["big"]
    # The same shares are as diverse, however many trees there are: a small extract does not look more diverse.
    extract = pd.DataFrame({"genre": ["A"] * 5 + [*"BCDEFGHIJ"], "espece": "x"})
    city = pd.concat([extract] * 200, ignore_index=True)
    same = comparing.compare({"city": city, "extract": extract}, "genus", draws=4000).set_index("place")
    assert same.expected["city"] == same.expected["extract"] < 10
    for name in ("effective", "low", "high"):
        assert same[name]["city"] == pytest.approx(same[name]["extract"], rel=0.03)
    with pytest.raises(WrongUse):
        comparing.compare({"none": pd.DataFrame({"x": [1]})})


def test_diversity_by_group_compares_on_the_same_number_of_trees():
    big = trees([f"Genus{i} x" for i in "abcd"] * 250).assign(secteur="big")
    small = trees(["Genusa x", "Genusb x"] * 60).assign(secteur="small")
    tiny = trees(["Genusa x"] * 5).assign(secteur="tiny")
    table = comparing.by(pd.concat([big, small, tiny], ignore_index=True), "secteur").set_index("secteur")
    assert (table.n == 120).all()  # the smallest group of at least 100
    assert table.named.tolist() == [1000, 120, 5] and table.taxa.tolist() == [4, 2, 1]
    assert table.expected["big"] == pytest.approx(4, abs=1e-6)
    assert table.simpson["small"] == pytest.approx(2, abs=0.03)
    # With replacement, 120 of four equal taxa: E[sum p²] = 1/120 + 119/120 x 1/4.
    assert table.simpson["big"] == pytest.approx(1 / (1 / 120 + 119 / 120 / 4), rel=0.02)
    assert table.shannon_low["big"] < table.shannon["big"] < table.shannon_high["big"] <= 4
    assert table.loc["tiny", ["expected", "shannon", "simpson"]].isna().all()  # too few: not compared, not hidden
    assert table.species_pct.tolist() == [25, 50, 100]
    assert table.family_pct.isna().all()
    with pytest.raises(WrongUse):
        comparing.by(big, "commune")
    with pytest.raises(WrongUse):
        comparing.by(pd.DataFrame({"secteur": ["a"]}), "secteur")


def test_the_commonest_genus_of_each_place():
    a = trees(["Acer x"] * 40 + ["Tilia x"] * 20).assign(place="a")
    b = trees(["Acer x"] * 60 + ["Tilia x"] * 60 + ["Tilia y"]).assign(place="b")
    few = trees(["Acer x"] * 10).assign(place="few")
    table = comparing.commonest(pd.concat([a, b, few], ignore_index=True), "place").set_index("place")
    assert table.index.tolist() == ["a", "b", "few"] and table["taxon"].tolist()[:2] == ["Acer", "Tilia"]
    assert table["share_pct"].tolist()[:2] == pytest.approx([100 * 2 / 3, 100 * 61 / 121])
    assert pd.isna(table.loc["few", "share_pct"]) and table.loc["few", "trees"] == 10
    assert comparing.commonest(few, "place")["taxon"].isna().all()


def test_diversity_by_group_counts_all_trees(sample):
    table = comparing.by(sample, "secteur", draws=20)
    assert table.trees.sum() == len(sample)
    assert table.named.sum() == diversity.taxon(sample, "species").notna().sum()
    assert table.expected.notna().equals(table.named >= table.n)
    table = table[table.expected.notna()]
    assert len(table) > 20
    assert ((table.expected_low <= table.expected) & (table.expected <= table.expected_high)).all()
