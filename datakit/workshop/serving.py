"""Give a folder to a room: its files over HTTP, to be resumed where poor Wi-Fi broke them off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

from datakit.errors import DatakitError, WrongUse
from datakit.extras import needed_by
from datakit.language import _
from datakit.show.style import number
from datakit.workshop import nginx as programs
from datakit.workshop.nginx import BODY
from datakit.workshop.roster import PLACE, Roster, handlers
from datakit.workshop.shelves import Shelf, shelf_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from tornado.web import Application

LOOK = 2.0  # seconds between two looks whether the folder has changed


def application(shelf: Shelf) -> Application:
    """The tornado application that serves a shelf, and the page of who is ready."""
    with needed_by(__name__):
        from tornado.web import Application, HTTPError, StaticFileHandler

    class File(StaticFileHandler):
        async def get(self, path, include_body=True):
            path += "index.html" if path == "" or path.endswith("/") else ""
            found = shelf.find(path)
            if found is None:
                raise HTTPError(404)
            inside, self.digest = found
            await super().get(inside, include_body)

        def compute_etag(self):
            return f'"{self.digest}"'

        def set_extra_headers(self, path):
            self.set_header("Cache-Control", "no-cache")
            # tornado honours Range and ignores If-Range: the rest of another version must not be given.
            if self.request.headers.get("If-Range", self.compute_etag()) != self.compute_etag():
                self.request.headers.pop("Range", None)

    places = [*handlers(Roster()), (r"/(.*)", File, {"path": str(shelf.folder.resolve())})]
    return Application(places, log_function=lambda handler: None)


def serve(
    folder: str | os.PathLike[str],
    port: int = 8000,
    host: str = "",
    say: Callable[[str], object] = print,
    nginx: bool = True,
) -> None:
    """Serve a mirror or a packed folder until Ctrl-C; what is wrong in it is said, and not given.

    Only the files that its ``data.lock`` and its SHA256SUMS name are given; Range, If-Range and HEAD are honoured, and
    the sha256 of each file is its ETag, so that a broken download goes on where it stopped, also at the other server.

    Parameters
    ----------
    folder : path
    port : int
        0 takes one that is free.
    host : str
        The address to listen on; by default all of this machine's.
    say : callable
        Called with each line for the person who serves.
    nginx : bool
        Let nginx do it where it is installed; else tornado does.

    Raises
    ------
    WrongUse
        The port or the host cannot be used, or no file of the mirror is right.
    Unreachable, NotAsDescribed
        The folder is not there, or is no mirror.
    MissingPackage
        The extra ``notebooks``, which brings the server, is not installed.
    """
    shelf = shelf_of(folder)
    served = application(shelf)
    report = shelf.report()
    for name, problem in report.problems.items():
        say(_("not served: {name}: {problem}").format(name=name, problem=problem))
    if not report.good:
        raise WrongUse(str(folder), _("no file of this mirror is right"), next=f"datakit mirror build {folder}")
    binary = programs.program() if nginx else None
    try:
        asyncio.run(_until_stopped(served, shelf, report, port, host, say, binary))
    except KeyboardInterrupt:
        say(_("stopped"))


async def _until_stopped(served, shelf, report, port, host, say, binary):
    sockets = _bound(port, host)
    port = sockets[0].getsockname()[1]  # one and the same for the server that comes after nginx
    lines = list(_instructions(shelf, report, port, host))
    if binary:
        try:
            async with (
                _listening(served, _bound(0, "127.0.0.1")) as behind,
                programs.running(binary, shelf, sockets, behind) as server,
            ):
                _say_all(say, lines, "nginx")
                while await server.lives(LOOK):
                    server.renew()
            say(_("nginx has stopped: the kit’s own server goes on"))
        except DatakitError as error:
            say(_("the kit’s own server serves, as nginx does not: {found}").format(found=error.found))
        sockets = _bound(port, host)
    async with _listening(served, sockets):
        _say_all(say, lines, _("the kit’s own server"))
        await asyncio.Event().wait()


def _bound(port, host):
    with needed_by(__name__):
        from tornado.netutil import bind_sockets
    try:
        if port > 65535:  # the system would take what is left after so many
            raise OSError(_("there is no such port"))
        return bind_sockets(port, host or None)
    except OSError as error:
        raise WrongUse(
            "workshop serve",
            _("this port cannot be used"),
            expected=_("one from 1024 to 65535 that no other program uses, on an address of this machine"),
            found=_("{host}, port {port}: {error}").format(host=host or _("all addresses"), port=port, error=error),
            next="datakit workshop serve DIR --port 8080",
        ) from error


@contextlib.asynccontextmanager
async def _listening(served, sockets):
    """tornado on these sockets; the port of the first."""
    with needed_by(__name__):
        from tornado.httpserver import HTTPServer
    server = HTTPServer(served, max_body_size=BODY)
    server.add_sockets(sockets)
    try:
        yield sockets[0].getsockname()[1]
    finally:
        server.stop()
        await server.close_all_connections()


def _say_all(say, lines, server):
    for line in lines:
        say(line)
    say(_("Ctrl-C stops {server}.").format(server=server))


def _instructions(shelf, report, port, host):
    addresses = [f"http://{f'[{one}]' if ':' in one else one}:{port}" for one in ([host] if host else _own_addresses())]
    size = number(report.bytes / 1e6, 1)
    text = _("{folder}: {n} datasets, {size} MB, every byte checked")
    yield text.format(folder=shelf.folder, n=len(report.good), size=size)
    yield _("served at: {addresses}").format(addresses="   ".join(addresses))
    if shelf.packed:
        yield _("who has Python and no stick:")
        yield f"  curl -O {addresses[0]}/start.pyz"
        yield f"  python3 start.pyz {addresses[0]}     (Windows: py start.pyz {addresses[0]})"
    yield _("who has the kit, before make lab:")
    yield f"  export DATAKIT_ORIGINS={addresses[0]},sample"
    yield f'  $env:DATAKIT_ORIGINS = "{addresses[0]},sample"     (Windows PowerShell)'
    yield _("who is ready, on a page: {address}").format(address=addresses[0] + PLACE)
    yield _("Only the files that its lists name are given, to everybody on this network, without a password.")


def _own_addresses():
    """This machine's IPv4 addresses, the one that a room is likely to reach first; the last resort is loopback."""
    found = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address of nobody: nothing is sent, only the way out is looked up
        found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [address for address in dict.fromkeys(found) if not address.startswith("127.")] or ["127.0.0.1"]
