"""What may be taken from a served folder: the files that its lists name, as long as they are right."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.origins import LOCK, usable
from datakit.data.verifying import MirrorReport, verify
from datakit.errors import NotAsDescribed
from datakit.language import _
from datakit.workshop import layout

if TYPE_CHECKING:
    import os


class Shelf:
    """A mirror: its ``data.lock``, and the files that it names.

    Parameters
    ----------
    folder : Path
    """

    packed = False

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def listed(self) -> dict[str, tuple[str, str]]:
        """Path in the address -> path in the folder, and the sha256 that the file should have.

        Read again each time: a mirror may be filled while it is served.
        """
        try:
            lock = (self.folder / LOCK).read_bytes()
            entries = json.loads(lock)["datasets"].items()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}
        named = {f"{id}/{entry['filename']}": entry["sha256"] for id, entry in entries if usable(entry)}
        found = {LOCK: hashlib.sha256(lock).hexdigest(), **named}
        return {path: (path, digest) for path, digest in found.items()}

    def find(self, path: str) -> tuple[str, str] | None:
        """Where a file is in the folder, and its sha256; None where there is nothing to give."""
        inside, wanted = self.listed().get(path, ("", ""))
        return (inside, wanted) if wanted and self._found(inside) == wanted else None

    def right(self) -> dict[str, str]:
        """Path in the address -> sha256, of all the files that are as they should be."""
        return {path: wanted for path, (inside, wanted) in self.listed().items() if self._found(inside) == wanted}

    def _found(self, path):
        file = self.folder / path
        try:
            state = file.stat()
            return _digest(file, state.st_size, state.st_mtime_ns)
        except OSError:
            return None

    def report(self) -> MirrorReport:
        """What `datakit.data.verifying.verify` finds.

        Raises
        ------
        Unreachable, NotAsDescribed
            The folder is not there, or is no mirror.
        """
        return verify(self.folder)


class PackShelf(Shelf):
    """A packed folder: its wheels and notebooks and, at the top of the address, its mirror; not the facilitator's."""

    packed = True

    def listed(self) -> dict[str, tuple[str, str]]:
        mirror, theirs = Shelf(self.folder / layout.MIRROR).listed(), layout.FACILITATOR + "/"
        data = {path: (f"{layout.MIRROR}/{path}", digest) for path, (_inside, digest) in mirror.items()}
        return data | {path: (path, digest) for path, digest in self.sums().items() if not path.startswith(theirs)}

    def sums(self) -> dict[str, str]:
        """What SHA256SUMS says, and its own digest."""
        try:
            data = (self.folder / layout.SUMS).read_bytes()
        except OSError:
            return {}
        return {**layout.sums(data.decode("utf-8", "replace")), layout.SUMS: hashlib.sha256(data).hexdigest()}

    def report(self) -> MirrorReport:
        """Of the mirror, and of every file that SHA256SUMS names; the facilitator's may be left out of a copy."""
        report, listed = verify(self.folder / layout.MIRROR), self.sums()
        whole = (self.folder / layout.FACILITATOR).is_dir()
        for path, digest in listed.items():
            found = self._found(path)
            if found == digest:
                report.bytes += (self.folder / path).stat().st_size
            elif whole or not path.startswith(layout.FACILITATOR + "/"):
                report.problems[path] = _wrong(found)
        for path in layout.summed_files(self.folder):
            if path not in listed:
                report.problems[path] = _("is not in {list}").format(list=layout.SUMS)
        return report


def shelf_of(folder: str | os.PathLike[str]) -> Shelf:
    """The shelf of a mirror or of a packed folder.

    Raises
    ------
    NotAsDescribed
        The folder was being packed, and is not finished.
    """
    folder = Path(folder)
    if layout.is_pack(folder):
        return PackShelf(folder)
    if (folder / layout.ABOUT).is_file():
        raise NotAsDescribed(
            str(folder),
            _("this folder is not packed to its end"),
            expected=_("{name} at its top").format(name=layout.SUMS),
            next=_("datakit workshop pack {folder}; or only its data: {mirror}").format(
                folder=folder, mirror=folder / layout.MIRROR
            ),
        )
    return Shelf(folder)


def _wrong(found):
    return _("missing") if found is None else _("altered: sha256 {digest}…").format(digest=found[:12])


@functools.cache
def _digest(file, size, changed):
    """Computed once for each state of a file."""
    return sha256_of(file)
