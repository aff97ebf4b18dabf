"""What the room says in French: sentences, figures, maps, tables, errors, and the file that is handed on."""

import csv

import pandas as pd
import pytest

from datakit.data.layers import Layers
from datakit.errors import CannotAnswer, WrongUse
from datakit.inclusion import (
    access,
    areas,
    catchment,
    clusters,
    gap,
    mapped,
    offer,
    pictures,
    privacy,
    reports,
    services,
    setting,
    tables,
)
from datakit.language import speaking
from datakit.show import Value, ask

LABELS = {kind: services.CATEGORIES[kind] for kind in ("digital", "library", "doctor")}


@pytest.fixture(scope="module")
def here():
    return setting.of(Layers("sample"), list(LABELS))


@pytest.fixture(scope="module")
def limits():
    return dict.fromkeys(LABELS, 1000.0)


@pytest.fixture(autouse=True)
def french():
    with speaking("fr"):
        yield


def test_an_answer_is_a_french_sentence(here):
    sound = here.found.inside[~here.found.inside["flagged"]]
    town = offer.per_commune(sound, here.communes, here.found.kinds)
    without = town[town["digital"] == 0]
    with ask("Where are they?") as answer:
        answer.say(
            areas.sentence(here.found.kinds, LABELS),
            **areas.totals(town, without, here.found.kinds),
            **areas.listing(town, LABELS),
            cannot_say=access.caution(here.home),
            data=here.data,
        )
    assert answer.sentence.startswith("Lieu de médiation numérique\u00a0: ") and " dont " in answer.sentence
    assert "n’ont aucun lieu de ce type\u00a0: lieu de médiation numérique." in answer.sentence
    assert answer.cannot_say.startswith("Tous les habitants d’un carreau") and "passages piétons" in answer.cannot_say
    assert list(answer.table.columns)[2:] == ["lieu de médiation numérique", "bibliothèque", "médecin généraliste"]
    assert answer.figures["focus"].value == "Digital-inclusion place", "what programs compare stays English"


def test_words_that_follow_the_figures_are_french():
    words = catchment.follows("income", (0.2, 0.1, 0.3), "richer areas have more", "poorer areas have more")
    assert f"{words['income']}" == "0,20 (0,10 à 0,30)"
    found = clusters.Clusters(pd.DataFrame(), 107, 20, 3, 0.05, 0.4, 0.0001).figures()
    assert (f"{found['alike']}", f"{found['p']}") == ("plus semblables que ne le voudrait le hasard", "< 0,001")
    silent = pd.DataFrame({"group": ["poverty_rate"], "ratio": 0.8, "low": 0.7, "high": 0.9, "per": 8.25, "areas": 90})
    told = reports.spoken(silent, {"poverty_rate": "poor"})
    assert f"{told['poor_word']}" == "moins nombreux" and told["poor"].how.startswith("8,2 points au-dessus")


def test_figures_and_maps_are_french(here, limits):
    people = here.people("population", "pop_75_plus")
    shares = access.far(here.ways, people, limits)
    shares["group"] = shares["group"].map({"population": "living alone", "pop_75_plus": "75 or older"})
    drawn = pictures.far(shares, LABELS, limits, data=here.data)
    assert "bibliothèque\u00a0: vivant seuls" in drawn.alt and "Share" not in drawn.alt and "\u202f; " in drawn.alt
    shown = mapped.places(here.found.inside, LABELS, here.communes, data=here.data)
    assert shown.title == "Lieux par type" and "bibliothèque" in [layer.heading for layer in shown.layers]
    table = tables.far(shares, LABELS)
    assert list(table.columns[:3]) == ["type", "groupe", "loin (%)"] and "médecin généraliste" in set(table["type"])


def test_the_nine_classes_and_the_list_are_french(here, limits):
    assert gap.in_words("high need, bad access") == "besoin élevé, accès difficile"
    assert gap.in_words("near, yet in need") == "près, et pourtant dans le besoin"
    lacks = gap.lacking(access.by_area(here.home.points, here.ways, limits, area="iris"))
    found = gap.first(here.iris, lacks, 3, 1)
    first = tables.first(found)
    assert {"services loin", "75 ans ou plus (%)", "effectif des 75 ans ou plus à utiliser"} <= set(first.columns)
    assert set(first["pourquoi"]) <= {"âgés, et seuls", "âgés", "vivant seuls"}
    assert {"loin, et âgés ou seuls", "pas loin"} <= set(
        mapped.first(found.table, here.communes, data=here.data).layers[-1].classes.labels
    )
    people = pd.Series([10.0, 20, 30])
    classes = gap.bivariate(pd.Series([1.0, 2, 3]), pd.Series([1.0, 2, 3]), people)
    assert set(tables.classes(gap.shares(classes, people))["classe"]) == set(map(gap.in_words, classes["label"]))


def test_errors_are_french():
    with pytest.raises(WrongUse, match="ce n’est pas un type de service"):
        services.known(["bakery"])
    with pytest.raises(CannotAnswer, match="aucun lieu de ces types ne dit quand il est ouvert") as caught:
        offer.opening(pd.DataFrame({name: [0] for name in offer.SAYS.values()}))
    assert str(caught.value).startswith("horaires d’ouverture")


def test_a_file_that_is_handed_on_says_in_french_why_a_figure_is_hidden(tmp_path):
    table = pd.DataFrame({"iris": list("abcd"), "households": [400, 5, 300, 20], "poor": [40, 2, 30, 8]})
    file = privacy.write(table, tmp_path / "out.csv", ["poor"], count="households", public=("iris",))
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert {row["hidden"] for row in rows} == {
        "",
        "non montré\u00a0: trop peu de ménages ici, ou ce chiffre en dévoilerait un autre",
    }


def test_the_last_day_is_written_as_in_france():
    dates = pd.Series(pd.to_datetime(["2021-11-15", None, "2020-01-01"]))
    assert f"{offer.newest(dates)}" == "15/11/2021"
    assert f"{offer.newest(dates[:0])}" == "non précisé"


def test_a_number_in_a_value_is_written_as_in_france():
    assert f"{Value(1234.5, 'hours', decimals=1)}" == "1234,5\u00a0heures"
