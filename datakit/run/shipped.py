"""The notebooks that come with the kit: where they are, and copies to open and change."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from datakit.data.files import write_whole
from datakit.errors import WrongUse
from datakit.extras import checkout
from datakit.language import _, language, ngettext


def kit_notebooks() -> Path:
    """The folder of the kit's own notebooks: the clone's, or those that a wheel carries inside the package.

    Returns
    -------
    Path
        Of those in the user's language.
    """
    project = checkout()
    return spoken((project if project else Path(__file__).resolve().parents[1]) / "notebooks")


def spoken(folder: Path) -> Path:
    """The folder of the same notebooks in the user's language, where there is one."""
    other = folder / language()
    return other if other.is_dir() else folder


def copy_notebooks(folder: str | os.PathLike[str] = "notebooks") -> tuple[list[Path], list[Path]]:
    """Copy the kit's notebooks into a folder, and their solutions into one below. A file that is there is left alone.

    Parameters
    ----------
    folder : path
        Made where it is not there; ``datakit run`` prefers ``./notebooks`` to the kit's own.

    Returns
    -------
    copied, left : list of Path

    Raises
    ------
    WrongUse
        The folder cannot be written.
    """
    copied: list[Path] = []
    left: list[Path] = []
    kit = kit_notebooks()
    for path in (*sorted(kit.glob("*.ipynb")), *sorted(kit.glob("solutions/*.ipynb"))):
        target = Path(folder) / path.relative_to(kit)
        if os.path.lexists(target):
            left.append(target)
            continue
        try:
            write_whole(target, partial(shutil.copyfile, path))
        except OSError as error:
            raise WrongUse(
                str(folder),
                _("notebooks cannot be written here"),
                found=error.strerror,
                done=ngettext("{n} copied before", "{n} copied before", len(copied)).format(n=len(copied))
                if copied
                else _("nothing was copied"),
                next=_("datakit notebooks, with a folder of yours"),
            ) from error
        copied.append(target)
    return copied, left
