"""Which column of a file is which field of the standard table: data that a person can read and edit.

A crosswalk is what a data card says of its columns, and nothing else: ``fields``, ``geometry``, ``crs``. So every card
of an inventory is one already, and a proposal for a new file is written in the same words.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path

from datakit.data.cache import write_json
from datakit.data.cards import TYPES, Card, Field, read_catalog
from datakit.errors import BadCard, WrongUse
from datakit.language import _

# What a crosswalk and its fields may say: a misspelt key would be a column that is not read.
KEYS = ("fields", "geometry", "crs", "missingValues", "proposal")
PLACE = ("type", "x", "y", "latlon", "required")
FIELD = (
    "name",
    "source",
    "type",
    "unit",
    "source_unit",
    "optional",
    "title",
    "title_fr",
    "description",
    "description_fr",
    "constraints",
    "missingValues",
    "format",
    "decimalChar",
    "groupChar",
    "bareNumber",
    "trueValues",
    "falseValues",
    "ranges",
    "rdfType",
    "example",
    "categories",
)


class Crosswalk:
    """The columns of one inventory, in the words of a data card.

    Parameters
    ----------
    raw : dict
        ``fields`` (Table Schema fields with the kit's ``source``, ``unit``, ``source_unit``); ``geometry`` and ``crs``
        where the place of a tree is in columns, or the file does not say its own CRS; ``missingValues``.
    id : str
        What it is called in messages.

    Raises
    ------
    BadCard
        A field has no name, the name of another, or a type that does not exist; a key or the ``crs`` is not known.
    """

    def __init__(self, raw: dict, id: str = "crosswalk") -> None:
        self.raw, self.id = raw, id
        problems, seen = [], set()
        if not isinstance(raw, dict) or not isinstance(raw.get("fields"), list):
            raise BadCard(id, _("this is not a crosswalk"), expected='{"fields": [...], "geometry": ..., "crs": ...}')
        problems += _misspelt(_("the crosswalk"), raw, KEYS) + _misspelt("geometry", raw.get("geometry") or {}, PLACE)
        problems += _unknown_crs(raw.get("crs"))
        for field in raw["fields"]:
            name = field.get("name") if isinstance(field, dict) else None
            if not name:
                problems.append(_("a field without a name: {field}").format(field=str(field)[:60]))
            elif name in seen:
                problems.append(_("two fields are called {name}").format(name=repr(name)))
            elif field.get("type", "string") not in TYPES:
                text = _("field {name} has type {type}, none of {types}")
                problems.append(text.format(name=repr(name), type=repr(field["type"]), types=", ".join(TYPES)))
            else:
                problems += _misspelt(_("field {name}").format(name=repr(name)), field, FIELD)
            seen.add(name)
        if problems:
            raise BadCard(id, _("this crosswalk cannot be used"), found=_("; ").join(problems))
        self.fields = tuple(Field(field) for field in raw["fields"])

    @property
    def geometry(self) -> dict | None:
        """Which columns say where a tree stands."""
        return self.raw.get("geometry")

    @property
    def crs(self) -> str | None:
        """Of those columns."""
        return self.raw.get("crs")

    @property
    def missing_values(self) -> list[str]:
        """Texts that stand for nothing."""
        return self.raw.get("missingValues", [""])

    def __repr__(self):
        return f"<Crosswalk {self.id}: {', '.join(f.name for f in self.fields)}>"

    def write(self, path: str | Path) -> Path:
        """Write it as JSON, to be read, edited and given to `read`.

        Returns
        -------
        Path
        """
        write_json(Path(path), self.raw)
        return Path(path)


def _misspelt(where, given, known):
    """What is wrong with the keys of a part of a crosswalk."""
    if not isinstance(given, dict):
        return [_("{where} is {type}, not {object}").format(where=where, type=type(given).__name__, object="{...}")]
    problems = []
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
            if near:
                text = _("{where} has an unknown key {key}: did you mean {near}?")
            else:
                text = _("{where} has an unknown key {key}: known are {known}")
            near = repr(near[0]) if near else ""
            problems.append(text.format(where=where, key=repr(key), near=near, known=", ".join(known)))
    return problems


def _unknown_crs(crs):
    """What is wrong with a coordinate system."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        if crs is not None:
            CRS.from_user_input(crs)
    except CRSError:
        text = _(
            'crs {crs} is not known: Lambert-93 is "EPSG:2154", longitude and latitude are "EPSG:4326", CC47 is '
            '"EPSG:3947"'
        )
        return [text.format(crs=repr(crs))]
    return []


def read(source: str | os.PathLike[str] | Card | dict | Crosswalk) -> Crosswalk:
    """A crosswalk from wherever it is.

    Parameters
    ----------
    source : path, str, Card, dict or Crosswalk
        A file (a crosswalk, or a whole data card), the id of a card of the catalog, a card, or the JSON itself.

    Returns
    -------
    Crosswalk

    Raises
    ------
    WrongUse
        Neither a file nor the id of a card.
    BadCard
        It is not a crosswalk.
    """
    if isinstance(source, Crosswalk):
        return source
    if isinstance(source, Card):
        return _of_card(source.raw, source.id)
    if isinstance(source, dict):
        return _of_card(source, source.get("name", "crosswalk")) if "schema" in source else Crosswalk(source)
    if not isinstance(source, (str, os.PathLike)):
        raise WrongUse(
            "crosswalk", _("a crosswalk is a file, the id of a card, a card or a dict"), found=type(source).__name__
        )
    catalog = read_catalog()
    if str(source) in catalog:
        return read(catalog[str(source)])
    if not Path(source).is_file():
        raise WrongUse(
            "crosswalk",
            _("this is neither a file nor the id of a data card"),
            found=str(source),
            expected=_("a JSON file, or one of {ids}").format(ids=", ".join(crosswalk_ids())),
            next=_("datakit trees import FILE writes a crosswalk"),
        )
    try:
        raw = json.loads(Path(source).read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadCard(str(source), _("this crosswalk is not JSON"), found=str(error)) from error
    return _of_card(raw, str(source)) if isinstance(raw, dict) and "schema" in raw else Crosswalk(raw, str(source))


def crosswalk_ids() -> dict[str, Crosswalk]:
    """The crosswalks of the inventories that have a card.

    Returns
    -------
    dict of str to Crosswalk
        By id of the card.
    """
    return {id: read(card) for id, card in read_catalog().items() if id.startswith("trees-") and card.fields}


def _of_card(raw, id):
    schema = raw["schema"]
    made = {"fields": schema.get("fields", []), "geometry": raw.get("geometry"), "crs": raw.get("crs")}
    if "missingValues" in schema:
        made["missingValues"] = schema["missingValues"]
    return Crosswalk({k: v for k, v in made.items() if v is not None}, id)
