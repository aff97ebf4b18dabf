"""One process that executes notebooks, one after the other, and tells its parent what happens as lines of JSON.

A process of its own, so that whatever a notebook does (exhaust the memory, crash, hang) stops that notebook only, and
one for many notebooks, because importing papermill costs more than starting a kernel. `datakit.run.running` starts as
many as there are notebooks to execute at the same time: ``python -m datakit.run.executing``, tasks on standard input.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

from datakit.data.provenance import ANSWER_MIME, PROVENANCE_MIME, key
from datakit.extras import collect_seldom, needed_by, without, without_grammar
from datakit.language import _
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nbformat import NotebookNode

    from datakit.run.watching import Watch

PICTURE = re.compile('<img [^>]*src="data:image/[^>]*>')
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_watches: list[Watch] = []


class Task(TypedDict):
    """What is to be executed: one line of JSON on the standard input.

    Attributes
    ----------
    notebook, output : str
        What is read, and where the ``.ipynb`` and ``.html`` go: a path without its suffix.
    timeout : float
        Seconds.
    sockets : str
        An empty folder whose path is short.
    environment : dict, optional
        Variables for this task alone.
    page : bool, optional
        Whether to write a page of it; by default it is.
    """

    name: str
    notebook: str
    output: str
    parameters: dict[str, Any]
    timeout: float
    sockets: NotRequired[str]
    environment: NotRequired[dict[str, str]]
    page: NotRequired[bool]


def check_packages() -> None:
    """Look for what executes notebooks, without the seconds that importing it takes.

    Raises
    ------
    MissingPackage
        The extra ``notebooks`` is not installed.
    """
    with needed_by("datakit run"):
        for name in ("papermill", "nbclient", "nbconvert", "nbformat", "jupyter_client", "ipykernel", "psutil"):
            if find_spec(name) is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def execute(task: Task, tell: Callable[..., None]) -> dict[str, Any]:
    """Execute one notebook, write it and its HTML page, if one is wanted, and say how it went.

    Parameters
    ----------
    task : Task
        The notebook runs in its own folder, as in Jupyter.
    tell : callable
        Receives each event: ``tell("cell", index=3, of=12)``.

    Returns
    -------
    dict
        ``status`` (``"ok"``, ``"failed"``, ``"timeout"``, ``"died"``), ``error``, ``seconds``, ``peak_memory`` in
        bytes, ``results``, ``provenance``, ``title``.
    """
    with needed_by(__name__), without_grammar():
        import nbformat

    from datakit.run.report import notebook_page, title_of
    from datakit.run.watching import Watch

    nb = nbformat.read(task["notebook"], as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":  # what an earlier run said must not be read as this run's results
            cell.outputs, cell.execution_count = [], None
    started = time.monotonic()
    watch = Watch(task["timeout"], task["sockets"])
    _watches.append(watch)
    try:
        status, error = _papermill(nb, task, watch, tell)
    finally:
        watch.stop()
    if watch.timed_out:
        said = _("not finished after {n} seconds").format(n=number(task["timeout"]))
        status, error = "timeout", {"ename": "Timeout", "evalue": said}
    seconds = time.monotonic() - started
    nb = watch.nb or nb
    if error:
        error.update(_where(nb, watch.cell))
    nbformat.write(nb, task["output"] + ".ipynb")
    if task.get("page", True):
        page = notebook_page(nb, task["name"], status, error)
        Path(task["output"] + ".html").write_text(page, encoding="utf-8")
    return {
        "status": status,
        "error": error,
        "seconds": round(seconds, 2),
        "peak_memory": watch.peak or None,
        "title": title_of(nb, task["name"]),
        "results": results_of(nb),
        "provenance": provenance_of(nb, watch.loaded),
    }


def _papermill(nb: NotebookNode, task: Task, watch: Watch, tell: Callable[..., None]) -> tuple[str, dict | None]:
    """Have papermill execute a notebook in its own folder: the status, and what went wrong."""
    with needed_by(__name__), without("pyarrow"):  # papermill has it for notebooks on Hadoop
        import papermill
        from nbclient.exceptions import DeadKernelError
        from papermill.engines import papermill_engines
        from papermill.exceptions import PapermillExecutionError

    from datakit.run.kernels import Engine

    papermill_engines.register("datakit", Engine)
    try:
        papermill.execute_notebook(
            nb,
            None,
            task["parameters"],
            engine_name="datakit",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            cwd=str(Path(task["notebook"]).parent),
            watch=watch,
            tell=tell,
            folder=Path(task["sockets"]),
        )
    except PapermillExecutionError as problem:
        return "failed", {"ename": problem.ename, "evalue": ANSI.sub("", str(problem.evalue))}
    except DeadKernelError:
        return "died", {"ename": "DeadKernel", "evalue": _("the kernel died: out of memory, or a crash")}
    return "ok", None


def _where(nb, index):
    """The cell of an error, as a person would look for it: its number among the code cells, and its first line."""
    # Papermill marks the cell that raised, and puts banners before it; a kernel that stops leaves no mark, nor banners.
    raised = [i for i, cell in enumerate(nb.cells) if cell.metadata.get("papermill", {}).get("exception")]
    index = raised[-1] if raised else index
    if index is None:
        return {"cell": None, "line": ""}
    lines = [line.strip() for line in nb.cells[index].source.splitlines()]
    number = sum(cell.cell_type == "code" for cell in nb.cells[: index + 1])
    return {"cell": number, "line": next((line for line in lines if line and not line.startswith("#")), "")}


def _outputs(nb, mime):
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if mime in output.get("data", {}):
                yield output["data"]


def results_of(nb: NotebookNode) -> list[dict[str, Any]]:
    """The answers of an executed chapter, each with its picture: a figure, or the static twin of a map.

    What a solution answers is an exercise's, and no result of the chapter.
    """
    nb = nb.copy()
    nb.cells = [cell for cell in nb.cells if "solution" not in cell.metadata.get("tags", [])]
    found = []
    for data in _outputs(nb, ANSWER_MIME):
        shown = PICTURE.search(data["text/html"])
        found.append({**data[ANSWER_MIME], "picture": shown[0] if shown else ""})
    return found


def provenance_of(nb: NotebookNode, loaded: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every dataset that an executed notebook showed, or loaded besides, the last word on each."""
    shown = [record for data in _outputs(nb, PROVENANCE_MIME) for record in data[PROVENANCE_MIME]["datasets"]]
    return list({key(record): record for record in shown + loaded}.values())


def main() -> None:
    """Read tasks from standard input, one JSON a line, until it ends."""
    collect_seldom()
    # A kernel inherits the standard output: what it prints there must not mix with the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(event, **what):
        events.write(json.dumps({"event": event, **what}) + "\n")
        events.flush()

    def leave(*_):
        for watch in _watches[-1:]:
            watch.kill()
        os._exit(143)

    signal.signal(signal.SIGTERM, leave)
    before = dict(os.environ)
    for line in sys.stdin:
        task = json.loads(line)
        os.environ.clear()  # a kernel inherits it: nothing of the task before may stay
        os.environ.update(before | task.get("environment", {}))
        try:
            outcome = execute(task, tell)
        except Exception as problem:
            import traceback

            traceback.print_exc()
            what = {"ename": type(problem).__name__, "evalue": str(problem), "cell": None, "line": ""}
            outcome = {"status": "failed", "error": what}
        tell("done", **outcome)


if __name__ == "__main__":
    main()
