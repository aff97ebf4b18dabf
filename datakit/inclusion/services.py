"""Public services of several publishers in one table, and those whose address contradicts their place on the map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from datakit.data.text import fold
from datakit.errors import NotAsDescribed, WrongUse
from datakit.geo.crs import same_crs
from datakit.geo.territory import merged
from datakit.inclusion.hours import tags, weekly
from datakit.language import N_, _
from datakit.settings import challenge

if TYPE_CHECKING:
    from collections.abc import Iterable


MARGIN = 500  # metres by which contours may be simplified, or an address stand across the street from its commune

# Categories of the baseline: name -> label and types of the BPE, whose codes change with the year (both are listed).
# No type of the BPE is a counter of the family-benefits fund: France services act for it.
FROM_BPE = {
    "employment": (N_("Job centre"), ("A122",)),
    "post": (N_("Post office or postal counter"), ("A206", "A207", "A208")),
    "library": (N_("Library"), ("F307",)),
    "doctor": (N_("General practitioner"), ("D265", "D201")),
    "pharmacy": (N_("Pharmacy"), ("D307", "D301")),
    "school": (N_("Nursery or primary school"), ("C107", "C108", "C109")),
    "town_hall": (N_("Town hall"), ("A129",)),
}
RECODED = {"D201": "D265", "D301": "D307"}  # one type under the codes of two years: one identifier
CATEGORIES = {
    "france_services": N_("France services"),
    "digital": N_("Digital-inclusion place"),
    **{name: label for name, (label, _) in FROM_BPE.items()},
}
COLUMNS = [
    "id",
    "category",
    "name",
    "address",
    "postal_code",
    "town",
    "commune",
    "hours",
    "accessible",
    "source",
    "geometry",
]
REDUCED_MOBILITY = "Handicaps moteurs"  # in the national schema of digital-inclusion places


def known(categories: Iterable[str]) -> list[str]:
    """Check names of categories before anything is measured with them.

    Parameters
    ----------
    categories : iterable of str

    Returns
    -------
    list of str
        The same names, each once.

    Raises
    ------
    WrongUse
        No name, or one that is not in ``CATEGORIES``: left out in silence, it would look like a service nobody lacks.
    """
    names = list(dict.fromkeys(categories))
    wrong = [name for name in names if name not in CATEGORIES]
    if wrong or not names:
        raise WrongUse(
            "categories",
            _("not a kind of service") if wrong else _("no kind of service is named"),
            found=", ".join(map(str, wrong)) or None,
            expected=", ".join(CATEGORIES),
        )
    return names


@dataclass(frozen=True, eq=False)
class Services:
    """What `table` made of several files.

    Attributes
    ----------
    places : GeoDataFrame
        ``id`` (of BPE its type with the SIRET where one is given, else with the metres of its position: the same in
        every vintage), ``category`` (a key of ``CATEGORIES``), ``name``, ``postal_code``, ``town``, ``commune`` (the
        INSEE code that the publisher gives, where it gives one), ``source`` (id of the card), ``geometry``.
        ``address``, ``hours`` (an ``opening_hours`` value), ``weekly_hours``, ``evening``, ``saturday`` (see
        `datakit.inclusion.hours`) where the publisher says so; ``accessible``, True where it says that people with
        reduced mobility are received, else missing: no publisher says where they are not.
    without_position : int
        Rows that are left out, because no place on the map is given for them.
    """

    places: gpd.GeoDataFrame
    without_position: int


def table(
    *,
    france_services: gpd.GeoDataFrame | None = None,
    inclusion_places: gpd.GeoDataFrame | None = None,
    mednum: gpd.GeoDataFrame | None = None,
    bpe: gpd.GeoDataFrame | None = None,
    equipment: gpd.GeoDataFrame | None = None,
) -> Services:
    """Services of several publishers as one table.

    Parameters
    ----------
    france_services, inclusion_places, mednum, bpe : GeoDataFrame, optional
        As loaded by the cards ``france-services``, ``inclusion-places``, that of ``digital_places`` in
        ``challenge.toml``, and ``bpe``.
    equipment : GeoDataFrame, optional
        The city's own, from `own_equipment`.

    Returns
    -------
    Services

    Raises
    ------
    CrsMismatch
        The tables are not in one projected CRS.
    """
    parts = []
    if france_services is not None:
        parts.append(
            france_services.rename(columns={"id_fs": "id"}).assign(category="france_services", source="france-services")
        )
    if inclusion_places is not None:
        parts.append(inclusion_places.assign(category="digital", source="inclusion-places"))
    if mednum is not None:
        parts.append(mednum.assign(category="digital", source=challenge().territory["digital_places"] or "mednum"))
    if bpe is not None:
        kinds = {kind: name for name, (_, types) in FROM_BPE.items() for kind in types}
        chosen = bpe[bpe.facility_type.isin(kinds)]
        parts.append(
            chosen.assign(
                id=_identifiers("bpe", chosen.facility_type.replace(RECODED), chosen),
                category=chosen.facility_type.map(kinds),
                source="bpe",
            )
        )
    if equipment is not None:
        parts.append(equipment)
    same_crs(*parts)
    parts = [_as_service(part) for part in parts]
    found = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=parts[0].crs)
    found["id"] = found.id.astype("str")
    there = found.geometry.notna()
    out = found[there].reset_index(drop=True)
    out = out.join(weekly(out["hours"])[["weekly_hours", "evening", "saturday"]])
    return Services(out, without_position=int((~there).sum()))


def _identifiers(source, kind, frame, name="name"):
    """What a place is called in every vintage and part of a file: its SIRET where one is given, else where it stands.

    Doctors of one house share both: they are numbered by their names, which a filter of rows can move.
    """
    spot = frame.geometry.representative_point()
    at = spot.x.round().astype("Int64").astype("str") + "-" + spot.y.round().astype("Int64").astype("str")
    if "siret" in frame:
        at = frame["siret"].where(frame["siret"].fillna("").ne(""), at)
    named = frame[name] if name in frame else pd.Series("", frame.index)
    found = pd.DataFrame({"id": f"{source}-" + kind.astype("str") + "-" + at, "name": named.astype("str").fillna("")})
    found = found.reset_index(drop=True)
    nth = found.sort_values(["id", "name"], kind="stable").groupby("id", dropna=False).cumcount().sort_index()
    return found["id"].where(nth == 0, found["id"] + "-" + (nth + 1).astype(str)).to_numpy()


def _as_service(part):
    """The columns of `table`, whatever the publisher calls them."""
    support = part["specific_support"] if "specific_support" in part else pd.Series(None, part.index, dtype="str")
    welcome = support.fillna("").astype(str).str.contains(REDUCED_MOBILITY, regex=False)
    part = part.assign(
        hours=part["hours"] if "hours" in part else tags(part), accessible=welcome.astype("boolean").where(welcome)
    ).reindex(columns=COLUMNS)
    part.attrs = {}  # pandas compares attrs when it concatenates; those of single tables do not hold for all
    return part


def own_equipment(
    frame: gpd.GeoDataFrame,
    categories: dict[str, str],
    *,
    column: str = "categorie",
    name: str = "nom",
    source: str = "",
) -> gpd.GeoDataFrame:
    """Equipment of the city's portal as rows for `table`; its words for kinds become categories of this kit.

    Parameters
    ----------
    frame : GeoDataFrame
        As loaded, the town's own: the portal's columns are kept as published.
    categories : dict of str to str
        The publisher's word in ``column`` to a key of ``CATEGORIES``; rows with other words are left out.
    column, name : str
        Columns with the kind and with the name.
    source : str
        Written into ``source`` and before the category and the metres of the position in ``id``; by default the portal
        of ``challenge.toml``.

    Returns
    -------
    GeoDataFrame
        The rows that have a category, with ``id``, ``name``, ``category`` and ``source``.

    Raises
    ------
    NotAsDescribed
        The table has no such column, or none of these words in it.
    WrongUse
        A category that this kit does not know.
    """
    known(categories.values())
    source = source or challenge().territory["portal"]
    for wanted in (column, name):
        if wanted not in frame:
            raise NotAsDescribed(
                source,
                _("no column {name}").format(name=repr(wanted)),
                found=", ".join(map(str, frame.columns)),
                next="own_equipment(..., column=..., name=...)",
            )
    category = frame[column].map(categories)
    if frame[column].notna().any() and not category.notna().any():
        words = ", ".join(map(str, frame[column].dropna().unique()[:20]))
        raise NotAsDescribed(source, _("none of the kinds asked for"), expected=", ".join(categories), found=words)
    out = frame.assign(name=frame[name], category=category, source=source)[category.notna().to_numpy()]
    return out.assign(id=_identifiers(source, out["category"], out)).reset_index(drop=True)


def plain(name: object) -> str:
    """A town's name as it can be compared: no accent, no case, no hyphen, St for Saint written out."""
    if not isinstance(name, str):
        return ""
    text = re.sub(r"[^a-z0-9]+", " ", fold(name)).strip()
    text = re.sub(r"\bcedex\b.*", "", text)
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in text.split())


def locate(places: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, margin: float = MARGIN) -> gpd.GeoDataFrame:
    """Find the commune in which each place stands, and say where its address contradicts it.

    A place is *flagged* when its INSEE code names another commune, or, without such a code, when its postal code is of
    another département or its town is another commune; a contour less than ``margin`` away is no contradiction. What is
    flagged is to be looked at by a person: either the address or the position is wrong, and the table cannot say which.

    Parameters
    ----------
    places : GeoDataFrame
        With ``postal_code``, ``town`` and ``commune`` (INSEE code), each of which may be missing.
    communes : GeoDataFrame
        ``commune``, ``name``, ``geometry``: see `datakit.geo.territory.todays_communes`.
    margin : float
        Metres.

    Returns
    -------
    GeoDataFrame
        The places, with ``found`` (code of the commune in which they stand, missing outside all of them), ``inside``,
        ``flagged`` and ``why`` (text, empty when not flagged).

    Raises
    ------
    CrsMismatch
        Degrees, or two CRS.
    NotAsDescribed
        Contours overlap so that a place stands in two communes.
    """
    same_crs(places, communes)
    out = places.reset_index(drop=True).copy()
    for name in ("postal_code", "town", "commune"):
        if name not in out:
            out[name] = None
    shapes, codes = communes.geometry.array, communes.commune.to_numpy()
    row, hit = communes.sindex.query(out.geometry.array, predicate="intersects")
    pairs = pd.Series(hit).groupby(row).min()
    if len(row) != len(pairs) and _overlapping(shapes, row, hit):
        raise NotAsDescribed(
            "communes",
            _("contours overlap: a place stands in two communes"),
            next="datakit.geo.territory.todays_communes(communes)",
        )
    where = pd.Series(pd.NA, index=out.index, dtype="str")
    where.loc[pairs.index] = codes[pairs.to_numpy()]
    out["found"], out["inside"] = where, where.notna()
    by_code = dict(zip(codes, shapes, strict=True))
    by_name = {plain(n): c for n, c in zip(communes.name, codes, strict=True)}
    by_name |= {n: c for n, c in challenge().territory["former_names"].items() if c in by_code}
    names = dict(zip(codes, communes.name, strict=True))
    since = merged()
    told = [_contradiction(p, by_code, by_name, names, since, margin) for p in out.itertuples()]
    out["why"] = pd.array(told, dtype="str")
    out["flagged"] = out.why != ""
    out.attrs = dict(places.attrs)
    return out


def _overlapping(shapes, row, hit):
    """Whether the polygons that share a point share an area too: touching at a border is no overlap."""
    shared = pd.Series(hit).groupby(row).agg(list)
    return any(
        shapely.area(shapely.intersection(shapes[a], shapes[b])) > 1 for a, b, *_ in shared[shared.str.len() > 1]
    )


def _contradiction(place, by_code, by_name, names, since, margin):
    text = {k: v if isinstance(v := getattr(place, k), str) and v else None for k in ("postal_code", "town", "commune")}
    said = since.get(text["commune"], text["commune"])
    found = place.found if isinstance(place.found, str) else None
    if said is None and text["postal_code"] and found and text["postal_code"][:2] != found[:2]:
        wrong = _("postal code {code} ({town}), but stands in {commune}")
        return wrong.format(code=text["postal_code"], town=text["town"] or _("no town"), commune=names[found])
    if said is None:
        said = by_name.get(plain(text["town"]))
        if said and text["postal_code"] and text["postal_code"][:2] != said[:2]:
            said = None  # a namesake in another département
        if said is None and found and text["town"]:
            said = text["town"]
    if said is None or said == found or (found is None and said not in by_code):
        return ""
    if said in by_code and place.geometry.distance(by_code[said]) <= margin:
        return ""
    if said not in by_code:
        # The commune named is not one of ours: how far the place is from it is not known, only from our edge.
        edge = by_code[found].boundary.distance(place.geometry)
        if edge <= margin:
            return ""
    if found is None:
        outside = _("says {town}, but stands outside {territory}")
        return outside.format(town=names.get(said, said), territory=challenge().called)
    return _("says {town}, but stands in {commune}").format(town=names.get(said, said), commune=names[found])
