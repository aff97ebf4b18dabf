"""A file that nobody has seen becomes an inventory that every notebook reads.

The file is read as it is, its columns are proposed a meaning (or given one by an edited crosswalk), and the standard
table is written beside all that explains it: the crosswalk and the list of what was changed. The card that goes with
it lets ``datakit.load("trees-NAME")`` read it like any other dataset.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import pandas as pd

from datakit.data.cache import sha256_of, write_json, write_whole
from datakit.data.cards import PACKAGED
from datakit.data.delimited import for_spreadsheets, guess_delimiter, guess_encoding, read_rows
from datakit.data.project import in_project
from datakit.data.readers import Raw
from datakit.data.text import fold
from datakit.errors import DatakitError, NotAsDescribed, WrongUse
from datakit.language import N_, _, ngettext
from datakit.settings import challenge
from datakit.trees.inventory import outputs
from datakit.trees.inventory.changes import in_words
from datakit.trees.inventory.crosswalks import read as read_crosswalk
from datakit.trees.inventory.standard import changes_summary, standardise
from datakit.trees.inventory.suggest import Suggestion, suggest_crosswalk

FORMATS = N_(".csv, .txt, .geojson, .json, .gpkg, .shp, .zip (of a shapefile), .parquet")


@dataclass
class Imported:
    """What an import made.

    Attributes
    ----------
    id : str
        Of the dataset.
    trees : GeoDataFrame
        The standard table, EPSG:2154.
    suggestion : datakit.trees.inventory.suggest.Suggestion or None
        None when the crosswalk was given.
    summary : DataFrame
        What was changed, counted by column and rule.
    rejects : DataFrame
        Rows of the file that could not be read as trees: ``row`` (1 is the first after the header), ``column``,
        ``value``, ``rule``. They are in ``rejects.csv`` beside the table.
    notes : list of str
        What was done to rows that are kept.
    crosswalk, table, card, changes : Path
        The files written: JSON, CSV, JSON, CSV.
    """

    id: str
    trees: gpd.GeoDataFrame
    suggestion: Suggestion | None
    summary: pd.DataFrame
    rejects: pd.DataFrame
    notes: list[str]
    crosswalk: Path
    table: Path
    card: Path
    changes: Path


def read_raw(path: str | Path) -> pd.DataFrame:
    """A file of trees as it is: its own column names, text left as text.

    Parameters
    ----------
    path : path
        CSV (any usual delimiter, UTF-8 or Windows-1252), GeoJSON, GeoPackage, shapefile (alone or zipped), Parquet.

    Returns
    -------
    DataFrame or GeoDataFrame

    Raises
    ------
    WrongUse
        No such file, or not one of these formats.
    NotAsDescribed
        It cannot be read, or holds no row.
    """
    return _read(path).frame


def _read(path):
    """The raw table, the rows that were set aside, and what was done to others."""
    path = Path(path)
    if not path.is_file():
        raise WrongUse(str(path), _("this file is not there"), next="datakit trees import FILE")
    kind = path.suffix.lower()
    try:
        if kind in (".csv", ".txt", ".tsv"):
            raw = _read_csv(path)
        elif kind in (".parquet", ".geoparquet"):
            raw = Raw(_read_parquet(path))
        elif kind in (".geojson", ".json", ".gpkg", ".shp", ".zip"):
            raw = Raw(gpd.read_file(path))
        else:
            raise WrongUse(
                str(path),
                _("this kind of file is not read"),
                expected=_(FORMATS),
                found=kind or _("no extension"),
                next=_("save it as CSV or GeoPackage from the software that made it"),
            )
    except DatakitError:
        raise
    except Exception as problem:  # GDAL, pyarrow and pandas each have their own errors
        found = f"{type(problem).__name__}: {str(problem)[:200]}"
        expected = _("one of {formats}").format(formats=_(FORMATS))
        raise _unreadable(path, _("the file cannot be read"), expected, found) from problem
    if not len(raw.frame):
        found = _("columns {names}").format(names=", ".join(map(str, raw.frame.columns))[:200])
        if n := len(raw.rejects):
            aside = ngettext("{n} row set aside, for example {value}", "{n} rows set aside, for example {value}", n)
            found += _("; ") + aside.format(n=n, value=repr(raw.rejects.value[0]))
        raise NotAsDescribed(str(path), _("the file has no rows"), expected=_("at least one tree"), found=found)
    return raw


def _unreadable(path, what, expected, found):
    return NotAsDescribed(
        str(path),
        what,
        expected=expected,
        found=found,
        next=_("open it in a spreadsheet or QGIS and save it again as CSV or GeoPackage"),
    )


def _read_parquet(path):
    try:
        return gpd.read_parquet(path)
    except ValueError:  # plain Parquet, without geometry
        return pd.read_parquet(path)


def _read_csv(path):
    """As `datakit.load` reads one, but for what a card would say: encoding and delimiter are found in the file."""
    data = path.read_bytes()
    encoding = guess_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = _("byte {byte} on line {line}").format(byte=repr(data[error.start : error.start + 1]), line=line)
        raise _unreadable(
            path, _("letters are not all in one encoding"), encoding.removesuffix("-sig"), found
        ) from None
    rows = read_rows(text, guess_delimiter(text), partial(_unreadable, path))
    return Raw(rows.frame.where(rows.frame != ""), None, rows.rejects, rows.notes)


def dataset_id(name: str) -> str:
    """The dataset's id for a city: ``trees-saint-denis`` for "Saint-Denis".

    A city whose open inventory has a card in the kit, such as Paris, gives ``trees-paris-imported``: the card of the
    import would take the place of the kit's. The card of the challenge's own inventory is made for this file.

    Raises
    ------
    WrongUse
        Nothing is left of the name.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-").removeprefix("trees-")
    if not slug:
        raise WrongUse("--city", _("a city needs a name"), expected=_("letters"), found=repr(name))
    id = f"trees-{slug}"
    return f"{id}-imported" if id != challenge().territory["inventory"] and (PACKAGED / f"{id}.json").exists() else id


def import_file(
    path: str | Path,
    *,
    city: str = "",
    crosswalk: str | Path | None = None,
    folder: str | Path | None = None,
    cards: str | Path | None = None,
    area: gpd.GeoDataFrame | None = None,
) -> Imported:
    """Turn a file of trees (see `read_raw`) into the standard table.

    Parameters
    ----------
    path : path
    city : str
        Names the dataset; by default the challenge's own town.
    crosswalk : path, optional
        A crosswalk to use as it is; without it, the one in ``folder`` where it was edited after an earlier import, else
        a proposal.
    folder : path, optional
        Where the results go, ``imports/CITY`` of the project by default.
    cards : path, optional
        Where the dataset's card goes, ``cards`` of the project by default. What was edited in an earlier one stays.
    area : GeoDataFrame, optional
        Where the trees should stand, any CRS.

    Returns
    -------
    Imported

    Raises
    ------
    WrongUse, BadCard
        See `read_raw`; the crosswalk, or a card of this name that is there, cannot be used.
    NotAsDescribed
        See `read_raw`; no position or no name can be found: the proposal is written all the same, to be edited.
    """
    id = dataset_id(city) if city else challenge().territory["inventory"]
    path, city = Path(path), city or challenge().town
    read, card = _read(path), Path(cards or in_project("cards")) / f"{id}.json"
    made_from = f"Imported from {path.name}, sha256 {sha256_of(path)}, by the crosswalk in "
    outputs.card_of(card, id, city, made_from)  # before anything is written
    folder = Path(folder or in_project("imports", id.removeprefix("trees-")))
    chosen, suggestion, written, notes = _crosswalk(read.frame, crosswalk, folder / "crosswalk.json")
    _usable(path, read.frame, chosen, suggestion, written)
    trees, rows = _standardised(read.frame, chosen, area)
    trees.attrs["datakit"] |= _record(id, city, path, trees, read.rejects)
    _write_sheets(folder, trees, rows, read.rejects)
    write_json(card, outputs.card_of(card, id, city, f"{made_from}{written}."))
    return Imported(
        id=id,
        trees=trees,
        suggestion=suggestion,
        summary=changes_summary(trees),
        rejects=read.rejects,
        notes=[*read.notes, *notes, *_renamed(id)],
        crosswalk=written,
        table=folder / "arbres.csv",
        card=card,
        changes=folder / "changes.csv",
    )


def _renamed(id):
    """What to say of a city whose open inventory is in the kit."""
    kit = id.removesuffix("-imported")
    return [_("{kit} is a dataset of the kit: this inventory is {id}").format(kit=kit, id=id)] if kit != id else []


def _standardised(raw, crosswalk, area):
    """The standard table with an id for each tree, and the number of each row in the file (some are set aside)."""
    trees, rows = standardise(raw, crosswalk, area=area), pd.Series(raw.index + 1)
    trees["id"] = _ids(trees, rows)
    changes = trees.attrs["datakit"]["changes"]
    changes["row"] = (changes["row"] - 1).map(rows).astype("Int64")
    return trees, rows


def _record(id, city, path, trees, rejects):
    """What `datakit.load` would say of the table: where it comes from, what was read."""
    return {
        "id": id,
        "title": _("Tree inventory of {city}").format(city=city),
        "origin": str(path),
        "synthetic": False,
        "rows_read": len(trees) + len(rejects),
        "rows": len(trees),
        "rows_rejected": len(rejects),
        "rejects": rejects.head(20).to_dict("records"),
    }


def _write_sheets(folder, trees, rows, rejects):
    """The table, what was changed, and what was set aside, as CSV that no spreadsheet takes for formulas."""
    table, changes = outputs.laid_out(trees), trees.attrs["datakit"]["changes"]
    safe = for_spreadsheets(table)
    changes = pd.concat([changes.astype(dict.fromkeys(changes.columns[1:], "str")), outputs.marked(table, safe, rows)])
    changes = outputs.headed(changes.assign(rule=changes["rule"].map(in_words)))
    for name, sheet, sep in (("arbres", safe, ";"), ("changes", for_spreadsheets(changes), ",")):
        write_whole(folder / f"{name}.csv", partial(sheet.to_csv, sep=sep, index=False))
    (folder / "rejects.csv").unlink(missing_ok=True)  # of an earlier import
    if len(rejects):
        write_whole(folder / "rejects.csv", partial(for_spreadsheets(outputs.headed(rejects)).to_csv, index=False))


def _crosswalk(raw, given, written):
    """The crosswalk to use, the proposal if it is one, the file it is in, and what to say of it."""
    written.parent.mkdir(parents=True, exist_ok=True)
    edited, notes = _edited(written), []
    if given is None and edited is None:
        suggestion = suggest_crosswalk(raw)
        made = suggestion.crosswalk.raw
        write_json(written, made | {"proposal": _digest(made)})
        return suggestion.crosswalk, suggestion, written, notes
    if given is None:
        chosen = read_crosswalk(written)
        text = _("read by {file}, as you edited it; move it away for a new proposal")
        notes.append(text.format(file=written))
    else:
        chosen = read_crosswalk(given)
        if edited is None or edited == chosen.raw:
            chosen.write(written)
        else:  # somebody's work
            written = Path(str(given))
    absent = [_(" or ").join(f.source) for f in chosen.fields if not set(f.source) & set(map(str, raw.columns))]
    if absent:
        text = _("columns of {file} that the file of trees has not: {names}")
        notes.append(text.format(file=written, names=", ".join(absent)[:400]))
    return chosen, None, written, notes


def _edited(file):
    """A crosswalk that is not as a proposal was written; None where there is none."""
    if not file.is_file():
        return None
    raw = read_crosswalk(file).raw
    return None if raw.get("proposal") == _digest({k: v for k, v in raw.items() if k != "proposal"}) else raw


def _digest(raw):
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:16]


def _usable(path, raw, chosen, suggestion, written):
    """A table of trees needs at least where they stand and what they are."""
    names = {f.name for f in chosen.fields if set(f.source) & set(map(str, raw.columns))}
    lost, write = [], []
    if not (isinstance(raw, gpd.GeoDataFrame) or chosen.geometry):
        lost.append(_("a position (longitude and latitude, or one column with both)"))
        write.append(
            _('{place}, "crs": "EPSG:4326" (degrees) or "EPSG:2154" (metres, Lambert-93)').format(
                place='"geometry": {"type": "Point", "x": "COLUMN", "y": "COLUMN"}'
            )
        )
    if not names & {"genre", "espece", "nom_latin", "nom_vernaculaire"}:
        lost.append(_("a name (genre, espece, nom_latin or nom_vernaculaire)"))
        field = '{"name": "nom_latin", "source": ["COLUMN"], "type": "string"}'
        write.append(_('in "fields": {field}').format(field=field))
    if lost:
        proposal = f"\n\n{suggestion.text()}\n" if suggestion else ""
        raise NotAsDescribed(
            str(path),
            _("no column was recognised for {things}").format(things=_(", nor for ").join(lost)),
            expected=_("columns that say where each tree stands and what it is"),
            found=", ".join(map(str, raw.columns))[:400],
            done=_("the proposal is in {file}").format(file=written) + proposal,
            next=_("write into {file} {what}; then: {command}").format(
                file=written,
                what=_("; and ").join(write),
                command=f"datakit trees import {path} --crosswalk {written}",
            ),
        )


def _ids(trees, rows):
    """One id for each tree: the file's own, the row's number where it has none; a repeated one gets a suffix."""
    number = pd.Series(rows.astype("str").to_numpy(), index=trees.index)
    if "id" not in trees:
        return number
    own = trees["id"].astype("str").where(trees["id"].notna(), "row-" + number)
    while (again := own.duplicated()).any():  # a suffix may be somebody's own id
        own = own.where(~again, own + "-" + (own.groupby(own).cumcount() + 1).astype("str"))
    return own
