"""What a layer becomes in Leaflet: a call of one of the kit's own functions in ``web``, in folium's map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

from datakit.extras import needed_by
from datakit.language import _
from datakit.show.maps.contours import LAMBERT, WGS84, outline_spec
from datakit.show.maps.layers import safe_json

if TYPE_CHECKING:
    from datakit.show.maps.layers import Whole

with needed_by("datakit.show.maps"):
    from folium.map import Layer
    from folium.template import Template


class Script(Layer):
    """A Leaflet layer made by one of the kit's own functions in ``web``."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = datakit.{{ this.call }}({{ this._parent.get_name() }}, {{ this.json() }});"
        "{% endmacro %}"
    )

    def __init__(self, call: str, spec: dict | None, name: str | None = None, *, id: str, control: bool = True) -> None:
        super().__init__(name=name, overlay=True, control=control)
        self.call, self.spec, self._name, self._id = call, spec, "Datakit", id

    def json(self) -> str:
        return safe_json(self.spec)


class Start(Script):
    """First view and scale bar of a map, written when its layers are known."""

    def __init__(self, owner: Whole, id: str) -> None:
        super().__init__("start", None, id=id, control=False)
        self.owner, self.show = owner, False

    def json(self) -> str:
        west, south, east, north = self.owner.bounds()
        corners = gpd.GeoSeries(gpd.points_from_xy([west, east, west, east], [south, south, north, north]), crs=LAMBERT)
        west, south, east, north = corners.to_crs(WGS84).total_bounds
        box = [[round(south, 5), round(west, 5)], [round(north, 5), round(east, 5)]]
        # Contours may be fitted exactly; tiles of dots stay sharp when shrunk; tiles from outside want whole zooms.
        snap = 1 if self.owner.tiles else 0.5 if any(y.kind == "point" for y in self.owner.layers) else 0.25
        # One point alone has no extent: stop at a zoom where its street can be recognised.
        return safe_json(box) + ", " + safe_json({"maxFit": 16, "snap": snap, "words": told()})


def told() -> dict:
    """What the scripts of a map say, and Leaflet's own buttons, which speak English."""
    return {
        "buttons": {"zoom-in": _("Zoom in"), "zoom-out": _("Zoom out"), "layers-toggle": _("Layers")},
        "bubble": _("{n} points, zoom in"),
        "row": _("{label}: "),
    }


class Outline(Script):
    """The outline: filled ground below everything, and lines again above areas that would hide them."""

    def __init__(self, owner: Whole, id: str) -> None:
        super().__init__("outline", None, id=id, control=False)
        self.owner = owner

    def json(self) -> str:
        areas, plain = any(y.kind == "area" for y in self.owner.layers), not self.owner.tiles
        return safe_json(outline_spec(self.owner.outline, over=areas, fill=plain, names=plain))
