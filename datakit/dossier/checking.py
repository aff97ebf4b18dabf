"""What a dossier lacks, and what a jury would refuse: the most important first, before anything runs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.files import sha256_of
from datakit.dossier import form, personal, supplies, writing
from datakit.dossier.findings import advice, in_order, missing, refused
from datakit.dossier.layout import FORM, NOTEBOOKS, REPORT, RULES
from datakit.errors import DatakitError, WrongUse
from datakit.language import _, day
from datakit.settings import challenge

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import Any

    from datakit.dossier.findings import Finding
    from datakit.dossier.form import Dossier


def check(folder: str | os.PathLike[str] = ".") -> list[Finding]:
    """What is wrong with a dossier, without running it.

    Parameters
    ----------
    folder : path
        The dossier's, or one in it.

    Returns
    -------
    list of Finding
        What would be refused, then what is missing, then advice.

    Raises
    ------
    WrongUse
        This folder is no dossier.
    """
    folder = home(folder)
    try:
        dossier = form.read(folder)
        if not (folder / RULES).is_file():
            raise WrongUse(RULES, _("the organiser's rules are not there"), next=_("copy them into the dossier"))
        told = challenge(folder / RULES)
        names = supplies.files(folder)
    except DatakitError as error:
        return [_at(folder, error)]
    notebooks, found = writing.of_the_notebooks(folder)
    found += supplies.of_the_data(folder, dossier)
    found += supplies.of_the_packages(folder)
    found += supplies.of_the_size(folder, names, told)
    found += of_the_persons(folder, names, folder)
    found += writing.of_the_form(dossier, told)
    found += writing.of_the_experiment(dossier, notebooks)
    found += _of_the_last_run(folder, dossier)
    found += writing.of_the_template(folder, dossier, told)
    if told.late() and told.deadline:
        when = day(told.deadline.date().isoformat())
        found.append(advice(RULES, _("the deadline has passed: {day}").format(day=when)))
    return in_order(found)


def home(folder: str | os.PathLike[str] = ".") -> Path:
    """The dossier that a folder is, or lies in: JupyterLab works in ``notebooks``, one below.

    Raises
    ------
    WrongUse
        There is none.
    """
    here = Path(folder).resolve()  # of ".." the name would be that
    for one in (here, *here.parents):
        if (one / FORM).is_file():
            return one
    what, expected = _("this folder is no dossier"), _("{file} at its top").format(file=FORM)
    raise WrongUse(str(here), what, expected=expected, next="datakit dossier new NAME")


def _at(folder, error):
    """A finding from an error; its file as a name in the dossier."""
    subject = error.subject.replace(f"{folder}/", "")
    return refused(subject, error.what, expected=error.expected, found=error.found, next=error.next)


def of_the_persons(folder: Path, names: list[str], team: Path) -> Iterator[Finding]:
    """Personal data in files of ``folder``; ``team`` is where ``contact.toml`` is."""
    try:
        found, unread = personal.traces(folder, names, personal.contacts(team))
    except WrongUse as error:
        yield _at(team, error)
        return
    files: dict[str, list[str]] = {}
    for trace in found:
        files.setdefault(trace.file, []).append(str(trace))
    for file, told in files.items():
        what, next = _("it holds personal data"), _("take it out, or leave out the column")
        yield refused(file, what, found="; ".join(told), next=next)
    if unread:
        yield advice(unread[0], _("nobody looked into it for personal data"), found=", ".join(unread))


def _of_the_last_run(folder, dossier) -> Iterator[Finding]:
    """The figures that the form names, in the results of the last packing, as long as they are of these notebooks."""
    try:
        with zipfile.ZipFile(folder / f"{folder.name}.zip") as packed:
            record = json.loads(packed.read(f"{REPORT}/run.json"))
            results = json.loads(packed.read(f"{REPORT}/results.json"))
        then = {name: one["sha256"] for name, one in record["notebooks"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile):
        return
    if then == {path.stem: sha256_of(path) for path in (folder / NOTEBOOKS).glob("*.ipynb")}:
        yield from of_the_results(dossier, record, results)


def of_the_results(dossier: Dossier, record: dict[str, Any], results: dict[str, Any]) -> Iterator[Finding]:
    """What a run gave, against what the form promises.

    Parameters
    ----------
    dossier : Dossier
    record, results : dict
        The report's ``run.json`` and ``results.json``.
    """
    for name, answers in results.items():
        where = f"{NOTEBOOKS}/{name}.ipynb"
        if not any(answer["answered"] for answer in answers):
            why = next((answer["why"] for answer in answers), None)
            yield refused(where, _("it answered none of its questions"), found=why)
    used = {one["id"] for notebook in record["notebooks"].values() for one in notebook["provenance"]}
    if silent := sorted(used - {*dossier.data}):
        yield refused(FORM, _("the notebooks use data that the form does not name"), found=", ".join(silent))
    if idle := sorted({*dossier.data} - used):
        yield missing(FORM, _("the form names data that no notebook uses"), found=", ".join(idle))
    for one in dossier.indicators:
        where = f"{FORM}, {one.id}"
        answers = {answer["id"]: answer for answer in results.get(one.notebook, ())}
        if one.question not in answers:
            expected = ", ".join(answers) or None
            yield refused(where, _("the notebook has no such answer"), expected=expected, found=one.question)
            continue
        figures = {figure["name"]: figure["value"] for figure in answers[one.question]["figures"]}
        numbers = [name for name, value in figures.items() if isinstance(value, int | float)]
        if answers[one.question]["answered"] and one.figure not in numbers:
            what, expected = _("the answer has no such figure that is a number"), ", ".join(numbers) or None
            yield refused(where, what, expected=expected, found=one.figure)
