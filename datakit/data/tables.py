"""Bytes to a table in the card's schema, and a list of every row that did not fit.

Everything is read as text first, because a type guessed by a reader loses what the publisher wrote ("01004" becomes
1004, "ns" becomes missing): the card's types, units and constraints are applied afterwards, column by column.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.data.card_checks import UNITS
from datakit.data.geometry import LAMBERT, shapes_of
from datakit.data.readers import READERS, as_text, concerned, unlike
from datakit.errors import BadCard
from datakit.language import _

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import geopandas as gpd

    from datakit.data.card import Card, Field


@dataclass
class Parsed:
    """A table in the card's schema, and what it took to make it.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        Rows that fit; EPSG:2154 where there is geometry.
    rejects : DataFrame
        ``row`` (1 is the first data row of the file), ``column``, ``value``, ``rule``: one line for each broken rule.
    rows_read : int
        Rows of the file that concern the card (after its ``row_filter``).
    notes : list of str
        What was done to rows that were kept.
    """

    frame: pd.DataFrame | gpd.GeoDataFrame
    rejects: pd.DataFrame
    rows_read: int
    notes: list[str] = field(default_factory=list)


def parse(path: str | os.PathLike[str], card: Card) -> Parsed:
    """Read a whole file into the card's schema.

    Raises
    ------
    NotAsDescribed, Corrupt
        The file as a whole is not what the card says. A bad row raises nothing: it is in ``rejects``.
    """
    raw, geometry, bad, told = READERS[card.format](path, card)
    if not len(raw):
        found = _("columns {names}").format(names=", ".join(map(str, raw.columns))[:200])
        if len(bad):
            raise unlike(card, _("no row fits the card"), _("rows in the card's schema"), f"{found}; {_all_aside(bad)}")
        raise unlike(card, _("the file has no rows"), _("at least one row"), found)
    rows = pd.Series(raw.index + 1)
    raw = raw.reset_index(drop=True)
    if chosen := card.raw.get("row_filter"):
        if not set(np.atleast_1d(chosen["field"])) & set(raw.columns):
            there = ", ".join(raw.columns)[:300]
            raise unlike(card, _("the column that the card filters by is missing"), str(chosen["field"]), there)
        keep = concerned(raw, card)
        raw, rows = raw[keep].reset_index(drop=True), rows[keep].reset_index(drop=True)
        geometry = geometry[keep.to_numpy()] if geometry is not None else None
    columns, broken = _columns(raw, rows, card)
    notes = list(told)
    frame = pd.DataFrame(columns) if card.fields else _as_published(raw)
    if card.geometry or geometry is not None:
        import geopandas as gpd

        shapes, wrong, said = shapes_of(raw, geometry, card)
        broken += [_reject(rows, "geometry", value, mask, rule) for mask, value, rule in wrong]
        notes += [_("{what}: rows {some}").format(what=what, some=_some(rows[mask])) for mask, what in said]
        frame = gpd.GeoDataFrame(frame, geometry=shapes)
    rejects = pd.concat([bad, *broken, *_seen_before(frame, rows, card)], ignore_index=True)
    whole = ~rows.isin(rejects.row)
    frame = frame[whole.to_numpy()].reset_index(drop=True)
    if card.geometry or geometry is not None:
        frame = frame.to_crs(LAMBERT)
    if not len(frame):
        raise unlike(
            card,
            _("no row fits the card"),
            _("rows in the card's schema"),
            _all_aside(rejects) if len(rejects) else _("no row that concerns it"),
        )
    return Parsed(frame, rejects.sort_values("row", kind="stable", ignore_index=True), len(rows) + len(bad), notes)


def _columns(raw, rows, card):
    """The card's columns, each in its type, and the rejects of each."""
    columns, broken = {}, []
    for f in card.fields:
        name = next((s for s in f.source if s in raw.columns), None)
        if name is None and f.optional:
            continue
        if name is None:
            raise _missing(card, f, raw.columns)
        text = as_text(raw[name])
        values, rule = _convert(text, f, card)
        if rule is not None and rule.any():
            broken.append(_reject(rows, f.name, text, rule, _("is a {type}").format(type=f.type) + _format_of(f)))
        broken += [_reject(rows, f.name, text, wrong, why) for wrong, why in _constraints(values, f)]
        columns[f.name] = values
    return columns, broken


def _seen_before(frame, rows, card):
    """The rejects of rows whose primary key an earlier row has."""
    key = np.atleast_1d(card.primary_key or []).tolist()
    if key and all(k in frame for k in key):
        again = frame.duplicated(key) & frame[key].notna().all(axis=1)
        values = frame[key[0]].astype("str").fillna("")
        for k in key[1:]:
            values = values + " " + frame[k].astype("str").fillna("")
        yield _reject(rows, "+".join(key), values, again, _("primary key, not seen before"))


def _all_aside(rejects):
    first = rejects.iloc[0]
    where = _("row {row}").format(row=first["row"]) + (f", {first['column']}" if first["column"] else "")
    return _("{n} rows, all set aside; first: {where} = {value!r}, expected: {rule}").format(
        n=rejects.row.nunique(), where=where, value=first["value"], rule=first["rule"]
    )


def _missing(card, f, columns):
    columns = [str(c) for c in columns]
    near = difflib.get_close_matches(f.source[0].lower(), [c.lower() for c in columns], n=1, cutoff=0.6)
    hint = _("; the nearest is {value!r}").format(value=near[0]) if near else ""
    return unlike(
        card,
        _("the column of {name!r} is missing or was renamed").format(name=f.name),
        _(" or ").join(map(repr, f.source)) + hint,
        ", ".join(columns)[:400],
    )


# -- text to types ----------------------------------------------------------------------------------------------------


def _convert(text, f, card):
    """Values of a field from their text, and a mask of those that are not of its type."""
    missing = text.isna() | text.isin(f.raw.get("missingValues", card.missing_values))
    text = text.where(~missing, None)
    kind = f.type
    if kind == "string":
        return text, None
    if kind == "boolean":
        yes = f.raw.get("trueValues", ["true", "True", "TRUE", "1"])
        no = f.raw.get("falseValues", ["false", "False", "FALSE", "0"])
        values = text.map({**dict.fromkeys(yes, True), **dict.fromkeys(no, False)}).astype("boolean")
    elif kind in ("date", "datetime"):
        form = f.raw.get("format", "default")
        # A year of local times has two offsets: all become UTC. A time without offset is left as it is.
        values = pd.to_datetime(text, format="ISO8601" if form == "default" else form, errors="coerce", utc=True)
        values = values.dt.tz_localize(None)
    else:
        values = _numbers(text, f)
        if kind in ("integer", "year"):
            values = values.where(values == values.round()).astype("Int64")
    return values, values.isna() & ~missing


def _numbers(text, f):
    plain = text.str.replace("[\u00a0\u202f ]", "", regex=True)
    if group := f.raw.get("groupChar"):
        plain = plain.str.replace(group, "", regex=False)
    if (mark := f.raw.get("decimalChar", ".")) != ".":
        plain = plain.str.replace(mark, ".", regex=False)
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
    if f.raw.get("ranges"):
        # A class such as "10-20 m" becomes its middle; an open one ("> 20 m") its only bound.
        found = text.str.extractall(r"(\d+(?:[.,]\d+)?)")[0].str.replace(",", ".").astype(float)
        middle = found.groupby(level=0).mean() if len(found) else pd.Series(dtype=float)
        values = values.fillna(middle.reindex(values.index))
    source = f.raw.get("source_unit")
    if source and source != f.unit:
        values = (values * UNITS[f.unit, source]).round(9)  # 8.8 m are 880 cm, not 880.0000000000001
    return values.where(np.isfinite(values))


def _format_of(f):
    form = f.raw.get("format", "default")
    return "" if form == "default" else f" ({form})"


def _constraints(values, f):
    """(mask of the values that break it, rule in words) for each constraint of a field."""
    given, there = f.constraints, values.notna()
    text = values.astype("str") if {"pattern", "minLength", "maxLength"} & set(given) else None
    unit = f" {f.unit}" if f.unit else ""
    if given.get("required"):
        yield ~there, _("is required")
    if given.get("unique"):
        yield values.duplicated() & there, _("is unique")
    if "minimum" in given:
        yield (
            (values < _bound(given["minimum"], f)).fillna(False).astype(bool),
            _("at least {minimum}{unit}").format(minimum=given["minimum"], unit=unit),
        )
    if "maximum" in given:
        yield (
            (values > _bound(given["maximum"], f)).fillna(False).astype(bool),
            _("at most {maximum}{unit}").format(maximum=given["maximum"], unit=unit),
        )
    if "enum" in given:
        yield there & ~values.isin(given["enum"]), _("one of ") + ", ".join(map(str, given["enum"]))
    if "pattern" in given:
        yield there & ~_like(text, given["pattern"], f), _("like {pattern}").format(pattern=given["pattern"])
    if "minLength" in given:
        yield (
            there & (text.str.len() < given["minLength"]),
            _("at least {least} characters").format(least=given["minLength"]),
        )
    if "maxLength" in given:
        yield (
            there & (text.str.len() > given["maxLength"]),
            _("at most {most} characters").format(most=given["maxLength"]),
        )


def _like(text, pattern, f):
    import pyarrow as pa

    try:
        return text.str.fullmatch(f"(?:{pattern})")
    except (pa.ArrowInvalid, re.error) as error:
        raise BadCard(
            f.name, _("the pattern of this field is no regular expression"), found=f"{pattern}: {error}"
        ) from error


def rules_broken(values: pd.Series, f: Field) -> Iterator[tuple[pd.Series, str]]:
    """The constraints of a field that some values break, for a table that is already in memory.

    Parameters
    ----------
    values : Series
        In the type and unit of the field.
    f : datakit.data.card.Field

    Yields
    ------
    (Series of bool, str)
        Which values break it, and the rule in words.
    """
    return _constraints(values, f)


def _bound(value, f):
    return pd.Timestamp(value) if f.type in ("date", "datetime") else value


def _reject(rows, column, values, mask, rule):
    mask = np.asarray(mask, dtype=bool)
    return pd.DataFrame(
        {
            "row": rows[mask].to_numpy(),
            "column": column,
            "rule": rule,
            "value": values[mask].astype("str").fillna("").to_numpy() if hasattr(values, "astype") else values,
        }
    )


# A number as numbers are written: "1E5", "+33380000000" and "0123" are codes.
_PLAIN_NUMBER = r"-?(?:(?:0|[1-9]\d*)(?:[eE]-\d+)?|(?:0|[1-9]\d*)?\.\d+(?:[eE][-+]?\d+)?)"
LONG_CODE, LARGEST = 9, 15  # digits: SIREN has nine, and figures so long seldom all have as many; a float rounds 16


def _as_published(raw):
    """Columns as they came, as numbers where all values are written as such; codes stay text.

    Codes are what has a leading zero, a plus sign or an exponent without decimals ("1E5"), and whole numbers of the
    same nine or more digits, or of more than fifteen, which a float would round.
    """
    made = {}
    for name in raw.columns:
        column = raw[name]
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            column = column.map(lambda v: json.dumps(v, ensure_ascii=False) if isinstance(v, (dict, list)) else v)
            text = as_text(column)
            text = text.where(text != "", None)
            given = text.dropna()
            digits = given[given.str.fullmatch(r"\d+")].str.len()
            same = len(digits) == len(given) and digits.min() == digits.max()
            coded = (same and digits.max() >= LONG_CODE) or digits.max() > LARGEST
            column = text
            if len(given) and not coded and given.str.fullmatch(_PLAIN_NUMBER).all():
                column = pd.to_numeric(text)
        made[name] = column
    return pd.DataFrame(made)


def _some(rows, most=10):
    shown = ", ".join(map(str, rows.head(most)))
    return shown + (_(" and {n} more").format(n=len(rows) - most) if len(rows) > most else "")
