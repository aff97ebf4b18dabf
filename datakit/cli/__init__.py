"""The command line: parse, call, print; everything heavy is imported by the command that needs it.

program    The commands, and `main`
places     Folders and files that a command is told to write
words      What the command line says of itself, and in which language
run        The command ``datakit run``
mirrors    The commands ``datakit lock`` and ``datakit mirror``
trees      The commands of ``datakit trees``
jury       The commands of ``datakit jury``
workshop   The commands of ``datakit workshop``
challenge  The commands of ``datakit challenge``
dossier    The commands of ``datakit dossier``
follow     The command ``datakit follow``
room       The command ``datakit doctor``, and its code for a workshop
doctor     Check that everything works here, and say what to do where it does not
reaching   Does an origin of data answer, and with what it promises
check      One thing that the doctor looked at, as it is told
"""

from datakit.cli.program import main

__all__ = [
    "challenge",
    "check",
    "doctor",
    "dossier",
    "follow",
    "jury",
    "main",
    "mirrors",
    "places",
    "program",
    "reaching",
    "room",
    "run",
    "trees",
    "words",
    "workshop",
]
