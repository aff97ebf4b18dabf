"""Many tasks on many processes: each ends once, whoever is killed, and the values are those of one process."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest
import small_notebooks as make

from datakit import cli
from datakit import cluster as clusters
from datakit.errors import DatakitError, WrongUse
from datakit.run import spreading
from datakit.run.spreading import DEATHS, DIED, FAILED, spread
from tests.tasks import begun, square, tasks
from tests.things import needs

pytestmark = [
    needs("cluster", "distributed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),  # the libraries' own
]


def told(outcomes):
    return [replace(outcome, seconds=0) for outcome in outcomes]


@pytest.fixture(scope="module")
def address():
    """A cluster that runs already, as another person's would."""
    with clusters.cluster(2) as client:
        yield client.scheduler.address


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_one_process_gives_values_and_errors_in_the_order_of_the_tasks(tmp_path, capfd):
    todo = tasks(tmp_path / "log", s1={"raises": True}, s2={"unsaid": True})
    found = spread(square, todo, workers=1)
    assert [o.key for o in found] == list(todo)
    assert found[3].ok and found[3].value == {"n": 3, "square": 9, "pair": [1, 2]}
    assert found[1].status == FAILED and found[1].why == "task: wrong use\n  found:    1"
    assert found[2].status == FAILED and found[2].why.startswith("ValueError: ")
    assert {pid for _, pid in begun(tmp_path / "log")} == {os.getpid()}
    said = capfd.readouterr().err.splitlines()
    assert said[1] == "2 of 6: task 1: failed" and len(said) == 6


def test_what_is_done_is_not_done_again(tmp_path, capfd, monkeypatch):
    todo = tasks(tmp_path / "log", s1={"raises": True})
    first = spread(square, todo, workers=1, keep=tmp_path / "kept", progress=False)
    del todo["task 1"]["raises"]
    again = spread(square, todo | {"task 9": {"n": 9, "log": str(tmp_path / "log")}}, workers=1, keep=tmp_path / "kept")
    assert again[0] == first[0] and again[1].value["square"] == 1 and again[6].value["square"] == 81
    assert [n for n, _ in begun(tmp_path / "log")] == [0, 1, 2, 3, 4, 5, 1, 9]
    assert capfd.readouterr().err.splitlines()[0] == "5 of 7 were done before"
    for file in (tmp_path / "kept").iterdir():
        file.write_text(file.read_text()[:20])  # a disk that was full
    assert told(spread(square, todo, workers=1, keep=tmp_path / "kept", progress=False)) == told(again[:6])
    monkeypatch.setattr(spreading, "about", lambda: {"datakit": "another"})
    spread(square, todo, workers=1, keep=tmp_path / "kept", progress=False)
    assert len(begun(tmp_path / "log")) == 8 + 6 + 6


def test_a_killed_worker_costs_its_task_a_second_run_and_a_task_that_kills_is_given_up(tmp_path, address):
    log, go = tmp_path / "log", tmp_path / "go"
    plain = tasks(log, 12, s5={"raises": True})
    alone = spread(square, plain, workers=1, progress=False)
    log.unlink()
    todo = tasks(log, 12, s0={"ends": True}, s1={"until": str(go)}, s5={"raises": True})

    def kill():
        wait_for(lambda: [pid for n, pid in begun(log) if n == 1])
        victim = next(pid for n, pid in begun(log) if n == 1)
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(victim) or psutil.Process(victim).status() == "zombie")
        go.touch()

    killer = threading.Thread(target=kill)
    killer.start()
    found = spread(square, todo, scheduler=address, progress=False)
    killer.join()
    assert told(found[1:]) == told(alone[1:])
    assert found[0].status == DIED and f"{DEATHS} times" in found[0].why
    counts = {n: [k for k, _ in begun(log)].count(n) for n in range(12)}
    assert counts == dict.fromkeys(range(12), 1) | {0: DEATHS, 1: 2}


def test_workers_that_may_answer_otherwise_are_refused_before_any_work(tmp_path, address, monkeypatch):
    monkeypatch.setattr(clusters, "COMPUTING", [*clusters.COMPUTING, "pytest"])
    clusters.about.cache_clear()
    try:
        with pytest.raises(WrongUse, match="may give other answers") as told:
            spread(square, tasks(tmp_path / "log"), scheduler=address)
        ours = clusters.about()
        late = spreading.call(square, {"n": 1, "log": str(tmp_path / "log")}, "en", ours | {"numpy": "1.0"})
    finally:
        clusters.about.cache_clear()
    assert told.value.found.startswith("pytest - there, ")
    assert late["status"] == FAILED and "1.0 here" in late["why"]
    assert not begun(tmp_path / "log")
    assert "ModuleNotFoundError" in clusters.differences(ours, ModuleNotFoundError("datakit"))


def test_no_scheduler_and_no_worker_are_said(tmp_path, monkeypatch):
    import distributed

    monkeypatch.setattr(clusters, "WAIT", 0.5)
    for nowhere in ("tcp://127.0.0.1:1", "localhost", str(tmp_path)):
        with pytest.raises(WrongUse, match="no Dask scheduler answers here"):
            spread(square, tasks(tmp_path / "log"), scheduler=nowhere)
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty:
        with pytest.raises(WrongUse, match="no worker has joined") as told:
            spread(square, tasks(tmp_path / "log"), scheduler=empty.scheduler_address)
        assert told.value.next == f"dask worker {empty.scheduler_address}"
    with pytest.raises(WrongUse, match="workers"):
        spread(square, {}, workers=0)


def test_a_worker_that_is_slow_to_start_again_is_waited_for():
    """The cluster of a busy machine gave up a worker that was not back in time, and in the end had none."""
    import dask

    with dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}), clusters.cluster(1) as client:
        [before] = client.run(os.getpid).values()
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: not client.nthreads())
        client.wait_for_workers(1, timeout=60)
        assert list(client.run(os.getpid).values()) != [before]


SCRIPT = """
import sys
from datakit.run.spreading import spread
from tests.tasks import square, tasks

if __name__ == "__main__":
    todo = tasks(sys.argv[1] + "/log", s4={"until": sys.argv[1] + "/go"}, s5={"until": sys.argv[1] + "/go"})
    print(len(spread(square, todo, workers=2, keep=sys.argv[1] + "/kept")))
"""


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_and_keeps_what_is_done(tmp_path, root):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    log = tmp_path / "log"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ["PYTHONPATH"]])}
    words = [sys.executable, str(script), str(tmp_path)]
    run = subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, start_new_session=True)
    with contextlib.closing(run.stderr):
        wait_for(lambda: {4, 5} <= {n for n, _ in begun(log)})
        wait_for(lambda: len(list((tmp_path / "kept").glob("*.json"))) == 4)
        workers = {pid for _, pid in begun(log)}
        run.send_signal(signal.SIGINT)
        said = run.stderr.read().decode()
        assert run.wait(30) != 0 and "KeyboardInterrupt" in said
    wait_for(lambda: not any(map(psutil.pid_exists, workers)))
    (tmp_path / "go").touch()
    again = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == "6" and again.stderr.splitlines()[0] == "4 of 6 were done before"
    assert sorted(n for n, _ in begun(log)) == [0, 1, 2, 3, 4, 4, 5, 5]


def test_a_cluster_without_workers_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(spreading, "PATIENCE", 0.3)
    monkeypatch.setattr(spreading, "LOOK", 0.1)
    log = tmp_path / "log"
    with clusters.cluster(1) as client:

        def leave():
            wait_for(lambda: begun(log))
            client.cluster.scale(0)

        thread = threading.Thread(target=leave)
        thread.start()
        with pytest.raises(DatakitError, match="all workers have gone"):
            todo = tasks(log, 2, s0={"until": str(tmp_path / "go")})
            spread(square, todo, scheduler=client.scheduler.address, progress=False)
        thread.join()
        (tmp_path / "go").touch()


@pytest.fixture(scope="module")
def machines(tmp_path_factory, root):
    """A scheduler and two workers as they are started on machines: processes that know nothing of this one."""
    folder = tmp_path_factory.mktemp("machines")
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ["PYTHONPATH"]])}
    common = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    started = []

    def start(*words):
        words = [sys.executable, "-m", "dask", *words]
        log = (folder / f"{len(started)}.log").open("wb")
        started.append(subprocess.Popen(words, cwd=folder, env=environment, stdout=log, stderr=log))
        log.close()

    start("scheduler", *common, "--port", "0")
    wait_for(file.exists)
    for _ in range(2):
        start("worker", *common, "--nthreads", "1")
    yield file
    for process in reversed(started):
        process.terminate()
    for process in started:
        process.wait(30)


@pytest.mark.slow
def test_processes_of_other_machines_lose_one_and_nothing_else(tmp_path, machines):
    log, go = tmp_path / "log", tmp_path / "go"
    todo = tasks(log, 8, s2={"until": str(go)}, s5={"raises": True})

    def kill():
        wait_for(lambda: [pid for n, pid in begun(log) if n == 2])
        os.kill(next(pid for n, pid in begun(log) if n == 2), signal.SIGKILL)
        wait_for(lambda: [n for n, _ in begun(log)].count(2) == 2, 60)
        go.touch()

    killer = threading.Thread(target=kill)
    killer.start()
    found = spread(square, todo, scheduler=str(machines), progress=False)
    killer.join()
    counts = [n for n, _ in begun(log)]
    log.unlink()
    assert told(found) == told(spread(square, todo, workers=1, progress=False))
    assert sorted(counts) == sorted([*range(8), 2])
    with pytest.raises(WrongUse, match="does not have all that it needs") as lacking:
        spread(square, todo, scheduler=str(machines), paths=[str(tmp_path), str(tmp_path / "nowhere")])
    assert lacking.value.expected == str(tmp_path / "nowhere")


@pytest.mark.slow
def test_runs_on_other_machines_are_those_of_this_one(tmp_path, machines, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make.ok(tmp_path / "notebooks")
    for where in (["--scheduler", str(machines)], ["--workers", "1"]):
        words = ["run", "--each", "k=3,5", "--output", where[0][2:]]
        assert cli.main([*words, *where]) == 0
    one, other = ((tmp_path / name / "answers.parquet").read_bytes() for name in ("scheduler", "workers"))
    assert one == other
