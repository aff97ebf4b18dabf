"""What planting keeps clear of: buildings, ways, water, green and limits of parcels, each with its distance."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.geo.cells import polygons
from datakit.geo.crs import same_crs
from datakit.language import N_, _
from datakit.show.style import number

# Ways that people walk on: BD TOPO gives them no carriageway.
PATHS = ("Sentier", "Chemin", "Escalier", "Piste cyclable", "Route empierrée")
CHOICE = N_("choice of this kit")
CIVIL = N_(
    "Code civil, art. 671: 2 m for what grows above 2 m, unless local rules say otherwise; along public roads Code de "
    "la voirie routière, art. R. 116-2, has the same 2 m"
)


def _metres(default, why, source=CHOICE, shown=False):
    """A distance; few are ``shown`` when the object is printed: :meth:`Offsets.table` has them all."""
    return field(default=default, repr=shown, metadata={"why": why, "source": source})


@dataclass(frozen=True)
class Offsets:
    """Distances in metres that are kept clear: a planner replaces them by the city's own rules.

    Some come from the law; most are choices of this kit. :meth:`table` says which, and why.

    Attributes
    ----------
    buildings, roads, vegetation, crowns, rail, water, sports, pipes : float
        Around each of these layers.
    boundary : float
        Inside the limit of a parcel.
    kerb, walking : float
        On wide pavements beyond the edge of the carriageway, and in the street before the limit of a parcel.
    unknown_width, path_width, track_width : float
        Widths taken for a carriageway that nobody measured, for paths and tracks, and for each track of a railway.
    """

    buildings: float = _metres(5.0, N_("foundations, façades, light in the rooms"), shown=True)
    roads: float = _metres(
        3.0, N_("beyond the carriageway: stands in for the pavement, which BD TOPO does not draw"), shown=True
    )
    vegetation: float = _metres(
        2.0, N_("around woods, hedges and orchards, which have their own roots and shade"), shown=True
    )
    unknown_width: float = _metres(5.0, N_("carriageway whose width nobody measured"), shown=True)
    path_width: float = _metres(2.0, N_("tracks and paths, which have no width in BD TOPO"), shown=True)
    crowns: float = _metres(2.0, N_("beyond the crown of a standing tree, so that the new one has light"))
    rail: float = _metres(
        6.0,
        N_("beyond the outer track: no crown may reach over the line"),
        N_("choice of this kit; Code des transports, art. L. 2231-3, forbids what encroaches and names no distance"),
    )
    track_width: float = _metres(4.0, N_("ground of one track, doubled for two"))
    water: float = _metres(
        3.25,
        N_("banks that people and services walk along"),
        N_(
            "Code général de la propriété des personnes publiques, art. L. 2131-2, for rivers and lakes of the public "
            "domain; taken for all water here"
        ),
    )
    sports: float = _metres(1.0, N_("around pitches and courts"))
    pipes: float = _metres(
        2.0,
        N_("buried networks"),
        N_(
            "choice of this kit; the norm NF P 98-332 (2005) rules between buried networks and plants, and we have not "
            "read it"
        ),
    )
    boundary: float = _metres(2.0, N_("inside the limit of a parcel, on both sides of it"), CIVIL)
    kerb: float = _metres(1.0, N_("on a wide pavement, between carriageway and trunk: doors of cars, buses' mirrors"))
    walking: float = _metres(
        1.4,
        N_("between a parcel and a tree in the street, left to those who walk"),
        N_(
            "Arrêté du 15 janvier 2007 on the accessibility of roads and public spaces, art. 1: 1.40 m free of "
            "obstacles"
        ),
    )

    def __post_init__(self) -> None:
        wrong = {name: value for name, value in vars(self).items() if not value >= 0}
        if wrong:
            raise WrongUse("Offsets", _("a distance is a number of metres, 0 or more"), found=str(wrong))

    def scaled(self, factor: float) -> Offsets:
        """The same distances, those that this kit chose multiplied: what a law or a rule says stays.

        Parameters
        ----------
        factor : float

        Returns
        -------
        Offsets
        """
        return replace(self, **{name: factor * getattr(self, name) for name in self.chosen})

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the distances that this kit chose: no law or rule says them."""
        return tuple(f.name for f in fields(self) if f.metadata["source"].startswith(CHOICE))

    def table(self) -> pd.DataFrame:
        """Every distance with its reason and its source, in the user's language.

        Returns
        -------
        DataFrame
            ``name``, ``metres``, ``why`` and ``source``; a value other than the default is nobody's but the caller's.
        """
        rows = []
        for f in fields(self):
            value = getattr(self, f.name)
            source = _(f.metadata["source"])
            if value != f.default:
                source = _("set by the caller (default {metres} m)").format(metres=number(getattr(type(self), f.name)))
            rows.append((f.name, float(value), _(f.metadata["why"]), source))
        return pd.DataFrame(rows, columns=["name", "metres", "why", "source"])


def _on_the_ground(lines):
    """The rows that take ground: neither empty, nor fictitious, nor in a tunnel."""
    shapes = lines.geometry.to_numpy()
    keep = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if "fictif" in lines:
        keep &= ~lines["fictif"].fillna(False).to_numpy(bool)
    if "position_par_rapport_au_sol" in lines:  # a text: "-1" in a tunnel, "0" on the ground, "Gué ou radier" in a ford
        level = pd.to_numeric(lines["position_par_rapport_au_sol"], errors="coerce").fillna(0)
        keep &= level.to_numpy() >= 0
    return lines[keep].copy()


def _widened(lines, beyond, crs):
    shapes = shapely.buffer(
        shapely.force_2d(lines.geometry.to_numpy()), lines["width"].to_numpy() / 2 + beyond, quad_segs=2
    )
    lines[lines.geometry.name] = gpd.GeoSeries(shapes, index=lines.index, crs=crs)
    return lines


def carriageways(roads: gpd.GeoDataFrame, offsets: Offsets | None = None) -> gpd.GeoDataFrame:
    """The ground that roads take: centre lines widened to both sides.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines with ``largeur_de_chaussee`` (m, may be missing) and ``nature``; ``fictif`` and
        ``position_par_rapport_au_sol`` are used where they exist: fictitious sections and tunnels take no ground.
    offsets : Offsets, optional

    Returns
    -------
    GeoDataFrame
        The kept rows of ``roads`` with ``width`` (m); polygons that reach half of it and the offset on both sides.

    Raises
    ------
    CrsMismatch
    """
    offsets = offsets or Offsets()
    same_crs(roads)
    kept = _on_the_ground(roads)
    path = kept["nature"].isin(PATHS) if "nature" in kept else pd.Series(False, index=kept.index)
    guess = np.where(path, offsets.path_width, offsets.unknown_width)
    kept["width"] = kept["largeur_de_chaussee"].astype(float).where(lambda w: w > 0, pd.Series(guess, index=kept.index))
    return _widened(kept, offsets.roads, roads.crs)


def tracks(rail: gpd.GeoDataFrame, offsets: Offsets | None = None) -> gpd.GeoDataFrame:
    """The ground that railways and tramways take: centre lines widened by their number of tracks.

    Parameters
    ----------
    rail : GeoDataFrame
        Lines; ``nombre_de_voies`` (missing counts as one track), ``fictif`` and ``position_par_rapport_au_sol`` are
        used where they exist.
    offsets : Offsets, optional

    Returns
    -------
    GeoDataFrame
        As :func:`carriageways`.

    Raises
    ------
    CrsMismatch
    """
    offsets = offsets or Offsets()
    same_crs(rail)
    kept = _on_the_ground(rail)
    number = kept["nombre_de_voies"] if "nombre_de_voies" in kept else pd.Series(1.0, index=kept.index)
    number = pd.to_numeric(number, errors="coerce").astype(float)
    kept["width"] = number.where(number > 0, 1.0) * offsets.track_width
    return _widened(kept, offsets.rail, rail.crs)


def rims(parcels: gpd.GeoDataFrame, offsets: Offsets | None = None) -> np.ndarray:
    """The strip along the limits of parcels: inside, too near to the neighbour; outside, the way of those who walk.

    Outside it is no wider than inside: what reaches into the next parcel is then within that one's own strip.

    Parameters
    ----------
    parcels : GeoDataFrame
        Polygons.
    offsets : Offsets, optional
        ``boundary`` and ``walking``.

    Returns
    -------
    ndarray of polygons
    """
    offsets = offsets or Offsets()
    shapes = polygons(parcels)
    outer = shapely.buffer(shapes, min(offsets.walking, offsets.boundary), quad_segs=2)
    return shapely.difference(outer, shapely.buffer(shapes, -offsets.boundary, quad_segs=2))


@dataclass(frozen=True, eq=False, repr=False)
class Tables:
    """A base for dataclasses of layers, some of which are not there: says which, and prints in a line."""

    @property
    def given(self) -> dict[str, gpd.GeoDataFrame]:
        """The layers that are there, by name."""
        tables = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: table for name, table in tables.items() if isinstance(table, gpd.GeoDataFrame)}

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of the layers that are not there."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is None)

    def __repr__(self) -> str:
        rows = [f"{name}: {len(table):,} rows" for name, table in self.given.items()]
        return f"{type(self).__name__}({', '.join(rows)}; not given: {', '.join(self.absent) or 'none'})"


@dataclass(frozen=True, eq=False, repr=False)
class Layers(Tables):
    """The layers that leave no room for a tree, in one CRS. Nothing is kept clear for one that is not given.

    Attributes
    ----------
    buildings, vegetation : GeoDataFrame
        Polygons.
    roads : GeoDataFrame
        See :func:`carriageways`.
    rail : GeoDataFrame, optional
        See :func:`tracks`.
    water, sports, crowns : GeoDataFrame, optional
        Polygons. Water and pitches below the ground (``position_par_rapport_au_sol``) take none.
    pipes : GeoDataFrame, optional
        Lines or polygons of buried networks. No open layer has them; a city's own may.
    parcels : GeoDataFrame, optional
        Polygons of the cadastre: the strip along their limits is kept clear, see :func:`rims`. Two parcels of one owner
        count as neighbours unless the caller merges them.
    pavements : GeoDataFrame, optional
        Of :func:`datakit.vegetation.ground.pavements`. No obstacle: there the strip beyond the carriageway, which
        stands in for an unknown pavement, is not kept clear by :func:`datakit.vegetation.planting.plantable`.
    """

    buildings: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    vegetation: gpd.GeoDataFrame
    rail: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    sports: gpd.GeoDataFrame | None = None
    crowns: gpd.GeoDataFrame | None = None
    pipes: gpd.GeoDataFrame | None = None
    parcels: gpd.GeoDataFrame | None = None
    pavements: gpd.GeoDataFrame | None = None


def obstacles(layers: Layers, offsets: Offsets | None = None) -> gpd.GeoDataFrame:
    """Everything that planting keeps clear of, with its offset; shapes may overlap.

    Parameters
    ----------
    layers : Layers
        Those that are not given have no obstacle.
    offsets : Offsets, optional

    Returns
    -------
    GeoDataFrame
        ``obstacle`` ("building", "road", "vegetation", "rail", "water", "sports", "crown", "pipe", "boundary") and
        ``geometry``.

    Raises
    ------
    CrsMismatch
    WrongUse
        A layer of polygons that has shapes, and none with a surface.
    """
    offsets = offsets or Offsets()
    crs = same_crs(*layers.given.values())
    parts = {
        "building": _around(layers.buildings, offsets.buildings),
        "road": carriageways(layers.roads, offsets).geometry.to_numpy(),
        "vegetation": _around(layers.vegetation, offsets.vegetation),
    }
    if layers.rail is not None:
        parts["rail"] = tracks(layers.rail, offsets).geometry.to_numpy()
    for name, layer, distance in (
        ("water", layers.water, offsets.water),
        ("sports", layers.sports, offsets.sports),
        ("crown", layers.crowns, offsets.crowns),
    ):
        if layer is not None:
            parts[name] = _around(layer, distance)
    if layers.pipes is not None:
        shapes = shapely.force_2d(_on_the_ground(layers.pipes).geometry.to_numpy())
        parts["pipe"] = shapely.buffer(shapes, offsets.pipes, quad_segs=2)
    if layers.parcels is not None:
        parts["boundary"] = rims(layers.parcels, offsets)
    kind = np.repeat(list(parts), [len(p) for p in parts.values()])
    frame = gpd.GeoDataFrame({"obstacle": kind}, geometry=np.concatenate(list(parts.values())), crs=crs)
    return frame[~frame.is_empty].reset_index(drop=True)


def _around(layer, distance):
    """A layer of polygons, widened by the distance that is kept clear."""
    shapes = polygons(layer := _on_the_ground(layer))
    if len(shapes) and shapely.is_empty(shapes).all():  # trunks for crowns, axes for rivers: nothing would be kept
        raise WrongUse(
            "obstacles",
            _("a layer that takes ground has no polygon"),
            expected=_("polygons"),
            found=", ".join(sorted(layer.geom_type.dropna().unique())),
        )
    return shapely.buffer(shapes, distance, quad_segs=2)
