"""Mirrors: built, filled, checked and locked, with nothing half written."""

import errno
import json
import multiprocessing
from pathlib import Path

import pytest

import datakit
from datakit import cli
from datakit.data import files, mirrors, verifying
from datakit.data.cache import DataWarning
from datakit.errors import CacheProblem, Corrupt, NotAsDescribed, UnknownDataset, Unreachable, WrongUse
from tests.things import CSV


@pytest.fixture
def mirror(tmp_path, cache):
    folder = tmp_path / "mirror"
    report = mirrors.build(folder, ["communes", "iris"], "sample")
    assert report.ok
    return folder


def lock_of(folder):
    return json.loads((Path(folder) / "data.lock").read_text(encoding="utf-8"))["datasets"]


def test_a_build_copies_files_and_writes_the_lock(mirror):
    entry = lock_of(mirror)["communes"]
    assert set(entry) >= {"filename", "sha256", "bytes", "url", "licence", "retrieved"}
    assert entry["synthetic"] is True
    assert (mirror / "communes" / entry["filename"]).stat().st_size == entry["bytes"]
    assert verifying.verify(mirror).ok


def test_data_from_a_mirror_of_the_sample_is_still_said_to_be_invented(mirror):
    assert datakit.load("communes", str(mirror)).attrs["datakit"]["synthetic"] is True


def test_a_sample_file_stays_invented_whoever_adds_it_to_a_mirror(tmp_path, cache):
    mirrors.add(tmp_path / "mirror", "communes", datakit.fetch("communes", "sample"))
    assert datakit.load("communes", str(tmp_path / "mirror")).attrs["datakit"]["synthetic"] is True
    assert mirrors.build(tmp_path / "copy", ["communes"], str(tmp_path / "mirror")).ok
    assert lock_of(tmp_path / "copy")["communes"]["synthetic"] is True


def test_a_build_goes_on_where_it_stopped_and_one_failure_stops_nobody(tmp_path, mirror):
    before = (mirror / "communes" / "communes.geojson").stat().st_mtime_ns
    lines = []
    report = mirrors.build(
        mirror, ["communes", "trees-dijon", "divia-gtfs"], f"{mirror},{tmp_path}/none", say=lines.append
    )
    assert (mirror / "communes" / "communes.geojson").stat().st_mtime_ns == before
    assert report.good == ["communes"]
    assert set(report.problems) == {"trees-dijon", "divia-gtfs"}
    assert "[1/3] communes: already there" in lines
    assert set(lock_of(mirror)) == {"communes", "iris"}


def test_a_build_repairs_an_altered_file(mirror):
    (mirror / "iris" / "iris.geojson").write_bytes(b"{}")
    assert mirrors.build(mirror, ["iris"], "sample").ok
    assert verifying.verify(mirror).ok


def test_an_unknown_id_is_said_before_anything_is_fetched(tmp_path):
    with pytest.raises(UnknownDataset):
        mirrors.build(tmp_path / "new", ["communes", "comunes"], "sample")
    assert not (tmp_path / "new").exists()


def test_verify_names_what_is_missing_altered_or_extra(mirror):
    data = bytearray((mirror / "iris" / "iris.geojson").read_bytes())
    data[100] ^= 1  # the same size
    (mirror / "iris" / "iris.geojson").write_bytes(data)
    (mirror / "communes" / "communes.geojson").unlink()
    (mirror / "iris" / "copy.geojson").write_text("{}")
    report = verifying.verify(mirror)
    assert not report.ok
    assert report.problems["iris"].startswith("altered: sha256")
    assert report.problems["communes"].startswith("missing")
    assert "is in no entry" in report.problems["iris/copy.geojson"]


def test_a_served_mirror_can_be_verified_by_its_address(mirror, server, capsys):
    """What an error advises after a wrong byte from a server must be a command that works."""
    for file in (p for p in mirror.rglob("*") if p.is_file()):
        server.files["/" + file.relative_to(mirror).as_posix()] = file.read_bytes()
    assert verifying.verify(server.base).ok and verifying.verify(server.base.upper() + "/").good == ["communes", "iris"]
    bad = bytearray(server.files["/iris/iris.geojson"])
    bad[100] ^= 1
    server.files["/iris/iris.geojson"] = bytes(bad)
    with pytest.raises(Corrupt, match="not the one its lock names") as caught:
        datakit.fetch("iris", server.base)
    assert cli.main(caught.value.next.split()[1:]) == 1
    said = capsys.readouterr()
    assert "iris: altered: sha256" in said.err and f"{server.base}: 1 dataset whole" in said.out
    server.files["/iris/iris.geojson"] += b"more"
    del server.files["/communes/communes.geojson"]
    wrong = verifying.verify(server.base).problems
    assert wrong["communes"].startswith("missing") and "more than was announced" in wrong["iris"]
    server.stop()
    with pytest.raises(Unreachable, match="does not answer"):
        verifying.verify(server.base)


def test_an_altered_mirror_is_not_believed(mirror, tmp_path, monkeypatch):
    path = mirror / "communes" / "communes.geojson"
    path.write_bytes(path.read_bytes().replace(b"Dijon", b"Nijon"))
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path / "another-cache"))
    with pytest.raises(Corrupt, match="not the one its lock names") as caught:
        datakit.fetch("communes", str(mirror))
    assert "datakit mirror verify" in str(caught.value)
    path.unlink()
    with pytest.raises(Corrupt, match="not there"):
        datakit.fetch("communes", str(mirror))


TREES = "id;longitude;latitude;genre;espece\n1;5.04;47.32;Acer;campestre\n2;47.32;5.04;Acer;campestre\n"


def test_a_teams_file_goes_into_a_mirror_and_loads(tmp_path, cache):
    file = tmp_path / "mes arbres.csv"
    file.write_text(TREES, encoding="utf-8")
    with pytest.warns(DataWarning, match="1 of 2 rows"):
        entry = mirrors.add(tmp_path / "mirror", "trees-dijon", file)
    assert entry["filename"] == "arbres.csv"
    with pytest.warns(DataWarning):
        trees = datakit.load("trees-dijon", str(tmp_path / "mirror"))
    assert trees.genre.tolist() == ["Acer"]
    assert trees.attrs["datakit"]["synthetic"] is False


def test_a_file_unlike_its_card_is_refused_and_the_mirror_stays(tmp_path, mirror, cache):
    file = tmp_path / "arbres.csv"
    file.write_text(TREES.replace("genre", "genus"), encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="renamed"):
        mirrors.add(mirror, "trees-dijon", file)
    assert set(lock_of(mirror)) == {"communes", "iris"}
    assert not (mirror / "trees-dijon").exists()
    mirrors.add(mirror, "trees-dijon", file, check=False)
    assert "trees-dijon" in lock_of(mirror)
    with pytest.raises(WrongUse, match="not there"):
        mirrors.add(mirror, "trees-dijon", tmp_path / "none.csv")


@pytest.fixture
def of_2016(tmp_path, cache):
    """A mirror with one file of a year that its card does not know."""
    (tmp_path / "arbres.csv").write_text(TREES.rpartition("\n2;")[0] + "\n", encoding="utf-8")
    mirrors.add(tmp_path / "mirror", "trees-dijon", tmp_path / "arbres.csv", vintage="2016")
    return tmp_path / "mirror"


def test_the_year_of_a_file_goes_with_it(of_2016, tmp_path):
    """Into the record of whoever loads it, other mirrors, locks, and the cache when the stick is gone."""
    folder, lock = str(of_2016), tmp_path / "data.lock"

    def said(**options):
        return datakit.load("trees-dijon", folder, **options).attrs["datakit"]["vintage"]

    assert datakit.catalog["trees-dijon"].vintage is None
    assert lock_of(folder)["trees-dijon"]["vintage"] == said() == "2016"
    assert mirrors.build(tmp_path / "copy", ["trees-dijon"], folder).ok
    mirrors.lock(["trees-dijon"], folder, lock)
    assert lock_of(tmp_path / "copy")["trees-dijon"]["vintage"] == lock_of(tmp_path)["trees-dijon"]["vintage"] == "2016"
    of_2016.rename(tmp_path / "gone")
    with pytest.warns(DataWarning, match="used the copy"):
        assert said() == "2016"
    # Of a mirror that does not say it, a lock that names the same bytes does.
    mirrors.add(folder, "trees-dijon", tmp_path / "arbres.csv")
    assert "vintage" not in lock_of(folder)["trees-dijon"]
    assert (said(), said(locked=lock)) == (None, "2016")


def test_the_year_of_a_file_counts_before_that_of_its_card(server, card, tmp_path):
    server.files["/things.csv"] = CSV
    card(vintage="2022")
    assert mirrors.build(tmp_path / "mirror", ["things"], "publisher").ok
    assert mirrors.lock(["things"], "publisher", tmp_path / "data.lock")["things"]["vintage"] == "2022"
    card(vintage="2023", url=server.base + "/next-year.csv")  # the mirror still holds last year's file
    assert datakit.load("things", str(tmp_path / "mirror")).attrs["datakit"]["vintage"] == "2022"
    (tmp_path / "things.csv").write_bytes(CSV)
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv", vintage="2016")
    assert datakit.load("things", str(tmp_path / "mirror")).attrs["datakit"]["vintage"] == "2016"
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    assert datakit.load("things", str(tmp_path / "mirror")).attrs["datakit"]["vintage"] == "2023"


@pytest.mark.parametrize("vintage", ["", "last year", "2016\n", "census of 2016, as published in 2019", 2016])
def test_a_vintage_without_a_year_is_refused(of_2016, tmp_path, vintage):
    before = (of_2016 / "data.lock").read_bytes()
    with pytest.raises(WrongUse, match="of which year"):
        mirrors.add(of_2016, "trees-dijon", tmp_path / "arbres.csv", vintage=vintage)
    assert (of_2016 / "data.lock").read_bytes() == before


@pytest.mark.parametrize("vintage", [None, "", 2016, ["2016"], {}, "x" * 10_000, "2016\x1b[2J"])
def test_a_lock_of_another_version_of_the_kit_is_read_all_the_same(of_2016, vintage):
    lock = json.loads((of_2016 / "data.lock").read_text(encoding="utf-8"))
    lock["datasets"]["trees-dijon"] |= {"vintage": vintage, "a key of the future": [1]}
    (of_2016 / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    assert datakit.load("trees-dijon", str(of_2016)).attrs["datakit"]["vintage"] is None
    assert verifying.verify(of_2016).ok


def test_a_copy_noted_before_files_had_a_year_is_still_used(mirror, tmp_path):
    path = datakit.fetch("communes", str(mirror))
    (memo,) = [file for file in path.parents[1].glob("*.json") if "vintage" in file.read_text(encoding="utf-8")]
    said = files.read_note(memo)
    files.write_note(memo, {name: value for name, value in said.items() if name != "vintage"})
    mirror.rename(tmp_path / "gone")
    with pytest.warns(DataWarning, match="used the copy"):
        assert datakit.fetch("communes", str(mirror)) == path


def _add(folder, id, file):
    mirrors.add(folder, id, file, check=False)


def test_commands_at_the_same_time_lose_nobodys_entry(tmp_path, cache):
    file = tmp_path / "x"
    file.write_text(TREES)
    ids = [id for id in datakit.catalog if not datakit.catalog[id].parameter][:12]
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        pool.starmap(_add, [(tmp_path / "mirror", id, file) for id in ids])
    assert set(lock_of(tmp_path / "mirror")) == set(ids)
    assert verifying.verify(tmp_path / "mirror").ok


def test_a_broken_lock_is_refused_and_not_overwritten(tmp_path):
    (tmp_path / "x").write_text(TREES)
    (tmp_path / "data.lock").write_text("{", encoding="utf-8")
    with pytest.raises(WrongUse, match="not JSON"):
        mirrors.add(tmp_path, "trees-dijon", tmp_path / "x", check=False)
    assert (tmp_path / "data.lock").read_text() == "{"
    with pytest.raises(NotAsDescribed, match="not JSON"):
        verifying.verify(tmp_path)
    (tmp_path / "data.lock").write_text("[]", encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="no datasets"):
        verifying.verify(tmp_path)
    with pytest.raises(WrongUse, match="no lock file"):
        mirrors.add(tmp_path, "trees-dijon", tmp_path / "x", check=False)


def test_a_lock_cannot_point_outside_its_mirror(mirror):
    lock = json.loads((mirror / "data.lock").read_text(encoding="utf-8"))
    lock["datasets"]["communes"]["filename"] = "../../secret"
    (mirror / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(Corrupt, match="cannot be used"):
        datakit.fetch("communes", str(mirror))


def test_a_folder_that_is_no_mirror_or_is_not_there(tmp_path):
    with pytest.raises(NotAsDescribed, match="not a mirror") as caught:
        datakit.fetch("communes", str(tmp_path))
    assert "datakit mirror build" in str(caught.value)
    with pytest.raises(Unreachable, match="not there"):
        datakit.fetch("communes", str(tmp_path / "usb"))


def test_what_came_from_a_stick_stays_when_the_stick_is_gone(mirror, tmp_path):
    path = datakit.fetch("communes", str(mirror))
    mirror.rename(tmp_path / "gone")
    with pytest.warns(DataWarning, match="used the copy"):
        assert datakit.fetch("communes", str(mirror)) == path


def test_a_lock_records_what_was_fetched(tmp_path, cache):
    entries = mirrors.lock(["communes"], "sample", tmp_path / "data.lock")
    assert entries["communes"]["origin"] == "sample"
    mirrors.lock(["iris"], "sample", tmp_path / "data.lock")
    assert set(lock_of(tmp_path)) == {"communes", "iris"}
    with pytest.raises(Unreachable):
        mirrors.lock(["communes"], str(tmp_path / "none"), tmp_path / "data.lock")


def test_every_dataset_of_the_sample_is_locked_by_default(tmp_path, cache):
    entries = mirrors.lock(None, "sample", tmp_path / "data.lock")
    assert {"communes", "trees-dijon", "cadastre-buildings"} <= set(entries)
    with pytest.raises(WrongUse, match="none of the origins"):
        mirrors.lock(None, str(tmp_path / "none"), tmp_path / "other.lock")


@pytest.mark.parametrize("entry", ["x", None, {"filename": "../../x", "sha256": "0" * 64, "bytes": 1}])
def test_verify_names_an_entry_that_cannot_be_used(mirror, entry):
    lock = json.loads((mirror / "data.lock").read_text(encoding="utf-8"))
    lock["datasets"]["iris"] = entry
    (mirror / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    report = verifying.verify(mirror)
    assert "cannot be used" in report.problems["iris"] and report.good == ["communes"]
    with pytest.raises(Corrupt, match="cannot be used"):
        datakit.fetch("iris", str(mirror))
    assert mirrors.build(mirror, ["iris"], "sample").ok and verifying.verify(mirror).ok


def test_verify_looks_into_folders_and_leaves_notes_and_cards_alone(mirror):
    for name in ("README.md", "cards/mine.json", "communes/old/copy.geojson"):
        (mirror / name).parent.mkdir(exist_ok=True)
        (mirror / name).write_text("{}")
    assert list(verifying.verify(mirror).problems) == ["communes/old/copy.geojson"]


def test_a_full_stick_fails_one_dataset_and_leaves_no_half_file(tmp_path, cache, monkeypatch):
    whole = mirrors.shutil.copyfile

    def full(source, target):
        if "communes" in str(target):
            Path(target).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(source, target)

    monkeypatch.setattr(mirrors.shutil, "copyfile", full)
    report = mirrors.build(tmp_path / "stick", ["communes", "iris"], "sample")
    assert report.good == ["iris"] and "the disk is full" in report.problems["communes"]
    assert [p.name for p in (tmp_path / "stick").glob("communes/*")] == []
    assert verifying.verify(tmp_path / "stick").good == ["iris"]


def test_a_mirror_that_cannot_be_made_is_said(tmp_path, cache):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(CacheProblem, match="cannot be written"):
        (tmp_path / "x").write_text(TREES)
        mirrors.add(tmp_path / "file" / "mirror", "trees-dijon", tmp_path / "x", check=False)


def test_invented_data_gives_way_to_the_publishers(server, card, tmp_path):
    """A room that was tried on the sample, then built for the day, must not keep the sample."""
    (tmp_path / "things.csv").write_bytes(b"code;n\n1;1\n")
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    lock = json.loads((tmp_path / "mirror" / "data.lock").read_text(encoding="utf-8"))
    lock["datasets"]["things"]["synthetic"] = True
    (tmp_path / "mirror" / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    assert mirrors.build(tmp_path / "mirror", ["things"], "publisher").ok
    assert (tmp_path / "mirror" / "things" / "things.csv").read_bytes() == CSV
    assert "synthetic" not in lock_of(tmp_path / "mirror")["things"]
    asked = len(server.asked)
    assert mirrors.build(tmp_path / "mirror", ["things"], "publisher").ok
    assert len(server.asked) == asked, "what is there and right is kept"


def test_a_lock_says_what_it_had_to_leave_out(server, card, tmp_path, monkeypatch):
    known = {"things": card(), "communes": datakit.catalog["communes"]}
    monkeypatch.setattr(mirrors, "read_catalog", lambda: known)
    server.behaviours["/things.csv"] = [{"status": 503}]
    with pytest.warns(DataWarning) as said:
        entries = mirrors.lock(None, "sample,publisher", tmp_path / "data.lock")
    assert list(entries) == ["communes"]
    assert "things (the server refuses or fails)" in str(said[-1].message)
