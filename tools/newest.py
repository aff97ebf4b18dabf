"""What broke when the newest of everything was tried: a page for an issue, on standard output.

    python tools/newest.py PYTHON BEFORE.lock NOW.lock LOG [LOG ...]

PYTHON is the version that was tried; a LOG is what `make lock` or `make test` printed. The locks protect users from
tomorrow's releases; the workflow that calls this (.github/workflows/newest.yml) protects the locks from growing old.
"""

import re
import sys
from pathlib import Path

from make_lock import locked_versions

MOST = 40  # lines of each list: an issue is read by people


def changed(before, now):
    """One line for each package whose version differs between the texts of two locks."""
    old, new = locked_versions(before), locked_versions(now)
    names = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return [f"{name}: {old.get(name, 'absent')} became {new.get(name, 'absent')}" for name in names]


def broken(log):
    """What pytest, pip, uv or make say of a failure, each once, in the order of the log."""
    said = re.findall(r"^(?:FAILED|ERROR|ERROR:|error:|make: \*\*\*) .*", log, re.MULTILINE)
    return list(dict.fromkeys(line[:240] for line in said))


def page(python, before, now, logs):
    """The text of the report."""

    def listed(lines, none):
        more = [f"- and {len(lines) - MOST} more"] if len(lines) > MOST else []
        return [*(f"- `{line}`" for line in lines[:MOST]), *more] or [none]

    failures = [line for log in logs for line in broken(log)]
    return "\n".join(
        [
            f"## Python {python}",
            "",
            "With the newest release of every dependency, this fails:",
            "",
            *listed(failures, "- nothing that the log names: read it in the workflow's run"),
            "",
            "Packages that are newer than in the lock:",
            "",
            *listed(changed(before, now), "- none"),
            "",
        ]
    )


def main(args):
    if len(args) < 4:
        sys.exit(__doc__)
    python, *files = args
    texts = [Path(file).read_text(encoding="utf-8") if Path(file).exists() else "" for file in files]
    print(page(python, texts[0], texts[1], texts[2:]))


if __name__ == "__main__":
    main(sys.argv[1:])
