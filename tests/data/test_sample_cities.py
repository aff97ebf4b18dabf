"""Other invented cities: another seed draws all anew, and each planted effect can be left out, alone."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tools.make_sample import BUNDLED, make
from tools.sample import blocks, draws, inclusion, squares, territory, trees, vegetation, weather

MAKER = Path(__file__).resolve().parents[2] / "tools" / "make_sample.py"


@cache
def forest(without=()):
    with draws.city(without=without):
        return trees.trees(draws.rng(11))


# What a tree must be for the effect to be about it.
ABOUT = {
    "street": lambda f: f.groupby("adresse").lost.transform("mean") > 0.5,
    "sector": lambda f: f.secteur.notna(),
    "genus": lambda f: f.risk == 1,
    "paved": lambda f: f.pied == "Enrobé",
    "age": lambda f: f.age > 40,
    "young": lambda f: f.age <= 3,
}


@pytest.mark.slow
@pytest.mark.parametrize("effect", ABOUT)
def test_trees_without_an_effect_differ_where_it_was_and_nowhere_else(effect):
    there, gone = forest(), forest((effect,))
    about = ABOUT[effect](there)
    columns = ["x", "y", "adresse", "genre", "age", "pied"]
    assert there[columns].equals(gone[columns])  # the same trees
    differ = ~np.isclose(there.chance, gone.chance)
    assert differ[about].mean() > 0.9
    if effect == "street":
        assert gone.groupby("adresse").lost.mean().max() < 0.75 and there.adresse[differ].nunique() == trees.FELLED
    else:
        assert not differ[~about].any()
    if effect in ("genus", "paved", "young"):
        assert gone.lost[about].mean() < there.lost[about].mean()


def test_another_seed_is_another_city():
    with draws.city(7):
        other, towns = trees.trees(draws.rng(11)), territory.communes()
    assert not other.x.equals(forest().x) and (towns.population != territory.communes().population).any()
    assert other.groupby("adresse").lost.mean().nlargest(10).min() > 0.7  # its streets are lost together, too
    assert territory.iris() is not None and draws.drawn() == (draws.SEED, ())


def test_an_area_with_few_inhabited_squares_can_be_drawn():
    with draws.city(6):
        assert squares.truth().residents.gt(0).all()


def test_places_without_hardship_have_no_fictitious_poverty():
    with draws.city(without=["poverty"]):
        flat = territory.iris().deprivation
    poor = territory.iris().set_index("iris").deprivation
    assert flat.nunique() == 1 and poor[list(territory.PLANTED)].min() > 0.5


def test_services_old_people_and_silence_are_left_out_one_by_one():
    def older():
        counts = inclusion.people(draws.rng(13))
        return (counts.POP75P / counts.POP)[list(territory.PLANTED)].mean()

    assert older() > 0.2
    with draws.city(without=["older"]):
        assert older() < 0.15
    assert inclusion._lacking() is not None
    with draws.city(without=["services"]):
        assert inclusion._lacking() is None


def test_what_citizens_report_follows_the_defects_where_nobody_is_silent(tmp_path):
    def told(folder):
        inclusion._reports(folder)
        reports = json.loads((folder / "citizen-reports/reports.json").read_text(encoding="utf-8"))
        return len(reports)

    spoken = told(tmp_path / "all")
    with draws.city(without=["silence"]):
        assert told(tmp_path / "without") > 1.03 * spoken


def test_zones_barriers_and_weather_are_left_out_one_by_one():
    assert set(blocks.blocks().zone) == {"bare", "green", ""} and len(blocks.divided())
    with draws.city(without=["zones"]):
        assert set(blocks.blocks().zone) == {""} and len(blocks.divided())
    with draws.city(without=["barrier"]):
        assert "bare" in set(blocks.blocks().zone) and not len(blocks.divided())

    def mean(without, column="TM"):
        with draws.city(without=without):
            table = weather._table(draws.rng(12, 1))
        table = table[table.NUM_POSTE == "21999001"]
        table = table[table.AAAAMMJJ.str[4:6].isin(["06", "07", "08"])]
        return table.groupby(table.AAAAMMJJ.str[:4])[column].mean()

    with_all = mean(())
    still = mean(("warming",))
    assert (with_all - still).iloc[-1] == pytest.approx(15.6 * weather.WARMING, abs=0.05)
    cooler = mean((), "TN") - mean(("nights",), "TN")
    assert cooler.to_numpy() == pytest.approx(weather.WARM_NIGHTS, abs=0.06)


def test_climate_zones_without_heat_are_the_same_all_over_the_city():
    vegetated = vegetation.drawn()[0]
    at = territory.city().buffer(-200)

    def kinds():
        zones = vegetation._lcz(vegetated)
        return set(zones.lcz_int[zones.within(at)])

    assert len(kinds()) > 3
    with draws.city(without=["heat"]):
        assert kinds() <= {6}


def test_an_unknown_effect_and_the_bundled_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no such effect: luck; there are street"):
        make(tmp_path / "x", without=["luck"])
    asked = subprocess.run([sys.executable, MAKER, "--seed", "3"], capture_output=True, text=True)
    assert asked.returncode == 2 and "a FOLDER of its own" in asked.stderr
    assert (BUNDLED / "README.md").is_file()


def test_a_city_says_what_it_goes_without(tmp_path):
    make(tmp_path / "city", 3, ["warming"], themes=("territory",))
    said = (tmp_path / "city/README.md").read_text(encoding="utf-8")
    assert "that of seed 3" in said and "Left out: weather that warms" in said and "INVENTED" in said
    lock = json.loads((tmp_path / "city/data.lock").read_text(encoding="utf-8"))
    assert lock["synthetic"] is True and set(lock["datasets"]) == {"communes", "iris", "communes-population"}
