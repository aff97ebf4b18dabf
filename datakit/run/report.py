"""The pages of a run: one for each notebook, one index. No page asks anything of any other host."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.provenance import STAMP, dated, key
from datakit.extras import needed_by
from datakit.run import frames
from datakit.show.style import number
from datakit.show.templates import render

if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

SAID = {"ok": "done", "failed": "failed", "timeout": "out of time", "died": "stopped", "waiting": "not executed"}
# What the table of data shows of a record; older reports lack some of it.
SHOWN = [
    *("id", "title", "attribution", "landing", "vintage", "origin", "origin_kind", "rows", "rows_rejected"),
    *("sha256", "retrieved", "licence", "synthetic"),
]


def notebook_page(nb: NotebookNode, name: str, status: str, error: dict[str, Any] | None) -> tuple[str, str]:
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

    Returns
    -------
    page, title : str
    """
    with needed_by(__name__):
        import nbformat
        from nbconvert.exporters.html import HTMLExporter
        from pygments.formatters import HtmlFormatter

    nb = nbformat.from_dict(nb)
    # Papermill's own error banners come in pairs and point into Jupyter; the page has a plainer one.
    nb.cells = [c for c in nb.cells if not any(t.startswith("papermill-error") for t in c.metadata.get("tags", []))]
    for output in (output for cell in nb.cells for output in cell.get("outputs", ())):
        if "text/html" in output.get("data", {}):
            output["data"]["text/html"] = frames.readable(output["data"]["text/html"])
    for cell in nb.cells:
        if cell.cell_type == "markdown":  # a number keeps its sign on its line
            cell.source = re.sub(r"(?<=\d) %(?!\w)", "\u00a0%", cell.source)
    prose = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    heading = re.search("^# +(.+)", prose, re.M)
    title = re.sub(r"[`*_]", "", heading.group(1)).strip() if heading else name
    exporter = HTMLExporter(template_name="classic", template_file="base.html.j2")
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(nb)
    body, sections = _with_anchors(frames.in_scrollers(body))
    # Links between notebooks become links between their pages.
    body = re.sub(r'href="(?!\w+:)(?:\./)?([\w.-]+)\.ipynb"', r'href="\1.html"', body)
    told = _told(status, error) if error else None
    highlight = HtmlFormatter(style="default").get_style_defs(".highlight")
    whole = render(
        "notebook.html.j2",
        __package__,
        title=title,
        name=name,
        told=told,
        body=body,
        sections=sections,
        highlight=highlight,
    )
    return whole, title


def _with_anchors(body):
    """The body with an anchor at each heading of a section, and the list of (anchor, text)."""
    sections = []

    def anchored(found):
        sections.append((f"s{len(sections) + 1}", html.unescape(re.sub(r"<[^>]+>|¶", "", found[2])).strip()))
        return f'<h2 id="{sections[-1][0]}">{found[2]}</h2>'

    return re.sub(r"<h2([^>]*)>(.*?)</h2>", anchored, body, flags=re.S), sections


def _told(status, error):
    """What went wrong, in the parts that a page shows."""
    where = f" in code cell {error['cell']}" if error.get("cell") else ""
    kind = f"{error['ename']}: " if status == "failed" else ""
    what = (kind + error["evalue"]).splitlines()
    return {"head": f"{SAID[status].capitalize()}{where}.", "line": error.get("line") or "", "what": what}


def shown(value: object) -> str:
    """A result's value for reading: a number with at most four digits that count, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if value is None else str(value)
    return number(value, digits=4)


def _origin(record):
    """Where data came from; of a folder its name, as the way to it says nothing on another machine."""
    if record.get("origin_kind") == "sample":
        return "bundled sample"
    origin = str(record.get("origin") or "")
    return origin if "://" in origin else Path(origin).name


def _megabytes(size):
    return f"{size / 1e6:.0f} MB" if size else "?"


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
    commit = run["git_commit"] or "not under git"
    if run["git_commit"] and run["git_changes"]:
        commit += ", with changes that are not committed"
    return render(
        "index.html.j2",
        __package__,
        title="OnDijon data kit: report",
        run={"author": "", **run},
        notebooks=notebooks,
        failed=sum(one["status"] != "ok" for one in notebooks.values()),
        started=run["started"].replace("T", " ")[:16],
        stamp=_stamp([r for one in notebooks.values() for r in one["provenance"] if _counts(r)]),
        records=[dict.fromkeys(SHOWN, "") | record | {"used": used[known]} for known, record in records.items()],
        origin=_origin,
        dated=dated,
        commit=commit,
        said=SAID,
        told=_told,
        shown=shown,
        megabytes=_megabytes,
        STAMP=STAMP,
    )


def _counts(record):
    """Whether figures are made of it: what a chapter loaded and refused to put beside the others does not count."""
    return not record.get("left_out")


def _stamp(records):
    """The stamp of the whole report, or nothing where all of its data is real."""
    invented = sorted({r["id"] for r in records if r.get("synthetic")})
    if not invented:
        return ""
    if all(r.get("synthetic") for r in records):
        return f"{STAMP}: every figure here is computed on invented data and says nothing about Dijon."
    return f"{STAMP} for {', '.join(invented)}: figures that use them say nothing about Dijon."
