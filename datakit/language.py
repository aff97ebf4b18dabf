"""The language that a person reads, and `_`, which says a text in it.

Texts are written in English where they are used, as ``_("no column {name}").format(name=name)``. The French stands in
``datakit/locale/fr/LC_MESSAGES``, a file for each room; ``make messages`` brings these up to date with the code.

A person reads, in this order: what `speaking` or ``DATAKIT_LANG`` says (``--lang`` sets it), in a notebook the
language of JupyterLab, else that of the system.
"""

from __future__ import annotations

import gettext as catalogs
import locale
import os
import re
import sys
import unicodedata
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("en", "fr")
MARKS = {"en": ".", "fr": ","}  # of decimals
LOCALE = Path(__file__).with_name("locale")
_spoken: ContextVar[str] = ContextVar("datakit_language", default="")


def language() -> str:
    """The language that the user reads.

    Returns
    -------
    {"en", "fr"}
    """
    return _spoken.get() or _known(os.environ.get("DATAKIT_LANG")) or _lab() or _system()


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Say everything in one language inside a ``with``, whoever the user is.

    Parameters
    ----------
    lang : {"en", "fr"}
        Or empty: nothing is changed.

    Raises
    ------
    ValueError
        The kit does not speak this language.
    """
    if lang and lang not in LANGUAGES:
        raise ValueError(f"lang: {lang!r} is none of {', '.join(LANGUAGES)}")
    token = _spoken.set(lang or _spoken.get())
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(message: str) -> str:
    """A text in the user's language; the text itself where it is not translated."""
    # The translation of "" is the file's header.
    return _translations(language()).gettext(message) if message else message


def ngettext(one: str, many: str, n: float) -> str:
    """A text that depends on a number: of one thing, or of many.

    Parameters
    ----------
    one, many : str
        In English. A unit after a number is both: ``ngettext("trees", "trees", 1)`` is "arbre" in French.
    n : float
        In English only 1 is one; in French all below 2 is.
    """
    lang = language()
    n = abs(n)
    count = int(min(n, 2)) if lang == "fr" else 1 if n == 1 else 2
    return _translations(lang).ngettext(one, many, count)


def pgettext(context: str, message: str) -> str:
    """A text that means several things in French: ``context`` says which one is meant."""
    return _translations(language()).pgettext(context, message)


def worded(message: str) -> str:
    """A text that stands by itself, a header or a word in a cell: of what is a unit elsewhere, the form of many."""
    if not message:
        return message
    known = _translations(language())
    many = known.ngettext(message, message, 2)
    return many if many != message else known.gettext(message)


def day(date: str) -> str:
    """A day, written ``2026-05-31``, as the user writes it; what is no such day comes back as it is."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", date)
    return _("{year}-{month}-{day}").format(year=found[1], month=found[2], day=found[3]) if found else date


def decimal(value: float, places: int) -> str:
    """A number with its decimal mark: `datakit.show.style.number` for rooms that are below it, or need no Babel."""
    return f"{value:.{places}f}".replace(".", MARKS[language()])


class Place(str):
    """The name of a town or territory in a sentence, whose French needs to know how names are joined.

    ``{town}`` is the name; French writes ``{town:de}`` and ``{town:à}`` where English has a word of its own.

    Examples
    --------
    >>> "{0:de}, {0:à}".format(Place("Le Mans")), f"{Place('Angers'):de}"
    ('du Mans, au Mans', 'd’Angers')
    """

    __slots__ = ()

    def __format__(self, form: str) -> str:
        if form not in ("de", "à"):
            return str.__format__(self, form)
        article, _space, rest = self.partition(" ")
        joined = {"le": ("du", "au"), "les": ("des", "aux")}.get(article.lower())
        if joined and rest:
            return f"{joined[form == 'à']} {rest}"
        # h stays apart: which ones are mute (d’Hyères, de Haguenau) no rule says.
        elided = form == "de" and unicodedata.normalize("NFD", self)[:1].lower() in "aeiouyœæ"
        return f"d’{self}" if elided and self else f"{form} {self}"


def N_(message: str) -> str:
    """Mark a text to be translated later, by `_` where it is shown."""
    return message


_ = gettext


@cache
def _translations(lang):
    """The files of all rooms and chapters as one: the first that knows a text says it."""
    known: dict[object, str] = {}
    whole = catalogs.NullTranslations()
    for file in _files(lang):
        with file.open("rb") as opened:
            whole = catalogs.GNUTranslations(opened)
        known = vars(whole)["_catalog"] | known
    # A chain of fallbacks would look for every word of a table in forty files: a minute for a map of all trees.
    vars(whole)["_catalog"] = known
    return whole


def _files(lang):
    if LOCALE.is_dir():
        return sorted(LOCALE.glob(f"{lang}/LC_MESSAGES/*.mo"))
    from importlib.resources import files  # in a zip: start.pyz of a workshop

    folder = files("datakit").joinpath("locale", lang, "LC_MESSAGES")
    return sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []


def _known(name):
    """``fr_FR.UTF-8`` and ``French_France`` are "fr"; "" where the kit does not speak it."""
    start = (name or "").lower()[:2]
    return start if start in LANGUAGES else ""


@cache
def _system():
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return _known(os.environ[name]) or "en"
    return _known(locale.getlocale(locale.LC_CTYPE)[0]) or "en"


@cache
def _lab():
    """The language that was chosen in JupyterLab's settings; "" outside of a notebook, or where none was."""
    paths = sys.modules.get("jupyter_core.paths")  # a kernel has it
    if "ipykernel" not in sys.modules or paths is None:
        return ""
    folder = os.environ.get("JUPYTERLAB_SETTINGS_DIR") or Path(paths.jupyter_config_dir(), "lab", "user-settings")
    file = Path(folder, "@jupyterlab", "translation-extension", "plugin.jupyterlab-settings")
    try:
        text = re.sub(r"^\s*//.*", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    except OSError:
        return ""
    found = re.search(r'"locale"\s*:\s*"(\w+)"', text)
    return _known(found[1]) if found else ""
