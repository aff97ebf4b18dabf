"""Places: addresses that contradict them, what each publisher says, and the planted truth found."""

import hashlib

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import datakit
from datakit.errors import CrsMismatch, NotAsDescribed, WrongUse
from datakit.geo.territory import todays_communes
from datakit.inclusion import services
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


def test_the_planted_wrong_places_are_the_flagged_ones(loaded):
    every = services.table(france_services=loaded["france-services"], mednum=loaded["mednum-bfc"]).places
    found = services.locate(every, loaded["communes"])
    assert set(found.id[found.flagged]) == {"EXEMPLE_TL_12_", "EXEMPLE_TL_40_", "9003"}


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


def test_files_of_the_portal_open_by_name_and_by_identifier():
    for id, number in ((invented.PLAYGROUNDS, 60), (invented.OFFICES, 25), (invented.D4C, 40)):
        frame = datakit.load(id, "sample")
        assert len(frame) == number
        assert frame.crs == LAMBERT
        assert frame.within(territory.communes().set_index("code").geometry["21231"]).all()


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
