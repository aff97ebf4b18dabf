"""The pages of a run: one for each notebook, one index. No page asks anything of any other host."""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.provenance import STAMP, banner, dated, key
from datakit.extras import needed_by, without_grammar
from datakit.language import N_, _, day, ngettext, pgettext
from datakit.run import frames
from datakit.settings import challenge
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

TILES = "data: https:"  # what the policy of a map with a background lets in (datakit/show/maps)
SAID = {
    "ok": N_("done"),
    "failed": N_("failed"),
    "timeout": N_("out of time"),
    "died": N_("stopped"),
    "waiting": N_("not executed"),
}
# What the table of data shows of a record; older reports lack some of it.
SHOWN = [
    *("id", "title", "attribution", "landing", "vintage", "origin", "origin_kind", "rows", "rows_rejected"),
    *("sha256", "retrieved", "licence", "synthetic"),
]


def notebook_page(
    nb: NotebookNode, name: str, status: str, error: dict[str, Any] | None, *, outside: bool = True
) -> str:
    """An executed notebook as one HTML page that works offline.

    nbconvert's whole-page templates load MathJax, require.js and Mermaid from other hosts: only its rendering of cells
    is used here, in a page of the kit's own.

    Parameters
    ----------
    nb : NotebookNode
        The executed notebook.
    name : str
        Its name without suffix, the title when it has no heading.
    status, error
        As in `datakit.run.executing.execute`.
    outside : bool
        Let maps whose team asked for IGN's background fetch it. Nothing else is ever fetched.

    Returns
    -------
    str
    """
    with needed_by(__name__), without_grammar():
        import nbformat
        from pygments.formatters import HtmlFormatter

    nb = nbformat.from_dict(nb)
    # Papermill's own error banners come in pairs and point into Jupyter; the page has a plainer one.
    nb.cells = [c for c in nb.cells if not any(t.startswith("papermill-error") for t in c.metadata.get("tags", []))]
    for output in (output for cell in nb.cells for output in cell.get("outputs", ())):
        if "text/html" in output.get("data", {}):
            output["data"]["text/html"] = frames.readable(output["data"]["text/html"])
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = _unbroken(cell.source)
    body, sections = _with_anchors(frames.in_scrollers(_exporter().from_notebook_node(nb)[0]))
    # Links between notebooks become links between their pages.
    body = re.sub(r'href="(?!\w+:)(?:\./)?([\w.-]+)\.ipynb"', r'href="\1.html"', body)
    told = _told(status, error) if error else None
    highlight = HtmlFormatter(style="default").get_style_defs(".highlight")
    return render(
        "notebook.html.j2",
        __package__,
        title=title_of(nb, name),
        name=name,
        told=told,
        body=body,
        sections=sections,
        highlight=highlight,
        pictures=TILES if outside and f"img-src {TILES};" in body else "data:",
    )


def title_of(nb: NotebookNode, name: str) -> str:
    """The first heading of a notebook as plain text, or its name where it has none."""
    prose = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    heading = re.search("^# +(.+)", prose, re.M)
    return _unbroken(re.sub(r"[`*_]", "", heading.group(1)).strip()) if heading else name


def _unbroken(prose):
    """A number keeps its sign on its line."""
    return re.sub(r"(?<=\d) %(?!\w)", "\u00a0%", prose)


@functools.cache
def _exporter():
    """nbconvert's, one for all pages: each would compile the templates again."""
    with needed_by(__name__), without_grammar():
        from nbconvert.exporters.html import HTMLExporter

    exporter = HTMLExporter(template_name="classic", template_file="base.html.j2")
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = exporter.exclude_anchor_links = True
    return exporter


def _with_anchors(body):
    """The body with an anchor at each heading of a section, and the list of (anchor, text)."""
    sections = []

    def anchored(found):
        sections.append((f"s{len(sections) + 1}", html.unescape(re.sub(r"<[^>]+>|¶", "", found[2])).strip()))
        return f'<h2 id="{sections[-1][0]}">{found[2]}</h2>'

    return re.sub(r"<h2([^>]*)>(.*?)</h2>", anchored, body, flags=re.S), sections


def _told(status, error):
    """What went wrong, in the parts that a page shows."""
    head = _("{status} in code cell {n}.") if error.get("cell") else _("{status}.")
    head = head.format(status=_(SAID[status]).capitalize(), n=error.get("cell"))
    what = ([error["ename"]] if status == "failed" else []) + [error["evalue"]]
    return {"head": head, "line": error.get("line") or "", "what": ": ".join(what).splitlines()}


def shown(value: object) -> str:
    """A result's value for reading: a number with at most four digits that count, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    return number(value, digits=4)


def _origin(record):
    """Where data came from; of a folder its name, as the way to it says nothing on another machine."""
    if record.get("origin_kind") == "sample":
        return _("bundled sample")
    origin = str(record.get("origin") or "")
    return origin if "://" in origin else Path(origin).name


def _megabytes(size):
    return _("{n} MB").format(n=number(size / 1e6, 0)) if size else "?"


def _counted(notebooks):
    """How many notebooks, and whether all are done."""
    failed, n = sum(one["status"] != "ok" for one in notebooks.values()), len(notebooks)
    if failed:
        said = ngettext("{n} notebook, {failed} not finished.", "{n} notebooks, {failed} not finished.", n)
    else:
        said = ngettext("{n} notebook, all done.", "{n} notebooks, all done.", n)
    return said.format(n=n, failed=failed)


def kinds() -> dict[str, str]:
    """What an answer's data is, by the code of its kind."""
    return {
        "REAL": pgettext("data", "REAL"),
        "MIXED": pgettext("data", "MIXED"),
        "SYNTHETIC": pgettext("data", "SYNTHETIC"),
    }


def index_page(run: dict[str, Any]) -> str:
    """The report's first page, for a reader who runs nothing: questions, answers, pictures, and the data behind them.

    Parameters
    ----------
    run : dict
        The content of ``run.json``, each notebook with its ``results``.

    Returns
    -------
    str
    """
    notebooks = run["notebooks"]
    records = {key(r): r for one in notebooks.values() for r in one["provenance"]}
    used = {
        known: [n for n, one in notebooks.items() if any(key(r) == known and _counts(r) for r in one["provenance"])]
        for known in records
    }
    commit = run["git_commit"] or _("not under git")
    if run["git_commit"] and run["git_changes"]:
        commit = _("{commit}, with changes that are not committed").format(commit=commit)
    started = run["started"].replace("T", " ")[:16]
    return render(
        "index.html.j2",
        __package__,
        title=_("{challenge} data kit: report").format(challenge=challenge().short),
        run={"author": "", **run},
        notebooks=notebooks,
        counted=_counted(notebooks),
        started=day(started[:10]) + started[10:],
        stamp=banner(sorted((r for one in notebooks.values() for r in one["provenance"]), key=lambda r: r["id"])),
        records=[dict.fromkeys(SHOWN, "") | record | {"used": used[known]} for known, record in records.items()],
        origin=_origin,
        dated=dated,
        commit=commit,
        said={status: _(words) for status, words in SAID.items()},
        kinds=kinds(),
        number=number,
        told=_told,
        shown=shown,
        megabytes=_megabytes,
        STAMP=_(STAMP),
    )


def _counts(record):
    """Whether figures are made of it: what a chapter loaded and refused to put beside the others does not count."""
    return not record.get("left_out")
