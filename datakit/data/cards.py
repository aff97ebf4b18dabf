"""Data cards: what is known of each dataset, read from one JSON file each, and nowhere else.

A card is a Frictionless *Data Resource* (Data Package v2) with a Table Schema, and a few entries of the kit's own
(CONTRIBUTING.md lists them). This module uses the standard library only, so that ``datakit list`` and
``datakit doctor`` answer before anything is installed.
"""

import difflib
import hashlib
import html
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Formatter

from datakit.data.card_checks import meant, mistakes
from datakit.data.project import project_folder
from datakit.errors import BadCard, UnknownDataset, WrongUse, warn

PACKAGED = Path(__file__).parents[1] / "catalog"
TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "year")


@dataclass(frozen=True)
class Field:
    """One column of a dataset, as the card describes it.

    Attributes
    ----------
    raw : dict
        The Table Schema field, with the kit's ``source``, ``unit``, ``source_unit``, ``title_fr`` and ``optional``.
    """

    raw: dict

    @property
    def name(self):
        return self.raw["name"]

    @property
    def type(self):
        return self.raw.get("type", "string")

    @property
    def source(self):
        """Accepted spellings of the column's header in the publisher's file, the usual one first."""
        source = self.raw.get("source", self.name)
        return (source,) if isinstance(source, str) else tuple(source)

    @property
    def unit(self):
        return self.raw.get("unit")

    @property
    def constraints(self):
        return self.raw.get("constraints", {})

    @property
    def optional(self):
        """Whether the column itself may be absent from the file."""
        return bool(self.raw.get("optional"))

    @property
    def description(self):
        return self.raw.get("description", "")

    def label(self, lang="en"):
        """The column's label in English (``"en"``) or French (``"fr"``)."""
        english = self.raw.get("title", self.name)
        return self.raw.get("title_fr", english) if lang == "fr" else english


class Card:
    """What is known of one dataset.

    Parameters
    ----------
    raw : dict
        The JSON of the card.
    value : str, optional
        The value of the card's parameter, for ids such as ``cadastre-buildings@21166``.
    file : Path, optional
        Where it was read.
    replaces : Path, optional
        The card of the same id that it overrides.
    """

    def __init__(self, raw, value=None, file=None, replaces=None):
        self.raw, self.file, self.replaces = raw, file, replaces
        self.parameter = raw.get("parameter")
        self.value = value if value is not None else (self.parameter or {}).get("default")
        self.id = f"{raw['name']}@{value}" if value is not None else raw["name"]

    def __repr__(self):
        return f"<Card {self.id}: {self.title}>"

    def fill(self, template):
        if template is None or not self.parameter:
            return template
        if self.value is None and any(name for _, name, _, _ in Formatter().parse(template)):
            raise WrongUse(
                self.id,
                "this card is a family of datasets and needs a value after its name",
                expected=f"{self.id}@{self.parameter['name'].upper()}"
                f" ({self.parameter.get('description', 'see the card')})",
                next=f"datakit show {self.id}",
            )
        return template.replace("{" + self.parameter["name"] + "}", self.value or "")

    title = property(lambda self: self.raw.get("title", self.id))
    title_fr = property(lambda self: self.raw.get("title_fr", self.title))
    description = property(lambda self: self.raw.get("description", ""))
    description_fr = property(lambda self: self.raw.get("description_fr", self.description))
    theme = property(lambda self: self.raw.get("theme", "other"))
    publisher = property(lambda self: self.raw["sources"][0]["title"])
    homepage = property(lambda self: self.raw["sources"][0].get("path"))
    licence = property(lambda self: self.raw["licenses"][0]["name"])
    attribution = property(lambda self: self.raw.get("attribution", self.publisher))
    format = property(lambda self: self.raw["format"])
    encoding = property(lambda self: self.raw.get("encoding", "utf-8"))
    delimiter = property(lambda self: self.raw.get("dialect", {}).get("delimiter", ","))
    compression = property(lambda self: self.raw.get("compression"))
    innerpath = property(lambda self: self.raw.get("innerpath"))
    crs = property(lambda self: self.raw.get("crs"))
    geometry = property(lambda self: self.raw.get("geometry"))
    bytes = property(lambda self: self.raw.get("bytes"))
    checked = property(lambda self: self.raw.get("checked"))
    paging = property(lambda self: self.raw.get("paging"))
    resolve = property(lambda self: self.raw.get("resolve"))
    notes = property(lambda self: self.raw.get("notes", []))
    primary_key = property(lambda self: self.raw.get("schema", {}).get("primaryKey"))
    missing_values = property(lambda self: self.raw.get("schema", {}).get("missingValues", [""]))

    @property
    def filename(self):
        return self.fill(self.raw["path"])

    @property
    def urls(self):
        """The publisher's addresses, in the order in which they are tried; empty when there is none."""
        url = self.raw.get("url")
        return [self.fill(u) for u in ([url] if isinstance(url, str) else url or [])]

    @property
    def url(self):
        return self.urls[0] if self.urls else None

    @property
    def sha256(self):
        """Expected digest of the publisher's file, where its URL is pinned; else None."""
        return (self.raw.get("hash") or "").removeprefix("sha256:") or None

    @cached_property
    def fields(self):
        return tuple(Field(raw) for raw in self.raw.get("schema", {}).get("fields", []))

    @cached_property
    def digest(self):
        """Digest of the card itself: a table kept from an older card is not used with a newer one."""
        return hashlib.sha256(json.dumps(self.raw, sort_keys=True).encode()).hexdigest()

    def label(self, lang="en"):
        """The title in English (``"en"``) or French (``"fr"``)."""
        return self.title_fr if lang == "fr" else self.title

    def text(self, lang="en"):
        """The card as plain text, for a terminal."""
        fr = lang == "fr"
        names = (
            ("Éditeur", "Licence", "Adresse", "Fichier", "Vérifiée le", "Mise à jour", "Colonnes")
            if fr
            else ("Publisher", "Licence", "Address", "File", "Checked on", "Updated", "Columns")
        )
        never = "jamais (personne n'a encore vu cette adresse répondre)" if fr else "never seen to answer by the kit"
        address = "\n              ".join(self.raw_urls) or ("aucune" if fr else "none: give the file yourself")
        values = (
            self.publisher + (f" <{self.homepage}>" if self.homepage else ""),
            self.licence,
            address,
            self.raw["path"],
            self.checked or never,
            self.raw.get("update_frequency", "?"),
            "",
        )
        lines = [f"{self.id}: {self.label(lang)}", "", self.description_fr if fr else self.description, ""]
        lines += [f"{name + ':':<14}{value}".rstrip() for name, value in zip(names, values, strict=True)]
        width = max((len(f.name) for f in self.fields), default=0)
        for f in self.fields:
            unit = f" [{f.unit}]" if f.unit else ""
            lines.append(f"  {f.name:<{width}}  {f.type:<8} {f.label(lang)}{unit}")
        if not self.fields:
            lines.append("  (telles que publiées)" if fr else "  (as published)")
        if self.notes:
            lines += ["", "Pièges :" if fr else "Traps:"] + [f"  - {note}" for note in self.notes]
        if self.replaces:
            lines += ["", f"{self.file} {'remplace la fiche' if fr else 'replaces the card'} {self.replaces}"]
        return "\n".join(lines)

    @property
    def raw_urls(self):
        url = self.raw.get("url")
        return [url] if isinstance(url, str) else list(url or [])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td><code>{html.escape(f.name)}</code></td><td>{f.type}</td><td>{html.escape(f.unit or '')}</td>"
            f"<td>{html.escape(f.label())}</td><td lang='fr'>{html.escape(f.label('fr'))}</td></tr>"
            for f in self.fields
        )
        home = (
            f'<a href="{html.escape(self.homepage)}">{html.escape(self.publisher)}</a>'
            if self.homepage
            else (html.escape(self.publisher))
        )
        notes = "".join(f"<li>{html.escape(n)}</li>" for n in self.notes)
        return (
            f"<div><strong>{html.escape(self.title)}</strong> <code>{html.escape(self.id)}</code>"
            f"<p>{html.escape(self.description)}</p><p>{home} · {html.escape(self.licence)} · "
            f"{'checked ' + self.checked if self.checked else 'address never seen to answer by the kit'}</p>"
            + (f"<ul>{notes}</ul>" if notes else "")
            + "<table><thead><tr><th>column</th><th>type</th><th>unit</th><th>label</th><th>libellé</th></tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )


class Catalog(Mapping):
    """The data cards by id, in the order territory, trees, vegetation, inclusion, citizens, then the others.

    Parameters
    ----------
    cards : iterable of Card
    bad : dict, optional
        What is wrong with files that are no usable cards, by the id that they would have.
    folders : list of Path, optional
        Where cards were looked for.
    """

    _ORDER = ("territory", "trees", "vegetation", "inclusion", "citizens")

    def __init__(self, cards, bad=None, folders=()):
        def rank(card):
            theme = self._ORDER.index(card.theme) if card.theme in self._ORDER else len(self._ORDER)
            return theme, card.theme, card.id

        self._cards = {card.id: card for card in sorted(cards, key=rank)}
        self.bad, self._folders = bad or {}, folders

    def __getitem__(self, id):
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
            raise WrongUse(id, f"the card {name} takes no value", found=f"@{value}", next=f"datakit show {name}")
        pattern = card.parameter.get("pattern", r"[\w.-]+")
        # The value becomes part of a path and of an address: nothing may climb out of either.
        if not re.fullmatch(pattern, value) or "/" in value or ".." in value:
            raise WrongUse(
                id,
                "this value does not fit the card",
                expected=f"{card.parameter.get('description', card.parameter['name'])} ({pattern})",
                found=repr(value),
                next=f"datakit show {name}",
            )
        return card

    def _unknown(self, id, name):
        near = difflib.get_close_matches(name.lower().replace("_", "-"), self._cards, n=3, cutoff=0.5)
        near += [i for i in self._cards if name and name.lower() in i and i not in near]
        folders = [f"{folder}{'' if folder.is_dir() else ' (not there)'}" for folder in self._folders]
        return UnknownDataset(
            id,
            "no data card has this id",
            expected=("did you mean " + ", ".join(near[:4]) + "?") if near else "an id of the catalog",
            found=f"cards in the kit, {', '.join(folders)}" if folders else None,
            next="datakit list",
        )

    def __contains__(self, id):
        return str(id).partition("@")[0] not in self.bad and super().__contains__(id)

    def __iter__(self):
        return iter(self._cards)

    def __len__(self):
        return len(self._cards)

    def __repr__(self):
        width = max(map(len, self._cards), default=0)
        return "\n".join(f"{card.theme:<11} {id:<{width}}  {card.title}" for id, card in self._cards.items())

    def search(self, words):
        """The cards that mention every one of ``words``, in either language, as a smaller catalog."""
        wanted = words.lower().split()
        text = {id: json.dumps(c.raw, ensure_ascii=False).lower() for id, c in self._cards.items()}
        return Catalog([c for id, c in self._cards.items() if all(w in text[id] for w in wanted)])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td>{html.escape(c.theme)}</td><td><details><summary><code>{html.escape(id)}</code></summary>"
            f"{c._repr_html_()}</details></td><td>{html.escape(c.title)}</td><td>{html.escape(c.publisher)}</td>"
            f"<td>{html.escape(c.licence)}</td></tr>"
            for id, c in self._cards.items()
        )
        return (
            "<table style='text-align:left'><thead><tr><th>theme</th><th>id</th><th>title</th><th>publisher</th>"
            f"<th>licence</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def card_folders():
    """Where cards are read from, the last one winning: the package, the project's ``cards``, those of DATAKIT_CARDS."""
    named = [Path(p) for p in os.environ.get("DATAKIT_CARDS", "").split(os.pathsep) if p]
    for folder in named:
        if not folder.is_dir():
            raise WrongUse("DATAKIT_CARDS", "names a folder that does not exist", found=str(folder))
    own = project_folder() / "cards"
    return [PACKAGED, *([] if own.resolve() in [folder.resolve() for folder in named] else [own]), *named]


def read_catalog():
    """Read every data card.

    Returns
    -------
    Catalog
        The package's cards, joined or overridden by those of the project's folder ``cards`` and of the folders named
        by ``DATAKIT_CARDS``. A card that cannot be used is left out with a warning, and asking for it raises
        `BadCard`; JSON files that are no cards are left alone.
    """
    cards, bad = {}, {}
    folders = card_folders()
    for file in (file for folder in folders for file in sorted(folder.glob("*.json"))):
        try:
            card = read_card(file)
        except BadCard as error:
            if meant(file):
                bad[file.stem] = error
                first, *more = error.found.splitlines()
                more = f", and {len(more)} more" if more else ""
                warn(f"{file}: {error.what} and is left out ({first}{more}): `datakit show {file.stem}` says all of it")
            elif file.stem not in cards:
                bad[file.stem] = error
            continue
        bad.pop(card.id, None)
        before = cards.get(card.id)
        card.replaces = before.file if before else None
        cards[card.id] = card
    return Catalog(cards.values(), bad, folders[1:])


def read_card(file):
    """Read and check one card. Those of the kit are checked by its tests.

    Raises
    ------
    BadCard
        Says of every wrong entry of the file what was expected and what was found.
    """
    file = Path(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
        raw = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadCard(str(file), "this data card is not JSON", expected='{"name": …}', found=str(error)) from error
    if wrong := () if file.parent == PACKAGED else mistakes(text, file.stem):
        raise BadCard(
            str(file),
            "this data card cannot be used",
            expected="\n            ".join(f"{key}: {expected}" for key, expected, _ in wrong),
            found="\n            ".join(f"{key}: {found}" for key, _, found in wrong),
            next="compare with a card of the kit: datakit show iris --json",
        )
    return Card(raw, file=file)


def describe(id):
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
