"""Where one works, how long that lasts, and how the work gets home: what the first notebook says on Binder."""

from __future__ import annotations

import html
import os
import re
import time
from dataclasses import dataclass

from datakit.language import _

BEGAN = "DATAKIT_BEGAN"  # seconds since 1970, set by binder/start
# mybinder.org's usage guidelines: https://mybinder.readthedocs.io/en/latest/about/user-guidelines.html
IDLE_MINUTES, HOURS = 10, 6
GUIDELINES = "https://mybinder.readthedocs.io/en/latest/about/user-guidelines.html"


@dataclass
class Session:
    """The place where this notebook runs.

    Attributes
    ----------
    place : {"binder", "hub", "here"}
    began : float or None
        Seconds since 1970, where it is known.
    now : float
    """

    place: str
    began: float | None
    now: float

    def lines(self) -> list[str]:
        """What one has to know here, a sentence each."""
        return [*self._time(), *self._home()]

    def _time(self):
        if self.place == "here":
            yield _("You work on this machine: your files stay in this folder.")
        elif self.place == "hub":
            yield _("You work on the room's server: your files stay there until the facilitator clears it.")
        else:
            yield _(
                "You work on Binder: after {minutes} minutes without activity it stops, and nothing is kept. "
                "JupyterLab in the foreground generally counts as activity; a sleeping laptop does not."
            ).format(minutes=IDLE_MINUTES)
            if self.began:
                left = max(0, round((self.began + HOURS * 3600 - self.now) / 60))
                yield _(
                    "This session is {minutes} minutes old; Binder aims at {hours} hours at most, which leaves {left} "
                    "minutes, or at one hour of computing. It promises neither."
                ).format(minutes=round((self.now - self.began) / 60), hours=HOURS, left=left)

    def _home(self):
        yield _(
            "To take your work home: save the notebook (Ctrl+S), then run {code} in a cell; it packs your work into "
            "one file and shows a link that downloads it."
        ).format(code="`datakit.workshop.save()`")
        if self.place != "here":
            yield _(
                "When the server has stopped and the page is still open, the button “Download” above the notebook "
                "saves what you see."
            )

    def __repr__(self):
        return "\n".join(self.lines())

    def _repr_html_(self):
        lines = [re.sub(r"`(.+?)`", r"<code>\1</code>", html.escape(line)) for line in self.lines()]
        if self.place == "binder":
            lines[-1] += f" <a href='{GUIDELINES}'>mybinder.org</a>"
        edge = "border-left:.4em solid var(--jp-info-color1, #0277bd);padding:.2em .8em;max-width:50em;line-height:1.5"
        return f"<div style='{edge}'>{''.join(f'<p>{line}</p>' for line in lines)}</div>"


def session() -> Session:
    """Where this notebook runs: on Binder, what time is left; everywhere, how the work gets home.

    Returns
    -------
    Session
    """
    began = os.environ.get(BEGAN, "")
    if any(name.startswith("BINDER_") for name in os.environ):
        place = "binder"
    else:
        place = "hub" if os.environ.get("JUPYTERHUB_USER") else "here"
    return Session(place, float(began) if re.fullmatch(r"\d{1,12}", began) else None, time.time())
