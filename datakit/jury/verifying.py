"""Verify dossiers: each in a process of its own, on this machine or on many, and a verdict for each, whatever it is."""

from __future__ import annotations

import glob
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of, writable
from datakit.errors import WrongUse
from datakit.jury import sandbox, verdicts
from datakit.jury.verdicts import CANNOT, FILE, REFUSED, Verdict
from datakit.language import _, language
from datakit.settings import challenge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from datakit.settings import Limits

READING = 120  # seconds of the processor for all that is read outside of the sandbox: an honest dossier takes two
GRACE = 600  # seconds beyond a dossier's own, to have its data and packages, and to read what comes out


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
        move: the jury's sheets need no zip.
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
    writable(output)
    work = output / f".{path.stem}-{secrets.token_hex(4)}"
    work.mkdir()
    try:
        about: dict[str, Any] = {"path": str(path.absolute()), "work": str(work), "rules": str(told.file.absolute())}
        about |= {"origins": origins, "lang": language(), "box": asdict(box), "reading": READING}
        verdict = _guarded(about, work, told.limits)
        for left in ("opened", "given", "data"):
            if not keep or left == "opened":
                shutil.rmtree(work / left, ignore_errors=True)
        _put(work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return verdict


def _guarded(about: dict[str, Any], work: Path, limits: Limits) -> Verdict:
    """Have another process do it. One that does not end as it should is a verdict, too."""
    path = Path(about["path"])
    # It ends with this one, as a worker of a cluster may end at any time.
    command = ["/usr/bin/setpriv", "--pdeathsig=KILL", sys.executable, "-m", "datakit.jury.rerun", json.dumps(about)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        errors = process.communicate(timeout=limits.seconds + GRACE)[1]
    except subprocess.TimeoutExpired:
        errors = b""
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode == 0 and (work / FILE).is_file():
        return verdicts.read(work)
    shutil.rmtree(work / "report", ignore_errors=True)
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
    status, why = CANNOT, [_("its process ended with {code}").format(code=process.returncode), *last]
    if process.returncode == -signal.SIGPROF:
        status, why = REFUSED, [_("to read it takes more time than any honest dossier")]
    verdict = Verdict(path.stem, sha256_of(path) if path.is_file() else "", status=status, why=why)
    verdict.write(work)
    return verdict


def _put(work, place):
    """Move a verdict to its place; what was there goes when the new one is there."""
    before = place.with_name(f"{work.name}-before")
    with suppress(FileNotFoundError):
        place.rename(before)
    work.rename(place)
    shutil.rmtree(before, ignore_errors=True)


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


def _status(folder):
    return _(verdicts.SAID[verdicts.read(folder).status])


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
    writable(place)
    where: dict[str, Any] = {"scheduler": scheduler, "ready": ready}
    where |= {"workers": workers or (None if scheduler else 1)}
    where |= {"paths": sorted({str(place), str(rules), *(str(path.parent) for path in files)})}
    ended = spread(task, tasks, **where, keep=place / ".done", progress=len(files) > 1, words=_status)
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
