"""The page around a map: title, stamp, legend, caption and source, in one HTML text that needs no network."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from datakit.show.maps import assets
from datakit.show.maps.layers import BIGGEST, SMALLEST, size_examples
from datakit.show.style import number

if TYPE_CHECKING:
    from datakit.show.maps.layers import Whole

esc = html.escape


def page(made: Whole) -> str:
    """A whole HTML page.

    Parameters
    ----------
    made : datakit.show.maps.Map

    Returns
    -------
    str
    """
    head, body, libraries, script = assets.parts(made.folium)
    base = assets.own("base.js") + (assets.own("points.js") if any(y.kind == "point" for y in made.layers) else "")
    source = made.sources
    stamp = f'<p class="dk-stamp">{esc(source.synthetic)}</p>' if source.synthetic else ""
    # Pictures from outside are allowed only where a tile layer was asked for; nothing else ever is.
    pictures = "data: https:" if re.search(r"L\.tileLayer", script) else "data:"
    inline = "style-src 'unsafe-inline'; script-src 'unsafe-inline'; font-src data:"
    policy = f"default-src 'none'; img-src {pictures}; {inline}"
    # role="img" would hide the zoom buttons and bubbles inside from screen readers: a named region does not.
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{esc(made.title)}</title>
{head}
<style>{assets.own("map.css")}</style>
</head>
<body>
<header><h1>{esc(made.title)}</h1>{stamp}</header>
<main>
<div class="dk-map" role="region" aria-roledescription="map" aria-label="{esc(made.alt)}">{body}</div>
<aside class="dk-legend" aria-label="Legend">{legend(made)}</aside>
</main>
<footer><p class="dk-caption">{esc(made.caption)}</p><p class="dk-source">{esc(source.text)}</p></footer>
<script>{_script(libraries)}</script>
<script>{_script(base)}</script>
<script>{script}</script>
</body>
</html>
"""


def _script(text):
    return re.sub(r"</(script)", r"<\\/\1", text, flags=re.I)


def frame(made: Whole) -> str:
    """The page inside an iframe, for a notebook's output."""
    # Single quotes outside: the many double quotes of JSON then need no escaping.
    inner = made.html().replace("&", "&amp;").replace("'", "&#39;")
    return (
        f'<div style="position:relative;height:{made.height}px">'
        f'<p style="margin:0;color:#555"><strong>{esc(made.title)}</strong>. {esc(made.alt)} '
        "(Nothing drawn? Trust this notebook, or use <code>.static()</code>.)</p>"
        f'<iframe title="{esc(made.alt)}" sandbox="allow-scripts allow-popups" '
        'style="position:absolute;inset:0;width:100%;height:100%;border:1px solid #cfcfcf;background:#fff" '
        f"srcdoc='{inner}'></iframe></div>"
    )


def legend(made: Whole) -> str:
    """The legend of every layer: headings with units, one line per class, notes."""
    return "".join(_section(layer) for layer in made.layers)


def _section(layer):
    classes = layer.classes
    colours = classes.colours if classes else layer.spec["colours"]
    labels = classes.labels if classes else [layer.heading]
    counts = classes.counts if classes else [len(layer.frame)]
    kind = {"point": "round", "line": "line", "area": "box"}[layer.kind]
    rows = []
    for i, (colour, label, count) in enumerate(zip(colours, labels, counts, strict=False)):
        missing = " missing" if classes and i == classes.missing else ""
        paint = f"border-color:{esc(colour)}" if kind == "line" else f"background:{esc(colour)}"
        text = f"{esc(label)} <small>({number(count)})</small>"
        rows.append(f'<li class="{kind}{missing}"><i style="{paint}"></i><span>{text}</span></li>')
    heading = f"<h2>{esc(layer.heading)}</h2>" if classes else ""
    if not len(layer.frame):
        rows = ["<li>no row to show</li>"]
    notes = ([f"In brackets: {_noun(layer)} in the class."] if classes and rows else []) + [
        n for n in ([classes.note] if classes else []) + layer.notes if n
    ]
    text = "".join(f"<p>{esc(n[0].upper() + n[1:])}</p>" for n in notes)
    return f"<section>{heading}<ul>{''.join(rows)}</ul>{_circles(layer)}{text}</section>"


def _noun(layer):
    return {"point": "points", "line": "lines", "area": "areas"}[layer.kind]


def _circles(layer):
    if not layer.sizes:
        return ""
    heading, largest = layer.sizes
    rows = []
    for value in size_examples(largest):
        r = max(BIGGEST * (value / largest) ** 0.5, SMALLEST)
        rows.append(
            f'<li><svg width="{2 * BIGGEST + 2:.0f}" height="{2 * r + 2:.0f}" aria-hidden="true">'
            f'<circle cx="{BIGGEST + 1:.0f}" cy="{r + 1:.1f}" r="{r:.1f}" fill="none" stroke="#444"/></svg>'
            f"<span>{number(value)}</span></li>"
        )
    return f"<h2 style='margin-top:8px'>{esc(heading)}</h2><ul>{''.join(rows)}</ul>"
