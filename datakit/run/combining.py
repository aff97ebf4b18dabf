"""One run, many territories: notebooks executed for every combination of values, and all answers in one table.

A combination is a run as any other, of the same notebooks with other values. What two of them share is executed once.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import math
import os
import shlex
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.origins import LOCK, as_text
from datakit.errors import MissingPackage, WrongUse, without_password
from datakit.language import _, language
from datakit.run.choosing import choose
from datakit.run.comparison import Combination, compare, counted
from datakit.run.executing import check_packages
from datakit.run.record import MARK, check_output, describe, machine, place_for, put, seal, unfinished, write
from datakit.run.report import SAID
from datakit.run.running import asked_origins, give, lock_file, task_of
from datakit.run.spreading import processors, spread
from datakit.run.working import Worker, environment, settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from datakit.run.choosing import Notebook

LOOSE = 4000  # characters of what a process that failed said beside its answers


@dataclass
class RunsReport:
    """Finished runs.

    Attributes
    ----------
    output : Path
        As of `datakit.run.running.RunReport`.
    combinations : list of Combination
    executed : int
        Notebooks that were executed, in this call or one that was broken off.
    seconds : float
    kept : list of str
    """

    output: Path
    combinations: list[Combination]
    executed: int
    seconds: float
    kept: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return all(one.ok for one in self.combinations)


def read_each(typed: Sequence[str]) -> dict[str, list[str]]:
    """The values of each name, of texts as the command line gives them: ``k=4,5``.

    Parameters
    ----------
    typed : list of str
        A value that holds a comma stands in double quotes.

    Returns
    -------
    dict of str to list of str

    Raises
    ------
    WrongUse
        No name, no value, the same one twice.
    """
    found: dict[str, list[str]] = {}
    for text in typed:
        name, equals, said = text.partition("=")
        name = name.strip()
        values = [value.strip() for row in csv.reader([said], skipinitialspace=True) for value in row]
        for wrong, what in (
            (not equals or not name, _("values are given as name=first,second")),
            (not values or not all(values), _("a value is empty")),
            (name in found, _("{name} is given twice").format(name=name)),
            (len(set(values)) < len(values), _("the same value twice")),
        ):
            if wrong:
                raise WrongUse("--each", what, found=without_password(text), next=_("for example --each k=4,5"))
        found[name] = values
    return found


def run_each(
    themes: Sequence[str | os.PathLike[str]] | None = None,
    *,
    each: Mapping[str, Sequence[Any]],
    origins: str | Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] = "reports/latest",
    scheduler: str | None = None,
    workers: int | None = None,
    timeout: float = 600,
    progress: bool = True,
    notebooks: str | os.PathLike[str] | None = None,
    command: str | None = None,
    locked: str | os.PathLike[str] | bool | None = None,
) -> RunsReport:
    """Execute notebooks for every combination of values, and write a page that compares their answers.

    Parameters
    ----------
    each : dict of str to list
        The values of each parameter that differs. ``origins`` may be one: a city is a mirror.
    scheduler, workers
        Where: see `datakit.run.spreading.spread`.
    themes, origins, parameters, output, timeout, progress, notebooks, command, locked
        As of `datakit.run.running.run`, for all combinations.

    Returns
    -------
    RunsReport
        In its folder ``answers.parquet`` (`datakit.run.comparison.table`), ``index.html``, and for each combination
        a report without pictures. What was done when a run is broken off stays beside ``output``, and the same call
        goes on from there.

    Raises
    ------
    WrongUse
        Before anything is executed, as of `run` and `spread`.
    DatakitError
        The cluster went away.
    MissingPackage
        The extra ``notebooks``, or with several processes ``cluster``, is not installed.
    """
    check_packages()
    if not 0 < timeout < math.inf:
        raise WrongUse("run", _("timeout must be a positive number"), found=str(timeout))
    combinations = combine(choose(themes, notebooks), each, origins, dict(parameters or {}))
    lock, output = lock_file(locked), check_output(output)
    tasks = _tasks(combinations, lock, timeout, travelling=bool(scheduler))
    if progress:
        print(counted(combinations), file=sys.stderr)
    started, clock = datetime.now(UTC), time.monotonic()
    kept = output.with_name(f".{output.name}-done")
    with unfinished(output) as draft:
        try:
            where = {"scheduler": scheduler, "workers": workers, "paths": _paths(combinations, lock), "ready": ready}
            ended = spread(execute_one, tasks, **where, keep=kept, progress=progress, words=_ended)
        except BaseException:
            if progress and kept.is_dir() and any(kept.iterdir()):
                print(_("what is done is kept: the same command goes on from there"), file=sys.stderr)
            raise
        finally:
            _here.close()
        outcomes = {outcome.key: outcome for outcome in ended}
        for one in combinations:
            _take(one, outcomes)
        seconds = time.monotonic() - clock
        record = _record(combinations, started, seconds, command or "datakit run", lock)
        again = ["--notebooks", str(notebooks)] if notebooks else []
        again += ["--locked"] if locked is True else []
        _write(draft, combinations, record, lock, again)
        output = place_for(output, record["ok"])
    left = put(draft, output)
    shutil.rmtree(kept, ignore_errors=True)
    return RunsReport(output, combinations, len(tasks), seconds, left)


def combine(
    chosen: Sequence[Notebook],
    each: Mapping[str, Sequence[Any]],
    origins: str | Sequence[str] | None,
    parameters: Mapping[str, Any],
) -> list[Combination]:
    """Every combination of values, each checked against the notebooks' parameters: nothing is executed.

    Raises
    ------
    WrongUse
        An unknown name, a value of another type, an origin that is none, or a name that is given elsewhere too.
    """
    twice = [name for name in each if name in parameters or (name == "origins" and origins)]
    if twice or not each:
        what = _("{name} is given twice").format(name=twice[0]) if twice else _("values are given as name=first,second")
        raise WrongUse("--each", what, expected=_("either --each or one value for all"))
    found = []
    for number, values in enumerate(itertools.product(*each.values()), 1):
        given = {**parameters, **dict(zip(each, values, strict=True))}
        asked = asked_origins(origins, given)
        notebooks = [replace(n, values={}, results=[], provenance=[]) for n in chosen]
        give(notebooks, given, [o.name for o in asked])
        shown = {name: str(without_password(given[name])) for name in each}
        found.append(Combination(number, shown, given, asked, notebooks))
    return found


def _tasks(combinations, lock, timeout, travelling):
    """What is to be executed, by key; each combination learns which of it is its own."""
    tasks, keys, files = {}, {}, {}
    for one in combinations:
        said = settings(one.origins, lock)
        data = [_locked(o) for o in one.origins] + [_digest(lock) if lock else ""]
        for notebook in one.notebooks:
            if notebook.name not in files:
                files[notebook.name] = _digest(notebook.path), _bare(notebook.path) if travelling else None
            sha256, text = files[notebook.name]
            task = {
                **task_of(notebook, timeout, Path(), page=False),
                "environment": said,
                "sha256": sha256,
                "data": data,
            }
            same = json.dumps(task, sort_keys=True)
            key = f"{notebook.name} {one.label()}"
            if key in tasks:  # two origins that differ by what is not shown
                key += f" ({one.number})"
            one.tasks[notebook.name] = key = keys.setdefault(same, key)
            tasks.setdefault(key, task | ({"text": text} if text else {}))
    return tasks


def _locked(origin):
    """The digest of what a mirror in a folder says that it holds: another content is another task."""
    return _digest(Path(origin.base) / LOCK) if origin.kind == "folder" else ""


def _digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def _bare(path):
    """A notebook's text without what it showed when it was last executed."""
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(nb, ensure_ascii=False)


def _paths(combinations, lock):
    """What every machine must have."""
    folders = {str(o.base) for one in combinations for o in one.origins if o.kind == "folder"}
    cards = settings([]).get("DATAKIT_CARDS", "").split(os.pathsep)
    return sorted(filter(None, [*folders, *cards, str(lock or "")]))


def ready() -> str:
    """Why no notebook can be executed on this machine; empty where one can."""
    try:
        check_packages()
    except MissingPackage as error:
        return str(error)
    return ""


def _ended(said):
    return _(SAID[said["status"]])


class _Here(threading.local):
    """The process of this thread that executes notebooks: one for many, as starting it takes seconds."""

    worker: Worker | None = None

    def started(self):
        if self.worker is None:
            self.folder = tempfile.TemporaryDirectory(prefix="datakit-", ignore_cleanup_errors=True)
            self.log = (Path(self.folder.name) / "messages").open("w", encoding="utf-8")
            # As many threads whatever the number of processes: sums of floats depend on it.
            self.worker = Worker(environment({}, processors()), self.log)
        return self.worker

    def said(self):
        """What it has said so far beside its answers."""
        return Path(self.log.name).read_bytes()

    def close(self):
        if self.worker is not None:
            self.worker.close()
            self.log.close()
            self.folder.cleanup()
            self.worker = None


_here = _Here()


def execute_one(task: dict[str, Any]) -> dict[str, Any]:
    """Execute one notebook in a process beside this one, and give its answers without pictures.

    Parameters
    ----------
    task : dict
        A `datakit.run.executing.Task`, with the notebook's ``sha256`` and perhaps its ``text``: it is executed where
        it stands, in its own folder, if it stands on this machine too.

    Returns
    -------
    dict
        As of `datakit.run.executing.execute`; ``messages`` where it failed and said something.
    """
    worker = _here.started()
    before = len(_here.said())
    with tempfile.TemporaryDirectory(prefix="datakit-") as folder:
        path = Path(task["notebook"])
        if "text" in task and _digest(path) != task["sha256"]:
            path = Path(folder) / path.name
            path.write_text(task["text"], encoding="utf-8")
        here = {"notebook": str(path), "output": str(Path(folder) / "out")}
        named = ("name", "parameters", "timeout", "environment", "page")
        try:
            said = worker.execute({**here, **{name: task[name] for name in named}}, lambda index, of: None)
        except BaseException:
            worker.stop()
            raise
    said["results"] = [{**row, "picture": ""} for row in said.get("results", ())]
    if said["status"] != "ok":
        said["messages"] = _here.said()[before:][-LOOSE:].decode(errors="replace")
    return said


def _take(one, outcomes):
    """Give a combination's notebooks what their tasks gave."""
    for notebook in one.notebooks:
        outcome = outcomes[one.tasks[notebook.name]]
        failed = {"ename": "", "evalue": outcome.why, "cell": None, "line": ""}
        said = dict(outcome.value or {"status": outcome.status, "error": failed})
        one.messages += said.pop("messages", "")
        for name, value in said.items():
            setattr(notebook, name, value)


def _record(combinations, started, seconds, command, lock):
    """The content of ``run.json``: what was asked, on what, and how each combination went."""
    return {
        "kind": MARK,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "ok": all(one.ok for one in combinations),
        "command": without_password(command),
        "language": language(),
        "lock": _digest(lock) if lock else None,
        "combinations": [
            {
                "folder": one.folder,
                "values": one.values,
                "origins": [o.name for o in one.origins],
                "notebooks": {
                    n.name: {k: getattr(n, k) for k in ("status", "error", "seconds", "peak_memory")}
                    for n in one.notebooks
                },
            }
            for one in combinations
        ],
    }


def _write(draft, combinations, record, lock, again):
    """Write each combination's own report, the table, the page and, last, ``run.json``."""
    started = datetime.fromisoformat(record["started"])
    here = machine(combinations[0].notebooks[0].path.resolve().parent)
    for one in combinations:
        folder = draft / one.folder
        folder.mkdir()
        if one.messages:
            (folder / "messages.log").write_text(one.messages, encoding="utf-8")
        seconds, shown = sum(n.seconds for n in one.notebooks), [o.name for o in one.origins]
        write(
            folder, describe(one.notebooks, shown, one.given, started, seconds, folder, _again(one, again), lock, here)
        )
    compare(draft, combinations, record)
    seal(draft, {**record, **here})


def _again(one, more):
    """The command that makes a combination's whole report, with its pictures."""
    given = {k: as_text(v) if isinstance(v, (list, tuple)) else v for k, v in one.given.items() if k != "origins"}
    words = [*(n.name for n in one.notebooks), *more]
    for name, value in given.items():
        words += ["-p", f"{name}={value}"]
    return f"datakit run {shlex.join(words)}"
