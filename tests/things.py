"""The dataset ``things``, with a server on loopback that gives it well or badly; and what tests make once for all."""

import io
import json
import os
import pickle
import shutil
import zipfile
from importlib.util import find_spec

import pytest
from filelock import FileLock

import datakit
from datakit.data import transfer
from datakit.data.cache import cache_folder
from datakit.data.cards import Card
from tests.server import Misbehaving

CSV = b"code;n\n" + b"".join(b"%05d;%d\n" % (i, i) for i in range(20_000))


def needs(extra, *packages):
    """A mark: skipped where a package of an extra is not installed, which is asked without importing it."""
    absent = any(find_spec(name) is None for name in packages)
    return pytest.mark.skipif(absent, reason=f'pip install "ondijon-datakit[{extra}]"')


def once(factory, name, make):
    """What ``make(folder)`` returns, made by the first worker that asks for it; all of them read it."""
    home = factory.getbasetemp()
    home = home.parent if "PYTEST_XDIST_WORKER" in os.environ else home
    with FileLock(home / f"{name}.lock"):
        if not (made := home / f"{name}.made").exists():
            shutil.rmtree(home / name, ignore_errors=True)  # of a worker that failed
            (home / name).mkdir()
            made.write_bytes(pickle.dumps(make(home / name)))
    return pickle.loads(made.read_bytes())


@pytest.fixture
def server():
    made = Misbehaving()
    made.files["/things.csv"] = CSV
    yield made
    made.stop()


@pytest.fixture
def card(server, cache, tmp_path, monkeypatch):
    """Returns a function that writes the card ``things`` with some changes, and reads it."""
    monkeypatch.setenv("DATAKIT_TIMEOUT", "2,2")
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda seconds: None)
    folder = tmp_path / "cards"
    folder.mkdir()
    monkeypatch.setenv("DATAKIT_CARDS", str(folder))

    def write(**changes):
        raw = {
            "name": "things",
            "title": "Things",
            "url": server.base + "/things.csv",
            "path": "things.csv",
            "format": "csv",
            "dialect": {"delimiter": ";"},
            "sources": [{"title": "Someone"}],
            "licenses": [{"name": "etalab-2.0"}],
            "schema": {"fields": [{"name": "code", "type": "string"}, {"name": "n", "type": "integer"}]},
            **changes,
        }
        (folder / "things.json").write_text(json.dumps(raw), encoding="utf-8")
        return Card(raw)

    write()
    return write


def get(**options):
    return datakit.fetch("things", "publisher", **options)


def nothing_half_written():
    """Only whole files and the cache's own notes: no leftover of a download."""
    folder = cache_folder() / "things"
    return not [p for p in folder.rglob("*") if p.name.startswith("incoming")]


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "../").replace("_csv", ".csv"), data)
    return out.getvalue()


ZIP = {"path": "things.zip", "compression": "zip", "innerpath": "*.csv"}
