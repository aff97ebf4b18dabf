"""nginx, where it is installed: started on a shelf, told when the shelf changes, stopped with whoever started it."""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_whole
from datakit.errors import DatakitError
from datakit.language import _
from datakit.show.templates import render
from datakit.workshop.roster import PLACE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from datakit.workshop.shelves import Shelf

BODY = 10_000  # bytes of a question: nobody has more to say than a name and a code
ASK = 0.05  # seconds between two looks whether nginx answers


def program() -> str | None:
    """The path of nginx; None where it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"])
    return shutil.which("nginx", path=path) if os.name == "posix" else None


def configuration(run: Path, sockets: Sequence[socket.socket], behind: int, user: str = "") -> str:
    """The text of nginx.conf.

    Parameters
    ----------
    run : Path
        nginx's own folder: with ``root``, a link to what is served, and ``list``. No name that a user chose is in the
        configuration: nginx takes a ``$`` in a path for a variable.
    sockets : list of socket
        Bound to where it is to listen.
    behind : int
        Port on this machine of the program that keeps the page of who is ready.
    user : str
        As whom it works, where root starts it.

    Returns
    -------
    str
    """
    addresses = [_address(one) for one in sockets]
    return render(
        "nginx.conf.j2", __package__, addresses=addresses, run=run, user=user, room=PLACE, port=behind, body=BODY
    )


def _address(one):
    host, port = one.getsockname()[:2]
    return f"[{host}]:{port} ipv6only=on" if one.family == socket.AF_INET6 else f"{host}:{port}"


def listing(files: dict[str, str]) -> str:
    """What nginx may give, as the lines of a map: path -> sha256."""
    escaped = {path.replace("\\", r"\\").replace('"', r"\""): digest for path, digest in files.items()}
    return "".join(f'"/{path}" {digest};\n' for path, digest in escaped.items())


class Nginx:
    """One nginx that serves a shelf."""

    def __init__(self, process: asyncio.subprocess.Process, run: Path, shelf: Shelf) -> None:
        self.process, self.run, self.shelf = process, run, shelf

    async def lives(self, seconds: float) -> bool:
        """Wait so long; False as soon as it has stopped."""
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            return True
        return False

    def renew(self) -> None:
        """Tell nginx when another list of files is right."""
        text = listing(self.shelf.right())
        file = self.run / "list"
        if text != file.read_text(encoding="utf-8"):
            write_whole(file, lambda temporary: temporary.write_text(text, encoding="utf-8"))
            self.process.send_signal(signal.SIGHUP)


@asynccontextmanager
async def running(binary: str, shelf: Shelf, sockets: Sequence[socket.socket], behind: int) -> AsyncIterator[Nginx]:
    """nginx on these addresses, as long as the block lasts.

    Parameters
    ----------
    binary : str
    shelf : Shelf
    sockets : list of socket
        Bound, to know that the addresses can be had; closed when nginx takes them.
    behind : int
        As in `configuration`.

    Raises
    ------
    DatakitError
        nginx does not start.
    """
    with tempfile.TemporaryDirectory(prefix="datakit-nginx-") as folder:
        run = Path(folder)
        user = _owner(shelf.folder)
        if user:
            run.chmod(0o711)
        (run / "root").symlink_to(shelf.folder.resolve())
        (run / "list").write_text(listing(shelf.right()), encoding="utf-8")
        (run / "nginx.conf").write_text(configuration(run, sockets, behind, user), encoding="utf-8")
        first = _address(sockets[0]).partition(" ")[0]
        for one in sockets:
            one.close()
        command = [binary, "-p", folder, "-e", "stderr", "-c", str(run / "nginx.conf")]
        with (run / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(*command, stderr=log, preexec_fn=_die_with_me)
        try:
            await _answers(process, first, run / "log")
            yield Nginx(process, run, shelf)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


def _owner(folder):
    """Whom nginx's workers become where root starts it: the owner of what is served, who can read it."""
    if os.geteuid():
        return ""
    return folder.owner()


def _die_with_me():
    """In the child: an nginx whose parent was killed must not keep the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    os.setpgrp()  # Ctrl-C is for the parent, which stops it


async def _answers(process, address, log):
    host, _colon, port = address.rpartition(":")
    host = host.strip("[]").replace("0.0.0.0", "127.0.0.1")
    while process.returncode is None:
        try:
            _reader, writer = await asyncio.open_connection(host if host != "::" else "::1", int(port))
            writer.close()
            return
        except OSError:
            await asyncio.sleep(ASK)
    said = log.read_text(encoding="utf-8", errors="replace").strip()
    raise DatakitError("nginx", _("it does not start"), found=said[-300:], next="datakit workshop serve DIR --no-nginx")
