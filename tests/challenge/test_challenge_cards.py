"""The kit's cards for another town: sound, about that town alone, and with its codes wherever the kit's had its own."""

import json

import pytest

from datakit.challenge.cards import CARDS, cards, for_town
from datakit.challenge.plan import plan
from datakit.data.card_checks import mistakes
from datakit.settings import PACKAGED, challenge
from tests.challenge.test_plan import GIVEN

SEVERAL = {  # invented names and codes that no commune has
    **GIVEN,
    "town": "Angle",
    "territory": "Le Grand Angle",
    "communes": "99901 Angle, 99902 Bout, 99903 Coin",
    "portal": "data.example.org",
    "themes": ["trees", "vegetation", "inclusion"],
}


@pytest.fixture(scope="module")
def made():
    return cards(plan(SEVERAL))


def test_every_card_is_sound_and_says_nothing_of_the_kits_town(made):
    assert len(made) == len({id for ids in CARDS.values() for id in ids}) + 2
    said = challenge(PACKAGED).territory
    for id, card in made.items():
        text = json.dumps(card, ensure_ascii=False)
        assert mistakes(text, id) == (), id
        assert card["checked"] is None and said["town"].lower() not in text.lower()
        assert not [code for code in said["communes"] if code in text]


def test_codes_stand_where_the_kits_stood(made):
    assert "('99901','99902','99903')" in made["iris"]["url"]
    assert "%5E%2899901%7C99902%7C99903%29%24" in made["trees-osm"]["url"]
    assert made["bpe"]["row_filter"]["values"] == ["99901", "99902", "99903"]
    assert made["france-services"]["row_filter"]["values"] == ["99"]
    assert "/communes/99/{insee}/" in made["cadastre-parcels"]["url"]
    assert made["cadastre-parcels"]["parameter"]["default"] == "99901"
    assert "BBOX=922000,6681800,933900,6695700,EPSG:2154" in made["bdtopo-roads"]["url"]
    assert made["trees-osm"]["bounds"] == [5.84, 47.1, 6.19, 47.42]  # of the town, and a margin
    assert "bounds" not in made["qpv-2024"]  # those of a département are not known
    assert made["portal"]["url"].startswith("https://data.example.org/api/explore/v2.1/")


def test_names_are_joined_in_french(made):
    assert made["communes"]["title_fr"] == "Communes du Grand Angle, contours"
    assert made["communes"]["title"] == "Communes of Le Grand Angle, contours"
    assert "du département 99" in made["qpv-2024"]["description_fr"]


def test_contours_have_an_address_only_where_the_grouping_is_known():
    assert for_town("communes", plan(GIVEN))["url"] is None
    known = for_town("communes", plan({**GIVEN, "epci": "299999999"}))
    assert known["url"].startswith("https://geo.api.gouv.fr/epcis/299999999/communes?")
