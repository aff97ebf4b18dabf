"""The run: real papermill, real kernels, small notebooks."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import nbformat
import pytest
import small_notebooks as make

from datakit import cli
from datakit.errors import DatakitError, NotAsDescribed, WrongUse
from datakit.run import choosing, progress, record, running, working
from datakit.run.executing import PROVENANCE_MIME, provenance_of
from datakit.run.parameters import assign, read_parameters
from datakit.run.report import index_page, shown
from datakit.run.watching import tree_memory

KERNEL = "import gc\n(gc.get_threshold()[0], 'datakit' in dir())"


@contextlib.contextmanager
def within(folder, patch):
    """A current folder, and a folder for temporary files that must be empty again at the end."""
    patch.chdir(folder)
    with tempfile.TemporaryDirectory(prefix="t") as temporary:  # not below it: a socket's path must be short
        patch.setenv("TMPDIR", temporary)
        patch.setattr(tempfile, "tempdir", temporary)
        yield folder
        until(lambda: not list(Path(temporary).glob("datakit-*")))


@pytest.fixture
def here(tmp_path, monkeypatch):
    with within(tmp_path, monkeypatch):
        yield tmp_path


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One run of five notebooks: one works, one fails, one hangs, one loses its kernel, one the process above that.

    The longest source is executed first: one process is killed at once and has to begin again, while the other waits
    for the one that hangs.
    """
    folder = tmp_path_factory.mktemp("mixed")
    make.ok(folder / "notebooks")
    make.fails(folder / "notebooks")
    for name, end, prose in (("30_hangs", WAIT, 1000), ("40_dies", DIE, 0)):
        code = family(folder / f"{name}.pids", end)
        make.write(folder / "notebooks", name, "# It ends badly" + " so" * prose, "print('before')", code)
    # The process that executes a notebook is its kernel's parent: the out-of-memory killer may choose either.
    code = "import os, threading\nos.kill(os.getppid(), 9)\nthreading.Event().wait()"
    make.write(folder / "notebooks", "50_kills", "# It kills" + " so" * 2000, code)
    with pytest.MonkeyPatch.context() as patch, within(folder, patch):
        return running.run(
            output="out", parameters={"k": "7", "label": "é"}, timeout=12, origins="sample", progress=False, jobs=2
        )


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """One run of four notebooks that are done, one after the other, in one process."""
    folder = tmp_path_factory.mktemp("settled")
    nbs = folder / "nbs"
    code = "import os\nfrom helper import word\nprint(word, os.environ['DATAKIT_CARDS'], os.environ['DATAKIT_ORIGINS'])"
    code += "\nprint('arrow' in open(f'/proc/{os.getppid()}/maps').read())"
    make.write(nbs, "10_beside", "# Where it runs", code)
    make.write(nbs, "20_noisy", "import os\nos.write(1, b'{\"event\": \"done\"}\\n')\nprint('fine')", KERNEL)
    make.write(nbs, "30_takes", "block = bytearray(b'x') * 400_000_000\ndel block")
    make.write(nbs, "40_spares", "block = 1")  # the shortest, hence the last
    (nbs / "helper.py").write_text("word = 'beside'")
    (folder / "cards").mkdir()
    (folder / "mirror").mkdir()
    names = [f"nbs/{name}.ipynb" for name in ("10_beside", "20_noisy", "30_takes", "40_spares")]
    with pytest.MonkeyPatch.context() as patch, within(folder, patch):
        report = running.run(names, origins="./mirror,sample", output="out", progress=False, jobs=1)
    assert report.ok, [n.summary() for n in report.notebooks]
    return report


@pytest.fixture
def played(mixed, monkeypatch):
    """Runs in which no kernel starts: a notebook gets files and outcome of the real run, 20_fails's where k is 9.

    For what becomes of the report's folder before and after, in which no kernel has a part.
    """
    real = by_name(mixed)

    def execute(worker, task, follow):
        k = task["parameters"].get("k", 3)
        one = real["20_fails" if k == 9 else "10_ok"]
        for kind in (".ipynb", ".html"):
            shutil.copy(mixed.output / (one.name + kind), task["output"] + kind)
        said = {name: getattr(one, name) for name in ("title", "status", "error", "peak_memory", "provenance")}
        return said | {"results": [{**row, "sentence": f"{k} trees."} for row in one.results]}

    monkeypatch.setattr(running.Worker, "execute", execute)


def by_name(report):
    return {n.name: n for n in report.notebooks}


def test_one_failure_hides_no_other(mixed):
    assert not mixed.ok
    status = {name: n.status for name, n in by_name(mixed).items()}
    ends = ["ok", "failed", "timeout", "died", "died"]
    assert status == dict(zip(("10_ok", "20_fails", "30_hangs", "40_dies", "50_kills"), ends, strict=True))


def test_a_process_that_is_killed_takes_only_its_notebook_with_it(mixed):
    found = by_name(mixed)
    assert "ended with -9" in found["50_kills"].summary() and found["10_ok"].ok
    page = (mixed.output / "index.html").read_text(encoding="utf-8")
    assert "50_kills.html" not in page and "10_ok.html" in page, "no link to a page that could not be written"


def test_errors_are_summed_up(mixed):
    found = by_name(mixed)
    assert found["20_fails"].error == {
        "ename": "ValueError",
        "evalue": "trop de données\nsecond line",
        "cell": 4,  # the injected parameters are a cell of their own
        "line": "raise ValueError('trop de données\\nsecond line')",
    }
    assert found["20_fails"].summary() == "failed in code cell 4: ValueError: trop de données"
    assert found["30_hangs"].summary() == "out of time in code cell 2: not finished after 12 seconds"
    assert found["40_dies"].error["cell"] == 2
    assert "out of memory" in found["40_dies"].summary()


@pytest.mark.parametrize("name", ["20_fails", "30_hangs", "40_dies"])
def test_what_was_done_before_a_failure_is_kept(mixed, name):
    nb = nbformat.read(mixed.output / f"{name}.ipynb", as_version=4)
    said = [o.text for c in nb.cells for o in c.get("outputs", []) if o.output_type == "stream"]
    assert said == ["before\n"]


def test_report_files(mixed):
    names = {p.name for p in mixed.output.iterdir()} - {"messages.log"}  # a kernel may say that its parent is gone
    notebooks = {"10_ok", "20_fails", "30_hangs", "40_dies"}
    assert names == {f"{n}{s}" for n in notebooks for s in (".ipynb", ".html")} | {
        "index.html",
        "run.json",
        "results.json",
    }
    results = json.loads((mixed.output / "results.json").read_text(encoding="utf-8"))
    (answer,) = results["10_ok"]
    assert answer["sentence"] == "7 trees." and answer["question"] == "Combien d'arbres à Dijon ?"
    assert answer["figures"] == [{"name": "trees", "value": 7, "unit": "trees", "low": 1, "high": 9, "how": "é"}]
    assert results["20_fails"] == []
    said = json.loads((mixed.output / "run.json").read_text(encoding="utf-8"))
    assert said["origins"] == ["sample"] and said["parameters"] == {"k": "7", "label": "é"} and said["ok"] is False
    assert said["packages"] == {one.name: one.version for one in metadata.distributions()}
    assert said["python"] == ".".join(map(str, sys.version_info[:3]))
    one = said["notebooks"]["10_ok"]
    assert one["provenance"][0]["sha256"] == "ab" * 32 and one["parameters"]["k"] == 7
    assert 30e6 < one["peak_memory"] < 1e9 and 0 < one["seconds"] < 60
    assert said["notebooks"]["20_fails"]["parameters"] == {"k": 7}  # label went only to the one that has it


def test_pages_ask_nothing_of_other_hosts(mixed):
    for page in mixed.output.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for asking in ('src="http', "src='http", 'src="//', "url(http", "<link", "import("):
            assert asking not in text, (page.name, asking)
        assert '<html lang="en">' in text and 'name="viewport"' in text


def test_writing_a_page_compiles_no_grammar():
    nb = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    code = f"import sys; from datakit.run.report import notebook_page as page; page({nb}, 'x', 'ok', None)"
    code += "; print('jsonschema' in sys.modules, 'rfc3987_syntax' in sys.modules)"
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # no guard of the tests
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=plain)
    assert done.stdout == "True False\n"


def test_index_tells_the_story(mixed):
    text = (mixed.output / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC SAMPLE: every figure here is computed on invented data" in text
    assert "arbres à Dijon ?" in text and "4 not finished" in text and "trop de données" in text
    assert '<a href="10_ok.html">Read the whole notebook: Les arbres de Dijon</a>' in text
    page = (mixed.output / "10_ok.html").read_text(encoding="utf-8")
    assert 'href="20_fails.html"' in page, "a link between notebooks must lead to the page"


def test_no_kernel_outlives_a_run(mixed):
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = status.read_bytes()
            parent = (status.parent / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        assert not (b"datakit-" in words and b"kernel.json" in words and parent == str(os.getpid()))


def test_a_report_is_replaced_and_anything_else_is_left_alone(here, played):
    make.ok(here / "notebooks")
    make.ok(here / "notebooks", "20_stale")
    first = running.run(output="out", progress=False)
    assert (here / "out" / "20_stale.html").exists()
    second = running.run(["ok"], output="out", progress=False, parameters={"k": 4})
    assert first.ok and second.ok and second.kept == [] and not list((here / "out").glob("20_stale*"))
    assert json.loads((here / "out" / "results.json").read_text())["10_ok"][0]["sentence"] == "4 trees."
    assert [p.name for p in here.iterdir() if p.name.startswith(".")] == []  # no half report left beside

    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("ten years")
    with pytest.raises(WrongUse, match="left alone"):
        running.run(output="mine", progress=False)
    assert (here / "mine" / "thesis.txt").read_text() == "ten years"
    with pytest.raises(WrongUse, match="inside"):
        os.chdir(here / "out")
        running.run(output=".", notebooks=here / "notebooks", progress=False)


def test_what_is_yours_in_a_report_stays(here, played):
    make.ok(here / "notebooks")
    out = running.run(output="out", progress=False).output
    (out / "notes.txt").write_text("seen in March")
    (out / "figures").mkdir()
    (out / "figures" / "map.svg").write_text("<svg/>")
    made = (out / "10_ok.ipynb").read_text(encoding="utf-8")
    for round, name in enumerate(("10_ok-yours.ipynb", "10_ok-yours-2.ipynb")):
        (out / "10_ok.ipynb").write_text(f"edited {round}")
        again = running.run(output="out", progress=False)
        assert {"notes.txt", "figures", name} <= set(again.kept)
        assert (out / name).read_text() == f"edited {round}" and (out / "10_ok.ipynb").stat().st_size > len(made) / 2
    assert (out / "notes.txt").read_text() == "seen in March"
    assert (out / "figures" / "map.svg").read_text() == "<svg/>"
    assert sorted(p.name for p in here.iterdir()) == ["notebooks", "out"]


def test_a_report_of_before_files_were_named_is_replaced_with_what_it_wrote(tmp_path):
    for name in ("index.html", "10_trees.html", "10_trees.ipynb", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "run.json").write_text(json.dumps({"kind": record.MARK, "notebooks": {"10_trees": {}}}))
    assert [f.name for f in record.not_ours(tmp_path)] == ["notes.txt"]
    (tmp_path / "run.json").write_text("{}")
    assert len(record.not_ours(tmp_path)) == 5


def test_a_run_that_fails_does_not_replace_one_that_did_not(here, played, capsys):
    make.ok(here / "notebooks")
    make.write(here / "notebooks", "20_maybe", "# Perhaps", parameters="k: int = 1  # which")
    good = running.run(output="out", progress=False)
    assert good.ok
    before = (here / "out" / "run.json").read_bytes()
    for _ in range(2):
        bad = running.run(output="out", progress=False, parameters={"k": 9})
        assert not bad.ok and bad.output == here / "out-failed" and (bad.output / "20_maybe.html").exists()
        assert (here / "out" / "run.json").read_bytes() == before
    assert sorted(p.name for p in here.iterdir()) == ["notebooks", "out", "out-failed"]
    assert cli.main(["run", "maybe", "--output", "out", "--quiet", "-p", "k=9"]) == 1
    said = capsys.readouterr()
    assert "the report in out, of a run that did not fail, stays as it is" in said.err
    assert str(here / "out-failed" / "index.html") in said.out
    assert running.run(["maybe"], output="out-failed", progress=False).ok  # a failed one is replaced by any
    (here / "out-failed" / "run.json").unlink()
    assert running.run(output="out", progress=False, parameters={"k": 9}).output == here / "out-failed-2"


def test_a_move_that_fails_puts_the_old_report_back(tmp_path, monkeypatch):
    old, new = tmp_path / "out", tmp_path / ".new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "run.json").write_text(folder.name)
    real = os.rename

    def rename(a, b):
        if Path(a) == new:
            raise OSError("disk full")
        real(a, b)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(DatakitError, match="cannot be moved") as caught:
        record.put(new, old)
    assert str(new) in caught.value.done
    assert (old / "run.json").read_text() == "out"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".new", "out"]


def test_notebooks_run_in_their_own_folder_with_everything_found(settled):
    nb = nbformat.read(settled.output / "10_beside.ipynb", as_version=4)
    folder = settled.output.parent
    found = nb.cells[1].outputs[0].text.splitlines()
    assert found == [
        f"beside {folder}/cards {folder}/mirror,sample",
        "False",  # nor did the process that executes it import what only notebooks on Hadoop need
    ]


def test_notebooks_share_the_processors(monkeypatch):
    monkeypatch.setattr(working, "processors", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert working.environment({}, 4)["OMP_NUM_THREADS"] == "2"
    assert "OMP_NUM_THREADS" not in working.environment({}, 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert working.environment({}, 4)["OMP_NUM_THREADS"] == "3"


def test_a_kernel_collects_its_garbage_seldom_and_finds_no_name_more(settled):
    nb = nbformat.read(settled.output / "20_noisy.ipynb", as_version=4)
    assert nb.cells[-1].outputs[-1]["data"]["text/plain"] == "(10000, False)"


def test_stdout_of_the_kernel_process_does_not_disturb(settled):
    assert '"event"' in (settled.output / "messages.log").read_text()
    assert "fine" in (settled.output / "20_noisy.html").read_text(encoding="utf-8")


def test_names_choose_notebooks(here):
    make.ok(here / "notebooks", "10_trees")
    make.ok(here / "notebooks", "20_vegetation")
    assert [n.name for n in choosing.choose()] == ["10_trees", "20_vegetation"]
    assert [n.name for n in choosing.choose(["vegetation", "10_trees", "trees"])] == ["20_vegetation", "10_trees"]
    with pytest.raises(WrongUse, match="trees, vegetation"):
        choosing.choose(["arbres"])
    with pytest.raises(WrongUse, match="can be read"):
        choosing.choose(["absent.ipynb"])
    make.ok(here / "notebooks", "11_trees_risk")
    make.ok(here / "notebooks", "12_treesome")
    theme = ["10_trees", "11_trees_risk"]
    assert [n.name for n in choosing.choose(["trees"])] == theme, "a theme's name stands for its chapters, in order"
    assert [n.name for n in choosing.choose(["trees_risk", "trees"])] == theme[::-1]
    assert [n.name for n in choosing.choose(["10_trees"])] == theme[:1]
    with pytest.raises(WrongUse, match=r"expected: trees, trees_risk, treesome, vegetation"):
        choosing.choose(["arbre"])
    make.ok(here / "other", "10_trees")
    with pytest.raises(WrongUse, match="two notebooks"):
        choosing.choose(["trees", "other/10_trees.ipynb"])
    with pytest.raises(WrongUse, match="no notebook is in this folder"):
        choosing.choose(folder=here)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kk": "1"}, "did you mean k"),
        ({"k": "3.5"}, "expected: int"),
        ({"k": True}, "expected: int"),
        ({"share": "inf"}, "expected: float"),
        ({"strict": "maybe"}, "expected: bool"),
        ({"label": 3}, "expected: str"),
        ({"names": "[1, "}, r"expected: list\[str\]"),
        ({"method": "mode"}, "one of mean, median"),
        ({"limit": "high"}, "float or none"),
        ({"origins": "nowhere"}, "no origin"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(here, given, said):
    make.ok(here / "notebooks")
    with pytest.raises(WrongUse, match=said):
        running.run(output="out", parameters=given, progress=False)
    assert not (here / "out").exists()


def test_wrong_settings_are_refused(here):
    make.ok(here / "notebooks")
    nan, inf = float("nan"), float("inf")
    for wrong in (
        {"jobs": 0},
        {"timeout": 0},
        {"timeout": nan},
        {"timeout": inf},
        {"output": "/proc/x/y"},
        {"origins": "sample", "parameters": {"origins": "sample"}},
    ):
        with pytest.raises(WrongUse):
            running.run(**{"output": "out", "progress": False, **wrong})
    (here / "file").write_text("")
    with pytest.raises(WrongUse, match="something else"):
        running.run(output="file", progress=False)


def test_parameters_are_typed():
    cells = [{"metadata": {"tags": ["parameters"]}, "source": make.PARAMETERS.splitlines(keepends=True)}]
    declared = read_parameters(cells, "one")
    assert list(declared) == ["origins", "k", "share", "label", "strict", "names", "method", "limit"]
    assert (
        declared["k"].comment == "how many classes"
        and declared["names"].line() == "names: list[str] = ['a']  # several"
    )
    given = {
        "k": "5",
        "share": "1",
        "label": "5",
        "strict": "yes",
        "names": "a, é",
        "method": "median",
        "limit": "none",
    }
    assert assign(given, {"one": declared, "two": {"k": declared["k"]}}) == {
        "one": {
            "k": 5,
            "share": 1.0,
            "label": "5",
            "strict": True,
            "names": ["a", "é"],
            "method": "median",
            "limit": None,
        },
        "two": {"k": 5},
    }
    one = assign({"names": '["a,b"]', "limit": 2, "share": 1}, {"one": declared})["one"]
    assert one == {"names": ["a,b"], "limit": 2.0, "share": 1.0}


@pytest.mark.parametrize(
    "source", ["k: int = f()", "k: complex = 1j", "k: int = 'a'", "k: int = (", "import os", "k: int"]
)
def test_a_parameters_cell_that_cannot_be_read_is_said(source):
    cells = [{"metadata": {"tags": ["parameters"]}, "source": source}]
    with pytest.raises(NotAsDescribed, match="parameters cell"):
        read_parameters(cells, "one")
    assert read_parameters([{"metadata": {}, "source": source}], "one") == {}


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("int", "int"),
        ("list", "list"),
        ("list[float] | None", "list[float] or none"),
        ("None | str", "str or none"),
        ("Literal['one']", "one of one"),
        ("Literal[1, 2] | None", "one of 1, 2"),
    ],
)
def test_a_type_is_read_from_its_annotation(annotation, kind):
    default = "1" if "Literal[1" in annotation else "'one'" if "Literal" in annotation else "None"
    default = {"int": "3", "list": "[]"}.get(annotation, default)
    cells = [{"metadata": {"tags": ["parameters"]}, "source": f"k: {annotation} = {default}"}]
    assert read_parameters(cells, "one")["k"].kind == kind


# What gets from any value to every class, and from there to `open`, without one built-in name.
CLASSES = "().__class__.__base__.__subclasses__()"
BUILTINS = f"[c for c in {CLASSES} if c.__name__ == 'catch_warnings'][0]()._module.__builtins__"


@pytest.mark.parametrize(
    "annotation",
    [
        "list[{open}]",
        "Literal[{open}]",
        "({open}, int)[1]",
        "int | {open}",
        "{open} | None",
        "list[(lambda: int)()]",
        "int.mro()[0]",
        "'int'",
        "int | str",
        "list[int, str]",
        "Literal[()]",
        "complex",
    ],
)
def test_an_annotation_is_read_and_never_run(here, annotation):
    """A notebook of a stranger must not act before it is executed: not when it is listed, nor when a value is wrong."""
    opening = f"{BUILTINS}['open']({str(here / 'written')!r}, 'w')"
    source = f"k: {annotation.format(open=opening)} = 3  # how many"
    make.write(here / "notebooks", "10_hostile", "# Hostile", parameters=source)
    with pytest.raises(NotAsDescribed, match="parameters cell"):
        running.run(output="out", progress=False)
    assert sorted(p.name for p in here.iterdir()) == ["notebooks"]


@pytest.mark.parametrize("value", [2.5, "2.5", "2e-1", True, "yes", float("inf"), "nan"])
def test_a_whole_number_is_not_rounded(value):
    declared = read_parameters([{"metadata": {"tags": ["parameters"]}, "source": "k: int = 3  # classes"}], "one")
    with pytest.raises(WrongUse, match="k") as caught:
        assign({"k": value}, {"one": declared})
    assert caught.value.expected.startswith("int")
    assert assign({"k": 4.0}, {"one": declared}) == {"one": {"k": 4}}


def test_a_failing_line_is_text_in_the_report():
    error = {"cell": 2, "line": "if a < b: '<img src=x onerror=alert(1)>'", "ename": "E<b>", "evalue": "<i>no</i>"}
    one = {
        "title": "<u>T</u>",
        "status": "failed",
        "error": error,
        "seconds": 1.0,
        "peak_memory": None,
        "results": [],
        "provenance": [],
        "page": False,
    }
    run = {
        "notebooks": {"10_x": one},
        "started": "2026-01-01T00:00:00",
        "seconds": 1.0,
        "origins": ["sample"],
        "git_commit": None,
        "command": "datakit run '<s>'",
        "datakit": "0",
        "python": "3",
    }
    text = index_page(run)
    assert "if a &lt; b: " in text and "&lt;img src=x" in text
    for raw in ("<img", "<b>", "<i>", "<u>", "<s>"):
        assert raw not in text.replace("<strong>", "")


BAD = "<script>alert(1)</script>\"'"


def test_whatever_a_run_says_is_text_in_the_report():
    """Every text of a run, of its answers and of its data, given as a script: none of it becomes one."""
    figure = {"name": BAD, "value": BAD, "unit": BAD, "low": None, "high": None}
    data = [{"id": BAD, "title": BAD, "vintage": BAD, "synthetic": False}]
    answer = {"question": BAD, "answered": True, "sentence": BAD, "why": "", "figures": [figure], "cannot_say": BAD}
    answer |= {"kind": "REAL", "data": data, "picture": ""}
    silent = answer | {"answered": False, "why": BAD}
    texts = ("id", "title", "attribution", "vintage", "origin", "sha256", "retrieved", "licence")
    record = dict.fromkeys(texts, BAD) | {"landing": "javascript:alert(1)", "synthetic": False, "rows": BAD}
    error = {"cell": BAD, "line": BAD, "ename": BAD, "evalue": BAD}
    one = {"title": BAD, "status": "failed", "error": error, "seconds": 1, "peak_memory": None, "page": True}
    one |= {"results": [answer, silent], "provenance": [record, record | {"id": BAD + "2", "synthetic": True}]}
    run = dict.fromkeys(("author", "command", "datakit", "python", "git_commit", "started"), BAD)
    text = index_page(run | {"notebooks": {BAD: one}, "seconds": 1, "origins": [BAD], "git_changes": True})
    assert text.count("<script") == 1 and "alert(1)" not in text.split("<script")[1] and 'href="javascript' not in text
    assert text.count("&lt;script&gt;") > 20


def family(pids, end):
    """A cell that starts three processes: one stays a child of the kernel, one leaves its group, one its parent."""
    return f"""
import os, subprocess, sys, threading
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleep)
apart = subprocess.Popen(sleep, start_new_session=True)
orphan = f"import subprocess; print(subprocess.Popen({{sleep!r}}, stdout=subprocess.DEVNULL).pid)"
orphan = int(subprocess.run([sys.executable, "-c", orphan], stdout=subprocess.PIPE).stdout)
open({str(pids)!r}, "w").write(" ".join(map(str, (os.getpid(), child.pid, apart.pid, orphan))) + "\\n")
{end}"""


WAIT = "threading.Event().wait()"
DIE = "threading.Event().wait(1)\nos.kill(os.getpid(), 9)"  # a kernel is looked at four times a second


@pytest.mark.parametrize("name", ["30_hangs", "40_dies"])
def test_nothing_that_a_kernel_starts_outlives_its_notebook(mixed, name):
    started = (mixed.output.parent / f"{name}.pids").read_text().split()
    assert len(started) == 4
    until(lambda: not any(alive(int(pid)) for pid in started))


def test_memory_that_comes_and_goes_within_a_cell_is_seen(settled):
    found = by_name(settled)
    assert 400e6 < found["30_takes"].peak_memory < 600e6 and 30e6 < found["40_spares"].peak_memory < 200e6


def test_ctrl_c_leaves_no_kernel_and_no_half_report(here):
    pid = here / "pid"
    make.write(here / "notebooks", "10_waits", family(pid, WAIT))
    process = subprocess.Popen(
        [sys.executable, "-m", "datakit", "run", "--output", "out"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # Tests started in the background of a shell inherit a deaf ear to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130 and "stopped" in process.stderr.read()
    process.stderr.close()
    until(lambda: not any(alive(int(one)) for one in pid.read_text().split()))
    assert sorted(p.name for p in here.iterdir()) == ["notebooks", "pid"]


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_a_killed_run_leaves_no_kernel_and_the_next_takes_away_what_it_left(here, played):
    pid = here / "pid"
    make.write(here / "slow", "waits", family(pid, WAIT))
    words = [sys.executable, "-m", "datakit", "run", "--output", "out", "--quiet", "--notebooks", "slow"]
    process = subprocess.Popen(words)
    until(lambda: pid.exists() and pid.read_text().endswith("\n"))
    (left,) = here.glob(".out-*")
    make.ok(here / "notebooks")
    assert running.run(output="out", progress=False).ok
    assert left.exists(), "of a run that lives"
    shutil.rmtree(here / "out")
    process.kill()
    process.wait()
    until(lambda: not any(alive(int(one)) for one in pid.read_text().split()))
    assert not (here / "out").exists()
    (here / ".out-of-mine").mkdir()
    assert running.run(output="out", progress=False).ok
    assert sorted(p.name for p in here.iterdir()) == [".out-of-mine", "notebooks", "out", "pid", "slow"]


def test_what_a_run_killed_while_moving_left_is_put_back(here, played):
    make.ok(here / "notebooks")
    running.run(output="out", progress=False)
    (here / "out" / "notes.txt").write_text("mine")
    (here / ".out-old-abcd1234").mkdir()
    (here / "out").rename(here / ".out-old-abcd1234" / "report")
    record.tidy(here / "out")
    assert (here / "out" / "notes.txt").read_text() == "mine" and (here / "out" / "index.html").exists()
    shutil.copytree(here / "out", here / ".out-old-abcd1234" / "report")
    (here / ".out-old-abcd1234" / "report" / "more.txt").write_text("mine too")
    record.tidy(here / "out")
    assert (here / "out" / "more.txt").read_text() == "mine too"
    assert sorted(p.name for p in here.iterdir()) == ["notebooks", "out"]


def test_the_commit_is_recorded(here, monkeypatch):
    if not shutil.which("git"):
        pytest.skip("git is not installed")

    def git(*words):
        settings = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *settings, *words], check=True, capture_output=True)

    assert record._git(here) == (None, None)
    git("init")
    (here / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "First")
    commit, changes = record._git(here)
    assert len(commit) == 40 and changes is False
    (here / "file").write_text("2")
    assert record._git(here) == (commit, True)
    monkeypatch.setenv("PATH", str(here))
    assert record._git(here) == (None, None)


def until(true, seconds=30):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_works_with_every_interface_down(here):
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("this system does not let a process leave the network (unshare -rn)")
    make.ok(here / "notebooks")
    up = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    down = subprocess.run(["unshare", "-rn", sys.executable, "-c", up], capture_output=True, encoding="utf-8")
    assert "unreachable" in down.stderr.lower()  # loopback really is down in there
    command = ["unshare", "-rn", sys.executable, "-m", "datakit", "run", "--output", "out"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "10_ok: done" in done.stderr and str(here / "out" / "index.html") in done.stdout


def test_memory_counts_the_whole_tree():
    now, peak = tree_memory(os.getpid())
    assert peak > 20e6 and now > 20e6
    code = "import sys; block = bytearray(300_000_000); print('ready', flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    grown, _ = tree_memory(os.getpid())
    child.communicate()
    assert grown > now + 250e6
    assert tree_memory(2**30) == (0, 0)


class Terminal:
    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_progress_at_a_terminal_rewrites_its_lines():
    stream, names = Terminal(), ("10_trees", "20_été")
    one, other = (choosing.Notebook(name, Path("x"), [], {}) for name in names)
    with progress.Live([one, other], stream) as follow:
        follow.start(other)
        follow.cell(other, 3, 6)
        other.status, other.seconds, other.peak_memory = "ok", 2.0, 250_000_000
        follow.done(other)
    assert "10_trees: waiting" in stream.text and "\x1b[A" in stream.text
    assert re.search(r"20_été: \[#{6,7}[.\d]\.{12,13}\] cell 3/6, 00:0\d", stream.text)
    assert "20_été: done (2.0 s, 250 MB)" in stream.text.splitlines()[-1]


def test_index_without_data_or_results():
    one = {
        "title": "A <b>",
        "status": "ok",
        "error": None,
        "seconds": 1,
        "peak_memory": None,
        "results": [],
        "provenance": [],
        "page": False,
    }
    run = {
        "notebooks": {"a": one},
        "started": "2026-01-01T00:00",
        "seconds": 1,
        "origins": ["sample"],
        "command": "",
        "datakit": "0",
        "python": "3",
        "git_commit": "abc",
        "git_changes": True,
    }
    text = index_page(run)
    assert (
        "A &lt;b&gt;" in text and "No notebook showed" in text and "not committed" in text and "SYNTHETIC" not in text
    )


def index_of(*records):
    one = {
        "title": "T",
        "status": "ok",
        "error": None,
        "seconds": 1,
        "peak_memory": 5e6,
        "results": [],
        "provenance": list(records),
        "page": True,
    }
    run = {
        "notebooks": {"t": one},
        "started": "2026-01-01T00:00",
        "seconds": 1,
        "origins": ["x", "sample"],
        "command": "",
        "datakit": "0",
        "python": "3",
        "git_commit": None,
        "git_changes": None,
    }
    return index_page(run)


def test_index_names_what_is_invented_when_not_all_is():
    records = [{"id": "a", "synthetic": True, "rows": 1}, {"id": "b", "synthetic": False, "rows": 2, "title": "B"}]
    assert "SYNTHETIC SAMPLE for a: figures that use them say nothing about Dijon." in index_of(*records)


def test_a_table_that_was_left_out_is_no_reason_for_a_stamp():
    out = {"id": "a", "synthetic": True, "rows": 1, "left_out": True}
    page = index_of(out, {"id": "b", "synthetic": False, "rows": 2, "title": "B"})
    assert "figures that use them say nothing" not in page and page.count(">left out</td>") == 1


def test_one_dataset_from_two_origins_is_two_rows_of_the_report():
    """By id alone, the real one would take the place of the invented one, and the stamp would go."""
    invented = {"id": "a", "origin": "sample", "sha256": "1", "synthetic": True, "rows": 1}
    real = {"id": "a", "origin": "/mirror", "sha256": "2", "synthetic": False, "rows": 2, "title": "A"}
    output = {"data": {PROVENANCE_MIME: {"datasets": [invented, real]}}}
    shown = nbformat.from_dict({"cells": [{"outputs": [output]}]})
    said = provenance_of(shown, [{**real, "rows": 7}])
    assert said == [invented, {**real, "rows": 7}], "the last word on each"
    for records in (said, said[::-1]):
        page = index_of(*records)
        assert "SYNTHETIC SAMPLE for a: figures that use them say nothing about Dijon." in page
        assert page.count("<code>a</code>") == 2


def test_numbers_are_readable():
    assert [shown(v) for v in (257193, 0.123456, -2.5, None, "x", True, 1234.6)] == [
        "257\u202f193",
        "0.1235",
        "\u22122.5",
        "",
        "x",
        "True",
        "1235",
    ]
