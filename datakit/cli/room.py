"""The command ``datakit doctor``, and its ``--room``: is this machine ready, in a sentence and in a code to read out?

The standard library only, as the doctor: it runs before anything is installed. Where an address among the origins is a
facilitator's server, the code and an invented name are told there, and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.cli import doctor, reaching
from datakit.cli.check import Check
from datakit.errors import without_password
from datakit.language import _
from datakit.workshop.codes import decode, encode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

PORT, TRIES = 8888, 50  # where JupyterLab begins to look for a port, and how many it tries
TELL, TOLD_SECONDS = "/room/tell", 5
DIGITS = {"Python": "1", "packages": "2", "disk": "5", "memory": "6", "port": "7", "coordinates": "8"}
FOLDERS = "9"
# Words that a French room reads out without spelling them.
TREES = (
    "tilleul",
    "platane",
    "érable",
    "chêne",
    "hêtre",
    "charme",
    "frêne",
    "orme",
    "sorbier",
    "cèdre",
    "cormier",
    "noisetier",
    "cornouiller",
    "saule",
    "bouleau",
    "merisier",
    "aulne",
    "ginkgo",
    "houx",
    "tremble",
)


def add_command(command: Callable[..., argparse.ArgumentParser], origins: Callable[..., None]) -> None:
    """Add ``datakit doctor`` to the command line.

    Parameters
    ----------
    command, origins : callable
        Those of `datakit.cli.parser`: a new command, and its option ``--origins``.
    """
    c = command(
        "doctor",
        _("check that everything works here, and say what to do where it does not"),
        _doctor,
        "  python3 -m datakit doctor                  "
        + _("before anything is installed")
        + "\n  datakit doctor --origins publisher         "
        + _("also asks the publishers")
        + "\n  datakit doctor --room                      "
        + _("for a workshop: a code to read out")
        + "\n",
    )
    origins(c)
    c.add_argument("--json", action="store_true", help=_("the checks as JSON"))
    c.add_argument(
        "--room", action="store_true", help=_("a verdict and a code, told to the room's server if there is one")
    )
    c.add_argument(
        "--name", help=_("with --room: a name of yours for the page of who is ready (default: an invented one)")
    )
    c.add_argument("--quiet", action="store_true", help=_("with --room: tell no server"))


def _doctor(args):
    if args.room:
        ready, lines = report(args.origins, args.name, not args.quiet)
        print("\n".join(lines))
        return 0 if ready else 1
    checks = doctor.examine(args.origins)
    if args.json:
        print(json.dumps([vars(check) for check in checks], ensure_ascii=False, indent=1))
    else:
        for check in checks:
            print(check)
    return 1 if any(check.status == "failed" for check in checks) else 0


def examine(origins: str | None = None) -> list[tuple[str, Check]]:
    """Look at what the day needs.

    Parameters
    ----------
    origins : str, optional
        As `datakit.cli.doctor.examine` takes them; of the sample only where nothing else is named.

    Returns
    -------
    list of (str, Check)
        Each with its digit in the code (`datakit.workshop.codes`); "" where the code does not speak of it.
    """
    named = reaching.named(origins)
    checks = [doctor.python(), *doctor.packages(), doctor.memory(), doctor.disk(), port(), doctor.transform()]
    found = [(DIGITS.get(check.name, ""), check) for check in checks]
    # A cache that may only be read is what a room's server gives to everybody.
    found += [
        (FOLDERS if check.status == "failed" else "", check) for check in (doctor.cache(), doctor.cards()) if check
    ]
    for name in [one for one in named if one != "sample"] or ["sample"]:
        found += list(origin(name))
    return found


def port() -> Check:
    """Can JupyterLab listen here, and be reached?"""
    for number in range(PORT, PORT + TRIES):
        try:
            with socket.create_server(("127.0.0.1", number)) as server:
                socket.create_connection(("127.0.0.1", number), timeout=reaching.HTTP_SECONDS).close()
                server.settimeout(reaching.HTTP_SECONDS)
                server.accept()[0].close()
            return Check("port", "ok", _("{number} can be used").format(number=number))
        except OSError:
            continue
    found = _("none from {first} to {last} can be used").format(first=PORT, last=PORT + TRIES - 1)
    return Check("port", "failed", found, _("stop other JupyterLabs, or what forbids them: a firewall, a proxy"))


def origin(name: str) -> Iterator[tuple[str, Check]]:
    """One origin: can it be reached (digit 3), and is every file there, of the right size (digit 4)?"""
    check = reaching.origin(name)
    http = re.match("https?://", name)
    if check.status == "failed":
        yield ("4" if (_answers(name) if http else Path(name).exists() or name == "sample") else "3"), check
        return
    yield ("3" if check.status == "warning" else ""), check
    if http:
        yield "4", _whole(name)


def _answers(name):
    """Whether anything at all answers there."""
    try:
        reaching.ask(name)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _whole(name):
    """Every file that the lock of a served mirror names: asked for by HEAD, so that forty machines take nothing."""
    base = name.rstrip("/")
    datasets = json.loads(reaching.ask(base + "/data.lock").decode("utf-8"))["datasets"]

    def wrong(item):
        id, entry = item
        try:
            request = reaching.request(
                base + "/{}/{}".format(*map(urllib.request.quote, (id, entry["filename"]))), "HEAD"
            )
            with urllib.request.urlopen(request, timeout=reaching.HTTP_SECONDS) as answer:
                size = answer.headers.get("Content-Length")
        except (OSError, KeyError, TypeError) as error:
            return f"{id} ({getattr(error, 'code', None) or type(error).__name__})"
        expected = entry.get("bytes")
        return f"{id} ({size} bytes)" if size and expected and int(size) != expected else None

    with ThreadPoolExecutor(4) as pool:
        bad = [one for one in pool.map(wrong, datasets.items()) if one]
    if bad:
        told = ", ".join(bad[:5]) + (" ..." if bad[5:] else "")
        advice = _("tell the facilitator: datakit mirror verify {name}").format(name=name)
        return Check("mirror", "failed", told, advice)
    return Check("mirror", "ok", _("{count} files, each of the size that was promised").format(count=len(datasets)))


def code(found: Iterable[tuple[str, Check]]) -> str:
    """The code of what was found."""
    digits: dict[str, list[str]] = {"ok": [], "warning": [], "failed": []}
    for digit, check in found:
        digits[check.status] += digit  # "" adds nothing
    return encode(digits["failed"], digits["warning"])


def invented_name() -> str:
    """A name for this machine: the same all day, and of nobody. Made of a digest, so that nothing has to be kept."""
    seed = "|".join((platform.node(), str(Path.home()), sys.prefix, time.strftime("%Y-%m-%d")))
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    return f"{TREES[number % len(TREES)]}-{number // len(TREES) % 10_000:04d}"


def tell(origins: str | None, name: str, code: str) -> tuple[str, str]:
    """Tell the facilitator's server, where one of the origins is one.

    Returns
    -------
    where : str
        The page on which it is shown; "" where nobody listens.
    why : str
        Why the server did not take it, in its words.
    """
    why = ""
    for base in (one.rstrip("/") for one in reaching.named(origins) if re.match("https?://", one)):
        request = reaching.request(base + TELL, "POST")
        request.data = json.dumps({"name": name, "code": code}).encode()
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TOLD_SECONDS) as answer:
                if json.loads(answer.read(10_000)).get("told"):
                    return without_password(base + "/room/"), ""
        except (
            urllib.error.HTTPError
        ) as error:  # a name that is not taken; or a mirror without a page, which says nothing
            with contextlib.suppress(ValueError, KeyError, TypeError):
                why = str(json.loads(error.read(10_000))["why"])
        except (OSError, ValueError, AttributeError):
            continue
    return "", why


def report(origins: str | None, name: str | None, send: bool) -> tuple[bool, list[str]]:
    """What ``datakit doctor --room`` says.

    Parameters
    ----------
    origins : str or None
    name : str or None
        A name of one's own; an invented one by default.
    send : bool
        Whether the room's server may be told.

    Returns
    -------
    ready : bool
    lines : list of str
    """
    found = examine(origins)
    verdict = decode(code(found))
    name = name or invented_name()
    lines = [f"{verdict.code}   {verdict.sentence()}", ""]
    lines += [str(check) for digit, check in found if check.status != "ok" and digit]
    where, why = tell(origins, name, verdict.code) if send else ("", "")
    if where:
        lines.append(
            _("told to {where} as {name}: this name and the code, nothing else").format(where=where, name=name)
        )
    else:
        lines += [_("the room's server did not take it: {why}").format(why=why)] if why else []
        lines.append(_("read this code out to the facilitator: {code}").format(code=verdict.code))
    return verdict.ready, lines
