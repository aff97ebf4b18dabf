"""The doctor: each thing that can be wrong is made wrong, and must be told with what to do."""

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from datakit import cli
from datakit.cli import doctor, reaching
from datakit.data.cards import PACKAGED


@pytest.fixture
def mirror(tmp_path):
    """A whole mirror with one file."""
    folder = tmp_path / "mirror"
    (folder / "benches").mkdir(parents=True)
    (folder / "benches" / "bancs.csv").write_bytes(b"code\n01004\n")
    digest = hashlib.sha256(b"code\n01004\n").hexdigest()
    lock = {"version": 1, "datasets": {"benches": {"filename": "bancs.csv", "sha256": digest, "bytes": 11}}}
    (folder / "data.lock").write_text(json.dumps(lock))
    return folder


@pytest.fixture
def server(mirror):
    """The mirror behind an address on loopback."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(mirror))
    handler.log_message = lambda *_: None
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def test_python_versions(monkeypatch):
    assert doctor.python().status == "ok"
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert doctor.python().status == "failed" and "3.11" in doctor.python().advice
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert doctor.python().status == "warning"


def test_packages(monkeypatch):
    assert [c.status for c in doctor.packages()] == ["ok"]
    lists = {"": ["pandas>=99", "unicorn-farm", "numpy>=1.0"]}
    monkeypatch.setattr(doctor.extras, "requirements", lambda: lists)
    missing, old = doctor.packages()
    assert missing.status == old.status == "failed"
    assert "unicorn-farm" in missing.found and "pandas" in old.found and "99" in old.found
    assert "requirements.lock" in old.advice


LACKING = {"": ["numpy"], "trees": ["scipy", "unicorn-farm"], "hexagons": ["h4>=4"], "satellite": ["pandas>=99"]}


def test_a_wheel_without_an_extra_is_told_what_it_is_for(monkeypatch):
    monkeypatch.setattr(doctor.extras, "requirements", lambda: {k: list(v) for k, v in LACKING.items()})
    monkeypatch.setattr(doctor.extras, "checkout", lambda: None)
    core, trees, hexagons, satellite = doctor.packages()
    assert core.status == "ok" and core.found == "all 1 direct dependencies"
    assert {c.status for c in (trees, hexagons, satellite)} == {"warning"}
    assert trees.found == "without unicorn-farm: not all that the trees theme can do"
    assert trees.advice == 'if you want it: pip install "ondijon-datakit[trees]"'
    assert "hexagons" in hexagons.found and "pandas" in satellite.found and "99" in satellite.found
    monkeypatch.setattr(doctor.extras, "requirements", lambda: {"": ["unicorn-farm"]})
    (core,) = doctor.packages()
    assert core.status == "failed" and core.advice == "pip install ondijon-datakit"


def test_a_clone_needs_what_its_notebooks_need(monkeypatch):
    monkeypatch.setattr(doctor.extras, "requirements", lambda: {k: list(v) for k, v in LACKING.items()})
    core, hexagons, satellite = doctor.packages()
    assert core.status == "failed" and core.found == "missing: unicorn-farm" and "make run" in core.advice
    assert hexagons.status == satellite.status == "warning"


def test_a_long_list_is_cut(monkeypatch):
    monkeypatch.setattr(doctor.extras, "requirements", lambda: {"": [f"unicorn-{n:02}" for n in range(15)]})
    (core,) = doctor.packages()
    assert core.found.startswith("missing: unicorn-00, ") and core.found.endswith("unicorn-11 and 3 more")


def test_what_each_extra_is_for_is_known():
    assert set(doctor.USES) == set(doctor.extras.requirements()) - {""}
    assert set(doctor.NOTEBOOKS) < set(doctor.USES)


def test_without_pyproj(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyproj", None)
    assert doctor.transform().status == "failed" and "make run" in doctor.transform().advice


def test_binder_is_recognised(monkeypatch):
    for name in ("BINDER_REPO_URL", "BINDER_LAUNCH_HOST", "BINDER_REQUEST"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.place() is None
    monkeypatch.setenv("BINDER_LAUNCH_HOST", "https://binder.example/")
    assert doctor.place().name == "Binder" and "download" in doctor.place().advice


def test_memory_and_its_limit(monkeypatch):
    assert doctor.memory().status in ("ok", "warning")
    monkeypatch.setattr(doctor, "_first_number", lambda *files: 1_000_000_000 if "max" in files[0] else 400_000_000)
    assert doctor.memory().status == "warning"
    assert doctor.memory().found.startswith("0.6 GB") and "--jobs 1" in doctor.memory().advice


def test_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path / "not" / "yet"))
    assert doctor.disk().status == "ok" and str(tmp_path) in doctor.disk().found
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: SimpleNamespace(free=5e8))
    assert doctor.disk().status == "failed" and "DATAKIT_CACHE" in doctor.disk().advice


def test_transform():
    found = doctor.transform()
    assert found.status == "ok", found


@pytest.mark.parametrize(("answer", "said"), [((853657.0, 6693321.0), "wrong by"), ((float("inf"),) * 2, "infinity")])
def test_a_wrong_transform_is_seen(monkeypatch, answer, said):
    import pyproj

    wrong = SimpleNamespace(from_crs=lambda *a, **k: SimpleNamespace(transform=lambda *xy: answer))
    monkeypatch.setattr(pyproj, "Transformer", wrong)
    assert doctor.transform().status == "failed" and said in doctor.transform().found
    monkeypatch.setenv("PROJ_LIB", "/elsewhere")
    assert "unset PROJ_LIB" in doctor.transform().advice


def test_broken_proj_data_is_seen(tmp_path):
    code = "from datakit.cli import doctor; print(doctor.transform())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        encoding="utf-8",
        env={**__import__("os").environ, "PROJ_DATA": str(tmp_path), "PROJ_LIB": str(tmp_path)},
    )
    # Either PROJ finds its data in spite of the variables, or the doctor says what is wrong: it never crashes.
    assert done.returncode == 0 and done.stdout.startswith(("ok", "FAILED")), done.stderr


def test_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path / "new"))
    assert doctor.cache().status == "ok" and list((tmp_path / "new").iterdir()) == []
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path / "new" / "file" / "below"))
    (tmp_path / "new" / "file").write_text("")
    assert doctor.cache().status == "failed" and "folder of yours" in doctor.cache().advice


def test_a_cache_that_can_only_be_read_is_a_warning(monkeypatch, tmp_path):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "communes").mkdir()
    monkeypatch.setenv("DATAKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    assert doctor.cache().status == "warning" and "Permission denied" in doctor.cache().found


def test_a_folder_is_checked_byte_by_byte(mirror):
    found = reaching.origin(str(mirror))
    assert found.status == "ok" and "1 datasets" in found.found and "every byte" in found.found
    (mirror / "benches" / "bancs.csv").write_bytes(b"code\n01005\n")
    assert "benches (bytes differ" in reaching.origin(str(mirror)).found
    (mirror / "benches" / "bancs.csv").unlink()
    assert "No such file" in reaching.origin(str(mirror)).found
    (mirror / "data.lock").write_text("<html>")
    found = reaching.origin(str(mirror))
    assert found.status == "failed" and "no mirror" in found.found and "mirror verify" in found.advice


def test_an_address_is_asked_for_its_lock(server, mirror):
    found = reaching.origin(server)
    assert found.status == "ok" and "1 datasets" in found.found
    (mirror / "data.lock").write_text("<html>Sign in to the Wi-Fi</html>")
    assert "login page" in reaching.origin(server).advice
    (mirror / "data.lock").unlink()
    assert "answers 404" in reaching.origin(server).found


def test_an_address_where_nobody_is():
    found = reaching.origin("http://127.0.0.1:9")
    assert found.status == "failed" and "does not answer" in found.found and "--origins sample" in found.advice


def test_publishers_are_asked_only_when_named(monkeypatch):
    asked = []
    monkeypatch.setattr(reaching, "ask", asked.append)
    doctor.examine("sample")
    assert asked == []
    found = reaching.origin("publisher")
    assert found.status == "ok" and len(asked) == len(set(asked)) > 0


def test_publishers_that_do_not_answer(monkeypatch):
    def nobody(url):
        raise OSError("unreachable")

    monkeypatch.setattr(reaching, "ask", nobody)
    assert reaching.origin("publisher").status == "failed"
    monkeypatch.setattr(reaching, "ask", lambda url: nobody(url) if "geo.api" in url else b"")
    found = reaching.origin("publisher")
    assert found.status == "warning" and "geo.api.gouv.fr" in found.advice


def test_the_sample_is_always_looked_at(mirror):
    names = [c.name for c in doctor.examine(str(mirror))]
    assert names[-2:] == ["origin", "sample"]


def test_cards(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    kit = len(list(PACKAGED.glob("*.json")))
    assert (doctor.cards().status, doctor.cards().found) == ("ok", f"{kit} of the kit")
    (tmp_path / "cards").mkdir()
    raw = json.loads((PACKAGED / "communes.json").read_text(encoding="utf-8"))
    for name, content in {"communes": raw, "benches": {**raw, "name": "benches"}, "king": {"suit": "spades"}}.items():
        (tmp_path / "cards" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    found = doctor.cards()
    assert found.status == "ok"
    assert (
        found.found
        == f"{kit - 1} of the kit, 2 of yours, in place of the kit's: communes; no cards, left alone: king.json"
    )
    (tmp_path / "cards" / "benches.json").write_text(json.dumps({**raw, "name": "other"}), encoding="utf-8")
    (tmp_path / "cards" / "lamps.json").write_text("{", encoding="utf-8")
    found = doctor.cards()
    assert found.status == "failed" and found.found.endswith("2 cannot be used")
    assert "benches.json" in found.advice and "as the file is called" in found.advice and "lamps.json" in found.advice
    assert "king" not in str(found)


def test_a_folder_of_cards_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("DATAKIT_CARDS", str(tmp_path / "nowhere"))
    found = doctor.cards()
    assert found.status == "failed" and str(tmp_path / "nowhere") in found.found


def test_command_and_its_exit_code(monkeypatch, capsys):
    good, bad = doctor.Check("Python", "ok", "3.12"), doctor.Check("disk", "failed", "full", "make room")
    monkeypatch.setattr(doctor, "examine", lambda origins: [good])
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out == "ok      Python      3.12\n"
    monkeypatch.setattr(doctor, "examine", lambda origins: [good, bad])
    assert cli.main(["doctor", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[1] == {
        "name": "disk",
        "status": "failed",
        "found": "full",
        "advice": "make room",
    }
    assert cli.main(["doctor"]) == 1 and "-> make room" in capsys.readouterr().out


def test_runs_before_anything_is_installed(root):
    code = f"import sys; sys.path.insert(0, {str(root)!r}); from datakit.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and done.stderr == ""
    assert "FAILED  packages    missing:" in done.stdout and "make run" in done.stdout
