"""Where bytes come from, in which order.

Every origin but the publisher is a *mirror*: a base, folder or http(s), laid out ``<base>/<dataset-id>/<filename>``
with one ``data.lock`` at its top. The bundled sample is a mirror inside the package.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from datakit.data.project import from_project
from datakit.data.transfer import get_json
from datakit.errors import Corrupt, Gone, NotAsDescribed, Unreachable, WrongUse, without_password
from datakit.language import _
from datakit.settings import default_origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from datakit.data.card import Card

SAMPLE = Path(__file__).parents[1] / "sample"
LOCK = "data.lock"
LARGEST_LOCK = 20_000_000  # bytes: a thousand times that of all the kit's datasets


@dataclass(frozen=True)
class Source:
    """One file of one dataset at one origin.

    Attributes
    ----------
    address : str or None
        URL, or path of a local file; None for a publisher's address that has to be looked up.
    sha256, bytes : str, int or None
        What the file must be, where the origin's lock or the card says it.
    vintage : str or None
        The year or date that this very file is of, where the origin's lock says it.
    """

    origin: Origin
    address: str | None = field(repr=False)  # of a mirror, with its password
    filename: str
    sha256: str | None = None
    bytes: int | None = None
    url: str | None = None
    licence: str | None = None
    retrieved: str | None = None
    synthetic: bool = False
    vintage: str | None = None


@dataclass(frozen=True)
class Origin:
    """The publisher or a mirror.

    Attributes
    ----------
    name : str
        ``sample``, ``publisher``, a folder or an http(s) address: as it was typed, but for a password.
    kind : str
        ``"sample"``, ``"publisher"``, ``"folder"`` or ``"http"``.
    typed : str
        As it was typed, for requests only: what is shown or kept is ``name``.
    """

    name: str
    kind: str
    typed: str = field(default="", repr=False)

    def __post_init__(self):
        object.__setattr__(self, "typed", self.typed or self.name)
        object.__setattr__(self, "name", without_password(self.name))

    @property
    def base(self) -> str:
        if self.kind == "folder":
            return str(from_project(self.name))
        return str(SAMPLE) if self.kind == "sample" else self.name.rstrip("/")

    @property
    def address(self) -> str:
        """Like ``base``, with the password: for requests only."""
        return self.typed.rstrip("/") if self.kind == "http" else self.base

    @property
    def slug(self) -> str:
        """The origin's name as part of a file name."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.name).strip("-")[-80:] or "origin"

    def read_lock(self) -> dict[str, Any]:
        """The mirror's ``data.lock``.

        Raises
        ------
        Unreachable
            The folder or server is not there.
        NotAsDescribed
            It is there, but has no ``data.lock``, or one that cannot be read.
        """
        hint = f"datakit mirror build {self.base}" if self.kind != "http" else _("ask who serves it")
        if self.kind == "http":
            lock = self._served_lock(hint)
        else:
            if not Path(self.base).is_dir():
                raise Unreachable(
                    self.name,
                    _("this folder is not there"),
                    expected=_("a mirror: a folder with a data.lock"),
                    next=_("plug in the disk, or correct --origins; an address begins with http://"),
                )
            file = Path(self.base) / LOCK
            try:
                if (size := file.stat().st_size) > LARGEST_LOCK:
                    raise NotAsDescribed(
                        self.name,
                        _("its {lock} cannot be a lock: {size} bytes").format(lock=LOCK, size=size),
                        next=hint,
                    )
                lock = json.loads(file.read_text(encoding="utf-8"))
            except FileNotFoundError:
                raise NotAsDescribed(
                    self.name,
                    _("this folder is not a mirror"),
                    expected=_("{lock} at its top").format(lock=LOCK),
                    next=hint,
                ) from None
            except ValueError as error:
                raise NotAsDescribed(
                    self.name, _("its {lock} is not JSON").format(lock=LOCK), found=str(error), next=hint
                ) from None
        if not isinstance(lock, dict) or not isinstance(lock.get("datasets"), dict):
            raise NotAsDescribed(
                self.name,
                _("its {lock} has no datasets").format(lock=LOCK),
                expected='{"version": 1, "datasets": {…}}',
                next=hint,
            )
        return lock

    def _served_lock(self, hint):
        wrong = _("this address answers, but not as a mirror")
        expected = _("{lock} at its top; a log-in page of the Wi-Fi may be in between").format(lock=LOCK)
        try:
            return get_json(f"{self.address}/{LOCK}", self.name, attempts=2, limit=LARGEST_LOCK)
        except (Corrupt, Gone) as error:
            raise NotAsDescribed(self.name, wrong, expected=expected, found=error.found, next=hint) from None

    def locate(self, card: Card) -> list[Source]:
        """The file of a dataset at this origin.

        Parameters
        ----------
        card : Card

        Returns
        -------
        list of Source
            Addresses to try in order; empty when the origin does not have the dataset.

        Raises
        ------
        Unreachable, NotAsDescribed
            See `read_lock`.
        """
        if self.kind == "publisher":
            # A moving address (None) is looked up only when it is needed, by `look_up`.
            addresses = [*card.urls, *([None] if card.resolve else [])]
            return [
                Source(self, url, card.filename, card.sha256, card.bytes, url=url, licence=card.licence)
                for url in addresses
            ]
        lock = self.read_lock()
        if card.id not in lock["datasets"]:
            return []
        entry = lock["datasets"][card.id]
        if not usable(entry):
            raise Corrupt(
                self.name,
                _("the entry of {id} in its {lock} cannot be used").format(id=card.id, lock=LOCK),
                expected=_("a bare file name and a sha256"),
                found=str(entry)[:160],
            )
        filename = entry["filename"]
        address = f"{self.address}/{card.id}/{filename}"
        return [
            Source(
                self,
                address,
                filename,
                entry["sha256"],
                announced(entry),
                entry.get("url"),
                entry.get("licence", card.licence),
                entry.get("retrieved"),
                bool(entry.get("synthetic", lock.get("synthetic"))),
                stated_vintage(entry),
            )
        ]


def usable(entry: object) -> bool:
    """Whether an entry of a ``data.lock`` names a file of its own folder and its digest."""
    return (
        isinstance(entry, dict)
        and isinstance(filename := entry.get("filename"), str)
        and filename not in ("", ".", "..")
        and Path(filename.replace("\\", "/")).name == filename
        and bool(re.fullmatch("[0-9a-f]{64}", str(entry.get("sha256"))))
    )


def announced(entry: dict[str, Any]) -> int | None:
    """The size in bytes that a usable entry of a ``data.lock`` gives, or None."""
    size = entry.get("bytes")
    return size if type(size) is int and size > 0 else None


def is_vintage(text: object) -> bool:
    """Whether something says of which year or date data is: one line of 30 characters at most, with a year in it."""
    return isinstance(text, str) and len(text) <= 30 and text.isprintable() and bool(re.search(r"\d{4}", text))


def stated_vintage(entry: dict[str, Any] | None) -> str | None:
    """The year or date that an entry of a ``data.lock`` gives, or None: an entry is as good without one."""
    vintage = (entry or {}).get("vintage")
    return vintage if is_vintage(vintage) else None


def look_up(card: Card) -> str:
    """The address that the publisher's own catalogue gives today, for a file whose address moves.

    The catalogue answers in the form of data.gouv.fr: ``resources``, each with ``title`` and ``url``.

    Raises
    ------
    Unreachable, Corrupt
        The catalogue does not answer, or not with JSON.
    NotAsDescribed
        It is no catalogue, or lists no file that fits the card.
    """
    asked = card.resolve or {}
    answer = get_json(card.fill(asked["api"]), card.id, limit=LARGEST_LOCK)
    resources = answer.get("resources") if isinstance(answer, dict) else None
    if not isinstance(resources, list):
        raise NotAsDescribed(
            card.id,
            _("the publisher's catalogue does not answer with a list of files"),
            expected='{"resources": [{"title": …, "url": …}]}',
            found=json.dumps(answer, ensure_ascii=False)[:160],
            next=f"datakit show {card.id}",
        )
    wanted = re.compile(asked["resource"], re.IGNORECASE)
    listed = [r for r in resources if isinstance(r, dict) and isinstance(r.get("url"), str)]
    for resource in listed:
        if wanted.search(f"{resource.get('title')} {resource['url']}"):
            return resource["url"]
    raise NotAsDescribed(
        card.id,
        _("the publisher's catalogue lists no such file"),
        expected=asked["resource"],
        found=", ".join(str(r.get("title")) for r in listed)[:300]
        or _("{n} entries, none with an address").format(n=len(resources)),
        next=f"datakit show {card.id}",
    )


def parse_origins(text: str | Sequence[str] | None = None) -> list[Origin]:
    """An ordered list of origins.

    Parameters
    ----------
    text : str or list, optional
        Names separated by commas, a name that holds a comma in double quotes; by default ``DATAKIT_ORIGINS``, else
        what ``challenge.toml`` says: ``sample`` in the kit's own. An empty text or variable counts as none.

    Returns
    -------
    list of Origin

    Raises
    ------
    WrongUse
        A name that is no origin, or a list without a name.
    """
    said_by = "origins"
    if not text:
        text, said_by = os.environ.get("DATAKIT_ORIGINS") or default_origins(), "DATAKIT_ORIGINS"
    names = _split(text) if isinstance(text, str) else [str(name) for name in text]
    if not names:
        raise WrongUse(
            said_by,
            _("this list names no origin"),
            expected=_("sample, publisher, a folder, an http address"),
            found=repr(text),
            next=_("leave it out for the bundled sample, or name one: --origins sample"),
        )
    return [_origin(name) for name in names]


def as_text(names: Iterable[str]) -> str:
    """Names of origins as one text, such that `parse_origins` gives them back."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _split(text):
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


def _origin(name):
    if name in ("sample", "publisher"):
        return Origin(name, name)
    if "://***@" in name:
        name = _with_password(name)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", name)  # one letter is a disk of Windows
    if scheme and not from_project(name).is_dir():
        rest = name[scheme.end() :]
        if scheme[0].lower() not in ("http:", "https:") or not _is_host(rest):
            raise _no_address(name)
        return Origin(scheme[0].lower() + rest, "http")
    if os.sep in name or name.startswith(".") or from_project(name).is_dir():
        return Origin(name, "folder")
    raise WrongUse(
        "origins",
        _("{name!r} is no origin").format(name=name),
        expected=_("sample, publisher, a folder, an http address"),
        found=name,
        next=_("for example --origins http://192.0.2.1:8000,sample"),
    )


def _is_host(rest):
    """Whether what follows ``http:`` names a host; a password with a bare ``/`` is taken for a port and a path."""
    try:
        parts = urlsplit(rest)
        named = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return named and not re.search(r"\s", rest) and not re.match(r"//[^/?#@]*:[^/?#@]*[/?#].*@", rest)


def _no_address(name):
    shown = re.sub("://.*@", "://***@", name)
    return WrongUse(
        "origins",
        _("{shown!r} is no address of a mirror").format(shown=shown),
        expected=_("such as http://192.0.2.1:8000; in a password, / is written %2F, ? %3F, # %23 and @ %40"),
        found=shown,
        next=_("for example --origins http://192.0.2.1:8000,sample"),
    )


def _with_password(name):
    """The address that is shown as ``name``: in a report, say, whose origins are asked again."""
    for typed in _split(os.environ.get("DATAKIT_ORIGINS") or ""):
        if without_password(typed) == name:
            return typed
    raise WrongUse(
        "origins",
        _("the password is not written here, and is not known"),
        found=name,
        next=_("set DATAKIT_ORIGINS to the address with its password"),
    )
