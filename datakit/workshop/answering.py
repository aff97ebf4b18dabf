"""Solutions executed on other data than the sample, so that checks know the answers of a room that works on real files.

The facilitator does it once, the day before (``datakit workshop notebooks DIR --origins mirror``): what comes out lies
in the folder ``exercises`` beside the notebooks, where `datakit.workshop.checking.check` looks, too.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import DataWarning
from datakit.language import _
from datakit.run.running import run
from datakit.workshop import checking, editions
from datakit.workshop.recording import EXERCISE_MIME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def executed(paths: Sequence[Path], origins: str, progress: bool = True) -> dict[str, list[Any]]:
    """Chapters with solutions, executed on some data.

    Parameters
    ----------
    paths : list of path
        Of notebooks with their solutions.
    origins : str
        As ``datakit run --origins`` takes them.
    progress : bool
        Say on the standard error what happens.

    Returns
    -------
    dict of str to list of cell
        Name -> its cells, with their outputs. A chapter that fails on this data is left out, with a warning.
    """
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder, "notebooks")
        there.mkdir()
        for path in paths:
            (there / path.name).write_text(json.dumps(recorded(path)), encoding="utf-8")
        report = run(origins=origins, output=Path(folder, "report"), notebooks=there, progress=progress)
        for one in report.notebooks:
            if not one.ok:
                told = _("{chapter} does not run on this data ({why}): its checks judge the form of answers only")
                warnings.warn(told.format(chapter=one.name, why=one.summary()), DataWarning, stacklevel=2)
        done = [one.name for one in report.notebooks if one.ok]
        files = {name: (report.output / f"{name}.ipynb").read_text(encoding="utf-8") for name in done}
    return {name: json.loads(text)["cells"] for name, text in files.items()}


def recorded(path: Path) -> dict[str, Any]:
    """A notebook whose solutions also write down what they come to."""
    book = json.loads(path.read_text(encoding="utf-8"))
    numbers = iter(checking.known(path.stem)["exercises"])
    for cell in book["cells"]:
        cell["source"] = "".join(cell["source"])
        if editions.role(cell) == "solution":
            cell["source"] += f"\nfrom datakit.workshop import recording\nrecording.renew({next(numbers)!r}, answer)"
    return book


def known_here(name: str, cells: Sequence[Any]) -> dict[str, Any]:
    """What checks have to know of a chapter on the data that it was executed on.

    Parameters
    ----------
    name : str
        Of the chapter.
    cells : list of cell
        As `executed` gave them.

    Returns
    -------
    dict
        As the package has it, with those exercises only that this data can answer.
    """
    said = [output.get("data", {}).get(EXERCISE_MIME, {}) for cell in cells for output in cell.get("outputs", ())]
    return {**checking.known(name), "exercises": {number: one for each in said for number, one in each.items()}}
