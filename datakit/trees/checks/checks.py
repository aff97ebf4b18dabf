"""The checks of the audit: each counts trees, says how many it could judge, and gives a verdict by a named limit.

Limits are pairs, in per cent of the trees that the check can judge: above the first, look; above the second, bad. They,
and the other figures below, are choices of this kit: no norm says how good an inventory must be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.geo.territory import merged
from datakit.trees.checks.counting import CLASSES, EXAMPLES, SLIP, Checks, Finding
from datakit.trees.inventory import coordinates, taxa
from datakit.trees.inventory.changes import ChangeLog, counted
from datakit.trees.inventory.names import name_trees
from datakit.trees.inventory.standard import GIRTH_LARGEST, GIRTH_MEDIAN, GIRTH_SHARE, PLAUSIBLE
from datakit.trees.structure import height, trunk_diameter

if TYPE_CHECKING:
    import geopandas as gpd

EMPTY = (5, 50)  # what answers depend on: a half of the trees is not the inventory
PARTLY = (5, 100)  # any other field is never bad for being empty
DOUBT = (0.5, 5)  # possible but rare
NAMES = (1, 10)
GENUS_ONLY = (10, 30)
RESPELLED = (5, 100)  # the reference brings them together
HABIT = (20, 40)  # figures that end in 0: 10 % by chance
OLD = (20, 50)  # trees seen more than OLD_YEARS ago

OLD_YEARS = 10
GROWTH, PLANTED_GIRTH = 10, 30  # cm of girth a year, after that girth at planting: thicker is likelier a slip
STOUT, SLENDER, LEAST_TRUNK = 5, 150, 10  # height over trunk diameter, for trunks of at least 10 cm
AGREE = 0.1  # girth and pi times diameter differ by less than this share when both were measured
SAME_PLACE = 0.1  # m
STACK = 5  # trees at one place: placed by an address or a site
FAR = 50  # km from the median position
# Outside these, in the unit of the standard table, a figure is likelier a slip than a tree of a city.
RANGES = {
    "hauteur": (50, 5_000, "cm"),
    "circonference": (5, 1_000, "cm"),
    "diametre": (1.5, 320, "cm"),
    "diametre_couronne": (0.3, 40, "m"),
    "age_estime": (0, 1_000, "years"),
    "allergie": (0, 5, ""),
}
SUBJECTS = {
    "name": ("taxon", "genre", "espece", "nom_latin", "nom_vernaculaire"),
    "trunk": ("circonference", "diametre"),
    "age": ("annee_plantation", "date_plantation", "age_estime"),
    "hauteur": ("hauteur",),
    "diametre_couronne": ("diametre_couronne",),
    "stade_developpement": ("stade_developpement",),
    "state": ("etat",),
    "survey": ("date_releve",),
    "adresse": ("adresse",),
    "id": ("id",),
}
SPARSE = (
    "remarque",
    "cultivar_variete",
    "date_abattage",
    "matricule",
    "contraintes_sol",
    "contrainte_aeriennes",
    "nombre_diagnostics",
    "remarquable",
    "protege",
)
MADE = ("geometry", "statut", "dbh", "doublon", "hors_zone")  # by standardise: nobody fills them
# Words in a rule of standardise that say that something was lost, or decided.
WEIGHTY = r"set missing|no place|not read|exchanged|decided|cannot be|impossible|girth"


def completeness(c: Checks) -> None:
    """How many trees lack each field; what several columns can tell counts as one."""
    told = set()
    for subject, columns in SUBJECTS.items():
        here = [name for name in columns if name in c.frame]
        told.update(here)
        if not here:
            c.found.append(Finding("completeness", "absent", subject, c.n, c.n, "bad" if c.n else "cannot tell"))
            continue
        empty = np.logical_and.reduce([c.frame[name].isna().to_numpy() for name in here])
        c.add("completeness", "empty", subject, empty, limits=EMPTY)
    for name in c.frame.columns:
        if name not in told and name not in MADE:
            sparse = name in SPARSE
            empty = c.frame[name].isna().to_numpy()
            c.add("completeness", "sparse" if sparse else "empty", name, empty, limits=CLASSES if sparse else PARTLY)


def units(c: Checks) -> None:
    """Whether a whole column can be in the unit of the standard table."""
    for name, (low, high) in PLAUSIBLE.items():
        unit = RANGES[name][2]
        if name in c.frame and c.frame[name].notna().any() and c.numbers(name) is None:
            c.add("units", "text", name, c.frame[name].notna(), c.frame[name].notna())
            continue
        known = c.numbers(name)
        given = known[known > 0] if known is not None else np.array([])
        if not len(given):
            c.untold("units", "unit", name, unit=unit)
            continue
        common, median = np.percentile(given, [95, 50])
        wrong = common < low or median > high
        if name == "diametre" and median > GIRTH_MEDIAN and (given > GIRTH_LARGEST).mean() > GIRTH_SHARE:
            c.count("units", "girth as diameter", name, len(given), len(given), SLIP)
            continue
        c.count("units", "unit", name, len(given) if wrong else 0, len(given), SLIP, unit=unit, median=float(median))


def ranges(c: Checks) -> None:
    """Figures that are likelier a slip than a tree."""
    for name, (low, high, unit) in RANGES.items():
        given = c.numbers(name)
        if given is None:
            if name in ("hauteur", "circonference", "diametre", "diametre_couronne"):
                c.untold("ranges", "range", name, low=float(low), high=float(high), unit=unit)
            continue
        odd = (given < low) | (given > high)
        c.add("ranges", "range", name, odd, np.isfinite(given), low=float(low), high=float(high), unit=unit)


def names(c: Checks) -> None:
    """What the botanical reference knows."""
    here = [name for name in SUBJECTS["name"] if name in c.frame]
    if not here:
        for check in ("unresolved", "genus only"):
            c.untold("taxonomy", check, "taxon")
        return
    raw = c.frame[here]
    written = ~np.logical_and.reduce([raw[name].isna().to_numpy() for name in here])
    if "taxon" in here:
        codes, found = pd.factorize(raw["taxon"])
        known = taxa.resolve(pd.Series(found, dtype="str"))["taxon"]
        respelled = None
    else:
        made = name_trees(pd.DataFrame(raw), ChangeLog())
        codes, found = pd.factorize(made["taxon"])
        known = pd.Series(found, dtype="str")
        pairs = [(made[k], raw[k]) for k in ("genre", "espece") if k in raw]
        respelled = (
            np.logical_or.reduce(
                [(a != b).to_numpy(dtype=bool, na_value=False) & b.notna().to_numpy() for a, b in pairs]
            )
            if pairs
            else None
        )
    unknown = np.append(known.isna().to_numpy(dtype=bool), True)[codes] & written
    genus = np.append(~known.str.contains(" ", na=True).to_numpy(dtype=bool), False)[codes]
    for check, mask, limits in (("unresolved", unknown, NAMES), ("genus only", genus, GENUS_ONLY)):
        c.count("taxonomy", check, "taxon", int(mask.sum()), int(written.sum()), limits, _commonest(raw, mask))
    if respelled is not None:
        c.count(
            "taxonomy",
            "respelled",
            "taxon",
            int(respelled.sum()),
            int(written.sum()),
            RESPELLED,
            _commonest(raw, respelled),
        )


def _commonest(raw, mask):
    """The commonest names as written, each with the number of its trees."""
    some = raw[mask]
    words = pd.Series(pd.NA, index=some.index, dtype="str")
    if "genre" in some:
        epithet = some["espece"].fillna("") if "espece" in some else ""
        words = words.fillna((some["genre"].astype("str") + " " + epithet).str.strip())
    for name in ("nom_latin", "taxon", "espece", "nom_vernaculaire"):
        if name in some:
            words = words.fillna(some[name].astype("str"))
    return [f"{word} ({trees})" for word, trees in words.value_counts().head(EXAMPLES).items()]


def duplicates(c: Checks) -> None:
    """Trees at one place, of those that stand: a tree and the one that replaced it may share a pit."""
    x, y = c.frame.geometry.x.to_numpy(), c.frame.geometry.y.to_numpy()
    here = np.isfinite(x) & np.isfinite(y)
    if c.lost is not None:
        here &= ~c.lost
    place = np.round(np.c_[x[here], y[here]] / SAME_PLACE).astype("int64")
    _, at, many = np.unique(place[:, 0] * 2**32 + place[:, 1], return_inverse=True, return_counts=True)
    trees = np.zeros(c.n, dtype="int64")
    trees[here] = many[at] if len(at) else 0
    # The first tree of a place is not one too many: only those that come after it are counted.
    later = np.zeros(c.n, dtype=bool)
    later[here] = pd.Series(at).duplicated().to_numpy()
    near = np.zeros(c.n, dtype=bool)
    if "doublon" in c.frame and (c.lost is None or not c.lost.any()):
        near = c.frame["doublon"].notna().to_numpy()
    else:
        near[here] = coordinates.duplicates(c.frame.geometry[here]) >= 0
    c.add("duplicates", "same place", "geometry", later, here, DOUBT)
    c.add("duplicates", "within a metre", "geometry", near & ~later, here, DOUBT, metres=float(coordinates.METRES))
    c.add("geometry", "stacked", "geometry", trees >= STACK, here, DOUBT, stack=STACK)
    if "id" not in c.frame:
        c.untold("duplicates", "same id", "id")
    else:
        c.add("duplicates", "same id", "id", c.frame["id"].duplicated() & c.frame["id"].notna(), c.frame["id"].notna())


def places(c: Checks) -> None:
    """Trees without a place, or in a place where they cannot be."""
    x, y = c.frame.geometry.x.to_numpy(), c.frame.geometry.y.to_numpy()
    here = np.isfinite(x) & np.isfinite(y)
    c.add("geometry", "no place", "geometry", ~here)
    if here.any():
        away = np.hypot(x - np.median(x[here]), y - np.median(y[here])) > 1000 * FAR
        c.add("geometry", "far", "geometry", away, here, km=FAR)
    outside = c.frame.get("hors_zone")
    if c.area is not None:
        outside = coordinates.outside(c.frame.geometry, c.area)
    if outside is None:
        c.untold("geometry", "outside", "geometry")
    else:
        c.add("geometry", "outside", "geometry", outside.to_numpy(dtype=bool, na_value=False), here)
    if c.area is None or not {"commune", "geometry"} <= set(c.area) or "code_insee" not in c.frame:
        return
    tree, commune = c.area.to_crs(c.frame.crs).sindex.query(c.frame.geometry, predicate="within")
    code = pd.Series(c.area["commune"].to_numpy()[commune], index=tree).groupby(level=0).first()
    code = code.reindex(range(c.n)).to_numpy(dtype=object)
    written = c.frame["code_insee"].replace(merged()).to_numpy(dtype=object)
    judged = pd.notna(code) & pd.notna(written)
    c.add("geometry", "wrong commune", "code_insee", judged & (code != written), judged)


def dates(c: Checks) -> None:
    """Dates that cannot follow each other, by their years: many are known no better."""
    seen = np.where(np.isnan(c.surveyed), c.today.year, c.surveyed)
    known = ~np.isnan(c.planted)
    if known.any():
        c.add("dates", "planted after", "age", c.planted > seen, known)
    else:
        c.untold("dates", "planted after", "age")
    for name in ("date_releve", "date_abattage"):
        column = c.dates(name)
        if column.notna().any():
            late = (column > c.today).to_numpy()
            c.add("dates", "future", name, late, column.notna())
    felled = c.dates("date_abattage").dt.year.to_numpy("float64", na_value=np.nan)
    if (known & ~np.isnan(felled)).any():
        c.add("dates", "felled before", "date_abattage", felled < c.planted, known & ~np.isnan(felled))
    else:
        c.untold("dates", "felled before", "date_abattage")
    if "statut" in c.frame:
        standing = (c.frame["statut"] == "standing").to_numpy(dtype=bool, na_value=False)
        if "date_abattage" in c.frame:
            c.add("dates", "felled but standing", "date_abattage", standing & ~np.isnan(felled), standing)
        if c.lost is not None and c.lost.any():
            c.add("dates", "lost without date", "date_abattage", c.lost & np.isnan(felled), c.lost, EMPTY)
    if known.any():
        c.add("consistency", "round years", "age", c.planted % 10 == 0, known, HABIT)


def consistency(c: Checks) -> None:
    """Figures that do not fit each other, and figures that were guessed."""
    trunk, tall = trunk_diameter(c.frame).to_numpy(), height(c.frame).to_numpy()
    girth, seen = trunk * np.pi, np.where(np.isnan(c.surveyed), c.year, c.surveyed)
    age = seen - c.planted
    if "age_estime" in c.frame and (guessed := c.numbers("age_estime")) is not None:
        age = np.where(np.isnan(age), guessed, age)
    judged = (age >= 0) & np.isfinite(girth)
    if judged.any():
        thick = judged & (girth > PLANTED_GIRTH + GROWTH * age)
        c.add("consistency", "too thick", "trunk", thick, judged, DOUBT, growth=GROWTH)
    else:
        c.untold("consistency", "too thick", "trunk", growth=GROWTH)
    judged = np.isfinite(tall) & (trunk >= LEAST_TRUNK)
    if judged.any():
        ratio = tall / np.where(judged, trunk, 1)
        odd = judged & ((ratio < STOUT) | (ratio > SLENDER))
        c.add("consistency", "odd shape", "hauteur", odd, judged, DOUBT, stout=STOUT, slender=SLENDER)
    else:
        c.untold("consistency", "odd shape", "hauteur", stout=STOUT, slender=SLENDER)
    measured = {name: given for name in SUBJECTS["trunk"] if (given := c.numbers(name)) is not None}
    if len(measured) == 2:
        around, across = measured["circonference"], measured["diametre"] * np.pi
        both = (around > 0) & (across > 0)
        differ = both & (np.abs(around - across) > AGREE * np.fmax(around, across))
        c.add("consistency", "disagree", "trunk", differ, both, DOUBT)
    for name, given in measured.items():
        real = given > 0
        c.add("consistency", "round girths", name, real & (np.round(given, 1) % 10 == 0), real, HABIT)
    if not measured:
        c.untold("consistency", "round girths", "trunk")


def staleness(c: Checks) -> None:
    """How long ago the trees were seen."""
    known = ~np.isnan(c.surveyed)
    if not known.any():
        c.untold("staleness", "old survey", "date_releve", years=OLD_YEARS)
        return
    old = c.dates("date_releve") < c.today - pd.DateOffset(years=OLD_YEARS)
    median = f"{int(np.median(c.surveyed[known]))}"
    c.add("staleness", "old survey", "date_releve", old, known, OLD, years=OLD_YEARS, median=median)


def changes(c: Checks) -> None:
    """What reading and standardise did: rows set aside, values changed."""
    said = c.frame.attrs.get("datakit") or {}
    if said.get("rows_rejected") is not None and said.get("rows_read"):
        rows = [": ".join(filter(None, (r["column"], r["value"]))) for r in said.get("rejects") or ()]
        rules = list(dict.fromkeys(rows))[:EXAMPLES]
        c.count("changes", "set aside", "geometry", said["rows_rejected"], said["rows_read"], SLIP, rules)
    for row in counted(c.frame).fillna({"before": "nothing", "after": "nothing"}).itertuples():
        weighty = bool(pd.Series([row.rule]).str.contains(WEIGHTY)[0])
        c.found.append(
            Finding(
                "changes",
                "change",
                row.column,
                int(row.rows),
                c.n,
                "look" if weighty else "ok",
                [f"{row.before} → {row.after}"[:60]],
                {"rule": row.rule},
            )
        )


def run(frame: gpd.GeoDataFrame, area: gpd.GeoDataFrame | None, today: pd.Timestamp) -> Checks:
    """Every check on a table of trees, the findings in order.

    Parameters
    ----------
    frame : GeoDataFrame
    area : GeoDataFrame or None
        Where the trees should stand.
    today : Timestamp
        Day of the audit.

    Returns
    -------
    Checks
    """
    made = Checks(frame, area, today)
    for check in (completeness, units, ranges, names, duplicates, places, dates, consistency, staleness, changes):
        check(made)
    return made
