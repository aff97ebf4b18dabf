"""The commands of ``datakit jury``: parse, call, print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datakit.language import _, ngettext, speaking

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the command line.

    Parameters
    ----------
    command : callable
        That of `datakit.cli.parser`: a new command.
    """
    c = command("jury", _("read, mark and compare the dossiers of a challenge"), None)
    jury = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="jury", required=True)
    _add_sheet(command, jury)


def _add_sheet(command, jury):
    c = command(
        "sheet",
        _("write one A4 page a dossier, to print for jurors who do not program"),
        _sheet,
        "  datakit jury sheet verdicts dossiers --output sheets\n"
        "  datakit jury sheet team.zip --output sheets --lang en\n",
        jury,
    )
    c.add_argument(
        "sources",
        metavar="DIR|DOSSIER.zip",
        nargs="+",
        help=_("dossiers, folders of dossiers, and what datakit jury verify left: one name, one dossier"),
    )
    c.add_argument("--output", metavar="DIR", default="sheets", help=_("where (default: %(default)s)"))


def _sheet(args):
    from datakit.jury import entries, sheets
    from datakit.settings import challenge

    rules = challenge()
    found = entries.collect(args.sources)
    with speaking(args.lang or rules.language):  # jurors read the challenge's language, whoever prints for them
        written = sheets.write(found, rules, args.output)
    said = ngettext("{file}: {n} dossier", "{file}: {n} dossiers", len(found)).format(file=written[0], n=len(found))
    print(said)
    return 0
