"""What the citizens' page knows of an inventory, packed: small integers in base64, and the texts they stand for."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.data.text import name_column
from datakit.errors import WrongUse
from datakit.geo.streets import DETOUR
from datakit.language import _, language, ngettext, speaking
from datakit.show.maps import POLYGONS, contours, layers
from datakit.trees import exposure, ratings, structure
from datakit.trees.checks import checks as limits
from datakit.trees.citizens import ground
from datakit.trees.inventory import taxa

if TYPE_CHECKING:
    import geopandas as gpd

# Choices of this kit. Larger figures are slips of the pen (a girth in mm, a height of 999): they are not shown, and
# would be the "largest trees" of a walk.
TALLEST, THICKEST = 7000, 2000  # cm: height, girth
LOWEST = 50  # cm: lower "heights" are metres in a column of centimetres
SPEED = 4.0  # km/h, of a stroll


def page_data(
    frame: gpd.GeoDataFrame,
    *,
    lang: str = "",
    outline: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> dict:
    """What the page knows, packed: small integers in base64, and the texts that they stand for.

    Parameters
    ----------
    frame, lang, outline, places, roads
        As for `datakit.trees.citizens.page.write_page`.

    Returns
    -------
    dict
        ``points`` (positions, see `datakit.show.maps`), ``kinds`` (name, language of the name, Latin name, allergy),
        ``kind`` (of each tree), ``height`` (dm), ``girth`` (cm), ``year``, ``remarkable`` (rows, or None where the
        inventory does not say), ``doubt`` (rows whose measures look wrong), ``streets``, ``street`` (of each tree),
        ``spots`` (other places, with the trees inside where they are areas), ``outline``, ``ground`` (streets, see
        `datakit.trees.citizens.ground`), ``sources`` (of allergy).
    """
    with speaking(lang):
        return _packed(frame, outline, places, roads)


def _packed(frame, outline, places, roads):
    trees, left_out = layers.prepare(exposure.standing(frame), _("trees: page"), ("Point",))
    if not len(trees):
        raise WrongUse(
            "trees",
            _("no standing tree has a position"),
            expected=_("at least one"),
            found=ngettext("{n} row", "{n} rows", len(frame)).format(n=len(frame)),
        )
    trees, points = _drawn(trees.reset_index(drop=True))
    grid = _Grid(points)
    kinds, kind, cited = _kinds(trees)
    height, girth = structure.height(trees), _girth(trees)
    height, girth = height.where(height.between(LOWEST, TALLEST)), girth.where(girth <= THICKEST)
    made = {
        "points": points,
        "kinds": kinds,
        "kind": _column(kind, 0),
        "sources": cited,
        "height": _column((height / 10).round()),
        "girth": _column(girth.round()),
        "year": _column(structure.planting_year(trees)),
        "remarkable": _flags(trees),
        "doubt": _doubtful(trees, height, girth, surveyed(trees)),
        "leftOut": left_out,
        "detour": DETOUR,
        "speed": SPEED,
        "outline": None,
        "ground": None,
        "streets": None,
        "street": None,
        "lang": language(),
    }
    communes = _areas(outline, _("trees: outline")) if outline is not None else None
    made["streets"], made["street"] = _streets(trees, grid, communes)
    made["spots"] = _spots(trees, grid, communes, places)
    if outline is not None:
        made["outline"] = contours.outline_spec(communes, over=False, fill=True, names=True)
    if roads is not None:
        shown = trees.total_bounds if communes is None else np.vstack([trees.total_bounds, communes.total_bounds])
        shown = np.atleast_2d(shown)
        made["ground"] = ground.streets(roads, (*shown[:, :2].min(axis=0), *shown[:, 2:].max(axis=0)))
    return made


def _drawn(trees):
    """The trees in the order in which the layer draws them, which everything else follows, and the layer's points."""
    codes = pd.Series(np.arange(len(trees)).astype(str), index=trees.index)
    dots = layers.Dots(1.3 if len(trees) > 10_000 else 2.2, "#2e7d32")
    layer = layers.point_layer(trees.assign(_row=codes), None, layers.Told("", tooltip=["_row"]), dots)
    trees = trees.iloc[np.array(layer.spec["columns"][0]["values"]).astype(int)].reset_index(drop=True)
    return trees, layer.spec | {"columns": []}


def _girth(trees):
    """Girth in cm: measured, else pi times the diameter."""
    girth = pd.Series(np.nan, index=trees.index)
    if "circonference" in trees and pd.api.types.is_numeric_dtype(trees["circonference"]):
        girth = trees["circonference"].astype("float64")
    return girth.where(girth > 0).fillna(structure.trunk_diameter(trees) * np.pi)


def surveyed(frame: pd.DataFrame) -> int | None:
    """The year of the latest surveys, None where no survey is dated (plantings say little of it)."""
    dated = "date_releve" in frame and frame["date_releve"].notna().any()
    return structure.survey_year(frame) if dated else None


def _doubtful(trees, height, girth, today):
    """Rows whose measures are likelier a slip than a tree, by the limits of the audit: to say so, and not to send
    anybody on a walk to see them."""
    age = structure.age(trees, today or datetime.date.today().year)
    trunk = girth / np.pi
    ratio = (height / trunk).where(trunk >= limits.LEAST_TRUNK)
    odd = (ratio < limits.STOUT) | (ratio > limits.SLENDER)
    return np.flatnonzero(odd | (girth > limits.PLANTED_GIRTH + limits.GROWTH * age)).tolist()


def _column(values, missing=-1):
    """Whole numbers as codes of their distinct values, None where not one is known: ``values`` and ``data``."""
    if missing == -1 and not values.notna().any():
        return None
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    texts = [None if pd.isna(v) else int(v) for v in distinct]
    width = 1 if len(texts) <= 256 else 2
    return {"values": texts, "data": layers.packed(codes, width), "width": width}


def _flags(trees):
    """Rows of the remarkable trees; None where the inventory does not say of any tree whether it is."""
    if "remarquable" not in trees or not trees["remarquable"].notna().any():
        return None
    column = trees["remarquable"]
    if not pd.api.types.is_bool_dtype(column):
        column = column.astype("str").str.strip().str.lower().isin(["oui", "true", "vrai", "1", "1.0", "o"])
    return np.flatnonzero(column.fillna(False).to_numpy(dtype=bool)).tolist()


def _text(trees, name):
    """A column as text without spaces around it; empty is missing."""
    if name not in trees:
        return pd.Series(None, index=trees.index, dtype="str")
    text = trees[name].astype("str").str.strip()
    return text.where(trees[name].notna() & (text != ""))


def _kinds(trees):
    """Every distinct name with what it can cause, and which one each tree has."""
    genus, species = _text(trees, "genre"), _text(trees, "espece")
    written = genus.str.cat(species, sep=" ").fillna(genus).fillna(_text(trees, "nom_latin"))
    local = _text(trees, "nom_vernaculaire")
    latin = _text(trees, "taxon") if "taxon" in trees else pd.Series(None, index=trees.index, dtype="str")
    level, score, source = _allergy(trees)
    table = pd.DataFrame(
        {"latin": latin, "written": written, "local": local, "level": level, "score": score, "source": source}
    )
    kind, distinct = pd.factorize(pd.MultiIndex.from_frame(table), use_na_sentinel=False)
    table = pd.DataFrame(distinct.tolist(), columns=table.columns, dtype="object")
    known = taxa.resolve(table["latin"].fillna(table["written"]).astype("str"))
    latin = table["latin"].fillna(known["taxon"]).fillna(table["written"])
    lang = language()
    if lang == "fr":
        name, tongue = table["local"].fillna(known["nom_fr"]), "fr"
    else:
        name, tongue = known["nom_en"], "en"
    rows, cited = [], _cited(table["source"])
    for i in range(len(table)):
        shown, speaks = name[i], tongue
        if pd.isna(shown) and lang != "fr" and pd.notna(table["local"][i]):
            shown, speaks = table["local"][i], "fr"
        shown, speaks = (None, None) if pd.isna(shown) else (_sentence(shown), speaks)
        at = [cited.index(each) + 1 for each in _each(table["source"][i])]
        botanical = None if pd.isna(latin[i]) else re.sub(r"\bx (?=\S)", "× ", latin[i])
        rows.append(
            [
                shown,
                speaks,
                botanical,
                table["level"][i],
                None if pd.isna(table["score"][i]) else int(table["score"][i]),
                sorted(at),
            ]
        )
    return rows, pd.Series(kind), cited


def _each(source):
    """The sources that a rating names."""
    return str(source).split("; ") if pd.notna(source) else []


def _cited(column):
    """Every source that a rating names, once: those that were read themselves before the press's reports of others."""
    every = pd.Series([each for source in column for each in _each(source)], dtype="str")
    count = every.value_counts()
    return sorted(count.index, key=lambda source: (source.endswith(ratings.read_as("press")), -count[source], source))


def _sentence(name):
    return name[:1].upper() + name[1:]


def _allergy(trees):
    """Level, score of 5, and source, of each tree.

    Levels: "file", "high", "moderate", "low", "unknown"; "low_high" and the like where sources say from low to high.
    """
    found = exposure.allergy(trees)
    rated = found["potential"].isin(exposure.POTENTIALS)
    differ = found["potential"] == exposure.CONFLICTING
    level = found["potential"].where(rated, "unknown").mask(differ, found["least"] + "_" + found["most"]).astype(object)
    score = found["score"].astype("float64").where(rated)
    source = found["source"].where(rated | differ).astype(object)
    if "allergie" in trees:
        said = pd.to_numeric(trees["allergie"], errors="coerce").astype("float64")
        said = said.where(said.between(0, 5))
        level = level.mask(said.notna(), "file")
        score, source = said.fillna(score), source.where(said.isna())
    return level, score, source


class _Grid:
    """Positions counted in the steps of the point layer, so that the page has one system of coordinates."""

    def __init__(self, points):
        self.x0, self.y0, self.step = points["x0"], points["y0"], points["step"]

    def of(self, geometry):
        """Two arrays of whole steps; they may lie outside the trees."""
        web = geometry.to_crs(layers.MERCATOR)
        x, y = web.x.to_numpy() / layers.WORLD + 0.5, 0.5 - web.y.to_numpy() / layers.WORLD
        return [np.rint((v - v0) / self.step).astype(int) for v, v0 in ((x, self.x0), (y, self.y0))]


def _areas(table, what):
    found, _out = layers.prepare(table, what, POLYGONS)
    return found


def _name_column(table, lack):
    column = name_column(table)
    if column is None:
        raise WrongUse(
            "trees",
            lack,
            expected=_("a column name or nom"),
            found=", ".join(map(str, table.columns)),
        )
    return column


def _middle(trees, groups):
    """For each group of trees, the row of its tree nearest to the group's median position."""
    x, y = trees.geometry.x, trees.geometry.y
    mx, my = x.groupby(groups).transform("median"), y.groupby(groups).transform("median")
    away = np.hypot(x - mx, y - my)
    return away[groups.notna()].groupby(groups[groups.notna()]).idxmin()


def _streets(trees, grid, communes):
    """Streets to search, each where one of its trees stands, and the street of each tree (0: not known)."""
    street = _text(trees, "adresse")
    if not street.notna().any():
        return None, None
    commune = _text(trees, "code_insee")
    if communes is not None and {"commune", "name"} <= set(communes.columns):
        commune = commune.map(communes.drop_duplicates("commune").set_index("commune")["name"]).fillna(commune)
    if not commune.notna().any():
        commune = _text(trees, "secteur")
    commune = commune.fillna("")
    # A street of one commune often has slips of the pen in its code: the commune of most of its trees names it, but
    # two communes with a fair share each are two streets.
    counts = pd.DataFrame({"street": street, "commune": commune}).dropna().value_counts().rename("n").reset_index()
    total = counts.groupby("street")["n"].transform("sum")
    main = counts.sort_values("n", ascending=False).drop_duplicates("street").set_index("street")["commune"]
    apart = pd.MultiIndex.from_frame(counts.loc[counts["n"] >= 0.1 * total, ["street", "commune"]])
    own = pd.MultiIndex.from_arrays([street, commune]).isin(apart)
    commune = commune.where(own, street.map(main))
    keys = pd.Series(list(zip(street, commune, strict=True)), index=trees.index).where(street.notna())
    codes, distinct = pd.factorize(keys, sort=True)
    middle = _middle(trees, pd.Series(codes, index=trees.index).where(codes >= 0))
    x, y = grid.of(trees.geometry.loc[middle.sort_index().to_numpy()])
    areas, names = pd.factorize(pd.Series([c for _, c in distinct]))
    width = 2 if len(distinct) < 65535 else 4
    spec = {
        "n": len(distinct),
        "names": [s for s, _ in distinct],
        "areas": list(names),
        "area": areas.tolist(),
        "x": layers.packed(x, 4),
        "y": layers.packed(y, 4),
    }
    return spec, {"data": layers.packed(codes + 1, width), "width": width}


def _spots(trees, grid, communes, places):
    """Sectors, communes and other places to search: ``[kind, name, x, y]``; of areas also ``[…, trees, remarkable,
    west, north, east, south]``, what is inside them."""
    rows = []
    star = np.isin(np.arange(len(trees)), _flags(trees) or [])
    at = grid.of(trees.geometry)  # once for all areas: projecting takes longer than all the rest

    def add(kind, names, geometry, inside=None):
        x, y = grid.of(geometry)
        for place, (name, a, b) in enumerate(zip(names, x, y, strict=True)):
            rows.append([kind, str(name), int(a), int(b), *([] if inside is None else inside(place))])

    def around(mask):
        """How many trees, how many of them remarkable, and the box around all but the outermost: slips of the pen."""
        x, y = (v[mask] for v in at)
        if not len(x):
            return [0, 0]
        box = [np.quantile(x, 0.02), np.quantile(y, 0.02), np.quantile(x, 0.98), np.quantile(y, 0.98)]
        return [int(mask.sum()), int(star[mask].sum()), *(int(v) for v in box)]

    if communes is not None and len(communes):
        shapes = communes.geometry.to_numpy()
        pairs = trees.sindex.query(shapes, predicate="contains")
        within = [np.zeros(len(trees), dtype=bool) for _ in shapes]
        for area in range(len(shapes)):
            within[area][pairs[1][pairs[0] == area]] = True
        names = communes[_name_column(communes, _("the outline have no names"))]
        add("commune", names, communes.geometry.representative_point(), lambda place: around(within[place]))
    taken = {row[1] for row in rows}
    sector = _text(trees, "secteur")
    middle = _middle(trees, sector.mask(sector.isin(taken)))
    of = sector.fillna("").to_numpy()
    named = [str(name) for name in middle.index]
    add("sector", named, trees.geometry.loc[middle.to_numpy()], lambda place: around(of == named[place]))
    if places is not None:
        kinds = ("Point", "MultiPoint", "LineString", "MultiLineString", *POLYGONS)
        found, _out = layers.prepare(places, _("trees: places"), kinds)
        column = _name_column(found, _("the places have no names"))
        found = found[found[column].notna()]
        add("place", found[column], found.geometry.representative_point())
    return rows
