"""A new dossier: a folder with everything a dossier needs, that can be checked and packed before a word is changed."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.challenge.making import notebook
from datakit.data import mirrors
from datakit.data.cards import card_folders
from datakit.data.files import write_json
from datakit.data.origins import LOCK as DATA_LOCK
from datakit.data.text import slug
from datakit.dossier.layout import CARDS, CONTACT, DATA, FORM, LOCK, NOTEBOOKS, PACKAGES, README, RULES
from datakit.errors import WrongUse
from datakit.language import N_, _, day, language, speaking, worded
from datakit.settings import challenge
from datakit.show.templates import render

if TYPE_CHECKING:
    import os

    from datakit.settings import Challenge

NOTEBOOK = "10_question"  # the example's name
TERRITORY = ("communes", "communes-population")


@dataclass(frozen=True)
class Example:
    """What the example of a theme counts.

    Attributes
    ----------
    data : str
        The dataset of the places.
    question, rate, unit, things, how, cannot : str
        Words of its notebook; ``unit`` of the rate, ``things`` of what is counted.
    amount : str
        Of one place, in Python.
    per : int
        Inhabitants.
    """

    data: str
    question: str
    rate: str
    unit: str
    things: str
    how: str
    cannot: str
    amount: str = "1"
    per: int = 1000


EXAMPLES = {
    "trees": Example(
        "trees-osm",
        N_("How many trees are mapped for 1,000 inhabitants?"),
        N_("Mapped trees for 1,000 inhabitants"),
        N_("trees for 1,000 inhabitants"),
        "trees",
        N_("Each mapped tree is counted in the commune where it stands, then divided by the inhabitants."),
        N_("How many trees there are: nobody has mapped them all."),
    ),
    "vegetation": Example(
        "osm-green",
        N_("How much green space is mapped for 1,000 inhabitants?"),
        N_("Mapped green space for 1,000 inhabitants"),
        N_("ha for 1,000 inhabitants"),
        "ha",
        N_("The area of each green space is counted in the commune where its middle lies, then divided by the people."),
        N_("Whether they can be reached on foot, and whether they are open to all."),
        amount="places.area / 1e4",
    ),
    "inclusion": Example(
        "inclusion-places",
        N_("How many places of digital help are there for 10,000 inhabitants?"),
        N_("Places of digital help for 10,000 inhabitants"),
        N_("places for 10,000 inhabitants"),
        "places",
        N_("Each place is counted in the commune where it stands, then divided by the inhabitants."),
        N_("Whether their opening hours suit those who need them."),
        per=10_000,
    ),
}
OTHER = Example(
    "communes",
    N_("How much land is there for 1,000 inhabitants?"),
    N_("Land for 1,000 inhabitants"),
    N_("ha for 1,000 inhabitants"),
    "ha",
    N_("The area of each commune is divided by its inhabitants."),
    N_("What the land is used for."),
    amount="places.area / 1e4",
)


def new(
    folder: str | os.PathLike[str],
    *,
    theme: str | None = None,
    rules: str | os.PathLike[str] | None = None,
    lang: str | None = None,
    origins: str | None = None,
) -> Path:
    """Write a new dossier.

    Parameters
    ----------
    folder : path
        Made; its name becomes that of the zip.
    theme : str, optional
        One of the challenge's; its first by default.
    rules : path, optional
        The organiser's ``challenge.toml``; by default that of the project or of the kit.
    lang : {"en", "fr"}, optional
        Of what is written; the challenge's by default.
    origins : str, optional
        Where the data of the example comes from, as for `datakit.data.mirrors.lock`.

    Returns
    -------
    Path
        The folder, which appears in one move.

    Raises
    ------
    WrongUse
        The folder is there already, its name suits no zip, or the challenge has no such theme.
    """
    folder = Path(folder).absolute()
    told = challenge(rules)
    theme = theme or told.themes[0]
    if theme not in told.themes:
        raise WrongUse("--theme", _("the challenge has no such theme"), expected=", ".join(told.themes), found=theme)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", folder.name):
        what, expected = _("this name suits no file"), _("letters without accents, digits, - and _, 60 at most")
        raise WrongUse(folder.name, what, expected=expected, next="datakit dossier new NAME")
    if folder.exists() or folder.is_symlink():
        raise WrongUse(str(folder), _("is there already"), done=_("nothing was written"), next="datakit dossier check")
    partial = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    try:
        with speaking(lang or told.language):
            for name, text in texts(folder.name, theme, told).items():
                (partial / name).parent.mkdir(parents=True, exist_ok=True)
                (partial / name).write_text(text, encoding="utf-8")
        shutil.copyfile(told.file, partial / RULES)
        (partial / CARDS).mkdir()
        (partial / CARDS / ".gitkeep").touch()  # git keeps no empty folder
        for file in (file for own in card_folders()[1:] for file in sorted(own.glob("*.json"))):
            shutil.copyfile(file, partial / CARDS / file.name)  # a dossier is a project by itself, on a jury's machine
        write_json(partial / DATA / DATA_LOCK, {"version": 1, "datasets": {}})
        mirrors.lock(datasets(theme), origins, partial / LOCK)
        (partial / ".data.lock.lock").unlink(missing_ok=True)
        partial.rename(folder)
    except OSError as error:
        what, done = _("cannot be written here"), _("nothing was written")
        raise WrongUse(str(folder), what, found=error.strerror or str(error), done=done) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def datasets(theme: str) -> list[str]:
    """What the example of a theme loads."""
    return list(dict.fromkeys([*TERRITORY, EXAMPLES.get(theme, OTHER).data]))


def texts(name: str, theme: str, told: Challenge) -> dict[str, str]:
    """The files that a new dossier is made of, in the language that is spoken, by their names.

    Parameters
    ----------
    name : str
        The dossier's.
    theme : str
    told : Challenge

    Returns
    -------
    dict of str to str
    """
    example, ids = EXAMPLES.get(theme, OTHER), datasets(theme)
    said = {key: worded(value) if isinstance(value, str) else value for key, value in asdict(example).items()}
    words = {
        "name": name,
        "challenge": told,
        "deadline": f"{day(told.deadline.date().isoformat())} {told.deadline:%H:%M %Z}" if told.deadline else "",
        "theme": _toml(theme),
        "data": ", ".join(map(_toml, ids)),
        "ids": " ".join(ids),
        "notebook": NOTEBOOK,
        "question": said["question"],
        "asked": slug(said["question"]),
        "rate": _toml(said["rate"]),
        "unit": said["unit"],
        "start": f"{date.today().year + 1}-04-01",
        "example": said,
    }
    made = {
        file: render(f"{language()}/{file}.j2", __package__, **words) + "\n"
        for file in (FORM, CONTACT, README, PACKAGES)
    }
    source = render(f"{language()}/notebook.py.j2", __package__, **words | {"rate": said["rate"]})
    return made | {".gitignore": f"{CONTACT}\n*.zip\n.*\n!.git*\n", f"{NOTEBOOKS}/{NOTEBOOK}.ipynb": notebook(source)}


def _toml(text):
    """A text as TOML writes it: like JSON."""
    return json.dumps(text, ensure_ascii=False)
