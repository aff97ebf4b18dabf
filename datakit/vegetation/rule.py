"""The 3-30-300 rule: three trees in view, 30 % of canopy around, 300 m on foot to green space; for people, not ground.

C. C. Konijnendijk (2023), Evidence-based guidelines for greener, healthier, more resilient neighbourhoods: introducing
the 3-30-300 rule, Journal of Forestry Research 34(3), 821-830. M. Browning, D. Locke, C. Konijnendijk and others
(2024), Measuring the 3-30-300 rule to help cities meet nature access thresholds, Science of the Total Environment 907,
167739, compare ways to measure it: they advise views from windows and surveys, land cover of high resolution, and
distances along streets. How far a tree is seen: `datakit.vegetation.sight`.

Residents of a home or a cell are modelled from squares of 200 m or from IRIS, and so is everything here that counts
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.language import N_, _
from datakit.show.answers import Value
from datakit.show.style import number
from datakit.vegetation.people import (
    LABELS,
    PARTS,
    by_resident,
    figures,
    in_iris,
    known_share,
    left_out,
    lorenz,
    on_cells,
)
from datakit.vegetation.sight import REACH

if TYPE_CHECKING:
    import geopandas as gpd


RULE = "Konijnendijk (2023), J. For. Res. 34, 821-830"
CHOICE = N_("choice of this kit")
BLOCK = 20_000  # places at once

__all__ = [
    "LABELS",
    "PARTS",
    "Rule",
    "by_resident",
    "in_iris",
    "known_share",
    "left_out",
    "lorenz",
    "neighbourhood",
    "on_cells",
    "parts",
    "values",
]


@dataclass(frozen=True)
class Rule:
    """The parameters of the rule; :meth:`table` says what each means, and who set it.

    Attributes
    ----------
    trees : int
        Trees in view.
    canopy : float
        Share of the neighbourhood under canopy, 0 to 1.
    walk : float
        Metres on foot to green space.
    reach : float
        Metres within which a tree counts as in view.
    radius : float
        Metres around a place that are its neighbourhood.
    hectares : float
        Least surface of a green space.
    trunk : float
        Centimetres of trunk, at breast height, from which a tree is well established; 0 counts all.
    """

    trees: int = 3
    canopy: float = 0.30
    walk: float = 300.0
    reach: float = REACH
    radius: float = 300.0
    hectares: float = 1.0
    trunk: float = 20.0

    def __post_init__(self) -> None:
        wrong = {name for name, value in vars(self).items() if not 0 < value < np.inf} - {"trunk"}
        if wrong or self.canopy > 1 or not 0 <= self.trunk < np.inf:
            raise WrongUse(
                "Rule", _("the parameters are positive, and canopy is a share of the ground"), found=str(self)
            )

    def table(self) -> pd.DataFrame:
        """The parts of the rule, how this kit measures them, and where the figures come from.

        Returns
        -------
        DataFrame
            ``part``, ``parameter``, ``value``, ``meaning`` and ``source``.
        """
        rows = [
            ("three_trees", "trees", _("well-established trees in view from a home"), RULE),
            (
                "three_trees",
                "reach",
                _(
                    "metres from façade to tree, on a straight line that no other building cuts; a "
                    "proxy for a view from the window"
                ),
                _(
                    "choice of this kit between 15 m (Nieuwenhuijsen et al. 2022, Environmental Research 215, 114387) "
                    "and 100 m (viewsheds of the Norwegian Institute for Nature Research, Trekroner, table 1)"
                ),
            ),
            (
                "three_trees",
                "trunk",
                _("cm of trunk from which a tree is well established; one whose trunk nobody measured counts"),
                _("choice of this kit: the rule names no size"),
            ),
            ("canopy_30", "canopy", _("share of the neighbourhood under woods and crowns, overlaps once"), RULE),
            (
                "canopy_30",
                "radius",
                _("metres around a place: the rule says neighbourhood and names no size"),
                _(CHOICE),
            ),
            ("green_300", "walk", _("metres along streets and paths to the nearest public green space"), RULE),
            (
                "green_300",
                "hectares",
                _("least surface of that green space"),
                _(
                    "WHO Regional Office for Europe (2016), Urban green spaces and health: an indicator of 300 m to "
                    "0.5 ha or, stricter, to 1 ha"
                ),
            ),
        ]
        table = pd.DataFrame(rows, columns=["part", "parameter", "meaning", "source"])
        table.insert(2, "value", [float(getattr(self, name)) for name in table["parameter"]])
        changed = table["parameter"].map(lambda name: getattr(self, name) != getattr(type(self), name))
        table.loc[changed, "source"] = table.loc[changed, "parameter"].map(
            lambda name: _("set by the caller; by default {value}").format(value=number(getattr(type(self), name)))
        )
        table["part"] = table["part"].map(lambda name: _(LABELS[name]))
        return table


def values(share: pd.DataFrame) -> dict[str, Value]:
    """The shares of `by_resident` as figures of an answer, in %; where they are not known for all, with a range.

    Parameters
    ----------
    share : DataFrame

    Returns
    -------
    dict of str to datakit.show.Value
        By part. A part that is known for nobody says so.
    """
    out = {}
    for name, row in share.iterrows():
        if not np.isfinite(row["share"]):
            out[str(name)] = Value(N_("an unknown share"))
        elif row["unknown"] > 0.005:
            how = N_("if all those for whom it is not known fail, or meet it")
            out[str(name)] = Value(100 * row["share"], "%", 100 * row["low"], 100 * row["high"], how)
        else:
            out[str(name)] = Value(100 * row["share"], "%", decimals=1)
    return out


def neighbourhood(
    places: gpd.GeoDataFrame,
    cells: gpd.GeoDataFrame,
    canopy: pd.Series | np.ndarray,
    radius: float = 300.0,
    least: float = 0.5,
) -> pd.Series:
    """The share of canopy around places, from that of the cells whose middle lies within a distance.

    Beyond the last cell nobody measured: at the border only the ground inside it counts.

    Parameters
    ----------
    places : GeoDataFrame
        Homes or cells (their middle is taken).
    cells : GeoDataFrame
        Of :func:`datakit.geo.cells.grid`, small beside ``radius``; same CRS.
    canopy : Series or array of float
        m² under canopy in each cell, such as ``green_area`` of :func:`datakit.vegetation.cover.green`; missing where
        not known.
    radius : float
        Metres.
    least : float
        Share of the ground of these cells whose canopy must be known; below it there is no figure.

    Returns
    -------
    Series
        0 to 1, with the index of ``places``.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``radius`` is not positive, or ``canopy`` is not one figure for each cell.
    """
    same_crs(places, cells)
    canopy = figures(canopy, cells, "canopy")
    if not 0 < radius < np.inf:
        raise WrongUse("neighbourhood", _("the radius is a positive number of metres"), found=repr(radius))
    ground = shapely.area(polygons(cells))
    known = np.isfinite(canopy)
    tree, middles = shapely.STRtree(_middles(cells)), _middles(places)
    sums = np.zeros((3, len(places)))  # canopy, known ground, all ground
    for start in range(0, len(places), BLOCK):
        place, cell = tree.query(middles[start : start + BLOCK], predicate="dwithin", distance=radius)
        rows = slice(start, start + BLOCK)
        size = len(middles[rows])
        for k, value in enumerate((np.where(known, canopy, 0), np.where(known, ground, 0), ground)):
            sums[k, rows] = np.bincount(place, value[cell], minlength=size)
    ok = (sums[1] > 0) & (sums[1] >= least * sums[2])
    share = np.divide(sums[0], sums[1], out=np.full(len(places), np.nan), where=ok)
    return pd.Series(share, index=places.index, name="canopy")


def parts(
    places: pd.DataFrame,
    trees: pd.Series | np.ndarray | None = None,
    canopy: pd.Series | np.ndarray | None = None,
    walk: pd.DataFrame | pd.Series | np.ndarray | None = None,
    *,
    seeing: pd.Series | np.ndarray | None = None,
    rule: Rule | None = None,
) -> pd.DataFrame:
    """Whether each place meets each part of the rule.

    Parameters
    ----------
    places : DataFrame
        Homes or cells.
    trees : Series or array, optional
        Trees in view, ``visible`` of :func:`datakit.vegetation.sight.visible_trees`.
    canopy : Series or array, optional
        Share of canopy around, 0 to 1: :func:`neighbourhood`, or of the IRIS.
    walk : DataFrame, Series or array, optional
        Metres on foot to green space: the table of :func:`datakit.vegetation.reach.walk`, in which a home without a way
        is far. In a Series, missing means not known, and infinite that there is no way.
    seeing : Series or array, optional
        Instead of ``trees``, for cells: the share (0 to 1) of each that sees enough trees, by :func:`on_cells`.
    rule : Rule, optional

    Returns
    -------
    DataFrame
        With the index of ``places``: ``trees``, ``canopy`` and ``walk`` as they came; ``three_trees``, ``canopy_30``,
        ``green_300``, 1 where met, 0 where not, between for a share; ``all_three`` and ``none``; ``met``, how many.
        Missing where not known; a part that fails decides ``all_three`` whatever the others.

    Raises
    ------
    WrongUse
        A figure is not one for each place, or out of range; or ``trees`` and ``seeing`` both.
    """
    rule = rule or Rule()
    if trees is not None and seeing is not None:
        raise WrongUse("parts", _("give `trees` or `seeing`, not both"), found=_("both"))
    if isinstance(walk, pd.DataFrame):
        walk = walk["walk"].mask(walk["walk"].isna() & walk["crow"].notna(), np.inf)
    given = {"trees": trees, "canopy": canopy, "walk": walk, "seeing": seeing}
    raw = _in_range({name: figures(value, places, name) for name, value in given.items() if value is not None})
    nothing = np.full(len(places), np.nan)
    out = pd.DataFrame({name: raw.get(name, nothing) for name in ("trees", "canopy", "walk")}, index=places.index)
    out["three_trees"] = raw.get("seeing", _when(out["trees"], out["trees"] >= rule.trees))
    out["canopy_30"] = _when(out["canopy"], out["canopy"] >= rule.canopy)
    out["green_300"] = _when(out["walk"], out["walk"] <= rule.walk)
    # At most one part is a share, so that the least of the three is the share that meets all of them.
    found = out[list(PARTS)].to_numpy()
    unknown = np.isnan(found).any(axis=1)
    some = np.where(np.isnan(found), 1, found)
    out["all_three"] = np.where(unknown & (some.min(axis=1) > 0), np.nan, some.min(axis=1))
    some = np.where(np.isnan(found), 0, found)
    out["none"] = np.where(unknown & (some.max(axis=1) < 1), np.nan, 1 - some.max(axis=1))
    out["met"] = found.sum(axis=1)
    return out


def _in_range(raw):
    for name, value in raw.items():
        most = 1 + 1e-9 if name in ("canopy", "seeing") else np.inf
        if ((value < 0) | (value > most)).any():
            raise WrongUse(
                "parts",
                _("`{name}` is out of range").format(name=name),
                expected=_("{low} to {high}").format(low=0, high=number(most, 0)),
                found=_("{low} to {high}").format(low=number(np.nanmin(value)), high=number(np.nanmax(value))),
            )
    return raw


def _when(value, met):
    return np.where(value.isna(), np.nan, met.astype(float))


def _middles(frame):
    return shapely.centroid(shapely.force_2d(frame.geometry.to_numpy()))
