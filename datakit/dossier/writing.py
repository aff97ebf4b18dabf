"""What of a dossier the team has written: its form and its notebooks, against the challenge and the template."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

from datakit.dossier.findings import advice, missing, refused
from datakit.dossier.layout import CONTACT, FORM, NOTEBOOKS, README
from datakit.dossier.making import EXAMPLES, NOTEBOOK, texts
from datakit.errors import DatakitError
from datakit.extras import needed_by
from datakit.language import LANGUAGES, N_, _, speaking
from datakit.run.choosing import choose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from datakit.dossier.findings import Finding
    from datakit.dossier.form import Dossier
    from datakit.run.choosing import Notebook
    from datakit.settings import Challenge

WANTED = {
    "title": N_("the solution's name"),
    "team": N_("the name of the team or company"),
    "question": N_("the question that the data answers"),
    "summary": N_("the solution in two or three sentences"),
    "benefit": N_("what the city gains"),
}


def of_the_form(dossier: Dossier, told: Challenge) -> Iterator[Finding]:
    """What the form does not say yet, or says as no jury can take it."""
    if dossier.theme not in told.themes:
        expected = ", ".join(told.themes)
        yield refused(FORM, _("the challenge has no such theme"), expected=expected, found=dossier.theme or None)
    if problem := licence_problem(dossier.licence):
        example = 'licence = "EUPL-1.2"'
        yield refused(FORM, problem, expected=_("an SPDX id, {example}").format(example=example), found=dossier.licence)
    for name, what in WANTED.items():
        if not getattr(dossier, name):
            yield missing(FORM, _("{key} is not written yet").format(key=name), expected=_(what), next=f'{name} = "…"')
    if dossier.question and not dossier.question.endswith("?"):
        yield missing(FORM, _("the question is none"), expected=_("words that end in ?"), found=dossier.question)


def licence_problem(text: str) -> str:
    """Why a licence is none that a crate can name; empty where it is one."""
    with needed_by(__name__):
        from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
    if not text:
        return _("the licence is missing")
    try:
        return "" if canonicalize_license_expression(text) == text else _("this is not how SPDX writes the licence")
    except InvalidLicenseExpression:
        return _("SPDX has no such licence")


def of_the_experiment(dossier: Dossier, notebooks: list[Notebook]) -> Iterator[Finding]:
    """Indicators and areas, as far as can be told without running anything."""
    declared = {notebook.name: notebook.declared for notebook in notebooks}
    tried, ids = dossier.experiment, [one.id for one in dossier.indicators]
    if not ids:
        yield missing(FORM, _("no indicator is named"), expected="[[indicators]]", next="datakit dossier new NAME")
    for one in dossier.indicators:
        where = f"{FORM}, {one.id}"
        if ids.count(one.id) > 1:
            yield refused(where, _("two indicators have this id"))
        if one.better not in ("higher", "lower"):
            yield refused(where, _("better says which way is better"), expected="higher, lower", found=one.better)
        if one.notebook not in declared:
            expected = ", ".join(declared) or None
            yield refused(where, _("no notebook has this name"), expected=expected, found=one.notebook)
        elif tried.parameter and tried.parameter not in declared[one.notebook]:
            what = _("the notebook {name} has no such parameter").format(name=one.notebook)
            yield refused(f"{FORM}, parameter", what, expected=", ".join(declared[one.notebook]), found=tried.parameter)
    if both := sorted({*tried.areas} & {*tried.comparison}):
        yield refused(FORM, _("an area cannot be compared with itself"), found=", ".join(both))
    if tried.parameter and not tried.areas:
        yield missing(FORM, _("where the solution is tried is not said yet"), next='areas = ["…"]')
    elif tried.parameter and not tried.comparison:
        what = _("without areas for comparison, a change of the season looks like an effect")
        yield advice(FORM, what, next='comparison = ["…"]')
    if tried.start is None:
        yield advice(FORM, _("the first day of the experiment is not said yet"), next="start = 2027-04-01")
    known = {name for parameters in declared.values() for name in parameters}
    if wrong := [name for name in dossier.parameters if name not in known]:
        expected = ", ".join(sorted(known)) or None
        yield refused(f"{FORM}, [parameters]", _("no notebook has it"), expected=expected, found=", ".join(wrong))


def of_the_notebooks(folder: Path) -> tuple[list[Notebook], list[Finding]]:
    """The notebooks that can be read, and what their form lacks."""
    paths, read, found = sorted((folder / NOTEBOOKS).glob("*.ipynb")), [], []
    if not paths:
        found.append(refused(NOTEBOOKS, _("there is no notebook"), expected=_("files ending in .ipynb")))
    for path in paths:
        where = f"{NOTEBOOKS}/{path.name}"
        try:
            (notebook,) = choose([path])
        except DatakitError as error:
            found.append(refused(where, error.what, expected=error.expected, found=error.found))
            continue
        read.append(notebook)
        found += _of_one(where, notebook)
    return read, found


def _of_one(where, notebook):
    code = ["".join(cell["source"]) for cell in notebook.cells if cell.get("cell_type") == "code"]
    if "origins" not in notebook.declared:
        expected, next = 'origins: str = ""', _("a cell tagged parameters, as in datakit dossier new")
        yield refused(where, _("its parameters cell has no origins"), expected=expected, next=next)
    called = {name for source in code for name in _called(source)}
    if "ask" not in called:
        what = _("it answers no question: a jury compares answers, and nothing else")
        yield missing(where, what, expected='with ask("…?") as answer:')  # refused once a run has shown it
    if "provenance" not in called:
        what = _("it does not show where its data came from")
        yield missing(where, what, expected=_("a last cell with {code}").format(code="datakit.provenance()"))


def _called(source):
    """Names of the functions that a cell calls; lines of IPython's own (``%``, ``!``) are no Python."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "id", getattr(node.func, "attr", ""))


def of_the_template(folder: Path, dossier: Dossier, told: Challenge) -> Iterator[Finding]:
    """What is still word for word what ``datakit dossier new`` wrote."""
    notebook = f"{NOTEBOOKS}/{NOTEBOOK}.ipynb"
    written = {name: folder / name for name in (README, notebook)}
    known: dict[str, set[str]] = {name: set() for name in written}
    for lang in LANGUAGES:
        for theme in {*EXAMPLES, dossier.theme}:
            with speaking(lang):
                made = texts(folder.name, theme, told)
            for name in written:
                known[name].add(_prose(made[name], name))
    for name, path in written.items():
        if path.is_file() and _prose(path.read_text(encoding="utf-8", errors="replace"), name) in known[name]:
            yield missing(name, _("this is still the template's text"), next=_("put yours in its place"))
    if not (folder / README).is_file():
        yield missing(README, _("is not there"), expected=_("what the solution does, and how to run it again"))
    if not _reachable(folder / CONTACT):
        yield missing(CONTACT, _("says nobody to write to"), next=_("fill it in; it is never packed"))


def _prose(text, name):
    """A text, of a notebook what its cells say: outputs and numbers of executions do not make it another."""
    if not name.endswith(".ipynb"):
        return text
    try:
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    except (ValueError, KeyError, TypeError):
        return text


def _reachable(path):
    return path.is_file() and "@" in path.read_text(encoding="utf-8", errors="replace")
