"""What the room of trees says in French: an error, a list, a figure, a rule, the audit in a terminal."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer, DatakitError
from datakit.language import speaking
from datakit.trees import choosing, drawing, exposure, ratings, risk, structure, visits
from datakit.trees.checks.outcome import audit
from datakit.trees.inventory import importing
from datakit.trees.inventory.changes import in_words


@pytest.fixture(autouse=True)
def in_french():
    with speaking("fr"):
        yield


@pytest.fixture
def trees():
    table = {"genre": "Acer", "hauteur": 500, "annee_plantation": 1990, "adresse": "Rue des Roses"}
    return gpd.GeoDataFrame([table] * 300, geometry=gpd.points_from_xy(range(300), range(300)), crs=2154)


def test_an_error_says_what_is_missing(trees, tmp_path):
    with pytest.raises(CannotAnswer) as caught:
        risk.outcomes(trees)
    assert caught.value.subject == "pertes" and caught.value.found == "pas de colonne etat"
    with pytest.raises(DatakitError, match="ce fichier n’existe pas"):
        importing.read_raw(tmp_path / "arbres.csv")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("middle of the class", "milieu de la classe"),
        ("an approximate number, taken as it is; m to cm", "nombre approché, pris tel quel\u202f; m en cm"),
        ("the whole column from m to cm", "toute la colonne de m en cm"),
        (
            "milliseconds since 1970, as the day in France, the whole column",
            "millisecondes depuis 1970, ramenées au jour en France, toute la colonne",
        ),
        ("not at least 0: set missing", "hors règle «\u00a0at least 0\u00a0»\u00a0: valeur effacée"),
        ("a rule of somebody else", "a rule of somebody else"),
    ],
)
def test_a_rule_with_values_in_it_is_told(rule, said):
    assert in_words(rule) == said


def test_the_audit_speaks_as_a_terminal_reads(trees):
    text = audit(trees, today=2026).text()
    assert text.startswith("300 arbres, ")
    assert " contrôles\u00a0: " in text and "Ce que ce fichier ne permet pas de dire\u00a0:" in text
    assert "Diameter" not in text and "not filled" not in text


def test_a_figure_has_french_words(trees):
    figure = drawing.ages(structure.age(trees, 2020), [trees])
    assert figure.alt.startswith("Âge de 300 arbres\u202f; la moitié a plus de 30 ans.")
    bars = drawing.commonest(pd.Series({"Acer campestre": 12}), "species", [trees])
    assert "Érable champêtre" in bars.alt and bars.alt.startswith("Barres des espèces")


def test_threats_and_their_sources_are_in_french():
    threats = exposure.threats().set_index("id")
    assert threats.loc["canker-stain", "name"] == "chancre coloré du platane"
    assert (
        "(résumé)" in threats.loc["canker-stain", "source"] and "abstract" not in threats.loc["canker-stain", "source"]
    )
    said = ratings.statements("allergy").iloc[0].to_dict()
    assert ratings.cite(said).startswith("Comité scientifique du RNSA") and ratings.cite(said).endswith("(extrait)")


def test_a_list_of_visits_has_french_heads(trees, tmp_path):
    trees.attrs["datakit"] = {"synthetic": True}
    sheet, layer = visits.write_list(visits.visit_list(trees, np.linspace(0, 1, 300), n=20), tmp_path)
    head, first = sheet.read_text(encoding="utf-8-sig").splitlines()[:2]
    assert head.startswith("rang;score (0 à 1);tournée;arrêt;") and first.endswith(";ÉCHANTILLON INVENTÉ")
    assert {"rang", "tournee", "arret", "parcouru_m", "pourquoi", "donnees"} <= set(gpd.read_file(layer).columns)


def test_a_choice_names_its_lists():
    differences = pd.DataFrame(
        [("chance", choosing.RULE, 5.0, 2.0, 8.0, True)],
        columns=["simpler", "other", "difference", "low", "high", "beats"],
    )
    choice = choosing.Choice(choosing.RULE, pd.Series([0.1]), differences, 200)
    assert choice.sentence().startswith("Choix\u00a0: «\u00a0stade le plus avancé d’abord\u00a0», la plus simple")
    assert choice.told()["simpler"].tolist() == ["hasard"]
