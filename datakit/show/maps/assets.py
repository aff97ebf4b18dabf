"""A folium map as one page that needs nothing from outside: scripts and styles are written into it.

They come from the XStatic packages that are installed with the kit; nothing is copied into this project.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import TYPE_CHECKING, cast

from datakit.errors import WrongUse
from datakit.extras import needed_by

if TYPE_CHECKING:
    import folium
    from branca.element import Figure

# folium's own name of a script or style -> the package that has it, the file, and what in the page needs it.
_KNOWN = {
    "leaflet": ("leaflet", "leaflet.js", None),
    "leaflet_css": ("leaflet", "leaflet.css", None),
    "jquery": ("jquery", "jquery.min.js", r"\$\(|\$\.|jQuery"),
    "markerclusterjs": ("leaflet_markercluster", "leaflet.markercluster.js", r"markerClusterGroup"),
    "markerclustercss": ("leaflet_markercluster", "MarkerCluster.css", r"markerClusterGroup"),
    "markerclusterdefaultcss": ("leaflet_markercluster", "MarkerCluster.Default.css", r"markerClusterGroup"),
    "d3": ("d3", "d3.js", r"\bd3\."),
}
# Loaded by every folium map, needed only by what is named here.
_LEFT_OUT = {
    "bootstrap": r"data-bs-|bootstrap\.",
    "bootstrap_css": None,
    "glyphicons_css": r"glyphicon",
    "awesome_markers": r"AwesomeMarkers",
    "awesome_markers_css": r"AwesomeMarkers",
    "awesome_markers_font_css": r"AwesomeMarkers|class=\\?\"fa[srb]? ",
    "awesome_rotate_css": r"fa-rotate",
}


@cache
def asset(package: str, name: str) -> str:
    """Text of one file of an XStatic package, with the pictures a style sheet names written into it."""
    folder = _folder(package)
    text = (folder / name).read_text(encoding="utf-8")
    if name.endswith(".css"):
        # The marker's own picture stays out: Leaflet reads its path, and markers get theirs below.
        pictures = r"url\(['\"]?(images/layers[\w-]*\.png)['\"]?\)"
        text = re.sub(pictures, lambda m: f"url({_picture(folder / m[1])})", text)
        return re.sub(r"background-image:\s*url\(['\"]?images/marker-icon\.png['\"]?\);?", "", text)
    # A source map would be asked for at an address beside the page.
    return re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M)


def _folder(package):
    with needed_by("datakit.show.maps"):
        return Path(import_module(f"xstatic.pkg.{package}").BASE_DIR)


@cache
def own(name: str, package: str = __package__) -> str:
    """Text of one of the kit's own scripts and styles, from the folder ``web`` of a package."""
    return resources.files(package).joinpath("web", name).read_text(encoding="utf-8")


@cache
def _picture(path):
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def _marker_pictures():
    images = _folder("leaflet") / "images"
    return (
        "L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({"
        f"iconUrl:'{_picture(images / 'marker-icon.png')}',iconRetinaUrl:'{_picture(images / 'marker-icon-2x.png')}',"
        f"shadowUrl:'{_picture(images / 'marker-shadow.png')}'}});"
    )


def parts(folium_map: folium.Map) -> tuple[str, str, str, str]:
    """Render a folium map into the pieces of a page without any address of a script or style.

    Parameters
    ----------
    folium_map : folium.Map
        With whatever has been added to it.

    Returns
    -------
    tuple of str
        ``head`` (styles), ``body``, ``libraries`` (JavaScript of the assets in use), ``script`` (the map's own).

    Raises
    ------
    WrongUse
        Something added to the map needs a script that the kit does not have.
    """
    with needed_by("datakit.show.maps"):
        from branca.element import CssLink, JavascriptLink

    header, body, script = _rendered(cast("Figure", folium_map.get_root()))
    links = {name: child for name, child in header.items() if isinstance(child, (JavascriptLink, CssLink))}
    head = [child.render() for name, child in header.items() if name not in links and name != "meta_http"]
    # folium forbids to enlarge the page, which those who see badly need; ours has its own.
    head = [re.sub(r'<meta name="viewport"[^>]*>', "", part) for part in head]
    page = body + script + "".join(head)
    libraries = []
    for name, link in links.items():
        package, file = _wanted(name, link.url, page)
        if not package:
            continue
        if isinstance(link, CssLink):
            head.insert(0, f"<style>{asset(package, file)}</style>")
        else:
            libraries.append(asset(package, file))
            if file == "leaflet.js" and re.search(r"L\.marker\(", script):
                libraries.append(_marker_pictures())
    return "\n".join(head), body, "\n".join(libraries), script


def _rendered(figure):
    """What folium puts into the head, the body and the script of a page."""
    places = (figure.header, figure.html, figure.script)
    before = [dict(place._children) for place in places]
    for child in list(figure._children.values()):
        child.render()
    body, script = figure.html.render(), figure.script.render()
    header = dict(figure.header._children)
    # Rendering leaves its output in the figure, under new names: a second time it would be there twice.
    for place, children in zip(places, before, strict=True):
        place._children.clear()
        place._children.update(children)
    return header, body, script


def _wanted(name, url, page):
    """The package and file behind folium's name of a script or style; None twice where this page does without it."""
    if name in _LEFT_OUT:
        sign = _LEFT_OUT[name]
        if sign and re.search(sign, page):
            raise WrongUse(
                "maps",
                f"something on this map needs {name!r}, which would be fetched from outside",
                expected="layers that Leaflet draws by itself",
                next="use Map.add_points, folium.CircleMarker, or folium.Marker without folium.Icon",
            )
        return None, None
    if name not in _KNOWN:
        raise WrongUse(
            "maps",
            f"the folium plugin behind {name!r} fetches {url}",
            next="use another layer",
            expected="a map that works without a network",
        )
    package, file, needed = _KNOWN[name]
    return (None, None) if needed and not re.search(needed, page) else (package, file)
