"""The kernel of one notebook while it runs: how much memory it and what it started take, and an end to all of them."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.extras import needed_by

if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

with needed_by(__name__):
    import psutil

LOOK = 0.25  # seconds between two looks at a kernel


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it, the process first.

    Parameters
    ----------
    pid : int

    Returns
    -------
    list of psutil.Process
        Empty where there is no such process.
    """
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def tree_memory(pid: int) -> tuple[int, int]:
    """Memory in bytes that a process and its descendants hold now, and the most the process itself ever held.

    Returns
    -------
    now, peak : int
        Zero where there is no such process. Pages shared between processes count once for each. The peak is known on
        Linux and Windows; elsewhere it is what the process holds now.
    """
    return _memory(family(pid))


def _memory(processes):
    now = peak = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_info()
            now += memory.rss
            peak = peak or _peak(process.pid, memory)
    return now, peak


def _peak(pid, memory):
    """What comes and goes between two looks counts too: psutil has it on Windows, Linux tells it itself."""
    with contextlib.suppress(OSError, TypeError):
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024
    return getattr(memory, "peak_wset", memory.rss)


def end(processes: list[psutil.Process]) -> None:
    """Kill processes. One that ended meanwhile, whose number another process has now, is left alone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()


class Watch:
    """The kernel of one notebook while it runs: how much memory it takes, and whether its time is over.

    Attributes
    ----------
    pid : int or None
        The kernel's, once it is there.
    cell : int or None
        Index of the cell that was started last.
    loaded : list of dict
        Provenance of every dataset that the kernel loaded.
    nb : NotebookNode or None
        Papermill works on a copy; a partial one is worth keeping.
    peak : int
        Bytes.
    timed_out : bool
    """

    def __init__(self, timeout: float, sockets: str) -> None:
        self.pid: int | None = None
        self.cell: int | None = None
        self.loaded: list[dict[str, Any]] = []
        self.nb: NotebookNode | None = None
        self.peak, self.timed_out, self._sockets = 0, False, sockets
        self._seen: set[psutil.Process] = set()
        self._timeout, self._deadline = timeout, math.inf
        self._over, self._parent = threading.Event(), os.getppid()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def begin(self, pid: int | None) -> None:
        """The kernel is there: its time starts now, so that a busy machine's slow start costs a notebook nothing."""
        self.pid, self._deadline = pid, time.monotonic() + self._timeout

    def _look(self):
        while not self._over.wait(LOOK if self.timed_out else min(LOOK, max(0, self._deadline - time.monotonic()))):
            self.measure()
            if os.getppid() != self._parent:  # killed without a word: nobody waits for this notebook any more
                self.kill()
                shutil.rmtree(self._sockets, ignore_errors=True)
                os._exit(1)
            if time.monotonic() >= self._deadline and not self.timed_out:
                self.timed_out = True
                self.kill()

    def measure(self) -> None:
        """Look once: at the memory, and at who is there, to end those too whose parent ends before them."""
        if self.pid:
            there = family(self.pid)
            self.peak = max(self.peak, *_memory(there))
            self._seen.update(there)

    def kill(self) -> None:
        """Stop the kernel and all that it started."""
        if self.pid:
            self._seen.update(family(self.pid))
            # What lost its parent between two looks is still in the process group that the kernel leads.
            with contextlib.suppress(OSError, AttributeError):
                os.killpg(self.pid, signal.SIGKILL)
            end(list(self._seen))

    def left(self) -> None:
        """The cells are done and the kernel is still there: see also what its process group holds."""
        self.measure()
        if self.pid and hasattr(os, "getpgid"):
            for process in psutil.process_iter():
                with contextlib.suppress(OSError, psutil.Error):
                    if os.getpgid(process.pid) == self.pid:
                        self._seen.add(process)

    def stop(self) -> None:
        """The notebook is over: nothing that its kernel started outlives it."""
        self._over.set()
        self._thread.join()
        end(list(self._seen))
