"""Folders and files that a command is told to write: the one is not taken for the other."""

from __future__ import annotations

import os
from pathlib import Path

from datakit.errors import WrongUse
from datakit.language import N_, _

A_FILE = N_("this names a file, and a folder is written")
FILES = {".html", ".htm", ".pdf", ".zip", ".csv", ".xlsx", ".ods", ".json", ".ipynb", ".parquet"}


def folder(text: str) -> str:
    """A folder that is there or is made, for argparse's ``type``: ``report.html`` would become a folder of that name.

    Raises
    ------
    WrongUse
        It is a file, or called as one.
    """
    path = Path(text)
    _only_folders(path, *path.parents)
    if path.suffix.lower() in FILES and not path.is_dir():
        raise WrongUse(text, _(A_FILE), expected=os.fspath(path.with_suffix("")))
    return text


def file(text: str) -> str:
    """A file that is made or replaced, for argparse's ``type``.

    Raises
    ------
    WrongUse
        It is a folder, or below a file.
    """
    _only_folders(*Path(text).parents)
    if Path(text).is_dir():
        what = _("this is a folder, and one file is written")
        raise WrongUse(text, what, expected=_("the name of a file in it"))
    return text


def _only_folders(*paths):
    if found := [one for one in paths if one.is_file()]:
        raise WrongUse(os.fspath(found[0]), _(A_FILE), expected=_("another name"))
