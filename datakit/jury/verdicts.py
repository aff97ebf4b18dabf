"""What a second run says of a dossier, answer by answer: written by who verifies, read by sheets and comparisons."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.errors import WrongUse
from datakit.extras import NAME
from datakit.language import N_, _
from datakit.show.style import number

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import Any

FILE = "verdict.json"
KIND = f"{NAME} verdict"
# From the best to the worst: a dossier is worth its worst answer.
SAME, CLOSE, DIFFERENT, CANNOT, REFUSED = STATUSES = ("same", "close", "different", "cannot", "refused")
SAID = {
    SAME: N_("same"),
    CLOSE: N_("within tolerance"),
    DIFFERENT: N_("not the same"),
    CANNOT: N_("cannot be run"),
    REFUSED: N_("refused"),
}


@dataclass(frozen=True)
class FigureVerdict:
    """One figure, as it was packed and as it came out again.

    Attributes
    ----------
    name, unit : str
    packed, again : float, int, str or None
        None where the other run has no such figure.
    tolerance : float
        How far ``again`` may lie from ``packed``, in the figure's unit.
    status : {"same", "close", "different"}
    """

    name: str
    unit: str
    packed: float | int | str | None
    again: float | int | str | None
    tolerance: float
    status: str


@dataclass(frozen=True)
class AnswerVerdict:
    """One answer.

    Attributes
    ----------
    notebook, id, question, sentence : str
        ``sentence`` is the packed one; empty where the question was not answered.
    status : {"same", "close", "different", "cannot"}
    figures : list of FigureVerdict
    why : str
        Why it cannot be run, or is not the same although its figures are.
    """

    notebook: str
    id: str
    question: str
    sentence: str
    status: str
    figures: list[FigureVerdict] = field(default_factory=list)
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """A dossier.

    Attributes
    ----------
    dossier : str
        The name of its zip, without ``.zip``.
    sha256 : str
        Of the zip.
    title, team, theme : str
        Of its form; empty where that could not be read.
    status : {"same", "close", "different", "cannot", "refused"}
    why : list of str
        Each reason for which it is refused or cannot be run.
    answers : list of AnswerVerdict
    cells : list of dict
        Cells whose outputs differ: ``notebook``, ``cell`` (number among the code cells), ``packed`` and ``again``, the
        first lines that differ.
    late : bool
        Packed after the deadline, by its own record.
    seconds, peak_memory : float
        Of the second run; bytes.
    sandbox : dict
        Which one, and the limits that held.
    """

    dossier: str
    sha256: str
    title: str = ""
    team: str = ""
    theme: str = ""
    status: str = REFUSED
    why: list[str] = field(default_factory=list)
    answers: list[AnswerVerdict] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    late: bool = False
    seconds: float = 0.0
    peak_memory: float = 0.0
    sandbox: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether every answer came out again, within its tolerance at least."""
        return self.status in (SAME, CLOSE)

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write it as ``verdict.json`` into a folder that exists, in one move."""
        path = Path(folder) / FILE
        draft = path.with_name(f".{FILE}")
        said = json.dumps({"kind": KIND, **asdict(self)}, ensure_ascii=False, indent=1, allow_nan=False)
        draft.write_text(said + "\n", encoding="utf-8")
        draft.replace(path)
        return path


def read(folder: str | os.PathLike[str]) -> Verdict:
    """The verdict in a folder.

    Raises
    ------
    WrongUse
        There is none that can be read.
    """
    path = Path(folder) / FILE
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("kind") != KIND:
            raise ValueError(KIND)
        answers = [
            AnswerVerdict(**{**one, "figures": [FigureVerdict(**figure) for figure in one["figures"]]})
            for one in said.pop("answers")
        ]
        return Verdict(**said, answers=answers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = _("this is not a verdict that can be read")
        raise WrongUse(str(path), what, found=str(error), next="datakit jury verify DOSSIER.zip") from None


def worst(statuses: list[str]) -> str:
    """The status of several together: the worst of them; ``"cannot"`` where there is none."""
    return max(statuses, key=STATUSES.index, default=CANNOT)


def lines(found: Iterable[Verdict]) -> list[str]:
    """Verdicts for reading: a line for each dossier, and below it what is wrong with it."""
    said = []
    for one in found:
        counts = Counter(answer.status for answer in one.answers)
        told = ", ".join(f"{counts[status]} {_(SAID[status])}" for status in STATUSES if counts[status])
        said.append(f"{one.dossier:<24} {_(SAID[one.status]):<18} {number(one.seconds, 0):>6} s   {told}")
        said += [f"  {why}" for why in one.why]
        for answer in one.answers:
            if answer.status not in (SAME, CLOSE):
                said.append(f"  {answer.notebook}: {answer.question} {answer.why}")
            for figure in answer.figures:
                if figure.status == DIFFERENT:
                    said.append(f"    {figure.name}: {figure.packed} → {figure.again} {figure.unit}")
        for cell in one.cells:
            said.append("  " + _("{notebook}, code cell {cell}:").format(**cell))
            said += [f"    - {cell['packed']}", f"    + {cell['again']}"]
    # Words of strangers go to a terminal: nothing in them may move its cursor.
    return ["".join(c if c.isprintable() or c in "\u00a0\u202f" else "\ufffd" for c in line)[:400] for line in said]
