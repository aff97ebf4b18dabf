"""What a dossier needs to run and does not bring: locked data and added packages, had before the sandbox starts."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.cache import cache_folder
from datakit.data.cards import read_catalog
from datakit.data.fetching import obtain
from datakit.data.files import sha256_of, write_json, write_whole
from datakit.data.origins import SAMPLE, Origin, announced, parse_origins, usable
from datakit.data.transfer import Download
from datakit.dossier.layout import DATA, LOCK, PACKAGES
from datakit.errors import DatakitError
from datakit.extras import needed_by, pip
from datakit.language import _

if TYPE_CHECKING:
    from datakit.dossier.opening import Opened

HASH = re.compile(r"\s--hash=sha256:[0-9a-f]{64}(?=\s|$)")


class CannotBeHad(DatakitError):
    """Something that a dossier needs cannot be had here."""


def data(opened: Opened, folder: Path, origins: str | None = None) -> None:
    """Make a mirror with the very files that a dossier's ``data.lock`` names.

    Parameters
    ----------
    opened : Opened
    folder : Path
        Made.
    origins : str, optional
        Of the jury, after the dossier's own files and before the bundled sample. A publisher is asked only for what
        the jury's own cards describe: a dossier's cards name whatever address their author likes.

    Raises
    ------
    CannotBeHad
        Names all that cannot.
    """
    folder.mkdir()
    lacking = []
    asked = [*parse_origins(origins), Origin("sample", "sample")]
    for id, entry in opened.lock["datasets"].items():
        place = folder / id / entry["filename"]
        place.parent.mkdir()
        if file := _file(opened, id, entry, asked):
            shutil.copyfile(file, place)
        if not place.exists() or sha256_of(place) != entry["sha256"]:
            lacking.append(id)
    if lacking:
        raise CannotBeHad(
            LOCK,
            _("these data cannot be had here as they were locked"),
            expected=", ".join(origin.name for origin in asked),
            found=", ".join(lacking)[:500],
            next=_("--origins with a mirror that has them"),
        )
    write_json(folder / LOCK, {"version": 1, "datasets": opened.lock["datasets"]})


def _file(opened, id, entry, origins):
    """A file with the content that an entry names, or None."""
    own = opened.folder / DATA / id / entry["filename"]
    kept = _store("data") / entry["sha256"]
    for file in (own, kept):
        if file.is_file() and sha256_of(file) == entry["sha256"]:
            return file
    for origin in origins:
        with suppress(DatakitError, OSError):
            if file := _from(origin, id, entry, kept, opened):
                return file
    return None


def _from(origin, id, entry, kept, opened):
    if origin.kind == "publisher":
        catalog = read_catalog()
        return obtain(catalog[id], "publisher", locked=opened.folder / LOCK).path if id in catalog else None
    there = origin.read_lock()["datasets"].get(id)
    if not usable(there) or there["sha256"] != entry["sha256"]:
        return None
    if origin.kind != "http":
        return (SAMPLE if origin.kind == "sample" else Path(origin.base)) / id / there["filename"]
    address = f"{origin.address}/{id}/{there['filename']}"
    write_whole(kept, lambda file: Download(id, kept.parent, False, announced(there))(address, file))
    return kept


def _store(name):
    folder = cache_folder() / "_jury" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def packages(opened: Opened) -> Path | None:
    """The folder of the packages that a dossier adds, installed from wheels with the digests that it names.

    Returns
    -------
    Path or None
        None where it adds none. Nothing of the packages is executed.

    Raises
    ------
    CannotBeHad
        A line is not an exact version with its digests, or pip does not find it.
    """
    wanted = _lines((opened.folder / PACKAGES).read_text(encoding="utf-8", errors="replace"))
    if not wanted:
        return None
    text = "\n".join(wanted) + "\n"
    of = f"{text}{platform.python_version()} {platform.machine()} {platform.libc_ver()}"
    folder = _store("packages") / hashlib.sha256(of.encode()).hexdigest()[:24]
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        lock, made = Path(work, "requirements.txt"), Path(work, "made")
        lock.write_text(text, encoding="utf-8")
        command = [
            *pip(_store("pip") / platform.python_version()),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--no-deps",
        ]
        command += ["--require-hashes", "--only-binary=:all:", "--no-compile", "--target", str(made), "-r", str(lock)]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=work)
        if done.returncode:
            said = done.stderr.strip().splitlines()[-1:] or [str(done.returncode)]
            raise CannotBeHad(PACKAGES, _("pip does not find these packages"), found=said[0][:300])
        with suppress(OSError):  # another process was faster
            made.rename(folder)
    return folder


def _lines(text):
    """The lines of a lock, each an exact version with digests: options and addresses of others are not followed."""
    with needed_by(__name__):
        from packaging.requirements import InvalidRequirement, Requirement
    found = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if not line:
            continue
        try:
            bare = HASH.sub("", line)
            one = Requirement(bare.strip())
            exact = len(one.specifier) == 1 and all(s.operator == "==" and "*" not in s.version for s in one.specifier)
            if one.url or not exact or not HASH.search(line):
                raise InvalidRequirement(line)
        except InvalidRequirement:
            expected = "name==1.2.3 --hash=sha256:…"
            what = _("a line is no exact version with its digest: it is not installed")
            raise CannotBeHad(PACKAGES, what, expected=expected, found=line[:160]) from None
        if one.marker is None or one.marker.evaluate():
            one.marker = None
            found.append(" ".join([str(one), *(digest.strip() for digest in HASH.findall(line))]))
    return sorted(found)


def versions(opened: Opened) -> dict[str, list[str]]:
    """Packages that are here in another version than the dossier ran with: name, then recorded and here."""
    from datakit.run.record import machine

    record = opened.record
    said = record.get("packages")
    recorded = said if isinstance(said, dict) else {}
    about = machine(opened.folder)
    here = {**about["packages"], "python": about["python"]}
    recorded = {**recorded, "python": record.get("python")}
    return {name: [str(v)[:40], here[name]] for name, v in recorded.items() if here.get(name, v) != v}


def given(opened: Opened, folder: Path) -> None:
    """Put together what of a dossier goes into the sandbox: not its report, which holds the answers."""
    from datakit.dossier.layout import WRITTEN

    folder.mkdir()
    for name in WRITTEN:
        source = opened.folder / name
        if name != DATA and source.exists():
            (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    write_json(folder / LOCK, opened.lock)  # that of another month, where a dossier is followed


def readable(*folders: Path) -> None:
    """Let another account read what is mounted, whatever this one's umask says."""
    for top in folders:
        for folder, _names, files in os.walk(top):
            os.chmod(folder, 0o755)
            for name in files:
                os.chmod(os.path.join(folder, name), 0o644)


def task(opened: Opened, seconds: float) -> str:
    """What `datakit.jury.inside` is told: the recorded parameters, but for where data comes from."""
    given = {name: value for name, value in opened.record["parameters"].items() if name != "origins"}
    return json.dumps({"parameters": given, "timeout": seconds})
