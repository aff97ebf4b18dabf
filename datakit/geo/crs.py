"""One projection for what is measured together: geopandas only warns where the kit raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from datakit.data.geometry import LAMBERT
from datakit.errors import CrsMismatch
from datakit.language import _

if TYPE_CHECKING:
    from pyproj import CRS

__all__ = ["LAMBERT", "same_crs"]


class Placed(Protocol):
    """What knows its coordinates: a GeoDataFrame, a GeoSeries, a network of streets."""

    @property
    def crs(self) -> CRS | None: ...


def same_crs(*frames: Placed) -> CRS:
    """The projected CRS that all frames share: distances, areas and joins need one.

    Parameters
    ----------
    *frames : GeoDataFrame or GeoSeries

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    CrsMismatch
        A CRS is missing, geographic (degrees), or differs from another. geopandas itself only warns, and a join then
        silently finds nothing.
    """
    found = [frame.crs for frame in frames]
    names = ", ".join(_("none") if crs is None else crs.to_string()[:40] for crs in found)
    known = [crs for crs in found if crs is not None]
    if len(known) < len(found):
        raise CrsMismatch(
            _("geometry"), _("a table has no CRS"), found=names, next=_("frame.set_crs(...) if you know it")
        )
    if any(crs.is_geographic for crs in known):
        raise CrsMismatch(
            _("geometry"),
            _("degrees cannot be measured as metres"),
            expected=_("a projected CRS such as EPSG:2154"),
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    if any(crs != known[0] for crs in known):
        raise CrsMismatch(
            _("geometry"),
            _("the tables are in different CRS"),
            expected=_("one CRS for all"),
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    return known[0]
