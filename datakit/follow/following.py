"""Follow an experiment: compute the months that are new, test, and write the city's page."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from datakit.data.origins import parse_origins
from datakit.dossier.form import read
from datakit.dossier.layout import FORM, RULES
from datakit.errors import WrongUse
from datakit.follow import report, table
from datakit.follow.finding import findings
from datakit.follow.months import NAME, find
from datakit.follow.runs import Foreign, Own
from datakit.follow.series import first_month, series
from datakit.language import _, speaking
from datakit.settings import challenge

if TYPE_CHECKING:
    import os

    from datakit.follow.finding import Finding


@dataclass(frozen=True)
class Followed:
    """What `follow` gives.

    Attributes
    ----------
    table : DataFrame
        Of `datakit.follow.table`, up to the month of the report.
    findings : list of Finding
    pages : list of Path
        The month's page, and the last one where the experiment is over; that one alone after its last month.
    month : str
    final : bool
    lang : str
        What the pages speak.
    """

    table: pd.DataFrame
    findings: list[Finding]
    pages: list[Path]
    month: str
    final: bool
    lang: str


def follow(
    dossier: str | os.PathLike[str],
    months: str | os.PathLike[str],
    output: str | os.PathLike[str] = "follow",
    *,
    month: str | None = None,
    origins: str | None = None,
    lang: str = "",
    progress: bool = True,
    today: date | None = None,
) -> Followed:
    """Run a dossier's indicators on the data of each month, and say what changed.

    Parameters
    ----------
    dossier : path
        Its folder; or its zip, whose notebooks are strangers' and run in the jury's sandbox.
    months : path
        See `datakit.follow.months.find`.
    output : path
        Where the table and the pages go. Months that it has are not computed again, unless their data or the notebooks
        differ.
    month : str, optional
        The month of the report, by default the last one that is there. Nothing after it is looked at.
    origins : str, optional
        Where else data may come from: a comma-separated list. Dated locks need it.
    lang : {"", "fr", "en"}
        Of the pages; by default the challenge's.
    progress : bool
    today : date, optional
        For the page.

    Returns
    -------
    Followed

    Raises
    ------
    WrongUse
        The dossier names no indicator or no start, a notebook is not there, or there is no month.
    NotAsDescribed
        A month's lock, or the table, cannot be used.
    Refused, NoSandbox
        The zip is no dossier that can be opened; there is no sandbox to run it in.
    """
    path, output = Path(dossier), Path(output)
    named = [one.typed for one in parse_origins(origins)] if origins else []
    told = challenge(path / RULES if (path / RULES).is_file() else None)  # of a zip not the strangers', but the jury's
    with speaking(lang or told.language), tempfile.TemporaryDirectory(prefix="datakit-follow-") as place:
        runs = Own(path, named) if not path.is_file() else _foreign(path, Path(place), told, named)
        said = read(runs.folder)
        _complete(said, str(path / FORM))
        there = find(months, _month(month))
        rows = table.update(runs, said, there, output, progress=progress)
        last = there[-1].name
        left = (first_month(said.experiment) + said.experiment.months - 1 - pd.Period(last, freq="M")).n
        final = left <= 0
        every = [series(rows, one, said.experiment, last) for one in said.indicators]
        found = findings(every, final=final)
        day = (today or date.today()).isoformat()
        ends = [end for end, wanted in ((False, left >= 0), (True, final)) if wanted]
        pages = [report.write(output, said, found, last, final=end, today=day) for end in ends]
    return Followed(rows, found, pages, last, final, lang or told.language)


def _foreign(path, place, told, origins):
    """Strangers' notebooks, in a sandbox or not at all."""
    from datakit.dossier.opening import opened
    from datakit.jury import sandbox

    return Foreign(opened(path, place / "opened", told.limits), told, sandbox.find(), origins)


def _month(name):
    if name is not None and not NAME.fullmatch(name):
        raise WrongUse("--month", _("this is no month"), expected="2027-05", found=name)
    return name


def _complete(said, form):
    """Refuse a form that does not say what is followed."""
    tried = said.experiment
    if not said.indicators:
        raise WrongUse(form, _("no indicator is named"), expected="[[indicators]]", next="datakit dossier check")
    if tried.start is None:
        raise WrongUse(form, _("the start of the experiment is missing"), expected="start = 2027-04-01")
    if tried.parameter and not tried.areas:
        raise WrongUse(form, _("no area is named"), expected='areas = ["…"]')
    if both := sorted(set(tried.areas) & set(tried.comparison)):
        raise WrongUse(form, _("an area is compared with itself"), found=", ".join(both))
    if wrong := [one for one in said.indicators if one.better not in ("higher", "lower")]:
        raise WrongUse(form, _("better is higher or lower"), found=f"{wrong[0].id}: {wrong[0].better}")
