"""What ``dossier.toml`` says, read into a `Dossier`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.dossier.layout import FORM
from datakit.errors import WrongUse
from datakit.language import LANGUAGES, _

if TYPE_CHECKING:
    import os
    from typing import Any


@dataclass(frozen=True)
class Indicator:
    """A figure of an answer, followed each month of the experiment.

    Attributes
    ----------
    id, title : str
    notebook : str
        Its name without ``.ipynb``.
    question : str
        The id of the answer (`datakit.show.answers.Answer.id`).
    figure : str
        The name of the figure in that answer.
    better : {"higher", "lower"}
        Which way the experiment should move it.
    """

    id: str
    title: str
    notebook: str
    question: str
    figure: str
    better: str


@dataclass(frozen=True)
class Experiment:
    """Where and when the solution is tried.

    Attributes
    ----------
    start : date, optional
    months : int
    parameter : str
        The notebooks' parameter that takes an area; empty where all of the territory is one area.
    areas, comparison : tuple of str
        Values of that parameter: where the solution is tried, and where it is not.
    """

    start: date | None = None
    months: int = 6
    parameter: str = ""
    areas: tuple[str, ...] = ()
    comparison: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dossier:
    """A team's dossier, as its form says.

    Attributes
    ----------
    title, theme, question, summary, benefit, licence, team : str
        ``benefit`` is what the city gets; ``licence`` an SPDX id.
    language : str
        Of the notebooks and the report; empty means the challenge's.
    data : tuple of str
        Ids of datasets.
    parameters : dict
        Values for the notebooks, by name.
    indicators : tuple of Indicator
    experiment : Experiment
    """

    title: str
    theme: str
    question: str
    summary: str
    benefit: str
    licence: str
    team: str
    language: str = ""
    data: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    indicators: tuple[Indicator, ...] = ()
    experiment: Experiment = field(default_factory=Experiment)


TEXTS = ("title", "theme", "question", "summary", "benefit", "licence", "team")


def read(folder: str | os.PathLike[str]) -> Dossier:
    """The form of a dossier.

    Parameters
    ----------
    folder : path
        The dossier's, or that of an unpacked one.

    Returns
    -------
    Dossier
        Texts that are not written yet are empty: who needs them (a check, the sheet) says so.

    Raises
    ------
    WrongUse
        There is no form, it is not TOML, or an entry is unknown or of another kind.
    """
    path = Path(folder) / FORM
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        what = _("this is not a dossier's form that can be read")
        raise WrongUse(str(path), what, found=str(error), next="datakit dossier new NAME") from None
    about = said.get("dossier", {})
    known = {"dossier": {*TEXTS, "language", "data"}, "experiment": set(Experiment.__annotations__)}
    tables = (*known, "parameters", "indicators")
    if unknown := [f"[{name}]" for name in said if name not in tables]:
        raise WrongUse(str(path), _("unknown: {names}").format(names=", ".join(unknown)), expected=", ".join(tables))
    for name, entries in known.items():
        if wrong := sorted(set(said.get(name, ())) - entries):
            what = _("unknown: {names}").format(names=", ".join(wrong))
            raise WrongUse(f"{path}, [{name}]", what, expected=", ".join(sorted(entries)))
    for name in TEXTS:
        if not isinstance(about.get(name, ""), str):
            raise WrongUse(f"{path}, {name}", _("this must be a text"), found=repr(about[name]))
    if (lang := about.get("language", "")) not in ("", *LANGUAGES):
        expected = ", ".join(LANGUAGES)
        raise WrongUse(f"{path}, language", _("no such language"), expected=expected, found=repr(lang))
    try:
        indicators = tuple(Indicator(**one) for one in said.get("indicators", ()))
    except TypeError as error:
        expected = ", ".join(Indicator.__annotations__)
        raise WrongUse(
            f"{path}, [[indicators]]", _("an indicator is not complete"), expected=expected, found=str(error)
        ) from None
    tried = dict(said.get("experiment", {}))
    if not isinstance(tried.get("start"), date | None):
        raise WrongUse(
            f"{path}, start", _("this must be a date"), expected="start = 2027-04-01", found=repr(tried["start"])
        )
    tried |= {name: tuple(map(str, tried[name])) for name in ("areas", "comparison") if name in tried}
    return Dossier(
        **{name: about.get(name, "").strip() for name in TEXTS},
        language=lang,
        data=tuple(map(str, about.get("data", ()))),
        parameters=dict(said.get("parameters", {})),
        indicators=indicators,
        experiment=Experiment(**tried),
    )
