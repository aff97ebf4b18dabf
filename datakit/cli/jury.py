"""The commands of ``datakit jury``: parse, call, print."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from datakit.cli.places import folder
from datakit.errors import WrongUse
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
    c = command("jury", _("read, mark and compare the dossiers of a challenge"), None)
    jury = c.add_subparsers(title=_("commands"), metavar="COMMAND", dest="jury", required=True)
    _add_verify(command, jury, origins)
    _add_sheet(command, jury)
    _add_marks(command, jury)
    _add_compare(command, jury)


def _add_verify(command, jury, origins):
    c = command(
        "verify",
        _("run dossiers again in a sandbox, and compare every answer with what they say"),
        _verify,
        "  datakit jury verify team.zip --output verdicts\n"
        "  datakit jury verify dossiers/*.zip --output verdicts --origins mirror --workers 4\n"
        "  datakit jury verify dossiers/*.zip --output /shared/verdicts --scheduler tcp://192.0.2.7:8786\n",
        jury,
    )
    c.add_argument("dossiers", metavar="DOSSIER.zip", nargs="+")
    c.add_argument("--output", metavar="DIR", type=folder, default="verdicts", help=_("where (default: %(default)s)"))
    origins(c)
    c.add_argument("--keep", action="store_true", help=_("leave what was given to the sandbox beside each verdict"))
    c.add_argument("--workers", type=int, metavar="N", help=_("dossiers at the same time (default: 1)"))
    c.add_argument("--scheduler", metavar="ADDRESS", help=_("a Dask scheduler, whose workers see the same folders"))


def _verify(args):
    from datakit.jury import verdicts, verifying

    more = {"origins": args.origins, "keep": args.keep, "workers": args.workers, "scheduler": args.scheduler}
    found = verifying.verify_all(args.dossiers, args.output, **more)
    print("\n".join(verdicts.lines(found.values())))
    print(_("next: datakit jury sheet {folder}").format(folder=shlex.quote(args.output)), file=sys.stderr)
    return 0 if all(verdict.good for verdict in found.values()) else 1


def _add_sheet(command, jury):
    c = command(
        "sheet",
        _("write one A4 page a dossier, to print for jurors who do not program"),
        _sheet,
        "  datakit jury sheet verdicts dossiers --output sheets\n"
        "  datakit jury sheet team.zip --output team.html --lang en\n",
        jury,
    )
    _sources(c)
    c.add_argument(
        "--output",
        metavar="DIR|FILE.html",
        default="sheets",
        help=_("a folder, with all in one file and one file for each; or that one file (default: %(default)s)"),
    )


def _add_marks(command, jury):
    c = command(
        "marks",
        _("write the spreadsheet that jurors fill in"),
        _marks,
        "  datakit jury marks verdicts --output marks.xlsx --jurors 5\n"
        "  datakit jury marks verdicts --output anne.xlsx --jurors Anne\n",
        jury,
    )
    _sources(c)
    c.add_argument("--output", metavar="FILE.xlsx", default="marks.xlsx", help=_("where (default: %(default)s)"))
    c.add_argument(
        "--jurors", metavar="N|LIST", default="3", help=_("how many, named J1, J2, …; or their names (default: 3)")
    )


def _add_compare(command, jury):
    c = command(
        "compare",
        _("write one page that compares all dossiers, with the jury's marks where there are any"),
        _compare,
        "  datakit jury compare verdicts\n"
        "  datakit jury compare verdicts --marks marks.xlsx --first 3 --output compare.html\n"
        "  datakit jury compare verdicts --marks anne.xlsx bruno.ods\n",
        jury,
    )
    _sources(c)
    c.add_argument(
        "--marks", metavar="FILE", nargs="+", default=[], help=_("spreadsheets, .xlsx or .ods, of one juror or all")
    )
    c.add_argument(
        "--first", metavar="K", type=int, default=3, help=_("how many dossiers are to be picked (default: 3)")
    )
    c.add_argument(
        "--output", metavar="FILE.html", default="compare.html", help=_("the table goes beside, .csv and .xlsx")
    )


def _sources(made):
    made.add_argument(
        "sources",
        metavar="DIR|DOSSIER.zip",
        nargs="+",
        help=_("dossiers, folders of dossiers, and what datakit jury verify left: one name, one dossier"),
    )


def _marks(args):
    from datakit.jury import entries, marking
    from datakit.settings import challenge

    rules, named = challenge(), args.jurors.strip()
    jurors = [one.strip() for one in named.split(",")]
    if named.isdecimal():
        jurors = [f"J{i + 1}" for i in range(int(named))]
    found = entries.collect(args.sources)
    file, left = marking.write(found, rules, jurors, args.output, args.lang or rules.language)
    print(file)
    if left:
        said = ngettext("{n} refused dossier has no row in it", "{n} refused dossiers have no row in it", left)
        print(said.format(n=left))
    return 0


def _compare(args):
    from datakit.jury import comparing, entries, ranking
    from datakit.jury import marks as given
    from datakit.settings import challenge

    if args.first < 1:
        raise WrongUse("--first", _("at least one dossier is picked"), found=str(args.first))
    rules, found = challenge(), entries.collect(args.sources)
    marks = given.read(args.marks, [one.name for one in found], rules.criteria) if args.marks else None
    weights = [one.weight for one in rules.criteria]
    ranked = ranking.rank(marks, weights, args.first) if marks else None
    for file in comparing.write(found, rules, args.output, marks, ranked, args.lang or rules.language):
        print(file)
    return 0


def _sheet(args):
    from datakit.jury import entries, sheets
    from datakit.settings import challenge

    rules = challenge()
    found = entries.collect(args.sources)
    written = sheets.write(found, rules, args.output, args.lang or rules.language)
    print(ngettext("{file}: {n} dossier", "{file}: {n} dossiers", len(found)).format(file=written[0], n=len(found)))
    return 0
