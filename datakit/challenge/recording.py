"""What the notebooks of a project say, written down and compared: the tests of a project hold them to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_json
from datakit.data.project import project_folder
from datakit.errors import DatakitError, WrongUse
from datakit.language import _
from datakit.settings import FILE, challenge

if TYPE_CHECKING:
    from typing import Any

ANSWERS = Path("tests/answers.json")
KEPT = ("question", "sentence", "figures", "kind", "why")  # of an answer: what a reader would miss if it changed
MIRROR = "mirror"


def record(folder: str | os.PathLike[str] | None = None) -> Path:
    """Run the notebooks of a project and write down what they say.

    Parameters
    ----------
    folder : path, optional
        By default the project that one works in.

    Returns
    -------
    Path
        ``tests/answers.json``.

    Raises
    ------
    WrongUse
        The folder is no project of a challenge.
    DatakitError
        A notebook fails: nothing was written.
    """
    folder = Path(folder) if folder else project_folder()
    if not (folder / FILE).is_file():
        raise WrongUse(str(folder), _("no {file} here").format(file=FILE), next="datakit challenge new DIR")
    made = answers(folder)
    write_json(folder / ANSWERS, made)
    return folder / ANSWERS


def recorded(folder: Path) -> dict[str, Any]:
    """What was written down, by the names of notebooks; nothing where there is no such file."""
    file = folder / ANSWERS
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def answers(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What the notebooks of a project say on its own data, run as ``make run`` runs them, in its own language.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict
        By the names of notebooks: their answers, without pictures and tables.

    Raises
    ------
    DatakitError
        A notebook failed; the message is the run's.
    """
    with tempfile.TemporaryDirectory() as made:
        report = Path(made) / "report"
        in_project(folder, "run", "--locked", "--quiet", "--output", str(report))
        said = json.loads((report / "results.json").read_text(encoding="utf-8"))
    return {name: [{k: one[k] for k in KEPT if k in one} for one in every] for name, every in said.items()}


def in_project(folder: Path, *words: str) -> None:
    """Run a command of the kit in a project, on the project's own data and in its own language.

    Raises
    ------
    DatakitError
        It failed; the message is the command's.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATAKIT_")}
    environment |= {name: os.environ[name] for name in ("DATAKIT_CACHE",) if name in os.environ}
    environment |= {"DATAKIT_LANG": challenge(folder / FILE).language}
    command = [sys.executable, "-m", "datakit", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        what = _("the command datakit {command} failed").format(command=words[0])
        raise DatakitError(str(folder), what, found=(done.stderr or done.stdout).strip()[-2000:])
