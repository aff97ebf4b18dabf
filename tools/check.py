"""Run the quick tests of what changed: `make check`, to be typed often; `make test` runs every test.

    python tools/check.py [SINCE]

Changed is what differs from the commit SINCE (by default the last one), files that git does not know yet included.
Tests live in the rooms of what they test: those of a changed module's room run, and every other test file that imports
the module itself. Slow tests, those in a browser, and the notebooks are left to `make test`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
QUICK = ["-q", "-n", "2", "--dist", "loadfile", "-m", "not slow and not browser"]
EXERCISES = "tests/workshop/test_exercises.py"  # of the notebooks, without executing them
NOTEBOOKS = ("tests/run/test_notebooks.py",)


def changed(since):
    """Paths, relative to the project, of files that differ from a commit."""
    asked = (["diff", "--name-only", "--relative", since], ["ls-files", "--others", "--exclude-standard"])
    said = [subprocess.run(["git", *a], cwd=ROOT, capture_output=True, text=True, check=True).stdout for a in asked]
    return sorted({line for text in said for line in text.splitlines()})


def touched(paths, tests):
    """The folders and files of tests that some changed files can touch.

    Parameters
    ----------
    paths : list of str
    tests : dict
        Path of each test file -> its text.
    """
    found = set()
    for path in map(Path, paths):
        parts = path.parts
        if parts[0] == "tests" and path.name.startswith("test_"):
            found |= {path.as_posix()} & set(tests)
        elif parts[0] == "datakit" and len(parts) > 2 and path.suffix == ".py":
            module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            room, _, name = module.rpartition(".")
            uses = re.compile(rf"{re.escape(module)}\b|from {re.escape(room)} import [^\n]*\b{name}\b")
            found |= {file for file, text in tests.items() if uses.search(text)}
            found.add(f"tests/{parts[1]}")
        elif parts[0] == "notebooks" or parts[:3] == ("datakit", "workshop", "exercises"):
            found |= {"tests/project", EXERCISES}
        else:  # the project's own files, and the modules that every room needs
            found.add("tests/project")
    inside = {f for f in found if any(f.startswith(f"{room}/") for room in found)}
    return sorted(found - inside)


def main(since="HEAD"):
    tests = {f.relative_to(ROOT).as_posix(): f.read_text(encoding="utf-8") for f in ROOT.glob("tests/*/test_*.py")}
    tests = {file: text for file, text in tests.items() if file not in NOTEBOOKS}
    chosen = touched(changed(since), tests)
    if not chosen:
        print(f"nothing differs from {since}")
        return 0
    print(f"tests of what differs from {since}: {', '.join(chosen)}", flush=True)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *QUICK, *(f"--ignore={file}" for file in NOTEBOOKS), *chosen], cwd=ROOT
    ).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
