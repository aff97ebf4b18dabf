"""Who is ready: a page on the room's server, from what machines tell of themselves. Kept in memory, and nowhere else.

No account and no personal data: a name is anybody's own invention, the code says what works. The address of a machine
only tells two equal names apart; it is neither shown nor written.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import DatakitError, WrongUse
from datakit.extras import needed_by
from datakit.language import _, language
from datakit.show.templates import render
from datakit.workshop.codes import Verdict, decode, table

if TYPE_CHECKING:
    from typing import Any

PLACE = "/room/"
NAME = re.compile(r"[\w][\w .'’-]{0,23}")
ROWS, BYTES = 500, 1000  # machines on the page, bytes that one may send
POSTS, WINDOW = 120, 60.0  # one address may tell so often in so many seconds: a JupyterHub is one address for all
FORGOTTEN = 12 * 3600.0


class TooMany(DatakitError):
    """More than the page takes."""


@dataclass
class Row:
    """One machine: its invented name, its verdict, when it told so (seconds of a clock that never goes back)."""

    name: str
    verdict: Verdict
    told: float


class Roster:
    """The machines of a room, by name."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Row] = {}
        self._posts: dict[str, list[float]] = {}

    def tell(self, name: str, code: str, address: str = "", now: float | None = None) -> Row:
        """Take what a machine says of itself; it replaces what the same machine said before.

        Parameters
        ----------
        name : str
            Up to 24 letters, digits, spaces, points, hyphens and apostrophes.
        code : str
            Of `datakit doctor --room`.
        address : str
            Of the machine.
        now : float, optional

        Raises
        ------
        WrongUse
            The name or the code is none.
        TooMany
            One address speaks too often, or the room is full.
        """
        now = time.monotonic() if now is None else now
        self._forget(now)
        recent = self._posts.setdefault(address, [])
        if len(recent) >= POSTS:
            raise TooMany(_("room"), _("this machine tells too often: wait a minute"))
        recent.append(now)
        name = " ".join(str(name).split())
        if not NAME.fullmatch(name):
            raise WrongUse(
                _("name"),
                _("this name cannot be shown"),
                expected=_("up to 24 letters, digits, spaces, points, hyphens and apostrophes; an invented name"),
            )
        row = Row(name, decode(str(code)), now)
        key = (name.casefold(), address)
        if key not in self._rows and len(self._rows) >= ROWS:
            raise TooMany(_("room"), _("the page takes no more machines"))
        self._rows[key] = row
        return row

    def _forget(self, now):
        self._rows = {key: row for key, row in self._rows.items() if now - row.told < FORGOTTEN}
        kept = {one: [t for t in times if now - t < WINDOW] for one, times in self._posts.items()}
        self._posts = {one: times for one, times in kept.items() if times}

    def state(self, now: float | None = None) -> dict[str, Any]:
        """What the page shows: those who need help first, then by name.

        Returns
        -------
        dict
            ``ready`` and ``all``, counts; ``machines``, each with ``name``, ``code``, ``ready``, ``verdict``, ``todo``
            and ``minutes`` since it told so.
        """
        now = time.monotonic() if now is None else now
        self._forget(now)
        rows = sorted(self._rows.values(), key=lambda row: (row.verdict.ready, row.name.casefold()))
        machines = [
            {
                "name": row.name,
                "code": row.verdict.code,
                "ready": row.verdict.ready,
                "verdict": row.verdict.sentence(),
                "todo": row.verdict.advice(),
                "minutes": int((now - row.told) // 60),
            }
            for row in rows
        ]
        return {"ready": sum(row.verdict.ready for row in rows), "all": len(rows), "machines": machines}


def ask(address: str) -> dict[str, Any]:
    """What the page of a room's server shows.

    Parameters
    ----------
    address : str
        ``"http://192.0.2.1:8000"``.

    Returns
    -------
    dict
        As `Roster.state` gives it.

    Raises
    ------
    WrongUse
        There is no such page.
    """
    import requests

    url = address.rstrip("/") + PLACE + "state.json"
    try:
        answer = requests.get(url, timeout=5)
        answer.raise_for_status()
        state = answer.json()
        if state["room"] == "datakit":
            return state
        found = _("another page")
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        found = str(error)
    raise WrongUse(
        address,
        _("no page of who is ready is here"),
        expected=_("the address that datakit workshop serve prints"),
        found=found,
        next="datakit workshop serve DIR",
    )


def handlers(roster: Roster) -> list[Any]:
    """What a tornado application needs to show the page: the page itself, its state as JSON, and where machines tell.

    Parameters
    ----------
    roster : Roster

    Returns
    -------
    list of tuple
        Of an address and a handler.
    """
    with needed_by(__name__):
        from tornado.web import RequestHandler

    class Quiet(RequestHandler):
        def set_default_headers(self):
            self.set_header("Cache-Control", "no-store")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header(
                "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
            )

        def page(self, typing=False, problem=""):
            about = {"_": _, "lang": language(), "table": table(), "typing": typing, "problem": problem}
            # Renewed by itself only for who asked for it: a page that moves on its own loses who reads it slowly.
            about["follow"] = not typing and self.get_query_argument("follow", "") == "1"
            self.finish(render("room.html.j2", __package__, **about, room=roster.state()))

    class Page(Quiet):
        def get(self):
            self.page()

    class Typing(Quiet):
        def get(self):
            self.page(typing=True)

    class State(Quiet):
        def get(self):
            self.finish({"room": "datakit", **roster.state()})

    class Tell(Quiet):
        def post(self):
            typed = "json" not in self.request.headers.get("Content-Type", "")
            try:
                row = roster.tell(*self.said(typed), self.address())
            except DatakitError as error:
                self.set_status(429 if isinstance(error, TooMany) else 400)
                return self.page(True, str(error)) if typed else self.finish({"told": False, "why": str(error)})
            return self.redirect(PLACE, status=303) if typed else self.finish({"told": True, "name": row.name})

        def said(self, typed):
            if len(self.request.body) > BYTES:
                raise WrongUse(_("room"), _("more was sent than a name and a code"))
            if typed:
                return self.get_body_argument("name", ""), self.get_body_argument("code", "")
            try:
                sent = json.loads(self.request.body)
                return sent["name"], sent["code"]
            except (ValueError, KeyError, TypeError):
                raise WrongUse(_("room"), _("a name and a code are expected")) from None

        def address(self):
            """Of the machine itself where a server on this one, nginx say, passes it on."""
            peer = self.request.remote_ip
            return self.request.headers.get("X-Real-IP", peer)[:45] if peer in ("127.0.0.1", "::1") else peer

    places = {"": Page, "code": Typing, "state.json": State, "tell": Tell}
    return [(re.escape(PLACE + name), handler) for name, handler in places.items()]
