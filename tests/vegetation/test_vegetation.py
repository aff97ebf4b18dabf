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
    # No residents among the needs: many old people live where hardship is planted, which is not here.
    table = pd.DataFrame({"bare": 1 - around.green_share, "heat": heat_of})
    out = priority.prioritise(table, {"bare": 1, "heat": 1}, priority.feasibility(cells.plantable_share), draws=200)
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
