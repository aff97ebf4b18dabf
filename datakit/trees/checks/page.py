"""The audit as people read it: a table for notebooks, and one printable A4 sheet for the department."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from datakit.data.cards import read_catalog
from datakit.data.provenance import STAMP
from datakit.language import _, language, ngettext, pgettext
from datakit.settings import challenge
from datakit.show.style import number
from datakit.show.templates import render
from datakit.trees.checks import fitting
from datakit.trees.checks.sheet import Mark, Row, Sheet
from datakit.trees.checks.words import GROUPS, Cannot, examples, field_name, group_words, percent, said, verdict_word

if TYPE_CHECKING:
    import pandas as pd

    from datakit.trees.checks.counting import Finding

MOST = 10  # findings in the terminal, and fields in one of them
LONGEST = 90  # characters of examples and of titles on the page
# Contrast with white is above 4.5.
SHAPES = {"bad": ("■", "#9b1c00"), "look": ("▲", "#7a4a00"), "cannot tell": ("?", "#4a4f57"), "ok": ("✓", "#12602f")}
# In which order findings of one verdict come: what makes every figure wrong first.
WEIGHT = (
    "units",
    "geometry",
    "completeness",
    "taxonomy",
    "dates",
    "consistency",
    "duplicates",
    "staleness",
    "ranges",
    "changes",
)


def words() -> dict[str, str]:
    """What the templates say beside the findings, in the user's language."""
    return {
        "for": _("For the green-spaces department"),
        "checks": pgettext("audit", "checks"),
        "first": _("Look at these first"),
        "nothing": _("No check finds anything to look at."),
        "cannot": _("What this file cannot answer"),
        "question": _("question"),
        "missing": _("what is missing"),
        "all": _("Every question of the kit can be tried on this file."),
        "good": _("What is good"),
        "changed": _("Changed when the table was standardised"),
        "legend": _(
            "Shares are of the trees that a check can judge. Examples are identifiers (or rows) to look up. Limits "
            "of the verdicts are choices of the kit, not a norm. The four figures at the top count checks, not trees."
        ),
        "stamp": _("{stamp}: invented data, which says nothing about any real city.").format(stamp=_(STAMP)),
    }


def heads() -> list[str]:
    """Of the table of findings."""
    return [
        pgettext("head", "verdict"),
        pgettext("head", "what was found"),
        pgettext("head", "trees"),
        pgettext("head", "for example"),
        pgettext("head", "what to do"),
    ]


@dataclass
class Several:
    """Findings told in one line: the fields that are empty."""

    verdict: str
    parts: list[Finding]


class Outcome(Protocol):
    """What the page needs to know of an audit: see `datakit.trees.checks.outcome.Audit`."""

    findings: list[Finding]
    trees: int
    source: dict
    today: pd.Timestamp
    surveys: tuple[int, int] | None

    @property
    def table(self) -> pd.DataFrame: ...

    @property
    def verdicts(self) -> dict[str, int]: ...

    @property
    def cannot(self) -> list[Cannot]: ...


def first(findings: list[Finding], most: int | None = MOST) -> list[Finding | Several]:
    """What to look at first: bad before look, and the fields that are not filled in one line of each.

    Returns
    -------
    list of Finding or Several
    """
    chosen: list[Finding | Several] = []
    for verdict in ("bad", "look"):
        these = [f for f in findings if f.verdict == verdict and not (f.group == "changes" and f.check == "change")]
        empty = [f for f in these if f.group == "completeness"]
        rest: list[Finding | Several] = [f for f in these if f.group != "completeness"]
        whole = [f for f in empty if f.share_pct == 100]
        part = sorted((f for f in empty if f.share_pct < 100), key=lambda f: f.share_pct)
        rest += [Several(verdict, parts) for parts in (part[::-1], whole) if parts]
        chosen += sorted(rest, key=_weight)
    return chosen[:most]


def _weight(item):
    if isinstance(item, Several):
        # Columns that hold nothing come last: they mislead nobody. Those that an answer needs do not.
        nothing = item.verdict == "look" and item.parts[0].share_pct == 100
        return len(WEIGHT) if nothing else WEIGHT.index("completeness"), 0
    return WEIGHT.index(item.group), -item.share_pct


def line(item: Finding | Several) -> tuple[str, str]:
    """(what was found, what to do) of one line of the page."""
    if not isinstance(item, Several):
        return said(item)
    empty = item.parts[0].share_pct == 100
    fields = [field_name(f.field) + ("" if empty else f" {percent(100 - f.share_pct)}") for f in item.parts]
    told = _("; ").join(fields[:MOST])
    if len(fields) > MOST:
        told = _("{fields}; further fields: {n}").format(fields=told, n=len(fields) - MOST)
    if empty:
        lead = _("Nothing is known of: {fields}")
    elif item.verdict == "bad":
        lead = _("Known for less than half of the trees: {fields}")
    else:
        lead = _("Known for some trees only: {fields}")
    if item.verdict == "bad" or not empty:
        todo = _("Fill them at the next survey, or find the file that has them.")
    else:
        todo = _("Nothing urgent: delete these columns, or plan to fill them.")
    return lead.format(fields=told), todo


def amount(item: Finding | Several) -> str:
    """Trees and share, as "1,234 (5 %)"; nothing for several fields."""
    if isinstance(item, Several) or item.trees is None:
        return ""
    if not item.trees:
        return "0"
    return f"{number(item.trees, 0)} ({percent(item.share_pct)})"


def counted(trees: int) -> str:
    """So many trees, in words."""
    return ngettext("{n} tree", "{n} trees", trees).format(n=number(trees, 0))


def tally(verdicts: dict[str, int]) -> str:
    """How many checks have each verdict, in words."""
    return ", ".join(_("{n} {verdict}").format(n=n, verdict=verdict_word(key)) for key, n in verdicts.items())


def _mark(key):
    return Mark(*SHAPES[key], verdict_word(key))


def _short(text, most=LONGEST):
    text = str(text)
    if len(text) > most:  # textwrap.shorten would break the thin spaces inside numbers
        text = text[:most].rpartition(" ")[0].rstrip(",;") + " …"
    return text


def view(audit: Outcome) -> str:
    """The whole table for a notebook, grouped, then what cannot be answered."""
    table, groups = audit.table, []
    for key in GROUPS:
        these = table[[f.group == key for f in audit.findings]]
        pairs = zip([audit.findings[i] for i in these.index], these.itertuples(), strict=True)
        rows = [Row(_mark(r.verdict), r.check, amount(f), _short(r.examples), r.what_to_do) for f, r in pairs]
        groups += [(group_words(key), rows)] if rows else []
    caption = _("{trees}: {counts}").format(trees=counted(audit.trees), counts=tally(audit.verdicts))
    return render(
        "findings.html.j2",
        __package__,
        w=words(),
        synthetic=bool(audit.source.get("synthetic")),
        caption=caption,
        heads=heads(),
        groups=groups,
        questions=audit.cannot,
    )


def printable(audit: Outcome, title: str | None = None) -> str:
    """One A4 sheet as HTML, with nothing from outside: what to do on its front, the checks made on its back.

    Parameters
    ----------
    audit : datakit.trees.checks.outcome.Audit
    title : str, optional

    Returns
    -------
    str
        With as many findings, the first ones first, as the front holds beside the rest.
    """
    w, sheet = words(), _sheet(audit, title)
    rows = [_row(item) for item in first(audit.findings, None)]
    fit, checks = fitting.that_fit(rows, sheet, w), _checks(audit)
    left, made = len(rows) - fit, sum(len(these) for _title, these in checks)
    return render(
        "audit.html.j2",
        __package__,
        lang=language(),
        w=w,
        sheet=sheet,
        heads=heads(),
        rows=rows[:fit],
        left=_("+ {n} more to look at are in the full table").format(n=left) if left else "",
        made=_("The {n} checks made").format(n=made),
        checks=checks,
    )


def _checks(audit):
    """Every check that was made, group by group: its verdict, what it counts and how many trees it found."""
    groups = []
    for key in GROUPS:
        these = [f for f in audit.findings if f.group == key]
        marked = [(_mark(f.verdict), said(f)[0], amount(f)) for f in these]
        groups += [(group_words(key), marked)] if marked else []
    return groups


def _sheet(audit, title):
    n = len(audit.findings)
    facts = [ngettext("{n} check", "{n} checks", n).format(n=n)]
    if audit.surveys:
        years = "–".join(dict.fromkeys(map(str, audit.surveys)))
        facts.append(_("surveyed {years}").format(years=years))
    facts.append(_("audited {day}").format(day=_day(audit.today.date().isoformat())))
    return Sheet(
        title=_short(title or _title(audit.source)),
        synthetic=bool(audit.source.get("synthetic")),
        trees=counted(audit.trees),
        facts=" · ".join(facts),
        tally=[(n, _mark(key)) for key, n in audit.verdicts.items()],
        questions=audit.cannot,
        good=_good(audit),
        changed=_changed(audit),
        source=_provenance(audit.source),
    )


def _title(source):
    """The dataset's title, in French where its card has it."""
    card = read_catalog().get(source.get("id")) if language() == "fr" else None
    return (card.raw.get("title_fr") if card else None) or source.get("title") or _("Audit of a tree inventory")


def _day(day):
    """The day of an ISO date as it is written in the user's language."""
    return "/".join(reversed(day.split("-"))) if language() == "fr" else day


def _row(item):
    check, todo = line(item)
    some = "" if isinstance(item, Several) else examples(item)
    return Row(_mark(item.verdict), _short(check, 260), amount(item), _short(some), _short(todo, 160))


def _good(audit):
    good = [field_name(f.field) for f in audit.findings if f.verdict == "ok" and f.group == "completeness"]
    clean = []
    for key in GROUPS:
        verdicts = {f.verdict for f in audit.findings if f.group == key}
        if key not in ("completeness", "changes") and "ok" in verdicts and not verdicts & {"bad", "look"}:
            clean.append(group_words(key))
    told = (
        (_("Known for at least 95 % of the trees: {fields}."), good),
        (_("Nothing wrong was found in: {fields}."), clean),
    )
    return [text.format(fields=_short(_("; ").join(some), 330)) for text, some in told if some]


def _changed(audit):
    made = sorted((f for f in audit.findings if f.check == "change"), key=lambda f: (f.verdict == "ok", -f.trees))
    parts = []
    for f in made:
        text = ngettext("{field}: {n} value ({examples})", "{field}: {n} values ({examples})", f.trees)
        parts.append(text.format(field=field_name(f.field), n=number(f.trees, 0), examples=examples(f)))
    return _short(_("; ").join(parts), 420)


def _provenance(source):
    origin = str(source.get("origin") or "")
    origin = origin if "://" in origin else Path(origin).name  # a folder of one's own machine tells a reader nothing
    parts = [source.get("id"), source.get("attribution"), origin, source.get("licence")]
    if source.get("retrieved"):
        parts.append(_("retrieved {day}").format(day=_day(str(source["retrieved"])[:10])))
    if source.get("sha256"):
        parts.append(f"sha256 {source['sha256'][:12]}")
    known = _short(", ".join(str(p) for p in dict.fromkeys(parts) if p), 420) or _("not recorded")
    return _("Source: {source}. Made with the {challenge} data kit.").format(source=known, challenge=challenge().short)
