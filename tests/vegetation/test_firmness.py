"""What stays first when choices are drawn: what leads by everything does, what leads by one choice does not."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer, WrongUse
from datakit.vegetation import firmness
from datakit.vegetation.priority import LCZ_HEAT


@pytest.fixture(scope="module")
def places():
    rng, n = np.random.default_rng(3), 200
    needs = pd.DataFrame(rng.uniform(size=(n, 3)), columns=["bare", "residents", "vulnerable"])
    zones = pd.DataFrame(rng.dirichlet(np.ones(3), n), columns=[2, 6, 11])
    rooms = {"as given": pd.Series(rng.uniform(0, 0.6, n)), "half": pd.Series(rng.uniform(0.3, 0.9, n))}
    needs.loc[7] = 2.0  # the leader by every need, with all the room
    zones.loc[7] = [1.0, 0.0, 0.0]
    for room in rooms.values():
        room[7] = 1.0
    needs.loc[9, "bare"] = np.nan
    zones.loc[10] = [0.2, 0.1, 0.1]  # mostly not mapped
    return needs, zones, rooms


def test_who_leads_by_everything_leads_in_every_draw(places):
    found = firmness.draw(*places, draws=200)
    assert found.loc[7, "rank"] == 1 and found.loc[7, "top_share"] == 1
    assert found.loc[[9, 10], ["rank", "top_share"]].isna().all(axis=None)
    known = found["rank"].notna()
    assert found["first"].sum() == round(0.1 * known.sum()) == round(found["top_share"].sum())
    assert found.equals(firmness.draw(*places, draws=200))


def test_the_order_that_is_judged_is_need_times_room(places):
    needs, zones, rooms = places
    weights = {"heat": 1, "bare": 2, "residents": 0, "vulnerable": 0}
    found = firmness.draw(needs, zones, rooms, weights=weights, enough=0.5, draws=1, vary=())
    known = found["rank"].notna()
    heat = sum(zones[k] * LCZ_HEAT[k] for k in zones)

    def rank(values):
        return (values[known].rank() - 1) / (known.sum() - 1)

    need = (rank(heat) + 2 * rank(needs["bare"])) / 3
    assert found.loc[known, "priority"].tolist() == pytest.approx(
        (need * (rooms["as given"][known] / 0.5).clip(0, 1)).tolist()
    )


def test_what_is_not_drawn_changes_nothing_and_each_choice_drawn_does(places):
    still = firmness.draw(*places, draws=60, vary=())
    assert set(still["top_share"].dropna()) == {0.0, 1.0}
    for name in firmness.CHOICES:
        moved = firmness.draw(*places, draws=60, vary=(name,))
        assert moved["first"].equals(still["first"])
        assert moved["top_share"].between(0.01, 0.99).any(), name


def test_all_choices_together_leave_fewer_than_each_alone(places):
    table = firmness.by_choice(*places, draws=150)
    assert len(table) == len(firmness.CHOICES) + 1 and table["drawn"].iloc[-1] == "all of these together"
    assert table["firm"][:-1].is_monotonic_increasing and table["firm"].iloc[-1] <= table["firm"].max()
    assert (table["firm"] <= table["first"]).all()


def test_distances_count_once_among_the_first_places_only():
    # Two places differ by their room under the other distances alone.
    needs = pd.DataFrame({"bare": np.linspace(0, 1, 20)})
    zones, one = pd.DataFrame({2: np.ones(20)}), pd.Series(np.ones(20))
    other = one.copy()
    other[19] = 0.0
    found = firmness.draw(needs, zones, {"a": one, "b": other}, draws=400, vary=("offsets",))
    assert found.loc[19, "top_share"] == pytest.approx(0.5, abs=0.1)
    assert found.loc[18, "top_share"] == 1


@pytest.mark.parametrize(
    "wrong", [{"vary": ("luck",)}, {"draws": 0}, {"weights": {"heat": -1}}, {"weights": {"nothing": 1}}]
)
def test_wrong_questions_are_refused(places, wrong):
    with pytest.raises(WrongUse):
        firmness.draw(*places, **wrong)
    with pytest.raises(WrongUse):
        firmness.draw(places[0], places[1][:5], places[2])


def test_no_order_rests_on_a_need_that_is_known_nowhere(places):
    """A census without the children under 6 is no town without children."""
    needs, zones, rooms = places
    with pytest.raises(CannotAnswer, match="children is known nowhere"):
        firmness.draw(needs.assign(children=np.nan), zones, rooms, draws=2)
