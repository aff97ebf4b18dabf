"""Run the notebooks again, all at once, and write a report that says on which data.

Several processes execute them (`datakit.run.executing`); this module checks, follows and collects. The report's folder
appears in one move when everything is written: a folder that is there is a whole report.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from datakit.data.cards import card_folders
from datakit.data.origins import LOCK, Origin, as_text, parse_origins
from datakit.data.project import from_project
from datakit.errors import WrongUse
from datakit.language import _, language
from datakit.run.choosing import Notebook, choose
from datakit.run.executing import check_packages
from datakit.run.parameters import assign
from datakit.run.record import RUNNING, describe, earlier, place_for, put, tidy, write
from datakit.run.shipped import kit_notebooks
from datakit.run.spreading import processors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

GRACE = 120  # seconds beyond a time-out, to start and to write, after which a process that says nothing is stopped


@dataclass
class RunReport:
    """A finished run.

    Attributes
    ----------
    output : Path
        The report's folder: the one asked for, or one beside it where a report that failed would have replaced a good
        one.
    notebooks : list of Notebook
    seconds : float
    kept : list of str
        Files of yours in that folder, which stayed.
    """

    output: Path
    notebooks: list[Notebook]
    seconds: float
    kept: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(notebook.ok for notebook in self.notebooks)


def run(
    themes: Sequence[str | os.PathLike[str]] | None = None,
    *,
    origins: str | Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] = "reports/latest",
    jobs: int | None = None,
    timeout: float = 600,
    progress: bool = True,
    notebooks: str | os.PathLike[str] | None = None,
    command: str | None = None,
    locked: str | os.PathLike[str] | bool | None = None,
) -> RunReport:
    """Execute notebooks in parallel processes and write a report.

    Parameters
    ----------
    themes : list of str, optional
        Which notebooks, see `datakit.run.choosing.choose`; all by default.
    origins : str or list, optional
        Where data comes from, in order; by default ``DATAKIT_ORIGINS``, else the bundled sample.
    parameters : dict, optional
        Values by name, checked against the notebooks' parameters cells before anything is executed.
    output : path
        The report's folder: new, empty, or an earlier report, of which the files that no run wrote stay. A run that
        fails does not replace a report that did not: it goes beside, to ``OUTPUT-failed``.
    jobs : int, optional
        How many notebooks at the same time; by default, one for each processor.
    timeout : float
        Seconds that each notebook may take.
    progress : bool
        Say on the standard error what happens.
    notebooks : path, optional
        The folder of notebooks.
    command : str, optional
        What to type to run this again, for the report.
    locked : path or bool, optional
        Accept only the data that this lock file names; True means ``data.lock``, and ``DATAKIT_LOCK`` is the default.

    Returns
    -------
    RunReport
        A notebook that fails hides no other: see ``ok`` and each notebook's ``status``.

    Raises
    ------
    WrongUse
        Before anything is executed: an unknown notebook, origin or parameter, a wrong type, a lock file that is not
        there, an output folder that holds something else than a report.
    MissingPackage
        The extra ``notebooks`` is not installed.
    """
    check_packages()
    parameters = dict(parameters or {})
    chosen = choose(themes, notebooks)
    if progress and notebooks is None and any(n.path.parent == kit_notebooks() for n in chosen):
        said = _("the kit's own notebooks, in {folder} (copies to change: datakit notebooks)")
        print(said.format(folder=kit_notebooks()), file=sys.stderr)
    asked = _origins(origins, parameters)
    shown = [o.name for o in asked]  # without a password; kernels find it in their environment
    if not 0 < timeout < math.inf or (jobs is not None and jobs < 1):
        raise WrongUse("run", _("jobs and timeout must be positive numbers"), found=f"jobs={jobs}, timeout={timeout}")
    _give(chosen, parameters, shown)
    lock = _lock(locked)
    output = _check_output(output)
    order = _longest_first(chosen, output)
    started, clock = datetime.now(UTC), time.monotonic()
    with _unfinished(output) as partial:
        with _progress(progress, chosen) as follow:
            jobs = min(jobs or processors(), len(chosen))
            _execute(order, jobs, timeout, _environment([o.typed for o in asked], jobs, lock), partial, follow)
        seconds = time.monotonic() - clock
        record = describe(chosen, shown, parameters, started, seconds, partial, command, lock)
        write(partial, record)
        output = place_for(output, record["ok"])
    return RunReport(output, chosen, seconds, put(partial, output))


def _origins(origins, parameters):
    """The origins asked for, by the one way or the other."""
    if origins and "origins" in parameters:
        raise WrongUse("origins", _("given twice"), expected=_("either --origins or -p origins=…, not both"))
    asked = parse_origins(origins or parameters.get("origins") or None)
    # Notebooks run in their own folder, as in Jupyter: what is relative to this one must still be found.
    return [Origin(os.path.abspath(o.base), "folder") if o.kind == "folder" else o for o in asked]


def _give(chosen, parameters, origins):
    """Give each notebook the values of the parameters that it declares."""
    values = assign(parameters, {n.name: n.declared for n in chosen})
    for notebook in chosen:
        notebook.values = values[notebook.name]
        if "origins" in notebook.declared:
            notebook.values["origins"] = as_text(origins)


@contextlib.contextmanager
def _unfinished(output):
    """A folder beside the report's place, for what is written until the report is whole; gone when it never is."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        tidy(output)
        partial = output.with_name(f".{output.name}-{secrets.token_hex(4)}")
        partial.mkdir()
    except OSError as error:
        raise WrongUse(
            str(output),
            _("cannot be written here"),
            found=str(error),
            done=_("nothing was executed"),
            next=_("--output with a folder of yours"),
        ) from None
    try:
        with FileLock(partial / RUNNING):
            yield partial
        (partial / RUNNING).unlink(missing_ok=True)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _lock(locked):
    """The lock file that holds for a run, if any does."""
    named = LOCK if locked is True else locked or os.environ.get("DATAKIT_LOCK")
    file = Path(os.path.abspath(from_project(os.path.expanduser(named)))) if named else None
    if file and not file.is_file():
        raise WrongUse(str(file), _("this lock file is not there"), done=_("nothing was executed"), next="datakit lock")
    return file


def _environment(origins, jobs, lock=None):
    """The environment of the kernels: what is relative in this one made absolute, the project's cards included."""
    environment = {**os.environ, "DATAKIT_ORIGINS": as_text(origins), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment["DATAKIT_LANG"] = language()  # what this process speaks, whatever JupyterLab's settings say
    # What a table or a shape leaves free goes back to the machine, or to the next one: a quarter less memory.
    environment = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"} | environment
    if cards := [os.path.abspath(folder) for folder in card_folders()[1:] if folder.is_dir()]:
        environment["DATAKIT_CARDS"] = os.pathsep.join(cards)
    if jobs > 1:  # two notebooks that both compute on every processor wait for each other
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            environment.setdefault(name, str(max(1, processors() // jobs)))
    if cache := os.environ.get("DATAKIT_CACHE"):
        environment["DATAKIT_CACHE"] = os.path.abspath(os.path.expanduser(cache))
    return environment | ({"DATAKIT_LOCK": str(lock)} if lock else {})


def _check_output(output) -> Path:
    output = Path(os.path.abspath(output))
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not earlier(output)):
        raise WrongUse(
            str(output),
            _("holds something else than a report: it is left alone"),
            done=_("nothing was executed"),
            next=_("--output with a new folder"),
        )
    if Path.cwd().is_relative_to(output) or output.is_symlink():
        raise WrongUse(str(output), _("cannot be replaced from inside it"), next=_("--output with a new folder"))
    above = next(p for p in output.parents if p.exists())
    if not os.access(above, os.W_OK):
        raise WrongUse(str(output), _("cannot be written here"), next=_("--output with a folder of yours"))
    return output


def _longest_first(chosen, output):
    """Notebooks in the order to execute them: the longest should not run alone at the end.

    An earlier report in the same place says how long each took; without one, the length of its cells has to do.
    """
    before = {}
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        before = {name: one["seconds"] for name, one in earlier(output)["notebooks"].items()}
    return sorted(chosen, key=lambda n: -before.get(n.name, sum(len(c["source"]) for c in n.cells) / 1e6))


class _Worker:
    """A process that executes notebooks. Started at the first task, and again after it had to be stopped."""

    def __init__(self, environment, log):
        self._environment, self._log, self._process = environment, log, None
        self._sockets = tempfile.TemporaryDirectory(prefix="datakit-", ignore_cleanup_errors=True)

    def execute(self, notebook, timeout, folder, follow):
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "datakit.run.executing"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=self._environment,
                encoding="utf-8",
                start_new_session=True,
            )
        task = {
            "name": notebook.name,
            "notebook": str(notebook.path.resolve()),
            "output": str(folder / notebook.name),
            "parameters": notebook.values,
            "timeout": timeout,
            "sockets": self._sockets.name,
        }
        alarm = threading.Timer(timeout + GRACE, self.stop, [False])
        alarm.start()
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                event = json.loads(line)
                if event.pop("event") == "done":
                    return event
                follow.cell(notebook, event["index"], event["of"])
        except BrokenPipeError:
            pass
        finally:
            alarm.cancel()
        self._process.wait()
        said = _("the process that executed it ended with {code}").format(code=self._process.returncode)
        return {"status": "died", "error": {"ename": "ProcessDied", "evalue": said, "cell": None, "line": ""}}

    def stop(self, asking=True):
        """End the process, its kernel and what that started. Asked to, it ends the kernel itself before it leaves."""
        from datakit.run.watching import end, family

        if self._process and self._process.poll() is None:
            if asking and os.name == "posix":
                self._process.terminate()
            else:
                end(family(self._process.pid))

    def close(self):
        if self._process:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
        self._sockets.cleanup()


def _execute(order, jobs, timeout, environment, folder, follow):
    """Execute notebooks in ``jobs`` processes; each takes the next one when it has finished one."""
    todo = queue.SimpleQueue()
    for notebook in order:
        todo.put(notebook)
    with open(folder / "messages.log", "w+", encoding="utf-8") as log:
        workers = [_Worker(environment, log) for _ in range(jobs)]
        stopping = threading.Event()

        def work(worker):
            with contextlib.suppress(queue.Empty):
                while not stopping.is_set():
                    notebook = todo.get_nowait()
                    clock = time.monotonic()
                    follow.start(notebook)
                    outcome = worker.execute(notebook, timeout, folder, follow)
                    notebook.seconds = round(time.monotonic() - clock, 2)
                    for name, value in outcome.items():
                        setattr(notebook, name, value)
                    if not stopping.is_set():
                        follow.done(notebook)
            worker.close()

        threads = [threading.Thread(target=work, args=[worker]) for worker in workers]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except BaseException:  # Ctrl-C: no kernel may outlive the run
            stopping.set()
            for worker in workers:
                worker.stop()
            for thread in threads:
                thread.join()
            raise
    if not (folder / "messages.log").stat().st_size:
        (folder / "messages.log").unlink()


def _progress(wanted, notebooks):
    from datakit.run.progress import Lines, Live, Silent

    if not wanted:
        return Silent()
    return (Live if sys.stderr.isatty() else Lines)(notebooks, sys.stderr)
