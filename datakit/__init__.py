"""A town's open data, fetched once, loaded honestly: the starter kit of a data challenge.

Four verbs are enough to begin::

    import datakit

    datakit.catalog                  # what there is
    datakit.describe("communes")     # one data card: columns, units, licence
    datakit.load("communes")         # a table in the card's schema, EPSG:2154
    datakit.fetch("communes")        # the publisher's own file, as a path

``datakit.provenance()`` says where all of it came from; ``datakit.registry(origin)`` is for those who know pooch.
Whatever goes wrong is a ``datakit.DatakitError``, whatever a reader of a result must know a ``datakit.DataWarning``.
Importing the package reads no file and pulls in neither pandas nor geopandas: a verb does, when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what `__getattr__` finds, for editors and type checkers
    from datakit.data.cards import Catalog, describe
    from datakit.data.fetching import fetch
    from datakit.data.locks import registry
    from datakit.data.provenance import provenance
    from datakit.data.reading import load
    from datakit.errors import DatakitError, DataWarning

    catalog: Catalog

__version__ = "0.1.0"
__all__ = ["DataWarning", "DatakitError", "catalog", "describe", "fetch", "load", "provenance", "registry"]

_HOMES = {
    "DataWarning": "datakit.errors",
    "DatakitError": "datakit.errors",
    "describe": "datakit.data.cards",
    "fetch": "datakit.data.fetching",
    "load": "datakit.data.reading",
    "provenance": "datakit.data.provenance",
    "registry": "datakit.data.locks",
}


def __getattr__(name: str) -> object:
    if name == "catalog":  # read anew each time, so that a card saved a moment ago is there
        return import_module("datakit.data.cards").read_catalog()
    if name in _HOMES:
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
    raise AttributeError(f"module 'datakit' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *__all__])
