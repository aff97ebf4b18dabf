"""Small notebooks that behave in every way a run has to survive, written where a test wants them."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PARAMETERS = """\
from typing import Literal
origins: str = ""  # where data comes from
k: int = 3  # how many classes
share: float = 0.5  # part of the whole
label: str = "arbres"  # a name
strict: bool = False
names: list[str] = ["a"]  # several
method: Literal["mean", "median"] = "mean"
limit: float | None = None  # none means no limit
"""

ANSWER = """\
class Answer:
    def _repr_mimebundle_(self, include=None, exclude=None):
        figure = {"name": "trees", "value": k, "unit": "trees", "low": 1, "high": 9, "how": label}
        said = {"question": "Combien d'arbres à Dijon ?", "answered": True, "sentence": f"{k} trees.", "why": ""}
        said |= {"figures": [figure], "cannot_say": "Where.", "alt": "", "kind": "SYNTHETIC"}
        said["data"] = [{"id": "communes", "vintage": "2026"}]
        return {"application/vnd.datakit.answer+json": said, "text/html": "<p>said</p>", "text/plain": "said"}
Answer()"""

PROVENANCE = """\
class Provenance:
    def _repr_mimebundle_(self, include=None, exclude=None):
        record = {"id": "communes", "title": "Communes", "origin": "sample", "origin_kind": "sample", "synthetic": True,
                  "rows": 23, "rows_rejected": 1, "sha256": "ab" * 32, "retrieved": "2026-01-15", "licence": "CC0-1.0"}
        return {"application/vnd.datakit.provenance+json": {"datasets": [record]}, "text/plain": "provenance"}
Provenance()"""


def write(folder, name, *cells, parameters=None):
    """Write a notebook: texts that start with ``#`` and a space are prose, the others are code."""
    made = [new_markdown_cell(c) if c.startswith("# ") else new_code_cell(c) for c in cells]
    if parameters:
        cell = new_code_cell(parameters, metadata={"tags": ["parameters"]})
        made.insert(1 if cells and cells[0].startswith("# ") else 0, cell)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=made), path)
    return path


def ok(folder, name="10_ok"):
    """A notebook that works, with every type of parameter, provenance and an answer."""
    return write(
        folder, name, "# Les arbres de Dijon\n\n[the next](20_fails.ipynb)", PROVENANCE, ANSWER, parameters=PARAMETERS
    )


def fails(folder, name="20_fails"):
    code = "#why\nraise ValueError('trop de données\\nsecond line')"
    return write(
        folder,
        name,
        "# It fails",
        "print('before')",
        code,
        "print('never')",
        parameters="k: int = 3  # how many classes",
    )
