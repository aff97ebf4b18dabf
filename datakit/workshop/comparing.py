"""How an answer differs from the one that is expected: the first thing that is wrong with it, as a person would see it.

Nothing here knows how to say it, and no `Problem` holds a value that is expected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datakit.workshop.forms import same_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from datakit.workshop.forms import Form

FACTORS = (100, 1000, 10_000, 1_000_000)  # a share for a percentage; km for m; ha for m²; km² for m²
FINEST = 6  # decimals; a figure with more was not rounded
SLACK = 1.02  # of half the last digit: the figure behind a rounded one may lie that far


@dataclass(frozen=True)
class Problem:
    """What is wrong.

    Attributes
    ----------
    what : str
        ``"columns"``, ``"rows"``, ``"twice"``, ``"items"``, ``"empty"``, ``"times"``, ``"sign"``, ``"rounded"``,
        ``"values"``.
    column : str
        Where, in a table.
    details : dict
        ``missing``, ``extra``, ``names``, ``factor``, ``decimals``, ``count``, ``of``.
    """

    what: str
    column: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def decimals(values: Sequence[object]) -> int | None:
    """Digits after the point that count in figures; None where they were not rounded."""
    floats = [one for one in values if isinstance(one, float)]
    if not floats or (len(floats) > 2 and all(one.is_integer() for one in floats)):
        return 0
    digits = max(len(repr(one).partition("e")[0].partition(".")[2]) for one in floats)
    return None if digits > FINEST or any("e" in repr(one) for one in floats) else digits


def tolerance(value: float, digits: int | None) -> float:
    """How far from a figure another one is still the same: half of its last digit, or of the third that counts."""
    if digits is None:
        digits = 2 - math.floor(math.log10(abs(value))) if value else FINEST
    return SLACK * 0.5 * 10.0**-digits


def problem(expected: Form, got: Form) -> Problem | None:
    """The first thing that is wrong with an answer of the right kind; None if it is right.

    Parameters
    ----------
    expected, got : Form
        Of one kind.
    """
    if expected.kind == "number":
        return _figures([expected.value], [got.value])
    if expected.kind == "list":
        return _items(expected.value, got.value)
    if expected.kind == "table":
        return _table(expected, got)
    return None if same_text(expected.value) == same_text(got.value) else Problem("values")


def _numeric(values):
    return all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values if one is not None)


def _figures(expected, got, names=()):
    """What is wrong with some figures, each beside the one that it should be."""
    empty = [k for k, (e, g) in enumerate(zip(expected, got, strict=True)) if g is None and e is not None]
    if empty:
        return Problem("empty", details={"count": len(empty), "of": len(got)})
    digits = decimals(expected)

    def close(one, other, loose=0.0):
        if one is None or other is None:
            return one is other
        return abs(one - other) <= max(tolerance(other, digits), loose * abs(other))

    def all_close(change, loose=0.0):
        changed = [None if g is None else change(g) for g in got]
        return all(close(g, e, loose) for g, e in zip(changed, expected, strict=True))

    if all_close(lambda g: g):
        return None
    if any(expected):
        for factor in FACTORS:
            if all_close(lambda g, f=factor: g / f, 0.002):
                return Problem("times", details={"factor": factor})
            if all_close(lambda g, f=factor: g * f, 0.002):
                return Problem("times", details={"factor": 1 / factor})
        if all_close(lambda g: -g):
            return Problem("sign")
        if _rounded_too_far(expected, got, digits):
            return Problem("rounded", details={"decimals": digits})
    off = [k for k, (e, g) in enumerate(zip(expected, got, strict=True)) if not close(g, e)]
    named = [names[k] for k in off[:3]] if names else []
    return Problem("values", details={"count": len(off), "of": len(got), "names": named})


def _rounded_too_far(expected, got, digits):
    """Whether figures would be right, had fewer digits been cut off."""
    pairs = [(e, g) for e, g in zip(expected, got, strict=True) if e is not None]
    if any(abs(e - g) > 0.05 * abs(e) for e, g in pairs):
        return False
    finest = FINEST if digits is None else digits
    return any(all(abs(round(e, d) - g) < 1e-9 + 1e-9 * abs(g) for e, g in pairs) for d in range(finest - 1, -7, -1))


def _items(expected, got):
    """What is wrong with a list, whose order does not count."""
    if _numeric(expected) and _numeric(got):
        if len(expected) != len(got):
            return Problem("items", details={"missing": max(0, len(expected) - len(got)), "extra": [], "of": len(got)})
        empty = sum(one is None for one in got)
        if empty:
            return Problem("empty", details={"count": empty, "of": len(got)})
        return _figures(sorted(expected), sorted(got))
    wanted, given = ({same_text(one): one for one in values} for values in (expected, got))
    extra = [str(one) for key, one in given.items() if key not in wanted]
    missing = sum(key not in given for key in wanted)
    return Problem("items", details={"missing": missing, "extra": extra, "of": len(got)}) if extra or missing else None


def plain(name: str) -> str:
    """A column's name without what two people write differently: capitals, underscores, a unit in brackets."""
    return "".join(c for c in name.partition("(")[0].casefold() if c.isalnum()) or name.casefold()


def _table(expected: Form, got: Form) -> Problem | None:
    columns: dict[str, list] = got.value
    names: dict[str, str] = {}  # of a column that is expected -> of the one that was given
    for name in expected.value:
        alike = [other for other in columns if plain(other) == plain(name) and other not in names.values()]
        names.update({name: alike[0]} if alike else {})
    for key in expected.keys:
        if key not in names and (found := _alike(expected.value[key], columns, names.values())):
            names[key] = found
    if lost := [key for key in expected.keys if key not in names]:
        return Problem("columns", details={"names": lost})
    if not expected.keys:
        return _rows_without_names(expected.value, columns)
    given = _named(names, expected)
    rows, theirs = _rows(expected.value, expected.keys), _rows(columns, given)
    labels = _labels(expected.value, expected.keys)
    if wrong := _which_rows(rows, theirs, labels, _labels(columns, given)):
        return wrong
    pairs = [(k, theirs[row][0]) for row, (k,) in rows.items()]
    labels = [labels[k] for k, _ in pairs]
    return _values(expected, columns, names, pairs, labels)


def _named(names, expected):
    return tuple(names[key] for key in expected.keys)


def _alike(cells, columns, taken):
    """The column that holds most of some values, if one holds half of them."""
    wanted = {same_text(one) for one in cells}
    shared = {
        name: len(wanted & {same_text(one) for one in values}) for name, values in columns.items() if name not in taken
    }
    best = max(shared, key=shared.__getitem__, default=None)
    return best if best is not None and shared[best] * 2 >= len(wanted) else None


def _rows(columns: Mapping[str, list], keys) -> dict[tuple, list[int]]:
    """What tells a row apart -> where such rows are."""
    found: dict[tuple, list[int]] = {}
    for k, row in enumerate(zip(*(columns[key] for key in keys), strict=True)):
        found.setdefault(tuple(same_text(one) for one in row), []).append(k)
    return found


def _labels(columns, keys):
    """What each row is called, as it was written."""
    return [" ".join(map(str, row)) for row in zip(*(columns[key] for key in keys), strict=True)]


def _which_rows(expected, got, labels, theirs):
    missing = [labels[places[0]] for row, places in expected.items() if row not in got]
    extra = [theirs[places[0]] for row, places in got.items() if row not in expected]
    if missing or extra:
        return Problem("rows", details={"missing": missing, "extra": extra, "of": len(got)})
    if twice := [theirs[places[0]] for places in got.values() if len(places) > 1]:
        return Problem("twice", details={"names": twice})
    return None


def _values(expected, columns, names, pairs, labels):
    """What is wrong with the columns beside those that name the rows."""
    wanted = {name: [cells[k] for k, _ in pairs] for name, cells in expected.value.items() if name not in expected.keys}
    given = {name: [cells[k] for _, k in pairs] for name, cells in columns.items()}
    for name in [name for name in wanted if name not in names]:
        free = [other for other in given if other not in names.values()]
        right = [other for other in free if _column(wanted[name], given[other], labels) is None]
        alone = sum(n not in names for n in wanted) == 1 and [o for o in free if _numeric(given[o])]
        if right or (alone and len(alone) == 1):
            names[name] = (right or alone)[0]
    if lost := [name for name in wanted if name not in names]:
        return Problem("columns", details={"names": lost})
    for name, cells in wanted.items():
        if wrong := _column(cells, given[names[name]], labels):
            return Problem(wrong.what, names[name], wrong.details)
    return None


def _column(expected, got, labels):
    if _numeric(expected):
        if not _numeric(got):
            return Problem("values", details={"count": len(got), "of": len(got), "names": labels[:3]})
        return _figures(expected, got, labels)
    off = [k for k, (e, g) in enumerate(zip(expected, got, strict=True)) if same_text(e) != same_text(g)]
    return (
        Problem("values", details={"count": len(off), "of": len(got), "names": [labels[k] for k in off[:3]]})
        if off
        else None
    )


def _rows_without_names(expected, got):
    """A table whose rows nothing tells apart: as many rows, and each column's values, sorted."""
    long, given = (len(next(iter(columns.values()))) for columns in (expected, got))
    if long != given:
        return Problem("items", details={"missing": max(0, long - given), "extra": [], "of": given})
    taken: set[str] = set()
    for name, cells in expected.items():
        free = [other for other in got if other not in taken]
        right = [other for other in free if _items(cells, got[other]) is None]
        if not right:
            same = [other for other in free if plain(other) == plain(name)]
            wrong = _items(cells, got[same[0]]) if same else Problem("columns", details={"names": [name]})
            return Problem(wrong.what, name if same else "", wrong.details) if wrong else None
        taken.add(right[0])
    return None
