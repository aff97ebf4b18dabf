"""What a jury has of each dossier: its form and its report, out of the zip, and the verdict of the second run."""

from __future__ import annotations

import json
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.provenance import ANSWER_MIME
from datakit.data.text import slug
from datakit.dossier import form
from datakit.dossier.layout import FORM, REPORT
from datakit.errors import WrongUse
from datakit.jury import verdicts
from datakit.jury.strangers import picture, plain
from datakit.language import _

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from typing import Any

    from datakit.dossier.form import Dossier
    from datakit.jury.verdicts import Verdict

RESULTS = f"{REPORT}/results.json"
# Bytes that are read of a member, however large it says that it is or becomes: choices of this kit.
FORM_BYTES, RESULTS_BYTES, NOTEBOOK_BYTES = 1_000_000, 50_000_000, 200_000_000


@dataclass(frozen=True)
class Entry:
    """One dossier as a jury has it.

    Attributes
    ----------
    name : str
        Of its zip, without ``.zip``.
    verdict : Verdict, optional
        None where it was not run again.
    form : Dossier, optional
        None where the zip was not given or its form cannot be read.
    answers, again : list of dict
        As packed, and as they came out again, each with its ``notebook``. Without the zip, what was packed is known by
        the verdict's sentences.
    member : callable
        Bytes of a file of the zip (else of the verdict's folder), or None.
    """

    name: str
    verdict: Verdict | None = None
    form: Dossier | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    member: Callable[[str, int], bytes | None] = field(default=lambda name, most: None, repr=False, compare=False)

    def said(self, what: str, longest: int) -> str:
        """A text of the form, else of the verdict: plain, and cut."""
        return plain(getattr(self.form, what, "") or getattr(self.verdict, what, ""), longest)

    def main(self) -> dict[str, Any]:
        """The answer that the sheet shows: to the form's question, else of the first indicator, else the first one."""
        answers = self.answered()
        if self.form:
            asked = self.form.question.strip()
            told = self.form.indicators
            for one in answers:
                if asked and (one.get("question") == asked or one.get("id") == slug(asked)):
                    return one
            for one in answers:
                if told and (one["notebook"], one.get("id")) == (told[0].notebook, told[0].question):
                    return one
        return answers[0] if answers else {}

    def answered(self) -> list[dict[str, Any]]:
        """The answers that say something, in the order of the dossier."""
        return [one for one in self.answers if one.get("answered") is True and one.get("sentence")]

    def picture(self, answer: dict[str, Any]) -> str:
        """The picture of an answer, from the executed notebook, drawn again; empty where there is none."""
        name = answer.get("notebook", "")
        content = self.member(f"{REPORT}/{name}.ipynb", NOTEBOOK_BYTES) if name else None
        try:
            cells = json.loads(content or "{}").get("cells", [])
            outputs = [out.get("data", {}) for cell in cells for out in cell.get("outputs", [])]
            shown = [data for data in outputs if data.get(ANSWER_MIME, {}).get("id") == answer.get("id")]
        except (ValueError, AttributeError, TypeError, RecursionError):
            return ""  # not a notebook
        for data in shown:
            html = data.get("text/html", "")
            if drawn := picture("".join(html) if isinstance(html, list) else html):
                return drawn
        return ""


def collect(paths: Iterable[str | os.PathLike[str]]) -> list[Entry]:
    """The dossiers of some folders and zips, in the order of their names.

    Parameters
    ----------
    paths : sequence of path
        Zips; folders of verdicts as ``datakit jury verify`` leaves them, ``DIR/NAME/verdict.json``; folders of zips. A
        zip and a verdict of one name are one dossier.

    Raises
    ------
    WrongUse
        A path does not exist, nothing is found, two zips have one name, or a verdict is of another zip.
    """
    zips: dict[str, Path] = {}
    runs: dict[str, Path] = {}
    given = [Path(one) for one in paths]
    for path in given:
        if not path.exists():
            raise WrongUse(str(path), _("there is no such file or folder"))
        single = path.is_file() or (path / verdicts.FILE).is_file()
        for found in [path] if single else sorted(path.iterdir()):
            if found.name.startswith("."):
                continue  # of a run that is not over
            if (found / verdicts.FILE).is_file():
                _once(runs, verdicts.read(found).dossier, found)
            elif found.is_file() and found.suffix == ".zip":
                _once(zips, found.stem, found)
    names = sorted({*zips, *runs})
    if not names:
        raise WrongUse(
            ", ".join(map(str, given)),
            _("no dossier is here"),
            expected=_("zips of dossiers, or a folder of verdicts"),
            next="datakit jury verify DOSSIER.zip --output DIR",
        )
    return [_entry(name, zips.get(name), runs.get(name)) for name in names]


def _once(found, name, path):
    if Path(name).name != name:  # it becomes the name of a file
        raise WrongUse(str(path), _("this is no name of a dossier"), found=name)
    if name in found and found[name].resolve() != path.resolve():
        raise WrongUse(name, _("two dossiers have this name"), found=f"{found[name]}, {path}")
    found[name] = path


def _entry(name, file, folder):
    verdict = verdicts.read(folder) if folder else None
    if file and verdict and verdict.sha256 != (digest := sha256_of(file)):
        raise WrongUse(
            str(file),
            _("the verdict is of another zip of this name"),
            expected=f"sha256 {verdict.sha256}",
            found=f"sha256 {digest}",
            next=f"datakit jury verify {file}",
        )
    if verdict and verdict.status == verdicts.REFUSED:
        file = None  # a zip that was refused is not opened once more: what can be said stands in the verdict
    member = _in_zip(file) if file else _in_folder(folder)
    again = _in_folder(folder) if folder else lambda name, most: None
    ran = _answers(again)
    packed = _answers(member) if file else _from_verdict(verdict, ran)
    return Entry(name, verdict, _form(member), packed, ran, member)


def _from_verdict(verdict, ran):
    """What was packed, without the zip: the sentences that the verdict kept, and the rest from the second run."""
    again = {(one["notebook"], one.get("id")): one for one in ran}
    return [
        again.get((one.notebook, one.id), {})
        | {"notebook": one.notebook, "id": one.id, "question": one.question}
        | {"sentence": one.sentence, "answered": bool(one.sentence)}
        for one in verdict.answers
    ]


def _in_zip(file):
    """Read members by their exact name, one by one: nothing is unpacked on disk, and no member beyond its limit."""

    def member(name, most):
        try:
            with zipfile.ZipFile(file) as opened, opened.open(name) as stream:
                content = stream.read(most + 1)
        except (KeyError, OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error):
            return None  # it lacks it, or is none: what verifies a dossier says what is wrong with it
        return content if len(content) <= most else None

    return member


def _in_folder(folder):
    def member(name, most):
        path = folder / name
        try:
            inside = path.resolve().is_relative_to(folder.resolve())
            return path.read_bytes() if inside and path.is_file() and path.stat().st_size <= most else None
        except (OSError, ValueError):
            return None

    return member


def _form(member):
    content = member(FORM, FORM_BYTES)
    if content is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FORM).write_bytes(content)
        try:
            return form.read(folder)
        except WrongUse:
            return None


def _answers(member):
    """The answers of a ``results.json``; whatever in it is not of its form is left out."""
    try:
        said = json.loads(member(RESULTS, RESULTS_BYTES) or b"{}")
    except (ValueError, RecursionError):
        return []
    found = said.items() if isinstance(said, dict) else ()
    rows = [(name, one) for name, listed in found if isinstance(listed, list) for one in listed]
    return [{**one, "notebook": name} for name, one in rows if isinstance(one, dict)]
