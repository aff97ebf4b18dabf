"""One meaning of a share (``share`` is from 0 to 1, a percentage ends in ``_pct``), and one use of ``attrs``."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "datakit").rglob("*.py"), *(ROOT / "notebooks/src").glob("*.py")])


def is_hundredfold(node):
    """Whether an expression is something times 100, perhaps rounded."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return is_hundredfold(node.func.value)
    if not isinstance(node, ast.BinOp):
        return False
    sides = [node.left, node.right]
    if isinstance(node.op, ast.Mult) and any(isinstance(s, ast.Constant) and s.value == 100 for s in sides):
        return True
    return isinstance(node.op, (ast.Mult, ast.Div)) and is_hundredfold(node.left)


def named(node):
    """(name, value) of each column or variable that a statement gives a value."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield str(target.slice.value), node.value
    elif isinstance(node, ast.Dict):
        for name, value in zip(node.keys, node.values, strict=True):
            if isinstance(name, ast.Constant):
                yield str(name.value), value
    elif isinstance(node, ast.Call):
        shown = isinstance(node.func, ast.Attribute) and node.func.attr == "assign"  # a table about to get its headers
        for keyword in node.keywords if not shown else []:
            yield keyword.arg or "", keyword.value


def wrong_units(source):
    """Names that say one unit and are given the other."""
    found = []
    for node in ast.walk(ast.parse(source)):
        for name, value in named(node):
            if re.search(r"share$", name) and is_hundredfold(value):
                found.append(f"{name} = {ast.unparse(value)}")
    return found


def wrong_words(source):
    """Docstring lines that call a share a percentage, or a percentage a share of 1."""
    texts = [
        ast.get_docstring(n) or ""
        for n in ast.walk(ast.parse(source))
        if isinstance(n, (ast.FunctionDef, ast.ClassDef))
    ]
    lines = [line for text in texts for line in text.splitlines()]
    return [
        line.strip()
        for line in lines
        if re.search(r"``\w*share``[^`]*\(%", line) or re.search(r"``\w+_pct``[^`]*\(0 to 1", line)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_share_is_from_0_to_1(path):
    source = path.read_text(encoding="utf-8")
    assert wrong_units(source) == [] and wrong_words(source) == []


def test_the_rule_sees_a_wrong_unit():
    for wrong in ("x['lost_share'] = 100 * a / b", "f(share=(100 * a).round(1))", "y = {'share': 100 * a}"):
        assert len(wrong_units(wrong)) == 1, wrong
    for right in ("x['lost_pct'] = 100 * a", "x['share'] = a / b", "x['share'] = a * 10"):
        assert wrong_units(right) == [], right
    assert wrong_words('def f():\n    """``lost_share`` (%)."""') and not wrong_words(
        'def f():\n    """``a_pct`` (%)."""'
    )


def test_attrs_carry_provenance_alone():
    """pandas drops attrs in a merge and compares them in a concat: a second result is a value that is returned."""
    keys = {
        (str(path.relative_to(ROOT)), key)
        for path in SOURCES
        for key in re.findall(r"""\.attrs(?:\[|\.get\(|\.pop\()["']([^"']+)["']""", path.read_text(encoding="utf-8"))
    }
    assert len(keys) > 5 and [k for k in sorted(keys) if k[1] not in ("datakit", "datakit_sources")] == []
