"""Files that are whole or not there: written beside and moved, with a digest of their own where a bit may flip."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
import threading
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


def write_whole(file: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside, then move it: a reader sees the old one or the new one, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        write(temporary)
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def writable(folder: Path) -> Path:
    """A folder that is there and can be written to, or is made: asked before work of minutes.

    Raises
    ------
    WrongUse
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        what, found = _("cannot be written here"), error.strerror or str(error)
        raise WrongUse(str(folder), what, found=found, next=_("--output with a folder of yours")) from None
    return folder


def write_json(file: Path, value: object) -> None:
    """A small JSON, written whole."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    write_whole(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_note(file: Path, value: dict[str, Any]) -> None:
    """A small JSON object with a digest of itself."""
    write_json(file, {**value, "digest": _digest(value)})


def read_note(file: Path) -> dict[str, Any]:
    """What `write_note` wrote; ValueError where not every bit of it is as it was."""
    said = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or said.pop("digest", None) != _digest(said):
        raise ValueError(_("{file} was altered").format(file=file))
    return said


def _digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The digest of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_full(error: OSError) -> bool:
    """Whether an OSError means that nothing more fits on the disk or in the quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
