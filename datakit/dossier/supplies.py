"""What a dossier runs on: the files that are packed, their number and size, the locked data, the locked packages."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.cards import PACKAGED, read_card
from datakit.data.origins import LOCK as DATA_LOCK
from datakit.data.origins import Origin, usable
from datakit.data.verifying import verify
from datakit.dossier.findings import advice, missing, refused
from datakit.dossier.layout import CARDS, DATA, FORM, LOCK, PACKAGES, WRITTEN
from datakit.errors import DatakitError, WrongUse
from datakit.extras import NAME, checkout, needed_by
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from datakit.dossier.findings import Finding
    from datakit.dossier.form import Dossier
    from datakit.settings import Challenge

AGAIN = "uv pip compile requirements.in --constraint kit.txt --generate-hashes --no-header --output-file " + PACKAGES


def files(folder: Path) -> list[str]:
    """What of a dossier's folder is packed: the names of the files that the team writes, with ``/``, in order.

    Hidden files are a program's own and stay out.

    Raises
    ------
    WrongUse
        One of them is a link.
    """
    return sorted(_found(folder, [folder / name for name in WRITTEN]))


def _found(folder, paths) -> Iterator[str]:
    for path in paths:
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_symlink():
            where = path.relative_to(folder).as_posix()
            raise WrongUse(where, _("a link to somewhere else cannot be packed"), next=_("put the file itself there"))
        if path.is_dir():
            yield from _found(folder, path.iterdir())
        elif path.is_file():
            yield path.relative_to(folder).as_posix()


def of_the_size(folder: Path, names: list[str], told: Challenge) -> Iterator[Finding]:
    """Files and bytes against the challenge's limits; what a run adds is looked at when it is packed."""
    sizes = {name: (folder / name).stat().st_size / 1e6 for name in names}
    if len(sizes) > told.limits.files:
        expected, found = f"files <= {told.limits.files}", str(len(sizes))
        yield refused(folder.name, _("it has more files than the challenge allows"), expected=expected, found=found)
    if sum(sizes.values()) > told.limits.unpacked_mb:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
        yield refused(
            folder.name,
            _("it is larger than the challenge allows"),
            expected=f"unpacked_mb <= {told.limits.unpacked_mb:g}",
            found=f"{sum(sizes.values()):.0f}: " + ", ".join(f"{name} ({sizes[name]:.0f})" for name in largest),
        )


def locked(folder: Path) -> dict[str, dict[str, Any]]:
    """The entries of the dossier's ``data.lock``.

    Raises
    ------
    WrongUse
        It is not there, or is no lock.
    """
    try:
        entries = json.loads((folder / LOCK).read_text(encoding="utf-8"))["datasets"]
        if not isinstance(entries, dict) or not all(map(usable, entries.values())):
            raise ValueError(_("an entry has no file name or sha256"))
    except FileNotFoundError:
        raise WrongUse(LOCK, _("this lock file is not there"), next="datakit lock ID …") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongUse(LOCK, _("this is no lock file"), found=str(error), next="datakit lock ID …") from None
    return entries


def of_the_data(folder: Path, dossier: Dossier) -> Iterator[Finding]:
    """Cards, the dossier's own mirror, and the lock, each against the others."""
    own, wrong = _cards(folder)
    yield from wrong
    known = {*own, *(path.stem for path in PACKAGED.glob("*.json"))}  # other cards of this machine no jury has
    if unknown := [id for id in dossier.data if id.partition("@")[0] not in known]:
        what, next = _("no data card has this id"), _("datakit list; a card of yours goes into {folder}")
        yield refused(FORM, what, found=", ".join(unknown), next=next.format(folder=CARDS))
    if not dossier.data:
        yield refused(FORM, _("it names no data"), expected='data = ["…"]')
    mirrored = _mirror(folder)
    yield from mirrored[1]
    try:
        entries = locked(folder)
    except WrongUse as error:
        ids = " ".join(dossier.data)
        yield refused(error.subject, error.what, found=error.found, next=f"datakit lock {ids}".strip())
        return
    yield from _of_the_lock(dossier, entries, mirrored[0])


def _cards(folder):
    """Ids of the dossier's own cards, and those that cannot be used."""
    ids, wrong = [], []
    for path in sorted((folder / CARDS).glob("*.json")):
        try:
            ids.append(read_card(path).id)
        except DatakitError as error:
            wrong.append(
                refused(f"{CARDS}/{path.name}", error.what, expected=error.expected, found=error.found, next=error.next)
            )
    return ids, wrong


def _mirror(folder):
    """Entries of the dossier's own mirror, and what is wrong in it."""
    try:
        report = verify(folder / DATA)
        entries = Origin(str(folder / DATA), "folder").read_lock()["datasets"]
    except DatakitError as error:
        return {}, [refused(f"{DATA}/{DATA_LOCK}", error.what, expected=error.expected, found=error.found)]
    add = f"datakit mirror add {DATA} ID FILE --vintage YEAR"
    return entries, [refused(f"{DATA}/{name}", what, next=add) for name, what in report.problems.items()]


def _of_the_lock(dossier, entries, mirrored):
    if unlocked := [id for id in dossier.data if id not in entries]:
        what = _("the form names data that the lock does not")
        yield refused(LOCK, what, found=", ".join(unlocked), next=f"datakit lock {' '.join(unlocked)}")
    if unnamed := [id for id in entries if id not in dossier.data]:
        yield missing(FORM, _("the lock has data that the form does not name"), found=", ".join(unnamed))
    sample = Origin("sample", "sample").read_lock()["datasets"]
    for origin, there in ((DATA, mirrored), ("sample", sample)):
        for id, entry in entries.items():
            held = entry.get("origin") == "sample" if origin == "sample" else id in there
            if held and there.get(id, {}).get("sha256") != entry["sha256"]:
                what = _("the file of {id} is no longer the one that was locked").format(id=id)
                found = str(there.get(id, {}).get("sha256"))[:12]
                next = f"datakit lock {id} --origins {origin}"
                yield refused(LOCK, what, expected=entry["sha256"][:12], found=found, next=next)
    if invented := [id for id, entry in entries.items() if entry.get("synthetic")]:
        next = f"datakit lock {' '.join(invented)} --origins publisher"
        yield advice(LOCK, _("part of the data is invented, the sample's"), found=", ".join(invented), next=next)


def of_the_packages(folder: Path) -> Iterator[Finding]:
    """The lock of packages: exact, with hashes, and none of the kit's in another version."""
    try:
        wanted = packages((folder / PACKAGES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        yield refused(PACKAGES, _("this lock file is not there"), next=_("an empty file says that the kit is enough"))
        return
    except (ValueError, OSError) as error:
        what = _("a line of this lock of packages cannot be used")
        yield refused(PACKAGES, what, expected="name==1.2.3 --hash=sha256:…", found=str(error), next=AGAIN)
        return
    kit = _kit()
    for name, version in wanted.items():
        if name in kit and version not in kit[name]:
            what = _("{name} has another version than in the kit's lock").format(name=name)
            yield refused(PACKAGES, what, expected=", ".join(sorted(kit[name])), found=version, next=AGAIN)
            continue
        there = _installed(name)
        if there != version:
            what = _("{name} is not installed here in this version: the dossier would run on something else")
            next = f"pip install --no-deps --require-hashes -r {PACKAGES}"
            yield refused(PACKAGES, what.format(name=name), expected=version, found=there, next=next)


def packages(text: str) -> dict[str, str]:
    """Names and versions of a lock of packages.

    Parameters
    ----------
    text : str
        As ``uv pip compile --generate-hashes`` writes it.

    Returns
    -------
    dict of str to str
        Of the lines that hold on this machine.

    Raises
    ------
    ValueError
        A line has no exact version or no hash, or is an option or an address.
    """
    with needed_by(__name__):
        from packaging.requirements import InvalidRequirement, Requirement
        from packaging.utils import canonicalize_name
    found: dict[str, str] = {}
    for line in re.sub(r"\\\s*\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if not line:
            continue
        said, *hashes = re.split(r"\s+--hash=", line)
        try:
            one = Requirement(said.strip())
        except InvalidRequirement:
            raise ValueError(line[:80]) from None
        exact = re.fullmatch(r"==([^*,]+)", str(one.specifier))
        if (
            one.url
            or not exact
            or not hashes
            or not all(re.fullmatch("sha256:[0-9a-f]{64}", h.strip()) for h in hashes)
        ):
            raise ValueError(line[:80])
        if one.marker is None or one.marker.evaluate():
            found[canonicalize_name(one.name)] = exact[1]
    return found


def _kit():
    """Versions of the packages that the kit's lock names, where the kit is a clone; else of what it needs here."""
    clone = checkout()
    with needed_by(__name__):
        from packaging.requirements import Requirement
        from packaging.utils import canonicalize_name
    if clone and (clone / PACKAGES).is_file():
        pins = re.findall(r"^([\w.-]+)==([^\s;\\]+)", (clone / PACKAGES).read_text(encoding="utf-8"), re.M)
    else:
        lines = metadata.requires(NAME) or []
        names = {Requirement(line).name for line in lines}
        pins = [(name, version) for name in names if (version := _installed(name))]
    found: dict[str, set[str]] = {}
    for name, version in pins:
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def _installed(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
