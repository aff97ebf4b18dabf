"""One month of a dossier's indicators: its notebooks are run on that month's data, and each figure becomes a row."""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.dossier.layout import NOTEBOOKS
from datakit.errors import WrongUse
from datakit.follow.months import dated
from datakit.jury.strangers import plain
from datakit.language import _, day
from datakit.run.choosing import choose
from datakit.show.style import number

if TYPE_CHECKING:
    from typing import Any

    from datakit.dossier.form import Dossier, Indicator
    from datakit.follow.months import Month
    from datakit.follow.runs import Runs
    from datakit.run.choosing import Notebook

OK, LATE, MISSING, REVISED, STOPPED = STATUSES = ("ok", "late", "missing", "revised", "stopped")
CREDITED = ("id", "title", "attribution", "licence", "synthetic")
LONGEST = 300  # letters of what a notebook says, kept in the table
WHOLE = ""  # the area of a dossier that names none


def areas(dossier: Dossier) -> dict[str, str]:
    """The areas that are followed, each with its part: ``"trial"`` or ``"comparison"``."""
    tried = dossier.experiment
    if not tried.parameter:
        return {WHOLE: "trial"}
    return dict.fromkeys(tried.areas, "trial") | dict.fromkeys(tried.comparison, "comparison")


def notebooks(folder: Path, dossier: Dossier) -> list[Notebook]:
    """The notebooks that a dossier's indicators come from.

    Raises
    ------
    WrongUse
        One is not there, or does not have the parameter that takes an area.
    """
    names = dict.fromkeys(one.notebook for one in dossier.indicators)
    paths = [folder / NOTEBOOKS / f"{name}.ipynb" for name in names]
    for path in paths:
        if not path.is_file():
            there = ", ".join(sorted(p.stem for p in path.parent.glob("*.ipynb")))
            raise WrongUse(
                str(path), _("an indicator names this notebook"), expected=there, next="datakit dossier check"
            )
    chosen = choose([str(path) for path in paths])
    parameter = dossier.experiment.parameter
    for one in chosen if parameter else ():
        if parameter not in one.declared:
            raise WrongUse(
                one.name,
                _("it has no parameter {name}, which takes an area").format(name=parameter),
                expected=", ".join(one.declared),
            )
    return chosen


def code_digest(notebook: Notebook, dossier: Dossier) -> str:
    """Of what a notebook does: its code and the values that it is given, but for the area."""
    code = ["".join(cell["source"]) for cell in notebook.cells if cell["cell_type"] == "code"]
    given = {name: value for name, value in dossier.parameters.items() if name in notebook.declared}
    return hashlib.sha256(json.dumps([code, given], sort_keys=True, default=str).encode()).hexdigest()


class Computing:
    """A dossier's notebooks, and where its data is: what turns a month into rows.

    Parameters
    ----------
    runs : Runs
        What executes its notebooks.
    dossier : Dossier
    monthly : set of str
        The datasets that some month has.
    """

    def __init__(self, runs: Runs, dossier: Dossier, monthly: set[str]) -> None:
        self.runs, self.dossier, self.monthly = runs, dossier, monthly
        self.notebooks = {one.name: one for one in notebooks(runs.folder, dossier)}
        self.code = {name: code_digest(one, dossier) for name, one in self.notebooks.items()}

    def rows(self, month: Month, before: Month | None, area: str) -> list[dict[str, Any]]:
        """The rows of a month and area, one for each indicator.

        Parameters
        ----------
        month : Month
        before : Month, optional
            The last one before it that is there.
        area : str

        Returns
        -------
        list of dict
            The columns of `datakit.follow.table`.
        """
        where = {"area": area, "part": areas(self.dossier)[area]}
        if not month.there:
            return [absent(one, month.name) | where for one in self.dossier.indicators]
        results = self._run(month, area)
        return [self._row(one, results, month, before) | where for one in self.dossier.indicators]

    def _run(self, month, area):
        """The results of each notebook, or why it gave none."""
        tried = self.dossier.experiment
        given = self.dossier.parameters | ({tried.parameter: area} if tried.parameter else {})
        return self.runs.results(month, list(self.notebooks.values()), given)

    def _row(self, indicator, results, month, before):
        row = empty(indicator) | {
            "month": month.name,
            "code": self.code[indicator.notebook],
            "data": month.digest(),
            "computed": now(),
        }
        answer, figure, why = _figure(results[indicator.notebook], indicator)
        if figure is None:
            return row | {"status": STOPPED, "why": plain(why, LONGEST)}
        used = {one["id"] for one in answer["data"]}
        credited = [{name: one.get(name) for name in CREDITED} for one in answer["data"]]
        row |= {"synthetic": answer["kind"] != "REAL", "sources": json.dumps(credited, ensure_ascii=False)}
        if lacking := sorted((used & self.monthly) - month.entries.keys()):
            return row | {"status": MISSING, "why": _("the month has no {names}").format(names=", ".join(lacking))}
        if not (own := used & month.entries.keys()):
            return row | {"status": MISSING, "why": _("the figure is made of no data of the month")}
        judged = [dated(month.name, month.entries[id]) for id in sorted(own)]
        for of_month, said in judged:
            if not of_month:
                return row | {"status": LATE, "why": said}
        if before and month.digest(own) == before.digest(own):
            said = _("the data is that of {month}, byte for byte").format(month=before.name)
            return row | {"status": LATE, "why": said}
        row |= {name: figure[name] if _number(figure.get(name)) else None for name in ("value", "low", "high")}
        row["unit"] = plain(figure.get("unit"), LONGEST)
        return row | {"status": OK, "why": next((said for _of, said in judged if said), "")}


def _figure(found, indicator: Indicator):
    """The answer and the figure of an indicator among a notebook's results, or why there is none."""
    if isinstance(found, str):
        return None, None, found
    try:
        return _among(found, indicator)
    except (KeyError, TypeError, AttributeError) as error:  # of strangers' answers anything may be expected
        return None, None, _("what the notebook shows is no answer: {what}").format(what=repr(error))


def _among(found, indicator):
    answer = next((one for one in found if one.get("id") == indicator.question), None)
    if answer is None:
        asked = ", ".join(str(one.get("id")) for one in found)
        said = _("the notebook does not ask {question} any more; it asks: {asked}")
        return None, None, said.format(question=indicator.question, asked=asked)
    if not answer["answered"]:
        return None, None, answer["why"]
    figure = next((one for one in answer["figures"] if one["name"] == indicator.figure), None)
    if figure is None:
        there = ", ".join(one["name"] for one in answer["figures"])
        return (
            None,
            None,
            _("the answer has no figure {name} any more; it has: {there}").format(name=indicator.figure, there=there),
        )
    if not _number(figure["value"]):
        return (
            None,
            None,
            _("the figure {name} is no number: {value}").format(name=indicator.figure, value=figure["value"]),
        )
    if not all(isinstance(one["id"], str) for one in answer["data"]):
        raise TypeError("data")
    return answer, figure, ""


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def empty(indicator: Indicator) -> dict[str, Any]:
    """A row without a value."""
    nothing = dict.fromkeys(("value", "low", "high", "former"))
    blank = dict.fromkeys(("unit", "why", "code", "data", "sources"), "")
    return {"indicator": indicator.id, "synthetic": False, **blank, **nothing}


def absent(indicator: Indicator, month: str) -> dict[str, Any]:
    """The row of a month that nobody has brought."""
    why = _("no data of this month was given")
    return empty(indicator) | {"month": month, "status": MISSING, "why": why, "computed": now()}


def now() -> str:
    """The moment, as the table keeps it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def revised(row: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
    """A row computed again on other data of the same month: the former value is kept, and said."""
    if former["value"] is None or row["value"] is None:
        return row
    said = _("it was {value} in the data of {day}").format(
        value=number(former["value"], digits=4), day=day(str(former["computed"])[:10])
    )
    return row | {"status": REVISED, "former": former["value"], "why": said}
