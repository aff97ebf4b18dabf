"""Type hints: every public function says what it takes and what it gives, so that editors and checkers can read it."""

import ast
import re
from pathlib import Path

import datakit

PACKAGE = Path(datakit.__file__).parent
ROOMS = ["data", "geo", "show", "run", "cli", "trees", "vegetation", "inclusion"]  # beside the modules at the top


def modules():
    return sorted(PACKAGE.glob("*.py")) + [file for room in ROOMS for file in sorted((PACKAGE / room).rglob("*.py"))]


def public_functions(body, within=""):
    """Functions of a module, and methods of its public classes, with their full names."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{within}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") or (within and node.name in ("__init__", "__call__")):
                yield within + node.name, node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from public_functions([*node.body, *getattr(node, "orelse", [])], within)


def lacking(function, method):
    """Names of the parameters without a hint, and "return" where what it gives has none."""
    given = function.args
    first = given.posonlyargs + given.args
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)
    named = [*(first[1:] if method and not static else first), *given.kwonlyargs, given.vararg, given.kwarg]
    return [a.arg for a in named if a and a.annotation is None] + ["return"] * (function.returns is None)


def test_public_functions_have_type_hints():
    without = {}
    for file in modules():
        for name, function in public_functions(ast.parse(file.read_text(encoding="utf-8")).body):
            if missing := lacking(function, method="." in name):
                without[f"{file.relative_to(PACKAGE.parent)}:{function.lineno} {name}"] = missing
    assert without == {}


def test_what_has_no_hint_is_found():
    code = "def f(a, b: int, *c, d=1, **e): ...\nclass K:\n    def g(self, a) -> None: ...\n    def _h(self, a): ...\n"
    found = {name: lacking(node, "." in name) for name, node in public_functions(ast.parse(code).body)}
    assert found == {"f": ["a", "d", "c", "e", "return"], "K.g": ["a"]}


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_one_style_is_left_to_the_formatter(root):
    """A line that the formatter may not touch is a second style on the page."""
    out = [p for p in root.glob("*/**/*.py") if ".venv" not in p.parts[len(root.parts)] and p != Path(__file__)]
    assert [p for p in out if re.search("fmt: *(skip|off)", p.read_text(encoding="utf-8"))] == []
