"""Is a mirror, in a folder or behind an address, what its ``data.lock`` says, byte by byte?"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.origins import LOCK, Origin, announced, parse_origins, usable
from datakit.data.transfer import Download
from datakit.errors import DatakitError, Gone, without_password
from datakit.language import _

if TYPE_CHECKING:
    import os
    from typing import Any


@dataclass
class MirrorReport:
    """What was done, or found, in a mirror.

    Attributes
    ----------
    good : list of str
        Datasets that are there and right.
    problems : dict
        What is wrong, by dataset or file.
    bytes : int
        Size of the good files.
    """

    folder: Path | str
    good: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    bytes: int = 0

    @property
    def ok(self) -> bool:
        return not self.problems


def verify(folder: str | os.PathLike[str]) -> MirrorReport:
    """Check every byte of a mirror.

    Parameters
    ----------
    folder : path or str
        Or the address of a served mirror: each file is fetched, and nothing of it is kept.

    Returns
    -------
    MirrorReport
        ``problems`` names what is missing, altered, or there without being in the lock (a server does not show that).

    Raises
    ------
    Unreachable, NotAsDescribed
        The folder or server is not there, or is no mirror.
    """
    served = re.match("https?:", str(folder), re.IGNORECASE)
    origin = parse_origins([str(folder)])[0] if served else Origin(str(Path(folder)), "folder")
    entries = origin.read_lock()["datasets"]
    report = MirrorReport(origin.base)
    for id, entry in entries.items():
        if problem := wrong(origin, id, entry):
            report.problems[id] = problem
        else:
            report.good.append(id)
            report.bytes += entry["bytes"]
    if not served:
        report.problems |= _unnamed(Path(folder), entries)
    return report


def _unnamed(folder, entries):
    """Files that no entry of the lock names; at the top a README may stand beside it, and cards in their folder."""
    named = {folder / id / entry["filename"] for id, entry in entries.items() if usable(entry)}
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {
        inside.as_posix(): _("is in no entry of {lock}").format(lock=LOCK)
        for inside, path in files.items()
        if path not in named and len(inside.parts) > 1 and inside.parts[0] != "cards"
    }


def wrong(origin: Origin, id: str, entry: dict[str, Any]) -> str | None:
    """What is wrong with a mirror's entry or its file, in a sentence.

    Parameters
    ----------
    origin : Origin
        The mirror, a folder or an address.
    id : str
    entry : dict
        Of its ``data.lock``.

    Returns
    -------
    str or None
    """
    if not usable(entry):
        return _("its entry of {lock} cannot be used: {digest}").format(lock=LOCK, digest=str(entry)[:160])
    return _served(origin, id, entry) if origin.kind == "http" else _lying(Path(origin.base), id, entry)


def _lying(folder, id, entry):
    path = folder / id / entry["filename"]
    if not path.is_file():
        return _("missing: {path}").format(path=path)
    return _altered(path, entry)


def _served(origin, id, entry):
    address = f"{origin.address}/{id}/{entry['filename']}"
    with tempfile.TemporaryDirectory(prefix="datakit-") as parts:
        try:
            Download(id, parts, limit=announced(entry))(address, file := Path(parts) / "file")
        except Gone:
            return without_password(_("missing: {address}").format(address=address))
        except DatakitError as error:
            return str(error)
        return _altered(file, entry)


def _altered(path, entry):
    if path.stat().st_size != entry.get("bytes"):
        return _("altered: {bytes} bytes, {expected} expected").format(
            bytes=path.stat().st_size, expected=entry.get("bytes")
        )
    if (digest := sha256_of(path)) != entry.get("sha256"):
        return _("altered: sha256 {digest}…, {digest2}… expected").format(
            digest=digest[:12], digest2=str(entry.get("sha256"))[:12]
        )
    return None
