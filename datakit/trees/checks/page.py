"""The audit as people read it: a table for notebooks, and one printable A4 sheet for the department."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from datakit.data.cards import read_catalog
from datakit.data.provenance import STAMP
from datakit.show.templates import render
from datakit.trees.checks import fitting
from datakit.trees.checks.sheet import Mark, Row, Sheet
from datakit.trees.checks.words import GROUPS, VERDICTS, Cannot, examples, field_name, figure, percent, said

if TYPE_CHECKING:
    import pandas as pd

    from datakit.trees.checks.counting import Finding

HEAD = ("verdict", "finding", "share", "examples", "todo")
COLON = {"en": ": ", "fr": "\u00a0: "}
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

WORDS = {
    "title": {"en": "Audit of a tree inventory", "fr": "Audit de l'inventaire des arbres"},
    "for": {"en": "For the green-spaces department", "fr": "Pour le service des espaces verts"},
    "trees": {"en": "trees", "fr": "arbres"},
    "surveyed": {"en": "surveyed", "fr": "relevés"},
    "audited": {"en": "audited", "fr": "audit du"},
    "checks": {"en": "checks", "fr": "contrôles"},
    "first": {"en": "Look at these first", "fr": "À regarder en premier"},
    "nothing": {"en": "No check finds anything to look at.", "fr": "Aucun contrôle ne trouve rien à signaler."},
    "verdict": {"en": "verdict", "fr": "avis"},
    "finding": {"en": "what was found", "fr": "constat"},
    "share": {"en": "trees", "fr": "arbres"},
    "examples": {"en": "for example", "fr": "par exemple"},
    "todo": {"en": "what to do", "fr": "que faire"},
    "cannot": {"en": "What this file cannot answer", "fr": "Ce que ce fichier ne permet pas de dire"},
    "question": {"en": "question", "fr": "question"},
    "missing": {"en": "what is missing", "fr": "ce qui manque"},
    "all": {
        "en": "Every question of the kit can be tried on this file.",
        "fr": "Toutes les questions du kit peuvent être posées à ce fichier.",
    },
    "made": {"en": "The {n} checks made", "fr": "Les {n} contrôles effectués"},
    "good": {"en": "What is good", "fr": "Ce qui est bon"},
    "more": {"en": "more to look at are in the full table", "fr": "autres points à vérifier dans la table complète"},
    "changed": {"en": "Changed when the table was standardised", "fr": "Modifié lors de la standardisation"},
    "value": {"en": "value", "fr": "valeur"},
    "source": {"en": "Source", "fr": "Source"},
    "retrieved": {"en": "retrieved", "fr": "obtenu le"},
    "unrecorded": {"en": "not recorded", "fr": "non enregistrée"},
    "legend": {
        "en": "Shares are of the trees that a check can judge. Examples are identifiers (or rows) to look up. Limits "
        "of the verdicts are choices of the kit, not a norm. The four figures at the top count checks, not trees.",
        "fr": "Les parts portent sur les arbres que le contrôle peut juger. Les exemples sont des identifiants (ou des "
        "lignes) à consulter. Les seuils sont des choix du kit, non une norme. Les quatre "
        "chiffres du haut comptent des contrôles, non des arbres.",
    },
    "stamp": {
        "en": f"{STAMP}: invented data, which says nothing about any real city.",
        "fr": f"{STAMP} — échantillon inventé, qui ne dit rien d'aucune ville réelle.",
    },
    "nothing in": {"en": "Nothing is known of", "fr": "On ne sait rien de"},
    "unfilled": {"en": "Known for less than half of the trees", "fr": "Connus pour moins de la moitié des arbres"},
    "partly": {"en": "Known for some trees only", "fr": "Connus pour une partie des arbres"},
    "filled": {"en": "Known for at least 95 % of the trees", "fr": "Connus pour au moins 95 % des arbres"},
    "clean": {"en": "Nothing wrong was found in", "fr": "Rien d'anormal dans"},
    "and": {"en": "further fields:", "fr": "autres champs :"},
    "leave": {
        "en": "Nothing urgent: delete these columns, or plan to fill them.",
        "fr": "Rien d'urgent : supprimer ces colonnes, ou prévoir de les remplir.",
    },
    "fill": {
        "en": "Fill them at the next survey, or find the file that has them.",
        "fr": "À remplir au prochain relevé, ou retrouver le fichier qui les contient.",
    },
    "by": {"en": "Made with the OnDijon data kit", "fr": "Réalisé avec le kit de données OnDijon"},
}


@dataclass
class Several:
    """Findings told in one line: the fields that are empty."""

    verdict: str
    parts: list[Finding]


class Outcome(Protocol):
    """What the page needs to know of an audit: see `datakit.trees.checks.outcome.Audit`."""

    findings: list[Finding]
    trees: int
    lang: str
    source: dict
    today: pd.Timestamp
    surveys: tuple[int, int] | None

    @property
    def table(self) -> pd.DataFrame: ...

    @property
    def verdicts(self) -> dict[str, int]: ...

    def questions(self, lang: str) -> list[Cannot]: ...


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


def line(item: Finding | Several, lang: str) -> tuple[str, str]:
    """(what was found, what to do) of one line of the page."""
    if not isinstance(item, Several):
        return said(item, lang)
    empty = item.parts[0].share_pct == 100
    fields = [field_name(f.field, lang) + ("" if empty else f" {percent(100 - f.share_pct, lang)}") for f in item.parts]
    lead = WORDS["nothing in" if empty else "unfilled" if item.verdict == "bad" else "partly"][lang]
    more = f"; {WORDS['and'][lang]} {len(fields) - MOST}" if len(fields) > MOST else ""
    todo = WORDS["fill" if item.verdict == "bad" or not empty else "leave"][lang]
    return lead + COLON[lang] + "; ".join(fields[:MOST]) + more, todo


def amount(item: Finding | Several, lang: str) -> str:
    """Trees and share, as "1,234 (5 %)"; nothing for several fields."""
    if isinstance(item, Several) or item.trees is None:
        return ""
    if not item.trees:
        return "0"
    return f"{figure(item.trees, lang)} ({percent(item.share_pct, lang)})"


def _mark(verdict, lang):
    return Mark(*SHAPES[verdict], VERDICTS[verdict][lang])


def _short(text, most=LONGEST):
    text = str(text)
    if len(text) > most:  # textwrap.shorten would break the thin spaces inside numbers
        text = text[:most].rpartition(" ")[0].rstrip(",;") + " …"
    return text


def view(audit: Outcome) -> str:
    """The whole table for a notebook, grouped, then what cannot be answered."""
    lang, table = audit.lang, audit.table
    w = {key: text[lang] for key, text in WORDS.items()}
    groups = []
    for group in GROUPS.values():
        these = table[table["group"] == group[lang]]
        pairs = zip([audit.findings[i] for i in these.index], these.itertuples(), strict=True)
        rows = [
            Row(_mark(r.verdict, lang), r.check, amount(f, lang), _short(r.examples), r.what_to_do) for f, r in pairs
        ]
        groups += [(group[lang], rows)] if rows else []
    counts = ", ".join(f"{n} {VERDICTS[v][lang]}" for v, n in audit.verdicts.items())
    return render(
        "findings.html.j2",
        __package__,
        w=w,
        synthetic=bool(audit.source.get("synthetic")),
        caption=f"{figure(audit.trees, lang)} {w['trees']}{COLON[lang]}{counts}",
        heads=[w[key] for key in HEAD],
        groups=groups,
        questions=audit.questions(lang),
    )


def printable(audit: Outcome, lang: str, title: str | None = None) -> str:
    """One A4 sheet as HTML, with nothing from outside: what to do on its front, the checks made on its back.

    Parameters
    ----------
    audit : datakit.trees.checks.outcome.Audit
    lang : {"en", "fr"}
    title : str, optional

    Returns
    -------
    str
        With as many findings, the first ones first, as the front holds beside the rest.
    """
    w = {key: text[lang] for key, text in WORDS.items()} | {"colon": COLON[lang]}
    sheet, rows = _sheet(audit, lang, title, w), [_row(item, lang) for item in first(audit.findings, None)]
    fit = fitting.that_fit(rows, sheet, w)
    return render(
        "audit.html.j2",
        __package__,
        lang=lang,
        w=w,
        sheet=sheet,
        heads=[w[key] for key in HEAD],
        rows=rows[:fit],
        left=len(rows) - fit,
        checks=_checks(audit, lang),
    )


def _checks(audit, lang):
    """Every check that was made, group by group: its verdict, what it counts and how many trees it found."""
    groups = []
    for group, words in GROUPS.items():
        these = [f for f in audit.findings if f.group == group]
        marked = [(_mark(f.verdict, lang), said(f, lang)[0], amount(f, lang)) for f in these]
        groups += [(words[lang], marked)] if marked else []
    return groups


def _sheet(audit, lang, title, w):
    facts = [f"{len(audit.findings)} {w['checks']}"]
    if audit.surveys:
        facts.append(f"{w['surveyed']} " + "–".join(dict.fromkeys(map(str, audit.surveys))))
    return Sheet(
        title=_short(title or _title(audit.source, lang)),
        synthetic=bool(audit.source.get("synthetic")),
        trees=f"{figure(audit.trees, lang)} {w['trees']}",
        facts=" · ".join([*facts, f"{w['audited']} {_day(audit.today, lang)}"]),
        tally=[(n, _mark(v, lang)) for v, n in audit.verdicts.items()],
        questions=audit.questions(lang),
        good=_good(audit, lang),
        changed=_changed(audit, lang),
        source=_provenance(audit.source, w),
    )


def _title(source, lang):
    """The dataset's title, in French where its card has it."""
    card = read_catalog().get(source.get("id")) if lang == "fr" else None
    return (card.raw.get("title_fr") if card else None) or source.get("title") or WORDS["title"][lang]


def _day(day, lang):
    day = datetime.date(day.year, day.month, day.day)
    return f"{day:%d/%m/%Y}" if lang == "fr" else day.isoformat()


def _row(item, lang):
    check, todo = line(item, lang)
    some = "" if isinstance(item, Several) else examples(item, lang)
    return Row(_mark(item.verdict, lang), _short(check, 260), amount(item, lang), _short(some), _short(todo, 160))


def _good(audit, lang):
    good = [field_name(f.field, lang) for f in audit.findings if f.verdict == "ok" and f.group == "completeness"]
    clean = []
    for group, words in GROUPS.items():
        verdicts = {f.verdict for f in audit.findings if f.group == group}
        if group not in ("completeness", "changes") and "ok" in verdicts and not verdicts & {"bad", "look"}:
            clean.append(words[lang])
    told = (("filled", good), ("clean", clean))
    return [f"{WORDS[key][lang]}{COLON[lang]}{_short('; '.join(some), 330)}." for key, some in told if some]


def _changed(audit, lang):
    made = sorted((f for f in audit.findings if f.check == "change"), key=lambda f: (f.verdict == "ok", -f.trees))
    parts = []
    for f in made:
        values = f"{figure(f.trees, lang)} {WORDS['value'][lang]}{'s' * (f.trees > 1)}"
        parts.append(f"{field_name(f.field, lang)}{COLON[lang]}{values} ({examples(f, lang)})")
    return _short("; ".join(parts), 420)


def _provenance(source, w):
    origin = str(source.get("origin") or "")
    origin = origin if "://" in origin else Path(origin).name  # a folder of one's own machine tells a reader nothing
    parts = [source.get("id"), source.get("attribution"), origin, source.get("licence")]
    if source.get("retrieved"):
        parts.append(f"{w['retrieved']} {str(source['retrieved'])[:10]}")
    if source.get("sha256"):
        parts.append(f"sha256 {source['sha256'][:12]}")
    known = _short(", ".join(str(p) for p in dict.fromkeys(parts) if p), 420) or w["unrecorded"]
    return f"{w['source']}{w['colon']}{known}. {w['by']}."
