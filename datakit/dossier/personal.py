"""Personal data in what is packed: e-mail addresses, telephone numbers, NIR, IBAN, and the people of ``contact.toml``.

What looks like one is held against what makes one: the ranges of French numbers (``phonenumbers``), the keys of NIR and
IBAN (``python-stdnum``). Nothing that is found is ever shown whole.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import html
import io
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datakit import toml
from datakit.dossier.layout import CONTACT, RULES
from datakit.extras import needed_by
from datakit.language import N_, _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 100e6  # bytes of text of a file that are looked at, unpacked: a choice of this kit
TABLES = {".csv", ".tsv", ".txt"}
SHOWN = 3  # of each kind in a file; the others are counted
# What a picture says is not read; nor are fonts.
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".ico", ".woff", ".woff2", ".ttf", ".pdf"}
MAIL, PHONE, NIR, IBAN, CONTACTED = N_("an e-mail address"), N_("a telephone number"), "NIR", "IBAN", N_("a contact")
# Beside a letter, a digit, or a point within a number there is a longer thing: a hash, a coordinate, an identifier.
# What stands before is looked at from behind the first sign: for a sign Python searches a text three times as fast.
_ALONE = r"(?<![\w@].)(?<!\d[.,].)(?<!\w[-/_].)"
_ENDS = r"(?![\w@])(?![.,]\d)(?![-/_]\w)"
_MAIL = re.compile(r"(?<![\w.%+-])(?<!://)[\w.%+-]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}(?![\w@-])")
_BETWEEN = r"[ .\u00a0\u202f/-]"
_PHONE = re.compile(
    rf"[+0]{_ALONE}(?:(?:(?<=\+)|(?<=0)0)33{_BETWEEN}?(?:\(0\){_BETWEEN}?)?|(?<=0))"
    rf"[1-9](?P<between>{_BETWEEN}?)\d\d(?:(?P=between)\d\d){{3}}{_ENDS}"
)
_NIR = re.compile(rf"[1-478]{_ALONE}[ .]?\d\d[ .]?\d\d[ .]?(?:\d\d|2[AB])[ .]?\d{{3}}[ .]?\d{{3}}[ .-]?\d\d{_ENDS}")
_IBAN = re.compile(rf"[A-Z]{_ALONE}[A-Z]\d\d(?:[ \u00a0]?[A-Z0-9]{{4}}){{2,7}}(?:[ \u00a0]?[A-Z0-9]{{1,3}})?{_ENDS}")
_EMBEDDED = re.compile(r"data:[\w/+.-]+(?:;[\w=-]+)*;base64,[A-Za-z0-9+/=\s\\]*")
# Endings of files, not of addresses: "marker@2x.png".
_FILES = {"png", "svg", "jpg", "js", "css", "json", "csv", "html", "ipynb", "geojson", "parquet", "txt", "toml", "lock"}
# Set apart for examples, nobody's: RFC 2606.
_EXAMPLES = re.compile(r"@(?:.*\.)?(?:example(?:\.(?:com|net|org))?|invalid|test|localhost)$", re.IGNORECASE)


@dataclass(frozen=True)
class Trace:
    """Personal data in a file.

    Attributes
    ----------
    kind : str
        What it looks like, in English.
    file, where : str
        The file, and the cell, line, row or column.
    excerpt : str
        What was found, masked.
    more : int
        How many others of this kind are in the file, when this is the last one shown.
    """

    kind: str
    file: str
    where: str
    excerpt: str
    more: int = 0

    def __str__(self):
        said = _("{kind}, {where}: {excerpt}").format(kind=_(self.kind), where=self.where, excerpt=self.excerpt)
        more = ngettext(" (and {n} more)", " (and {n} more)", self.more)
        return said + (more.format(n=self.more) if self.more else "")


def contacts(folder: Path) -> list[re.Pattern[str]]:
    """The people of a dossier's ``contact.toml``, as patterns for `traces`.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of re.Pattern
        Of words without accents; none where there is no such file.

    Raises
    ------
    WrongUse
        It is not TOML, or says something of another kind than lists of texts.
    """
    path = folder / CONTACT
    if not path.is_file():
        return []
    with toml.advising("datakit dossier check"):
        said = toml.read(path, {"contact": {"*": [str]}}).get("contact", {})
    texts = [text for value in said.values() for text in value]
    patterns = []
    for text in texts:
        words = re.findall(r"\w+", _plain(text))
        signs = "".join(words)
        if len(signs) < (8 if signs.isdecimal() else 4):
            continue  # too short to be told from any other word or number
        if signs.isdecimal():  # however its digits are grouped
            found = r"[\W_]{0,3}".join(signs)
        else:
            orders = [words, words[::-1]] if len(words) == 2 else [words]
            found = "|".join(r"[\W_]{1,3}".join(map(re.escape, order)) for order in orders)
        patterns.append(re.compile(rf"(?<!\w)(?:{found})(?!\w)"))
    return patterns


def _plain(text):
    """Lower case without accents, as long as it was: what is found has the same place in both."""
    other = {c: unicodedata.normalize("NFKD", c)[0] for c in set(text) if not c.isascii()}
    return text.translate({ord(c): base for c, base in other.items()} | {0x2019: "'"}).lower()


def traces(folder: Path, names: Iterable[str], people: Iterable[re.Pattern[str]] = ()) -> tuple[list[Trace], list[str]]:
    """Personal data in files.

    Parameters
    ----------
    folder : Path
    names : iterable of str
        Files in it, with ``/``. The organiser's ``challenge.toml`` is not looked at.
    people : iterable of re.Pattern
        See `contacts`.

    Returns
    -------
    found : list of Trace
    unread : list of str
        Files that could not be looked into, or not to their end: pictures, and what is larger than `LARGEST`.
    """
    found, unread, people = [], [], list(people)
    for name in names:
        if name == RULES:
            continue
        path = folder / name
        if path.suffix.lower() in PICTURES:
            unread.append(name)
            continue
        with path.open("rb") as file:
            data = file.read(int(LARGEST) + 1)
        if len(data) > LARGEST:
            unread.append(name)
        found += _of(name, data[: int(LARGEST)], people, unread)
    return found, unread


def _of(name, data, people, unread) -> list[Trace]:
    """Those of one file, unpacked if it is packed."""
    kind = PurePosixPath(name).suffix.lower()
    try:
        if kind == ".gz":
            inner = gzip.GzipFile(fileobj=io.BytesIO(data)).read(int(LARGEST))
            return _of(name.removesuffix(".gz"), inner, people, unread)
        if zipfile.is_zipfile(io.BytesIO(data)):  # spreadsheets are such, too
            return _members(name, data, people, unread)
    except (OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        unread.append(name)
        return []
    pieces = (
        _parquet(data) if kind == ".parquet" else _notebook(data) if kind == ".ipynb" else [("", _text(data, kind))]
    )
    found: list[Trace] = []
    for place, text in pieces:
        hits = matches(text, people)
        cells = _cells(text, {text[start:end] for _kind, start, end in hits}) if hits and kind in TABLES else {}
        for what, start, end in hits:
            where = place or cells.get(text[start:end]) or _place(kind, text, start)
            found.append(Trace(what, name, where, mask(text[start:end])))
    return _few(found)


def _cells(text, wanted) -> dict[str, str]:
    """In which row and column of a table each of some texts stands first."""
    found: dict[str, str] = {}
    head = text.partition("\n")[0]
    try:
        rows = csv.reader(io.StringIO(text), delimiter=max(";,\t|", key=head.count))
        names = next(rows)
        for number, row in enumerate(rows, 1):
            for column, value in zip(names, row, strict=False):
                for one in [one for one in wanted if one in value]:
                    found[one] = _("row {n}, column {column}").format(n=number, column=column.strip())
                    wanted = wanted - {one}
            if not wanted:
                break
    except (csv.Error, StopIteration):
        pass
    return found


def _members(name, data, people, unread):
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        for member in opened.infolist():
            inner = f"{name}/{member.filename}"
            if member.is_dir():
                continue
            if member.file_size > LARGEST or PurePosixPath(member.filename).suffix.lower() in PICTURES:
                unread.append(inner)
                continue
            content = opened.read(member)
            found += [] if zipfile.is_zipfile(io.BytesIO(content)) else _of(inner, content, people, unread)
    return found


def _few(found):
    """The first of each kind; the last of them says how many there are beside."""
    kept: list[Trace] = []
    for kind in dict.fromkeys(trace.kind for trace in found):
        mine = [trace for trace in found if trace.kind == kind]
        kept += mine[: SHOWN - 1]
        if len(mine) >= SHOWN:
            last = mine[SHOWN - 1]
            kept.append(Trace(last.kind, last.file, last.where, last.excerpt, len(mine) - SHOWN))
    return kept


def _text(data, kind=""):
    """The text of a file, its signs as they are read and not as they are escaped."""
    text = data.decode("latin-1")
    for encoding in ("utf-8-sig", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            break
    if kind in (".json", ".geojson", ".toml"):
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return html.unescape(text) if kind in (".html", ".htm", ".xml", ".svg") else text


def _notebook(data) -> Iterator[tuple[str, str]]:
    """The source of each cell, and the text of its outputs."""
    try:
        cells = json.loads(data)["cells"]
        for number, cell in enumerate(cells, 1):
            yield _("cell {n}").format(n=number), "".join(cell["source"])
            said = json.dumps(cell.get("outputs", []), ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"')
            yield _("cell {n}, its output").format(n=number), html.unescape(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield "", _text(data)


def _parquet(data) -> Iterator[tuple[str, str]]:
    """Each cell of text that might hold something."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    for column in table.column_names:
        kind = table.schema.field(column).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            for row, text in enumerate(table[column].to_pylist(), 1):
                if text:
                    yield _("row {n}, column {column}").format(n=row, column=column), text


def _place(kind, text, start):
    """The line, and the key where one can be told."""
    line = text.count("\n", 0, start) + 1
    begin = text.rfind("\n", 0, start) + 1
    if kind in (".json", ".geojson"):
        keys = re.findall(r'"([^"\\]{1,60})"\s*:', text[max(begin, start - 300) : start])
        if keys:
            return _("line {n}, {key}").format(n=line, key=keys[-1])
    return _("line {n}").format(n=line)


def matches(text: str, people: Iterable[re.Pattern[str]] = ()) -> list[tuple[str, int, int]]:
    """Personal data in a text.

    Parameters
    ----------
    text : str
    people : iterable of re.Pattern

    Returns
    -------
    list of (str, int, int)
        What it is, and from where to where; each place once.
    """
    if "base64," in text:
        text = _EMBEDDED.sub(lambda found: " " * len(found[0]), text)  # a picture's bytes spell anything
    found = [(MAIL, one.span()) for one in (_MAIL.finditer(text) if "@" in text else ()) if _is_mail(one[0])]
    plain = _plain(text) if people else ""
    found += [(CONTACTED, one.span()) for person in people for one in person.finditer(plain)]
    for kind, pattern, real in ((IBAN, _IBAN, _is_iban), (NIR, _NIR, _is_nir), (PHONE, _PHONE, _is_phone)):
        found += [(kind, one.span()) for one in pattern.finditer(text) if real(one[0])]
    kept: list[tuple[str, int, int]] = []
    for kind, (start, end) in found:
        if all(end <= first or start >= last for _kind, first, last in kept):
            kept.append((kind, start, end))
    return sorted(kept, key=lambda one: one[1])


def _is_mail(text):
    return text.rpartition(".")[2].lower() not in _FILES and not _EXAMPLES.search(text)


def _is_phone(text):
    with needed_by(__name__):
        import phonenumbers
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text.replace("/", " "), "FR"))
    except phonenumbers.NumberParseException:
        return False


def _is_nir(text):
    with needed_by(__name__):
        from stdnum.fr import nir
    return nir.is_valid(re.sub(r"[ .-]", "", text))


def _is_iban(text):
    with needed_by(__name__):
        from stdnum import iban
    return iban.is_valid(text.replace("\u00a0", ""))


def mask(text: str) -> str:
    """What was found, without what it says: the first sign of each word, or two of a number.

    Examples
    --------
    >>> mask("camille.martin@ville.fr")
    'c•••.m•••@v•••.f•••'
    >>> mask("06 39 98 00 12")
    '06•••'
    """
    if not re.search(r"[^\W\d_]", text):
        return f"{text[:2]}•••"
    return re.sub(r"(\w)\w*", r"\1•••", text)
