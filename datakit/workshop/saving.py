"""Take the work home: one zip of notebooks, answers and where their data came from, whole or not there.

What goes in is what a person made: notebooks that are no longer as they were shipped, reports, cards, notes. Data stays
out, whoever published it: the city's file is not a participant's to carry away, and the rest is fetched again.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import subprocess
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from datakit import __version__
from datakit.data.files import write_whole
from datakit.data.origins import LOCK
from datakit.data.project import project_folder
from datakit.data.provenance import ANSWER_MIME, PROVENANCE_MIME, provenance
from datakit.errors import WrongUse, without_password
from datakit.extras import checkout
from datakit.language import _, ngettext
from datakit.run.shipped import kit_notebooks
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

WORK = {".ipynb", ".py", ".md", ".txt", ".html", ".json", ".log", ".png", ".svg", ".pdf", ".yml", ".yaml", ".toml"}
EACH, MOST = 20e6, 100e6  # bytes of a file, and of all before they are packed: choices of this kit
PREFIX = "datakit-"
ASIDE = {"__pycache__", "node_modules", "build", "dist"}  # made again by programs; and all that begins with a point
PLACES = ("notebooks", "reports", "cards")
# In a folder of its own in the zip, where no file of a participant is.
ABOUT = CONTENTS, PROVENANCE, ANSWERS = ("_datakit/CONTENTS.txt", "_datakit/provenance.json", "_datakit/answers.json")


@dataclass
class Saved:
    """What was packed.

    Attributes
    ----------
    path : Path
        Of the zip.
    kept : dict
        Path in the zip -> bytes.
    left : dict
        Path of what was left out -> why.
    """

    path: Path
    kept: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def sentence(self) -> str:
        """How much is in it, and where it is."""
        count, size = len(self.kept), _size(self.path.stat().st_size)
        text = ngettext("{count} file, {size} packed: {path}", "{count} files, {size} packed: {path}", count)
        return text.format(count=count, size=size, path=self.path)

    def lines(self) -> list[str]:
        """The sentence, and what was left out."""
        return [self.sentence(), *self.left_out()]

    def left_out(self) -> list[str]:
        """A line for each thing that is not in it."""
        return [_("left out: {path} ({why})").format(path=path, why=why) for path, why in self.left.items()]

    def __repr__(self):
        return "\n".join(self.lines())

    def _repr_html_(self):
        said, *left = (html.escape(line) for line in self.lines())
        name = html.escape(_("Download {name}").format(name=self.path.name))
        try:
            where = quote(Path(os.path.relpath(self.path)).as_posix())
        except ValueError:  # another drive, on Windows
            link = html.escape(str(self.path))
        else:  # JupyterLab finds a path beside the notebook, and leaves a link with `download` to the browser
            link = f"<a href='{where}' download>{name}</a>"
        told = "".join(f"<li>{line}</li>" for line in left)
        return f"<p><b>{link}</b></p><p>{said}</p>" + (f"<ul>{told}</ul>" if told else "")


def save(folder: str | os.PathLike[str] | None = None) -> Saved:
    """Pack one's work into a dated zip beside it: notebooks, reports, cards, notes, and an account of the data.

    Parameters
    ----------
    folder : path, optional
        By default the project that one works in.

    Returns
    -------
    Saved
        In a notebook it shows a link that downloads the file.

    Raises
    ------
    WrongUse
        The folder is not there, cannot be written, or holds nothing to take home.
    """
    folder = Path(folder) if folder is not None else project_folder()
    if not folder.is_dir():
        raise WrongUse(str(folder), _("there is no such folder"), next="datakit save DIR")
    kept, left = choose(folder)
    if not kept:
        raise WrongUse(
            str(folder),
            _("there is nothing of yours to take home"),
            expected=_("a notebook that was changed, a report, a card"),
            found=_("{count} files that stay out").format(count=len(left)) if left else None,
            next="datakit save DIR",
        )
    path = _free(folder / time.strftime(f"{PREFIX}%Y-%m-%d-%H%M.zip"))
    saved = Saved(path, {name: (folder / name).stat().st_size for name in kept}, left)
    try:
        write_whole(path, lambda temporary: _pack(temporary, folder, saved))
    except OSError as error:
        found, done = error.strerror or str(error), _("no zip was left")
        raise WrongUse(str(folder), _("the zip cannot be written here"), found=found, done=done) from error
    return saved


def choose(folder: Path) -> tuple[list[str], dict[str, str]]:
    """What of a folder is taken home.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    kept : list of str
        Paths in the folder, with ``/`` on every system, in order.
    left : dict
        Path -> why it is left out. What programs make again, and what is as it was shipped, is not spoken of.
    """
    shipped, left = _shipped(folder), {}
    sizes: dict[str, int] = {}
    for path, why in _walk(folder):
        name = name_in_zip(path, folder)
        told_by = path / LOCK if path.is_dir() else path  # the kit's own sample is a mirror
        if told_by.is_file() and not path.is_symlink() and _same_as_shipped(told_by, shipped):
            continue
        if why:
            left[name] = why
            continue
        size = path.stat().st_size
        if size > EACH:
            left[name] = _("larger than {size}: take it by hand").format(size=_size(EACH))
        else:
            sizes[name] = size
    while sum(sizes.values()) > MOST:
        largest = max(sizes, key=lambda name: sizes[name])
        left[largest] = _("all together would be more than {size}: take it by hand").format(size=_size(MOST))
        del sizes[largest]
    return sorted(sizes), left


def _size(bytes):
    """A size to be read."""
    if bytes >= 1e6:
        return _("{size} MB").format(size=number(bytes / 1e6, 1).removesuffix(".0").removesuffix(",0"))
    return _("{size} kB").format(size=number(-(-bytes // 1000), 0))


def name_in_zip(path: Path, folder: Path) -> str:
    """The name of a file in the zip: a path below the folder, with ``/`` whichever system wrote it."""
    return path.relative_to(folder).as_posix()


def _walk(folder: Path, within: bool = False) -> Iterator[tuple[Path, str]]:
    """Files, each with why it stays out, or ""; a folder that stays out is one line."""
    home = not within and folder.resolve() == Path.home().resolve()
    # Of a person's home, and of the kit's folder where nothing tells what in it is the kit's, only the places of work
    # are looked into, and notebooks beside them.
    narrow = home or (not within and checkout() == folder.resolve() and _shipped_by_git(folder) is None)
    for path in sorted(folder.iterdir()):
        earlier = path.name.startswith(PREFIX) and path.suffix == ".zip"
        if path.name.startswith(".") or path.name in ASIDE or path.suffix == ".egg-info" or earlier:
            continue
        if path.is_symlink():
            yield path, _("a link to somewhere else")
        elif path.is_dir():
            if (path / LOCK).is_file() and any(path.glob("*/")):
                yield path, _("a mirror: data is fetched again")
            elif narrow and path.name not in PLACES:
                if home:
                    yield path, _("not in {places}: name the folder, datakit save DIR").format(places=", ".join(PLACES))
            elif not (path / "pyvenv.cfg").is_file():
                yield from _walk(path, within=True)
        elif narrow and path.suffix != ".ipynb" and path.name != LOCK:
            continue
        elif path.suffix.lower() in WORK or path.name == LOCK:
            yield path, ""
        else:
            yield path, _("data, or a file of another kind: take it by hand if it is yours")


def _blob(data):
    """The name that git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _same_as_shipped(path, shipped):
    if not shipped or path.stat().st_size > EACH:
        return False
    data = path.read_bytes()  # on Windows git may have ended each line in its own way
    return _blob(data) in shipped or _blob(data.replace(b"\r\n", b"\n")) in shipped


def _shipped(folder):
    """Contents that came with the kit, by git's name for each: of the commit, else of the installed notebooks."""
    by_git = _shipped_by_git(folder)
    if by_git is not None:
        return by_git
    kit = kit_notebooks()
    if kit.resolve().is_relative_to(folder.resolve()):
        return set()  # what one works on is the kit's only copy: nothing tells what was changed
    return {_blob(path.read_bytes()) for path in kit.rglob("*.ipynb")}


def _shipped_by_git(folder):
    """The same from git, where the folder is in the kit's clone; else None. Another repository is a team's own work."""
    clone = checkout()
    if clone is None or not folder.resolve().is_relative_to(clone):
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "ls-tree", "-r", "--full-tree", "HEAD"],
            capture_output=True,
            encoding="utf-8",
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {line.split(maxsplit=3)[2] for line in done.stdout.splitlines()} if done.returncode == 0 else None


def _free(path):
    """The path, or the next one that is not taken."""
    number, found = 1, path
    while os.path.lexists(found):
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found


def _pack(temporary, folder, saved):
    answers, used = _said(folder, saved.kept)
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed:
        for name in saved.kept:
            packed.write(folder / name, name)
        for name, value in ((ANSWERS, answers), (PROVENANCE, {"datakit": __version__, "datasets": used})):
            packed.writestr(name, without_password(json.dumps(value, ensure_ascii=False, indent=1)))
        packed.writestr(CONTENTS, "\n".join(_contents(saved)) + "\n")


def _contents(saved):
    """The list of what is in the zip, to be read without opening anything else."""
    yield _("Work taken home with datakit {version}, {day}").format(version=__version__, day=time.strftime("%Y-%m-%d"))
    yield ""
    for name, size in saved.kept.items():
        yield f"{_size(size):>9}  {name}"
    yield ""
    yield _("{answers}: the answers of the notebooks; {provenance}: the data behind them").format(
        answers=ANSWERS, provenance=PROVENANCE
    )
    if saved.left:
        yield ""
        yield from saved.left_out()


def _said(folder: Path, names: dict[str, int]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The answers and the data that notebooks show, and what this process used."""
    answers: list[dict[str, Any]] = []
    used = {json.dumps(record, sort_keys=True, default=str): record for record in provenance().records()}
    for name in names:
        for data in _outputs(folder / name) if name.endswith(".ipynb") else ():
            if isinstance(answer := data.get(ANSWER_MIME), dict):
                answers.append({"notebook": name} | {k: v for k, v in answer.items() if k != "picture"})
            for record in (data.get(PROVENANCE_MIME) or {}).get("datasets", ()):
                used[json.dumps(record, sort_keys=True, default=str)] = record
    return answers, list(used.values())


def _outputs(path):
    """What the outputs of a notebook carry; nothing where it cannot be read, which is no reason to lose it."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [output.get("data", {}) for cell in cells for output in cell.get("outputs", ())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
