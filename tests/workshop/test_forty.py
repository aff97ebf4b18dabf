"""Forty machines take the whole mirror at once, from each server; it is killed in the middle, and they go on."""

import hashlib
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter
from test_serving import KINDS, Server

from datakit.data import mirrors, transfer
from datakit.errors import Unreachable

PEOPLE = 40
MIDDLE = 1_000_000
# The longest is longer than what the system itself keeps of a transfer on its way: 4 MB.
FILES = {"communes": 200_000, "iris": 300_000, "trees-dijon": 7_000_000}


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """A mirror of noise, and the sha256 of each address in it."""
    folder, chance = tmp_path_factory.mktemp("forty"), random.Random(40)
    for id, size in FILES.items():
        (folder / id).write_bytes(chance.randbytes(size))
        mirrors.add(folder / "mirror", id, folder / id, check=False)
    files = [path for path in (folder / "mirror").glob("*/*") if path.is_file()]
    return folder / "mirror", {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


class Room:
    """Machines that take all files with the kit's own code, each into a folder of its own."""

    def __init__(self, base, folder, files):
        self.base, self.folder, self.files = base, folder, files
        self.failed = []
        self.middle, self.killed, self.up = threading.Barrier(PEOPLE + 1), threading.Event(), threading.Event()

    def counted(self, read):
        """The body of an answer, piece by piece; in the middle of the longest all wait until the server is killed."""

        def pieces(*args):
            size = 0
            for piece in read(*args):
                yield piece
                size += len(piece)
                if size > MIDDLE and not self.killed.is_set():
                    self.middle.wait(60)
                    assert self.killed.wait(60)

        return pieces

    def machine(self, number):
        parts = self.folder / str(number)
        parts.mkdir()
        wrong = []
        for path, digest in self.files.items():
            target = parts / Path(path).name
            while not target.exists():
                try:
                    transfer.Download(path, parts)(f"{self.base}/{path}", target)
                except Unreachable:
                    self.failed.append(path)
                    assert self.killed.is_set() and self.up.wait(60)
            if hashlib.sha256(target.read_bytes()).hexdigest() != digest:
                wrong.append(path)
        return wrong


class Narrow(HTTPAdapter):
    """As over Wi-Fi: what a machine has not read yet is not here already, but still with the server."""

    def init_poolmanager(self, *args, **options):
        options["socket_options"] = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)]
        super().init_poolmanager(*args, **options)


def narrow(session):
    session.mount("http://", Narrow())
    return session


@pytest.fixture
def asked(monkeypatch):
    """The first bytes that are asked for from now on, where not from the beginning; waits are left out."""
    offsets, get = [], requests.Session.get

    def noted(self, url, **options):
        if span := options["headers"].get("Range"):
            offsets.append(int(span.removeprefix("bytes=").rstrip("-")))
        return get(self, url, **options)

    monkeypatch.setattr(requests.Session, "get", noted)
    session = transfer.session
    monkeypatch.setattr(transfer, "session", lambda: narrow(session()))
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    return offsets


@pytest.mark.parametrize("kind", KINDS)
def test_forty_machines_take_the_whole_mirror_at_once(mirror, tmp_path, asked, kind):
    folder, files = mirror
    server = Server(folder, kind=kind)
    room = Room(server.base, tmp_path, files)
    try:
        with ThreadPoolExecutor(PEOPLE) as pool:
            assert list(pool.map(room.machine, range(PEOPLE))) == [[]] * PEOPLE
    finally:
        server.end()
    assert not room.failed and not asked


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_is_killed_in_the_middle_and_the_forty_go_on(mirror, tmp_path, asked, kind, monkeypatch):
    folder, files = mirror
    first = Server(folder, kind=kind)
    room = Room(first.base, tmp_path, files)
    monkeypatch.setattr(transfer, "read", room.counted(transfer.read))
    port = int(first.base.rpartition(":")[2])
    with ThreadPoolExecutor(PEOPLE) as pool:
        work = pool.map(room.machine, range(PEOPLE))
        room.middle.wait(60)
        first.end()
        until_nobody_listens(port)
        room.killed.set()
        second = Server(folder, port=port, kind=kind)
        room.up.set()
        try:
            assert list(work) == [[]] * PEOPLE
        finally:
            second.end()
    assert sum(offset > MIDDLE for offset in asked) >= PEOPLE  # each went on, none began again


def until_nobody_listens(port):
    """nginx ends a moment after the program that started it."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError("the server outlives the program that started it")
