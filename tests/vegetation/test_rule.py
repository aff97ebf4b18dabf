"""The rule for residents, part by part; then all of it on the sample, and on real communes."""

import inspect

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.geo import cells as grid
from datakit.geo import dwellings, fairness, streets
from datakit.trees import canopy, standardise
from datakit.vegetation import cover, crowns, people, reach, rule, sight
from tests.shapes import LAMBERT, box, frame, load, points
from tools.sample.vegetation import truth


def test_every_parameter_has_a_meaning_and_a_source():
    table = rule.Rule().table()
    assert set(table.part) == {rule.LABELS[name] for name in rule.PARTS}, "in words"
    assert table.set_index("parameter").value.to_dict() == vars(rule.Rule())
    assert (table.source.str.len() > 10).all()
    reach_of = table.set_index("parameter").source["reach"]
    assert "15 m (Nieuwenhuijsen" in reach_of and "100 m (viewsheds" in reach_of
    assert "trekroner-docs/html/methods/05_tree_visibility/params.html" in inspect.getsource(sight), "where it was read"
    changed = rule.Rule(canopy=0.2).table().set_index("parameter").source
    assert changed["canopy"] == "set by the caller; by default 0.3"
    assert "Konijnendijk" in changed["trees"]
    for wrong in ({"canopy": 1.2}, {"walk": 0}, {"trees": -1}, {"radius": np.nan}, {"trunk": -1}):
        with pytest.raises(WrongUse):
            rule.Rule(**wrong)


def test_parts_by_hand():
    places = pd.DataFrame(index=list("abcdef"))
    out = rule.parts(
        places, trees=[3, 2, 9, None, None, 0], canopy=[0.3, 0.5, 0.29, 0.4, 0.1, 0], walk=[300, 10, 301, 1, 1, np.inf]
    )
    assert out.three_trees.tolist() == pytest.approx([1, 0, 1, np.nan, np.nan, 0], nan_ok=True)
    assert out.canopy_30.tolist() == [1, 1, 0, 1, 0, 0]
    assert out.green_300.tolist() == [1, 1, 0, 1, 1, 0]
    assert out.all_three.tolist() == pytest.approx([1, 0, 0, np.nan, 0, 0], nan_ok=True)
    assert out["none"].tolist() == pytest.approx([0, 0, 0, 0, 0, 1])
    assert out.met.tolist() == pytest.approx([3, 2, 1, np.nan, np.nan, 0], nan_ok=True)
    strict = rule.parts(
        places, trees=[3] * 6, canopy=[0.3] * 6, walk=[300] * 6, rule=rule.Rule(trees=4, canopy=0.4, walk=299)
    )
    assert (strict["none"] == 1).all()


def test_a_part_that_was_not_measured_leaves_all_three_open_unless_another_fails():
    out = rule.parts(pd.DataFrame(index=[0, 1]), trees=pd.Series([5, 0], dtype="Int64"), canopy=[0.5, 0.5])
    assert out.green_300.isna().all()
    assert out.all_three.tolist() == pytest.approx([np.nan, 0], nan_ok=True)


def test_parts_of_a_cell_are_those_of_its_residents():
    """The share of a cell that meets all is the same whether counted by home or by cell."""
    rng = np.random.default_rng(2)
    cells = grid.grid(frame(box(0, 0, 1000)), size=100)
    homes = points(*rng.uniform(0, 1000, (900, 2)))
    live, trees = rng.uniform(0, 9, 900), rng.integers(0, 6, 900)
    green, walk = rng.uniform(0.1, 0.5, len(cells)), rng.uniform(100, 500, len(cells))
    cell = homes.sjoin(cells, predicate="within").index_right
    by_home = rule.parts(homes, trees, green[cell], walk[cell])
    seeing = rule.on_cells(by_home.three_trees, homes, cells, live)
    living = np.bincount(cell, live, minlength=len(cells))
    by_cell = rule.parts(cells, canopy=green, walk=walk, seeing=seeing)
    left, right = rule.by_resident(by_home, live), rule.by_resident(by_cell, living)
    assert right.share.to_numpy() == pytest.approx(left.share.to_numpy())
    assert left.residents["all_three"] == pytest.approx(
        live[(trees >= 3) & (green[cell] >= 0.3) & (walk[cell] <= 300)].sum()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"trees": [1]},
        {"trees": pd.Series([1, 2], index=[7, 8])},
        {"canopy": [30, 20]},
        {"walk": [-1, 0]},
        {"trees": [1, 1], "seeing": [1, 1]},
        {"seeing": [2, 0]},
    ],
)
def test_parts_refuse_figures_that_do_not_fit(wrong):
    with pytest.raises(WrongUse):
        rule.parts(pd.DataFrame(index=[0, 1]), **wrong)


def test_the_neighbourhood_of_cells_is_nearly_the_disc_around_each():
    rng = np.random.default_rng(8)
    woods = frame(*shapely.buffer(shapely.points(rng.uniform(0, 4000, (120, 2))), rng.uniform(20, 200, 120)))
    cells = grid.grid(frame(box(0, 0, 4000)), size=100)
    area = cover.cover(cells, woods, "green").green_area
    found = rule.neighbourhood(cells, cells, area, 300)
    inner = cells.within(box(300, 300, 3400))
    discs = cells[inner].set_geometry(cells[inner].centroid.buffer(300))
    exact = cover.cover(discs, woods, "green").green_share
    assert np.abs(found[inner] - exact).mean() < 0.02
    assert np.corrcoef(found[inner], exact)[0, 1] > 0.99
    uniform = rule.neighbourhood(cells, cells, 0.4 * cells.area)  # at the border too
    assert uniform.to_numpy() == pytest.approx(np.full(len(cells), 0.4))


def test_a_neighbourhood_that_is_mostly_unknown_has_no_share():
    cells = grid.grid(frame(box(0, 0, 1000, 100)), size=100)
    area = pd.Series([5000.0] * 5 + [np.nan] * 5)
    found = rule.neighbourhood(cells, cells, area, 150)
    assert found.isna().tolist() == [False] * 5 + [True] * 5
    assert found[:5].tolist() == [0.5] * 5
    homes = points((50, 50), (99_999, 0))
    assert rule.neighbourhood(homes, cells, area, 150).isna().tolist() == [False, True]
    with pytest.raises(WrongUse):
        rule.neighbourhood(homes, cells, area[:3])
    with pytest.raises(WrongUse):
        rule.neighbourhood(homes, cells, area, 0)


# -- on the sample and on reality -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample():
    ids = ["communes", "iris", "bdtopo-vegetation", "trees-dijon", "census-iris-population"]
    return {id: load(id) for id in [*ids, "filosofi-iris"]}


@pytest.fixture(scope="module")
def town(sample):
    """The rule for each house of the sample, with the inhabitants that were planted in it."""
    roads, parks, buildings = (load(id) for id in ("bdtopo-roads", "osm-green", "bdtopo-buildings"))
    planted = truth()["residents"].drop_duplicates("cleabs").set_index("cleabs").residents
    homes = dwellings.homes(buildings)
    homes = homes[~homes.cleabs.duplicated()].set_index("cleabs")
    homes = homes[homes.geometry.notna() & ~homes.is_empty & homes.index.isin(planted.index)]
    trees = standardise(sample["trees-dijon"])
    discs = crowns.discs(trees, canopy.crown_area(trees))
    cells = grid.grid(sample["communes"][sample["communes"].commune == "21231"], size=100)
    known = {"crowns": cover.surveyed(sample["communes"], trees)}
    green = cover.green(cells, {"woods": sample["bdtopo-vegetation"], "crowns": discs}, known=known)
    around = rule.neighbourhood(homes, cells, green.green_area)
    seen = sight.visible_trees(homes, trees, buildings)
    walked = reach.walk(homes, reach.green_spaces(parks), streets.network(roads))
    met = rule.parts(homes, seen.visible, around, walked)
    return {
        "homes": homes,
        "live": planted.reindex(homes.index),
        "trees": trees,
        "discs": discs,
        "green": green,
        "seen": seen,
        "walked": walked,
        "met": met,
        "around": around,
        "cells": cells,
    }


def test_every_tree_of_the_sample_is_drawn_or_counted(town):
    counts = crowns.account(town["trees"], town["discs"])
    assert len(town["trees"]) == counts.drawn + counts.lost + counts.no_place + counts.no_crown
    assert counts.lost == (town["trees"].statut == "lost").sum() > 0
    assert len(set(town["discs"]["how"])) > 1


def test_green_follows_the_planted_blocks_and_zones(town, sample):
    blocks, zones = truth()["blocks"], truth()["zones"].set_index("zone").geometry
    green = cover.green(blocks, {"woods": sample["bdtopo-vegetation"], "crowns": town["discs"]})
    kinds = green.groupby("kind").green_share.mean()
    assert kinds["green"] > 0.6
    assert kinds["green"] > 3 * kinds[["dense", "mixed", "open"]].max()
    middles = town["cells"].centroid
    around = rule.neighbourhood(town["cells"], town["cells"], town["green"].green_area)
    assert around[middles.within(zones["green"])].mean() > around[middles.within(zones["bare"])].mean() + 0.1


def test_who_lives_across_the_railway_from_a_park_is_not_near_it(town):
    blocks = truth()["blocks"].merge(truth()["barrier"][["i", "j"]])
    inside = town["homes"].representative_point().within(blocks.union_all())
    assert inside.sum() > 50
    assert (town["walked"].crow[inside] <= 300).all()
    assert (town["met"].green_300[inside] == 0).all()
    assert (town["met"].all_three[inside] == 0).all()


def test_shares_of_residents_are_those_counted_one_by_one(town):
    met, live, walked = town["met"], town["live"], town["walked"]
    out = rule.by_resident(met, live)
    each = np.repeat(np.arange(len(live)), live)  # one row for each inhabitant
    assert out.share["green_300"] == pytest.approx((walked.walk.to_numpy()[each] <= 300).mean())
    assert out.share["three_trees"] == pytest.approx((town["seen"].visible.to_numpy(float)[each] >= 3).mean())
    assert out.residents["canopy_30"] == (town["around"].to_numpy()[each] >= 0.3).sum()
    assert (out["low"] <= out["share"]).all()
    assert 0 < out.share["all_three"] < out.share[list(rule.PARTS)].min()


def test_incomes_and_ages_of_the_sample_add_up(town, sample):
    met, live = town["met"], town["live"]
    homes = town["homes"].set_geometry(town["homes"].representative_point())
    where = rule.in_iris(homes, sample["iris"])
    census, incomes = sample["census-iris-population"], sample["filosofi-iris"]
    out = rule.left_out(met, live, where, census, incomes)
    assert out.residents.iloc[0] == live[where.place].sum()
    assert out[out.by == "income"].residents.sum() == pytest.approx(out.residents.iloc[0])
    hidden = out.set_index("group").iris[people.HIDDEN]
    known = incomes.set_index("iris").median_income.reindex(where.iris[live[where.place].to_numpy() > 0].unique())
    assert hidden == known.isna().sum() - (~known.index.isin(incomes.iris)).sum() > 0
    by_iris = met.green_300[where.place].groupby(where.iris.to_numpy())
    assert by_iris.ngroups == out.iris.iloc[0]
    old = census.set_index("iris").pop_75_plus / census.set_index("iris").population
    weight = live[where.place].to_numpy() * where.iris.map(old).to_numpy(float)
    share = np.average(met.green_300[where.place], weights=weight)
    assert out.set_index("group").green_300["pop_75_plus"] == pytest.approx(share)
    assert 0 < fairness.index(rule.lorenz(town["around"], live)) < 1


def test_the_rule_runs_on_real_communes_and_their_census(shared_data):
    """Real contours and inhabitants (2016), invented vegetation: one commune stands for one IRIS."""
    communes = gpd.read_file(shared_data / "communes-dijon-metropole" / "communes_2018_contours.geojson").to_crs(
        LAMBERT
    )
    code = next(c for c in communes.columns if communes[c].astype(str).str.fullmatch("21[0-9]{3}").all())
    communes = communes.rename(columns={code: "iris"})
    census = pd.read_csv(shared_data / "iris-rp2016" / "iris_rp2016_population.csv", dtype={"IRIS": str})
    ages = [c for c in census if c.startswith("P16_POP")]
    census = census.groupby(census.IRIS.str[:5])[ages].sum().rename_axis("iris").reset_index()
    census["population"] = census[ages].sum(axis=1)
    communes = communes[communes.iris.isin(census.iris)].reset_index(drop=True)  # not all are in the extract
    cells = grid.grid(communes, size=500)
    green = cover.green(cells, {"woods": load("bdtopo-vegetation")})
    assert green.green_share.between(0, 1).all()
    here = census[census.iris.isin(communes.iris)]
    live = grid.spread(here, communes, cells, ["population"]).population
    met = rule.parts(cells, canopy=rule.neighbourhood(cells, cells, green.green_area, 500))
    out = rule.left_out(met, live.fillna(0), rule.in_iris(cells, communes), census, ages=ages)
    assert out.residents.iloc[0] == pytest.approx(here.population.sum(), rel=1e-6)
    assert out[out.by == "age"].residents.sum() == pytest.approx(here.population.sum(), rel=1e-6)
    assert out.canopy_30.between(0, 1).all()
