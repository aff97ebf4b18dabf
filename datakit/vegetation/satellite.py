"""How green it is from above: NDVI of Sentinel-2, read by windows from a STAC catalogue. Needs the extra ``satellite``.

Only the part of a scene that covers the area is read: its files are Cloud Optimized GeoTIFFs. Means of what it finds by
cell come from :mod:`datakit.vegetation.raster`; `docs/recipes/satellite.md` shows both. Nothing else in the kit needs
these modules, nor their libraries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import NotAsDescribed, Unreachable, WrongUse
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.language import _
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pystac
    import xarray
    from pystac_client.client import Modifiable


CATALOG = "https://earth-search.aws.element84.com/v1"
# What a catalogue may call red, near infrared and scene classification: Earth Search's names, then the bands' own.
BANDS = {"red": ("red", "B04"), "nir": ("nir", "B08"), "scl": ("scl", "SCL")}
# Classes of the scene classification that are taken for a clear view of the ground: vegetation, not vegetated, water,
# unclassified. Left out: 0 no data, 1 defective, 2 dark, 3 cloud shadow, 8 and 9 cloud, 10 cirrus, 11 snow.
CLEAR = (4, 5, 6, 7)
OFFSET = -1000  # BOA_ADD_OFFSET of the products since processing baseline 04.00, in digital numbers
SINCE = pd.Timestamp("2022-01-25", tz="UTC")  # where the baseline is not given: the day it came into use
DARK = 0.1  # share of clear pixels that an offset may make negative before it is not believed: choice of this kit
METRES = 10
# Without these GDAL lists the folder of each file and reads more of its head than it needs.
GDAL = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_HTTP_RETRY_DELAY": "0.2",
    "GDAL_HTTP_CONNECTTIMEOUT": "20",
    "GDAL_HTTP_TIMEOUT": "120",
}


@dataclass(frozen=True)
class Scene:
    """One scene of a composite, and how it was read.

    Attributes
    ----------
    id : str
    date : str
        ISO, of the scene.
    cloud_pct : float or None
        Percent of the whole scene under clouds, as the catalogue gives it.
    clear_share : float
        Of the area's pixels, 0 to 1, what the scene sees clearly.
    offset : int
        Added to the digital numbers.
    why : str
        Why this offset.
    """

    id: str
    date: str
    cloud_pct: float | None
    clear_share: float
    offset: int
    why: str


@dataclass(frozen=True, eq=False)
class Greenness:
    """The vegetation index of an area, and the scenes that it was made of.

    Attributes
    ----------
    raster : xarray.Dataset
        ``ndvi`` (float32, -1 to 1, missing where no clear view) and ``looks`` (how many days saw the pixel clearly),
        10 m, dimensions (y, x), in the UTM zone of most scenes.
    scenes : tuple of Scene
        By date.
    """

    raster: xarray.Dataset
    scenes: tuple[Scene, ...]


def search(
    area: gpd.GeoDataFrame | gpd.GeoSeries,
    period: str,
    *,
    catalog: str = CATALOG,
    collection: str = "sentinel-2-l2a",
    max_cloud: float = 40.0,
    modifier: Callable[[Modifiable], None] | None = None,
) -> list[pystac.Item]:
    """Scenes of a catalogue that show some of an area.

    Parameters
    ----------
    area : GeoDataFrame or GeoSeries
        In a projected CRS; its bounding box is searched.
    period : str
        One day or two with a slash, such as ``"2024-06-01/2024-08-31"``.
    catalog : str
        Address of a STAC API. Element 84's Earth Search asks for no account; Planetary Computer wants its assets
        signed, see ``modifier``.
    collection : str
    max_cloud : float
        Percent of the scene (110 km wide) under clouds. What hides the area itself is masked pixel by pixel later.
    modifier : callable, optional
        Given to pystac-client, such as ``planetary_computer.sign_inplace``.

    Returns
    -------
    list of pystac.Item
        By date.

    Raises
    ------
    CrsMismatch
    Unreachable
        The catalogue does not answer, or answers with an error.
    """
    same_crs(area)
    box = [float(v) for v in area.to_crs(4326).total_bounds]
    if not np.isfinite(box).all():
        raise WrongUse(
            "satellite", _("this area is empty"), expected=_("polygons"), found=_("{n} rows").format(n=len(area))
        )
    items = _asked(catalog, modifier, max_cloud, collections=[collection], bbox=box, datetime=period)
    items = [item for item in items if item.properties.get("eo:cloud_cover", 0) <= max_cloud]
    return sorted(items, key=lambda item: (item.datetime, item.id))


def _asked(catalog, modifier, max_cloud, **wanted):
    """What a catalogue answers; one that cannot look at clouds gives cloudy scenes too."""
    import requests

    with needed_by(__name__):
        from pystac_client import Client
        from pystac_client.exceptions import APIError
        from pystac_client.stac_api_io import StacApiIO
    try:
        opened = Client.open(catalog, modifier=modifier, stac_io=StacApiIO(timeout=60, max_retries=2))
        query = {"eo:cloud_cover": {"lte": max_cloud}} if opened.conforms_to("QUERY") else None
        return list(opened.search(query=query, limit=100, **wanted).items())
    except (APIError, requests.RequestException) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Unreachable(
            "satellite",
            _("the catalogue does not answer as a STAC API"),
            expected=catalog,
            found=first[:300],
            next=_("try again later, or another `catalog`"),
        ) from error


def baseline(item: pystac.Item) -> float | None:
    """Processing baseline of a scene as a number (4.0 for 04.00), None if its catalogue does not give it."""
    given = item.properties.get("s2:processing_baseline") or item.properties.get("processing:version")
    try:
        return float(str(given).lstrip("N")) if given else None
    except ValueError:
        return None


def declared_offset(item: pystac.Item) -> tuple[int, str]:
    """What must be added to the digital numbers of a scene to compare it with others, and why.

    From processing baseline 04.00 on, products hold reflectance x 10000 + 1000, which keeps dark pixels above 0
    (Copernicus, Sentinel-2 products: ``BOA_ADD_OFFSET``). Earth Search takes it off in ``sentinel-2-l2a`` and says so
    by scene (``earthsearch:boa_offset_applied``), not in ``sentinel-2-c1-l2a``; Planetary Computer never does. The
    ``raster:bands`` of Earth Search say -0.1 in either case, and are not used.

    Parameters
    ----------
    item : pystac.Item

    Returns
    -------
    (int, str)
        0 or -1000, and the reason.
    """
    number = baseline(item)
    if item.properties.get("earthsearch:boa_offset_applied"):
        return 0, _("taken off by the catalogue")
    if number is None:
        late = pd.Timestamp(item.datetime) >= SINCE
        return (OFFSET if late else 0), _("baseline not given, taken from the date {day}").format(
            day=f"{item.datetime:%Y-%m-%d}"
        )
    name = f"{number:05.2f}"
    if number >= 4:
        return OFFSET, _("baseline {name}").format(name=name)
    return 0, _("baseline {name} has none").format(name=name)


def ndvi(
    area: gpd.GeoDataFrame | gpd.GeoSeries,
    period: str,
    *,
    catalog: str = CATALOG,
    collection: str = "sentinel-2-l2a",
    max_cloud: float = 40.0,
    clear: tuple[int, ...] = CLEAR,
    most: int = 12,
    modifier: Callable[[Modifiable], None] | None = None,
) -> Greenness:
    """Median of the vegetation index over the clear views of an area.

    NDVI = (near infrared - red) / (near infrared + red), of reflectances: low on paved ground, high on dense green
    (Tucker, 1979, Red and photographic infrared linear combinations for monitoring vegetation, Remote Sensing of
    Environment 8, 127-150). Pixels are those of the satellite, not resampled; classes come in pixels of 20 m.

    A catalogue's word on the offset (:func:`declared_offset`) is checked: some scenes of Earth Search are marked as not
    corrected and are (its issues 9, 66 and 71). Where taking the offset off would make a tenth of the clear red pixels
    negative, it is not taken off a second time, and the scene's row says so.

    Parameters
    ----------
    area, period, catalog, collection, max_cloud, modifier
        See :func:`search`.
    clear : tuple of int
        Classes of the scene classification that count, see `CLEAR`.
    most : int
        Days used at most, those with least cloud.

    Returns
    -------
    Greenness

    Raises
    ------
    CrsMismatch
    WrongUse
        No scene in this period.
    Unreachable
        The catalogue or a file does not answer.
    NotAsDescribed
        A scene without one of the three bands.
    MissingPackage
        The extra ``satellite`` is not installed.
    """
    with needed_by(__name__):  # before anything is asked of the network
        import odc.stac  # noqa: F401  for `_read`
        import rioxarray  # noqa: F401  for `_raster`
    items = search(area, period, catalog=catalog, collection=collection, max_cloud=max_cloud, modifier=modifier)
    if not items:
        raise WrongUse(
            "satellite",
            _("no scene of {collection} shows this area").format(collection=collection),
            expected=_("some in {period}").format(period=period),
            found=_("none with at most {cloud} % of cloud").format(cloud=number(max_cloud)),
            next=_("a longer period, or a larger `max_cloud`"),
        )
    return _composite(_days(items)[:most], _geobox(area, items), clear)


def _composite(days, geobox, clear):
    """The median of the days, and the scenes that it was made of."""
    views, scenes = [], []
    for day in days:
        view = np.full(geobox.shape, np.nan, np.float32)
        for item in day:  # tiles of one day overlap and show the same: the first that sees a pixel gives it
            seen, scene = _view(item, geobox, clear)
            view = np.where(np.isnan(view), seen, view)
            scenes.append(scene)
        views.append(view)
    return Greenness(_raster(np.stack(views), geobox), tuple(sorted(scenes, key=lambda scene: (scene.date, scene.id))))


def _days(items):
    """Scenes by day in local solar time, least cloud first; of each day the newest processing first."""
    days = {}
    for item in items:
        west, _south, east, _north = item.bbox
        days.setdefault((item.datetime + timedelta(hours=(west + east) / 30)).date(), []).append(item)
    days = [sorted(day, key=lambda i: (-(baseline(i) or 0), i.id)) for day in days.values()]
    return sorted(days, key=lambda day: (np.mean([i.properties.get("eo:cloud_cover", 0) for i in day]), day[0].id))


def _raster(stack, geobox):
    """The median of the days' views and how many saw each pixel, where they are."""
    with needed_by(__name__):
        import xarray

    looks = np.isfinite(stack).sum(axis=0)
    found = xarray.Dataset(
        {
            "ndvi": (("y", "x"), _median(stack)),
            "looks": (("y", "x"), looks.astype(np.uint8 if len(stack) < 256 else np.uint16)),
        },
        coords={name: geobox.coordinates[name].values for name in ("y", "x")},  # noqa: PD011
    ).rio.write_crs(str(geobox.crs))
    return found.rio.write_transform(geobox.affine)


def _geobox(area, items):
    """The satellite's own pixels over an area."""
    with needed_by(__name__):
        from odc.geo.geobox import GeoBox

    codes = pd.Series([_code(item) for item in items]).dropna()
    if codes.empty:
        raise NotAsDescribed(
            "satellite", _("the scenes do not say in which CRS they are"), expected="proj:code", found=items[0].id
        )
    crs = codes.mode().iloc[0]
    west, south, east, north = area.to_crs(crs).total_bounds
    # On multiples of 10 m, as the satellite's tiles are: nothing is resampled.
    west, south = (float(np.floor(v / METRES)) * METRES for v in (west, south))
    east, north = (float(np.ceil(v / METRES)) * METRES for v in (east, north))
    return GeoBox.from_bbox((west, south, east, north), crs=crs, resolution=METRES, tight=True)


def _code(item):
    where = [item.properties, *(asset.extra_fields for asset in item.assets.values())]
    for fields in where:
        if fields.get("proj:code"):
            return str(fields["proj:code"])
        if fields.get("proj:epsg"):
            return f"EPSG:{fields['proj:epsg']}"
    return None


def _view(item, geobox, clear):
    """NDVI of one scene, missing where it does not see the ground, and a line about it."""
    bands = {}
    for name, names in BANDS.items():
        bands[name] = next((n for n in names if n in item.assets), None)
    if None in bands.values():
        absent = [
            _("{one} or {other}").format(one=BANDS[name][0], other=BANDS[name][1])
            for name, found in bands.items()
            if found is None
        ]
        raise NotAsDescribed(
            "satellite",
            _("scene {id} lacks a band").format(id=item.id),
            expected=", ".join(absent),
            found=", ".join(item.assets),
        )
    red, nir, classes = _read(item, list(bands.values()), geobox)
    seen = np.isin(classes, clear) & (red > 0) & (nir > 0)  # 0 is "no data" in every band
    offset, why = declared_offset(item)
    if offset and seen.any() and (negative := np.mean(red[seen] < -offset)) > DARK:
        offset = 0
        why = _("{why}, but {share} % of the clear red pixels would be negative: it was taken off before").format(
            why=why, share=number(100 * negative, 0)
        )
    red, nir = (band.astype(np.float32) + offset for band in (red, nir))
    total = nir + red
    with np.errstate(invalid="ignore", divide="ignore"):
        index = np.clip((nir - red) / total, -1, 1)
    index[~seen | (total <= 0) | (red < 0) | (nir < 0)] = np.nan  # deep shade: no reflectance is under 0
    return index.astype(np.float32), Scene(
        id=item.id,
        date=f"{item.datetime:%Y-%m-%d}",
        cloud_pct=item.properties.get("eo:cloud_cover"),
        clear_share=round(float(np.isfinite(index).mean()), 4),
        offset=offset,
        why=why,
    )


def _read(item, names, geobox):
    with needed_by(__name__):
        import rasterio
        from odc import stac
    try:
        with rasterio.Env(**GDAL):
            loaded = stac.load([item], bands=names, geobox=geobox, resampling="nearest", pool=4)
            return [loaded[name].to_numpy()[0] for name in names]
    except (rasterio.errors.RasterioError, OSError) as error:
        raise Unreachable(
            "satellite",
            _("scene {id} cannot be read").format(id=item.id),
            expected=item.assets[names[0]].href,
            found=str(error)[:300],
            next=_("try again later"),
        ) from error


def _median(stack, rows=256):
    """Median over the first axis, missing left out, by strips so that sorting does not double the memory."""
    out = np.full(stack.shape[1:], np.nan, np.float32)
    for start in range(0, stack.shape[1], rows):
        strip = stack[:, start : start + rows]
        some = np.isfinite(strip).any(axis=0)
        out[start : start + rows][some] = np.nanmedian(strip[:, some], axis=0)
    return out
