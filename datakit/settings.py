"""The challenge and its territory: what ``challenge.toml`` says, the project's own or else the kit's.

Standard library only: everything that names the city, its deadline or its criteria reads it here.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.language import LANGUAGES, _

if TYPE_CHECKING:
    import os
    from typing import Any

FILE = "challenge.toml"
PACKAGED = Path(__file__).with_name(FILE)


@dataclass(frozen=True)
class Criterion:
    """What jurors give marks for.

    Attributes
    ----------
    id : str
        The name of its column in a table of marks.
    name : str
        In the challenge's language.
    weight : float
    """

    id: str
    name: str
    weight: float


@dataclass(frozen=True)
class Limits:
    """What a dossier may take on the jury's machine.

    Attributes
    ----------
    zip_mb, unpacked_mb, memory_mb, disk_mb : float
        Millions of bytes: of the zip, of all its files, of all its processes together, written while it runs.
    files, processes, processors : int
    seconds : float
    tolerance_pct : float
        How far a figure may differ from run to run, at most, in percent of its value.
    """

    zip_mb: float
    unpacked_mb: float
    files: int
    seconds: float
    memory_mb: float
    processes: int
    processors: int
    disk_mb: float
    tolerance_pct: float


@dataclass(frozen=True)
class Challenge:
    """A challenge.

    Attributes
    ----------
    title, language : str
    territory : dict
        ``name`` of the whole and of its main ``town``, and whatever else ``[territory]`` says.
    themes : tuple of str
    months : int
        Of the experiment.
    deadline : datetime, optional
        With its time zone.
    criteria : tuple of Criterion
    limits : Limits
    """

    title: str
    language: str
    territory: dict[str, Any]
    themes: tuple[str, ...]
    months: int
    deadline: datetime | None
    criteria: tuple[Criterion, ...]
    limits: Limits
    file: Path = field(compare=False)

    def late(self, when: datetime | None = None) -> bool:
        """Whether a moment (now, by default) lies after the deadline, if there is one."""
        return self.deadline is not None and (when or datetime.now(UTC)) > self.deadline


def challenge(file: str | os.PathLike[str] | None = None) -> Challenge:
    """The challenge that one works for.

    Parameters
    ----------
    file : path, optional
        By default ``challenge.toml`` of the folder one works in or the nearest one above, else the kit's own. What a
        file leaves out is as in the kit's own; criteria are replaced as a whole.

    Returns
    -------
    Challenge

    Raises
    ------
    WrongUse
        The file cannot be read, or says something that is not known or of another kind.
    """
    path = Path(file) if file else _nearest()
    said, kit = _read(path), _read(PACKAGED)
    unknown = [name for name in said if name not in kit]
    if unknown:
        raise WrongUse(str(path), _("unknown: {names}").format(names=", ".join(unknown)), expected=", ".join(kit))
    about = {**kit["challenge"], **said.get("challenge", {})}
    allowed = [f.name for f in fields(Limits)]
    limits = {**kit["limits"], **said.get("limits", {})}
    if wrong := [name for name in limits if name not in allowed]:
        raise WrongUse(
            f"{path}, [limits]", _("unknown: {names}").format(names=", ".join(wrong)), expected=", ".join(allowed)
        )
    if wrong := [
        name for name, one in limits.items() if isinstance(one, bool) or not isinstance(one, int | float) or one <= 0
    ]:
        found = ", ".join(f"{name} = {limits[name]!r}" for name in wrong)
        raise WrongUse(f"{path}, [limits]", _("limits are numbers above 0"), found=found)
    return Challenge(
        title=_text(path, about, "title"),
        language=_language(path, about),
        territory={**kit["territory"], **said.get("territory", {})},
        themes=tuple(about["themes"]),
        months=int(about["months"]),
        deadline=_deadline(path, about.get("deadline")),
        criteria=_criteria(path, said.get("criteria", kit["criteria"])),
        limits=Limits(**limits),
        file=path,
    )


def _nearest():
    here = Path.cwd()
    return next((f / FILE for f in (here, *here.parents) if (f / FILE).is_file()), PACKAGED)


def _read(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongUse(str(path), _("this file cannot be read as TOML"), found=str(error)) from None


def _text(path, table, key):
    if not isinstance(table.get(key), str) or not table[key].strip():
        raise WrongUse(str(path), _("{key} is missing").format(key=key), expected=f'{key} = "…"')
    return table[key]


def _language(path, table):
    if table["language"] not in LANGUAGES:
        raise WrongUse(str(path), _("no such language"), expected=", ".join(LANGUAGES), found=str(table["language"]))
    return table["language"]


def _deadline(path, said):
    if said is None:
        return None
    if not isinstance(said, datetime) or said.tzinfo is None:
        expected = "deadline = 2027-03-31T12:00:00+02:00"
        raise WrongUse(str(path), _("the deadline needs a time and a time zone"), expected=expected, found=str(said))
    return said


def _criteria(path, said):
    try:
        found = tuple(Criterion(one["id"], one["name"], float(one["weight"])) for one in said)
    except (KeyError, TypeError, ValueError) as error:
        raise WrongUse(str(path), _("a criterion needs id, name and weight"), found=str(error)) from None
    if not found or any(one.weight <= 0 for one in found) or len({one.id for one in found}) < len(found):
        raise WrongUse(
            str(path), _("criteria need different ids and weights above 0"), found=str([c.id for c in found])
        )
    return found
