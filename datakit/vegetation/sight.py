"""Trees that can be seen from a home: a proxy on the plan, in which other buildings stand in the way."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.language import _
from datakit.vegetation.crowns import placed, stands

# How far a tree counts as seen. Nobody has agreed on it. Nieuwenhuijsen et al. (2022), The evaluation of the 3-30-300
# green space rule and mental health, Environmental Research 215, 114387, count trees within 15 m of homes in Barcelona.
# The Norwegian Institute for Nature Research does the same for this rule, and sees crowns within 100 m in its viewsheds
# (Trekroner, https://ninanor.github.io/trekroner-docs/html/methods/05_tree_visibility/params.html, table 1). 50 m is a
# choice of this kit between the two.
REACH = 50.0
SLACK = 0.1  # m: a wall shared with the neighbour, or a line along one, is not in the way; a choice of this kit
BLOCK = 300  # homes at once, so that memory does not grow with the city


def visible_trees(
    homes: gpd.GeoDataFrame,
    trees: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    reach: float = REACH,
    *,
    least_dbh: float = 0.0,
    known: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> pd.DataFrame:
    """How many trees can be seen from each home, by a straight line on the plan.

    A tree is seen when it stands within ``reach`` of the façade and the shortest line from the façade to it crosses no
    other building. This is a proxy: it knows no windows, storeys, slopes, walls or leaves, so a flat on the yard sees
    what the house sees from the street, and a tower sees no further than a cottage. A tree hidden on the shortest line
    but seen from another window of the same façade does not count. Trees of private gardens are not in inventories; one
    that was entered twice counts twice.

    Parameters
    ----------
    homes : GeoDataFrame
        Footprints of dwellings, or points; a point in a building sees from the façades of that building.
    trees : GeoDataFrame
        Points (trunks), or the polygons of :func:`datakit.vegetation.crowns.discs` (a tree is then within reach with
        the edge of its crown). Trees that do not stand (`datakit.trees.exposure.standing`) do not count.
    buildings : GeoDataFrame
        Footprints of all that hides: leave sheds out if they should not.
    reach : float
        Metres; see `REACH` for what others took.
    least_dbh : float
        Trees known to have a thinner trunk (``dbh``, cm) do not count: the rule asks for well-established ones.
    known : GeoDataFrame or GeoSeries, optional
        Where both trees and buildings were surveyed. A home outside has no figure.

    Returns
    -------
    DataFrame
        ``near`` (trees within reach) and ``visible``, whole numbers with the index of ``homes``, missing where not
        known or where a home has no place.

    Raises
    ------
    CrsMismatch
    WrongUse
        A distance or number that is none.
    """
    _measures(reach, least_dbh)
    same_crs(homes, trees, buildings, *([] if known is None else [known]))
    goals = _shapes(trees)[counted(trees, least_dbh)]
    near, visible = np.full((2, len(homes)), -1)
    for part, home, _goal, clear in _looked(homes, goals, buildings, reach, known):
        near[part] = np.bincount(home, minlength=len(part))
        visible[part] = np.bincount(home[clear], minlength=len(part))
    out = pd.DataFrame({"near": near, "visible": visible}, index=homes.index)
    return out.mask(out < 0).astype("Int64")


@dataclass(frozen=True)
class Views:
    """Which trees each home sees, found once and counted for any of them: see `views`.

    Attributes
    ----------
    home, tree : arrays of int
        Positions in the tables of homes and trees, one pair for each tree that a home sees.
    known : array of bool
        Whether each home has a place.
    index : Index
        Of the homes.
    """

    home: np.ndarray
    tree: np.ndarray
    known: np.ndarray
    index: pd.Index

    def count(self, trees: np.ndarray) -> pd.Series:
        """How many of some trees, given by their positions, each home sees; missing where a home has no place."""
        found = np.bincount(self.home[np.isin(self.tree, trees)], minlength=len(self.index))
        return pd.Series(found, index=self.index, dtype="Int64").where(self.known)


def views(homes: gpd.GeoDataFrame, trees: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, reach: float = REACH) -> Views:
    """Which trees can be seen from each home, by the straight line of `visible_trees`.

    Parameters
    ----------
    homes, trees, buildings, reach
        As in `visible_trees`. Trees are looked at whether they stand or not, and however thin: which of them count is
        said later (`counted`), so that one look serves several dates.

    Returns
    -------
    Views

    Raises
    ------
    CrsMismatch
    WrongUse
        ``reach`` is no distance.
    """
    _measures(reach, 0)
    same_crs(homes, trees, buildings)
    goals = np.where(_somewhere(trees), _shapes(trees), None)
    known, home, tree = np.zeros(len(homes), bool), [np.array([], int)], [np.array([], int)]
    for part, at, goal, clear in _looked(homes, goals, buildings, reach):
        known[part] = True
        home.append(part[at[clear]])
        tree.append(goal[clear])
    return Views(np.concatenate(home), np.concatenate(tree), known, homes.index)


def _looked(homes, goals, buildings, reach, known=None):
    """Some homes at once: pairs of one of them and a goal within reach, and whether no wall stands between."""
    raw, walls = _walls(buildings)
    from_, own = _viewpoints(homes, raw)
    here, around = shapely.STRtree(goals), shapely.STRtree(walls)
    for part in _blocks(from_, known):  # one after the other: two threads may not ask one prepared shape
        home, goal = here.query(from_[part], predicate="dwithin", distance=reach)
        yield part, home, goal, _clear(from_[part[home]], goals[goal], part[home], own, walls, around)


def _measures(reach, least_dbh):
    if not 0 < reach < np.inf or not least_dbh >= 0:
        raise WrongUse(
            "visible_trees",
            _("reach is a positive number of metres, least_dbh is 0 cm or more"),
            found=f"reach={reach}, least_dbh={least_dbh}",
        )


def _shapes(trees):
    return shapely.force_2d(trees.geometry.to_numpy())


def _somewhere(trees):
    shapes = _shapes(trees)
    return placed(trees) | ((shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes))


def counted(trees: gpd.GeoDataFrame, least_dbh: float = 0.0) -> np.ndarray:
    """Which trees count: those that have a place, stand, and are not known to have a thinner trunk.

    Parameters
    ----------
    trees : GeoDataFrame
        Points, or the polygons of crowns.
    least_dbh : float
        cm; see `visible_trees`.

    Returns
    -------
    ndarray of bool
    """
    keep = _somewhere(trees) & stands(trees)
    if least_dbh and "dbh" in trees:
        keep &= ~(pd.to_numeric(trees["dbh"]).to_numpy(float, na_value=np.nan) < least_dbh)
    return keep


def _walls(buildings):
    """Footprints as they are, and as they hide."""
    raw = polygons(buildings)
    raw = raw[~shapely.is_empty(raw)]
    # Narrowed by a hand's breadth: what only touches a line, or overlaps a wall by a slip of the pen, does not hide.
    walls = shapely.buffer(raw, -SLACK, join_style="mitre")
    shapely.prepare(walls)
    return raw, walls


def _viewpoints(homes, raw):
    """The shape from which each home sees, and the pairs (home, building) that are the home itself."""
    shapes = shapely.force_2d(homes.geometry.to_numpy()).copy()
    flat = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    shapes[flat] = polygons(gpd.GeoSeries(shapes[flat]))
    points = np.flatnonzero(shapely.get_type_id(shapes) == 0)
    inside, building = shapely.STRtree(raw).query(shapes[points], predicate="within")
    first = np.unique(inside, return_index=True)[1]
    shapes[points[inside[first]]] = raw[building[first]]
    # The same house in two layers is rarely the same polygon: a building whose middle lies in the home, or that holds
    # the middle of the home, is the home.
    some = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    a, b = shapely.STRtree(raw).query(shapely.point_on_surface(shapes[some]), predicate="intersects")
    c, d = shapely.STRtree(shapely.point_on_surface(raw)).query(shapes[some], predicate="intersects")
    own = np.unique(np.concatenate([some[a], some[c]]) * len(raw) + np.concatenate([b, d]))
    return shapes, own


def _blocks(from_, known):
    """The homes that have a place, where that is known, some at once."""
    seen_from = np.flatnonzero(~(shapely.is_missing(from_) | shapely.is_empty(from_)))
    if known is not None and len(seen_from):
        area = shapely.union_all(polygons(known))
        shapely.prepare(area)
        seen_from = seen_from[shapely.intersects(area, shapely.point_on_surface(from_[seen_from]))]
    # Neighbours together: a block then needs one corner of the city only, and every block is alike in size.
    centres = shapely.centroid(from_[seen_from])
    order = seen_from[np.lexsort((shapely.get_y(centres), shapely.get_x(centres) // 500))]
    return [order[k : k + BLOCK] for k in range(0, len(order), BLOCK)]


def _clear(start, end, home, own, walls, around):
    """Whether the shortest line between two shapes meets no wall but those of the home."""
    lines = shapely.shortest_line(start, end)
    line, wall = around.query(lines)
    pair = home[line] * len(walls) + wall
    at = np.searchsorted(own, pair)  # sorted: numpy's isin would sort all of the city again for each block
    other = own[np.minimum(at, len(own) - 1)] != pair if len(own) else np.ones(len(pair), bool)
    line, wall = line[other], wall[other]
    hidden = np.zeros(len(lines), bool)
    hidden[line[shapely.intersects(walls[wall], lines[line])]] = True
    return ~hidden
