"""A process that executes notebooks, as its parent sees it: started, given tasks, stopped; and its environment."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING

from datakit.data.cards import card_folders
from datakit.data.origins import as_text
from datakit.language import _, language
from datakit.run.spreading import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import IO, Any

    from datakit.data.origins import Origin
    from datakit.run.executing import Task

GRACE = 120  # seconds beyond a time-out, to start and to write, after which a process that says nothing is stopped


def settings(origins: Sequence[Origin], lock: Path | None = None) -> dict[str, str]:
    """What notebooks must know of who asks for them, on whatever machine they run, as variables.

    Parameters
    ----------
    origins : list of Origin
        With their passwords, which no report shows.
    lock : Path, optional

    Returns
    -------
    dict of str to str
    """
    said = {"DATAKIT_ORIGINS": as_text(o.typed for o in origins)}
    said["DATAKIT_LANG"] = language()  # what this process speaks, whatever JupyterLab's settings say
    if cards := [os.path.abspath(folder) for folder in card_folders()[1:] if folder.is_dir()]:
        said["DATAKIT_CARDS"] = os.pathsep.join(cards)
    return said | ({"DATAKIT_LOCK": str(lock)} if lock else {})


def environment(said: Mapping[str, str], jobs: int) -> dict[str, str]:
    """The environment of a process of this machine that executes notebooks.

    Parameters
    ----------
    said : dict
        See `settings`.
    jobs : int
        How many such processes this machine has at the same time.

    Returns
    -------
    dict of str to str
    """
    # What a table or a shape leaves free goes back to the machine, or to the next one: a quarter less memory.
    found = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", **os.environ, **said}
    found["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    if jobs > 1:  # two notebooks that both compute on every processor wait for each other
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            found.setdefault(name, str(max(1, processors() // jobs)))
    if cache := os.environ.get("DATAKIT_CACHE"):
        found["DATAKIT_CACHE"] = os.path.abspath(os.path.expanduser(cache))
    return found


class Worker:
    """A process that executes notebooks. Started at the first task, and again after it had to be stopped.

    Parameters
    ----------
    environment : dict
    log : file
        Where what it says beside its answers goes.
    """

    def __init__(self, environment: Mapping[str, str], log: IO[str]) -> None:
        self._environment, self._log = environment, log
        self._process: Any = None  # a Popen, once there is one
        self._sockets = tempfile.TemporaryDirectory(prefix="datakit-", ignore_cleanup_errors=True)

    def execute(self, task: Task, follow: Callable[[int, int], None]) -> dict[str, Any]:
        """Execute one notebook.

        Parameters
        ----------
        task : Task
            Without ``sockets``.
        follow : callable
            Called with each cell's place and how many there are.

        Returns
        -------
        dict
            As `datakit.run.executing.execute` says; with the status ``"died"`` where the process ended.
        """
        process = self._started()
        alarm = threading.Timer(task["timeout"] + GRACE, self.stop, [False])
        alarm.start()
        try:
            process.stdin.write(json.dumps({**task, "sockets": self._sockets.name}) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                event = json.loads(line)
                if event.pop("event") == "done":
                    return event
                follow(event["index"], event["of"])
        except BrokenPipeError:
            pass
        finally:
            alarm.cancel()
        process.wait()
        said = _("the process that executed it ended with {code}").format(code=process.returncode)
        return {"status": "died", "error": {"ename": "ProcessDied", "evalue": said, "cell": None, "line": ""}}

    def _started(self):
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
        return self._process

    def stop(self, asking: bool = True) -> None:
        """End the process, its kernel and what that started. Asked to, it ends the kernel itself before it leaves."""
        from datakit.run.watching import end, family

        if self._process and self._process.poll() is None:
            if asking and os.name == "posix":
                self._process.terminate()
            else:
                end(family(self._process.pid))

    def close(self) -> None:
        """Let it end: it has nothing to execute any more."""
        if self._process:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()
        self._sockets.cleanup()
