"""Names beside the codes of areas, where a table of a dossier's data has them.

The tables are those of whoever reads the dossier, on this machine: files that strangers bring are not read for it.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from datakit.data.cards import read_catalog
from datakit.data.origins import as_text, parse_origins
from datakit.data.reading import load
from datakit.errors import DatakitError, DataWarning, WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datakit.dossier.form import Dossier

NAME = "name"  # what the kit's cards call the column


def named(dossier: Dossier, areas: Iterable[str]) -> list[str]:
    """Areas as a person knows them, name and code; one without a name as it is.

    Parameters
    ----------
    dossier : Dossier
        The first of its datasets names them that has a row for each value of the experiment's parameter, and the sample
        or a folder among the origins of this machine has it.
    areas : iterable of str

    Returns
    -------
    list of str
        In the order of ``areas``.
    """
    known: dict[str, str] = {}
    for id in dossier.data if dossier.experiment.parameter else ():
        known = known or _names(id, dossier.experiment.parameter, _near())
    return [f"{known[area]} ({area})" if area in known else area for area in areas]


def _near():
    """Origins that ask no network: a page is not kept waiting for names."""
    with suppress(WrongUse):
        return as_text(one.typed for one in parse_origins() if one.kind in ("sample", "folder"))
    return ""


@cache
def _names(id, key, origins):
    try:
        card = read_catalog()[id]
        if not origins or card.primary_key != key or NAME not in [field.name for field in card.fields]:
            return {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            table = load(id, origins)
    except DatakitError:
        return {}  # codes are read, too
    return dict(zip(table[key].astype(str), table[NAME].astype(str), strict=True))
