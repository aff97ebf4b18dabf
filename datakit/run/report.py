"""The pages of a run: one for each notebook, one index. No page asks anything of any other host."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from datakit.data.provenance import STAMP, key
from datakit.extras import needed_by

if TYPE_CHECKING:
    from typing import Any

    from nbformat import NotebookNode

SAID = {"ok": "done", "failed": "failed", "timeout": "out of time", "died": "stopped", "waiting": "not executed"}

STYLE = """
:root{color-scheme:light;--ink:#1d2329;--soft:#56616b;--line:#d8dde2;--panel:#f5f7f9;--accent:#0b5a86;--bad:#a3280a}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);background:#fff;font:16px/1.55 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
a{color:var(--accent)}
a:focus-visible,summary:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
main,header.top{max-width:62rem;margin:0 auto;padding:1rem 1.25rem}
header.top{display:flex;gap:1rem;align-items:center;flex-wrap:wrap;border-bottom:1px solid var(--line)}
h1{font-size:1.8rem;line-height:1.25;margin:.6rem 0}h2{font-size:1.35rem;margin:2rem 0 .5rem}h3{font-size:1.1rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
.scroll,.output_html{overflow-x:auto}
table{border-collapse:collapse;font-size:.92rem;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem;border-bottom:1px solid var(--line)}
th{font-weight:600;background:var(--panel)}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.k{white-space:nowrap}
.stamp{background:#7a0019;color:#fff;font-weight:700;padding:.5rem .8rem;border-radius:.3rem;margin:.8rem 0}
.tag{display:inline-block;border-radius:.8rem;padding:.05rem .6rem;font-size:.85rem;font-weight:600;white-space:nowrap}
.tag.ok{background:#dcefe3;color:#12512b}.tag.bad{background:#f9ddd5;color:#7d1d05}.tag.sample{background:#7a0019;color:#fff}
.error{border-left:.3rem solid var(--bad);background:#fdf1ed;padding:.6rem .9rem;margin:.8rem 0;overflow-wrap:anywhere}
.soft{color:var(--soft)}
@media (max-width:40rem){main,header.top{padding:.8rem}h1{font-size:1.45rem}th,td{padding:.3rem .45rem}}
"""

NOTEBOOK_STYLE = """
.prompt{display:none}
.code_cell{margin:.9rem 0}
.input_area{background:var(--panel);border-radius:.3rem;padding:.6rem .8rem;overflow-x:auto}
.input_area pre{margin:0;line-height:1.45;background:none}
.output_area{margin:.5rem 0}
.output_area img{max-width:100%;height:auto}
.output_area iframe{max-width:100%}
.output_text pre{overflow-x:auto;margin:.2rem 0}
.output_stderr{background:#fff6e0;padding:.3rem .7rem;border-radius:.3rem}
.output_stderr pre,.output_error pre{white-space:pre-wrap;overflow-wrap:anywhere}
.output_error{background:#fdf1ed;padding:.4rem .8rem;border-radius:.3rem}
.output_html table{font-size:.86rem}
.rendered_html table{display:block;width:fit-content;max-width:100%;overflow-x:auto;border:0}
.rendered_html table.dataframe td{text-align:right}
.anchor-link{display:none}
body.nocode .input{display:none}
button{font:inherit;padding:.25rem .8rem;border:1px solid var(--line);border-radius:.3rem;background:#fff}
@media print{header.top button{display:none}}
"""


def escape(value: object) -> str:
    """Any value as text that is safe in HTML."""
    return html.escape(str(value), quote=True)


def page(title: str, body: str, style: str = "", lang: str = "en") -> str:
    """A whole HTML page, its style inside."""
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head>\n<body>{body}</body></html>\n"
    )


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
    prose = "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")
    heading = re.search("^# +(.+)", prose, re.M)
    title = re.sub(r"[`*_]", "", heading.group(1)).strip() if heading else name
    exporter = HTMLExporter(template_name="classic", template_file="base.html.j2")
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(nb)
    # Links between notebooks become links between their pages.
    body = re.sub(r'href="(?!\w+:)(?:\./)?([\w.-]+)\.ipynb"', r'href="\1.html"', body)
    banner = f'<div class="error" role="alert">{_error(status, error)}</div>' if error else ""
    return (
        page(
            title,
            '<header class="top"><a href="index.html">← The whole report</a>'
            f'<a href="{escape(name)}.ipynb" download>This notebook (.ipynb)</a>'
            '<button type="button" onclick="document.body.classList.toggle(\'nocode\')">Show or hide code</button>'
            f"</header><main>{banner}{body}</main>",
            NOTEBOOK_STYLE + HtmlFormatter(style="default").get_style_defs(".highlight"),
        ),
        title,
    )


def _error(status, error):
    where = f" in code cell {error['cell']}" if error.get("cell") else ""
    line = f"<br><code>{escape(error['line'])}</code>" if error.get("line") else ""
    kind = f"{error['ename']}: " if status == "failed" else ""
    what = escape(kind + error["evalue"]).replace("\n", "<br>")
    return f"<strong>{SAID[status].capitalize()}{where}.</strong>{line}<br>{what}"


def number(value: object) -> str:
    """A result's value for reading: thin spaces between thousands, at most four digits that count."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return escape("" if value is None else value)
    if value == round(value) or abs(value) >= 1000:
        text = f"{value:,.0f}"
    else:
        text = f"{value:.3g}" if abs(value) < 1e-4 else f"{value:.4g}"
    return text.replace(",", "\u202f").replace("-", "\u2212")


def _results_table(rows):
    interval = any(r.get("low") is not None or r.get("high") is not None for r in rows)
    head = "<th scope='col'>result</th><th scope='col' class='n'>value</th><th scope='col'>unit</th>"
    head += "<th scope='col' class='n'>from … to</th>" if interval else ""
    body = ""
    for r in rows:
        low, high = number(r.get("low")), number(r.get("high"))
        body += f"<tr><td>{escape(r['result'])}</td><td class='n'>{number(r['value'])}</td>"
        body += f"<td>{escape(r.get('unit') or '')}</td>"
        body += (f"<td class='n'>{low} … {high}</td>" if low or high else "<td></td>") if interval else ""
        body += f"<td>{escape(r.get('note') or '')}</td></tr>"
    head += "<th scope='col'>note</th>"
    return f"<div class='scroll'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _answer(said):
    if not said["answered"]:
        return f"<h3>{escape(said['question'])}</h3><p>No answer from this data: {escape(said['why'])}</p>"
    return (
        f"<h3>{escape(said['question'])}</h3><p><strong>{escape(said['sentence'])}</strong> "
        f"<span class='tag sample'>{escape(said['kind'])}</span></p>{said['picture']}"
        f"<p class='soft'>It cannot say: {escape(said['cannot_say'])}</p>"
    )


def _provenance_table(records):
    body = ""
    for r in records:
        where = "bundled sample" if r.get("origin_kind") == "sample" else escape(r.get("origin", ""))
        kind = f"<span class='tag sample'>{STAMP}</span>" if r.get("synthetic") else escape(r.get("title", ""))
        body += (
            f"<tr><td class='k'><code>{escape(r['id'])}</code></td><td>{kind}</td><td>{where}</td>"
            f"<td class='n'>{number(r.get('rows'))}</td><td class='n'>{number(r.get('rows_rejected'))}</td>"
            f"<td><code title='{escape(r.get('sha256', ''))}'>{escape((r.get('sha256') or '')[:12])}</code></td>"
            f"<td class='k'>{escape((r.get('retrieved') or '')[:10])}</td>"
            f"<td class='k'>{escape(r.get('licence') or '')}</td></tr>"
        )
    return (
        "<div class='scroll'><table><thead><tr><th scope='col'>dataset</th><th scope='col'>data</th>"
        "<th scope='col'>origin</th><th scope='col' class='n'>rows</th><th scope='col' class='n'>set aside</th>"
        "<th scope='col'>sha256</th><th scope='col'>retrieved</th><th scope='col'>licence</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _megabytes(size):
    return f"{size / 1e6:.0f} MB" if size else "?"


def index_page(run: dict[str, Any]) -> str:
    """The report's first page.

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
    invented = sorted({r["id"] for r in records.values() if r.get("synthetic")})
    failed = [one for one in notebooks.values() if one["status"] != "ok"]
    parts = ["<main><h1>OnDijon data kit: report of a run</h1>"]
    if invented:
        whole = all(r.get("synthetic") for r in records.values())
        which = (
            ": every figure here is computed on invented data and says"
            if whole
            else (f" for {escape(', '.join(invented))}: figures that use them say")
        )
        parts.append(f"<p class='stamp' role='note'>{STAMP}{which} nothing about Dijon.</p>")
    many = f"{len(notebooks)} notebook{'s' * (len(notebooks) != 1)}"
    parts.append(f"<p>{many}, {len(failed)} not finished. " if failed else f"<p>{many}, all done. ")
    parts.append(
        f"Started {escape(run['started'].replace('T', ' ')[:16])} UTC, {run['seconds']:.0f} seconds. "
        f"Origins of data, in order: <code>{escape(', '.join(run['origins']))}</code>.</p>"
    )
    rows = ""
    for name, one in notebooks.items():
        good = one["status"] == "ok"
        title = escape(one["title"])
        link = f"<a href='{escape(name)}.html'>{title}</a>" if one["page"] else title
        rows += (
            f"<tr><td>{link}<br><span class='soft'><code>{escape(name)}</code></span></td>"
            f"<td><span class='tag {'ok' if good else 'bad'}'>{SAID[one['status']]}</span></td>"
            f"<td class='n'>{one['seconds']:.1f} s</td><td class='n'>{_megabytes(one['peak_memory'])}</td></tr>"
        )
    parts.append(
        "<div class='scroll'><table><thead><tr><th scope='col'>notebook</th><th scope='col'>status</th>"
        "<th scope='col' class='n'>time</th><th scope='col' class='n'>peak memory</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
    for name, one in notebooks.items():
        parts.append(f"<h2 id='{escape(name)}'>{escape(one['title'])}</h2>")
        if one["error"]:
            parts.append(f"<div class='error'>{_error(one['status'], one['error'])}</div>")
        if one["results"]:
            mine = [r["id"] for r in one["provenance"] if r.get("synthetic")]
            stamp = f"<span class='tag sample'>{STAMP}</span>" if mine else ""
            plain = [r for r in one["results"] if "question" not in r]
            parts.append(f"<p>Key results {stamp}</p>{_results_table(plain)}" if plain else "")
            parts += [_answer(r) for r in one["results"] if "question" in r]
        elif not one["error"]:
            parts.append("<p class='soft'>This notebook gives no key results.</p>")
        if one["page"]:
            parts.append(f"<p><a href='{escape(name)}.html'>Read the whole notebook</a></p>")
    parts.append("<h2 id='data'>Data behind these figures</h2>")
    parts.append(
        _provenance_table(records.values()) if records else "<p>No notebook showed where its data came from.</p>"
    )
    parts.append("<h2 id='again'>Run it again</h2>")
    commit = run["git_commit"] or "not under git"
    if run["git_commit"] and run["git_changes"]:
        commit += ", with changes that are not committed"
    parts.append(
        f"<p><code>{escape(run['command'])}</code></p>"
        f"<p>datakit {escape(run['datakit'])} · Python {escape(run['python'])} · "
        f"git commit: <code>{escape(commit)}</code></p>"
        "<p>Every version and hash is in <a href='run.json'>run.json</a>, "
        "the key results are in <a href='results.json'>results.json</a>.</p></main>"
    )
    return page("OnDijon data kit: report", "".join(parts))
