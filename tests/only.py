"""A Python that has the kit's core and some extras, and nothing else of what is installed: for tests, in a process of
its own, which `hiding` begins."""

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


_providers = cache(metadata.packages_distributions)


def distributions(*extras):
    """Canonical names of what pip would install: the direct dependencies, what these need, and so on."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    todo, found = [Requirement(line) for line in lines], set()
    while todo:
        wanted = todo.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in found:
            continue
        found.add(key)
        for line in metadata.requires(wanted.name) or []:
            need = Requirement(line)
            if any(need.marker is None or need.marker.evaluate({"extra": extra}) for extra in (*wanted.extras, "")):
                todo.append(need)
    return {name for name, _ in found}


@cache
def modules(*extras):
    """Top-level modules that these distributions bring."""
    brought = distributions(*extras)
    providers = _providers()
    return {module for module, names in providers.items() if brought & set(map(canonicalize_name, names))}


def hiding(*extras):
    """Code with which a process begins that shall find the core and these extras, and no other installed module."""
    hidden = set(_providers()) - modules(*extras) - {"datakit"}
    return f"from importlib.machinery import PathFinder\nimport sys\nhidden = {sorted(hidden)}\n{HIDE}"


HIDE = """
for name in [n for n in sys.modules if n.split(".")[0] in hidden]:
    del sys.modules[name]

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] in hidden else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""
