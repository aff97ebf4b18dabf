"""One data card: what is known of one dataset and of each of its columns.

The standard library only, so that ``datakit show`` answers before anything is installed.
"""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.language import _, language, worded

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True)
class Field:
    """One column of a dataset, as the card describes it.

    Attributes
    ----------
    raw : dict
        The Table Schema field, with the kit's ``source``, ``unit``, ``source_unit``, ``title_fr`` and ``optional``.
    """

    raw: dict[str, Any]

    @property
    def name(self) -> str:
        return self.raw["name"]

    @property
    def type(self) -> str:
        return self.raw.get("type", "string")

    @property
    def source(self) -> tuple[str, ...]:
        """Accepted spellings of the column's header in the publisher's file, the usual one first."""
        source = self.raw.get("source", self.name)
        return (source,) if isinstance(source, str) else tuple(source)

    @property
    def unit(self) -> str | None:
        return self.raw.get("unit")

    @property
    def constraints(self) -> dict[str, Any]:
        return self.raw.get("constraints", {})

    @property
    def optional(self) -> bool:
        """Whether the column itself may be absent from the file."""
        return bool(self.raw.get("optional"))

    @property
    def description(self) -> str:
        return self.raw.get("description", "")

    @property
    def measured(self) -> str:
        """The unit in the user's language; empty where there is none."""
        return worded(self.unit or "")

    def label(self, lang: str = "") -> str:
        """The column's label in English (``"en"``) or French (``"fr"``), by default in the user's language."""
        english = self.raw.get("title", self.name)
        return self.raw.get("title_fr", english) if (lang or language()) == "fr" else english


class Card:
    """What is known of one dataset.

    Parameters
    ----------
    raw : dict
        The JSON of the card.
    value : str, optional
        The value of the card's parameter, for ids such as ``cadastre-buildings@INSEE-CODE``.
    file : Path, optional
        Where it was read.
    replaces : Path, optional
        The card of the same id that it overrides.
    """

    def __init__(
        self,
        raw: dict[str, Any],
        value: str | None = None,
        file: Path | None = None,
        replaces: Path | None = None,
    ) -> None:
        self.raw, self.file, self.replaces = raw, file, replaces
        self.parameter: dict[str, Any] | None = raw.get("parameter")
        self.value: str | None = value if value is not None else (self.parameter or {}).get("default")
        self.id = f"{raw['name']}@{value}" if value is not None else raw["name"]

    def __repr__(self):
        return f"<Card {self.id}: {self.title}>"

    def fill(self, template: str) -> str:
        if not self.parameter:
            return template
        if self.value is None and any(part[1] for part in Formatter().parse(template)):
            raise WrongUse(
                self.id,
                _("this card is a family of datasets and needs a value after its name"),
                expected=f"{self.id}@{self.parameter['name'].upper()}"
                f" ({_(self.parameter.get('description', 'see the card'))})",
                next=f"datakit show {self.id}",
            )
        return template.replace("{" + self.parameter["name"] + "}", self.value or "")

    @property
    def title(self) -> str:
        return self.raw.get("title", self.id)

    @property
    def title_fr(self) -> str:
        return self.raw.get("title_fr", self.title)

    @property
    def description(self) -> str:
        return self.raw.get("description", "")

    @property
    def description_fr(self) -> str:
        return self.raw.get("description_fr", self.description)

    @property
    def theme(self) -> str:
        return self.raw.get("theme", "other")

    @property
    def publisher(self) -> str:
        return self.raw["sources"][0]["title"]

    @property
    def homepage(self) -> str | None:
        return self.raw["sources"][0].get("path")

    @property
    def licence(self) -> str:
        return self.raw["licenses"][0]["name"]

    @property
    def attribution(self) -> str:
        return self.raw.get("attribution", self.publisher)

    @property
    def format(self) -> str:
        return self.raw["format"]

    @property
    def encoding(self) -> str:
        return self.raw.get("encoding", "utf-8")

    @property
    def delimiter(self) -> str:
        return self.raw.get("dialect", {}).get("delimiter", ",")

    @property
    def compression(self) -> str | None:
        return self.raw.get("compression")

    @property
    def innerpath(self) -> str | None:
        return self.raw.get("innerpath")

    @property
    def crs(self) -> str | None:
        return self.raw.get("crs")

    @property
    def geometry(self) -> dict[str, Any] | None:
        return self.raw.get("geometry")

    @property
    def bytes(self) -> int | None:
        return self.raw.get("bytes")

    @property
    def checked(self) -> str | None:
        return self.raw.get("checked")

    @property
    def vintage(self) -> str | None:
        """The year or date that its figures are of; None where the publisher's file is of the day it is fetched."""
        return self.raw.get("vintage")

    @property
    def paging(self) -> dict[str, int] | None:
        return self.raw.get("paging")

    @property
    def resolve(self) -> dict[str, str] | None:
        return self.raw.get("resolve")

    @property
    def notes(self) -> list[str]:
        return self.raw.get("notes", [])

    @property
    def primary_key(self) -> str | list[str] | None:
        return self.raw.get("schema", {}).get("primaryKey")

    @property
    def missing_values(self) -> list[str]:
        return self.raw.get("schema", {}).get("missingValues", [""])

    @property
    def filename(self) -> str:
        return self.fill(self.raw["path"])

    @property
    def urls(self) -> list[str]:
        """The publisher's addresses, in the order in which they are tried; empty when there is none."""
        url = self.raw.get("url")
        return [self.fill(u) for u in ([url] if isinstance(url, str) else url or [])]

    @property
    def url(self) -> str | None:
        return self.urls[0] if self.urls else None

    @property
    def sha256(self) -> str | None:
        """Expected digest of the publisher's file, where its URL is pinned; else None."""
        return (self.raw.get("hash") or "").removeprefix("sha256:") or None

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        return tuple(Field(raw) for raw in self.raw.get("schema", {}).get("fields", []))

    @cached_property
    def digest(self) -> str:
        """Digest of the card itself: a table kept from an older card is not used with a newer one."""
        return hashlib.sha256(json.dumps(self.raw, sort_keys=True).encode()).hexdigest()

    def label(self, lang: str = "") -> str:
        """The title in English (``"en"``) or French (``"fr"``), by default in the user's language."""
        return self.title_fr if (lang or language()) == "fr" else self.title

    def told(self) -> str:
        """The description in the user's language."""
        return self.description_fr if language() == "fr" else self.description

    def text(self) -> str:
        """The card as plain text, for a terminal, in the user's language."""
        values = {
            _("Publisher:"): _(self.publisher) + (f" <{self.homepage}>" if self.homepage else ""),
            _("Licence:"): self.licence,
            _("Address:"): "\n              ".join(self.raw_urls) or _("none: give the file yourself"),
            _("File:"): self.raw["path"],
            _("Checked on:"): self.checked or _("never seen to answer by the kit"),
            _("Updated:"): _(self.raw.get("update_frequency", "?")),
            _("Columns:"): "",
        }
        lines = [f"{self.id}: {self.label()}", "", self.told(), ""]
        lines += [f"{name:<14}{value}".rstrip() for name, value in values.items()]
        width = max((len(f.name) for f in self.fields), default=0)
        for f in self.fields:
            unit = f" [{f.measured}]" if f.unit else ""
            lines.append(f"  {f.name:<{width}}  {f.type:<8} {f.label()}{unit}")
        if not self.fields:
            lines.append("  " + _("(as published)"))
        if self.notes:
            lines += ["", _("Traps:")] + [f"  - {_(note)}" for note in self.notes]
        if self.replaces:
            lines += ["", _("{file} replaces the card {id}").format(file=self.file, id=self.replaces)]
        return "\n".join(lines)

    @property
    def raw_urls(self) -> list[str]:
        url = self.raw.get("url")
        return [url] if isinstance(url, str) else list(url or [])

    def _repr_html_(self):
        rows = "".join(
            f"<tr><td><code>{html.escape(f.name)}</code></td><td>{f.type}</td><td>{html.escape(f.measured)}</td>"
            f"<td>{html.escape(f.label())}</td></tr>"
            for f in self.fields
        )
        home = (
            f'<a href="{html.escape(self.homepage)}">{html.escape(_(self.publisher))}</a>'
            if self.homepage
            else html.escape(_(self.publisher))
        )
        notes = "".join(f"<li>{html.escape(_(n))}</li>" for n in self.notes)
        seen = (
            _("checked {day}").format(day=self.checked)
            if self.checked
            else _("address never seen to answer by the kit")
        )
        heads = "".join(f"<th>{html.escape(head)}</th>" for head in (_("column"), _("type"), _("unit"), _("label")))
        return (
            f"<div><strong>{html.escape(self.label())}</strong> <code>{html.escape(self.id)}</code>"
            f"<p>{html.escape(self.told())}</p><p>{home} · {html.escape(self.licence)} · "
            f"{html.escape(seen)}</p>"
            + (f"<ul>{notes}</ul>" if notes else "")
            + f"<table><thead><tr>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table></div>"
        )
