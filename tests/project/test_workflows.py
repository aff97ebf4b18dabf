"""The GitHub workflows ask for little, run what a person can run, and the drift report says what changed."""

import hashlib
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def read(path):
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    data["on"] = data.pop(True, data.get("on"))  # YAML 1.1 reads the key `on` as true
    return data


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def tool(name):
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed: make setup-dev")
    return path


def test_the_workflows_are_there():
    assert [p.stem for p in WORKFLOWS] == ["drift", "newest", "notebooks", "tests"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_permissions_are_empty_by_default_and_credentials_not_kept(path):
    workflow = read(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {k for k, v in job["permissions"].items() if v == "write"}
        assert writes == ({"issues"} if (path.stem, name) in [("drift", "publishers"), ("newest", "report")] else set())
        assert job["timeout-minutes"] <= 90
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_actions_are_pinned_to_a_commit_that_says_its_tag(path):
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for line in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    everywhere = {u for p in WORKFLOWS for u in re.findall(r"uses: (.*)", p.read_text(encoding="utf-8"))}
    assert len(everywhere) == len({u.split("@")[0] for u in everywhere}), "one action, two pins"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_what_runs_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = "\n".join(step.get("run", "") for step in steps(read(path)))
    assert set(re.findall(r"^make ([a-z-]+)", commands, re.MULTILINE)) <= targets
    for script in re.findall(r"tools/\w+\.py", commands):
        assert (ROOT / script).exists()
    assert "${{" not in commands  # no text from outside is pasted into a shell


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_shell_steps_are_valid_shell(path):
    for step in steps(read(path)):
        if "run" in step:
            done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True)
            assert done.returncode == 0, done.stderr


def test_zizmor_finds_nothing():
    done = subprocess.run(
        [tool("zizmor"), "--offline", "--no-progress", ".github"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_files_have_their_schemas():
    check = pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed: make setup-dev")
    for schema, files in {
        "vendor.github-workflows": WORKFLOWS,
        "vendor.dependabot": [ROOT / ".github/dependabot.yml"],
        "vendor.citation-file-format": [ROOT / "CITATION.cff"],
        "vendor.github-issue-forms": sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")),
    }.items():
        done = CliRunner().invoke(check.main, ["--builtin-schema", schema, *map(str, files)])
        assert done.exit_code == 0, done.output


def test_the_devcontainer_installs_with_make():
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    assert settings["postCreateCommand"].startswith("make setup")
    assert settings["image"].startswith("python:3.11")
    python = settings["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert python.endswith("/.venv/bin/python")


# --- newest ---------------------------------------------------------------------------------------------------------


def test_newest_tries_every_python_with_the_newest_of_everything():
    job = read(ROOT / ".github/workflows/newest.yml")["jobs"]["newest"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    commands = [step.get("run", "") for step in job["steps"]]
    assert any("make lock UPGRADE=1" in c for c in commands)
    assert any("make test" in c for c in commands)


def newest(tmp_path, log, before="a==1.0 \\\n", now="a==2.0 \\\n"):
    for name, text in (("before", before), ("now", now), ("log", log)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    program = [
        sys.executable,
        ROOT / "tools/newest.py",
        "3.12",
        *(tmp_path / n for n in ("before", "now", "log", "no")),
    ]
    return subprocess.run(program, capture_output=True, text=True, check=True).stdout


def test_newest_names_what_broke_and_what_is_new(tmp_path):
    log = "..F\nFAILED tests/test_x.py::test_y - KeyError: 'é'\n1 failed\nmake: *** [Makefile:52: test] Error 1\n"
    told = newest(tmp_path, log, "a==1.0 \\\nb==1 ; sys_platform == 'win32' \\\n", "a==2.0 \\\nc==3 \\\n")
    assert "## Python 3.12" in told
    assert "- `FAILED tests/test_x.py::test_y - KeyError: 'é'`" in told
    assert "- `make: *** [Makefile:52: test] Error 1`" in told
    for line in ("a: 1.0 became 2.0", "b: 1 became absent", "c: absent became 3"):
        assert f"- `{line}`" in told


def test_newest_stays_readable(tmp_path):
    told = newest(tmp_path, "".join(f"FAILED test_{n}\n" for n in range(99)))
    assert told.count("FAILED") == 40
    assert "- and 59 more" in told


def test_newest_says_where_to_look_when_the_log_is_silent(tmp_path):
    assert "read it in the workflow's run" in newest(tmp_path, "Killed\n")


# --- drift ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drift():
    spec = importlib.util.spec_from_file_location("drift", ROOT / "tools/drift.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seen(**changes):
    facts = {"status": "read", "rows": 100, "rows_rejected": 0, "rejects": [], "columns": {"a": "str"}, "sha256": "0"}
    return facts | changes


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (seen(), None, []),
        (seen(), seen(rows=95), []),
        (seen(), seen(rows=50), ["50 rows became 100"]),
        (seen(rows=0), None, ["no rows"]),
        (seen(columns={"a": "float64"}), seen(), ["column a: str became float64"]),
        (seen(columns={"a": "str", "b": "str"}), seen(), ["column b: absent became str"]),
        (
            seen(rows=90, rows_rejected=10, rejects=["a: minimum 0"]),
            None,
            ["10 of 100 rows break the card's schema (a: minimum 0)"],
        ),
        (seen(rows=99, rows_rejected=1), None, []),
        (seen(rows=20, rows_rejected=5), None, []),  # a handful of rows is no news, however short the table
        ({"status": "unreachable"}, seen(), []),
        ({"status": "unreachable"}, {"status": "unreachable"}, ["unreachable twice in a row"]),
        ({"status": "columns"}, seen(), ["it is no longer what the card says (columns)"]),
        (seen(), {"status": "unreachable"}, []),
    ],
)
def test_what_is_news(drift, now, before, told):
    assert drift.compare(now, before) == told


def test_drift_of_a_mirror_that_changes(drift, root, tmp_path, cache, capsys):
    """The same command three times on a folder: as published, unchanged, and with a column renamed."""
    original = root / "datakit/sample/communes-population"
    (source,) = original.iterdir()
    mirror, output = tmp_path / "mirror", tmp_path / "drift"
    put(mirror, "communes-population", source.name, source.read_bytes())

    def call():
        code = drift.main(
            [
                "communes-population",
                "--origins",
                str(mirror),
                "--output",
                str(output),
                "--previous",
                str(output / "drift.json"),
            ]
        )
        assert code == 0
        return json.loads((output / "drift.json").read_text(encoding="utf-8"))["communes-population"]

    first = call()
    assert first["status"] == "read"
    assert first["rows"] > 0
    assert not (output / "issue.md").exists()
    assert call() == first
    assert not (output / "issue.md").exists()

    renamed = source.read_bytes().replace(header(root, "communes-population").encode(), b"renamed")
    put(mirror, "communes-population", source.name, renamed)
    assert call()["status"] == "columns"
    issue = (output / "issue.md").read_text(encoding="utf-8")
    assert issue.startswith("## communes-population\n")
    assert "no longer what the card says" in issue
    assert "1 changed" in capsys.readouterr().out


def put(mirror, dataset, filename, content):
    """Write a mirror of one file by hand: `datakit mirror add` would refuse the changed one."""
    (mirror / dataset).mkdir(parents=True, exist_ok=True)
    (mirror / dataset / filename).write_bytes(content)
    facts = {"filename": filename, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    facts |= {"url": None, "licence": "etalab-2.0", "retrieved": "2026-01-01T00:00:00Z"}
    (mirror / "data.lock").write_text(json.dumps({"version": 1, "datasets": {dataset: facts}}), encoding="utf-8")


def header(root, dataset):
    """The publisher's name of the first column that a card describes."""
    card = json.loads((root / f"datakit/catalog/{dataset}.json").read_text(encoding="utf-8"))
    field = card["schema"]["fields"][0]
    source = field.get("source", field["name"])
    return source if isinstance(source, str) else source[0]


def test_drift_leaves_out_what_has_no_address(drift):
    import datakit

    catalog = datakit.catalog
    assert not drift.can_be_fetched(catalog["trees-dijon"])
    assert drift.can_be_fetched(catalog["communes"])


def test_drift_refuses_unknown_datasets(drift, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        drift.main(["no-such-dataset", "--output", str(tmp_path)])
    assert stopped.value.code == 2
