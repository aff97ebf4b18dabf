"""What the kit needs beyond its core, and which extra brings it: read from the package's own metadata, no second list.

The standard library only, and old words: the doctor reads this before anything is installed.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import sys
import tempfile
from contextlib import contextmanager, suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import MissingPackage
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from typing import Any

NAME = "ondijon-datakit"
OTHER_NAMES = {
    "bs4": "beautifulsoup4",
    "pil": "pillow",
    "stdnum": "python-stdnum",
}  # where a package is imported by a name that its distribution's does not begin with
CORE = ""


def checkout() -> Path | None:
    """The project's folder where the package is used from a clone of it, else None.

    Returns
    -------
    Path or None
    """
    folder = Path(__file__).resolve().parents[1]
    try:
        # Beside an installed package another project's file may lie.
        mine = f'name = "{NAME}"' in (folder / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return folder if mine else None


def requirements() -> dict[str, list[str]]:
    """Direct dependencies by extra, those of the core under ``""``.

    Returns
    -------
    dict of list of str
        Of the clone's pyproject.toml, else of what pip recorded; empty where there is neither.
    """
    project = checkout()
    if project:
        return _written((project / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    try:
        lines = metadata.requires(NAME) or []
    except metadata.PackageNotFoundError:
        lines = []
    for line in lines:
        requirement, _, marker = line.partition(";")
        extra = re.search(r"""extra == ["']([\w-]+)["']""", marker)
        found.setdefault(extra.group(1) if extra else CORE, []).append(requirement.strip())
    return found


def _written(toml):
    """The same lists from the text of pyproject.toml: before Python 3.11 there is no TOML reader."""
    toml = re.sub(r"^\s*#.*$", "", toml, flags=re.M)
    core = re.search(r"^dependencies = \[$(.*?)^\]$", toml, re.M | re.S)
    extras = re.search(r"^\[project\.optional-dependencies\]$(.*?)(?=^\[)", toml, re.M | re.S)
    lists = [(CORE, core.group(1)), *re.findall(r"^([\w-]+) = \[(.*?)\]$", extras.group(1), re.M | re.S)]
    return {name: re.findall('"([^"]+)"', body) for name, body in lists}


@contextmanager
def needed_by(user: str) -> Iterator[None]:
    """Import packages of an extra within this block: where one is missing, the error says which extra brings it.

    Parameters
    ----------
    user : str
        The module that needs them: ``__name__``.

    Raises
    ------
    MissingPackage
        A `ModuleNotFoundError` that a person can act on. Where no extra brings the package, the error stays as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").split(".")[0]
        extra = bringing(module, user)
        if isinstance(error, MissingPackage) or extra is None:
            raise
        raise MissingPackage(
            user, _("{module} is not installed").format(module=module), name=error.name, next=install(extra)
        ) from None


@contextmanager
def without(package: str) -> Iterator[None]:
    """Import within this block what can do without a package, as if that were not installed.

    Parameters
    ----------
    package : str
        One that takes long to import, and is there for what is not asked here. It stays if it is imported already.
    """
    modules: dict[str, Any] = sys.modules  # None there is how Python is told that a package cannot be imported
    unused = modules.setdefault(package, None) is None
    try:
        yield
    finally:
        if unused:
            del modules[package]


def without_grammar() -> AbstractContextManager[None]:
    """Import jsonschema, or what brings it, within this block, and not the grammar that it would compile.

    Where it finds rfc3987_syntax, jsonschema compiles a grammar of international addresses: most of a second, for a
    format that neither a card nor a notebook uses.
    """
    return without("rfc3987_syntax")


def collect_seldom() -> None:
    """Let this process collect its garbage when there is some: of importing there is none, and at the end all goes.

    Python looks for garbage after each 700 objects more, and goes through all that is there when it ends. In a process
    that imports pandas and ends a second later that was a quarter of its time.
    """
    gc.set_threshold(10_000, 10, 10)
    atexit.register(gc.freeze)


def bringing(module: str, user: str) -> str | None:
    """The extra that brings a module: the user's own theme if that has it, else the first one.

    Parameters
    ----------
    module : str
        A top-level name: ``"folium"``.
    user : str
        The kit's module that imports it: ``"datakit.show.maps"``.

    Returns
    -------
    str or None
    """
    start = module.lower().replace("_", "-")  # opening_hours is in opening-hours-py, odc in odc-stac
    start = OTHER_NAMES.get(start, start)
    lists = requirements()
    named = [
        extra
        for extra, lines in lists.items()
        if extra != CORE and any(re.match(re.escape(start) + r"(?![\w.])", line.lower()) for line in lines)
    ]
    theme = user.split(".")[1] if "." in user else ""
    if theme in named or (not named and theme in lists):  # sklearn has nothing of its package's name, scikit-learn
        return theme
    return named[0] if named else None


def install(*extras: str) -> str:
    """The command that installs extras into this environment, whether the kit came as a wheel or is used from a clone.

    Parameters
    ----------
    *extras : str

    Returns
    -------
    str
    """
    return 'pip install "{}[{}]"'.format(NAME, ",".join(extras))


def pip(home: Path) -> list[str]:
    """The command that is pip: of this environment, or of one that is made once for it (uv makes them without).

    Parameters
    ----------
    home : Path
        The folder of that one. Several processes may ask for it at the same time.

    Returns
    -------
    list of str
    """
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        import venv

        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as work:
            made = Path(work, "made")
            venv.create(made, with_pip=True, symlinks=os.name != "nt")
            with suppress(OSError):  # another process was faster
                made.rename(home)
    return [str(python), "-m", "pip"]
