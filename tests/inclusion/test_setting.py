"""What chapters begin with: areas, places and ways of the sample, of real data, and of a run that lacks some."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datakit.data.layers import Layers
from datakit.errors import CannotAnswer
from datakit.inclusion import areas, gap, homes, journeys, linkage, mapped, need, offer, privacy, setting, siting
from datakit.inclusion.access import by_area
from tools.sample import inclusion as invented

KINDS = ["digital", "france_services", "post", "library", "doctor", "pharmacy"]


@pytest.fixture(scope="module")
def layers():
    return Layers("sample")


@pytest.fixture(scope="module")
def here(layers):
    return setting.of(layers, KINDS, incomes=True)


@pytest.fixture(scope="module")
def lacks(here):
    limits = dict.fromkeys(KINDS, 1000) | {"france_services": 3000}
    return gap.lacking(by_area(here.home.points, here.ways, limits, area="iris"))


def test_everybody_of_the_census_stands_somewhere(here):
    assert here.home.how == homes.SQUARES
    assert here.people("population")["population"].sum() == pytest.approx(here.iris["population"].sum())
    assert {r["id"] for r in here.iris.attrs["datakit_sources"]} >= {"iris", "census-iris-population"}


def test_only_files_that_hold_the_kinds_asked_for_are_read(layers):
    communes = areas.communes(layers)
    found = linkage.collect(layers, communes, ["france_services"])
    assert [table.attrs["datakit"]["id"] for table in found.data] == ["france-services"]
    assert set(found.every["category"]) == {"france_services"} and not found.places["flagged"].any()


def test_nothing_is_collected_from_nothing(layers, monkeypatch):
    communes = areas.communes(layers)
    empty = Layers("sample")
    monkeypatch.setattr(empty, "get", lambda id: None)
    with pytest.raises(CannotAnswer, match="no list"):
        linkage.collect(empty, communes, ["digital"])


def test_places_are_counted_by_kind_and_commune(layers):
    communes = areas.communes(layers)
    found = linkage.collect(layers, communes, ["digital", "france_services"])
    counted = offer.summary(found.inside, found.kinds)
    assert counted["places"].sum() == len(found.inside)
    town = offer.per_commune(found.inside, communes, found.kinds)
    assert town[list(found.kinds)].sum().tolist() == counted["places"].tolist()
    without = town[town["digital"] == 0]
    said = areas.totals(town, without, found.kinds)
    assert said["largest"].value == "Dijon" and said["without"].value == len(without)
    with pytest.raises(CannotAnswer, match="when it is open"):
        offer.opening(counted.assign(**{offer.SAYS["weekly_hours"]: 0}))


def test_shares_of_communes_without_a_place():
    described = pd.DataFrame({"commune": list("abc"), "pop_75_plus": [10.0, 20, 70], "population": [100.0, 100, 200]})
    assert areas.without_place(described, pd.Series({"a": 0, "b": 3, "c": 0})) == (80, 75)
    with pytest.raises(CannotAnswer, match="none of them"):
        areas.without_place(described, pd.Series({"a": 1, "b": 3, "c": 2}))


def test_a_commune_of_which_a_part_is_known_is_not_described(layers, monkeypatch):
    whole = areas.by_commune(layers)
    code = whole.loc[whole["n_iris"] > 3, "commune"].iloc[0]
    census = areas.census(layers)
    mine = census[census["commune"] == code].index
    monkeypatch.setattr(areas, "census", lambda layers: census.drop(mine[1:]))
    part = areas.by_commune(layers).set_index("commune")
    assert part["covered_pct"][code] < areas.COVERED and np.isnan(part["pop_75_plus_pct"][code])
    assert part["pop_75_plus_pct"].notna().sum() == whole["pop_75_plus_pct"].notna().sum() - 1
    every, some = areas.described(whole), areas.described(part.reset_index())
    assert f"{every['covered']:bare}" == "100" and every["described"].value == every["all"].value == len(whole)
    assert some["described"].value == len(whole) - 1
    left = whole.loc[whole["commune"] != code, "population_now"].sum() / whole["population_now"].sum()
    assert some["covered"].value == pytest.approx(100 * left) and left < 1


def test_sampled_communes_only_have_ranges(layers):
    found = areas.by_commune(layers)
    ranged = found["low_pct"].notna()
    assert (found.loc[ranged, "population"] >= 10_000).all() and ranged.any()
    assert (found.loc[~ranged & found["pop_75_plus_pct"].notna(), "population"] < 10_000).all()


def test_the_planted_areas_head_the_list_and_hidden_ones_are_not_on_it(here, lacks):
    found = gap.first(here.iris, lacks, len(KINDS))
    assert set(found.listed["iris"].head(len(invented.PLANTED))) == set(invented.PLANTED)
    assert found.low <= len(found.listed) <= found.high
    strict = gap.first(here.iris, lacks, len(KINDS), minimum=1000)
    small = set(here.iris.loc[here.iris["households"] < 1000, "iris"])
    assert len(small) > 40 and not small & set(strict.listed["iris"])
    assert strict.table.loc[strict.table["iris"].isin(small), list(gap.SHOWN)].isna().all(axis=None)
    assert strict.hidden >= len(small)


def test_not_far_is_not_the_same_as_not_known(here, lacks):
    whole = gap.first(here.iris, lacks, len(KINDS))
    near = whole.table.loc[whole.table["state"] == "not far", "iris"].iloc[0]
    lost = [near, whole.listed["iris"].iloc[0]]
    part = gap.first(here.iris, lacks.drop(lost), len(KINDS))
    assert set(part.table["iris"]) == set(here.iris["iris"])
    rows = part.table.set_index("iris").loc[lost]
    assert rows["state"].isna().all() and rows[["population", "lacks", *gap.SHOWN]].isna().all(axis=None)
    assert part.table["state"].isna().sum() == len(here.iris) - len(lacks) + 2
    assert part.hidden <= whole.hidden, "who has no way is not called hidden"
    layer = mapped.first(part.table, here.communes, data=here.data).layers[-1]
    count = dict(zip(layer.classes.labels, layer.classes.counts, strict=True))
    assert count["no data"] == part.table["state"].isna().sum()
    assert count["not far"] == (part.table["state"] == "not far").sum()


def test_a_list_made_of_two_kinds_is_none(here, lacks):
    with pytest.raises(CannotAnswer, match="too few kinds"):
        gap.first(here.iris, lacks, 2, enough=2)
    with pytest.raises(CannotAnswer, match="too few kinds"):
        gap.first(here.iris, lacks, 3, enough=4)


def test_need_is_made_of_what_may_be_shown_and_says_that_the_sample_agrees_by_itself(layers, here):
    found = need.indices(layers, here.iris, minimum=1000)
    small = here.iris.loc[here.iris["households"] < 1000, "iris"]
    assert found.fragility.table.loc[small, "score"].isna().all() and found.deprivation.score[small].isna().all()
    assert "all made from one number: that both scores agree says nothing" in found.caution
    tables = tuple(table.copy() for table in found.data)
    for table in tables:
        table.attrs = {"datakit": {**table.attrs["datakit"], "synthetic": False}}
    assert "one number" not in replace(found, data=tables).caution
    with pytest.raises(CannotAnswer, match="fewer than two"):
        need.indices(layers, here.iris, minimum=2500)


def test_sites_are_chosen_where_people_live(here):
    spots = siting.candidates(here.found.places, ["library", "post"], "digital")
    plan = siting.plan(here, spots, "digital", 1000)
    coarse = siting.plan(here, spots, "digital", 1000, homes.middles(here.iris, "iris"))
    best, other = plan.best(3), coarse.best(3)
    promised, counted, ours = coarse.newly(other).value, plan.newly(other).value, plan.newly(best).value
    assert ours >= counted, "no three candidates bring more where people live"
    assert promised > counted, "one point for each IRIS promises what nobody gets"
    assert plan.newly(best).low <= ours <= plan.newly(best).high
    assert plan.mean_way(plan.best(3, "distance")).value <= plan.mean_way(best).value <= plan.mean_way().value < np.inf
    with pytest.raises(CannotAnswer, match="host"):
        siting.candidates(here.found.places, ["digital"], "digital")


def test_a_run_without_streets_says_so(here):
    bare = setting.Setting(here.communes, here.iris, here.found, here.home, None, here.ways, here.data)
    with pytest.raises(CannotAnswer, match="streets"):
        siting.plan(bare, here.found.places, "digital", 1000)


def test_riding_is_never_slower_than_walking_and_stops_are_counted_once(layers, here):
    places = here.found.places[here.found.places["category"] == "library"].reset_index(drop=True)
    found = journeys.journeys(layers, here.home.points, places)
    feet, ride, chair = (found.minutes[r] for r in (journeys.FEET, journeys.WEEKDAY, journeys.CHAIR))
    known = ~np.isnan(feet)
    assert (ride[known] <= feet[known]).all()
    assert (ride < feet - 1).any(), "somebody gains by riding"
    people = here.people("population")["population"]
    shares = journeys.within(found, people, 20).loc["library"]
    assert shares[journeys.CHAIR] <= shares[journeys.WEEKDAY] and shares[journeys.FEET] <= shares[journeys.WEEKDAY]
    by_hand = people[(np.nan_to_num(feet, nan=np.inf).min(axis=1) <= 20)].sum() / people.sum()
    assert shares[journeys.FEET] == pytest.approx(100 * by_hand)
    assert np.isfinite(chair).any()
    stops = layers["divia-gtfs"]
    table = journeys.platforms(stops, here.communes)
    assert table["platforms"].sum() == len(stops) and (table["boardable"] <= table["platforms"]).all()


def test_a_share_of_few_is_hidden_in_the_table_of_communes(layers):
    strict = areas.by_commune(layers, minimum=1000)
    small = strict["hidden"] != ""
    assert small.sum() > 5 and strict.loc[small, ["pop_75_plus_pct", "low_pct", "pop_75_plus"]].isna().all(axis=None)
    assert (strict.loc[small, "hidden"] == privacy.HIDDEN).all()
