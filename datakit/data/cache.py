"""The cache: laid out by content, shared by many processes, never holding half a file, believed only as far as checked.

``<cache>/<dataset-id>/<sha256, 16 digits>/<filename>``: the sample, a mirror and the publisher cannot overwrite one
another, and a good copy stays whatever arrives later. Beside these folders, one small JSON per origin remembers what
that origin gave last. Every such note carries its own digest: a bit that flips makes it void, not wrong.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import disk_full, read_note, sha256_of, write_json, write_note, write_whole
from datakit.errors import CacheProblem, DataWarning
from datakit.extras import NAME
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from datakit.data.card import Card
    from datakit.data.origins import Origin, Source

# Notebooks have always imported the warning from here, and others what writes files.
__all__ = ["Cache", "DataWarning", "Fetched", "sha256_of", "write_json", "write_whole"]

# What is remembered of a file, beside its path and its origin.
FACTS = ("sha256", "bytes", "url", "retrieved", "licence", "synthetic", "vintage")
# Digests that this process computed, by path, size and time of the file.
_computed: dict[tuple[str, int, int], str] = {}


@dataclass(frozen=True)
class Fetched:
    """A file that is there, and where it came from.

    Attributes
    ----------
    outcome : str
        ``"fresh"`` (just fetched), ``"cached"`` or ``"changed"`` (fetched, and differs from what was there before).
    vintage : str or None
        The year or date that it is of, where a mirror or a lock says so; that of its card counts for the others.
    vouched : bool
        Whether somebody named its digest beforehand: a mirror, a lock or the card.
    """

    path: Path
    outcome: str
    origin: str
    origin_kind: str
    sha256: str
    bytes: int
    url: str | None
    retrieved: str | None
    licence: str | None
    synthetic: bool = False
    vintage: str | None = None
    vouched: bool = False

    @classmethod
    def of(cls, source: Source, path: Path, outcome: str) -> Fetched:
        """The file of a `datakit.data.origins.Source` whose digest is known."""
        facts = {name: getattr(source, name) for name in FACTS}
        facts["bytes"] = source.bytes or path.stat().st_size
        return cls(path, outcome, source.origin.name, source.origin.kind, **facts)


class OtherBytes(Exception):
    """The digest of what came is not the one that was asked for; nothing of it is kept.

    Attributes
    ----------
    found : str
        Its digest.
    """

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


class Cache:
    """The part of the cache that belongs to one dataset.

    Parameters
    ----------
    card : Card
    look : {"noted", "once", "now"}
        When to believe that a file is what it was: where its size and time are those noted when its digest was last
        computed; where this process has computed the digest; or only after computing it again.
    """

    def __init__(self, card: Card, look: Literal["noted", "once", "now"] = "noted") -> None:
        self.card, self.look = card, look
        self.folder = cache_folder() / card.id
        self._computed = {} if look == "now" else _computed

    def home(self, sha256: str) -> Path:
        """The folder of a file and of the tables made from it."""
        return self.folder / sha256[:16]

    def last(self, origin: Origin) -> Fetched | None:
        """What an origin gave last, if it is still whole, was readable, and is what the card asks for; else None."""
        try:
            said = read_note(self._memo(origin))
            path = self.home(said["sha256"]) / said["filename"]
            if said["origin"] != origin.name or not self.whole(path, said["sha256"], said["bytes"]):
                return None
            if origin.kind == "publisher" and not self._still_asked(said):
                return None
            said = {"vintage": None, **said}  # notes of earlier versions do not have it
            return Fetched(path, "cached", origin.name, origin.kind, **{name: said[name] for name in FACTS})
        except (OSError, ValueError, KeyError):
            return None

    def have(self, source: Source) -> Fetched | None:
        """The content that a source names, if it is here already, wherever it came from; else None."""
        if not source.sha256:
            return None
        path = self.home(source.sha256) / source.filename
        if source.address and source.origin.kind == "sample":  # read where it is
            path = Path(source.address)
        try:
            return Fetched.of(source, path, "cached") if self.whole(path, source.sha256, source.bytes) else None
        except OSError:
            return None

    def keep(
        self,
        source: Source,
        known: str | None,
        download: Callable[..., None],
        last: Fetched | None = None,
    ) -> Fetched:
        """Bring a file to its place and remember it; called with `held`.

        Parameters
        ----------
        source : Source
        known : str or None
            The digest that it must have.
        download : callable
            A downloader for pooch: ``download(address, path, pooch)``.
        last : Fetched, optional
            What the same origin gave before.

        Raises
        ------
        OtherBytes
            The digest is not the known one.
        """
        self._tidy()
        try:
            path, digest = (self._verified if known else self._first_seen)(source, known, download)
        except OSError as error:
            if disk_full(error):
                for part in self.folder.glob("part-*"):
                    part.unlink(missing_ok=True)
            raise
        self._checked(path, digest)
        retrieved = source.retrieved or datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        source = replace(source, sha256=digest, bytes=path.stat().st_size, retrieved=retrieved)
        found = Fetched.of(source, path, "changed" if last and last.sha256 != digest else "fresh")
        memo = self._memo(source.origin)
        said = {"origin": found.origin, "filename": path.name, **{name: getattr(found, name) for name in FACTS}}
        write_note(memo, {**said, "before": _before(memo, digest)})
        return found

    def refuse(self, found: Fetched) -> str | None:
        """Let an answer of the publisher that cannot be read be the copy of no later load.

        What the publisher gave before is remembered again where it was once loaded and the new bytes never were. The
        others stay for other cards: so a mistake in a card neither brings old data back nor downloads all again.

        Returns
        -------
        str or None
            When the earlier file was retrieved, where it is the one in use again.
        """
        memo = self.folder / f"{found.origin}.json"
        try:
            with self.held():
                said = read_note(memo)
                before = said["before"]
                if said["sha256"] != found.sha256:
                    return None
                if before and self._loaded(before) and not self._loaded(said):
                    write_note(memo, before)
                    return before["retrieved"]
                write_note(memo, {**said, "unreadable": self.card.digest})
        except (OSError, ValueError, KeyError, CacheProblem):  # a read-only cache only costs the same finding again
            pass
        return None

    def whole(self, path: Path, sha256: str, bytes: int | None = None) -> bool:
        """Whether a file is still what it was when its digest was taken."""
        state = path.stat()
        if bytes and state.st_size != bytes:
            return False
        key = str(path), state.st_size, state.st_mtime_ns
        if key not in self._computed:
            with contextlib.suppress(OSError, ValueError):
                stamp = {"sha256": sha256, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
                if self.look == "noted" and json.loads(self._note(path).read_text(encoding="utf-8")) == stamp:
                    return True
            self._checked(path, sha256_of(path))
        return self._computed[key] == sha256

    @contextmanager
    def held(self, what: str = "fetch") -> Iterator[None]:
        """Hold the dataset's lock, and turn a cache that cannot be written into a clear error."""
        from filelock import FileLock, Timeout

        name = ".lock" if what == "fetch" else f".{what}.lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / name)
            try:
                lock.acquire(timeout=3)
            except Timeout:
                print(
                    _("{id}: waiting for another process that is fetching it…").format(id=self.card.id), file=sys.stderr
                )
                lock.acquire()
        except OSError as error:
            raise cache_problem(self.card, self.folder, error) from error
        try:
            yield
        except OSError as error:
            # requests' own errors are OSErrors too, but none of those leaves `transfer`.
            raise cache_problem(self.card, self.folder, error) from error
        finally:
            lock.release()

    def _memo(self, origin):
        return self.folder / f"{origin.slug}.json"

    def _note(self, path):
        """Where it is noted what a file was when it was last checked."""
        inside = path.is_relative_to(self.folder)
        return path.with_name(f".{path.name}.checked") if inside else self.folder / "sample-checked.json"

    def _checked(self, path, digest):
        """Note the digest that a file has now."""
        state = path.stat()
        self._computed[str(path), state.st_size, state.st_mtime_ns] = digest
        _computed[str(path), state.st_size, state.st_mtime_ns] = digest
        with contextlib.suppress(OSError):  # a read-only cache only costs the check again
            write_json(self._note(path), {"sha256": digest, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns})

    def _still_asked(self, said):
        """Whether what the publisher gave last is what its card asks for today, as far as it is known."""
        card = self.card
        return (
            said["filename"] == card.filename
            and (said["url"] in card.urls or bool(card.resolve))
            and card.sha256 in (None, said["sha256"])
            and card.bytes in (None, said["bytes"])
            and said.get("unreadable") != card.digest
        )

    def _loaded(self, said):
        """Whether some bytes were once made into a table."""
        return any(self.home(said["sha256"]).glob("table-*.json"))

    def _verified(self, source, known, download):
        """pooch downloads beside, compares, and moves to the place only what is right."""
        import pooch

        pooch.get_logger().setLevel(logging.WARNING)
        place = self.home(known) / source.filename
        with self._incoming() as incoming:
            # What is there was asked for anew, or is not what it was: pooch must not take it for the answer.
            folder = incoming if place.exists() else place.parent
            try:
                # No retries here: pooch would ask again for a file whose digest is wrong.
                pooch.retrieve(source.address, f"sha256:{known}", source.filename, folder, downloader=download)
            except ValueError as error:
                with contextlib.suppress(OSError):
                    folder.rmdir()  # only when empty
                if found := re.search(r"got ([0-9a-f]{64})", str(error)):
                    raise OtherBytes(found[1]) from None
                raise
            if folder == incoming:
                os.replace(incoming / source.filename, place)
        return place, known

    def _first_seen(self, source, known, download):
        """Where nobody says what the bytes must be, pooch has nothing to compare: their digest is taken, once."""
        with self._incoming() as incoming:
            download(source.address, str(incoming / source.filename), None)
            digest = sha256_of(incoming / source.filename)
            place = self.home(digest) / source.filename
            place.parent.mkdir(exist_ok=True)
            os.replace(incoming / source.filename, place)
        return place, digest

    @contextmanager
    def _incoming(self):
        folder = self.folder / f"incoming-{os.getpid()}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _tidy(self):
        """Remove what killed processes left: no one else can be using it while the lock is held."""
        for stale in self.folder.glob("incoming-*"):
            shutil.rmtree(stale, ignore_errors=True)
        for stale in self.folder.glob("*/tmp????????"):  # pooch's temporary files
            if stale.name != self.card.filename:
                stale.unlink(missing_ok=True)


def _before(memo, digest):
    """What an origin gave before these bytes, to come back to if they prove unreadable."""
    try:
        earlier = read_note(memo)
        # The same bytes again: what came before them is still what came before.
        return earlier.get("before") if earlier["sha256"] == digest else {**earlier, "before": None}
    except (OSError, ValueError, KeyError):
        return None


def cache_folder() -> Path:
    """The folder of the cache: ``DATAKIT_CACHE``, else the one that pooch chooses for this system."""
    if named := os.environ.get("DATAKIT_CACHE"):
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache(NAME))


def without_talk_of_widgets() -> None:
    """Import tqdm's bars for notebooks now, quietly: pooch, esda and others do later, and it asks for widgets.

    The kit's bars are plain text, and a newcomer's first line of output should be no warning. The filters are the
    process's own: they are put back.
    """
    if "ipykernel.zmqshell" in sys.modules and "tqdm.auto" not in sys.modules:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress not found")
            import_module("tqdm.auto")


def cache_problem(card: Card, folder: Path, error: OSError) -> CacheProblem:
    full = disk_full(error)
    return CacheProblem(
        card.id,
        _("the disk is full") if full else _("the cache cannot be written"),
        expected=_("room and the right to write in {folder}").format(folder=folder),
        found=str(error),
        done=_("removed the unfinished file") if full else None,
        next="export DATAKIT_CACHE=/a/folder/of/yours",
    )
