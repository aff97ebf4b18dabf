"""Visits can be walked, hold the worst trees, and are written for those who go."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.language import speaking
from datakit.trees import choosing, risk, standardise, visits
from tests.trees import inventories
from tests.trees.inventories import invented


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


def test_rounds_can_be_walked_and_hold_the_worst_trees():
    frame = invented()
    choice = choosing.loss_scores(frame, draws=20)
    chance = choice.score
    listed = visits.visit_list(frame, chance, n=150, per_round=20, walk_km=3.0, why=choice.why)
    assert listed["why"].equals(choice.why[listed.index].rename("why").astype(listed["why"].dtype))
    assert listed["why"].str.contains("% lost").any()
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
    # And the walk begins there: the first stop is the one that the round is made for.
    assert (listed[listed["order"] == 1].set_index("round")["rank"] == first).all()


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
    sheet, layer = visits.write_list(listed, tmp_path / "visites")
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(sheet, sep=";", decimal=",", encoding="utf-8-sig")
    assert len(table) == 25 and table["address"].iloc[0] == "Allée des Érables, n° 3; bis"
    assert table["longitude (°)"].between(4, 6).all() and table["data"].eq("SYNTHETIC SAMPLE").all()
    assert {"rank", "score (0 to 1)", "round", "stop", "walked (m)", "why", "planted in"} <= set(table)
    shapes = gpd.read_file(layer, layer="visits")
    assert shapes.crs.to_epsg() == 2154 and shapes["rank"].tolist() == listed["rank"].tolist()
    assert (shapes.distance(listed.geometry.reset_index(drop=True)) < 0.01).all()
    assert sorted(p.name for p in (tmp_path / "visites").iterdir()) == ["visits.csv", "visits.gpkg"]


def test_no_cell_of_the_list_is_a_formula(tmp_path):
    frame = invented(400).assign(adresse='=HYPERLINK("http://evil","x")', secteur="-2.5")
    listed = visits.visit_list(frame, np.random.default_rng(0).random(400), n=25)
    table = pd.read_csv(visits.write_list(listed, tmp_path)[0], sep=";", decimal=",", encoding="utf-8-sig", dtype=str)
    assert table["address"].str.startswith("'=HYPERLINK").all() and (table["sector"] == "-2.5").all()


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
    assert first["why"].eq("state: A abattre").all()
    assert not listed.loc[~listed.index.isin(condemned), "why"].str.contains("state:").any()
    assert (visits.visit_list(given, chance, n=5).index.isin(condemned)).all()


@pytest.mark.parametrize(("lang", "years", "trunk"), [("en", "planted in", "trunk diameter (cm)"), ("fr", None, None)])
def test_a_sheet_is_rounded_and_its_heads_have_units(sample, lang, years, trunk):
    frame = standardise(sample)
    listed = visits.visit_list(frame, pd.Series(0.1234, index=frame.index), n=60)
    with speaking(lang):
        table = visits.sheet(listed)
    years, trunk = years or "année de plantation", trunk or "diamètre du tronc (cm)"
    for name in (years, trunk):
        assert table[name].dtype == "Int64" and table[name].notna().any()
    height = table["height (m)" if lang == "en" else "hauteur (m)"]
    assert height.dropna().between(0, 60).all() and (height.dropna() * 10 % 1 == 0).all()
    assert table["score (0 to 1)" if lang == "en" else "score (0 à 1)"].eq(0.123).all()
    text = table.to_csv(sep=";", decimal=",", index=False)
    assert "0,1234" not in text and not re.search(r";\d{4},0;", text)
    rule = visits.visit_list(frame, pd.Series(3.5, index=frame.index), n=2)
    assert "score (order only)" in visits.sheet(rule)
    with speaking("fr"):
        assert "score (ordre seul)" in visits.sheet(rule)
