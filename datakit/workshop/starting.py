"""What ``start.pyz`` of a packed folder does: install from it, copy the notebooks, open JupyterLab on its data.

The standard library only: this runs before anything is installed, from the folder or from the facilitator's laptop.
What is installed, and what a participant writes, stands in a folder of the person's own: a stick may be slow, full,
read-only, or gone.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from datakit.errors import Corrupt, DatakitError, Unreachable, WrongUse
from datakit.language import _, language
from datakit.workshop.layout import JUPYTER, LOCKED, MIRROR, NOTEBOOKS, PYTHONS, SUMS, WHEELS, sums

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST = "00_start_here.ipynb"
STAMP = ".installed"
WAIT = 60  # seconds in which a server says something
# What `jupyter lab` and `jupyter trust` do, which would be looked for on the path; a second sooner (`without_grammar`).
JUPYTER_APP = """
import sys
from datakit.extras import without_grammar
with without_grammar():
    from {module} import {app}
{app}.launch_instance(sys.argv[1:])
"""
LAB = JUPYTER_APP.format(module="jupyterlab.labapp", app="LabApp")
TRUST = JUPYTER_APP.format(module="nbformat.sign", app="TrustNotebookApp")


class Base:
    """Where the packed folder is: a folder, or the address at which a facilitator serves it.

    Parameters
    ----------
    place : str
        A path, or ``http://192.0.2.1:8000``.
    """

    def __init__(self, place: str) -> None:
        self.served = place.lower().startswith(("http://", "https://"))
        self.place = place.rstrip("/") if self.served else os.path.abspath(place)
        self.host = urlsplit(self.place).netloc if self.served else ""

    def where(self, path: str) -> str:
        """A file of it as pip and the kit name it."""
        return f"{self.place}/{quote(path)}" if self.served else str(Path(self.place, *path.split("/")))

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises
        ------
        Unreachable
            It is not there, or nobody answers.
        """
        try:
            if not self.served:
                return Path(self.where(path)).read_bytes()
            # A proxy of the office knows nothing of a laptop in this room.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(self.where(path), timeout=WAIT) as answer:
                return answer.read()
        except (OSError, ValueError) as error:
            raise Unreachable(
                self.where(path),
                _("this file cannot be had"),
                found=str(error),
                next=_("check the address with the facilitator") if self.served else _("copy the whole folder again"),
            ) from error

    def origins(self) -> str:
        """The value of DATAKIT_ORIGINS: its mirror, then the sample."""
        text = io.StringIO()
        mirror = self.place if self.served else self.where(MIRROR)  # served at the top of the address
        csv.writer(text, lineterminator="").writerow([mirror, "sample"])
        return text.getvalue()


def program(environment: PurePath, windows: bool = os.name == "nt") -> PurePath:
    """The Python of an environment.

    Parameters
    ----------
    environment : path
        Its folder.
    windows : bool
    """
    return environment / "Scripts" / "python.exe" if windows else environment / "bin" / "python"


def clean(environ: dict[str, str], base: Base) -> dict[str, str]:
    """Variables for pip and JupyterLab: no settings of another index or environment, no proxy to the room's server."""
    ours = ("PIP_", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV")
    kept = {name: value for name, value in environ.items() if not name.upper().startswith(ours)}
    kept["PIP_CONFIG_FILE"] = os.devnull
    if base.served:
        kept["NO_PROXY"] = kept["no_proxy"] = ",".join(filter(None, [environ.get("no_proxy"), base.host.split(":")[0]]))
    return kept


def install(base: Base, work: Path, say: Callable[[str], object]) -> Path:
    """Make the environment in ``work`` and install every line of the folder's lock; nothing where that is done.

    Parameters
    ----------
    base : Base
    work : Path
    say : callable

    Returns
    -------
    Path
        The environment's Python.

    Raises
    ------
    DatakitError
        This Python cannot make environments, a wheel is missing, or the disk is full.
    """
    environment = work / ".venv"
    python, stamp = Path(program(environment)), environment / STAMP
    lock = base.read(LOCKED)
    mark = f"{hashlib.sha256(lock).hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == mark and python.exists():
        return python
    count = sum(line[:1].isalnum() for line in lock.decode("utf-8").splitlines())
    text = _("Installing {n} packages into {folder}: once, some minutes")
    say(text.format(n=count, folder=environment))
    _make_environment(environment, python)
    own = work / ".lock"
    own.write_bytes(lock)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    command += ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir"]
    command += ["--find-links", base.where(WHEELS) + ("/" if base.served else "")]
    command += ["--trusted-host", base.host] if base.served else []
    done = subprocess.run([*command, "-r", str(own)], env=clean(dict(os.environ), base), stderr=subprocess.PIPE)
    own.unlink(missing_ok=True)
    if done.returncode:
        raise DatakitError(
            str(environment),
            _("the packages cannot be installed"),
            found=done.stderr.decode("utf-8", "replace").strip()[-600:],
            done=_("kept what is installed, to go on from"),
            next=_("the same command again; else ask the facilitator"),
        )
    stamp.write_text(mark, encoding="utf-8")
    return python


def _make_environment(environment, python):
    try:
        if environment.exists() and subprocess.run([str(python), "-c", ""], check=False).returncode:
            raise OSError  # moved, or of a Python that is gone
    except OSError:
        shutil.rmtree(environment, ignore_errors=True)
    try:
        if not python.exists():
            venv.create(environment, with_pip=True, symlinks=os.name != "nt")
    except (subprocess.CalledProcessError, OSError) as error:
        raise DatakitError(
            str(environment),
            _("this Python cannot make environments here"),
            found=str(error)[-300:],
            next=_("on Debian and Ubuntu: sudo apt-get install python3-venv; else: --work with a folder that has room"),
        ) from error


def copy(base: Base, work: Path) -> list[Path]:
    """Copy the notebooks and JupyterLab's settings into ``work``; a notebook that is there stays as it is.

    Parameters
    ----------
    base : Base
    work : Path

    Returns
    -------
    list of Path
        The notebooks that were copied.

    Raises
    ------
    Corrupt
        A file is not what SHA256SUMS says.
    """
    copied = []
    for path, digest in sums(base.read(SUMS).decode("utf-8")).items():
        top, *inside = path.split("/")
        if top not in (NOTEBOOKS, JUPYTER) or not inside:
            continue
        target = work.joinpath(".jupyter" if top == JUPYTER else top, *inside)
        if target.exists():
            continue
        data = base.read(path)
        if (found := hashlib.sha256(data).hexdigest()) != digest:
            raise Corrupt(
                base.where(path),
                _("this file was altered"),
                expected=f"sha256 {digest[:12]}… ({SUMS})",
                found=f"sha256 {found[:12]}…",
                next=_("copy the folder again"),
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f".{target.name}.part")
        half.write_bytes(data)
        os.replace(half, target)
        copied += [target] if target.suffix == ".ipynb" else []
    return copied


def first_notebook(work: Path, language: str) -> str:
    """The notebook to begin with, from ``work``: of one's language where there is one."""
    own = work / NOTEBOOKS / language / FIRST
    return "/".join([NOTEBOOKS, language, FIRST] if own.exists() else [NOTEBOOKS, FIRST])


def lab_command(python: PurePath, base: Base, work: Path, language: str) -> tuple[list[str], dict[str, str]]:
    """The command that opens JupyterLab on the first notebook, and its variables."""
    page = f"--LabApp.default_url=/lab/tree/{first_notebook(work, language)}"
    command = [str(python), "-c", LAB, f"--ServerApp.root_dir={work}", page]
    return command, {"DATAKIT_ORIGINS": base.origins(), "JUPYTER_CONFIG_PATH": str(work / ".jupyter")}


def start(place: str, work: Path, lab: bool = True, say: Callable[[str], object] = print) -> int:
    """Install, copy, and open JupyterLab.

    Parameters
    ----------
    place : str
        The packed folder, or its address.
    work : Path
        Where the environment and the person's notebooks are.
    lab : bool
        Whether JupyterLab is opened.
    say : callable

    Returns
    -------
    int
        The exit code.
    """
    version = "{}.{}".format(*sys.version_info)
    if version not in PYTHONS:
        raise WrongUse(
            "Python",
            _("the kit runs on other Pythons"),
            expected=", ".join(PYTHONS),
            found=version,
            next=_("install Python {version} from python.org, then start again").format(version=PYTHONS[-1]),
        )
    base = Base(place)
    try:
        work.mkdir(parents=True, exist_ok=True)
        python = install(base, work, say)
        copied = copy(base, work)
    except OSError as error:
        raise WrongUse(str(work), _("this folder cannot be used"), found=str(error), next="--work FOLDER") from error
    environ = clean(dict(os.environ), base)
    if copied:
        # So that their maps are drawn before they are run.
        trust = [str(python), "-c", TRUST, *map(str, copied)]
        subprocess.run(trust, env=environ, stdout=subprocess.DEVNULL, check=False)
    say(_("Your notebooks: {folder}").format(folder=work / NOTEBOOKS))
    if not lab:
        return 0
    command, variables = lab_command(python, base, work, language())
    try:
        return subprocess.run(command, env=environ | variables, cwd=work).returncode
    except KeyboardInterrupt:
        return 0


def main(argv: Sequence[str] | None = None, beside: str | None = None) -> int:
    """The command line of ``start.pyz``.

    Parameters
    ----------
    argv : list of str, optional
    beside : str, optional
        The folder in which start.pyz lies.
    """
    parser = argparse.ArgumentParser(
        "start", description=_("Install the workshop from its folder, and open JupyterLab.")
    )
    parser.add_argument("place", nargs="?", default=beside, help=_("the packed folder, or the facilitator’s address"))
    home = Path.home() / "datakit-workshop"
    parser.add_argument("--work", default=home, type=Path, help=_("your folder (default: %(default)s)"))
    parser.add_argument("--no-lab", action="store_true", help=_("install only"))
    args = parser.parse_args(argv)
    try:
        return start(args.place, args.work.absolute(), not args.no_lab)
    except DatakitError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
