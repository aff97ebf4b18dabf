"""What is wrong with a data card, all of it at once: where, what was expected, what was found.

A card is held against the JSON Schema that the Data Package standard publishes, against the kit's own
(``profiles/card.json``), and against what no schema can say: that an encoding, a coordinate system, a unit or a regular
expression is one. The standard library is enough to import this module; `jsonschema`, pyproj and pyarrow are used where
they are installed.
"""

from __future__ import annotations

import codecs
import difflib
import json
import re
from functools import cache, lru_cache
from pathlib import Path

from datakit.extras import without_grammar
from datakit.language import N_, _

PROFILES = Path(__file__).parents[1] / "profiles"
SIGNS = {"name", "path", "format", "sources", "licenses", "schema", "url"}  # a card, however bad, has two of these
# To the unit on the left from the unit on the right.
UNITS = {
    ("cm", "m"): 100,
    ("m", "cm"): 0.01,
    ("cm", "mm"): 0.1,
    ("m", "km"): 1000,
    ("km", "m"): 0.001,
    ("mm", "cm"): 10,
    ("°C", "0.1 °C"): 0.1,
    ("mm", "0.1 mm"): 0.1,
}
TYPES = {
    "string": "a text",
    "array": "a list",
    "object": N_("an object {…}"),
    "number": "a number",
    "integer": N_("a whole number"),
    "boolean": N_("true or false"),
    "null": "null",
}


def meant(file: Path) -> bool:
    """Whether a file that is no usable card was meant as one, and does not only lie in a folder called ``cards``."""
    try:
        raw = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError:
        return False
    except ValueError:  # an empty file is what a shell makes first of `datakit show ID --json > cards/ID.json`
        return bool(file.stat().st_size)
    return isinstance(raw, dict) and ("dataresource" in str(raw.get("$schema")) or len(SIGNS & set(raw)) > 1)


@lru_cache(maxsize=200)  # a card is read again at each verb
def mistakes(text: str, name: str) -> tuple[tuple[str, str, str], ...]:
    """Everything that is wrong with a card.

    Parameters
    ----------
    text : str
        The card's JSON.
    name : str
        The file's name without ``.json``, which is the card's id.

    Returns
    -------
    tuple of (str, str, str)
        Key (such as ``schema.fields[2].unit``), what was expected, what was found; empty for a good card.
    """
    raw = json.loads(text)
    if not isinstance(raw, dict):
        return ((_("the file"), _('an object, such as {"name": …}'), _short(raw)),)
    # null says "not known", and a schema without fields "as published": the standard has no word for either.
    given = {key: value for key, value in raw.items() if value is not None}
    if isinstance(given.get("schema"), dict) and given["schema"].get("fields", []) == []:
        given["schema"] = {"fields": [{"name": "any"}], **{k: v for k, v in given["schema"].items() if k != "fields"}}
    found = [*_against_schemas(given), *_unknown_keys(given), *_of_the_card(given, name), *_of_the_fields(given)]
    first: dict[str, tuple[str, str, str]] = {}
    for key, expected, what in found:
        first.setdefault(key, (key, expected, what))
    return tuple(first.values())


# -- what schemas say -------------------------------------------------------------------------------------------------


@cache
def _profile(name):
    return json.loads((PROFILES / f"{name}.json").read_text(encoding="utf-8"))


def themes() -> tuple[str, ...]:
    """The themes that a card may have, in the order in which they are shown; their home is ``profiles/card.json``."""
    return tuple(_profile("card")["properties"]["theme"]["enum"])


def _against_schemas(card):
    validator = _validator()
    if validator is None:  # `datakit list` before anything is installed
        return [(key, _("an entry"), _("nothing")) for key in _profile("card")["required"] if not card.get(key)]
    ours = [said for e in validator(_profile("card")).iter_errors(card) for said in _said(e, ours=True)]
    known = [key for key, _, _ in ours]
    # Of the whole resource, the standard asks only for a path or data within: the kit asks for a path.
    theirs = [e for e in validator(_profile("dataresource")).iter_errors(card) if e.absolute_path]
    theirs = [said for e in theirs for leaf in _leaves(e) for said in _said(leaf)]
    # What the kit's schema complains of, the standard's complains of too, in other words and of what holds it.
    return ours + [one for one in theirs if not any(k.startswith(one[0]) or one[0].startswith(k) for k in known)]


@cache
def _validator():
    try:
        with without_grammar():
            from jsonschema import Draft7Validator
    except ImportError:
        return None
    return Draft7Validator


def _leaves(error):
    """What is really wrong where none of several schemas fits: what the one of this type says, else the nearest."""
    if error.validator not in ("oneOf", "anyOf") or not error.context:
        yield error
        return
    branches = {}
    for one in error.context:
        branches.setdefault(one.schema_path[0], []).append(one)
    of_type = [b for b in branches.values() if all(e.validator != "enum" or list(e.path)[-1:] != ["type"] for e in b)]
    for one in min(of_type or branches.values(), key=len):
        yield from _leaves(one)


def _said(error, ours=False):
    """An error of jsonschema as key, expected, found: one for each key that is missing or unknown."""
    path, wanted, schema = list(error.absolute_path), error.validator_value, error.schema
    if error.validator == "required":
        for key in wanted:
            if key not in error.instance:
                yield (
                    _key([*path, key]),
                    schema.get("properties", {}).get(key, {}).get("description", _("an entry")),
                    _("nothing"),
                )
    elif error.validator == "dependencies":
        for key, others in wanted.items():
            for other in others if key in error.instance else ():
                if other not in error.instance:
                    yield _key([*path, other]), _("an entry, as there is {key!r}").format(key=key), _("nothing")
    elif error.validator == "additionalProperties":
        for key in error.instance:
            if key not in schema["properties"]:
                yield _key([*path, key]), _meant(key, schema["properties"]), _("a key that means nothing here")
    else:
        yield (
            _key(path) or _("the file"),
            (schema.get("description") if ours else None) or _wanted(error),
            _short(error.instance),
        )


def _wanted(error):
    """What a rule of a JSON Schema asks for, in words."""
    wanted = error.validator_value
    if error.validator == "type":
        return _(" or ").join(_(TYPES[kind]) for kind in ([wanted] if isinstance(wanted, str) else wanted))
    if error.validator == "enum":
        return _("one of ") + ", ".join(map(str, wanted))
    return {"pattern": _("a text like "), "minItems": _("at least so many: ")}.get(
        error.validator, f"{error.validator} "
    ) + _short(wanted)


# -- what schemas cannot say ------------------------------------------------------------------------------------------


def _unknown_keys(card):
    """Keys that are nearly one that counts, or count elsewhere. Others are the team's own: the standard allows them."""
    ours, theirs = _profile("card"), _profile("dataresource")["properties"]
    branches = theirs["schema"]["properties"]["fields"]["items"]["oneOf"]
    of_card = {*ours["properties"], *theirs}
    of_schema = {*theirs["schema"]["properties"]}
    of_dialect = {*theirs["dialect"]["properties"]}
    of_field = {*ours["definitions"]["field"]["properties"], *(key for b in branches for key in b["properties"])}
    of_constraints = {*ours["definitions"]["field"]["properties"]["constraints"]["properties"]}
    places = {
        "": of_card,
        "schema": of_schema,
        "dialect": of_dialect,
        "schema.fields[…]": of_field,
        "schema.fields[…].constraints": of_constraints,
    }
    here = [("", [], card), ("schema", ["schema"], card.get("schema")), ("dialect", ["dialect"], card.get("dialect"))]
    here += [("schema.fields[…]", ["schema", "fields", i], f) for i, f in enumerate(_fields(card))]
    for place, path, given in here:
        known = places[place]
        for key in given if isinstance(given, dict) else ():
            elsewhere = [p or _("the card itself") for p, keys in places.items() if p != place and key in keys]
            if key in known or not (elsewhere or _near(key, known)):
                continue
            expected = _("under {value}").format(value=elsewhere[0]) if elsewhere else _meant(key, known)
            yield _key([*path, key]), expected, _("a key that means nothing here")


def _of_the_card(card, name):
    if isinstance(card.get("name"), str) and card["name"] != name:
        yield "name", _("{name!r}, as the file is called").format(name=name), repr(card["name"])
    if card.get("geometry") and not card.get("crs"):
        yield "crs", _('the coordinate system of the geometry, such as "EPSG:4326"'), _("nothing")
    if isinstance(card.get("crs"), str) and not _is_crs(card["crs"]):
        yield (
            "crs",
            _('a coordinate system, such as "EPSG:2154" (Lambert-93) or "EPSG:4326" (degrees)'),
            repr(card["crs"]),
        )
    if isinstance(card.get("encoding"), str):
        try:
            codecs.lookup(card["encoding"])
        except LookupError:
            yield "encoding", _("an encoding that Python knows, such as utf-8 or cp1252"), repr(card["encoding"])
    for key, inner in (("parameter", "pattern"), ("resolve", "resource")):
        text = card[key].get(inner) if isinstance(card.get(key), dict) else None
        if isinstance(text, str) and (wrong := _bad_pattern(text, rows=False)):
            yield f"{key}.{inner}", _("a regular expression"), f"{text!r}: {wrong}"


def _of_the_fields(card):
    names = [f.get("name") for f in _fields(card)]
    for i, field in enumerate(_fields(card)):
        path = ["schema", "fields", i]
        if isinstance(names[i], str) and names.index(names[i]) < i:
            yield _key([*path, "name"]), _("a name of its own"), _("{value!r}, again").format(value=names[i])
        unit, source = field.get("unit"), field.get("source_unit")
        if isinstance(source, str) and source != unit and (unit, source) not in UNITS:
            known = ", ".join(_("{a} from {b}").format(a=a, b=b) for a, b in UNITS)
            yield (
                _key([*path, "source_unit"]),
                _("a unit that can be turned into `unit`: {known}").format(known=known),
                _("{unit} from {source}").format(unit=unit, source=source),
            )
        pattern = field["constraints"].get("pattern") if isinstance(field.get("constraints"), dict) else None
        if isinstance(pattern, str) and (wrong := _bad_pattern(pattern)):
            yield _key([*path, "constraints", "pattern"]), _("a regular expression"), f"{pattern!r}: {wrong}"
    key = card["schema"].get("primaryKey", []) if isinstance(card.get("schema"), dict) else []
    for one in [key] if isinstance(key, str) else key if isinstance(key, list) else []:
        if one not in names:
            yield "schema.primaryKey", _("names of fields: ") + ", ".join(map(str, names)), repr(one)


def _is_crs(text):
    try:
        from pyproj import CRS
        from pyproj.exceptions import CRSError
    except ImportError:
        return True  # nothing is loaded here yet
    try:
        CRS.from_user_input(text)
    except CRSError:
        return False
    return True


def _bad_pattern(text, rows=True):
    """Why a regular expression is none; of values of rows, for the engine that `load` matches them with."""
    try:
        re.compile(text)
        wrong = None
    except re.error as error:
        wrong = str(error)
    if not rows:
        return wrong
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError:
        return wrong
    try:
        pc.match_substring_regex(pa.array(["a"]), text)
    except pa.ArrowInvalid as error:
        # pandas gives what Arrow does not know (what stands around, what was said before) to Python.
        return wrong if re.search(r"\(\?(<?[=!]|P=)|\\\d", text) else str(error).partition(": ")[2]
    return None


# -- words ------------------------------------------------------------------------------------------------------------


def _fields(card):
    """The fields that can be looked at, in their places."""
    fields = card["schema"].get("fields") if isinstance(card.get("schema"), dict) else None
    return [f if isinstance(f, dict) else {} for f in fields] if isinstance(fields, list) else []


def _key(path):
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def _short(value):
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"


def _near(key, known):
    plain = {k.lower().replace("_", "").replace("-", ""): k for k in known}
    near = difflib.get_close_matches(key.lower().replace("_", "").replace("-", ""), plain, n=1, cutoff=0.85)
    return plain[near[0]] if near else None


def _meant(key, known):
    near = _near(key, known) or next((k for k in known if key and k.startswith(key)), None)
    return _("{near!r}, perhaps").format(near=near) if near else _("one of ") + ", ".join(sorted(known))
