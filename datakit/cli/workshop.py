"""The commands of ``datakit workshop``: parse, call, print."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.cli.places import folder
from datakit.language import _, ngettext
from datakit.workshop.layout import PYTHONS

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
        "save",
        _("pack your notebooks, answers and reports into one file to take home"),
        _save,
        "  datakit save\n  datakit save my_project\n",
    )
    c.add_argument("folder", metavar="DIR", nargs="?", help=_("(default: the project's folder)"))

    c = command("workshop", _("prepare a room of forty people, and serve it"), None)
    workshop = c.add_subparsers(title="commands", metavar="COMMAND", dest="workshop", required=True)
    c = command(
        "pack",
        _("pack one folder from which a room works without a network; broken off, it goes on"),
        _pack,
        "  datakit workshop pack /media/usb/workshop\n"
        "  datakit workshop pack workshop --systems windows,linux --pythons 3.13\n"
        "  datakit workshop pack workshop --origins sample    " + _("to try it: every table is invented") + "\n",
        workshop,
    )
    c.add_argument("folder", metavar="DIR", type=folder)
    origins(c, "publisher")
    c.add_argument(
        "--systems", metavar="LIST", type=_list, help=_("of windows, macos, linux (the default), linux-arm64")
    )
    c.add_argument(
        "--pythons", metavar="LIST", type=_list, help=_("of {list} (default: all)").format(list=", ".join(PYTHONS))
    )
    c = command(
        "verify",
        _("try a packed folder: every byte, then install and run from it with no route out"),
        _verify,
        "  datakit workshop verify /media/usb/workshop\n  datakit workshop verify workshop --all --keep trial\n",
        workshop,
    )
    c.add_argument("folder", metavar="DIR")
    c.add_argument("--all", action="store_true", help=_("run every chapter (default: the first)"))
    c.add_argument("--keep", metavar="DIR", help=_("leave there what was installed, and the report"))
    c = command(
        "serve",
        _("give a packed folder, or a mirror alone, to the room over http"),
        _serve,
        "  datakit workshop serve /media/usb/workshop\n  datakit workshop serve mirror --port 8080\n",
        workshop,
    )
    c.add_argument("folder", metavar="DIR")
    c.add_argument("--port", type=int, default=8000, metavar="N", help=_("(default: 8000; 0 takes a free one)"))
    c.add_argument("--host", default="", metavar="ADDRESS", help=_("to listen on (default: all of this machine’s)"))
    c.add_argument("--no-nginx", action="store_true", help=_("the kit’s own server, also where nginx is installed"))
    c = command(
        "status",
        _("who is ready, from the room's server; or what a code means"),
        _status,
        "  datakit workshop status\n  datakit workshop status http://192.0.2.1:8000\n"
        "  datakit workshop status --code NO-23C\n",
        workshop,
    )
    c.add_argument("address", nargs="?", default="http://127.0.0.1:8000", help=_("(default: %(default)s)"))
    c.add_argument("--code", help=_("what this code means, and what to do; no server is asked"))
    c = command(
        "notebooks",
        _("write the participants' notebooks, and the facilitator's with an answer key"),
        _notebooks,
        "  datakit workshop notebooks workshop\n  datakit workshop notebooks workshop --origins mirror,sample\n",
        workshop,
    )
    c.add_argument("folder", metavar="DIR", type=folder, help=_("participants and facilitators are made in it"))
    c.add_argument(
        "--origins", metavar="LIST", help=_("data of the day: checks learn its answers (default: the sample's)")
    )
    c.add_argument("--replace", action="store_true", help=_("also notebooks that somebody has worked in"))


def _save(args):
    from datakit.workshop.saving import save

    print("\n".join(save(args.folder).lines()))
    return 0


def _notebooks(args):
    from datakit.workshop import handouts

    written = handouts.write_notebooks(args.folder, "", args.replace, args.origins or "", progress=True)
    for name in (handouts.PARTICIPANTS, handouts.FACILITATORS):
        folder = Path(args.folder, name)
        count = sum(path.suffix == ".ipynb" and folder in path.parents for path in written)
        print(ngettext("{folder}: {n} notebook", "{folder}: {n} notebooks", count).format(folder=folder, n=count))
    print(_("answer key: {page}").format(page=Path(args.folder, handouts.FACILITATORS, handouts.KEYS)))
    return 0


def _status(args):
    from datakit.workshop import codes, roster

    if args.code:
        verdict = codes.decode(args.code)
        print(f"{verdict.code}   {verdict.sentence()}")
        for line in verdict.advice():
            print(f"  {line}")
        return 0
    state = roster.ask(args.address)
    print(_("{ready} of {all} ready").format(ready=state["ready"], all=state["all"]))
    for machine in state["machines"]:  # in the words of who asks: the server may speak another language
        sentence = codes.decode(machine["code"]).sentence()
        print(f"{machine['code']:<12} {machine['name']:<24} {sentence}")
    return 0


def _list(text):
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _pack(args):
    from datakit.show.style import number
    from datakit.workshop import packing

    chosen = {name: getattr(args, name) for name in ("systems", "pythons") if getattr(args, name) is not None}
    report = packing.pack(args.folder, args.origins, say=lambda line: print(line, flush=True), **chosen)
    for name, problem in report.data.problems.items():
        print(problem if problem.startswith(name) else f"{name}: {problem}", file=sys.stderr)
    for line in report.lacking:
        print(line, file=sys.stderr)
    for name, size in report.sizes.items():
        print(_("{name} {size} MB").format(name=f"{name:<12}", size=f"{number(size / 1e6, 1):>9}"))
    folder = shlex.quote(args.folder)
    print(_("next: datakit workshop verify {folder}, then datakit workshop serve {folder}").format(folder=folder))
    return 0 if report.ok else 1


def _verify(args):
    from datakit.workshop import verifying

    chapters = () if args.all else (verifying.CHAPTER,)
    trial = verifying.verify(args.folder, chapters, lambda line: print(line, flush=True), args.keep)
    for problem in trial.problems:
        print(problem, file=sys.stderr)
    return 1 if trial.problems else 0


def _serve(args):
    from datakit.workshop.serving import serve

    serve(args.folder, args.port, args.host, lambda line: print(line, flush=True), not args.no_nginx)
    return 0
