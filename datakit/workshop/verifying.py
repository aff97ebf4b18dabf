"""Try a packed folder as a participant will: every byte, every wheel, then install and run with no way out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import NotAsDescribed
from datakit.language import _, ngettext
from datakit.workshop import layout, wheelhouse
from datakit.workshop.shelves import PackShelf, shelf_of
from datakit.workshop.starting import Base, clean, program

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHAPTER = "00_start_here"
MAP = re.compile(r"\bL\.map\(")
# Which networks this process sees, and whether a packet could leave: addresses of nobody (RFC 5737, RFC 3849).
LOOK = """
import json, socket
def leaves(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return False
        return True
ways = [leaves(socket.AF_INET, "192.0.2.1"), socket.has_ipv6 and leaves(socket.AF_INET6, "2001:db8::1")]
print(json.dumps({"networks": [name for _, name in socket.if_nameindex()], "out": any(ways)}))
"""


@dataclass
class Trial:
    """What was tried of a packed folder.

    Attributes
    ----------
    problems : list of str
    guarded : bool
        Whether all that ran had no route out of this machine, by the system's guarantee.
    networks : list of str
        Those that it saw.
    installed, ran : float
        Seconds.
    maps : dict
        Chapter -> whether its page has a map.
    """

    folder: Path
    problems: list[str] = field(default_factory=list)
    guarded: bool = False
    networks: list[str] = field(default_factory=list)
    installed: float = 0.0
    ran: float = 0.0
    maps: dict[str, bool] = field(default_factory=dict)


def walls() -> list[str]:
    """The beginning of a command that runs in a network of its own, with loopback alone; empty where that is refused.

    Returns
    -------
    list of str
    """
    if not (sys.platform == "linux" and shutil.which("unshare") and shutil.which("sh")):
        return []
    # Some programs want to talk to themselves; without `ip` loopback stays down, and the kit works all the same.
    inside = ["sh", "-c", 'ip link set lo up 2>/dev/null; exec "$@"', "sh"]
    for way in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if subprocess.run([*way, *inside, "true"], capture_output=True, check=False).returncode == 0:
            return [*way, *inside]
    return []


def verify(
    folder: str | os.PathLike[str],
    chapters: Sequence[str] = (CHAPTER,),
    say: Callable[[str], object] = print,
    keep: str | os.PathLike[str] | None = None,
) -> Trial:
    """Check every byte and wheel of a packed folder, install from it, and run chapters on its data.

    Parameters
    ----------
    folder : path
    chapters : list of str
        Names of notebooks; none means all.
    say : callable
        Called with each line of progress.
    keep : path, optional
        Where the environment and the report are left; else nothing is.

    Returns
    -------
    Trial

    Raises
    ------
    NotAsDescribed, Unreachable
        The folder is not there, or was not packed to its end.
    """
    shelf = shelf_of(folder)
    if not isinstance(shelf, PackShelf):
        hint = _("datakit workshop pack {folder}; of a mirror alone: datakit mirror verify {folder}")
        raise NotAsDescribed(str(folder), _("this is no packed folder"), next=hint.format(folder=folder))
    trial = Trial(Path(folder).absolute())
    report = shelf.report()
    trial.problems += [_("{name}: {problem}").format(name=k, problem=v) for k, v in report.problems.items()]
    say(_("{size} MB: every byte compared with its digest").format(size=round(report.bytes / 1e6)))
    trial.problems += _wheels_lacking(trial.folder, say)
    if trial.problems:  # what does not fit its digest is not run
        return trial
    if keep is not None:
        _try(trial, Path(keep).absolute(), chapters, say)
        return trial
    with tempfile.TemporaryDirectory(prefix="datakit-verify-") as work:
        _try(trial, Path(work), chapters, say)
    return trial


def _wheels_lacking(folder, say):
    about = json.loads((folder / layout.ABOUT).read_text(encoding="utf-8"))
    lock, names = (folder / layout.LOCKED).read_text(encoding="utf-8"), wheelhouse.wheels(folder / layout.WHEELS)
    lacking = []
    for system, python in product(about["systems"], about["pythons"]):
        wanted = wheelhouse.lines(lock, system, python)
        without = wheelhouse.missing(names, wanted, system, python)
        label = _(wheelhouse.SYSTEMS[system].label)
        say(
            _("{system}, Python {python}: a wheel for {n} of {of} packages").format(
                system=label, python=python, n=len(wanted) - len(without), of=len(wanted)
            )
        )
        lacking += [wheelhouse.no_wheel(line, system, python) for line in without]
    return lacking


def _try(trial, work, chapters, say):
    base, wall = Base(str(trial.folder)), walls()
    environ = clean(dict(os.environ), base) | {"DATAKIT_CACHE": str(work / "cache"), "DATAKIT_ORIGINS": base.origins()}
    environ |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")  # the second wall
    seen = json.loads(subprocess.run([*wall, sys.executable, "-c", LOOK], capture_output=True, check=True).stdout)
    trial.networks, trial.guarded = seen["networks"], bool(wall) and not seen["out"]
    if trial.guarded:
        names = ", ".join(trial.networks)
        say(_("from here on with no route out: the only network there is {names}").format(names=names))
    else:
        say(_("this system cannot take the network away: only the settings forbid its use, which proves nothing"))
    begun = time.monotonic()
    start = [sys.executable, str(trial.folder / layout.START), str(trial.folder), "--work", str(work), "--no-lab"]
    if _fails([*wall, *start], environ, trial, _("installing failed: {said}")):
        return
    trial.installed = time.monotonic() - begun
    say(_("installed in {seconds} s").format(seconds=round(trial.installed)))
    begun = time.monotonic()
    python, report = str(program(work / ".venv")), work / "report"
    run = [python, "-m", "datakit", "run", *chapters, "--notebooks", str(work / layout.NOTEBOOKS)]
    failed = _fails([*wall, *run, "--output", str(report)], environ, trial, _("running failed: {said}"))
    trial.ran = time.monotonic() - begun
    for page in sorted(report.rglob("*.html")):
        if page.name != "index.html":
            trial.maps[page.stem] = bool(MAP.search(page.read_text(encoding="utf-8")))
    if not failed:
        n = len(trial.maps)
        text = ngettext("{n} chapter ran in {seconds} s", "{n} chapters ran in {seconds} s", n)
        say(text.format(n=n, seconds=round(trial.ran)))
        if not any(trial.maps.values()):
            trial.problems.append(_("no page has a map"))


def _fails(command, environ, trial, text):
    done = subprocess.run(command, env=environ, cwd=trial.folder.anchor, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-800:]
        trial.problems.append(text.format(said=said))
    return done.returncode != 0
