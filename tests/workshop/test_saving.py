"""The work is taken home: what a participant made is in the zip, nothing of the city's, and half a zip never."""

import json
import os
import subprocess
import zipfile
from pathlib import Path, PureWindowsPath

import nbformat
import pytest

from datakit import cli
from datakit.data.provenance import ANSWER_MIME, PROVENANCE_MIME
from datakit.errors import WrongUse
from datakit.run.shipped import copy_notebooks
from datakit.workshop import save, saving

NOTEBOOK = "00_start_here.ipynb"


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A participant's folder with the kit's notebooks in it, as `datakit notebooks` makes it."""
    folder = tmp_path / "my work"
    copy_notebooks(folder / "notebooks")
    monkeypatch.chdir(folder)
    return folder


def answered(path):
    """Work in a notebook: a cell, an answer, and the data behind it."""
    notebook = nbformat.read(path, 4)
    datasets = {"datasets": [{"id": "communes", "origin": "http://me:secret@192.0.2.1/m", "sha256": "ab"}]}
    answer = {"question": "How many?", "sentence": "23 communes.", "picture": "a large one"}
    data = {ANSWER_MIME: answer, PROVENANCE_MIME: datasets, "text/plain": "x"}
    output = nbformat.v4.new_output("display_data", data)
    notebook.cells.append(nbformat.v4.new_code_cell("answer = 23", outputs=[output]))
    nbformat.write(notebook, path)


def names(saved):
    with zipfile.ZipFile(saved.path) as packed:
        assert packed.testzip() is None
        return packed.namelist()


def test_only_what_was_changed_is_taken_and_its_answers_and_data_are_told(work):
    answered(work / "notebooks" / NOTEBOOK)
    (work / "reports/latest").mkdir(parents=True)
    (work / "reports/latest/index.html").write_text("<p>report</p>")
    (work / "reports/latest/run.json").write_text("{}")
    saved = save()
    mine = [f"notebooks/{NOTEBOOK}", "reports/latest/index.html", "reports/latest/run.json"]
    assert sorted(names(saved)) == sorted([*mine, *saving.ABOUT])
    assert saved.path.parent == work and saved.path.name.startswith("datakit-2") and saved.left == {}
    with zipfile.ZipFile(saved.path) as packed:
        (answer,) = (a for a in json.loads(packed.read(saving.ANSWERS)) if a.get("question") == "How many?")
        assert answer == {"notebook": f"notebooks/{NOTEBOOK}", "question": "How many?", "sentence": "23 communes."}
        provenance = packed.read(saving.PROVENANCE).decode()
        assert "communes" in provenance and "http://***@192.0.2.1/m" in provenance and "secret" not in provenance
        listed = packed.read(saving.CONTENTS).decode()
        assert all(name in listed for name in mine)
        assert packed.read(f"notebooks/{NOTEBOOK}") == (work / "notebooks" / NOTEBOOK).read_bytes()


def test_nothing_changed_is_told(work):
    with pytest.raises(WrongUse, match="nothing of yours"):
        save()
    assert list(work.glob("*.zip")) == []


def test_data_stays_out_and_is_named(work):
    (work / "notes.md").write_text("what we found")
    (work / "arbres.csv").write_text("id\n1\n")
    for name in ("mirror/trees-dijon", ".venv/lib", "env", "notebooks/.ipynb_checkpoints", "__pycache__"):
        (work / name).mkdir(parents=True)
        (work / name / "arbres.py").write_text("private")
    (work / "env/pyvenv.cfg").write_text("")
    (work / "mirror/data.lock").write_text("{}")
    (work / "linked.py").symlink_to("/etc/hostname")
    saved = save()
    assert set(names(saved)) == {"notes.md", *saving.ABOUT}
    assert sorted(saved.left) == ["arbres.csv", "linked.py", "mirror"]
    assert "left out: mirror (a mirror: data is fetched again)" in saved.lines()
    with zipfile.ZipFile(saved.path) as packed:
        assert "arbres.csv" in packed.read(saving.CONTENTS).decode()


def test_sizes_are_held_and_said(work, monkeypatch):
    monkeypatch.setattr(saving, "EACH", 3e6)
    monkeypatch.setattr(saving, "MOST", 5e6)
    for name, size in (("a.txt", 1), ("b.txt", 2.9), ("c.txt", 2.5), ("d.txt", 3.1)):
        (work / name).write_bytes(b"x" * int(size * 1e6))
    saved = save()
    assert sorted(saved.kept) == ["a.txt", "c.txt"] and sorted(saved.left) == ["b.txt", "d.txt"]
    assert "larger than 3 MB" in saved.left["d.txt"] and "all together" in saved.left["b.txt"]


def test_two_saves_in_a_minute_are_two_files_and_the_first_is_not_in_the_second(work, monkeypatch):
    monkeypatch.setattr(saving.time, "strftime", lambda form, *_: form.replace("%Y-%m-%d-%H%M", "2026-11-29-1335"))
    (work / "notes.md").write_text("x")
    first, second = save(), save()
    assert (first.path.name, second.path.name) == ("datakit-2026-11-29-1335.zip", "datakit-2026-11-29-1335-2.zip")
    assert first.kept == second.kept


def test_a_full_disk_leaves_no_half_zip(work, monkeypatch):
    (work / "notes.md").write_text("x")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving.zipfile.ZipFile, "writestr", full)
    with pytest.raises(WrongUse, match="No space left"):
        save()
    assert [p.name for p in work.iterdir() if ".zip" in p.name] == []


def test_a_notebook_that_cannot_be_read_is_taken_all_the_same(work):
    (work / "notebooks" / NOTEBOOK).write_bytes(b"{ half")
    assert f"notebooks/{NOTEBOOK}" in names(save())


def test_a_cloned_kit_gives_what_differs_from_its_commit_only(tmp_path, monkeypatch):
    clone = tmp_path / "clone"
    (clone / "notebooks").mkdir(parents=True)
    for name in (
        "README.md",
        "sample.csv",
        "sample/data.lock",
        "sample/communes/communes.csv",
        "notebooks/a.ipynb",
        "notebooks/b.ipynb",
    ):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text(f"shipped: {name}\n")
    git = ["git", "-C", str(clone), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "shipped"]):
        subprocess.run([*git, *words], check=True)
    (clone / "notebooks/a.ipynb").write_text("changed")
    (clone / "kit.egg-info").mkdir()
    (clone / "kit.egg-info/requires.txt").write_text("written by pip")
    (clone / "notebooks/b.ipynb").write_bytes(b"shipped: notebooks/b.ipynb\r\n")  # as git may write it on Windows
    monkeypatch.setattr(saving, "checkout", lambda: clone)
    assert saving.choose(clone) == (["notebooks/a.ipynb"], {})
    # Another repository is a team's own work: what it has committed is taken too.
    monkeypatch.setattr(saving, "checkout", lambda: None)
    assert saving.choose(clone)[0] == ["README.md", "notebooks/a.ipynb", "notebooks/b.ipynb"]
    # A clone without its history: nothing tells what was changed, so all notebooks are taken, and not the kit's code.
    monkeypatch.setattr(saving, "checkout", lambda: clone)
    monkeypatch.setattr(saving, "_shipped_by_git", lambda folder: None)
    monkeypatch.setattr(saving, "kit_notebooks", lambda: clone / "notebooks")
    (clone / "datakit").mkdir()
    (clone / "datakit/x.py").write_text("code")
    assert saving.choose(clone)[0] == ["notebooks/a.ipynb", "notebooks/b.ipynb"]


def test_of_a_home_only_the_places_of_work_are_taken(work, monkeypatch):
    monkeypatch.setattr(saving.Path, "home", lambda: work)
    (work / "Documents").mkdir()
    (work / "Documents/letter.txt").write_text("private")
    (work / "letter.txt").write_text("private")
    (work / "mine.ipynb").write_text("{}")
    answered(work / "notebooks" / NOTEBOOK)
    saved = save()
    assert sorted(saved.kept) == ["mine.ipynb", f"notebooks/{NOTEBOOK}"] and list(saved.left) == ["Documents"]


def test_paths_of_windows_are_the_same_in_the_zip():
    folder = PureWindowsPath(r"C:\Users\Zoé\mon travail")
    assert saving.name_in_zip(folder / "notebooks" / "à faire.ipynb", folder) == "notebooks/à faire.ipynb"


def test_a_zip_on_another_drive_is_named_and_not_linked(work, monkeypatch):
    (work / "notes.md").write_text("x")
    saved = save()
    monkeypatch.chdir(work / "notebooks")
    assert f"<a href='../{saved.path.name}' download>" in saved._repr_html_()

    def other_drive(*_):
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", other_drive)
    assert "<a " not in saved._repr_html_() and saved.path.name in saved._repr_html_()


def test_names_are_escaped_where_they_are_shown(work):
    (work / "notes.md").write_text("x")
    (work / "<img src=x>.csv").write_text("x")
    assert "<img" not in save()._repr_html_()


def test_the_command(work, capsys, tmp_path):
    (work / "notes.md").write_text("x")
    assert cli.main(["save"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 file, ") and Path(said.split(": ", 1)[1].strip()).is_file()
    assert cli.main(["save", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err
