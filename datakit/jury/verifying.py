"""A dossier run again in a sandbox, and held against what its zip says: the verdict, and a report of the second run.

What comes out of the sandbox is the outputs of its cells, as text, and no more is believed of it: this module puts them
beside the code of the zip, and makes answers, pages and records of them with the jury's own kit.
"""

from __future__ import annotations

import glob
import json
import os
import re
import secrets
import shutil
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.dossier.agreeing import INJECTED, LARGEST, Refused, notebook_at, page_of, read_json
from datakit.dossier.layout import FORM, LOCK, NOTEBOOKS, REPORT
from datakit.dossier.opening import Opened, opened
from datakit.dossier.scripts import executed
from datakit.errors import WrongUse
from datakit.jury import inside, judging, sandbox, supplies, verdicts
from datakit.jury.verdicts import CANNOT, DIFFERENT, FILE, REFUSED, Verdict, worst
from datakit.language import LANGUAGES, N_, _, speaking
from datakit.settings import challenge
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from nbformat import NotebookNode

    from datakit.jury.guarding import Ended
    from datakit.settings import Challenge

START = 60  # seconds beyond the limit, for the kit itself to start and to write
SAID = {
    "time": N_("it takes longer than the limit"),
    "memory": N_("it takes more memory than the limit"),
    "processes": N_("it starts more processes than the limit"),
    "files": N_("it writes more files than the limit"),
    "output": N_("it gives out more than the limit"),
}


@dataclass
class Again:
    """Another run: its notebooks, why some did not run to their end, and what it took.

    Attributes
    ----------
    notebooks : dict of str to NotebookNode
        The zip's own code with the outputs that came out.
    failed : dict of str to str
    seconds : dict of str to float
    """

    notebooks: dict[str, NotebookNode]
    failed: dict[str, str]
    seconds: dict[str, float]


def verify(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    origins: str | None = None,
    rules: str | os.PathLike[str] | None = None,
    keep: bool = False,
) -> Verdict:
    """Verify one dossier. Whatever it is, there is a verdict, written to ``OUTPUT/NAME``.

    Parameters
    ----------
    path : path
        The zip.
    output : path
        The folder of verdicts. ``NAME/verdict.json``, ``NAME/report`` and a copy of the dossier's form appear in one
        move: with them a jury needs no zip.
    origins : str, optional
        Where data comes from that the dossier does not bring.
    rules : path, optional
        The jury's ``challenge.toml``, whose limits hold; not the dossier's.
    keep : bool
        Leave what was mounted in the sandbox in ``OUTPUT/NAME/given``.

    Returns
    -------
    Verdict

    Raises
    ------
    NoSandbox
        Foreign code is not run without one.
    WrongUse
        The zip is not there, the rules cannot be read, or the folder holds something else.
    """
    path, output = Path(path), Path(output).absolute()
    told, box = challenge(rules), sandbox.find()
    place = output / path.stem
    if not path.exists():
        raise WrongUse(str(path), _("this file is not there"), next="datakit jury verify DOSSIER.zip")
    if place.exists() and not (place / FILE).is_file():
        what = _("holds something else than a verdict: it is left alone")
        raise WrongUse(str(place), what, next=_("--output with a new folder"))
    output.mkdir(parents=True, exist_ok=True)
    work = output / f".{path.stem}-{secrets.token_hex(4)}"
    work.mkdir()
    try:
        verdict = _verdict(path, work, told, box, origins)
        verdict.write(work)
        for left in ("opened", "given", "data"):
            if not keep or left == "opened":
                shutil.rmtree(work / left, ignore_errors=True)
        _put(work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return verdict


def _put(work, place):
    """Move a verdict to its place; what was there goes when the new one is there."""
    before = place.with_name(f"{work.name}-before")
    with suppress(FileNotFoundError):
        place.rename(before)
    work.rename(place)
    shutil.rmtree(before, ignore_errors=True)


def _verdict(path, work, told: Challenge, box, origins) -> Verdict:
    """The verdict of a dossier, in whatever way it is bad."""
    digest = sha256_of(path) if path.is_file() else ""
    verdict = Verdict(path.stem, digest)
    try:
        one = opened(path, work / "opened", told.limits)
        shutil.copyfile(one.folder / FORM, work / FORM)  # the jury's sheet is made of it
        verdict = _about(verdict, one, told, box)
        with speaking(_language(one, told)):
            return _again(verdict, one, work, told, box, origins)
    except Refused as refused:
        reasons = [str(reason) for reason in refused.reasons]
        shutil.rmtree(work / REPORT, ignore_errors=True)
        return replace(verdict, status=REFUSED, why=reasons)
    except supplies.CannotBeHad as error:
        return replace(verdict, status=CANNOT, why=[str(error)])
    except (WrongUse, sandbox.NoSandbox):
        raise
    except Exception as error:  # of strangers' files anything may be expected: a verdict there must be
        shutil.rmtree(work / REPORT, ignore_errors=True)
        return replace(verdict, status=CANNOT, why=[f"{type(error).__name__}: {str(error)[:300]}"])


def _about(verdict, one: Opened, told: Challenge, box) -> Verdict:
    """What is known before it is run."""
    packed = one.record.get("dossier", {}).get("packed", one.record.get("started"))
    late = told.late(datetime.fromisoformat(packed).astimezone(UTC))
    about = {"name": box.name, "limits": asdict(told.limits), "other_versions": supplies.versions(one)}
    form = one.form
    return replace(verdict, title=form.title, team=form.team, theme=form.theme, late=late, sandbox=about)


def rerun(
    one: Opened, work: Path, told: Challenge, box: sandbox.Sandbox, origins: str | None = None
) -> tuple[Again, Ended]:
    """Run a dossier's notebooks in the sandbox, and read what comes out.

    Parameters
    ----------
    one : Opened
        Its lock says on which data, its record with which parameters.
    work : Path
        A folder of this machine, where what is mounted is put together.
    told : Challenge
        The jury's, whose limits hold.
    box : Sandbox
    origins : str, optional
        Where data comes from that the dossier does not bring.

    Returns
    -------
    again : Again
    ended : Ended

    Raises
    ------
    CannotBeHad
        Data or packages are not to be had here.
    """
    supplies.given(one, work / "given")
    supplies.data(one, work / "data", origins)
    added = supplies.packages(one)
    supplies.readable(work / "given", work / "data", *([added] if added else []))
    mounts: dict[str, str | os.PathLike[str]] = {inside.GIVEN: work / "given", inside.DATA: work / "data"}
    environment = {"DATAKIT_LANG": _language(one, told), "DATAKIT_CACHE": f"{sandbox.WORK}/cache"}
    if added:
        mounts[inside.PACKAGES] = added
        environment["PYTHONPATH"] = inside.PACKAGES
    limits = told.limits
    ended = sandbox.run(
        box,
        [sys.executable, "-m", "datakit.jury.inside", supplies.task(one, limits.seconds)],
        replace(limits, seconds=limits.seconds + START),
        mounts,
        environment,
        most_output=int(limits.unpacked_mb * 1e6),
    )
    return _read(one, ended), ended


def _again(verdict, one: Opened, work, told: Challenge, box, origins) -> Verdict:
    """Run it again and compare."""
    again, ended = rerun(one, work, told, box, origins)
    limits = told.limits
    verdict = replace(verdict, seconds=round(ended.seconds, 2), peak_memory=float(ended.peak_memory))
    results, script = _report(one, again, work, told)
    compared = judging.answers(one.results, results, again.failed, limits.tolerance_pct, one.lock["datasets"])
    cells = [
        cell
        for name, nb in again.notebooks.items()
        for cell in judging.cells(name, _bare(notebook_at(one.folder / REPORT / f"{name}.ipynb")), nb)
    ]
    status = worst([answer.status for answer in compared] + [CANNOT] * bool(again.failed) + [DIFFERENT] * bool(cells))
    why = [f"{name}: {what}" for name, what in again.failed.items()]
    if script:
        return replace(verdict, status=REFUSED, why=[script], answers=compared, cells=cells)
    return replace(verdict, status=status, why=why, answers=compared, cells=cells)


def _language(one, told):
    lang = one.record.get("language")
    return lang if lang in LANGUAGES else told.language


def _read(one: Opened, ended: Ended) -> Again:
    """What came out: outputs of cells, put beside the code of the zip."""
    names = sorted(one.record["notebooks"])
    said: dict[str, dict[str, Any]] = {}
    for line in [] if ended.why else ended.output.splitlines():
        with suppress(ValueError):
            told = read_json(line) if len(line) <= LARGEST else None
            if isinstance(told, dict) and told.get("name") in names and told["name"] not in said:
                said[told["name"]] = told
    nothing = _(SAID[ended.why]) if ended.why else _("nothing came out: {last}").format(last=_last(ended.errors))
    again = Again({}, {}, {})
    for name in names:
        told = said.get(name, {"status": "", "error": nothing})
        try:
            if told["status"] != "ok":
                again.failed[name] = str(told.get("error") or told["status"])[:300]
            if "cells" in told:
                again.notebooks[name] = _beside(one.folder / NOTEBOOKS / f"{name}.ipynb", told["cells"])
                again.seconds[name] = float(told["seconds"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            again.notebooks.pop(name, None)
            again.failed[name] = _("what came out is no run of this notebook: {what}").format(what=str(error)[:200])
    return again


def _last(errors):
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else "-"


def _beside(path, cells) -> NotebookNode:
    """The zip's own notebook with the outputs that came out, cell by cell: its code is not taken from there."""
    import nbformat

    nb = notebook_at(path)
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    ran = [c for c in cells if c["cell_type"] == "code" and INJECTED not in c.get("metadata", {}).get("tags", ())]
    if len(code) != len(ran):
        raise ValueError(f"{len(ran)} != {len(code)}")
    for cell, other in zip(code, ran, strict=True):
        cell.execution_count = None
        text = json.dumps(other["outputs"]).replace(f"{inside.HERE}/", "").replace(inside.HERE, ".")
        cell.outputs = [nbformat.from_dict(output) for output in json.loads(text)]
    whole = nbformat.reads(json.dumps(nb), as_version=4)
    nbformat.validate(whole)
    return whole


def _bare(nb: NotebookNode) -> NotebookNode:
    """A packed notebook without the cell of its parameters, which the other side has not."""
    nb.cells = [cell for cell in nb.cells if INJECTED not in cell.metadata.get("tags", ())]
    return nb


def _report(one: Opened, again: Again, work: Path, told: Challenge) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """Write the report of the second run: its answers, and what a page of it would execute, if anything."""
    import nbformat

    from datakit.run.choosing import choose
    from datakit.run.executing import provenance_of, results_of
    from datakit.run.record import describe, write

    folder = work / REPORT
    folder.mkdir()
    chosen = choose(None, one.folder / NOTEBOOKS)
    for notebook in chosen:
        if (nb := again.notebooks.get(notebook.name)) is None:
            notebook.status, notebook.error = "failed", _error(again.failed.get(notebook.name, ""))
            continue
        nbformat.write(nb, folder / f"{notebook.name}.ipynb")
        page = page_of(folder / f"{notebook.name}.ipynb")
        (folder / f"{notebook.name}.html").write_text(page, encoding="utf-8")
        notebook.results, notebook.provenance = results_of(nb), provenance_of(nb, [])
        notebook.status = "failed" if notebook.name in again.failed else "ok"
        notebook.error = _error(again.failed.get(notebook.name))
        notebook.seconds = again.seconds[notebook.name]
        notebook.values = one.record["notebooks"][notebook.name].get("parameters", {})
    given, lock = one.record["parameters"], one.folder / LOCK
    seconds = sum(again.seconds.values())
    write(folder, describe(chosen, [LOCK], given, datetime.now(UTC), seconds, folder, "datakit jury verify", lock))
    for file in sorted(folder.glob("*.html")):
        if found := executed(file.read_text(encoding="utf-8")):
            shutil.rmtree(folder)
            what = _("a page of the second run would execute something that is not the kit’s: {what}")
            return _results(chosen), what.format(what=found[0])
    return _results(chosen), ""


def _error(what):
    return {"ename": "jury", "evalue": what, "cell": None, "line": ""} if what else None


def _results(chosen):
    return {n.name: [{k: v for k, v in one.items() if k != "picture"} for one in n.results] for n in chosen}


def task(told: dict[str, Any]) -> str:
    """`verify` as `datakit.run.spreading.spread` calls it: the folder of the verdict.

    Parameters
    ----------
    told : dict
        ``given``: what `verify` takes; ``of``: the digests of the files that it names.

    Raises
    ------
    DatakitError
        As `verify` does.
    """
    verdict = verify(**told["given"])
    return str(Path(told["given"]["output"]).absolute() / verdict.dossier)


def ready() -> str:
    """Why no dossier can be verified on this machine; empty where one can."""
    try:
        sandbox.find()
    except sandbox.NoSandbox as error:
        return str(error)
    return ""


def verify_all(
    paths: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str] = "verdicts",
    *,
    origins: str | None = None,
    keep: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
) -> dict[str, Verdict]:
    """Verify dossiers, on this machine or on many.

    Parameters
    ----------
    paths : list of path
        Zips of different names.
    output, origins, keep
        As of `verify`.
    workers, scheduler
        As of `datakit.run.spreading.spread`, but one process of this machine unless more are asked for. Broken off, the
        same call goes on where it stopped.

    Returns
    -------
    dict of str to Verdict
        By the dossier's name. One whose worker ended each time is a verdict, too.

    Raises
    ------
    NoSandbox, WrongUse
        Before any work where it can be told.
    """
    from datakit.run.spreading import DIED, spread

    files = [Path(path).absolute() for path in paths]
    if twice := [path.stem for path in files if [other.stem for other in files].count(path.stem) > 1]:
        raise WrongUse(twice[0], _("two dossiers have this name"))
    if missing := [path for path in files if not path.exists()]:
        raise WrongUse(str(missing[0]), _("this file is not there"), next="datakit jury verify DOSSIER.zip")
    rules, place = challenge().file, Path(output).absolute()
    if not scheduler:
        sandbox.find()
    about = {"output": str(place), "origins": origins, "rules": str(rules), "keep": keep}
    digests = {path: sha256_of(path) for path in [*files, rules]}
    tasks = {
        path.stem: {"given": {"path": str(path), **about}, "of": [digests[path], digests[rules]]} for path in files
    }
    place.mkdir(parents=True, exist_ok=True)
    where: dict[str, Any] = {"scheduler": scheduler, "ready": ready}
    where |= {"workers": workers or (None if scheduler else 1)}
    where |= {"paths": sorted({str(place), str(rules), *(str(path.parent) for path in files)})}
    ended = spread(task, tasks, **where, keep=place / ".done", progress=len(files) > 1)
    shutil.rmtree(place / ".done")
    found = {}
    for path, outcome in zip(files, ended, strict=True):
        for left in place.glob(f".{glob.escape(path.stem)}-*"):  # of a worker that was killed
            if re.fullmatch(r"[0-9a-f]{8}(-before)?", left.name.removeprefix(f".{path.stem}-")):
                shutil.rmtree(left, ignore_errors=True)
        if outcome.ok:
            found[path.stem] = verdicts.read(outcome.value)
            continue
        found[path.stem] = Verdict(path.stem, digests[path], status=CANNOT, why=[outcome.why])
        if outcome.status == DIED:
            shutil.rmtree(place / path.stem, ignore_errors=True)
            (place / path.stem).mkdir()
            found[path.stem].write(place / path.stem)
    return found


def lines(found: Iterable[Verdict]) -> list[str]:
    """Verdicts for reading: a line for each dossier, and below it what is wrong with it."""
    said = []
    for one in found:
        counts = Counter(answer.status for answer in one.answers)
        told = ", ".join(
            f"{counts[status]} {_(verdicts.SAID[status])}" for status in verdicts.STATUSES if counts[status]
        )
        said.append(f"{one.dossier:<24} {_(verdicts.SAID[one.status]):<18} {number(one.seconds, 0):>6} s   {told}")
        said += [f"  {why}" for why in one.why]
        for answer in one.answers:
            if answer.status not in (verdicts.SAME, verdicts.CLOSE):
                said.append(f"  {answer.notebook}, {answer.question} {answer.why}")
            for figure in answer.figures:
                if figure.status == verdicts.DIFFERENT:
                    said.append(f"    {figure.name}: {figure.packed} → {figure.again} {figure.unit}")
        for cell in one.cells:
            said.append("  " + _("{notebook}, code cell {cell}:").format(**cell))
            said += [f"    - {cell['packed']}", f"    + {cell['again']}"]
    return said
