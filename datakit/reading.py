"""Load: a table in the card's schema that never lies about what was left out, kept as Parquet for the next time."""

import json

from datakit import ledger
from datakit.cache import Cache, cache_folder, write_whole
from datakit.cards import read_catalog
from datakit.errors import CrsMismatch, NotAsDescribed, RowsRejected, warn
from datakit.fetching import obtain

# Raise it when the same card and bytes would give another table: older kept tables are then left alone.
READER = 2


def load(id, origins=None, *, strict=False, locked=None, refresh=False):
    """The table of a dataset, in the schema of its card.

    Codes stay text, units are those of the card, and a row that breaks the schema is set aside, with its number,
    column, value and rule, in ``frame.attrs["datakit"]`` and in a file next to the cache.

    Parameters
    ----------
    id : str
        An id of ``datakit.catalog``; ``name@value`` for families such as ``dijon-portal@jeux-pour-enfants-2``.
    origins : str or list, optional
        Where to look, in order; by default ``DATAKIT_ORIGINS``, else the bundled sample.
    strict : bool
        Raise when a row breaks the schema, instead of setting it aside with a warning.
    locked, refresh
        See `datakit.fetch`.

    Returns
    -------
    DataFrame or GeoDataFrame
        With geometry where the card has one, always in EPSG:2154 (Lambert-93, metres).

    Raises
    ------
    RowsRejected
        With ``strict``, when a row breaks the schema.
    NotAsDescribed
        The file as a whole is not what the card says: an encoding, a delimiter, a renamed column.
    UnknownDataset, WrongUse, Unreachable, Corrupt, Changed, CacheProblem
        See `datakit.fetch`.
    """
    card = read_catalog()[id]
    fetched = obtain(card, origins, locked=locked, refresh=refresh)
    frame, said = _kept(card, fetched) or _read(card, fetched)
    frame.attrs["datakit"] = said = ledger.note(card, fetched, **said)
    if said["rows_rejected"]:
        first = said["rejects"][0]
        message = (
            f"{card.id}: {said['rows_rejected']} of {said['rows_read']} rows break the card's schema and are set aside"
            f"; first: row {first['row']}, {first['column']} = {first['value']!r}, expected: {first['rule']}"
            + (f"\n  all of them: {said['rejects_file']}" if said["rejects_file"] else "")
        )
        if strict:
            raise RowsRejected(card.id, message.partition(": ")[2], next="load without strict=True to set them aside")
        warn(message)
    return frame


def _home(card, fetched):
    """Where the tables made from these bytes are kept, and the stem of the one made by this card and reader."""
    return cache_folder() / card.id / fetched.sha256[:16], f"table-{card.digest[:12]}-{READER}"


def _kept(card, fetched):
    import geopandas as gpd
    import pandas as pd

    folder, stem = _home(card, fetched)
    try:
        said = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
        read = gpd.read_parquet if said.pop("geo") else pd.read_parquet
        return read(folder / f"{stem}.parquet"), said
    except (OSError, ValueError, KeyError):  # not there, or cut off: it is made again
        return None


def _read(card, fetched):
    import geopandas as gpd

    from datakit.tables import parse

    try:
        parsed = parse(fetched.path, card)
    except NotAsDescribed as error:
        if retrieved := Cache(card).refuse(fetched):
            error.done = f"put the file of {retrieved}, which loads, back in use: the next load reads it"
        raise
    folder, stem = _home(card, fetched)
    rejects = folder / f"{stem}-rejects.csv"
    said = {
        "rows_read": parsed.rows_read,
        "rows": len(parsed.frame),
        "rows_rejected": parsed.rows_read - len(parsed.frame),
        "rejects": parsed.rejects.head(20).to_dict("records"),
        "rejects_file": str(rejects) if len(parsed.rejects) else None,
        "notes": parsed.notes,
    }
    try:
        write_whole(folder / f"{stem}.parquet", lambda file: parsed.frame.to_parquet(file))
        if len(parsed.rejects):
            write_whole(rejects, lambda file: parsed.rejects.to_csv(file, index=False))
        # Last, because its presence says that the others are whole.
        kept = json.dumps({**said, "geo": isinstance(parsed.frame, gpd.GeoDataFrame)}, ensure_ascii=False)
        write_whole(folder / f"{stem}.json", lambda file: file.write_text(kept, encoding="utf-8"))
    except OSError:  # a read-only or full cache costs time at the next load, nothing else
        said["rejects_file"] = None
    return parsed.frame, said


def same_crs(*frames):
    """The projected CRS that all frames share: distances, areas and joins need one.

    Parameters
    ----------
    *frames : GeoDataFrame or GeoSeries

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    CrsMismatch
        A CRS is missing, geographic (degrees), or differs from another. geopandas itself only warns, and a join then
        silently finds nothing.
    """
    found = [frame.crs for frame in frames]
    names = ", ".join("none" if crs is None else crs.to_string()[:40] for crs in found)
    if any(crs is None for crs in found):
        raise CrsMismatch("geometry", "a table has no CRS", found=names, next="frame.set_crs(...) if you know it")
    if any(crs.is_geographic for crs in found):
        raise CrsMismatch(
            "geometry",
            "degrees cannot be measured as metres",
            expected="a projected CRS such as EPSG:2154",
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    if any(crs != found[0] for crs in found):
        raise CrsMismatch(
            "geometry",
            "the tables are in different CRS",
            expected="one CRS for all",
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    return found[0]
