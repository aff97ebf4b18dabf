"""The citizens' page: one HTML file to find the trees near a place and to walk past the remarkable ones.

The page holds everything it needs (data, map, words) and asks for nothing from outside: a browser that opens it sends
nothing to anybody. Positions, names and measures are packed as in `datakit.show.maps`; the page's own scripts are in
``web/trees*.js``, its words in ``web/trees.json``, its elements in ``web/trees.html.j2``.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from datakit.data.provenance import recorded
from datakit.errors import TooBig, WrongUse
from datakit.geo.streets import DETOUR
from datakit.show.maps import MAX_BYTES, assets, layers
from datakit.show.style import sources
from datakit.show.templates import render
from datakit.trees.citizens.pack import page_data, surveyed

if TYPE_CHECKING:
    import geopandas as gpd

LANGUAGES = ("fr", "en")
WALKS = (1, 2, 3, 4, 5)  # km


def write_page(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    *,
    lang: str = "fr",
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
    lang : {"fr", "en"}
        Language of the page.
    title : str, optional
        Heading of the page; by default "Les arbres près de chez vous".
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
            "this page would be too big for a phone",
            expected=f"at most {MAX_BYTES / 1e6:.0f} MB",
            found=f"{size / 1e6:.1f} MB",
            next="write one page for each district",
        )
    path = Path(path)
    path.write_text(text, encoding="utf-8")
    return path


def html_of(
    frame: gpd.GeoDataFrame,
    *,
    lang: str = "fr",
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
    if lang not in LANGUAGES:
        raise WrongUse("trees", "no words in this language", expected=" or ".join(LANGUAGES), found=repr(lang))
    words = _words(lang)
    decimal = str(DETOUR).replace(".", "," if lang == "fr" else ".")
    stamp = _stamp(frame, [t for t in (outline, places, roads) if t is not None], words)
    data = page_data(frame, lang=lang, outline=outline, places=places, roads=roads)
    scripts = _scripts()
    return render(
        "trees.html.j2",
        __package__,
        lang=lang,
        title=title or words["title"],
        stamp=stamp,
        credit=_credit(frame, words, lang) + _streets_of(roads, words),
        walks=WALKS,
        words={key: text.replace("{detour}", decimal) for key, text in words["html"].items()},
        styles=assets.asset("leaflet", "leaflet.css") + _own("trees.css"),
        data=layers.safe_json(data | {"words": words["page"]}),
        scripts=scripts,
        hashes=[base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts],
    )


def _scripts():
    """What runs on the page; no script ends before it is over."""
    found = [assets.asset("leaflet", "leaflet.js")]
    found += [assets.own(name) for name in ("base.js", "points.js")]
    found += [_own(name) for name in ("trees_walk.js", "trees_find.js", "trees_ground.js", "trees.js")]
    return [re.sub(r"</(script)", r"<\\/\1", text, flags=re.I) for text in found]


def _stamp(frame, others, words):
    """What is shown at all times where anything on the page is invented; empty where nothing is."""
    if not sources([frame, *others]).synthetic:
        return ""
    return words["stamp" if sources([frame]).synthetic else "stampother"]


def _own(name):
    return assets.own(name, __package__)


@functools.cache
def _words(lang):
    return _set(json.loads(_own("trees.json"))[lang], lang)


def _set(words, lang):
    """Words with spaces that do not break: before units, and before and inside French punctuation."""
    if isinstance(words, dict):
        return {key: _set(each, lang) for key, each in words.items()}
    words = re.sub(r"(?<=[\d}]) (?=(?:m|km|min|km/h)\b)", "\u00a0", words)
    if lang == "fr":
        words = re.sub(r" (?=[:»])|(?<=«) ", "\u00a0", words)
        words = re.sub(r" (?=[;?!])", "\u202f", words)
    return words


def _streets_of(roads, words):
    """Whose streets are drawn; nothing where none are."""
    records = recorded(roads) if roads is not None else []
    names = dict.fromkeys(record.get("attribution") or record.get("title") or record.get("id") for record in records)
    said = "invented streets" if any(record.get("synthetic") for record in records) else "streets"
    return " " + words["credit"][said].format(name=", ".join(names)) if names else ""


def _credit(frame, words, lang):
    """Whose data it is, under which terms, of when."""
    said, records = words["credit"], recorded(frame)
    if not records:
        return said["unknown"]
    record = records[0]
    parts = [said["source"].format(name=record.get("attribution") or record.get("title") or record.get("id"))]
    if record.get("licence"):
        parts.append(said["licence"].format(name=record["licence"]))
    if (year := surveyed(frame)) is not None:
        parts.append(said["survey"].format(year=year))
    if got := str(record.get("retrieved") or "")[:10]:
        day = "/".join(reversed(got.split("-"))) if lang == "fr" else got
        parts.append(said["retrieved"].format(day=day))
    text = said["joint"].join(parts) + "."
    return (said["invented"] + " " + text) if record.get("synthetic") else text
