"""What a package shows of itself: the modules that its docstring lists, and a few functions that it lends from them.

Nothing is imported before it is used: ``import datakit`` and ``datakit --help`` must stay instant.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lend(
    package: str, homes: Mapping[str, str], contents: str = ""
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : dict
        Name of a function or class -> the module that has it.
    contents : str
        The package's docstring, whose lines begin with the names of its modules: the table of contents that
        people read is the one that counts.

    Returns
    -------
    getattr, dir : callable
    all : list of str
    """
    modules = re.findall(r"^ *(\w+)  +\S", contents, re.MULTILINE)
    names = sorted([*homes, *modules])

    def __getattr__(name):
        if name in homes:
            return getattr(import_module(homes[name]), name)
        if name in modules:
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__, lambda: names, names
