"""Lock files: what a result is computed on, by digest; and the same as a registry of pooch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.cache import cache_folder
from datakit.data.origins import LOCK, parse_origins, usable
from datakit.data.project import from_project
from datakit.errors import NotAsDescribed, WrongUse
from datakit.language import _

if TYPE_CHECKING:
    from typing import Any

    import pooch

    from datakit.data.card import Card


def _file(locked):
    """The path of the lock file, or None when nothing is locked."""
    locked = os.environ.get("DATAKIT_LOCK") if locked is None else locked
    return from_project(LOCK if locked is True else locked) if locked else None


def _entries(locked):
    """The entries of the lock file by dataset, or None when nothing is locked."""
    if (file := _file(locked)) is None:
        return None
    try:
        datasets = json.loads(file.read_text(encoding="utf-8"))["datasets"]
        if not isinstance(datasets, dict):
            raise TypeError(_("its datasets are no object"))
        return datasets
    except FileNotFoundError:
        raise WrongUse(str(file), _("this lock file is not there"), next="datakit lock") from None
    except (ValueError, KeyError, TypeError) as error:
        raise WrongUse(str(file), _("this is no lock file"), found=str(error), next="datakit lock") from None


def locked_entry(card: Card, locked: str | os.PathLike[str] | bool | None) -> dict[str, Any] | None:
    """What the lock file says of a dataset, or None when nothing is locked."""
    if (datasets := _entries(locked)) is None:
        return None
    file = _file(locked)
    if card.id not in datasets:
        raise WrongUse(
            card.id,
            _("{file} does not name this dataset, and nothing else is accepted").format(file=file),
            expected=", ".join(datasets)[:300],
            next=f"datakit lock {card.id}",
        )
    if not usable(datasets[card.id]):
        raise WrongUse(
            str(file),
            _("its entry of {id} cannot be used").format(id=card.id),
            expected=_("a file name and a sha256"),
            found=str(datasets[card.id])[:160],
            next=f"datakit lock {card.id}",
        )
    return datasets[card.id]


def registry(origin: str | None = None, *, locked: str | os.PathLike[str] | bool | None = None) -> pooch.Pooch:
    """A mirror's ``data.lock`` as a `pooch.Pooch`, for those who know pooch.

    Names are ``<dataset-id>/<filename>``, digests those of the lock. Of the sample and of a folder, the mirror itself
    is the storage: ``fetch`` compares a file where it lies, downloads nothing and replaces nothing. Of an http mirror,
    files go into the kit's cache, in a folder of their own. pooch knows one place for a file: the kit's order of
    origins, what it remembers, resumes, and checks of the content are those of `datakit.fetch`.

    Parameters
    ----------
    origin : str, optional
        One origin; by default ``DATAKIT_ORIGINS``, else the bundled sample.
    locked : path or bool, optional
        Only what this lock file names, with its digests; True means ``data.lock``, and ``DATAKIT_LOCK`` is the default.

    Returns
    -------
    pooch.Pooch
        Without retries: pooch would ask again for a file whose digest is wrong.

    Raises
    ------
    WrongUse
        Several origins; the publisher without a lock, since publishers name no digests; an address with a password.
    Unreachable, NotAsDescribed
        The mirror is not there, or is none.

    Examples
    --------
    >>> import datakit
    >>> files = datakit.registry("sample")
    >>> files.fetch("communes/communes.geojson").endswith("communes/communes.geojson")
    True
    """
    import pooch

    asked = parse_origins(origin)
    if len(asked) > 1:
        raise WrongUse(
            "registry",
            _("a registry is of one origin"),
            found=str(origin),
            next=_('datakit.registry("{name}")').format(name=asked[-1].name),
        )
    (one,) = asked
    entries = _registered(one, _entries(locked))
    files = {f"{id}/{entry['filename']}": f"sha256:{entry['sha256']}" for id, entry in entries.items()}
    if one.kind in ("sample", "folder"):
        return pooch.create(one.base, Path(one.base).resolve().as_uri(), registry=files, allow_updates=False)
    place = cache_folder() / "_registry" / one.slug
    if one.kind == "http":
        if one.address != one.base:
            raise WrongUse(
                "registry",
                _("pooch writes the addresses it asks into its log, and this one has a password"),
                found=one.name,
                next=_("datakit.fetch, which keeps passwords to itself"),
            )
        return pooch.create(place, one.base, registry=files)
    urls = {f"{id}/{entry['filename']}": entry["url"] for id, entry in entries.items()}
    return pooch.create(place, "", registry=files, urls=urls)


def _registered(origin, locked):
    """The entries that a registry of an origin is made of."""
    if origin.kind != "publisher":
        entries = origin.read_lock()["datasets"]
    elif locked is not None:  # what has no address is a file of somebody's own
        entries = {id: entry for id, entry in locked.items() if not usable(entry) or entry.get("url")}
    else:
        raise WrongUse(
            "registry",
            _("publishers name no digests, and a registry is made of them"),
            expected=_("a mirror, or a lock file that names what was fetched"),
            next=_("datakit lock --origins publisher, then datakit.registry('publisher', locked=True)"),
        )
    if wrong := [id for id, entry in {**entries, **(locked or {})}.items() if not usable(entry)]:
        raise NotAsDescribed(
            origin.name, _("entries of {lock} cannot be used").format(lock=LOCK), found=", ".join(wrong)[:300]
        )
    if locked is None:
        return entries
    return {id: {**entry, "sha256": locked[id]["sha256"]} for id, entry in entries.items() if id in locked}
