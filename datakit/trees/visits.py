"""The trees to look at first, in rounds that a crew can walk.

A score is no reason to fell a tree: the list says where to send a person who knows trees, and what the model was told.
Nor is a tree of a row beside a road felled by the town's will alone: see `PROTECTED_ROWS`.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.data.cache import write_whole
from datakit.data.delimited import for_spreadsheets
from datakit.data.provenance import STAMP
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.geo.streets import DETOUR
from datakit.language import N_, _, pgettext, speaking
from datakit.show.answers import Value
from datakit.show.style import number
from datakit.trees.risk import became

with needed_by(__name__):
    from scipy.spatial import cKDTree
    from scipy.spatial.distance import cdist

__all__ = ["PROTECTED_ROWS", "fields", "figures", "heads", "sheet", "visit_list", "write_list"]

TOLD = (
    "id",
    "taxon",
    "nom_vernaculaire",
    "adresse",
    "secteur",
    "stade_developpement",
    "hauteur",
    "dbh",
    "annee_plantation",
)
# In the wording that followed the law of 21 February 2022; what a declaration or a request must hold is in
# art. R. 350-20 and the following ones.
PROTECTED_ROWS = N_(
    "Rows of trees along ways open to public traffic are protected (code de l'environnement, art. L. 350-3): to fell "
    "or harm one of their trees is forbidden. Exceptions are declared to the prefect beforehand, with proof (its "
    "state endangers people, goods or other trees, or the row can no longer keep its form), or authorised by the "
    "prefect (works)."
)
PER_ROUND = 40  # trees that a crew looks at in one go: a choice of this kit


def visit_list(
    frame: gpd.GeoDataFrame,
    score: pd.Series | np.ndarray,
    n: int = 200,
    *,
    why: pd.Series | None = None,
    per_round: int = PER_ROUND,
    walk_km: float = 6.0,
) -> gpd.GeoDataFrame:
    """The ``n`` standing trees to look at first, in rounds: those condemned, then the highest scores.

    Parameters
    ----------
    frame : GeoDataFrame
        The standard table, in metres (EPSG:2154).
    score : Series or array of float
        One for each tree, the higher the earlier, see `datakit.trees.choosing.loss_scores`; trees without one are left
        out, unless their state says that they are condemned and still stand ("À abattre"): those come first.
    n : int
        Trees to visit; fewer where fewer stand.
    why : Series of str, optional
        A reason for each tree, see `datakit.trees.reasons`.
    per_round : int
        Trees in one round, at most.
    walk_km : float
        Length of one round in km, at most, from its first tree to its last.

    Returns
    -------
    GeoDataFrame
        In walking order: ``rank`` (1 is to be seen first), ``score`` (as given), ``round``, ``order`` (in the round),
        ``walked`` (m since the round's first tree), ``why`` (the reason given, after the state of a condemned tree),
        and what the inventory says of the tree. A round takes the tree that is first on the list of those left, and
        the nearest ones; the walk starts at that tree, and is by nearest neighbour, mended by exchanging pairs of legs
        (2-opt); lengths are straight lines times 1.3.

    Raises
    ------
    WrongUse
        As many scores as trees are needed, in metres; ``n``, ``per_round`` and ``walk_km`` above 0.
    """
    _check(frame, score, n=n, per_round=per_round, walk_km=walk_km)
    score = pd.Series(np.asarray(score, dtype=float), index=frame.index)
    chosen, condemned = _chosen(frame, score, int(n))
    listed = frame.loc[chosen]
    points = np.c_[listed.geometry.x, listed.geometry.y]
    rounds, order, walked = _rounds(points, int(per_round), 1000 * walk_km)
    table = {
        "rank": np.arange(1, len(listed) + 1),
        "score": score[chosen].to_numpy().round(4),
        "round": rounds,
        "order": order,
        "walked": walked.round(),
        "why": _why(listed, condemned[chosen], why),
    }
    told = {c: listed[c].to_numpy() for c in TOLD if c in listed}
    made = gpd.GeoDataFrame(table | told, geometry=listed.geometry.to_numpy(), crs=frame.crs, index=listed.index)
    # Not the changes: they are told by the rows of the whole inventory.
    made.attrs["datakit"] = {k: v for k, v in frame.attrs.get("datakit", {}).items() if k != "changes"}
    return made.sort_values(["round", "order"], kind="stable")


def _check(frame, score, **above):
    if len(score) != len(frame):
        raise WrongUse(
            "visit_list", _("one score for each tree is needed"), expected=_("{n} scores").format(n=len(frame))
        )
    if frame.crs is None or frame.crs.is_geographic:
        raise WrongUse(
            "visit_list",
            _("walks are measured in metres"),
            expected="EPSG:2154",
            found=str(frame.crs),
            next=_("datakit.trees.standardise gives it"),
        )
    for name, value in above.items():
        if not value > 0:
            raise WrongUse("visit_list", _("{name} must be above 0").format(name=name), found=str(value))


def _chosen(frame, score, n):
    """The trees to see, the most urgent first, and which of all trees are condemned."""
    state = became(frame) if "etat" in frame else pd.Series(None, index=frame.index, dtype="str")
    condemned, gone = (state.eq(word).fillna(False).astype(bool) for word in ("condemned", "lost"))
    there = (score.notna() | condemned) & ~gone & ~(frame.geometry.isna() | frame.geometry.is_empty)
    urgency = pd.DataFrame({"condemned": condemned, "score": score})[there]
    return urgency.sort_values(["condemned", "score"], ascending=False, kind="stable").index[:n], condemned


def _rounds(points, per_round, longest):
    """Round, order and metres walked for each point; points come in the order of their rank."""
    n = len(points)
    rounds, order, walked = np.zeros(n, int), np.zeros(n, int), np.zeros(n)
    left, number = np.ones(n, bool), 0
    tree = cKDTree(points) if n else None
    while left.any():
        number += 1
        start = int(np.flatnonzero(left)[0])  # the highest score not yet visited
        # A crew stays near: trees further than half a round's way from its start belong to another round.
        near = [i for i in tree.query_ball_point(points[start], longest / DETOUR / 2) if left[i]]
        near = sorted(near, key=lambda i: (np.hypot(*(points[i] - points[start])), i))[:per_round]
        way = _walk(points[near])
        legs = DETOUR * np.hypot(*np.diff(points[near][way], axis=0).T) if len(near) > 1 else np.array([])
        while legs.sum() > longest:  # drop the furthest of the start until the round is short enough
            near = near[:-1]
            way = _walk(points[near])
            legs = DETOUR * np.hypot(*np.diff(points[near][way], axis=0).T) if len(near) > 1 else np.array([])
        members = np.array(near)[way]
        rounds[members], order[members] = number, np.arange(1, len(members) + 1)
        walked[members] = np.concatenate([[0.0], np.cumsum(legs)])
        left[members] = False
    return rounds, order, walked


def _walk(points):
    """An open walk from the first point past all others: nearest neighbour, mended by 2-opt."""
    # Kept, because networkx does worse: over 381 rounds of 3 to 40 trees, started anywhere, its greedy tour was 27 %
    # longer in 1.7 times the time, threshold_accepting_tsp from there 24 % longer in 22 times the time.
    n = len(points)
    if n < 3:
        return list(range(n))
    far = cdist(points, points)
    way, left = [0], set(range(1, n))
    while left:
        way.append(min(left, key=lambda i: (far[way[-1], i], i)))
        left.remove(way[-1])
    better = True
    while better:
        better = False
        for i in range(1, n - 1):
            for j in range(i + 1, n):
                before = far[way[i - 1], way[i]] + (far[way[j], way[j + 1]] if j + 1 < n else 0)
                after = far[way[i - 1], way[j]] + (far[way[i], way[j + 1]] if j + 1 < n else 0)
                if after < before - 1e-9:
                    way[i : j + 1] = way[i : j + 1][::-1]
                    better = True
    return way


def _why(listed, condemned, why):
    """What the state says of a condemned tree, and the reason that was given for each."""
    given = [""] * len(listed) if why is None else why.reindex(listed.index).fillna("").tolist()
    if not condemned.any():
        return given
    states = listed["etat"].astype("str").str.strip()
    return [
        _("; ").join(filter(None, [_("state: {state}").format(state=state), reason])) if first else reason
        for state, reason, first in zip(states, given, condemned, strict=True)
    ]


def figures(listed: gpd.GeoDataFrame) -> dict[str, Value]:
    """What a sentence on a list needs: ``trees``, ``rounds``, ``longest`` (km) and the first ``stop`` in words."""
    tree = listed.sort_values("rank").iloc[0]
    parts = [tree[name] for name in ("taxon", "adresse") if name in tree and isinstance(tree[name], str)]
    x, y = number(tree.geometry.x, 0), number(tree.geometry.y, 0)
    return {
        "trees": Value(len(listed), "trees"),
        "rounds": Value(int(listed["round"].nunique()), "rounds"),
        "longest": Value(listed["walked"].max() / 1000, "km", decimals=1),
        "stop": Value(", ".join(parts) or _("the tree at {x}, {y} (Lambert-93)").format(x=x, y=y)),
    }


def heads() -> dict[str, str]:
    """Of a list as people read it, in its order."""
    return {
        "rank": pgettext("list", "rank"),
        "score": pgettext("list", "score (0 to 1)"),
        "round": pgettext("list", "round"),
        "order": pgettext("list", "stop"),
        "walked": pgettext("list", "walked (m)"),
        "why": pgettext("list", "why"),
        "id": pgettext("list", "tree"),
        "taxon": pgettext("list", "taxon"),
        "nom_vernaculaire": pgettext("list", "French name"),
        "adresse": pgettext("list", "address"),
        "secteur": pgettext("list", "sector"),
        "stade_developpement": pgettext("list", "stage"),
        "hauteur": pgettext("list", "height (m)"),
        "dbh": pgettext("list", "trunk diameter (cm)"),
        "annee_plantation": pgettext("list", "planted in"),
        "longitude": pgettext("list", "longitude (°)"),
        "latitude": pgettext("list", "latitude (°)"),
        "x": pgettext("list", "x, Lambert-93 (m)"),
        "y": pgettext("list", "y, Lambert-93 (m)"),
        "data": pgettext("list", "data"),
    }


def sheet(listed: gpd.GeoDataFrame) -> pd.DataFrame:
    """A list as people read it: rounded, units in the heads, where each tree stands; years and distances are whole.

    Parameters
    ----------
    listed : GeoDataFrame
        From `visit_list`.

    Returns
    -------
    DataFrame
        With the heads of `heads`, in the user's language.
    """
    degrees, metres = listed.geometry.to_crs(4326), listed.geometry.to_crs(2154)
    table = pd.DataFrame(listed.drop(columns=listed.geometry.name)).assign(
        longitude=degrees.x.round(6), latitude=degrees.y.round(6), x=metres.x.round(1), y=metres.y.round(1)
    )
    table["score"] = table["score"].round(3)
    for name in ("walked", "dbh", "annee_plantation"):
        if name in table:
            table[name] = table[name].round().astype("Int64")
    if "hauteur" in table:  # the standard table has centimetres
        table["hauteur"] = (table["hauteur"] / 100).round(1)
    if listed.attrs.get("datakit", {}).get("synthetic"):
        table["data"] = _(STAMP)
    said = {name: head for name, head in heads().items() if name in table}
    if table["score"].max() > 1:  # a rule's: no share, it only says which tree comes first
        said["score"] = pgettext("list", "score (order only)")
    return table[[*said]].rename(columns=said)


def fields() -> dict[str, str]:
    """Of the map layer, where its names are the kit's: those of the national schema are French as they are."""
    return {
        "rank": pgettext("field", "rank"),
        "round": pgettext("field", "round"),
        "order": pgettext("field", "order"),
        "walked": pgettext("field", "walked"),
        "why": pgettext("field", "why"),
        "dbh": pgettext("field", "dbh"),
        "data": pgettext("field", "data"),
    }


def write_list(listed: gpd.GeoDataFrame, folder: str | Path, lang: str = "") -> list[Path]:
    """Write a list for a spreadsheet and for a map.

    Parameters
    ----------
    listed : GeoDataFrame
        From `visit_list`.
    folder : path
        Made if it is not there.
    lang : {"en", "fr"}, optional
        Of the heads of the spreadsheet and the fields of the map; by default the user's.

    Returns
    -------
    list of Path
        ``visits.csv`` (UTF-8 with a mark at its start, without which Excel garbles accents; semicolons and decimal
        commas, as French spreadsheets expect; no text is a formula; longitude, latitude, and x and y in Lambert 93) and
        ``visits.gpkg`` (layer "visits", for QGIS, with the names of `visit_list`, see `fields`).
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text, layer = folder / "visits.csv", folder / "visits.gpkg"
    with speaking(lang):
        safe, stamp, names = for_spreadsheets(sheet(listed)), _(STAMP), fields()
    write_whole(text, lambda file: safe.to_csv(file, sep=";", decimal=",", index=False, encoding="utf-8-sig"))
    shapes = gpd.GeoDataFrame(listed.drop(columns=listed.geometry.name), geometry=listed.geometry.to_crs(2154))
    if listed.attrs.get("datakit", {}).get("synthetic"):
        shapes["data"] = stamp
    write_whole(layer, lambda file: _write_layer(shapes.rename(columns=names), file))
    return [text, layer]


def _write_layer(shapes, file):
    """A GeoPackage under a temporary name, which GDAL wants to end in .gpkg."""
    named = file.with_name(file.name + ".gpkg")
    try:
        shapes.to_file(named, layer="visits", driver="GPKG", index=False)
        named.replace(file)
    finally:
        named.unlink(missing_ok=True)
