"""What became of a tree, by the words of its state: it stands, it is to go, or it is lost.

Words in which nothing is known here say nothing: such a tree is never called lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from datakit.data.text import fold

if TYPE_CHECKING:
    import pandas as pd

# Words of a state, without accents or capitals. What is only planned has an infinitive ("a abattre"), a future ("sera
# abattu") or a noun with a plan; what is denied is taken away with its "non" before the rest is read.
_STANDS = re.compile(r"(?:arbre )?(?:en place|vivante?s?|presente?s?|existante?s?|sur pied|debout)")
_DONE = r"(?:ab+at+ue?s?|supprimee?s?|remplacee?s?|arrachee?s?|disparue?s?|tombee?s?)"
_DENIED = re.compile(rf"\b(?:non|pas|jamais)[ -](?:(?:encore|ete|a|etre) )*(?:{_DONE}|morte?s?)\b")
_ACT = r"(?:abattage|suppression|remplacement|arrachage)"
_PLANNED = (
    r"(?:prevue?|programmee?|planifiee?|demandee?|preconisee?|proposee?|envisagee?|conseillee?|recommandee?|necessaire"
    r"|urgente?|possible|en cours|en attente|a (?:prevoir|programmer|planifier|faire|venir|envisager|realiser))"
)
_PLAN = re.compile(
    rf"\b(?:sera|seront|serait|doit|doivent|devra|devront|va|vont|pourra|pourrait) (?:etre )?{_DONE}\b"
    r"|\b(?:abattre|supprimer|remplacer|arracher|enlever|couper|eliminer)\b"
    rf"|\b{_ACT} (?:\w+ )?{_PLANNED}\b|\b(?:attente|demande|projet|proposition|avis|cours) d[e'] ?(?:l')?{_ACT}\b"
    r"|\b(?:morte?s?|seche?s?|secs?) (?:encore )?(?:sur pied|debout)\b|\bcondamnee?s?\b"
)
_CARRIED_OUT = r"(?:effectuee?|realisee?|faite?|terminee?|executee?)"
_GONE = re.compile(rf"\b{_DONE}\b|souch|\b{_ACT} (?:\w+ )?{_CARRIED_OUT}\b")
_DEAD = re.compile(r"\bmorte?s?\b")


def state(text: pd.Series) -> pd.Series:
    """What became of each tree, by the words of its state.

    Parameters
    ----------
    text : Series of str

    Returns
    -------
    Series of str
        "standing"; "condemned" where the tree stands, and the words say that it is to go ("À abattre", "mort sur
        pied"); "lost" where it is felled, removed, replaced, dead or a stump. Missing where it is in no word known
        here: such a tree is never called lost.
    """
    return text.str.replace("_", " ").map(lambda words: _became(fold(words)), na_action="ignore").astype("str")


def _became(words):
    rest, denied = _DENIED.subn(" ", words)
    rest, planned = _PLAN.subn(" ", rest)
    if _GONE.search(rest):
        return "lost"
    if planned:
        return "condemned"
    if _DEAD.search(rest):
        return "lost"
    stands = _STANDS.fullmatch(words) or (denied and "remplac" not in words and "arrach" not in words)
    return "standing" if stands else None
