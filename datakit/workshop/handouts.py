"""What is given out: participants' notebooks; for the facilitator solutions, an answer key, the sheet and slides."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import write_whole
from datakit.data.provenance import ANSWER_MIME, STAMP
from datakit.errors import WrongUse
from datakit.extras import checkout, needed_by, without_grammar
from datakit.language import _, language, speaking
from datakit.run.shipped import kit_notebooks
from datakit.show.style import number
from datakit.show.templates import render
from datakit.workshop import answering, checking, editions, forms, guides, sayings

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from typing import Any

PARTICIPANTS, FACILITATORS = "participants", "facilitators"
KEYS = "index.html"


def write_notebooks(
    folder: str | os.PathLike[str], lang: str = "", replace: bool = False, origins: str = "", progress: bool = False
) -> list[Path]:
    """Write what participants get and what the facilitator keeps into two folders.

    Parameters
    ----------
    folder : path
        ``participants`` and ``facilitators`` are made in it.
    lang : {"en", "fr"}, optional
        By default the user's.
    replace : bool
        Whether to replace a notebook that is there and was worked in.
    origins : str, optional
        Data that participants will work on, as ``datakit run --origins`` takes it: solutions are executed on it, so
        that checks and answer keys know its answers. By default the sample's are known.
    progress : bool
        Say on the standard error how the execution goes.

    Returns
    -------
    list of Path
        Everything that stands there now: notebooks, solutions, and a page for each chapter with its index; in a clone,
        which has the facilitator's guide, its sheet to print and its slides too.

    Raises
    ------
    WrongUse
        A file is there and says something else, or the folder cannot be written. Nothing was written then.
    """
    folder = Path(folder)
    with speaking(lang):
        made = {folder / name: content for name, content in contents(origins, progress).items()}
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


def contents(origins: str = "", progress: bool = False) -> dict[str, bytes]:
    """The files to be written, by their path in the folder, in the user's language."""
    kit = kit_notebooks()
    found = {f"{PARTICIPANTS}/{path.name}": path.read_bytes() for path in sorted(kit.glob("*.ipynb"))}
    solved = sorted((kit / "solutions").glob("*.ipynb"))
    found |= {f"{FACILITATORS}/solutions/{path.name}": path.read_bytes() for path in solved}
    chapters = {path.stem: (_cells(path), checking.known(path.stem)) for path in solved}
    if origins:
        for name, cells in answering.executed(solved, origins, progress).items():
            chapters[name] = cells, answering.known_here(name, cells)
            text = json.dumps(chapters[name][1], ensure_ascii=False, indent=1) + "\n"
            found[f"{PARTICIPANTS}/{checking.BESIDE}/{name}.json"] = text.encode()
    pages = []
    for name, (cells, known) in chapters.items():
        title, page = answer_key(name, cells, known)
        found[f"{FACILITATORS}/{name}.html"] = page.encode()
        pages.append((name, title, [one["minutes"] for one in checking.known(name)["exercises"].values()]))
    papers = _papers()
    found |= {f"{FACILITATORS}/{name}": content for name, content in papers.items()}
    values = {"pages": pages, "papers": list(papers), "lang": language()}
    found[f"{FACILITATORS}/{KEYS}"] = render("keys.html.j2", __package__, **values).encode()
    return found


def _papers():
    """The sheet and the slides, where the guide is that they are made of: a wheel does not carry it."""
    project = checkout()
    return guides.contents(project / "docs") if project else {}


def _cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def answer_key(name: str, cells: Sequence[Any], known: Mapping[str, Any]) -> tuple[str, str]:
    """The answer key of a chapter, as one HTML page that prints on A4.

    Parameters
    ----------
    name : str
        Of the chapter.
    cells : list of cell
        Of its notebook with solutions, executed.
    known : dict
        What checks know of its exercises on that data.

    Returns
    -------
    title, page : str
    """
    with needed_by(__name__), without_grammar():
        from nbconvert.filters import markdown2html

    prose = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    texts = ["".join(c["source"]) for c in cells if editions.role(c) == "exercise" and c["cell_type"] == "markdown"]
    solutions = [c for c in cells if editions.role(c) == "solution"]
    title = prose[0].splitlines()[0].lstrip("# ")
    answers = [data[ANSWER_MIME] for cell in cells for data in _outputs(cell) if ANSWER_MIME in data]
    kinds = {answer["kind"] for answer in answers if answer["answered"]}
    shown = []
    for text, solution, number_ in zip(texts, solutions, checking.known(name)["exercises"], strict=True):
        told = [data[ANSWER_MIME] for data in _outputs(solution) if ANSWER_MIME in data]
        html = markdown2html(re.sub(r"^\*\*\d+\.\*\* \([^)]*\) *", "", text))
        code = "".join(solution["source"]).partition("\nfrom datakit.workshop import recording")[0]
        shown.append({"number": number_, "text": html, "code": code, **_key(number_, known), **_told(told)})
    values = {"title": title, "name": name, "exercises": shown, "lang": language()}
    return title, render("key.html.j2", __package__, stamp="" if kinds == {"REAL"} else _(STAMP), **values)


def _key(number_, known):
    """What the key says of an exercise: what is expected, unless the data cannot answer; hints, and mistakes."""
    one = known["exercises"].get(number_)
    expected = forms.Form.from_json(one["expected"]) if one else None
    one = one or checking.exercise(number_)[0]
    return {
        "minutes": one["minutes"],
        "table": _table(expected) if expected else None,
        "expected": brief(expected, 99) if expected and not _table(expected) else "",
        "hints": [checking.marked(_(hint)) for hint in one["hints"]],
        "mistakes": [_mistake(**mistake) for mistake in one["mistakes"]] if expected else [],
    }


def _told(answers):
    """What the solution said in words."""
    return {
        "sentences": [answer["sentence"] or answer["why"] for answer in answers],
        "limits": [answer["cannot_say"] for answer in answers if answer["cannot_say"]],
    }


def _mistake(why, value):
    return brief(forms.Form.from_json(value)), checking.marked(_(why))


def _outputs(cell):
    return [output.get("data", {}) for output in cell.get("outputs", ())]


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
    if _is_dict(form):
        pairs = [f"{said(k)}: {said(v)}" for k, v in zip(*form.value.values(), strict=True)]
        return "{" + ", ".join(pairs[:most]) + (f", …}} ({len(pairs)})" if len(pairs) > most else "}")
    if form.kind == "table":
        rows = len(next(iter(form.value.values())))
        first = ", ".join(f"{name}: {said(cells[0])}" for name, cells in form.value.items())
        return f"{{{first}}}" if rows == 1 else f"{{{first}, …}} ({rows})"
    return said(form.value)


def _is_dict(form):
    """Whether somebody gave names and values, without saying what they are."""
    return form.kind == "table" and list(form.value) == ["index", "value"]


def _table(form):
    """The heads and rows of an answer that is a table; else nothing."""
    if form.kind != "table" or _is_dict(form):
        return None
    return list(form.value), [[said(one) for one in row] for row in zip(*form.value.values(), strict=True)]
