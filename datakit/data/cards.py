"""Data cards: what is known of each dataset, read from one JSON file each, and nowhere else.

A card is a Frictionless *Data Resource* (Data Package v2) with a Table Schema, and a few entries of the kit's own
(CONTRIBUTING.md lists them). This module uses the standard library only, so that ``datakit list`` and
``datakit doctor`` answer before anything is installed.
"""

from __future__ import annotations

import difflib
import functools
import html
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.card import Card, Field
from datakit.data.card_checks import meant, mistakes, themes
from datakit.data.project import project_folder
from datakit.errors import BadCard, UnknownDataset, WrongUse, warn
from datakit.language import _
from datakit.settings import PACKAGED as SETTINGS
from datakit.settings import challenge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["PACKAGED", "TYPES", "Card", "Catalog", "Field", "card_folders", "describe", "read_card", "read_catalog"]

PACKAGED = Path(__file__).parents[1] / "catalog"
TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "year")


class Catalog(Mapping[str, Card]):
    """The data cards by id, in the order of their themes (`datakit.data.card_checks.themes`), then of their ids.

    Parameters
    ----------
    cards : iterable of Card
    bad : dict, optional
        What is wrong with files that are no usable cards, by the id that they would have.
    folders : list of Path, optional
        Where cards were looked for.
    """

    def __init__(
        self, cards: Iterable[Card], bad: dict[str, BadCard] | None = None, folders: Sequence[Path] = ()
    ) -> None:
        order = themes()

        def rank(card):
            return order.index(card.theme) if card.theme in order else len(order), card.theme, card.id

        self._cards = {card.id: card for card in sorted(cards, key=rank)}
        self.bad, self._folders = bad or {}, folders

    def __getitem__(self, id: str) -> Card:
        name, at, value = str(id).partition("@")
        if name in self.bad:
            raise self.bad[name]
        if name not in self._cards:
            raise self._unknown(id, name)
        if not at:
            return self._cards[name]
        known = self._cards[name]
        card = Card(known.raw, value, known.file, known.replaces)
        if not card.parameter:
            raise WrongUse(
                id,
                _("the card {name} takes no value").format(name=name),
                found=f"@{value}",
                next=f"datakit show {name}",
            )
        pattern = card.parameter.get("pattern", r"[\w.-]+")
        # The value becomes part of a path and of an address: nothing may climb out of either.
        if not re.fullmatch(pattern, value) or "/" in value or ".." in value:
            raise WrongUse(
                id,
                _("this value does not fit the card"),
                expected=f"{_(card.parameter.get('description', card.parameter['name']))} ({pattern})",
                found=repr(value),
                next=f"datakit show {name}",
            )
        return card

    def _unknown(self, id, name):
        near = difflib.get_close_matches(name.lower().replace("_", "-"), self._cards, n=3, cutoff=0.5)
        near += [i for i in self._cards if name and name.lower() in i and i not in near]
        absent = _("{folder} (not there)")
        folders = [str(f) if f.is_dir() else absent.format(folder=f) for f in self._folders]
        return UnknownDataset(
            id,
            _("no data card has this id"),
            expected=_("did you mean {names}?").format(names=", ".join(near[:4]))
            if near
            else _("an id of the catalog"),
            found=_("cards in the kit, {names}").format(names=", ".join(folders)) if folders else None,
            next="datakit list",
        )

    def __contains__(self, id):
        return str(id).partition("@")[0] not in self.bad and super().__contains__(id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def __repr__(self):
        width = max(map(len, self._cards), default=0)
        lines = []
        for heading, cards in self._groups():
            lines += [f"# {heading}"] if heading else []
            lines += [f"{card.theme:<11} {card.id:<{width}}  {card.label()}" for card in cards]
        return "\n".join(lines)

    def _groups(self):
        """Headings and cards: in a project of another town its own cards first, then the kit's, which say so."""
        cards, town = list(self._cards.values()), challenge(SETTINGS).town
        if challenge().town == town:
            return [("", cards)]
        kit = [card for card in cards if card.file and card.file.parent == PACKAGED]
        said = _("of the kit, whose own town is {town}: to compare with, or to begin a card from")
        groups = [("", [card for card in cards if card not in kit]), (said.format(town=town), kit)]
        return [group for group in groups if group[1]]

    def search(self, words: str) -> Catalog:
        """The cards that mention every one of ``words``, in either language, as a smaller catalog."""
        wanted = words.lower().split()
        text = {id: json.dumps(c.raw, ensure_ascii=False).lower() for id, c in self._cards.items()}
        return Catalog([c for id, c in self._cards.items() if all(w in text[id] for w in wanted)])

    def _repr_html_(self):
        rows = ""
        for heading, cards in self._groups():
            rows += f"<tr><th colspan=5>{html.escape(heading)}</th></tr>" if heading else ""
            rows += "".join(map(_row, cards))
        heads = "".join(
            f"<th>{html.escape(head)}</th>" for head in (_("theme"), "id", _("title"), _("publisher"), _("licence"))
        )
        return f"<table style='text-align:left'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(card):
    return (
        f"<tr><td>{html.escape(_(card.theme))}</td><td><details><summary><code>{html.escape(card.id)}</code></summary>"
        f"{card._repr_html_()}</details></td><td>{html.escape(card.label())}</td>"
        f"<td>{html.escape(_(card.publisher))}</td><td>{html.escape(card.licence)}</td></tr>"
    )


def card_folders() -> list[Path]:
    """Where cards are read from, the last one winning: the package, the project's ``cards``, those of DATAKIT_CARDS."""
    named = [Path(p) for p in os.environ.get("DATAKIT_CARDS", "").split(os.pathsep) if p]
    for folder in named:
        if not folder.is_dir():
            raise WrongUse("DATAKIT_CARDS", _("names a folder that does not exist"), found=str(folder))
    own = project_folder() / "cards"
    return [PACKAGED, *([] if own.resolve() in [folder.resolve() for folder in named] else [own]), *named]


def read_catalog() -> Catalog:
    """Read every data card.

    Returns
    -------
    Catalog
        The package's cards, joined or overridden by those of the project's folder ``cards`` and of the folders named
        by ``DATAKIT_CARDS``. A card that cannot be used is left out with a warning, and asking for it raises
        `BadCard`; JSON files that are no cards are left alone.
    """
    cards: dict[str, Card] = {}
    bad: dict[str, BadCard] = {}
    folders = card_folders()
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        try:
            card = read_card(file)
        except BadCard as error:
            if meant(file):
                bad[file.stem] = error
                first, *more = (error.found or "").splitlines() or [""]
                others = _(", and {n} more").format(n=len(more)) if more else ""
                warn(
                    _("{file}: {what} and is left out ({first}{others}): `datakit show {stem}` says all of it").format(
                        file=file, what=error.what, first=first, others=others, stem=file.stem
                    )
                )
            elif file.stem not in cards:
                bad[file.stem] = error
            continue
        bad.pop(card.id, None)
        before = cards.get(card.id)
        card.replaces = before.file if before else None
        cards[card.id] = card
    return Catalog(cards.values(), bad, folders[1:])


def read_card(file: str | os.PathLike[str]) -> Card:
    """Read and check one card. Those of the kit are checked by its tests.

    Raises
    ------
    BadCard
        Says of every wrong entry of the file what was expected and what was found.
    """
    file = Path(file)
    try:
        text, raw = (_of_the_kit if file.parent == PACKAGED else _read)(file)
    except (OSError, ValueError) as error:
        raise BadCard(str(file), _("this data card is not JSON"), expected='{"name": …}', found=str(error)) from error
    if wrong := () if file.parent == PACKAGED else mistakes(text, file.stem):
        raise BadCard(
            str(file),
            _("this data card cannot be used"),
            expected="\n            ".join(f"{key}: {expected}" for key, expected, _ in wrong),
            found="\n            ".join(f"{key}: {found}" for key, _, found in wrong),
            next=_("compare with a card of the kit: datakit show iris --json"),
        )
    return Card(raw, file=file)


def _read(file):
    text = file.read_text(encoding="utf-8-sig")
    return text, json.loads(text)


_of_the_kit = functools.cache(_read)  # each load asks for all of them, and they stay as they are


def describe(id: str) -> Card:
    """The data card of a dataset: columns, units, licence, traps.

    Parameters
    ----------
    id : str
        An id of ``datakit.catalog``.

    Returns
    -------
    Card
        Shown as a table in a notebook, as text by ``print(card.text())``.

    Raises
    ------
    UnknownDataset
        With the nearest ids.
    """
    return read_catalog()[id]
