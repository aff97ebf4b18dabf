"""Fetch against a server that misbehaves: each promise about a bad network, as a test that fails without it."""

import errno
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

import datakit
from datakit import archives, transfer
from datakit.cache import DataWarning, cache_folder
from datakit.cards import Card
from datakit.errors import CacheProblem, Changed, Corrupt, NotAsDescribed, Unreachable, WrongUse
from datakit.fetching import obtain
from tests.server import Misbehaving, in_the_future

CSV = b"code;n\n" + b"".join(b"%05d;%d\n" % (i, i) for i in range(20_000))


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
    with pytest.warns(DataWarning, match="has new data"):
        after = obtain(card(), "publisher", refresh=True)
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


def test_unreachable_says_what_to_do_and_the_cached_copy_stays(server, card):
    path = get()
    server.stop()
    assert get() == path
    with pytest.raises(Unreachable) as caught:
        get(refresh=True)
    assert "does not answer" in str(caught.value) and "next:" in str(caught.value)
    assert path.read_bytes() == CSV


def test_the_next_origin_is_used_and_said(server, card, tmp_path):
    from datakit import mirrors

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


# -- retries ----------------------------------------------------------------------------------------------------------


def test_a_404_is_an_answer_and_is_not_asked_again(server, card):
    card(url=server.base + "/nothing.csv")
    with pytest.raises(Unreachable, match="no longer exists"):
        get()
    assert server.times("/nothing.csv") == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(server, card, status):
    server.behaviours["/things.csv"] = [{"status": status}, {"status": status}, {}]
    assert get().read_bytes() == CSV
    assert server.times("/things.csv") == 3


def test_a_server_that_stays_in_trouble_is_left_alone(server, card):
    server.behaviours["/things.csv"] = [{"status": 503}]
    with pytest.raises(Unreachable, match="refuses or fails"):
        get()
    assert server.times("/things.csv") == transfer.ATTEMPTS


@pytest.mark.parametrize(("after", "low", "high"), [("7", 7, 7), ("date", 5, 8), ("99999", 60, 60)])
def test_retry_after_is_honoured_up_to_a_minute(server, card, monkeypatch, after, low, high):
    waited = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", waited.append)
    after = in_the_future(8) if after == "date" else after
    server.behaviours["/things.csv"] = [{"status": 429, "headers": {"Retry-After": after}}, {}]
    get()
    assert low <= max(waited) <= high


def test_a_redirect_is_followed_and_a_loop_is_not(server, card):
    server.behaviours["/old.csv"] = [{"status": 302, "headers": {"Location": "/things.csv"}}]
    card(url=server.base + "/old.csv")
    assert get().read_bytes() == CSV
    server.behaviours["/loop.csv"] = [{"status": 302, "headers": {"Location": "/loop.csv"}}]
    card(url=server.base + "/loop.csv")
    with pytest.raises(Unreachable):
        get(refresh=True)
    assert server.times("/loop.csv") <= 6


def test_a_server_that_falls_silent_is_given_up(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_TIMEOUT", "1,0.2")
    release = threading.Event()
    server.behaviours["/things.csv"] = [{"stall": release}]
    try:
        with pytest.raises(Unreachable, match="broke off each time"):
            get()
    finally:
        release.set()


def test_a_wrong_setting_of_the_time_outs_is_refused(card, monkeypatch):
    monkeypatch.setenv("DATAKIT_TIMEOUT", "soon")
    with pytest.raises(WrongUse, match="two numbers"):
        get()


# -- resume -----------------------------------------------------------------------------------------------------------


def test_a_broken_download_goes_on_where_it_stopped(server, card):
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {}]
    assert get().read_bytes() == CSV
    assert server.asked[1][1]["Range"] == f"bytes={transfer.CHUNK}-", "what came in whole chunks is kept"
    assert server.sent["/things.csv"] == 100_000 + len(CSV) - transfer.CHUNK


def test_another_process_resumes_too(server, card):
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {"cut": 10}]
    with pytest.raises(Unreachable, match="broke off") as caught:
        get()
    assert "to resume from" in str(caught.value)
    server.behaviours["/things.csv"] = [{}]
    assert get().read_bytes() == CSV
    assert server.asked[-1][1]["Range"].startswith("bytes=")


def test_without_a_validator_the_download_begins_again(server, card):
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {}]
    assert get().read_bytes() == CSV
    assert "Range" not in server.asked[1][1]


def test_a_file_that_changed_meanwhile_is_not_stitched_together(server, card):
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {"cut": 10}]
    with pytest.raises(Unreachable):
        get()
    new = CSV.replace(b";1", b";2")
    server.files["/things.csv"], server.etags["/things.csv"] = new, '"two"'
    server.behaviours["/things.csv"] = [{}]
    assert get().read_bytes() == new


def test_a_server_without_ranges_or_with_a_wrong_one(server, card):
    server.etags["/things.csv"], server.ranges = '"one"', False
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {}]
    assert get().read_bytes() == CSV
    server.ranges = True
    server.files["/things.csv"], server.etags["/things.csv"] = CSV + b"1;1\n", '"two"'
    server.behaviours["/things.csv"] = [{"cut": 5_000}, {"range": "bytes 0-9/10"}, {}]
    with pytest.warns(DataWarning, match="new data"):
        assert get(refresh=True).read_bytes() == CSV + b"1;1\n"


def test_fewer_bytes_than_announced_are_not_a_file(server, card):
    server.behaviours["/things.csv"] = [{"length": len(CSV) + 10, "cut": len(CSV)}]
    with pytest.raises(Unreachable, match="broke off"):
        get()
    assert not list(cache_folder().glob("things/*/things.csv"))


def test_a_compressed_transfer_is_unpacked(server, card):
    server.behaviours["/things.csv"] = [{"body": gzip.compress(CSV), "headers": {"Content-Encoding": "gzip"}}]
    assert get().read_bytes() == CSV


# -- pages ------------------------------------------------------------------------------------------------------------


def features(n):
    return [
        {"type": "Feature", "properties": {"code": f"{i:05d}"}, "geometry": {"type": "Point", "coordinates": [5, 47.3]}}
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 9, 10, 25])
def test_pages_become_one_file(server, card, n):
    server.behaviours["/wfs"] = [{"pages": features(n)}]
    card(url=server.base + "/wfs?REQUEST=GetFeature", paging={"size": 10}, path="things.geojson", format="geojson",
         crs="EPSG:4326", geometry={"type": "Point"}, schema={"fields": [{"name": "code"}]})  # fmt: skip
    frame = datakit.load("things", "publisher")
    assert frame.code.tolist() == [f"{i:05d}" for i in range(n)]
    assert server.times("/wfs") == (3 if n == 25 else 1)


def test_a_page_that_is_an_error_report_is_refused(server, card):
    server.behaviours["/wfs"] = [{"body": b"<ows:ExceptionReport/>"}]
    card(url=server.base + "/wfs", paging={"size": 10}, path="things.geojson", format="geojson", crs="EPSG:4326")
    with pytest.raises(Corrupt, match="not answer with JSON"):
        get()
    server.behaviours["/wfs"] = [{"body": b'{"error": 1}'}]
    with pytest.raises(Corrupt, match="FeatureCollection"):
        get()


# -- files that are not what they say ---------------------------------------------------------------------------------


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "../").replace("_csv", ".csv"), data)
    return out.getvalue()


ZIP = {"path": "things.zip", "compression": "zip", "innerpath": "*.csv"}
BAD = {
    "an HTML page": (b"<!DOCTYPE html><html><title>Oops</title></html>", {}, "HTML page"),
    "HTML after a blank": (b"\n  <html>\n", {}, "HTML page"),
    "an empty file": (b"", {}, "empty"),
    "only blanks": (b" \n\n", {}, "empty"),
    "a truncated zip": (zipped(a_csv=CSV)[:-40], ZIP, "cut off or damaged"),
    "a damaged zip": (zipped(a_csv=CSV)[:60] + b"\0\0\0\0" + zipped(a_csv=CSV)[64:], ZIP, "cut off or damaged"),
    "a zip that climbs out": (zipped(a_csv=CSV, __b_csv=CSV), ZIP, "outside its folder"),
    "a truncated gzip": (gzip.compress(CSV)[:-9], {"compression": "gz"}, "cut off or damaged"),
    "a plain file for a gzip": (CSV, {"compression": "gz"}, "cut off or damaged"),
    "half a JSON": (b'{"type": "FeatureCollection", "features": [{"a"', {"format": "geojson"}, "cut off"),
    "a text for a JSON": (b"Service unavailable", {"format": "json"}, "cut off or is something else"),
    "half a Parquet": (b"PAR1" + bytes(50), {"format": "parquet"}, "no whole Parquet"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_the_data_is_refused_and_the_good_copy_stays(server, card, kind):
    data, changes, said = BAD[kind]
    good = get()
    server.files["/bad"] = data
    card(url=server.base + "/bad", **changes)
    with pytest.raises(Corrupt, match=said) as caught:
        get(refresh=True)
    assert str(caught.value).startswith("things:")
    assert good.read_bytes() == CSV
    assert nothing_half_written()


def test_an_archive_that_unpacks_to_too_much_is_not_opened(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "100000")
    for body, changes in ((zipped(a_csv=bytes(200_000)), ZIP), (gzip.compress(bytes(200_000)), {"compression": "gz"})):
        server.files["/bomb"] = body
        card(url=server.base + "/bomb", **changes)
        with pytest.raises(Corrupt, match="more than the limit"):
            get(refresh=True)


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path, monkeypatch, card):
    monkeypatch.setenv("DATAKIT_MAX_UNPACKED", "1000")
    with pytest.raises(Corrupt, match="more than the limit"):
        archives._read_limited(io.BytesIO(bytes(5000)), card())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"code;number\n1;1\n", "missing or was renamed"),
        (b"code;n\n\xe9;1\n", "encoding"),
        (b"code;n\n", "no rows"),
    ],
)
def test_load_refuses_a_file_unlike_its_card_and_names_the_dataset(server, card, data, said):
    server.files["/things.csv"] = data
    with pytest.raises(NotAsDescribed, match=said) as caught:
        datakit.load("things", "publisher")
    assert str(caught.value).startswith("things:")


# -- the lock ---------------------------------------------------------------------------------------------------------


def test_locked_accepts_nothing_else(server, card, tmp_path, monkeypatch):
    from datakit import mirrors

    lock = tmp_path / "data.lock"
    mirrors.lock(["things"], "publisher", lock)
    assert get(locked=lock).read_bytes() == CSV
    server.files["/things.csv"] = CSV + b"1;1\n"
    with pytest.warns(DataWarning, match="new data"):
        get(refresh=True)
    with pytest.raises(Changed, match="differ"):
        get(locked=lock)
    with pytest.raises(Changed):
        get(locked=lock, refresh=True)
    monkeypatch.setenv("DATAKIT_LOCK", str(lock))
    with pytest.raises(Changed):
        get()


def test_a_lock_that_is_absent_broken_or_silent_is_refused(card, tmp_path):
    with pytest.raises(WrongUse, match="not there"):
        get(locked=tmp_path / "none.lock")
    (tmp_path / "bad.lock").write_text("[]", encoding="utf-8")
    with pytest.raises(WrongUse, match="no lock file"):
        get(locked=tmp_path / "bad.lock")
    (tmp_path / "other.lock").write_text('{"datasets": {}}', encoding="utf-8")
    with pytest.raises(WrongUse, match="does not name"):
        get(locked=tmp_path / "other.lock")


# -- the cache --------------------------------------------------------------------------------------------------------

FETCH = """
import os, sys, datakit, requests, pooch, filelock, tqdm
print("ready", flush=True); sys.stdin.readline()
print(datakit.fetch("things", os.environ["ORIGIN"]), flush=True)
"""


def started(origin="publisher", **more):
    """A real process that waits, with everything imported, for a line before it fetches."""
    process = subprocess.Popen(
        [sys.executable, "-c", FETCH], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "ORIGIN": origin, "DATAKIT_TIMEOUT": "10,30"}, **more,
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n", process.stderr.read()
    return process


@pytest.mark.slow
def test_forty_processes_bring_one_file_once(server, card):
    hold = threading.Event()
    server.behaviours["/things.csv"] = [{"drip": 20_000, "stall": hold, "pause": 0.05}, {}]
    processes = [started() for _ in range(40)]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in processes]
    assert {process.returncode for process in processes} == {0}, ends
    paths = {out.strip() for out, _ in ends}
    assert len(paths) == 1
    assert Path(paths.pop()).read_bytes() == CSV
    assert server.times("/things.csv") == 1


@pytest.mark.slow
def test_forty_deaths_leave_no_bad_file(server, card):
    """Killed at forty different moments of a download, with and without resume: what is there is whole."""
    hold = threading.Event()
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"drip": 4_000, "stall": hold, "pause": 0.004}]
    for moment in range(40):
        server.ranges = moment % 2 == 0
        process = started()
        before = server.sent["/things.csv"]
        process.stdin.write("\n")
        process.stdin.flush()
        while server.sent["/things.csv"] - before < 3_000 * moment and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close(), process.stdout.close(), process.stderr.close()
        whole = list(cache_folder().glob("things/*/things.csv"))
        assert all(path.read_bytes() == CSV for path in whole), f"a bad file after death {moment}"
        for path in whole:  # it was quick enough to finish: begin again
            path.unlink()
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

    from datakit import origins

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
