"""Whose the free ground is and what it is: public or private, schoolyards, car parks, wide pavements, open ground."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.geo.cutting import by_cell, gathered, grown, inside, without
from datakit.language import N_, _
from datakit.vegetation.cover import covered_area
from datakit.vegetation.obstacles import PATHS, Offsets, Tables, carriageways

# Groups of the tax office's file of parcels of legal persons: 1 State, 2 region, 3 département, 4 commune, 9 public
# establishments. 0 other legal persons, 5 social landlords, 6 semi-public companies, 7 and 8 co-owners and associates
# are none: social landlords plant too, but the city does not decide for them.
PUBLIC = ("1", "2", "3", "4", "9")
TENURES = (N_("public"), N_("private"), N_("unknown"))
KINDS = (N_("schoolyard"), N_("car park"), N_("wide pavement"), N_("open ground"))
PLURALS = dict(zip(KINDS, (N_("schoolyards"), N_("car parks"), N_("wide pavements"), N_("open ground")), strict=True))
PAVED = KINDS[:3]  # taken for paved: to be opened before a tree can grow; grass in a schoolyard is in no open layer
SCHOOLS = ("Enseignement primaire", "Collège", "Lycée")
CAR_PARKS = ("Parking",)
NO_PAVEMENT = ("Type autoroutier", "Bretelle", *PATHS)


def owners_of(
    parcels: gpd.GeoDataFrame, owners: pd.DataFrame | None = None, public: tuple[str, ...] = PUBLIC
) -> pd.Series:
    """Whether each parcel belongs to a public body.

    Parameters
    ----------
    parcels : GeoDataFrame
        With ``id`` (14 characters).
    owners : DataFrame, optional
        ``parcel``, ``owner_group`` and, if it is by commune, ``commune``: parcels of legal persons. A parcel that is
        not in it belongs to natural persons, unless its whole commune is absent. None: nobody knows.
    public : tuple of str
        Groups that count as public.

    Returns
    -------
    Series
        "public", "private" or "unknown", with the index of ``parcels``. A parcel that a public body shares with others
        is private: it cannot be planted on one body's decision.
    """
    absent = [c for c in ("id",) if c not in parcels]
    absent += [] if owners is None else [c for c in ("parcel", "owner_group") if c not in owners]
    if absent:
        raise WrongUse(
            "tenure",
            _("a column is missing"),
            expected="parcels: id; owners: parcel, owner_group",
            found=_("{names} absent").format(names=", ".join(absent)),
        )
    if owners is None:
        return pd.Series("unknown", index=parcels.index)
    whole = owners["owner_group"].astype("string").isin(public).groupby(owners["parcel"]).all()
    found = parcels["id"].map(whole)
    out = pd.Series(np.where(found.isna(), "private", np.where(found.eq(True), "public", "private")), parcels.index)
    if "commune" in owners:
        where = parcels["commune"] if "commune" in parcels else parcels["id"].str[:5]
        out = out.where(where.isin(owners["commune"].unique()), "unknown")
    return out


def pavements(
    cells: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    offsets: Offsets | None = None,
    wide: float = 4.0,
    reach: float = 12.0,
) -> gpd.GeoDataFrame:
    """Pavements wide enough for a row of trees: an inference, no open layer draws them.

    A pavement is the ground outside all parcels within ``reach`` of the edge of a carriageway. Of it, what lies closer
    than ``offsets.kerb`` to the carriageway or than ``offsets.walking`` to a parcel is left out; what remains counts
    where it holds a disc as wide as the rest of ``wide``. Squares, verges and roadside car parks that the cadastre
    leaves without number are in it too: it must be seen before it is planted.

    Parameters
    ----------
    cells : GeoDataFrame
        Polygons to work by. Those that no parcel touches have no pavement: the cadastre is not known there.
    parcels : GeoDataFrame
        Polygons.
    roads : GeoDataFrame
        See :func:`datakit.vegetation.obstacles.carriageways`. Motorways, ramps and paths have no pavement, nor has what
        ``urbain`` (where the column exists) says to be outside built-up areas.
    offsets : Offsets, optional
    wide, reach : float
        Metres; choices of this kit: 4 m hold 1.40 m to walk, a pit of 1.60 m and 1 m beside the carriageway.

    Returns
    -------
    GeoDataFrame
        ``place`` (the index of a cell) and ``geometry``; only where there is some.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``wide`` holds neither path nor kerb.
    """
    offsets = offsets or Offsets()
    crs = same_crs(cells, parcels, roads)
    if not wide > offsets.kerb + offsets.walking or not reach >= wide:
        raise WrongUse(
            "pavements",
            _("a wide pavement holds the kerb, the way to walk and a tree, within reach"),
            expected=f"wide > {offsets.kerb + offsets.walking:g} m, reach >= wide",
            found=f"wide={wide!r}, reach={reach!r}",
        )
    ways = carriageways(roads, Offsets(roads=0.0, unknown_width=offsets.unknown_width, path_width=offsets.path_width))
    street = _streets(ways)
    lots, lanes, squares = polygons(parcels), polygons(ways), polygons(cells)
    some = _with_both(squares, lots, lanes[street], reach)
    squares = squares[some]
    bare = _beside(squares, lots, lanes, street, reach, offsets)
    pit = (wide - offsets.kerb - offsets.walking) / 2
    # Narrowed by half a pit, narrow strips vanish; widened again, the others come back as they were.
    found = inside(grown(grown(bare, -pit, quad_segs=4), pit, quad_segs=4), squares)
    kept = ~shapely.is_empty(found)
    return gpd.GeoDataFrame({"place": cells.index.to_numpy()[some[kept]]}, geometry=found[kept], crs=crs)


def _with_both(squares, lots, lanes, reach):
    """Places of the cells that a parcel touches and that lie within reach of a street."""
    has = np.zeros((2, len(squares)), bool)
    for row, layer, distance in zip(has, (lots, lanes), (0, reach), strict=True):
        row[shapely.STRtree(squares).query(layer, "dwithin", distance)[1]] = True
    return np.flatnonzero(has.all(axis=0))


def _streets(ways):
    """Which ways may have a pavement."""
    street = ~ways["nature"].isin(NO_PAVEMENT).to_numpy() if "nature" in ways else np.ones(len(ways), bool)
    return street & ways["urbain"].fillna(True).to_numpy(bool) if "urbain" in ways else street


def _beside(squares, lots, lanes, street, reach, offsets):
    """The ground beside the streets of each cell that neither parcels, those who walk nor the kerb take."""
    # How wide a pavement is at the edge of a cell depends on what lies beyond the edge.
    around = grown(squares, reach, join_style="mitre")
    lane = gathered(around, lanes[street])
    bare = grown(without(around, gathered(around, lots)), -offsets.walking, quad_segs=2)
    bare = inside(bare, grown(lane, reach, quad_segs=2))
    bare = without(bare, grown(lane, offsets.kerb, quad_segs=2))
    return bare if street.all() else without(bare, gathered(around, lanes[~street]))


@dataclass(frozen=True, eq=False, repr=False)
class Uses(Tables):
    """The layers that say what free ground is, and the words in them. What is in none of them is open ground.

    Attributes
    ----------
    places, transport : GeoDataFrame, optional
        Polygons with ``nature``: grounds of schools, and car parks.
    pavements : GeoDataFrame, optional
        Of :func:`pavements`.
    schools, car_parks : tuple of str
        Natures that count.
    """

    places: gpd.GeoDataFrame | None = None
    transport: gpd.GeoDataFrame | None = None
    pavements: gpd.GeoDataFrame | None = None
    schools: tuple[str, ...] = SCHOOLS
    car_parks: tuple[str, ...] = CAR_PARKS


def pieces(
    cells: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame | None = None,
    owners: pd.DataFrame | None = None,
    uses: Uses | None = None,
    *,
    known: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    public: tuple[str, ...] = PUBLIC,
    shapes: bool = False,
) -> pd.DataFrame | gpd.GeoDataFrame:
    """The free ground of each cell cut by what it is and whose it is; every square metre counts once.

    Where kinds overlap, a schoolyard comes before a car park, before a pavement. Where parcels overlap, private comes
    before unknown, before public.

    Parameters
    ----------
    cells : GeoDataFrame
        Of :func:`datakit.vegetation.planting.plantable` with ``shapes=True``.
    parcels : GeoDataFrame, optional
        Polygons with ``id``. None: the tenure of everything is unknown.
    owners : DataFrame, optional
        See :func:`owners_of`.
    uses : Uses, optional
        None: all is open ground.
    known : GeoDataFrame or GeoSeries, optional
        Where the cadastre was loaded. Ground outside it is "unknown", as are cells that no parcel touches: that a
        layer is absent does not make the ground public.
    public : tuple of str
        Groups of owners.
    shapes : bool
        Also give the pieces themselves, to be mapped: about twice the time.

    Returns
    -------
    DataFrame or GeoDataFrame
        ``place`` (index of the cell), ``kind`` (one of `KINDS`), ``paved`` (taken for paved), ``tenure`` (one of
        `TENURES`), ``area`` (m²); with ``shapes`` also ``geometry``.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``cells`` have no free ground.
    """
    if "free" not in cells:
        raise WrongUse("pieces", _("these cells do not hold their free ground"), next="plantable(..., shapes=True)")
    uses = uses or Uses()
    crs = same_crs(cells, *(x for x in (parcels, known, *uses.given.values()) if x is not None))
    squares = polygons(cells)
    rows = _by_kind(cells, uses, shapes)
    out = _by_tenure(rows, squares, _claims(squares, parcels, owners, public), _sure(squares, parcels, known), shapes)
    if not shapes:
        out = _less_the_named(out)
    out, geometry = _tidied(out, cells)
    return gpd.GeoDataFrame(out, geometry=geometry, crs=crs) if shapes else out


def _tidied(out, cells):
    """The table of pieces in the order of the cells, and their shapes."""
    # Slivers under a thousandth of a square metre come from cutting along one limit twice.
    out = out[out["area"] > 1e-3].sort_values("at", kind="stable", ignore_index=True)
    geometry = out.pop("shape").to_numpy()
    out.insert(0, "place", cells.index.to_numpy()[out.pop("at")])
    out.insert(2, "paved", out["kind"].isin(PAVED))
    out["kind"] = pd.Categorical(out["kind"], KINDS)
    out["tenure"] = pd.Categorical(out["tenure"], TENURES)
    return out, geometry


def _by_kind(cells, uses, shapes):
    """The free ground of each cell by kind; open ground is what the others leave, or comes whole without shapes."""
    free = cells["free"].to_numpy()
    free = np.where(shapely.is_missing(free), shapely.MultiPolygon(), free)
    chosen = (uses.places, uses.schools), (uses.transport, uses.car_parks), (uses.pavements, None)
    named = []
    for kind, (layer, natures) in zip(KINDS, chosen, strict=False):
        if layer is not None:
            named.append((kind, by_cell(layer if natures is None else layer[layer["nature"].isin(natures)], cells)))
    named = _apart(named)
    rows = [_rows(inside(free, ground), kind=kind) for kind, ground in named]
    for _kind, ground in named if shapes else ():
        free = without(free, ground)
    return pd.concat([*rows, _rows(free, kind=KINDS[3])], ignore_index=True)


def _apart(named):
    """Grounds by cell, each without those before it: what two of them claim counts once."""
    out = []
    for name, ground in named:
        for _kind, before in out:
            ground = without(ground, before)
        out.append((name, ground))
    return out


def _claims(squares, parcels, owners, public):
    """The parcelled ground of each cell by tenure."""
    if parcels is None:
        return []
    lots, whose = polygons(parcels), owners_of(parcels, owners, public).to_numpy()
    some = [tenure for tenure in ("private", "unknown", "public") if (whose == tenure).any()]
    return _apart([(tenure, gathered(squares, lots[whose == tenure])) for tenure in some])


def _sure(squares, parcels, known):
    """The cells whose cadastre is known: there, the ground outside all parcels is public domain."""
    sure = np.zeros(len(squares), bool)
    if parcels is not None:
        sure[shapely.STRtree(squares).query(polygons(parcels), predicate="intersects")[1]] = True
    if known is not None:
        sure &= covered_area(squares, polygons(known)) >= shapely.area(squares) * (1 - 1e-6)
    return sure


def _rows(shapes, **columns):
    """A table of the shapes that are not empty, with their place ``at`` in the array."""
    at = np.flatnonzero(~shapely.is_empty(shapes))
    return pd.DataFrame({"at": at, "shape": shapes[at], **columns})


def _by_tenure(rows, squares, claims, sure, shapes):
    """Cut the pieces of kinds by tenure; the shape of what is outside all parcels only if it is asked for."""
    at, rest, parts = rows["at"].to_numpy(), rows["shape"].to_numpy(), []
    left = shapely.area(rest)
    for held, ground in claims:
        part = inside(rest, ground[at])
        area = shapely.area(part)
        parts.append(rows.assign(shape=part, area=area, tenure=np.where(sure[at], held, "unknown")))
        left = left - area
        rest = without(rest, ground[at]) if shapes else rest
    parts.append(rows.assign(shape=rest, area=left, tenure=np.where(sure[at], "public", "unknown")))
    return pd.concat(parts, ignore_index=True)


def _less_the_named(rows):
    """Open ground came whole: less the schoolyards, car parks and pavements of the same cell and tenure."""
    sums = rows.groupby(["at", "tenure", "kind"], as_index=False)["area"].sum()
    is_open = sums["kind"] == KINDS[3]
    named = sums[~is_open].groupby(["at", "tenure"])["area"].sum()
    keys = pd.MultiIndex.from_frame(sums.loc[is_open, ["at", "tenure"]])
    sums.loc[is_open, "area"] -= named.reindex(keys).fillna(0.0).to_numpy()
    return sums.assign(shape=None)


def tenure(found: pd.DataFrame, cells: gpd.GeoDataFrame) -> pd.DataFrame:
    """Square metres of free ground in each cell by tenure.

    Parameters
    ----------
    found : GeoDataFrame
        Of :func:`pieces`.
    cells : GeoDataFrame
        Those that were cut.

    Returns
    -------
    DataFrame
        ``public_area``, ``private_area``, ``unknown_area`` (m²), with the index of ``cells``; missing where the free
        ground is.
    """
    return _table(found, cells, "tenure", TENURES).add_suffix("_area")


def kinds(found: pd.DataFrame, cells: gpd.GeoDataFrame, among: str | None = None) -> pd.DataFrame:
    """Square metres of free ground in each cell by kind, and how much of it would have to be opened.

    Parameters
    ----------
    found : GeoDataFrame
        Of :func:`pieces`.
    cells : GeoDataFrame
        Those that were cut.
    among : str, optional
        Only the ground of one tenure, such as "public".

    Returns
    -------
    DataFrame
        One column for each of `KINDS`, and ``paved`` (the sum of those in `PAVED`), m², with the index of ``cells``;
        missing where the free ground is.
    """
    if among is not None and among not in TENURES:
        raise WrongUse("kinds", _("no such tenure"), expected=", ".join(TENURES), found=repr(among))
    chosen = found if among is None else found[found["tenure"] == among]
    table = _table(chosen, cells, "kind", KINDS)
    return table.assign(paved=table[list(PAVED)].sum(axis=1, min_count=len(PAVED)))


def _table(found, cells, column, names):
    sums = pd.DataFrame(found[["place", column, "area"]]).groupby(["place", column], observed=True)["area"].sum()
    table = sums.unstack().reindex(index=cells.index, columns=list(names)).fillna(0.0).rename_axis(columns=None)  # noqa: PD010
    return table.mask(cells["plantable_area"].isna(), axis=0)
