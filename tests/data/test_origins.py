"""Origins: an ordered list of places, each of which says clearly what it is and is not."""

import gzip
import json

import pytest

import datakit
import datakit.cli
import datakit.cli.doctor
from datakit.data import mirrors
from datakit.data.cache import DataWarning, cache_folder
from datakit.data.fetching import obtain
from datakit.data.origins import Origin, as_text, parse_origins
from datakit.errors import Corrupt, NotAsDescribed, Unreachable, WrongUse
from tests import small_notebooks
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
        ("publisher,\n  sample", ["publisher", "sample"]),
        ("HTTP://192.0.2.1:8000", ["http"]),
        ("http://[::1]:8000/dijon", ["http"]),
    ],
)
def test_origins_are_an_ordered_list(text, kinds):
    assert [origin.kind for origin in parse_origins(text)] == kinds


@pytest.mark.parametrize("names", [["/media/usb, blue", "sample"], ['/a "b", c'], ["./x,y", "publisher", "/é ,"]])
def test_a_comma_in_a_path_is_written_in_quotes(names):
    assert [o.name for o in parse_origins(as_text(names))] == names
    assert [o.name for o in parse_origins(' "/a,b" , sample')] == ["/a,b", "sample"]


@pytest.mark.parametrize("text", [",", " ", " , ,", '""', "\n"])
def test_a_list_that_names_nothing_is_refused(text, monkeypatch):
    with pytest.raises(WrongUse, match="names no origin"):
        parse_origins(text)
    monkeypatch.setenv("DATAKIT_ORIGINS", text)
    with pytest.raises(WrongUse, match="DATAKIT_ORIGINS"):
        parse_origins()


def test_an_empty_variable_is_an_unset_one(monkeypatch):
    monkeypatch.setenv("DATAKIT_ORIGINS", "")
    assert [o.name for o in parse_origins()] == ["sample"]


@pytest.mark.parametrize(
    "text",
    [
        "ftp://192.0.2.1/x",
        "http://",
        "http:///x",
        "http:/192.0.2.1",
        "https:",
        "http://a:b:c",
        "file:///tmp",
        "localhost:8000",
        "http://192.0.2.1:80000",
        "http://nobody@:8000",
        "http:// x",
    ],
)
def test_an_address_that_is_none_is_explained(text):
    with pytest.raises(WrongUse, match="no address") as caught:
        parse_origins(text)
    assert "http://" in caught.value.expected and "disk" not in str(caught.value)


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


@pytest.mark.parametrize("said", [True, False])
def test_a_mirror_sends_no_more_than_its_lock_announces(served, said):
    """A thousand bytes announced and a disk filled: the transfer stops where the lock says that the file ends."""
    bomb = CSV * 50
    served.behaviours["/things/things.csv"] = [{"body": bomb, "length": len(bomb) if said else None}]
    with pytest.raises(Corrupt, match="more than") as caught:
        datakit.fetch("things", served.base)
    assert str(len(CSV)) in caught.value.expected and "datakit mirror verify" in caught.value.next
    assert not [p for p in cache_folder().rglob("*") if p.is_file() and p.stat().st_size > 4096]
    served.behaviours["/things/things.csv"] = [{"body": gzip.compress(bomb), "headers": {"Content-Encoding": "gzip"}}]
    with pytest.raises(Corrupt, match="more than"):
        datakit.fetch("things", served.base)


@pytest.mark.parametrize("size", ["many", -5, True, 1.5, None])
def test_a_size_in_a_lock_that_is_none_bounds_nothing(served, size):
    lock = json.loads(served.files["/data.lock"])
    lock["datasets"]["things"]["bytes"] = size
    served.files["/data.lock"] = json.dumps(lock).encode()
    assert datakit.fetch("things", served.base).read_bytes() == CSV


@pytest.mark.parametrize("said", [True, False])
def test_a_lock_without_end_is_not_read_to_it(served, said):
    body = b" " * 40_000_000
    served.behaviours["/data.lock"] = [{"body": body, "length": len(body) if said else None}]
    with pytest.raises(NotAsDescribed, match="not as a mirror") as caught:
        datakit.fetch("things", served.base)
    assert "more than 20000000 bytes" in caught.value.found


def test_a_lock_without_end_in_a_folder_is_not_read_either(tmp_path, card):
    with (tmp_path / "data.lock").open("wb") as file:
        file.truncate(40_000_000)  # holes: the disk holds nothing of it
    with pytest.raises(NotAsDescribed, match="cannot be a lock"):
        datakit.fetch("things", str(tmp_path))


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


# -- a password -------------------------------------------------------------------------------------------------------

SECRET = "s3cr%40t"


@pytest.fixture
def guarded(served):
    """The served mirror, which asks for a password; returns its address with the password in it."""
    served.login = "user:s3cr@t"
    return served.base.replace("://", f"://user:{SECRET}@")


def spoken(caught):
    return f"{caught.value} {caught.value!r} {vars(caught.value)}"


def test_a_password_opens_a_mirror_and_is_written_nowhere(guarded, served, tmp_path, capsys, monkeypatch):
    table = datakit.load("things", guarded)
    assert table.attrs["datakit"]["origin"] == served.base.replace("://", "://***@")
    monkeypatch.chdir(tmp_path)
    mirrors.lock(["things"], guarded)
    report = mirrors.build("copy", ["things"], guarded)
    assert report.ok
    served.files["/things/things.csv"] = CSV + b"1;1\n"
    assert obtain(datakit.catalog["things"], guarded).outcome == "cached"
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(written) > 8 and not [p for p in written if b"s3cr" in p.read_bytes() or "s3cr" in p.name]
    table = datakit.provenance()
    shown = [str(table), table._repr_html_(), repr(parse_origins(guarded)), *capsys.readouterr()]
    assert "s3cr" not in "".join(shown)


def test_an_unfinished_download_keeps_no_password(guarded, served):
    served.etags["/things/things.csv"] = '"one"'
    served.behaviours["/things/things.csv"] = [{"cut": 100_000}, {"cut": 10}]
    with pytest.raises(Unreachable) as caught:
        datakit.fetch("things", guarded)
    left = [p for p in cache_folder().rglob("*") if p.is_file()]
    assert [p for p in left if p.name.startswith("part-")] and "s3cr" not in spoken(caught)
    assert not [p for p in left if b"s3cr" in p.read_bytes()]
    served.behaviours["/things/things.csv"] = [{}]
    assert datakit.fetch("things", guarded).read_bytes() == CSV


@pytest.mark.parametrize("wrong", ["password", "digest", "file", "port", "lock", "slash"])
def test_no_error_says_the_password(guarded, served, wrong, capsys):
    if wrong == "password":
        served.login = "user:other"
    elif wrong == "digest":
        served.files["/things/things.csv"] = b"code;n\n1;1\n"
    elif wrong == "file":
        del served.files["/things/things.csv"]
    elif wrong == "lock":
        served.files["/data.lock"] = b"{}"
    elif wrong == "port":
        guarded = guarded.rpartition(":")[0] + ":99999"
    else:
        guarded = guarded.replace(SECRET, "s3cr/t#x?y")
    with pytest.raises(datakit.errors.DatakitError) as caught:
        datakit.fetch("things", guarded)
    assert "s3cr" not in spoken(caught)
    assert datakit.cli.main(["fetch", "things", "--origins", guarded]) != 0
    assert datakit.cli.main(["lock", "things", "--origins", guarded]) != 0
    assert "s3cr" not in "".join(capsys.readouterr())


def test_what_is_shown_can_be_asked_again_where_the_password_is_known(guarded, served, monkeypatch):
    shown = parse_origins(guarded)[0].name
    with pytest.raises(WrongUse, match="password is not written") as caught:
        parse_origins(shown)
    assert "DATAKIT_ORIGINS" in caught.value.next
    monkeypatch.setenv("DATAKIT_ORIGINS", f"publisher,{guarded}")
    assert datakit.fetch("things", shown).read_bytes() == CSV


def test_a_run_shows_no_password(guarded, served, tmp_path, capsys, monkeypatch):
    code = "import datakit\nprint(origins, len(datakit.load('things', origins)))\ndatakit.provenance()"
    small_notebooks.write(tmp_path / "notebooks", "10_loads", "# Loads", code, parameters='origins: str = ""')
    monkeypatch.chdir(tmp_path)
    for given in (["--origins", guarded], ["-p", f"origins={guarded}"]):
        assert datakit.cli.main(["run", "loads", *given, "--output", "out"]) == 0
        shown = served.base.replace("://", "://***@")
        record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
        assert record["origins"] == [shown] and shown in record["command"]
        assert f"{shown} 20000" in (tmp_path / "out" / "10_loads.ipynb").read_text(encoding="utf-8")
        assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file() and b"s3cr" in p.read_bytes()]
    assert "s3cr" not in "".join(capsys.readouterr())


def test_the_doctor_and_the_help_show_no_password(guarded, capsys, monkeypatch):
    monkeypatch.setenv("DATAKIT_ORIGINS", f'{guarded},"/no,where"')
    checks = [datakit.cli.doctor.origin(name) for name in datakit.cli.doctor.named()]
    assert [c.status for c in checks] == ["ok", "failed"] and "1 datasets" in checks[0].found
    assert "/no,where" in checks[1].found and not [c for c in checks if "s3cr" in str(vars(c))]
    with pytest.raises(SystemExit):
        datakit.cli.main(["fetch", "--help"])
    with pytest.raises(SystemExit):
        datakit.cli.main(["--help"])
    assert "s3cr" not in "".join(capsys.readouterr())


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
