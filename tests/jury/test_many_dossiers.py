"""Many dossiers at once: a worker that is killed costs nothing but time, and verdicts are those of one process."""

import contextlib
import os
import signal
import threading
import time
from dataclasses import replace

import psutil
import pytest

from datakit.cluster import cluster
from datakit.errors import WrongUse
from datakit.jury import verdicts, verifying
from datakit.run import spreading
from datakit.run.spreading import DIED, Outcome
from tests import tampered
from tests.jury import sandboxed

ASIDE = {"seconds": 0.0, "peak_memory": 0.0}


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    """Four dossiers: one that is good, one of which a figure was changed, two that are refused before they run."""
    folder = tmp_path_factory.mktemp("dossiers")
    packed = tampered.pack(tampered.write(folder / "own", tampered.ANSWERS, "print('all')"), folder / "own.zip")
    files = tampered.unzipped(packed)
    edited = tampered.recorded(tampered.edited(files, "10_question"))
    lacking = {name: text for name, text in files.items() if name != "data.lock"}
    return [
        tampered.zipped(folder / f"team-{k}.zip", tampered.described({**one, "README.md": f"# {k}\n".encode()}))
        for k, one in enumerate((files, edited, lacking, lacking))
    ]


def without_sandbox():
    os.environ["PATH"] = "/nowhere"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # the libraries' own
def test_a_worker_killed_in_the_middle_loses_no_dossier(zips, tmp_path, capfd):
    pytest.importorskip("distributed", reason='pip install "ondijon-datakit[challenge]"')
    sandboxed.needed()
    output = tmp_path / "many"
    with cluster(2) as client:
        workers = client.run(os.getpid).values()
        killed = []

        def kill():
            until = time.monotonic() + 120
            while not killed and time.monotonic() < until:
                for worker in map(psutil.Process, workers):
                    inside = []
                    with contextlib.suppress(psutil.Error):  # one that ended meanwhile
                        family = worker.children(recursive=True)
                        inside = [p for p in family if "ipykernel_launcher" in p.cmdline()]
                    if inside:  # a notebook runs
                        killed.extend(inside)
                        os.kill(worker.pid, signal.SIGKILL)
                        return
                time.sleep(0.05)

        killer = threading.Thread(target=kill)
        killer.start()
        found = verifying.verify_all(zips, output, scheduler=client.scheduler.address)
        killer.join()
    assert killed
    until = time.monotonic() + 30
    while any(p.is_running() and p.status() != "zombie" for p in killed):  # nothing of it outlives the worker
        assert time.monotonic() < until
        time.sleep(0.05)
    alone = verifying.verify_all(zips, tmp_path / "alone", workers=1)
    assert [replace(v, **ASIDE) for v in found.values()] == [replace(v, **ASIDE) for v in alone.values()]
    assert [v.status for v in found.values()] == ["same", "different", "refused", "refused"]
    assert sorted(p.name for p in output.iterdir()) == [f"team-{k}" for k in range(4)]
    said = [line for line in capfd.readouterr().err.splitlines() if " of 4: team-" in line]
    assert len(said) == 8 and len({line.partition(": ")[2] for line in said}) == 4
    for name, verdict in found.items():
        assert verdicts.read(output / name) == verdict


def test_a_dossier_that_ends_its_worker_has_a_verdict_that_says_so(zips, tmp_path, monkeypatch):
    def spread(function, tasks, **_):
        (tmp_path / ".done").mkdir()
        (tmp_path / ".team-0-0123abcd").mkdir()
        return [Outcome(key, DIED, why="it ended, 3 times") for key in tasks]

    monkeypatch.setattr(spreading, "spread", spread)
    monkeypatch.setattr(verifying.sandbox, "find", lambda: None)
    found = verifying.verify_all(zips[:2], tmp_path, workers=2)
    assert [(v.status, v.why) for v in found.values()] == [("cannot", ["it ended, 3 times"])] * 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["team-0", "team-1"]
    assert verdicts.read(tmp_path / "team-1") == found["team-1"]


def test_where_nothing_can_be_written_nothing_is_run(zips, tmp_path):
    sandboxed.needed()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WrongUse, match="cannot be written here"):
        verifying.verify_all(zips[:1], tmp_path / "file" / "verdicts")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_machine_without_a_sandbox_is_told_before_any_dossier(zips, tmp_path, monkeypatch):
    pytest.importorskip("distributed", reason='pip install "ondijon-datakit[challenge]"')
    with cluster(1) as client:
        client.run(without_sandbox)
        with pytest.raises(WrongUse, match="cannot do this work") as told:
            verifying.verify_all(zips, tmp_path / "out", scheduler=client.scheduler.address)
    assert "no sandbox is installed" in told.value.found
