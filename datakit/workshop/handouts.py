"""What is given out: the participants' notebooks, and for the facilitator the solutions with an answer key to print."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_whole
from datakit.data.provenance import ANSWER_MIME, STAMP
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _, language, speaking
from datakit.run.shipped import kit_notebooks
from datakit.show.style import number
from datakit.show.templates import render
from datakit.workshop import checking, editions, forms, sayings

if TYPE_CHECKING:
    import os
    from typing import Any

PARTICIPANTS, FACILITATORS = "participants", "facilitators"
KEYS = "index.html"


def write_notebooks(folder: str | os.PathLike[str], lang: str = "", replace: bool = False) -> list[Path]:
    """Write what participants get and what the facilitator keeps into two folders.

    Parameters
    ----------
    folder : path
        ``participants`` and ``facilitators`` are made in it.
    lang : {"en", "fr"}, optional
        By default the user's.
    replace : bool
        Whether to replace a notebook that is there and was worked in.

    Returns
    -------
    list of Path
        Everything that stands there now: notebooks, solutions, and a page for each chapter with its index.

    Raises
    ------
    WrongUse
        A file is there and says something else, or the folder cannot be written. Nothing was written then.
    """
    folder = Path(folder)
    with speaking(lang):
        made = {folder / name: content for name, content in contents().items()}
    changed = [path for path, content in made.items() if _is_changed(path, content)]
    if changed and not replace:
        raise WrongUse(
            str(folder),
            _("somebody has worked in this folder, and nothing was written"),
            found=sayings.few([path.relative_to(folder) for path in changed]),
            next=_("datakit workshop notebooks, with another folder; --replace throws that work away"),
        )
    for path, content in made.items():
        try:
            write_whole(path, partial(Path.write_bytes, data=content))
        except OSError as error:
            raise WrongUse(str(path), _("this cannot be written"), found=error.strerror) from error
    return list(made)


def _is_changed(path, content):
    try:
        return path.read_bytes() != content
    except FileNotFoundError:
        return False
    except OSError:
        return True  # a folder, say, or what may not be read: it is not ours


def contents() -> dict[str, bytes]:
    """The files to be written, by their path in the folder, in the user's language."""
    kit = kit_notebooks()
    kit = kit / language() if any((kit / language()).glob("*.ipynb")) else kit
    found, pages = {}, []
    for path in sorted(kit.glob("*.ipynb")):
        found[f"{PARTICIPANTS}/{path.name}"] = path.read_bytes()
        solved = kit / "solutions" / path.name
        if solved.exists():
            found[f"{FACILITATORS}/solutions/{path.name}"] = solved.read_bytes()
            title, page = answer_key(solved)
            found[f"{FACILITATORS}/{path.stem}.html"] = page.encode()
            pages.append((path.stem, title, minutes(path.stem)))
    found[f"{FACILITATORS}/{KEYS}"] = render("keys.html.j2", __package__, pages=pages, lang=language()).encode()
    return found


def known(name: str) -> dict[str, Any]:
    """What checks know of a chapter's exercises."""
    return json.loads((checking.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def minutes(name: str) -> list[int]:
    """How long each exercise of a chapter takes."""
    return [one["minutes"] for one in known(name)["exercises"].values()]


def answer_key(path: Path) -> tuple[str, str]:
    """The answer key of a chapter, as one HTML page that prints on A4.

    Parameters
    ----------
    path : path
        Its notebook with solutions.

    Returns
    -------
    title, page : str
    """
    with needed_by(__name__):
        from nbconvert.filters import markdown2html

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    title = next(c["source"] for c in cells if c["cell_type"] == "markdown").splitlines()[0].lstrip("# ")
    texts = [c["source"] for c in cells if editions.role(c) == "exercise" and c["cell_type"] == "markdown"]
    solutions = [c for c in cells if editions.role(c) == "solution"]
    exercises = known(path.stem)["exercises"]
    shown = []
    for text, solution, (number_, one) in zip(texts, solutions, exercises.items(), strict=True):
        expected = forms.Form.from_json(one["expected"])
        told = [data[ANSWER_MIME] for data in _outputs(solution) if ANSWER_MIME in data]
        shown.append(
            {
                "number": number_,
                "minutes": one["minutes"],
                "text": markdown2html(re.sub(r"^\*\*\d+\.\*\* \([^)]*\) *", "", text)),
                "table": _table(expected),
                "expected": "" if expected.kind == "table" else brief(expected, 99),
                "sentences": [answer["sentence"] for answer in told if answer["sentence"]],
                "limits": [answer["cannot_say"] for answer in told if answer["cannot_say"]],
                "hints": [checking.marked(_(hint)) for hint in one["hints"]],
                "mistakes": [_mistake(**mistake) for mistake in one["mistakes"]],
                "code": solution["source"],
            }
        )
    page = render(
        "key.html.j2", __package__, title=title, name=path.stem, exercises=shown, stamp=STAMP, lang=language()
    )
    return title, page


def _mistake(why, value):
    return brief(forms.Form.from_json(value)), checking.marked(_(why))


def _outputs(cell):
    return [output.get("data", {}) for output in cell["outputs"]]


def said(value: object) -> str:
    """One value as a person reads it."""
    if isinstance(value, bool) or value is None:
        return "NaN" if value is None else str(value)
    if isinstance(value, float):
        return number(value, digits=4)
    return number(value) if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def brief(form: forms.Form, most: int = 4) -> str:
    """An answer on one line: a figure, the first items of a list, the first row of a table."""
    if form.kind == "list":
        first = ", ".join(said(one) for one in form.value[:most])
        return f"[{first}]" if len(form.value) <= most else f"[{first}, …] ({len(form.value)})"
    if form.kind == "table":
        rows = len(next(iter(form.value.values())))
        first = ", ".join(f"{name}: {said(cells[0])}" for name, cells in form.value.items())
        return f"{{{first}}}" if rows == 1 else f"{{{first}, …}} ({rows})"
    return said(form.value)


def _table(form):
    """The heads and rows of an answer that is a table; else nothing."""
    if form.kind != "table":
        return None
    return list(form.value), [[said(one) for one in row] for row in zip(*form.value.values(), strict=True)]
