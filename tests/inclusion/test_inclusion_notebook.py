"""The notebook: true numbers on real data, other parameters, and nothing shown that is hidden."""

import json
import re


def test_the_notebook_says_the_true_numbers_on_real_data(real_mirror, real_cards, sample, root, tmp_path, monkeypatch):
    from datakit.run.running import run

    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins=f"{real_mirror},{sample},sample",
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"]: r for r in report.notebooks[0].results}
    expected = {
        "communes": 23,
        "inhabitants": 257_193,
        "digital-inclusion places": 69,
        "digital-inclusion places flagged": 1,
        "stops": 1080,
        "stops known to be wheelchair accessible": 215,
        "France services in the Métropole": 3,
        "France services in Dijon": 0,
    }
    assert {name: results[name]["value"] for name in expected} == expected
    assert results["digital-inclusion places flagged"]["note"] == "mednumBFC_TL_692_"
    # The sample's facilities and IRIS are invented: none of them may be combined with the real places.
    assert not any("General practitioner" in name for name in results)
    assert results["far from: Digital-inclusion place"]["note"].count("by commune") == 1


def test_a_rehearsal_on_real_data_runs_by_iris_and_says_what_is_invented(
    real_mirror, real_cards, sample, root, tmp_path, monkeypatch
):
    from datakit.run.running import run

    monkeypatch.setenv("DATAKIT_CARDS", real_cards)
    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins=f"{real_mirror},{sample},sample",
        parameters={"rehearsal": True},
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"]: r for r in report.notebooks[0].results}
    assert "mednumBFC_TL_692_" in results["digital-inclusion places flagged"]["note"]
    assert "by IRIS" in results["far from: Digital-inclusion place"]["note"]
    page = (tmp_path / "out" / "30_inclusion.html").read_text(encoding="utf-8")
    assert "KEPT FOR A REHEARSAL, although invented among real data: iris" in page
    assert "No journeys: stop_times.txt" in page  # the copy at hand has none: the distance to a stop is given
    assert report.notebooks[0].peak_memory is None or report.notebooks[0].peak_memory < 1e9


def test_other_kinds_and_a_high_threshold_are_answered_as_far_as_the_data_goes(root, tmp_path):
    """The first kind is looked into; hours that nobody says, and rates that are hidden, are told and not computed."""
    from datakit.run.running import run

    report = run(
        [root / "notebooks" / "30_inclusion.ipynb"],
        origins="sample",
        parameters={"categories": ["post", "library"], "min_households": 1500},
        output=tmp_path / "out",
        progress=False,
    )
    assert report.ok, report.notebooks[0].error
    results = {r["result"] for r in report.notebooks[0].results}
    assert {"far from: Library", "near: Post office or postal counter, weekday"} <= results
    assert not [name for name in results if "Gini" in name or "same defects" in name or "Pharmacy" in name]
    page = (tmp_path / "out" / "30_inclusion.html").read_text(encoding="utf-8")
    assert "Hours are not said for: Post office or postal counter" in page
    assert "Not computed: deprivation: too few areas have all four rates" in page
    assert "Not asked here: silence: too few areas" in page


def test_no_output_of_the_notebook_shows_a_figure_under_the_threshold(root):
    """With a threshold that hides half of the IRIS: no table, map or list holds what belongs to a hidden one."""
    import jupytext
    import nbformat
    from nbclient import NotebookClient

    book = jupytext.read(root / "notebooks" / "src" / "30_inclusion.py")
    k = next(k for k, cell in enumerate(book.cells) if "parameters" in cell.metadata.get("tags", []))
    book.cells.insert(k + 1, nbformat.v4.new_code_cell("min_households = 1000"))
    book.cells.append(
        nbformat.v4.new_code_cell("""
import json
small = by_iris[by_iris["households"] < min_households]
assert len(small) > 40
for table, figures in ((first, personal), (rates, parts), (told, ["reports", "per_1000", "population"])):
    rows = table.reset_index() if "iris" not in table else table
    assert rows.loc[rows["iris"].isin(small["iris"]), figures].isna().all(axis=None)
print(json.dumps({"names": areas.set_index("iris").loc[small["iris"], "name"].tolist(), "codes": small["iris"].tolist(),
                  "shares": small["pop_75_plus_pct"].round(1).tolist(), "listed": listed["iris"].tolist()}))
""")
    )
    NotebookClient(book, timeout=300, resources={"metadata": {"path": root / "notebooks"}}).execute()
    hidden = json.loads(book.cells[-1].outputs[0].text)
    assert not set(hidden["listed"]) & set(hidden["codes"])
    # What a reader can see: every output, the data inside the maps included.
    outputs = "\n".join(str(o.get("data", o.get("text", ""))) for c in book.cells[:-1] for o in c.get("outputs", []))
    for name, share in zip(hidden["names"], hidden["shares"], strict=True):
        for found in re.finditer(re.escape(name), outputs):
            near = outputs[found.end() : found.end() + 200].split("secteur fictif")[0]
            assert not re.search(rf"\b{share}\b", near), (name, near)
