"""nbval sees what changed between a shipped notebook and the same one executed once more."""

import nbformat
import pytest

from tests.replayed import compare


def same(nb):
    pass


def quality(nb):
    """The cell that shows the quality of layers: a table, which nbval compares."""
    return next(c for c in nb.cells if c.cell_type == "code" and c.source == "layers.quality()")


def changed(nb):
    said = quality(nb).outputs[0].data
    said["text/plain"] = said["text/plain"].replace("23", "24")


def silent(nb):
    quality(nb).outputs = []


def louder(nb):
    quality(nb).outputs.append(nbformat.v4.new_output("stream", name="stderr", text="a warning\n"))


def other_code(nb):
    quality(nb).source += ".head(1)"


def not_executed(nb):
    quality(nb).update(outputs=[], execution_count=None)


def cut_off(nb):
    nb.cells.pop()


# Name -> what becomes of the shipped notebook, and of the executed one.
CASES = {f"{how.__name__}_shipped": (how, same) for how in (changed, silent, louder)}
CASES |= {how.__name__: (same, how) for how in (same, changed, silent, louder, other_code, not_executed, cut_off)}


@pytest.fixture(scope="module")
def found(root, tmp_path_factory):
    """What nbval says of each case, in one process."""
    folder = tmp_path_factory.mktemp("cases")
    for k, side in enumerate(("shipped", "executed")):
        (folder / side).mkdir()
        for name, changes in CASES.items():
            nb = nbformat.read(root / "notebooks" / "00_start_here.ipynb", as_version=4)
            changes[k](nb)
            nbformat.write(nb, folder / side / f"{name}.ipynb")
    return compare([folder / "shipped" / f"{name}.ipynb" for name in CASES], folder / "executed", folder)[0]


def test_nothing_is_wrong_with_the_same_outputs(found):
    assert len(found["same"]) > 5 and not any(found["same"])


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(("changed", "silent", "louder"))])
def test_nbval_really_compares(found, name):
    wrong = [text for text in found[name] if text]
    assert len(wrong) == 1 and "Cell outputs differ" in wrong[0]


def test_what_was_not_executed_is_no_proof(found):
    assert "other code was executed" in "".join(found["other_code"])
    assert "this cell was not executed" in "".join(found["not_executed"])
    assert sum(map(bool, found["cut_off"])) == 1
