"""A mirror's lock as a registry of pooch: a real `pooch.Pooch`, that verifies what it gives."""

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import datakit
from datakit.data import mirrors, origins
from datakit.data.files import sha256_of
from datakit.errors import NotAsDescribed, Unreachable, WrongUse
from tests.things import CSV, get


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(server, card, tmp_path):
    (tmp_path / "things.csv").write_bytes(CSV)
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    return tmp_path / "mirror"


@pytest.fixture
def served(mirror):
    """The address of the mirror, served as the guide for a room says."""
    made = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(mirror)))
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def test_a_served_mirror_is_a_registry(served, mirror, cache):
    files = datakit.registry(served)
    assert files.registry == {"things/things.csv": f"sha256:{sha256_of(mirror / 'things' / 'things.csv')}"}
    path = Path(files.fetch("things/things.csv"))
    assert path.read_bytes() == CSV and path.is_relative_to(cache)
    data = bytearray(CSV)
    data[500] ^= 1
    path.write_bytes(data)
    assert Path(files.fetch("things/things.csv")).read_bytes() == CSV, "pooch looks at what it has, and asks again"
    path.unlink()
    (mirror / "things" / "things.csv").write_bytes(data)
    with pytest.raises(ValueError, match="does not match the known hash"):
        files.fetch("things/things.csv")
    assert not path.exists()


def test_a_folder_is_compared_where_it_lies_and_left_alone(mirror):
    files = datakit.registry(str(mirror))
    path = mirror / "things" / "things.csv"
    assert files.fetch("things/things.csv") == str(path)
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="updates are disallowed"):
        files.fetch("things/things.csv")
    assert path.read_bytes() == b"other"
    path.unlink()
    with pytest.raises(ValueError, match="file://"):
        files.fetch("things/things.csv")


def test_the_sample_is_a_registry_of_every_dataset_it_has():
    files = datakit.registry()
    lock = json.loads((origins.SAMPLE / "data.lock").read_text(encoding="utf-8"))["datasets"]
    assert len(files.registry) == len(lock) > 20
    assert files.fetch("communes/communes.geojson") == str(origins.SAMPLE / "communes" / "communes.geojson")


def test_the_publisher_is_one_only_where_a_lock_names_digests(server, card, tmp_path, monkeypatch):
    with pytest.raises(WrongUse, match="publishers name no digests") as caught:
        datakit.registry("publisher")
    assert "datakit lock" in str(caught.value)
    get()
    lock = tmp_path / "data.lock"
    mirrors.lock(["things"], "publisher", lock)
    entries = json.loads(lock.read_text(encoding="utf-8"))
    entries["datasets"]["mine"] = {"filename": "mine.csv", "sha256": "0" * 64, "url": None}
    lock.write_text(json.dumps(entries), encoding="utf-8")
    monkeypatch.setenv("DATAKIT_LOCK", str(lock))
    files = datakit.registry("publisher")
    assert files.registry_files == ["things/things.csv"], "a team's own file has no address"
    assert Path(files.fetch("things/things.csv")).read_bytes() == CSV
    server.files["/things.csv"] = CSV + b"1;1\n"
    Path(files.abspath, "things", "things.csv").unlink()
    with pytest.raises(ValueError, match="known hash"):
        files.fetch("things/things.csv")


def test_a_lock_holds_against_a_mirror_too(mirror, tmp_path):
    lock = tmp_path / "data.lock"
    lock.write_text(json.dumps({"datasets": {"things": {"filename": "t.csv", "sha256": "0" * 64}}}), encoding="utf-8")
    files = datakit.registry(str(mirror), locked=lock)
    assert files.registry == {"things/things.csv": "sha256:" + "0" * 64}
    with pytest.raises(ValueError, match="updates are disallowed"):
        files.fetch("things/things.csv")


def test_a_registry_of_nothing_or_of_too_much_is_refused(mirror, tmp_path):
    with pytest.raises(WrongUse, match="one origin"):
        datakit.registry(f"{mirror},sample")
    with pytest.raises(Unreachable):
        datakit.registry(str(tmp_path / "none"))
    lock = json.loads((mirror / "data.lock").read_text(encoding="utf-8"))
    lock["datasets"]["things"]["filename"] = "../../secret"
    (mirror / "data.lock").write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(NotAsDescribed, match="cannot be used"):
        datakit.registry(str(mirror))


def test_an_address_with_a_password_is_no_registry(served):
    with pytest.raises(WrongUse, match="has a password") as caught:
        datakit.registry(served.replace("http://", "http://someone:secret@"))
    assert "secret" not in str(caught.value)
