"""The same place in two files is one place: likeness of name and address, within a short distance, listed for review.

Nobody has said which rows of these files are the same, so nothing can be learned from examples: the rule is a stated
score, and every merge that it makes, or nearly made, is a row of a table that a person can read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.inclusion import services
from datakit.inclusion.services import plain
from datakit.language import _
from datakit.settings import challenge

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    import geopandas as gpd

    from datakit.data.layers import Layers


NEAR = 250.0  # metres: geocoders put one address at the door, in the street or in the middle of the block
SCORE, DOUBT = 80.0, 65.0  # out of 100, choices of this kit: merged from the first, listed as doubtful from the second
# Words that most names of a category share, and that tell no two places apart.
COMMON = {"france", "services", "espace", "maison", "centre", "la", "le", "les", "de", "du", "des", "d", "l", "et"}
STREET = {
    "av": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "pl": "place",
    "r": "rue",
    "all": "allee",
    "imp": "impasse",
    "rte": "route",
    "ch": "chemin",
    "sq": "square",
}


# Which of the portal's words are which kind is a reading of this kit.
OWN_WORDS = {"Mairie": "town_hall", "Mairie de quartier": "town_hall"}


@dataclass(frozen=True, eq=False)
class Collected:
    """The services of a run, from all its files.

    Attributes
    ----------
    every : GeoDataFrame
        Of `datakit.inclusion.services.locate`, each place once, of the kinds asked for; flagged ones and those outside
        included.
    places : GeoDataFrame
        Those of the kinds asked for that are not flagged: what is measured.
    review : DataFrame
        Of `link`: what was merged, and what is doubtful.
    kinds, absent : tuple of str
        Kinds asked for that have places here, and those that have none.
    without_position : int
        Rows without a place on the map.
    data : tuple of DataFrame
        The tables used.
    """

    every: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    review: pd.DataFrame
    kinds: tuple[str, ...]
    absent: tuple[str, ...]
    without_position: int
    data: tuple[pd.DataFrame, ...]

    @property
    def inside(self) -> gpd.GeoDataFrame:
        """The rows of `every` that stand in one of the communes."""
        return self.every[self.every["inside"]]


def order() -> list[str]:
    """Datasets of services: of a place that several name, the row of the first is kept."""
    said = challenge().territory
    own = [said[name] for name in ("digital_places", "portal") if said[name]]
    return ["france-services", "inclusion-places", *own, "bpe"]


def files() -> dict[str, tuple[str, set[str]]]:
    """Argument of `datakit.inclusion.services.table` to its dataset, and the kinds of places in it."""
    said = challenge().territory
    every = {
        "france_services": ("france-services", {"france_services"}),
        "inclusion_places": ("inclusion-places", {"digital"}),
        "mednum": (said["digital_places"], {"digital"}),
        "bpe": ("bpe", set(services.FROM_BPE)),
        "equipment": (said["equipment"], {"town_hall"}),
    }
    return {name: (id, kinds) for name, (id, kinds) in every.items() if id}


def collect(layers: Layers, communes: gpd.GeoDataFrame, categories: Iterable[str]) -> Collected:
    """The services of a run: files read together, places located, rows of one place merged.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    communes : GeoDataFrame
        See `datakit.inclusion.areas.communes`.
    categories : iterable of str
        Kinds that are asked for.

    Returns
    -------
    Collected

    Raises
    ------
    CannotAnswer
        None of the files may be used in this run, or none has a place of a kind asked for.
    WrongUse
        A kind that this kit does not know.
    """
    asked = services.known(categories)
    ids = {name: id for name, (id, kinds) in files().items() if kinds & set(asked)}
    found = {name: table for name, id in ids.items() if (table := layers.get(id)) is not None}
    if not found:
        raise CannotAnswer("services", _("no list of such places may be used here"), expected=", ".join(ids.values()))
    used = tuple(found.values())
    if "equipment" in found:
        found["equipment"] = services.own_equipment(found["equipment"], OWN_WORDS)
    made = services.table(**found)
    every, review = link(services.locate(made.places, communes))
    inside = set(every.loc[every["inside"], "category"])
    kinds = tuple(name for name in asked if name in inside)
    if not kinds:
        raise CannotAnswer("services", _("no place of these kinds is in the files of this run"), found=", ".join(asked))
    every = every[every["category"].isin(asked)]
    places = every[~every["flagged"] & every["category"].isin(kinds)].reset_index(drop=True)
    absent = tuple(name for name in asked if name not in inside)
    return Collected(every, places, review, kinds, absent, made.without_position, used)


def words(text: object, without: Container[str] = frozenset()) -> str:
    """A name or address as it can be compared: see `datakit.inclusion.services.plain`, abbreviations written out."""
    found = [STREET.get(w, w) for w in plain(text).split()]
    return " ".join(w for w in found if w not in without)


def pairs(places: gpd.GeoDataFrame, near: float = NEAR) -> pd.DataFrame:
    """Pairs of rows of different sources and the same category that stand near each other, with their likeness.

    Parameters
    ----------
    places : GeoDataFrame
        ``name``, ``address`` (may be missing), ``category``, ``source``; points in a projected CRS.
    near : float
        Metres.

    Returns
    -------
    DataFrame
        ``left``, ``right`` (index labels of ``places``), ``metres``, ``name`` and ``address`` (likeness, 0 to 100;
        address missing where one of the two has none), ``score`` (their mean; the name alone without addresses) and
        ``why``.

    Raises
    ------
    CrsMismatch

    Notes
    -----
    Likeness is ``token_set_ratio`` of RapidFuzz: the order of words and words that only one of the two has matter
    little; for names also ``ratio`` without spaces, whichever is higher. House numbers that differ make two addresses
    different, however alike the street, and so do numbers in names ("Agence 1", "Agence 2").
    """
    same_crs(places)
    shapes = places.geometry.to_numpy()
    a, b = places.sindex.query(shapes, predicate="dwithin", distance=near)
    source, category = places["source"].to_numpy(), places["category"].to_numpy()
    keep = (a < b) & (source[a] != source[b]) & (category[a] == category[b])
    a, b = a[keep], b[keep]
    given = places["address"] if "address" in places else pd.Series(None, index=places.index)
    out = pd.DataFrame(
        {
            "left": places.index[a],
            "right": places.index[b],
            "metres": np.hypot(*(_xy(shapes[a]) - _xy(shapes[b])).T).round(1),
            "name": np.round(_names_alike(places["name"], a, b), 1),
            "address": np.round(_addresses_alike(given, a, b), 1),
        }
    )
    out["score"] = np.where(out["address"].isna(), out["name"], (out["name"] + out["address"]) / 2).round(1)
    out["why"] = np.where(out["address"].isna(), _("name and distance"), _("name, address and distance"))
    return out


def _names_alike(given, a, b):
    """Likeness of the names in rows ``a`` and ``b``, 0 to 100."""
    with needed_by(__name__):
        from rapidfuzz import fuzz, process

    names = np.array([words(n, COMMON) or words(n) for n in given], dtype=object)
    joined = np.array([n.replace(" ", "") for n in names], dtype=object)  # "Cyber-base" is "Cyberbase"
    alike = np.maximum(
        process.cpdist(names[a], names[b], scorer=fuzz.token_set_ratio),
        process.cpdist(joined[a], joined[b], scorer=fuzz.ratio),
    )
    figures = np.array([frozenset(re.findall(r"\d+", n)) for n in names], dtype=object)
    alike[[bool(x and y and x.isdisjoint(y)) for x, y in zip(figures[a], figures[b], strict=True)]] = 0
    return alike


def _addresses_alike(given, a, b):
    """Likeness of the addresses in rows ``a`` and ``b``, 0 to 100; missing where one of the two is."""
    with needed_by(__name__):
        from rapidfuzz import fuzz, process

    streets = np.array([words(n) for n in given], dtype=object)
    street = process.cpdist(streets[a], streets[b], scorer=fuzz.token_set_ratio).astype(float)
    number = np.array([_number(s) for s in streets], dtype=object)
    street[[bool(x and y and x != y) for x, y in zip(number[a], number[b], strict=True)]] = 0
    street[[not (x and y) for x, y in zip(streets[a], streets[b], strict=True)]] = np.nan
    return street


def link(
    places: gpd.GeoDataFrame, near: float = NEAR, score: float = SCORE, doubt: float = DOUBT
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """One row for each place, and the list of merges to be reviewed.

    Parameters
    ----------
    places : GeoDataFrame
        See `pairs`; ``id``, and the columns of `datakit.inclusion.services.table`.
    near, score, doubt : float
        See `NEAR`, `SCORE`, `DOUBT`. The likest pairs merge first, and two rows of one source never become one place,
        neither directly nor through rows of others: in a street with two post offices, none swallows the other.

    Returns
    -------
    places : GeoDataFrame
        Rows that stand for themselves or for several; the row of the first source of `order` is kept, its gaps filled
        from the others, and ``source`` names all of them. Rows with ``flagged`` True are never merged.
    review : DataFrame
        ``decision`` ("merged" or "doubtful"), the ids, names, sources, ``metres`` and scores, most alike first.

    Raises
    ------
    CrsMismatch, WrongUse
    """
    if not 0 <= doubt <= score <= 100:
        raise WrongUse(
            "link",
            _("scores go from 0 to 100, and doubt begins below the score that merges"),
            found=f"doubt {doubt}, score {score}",
        )
    places = places.reset_index(drop=True)
    able = places[~places["flagged"].astype(bool)] if "flagged" in places else places
    found = pairs(able, near)
    found = found[found["score"] >= doubt].sort_values(["score", "metres"], ascending=[False, True], kind="stable")
    known = order()
    rank = places["source"].map(lambda source: _rank(source, known))
    same, decision = np.arange(len(places)), []
    held = [{name} for name in places["source"]]  # of the group that each kept row stands for
    for left, right, value in zip(found["left"], found["right"], found["score"], strict=True):
        # The best pairs come first: a group that has a row of that source already gets no second one, over any chain.
        a, b = sorted((same[left], same[right]), key=lambda k: (rank[k], k))
        merge = value >= score and (a == b or held[a].isdisjoint(held[b]))
        decision.append("merged" if merge else "doubtful")
        if merge and a != b:
            same[same == b] = a
            held[a] |= held[b]
    review = pd.DataFrame({"decision": decision})
    for side in ("left", "right"):
        rows = places.loc[found[side]]
        for column in ("id", "name", "source"):
            review[f"{column}_{side}"] = rows[column].to_numpy()
    for column in ("metres", "name", "address", "score", "why"):
        review[f"likeness of {column}" if column in ("name", "address") else column] = found[column].to_numpy()
    return _merged(places, same, rank), review


def _merged(places, same, rank):
    """Fill the gaps of each kept row from the rows that it stands for."""
    order = np.lexsort((np.arange(len(places)), rank.to_numpy(), same))
    ordered, group = places.iloc[order], same[order]
    filled = ordered.drop(columns="geometry").groupby(group, sort=True).first()
    filled["source"] = ordered["source"].groupby(group).agg(lambda s: ", ".join(dict.fromkeys(s)))
    keep = np.flatnonzero(same == np.arange(len(places)))
    out = places.iloc[keep].copy()
    for column in filled.columns:
        out[column] = filled.loc[keep, column].to_numpy()
    out = out.astype({c: places[c].dtype for c in filled.columns if c in places}, errors="ignore")
    out.attrs = dict(places.attrs)
    return out.reset_index(drop=True)


def _rank(source, known):
    return next((k for k, name in enumerate(known) if str(source).startswith(name)), len(known))


def _number(address):
    """House number of a plain address, or an empty text."""
    found = re.match(r"(\d+)\b", address)
    return found[1] if found else ""


def _xy(shapes):
    import shapely

    return shapely.get_coordinates(shapes)
