"""The tests' own way to execute a chapter says what a kernel says."""

import json
import os
import sys
import warnings
from pathlib import Path

import nbformat
import pytest

from datakit.errors import WrongUse
from datakit.run.running import run
from datakit.workshop.editions import whole
from tests import chapters
from tools.build_notebooks import from_source, joined, plain

# What 00_start_here does not do: both streams in turn, a warning, a look at the folder it runs in and at its own name.
SPEAKS = r"""
import os, sys, warnings
print("one", end=" "); print("two"); print("three", file=sys.stderr)
display("four", datakit.provenance()); print("five"); warnings.warn("six")
os.path.basename(os.getcwd()), __name__, "_oh" in globals()
"""


def shown(book):
    """The outputs of each code cell, without what no execution shares with the next."""
    code = [c for c in book.cells if c.cell_type == "code" and "injected-parameters" not in c.metadata.get("tags", ())]
    return [(c.source, joined([plain(output, 1) for output in c.outputs])) for c in code]


def test_a_chapter_says_the_same_in_a_kernel_and_in_this_process(tmp_path):
    given = {"rehearsal": True}
    (here,) = chapters.execute("00_start_here", after=[SPEAKS], **given).values()
    source = from_source(chapters.NOTEBOOKS / "src" / "00_start_here.py")
    source.cells = whole(source.cells)
    source.cells.append(nbformat.v4.new_code_cell(SPEAKS))
    path = tmp_path / "notebooks" / "00_start_here.ipynb"
    path.parent.mkdir()
    nbformat.write(source, path)
    report = run([path], origins="sample", parameters=given, output=tmp_path / "report", progress=False)
    assert report.ok
    there = nbformat.read(report.output / path.name, as_version=4)
    assert len(shown(there)) > 5 and shown(here) == shown(there)
    results = json.loads((report.output / "results.json").read_text(encoding="utf-8"))["00_start_here"]
    assert list(chapters.answers(here, solutions=False).values()) == results


def test_nothing_of_a_chapter_stays_behind():
    def state():
        return dict(os.environ), Path.cwd(), sys.modules["__main__"], sys.displayhook, sys.excepthook, sys.stdout

    before = state()
    filters = list(warnings.filters)
    after = ["left = 1; os.environ['LEFT'] = '1'; os.chdir('/'); warnings.simplefilter('error')"]
    chapters.execute("00_start_here", after=[SPEAKS, *after])
    assert state() == before and list(warnings.filters) == filters
    with pytest.raises(NameError, match="left"):
        chapters.execute("00_start_here", after=["left"])
    assert state() == before
    with pytest.raises(NameError):
        get_ipython()  # noqa: F821


def test_a_parameter_that_no_chapter_has_is_an_error():
    with pytest.raises(WrongUse, match="nowhere"):
        chapters.execute("00_start_here", nowhere=1)
