"""Candidates with a source for every rating, and a mix that brings the commonest down."""

import warnings

import pandas as pd
import pytest

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import WrongUse
from datakit.trees import standardise
from datakit.trees.diversity import SANTAMOUR, taxon
from datakit.trees.inventory import taxa
from datakit.vegetation import candidates


def test_every_rating_has_a_source_and_every_taxon_is_known():
    found = candidates.table()
    assert len(found) >= 12
    assert found.index.is_unique
    assert set(found.index) <= set(taxa.reference().taxon)
    for column in ("drought", "heat", "allergy"):
        rated = found[column].ne(candidates.NOT_RATED)
        assert found.loc[rated, f"{column}_source"].str.contains("http|[(]20[0-9][0-9][)]").all(), column
        assert found.loc[~rated, f"{column}_source"].isna().all(), column
        assert set(found[column]) <= {
            *("tolerant", "sensitive", "high", "moderate", "low"),
            *(candidates.NOT_RATED, candidates.CONFLICTING),
        }
    assert found.drought["Quercus robur"] == candidates.CONFLICTING
    assert found.frost["Acer campestre"] == -23  # zone 5 is -29 to -23 °C: its warmer end
    for column, source in (
        ("frost", "frost_source"),
        ("height_low", "height_source"),
        ("height_high", "height_source"),
    ):
        assert found.loc[found[column].notna(), source].str.contains("http").all()
        assert found.loc[found[column].isna(), source].isna().all()
    assert (found.height_low.dropna() <= found.height_high.dropna()).all()
    assert found.frost.dropna().between(-46, 0).all()


@pytest.fixture(scope="module")
def sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        trees = standardise(datakit.load("trees-dijon", "sample"))
    return trees[trees["statut"].eq("standing")]


def test_the_mix_brings_the_commonest_of_the_sample_down(sample):
    mix = candidates.choose(sample, n=6, trees=5000)
    assert mix.share.sum() == pytest.approx(1)
    assert mix.trees.sum() == 5000
    found = candidates.after(sample, mix, 5000)
    assert found.before_pct["species"] > SANTAMOUR["species"]  # planes, planted above a tenth on purpose
    assert (found.after_pct < found.before_pct).all()
    assert not mix.taxon.str.startswith("Platanus").any()
    assert not mix.drought.eq("sensitive").any()
    genus = taxa.reference().set_index("taxon").loc[mix.taxon, "genre"]
    expected = genus.map(taxon(sample, "genus").value_counts(normalize=True)).fillna(0)
    assert mix.genus_share.to_numpy() == pytest.approx(expected.to_numpy())


def test_after_is_counted_tree_by_tree(sample):
    mix = candidates.choose(sample, n=4, trees=400)
    found = candidates.after(sample, mix, 400)
    new = taxa.reference().set_index("taxon").loc[mix.taxon.repeat(100)]
    for level, column in (("species", None), ("genus", "genre"), ("family", "famille")):
        names = new.index if column is None else new[column]
        both = pd.concat([taxon(sample, level).dropna(), pd.Series(list(names))])
        assert found.after_pct[level] == pytest.approx(100 * both.value_counts(normalize=True).iloc[0])


def few(**counts):
    rows = [name.split("_") for name, number in counts.items() for _ in range(number)]
    frame = pd.DataFrame(rows, columns=["genre", "espece"])
    frame["famille"] = frame.genre.map(taxa.reference().drop_duplicates("genre").set_index("genre").famille)
    return frame


def test_a_genus_over_its_limit_gets_no_more():
    inventory = few(Tilia_cordata=60, Betula_pendula=9, Ginkgo_biloba=6, Prunus_avium=25)
    mix = candidates.choose(inventory, n=20, trees=10)
    assert not mix.taxon.str.startswith("Tilia").any()
    assert not mix.taxon.eq("Tilia tomentosa").any()


def test_the_mix_itself_does_not_go_over():
    inventory = few(Betula_pendula=5, Ginkgo_biloba=5, Prunus_avium=5, Tilia_cordata=5)
    mix = candidates.choose(inventory, n=14, trees=1000)
    planted = taxa.reference().set_index("taxon").loc[mix.taxon]
    share = 1 / len(mix)
    assert planted.genre.value_counts().max() * share <= 0.2 + 0.01
    assert planted.famille.value_counts().max() * share <= 0.3 + 0.01


def test_what_cannot_be_chosen_is_refused():
    with pytest.raises(WrongUse, match="names no"):
        candidates.choose(pd.DataFrame({"genre": [None], "espece": [None], "famille": [None]}, dtype="str"))
    with pytest.raises(WrongUse):
        candidates.choose(few(Tilia_cordata=5), n=0)
