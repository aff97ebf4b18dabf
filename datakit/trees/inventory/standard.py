"""Any inventory as one table: the fields of the national schema, in its units, and a list of all that was changed.

The table has the fields of schema-arbre 0.3.1 that the file has (heights, girths and diameters in cm, crowns in m),
and what a baseline needs: ``statut``, ``dbh``, ``taxon``, ``doublon``, ``hors_zone``. Values are looked at once for
each that differs: a million rows cost what their few thousand values cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.data.provenance import Record
from datakit.data.tables import UNITS, rules_broken
from datakit.errors import NotAsDescribed
from datakit.language import N_, _
from datakit.trees.inventory import coordinates, crosswalks, states, values
from datakit.trees.inventory.changes import ChangeLog, changes_summary
from datakit.trees.inventory.names import name_trees
from datakit.trees.inventory.schema import EXTRA, schema_names, standard_fields
from datakit.trees.structure import trunk_diameter

if TYPE_CHECKING:
    import os

    from datakit.data.cards import Card
    from datakit.trees.inventory.crosswalks import Crosswalk

__all__ = ["changes_summary", "schema_table", "standardise"]

MEASURES = {
    "hauteur": "cm",
    "diametre": "cm",
    "circonference": "cm",
    "diametre_couronne": "m",
    "age_estime": "years",
    "nombre_diagnostics": None,
    "allergie": None,
}
MEASURED = ("hauteur", "diametre", "circonference", "diametre_couronne")  # 0 of these is "not measured"
DATES = ("date_releve", "date_plantation", "date_abattage")
WORDS = ("remarquable", "protege", "eclairage")
NAMES = ("famille", "genre", "espece", "cultivar_variete", "nom_vernaculaire", "nom_latin")
CODES = ("id", "matricule", "code_insee", "code_postal")
DERIVED = ("statut", "dbh", "taxon", "doublon", "hors_zone")

# Choices of this kit, for whole columns, in the unit of the standard table: a column is in a unit when nineteen values
# in twenty do not lie below the first figure, and its median is not above the second.
PLAUSIBLE = {
    "hauteur": (200, 4_000),
    "circonference": (15, 400),
    "diametre": (5, 130),
    "diametre_couronne": (0.5, 25),
}
TALLEST = 12_000  # cm; no living tree is known to be taller: a choice of this kit, the schema allows 15,000
# A column of diameters is one of girths when its median is above the first figure, and at least this share of it above
# the second: no trunk of a city is 3 m thick. Fewer values than the last figure may be an album of old trees.
GIRTH_MEDIAN, GIRTH_LARGEST, GIRTH_SHARE, GIRTH_LEAST = 75, 300, 0.001, 30


def standardise(
    frame: pd.DataFrame,
    crosswalk: Crosswalk | Card | dict | str | os.PathLike[str] | None = None,
    *,
    area: gpd.GeoDataFrame | None = None,
    taxa: bool = True,
) -> gpd.GeoDataFrame:
    """Turn an inventory into the standard table.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As published (columns of any type), with ``crosswalk``; or as `datakit.load` gives it, without.
    crosswalk : Crosswalk, Card, dict, path or id, optional
        Which column is which field, see `datakit.trees.inventory.crosswalks.read`.
    area : GeoDataFrame, optional
        Polygons, in any CRS, where the trees should stand: those outside are flagged in ``hors_zone``.
    taxa : bool
        Spell names as the botanical reference does, and fill families and French names from it. Without it,
        ``taxon`` is made of the words of the file.

    Returns
    -------
    GeoDataFrame
        One row for each row of ``frame``, in its order, points in EPSG:2154 (missing where a tree has no place). The
        fields of schema-arbre that the file has, the kit's own columns, and: ``statut`` ("standing", "lost" or
        missing; a tree to be felled stands), ``dbh`` (cm), ``taxon``, ``doublon`` (``id``, else row number from 1, of
        the earliest tree within 1 m) and, with ``area``, ``hors_zone``. ``attrs["datakit"]`` is kept, and
        its ``changes`` list each change: ``row`` (1 is the first row; missing where one line stands for a whole
        column), ``column``, ``rule``, ``before``, ``after``. `changes_summary` counts them. Reading without loss
        (spaces around, decimal commas, types) is not a change. A value that breaks a constraint of the crosswalk is
        set missing, its row stays.

    Raises
    ------
    NotAsDescribed
        A column that the crosswalk needs is missing, or no column says where the trees stand.
    BadCard, WrongUse
        The crosswalk cannot be read.
    CrsMismatch
        ``area`` has no CRS.

    Notes
    -----
    Parquet keeps ``attrs`` as JSON, which a table of changes is not: ``table.attrs["datakit"].pop("changes")`` before
    ``table.to_parquet``.
    """
    crosswalk = crosswalks.read(crosswalk) if crosswalk is not None else None
    log, said = ChangeLog(), frame.attrs.get("datakit", {})
    frame = frame.reset_index(drop=True)
    shapes = coordinates.points(frame, crosswalk, log)
    table = name_trees(_fields(frame, crosswalk, log), log, reference=taxa)
    table["statut"] = _status(table)
    table["dbh"] = trunk_diameter(table)
    table["doublon"] = _doubles(table, shapes)
    if area is not None:
        table["hors_zone"] = coordinates.outside(shapes, area)
    table = gpd.GeoDataFrame(table[_order(table)], geometry=shapes)
    table.attrs = {"datakit": Record(said, changes=log.table())}
    return table


def schema_table(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """The 31 columns of schema-arbre 0.3.1, in its order, ready to be written as CSV.

    Parameters
    ----------
    table : GeoDataFrame
        From `standardise`.

    Returns
    -------
    DataFrame
        WGS84 ``longitude`` and ``latitude`` (degrees, seven decimals), days as ISO text, ``true`` and ``false``. The
        schema wants ``id`` to be an integer from 1: where the file's own are not, it is the number of the row, and the
        file's own goes to ``matricule``, unless that is filled.
    """
    made = pd.DataFrame(index=table.index)
    number = pd.Series(np.arange(1, len(table) + 1), index=table.index)
    own = table["id"].astype("str") if "id" in table else number.astype("str")
    fits = own.str.fullmatch(r"[1-9]\d{0,17}", na=False).all() and own.is_unique
    place = table.geometry.to_crs(4326)
    given = {"id": own.astype("int64") if fits else number, "longitude": place.x.round(7), "latitude": place.y.round(7)}
    if not fits:
        given["matricule"] = table["matricule"].fillna(own) if "matricule" in table else own
    for name in schema_names():
        column = given.get(name, table.get(name))
        if column is None:
            column = pd.Series(None, index=table.index, dtype="str")
        elif pd.api.types.is_datetime64_any_dtype(column):
            column = column.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_bool_dtype(column):
            column = column.map({True: "true", False: "false"}).astype("str")
        made[name] = column
    return made


def _order(table):
    first = [n for n in (*standard_fields(), *EXTRA) if n in table]
    rest = [n for n in table if n not in first and n not in DERIVED]
    return list(dict.fromkeys([*first, *rest, *(n for n in DERIVED if n in table)]))


def _fields(frame, crosswalk, log):
    """The fields that the file has, each in its type and unit, and those that another one tells."""
    sources = {name: (column, field) for name, column, field in _sources(frame, crosswalk)}
    made = {name: _typed(name, *source, crosswalk, log) for name, source in sources.items()}
    table = pd.DataFrame(made, index=frame.index)
    _girths(table, log)
    _planting(table, sources.get("date_plantation", (None,))[0], log)
    return table


def _sources(frame, crosswalk):
    """(field, its column in the file, its description) for each field that the file has."""
    if crosswalk is None:
        standard = standard_fields()
        for name in frame.columns:
            if name != "geometry" and name not in DERIVED:
                yield name, frame[name], standard.get(name)
        return
    for field in crosswalk.fields:
        name = next((s for s in field.source if s in frame), None)
        if name is not None:
            yield field.name, frame[name], field
        elif not field.optional:
            raise NotAsDescribed(
                crosswalk.id,
                _("the column of {name} is missing or was renamed").format(name=repr(field.name)),
                expected=_(" or ").join(map(repr, field.source)),
                found=", ".join(map(str, frame.columns))[:400],
                next=_("correct the crosswalk's `source`, or mark the field as optional"),
            )


# -- one column --------------------------------------------------------------------------------------------------------


def unique(column: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Number of the unique value of each row (-1 where missing), and the unique values.

    Returns
    -------
    codes : array of int
    found : Series
        Numbers, or trimmed text.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if column.dtype == object:
        column = column.map(lambda v: v if v is None or isinstance(v, (str, int, float, bool)) else str(v))
    codes, found = pd.factorize(column)
    found = pd.Series(found)
    if pd.api.types.is_bool_dtype(found):
        found = found.map({True: "true", False: "false"}).astype("str")
    elif not pd.api.types.is_numeric_dtype(found) and not pd.api.types.is_datetime64_any_dtype(found):
        text = found.astype("str").str.strip()
        found = text.where(text != "", None)
    return codes, found


def spread(found: pd.Series, codes: np.ndarray, index: pd.Index) -> pd.Series:
    """The values of the rows, from the unique ones."""
    return pd.Series(found.array.take(codes, allow_fill=True), index=index)


def _text(found):
    """Unique values as text; whole numbers without ".0"."""
    if pd.api.types.is_float_dtype(found):
        return pd.Series([f"{v:.15g}" for v in found], index=found.index, dtype="str")
    return found.astype("str")


def _typed(name, column, field, crosswalk, log):
    codes, found = unique(column)
    absent = set(field.raw.get("missingValues", crosswalk.missing_values)) - {"", "0", "0.0"} if crosswalk else ()
    if absent:
        found = found.mask(_text(found).isin(absent))
    if name in MEASURES:
        return _measure(name, column, codes, found, field, log)
    if name in DATES and pd.api.types.is_datetime64_any_dtype(found):
        made = values.days(found)
        moved = np.flatnonzero((made != found.dt.tz_localize(None).dt.normalize()) & made.notna())
        if len(moved):
            log.whole(name, values.MOVED, found.iloc[moved[0]].isoformat(), made.iloc[moved[0]])
        return spread(made, codes, column.index)
    text = _text(found)
    if name in DATES:
        made, _, rules = values.date(text)
    elif name == "annee_plantation":
        made, rules = values.year(text)
    elif name in WORDS:
        made, rules = values.yes_no(text)
    elif name == "stade_developpement":
        made, rules = values.stage(text)
    elif name == "cultivar_variete":
        made, rules = values.cultivar(text)
    elif name == "espece":
        made, rules = values.epithet(text)
    else:
        made, rules = text, pd.Series("", index=text.index, dtype=object)
        whole = values.spreadsheet_integer(text) if name in CODES else None
        if whole is not None:
            log.whole(name, N_('".0" left by a spreadsheet taken away'), text.iloc[0], whole.iloc[0])
            made = whole
    made, rules = _constrained(name, made, rules, field)
    log.values(name, codes, rules, text, made)
    return spread(made, codes, column.index)


def _constrained(name, made, rules, field):
    """Values that break a constraint of their field, or of the national schema, are missing."""
    for known in (field, standard_fields().get(name)):
        if known is None or known.constraints.keys() <= {"required", "unique"}:
            continue
        for wrong, why in rules_broken(made, known):
            if why not in ("is required", "is unique") and wrong.any():
                rules, made = rules.mask(wrong, f"not {why}: set missing"), made.mask(wrong)
    return made, rules


def _measure(name, column, codes, found, field, log):
    """A column of numbers in the unit of the standard table."""
    unit = MEASURES[name]
    text = _text(found)
    made, rules, stated = values.measure(text, unit)
    if name not in MEASURED:  # 0 years and 0 inspections are numbers
        zero = rules == values.ZERO
        made, rules = made.mask(zero, 0.0), rules.mask(zero, "")
    if name in PLAUSIBLE:
        declared = field.raw.get("source_unit", unit) if field is not None else unit
        counts = np.bincount(codes[codes >= 0], minlength=len(made)) * ~stated.to_numpy()
        real = _real_unit(name, np.repeat(made.to_numpy(), counts), declared)
        if real != unit:
            made = made.where(stated, (made * UNITS[unit, real]).round(9))
            log.whole(name, f"the whole column from {real} to {unit}" + _why(real, declared, unit), real, unit)
        elif declared != unit:
            log.whole(name, f"left in {unit}: said to be in {declared}, and its values cannot be", declared, unit)
    made, rules = _constrained(name, made, rules, field)
    if name == "hauteur":
        tall = made > TALLEST
        made, rules = made.mask(tall), rules.mask(tall, f"taller than any tree ({TALLEST // 100} m): set missing")
    log.values(name, codes, rules, text, made)
    if field is not None and field.type == "integer" and (made.dropna() % 1 == 0).all():
        made = made.astype("Int64")
    return spread(made, codes, column.index)


def _real_unit(name, given, declared):
    """The unit of a column, by its values: the one declared where they can be in it, else the first possible one."""
    given = given[given > 0]
    if not len(given):
        return declared
    unit, (low, high) = MEASURES[name], PLAUSIBLE[name]
    common, median = np.percentile(given, [95, 50])
    trunk = ["mm"] if name in ("diametre", "circonference") else []
    for tried in dict.fromkeys([declared, unit, "m", "cm", *trunk]):
        factor = 1 if tried == unit else UNITS.get((unit, tried))
        if factor and common * factor >= low and median * factor <= high:
            return tried
    return declared


def _why(real, declared, unit):
    return "" if real == declared else f", decided from its values, not {declared}"


# -- columns together --------------------------------------------------------------------------------------------------


def _girths(table, log):
    """A column of diameters that can only be girths becomes one."""
    if "diametre" not in table or ("circonference" in table and table["circonference"].notna().any()):
        return
    given = table["diametre"].dropna()
    if len(given) < GIRTH_LEAST or given.median() <= GIRTH_MEDIAN or (given > GIRTH_LARGEST).mean() < GIRTH_SHARE:
        return
    table["circonference"] = table.pop("diametre")
    rule = f"girths written as diameters (median {given.median():.4g} cm, largest {given.max():.4g} cm)"
    log.whole("circonference", rule, "diametre", "circonference")


def _planting(table, raw, log):
    """The year of planting, from a date that only says so much."""
    if raw is None or ("annee_plantation" in table and table["annee_plantation"].notna().any()):
        return
    years = table["date_plantation"].dt.year.astype("Int64")
    vague = years.isna() & raw.notna()
    if vague.any() and not pd.api.types.is_datetime64_any_dtype(raw):
        codes, found = unique(raw[vague])
        _, only, _ = values.date(_text(found))
        years[vague] = spread(only, codes, raw.index[vague])
    table["annee_plantation"] = years
    if years.notna().any():
        first = years.first_valid_index()
        log.whole("annee_plantation", N_("the year of date_plantation"), raw[first], years[first])


def _doubles(table, shapes):
    """For each tree, the id (else the number of the row) of the earliest one within a metre."""
    own = table["id"].astype("str") if "id" in table else pd.Series((table.index + 1).astype("str"))
    return pd.Series(own.array.take(coordinates.duplicates(shapes), allow_fill=True), index=table.index)


def _status(table):
    """ "standing" (also what is condemned) or "lost", by the words of the state; missing for other words."""
    if "etat" not in table:
        return pd.Series(None, index=table.index, dtype="str")
    codes, found = unique(table["etat"])
    return spread(states.state(found.astype("str")).replace("condemned", "standing"), codes, table.index)
