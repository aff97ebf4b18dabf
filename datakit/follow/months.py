"""The months that there is data of: a mirror or a dated lock each, and whether what it holds is of that month."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from datakit.data.origins import LOCK, Origin, usable
from datakit.errors import NotAsDescribed, WrongUse
from datakit.language import _, day

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Any

NAME = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
LATE = 31  # days after its end within which a month's data may be fetched, where nothing else dates it: our choice


@dataclass(frozen=True)
class Month:
    """One month's data.

    Attributes
    ----------
    name : str
        ``"2027-04"``.
    entries : dict
        Of its ``data.lock``: dataset -> filename, sha256, retrieved, vintage.
    folder : Path, optional
        The mirror; none where there is a dated lock only.
    """

    name: str
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def there(self) -> bool:
        return bool(self.entries)

    def digest(self, ids: Iterable[str] | None = None) -> str:
        """Of its files, or of those of some datasets; empty where it has none of them."""
        chosen = self.entries if ids is None else set(ids) & self.entries.keys()
        named = sorted((id, self.entries[id]["sha256"]) for id in chosen)
        return hashlib.sha256(json.dumps(named).encode()).hexdigest() if named else ""


def find(folder: str | os.PathLike[str], last: str | None = None) -> list[Month]:
    """The months of a folder, from the first that is there to the last, those between that are missing included.

    Parameters
    ----------
    folder : path
        One mirror a month named ``2027-04``, or dated locks ``2027-04.lock``; what is named otherwise is left alone.
    last : str, optional
        Where to end, whether it is there or not.

    Returns
    -------
    list of Month

    Raises
    ------
    WrongUse
        No month is there, or a month is named twice.
    NotAsDescribed
        A month's lock cannot be used.
    """
    folder, found = Path(folder), {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        named = path.name if path.is_dir() else path.stem if path.suffix == ".lock" else ""
        if not NAME.fullmatch(named):
            continue
        if named in found:
            raise WrongUse(str(folder), _("{month} is there twice").format(month=named), expected=_("one of each"))
        found[named] = Month(named, _entries(path), path if path.is_dir() else None)
    if last is not None:
        found = {name: month for name, month in found.items() if name <= last}
    if not found:
        raise WrongUse(
            str(folder),
            _("no month is in this folder"),
            expected=_("mirrors named 2027-04, or locks named 2027-04.lock"),
            next=_("datakit mirror build {folder}/2027-04").format(folder=folder),
        )
    every = pd.period_range(min(found), last or max(found), freq="M").astype(str)
    return [found.get(name, Month(name)) for name in every]


def _entries(path):
    if path.is_dir():
        entries = Origin(str(path), "folder").read_lock()["datasets"]
    else:
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))["datasets"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotAsDescribed(str(path), _("this is no lock file"), found=str(error), next="datakit lock") from None
    if not entries or not all(map(usable, entries.values())):
        file = path / LOCK if path.is_dir() else path
        raise NotAsDescribed(
            str(file),
            _("entries of {lock} cannot be used").format(lock=file.name),
            expected=_("a file name and a sha256"),
            next=f"datakit mirror verify {path}" if path.is_dir() else "datakit lock",
        )
    return entries


def dated(month: str, entry: dict[str, Any]) -> tuple[bool, str]:
    """Whether a dataset's file is of the month that it was given for, by what its lock says.

    The vintage decides where it names a month. Else the file was to be fetched in the month, or within 31 days of its
    end (a choice of this kit): what was fetched before cannot know the month, and what was fetched later may be of a
    later one. A lock that says neither is taken at its word.

    Parameters
    ----------
    month : str
    entry : dict

    Returns
    -------
    of_month : bool
    why : str
        Why not; or that it came late all the same. Empty where all is well.

    Examples
    --------
    >>> dated("2027-04", {"retrieved": "2027-04-28T07:00:00Z"})
    (True, '')
    >>> dated("2027-04", {"retrieved": "2027-03-28T07:00:00Z"})[0]
    False
    """
    vintage, fetched = str(entry.get("vintage") or ""), str(entry.get("retrieved") or "")[:10]
    named = re.fullmatch(r"(\d{4}-\d\d)(-\d\d)?", vintage)
    if named and named[1] != month:
        return False, _("the data is dated {vintage}").format(vintage=vintage)
    try:
        when = date.fromisoformat(fetched)
    except ValueError:
        return True, ""
    first = date.fromisoformat(f"{month}-01")
    end = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if when < first:
        return bool(named), "" if named else _("the data was fetched on {day}, before the month").format(
            day=day(fetched)
        )
    if when > end + timedelta(days=LATE):
        return bool(named), _("the data was fetched on {day}, late").format(day=day(fetched))
    return True, ""
