"""Fetch: the publisher's own bytes, once, checked, from the first origin that has them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data import origins, paging, transfer
from datakit.data import provenance as ledger
from datakit.data.archives import check_bytes
from datakit.data.cache import Cache, OtherBytes, cache_folder, without_talk_of_widgets
from datakit.data.cards import read_catalog
from datakit.data.files import sha256_of
from datakit.data.locks import locked_entry
from datakit.data.origins import LOCK, look_up, parse_origins
from datakit.errors import Changed, Corrupt, Gone, Unreachable, warn
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from datakit.data.cache import Fetched
    from datakit.data.card import Card

__all__ = ["cache_folder", "candidates", "fetch", "obtain"]


def fetch(
    id: str,
    origins: str | Sequence[str] | None = None,
    *,
    locked: str | os.PathLike[str] | bool | None = None,
    refresh: bool = False,
    progress: bool | None = None,
) -> Path:
    """The file of a dataset, as its publisher made it.

    Parameters
    ----------
    id : str
        An id of ``datakit.catalog``; ``name@value`` for families such as ``cadastre-buildings@INSEE-CODE``.
    origins : str or list, optional
        Where to look, in order; by default ``DATAKIT_ORIGINS``, else the bundled sample.
    locked : path or bool, optional
        Accept only what this lock file names; True means ``data.lock``, and ``DATAKIT_LOCK`` is the default.
    refresh : bool
        Ask the origin again although a copy is in the cache.
    progress : bool, optional
        Show a bar; by default only at a terminal.

    Returns
    -------
    Path

    Raises
    ------
    UnknownDataset, WrongUse
        No such id, origin or lock.
    Unreachable, Corrupt, Changed
        No origin gives a sound file of the expected content. A copy fetched earlier stays in the cache.
    CacheProblem
        The cache cannot be written.
    """
    return obtain(read_catalog()[id], origins, locked=locked, refresh=refresh, progress=progress).path


def obtain(
    card: Card,
    origins: str | Sequence[str] | None = None,
    *,
    locked: str | os.PathLike[str] | bool | None = None,
    refresh: bool = False,
    progress: bool | None = None,
) -> Fetched:
    """Like `fetch`, from a card, with where the file came from.

    Returns
    -------
    Fetched
    """
    found = next(candidates(card, origins, locked=locked, refresh=refresh, progress=progress))
    ledger.note(card, found)
    return found


def candidates(
    card: Card,
    origins: str | Sequence[str] | None = None,
    *,
    locked: str | os.PathLike[str] | bool | None = None,
    refresh: bool = False,
    progress: bool | None = None,
) -> Iterator[Fetched]:
    """The file that `obtain` gives; then, for who could not read it, what the publisher's other addresses give.

    Yields
    ------
    Fetched
    """
    without_talk_of_widgets()
    wanted = locked_entry(card, locked)
    problems, asked = [], parse_origins(origins)
    for origin in asked:
        files = _Asking(origin, card, wanted, refresh, progress).files()
        try:
            first = next(files, None)
        except (Unreachable, Changed) as problem:
            problems.append(problem)
            continue
        if first is None:
            continue
        for told in problems:
            warn(_("{told}\n  used instead: {origin}").format(told=told, origin=first.origin))
        yield first
        yield from files
        return
    raise problems[0] if problems else _nobody_has(card, asked)


def _nobody_has(card, asked):
    by_hand = not card.raw_urls and not card.resolve
    return Unreachable(
        card.id,
        _("none of the origins has this dataset"),
        expected=_("one of: {names}").format(names=", ".join(o.name for o in asked)),
        found=_("the publisher gives no address: the file must come from you") if by_hand else None,
        next=_("datakit mirror add DIR {id} FILE, then --origins DIR").format(id=card.id)
        if by_hand
        else "--origins publisher",
    )


class _Asking:
    """One origin, asked for one dataset."""

    def __init__(self, origin, card, wanted, refresh, progress):
        self.origin, self.card, self.wanted = origin, card, wanted
        self.refresh, self.progress = refresh, progress
        # What a lock names, or what is asked for anew, is worth the cost of its digest.
        self.cache = Cache(card, "now" if refresh else "once" if wanted else "noted")
        self.last = self.cache.last(origin)

    def files(self):
        """One file, none where the origin does not have the dataset, or several where the publisher has addresses."""
        kind = self.origin.kind
        files = self._published if kind == "publisher" else self._bundled if kind == "sample" else self._mirrored
        for found in files():
            if self.wanted and found.sha256 != self.wanted["sha256"]:
                raise self._differs(found.origin, self.wanted["sha256"], found.sha256, LOCK)
            yield replace(
                found,
                vouched=bool(kind != "publisher" or self.wanted or self.card.sha256),
                synthetic=found.synthetic or found.sha256 in _invented(),
                vintage=found.vintage or origins.stated_vintage(self.wanted),  # of the same bytes: compared just now
            )

    def _published(self):
        sources = self.origin.locate(self.card)
        if not self.refresh and (there := self._locked_copy() or self.last):
            yield there
            # Asked again, because nobody can read it: the addresses after the one that gave it may do better.
            urls = [source.url for source in sources]
            sources = sources[urls.index(there.url) + 1 :] if there.url in urls else []
        problems = []
        for source in sources:
            self.last = self.cache.last(self.origin)
            try:
                source = self._addressed(source)
                found = self.cache.have(source) or self._bring(source)
            except (Unreachable, Changed, Corrupt) as problem:
                # A page that says "moved" with status 200 is no reason to leave the other addresses untried.
                problems.append(problem)
                continue
            yield found
        if problems:  # that the bytes are others says more than that an address is gone
            raise next((p for p in problems if isinstance(p, Changed)), problems[0])

    def _locked_copy(self):
        """The bytes that a lock file names, where newer ones have come since and the cache still has these."""
        if not self.wanted or self.wanted.get("synthetic"):
            return None
        if self.last and self.last.sha256 == self.wanted["sha256"]:
            return None
        said = {key: self.wanted.get(key) for key in ("sha256", "bytes", "url", "licence", "retrieved")}
        return self.cache.have(origins.Source(self.origin, None, self.card.filename, **said))

    def _addressed(self, source):
        """The source with its address, looked up where it moves; refused where a lock names other bytes."""
        if source.address is None:
            url = look_up(self.card)
            source = replace(source, address=url, url=url)
        if self.wanted and source.sha256 and source.sha256 != self.wanted["sha256"]:
            raise self._differs(self.origin.name, self.wanted["sha256"], source.sha256, LOCK)
        return source

    def _bundled(self):
        for source in map(self._addressed, self.origin.locate(self.card)):
            found = self.cache.have(source)
            if not found:
                path = Path(source.address)
                raise Corrupt(
                    self.card.id,
                    _("the bundled sample was altered") if path.exists() else _("the bundled sample lacks this file"),
                    expected=_("{path}, sha256 {sha256}").format(path=path, sha256=source.sha256),
                    found=_("sha256 {found}").format(found=sha256_of(path)) if path.exists() else None,
                    next=_("install the package again"),
                )
            yield found

    def _mirrored(self):
        try:
            sources = self.origin.locate(self.card)
        except Unreachable as problem:
            yield self._copy(problem)
            return
        for source in map(self._addressed, sources):
            try:
                found = self.cache.have(source) or self._bring(source)
            except Gone as error:
                raise self._not_in_mirror(source) from error
            except Unreachable as problem:
                if self.refresh:
                    raise
                found = self._copy(problem)
            yield found

    def _copy(self, problem):
        """What the origin gave when it could be reached."""
        if self.last is None:
            raise problem
        warn(
            _("{problem}\n  done:     used the copy of {retrieved} in the cache").format(
                problem=problem, retrieved=self.last.retrieved
            )
        )
        return self.last

    def _bring(self, source):
        """Bring one file into the cache."""
        known = source.sha256 or (self.wanted["sha256"] if self.wanted else None)
        with self.cache.held():
            # Another process may have brought the file while this one waited.
            again = self.cache.last(self.origin) if self.origin.kind == "publisher" else self.cache.have(source)
            if again and again != self.last:
                return again
            try:
                found = self.cache.keep(source, known, self._downloader(source), self.last)
            except OtherBytes as other:
                raise self._refused(source, known, other.found) from None
        if found.outcome == "changed":
            warn(
                _(
                    "{id}: {origin} has new data (sha256 {digest}… before, {digest2}… now); the earlier file stays "
                    "in {folder}"
                ).format(
                    id=self.card.id,
                    origin=found.origin,
                    digest=self.last.sha256[:12],
                    digest2=found.sha256[:12],
                    folder=self.cache.folder,
                )
            )
        return found

    def _downloader(self, source):
        """A downloader for pooch that also looks at what came: "an HTML page" helps more than "another digest"."""

        def download(address, path, pooch):
            if self.origin.kind == "folder":
                try:
                    shutil.copyfile(address, path)
                except FileNotFoundError:
                    raise self._not_in_mirror(source) from None
            elif self.origin.kind == "publisher" and self.card.paging:
                size = self.card.paging["size"]
                paging.PagedDownload(self.card.id, self.cache.folder, size, self.progress)(address, path)
            else:
                # What a publisher gives is compared with the card afterwards; a mirror may not give more than it says.
                most = source.bytes if self.origin.kind == "http" else None
                transfer.Download(self.card.id, self.cache.folder, self.progress, most)(address, path)
            check_bytes(path, self.card)
            size = os.path.getsize(path)
            if self.origin.kind == "publisher" and source.bytes and size != source.bytes:
                raise self._differs(
                    address,
                    _("{bytes} bytes").format(bytes=source.bytes),
                    _("{size} bytes").format(size=size),
                    _("the data card"),
                )

        return download

    def _refused(self, source, known, found):
        """The error for a file whose digest is not the one that its origin, card or lock names."""
        if self.wanted and not source.sha256:
            return self._differs(self.origin.name, known, found, LOCK)
        if self.origin.kind == "publisher":
            return self._differs(source.address, known, found, _("the data card"))
        return Corrupt(
            self.card.id,
            _("the mirror's file is not the one its lock names"),
            expected=_("sha256 {known}").format(known=known),
            found=_("sha256 {found}").format(found=found),
            done=_("kept nothing of it"),
            next=f"datakit mirror verify {self.origin.base}",
        )

    def _differs(self, where, expected, found, who):
        card, name = self.card, self.origin.name
        anew = f"datakit fetch {card.id} --origins {name} --refresh && " if self.origin.kind == "publisher" else ""
        return Changed(
            card.id,
            _("the bytes at {where} differ from those that {who} names").format(where=where, who=who),
            expected=expected if " " in expected else _("sha256 {expected}").format(expected=expected),
            found=found if " " in found else _("sha256 {found}").format(found=found),
            done=_("kept what was there before"),
            next=_("compare, then accept the new data with: {anew}datakit lock {id} --origins {name}").format(
                anew=anew, id=card.id, name=name
            )
            if who == LOCK
            else _(
                "if the new bytes are right, write them into the hash and bytes of a card of yours, "
                "./cards/{name}.json; the card as it is: datakit show {id} --json"
            ).format(name=card.raw["name"], id=card.id),
        )

    def _not_in_mirror(self, source):
        served = self.origin.kind == "http"
        where = _("on the machine that serves it: datakit mirror verify DIR")
        return Corrupt(
            self.card.id,
            _("the mirror's lock names a file that is not there"),
            expected=source.address,
            next=where if served else f"datakit mirror verify {self.origin.base}",
        )


@lru_cache
def _invented():
    """The digests of the bundled sample: its files stay invented in whatever mirror they are found."""
    return {entry["sha256"] for entry in origins.Origin("sample", "sample").read_lock()["datasets"].values()}
