"""Ways on foot over a network of streets: distances that a person walks, not those that a crow flies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.language import _

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike
    from pyproj import CRS

# Where nobody may walk, in the words of BD TOPO.
NOT_ON_FOOT = ("Type autoroutier", "Bretelle")
# Nor with a wheelchair: stairs, and narrow paths. That every other street can be rolled on is more than BD TOPO says.
NOT_ON_WHEELS = (*NOT_ON_FOOT, "Escalier", "Sentier")
JOIN = 0.5  # metres within which two ends are one crossing: publishers round coordinates
DETOUR = 1.3  # metres on foot for each metre in a straight line, where no network is there: a choice of this kit
SPEED = 67.0  # metres a minute (4 km/h), a choice of this kit: a healthy adult is faster, many people are slower
KEPT = 20  # lists of points whose places on streets are remembered
BLOCK = 200  # targets searched at a time: their distances to all crossings are in memory together


@dataclass
class Network:
    """Crossings and the streets between them.

    Attributes
    ----------
    nodes : ndarray of float, shape (n, 2)
        Crossings and dead ends, metres.
    lines : ndarray of LineString, shape (m,)
    ends : ndarray of int, shape (m, 2)
        Crossings at the first and last point of each line.
    metres : ndarray of float, shape (m,)
    part : ndarray of int, shape (n,)
        Connected part that each crossing belongs to, 0 for the largest.
    crs : pyproj.CRS
    """

    nodes: np.ndarray
    lines: np.ndarray
    ends: np.ndarray
    metres: np.ndarray
    part: np.ndarray
    crs: CRS
    _snapped: dict[tuple, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)

    def snap(self, points: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.DataFrame:
        """The nearest place on a street for each point: on it, not only at its ends.

        Parameters
        ----------
        points : GeoDataFrame or GeoSeries
            Points, or shapes whose centroids are taken; same CRS.

        Returns
        -------
        DataFrame
            ``line`` (row of ``lines``), ``along`` (metres from its first point) and ``off`` (metres to it in a straight
            line), in the order of ``points``; -1 and NaN for an empty or missing point.
        """
        same_crs(points, self)
        shapes = shapely.centroid(points.geometry.to_numpy())
        there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
        asked = len(shapes), there.tobytes(), shapely.get_coordinates(shapes).tobytes()
        if asked not in self._snapped:  # homes are asked for again with each kind of service
            if len(self._snapped) == KEPT:
                self._snapped.clear()
            self._snapped[asked] = self._places(shapes, there)
        return self._snapped[asked].copy()

    def _places(self, shapes, there):
        out = pd.DataFrame({"line": np.full(len(shapes), -1), "along": np.nan, "off": np.nan})
        if len(there) and len(self.lines):
            (row, line), off = self._tree().query_nearest(shapes[there], return_distance=True, all_matches=False)
            where = there[row]
            along = shapely.line_locate_point(self.lines[line], shapes[where])
            out.loc[where, ["line", "along", "off"]] = np.column_stack([line, along, off])
        return out.astype({"line": int})

    def distance_to_nearest(
        self,
        origins: gpd.GeoDataFrame | gpd.GeoSeries,
        targets: gpd.GeoDataFrame | gpd.GeoSeries,
        limit: float = np.inf,
    ) -> pd.DataFrame:
        """Metres on foot from each origin to the nearest target, found in one search from all targets at once.

        Parameters
        ----------
        origins, targets : GeoDataFrame or GeoSeries
            Points in the network's CRS.
        limit : float
            Metres beyond which nothing is looked for.

        Returns
        -------
        DataFrame
            ``metres`` (the straight legs to and from the street included; NaN beyond the limit or where no street
            leads) and ``target`` (place of the nearest in ``targets``, -1 likewise), in the order of ``origins``.
        """
        a, b = self.snap(origins), self.snap(targets)
        best, who = self._from_all(b, limit)
        node, leg = self._legs(a)
        reach = best[node] + leg
        side = reach.argmin(axis=1)
        rows = np.arange(len(a))
        metres, target = reach[rows, side], who[node[rows, side]]
        direct = self._same_line(a, b)
        nearest = direct.sort_values("metres", kind="stable").drop_duplicates("origin").set_index("origin")
        closer = nearest[nearest["metres"] < metres[nearest.index]]
        metres[closer.index], target[closer.index] = closer["metres"], closer["target"]
        far = ~(np.isfinite(metres) & (metres <= limit))
        return pd.DataFrame({"metres": np.where(far, np.nan, metres), "target": np.where(far, -1, target)})

    def distances(
        self,
        origins: gpd.GeoDataFrame | gpd.GeoSeries,
        targets: gpd.GeoDataFrame | gpd.GeoSeries,
        limit: float = np.inf,
    ) -> np.ndarray:
        """Metres on foot between all origins and all targets.

        Parameters
        ----------
        origins, targets : GeoDataFrame or GeoSeries
            Points in the network's CRS. The search starts from the targets: give the shorter list second.
        limit : float
            Metres; the time taken grows with it.

        Returns
        -------
        ndarray of float32, shape (origins, targets)
            NaN beyond the limit or where no street leads.
        """
        with needed_by(__name__):
            from scipy.sparse.csgraph import dijkstra

        a, b = self.snap(origins), self.snap(targets)
        node, leg = self._legs(a)
        out = np.full((len(a), len(b)), np.nan, np.float32)
        for start in range(0, len(b), BLOCK):
            some = b.iloc[start : start + BLOCK]
            graph, first = self._with(some)
            found = dijkstra(graph, indices=np.arange(first, first + len(some)), limit=limit)
            out[:, start : start + len(some)] = np.minimum(
                found[:, node[:, 0]] + leg[:, 0], found[:, node[:, 1]] + leg[:, 1]
            ).T
        direct = self._same_line(a, b)
        rows, columns = direct["origin"].to_numpy(), direct["target"].to_numpy()
        out[rows, columns] = np.fmin(out[rows, columns], direct["metres"].to_numpy(np.float32))
        out[~(np.isfinite(out) & (out <= limit))] = np.nan
        return out

    def pairs(
        self, origins: gpd.GeoDataFrame | gpd.GeoSeries, targets: gpd.GeoDataFrame | gpd.GeoSeries, limit: float
    ) -> pd.DataFrame:
        """`distances` as a table of the pairs within the limit: ``origin``, ``target``, ``metres``."""
        found = self.distances(origins, targets, limit)
        origin, target = np.nonzero(~np.isnan(found))
        return pd.DataFrame({"origin": origin, "target": target, "metres": found[origin, target]})

    def _tree(self):
        if not hasattr(self, "_index"):
            self._index = shapely.STRtree(self.lines)
        return self._index

    def _legs(self, snapped):
        """The two ends of each point's street, and the metres from the point to them."""
        on = snapped["line"].to_numpy()
        along, off = snapped["along"].to_numpy(), snapped["off"].to_numpy()
        leg = (
            np.column_stack([along + off, self.metres[on] - along + off]) if len(self.lines) else np.empty((len(on), 2))
        )
        leg[on < 0] = np.inf
        ends = self.ends[on] if len(self.lines) else np.zeros((len(on), 2), int)
        return ends, leg

    def _with(self, snapped):
        """The graph with one more node for each snapped point, and the number of the first of them."""
        with needed_by(__name__):
            from scipy.sparse import csr_array

        n, k = len(self.nodes), len(snapped)
        node, leg = self._legs(snapped)
        u = np.concatenate([self.ends[:, 0], self.ends[:, 1], np.repeat(np.arange(n, n + k), 2)])
        v = np.concatenate([self.ends[:, 1], self.ends[:, 0], node.ravel()])
        w = np.concatenate([self.metres, self.metres, leg.ravel()])
        keep = np.isfinite(w) & (u != v)
        # Of two streets between the same crossings the shorter counts; a sparse matrix would add them.
        edges = pd.DataFrame({"u": u[keep], "v": v[keep], "w": w[keep]}).groupby(["u", "v"], sort=True)["w"].min()
        rows, columns = (edges.index.get_level_values(c).to_numpy() for c in ("u", "v"))
        return csr_array((edges.to_numpy(), (rows, columns)), shape=(n + k, n + k)), n

    def _from_all(self, snapped, limit):
        """Metres from every crossing to the nearest of some points, and which it is."""
        with needed_by(__name__):
            from scipy.sparse.csgraph import dijkstra

        if not len(snapped):
            return np.full(len(self.nodes), np.inf), np.full(len(self.nodes), -1)
        graph, first = self._with(snapped)
        sources = np.arange(first, first + len(snapped))
        found, _, source = dijkstra(graph, indices=sources, limit=limit, min_only=True, return_predecessors=True)
        who = np.where(source >= first, source - first, -1)
        return found[:first], who[:first]

    def _same_line(self, a, b):
        """Pairs of points on one street, which need not walk to its end."""
        left = a[a["line"] >= 0].rename_axis("origin").reset_index()
        right = b[b["line"] >= 0].rename_axis("target").reset_index()
        both = left.merge(right, on="line", suffixes=("", "_target"))
        both["metres"] = (both["along"] - both["along_target"]).abs() + both["off"] + both["off_target"]
        return both[["origin", "target", "metres"]]


def network(
    roads: gpd.GeoDataFrame,
    *,
    not_on_foot: tuple[str, ...] = NOT_ON_FOOT,
    join: float = JOIN,
    fictitious: bool = False,
    least: float = 0.0,
) -> Network:
    """The network of streets on which one can walk.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines in a projected CRS, cut where they meet, as in ``bdtopo-roads``. ``nature`` and ``fictif`` are used where
        they exist: motorways and their ramps are left out. One-way streets go both ways on foot, and tunnels are ways
        too: the passages under a railway are among them.
    not_on_foot : tuple of str
        Values of ``nature`` to leave out; `NOT_ON_WHEELS` leaves out more.
    join : float
        Metres within which two ends are one crossing.
    fictitious : bool
        Keep the sections that BD TOPO marks ``fictif``: they are drawn to hold its network together, and where they
        lie nobody may walk. Without them a way can be missing that exists; with them one can be found that does not.
    least : float
        Metres of street that a connected part must have to be kept. A point goes to the nearest street, and a scrap of
        path that joins nothing leads it nowhere.

    Returns
    -------
    Network
        Pavements, slopes, crossings and gates are not known: the ways are those of the middle of streets.

    Raises
    ------
    CrsMismatch
    WrongUse
        No line is left.
    """
    crs = same_crs(roads)
    keep = ~(roads.geometry.isna() | roads.geometry.is_empty).to_numpy()
    if "nature" in roads:
        keep &= ~roads["nature"].isin(not_on_foot).to_numpy()
    if "fictif" in roads:
        keep &= fictitious | ~roads["fictif"].fillna(False).to_numpy(bool)
    lines = shapely.get_parts(shapely.force_2d(roads.geometry.to_numpy()[keep]))
    lines = lines[(shapely.get_type_id(lines) == 1) & (shapely.length(lines) > 0)]
    kept = np.zeros(0, bool)
    if len(lines):
        found = _joined(lines, join, crs)
        part = found.part[found.ends[:, 0]]
        kept = np.bincount(part, found.metres)[part] >= least
    if not kept.any():
        raise WrongUse(
            "streets",
            _("no line is left on which one could walk"),
            expected=_("lines"),
            found=_("{rows} rows, {lines} lines on foot").format(rows=len(roads), lines=len(lines)),
        )
    return found if kept.all() else _joined(lines[kept], join, crs)


def _joined(lines, join, crs):
    ends = np.stack([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)], axis=1)
    nodes, number = _crossings(ends.reshape(-1, 2), join)
    found = Network(nodes, lines, number.reshape(-1, 2), shapely.length(lines), np.zeros(len(nodes), int), crs)
    found.part = _parts(found)
    return found


def _crossings(points, join):
    """Ends closer than ``join`` to each other are one node."""
    with needed_by(__name__):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components
        from scipy.spatial import cKDTree

    unique, place = np.unique(points.round(3), axis=0, return_inverse=True)
    near = cKDTree(unique).query_pairs(join, output_type="ndarray")
    n = len(unique)
    _, group = connected_components(coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), (n, n)), directed=False)
    count = np.bincount(group)
    nodes = np.column_stack([np.bincount(group, unique[:, k]) / count for k in (0, 1)])
    return nodes, group[place.ravel()]


def _parts(network):
    with needed_by(__name__):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

    n, (u, v) = len(network.nodes), network.ends.T
    _, part = connected_components(coo_array((np.ones(len(u)), (u, v)), (n, n)), directed=False)
    order = np.argsort(-np.bincount(part), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[part]


def minutes(metres: ArrayLike, speed: float = SPEED) -> np.ndarray:
    """Minutes for a way on foot.

    Parameters
    ----------
    metres : array of float
    speed : float
        Metres a minute.

    Returns
    -------
    ndarray of float
    """
    if not speed > 0:
        raise WrongUse("streets", _("a walking speed is a number of metres a minute above 0"), found=repr(speed))
    return np.asarray(metres, float) / speed
