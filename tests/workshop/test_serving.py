"""A mirror served to a room: a real process, asked as the kit asks it, and as a stranger would."""

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from datakit import cli
from datakit.data import bodies, mirrors, transfer, verifying
from datakit.errors import MissingPackage, NotAsDescribed, Unreachable, WrongUse
from datakit.workshop import nginx, serving, shelves

KINDS = [
    pytest.param("kit"),
    pytest.param(
        "nginx", marks=pytest.mark.skipif(not nginx.program(), reason="no nginx here: apt-get install nginx-light")
    ),
]
DATA = b"id;longitude;latitude;genre;espece\n" + random.Random(3).randbytes(8_000_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


def a_mirror(folder):
    """A mirror of one dataset, with files beside it that are nobody's business."""
    (folder / "arbres.csv").write_bytes(DATA)
    mirrors.add(folder / "mirror", "trees-dijon", folder / "arbres.csv", check=False)
    for name in ("secret.txt", "mirror/notes.txt", "mirror/cards/mine.json", "mirror/trees-dijon/draft.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("private")
    return folder / "mirror"


@pytest.fixture
def folder(tmp_path):
    return a_mirror(tmp_path)


class Server:
    """``datakit workshop serve`` as a process of its own."""

    def __init__(self, folder, port=0, kind="kit"):
        command = [sys.executable, "-m", "datakit", "workshop", "serve", folder, "--host", "127.0.0.1", "--port", port]
        command += ["--no-nginx"] if kind == "kit" else []
        self.process = subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("Ctrl-C"):
                break
        assert self.process.poll() is None, self.process.stderr.read()
        assert self.said[-1] == f"Ctrl-C stops {'nginx' if kind == 'nginx' else 'the kit’s own server'}.\n"
        self.base = next(line.split()[-1] for line in self.said if line.startswith("served at"))

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, "".join(self.said) + out, err


@pytest.fixture(scope="module", params=KINDS)
def served(request, tmp_path_factory):
    """One server for the tests that leave its folder as it is."""
    server = Server(a_mirror(tmp_path_factory.mktemp("served")), kind=request.param)
    yield server
    server.end()


def put(folder, id, name, data):
    (folder.parent / name).write_bytes(data)
    mirrors.add(folder, id, folder.parent / name, check=False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_altered_or_added_while_it_is_served(folder, kind):
    put(folder, "communes", "communes.geojson", b"{}")
    (folder / "communes" / "communes.geojson").write_bytes(b"[]")
    server = Server(folder, kind=kind)

    def soon(path, expected):
        """nginx is told of a change within two seconds, the kit's own server looks each time."""
        until = time.monotonic() + (10 if kind == "nginx" else 0)
        while given(path) != expected and time.monotonic() < until:
            time.sleep(0.1)
        return given(path) == expected

    def given(path):
        answer = requests.get(server.base + path)
        return answer.content if answer.ok else answer.status_code

    try:
        assert given("/communes/communes.geojson") == 404
        assert given("/trees-dijon/arbres.csv") == DATA
        assert verifying.verify(server.base).problems.keys() == {"communes"}
        put(folder, "iris", "iris.geojson", b"{}")
        assert soon("/iris/iris.geojson", b"{}")
        file = folder / "trees-dijon" / "arbres.csv"
        file.write_bytes(DATA[:-1] + b"?")
        os.utime(file, ns=(0, 0))
        assert soon("/trees-dijon/arbres.csv", 404)
    finally:
        code, out, err = server.end(signal.SIGINT)
    assert (code, err) == (0, "") and out.endswith("stopped\n")
    assert "1 datasets, 8.0 MB, every byte checked" in out and "not served: communes: altered" in out
    assert f"DATAKIT_ORIGINS={server.base},sample" in out


def test_only_what_the_lock_names_is_given(served):
    path = "/trees-dijon/arbres.csv"
    assert requests.get(served.base + path).content == DATA
    assert requests.get(served.base + "/data.lock").json()["datasets"]["trees-dijon"]["sha256"] == DIGEST
    inside = [
        "/",
        "/notes.txt",
        "/trees-dijon",
        "/trees-dijon/",
        "/trees-dijon/draft.csv",
        "/.data.lock.lock",
        "/cards/mine.json",
    ]
    outside = ["/../secret.txt", "/%2e%2e/secret.txt", "/trees-dijon/..%2f..%2fsecret.txt", "//etc/passwd"]
    for name in [*inside, *outside, "/trees-dijon//arbres.csv", "/arbres.csv"]:
        request = requests.Request("GET", served.base).prepare()
        request.url = served.base + name  # requests itself would take the dots away
        with requests.Session() as http:
            answer = http.send(request)
        assert answer.status_code in (400, 404) and b"private" not in answer.content, name
    assert requests.post(served.base + path, data=b"x").status_code == 405


def test_ranges_and_versions_are_honoured(served):
    def ask(method="GET", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, served.base + "/trees-dijon/arbres.csv", headers=headers)

    head = ask("HEAD", Accept_Encoding="identity")
    assert head.headers["ETag"] == f'"{DIGEST}"' and head.headers["Content-Length"] == str(len(DATA))
    assert head.content == b"" and "Content-Encoding" not in head.headers
    rest = ask(Range="bytes=7000000-", If_Range=f'"{DIGEST}"')
    assert rest.status_code == 206 and rest.content == DATA[7_000_000:] and rest.headers["ETag"] == f'"{DIGEST}"'
    assert rest.headers["Content-Range"] == f"bytes 7000000-{len(DATA) - 1}/{len(DATA)}"
    for other in ('"other"', f'W/"{DIGEST}"', head.headers.get("Last-Modified", head.headers["Date"])):
        whole = ask(Range="bytes=7000000-", If_Range=other)
        assert whole.status_code == 200 and whole.content == DATA
    assert ask(Range=f"bytes={len(DATA)}-").status_code == 416
    assert ask(If_None_Match=f'"{DIGEST}"').status_code == 304


@pytest.fixture
def asked(monkeypatch):
    """The ranges that the kit asks for from now on; waits are left out."""
    ranges, get = [], requests.Session.get

    def noted(self, url, **options):
        ranges.append(options["headers"].get("Range"))
        return get(self, url, **options)

    monkeypatch.setattr(requests.Session, "get", noted)
    monkeypatch.setattr(transfer.time, "sleep", lambda seconds: None)
    return ranges


DIES = """
import os, sys
from datakit.data import bodies, transfer
read = transfer.read
def dies(*args):
    for i, piece in enumerate(read(*args)):
        yield piece
        if i == 20:
            os.kill(os.getpid(), 9)
transfer.read = dies
transfer.Download("trees-dijon", sys.argv[2])(sys.argv[1], sys.argv[2] + "/whole")
"""


def test_a_download_that_was_killed_goes_on(served, tmp_path, asked):
    url, parts = served.base + "/trees-dijon/arbres.csv", tmp_path / "parts"
    parts.mkdir()
    killed = subprocess.run([sys.executable, "-c", DIES, url, str(parts)], check=False)
    assert killed.returncode == -signal.SIGKILL and not (parts / "whole").exists()
    (part,) = (p for p in parts.iterdir() if p.suffix != ".json")
    have = part.stat().st_size
    assert 0 < have < len(DATA)
    transfer.Download("trees-dijon", parts)(url, parts / "whole")
    assert (parts / "whole").read_bytes() == DATA and asked == [f"bytes={have}-"]


@pytest.mark.parametrize(("kind", "then"), [("kit", "kit"), *([("nginx", "kit")] if nginx.program() else [])])
def test_a_server_that_was_killed_and_started_again_is_resumed(folder, tmp_path, asked, monkeypatch, kind, then):
    first = Server(folder, kind=kind)
    url, parts = first.base + "/trees-dijon/arbres.csv", tmp_path / "parts"
    parts.mkdir()

    def deadly(*args):
        for i, piece in enumerate(bodies.read(*args)):
            yield piece
            if i == 20 and first.process.poll() is None:
                first.end()

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "read", deadly)
        with pytest.raises(Unreachable, match="does not answer") as caught:
            transfer.Download("trees-dijon", parts)(url, parts / "whole")
    assert "to resume from" in caught.value.done
    asked.clear()
    second = Server(folder, port=first.base.rpartition(":")[2], kind=then)
    try:
        transfer.Download("trees-dijon", parts)(url, parts / "whole")
    finally:
        second.end()
    assert (parts / "whole").read_bytes() == DATA
    assert len(asked) == 1 and int(asked[0].removeprefix("bytes=").rstrip("-")) > 20 * 1000


def test_nothing_is_served_without_a_mirror_a_port_or_tornado(folder, tmp_path, served, monkeypatch, capsys):
    with pytest.raises(NotAsDescribed, match="not a mirror"):
        serving.serve(tmp_path)
    with pytest.raises(Unreachable, match="not there"):
        serving.serve(tmp_path / "none")
    taken = served.base.rpartition(":")[2]
    for port, host in ((taken, "127.0.0.1"), ("99999", "127.0.0.1"), ("0", "192.0.2.1")):
        assert cli.main(["workshop", "serve", str(folder), "--port", port, "--host", host]) == 2
        said = capsys.readouterr()
        assert "this port cannot be used" in said.err and "Traceback" not in said.err and "served at" not in said.out
    monkeypatch.setitem(sys.modules, "tornado.web", None)
    with pytest.raises(MissingPackage, match="tornado"):
        serving.serve(folder)
    monkeypatch.undo()
    (folder / "trees-dijon" / "arbres.csv").unlink()
    with pytest.raises(WrongUse, match="no file of this mirror is right"):
        serving.serve(folder, say=lambda line: None)


def test_the_address_that_is_read_out(monkeypatch):
    monkeypatch.setattr(socket, "gethostbyname_ex", lambda name: (name, [], ["127.0.1.1", "192.0.2.7", "192.0.2.8"]))
    assert serving._own_addresses()[-2:] == ["192.0.2.7", "192.0.2.8"]
    report = verifying.MirrorReport(Path("m"), ["a"])
    shelf = shelves.Shelf("m")
    lines = list(serving._instructions(shelf, report, 8000, ""))
    assert "http://192.0.2.8:8000" in lines[1] and "127." not in "".join(lines)
    assert "http://[::1]:80" in list(serving._instructions(shelf, report, 80, "::1"))[1]
    monkeypatch.setattr(socket, "gethostbyname_ex", lambda name: (name, [], ["127.0.1.1"]))
    assert not [a for a in serving._own_addresses() if a == "127.0.1.1"]


@pytest.mark.skipif(not nginx.program(), reason="no nginx here: apt-get install nginx-light")
def test_the_kits_own_server_goes_on_where_nginx_stopped(folder):
    server = Server(folder, kind="nginx")
    try:
        (child,) = psutil.Process(server.process.pid).children()
        child.terminate()
        assert server.process.stdout.readline() == "nginx has stopped: the kit’s own server goes on\n"
        while not server.process.stdout.readline().startswith("Ctrl-C stops the kit’s own server"):
            assert server.process.poll() is None
        assert requests.get(server.base + "/trees-dijon/arbres.csv").content == DATA
    finally:
        code, _, err = server.end(signal.SIGINT)
    assert (code, err) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="nginx is not looked for on Windows")
def test_an_nginx_that_does_not_start_is_not_needed(folder, tmp_path, monkeypatch):
    (tmp_path / "nginx").write_text("#!/bin/sh\necho no such luck >&2\nexit 1\n")
    (tmp_path / "nginx").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    server = Server(folder, kind="an nginx that fails")
    try:
        assert "the kit’s own server serves, as nginx does not: no such luck\n" in server.said
        assert requests.get(server.base + "/data.lock").ok
    finally:
        server.end()
