"""Executing the notebooks that are shipped once more gives the outputs that they are shipped with, by nbval."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NAMES = tuple(sorted(p.stem for p in (ROOT / "notebooks/src").glob("*.py")))


def nbval(paths, folder):
    """What nbval says of some notebooks, executed one after the other, each in a kernel of its own.

    Returns
    -------
    dict of str to list of str
        Name of each notebook -> for each of its code cells, what is wrong with it, or nothing.
    str
        What pytest printed.
    """
    sanitize = ROOT / "tests" / "nbval-sanitize.cfg"
    usual = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov"]
    asked = ["--nbval", "--nbval-cell-timeout=120", f"--nbval-sanitize-with={sanitize}"]
    command = [sys.executable, "-m", "pytest", *usual, *asked, f"--junit-xml={folder / 'nbval.xml'}", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    found = {path.stem: [] for path in paths}
    for case in ElementTree.parse(folder / "nbval.xml").iter("testcase"):
        wrong = [one.text or one.get("message") for one in case if one.tag in ("failure", "error", "skipped")]
        found[case.get("classname").removesuffix(".ipynb").rpartition(".")[2]].append("\n".join(wrong))
    assert (done.returncode == 0) == (not any(map(any, found.values()))), done.stdout[-4000:]
    return found, done.stdout


@pytest.fixture(scope="module")
def compared(request, tmp_path_factory):
    """What nbval says of each notebook that is asked for: one pytest for all of them starts once."""
    asked = {item.callspec.params["name"] for item in request.session.items if "compared" in item.fixturenames}
    return nbval([ROOT / "notebooks" / f"{name}.ipynb" for name in sorted(asked)], tmp_path_factory.mktemp("nbval"))[0]


def written_to_stderr(path):
    """What the cells of a notebook write there when executed once more: nbval says that they do, not what."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, allow_errors=True, resources={"metadata": {"path": path.parent}}).execute()
    said = [
        f"cell {k}: {output.text}"
        for k, cell in enumerate(c for c in book.cells if c.cell_type == "code")
        for output in cell.outputs
        if output.get("name") == "stderr"
    ]
    return "\nwritten to stderr:\n" + "\n".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_executing_again_gives_the_same_outputs(compared, name):
    path = ROOT / "notebooks" / f"{name}.ipynb"
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert len(compared[name]) == len(code)
    assert not any(compared[name]), "\n".join(compared[name]) + written_to_stderr(path)


def test_nbval_really_compares(tmp_path):
    nb = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    cell = next(c for c in nb.cells if c.cell_type == "code" and c.source == "layers.quality()")
    cell.outputs[0].data["text/plain"] = cell.outputs[0].data["text/plain"].replace("23", "24")
    nbformat.write(nb, tmp_path / "changed.ipynb")
    found, printed = nbval([tmp_path / "changed.ipynb"], tmp_path)
    assert [bool(wrong) for wrong in found["changed"]].count(True) == 1 and "1 failed" in printed, printed[-2000:]
