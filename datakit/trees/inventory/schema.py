"""The fields of the standard table: those of schema-arbre 0.3.1, and those that the kit's own card adds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from datakit.data.cards import PACKAGED, read_card
from datakit.settings import PACKAGED as SETTINGS
from datakit.settings import challenge

if TYPE_CHECKING:
    from pathlib import Path

    from datakit.data.cards import Field

EXTRA = (
    "etat",
    "secteur",
    "situation",
    "gestionnaire",
    "annee_plantation",
    "age_estime",
    "date_abattage",
    "nombre_diagnostics",
    "nom_latin",
)


def schema_names() -> list[str]:
    """The 31 fields of schema-arbre 0.3.1, in its order."""
    names = [n for n in standard_fields() if n not in EXTRA]
    return [names[0], "longitude", "latitude", *names[1:]]


@functools.cache
def standard_fields() -> dict[str, Field]:
    """The fields of the standard table that the kit's own card describes, by name."""
    return {f.name: f for f in read_card(standard_card()).fields}


def standard_card() -> Path:
    """The card of the kit that describes the standard table: that of the inventory in the kit's own settings."""
    return PACKAGED / f"{challenge(SETTINGS).territory['inventory']}.json"
