"""Fetch: outcomes, origins in order, the lock, and a cache that many processes share, some of which die."""

import contextlib
import errno
import hashlib
import inspect
import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pooch
import psutil
import pytest

import datakit
from datakit.cli import main
from datakit.data import cache, mirrors, transfer
from datakit.data.cache import DataWarning, cache_folder
from datakit.data.fetching import obtain
from datakit.errors import CacheProblem, Changed, Corrupt, Gone, NotAsDescribed, Unreachable, WrongUse
from tests.things import CSV, get, nothing_half_written

# -- outcomes ---------------------------------------------------------------------------------------------------------


def test_fresh_then_cached_without_asking_again(server, card):
    first = obtain(card(), "publisher")
    assert (first.outcome, first.path.read_bytes()) == ("fresh", CSV)
    second = obtain(card(), "publisher")
    assert (second.outcome, second.path) == ("cached", first.path)
    assert server.times("/things.csv") == 1
    assert (first.url, first.licence, first.bytes) == (server.base + "/things.csv", "etalab-2.0", len(CSV))
    assert first.retrieved.endswith("Z")


def test_a_cached_fetch_is_silent(server, card, capfd, recwarn):
    get()
    capfd.readouterr()
    get()
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_changed_bytes_are_said_and_the_earlier_file_stays(server, card):
    before = get()
    server.files["/things.csv"] = CSV + b"99999;1\n"
    with pytest.warns(DataWarning, match="has new data") as said:
        after = obtain(card(), "publisher", refresh=True)
    assert (said[0].filename, said[0].lineno) == (__file__, inspect.currentframe().f_lineno - 1)
    assert after.outcome == "changed"
    assert before.read_bytes() == CSV
    assert after.path.read_bytes().endswith(b"99999;1\n")


def test_the_kit_names_itself(server, card):
    get()
    assert server.asked[0][1]["User-Agent"].startswith("ondijon-datakit/")


def test_a_pinned_card_refuses_other_bytes(server, card):
    card(hash="sha256:" + "0" * 64)
    with pytest.raises(Changed) as caught:
        get()
    message = str(caught.value)
    assert message.startswith("things:") and "expected: " in message and "0" * 64 in message and "next:" in message
    assert server.times("/things.csv") == 1, "a wrong digest is not asked for again"
    assert nothing_half_written()


def test_pooch_verifies_what_has_a_known_digest_and_nothing_is_hashed_twice(server, card, tmp_path, monkeypatch):
    hashed = []
    ours, poochs = cache.sha256_of, pooch.hashes.file_hash
    monkeypatch.setattr(cache, "sha256_of", lambda path: hashed.append("kit") or ours(path))
    monkeypatch.setattr(pooch.hashes, "file_hash", lambda path, alg: hashed.append("pooch") or poochs(path, alg))
    get()
    assert hashed == ["kit"], "nobody says what the publisher's bytes must be"
    (tmp_path / "things.csv").write_bytes(CSV + b"1;1\n")
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    server.files["/things.csv"] = CSV + b"2;2\n"
    card(hash="sha256:" + hashlib.sha256(CSV + b"2;2\n").hexdigest())
    for origin in (str(tmp_path / "mirror"), "publisher"):
        hashed.clear()
        assert obtain(card_of("things"), origin).outcome in ("fresh", "changed")
        assert obtain(card_of("things"), origin).outcome == "cached"
        assert hashed == ["pooch"], origin


def card_of(id):
    return datakit.catalog[id]


def test_a_digest_protects_every_address_of_the_card(server, card):
    digest = "sha256:" + hashlib.sha256(CSV).hexdigest()
    server.files["/other.csv"] = CSV + b"1;1\n"
    card(hash=digest, url=[server.base + "/gone.csv", server.base + "/other.csv"])
    with pytest.raises(Changed, match=r"other\.csv differ"):
        get()
    card(hash=digest, url=[server.base + "/other.csv", server.base + "/things.csv"])
    assert get().read_bytes() == CSV, "the next address may have them"
    server.files["/api/"] = json.dumps({"resources": [{"title": "t", "url": server.base + "/other.csv"}]}).encode()
    card(hash="sha256:" + "0" * 64, url=None, resolve={"api": server.base + "/api/", "resource": "other"})
    with pytest.raises(Changed):
        get()


def test_the_size_that_a_card_names_is_compared(server, card):
    get()
    card(bytes=len(CSV) + 1)
    with pytest.raises(Changed) as caught:
        get()
    assert f"{len(CSV) + 1} bytes" in str(caught.value) and f"{len(CSV)} bytes" in str(caught.value)
    card(bytes=len(CSV))
    assert get().read_bytes() == CSV


def test_the_advice_after_other_bytes_works_as_it_is_typed(server, card, tmp_path, monkeypatch, capsys):
    """A lock of the folder, as people have it: each command of the advice is run, then the fetch that failed."""
    monkeypatch.chdir(tmp_path)
    assert main(["lock", "things", "--origins", "publisher"]) == 0
    server.files["/things.csv"] = CSV + b"1;1\n"
    with pytest.raises(Changed) as caught:
        get(locked=True, refresh=True)
    run_advice(caught.value.next)
    assert "publisher has new data" in capsys.readouterr().err
    assert get(locked=True).read_bytes() == CSV + b"1;1\n"
    (tmp_path / "things.csv").write_bytes(CSV + b"2;2\n")
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    with pytest.raises(Changed) as caught:
        datakit.fetch("things", "./mirror", locked=True)
    run_advice(caught.value.next)
    assert datakit.fetch("things", "./mirror", locked=True).read_bytes() == CSV + b"2;2\n"
    card(hash="sha256:" + "0" * 64)
    with pytest.raises(Changed) as caught:
        get()
    capsys.readouterr()
    run_advice(caught.value.next)
    assert json.loads(capsys.readouterr().out)["hash"] == "sha256:" + "0" * 64


def run_advice(text):
    commands = re.findall(r"datakit ((?:[\w./@-]+ ?)+)", text)
    assert commands, text
    for command in commands:
        assert main(command.split()) == 0, command


def test_unreachable_says_what_to_do_and_the_cached_copy_stays(server, card):
    path = get()
    server.stop()
    assert get() == path
    with pytest.raises(Unreachable) as caught:
        get(refresh=True)
    assert "does not answer" in str(caught.value) and "next:" in str(caught.value)
    assert path.read_bytes() == CSV


def test_the_next_origin_is_used_and_said(server, card, tmp_path):
    (tmp_path / "things.csv").write_bytes(b"code;n\n1;1\n")
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    server.stop()
    with pytest.warns(DataWarning, match="used instead: " + str(tmp_path)):
        found = obtain(card(), f"publisher,{tmp_path / 'mirror'}")
    assert found.origin_kind == "folder"


def test_a_dataset_nobody_has_tells_how_to_bring_it(card):
    card(url=None)
    with pytest.raises(Unreachable, match="none of the origins") as caught:
        get()
    assert "datakit mirror add DIR things FILE" in str(caught.value)


def test_several_addresses_are_tried_in_order(server, card):
    card(url=[server.base + "/gone.csv", server.base + "/things.csv"])
    assert get().read_bytes() == CSV
    assert server.times("/gone.csv") == 1


def test_a_moving_address_is_looked_up(server, card):
    catalogue = {"resources": [{"title": "notice", "url": "x"}, {"title": "Data", "url": server.base + "/things.csv"}]}
    server.files["/api/1/datasets/things/"] = json.dumps(catalogue).encode()
    resolve = {"api": server.base + "/api/1/datasets/things/", "resource": r"things\.csv"}
    card(url=[server.base + "/moved.csv"], resolve=resolve)
    assert obtain(datakit.catalog["things"], "publisher").url == server.base + "/things.csv"
    card(url=None, resolve={**resolve, "resource": "other"})
    with pytest.raises(NotAsDescribed, match="lists no such file"):
        get(refresh=True)


def test_a_corrected_address_is_asked_although_the_old_one_is_cached(server, card):
    get()
    server.files["/new.csv"] = b"code;n\n1;1\n"
    card(url=server.base + "/new.csv")
    assert get().read_bytes() == b"code;n\n1;1\n"


def test_a_new_pin_is_held_against_the_cache_too(server, card):
    get()
    server.files["/things.csv"] = new = b"code;n\n1;1\n"
    card(hash="sha256:" + hashlib.sha256(new).hexdigest())
    assert get().read_bytes() == new


def test_a_page_that_says_moved_does_not_hide_the_other_addresses(server, card):
    server.files["/moved.csv"] = b"<!doctype html><html>moved"
    card(url=[server.base + "/moved.csv", server.base + "/things.csv"])
    assert get().read_bytes() == CSV
    card(url=[server.base + "/moved.csv", server.base + "/nothing.csv"])
    with pytest.raises(Corrupt, match="HTML page"):
        get()


def test_a_publisher_in_trouble_gives_way_to_the_sample_and_it_is_said(server, cache, monkeypatch):
    """Through ``load``, so that the table itself says that it is invented."""
    raw = {**datakit.catalog["communes"].raw, "url": server.base + "/communes.geojson", "resolve": None}
    folder = cache.parent / "cards"
    folder.mkdir()
    (folder / "communes.json").write_text(json.dumps(raw), encoding="utf-8")
    monkeypatch.setenv("DATAKIT_CARDS", str(folder))
    with pytest.warns(DataWarning, match="no longer exists(.|\n)*used instead: sample"):
        communes = datakit.load("communes", "publisher,sample")
    assert communes.attrs["datakit"]["synthetic"] and communes.attrs["datakit"]["origin"] == "sample"
    with pytest.raises(Gone):
        datakit.load("communes", "publisher")


# -- the lock ---------------------------------------------------------------------------------------------------------


def test_locked_accepts_nothing_else(server, card, tmp_path, monkeypatch):
    lock = tmp_path / "data.lock"
    mirrors.lock(["things"], "publisher", lock)
    assert get(locked=lock).read_bytes() == CSV
    server.files["/things.csv"] = CSV + b"1;1\n"
    with pytest.warns(DataWarning, match="new data"):
        newer = get(refresh=True)
    with pytest.raises(Changed, match="differ"):
        get(locked=lock, refresh=True)
    locked = obtain(card(), "publisher", locked=lock)
    assert (locked.path.read_bytes(), locked.outcome) == (CSV, "cached"), "what the lock names is still there"
    locked.path.unlink()
    with pytest.raises(Changed):
        get(locked=lock)
    monkeypatch.setenv("DATAKIT_LOCK", str(lock))
    with pytest.raises(Changed):
        get()
    assert newer.exists()


def test_a_lock_that_is_absent_broken_or_silent_is_refused(card, tmp_path):
    with pytest.raises(WrongUse, match="not there"):
        get(locked=tmp_path / "none.lock")
    (tmp_path / "bad.lock").write_text("[]", encoding="utf-8")
    with pytest.raises(WrongUse, match="no lock file"):
        get(locked=tmp_path / "bad.lock")
    (tmp_path / "other.lock").write_text('{"datasets": {}}', encoding="utf-8")
    with pytest.raises(WrongUse, match="does not name"):
        get(locked=tmp_path / "other.lock")
    for entry in ("x", {"filename": "things.csv"}, {"filename": "../things.csv", "sha256": "0" * 64}):
        (tmp_path / "odd.lock").write_text(json.dumps({"datasets": {"things": entry}}), encoding="utf-8")
        with pytest.raises(WrongUse, match="cannot be used"):
            get(locked=tmp_path / "odd.lock")


# -- the cache --------------------------------------------------------------------------------------------------------


# One process imports everything; each line that it reads makes it fork another, which fetches and ends.
FORKS = """
import os, sys, traceback, datakit, requests, pooch, filelock, tqdm, datakit.data.fetching, datakit.data.provenance

def say(*words):  # a line at once, whoever else writes
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

datakit.describe("things")  # what checks cards, too
say("ready")
for _ in sys.stdin:
    child = os.fork()
    if not child:
        try:
            say(datakit.fetch("things", "publisher"))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    say(child)
    if "wait" in sys.argv:  # for one before the next
        os.waitpid(child, 0), say("gone")
while "wait" not in sys.argv:
    try:
        say("end", os.wait()[1])
    except ChildProcessError:
        break
"""


def started(*words):
    """A real process, with everything imported, that forks one that fetches for each line it gets."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATAKIT_TIMEOUT": "10,30"},
    )
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    return process


@pytest.mark.slow
def test_forty_processes_bring_one_file_once(server, card):
    hold = threading.Event()
    server.behaviours["/things.csv"] = [{"drip": 20_000, "stall": hold, "pause": 0.05}, {}]
    process = started()
    out, err = process.communicate("\n" * 40, timeout=120)
    said = out.splitlines()
    pids, ends = {s for s in said if s.isdigit()}, [s for s in said if s.startswith("end")]
    paths = [s for s in said if s not in pids and s not in ends]
    assert ends == ["end 0"] * 40 and len(pids) == 40, err
    assert len(paths) == 40 and len(set(paths)) == 1
    assert Path(paths[0]).read_bytes() == CSV
    assert server.times("/things.csv") == 1


@pytest.mark.slow
def test_forty_deaths_leave_no_bad_file(server, card):
    """Killed at forty different moments of a download, with and without resume: what is there is whole."""
    hold = threading.Event()
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"drip": 4_000, "stall": hold, "pause": 0.004}]
    process = started("wait")
    killed = 0
    for moment in range(40):
        server.ranges = moment % 2 == 0
        before = server.sent["/things.csv"]
        process.stdin.write("\n")
        process.stdin.flush()
        child = psutil.Process(int(process.stdout.readline()))
        while server.sent["/things.csv"] - before < 3_000 * moment and child.is_running():
            time.sleep(0.001)
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
        ends = iter(process.stdout.readline, "gone\n")
        killed += list(ends) == []  # it had no time to say where the file is
        whole = list(cache_folder().glob("things/*/things.csv"))
        assert all(path.read_bytes() == CSV for path in whole), f"a bad file after death {moment}"
        for path in whole:  # it was quick enough to finish: begin again
            path.unlink()
    assert killed > 20
    assert process.communicate() == ("", "")
    server.behaviours["/things.csv"] = [{}]
    assert get().read_bytes() == CSV
    assert nothing_half_written()


def test_a_read_only_cache_serves_what_it_has_and_says_what_it_cannot(server, card, cache):
    path = get()
    if os.geteuid():
        pytest.skip("needs root, to become a user who may not write")
    for folder in [cache, *cache.parents]:
        if folder.parent != Path("/") and folder != Path("/"):
            folder.chmod(0o755)

    def as_nobody(options):
        code = (
            f"import os, sys\nsys.path[:0] = {sys.path!r}\nimport datakit\n"
            "datakit.fetch('things', 'publisher', refresh=True)  # everything is imported while it can be read\n"
            "os.setgid(65534); os.setuid(65534)\n"
            f"try: print(datakit.fetch('things', 'publisher'{options}))\n"
            "except datakit.errors.DatakitError as e: print(type(e).__name__, e)"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if "PermissionError" in said.stderr and "lib" in said.stderr:
            pytest.skip("this Python cannot be read by another user")
        assert said.returncode == 0, said.stderr
        return said.stdout

    assert as_nobody("").strip() == str(path)
    said = as_nobody(", refresh=True")
    assert said.startswith("CacheProblem things:") and "DATAKIT_CACHE" in said


def test_a_full_disk_is_said_and_leaves_no_half_file(server, card, monkeypatch):
    def full(self, *args):
        raise OSError(errno.ENOSPC, "No space left on device")

    good = get()
    server.files["/things.csv"] = CSV + b"1;1\n"
    monkeypatch.setattr(transfer.Download, "_attempt", full)
    with pytest.raises(CacheProblem, match="the disk is full") as caught:
        get(refresh=True)
    assert "DATAKIT_CACHE" in str(caught.value)
    assert good.read_bytes() == CSV
    assert nothing_half_written()


def test_a_really_full_disk(server, card, tmp_path):
    """A tmpfs of 64 kB, and a file of 200."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let tests mount a small disk")
    try:
        code = "import datakit\ntry: datakit.fetch('things', 'publisher')\n"
        code += "except Exception as e: print(type(e).__name__, e)"
        env = {**os.environ, "DATAKIT_CACHE": str(small)}
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
        assert "CacheProblem" in said.stdout and "the disk is full" in said.stdout, said
        assert [p for p in small.rglob("*") if p.is_file() and p.stat().st_size > 4096] == []
    finally:
        subprocess.run(["umount", small], check=True)


def rotten(path):
    """One bit of a file flips, as on a bad disk: its size and its time stay."""
    state = path.stat()
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


@pytest.mark.parametrize("origin", ["publisher", "mirror"])
@pytest.mark.parametrize("how", ["locked", "refresh"])
def test_a_bit_that_flipped_is_found_where_it_is_asked_to_look(server, card, tmp_path, monkeypatch, origin, how):
    (tmp_path / "things.csv").write_bytes(CSV)
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    origin = "publisher" if origin == "publisher" else str(tmp_path / "mirror")
    mirrors.lock(["things"], origin, tmp_path / "data.lock")
    path = datakit.fetch("things", origin)
    monkeypatch.setattr(cache, "_computed", {})  # what another process computed, this one does not know
    rotten(path)
    options = {"locked": tmp_path / "data.lock"} if how == "locked" else {"refresh": True}
    assert datakit.fetch("things", origin, **options).read_bytes() == CSV
    rotten(path)
    assert datakit.load("things", origin, refresh=True).n.tolist() == list(range(20_000))


def test_looking_at_the_bytes_again_costs_once_a_process(server, card, tmp_path, monkeypatch):
    mirrors.lock(["things"], "publisher", tmp_path / "data.lock")
    monkeypatch.setattr(cache, "_computed", {})
    hashed, ours = [], cache.sha256_of
    monkeypatch.setattr(cache, "sha256_of", lambda path: hashed.append(path.name) or ours(path))
    get()
    assert hashed == [], "size and time are those that were noted"
    for _ in range(3):
        get(locked=tmp_path / "data.lock")
    assert hashed == ["things.csv"]


@pytest.mark.filterwarnings("ignore:.*new data:datakit.data.cache.DataWarning")
def test_what_killed_processes_left_goes(server, card, cache):
    folder = cache / "things"
    (folder / "incoming-1").mkdir(parents=True)
    (folder / "0123456789abcdef").mkdir()
    (folder / "incoming-1" / "things.csv").write_bytes(b"half")
    (folder / "0123456789abcdef" / "tmpab_12xyz").write_bytes(b"half, where pooch was writing")
    get()
    assert {p.name for p in folder.glob("*/*")} == {"things.csv", ".things.csv.checked"}


def test_a_cached_file_that_somebody_saved_again_is_brought_again(server, card):
    path = get()
    data = bytearray(CSV)
    data[500] ^= 1  # the same size
    path.write_bytes(data)
    assert get().read_bytes() == CSV
    assert server.times("/things.csv") == 2
    os.utime(path)  # touched, and still the same bytes
    get()
    assert server.times("/things.csv") == 2


@pytest.mark.parametrize("bad", [b"code;number\n1;1\n", b"code;n\n\xe9;1\n", b"code;n\n"])
@pytest.mark.filterwarnings("ignore:.*new data:datakit.data.cache.DataWarning")
def test_new_data_unlike_its_card_gives_way_to_the_good_copy(server, card, bad):
    assert len(datakit.load("things", "publisher")) == 20_000
    server.files["/things.csv"] = bad
    get(refresh=True)
    get(refresh=True)  # the second time, the bad bytes are no news: what was before them is still known
    with pytest.raises(NotAsDescribed) as caught:
        datakit.load("things", "publisher")
    assert "back in use" in str(caught.value)
    assert len(datakit.load("things", "publisher")) == 20_000


@pytest.mark.filterwarnings("ignore:.*new data:datakit.data.cache.DataWarning")
def test_a_mistake_in_a_card_does_not_bring_old_data_back(server, card):
    datakit.load("things", "publisher")
    server.files["/things.csv"] = CSV + b"1;1\n"
    assert len(datakit.load("things", "publisher", refresh=True)) == 20_001
    card(schema={"fields": [{"name": "kode"}]})
    with pytest.raises(NotAsDescribed):
        datakit.load("things", "publisher")
    card()
    assert len(datakit.load("things", "publisher")) == 20_001


def test_a_progress_bar_is_shown_when_asked(server, card, capfd):
    get(progress=True)
    assert "things" in capfd.readouterr().err
    get(progress=False, refresh=True)
    assert capfd.readouterr().err == ""


def test_the_sample_needs_no_network_at_all(cache):
    """In a network namespace of its own, where even loopback is down."""
    code = "import datakit, warnings; warnings.simplefilter('ignore'); print(len(datakit.load('communes', 'sample')))"
    alone = ["unshare", "-n", sys.executable, "-c", code]
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not let tests cut the network off")
    said = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "23", said.stderr


def test_a_sample_that_was_altered_is_refused(cache, tmp_path, monkeypatch):
    import shutil

    from datakit.data import origins

    shutil.copytree(origins.SAMPLE, tmp_path / "sample")
    monkeypatch.setattr(origins, "SAMPLE", tmp_path / "sample")
    file = tmp_path / "sample" / "communes" / "communes.geojson"
    assert datakit.fetch("communes", "sample") == file
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(Corrupt, match="was altered"):
        datakit.fetch("communes", "sample")
    file.unlink()
    with pytest.raises(Corrupt, match="lacks this file"):
        datakit.fetch("communes", "sample")
