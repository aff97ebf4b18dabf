"""The words of the chapters follow the city: with what is planted, and with each planted effect left out."""

from functools import cache

import pytest

from datakit.data.layers import Layers
from datakit.inclusion import access, areas, gap, homes, reports, setting
from tools.make_sample import make
from tools.sample import inclusion as invented

KINDS = ["digital", "france_services", "post", "library", "doctor", "pharmacy"]
LIMITS = dict.fromkeys(KINDS, 1000) | {"france_services": 3000}
NAMES = {"poverty_rate": "poor", "pop_75_plus_pct": "older"}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The layers of an invented city, those of the sample without an argument."""

    @cache
    def found(*without):
        if not without:
            return Layers("sample")
        folder = tmp_path_factory.mktemp("city")
        # Streets and houses are the sample's own with or without these effects: drawing them anew takes longest.
        make(folder, without=without, themes=("territory", "inclusion", "squares"))
        return Layers(f"{folder},sample")

    return found


def words(layers):
    iris = areas.iris(layers, incomes=True)
    told = reports.beside_defects(layers, iris)
    said = reports.spoken(reports.silence(told.table, "defects", *NAMES), NAMES)
    return {name: said[f"{name}_word"].value for name in NAMES.values()}


@pytest.mark.slow
def test_where_nobody_is_silent_no_silence_is_found(city):
    assert words(city()) == {"poor": "fewer", "older": "fewer"}
    assert "fewer" not in words(city("silence")).values()


@pytest.mark.slow
def test_the_list_is_that_of_the_planted_areas_only_where_they_lack_services(city):
    def listed(layers):
        here = setting.of(layers, KINDS, incomes=True)
        lacks = gap.lacking(access.by_area(here.home.points, here.ways, LIMITS, area="iris"))
        assert here.home.how == homes.SQUARES
        return set(gap.first(here.iris, lacks, len(KINDS)).listed["iris"])

    assert set(invented.PLANTED) <= listed(city())
    assert not set(invented.PLANTED) <= listed(city("services", "older"))
