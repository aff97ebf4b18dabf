"""What a run says while it runs: live lines at a terminal, plain lines in a log."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

from tqdm import tqdm

from datakit.language import _
from datakit.show.style import number

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
    told = {"name": notebook.name, "said": notebook.summary(), "seconds": number(notebook.seconds, 1)}
    if not notebook.peak_memory:
        return _("{name}: {said} ({seconds} s)").format(**told)
    memory = number(notebook.peak_memory / 1e6, 0)
    return _("{name}: {said} ({seconds} s, {memory} MB)").format(**told, memory=memory)


class Lines(Silent):
    """One line when a notebook starts and one when it ends: what a log can keep."""

    def __init__(self, notebooks: Iterable[Notebook], stream: TextIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def _say(self, text):
        with self._lock:
            print(text, file=self._stream, flush=True)

    def start(self, notebook: Notebook) -> None:
        self._say(_("{name}: started").format(name=notebook.name))

    def done(self, notebook: Notebook) -> None:
        self._say(outcome(notebook))


class Live(Silent):
    """One bar of tqdm for each notebook, in the order of the run, each rewritten in place."""

    def __init__(self, notebooks: Iterable[Notebook], stream: TextIO) -> None:
        self._names, self._stream = [n.name for n in notebooks], stream

    def __enter__(self):
        # Steps are few and slow, so each is drawn: no least interval, and no thread of tqdm's that watches over one.
        tqdm.monitor_interval = 0
        self._bars = {
            name: tqdm(
                desc=_("{name}: waiting").format(name=name),
                position=place,
                file=self._stream,
                bar_format="{desc}",
                ascii=".#",
                mininterval=0,
                ncols=shutil.get_terminal_size().columns - 1,
            )
            for place, name in enumerate(self._names)
        }
        return self

    def __exit__(self, *_):
        for bar in self._bars.values():
            bar.close()

    def start(self, notebook: Notebook) -> None:
        bar = self._bars[notebook.name]
        bar.reset()  # its time begins now
        bar.set_description_str(_("{name}: starting").format(name=notebook.name))

    def cell(self, notebook: Notebook, index: int, of: int) -> None:
        bar = self._bars[notebook.name]
        cell = _("cell {n}/{total}").format(n=index, total=of)
        bar.bar_format = f"{{desc}}: [{{bar:20}}] {cell}, {{elapsed}}"
        bar.total, bar.n = of, index - 1
        bar.set_description_str(notebook.name)

    def done(self, notebook: Notebook) -> None:
        bar = self._bars[notebook.name]
        bar.bar_format = "{desc}"
        bar.set_description_str(outcome(notebook))
