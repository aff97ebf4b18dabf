"""Who lives where the form of the town keeps heat: climate zones by cell, residents by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import overlaps, polygons
from datakit.geo.crs import same_crs
from datakit.language import N_, _
from datakit.vegetation.priority import LCZ_HEAT

if TYPE_CHECKING:
    import geopandas as gpd


# Stewart, I. D. and Oke, T. R. (2012). Local climate zones for urban temperature studies. Bulletin of the American
# Meteorological Society 93(12).
NAMES = {
    1: "compact high-rise",
    2: "compact mid-rise",
    3: "compact low-rise",
    4: "open high-rise",
    5: "open mid-rise",
    6: "open low-rise",
    7: "lightweight low-rise",
    8: "large low-rise",
    9: "sparsely built",
    10: "heavy industry",
    11: "dense trees",
    12: "scattered trees",
    13: "bush, scrub",
    14: "low plants",
    15: "bare rock or paved",
    16: "bare soil or sand",
    17: "water",
}
HEAT = (N_("keeps much heat"), N_("keeps some heat"), N_("keeps little heat"), N_("not known"))
LIMITS = (0.8, 0.5)  # of datakit.vegetation.priority.LCZ_HEAT: the kit's own order of forms, no temperature


def zones(cells: gpd.GeoDataFrame, lcz: gpd.GeoDataFrame, code: str = "lcz_int") -> pd.DataFrame:
    """Share of each local climate zone in each cell, by ground.

    Parameters
    ----------
    cells, lcz : GeoDataFrame
        Polygons in one projected CRS; zones that overlap are not expected.
    code : str
        Column of ``lcz`` with the zone, 1 to 17 (11 to 17 are the natural zones A to G).

    Returns
    -------
    DataFrame
        Index of ``cells``: one column for each zone present (0 to 1; they add up to the share that is mapped),
        ``dominant`` (the zone with most ground, missing where none is mapped), ``share`` of it (0 to 1) and ``heat``
        (mean of `LCZ_HEAT` over the mapped ground, missing where less than half is).

    Raises
    ------
    CrsMismatch
    WrongUse
        No column of that name.
    """
    if code not in lcz:
        raise WrongUse(
            "exposure",
            _("the climate zones have no column {code}").format(code=code),
            expected=", ".join(lcz.columns),
            next='zones(cells, lcz, code="...")',
        )
    same_crs(cells, lcz)
    shapes = polygons(cells)
    surface = shapely.area(shapes)
    piece, place, shared = overlaps(polygons(lcz), shapes)
    kind = pd.to_numeric(lcz[code]).to_numpy(float, na_value=np.nan)[piece]
    known = np.isin(kind, list(NAMES))
    long = pd.DataFrame({"cell": place[known], "zone": kind[known].astype(int), "area": shared[known]})
    table = long.pivot_table(index="cell", columns="zone", values="area", aggfunc="sum", fill_value=0.0)
    table = table.reindex(range(len(cells)), fill_value=0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = table.div(np.where(surface > 0, surface, np.nan), axis=0)
    out.index = cells.index
    mapped = out.sum(axis=1)
    some = mapped.gt(0)
    dominant = (
        out.fillna(0.0).idxmax(axis=1).where(some).astype("Int64")
        if out.shape[1]
        else pd.Series(pd.NA, out.index, "Int64")
    )
    heat = (out * pd.Series(LCZ_HEAT).reindex(out.columns)).sum(axis=1) / mapped.where(some)
    return out.assign(dominant=dominant, share=out.max(axis=1).where(some), heat=heat.where(mapped >= 0.5))


def residents(heat: pd.Series, people: pd.DataFrame, limits: tuple[float, float] = LIMITS) -> pd.DataFrame:
    """Residents by how much heat the form of their surroundings keeps, the vulnerable apart.

    Parameters
    ----------
    heat : Series
        0 to 1 by cell, of `zones`.
    people : DataFrame
        One column for each group (``population``, ``pop_75_plus``, ``under_6``), residents of each cell, same index.
    limits : (float, float)
        From which a cell keeps much, or some, heat.

    Returns
    -------
    DataFrame
        One row for each of `HEAT`: residents of each group and ``<group>_pct``, in % of the group. The totals are
        those of ``people``: cells without zone are a row of their own, not left out.

    Raises
    ------
    WrongUse
        Limits that do not decrease, or another index.

    Notes
    -----
    Ages are known by groups of squares or by IRIS: within one, old and young are spread alike. IRIS tables have no
    group under 5; under 6 (the census's 0-2 and 3-5 years) stands in for it.
    """
    much, some = limits
    if not 1 >= much > some >= 0 or not heat.index.equals(people.index):
        raise WrongUse(
            "exposure",
            _("two limits, the higher first, and one row for each cell in both tables"),
            found=_("{limits}; {n} and {m} rows").format(limits=limits, n=len(heat), m=len(people)),
        )
    group = np.select([heat.isna(), heat >= much, heat >= some], [HEAT[3], HEAT[0], HEAT[1]], HEAT[2])
    out = people.apply(pd.to_numeric).groupby(group).sum().reindex(HEAT, fill_value=0.0)
    out.loc[:, ~people.notna().any()] = np.nan  # a group that no table gives is not a group of nobody
    for name in people:
        total = out[name].sum()
        out[f"{name}_pct"] = 100 * out[name] / total if total > 0 else np.nan
    return out


def compared(groups: pd.DataFrame, group: str, least: float = 2.0) -> str:
    """In words: does a group live where much heat is kept more often than all residents do?

    Parameters
    ----------
    groups : DataFrame
        Of `residents`.
    group : str
    least : float
        Points of per cent below which nothing is said: ages are spread alike within squares and IRIS, which hides
        differences and makes none. A choice of this kit.

    Returns
    -------
    str
        In English, for `datakit.show.Value` to say.
    """
    gap = groups.loc[HEAT[0], f"{group}_pct"] - groups.loc[HEAT[0], "population_pct"]
    if not np.isfinite(gap):
        return N_("it is not known")
    if abs(gap) < least:
        return N_("about as many")
    return N_("more than of all residents") if gap > 0 else N_("fewer than of all")


def told(groups: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """The table of `residents` as people read it: heat in words, people rounded to tens, shares in %.

    Parameters
    ----------
    groups : DataFrame
    names : dict of str to str
        Column to words, in English.
    """
    out = pd.DataFrame({"heat": groups.index})
    for name, words in names.items():
        out[words] = groups[name].round(-1).astype("Int64").to_numpy()
        out[f"{words} (%)"] = groups[f"{name}_pct"].round(1).to_numpy()
    return out
