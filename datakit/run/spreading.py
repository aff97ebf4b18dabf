"""The same function on many tasks: in this process, on processes of this machine, or on a Dask cluster.

Each task ends exactly once. What is done is written down at once, so that work that was broken off goes on where it
stopped. A task whose worker ends is run again; since Dask accuses all that the worker was given, who is accused is
then run with no other beside it, and only who ends its worker alone is given up.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import secrets
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from datakit.cluster import about, cluster, differences
from datakit.errors import DatakitError, WrongUse
from datakit.extras import needed_by
from datakit.language import N_, _, language, speaking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

DONE, FAILED, DIED = "done", "failed", "died"
SAID = {DONE: N_("done"), FAILED: N_("failed"), DIED: N_("stopped")}
DEATHS = 3  # so many workers may end under a task before it is given up
PATIENCE = 60.0  # seconds without any worker, after which work is broken off: they may be starting again
LOOK = 2.0  # seconds between two looks for workers that came or went


@dataclass(frozen=True)
class Outcome:
    """How one task ended.

    Attributes
    ----------
    key : str
    status : {"done", "failed", "died"}
        The function gave a value; it raised; or the process that ran it ended, each time.
    value : object
        What the function gave, as JSON keeps it.
    why : str
        Where it gave none.
    seconds : float
        Of the last call; 0 where its end is not known.
    """

    key: str
    status: str
    value: Any = None
    why: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status == DONE


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    function: Callable[[Any], Any],
    tasks: Mapping[str, Any],
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    memory: str = "1.5GB",
    keep: str | os.PathLike[str] | None = None,
    paths: Sequence[str] = (),
    ready: Callable[[], str] | None = None,
    progress: bool = True,
    words: Callable[[Any], str] | None = None,
) -> list[Outcome]:
    """Call a function on each task, and say of each how it ended.

    Parameters
    ----------
    function : callable
        ``function(task)``, of a module that the workers can import. It returns what JSON can hold, and little of it.
        An error that it raises is its task's outcome, and stops no other.
    tasks : mapping of str to object
        By key, the name under which a task is shown.
    scheduler : str, optional
        A Dask scheduler's address or file, see `datakit.cluster.cluster`. Files that tasks name must be there.
    workers : int, optional
        Processes of this machine where there is no scheduler; by default one for each processor. With one, tasks run
        in this very process, one after the other, and Dask is not needed.
    memory : str
        Of each process of this machine. What a task starts beside it does not count.
    keep : path, optional
        A folder in which each value is written in one move as soon as it is there. What it holds of an earlier call
        with the same function, version of the kit, key and task is not computed again: a task that names a file names
        its digest too.
    paths : list of str, optional
        Files and folders that tasks name: looked for on each machine of a scheduler before any work.
    ready : callable, optional
        Called there too: why a machine cannot do this work, or an empty text.
    progress : bool
        Say on the standard error what happens: a bar at a terminal, else a line for each task.
    words : callable, optional
        How a value is called there; by default "done".

    Returns
    -------
    list of Outcome
        In the order of ``tasks``, one for each, whatever happened.

    Raises
    ------
    WrongUse
        Before any work: ``workers`` under a scheduler; no scheduler, or no worker; one of another version, that lacks a
        path or is not ready.
    DatakitError
        All workers left, or the scheduler did. What was done until then is kept, as after Ctrl-C.
    MissingPackage
        The extra ``cluster`` is not installed.
    """
    if workers is not None and (workers < 1 or scheduler):
        expected = _("one or more, or a scheduler that has its own")
        raise WrongUse("workers", _("not a number of processes"), expected=expected, found=str(workers))
    kept = _Kept(Path(keep) if keep is not None else None, function)
    ended = {key: outcome for key in tasks if (outcome := kept.read(key, tasks[key]))}
    todo = {key: task for key, task in tasks.items() if key not in ended}
    count = min(processors() if workers is None else workers, len(todo))
    with _follow(progress, len(tasks), len(ended), words) as say:

        def end(outcome):
            kept.write(outcome, tasks[outcome.key])
            ended[outcome.key] = outcome
            say(outcome)

        if count == 1 and not scheduler:
            for key, task in todo.items():
                end(Outcome(key, **call(function, task)))
        elif todo:
            with cluster(count, memory, scheduler, paths, ready) as client:
                _Spread(client, function, end).all(todo)
    return [ended[key] for key in tasks]


def call(
    function: Callable[[Any], Any], task: Any, lang: str = "", ours: dict[str, str] | None = None
) -> dict[str, Any]:
    """One task, in whichever process: its outcome but for the key. Errors are values."""
    if ours is not None and ours != about():  # a worker that joined later than the first look
        return {"status": FAILED, "why": differences(ours, about())}
    clock = time.monotonic()
    try:
        with speaking(lang):
            # As it is after it was kept, wherever it comes from.
            said = {"status": DONE, "value": json.loads(json.dumps(function(task), allow_nan=False))}
    except DatakitError as error:
        said = {"status": FAILED, "why": str(error)}
    except (Exception, SystemExit) as error:
        said = {"status": FAILED, "why": f"{type(error).__name__}: {error}"}
    return {**said, "seconds": round(time.monotonic() - clock, 3)}


class _Kept:
    """The folder of outcomes, one file for each; or none."""

    def __init__(self, folder, function):
        self._folder, self._of = folder, [f"{function.__module__}.{function.__qualname__}", about()]
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def _file(self, key, task):
        said = json.dumps([*self._of, key, task], sort_keys=True, default=repr)
        return self._folder / (hashlib.sha256(said.encode()).hexdigest()[:32] + ".json")

    def read(self, key, task):
        if self._folder is None:
            return None
        try:
            said = Outcome(**json.loads(self._file(key, task).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return said if said.key == key else None

    def write(self, outcome, task):
        if self._folder is None or not outcome.ok:  # what failed for a reason of that day is tried again
            return
        file = self._file(outcome.key, task)
        draft = file.with_name(f".{file.name}")
        draft.write_text(json.dumps(asdict(outcome), ensure_ascii=False), encoding="utf-8")
        draft.replace(file)


class _Spread:
    """Tasks on the workers of a client, as many at once as there are threads: none waits behind another's back."""

    def __init__(self, client, function, end):
        with needed_by(__name__):
            import distributed
        self._dask, self._client, self._function, self._end = distributed, client, function, end
        self._run = secrets.token_hex(4)  # others may use the same scheduler
        self._deaths, self._count = Counter(), itertools.count()

    def all(self, todo):
        accused = self._together(todo, lambda: max(1, sum(self._client.nthreads().values())))
        while accused:
            alone, accused = accused[:1], accused[1:]
            if self._together({key: todo[key] for key in alone}, lambda: 1):
                [key] = alone
                if self._deaths[key] < DEATHS:
                    accused.insert(0, key)
                    continue
                why = _("the process that ran it ended, {n} times; the last time no other task ran beside it")
                self._end(Outcome(key, DIED, why=why.format(n=self._deaths[key])))

    def _together(self, todo, width):
        """Run tasks, not more than ``width()`` at once; the keys of those whose worker ended."""
        waiting, running, accused = iter(todo.items()), {}, []
        lang, ours = language(), about()
        try:
            while True:
                for key, task in itertools.islice(waiting, max(0, width() - len(running))):
                    name = f"{key[:60]}-{self._run}-{next(self._count)}"
                    sent = self._client.submit(call, self._function, task, lang, ours, key=name, pure=False)
                    running[sent] = key
                if not running:
                    return accused
                for future in self._ended(running):
                    key, error = running.pop(future), future.exception()
                    if isinstance(error, self._dask.KilledWorker):
                        self._deaths[key] += error.allowed_failures + 1
                        accused.append(key)
                    elif error is not None:
                        self._end(Outcome(key, FAILED, why=f"{type(error).__name__}: {error}"))
                    else:
                        self._end(Outcome(key, **future.result()))
                    future.release()  # or it is computed again when its worker ends
        finally:
            self._client.cancel(list(running), force=True)

    def _ended(self, running):
        """Wait until one or more have ended, as long as there is anybody who could end them."""
        seen = time.monotonic()
        while True:
            try:
                return list(self._dask.wait(list(running), timeout=LOOK, return_when="FIRST_COMPLETED").done)
            except (TimeoutError, self._dask.TimeoutError):
                pass
            except self._dask.CancelledError:
                raise _left(_("the scheduler has gone")) from None
            if self._client.status != "running":
                raise _left(_("the scheduler has gone"))
            if self._client.nthreads():
                seen = time.monotonic()
            elif time.monotonic() - seen > PATIENCE:
                raise _left(_("all workers have gone"))


def _left(what):
    done, again = _("what was done until then is kept"), _("start it, then the same command again")
    return DatakitError(_("cluster"), what, done=done, next=again)


@contextmanager
def _follow(wanted, total, kept, words):
    """What is said while tasks end: a function to call with each outcome."""

    def ending(outcome):
        status = words(outcome.value) if outcome.ok and words else _(SAID[outcome.status])
        return _("{key}: {status}").format(key=outcome.key, status=status)

    if not wanted:
        yield lambda outcome: None
    elif sys.stderr.isatty():
        with tqdm(total=total, initial=kept, file=sys.stderr, ascii=".#") as bar:

            def step(outcome):
                bar.set_postfix_str(ending(outcome), refresh=False)
                bar.update()

            yield step
    else:
        count = itertools.count(kept + 1)
        if kept:
            said = _("{n} of {total} were done before")
            print(said.format(n=kept, total=total), file=sys.stderr, flush=True)

        def line(outcome):
            said = _("{n} of {total}: {ending}").format(n=next(count), total=total, ending=ending(outcome))
            print(said, file=sys.stderr, flush=True)

        yield line
