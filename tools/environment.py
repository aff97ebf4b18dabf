"""Is the environment of `make` still the one that was made? The standard library only.

environment.py note VENV    write down where it is and which packages it holds
environment.py check VENV   say in a few words what is wrong; print nothing where all is well
"""

import json
import sys
from pathlib import Path


def packages():
    """Name -> list of files of each installed package."""
    (site,) = [Path(folder) for folder in sys.path if folder.endswith("site-packages")]
    return {record.parent.name.partition("-")[0]: record for record in sorted(site.glob("*.dist-info/RECORD"))}


def damage(note, prefix):
    """What is wrong with the environment, or None."""
    made = json.loads(note.read_text(encoding="utf-8"))
    if made["place"] != str(prefix):
        return f"it was made at {made['place']}"
    there = packages()
    if gone := [name for name in made["packages"] if name not in there]:
        return f"{gone[0]} is no longer there" + (f", nor are {len(gone) - 1} others" if gone[1:] else "")
    for name, record in there.items():
        files = {line.partition(",")[0] for line in record.read_text(encoding="utf-8").splitlines() if line}
        if lost := [folder for folder in {(record.parents[1] / file).parent for file in files} if not folder.is_dir()]:
            return f"{name} has lost its folder {sorted(lost)[0].name}"
    return None


def main(command, venv):
    note, prefix = Path(venv) / ".datakit-packages.json", Path(sys.prefix).resolve()
    if command == "note":
        note.write_text(json.dumps({"place": str(prefix), "packages": list(packages())}, indent=1), encoding="utf-8")
    elif note.exists() and (said := damage(note, prefix)):
        print(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
