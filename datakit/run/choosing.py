"""Which notebooks a run executes: by name, by path, or all of a folder; each with what the run will know of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.language import _
from datakit.run.parameters import read_parameters
from datakit.run.report import SAID
from datakit.run.shipped import kit_notebooks, spoken

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Any

    from datakit.run.parameters import Parameter


@dataclass
class Notebook:
    """One notebook of a run, before and after.

    Attributes
    ----------
    status : str
        ``"ok"``, ``"failed"``, ``"timeout"``, ``"died"`` or ``"waiting"``.
    error : dict or None
        ``cell`` (number among the code cells), ``line``, ``ename``, ``evalue``.
    seconds : float
    peak_memory : int or None
        Bytes, of the kernel and its descendants.
    results, provenance : list of dict
    """

    name: str
    path: Path
    cells: list[dict[str, Any]]
    declared: dict[str, Parameter]
    values: dict[str, Any] = field(default_factory=dict)
    status: str = "waiting"
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    peak_memory: int | None = None
    title: str = ""
    results: list[dict[str, Any]] = field(default_factory=list)
    provenance: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    def summary(self) -> str:
        """What went wrong, on one line."""
        if not self.error:
            return _(SAID[self.status])
        first = (self.error["evalue"] or "").strip().splitlines()[:1]
        what = [*([self.error["ename"]] if self.status == "failed" else []), *(line[:160] for line in first)]
        said = _("{status} in code cell {n}: {what}") if self.error.get("cell") else _("{status}: {what}")
        return said.format(status=_(SAID[self.status]), n=self.error.get("cell"), what=": ".join(what))


def notebooks_folder() -> Path:
    """The folder of notebooks: ``./notebooks``, else the kit's own; in the user's language where it has it."""
    for folder in (spoken(Path("notebooks")), kit_notebooks()):
        if any(folder.glob("*.ipynb")):
            return folder
    raise WrongUse("notebooks", _("there is no folder of notebooks here"), next=_("datakit run --notebooks FOLDER"))


def _named(name, there):
    """The notebooks, among these stems, that a name stands for: one, or the chapters of a theme in their order."""
    if name in there:
        return [name]
    short = {stem.lstrip("0123456789_") or stem: stem for stem in there}
    found = [stem for said, stem in short.items() if said == name or said.startswith(f"{name}_")]
    if not found:
        first = [said.partition("_")[0] for said in short]
        names = list(dict.fromkeys([*(word for word in first if first.count(word) > 1), *short]))
        raise WrongUse(
            name,
            _("no theme or notebook has this name"),
            expected=", ".join(names),
            next=f"datakit run {names[0]}",
        )
    return found


def choose(
    themes: Sequence[str | os.PathLike[str]] | None = None, folder: str | os.PathLike[str] | None = None
) -> list[Notebook]:
    """The notebooks that names stand for.

    Parameters
    ----------
    themes : list of str, optional
        A theme, ``"trees"``, for its chapters (``10_trees_inventory``, ``11_trees_diversity``, ...); one chapter,
        ``"trees_risk"`` or ``"14_trees_risk"``; or paths of ``.ipynb`` files. All notebooks of the folder by default.
    folder : path, optional

    Returns
    -------
    list of Notebook

    Raises
    ------
    WrongUse
        No such notebook or folder, or two of the same name.
    """
    chosen = [Path(t) for t in themes or [] if str(t).endswith(".ipynb")]
    names = [str(t) for t in themes or [] if not str(t).endswith(".ipynb")]
    if names or not chosen:
        folder = Path(folder) if folder else notebooks_folder()
        there = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
        if not there:
            raise WrongUse(str(folder), _("no notebook is in this folder"), expected=_("files ending in .ipynb"))
        for name in names or there:
            chosen += [there[stem] for stem in _named(name, there)]
    found: dict[str, Notebook] = {}
    for path in dict.fromkeys(chosen):
        if path.stem in found:
            raise WrongUse(path.stem, _("two notebooks have this name"), found=f"{found[path.stem].path}, {path}")
        try:
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WrongUse(str(path), _("this is not a notebook that can be read"), found=str(error)) from None
        found[path.stem] = Notebook(path.stem, path, cells, read_parameters(cells, path.stem), title=path.stem)
    return list(found.values())
