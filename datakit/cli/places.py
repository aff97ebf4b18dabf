"""Folders and files that a command is told to write: the one is not taken for the other."""

from __future__ import annotations

import os
from pathlib import Path

from datakit.errors import WrongUse
from datakit.language import _

FILES = {".html", ".htm", ".pdf", ".zip", ".csv", ".xlsx", ".ods", ".json", ".ipynb", ".parquet"}


def folder(text: str) -> str:
    """A folder that is there or is made, for argparse's ``type``: ``report.html`` would become a folder of that name.

    Raises
    ------
    WrongUse
        It is a file, or called as one.
    """
    path = Path(text)
    blocked = [one for one in (path, *path.parents) if one.is_file()]
    if blocked or (path.suffix.lower() in FILES and not path.is_dir()):
        what = _("this names a file, and a folder is written")
        expected = os.fspath(path.with_suffix("")) if path.suffix else _("another name")
        raise WrongUse(os.fspath(blocked[0]) if blocked else text, what, expected=expected)
    return text


def file(text: str) -> str:
    """A file that is made or replaced, for argparse's ``type``.

    Raises
    ------
    WrongUse
        It is a folder.
    """
    if Path(text).is_dir():
        what = _("this is a folder, and one file is written")
        raise WrongUse(text, what, expected=_("the name of a file in it"))
    return text
