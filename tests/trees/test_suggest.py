"""Proposals for the columns of inventories that nobody has seen."""

import warnings

import pandas as pd
import pytest

from datakit.trees import standardise
from datakit.trees.inventory.suggest import suggest_crosswalk, unit_of, words_of
from tests.crosswalk_scores import packaged, real, scores

# Headers in the manners of cities that have no card here, with what a person would answer.
UNSEEN = {
    "a shapefile, names cut at ten letters": {
        "ID_ARBRE": "id",
        "GENRE_BOTA": "genre",
        "ESPECE_BOT": "espece",
        "DATE_PLANT": "date_plantation",
        "HAUTEUR_TO": "hauteur",
        "CIRCONFERE": "circonference",
        "STADE_DEVE": "stade_developpement",
        "SHAPE_LENG": None,
        "NOM_VERNAC": "nom_vernaculaire",
    },
    "English": {
        "tree_id": "id",
        "genus": "genre",
        "species": "espece",
        "common_name": "nom_vernaculaire",
        "height_m": "hauteur",
        "dbh_cm": "diametre",
        "planting_year": "annee_plantation",
        "crown_diameter_m": "diametre_couronne",
        "created_by": None,
    },
    "capitals without spaces": {
        "IDENTIFIANTARBRE": "id",
        "NOMLATIN": "nom_latin",
        "NOMCOMMUN": "nom_vernaculaire",
        "HAUTEURENM": "hauteur",
        "CIRCONFERENCEENCM": "circonference",
        "ANNEEPLANTATION": "annee_plantation",
        "DOMANIALITE": "gestionnaire",
        "ADRESSE": "adresse",
        "PASSWORDHASH": None,
    },
    "abbreviations": {
        "num_arbre": "id",
        "genre": "genre",
        "esp": "espece",
        "haut": "hauteur",
        "circ": "circonference",
        "an_plant": "annee_plantation",
        "rq": None,
        "quartier": "secteur",
    },
}


@pytest.mark.parametrize("manner", UNSEEN)
def test_headers_in_other_manners_are_understood(manner):
    answers = UNSEEN[manner]
    found = suggest_crosswalk(pd.DataFrame(columns=list(answers), dtype="str")).table.set_index("source")["field"]
    given = {s: f for s, f in found.items() if isinstance(f, str)}
    wrong = {s: f for s, f in given.items() if answers[s] != f}
    assert not wrong
    assert len(given) >= 0.75 * sum(f is not None for f in answers.values())


def test_every_known_crosswalk_left_out_in_turn():
    table = scores(packaged())
    print(table.to_string())
    total = table[["fields", "proposed", "right"]].sum()
    assert total.fields > 250
    assert total.right / total.proposed >= 0.95 and total.right / total.fields >= 0.90


def test_real_files_left_out_in_turn(shared_data):
    table = scores(real(shared_data))
    print(table.to_string())
    total = table[["fields", "proposed", "right"]].sum()
    assert len(table) == 4 and total.right / total.proposed >= 0.95 and total.right / total.fields >= 0.90


def test_values_carry_columns_whose_names_say_nothing():
    n = 60
    table = pd.DataFrame(
        {
            "c1": ["Tilia cordata", "Platanus x acerifolia", "Acer campestre"] * (n // 3),
            "c2": ["Adulte", "Jeune", "Sénescent"] * (n // 3),
            "c3": ["Tilleul", "Platane", "Érable"] * (n // 3),
            "c4": range(n),
            "mot_de_passe": ["azerty", "qsdfgh", "wxcvbn"] * (n // 3),
        }
    )
    found = suggest_crosswalk(table).table.set_index("source")
    assert found.loc["c1", "field"] == "nom_latin" and "Latin names" in found.loc["c1", "reason"]
    assert found.loc["c2", "field"] == "stade_developpement" and found.loc["c3", "field"] == "nom_vernaculaire"
    assert found.loc[["c4", "mot_de_passe"], "field"].isna().all()
    assert "no field fits" in found.loc["mot_de_passe", "reason"]


def test_values_contradict_a_name():
    table = pd.DataFrame({"genre": ["F", "M"] * 30, "hauteur": ["rue Monge"] * 60, "remarquable": range(60)})
    assert suggest_crosswalk(table).table["field"].isna().all()


def test_a_diameter_that_is_a_girth_is_proposed_as_one():
    table = pd.DataFrame({"genre": ["Tilia"] * 300, "tronc_diam": [20, 100, 110, 160, 320, 90] * 50})
    row = suggest_crosswalk(table).table.set_index("source").loc["tronc_diam"]
    assert row["field"] == "circonference" and "girths in cm, although called a diameter" in row["reason"]


def test_the_crosswalk_is_used_as_it_is_and_shown():
    table = pd.DataFrame(
        {
            "GENRE": ["Tilia", "Acer"],
            "ESPÈCE": ["cordata", "campestre"],
            "HAUTEUR (m)": ["12,5", "8"],
            "geo_point_2d": ["47.32, 5.04", "47.33, 5.05"],
            "<b>x</b>": ["a", "b"],
        }
    )
    found = suggest_crosswalk(table)
    trees = standardise(table, found.crosswalk)
    assert trees["taxon"].tolist() == ["Tilia cordata", "Acer campestre"] and trees["hauteur"].tolist() == [1250, 800]
    assert trees.geometry.to_crs(4326).y.round(2).tolist() == [47.32, 47.33]
    page = found._repr_html_()
    assert "&lt;b&gt;x" in page and "ESPÈCE" in page and "not mapped" in page
    assert "HAUTEUR (m)" in found.text()


NAMES = {"HAUTEUR (m)": "m", "hauteurenm": "m", "circonferenceencm": "cm", "hauteurm": "m", "haut_tot": "", "forum": ""}


@pytest.mark.parametrize(("name", "unit"), NAMES.items())
def test_units_are_read_in_names(name, unit):
    assert unit_of(name) == unit


def test_names_are_folded():
    assert words_of("ANNÉE de plantation") == ["annee", "de", "plantation"]
    assert words_of("diamTronc2") == [
        "diam",
        "tronc",
        "2",
    ]


def test_an_empty_table_and_no_known_city_still_answer():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(suggest_crosswalk(pd.DataFrame(), known={}).table) == 0
        assert suggest_crosswalk(pd.DataFrame({"genre": []}), known={}).table["field"].tolist() == ["genre"]
