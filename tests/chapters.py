"""Chapters executed in this very process, for tests of what they say on other data and with other parameters.

A kernel of its own for each chapter, as `datakit run` gives it, costs some seconds of imports each time, and a report
is written that these tests do not read. `tests/run/test_chapters.py` shows that both ways say the same.
"""

import atexit
import contextlib
import gc
import io
import json
import os
import sys
import warnings
from pathlib import Path
from unittest import mock

import jupytext
import matplotlib as mpl
import nbformat
from ipykernel.compiler import XCachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from datakit.data import provenance
from datakit.data.origins import as_text, parse_origins
from datakit.run.parameters import assign, read_parameters
from datakit.workshop.editions import whole

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


class Written(io.TextIOBase):
    """One of the two streams of a cell: what is written becomes an output, in its place among the others."""

    def __init__(self, outputs, name):
        self.outputs, self.name = outputs, name

    def write(self, text):
        if self.outputs and (self.outputs[-1].output_type, self.outputs[-1].get("name")) == ("stream", self.name):
            self.outputs[-1].text += text
        elif text:
            self.outputs.append(nbformat.v4.new_output("stream", name=self.name, text=text))
        return len(text)


class Shown(DisplayPublisher):
    """What `display` shows."""

    def publish(self, data, metadata=None, **_):
        data = json.loads(json.dumps(data))  # what cannot be sent to a page must fail here as well
        self.shell.outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata or {}))


class Result(DisplayHook):
    """What the last line of a cell shows."""

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        data = json.loads(json.dumps(format_dict))
        self.shell.outputs.append(
            nbformat.v4.new_output(
                "execute_result", data, metadata=md_dict or {}, execution_count=self.shell.execution_count
            )
        )


class Shell(InteractiveShell):
    """IPython without a terminal, a kernel or a history: ``outputs`` are those of the cell that runs."""

    compiler_class = Type(XCachingCompiler)  # names cells in warnings as a kernel does

    def __init__(self, **given):
        self.outputs = []
        super().__init__(config=Config({"HistoryManager": {"enabled": False}}), **given)

    def run(self, source):
        """The outputs of a cell; its error, if it has one, is raised."""
        self.outputs = []
        out, err = Written(self.outputs, "stdout"), Written(self.outputs, "stderr")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            done = self.run_cell(source, store_history=True)
        done.raise_error()
        return self.outputs

    def showtraceback(self, *args, **kwargs):
        """The error is raised again, and pytest shows it."""


@contextlib.contextmanager
def fresh(folder, origins):
    """This process as a kernel that has just started finds it; afterwards everything is as it was."""
    from matplotlib import pyplot as plt

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(provenance, "_used", {}))
        stack.enter_context(mock.patch.dict(os.environ, DATAKIT_ORIGINS=origins))
        stack.enter_context(contextlib.chdir(folder))
        stack.enter_context(mpl.rc_context())
        stack.enter_context(warnings.catch_warnings())
        usual_warnings()
        InteractiveShell.clear_instance()
        shell = Shell.instance(displayhook_class=Result, display_pub_class=Shown)
        try:
            yield shell
        finally:
            plt.close("all")
            shell.restore_sys_module_state()
            atexit.unregister(shell.atexit_operations)  # it would keep every table of the chapter until the end
            Shell.clear_instance()
            shell.user_ns.clear()
            gc.collect()
            gc.freeze()  # what is left, modules above all, need not be walked through after the next chapter


def usual_warnings():
    """Python's own filters, and warnings written to the standard error: pytest would count them as its own."""

    def write(message, category, filename, lineno, file=None, line=None):
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))

    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    warnings.showwarning = write


def execute(*names, origins="sample", after=(), **parameters):
    """Chapters' sources, executed one after the other, with parameters as ``datakit run -p`` takes them.

    Parameters
    ----------
    *names : str
        For example ``"10_trees_inventory"``.
    origins : str
    after : sequence of str
        Cells to execute at the end of each.
    **parameters
        Each for the chapters that declare it; one that none of them declares is an error.

    Returns
    -------
    dict of str to NotebookNode
        With the outputs of each cell.
    """
    books = {name: jupytext.read(NOTEBOOKS / "src" / f"{name}.py", fmt="py:percent") for name in names}
    origins = as_text([origin.name for origin in parse_origins(origins)])
    declared = {name: read_parameters(book.cells, name) for name, book in books.items()}
    values = assign(parameters | {"origins": origins}, declared)
    for name, book in books.items():
        book.cells = whole(book.cells) + [nbformat.v4.new_code_cell(source) for source in after]
        with fresh(NOTEBOOKS, origins) as shell:
            for cell in book.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = shell.run(cell.source), shell.execution_count - 1
                if "parameters" in cell.metadata.get("tags", ()):
                    shell.push(values[name])
        speaks(book.cells[: len(book.cells) - len(after)])
    return books


def speaks(cells):
    """Every cell shows something, whatever the data, and the first thing that a reader sees is no warning."""
    meant = [
        c for c in cells if c.cell_type == "code" and not {"parameters", "exercise"} & set(c.metadata.get("tags", ()))
    ]
    assert all(cell.outputs for cell in meant), [cell.source for cell in meant if not cell.outputs]
    assert meant[0].outputs[0].get("name") != "stderr"


def answers(book, solutions=True):
    """Question -> answer, in the order of the chapter.

    Parameters
    ----------
    book : NotebookNode
        Executed.
    solutions : bool
        What exercises answer, too; they are no results of a report.
    """
    cells = [cell for cell in book.cells if solutions or "solution" not in cell.metadata.get("tags", ())]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    said = [data[provenance.ANSWER_MIME] for data in shown if provenance.ANSWER_MIME in data]
    return {one["question"]: one for one in said}


def shipped(name):
    """Question -> answer, of a chapter as it is shipped, and of its exercises."""
    files = (NOTEBOOKS / f"{name}.ipynb", NOTEBOOKS / "solutions" / f"{name}.ipynb")
    return {k: one for f in files for k, one in answers(nbformat.read(f, as_version=4)).items()}


def value(answer, name):
    """A figure of an answer."""
    return next(figure["value"] for figure in answer["figures"] if figure["name"] == name)
