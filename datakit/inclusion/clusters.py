"""Where areas with poor access stand together more than chance would put them, with a correction for many tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.language import N_, _
from datakit.show.answers import Value
from datakit.show.style import number

if TYPE_CHECKING:
    import geopandas as gpd


KINDS = {1: "high among high", 2: "low among high", 3: "low among low", 4: "high among low"}  # esda's quadrants
NONE, UNKNOWN = "no cluster shown", "no value"
NEIGHBOURS = 6  # a choice of this kit: about as many as an IRIS has around it


@dataclass(frozen=True, eq=False)
class Clusters:
    """What `local` found.

    Attributes
    ----------
    areas : DataFrame
        Index of the areas: ``moran`` (local I), ``p`` (two-sided, from the permutations), ``q`` (adjusted for the
        number of areas) and ``cluster`` (one of `KINDS` where q is at most ``level``).
    tested, plain, shown : int
        Areas tested, those that a plain test at ``level`` would show, and those that are shown.
    level : float
        0 to 1.
    whole, whole_p : float
        Global Moran's I, and its two-sided p under random rearrangement: whether neighbours are alike at all. Read it
        first: with many areas the corrected local tests may show none although it is clear.
    """

    areas: pd.DataFrame
    tested: int
    plain: int
    shown: int
    level: float
    whole: float
    whole_p: float

    def figures(self) -> dict[str, Value]:
        """The figures of an answer: the global test in words first, then what the local tests add.

        Returns
        -------
        dict of str to Value
            ``alike`` (in words), ``moran``, ``p``, ``tested``, ``plain``, ``shown``.
        """
        clear = self.whole_p <= self.level
        like, unlike = N_("more alike than chance would have them"), N_("more different than chance would have them")
        word = (like if self.whole > 0 else unlike) if clear else N_("no more alike than by chance")
        return {
            "alike": Value(word),
            "moran": Value(self.whole, decimals=2),
            "p": Value(f"< {number(0.001)}" if self.whole_p < 0.001 else f"= {number(self.whole_p, 3)}"),
            "tested": Value(self.tested),
            "plain": Value(self.plain),
            "shown": Value(self.shown),
        }


SENTENCE = N_(  # of `Clusters.figures`
    "As a whole, neighbouring areas are {alike} (Moran's I {moran}, p {p}). Of {tested} areas, {plain} stand out by "
    "themselves, {shown} once corrected for the number of tests."
)


def local(
    areas: gpd.GeoDataFrame,
    values: pd.Series | np.ndarray,
    *,
    neighbours: int = NEIGHBOURS,
    level: float = 0.05,
    permutations: int = 9999,
    seed: int = 0,
) -> Clusters:
    """Local Moran's I of each area, and whether it holds when all areas are tested at once.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons or points in a projected CRS; distances are those between their centroids.
    values : Series or array of float
        One for each row of ``areas``; areas without a value are nobody's neighbours.
    neighbours : int
        Nearest areas that count as neighbours, all with the same weight.
    level : float
        Expected share of false clusters among those shown (Benjamini and Hochberg, 1995). About one area in twenty
        would pass a plain test at 5 % on pure noise.
    permutations : int
        Random rearrangements of the values; the smallest p-value that can be found is 2 over one more than that.
    seed : int

    Returns
    -------
    Clusters

    Raises
    ------
    CrsMismatch
    CannotAnswer
        Fewer areas with a value than neighbours asked for, or the same value everywhere.

    Notes
    -----
    Anselin, L. (1995). Local indicators of spatial association: LISA. Geographical Analysis 27(2), computed with
    PySAL's ``esda``. Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
    Statistical Society B 57(1). Neighbours share their neighbours, so that the tests are not independent: a cluster is
    a place to look at, not a proof.
    """
    same_crs(areas)
    values = pd.Series(np.asarray(values, float), index=areas.index)
    known = _known(areas, values, neighbours)
    found, whole = _moran(areas.geometry[known], values[known], neighbours, permutations, seed)
    out = pd.DataFrame({"moran": np.nan, "p": np.nan, "q": np.nan, "cluster": UNKNOWN}, index=areas.index)
    out.loc[known, ["moran", "p", "q"]] = found[["moran", "p", "q"]].to_numpy()
    out.loc[known, "cluster"] = np.where(found["q"] <= level, found["kind"], NONE)
    plain, shown = (int((found[c] <= level).sum()) for c in ("p", "q"))
    return Clusters(
        out,
        tested=int(known.sum()),
        plain=plain,
        shown=shown,
        level=level,
        whole=float(whole.I),
        whole_p=float(whole.p_rand),
    )


def _known(areas, values, neighbours):
    """Which areas have a value and a shape: enough of them, with values that differ."""
    known = (values.notna() & ~(areas.geometry.is_empty | areas.geometry.isna())).to_numpy()
    if known.sum() <= neighbours + 1 or values[known].min() == values[known].max():
        raise CannotAnswer(
            "clusters",
            _("clusters need more areas than neighbours, and values that differ"),
            expected=_("more than {n} different areas").format(n=neighbours + 1),
            found=str(int(known.sum())),
        )
    return known


def _moran(shapes, values, neighbours, permutations, seed):
    """Local I, its p-value and the one adjusted for many tests, and the quadrant, of areas that all have a value; and
    the global test, whose p is that of the moments under randomization: it needs no random draws."""
    with needed_by(__name__):
        from esda import Moran, Moran_Local
        from libpysal.graph import Graph
        from scipy.stats import false_discovery_control

    around = Graph.build_knn(shapes.centroid.reset_index(drop=True), k=neighbours).transform("r")
    found = Moran_Local(values.to_numpy(), around, permutations=permutations, seed=seed)
    if not (np.isfinite(found.Is).all() and np.isfinite(found.p_sim).all()):
        raise CannotAnswer(
            "clusters",
            _("the values cannot be compared"),
            expected=_("finite values"),
            found=_("an infinite one"),
        )
    p = np.minimum(2 * found.p_sim, 1.0)
    kind = pd.Series(found.q).map(KINDS)
    local = pd.DataFrame({"moran": found.Is, "p": p, "q": false_discovery_control(p), "kind": kind})
    return local, Moran(values.to_numpy(), around, permutations=0)
