"""The cache: laid out by content, shared by many processes, never holding half a file.

``<cache>/<dataset-id>/<sha256, 16 digits>/<filename>``: the sample, a mirror and the publisher cannot overwrite one
another, and a good copy stays whatever arrives later. Beside these folders, one small JSON per origin remembers what
that origin gave last.
"""

import errno
import hashlib
import json
import os
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from datakit.errors import CacheProblem, DataWarning

__all__ = ["DataWarning", "Fetched"]  # notebooks have always imported the warning from here


@dataclass(frozen=True)
class Fetched:
    """A file that is there, and where it came from.

    Attributes
    ----------
    outcome : str
        ``"fresh"`` (just fetched), ``"cached"`` or ``"changed"`` (fetched, and differs from what was there before).
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


def cache_folder():
    """The folder of the cache: ``DATAKIT_CACHE``, else the one that pooch chooses for this system."""
    if named := os.environ.get("DATAKIT_CACHE"):
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache("ondijon-datakit"))


def without_talk_of_widgets():
    """Import tqdm's bars for notebooks now, quietly: pooch, esda and others do later, and it asks for widgets.

    The kit's bars are plain text, and a newcomer's first line of output should be no warning. The filters are the
    process's own: they are put back.
    """
    if "ipykernel.zmqshell" in sys.modules and "tqdm.auto" not in sys.modules:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "IProgress not found")
            import_module("tqdm.auto")


def remembered(memo, folder, origin, card):
    """What this origin gave last, if the file is still whole and the card still asks for it."""
    try:
        said = json.loads(memo.read_text(encoding="utf-8"))
        path = folder / said["sha256"][:16] / said["filename"]
        if said.get("origin", origin.name) != origin.name or not whole(path, said["sha256"], said["bytes"]):
            return None
        if origin.kind == "publisher":
            elsewhere = said["url"] not in card.urls and not card.resolve
            pinned = card.sha256 and said["url"] == card.urls[0] and said["sha256"] != card.sha256
            if said["filename"] != card.filename or elsewhere or pinned:
                return None
    except (OSError, ValueError, KeyError):
        return None
    return Fetched(
        path,
        "cached",
        origin.name,
        origin.kind,
        said["sha256"],
        said["bytes"],
        said["url"],
        said["retrieved"],
        said["licence"],
        said.get("synthetic", False),
    )


def kept(folder, source):
    """The content that a mirror's lock names, if it is in the cache already, wherever it came from."""
    path = folder / source.sha256[:16] / source.filename if source.sha256 else None
    if path is None or not path.exists() or not whole(path, source.sha256, source.bytes):
        return None
    return Fetched(
        path,
        "cached",
        source.origin.name,
        source.origin.kind,
        source.sha256,
        path.stat().st_size,
        source.url,
        source.retrieved,
        source.licence,
        source.synthetic,
    )


def whole(path, sha256, bytes=None):
    """Whether a cached file is still what was put there.

    Its digest is computed only where its size or time is not the one noted when it was last computed: a file that
    somebody opened and saved is found out, and a second load costs nothing.
    """
    state, note = path.stat(), path.with_name(f".{path.name}.checked")
    if bytes and state.st_size != bytes:
        return False
    stamp = {"sha256": sha256, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
    try:
        if json.loads(note.read_text(encoding="utf-8")) == stamp:
            return True
    except (OSError, ValueError):
        pass
    if sha256_of(path) != sha256:
        return False
    try:
        write_json(note, stamp)
    except OSError:  # a read-only cache only costs the check again
        pass
    return True


def step_back(card, fetched):
    """Remember again what an origin gave before, when its new file proved not to be what the card says.

    Done only where the earlier bytes were once loaded and the new ones never were: so a mistake in a card does not
    bring old data back.

    Returns
    -------
    str or None
        When the earlier file was retrieved; None when nothing was done.
    """
    folder = cache_folder() / card.id
    for memo in folder.glob("*.json"):
        try:
            said = json.loads(memo.read_text(encoding="utf-8"))
            before = said["before"]
            if said["origin"] != fetched.origin or said["sha256"] != fetched.sha256 or not before:
                continue
            loaded, never = (folder / which["sha256"][:16] for which in (before, said))
            if any(loaded.glob("table-*.json")) and not any(never.glob("table-*.json")):
                write_json(memo, before)
                return before["retrieved"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


@contextmanager
def only_one(folder, card):
    """Hold the dataset's lock, and turn a cache that cannot be written into a clear error."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        try:
            lock.acquire(timeout=3)
        except Timeout:
            print(f"{card.id}: waiting for another process that is fetching it…", file=sys.stderr)
            lock.acquire()
    except OSError as error:
        raise cache_problem(card, folder, error) from error
    try:
        yield
    except OSError as error:
        # requests' own errors are OSErrors too, but none of those leaves `transfer`.
        raise cache_problem(card, folder, error) from error
    finally:
        lock.release()


def disk_full(error):
    """Whether an OSError means that nothing more fits on the disk or in the quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def cache_problem(card, folder, error):
    full = disk_full(error)
    return CacheProblem(
        card.id,
        "the disk is full" if full else "the cache cannot be written",
        expected=f"room and the right to write in {folder}",
        found=str(error),
        done="removed the unfinished file" if full else None,
        next="export DATAKIT_CACHE=/a/folder/of/yours",
    )


def write_whole(file, write):
    """Let ``write`` fill a file beside, then move it: a reader sees the old one or the new one, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        write(temporary)
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(file, value):
    """A small JSON, written whole."""
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    write_whole(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def sha256_of(path):
    """The digest of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
