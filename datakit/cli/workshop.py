"""The commands of ``datakit workshop``: parse, call, print."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_commands(command: Callable[..., argparse.ArgumentParser], origins: Callable[..., None]) -> None:
    """Add them to the command line.

    Parameters
    ----------
    command, origins : callable
        Those of `datakit.cli.parser`: a new command, and its option ``--origins``.
    """
    c = command("workshop", "prepare a room of forty people, and serve it", None)
    workshop = c.add_subparsers(title="commands", metavar="COMMAND", dest="workshop", required=True)
    c = command(
        "serve",
        "give a mirror to the room, over http",
        _serve,
        "  datakit workshop serve mirror\n  datakit workshop serve mirror --port 8080\n",
        workshop,
    )
    c.add_argument("folder", metavar="DIR")
    c.add_argument("--port", type=int, default=8000, metavar="N", help="(default: 8000; 0 takes a free one)")
    c.add_argument("--host", default="", metavar="ADDRESS", help="to listen on (default: all of this machine's)")


def _serve(args):
    from datakit.workshop.serving import serve

    serve(args.folder, args.port, args.host, say=lambda line: print(line, flush=True))
    return 0
