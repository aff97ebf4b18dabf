"""What ``dossier.toml`` says, read into a `Dossier`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datakit import toml
from datakit.dossier.layout import FORM
from datakit.errors import WrongUse
from datakit.language import LANGUAGES, _
from datakit.settings import months_within

if TYPE_CHECKING:
    import os


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
KINDS: dict[str, Any] = {
    "dossier": {**dict.fromkeys((*TEXTS, "language"), str), "data": [str]},
    "parameters": {"*": object},  # a notebook says what it takes: `datakit.run.parameters`
    "indicators": [dict.fromkeys(Indicator.__annotations__, str)],
    "experiment": {"start": date, "months": int, "parameter": str, "areas": [str], "comparison": [str]},
}


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
    if not path.is_file():
        raise WrongUse(str(path), _("there is no form of a dossier"), next="datakit dossier new NAME")
    with toml.advising("datakit dossier check"):
        return _read(path)


def _read(path):
    said = toml.read(path, KINDS)
    about, tried = said.get("dossier", {}), said.get("experiment", {})
    if (lang := about.get("language", "")) not in ("", *LANGUAGES):
        expected = ", ".join(LANGUAGES)
        raise WrongUse(f"{path}, [dossier], language", _("no such language"), expected=expected, found=repr(lang))
    months_within(f"{path}, [experiment], months", tried.get("months", 6))
    tried |= {name: tuple(tried[name]) for name in ("areas", "comparison") if name in tried}
    return Dossier(
        **{name: about.get(name, "").strip() for name in TEXTS},
        language=lang,
        data=tuple(about.get("data", ())),
        parameters=said.get("parameters", {}),
        indicators=tuple(Indicator(**one) for one in said.get("indicators", ())),
        experiment=Experiment(**tried),
    )
