"""Whether what is in a dossier agrees with its own record: files, data, notebooks, outputs, pages."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.origins import usable
from datakit.dossier import form, personal
from datakit.dossier.layout import CRATE, DATA, LOCK, NOTEBOOKS, PREVIEW, REPORT
from datakit.dossier.scripts import executed
from datakit.errors import DatakitError, WrongUse
from datakit.extras import needed_by, without_grammar
from datakit.language import N_, _
from datakit.run.record import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from nbformat import NotebookNode

    from datakit.dossier.form import Dossier
    from datakit.settings import Limits

LARGEST = 50_000_000  # bytes of one JSON: read, it takes twenty times as much memory
INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds
SAID = {
    "unreadable": N_("a file cannot be read as what it should be"),
    "report": N_("a file of the report is not the one that its record names"),
    "crate": N_("a file is not the one that the crate’s metadata names"),
    "lock": N_("data.lock is not the one that the notebooks ran on"),
    "data": N_("a file of data is not the one that data.lock names"),
    "notebook": N_("a notebook was changed after it ran"),
    "outputs": N_("the answers are not those of the executed notebooks"),
    "failed": N_("the run that is packed did not end well"),
    "personal": N_("it holds personal data"),
    "script": N_("a page of the report would execute something that is not the kit’s"),
}


@dataclass(frozen=True)
class Reason:
    """Why a dossier is refused.

    Attributes
    ----------
    code : str
        Stays the same from version to version.
    where : str
        The entry.
    what : str
        In words.
    """

    code: str
    where: str
    what: str

    def __str__(self) -> str:
        return _("{where}: {what} ({code})").format(where=self.where, what=self.what, code=self.code)


class Refused(DatakitError):
    """A dossier that is not accepted.

    Parameters
    ----------
    name : str
        Of the zip.
    reasons : list of Reason
    """

    def __init__(self, name: str, reasons: list[Reason]) -> None:
        self.reasons = reasons
        told = "; ".join(map(str, reasons[:10]))
        super().__init__(name, _("this dossier is refused"), found=told, next="datakit dossier check")

    def __reduce__(self):
        return Refused, (self.subject, self.reasons)


def agree(
    folder: Path, pages: Mapping[str, bytes], limits: Limits
) -> tuple[Dossier, dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Hold an unpacked dossier against its own record.

    Parameters
    ----------
    folder : Path
    pages : dict of str to bytes
        Its HTML, by name, which is not in the folder.
    limits : Limits

    Returns
    -------
    form, record, results, lock

    Raises
    ------
    Refused
        With each reason.
    """
    said = {name: _json(folder / name) for name in (f"{REPORT}/run.json", f"{REPORT}/results.json", LOCK, CRATE)}
    record, results, lock, crate = said.values()
    try:
        about = form.read(folder)
    except WrongUse as error:
        where = error.subject.removeprefix(f"{folder}{os.sep}")
        raise _refused("unreadable", where, error.found or error.what) from None
    try:
        reasons = [
            *_report(folder, pages, record),
            *_crate(folder, pages, crate),
            *_data(folder, record, lock),
            *_notebooks(folder, record, results),
            *_pages(folder, pages, record),
            *_personal(folder),
        ]
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError, WrongUse) as error:
        raise _refused("unreadable", REPORT, f"{type(error).__name__}: {error}") from None
    if reasons:
        raise Refused("", reasons)
    return about, record, results, lock


def read_json(text: bytes | str) -> Any:
    """JSON of strangers: no numbers that JSON has not, no key twice.

    Raises
    ------
    ValueError
    """

    def once(pairs):
        said = dict(pairs)
        if len(said) < len(pairs):
            raise ValueError(_("a key stands there twice"))
        return said

    def refuse(name):
        raise ValueError(_("{name} is no number of JSON").format(name=name))

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except RecursionError as error:
        raise ValueError(str(error)) from None


def _json(path):
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(_("more than {n} MB").format(n=LARGEST // 1_000_000))
        said = read_json(path.read_bytes())
        if not isinstance(said, dict):
            raise ValueError("{…}")
        return said
    except (OSError, ValueError) as error:
        raise _refused("unreadable", f"{path.parent.name}/{path.name}", str(error)) from None


def _refused(code, where, more=""):
    return Refused(where, [_reason(code, where, more)])


def _reason(code, where, more=""):
    return Reason(code, where, _(SAID[code]) + (f": {str(more)[:300]}" if more else ""))


def _there(folder, pages) -> dict[str, str]:
    """The digest of each file, pages included, by name."""
    found = {name: hashlib.sha256(text).hexdigest() for name, text in pages.items()}
    for path in folder.rglob("*"):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = sha256_of(path)
    return found


def _report(folder, pages, record) -> Iterator[Reason]:
    """The report's files are those that its record names, no more and no fewer."""
    if record.get("kind") != MARK:
        yield _reason("unreadable", f"{REPORT}/run.json", record.get("kind"))
    if record["ok"] is not True or any(one["status"] != "ok" for one in record["notebooks"].values()):
        yield _reason("failed", f"{REPORT}/run.json")
    start = f"{REPORT}/"
    there = {n.removeprefix(start): d for n, d in _there(folder, pages).items() if n.startswith(start)}
    del there["run.json"]
    for name in sorted({*there, *record["files"]}):
        if there.get(name) != record["files"].get(name):
            yield _reason("report", start + name)


def _crate(folder, pages, crate) -> Iterator[Reason]:
    """Every file is one that the crate's metadata names, with its digest."""
    entities = {one["@id"].removeprefix("./"): one for one in crate["@graph"]}
    there = _there(folder, pages)
    for name, digest in sorted(there.items()):
        if name not in (CRATE, PREVIEW) and entities.get(name, {}).get("sha256") != digest:
            yield _reason("crate", name)
    for name, one in entities.items():
        if "File" in one.get("@type", ()) and name not in {CRATE, PREVIEW, *there}:
            yield _reason("crate", name)


def _data(folder, record, lock) -> Iterator[Reason]:
    """The data is that of ``data.lock``, and that is the one that the notebooks ran on."""
    if sha256_of(folder / LOCK) != record["lock"]:
        yield _reason("lock", LOCK)
    for id, entry in lock["datasets"].items():
        if not usable(entry) or Path(id).name != id or id == ".." or "\\" in id:
            yield _reason("unreadable", LOCK, id)
    own = folder / DATA / LOCK
    entries = _json(own)["datasets"] if own.is_file() else {}
    for path in sorted((folder / DATA).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path == own:
            continue
        entry = entries.get(path.parent.name, {})
        locked = lock["datasets"].get(path.parent.name, entry)
        if path.name != entry.get("filename") or not sha256_of(path) == entry.get("sha256") == locked.get("sha256"):
            yield _reason("data", name)


def _notebooks(folder, record, results) -> Iterator[Reason]:
    """Each notebook is the one that ran, its outputs come from its own cells, and the answers from its outputs."""
    from datakit.run.executing import results_of

    there = {path.stem: path for path in sorted((folder / NOTEBOOKS).glob("*.ipynb"))}
    for name in sorted({*there, *record["notebooks"], *results}):
        where = f"{NOTEBOOKS}/{name}.ipynb"
        if name not in there or name not in record["notebooks"] or name not in results:
            yield _reason("notebook", where)
            continue
        ran = _json(folder / REPORT / f"{name}.ipynb")
        if sha256_of(there[name]) != record["notebooks"][name]["sha256"]:
            yield _reason("notebook", where)
        elif sources(_json(there[name])) != sources(ran):
            yield _reason("notebook", f"{REPORT}/{name}.ipynb")
        answers = results_of(notebook_at(folder / REPORT / f"{name}.ipynb"))
        told = [{k: v for k, v in one.items() if k != "picture"} for one in answers]
        if told != results[name]:
            yield _reason("outputs", f"{REPORT}/results.json", name)


def sources(notebook: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kind and text of each cell of a notebook, but for the one with the values that a run gave to its parameters."""
    kept = [cell for cell in notebook["cells"] if INJECTED not in cell.get("metadata", {}).get("tags", ())]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in kept]


def _pages(folder, pages, record) -> Iterator[Reason]:
    """No page executes anything of its own: those that came, and those that the kit makes of the same outputs."""
    for name, text in sorted(pages.items()):
        if found := executed(text.decode("utf-8", "replace")):
            yield _reason("script", name, found[0])
    for name in record["notebooks"]:
        if found := executed(page_of(folder / REPORT / f"{name}.ipynb")):
            yield _reason("script", f"{REPORT}/{name}.ipynb", found[0])


def _personal(folder) -> Iterator[Reason]:
    """What `datakit dossier pack` refuses to pack, nobody packs by hand either."""
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    for trace in personal.traces(folder, [name for name in names if name != CRATE])[0]:
        yield _reason("personal", trace.file, trace)


def notebook_at(path: Path) -> NotebookNode:
    """A notebook of strangers.

    Raises
    ------
    Refused
        It is none.
    """
    with needed_by(__name__), without_grammar():
        import nbformat

    try:
        _json(path)
        return nbformat.read(path, as_version=4)
    except Refused:
        raise
    except Exception as error:  # nbformat raises what it likes on what is no notebook
        raise _refused("unreadable", path.name, re.sub(r"\s+", " ", str(error))) from None


def page_of(path: Path) -> str:
    """The page that the kit makes of an executed notebook, which fetches nothing when the jury opens it.

    Raises
    ------
    Refused
        It is no notebook that pages can be made of.
    """
    from datakit.run.report import notebook_page

    notebook = notebook_at(path)
    try:
        return notebook_page(notebook, path.stem, "ok", None, outside=False)
    except Exception as error:  # so does nbconvert
        raise _refused("unreadable", path.name, re.sub(r"\s+", " ", str(error))) from None
