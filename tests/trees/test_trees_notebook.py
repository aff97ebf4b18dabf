"""The trees notebook on other inventories than the one it is shipped with."""

import json
import re
import zipfile

import nbformat
import numpy as np
import pandas as pd
import pytest

from datakit.data import mirrors
from datakit.run import running

pytestmark = pytest.mark.slow


def study(root, output, inventory, origins, **parameters):
    """The notebook executed as `datakit run` does: its key results by name, and what it printed."""
    report = running.run(
        ["10_trees"],
        notebooks=root / "notebooks",
        output=output / "report",
        origins=origins,
        progress=False,
        parameters={"inventory": inventory, "draws": 20, **parameters},
    )
    done = report.notebooks[0]
    assert done.ok, done.error
    results = json.loads((report.output / "results.json").read_text(encoding="utf-8"))["10_trees"]
    executed = nbformat.read(report.output / "10_trees.ipynb", as_version=4)
    said = [o.text for c in executed.cells for o in c.get("outputs", []) if o.output_type == "stream"]
    return {r["result"]: r for r in results}, "".join(said)


def test_the_real_grenoble_ends_well_and_says_what_it_cannot_do(root, tmp_path, real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found, said = study(root, tmp_path, "trees-grenoble", real_mirror, compare_with="trees-paris")
    assert found["trees"]["value"] == 5343 and found["species not named"]["value"] < 1
    assert "This inventory has no losses in it" in said and "ground under the crowns is not known" in said
    assert "this file cannot answer" in said and "trees lost" not in found


@pytest.mark.parametrize("inventory", ["trees-osm", "trees-bordeaux"])
def test_an_inventory_without_losses_says_what_it_cannot_do(root, tmp_path, inventory):
    found, said = study(root, tmp_path, inventory, "sample", compare_with="trees-paris,trees-nowhere")
    assert "This inventory has no losses in it" in said
    assert re.search(r"Not compared: trees-nowhere: no data card", said)
    assert "trees lost" not in found and not [name for name in found if name.startswith("average precision")]
    assert found["trees"]["value"] >= 299


def test_real_losses_are_found_and_random_rows_flatter(root, tmp_path, real_mirror, real_cards, monkeypatch):
    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    found, said = study(root, tmp_path, "trees-saint-quentin", real_mirror)
    assert found["trees"]["value"] == 7409
    assert "764 of 7409 trees were lost" in said  # 394 + 165 + 137 + 41 + 27, as SOURCES.json counts them
    assert found["trees lost"]["value"] == pytest.approx(100 * 764 / 7409, abs=0.01)
    assert "squares of 1 km instead of communes" in said
    precision = {name.partition(", ")[2]: r["value"] for name, r in found.items() if name.startswith("average")}
    assert precision["chance"] == pytest.approx(764 / 7409, abs=0.001)
    assert precision["logistic regression, sectors"] > 1.5 * precision["chance"]
    for name in ("logistic regression", "gradient boosting"):
        assert precision[f"{name}, random rows"] > 1.3 * precision[f"{name}, sectors"]
    assert precision["gradient boosting, sectors"] > precision["oldest stage first"] > precision["chance"]
    recall = {name: r for name, r in found.items() if name.startswith("found in 200 visits")}
    assert len(recall) == 7 and all(r["low"] <= r["value"] <= r["high"] for r in recall.values())
    assert "codes" not in said and found["species named"]["value"] > 100


def test_felled_trees_change_nothing_in_what_stands(root, tmp_path):
    """The same inventory, as it is and with each felled tree struck from the file: what stands is described alike."""
    packed = root / "datakit" / "sample" / "trees-dijon" / "arbres.csv.zip"
    with zipfile.ZipFile(packed) as file:
        name = file.namelist()[0]
        every = pd.read_csv(file.open(name), sep=";", dtype=str, keep_default_na=False)
    gone = every["etat"].str.upper().isin({"ABATTU", "SUPPRIMÉ", "REMPLACÉ", "ESSOUCHÉ"})
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(~gone))[:4000]
    few = every.iloc[sorted([*chosen, *np.flatnonzero(gone)])]
    described = {}
    for kept, table in (("with", few), ("without", few[~gone[few.index]])):
        folder = tmp_path / kept
        folder.mkdir()
        with zipfile.ZipFile(folder / packed.name, "w") as file:
            file.writestr(name, table.to_csv(sep=";", index=False))
        mirrors.add(folder / "mirror", "trees-dijon", folder / packed.name)
        described[kept], _ = study(root, folder, "trees-dijon", f"{folder / 'mirror'},sample", compare_with="")
    assert described["with"]["trees"]["value"] > described["without"]["trees"]["value"] + 1000
    assert {"trees lost"} <= described["with"].keys() - described["without"].keys()
    same = described["without"].keys() - {"trees", "rows set aside"}
    assert {"ground under crowns", "median age", "effective number of species", "trees that stand"} <= same
    for result in same:
        assert described["with"][result] == described["without"][result], result
