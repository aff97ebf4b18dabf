"""Where the project is that one works in, whichever of its folders one works in."""

from __future__ import annotations

import os
from pathlib import Path


def project_folder() -> Path:
    """The folder of the project that one works in: what is said to be in ``./`` is found from its subfolders too.

    Returns
    -------
    Path
        The nearest folder, from the current one upwards, that holds ``cards``, ``notebooks`` or ``data.lock``; else
        the current one. JupyterLab works in ``notebooks``, one below.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "cards").is_dir() or (folder / "notebooks").is_dir() or (folder / "data.lock").is_file():
            return folder
    return here


def in_project(*parts: str) -> Path:
    """A path of the project, to write to: as short as it can be said from here."""
    return Path(os.path.relpath(project_folder())).joinpath(*parts)


def from_project(path: str | os.PathLike[str]) -> Path:
    """A relative path that is not here, as one of the project; any other as it is."""
    path, there = Path(path), project_folder() / path
    return there if not path.exists() and there.exists() else path
