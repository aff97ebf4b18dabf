"""Load: a table in the card's schema that never lies about what was left out, kept as Parquet for the next time."""

import html
import json

from datakit.cache import cache_folder, step_back, write_whole
from datakit.cards import read_catalog
from datakit.errors import CrsMismatch, NotAsDescribed, RowsRejected, warn
from datakit.fetching import obtain

# Raise it when the same card and bytes would give another table: older kept tables are then left alone.
READER = 1
STAMP = "SYNTHETIC SAMPLE"
_loaded = {}


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
    frame.attrs["datakit"] = said = {
        "id": card.id,
        "title": card.title,
        "origin": fetched.origin,
        "origin_kind": fetched.origin_kind,
        "synthetic": fetched.synthetic,
        "outcome": fetched.outcome,
        "sha256": fetched.sha256,
        "bytes": fetched.bytes,
        "url": fetched.url,
        "retrieved": fetched.retrieved,
        "licence": fetched.licence or card.licence,
        "attribution": card.attribution,
        **said,
    }
    _loaded[card.id] = said
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
        if retrieved := step_back(card, fetched):
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


class Provenance:
    """What was loaded, from where: a table that says SYNTHETIC SAMPLE where the data is invented.

    In a notebook it is shown as HTML, and as JSON (``application/vnd.datakit.provenance+json``) for the run's report.
    """

    COLUMNS = ("dataset", "data", "origin", "rows", "set aside", "sha256", "retrieved", "licence")

    def __init__(self, said):
        self._said = list(said)

    def records(self):
        """One dict for each dataset, in the order of loading."""
        return [dict(s) for s in self._said]

    def _rows(self):
        for s in self._said:
            where = "bundled sample" if s["origin_kind"] == "sample" else s["origin"]
            yield (
                s["id"],
                STAMP if s["synthetic"] else s["title"],
                where,
                s["rows"],
                s["rows_rejected"],
                s["sha256"][:12],
                (s["retrieved"] or "")[:10],
                s["licence"],
            )

    def to_frame(self):
        """The table, one row for each dataset."""
        import pandas as pd

        return pd.DataFrame(list(self._rows()), columns=list(self.COLUMNS))

    def __repr__(self):
        return self.to_frame().to_string(index=False) if self._said else "nothing loaded yet"

    def _repr_html_(self):
        invented = [s["id"] for s in self._said if s["synthetic"]]
        if len(invented) == len(self._said) and invented:
            banner = f"{STAMP}: every figure below is computed on invented data and says nothing about Dijon."
        elif invented:
            banner = f"{STAMP} for {', '.join(invented)}: figures that use them say nothing about Dijon."
        else:
            banner = ""
        head = "".join(f"<th style='text-align:left'>{c}</th>" for c in self.COLUMNS)
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(str(v))}</td>" for v in row) + "</tr>"
            for row in self._rows()
        )
        stamp = (
            f"<p role='note' style='background:#7a0019;color:#fff;padding:.4em .8em;font-weight:bold'>"
            f"{html.escape(banner)}</p>"
        )
        return (stamp if banner else "") + f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            "application/vnd.datakit.provenance+json": {"datasets": self.records()},
        }


def provenance():
    """Where every table loaded by this process came from.

    Returns
    -------
    Provenance
    """
    return Provenance(_loaded.values())
