"""What `make` installs: the lock to the letter, from an index that is a year ahead, into folders of any name."""

import functools
import hashlib
import http.server
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.only import distributions

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make on this machine: apt-get install make")


def write_wheel(folder, name, version, requires=(), extras=()):
    """A wheel without code that asks for what the real one asks for; its file's digest."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in extras] + [f"Requires-Dist: {r}" for r in requires]
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{stem}.dist-info/METADATA", "\n".join(lines) + "\n")
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pack_installed(folder, name):
    """The wheel of a package of pure Python, from its installed files; its file's digest."""
    installed = importlib.metadata.distribution(name)
    path = folder / f"{name}-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in installed.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.write(file.locate(), str(file))
    return hashlib.sha256(path.read_bytes()).hexdigest()


# pip takes seconds for what uv takes in tenths, so it gets a part: the core, and a package that asks for another with
# an extra, where a resolver stops. postBuild has pip read all of the lock (test_binder.py).
PART = {"requirements.lock": distributions(), "requirements-dev.lock": distributions("cluster")}


def locked():
    """(name, version, marker) of each line of the larger lock."""
    for line in re.findall(r"^[a-z0-9].*?(?= \\$)", (ROOT / "requirements-dev.lock").read_text("utf-8"), re.MULTILINE):
        wanted = Requirement(line)
        yield canonicalize_name(wanted.name), str(wanted.specifier)[2:], wanted.marker


@pytest.fixture(scope="module")
def year_ahead(tmp_path_factory):
    """An index on loopback, each package of the lock in it with a newer release: (its address, name -> digest)."""
    folder, digests = tmp_path_factory.mktemp("index"), {}
    for name, version, _ in locked():
        home = folder / "simple" / name
        home.mkdir(parents=True)
        try:
            said = importlib.metadata.metadata(name)
            requires, extras = said.get_all("Requires-Dist") or [], said.get_all("Provides-Extra") or []
        except importlib.metadata.PackageNotFoundError:  # a package of another system
            requires, extras = [], []
        # setuptools installs the kit itself, so it has to be the real one.
        real = name == "setuptools"
        digests[name] = pack_installed(home, name) if real else write_wheel(home, name, version, requires, extras)
        newer = f"{int(version.split('.')[0]) + 1}.0"
        write_wheel(home, name, newer, ["a-package-of-next-year"], extras)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/simple/", digests
    server.shutdown()
    server.server_close()


def relock(folder, digests, part=None):
    """The locks with the digests of the fake wheels: all lines, or those of a part."""
    for lock in folder.glob("*.lock"):
        entries = re.findall(r"^([a-z0-9-]+)(==.*?) \\$", (ROOT / lock.name).read_text("utf-8"), re.MULTILINE)
        kept = part[lock.name] | {"setuptools"} if part else digests
        lines = [f"{name}{spec} --hash=sha256:{digests[name]}\n" for name, spec in entries if name in kept]
        lock.write_text("".join(lines), encoding="utf-8")


def copy_project(folder, *sources):
    """The files that `make setup-dev` reads, and these folders."""
    folder.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder)
    for name in ("tools", *sources):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    return folder


def settings(home, index=None):
    """An environment in which pip and uv know this index alone, and make nothing of the make that runs the tests."""
    makes = re.findall(r"^([A-Z]+) *\?=", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    ours = ("PIP_", "UV_", "MAKE", "MFLAGS", "VIRTUAL_ENV", *makes)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    clean |= {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "UV_NO_CONFIG": "1", "UV_CACHE_DIR": f"{home}/uv"}
    return clean | ({"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index} if index else {"PIP_NO_INDEX": "1"})


def make(folder, *args, env):
    return subprocess.run(["make", *args], cwd=folder, env=env, capture_output=True, text=True)


def installed(python):
    """Canonical name -> version of the packages that a Python finds."""
    code = "import importlib.metadata as m, json; print(json.dumps([[d.name, d.version] for d in m.distributions()]))"
    said = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout
    return {canonicalize_name(name): version for name, version in json.loads(said)}


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_year_later_the_lock_installs_what_it_names(tool, year_ahead, tmp_path):
    if tool == "uv" and not UV:
        pytest.skip("uv is not installed: make setup-dev")
    index, digests = year_ahead
    project = copy_project(tmp_path / "été à l'Ouche" / "kit", "datakit", "notebooks")
    relock(project, digests, PART if tool == "pip" else None)
    arguments = ("setup-dev", f"PYTHON={sys.executable}", f"UV={UV if tool == 'uv' else ''}")
    done = make(project, *arguments, env=settings(tmp_path, index))
    assert done.returncode == 0, done.stdout + done.stderr
    found = installed(project / ".venv/bin/python")
    named = re.findall(r"^[a-z0-9-]+", (project / "requirements-dev.lock").read_text("utf-8"), re.MULTILINE)
    wanted = {name: v for name, v, marker in locked() if name in named and (not marker or marker.evaluate())}
    assert len(wanted) > (20 if tool == "pip" else 200)
    assert {name: found.get(name) for name in wanted} == wanted
    assert set(found) - set(wanted) <= {"ondijon-datakit", "pip"}


@pytest.mark.slow
def test_a_resolver_would_have_refused_that_index(year_ahead, bare, tmp_path):
    index, digests = year_ahead
    (tmp_path / "requirements-dev.lock").touch()
    relock(tmp_path, digests, PART)
    install = [bare / "bin/python", "-m", "pip", "install", "--require-hashes", "--target", "there"]
    install += ["-r", "requirements-dev.lock"]
    done = subprocess.run(install, cwd=tmp_path, env=settings(tmp_path, index), capture_output=True, text=True)
    assert done.returncode != 0
    assert "hash" in done.stderr


@pytest.fixture
def made(tmp_path):
    """A project whose environment was made: it sees the packages of the tests, and holds one of its own."""
    project = copy_project(tmp_path / "kit")
    venv = project / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "benches").mkdir()
    (site / "benches/oak.py").touch()
    (site / "benches-1.0.dist-info").mkdir()
    (site / "benches-1.0.dist-info/RECORD").write_text("benches/oak.py,,\nbenches-1.0.dist-info/RECORD,,\n")
    subprocess.run([venv / "bin/python", "-I", "tools/environment.py", "note", ".venv"], cwd=project, check=True)
    for stamp in (".datakit-made", ".datakit-run", ".datakit-dev"):
        (venv / stamp).touch()
    return project


def planned(project):
    """What `make setup-dev` would do, in the order in which it would."""
    env = settings(project)
    return make(project, "-n", "setup-dev", f"PYTHON={sys.executable}", "UV=", env=env).stdout


def test_a_whole_environment_is_left_alone(made):
    assert "rm -rf" not in planned(made)
    assert "pip install" not in planned(made)


def test_a_moved_environment_is_made_again_and_says_why(made):
    there = made.rename(made.with_name("moved é"))
    assert f"Making .venv again: it was made at {made / '.venv'}" in planned(there)
    assert planned(there).index("rm -rf .venv") < planned(there).index("-r requirements.lock")


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        ("lib/python*/site-packages/benches", "benches has lost its folder benches"),
        ("lib/python*/site-packages/benches-1.0.dist-info", "benches is no longer there"),
        ("bin", "its Python does not start"),
    ],
)
def test_a_half_deleted_environment_is_made_again_and_says_why(made, lose, why):
    (lost,) = (made / ".venv").glob(lose)
    shutil.rmtree(lost)
    assert f"Making .venv again: {why}" in planned(made)
    assert "-r requirements-dev.lock" in planned(made)


def test_help_and_clean_mend_nothing(made):
    shutil.rmtree(made / ".venv/bin")
    assert "Making" not in make(made, "help", env=settings(made)).stdout
    assert (made / ".venv").exists()
