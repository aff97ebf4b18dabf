"""Where work of many pieces is done: processes of this machine, or a Dask cluster of several. Extra ``cluster``.

One home for all that starts or joins a cluster: `datakit.run.spreading` for runs and dossiers,
`datakit.vegetation.many` for the cells of many cities.
"""

from __future__ import annotations

import hashlib
import logging
import os
import platform
from contextlib import contextmanager
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import distributed

WAIT = 30  # seconds for a scheduler to answer, and for a first worker to join it
# What computes, and what carries it from process to process: other versions may give other figures.
COMPUTING = ["numpy", "pandas", "pyarrow", "shapely", "pyproj", "geopandas", "scipy", "scikit-learn"]
CARRYING = ["dask", "distributed", "cloudpickle"]


@contextmanager
def cluster(
    workers: int = 2,
    memory: str = "1.5GB",
    scheduler: str | None = None,
    paths: Sequence[str] = (),
    ready: Callable[[], str] | None = None,
) -> Iterator[distributed.Client]:
    """Processes of this machine, or those of a scheduler that runs already, for the calls within a ``with`` block.

    A script that uses it keeps its own calls under ``if __name__ == "__main__":``, since each worker of this machine
    imports it.

    Parameters
    ----------
    workers : int
        Processes of this machine, one thread each.
    memory : str
        Of each process: beyond it, Dask writes to disk, then starts the process again.
    scheduler : str, optional
        The address of a Dask scheduler instead, ``tcp://192.0.2.7:8786``, or the file that ``dask scheduler
        --scheduler-file`` wrote. Its workers, threads and limits are those that they were started with.
    paths : list of str, optional
        Files and folders that each worker of a scheduler must have.
    ready : callable, optional
        Asked on each worker of a scheduler: why it cannot do the work, or an empty text.

    Yields
    ------
    distributed.Client

    Raises
    ------
    WrongUse
        No scheduler answers there, it has no worker, or a worker lacks a path or has another version of what computes.
    MissingPackage
        A library is missing.
    """
    with needed_by(__name__):
        import dask
        import distributed
    if scheduler is not None:
        with _joined(scheduler, paths, ready) as client:
            yield client
        return
    # A worker that ends accuses all that it was given: who asks counts (`datakit.run.spreading`), not the scheduler.
    # One that takes its time to start again, or ends twice in a row, is not given up.
    patient = {"distributed.scheduler.allowed-failures": 0, "distributed.deploy.lost-worker-timeout": "7 days"}
    with (
        dask.config.set(patient),
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as started,
        distributed.Client(started) as client,
    ):
        yield client


@contextmanager
def _joined(scheduler, paths, ready):
    with needed_by(__name__):
        import distributed
    file = os.path.isfile(scheduler)
    where = {"scheduler_file": scheduler} if file else {"address": scheduler}
    try:
        if not file and "://" not in scheduler:
            raise ValueError(_("neither an address nor a file"))
        client = distributed.Client(timeout=WAIT, **where)
    except (OSError, ValueError, KeyError) as error:
        raise WrongUse(
            scheduler,
            _("no Dask scheduler answers here"),
            expected=_("an address such as tcp://192.0.2.7:8786, or the file of a scheduler"),
            found=str(error) or type(error).__name__,
            next="dask scheduler",
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT)
        except TimeoutError:
            what = _("no worker has joined this scheduler")
            raise WrongUse(scheduler, what, next=f"dask worker {client.scheduler.address}") from None
        _alike(client, scheduler)
        lacking = {worker: ", ".join(found) for worker, found in client.run(_lacking, list(paths)).items() if found}
        for worker, found in sorted(lacking.items()):
            what = _("the worker {worker} does not have all that it needs").format(worker=worker)
            shared = _("a folder that all machines share, or a mirror at an http address")
            raise WrongUse(scheduler, what, expected=found, done=_("nothing was executed"), next=shared)
        for worker, why in sorted(client.run(ready).items() if ready else ()):
            if why:
                what = _("the worker {worker} cannot do this work").format(worker=worker)
                raise WrongUse(scheduler, what, found=why, done=_("nothing was executed"))
        yield client


def _alike(client, scheduler):
    """Refuse workers of which one may compute otherwise than this process."""
    ours = about()
    for worker, theirs in sorted(client.run(about, on_error="return").items()):
        if differing := differences(ours, theirs):
            raise WrongUse(
                scheduler,
                _("the worker {worker} may give other answers than this machine").format(worker=worker),
                found=differing,
                done=_("nothing was executed"),
                next=_("install the same datakit and the same requirements.lock there"),
            )


def _lacking(paths):
    return [path for path in paths if not os.path.exists(path)]


@cache
def about() -> dict[str, str]:
    """What has to be the same wherever the same answers are expected: by name, the version that is here.

    Returns
    -------
    dict of str to str
        Of datakit itself the digest of its code and cards, so that a clone that was changed counts as another.
    """
    folder = Path(__file__).parent
    files = [*folder.rglob("*.py"), *folder.glob("catalog/*.json"), folder / "challenge.toml"]
    digest = hashlib.sha256()
    for name, file in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    found = {"datakit": digest.hexdigest()[:12], "Python": ".".join(platform.python_version_tuple()[:2])}
    for name in COMPUTING + CARRYING:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def differences(ours: dict[str, str], theirs: dict[str, str] | Exception) -> str:
    """In words, what differs between this process and a worker; empty where nothing does."""
    if isinstance(theirs, Exception):  # no datakit there, or one that is older than this module
        return f"{type(theirs).__name__}: {theirs}"
    names = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    each = _("{name} {theirs} there, {ours} here")
    return _("; ").join(each.format(name=n, theirs=theirs.get(n, "-"), ours=ours.get(n, "-")) for n in names)
