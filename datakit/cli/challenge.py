"""The commands of ``datakit challenge``: parse, call, print."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from datakit.language import _

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

TEXTS = ("title", "town", "territory", "communes", "epci", "box", "portal", "language", "accent", "deadline", "kit")


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line.

    Parameters
    ----------
    command : callable
        That of `datakit.cli.parser`: a new command.
    """
    from datakit.challenge.words import HELP

    c = command("challenge", _("a challenge of another town, made from this kit"), None)
    challenge = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="challenge", required=True)
    c = command(
        "new",
        _("write the project of a new challenge: settings, cards, invented data, a chapter for each theme, tests"),
        _new,
        '  datakit challenge new besancon --title "Défi de Besançon" --town Besançon \\\n'
        '      --communes "25056 Besançon" --box "5.94, 47.20, 6.09, 47.32"\n'
        "  datakit challenge new besancon --data answers.yml\n",
        challenge,
    )
    c.add_argument("folder", metavar="DIR", help=_("made here; nothing that is there is touched"))
    c.add_argument("--data", metavar="FILE", help=_("answers in YAML, such as .copier-answers.yml of another project"))
    c.add_argument("--defaults", action="store_true", help=_("ask nothing: what has a default takes it"))
    for name, asked in HELP.items():
        if name in TEXTS:
            c.add_argument(f"--{name}", metavar="TEXT", help=_(asked))
        elif name == "themes":
            c.add_argument("--themes", metavar="LIST", help=_(asked))
        elif name == "months":
            c.add_argument("--months", type=int, metavar="N", help=_(asked))
    c = command(
        "record",
        _("write down what the notebooks of a challenge's project say, for its tests"),
        _record,
        "  datakit challenge record\n",
        challenge,
    )
    c.add_argument("folder", metavar="DIR", nargs="?", help=_("the project (default: the one that one works in)"))


def _new(args):
    from datakit.challenge.making import new, read_answers

    answers = read_answers(args.data) if args.data else {}
    answers |= {name: said for name in (*TEXTS, "months") if (said := getattr(args, name)) is not None}
    if args.themes is not None:
        answers["themes"] = [theme.strip() for theme in args.themes.split(",") if theme.strip()]
    ask = sys.stdin.isatty() and not args.defaults
    folder = new(args.folder, answers, ask=ask, say=lambda line: print(line, file=sys.stderr, flush=True))
    print(folder)
    shown = shlex.quote(os.path.relpath(folder))
    print(_("next: cd {folder} && make run && make test").format(folder=shown), file=sys.stderr)
    return 0


def _record(args):
    from datakit.challenge.recording import record

    print(record(args.folder))
    return 0
