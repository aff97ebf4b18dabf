"""The small-number rule as code: no figure about a handful of households or people, nor one that gives it back.

What a figure is, the caller says: "count" (of people or homes), "pct" or "share" (0 to 100, or 0 to 1, of the
households), "amount" (euros, hours: no count is in it), or the names of the two columns of which it is the share, part
and whole. Where names of columns only are given, those that end in ``pct`` or ``rate`` are "pct", those that end in
``share`` are "share", all others "count".

Three things are hidden. A whole row, when it describes too few households. A single figure, when it counts a few people
in a large area, or all but a few, or all. And then as much more as it takes for nobody to get a hidden figure back by
subtracting what is shown from a total: the total of each larger area (``within``, else the commune where the table
has one) and that of the whole table, which are always taken as known. Where a single row is hidden, or those hidden
together are still too few, the next smallest goes with it; where a larger area is hidden as a whole, so does the next
smallest larger area. That a trait is nobody's may be said.

What this rule does not do: it does not see what several tables give away together.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.data.cache import write_whole
from datakit.data.delimited import for_spreadsheets
from datakit.data.text import fold
from datakit.errors import WrongUse
from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MIN_HOUSEHOLDS = 11  # a choice of this kit, in the range that statistical offices use; stricter is always allowed
FEW = 5  # people or homes: from 1 to one under this, a count points at somebody. A choice of this kit
COMMUNE = "commune"  # its totals are published: protected whether the caller thinks of it or not
HIDDEN = N_("not shown: too few here, or it would give another area away")
KINDS = ("count", "pct", "share", "amount")

# Names of columns about persons, without accents; the name of a place may be written, its column has to say so.
_PERSON = re.compile(
    r"mail|courriel|phone|telephone|portable|prenom|naissance|birth|adresse|address|device|account|contact|login"
    r"|(first|last|sur|user|full) ?name|\b(tel|mel|nir|noms?|names?)\b"
)
_PLACE = re.compile(r"\b(iris|commune|quartier|ville|town|area|zone|secteur|district|departement|region|street|rue)\b")
_REACHES = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}|(?<!\d)(?:\+33|0033|0) ?[1-9](?:[ .-]?\d{2}){4}(?!\d)", re.IGNORECASE
)
# Text that is a figure, "12,5" or "80 %"; a code of digits only ("210540101") is none.
_FIGURE = re.compile(r"[<>≤≥~ ]*-?\d[\d\s]*([.,]\d+\s*%?|[.,]?\s*%)\s*")


def suppress(
    frame: pd.DataFrame,
    figures: Sequence[str] | Mapping[str, str | tuple[str, str]],
    *,
    count: str,
    public: Sequence[str] = (),
    minimum: float = MIN_HOUSEHOLDS,
    few: float = FEW,
    within: str | None = None,
) -> pd.DataFrame:
    """Empty the figures that describe too few households or people.

    Parameters
    ----------
    frame : DataFrame
        One row for each area.
    figures : list of str, or dict of str to (str or (str, str))
        The columns about people or homes, as a dict each with what it is: see the module.
    count : str
        Column with the number of households (or people) that each row describes.
    public : sequence of str
        Numbers about no one: identifiers, metres. All others are emptied in hidden rows, named in ``figures`` or not.
    minimum, few : int or float
        The smallest number of households, and the smallest count of those who have a trait or who have not, to show.
    within : str, optional
        Column naming a larger area whose total is published or known elsewhere: protected, too. By default ``commune``,
        where the table has such a column: totals of communes are published.

    Returns
    -------
    DataFrame
        A copy, with a text column ``hidden``: empty, or `HIDDEN`. It does not say which row was too small and which
        protects it: that would tell how large the first can be. Single figures may be missing in a row that is shown.

    Raises
    ------
    WrongUse
        A column that does not exist, an unknown kind of figure, a negative count, or a minimum under 2.
    """
    kinds = _kinds(figures)
    within = within or (COMMUNE if COMMUNE in frame else None)
    _check(frame, kinds, count, public, minimum, few, within)
    number = _values(frame[count])
    groups = _groups(frame, within)
    # An unknown count may be a small one: only what is known to be large is shown.
    gone = ~(number >= minimum)
    _protect(gone, groups, lambda rows: _enough(number[rows], minimum), number)
    out = frame.copy()
    out.attrs = dict(frame.attrs)
    out["hidden"] = pd.array(np.where(gone, _(HIDDEN), ""), dtype="str")
    kept = {*public, within}
    figure_like = [c for c in frame.columns if c in kinds or (c not in kept and _is_figure(frame[c]))]
    # What a share is made of gives it back, but for a whole that is public by itself (the population of an area).
    wholes = [c for c in _made_of(kinds) if c not in public]
    for column in dict.fromkeys([*figure_like, *wholes, count]):
        out[column] = _empty(out[column], gone)
    for columns, part, of in _families(frame, kinds, number):
        small = _small(gone, groups, number, part, of, minimum, few)
        for column in columns:
            out[column] = _empty(out[column], small)
    return out


def _kinds(figures):
    """What each figure is, also where the caller gave names only."""
    if not isinstance(figures, (list, tuple)):
        return dict(figures)
    ends = (("pct", "pct"), ("rate", "pct"), ("share", "share"), ("", "count"))
    return {name: next(kind for end, kind in ends if str(name).lower().endswith(end)) for name in figures}


def _made_of(kinds):
    return [column for kind in kinds.values() if isinstance(kind, tuple) for column in kind]


def _check(frame, kinds, count, public, minimum, few, within):
    wanted = [*kinds, *_made_of(kinds), count, *public, *([within] if within else [])]
    absent = [c for c in dict.fromkeys(wanted) if c not in frame]
    if absent:
        there = ", ".join(map(str, frame.columns))
        raise WrongUse("privacy.suppress", _("no such column"), found=", ".join(absent), expected=there)
    if not frame.columns.is_unique:
        raise WrongUse("privacy.suppress", _("two columns have the same name"))
    unknown = [f"{name}: {kind}" for name, kind in kinds.items() if not isinstance(kind, tuple) and kind not in KINDS]
    if unknown:
        raise WrongUse(
            "privacy.suppress",
            _("it is not known what a figure is"),
            found=", ".join(unknown),
            expected=_("{kinds}, or (part, whole)").format(kinds=", ".join(KINDS)),
        )
    if not (minimum >= 2 and few >= 2):
        told = {"found": f"minimum {minimum}, few {few}", "expected": _("2 or more")}
        raise WrongUse("privacy.suppress", _("a minimum under 2 protects nobody"), **told)
    least = np.nanmin(_values(frame[count]), initial=0)
    if least < 0:
        raise WrongUse("privacy.suppress", _("a number of households cannot be negative"), found=str(least))


def _values(column):
    """Numbers of a column, whatever it keeps them in; missing where there is none."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype("str").str.replace(r"[%\s]", "", regex=True).str.replace(",", ".")
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def _is_figure(column):
    """Whether a column holds numbers, in whatever form."""
    if pd.api.types.is_numeric_dtype(column):
        return True
    if str(column.dtype) == "geometry" or not len(column := column.dropna()):
        return False
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    return all(
        _FIGURE.fullmatch(v) if isinstance(v, str) else isinstance(v, (bool, int, float, np.number, np.bool_))
        for v in column
    )


def _empty(column, gone):
    """The column without what is hidden; not even a category that no row has any more."""
    if pd.api.types.is_bool_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("boolean")
    elif pd.api.types.is_integer_dtype(column):
        column = column.astype("Int64")
    column = column.mask(gone)
    return column.cat.remove_unused_categories() if isinstance(column.dtype, pd.CategoricalDtype) else column


def _families(frame, kinds, number):
    """Columns that give each other away, with the count in them and the numbers that it is part of."""
    found = {}
    for name, kind in kinds.items():
        if isinstance(kind, tuple):
            part, whole = kind
            columns, _, wholes = found.setdefault(part, ([part], _values(frame[part]), []))
            columns.append(name)
            wholes.append(_values(frame[whole]))
    for name, kind in kinds.items():
        if kind in ("pct", "share"):
            found[name] = ([name], _values(frame[name]) * number / (100 if kind == "pct" else 1), [number])
        elif kind == "count" and name not in found:
            found[name] = ([name], _values(frame[name]), [number])
    return found.values()


def _small(gone, groups, number, part, wholes, minimum, few):
    """Where a count is hidden: with its row, because it points at somebody, or to protect another."""

    def enough(rows):
        return _enough(number[rows], minimum, part[rows], [whole[rows] for whole in wholes], few)

    small = gone | np.any([_points(part, whole, few) for whole in wholes], axis=0)
    _protect(small, groups, enough, number)
    return small


def _points(part, whole, few):
    """Whether a count points at somebody: of a few people, or of all but a few, or of all."""
    rest = whole - part  # under 0: people against households, and no part of them
    edge = 1e-9
    return (part > edge) & ((part < few - edge) | ((rest > -edge) & (rest < few - edge)))


def _enough(number, minimum, part=None, wholes=(), few=FEW):
    """Whether the sums over several hidden rows say nothing about anyone."""
    if np.nansum(number) < minimum:
        return False
    return not any(_points(np.nansum(part), whole.sum(), few) for whole in wholes)


def _groups(frame, within):
    rows = np.arange(len(frame))
    return list(pd.Series(rows).groupby(frame[within].to_numpy(), dropna=False).indices.values()) if within else [rows]


def _protect(gone, groups, enough, number):
    """Hide further rows until what is hidden cannot be had by subtraction from the total of a group, or of all."""
    for rows in groups:
        _hide_more(gone, [np.array([row]) for row in rows], enough, number)
    if len(groups) > 1:
        _hide_more(gone, groups, enough, number)


def _hide_more(gone, units, enough, number):
    """Units are rows of a larger area, or larger areas of the table, of which the total is known."""
    hidden = [rows for rows in units if gone[rows].all()]
    if not hidden:
        return
    left = sorted((rows for rows in units if not gone[rows].all()), key=lambda rows: np.nansum(number[rows]))
    # A unit without households has nothing to protect another with.
    while left and (
        sum(np.nansum(number[rows]) != 0 or np.isnan(number[rows]).any() for rows in hidden) < 2
        or not enough(np.concatenate(hidden))
    ):
        rows = left.pop(0)
        gone[rows] = True
        hidden.append(rows)


def pct(
    part: float, whole: float, households: float, minimum: float = MIN_HOUSEHOLDS, few: float = FEW
) -> float | None:
    """A percentage, or None where it would describe too few households or people.

    Parameters
    ----------
    part, whole : float
        Numbers of people or homes.
    households : float
        Households that the figure describes.
    minimum, few : int or float
        See `suppress`.

    Returns
    -------
    float or None
        0 to 100 (%).
    """
    if not households >= minimum or not whole > 0 or _points(part, whole, few):
        return None
    return 100 * part / whole


def safe(
    frame: pd.DataFrame,
    figures: Sequence[str] | Mapping[str, str | tuple[str, str]],
    *,
    count: str,
    public: Sequence[str] = (),
    minimum: float = MIN_HOUSEHOLDS,
    few: float = FEW,
    within: str | None = None,
) -> pd.DataFrame:
    """The table that may leave the room: figures hidden by `suppress`, no column that nobody declared, no index.

    Parameters
    ----------
    frame : DataFrame
        One row for each area.
    figures, count, minimum, few, within
        See `suppress`.
    public : sequence of str
        All other columns, numbers or not, that are about no one: codes and names of areas, metres. A column of text may
        hold a figure, too ("80 %", "all poor"), so that each has to be named; ``within`` and the shapes need not be.

    Returns
    -------
    DataFrame
        Rows are numbered anew: an index may hold what a column may not.

    Raises
    ------
    WrongUse
        A column that is neither: whoever exports it has to say which it is. Or one about persons, by its name (name,
        mail, telephone) or by what it holds (an address of mail, a telephone number), declared or not.
    """
    _refuse_persons(frame)
    kinds = _kinds(figures)
    shapes = frame.columns[[str(dtype) == "geometry" for dtype in frame.dtypes]][:1]
    told = {*kinds, *_made_of(kinds), *public, count, within, *shapes}
    unsaid = [str(c) for c in frame.columns if c not in told]
    if unsaid:
        raise WrongUse(
            "privacy.safe",
            _("a column is neither a figure about people nor said to be about no one"),
            expected=_("every column in figures=[...] or public=(...)"),
            found=", ".join(unsaid),
        )
    hidden = suppress(frame, kinds, count=count, public=public, minimum=minimum, few=few, within=within)
    return hidden.reset_index(drop=True)


def _refuse_persons(frame):
    """Names of columns and values that reach a person stop the export; the value itself is not repeated."""
    found = []
    for column in frame.columns:
        words = re.sub(r"[^a-z0-9]+", " ", fold(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(column))))
        joined = words.replace("e mail", "email")
        if _PERSON.search(joined) and not (_PLACE.search(joined) and re.search(r"\b(noms?|names?)\b", joined)):
            found.append(str(column))
        elif _reaches(frame[column]):
            found.append(
                _("{column} (a value looks like an e-mail address or a telephone number)").format(column=column)
            )
    if found:
        raise WrongUse(
            "privacy.safe",
            _("a column holds what belongs to persons"),
            found=", ".join(found),
            next=_("frame.drop(columns=[...]); the name of an area goes into a column that says so, such as name_area"),
        )


def _reaches(column):
    if pd.api.types.is_numeric_dtype(column) or str(column.dtype) == "geometry":
        return False
    return bool(column.dropna().astype("str").str.contains(_REACHES).any())


def write(
    frame: pd.DataFrame,
    path: str | Path,
    figures: Sequence[str] | Mapping[str, str | tuple[str, str]],
    *,
    count: str,
    public: Sequence[str] = (),
    minimum: float = MIN_HOUSEHOLDS,
    few: float = FEW,
    within: str | None = None,
) -> Path:
    """Write a table for others: only what `safe` lets through, whole or not at all.

    Parameters
    ----------
    frame, figures, count, public, minimum, few, within
        See `safe`.
    path : path
        ``.csv`` (UTF-8, comma, no text a formula) or ``.geojson``.

    Returns
    -------
    Path
    """
    path = Path(path)
    table = safe(frame, figures, count=count, public=public, minimum=minimum, few=few, within=within)
    shapes = [c for c in table.columns if str(table[c].dtype) == "geometry"]
    if path.suffix == ".csv":
        plain = for_spreadsheets(pd.DataFrame(table.drop(columns=shapes)))
        write_whole(path, lambda file: plain.to_csv(file, index=False, encoding="utf-8"))
        return path
    if path.suffix != ".geojson" or not shapes:
        raise WrongUse(
            "privacy.write",
            _("a table is written as CSV, one with shapes also as GeoJSON"),
            expected=".csv, .geojson",
            found=path.suffix,
        )
    # Without `drop_id` each feature carries its label of the index.
    text = table.to_crs("EPSG:4326").to_json(drop_id=True)
    write_whole(path, lambda file: file.write_text(text, encoding="utf-8"))
    return path
