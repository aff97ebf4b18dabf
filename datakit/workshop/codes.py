"""The short code of a machine in the room, to be read out: ``GO-0R`` is ready, ``NO-23C`` is not, and says why.

The digits are what is wrong, in the order of `PROBLEMS`; the last letter tells most slips of the tongue. The standard
library only: the doctor runs before anything is installed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datakit.errors import WrongUse
from datakit.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterable

FINE = "0"
# Digit -> what is wrong, what to do. A digit keeps its meaning: printed tables must stay true.
PROBLEMS = {
    "1": (N_("Python is too old or too new"), N_("install a version that the guide names")),
    "2": (
        N_("packages are missing or too old"),
        N_("install again from the stick or the room's address: the start script does it"),
    ),
    "3": (
        N_("the room's data cannot be reached"),
        N_("the right Wi-Fi? the right address in DATAKIT_ORIGINS? else a USB stick, or the sample"),
    ),
    "4": (
        N_("the room's data is not whole"),
        N_("the facilitator checks it: datakit mirror verify; until then the sample"),
    ),
    "5": (N_("little room on the disk"), N_("delete something: 1 GB must be free")),
    "6": (N_("little memory"), N_("close other programs; one notebook at a time")),
    "7": (
        N_("JupyterLab cannot be reached on this machine"),
        N_("stop other JupyterLabs; a firewall or a proxy may forbid it: work on a neighbour's machine"),
    ),
    "8": (
        N_("coordinates are computed wrong"),
        N_("unset PROJ_LIB and PROJ_DATA; install pyproj again"),
    ),
    "9": (
        N_("the cache cannot be written, or a data card is wrong"),
        N_("set DATAKIT_CACHE to a folder of yours; datakit doctor says more"),
    ),
}
_LETTERS = "ACDEFHJKLMNPRTUVWXY"  # 19, none of which looks like a digit


class Verdict(NamedTuple):
    """What a code says."""

    code: str
    ready: bool
    problems: tuple[str, ...]

    def sentence(self) -> str:
        """The verdict in one sentence."""
        if not self.problems:
            return _("Ready: all that the day needs works here.")
        what = ", ".join(_(PROBLEMS[digit][0]) for digit in self.problems)
        if self.ready:
            return _("Ready, with care: {problems}.").format(problems=what)
        return _("Not ready: {problems}.").format(problems=what)

    def advice(self) -> list[str]:
        """What to do, one sentence for each problem."""
        return [_(PROBLEMS[digit][1]) for digit in self.problems]


def encode(failed: Iterable[str], warned: Iterable[str] = ()) -> str:
    """The code of a machine.

    Parameters
    ----------
    failed, warned : iterable of str
        Digits of `PROBLEMS`. Where something failed, the code speaks of nothing else.

    Returns
    -------
    str

    Examples
    --------
    >>> encode([])
    'GO-0R'
    >>> encode("23", "6")
    'NO-23C'
    """
    failed = sorted(set(failed))
    said = "NO" if failed else "GO"
    digits = "".join(failed or sorted(set(warned))) or FINE
    return f"{said}-{digits}{_letter(said, digits)}"


def decode(code: str) -> Verdict:
    """What a code says that somebody read out or typed: small letters, spaces and an O for a 0 are understood.

    Parameters
    ----------
    code : str

    Returns
    -------
    Verdict

    Raises
    ------
    WrongUse
        This is no code, or a letter of it was misheard.
    """
    plain = re.sub(r"[\W_]", "", code).upper()[:20]
    found = re.fullmatch(r"(G|N)[O0]([O0-9]+)([A-Z])", plain)
    if found:
        said, digits = found.group(1) + "O", found.group(2).replace("O", FINE)
        known = digits == FINE or (set(digits) <= set(PROBLEMS) and list(digits) == sorted(set(digits)))
        if known and found.group(3) == _letter(said, digits) and (said, digits) != ("NO", FINE):
            problems = () if digits == FINE else tuple(digits)
            return Verdict(f"{said}-{digits}{found.group(3)}", said == "GO", problems)
    raise WrongUse(
        _("code"),
        _("this is not a code of datakit doctor --room"),
        expected=_("one such as {ready} or {not_ready}").format(ready=encode(""), not_ready=encode("23")),
        found=code[:40],
        next="datakit doctor --room",
    )


def _letter(said, digits):
    """A letter that changes with each digit, and when two change places."""
    return _LETTERS[sum(weight * ord(sign) for weight, sign in enumerate(said + digits, 1)) % len(_LETTERS)]


def table() -> list[tuple[str, str, str]]:
    """The decode table: digit, what is wrong, what to do."""
    return [(digit, _(wrong), _(todo)) for digit, (wrong, todo) in PROBLEMS.items()]
