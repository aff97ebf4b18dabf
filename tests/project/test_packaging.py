"""The files that say what to install agree, hold on every Python that the kit promises, and install nothing twice."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import make_lock

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ["requirements.lock", "requirements-dev.lock"]
EXTRAS = PROJECT["project"]["optional-dependencies"]

# Used without an import: JupyterLab is what people open, jupytext opens notebooks/src in it, nbval extends pytest.
USED_OTHERWISE = {"jupyter-offlinenotebook", "jupyterlab", "jupyterlab-language-pack-fr-fr", "jupytext", "nbval"}


def direct(requirements):
    """Canonical name -> specifiers, as text, of requirement lines."""
    parsed = [Requirement(line) for line in requirements]
    return {canonicalize_name(r.name): str(r.specifier) for r in parsed}


def locked(path):
    """(name, version, marker, hashes, whom it is for) of each entry of a lock."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for entry in re.findall(r"^\S.*(?:\n[ \t].*)*", text, flags=re.MULTILINE):
        body = re.sub(r"#.*", "", entry).replace("\\\n", " ")
        line, *hashes = re.split(r"\s--hash=", body)
        requirement = Requirement(line.strip())
        (spec,) = requirement.specifier
        via = re.findall(r"#\s+(?:via )?(\S.*)", entry)
        yield canonicalize_name(requirement.name), spec, requirement.marker, [h.strip() for h in hashes], via


def test_the_conda_environments_are_those_of_the_lock():
    for file, text in make_lock.conda_environments().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.relative_to(ROOT)}: make lock"


def test_conda_gets_the_direct_dependencies_at_the_locks_minor_versions():
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (by_pip,) = [entry["pip"] for entry in wanted if isinstance(entry, dict)]
    plain = {conda: name for name, conda in make_lock.CONDA_NAMES.items()}
    named = {line.partition("=")[0] for line in [w for w in wanted if isinstance(w, str)] + by_pip} - {"python", "pip"}
    named = {plain.get(name, name) for name in named}
    direct_ones = set(direct(PROJECT["project"]["dependencies"])).union(
        *(direct(EXTRAS[extra]) for extra in ("notebooks", "trees", "vegetation", "inclusion"))
    )
    assert named == direct_ones
    assert {"nbval", "jupyterlab", "papermill", "pooch", "geopandas", "folium", "matplotlib", "pandas"} <= named
    versions = {name: str(spec)[2:] for name, spec, *_ in locked("requirements.lock")}
    for line in wanted:
        name, _, minor = line.partition("=") if isinstance(line, str) else ("pip", "", "")
        if name not in ("python", "pip"):
            assert f"{versions[plain.get(name, name)]}.".startswith(f"{minor}."), line


def test_binder_gets_python_from_conda_and_nothing_else():
    path = ROOT / "binder/environment.yml"
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"] == ["python=3.11", "pip"]
    assert not path.is_symlink()  # Binder copies this folder alone first


def test_one_version_of_each_package_for_every_python():
    for path in LOCKS:
        names = [name for name, *_ in locked(path)]
        assert sorted(set(names)) == sorted(names), f"{path} forks { ({n for n in names if names.count(n) > 1}) }"


def test_the_locks_satisfy_what_is_asked():
    groups = PROJECT["dependency-groups"]
    run = PROJECT["project"]["dependencies"] + groups["build"] + [r for names in EXTRAS.values() for r in names]
    asked = {"requirements.lock": run, "requirements-dev.lock": run + groups["dev"]}
    for path, requirements in asked.items():
        versions = {}
        for name, spec, *_ in locked(path):
            versions.setdefault(name, []).append(spec.version)
        for requirement in map(Requirement, requirements):
            found = versions.get(canonicalize_name(requirement.name))
            assert found, f"{path} lacks {requirement}: make lock"
            assert all(v in requirement.specifier for v in found), f"{path} has {requirement.name} {found}: make lock"


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_names_no_place(path):
    entries = list(locked(path))
    assert entries
    for name, spec, _, hashes, _ in entries:
        assert spec.operator == "==", name
        assert hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), name
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|@ |(?:^|\s)-(?:i|f|-index|-extra|-find|-trusted)|/\w+/", text)


def test_the_locks_agree():
    def versions(path):
        return {(name, str(spec), str(marker)) for name, spec, marker, *_ in locked(path)}

    run, dev = map(versions, LOCKS)
    apart = {name for name, *_ in run - dev}
    # A package that tests ask for as well may be wanted on one more system: same version, wider marker.
    assert {(n, s) for n, s, _ in run} <= {(n, s) for n, s, _ in dev}, f"not the same versions: {sorted(apart)}"


def executed(tree):
    """Every node of a file but those of ``if TYPE_CHECKING:``, which only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"):
            yield node
            yield from executed(node)


def third_party_imports(*folders):
    """Top-level modules imported in the Python files of some folders, wherever the import stands."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in executed(ast.parse(path.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    names = [node.module]
                elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "import_module" and node.args:
                    names = [node.args[0].value] if isinstance(node.args[0], ast.Constant) else []
                for name in names:
                    found.setdefault(name.split(".")[0], path.relative_to(ROOT))
    # Scripts import their neighbours by their bare names; the package imports itself as `datakit` only.
    inside = [path for folder in folders if folder != "datakit" for path in (ROOT / folder).rglob("*")]
    local = {path.stem for path in inside if path.suffix == ".py" or path.is_dir()}
    return {
        n: p for n, p in found.items() if n not in sys.stdlib_module_names and n not in local | {"datakit", "tools"}
    }


def test_what_is_imported_is_a_direct_dependency():
    wanted = set(direct(PROJECT["project"]["dependencies"])).union(*map(direct, EXTRAS.values()))
    xstatic = {n for n in wanted if n.startswith("xstatic-")}  # one namespace, several packages
    makers = set(direct(PROJECT["dependency-groups"]["dev"]))
    providers = importlib.metadata.packages_distributions()
    imported, missing = set(xstatic), []
    for module, path in third_party_imports("datakit", "notebooks/src", "tools").items():
        names = {canonicalize_name(d) for d in providers.get(module, [])}
        allowed = wanted | makers if path.parts[0] == "tools" else wanted
        if module != "xstatic" and not names & allowed:
            missing.append(f"{path} imports {module} (of {sorted(names) or 'no installed package'})")
        imported |= names & wanted
    assert not missing, "add to pyproject.toml, then make lock:\n" + "\n".join(missing)
    unused = wanted - imported - USED_OTHERWISE
    assert not unused, f"nothing imports {sorted(unused)}"


def test_one_version_and_three_pythons_everywhere(root):
    version = PROJECT["project"]["version"]
    assert f'__version__ = "{version}"' in (root / "datakit/__init__.py").read_text(encoding="utf-8")
    assert yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert f"## {version}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
    pythons = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert pythons == ["3.11", "3.12", "3.13"]
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"
    workflow = yaml.safe_load((root / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["tests"]["strategy"]["matrix"]["python"] == pythons


# --- what an import does --------------------------------------------------------------------------------------------


def python(code):
    """Run some lines in a Python of their own; what it printed."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.strip()


def test_an_import_leaves_the_process_as_it_was():
    code = """
import sys, warnings
before = list(warnings.filters)
import datakit
assert warnings.filters == before, [f for f in warnings.filters if f not in before]
assert issubclass(datakit.DataWarning, UserWarning) and issubclass(datakit.errors.Corrupt, datakit.DatakitError)
assert warnings.filters == before
print(sorted({"pandas", "geopandas", "numpy", "pooch", "requests", "tqdm"} & set(sys.modules)))
"""
    assert python(code) == ("[]", "")


def test_what_can_be_asked_of_the_package_is_there():
    code = """
import datakit
for name in datakit.__all__:
    assert getattr(datakit, name) is not None and name in dir(datakit), name
from datakit.data.cache import DataWarning
assert DataWarning is datakit.DataWarning, "the name that notebooks have always imported"
"""
    python(code)


# --- the Makefile ---------------------------------------------------------------------------------------------------

needs_make = pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine: apt-get install make")


def make(*args, env=None, cwd=ROOT):
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")} | (env or {})
    return subprocess.run(["make", *args], cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture
def stamped(tmp_path):
    """A folder that looks like an environment in which everything was installed after the locks."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    for stamp in (".datakit-made", ".datakit-run", ".datakit-dev"):
        (tmp_path / stamp).touch()
    return tmp_path


@needs_make
def test_help_names_every_target():
    shown = make("help").stdout
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    for target in set(targets):
        assert re.search(rf"^  make {target} +\w", shown, re.MULTILINE), f"make help does not explain {target}"


@needs_make
@pytest.mark.parametrize("target", ["setup", "setup-dev"])
def test_the_second_call_installs_nothing(target, stamped):
    done = make(target, f"VENV={stamped}")
    assert done.returncode == 0
    assert "nothing to be done" in done.stdout.lower()


@needs_make
def test_a_newer_lock_is_installed(stamped):
    old = (ROOT / "requirements.lock").stat().st_mtime - 100
    os.utime(stamped / ".datakit-run", (old, old))
    planned = make("-n", "run", f"VENV={stamped}", "UV=").stdout
    assert "--no-deps --require-hashes --only-binary :all: -r requirements.lock" in planned
    assert "-m venv" not in planned  # the environment itself stays


@needs_make
@pytest.mark.parametrize(
    ("uv", "tool"), [("UV=", "-m pip install"), ("UV=/somewhere/uv", '"/somewhere/uv" pip install')]
)
def test_every_installation_is_hash_checked(uv, tool, tmp_path):
    planned = make("-n", "setup-dev", f"VENV={tmp_path / 'new'}", uv).stdout
    installs = [line for line in planned.splitlines() if "pip install" in line]
    assert [re.search(r"(-r \S+|-e \.)$", line)[1] for line in installs] == [
        f"-r {LOCKS[0]}",
        "-e .",
        f"-r {LOCKS[1]}",
    ]
    for line in installs:
        assert tool in line
        assert "--no-deps" in line  # no resolver has a say
        assert "--require-hashes --only-binary :all: -r" in line or "--no-build-isolation --no-deps -e ." in line


@needs_make
def test_run_is_the_main_job_and_nothing_after_it(stamped):
    planned = make("-n", "run", f"VENV={stamped}", "ARGS=trees").stdout.splitlines()
    assert planned == [f"{stamped}/bin/datakit run --output reports/latest trees"]  # its last line names the report


@needs_make
def test_debian_without_venv_is_told_what_to_install(tmp_path):
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexit 0\n')
    python.chmod(0o755)
    done = make("setup", f"VENV={tmp_path / 'venv'}", "UV=", f"PYTHON={python}")
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stdout
    assert not (tmp_path / "venv" / ".datakit-made").exists()


@needs_make
def test_no_python_is_said_in_words(tmp_path):
    done = make("setup", f"VENV={tmp_path / 'venv'}", "UV=", "PYTHON=")
    assert done.returncode != 0
    assert "3.11" in done.stdout


@needs_make
def test_a_failed_run_fails_make(stamped):
    fake = stamped / "bin" / "datakit"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    assert make("run", f"VENV={stamped}").returncode != 0


def test_the_layers_hold(root):
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed: make setup-dev")
    done = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_ci_calls_make_and_nothing_beside(root):
    script = (root / ".ci/run").read_text(encoding="utf-8")
    assert os.access(root / ".ci/run", os.X_OK)
    assert "set -euo pipefail" in script
    commands = [line.strip() for line in script.splitlines() if line.strip() and not line.strip().startswith("#")]
    called = [line for line in commands if line.startswith("make ")]
    assert called == [
        "make lint || failed=$?",
        "make check-lock || failed=$?",
        'make run "${other[@]}" OUTPUT="reports/$version" || failed=$?',
        """make "$tests" "${other[@]}" ARGS="-q -m 'not slow and not browser'" || failed=$?""",
        'make "$tests" || failed=$?',
    ]
    assert re.findall(r"^ *tests=(\w+)", script, re.M) == ["coverage", "test"]  # the floor of coverage is always held
    assert commands[-1] == 'exit "$failed"'
    pythons = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert f"for version in {' '.join(pythons)}; do" in commands
    assert not re.search(r"pytest|ruff|pip install", "\n".join(commands))


# --- links ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def readmes(root, tmp_path):
    for name in ("README.md", "README.fr.md", "CITATION.cff"):
        shutil.copy(root / name, tmp_path)
    return tmp_path


def links(folder, repo):
    program = [sys.executable, ROOT / "tools/links.py", repo, "--folder", folder]
    return subprocess.run(program, capture_output=True, text=True)


def contents(folder):
    return {p.name: p.read_text(encoding="utf-8") for p in sorted(folder.iterdir())}


def test_links_come_from_one_setting_and_go_again(readmes):
    assert links(readmes, "").returncode == 0
    without = contents(readmes)
    for name in ("README.md", "README.fr.md"):
        assert "mybinder.org" not in without[name]
    assert links(readmes, "a-town/a.kit").returncode == 0
    with_links = contents(readmes)
    for name in ("README.md", "README.fr.md"):
        assert (
            "(https://mybinder.org/v2/gh/a-town/a.kit/main?urlpath=lab/tree/notebooks/00_start_here.ipynb)"
            in with_links[name]
        )
        assert "(https://codespaces.new/a-town/a.kit?ref=main)" in with_links[name]
        assert "/actions/workflows/tests.yml" in with_links[name]
    assert yaml.safe_load(with_links["CITATION.cff"])["repository-code"] == "https://github.com/a-town/a.kit"
    again = links(readmes, "a-town/a.kit")
    assert "nothing to change" in again.stdout
    assert contents(readmes) == with_links
    assert links(readmes, "").returncode == 0
    assert contents(readmes) == without


@pytest.mark.parametrize("repo", ["owner", "https://github.com/a/b", "a/b/c", "a b/c", "a/b?x"])
def test_links_refuse_what_is_no_repository(repo, readmes):
    before = contents(readmes)
    done = links(readmes, repo)
    assert done.returncode == 2
    assert "owner/name" in done.stderr
    assert contents(readmes) == before
