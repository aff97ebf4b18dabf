"""Shapes written in few words, and tables of the sample."""

import warnings

import geopandas as gpd
import shapely

import datakit
from datakit.data.cache import DataWarning

LAMBERT = "EPSG:2154"


def frame(*shapes, crs=LAMBERT, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def box(x, y, width, height=None):
    return shapely.box(x, y, x + width, y + (width if height is None else height))


def square(x, y, side):
    return box(x, y, side)


def points(*xy, **columns):
    return frame(*shapely.points(xy), **columns)


def load(id):
    """A table of the sample; what it sets aside is warned of elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return datakit.load(id, "sample")
