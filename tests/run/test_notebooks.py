"""The notebooks that are shipped: their shape, their outputs, and that executing them again says the same."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from datakit.data.provenance import ANSWER_MIME, PROVENANCE_MIME
from datakit.run import running
from datakit.run.parameters import read_parameters
from datakit.workshop import checking, comparing, forms
from tests.chapters import answers, speaks
from tests.replayed import compare

NAMES = tuple(sorted(p.stem for p in (Path(__file__).resolve().parents[2] / "notebooks/src").glob("*.py")))
MEMORY = 450e6  # what Binder guarantees
SECONDS = 30  # alone, on two cores


@pytest.fixture(scope="session")
def build(root):
    """tools/build_notebooks.py as a module."""
    spec = importlib.util.spec_from_file_location("build_notebooks", root / "tools" / "build_notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=NAMES)
def notebook(request, root):
    return nbformat.read(root / "notebooks" / f"{request.param}.ipynb", as_version=4)


@pytest.fixture(params=NAMES)
def solutions(request, root):
    """The edition with solutions."""
    return nbformat.read(root / "notebooks" / "solutions" / f"{request.param}.ipynb", as_version=4)


def known(name):
    return json.loads((checking.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def tags(cell):
    return cell.metadata.get("tags", [])


def outputs(nb, mime):
    return [o.data[mime] for c in nb.cells for o in c.get("outputs", []) if mime in o.get("data", {})]


def place(nb, true):
    """The number of the first cell for which something is true."""
    return next(i for i, cell in enumerate(nb.cells) if true(cell))


def test_nothing_else_is_shipped(root):
    assert sorted(p.stem for p in (root / "notebooks").glob("*.ipynb")) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_its_source_executed(build, name):
    assert build.differences(name) == []


def test_check_sees_a_difference(build, tmp_path, root):
    (tmp_path / "src").mkdir()
    shutil.copy(root / "notebooks" / "src" / "00_start_here.py", tmp_path / "src")
    assert build.differences("00_start_here", tmp_path) == [
        "00_start_here: there is no 00_start_here.ipynb",
        "00_start_here, solutions: there is no 00_start_here.ipynb",
        "00_start_here: there is no 00_start_here.json in exercises",
    ]
    nb = nbformat.read(root / "notebooks" / "00_start_here.ipynb", as_version=4)
    code = [c for c in nb.cells if c.cell_type == "code"]
    code[1].source += "\n# changed"
    code[2].execution_count = None
    code[3].metadata["tags"] = ["other"]
    nbformat.write(nb, tmp_path / "00_start_here.ipynb")
    for folder, kept in (
        ("solutions", "notebooks/solutions/00_start_here.ipynb"),
        ("exercises", "datakit/workshop/exercises/00_start_here.json"),
    ):
        (tmp_path / folder).mkdir()
        shutil.copy(root / kept, tmp_path / folder)
    found = build.differences("00_start_here", tmp_path)
    assert len(found) == 3 and "not executed in order" in found[2]
    del nb.cells[-1]
    nbformat.write(nb, tmp_path / "00_start_here.ipynb")
    assert "cells in the source" in build.differences("00_start_here", tmp_path)[0]


def test_what_is_written_does_not_depend_on_the_machine(build):
    from datakit.data.fetching import cache_folder

    text = f"one\n/tmp/ipykernel_12/345.py:6: DataWarning: 3 rows\n  all of them: {cache_folder()}/x.csv\n"
    made = build.plain({"output_type": "stream", "name": "stderr", "text": text}, 3)
    assert made.text == "one\nDataWarning: 3 rows\n  all of them: CACHE/x.csv\n"
    record = {"datasets": [{"rejects_file": f"{cache_folder()}/x.csv", "rows": 3}]}
    output = {
        "output_type": "execute_result",
        "execution_count": 9,
        "metadata": {"a": 1},
        "data": {PROVENANCE_MIME: record},
    }
    made = build.plain(output, 3)
    assert (made.execution_count, made.metadata) == (3, {})
    assert made.data[PROVENANCE_MIME] == {"datasets": [{"rejects_file": "CACHE/x.csv", "rows": 3}]}
    said = [("stdout", "1 I"), ("stdout", "RIS\n"), ("stderr", "slow\n"), ("stdout", "2 IRIS\n")]
    pieces = [build.plain({"output_type": "stream", "name": name, "text": text}, 1) for name, text in said]
    assert [o.text for o in build.joined(pieces)] == ["1 IRIS\n", "slow\n", "2 IRIS\n"]
    assert len(build.joined([*pieces, made, pieces[-1]])) == 5


def test_shape_of_a_chapter(notebook):
    """One question, answers where they arise, exercises, what next, sources, and last where everything came from."""
    cells = notebook.cells
    assert cells[0].source.startswith("# ") and cells[0].source.count("**Question: ") == 1 and "?**" in cells[0].source
    assert re.search("^## What you will learn", cells[1].source, re.M) and "minutes" in cells[1].source
    in_order = [
        place(notebook, lambda c: "parameters" in tags(c)),
        place(notebook, lambda c: c.cell_type == "code" and "import datakit" in c.source),
        place(notebook, lambda c: c.cell_type == "code" and "with ask(" in c.source),
        place(notebook, lambda c: "exercise" in tags(c)),
        place(notebook, lambda c: c.source.startswith("## What next")),
        place(notebook, lambda c: c.source.startswith("## Sources")),
        place(notebook, lambda c: "datakit.provenance()" in c.source),
    ]
    assert in_order == sorted(in_order) and in_order[-1] == len(cells) - 1
    assert not any(re.search("^ *if .*(None|answered)", c.source, re.M) for c in cells), "an answer says why"


def test_a_chapter_is_short(notebook):
    code = [c.source.splitlines() for c in notebook.cells if c.cell_type == "code"]
    longest = max(code, key=len)
    assert len(code) <= 20 and sum(map(len, code)) <= 200
    assert len(longest) <= 15, "\n".join(longest)


def test_a_solution_is_short(solutions):
    code = [c.source.splitlines() for c in solutions.cells if "solution" in tags(c)]
    longest = max(code, key=len)
    assert len(longest) <= 15 + 1, "\n".join(longest)  # and the check
    assert all(c.outputs for c in solutions.cells if "solution" in tags(c))


def test_the_minutes_announced_are_those_of_a_reader(notebook):
    """Prose at 200 words a minute, five seconds for a line of code, a minute for an answer; exercises come on top."""
    read = [c for c in notebook.cells if not {"exercise", "solution"} & set(tags(c))]
    words = sum(len(c.source.split()) for c in read if c.cell_type == "markdown")
    lines = [line for c in read if c.cell_type == "code" for line in c.source.splitlines()]
    minutes = words / 200 + len(lines) * 5 / 60 + sum("with ask(" in line for line in lines)
    told = re.search(r"\*\*Time:\*\* (\w+) minutes", notebook.cells[1].source)[1]
    announced = int({"seven": "7", "ten": "10", "fifteen": "15", "twenty": "20", "thirty": "30"}.get(told, told))
    assert announced <= 30 and abs(announced - minutes) <= max(3, minutes / 4), f"a reader needs {minutes:.0f} minutes"


def test_parameters_are_typed_and_explained(notebook):
    declared = read_parameters(notebook.cells, "notebook")
    assert declared["origins"].type is str and declared["origins"].default == ""
    assert all(p.comment for p in declared.values()), "each parameter says what it is"


def test_outputs_are_kept_and_compared(notebook):
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert sum(bool(c.outputs) for c in code) >= len(code) / 2
    compared = [c for c in code if c.outputs and not {"nbval-ignore-output", "nbval-skip"} & set(tags(c))]
    assert len(compared) >= 2, "an output that is not compared may drift"
    assert not any("nbval-skip" in tags(c) for c in code)


def test_no_cell_prints_nothing(notebook):
    speaks(notebook.cells)


def test_a_solution_is_folded_in_jupyterlab(solutions):
    assert any("solution" in tags(cell) for cell in solutions.cells)
    for cell in solutions.cells:
        folded = cell.metadata.get("jupyter", {}) == {"source_hidden": True, "outputs_hidden": True}
        assert folded == ("solution" in tags(cell))


def test_a_table_says_that_it_is_invented(notebook):
    stamped = ["SYNTHETIC SAMPLE" in t for t in outputs(notebook, "text/html") if 'class="dataframe"' in t]
    assert stamped == sorted(stamped), "a table of settings may come before any data"
    assert any(stamped) or not stamped


def test_outputs_say_that_the_sample_is_invented(notebook):
    (shown,) = outputs(notebook, PROVENANCE_MIME)
    assert shown["datasets"] and all(r["synthetic"] and r["sha256"] for r in shown["datasets"])
    assert {a["kind"] for a in outputs(notebook, ANSWER_MIME)} <= {"SYNTHETIC"}
    assert any("SYNTHETIC SAMPLE" in text for text in outputs(notebook, "text/html"))


def test_pictures_have_words(notebook):
    shown = [p for text in outputs(notebook, "text/html") for p in re.findall(r"<(?:img|iframe)\b[^>]*>", text)]
    assert shown and all(re.search(r'\b(alt|title)="[^"]{20,}"', p) for p in shown)
    assert outputs(notebook, "image/png") == [], "a bare picture has no alt text: charts.show gives it one"


def test_outputs_show_nothing_of_the_machine(notebook):
    assert not re.search(r"/(home|root|Users|tmp)/|ipykernel_\d", nbformat.writes(notebook))


@pytest.fixture(scope="module")
def report(root, build, tmp_path_factory):
    """All notebooks and their solutions executed on the sample, as `datakit run` does."""
    output = tmp_path_factory.mktemp("run") / "report"
    read = (root / "binder/postBuild").read_text(encoding="utf-8").split("<<'PYTHON'\n")[1].split("PYTHON\n")[0]
    subprocess.run([sys.executable, "-W", "ignore", "-c", read], check=True)  # as on Binder, where memory is short
    folder = tmp_path_factory.mktemp("all") / "notebooks"
    folder.mkdir()
    for name in NAMES:  # the participants' cells as they are shipped, then each solution
        source = build.from_source(root / "notebooks" / "src" / f"{name}.py")
        nbformat.write(build.to_run(source, name, known=True), folder / f"{name}.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        # Memory is that of the notebooks: measuring coverage in their kernels would add its own, more on some Pythons.
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        return running.run(notebooks=folder, output=output, origins="sample", progress=False)


@pytest.fixture(scope="module")
def made(report, build, root, tmp_path_factory):
    """The folder of both editions, and of what checks know, made once more of the executed notebooks."""
    folder = tmp_path_factory.mktemp("made")
    for name in NAMES:
        executed = nbformat.read(report.output / f"{name}.ipynb", as_version=4)
        source = build.from_source(root / "notebooks" / "src" / f"{name}.py")
        outputs = {cell.id: cell.get("outputs", []) for cell in executed.cells}
        for path, text in build.made_of(source, name, outputs, folder).items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return folder


def test_every_notebook_runs_on_the_sample(report):
    assert {n.name: n.summary() for n in report.notebooks} == dict.fromkeys(NAMES, "done")


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_of_the_shipped_notebook(report, root, name):
    shipped = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    found = json.loads((report.output / "results.json").read_text(encoding="utf-8"))[name]
    shipped.cells = [c for c in shipped.cells if "solution" not in tags(c)]  # exercises are no results
    expected = outputs(shipped, ANSWER_MIME)
    assert expected and len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours["question"], ours["sentence"], ours["why"]) == (
            theirs["question"],
            theirs["sentence"],
            theirs["why"],
        )
        assert [f["name"] for f in ours["figures"]] == [f["name"] for f in theirs["figures"]]
        for one, other in zip(ours["figures"], theirs["figures"], strict=True):
            for part in ("value", "low", "high"):  # another processor may round the last digits otherwise
                exact = not isinstance(other[part], float)
                assert one[part] == (other[part] if exact else pytest.approx(other[part], rel=1e-6)), one


@pytest.fixture(scope="module")
def compared(made, root, tmp_path_factory):
    """What nbval says of each notebook: the outputs that it is shipped with against those made once more."""
    paths = [root / "notebooks" / f"{name}.ipynb" for name in NAMES]
    return compare(paths, made, tmp_path_factory.mktemp("nbval"))[0]


@pytest.mark.parametrize("name", NAMES)
def test_executing_again_gives_the_same_outputs(compared, made, root, name):
    shipped, again = (nbformat.read(f / f"{name}.ipynb", as_version=4) for f in (root / "notebooks", made))
    assert len(compared[name]) == sum(cell.cell_type == "code" for cell in shipped.cells)
    written = [o.text for c in again.cells for o in c.get("outputs", ()) if o.get("name") == "stderr"]
    assert not any(compared[name]), "\n".join([*compared[name], "written to stderr:", *written])


@pytest.mark.parametrize("name", NAMES)
def test_every_solution_is_right_and_says_the_same_again(made, root, name):
    shipped, again = (
        nbformat.read(f / "solutions" / f"{name}.ipynb", as_version=4) for f in (root / "notebooks", made)
    )
    said = [
        o.data["text/plain"] for c in again.cells for o in c.get("outputs", ()) if "text/plain" in o.get("data", {})
    ]
    numbers = list(known(name)["exercises"])
    assert [text for text in said if "Exercise" in text] == [f"✓ Exercise {number}. Right." for number in numbers]
    found, kept = answers(again), answers(shipped)
    assert {q: one["sentence"] for q, one in found.items()} == {q: one["sentence"] for q, one in kept.items()}


@pytest.mark.parametrize("name", NAMES)
def test_what_checks_know_is_what_comes_out_again(made, name):
    then, now = known(name), json.loads((made / "exercises" / f"{name}.json").read_text(encoding="utf-8"))
    assert then["parameters"] == now["parameters"] and list(then["exercises"]) == list(now["exercises"])
    for number, one in then["exercises"].items():
        other = now["exercises"][number]
        for part in ("minutes", "goal", "hints", "data"):
            assert one[part] == other[part], (number, part)
        assert [m["why"] for m in one["mistakes"]] == [m["why"] for m in other["mistakes"]]
        values = [(one["expected"], other["expected"])]
        values += [(a["value"], b["value"]) for a, b in zip(one["mistakes"], other["mistakes"], strict=True)]
        for form, again in ((forms.Form.from_json(a), forms.Form.from_json(b)) for a, b in values):
            assert (form.kind, form.keys) == (again.kind, again.keys)
            assert comparing.problem(form, again) is None, number


def said_unseen(build, nb):
    """The texts of what nbval does not compare: pictures and maps say their result in words, tables are tables.

    One item for each such cell: its first line, then the text of each output.
    """
    code = [c for c in nb.cells if c.cell_type == "code" and "injected-parameters" not in tags(c)]

    def text(output):
        told = output.get("text") or output.get("data", {}).get("text/plain") or output.output_type
        return re.sub("all of them: .*", "all of them: CACHE", told)  # as nbval-sanitize.cfg: a name made of digests

    return [
        (cell.source.splitlines()[0], *map(text, build.joined([build.plain(o, 1) for o in cell.outputs])))
        for cell in code
        if "nbval-ignore-output" in tags(cell)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_what_nbval_ignores_says_the_same_again(build, made, root, name):
    shipped = said_unseen(build, nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4))
    again = said_unseen(build, nbformat.read(made / f"{name}.ipynb", as_version=4))
    assert shipped, "provenance at least"
    assert again == shipped


def test_a_changed_sentence_of_a_picture_or_a_lost_output_is_seen(build, root):
    def shipped():
        return nbformat.read(root / "notebooks" / "00_start_here.ipynb", as_version=4)

    true = said_unseen(build, shipped())
    words = [text for _, *texts in true for text in texts]
    assert any("of them in Dijon" in text and "Figure: Bars of 23 communes" in text for text in words)
    assert any("Map: Population density" in text for text in words)

    changed = shipped()
    (answer,) = (
        o for c in changed.cells for o in c.get("outputs", ()) if "in Dijon." in o.get("data", {}).get("text/plain", "")
    )
    answer.data["text/plain"] = answer.data["text/plain"].replace("in Dijon.", "in Nowhere.")
    assert said_unseen(build, changed) != true

    for wanted in ("application/vnd.datakit.provenance+json", "text/html"):
        emptied = shipped()
        cell = next(
            c for c in emptied.cells if "nbval-ignore-output" in tags(c) and c.outputs and wanted in c.outputs[0].data
        )
        cell.outputs = []
        assert said_unseen(build, emptied) != true


def test_the_record_has_whatever_was_loaded(report):
    said = json.loads((report.output / "run.json").read_text(encoding="utf-8"))["notebooks"]["00_start_here"]
    assert [r["id"] for r in said["provenance"]] == ["communes", "communes-population"]


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_stay_small_and_quick(report, name):
    one = next(n for n in report.notebooks if n.name == name)
    assert one.peak_memory is None or one.peak_memory < MEMORY, f"{one.peak_memory / 1e6:.0f} MB"
    assert one.seconds < 3 * SECONDS, "even with three others beside it"


def test_pages_are_whole_and_offline(report):
    for name in NAMES:
        page = (report.output / f"{name}.html").read_text(encoding="utf-8")
        outside = re.sub(r'srcdoc="[^"]*"', "", page)  # maps have tests of their own
        assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)=["'](https?:)?//""", outside), name
        assert "SYNTHETIC SAMPLE" in page


def test_the_first_fetch_in_a_notebook_says_nothing_of_widgets(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path))
    code = """
import sys
sys.modules["ipywidgets"] = None  # as where it is not installed
import warnings
import datakit
before = list(warnings.filters)
datakit.fetch("communes-population", "sample")
print(warnings.filters == before, "tqdm.auto" in sys.modules)
from datakit.inclusion import clusters
import esda, pooch"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(book).execute()
    assert [(o.name, o.text) for o in book.cells[0].outputs] == [("stdout", "True True\n")]
