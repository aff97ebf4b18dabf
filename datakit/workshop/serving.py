"""Give a mirror to a room: its files over HTTP, to be resumed where poor Wi-Fi broke them off."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.data.mirrors import verify
from datakit.data.origins import LOCK, usable
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.workshop.roster import PLACE, Roster, handlers

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from tornado.web import Application

BODY = 10_000  # bytes of a question: nobody has more to say than a name and a code


class Shelf:
    """What may be taken from a mirror: its ``data.lock``, and the files that it names, as long as they are right.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def digest(self, path: str) -> str | None:
        """The sha256 of a file by its path in the mirror; None where there is nothing to give."""
        try:
            lock = (self.folder / LOCK).read_bytes()
            if path == LOCK:
                return hashlib.sha256(lock).hexdigest()
            # Read again each time: a mirror may be filled while it is served.
            id, _, filename = path.rpartition("/")
            entry = json.loads(lock)["datasets"].get(id)
            if not usable(entry) or entry["filename"] != filename:
                return None
            file = self.folder / id / filename
            state = file.stat()
            found = _digest(file, state.st_size, state.st_mtime_ns)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return found if found == entry["sha256"] else None


@functools.cache
def _digest(file, size, changed):
    """Computed once for each state of a file."""
    return sha256_of(file)


def application(shelf: Shelf) -> Application:
    """The tornado application that serves a shelf, and the page of who is ready."""
    with needed_by(__name__):
        from tornado.web import Application, HTTPError, StaticFileHandler

    class File(StaticFileHandler):
        async def get(self, path, include_body=True):
            self.digest = shelf.digest(path)
            if self.digest is None:
                raise HTTPError(404)
            await super().get(path, include_body)

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
    folder: str | os.PathLike[str], port: int = 8000, host: str = "", say: Callable[[str], object] = print
) -> None:
    """Serve a mirror until Ctrl-C; what `verify` finds wrong is said, and not given.

    Only its ``data.lock`` and the files that this names are given; Range, If-Range and HEAD are honoured, and the
    sha256 of each file is its ETag, so that a broken download goes on where it stopped.

    Parameters
    ----------
    folder : path
    port : int
        0 takes one that is free.
    host : str
        The address to listen on; by default all of this machine's.
    say : callable
        Called with each line for the person who serves.

    Raises
    ------
    WrongUse
        The port or the host cannot be used, or no file of the mirror is right.
    Unreachable, NotAsDescribed
        The folder is not there, or is no mirror.
    MissingPackage
        The extra ``notebooks``, which brings the server, is not installed.
    """
    shelf = Shelf(folder)
    served = application(shelf)
    report = verify(folder)
    for name, problem in report.problems.items():
        say(f"not served: {name}: {problem}")
    if not report.good:
        raise WrongUse(str(folder), "no file of this mirror is right", next=f"datakit mirror build {folder}")
    try:
        asyncio.run(_until_stopped(served, report, port, host, say))
    except KeyboardInterrupt:
        say("stopped")


async def _until_stopped(served, report, port, host, say):
    with needed_by(__name__):
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets
    try:
        if port > 65535:  # the system would take what is left after so many
            raise OSError("there is no such port")
        sockets = bind_sockets(port, host or None)
    except OSError as error:
        raise WrongUse(
            "workshop serve",
            "this port cannot be used",
            expected="one from 1024 to 65535 that no other program uses, on an address of this machine",
            found=f"{host or 'all addresses'}, port {port}: {error}",
            next="datakit workshop serve DIR --port 8080",
        ) from error
    server = HTTPServer(served, max_body_size=BODY)
    server.add_sockets(sockets)
    try:
        for line in _instructions(report, sockets[0].getsockname()[1], host):
            say(line)
        await asyncio.Event().wait()
    finally:
        server.stop()
        await server.close_all_connections()


def _instructions(report, port, host):
    addresses = [f"http://{f'[{one}]' if ':' in one else one}:{port}" for one in ([host] if host else _own_addresses())]
    yield f"{report.folder}: {len(report.good)} datasets, {report.bytes / 1e6:.1f} MB, every byte checked"
    yield f"served at: {'  or  '.join(addresses)}"
    yield "everybody else, before make lab:"
    yield f"  export DATAKIT_ORIGINS={addresses[0]},sample"
    yield f'  $env:DATAKIT_ORIGINS = "{addresses[0]},sample"     (Windows PowerShell)'
    yield f"who is ready, on a page: {addresses[0]}{PLACE}"
    yield f"Only the files that {LOCK} names are given, to everybody on this network, without a password."
    yield "Ctrl-C stops."


def _own_addresses():
    """This machine's IPv4 addresses, the one that a room is likely to reach first; the last resort is loopback."""
    found = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address of nobody: nothing is sent, only the way out is looked up
        found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [address for address in dict.fromkeys(found) if not address.startswith("127.")] or ["127.0.0.1"]
