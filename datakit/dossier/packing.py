"""One zip of a dossier: everything run again on locked data, described as a crate, whole or not there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import writable, write_whole
from datakit.data.origins import parse_origins
from datakit.dossier import crate, form
from datakit.dossier.checking import check, home, of_the_persons, of_the_results
from datakit.dossier.findings import REFUSED
from datakit.dossier.layout import CRATE, LOCK, NOTEBOOKS, ORIGINS, PREVIEW, REPORT, RULES
from datakit.dossier.supplies import files
from datakit.errors import DatakitError, WrongUse
from datakit.language import _, speaking
from datakit.run.running import run
from datakit.settings import challenge

if TYPE_CHECKING:
    from typing import Any

    from datakit.dossier.findings import Finding
    from datakit.run.running import RunReport
    from datakit.settings import Challenge

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can say: a time would make two equal dossiers differ
COMMAND = "datakit dossier pack"
TEXT = {".ipynb", ".html", ".json", ".log"}


@dataclass
class Packed:
    """A dossier that was packed.

    Attributes
    ----------
    path : Path
        The zip.
    files, bytes : int
        How many files it holds, and its own size.
    seconds : float
        Of the run.
    late : bool
        Whether the deadline has passed.
    changed : list of str or None
        Files that differ from the zip that was there before; None where there was none.
    """

    path: Path
    files: int
    bytes: int
    seconds: float
    late: bool
    changed: list[str] | None = field(default=None)


def pack(
    folder: str | os.PathLike[str] = ".",
    output: str | os.PathLike[str] | None = None,
    *,
    origins: str | None = None,
    progress: bool = True,
) -> Packed:
    """Run a dossier and pack it.

    Parameters
    ----------
    folder : path
        The dossier's, or one in it.
    output : path, optional
        The zip, or a folder for ``NAME.zip``; by default the dossier's. It appears in one move, and replaces an earlier
        one.
    origins : str, optional
        Where data comes from after the dossier's own: by default ``DATAKIT_ORIGINS``, else the
        challenge's; the sample last.
    progress : bool
        Say on the standard error what happens.

    Returns
    -------
    Packed

    Raises
    ------
    WrongUse
        It would be refused, or cannot be written there; nothing was packed.
    DatakitError
        A notebook failed, or it takes more than the challenge allows.
    """
    folder = home(folder)
    _refuse(folder, check(folder))
    dossier, told, asked = form.read(folder), challenge(folder / RULES), _origins(folder, origins)
    to = _place(folder, output)
    with tempfile.TemporaryDirectory(prefix=".dossier-", dir=to.parent) as staged:
        whole = Path(staged) / folder.name
        names = files(folder)
        for name in names:
            (whole / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, whole / name)
        _hide(whole / LOCK, whole)  # it names the mirrors that it was made from
        with contextlib.chdir(whole):  # what is packed is what runs, with its own cards
            done = _run(whole, dossier, told, asked, progress)
        record = _record(whole, told)
        names += [f"{REPORT}/{path.name}" for path in sorted((whole / REPORT).iterdir())]
        results = json.loads((whole / REPORT / "results.json").read_text(encoding="utf-8"))
        _refuse(folder, [*of_the_results(dossier, record, results), *of_the_persons(whole, names, folder)])
        with speaking(dossier.language or told.language):
            crate.describe(whole, names, dossier, told, record)
        names += [CRATE, PREVIEW]
        before = _digests(to)
        write_whole(to, lambda temporary: _zip(whole, names, temporary, told))
    after, late = _digests(to), record["dossier"]["late"]
    changed = None if before is None else sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    return Packed(to, len(names), to.stat().st_size, done.seconds, late, changed)


def _refuse(folder, findings: list[Finding]) -> None:
    """Stop where a jury would refuse the dossier."""
    wrong = [finding for finding in findings if finding.level == REFUSED]
    if not wrong:
        return
    if len(wrong) == 1:
        raise WrongUse(**{**vars(wrong[0].error), "done": _("nothing was packed")})
    raise WrongUse(
        folder.name,
        _("would be refused"),
        found="\n            ".join(f"{one.error.subject}: {one.error.what}" for one in wrong),
        done=_("nothing was packed"),
        next="datakit dossier check",
    )


def _place(folder, output):
    """Where the zip goes: looked at before a run of minutes."""
    place = Path(output).absolute() if output else folder
    place = place / f"{folder.name}.zip" if place.is_dir() else place
    if place.suffix.lower() != ".zip":
        what, expected = _("a dossier is packed into a .zip"), f"--output {place.name}.zip"
        raise WrongUse(str(place), what, expected=expected, found=place.name)
    writable(place.parent)
    return place


def _origins(folder, asked):
    """The dossier's own mirror, then what is asked for, then the sample; a folder as it is found from here."""
    own, found = folder / ORIGINS[0], [ORIGINS[0]]
    named = asked or os.environ.get("DATAKIT_ORIGINS")
    with contextlib.chdir(Path.cwd() if named else folder):  # what the dossier's challenge says is said from there
        for origin in parse_origins(asked):
            name = os.path.abspath(origin.base) if origin.kind == "folder" else origin.typed
            found += [] if Path(name).resolve() == own.resolve() else [name]
    return list(dict.fromkeys([*found, ORIGINS[1]]))


def _run(folder, dossier, told: Challenge, origins, progress) -> RunReport:
    """All notebooks, one after the other, on the locked data; what the limits do not allow is an error."""
    with speaking(dossier.language or told.language), _signed(dossier.team):
        done = run(
            None,
            origins=origins,
            parameters=dossier.parameters,
            output=folder / REPORT,
            jobs=1,
            timeout=told.limits.seconds,
            progress=progress,
            notebooks=folder / NOTEBOOKS,
            command=COMMAND,
            locked=folder / LOCK,
        )
    if failed := [f"{notebook.name}: {notebook.summary()}" for notebook in done.notebooks if not notebook.ok]:
        raise DatakitError(
            folder.name,
            _("a notebook does not run from top to bottom"),
            found="; ".join(failed),
            done=_("nothing was packed"),
            next=f"jupyter lab {NOTEBOOKS}/{next(n for n in done.notebooks if not n.ok).name}.ipynb",
        )
    peak = max(((notebook.peak_memory or 0) / 1e6 for notebook in done.notebooks), default=0.0)
    _within("seconds", done.seconds, told.limits.seconds, folder.name)
    _within("memory_mb", peak, told.limits.memory_mb, folder.name)
    return done


@contextlib.contextmanager
def _signed(team):
    """Variables of this machine that are not the dossier's: its author is the team, and other cards do not count."""
    before = {name: os.environ.pop(name) for name in ("DATAKIT_AUTHOR", "DATAKIT_CARDS") if name in os.environ}
    os.environ["DATAKIT_AUTHOR"] = team
    try:
        yield
    finally:
        del os.environ["DATAKIT_AUTHOR"]
        os.environ.update(before)


def _hide(path, folder):
    """Take this machine's folders out of a file: a home is called after a person."""
    person = Path.home()
    places = {f"{folder}{os.sep}": "", str(folder): "."} | ({str(person): "~"} if len(person.parts) > 1 else {})
    text = path.read_text(encoding="utf-8")
    for place, said in places.items():
        ends = "" if place.endswith(os.sep) else r"(?![\w-])"
        for spelt in {json.dumps(place)[1:-1], place}:
            text = re.sub(re.escape(spelt) + ends, said, text)
    path.write_text(text, encoding="utf-8")


def _record(folder: Path, told: Challenge) -> dict[str, Any]:
    """Make the report one that says nothing of this machine's folders or user, and add when it was packed."""
    report = folder / REPORT
    for path in sorted(report.iterdir()):
        if path.suffix in TEXT:
            _hide(path, folder)
    record = json.loads((report / "run.json").read_text(encoding="utf-8"))
    now = datetime.now(UTC)
    record["dossier"] = {
        "packed": now.isoformat(timespec="seconds"),
        "deadline": told.deadline.isoformat() if told.deadline else None,
        "late": told.late(now),
    }
    record["files"] = {name: hashlib.sha256((report / name).read_bytes()).hexdigest() for name in record["files"]}
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    (report / "run.json").write_text(text, encoding="utf-8")
    return record


def _zip(folder, names, path, told: Challenge):
    """The same bytes each time of the same files: in the order of their names, without times or rights."""
    limits = told.limits
    size = sum((folder / name).stat().st_size for name in names) / 1e6
    _within("files", len(names), limits.files, folder.name)
    _within("unpacked_mb", size, limits.unpacked_mb, folder.name)
    with zipfile.ZipFile(path, "w") as packed:
        for name in sorted(names):
            about = zipfile.ZipInfo(name, EPOCH)
            about.compress_type, about.create_system, about.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            packed.writestr(about, (folder / name).read_bytes())
    _within("zip_mb", path.stat().st_size / 1e6, limits.zip_mb, folder.name)


def _within(name, found, limit, subject):
    if found > limit:
        what = _("it takes more than {file} allows").format(file=RULES)
        done = _("nothing was packed")
        raise DatakitError(subject, what, expected=f"{name} <= {limit:g}", found=f"{found:.0f}", done=done)


def _digests(path):
    """The digest of each file of a zip, or None where there is none that can be read."""
    try:
        with zipfile.ZipFile(path) as packed:
            return {one.filename: hashlib.sha256(packed.read(one)).hexdigest() for one in packed.infolist()}
    except (OSError, zipfile.BadZipFile):
        return None
