"""One dossier, opened, run again in a sandbox and compared: in a process of its own, ``python -m datakit.jury.rerun``.

What comes out of the sandbox is the outputs of its cells, as text, and no more is believed of it: this module puts them
beside the code of the zip, and makes answers, pages and records of them with the jury's own kit. Reading what strangers
wrote can be made slow (HTML that no parser likes, brackets without end): this process is ended for it, and no other.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
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
from datakit.extras import collect_seldom, needed_by, without_grammar
from datakit.jury import inside, judging, sandbox, supplies
from datakit.jury.sandbox import Sandbox
from datakit.jury.verdicts import CANNOT, DIFFERENT, REFUSED, Verdict, worst
from datakit.language import LANGUAGES, N_, _, speaking
from datakit.settings import challenge

if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

    from datakit.jury.guarding import Ended
    from datakit.settings import Challenge

START = 60  # seconds beyond the limit, for the kit itself to start and to write
MEMORY = 4_000_000_000  # bytes for all that is read outside of the sandbox
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


def main() -> None:
    """Verify the dossier of a task (JSON, on the command line) and leave the verdict in its folder."""
    collect_seldom()
    task = json.loads(sys.argv[1])
    told = challenge(task["rules"])
    most = max(MEMORY, int(told.limits.memory_mb * 2e6))  # the sandbox's processes begin with what this one may have
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    signal.setitimer(signal.ITIMER_PROF, task["reading"])  # of this process alone; when it is over, the process is, too
    with speaking(task["lang"]):
        verdict = _verdict(Path(task["path"]), Path(task["work"]), told, Sandbox(**task["box"]), task["origins"])
        verdict.write(task["work"])


def _verdict(path, work, told: Challenge, box, origins) -> Verdict:
    """The verdict of a dossier, in whatever way it is bad."""
    verdict = Verdict(path.stem, sha256_of(path) if path.is_file() else "")
    try:
        one = opened(path, work / "opened", told.limits)
        shutil.copyfile(one.folder / FORM, work / FORM)  # the jury's sheet is made of it
        verdict = _about(verdict, one, told, box)
        return _again(verdict, one, work, told, box, origins)
    except Refused as refused:
        why, status = [str(reason) for reason in refused.reasons], REFUSED
    except supplies.CannotBeHad as error:
        why, status = [str(error)], CANNOT
    except Exception as error:  # of strangers' files anything may be expected: a verdict there must be
        why, status = [f"{type(error).__name__}: {str(error)[:300]}"], CANNOT
    shutil.rmtree(work / REPORT, ignore_errors=True)
    return replace(verdict, status=status, why=why)


def _about(verdict, one: Opened, told: Challenge, box) -> Verdict:
    """What is known before it is run."""
    packed = one.record.get("dossier", {}).get("packed", one.record.get("started"))
    late = told.late(datetime.fromisoformat(packed).astimezone(UTC))
    about = {"name": box.name, "limits": asdict(told.limits), "other_versions": supplies.versions(one)}
    form = one.form
    return replace(verdict, title=form.title, team=form.team, theme=form.theme, late=late, sandbox=about)


def rerun(one: Opened, work: Path, told: Challenge, box: Sandbox, origins: str | None = None) -> tuple[Again, Ended]:
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
    with speaking(_language(one, told)):  # a report speaks the language that its notebooks ran in
        results, script = _report(one, again, work)
    compared = judging.answers(one.results, results, again.failed, limits.tolerance_pct, one.lock["datasets"])
    cells = [
        cell
        for name, nb in again.notebooks.items()
        for cell in judging.cells(name, _bare(notebook_at(one.folder / REPORT / f"{name}.ipynb")), nb)
    ]
    status = worst([answer.status for answer in compared] + [CANNOT] * bool(again.failed) + [DIFFERENT] * bool(cells))
    why = [f"{name}: {what}" for name, what in again.failed.items()]
    if not compared:
        why.append(_("it answers no question: there is nothing to compare"))
    if script:
        what = _("a page of the second run would execute something that is not the kit’s: {what}")
        return replace(verdict, status=REFUSED, why=[what.format(what=script)], answers=compared, cells=cells)
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
    with needed_by(__name__), without_grammar():
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


def _report(one: Opened, again: Again, work: Path) -> tuple[dict[str, list[dict[str, Any]]], str]:
    """Write the report of the second run: its answers, and what a page of it would execute, if anything."""
    with needed_by(__name__), without_grammar():
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
            return _results(chosen), found[0]
    return _results(chosen), ""


def _error(what):
    return {"ename": "jury", "evalue": what, "cell": None, "line": ""} if what else None


def _results(chosen):
    return {n.name: [{k: v for k, v in one.items() if k != "picture"} for one in n.results] for n in chosen}


if __name__ == "__main__":
    main()
