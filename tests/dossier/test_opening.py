"""Dossiers that are broken or hostile are refused, each for its reason, and leave nothing."""

import hashlib
import io
import json
import os
import pickle
import stat
import zipfile

import nbformat
import pytest

from datakit.dossier.opening import Refused, opened
from datakit.settings import challenge
from tests.tampered import LIMITS, described, recorded, unzipped, zipped


@pytest.fixture
def files(honest):
    return unzipped(honest)


def refused(path, tmp_path, limits=LIMITS):
    """The codes for which a zip is refused; the folder where it would be opened stays empty."""
    room = tmp_path / "room"
    room.mkdir()
    with pytest.raises(Refused) as error:
        opened(path, room / "opened", limits)
    assert list(room.iterdir()) == [], "something was left"
    assert pickle.loads(pickle.dumps(error.value)).reasons == error.value.reasons
    return {reason.code for reason in error.value.reasons}


def with_entry(files, path, name, text=b"x", **about):
    """A good dossier with one entry more."""
    with zipfile.ZipFile(zipped(path, files), "a") as packed:
        entry = zipfile.ZipInfo(name)
        entry.filename = name  # as it is, not as zipfile would write it
        for key, value in about.items():
            setattr(entry, key, value)
        packed.writestr(entry, text)
    return path


def test_a_good_dossier_is_opened_and_its_pages_stay_in_the_zip(honest, tmp_path):
    made = opened(honest, tmp_path / "opened", LIMITS)
    assert made.form.team == "Les Tilleuls" and made.sha256 == hashlib.sha256(honest.read_bytes()).hexdigest()
    assert made.results["10_question"][0]["figures"][0]["name"] == "total"
    there = {p.relative_to(made.folder).as_posix() for p in made.folder.rglob("*") if p.is_file()}
    assert there == {name for name in unzipped(honest) if not name.endswith(".html")}
    assert not any(p.stat().st_mode & 0o111 for p in made.folder.rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("name", "about", "code"),
    [
        ("../../evil", {}, "climbs"),
        ("notebooks/../../evil", {}, "climbs"),
        ("notebooks\\..\\..\\evil", {}, "climbs"),
        ("/etc/passwd", {}, "absolute"),
        ("C:/evil", {}, "absolute"),
        ("data/link", {"external_attr": (stat.S_IFLNK | 0o777) << 16}, "link"),
        ("data/pipe", {"external_attr": (stat.S_IFIFO | 0o644) << 16}, "link"),
        ("data/tape", {"external_attr": (stat.S_IFCHR | 0o644) << 16}, "link"),
        ("README.md", {}, "twice"),
        ("readme.MD", {}, "layout"),
        ("NOTEBOOKS/10_question.ipynb", {}, "layout"),
        ("notebooks/10_QUESTION.ipynb", {}, "twice"),
        ("README.md/inner", {}, "twice"),
        ("cards/a\0.json", {}, "name"),
        ("cards/.hidden", {}, "name"),
        ("cards/con.json", {}, "name"),
        ("cards/\u202egnp.json", {}, "name"),
        ("evil.sh", {}, "layout"),
        ("report/deeper/x", {}, "layout"),
        ("contact.toml", {}, "contact"),
        ("data/Contact.TOML", {}, "contact"),
        ("data/packed", {"compress_type": zipfile.ZIP_LZMA}, "packed"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_entry_that_no_honest_dossier_has_is_refused_before_anything_is_written(files, tmp_path, name, about, code):
    assert code in refused(with_entry(files, tmp_path / "x.zip", name, **about), tmp_path)


def test_two_names_that_differ_by_their_unicode_form_are_one(files, tmp_path):
    files |= {"cards/e\u0301.json": b"{}", "cards/\u00e9.json": b"{}"}
    assert "twice" in refused(zipped(tmp_path / "x.zip", files), tmp_path)


def test_an_encrypted_entry_is_refused(files, tmp_path):
    raw = bytearray(zipped(tmp_path / "x.zip", files).read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + place] |= 1
    (tmp_path / "x.zip").write_bytes(raw)
    assert refused(tmp_path / "x.zip", tmp_path) == {"locked"}


def test_what_is_no_zip_or_half_of_one_is_refused(honest, tmp_path):
    whole, path = honest.read_bytes(), tmp_path / "x.zip"
    for text in (b"", b"PK", b"<html>", whole[: len(whole) // 2], whole[:-30], b"PK\x05\x06" + b"\xff" * 18):
        path.write_bytes(text)
        assert refused(path, tmp_path) <= {"zip", "files"}
        (tmp_path / "room").rmdir()
    damaged = bytearray(whole)
    damaged[len(whole) // 3 : len(whole) // 3 + 8] = b"\0" * 8
    path.write_bytes(damaged)
    assert refused(path, tmp_path) == {"zip"}
    (tmp_path / "room").rmdir()
    os.mkfifo(tmp_path / "fifo")
    assert refused(tmp_path / "fifo", tmp_path) == {"zip"}, "and does not wait for somebody to write into it"


def test_bombs_are_refused_by_what_they_announce(files, tmp_path):
    assert refused(zipped(tmp_path / "a.zip", {**files, "data/zeros": b"\0" * 5_000_000}), tmp_path) >= {"bomb"}
    (tmp_path / "room").rmdir()
    noise = b"".join(os.urandom(100) * 10 for _ in range(25_000))
    assert refused(zipped(tmp_path / "b.zip", {**files, "data/much": noise}), tmp_path) >= {"bomb"}
    (tmp_path / "room").rmdir()
    many = {f"data/{n}": b"" for n in range(100)}
    assert refused(zipped(tmp_path / "c.zip", {**files, **many}), tmp_path) == {"files"}
    (tmp_path / "room").rmdir()
    assert refused(zipped(tmp_path / "d.zip", {**files, "data/large": os.urandom(6_000_000)}), tmp_path) == {"large"}


def test_a_bomb_that_announces_little_is_stopped(files, tmp_path):
    """The list of files says 100 bytes; the entry unpacks to five million."""
    path = zipped(tmp_path / "x.zip", {"data/zeros": b"\0" * 5_000_000, **files})
    raw = path.read_bytes()
    path.write_bytes(raw.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert refused(path, tmp_path) == {"zip"}


def test_a_zip_in_a_zip_is_data_and_not_unpacked(files, tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("zeros", b"\0" * 5_000_000)
    files["data/gtfs/gtfs.zip"] = inner.getvalue()
    digest = hashlib.sha256(inner.getvalue()).hexdigest()
    lock = {"version": 1, "datasets": {"gtfs": {"filename": "gtfs.zip", "sha256": digest}}}
    files["data/data.lock"] = json.dumps(lock).encode()
    made = opened(zipped(tmp_path / "x.zip", described(files)), tmp_path / "opened", LIMITS)
    assert (made.folder / "data" / "gtfs" / "gtfs.zip").read_bytes() == inner.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        *("dossier.toml", "data.lock", "requirements.lock", "ro-crate-metadata.json"),
        *("report/run.json", "report/results.json", "notebooks/10_question.ipynb"),
    ],
)
def test_what_must_be_there_and_is_not(files, tmp_path, name):
    del files[name]
    assert refused(zipped(tmp_path / "x.zip", files), tmp_path) == {"missing"}


@pytest.mark.parametrize("name", ["report/run.json", "report/results.json", "data.lock", "report/10_question.ipynb"])
@pytest.mark.parametrize("text", [b"", b"[]", b"\xff\xfe", b"{}", b'{"a": NaN}', b"[" * 100_000, b'{"cells": 3}'])
def test_a_record_that_is_none_is_refused(files, tmp_path, name, text):
    files[name] = text
    if name == "report/10_question.ipynb":
        files = recorded(files)
    assert refused(zipped(tmp_path / "x.zip", described(files)), tmp_path) & {"unreadable", "notebook"}


def test_a_changed_file_of_the_report_is_refused(files, tmp_path):
    files["report/results.json"] = files["report/results.json"].replace(b"23", b"24")
    assert refused(zipped(tmp_path / "x.zip", files), tmp_path) >= {"report", "crate"}


def test_changed_data_is_refused(files, tmp_path):
    """Own data that is not the locked one, and a lock that is not the one that the notebooks ran on."""
    digest = hashlib.sha256(b"changed").hexdigest()
    entry = {"filename": "communes_population.csv", "sha256": digest}
    files["data/communes-population/communes_population.csv"] = b"changed"
    files["data/data.lock"] = json.dumps({"version": 1, "datasets": {"communes-population": entry}}).encode()
    assert refused(zipped(tmp_path / "a.zip", described(files)), tmp_path) == {"data"}
    (tmp_path / "room").rmdir()
    files = {name: text for name, text in files.items() if not name.startswith("data/")}
    files["data.lock"] = files["data.lock"].replace(b'"bytes"', b'"Bytes"')
    assert refused(zipped(tmp_path / "b.zip", described(files)), tmp_path) == {"lock"}
    (tmp_path / "room").rmdir()
    files["data/stray.csv"] = b"a"
    assert refused(zipped(tmp_path / "c.zip", described(files)), tmp_path) == {"lock", "data"}


def edited(files, name, change):
    notebook = nbformat.reads(files[name].decode(), as_version=4)
    change(notebook)
    return {**files, name: nbformat.writes(notebook).encode()}


def test_a_notebook_that_was_edited_after_it_ran_is_refused(files, tmp_path):
    def more(notebook):
        notebook.cells[-1].source += "\n# more"

    once = edited(files, "notebooks/10_question.ipynb", more)
    assert refused(zipped(tmp_path / "a.zip", described(once)), tmp_path) == {"notebook"}
    (tmp_path / "room").rmdir()
    assert refused(zipped(tmp_path / "b.zip", recorded(once)), tmp_path) == {"notebook"}, "also with its digest forged"


def test_answers_that_are_not_those_of_the_executed_notebooks_are_refused(files, tmp_path):
    results = json.loads(files["report/results.json"])
    results["10_question"][0]["figures"][0]["value"] += 1
    files["report/results.json"] = json.dumps(results).encode()
    assert refused(zipped(tmp_path / "x.zip", recorded(files)), tmp_path) == {"outputs"}


def test_a_run_that_failed_is_refused(files, tmp_path):
    record = json.loads(files["report/run.json"])
    record["notebooks"]["10_question"]["status"] = "failed"
    files["report/run.json"] = json.dumps(record).encode()
    assert refused(zipped(tmp_path / "x.zip", described(files)), tmp_path) == {"failed"}


def test_a_script_in_a_report_is_refused(files, tmp_path):
    page = files["report/index.html"].replace(b"</main>", b"<script>alert(1)</script></main>")
    once = recorded({**files, "report/index.html": page})
    assert refused(zipped(tmp_path / "a.zip", once), tmp_path) == {"script"}
    (tmp_path / "room").rmdir()

    def handler(notebook):
        output = next(o for cell in notebook.cells for o in cell.get("outputs", ()) if "text/html" in o.get("data", {}))
        output["data"]["text/html"] += "<img src=x onerror=alert(1)>"

    twice = recorded(edited(files, "report/10_question.ipynb", handler))
    assert refused(zipped(tmp_path / "b.zip", twice), tmp_path) == {"script"}, "also where only the kit's page has it"


def test_personal_data_is_refused_and_not_said_whole(files, tmp_path):
    files["README.md"] = "Écrire à jeanne.martin@mairie-exemple.fr".encode()
    path = zipped(tmp_path / "x.zip", described(files))
    assert refused(path, tmp_path) == {"personal"}
    (tmp_path / "room").rmdir()
    with pytest.raises(Refused) as error:
        opened(path, tmp_path / "room", LIMITS)
    assert "jeanne.martin@" not in str(error.value) and "README.md" in str(error.value)


def test_what_pack_makes_is_opened(packed, tmp_path):
    assert opened(packed.path, tmp_path / "opened", challenge().limits).record["ok"] is True
