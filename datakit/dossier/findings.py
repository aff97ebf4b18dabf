"""What is wrong with a dossier: how much it matters, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import DatakitError
from datakit.language import N_

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVELS = REFUSED, MISSING, ADVICE = ("refused", "missing", "advice")
SAID = {
    REFUSED: N_("would be refused"),
    MISSING: N_("is missing"),
    ADVICE: N_("advice"),
}


@dataclass(frozen=True)
class Finding:
    """One thing, with the error that says it: the file, what was expected and found, the next command.

    Attributes
    ----------
    level : {"refused", "missing", "advice"}
    error : DatakitError
    """

    level: str
    error: DatakitError

    def __str__(self):
        return str(self.error)


def refused(file: str, what: str, **said: str | None) -> Finding:
    """What no jury accepts: nothing is packed."""
    return Finding(REFUSED, DatakitError(file, what, **said))


def missing(file: str, what: str, **said: str | None) -> Finding:
    """What a dossier needs before it is handed in; it can be packed to try it."""
    return Finding(MISSING, DatakitError(file, what, **said))


def advice(file: str, what: str, **said: str | None) -> Finding:
    """What would make it better, or should be known."""
    return Finding(ADVICE, DatakitError(file, what, **said))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The most important first; within a level, in the order in which they were found."""
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))
