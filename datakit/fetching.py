"""Fetch: the publisher's own bytes, once, checked, from the first origin that has them."""

import contextlib
import json
import logging
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from datakit import ledger, paging, transfer
from datakit.archives import check_bytes
from datakit.cache import (
    Fetched,
    cache_folder,
    disk_full,
    kept,
    only_one,
    remembered,
    sha256_of,
    without_talk_of_widgets,
    write_json,
)
from datakit.cards import read_catalog
from datakit.errors import Changed, Corrupt, Gone, Unreachable, WrongUse, warn
from datakit.origins import LOCK, Source, look_up, parse_origins, usable


def fetch(id, origins=None, *, locked=None, refresh=False, progress=None):
    """The file of a dataset, as its publisher made it.

    Parameters
    ----------
    id : str
        An id of ``datakit.catalog``; ``name@value`` for families such as ``cadastre-buildings@21166``.
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


def obtain(card, origins=None, *, locked=None, refresh=False, progress=None):
    """Like `fetch`, from a card, with where the file came from.

    Returns
    -------
    Fetched
    """
    without_talk_of_widgets()
    wanted = _locked_entry(card, locked)
    problems, asked = [], parse_origins(origins)
    for origin in asked:
        try:
            found = _from_origin(origin, card, wanted, refresh, progress)
        except (Unreachable, Changed) as problem:
            problems.append(problem)
            continue
        if found is None:
            continue
        for problem in problems:
            warn(f"{problem}\n  used instead: {found.origin}")
        ledger.note(card, found)
        return found
    if problems:
        raise problems[0]
    names = ", ".join(o.name for o in asked)
    by_hand = not card.raw_urls and not card.resolve
    raise Unreachable(
        card.id,
        "none of the origins has this dataset",
        expected=f"one of: {names}",
        found="the publisher gives no address: the file must come from you" if by_hand else None,
        next=f"datakit mirror add DIR {card.id} FILE, then --origins DIR" if by_hand else "--origins publisher",
    )


def _locked_entry(card, locked):
    """What the lock file says of a dataset, or None when nothing is locked."""
    if locked is None:
        locked = os.environ.get("DATAKIT_LOCK") or False
    if not locked:
        return None
    file = Path(LOCK if locked is True else locked)
    try:
        datasets = json.loads(file.read_text(encoding="utf-8"))["datasets"]
    except FileNotFoundError:
        raise WrongUse(str(file), "this lock file is not there", next="datakit lock") from None
    except (ValueError, KeyError, TypeError) as error:
        raise WrongUse(str(file), "this is no lock file", found=str(error), next="datakit lock") from None
    if card.id not in datasets:
        raise WrongUse(
            card.id,
            f"{file} does not name this dataset, and nothing else is accepted",
            expected=", ".join(datasets)[:300],
            next=f"datakit lock {card.id}",
        )
    if not usable(datasets[card.id]):
        raise WrongUse(
            str(file),
            f"its entry of {card.id} cannot be used",
            expected="a file name and a sha256",
            found=str(datasets[card.id])[:160],
            next=f"datakit lock {card.id}",
        )
    return datasets[card.id]


def _from_origin(origin, card, wanted, refresh, progress):
    """The dataset from one origin, or None when it does not have it."""
    folder = cache_folder() / card.id
    memo = folder / f"{origin.slug}.json"
    last = remembered(memo, folder, origin, card)
    if origin.kind == "publisher" and not refresh:
        if wanted and not (last and last.sha256 == wanted["sha256"]):
            # Newer data may have come since; what the lock names may still be there, and is what was asked for.
            last = _kept_locked(origin, card, wanted) or last
        if last:
            return _as_locked(last, card, wanted)
    try:
        sources = origin.locate(card)
    except Unreachable as problem:
        if last is None:
            raise
        warn(f"{problem}\n  done:     used the copy of {last.retrieved} in the cache")
        return _as_locked(last, card, wanted)
    if not sources:
        return None
    problem = None
    for source in sources:
        try:
            if source.address is None:
                url = look_up(card)
                source = replace(source, address=url, url=url)
            if wanted and source.sha256 and source.sha256 != wanted["sha256"]:
                raise _differs(card, origin.name, wanted["sha256"], source.sha256, LOCK)
            if origin.kind == "sample":
                return _sample(source, card, folder)
            if source.sha256 and (there := kept(folder, source)):
                return there
            with only_one(folder, card):
                # Another process may have brought the file while this one waited.
                again = remembered(memo, folder, origin, card) if origin.kind == "publisher" else kept(folder, source)
                if again and not (refresh and again == last):
                    return _as_locked(again, card, wanted)
                return _bring(source, card, folder, memo, last, wanted, progress)
        except Gone as error:
            if origin.kind == "http":
                raise _not_in_mirror(card, source) from error
            problem = problem or error
        except Unreachable as error:
            problem = problem or error
        except Corrupt as error:
            # A page that says "moved" with status 200 is no reason to leave the card's other addresses untried.
            if origin.kind != "publisher" or source is sources[-1]:
                raise problem or error from None
            problem = problem or error
    if last is not None and not refresh:
        warn(f"{problem}\n  done:     used the copy of {last.retrieved} in the cache")
        return _as_locked(last, card, wanted)
    raise problem


def _kept_locked(origin, card, wanted):
    """The bytes that a lock file names, where the cache still has them."""
    if wanted.get("synthetic"):
        return None
    said = {key: wanted.get(key) for key in ("sha256", "bytes", "url", "licence", "retrieved")}
    return kept(cache_folder() / card.id, Source(origin, None, card.filename, **said))


def _as_locked(found, card, wanted):
    if wanted and found.sha256 != wanted["sha256"]:
        raise _differs(card, found.origin, wanted["sha256"], found.sha256, LOCK)
    return found


def _differs(card, origin, expected, got, who):
    return Changed(
        card.id,
        f"the bytes at {origin} differ from those that {who} names",
        expected=f"sha256 {expected}",
        found=f"sha256 {got}",
        done="kept what was there before",
        next=f"compare, then accept the new data with: datakit lock {card.id}",
    )


def _not_in_mirror(card, source):
    where = "on the machine that serves it: datakit mirror verify DIR"
    return Corrupt(
        card.id,
        "the mirror's lock names a file that is not there",
        expected=source.address,
        next=where if source.origin.kind == "http" else f"datakit mirror verify {source.origin.base}",
    )


def _sample(source, card, folder):
    """The bundled sample is read where it is; its digest is checked once for each state of the file."""
    path = Path(source.address)
    try:
        state = path.stat()
    except FileNotFoundError:
        raise Corrupt(
            card.id, "the bundled sample lacks this file", expected=str(path), next="install the package again"
        ) from None
    seen = folder / "sample-checked.json"
    stamp = {"sha256": source.sha256, "bytes": state.st_size, "mtime_ns": state.st_mtime_ns}
    try:
        checked = json.loads(seen.read_text()) == stamp
    except (OSError, ValueError):
        checked = False
    if not checked:
        if (got := sha256_of(path)) != source.sha256:
            raise Corrupt(
                card.id,
                "the bundled sample was altered",
                expected=f"sha256 {source.sha256}",
                found=f"sha256 {got}",
                next="install the package again",
            )
        with contextlib.suppress(OSError):  # a read-only cache only costs the check again
            write_json(seen, stamp)
    return Fetched(
        path,
        "cached",
        "sample",
        "sample",
        source.sha256,
        state.st_size,
        source.url,
        source.retrieved,
        source.licence,
        source.synthetic,
    )


def _bring(source, card, folder, memo, last, wanted, progress):
    """Bring one file into the cache; called with the dataset's lock held."""
    import pooch

    # A leftover of a process that was killed: no one else can be using it while the lock is held.
    for stale in folder.glob("incoming-*"):
        shutil.rmtree(stale, ignore_errors=True)
    incoming = folder / f"incoming-{os.getpid()}"
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        incoming.mkdir()
        path = incoming / source.filename
        if source.origin.kind == "folder":
            try:
                shutil.copyfile(source.address, path)
            except FileNotFoundError:
                raise _not_in_mirror(card, source) from None
        else:
            pooch.retrieve(
                source.address,
                known_hash=None,
                fname=source.filename,
                path=incoming,
                downloader=_downloader(card, folder, source, progress),
            )
        # Said before the digest: "an HTML page" helps more than "another digest".
        check_bytes(path, card)
        digest = sha256_of(path)
        if source.sha256 and digest != source.sha256:
            if source.origin.kind == "publisher":
                raise _differs(card, source.address, source.sha256, digest, "the data card")
            raise Corrupt(
                card.id,
                "the mirror's file is not the one its lock names",
                expected=f"sha256 {source.sha256}",
                found=f"sha256 {digest}",
                done="kept nothing of it",
                next=f"datakit mirror verify {source.origin.base}",
            )
        if wanted and digest != wanted["sha256"]:
            raise _differs(card, source.origin.name, wanted["sha256"], digest, LOCK)
        home = folder / digest[:16]
        home.mkdir(exist_ok=True)
        os.replace(path, home / source.filename)
    except OSError as error:
        if disk_full(error):
            for part in folder.glob("part-*"):
                part.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    said = {
        "origin": source.origin.name,
        "sha256": digest,
        "filename": source.filename,
        "bytes": (home / source.filename).stat().st_size,
        "url": source.url,
        "licence": source.licence,
        "synthetic": source.synthetic,
        "retrieved": source.retrieved or datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    write_json(memo, {**said, "before": _before(memo, digest)})
    outcome = "changed" if last and last.sha256 != digest else "fresh"
    if outcome == "changed":
        warn(
            f"{card.id}: {source.origin.name} has new data (sha256 {last.sha256[:12]}… before, "
            f"{digest[:12]}… now); the earlier file stays in {folder}"
        )
    return Fetched(
        home / source.filename,
        outcome,
        source.origin.name,
        source.origin.kind,
        digest,
        said["bytes"],
        said["url"],
        said["retrieved"],
        said["licence"],
        source.synthetic,
    )


def _before(memo, digest):
    """What this origin gave before these bytes, to come back to if they prove unreadable."""
    try:
        earlier = json.loads(memo.read_text(encoding="utf-8"))
        # The same bytes again: what came before them is still what came before.
        return earlier.get("before") if earlier["sha256"] == digest else {**earlier, "before": None}
    except (OSError, ValueError, KeyError):
        return None


def _downloader(card, folder, source, progress):
    if source.origin.kind == "publisher" and card.paging:
        return paging.PagedDownload(card.id, folder, card.paging["size"], progress)
    return transfer.Download(card.id, folder, progress, source.bytes)
