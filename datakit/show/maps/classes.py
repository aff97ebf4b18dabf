"""From the values of a column to the classes of a legend: how many, where they break, which colour, which words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.language import _
from datakit.show.style import CATEGORICAL, NO_DATA, NO_DATA_COLOUR, OTHER_COLOUR, cell, number, palette

SCHEMES = ("quantiles", "equal")
Scheme = Literal["quantiles", "equal"] | Sequence[float]
Colours = dict[str, str] | dict[int, str]  # category (text, number or boolean) to colour


@dataclass(frozen=True)
class Scale:
    """From values to colours.

    Attributes
    ----------
    scheme : {"quantiles", "equal"} or list of float
        Equal numbers of rows, equal widths, or the limits between classes.
    k : int
        Number of numeric classes, 2 to 9. Ties make it smaller.
    diverging : bool or float
        Classes of equal width on both sides of 0, or of the number given.
    colours : dict, optional
        Category to colour.
    unit : str, optional
        Of the values, for the legend.
    """

    scheme: Scheme = "quantiles"
    k: int = 5
    diverging: bool | float = False
    colours: Colours | None = None
    unit: str | None = None


QUANTILES = Scale()


@dataclass(frozen=True)
class Classes:
    """The classes of one column.

    Attributes
    ----------
    index : ndarray of uint8
        Class of each row.
    colours, labels : list of str
        One per class. Rows without a value have a class of their own, the last one, named "no data".
    counts : list of int
        Rows per class.
    note : str
        How the limits were chosen.
    missing : int or None
        Position of the class "no data", when some rows have no value.
    """

    index: np.ndarray
    colours: list[str]
    labels: list[str]
    counts: list[int]
    note: str
    missing: int | None = None


def classify(values: pd.Series, scale: Scale = QUANTILES) -> Classes:
    """Put the values of a column into classes.

    Parameters
    ----------
    values : Series
        Numbers, or anything else for categories. Booleans are categories. Infinite numbers count as missing.
    scale : Scale
        How they are cut, and their colours.

    Returns
    -------
    Classes

    Raises
    ------
    WrongUse
        An unknown scheme, or a number of classes that nobody can tell apart.
    """
    values = pd.Series(values).reset_index(drop=True)
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numeric or scale.colours:
        return _categories(values, scale.colours or {})
    if not 2 <= scale.k <= 9:
        found = str(scale.k)
        raise WrongUse(
            "maps", _("this number of classes cannot be read off a legend"), expected=_("2 to 9"), found=found
        )
    v = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
    v = np.where(np.isfinite(v), v, np.nan)
    known = v[~np.isnan(v)]
    breaks, note = _breaks(known, scale.scheme, scale.k, scale.diverging)
    kind: Literal["sequential", "diverging"] = "diverging" if scale.diverging is not False else "sequential"
    if len(breaks) == 0 and len(known):
        low, high = known.min(), known.max()
        labels = [number(low) if low == high else f"{number(low)} – {number(high)}"]
    else:
        labels = interval_labels(breaks, known)
    index = np.searchsorted(breaks, v, side="left").astype(np.uint8)  # a value equal to a limit is in the lower class
    return _finish(index, np.isnan(v), palette(max(len(labels), 1), kind)[: len(labels)], labels, note)


def _breaks(known, scheme, k, diverging):
    """The inner limits, rounded to numbers that can be read, and a sentence about them."""
    if len(known) == 0:
        return np.array([]), ""
    low, high = float(known.min()), float(known.max())
    if isinstance(scheme, str) and scheme not in SCHEMES:
        raise WrongUse(
            "maps",
            _("unknown classification scheme"),
            found=repr(scheme),
            expected=_("{schemes}, or a list of limits").format(schemes=", ".join(SCHEMES)),
        )
    if diverging is not False and isinstance(scheme, str):
        centre = 0.0 if diverging is True else float(diverging)
        reach = max(abs(low - centre), abs(high - centre)) or 1.0
        raw = centre + np.linspace(-reach, reach, k + 1)[1:-1]
        said = _("equal widths around {centre}; upper limit included").format(centre=number(centre))
        return _readable(raw, known, merge=False), said
    if not isinstance(scheme, str):
        return np.unique(np.asarray(scheme, dtype=float)), _("limits given; upper limit included")
    if low == high:
        return np.array([]), ""
    if scheme == "equal":
        return _readable(np.linspace(low, high, k + 1)[1:-1], known), _("equal widths; upper limit included")
    raw = np.unique(np.quantile(known, np.linspace(0, 1, k + 1)[1:-1]))
    return _readable(raw, known), _("about as many in each class; upper limit included")


def _readable(raw, known, merge=True):
    """Round limits as far as classes stay what they are, or nearly: no limit crosses more than 2 % of the rows."""
    raw = np.unique(raw)
    raw = raw[raw < known.max()] if merge else raw
    if len(raw) == 0:
        return raw
    ordered = np.sort(known)
    target = np.searchsorted(ordered, raw, side="right")
    span = max(float(known.max() - known.min()), abs(float(raw[-1] - raw[0])), 1e-12)
    start = -math.floor(math.log10(span))
    for decimals in range(start, start + 12):
        rounded = np.unique(np.round(raw, decimals)) + 0.0
        if len(rounded) < len(raw):
            continue
        if np.abs(rounded - raw).max() > span / 50:
            continue
        moved = np.abs(np.searchsorted(ordered, rounded, side="right") - target)
        if moved.max() <= 0.02 * len(known):
            return rounded
    return raw


def interval_labels(breaks: np.ndarray, known: np.ndarray) -> list[str]:
    """``low – limit``, ``limit – limit``, ``limit – high``, with as many decimals as the limits need."""
    if len(known) == 0:
        return []
    decimals = 0
    tiny = 1e-12 + 1e-9 * np.abs(breaks).max()
    while decimals < 9 and np.abs(np.round(breaks, decimals) - breaks).max() > tiny:
        decimals += 1
    scale = 10.0**decimals
    low = min(math.floor(known.min() * scale + 1e-9) / scale, breaks[0])
    high = max(math.ceil(known.max() * scale - 1e-9) / scale, breaks[-1])
    edges = [low, *breaks, high]
    between = _("{low} to {high}") if low < 0 else "{low} – {high}"  # a dash between minus signs cannot be read
    return [between.format(low=number(a, decimals), high=number(b, decimals)) for a, b in pairwise(edges)]


def _categories(values, colours):
    missing = values.isna().to_numpy() | (values.astype(object) == "").to_numpy(dtype=bool)
    ordered = isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered
    counts = values[~missing].value_counts()
    counts = counts[counts > 0]
    if colours:
        names = [c for c in colours if c in counts.index]
        names += [c for c in counts.index if c not in colours]
    elif isinstance(values.dtype, pd.CategoricalDtype):
        names = [c for c in values.cat.categories if c in counts.index]
    elif pd.api.types.is_bool_dtype(values[~missing].infer_objects()):
        names = sorted(counts.index, reverse=True)
    else:
        names = sorted(counts.index, key=lambda c: (-counts[c], str(c)))
    room = 9 if ordered else len(CATEGORICAL)
    kept = [c for c in names if c in colours] if colours else names
    if len(kept) > room and not colours:
        kept = kept[:room] if ordered else sorted(names, key=lambda c: (-counts[c], str(c)))[:room]
        kept = [c for c in names if c in kept]
    others = [c for c in names if c not in kept]
    place = {c: i for i, c in enumerate(kept)} | {c: len(kept) for c in others}
    index = values.astype(object).map(place).fillna(0).to_numpy(dtype=np.uint8)
    hues = [colours[c] for c in kept] if colours else palette(len(kept), "sequential" if ordered else "categorical")
    labels = [cell(c) for c in kept]
    if others:
        hues.append(OTHER_COLOUR)
        labels.append(_("other ({n})").format(n=len(others)) if len(others) > 1 else cell(others[0]))
    return _finish(index, missing, hues, labels, "")


def _finish(index, missing, colours, labels, note):
    place = None
    if missing.any():
        place = len(labels)
        index = np.where(missing, place, index).astype(np.uint8)
        colours, labels = [*colours, NO_DATA_COLOUR], [*labels, _(NO_DATA)]
    counts = np.bincount(index, minlength=len(labels)).tolist() if len(labels) else []
    return Classes(index, list(colours), list(labels), counts, note, place)
