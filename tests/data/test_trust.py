"""What the cache keeps is believed only as far as it was checked; an answer that cannot be read is not kept as good."""

import json
import os
import random
import shutil
import threading
import warnings

import pandas as pd
import pytest

import datakit
from datakit.data import cache as caching
from datakit.data import mirrors
from datakit.data.cache import DataWarning
from datakit.data.fetching import obtain
from datakit.errors import Corrupt, DatakitError, NotAsDescribed, Unreachable
from tests.things import get

ROWS = "code;n;x;y\n" + "".join(f"{i:05d};{i};{5 + i / 1000:.3f};47.3\n" for i in range(300)) + "00300;many;5.1;47.3\n"
POINTS = {"crs": "EPSG:4326", "geometry": {"type": "Point", "x": "x", "y": "y"}}


@pytest.fixture
def things(server, card):
    """The card of a small dataset with points and one broken row, and its file at the publisher's."""
    server.files["/things.csv"] = ROWS.encode()
    return card(**POINTS)


def quietly(call, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return call(*args, **options)


def flipped(path, rng):
    """One bit is another, and nothing else tells: neither the size nor the time."""
    state, data = path.stat(), bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def said_of(frame):
    said = {k: v for k, v in frame.attrs["datakit"].items() if k != "outcome"}
    return {**said, "retrieved": None}


@pytest.mark.parametrize("origin", ["publisher", "mirror"])
def test_a_hundred_flipped_bits_change_no_table(server, things, tmp_path, cache, monkeypatch, origin):
    """In the table, its note, the raw file and the memo of the origin: as another process would find them."""
    if origin == "mirror":
        quietly(mirrors.add, tmp_path / "mirror", "things", quietly(get))
        origin = str(tmp_path / "mirror")
    right = quietly(datakit.load, "things", origin)
    good, rng = tmp_path / "good", random.Random(11)
    shutil.copytree(cache, good)
    kept = sorted(p.relative_to(cache) for p in cache.rglob("*") if p.suffix in (".parquet", ".json", ".csv"))
    assert len(kept) == 5, "table, its note, rejects, raw file, memo"
    kept = [p for p in kept if not p.name.endswith("-rejects.csv")]  # for people to read; no load reads it
    for round in range(100):
        shutil.rmtree(cache)
        shutil.copytree(good, cache)
        monkeypatch.setattr(caching, "_computed", {})
        name = kept[round % len(kept)]
        flipped(cache / name, rng)
        if name.name == "things.csv" and round % 8 < 4:  # the table has to be made again, from the raw file
            for table in cache.glob("things/*/table-*.parquet"):
                table.unlink()
        again = quietly(datakit.load, "things", origin)
        pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(right), obj=f"{name}, round {round}")
        assert again.crs == right.crs and said_of(again) == said_of(right), f"{name}, round {round}"


def test_a_rotten_file_that_cannot_be_had_again_is_said(server, things, cache, monkeypatch):
    path = quietly(get)
    flipped(path, random.Random(1))
    server.stop()
    monkeypatch.setattr(caching, "_computed", {})
    with pytest.raises(Unreachable):
        datakit.load("things", "publisher")


def test_a_kept_table_is_the_same_after_the_cache_has_moved(things, cache, tmp_path, monkeypatch):
    quietly(datakit.load, "things", "publisher")
    cache.rename(tmp_path / "moved")
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path / "moved"))
    monkeypatch.setattr("datakit.data.tables.parse", lambda *a: pytest.fail("parsed again"))
    said = quietly(datakit.load, "things", "publisher").attrs["datakit"]
    assert said["rejects_file"].startswith(str(tmp_path / "moved"))
    assert len(pd.read_csv(said["rejects_file"])) == 1


def test_rejects_that_somebody_threw_away_are_listed_again(things, cache):
    said = quietly(datakit.load, "things", "publisher").attrs["datakit"]
    os.unlink(said["rejects_file"])
    again = quietly(datakit.load, "things", "publisher").attrs["datakit"]
    assert len(pd.read_csv(again["rejects_file"])) == 1


def test_threads_that_load_one_table_all_keep_it(things, cache):
    quietly(get)
    start, said, problems = threading.Barrier(6), [], []

    def load():
        start.wait()
        try:
            said.append(datakit.load("things", "publisher").attrs["datakit"]["rejects_file"])
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=load) for _ in range(6)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not problems
    assert len(said) == 6 and len(set(said)) == 1 and os.path.exists(said[0])


def test_half_a_table_of_a_killed_writer_goes(things, cache):
    home = quietly(get).parent
    for name in (".table-0123-1.parquet-4321", ".table-0123-1.json-4321-140"):
        (home / name).write_bytes(b"half")
    quietly(datakit.load, "things", "publisher")
    assert not list(home.glob(".table-*"))


# -- an answer that cannot be read ------------------------------------------------------------------------------------

OPENDATASOFT = {"error_code": "ODSQLError", "message": "Unknown dataset: arbres"}
DATA4CITIZEN = {"help": "…", "success": False, "error": {"message": "Accès refusé", "__type": "Authorization Error"}}


@pytest.mark.parametrize(
    ("format", "answer", "said"),
    [
        ("csv", b"Service temporarily unavailable\n", "Service temporarily unavailable"),
        ("csv", json.dumps(OPENDATASOFT).encode(), "Unknown dataset: arbres"),
        ("geojson", json.dumps(OPENDATASOFT).encode(), "ODSQLError: Unknown dataset: arbres"),
        ("geojson", json.dumps(DATA4CITIZEN, ensure_ascii=False).encode(), "Authorization Error: Accès refusé"),
        ("json", json.dumps(DATA4CITIZEN).encode(), "Accès refusé"),
        ("json", b'{"error": "no such resource"}', "no such resource"),
        ("overpass", b'{"message": "rate limited"}', "rate limited"),
    ],
)
def test_an_error_in_the_dress_of_an_answer_is_refused_by_fetch(server, card, format, answer, said):
    card(format=format, url=server.base + "/x", path=f"things.{format}")
    server.files["/x"] = answer
    with pytest.raises(Corrupt) as caught:
        get()
    assert said in str(caught.value) and "--refresh" in str(caught.value)
    server.files["/y"] = b"code;n\n1;1\n"
    card(url=[server.base + "/x", server.base + "/y"])
    if format == "csv":
        assert get().read_bytes() == b"code;n\n1;1\n", "the card's next address"


@pytest.mark.parametrize(
    "data",
    [
        b"a title\n\ncode;n\n1;1\n",
        b"sep=;\ncode;n\n1;1\n",
        b"code,n\n1,1\n",
        b'"CODE " ;"other"\n1;1\n',
        b"code;m\n1;1\n",
        "code;n\n1;1\n".encode("utf-16"),
    ],
)
def test_what_may_be_the_table_is_left_to_load(server, card, data):
    server.files["/things.csv"] = data
    assert get().read_bytes() == data


@pytest.mark.parametrize(
    "answer", [{"features": [], "message": "none today"}, {"type": "Point", "coordinates": [5, 47]}]
)
def test_data_that_has_something_to_say_is_no_error(server, card, answer):
    card(format="geojson", path="things.geojson")
    server.files["/things.csv"] = json.dumps(answer).encode()
    assert get().exists()


BAD = b"code;n\nwhat the service says today;no number\n"  # a header that fits, and no row that does


def test_an_answer_that_cannot_be_read_is_asked_again(server, card):
    server.files["/things.csv"] = BAD
    get()
    with pytest.raises(NotAsDescribed) as caught:
        datakit.load("things", "publisher")
    text = str(caught.value)
    assert "what the service says today" in text and "did not keep this answer" in text
    assert "datakit fetch things --origins publisher --refresh" in text
    server.files["/things.csv"] = b"code;n\n1;1\n"
    assert datakit.load("things", "publisher").n.tolist() == [1], "without being told to refresh"
    assert datakit.provenance().records()[-1]["rows"] == 1


def test_a_card_in_the_making_asks_for_no_second_download(server, card):
    card(schema={"fields": [{"name": "code"}, {"name": "m"}]})
    for name in ("m", "k", "n"):
        card(schema={"fields": [{"name": "code"}, {"name": name}]})
        if name == "n":
            assert len(datakit.load("things", "publisher")) == 20_000
        else:
            with pytest.raises(NotAsDescribed):
                datakit.load("things", "publisher")
    assert server.times("/things.csv") == 1


@pytest.mark.parametrize("cached", [False, True])
def test_the_next_address_is_tried_and_it_is_said(server, card, cached):
    server.files["/first.csv"] = BAD
    card(url=[server.base + "/first.csv", server.base + "/things.csv"])
    if cached:
        get()
    with pytest.warns(DataWarning, match="what the service says today(.|\n)*used instead: .*things.csv"):
        frame = datakit.load("things", "publisher")
    assert len(frame) == 20_000 and frame.attrs["datakit"]["url"].endswith("/things.csv")
    assert [r["url"] for r in datakit.provenance().records() if "rows" in r] == [server.base + "/things.csv"]
    asked = len(server.asked)
    assert len(datakit.load("things", "publisher")) == 20_000
    assert len(server.asked) == asked, "and kept"


def test_every_address_that_failed_is_said(server, card):
    server.files["/first.csv"] = BAD
    card(url=[server.base + "/first.csv", server.base + "/gone.csv"])
    with pytest.raises(NotAsDescribed, match="other address: the address no longer exists"):
        datakit.load("things", "publisher")
    server.files["/gone.csv"] = BAD + b"once more;no number\n"
    with pytest.raises(NotAsDescribed):
        datakit.load("things", "publisher")
    server.files["/first.csv"] = b"code;n\n1;1\n"
    assert len(datakit.load("things", "publisher")) == 1, "neither was kept as good"


@pytest.mark.filterwarnings("ignore:.*new data:datakit.data.cache.DataWarning")
def test_two_bad_addresses_give_way_to_the_good_copy(server, card):
    card(url=[server.base + "/things.csv", server.base + "/other.csv"])
    datakit.load("things", "publisher")
    server.files["/things.csv"], server.files["/other.csv"] = BAD, BAD + b"once more;no number\n"
    with pytest.raises(NotAsDescribed, match="back in use"):
        datakit.load("things", "publisher", refresh=True)
    assert len(datakit.load("things", "publisher")) == 20_000


def test_with_a_mirror_nothing_is_said_to_be_back_in_use(card, tmp_path):
    """Its lock still names the new file: the next load reads no other."""
    base, file = tmp_path / "mirror", tmp_path / "things.csv"
    file.write_bytes(b"code;n\n1;1\n")
    mirrors.add(base, "things", file)
    assert len(datakit.load("things", str(base))) == 1
    file.write_bytes(BAD)
    mirrors.add(base, "things", file, check=False)
    for _ in range(2):
        with pytest.raises(NotAsDescribed) as caught:
            quietly(datakit.load, "things", str(base))
        assert "back in use" not in str(caught.value) and "did not keep" not in str(caught.value)


def test_of_a_locked_file_nothing_is_said_to_be_back_in_use(server, card, tmp_path):
    datakit.load("things", "publisher")
    server.files["/things.csv"] = BAD
    quietly(get, refresh=True)
    mirrors.lock(["things"], "publisher", tmp_path / "data.lock")
    for _ in range(2):
        with pytest.raises(NotAsDescribed) as caught:
            datakit.load("things", "publisher", locked=tmp_path / "data.lock")
        assert "back in use" not in str(caught.value)


def test_what_cannot_be_read_is_not_in_the_account(server, card):
    server.files["/things.csv"] = BAD
    with pytest.raises(DatakitError):
        datakit.load("things", "publisher")
    assert datakit.provenance().records() == []
    assert obtain(card(), "publisher").outcome == "fresh"
