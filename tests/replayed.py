"""nbval on notebooks that were executed already: it compares what they said then with what they are shipped with.

A chapter takes seconds to execute, and a report executes each of them in a kernel anyway
(`tests/run/test_notebooks.py`). nbval asks a kernel of its own for the outputs of each cell; here the answer is read
from the notebook of the same name in the folder EXECUTED. A plugin of the pytest that runs nbval, by its `-p`.
"""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from nbval.plugin import IPyNbFile

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "EXECUTED"


class Kernel:
    """What nbval asks of a kernel, from an executed notebook: its cells in turn, and no code that was not executed."""

    def __init__(self, path):
        cells = nbformat.read(path, as_version=4).cells
        code = [c for c in cells if c.cell_type == "code" and "injected-parameters" not in c.metadata.get("tags", ())]
        self.cells, self.messages, self.asked = iter(code), [], 0

    def execute_cell_input(self, source, allow_stdin=None):
        cell = next(self.cells, None)
        if cell is None or cell.source != source:
            raise RuntimeError(f"other code was executed: {None if cell is None else cell.source!r}")
        self.asked += 1
        said = [(output.output_type, output) for output in cell.outputs]
        if cell.execution_count is None:
            said = [("error", {"ename": "NotExecuted", "evalue": source, "traceback": ["this cell was not executed"]})]
        for kind, content in [*said, ("status", {"execution_state": "idle"})]:
            self.messages.append({"msg_type": kind, "content": content, "parent_header": {"msg_id": self.asked}})
        return self.asked

    def get_message(self, stream, timeout=None):
        return self.messages.pop(0)

    def await_reply(self, number, timeout=None):
        pass

    def await_idle(self, number, timeout=None):
        self.messages.clear()

    def is_alive(self):
        return True

    def stop(self):
        pass


def pytest_configure(config):
    def setup(self):
        self.kernel = Kernel(Path(os.environ[FOLDER]) / self.path.name)
        self.setup_sanitize_files()

    if FOLDER in os.environ:
        IPyNbFile.setup = setup


def compare(paths, executed, folder):
    """What nbval says of some notebooks.

    Parameters
    ----------
    paths : list of Path
        As they are shipped.
    executed : Path
        The folder of the same ones, executed once more.
    folder : Path
        For nbval's own report.

    Returns
    -------
    dict of str to list of str
        Name of each notebook -> for each of its code cells, what is wrong with it, or nothing.
    str
        What pytest printed.
    """
    sanitize = ROOT / "tests" / "nbval-sanitize.cfg"
    usual = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-cov", "-p", "nbval", "-p", "tests.replayed"]
    asked = ["--nbval", f"--nbval-sanitize-with={sanitize}", f"--junit-xml={folder / 'nbval.xml'}"]
    command = [sys.executable, "-m", "pytest", *usual, *asked, *map(str, paths)]
    environment = os.environ | {FOLDER: str(executed)}
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, env=environment)
    found = {path.stem: [] for path in paths}
    for case in ElementTree.parse(folder / "nbval.xml").iter("testcase"):
        wrong = [one.text or one.get("message") for one in case if one.tag in ("failure", "error", "skipped")]
        found[case.get("classname").removesuffix(".ipynb").rpartition(".")[2]].append("\n".join(wrong))
    assert (done.returncode == 0) == (not any(map(any, found.values()))), done.stdout[-4000:]
    return found, done.stdout
