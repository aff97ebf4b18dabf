"""What stands where in a packed folder, and its checksums. The standard library only: `starting` reads it too."""

from __future__ import annotations

import re
from pathlib import Path

MIRROR, WHEELS, NOTEBOOKS, JUPYTER = "mirror", "wheelhouse", "notebooks", "jupyter"
FACILITATOR, PYTHON = "facilitators", "python"
SUMS, LOCKED, ABOUT, START, PAGE = "SHA256SUMS", "requirements.lock", "pack.json", "start.pyz", "index.html"
UNFINISHED = ".unfinished"
PYTHONS = ("3.11", "3.12", "3.13")
# Of these SHA256SUMS speaks. The mirror has digests of its own, in data.lock, so that files may be added to it later.
SUMMED = (WHEELS, NOTEBOOKS, JUPYTER, FACILITATOR, PYTHON)


def is_pack(folder: Path) -> bool:
    """Whether a folder was packed to its end."""
    return (folder / SUMS).is_file()


def sums(text: str) -> dict[str, str]:
    """What the text of a file SHA256SUMS says.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict
        Path inside the folder, with ``/``, -> sha256. A path that leads out of the folder is left out.
    """
    found = {}
    for line in text.splitlines():
        digest, mark, path = line[:64], line[64:66], line[66:]
        out = path.startswith("/") or ".." in path.split("/") or "\\" in path or ":" in path
        if re.fullmatch(r"[0-9a-f]{64}", digest) and mark in ("  ", " *") and path and not out:
            found[path] = digest
    return found


def summed_files(folder: Path) -> list[str]:
    """Paths of the files that SHA256SUMS should speak of, in order."""
    top = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".") and path.name != SUMS]
    inside = [path for name in SUMMED for path in (folder / name).rglob("*") if path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in [*top, *inside])
