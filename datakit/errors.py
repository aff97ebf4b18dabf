"""What can go wrong, said the same way everywhere: what happened, expected, found, done, and the next command."""

from __future__ import annotations

import os
import re
import sys
import warnings
from typing import TypeVar, overload

from datakit.language import _

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


_Value = TypeVar("_Value")


@overload
def without_password(text: str) -> str: ...
@overload
def without_password(text: _Value) -> _Value: ...
def without_password(text: object) -> object:
    """A text as it may be shown and kept: ``http://name:password@host`` becomes ``http://***@host``."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "***@", text) if isinstance(text, str) else text


class DatakitError(Exception):
    """A problem that a person can act on. Messages are logged and pasted: passwords in addresses are taken out.

    Parameters
    ----------
    subject : str
        The dataset, file, folder or option it is about.
    what : str
        What happened, in one sentence.
    expected, found, done, next : str, optional
        What was expected, what was found instead, what the kit did about it, and the next command to type.
    """

    def __init__(
        self,
        subject: str,
        what: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        done: str | None = None,
        next: str | None = None,
    ) -> None:
        self.subject, self.what = without_password(subject), without_password(what)
        self.expected, self.found, self.done, self.next = map(without_password, (expected, found, done, next))
        super().__init__(self.subject, self.what)

    def __str__(self):
        told = {_("expected:"): self.expected, _("found:"): self.found, _("done:"): self.done, _("next:"): self.next}
        width = max(map(len, told)) + 1
        lines = [_("{subject}: {what}").format(subject=self.subject, what=self.what)]
        return "\n".join(lines + [f"  {label:<{width}}{value}" for label, value in told.items() if value])

    def __reduce__(self):  # keyword-only arguments do not survive the default pickling between processes
        kept = {k: getattr(self, k) for k in ("expected", "found", "done", "next")}
        return _rebuild, (type(self), self.subject, self.what, kept)


def _rebuild(kind, subject, what, kept):
    return kind(subject, what, **kept)


class DataWarning(UserWarning):
    """Something about the data that a reader of the result must know."""


class RowsSetAside(DataWarning):
    """Rows break the rules of their card: `datakit.data.layers.Layers.quality` counts them."""


def warn(message: str, kind: type[DataWarning] = DataWarning) -> None:
    """Warn with a `DataWarning` laid at the line that called the kit, however deep in the kit it was found.

    A count of frames (``stacklevel=5``) is wrong after the next change, and ``skip_file_prefixes`` needs Python 3.12.
    """
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(kind(message), stacklevel=level)


class WrongUse(DatakitError):
    """An option, origin or parameter that does not exist or has the wrong type."""


class MissingPackage(DatakitError, ModuleNotFoundError):
    """A package that only one of the kit's extras brings is not installed: ``next`` says how to have it.

    Parameters
    ----------
    name : str, optional
        The module that cannot be imported, as in every `ImportError`.
    """

    def __init__(self, subject: str, what: str, *, name: str | None = None, **said: str | None) -> None:
        super().__init__(subject, what, **said)
        self.name = name

    def __reduce__(self):
        rebuild, (kind, subject, what, kept) = super().__reduce__()
        return rebuild, (kind, subject, what, {**kept, "name": self.name})


class UnknownDataset(DatakitError, KeyError):
    """No data card has this id."""


class BadCard(DatakitError):
    """A data card that cannot be used: not JSON, an entry that is missing, or one that means nothing."""


class Unreachable(DatakitError):
    """No origin that has the dataset answers."""


class Gone(Unreachable):
    """The server answers, and says that there is no such file."""


class Corrupt(DatakitError):
    """The bytes are not a whole, sound file of the expected kind."""


class Changed(DatakitError):
    """The bytes differ from those that a lock or a card names."""


class NotAsDescribed(DatakitError):
    """A sound file that is not what the card says: columns, encoding, format."""


class RowsRejected(DatakitError):
    """Rows break the schema, and ``strict=True`` was asked for."""


class CacheProblem(DatakitError):
    """The cache folder cannot be written, or the disk is full."""


class CannotAnswer(DatakitError):
    """The data of this run cannot answer a question: the answer shown says why instead."""


class CrsMismatch(DatakitError):
    """Tables that would be measured or joined are not in one projected CRS."""


class TooBig(DatakitError):
    """A map, page or unpacked archive above the size that stays usable."""
