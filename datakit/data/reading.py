"""Load: a table in the card's schema that never lies about what was left out, kept as Parquet for the next time."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

from datakit.data import provenance as ledger
from datakit.data.archives import answer_in_words
from datakit.data.cache import Cache
from datakit.data.cards import read_catalog
from datakit.data.delimited import for_spreadsheets
from datakit.data.fetching import candidates
from datakit.data.files import read_note, write_note, write_whole
from datakit.errors import CacheProblem, Corrupt, DatakitError, NotAsDescribed, RowsRejected, RowsSetAside, warn
from datakit.language import _, language

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

# Raise it when the same card and bytes would give another table: older kept tables are then left alone.
READER = 3


def load(
    id: str,
    origins: str | Sequence[str] | None = None,
    *,
    strict: bool = False,
    locked: str | os.PathLike[str] | bool | None = None,
    refresh: bool = False,
) -> pd.DataFrame | gpd.GeoDataFrame:
    """The table of a dataset, in the schema of its card.

    Codes stay text, units are those of the card, and a row that breaks the schema is set aside, with its number,
    column, value and rule, in ``frame.attrs["datakit"]`` and in a file next to the cache.

    Parameters
    ----------
    id : str
        An id of ``datakit.catalog``; ``name@value`` for families such as ``cadastre-buildings@INSEE-CODE``.
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
    fetched, frame, said = _first_that_reads(card, origins, locked, refresh)
    frame.attrs["datakit"] = said = ledger.note(card, fetched, **said)
    ledger.stamp_tables()
    if said["rows_rejected"]:
        first = said["rejects"][0]
        message = _(
            "{id}: {rows_rejected} of {rows_read} rows break the card's schema and are set aside; first: "
            "row {row}, {column} = {value!r}, expected: {rule}"
        ).format(
            id=card.id,
            rows_rejected=said["rows_rejected"],
            rows_read=said["rows_read"],
            row=first["row"],
            column=first["column"],
            value=first["value"],
            rule=first["rule"],
        ) + (
            _("\n  all of them: {rejects_file}").format(rejects_file=said["rejects_file"])
            if said["rejects_file"]
            else ""
        )
        if strict:
            raise RowsRejected(
                card.id, message.partition(": ")[2], next=_("load without strict=True to set them aside")
            )
        warn(message, RowsSetAside)
    return frame


def _first_that_reads(card, origins, locked, refresh):
    """The first file that can be read, its table, and what is said of it.

    What the publisher gives may be an error in the dress of an answer: it is not kept as good, and the card's other
    addresses are tried.
    """
    files, refused = candidates(card, origins, locked=locked, refresh=refresh), None
    while True:
        try:
            fetched = next(files)
        except StopIteration:
            raise refused from None
        except DatakitError as problem:
            if refused is None:
                raise
            refused.done = _("{done}; asked the card's other address: {what}").format(
                done=refused.done, what=problem.what
            )
            raise refused from problem
        try:
            table = _kept(card, fetched)
            if table is None:
                if not _sound(card, fetched):  # rotten since it was last looked at: asked again, it is found out
                    fetched = next(candidates(card, origins, locked=locked))
                table = _read(card, fetched)
        except (NotAsDescribed, Corrupt) as error:
            if fetched.origin_kind != "publisher":
                raise
            error = _explained(error, card, fetched)
            refused = refused or error
            continue
        if refused:
            warn(_("{refused}\n  used instead: {url}").format(refused=refused, url=fetched.url))
        return fetched, *table


def _sound(card, fetched):
    """Whether the bytes that a table is to be made from are those of their digest: looked at, once a process."""
    try:
        return Cache(card, "once").whole(fetched.path, fetched.sha256)
    except OSError:
        return False


def _explained(error, card, fetched):
    """The publisher's answer could not be read: what it said, and what becomes of it."""
    back = Cache(card).refuse(fetched)
    if not fetched.vouched:
        again = f"datakit fetch {card.id} --origins {fetched.origin} --refresh"
        error.done = (
            _("put the file of {back}, which loads, back in use: the next load reads it").format(back=back)
            if back
            else _("did not keep this answer as good: the next load asks again")
        )
        error.next = f"{again}; {error.next}" if error.next and "--refresh" not in error.next else again
        if said := answer_in_words(fetched.path):
            error.found = (
                _("{found}; the answer begins: {said!r}").format(found=error.found, said=said) if error.found else said
            )
    return error


def _home(card, fetched):
    """Where the tables made from these bytes are kept, and the stem of the one made by this card and reader."""
    return Cache(card).home(fetched.sha256), f"table-{card.digest[:12]}-{READER}"


def _kept(card, fetched):
    """The table made earlier from these bytes, every bit as it was; None where there is none, and it is made again."""
    import geopandas as gpd
    import pandas as pd

    folder, stem = _home(card, fetched)
    try:
        said = read_note(folder / f"{stem}.json")
        data = (folder / f"{stem}.parquet").read_bytes()
        # The digest of the whole file: Parquet's own page checksums leave out the schema, and cost no less.
        if hashlib.sha256(data).hexdigest() != said.pop("table"):
            return None
        if said.pop("language") != language() and (said["rejects"] or said["notes"]):  # they say why, in words
            return None
        if said["rejects_file"]:  # noted without its folder: a cache may be moved
            said["rejects_file"] = str(folder / said["rejects_file"])
            os.stat(said["rejects_file"])
        read = gpd.read_parquet if said.pop("geo") else pd.read_parquet
        return read(io.BytesIO(data)), said
    except (OSError, ValueError, KeyError):
        return None


def _read(card, fetched):
    from datakit.data.tables import parse

    parsed = parse(fetched.path, card)
    folder, stem = _home(card, fetched)
    rejects = folder / f"{stem}-rejects.csv" if len(parsed.rejects) else None
    said = {
        "rows_read": parsed.rows_read,
        "rows": len(parsed.frame),
        "rows_rejected": parsed.rows_read - len(parsed.frame),
        "rejects": parsed.rejects.head(20).to_dict("records"),
        "rejects_file": rejects and str(rejects),
        "notes": parsed.notes,
    }
    try:
        with Cache(card).held("tables"):
            _keep(parsed, said, folder, stem)
    except (OSError, CacheProblem):  # a read-only or full cache costs time at the next load, nothing else
        said["rejects_file"] = None
    return parsed.frame, said


def _keep(parsed, said, folder, stem):
    """Keep a table, with the lock of the dataset's tables held."""
    import geopandas as gpd

    for stale in folder.glob(".table-*"):  # of writers that were killed: no other is at work now
        stale.unlink(missing_ok=True)
    data = io.BytesIO()
    parsed.frame.to_parquet(data)
    write_whole(folder / f"{stem}.parquet", lambda file: file.write_bytes(data.getbuffer()))
    name = None
    if said["rejects_file"]:
        name = f"{stem}-rejects.csv"
        write_whole(folder / name, lambda file: for_spreadsheets(parsed.rejects).to_csv(file, index=False))
    digest, geo = hashlib.sha256(data.getbuffer()).hexdigest(), isinstance(parsed.frame, gpd.GeoDataFrame)
    # Last, because its presence says that the others are whole.
    note = {**said, "rejects_file": name, "geo": geo, "table": digest, "language": language()}
    write_note(folder / f"{stem}.json", note)
