"""Where it is green, where it matters, where it can be planted, what planting would change."""

from importlib import import_module

# Imported when first used: ``import datakit`` and ``datakit --help`` must stay instant.
_CELLS = ("average", "grid", "spread")
__all__ = list(_CELLS)


def __getattr__(name):
    if name not in _CELLS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("datakit.cells"), name)
