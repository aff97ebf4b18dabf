"""What planting would change: trees on the best ground, those that live, their crowns, and a range for the cooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.geo.crs import same_crs
from datakit.language import N_, _
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


GROUND = 64.0  # m² of free ground for each tree (8 m from one to the next), a choice of this kit
# Share of trees that die each year, low, middle, high. D. Hilbert, L. Roman, A. Koeser, J. Vogt, N. van Doorn (2019),
# Urban tree mortality: a literature review, Arboriculture & Urban Forestry 45(5), 167-200: quartiles over studies of
# trees in streets, yards and parks are 2.8-3.8, 4.4-6.5 and 7.1-9.3 % in planting cohorts, where most die in the first
# five years, and 1.6, 2.3-2.6 and 3.0-3.3 % where trees of all ages were counted again. Middles of these ranges, and
# going from the first to the second after five years, are choices of this kit. Studies of the town would be better.
COHORT = (0.033, 0.0545, 0.082)
STANDING = (0.016, 0.0245, 0.0315)
ESTABLISHMENT = 5
CASES = ("few die", "middle", "many die")
YEARS = (10, 20, 30)
WINDOW, LEAST = 3, 30  # years of age around a date, and trees of that age that are needed: choices of this kit
WHY_A_RANGE = N_(
    "No single figure would be true: studies measure different things (air, surface, what a body feels), at different "
    "hours, in the shade or over a whole city; the same trees cool less without water in the ground, and little beyond "
    "the street in which they stand. By night, when heat is most dangerous, treed areas can be warmer."
)
FAPESP = N_(
    "Pesquisa FAPESP on H. Li and others (2024), "
    "https://revistapesquisa.fapesp.br/en/trees-cool-the-environment-but-they-also-heat-it-up"
)
# What was found, where, and of what. Figures as their abstracts give them, or a report that is named; degrees less,
# so that what is below 0 is warmer.
STUDIES = (
    (
        N_("city air, summer mean"),
        N_("tree cover raised from 14.9 % (mean of 93 European cities) to 30 %"),
        0.0,
        0.4,
        1.3,
        N_(
            "T. Iungman and others (2023), Cooling cities through urban green infrastructure: a health impact "
            "assessment of "
            "European cities, The Lancet 401, 577-589"
        ),
    ),
    (
        N_("air under trees"),
        N_("beside air in the open, mean of a systematic review"),
        np.nan,
        0.8,
        np.nan,
        N_(
            "T. Knight and others (2021), How effective is 'greening' of urban areas in reducing human exposure to "
            "ground-level ozone concentrations, UV exposure and the 'urban heat island effect'? An updated "
            "systematic review, "
            "Environmental Evidence 10:12"
        ),
    ),
    (
        N_("air under trees, by night"),
        N_("the same review: it could be warmer, no mean is given"),
        np.nan,
        np.nan,
        np.nan,
        N_("T. Knight and others (2021), the same review"),
    ),
    (
        N_("surface seen by satellite"),
        N_("trees beside continuous urban fabric, Central Europe"),
        8.0,
        np.nan,
        12.0,
        N_(
            "J. Schwaab and others (2021), The role of urban trees in reducing land surface temperatures in "
            "European cities, "
            "Nature Communications, https://doi.org/10.1038/s41467-021-26768-w"
        ),
    ),
    (
        N_("pedestrian level, most"),
        N_("the largest effect in 182 studies of 110 cities or regions"),
        np.nan,
        np.nan,
        12.0,
        N_(
            "H. Li and others (2024), Cooling efficacy of trees across cities is determined by background climate, "
            "urban morphology, and tree trait, Communications Earth & Environment, https://doi.org/10.1038/s43247-024-01908-4"
        ),
    ),
    (
        N_("temperate climates, by day, most"),
        N_("the same study, as a report of it says"),
        np.nan,
        np.nan,
        6.0,
        FAPESP,
    ),
    (
        N_("temperate climates, by night, most"),
        N_("the same study, as a report of it says: warmer"),
        -1.5,
        np.nan,
        np.nan,
        FAPESP,
    ),
)
FROM, TO = 0.149, 0.30  # of the first study: what its three figures are a change between


def plant(area: pd.Series, order: pd.Series, trees: int, *, ground: float = GROUND) -> pd.Series:
    """How many trees go into each cell: the best cells first, each as far as its free ground holds.

    Parameters
    ----------
    area : Series
        m² of free ground of each cell, less what is not to be planted.
    order : Series
        Higher comes first, such as ``priority`` of `datakit.vegetation.priority.prioritise`; cells without get none.
    trees : int
    ground : float
        m² for each tree.

    Returns
    -------
    Series of int
        With the index of ``area``. Their sum is less than ``trees`` when the ground is full: no tree is put on ground
        that is not there.

    Raises
    ------
    WrongUse
        A negative number of trees, no ground for a tree, or tables that do not fit.
    """
    if trees < 0 or not ground > 0 or not area.index.equals(order.index):
        raise WrongUse(
            "plant",
            _("a number of trees, the ground of each, and one order for each cell"),
            found=_("{trees} trees on {ground} m², {areas} areas, {orders} orders").format(
                trees=trees, ground=ground, areas=len(area), orders=len(order)
            ),
        )
    holds = np.floor(pd.to_numeric(area).fillna(0).clip(lower=0) / ground).where(order.notna(), 0)
    best = order.sort_values(ascending=False, kind="stable").index
    room = holds.loc[best]
    given = np.minimum(room, np.maximum(trees - (room.cumsum() - room), 0))
    return given.reindex(area.index).astype(int)


def positions(free: gpd.GeoSeries, numbers: pd.Series, seed: int = 0) -> gpd.GeoDataFrame:
    """Places for the new trees, drawn at random on the free ground of their cells.

    Parameters
    ----------
    free : GeoSeries
        Free ground of each cell, such as the column ``free`` of `datakit.vegetation.planting.plantable`.
    numbers : Series of int
        Of `plant`, same index.
    seed : int

    Returns
    -------
    GeoDataFrame
        ``cell`` (index of the cell) and points. A draft for counting who would see trees, no plan of planting.
    """
    same_crs(free)
    some = numbers[(numbers > 0) & ~(free.is_empty | free.isna())]
    drawn = free.loc[some.index].sample_points(some.to_numpy(), rng=np.random.default_rng(seed))
    points = drawn.explode()
    return gpd.GeoDataFrame({"cell": points.index}, geometry=points.to_numpy(), crs=free.crs)


def growth(age: ArrayLike, area: ArrayLike, years: Sequence[int] = YEARS, window: int = WINDOW) -> pd.DataFrame:
    """Crowns of an inventory's own trees at some ages: no coefficient from another climate.

    Parameters
    ----------
    age : array of float
        Years since planting.
    area : array of float
        m² under the crown, measured.
    years : sequence of int
    window : int
        Trees whose age is at most so many years away count.

    Returns
    -------
    DataFrame
        Index ``years``: ``low``, ``middle``, ``high`` (quartiles, m²) and ``trees``; missing under 30 trees. They are
        crowns of trees that lived so long, grew up under the care and weather of the past, and were chosen then: a
        mixture of other taxa may grow otherwise.
    """
    age, area = np.asarray(age, float), np.asarray(area, float)
    rows = []
    for year in years:
        near = area[(np.abs(age - year) <= window) & np.isfinite(area) & (area > 0)]
        rows.append((*(np.quantile(near, (0.25, 0.5, 0.75)) if len(near) >= LEAST else (np.nan,) * 3), len(near)))
    return pd.DataFrame(rows, columns=["low", "middle", "high", "trees"], index=pd.Index(years, name="years"))


def alive(years: float, *, planted: bool) -> tuple[float, float, float]:
    """The share of trees that still stand after some years.

    Parameters
    ----------
    years : float
    planted : bool
        Trees that are young at the beginning (`COHORT` for `ESTABLISHMENT` years, then `STANDING`), or trees of all
        ages (`STANDING`).

    Returns
    -------
    (float, float, float)
        0 to 1, in the order of `CASES`: few, a middle number and many of them die.

    Raises
    ------
    WrongUse
        Years below 0.
    """
    if not years >= 0:
        raise WrongUse("alive", _("years are 0 or more"), found=repr(years))
    young = min(years, ESTABLISHMENT) if planted else 0
    few, middle, many = (
        (1 - early) ** young * (1 - late) ** (years - young) for early, late in zip(COHORT, STANDING, strict=True)
    )
    return few, middle, many


def canopy(number: int, crowns: pd.DataFrame) -> pd.DataFrame:
    """Trees alive and ground under their crowns some years after planting.

    Parameters
    ----------
    number : int
        Trees planted. Dead trees are not replaced.
    crowns : DataFrame
        Of `growth`.

    Returns
    -------
    DataFrame
        Index ``years``: ``alive``, ``alive_low``, ``alive_high`` (trees, see `alive`), ``canopy``, ``canopy_low``,
        ``canopy_high`` (ha; crowns that overlap are not taken off). The range joins many deaths with small crowns, and
        few with large: it is wide on purpose, and no interval of confidence.

    Raises
    ------
    WrongUse
        A negative number of trees.
    """
    if number < 0:
        raise WrongUse("canopy", _("a number of trees is 0 or more"), found=str(number))
    shares = np.array([alive(year, planted=True) for year in crowns.index.to_numpy(float)]).reshape(-1, 3)
    out = pd.DataFrame(index=crowns.index)
    for name, column, crown in (("", 1, "middle"), ("_low", 2, "low"), ("_high", 0, "high")):
        out[f"alive{name}"] = number * shares[:, column]
        out[f"canopy{name}"] = out[f"alive{name}"] * crowns[crown] / 1e4
    return out[["alive", "alive_low", "alive_high", "canopy", "canopy_low", "canopy_high"]]


def later(
    standing: gpd.GeoDataFrame, planted: gpd.GeoDataFrame, age: pd.Series, years: int, case: int = 1, seed: int = 0
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The trees of one later date, without planting and with it: mortality on both sides, nobody replaced.

    Who dies is drawn. A standing tree that lives keeps its crown and trunk: what old trees gain is left out on both
    sides. A planted tree that lives has the crown and the trunk of a tree of the inventory that is as old by then.

    Parameters
    ----------
    standing : GeoDataFrame
        Trees of today: points, ``diametre_couronne`` (m) and ``dbh`` (cm).
    planted : GeoDataFrame
        Points of the new trees, of `positions`.
    age : Series of float
        Years since planting of ``standing``, same index.
    years : int
    case : {0, 1, 2}
        Which of `CASES`.
    seed : int

    Returns
    -------
    (GeoDataFrame, GeoDataFrame)
        Standing trees that are left; and the planted ones that are left, with ``dbh``, ``diametre_couronne`` and
        ``statut``.

    Raises
    ------
    CrsMismatch
    CannotAnswer
        Fewer than 30 trees of that age have a measured crown.
    """
    same_crs(standing, planted)
    rng = np.random.default_rng(seed)
    left = standing[rng.uniform(size=len(standing)) < alive(years, planted=False)[case]]
    young = planted[rng.uniform(size=len(planted)) < alive(years, planted=True)[case]].reset_index(drop=True)
    like = standing[(age - years).abs().le(WINDOW).to_numpy(bool) & standing["diametre_couronne"].gt(0).to_numpy(bool)]
    if len(like) < LEAST:
        raise CannotAnswer(
            "trees",
            _("too few trees of {years} years have a measured crown to say how large new ones get").format(years=years),
            expected=_("{n} or more").format(n=LEAST),
            found=str(len(like)),
        )
    model = like.iloc[rng.integers(len(like), size=len(young))]
    young = young.assign(statut="standing")
    for name in ("dbh", "diametre_couronne"):
        young[name] = pd.to_numeric(model[name]).to_numpy(float, na_value=np.nan)
    return left, young


def cooling(before: float, after: float) -> pd.DataFrame:
    """What cited studies would make of a change in canopy, as a range.

    Parameters
    ----------
    before, after : float
        Share of the city under canopy, 0 to 1.

    Returns
    -------
    DataFrame
        ``measured``, ``where``, ``low``, ``middle``, ``high`` (°C less) and ``source``: what each study found, then the
        first of them brought to this change, in proportion to the points of cover (a choice of this kit: nobody says
        that cooling is proportional). `WHY_A_RANGE` says why a single figure would be false.

    Raises
    ------
    WrongUse
        Shares outside 0 to 1.
    """
    if not 0 <= before <= 1 or not 0 <= after <= 1:
        raise WrongUse("cooling", _("canopy is a share of the ground, 0 to 1"), found=f"{before}, {after}")
    rows = [(_(measured), _(where), *found, _(source)) for measured, where, *found, source in STUDIES]
    part = (after - before) / (TO - FROM)
    measured, _where, low, middle, high, source = STUDIES[0]
    rows.append(
        (
            _(measured),
            _("cover from {before} to {after} %, in proportion").format(
                before=number(100 * before, 1), after=number(100 * after, 1)
            ),
            part * low,
            part * middle,
            part * high,
            _("{study}, brought to it by this kit").format(study=_(source).split(",")[0]),
        )
    )
    return pd.DataFrame(rows, columns=["measured", "where", "low", "middle", "high", "source"])
