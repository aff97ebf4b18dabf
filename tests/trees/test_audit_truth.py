"""The audit of the sample, held to the faults that its README says were planted: all are found, and nothing else is."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.data.layers import Layers
from datakit.data.origins import SAMPLE
from datakit.trees import study
from datakit.trees.checks.outcome import audit
from tools.sample import draws
from tools.sample import trees as invented

# What the README counts: the column that was spoilt, that of the truth, and the checks that must see it.
PLANTED = {
    "species given as `sp.`": ("espece", "espece", {"genus only", "unresolved"}),
    "heights in metres": ("hauteur", "hauteur", {"range hauteur", "odd shape"}),
    "trees entered at the place of another one": ("geometry", "geometry", {"same place"}),
    "girths in millimetres": ("circonference", "circonference", {"range circonference", "too thick", "odd shape"}),
    "trees under the code of another commune": ("code_insee", "code_insee", {"wrong commune"}),
    "planted in 2052": ("annee_plantation", "annee", {"planted after", "felled before"}),
}
NAMES = ["genre", "espece", "taxon"]
# What else the README says, in per cent of the trees: what is missing, by check.
MISSING = {"survey": 20, "age": 15, "hauteur": 8, "trunk": 8, "diametre_couronne": 8}
EMPTY = ["code_postal", "type_sol", "type_enracinement", "port_arbre"]
EMPTY += ["eclairage", "arrosage", "allergie", "gestionnaire"]


@pytest.fixture(scope="module")
def chapter():
    """The study of chapter 10, on the bundled sample."""
    return study.study(Layers("sample", reference="trees-dijon"), "trees-dijon")


@pytest.fixture(scope="module")
def spoilt(chapter):
    return chapter.recorded.drop(columns="place")


@pytest.fixture(scope="module")
def truth(spoilt):
    """The trees as they were invented, before anything was spoilt."""
    with draws.city():
        made = invented.trees(draws.rng(11))  # the random numbers of the theme, as in tools/make_sample.py
    made["geometry"] = gpd.points_from_xy(made.x, made.y, crs=spoilt.crs)
    made = made.iloc[spoilt.id.astype(int) - 1].set_index(spoilt.index)
    kind, named = made.genre + " " + made.espece, spoilt.espece.notna()
    for name in NAMES:  # the botanical reference knows some by another name: that of the other trees of the kind
        made[name] = kind.map(spoilt[name][named].groupby(kind[named]).first())
    return made


@pytest.fixture(scope="module")
def rows(spoilt, truth):
    """Which trees each fault was planted in."""
    found = {fault: spoilt[name].notna() & (spoilt[name] != truth[true]) for fault, (name, true, _) in PLANTED.items()}
    away = np.hypot(spoilt.geometry.x - truth.x, spoilt.geometry.y - truth.y)
    found["trees entered at the place of another one"] = away > 0.2  # m; degrees are rounded to 10 cm
    return found | {"species given as `sp.`": spoilt.espece.isna()}


@pytest.fixture(scope="module")
def sound(spoilt, truth, rows):
    """The inventory with everything that was spoilt put right."""
    table = spoilt.copy()
    for fault, (name, true, _) in PLANTED.items():
        table.loc[rows[fault], name] = truth.loc[rows[fault], true]
    table[NAMES] = truth[NAMES]
    return table


def findings(table, chapter):
    """Each check by its name, with its field where there are several of that name; an import's changes are no fault."""
    made = [f for f in audit(table, area=chapter.communes, today=chapter.year).findings if f.check != "change"]
    names = [f.check for f in made]
    return {f.check if names.count(f.check) == 1 else f"{f.check} {f.field}": f for f in made}


def test_the_readme_counts_what_was_planted(rows):
    readme = " ".join((SAMPLE / "README.md").read_text(encoding="utf-8").split())
    said = {fault: int(re.search(rf"([\d,]+) {fault}", readme)[1].replace(",", "")) for fault in PLANTED}
    assert said == {fault: wrong.sum() for fault, wrong in rows.items()}


@pytest.mark.parametrize("fault", PLANTED)
def test_each_planted_fault_is_found_by_its_own_checks(fault, spoilt, sound, rows, chapter):
    """One fault at a time, put into sound trees. A tree that lacks what a check compares is not judged by it."""
    name, _, checks = PLANTED[fault]
    table = sound.copy()
    columns = NAMES if name == "espece" else [name]
    table.loc[rows[fault], columns] = spoilt.loc[rows[fault], columns]
    before, after = findings(sound, chapter), findings(table, chapter)
    more = {check: f.trees - before[check].trees for check, f in after.items() if f.trees is not None}
    assert all(more[check] > 0 for check in checks), more
    assert 0.9 <= sum(more[check] for check in checks) / rows[fault].sum() <= len(checks), more
    assert {check for check, f in after.items() if f.verdict != before[check].verdict} <= checks


def test_the_headline_is_what_was_planted(spoilt, sound, chapter):
    """How far can the file be trusted? No check worth a look but for what the README says."""
    made, clean = findings(spoilt, chapter), findings(sound, chapter)
    worth = {check for check, f in made.items() if f.verdict in ("bad", "look")}
    faulty = {check for _, _, checks in PLANTED.values() for check in checks}
    missing = {f"empty {field}" for field in (*MISSING, *EMPTY)}
    assert worth - faulty == missing | {"set aside"}
    left = {check for check, f in clean.items() if f.verdict in ("bad", "look")}
    assert left == missing | {"set aside", "felled before"}
    for field, share_pct in (MISSING | dict.fromkeys(EMPTY, 100)).items():
        assert made[f"empty {field}"].share_pct == pytest.approx(share_pct, abs=0.5)
    # Felling dates do not look at planting dates, as the README says: the years in the file, counted without the audit.
    felled, planted = (pd.to_datetime(spoilt[name]).dt.year for name in ("date_abattage", "date_plantation"))
    assert made["felled before"].trees == (felled < planted).sum()
    assert made["set aside"].trees == 60_000 - len(spoilt)
    kinds = [f.verdict for f in made.values()]
    told = audit(spoilt, area=chapter.communes, today=chapter.year)
    assert (kinds.count("bad"), kinds.count("look")) == (told.verdicts["bad"], told.verdicts["look"])
    assert f" checks: {kinds.count('bad')} bad, {kinds.count('look')} look, " in told.text().splitlines()[0]
