"""What is found, in sentences that a city reads: each chosen by the figures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from datakit.extras import needed_by
from datakit.follow.computing import LATE, MISSING, OK, REVISED, STOPPED
from datakit.follow.finding import BETTER, DOUBTFUL, EARLY, NONE, SHORT, WORSE
from datakit.language import N_, _, language
from datakit.show.answers import Value
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from datakit.follow.change import Change
    from datakit.follow.finding import Finding

VERDICT = {
    BETTER: N_("changed, as promised"),
    WORSE: N_("changed, against the promise"),
    NONE: N_("no change told apart"),
    DOUBTFUL: N_("no conclusion"),
    SHORT: N_("too short to tell"),
    EARLY: N_("not judged yet"),
}
STATUS = {
    OK: N_("on time"),
    LATE: N_("late"),
    MISSING: N_("not given"),
    REVISED: N_("revised"),
    STOPPED: N_("stopped"),
}

# What is said of a month, by whether it has a status, a reason, and is of some indicators only.
REMARKS = {
    (True, True, True): lambda: _("{month}, {titles}: {status}, {why}"),
    (True, True, False): lambda: _("{month}: {status}, {why}"),
    (True, False, True): lambda: _("{month}, {titles}: {status}"),
    (True, False, False): lambda: _("{month}: {status}"),
    (False, True, True): lambda: _("{month}, {titles}: {why}"),
    (False, True, False): lambda: _("{month}: {why}"),
}


def month(name: str, form: str = "MMMM y") -> str:
    """A month, written ``2027-04``, in words: "April 2027"."""
    with needed_by(__name__):
        from babel.dates import format_date

    return format_date(date.fromisoformat(f"{name}-01"), form, locale=language())


def figure(change: Change, unit: str) -> Value:
    """The estimate with its range."""
    return Value(change.estimate, unit, change.low, change.high)


def chance(p: float) -> str:
    """A p value as it is read: with two digits that count, and no more certainty than the draws give."""
    said = _("p < {least}").format(least=number(0.001)) if p < 0.001 else _("p = {p}").format(p=number(p, digits=2))
    return said.replace(" ", "\u00a0")


def sentence(finding: Finding) -> str:
    """What is said of an indicator."""
    one, change, unit = finding.series, finding.change, finding.series.unit
    if change is None:
        return finding.why[:1].upper() + finding.why[1:] + "."
    said = {"change": figure(change, unit), "start": month(str(one.start)), "end": month(str(one.end))}
    if finding.verdict == EARLY:
        early = _(
            "So far a change of {change} since {start}. Whether chance alone does as much is tested once, after {end}."
        )
        return early.format(**said)
    said |= {"p": chance(finding.adjusted or 0.0), "least": _least(change, unit)}
    if finding.verdict == DOUBTFUL:
        return _doubt(finding, said)
    if finding.verdict == SHORT:
        short = _(
            "Too short to tell: only a change of {least} or more would have been seen, {times} times what chance does "
            "to one month. The estimate is {change}."
        )
        return short.format(times=number(change.detectable / change.noise, digits=2), **said)
    if finding.verdict == NONE:
        return _(
            "No change since {start} can be told from chance: {change} ({p}). A change smaller than {least} would most "
            "likely not have been seen."
        ).format(**said)
    found = _("A change of {change} since {start}, more than season and chance do ({p}).")
    if one.paired:
        found = _("A change of {change} since {start} against the comparison, more than chance does ({p}).")
    promise = _("It goes the way that was promised.")
    if finding.verdict == WORSE:
        promise = _("It goes against what was promised.")
    return f"{found.format(**said)} {promise}"


def _least(change, unit):
    return f"{Value(change.detectable, unit, change.detectable * 0.9, change.detectable * 1.1):value}"


def _doubt(finding, said):
    unit = finding.series.unit
    if finding.placebo is not None and finding.placebo.found:
        return _(
            "No conclusion: the test finds a change of {change}, but it also finds one of {placebo} from {date} on, "
            "when nothing had begun."
        ).format(placebo=figure(finding.placebo, unit), date=month(finding.placebo_at), **said)
    if finding.drift is not None and finding.drift.found:
        return _(
            "No conclusion: the test finds a change of {change}, but the two places were drifting apart before the "
            "start, by {drift} a year."
        ).format(drift=figure(finding.drift, unit), **said)
    return _(
        "No conclusion: since {start} there are {change} against the same months of the year before, more than chance "
        "does ({p}), but less than two years do not tell a change from a drift that was under way."
    ).format(**said)


def reach(finding: Finding) -> str:
    """How many months there are, and how small a change they would show; nothing where none can be estimated."""
    change, unit = finding.change, finding.series.unit
    if change is None:
        return ""
    said = _("{before} months before, {after} since: a change of {least} would be seen in four cases out of five")
    return said.format(before=change.before, after=change.after, least=_least(change, unit))


def assumptions(finding: Finding) -> list[str]:
    """What the test stands on, and what the months before the start say of it."""
    one, change, unit = finding.series, finding.change, finding.series.unit
    if change is None:
        return []
    said = []
    if one.paired:
        if finding.drift is None:
            said.append(_("Whether the two places were parallel before the start cannot be tested: too few months."))
        else:
            drift, p = figure(finding.drift, unit), chance(finding.drift.p)
            text = _("Parallel before the start, as far as one sees: {drift} apart a year ({p}).")
            if finding.drift.found:
                text = _("Not parallel before the start: {drift} apart a year ({p}).")
            said.append(text.format(drift=drift, p=p))
    if finding.placebo is None:
        said.append(_("No placebo date can be tested: too few months before the start."))
    else:
        text = _("Placebo date {date}: the same test is silent, as it must be ({change}, {p}).")
        if finding.placebo.found:
            text = _("Placebo date {date}: the same test alarms although nothing began ({change}, {p}).")
        values = {"change": figure(finding.placebo, unit), "p": chance(finding.placebo.p)}
        said.append(text.format(date=month(finding.placebo_at), **values))
    return said


def cannot_say(findings: Sequence[Finding]) -> list[str]:
    """What a reader might conclude and must not."""
    said = [_("An effect that began slowly or has worn off is shown as its mean over the months since the start.")]
    paired = [f for f in findings if f.series.paired]
    if paired:
        said.append(
            _("Whether the solution is the cause: whatever else happened in one of the places only looks the same.")
        )
    if len(paired) < len(findings):
        said.append(_("Whether the solution is the cause: whatever else began at the same date looks the same."))
    if any(f.one_year and not f.series.paired for f in findings):
        said.append(
            _("Whether it was under way before: with less than two years before the start a drift looks like a change.")
        )
    if any(f.one_year and f.series.paired for f in findings):
        said.append(_("Whether both places have the same season: less than two years before the start do not show it."))
    return said


def remarks(findings: Sequence[Finding], called: Callable[[Iterable[str]], list[str]] = list) -> list[str]:
    """The months about which there is something to say, in order; of which indicator and area, where not of all.

    ``called`` says areas as a person knows them.
    """
    of: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for finding in findings:
        title, one = finding.series.indicator.title, finding.series
        for row in one.said.itertuples():
            of.setdefault((row.month, row.status, row.why), []).append((title, row.area))
        if one.left_out:
            text = _("left out up to {last}: the notebook has changed since, and their data is not there any more")
            of.setdefault((one.left_out[0], "", text.format(last=month(one.left_out[-1]))), []).append((title, ""))
    said = []
    every = len({area for finding in findings for area in finding.series.areas})
    for (name, status, why), whose in sorted(of.items()):
        named = {"month": month(name), "status": _(STATUS[status]) if status else "", "why": why}
        titles, places = (list(dict.fromkeys(column)) for column in zip(*whose, strict=True))
        titles = titles if len(titles) < len(findings) else []
        places = called(place for place in places if place) if status and len(places) < every else []
        named["titles"] = ", ".join([*titles, *places])
        parts = (bool(status), bool(why), bool(titles or places))
        said.append(REMARKS[parts]().format(**named))
    return said


def now(series: pd.Series, name: str, unit: str) -> str:
    """The value of a month, in words."""
    import pandas as pd

    value = series.get(pd.Period(name, freq="M"), float("nan"))
    if value != value:
        return _("{month}: no value").format(month=month(name))
    return _("{month}: {value}").format(month=month(name), value=f"{Value(float(value), unit)}")
