"""Is this a whole, safe file of the kind that the card announces? And the data inside an archive.

Nothing is ever unpacked to the disk: a member is read into memory, up to a limit.
"""

from __future__ import annotations

import codecs
import fnmatch
import gzip
import json
import os
import re
import zipfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import Corrupt, NotAsDescribed, WrongUse
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datakit.data.card import Card

JSONS = ("geojson", "json", "overpass")
DATA = {"features", "elements", "results", "records", "geometry", "geometries", "coordinates"}
LONGEST_ERROR = 20_000  # bytes: what is longer is no error message


def unpacked_limit() -> int:
    """Largest size in bytes of what is unpacked in memory: ``DATAKIT_MAX_UNPACKED``, else 2 GB."""
    text = os.environ.get("DATAKIT_MAX_UNPACKED", "2e9")
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise WrongUse(
            "DATAKIT_MAX_UNPACKED", _("must be a number of bytes"), expected=_("a number such as 2e9"), found=text
        ) from None


def compression_of(path: str | os.PathLike[str], card: Card) -> str | None:
    """``"zip"``, ``"gz"`` or None: what the card says, else what the file is. A CSV is often sent zipped."""
    if card.compression or card.format == "parquet":
        return card.compression
    with open(path, "rb") as file:
        head = file.read(4)
    return "zip" if head == b"PK\x03\x04" else "gz" if head[:2] == b"\x1f\x8b" else None


def check_bytes(path: str | os.PathLike[str], card: Card) -> None:
    """Refuse what cannot be the dataset, whatever its status code said.

    Raises
    ------
    Corrupt
        An empty file, an HTML page or another report of an error, a truncated or unsafe archive, half a JSON.
    """
    path = Path(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512)
        file.seek(max(0, size - 64))
        tail = file.read().rstrip()
    again = f"datakit fetch {card.id} --refresh, or another origin"
    if not head.strip():
        raise Corrupt(
            card.id,
            _("the file is empty"),
            expected=card.filename,
            found=_("{size} bytes").format(size=size),
            next=again,
        )
    opening = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if what := _other_answer(opening, path, card):
        raise Corrupt(
            card.id,
            _("{what} came instead of the data (often an error or a login page)").format(what=what),
            expected=card.format,
            found=answer_in_words(path) or repr(head[:80].decode("utf-8", "replace")),
            next=again,
        )
    with unpacking(card):
        compression = compression_of(path, card)
        if compression == "zip":
            members(path, card)
        elif compression == "gz":
            with gzip.open(path) as file:
                _read_limited(file, card, keep=False)
        elif card.format == "parquet":
            if head[:4] != b"PAR1" or tail[-4:] != b"PAR1":
                raise Corrupt(card.id, _("this is no whole Parquet file"), expected=_("PAR1 at both ends"), next=again)
        elif card.format in JSONS and (
            opening[:1] not in (b"{", b"[") or tail[-1:] != {b"{": b"}", b"[": b"]"}[opening[:1]]
        ):
            raise Corrupt(
                card.id,
                _("this JSON is cut off or is something else"),
                expected=_("{…} or […]"),
                found=_("starts {digest!r}, ends {digest2!r}").format(digest=head[:30], digest2=tail[-30:]),
                next=again,
            )


def _other_answer(opening, path, card):
    """What came instead of a file of the card's format, as far as its beginning tells; None where it may be one."""
    if opening[:1] == b"<":  # no card's format begins so
        web = (b"<!doctype html", b"<html", b"<head", b"<body", b"<!--")
        page = opening.lower().startswith(web) or b"<html" in opening.lower()
        return _("an HTML page") if page else _("an XML report")
    if card.format == "csv" and opening.startswith((b"{", b"[{")):
        return _("a JSON answer")
    with suppress(ValueError):
        if card.format in JSONS and path.stat().st_size <= LONGEST_ERROR and _error_of(json.loads(path.read_bytes())):
            return _("an error")
    if card.format == "csv" and not compression_of(path, card) and not _names_a_column(path, card):
        return _("a text without any of the card's columns")
    return None


def _names_a_column(path, card):
    """Whether one of the first lines holds a column of the card; a renamed one or another delimiter is for `load`."""

    def plain(name):
        return re.sub("[^a-z0-9]", "", str(name).casefold())

    joined = [part for made in card.raw.get("joined", {}).values() for part in made]
    known = {plain(s) for f in card.fields for s in f.source} | {plain(s) for part in joined for s in part["source"]}
    known.discard("")
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if not known or start[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16: `load` says what to do about it
        return True
    lines = start.decode(card.encoding, "replace").splitlines()[:20]
    return any(plain(cell) in known for line in lines for cell in re.split(f"[;,\t|{re.escape(card.delimiter)}]", line))


def answer_in_words(path: str | os.PathLike[str]) -> str | None:
    """What an answer says, where it is text: the message of a JSON error, else its first characters; None for others.

    Opendatasoft says ``{"error_code": …, "message": …}``, Data4Citizen ``{"success": false, "error": {"message": …}}``.
    """
    with open(path, "rb") as file:
        head = file.read(LONGEST_ERROR + 1)
    with suppress(ValueError):
        if len(head) <= LONGEST_ERROR and (said := _error_of(json.loads(head))):
            return said
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head[:400])
    except ValueError:
        text = head[:400].decode("cp1252", "replace")
    return None if any(ord(c) < 32 and c not in "\t\r\n" for c in text) else " ".join(text.split())[:120] or None


def _error_of(answer):
    """The message of a JSON object that is an error; None for any other JSON."""
    if not isinstance(answer, dict) or DATA & set(answer) or answer.get("result") or answer.get("data"):
        return None
    inner = next((answer[k] for k in ("error", "errors", "exception") if answer.get(k)), None)
    if inner is None and not ({"error_code", "errorcode", "message", "detail"} & set(answer)):
        return None
    said = inner if isinstance(inner, dict) else answer
    words = [said.get(k) for k in ("error_code", "errorcode", "__type", "message", "detail")]
    words = [str(w) for w in words if w] or [json.dumps(inner, ensure_ascii=False)]
    return ": ".join(words)[:300]


@contextmanager
def unpacking(card: Card) -> Iterator[None]:
    """Turn what zipfile and gzip raise on an archive that cannot be opened into `Corrupt`."""
    try:
        yield
    except RuntimeError as error:  # zipfile's words for a password and an unknown method
        raise Corrupt(
            card.id,
            _("this archive asks for a password, or is packed in a way that Python cannot open"),
            expected=_("an ordinary archive"),
            found=str(error),
            next=_("unpack it with another tool, pack it again, then: datakit mirror add DIR {id} FILE").format(
                id=card.id
            ),
        ) from error
    except (zipfile.BadZipFile, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Corrupt(
            card.id,
            _("this archive is cut off or damaged"),
            expected=_("a whole {kind} file").format(kind=card.compression or "archive"),
            found=str(error),
            next=f"datakit fetch {card.id} --refresh",
        ) from error


def named(archive: zipfile.ZipFile) -> list[str]:
    """Names of what somebody put into a zip: macOS adds a hidden file, called like the data, beside each."""
    return [
        n for n in archive.namelist() if not n.startswith("__MACOSX/") and not n.rpartition("/")[2].startswith("._")
    ]


def members(path: str | os.PathLike[str], card: Card) -> list[str]:
    """Names of the members of a zip that the card's ``innerpath`` picks (a pattern; ``*.<format>`` by default).

    Raises
    ------
    Corrupt
        A member would be written outside its folder or fails its checksum, or they unpack to more than the limit.
    """
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for name in names:
            if name.startswith(("/", "\\")) or ".." in Path(name.replace("\\", "/")).parts or name[1:2] == ":":
                raise Corrupt(card.id, _("this zip would write outside its folder: not opened"), found=name)
        pattern = card.innerpath or f"*.{card.format}"
        picked = [n for n in named(archive) if fnmatch.fnmatch(n.lower(), pattern.lower())]
        # The other files of a shapefile are read with it.
        stems = {name.rpartition(".")[0] for name in picked} if card.format == "shp" else ()
        read = [name for name in names if name in picked or name.rpartition(".")[0] in stems]
        size = sum(archive.getinfo(name).file_size for name in read)
        if size > unpacked_limit():
            raise _too_much(card, _("{digest}: {size} bytes").format(digest=", ".join(read)[:200], size=size))
        for name in read:
            with archive.open(name) as file:
                _read_limited(file, card, keep=False)
    return picked


def _read_limited(file, card, keep=True):
    """Read to the end, or stop with `Corrupt` where the size that the archive announced was a lie."""
    limit, total, chunks = unpacked_limit(), 0, []
    while chunk := file.read(1 << 20):
        total += len(chunk)
        if total > limit:
            raise _too_much(card, _("more than {limit} bytes").format(limit=limit))
        if keep:
            chunks.append(chunk)
    return b"".join(chunks)


def _too_much(card, found):
    return Corrupt(
        card.id,
        _("this archive unpacks to more than the limit: not opened"),
        found=found,
        expected=_("at most {limit} bytes (DATAKIT_MAX_UNPACKED)").format(limit=unpacked_limit()),
    )


def content(path: str | os.PathLike[str], card: Card) -> bytes:
    """The bytes of the data itself: out of the zip or gzip that the card names.

    Returns
    -------
    bytes

    Raises
    ------
    Corrupt
        See `check_bytes`.
    NotAsDescribed
        The archive has no member, or several, where the card expects one.
    """
    with unpacking(card):
        compression = compression_of(path, card)
        if compression == "gz":
            with gzip.open(path) as file:
                return _read_limited(file, card)
        if compression == "zip":
            picked = members(path, card)
            if len(picked) != 1:
                with zipfile.ZipFile(path) as archive:
                    inside = archive.namelist()
                raise NotAsDescribed(
                    card.id,
                    _("the archive does not hold the one file that the card names"),
                    expected=card.innerpath or _("one *.{format}").format(format=card.format),
                    found=", ".join(picked or inside)[:300],
                )
            with zipfile.ZipFile(path) as archive, archive.open(picked[0]) as file:
                return _read_limited(file, card)
    return Path(path).read_bytes()
