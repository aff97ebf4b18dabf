"""The Binder folder, judged by repo2docker itself and by running what it would run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parents[2]
START, POST_BUILD = ROOT / "binder/start", ROOT / "binder/postBuild"


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory):
    """The Dockerfile that repo2docker makes of the launch files, printed without Docker."""
    program = Path(sys.executable).with_name("jupyter-repo2docker")
    if not program.exists():
        pytest.skip("repo2docker is not installed: make setup-dev")
    folder = tmp_path_factory.mktemp("binder")
    shutil.copytree(ROOT / "binder", folder / "binder")
    for name in ("environment.yml", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run([program, "--no-build", "--debug", "."], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def test_repo2docker_takes_binders_environment(dockerfile):
    assert re.search(r"^COPY .*binder/environment\.yml", dockerfile, re.MULTILINE)
    assert re.search(r'env update -p \$\{NB_PYTHON_PREFIX\} --file "binder/environment\.yml"', dockerfile)
    assert not re.search(r"pip install .*-r .*requirements", dockerfile)


def test_repo2docker_takes_the_pinned_python(dockerfile):
    (pinned,) = [
        entry.partition("=")[2]
        for entry in yaml.safe_load((ROOT / "binder/environment.yml").read_text(encoding="utf-8"))["dependencies"]
        if isinstance(entry, str) and entry.startswith("python=")
    ]
    assert f"Building conda environment for python={pinned}" in dockerfile


def test_repo2docker_runs_the_scripts(dockerfile):
    assert re.search(r"^RUN (\./)?binder/postBuild$", dockerfile, re.MULTILINE)
    assert re.search(r'^ENV R2D_ENTRYPOINT[ =]"?.*binder/start"?$', dockerfile, re.MULTILINE)


@pytest.mark.parametrize("script", [START, POST_BUILD], ids=lambda p: p.name)
def test_scripts_are_executable_and_stop_at_the_first_failure(script):
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/bin/bash"
    code = [line for line in lines if line and not line.startswith("#")]
    assert code[0] == "set -euo pipefail"


def run_start(*command, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DATAKIT_", "OMP_", "OPENBLAS_"))}
    return subprocess.run([START, *command], capture_output=True, text=True, env=clean | environment)


def test_start_becomes_the_command_it_is_given():
    show = "import os, sys; print(os.environ['DATAKIT_ORIGINS'], os.environ['OMP_NUM_THREADS'], sys.argv[1:])"
    done = run_start(sys.executable, "-c", show, "with a space", "--port=8888")
    assert done.stdout == "sample 1 ['with a space', '--port=8888']\n"
    assert run_start("sh", "-c", "exit 7").returncode == 7
    # exec, not a child: signals from Binder must reach JupyterLab itself
    process = subprocess.Popen([START, "sh", "-c", "echo $$"], stdout=subprocess.PIPE, text=True)
    assert int(process.communicate()[0]) == process.pid


def test_start_keeps_what_the_link_asked_for():
    done = run_start("sh", "-c", "echo $DATAKIT_ORIGINS", DATAKIT_ORIGINS="http://192.0.2.1:8000,sample")
    assert done.stdout == "http://192.0.2.1:8000,sample\n"


@pytest.fixture(scope="module")
def image(bare, tmp_path_factory):
    """A stand-in for the image: a copy of the project, and an environment with all but the package itself."""
    folder = tmp_path_factory.mktemp("image")
    for name in ("pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("binder", "datakit", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    environment = shutil.copytree(bare, folder / "environment", symlinks=True)
    ours = Path(next(p for p in sys.path if p.endswith("site-packages")))
    (theirs,) = environment.glob("lib/python*/site-packages")
    for old in [*theirs.glob("*setuptools*"), theirs / "pkg_resources", theirs / "_distutils_hack"]:
        shutil.rmtree(old, ignore_errors=True)  # Python 3.11 brings one that is too old; the image has a newer one
    (theirs / "distutils-precedence.pth").unlink(missing_ok=True)
    # Everything that the tests' environment has is visible: only the package itself is still to be installed.
    (theirs / "requirements.pth").write_text(f"{ours}\n")
    return folder


def post_build(folder):
    environment = {
        "PATH": f"{folder / 'environment/bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PIP_NO_INDEX": "1",  # nothing may be fetched, so nothing may be missing
        "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one backwards: no isolation
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(["binder/postBuild"], cwd=folder, env=environment, capture_output=True, text=True)


def test_post_build_installs_trusts_and_reads(image):
    done = post_build(image)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ datasets read; 23 communes, EPSG:2154$", done.stdout, re.MULTILINE)
    notary = NotebookNotary(data_dir=str(image / ".local/share/jupyter"))
    notebooks = list((image / "notebooks").rglob("*.ipynb"))
    assert notebooks and all(notary.check_signature(nbformat.read(path, 4)) for path in notebooks)
    where = [image / "environment/bin/python", "-c", "import datakit; print(datakit.__file__)"]
    found = subprocess.run(where, cwd=image / "environment", capture_output=True, text=True, check=True).stdout.strip()
    assert Path(found) == image / "datakit/__init__.py"
    assert (image / "environment/bin/datakit").exists()


def test_post_build_installs_the_lock_and_asks_no_resolver():
    installs = [line for line in POST_BUILD.read_text(encoding="utf-8").splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--no-deps" in line for line in installs)
    assert installs[0].endswith("--require-hashes --only-binary :all: -r requirements.lock")


@pytest.fixture
def short(image):
    """The same with a lock of one package: what shall fail comes after it, and is there sooner."""
    lock = image / "requirements.lock"
    whole = lock.read_text(encoding="utf-8")
    lock.write_text(re.match(r"(#.*\n)*(\S.*\n( .*\n)*)", whole)[0], encoding="utf-8")
    yield image
    lock.write_text(whole, encoding="utf-8")


def test_post_build_refuses_packages_that_lack_one_another(short):
    (site,) = (short / "environment").glob("lib/python*/site-packages")
    needy = site / "needy-1.0.dist-info"
    needy.mkdir()
    (needy / "METADATA").write_text("Metadata-Version: 2.1\nName: needy\nVersion: 1.0\nRequires-Dist: not-there\n")
    try:
        done = post_build(short)
    finally:
        shutil.rmtree(needy)
    assert done.returncode != 0
    assert "not-there" in done.stdout


def test_post_build_fails_loudly(short):
    broken = short / "datakit/sample/data.lock"
    kept = broken.read_bytes()
    broken.write_text("not a lock")
    try:
        done = post_build(short)
    finally:
        broken.write_bytes(kept)
    assert done.returncode != 0
    assert "datasets read" not in done.stdout
