"""The vegetation baseline: nothing lost on the way to the grid, overlaps once, and what was planted is found."""

import json
import warnings
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data.cache import DataWarning
from datakit.data.tables import parse
from datakit.errors import CrsMismatch, NotAsDescribed, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import cover, heat, planting, priority
from tools.sample import weather
from tools.sample.vegetation import truth

LAMBERT = "EPSG:2154"


def frame(*shapes, crs=LAMBERT, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def square(x, y, side):
    return shapely.box(x, y, x + side, y + side)


def load(id):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return datakit.load(id, "sample")


@pytest.fixture(scope="module")
def layers():
    ids = ["communes", "iris", "bdtopo-vegetation", "bdtopo-roads", "cadastre-buildings", "lcz-cerema"]
    return {id: load(id) for id in ids}


# -- grid -------------------------------------------------------------------------------------------------------------


def test_cells_stand_on_multiples_of_their_side_and_have_a_name_of_their_place():
    cells = grid.grid(frame(square(854_130, 6_693_020, 250)), size=100)
    # 854130..854380 touches three columns of 100 m, 6693020..6693270 three rows
    assert len(cells) == 9
    assert cells.cell.iloc[0] == "CRS2154RES100mN6693000E854100"
    whole = grid.grid(frame(square(854_130, 6_693_020, 250)), size=100, clip=False)
    assert (whole.bounds % 100 == 0).all(axis=None)
    assert set(whole.cell) == set(cells.cell)


def test_an_area_on_the_grid_gets_no_empty_neighbours():
    assert len(grid.grid(frame(square(1000, 2000, 400)), size=200)) == 4


def test_cells_together_are_the_area(layers):
    communes = layers["communes"]
    cells = grid.grid(communes, size=500)
    assert cells.area.sum() == pytest.approx(communes.area.sum(), rel=1e-9)
    assert cells.cell.is_unique
    assert cells.crs == communes.crs


def test_cells_over_the_real_contours_are_the_real_area(shared_data):
    file = shared_data / "communes-dijon-metropole" / "communes_2018_contours.geojson"
    communes = gpd.read_file(file).to_crs(LAMBERT)
    cells = grid.grid(communes, size=1000)
    assert cells.area.sum() == pytest.approx(communes.union_all().area, rel=1e-9)
    assert cells.area.sum() / 1e6 == pytest.approx(240, abs=1)  # km²
    layer = load("bdtopo-vegetation")  # invented, under real contours: what lies outside them is not counted
    found = cover.cover(communes, layer).cover_area.sum()
    assert found == pytest.approx(layer.union_all().intersection(communes.union_all()).area, rel=1e-6)


@pytest.mark.parametrize("size", [0, -100, 12.5])
def test_a_grid_refuses_a_side_that_is_none(size):
    with pytest.raises(WrongUse):
        grid.grid(frame(square(0, 0, 100)), size=size)


def test_a_grid_refuses_lines_and_degrees():
    with pytest.raises(WrongUse, match="no surface"):
        grid.grid(frame(shapely.LineString([(0, 0), (100, 100)])))
    with pytest.raises(CrsMismatch):
        grid.grid(frame(square(5, 47, 0.1), crs="EPSG:4326"))


# -- totals -----------------------------------------------------------------------------------------------------------


def test_totals_follow_the_ground_shared():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "b"])
    people = pd.DataFrame({"iris": ["a", "b"], "population": [40, 10]})
    cells = frame(shapely.box(0, 0, 50, 100), shapely.box(50, 0, 150, 100), shapely.box(150, 0, 200, 100))
    out = grid.spread(people, areas, cells, ["population"])
    assert out.population.tolist() == pytest.approx([20, 25, 5])


def test_what_falls_outside_or_is_secret_is_not_taken_for_zero():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "b"])
    people = pd.DataFrame({"iris": ["a", "b", "c"], "population": [40, np.nan, 50]})
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(500, 0, 100))
    out = grid.spread(people, areas, cells, ["population"])
    assert out.population.iloc[0] == 40
    assert out.population.iloc[1:].isna().all()


def test_spread_needs_one_key_used_once():
    areas = frame(square(0, 0, 100), square(100, 0, 100), iris=["a", "a"])
    people = pd.DataFrame({"iris": ["a"], "population": [40]})
    with pytest.raises(WrongUse):
        grid.spread(people, areas, areas, ["population"])
    with pytest.raises(WrongUse):
        grid.spread(people.rename(columns={"iris": "code"}), areas, areas, ["population"])


def test_inhabitants_are_preserved_on_the_sample(layers):
    people = load("census-iris-population")
    cells = grid.grid(layers["iris"], size=500)
    out = grid.spread(people, layers["iris"], cells, ["pop_75_plus"])
    in_both = people[people.iris.isin(layers["iris"].iris)].pop_75_plus.sum()
    assert out.pop_75_plus.sum() == pytest.approx(in_both, rel=1e-9)


def test_a_mean_is_weighted_by_ground_and_needs_enough_of_it():
    layer = frame(shapely.box(0, 0, 75, 100), shapely.box(75, 0, 120, 100), square(400, 0, 10))
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(200, 0, 100), shapely.Polygon())
    assert grid.average([1.0, 5.0, 9.0], layer, cells).iloc[0] == pytest.approx(0.75 * 1 + 0.25 * 5)
    assert grid.average([1.0, 5.0, 9.0], layer, cells).iloc[1:].isna().all()  # 20 % of it is not enough
    assert grid.average([1.0, np.nan, 9.0], layer, cells).iloc[0] == 1
    assert grid.average([1.0, 5.0, 9.0], layer, cells, least=0.1).iloc[1] == 5
    half = grid.average([7.0], frame(shapely.box(0, 0, 50, 100)), frame(square(0, 0, 100)))
    assert half.tolist() == [7], "just as much as is asked for is enough"


# -- cover ------------------------------------------------------------------------------------------------------------


def test_overlaps_count_once():
    cells = frame(square(0, 0, 100), square(100, 0, 100))
    layer = frame(shapely.box(50, 0, 150, 50), shapely.box(50, 0, 100, 50), shapely.box(90, 0, 150, 50))
    out = cover.cover(cells, layer, "green")
    assert out.green_area.tolist() == pytest.approx([2500, 2500])
    assert out.green_share.tolist() == pytest.approx([0.25, 0.25])


def test_cover_agrees_with_brute_force(layers):
    vegetation = layers["bdtopo-vegetation"]
    iris = layers["iris"].iloc[::9]
    found = cover.cover(iris, vegetation).cover_area
    one = vegetation.union_all()
    assert found.to_numpy() == pytest.approx(iris.geometry.intersection(one).area.to_numpy(), abs=1e-3)


def test_cells_add_up_to_their_commune(layers):
    vegetation, communes = layers["bdtopo-vegetation"], layers["communes"]
    by_cell = cover.cover(grid.grid(communes, size=250), vegetation).cover_area.sum()
    by_commune = cover.cover(communes, vegetation).cover_area.sum()
    assert by_cell == pytest.approx(by_commune, rel=1e-9)
    assert by_commune < vegetation.area.sum()  # the sample's woods overlap, so this could not be a plain sum


def test_degenerate_shapes_cover_nothing_and_break_nothing():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])
    flat = shapely.Polygon([(0, 0), (10, 0), (0, 0)])
    layer = frame(bow_tie, flat, None, shapely.Polygon(), shapely.Point(5, 5), shapely.LineString([(0, 0), (9, 9)]))
    out = cover.cover(frame(square(0, 0, 10), None, shapely.Polygon()), layer)
    assert out.cover_area.iloc[0] == pytest.approx(50)
    assert out.cover_area.iloc[1:].isna().all()
    assert cover.cover(frame(square(0, 0, 10)), layer.iloc[1:]).cover_share.tolist() == [0.0]


def test_heights_in_the_coordinates_do_not_matter():
    high = shapely.Polygon([(0, 0, 250), (10, 0, 251), (10, 10, 252), (0, 10, 250)])
    assert cover.cover(frame(square(0, 0, 20)), frame(high)).cover_share.tolist() == pytest.approx([0.25])


def test_where_the_layer_was_not_surveyed_there_is_no_figure():
    cells = frame(square(0, 0, 100), square(100, 0, 100), square(200, 0, 100))
    out = cover.cover(cells, frame(square(0, 0, 50)), known=frame(shapely.box(0, 0, 250, 100)))
    assert out.cover_share.tolist()[:2] == pytest.approx([0.25, 0.0])
    assert np.isnan(out.cover_share.iloc[2])


def test_a_mix_of_crs_is_refused():
    here = frame(square(854_000, 6_693_000, 100))
    with pytest.raises(CrsMismatch):
        cover.cover(here, here.to_crs("EPSG:4326"))
    with pytest.raises(CrsMismatch):
        cover.cover(here, here.set_crs(None, allow_override=True))
    with pytest.raises(CrsMismatch):
        away = frame(shapely.LineString([(0, 0), (1, 1)]), crs="EPSG:3857")
        planting.plantable(here, planting.Layers(here, away, here))
    with pytest.raises(CrsMismatch):
        grid.spread(pd.DataFrame({"iris": ["a"], "n": [1]}), here.assign(iris="a").to_crs("EPSG:3857"), here, ["n"])


# -- planting ---------------------------------------------------------------------------------------------------------


def roads(*widths, **columns):
    lines = [shapely.LineString([(-100, 50 + 100 * k), (200, 50 + 100 * k)]) for k in range(len(widths))]
    given = {"largeur_de_chaussee": pd.Series(widths, dtype=float), "nature": "Route à 1 chaussée", **columns}
    return gpd.GeoDataFrame(given, geometry=lines, crs=LAMBERT)


def test_plantable_ground_by_hand():
    # A cell of 100 m, a building of 10 m with 5 m kept clear (corners rounded), a road of 6 m with 2 m on both sides.
    cell, building = frame(square(0, 0, 100)), frame(square(20, 10, 10))
    offsets = planting.Offsets(buildings=5, roads=2, vegetation=0)
    out = planting.plantable(cell, planting.Layers(building, roads(6.0), frame()), offsets)
    rounded = building.buffer(5, quad_segs=2).area.iloc[0]
    assert 200 < rounded < 400
    assert out.taken_area.iloc[0] == pytest.approx(rounded + 10 * 100)
    assert out.plantable_share.iloc[0] == pytest.approx(1 - (rounded + 1000) / 10_000)


def test_the_width_of_a_road_is_its_own_or_a_named_guess():
    given = roads(6.0, np.nan, np.nan, 0.0, nature=["Route à 1 chaussée", "Route à 1 chaussée", "Sentier", "Chemin"])
    out = planting.carriageways(given, planting.Offsets(roads=1, unknown_width=5, path_width=2))
    assert out.width.tolist() == [6, 5, 2, 2]
    south, north = out.geometry.iloc[0].bounds[1], out.geometry.iloc[0].bounds[3]
    assert (south, north) == pytest.approx((50 - 4, 50 + 4))


def test_tunnels_and_fictitious_sections_take_no_ground():
    levels = {"position_par_rapport_au_sol": ["0", "-1", "1", "Gué ou radier", None]}
    kept = planting.carriageways(roads(5, 5, 5, 5, 5, **levels))
    assert kept.index.tolist() == [0, 2, 3, 4]
    fictitious = pd.array([True, False, None], dtype="boolean")
    assert planting.carriageways(roads(5, 5, 5, fictif=fictitious)).index.tolist() == [1, 2]


def test_offsets_are_distances():
    with pytest.raises(WrongUse, match="metres"):
        planting.Offsets(roads=-1)
    with pytest.raises(WrongUse):
        planting.Offsets(buildings=float("nan"))


def test_wider_offsets_never_leave_more_room(layers):
    city = layers["communes"].query("commune == '21231'")
    cells = grid.grid(city, size=500).iloc[20:40]
    args = [layers[k] for k in ("cadastre-buildings", "bdtopo-roads", "bdtopo-vegetation")]
    narrow = planting.plantable(cells, planting.Layers(*args), planting.Offsets(2, 1, 0)).plantable_area
    wide = planting.plantable(cells, planting.Layers(*args), planting.Offsets(8, 4, 3)).plantable_area
    assert (wide <= narrow + 1e-6).all()
    assert (wide < narrow).any()


# -- priority ---------------------------------------------------------------------------------------------------------


def test_ranks_by_hand():
    assert priority.percent_rank([10, 30, 20]).tolist() == [0, 1, 0.5]
    assert priority.percent_rank([1, 1, 2]).tolist() == [0.25, 0.25, 1]
    assert np.isnan(priority.percent_rank([1, np.nan, 3])[1])
    assert priority.percent_rank([7, np.nan])[0] == 0.5


def test_need_and_room_by_hand():
    places = pd.DataFrame({"heat": [0, 1, 2], "people": [5, 9, 5]})
    found = priority.need(places, {"heat": 3, "people": 1})
    assert found.tolist() == pytest.approx([0.75 * 0 + 0.25 * 0.25, 0.75 * 0.5 + 0.25, 0.75 + 0.25 * 0.25])
    assert priority.feasibility(pd.Series([0, 0.1, 0.3]), enough=0.2).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("weights", [{}, {"nothing": 1}, {"heat": -1}, {"heat": 0}, {"heat": float("nan")}])
def test_weights_that_are_none_are_refused(weights):
    with pytest.raises(WrongUse):
        priority.need(pd.DataFrame({"heat": [1.0, 2.0]}), weights)


def test_a_place_that_leads_everywhere_leads_in_every_draw_and_a_torn_one_does_not():
    n = 40
    places = pd.DataFrame({"a": np.arange(n, dtype=float), "b": np.arange(n, dtype=float)})
    places.loc[5, ["a", "b"]] = [100.0, 0.5]  # first by one indicator, last but one by the other
    out = priority.prioritise(places, {"a": 1, "b": 1}, room=np.ones(n), draws=400, concentration=4, seed=3)
    assert out["rank"].iloc[39] == 1
    assert out.top_share.iloc[39] == 1
    assert 0 < out.top_share.iloc[5] < 0.6
    assert out.rank_high.iloc[5] - out.rank_low.iloc[5] > out.rank_high.iloc[39] - out.rank_low.iloc[39]
    assert out.top_share.sum() == pytest.approx(4)  # a tenth of forty places, whatever the weights


def test_no_room_no_priority_and_no_figure_no_rank():
    places = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan]})
    out = priority.prioritise(places, {"a": 1}, room=np.array([1.0, 1.0, 0.0, 1.0]), draws=10)
    assert out.priority.iloc[2] == 0
    assert out["rank"].isna().tolist() == [False, False, False, True]
    assert out.top_share.isna().tolist() == [False, False, False, True]


def test_an_indicator_without_weight_stays_out_of_the_draws():
    rng = np.random.default_rng(1)
    places = pd.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50)})
    out = priority.prioritise(places, {"a": 1, "b": 0}, room=np.ones(50), draws=50)
    assert (out.rank_low == out.rank_high).all()


def test_every_local_climate_zone_has_a_heat():
    assert sorted(priority.LCZ_HEAT) == list(range(1, 18))
    assert all(0 <= v <= 1 for v in priority.LCZ_HEAT.values())


# -- heat -------------------------------------------------------------------------------------------------------------


def daily(start, end, tmax, station="21999009", **columns):
    days = pd.date_range(start, end)
    return pd.DataFrame({"station": station, "date": days, "tmax": tmax, **columns})


def test_hot_days_by_hand():
    table = daily("2020-01-01", "2020-12-31", 20.0)
    table.loc[table.date.isin(pd.to_datetime(["2020-05-31", "2020-07-14", "2020-07-15"])), "tmax"] = [30.0, 29.9, 35.0]
    out = heat.yearly(table)
    assert out[["year", "observed", "expected", "days"]].to_numpy().tolist() == [[2020, 92, 92, 2]]


def test_a_summer_with_a_hole_has_no_count():
    table = pd.concat([daily("2018-01-01", "2018-12-31", 31.0), daily("2020-01-01", "2020-06-30", 31.0)])
    out = heat.yearly(table).set_index("year")
    assert out.days.loc[2018] == 365
    assert out.observed.loc[[2019, 2020]].tolist() == [0, 30]
    assert out.days.loc[[2019, 2020]].isna().all()


def test_doubtful_values_do_not_count():
    quality = pd.array([1, 2, None, 9] * 23, dtype="Int64")
    table = daily("2020-06-01", "2020-08-31", 33.0, quality_tmax=quality)
    assert heat.trusted(table, "tmax").notna().sum() == 69
    assert heat.yearly(table).observed.tolist() == [69]


def test_the_trend_is_the_middle_slope_and_says_nothing_about_few_years():
    years = np.arange(2000, 2020)
    values = 0.05 * (years - 2000) + np.tile([0.1, -0.1], 10)
    values[3] = 40  # one absurd year moves a mean slope, not this one
    found = heat.trend(years, values)
    assert found["slope"] == pytest.approx(0.5, abs=0.1)
    assert found["low"] <= 0.5 <= found["high"] and found["low"] < found["high"]
    assert np.isnan(heat.trend(years[:7], values[:7])["slope"])


def test_no_change_is_never_written_minus_zero():
    values = 5.0 - 1e-15 * np.arange(12)  # falls by rounding errors alone
    found = heat.trend(np.arange(2000, 2012), values)
    assert [f"{found[k]:+.1f}" for k in ("slope", "low", "high")] == ["+0.0"] * 3


def test_yearly_needs_its_columns():
    with pytest.raises(WrongUse):
        heat.yearly(pd.DataFrame({"station": [], "date": []}))


# -- what was set aside -----------------------------------------------------------------------------------------------


def test_a_missing_value_that_was_required_can_be_written_in_the_record_of_a_run(cache):
    rejects = load("bdtopo-vegetation").attrs["datakit"]["rejects"]
    assert {"column": "nature", "value": "", "rule": "is required"}.items() <= next(
        r for r in rejects if r["column"] == "nature"
    ).items()
    json.dumps(rejects, allow_nan=False)


def test_a_shapefile_in_another_crs_than_its_card_says_is_put_where_it_belongs(tmp_path, cache):
    zone = frame(square(854_000, 6_693_000, 500), lcz_int=[2], lcz=["2"])
    zone.to_crs("EPSG:32631").to_file(tmp_path / "lcz_spot_2022_dijon.shp")
    packed = tmp_path / "lcz-spot-2022-dijon.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("lcz_spot*"):
            archive.write(part, part.name)
    assert datakit.catalog["lcz-cerema"].crs == "EPSG:2154"
    found = parse(packed, datakit.catalog["lcz-cerema"]).frame
    assert found.crs.to_epsg() == 2154
    assert found.total_bounds == pytest.approx(zone.total_bounds, abs=0.01)


def test_seventy_years_of_weather_are_read_piece_by_piece_with_nothing_lost(monkeypatch, tmp_path, cache):
    import functools
    import gzip

    from datakit.data import readers

    card = datakit.catalog["meteo-daily"]
    file = tmp_path / card.filename
    header = "NUM_POSTE;NOM_USUEL;LAT;LON;ALTI;AAAAMMJJ;RR;QRR;TN;QTN;TX;QTX;TM;HXY;QHXY"
    days = pd.date_range("2000-01-01", periods=250).strftime("%Y%m%d")
    rows = [f"21999001;É;47.3;5.0;250;{d};1.0;1;5.0;1;{n / 10};1;10.0;12;9" for n, d in enumerate(days)]
    file.write_bytes(gzip.compress("\n".join([header, *rows]).encode()))
    monkeypatch.setattr(readers, "read_rows", functools.partial(readers.read_rows, piece=40))
    raw = readers.READERS["csv"](file, card)[0]
    assert raw.index.tolist() == list(range(250))
    assert "HXY" not in raw
    found = parse(file, card).frame
    assert found.tmax.tolist() == pytest.approx([n / 10 for n in range(250)])
    rows[200] += ";one;cell;too;many"
    file.write_bytes(gzip.compress("\n".join([header, *rows]).encode()))
    said = parse(file, card)
    assert said.rejects[["row", "rule"]].to_numpy().tolist() == [[201, "has 15 cells"]]
    assert len(said.frame) == 249
    file.write_bytes(gzip.compress("\n".join([header.replace("TX;", "TMAX;"), *rows]).encode()))
    with pytest.raises(NotAsDescribed, match="HXY"):  # the error names every column, the unread ones too
        parse(file, card)


# -- the planted truth ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells(layers):
    """Cells of the city with their plantable share, and the share of each that was planted as open ground."""
    city = layers["communes"].query("commune == '21231'")
    args = [layers[k] for k in ("cadastre-buildings", "bdtopo-roads", "bdtopo-vegetation")]
    found = planting.plantable(grid.grid(city, size=200), planting.Layers(*args))
    found = found[found.area > 20_000].reset_index(drop=True)
    blocks = truth()["blocks"]
    for kind in ("open", "dense"):
        found = cover.cover(found, blocks[blocks.kind == kind], kind)
    return found


def test_the_kind_of_a_block_shows_in_its_plantable_share(layers):
    blocks = truth()["blocks"]
    blocks = blocks[shapely.contains(layers["communes"].query("commune == '21231'").union_all(), blocks.geometry)]
    args = [layers[k] for k in ("cadastre-buildings", "bdtopo-roads", "bdtopo-vegetation")]
    share = planting.plantable(blocks, planting.Layers(*args)).groupby(blocks.kind).plantable_share
    assert share.min()["open"] > 0.75
    assert share.median()["dense"] < 0.15
    assert share.median()["green"] < 0.2
    assert 0.3 < share.median()["mixed"] < 0.7


def test_the_plantable_cells_are_those_that_were_planted(cells):
    mostly_open = cells[cells.open_share > 0.6]
    first = cells.nlargest(len(mostly_open), "plantable_share")
    assert len(mostly_open) > 30
    assert len(set(first.cell) & set(mostly_open.cell)) / len(mostly_open) > 0.75
    assert cells.plantable_share.corr(cells.open_share - cells.dense_share, method="spearman") > 0.8


def test_the_bare_hot_zone_comes_first_and_the_green_one_last(cells, layers):
    around = cover.cover(cells.set_geometry(cells.centroid.buffer(300)), layers["bdtopo-vegetation"], "green")
    zones = layers["lcz-cerema"]
    heat_of = grid.average(zones.lcz_int.map(priority.LCZ_HEAT).astype(float), zones, cells)
    people = grid.spread(load("census-iris-population"), layers["iris"], cells, ["pop_75_plus"])
    table = pd.DataFrame({"bare": 1 - around.green_share, "heat": heat_of, **people})
    out = priority.prioritise(
        table, {"bare": 1, "heat": 1, "pop_75_plus": 1}, priority.feasibility(cells.plantable_share), draws=200
    )
    planted = truth()["zones"].set_index("zone").geometry
    middle = cells.centroid
    bare, green = middle.within(planted["bare"]), middle.within(planted["green"])
    level = bare.astype(int) - green.astype(int)
    assert out.need[bare].mean() > out.need[~bare & ~green].mean() + 0.1
    assert out.need[green].mean() < out.need[~bare & ~green].mean() - 0.1
    assert out.need[level != 0].corr(level[level != 0], method="spearman") > 0.7
    first = out["rank"] <= len(out) / 10
    assert (first & bare).sum() / first.sum() > 2.5 * bare.mean()
    assert (first & green).sum() == 0
    is_open = cells.open_share > 0.6
    assert out["rank"][is_open & bare].median() < out["rank"][is_open & ~bare].median() / 1.25


def test_no_vegetation_in_the_bare_zone(layers):
    bare = truth()["zones"].query("zone == 'bare'")
    in_city = layers["communes"].query("commune == '21231'")
    inside = gpd.overlay(bare, in_city)
    assert (
        cover.cover(
            inside.buffer(-150).to_frame("geometry").set_geometry("geometry"), layers["bdtopo-vegetation"]
        ).cover_share.iloc[0]
        < 0.01
    )


def test_warming_warm_nights_and_the_gap_are_found():
    table = pd.concat([load("meteo-daily"), load("meteo-daily-latest")], ignore_index=True)
    planted = truth()
    year = table.groupby(["station", table.date.dt.year]).tmean.mean()
    found = heat.trend(year["21999001"].index, year["21999001"])
    assert found["low"] < planted["warming"] < found["high"]
    assert found["low"] > 0
    summer = table[table.date.dt.month.isin([6, 7, 8])].pivot_table(index="date", columns="station", values="tmin")
    assert (summer["21999001"] - summer["21999002"]).mean() == pytest.approx(planted["warm_nights"], abs=0.1)
    hot = heat.yearly(table).set_index(["station", "year"])
    assert np.isnan(hot.days[weather.GAP[0], 2015])
    assert hot.days[weather.GAP[0]].drop(2015).notna().all()
    opened = hot.loc["21999003"].index.min()
    assert opened == int(weather.OPENED["21999003"][:4])
