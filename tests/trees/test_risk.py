"""What a model may know: losses, leaks that are found and refused, sectors to hold out."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer, WrongUse
from datakit.trees import learners, risk, scoring
from tests.trees import inventories
from tests.trees.inventories import invented


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


@pytest.fixture(scope="module")
def saint_quentin(shared_data):
    return inventories.saint_quentin(shared_data)


def test_an_inventory_without_outcome_says_so(sample):
    assert risk.lost(sample.drop(columns="etat")) is None
    assert risk.lost(sample.assign(etat="EN PLACE")) is None


def test_a_tree_to_be_felled_stands_and_is_neither_loss_nor_survivor():
    words = ["EN PLACE", "Abattu", "À abattre", "à surveiller", None]
    found = risk.lost(pd.DataFrame({"etat": pd.Series(words, dtype="str")}))
    assert found.tolist()[:2] == [False, True] and found[2:].isna().all()


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
    sample = sample.iloc[::4]
    target = risk.lost(sample).to_numpy(dtype=bool)
    leaking = risk.features(sample, 2025).assign(leak=sample["date_abattage"].notna().astype(float))
    assert scoring.average_precision(target, learners.out_of_fold(leaking, target, risk.sectors(sample))) > 0.95


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


def test_squares_hold_out_where_there_is_no_sector():
    x = [0, 900, 1500, 2500, 3500, 4500]
    frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, [10] * 6), crs=2154)
    assert risk.sectors(frame).tolist() == ["0-0", "0-0", "1-0", "2-0", "3-0", "4-0"]
    assert risk.sectors(frame[:5]).tolist() == ["0-0", "1-0", "3-0", "5-0", "7-0"]  # too few: half as large


def test_what_cannot_be_learnt_says_why():
    frame = invented()
    known, target = risk.outcomes(frame)
    assert len(known) == len(target) and target.sum() == risk.lost(frame).sum()
    risk.enough(target, risk.sectors(known))
    with pytest.raises(CannotAnswer, match="too little to learn from"):
        risk.enough(target[:20], risk.sectors(known)[:20])
    for gone in (frame.assign(etat="En place"), frame.drop(columns="etat")):
        with pytest.raises(CannotAnswer, match="no losses to learn from"):
            risk.outcomes(gone)


def test_a_column_written_after_the_loss_is_never_the_state_itself(sample):
    known, target = risk.outcomes(sample)
    leaks = risk.leak_check(known, target)
    assert "etat" in set(leaks["column"]) and risk.written_after(known, leaks) in ("remarque", "date_abattage")
    with pytest.raises(CannotAnswer, match="written after"):
        risk.written_after(known[["etat", "genre"]], leaks.head(0))
