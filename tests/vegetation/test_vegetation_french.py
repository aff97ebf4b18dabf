"""What this theme says in French: distances, errors, sentences, a figure and a map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from datakit.errors import WrongUse
from datakit.language import _, speaking
from datakit.show import Value, tables
from datakit.vegetation import candidates, exposure, firmness, future, heat, inequality, pictures, placing, rule, town
from datakit.vegetation.people import HIDDEN
from datakit.vegetation.planting import CHOICE, Offsets


@pytest.fixture(autouse=True)
def french():
    with speaking("fr"):
        yield


def test_distances_are_read_in_french_and_chosen_by_the_same_rule():
    table = Offsets(roads=2.5).table().set_index("name")
    assert table.loc["buildings", "source"] == "choix de ce kit"
    assert table.loc["roads", "source"] == "choisi par l\u2019utilisateur (par d\u00e9faut 3\u00a0m)"
    assert "1,40\u00a0m" in table.loc["walking", "source"]
    with speaking("en"):
        english = Offsets().table().set_index("name")["source"]
    assert set(Offsets().chosen) == set(english.index[english.str.startswith(CHOICE)])
    assert Offsets().scaled(2).buildings == 10 and Offsets().scaled(2).walking == 1.4


def test_names_of_parameters_are_not_translated():
    for table in (Offsets().table(), rule.Rule().table()):
        page = tables.html(table, caption="x")
        names = table["name"] if "name" in table else table["parameter"]
        assert all(f">{name}<" in page for name in names), page


def test_an_error_says_what_is_missing():
    with pytest.raises(WrongUse) as error:
        heat.yearly(pd.DataFrame({"station": []}))
    assert "pas de colonne date, tmax" in str(error.value) and "attendu\u00a0:" in str(error.value)


def test_the_rule_has_french_words_and_decimal_commas():
    table = rule.Rule(canopy=0.25).table()
    assert set(table["part"]) == {"trois arbres en vue", "canop\u00e9e alentour", "espace vert \u00e0 pied"}
    assert table.set_index("parameter").loc["canopy", "source"].endswith("par d\u00e9faut 0,3")
    assert f"{rule.values(share())['canopy_30']}" == "25,0\u00a0%"


def share():
    return pd.DataFrame({"share": [0.25], "low": [0.25], "high": [0.25], "unknown": [0.0]}, index=["canopy_30"])


def test_words_of_sentences_are_french():
    groups = pd.DataFrame({"old_pct": [40.0, 0, 0, 0], "population_pct": [30.0, 0, 0, 0]}, index=exposure.HEAT)
    word = exposure.compared(groups, "old")
    assert f"{Value(word)}" == "plus que parmi l\u2019ensemble des habitants"
    assert town.named(pd.Series(["Dijon", "Longvic", "Quetigny"])) == "Dijon, Longvic et Quetigny"
    people = pd.DataFrame({"population": [9.0], "old": [1.0], "under_6": [1.0]})
    living = placing.Placed(people, "IRIS", "aged 75 or older", np.nan, people, ())
    assert living.vulnerable == "75 ans ou plus, ou moins de 6 ans"
    # What a chapter says of a choice is what stands before the first comma.
    assert _(firmness.CHOICES["heat"]).partition(",")[0] == "la chaleur de chaque zone climatique"


def test_a_mix_is_told_in_french():
    found = candidates.table().head(3)
    mix = found.assign(share=1 / 3, trees=1, genus_share=0.1).rename_axis("taxon").reset_index()
    columns = ["taxon", "nom_fr", "share", "trees", "drought", "heat", "frost", "height_low", "height_high"]
    told = candidates.told(mix[[*columns, "allergy", "threats", "genus_share"]])
    page = tables.html(told, caption="x")
    assert "s\u00e9cheresse" in page and "nom fran\u00e7ais" in page and "aucune de la liste" in page
    assert not {"tolerant", "low", "moderate", "none listed"} & set(told.astype(str).to_numpy().ravel())
    said = " ".join(candidates.sources(candidates.table().index).to_numpy().ravel())
    assert "de l\u2019essai Stadtgr\u00fcn" in said and "7 \u00e0 10 m" in said and "(gel)" in said
    assert not any(words in said for words in ("of the trial", " to 10", "plant database", "warmer end"))


def test_groups_of_residents_are_told_in_french():
    row = dict.fromkeys([*rule.PARTS, "all_three", "none"], 0.5) | {"iris": 4, "residents": 100.0}
    named = [("all", "all residents"), ("income", "01 (lowest incomes)"), ("income", "03"), ("income", HIDDEN)]
    table = inequality.table(pd.DataFrame([row | {"by": by, "group": group} for by, group in named]))
    assert table["group"].tolist()[1:3] == ["groupe de revenu 01 (revenus les plus bas)", "groupe de revenu 03"]
    page = tables.html(table, caption="x")
    for said in ("tous les habitants", "revenu non publi\u00e9", "trois arbres en vue (%)", "habitants"):
        assert said in page, said


def test_a_figure_is_french():
    rows = [
        {"case": case, "when": when, "three_trees": part}
        for when, part in zip(future.COLUMNS, (0.41234, 0.27777, 0.29999), strict=True)
        for case in ("few die", "middle", "many die")
    ]
    shown = pictures.later(pd.DataFrame(rows), "three_trees", "three trees in view", 30, [])
    assert "dans 30 ans, sans plantation\u00a0: 27,8\u00a0%" in shown.alt and "trois arbres en vue" in shown.alt


def test_a_map_is_french():
    cells = gpd.GeoDataFrame(
        {"cell": list("abcd")}, geometry=[shapely.box(k, 0, k + 100, 100) for k in (0, 100, 200, 300)], crs=2154
    ).set_geometry("geometry")
    cells = cells.set_geometry(cells.translate(850_000, 6_690_000))
    met = pd.DataFrame({"met": [3, 2, 0, np.nan], "three_trees": 1.0, "canopy": 0.3, "walk": [10, 20, np.inf, 5]})
    made = pictures.parts_met(cells, met, pd.Series([50.0, 20, 30, 4]), cells.assign(name="x"), [])
    assert (
        "Carte de 4 mailles habit\u00e9es\u00a0: les trois parties de la r\u00e8gle sont respect\u00e9es dans 1,"
        in made.alt
    )
    page = made._repr_html_()
    for said in ("parties respect\u00e9es", "moins de 11 habitants", "logements qui voient des arbres", "aucune"):
        assert said in page, said
    for english in ("parts met", "fewer than", "homes that see", "on foot to"):
        assert english not in page, english
