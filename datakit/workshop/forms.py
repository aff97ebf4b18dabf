"""What an answer is, in whichever form it was given: a number, a text, yes or no, a list, or a table.

`describe` makes of a solution's answer what can be written down as JSON; `readings` gives every way in which somebody
else's answer can be read as the same kind of thing. Shapes on a map are left out, and so is the order of rows.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

LARGEST = 800  # cells of an answer: whoever hands in more has not answered yet
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)
_ARRAYS = (pd.DataFrame, pd.Series, pd.Index, np.ndarray, pd.api.extensions.ExtensionArray)
_MANY = (dict, list, tuple, set, frozenset, *_ARRAYS)
_YES, _NO = ("true", "yes", "oui", "vrai"), ("false", "no", "non", "faux")


@dataclass(frozen=True)
class Form:
    """An answer, freed of the object that held it.

    Attributes
    ----------
    kind : {"number", "text", "truth", "list", "table"}
    value : object
        Of a list its items, of a table each column's cells by its name.
    keys : tuple of str
        The columns of a table that tell its rows apart.
    """

    kind: str
    value: Any
    keys: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is written into the file of a chapter's exercises."""
        return {name: value for name, value in asdict(self).items() if name != "keys" or self.keys}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Form:
        """What `to_json` gave."""
        return cls(said["kind"], said["value"], tuple(said.get("keys", ())))


def cell(value: Any) -> bool | int | float | str | None:
    """One value as JSON can hold it; None for whatever is missing."""
    if hasattr(value, "value") and hasattr(value, "decimals"):  # a figure of an answer, `datakit.show.Value`
        value = value.value
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return whole if abs(whole := int(value)) < 2**63 else None
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else None
    text = unicodedata.normalize("NFC", str(value)).replace("’", "'")
    return " ".join(text.split())


def same_text(text: object) -> object:
    """A text without what makes no difference: capitals, and where a whole number is written 3.0."""
    if isinstance(text, float) and text.is_integer():
        return int(text)
    return text.casefold() if isinstance(text, str) else text


def numbers(text: str) -> list[float]:
    """What a text may mean as a number: "12,5 %" is 12.5, or a share of 0.125."""
    bare = re.sub(r"[\s'’\u00a0\u202f]", "", text).replace("−", "-")
    bare, percent = bare.removesuffix("%"), bare.endswith("%")
    found = []
    for spelled in dict.fromkeys((bare.replace(",", "."), bare.replace(",", ""))):
        if _NUMBER.fullmatch(spelled):
            value = float(spelled)
            found += [value, value / 100] if percent and abs(value) <= 100 else [value]
    return found


def lone(answer: Any) -> Any:
    """The only value of a list, an array or a table that has one; anything else as it is."""
    if isinstance(answer, dict) and len(answer) == 1:
        return next(iter(answer.values()))
    if isinstance(answer, _ARRAYS):
        return np.asarray(answer).ravel()[0] if np.size(answer) == 1 else answer
    if isinstance(answer, (list, tuple, set, frozenset)) and len(answer) == 1:
        return lone(next(iter(answer)))
    return answer


def is_many(answer: Any) -> bool:
    """Whether an answer holds several values."""
    return isinstance(answer, _MANY)


def kind_of(answer: Any) -> str:
    """Which kind of answer an object looks like; "thing" if like none."""
    if isinstance(answer, pd.Series) and _places(answer):
        return "list"
    if isinstance(answer, (pd.DataFrame, pd.Series, dict)) or (isinstance(answer, np.ndarray) and answer.ndim > 1):
        return "table"
    if is_many(answer):
        return "table" if any(isinstance(one, (dict, list, tuple)) for one in answer) else "list"
    value = cell(answer)
    if isinstance(answer, str) or value is None:
        return "text"
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, (int, float)) else "text" if _short(answer) else "thing"


def _places(series):
    """Whether an index says no more than where a value was in a table; that of figures may be years, say."""
    counted = series.index.name is None and pd.api.types.is_integer_dtype(series.index)
    return counted and (isinstance(series.index, pd.RangeIndex) or not pd.api.types.is_numeric_dtype(series))


def _short(answer):
    return isinstance(answer, (pd.Timestamp, pd.Interval, pd.Period)) or type(answer).__module__ == "datetime"


def describe(answer: object, like: str = "") -> Form:
    """The answer of a solution, as it is written down.

    Parameters
    ----------
    answer : object
        Rounded to the digits that count: whatever rounds to them is right.
    like : str
        The kind that it is read as, where it can be; else what it looks like.

    Raises
    ------
    WrongUse
        It is no answer, or too large for one.
    """
    kind = kind_of(answer)
    if kind == "thing" or answer is ... or (not is_many(answer) and cell(answer) is None):
        raise WrongUse(
            "answer", "this is no answer", expected="a number, a text, a list or a table", found=repr(answer)
        )
    read = [*(readings(answer, like) if like else ()), *readings(answer, kind), Form(kind, [])]
    form = read[0]
    several = list(form.value.values()) if isinstance(form.value, dict) else [form.value]
    size = sum(len(one) if isinstance(one, list) else 1 for one in several)
    if not 0 < size <= LARGEST:
        raise WrongUse("answer", "too large, or empty", expected=f"1 to {LARGEST} values", found=str(size))
    return Form("table", form.value, keys_of(form.value)) if form.kind == "table" else form


def readings(answer: object, kind: str) -> Iterator[Form]:
    """Every way in which an answer can be read as one kind of thing.

    Parameters
    ----------
    answer : object
    kind : str
        As in `Form`.

    Yields
    ------
    Form
        The most likely first; none where it is another kind of thing.
    """
    if kind == "list":
        yield from (Form("list", values) for values in _lists(answer) if values)
    elif kind == "table":
        yield from (Form("table", columns_of(frame)) for frame in _tables(answer) if frame.size)
    elif not is_many(answer := lone(answer)):
        value = cell(answer)
        if kind == "number" and not isinstance(value, bool):
            found = numbers(value) if isinstance(value, str) else [value]
            yield from (Form("number", one) for one in found)
        elif kind == "text" and isinstance(value, str):
            yield Form("text", value)
        elif kind == "truth" and str(value).casefold() in _YES + _NO:
            yield Form("truth", str(value).casefold() in _YES)


def _lists(answer):
    """The values of an answer, whichever way somebody has put them together."""
    if isinstance(answer, pd.DataFrame):
        frame = answer.drop(columns=_shapes(answer))
        for name in frame.columns:
            yield [cell(one) for one in frame[name]]
        yield [cell(one) for one in frame.index]
    elif isinstance(answer, pd.Series):
        yield [cell(one) for one in answer]
        yield [cell(one) for one in answer.index]
    elif isinstance(answer, dict):
        yield [cell(one) for one in answer]
        yield [cell(one) for one in answer.values() if not is_many(one)]
    elif is_many(answer):
        yield [cell(one) for one in (answer.ravel() if isinstance(answer, np.ndarray) else answer)]
    elif isinstance(answer, str) and re.search("[,;\n]", answer):
        yield [cell(one) for one in re.split("[,;\n]", answer) if one.strip()]
    elif kind_of(answer) in ("text", "number") and cell(answer) is not None:
        yield [cell(answer)]


def _tables(answer):
    """An answer as tables whose index is a column, once it says something."""
    frame = _frame(answer)
    if frame is None:
        return
    frame = frame.drop(columns=_shapes(frame))
    frame.columns = [" ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns]
    levels = list(frame.index.names)
    counted = frame.index.nlevels == 1 and levels == [None] and pd.api.types.is_integer_dtype(frame.index)
    names = [str(level) if level is not None else "index" for level in levels]
    for k, name in enumerate(names):
        if name in frame.columns or name in names[:k]:
            names[k] = f"{name} {k + 1}"
    if counted and not isinstance(answer, (pd.Series, dict)):
        yield frame.reset_index(drop=True)
    yield frame.reset_index(names=names)
    if counted and isinstance(answer, (pd.Series, dict)):
        yield frame.reset_index(drop=True)


def _frame(answer):
    if isinstance(answer, pd.DataFrame):
        return pd.DataFrame(answer)
    if isinstance(answer, pd.Series):
        return answer.rename("value" if answer.name is None else answer.name).to_frame()
    try:
        if isinstance(answer, dict):
            nested = any(is_many(one) for one in answer.values())
            return pd.DataFrame(answer) if nested else pd.Series(answer, dtype=object).rename("value").to_frame()
        if isinstance(answer, (list, tuple, np.ndarray)) and kind_of(answer) == "table":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of rows of several lengths, which are no table of ours
                return pd.DataFrame(list(answer))
    except (ValueError, TypeError):
        return None  # columns of several lengths, say
    return None


def _shapes(frame):
    return [name for name, kind in frame.dtypes.items() if str(kind) == "geometry"]


def columns_of(frame: pd.DataFrame) -> dict[str, list]:
    """Name -> cells."""
    return {str(name): [cell(one) for one in frame[name]] for name in frame.columns}


def keys_of(columns: Mapping[str, list]) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart: texts, from the left; else whole numbers, such as years.

    Returns
    -------
    tuple of str
        Empty where no such columns do.
    """
    text = [name for name, cells in columns.items() if any(isinstance(one, str) for one in cells)]
    whole = [name for name, cells in columns.items() if all(type(one) is int for one in cells)]
    for names in (*(text[:n] for n in range(1, len(text) + 1)), *([name] for name in whole)):
        rows = [tuple(same_text(one) for one in row) for row in zip(*(columns[n] for n in names), strict=True)]
        if len(set(rows)) == len(rows):
            return tuple(names)
    return ()
