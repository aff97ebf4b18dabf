"""One process that executes notebooks, one after the other, and tells its parent what happens as lines of JSON.

A process of its own, so that whatever a notebook does (exhaust the memory, crash, hang) stops that notebook only, and
one for many notebooks, because importing papermill costs more than starting a kernel. `datakit.run.running` starts as
many as there are notebooks to execute at the same time: ``python -m datakit.run.executing``, tasks on standard input.
"""

from __future__ import annotations

import ast
import contextlib
import json
import math
import os
import re
import shutil
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from datakit.data.provenance import key
from datakit.extras import needed_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nbformat import NotebookNode

RESULTS_MIME = "application/vnd.datakit.results+json"
PROVENANCE_MIME = "application/vnd.datakit.provenance+json"
ANSWER_MIME = "application/vnd.datakit.answer+json"
PICTURE = re.compile('<img src="data:image/[a-z]+;base64,[^"]+" alt="[^"]*"[^>]*>')
LOADED = (
    "__import__('json').dumps(__import__('sys').modules['datakit.data.provenance'].provenance().records() "
    "if 'datakit.data.provenance' in __import__('sys').modules else [])"
)
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_watches: list[Watch] = []
SOCKET_PATH = 90  # characters; systems allow 104 to 108 for a Unix socket, and a number is added


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
    """

    name: str
    notebook: str
    output: str
    parameters: dict[str, Any]
    timeout: float
    sockets: str


def check_packages() -> None:
    """Look for what executes notebooks, without the seconds that importing it takes.

    Raises
    ------
    MissingPackage
        The extra ``notebooks`` is not installed.
    """
    with needed_by("datakit run"):
        for name in ("papermill", "nbclient", "nbconvert", "nbformat", "jupyter_client", "ipykernel"):
            if find_spec(name) is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def tree_memory(pid: int) -> tuple[int, int]:
    """Memory in bytes that a process and its descendants hold now, and the most the process itself ever held.

    Returns
    -------
    now, peak : int
        Zero where there is no ``/proc`` (macOS, Windows). Pages shared between processes count once for each.
    """
    pages, now, peak, todo = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096, 0, 0, [pid]
    with contextlib.suppress(OSError, ValueError):
        status = Path(f"/proc/{pid}/status").read_text()
        if held := re.search(r"VmHWM:\s+(\d+)", status):
            peak = int(held[1]) * 1024
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError, ValueError, IndexError):
            now += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * pages
            for task in Path(f"/proc/{one}/task").iterdir():
                todo += map(int, (task / "children").read_text().split())
    return now, peak


def _fallback_peak():
    """Where there is no ``/proc``: the most that any finished kernel of this process held."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    if Path("/proc/self/statm").exists():  # the kernel was gone before it could be looked at
        return None
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return largest * (1 if sys.platform == "darwin" else 1024) or None


class Watch:
    """The kernel of one notebook while it runs: how much memory it takes, and whether its time is over."""

    def __init__(self, timeout: float, sockets: str) -> None:
        self.pid: int | None = None
        self.cell: int | None = None
        self.loaded: list[dict[str, Any]] = []
        self.nb: NotebookNode | None = None  # papermill works on a copy; a partial one is worth keeping
        self.peak, self.timed_out, self._sockets = 0, False, sockets
        self._timeout, self._deadline = timeout, math.inf
        self._over, self._parent = threading.Event(), os.getppid()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def begin(self, pid: int | None) -> None:
        """The kernel is there: its time starts now, so that a busy machine's slow start costs a notebook nothing."""
        self.pid, self._deadline = pid, time.monotonic() + self._timeout

    def _look(self):
        while not self._over.wait(0.25 if self.timed_out else min(0.25, max(0, self._deadline - time.monotonic()))):
            self.measure()
            if os.getppid() != self._parent:  # killed without a word: nobody waits for this notebook any more
                self.kill()
                shutil.rmtree(self._sockets, ignore_errors=True)
                os._exit(1)
            if time.monotonic() >= self._deadline and not self.timed_out:
                self.timed_out = True
                self.kill()

    def measure(self) -> None:
        if self.pid:
            self.peak = max(self.peak, *tree_memory(self.pid))

    def kill(self) -> None:
        """Stop the kernel and what it started. It is the leader of a process group of its own."""
        if self.pid:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL) if hasattr(os, "killpg") else os.kill(self.pid, signal.SIGTERM)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def _engine(watch, tell, folder):
    """A papermill engine whose kernels are this very interpreter, reached by Unix sockets where there are any."""
    with needed_by(__name__):
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import AsyncKernelManager
        from papermill.clientwrap import PapermillNotebookClient
        from papermill.engines import NBClientEngine

    # Files, not TCP ports: they work with the loopback interface down, and nobody else on the machine can connect.
    unix = os.name == "posix" and len(str(folder)) < SOCKET_PATH - len("/kernel-ipc-65535")

    class Kernel(AsyncKernelManager):
        def __init__(self, *args, **kwargs):
            # A kernelspec named python3 may belong to any Python of this machine: notebooks get the one that runs this.
            kwargs["connection_file"] = str(folder / "kernel.json")
            if unix:
                kwargs["transport"] = "ipc"
            super().__init__(*args, **kwargs)

        @property
        def kernel_spec(self):
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            # Jupyter interrupts a kernel before it shuts it down, and the kernel calls that an error: at random, too.
            argv.append("--log-level=CRITICAL")
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    class Client(PapermillNotebookClient):
        def papermill_execute_cells(self):
            watch.begin(getattr(self.km.provisioner, "pid", None))

            def on_cell_start(cell, cell_index):
                watch.cell = cell_index
                watch.measure()
                tell("cell", index=cell_index + 1, of=len(self.nb.cells))

            self.on_cell_start = on_cell_start
            try:
                super().papermill_execute_cells()
                watch.loaded = self._loaded()
            finally:
                watch.measure()

        def _loaded(self):
            """Every dataset that the kernel loaded, also after the notebook's table of them was shown."""
            with contextlib.suppress(KeyError, ValueError, SyntaxError, TypeError):
                asked = self.kc.execute("", silent=True, store_history=False, user_expressions={"said": LOADED})
                reply = self.wait_for_reply(asked)["content"]["user_expressions"]["said"]
                return json.loads(ast.literal_eval(reply["data"]["text/plain"]))
            return []

    class Engine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, log_output=False, **kwargs):
            watch.nb = nb_man.nb
            try:
                Client(
                    nb_man,
                    kernel_name="python3",
                    kernel_manager_class=Kernel,
                    timeout=None,
                    startup_timeout=60,
                    store_widget_state=False,
                ).execute()
            finally:
                for left in folder.glob("kernel*"):
                    left.unlink(missing_ok=True)

    return Engine


def execute(task: Task, tell: Callable[..., None]) -> dict[str, Any]:
    """Execute one notebook, write it and its HTML page, and say how it went.

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
    with needed_by(__name__):
        import nbformat
        import papermill
        from nbclient.exceptions import DeadKernelError
        from papermill.engines import papermill_engines
        from papermill.exceptions import PapermillExecutionError

    nb = nbformat.read(task["notebook"], as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code":  # what an earlier run said must not be read as this run's results
            cell.outputs, cell.execution_count = [], None
    started = time.monotonic()
    watch, status = Watch(task["timeout"], task["sockets"]), "ok"
    error: dict[str, Any] | None = None
    _watches.append(watch)
    papermill_engines.register("datakit", _engine(watch, tell, Path(task["sockets"])))
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
        )
    except PapermillExecutionError as problem:
        status = "failed"
        error = {"ename": problem.ename, "evalue": ANSI.sub("", str(problem.evalue))}
    except DeadKernelError:
        status, error = "died", {"ename": "DeadKernel", "evalue": "the kernel died: out of memory, or a crash"}
    finally:
        watch.stop()
    if watch.timed_out:
        status, error = "timeout", {"ename": "Timeout", "evalue": f"not finished after {task['timeout']:g} seconds"}
    seconds = time.monotonic() - started
    nb = watch.nb or nb
    if error:
        error.update(_where(nb, watch.cell))
    nbformat.write(nb, task["output"] + ".ipynb")

    from datakit.run.report import notebook_page

    page, title = notebook_page(nb, task["name"], status, error)
    Path(task["output"] + ".html").write_text(page, encoding="utf-8")
    return {
        "status": status,
        "error": error,
        "seconds": round(seconds, 2),
        "peak_memory": watch.peak or _fallback_peak(),
        "title": title,
        "results": _results(nb),
        "provenance": _provenance(nb, watch.loaded),
    }


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


def _results(nb):
    """The answers of a chapter, each with its picture: a figure, or the static twin of a map."""
    rows = [row for data in _outputs(nb, RESULTS_MIME) for row in data[RESULTS_MIME]]
    for data in _outputs(nb, ANSWER_MIME):
        shown = PICTURE.search(data["text/html"])
        rows.append({**data[ANSWER_MIME], "picture": shown[0] if shown else ""})
    return rows


def _provenance(nb, loaded):
    """Every dataset that the notebook showed or used, the last word on each."""
    shown = [record for data in _outputs(nb, PROVENANCE_MIME) for record in data[PROVENANCE_MIME]["datasets"]]
    return list({key(record): record for record in shown + loaded}.values())


def _without_grammar_of_addresses():
    """Jupyter's JSON schemas use no IRI, and compiling the grammar that checks them takes most of a second."""
    sys.modules.setdefault("rfc3987_syntax", None)


def main() -> None:
    """Read tasks from standard input, one JSON a line, until it ends."""
    # A kernel inherits the standard output: what it prints there must not mix with the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _without_grammar_of_addresses()

    def tell(event, **what):
        events.write(json.dumps({"event": event, **what}) + "\n")
        events.flush()

    def leave(*_):
        for watch in _watches[-1:]:
            watch.kill()
        os._exit(143)

    signal.signal(signal.SIGTERM, leave)
    for line in sys.stdin:
        task = json.loads(line)
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
