"""Inclusion: distances worked out by hand, the planted truth found, and tables made to break the small-number rule."""

import hashlib
import json
import re
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import datakit
from datakit.data.cache import DataWarning
from datakit.errors import CrsMismatch, NotAsDescribed, WrongUse
from datakit.geo.territory import todays_communes
from datakit.inclusion import access, mixing, people, services
from tests.real import FILES
from tools.sample import inclusion as invented
from tools.sample import territory

LAMBERT = "EPSG:2154"


def square(x, y, side=1000):
    return shapely.box(x, y, x + side, y + side)


def places(*rows):
    """Rows of (x, y, postal code, town, INSEE code)."""
    frame = pd.DataFrame(rows, columns=["x", "y", "postal_code", "town", "commune"])
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame.pop("x"), frame.pop("y")), crs=LAMBERT)


@pytest.fixture
def towns():
    return gpd.GeoDataFrame(
        {"commune": ["21001", "21002"], "name": ["Saint-Élan", "Bourg-les-Œillets"]},
        geometry=[square(0, 0, 5000), square(5000, 0, 5000)],
        crs=LAMBERT,
    )


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A mirror of the invented files of this theme."""
    folder = tmp_path_factory.mktemp("inclusion")
    territory.make(folder, np.random.default_rng([2026, 10]))
    invented.make(folder, np.random.default_rng([2026, 13]))
    entries = {
        f.parent.name: {
            "filename": f.name,
            "sha256": hashlib.sha256(f.read_bytes()).hexdigest(),
            "bytes": f.stat().st_size,
        }
        for f in folder.glob("*/*")
    }
    lock = {"version": 1, "synthetic": True, "datasets": entries}
    (folder / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def loaded(sample):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        ids = ["communes", "iris", "bpe", "mednum-bfc", "france-services", "filosofi-iris", "divia-gtfs"]
        ids += [f"census-iris-{k}" for k in ("population", "households", "housing")]
        return {id: datakit.load(id, sample) for id in ids}


@pytest.fixture(scope="module")
def inhabitants(loaded):
    return people.by_iris(
        *(loaded[f"census-iris-{k}"] for k in ("population", "households", "housing")), loaded["filosofi-iris"]
    )


# -- services ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "flagged"),
    [
        ((2500, 2500, "21000", "SAINT ELAN", None), False),
        ((2500, 2500, "21000", "St-Élan Cedex 9", None), False),
        ((2500, 2500, "71000", "MACON", None), True),
        ((2500, 2500, None, "BOURG LES OEILLETS", None), True),
        ((4800, 2500, None, "BOURG LES OEILLETS", None), False),  # 200 m from its commune: contours are simplified
        ((2500, 2500, "71000", "MACON", "21001"), False),  # the INSEE code is the better witness
        ((2500, 2500, "21000", "SAINT ELAN", "21002"), True),
        ((2500, 2500, "21000", "Ailleurs", None), True),
        ((2500, 2500, None, None, None), False),  # nothing said, nothing contradicted
        ((20_000, 2500, "21000", "SAINT ELAN", None), True),  # says our town, stands far outside
        ((20_000, 2500, "71000", "SAINT ELAN", None), False),  # a namesake elsewhere
        ((20_000, 2500, "71000", "MACON", "71270"), False),
    ],
)
def test_an_address_that_contradicts_its_place_is_flagged(towns, place, flagged):
    found = services.locate(places(place), towns)
    assert found.flagged.tolist() == [flagged], found.why.tolist()
    assert (found.why != "").tolist() == [flagged]
    assert found.inside.tolist() == [place[0] < 10_000]


def test_a_place_on_a_border_is_in_one_commune_only(towns):
    found = services.locate(places((5000, 2500, None, None, None)), towns)
    assert len(found) == 1
    assert found.found.tolist() == ["21001"]


def test_overlapping_contours_and_degrees_are_refused(towns):
    double = gpd.GeoDataFrame(pd.concat([towns, towns.assign(commune=["1", "2"])]), crs=LAMBERT)
    with pytest.raises(NotAsDescribed, match="overlap"):
        services.locate(places((2500, 2500, None, None, None)), double)
    with pytest.raises(CrsMismatch):
        services.locate(places((2500, 2500, None, None, None)), towns.to_crs(4326))


def test_a_merged_commune_joins_its_successor():
    old = gpd.GeoDataFrame(
        {
            "commune": ["21213", "21452", "21231"],
            "name": ["Crimolois", "Neuilly", "Dijon"],
            "population": [700, 2000, 9],
        },
        geometry=[square(0, 0), square(1000, 0), square(9000, 0)],
        crs=LAMBERT,
    )
    old.attrs["datakit"] = {"id": "communes"}
    new = todays_communes(old)
    assert new.commune.tolist() == ["21231", "21452"]
    assert new.set_index("commune").loc["21452", ["name", "population"]].tolist() == ["Neuilly", 2700]
    assert new.area.tolist() == [1e6, 2e6]
    assert new.attrs["merged"] == ["21213"]
    assert new.attrs["datakit"] == {"id": "communes"}
    assert len(todays_communes(new)) == 2


def test_one_table_of_services_counts_those_without_a_position():
    bpe = gpd.GeoDataFrame(
        {"facility_type": ["A206", "D201", "B204", "F307"], "name": list("abcd"), "commune": "21001"},
        geometry=[shapely.Point(1, 1), shapely.Point(2, 2), shapely.Point(3, 3), None],
        crs=LAMBERT,
    )
    said = services.table(bpe=bpe)
    found = said.places
    assert found.category.tolist() == ["post", "doctor"]  # the shop is no public service, the library is nowhere
    assert said.without_position == 1
    assert found.id.is_unique


@pytest.fixture
def facilities():
    """Two doctors at one door, a pharmacy with a SIRET, a post office."""
    return gpd.GeoDataFrame(
        {
            "facility_type": ["D265", "D265", "D307", "A206"],
            "name": ["Dr Beta", "Dr Alpha", "Pharmacie", "La Poste"],
            "siret": [None, None, "00000000000018", None],
        },
        geometry=gpd.points_from_xy([100.4, 100.4, 200, 300], [50, 50, 60, 70]),
        crs=LAMBERT,
    )


def test_a_facility_keeps_its_identifier_when_rows_are_filtered_or_come_in_another_order(facilities):
    ids = services.table(bpe=facilities).places.set_index("name")["id"]
    assert ids.to_dict() == {
        "Dr Alpha": "bpe-D265-100-50",
        "Dr Beta": "bpe-D265-100-50-2",
        "Pharmacie": "bpe-D307-00000000000018",
        "La Poste": "bpe-A206-300-70",
    }
    for other in (facilities.iloc[::-1], facilities.iloc[[3, 1]], facilities.iloc[1:]):
        again = services.table(bpe=other).places.set_index("name")["id"]
        kept = again.drop("La Poste")
        assert again["La Poste"] == ids["La Poste"]
        assert kept.to_dict() == ids[kept.index].to_dict()


def test_a_facility_keeps_its_identifier_under_the_code_of_another_year(facilities):
    older = facilities.assign(facility_type=["D201", "D201", "D301", "A206"])
    assert services.table(bpe=older).places.id.tolist() == services.table(bpe=facilities).places.id.tolist()


def test_the_sample_s_facilities_keep_their_identifiers_in_another_order():
    bpe = datakit.load("bpe", "sample")
    bpe = bpe[bpe.geometry.notna()]
    given = services.table(bpe=bpe).places
    mixed = services.table(bpe=bpe.sample(frac=1, random_state=1)).places
    assert given.id.is_unique
    assert set(zip(given.id, given.name, strict=True)) == set(zip(mixed.id, mixed.name, strict=True))


def test_a_misspelt_kind_of_service_is_refused_not_left_out():
    assert services.known(["post", "digital", "post"]) == ["post", "digital"]
    with pytest.raises(WrongUse, match="not a kind") as error:
        services.known(["post", "libary"])
    assert "found:    libary" in str(error.value) and "library" in str(error.value)
    with pytest.raises(WrongUse, match="no kind"):
        services.known([])


# -- people -----------------------------------------------------------------------------------------------------------


def census(**changes):
    iris = ["210010101", "210010102", "210020000"]
    ages = {name: [10.0, 20.0, 30.0] for name in people._AGES}
    population = pd.DataFrame({"iris": iris, **ages})
    households = pd.DataFrame(
        {
            "iris": iris,
            "living_alone_men": [6.0, 0, 9],
            "living_alone_women": [9.0, 3, 0],
            "people_single_parent": [0.0, 12, 18],
        }
    )
    housing = pd.DataFrame(
        {
            "iris": iris,
            "main_homes_house": [5.0, 5, 60],
            "main_homes_flat": [15.0, 45, 0],
            "social_housing": [10.0, 0, 6],
        }
    )
    return population, households, housing


def test_people_are_added_up_as_by_hand():
    frame = people.by_iris(*census())
    assert frame.population.tolist() == [60, 120, 180]
    assert frame.pop_75_plus_pct.round(6).tolist() == [round(100 / 6, 6)] * 3
    assert frame.living_alone_pct.tolist() == [25, 2.5, 5]
    assert frame.households.tolist() == [20, 50, 60]
    assert frame.social_housing_pct.tolist() == [50, 0, 10]
    towns = people.by_commune(frame)
    assert towns.commune.tolist() == ["21001", "21002"]
    assert towns.n_iris.tolist() == [2, 1]
    assert towns.living_alone_pct.tolist() == [10, 5]  # (15 + 3) / 180, not the mean of 25 and 2.5
    assert "median_income" not in towns


def test_cars_diplomas_and_unemployment_are_shares_of_those_they_are_about():
    population, households, housing = census()
    iris = housing.iris
    frame = people.by_iris(
        population,
        households,
        housing.assign(main_homes=[40.0, 10.0, 100.0], homes_with_car=[30.0, 10.0, np.nan]),
        education=pd.DataFrame(
            {"iris": iris, "no_diploma_15_plus": [10.0, 0, 5], "out_of_school_15_plus": [40.0, 0, 50]}
        ),
        activity=pd.DataFrame({"iris": iris, "unemployed_15_64": [3.0, 1, 2], "active_15_64": [30.0, 10, 20]}),
    ).set_index("iris")
    assert frame.without_car_pct[iris[0]] == 25
    assert np.isnan(frame.without_car_pct[iris[2]])
    assert frame.no_diploma_pct[iris[0]] == 25
    assert np.isnan(frame.no_diploma_pct[iris[1]])  # nobody is out of school: no share
    assert (frame.unemployed_pct == 10).all()


def test_insee_s_advice_on_small_counts():
    counts = pd.Series([600.0, 500, 499, 200, 199, np.nan])
    said = people.care(counts)
    assert said.tolist()[:5] == ["", "approximate", "approximate", "approximate", "with caution"]
    assert said.isna()[5]
    # Who lives alone is counted by the complementary tabulation: not in an IRIS of 1 999 inhabitants.
    assert people.care(counts[[0, 1]], pd.Series([2000.0, 1999])).tolist() == ["", "better not used"]


def test_a_published_total_wins_over_the_sum_of_ages():
    population, households, housing = census()
    frame = people.by_iris(
        population.assign(population=[61.0, np.nan, 181]), households, housing.assign(main_homes=[22.0, np.nan, 61])
    )
    assert frame.population.tolist() == [61, 120, 181]
    assert frame.households.tolist() == [22, 50, 61]


def test_secret_incomes_stay_missing_and_say_so():
    incomes = pd.DataFrame(
        {
            "iris": ["210010101", "210010102", "219990000"],
            "median_income": [20_000, np.nan, 1.0],
            "poverty_rate": [18.0, np.nan, 1.0],
        }
    )
    frame = people.by_iris(*census(), incomes)
    assert frame.income.tolist() == ["published", "secret", "no figure for this IRIS"]
    assert frame.median_income.isna().tolist() == [False, True, True]
    assert people.unmatched(*census(), incomes) == people.Unmatched(census=0, incomes=1)


def test_an_iris_that_one_table_lacks_is_counted():
    population, households, housing = census()
    tables = (population, households.iloc[1:], housing)
    assert people.by_iris(*tables).iris.tolist() == housing.iris.tolist()[1:]
    assert people.unmatched(*tables) == people.Unmatched(census=1, incomes=0)


def test_tables_of_two_geographies_are_refused():
    population, households, housing = census()
    with pytest.raises(NotAsDescribed, match="same IRIS"):
        people.by_iris(population.assign(iris=["1", "2", "210020000"]), households, housing)


def test_the_range_of_a_share_shrinks_with_the_number_of_people():
    low, high = people.low_high([20, 20, 20], [500, 50_000, 0])
    assert low[0] < low[1] < 20 < high[1] < high[0]
    # 1.96 * sqrt(0.2 * 0.8 / 100 * 0.6) = 0.0607
    assert np.allclose([low[0], high[0]], [20 - 6.073, 20 + 6.073], atol=0.001)
    assert people.low_high([1], [10])[0][0] >= 0


def test_the_top_quarter_is_of_inhabitants_not_of_areas():
    chosen = people.top_quarter(pd.Series([9.0, 8, 7, np.nan, 1]), pd.Series([10.0, 10, 40, 999, 40]))
    assert chosen.tolist() == [True, True, True, False, False]
    # The city has three quarters of the inhabitants; the last village is in the first quarter, and under the mean.
    assert people.top_quarter(pd.Series([9.0, 2, 8]), pd.Series([5.0, 15, 80])).tolist() == [True, False, True]


# -- access -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def plain_country():
    """Two squares of 1 km: services on the left edge of the first only."""
    areas = gpd.GeoDataFrame({"iris": ["a", "b"]}, geometry=[square(0, 0), square(1000, 0)], crs=LAMBERT)
    there = gpd.GeoDataFrame(
        {"category": ["post"] * 11},
        geometry=[shapely.Point(0, y) for y in range(0, 1001, 100)],
        crs=LAMBERT,
    )
    return areas, there


def test_distances_are_those_of_the_drawing(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post"], area="iris", threshold=650, detour=1.3, spacing=100).set_index(
        "iris"
    )
    # Columns of points stand at 50, 150 ... 950 m; each row of points is 50 m from a service in y.
    ways = np.hypot(np.arange(50, 1000, 100), 50) * 1.3
    assert found.distance["a"] == pytest.approx(ways.mean())
    assert found.far_pct["a"] == pytest.approx(100 * (ways > 650).mean()) == pytest.approx(50)
    assert found.far_pct["b"] == 100
    # 650 / 1.1 = 591 m, 650 / 1.5 = 433 m
    assert found[["far_low_pct", "far_high_pct"]].loc["a"].tolist() == pytest.approx([40, 60])


def test_people_weigh_and_the_unknown_are_left_out(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post"], area="iris", threshold=650, spacing=100)
    total = access.weighted(found, pd.Series({"a": 300.0, "b": 100.0}), area="iris").iloc[0]
    assert total.far_pct == pytest.approx(62.5)  # (300 * 50 % + 100 * 100 %) / 400
    assert total.people == pytest.approx(250)
    assert total.far_low_pct <= total.far_pct <= total.far_high_pct
    alone = access.weighted(found, pd.Series({"a": 300.0, "b": np.nan}), area="iris").iloc[0]
    assert (alone.far_pct, alone.of) == (pytest.approx(50), 300)


def test_a_category_without_any_service_is_missing_not_far(plain_country):
    areas, there = plain_country
    found = access.by_area(areas, there, ["post", "library"], area="iris", threshold=650)
    assert found[found.category == "library"][["distance", "far_pct"]].isna().all(axis=None)
    assert access.lacking(found, area="iris").lacks.tolist() == [1, 1]  # the library counts for nobody
    assert access.weighted(found, pd.Series({"a": 1, "b": 1}), area="iris").category.tolist() == ["post"]


def test_a_tiny_area_has_a_point_and_weights_sum_to_one():
    areas = gpd.GeoDataFrame({"iris": ["a", "b"]}, geometry=[square(10, 10, 5), square(1000, 0)], crs=LAMBERT)
    points = access.grid(areas, "iris", 150)
    assert points.groupby("iris").weight.sum().tolist() == pytest.approx([1, 1])
    assert points.geometry.iloc[0].within(areas.geometry.iloc[0])


@pytest.mark.parametrize(
    "wrong",
    [{"detour": 0.9, "detour_range": (0.8, 1.5)}, {"detour": 1.6}, {"threshold": 0}, {"threshold": {"library": 5}}],
)
def test_impossible_choices_are_refused(plain_country, wrong):
    areas, there = plain_country
    with pytest.raises(WrongUse):
        access.by_area(areas, there, ["post"], area="iris", **{"threshold": 650, **wrong})


def test_degrees_are_refused(plain_country):
    areas, there = plain_country
    with pytest.raises(CrsMismatch):
        access.by_area(areas.to_crs(4326), there, ["post"], area="iris", threshold=650)


# -- the planted truth ------------------------------------------------------------------------------------------------


def test_the_planted_iris_are_the_only_ones_far_from_everything_and_old(loaded, inhabitants):
    every = services.table(
        france_services=loaded["france-services"], mednum=loaded["mednum-bfc"], bpe=loaded["bpe"]
    ).places
    places = services.locate(every, loaded["communes"])
    kinds = ["digital", "post", "library", "doctor", "pharmacy"]
    far = access.by_area(loaded["iris"], places[~places.flagged], kinds, area="iris", threshold=1000)
    lacks = access.lacking(far, area="iris").lacks
    assert (lacks[list(invented.PLANTED)] == len(kinds)).all()
    known = inhabitants.set_index("iris")
    old = people.top_quarter(known.pop_75_plus_pct, known.population)
    found = set(lacks.index[(lacks == len(kinds)) & old.reindex(lacks.index)])
    assert found == set(invented.PLANTED)
    assert (known.pop_75_plus_pct[list(invented.PLANTED)] >= 20).all()


def test_the_planted_wrong_places_are_the_flagged_ones(loaded):
    every = services.table(france_services=loaded["france-services"], mednum=loaded["mednum-bfc"]).places
    found = services.locate(every, loaded["communes"])
    assert set(found.id[found.flagged]) == {"EXEMPLE_TL_12_", "EXEMPLE_TL_40_", "9003"}


def test_the_planted_secrets_are_kept(inhabitants):
    assert (inhabitants.income == "secret").sum() == 6
    assert inhabitants.median_income[inhabitants.income != "published"].isna().all()


def test_a_part_of_a_national_parquet_file_is_read_with_its_rows_numbers(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from datakit.data.tables import parse

    n = 1000
    table = pd.DataFrame(
        {
            "DEPCOM": ["01004", None, "21231", "75056"] * (n // 4),
            "TYPEQU": "A206",
            "LAMBERT_X": 855e3,
            "LAMBERT_Y": 6.69e6,
            "OTHER": "x" * 50,
        }
    )
    table.loc[502, "TYPEQU"] = "??"
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), tmp_path / "BPE.parquet", row_group_size=64)
    card = datakit.catalog["bpe"]
    found = parse(tmp_path / "BPE.parquet", card)
    assert (len(found.frame), found.rows_read) == (249, 250)
    assert found.rejects.row.tolist() == [503]
    assert set(found.frame.commune) == {"21231"}
    table.rename(columns={"TYPEQU": "TYPE"}).to_parquet(tmp_path / "renamed.parquet")
    with pytest.raises(NotAsDescribed, match="OTHER"):  # the error shows the columns that are there
        parse(tmp_path / "renamed.parquet", card)
    table[table.DEPCOM == "01004"].to_parquet(tmp_path / "elsewhere.parquet")
    with pytest.raises(NotAsDescribed, match="no row fits"):
        parse(tmp_path / "elsewhere.parquet", card)


def test_files_of_the_portal_open_by_name_and_by_identifier(sample):
    for id, number in ((invented.PLAYGROUNDS, 60), (invented.OFFICES, 25), (invented.D4C, 40)):
        frame = datakit.load(id, sample)
        assert len(frame) == number
        assert frame.crs == LAMBERT
        assert frame.within(territory.communes().set_index("code").geometry["21231"]).all()


def test_invented_tables_are_not_combined_with_a_real_one():
    def frame(synthetic):
        table = pd.DataFrame({"a": [1]})
        table.attrs["datakit"] = {"synthetic": synthetic}
        return table

    kept, invented = mixing.keep_real(frame(False), iris=frame(True), bpe=frame(False))
    assert (kept["iris"], invented) == (None, ["iris"])
    assert kept["bpe"] is not None
    kept, invented = mixing.keep_real(frame(False), rehearsal=True, iris=frame(True), bpe=frame(False))
    assert (kept["iris"] is not None, invented) == (True, ["iris"])
    assert mixing.keep_real(frame(True), iris=frame(True), bpe=frame(False))[1] == []  # all of it is stamped


# -- real snapshots ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_mirror, real_cards):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAKIT_CARDS", real_cards)
        return {id: datakit.load(id, real_mirror) for id in FILES if not id.startswith("trees-")}


def test_the_real_numbers_are_right(real):
    assert len(real["communes"]) == 24
    towns = todays_communes(real["communes"])
    assert len(towns) == 23
    assert real["communes-population"].population.sum() == 257_193
    assert set(real["communes-population"].commune) == set(towns.commune)
    found = services.locate(
        services.table(france_services=real["france-services"], mednum=real["mednum-bfc"]).places, towns
    )
    inside = found[found.inside]
    assert inside.category.value_counts().to_dict() == {"digital": 69, "france_services": 3}
    assert found.id[found.flagged].tolist() == ["mednumBFC_TL_692_"]
    assert "71000" in found.why[found.flagged].item()
    assert "21231" not in set(inside.found[inside.category == "france_services"])
    stops = real["divia-gtfs"]
    assert (len(stops), int((stops.wheelchair_boarding == 1).sum())) == (1080, 215)


def test_the_pinned_card_expects_the_real_file(shared_data):
    data = (shared_data / "mednum-bfc/bfc-ternum-dataset.csv").read_bytes()
    card = datakit.catalog["mednum-bfc"]
    assert hashlib.sha256(data).hexdigest() == card.sha256
    assert len(data) == card.bytes


def test_the_census_of_2016_has_the_names_of_2022(real):
    tables = [real[f"census-iris-{k}"] for k in ("population", "households", "housing")]
    frame = people.by_iris(*tables)
    assert len(frame) == 93
    assert 220_000 < frame.population.sum() < 230_000
    assert people.unmatched(*tables) == people.Unmatched(census=0, incomes=0)
    assert frame.pop_75_plus_pct.between(0, 50).all()
    assert frame.living_alone_pct.between(0, 80).all()


def test_the_notebook_says_the_true_numbers_on_real_data(real_mirror, real_cards, sample, root, tmp_path, monkeypatch):
    from datakit.run.running import run

    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins=f"{real_mirror},{sample},sample",
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"]: r for r in report.notebooks[0].results}
    expected = {
        "communes": 23,
        "inhabitants": 257_193,
        "digital-inclusion places": 69,
        "digital-inclusion places flagged": 1,
        "stops": 1080,
        "stops known to be wheelchair accessible": 215,
        "France services in the Métropole": 3,
        "France services in Dijon": 0,
    }
    assert {name: results[name]["value"] for name in expected} == expected
    assert results["digital-inclusion places flagged"]["note"] == "mednumBFC_TL_692_"
    # The sample's facilities and IRIS are invented: none of them may be combined with the real places.
    assert not any("General practitioner" in name for name in results)
    assert results["far from: Digital-inclusion place"]["note"].count("by commune") == 1


def test_a_rehearsal_on_real_data_runs_by_iris_and_says_what_is_invented(
    real_mirror, real_cards, sample, root, tmp_path, monkeypatch
):
    from datakit.run.running import run

    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins=f"{real_mirror},{sample},sample",
        parameters={"rehearsal": True},
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"]: r for r in report.notebooks[0].results}
    assert "mednumBFC_TL_692_" in results["digital-inclusion places flagged"]["note"]
    assert "by IRIS" in results["far from: Digital-inclusion place"]["note"]
    page = (tmp_path / "out" / "30_inclusion.html").read_text(encoding="utf-8")
    assert "KEPT FOR A REHEARSAL, although invented among real data: iris" in page
    assert "No journeys: stop_times.txt" in page  # the copy at hand has none: the distance to a stop is given
    assert report.notebooks[0].peak_memory is None or report.notebooks[0].peak_memory < 1e9


def test_other_kinds_and_a_high_threshold_are_answered_as_far_as_the_data_goes(root, tmp_path):
    """The first kind is looked into; hours that nobody says, and rates that are hidden, are told and not computed."""
    from datakit.run.running import run

    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins="sample",
        parameters={"categories": ["post", "library"], "min_households": 1500},
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"] for r in report.notebooks[0].results}
    assert {"far from: Library", "near: Post office or postal counter, weekday"} <= results
    assert not [name for name in results if "Gini" in name or "same defects" in name or "Pharmacy" in name]
    page = (tmp_path / "out" / "30_inclusion.html").read_text(encoding="utf-8")
    assert "Hours are not said for: Post office or postal counter" in page
    assert "Not computed: deprivation: too few areas have all four rates" in page
    assert "Not asked here: silence: too few areas" in page


def test_no_output_of_the_notebook_shows_a_figure_under_the_threshold(root):
    """With a threshold that hides half of the IRIS: no table, map or list holds what belongs to a hidden one."""
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    book = jupytext.read(root / "notebooks" / "src" / "30_inclusion.py")
    k = next(k for k, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", []))
    book.cells.insert(k + 1, nbformat.v4.new_code_cell("min_households = 1000"))
    book.cells.append(
        nbformat.v4.new_code_cell("""
import json
small = by_iris[by_iris["households"] < min_households]
assert len(small) > 40
for table, figures in ((first, personal), (rates, parts), (told, ["reports", "per_1000", "population"])):
    rows = table.reset_index() if "iris" not in table else table
    assert rows.loc[rows["iris"].isin(small["iris"]), figures].isna().all(axis=None)
print(json.dumps({"names": areas.set_index("iris").loc[small["iris"], "name"].tolist(), "codes": small["iris"].tolist(),
                  "shares": small["pop_75_plus_pct"].round(1).tolist(), "listed": listed["iris"].tolist()}))
""")
    )
    NotebookClient(book, timeout=300, resources={"metadata": {"path": root / "notebooks"}}).execute()
    hidden = json.loads(book.cells[-1].outputs[0].text)
    assert not set(hidden["listed"]) & set(hidden["codes"])
    # What a reader can see: every output, the data inside the maps included.
    outputs = "\n".join(str(o.get("data", o.get("text", ""))) for c in book.cells[:-1] for o in c.get("outputs", []))
    for name, share in zip(hidden["names"], hidden["shares"], strict=True):
        for found in re.finditer(re.escape(name), outputs):
            near = outputs[found.end() : found.end() + 200].split("secteur fictif")[0]
            assert not re.search(rf"\b{share}\b", near), (name, near)


def test_hours_and_accessibility_of_the_national_schema():
    found = services.table(inclusion_places=datakit.load("inclusion-places", "sample")).places.set_index("id")
    assert set(found.category) == {"digital"}
    assert found.hours["NAT_0"] == "Mo-Fr 09:00-12:00,14:00-17:00"
    assert found.weekly_hours["NAT_0"] == 30
    assert found.saturday["NAT_2"]
    assert found.accessible.dropna().all()  # nobody says where wheelchairs cannot enter
    assert 0 < found.accessible.notna().sum() < len(found)


class TestOwnEquipment:
    def test_words_of_the_portal_become_categories(self):
        frame = datakit.load("dijon-portal@equipements-administratifs", "sample")
        found = services.own_equipment(frame, {"Mairie": "town_hall", "Mairie de quartier": "town_hall"})
        assert len(found) == frame.categorie.isin(["Mairie", "Mairie de quartier"]).sum() > 0
        every = services.table(equipment=found).places
        assert set(every.category) == {"town_hall"}
        assert every.id.is_unique
        last = services.own_equipment(frame.iloc[::-1], {"Mairie": "town_hall"})
        assert set(last.id) < set(every.id)  # the row number is in none of them

    def test_a_column_that_is_not_there_is_named_with_those_that_are(self):
        frame = datakit.load("dijon-portal@equipements-administratifs", "sample")
        with pytest.raises(NotAsDescribed, match=r"'type'[\s\S]*categorie"):
            services.own_equipment(frame, {"Mairie": "town_hall"}, column="type")

    def test_words_that_are_not_there_are_named_with_those_that_are(self):
        frame = datakit.load("dijon-portal@equipements-administratifs", "sample")
        with pytest.raises(NotAsDescribed, match=r"Piscine[\s\S]*CCAS"):
            services.own_equipment(frame, {"Piscine": "town_hall"})

    def test_an_unknown_category_is_refused(self):
        frame = datakit.load("dijon-portal@equipements-administratifs", "sample")
        with pytest.raises(WrongUse, match="swimming"):
            services.own_equipment(frame, {"Mairie": "swimming"})
