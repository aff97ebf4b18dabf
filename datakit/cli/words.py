"""What the command line says of itself, and in which language."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from datakit import language as spoken
from datakit.language import LANGUAGES, N_, language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

ABOUT = N_("""\
A town's open data on trees, vegetation and digital inclusion:
find a dataset, fetch it, run the notebooks, get a report.
""")

EXAMPLES = N_("""\
examples:
  datakit list tree                          the datasets that mention trees
  datakit show trees-grenoble --lang fr      its columns, units, licence and traps
  datakit fetch communes                     the file's path, fetched once and kept
  datakit run trees --output reports/trees   run one notebook and write a report
  datakit doctor                             what works here, what does not, what to do

Origins of data are tried in order: sample (invented, bundled, always there), publisher,
a folder or an http address prepared with `datakit mirror build`.
{origins}

environment variables:
{variables}
""")

VARIABLES = {
    "DATAKIT_LANG": N_("the language of all that is said, en or fr, as --lang; by default the system's"),
    "DATAKIT_ORIGINS": N_("where data comes from, as --origins"),
    "DATAKIT_LOCK": N_("a lock file: only the data that it names is accepted, as with --locked"),
    "DATAKIT_CARDS": N_("folders of data cards beside the project's own, separated as in PATH"),
    "DATAKIT_CACHE": N_("the folder in which files are kept"),
    "DATAKIT_AUTHOR": N_("the person or team that a report names"),
    "DATAKIT_TIMEOUT": N_("seconds to wait for a connection and for an answer (default: 10,60)"),
    "DATAKIT_MAX_UNPACKED": N_("bytes that an archive may unpack to in memory (default: 2e9)"),
}

# What argparse says; the one list of texts that are not written where they are said.
ARGPARSE = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("%(prog)s: error: %(message)s\n"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("expected one argument"),
    N_("expected at least one argument"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("not allowed with argument %s"),
    N_("ignored explicit argument %r"),
)

ORIGINS = N_(
    "where data comes from, in order, separated by commas: sample, publisher, a folder, an http address;"
    " a folder with a comma in its name in double quotes: '\"/media/usb, blue\",sample' (now: {})"
)


@contextlib.contextmanager
def in_language(typed: Sequence[str]) -> Iterator[None]:
    """Say all in the language that was asked for, in the processes that a command starts too.

    Parameters
    ----------
    typed : list of str
        The command line, whose ``--lang`` counts before it is read: its help and its errors are said in it too.
    """
    asked = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    asked.add_argument("--lang", choices=LANGUAGES)
    before = os.environ.get("DATAKIT_LANG")
    try:
        lang = asked.parse_known_args(typed)[0].lang
    except argparse.ArgumentError:  # the command's own parser will say it
        lang = None
    os.environ["DATAKIT_LANG"] = lang or language()
    # What argparse says itself goes through gettext too, of the system's catalogues.
    vars(argparse).update(_=spoken.gettext, ngettext=spoken.ngettext)
    try:
        yield
    finally:
        os.environ.pop("DATAKIT_LANG")
        if before is not None:
            os.environ["DATAKIT_LANG"] = before


def speak_utf8() -> None:
    """Accents must never stop a command: a terminal that says it knows only ASCII gets UTF-8, others what they can."""
    streams: tuple[Any, ...] = (sys.stdout, sys.stderr)  # what a program put in their place may know less
    for stream in streams:
        with contextlib.suppress(AttributeError, ValueError):
            name = (stream.encoding or "ascii").lower().replace("-", "")
            if name in ("ascii", "ansi_x3.41968", "usascii"):
                stream.reconfigure(encoding="utf-8", errors="replace")
            elif name != "utf8":
                stream.reconfigure(errors="replace")
