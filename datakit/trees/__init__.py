"""The tree heritage: any inventory in one table, what it is worth, and which trees to look at first."""

import importlib

# Imported when first used: ``import datakit`` and ``datakit --help`` must stay instant.
_WHERE = {
    "standardise": "standard",
    "suggest_crosswalk": "suggest",
    "audit": "auditing",
    "visit_list": "visits",
}
__all__ = list(_WHERE)


def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
