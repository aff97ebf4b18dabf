"""A sandbox while it runs: what comes out of it, and its end where it takes more than the limits say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.extras import needed_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datakit.settings import Limits

LOOK = 0.2  # seconds between two looks at what is in the sandbox
KEPT = 8000  # bytes of the end of what it says on its standard error
MOST_FILES = 100_000  # in the folder that it may write: also empty ones take memory


@dataclass
class Ended:
    """How a command in the sandbox ended.

    Attributes
    ----------
    code : int
    why : {"", "time", "memory", "processes", "files", "output"}
        The limit for which it was ended.
    output, errors : bytes
        What it said; of the errors, the end.
    seconds, peak_memory : float
        Bytes that all its processes held together, at most.
    """

    code: int
    why: str = ""
    output: bytes = b""
    errors: bytes = b""
    seconds: float = 0.0
    peak_memory: float = 0.0


class Guard:
    """Starts a sandbox and sees that it keeps to its limits.

    Every process inside descends from the first, whatever it does: a namespace of process numbers lets none go. So what
    one sees of that family is all there is, and the end of the first is the end of all.

    Parameters
    ----------
    words : list of str
        The sandbox's command line.
    descriptors : list of int
        Open files that it needs.
    limits : Limits
    most_output : int
        Bytes.
    folder : str
        The one inside that can be written.
    environment : dict
        Of the sandbox's own program: its first process can be looked at from inside.
    """

    def __init__(
        self,
        words: Sequence[str],
        descriptors: Sequence[int],
        limits: Limits,
        most_output: int,
        folder: str,
        environment: Mapping[str, str],
    ) -> None:
        self._limits, self._most, self._folder = limits, most_output, folder
        self._why, self._peak, self._tail = "", 0, b""
        self._chunks: list[bytes] = []
        self._clock = time.monotonic()
        self._process = subprocess.Popen(
            list(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(descriptors),
            env=environment,
            cwd="/",
            start_new_session=True,
        )

    def ended(self) -> Ended:
        """Wait for the end, and see to it."""
        readers = [threading.Thread(target=self._read_output), threading.Thread(target=self._read_errors)]
        for reader in readers:
            reader.start()
        try:
            while not self._over():
                self._look()
        finally:
            self._kill()
            self._process.wait()
            for reader in readers:
                reader.join()
            for pipe in filter(None, (self._process.stdout, self._process.stderr)):
                pipe.close()
        seconds = time.monotonic() - self._clock
        return Ended(self._process.returncode, self._why, b"".join(self._chunks), self._tail, seconds, self._peak)

    def _over(self):
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(LOOK)
            return True
        return bool(self._why)

    def _look(self):
        with needed_by(__name__):
            import psutil

        from datakit.run.watching import family

        memory = threads = 0
        there = family(self._process.pid)
        for process in there:
            with suppress(psutil.Error):
                memory += process.memory_info().rss
                threads += process.num_threads()
        if memory > self._limits.memory_mb * 1e6:  # pages that several share were counted for each
            memory = sum(map(_own_memory, there))
        self._peak = max(self._peak, memory)
        if memory > self._limits.memory_mb * 1e6:
            self._why = "memory"
        elif threads > self._limits.processes + 4:  # the sandbox's own two, and what ends meanwhile
            self._why = "processes"
        elif time.monotonic() - self._clock > self._limits.seconds:
            self._why = "time"
        elif len(there) > 2 and self._files(there[-1].pid) > MOST_FILES:
            self._why = "files"

    def _files(self, pid):
        """How many files the folder holds, seen from a process inside."""
        with suppress(OSError):
            told = os.statvfs(f"/proc/{pid}/root{self._folder}")
            return told.f_files - told.f_ffree
        return 0

    def _kill(self):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _read_output(self):
        size = 0
        while chunk := self._process.stdout.read1(1 << 16):
            size += len(chunk)
            if size > self._most:
                self._why = self._why or "output"
                self._chunks.clear()
                self._kill()
            elif not self._why:
                self._chunks.append(chunk)

    def _read_errors(self):
        while chunk := self._process.stderr.read1(1 << 16):
            self._tail = (self._tail + chunk)[-KEPT:]


def _own_memory(process):
    """Memory in bytes of a process, what it shares divided by those who share it; the whole where that is not told."""
    with needed_by(__name__):
        import psutil

    with suppress(psutil.Error, OSError):
        told = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+)", told, re.M)
        if found:
            return int(found[1]) * 1024
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0
