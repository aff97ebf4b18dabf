"""How papermill executes a notebook here: on this very interpreter, through Unix sockets, under a watch."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.extras import needed_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from datakit.run.watching import Watch

with needed_by(__name__):
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine

LOADED = (
    "__import__('json').dumps(__import__('sys').modules['datakit.data.provenance'].provenance().records() "
    "if 'datakit.data.provenance' in __import__('sys').modules else [])"
)
SELDOM = "__import__('datakit.extras').extras.collect_seldom()"  # what it does leaves no name behind
SOCKET_PATH = 90  # characters; systems allow 104 to 108 for a Unix socket, and a number is added


class Kernel(AsyncKernelManager):
    """A kernel of the interpreter that runs this: a kernelspec named python3 may belong to any other."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # Jupyter interrupts a kernel before it shuts it down, and the kernel calls that an error: at random, too.
        argv += ["--log-level=CRITICAL", f"--IPKernelApp.exec_lines={SELDOM}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


class Client(PapermillNotebookClient):
    """Executes the cells of one notebook, and says so."""

    def __init__(self, nb_man: Any, watch: Watch, tell: Callable[..., None], folder: Path) -> None:
        super().__init__(nb_man, timeout=None, startup_timeout=60, store_widget_state=False)
        self._watch, self._tell, self._folder = watch, tell, folder

    def create_kernel_manager(self) -> Kernel:
        # Files, not TCP ports: they work with the loopback interface down, and nobody else on the machine can connect.
        unix = os.name == "posix" and len(str(self._folder)) < SOCKET_PATH - len("/kernel-ipc-65535")
        reached = {"transport": "ipc"} if unix else {}
        self.km = Kernel(connection_file=str(self._folder / "kernel.json"), config=self.config, **reached)
        return self.km

    def papermill_execute_cells(self) -> None:
        self._watch.begin(getattr(self.km.provisioner, "pid", None))
        self.on_cell_start = self._cell_starts
        try:
            super().papermill_execute_cells()
            self._watch.loaded = self._loaded()
        finally:
            self._watch.left()

    def _cell_starts(self, cell, cell_index):
        self._watch.cell = cell_index
        self._watch.measure()
        self._tell("cell", index=cell_index + 1, of=len(self.nb.cells))

    def _loaded(self):
        """Every dataset that the kernel loaded, also after the notebook's table of them was shown."""
        with contextlib.suppress(KeyError, ValueError, SyntaxError, TypeError):
            asked = self.kc.execute("", silent=True, store_history=False, user_expressions={"said": LOADED})
            reply = self.wait_for_reply(asked)["content"]["user_expressions"]["said"]
            return json.loads(ast.literal_eval(reply["data"]["text/plain"]))
        return []


class Engine(NBClientEngine):
    """What papermill calls; ``watch``, ``tell`` and ``folder`` come through ``papermill.execute_notebook``."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        *,
        watch: Watch,
        tell: Callable[..., None],
        folder: Path,
        **_: Any,
    ) -> None:
        watch.nb = nb_man.nb
        try:
            Client(nb_man, watch, tell, folder).execute()
        finally:
            for left in folder.glob("kernel*"):
                left.unlink(missing_ok=True)
