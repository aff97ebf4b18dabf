"""Check that everything works here, and say what to do where it does not.

The standard library only, in words that even an old Python understands: this must run before anything is installed.
"""

from __future__ import annotations

import math
import os
import platform
import re
import shutil
import sys
import tempfile
import warnings
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from datakit import extras
from datakit.cli.check import Check
from datakit.cli.reaching import named, origin
from datakit.language import N_, _, decimal

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST, NEWEST = (3, 11), (3, 13)
MEMORY, DISK = 2e9, 1e9  # bytes: what the four notebooks take at once with room to spare, and data with its cache
# Degrees and Lambert-93 metres: the projection's origin, exact by definition, and a point 170 km from it by PROJ 9.
POINTS = {(3.0, 46.5): (700000.0, 6600000.0), (5.0345, 47.3215): (853657.42, 6693221.29)}
NOTEBOOKS = ("notebooks", "trees", "vegetation", "inclusion")  # the extras that the four notebooks need
USES = {
    "notebooks": N_("no maps, no charts, no JupyterLab, no `datakit run`"),
    "trees": N_("not all that the trees theme can do"),
    "vegetation": N_("not all that the vegetation theme can do"),
    "inclusion": N_("not all that the digital inclusion theme can do"),
    "challenge": N_("no dossier, no jury's machine, no follow-up of an experiment"),
    "cluster": N_("no work on many cities at once"),
    "hexagons": N_("no grid of hexagons"),
    "satellite": N_("no satellite images"),
}


def examine(origins: str | None = None) -> list[Check]:
    """Look at everything the kit needs.

    Parameters
    ----------
    origins : str, optional
        The origins of data to try; by default ``DATAKIT_ORIGINS``, else the sample. The sample is always looked at.

    Returns
    -------
    list of Check
    """
    names = named(origins)
    checks = [python(), *packages(), place(), memory(), disk(), transform(), cache(), cards()]
    for name in names + ([] if "sample" in names else ["sample"]):
        checks.append(origin(name))
    return [check for check in checks if check]


def python() -> Check:
    """The version of Python."""
    found = platform.python_version() + ", " + sys.executable
    if sys.version_info[:2] < OLDEST:
        return Check(
            N_("Python"), "failed", found, _("install Python 3.11, 3.12 or 3.13 and make the environment with it")
        )
    if sys.version_info[:2] > NEWEST:
        return Check(N_("Python"), "warning", found, _("newer than what the kit is tested on (3.11 to 3.13)"))
    return Check(N_("Python"), "ok", found)


def _numbers(version):
    return [int(n) for n in re.findall(r"\d+", version)[:4]]


def _look_up(lines):
    """Which of these requirements are missing, and which are older than asked."""
    missing, old = [], []
    for requirement in lines:
        name = re.match(r"[\w.-]+", requirement).group()
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        least = re.search(r">=\s*([\d.]+)", requirement)
        if least and _numbers(version) < _numbers(least.group(1)):
            old.append(_("{name} {version} (needs {least})").format(name=name, version=version, least=least.group(1)))
    return missing, old


def packages() -> Iterator[Check]:
    """Every direct dependency: there, and recent enough; of the extras, those that are not whole."""
    lists = extras.requirements()
    core = lists.pop(extras.CORE, [])
    if extras.checkout():  # a clone is there to run the notebooks, which need what the lock brings
        core += [line for name in NOTEBOOKS for line in lists.pop(name, [])]
        advice = _("make run installs them into .venv; or: pip install --no-deps --require-hashes -r requirements.lock")
    else:
        advice = "pip install " + extras.NAME  # pip keeps the kit that is there, and brings what it lacks
    missing, old = _look_up(sorted(set(core)))
    if missing:
        more = _(" and {n} more").format(n=len(missing) - 12) if missing[12:] else ""
        yield Check(
            N_("packages"), "failed", _("missing: {names}").format(names=", ".join(missing[:12]) + more), advice
        )
    if old:
        yield Check(N_("packages"), "failed", _("too old: {names}").format(names=", ".join(old)), advice)
    if not missing and not old:
        yield Check(N_("packages"), "ok", _("all {n} direct dependencies").format(n=len(set(core))))
    for name, lines in lists.items():
        missing, old = _look_up(lines)
        if missing or old:
            found = _("without {packages}: {lost}").format(
                packages=", ".join(missing + old), lost=_(USES.get(name, name))
            )
            yield Check(
                N_("extra"), "warning", found, _("if you want it: {command}").format(command=extras.install(name))
            )


def place() -> Check | None:
    """Binder, where there is one: its limits surprise people."""
    if not any(name.startswith("BINDER_") for name in os.environ):
        return None
    what = os.environ.get("BINDER_REPO_URL") or os.environ.get("BINDER_LAUNCH_HOST") or "yes"
    return Check(
        N_("Binder"),
        "warning",
        what,
        _(
            "closed after ten minutes without activity, nothing is kept: download your work; one processor, "
            "2 GB at most"
        ),
    )


def _first_number(*files):
    for file in files:
        try:
            return int(Path(file).read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue
    return None


def memory() -> Check:
    """Memory that can still be had, a container's limit included."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = int(next(line.split()[1] for line in lines if line.startswith("MemAvailable"))) * 1024
    except (OSError, StopIteration, ValueError):
        return Check(N_("memory"), "ok", _("not measured on this system"))
    limit = _first_number("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
    used = _first_number("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")
    if limit and limit < 1e15:
        free = min(free, limit - (used or 0))
    found = _("{size} GB free").format(size=decimal(free / 1e9, 1))
    if free < MEMORY:
        return Check(N_("memory"), "warning", found, _("run one notebook at a time: datakit run --jobs 1"))
    return Check(N_("memory"), "ok", found)


def _cache_folder():
    named = os.environ.get("DATAKIT_CACHE")
    if named:
        return Path(named).expanduser()
    try:
        from datakit.data.fetching import cache_folder

        return cache_folder()
    except ImportError:  # nothing is installed yet
        return Path("~/.cache").expanduser()


def _nearest(folder):
    folder = Path(os.path.abspath(str(folder)))
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def disk() -> Check:
    """Room where the cache is."""
    folder = _nearest(_cache_folder())
    free = shutil.disk_usage(str(folder)).free
    found = _("{size} GB free in {folder}").format(size=decimal(free / 1e9, 1), folder=folder)
    if free < DISK:
        return Check(N_("disk"), "failed", found, _("make room, or set DATAKIT_CACHE to a folder on another disk"))
    return Check(N_("disk"), "ok", found)


def transform() -> Check:
    """A real change of coordinates: a broken PROJ gives infinities or nothing, long after the import."""
    try:
        from pyproj import Transformer
    except ImportError:
        return Check(N_("coordinates"), "failed", _("pyproj is not installed"), _("make run installs it"))
    try:
        change = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
        off = max(math.dist(change.transform(*degrees), metres) for degrees, metres in POINTS.items())
    except Exception as error:  # whatever PROJ raises, the advice is the same
        return Check(N_("coordinates"), "failed", str(error)[:200], _proj_advice())
    if not off < 1:
        found = (
            _("EPSG:4326 to EPSG:2154 is wrong by {off:.0f} m").format(off=off)
            if math.isfinite(off)
            else _("gives infinity")
        )
        return Check(N_("coordinates"), "failed", found, _proj_advice())
    return Check(N_("coordinates"), "ok", _("EPSG:4326 to EPSG:2154 within {off} m").format(off=decimal(off, 2)))


def _proj_advice():
    named = [n for n in ("PROJ_LIB", "PROJ_DATA") if os.environ.get(n)]
    if named:
        return _("unset {names}: another program's PROJ data is used").format(names=" + ".join(named))
    return _("install pyproj again: pip install --force-reinstall pyproj")


def cache() -> Check:
    """The cache: can it be written?"""
    folder = _cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=str(folder), prefix=".doctor-") as file:
            file.write(b"1")
    except OSError as error:
        kept = folder.is_dir() and any(folder.iterdir())
        return Check(
            N_("cache"),
            "warning" if kept else "failed",
            _("{folder} cannot be written: {strerror}").format(folder=folder, strerror=error.strerror),
            _("what is in it can be read; for more data, set DATAKIT_CACHE to a folder of yours")
            if kept
            else _("set DATAKIT_CACHE to a folder of yours"),
        )
    return Check(N_("cache"), "ok", str(folder))


def cards() -> Check | None:
    """The data cards of a team: which are there, which replace one of the kit, and what is wrong in the others."""
    try:
        from datakit.data.card_checks import meant
        from datakit.data.cards import PACKAGED, read_catalog
        from datakit.errors import WrongUse
    except (ImportError, SyntaxError):  # too old a Python, which is said already
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = read_catalog()
    except WrongUse as error:
        return Check(
            N_("cards"),
            "failed",
            _("DATAKIT_CARDS names a folder that is not there: {found}").format(found=error.found),
            _("correct it"),
        )
    own = [card for card in found.values() if card.file and card.file.parent != PACKAGED]
    instead = [card.id for card in own if card.replaces]
    said = _("{n} of the kit").format(n=len(found) - len(own)) + (_(", {n} of yours").format(n=len(own)) if own else "")
    said += _(", in place of the kit's: ") + ", ".join(instead) if instead else ""
    wrong = [error for error in found.bad.values() if meant(Path(error.subject))]
    if wrong:
        told = "".join("\n" + str(error) for error in wrong).replace("\n", "\n" + " " * 20)
        return Check(
            N_("cards"),
            "failed",
            _("{said}; {n} cannot be used").format(said=said, n=len(wrong)),
            _("mend or delete the file:") + told,
        )
    left = [Path(error.subject).name for error in found.bad.values()]
    return Check(
        N_("cards"), "ok", said + (_("; no cards, left alone: {names}").format(names=", ".join(left)) if left else "")
    )
