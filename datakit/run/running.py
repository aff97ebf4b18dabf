"""Run the notebooks again, all at once, and write a report that says on which data.

Several processes execute them (`datakit.run.executing`); this module checks, follows and collects. The report's folder
appears in one move when everything is written: a folder that is there is a whole report.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.origins import LOCK, Origin, as_text, parse_origins
from datakit.data.project import from_project
from datakit.errors import WrongUse
from datakit.language import _
from datakit.run.choosing import Notebook, choose
from datakit.run.executing import check_packages
from datakit.run.parameters import assign
from datakit.run.record import check_output, describe, earlier, place_for, put, unfinished, write
from datakit.run.shipped import kit_notebooks
from datakit.run.spreading import processors
from datakit.run.working import Worker, environment, settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from datakit.run.executing import Task
    from datakit.run.progress import Silent


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
    asked = asked_origins(origins, parameters)
    shown = [o.name for o in asked]  # without a password; kernels find it in their environment
    if not 0 < timeout < math.inf or (jobs is not None and jobs < 1):
        raise WrongUse("run", _("jobs and timeout must be positive numbers"), found=f"jobs={jobs}, timeout={timeout}")
    give(chosen, parameters, shown)
    lock = lock_file(locked)
    output = check_output(output)
    order = _longest_first(chosen, output)
    started, clock = datetime.now(UTC), time.monotonic()
    with unfinished(output) as draft:
        with _progress(progress, chosen) as follow:
            jobs = min(jobs or processors(), len(chosen))
            execute_all(order, jobs, timeout, environment(settings(asked, lock), jobs), draft, follow)
        seconds = time.monotonic() - clock
        record = describe(chosen, shown, parameters, started, seconds, draft, command, lock)
        write(draft, record)
        output = place_for(output, record["ok"])
    return RunReport(output, chosen, seconds, put(draft, output))


def asked_origins(origins: str | Sequence[str] | None, parameters: Mapping[str, Any]) -> list[Origin]:
    """The origins asked for, by ``--origins`` or by the parameter of this name; folders by their absolute path."""
    if origins and "origins" in parameters:
        raise WrongUse("origins", _("given twice"), expected=_("either --origins or -p origins=…, not both"))
    asked = parse_origins(origins or parameters.get("origins") or None)
    # Notebooks run in their own folder, as in Jupyter: what is relative to this one must still be found.
    return [Origin(os.path.abspath(o.base), "folder") if o.kind == "folder" else o for o in asked]


def give(chosen: Sequence[Notebook], parameters: Mapping[str, Any], origins: Sequence[str]) -> None:
    """Give each notebook the values of the parameters that it declares."""
    values = assign(parameters, {n.name: n.declared for n in chosen})
    for notebook in chosen:
        notebook.values = values[notebook.name]
        if "origins" in notebook.declared:
            notebook.values["origins"] = as_text(origins)


def lock_file(locked: str | os.PathLike[str] | bool | None) -> Path | None:
    """The lock file that holds for a run, if any does.

    Raises
    ------
    WrongUse
        It is not there.
    """
    named = LOCK if locked is True else locked or os.environ.get("DATAKIT_LOCK")
    file = Path(os.path.abspath(from_project(os.path.expanduser(named)))) if named else None
    if file and not file.is_file():
        raise WrongUse(str(file), _("this lock file is not there"), done=_("nothing was executed"), next="datakit lock")
    return file


def task_of(notebook: Notebook, timeout: float, folder: Path, page: bool = True) -> Task:
    """What a process is told of a notebook that it is to execute; what it writes goes into ``folder``."""
    return {
        "name": notebook.name,
        "notebook": str(notebook.path.resolve()),
        "output": str(folder / notebook.name),
        "parameters": notebook.values,
        "timeout": timeout,
        "page": page,
    }


def _longest_first(chosen, output):
    """Notebooks in the order to execute them: the longest should not run alone at the end.

    An earlier report in the same place says how long each took; without one, the length of its cells has to do.
    """
    before = {}
    with contextlib.suppress(KeyError, TypeError, AttributeError):
        before = {name: one["seconds"] for name, one in earlier(output)["notebooks"].items()}
    return sorted(chosen, key=lambda n: -before.get(n.name, sum(len(c["source"]) for c in n.cells) / 1e6))


def execute_all(
    order: Sequence[Notebook],
    jobs: int,
    timeout: float,
    environment: Mapping[str, str],
    folder: Path,
    follow: Silent,
    pages: bool = True,
) -> None:
    """Execute notebooks in several processes; each takes the next one when it has finished one.

    Parameters
    ----------
    order : list of Notebook
        With the values of their parameters; each gets its status, results and time.
    jobs : int
        How many processes.
    timeout : float
        Seconds that each notebook may take.
    environment : dict
        Of the processes, see `datakit.run.working.environment`.
    folder : Path
        What was executed is written there; and what it said beside, if anything, as ``messages.log``.
    follow : Silent
        Is told what happens.
    pages : bool
        Write a page of each, too.
    """
    todo: queue.SimpleQueue[Notebook] = queue.SimpleQueue()
    for notebook in order:
        todo.put(notebook)
    with open(folder / "messages.log", "w+", encoding="utf-8") as log:
        workers = [Worker(environment, log) for _ in range(jobs)]
        stopping = threading.Event()

        def work(worker):
            with contextlib.suppress(queue.Empty):
                while not stopping.is_set():
                    notebook = todo.get_nowait()
                    clock = time.monotonic()
                    follow.start(notebook)
                    task = task_of(notebook, timeout, folder, pages)
                    outcome = worker.execute(task, partial(follow.cell, notebook))
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
