"""The command line: what people type, what they read, what scripts get."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import small_notebooks

from datakit import cli
from datakit.data.cards import read_catalog
from datakit.errors import Unreachable


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mirror(here, cache):
    """A mirror with one real file, made by the command line itself, and a card for it."""
    (here / "cards").mkdir()
    card = dict(read_catalog()["communes-population"].raw)
    card.update(
        name="benches", title="Benches", title_fr="Bancs", theme="citizens", path="bancs.csv", url=None, format="csv"
    )
    card.update(
        schema={"fields": [{"name": "code", "type": "string"}, {"name": "length", "type": "number", "unit": "m"}]}
    )
    card.update(description="", description_fr="", mediatype="text/csv", crs=None)
    for key in ("geometry", "row_filter", "innerpath", "compression", "dialect", "resolve", "paging"):
        card.pop(key, None)
    (here / "cards" / "benches.json").write_text(json.dumps(card), encoding="utf-8")
    (here / "mine.csv").write_text("code,length\n01004,1.5\n2A004,2\n")
    assert cli.main(["mirror", "add", "mirror", "benches", "mine.csv"]) == 0
    return here / "mirror"


def typed(*words):
    """What a shell would run."""
    return subprocess.run([sys.executable, "-m", "datakit", *words], capture_output=True, encoding="utf-8")


def test_list(capsys):
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(read_catalog())
    assert lines[0].split()[:2] == ["territory", "communes"]
    assert cli.main(["list", "--theme", "territory", "iris"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["iris"]
    assert cli.main(["list", "--lang", "fr", "communes", "population"]) == 0
    assert "Population des communes" in capsys.readouterr().out
    assert cli.main(["list", "unicorn"]) == 1
    assert "no dataset mentions unicorn" in capsys.readouterr().err
    assert cli.main(["list", "--theme", "unicorn"]) == 2
    assert "territory" in capsys.readouterr().err


def test_a_project_of_another_town_lists_its_own_data_first(here, capsys):
    (here / "challenge.toml").write_text('[territory]\nname = "Besançon"\n', encoding="utf-8")
    (here / "cards").mkdir()
    card = dict(read_catalog()["iris"].raw)
    card.update(name="zones", title="Zones of Besançon", theme="vegetation")
    (here / "cards/zones.json").write_text(json.dumps(card), encoding="utf-8")
    assert cli.main(["list"]) == 0
    own, heading, *kit = capsys.readouterr().out.splitlines()
    assert own.split()[:2] == ["vegetation", "zones"]
    assert heading.startswith("# of the kit, whose own town is Dijon") and len(kit) == len(read_catalog()) - 1
    assert cli.main(["list", "zones", "Besançon"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert heading[2:] in read_catalog()._repr_html_()


def test_show(capsys):
    assert cli.main(["show", "iris", "--lang", "fr"]) == 0
    assert "Producteur\u00a0:" in capsys.readouterr().out
    assert cli.main(["show", "iris", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == read_catalog()["iris"].raw
    assert cli.main(["show", "comunes"]) == 2
    assert "did you mean communes" in capsys.readouterr().err


def test_fetch_prints_paths_and_says_where_they_come_from(mirror, capsys):
    capsys.readouterr()
    assert cli.main(["fetch", "benches", "--origins", "mirror"]) == 0
    said = capsys.readouterr()
    assert Path(said.out.strip()).read_text(encoding="utf-8").startswith("code,length")
    assert said.err.startswith("benches: fresh, from mirror")
    assert cli.main(["fetch", "benches", "--origins", "mirror"]) == 0
    assert "cached" in capsys.readouterr().err


def test_one_dataset_that_cannot_be_had_does_not_keep_the_others_away(mirror, capsys):
    capsys.readouterr()
    assert cli.main(["fetch", "communes", "benches", "--origins", "./mirror"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("datakit: communes:") and said.out.strip().endswith("bancs.csv")
    assert cli.main(["fetch", "benches", "benchs", "--origins", "./mirror"]) == 2
    assert capsys.readouterr().out == "", "a misspelt id is told before anything is fetched"


def test_lock_and_fetch_locked(mirror, capsys):
    assert cli.main(["lock", "benches", "--origins", "mirror"]) == 0
    assert cli.main(["fetch", "benches", "--origins", "mirror", "--locked"]) == 0
    lock = json.loads((mirror.parent / "data.lock").read_text())
    lock["datasets"]["benches"]["sha256"] = "0" * 64
    (mirror.parent / "data.lock").write_text(json.dumps(lock))
    capsys.readouterr()
    assert cli.main(["fetch", "benches", "--origins", "mirror", "--locked"]) == 1
    assert "lock" in capsys.readouterr().err


def test_mirror_add_refuses_what_does_not_load_unless_told_not_to_check(mirror, capsys):
    (mirror.parent / "page.csv").write_text("<html>", encoding="utf-8")
    before = (mirror / "data.lock").read_bytes()
    assert cli.main(["mirror", "add", "mirror", "benches", "page.csv"]) == 1
    assert "HTML page" in capsys.readouterr().err
    assert (mirror / "data.lock").read_bytes() == before
    assert cli.main(["mirror", "add", "mirror", "benches", "page.csv", "--no-check"]) == 0
    assert (mirror / "data.lock").read_bytes() != before


def test_mirror_add_takes_the_year_of_the_file(mirror, capsys):
    bench = ["mirror", "add", "mirror", "benches", "mirror/benches/bancs.csv", "--vintage"]
    assert cli.main([*bench, "bancs.csv"]) == 2
    assert "--vintage YEAR" in capsys.readouterr().err
    assert cli.main([*bench, "2024-03"]) == 0
    assert "is in mirror, of 2024-03, sha256" in capsys.readouterr().out
    assert json.loads((mirror / "data.lock").read_text(encoding="utf-8"))["datasets"]["benches"]["vintage"] == "2024-03"


def test_mirror_verify_and_build(mirror, capsys):
    capsys.readouterr()
    assert cli.main(["mirror", "verify", "mirror"]) == 0
    assert "1 dataset whole" in capsys.readouterr().out
    assert cli.main(["mirror", "build", "second", "benches", "--origins", "./mirror"]) == 0
    said = capsys.readouterr().out
    assert "[1/1] benches" in said and "--origins second" in said
    (mirror / "benches" / "bancs.csv").write_text("code,length\n")
    assert cli.main(["mirror", "verify", "mirror"]) == 1
    said = capsys.readouterr()
    assert "benches" in said.err and "1 wrong" in said.out


def test_run_says_where_the_report_is(here, capsys):
    small_notebooks.ok(here / "notebooks", "10_trees")
    output = ["--output", str(here / "out")]
    assert cli.main(["run", "trees", "-p", "k=9", "-p", "label=a=b", *output, "--origins", "sample"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1].endswith(f"Report: {here / 'out' / 'index.html'}")
    assert said.err.splitlines()[0] == "10_trees: started" and "10_trees: done" in said.err
    run = json.loads((here / "out" / "run.json").read_text(encoding="utf-8"))
    assert run["notebooks"]["10_trees"]["parameters"]["label"] == "a=b"
    # The report says how to run it again, not into which folder of this machine it went.
    assert run["command"] == "datakit run trees -p k=9 -p label=a=b --origins sample"
    assert f"<code>{run['command']}</code>" in (here / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        (["trees", "--output", "/home/me/my report", "--quiet"], "datakit run trees --quiet"),
        (["--output=/home/me/out", "-p", "label=--output"], "datakit run -p label=--output"),
        (["--output", "a", "--origins", "./my mirror", "--output", "b"], "datakit run --origins './my mirror'"),
        (["trees", "--jobs", "1"], "datakit run trees --jobs 1"),
    ],
)
def test_the_command_of_a_report_names_no_place_for_it(typed, again, monkeypatch):
    asked = {}

    def run(themes, **options):
        asked.update(options)
        raise Unreachable("run", "not in this test")

    monkeypatch.setattr("datakit.run.running.run", run)
    assert cli.main(["run", *typed]) == 1
    assert asked["command"] == again


def test_run_that_fails_exits_with_1(here, capsys):
    small_notebooks.fails(here / "notebooks")
    assert cli.main(["run", "--output", "out", "--quiet"]) == 1
    said = capsys.readouterr()
    assert "20_fails: failed in code cell 3: ValueError: trop de données" in said.err
    assert said.out.startswith("0 of 1 notebooks done")
    assert json.loads((here / "out" / "run.json").read_text(encoding="utf-8"))["lock"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "kk=3"], "did you mean k?"),
        (["-p", "k=x"], "expected: int"),
        (["-p", "k"], "name=value"),
        (["-p", "k=1", "-p", "k=2"], "given twice"),
        (["vegetables"], "no theme or notebook has this name"),
        (["--origins", "nowhere"], "no origin"),
        (["--jobs", "0"], "must be positive"),
        (["--timeout", "nan"], "must be positive"),
        (["--output", "/proc/x/y"], "/proc/x/y: cannot be written here"),
    ],
)
def test_wrong_use_of_run_exits_with_2_and_runs_nothing(here, capsys, words, said):
    small_notebooks.ok(here / "notebooks", "10_trees")
    assert cli.main(["run", "--output", "out", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (here / "out").exists()


def test_run_locked(mirror, here, capsys):
    code = "import os, datakit\nprint(os.environ['DATAKIT_LOCK'], datakit.load('benches', 'mirror').code.tolist())"
    small_notebooks.write(here / "notebooks", "10_benches", code)
    words = ["run", "--locked", "--quiet", "--output", "out"]
    assert cli.main(words) == 2
    assert f"{here / 'data.lock'}: this lock file is not there" in capsys.readouterr().err
    assert not (here / "out").exists()
    assert cli.main(["lock", "benches", "--origins", "mirror"]) == 0
    assert cli.main(words) == 0
    made = json.loads((here / "out" / "10_benches.ipynb").read_text(encoding="utf-8"))
    assert "".join(made["cells"][0]["outputs"][0]["text"]) == f"{here / 'data.lock'} ['01004', '2A004']\n"
    lock = (here / "data.lock").read_bytes()
    assert json.loads((here / "out" / "run.json").read_text())["lock"] == hashlib.sha256(lock).hexdigest()
    (here / "data.lock").write_bytes(
        lock.replace(json.loads(lock)["datasets"]["benches"]["sha256"].encode(), b"0" * 64)
    )
    assert cli.main(words) == 1
    assert "Changed" in capsys.readouterr().err


def test_a_lock_that_is_set_is_recorded(mirror, here, monkeypatch):
    small_notebooks.ok(here / "notebooks")
    assert cli.main(["lock", "benches", "--origins", "mirror", "--file", "mine.lock"]) == 0
    monkeypatch.setenv("DATAKIT_LOCK", "mine.lock")
    assert cli.main(["run", "--quiet", "--output", "out"]) == 0
    said = json.loads((here / "out" / "run.json").read_text())["lock"]
    assert said == hashlib.sha256((here / "mine.lock").read_bytes()).hexdigest()


def test_warnings_are_one_clean_sentence(mirror, here, capsys):
    (here / "cards" / "lamps.json").write_text('{"name": "lamps", "path": "x"}', encoding="utf-8")
    done = typed("list", "benches")
    assert done.returncode == 0 and done.stdout.startswith("citizens    benches")
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"datakit: {here / 'cards' / 'lamps.json'}: this data card cannot be used and is left out")
    before = warnings.showwarning
    assert cli.main(["list", "benches"]) == 0
    assert warnings.showwarning is before, "the process's own way to warn comes back"


def test_every_variable_is_in_the_help(root, capsys):
    read = set()
    for file in (root / "datakit").rglob("*.py"):
        read |= set(re.findall(r"environ(?:\.get\(|\[)\s*[\"'](DATAKIT_[A-Z_]+)", file.read_text(encoding="utf-8")))
    assert read >= {"DATAKIT_ORIGINS", "DATAKIT_CARDS", "DATAKIT_CACHE", "DATAKIT_LOCK", "DATAKIT_TIMEOUT"}
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = re.findall(r"^  (DATAKIT_[A-Z_]+) +\S", capsys.readouterr().out, re.M)
    assert sorted(told) == sorted(read) and len(told) == len(set(told))


@pytest.mark.parametrize(
    "words", [[], ["frob"], ["run", "--jobs", "x"], ["fetch"], ["mirror"], ["list", "--lan", "fr"]]
)
def test_wrong_words_exit_with_2(words, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2 and "usage: datakit" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "run trees --output",
        "jury verify team.zip --output",
        "follow team --months months --output",
        "trees visits --output",
        "trees import trees.csv --output",
        "trees import trees.csv --mirror",
        "mirror build",
        "workshop pack",
        "workshop notebooks",
        "notebooks",
    ],
)
@pytest.mark.parametrize("place", ["page.html", "verdicts.json", "written", "written/there"])
def test_a_folder_to_write_is_not_called_as_a_file(command, place, here, capsys):
    (here / "written").write_text("mine")
    assert cli.main([*command.split(), place]) == 2
    place = place.removesuffix("/there")
    assert f"{place}: this names a file, and a folder is written" in capsys.readouterr().err
    assert [one.name for one in here.iterdir()] == ["written"]


@pytest.mark.parametrize("command", ["trees audit --output", "trees page --output"])
def test_a_file_to_write_is_no_folder(command, here, capsys):
    (here / "pages").mkdir()
    assert cli.main([*command.split(), "pages"]) == 2
    assert "pages: this is a folder, and one file is written" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fetch communes", "lock", "run", "mirror build there", "doctor", "trees audit"])
@pytest.mark.parametrize("origins", ["", " "])
def test_an_origin_that_a_script_forgot_to_set_is_not_the_sample(command, origins, here, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([*command.split(), "--origins", origins])
    assert left.value.code == 2 and "leave the option out" in capsys.readouterr().err
    assert not any(here.iterdir())


@pytest.mark.parametrize(
    "command", ["list", "show", "fetch", "lock", "mirror build", "mirror add", "workshop serve", "run", "doctor"]
)
def test_every_help_teaches_by_example(command, capsys, monkeypatch):
    monkeypatch.setenv("DATAKIT_ORIGINS", "100%,sample")
    with pytest.raises(SystemExit) as left:
        cli.main([*command.split(), "--help"])
    said = capsys.readouterr().out
    assert left.value.code == 0 and f"datakit {command}" in said.split("examples:")[1]
    if "--origins" in said and command != "mirror build":
        assert "100%,sample, from DATAKIT_ORIGINS" in " ".join(said.split())


def test_help_and_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert "Now: sample." in said and "datakit run trees" in said
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("datakit ")


def test_errors_have_no_traceback(monkeypatch, capsys):
    def broken(args):
        raise Unreachable("communes", "nobody answers", next="try later")

    def absent(args):
        raise ModuleNotFoundError("No module named 'pooch'", name="pooch")

    def stopped(args):
        raise KeyboardInterrupt

    for call, code, said in ((broken, 1, "try later"), (absent, 1, "datakit doctor"), (stopped, 130, "stopped")):
        monkeypatch.setattr(cli.program, "_list", call)
        assert cli.main(["list"]) == code
        err = capsys.readouterr().err
        assert said in err and "Traceback" not in err


def test_our_own_missing_module_is_a_bug_and_shows(monkeypatch):
    def broken(args):
        raise ModuleNotFoundError("No module named 'datakit.nope'", name="datakit.nope")

    monkeypatch.setattr(cli.program, "_list", broken)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["list"])


@pytest.mark.parametrize(
    ("words", "said"),
    [(["list"], "Dijon"), (["show", "communes", "--lang", "fr"], "Dijon"), (["--help"], "open data on trees")],
)
def test_works_before_anything_is_installed(words, said, root):
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from datakit.cli import main; main({words!r})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_help_imports_nothing_heavy():
    code = (
        "import sys, contextlib, io\nfrom datakit.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main(['run', '--help'])\n"
        "heavy = {'numpy', 'pandas', 'pooch', 'requests', 'papermill', 'datakit.run.running'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8").stdout == "[]\n"


@pytest.mark.parametrize(
    ("env", "accents"),
    [
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, True),
        ({"LANG": "C", "LC_ALL": ""}, True),
        ({"PYTHONIOENCODING": "cp437"}, False),
    ],
)
def test_accents_survive_any_terminal(env, accents):
    done = subprocess.run(
        [sys.executable, "-m", "datakit", "show", "iris", "--lang", "fr"],
        capture_output=True,
        env={**os.environ, **env},
    )
    assert done.returncode == 0, done.stderr
    assert ("Métropole" in done.stdout.decode("utf-8", "replace")) == accents


def test_a_closed_pipe_is_no_error():
    line = f"{shlex.quote(sys.executable)} -m datakit show iris | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["/bin/bash", "-c", line], capture_output=True, encoding="utf-8")
    assert done.stderr == "" and done.returncode in (0, 141)


def test_module_and_command_are_the_same():
    done = typed("list", "--theme", "territory")
    assert done.returncode == 0 and "communes" in done.stdout
    assert typed("show", "nothing-like-it").returncode == 2
