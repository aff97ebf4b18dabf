"""One projection for what is measured together: geopandas only warns where the kit raises."""

from datakit.data.geometry import LAMBERT
from datakit.errors import CrsMismatch

__all__ = ["LAMBERT", "same_crs"]


def same_crs(*frames):
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
    names = ", ".join("none" if crs is None else crs.to_string()[:40] for crs in found)
    if any(crs is None for crs in found):
        raise CrsMismatch("geometry", "a table has no CRS", found=names, next="frame.set_crs(...) if you know it")
    if any(crs.is_geographic for crs in found):
        raise CrsMismatch(
            "geometry",
            "degrees cannot be measured as metres",
            expected="a projected CRS such as EPSG:2154",
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    if any(crs != found[0] for crs in found):
        raise CrsMismatch(
            "geometry",
            "the tables are in different CRS",
            expected="one CRS for all",
            found=names,
            next='frame.to_crs("EPSG:2154")',
        )
    return found[0]
