"""The wheel: everything is in it, the notebooks too, and it works in an empty folder, away from the clone."""

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from datakit.cli import main
from datakit.run import choosing, shipped
from tests.only import PROJECT

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHECKPOINTS = ".ipynb_checkpoints"  # what JupyterLab leaves beside a notebook that somebody opened


def files(folder):
    """Path inside a folder of the project -> the file, of all that is the project's."""
    found = {path.relative_to(ROOT / folder): path for path in (ROOT / folder).rglob("*") if path.is_file()}
    left = {"__pycache__", CHECKPOINTS}
    return {inside.as_posix(): path for inside, path in found.items() if left.isdisjoint(inside.parts)}


SHIPPED = {name: path for name, path in files("notebooks").items() if name.endswith(".ipynb")}
COPIES = sorted(name for name in SHIPPED if not name.startswith("fr/"))  # for a user who reads English
COPIES.sort(key=lambda name: "/" in name)


def build(what, source, folder):
    """Build a wheel or an sdist as pip and uv do, with the setuptools that is there."""
    code = f"from setuptools import build_meta; build_meta.build_{what}({str(folder)!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the sdist: what a package index would be given."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("datakit", "notebooks"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (
        "notebooks",
        "notebooks/fr/solutions",
        "datakit/sample",
        "datakit/challenge/template/project/notebooks",
    ):
        (source / name / CHECKPOINTS).mkdir(exist_ok=True)
        (source / name / CHECKPOINTS / "mine-checkpoint.ipynb").write_text("{}", encoding="utf-8")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build("sdist", source, folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    build("wheel", unpacked, folder)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_carries_everything(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    wanted = {f"datakit/{name}": path for name, path in files("datakit").items()}
    for folder in ("datakit/catalog/", "datakit/sample/", "datakit/show/maps/web/", "datakit/trees/citizens/web/"):
        assert any(name.startswith(folder) for name in wanted), f"{folder} is empty"
    wanted |= {f"datakit/notebooks/{name}": path for name, path in SHIPPED.items()}
    assert len(NOTEBOOKS) >= 4
    for name, path in wanted.items():  # code, cards, sample, the scripts of the maps, the notebooks
        assert inside.get(name) == path.read_bytes(), name
    assert {name for name in inside if ".dist-info/" not in name} == set(wanted)
    assert wheel.stat().st_size < 14e6


def test_the_wheel_names_its_extras(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        said = email.message_from_bytes(archive.read(name))
    assert set(said.get_all("Provides-Extra")) == set(PROJECT["optional-dependencies"])
    core = [line for line in said.get_all("Requires-Dist") if "extra ==" not in line]
    assert core == PROJECT["dependencies"]


def test_there_is_one_copy_of_the_notebooks():
    assert not (ROOT / "datakit" / "notebooks").exists()


# --- the wheel installed --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(wheel, bare, tmp_path_factory):
    """An environment with the wheel, that sees all other packages of the tests' environment."""
    folder = shutil.copytree(bare, tmp_path_factory.mktemp("installed") / "environment", symlinks=True)
    (theirs,) = folder.glob("lib/python*/site-packages")
    pip = [folder / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-deps"]
    done = subprocess.run([*pip, wheel], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ours = next(p for p in sys.path if p.endswith("site-packages"))
    (theirs / "requirements.pth").write_text(f"{ours}\n", encoding="utf-8")
    return folder


@pytest.fixture
def empty(tmp_path):
    folder = tmp_path / "été à la Fontaine d'Ouche"
    folder.mkdir()
    return folder


def typed(installed, cwd, *words):
    """What somebody types, with that environment active."""
    there = {
        "PATH": f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}",
        # nbconvert looks for its templates below the environment's own folder; here it is installed in another.
        "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
    }
    program = [installed / "bin/datakit", *words]
    return subprocess.run(program, cwd=cwd, env=os.environ | there, capture_output=True, encoding="utf-8", timeout=300)


@pytest.mark.slow
def test_it_runs_in_an_empty_folder(installed, empty):
    (packaged,) = installed.glob("lib/python*/site-packages/datakit/notebooks")
    before = {path: path.read_bytes() for path in packaged.rglob("*") if path.is_file()}
    done = typed(installed, empty, "run", "start_here")
    assert done.returncode == 0, done.stderr
    assert f"the kit's own notebooks, in {packaged} (copies to change: datakit notebooks)" in done.stderr
    report = empty / "reports/latest"
    assert done.stdout.endswith(f"Report: {report / 'index.html'}\n")
    said = json.loads((report / "run.json").read_text(encoding="utf-8"))["notebooks"]["00_start_here"]
    assert said["status"] == "ok" and {record["origin"] for record in said["provenance"]} == {"sample"}
    assert json.loads((report / "results.json").read_text(encoding="utf-8"))["00_start_here"]
    assert {path: path.read_bytes() for path in packaged.rglob("*") if path.is_file()} == before
    assert [path.name for path in empty.iterdir()] == ["reports"]


@pytest.mark.slow
def test_the_folders_own_notebooks_come_first(installed, empty):
    names = ", ".join(path.stem.lstrip("0123456789_") for path in NOTEBOOKS)
    assert f"expected: trees, vegetation, inclusion, {names}" in typed(installed, empty, "run", "mine").stderr
    copied = typed(installed, empty, "notebooks")
    assert copied.returncode == 0
    assert copied.stdout.split() == [f"notebooks/{name}" for name in COPIES]
    for name in COPIES:
        assert (empty / "notebooks" / name).read_bytes() == (ROOT / "notebooks" / name).read_bytes()
    for path in NOTEBOOKS[1:]:
        (empty / "notebooks" / path.name).unlink()
    (empty / "notebooks" / NOTEBOOKS[0].name).rename(empty / "notebooks/ours.ipynb")
    done = typed(installed, empty, "run", "mine")
    assert done.returncode == 2 and "expected: ours\n" in done.stderr


# --- copies of the notebooks ----------------------------------------------------------------------------------------


def test_copies_leave_what_is_there(tmp_path, capsys):
    mine = tmp_path / "notebooks" / NOTEBOOKS[1].name
    mine.parent.mkdir()
    mine.write_text("a day's work", encoding="utf-8")
    (tmp_path / "notebooks" / NOTEBOOKS[2].name).symlink_to(tmp_path / "nowhere")
    assert main(["notebooks", str(tmp_path / "notebooks")]) == 0
    said = capsys.readouterr()
    assert said.out.split() == [str(mine.parent / name) for name in (COPIES[0], *COPIES[3:])]
    assert f"{mine} is there already: left as it is" in said.err
    assert f"jupyter lab {mine.with_name(NOTEBOOKS[0].name)}" in said.err
    assert mine.read_text(encoding="utf-8") == "a day's work"
    assert not (tmp_path / "nowhere").exists()
    copied, left = shipped.copy_notebooks(tmp_path / "notebooks")
    assert copied == [] and len(left) == len(COPIES)


def test_copies_that_cannot_be_written_are_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").write_text("not a folder", encoding="utf-8")
    assert main(["notebooks", str(tmp_path / "notebooks")]) == 2
    assert "this names a file" in capsys.readouterr().err

    def full(source, target):
        Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shipped.shutil, "copyfile", full)
    assert main(["notebooks", str(tmp_path / "new")]) == 2
    said = capsys.readouterr().err
    assert "No space left" in said and "nothing was copied" in said
    assert list((tmp_path / "new").iterdir()) == []


def test_in_a_clone_the_notebooks_are_the_clones(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert choosing.notebooks_folder() == ROOT / "notebooks"
    (tmp_path / "notebooks").mkdir()
    assert choosing.notebooks_folder() == ROOT / "notebooks"  # an empty folder is none of notebooks
    shutil.copy(NOTEBOOKS[0], tmp_path / "notebooks")
    assert choosing.notebooks_folder() == Path("notebooks")
