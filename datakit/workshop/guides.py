"""Of the facilitator's guide, in the user's language: a sheet to print, and slides of the half day.

The guide is the only source. Its English and its French have the same sections in the same order, so a section is
named once, in English.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datakit.errors import NotAsDescribed
from datakit.extras import needed_by, without_grammar
from datakit.language import _, language
from datakit.settings import challenge
from datakit.show.style import palette
from datakit.show.templates import render

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = {"en": "facilitator.md", "fr": "animateurs.md"}
SHEET, SLIDES = "sheet.html", "slides.html"
PRINTED, DAY = "Sheet to print", "Half a day, by the minute"  # sections of the English guide
# Slides move when a folder of this name lies beside them, or the network gives it; they are a page to scroll else.
REVEAL, VERSION = "reveal.js", "5.2.1"
NETWORK = f"https://unpkg.com/{REVEAL}@{VERSION}"
# Of the package in npm's registry: nothing else from that address runs.
INTEGRITY = {
    "script": "sha384-rZIIVPQD/+U9IL3I62KrBHuVtPgYv+xdXvER5RBiVQRszJEJfLKRrcrZwI7fhcHT",
    "style": "sha384-tK61vs+AeByBmiQ/i6CLgp/PbaaoB/k7M4J5mlX70GVtBPGUk5avjbXhSwhsf3fS",
}


def contents(docs: Path) -> dict[str, bytes]:
    """The sheet and the slides, by their file names.

    Parameters
    ----------
    docs : Path
        The folder of the guide.

    Raises
    ------
    NotAsDescribed
        The guide lacks a section, or a section is not written as it was.
    """
    return {SHEET: sheet(docs).encode(), SLIDES: slides(docs).encode()}


def sheet(docs: Path) -> str:
    """The sheet that each table gets, as an HTML page that prints on one side of A4."""
    with needed_by(__name__), without_grammar():
        from nbconvert.filters import markdown2html

    found = re.findall(r"^\*\*(.+?)\*\*\s+(.+?)(?=\n\n|\Z)", _section(docs, PRINTED)[1], re.MULTILINE | re.DOTALL)
    if not found:
        raise _unlike(docs, PRINTED, _("paragraphs that begin with words in bold"))
    blocks = [(head.rstrip("."), markdown2html(text)) for head, text in found]
    colours = palette(7, "categorical")
    return render("sheet.html.j2", __package__, blocks=blocks, colours=colours, lang=language())


def slides(docs: Path) -> str:
    """The half day as slides: one for each step, with its time and its checkpoint.

    Returns
    -------
    str
        HTML that needs nothing else to be read, as one page; where reveal.js is to be had it moves.
    """
    with needed_by(__name__), without_grammar():
        import nbformat
        from nbconvert import SlidesExporter

    title, body = _section(docs, DAY)
    new = nbformat.v4.new_markdown_cell
    texts = [f"# {title}\n\n{challenge().short} datakit", *_steps(docs, body)]
    cells = [new(text, id=f"step-{i}", metadata={"slideshow": {"slide_type": "slide"}}) for i, text in enumerate(texts)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"title": title})
    look = render("slides_head.html.j2", __package__, title=title, lang=language())
    script = render("slides_foot.html.j2", __package__, places=[REVEAL, NETWORK], integrity=INTEGRITY)
    # nbconvert's own page waits for six scripts of other servers before it shows a word: the blocks that ask for them
    # are replaced, its slides are kept.
    template = (
        "{% extends 'index.html.j2' %}"
        "{% block header %}{{ resources.look }}{% endblock %}"
        "{% block footer_js %}{{ resources.script }}{% endblock %}"
    )
    exporter = SlidesExporter(raw_template=template, language_code=language())
    return exporter.from_notebook_node(notebook, {"look": look, "script": script})[0]


def _steps(docs, body):
    """The rows of the table of the day as Markdown, one text for each slide."""
    rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in body.splitlines() if line.startswith("|")]
    heads, rows = rows[0] if rows else [], rows[2:]
    timed = (len(row) == 4 and re.fullmatch(r"\d+:\d\d", row[0]) and row[1].isdecimal() for row in rows)
    if len(heads) != 4 or not rows or not all(timed):
        raise _unlike(docs, DAY, _("a table of four columns: time, minutes, what, checkpoint"))
    for time, minutes, what, checkpoint in rows:
        hour, minute = map(int, time.split(":"))
        hour, minute = divmod(60 * hour + minute + int(minutes), 60)
        text = f"{time}–{hour}:{minute:02} · {minutes} {heads[1]}\n\n## {_begun(what)}"
        if checkpoint:
            text += f"\n\n> **{_begun(heads[3])}** {_begun(checkpoint)}"
        yield text


def _begun(text):
    """As a sentence begins: ``capitalize`` would write what follows in small letters."""
    return text[:1].upper() + text[1:]


def _section(docs, title):
    """The title and the text of a section in the user's language; ``title`` is the English one."""
    english, ours = (_parts(docs / GUIDES[lang]) for lang in ("en", language()))
    titles = [part[0] for part in english]
    if title not in titles or len(ours) != len(english):
        raise _unlike(docs, title, _("the same sections in English and in French"))
    return ours[titles.index(title)]


def _parts(file):
    _top, *parts = re.split(r"^## ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [(title.strip(), body.strip()) for title, _newline, body in (part.partition("\n") for part in parts)]


def _unlike(docs, title, expected):
    return NotAsDescribed(
        str(docs / GUIDES[language()]),
        _("no sheet and no slides can be made of this guide: see its section “{title}”").format(title=title),
        expected=expected,
        next=_("make messages (it makes the French guide of the English one)"),
    )
