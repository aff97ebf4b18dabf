"""One thing that the doctor looked at, as it is told. The standard library only, as all that the doctor needs."""

from __future__ import annotations

from datakit.errors import without_password
from datakit.language import _


class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name, found : str
    status : str
        ``"ok"``, ``"warning"`` or ``"failed"``.
    advice : str
        What to do, where it is not ok.
    """

    def __init__(self, name: str, status: str, found: str, advice: str = "") -> None:
        self.name, self.status = name, status
        self.found, self.advice = without_password(found), without_password(advice)

    def __str__(self):
        signs = {"ok": _("ok"), "warning": _("warning"), "failed": _("FAILED")}
        text = f"{signs[self.status]:<{max(map(len, signs.values()))}} {_(self.name):<11} {self.found}"
        return text + ("\n                    -> " + self.advice if self.advice else "")
