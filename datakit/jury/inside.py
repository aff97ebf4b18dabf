"""What runs in the sandbox: the kit's own run of a dossier's notebooks, and one line of JSON for each that comes out.

``python -m datakit.jury.inside TASK``, where TASK is JSON: ``parameters``, ``timeout``. Nothing that it says is trusted
(`datakit.jury.rerun`): the notebooks run beside it, as the same account.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

GIVEN, DATA, PACKAGES = "/given", "/data", "/packages"  # where the dossier, its data and its packages are mounted
HERE = "/jury/dossier"


def main() -> None:
    """Run and tell."""
    task = json.loads(sys.argv[1])
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything else prints
    from datakit.dossier.layout import LOCK, NOTEBOOKS
    from datakit.run.running import run

    folder = Path(HERE)
    folder.mkdir()
    for given in Path(GIVEN).iterdir():
        if given.name == NOTEBOOKS:  # they run where they lie, and may write beside themselves
            shutil.copytree(given, folder / NOTEBOOKS)
        else:
            (folder / given.name).symlink_to(given)
    (folder / "data").symlink_to(DATA)
    os.chdir(folder)
    report = run(
        origins=DATA,
        parameters=task["parameters"],
        output="/jury/report",
        jobs=1,
        timeout=task["timeout"],
        progress=False,
        notebooks=NOTEBOOKS,
        locked=LOCK,
    )
    for notebook in report.notebooks:
        ran = json.loads((report.output / f"{notebook.name}.ipynb").read_text(encoding="utf-8"))
        line = {"name": notebook.name, "status": notebook.status, "seconds": notebook.seconds, "cells": ran["cells"]}
        line["error"] = notebook.summary() if notebook.error else ""
        told.write(json.dumps(line) + "\n")
        told.flush()


if __name__ == "__main__":
    main()
