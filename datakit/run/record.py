"""What a run leaves: ``run.json`` and ``results.json``, and the one move that puts a whole report in its place."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from datakit import __version__
from datakit.data.origins import as_text
from datakit.errors import DatakitError, WrongUse, without_password
from datakit.extras import NAME
from datakit.language import _, language
from datakit.run.report import index_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from datakit.run.choosing import Notebook

MARK = f"{NAME} report"
RUNNING = ".running"  # locked in an unfinished report as long as its run lives


def earlier(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What a report of this kit says of its run; nothing where there is none."""
    with contextlib.suppress(OSError, ValueError):
        said = json.loads((Path(folder) / "run.json").read_text(encoding="utf-8"))
        return said if isinstance(said, dict) and said.get("kind") == MARK else {}
    return {}


def describe(
    chosen: Sequence[Notebook],
    origins: list[str],
    given: Mapping[str, object],
    started: datetime,
    seconds: float,
    folder: Path,
    command: str | None,
    lock: Path | None = None,
    here: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The content of ``run.json``, and the answers with it; ``here`` is `machine`, where many runs ask it once."""
    command = command or f"datakit run {shlex.join([n.name for n in chosen])}"
    if "--origins" not in command:  # a setting of the machine must not make it another run elsewhere
        command += f" --origins {shlex.quote(as_text(origins))}"
    return {
        "kind": MARK,
        "datakit": __version__,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "ok": all(n.ok for n in chosen),
        "command": without_password(command),
        "language": language(),
        "author": os.environ.get("DATAKIT_AUTHOR", ""),
        "origins": origins,
        "parameters": {name: without_password(value) for name, value in given.items()},
        "lock": _digest(lock) if lock else None,
        **(here or machine(chosen[0].path.resolve().parent)),
        "notebooks": {
            n.name: {
                "title": n.title,
                "status": n.status,
                "error": n.error,
                "seconds": n.seconds,
                "peak_memory": n.peak_memory,
                "parameters": n.values,
                "results": n.results,
                "provenance": n.provenance,
                "sha256": _digest(n.path),
                "page": (folder / f"{n.name}.html").exists(),
            }
            for n in chosen
        },
    }


def machine(folder: Path) -> dict[str, Any]:
    """What a run was made with: Python, the packages, and the commit that a folder of notebooks is at."""
    commit, changes = _git(folder)
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_commit": commit,
        "git_changes": changes,
        "packages": _packages(),
    }


def _packages():
    """Name and version of each package, of the head of its description alone: a whole README follows it."""
    found = {}
    for one in metadata.distributions():
        told = one.read_text("METADATA") or one.read_text("PKG-INFO") or one.read_text("") or ""
        head = dict(re.findall(r"^(Name|Version): *(.*\S)", told.partition("\n\n")[0], re.M))
        if "Name" in head:
            found[head["Name"]] = head.get("Version")
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _git(folder):
    """The commit that the notebooks are at, and whether something differs from it."""

    def git(*words):
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, encoding="utf-8", timeout=20)
        return done.stdout.strip() if done.returncode == 0 else None

    try:
        commit = git("rev-parse", "HEAD")
        return commit, bool(git("status", "--porcelain", "--untracked-files=no")) if commit else None
    except (OSError, subprocess.SubprocessError):
        return None, None


def write(folder: Path, record: dict[str, Any]) -> None:
    """Write the index, the answers and, last, ``run.json`` with the digest of every other file of the report."""
    (folder / "index.html").write_text(index_page(record), encoding="utf-8")
    results = {
        name: [{k: v for k, v in row.items() if k != "picture"} for row in one.pop("results")]
        for name, one in record["notebooks"].items()
    }
    _write_json(folder / "results.json", results)
    seal(folder, record)


def seal(folder: Path, record: dict[str, Any]) -> None:
    """Write ``run.json``: a record, and the digest of every other file of the report, those of folders included."""
    files = {f.relative_to(folder).as_posix(): _digest(f) for f in _files(folder) if f.name != RUNNING}
    _write_json(folder / "run.json", {**record, "files": files})


def _files(entry):
    return [entry] if not entry.is_dir() else sorted(f for f in entry.rglob("*") if not f.is_dir())


def _write_json(file, content):
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def not_ours(folder: Path) -> list[Path]:
    """What a run did not write into a report, or what was changed since: notes, an edited notebook."""
    said = earlier(folder)
    files = said.get("files")
    if files is None:  # a report of before files were named
        names = [f"{name}.{kind}" for name in said.get("notebooks", ()) for kind in ("html", "ipynb")]
        files = dict.fromkeys([*names, "index.html", "results.json", "messages.log"] if said else ())

    def ours(file):
        name = file.relative_to(folder).as_posix()
        return name in files and file.is_file() and files[name] in (None, _digest(file))

    entries = [entry for entry in sorted(Path(folder).iterdir()) if not (said and entry.name == "run.json")]
    return [entry for entry in entries if not _files(entry) or not all(map(ours, _files(entry)))]


def put(partial: Path, output: Path) -> list[str]:
    """Move the finished report to its place. What was there goes only when the new one is there.

    Returns
    -------
    list of str
        Files in the folder that are not of a report: they stay, under another name where the report has one like it.
    """
    if not output.exists():
        os.replace(partial, output)
        return []
    aside = Path(tempfile.mkdtemp(prefix=f".{output.name}-old-", dir=output.parent))
    try:
        os.rename(output, aside / "report")
        try:
            os.rename(partial, output)
        except OSError:
            os.rename(aside / "report", output)
            raise
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.rmdir()  # only when empty: an older report that could not be put back is worth more than tidiness
        said, done = _("the finished report cannot be moved here"), _("it is kept in {folder}").format(folder=partial)
        raise DatakitError(str(output), said, found=str(error), done=done) from error
    try:
        return _empty(aside, output)
    except OSError as error:
        said = _("what you put into the former report cannot be moved here")
        done = _("it is kept in {folder}").format(folder=aside)
        raise DatakitError(str(output), said, found=str(error), done=done) from error


def _empty(aside, output):
    """Throw a former report away, but for what is not of a report."""
    kept = []
    for file in not_ours(aside / "report"):
        place, number = output / file.name, 1
        while place.exists():
            number += 1
            place = output / f"{file.stem}-yours{f'-{number - 1}' if number > 2 else ''}{file.suffix}"
        os.rename(file, place)
        kept.append(place.name)
    shutil.rmtree(aside, ignore_errors=True)
    return kept


def place_for(output: Path, ok: bool) -> Path:
    """Where a finished report goes: to ``output``, unless it failed and the one that is there did not."""
    if ok or not earlier(output).get("ok"):
        return output
    places = (output.with_name(f"{output.name}-failed{f'-{n}' if n > 1 else ''}") for n in range(1, 100))
    return next(p for p in places if not p.exists() or earlier(p))


def tidy(output: Path) -> None:
    """Take away what runs that were killed left beside a report, and put back what they had moved aside."""
    ours = re.compile(rf"\.{re.escape(output.name)}-(old-)?[a-z0-9_]{{8}}")
    for left in [p for p in output.parent.iterdir() if ours.fullmatch(p.name)] if output.parent.is_dir() else []:
        if (left / "report").is_dir():
            if not output.exists():
                os.rename(left / "report", output)
                left.rmdir()
            else:
                _empty(left, output)
        elif (left / RUNNING).exists():
            with contextlib.suppress(Timeout), FileLock(left / RUNNING, timeout=0):
                shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def unfinished(output: Path) -> Iterator[Path]:
    """A folder beside the report's place, for what is written until the report is whole; gone when it never is."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        tidy(output)
        partial = output.with_name(f".{output.name}-{secrets.token_hex(4)}")
        partial.mkdir()
    except OSError as error:
        raise WrongUse(
            str(output),
            _("cannot be written here"),
            found=str(error),
            done=_("nothing was executed"),
            next=_("--output with a folder of yours"),
        ) from None
    try:
        with FileLock(partial / RUNNING):
            yield partial
        (partial / RUNNING).unlink(missing_ok=True)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def check_output(output: str | os.PathLike[str]) -> Path:
    """The absolute path of a report's place.

    Raises
    ------
    WrongUse
        It holds something else than a report, or cannot be written.
    """
    output = Path(os.path.abspath(output))
    if output.is_file() or (output.is_dir() and any(output.iterdir()) and not earlier(output)):
        raise WrongUse(
            str(output),
            _("holds something else than a report: it is left alone"),
            done=_("nothing was executed"),
            next=_("--output with a new folder"),
        )
    if Path.cwd().is_relative_to(output) or output.is_symlink():
        raise WrongUse(str(output), _("cannot be replaced from inside it"), next=_("--output with a new folder"))
    above = next(p for p in output.parents if p.exists())
    if not os.access(above, os.W_OK):
        raise WrongUse(str(output), _("cannot be written here"), next=_("--output with a folder of yours"))
    return output
