"""Transfers from a server that misbehaves: each promise about a bad network, as a test that fails without it."""

import gzip
import hashlib
import json
import threading
import zlib

import pytest
import requests

import datakit
from datakit.data import bodies, mirrors, transfer
from datakit.data.cache import DataWarning, cache_folder
from datakit.errors import Corrupt, Unreachable, WrongUse
from tests.server import in_the_future
from tests.things import CSV, get

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


@pytest.mark.parametrize(("after", "low", "high"), [("7", 7, 7), ("60", 60, 60), ("date", 5, 8), ("in a while", 0, 5)])
def test_retry_after_is_honoured_up_to_a_minute(server, card, monkeypatch, after, low, high):
    waited = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    after = in_the_future(8) if after == "date" else after
    server.behaviours["/things.csv"] = [{"status": 429, "headers": {"Retry-After": after}}, {}]
    get()
    assert len(waited) == 1 and low <= waited[0] <= high


@pytest.mark.parametrize("after", ["86400", "61", "date"])
def test_a_server_that_asks_to_come_back_much_later_is_unreachable_at_once(server, card, monkeypatch, after):
    waited = []
    monkeypatch.setattr(transfer.time, "sleep", waited.append)
    after = in_the_future(86_400) if after == "date" else after
    server.behaviours["/things.csv"] = [{"status": 503, "headers": {"Retry-After": after}}]
    with pytest.raises(Unreachable, match=r"asks to come back in \d+ seconds") as caught:
        get()
    assert "HTTP 503" in caught.value.found and "--origins" in caught.value.next
    assert server.times("/things.csv") == 1 and not waited


@pytest.mark.parametrize("progress", [True, False])
def test_a_wait_is_said_to_a_person(server, card, capsys, progress):
    server.behaviours["/things.csv"] = [{"status": 429, "headers": {"Retry-After": "45"}}, {}]
    get(progress=progress)
    assert ("things: HTTP 429 Too Many Requests, asking again in 45 s" in capsys.readouterr().err) is progress


def test_refusals_and_breaks_share_one_number_of_attempts(server, card):
    """Else a body that breaks between refusals is asked for sixteen times."""
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 9}, {"status": 503}, {"cut": 9}, {"status": 503}, {}]
    with pytest.raises(Unreachable):
        get()
    assert server.times("/things.csv") == transfer.ATTEMPTS


def test_a_redirect_is_followed_and_a_loop_is_not(server, card):
    server.behaviours["/old.csv"] = [{"status": 302, "headers": {"Location": "/things.csv"}}]
    card(url=server.base + "/old.csv")
    assert get().read_bytes() == CSV
    server.behaviours["/loop.csv"] = [{"status": 302, "headers": {"Location": "/loop.csv"}}]
    card(url=server.base + "/loop.csv")
    with pytest.raises(Unreachable, match="redirects in a circle"):
        get(refresh=True)
    assert server.times("/loop.csv") <= 6


def test_a_redirect_to_a_file_is_refused(server, card, tmp_path):
    (tmp_path / "secret").write_bytes(CSV)
    server.behaviours["/things.csv"] = [{"status": 302, "headers": {"Location": (tmp_path / "secret").as_uri()}}]
    with pytest.raises(Unreachable, match="no address that can be asked"):
        get()
    assert server.times("/things.csv") == 1


def test_a_server_that_falls_silent_is_given_up(server, card, monkeypatch):
    monkeypatch.setenv("DATAKIT_TIMEOUT", "1,0.2")
    release = threading.Event()
    server.behaviours["/things.csv"] = [{"stall": release}]
    try:
        with pytest.raises(Unreachable, match="broke off each time"):
            get()
    finally:
        release.set()


def test_a_drip_ends_and_can_be_resumed(server, card, monkeypatch):
    """A byte a second keeps every time-out happy: the speed over a minute has a floor."""
    server.etags["/things.csv"], end = '"one"', threading.Event()
    server.behaviours["/things.csv"] = [{"drip": 100, "pause": 0.001, "stall": end}]
    clock = iter(range(0, 10**6, 7))  # seven seconds pass between any two looks at it
    monkeypatch.setattr(bodies, "clock", lambda: next(clock))
    try:
        with pytest.raises(Unreachable, match="too slowly") as caught:
            get()
    finally:
        end.set()
    assert "1000 bytes a second over 60 s" in caught.value.expected and "to resume from" in caught.value.done
    assert server.times("/things.csv") == 1
    server.behaviours["/things.csv"] = [{}]
    assert get().read_bytes() == CSV
    assert int(server.asked[1][1]["Range"].removeprefix("bytes=").rstrip("-")) >= 100


def test_a_slow_but_steady_transfer_goes_on(server, card, monkeypatch):
    end, clock = threading.Event(), iter(range(0, 10**6, 5))
    server.behaviours["/things.csv"] = [{"drip": 6_000, "pause": 0.001, "stall": end}]
    monkeypatch.setattr(bodies, "clock", lambda: next(clock))
    assert get().read_bytes() == CSV


@pytest.mark.parametrize(("silence", "seconds", "slow"), [(300, 200, False), (30, 200, True), (30, 50, False)])
def test_the_floor_waits_as_long_as_the_read_time_out(server, monkeypatch, silence, seconds, slow):
    """Whoever allows a server to be silent for five minutes does not lose it after one."""
    server.files["/short"] = b"x"
    times = iter([0, seconds])
    monkeypatch.setattr(bodies, "clock", lambda: next(times))
    with requests.get(server.base + "/short", stream=True) as answer:
        if slow:
            with pytest.raises(bodies.TooSlow):
                list(bodies.read(answer, silence))
        else:
            assert list(bodies.read(answer, silence)) == [b"x"]


@pytest.mark.parametrize("text", ["soon", "5", "0,0", "-1,5", "nan,3", "3,inf"])
def test_a_wrong_setting_of_the_time_outs_is_refused(card, monkeypatch, text):
    monkeypatch.setenv("DATAKIT_TIMEOUT", text)
    with pytest.raises(WrongUse, match="two numbers"):
        get()


# -- resume -----------------------------------------------------------------------------------------------------------


def test_a_broken_download_goes_on_where_it_stopped(server, card):
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {}]
    assert get().read_bytes() == CSV
    asked = server.asked[1][1]
    assert asked["Range"] == "bytes=100000-" and asked["If-Range"] == '"one"', "all that came is kept"
    assert server.sent["/things.csv"] == len(CSV)


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


def test_a_compressed_transfer_that_breaks_begins_again(server, card):
    """A range counts compressed bytes: joined to unpacked ones, they would be a file of nonsense."""
    server.etags["/things.csv"] = '"one"'
    packed = {"body": gzip.compress(CSV), "headers": {"Content-Encoding": "gzip"}}
    server.behaviours["/things.csv"] = [{**packed, "cut": len(packed["body"]) - 5000}, packed]
    assert get().read_bytes() == CSV
    assert "Range" not in server.asked[1][1]


OTHER = CSV.replace(b";1", b";2")
LONG_AGO = {"Last-Modified": "Mon, 02 Jan 2023 03:04:05 GMT"}


@pytest.mark.parametrize("most", [1_000, 60_000, len(CSV)])
def test_a_part_of_the_rest_is_not_taken_for_the_rest(server, card, most):
    """A server may give less than was asked for; the length announced first says when all is there."""
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 200_000 if most == 1_000 else 100_000}, {"most": most}]
    assert get().read_bytes() == CSV
    assert server.sent["/things.csv"] == len(CSV), "no byte is asked for twice"


def test_parts_that_break_off_go_on_too(server, card):
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {"most": 60_000, "cut": 10_000}, {"most": 60_000}]
    assert get().read_bytes() == CSV
    assert server.sent["/things.csv"] == len(CSV)


# What the server says of the file before and after the break, and whether the rest may be joined to what is there.
# The file changes in between, to another of the same length; the server honours Range and ignores If-Range.
RESUMES = {
    "another strong ETag": ({"ETag": '"x"'}, {"ETag": '"y"'}, {}),
    "an ETag, then none": ({"ETag": '"x"'}, {}, {}),
    "an ETag, then a date alone": ({"ETag": '"x"', **LONG_AGO}, LONG_AGO, {}),
    "other weak ETags, one date": ({"ETag": 'W/"x"', **LONG_AGO}, {"ETag": 'W/"y"', **LONG_AGO}, {}),
    "one weak ETag": ({"ETag": 'W/"x"'}, {"ETag": 'W/"x"'}, {}),
    "a date, then an ETag": (LONG_AGO, {"ETag": '"y"', **LONG_AGO}, {}),
    "no total, an ETag, then none": ({"ETag": '"x"'}, {}, {"range": "bytes {start}-{end}/*"}),
    "another total": ({"ETag": '"x"'}, {"ETag": '"x"'}, {"range": "bytes {start}-{end}/999999"}),
    "another start": ({"ETag": '"x"'}, {"ETag": '"x"'}, {"range": "bytes 0-{end}/{whole}"}),
    "another end": ({"ETag": '"x"'}, {"ETag": '"x"'}, {"range": "bytes {start}-100009/{whole}"}),
    "another unit": ({"ETag": '"x"'}, {"ETag": '"x"'}, {"range": "rows {start}-{end}/{whole}"}),
    "no range at all": ({"ETag": '"x"'}, {"ETag": '"x"'}, {"range": ""}),
    "no validator": ({}, {}, {}),
}


@pytest.mark.parametrize("case", RESUMES)
def test_two_versions_are_never_joined(server, card, case):
    before, after, wrong = RESUMES[case]
    server.ranges = "always"
    server.behaviours["/things.csv"] = [
        {"headers": before, "cut": 100_000},
        {"headers": after, "body": OTHER, **wrong},
        {"headers": after, "body": OTHER},
    ]
    assert get().read_bytes() == OTHER


def test_if_range_honoured_gives_the_new_file(server, card):
    server.behaviours["/things.csv"] = [
        {"headers": {"ETag": '"x"'}, "cut": 100_000},
        {"headers": {"ETag": '"y"'}, "body": OTHER},
    ]
    assert get().read_bytes() == OTHER
    assert server.times("/things.csv") == 2


@pytest.mark.parametrize("length", [None, len(CSV)])
def test_a_rest_without_a_total_is_joined_only_where_the_length_is_known(server, card, length):
    how = {"headers": {"ETag": '"x"'}, "range": "bytes {start}-{end}/*"}
    left_behind(server, CSV[:50_000], json.dumps({"validator": '"x"', "length": length}))
    server.behaviours["/things.csv"] = [how]
    assert get().read_bytes() == CSV
    assert [asked.get("Range") for _, asked in server.asked] == ["bytes=50000-"] + [None] * (length is None)


def test_a_date_is_a_validator_once_it_is_a_minute_old(server, card):
    """A file may change twice in the second that its date names: a young date proves nothing."""
    server.behaviours["/things.csv"] = [{"headers": LONG_AGO, "cut": 100_000}, {"headers": LONG_AGO}]
    assert get().read_bytes() == CSV
    assert server.asked[1][1]["If-Range"] == LONG_AGO["Last-Modified"]
    young, server.ranges = {"Last-Modified": in_the_future(-5)}, "always"
    server.behaviours["/things.csv"] = [{"headers": young, "cut": 100_000}, {"headers": young, "body": OTHER}]
    with pytest.warns(DataWarning, match="new data"):
        assert get(refresh=True).read_bytes() == OTHER
    assert "Range" not in server.asked[3][1]


def test_a_lie_about_the_version_is_found_by_the_mirrors_digest(server, card, tmp_path):
    """The same ETag for other bytes cannot be seen in a transfer: the digest of a lock sees it."""
    (tmp_path / "things.csv").write_bytes(CSV)
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    server.files["/data.lock"] = (tmp_path / "mirror" / "data.lock").read_bytes()
    for headers in ({"ETag": '"x"'}, LONG_AGO):
        server.behaviours["/things/things.csv"] = [
            {"body": CSV, "headers": headers, "cut": 100_000},
            {"body": OTHER, "headers": headers},
        ]
        with pytest.raises(Corrupt, match="not the one its lock names"):
            datakit.fetch("things", server.base)


def deflated(data, wbits):
    pack = zlib.compressobj(wbits=wbits)
    return pack.compress(data) + pack.flush()


PACKED = {
    "gzip": ("gzip", gzip.compress(CSV)),
    "gzip, two members": ("gzip", gzip.compress(CSV[:90_000]) + gzip.compress(CSV[90_000:])),
    "gzip, its old name": ("X-GZIP", gzip.compress(CSV)),
    "deflate": ("deflate", deflated(CSV, 15)),
    "deflate, without its frame": ("deflate", deflated(CSV, -15)),
}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("lost", [1, 5_000, 50_000])
def test_a_packed_transfer_without_a_length_that_is_cut_is_noticed(server, card, kind, lost):
    encoding, body = PACKED[kind]
    packed = {"body": body, "headers": {"Content-Encoding": encoding}, "length": None}
    server.behaviours["/things.csv"] = [{**packed, "cut": len(body) - lost}, packed]
    assert get().read_bytes() == CSV
    assert server.times("/things.csv") == 2
    server.behaviours["/things.csv"] = [{**packed, "cut": len(body) - lost}]
    with pytest.raises(Unreachable, match="broke off each time") as caught:
        get(refresh=True)
    assert "before its end" in caught.value.found and not list(cache_folder().glob("things/incoming*"))


def test_what_is_called_packed_and_is_not_is_refused(server, card):
    server.behaviours["/things.csv"] = [{"headers": {"Content-Encoding": "gzip"}}]
    with pytest.raises(Unreachable, match="broke off") as caught:
        get()
    assert "not gzip" in caught.value.found


@pytest.mark.parametrize("longer", [True, False])
def test_a_server_that_ignores_if_range_does_not_get_two_files_joined(server, card, longer):
    server.etags["/things.csv"], server.ranges = '"one"', "always"
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {"cut": 10}]
    with pytest.raises(Unreachable):
        get()
    new = CSV.replace(b";1", b";2") + b"1;1\n" * longer
    server.files["/things.csv"] = new
    if longer:
        del server.etags["/things.csv"]  # then only the length tells
    else:
        server.etags["/things.csv"] = '"two"'
    server.behaviours["/things.csv"] = [{}]
    assert get().read_bytes() == new


def left_behind(server, data, memo):
    """What a process that was killed leaves: some bytes, and a note about them."""
    folder = cache_folder() / "things"
    folder.mkdir(parents=True)
    part = folder / ("part-" + hashlib.sha256(f"{server.base}/things.csv".encode()).hexdigest()[:16])
    part.write_bytes(data)
    part.with_name(part.name + ".json").write_text(memo, encoding="utf-8")


def test_a_note_cut_off_by_a_death_does_not_stand_in_the_way(server, card):
    left_behind(server, CSV[:100], "")
    assert get().read_bytes() == CSV
    assert "Range" not in server.asked[0][1]


def test_a_download_that_was_all_there_ends(server, card):
    """The server says 416, nothing follows, where it had not said the length: not an error for ever."""
    server.etags["/things.csv"] = '"one"'
    left_behind(server, CSV, json.dumps({"validator": '"one"', "length": None}))
    assert get().read_bytes() == CSV
    assert [asked["Range"] for _, asked in server.asked[:1]] == [f"bytes={len(CSV)}-"]


def test_a_death_between_the_note_and_the_bytes_joins_nothing(server, card, monkeypatch):
    """A new file's note must never stand beside the old file's bytes, at whatever moment the process dies."""
    server.etags["/things.csv"] = '"one"'
    server.behaviours["/things.csv"] = [{"cut": 100_000}, {"cut": 10}]
    with pytest.raises(Unreachable):
        get()
    new = CSV.replace(b";1", b";2")
    server.files["/things.csv"], server.etags["/things.csv"] = new, '"two"'
    server.behaviours["/things.csv"] = [{}]
    write = transfer.write_json

    def die_after(*args):
        write(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "write_json", die_after)
        with pytest.raises(KeyboardInterrupt):
            get()
    assert get().read_bytes() == new


# -- pages ------------------------------------------------------------------------------------------------------------


def features(n):
    return [
        {"type": "Feature", "properties": {"code": f"{i:05d}"}, "geometry": {"type": "Point", "coordinates": [5, 47.3]}}
        for i in range(n)
    ]


@pytest.mark.parametrize("n", [1, 9, 10, 25])
def test_pages_become_one_file(server, card, n):
    server.behaviours["/wfs"] = [{"pages": features(n)}]
    card(
        url=server.base + "/wfs?REQUEST=GetFeature",
        paging={"size": 10},
        path="things.geojson",
        format="geojson",
        crs="EPSG:4326",
        geometry={"type": "Point"},
        schema={"fields": [{"name": "code"}]},
    )
    frame = datakit.load("things", "publisher")
    assert frame.code.tolist() == [f"{i:05d}" for i in range(n)]
    assert server.times("/wfs") == (3 if n == 25 else 1)


PAGED = {
    "paging": {"size": 10},
    "path": "things.geojson",
    "format": "geojson",
    "crs": "EPSG:4326",
    "geometry": {"type": "Point"},
    "schema": {"fields": [{"name": "code"}]},
}


def test_a_page_that_breaks_off_is_asked_again(server, card):
    server.behaviours["/wfs"] = [{"body": b'{"type": "FeatureCollection"}', "cut": 10}, {"pages": features(25)}]
    card(url=server.base + "/wfs", **PAGED)
    assert len(datakit.load("things", "publisher")) == 25
    assert server.times("/wfs") == 4
    server.behaviours["/wfs"] = [{"body": b'{"type": "FeatureCollection"}', "cut": 10}]
    with pytest.raises(Unreachable, match="broke off each time"):
        get(refresh=True)


@pytest.mark.parametrize("silent", [True, False])
def test_a_service_that_gives_fewer_than_asked_for_is_asked_on(server, card, silent):
    server.behaviours["/wfs"], server.page_limit, server.silent = [{"pages": features(25)}], 10 if silent else 4, silent
    card(url=server.base + "/wfs", **PAGED)
    assert len(datakit.load("things", "publisher")) == 25


ANNOUNCED = [
    {},
    {"numberMatched": "unknown"},
    {"numberMatched": "unknown", "totalFeatures": "unknown"},
    {"numberMatched": None, "totalFeatures": 25},
    {"totalFeatures": 5},
]


@pytest.mark.parametrize("said", ANNOUNCED)
def test_a_limit_of_the_server_below_the_pages_size_loses_nothing(server, card, said):
    """Without a number of features, only an empty page is the end; totalFeatures counts the page on some servers."""
    server.behaviours["/wfs"], server.page_limit, server.silent = [{"pages": features(25)}], 5, said
    card(url=server.base + "/wfs", **PAGED)
    assert datakit.load("things", "publisher").code.tolist() == [f"{i:05d}" for i in range(25)]


def test_fewer_features_than_the_total_are_not_a_file(server, card):
    server.behaviours["/wfs"], server.silent = [{"pages": features(20)}], {"totalFeatures": 25}
    card(url=server.base + "/wfs", **PAGED)
    with pytest.raises(Corrupt, match="did not give every page"):
        get()


def test_a_service_without_a_fixed_order_is_refused(server, card):
    """One feature on two pages means that another is on none."""
    marked = [{**feature, "id": f"things.{i}"} for i, feature in enumerate(features(25))]
    server.behaviours["/wfs"] = [{"pages": marked}, {"pages": marked[::-1]}]
    card(url=server.base + "/wfs", **PAGED)
    with pytest.raises(Corrupt, match="on two pages") as caught:
        get()
    assert "things.5" in caught.value.found and "sortBy" in caught.value.next
    server.behaviours["/wfs"] = [{"pages": marked}]
    assert len(datakit.load("things", "publisher")) == 25


def test_a_service_that_goes_round_in_a_circle_is_refused(server, card):
    one, other = (json.dumps({"features": features(30)[i : i + 10]}).encode() for i in (0, 10))
    server.behaviours["/wfs"] = [{"body": body} for body in (one, other) * 9]
    card(url=server.base + "/wfs", **PAGED)
    with pytest.raises(Corrupt, match="same page again"):
        get()
    assert server.times("/wfs") == 3


@pytest.mark.parametrize("silent", [True, False])
def test_a_service_that_repeats_its_first_page_is_refused(server, card, silent):
    """Without the check, twenty features twice, or an endless loop."""
    server.behaviours["/wfs"], server.same_page, server.silent = [{"pages": features(20)}], True, silent
    card(url=server.base + "/wfs", **PAGED)
    with pytest.raises(Corrupt, match="same page again"):
        get()


def test_pages_that_end_too_early_are_not_a_file(server, card):
    server.behaviours["/wfs"] = [{"body": b'{"type": "FeatureCollection", "numberMatched": 3, "features": []}'}]
    card(url=server.base + "/wfs", **PAGED)
    with pytest.raises(Corrupt, match="did not give every page"):
        get()


def test_a_page_that_is_an_error_report_is_refused(server, card):
    server.behaviours["/wfs"] = [{"body": b"<ows:ExceptionReport/>"}]
    card(url=server.base + "/wfs", paging={"size": 10}, path="things.geojson", format="geojson", crs="EPSG:4326")
    with pytest.raises(Corrupt, match="not answer with JSON"):
        get()
    server.behaviours["/wfs"] = [{"body": b'{"error": 1}'}]
    with pytest.raises(Corrupt, match="FeatureCollection"):
        get()
