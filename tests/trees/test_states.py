"""States of trees, read by their words."""

import pandas as pd
import pytest

from datakit.trees.inventory import states

WORDS = {
    "standing": "EN PLACE|Vivant|présente|Sur pied|Arbre en place|non abattu|pas mort|N'a pas été abattu|non supprimée",
    "condemned": "A abattre|À remplacer|à supprimer|A arracher|Présent, à supprimer si chute|mort sur pied|Sec sur pied"
    "|Arbre mort, à abattre|En place - à abattre|sera abattu|doit être remplacé|Abattage prévu|abattage à prévoir"
    "|Abattage programmé 2025|en attente d'abattage|Demande d'abattage|condamné|non abattu, à abattre|A_ABATTRE",
    "lost": "Abattu|ABATTUE|SUPPRIMÉ|supprime|Essouché|Non essouché|À essoucher|Souche|souche à arracher|REMPLACÉ"
    "|abattu, à remplacer|abattu non remplacé|arraché|disparu|tombé|mort|Arbre mort|abattage réalisé le 3/4|Abbatu",
    None: "à surveiller|dépérissant|malade|abattage|non remplacé|retombant|mortalité partielle|?|remplissage",
}
WORDS = [(state, word) for state, words in WORDS.items() for word in words.split("|")]


@pytest.mark.parametrize(("state", "word"), WORDS, ids=[f"{word}: {state}" for state, word in WORDS])
def test_a_state_is_read_by_its_words(state, word):
    found = states.state(pd.Series([word, None], dtype="str"))
    assert (None if pd.isna(found[0]) else found[0]) == state
    assert pd.isna(found[1])
