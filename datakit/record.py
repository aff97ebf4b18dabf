"""What a run leaves: ``run.json`` and ``results.json``, and the one move that puts a whole report in its place."""

import contextlib
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

from datakit import __version__
from datakit.errors import DatakitError, without_password
from datakit.origins import as_text
from datakit.report import index_page

MARK = "ondijon-datakit report"


def is_report(folder):
    """Whether a folder holds a report of this kit."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((Path(folder) / "run.json").read_text(encoding="utf-8")).get("kind") == MARK
    return False


def describe(chosen, origins, given, started, seconds, folder, command):
    """The content of ``run.json``, and the key results with it."""
    commit, changes = _git(chosen[0].path.resolve().parent)
    command = command or f"datakit run {shlex.join([*(n.name for n in chosen), '--origins', as_text(origins)])}"
    return {
        "kind": MARK,
        "datakit": __version__,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "ok": all(n.ok for n in chosen),
        "command": without_password(command),
        "origins": origins,
        "parameters": {name: without_password(value) for name, value in given.items()},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_commit": commit,
        "git_changes": changes,
        "packages": _packages(),
        "notebooks": {
            n.name: {
                "title": n.title, "status": n.status, "error": n.error, "seconds": n.seconds,
                "peak_memory": n.peak_memory, "parameters": n.values, "results": n.results, "provenance": n.provenance,
                "sha256": hashlib.sha256(n.path.read_bytes()).hexdigest(),
                "page": (folder / f"{n.name}.html").exists(),
            }
            for n in chosen
        },
    }  # fmt: skip


def _packages():
    found = {d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _git(folder):
    """The commit that the notebooks are at, and whether something differs from it."""

    def git(*words):
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, encoding="utf-8", timeout=20)
        return done.stdout.strip() if done.returncode == 0 else None

    try:
        commit = git("rev-parse", "HEAD")
        return commit, bool(git("status", "--porcelain", "--untracked-files=no")) if commit else None
    except (OSError, subprocess.SubprocessError):
        return None, None


def write(folder, record):
    (folder / "index.html").write_text(index_page(record), encoding="utf-8")
    results = {name: one.pop("results") for name, one in record["notebooks"].items()}
    for name, content in (("results.json", results), ("run.json", record)):
        text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8")


def put(partial, output):
    """Move the finished report to its place. What was there goes only when the new one is there."""
    if not output.exists():
        os.replace(partial, output)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{output.name}-old-", dir=output.parent))
    try:
        os.rename(output, aside / "report")
        try:
            os.rename(partial, output)
        except OSError:
            os.rename(aside / "report", output)
            raise
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.rmdir()  # only when empty: an older report that could not be put back is worth more than tidiness
        raise DatakitError(str(output), "the finished report cannot be moved here", found=str(error)) from error
    shutil.rmtree(aside, ignore_errors=True)
