"""IRIS change: bring a table of one year's IRIS onto those of another, adding counts and never averaging rates.

Incomes of 2021 are given for the IRIS of 2022, the census of 2022 for those of 2024. Most codes are the same in both;
what is not must be said, not lost in a join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.crs import same_crs
from datakit.geo.territory import merged
from datakit.language import _
from datakit.show import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd


SLIVER = 0.01  # share of an IRIS below which an overlap is a contour drawn anew, not ground that changed hands


@dataclass(frozen=True, eq=False)
class Crosswalk:
    """Which IRIS of one year goes into which of another.

    Attributes
    ----------
    pairs : DataFrame
        ``old``, ``new``, ``share`` (of the old IRIS that goes there, 0 to 1) and ``how``.
    lost : tuple of str
        Old codes that go nowhere.
    empty : tuple of str
        New codes that get nothing.
    """

    pairs: pd.DataFrame
    lost: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Converted:
    """A table on the IRIS of another year.

    Attributes
    ----------
    table : DataFrame
        ``iris`` (of the new year), the counts and the rates. A count is missing where one of the IRIS that it comes
        from is missing: a secret number does not become a smaller one.
    counts : DataFrame
        Index: the counts; ``total`` (what the table had), ``placed`` (what arrived) and ``lost`` (list of the codes
        with a number that go nowhere).
    """

    table: pd.DataFrame
    counts: pd.DataFrame


def by_code(old: Iterable[str], new: Iterable[str]) -> Crosswalk:
    """A crosswalk from codes alone, for what codes can say.

    Parameters
    ----------
    old, new : iterable of str
        IRIS codes (9 digits) of the table and of the target year.

    Returns
    -------
    Crosswalk
        ``how`` is the same code; or the only IRIS of the commune, when it has one code in the target year, or belongs
        to a commune that was merged and is not divided. Only contours can tell about IRIS that were split or merged
        within a commune: those are in ``lost`` and ``empty``.
    """
    old, new = list(dict.fromkeys(map(str, old))), set(map(str, new))
    codes = pd.Series(sorted(new), dtype="str")
    by_commune = codes.groupby(codes.str[:5]).agg(list).to_dict()
    rows, successors = [], merged()
    for code in old:
        commune = successors.get(code[:5], code[:5])
        there = by_commune.get(commune, [])
        if code in new:
            rows.append((code, code, 1.0, "same code"))
        elif len(there) == 1:
            how = "only IRIS of its commune" if commune == code[:5] else "commune merged, not divided"
            rows.append((code, there[0], 1.0, how))
    out = pd.DataFrame(rows, columns=["old", "new", "share", "how"])
    return _crosswalk(out, old, new)


def by_ground(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, weights: gpd.GeoDataFrame | None = None) -> Crosswalk:
    """A crosswalk from contours of both years: the ground that each pair of IRIS shares.

    Parameters
    ----------
    old, new : GeoDataFrame
        ``iris`` and polygons, same projected CRS.
    weights : GeoDataFrame, optional
        Points with a column ``weight`` (homes, building volume): an IRIS is then divided by where they stand, and by
        ground only where it has none.

    Returns
    -------
    Crosswalk
        ``how`` is "ground" or "homes"; shares of one old IRIS add up to 1, or to less where part of it lies in none of
        the new. Overlaps under `SLIVER` of the old IRIS are taken for drawing.

    Raises
    ------
    CrsMismatch
    """
    same_crs(old, new, *([] if weights is None else [weights]))
    a, b = new.sindex.query(old.geometry.to_numpy(), predicate="intersects")
    pieces = shapely.intersection(old.geometry.to_numpy()[a], new.geometry.to_numpy()[b])
    area = shapely.area(pieces)
    whole = shapely.area(old.geometry.to_numpy())[a]
    keep = area > SLIVER * whole
    a, b, pieces, area, whole = a[keep], b[keep], pieces[keep], area[keep], whole[keep]
    share, how = area / whole, np.full(len(a), "ground", dtype=object)
    if weights is not None:
        row, place = weights.sindex.query(pieces, predicate="intersects")
        inside = np.bincount(row, weights["weight"].to_numpy(float)[place], minlength=len(pieces))
        total = pd.Series(inside).groupby(a).transform("sum").to_numpy()
        share, how = (
            np.where(total > 0, inside / np.where(total > 0, total, 1), share),
            np.where(total > 0, "homes", how),
        )
    # What was only redrawn goes whole; an IRIS half outside keeps its half outside.
    covered = pd.Series(area / whole).groupby(a).transform("sum").to_numpy()
    inner = covered > 1 - len(new) * SLIVER if len(new) < 5 else covered > 0.95
    added = pd.Series(share).groupby(a).transform("sum").to_numpy()
    share = np.where(inner & (added > 0), share / np.where(added > 0, added, 1), share)
    out = pd.DataFrame({"old": old["iris"].to_numpy()[a], "new": new["iris"].to_numpy()[b], "share": share, "how": how})
    out = out[out["share"] > 0].reset_index(drop=True)
    return _crosswalk(out, old["iris"], new["iris"])


def _crosswalk(pairs, old, new):
    gone, bare = (sorted(set(codes) - set(pairs[side])) for side, codes in (("old", old), ("new", new)))
    return Crosswalk(pairs, lost=tuple(gone), empty=tuple(bare))


def convert(table: pd.DataFrame, crosswalk: Crosswalk, counts: list[str], rates: Sequence[str] = ()) -> Converted:
    """Bring a table onto the IRIS of another year.

    Parameters
    ----------
    table : DataFrame
        ``iris``, once each, and the columns named.
    crosswalk : Crosswalk
        Of `by_code` or `by_ground`.
    counts : list of str
        Columns of people or homes: divided and added.
    rates : list of str
        Medians, shares, rates: kept where an IRIS is the same in both years, missing elsewhere. Two medians have no
        median.

    Returns
    -------
    Converted

    Raises
    ------
    WrongUse
        A code twice, or a crosswalk that gives away more than there is.
    """
    if table["iris"].duplicated().any():
        raise WrongUse("convert", _("an IRIS comes twice"), found=table.loc[table["iris"].duplicated(), "iris"].iloc[0])
    given = crosswalk.pairs.groupby("old")["share"].sum()
    if (given > 1 + 1e-6).any():
        raise WrongUse(
            "convert",
            _("a crosswalk gives away more than there is"),
            expected=_("shares up to 1 by IRIS"),
            found=f"{given.idxmax()}: {style.number(given.max(), 3)}",
        )
    wide = crosswalk.pairs[["old", "new", "share"]].merge(table.rename(columns={"iris": "old"}), on="old", how="inner")
    grouped = wide.groupby("new", sort=True)
    out = pd.DataFrame(index=pd.Index(sorted(wide["new"].unique()), name="iris"))
    said = pd.DataFrame(columns=["total", "placed", "lost"], index=pd.Index(counts, name="count"), dtype=object)
    for column in counts:
        values = pd.to_numeric(wide[column]).astype(float) * wide["share"]
        out[column] = values.groupby(wide["new"]).sum(min_count=1).mask(values.isna().groupby(wide["new"]).any())
        number = pd.to_numeric(table[column]).astype(float)
        lost = table.loc[~table["iris"].isin(crosswalk.pairs["old"]) & number.gt(0), "iris"].tolist()
        said.loc[column] = [float(number.sum()), float(out[column].sum()), lost]
    whole = (grouped.size() == 1) & (grouped["share"].max() > 1 - 1e-6)
    for column in rates:
        out[column] = grouped[column].first().where(whole)
    return Converted(out.reset_index(), said)
