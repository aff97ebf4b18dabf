"""The command ``datakit follow``: parse, call, print."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from datakit.cli.places import folder
from datakit.language import _, speaking

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


def add_command(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add it to the command line.

    Parameters
    ----------
    command : callable
        That of `datakit.cli.parser`.
    """
    c = command(
        "follow",
        _("run a dossier's indicators on the data of each month, and write the city's page of the month"),
        _follow,
        "  datakit follow my_dossier --months months\n"
        "  datakit follow my_dossier --months months --month 2027-05 --output follow\n"
        "\n"
        + _("months/2027-04, months/2027-05, … are mirrors (datakit mirror build), or dated locks 2027-04.lock;")
        + "\n"
        + _("months before the start are the baseline: two years of them tell a change from a season and a drift")
        + "\n",
    )
    c.add_argument("dossier", metavar="DOSSIER", help=_("its folder; or a zip, which runs in the jury's sandbox"))
    c.add_argument(
        "--months", metavar="DIR", required=True, help=_("the folder with one mirror or lock for each month")
    )
    c.add_argument(
        "--output", metavar="DIR", type=folder, default="follow", help=_("the table and the pages (default: follow)")
    )
    c.add_argument("--month", metavar="MONTH", help=_("the month of the page, 2027-05 (default: the last one there)"))
    c.add_argument("--origins", metavar="LIST", help=_("where else data may come from: what dated locks name, say"))
    c.add_argument("--quiet", action="store_true", help=_("say nothing while it runs"))


def _follow(args):
    from datakit.follow.following import follow
    from datakit.follow.words import VERDICT, sentence

    done = follow(
        args.dossier,
        args.months,
        args.output,
        month=args.month,
        origins=args.origins,
        lang=args.lang or "",
        progress=not args.quiet,
    )
    with speaking(done.lang):  # of the pages, whatever else is spoken here
        for finding in done.findings:
            said = _("{title}: {verdict}. {sentence}")
            print(
                said.format(
                    title=finding.series.indicator.title,
                    verdict=_(VERDICT[finding.verdict]),
                    sentence=sentence(finding),
                )
            )
    silent = done.table[done.table["value"].isna()]
    if len(silent):
        print(
            _("rows without a value: {n} of {total}, the page says which").format(n=len(silent), total=len(done.table)),
            file=sys.stderr,
        )
    for page in done.pages:
        print(page)
    return 0
