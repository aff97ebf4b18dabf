"""Make and fill mirrors, and record in ``data.lock`` what a result was computed on."""

from __future__ import annotations

import json
import shutil
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.archives import check_bytes
from datakit.data.cards import read_catalog
from datakit.data.fetching import obtain
from datakit.data.files import disk_full, sha256_of, write_json, write_whole
from datakit.data.origins import LOCK, Origin, is_vintage, parse_origins, usable
from datakit.data.tables import parse
from datakit.data.verifying import MirrorReport, wrong
from datakit.errors import CacheProblem, DatakitError, DataWarning, WrongUse
from datakit.language import _, decimal

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from typing import Any


def build(
    folder: str | os.PathLike[str],
    ids: Sequence[str] | None = None,
    origins: str | Sequence[str] | None = "publisher",
    progress: bool | None = None,
    say: Callable[[str], object] | None = None,
) -> MirrorReport:
    """Fetch datasets into a mirror; what is already there and right is kept, so that a broken build goes on.

    Invented data from a mirror of the sample is not kept where ``origins`` may have the real one.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    ids : list of str, optional
        By default every dataset that its publisher gives an address for.
    origins : str
        Where to fetch from.
    progress : bool, optional
        Show bars; by default only at a terminal.
    say : callable, optional
        Called with one line for each dataset.

    Returns
    -------
    MirrorReport
        A dataset that could not be had does not stop the others: it is in ``problems``.
    """
    folder, catalog, say = Path(folder), read_catalog(), say or (lambda line: None)
    if ids is None:
        ids = [id for id, card in catalog.items() if (card.raw_urls or card.resolve) and _whole_family(card)]
    cards = [catalog[id] for id in ids]  # an unknown id is said before anything is fetched
    real = parse_origins(origins)[0].kind != "sample"
    report = MirrorReport(folder)
    for n, card in enumerate(cards, 1):
        start = f"[{n}/{len(cards)}] {card.id}"
        try:
            entry, found = _entries(folder).get(card.id), None
            right = entry and not wrong(Origin(str(folder), "folder"), card.id, entry)
            if not right or (real and entry.get("synthetic")):
                found = obtain(card, origins, progress=progress)
            if found is None or (right and found.sha256 == entry["sha256"]):
                say(_("{start}: already there").format(start=start))
            else:
                entry = _found_entry(found, card)
                _put(folder, card.id, found.path, entry)
                say(
                    _("{start}: {size} MB, {outcome}").format(
                        start=start, size=decimal(entry["bytes"] / 1e6, 1), outcome=found.outcome
                    )
                )
        except DatakitError as error:
            report.problems[card.id] = str(error)
            say(_("{start}: FAILED, {what}").format(start=start, what=error.what))
            continue
        report.good.append(card.id)
        report.bytes += entry["bytes"]
    return report


def add(
    folder: str | os.PathLike[str],
    id: str,
    file: str | os.PathLike[str],
    *,
    vintage: str | None = None,
    check: bool = True,
) -> dict[str, Any]:
    """Put a local file, such as the city's tree inventory, into a mirror.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    id : str
        The dataset whose card describes the file.
    file : path
    vintage : str, optional
        The year or date that the file is of, such as "2016" or "2024-03": credits and reports give it in the place of
        the card's.
    check : bool
        Refuse a file that does not load under the card.

    Returns
    -------
    dict
        The file's entry in ``data.lock``.

    Raises
    ------
    WrongUse
        No such file, or a vintage in which no year is.
    CacheProblem
        The mirror cannot be written, or its disk is full.
    Corrupt, NotAsDescribed
        The file is not what the card says; the mirror stays as it was.
    """
    card, file = read_catalog()[id], Path(file)
    if not file.is_file():
        raise WrongUse(str(file), _("this file is not there"), next=f"datakit mirror add {folder} {id} FILE")
    if vintage is not None and not is_vintage(vintage):
        raise WrongUse(
            "vintage",
            _("this does not say of which year the file is"),
            expected=_("a year or date such as 2016 or 2024-03, in 30 characters at most"),
            found=repr(vintage)[:80],
            next=f"datakit mirror add {folder} {id} {file} --vintage YEAR",
        )
    if check:
        check_bytes(file, card)
        parsed = parse(file, card)
        if len(parsed.rejects):
            first = parsed.rejects.iloc[0]
            warnings.warn(
                DataWarning(
                    _(
                        "{id}: {n} of {rows_read} rows break the card's schema and will be set aside by load; "
                        "first: row {row}, {column} = {value!r}, expected: {rule}"
                    ).format(
                        id=id,
                        n=parsed.rows_read - len(parsed.frame),
                        rows_read=parsed.rows_read,
                        row=first.row,
                        column=first.column,
                        value=first.value,
                        rule=first.rule,
                    )
                ),
                stacklevel=2,
            )
    entry = _entry(file, card, url=None, licence=card.licence, retrieved=_now(), vintage=vintage)
    _put(Path(folder), card.id, file, entry)
    return entry


def lock(
    ids: Sequence[str] | None = None,
    origins: str | Sequence[str] | None = None,
    file: str | os.PathLike[str] = LOCK,
    progress: bool | None = None,
) -> dict[str, dict[str, Any]]:
    """Record what was fetched: the sha256 of each dataset, where it came from and when.

    Parameters
    ----------
    ids : list of str, optional
        By default every dataset that the origins have, families excepted.
    origins : str, optional
    file : path
        Entries of other datasets in it are kept.

    Returns
    -------
    dict
        The entries written, by dataset.

    Raises
    ------
    DatakitError
        A dataset named in ``ids`` cannot be had; the file stays as it was. Without ``ids``, a dataset that an origin
        has but could not give is named in a warning and left out.
    """
    catalog, entries, left_out = read_catalog(), {}, []
    for id in ids or [id for id, card in catalog.items() if _whole_family(card)]:
        card = catalog[id]
        try:
            found = obtain(card, origins, locked=False, progress=progress)
        except DatakitError as error:
            if ids:
                raise
            if any(_has(origin, card) for origin in parse_origins(origins)):
                left_out.append(f"{id} ({error.what})")
            continue
        entries[card.id] = {**_found_entry(found, card), "origin": found.origin}
    if left_out:
        warnings.warn(
            DataWarning(_("not recorded in {file}: {names}").format(file=file, names=", ".join(left_out))), stacklevel=2
        )
    if not entries:
        raise WrongUse("lock", _("none of the origins has any dataset"), found=str(origins), next="datakit doctor")
    file = Path(file)
    with _held(file.parent):
        known = _read(file).get("datasets", {})
        write_json(file, {"version": 1, "datasets": dict(sorted({**known, **entries}.items()))})
    return entries


def _has(origin, card):
    """Whether an origin promises a dataset, whatever became of it."""
    try:
        return bool(origin.locate(card))
    except DatakitError:
        return False


def _whole_family(card):
    """Whether the card stands for a dataset by itself, and not only with a value after its name."""
    return not card.parameter or card.parameter.get("default") is not None


def _now():
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _entry(path, card, *, url, licence, retrieved, vintage):
    entry = {
        "filename": card.filename,
        "sha256": sha256_of(path),
        "bytes": Path(path).stat().st_size,
        "url": url,
        "licence": licence,
        "retrieved": retrieved,
    }
    return {**entry, "vintage": vintage} if vintage else entry


def _found_entry(found, card):
    said = {name: getattr(found, name) for name in ("url", "licence", "retrieved", "vintage")}
    if found.origin_kind == "publisher" and is_vintage(card.vintage):
        said["vintage"] = said["vintage"] or card.vintage  # a later card may name the next year's file
    entry = _entry(found.path, card, **said)
    return {**entry, "synthetic": True} if found.synthetic else entry


def _read(file):
    try:
        lock = json.loads(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise WrongUse(str(file), _("this lock file is not JSON: nothing was written"), found=str(error)) from None
    if not isinstance(lock, dict) or not isinstance(lock.get("datasets", {}), dict):
        raise WrongUse(str(file), _("this is no lock file: nothing was written"), found=str(lock)[:80])
    return lock


def _entries(folder):
    datasets = _read(folder / LOCK).get("datasets", {})
    return {id: entry for id, entry in datasets.items() if usable(entry)}


@contextmanager
def _held(folder):
    """Hold the lock of a folder, so that two commands do not lose each other's entries."""
    from filelock import FileLock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".data.lock.lock"):
            yield
    except OSError as error:
        raise CacheProblem(
            str(folder),
            _("the disk is full") if disk_full(error) else _("this folder cannot be written"),
            expected=_("room and the right to write there"),
            found=str(error),
            done=_("left no half file"),
            next=_("free some room, or choose another folder"),
        ) from error


def _put(folder, id, path, entry):
    """One file into a mirror, then its entry: a reader of the lock finds whole files only."""
    with _held(folder):
        lock = _read(folder / LOCK)
        write_whole(folder / id / entry["filename"], lambda temporary: shutil.copyfile(path, temporary))
        datasets = {**lock.get("datasets", {}), id: entry}
        write_json(folder / LOCK, {**lock, "version": 1, "datasets": dict(sorted(datasets.items()))})
