"""Origins: an ordered list of places, each of which says clearly what it is and is not."""

import json

import pytest

import datakit
from datakit import mirrors
from datakit.cache import DataWarning
from datakit.errors import Corrupt, NotAsDescribed, Unreachable, WrongUse
from datakit.fetching import obtain
from datakit.origins import Origin, parse_origins
from tests.things import CSV


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


# -- a mirror on a server ---------------------------------------------------------------------------------------------


@pytest.fixture
def served(server, card, tmp_path):
    """The server as a mirror that has the dataset ``things``."""
    (tmp_path / "things.csv").write_bytes(CSV)
    mirrors.add(tmp_path / "mirror", "things", tmp_path / "things.csv")
    server.files["/data.lock"] = (tmp_path / "mirror" / "data.lock").read_bytes()
    server.files["/things/things.csv"] = CSV
    return server


def test_a_mirror_is_asked_for_its_lock_and_for_each_file_once(served):
    first = obtain(datakit.catalog["things"], served.base)
    again = obtain(datakit.catalog["things"], served.base + "/")
    assert (first.outcome, again.outcome, first.path) == ("fresh", "cached", again.path)
    assert first.path.read_bytes() == CSV and first.origin_kind == "http"
    assert (served.times("/data.lock"), served.times("/things/things.csv")) == (2, 1)


def test_a_mirror_that_went_away_leaves_what_it_gave(served):
    path = datakit.fetch("things", served.base)
    served.stop()
    with pytest.warns(DataWarning, match="used the copy"):
        assert datakit.fetch("things", served.base) == path
    path.unlink()
    with pytest.raises(Unreachable, match="does not answer"):
        datakit.fetch("things", served.base)


@pytest.mark.parametrize("answer", [None, b"<!doctype html><html>Log in to the Wi-Fi", b"[]"])
def test_an_address_that_is_no_mirror_is_said_to_be_none(served, answer):
    served.files["/data.lock"] = answer
    with pytest.raises(NotAsDescribed, match=r"not as a mirror|no datasets") as caught:
        datakit.fetch("things", f"{served.base},sample")
    assert "data.lock" in str(caught.value) and "ask who serves it" in str(caught.value)


def test_a_mirror_whose_file_is_gone_blames_the_mirror(served):
    del served.files["/things/things.csv"]
    with pytest.raises(Corrupt, match="names a file that is not there") as caught:
        datakit.fetch("things", served.base)
    assert "datakit mirror verify" in str(caught.value) and "publisher" not in str(caught.value)


def test_a_mirror_whose_file_was_altered_is_not_believed(served):
    served.files["/things/things.csv"] = CSV.replace(b";1", b";2")
    with pytest.raises(Corrupt, match="not the one its lock names"):
        datakit.fetch("things", served.base)
    assert served.times("/things/things.csv") == 1, "a wrong digest is not asked for again"


def test_a_dataset_that_a_mirror_lacks_comes_from_the_next_origin(served):
    served.files["/data.lock"] = json.dumps({"version": 1, "datasets": {}}).encode()
    assert obtain(datakit.catalog["communes"], f"{served.base},sample").origin == "sample"
    with pytest.raises(Unreachable, match="none of the origins"):
        datakit.fetch("things", served.base)


def test_two_origins_with_names_alike_do_not_share_their_memory(served, tmp_path):
    one, other = tmp_path / "a b", tmp_path / "a-b"
    assert Origin(str(one), "folder").slug == Origin(str(other), "folder").slug
    (tmp_path / "mirror").rename(one)
    datakit.fetch("things", str(one))
    with pytest.raises(Unreachable, match="not there"):
        datakit.fetch("things", str(other))


# -- the publisher's own catalogue ------------------------------------------------------------------------------------


def catalogue(server, card, answer):
    server.behaviours["/api"] = [{"body": json.dumps(answer).encode()}]
    return card(url=None, resolve={"api": server.base + "/api", "resource": "things"})


@pytest.mark.parametrize(
    "answer",
    [
        {"resources": None},
        {"resources": "things"},
        {"resources": ["things", 3]},
        {"resources": [{"title": "things"}]},
        {"resources": [{"title": "things", "url": None}]},
        {"resources": [{"title": "things", "url": ["http://127.0.0.1/"]}]},
        {"message": "no such dataset"},
        ["things"],
        None,
    ],
)
def test_a_catalogue_that_names_no_usable_file_is_said(server, card, answer):
    catalogue(server, card, answer)
    with pytest.raises((NotAsDescribed, Corrupt), match="catalogue") as caught:
        datakit.fetch("things", "publisher")
    assert str(caught.value).startswith("things:") and caught.value.found


def test_a_file_in_a_catalogue_is_found_beside_entries_that_cannot_be_used(server, card):
    address = server.base + "/things.csv"
    catalogue(server, card, {"resources": ["?", {"title": "things"}, {"title": "old", "url": "x"}, {"url": address}]})
    assert datakit.fetch("things", "publisher").read_bytes() == CSV
