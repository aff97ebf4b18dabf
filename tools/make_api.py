"""Make ``docs/api.md`` from the package's docstrings: ``python tools/make_api.py [--check]``.

The code is read, not imported: the page is the same whichever extras are installed.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "datakit"
DOCUMENT = ROOT / "docs" / "api.md"
# Any other comes after them.
ROOMS = (
    "data",
    "geo",
    "show",
    "run",
    "trees",
    "vegetation",
    "inclusion",
    "workshop",
    "challenge",
    "dossier",
    "jury",
    "follow",
    "cli",
)
HEAD = """\
# Every public function and class

Made from the docstrings by `tools/make_api.py` (`make docs`): change a docstring, not this page. Rooms and modules
stand in the order of each room's own list. Here are names only: `help(datakit.load)`, or `?` in a notebook, says what
goes in, what comes out, in which units, and what can go wrong. [architecture.md](architecture.md) says how the rooms
fit together.
"""


def rooms(within=PACKAGE):
    """The rooms of the package, each followed by the rooms inside it, in the order in which they are listed.

    Returns
    -------
    list of Path
        Folders.
    """
    listed = list(ROOMS if within == PACKAGE else contents(within))
    there = sorted(name for name in inside(within) if (within / name).is_dir())
    there.sort(key=lambda name: listed.index(name) if name in listed else len(listed))
    return [room for name in there for room in (within / name, *rooms(within / name))]


def contents(room):
    """The table of contents in a room's docstring: name of a module or room -> what it does.

    Returns
    -------
    dict
    """
    return dict(re.findall(r"^ *(\w+)  +(\S.*)", ast.get_docstring(_parsed(room / "__init__.py")) or "", re.MULTILINE))


def inside(room):
    """Names of the modules and rooms that there are in a room.

    Returns
    -------
    set of str
    """
    modules = {file.stem for file in room.glob("*.py") if not file.stem.startswith("_")}
    return modules | {file.parent.name for file in room.glob("*/__init__.py")}


def _parsed(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def markdown(text):
    """A docstring's words, whose code stands between two backquotes, as Markdown."""
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def first_sentence(node):
    """The first sentence of a docstring, as Markdown; empty where there is none."""
    paragraph = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    # A letter alone before the point is an initial or an abbreviation ("e.g."), and no end.
    sentence = re.split(r"(?<=[^. ][^. ][.!?])\s+(?=[A-Z`\"'])", paragraph)[0].rstrip(".:")
    return markdown(sentence)


def names_of(node):
    """The names of a function's or a class's arguments, as one types them: ``id, origins, *, strict``."""
    if isinstance(node, ast.ClassDef):
        made = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        if not made:
            fields = [n.target.id for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
            return ", ".join(name for name in fields if not name.startswith("_"))
        node = made[0]
    a, method = node.args, node.name == "__init__"
    names = [arg.arg for arg in [*a.posonlyargs, *a.args]][method:]
    if a.vararg or a.kwonlyargs:
        names += [f"*{a.vararg.arg if a.vararg else ''}", *(arg.arg for arg in a.kwonlyargs)]
    return ", ".join(names + ([f"**{a.kwarg.arg}"] if a.kwarg else []))


def _written(tree, *names):
    """The value of a constant written out at the top of a module; None where there is none, or it is computed."""
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if getattr(target, "id", None) in names and isinstance(node.value, ast.List | ast.Tuple | ast.Dict):
            return ast.literal_eval(node.value)
    return None


def public(tree):
    """The public functions and classes of a module: of ``__all__`` where it has one, else without an underscore."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    made = {node.name: node for node in tree.body if isinstance(node, kinds)}
    named = _written(tree, "__all__")
    return [node for name, node in made.items() if (not name.startswith("_") if named is None else name in named)]


def lent(tree):
    """What a package lends, most of it from its modules: name -> " (of module)"."""
    homes = _written(tree, "_HOMES", "_LENT") or {}
    named = _written(tree, "__all__") or homes
    return {name: f" (of {homes[name]})" if name in homes else "" for name in named} if homes else {}


def lines(tree):
    """A line for each public function and class of a module."""
    found = []
    for node in public(tree):
        names, said = names_of(node), first_sentence(node)
        takes = f"({names})" if names or not isinstance(node, ast.ClassDef) else ""
        found.append(f"- `{node.name}{takes}`" + (f": {said}" if said else ""))
    return "\n".join(found) + "\n" if found else ""


def section(room):
    """One room: its first sentence, what it lends or has itself, then its modules."""
    own = room / "__init__.py"
    tree, name = _parsed(own), ".".join(room.relative_to(ROOT).parts)
    parts = [f"{'#' * (1 + len(room.relative_to(ROOT).parts))} {name}\n", first_sentence(tree) + ".\n"]
    if homes := lent(tree):
        parts.append("Lends " + ", ".join(f"`{n}`{home}" for n, home in homes.items()) + ".\n")
    parts.append(lines(tree) if room != PACKAGE else "")
    listed = contents(room)
    for module in [*listed, *sorted(inside(room) - set(listed))]:
        if (file := room / f"{module}.py").exists():
            tree = _parsed(file)
            what = markdown(listed[module]) if module in listed else first_sentence(tree)
            parts += [f"**[{module}](../{file.relative_to(ROOT).as_posix()})**: {what}\n", lines(tree)]
    return "\n".join(filter(None, parts))


def document():
    """The whole page.

    Returns
    -------
    str
    """
    return "\n".join([HEAD, *map(section, [PACKAGE, *rooms()])])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing: say whether the page is current")
    if parser.parse_args().check:
        current = DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == document()
        if not current:
            print("docs/api.md is not what the docstrings say: python tools/make_api.py", file=sys.stderr)
        return 0 if current else 1
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
