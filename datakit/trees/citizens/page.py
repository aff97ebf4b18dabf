"""The citizens' page: one HTML file to find the trees near a place and to walk past the remarkable ones.

The page holds everything it needs (data, map, words) and asks for nothing from outside: a browser that opens it sends
nothing to anybody. Positions, names and measures are packed as in `datakit.show.maps`; the page's own scripts are in
``web/trees*.js``, its words in `datakit.trees.citizens.words`, its elements in ``web/trees.html.j2``.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.provenance import STAMP, recorded
from datakit.errors import TooBig, WrongUse
from datakit.geo.streets import DETOUR
from datakit.language import LANGUAGES, _, language, speaking
from datakit.show.maps import MAX_BYTES, assets, elements, layers
from datakit.show.style import number, sources
from datakit.show.templates import render
from datakit.trees.citizens import words
from datakit.trees.citizens.pack import page_data, surveyed

if TYPE_CHECKING:
    import geopandas as gpd

WALKS = (1, 2, 3, 4, 5)  # km


def write_page(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    lang: str = "",
    title: str | None = None,
    outline: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write the citizens' page.

    Parameters
    ----------
    frame : GeoDataFrame
        An inventory, as `datakit.load` or `datakit.trees.standardise` gives it: points in any CRS, ``hauteur`` and
        ``circonference`` in cm. Every other column may be missing. Trees known to be lost are left out.
    path : str or Path
        The file to write.
    lang : {"en", "fr"}, optional
        Language of the page, by default the user's.
    title : str, optional
        Heading of the page; by default "The trees near you".
    outline : GeoDataFrame, optional
        Contours of communes: drawn, and searched by ``name`` (or ``nom``). Where ``commune`` holds INSEE codes, streets
        of the same name in two communes are told apart by their names.
    places : GeoDataFrame, optional
        Other places to search: ``name`` (or ``nom``), any geometry.
    roads : GeoDataFrame, optional
        Centre lines of streets, as `bdtopo-roads` has them: drawn under the trees, with their names.

    Returns
    -------
    Path

    Raises
    ------
    WrongUse
        Unknown language; ``places`` without names; geometries that are not points; no tree with a position.
    CrsMismatch
        A table without CRS.
    TooBig
        The page passes 5 MB (more than some 200,000 trees).
    """
    text = html_of(frame, lang=lang, title=title, outline=outline, places=places, roads=roads)
    if (size := len(text.encode())) > MAX_BYTES:
        raise TooBig(
            "trees",
            _("this page would be too big for a phone"),
            expected=_("at most {size} MB").format(size=number(MAX_BYTES / 1e6, 0)),
            found=_("{size} MB").format(size=number(size / 1e6, 1)),
            next=_("write one page for each district"),
        )
    path = Path(path)
    path.write_text(text, encoding="utf-8")
    return path


def html_of(
    frame: gpd.GeoDataFrame,
    *,
    lang: str = "",
    title: str | None = None,
    outline: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> str:
    """The page as text; parameters and errors as for `write_page`.

    Returns
    -------
    str
    """
    if lang not in ("", *LANGUAGES):
        raise WrongUse("trees", _("no words in this language"), expected=_(" or ").join(LANGUAGES), found=repr(lang))
    with speaking(lang):
        data, scripts = page_data(frame, outline=outline, places=places, roads=roads), _scripts()
        return render(
            "trees.html.j2",
            __package__,
            lang=language(),
            title=title or _("The trees near you"),
            sample=_(STAMP),
            stamp=_stamp(frame, [t for t in (outline, places, roads) if t is not None]),
            credit=_credit(frame) + _streets_of(roads),
            walks=WALKS,
            words={key: text.replace("{detour}", number(DETOUR)) for key, text in words.html().items()},
            styles=assets.asset("leaflet", "leaflet.css") + _own("trees.css"),
            data=layers.safe_json(data | {"words": words.told() | {"map": elements.told()}}),
            scripts=scripts,
            hashes=[base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts],
        )


def _scripts():
    """What runs on the page; no script ends before it is over."""
    found = [assets.asset("leaflet", "leaflet.js")]
    found += [assets.own(name) for name in ("base.js", "points.js")]
    found += [_own(name) for name in ("trees_walk.js", "trees_find.js", "trees_ground.js", "trees.js")]
    return [re.sub(r"</(script)", r"<\\/\1", text, flags=re.I) for text in found]


def _stamp(frame, others):
    """What is shown at all times where anything on the page is invented; empty where nothing is."""
    if not sources([frame, *others]).synthetic:
        return ""
    if sources([frame]).synthetic:
        return _("invented trees, for trying out")
    return _("invented outlines or places, real trees")


def _own(name):
    return assets.own(name, __package__)


def _streets_of(roads):
    """Whose streets are drawn; nothing where none are."""
    records = recorded(roads) if roads is not None else []
    names = dict.fromkeys(record.get("attribution") or record.get("title") or record.get("id") for record in records)
    if any(record.get("synthetic") for record in records):
        said = _("Streets invented, laid out like those of the source: {name}.")
    else:
        said = _("Streets: {name}.")
    return " " + said.format(name=", ".join(names)) if names else ""


def _credit(frame):
    """Whose data it is, under which terms, of when."""
    records = recorded(frame)
    if not records:
        return _("Source of the data: not given.")
    record = records[0]
    parts = [_("Source: {name}").format(name=record.get("attribution") or record.get("title") or record.get("id"))]
    if record.get("licence"):
        parts.append(_("licence {name}").format(name=record["licence"]))
    if (year := surveyed(frame)) is not None:
        parts.append(_("latest surveys of {year}").format(year=year))
    if got := str(record.get("retrieved") or "")[:10]:
        day = "/".join(reversed(got.split("-"))) if language() == "fr" else got
        parts.append(_("data retrieved on {day}").format(day=day))
    text = ", ".join(parts) + "."
    if not record.get("synthetic"):
        return text
    return _("Data invented by the kit, laid out like those of the source.") + " " + text
