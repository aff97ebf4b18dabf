"""What runs in the sandbox: a dossier's notebooks, executed as in any run, and a line of JSON for each of them.

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
HERE, REPORT = "/jury/dossier", "/jury/report"


def main() -> None:
    """Run and tell."""
    task = json.loads(sys.argv[1])
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what anything else prints
    from datakit.dossier.layout import LOCK, NOTEBOOKS
    from datakit.run.choosing import choose
    from datakit.run.progress import Silent
    from datakit.run.running import asked_origins, execute_all, give, lock_file
    from datakit.run.working import environment, settings

    folder, report = Path(HERE), Path(REPORT)
    folder.mkdir()
    report.mkdir()
    for given in Path(GIVEN).iterdir():
        if given.name == NOTEBOOKS:  # they run where they lie, and may write beside themselves
            shutil.copytree(given, folder / NOTEBOOKS)
        else:
            (folder / given.name).symlink_to(given)
    (folder / "data").symlink_to(DATA)
    os.chdir(folder)
    chosen = choose(None, NOTEBOOKS)
    give(chosen, task["parameters"], [DATA])
    said = environment(settings(asked_origins(DATA, {}), lock_file(LOCK)), 1)
    execute_all(chosen, 1, task["timeout"], said, report, Silent(), pages=False)  # pages are made outside
    for notebook in chosen:
        line = {"name": notebook.name, "status": notebook.status, "seconds": notebook.seconds}
        line["error"] = notebook.summary() if notebook.error else ""
        if (ran := report / f"{notebook.name}.ipynb").exists():  # not where its process was killed
            line["cells"] = json.loads(ran.read_text(encoding="utf-8"))["cells"]
        told.write(json.dumps(line) + "\n")
        told.flush()


if __name__ == "__main__":
    main()
