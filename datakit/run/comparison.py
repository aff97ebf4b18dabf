"""What many runs say of the same questions: one table of all answers, and a page that compares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datakit.data.provenance import banner
from datakit.language import N_, _, day, ngettext, worded
from datakit.run.report import SAID, kinds
from datakit.settings import challenge
from datakit.show.answers import Value
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    import pyarrow as pa

    from datakit.data.origins import Origin
    from datakit.run.choosing import Notebook

FILE = "answers.parquet"
ANSWERED, NO_ANSWER = "answered", "no answer"
TOLD = {NO_ANSWER: N_("no answer"), **SAID}
FIGURE = ("unit", "low", "high", "tolerance", "how")


@dataclass
class Combination:
    """One run of many.

    Attributes
    ----------
    number : int
        From 1, in the order in which combinations are written.
    values : dict of str to str
        Of what differs between runs, as it may be shown.
    given : dict
        Every parameter.
    origins : list of Origin
    notebooks : list of Notebook
        With this run's values, and afterwards its answers.
    tasks : dict of str to str
        For each notebook the key of the task that executes it.
    messages : str
        What notebooks that failed said beside their error.
    """

    number: int
    values: dict[str, str]
    given: dict[str, Any]
    origins: list[Origin]
    notebooks: list[Notebook]
    tasks: dict[str, str] = field(default_factory=dict)
    messages: str = ""

    @property
    def ok(self) -> bool:
        return all(notebook.ok for notebook in self.notebooks)

    @property
    def folder(self) -> str:
        """The name of its own report's folder."""
        return f"{self.number:03}"

    def label(self) -> str:
        """What differs, in one line: ``k=5, origins=sample``."""
        return ", ".join(f"{name}={value}" for name, value in self.values.items())


def table(combinations: Sequence[Combination]) -> pa.Table:
    """All answers: one row for each combination, notebook, answer and figure.

    Parameters
    ----------
    combinations : list of Combination
        After they were executed.

    Returns
    -------
    pyarrow.Table
        ``combination`` (its number) and a column for each name that differs; ``notebook``, ``answer`` (its id),
        ``question``, ``status`` (``answered``, ``no answer``, or why the notebook gave none: ``failed``, ``timeout``,
        ``died``), ``figure``, ``value`` (of a number), ``text`` (the figure in words), ``unit``, ``low``, ``high``,
        ``tolerance``, ``how``, ``kind`` (``REAL``, ``MIXED``, ``SYNTHETIC``), ``sentence``, ``why``, and ``data``
        (``id sha256`` of each table behind it). An answer without figures, and a notebook without answers, has one row.
        Nothing in it depends on where or how fast it was computed.
    """
    import pyarrow as pa

    axes = {name: _typed(name, combinations) for name in combinations[0].values}
    rows = [row for one in combinations for row in _rows(one)]
    text, real = pa.string(), pa.float64()
    kinds = {"value": real, "low": real, "high": real, "tolerance": real, "data": pa.list_(text)}
    names = ["notebook", "answer", "question", "status", "figure", "value", "text", *FIGURE]
    columns = {"combination": pa.array([row["combination"] for row in rows], pa.int32())}
    columns |= {name: pa.array([values[row["combination"]] for row in rows]) for name, values in axes.items()}
    for name in [*names, "kind", "sentence", "why", "data"]:
        columns[name] = pa.array([row.get(name) for row in rows], kinds.get(name, text))
    return pa.table(columns)


def _typed(name, combinations):
    """What a name stands for in each combination: as the notebooks read it where they agree, else as it was typed."""
    read = {
        one.number: {repr(v): v for n in one.notebooks if isinstance(v := n.values.get(name), (bool, int, float))}
        for one in combinations
    }
    values = {key: next(iter(found.values()), None) for key, found in read.items()}
    if all(len(found) == 1 for found in read.values()) and len({type(v) for v in values.values()}) == 1:
        return values
    return {one.number: one.values[name] for one in combinations}


def _rows(one):
    for notebook in one.notebooks:
        known = {"combination": one.number, "notebook": notebook.name}
        if not notebook.ok:
            yield {**known, "status": notebook.status, "why": notebook.summary()}
        for said in notebook.results:
            answer = {name: said.get(name) or None for name in ("question", "kind", "sentence", "why")}
            answer["answer"] = said.get("id") or said["question"]
            answer["status"] = ANSWERED if said["answered"] else NO_ANSWER
            answer["data"] = [f"{d['id']} {d.get('sha256') or ''}".strip() for d in said.get("data", ())]
            for figure in said["figures"] or [{}]:
                yield {**known, **answer, **(_figure(figure) if figure else {})}


def _figure(figure):
    value = figure["value"]
    return {
        **{name: figure.get(name) for name in FIGURE},
        "figure": figure["name"],
        "value": None if isinstance(value, str) else float(value),
        "text": f"{_value(figure)}",
    }


def _value(figure):
    """A figure of a record, able to say itself."""
    names = ("value", "unit", "low", "high", "how", "decimals", "tolerance")
    return Value(**{name: figure[name] for name in names if name in figure})


def counted(combinations: Sequence[Combination]) -> str:
    """How many runs, of how many notebooks."""
    runs, n = len(combinations), len(combinations[0].notebooks)
    of = ngettext("{n} notebook", "{n} notebooks", n).format(n=n)
    return ngettext("{runs} run of {notebooks}", "{runs} runs of {notebooks}", runs).format(runs=runs, notebooks=of)


def compare(folder: Path, combinations: Sequence[Combination], record: dict[str, Any]) -> None:
    """Write ``answers.parquet`` and ``index.html``."""
    import pyarrow.parquet as pq

    pq.write_table(table(combinations), folder / FILE)
    (folder / "index.html").write_text(page(combinations, record), encoding="utf-8")


def page(combinations: Sequence[Combination], record: dict[str, Any]) -> str:
    """The page that compares runs: a table for each question, a row for each combination. It asks nothing of any host.

    Parameters
    ----------
    combinations : list of Combination
    record : dict
        The content of ``run.json``.

    Returns
    -------
    str
    """
    used = {
        (r["id"], r.get("sha256"), r.get("synthetic")): r
        for one in combinations
        for n in one.notebooks
        for r in n.provenance
    }
    n = len(combinations[0].notebooks)
    failed = sum(not one.ok for one in combinations)
    started = record["started"].replace("T", " ")[:16]
    return render(
        "combinations.html.j2",
        __package__,
        title=_("{challenge} data kit: many runs compared").format(challenge=challenge().short),
        stamp=banner(sorted(used.values(), key=lambda r: r["id"])),
        counted=counted(combinations),
        failed=ngettext("{n} of them is not whole", "{n} of them are not whole", failed).format(n=failed)
        if failed
        else "",
        started=day(started[:10]) + started[10:],
        run=record,
        axes=list(combinations[0].values),
        combinations=combinations,
        chapters=[_chapter(k, combinations) for k in range(n)],
        said={status: _(words) for status, words in TOLD.items()},
        kinds=kinds(),
        number=number,
        NO_ANSWER=NO_ANSWER,
    )


def _chapter(k, combinations):
    """One notebook: its title, and its questions in the order in which they were asked."""
    notebooks: list[tuple[Combination, Notebook]] = [(one, one.notebooks[k]) for one in combinations]
    titles = [n.title for _one, n in notebooks if n.title != n.name]
    questions: dict[str, dict[str, Any]] = {}
    for place, (_one, notebook) in enumerate(notebooks):
        for said in notebook.results:
            asked = questions.setdefault(
                said.get("id") or said["question"], {"question": said["question"], "figures": {}, "said": {}}
            )
            asked["said"][place] = said
            for figure in said["figures"]:
                known = asked["figures"].setdefault(figure["name"], {"unit": worded(figure["unit"]), "n": False})
                known["n"] |= not isinstance(figure["value"], str)
    for asked in questions.values():
        asked["rows"] = [_row(one, notebook, asked["said"].get(p)) for p, (one, notebook) in enumerate(notebooks)]
    wrong = [(one, n) for one, n in notebooks if not n.ok]
    return {
        "name": notebooks[0][1].name,
        "title": (titles or [notebooks[0][1].name])[0],
        "questions": questions,
        "wrong": wrong,
    }


def _row(one, notebook, said):
    """One combination's answer to a question: its figures in words and as numbers, or why there is none."""
    if said is None or not said["answered"]:
        why = said["why"] if said else notebook.summary() if not notebook.ok else _("not asked")
        status = NO_ANSWER if said or notebook.ok else notebook.status
        return {"one": one, "why": why, "status": status}
    figures = {}
    for figure in said["figures"]:
        value, whole = figure["value"], _value(figure)
        order = f"{whole:bare}" if isinstance(value, str) else value
        figures[figure["name"]] = {
            "text": f"{whole:bare}",
            "whole": f"{whole}",
            "order": order,
            "how": figure.get("how") or "",
        }
    return {"one": one, "figures": figures, "sentence": said["sentence"], "kind": said.get("kind", "")}
