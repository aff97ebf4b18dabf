"""``datakit run``: the notebooks again, once or for every combination of values."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.cli.places import folder
from datakit.errors import WrongUse
from datakit.language import _, ngettext

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

OK, FAILED = 0, 1
DEFAULT_OUTPUT = "reports/latest"


def add_command(command: Callable[..., argparse.ArgumentParser], origins: Callable[..., None]) -> None:
    """Add it to the command line.

    Parameters
    ----------
    command, origins : callable
        Those of `datakit.cli.parser`: a new command, and its option ``--origins``.
    """
    c = command(
        "run",
        _("run the notebooks and write a report"),
        _run,
        "  datakit run\n  datakit run trees inclusion --jobs 1\n"
        "  datakit run --origins http://192.0.2.1:8000,sample --output reports/workshop\n"
        "  datakit run my_notebook.ipynb -p k=7 -p names=a,b\n"
        "  datakit run trees --each inventory=trees-grenoble,trees-paris --each seed=0,1\n"
        "  datakit run trees_risk --each 'origins=cities/a,cities/b' --scheduler tcp://192.0.2.7:8786\n"
        "\nexit code: 0 all done, 1 a notebook failed, 2 wrong use (nothing was executed)\n",
    )
    c.add_argument(
        "themes",
        metavar="THEME",
        nargs="*",
        help=_(
            "trees, vegetation, inclusion: the chapters of a theme; trees_risk: one chapter; or paths; all by default"
        ),
    )
    origins(c)
    c.add_argument(
        "--locked", action="store_true", help=_("accept only the data that data.lock names (see datakit lock)")
    )
    c.add_argument(
        "-p",
        "--parameter",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help=_("for the notebooks that have this parameter; a wrong name lists the right ones"),
    )
    c.add_argument(
        "--each",
        metavar="NAME=A,B",
        action="append",
        default=[],
        help=_(
            "run for each value, for every combination where there are several: a page that compares the answers, and "
            "answers.parquet; origins may be one, since a city is a mirror; broken off, the same command goes on"
        ),
    )
    add_where(c)
    c.add_argument(
        "--output",
        metavar="DIR",
        type=folder,
        default=DEFAULT_OUTPUT,
        help=_("the report (default: {default_output})").format(default_output=DEFAULT_OUTPUT),
    )
    c.add_argument("--jobs", type=int, metavar="N", help=_("notebooks at the same time (default: one a processor)"))
    c.add_argument(
        "--timeout", type=float, metavar="SECONDS", default=600.0, help=_("for each notebook (default: 600)")
    )
    c.add_argument(
        "--notebooks", metavar="DIR", help=_("the folder of notebooks (default: ./notebooks, else the kit's)")
    )
    c.add_argument("--quiet", action="store_true", help=_("say nothing while it runs"))


def add_where(c: argparse.ArgumentParser) -> None:
    """Add the options that say on how many processes, and of which machines, much work is done."""
    c.add_argument(
        "--workers", type=int, metavar="N", help=_("processes of this machine, with --each (default: one a processor)")
    )
    c.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help=_("a Dask scheduler instead, tcp://192.0.2.7:8786 or its file: whatever machines its workers are on"),
    )


def _run(args):
    given = _given(args.parameter)
    # Asked to stop by a job manager: leave as after Ctrl-C, with no kernel left behind and no half report.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = {
        "origins": args.origins,
        "parameters": given,
        "output": args.output,
        "timeout": args.timeout,
        "progress": not args.quiet,
        "notebooks": args.notebooks,
        "command": "datakit " + shlex.join(_without_output(args.typed)),
        "locked": args.locked or None,
    }
    for wrong, name in (
        (args.each and args.jobs, "--jobs"),
        (not args.each and args.workers, "--workers"),
        (not args.each and args.scheduler, "--scheduler"),
    ):
        if wrong:
            expected = _("--jobs for one run, --workers or --scheduler for the runs of --each")
            raise WrongUse(name, _("does not go with this run"), expected=expected)
    return (_run_each if args.each else _run_once)(args, options)


def _run_once(args, options):
    from datakit.run.running import run

    report = run(args.themes, jobs=args.jobs, **options)
    failed = [n for n in report.notebooks if not n.ok]
    for notebook in failed:
        print(f"{notebook.name}: {notebook.summary()}", file=sys.stderr)
    _say_where(report, args.output)
    done = _("{done} of {n} notebooks done").format(done=len(report.notebooks) - len(failed), n=len(report.notebooks))
    return _say_done(report, done)


def _run_each(args, options):
    from datakit.run.combining import read_each, run_each

    each = read_each(args.each)
    report = run_each(args.themes, each=each, scheduler=args.scheduler, workers=args.workers, **options)
    for one in report.combinations:
        for notebook in one.notebooks:
            if not notebook.ok:
                print(f"{one.label()}: {notebook.name}: {notebook.summary()}", file=sys.stderr)
    _say_where(report, args.output)
    ok, n = sum(one.ok for one in report.combinations), len(report.combinations)
    return _say_done(report, ngettext("{done} of {n} run done", "{done} of {n} runs done", n).format(done=ok, n=n))


def _given(typed):
    """The values of ``-p``."""
    given = {}
    for text in typed:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise WrongUse("-p", _("a parameter is given as name=value"), found=text, next=_("for example -p k=7"))
        if name.strip() in given:
            raise WrongUse("-p", _("{name} is given twice").format(name=name.strip()))
        given[name.strip()] = value
    return given


def _say_where(report, asked):
    """What a reader would not expect of the place of a report."""
    if report.kept:
        print(
            _("kept in {output}, where no run wrote them: {names}").format(
                output=report.output, names=", ".join(report.kept)
            ),
            file=sys.stderr,
        )
    if report.output.resolve() != Path(asked).resolve():
        print(
            _("the report in {output}, of a run that did not fail, stays as it is").format(output=asked),
            file=sys.stderr,
        )


def _say_done(report, done):
    print(
        _("{done} in {seconds:.0f} s. Report: {index}").format(
            done=done, seconds=report.seconds, index=report.output / "index.html"
        )
    )
    return OK if report.ok else FAILED


def _without_output(typed):
    """What was typed, but for ``--output``: where a report went is a folder of one machine, and changes no result."""
    kept, words = [], iter(typed)
    for word in words:
        if word == "--output":
            next(words, None)
        elif not word.startswith("--output="):
            kept.append(word)
    return kept
