"""Mirrors: built, filled, checked and locked, with nothing half written."""

import json
import multiprocessing
from pathlib import Path

import pytest

import datakit
from datakit import mirrors
from datakit.cache import DataWarning
from datakit.errors import Corrupt, NotAsDescribed, UnknownDataset, Unreachable, WrongUse
from datakit.origins import Origin, parse_origins


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
    assert mirrors.verify(mirror).ok


def test_data_from_a_mirror_of_the_sample_is_still_said_to_be_invented(mirror):
    assert datakit.load("communes", str(mirror)).attrs["datakit"]["synthetic"] is True


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
    assert mirrors.verify(mirror).ok


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
    report = mirrors.verify(mirror)
    assert not report.ok
    assert report.problems["iris"].startswith("altered: sha256")
    assert report.problems["communes"].startswith("missing")
    assert "is in no entry" in report.problems["iris/copy.geojson"]


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


def _add(folder, id, file):
    mirrors.add(folder, id, file, check=False)


def test_commands_at_the_same_time_lose_nobodys_entry(tmp_path, cache):
    file = tmp_path / "x"
    file.write_text(TREES)
    ids = [id for id in datakit.catalog if not datakit.catalog[id].parameter][:12]
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        pool.starmap(_add, [(tmp_path / "mirror", id, file) for id in ids])
    assert set(lock_of(tmp_path / "mirror")) == set(ids)
    assert mirrors.verify(tmp_path / "mirror").ok


def test_a_broken_lock_is_refused_and_not_overwritten(tmp_path):
    (tmp_path / "x").write_text(TREES)
    (tmp_path / "data.lock").write_text("{", encoding="utf-8")
    with pytest.raises(WrongUse, match="not JSON"):
        mirrors.add(tmp_path, "trees-dijon", tmp_path / "x", check=False)
    assert (tmp_path / "data.lock").read_text() == "{"
    with pytest.raises(NotAsDescribed, match="not JSON"):
        mirrors.verify(tmp_path)
    (tmp_path / "data.lock").write_text("[]", encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="no datasets"):
        mirrors.verify(tmp_path)


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


# -- origins ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (None, ["sample"]),
        ("", ["sample"]),
        ("publisher, sample", ["publisher", "sample"]),
        ("http://192.0.2.1:8000,sample", ["http", "sample"]),
        ("/media/usb/dijon", ["folder"]),
        ("./here", ["folder"]),
        (["publisher", "/x"], ["publisher", "folder"]),
    ],
)
def test_origins_are_an_ordered_list(text, kinds):
    assert [origin.kind for origin in parse_origins(text)] == kinds


def test_the_environment_gives_the_default(monkeypatch):
    monkeypatch.setenv("DATAKIT_ORIGINS", "publisher,sample")
    assert [o.name for o in parse_origins()] == ["publisher", "sample"]
    assert [o.name for o in parse_origins("sample")] == ["sample"]


def test_a_word_that_is_no_origin_is_refused():
    with pytest.raises(WrongUse, match="'samples' is no origin") as caught:
        parse_origins("samples")
    assert "publisher" in str(caught.value)


def test_an_origins_slug_is_a_file_name():
    assert Origin("http://192.0.2.1:8000/a b", "http").slug == "http-192.0.2.1-8000-a-b"
