"""One A4 page a dossier, for jurors who do not program: what it says, on which data, and whether it came out again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from datakit.data.files import write_whole
from datakit.data.provenance import dated
from datakit.dossier.areas import named
from datakit.errors import WrongUse
from datakit.jury import verdicts
from datakit.jury.strangers import plain
from datakit.language import N_, _, language, ngettext, speaking, worded
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from datakit.jury.entries import Entry
    from datakit.settings import Challenge

ALL, EACH = "sheets.html", "sheets"
PAGES = (".html", ".htm")
# Letters that a block of the page has room for: choices of this kit, tried with Chromium's widest and narrowest texts.
ROOM = {
    "title": 110,
    "team": 60,
    "theme": 30,
    "question": 170,
    "sentence": 300,
    "cannot_say": 330,
    "more": 180,
    "benefit": 380,
    "indicator": 90,
    "place": 150,
    "dataset": 110,
    "why": 230,
    "criterion": 60,
    "name": 60,
    "alt": 400,
}
NAMED = 100  # letters that the two lines of the place have in any font
DATASETS, INDICATORS, CRITERIA, OTHERS = 4, 3, 12, 3
VERDICTS = {
    verdicts.SAME: N_("Reproduced"),
    verdicts.CLOSE: N_("Reproduced, within tolerance"),
    verdicts.DIFFERENT: N_("Not reproduced"),
    verdicts.CANNOT: N_("Cannot be run again"),
    verdicts.REFUSED: N_("Refused"),
    "": N_("Not run again yet"),
}
MEANS = {
    verdicts.SAME: N_("Run again on the jury’s machine, it gives the same figures."),
    verdicts.CLOSE: N_("Run again on the jury’s machine, it gives figures as close as the team announced."),
    verdicts.DIFFERENT: N_("Run again on the jury’s machine, it gives other figures."),
    verdicts.CANNOT: N_("On the jury’s machine it did not run to its end."),
    verdicts.REFUSED: N_("It was not run: the dossier breaks the rules."),
    "": N_("Nobody but the team has seen these figures come out."),
}
KINDS = {"REAL": N_("REAL DATA"), "MIXED": N_("PARTLY INVENTED DATA"), "SYNTHETIC": N_("INVENTED DATA")}


@dataclass(frozen=True)
class _Sheet:
    """What the template writes: every text is plain already, and cut to its room."""

    name: str
    title: str
    team: str
    theme: str
    late: bool
    question: str
    sentence: str
    picture: str
    alt: str
    shows: str
    cannot_say: str
    others: str
    more: list[str]
    kind: str
    stamp: str
    datasets: list[str]
    by: str
    status: str
    label: str
    means: str
    counts: str
    why: str
    benefit: str
    indicators: list[tuple[str, str]]
    place: str


def write(entries: Iterable[Entry], challenge: Challenge, place: str | os.PathLike[str], lang: str = "") -> list[Path]:
    """Write a page for each dossier, and one file with all of them.

    Parameters
    ----------
    entries : iterable of Entry
    challenge : Challenge
        Its title, criteria and weights stand on each sheet.
    place : path
        A folder, which is made where it is not there; or an ``.html`` file for all of them, and then there is no other.
    lang : {"en", "fr"}, optional
        Of the sheets: that of the challenge is what jurors read. By default the user's.

    Returns
    -------
    list of Path
        The file of all, in a folder ``sheets.html``; there ``sheets/NAME.html`` follow.

    Raises
    ------
    WrongUse
        It cannot be written.
    """
    with speaking(lang):
        # A bar where a person waits: two hundred pictures take a while.
        made = {entry.name: _sheet(entry) for entry in tqdm(entries, disable=None, leave=False, unit="")}
        one_file = Path(place).suffix.lower() in PAGES and not Path(place).is_dir()
        files = {Path(place) if one_file else Path(place, ALL): page(list(made.values()), challenge)}
        if not one_file:
            files |= {Path(place, EACH, f"{name}.html"): page([one], challenge) for name, one in made.items()}
    try:
        for file, html in files.items():
            write_whole(file, partial(Path.write_text, data=html, encoding="utf-8"))
    except OSError as error:
        raise WrongUse(str(place), _("the sheets cannot be written here"), found=str(error)) from None
    return list(files)


def page(sheets: list[_Sheet], challenge: Challenge) -> str:
    """Sheets as one HTML page that prints each on one side of A4."""
    whole = sum(one.weight for one in challenge.criteria)
    shown = [
        (plain(one.name, ROOM["criterion"]), number(100 * one.weight / whole, 0))
        for one in challenge.criteria[:CRITERIA]
    ]
    return render(
        "sheet.html.j2",
        __package__,
        lang=language(),
        accent=challenge.accent,
        sheets=sheets,
        challenge=plain(challenge.title, ROOM["title"]),
        criteria=shown,
        left=len(challenge.criteria) - len(shown),
    )


def _sheet(entry: Entry) -> _Sheet:
    answer = entry.main()
    kind, datasets, by = _data(entry, answer)
    shown, drawn = _picture(entry, answer, kind)
    return _Sheet(
        name=plain(entry.name, ROOM["name"]),
        title=entry.said("title", ROOM["title"]),
        team=entry.said("team", ROOM["team"]),
        theme=worded(entry.said("theme", ROOM["theme"])),
        late=bool(entry.verdict and entry.verdict.late),
        question=entry.said("question", ROOM["question"]) or plain(answer.get("question"), ROOM["question"]),
        sentence=plain(answer.get("sentence"), ROOM["sentence"]),
        picture=drawn,
        alt=plain(shown.get("alt"), ROOM["alt"]),
        shows="" if shown is answer else plain(shown.get("sentence"), ROOM["more"]),
        cannot_say=plain(answer.get("cannot_say"), ROOM["cannot_say"]),
        others=_others(entry, answer),
        more=[plain(one.get("sentence"), ROOM["more"]) for one in entry.answered() if one is not answer][:OTHERS],
        kind=kind,
        stamp=_(KINDS[kind]) if kind else _("DATA NOT KNOWN"),
        datasets=datasets,
        by=by,
        **_reproduced(entry),
        benefit=entry.said("benefit", ROOM["benefit"]),
        indicators=_indicators(entry),
        place=_place(entry),
    )


def _picture(entry, answer, kind):
    """The answer that has the picture, and this: the main one, else the first other whose data is as real as its."""
    for one in [answer, *(other for other in entry.answered() if other is not answer)] if answer else ():
        if (one is answer or _data(entry, one)[0] == kind) and (drawn := entry.picture(one)):
            return one, drawn
    return answer, ""


def _others(entry, answer):
    """How many more answers the dossier has: a page shows one."""
    more = len(entry.answered()) - bool(answer)
    said = ngettext("{n} other answer in the dossier", "{n} other answers in the dossier", more)
    return said.format(n=more) if more > 0 else ""


def _data(entry, answer):
    """Whether the answer's data is real, its lines, and on whose word: the jury's machine counts before the team's."""
    known = (answer.get("notebook"), answer.get("id"))
    own = [one for one in entry.again if (one["notebook"], one.get("id")) == known and one.get("answered")]
    records = (own or [answer])[0].get("data")
    records = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    invented = {one.get("synthetic") is True for one in records}
    kind = "" if not records else "MIXED" if len(invented) > 1 else "SYNTHETIC" if invented == {True} else "REAL"
    lines = [_dataset(one) for one in records[:DATASETS]]
    if len(records) > DATASETS:
        more = len(records) - DATASETS
        lines.append(ngettext("and {n} more", "and {n} more", more).format(n=more))
    by = "" if own or not records else _("By the team’s own record.")
    return kind, lines, by


def _dataset(record):
    title = plain(record.get("title") or record.get("id"), 60)
    if record.get("synthetic") is True:
        return plain(_("{title}: invented").format(title=title), ROOM["dataset"])
    texts = {key: plain(value, 40) for key, value in record.items() if key in ("vintage", "retrieved")}
    parts = [title, plain(record.get("attribution"), 60), dated(texts)]
    return plain(", ".join(part for part in parts if part), ROOM["dataset"])


def _reproduced(entry):
    """The verdict in words for who does not program."""
    verdict = entry.verdict
    status = verdict.status if verdict else ""
    counts = ""
    if verdict and verdict.answers and status != verdicts.REFUSED:
        found = [one.status for one in verdict.answers]
        told = {
            verdicts.SAME: ngettext("{n} the same", "{n} the same", found.count(verdicts.SAME)),
            verdicts.CLOSE: ngettext("{n} within tolerance", "{n} within tolerance", found.count(verdicts.CLOSE)),
            verdicts.DIFFERENT: ngettext("{n} different", "{n} different", found.count(verdicts.DIFFERENT)),
            verdicts.CANNOT: ngettext("{n} not to be had", "{n} not to be had", found.count(verdicts.CANNOT)),
        }
        parts = [said.format(n=found.count(one)) for one, said in told.items() if one in found]
        said = ngettext("{n} answer: {parts}.", "{n} answers: {parts}.", len(found))
        counts = said.format(n=len(found), parts=", ".join(parts))
    label, means = (_(words.get(status, words[""])) for words in (VERDICTS, MEANS))
    if status == verdicts.DIFFERENT and not any(one.status == status for one in verdict.answers):
        means = _("Its answers came out again, but other things that its notebooks show did not.")
    return {
        "status": status,
        "label": label,
        "means": means,
        "counts": counts,
        "why": plain(_why(verdict), ROOM["why"]),
    }


def _why(verdict):
    """The first reason, in words: of the verdict, of an answer, or the first figure that came out otherwise."""
    if verdict is None:
        return ""
    worst = [one for one in verdict.answers if one.status == verdict.status]
    reasons = [*verdict.why, *(one.why for one in worst if one.why)]
    if reasons:
        return _some(reasons)
    for answer in worst if verdict.status in (verdicts.CLOSE, verdicts.DIFFERENT) else ():
        for one in answer.figures:
            if one.status == verdict.status:
                said = _("For example “{name}”: {packed} in the dossier, {again} here.")
                packed, again = (_figure(figure, one.unit) for figure in (one.packed, one.again))
                return said.format(name=plain(one.name, 40), packed=packed, again=again)
    if verdict.status == verdicts.DIFFERENT and verdict.cells:
        cell = verdict.cells[0]
        said = _("For example cell {cell} of the notebook {name}.")
        return said.format(cell=plain(cell.get("cell"), 5), name=plain(cell.get("notebook"), 40))
    return ""


def _some(reasons):
    first = str(reasons[0]).splitlines()[0] if str(reasons[0]).strip() else ""
    more = len(reasons) - 1
    if not more:
        return first
    said = ngettext("{first} (and {n} more reason)", "{first} (and {n} more reasons)", more)
    return said.format(first=plain(first, ROOM["why"] - 40), n=more)


def _figure(value, unit):
    if value is None:
        return _("nothing")
    told = number(value) if isinstance(value, int | float) and not isinstance(value, bool) else plain(value, 40)
    return f"{told}\u00a0{worded(plain(unit, 30))}" if unit else told


def _indicators(entry):
    """Title and direction of each."""
    ways = {"higher": _("should rise"), "lower": _("should fall")}
    told = entry.form.indicators if entry.form else ()
    lines = [(plain(one.title or one.id, ROOM["indicator"]), ways.get(str(one.better), "")) for one in told]
    if len(lines) <= INDICATORS:
        return lines
    more = len(lines) - INDICATORS + 1
    return [*lines[: INDICATORS - 1], (ngettext("and {n} more", "and {n} more", more).format(n=more), "")]


def _place(entry):
    """Where and how long the solution is tried."""
    if not entry.form:
        return ""
    tried = entry.form.experiment
    codes = tried.areas, tried.comparison
    names = [named(entry.form, areas) for areas in codes]
    said = _tried(tried.months, *names)
    if len(said) > NAMED:  # rather all places by their codes than some by their names
        said = _tried(tried.months, *codes)
    return plain(said, ROOM["place"])


def _tried(months, *places):
    areas, beside = (", ".join(plain(one, 40) for one in told) for told in places)
    if areas and beside:
        said = _("{months} months; areas: {areas}; compared with: {beside}")
    elif areas:
        said = _("{months} months; areas: {areas}")
    else:
        said = _("{months} months on the whole territory")
    return said.format(months=plain(months, 4), areas=areas, beside=beside)
