"""A wheelhouse: a wheel of every line of the lock for each system and Python, those that serve several kept once."""

from __future__ import annotations

import functools
import html
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from datakit.data.files import sha256_of, write_whole
from datakit.errors import CacheProblem, DatakitError, Unreachable
from datakit.extras import NAME, needed_by, pip
from datakit.language import N_, _
from datakit.workshop.layout import PYTHONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

with needed_by(__name__):
    from packaging import tags
    from packaging.requirements import Requirement
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

KIT = NAME.replace("-", "_") + "-"  # the beginning of its wheel's name
BATCH, AT_ONCE = 12, 4  # lines that pip is given together, and how many pips wait for the network at a time
MACOS = (14, 0)  # the oldest that Apple still mends; pyproj has no wheel for those before it
GLIBC = 28  # 2.28: Debian 10, Ubuntu 20.04 and later


@dataclass(frozen=True)
class System:
    """A system that the kit serves.

    Attributes
    ----------
    label : str
    uv : str
        What uv calls it.
    platforms : tuple of str
        Platform tags of the wheels that it takes, the best first.
    environment : dict
        Values of the markers of a lock.
    """

    label: str
    uv: str
    platforms: tuple[str, ...]
    environment: dict[str, str] = field(hash=False)


def _linux(machine):
    modern = tuple(f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 16, -1))
    old = tuple(f"manylinux{name}_{machine}" for name in ("2014", "2010", "1"))
    marks = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": machine}
    return f"{machine}-manylinux_2_{GLIBC}", modern + old, marks


_MAC = {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"}
_WINDOWS = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"}
# Macs with an Intel processor are not served: h3 and argon2-cffi-bindings have stopped to make wheels for them.
SYSTEMS = {
    "windows": System(N_("Windows"), "x86_64-pc-windows-msvc", ("win_amd64",), _WINDOWS),
    "macos": System(
        N_("macOS on Apple silicon"), "aarch64-apple-darwin", tuple(tags.mac_platforms(MACOS, "arm64")), _MAC
    ),
    "linux": System(N_("Linux on x86-64"), *_linux("x86_64")),
    "linux-arm64": System(N_("Linux on arm64"), *_linux("aarch64")),
}
ROOM = ("windows", "macos", "linux")  # what people bring to a room


@dataclass(frozen=True)
class Line:
    """One line of a lock."""

    name: str
    version: str
    hashes: frozenset[str]

    def __str__(self):
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in sorted(self.hashes))])


def lines(lock: str, system: str, python: str) -> list[Line]:
    """The lines of a lock that hold on a system and a Python.

    Parameters
    ----------
    lock : str
        Its text.
    system : str
        A key of `SYSTEMS`.
    python : str
        ``"3.12"``.

    Returns
    -------
    list of Line
    """
    # pip judges markers by the machine that it runs on, whatever --platform says.
    environment = {
        **SYSTEMS[system].environment,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    found = []
    for text in re.findall(r"^[A-Za-z0-9].*", lock.replace("\\\n", " "), re.MULTILINE):
        requirement = Requirement(text.split(" --hash")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (version,) = requirement.specifier
            hashes = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", text))
            found.append(Line(canonicalize_name(requirement.name), version.version, hashes))
    return found


@functools.cache
def _tags(system, python):
    version, platforms = tuple(map(int, python.split("."))), SYSTEMS[system].platforms
    own = tags.cpython_tags(version, platforms=platforms)
    return frozenset([*own, *tags.compatible_tags(version, f"cp{version[0]}{version[1]}", platforms)])


def missing(names: Iterable[str], wanted: Sequence[Line], system: str, python: str) -> list[Line]:
    """The lines for which none of these wheels can be installed there.

    Parameters
    ----------
    names : iterable of str
        File names of wheels.
    wanted : list of Line
    system, python : str

    Returns
    -------
    list of Line
    """
    there = set()
    for name in names:
        try:
            project, version, _build, its_tags = parse_wheel_filename(name)
        except InvalidWheelFilename:
            continue
        if not its_tags.isdisjoint(_tags(system, python)):
            there.add((project, str(version)))
    return [line for line in wanted if (line.name, line.version) not in there]


def wheels(folder: Path) -> list[str]:
    """File names of the wheels in a folder."""
    return sorted(path.name for path in folder.glob("*.whl"))


def fill(
    folder: Path,
    lock: str,
    systems: Sequence[str] = ROOM,
    pythons: Sequence[str] = PYTHONS,
    *,
    work: Path,
    say: Callable[[str], object],
) -> list[str]:
    """Fetch what a wheelhouse lacks; wheels that are there and right are kept, so that a broken fetch goes on.

    Parameters
    ----------
    folder : Path
        The wheelhouse.
    lock : str
        Text of the lock.
    systems, pythons : list of str
    work : Path
        A folder on the same disk for what is not finished.
    say : callable
        Called with each line of progress.

    Returns
    -------
    list of str
        Lines of the lock that have no wheel for a system and Python, in words.

    Raises
    ------
    Unreachable
        The index of packages does not answer.
    CacheProblem
        The disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {target: lines(lock, *target) for target in product(systems, pythons)}
    _drop_strangers(folder, {h for each in wanted.values() for line in each for h in line.hashes}, say)
    lacking: list[str] = []
    for n, ((system, python), each) in enumerate(wanted.items(), 1):
        label = _(SYSTEMS[system].label)
        start = _("[{n}/{of}] {system}, Python {python}").format(n=n, of=len(wanted), system=label, python=python)
        absent = missing(wheels(folder), each, system, python)
        if not absent:
            say(_("{target}: {n} packages, already there").format(target=start, n=len(each)))
            continue
        say(_("{target}: {n} packages, {m} to fetch").format(target=start, n=len(each), m=len(absent)))
        without = _fetch(folder, absent, system, python, work, say)
        lacking += [no_wheel(line, system, python) for line in without]
    return lacking


def no_wheel(line: Line, system: str, python: str) -> str:
    """The sentence that says which package is lacking."""
    package, label = f"{line.name} {line.version}", _(SYSTEMS[system].label)
    text = _("{package}: nobody makes a wheel for {system}, Python {python}")
    return text.format(package=package, system=label, python=python)


def _drop_strangers(folder, known, say):
    """Take away wheels that the lock does not know: those of an older lock, and those that were altered."""
    for name in wheels(folder):
        if not name.startswith(KIT) and sha256_of(folder / name) not in known:
            say(_("{name}: not of this lock, or altered: taken away").format(name=name))
            (folder / name).unlink()


def _fetch(folder, absent, system, python, work, say):
    """Let pip download wheels; those lines for which it found none."""
    batches = [absent[i : i + BATCH] for i in range(0, len(absent), BATCH)]
    command, without, done = pip(work / "pip"), [], 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(_download, command, batch, system, python, folder, work) for batch in batches]
        try:
            for batch, answer in zip(batches, asked, strict=True):
                without += answer.result()
                done += len(batch)
                size = round(_size(folder) / 1e6)
                say("  " + _("{n} of {of}, {size} MB in all").format(n=done, of=len(absent), size=size))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return without


def _download(command, batch, system, python, folder, work):
    """One call of pip into a folder of its own; whole wheels are then moved. The lines without a wheel."""
    own = work / f"pip-{system}-{python}-{batch[0].name}"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        (own / "wanted.txt").write_text("".join(f"{line}\n" for line in batch), encoding="utf-8")
        command = [*command, "download", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--progress-bar", "off", "--implementation", "cp"]
        command += ["--python-version", python, "--dest", str(own / "wheels"), "-r", str(own / "wanted.txt")]
        command += [word for platform in SYSTEMS[system].platforms for word in ("--platform", platform)]
        # What pip unpacks lies on the disk that has to hold it anyway: a small /tmp stops nothing.
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TMPDIR": str(own)})
        if done.returncode == 0:
            for path in (own / "wheels").iterdir():
                os.replace(path, folder / path.name)
            return []
        _raise_if_general(done.stderr)
        if len(batch) == 1:
            return batch
    finally:
        shutil.rmtree(own, ignore_errors=True)
    # One of them has no wheel: which one shows when each is asked for by itself.
    return [line for one in batch for line in _download(pip, [one], system, python, folder, work)]


def _raise_if_general(said):
    """Raise what would stop every other package too, or is no question of a wheel."""
    last = "\n".join(said.strip().splitlines()[-3:])
    if "No space left on device" in said or "Disk quota exceeded" in said:
        again = _("free some room, then the same command")
        raise CacheProblem("wheelhouse", _("the disk is full"), found=last, next=again)
    if "Retrying (" in said or "Could not fetch URL" in said or "ProxyError" in said:
        raise Unreachable(
            "wheelhouse",
            _("the index of Python packages does not answer"),
            found=last,
            done=_("kept the wheels that are there"),
            next=_("the same command again, where the network is good"),
        )
    if "No matching distribution" not in said and "none of the hashes" not in said.lower():
        raise DatakitError("wheelhouse", _("pip failed"), found=last, next=_("the same command again"))


def _size(folder):
    return sum(path.stat().st_size for path in folder.glob("*.whl"))


def write_index(folder: Path) -> None:
    """A page of links with digests, which ``pip --find-links`` and uv read as they read the folder itself."""
    listed = "".join(
        f'<a href="{quote(name)}#sha256={sha256_of(folder / name)}">{html.escape(name)}</a><br>\n'
        for name in wheels(folder)
    )
    page = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>wheelhouse</title>\n{listed}</html>\n'
    write_whole(folder / "index.html", lambda temporary: temporary.write_text(page, encoding="utf-8"))


def build_kit(project: Path, folder: Path, work: Path) -> str:
    """Build the kit's own wheel from the project's folder: the same sources give the same bytes.

    Parameters
    ----------
    project, folder : Path
        Where the sources are, and where the wheel goes, in the place of an older one.
    work : Path
        A folder for what is not finished.

    Returns
    -------
    str
        The line for a lock.
    """
    sources = work / "sources"
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(project / name, sources)
    for name in ("datakit", "notebooks"):
        left = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(project / name, sources / name, ignore=left)
    # A date in the wheel would make of each pack another one; 1980 is the first year that a zip knows.
    code = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
    settings = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    built = work / "built"
    shutil.rmtree(built, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", code, str(built)], cwd=sources, capture_output=True, text=True, env=settings
    )
    if done.returncode:
        found = done.stderr.strip()[-300:]
        raise DatakitError(NAME, _("the kit’s own wheel cannot be built"), found=found, next="make setup")
    (wheel,) = built.glob("*.whl")
    project_name, version = parse_wheel_filename(wheel.name)[:2]
    for old in folder.glob(f"{KIT}*.whl"):
        old.unlink()
    os.replace(wheel, folder / wheel.name)
    return f"{project_name}=={version} --hash=sha256:{sha256_of(folder / wheel.name)}"
