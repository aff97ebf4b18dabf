"""The audit as people read it: a table for notebooks, and one printable A4 page for the department."""

from __future__ import annotations

import datetime
import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from datakit.data.cards import read_catalog
from datakit.data.provenance import STAMP
from datakit.trees.checks.words import GROUPS, VERDICTS, Cannot, examples, figure, named, percent, said

if TYPE_CHECKING:
    import pandas as pd

    from datakit.trees.checks.counting import Finding

HEAD = ("verdict", "finding", "share", "examples", "todo")
COLON = {"en": ": ", "fr": "\u00a0: "}
MOST = 10  # findings on the page, and fields in one of them: what fits on A4 together with the rest
LONGEST = 90  # characters of examples and of titles on the page
# Colour is never alone: each verdict has a shape and a word too. Contrast with white is above 4.5.
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
    fields = [named(f.field, lang) + ("" if empty else f" {percent(100 - f.share_pct, lang)}") for f in item.parts]
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


def _shape(verdict, lang):
    sign, colour = SHAPES[verdict]
    word = html.escape(VERDICTS[verdict][lang])
    return f'<span style="color:{colour};white-space:nowrap"><b aria-hidden="true">{sign}</b> {word}</span>'


def _short(text, most=LONGEST):
    text = str(text)
    if len(text) > most:  # textwrap.shorten would break the thin spaces inside numbers
        text = text[:most].rpartition(" ")[0].rstrip(",;") + " …"
    return html.escape(text)


def view(audit: Outcome) -> str:
    """The whole table for a notebook, grouped, then what cannot be answered."""
    lang, table = audit.lang, audit.table
    rows = []
    for group in GROUPS.values():
        these = table[table["group"] == group[lang]]
        if not len(these):
            continue
        rows.append(
            f'<tr><th scope="rowgroup" colspan="5" style="text-align:left">{html.escape(group[lang])}</th></tr>'
        )
        for f, row in zip([audit.findings[i] for i in these.index], these.itertuples(), strict=True):
            some, todo = _short(row.examples), html.escape(row.what_to_do)
            rows.append(
                f'<tr><td style="text-align:left">{_shape(row.verdict, lang)}</td>'
                f'<td style="text-align:left">{html.escape(row.check)}</td><td>{amount(f, lang)}</td>'
                f'<td style="text-align:left">{some}</td><td style="text-align:left">{todo}</td></tr>'
            )
    stamp = f"<p><strong>{WORDS['stamp'][lang]}</strong></p>" if audit.source.get("synthetic") else ""
    caption = f"{figure(audit.trees, lang)} {WORDS['trees'][lang]}{COLON[lang]}" + ", ".join(
        f"{n} {VERDICTS[v][lang]}" for v, n in audit.verdicts.items()
    )
    head = "".join(f'<th scope="col">{WORDS[k][lang]}</th>' for k in HEAD)
    return (
        f"{stamp}<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{_cannot(audit, lang)}"
    )


def _cannot(audit, lang):
    heading = f"<h2>{WORDS['cannot'][lang]}</h2>"
    if not (questions := audit.questions(lang)):
        return f"{heading}<p>{WORDS['all'][lang]}</p>"
    head = "".join(f'<th scope="col">{WORDS[k][lang]}</th>' for k in ("question", "missing"))
    rows = "".join(f"<tr><td>{html.escape(q.question)}</td><td>{html.escape(q.missing)}</td></tr>" for q in questions)
    return f"{heading}<table class='cannot'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


STYLE = """
@page{size:A4;margin:11mm 12mm}
*{box-sizing:border-box}
body{font:8.6pt/1.32 "Liberation Sans",Arial,"DejaVu Sans",sans-serif;color:#1d2329;background:#fff;margin:0 auto;
max-width:190mm}
@media screen{body{padding:8mm 4mm;font-size:10.5pt}}
h1{font-size:1.7em;margin:0}h2{font-size:1.15em;margin:.9em 0 .25em;border-bottom:.4mm solid #1d2329}
p{margin:.25em 0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.22em .5em .22em 0;border-bottom:.2mm solid #c9ced4}
th{font-weight:600;color:#4a4f57}
tr{break-inside:avoid}
td.n{white-space:nowrap}
.wide{overflow-x:auto}
.tally{display:flex;flex-wrap:wrap;gap:3mm;list-style:none;margin:.6em 0;padding:0}
.tally li{flex:1 1 30mm;border:.3mm solid #8a929b;border-radius:1.5mm;padding:1.2mm 2.5mm}
.tally strong{display:block;font-size:1.8em;line-height:1.1}
.stamp{border:.6mm solid #7a0019;color:#7a0019;font-weight:700;padding:1mm 2.5mm;margin:.6em 0}
.soft,footer{color:#4a4f57}
footer{margin-top:.8em;font-size:.9em;overflow-wrap:anywhere}
.cannot td:first-child{width:44%}
"""


def page(audit: Outcome, lang: str, title: str | None = None) -> str:
    """One A4 page as HTML, with nothing from outside.

    Parameters
    ----------
    audit : datakit.trees.checks.outcome.Audit
    lang : {"en", "fr"}
    title : str, optional

    Returns
    -------
    str
    """
    w = {key: html.escape(text[lang]) for key, text in WORDS.items()}
    source, chosen = audit.source, first(audit.findings)
    title = _short(title or _title(source, lang))
    facts = [f"<strong>{figure(audit.trees, lang)} {w['trees']}</strong>", f"{len(audit.findings)} {w['checks']}"]
    if audit.surveys:
        facts.append(f"{w['surveyed']} " + "–".join(dict.fromkeys(map(str, audit.surveys))))
    facts.append(f"{w['audited']} {_day(audit.today, lang)}")
    tally = "".join(f"<li><strong>{n}</strong> {_shape(v, lang)}</li>" for v, n in audit.verdicts.items())
    head = "".join(f'<th scope="col">{w[k]}</th>' for k in HEAD)
    rows = "".join(_row(item, lang) for item in chosen)
    found = f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    stamp = f"<p class='stamp'>{w['stamp']}</p>" if source.get("synthetic") else ""
    left = len(first(audit.findings, None)) - len(chosen)
    more = f"<p class='soft'>+ {left} {w['more']}</p>" if left else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><header><p class='soft'>{w['for']}</p>"
        f"<h1>{title}</h1>{stamp}<p>{' · '.join(facts)}</p></header>\n<main>"
        f"<ul class='tally' aria-label='{w['checks']}'>{tally}</ul>"
        f"<h2>{w['first']}</h2>{found if chosen else '<p>' + w['nothing'] + '</p>'}{more}"
        f"{_cannot(audit, lang)}{_good(audit, lang)}{_changed(audit, lang)}</main>\n"
        f"<footer><p>{w['legend']}</p><p>{_provenance(source, w)}</p></footer></body></html>\n"
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
    return (
        f"<tr><td>{_shape(item.verdict, lang)}</td><td>{_short(check, 260)}</td>"
        f"<td class='n'>{amount(item, lang)}</td><td>{_short(some)}</td><td>{_short(todo, 160)}</td></tr>"
    )


def _good(audit, lang):
    good = [named(f.field, lang) for f in audit.findings if f.verdict == "ok" and f.group == "completeness"]
    clean = []
    for group, words in GROUPS.items():
        verdicts = {f.verdict for f in audit.findings if f.group == group}
        if group not in ("completeness", "changes") and "ok" in verdicts and not verdicts & {"bad", "look"}:
            clean.append(words[lang])
    told = [
        f"{WORDS[k][lang]}{COLON[lang]}{_short('; '.join(x), 330)}."
        for k, x in (("filled", good), ("clean", clean))
        if x
    ]
    return f"<h2>{WORDS['good'][lang]}</h2><p>{'<br>'.join(told)}</p>" if told else ""


def _changed(audit, lang):
    made = sorted((f for f in audit.findings if f.check == "change"), key=lambda f: (f.verdict == "ok", -f.trees))
    if not made:
        return ""
    parts = []
    for f in made:
        values = f"{figure(f.trees, lang)} {WORDS['value'][lang]}{'s' * (f.trees > 1)}"
        parts.append(f"{named(f.field, lang)}{COLON[lang]}{values} ({examples(f, lang)})")
    return f"<h2>{WORDS['changed'][lang]}</h2><p>{_short('; '.join(parts), 420)}</p>"


def _provenance(source, w):
    origin = str(source.get("origin") or "")
    origin = origin if "://" in origin else Path(origin).name  # a folder of one's own machine tells a reader nothing
    parts = [source.get("id"), source.get("attribution"), origin, source.get("licence")]
    if source.get("retrieved"):
        parts.append(f"{w['retrieved']} {str(source['retrieved'])[:10]}")
    if source.get("sha256"):
        parts.append(f"sha256 {source['sha256'][:12]}")
    known = html.escape(", ".join(str(p) for p in dict.fromkeys(parts) if p)) or w["unrecorded"]
    return f"{w['source']}: {known}. {w['by']}."
