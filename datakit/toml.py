"""TOML that a person wrote: read whole, and each value held to the kind that is expected in its place."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from datakit.errors import WrongUse
from datakit.language import N_, _

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import Any

HUGE = 1e15  # beyond it a number is a slip, and no float counts it to the unit
LONGEST = 100  # letters of what was found that an error shows
SAID = {
    str: (N_("this must be a text"), '"…"'),
    int: (N_("this must be a whole number"), "6"),
    float: (N_("this must be a number"), "1.5"),
    date: (N_("this must be a date"), "2027-04-01"),
    datetime: (N_("this must be a date and a time with its time zone"), "2027-03-31T12:00:00+02:00"),
    list: (N_("this must be a list"), "[…]"),
}


@contextmanager
def advising(next: str) -> Iterator[None]:
    """Tell with every error inside a ``with`` what to do next, where the error does not say it itself."""
    try:
        yield
    except WrongUse as error:
        error.next = error.next or next
        raise


def read(path: str | os.PathLike[str], kinds: dict[str, Any]) -> dict[str, Any]:
    """A file of TOML that says nothing but what is expected.

    Parameters
    ----------
    path : path
    kinds : dict
        What may be in it: by name a type (`SAID`; ``float`` takes whole numbers too, ``object`` anything), ``[str]``
        for a list of texts, a dict like this one for a table, where the name ``"*"`` stands for any, or ``[dict]`` for
        tables of which each says all of it.

    Returns
    -------
    dict
        Entries may be missing, but for those of ``[dict]``.

    Raises
    ------
    WrongUse
        It cannot be read, is not UTF-8 or not TOML, or an entry is unknown, missing or of another kind.
    """
    import tomllib  # since Python 3.11, and an older one asks the doctor

    try:
        said = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))  # Notepad begins a file with a mark
    except UnicodeDecodeError as error:
        what, saved = _("this file is not UTF-8"), _("save it again as UTF-8")
        raise WrongUse(str(path), what, found=str(error), next=saved) from None
    except (OSError, ValueError, RecursionError) as error:
        raise WrongUse(str(path), _("this file cannot be read as TOML"), found=str(error)) from None
    _hold(f"{path}", said, kinds)
    return said


def fits(value: object, kind: type) -> bool:
    """Whether a value is of a kind: a date is no moment, ``true`` no number, and neither is one that is not finite."""
    if kind is object:
        return True
    if kind in (int, float):
        return type(value) in (int, kind) and -HUGE < cast("float", value) < HUGE
    if kind is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None
    return type(value) is kind


def _hold(where, said, kinds):
    """Hold a table to what it may say."""
    if unknown := [name for name in said if name not in kinds and "*" not in kinds]:
        raise WrongUse(where, _("unknown: {names}").format(names=", ".join(unknown)), expected=", ".join(kinds))
    for name, value in said.items():
        kind = kinds.get(name, kinds.get("*"))
        if isinstance(kind, dict):
            if not isinstance(value, dict):
                raise _wrong(where, name, _("this must be a table"), f"[{name}]", value)
            _hold(f"{where}, [{name}]", value, kind)
        elif isinstance(kind, list) and isinstance(kind[0], dict):
            _hold_each(where, name, value, kind[0])
        elif isinstance(kind, list):
            if not isinstance(value, list) or not all(fits(one, kind[0]) for one in value):
                raise _wrong(where, name, _("this must be a list of texts"), f'{name} = ["…"]', value)
        elif not fits(value, kind):
            what, example = SAID[kind]
            raise _wrong(where, name, _(what), f"{name} = {example}", value)


def _hold_each(where, name, value, kinds):
    """Hold tables of one name, each of which says everything."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _wrong(where, name, _("these must be tables, each with two pairs of brackets"), f"[[{name}]]", value)
    for number, one in enumerate(value, 1):
        here = f"{where}, [[{name}]] {number}"
        _hold(here, one, kinds)
        if left := [key for key in kinds if key not in one]:
            what = _("missing: {names}").format(names=", ".join(left))
            raise WrongUse(here, what, expected=", ".join(kinds), found=", ".join(one) or f"[[{name}]]")


def _wrong(where, name, what, expected, value):
    if isinstance(value, dict):
        found = f"[{name}]"
    else:
        found = f"{name} = {value if isinstance(value, date) else json.dumps(value, ensure_ascii=False, default=str)}"
    return WrongUse(f"{where}, {name}", what, expected=expected, found=found[:LONGEST])
