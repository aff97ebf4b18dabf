"""The chapters on trees on other inventories than the one they are shipped with: every sentence follows its figures."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from datakit.data import mirrors
from tests.chapters import answers, execute, value

pytestmark = pytest.mark.slow
CHAPTERS = tuple(
    f"{number}_trees_{name}"
    for number, name in enumerate(("inventory", "diversity", "structure", "losses", "risk"), 10)
)


def study(inventory, origins, chapters=CHAPTERS, **parameters):
    """The answers of chapters by question, those of exercises too."""
    found = {}
    for book in execute(*chapters, origins=origins, inventory=inventory, draws=20, **parameters).values():
        found |= answers(book)
    return found


def agree(found):
    """What the sentences say and what their figures are."""
    for answer in found.values():
        assert answer["answered"] != bool(answer["why"]), answer
    if (rule := found.get("Is one taxon too common?")) and rule["answered"]:
        assert value(rule, "kept") <= value(rule, "limits") <= 3
    beaten = found.get("Does a model beat the tree officer's rule?")
    if beaten and beaten["answered"]:
        gain = next(figure for figure in beaten["figures"] if figure["name"] == "gain")
        assert (value(beaten, "verdict") == "beats") == (gain["low"] > 0)
    split = found.get("Does a score on random rows hold in places never seen?")
    if split and split["answered"]:
        difference = next(figure for figure in split["figures"] if figure["name"] == "difference")
        assert ("not shown" in split["sentence"]) == (difference["low"] <= 0)


def test_the_real_grenoble_answers_what_it_can_and_says_what_it_cannot(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found = study("trees-grenoble", f"{real_mirror},sample", compare_with="trees-paris,trees-lyon")
    agree(found)
    assert value(found["What stands?"], "standing") == 5343
    assert {a["kind"] for a in found.values() if a["answered"]} == {"REAL"}
    for question in ("How old are the trees?", "How much ground is under the crowns?", "How many trees were lost?"):
        assert found[question]["why"], question
    assert found["Is it more diverse than other inventories?"]["answered"]  # Paris is real; the invented Lyon is out
    assert value(found["Is it more diverse than other inventories?"], "others") == 1


def test_the_real_paris_has_trunks_and_no_losses(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found = study("trees-paris", real_mirror, compare_with="trees-grenoble")
    agree(found)
    assert found["How large are the trees?"]["answered"] and not found["How many trees were lost?"]["answered"]
    ground = found["How much ground is under the crowns?"]
    assert value(ground, "measured") == 0 and value(ground, "known") > 3000
    assert "too few" in found["Does the estimate hold on crowns that are hidden on purpose?"]["why"]


def test_real_losses_are_found_and_random_rows_flatter(real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found = study("trees-saint-quentin", f"{real_mirror},sample")
    agree(found)
    assert {a["kind"] for a in found.values() if a["answered"]} == {"REAL"}
    assert value(found["What stands?"], "standing") == 7409 - 764
    assert value(found["How many trees were lost?"], "lost") == 764  # 394 + 165 + 137 + 41 + 27, in SOURCES.json
    split = found["Does a score on random rows hold in places never seen?"]
    assert "random rows flatter" in split["sentence"]
    assert value(split, "random_rows") > 1.5 * max(value(split, "streets"), value(split, "sectors"))
    leak = found["What does a leaking column do to the score?"]
    assert value(leak, "column") == "nombre_diagnostics"  # never the state itself
    assert "square of 1 km" in found["Where do they stand?"]["sentence"]
    assert found["Which trees should a crew look at first?"]["answered"]


@pytest.mark.parametrize("inventory", ["trees-osm", "trees-bordeaux"])
def test_an_inventory_without_losses_says_so(inventory):
    found = study(inventory, "sample", compare_with="trees-paris,trees-nowhere")
    agree(found)
    for question in ("How many trees were lost?", "Which trees should a crew look at first?"):
        assert found[question]["why"]
    assert value(found["What stands?"], "standing") >= 299


def changed(root, folder, keep):
    """A mirror whose inventory has only the rows that ``keep`` says of the sample's table."""
    packed = root / "datakit" / "sample" / "trees-dijon" / "arbres.csv.zip"
    with zipfile.ZipFile(packed) as file:
        name = file.namelist()[0]
        every = pd.read_csv(file.open(name), sep=";", dtype=str, keep_default_na=False)
    folder.mkdir()
    with zipfile.ZipFile(folder / packed.name, "w") as file:
        file.writestr(name, every[keep(every)].to_csv(sep=";", index=False))
    mirrors.add(folder / "mirror", "trees-dijon", folder / packed.name)
    return f"{folder / 'mirror'},sample"


@pytest.mark.parametrize(("code", "learns"), [("21231", True), ("21166", True), ("21270", False)])
def test_an_inventory_of_one_commune(root, tmp_path, code, learns):
    """Dijon, Chenôve, Flavignerot: places are squares, and where there is too little to learn from it is said."""

    def of_the_commune(every):
        there = every["code_insee"] == code
        return there & (there.cumsum() % max(1, there.sum() // 2500) == 0)  # of Dijon, one tree in thirteen

    origins = changed(root, tmp_path / "one", of_the_commune)
    found = study("trees-dijon", origins)
    agree(found)
    assert "square of 1 km" in found["Where do they stand?"]["sentence"]
    assert found["What may the model know of a tree?"]["answered"] == learns
    if not learns:
        assert "too little to learn from" in found["What may the model know of a tree?"]["why"]


def test_felled_trees_change_nothing_in_what_stands(root, tmp_path):
    """The same inventory, as it is and with felled trees struck from the file: what stands is described alike."""

    def gone(every):
        return every["etat"].str.upper().isin({"ABATTU", "SUPPRIMÉ", "REMPLACÉ", "ESSOUCHÉ"}).to_numpy()

    def few(every):
        chosen = np.random.default_rng(0).permutation(np.flatnonzero(~gone(every)))[:1500]
        return np.isin(np.arange(len(every)), chosen)

    def some(every):
        return gone(every) & (gone(every).cumsum() % 4 == 0)

    told = {}
    for name, keep in (("with", lambda every: few(every) | some(every)), ("without", few)):
        origins = changed(root, tmp_path / name, keep)
        told[name] = study("trees-dijon", origins, CHAPTERS[:3], compare_with="")
    for question, answer in told["without"].items():
        if question in ("How much of the file can be read?", "How far can the file be trusted?", "What stands?"):
            continue
        other = told["with"][question]
        assert (other["sentence"], other["figures"]) == (answer["sentence"], answer["figures"]), question
    stands = [value(told[name]["What stands?"], "standing") for name in ("with", "without")]
    assert stands[0] == stands[1]
    assert value(told["with"]["What stands?"], "gone") > value(told["without"]["What stands?"], "gone") == 0
