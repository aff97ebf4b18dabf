"""Who is ready: the doctor's code for a room, told to a real server, and the page that shows it."""

import asyncio
import contextlib
import hashlib
import json
import re
import socket
import subprocess
import sys
import threading

import pytest
import requests
from test_serving import Server, a_mirror
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from datakit import cli
from datakit.cli import doctor, reaching, room
from datakit.errors import WrongUse
from datakit.workshop import codes, roster, serving

GOOD, BAD = codes.encode([]), codes.encode("2")


class Here:
    """The room's server in this process: starts in no time, and forgets with each test."""

    def __init__(self, folder):
        self.loop, self.folder, self.base = asyncio.new_event_loop(), folder, None
        self.thread = threading.Thread(target=self.run)
        started = threading.Event()
        self.loop.call_soon(lambda: (self.listen(), started.set()))
        self.thread.start()
        started.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def listen(self):
        sockets = bind_sockets(0, "127.0.0.1")
        self.server = HTTPServer(serving.application(serving.Shelf(self.folder)), max_body_size=serving.BODY)
        self.server.add_sockets(sockets)
        self.base = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"

    def end(self):
        self.loop.call_soon_threadsafe(lambda: (self.server.stop(), self.loop.stop()))
        self.thread.join()


@pytest.fixture
def served(tmp_path):
    server = Here(small_mirror(tmp_path / "mirror"))
    yield server
    server.end()


def small_mirror(folder):
    """A mirror of a few bytes."""
    (folder / "benches").mkdir(parents=True)
    (folder / "benches/b.csv").write_bytes(b"code\n1\n")
    entry = {"filename": "b.csv", "sha256": hashlib.sha256(b"code\n1\n").hexdigest(), "bytes": 7}
    (folder / "data.lock").write_text(json.dumps({"version": 1, "datasets": {"benches": entry}}))
    return folder


def test_a_ready_machine_tells_the_room_its_code_and_an_invented_name(served, capsys):
    assert cli.main(["doctor", "--room", "--origins", f"{served.base},sample"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(GOOD) and room.invented_name() in said and f"{served.base}/room/" in said
    state = requests.get(f"{served.base}/room/state.json", timeout=10).json()
    assert (state["ready"], state["all"]) == (1, 1)
    assert state["machines"][0]["name"] == room.invented_name()
    assert cli.main(["doctor", "--room", "--origins", served.base, "--name", "Les Tilleuls"]) == 0
    capsys.readouterr()
    assert cli.main(["workshop", "status", served.base]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 of 2 ready") and "Les Tilleuls" in said and GOOD in said


def test_the_command_that_serves_a_mirror_says_where_the_page_is(tmp_path):
    server = Server(a_mirror(tmp_path))
    try:
        assert any(line.endswith(f"{server.base}/room/\n") for line in server.said)
        assert "0 of 0 ready" in requests.get(f"{server.base}/room/", timeout=10).text
    finally:
        server.end()


def test_it_tells_nobody_where_it_shall_not_or_nobody_listens(served, capsys):
    assert cli.main(["doctor", "--room", "--origins", served.base, "--quiet"]) == 0
    assert f"read this code out to the facilitator: {GOOD}" in capsys.readouterr().out
    assert requests.get(f"{served.base}/room/state.json", timeout=10).json()["all"] == 0
    assert room.tell("sample", "x", GOOD) == ("", "")


def test_a_name_that_is_not_taken_is_told(served, capsys):
    assert cli.main(["doctor", "--room", "--origins", served.base, "--name", "<b>"]) == 0
    said = capsys.readouterr().out
    assert "did not take it: name: this name cannot be shown" in said and "read this code out" in said


def test_paths_of_windows_are_origins_too():
    assert reaching.named(r'"D:\clé usb, bleue\miroir",\\serveur\atelier,sample') == [
        r"D:\clé usb, bleue\miroir",
        r"\\serveur\atelier",
        "sample",
    ]
    assert [digit for digit, _check in room.origin(r"D:\clé usb\miroir")] == ["3"]


def test_a_cache_that_may_only_be_read_is_ready(monkeypatch):
    monkeypatch.setattr(doctor, "cache", lambda: doctor.Check("cache", "warning", "cannot be written", "read it"))
    assert room.code(room.examine("sample")) == GOOD


def test_before_anything_is_installed(root):
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from datakit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-I", "-S", "-c", code, "doctor", "--room", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 1, done.stderr
    verdict = codes.decode(done.stdout.split()[0])
    assert not verdict.ready and "2" in verdict.problems and "missing: " in done.stdout


def test_a_room_that_does_not_answer(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert cli.main(["doctor", "--room", "--origins", f"http://127.0.0.1:{port},sample"]) == 1
    said = capsys.readouterr().out
    assert said.startswith(codes.encode("3")) and "does not answer" in said


def test_a_mirror_that_lost_a_file_is_not_whole(served, capsys):
    (served.folder / "benches/b.csv").unlink()
    assert cli.main(["doctor", "--room", "--origins", served.base]) == 1
    said = capsys.readouterr().out
    assert said.startswith(codes.encode("4")) and "benches (404)" in said


def test_something_that_is_no_mirror_is_reached_and_not_whole(served):
    found = list(room.origin(f"{served.base}/room"))
    assert [(digit, check.status) for digit, check in found] == [("4", "failed")]


def test_a_stick_that_is_not_plugged_in_and_one_that_is_broken(tmp_path):
    assert [digit for digit, _ in room.origin(str(tmp_path / "usb"))] == ["3"]
    mirror = small_mirror(tmp_path / "mirror")
    assert [check.status for _digit, check in room.origin(str(mirror))] == ["ok"]
    (mirror / "benches/b.csv").write_bytes(b"code\n2\n")
    assert [digit for digit, _ in room.origin(str(mirror))] == ["4"]


@pytest.mark.parametrize("name, digit", [*room.DIGITS.items(), ("cache", room.FOLDERS), ("cards", room.FOLDERS)])
def test_each_thing_that_is_wrong_is_in_the_code(name, digit, monkeypatch):
    bad = doctor.Check(name, "failed", "spoilt", "mend it")
    home = room if name == "port" else doctor
    answer = iter([bad]) if name == "packages" else bad
    monkeypatch.setattr(home, {"Python": "python", "coordinates": "transform"}.get(name, name), lambda: answer)
    assert room.code(room.examine("sample")) == codes.encode(digit)
    ready, lines = None, None
    if name != "packages":  # whose answer is used up
        ready, lines = room.report("sample", None, send=False)
        assert ready is False and lines[0].startswith(codes.encode(digit)) and any("mend it" in line for line in lines)


def test_a_warning_is_ready_with_care(monkeypatch):
    monkeypatch.setattr(doctor, "memory", lambda: doctor.Check("memory", "warning", "0.5 GB free", "close something"))
    assert room.code(room.examine("sample")) == codes.encode("", "6")


def test_the_port_of_jupyterlab(monkeypatch):
    assert room.port().status == "ok"
    monkeypatch.setattr(room, "TRIES", 1)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        monkeypatch.setattr(room, "PORT", taken.getsockname()[1])
        assert room.port().status == "failed"


def test_names_are_invented_and_stay_the_same(monkeypatch):
    first = room.invented_name()
    assert first == room.invented_name() and re.fullmatch(r"\w+-\d{4}", first) and roster.NAME.fullmatch(first)
    others = set()
    for number in range(40):
        monkeypatch.setattr(room.platform, "node", lambda number=number: f"machine-{number}")
        others.add(room.invented_name())
    assert len(others) >= 39
    assert not any("machine" in name for name in others)


def post(served, **said):
    return requests.post(f"{served.base}/room/tell", json=said, timeout=10)


def test_the_page_shows_no_html_of_others(served):
    for name in ("<b>x</b>", "a&b", "x" * 25, "", " ", "a\nb<", '"><script>alert(1)</script>'):
        answer = post(served, name=name, code=GOOD)
        assert answer.status_code == 400 and "<" not in answer.json()["why"]
    assert post(served, name="Zoé d’Ouche", code=BAD).json() == {"told": True, "name": "Zoé d’Ouche"}
    page = requests.get(f"{served.base}/room/", timeout=10)
    assert "Zoé d’Ouche" in page.text and BAD in page.text and "0 of 1 ready" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"] and "<script" not in page.text
    typed = requests.post(f"{served.base}/room/tell", data={"name": "<i>", "code": "<img src=x>"}, timeout=10)
    assert typed.status_code == 400 and "<img" not in typed.text and "<i>" not in typed.text


def test_a_code_is_typed_by_hand(served):
    answer = requests.post(f"{served.base}/room/tell", data={"name": "Tilia", "code": GOOD.lower()}, timeout=10)
    assert answer.url == f"{served.base}/room/" and "1 of 1 ready" in answer.text
    page = requests.get(f"{served.base}/room/code", timeout=10).text
    assert all(todo.split("'")[0] in page for _digit, _wrong, todo in codes.table())
    wrong = requests.post(f"{served.base}/room/tell", data={"name": "Tilia", "code": "GO-5"}, timeout=10)
    assert wrong.status_code == 400 and "not a code" in wrong.text


def test_what_is_not_a_name_and_a_code_is_refused(served):
    for body in (b"", b"[]", b"{", b'{"name": "x"}', b'{"name": 5, "code": null}', b"\xff\xfe", b"x" * 1001):
        answer = requests.post(
            f"{served.base}/room/tell", data=body, headers={"Content-Type": "application/json"}, timeout=10
        )
        assert answer.status_code == 400, body
    with contextlib.suppress(requests.RequestException):  # cut off before it is read
        assert requests.post(f"{served.base}/room/tell", data=b"x" * 100_000, timeout=10).status_code in (400, 413)
    assert requests.get(f"{served.base}/room/state.json", timeout=10).json()["all"] == 0
    assert requests.get(f"{served.base}/room/../data.lock", timeout=10).status_code == 200


def test_forty_machines_at_once(served):
    def tell(number):
        answers.append(post(served, name=f"tilleul-{number:04d}", code=GOOD if number % 4 else BAD).status_code)

    answers = []
    threads = [threading.Thread(target=tell, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 40
    state = requests.get(f"{served.base}/room/state.json", timeout=10).json()
    assert (state["ready"], state["all"]) == (30, 40)
    assert [machine["ready"] for machine in state["machines"]] == [False] * 10 + [True] * 30


def test_one_machine_tells_again_and_another_has_the_same_name():
    now = roster.Roster()
    now.tell("Tilia", BAD, "192.0.2.1", now=0)
    now.tell("tilia", GOOD, "192.0.2.1", now=60)
    assert now.state(now=130)["machines"] == [
        {
            "name": "tilia",
            "code": GOOD,
            "ready": True,
            "verdict": "Ready: all that the day needs works here.",
            "todo": [],
            "minutes": 1,
        }
    ]
    now.tell("Tilia", BAD, "192.0.2.2", now=130)
    assert (now.state(now=130)["ready"], now.state(now=130)["all"]) == (1, 2)
    assert "192.0.2" not in json.dumps(now.state(now=130))
    assert now.state(now=roster.FORGOTTEN + 131)["all"] == 0


def test_the_page_has_its_limits():
    now = roster.Roster()
    for number in range(roster.POSTS):
        now.tell("x", GOOD, "192.0.2.1", now=number / 10)
    with pytest.raises(roster.TooMany, match="wait"):
        now.tell("x", GOOD, "192.0.2.1", now=13)
    now.tell("x", GOOD, "192.0.2.1", now=13 + roster.WINDOW)
    for number in range(roster.ROWS - 1):
        now.tell(f"n{number}", GOOD, f"198.51.100.{number}", now=100)
    with pytest.raises(roster.TooMany, match="no more"):
        now.tell("one more", GOOD, "203.0.113.1", now=100)
    now.tell("n1", BAD, "198.51.100.1", now=100)


def test_a_code_is_explained_and_a_page_that_is_not_there_is_told(capsys, served):
    assert cli.main(["workshop", "status", "--code", codes.encode("25").lower()]) == 0
    said = capsys.readouterr().out
    assert said.startswith(codes.encode("25")) and len(said.splitlines()) == 3
    assert cli.main(["workshop", "status", "--code", "hello"]) == 2
    assert cli.main(["workshop", "status", f"{served.base}/benches"]) == 2
    assert "workshop serve" in capsys.readouterr().err
    with pytest.raises(WrongUse):
        roster.ask("http://127.0.0.1:9")
