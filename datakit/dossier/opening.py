"""A stranger's zip, opened into a folder: before anything is written it is refused for what an honest one never holds.

`opened` reads the list of files, unpacks within limits into a folder beside, holds what is in it against its own record
(`datakit.dossier.agreeing`), and only then moves the folder to its place. Nothing of the dossier is executed, and none
of its pages is unpacked: who verifies makes them again.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from datakit.dossier import agreeing
from datakit.dossier.agreeing import Reason, Refused
from datakit.dossier.layout import ADDED, CONTACT, CRATE, DATA, FORM, LOCK, NOTEBOOKS, PACKAGES, REPORT, WRITTEN
from datakit.language import N_, _

if TYPE_CHECKING:
    from typing import Any

    from datakit.dossier.form import Dossier
    from datakit.settings import Limits

NEEDED = (FORM, LOCK, PACKAGES, CRATE, f"{REPORT}/results.json", f"{REPORT}/run.json")
RATIO = 200  # a choice of this kit: text packs to a tenth, a picture to nothing
SMALL = 1_000_000  # bytes under which no ratio is a bomb
LISTED = 400  # bytes that the list of files may take for each: a name is not longer
BLOCK = 1 << 20
END = b"PK\x05\x06"
PAGES = (".html", ".htm")
DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
SAID = {
    "zip": N_("it is not a zip, or not a whole one"),
    "large": N_("it is larger than a dossier may be"),
    "files": N_("it holds more files than a dossier may"),
    "bomb": N_("it unpacks to more than a dossier may"),
    "climbs": N_("a path climbs out of the dossier"),
    "absolute": N_("a path is absolute"),
    "link": N_("an entry is neither a file nor a folder: a link, or a device"),
    "twice": N_("two entries have one name, or names that some systems take for one"),
    "locked": N_("an entry is encrypted"),
    "packed": N_("an entry is packed in a way that is not accepted"),
    "name": N_("a name suits no file on some systems, or is hidden"),
    "layout": N_("an entry has no place in a dossier"),
    "contact": N_("the contact must not be in a dossier"),
    "missing": N_("what a dossier needs is missing"),
}


@dataclass(frozen=True)
class Opened:
    """A dossier that was opened.

    Attributes
    ----------
    folder : Path
        Its files, pages excepted.
    sha256 : str
        Of the zip.
    form : Dossier
    record, results, lock : dict
        Its ``run.json``, ``results.json`` and ``data.lock``.
    """

    folder: Path
    sha256: str
    form: Dossier
    record: dict[str, Any]
    results: dict[str, Any]
    lock: dict[str, Any]


def opened(path: str | os.PathLike[str], folder: str | os.PathLike[str], limits: Limits) -> Opened:
    """Open a dossier's zip into a folder, or refuse it.

    Parameters
    ----------
    path : path
        The zip.
    folder : path
        Must not be there: it appears in one move, when everything is in order.
    limits : Limits
        The jury's, whatever the dossier's own rules say.

    Returns
    -------
    Opened

    Raises
    ------
    Refused
        With each reason, and nothing left of it.
    """
    path, folder = Path(path), Path(folder)
    try:
        size = path.stat().st_size
        if not stat.S_ISREG(path.stat().st_mode):
            raise _refused("zip", path.name)
        if size > limits.zip_mb * 1e6:
            raise _refused("large", f"{size / 1e6:.1f} MB > {limits.zip_mb:g} MB")
        _list_within(path, limits)
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
            if reasons := _listed(entries, limits):
                raise Refused(path.name, reasons)
            partial = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
            partial.mkdir(mode=0o700, parents=True)
            try:
                pages = _unpack(packed, entries, partial, limits)
                made = Opened(folder, _digest(path), *agreeing.agree(partial, pages, limits))
                partial.rename(folder)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    except Refused as refused:
        raise Refused(path.name, refused.reasons) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError) as error:
        raise Refused(path.name, [_reason("zip", f"{path.name}: {error}")]) from None
    return made


def _refused(code, where):
    return Refused(where, [_reason(code, where)])


def _reason(code, where):
    return Reason(code, where, _(SAID[code]))


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list_within(path, limits):
    """Look at the size of the list of files before it is read: it alone could fill the memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - (1 << 16) - 22))
        tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) < place + 22:
        raise _refused("zip", path.name)
    count, size = (int.from_bytes(tail[place + a : place + b], "little") for a, b in ((10, 12), (12, 16)))
    if count > limits.files or size > limits.files * LISTED or b"PK\x06\x07" in tail[max(0, place - 20) : place]:
        raise _refused("files", f"{count} > {limits.files}")


def _listed(entries, limits):
    """The reasons that the list of files alone gives, before anything is unpacked."""
    reasons = [_reason("files", f"{len(entries)} > {limits.files}")] * (len(entries) > limits.files)
    total = sum(entry.file_size for entry in entries)
    if total > limits.unpacked_mb * 1e6:
        reasons.append(_reason("bomb", f"{total / 1e6:.0f} MB > {limits.unpacked_mb:g} MB"))
    files = {_alike(entry.orig_filename) for entry in entries if not entry.is_dir()}
    seen = set()
    for entry in entries:
        name = entry.orig_filename  # zipfile cuts a name at a zero byte, and the rest would not be seen
        above = {str(folder) for folder in PurePosixPath(_alike(name)).parents}
        twice = _alike(name) in seen or above & files
        if code := _wrong(entry, name) or ("twice" if twice else ""):
            reasons.append(_reason(code, name[:200]))
        seen.add(_alike(name))
    there = {entry.orig_filename for entry in entries}
    reasons += [_reason("missing", name) for name in NEEDED if name not in there]
    if not any(re.fullmatch(rf"{NOTEBOOKS}/[^/]+\.ipynb", name) for name in there):
        reasons.append(_reason("missing", f"{NOTEBOOKS}/*.ipynb"))
    return reasons


def _alike(name):
    return unicodedata.normalize("NFC", name).casefold().rstrip("/")


def _wrong(entry, name):
    """The code of what is wrong with one entry, or nothing."""
    kind, parts = stat.S_IFMT(entry.external_attr >> 16), name.rstrip("/").split("/")
    size = entry.file_size
    checks = {
        "absolute": name.startswith(("/", "\\")) or bool(re.match("[A-Za-z]:", name)),
        "climbs": ".." in re.split(r"[/\\]", name),
        "link": kind not in (0, stat.S_IFDIR if name.endswith("/") else stat.S_IFREG),
        "locked": bool(entry.flag_bits & 0x2041),
        "packed": entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED),
        "bomb": size > SMALL and size > RATIO * max(1, entry.compress_size),
        "contact": Path(name).name.casefold() == CONTACT,
        "name": any(_unfit(part) for part in parts) or len(name.encode()) > 200,
        "layout": parts[0] not in (*WRITTEN, *ADDED) or (len(parts) > 2 and parts[0] == REPORT),
    }
    return next((code for code, wrong in checks.items() if wrong), "")


def _unfit(part):
    """Whether a part of a path means something else on another system, or hides."""
    odd = re.search(r'[\x00-\x1f\x7f<>:"|?*\\]|[ .]$', part) or not part.isprintable()
    return bool(odd) or not part or part.startswith(".") or part.split(".")[0].casefold() in DEVICES


def _unpack(packed, entries, folder, limits):
    """Write the files, as long as they keep to the limit; pages are read and not written."""
    pages, total = {}, 0
    for entry in entries:
        place = folder / entry.filename
        if entry.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        page = entry.filename.lower().endswith(PAGES) and not entry.filename.startswith(f"{DATA}/")
        place.parent.mkdir(parents=True, exist_ok=True)
        blocks = []
        with packed.open(entry) as source, open(os.devnull if page else place, "wb") as file:
            while block := source.read(BLOCK):
                total += len(block)
                if total > limits.unpacked_mb * 1e6:  # what the list announced was a lie
                    raise _refused("bomb", entry.filename)
                file.write(block)
                blocks += [block] * page
        if page:
            pages[entry.filename] = b"".join(blocks)
    return pages
