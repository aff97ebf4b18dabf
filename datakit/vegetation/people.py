"""Figures of places turned into figures of people: shares of residents, how even they are, and who is left out.

Residents of a home or a cell are modelled from squares of 200 m or from IRIS: a share of them is no better than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo import fairness
from datakit.geo.cells import overlaps, polygons
from datakit.geo.crs import same_crs
from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd


PARTS = ("three_trees", "canopy_30", "green_300")
LABELS = {
    "three_trees": N_("three trees in view"),
    "canopy_30": N_("canopy around"),
    "green_300": N_("green space on foot"),
    "all_three": N_("all three"),
    "none": N_("none of them"),
}
HIDDEN, ABSENT = N_("income not published"), N_("IRIS without a row")


def on_cells(
    values: pd.Series | np.ndarray,
    homes: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    residents: pd.Series | np.ndarray | None = None,
) -> pd.Series:
    """The mean of a figure over the homes of each cell, weighted by who lives there.

    Parameters
    ----------
    values : Series or array of float
        One for each home, such as ``three_trees`` of :func:`parts`; homes without are left out.
    homes : GeoDataFrame
        Points or footprints; a home is in the cell that holds a point inside it.
    cells : GeoDataFrame
        Same CRS.
    residents : Series or array of float, optional
        Weights; all homes alike without.

    Returns
    -------
    Series
        With the index of ``cells``; missing where no home with a figure is.

    Raises
    ------
    CrsMismatch
    WrongUse
        A figure is not one for each home.
    """
    same_crs(homes, cells)
    values = figures(values, homes, "values")
    weight = np.ones(len(homes)) if residents is None else np.nan_to_num(figures(residents, homes, "residents"))
    home, cell = shapely.STRtree(polygons(cells)).query(_inside(homes), predicate="intersects")
    first = np.unique(home, return_index=True)[1]  # a home on a common edge is in one cell
    home, cell = home[first], cell[first]
    keep = np.isfinite(values[home]) & (weight[home] > 0)
    home, cell = home[keep], cell[keep]
    total = np.bincount(cell, weight[home] * values[home], minlength=len(cells))
    people = np.bincount(cell, weight[home], minlength=len(cells))
    mean = np.divide(total, people, out=np.full(len(cells), np.nan), where=people > 0)
    return pd.Series(mean, index=cells.index)


def by_resident(met: pd.DataFrame, residents: pd.Series | np.ndarray) -> pd.DataFrame:
    """The share of residents who meet each part of the rule, all of it, or none.

    Parameters
    ----------
    met : DataFrame
        Of :func:`parts`.
    residents : Series or array of float
        Residents of each place; places without a figure are left out.

    Returns
    -------
    DataFrame
        Index: the three parts, ``all_three``, ``none``. ``residents`` (who are known to meet it), ``share`` (of those
        for whom it is known), ``low`` and ``high`` (if all others fail, or meet it), ``unknown`` (share for whom it is
        not known); 0 to 1, missing without residents.

    Raises
    ------
    WrongUse
        Not one figure for each place, or below 0.
    """
    people = _people(residents, met)
    rows = {}
    for name in LABELS:
        value = met[name].to_numpy(float)
        known = np.isfinite(value)
        meets, of, all_ = (people * np.where(known, value, 0)).sum(), people[known].sum(), people.sum()
        with np.errstate(invalid="ignore", divide="ignore"):
            rows[name] = (meets, meets / of, meets / all_, (meets + all_ - of) / all_, 1 - of / all_)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["residents", "share", "low", "high", "unknown"])


def lorenz(values: pd.Series | np.ndarray, residents: pd.Series | np.ndarray) -> pd.DataFrame:
    """How evenly something is shared among residents: the curve of `datakit.geo.fairness.lorenz`.

    Parameters
    ----------
    values : Series or array of float
        What each resident of a place has, 0 or more, such as the share of canopy around; places without are left out,
        see `known_share`.
    residents : Series or array of float
        Residents of each place.

    Returns
    -------
    DataFrame
        ``people`` and ``share``, cumulated from those who have least, from 0 to 1; the Gini index is
        `datakit.geo.fairness.index` of it.

    Raises
    ------
    WrongUse
        Figures that do not belong together or are below 0, or nobody has any.
    """
    values = pd.Series(values)
    return fairness.lorenz(figures(values, values, "values"), _people(residents, values))


def known_share(values: pd.Series | np.ndarray, residents: pd.Series | np.ndarray) -> float:
    """The share of the residents whose place has a figure: who is in a curve, or in a mean.

    Parameters
    ----------
    values, residents
        See `lorenz`.

    Returns
    -------
    float
        0 to 1; missing where nobody lives anywhere.

    Raises
    ------
    WrongUse
        Figures that do not belong together, or residents below 0.
    """
    values = pd.Series(values)
    known, people = np.isfinite(figures(values, values, "values")), _people(residents, values)
    return float(people[known].sum() / people.sum()) if people.sum() > 0 else np.nan


def in_iris(places: gpd.GeoDataFrame, iris: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which IRIS each place is in, and with what part of it.

    Parameters
    ----------
    places : GeoDataFrame
        Cells (cut along the IRIS, by area), or homes as points.
    iris : GeoDataFrame
        ``iris`` and polygons that do not overlap; same CRS.

    Returns
    -------
    DataFrame
        ``place`` (label in the index of ``places``), ``iris`` and ``part`` (0 to 1): one row for each pair that shares
        ground.

    Raises
    ------
    CrsMismatch
    """
    same_crs(places, iris)
    shapes, districts = places.geometry.to_numpy(), polygons(iris)
    if (shapely.get_dimensions(shapes) == 2).any():
        cells = polygons(places)
        place, district, shared = overlaps(cells, districts)
        part = shared / shapely.area(cells)[place]
    else:
        place, district = shapely.STRtree(districts).query(shapes, predicate="intersects")
        first = np.unique(place, return_index=True)[1]  # a home on a common edge is in one IRIS
        place, district, part = place[first], district[first], 1.0
    return pd.DataFrame({"place": places.index[place], "iris": iris["iris"].to_numpy()[district], "part": part})


def left_out(
    met: pd.DataFrame,
    residents: pd.Series | np.ndarray,
    where: pd.DataFrame,
    census: pd.DataFrame | None = None,
    incomes: pd.DataFrame | None = None,
    *,
    ages: Sequence[str] = ("pop_0_14", "pop_75_plus"),
    groups: int = 5,
) -> pd.DataFrame:
    """Who meets the rule and who is left out, by income and age of the IRIS.

    Neither table says who lives in which home. All homes of an IRIS are taken to have its mix of ages and its median
    income: the true gap between groups is larger than this one, and nothing here is about persons. An IRIS whose income
    is a statistical secret is a group of its own, not a poor one.

    Parameters
    ----------
    met : DataFrame
        Of :func:`datakit.vegetation.rule.parts`.
    residents : Series or array of float
        Residents of each place.
    where : DataFrame
        Of :func:`in_iris`.
    census : DataFrame, optional
        ``iris``, ``population`` and the columns ``ages``.
    incomes : DataFrame, optional
        ``iris``, ``median_income``, missing where it is a secret. Its IRIS may be of another year.
    ages : sequence of str
        Columns of ``census``.
    groups : int
        Groups of IRIS by median income, each with about as many residents.

    Returns
    -------
    DataFrame
        ``by`` (``"all"``, ``"income"``, ``"age"``), ``group``, ``iris`` (how many), ``residents``, ``from`` and ``to``
        (median incomes), the share of residents who meet each part, ``all_three`` and ``none`` (0 to 1, of those for
        whom it is known), ``unknown`` (share for whom ``all_three`` is not known). Residents in no IRIS are in no row:
        what the row ``"all"`` lacks beside the sum of ``residents``.

    Raises
    ------
    WrongUse
        No age column of that name, fewer than one group, a place or an IRIS that comes twice.
    """
    _fit(met, census, incomes, ages, groups)
    sums = by_iris(met, residents, where)
    rows = [_row("all", N_("all residents"), sums)]
    if incomes is not None:
        rows += _by_income(sums, incomes, groups)
    if census is not None:
        rows += _by_age(sums, census, ages)
    return pd.DataFrame(rows)


def _fit(met, census, incomes, ages, groups):
    """One row for each place and IRIS, and the columns that are asked for; or an error that says what is not so."""
    if not met.index.is_unique:
        raise WrongUse(
            "left_out",
            _("a place comes twice in the index"),
            expected=_("one label for each place"),
            found=str(met.index[met.index.duplicated()][0]),
        )
    for table in (census, incomes):
        if table is not None and table["iris"].duplicated().any():
            raise WrongUse(
                "left_out",
                _("an IRIS comes twice in a table"),
                expected=_("one row for each"),
                found=str(table.loc[table["iris"].duplicated(), "iris"].iloc[0]),
            )
    absent = [] if census is None else [c for c in ("population", *ages) if c not in census]
    if absent or groups < 1:
        raise WrongUse(
            "left_out",
            _("ages are columns of the census, and there is at least one group"),
            found=_("no {names}").format(names=", ".join(absent)) if absent else f"groups={groups}",
        )


def by_iris(met: pd.DataFrame, residents: pd.Series | np.ndarray, where: pd.DataFrame) -> pd.DataFrame:
    """Residents of each IRIS, those who meet each part, and those for whom it is known.

    Parameters
    ----------
    met, residents, where
        See `left_out`.

    Returns
    -------
    DataFrame
        Index ``iris``: ``people``, and ``meets <part>`` and ``known <part>`` for each of `LABELS` (residents).
    """
    people = pd.Series(_people(residents, met), met.index)
    piece = where[where["place"].isin(met.index)]
    weight = people.loc[piece["place"]].to_numpy() * piece["part"].to_numpy()
    value = met.loc[piece["place"], list(LABELS)].to_numpy(float)
    sums = pd.DataFrame({"iris": piece["iris"].to_numpy(), "people": weight})
    for k, name in enumerate(LABELS):
        sums[f"meets {name}"] = weight * np.nan_to_num(value[:, k])
        sums[f"known {name}"] = weight * np.isfinite(value[:, k])
    sums = sums.groupby("iris").sum()
    return sums[sums["people"] > 0]


def _by_income(sums, incomes, groups):
    income = incomes.set_index("iris").reindex(sums.index)
    median = pd.to_numeric(income["median_income"]).astype("float64")
    group = _bands(median, sums["people"], groups)
    group[median.isna()] = HIDDEN
    group[~sums.index.isin(incomes["iris"])] = ABSENT
    labels = [*(g for g in sorted(set(group)) if g not in (HIDDEN, ABSENT)), HIDDEN, ABSENT]
    where = {label: (group == label).to_numpy() for label in labels}
    return [_row("income", label, sums[here], median[here]) for label, here in where.items() if here.any()]


def _by_age(sums, census, ages):
    rows = []
    count = census.set_index("iris").reindex(sums.index)
    lives = pd.to_numeric(count["population"]).astype("float64")
    for name in ages:
        # Of an IRIS that is only partly in the places, the same part of each age.
        share = pd.to_numeric(count[name]).astype("float64") / lives.where(lives > 0)
        rows.append(_row("age", name, sums.mul(share.clip(0, 1), axis=0).dropna(subset="people")))
    return rows


def _bands(income, people, groups):
    """Groups of IRIS by income with about as many people in each: where the middle person of an IRIS falls."""
    order = income.dropna().sort_values(kind="stable").index
    cumulated = people[order].cumsum()
    middle = (cumulated - people[order] / 2) / people[order].sum()
    number = np.minimum((middle * groups).astype(int) + 1, groups)
    ends = {1: " (lowest incomes)", groups: " (highest incomes)"}
    band = number.map(lambda n: f"{n:02d}{ends.get(n, '')}" if groups > 1 else N_("all incomes"))
    return band.reindex(income.index).astype(object)


def _row(by, group, sums, income=None):
    total = sums.sum()
    known = income is not None and income.notna().any()
    row = {
        "by": by,
        "group": group,
        "iris": len(sums),
        "residents": total["people"],
        "from": income.min() if known else np.nan,
        "to": income.max() if known else np.nan,
    }
    for name in LABELS:
        of = total[f"known {name}"]
        row[name] = total[f"meets {name}"] / of if of > 0 else np.nan
    row["unknown"] = 1 - total["known all_three"] / total["people"] if total["people"] > 0 else np.nan
    return row


def _people(residents, frame):
    people = figures(residents, frame, "residents")
    if (people < 0).any():
        raise WrongUse("residents", _("residents are 0 or more"), found=f"{np.nanmin(people):g}")
    return np.nan_to_num(people)


def figures(values: pd.Series | np.ndarray, frame: pd.DataFrame | pd.Series, name: str) -> np.ndarray:
    """One number for each row of a table; a Series has to have the table's index."""
    if len(values) != len(frame) or (isinstance(values, pd.Series) and not values.index.equals(frame.index)):
        raise WrongUse(
            name,
            _("one figure for each place is needed, with the same index"),
            expected=_("{n} rows").format(n=len(frame)),
            found=_("{n} rows").format(n=len(values)),
        )
    return pd.to_numeric(pd.Series(values)).to_numpy(float, na_value=np.nan)


def _inside(frame):
    return shapely.point_on_surface(shapely.force_2d(frame.geometry.to_numpy()))
