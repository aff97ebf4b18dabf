"""What every chapter begins with: real trees are not put on invented contours, and nothing that fell stands."""

import pytest

from datakit.data.layers import Layers
from datakit.errors import CannotAnswer
from datakit.trees import study


@pytest.fixture(scope="module")
def city():
    return study.study(Layers("sample", reference="trees-dijon"), "trees-dijon")


def test_the_sample_is_counted_by_commune(city):
    assert (city.kind, city.level, city.streets) == ("commune", "species", "adresse")
    assert set(city.recorded["place"].dropna()) <= set(city.areas["place"])
    assert len(city.recorded) - len(city.trees) == (city.recorded["statut"] == "lost").sum() > 0
    assert city.year == 2025 and len(city.data) == 2


def test_another_city_is_counted_in_squares_without_contours():
    there = study.study(Layers("sample", reference="trees-paris"), "trees-paris")
    assert there.kind == "square of 1 km" and there.communes is None and len(there.data) == 1


def test_real_trees_are_not_put_on_invented_contours(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    layers = Layers(f"{real_mirror},sample", reference="trees-grenoble")
    there = study.study(layers, "trees-grenoble")
    assert there.communes is None and layers.get("communes") is not None, "as real as the inventory, and elsewhere"
    others = study.beside(layers, ["trees-paris", "trees-lyon", "nowhere"])
    assert len(others) == 1 and "invented" not in next(iter(others))  # Lyon is invented here, and left out
    with pytest.raises(CannotAnswer, match="no other inventory") as refused:
        study.beside(layers, ["trees-lyon"])
    assert "invented" in str(refused.value)
    mixed = study.study(Layers(f"{real_mirror},sample", reference="trees-dijon"), "trees-dijon")
    assert mixed.communes is None, "nor invented trees on real contours"
    layers = Layers(f"{real_mirror},sample", reference="trees-dijon", rehearsal=True)
    assert study.study(layers, "trees-dijon").communes is not None


def test_what_an_inventory_does_not_say_cannot_be_asked(city):
    assert study.needs(city.trees, "adresse", "street").notna().all()
    for name in ("type_sol", "absent"):
        with pytest.raises(CannotAnswer, match="does not say it"):
            study.needs(city.trees, name, "soil")


def test_a_title_says_how_large_and_whether_invented(city):
    assert study.title(city.recorded).startswith("Tree inventory of Dijon Métropole (invented, 59\u202f740 trees)")
