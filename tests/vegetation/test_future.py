"""Room and later dates on the invented city: public ground only, strips that change nothing, both sides of one date."""

import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.data.layers import Layers
from datakit.vegetation import future, ground, placing, planting, room, rule, scenario, town


@pytest.fixture(scope="module")
def layers():
    return Layers("sample")


@pytest.fixture(scope="module")
def here(layers):
    return town.town(layers)


@pytest.fixture(scope="module")
def some(here):
    """Cells in the middle of the town."""
    middle = here.communes.union_all().centroid.buffer(600)
    return here.cells[here.cells.within(middle)]


def test_strips_change_nothing(layers, here, some, monkeypatch):
    offsets = planting.Offsets()
    whole = room.public(layers, here, offsets, some)
    found, cut = room.survey(layers, here, offsets, some)
    monkeypatch.setattr(room, "BLOCK", 20)
    assert len(room.strips(some)) > 3
    assert room.public(layers, here, offsets, some).to_numpy() == pytest.approx(whole.to_numpy(), abs=0.01)
    again, _ = room.survey(layers, here, offsets, some)
    assert again["plantable_area"].to_numpy() == pytest.approx(found["plantable_area"].to_numpy(), abs=0.01)
    assert ground.tenure(cut, found)["public_area"].to_numpy() == pytest.approx(whole.to_numpy(), abs=0.5)
    assert (whole <= found["plantable_area"] + 0.01).all() and whole.sum() > 0


def test_new_trees_stand_on_public_ground(layers, here, some):
    offsets = planting.Offsets()
    public = room.public(layers, here, offsets, some)
    numbers = scenario.plant(public, public, 200)
    new = future.places(layers, here, offsets, numbers)
    assert len(new) == numbers.sum() == 200
    free = room.public_ground(layers, here, offsets, some)
    assert free.area.to_numpy() == pytest.approx(public.to_numpy(), abs=0.5)
    inside = shapely.contains(shapely.buffer(shapely.union_all(free.to_numpy()), 1e-6), new.geometry.to_numpy())
    assert inside.all()


def test_one_date_in_each_column_and_deaths_on_both_sides(layers, here, some):
    offsets = planting.Offsets()
    public = room.public(layers, here, offsets, some)
    new = future.places(layers, here, offsets, scenario.plant(public, public, 500))
    living = placing.place(layers, here.cells, here.buildings).people["population"]
    table = future.compare(layers, here, new, living, rule.Rule(), years=30)
    assert len(table) == 9 and set(table["when"]) == set(future.COLUMNS)
    by = table.set_index(["case", "when"])
    for case in scenario.CASES:
        now, without, with_ = (by.loc[(case, when)] for when in future.COLUMNS)
        assert without["trees"] < now["trees"] == len(here.trees)
        assert 0 < with_["trees"] - without["trees"] < 500, "of the new trees some die too"
        assert without["canopy"] < now["canopy"] and with_["canopy"] >= without["canopy"]
        assert with_["three_trees"] >= without["three_trees"]
        assert with_["green_300"] == without["green_300"] == now["green_300"], "no tree makes a park"
    middle, low, high = future.gain(table, "three_trees")
    assert low <= middle <= high
    told = future.told(table)
    assert list(told) == ["of", *future.COLUMNS] and " to " in told["with planting"][0]
    assert not told["of"].str.contains("_").any()


def test_a_share_becomes_the_parts_of_a_figure():
    value, unit, low, high, how = future.per_cent(0.5, 0.4, 0.6, unit="points")
    assert (value, unit, low, high) == (50, "points", 40, 60) and how
    table = pd.DataFrame({"case": scenario.CASES, "when": "now", "canopy": [0.3, 0.2, 0.1]})
    assert future.spread(table, "canopy", "now") == pytest.approx((0.2, 0.1, 0.3))
    assert np.isfinite(future.spread(table, "canopy", "now")).all()


def test_bars_of_a_later_date_have_their_range_around_them():
    from datakit.vegetation import pictures

    rows = [
        {"case": case, "when": when, "three_trees": share + shift}
        for when, share in zip(future.COLUMNS, (0.41234, 0.27777, 0.29999), strict=True)
        for case, shift in zip(scenario.CASES, (0.00004, 0.0, -0.00001), strict=True)
    ]
    shown = pictures.later(pd.DataFrame(rows), "three_trees", "trees in view", 30, [])
    assert "today: 41.2 %, in 30 years, without planting: 27.8 %, in 30 years, with planting: 30.0 %" in shown.alt
