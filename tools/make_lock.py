"""Write what every path installs, from pyproject.toml: two lock files and two conda environments.

    requirements.lock         what the kit needs, every extra included, and setuptools, which installs the kit itself
    requirements-dev.lock     the same, and what `make test` and `make lint` need
    environment.yml           for conda: Python and the direct dependencies, at the minor versions of the lock
    binder/environment.yml    for Binder: Python and pip, nothing else; binder/postBuild installs requirements.lock

A lock has one version of each package for Python 3.11 to 3.13 on every system: a fork by Python version is a kit that
was tested on one Python and breaks on another. It names no index, host or folder, and only packages that have wheels.

The versions of the present locks are kept unless UPGRADE=1. `--check` writes nothing: it asks a resolver whether each
system and Python that the kit serves finds a wheel for every line of the locks.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from datakit.workshop.layout import PYTHONS
from datakit.workshop.wheelhouse import MACOS, SYSTEMS

ROOT = Path(__file__).resolve().parents[1]
RUN, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
# Their names on conda-forge; matplotlib-base is the part without a graphical toolkit.
CONDA_NAMES = {"matplotlib": "matplotlib-base"} | {
    name: name.replace("-", "_") for name in ("jupyter-client", "jupyter-server", "jupyterlab-server")
}
# Not there, or under a name that is not PyPI's (language packs).
BY_PIP = (
    "cafein",
    "jupyterlab-language-pack-fr-fr",
    "opening-hours-py",
    "xstatic-d3",
    "xstatic-jquery",
    "xstatic-leaflet",
    "xstatic-leaflet-markercluster",
)


def uv(*args, **settings):
    """Run uv; end with what it says where it fails."""
    done = subprocess.run(["uv", *args], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **settings})
    if done.returncode:
        sys.exit(f"uv {' '.join(args[:2])}: {done.stderr.strip()}")
    return done.stdout


def compile_locks(upgrade):
    options = ["--universal", "--python-version", PYTHONS[0], "--fork-strategy", "fewest", "--only-binary", ":all:"]
    options += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--quiet"]
    options += ["--upgrade"] if upgrade else []
    asked = ["pip", "compile", "pyproject.toml", "--all-extras", "--group", "build", *options]
    # The larger one first: what tests need may hold back a version, and both must agree.
    uv(*asked, "--group", "dev", "-o", DEV.name)
    uv(*asked, "-c", DEV.name, "-o", RUN.name)


def locked_versions(text):
    """Name -> version of the text of a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE))


def direct_dependencies():
    """Names of what the package and its notebooks import; extras beyond the notebooks are left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lists = [project["dependencies"], *(extras[name] for name in ("notebooks", "trees", "vegetation", "inclusion"))]
    return sorted({re.match(r"[\w-]+", requirement)[0] for names in lists for requirement in names})


def conda_environments():
    """The text of environment.yml and of binder/environment.yml."""
    versions = locked_versions(RUN.read_text(encoding="utf-8"))

    def minor(name):
        return ".".join(versions[name].split(".")[:2])

    direct = direct_dependencies()
    conda = [f"  - {CONDA_NAMES.get(n, n)}={minor(n)}" for n in direct if n not in BY_PIP]
    pip = [f"      - {n}=={versions[n]}" for n in direct if n in BY_PIP]
    head = "# Written by `make lock`: change pyproject.toml instead.\n"
    top = f"name: datakit\nchannels:\n  - conda-forge\ndependencies:\n  - python={PYTHONS[0]}\n"
    root = "# For conda: the minor versions of requirements.lock. conda chooses the rest: not the exact files.\n"
    binder = "# For Binder: Python alone. postBuild installs requirements.lock, the very files of the tests.\n"
    return {
        ROOT / "environment.yml": head + root + top + "\n".join([*conda, "  - pip", "  - pip:", *pip]) + "\n",
        ROOT / "binder/environment.yml": head + binder + top + "  - pip\n",
    }


def found_wheels(system, python):
    """Whether a resolver finds a wheel for every line of the larger lock: (True or False, a line to print)."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["uv", "pip", "compile", DEV.name, "--no-deps", "--only-binary", ":all:", "--quiet"]
        command += ["--python-platform", system.uv, "--python-version", python, "-o", f"{folder}/resolved"]
        settings = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "{}.{}".format(*MACOS)}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=settings)
    said = "a wheel for each" if done.returncode == 0 else done.stderr.strip()
    return done.returncode == 0, f"{system.label:<23} {python:<5} {said}"


def check():
    """Print a table of the systems and Pythons; True where each finds every wheel."""
    sound = True
    with ThreadPoolExecutor(4) as pool:  # it waits for the index, not for the processor
        for found, line in pool.map(lambda asked: found_wheels(*asked), product(SYSTEMS.values(), PYTHONS)):
            print(line, flush=True)
            sound &= found
    return sound


def main(args):
    if args == ["--check"]:
        return 0 if check() else 1
    if args:
        sys.exit(f"usage: make_lock.py [--check]\n\n{__doc__}")
    compile_locks(upgrade=bool(os.environ.get("UPGRADE")))
    for file, text in conda_environments().items():
        file.write_text(text, encoding="utf-8")
    return 0 if check() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
