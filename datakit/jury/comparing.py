"""One page for all dossiers, sortable and without a network, and its table beside it as CSV and xlsx."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from datakit.data.files import write_whole
from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.jury import findings, verdicts
from datakit.jury.strangers import plain
from datakit.language import _, language, speaking, worded
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from datakit.jury.entries import Entry
    from datakit.jury.marks import Marks
    from datakit.jury.ranking import Ranking
    from datakit.settings import Challenge

FORMULA = ("=", "+", "-", "@")  # with which a spreadsheet takes a text for a formula


@dataclass(frozen=True)
class Range:
    """A picture of rank ranges, in percent of its width: outer, inner, and where the mean stands."""

    left: float
    width: float
    inner_left: float
    inner_width: float
    at: float


@dataclass(frozen=True)
class Row:
    """A dossier as the page shows it: texts, and numbers to sort by."""

    name: str
    title: str
    team: str
    theme: str
    status: str
    said: str
    why: str
    order: int
    late: bool
    marks: list[str] = field(default_factory=list)
    mean: str = ""
    exact: float | None = None
    interval: str = ""
    ranks: str = ""
    best: int | None = None
    picture: Range | None = None
    first: str = ""
    beside: int | None = None
    tied: bool = False
    adjusted: str = ""


def write(
    entries: Sequence[Entry],
    challenge: Challenge,
    file: str | os.PathLike[str],
    marks: Marks | None = None,
    ranking: Ranking | None = None,
    lang: str = "",
) -> list[Path]:
    """Write the page, and the table of the same name as ``.csv`` and ``.xlsx``.

    Parameters
    ----------
    entries : sequence of Entry
    challenge : Challenge
    file : path
        ``.html``.
    marks, ranking : Marks and Ranking, optional
        Without them the page says what was reproduced.
    lang : {"en", "fr"}, optional
        Of the page; by default the user's.

    Returns
    -------
    list of Path

    Raises
    ------
    WrongUse
        The files cannot be written, or one of them has the jurors' marks in it.
    """
    path = Path(file)
    beside = path.with_suffix(".csv"), path.with_suffix(".xlsx")
    if path.suffix.lower() != ".html":
        raise WrongUse(str(path), _("the comparison is written to an .html file"), expected="--output compare.html")
    if marks and {target.resolve() for target in beside} & {Path(one).resolve() for one in marks.files}:
        what = _("its table would replace the jurors’ marks")
        raise WrongUse(str(path), what, found=str(beside[1]), next=_("another name for --output"))
    with speaking(lang):
        html = page(entries, challenge, marks, ranking)
    frame = table(entries, challenge, ranking)
    frame, book = _harmless(frame), io.BytesIO()
    with needed_by(__name__):
        frame.to_excel(book, index=False, engine="openpyxl")
    # With a mark at its start, without which Excel garbles accents.
    content = html.encode(), frame.to_csv(index=False).encode("utf-8-sig"), book.getvalue()
    try:
        for target, written in zip((path, *beside), content, strict=True):
            write_whole(target, partial(Path.write_bytes, data=written))
    except OSError as error:
        raise WrongUse(str(path), _("the comparison cannot be written here"), found=str(error)) from None
    return [path, *beside]


def page(
    entries: Sequence[Entry], challenge: Challenge, marks: Marks | None = None, ranking: Ranking | None = None
) -> str:
    """The page as HTML, in the user's language.

    Parameters
    ----------
    entries : sequence of Entry
    challenge : Challenge
    marks, ranking : Marks and Ranking, optional

    Returns
    -------
    str
    """
    script = Path(__file__).with_name("web").joinpath("compare.js").read_text(encoding="utf-8")
    whole = sum(one.weight for one in challenge.criteria)
    criteria = [(plain(one.name, 60), number(100 * one.weight / whole, 0)) for one in challenge.criteria]
    ranked = len(ranking.dossiers) if ranking else 0
    return render(
        "compare.html.j2",
        __package__,
        lang=language(),
        title=_("Comparison of the dossiers: {title}").format(title=plain(challenge.title, 110)),
        accent=challenge.accent,
        rows=rows(entries, ranking),
        criteria=criteria if ranking else [],
        ranked=ranked,
        first=ranking.first if ranking else 0,
        adjusted=bool(ranking and not np.isnan(ranking.adjusted).all()),
        told=findings.told(entries, challenge, marks, ranking),
        jurors=findings.jurors(marks, ranking) if marks and ranking else [],
        seen=findings.seen(entries, ranking),
        limits=findings.limits(marks, ranking),
        script=script,
        # Only this script runs, whatever a stranger's text turns out to be.
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def rows(entries: Sequence[Entry], ranking: Ranking | None) -> list[Row]:
    """The rows of the page: the highest mean first, then what has none, by verdict and name."""
    return [_row(one, ranking, i) for one, i in _ordered(entries, ranking)]


def _ordered(entries, ranking):
    """Each dossier with its place in the ranking, or None."""
    place = {name: i for i, name in enumerate(ranking.dossiers)} if ranking else {}
    in_order = sorted(entries, key=lambda one: (place.get(one.name, len(place)), _order(one), one.name))
    return [(one, place.get(one.name)) for one in in_order]


def _order(entry):
    return verdicts.STATUSES.index(entry.verdict.status) if entry.verdict else len(verdicts.STATUSES)


def _row(entry: Entry, ranking: Ranking | None, i: int | None) -> Row:
    verdict = entry.verdict
    known = {
        "name": plain(entry.name, 60),
        "title": entry.said("title", 90),
        "team": entry.said("team", 50),
        "theme": worded(entry.said("theme", 30)),
        "status": verdict.status if verdict else "",
        "said": _(verdicts.SAID[verdict.status]) if verdict else _("not run again"),
        "why": findings.why(verdict),
        "order": _order(entry),
        "late": bool(verdict and verdict.late),
    }
    if ranking is None or i is None:
        return Row(**known)
    stable = ranking.both or ranking.weights
    told = ranking.both is not None
    return Row(
        **known,
        marks=[number(mark, 1) for mark in ranking.by_criterion[i]],
        mean=number(ranking.mean[i], 2),
        exact=float(ranking.mean[i]),
        interval=_span(number(ranking.low[i], 1), number(ranking.high[i], 1)) if told else "",
        ranks=_span(stable.low[i], stable.high[i]) if told else "",
        best=int(stable.low[i]) if told else None,
        picture=_picture(ranking, i) if told else None,
        first=f"{number(100 * stable.first_share[i], 0)}\u00a0%" if told else "",
        beside=len(ranking.beside(i)) if told else None,
        tied=ranking.tied(i),
        adjusted="" if np.isnan(ranking.adjusted[i]) else number(ranking.adjusted[i], 2),
    )


def _span(low, high):
    return str(low) if str(low) == str(high) else _("{low} to {high}").format(low=low, high=high)


def _picture(ranking, i):
    n = len(ranking.dossiers)
    at = 1 + int((ranking.mean > ranking.mean[i] + 1e-9).sum())
    (left, width), (inner_left, inner_width) = (
        (round(100 * (one.low[i] - 1) / n, 2), round(100 * (one.high[i] - one.low[i] + 1) / n, 2))
        for one in (ranking.both, ranking.jury)
    )
    return Range(left, width, inner_left, inner_width, round(100 * (at - 0.5) / n, 2))


def table(entries: Sequence[Entry], challenge: Challenge, ranking: Ranking | None = None) -> pd.DataFrame:
    """The same as a table for programs: one row a dossier, in the order of the page.

    Parameters
    ----------
    entries : sequence of Entry
    challenge : Challenge
    ranking : Ranking, optional

    Returns
    -------
    DataFrame
        Names of columns are English; ``*_share`` is 0 to 1.
    """
    import pandas as pd

    columns = [
        {
            "dossier": one.name,
            "title": one.said("title", 90),
            "team": one.said("team", 50),
            "theme": one.said("theme", 30),
            "reproduced": one.verdict.status if one.verdict else "not run",
            "why": findings.why(one.verdict),
            "late": bool(one.verdict and one.verdict.late),
        }
        for one, _place in _ordered(entries, ranking)
    ]
    frame = pd.DataFrame(columns)
    if ranking is None:
        return frame
    return frame.join(_marks_table(challenge, ranking), on="dossier")


def _marks_table(challenge, ranking):
    import pandas as pd

    given = {f"mark_{one.id}": ranking.by_criterion[:, i] for i, one in enumerate(challenge.criteria)}
    given |= {"mean": ranking.mean, "low": ranking.low, "high": ranking.high, "spread": ranking.spread}
    for name in ("jury", "weights", "both"):
        if stable := getattr(ranking, name):
            given |= {f"rank_low_{name}": stable.low, f"rank_high_{name}": stable.high}
            given |= {f"first_{ranking.first}_{name}_share": stable.first_share}
    found = pd.DataFrame(given, index=ranking.dossiers)
    if ranking.both is not None:
        found["not_told_apart_from"] = ["; ".join(ranking.beside(i)) for i in range(len(found))]
    found["adjusted"] = ranking.adjusted
    found["marked_by"] = ["; ".join(one) for one in ranking.marked_by]
    return found.round(4)


def _harmless(frame):
    """No text that a spreadsheet would take for a formula."""
    texts = frame.select_dtypes(["object", "string"]).columns
    return frame.assign(**{name: [f"'{v}" if str(v).startswith(FORMULA) else v for v in frame[name]] for name in texts})
