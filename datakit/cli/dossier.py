"""The commands of ``datakit dossier``: parse, call, print."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from datakit.language import _, ngettext

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
    c = command("dossier", _("a team's dossier, from its form to one zip that a jury runs again"), None)
    dossier = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="dossier", required=True)
    c = command(
        "new",
        _("write a new dossier: a folder that can be checked and packed before a word is changed"),
        _new,
        "  datakit dossier new our-trees\n  datakit dossier new our-trees --theme trees --challenge challenge.toml\n",
        dossier,
    )
    c.add_argument("name", metavar="NAME", help=_("of the folder and of the zip: letters without accents, digits, -"))
    c.add_argument("--theme", help=_("one of the challenge's (default: its first)"))
    c.add_argument("--challenge", metavar="FILE", help=_("the organiser's challenge.toml (default: the project's)"))
    origins(c)
    c = command(
        "check",
        _("say what a dossier lacks, and what a jury would refuse, the most important first"),
        _check,
        "  datakit dossier check\n  datakit dossier check our-trees\n\n"
        + _("exit code: 0 it can be packed, 1 it would be refused, 2 no dossier")
        + "\n",
        dossier,
    )
    c.add_argument("folder", metavar="DIR", nargs="?", default=".", help=_("the dossier (default: this folder)"))
    c = command(
        "pack",
        _("run the dossier on its locked data and write one zip, an RO-Crate"),
        _pack,
        "  datakit dossier pack\n  datakit dossier pack our-trees --output /media/usb/our-trees.zip\n",
        dossier,
    )
    c.add_argument("folder", metavar="DIR", nargs="?", default=".", help=_("the dossier (default: this folder)"))
    c.add_argument(
        "--output", metavar="FILE.zip", help=_("the zip, or a folder for it (default: NAME.zip in the dossier)")
    )
    origins(c)
    c.add_argument("--quiet", action="store_true", help=_("say nothing while it runs"))


def _new(args):
    from datakit.dossier.making import new

    folder = new(args.name, theme=args.theme, rules=args.challenge, lang=args.lang, origins=args.origins)
    print(folder)
    shown = shlex.quote(os.path.relpath(folder))
    print(_("next: cd {folder} && datakit dossier check && datakit dossier pack").format(folder=shown), file=sys.stderr)
    return 0


def _check(args):
    from datakit.dossier.checking import check
    from datakit.dossier.findings import ADVICE, LEVELS, REFUSED, SAID

    found = check(args.folder)
    for level in LEVELS:
        if mine := [finding for finding in found if finding.level == level]:
            print(f"== {_(SAID[level])} ({len(mine)})")
            print("\n".join(map(str, mine)) + "\n")
    refused = sum(finding.level == REFUSED for finding in found)
    if refused:
        said = ngettext("{n} reason to refuse it", "{n} reasons to refuse it", refused).format(n=refused)
    elif any(finding.level != ADVICE for finding in found):
        said = _("It can be packed to try it; it is not ready to be handed in.")
    else:
        said = _("It can be packed and handed in.")
    print(said)
    return 1 if refused else 0


def _pack(args):
    from datakit.dossier.packing import pack
    from datakit.show.style import number

    packed = pack(args.folder, args.output, origins=args.origins, progress=not args.quiet)
    print(packed.path)
    said = ngettext("{n} file, {size} MB, run in {seconds} s", "{n} files, {size} MB, run in {seconds} s", packed.files)
    said = said.format(n=packed.files, size=number(packed.bytes / 1e6, 1), seconds=number(packed.seconds, 0))
    print(said, file=sys.stderr)
    if packed.late:
        print(_("The deadline has passed: the zip says so."), file=sys.stderr)
    if packed.changed:
        names = ", ".join(packed.changed)
        print(_("not as in the zip that was there before: {names}").format(names=names), file=sys.stderr)
    elif packed.changed is not None:
        print(_("the same bytes as in the zip that was there before"), file=sys.stderr)
    return 0
