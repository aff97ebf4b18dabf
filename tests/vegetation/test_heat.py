"""Heat waves by hand, tests of trend against another library, zones and residents that add up."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, WrongUse
from datakit.geo import cells as grid
from datakit.vegetation import exposure, heat, heatwaves
from tools.sample import weather

LAMBERT = "EPSG:2154"


def days(*values, first="2026-07-01"):
    return pd.Series(values, index=pd.date_range(first, periods=len(values), freq="D"), dtype=float)


# -- heat waves -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((23.4, 25.3, 23.4), [(1, 3)]),  # the limits themselves count
        ((23.4, 25.2, 23.4), []),  # never hot enough
        ((25.3, 26), []),  # two days
        ((20, 24, 26, 24, 23, 24, 20), [(2, 6)]),  # one day between 22.4 and 23.4 is borne
        ((24, 26, 24, 23, 23, 24, 26, 24), [(1, 3), (6, 8)]),  # two are not
        ((24, 26, 24, 22.3, 24, 26, 24), [(1, 3), (5, 7)]),  # nor one below 22.4
        ((24, 26, np.nan, 26, 24), []),  # nobody knows what the third day was
        ((24, 26, 24, 23), [(1, 3)]),  # the last day of the series
        ((24, 23, 26, 20), []),  # three days, but the one that is borne is none of the three at 23.4
        ((24, 23, 26, 24, 20), [(1, 4)]),
    ],
)
def test_waves_by_the_national_rule(values, found):
    waves = heatwaves.waves(days(*values))
    assert [(a.day, b.day) for a, b in zip(waves["first"], waves["last"], strict=True)] == found


def test_how_long_how_hot_how_severe():
    wave = heatwaves.waves(days(24.4, 26.4, 23.0, 25.4)).iloc[0]
    assert (wave.days, wave.hottest) == (4, 26.4)
    assert wave.severity == pytest.approx(1 + 3 + 0 + 2)


def test_a_series_with_holes_in_its_index_is_refused():
    with pytest.raises(WrongUse, match="row for each day"):
        heatwaves.waves(days(24, 26, 24).drop(pd.Timestamp("2026-07-02")))


def test_days_of_alert_look_forward_three_days():
    values = pd.DataFrame({"tmin": days(18, 20, 19, 19, 10), "tmax": days(34, 35, 33, 34, 34)})
    found = heatwaves.alert_days(values)
    # 1st: nights (18+20+19)/3 = 19, days (34+35+33)/3 = 34; 2nd: 19.33 and 34; 3rd: 16; the rest is not known
    assert found.tolist()[:3] == [True, True, False]
    assert found.isna().tolist() == [False, False, False, True, True]


def summer(year, *warm, lost=()):
    """A year of 20 °C but for some warm days, and some without value."""
    mean = pd.Series(20.0, pd.date_range(f"{year}-01-01", f"{year}-12-31"))
    mean[pd.to_datetime([f"{year}-{d}" for d in warm])] = 26.0
    mean[pd.to_datetime([f"{year}-{d}" for d in lost])] = np.nan
    return mean


def test_no_count_of_waves_in_a_summer_with_a_hole():
    week = [f"08-{d:02d}" for d in range(1, 8)]
    mean = pd.concat(
        [
            summer(2020, "07-01", "07-02", "07-03", "09-05", "09-06", "09-07"),
            summer(2021, *week, lost=[f"06-{d:02d}" for d in range(1, 6)]),  # five of 92 days lost
            summer(2022, *week, lost=["08-04"]),
            summer(2023),
        ]
    )
    found = heatwaves.yearly(mean.to_frame("tmean")).set_index("year")
    assert found.expected.eq(92).all()
    assert found.observed.tolist() == [92, 87, 91, 92]
    assert found.waves.isna().tolist() == [False, True, False, False]
    assert found.waves.dropna().tolist() == [2, 2, 0]  # the lost day of 2022 cuts one wave into two
    assert found.cut.dropna().tolist() == [0, 2, 0]
    assert found.wave_days.dropna().tolist() == [6, 6, 0]
    assert found.severity.dropna().tolist() == pytest.approx([6 * 2.6, 6 * 2.6, 0])
    assert "alert_days" not in found
    assert heatwaves.yearly(mean.to_frame("tmean"), complete=0.9).waves.tolist() == [2, 1, 2, 0]


def test_waves_of_the_year_need_a_mean_for_every_day():
    with pytest.raises(WrongUse, match="tmean"):
        heatwaves.yearly(summer(2020).to_frame("tmax"))
    with pytest.raises(WrongUse, match="row for each day"):
        heatwaves.yearly(summer(2020).drop(pd.Timestamp("2020-03-01")).to_frame("tmean"))


def test_a_series_has_every_day_and_no_doubtful_value():
    daily = pd.DataFrame(
        {
            "station": "A",
            "date": pd.to_datetime(["2026-07-01", "2026-07-03", "2026-07-03", "2026-07-04"]),
            "tmin": [15.0, 17.0, 99.0, 18.0],
            "tmax": [31.0, 33.0, 99.0, 55.0],
            "quality_tmax": pd.array([1, 1, 1, 2], dtype="Int64"),
        }
    )
    found = heatwaves.series(daily, "A")
    assert len(found) == 4
    assert found.tmean.tolist()[0] == 23.0
    assert found.tmean.isna().tolist() == [False, True, False, True]
    with pytest.raises(WrongUse, match="'B'"):
        heatwaves.series(daily, "B")


# -- trend ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_mann_kendall_against_another_library(seed):
    import pymannkendall

    rng = np.random.default_rng(seed)
    years = np.arange(1985, 2026)
    values = rng.normal(0, 2, len(years)) + 0.04 * seed * (years - 1985)
    found, other = heat.mann_kendall(years, values), pymannkendall.original_test(values)
    assert found["tau"] == pytest.approx(other.Tau, abs=1e-9)
    assert found["p"] == pytest.approx(other.p, abs=0.02)  # exact here, by a normal approximation there


def test_memory_is_told():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=200)
    kept = [0.0]
    for e in noise:
        kept.append(0.8 * kept[-1] + e)
    years = np.arange(1800, 1800 + len(kept))
    assert heat.mann_kendall(years, kept)["memory"] > 0.5
    assert abs(heat.mann_kendall(years[1:], noise)["memory"]) < 0.2


@pytest.mark.parametrize("seed", range(6))
def test_memory_raises_p_as_another_library_does(seed):
    import pymannkendall

    rng = np.random.default_rng(seed)
    values = [0.0]
    for e in rng.normal(size=79):
        values.append(0.7 * values[-1] + e)
    values = np.array(values) + 0.01 * np.arange(80)
    found = heat.mann_kendall(np.arange(1945, 2025), values)
    other = pymannkendall.hamed_rao_modification_test(values, lag=1)
    assert found["p_memory"] == pytest.approx(other.p, abs=1e-9)
    assert found["p_memory"] > found["p"]
    counts = np.round(2 * values)  # days have ties; the trend taken away, last digits decide there which year is higher
    tied = heat.mann_kendall(np.arange(1945, 2025), counts)
    assert tied["p_memory"] == pytest.approx(pymannkendall.hamed_rao_modification_test(counts, lag=1).p, abs=2e-3)


def test_without_memory_p_stays():
    found = heat.mann_kendall(np.arange(1985, 2026), np.random.default_rng(0).normal(size=41))
    assert found["p_memory"] == found["p"]
    # a year far above, a year far below: such years are no memory that would make p smaller
    swing = heat.mann_kendall(np.arange(1985, 2026), np.tile([0, 9], 21)[:41] + 0.1 * np.arange(41))
    assert swing["memory"] < -0.5
    assert swing["p_memory"] == swing["p"]


def test_a_missing_year_is_no_neighbour():
    years = np.r_[1990:2000, 2010:2020]
    values = np.r_[np.zeros(10), np.ones(10)] + np.random.default_rng(2).normal(0, 0.01, 20)
    assert heat.mann_kendall(years, values)["p_memory"] == heat.mann_kendall(years[::-1], values[::-1])["p_memory"]


def test_too_few_years_say_nothing():
    assert np.isnan(heat.mann_kendall([2000, 2001, 2002], [1, 2, 3])["p"])
    assert np.isnan(heat.mann_kendall(range(20), [5] * 20)["p"])


def test_gaps_are_periods():
    daily = pd.DataFrame(
        {"station": "A", "date": pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-06"]), "tmax": 1.0}
    )
    found = heat.gaps(daily)
    assert found[["first", "last", "days"]].to_numpy().tolist() == [
        [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-04"), 3]
    ]
    assert heat.gaps(daily, least=4).empty
    with pytest.raises(WrongUse):
        heat.gaps(daily, "tmin")


@pytest.fixture(scope="module")
def sample():
    parts = [datakit.load(id, "sample") for id in ("meteo-daily", "meteo-daily-latest")]
    return pd.concat(parts, ignore_index=True).drop_duplicates(["station", "date"])


def test_the_planted_gap_is_the_longest(sample):
    station, first, last = weather.GAP
    found = heat.gaps(sample).iloc[0]
    assert (found["station"], found["first"].date(), found["last"].date()) == (
        station,
        dt.date.fromisoformat(str(first)[:10]),
        dt.date.fromisoformat(str(last)[:10]),
    )


def test_waves_of_the_planted_gap_are_not_counted(sample):
    values = heatwaves.series(sample, weather.GAP[0])
    found = heatwaves.yearly(values).set_index("year")
    assert np.isnan(found.waves[2015])
    assert found.observed[2015] < 60
    assert found.waves.notna().sum() >= 14
    # of the years that are counted, nothing is lost: what is counted is what the whole series holds
    whole = heatwaves.waves(values["tmean"])
    counted = found.index[found.waves.notna()]
    assert found.waves.sum() == whole["first"].dt.year.isin(counted).sum()
    alert = heatwaves.alert_days(values)
    assert found.alert_days.sum() == alert[alert.index.year.isin(counted)].sum()


def test_the_planted_warming_rises_in_the_test(sample):
    nights = heat.yearly(sample, "tmin", 20.0)
    means = nights.dropna(subset="mean").groupby("station").filter(lambda s: len(s) >= 12)
    tested = [heat.mann_kendall(s.year, s["mean"]) for _, s in means.groupby("station")]
    assert tested
    assert all(t["tau"] > 0 for t in tested)


def test_nights_of_the_centre_are_as_much_warmer_as_planted(sample):
    means = heat.yearly(sample, "tmin", 20.0).pivot_table(index="year", columns="station_name", values="mean").dropna()
    found = means["EXEMPLE-CENTRE"] - means["EXEMPLE-PLAINE"]
    assert found.mean() == pytest.approx(weather.WARM_NIGHTS, abs=0.3)
    nights = heat.yearly(sample, "tmin", 20.0).groupby("station_name")["days"].mean()
    assert nights["EXEMPLE-CENTRE"] > nights["EXEMPLE-PLAINE"]


# -- zones and residents ----------------------------------------------------------------------------------------------


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=LAMBERT)


def test_zones_by_ground():
    cells = frame(shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.Polygon())
    lcz = frame(shapely.box(0, 0, 60, 100), shapely.box(60, 0, 130, 100), lcz_int=[2, 11])
    found = exposure.zones(cells, lcz)
    assert found[[2, 11]].iloc[0].tolist() == pytest.approx([0.6, 0.4])
    assert found.dominant.tolist()[:2] == [2, 11]
    assert found.heat[0] == pytest.approx(0.6)  # 0.6 x 1 + 0.4 x 0
    assert np.isnan(found.heat[1])  # three tenths of it is mapped: too little
    assert found.share[1] == pytest.approx(0.3)
    assert pd.isna(found.dominant[2])


def test_zones_without_code_or_map():
    cells = frame(shapely.box(0, 0, 100, 100))
    assert pd.isna(exposure.zones(cells, frame(shapely.box(0, 0, 9, 9), lcz_int=[0])).dominant[0])
    assert pd.isna(exposure.zones(cells, frame(shapely.box(900, 0, 909, 9), lcz_int=[2])).dominant[0])
    with pytest.raises(WrongUse, match="lcz_int"):
        exposure.zones(cells, frame(shapely.box(0, 0, 9, 9), code=[2]))
    with pytest.raises(CrsMismatch):
        exposure.zones(cells, frame(shapely.box(0, 0, 9, 9), lcz_int=[2]).set_crs("EPSG:3857", allow_override=True))


def test_residents_by_heat_add_up():
    kept = pd.Series([0.9, 0.8, 0.6, 0.1, np.nan])
    people = pd.DataFrame({"population": [100.0, 50, 30, 20, 7], "pop_75_plus": [30.0, 0, 5, 5, np.nan]})
    found = exposure.residents(kept, people)
    assert found.population.tolist() == [150, 30, 20, 7]
    assert found.population.sum() == people.population.sum()
    assert found["pop_75_plus_pct"].tolist() == pytest.approx([75, 12.5, 12.5, 0])
    unknown = exposure.residents(kept, people.assign(under_6=np.nan))
    assert unknown.under_6.isna().all()
    with pytest.raises(WrongUse):
        exposure.residents(kept, people, limits=(0.3, 0.5))
    with pytest.raises(WrongUse):
        exposure.residents(kept.head(3), people)


def test_residents_of_the_sample_add_up():
    communes, lcz = datakit.load("communes", "sample"), datakit.load("lcz-cerema", "sample")
    people, iris = datakit.load("census-iris-population", "sample"), datakit.load("iris", "sample")
    cells = grid.grid(communes[communes.commune == "21231"], 500)
    living = grid.spread(people, iris, cells, ["population", "pop_75_plus"])
    zone = exposure.zones(cells, lcz)
    table = exposure.residents(zone["heat"], living)
    assert table[["population", "pop_75_plus"]].sum().tolist() == pytest.approx(living.sum().tolist(), rel=1e-9)
    # brute force: the ground of one zone in each cell, cut by hand
    k = zone["dominant"].value_counts().index[0]
    shape = lcz[lcz.lcz_int == k].union_all()
    part = cells.geometry.intersection(shape).area / cells.area
    assert zone[k].tolist() == pytest.approx(part.tolist(), rel=1e-6, abs=1e-9)


def series_with_memory(memory, rng, n=40):
    values = np.zeros(n)
    for k in range(1, n):
        values[k] = memory * values[k - 1] + rng.normal()
    return values


def test_the_interval_of_a_trend_is_wider_where_a_year_resembles_the_one_before():
    from scipy.stats import theilslopes

    years, rng = np.arange(1980, 2020), np.random.default_rng(4)
    misses = {"plain": 0, "ours": 0}
    for _ in range(300):  # no trend: an interval without 0 is a miss
        values = series_with_memory(0.5, rng)
        _, _, low, high = theilslopes(values, years)
        misses["plain"] += not low <= 0 <= high
        found = heat.trend(years, values)
        misses["ours"] += not found["low"] <= 0 <= found["high"]
        assert found["low"] <= 10 * low + 1e-6 and found["high"] >= 10 * high - 1e-6, "never narrower"
    assert misses["plain"] > 50, "a plain interval claims too much"
    assert misses["ours"] < 0.65 * misses["plain"]


def test_the_interval_of_a_trend_without_memory_is_sen_s():
    from scipy.stats import theilslopes

    years, values = np.arange(1990, 2020), np.random.default_rng(1).normal(size=30)
    _, _, low, high = theilslopes(values, years)
    found = heat.trend(years, values)
    assert (found["low"], found["high"]) == pytest.approx((10 * low, 10 * high))
