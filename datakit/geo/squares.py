"""INSEE's squares of 200 m: the residents of each, as points and on cells, and never a figure about one square.

They are the finest open grain of residents. Without them, the total of an IRIS is spread evenly over its ground: on the
invented sample this puts 36 residents in 100 into another square (`misplaced` says how many on other data).

Of an imputed square only the residents are its own. Its ages, households and incomes are those of a group of squares
with 11 households or more, shared out by residents: good together, meaningless alone. INSEE, "Documentation - données
carroyées, Filosofi 2019", https://www.insee.fr/fr/statistiques/fichier/7655513/documentation_donnees-carroyees_filosofi2019.pdf
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import spread
from datakit.geo.crs import same_crs
from datakit.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    Table = TypeVar("Table", bound=pd.DataFrame)

SIDE, SYSTEM = 200, "EPSG:3035"
HOUSEHOLDS = 11  # INSEE publishes nothing about fewer tax households
SQUARES = 2  # a total of one square is a figure about one square
_NAME = rf"CRS(?:3035|5490|2975)RES{SIDE}mN\d+E\d+"  # mainland France, Martinique, La Réunion
_PAIRS = (("x", "y"), ("east", "north"), ("lon", "lat"), ("longitude", "latitude"))


class Known(TypedDict):
    """How much of a table of squares is counted and how much is imputed."""

    squares: int
    imputed: int
    residents: float
    in_imputed: float


class Misplaced(TypedDict):
    """How wrong an even spread is, each a share of the residents, 0 to 1."""

    misplaced: float
    on_empty_ground: float


def known(squares: gpd.GeoDataFrame) -> Known:
    """How many squares are imputed, and how many people live in them: to be said with every result.

    Parameters
    ----------
    squares : GeoDataFrame
        As loaded from ``insee-squares``.

    Returns
    -------
    dict
        ``squares``, ``imputed`` (numbers of squares), ``residents``, ``in_imputed`` (numbers of people).
    """
    imputed = _imputed(squares)
    people = squares["residents"].to_numpy(float)
    return {
        "squares": len(squares),
        "imputed": int(imputed.sum()),
        "residents": float(people.sum()),
        "in_imputed": float(people[imputed].sum()),
    }


def points(
    squares: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    key: str | None = None,
    columns: Sequence[str] = ("residents",),
) -> gpd.GeoDataFrame:
    """One point for each square, its middle, standing for the people of the square.

    Parameters
    ----------
    squares : GeoDataFrame
        As loaded from ``insee-squares``.
    areas : GeoDataFrame, optional
        Polygons (IRIS, communes) in the same CRS: only squares whose middle lies in one are kept. An area without any
        gets a point of its own, with nobody, so that no area is lost.
    key : str, optional
        Column of ``areas`` to give to the points; needed with ``areas``.
    columns : list of str
        Figures of the squares to give to the points.

    Returns
    -------
    GeoDataFrame
        ``square``, ``imputed``, ``columns`` and ``geometry``; with ``areas`` also ``key`` and ``weight``, the share of
        the area's residents (1 in all in each area), as `datakit.inclusion.homes.grid` gives it.
        What the areas leave out is the difference of the sums. For computing only: `guard` refuses to write it.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``areas`` without ``key``, or a column that is not there.
    """
    same_crs(squares)
    _there(squares, ["square", "residents", *columns])
    out = gpd.GeoDataFrame(squares[["square"]].copy(), geometry=squares.geometry.centroid, crs=squares.crs)
    out.insert(1, "imputed", _imputed(squares))
    for name in dict.fromkeys(columns):
        out[name] = squares[name].to_numpy()
    if areas is None:
        return out[["square", "imputed", *dict.fromkeys(columns), "geometry"]]
    if key is None or key not in areas:
        raise WrongUse("points", _("areas need the column that names them"), expected="key=", found=str(key))
    same_crs(squares, areas)
    place = _holding(out.geometry.to_numpy(), areas)
    inside = place >= 0
    people = squares["residents"].to_numpy(float)[inside]
    whole = np.bincount(place[inside], people, minlength=len(areas))
    number = np.bincount(place[inside], minlength=len(areas))
    out, place = out[inside].copy(), place[inside]
    out[key] = areas[key].to_numpy()[place]
    # Where all squares of an area are empty, each counts alike.
    out["weight"] = np.where(whole[place] > 0, people / np.where(whole > 0, whole, 1)[place], 1 / number[place])
    empty = areas[number == 0]
    alone = pd.DataFrame({key: empty[key], "weight": 1.0, "imputed": False, **dict.fromkeys(columns, 0.0)})
    alone = gpd.GeoDataFrame(alone, geometry=empty.geometry.representative_point(), crs=areas.crs)
    out = gpd.GeoDataFrame(pd.concat([out, alone], ignore_index=True) if len(alone) else out, crs=squares.crs)
    out["imputed"] = out["imputed"].astype(bool)
    return out[["square", key, "weight", "imputed", *dict.fromkeys(columns), "geometry"]].reset_index(drop=True)


def onto(squares: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, columns: Sequence[str] = ("residents",)) -> pd.DataFrame:
    """Bring figures of squares onto cells, in proportion to the ground that they share.

    Where homes are known, `datakit.vegetation.residents.by_volume` takes the squares as totals and as areas, and is
    better.

    Parameters
    ----------
    squares : GeoDataFrame
        As loaded from ``insee-squares``.
    cells : GeoDataFrame
        Polygons in the same CRS, of the territory that the squares were loaded for.
    columns : list of str
        Counts.

    Returns
    -------
    DataFrame
        ``columns`` and ``imputed`` (share of the cell's residents who come from imputed squares, 0 to 1; missing where
        nobody lives), with the index of ``cells``. Where no square is, nobody lives: 0.

    Raises
    ------
    CrsMismatch
    WrongUse
    """
    names = list(dict.fromkeys(["residents", *columns]))
    _there(squares, names)
    totals = pd.DataFrame(squares[["square", *names]])
    totals["in_imputed"] = totals["residents"].where(_imputed(squares), 0.0)
    found = spread(totals, squares[["square", squares.geometry.name]], cells, [*names, "in_imputed"])
    out = found[list(dict.fromkeys(columns))].fillna(0.0)
    lived = found["residents"] > 0
    out["imputed"] = (found["in_imputed"] / found["residents"].where(lived)).clip(0, 1)
    out.attrs = {name: kept for name, kept in squares.attrs.items() if name.startswith("datakit")}
    return out


def totals(
    squares: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, key: str, columns: Sequence[str] = ("residents",)
) -> pd.DataFrame:
    """Sums of squares by area, each square going to the area that holds its middle.

    Parameters
    ----------
    squares, areas : GeoDataFrame
        In one projected CRS.
    key : str
        Column of ``areas``.
    columns : list of str
        Counts, or sums such as ``living_standards_sum``.

    Returns
    -------
    DataFrame
        One row for each area, in its order: ``key``, ``squares`` (how many), ``imputed`` (share of the residents, 0 to
        1) and ``columns``. Figures are missing where the area has fewer than `SQUARES` squares or `HOUSEHOLDS`
        households; the area beside it may still give them away, see `datakit.inclusion.privacy`.

    Raises
    ------
    CrsMismatch
    WrongUse
    """
    same_crs(squares, areas)
    names = list(dict.fromkeys(columns))
    _there(squares, ["residents", "households", *names])
    place = _holding(squares.geometry.centroid.to_numpy(), areas)
    inside = place >= 0

    def added(values):
        return np.bincount(place[inside], np.asarray(values, float)[inside], minlength=len(areas))

    number = np.bincount(place[inside], minlength=len(areas))
    people, shared = added(squares["residents"]), added(squares["residents"].where(_imputed(squares), 0.0))
    shown = (number >= SQUARES) & (added(squares["households"]) >= HOUSEHOLDS)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = pd.DataFrame({key: areas[key].to_numpy(), "squares": number, "imputed": shared / people})
    out.loc[~shown, "imputed"] = np.nan
    for name in names:
        out[name] = np.where(shown, added(squares[name]), np.nan)
    out.attrs = {name: kept for name, kept in squares.attrs.items() if name.startswith("datakit")}
    return out


def guard(frame: Table) -> Table:
    """Let a table through that may be written, and none that has a row for each square.

    INSEE asks never to read one square alone: its figures may be a group's, and a handful of people are somebody.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame

    Returns
    -------
    DataFrame or GeoDataFrame
        The same table.

    Raises
    ------
    WrongUse
        A column or the index names squares of 200 m, or most places are such squares or their middles, in whatever
        system: taking the names away does not hide whom a row is about.
    """
    found = next((str(name) for name, values in _texts(frame) if values.str.fullmatch(_NAME, na=False).any()), None)
    if found is None and isinstance(frame, gpd.GeoDataFrame) and _on_grid(frame.geometry):
        found = frame.geometry.name
    if found is None:
        for x, y in _PAIRS:
            if {x, y} <= set(frame.columns) and _written_on_grid(frame[x], frame[y]):
                found = f"{x}, {y}"
    if found is None:
        return frame
    raise WrongUse(
        "guard",
        _("this table says something of single squares of 200 m"),
        expected=_("areas or cells of several squares"),
        found=found,
        done=_("wrote nothing"),
        next="datakit.geo.squares.totals(squares, areas, key)",
    )


def misplaced(
    squares: gpd.GeoDataFrame, people: pd.DataFrame, areas: gpd.GeoDataFrame, column: str = "population"
) -> Misplaced:
    """How many residents an even spread of larger areas puts into the wrong square.

    Parameters
    ----------
    squares : GeoDataFrame
        As loaded from ``insee-squares``: taken for the truth.
    people : DataFrame
        Totals of areas (the census by IRIS), with ``column``.
    areas : GeoDataFrame
        Their shapes, with the same key; same CRS.
    column : str

    Returns
    -------
    dict
        ``misplaced``: share of the residents who would have to move to another square; ``on_empty_ground``: share who
        are put where no square is, a part of the former. Both totals are first made equal: INSEE's two sources do not
        count the same people.

    Raises
    ------
    CrsMismatch
    WrongUse
        Nobody lives in the squares, or no key in common.
    """
    truth = squares["residents"].to_numpy(float)
    if not truth.sum() > 0:
        found = ngettext("{n} square", "{n} squares", len(squares)).format(n=len(squares))
        raise WrongUse("misplaced", _("nobody lives in these squares"), found=found)
    found = spread(people, areas, squares, [column])
    even = found[column].fillna(0).to_numpy() / people[column].sum()
    right = np.minimum(even, truth / truth.sum()).sum()
    return {"misplaced": float(1 - right), "on_empty_ground": float(max(0.0, 1 - even.sum()))}


# -- what they share --------------------------------------------------------------------------------------------------


def _imputed(squares):
    """The flag; a square that does not say is taken for imputed."""
    return squares["imputed"].astype("boolean").fillna(True).to_numpy(dtype=bool)


def _there(squares, columns):
    absent = [c for c in [*columns, "imputed"] if c not in squares]
    if absent:
        raise WrongUse(
            "squares",
            _("no such column"),
            expected=_("a table of insee-squares"),
            found=", ".join(dict.fromkeys(absent)),
        )


def _holding(middles, areas):
    """The place of the area that holds each point; -1 where none does, the first where several do."""
    point, area = shapely.STRtree(areas.geometry.to_numpy()).query(middles, predicate="intersects")
    place = np.full(len(middles), -1)
    order = np.lexsort((area, point))[::-1]
    place[point[order]] = area[order]
    return place


def _texts(frame):
    """The columns of text and the levels of the index, each with its name."""
    for name, values in frame.items():
        if not pd.api.types.is_numeric_dtype(values) and not isinstance(values.dtype, gpd.array.GeometryDtype):
            yield name, values.astype("str")
    for level in range(frame.index.nlevels):
        values = frame.index.get_level_values(level)
        if not pd.api.types.is_numeric_dtype(values):
            yield _("the index {name}").format(name=values.name or "").strip(), pd.Series(values.astype("str"))


def _on_grid(shapes):
    """Whether most shapes are squares of INSEE's grid, or points in the middle of one."""
    shapes = shapes[~(shapes.isna() | shapes.is_empty)]
    if not len(shapes) or shapes.crs is None:
        return False
    there = shapes.to_crs(SYSTEM)
    middle = there.centroid
    off = np.column_stack([middle.x, middle.y]) % SIDE - SIDE / 2
    return bool(((np.abs(off).max(axis=1) < 2) & (there.area < 1.1 * SIDE**2).to_numpy()).mean() > 0.5)


def _written_on_grid(x, y):
    """The same, of two columns of numbers in a system that nobody names."""
    x, y = (pd.to_numeric(v, errors="coerce").to_numpy(float, na_value=np.nan) for v in (x, y))
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():
        return False
    degrees = np.abs(x[there]).max() <= 180 and np.abs(y[there]).max() <= 90
    made = shapely.points(x[there], y[there])
    return any(_on_grid(gpd.GeoSeries(made, crs=crs)) for crs in (["EPSG:4326"] if degrees else ["EPSG:2154", SYSTEM]))
