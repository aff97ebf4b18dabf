"""What a run says while it runs: live lines at a terminal, plain lines in a log."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from datakit.run.choosing import Notebook


class Silent:
    """Says nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def start(self, notebook: Notebook) -> None:
        """A notebook starts."""

    def cell(self, notebook: Notebook, index: int, of: int) -> None:
        """Its cell ``index`` of ``of`` starts."""

    def done(self, notebook: Notebook) -> None:
        """It is finished, whatever its status."""


def outcome(notebook: Notebook) -> str:
    """One line on a finished notebook."""
    memory = f", {notebook.peak_memory / 1e6:.0f} MB" if notebook.peak_memory else ""
    return f"{notebook.name}: {notebook.summary()} ({notebook.seconds:.1f} s{memory})"


class Lines(Silent):
    """One line when a notebook starts and one when it ends: what a log can keep."""

    def __init__(self, notebooks: Iterable[Notebook], stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def _say(self, text):
        with self._lock:
            print(text, file=self._stream, flush=True)

    def start(self, notebook: Notebook) -> None:
        self._say(f"{notebook.name}: started")

    def done(self, notebook: Notebook) -> None:
        self._say(outcome(notebook))


class Live(Silent):
    """One line for each notebook, rewritten in place."""

    def __init__(self, notebooks: Iterable[Notebook], stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()
        self._lines = {n.name: f"{n.name}: waiting" for n in notebooks}
        self._since: dict[str, float] = {}
        self._drawn = False

    def __enter__(self):
        self._draw()
        return self

    def _draw(self):
        width = shutil.get_terminal_size().columns - 1
        up = f"\x1b[{len(self._lines)}A" if self._drawn else ""
        self._stream.write(up + "".join(f"\r{line[:width]}\x1b[K\n" for line in self._lines.values()))
        self._stream.flush()
        self._drawn = True

    def _set(self, notebook, text):
        with self._lock:
            self._lines[notebook.name] = text
            self._draw()

    def start(self, notebook: Notebook) -> None:
        self._since[notebook.name] = time.monotonic()
        self._set(notebook, f"{notebook.name}: starting")

    def cell(self, notebook: Notebook, index: int, of: int) -> None:
        seconds = time.monotonic() - self._since[notebook.name]
        filled = round(20 * (index - 1) / of)
        self._set(
            notebook, f"{notebook.name}: [{'#' * filled}{'.' * (20 - filled)}] cell {index}/{of}, {seconds:.0f} s"
        )

    def done(self, notebook: Notebook) -> None:
        self._set(notebook, outcome(notebook))
