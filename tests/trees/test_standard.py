"""The standard table: rules on real forms, the real files, and a log from which nothing is missing."""

import json
import pickle
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import datakit
from datakit.data import provenance
from datakit.errors import BadCard, CrsMismatch, NotAsDescribed, WrongUse
from datakit.show.answers import Answer
from datakit.show.style import sources
from datakit.trees.inventory import coordinates, crosswalks, taxa, values
from datakit.trees.inventory.changes import ChangeLog
from datakit.trees.inventory.schema import schema_names
from datakit.trees.inventory.standard import changes_summary, schema_table, standardise

PLACE = {"longitude": [5.04, 5.05, 5.06], "latitude": [47.32, 47.33, 47.34]}


def text(*words):
    return pd.Series(words, dtype="str")


def small(fields=(), n=3, **columns):
    """A table of n trees in Dijon, and its crosswalk."""
    place = {"longitude": 5.0 + np.arange(n) / 1000, "latitude": 47.3 + np.arange(n) / 1000}
    frame = pd.DataFrame(columns | {k: v for k, v in place.items() if k not in columns})
    made = [{"name": name, "optional": True} for name in columns if name not in place] if not fields else list(fields)
    return frame, {"fields": made, "geometry": {"type": "Point", "x": "longitude", "y": "latitude"}, "crs": "EPSG:4326"}


def logged(table, column=None):
    changes = table.attrs["datakit"]["changes"]
    return changes if column is None else changes[changes["column"] == column]


# -- rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "value", "rule", "stated"),
    [
        ("12", 12, "", False),
        ("12,5", 12.5, "", False),
        ("10-20 m", 1500, "middle of the class; m to cm", True),
        ("10 à 20 m", 1500, "middle of the class; m to cm", True),
        ("De 10 m à 20 m", 1500, "middle of the class; m to cm", True),
        ("de 50 cm à 1 m", 75, "middle of the class; m to cm", True),
        ("[10-20[", 15, "middle of the class", False),
        ("Moins de 5 m", 250, "middle of the class from 0; m to cm", True),
        ("> 20 m", 2000, "open class: its only bound; m to cm", True),
        ("20 m et plus", 2000, "open class: its only bound; m to cm", True),
        ("Plus de 150", 150, "open class: its only bound", False),
        ("De 10m à moins de 15m", 1250, "middle of the class; m to cm", True),
        ("+ de 20 m", 2000, "open class: its only bound; m to cm", True),
        ("environ 10 m", 1000, values.ABOUT + "; m to cm", True),
        ("~10", 10, values.ABOUT, False),
        ("0-0", np.nan, values.ZERO, False),
        ("NC", np.nan, values.UNKNOWN, False),
        ("environ", np.nan, "not read as a number: set missing", False),
        ("1 250 mm", 125, "mm to cm", True),
        ("35 cm", 35, "", True),
        ("0", np.nan, values.ZERO, False),
        ("0.0", np.nan, values.ZERO, False),
        ("haut", np.nan, "not read as a number: set missing", False),
        ("20-10", np.nan, "not read as a class: set missing", False),
        (None, np.nan, "", False),
    ],
)
def test_numbers_classes_and_units_in_words(word, value, rule, stated):
    made, rules, said = values.measure(text(word), "cm")
    assert made[0] == pytest.approx(value, nan_ok=True)
    assert (rules[0], bool(said[0])) == (rule, stated)


@pytest.mark.parametrize(
    ("word", "year", "rule"),
    [
        ("1998", 1998, ""),
        ("1998.0", 1998, ""),
        ("2007/2008", 2007, "season"),
        ("Hiver 2007-08", 2007, "season"),
        ("1999-00", 1999, "season"),
        ("2004-11", 2004, "the year of a date"),
        ("1950-1960", 1950, "class of years"),
        ("avant 1950", 1950, "open class of years"),
        ("02/12/98", 1998, "the year of a date"),
        ("01/11/2004", 2004, "the year of a date"),
        ("2004-11-01T00:00:00Z", 2004, "the year of a date"),
        ("20041101", 2004, "the year of a date"),
        ("1099267200000", 2004, "the year of a date"),
        ("0", None, "0 means not known"),
        ("inconnue", None, values.UNKNOWN),
        ("bientôt", None, "not read as a year"),
        (None, None, ""),
    ],
)
def test_year_of_planting(word, year, rule):
    made, rules = values.year(text(word))
    assert (None if made.isna()[0] else made[0]) == year
    assert rules[0].startswith(rule) and bool(rules[0]) == bool(rule)


@pytest.mark.parametrize(
    ("word", "day", "year", "rule"),
    [
        ("2004-11-01", "2004-11-01", 2004, ""),
        ("01/11/2004", "2004-11-01", 2004, ""),
        ("1/3/2004", "2004-03-01", 2004, ""),
        ("01/11/2004 00:00", "2004-11-01", 2004, ""),
        ("2021-06-30T22:00:00Z", "2021-07-01", 2021, "a moment in another time zone"),
        ("2021-06-30T00:00:00+00:00", "2021-06-30", 2021, ""),
        ("1625090400000", "2021-07-01", 2021, "milliseconds since 1970"),
        ("2007/2008", None, 2007, "season of planting"),
        ("1950-1960", None, 1950, "class of years"),
        ("02/12/98", "1998-12-02", 1998, "a year of two digits"),
        ("NR", None, None, values.UNKNOWN),
        ("1998", None, 1998, "only the year is known"),
        ("31/02/2004", None, 2004, "only the year is known"),
        ("bientôt", None, None, "not read as a date"),
        ("0", None, None, "0 means not known"),
    ],
)
def test_dates_are_days_in_france(word, day, year, rule):
    made, years, rules = values.date(text(word))
    assert (None if made.isna()[0] else f"{made[0]:%Y-%m-%d}") == day
    assert (None if years.isna()[0] else years[0]) == year
    assert rules[0].startswith(rule) and bool(rules[0]) == bool(rule)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("''Duchesse d''Angoulême''", "Duchesse d'Angoulême"),
        ("'Koster'", "Koster"),
        ("“Fastigiata”", "Fastigiata"),
        ('"Fastigiata"', "Fastigiata"),
        ("''Paul''s Scarlet''", "Paul's Scarlet"),
        ("''Hedelfingen Riesenkirsche'' GÉANT D''HEDELFINGEN", "Hedelfingen Riesenkirsche GÉANT D'HEDELFINGEN"),
        ("''Doyenné du Comice'' COMICE", "Doyenné du Comice COMICE"),
        ("n. sp.", None),
        ("''Bigarreau n. sp.''", "Bigarreau"),
        ("Greenspire", "Greenspire"),
    ],
)
def test_cultivars_lose_their_quotation_marks(word, name):
    made, rules = values.cultivar(text(word))
    assert (None if made.isna()[0] else made[0]) == name
    assert bool(rules[0]) == (word != name)


def test_epithets_of_hybrids_and_of_nothing():
    made, rules = values.epithet(text("×hispanica", "X acerifolia", "x media", "sp.", "n. sp.", "robur", None))
    assert made.fillna("").tolist() == ["x hispanica", "x acerifolia", "x media", "", "", "robur", ""]
    assert [bool(r) for r in rules] == [True, True, False, True, True, False, False]


def test_stages_where_the_word_is_known():
    made, rules = values.stage(
        text("Jeune (arbre)Adulte", "Jeune (arbre)", "JA", "senescent", "Adulte", "vieux", "autre")
    )
    assert made.tolist() == ["Jeune adulte", "Jeune", "Jeune adulte", "Sénescent", "Adulte", "Vieux", "autre"]
    assert rules[0] == values.GLUED
    assert [bool(r) for r in rules] == [True, True, True, True, False, True, False]


def test_words_for_yes_and_no():
    made, rules = values.yes_no(text("OUI", "non", "1.0", "0", "Vrai", "peut-être", None))
    assert made.astype(object).where(made.notna(), None).tolist() == [True, False, True, False, True, None, None]
    assert [bool(r) for r in rules] == [False] * 5 + [True, False]


# -- units and measures of whole columns -------------------------------------------------------------------------------


def test_heights_in_metres_where_the_crosswalk_says_centimetres():
    frame, crosswalk = small(hauteur=["6", "12,5", "0"])
    table = standardise(frame, crosswalk, taxa=False)
    assert table["hauteur"].fillna(-1).tolist() == [600, 1250, -1]
    changes = logged(table, "hauteur")
    whole = changes[changes["row"].isna()].iloc[0]
    assert (whole["before"], whole["after"]) == ("m", "cm") and "decided from its values" in whole["rule"]
    zero = changes[changes["row"] == 3].iloc[0]
    assert zero["rule"] == values.ZERO and zero["before"] == "0" and pd.isna(zero["after"])


def test_heights_in_centimetres_stay_even_where_the_crosswalk_says_metres():
    fields = [{"name": "hauteur", "type": "number", "unit": "cm", "source_unit": "m"}]
    table = standardise(*small(fields, hauteur=[600, 1250, 900]), taxa=False)
    assert table["hauteur"].tolist() == [600, 1250, 900]
    assert "its values cannot be" in logged(table, "hauteur")["rule"].iloc[0]


@pytest.mark.parametrize(
    ("name", "given", "made"),
    [
        ("circonference", [0.37, 1.6, 1.16], [37, 160, 116]),
        ("circonference", [1160, 1600, 370], [116, 160, 37]),
        ("circonference", [14, 16, 18], [14, 16, 18]),
        ("diametre", [0.2, 0.35, 0.6], [20, 35, 60]),
        ("diametre", [20, 35, 60], [20, 35, 60]),
        ("diametre_couronne", [400, 800, 1200], [4, 8, 12]),
        ("diametre_couronne", [4, 8, 12], [4, 8, 12]),
        ("hauteur", [120, 150, 180], [120, 150, 180]),  # saplings: 120 m would be taller than any tree
    ],
)
def test_unit_of_a_column_by_its_values(name, given, made):
    table = standardise(*small(**{name: given}), taxa=False)
    assert table[name].tolist() == pytest.approx(made)
    assert len(logged(table)) == (given != made)


def test_classes_that_state_their_unit_are_not_converted_again():
    table = standardise(*small(hauteur=["10-20 m", "Moins de 5 m", "De 10 m à 20 m"]), taxa=False)
    assert table["hauteur"].tolist() == [1500, 250, 1500]
    changes = logged(table, "hauteur")
    assert changes["row"].tolist() == [1, 2, 3]
    assert changes["before"].tolist() == ["10-20 m", "Moins de 5 m", "De 10 m à 20 m"]
    assert changes["after"].tolist() == ["1500", "250", "1500"]


def test_what_breaks_a_constraint_is_missing_and_its_row_stays():
    fields = [
        {"name": "hauteur", "constraints": {"maximum": 15000}},
        {"name": "code_insee", "constraints": {"pattern": r"^\d{5}$"}},
    ]
    table = standardise(*small(fields, hauteur=[900, 99999, 12500], code_insee=["21231", "2123", "21231"]), taxa=False)
    assert len(table) == 3
    assert table["hauteur"].fillna(-1).tolist() == [900, -1, -1]
    assert table["code_insee"].fillna("").tolist() == ["21231", "", "21231"]
    changes = logged(table).set_index(["column", "row"])
    assert changes.loc[("hauteur", 2), "before"] == "99999" and "15000" in changes.loc[("hauteur", 2), "rule"]
    assert "taller" in changes.loc[("hauteur", 3), "rule"]
    assert changes.loc[("code_insee", 2), "before"] == "2123"


def test_the_constraints_of_the_national_schema_hold_without_a_card():
    table = standardise(*small(circonference=[90, -3, 120], diametre_couronne=[4, 250, 6], allergie=["3", "9", None]))
    assert table["circonference"].isna().tolist() == [False, True, False]
    assert table["diametre_couronne"].isna().tolist() == [False, True, False]
    assert table["allergie"].fillna(-1).tolist() == [3, -1, -1]
    assert len(logged(table)) == 3 and set(logged(table)["row"]) == {2}


def test_girths_written_as_diameters():
    girths = np.r_[np.linspace(60, 160, 60), 565.0]
    table = standardise(*small(n=61, diametre=girths), taxa=False)
    assert "diametre" not in table and table["circonference"].tolist() == pytest.approx(girths.tolist())
    assert table["dbh"].iloc[0] == pytest.approx(60 / np.pi)
    assert "girths" in logged(table, "circonference")["rule"].iloc[0]
    for real in (np.linspace(5, 80, 61), np.r_[np.linspace(5, 80, 60), 400.0], np.linspace(80, 160, 61)):
        assert "diametre" in standardise(*small(n=61, diametre=real), taxa=False)  # one slip, or an avenue of old trees


def test_dates_written_as_milliseconds_are_one_line_of_the_log():
    table = standardise(*small(date_plantation=["1099267200000", "1625090400000", None]), taxa=False)
    assert table["date_plantation"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2004-11-01", "2021-07-01", ""]
    assert table["annee_plantation"].fillna(0).tolist() == [2004, 2021, 0]
    assert logged(table, "date_plantation")["row"].isna().all()


def test_a_season_in_a_column_of_dates_keeps_its_year():
    table = standardise(*small(date_plantation=["2007/2008", "01/11/2004", "1998"]), taxa=False)
    assert table["annee_plantation"].tolist() == [2007, 2004, 1998]
    assert table["date_plantation"].notna().tolist() == [False, True, False]
    assert set(logged(table, "date_plantation")["row"]) == {1, 3}


def test_status_and_diameter():
    states = ["EN PLACE", "Abattu", "SUPPRIMÉ", "à voir", None, "A abattre"]
    table = standardise(*small(n=6, etat=states, circonference=[100, 120, 90, 80, None, 70]), taxa=False)
    assert table["statut"].fillna("").tolist() == ["standing", "lost", "lost", "", "", "standing"]
    assert table["dbh"].iloc[0] == pytest.approx(100 / np.pi) and pd.isna(table["dbh"].iloc[4])


def test_numbers_a_spreadsheet_made_of_codes():
    table = standardise(*small(id=["123.0", "7.0", "8.0"], code_postal=["21000", "21000.0", None]), taxa=False)
    assert table["id"].tolist() == ["123", "7", "8"] and logged(table, "id")["row"].isna().all()
    assert table["code_postal"].fillna("").tolist() == ["21000", "21000.0", ""]  # not all: left alone


# -- places ------------------------------------------------------------------------------------------------------------


def lonlat(table):
    return table.geometry.to_crs(4326).get_coordinates().round(6).to_numpy().tolist()


def test_exchanged_coordinates_row_by_row_and_as_a_whole():
    table = standardise(*small(longitude=[5.04, 47.33, 5.06], latitude=[47.32, 5.05, 47.34]))
    assert lonlat(table) == [[5.04, 47.32], [5.05, 47.33], [5.06, 47.34]]
    line = logged(table, "geometry").iloc[0]
    assert (line["row"], line["before"], line["after"]) == (2, "47.33 5.05", "5.05 47.33")
    table = standardise(*small(longitude=PLACE["latitude"], latitude=PLACE["longitude"]))
    assert lonlat(table)[0] == [5.04, 47.32]
    assert len(logged(table)) == 1 and logged(table)["row"].isna().all()


def test_exchanged_coordinates_outside_france_by_the_others():
    longitude, latitude = [-73.6, -73.61, 45.5, -73.62], [45.5, 45.51, -73.6, 45.52]
    table = standardise(*small(n=4, longitude=longitude, latitude=latitude))
    assert logged(table, "geometry")["row"].tolist() == [3]


@pytest.mark.parametrize(
    "word",
    [
        "47.32, 5.04",
        "[5.04, 47.32]",
        "47,32; 5,04",
        "47.32,5.04",
        '{"type": "Point", "coordinates": [5.04, 47.32]}',
        "POINT (5.04 47.32)",
        {"lon": 5.04, "lat": 47.32},
        [5.04, 47.32],
    ],
)
def test_points_as_text(word):
    table = standardise(pd.DataFrame({"geo_point_2d": [word] * 2}), {"fields": []})
    assert lonlat(table) == [[5.04, 47.32]] * 2


def test_padded_numbers_as_text_and_what_cannot_be_read():
    frame = {"longitude": ["-00000001,1500341", "-1,16", "ici"], "latitude": ["0000000046,1600", "46,15", "46,15"]}
    table = standardise(*small(**frame))
    assert lonlat(table)[:2] == [[-1.150034, 46.16], [-1.16, 46.15]]
    assert table.geometry.isna().tolist() == [False, False, True]
    assert logged(table, "longitude")["before"].tolist() == ["ici"]


def test_points_whose_crs_is_not_theirs():
    frame, crosswalk = small()
    table = standardise(frame, crosswalk | {"crs": "EPSG:2154"})
    assert lonlat(table)[0] == [5.0, 47.3] and "CRS" in logged(table)["rule"].iloc[0]
    for crs in (2154, 3947):
        metres = gpd.GeoSeries(gpd.points_from_xy(*PLACE.values()), crs=4326).to_crs(crs)
        frame, crosswalk = small(longitude=metres.x, latitude=metres.y)
        table = standardise(frame, crosswalk)
        assert lonlat(table)[0] == [5.04, 47.32]
        assert logged(table)["after"].tolist() == [f"EPSG:{crs}"]
    with pytest.raises(NotAsDescribed, match="not degrees"):
        standardise(*small(longitude=[5e7] * 3, latitude=[6e7] * 3))


def test_no_place_and_places_far_away():
    table = standardise(*small(n=5, longitude=[5.04, 5.05, 0, None, 100.0], latitude=[47.32, 47.33, 0, None, 10.0]))
    assert table.geometry.isna().tolist() == [False, False, True, True, True]
    assert logged(table, "geometry")["row"].tolist() == [3, 5]
    with pytest.raises(NotAsDescribed, match="where the trees stand"):
        standardise(pd.DataFrame({"genre": ["Acer"]}), {"fields": []})


def test_shapes_that_are_not_points():
    shapes = [box(5.0, 47.3, 5.001, 47.301), *gpd.points_from_xy([5.01], [47.31])]
    table = standardise(
        gpd.GeoDataFrame({"genre": ["Acer"] * 2}, geometry=shapes, crs=4326), {"fields": [{"name": "genre"}]}
    )
    assert (table.geom_type == "Point").all()
    assert logged(table, "geometry")[["row", "before"]].to_numpy().tolist() == [[1, "polygon"]]


def test_duplicates_name_the_first_tree_within_a_metre():
    metres = [0, 0.4, 500, 500, 1.2, 900]
    shapes = gpd.points_from_xy(850000 + np.array(metres), [6690000.0] * 6)
    frame = gpd.GeoDataFrame({"id": list("abcdef")}, geometry=shapes, crs=2154)
    table = standardise(frame)
    assert table["doublon"].fillna("").tolist() == ["", "a", "", "c", "b", ""]
    assert standardise(frame.drop(columns="id"))["doublon"].fillna("").tolist() == ["", "1", "", "3", "2", ""]


def test_duplicates_against_every_pair():
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 12, (150, 2))
    xy[100:120] = xy[:20]  # the same places again
    found = coordinates.duplicates(gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=2154))
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= 1.0
    expected = [next((j for j in range(i) if near[i, j]), -1) for i in range(len(xy))]
    assert found.tolist() == expected


def test_trees_outside_their_city():
    area = gpd.GeoDataFrame(geometry=[box(4.99, 47.29, 5.0015, 47.31)], crs=4326)
    frame, crosswalk = small(n=4, longitude=[5.0, 5.001, 5.2, None], latitude=[47.3, 47.301, 47.4, None])
    table = standardise(frame, crosswalk, area=area)
    assert table["hors_zone"].astype(object).where(table["hors_zone"].notna(), None).tolist() == [
        False,
        False,
        True,
        None,
    ]
    assert "hors_zone" not in standardise(frame, crosswalk)
    with pytest.raises(CrsMismatch):
        standardise(frame, crosswalk, area=area.set_crs(None, allow_override=True))


# -- names -------------------------------------------------------------------------------------------------------------


def test_names_are_spelt_as_the_reference_does():
    plane = taxa.resolve(pd.Series(["Platanus x acerifolia"]))["taxon"].iloc[0]
    table = standardise(
        *small(
            n=9,
            genre=["acer ", "Sophora", None, None, "Acer", "Foobarus", None, "Acer", "Picea"],
            espece=["Platanoides", "japonica", None, None, "sp.", "bar", None, "inventum", "pungens f. Glauca"],
            nom_latin=[None, None, "QUERUB", "Platanus x acerifolia 'Vallis Clausa'", None, None, None, None, None],
            nom_vernaculaire=[None, "Sophora", None, None, None, None, "Érable plane", None, None],
            cultivar_variete=["'Globosum'"] + [None] * 8,
        )
    )
    names = [
        "Acer platanoides",
        "Styphnolobium japonicum",
        "Quercus rubra",
        plane,
        "Acer",
        "",
        "Acer platanoides",
        "Acer",
        "Picea pungens",
    ]
    assert table["taxon"].fillna("").tolist() == names
    assert table["genre"].tolist()[5] == "Foobarus" and table["espece"].tolist()[5] == "bar"  # never guessed
    assert table["espece"].tolist()[7] == "inventum"
    assert table["cultivar_variete"].fillna("").tolist() == [
        "Globosum",
        "",
        "",
        "Vallis Clausa",
        *[""] * 4,
        "f. Glauca",
    ]
    assert table["famille"].tolist()[:2] == ["Sapindaceae", "Fabaceae"]
    assert table["nom_vernaculaire"].tolist()[1] == "Sophora"  # what is there stays
    rules = logged(table).dropna(subset="row").set_index(["column", "row"])["rule"].astype("str")
    assert rules["genre", 2].startswith("synonym") and rules["genre", 3].startswith("code")
    assert rules["genre", 4] == rules["espece", 4] or rules["espece", 4].startswith("synonym")
    assert rules["genre", 7] == "named from the French name"
    assert rules["famille", 1] == "filled from the botanical reference"
    assert rules["cultivar_variete", 4].startswith("cultivar or variety split")
    assert ("genre", 6) not in rules.index and ("genre", 5) not in rules.index


def test_whole_names_in_the_column_of_species_or_of_genera():
    table = standardise(
        *small(
            n=4,
            genre=["Acer", None, "Acer platanoides", None],
            espece=["Acer platanoides", "Tilia cordata", None, "robur"],
        )
    )
    assert table["taxon"].fillna("").tolist() == ["Acer platanoides", "Tilia cordata", "Acer platanoides", ""]
    assert table["genre"].fillna("").tolist() == ["Acer", "Tilia", "Acer", ""]
    assert table["espece"].tolist() == ["platanoides", "cordata", "platanoides", "robur"]
    changes = logged(table, "espece").set_index("row")
    assert changes.loc[1, ["before", "after"]].tolist() == ["Acer platanoides", "platanoides"]
    assert changes.loc[2, "before"] == "Tilia cordata" and set(changes.index) == {1, 2, 3}
    assert set(logged(table, "genre")["row"]) == {2, 3}


def test_without_the_reference_names_stay():
    table = standardise(*small(genre=["acer", "Tilia", None], espece=["platanoides", "sp.", None]), taxa=False)
    assert table["taxon"].fillna("").tolist() == ["Acer platanoides", "Tilia", ""]
    assert table["genre"].tolist()[:2] == ["acer", "Tilia"] and "famille" not in table
    assert standardise(*small())["taxon"].isna().all()


# -- the national schema -----------------------------------------------------------------------------------------------


def test_the_table_of_the_national_schema(shared_data):
    schema = json.loads((shared_data / "schema-arbre" / "schema.json").read_text(encoding="utf-8"))
    names = [field["name"] for field in schema["fields"]]
    assert len(names) == 31 and schema_names() == names
    table = standardise(
        *small(
            id=["a", "b", "b"],
            matricule=[None, "77", None],
            hauteur=["6", "7", None],
            remarquable=["oui", "non", None],
            date_plantation=["01/11/2004", None, None],
        )
    )
    made = schema_table(table)
    assert list(made) == names and made["id"].tolist() == [1, 2, 3]
    assert made["matricule"].tolist() == ["a", "77", "b"]
    assert made["remarquable"].fillna("").tolist() == ["true", "false", ""]
    assert made["date_plantation"].iloc[0] == "2004-11-01"
    assert made[["longitude", "latitude"]].iloc[1].tolist() == [5.001, 47.301]
    assert schema_table(standardise(*small(id=["3", "2", "1"])))["id"].tolist() == [3, 2, 1]
    raw = pd.read_csv(shared_data / "schema-arbre" / "exemple-valide.csv", sep=";", dtype=str)
    again = schema_table(standardise(raw, "trees-dijon", taxa=False))
    same = [n for n in names if n not in ("longitude", "latitude", "eclairage", "remarquable", "protege")]
    for name in same:
        before = pd.to_numeric(raw[name]) if pd.api.types.is_numeric_dtype(again[name]) else raw[name]
        assert (before.isna() == again[name].isna()).all() and (before.dropna() == again[name].dropna()).all(), name
    assert again["latitude"].tolist() == pd.to_numeric(raw["longitude"]).tolist()


def test_moments_that_a_reader_has_parsed():
    moments = pd.to_datetime(["2021-06-30T22:00:00Z", None, "2021-06-30T08:00:00Z"], utc=True)
    table = standardise(*small(date_releve=moments))
    assert table["date_releve"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2021-07-01", "", "2021-06-30"]
    assert logged(table)["after"].tolist() == ["2021-07-01"]
    naive = standardise(*small(date_releve=pd.to_datetime(["2021-06-30", None, "2021-07-01"])))
    assert not len(logged(naive)) and naive["date_releve"].notna().sum() == 2


def test_a_table_without_rows():
    frame, crosswalk = small(
        hauteur=["6", "7", "8"], genre=["Acer"] * 3, date_plantation=["1998"] * 3, etat=["EN PLACE"] * 3
    )
    table = standardise(frame.iloc[:0], crosswalk)
    assert not len(table) and not len(table.attrs["datakit"]["changes"])
    assert {"hauteur", "taxon", "statut", "dbh", "doublon"} <= set(table)


# -- crosswalks --------------------------------------------------------------------------------------------------------


def test_crosswalks_are_read_from_wherever_they_are(tmp_path):
    paris = crosswalks.read("trees-paris")
    assert {f.name for f in paris.fields} >= {"genre", "espece", "hauteur"} and paris.crs == "EPSG:4326"
    again = crosswalks.read(paris.write(tmp_path / "crosswalk.json"))
    assert again.raw == paris.raw and crosswalks.read(again) is again
    assert crosswalks.read(again.raw).geometry == paris.geometry
    assert "trees-paris" in crosswalks.crosswalk_ids() and all(
        i.startswith("trees-") for i in crosswalks.crosswalk_ids()
    )
    with pytest.raises(WrongUse, match="neither a file"):
        crosswalks.read("nowhere.json")
    with pytest.raises(WrongUse):
        crosswalks.read(3)
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadCard, match="not JSON"):
        crosswalks.read(tmp_path / "bad.json")
    for fields in ([{}], [{"name": "a"}, {"name": "a"}], [{"name": "a", "type": "tree"}]):
        with pytest.raises(BadCard, match="cannot be used"):
            crosswalks.read({"fields": fields})
    with pytest.raises(BadCard, match="not a crosswalk"):
        crosswalks.read({})


def test_a_column_that_the_crosswalk_needs():
    frame, crosswalk = small([{"name": "genre", "source": ["GENRE", "genre"]}], essence=["a", "b", "c"])
    with pytest.raises(NotAsDescribed, match=r"(?s)genre.*GENRE"):
        standardise(frame, crosswalk)


# -- the log -----------------------------------------------------------------------------------------------------------


def assert_all_logged(frame, crosswalk, table):
    """What differs from the column of the file, as read without loss, is in the log."""
    changes = table.attrs["datakit"]["changes"]
    whole = set(changes.loc[changes["row"].isna(), "column"])
    rows = changes.dropna(subset="row").groupby("column", observed=True)["row"].agg(lambda r: set(r.astype(int)))
    for field in crosswalks.read(crosswalk).fields:
        name = next((s for s in field.source if s in frame), None)
        if name is None or field.name in whole or field.name not in table:
            continue
        before, after = frame[name].reset_index(drop=True), table[field.name]
        if pd.api.types.is_bool_dtype(after):
            words = {"oui": True, "non": False, "1": True, "0": False, "1.0": True, "0.0": False}
            before = before.astype("str").str.lower().map(words)
        elif pd.api.types.is_numeric_dtype(after):
            before = pd.to_numeric(before, errors="coerce")
        elif pd.api.types.is_datetime64_any_dtype(after):
            before = pd.to_datetime(before)
        else:
            before = before.map(lambda v: str(v).strip(), na_action="ignore").replace("", None)
        same = (before == after).fillna(False) | (before.isna() & after.isna())
        differ = set(np.flatnonzero(~same.to_numpy(dtype=bool)) + 1)
        assert differ <= rows.get(field.name, set()), (field.name, sorted(differ)[:5])


def test_summary_counts_and_shows():
    table = standardise(
        *small(n=4, hauteur=["6", "12", "0", "0"], stade_developpement=["A", "A", "J", None]), taxa=False
    )
    summary = changes_summary(table).set_index(["column", "rule"])
    assert summary.loc[("hauteur", values.ZERO), "rows"] == 2
    assert summary.loc[("hauteur", values.ZERO), "example"] == "0 → nothing"
    assert summary.loc["stade_developpement"]["rows"].tolist() == [3]
    assert summary.loc["hauteur"]["rows"].sum() == 4  # two zeros, and a whole column of two heights
    empty = standardise(*small(), taxa=False)
    assert list(changes_summary(empty)) == ["column", "rule", "rows", "example"] and not len(changes_summary(empty))
    assert list(empty.attrs["datakit"]["changes"]) == ["row", "column", "rule", "before", "after"]


def test_the_log_travels_with_the_table_without_being_copied():
    table = standardise(*small(hauteur=["6", "12", "0"]), taxa=False)
    changes = table.attrs["datakit"]["changes"]
    assert (
        table.head(2).attrs["datakit"]["changes"] is changes
        and table.to_crs(4326).attrs["datakit"]["changes"] is changes
    )
    again = pickle.loads(pickle.dumps(table)).attrs["datakit"]["changes"]
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(changes))
    other = standardise(*small(hauteur=["7", "12", "0"]), taxa=False)
    assert len(pd.concat([table, other])) == 6
    assert isinstance(changes[changes["row"] == 3], pd.DataFrame)


def test_the_table_is_written_as_parquet_without_its_log(tmp_path):
    table = standardise(*small(hauteur=["6", "12", "0"], date_plantation=["1998", None, "01/11/2004"]))
    assert len(table.attrs["datakit"].pop("changes")) == 4
    table.to_parquet(tmp_path / "trees.parquet")
    again = gpd.read_parquet(tmp_path / "trees.parquet")
    assert again["hauteur"].fillna(-1).tolist() == [600, 1200, -1] and again.crs == "EPSG:2154"


def test_a_log_of_nothing_and_of_missing_values():
    log = ChangeLog()
    assert not len(log.table())
    log.rows("a", np.array([False, True]), "why", np.array(["x", None], dtype=object), pd.NaT)
    log.rows("a", np.array([False, False]), "why", "x", "y")
    table = log.table()
    assert table["row"].tolist() == [2] and table[["before", "after"]].isna().all(axis=None)


def test_standardising_twice_changes_nothing_more():
    frame, crosswalk = small(
        hauteur=["6", "10-20 m", "0"],
        date_plantation=["2007/2008", "01/11/2004", None],
        genre=["acer", "Tilia", None],
        stade_developpement=["JA", "Adulte", "A"],
        cultivar_variete=["'Koster'", None, "n. sp."],
        remarquable=["Oui", "non", "?"],
        longitude=[47.3, 5.1, 5.2],
        latitude=[5.1, 47.2, 47.3],
    )
    once = standardise(frame, crosswalk, taxa=False)
    twice = standardise(once, taxa=False)
    assert not len(twice.attrs["datakit"]["changes"])
    pd.testing.assert_frame_equal(pd.DataFrame(once), pd.DataFrame(twice), check_dtype=False)


def test_provenance_and_index():
    frame, crosswalk = small(genre=["Acer", "Tilia", "Acer"])
    frame.index = [7, 8, 9]
    frame.attrs["datakit"] = {"id": "trees-here"}
    table = standardise(frame, crosswalk)
    assert set(table.attrs) == {"datakit"} and set(table.attrs["datakit"]) == {"id", "changes"}
    assert frame.attrs["datakit"] == {"id": "trees-here"} and table.index.tolist() == [0, 1, 2]
    assert table.crs == "EPSG:2154" and list(frame) == ["genre", "longitude", "latitude"]


def test_a_table_of_unknown_origin_does_not_pass_for_a_real_one(monkeypatch):
    """Its changes are in its record, which says nothing of where it comes from: whatever was loaded is named."""
    monkeypatch.setattr(provenance, "_used", {("iris", "sample", None): {"id": "iris", "synthetic": True}})
    table = standardise(*small(genre=["Acer", "Tilia", "Acer"]))
    assert not provenance.recorded(table)
    assert sources([table]).synthetic.startswith("SYNTHETIC SAMPLE")
    with pytest.raises(WrongUse):
        Answer("How many?").say("It has one.", data=[table], cannot_say="More.")


# -- real files --------------------------------------------------------------------------------------------------------


def test_the_bundled_sample():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = datakit.load("trees-dijon", "sample")
    table = standardise(loaded)
    assert len(table) == len(loaded) and table.crs == "EPSG:2154"
    assert table.attrs["datakit"]["synthetic"]
    assert table.geometry.geom_equals(loaded.geometry).all()
    assert set(table["statut"].dropna()) == {"standing", "lost"}


def test_the_official_example_of_the_schema_has_its_coordinates_exchanged(shared_data):
    raw = pd.read_csv(shared_data / "schema-arbre" / "exemple-valide.csv", sep=";", dtype=str)
    table = standardise(raw, "trees-dijon")
    assert lonlat(table)[0] == [0.3768, 49.802]
    assert "exchanged" in logged(table, "geometry")["rule"].iloc[0]
    assert table["eclairage"].tolist()[:2] == [True, False]
    assert_all_logged(raw, "trees-dijon", table)


def test_paris_in_both_spellings(shared_data):
    raw = gpd.read_file(shared_data / "trees-paris-sample" / "les-arbres_sample.geojson")
    table = standardise(raw, "trees-paris")
    assert len(table) == len(raw) == 3542
    assert_all_logged(raw, "trees-paris", table)
    assert (table["hauteur"].isna() == ((raw["hauteurenm"] == 0) | (raw["hauteurenm"] > 120))).all()
    assert table["hauteur"].median() == 100 * raw.loc[raw["hauteurenm"] > 0, "hauteurenm"].median()
    assert table["circonference"].isna().sum() == (raw["circonferenceencm"] == 0).sum()
    assert set(table["stade_developpement"].dropna()) == {"Jeune", "Jeune adulte", "Adulte", "Mature"}
    assert not table["cultivar_variete"].str.contains("''|^'", na=False).any()
    assert (table["cultivar_variete"] == "Duchesse d'Angoulême").any()
    summary = changes_summary(table)
    assert summary.set_index("rule").loc[values.GLUED, "rows"] == 419

    raw = pd.read_csv(shared_data / "trees-paris-sample" / "les-arbres_2019_extrait.csv", sep=";", dtype=str)
    table = standardise(raw, "trees-paris")
    assert_all_logged(raw, "trees-paris", table)
    west, south, east, north = table.geometry.to_crs(4326).total_bounds
    assert 2.2 < west < east < 2.5 and 48.8 < south < north < 48.92  # geo_point_2d is "lat, lon"
    assert table["id"].iloc[0] == "123704"
    assert set(table["stade_developpement"].dropna()) == {"Jeune", "Jeune adulte", "Adulte"}
    assert (table["remarquable"].isna() == raw["REMARQUABLE"].isna()).all()


def test_grenoble(shared_data):
    raw = gpd.read_file(shared_data / "trees-grenoble-slim" / "grenoble.geojson")
    table = standardise(raw, "trees-grenoble")
    assert len(table) == 5343 and table["taxon"].notna().mean() > 0.99
    assert_all_logged(raw, "trees-grenoble", table)
    near = coordinates.duplicates(table.geometry) >= 0
    assert table["doublon"].notna().sum() == near.sum() > 0


def test_saint_quentin(shared_data, real_cards):
    raw = pd.read_csv(shared_data / "trees-saint-quentin" / "Data_Arbre.csv", dtype=str)
    card = json.loads((Path(real_cards) / "trees-saint-quentin.json").read_text(encoding="utf-8"))
    table = standardise(raw, card)
    assert_all_logged(raw, card, table)
    assert table["hauteur"].between(100, 3700).all()
    assert table["taxon"].notna().mean() > 0.95
    first = table.iloc[1]  # PINNIGnig
    assert (first["taxon"], first["genre"], first["espece"], first["nom_latin"]) == (
        "Pinus nigra",
        "Pinus",
        "nigra",
        "PINNIGnig",
    )
    coded = logged(table, "genre").set_index("row").loc[2]
    assert (coded["before"], coded["after"]) == ("PINNIGnig", "Pinus") and "code" in coded["rule"]
    assert table["statut"].value_counts().to_dict() == {"standing": 6645, "lost": 764}
    # Taken at its word, "tronc_diam" is a diameter, and its heights have no unit: the values say otherwise.
    for field in card["schema"]["fields"]:
        if field["name"] == "circonference":
            field["name"] = "diametre"
        if field["name"] == "hauteur":
            del field["source_unit"]
    blind = standardise(raw, card)
    assert "girths" in logged(blind, "circonference")["rule"].iloc[0]
    pd.testing.assert_series_equal(blind["dbh"], table["dbh"])
    pd.testing.assert_series_equal(blind["hauteur"], table["hauteur"])
