"""Files of every format to raw tables: text as the publisher wrote it, and native geometry, nothing interpreted yet."""

from __future__ import annotations

import fnmatch
import io
import json
import re
import warnings
import zipfile
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from datakit.data.archives import content, named, unpacking
from datakit.data.delimited import guess_encoding, read_rows, rejected
from datakit.errors import NotAsDescribed
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from geopandas.array import GeometryArray

    from datakit.data.card import Card


class Raw(NamedTuple):
    """A file as it was read: its columns, its geometry, the rows set aside already, what was done to others."""

    frame: pd.DataFrame
    geometry: GeometryArray | np.ndarray | None = None
    rejects: pd.DataFrame = rejected([])
    notes: Sequence[str] = ()


def unlike(card: Card, what: str, expected: str, found: str) -> NotAsDescribed:
    """The error for a file that is not what its card says."""
    return NotAsDescribed(
        card.id,
        what,
        expected=expected,
        found=found,
        next=_("datakit show {id}; if the publisher changed the file, put a corrected card in ./cards/").format(
            id=card.id
        ),
    )


def as_text(column: pd.Series) -> pd.Series:
    """A column as trimmed text, missing values as None; whole floats without their ``.0``."""
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"}).astype("str")
    if pd.api.types.is_float_dtype(column):
        whole = column.dropna()
        if len(whole) and (whole == whole.round()).all() and whole.abs().max() < 2**53:
            return column.astype("Int64").astype("str").where(column.notna(), None)
        return column.astype("str").where(column.notna(), None)
    return column.astype("str").where(column.notna(), None).str.strip()


def _decode(data, card):
    encoding = "utf-8-sig" if card.encoding.lower().replace("-", "") == "utf8" else card.encoding
    what, found = _("the text is not in the card's encoding"), None
    try:
        text = data.decode(encoding)
        if "\0" in text[:200] or (encoding != "utf-8-sig" and not text.isascii()):
            seems = guess_encoding(data)
            found = seems.upper() if seems.startswith("utf-16") and "16" not in encoding else None
            if seems == "utf-8-sig" and encoding != seems:  # any bytes at all can be read as windows-1252
                found = f"UTF-8: 'é' would become {'é'.encode().decode('cp1252')!r}"
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        seems = guess_encoding(data).replace("cp1252", "windows-1252").removesuffix("-sig")
        found = _("byte {digest!r} on line {line}: perhaps {seems}").format(
            digest=data[error.start : error.start + 1], line=line, seems=seems
        )
    if found:
        raise unlike(card, what, card.encoding, found)
    return text


def concerned(raw: pd.DataFrame, card: Card) -> pd.Series:
    """Which rows the card's ``row_filter`` keeps; all of them where its column is not there: `parse` says that."""
    chosen = card.raw["row_filter"]
    fields = [chosen["field"]] if isinstance(chosen["field"], str) else chosen["field"]
    name = next((s for s in fields if s in raw.columns), None)
    if name is None:
        return pd.Series(True, index=raw.index)
    text, values = as_text(raw[name]), chosen["values"]
    if width := chosen.get("width"):  # codes run together, or with commas between: only whole codes count
        code = "|".join(map(re.escape, values))
        return text.str.replace(",", "").str.fullmatch(f"(?:.{{{width}}})*(?:{code})(?:.{{{width}}})*", na=False)
    if chosen.get("prefix"):
        return text.str.startswith(tuple(values), na=False)
    return text.isin(values)


def _read_csv(path, card):
    text = _decode(content(path, card), card)
    raw, rejects, notes = read_rows(
        text,
        card.delimiter,
        partial(unlike, card),
        lambda columns: _asked(columns, card),
        concerned=partial(concerned, card=card) if "row_filter" in card.raw else None,
    )
    raw = _joined(raw, card)
    other = next((d for d in ";,\t|" if d != card.delimiter and d in raw.columns[0]), None)
    if len(raw.columns) == 1 and other:
        raise unlike(
            card,
            _("the columns are not separated as the card says"),
            repr(card.delimiter),
            _("{other!r} perhaps, in the header {digest!r}").format(other=other, digest=raw.columns[0][:120]),
        )
    return Raw(raw, None, rejects, notes)


def _asked(columns, card):
    """The columns that a card reads; all of them where one is missing, because the error about it names them all."""
    columns = [str(c) for c in columns]
    parts = [p for made in card.raw.get("joined", {}).values() for p in made]
    there = {c.strip() for c in columns} | set(card.raw.get("joined", {}))
    if not card.fields or any(not f.optional and not there.intersection(f.source) for f in card.fields):
        return columns
    wanted = {s for f in card.fields for s in f.source} | {s for p in parts for s in p["source"]}
    for value in [*(card.geometry or {}).values(), card.raw.get("row_filter", {}).get("field", "")]:
        wanted.update([value] if isinstance(value, str) else value if isinstance(value, list) else [])
    # The first column stays, whatever it is: the delimiter is checked on it.
    return [c for i, c in enumerate(columns) if c.strip() in wanted or not i]


def _joined(raw, card):
    """The columns that a card makes from several of the file: the pieces of an identifier, the code before a label."""
    for name, parts in card.raw.get("joined", {}).items():
        made, whole = "", True
        for part in parts:
            source = next((s for s in part["source"] if s in raw.columns), None)
            if source is None:
                raise unlike(
                    card,
                    _("a part of {name!r} is missing").format(name=name),
                    _(" or ").join(part["source"]),
                    ", ".join(raw.columns),
                )
            text = raw[source].astype("str").str.replace(" ", "", regex=False)
            # A blank prefix is one of zeros; any other blank part leaves no identifier at all.
            whole &= text.ne("") | part.get("blank", False)
            made += text.str[: part["keep"]] if "keep" in part else text.str.zfill(part.get("width", 0))
        raw[name] = made.where(whole, "")
    return raw


def _read_geo(path, card):
    import geopandas as gpd

    try:
        if card.format == "shp":
            with unpacking(card), zipfile.ZipFile(path) as archive:
                wanted = (card.innerpath or "*.shp").lower()
                picked = [n for n in named(archive) if fnmatch.fnmatch(n.lower(), wanted)]
            if len(picked) != 1:
                raise unlike(
                    card, _("the archive does not hold one shapefile"), card.innerpath or "*.shp", ", ".join(picked)
                )
            frame = gpd.read_file(f"/vsizip/{path}/{picked[0]}", encoding=card.encoding)
        else:
            data = content(path, card)
            _decode(data, card)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's view of mixed types: ours is the card's
                frame = gpd.read_file(io.BytesIO(data), datetime_as_string=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise unlike(card, _("this file cannot be read"), card.format, str(error)[:200]) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        return Raw(frame)
    if card.geometry is None and frame.geometry.isna().all():  # GDAL makes a geometry of none at all
        return Raw(pd.DataFrame(frame.drop(columns=frame.geometry.name)))
    return Raw(frame.drop(columns=frame.geometry.name), frame.geometry.array)


def _json(path, card):
    try:
        return json.loads(_decode(content(path, card), card))
    except ValueError as error:
        raise unlike(
            card, _("this JSON is broken"), _("JSON from its first letter to its last"), str(error)[:200]
        ) from None
    except RecursionError:
        raise unlike(
            card, _("this JSON is nested too deeply"), _("a list of records"), _("lists in lists in lists")
        ) from None


def _read_json(path, card):
    found = _json(path, card)
    if isinstance(found, dict):
        # Opendatasoft says "results" or "records" (with "fields" inside), CKAN and Data4Citizen "result".
        inner = next((found[k] for k in ("results", "records", "result", "data") if k in found), None)
        found = inner.get("records") if isinstance(inner, dict) else inner
    if not isinstance(found, list) or not all(isinstance(r, dict) for r in found):
        raise unlike(card, _("this JSON is not a list of records"), "[{…}, …]", type(found).__name__)
    return Raw(pd.DataFrame([r.get("fields", r) for r in found], dtype=object))


def _read_overpass(path, card):
    """Nodes as rows with ``lon`` and ``lat``; where the card has no such columns, ways and relations as polygons."""
    found = _json(path, card)
    if not isinstance(found, dict) or not isinstance(found.get("elements"), list):
        raise unlike(card, _("this is no Overpass answer"), '{"elements": […]}', str(found)[:120])
    elements = found["elements"]
    if "remark" in found and (not elements or "error" in found["remark"]):  # half an answer looks like a whole one
        raise unlike(card, _("Overpass gave up"), "elements", found["remark"])
    if "x" in (card.geometry or {}):
        rows = [{"id": e.get("id"), "lon": e.get("lon"), "lat": e.get("lat"), **e.get("tags", {})} for e in elements]
        return Raw(pd.DataFrame(rows, dtype=object))
    import numpy as np

    # A way and a relation may have the same number.
    rows = [{**e.get("tags", {}), "id": f"{e.get('type')}/{e.get('id')}"} for e in elements]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [_overpass_area(e) for e in elements]
    return Raw(pd.DataFrame(rows, dtype=object), shapes)


def _overpass_area(element):
    """The ground of a way or a relation that was asked with ``out geom``; None where its outline does not close.

    Outlines come in pieces, in any order and direction. What lies inside is decided by counting outlines, not by the
    roles, which volunteers forget: a pond is a hole, an island in it is ground again.
    """
    import shapely

    ways = [element] if element.get("type") == "way" else element.get("members", [])
    ways = [w.get("geometry") or [] for w in ways if w.get("type") == "way"]
    if not ways or any(None in way for way in ways):  # a place that the request left out
        return None
    lines = [shapely.LineString([(p["lon"], p["lat"]) for p in way]) for way in ways if len(way) > 1]
    faces, cuts, dangles, invalid = shapely.polygonize_full(lines)
    if len(cuts.geoms) + len(dangles.geoms):
        return None  # half of a park would be wrong in silence
    if len(invalid.geoms):  # an outline that crosses itself: alone, it is repaired as in any other file
        alone = len(invalid.geoms) == 1 and not len(faces.geoms)
        return shapely.Polygon(invalid.geoms[0].coords) if alone else None
    return shapely.build_area(shapely.geometrycollections(lines))


def _read_some(file, card):
    """Only the rows and columns that the card asks for, piece by piece, or None where it asks for all.

    A national file of three million rows and seventy columns takes several GB as a table; a territory's part, little.
    The index keeps the rows' place in the file.
    """
    import pyarrow as pa

    chosen, there = card.raw.get("row_filter"), set(file.schema_arrow.names)
    if not chosen or not card.fields or not isinstance(chosen["field"], str) or chosen["field"] not in there:
        return None
    if not pa.types.is_string(kind := file.schema_arrow.field(chosen["field"]).type) and not pa.types.is_integer(kind):
        return None
    columns = [next((s for s in f.source if s in there), None) for f in card.fields]
    if any(c is None and not f.optional for c, f in zip(columns, card.fields, strict=True)):
        return None  # the error about what is missing names every column of the file
    columns += [v for k, v in (card.geometry or {}).items() if k in ("x", "y", "latlon") and v in there]
    columns = list(dict.fromkeys([chosen["field"], *filter(None, columns)]))
    parts, start = [], 0
    for batch in file.iter_batches(columns=columns):
        keep = concerned(batch.select([chosen["field"]]).to_pandas(), card)
        part = batch.filter(pa.array(keep.to_numpy(dtype=bool))).to_pandas()
        part.index = keep.index[keep] + start
        start += len(keep)
        if len(part):
            parts.append(part)
    return pd.concat(parts) if parts else None  # where nothing is chosen, the error is that of the whole file


def _read_parquet(path, card):
    import geopandas as gpd
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            geo = b"geo" in (file.schema_arrow.metadata or {})
            frame = None if geo else _read_some(file, card)
        if frame is None:
            frame = gpd.read_parquet(path) if geo else pd.read_parquet(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise unlike(card, _("this Parquet file cannot be read"), "parquet", str(error)[:200]) from error
    if geo:
        return Raw(frame.drop(columns=frame.geometry.name), frame.geometry.array)
    return Raw(frame)


READERS = {
    "csv": _read_csv,
    "geojson": _read_geo,
    "shp": _read_geo,
    "json": _read_json,
    "overpass": _read_overpass,
    "parquet": _read_parquet,
}
