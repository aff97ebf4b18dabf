"""What the printed page of the audit says: what its template is given, and what its height is reckoned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datakit.trees.checks.words import Cannot


@dataclass(frozen=True)
class Mark:
    """A verdict as people see it."""

    sign: str
    colour: str
    word: str


@dataclass(frozen=True)
class Row:
    """One line of a table of findings."""

    mark: Mark
    found: str
    amount: str
    examples: str
    todo: str


@dataclass(frozen=True)
class Sheet:
    """What stands on the page beside its findings, in words."""

    title: str
    synthetic: bool
    trees: str
    facts: str
    tally: list[tuple[int, Mark]]
    questions: list[Cannot]
    good: list[str]
    changed: str
    source: str
