"""Words as they are compared: the same ones however they were typed, and the column that names areas."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LIGATURES = str.maketrans({"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"})
NAMES = ("name", "nom", "nom_commune", "libelle")


def fold(text: str) -> str:
    """Lower case without accents or ligatures, single spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> fold("Sœurs  de la Charité")
    'soeurs de la charite'
    """
    if text.isascii():  # most texts: there is nothing to take off
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.translate(LIGATURES))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).lower().split())


def slug(text: str, longest: int = 80) -> str:
    """A text as a name for programs: lower case, hyphens, no accents.

    Parameters
    ----------
    text : str
    longest : int
        Characters; cut between words.

    Returns
    -------
    str

    Examples
    --------
    >>> slug("Où planter d'abord ?")
    'ou-planter-d-abord'
    """
    name = re.sub("[^a-z0-9]+", "-", fold(text.replace("’", "'"))).strip("-")
    return name if len(name) <= longest else name[: longest + 1].rpartition("-")[0] or name[:longest]


def name_column(areas: pd.DataFrame) -> str | None:
    """The column that names areas: ``name``, or what French publishers call it; None where there is none."""
    return next((column for column in NAMES if column in areas.columns), None)
