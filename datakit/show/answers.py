"""Answers: a question in words, one sentence computed from figures, the picture, what it cannot say, and its data."""

from __future__ import annotations

import math
import string
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from datakit.data.provenance import ANSWER_MIME, STAMP, STAMP_GROUND, key, recorded
from datakit.data.text import slug
from datakit.errors import CannotAnswer, WrongUse
from datakit.language import N_, _, ngettext, worded
from datakit.show import tables
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Protocol

    import pandas as pd

    class Picture(Protocol):
        """A figure or a map of the kit: it has words for those who cannot see it."""

        alt: str

        def _repr_html_(self) -> str: ...


COLOURS = {"REAL": "#12512b", "MIXED": "#7a4a00", "SYNTHETIC": STAMP_GROUND}
KIND = {
    "REAL": N_("REAL data"),
    "MIXED": N_("MIXED: part of the data is invented ({stamp})"),
    "SYNTHETIC": "{stamp}",
}


@dataclass(frozen=True)
class Value:
    """A figure of an answer.

    Attributes
    ----------
    value : float, int or str
    unit : str
        In English, as it stands after the number: ``"%"``, ``"ha"``, ``"trees"``; it is said in the user's language.
    low, high : float, optional
        Its range.
    how : str
        How the range was made, or what the figure is of.
    decimals : int, optional
        Decimals to show where there is no range.
    tolerance : float, optional
        How far it may differ from run to run on the same data, in its unit; nothing where it must not.
    """

    value: float | int | str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    how: str = ""
    decimals: int | None = None
    tolerance: float | None = None

    def __post_init__(self):
        plain = {name: _plain(getattr(self, name)) for name in ("value", "low", "high")}
        for name, one in plain.items():
            object.__setattr__(self, name, one)
        low, high = plain["low"], plain["high"]
        if plain["value"] is None:
            raise WrongUse("Value", _("a figure needs a value"), expected=_("a number or a text"), found=_("nothing"))
        if low is not None and high is not None and low > high:
            raise WrongUse("Value", _("the range is upside down"), expected="low <= high", found=f"{low} > {high}")
        if self.tolerance is not None and not 0 <= self.tolerance < math.inf:
            said = _("a tolerance is a distance")
            raise WrongUse("Value", said, expected="0 <= tolerance", found=str(self.tolerance))

    def __format__(self, spec: str) -> str:
        """The figure in words: ``{x}`` with its unit and range, ``{x:value}`` without range, ``{x:bare}`` as a number.

        Digits that the range leaves open are not shown: the last one shown is that of the range's half width, with
        one digit more where that width begins with 1. Percentages from 1 on have at most one decimal. A range that
        rounding hides is not said.
        """
        if spec not in ("", "value", "bare"):
            raise WrongUse("Value", _("no such form of a figure"), expected=_("nothing, value or bare"), found=spec)
        if isinstance(self.value, str):
            return worded(self.value)
        places = self._places()
        said = number(self.value, places)
        if spec == "bare":
            return said
        if self.unit:
            said += f"\u00a0{ngettext(self.unit, self.unit, self.value)}"
        if spec == "value" or (self.low is None and self.high is None):
            return said
        low, high = number(self.low, places), number(self.high, places)
        if self.low is None:
            return _("{figure} (at most {high})").format(figure=said, high=high)
        if self.high is None:
            return _("{figure} (at least {low})").format(figure=said, low=low)
        hidden = low == number(self.value, places) == high and self.low != self.high
        return said if hidden else _("{figure} ({low} to {high})").format(figure=said, low=low, high=high)

    def record(self) -> dict[str, Any]:
        """Ready for JSON; a tolerance only where there is one."""
        told = asdict(self)
        if self.tolerance is None:
            del told["tolerance"]
        return told

    def _places(self):
        if self.low is None or self.high is None or isinstance(self.value, (str, bool)):
            return self.decimals
        half = (self.high - self.low) / 2
        if half <= 0:
            return self.decimals
        power = math.floor(math.log10(half))
        places = -power + (half / 10**power < 2)  # under zero: tens, hundreds
        if self.unit == "%" and abs(self.value) >= 1:
            places = min(places, 1)
        if all(isinstance(one, int) for one in (self.value, self.low, self.high)):
            places = min(places, 0)
        # A range that leaves out 0 does not read as if it began there.
        hidden = self.low * self.high > 0 and not (round(self.low, places) and round(self.high, places))
        return places + hidden


def _plain(value):
    """A JSON value: numpy's numbers become Python's, floats are rounded to 10 digits, what is missing becomes None."""
    if hasattr(value, "item"):
        value = value.item()
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    if isinstance(value, float):
        return float(f"{value:.10g}")
    return value if isinstance(value, (bool, int, str)) else str(value)


@dataclass
class Answer:
    """One question and what the data of a run says of it. Made by `ask`.

    Attributes
    ----------
    question, sentence, cannot_say : str
    id : str
        Of the question, the same in every language: ``"how-old-are-the-trees"``.
    figures : dict
        Name -> `Value`.
    picture : Shown or Map, optional
    table : DataFrame, optional
    caption : str
        Of the table.
    records : list of dict
        The provenance of exactly the tables that it was made of.
    why : str
        Why there is no answer; empty where there is one.
    cause : CannotAnswer, optional
        The same as it was raised.
    holds : list of str
        Claims in fixed words that were compared with the figures.
    """

    question: str
    sentence: str = ""
    figures: dict[str, Value] = field(default_factory=dict)
    cannot_say: str = ""
    picture: Picture | None = None
    table: pd.DataFrame | None = None
    caption: str = ""
    records: list[dict[str, Any]] = field(default_factory=list)
    why: str = ""
    cause: CannotAnswer | None = field(default=None, repr=False, compare=False)
    holds: list[str] = field(default_factory=list)
    id: str = ""

    def say(
        self,
        sentence: str,
        *,
        data: Iterable[pd.DataFrame],
        cannot_say: str,
        picture: Picture | None = None,
        table: pd.DataFrame | None = None,
        caption: str = "",
        holds: Mapping[str, object] | None = None,
        **figures: Value,
    ) -> None:
        """Answer the question.

        Parameters
        ----------
        sentence : str
            In English, with the names of figures in braces: ``"{share} of the trees are limes"``. `Value` says the
            forms. Like ``cannot_say`` and ``caption`` it is shown in the user's language where its French is known.
        data : iterable of DataFrame
            The very tables that the answer was made of: from them comes whether it is real.
        cannot_say : str
            What a reader might conclude and must not; figures may be named in it too.
        picture : Shown or Map, optional
        table : DataFrame, optional
            Folded below.
        caption : str
            Of the table; needed with one.
        holds : dict, optional
            What fixed words of the sentence claim, and whether the figures bear it: ``{"falls from": then < now}``. A
            claim that does not hold is an error: choose the words by the figures.
        **figures : Value
            What the sentence says, and whatever else is to be compared later. A figure that is in the sentence and
            not here is an error; so is a sentence that says none.

        Raises
        ------
        WrongUse
            A part is missing, a claim does not hold, or a table has no provenance.
        """
        named = {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}
        for wrong, what, expected in (
            (not named, _("the sentence names no figure"), _("{name} of a figure")),
            (named - set(figures), _("the sentence names figures that are not given"), ", ".join(figures)),
            (not cannot_say.strip(), _("what it cannot say is missing"), _("one sentence")),
            (table is not None and not caption, _("a table needs a caption"), "caption="),
            *(
                (words not in sentence, _("{words} is not in it").format(words=repr(words)), _("words of the sentence"))
                for words in holds or ()
            ),
            *(
                (not so, _("{words} does not hold").format(words=repr(words)), _("words chosen by the figures"))
                for words, so in (holds or {}).items()
            ),
        ):
            if wrong:
                raise WrongUse(self.question, what, expected=expected, found=", ".join(sorted(named)) or sentence)
        self.records = _records(data, self.question)
        said = _(sentence).format(**figures)
        self.sentence, self.figures = said[:1].upper() + said[1:], figures
        self.cannot_say, self.caption = _(cannot_say).format(**figures), _(caption)
        self.picture, self.table, self.holds = picture, table, list(holds or ())

    def needed(self) -> None:
        """Raise `CannotAnswer` where this question had no answer: what builds on it has none, for the same reason."""
        if not self.answered:
            raise self.cause or CannotAnswer(self.question, _("was not answered"))

    @property
    def answered(self) -> bool:
        return bool(self.sentence)

    @property
    def kind(self) -> Literal["REAL", "MIXED", "SYNTHETIC"]:
        """Of its data: all real, all invented, or both."""
        invented = {bool(record.get("synthetic")) for record in self.records}
        return "MIXED" if len(invented) > 1 else "SYNTHETIC" if invented == {True} else "REAL"

    @property
    def stamp(self) -> str:
        """Whether its data is real, in the user's words."""
        return _(KIND[self.kind]).format(stamp=_(STAMP))

    def record(self) -> dict[str, Any]:
        """What programs compare and reports show, ready for JSON."""
        claims = {"holds": self.holds} if self.holds else {}
        return claims | {
            "id": self.id,
            "question": self.question,
            "answered": self.answered,
            "sentence": self.sentence,
            "why": self.why,
            "figures": [{"name": name, **value.record()} for name, value in self.figures.items()],
            "cannot_say": self.cannot_say,
            "alt": self.picture.alt if self.picture is not None else "",
            "kind": self.kind if self.records else "",
            "data": [
                {name: one.get(name) for name in ("id", "title", "attribution", "licence", "origin", "synthetic")}
                | {"sha256": one.get("sha256"), "vintage": one.get("vintage"), "retrieved": one.get("retrieved")}
                for one in self.records
            ],
        }

    def __repr__(self):
        if not self.answered:
            return f"{self.question}\n  " + _("No answer from this data: {why}").format(why=self.why)
        lines = [self.question, f"  {self.sentence}", f"  [{self.stamp}]"]
        lines.append("  " + _("It cannot say: {text}").format(text=self.cannot_say))
        if self.picture is not None:
            lines.append(f"  {self.picture!r}")
        if self.table is not None:
            lines.append(f"  {self.caption}\n{self.table.to_string(index=False)}")
        return "\n".join(lines)

    def _repr_html_(self):
        return render(
            "answer.html.j2",
            answer=self,
            picture=self.picture._repr_html_() if self.picture is not None else "",
            table=tables.html(self.table, caption=self.caption) if self.table is not None else "",
            kind=self.stamp if self.answered else "",
            colour=COLOURS[self.kind] if self.answered else "",
        )

    def credit(self) -> str:
        """Its data in one line: of what is real, publishers and vintages; of what is invented, the ids."""
        told, invented = [], [one["id"] for one in self.records if one.get("synthetic")]
        for one in self.records:
            if not one.get("synthetic"):
                by = (one.get("attribution") or one.get("title"), one.get("vintage"))
                told.append(f"{one['id']} ({', '.join(p for p in by if p)})")
        named = {"told": _("; ").join(told), "invented": ", ".join(invented)}
        if told and invented:
            return _("Data: {told}; invented: {invented}").format(**named)
        return (_("Data: {told}") if told else _("Invented data: {invented}") if invented else "").format(**named)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {ANSWER_MIME: self.record(), "text/html": self._repr_html_(), "text/plain": repr(self)}


def _records(frames, question):
    found = {}
    for frame in frames:
        found |= {key(record): record for record in recorded(frame)}
    if not found:
        raise WrongUse(question, _("the answer's data is not known"), expected=_("data=[tables from datakit.load]"))
    return list(found.values())


class ask:
    """Ask a question of the data: ``with ask("How many?") as answer:`` ends in ``answer.say(...)`` and shows it.

    Where the data cannot answer, a function of the block raises `CannotAnswer`, and the answer says why: the rest of
    a chapter needs no conditions. Any other error stops the notebook, as it must.

    Parameters
    ----------
    question : str
        In English words, as a city would ask it; shown in the user's language where its French is known.

    Examples
    --------
    >>> from datakit.data.layers import Layers
    >>> with ask("How many inhabitants has the town?") as answer:
    ...     people = Layers("sample")["communes-population"]
    ...     total = Value(int(people["population"].sum()), "inhabitants")
    ...     answer.say("It has {total}.", total=total, data=[people], cannot_say="Who they are.")
    """

    def __init__(self, question: str) -> None:
        if not question.strip().endswith("?"):
            raise WrongUse("ask", _("this is no question"), expected=_("words that end in ?"), found=question)
        self.answer = Answer(_(question.strip()), id=slug(question))

    def __enter__(self) -> Answer:
        return self.answer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, CannotAnswer):
            self.answer.why, self.answer.cause = str(error), error
            self.answer.sentence = ""
        elif error is not None:
            return False
        elif not self.answer.answered:
            raise WrongUse(self.answer.question, _("nothing was answered"), next=_("answer.say(...) in the block"))
        _show(self.answer)
        return True


def _show(answer):
    # Where IPython runs, it is loaded already; elsewhere it is not needed.
    ipython, display = sys.modules.get("IPython"), sys.modules.get("IPython.display")
    if ipython is not None and display is not None and ipython.get_ipython() is not None:
        display.display(answer)
    else:
        print(repr(answer))
