"""The commands ``datakit lock`` and ``datakit mirror``: parse, call, print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from datakit.cli.places import folder
from datakit.language import _, decimal, ngettext

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
    c = command(
        "lock",
        _("record in data.lock the exact files that datasets have now"),
        _lock,
        "  datakit lock communes iris --origins publisher\n  datakit fetch communes --locked\n",
    )
    c.add_argument("ids", metavar="ID", nargs="*", help=_("all datasets that the origins have, by default"))
    origins(c)
    c.add_argument("--file", default="data.lock", help=_("the lock file (default: data.lock)"))

    c = command("mirror", _("prepare a folder of data for a room without a network"), None)
    mirror = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="mirror", required=True)
    c = command(
        "build",
        _("fetch datasets into a mirror and write its data.lock"),
        _mirror_build,
        "  datakit mirror build /media/usb/mirror\n  datakit mirror build mirror iris\n",
        mirror,
    )
    c.add_argument("folder", metavar="DIR", type=folder)
    c.add_argument("ids", metavar="ID", nargs="*", help=_("all datasets, by default"))
    origins(c, "publisher")
    c = command(
        "verify",
        _("check every byte of a mirror"),
        _mirror_verify,
        "  datakit mirror verify mirror\n  datakit mirror verify http://192.0.2.1:8000\n",
        mirror,
    )
    c.add_argument("folder", metavar="DIR", help=_("a folder, or the address of a served mirror"))
    c = command(
        "add",
        _("put a file of yours into a mirror"),
        _mirror_add,
        "  datakit mirror add mirror citizen-reports reports.json --vintage 2024-03\n",
        mirror,
    )
    c.add_argument("folder", metavar="DIR", type=folder)
    c.add_argument("id", metavar="ID")
    c.add_argument("file", metavar="FILE")
    c.add_argument("--vintage", metavar="DATE", help=_("the year or date that the file is of, such as 2016 or 2024-03"))
    c.add_argument("--no-check", action="store_true", help=_("take the file although it may not load under its card"))


def _lock(args):
    from datakit.data import mirrors

    entries = mirrors.lock(args.ids or None, args.origins, file=args.file)
    for id, entry in entries.items():
        print(_("{id}: {digest}, from {origin}").format(id=id, digest=entry["sha256"][:12], origin=entry["origin"]))
    print(
        _("{many} recorded in {file}; now: datakit fetch ID --locked").format(many=_many(len(entries)), file=args.file),
        file=sys.stderr,
    )
    return 0


def _mirror_build(args):
    from datakit.data import mirrors

    report = mirrors.build(args.folder, args.ids or None, args.origins, say=lambda line: print(line, flush=True))
    return _mirror(
        report,
        _("next: datakit workshop serve {folder}, or use it here: --origins {folder}").format(folder=args.folder),
    )


def _mirror_verify(args):
    from datakit.data.verifying import verify

    return _mirror(verify(args.folder))


def _mirror_add(args):
    from datakit.data import mirrors

    entry = mirrors.add(args.folder, args.id, args.file, vintage=args.vintage, check=not args.no_check)
    dated = f", of {args.vintage}" if args.vintage else ""
    print(
        _("{id}: {filename} is in {folder}{dated}, sha256 {digest}").format(
            id=args.id, filename=entry["filename"], folder=args.folder, dated=dated, digest=entry["sha256"][:12]
        )
    )
    return 0


def _mirror(report, next=""):
    """Say what a mirror holds and what is wrong with it."""
    for name, problem in report.problems.items():
        text = problem if problem.startswith(name) else f"{name}: {problem}"
        print(text, file=sys.stderr)
    wrong = _(", {n} wrong").format(n=len(report.problems)) if report.problems else ""
    print(
        _("{folder}: {many} whole, {size} MB{wrong}").format(
            folder=report.folder, many=_many(len(report.good)), size=decimal(report.bytes / 1e6, 1), wrong=wrong
        )
    )
    if next and report.good:
        print(next)
    return 0 if report.ok else 1


def _many(count):
    return ngettext("{n} dataset", "{n} datasets", count).format(n=count)
