"""The challenge and its territory: what ``challenge.toml`` says, the project's own or else the kit's.

Standard library only, and imported by a Python that is too old: the doctor says so. Everything that names the city, its
deadline or its criteria reads it here.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from datakit import toml
from datakit.errors import WrongUse
from datakit.language import LANGUAGES, Place, _, decimal, language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FILE = "challenge.toml"
UTC = timezone.utc  # noqa: UP017  Python 3.10, whose doctor reads this, has no other
PACKAGED = Path(__file__).with_name(FILE)
COMMUNE = re.compile(r"(\d{2}|2[AB])\d{3}")  # INSEE's codes: text, for 01004 and 2A004 are no numbers
DEPARTEMENT = re.compile(r"\d{2,3}|2[AB]")
MAINLAND = (100_000.0, 6_040_000.0, 1_250_000.0, 7_120_000.0)  # of France, EPSG:2154, to the next 10 km
# What [territory] may say beside its name; of a town that leaves one out nothing is known, never what the kit's has.
SAID: dict[str, Any] = {
    "town": "",
    "departement": "",
    "communes": [],
    "bounds": list(MAINLAND),
    "inventory": "",
    "portal": "",
    "equipment": "",
    "digital_places": "",
    "timetable": "",
    "called": {},
    "merged": {},
    "former_names": {},
}
MOST_MONTHS = 60  # that an experiment lasts: a choice of this kit
READABLE = 4.5  # contrast with white that WCAG 2 asks of text, level AA


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


LIMITS = {name: int if kind == "int" else float for name, kind in Limits.__annotations__.items()}


@dataclass(frozen=True)
class Challenge:
    """A challenge.

    Attributes
    ----------
    title, short, language : str
        ``short`` is the name on pages, where the title is too long.
    territory : mapping
        ``name`` of the whole and of its main ``town``, and what else ``[territory]`` says (`SAID`).
    origins : str
        Where data comes from unless somebody says otherwise: see `default_origins`.
    themes : tuple of str
    months : int
        Of the experiment.
    deadline : datetime, optional
        With its time zone.
    criteria : tuple of Criterion
    limits : Limits
    accent : str
        Colour of links and headings, ``#rrggbb``, dark enough to be read on white.
    """

    title: str
    short: str
    language: str
    territory: Mapping[str, Any]
    origins: str
    themes: tuple[str, ...]
    months: int
    deadline: datetime | None
    criteria: tuple[Criterion, ...]
    limits: Limits
    accent: str
    file: Path = field(compare=False)

    @property
    def town(self) -> Place:
        """The main town, for a sentence."""
        return Place(self.territory["town"])

    @property
    def called(self) -> Place:
        """The whole territory as people call it, for a sentence in the user's language."""
        return Place(self.territory["called"].get(language(), self.territory["name"]))

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
    seen = path.stat() if os.path.isfile(path) else None
    with toml.advising(_("compare it with the kit's own: {file}").format(file=PACKAGED)):
        return _challenge(path.absolute(), seen and seen.st_mtime_ns, seen and seen.st_size)


@cache  # every stamp and sentence asks: a file is read again when it was changed
def _challenge(path, _changed, _size):
    said, kit = _read(path), _read(PACKAGED)
    own = said.get("challenge", {})
    about = {**kit["challenge"], **own}
    if "title" in own:
        about["short"] = own.get("short", own["title"])
    texts = {name: _text(f"{path}, [challenge]", about, name) for name in ("title", "short", "origins")}
    if not about["themes"]:
        what, expected = _("a challenge has one theme or more"), 'themes = ["trees"]'
        raise WrongUse(f"{path}, [challenge], themes", what, expected=expected, found="themes = []")
    months_within(f"{path}, [challenge], months", about["months"])
    return Challenge(
        **texts,
        language=_language(f"{path}, [challenge], language", about["language"]),
        territory=_territory(f"{path}, [territory]", said.get("territory", kit["territory"])),
        themes=tuple(about["themes"]),
        months=about["months"],
        deadline=about.get("deadline"),
        criteria=_criteria(path, said.get("criteria", kit["criteria"])),
        limits=_limits(f"{path}, [limits]", {**kit["limits"], **said.get("limits", {})}),
        accent=contrast_enough(f"{path}, [look], accent", {**kit["look"], **said.get("look", {})}["accent"]),
        file=path,
    )


def default_origins() -> str:
    """Where data comes from when neither a command nor ``DATAKIT_ORIGINS`` says so: what the challenge says.

    Returns
    -------
    str
        A folder is one beside ``challenge.toml`` or further up: a team's dossier carries a copy of the file.
    """
    try:
        told = challenge()
    except ModuleNotFoundError:  # no tomllib
        return "sample"
    names = [name.strip() for name in told.origins.split(",")]
    return ",".join(next(_folders(told.file, name), name) for name in names)


def _folders(file, name):
    if name not in ("sample", "publisher") and "://" not in name:
        found = (above / name for above in file.parents)
        yield from (os.path.relpath(folder) for folder in found if folder.is_dir())


def _nearest():
    here = Path.cwd()
    return next((f / FILE for f in (here, *here.parents) if (f / FILE).is_file()), PACKAGED)


def _read(path):
    kinds = {
        "challenge": {
            **dict.fromkeys(("title", "short", "language", "origins"), str),
            "themes": [str],
            "months": int,
            "deadline": datetime,
        },
        "territory": {
            "name": str,
            **{name: {"*": str} if value == {} else type(value) for name, value in SAID.items()},
        },
        "look": {"accent": str},
        "criteria": [{"id": str, "name": str, "weight": float}],
        "limits": LIMITS,
    }
    return toml.read(path, kinds)


def months_within(where: str, months: int) -> None:
    """Refuse a length that no experiment has.

    Raises
    ------
    WrongUse
    """
    if not 1 <= months <= MOST_MONTHS:
        what = _("an experiment lasts from 1 to {most} months").format(most=MOST_MONTHS)
        raise WrongUse(where, what, expected="months = 6", found=str(months))


def _limits(where, said):
    if wrong := [name for name, value in said.items() if value <= 0]:
        found = ", ".join(f"{name} = {said[name]!r}" for name in wrong)
        raise WrongUse(where, _("limits are numbers above 0"), expected="> 0", found=found)
    return Limits(**said)


def _territory(where, said):
    made = {**SAID, "name": _text(where, said, "name"), **said}
    of_communes = {
        "communes": made["communes"],
        "merged": [*made["merged"], *made["merged"].values()],
        "former_names": made["former_names"].values(),
    }
    for key, codes in of_communes.items():
        if wrong := [code for code in codes if not isinstance(code, str) or not COMMUNE.fullmatch(code)]:
            what = _("INSEE's codes of communes are texts of five characters")
            raise WrongUse(f"{where}, {key}", what, expected='"25056"', found=repr(wrong[0]))
    if made["departement"] and not DEPARTEMENT.fullmatch(made["departement"]):
        what = _("no code of a département")
        raise WrongUse(f"{where}, departement", what, expected='"25"', found=repr(made["departement"]))
    made["bounds"] = _bounds(where, made["bounds"])
    made["town"] = made["town"] or made["name"]
    made["inventory"] = made["inventory"] or f"trees-{_slug(made['town'])}"
    return MappingProxyType(made)


def _slug(name):
    plain = unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _bounds(where, said):
    numbers = [float(v) for v in said if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(said) != 4 or len(numbers) != 4 or not (numbers[0] < numbers[2] and numbers[1] < numbers[3]):
        expected = _("four numbers, metres of EPSG:2154: west, south, east, north")
        raise WrongUse(f"{where}, bounds", _("bounds are no box"), expected=expected, found=str(said))
    return tuple(numbers)


def contrast_enough(where: str, colour: str) -> str:
    """A colour that is readable on white, as it is.

    Parameters
    ----------
    where, colour : str
        What an error names, and ``#rrggbb``.

    Raises
    ------
    WrongUse
    """
    if not isinstance(colour, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise WrongUse(where, _("a colour is written #rrggbb"), expected='accent = "#0b5a86"', found=repr(colour))
    if (found := contrast(colour)) < READABLE:
        said = _("its contrast with white is {found}, and readers need {least}")
        said = said.format(found=decimal(found, 1), least=decimal(READABLE, 1))
        raise WrongUse(where, said, found=colour, next=_("a darker colour"))
    return colour


def contrast(colour: str) -> float:
    """How a colour stands out from white, 1 to 21, as WCAG 2 computes it.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.

    Examples
    --------
    >>> contrast("#000000")
    21.0
    """
    parts = [v / 255 for v in bytes.fromhex(colour[1:])]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _text(where, table, key):
    if not table.get(key, "").strip():
        raise WrongUse(where, _("{key} is missing").format(key=key), expected=f'{key} = "…"')
    return table[key]


def _language(where, said):
    if said not in LANGUAGES:
        raise WrongUse(where, _("no such language"), expected=", ".join(LANGUAGES), found=said)
    return said


def _criteria(path, said):
    found = tuple(Criterion(**{**one, "weight": float(one["weight"])}) for one in said)
    if not found or any(one.weight <= 0 for one in found) or len({one.id for one in found}) < len(found):
        what, ids = _("criteria need different ids and weights above 0"), ", ".join(one.id for one in found)
        raise WrongUse(f"{path}, criteria", what, expected="[[criteria]]", found=ids or "criteria = []")
    return found
