"""What another city's model is worth."""

import pytest

from datakit.errors import CannotAnswer, WrongUse
from datakit.trees import choosing, risk, scoring, transfer
from tests.trees import inventories
from tests.trees.inventories import invented


@pytest.fixture(scope="module")
def sample():
    """One tree in three."""
    return inventories.standard_sample().iloc[::3]


@pytest.fixture(scope="module")
def saint_quentin(shared_data):
    return inventories.saint_quentin(shared_data)


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
    with pytest.raises(CannotAnswer, match="could be tried elsewhere"):
        transfer.tried(found)
    with pytest.raises(WrongUse, match="two inventories"):
        transfer.transfer({"A": invented(500)})


@pytest.mark.slow
def test_real_losses_and_the_transfer_from_the_sample(saint_quentin, sample):
    known, target = risk.outcomes(saint_quentin)
    scores = choosing.held_out(known, target, 0)
    worth = {name: scoring.average_precision(target, scores[name].to_numpy(float)) for name in scores}
    print(worth)
    assert worth["chance"] == pytest.approx(764 / 7409)
    assert worth["gradient boosting, sectors"] > worth["oldest stage first"] > worth["chance"]
    found = transfer.transfer({"sample": sample, "saint-quentin": saint_quentin}, draws=20)
    print(found.round(3).to_string())
    assert len(found) == 2 and found["data"].eq("sample invented, saint-quentin real").sum() == 1
    assert (found["kept_pct"] < 100).all()
