"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from typing import TYPE_CHECKING

from datakit import __version__
from datakit.cli import challenge as cli_challenge
from datakit.cli import dossier as cli_dossier
from datakit.cli import follow as cli_follow
from datakit.cli import jury as cli_jury
from datakit.cli import mirrors as cli_mirrors
from datakit.cli import room as cli_room
from datakit.cli import run as cli_run
from datakit.cli import trees as cli_trees
from datakit.cli import workshop as cli_workshop
from datakit.cli.places import folder
from datakit.cli.words import ABOUT, EXAMPLES, ORIGINS, VARIABLES, in_language, speak_utf8
from datakit.data.card_checks import themes
from datakit.data.provenance import STAMP
from datakit.errors import BadCard, CannotAnswer, DatakitError, DataWarning, UnknownDataset, WrongUse, without_password
from datakit.extras import collect_seldom
from datakit.language import LANGUAGES, _, language
from datakit.settings import FILE, default_origins

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, FAILED, WRONG_USE = 0, 1, 2


def _now():
    """The origins in force, and why."""
    named = os.environ.get("DATAKIT_ORIGINS")
    if named:
        return _("{origins}, from DATAKIT_ORIGINS").format(origins=without_password(named))
    try:
        return default_origins()
    except WrongUse:  # a command that reads challenge.toml will say what is wrong with it
        return FILE


def _named(origins):
    """An option given and empty is a variable that a script forgot to set: the sample would be a surprise."""
    if not origins.strip():
        raise argparse.ArgumentTypeError(_("empty: name an origin, or leave the option out"))
    return origins


class _Parser(argparse.ArgumentParser):
    """Texts are shown as they are written, and options are not guessed; so are those of the commands below it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
        now = _("the language of all that is said (now: {lang})").format(lang=language())
        self.add_argument("--lang", choices=LANGUAGES, help=now)


def parser() -> argparse.ArgumentParser:
    """The whole command line.

    Returns
    -------
    argparse.ArgumentParser
    """
    top = _Parser(
        "datakit",
        description=_(ABOUT),
        epilog=_(EXAMPLES).format(
            origins=_("Now: {now}. Change it with --origins or DATAKIT_ORIGINS.").format(now=_now()),
            variables="\n".join(f"  {name:<21}  {_(what)}" for name, what in VARIABLES.items()),
        ),
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"datakit {__version__}",
        help=_("show program's version number and exit"),
    )
    commands = top.add_subparsers(title=_("commands"), metavar="COMMAND", dest="command", required=True)

    def command(name, what, call, examples="", into=commands):
        epilog = _("examples:") + "\n" + examples if examples else None
        made = into.add_parser(name, help=what, description=what[0].upper() + what[1:] + ".", epilog=epilog)
        made.set_defaults(call=call)
        return made

    def origins(made, default=None):
        made.add_argument(
            "--origins",
            metavar="LIST",
            type=_named,
            default=default,
            help=_(ORIGINS).format(default or _now()).replace("%", "%%"),
        )

    _add_data(command, origins)
    cli_mirrors.add_commands(command, origins)
    cli_run.add_command(command, origins)
    _add_notebooks(command)
    cli_trees.add_commands(command, origins)
    cli_workshop.add_commands(command, origins)
    cli_jury.add_commands(command, origins)
    cli_room.add_command(command, origins)
    cli_challenge.add_commands(command)
    cli_dossier.add_commands(command, origins)
    cli_follow.add_command(command)
    return top


def _add_data(command, origins):
    c = command("list", _("list the datasets"), _list, "  datakit list --theme trees\n  datakit list INSEE IRIS\n")
    c.add_argument("words", nargs="*", help=_("only datasets whose card mentions every word, in English or French"))
    c.add_argument("--theme", help=_("only one theme: {names}").format(names=", ".join(themes())))

    c = command(
        "show",
        _("show a dataset's card: columns, units, licence, traps"),
        _show,
        "  datakit show census-iris-population --lang fr\n  datakit show communes --json\n",
    )
    c.add_argument("id", metavar="ID")
    c.add_argument("--json", action="store_true", help=_("the card itself, a Frictionless Data Resource"))

    c = command(
        "fetch",
        _("fetch datasets once and print the paths of their files"),
        _fetch,
        "  datakit fetch communes iris\n  datakit fetch iris --origins publisher --refresh\n"
        "  datakit fetch cadastre-buildings --origins publisher\n",
    )
    c.add_argument("ids", metavar="ID", nargs="+")
    origins(c)
    c.add_argument("--locked", action="store_true", help=_("accept only what data.lock names (see datakit lock)"))
    c.add_argument("--refresh", action="store_true", help=_("ask the origin again although a copy is kept"))


def _add_notebooks(command):
    examples = "  datakit notebooks\n  datakit notebooks my_notebooks\n"
    c = command(
        "notebooks", _("copy the kit's notebooks, to open and change them; no file is replaced"), _notebooks, examples
    )
    c.add_argument(
        "folder", metavar="DIR", type=folder, nargs="?", default="notebooks", help=_("where (default: ./notebooks)")
    )


def _list(args):
    from datakit.data.cards import Catalog, read_catalog

    found = read_catalog()
    themes = sorted({card.theme for card in found.values()})
    if args.theme and args.theme not in themes:
        raise WrongUse("--theme", _("no dataset has this theme"), expected=", ".join(themes), found=args.theme)
    if args.words:
        found = found.search(" ".join(args.words))
    cards = [c for c in found.values() if args.theme in (None, c.theme)]
    if not cards:
        print(_("no dataset mentions {names}").format(names=" ".join(args.words)), file=sys.stderr)
        return FAILED
    print(Catalog(cards))
    return OK


def _show(args):
    from datakit.data.cards import read_catalog

    card = read_catalog()[args.id]
    print(json.dumps(card.raw, ensure_ascii=False, indent=1) if args.json else card.text())
    return OK


def _fetch(args):
    from datakit.data.cards import read_catalog
    from datakit.data.fetching import obtain

    catalog = read_catalog()
    cards = [catalog[id] for id in args.ids]  # a misspelt id is told before anything is fetched
    code = OK
    for card in cards:
        try:
            got = obtain(card, args.origins, locked=args.locked or None, refresh=args.refresh)
        except (WrongUse, UnknownDataset):
            raise
        except DatakitError as error:  # one dataset that cannot be had does not keep the others away
            _complain(error)
            code = FAILED
            continue
        stamp = ", " + _(STAMP) if got.synthetic else ""
        print(
            _("{id}: {outcome}, from {origin}{stamp}").format(
                id=card.id, outcome=got.outcome, origin=got.origin, stamp=stamp
            ),
            file=sys.stderr,
        )
        print(got.path, flush=True)
    return code


def _notebooks(args):
    import shlex

    from datakit.run.shipped import copy_notebooks

    copied, left = copy_notebooks(args.folder)
    for path in left:
        print(_("{path} is there already: left as it is").format(path=path), file=sys.stderr)
    for path in copied:
        print(path)
    names = sorted(map(str, copied + left))
    print(
        _("next: jupyter trust {names} && jupyter lab {first}").format(
            names=shlex.join(names), first=shlex.quote(names[0])
        ),
        file=sys.stderr,
    )
    return OK


def _complain(error):
    print(f"datakit: {error}", file=sys.stderr)


def _warn(message, category, filename, lineno, file=None, line=None):
    """A warning as a sentence: a place in the kit's own code helps nobody who types commands."""
    _complain(message if issubclass(category, DataWarning) else f"{category.__name__}: {message}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : list of str, optional
        Without the program's name; by default, what was typed.

    Returns
    -------
    int
        0 done, 1 failed, 2 wrong use.
    """
    speak_utf8()
    if argv is None:  # this process does nothing else
        collect_seldom()
    typed = sys.argv[1:] if argv is None else list(argv)
    with warnings.catch_warnings(), in_language(typed):
        return _outcome(typed)


def _outcome(typed):
    """The exit code of a command, after its error in words."""
    try:
        args = parser().parse_args(typed)
        args.typed = typed
        warnings.showwarning = _warn
        code = args.call(args)
        sys.stdout.flush()
        return code
    except (WrongUse, UnknownDataset, CannotAnswer) as error:  # what was asked does not fit: nothing was done
        _complain(error)
        return WRONG_USE
    except (DatakitError, BadCard) as error:
        _complain(error)
        return FAILED
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("datakit"):
            raise
        _complain(_("the package {name} is not installed here\n  next:     datakit doctor").format(name=error.name))
        return FAILED
    except KeyboardInterrupt:
        _complain(_("stopped"))
        return 130
    except BrokenPipeError:  # `datakit list | head`: nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
