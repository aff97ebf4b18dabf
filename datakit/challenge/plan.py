"""What an organiser answers, checked: a challenge of one town."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from datakit import toml
from datakit.data.text import slug
from datakit.errors import WrongUse
from datakit.language import LANGUAGES, _
from datakit.settings import COMMUNE, LIMITS, PACKAGED, challenge, contrast_enough, months_within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

THEMES = ("trees", "vegetation", "inclusion")
EXAMPLE = '--box "5.94, 47.20, 6.09, 47.32"'
LARGEST = 1.5  # degrees: a box that is wider is a mistyped one, or a région


@dataclass(frozen=True)
class Plan:
    """A challenge of one town.

    Attributes
    ----------
    title, town, territory, language, accent : str
    communes : dict of str to str
        INSEE code to name; the first is the town's.
    box : tuple of float
        West, south, east, north, degrees.
    epci, portal, deadline, kit : str
        The SIREN code of the communes' grouping, the host of an Opendatasoft portal, a moment with its time zone, where
        the kit is installed from; the first three may be empty.
    themes : tuple of str
    months : int
    criteria : tuple of dict
        With ``id``, ``name``, ``weight``.
    limits : dict
        Those that differ from the kit's.
    """

    title: str
    town: str
    territory: str
    communes: dict[str, str]
    box: tuple[float, float, float, float]
    epci: str
    portal: str
    themes: tuple[str, ...]
    language: str
    accent: str
    deadline: str
    months: int
    criteria: tuple[dict[str, Any], ...]
    limits: dict[str, Any]
    kit: str

    @property
    def code(self) -> str:
        """The town's own INSEE code."""
        return next(iter(self.communes))

    @property
    def departement(self) -> str:
        """Of the town: two characters, or three overseas."""
        return self.code[: 3 if self.code.startswith("97") else 2]

    @property
    def inventory(self) -> str:
        """The id of the town's trees."""
        return f"trees-{slug(self.town)}"

    @cached_property
    def bounds(self) -> tuple[int, int, int, int]:
        """The box in metres of EPSG:2154, outwards to the next hundred."""
        from pyproj import Transformer

        to_metres = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
        west, south, east, north = to_metres.transform_bounds(*self.box)
        return int(west // 100 * 100), int(south // 100 * 100), int(-(-east // 100) * 100), int(-(-north // 100) * 100)


def plan(answers: Mapping[str, Any]) -> Plan:
    """A plan from the answers to the questions of ``template/copier.yml``.

    Raises
    ------
    WrongUse
        An answer is missing or cannot be right: what was expected, what was found.
    """
    text = {name: "" if answers.get(name) is None else str(answers[name]).strip() for name in QUESTIONS}
    for name in ("title", "town", "communes", "box"):
        if not text[name]:
            raise WrongUse(name, _("an answer is missing"), next=f"datakit challenge new DIR --{name} …")
    if text["language"] not in LANGUAGES:
        raise WrongUse("language", _("no such language"), expected=", ".join(LANGUAGES), found=text["language"])
    themes = tuple(answers.get("themes") or ())
    if not themes or set(themes) - set(THEMES):
        raise WrongUse("themes", _("no such theme"), expected=", ".join(THEMES), found=", ".join(map(str, themes)))
    if text["epci"] and not re.fullmatch(r"2\d{8}", text["epci"]):
        raise WrongUse("epci", _("no SIREN code of a grouping of communes"), expected="2________", found=text["epci"])
    return Plan(
        **{name: text[name] for name in ("title", "town", "language", "epci", "kit")},
        territory=text["territory"] or text["town"],
        communes=_communes(text["communes"]),
        box=_box(text["box"]),
        portal=_host(text["portal"]),
        themes=tuple(theme for theme in THEMES if theme in themes),
        accent=contrast_enough("accent", text["accent"] or challenge(PACKAGED).accent),
        deadline=_deadline(text["deadline"]),
        months=_months(text["months"]),
        criteria=_criteria(answers.get("criteria")),
        limits=_limits(answers.get("limits")),
    )


QUESTIONS = (
    *("title", "town", "territory", "communes", "epci", "box", "portal", "themes", "language"),
    *("accent", "deadline", "months", "criteria", "limits", "kit"),
)


def _communes(said):
    found = {}
    for one in filter(None, map(str.strip, said.split(","))):
        code, _space, name = one.partition(" ")
        if not COMMUNE.fullmatch(code) or not name.strip() or code in found:
            what = _("INSEE's codes and names of communes, each once")
            raise WrongUse("communes", what, expected="25056 Besançon, …", found=one)
        found[code] = name.strip()
    return found


def _box(said):
    asked = {"expected": _("west, south, east, north in degrees, with a decimal point"), "found": said, "next": EXAMPLE}
    try:
        west, south, east, north = map(float, said.split(","))
    except ValueError:
        raise WrongUse("box", _("bounds are no box"), **asked) from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise WrongUse("box", _("bounds are no box"), **asked)
    if max(east - west, north - south) > LARGEST:
        raise WrongUse("box", _("larger than any town"), **asked)
    return west, south, east, north


def _host(said):
    host = re.sub(r"^https?://|/.*$", "", said)
    if host and not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host):
        raise WrongUse("portal", _("no address of a portal"), expected="https://data.example.org", found=said)
    return host


def _deadline(said):
    if not said:
        return ""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        expected = "2027-03-31T12:00:00+02:00"
        raise WrongUse("deadline", _("the deadline needs a time and a time zone"), expected=expected, found=said)
    return moment.isoformat()


def _months(said):
    if not said.isdigit():
        raise WrongUse("months", _("this must be a whole number"), expected="6", found=said)
    months_within("months", int(said))
    return int(said)


def _criteria(said):
    if not said:
        return tuple(vars(one) for one in challenge(PACKAGED).criteria)
    kinds = {"id": str, "name": str, "weight": float}
    for one in said if isinstance(said, list) else [said]:
        whole = isinstance(one, dict) and set(one) == set(kinds)
        if not whole or not all(toml.fits(one[name], kind) for name, kind in kinds.items()):
            what, expected = _("a criterion needs id, name and weight"), "{id: …, name: …, weight: 2}"
            raise WrongUse("criteria", what, expected=expected, found=str(one))
    if any(one["weight"] <= 0 for one in said) or len({one["id"] for one in said}) < len(said):
        raise WrongUse("criteria", _("criteria need different ids and weights above 0"), found=str(said))
    return tuple(dict(one) for one in said)


def _limits(said):
    given = said or {}
    known = isinstance(given, dict) and not set(given) - set(LIMITS)
    if not known or not all(toml.fits(value, LIMITS[name]) and value > 0 for name, value in given.items()):
        raise WrongUse("limits", _("limits are numbers above 0"), expected=", ".join(LIMITS), found=str(said))
    return dict(given)
