"""An organiser's answers: what they are made into, and what cannot be right."""

import pytest

from datakit.challenge.plan import QUESTIONS, plan
from datakit.errors import WrongUse

GIVEN = {
    "title": "Défi de la ville",
    "town": "Besançon",
    "communes": "25056 Besançon",
    "box": "5.94, 47.20, 6.09, 47.32",
    "themes": ["inclusion", "trees"],
    "language": "fr",
    "months": 6,
}


def test_answers_become_a_plan():
    made = plan({**GIVEN, "portal": "https://data.example.org/explore/", "deadline": "2027-03-31T12:00:00+02:00"})
    assert (made.code, made.departement, made.inventory) == ("25056", "25", "trees-besancon")
    assert made.territory == "Besançon" and made.portal == "data.example.org"
    assert made.themes == ("trees", "inclusion")  # in the order of the kit, however they were typed
    assert [one["id"] for one in made.criteria] == ["usefulness", "evidence", "feasibility", "openness"]
    west, south, east, north = made.bounds
    assert 10_000 < east - west < 15_000 and 12_000 < north - south < 16_000  # 0.15° and 0.12° at 47° north


@pytest.mark.parametrize(("code", "departement"), [("2A004", "2A"), ("97105", "971"), ("01004", "01")])
def test_the_departement_is_the_beginning_of_the_code(code, departement):
    assert plan({**GIVEN, "communes": f"{code} Ville"}).departement == departement


@pytest.mark.parametrize(
    ("name", "said", "what"),
    [
        ("title", "", "missing"),
        ("communes", "Besançon 25056", "codes and names"),
        ("communes", "25056", "codes and names"),
        ("communes", "25056 Besançon, 25056 Besançon", "each once"),
        ("box", "47.20, 5.94", "no box"),
        ("box", "6.09, 47.20, 5.94, 47.32", "no box"),
        ("box", "0, 40, 10, 50", "larger than any town"),
        ("portal", "notre portail", "no address"),
        ("epci", "242", "no SIREN"),
        ("themes", [], "no such theme"),
        ("themes", ["noise"], "no such theme"),
        ("language", "de", "no such language"),
        ("accent", "#ffee00", "contrast"),
        ("deadline", "2027-03-31", "time zone"),
        ("deadline", "2027-03-31T12:00", "time zone"),
        ("months", 0, "1 to 60"),
        ("criteria", [{"id": "a"}], "id, name and weight"),
        ("criteria", [{"id": "a", "name": "A", "weight": "much"}], "id, name and weight"),
        ("criteria", [{"id": "a", "name": "A", "weight": -1}], "above 0"),
        ("criteria", "usefulness", "id, name and weight"),
        ("criteria", 3, "id, name and weight"),
        ("limits", 3, "above 0"),
        ("limits", ["seconds"], "above 0"),
        ("limits", {"seconds": "many"}, "above 0"),
        ("limits", {"second": 3}, "above 0"),
        ("limits", {"files": 2.5}, "above 0"),
    ],
)
def test_what_cannot_be_right_is_said_with_its_question(name, said, what):
    with pytest.raises(WrongUse, match=what) as caught:
        plan({**GIVEN, name: said})
    assert str(caught.value).startswith(name) and name in QUESTIONS
