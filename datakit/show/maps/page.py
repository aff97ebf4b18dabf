"""The page around a map: title, stamp, legend, caption and source, in one HTML text that needs no network."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from datakit.errors import TooBig
from datakit.language import N_, _, language, pgettext
from datakit.show import tables
from datakit.show.maps import assets, static
from datakit.show.maps.layers import BIGGEST, MAX_BYTES, SMALLEST, size_examples
from datakit.show.style import number
from datakit.show.templates import render
from datakit.show.words import heading as in_words

if TYPE_CHECKING:
    from datakit.show.maps.layers import Whole

MARKS = {"point": "round", "line": "line", "area": "box"}  # in map.css
MOST_ROWS = 120  # areas that anybody reads through: all the IRIS of a large town
COUNTED = {
    "point": N_("In brackets: points in the class."),
    "line": N_("In brackets: lines in the class."),
    "area": N_("In brackets: areas in the class."),
}


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
    return render(
        "page.html.j2",
        __package__,
        lang=language(),
        title=made.title,
        alt=made.alt,
        caption=made.caption,
        source=made.sources,
        sections=[_section(layer) for layer in made.layers],
        # Pictures from outside are allowed only where a tile layer was asked for; nothing else ever is.
        pictures="data: https:" if re.search(r"L\.tileLayer", script) else "data:",
        head=head,
        style=assets.own("map.css"),
        body=body,
        scripts=[_script(libraries), _script(base), script],
    )


def checked(made: Whole) -> str:
    """The page, made once for who shows or writes it, or an error that says what in it is large.

    Parameters
    ----------
    made : datakit.show.maps.Map

    Returns
    -------
    str

    Raises
    ------
    TooBig
    """
    text = page(made)
    if (size := len(text.encode())) <= MAX_BYTES:
        return text
    advice = {
        "tooltips": _("fewer tooltip columns, or columns with fewer distinct texts"),
        "contours": _("aggregate the areas (a grid, the IRIS), or keep only a part of the territory"),
        "positions": _("keep a part of the rows, or count them by area and use choropleth"),
    }
    named = {
        "tooltips": _("tooltips of {layer}: {n} MB"),
        "contours": _("contours of {layer}: {n} MB"),
        "positions": _("positions of {layer}: {n} MB"),
    }
    parts = sorted(((b, k, y.heading) for y in made.layers for k, b in y.bytes_by.items()), reverse=True)
    biggest = parts[0] if parts else (0, "contours", "outline")
    raise TooBig(
        made.title,
        _("this map would be too big for a browser and a notebook"),
        expected=_("at most {n} MB").format(n=number(MAX_BYTES / 1e6, 0)),
        found=_("{n} MB").format(n=number(size / 1e6, 1)),
        done=_("; ").join(named[k].format(layer=y, n=number(b / 1e6, 1)) for b, k, y in parts[:3]),
        next=advice[biggest[1]],
    )


def _script(text):
    return re.sub(r"</(script)", r"<\\/\1", text, flags=re.I)


def frame(made: Whole) -> str:
    """The page inside an iframe, over a picture of it and its words: a notebook's output.

    Parameters
    ----------
    made : datakit.show.maps.Map

    Returns
    -------
    str

    Raises
    ------
    TooBig
    """
    return render(
        "frame.html.j2",
        __package__,
        title=made.title,
        caption=made.caption,
        stamp=made.sources.synthetic,
        alt=made.alt,
        height=made.height,
        picture=base64.b64encode(static.picture(made)).decode(),
        # Without a "<" in it, no reader of the page around can take the map's own elements for elements of that page.
        page=checked(made).replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;"),
        tables=[_values(made, i) for i, y in enumerate(made.layers) if len(y.frame) and (y.classes or y.labels)],
    )


def _values(made, place):
    """A layer in words, for who cannot point at a map: each area of a few, else how many rows are in each class."""
    layer = made.layers[place]
    if layer.kind == "point" or len(layer.frame) > MOST_ROWS:
        nouns = {
            "point": pgettext("layer", "points"),
            "line": pgettext("layer", "lines"),
            "area": pgettext("layer", "areas"),
        }
        table = made.counts(place).rename(columns={"rows": nouns[layer.kind], "share": "share (%)"})
        said = _("{layer}: how many in each class").format(layer=layer.heading)
        return tables.html(table, caption=said, index=False)
    table = made.table(place)
    told = {name: label for name, label in layer.names.items() if name in table}
    head = [c for c in ([layer.labels] if layer.labels else []) if c in table]
    table = table[[*head, *(c for c in table.columns if c not in head)]]
    table = table.rename(columns={c: told.get(c) or in_words(c) for c in table.columns})
    return tables.html(table, caption=_("{layer}, the highest first").format(layer=layer.heading), index=False)


def _section(layer):
    """The legend of one layer: heading with unit, one line per class, circles, notes."""
    classes = layer.classes
    labels = classes.labels if classes else [layer.heading]
    counts = classes.counts if classes else [len(layer.frame)]
    rows = [
        {"colour": colour, "label": label, "count": number(count), "missing": bool(classes) and i == classes.missing}
        for i, (colour, label, count) in enumerate(zip(layer.seen, labels, counts, strict=False))
    ]
    notes = [_(COUNTED[layer.kind])] if classes else []
    notes += [n for n in ([classes.note] if classes else []) + layer.notes if n]
    if layer.spec.get("cluster"):  # paper cannot be clicked: its twin says nothing of bubbles
        notes.append(_("bubbles count points; click one to open it"))
    heading, largest = layer.sizes or ("", 0)
    return {
        "heading": layer.heading if classes else "",
        "mark": MARKS[layer.kind],
        "rows": rows if len(layer.frame) else [],
        "circles_heading": heading,
        "circles": [_circle(value, largest) for value in size_examples(largest)],
        "notes": [n[0].upper() + n[1:] for n in notes],
    }


def _circle(value, largest):
    r = max(BIGGEST * (value / largest) ** 0.5, SMALLEST)
    side, middle = 2 * BIGGEST + 2, BIGGEST + 1
    return {
        "width": f"{side:.0f}",
        "height": f"{2 * r + 2:.0f}",
        "x": f"{middle:.0f}",
        "y": f"{r + 1:.1f}",
        "r": f"{r:.1f}",
        "label": number(value),
    }
