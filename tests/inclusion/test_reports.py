"""Citizens' reports: both forms read, nothing personal kept, and a bias that was planted is found."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CannotAnswer, NotAsDescribed, WrongUse
from datakit.inclusion import people, reports
from datakit.inclusion.privacy import HIDDEN

REQUEST = {
    "service_request_id": "638344",
    "status": "open",
    "service_code": "eclairage",
    "service_name": "Éclairage public en panne",
    "requested_datetime": "2026-04-14T06:37:38+02:00",
    "updated_datetime": "2026-04-14T08:00:00+02:00",
    "lat": 47.3216987,
    "long": 5.0414701,
    "address": "3 rue d'exemple",
    "description": "devant chez moi",
    "first_name": "Prénom",
    "email": "quelquun@example.org",
    "device_id": "abc",
    "media_url": "https://example.org/photo.jpg",
}


def write(path, *changes):
    path.write_text(json.dumps([REQUEST | change for change in changes], ensure_ascii=False), encoding="utf-8")
    return path


def test_json_and_xml_say_the_same(tmp_path):
    fields = "".join(f"<{k}>{v}</{k}>" for k, v in REQUEST.items())
    xml = tmp_path / "r.xml"
    xml.write_text(
        f"<?xml version='1.0' encoding='utf-8'?><service_requests><request>{fields}</request></service_requests>",
        encoding="utf-8",
    )
    one, other = reports.read(write(tmp_path / "r.json", {})).points, reports.read(xml).points
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other), check_dtype=False)
    assert one.service_name[0] == "Éclairage public en panne"
    assert one.requested_datetime[0] == pd.Timestamp("2026-04-14T04:37:38Z")
    assert one.crs.to_epsg() == 2154


def test_nothing_personal_is_read(tmp_path):
    said = reports.read(write(tmp_path / "r.json", {}))
    found = said.points
    for name in ("first_name", "email", "device_id", "description", "address", "media_url"):
        assert name not in found
        assert name in said.left_out
    text = found.to_csv() + found.astype(dict.fromkeys(found.columns[:-1], "str")).to_json()
    for value in ("quelquun", "Prénom", "rue d'exemple", "devant chez moi", "photo.jpg", "abc"):
        assert value not in text
    x, y = found.to_crs("EPSG:4326").geometry[0].coords[0]
    assert (round(x, 6), round(y, 6)) == (5.041, 47.322), "rounded to about a hundred metres: no door"
    assert "service_request_id" not in found, "it leads back to the public text"


def test_what_cannot_be_placed_or_comes_twice_is_counted(tmp_path):
    said = reports.read(
        write(
            tmp_path / "r.json",
            {"service_request_id": "1", "status": "open"},
            {"service_request_id": "1", "status": "closed", "updated_datetime": "2026-05-01T00:00:00Z"},
            {"service_request_id": "2", "lat": None},
            {"service_request_id": "3", "lat": 0, "long": 0},
        )
    )
    assert said.points.status.tolist() == ["closed"]
    assert (said.read, said.without_position, said.twice) == (4, 2, 1)


@pytest.mark.parametrize("text", ["<html>erreur</html>", "pas du tout", '{"error": "quota"}', "[1, 2]"])
def test_another_file_is_refused_by_name(tmp_path, text):
    path = tmp_path / "signalements.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotAsDescribed, match=r"signalements\.json"):
        reports.read(path)


def test_a_report_without_identifier_is_refused(tmp_path):
    with pytest.raises(NotAsDescribed, match="identifier"):
        reports.read(write(tmp_path / "r.json", {"service_request_id": ""}))


def test_an_empty_answer_is_no_error(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("[]", encoding="utf-8")
    assert len(reports.read(path).points) == 0


@pytest.fixture
def square_town():
    x, y = (a.ravel() * 100.0 for a in np.meshgrid(np.arange(3), np.arange(1)))
    areas = gpd.GeoDataFrame({"iris": ["a", "b", "c"]}, geometry=shapely.box(x, y, x + 100, y + 100), crs="EPSG:2154")
    people = pd.DataFrame({"iris": ["a", "b", "c"], "population": [1000, 500, 12], "households": [400, 250, 5]})
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([10, 20, 150, 250, 260, 999], [50, 50, 50, 50, 50, 50]), crs="EPSG:2154"
    )
    return areas, people, points


def test_reports_per_resident_and_the_few_are_hidden(square_town):
    areas, people, points = square_town
    counted = reports.by_area(points, areas, people)
    found = counted.table.set_index("iris")
    assert found.per_1000["a"] == 2.0
    # five households in c; b, so that the total less a is not the reports of c
    assert found.loc[["b", "c"], ["per_1000", "reports"]].isna().all(axis=None)
    assert found.hidden.tolist() == ["", HIDDEN, HIDDEN]
    assert counted.outside == 1


def areas_with(effect, seed, number=107):
    rng = np.random.default_rng(seed)
    poverty, older = rng.uniform(5, 45, number), rng.uniform(4, 25, number)
    defects = rng.integers(20, 90, number)
    scatter = rng.gamma(20, 1 / 20, number)  # more than Poisson
    z = (poverty - poverty.mean()) / poverty.std(ddof=1)
    found = rng.poisson(0.5 * defects * np.exp(effect * z) * scatter)
    return pd.DataFrame({"reports": found, "defects": defects, "poverty": poverty, "older": older})


def test_a_planted_bias_is_found_with_its_size():
    found = reports.silence(areas_with(-0.3, 1), "defects", "poverty", "older").set_index("group")
    assert found.ratio["poverty"] == pytest.approx(np.exp(-0.3), abs=0.06)
    assert found.low["poverty"] < np.exp(-0.3) < found.high["poverty"] < 1
    assert found.low["older"] < 1 < found.high["older"]


def test_without_bias_none_is_found():
    seen = [reports.silence(areas_with(0, seed), "defects", "poverty", bootstraps=200).p[0] for seed in range(20)]
    assert np.mean(np.array(seen) < 0.05) <= 0.2


def test_the_regression_is_the_one_of_another_library():
    from sklearn.linear_model import PoissonRegressor

    table = areas_with(-0.2, 3)
    x = table[["poverty", "older"]]
    x = ((x - x.mean()) / x.std()).to_numpy()
    other = PoissonRegressor(alpha=0, max_iter=1000, tol=1e-9)
    other.fit(x, table.reports / table.defects, sample_weight=table.defects)
    found = reports.silence(table, "defects", "poverty", "older", bootstraps=10)
    assert np.log(found.ratio.to_numpy()) == pytest.approx(other.coef_, abs=1e-4)


def test_more_defects_alone_are_no_bias():
    rng = np.random.default_rng(5)
    poverty = rng.uniform(5, 45, 107)
    defects = np.round(10 + 2 * poverty)  # poor areas have more defects, and report them as others do
    table = pd.DataFrame({"reports": rng.poisson(0.5 * defects), "defects": defects, "poverty": poverty})
    found = reports.silence(table, "defects", "poverty").iloc[0]
    assert found.low < 1 < found.high


def test_what_cannot_be_answered_is_refused():
    table = areas_with(0, 1)
    with pytest.raises(WrongUse, match="income"):
        reports.silence(table, "defects", "income")
    with pytest.raises(CannotAnswer, match="too few"):
        reports.silence(table.head(12), "defects", "poverty", "older")
    with pytest.raises(CannotAnswer):
        reports.silence(table.assign(poverty=10.0), "defects", "poverty")


def test_the_planted_silence_of_the_sample_is_found():
    census = [f"census-iris-{k}" for k in ("population", "households", "housing")]
    loaded = {id: datakit.load(id, "sample") for id in [*census, "iris", "filosofi-iris", "defects-survey"]}
    who = people.by_iris(*(loaded[id] for id in census), loaded["filosofi-iris"])
    sent = reports.read(datakit.fetch("citizen-reports", "sample"))
    told = reports.by_area(sent.points, loaded["iris"], who).table
    there = reports.by_area(loaded["defects-survey"], loaded["iris"], who).table
    table = told.assign(defects=there.reports).merge(who[["iris", "poverty_rate", "pop_75_plus_pct"]], on="iris")
    found = reports.silence(table, "defects", "poverty_rate", "pop_75_plus_pct").set_index("group")
    for group, logarithm in (
        ("poverty_rate", 0.3),
        ("pop_75_plus_pct", 0.2),
    ):  # as tools/sample/inclusion.py planted it
        assert found.low[group] < np.exp(-logarithm) < found.high[group] < 1
    # Reports by resident hardly fall with poverty: more defects there make up for fewer reports of each.
    known = table.dropna(subset=["per_1000", "poverty_rate"])
    assert abs(known.per_1000.corr(known.poverty_rate, method="spearman")) < 0.3


def test_the_word_follows_the_interval():
    rows = pd.DataFrame({"ratio": [0.8, 1.2, 0.9], "low": [0.7, 1.1, 0.8], "high": [0.9, 1.4, 1.1]})
    rows = rows.assign(group=list("abc"), per=5.0, areas=80)
    said = reports.spoken(rows, {"a": "poor", "b": "older", "c": "alone"})
    words = [said[f"{name}_word"].value for name in ("poor", "older", "alone")]
    assert words == ["fewer", "more", "about as many (no difference is shown)"]
    assert (said["poor"].low, said["poor"].high) == (0.7, 0.9)
