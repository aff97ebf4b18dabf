"""The typed parameters of a notebook: read from its ``parameters`` cell, checked before anything is executed.

Papermill only warns of an unknown parameter and takes any type: a misspelt ``-p`` would quietly give the result of the
default.
"""

from __future__ import annotations

import ast
import difflib
import io
import json
import math
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datakit.errors import NotAsDescribed, WrongUse
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

Kind = type[int] | type[float] | type[str] | type[bool] | type[list]
TYPES: dict[str, Kind] = {"int": int, "float": float, "str": str, "bool": bool, "list": list}
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True)
class Parameter:
    """One line ``name: type = value  # comment`` of a parameters cell.

    Attributes
    ----------
    type : type
        int, float, str, bool or list.
    item : type or None
        What a list holds, when the annotation says so.
    choices : tuple or None
        The only values accepted, for a ``Literal``.
    optional : bool
        Whether None is a value.
    """

    name: str
    type: Kind
    default: object
    comment: str = ""
    item: Kind | None = None
    choices: tuple | None = None
    optional: bool = False

    @property
    def kind(self) -> str:
        if self.choices:
            return _("one of {choices}").format(choices=", ".join(map(str, self.choices)))
        name = f"list[{self.item.__name__}]" if self.item else self.type.__name__
        return _("{type} or none").format(type=name) if self.optional else name

    def line(self) -> str:
        """For a message: name, type, default and comment."""
        return f"{self.name}: {self.kind} = {self.default!r}" + (f"  # {self.comment}" if self.comment else "")

    def convert(self, value: object, where: str) -> object:
        """``value`` in the parameter's type: text, as the command line gives it, is parsed.

        Raises
        ------
        WrongUse
            It is not of the parameter's type.
        """
        try:
            return self._convert(value)
        except (ValueError, TypeError):
            raise WrongUse(
                _("parameter {name}").format(name=self.name),
                _("has the wrong type for {notebook}").format(notebook=where),
                expected=self.kind,
                found=repr(value),
                next=f"-p {self.name}={_example(self)}",
            ) from None

    def _convert(self, value):
        if self.optional and (value is None or str(value).lower() in ("none", "null")):
            return None
        if self.type is list:
            if isinstance(value, str):
                text = value.strip()
                if text.startswith("["):
                    value = json.loads(text)
                else:
                    value = [part.strip() for part in text.split(",")] if text else []
            if not isinstance(value, (list, tuple)):
                raise ValueError(value)
            return [_one(v, self.item) if self.item else v for v in value]
        value = _one(value, self.type)
        if self.choices and value not in self.choices:
            raise ValueError(value)
        return value


def _one(value, kind):
    """A single value as int, float, str or bool, refusing what would change its meaning."""
    if kind is bool:
        if isinstance(value, bool):
            return value
        text = str(value).lower()
        if text not in YES + NO:
            raise ValueError(value)
        return text in YES
    if kind is str:
        if not isinstance(value, str):
            raise ValueError(value)
        return value
    if isinstance(value, bool):
        raise ValueError(value)
    if kind is int:
        if isinstance(value, float) and not value.is_integer():
            raise ValueError(value)
        return int(value)
    value = float(value)
    if not math.isfinite(value):
        raise ValueError(value)
    return value


def _example(parameter):
    value = parameter.default
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).lower() if value is None else value


def read_parameters(cells: Sequence[dict[str, Any]], where: str) -> dict[str, Parameter]:
    """The parameters that a notebook declares.

    Parameters
    ----------
    cells : list of dict
        The notebook's cells, as in its JSON.
    where : str
        The notebook's name, for messages.

    Returns
    -------
    dict of str to Parameter
        Empty when no cell has the tag ``parameters``.

    Raises
    ------
    NotAsDescribed
        The cell cannot be read, or a line of it is not ``name: type = literal``.
    """
    tagged = [c for c in cells if "parameters" in c.get("metadata", {}).get("tags", [])]
    if not tagged:
        return {}
    source = "".join(tagged[0]["source"])
    form = _("lines such as `k: int = 5  # how many classes`")
    try:
        lines = ast.parse(source).body
        comments = {
            token.start[0]: token.string.lstrip("#").strip()
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError) as error:
        raise NotAsDescribed(where, _("its parameters cell is not Python"), expected=form, found=str(error)) from error
    found = {}
    for line in lines:
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            continue  # a text that explains
        if isinstance(line, ast.ImportFrom) and line.module == "typing":
            continue  # for Literal
        try:
            parameter = _parameter(line, comments)
        except (AttributeError, LookupError, ValueError, TypeError):
            raise NotAsDescribed(
                where, _("a line of its parameters cell cannot be read"), expected=form, found=ast.unparse(line)
            ) from None
        found[parameter.name] = parameter
    return found


def _parameter(line, comments):
    """The parameter of one line, held against its own default."""
    target = line.target if isinstance(line, ast.AnnAssign) else line.targets[0]
    default = ast.literal_eval(line.value)
    kind = _type(line.annotation) if isinstance(line, ast.AnnAssign) else {"type": type(default)}
    if kind["type"] not in TYPES.values():
        raise ValueError(kind)
    parameter = Parameter(target.id, default=default, comment=comments.get(line.end_lineno, ""), **kind)
    parameter._convert(default)
    return parameter


def _type(annotation: ast.expr) -> dict[str, Any]:
    """The declared type, read from its annotation and never evaluated: a notebook that is only listed runs no code.

    A plain type, ``list``, ``list[str]``, ``Literal[...]``, and each of them ``| None``.

    Raises
    ------
    ValueError
        It is written otherwise.
    """
    match annotation:
        case ast.BinOp(left=kind, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _type(kind) | {"optional": True}
        case ast.BinOp(left=ast.Constant(value=None), op=ast.BitOr(), right=kind):
            return _type(kind) | {"optional": True}
        case ast.Name(id=name) if name in TYPES:
            return {"type": TYPES[name]}
        case ast.Subscript(value=ast.Name(id="list"), slice=ast.Name(id=item)) if item in TYPES:
            return {"type": list, "item": TYPES[item]}
        case ast.Subscript(value=ast.Name(id="Literal"), slice=given):
            choices = ast.literal_eval(given)
            choices = choices if isinstance(given, ast.Tuple) else (choices,)
            return {"type": type(choices[0]), "choices": choices}
    raise ValueError(ast.unparse(annotation))


def assign(
    given: Mapping[str, object], declared: Mapping[str, Mapping[str, Parameter]]
) -> dict[str, dict[str, object]]:
    """Give each notebook the parameters that it declares.

    Parameters
    ----------
    given : dict
        Values by name: text from the command line, or Python values.
    declared : dict of str to (dict of str to Parameter)
        The parameters of each selected notebook.

    Returns
    -------
    dict of str to dict
        Values by name for each notebook; one that only some notebooks declare goes to those.

    Raises
    ------
    WrongUse
        A name that no selected notebook declares, or a value of another type; the valid ones are listed.
    """
    known = {name: p for parameters in declared.values() for name, p in parameters.items()}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            lines = [
                f"{p.line()}   ({', '.join(n for n, ps in declared.items() if ps.get(name) == p)})"
                for name, p in sorted(known.items())
            ]
            what = _("no selected notebook has it: did you mean {name}?") if near else _("no selected notebook has it")
            raise WrongUse(
                _("parameter {name}").format(name=name),
                what.format(name=(near or [""])[0]),
                expected="\n    ".join([_("one of"), *lines]) if lines else _("none: they have no parameters"),
                done=_("nothing was executed"),
            )
    return {
        notebook: {
            name: parameters[name].convert(value, notebook) for name, value in given.items() if name in parameters
        }
        for notebook, parameters in declared.items()
    }
