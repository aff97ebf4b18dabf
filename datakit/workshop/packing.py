"""Pack one folder, for USB sticks or a laptop, from which a room works without a network."""

from __future__ import annotations

import shlex
import shutil
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datakit import __version__
from datakit.data import mirrors, verifying
from datakit.data.cards import read_catalog
from datakit.data.files import disk_full, sha256_of, write_json, write_whole
from datakit.data.origins import parse_origins
from datakit.data.provenance import STAMP
from datakit.errors import CacheProblem, DatakitError, WrongUse
from datakit.extras import checkout
from datakit.language import LANGUAGES, _, language, speaking
from datakit.settings import challenge
from datakit.show.templates import render
from datakit.workshop import handouts, layout, wheelhouse

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

GUIDES = ("animateurs.md", "facilitator.md", "glossaire.md", "glossary.md")
WEB = Path(__file__).with_name("web")
# What start.pyz is made of: modules that need nothing but Python.
STARTING = (
    "__init__.py",
    "errors.py",
    "language.py",
    "lending.py",
    "data/__init__.py",
    "data/files.py",
    "workshop/__init__.py",
    "workshop/layout.py",
    "workshop/starting.py",
    "locale/fr/LC_MESSAGES/datakit.mo",
    "locale/fr/LC_MESSAGES/workshop.mo",
)
MAIN = """\
import os, sys
from datakit.workshop.starting import main
sys.exit(main(beside=os.path.dirname(os.path.abspath(sys.argv[0]))))
"""


@dataclass
class PackReport:
    """What was packed.

    Attributes
    ----------
    folder : Path
    sizes : dict
        Bytes of each part.
    data : MirrorReport
    lacking : list of str
        Packages that have no wheel for a system and Python.
    """

    folder: Path
    data: verifying.MirrorReport
    lacking: list[str]
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.data.ok and not self.lacking


def pack(
    folder: str | os.PathLike[str],
    origins: str | Sequence[str] | None = "publisher",
    systems: Sequence[str] = wheelhouse.ROOM,
    pythons: Sequence[str] = layout.PYTHONS,
    say: Callable[[str], object] = print,
) -> PackReport:
    """Pack data, packages, notebooks, guide and start scripts; what is there and right is kept.

    Parameters
    ----------
    folder : path
        Made if it is not there. A pack that was broken off goes on where it stopped.
    origins : str
        Where the data comes from.
    systems : list of str
        Of `wheelhouse.SYSTEMS`.
    pythons : list of str
        Of ``3.11``, ``3.12`` and ``3.13``.
    say : callable
        Called with each line of progress.

    Returns
    -------
    PackReport
        A dataset that could not be had, or a wheel that nobody makes, does not stop the rest.

    Raises
    ------
    WrongUse
        The kit is not used from its project's folder, or an option does not exist.
    CacheProblem
        The folder cannot be written, or the disk is full.
    Unreachable
        The index of packages does not answer.
    """
    folder, project = Path(folder).absolute(), _project()
    _check("--systems", systems, wheelhouse.SYSTEMS)
    _check("--pythons", pythons, layout.PYTHONS)
    ids = _ids(origins)
    with _on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / layout.SUMS).unlink(missing_ok=True)  # without it the folder is not finished: it is written last
        about = {"version": 1, "kit": __version__, "systems": list(systems), "pythons": list(pythons)}
        write_json(folder / layout.ABOUT, about)
        work = folder / layout.UNFINISHED
        try:
            for line in what_is_left_out(folder):
                say(line)
            say(_("data:"))
            data = mirrors.build(folder / layout.MIRROR, ids, origins, say=lambda line: say(f"  {line}"))
            say(_("packages:"))
            lacking = _packages(folder, project, systems, pythons, work, lambda line: say(f"  {line}"))
            _papers(folder, project, work)
            write_whole(folder / layout.PAGE, partial(_write_page, folder, systems, pythons))
            write_whole(folder / layout.SUMS, partial(_write_sums, folder))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return PackReport(folder, data, lacking, _sizes(folder))


def _project():
    project = checkout()
    if project is None or not (project / layout.LOCKED).is_file():
        raise WrongUse(
            "workshop pack",
            _("a folder is packed from the kit’s project, which has its sources and its lock"),
            found=_("the kit is installed without them"),
            next=_("clone the project, then there: make setup, and .venv/bin/datakit workshop pack DIR"),
        )
    return project


def _check(option, given, known):
    wrong = [name for name in given if name not in known]
    if wrong or not given:
        found = ", ".join(wrong) or _("nothing")
        raise WrongUse(option, _("there is no such choice"), expected=", ".join(known), found=found)


@contextmanager
def _on_disk(folder):
    try:
        yield
    except OSError as error:
        if isinstance(error, DatakitError):
            raise
        raise CacheProblem(
            str(folder),
            _("the disk is full") if disk_full(error) else _("this folder cannot be written"),
            expected=_("a folder with some 2 GB of room and the right to write there"),
            found=str(error),
            done=_("kept what is whole"),
            next=_("the same command goes on where it stopped"),
        ) from error


def what_is_left_out(folder: Path) -> list[str]:
    """What no command can fetch, with the one that puts it into the mirror: lines to show.

    Parameters
    ----------
    folder : Path
        The packed folder; datasets that its mirror has are not named.
    """
    catalog, mirror = read_catalog(), shlex.quote(str(folder / layout.MIRROR))
    there = {id.partition("@")[0] for id in _datasets(folder / layout.MIRROR)}
    lines = []
    for id, card in catalog.items():
        if id in there:
            continue
        if id == challenge().territory["inventory"]:
            lines.append(f"  {id}: datakit trees import FILE --mirror {mirror}")
        elif not (card.raw_urls or card.resolve):
            lines.append(f"  {id}: datakit mirror add {mirror} {id} FILE")
        elif card.parameter and card.parameter.get("default") is None:
            lines.append(f"  {id}: datakit mirror build {mirror} {id}@{card.parameter['name'].upper()}")
    return [_("not in it, as no address gives it; add it at any time:"), *lines] if lines else []


def _datasets(mirror):
    try:
        return list(parse_origins([str(mirror)])[0].read_lock()["datasets"])
    except DatakitError:
        return []


def _ids(origins):
    """What to fetch: all that has an address, and whatever else the mirrors among the origins have."""
    catalog, named = read_catalog(), []
    for origin in parse_origins(origins):
        if origin.kind in ("folder", "http"):
            named += [id for id in origin.read_lock()["datasets"] if id.partition("@")[0] in catalog]
    alone = [
        id
        for id, card in catalog.items()
        if (card.raw_urls or card.resolve) and (not card.parameter or card.parameter.get("default") is not None)
    ]
    return list(dict.fromkeys([*alone, *named]))


def _packages(folder, project, systems, pythons, work, say):
    lock = (project / layout.LOCKED).read_text(encoding="utf-8")
    home = folder / layout.WHEELS
    lacking = wheelhouse.fill(home, lock, systems, pythons, work=work, say=say)
    own = wheelhouse.build_kit(project, home, work)
    wheelhouse.write_index(home)
    text = f"{lock}{own}\n"
    write_whole(folder / layout.LOCKED, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return lacking


def _papers(folder, project, work):
    """All that is small: notebooks, settings of JupyterLab, the guide, how to start."""
    _renew(folder / layout.NOTEBOOKS, work, lambda new: shutil.copytree(project / "notebooks", new, ignore=_SOURCES))
    _renew(folder / layout.JUPYTER, work, lambda new: shutil.copytree(project / ".jupyter", new))
    _renew(folder / layout.FACILITATOR, work, lambda new: _guides(project, new))
    for name, source, newline in (
        ("start.sh", "start.sh", "\n"),
        ("start.command", "start.sh", "\n"),
        ("start.bat", "start.bat", "\r\n"),
    ):
        text = (WEB / source).read_text(encoding="utf-8")
        write_whole(folder / name, partial(_write_script, text, newline))
    write_whole(folder / layout.START, write_starter)
    (folder / layout.PYTHON).mkdir(exist_ok=True)


_SOURCES = shutil.ignore_patterns("src", "solutions", ".*")


def _renew(target, work, make):
    """A folder made anew beside, then put into the place of the old one."""
    new = work / target.name
    shutil.rmtree(new, ignore_errors=True)
    new.parent.mkdir(parents=True, exist_ok=True)
    make(new)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


def _guides(project, new):
    """What is the facilitator's: guide and glossary, and in each language solutions, answer key, sheet and slides."""
    new.mkdir()
    for name in GUIDES:
        if (project / "docs" / name).is_file():
            shutil.copy(project / "docs" / name, new)
    for lang in LANGUAGES:
        with speaking(lang):
            made = handouts.contents()
        for name, content in made.items():
            top, _slash, inside = name.partition("/")
            if top == handouts.FACILITATORS:
                (new / lang / inside).parent.mkdir(parents=True, exist_ok=True)
                (new / lang / inside).write_bytes(content)


def _write_script(text, newline, path):
    path.write_text(text, encoding="utf-8", newline=newline)
    path.chmod(0o755)


def _write_page(folder, systems, pythons, path):
    """The page that a person opens first, in both languages: that of whoever packs comes first."""
    entries = parse_origins([str(folder / layout.MIRROR)])[0].read_lock()["datasets"]
    said = {
        "datasets": len(entries),
        "invented": sum(bool(entry.get("synthetic")) for entry in entries.values()),
        "pythons": ", ".join(pythons),
        "newest": pythons[-1],
    }
    sections = []
    for lang in sorted(LANGUAGES, key=lambda lang: lang != language()):
        with speaking(lang):
            labels = ", ".join(_(wheelhouse.SYSTEMS[system].label) for system in systems)
            sections.append(render("start.html.j2", __package__, systems=labels, stamp=_(STAMP), **said))
    path.write_text(render("index.html.j2", __package__, sections=sections), encoding="utf-8")


def write_starter(path: Path) -> None:
    """Write start.pyz: the modules that install from the folder, in one file that Python runs."""
    package = Path(__file__).resolve().parents[1]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in STARTING:
            # No dates: the same modules make the same file.
            archive.writestr(zipfile.ZipInfo(f"datakit/{name}"), (package / name).read_bytes())
        archive.writestr(zipfile.ZipInfo("__main__.py"), MAIN)


def _write_sums(folder, path):
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in layout.summed_files(folder)]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _sizes(folder):
    parts = {path.name: path for path in sorted(folder.iterdir()) if not path.name.startswith(".")}
    return {
        name: sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
        for name, path in parts.items()
        if path.is_dir() and any(path.iterdir()) and (name in layout.SUMMED or name == layout.MIRROR)
    }
