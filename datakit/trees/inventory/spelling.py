"""Latin names taken to pieces, and small errors of spelling mended: what `datakit.trees.inventory.taxa` stands on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datakit.data.text import LIGATURES, fold

if TYPE_CHECKING:
    import pandas as pd

_RANKS = {"subsp", "ssp", "var", "f", "fo", "forma", "nothosubsp", "nothovar", "cv", "convar"}
_NO_SPECIES = {"sp", "spp", "species", "n", "indet", "indetermine", "indeterminee", "hybride", "hybrides"}
_EITHER = {"ou", "or", "et", "and", "/", "+", "&"}
# Signs that people type for others, ligatures among them: what is left is the name itself.
_SIGNS = LIGATURES | str.maketrans({"×": " x ", "✕": " x ", "_": " ", "\xa0": " "} | dict.fromkeys('’‘´`“”"«»', "'"))
_HOW = {"spelling": "spelling", "synonym": "synonym", "form": "exact"}
# "Carpinus Betulus - L. - Fastigiata": name, author and cultivar, any of the last two empty.
_FIELDS = re.compile(r"(.+?)\s+-(?:\s[^-]*)?\s-(\s.*)?")
_ENDING = re.compile(r"(?:ii|us|um|is|os|on|a|e|i)$")


class Name(NamedTuple):
    """A Latin name: its words, folded (genus, species, form), its cultivar, and whether it names several species."""

    words: tuple[str, ...]
    cultivar: str | None
    several: bool


def french_key(text: str) -> str:
    """What two spellings of a French name share: no accents, case, hyphens or plurals.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    words = re.findall(r"[a-z0-9]+", fold(text.translate(_SIGNS)).replace("40", "quarante"))
    return " ".join(w[:-1] if len(w) > 3 and w[-1] in "sx" else w for w in words)


def parse(text: str) -> Name:
    """Take a Latin name to pieces.

    Parameters
    ----------
    text : str
        "Quercus robur L. f. fastigiata", "Pyrus communis ''Duchesse d''Angoulême''", "Fagus sylvatica - L. - Pendula".

    Returns
    -------
    Name
    """
    text = re.sub(r"'{2,}", "'", text.translate(_SIGNS)).strip()
    cultivar = None
    if fields := _FIELDS.fullmatch(text):
        cultivar, text = (fields[2] or "").strip(" '"), fields[1]
    elif quoted := re.search(r"(?:^|\s)'(.+)'", text) or re.search(r"(?:^|\s)'(.+)$", text):
        cultivar, text = quoted[1].strip(), text[: quoted.start()] + " " + text[quoted.end() :]
    elif called := re.search(r"\scv\.?\s+(\S.*)$", text):
        cultivar, text = called[1].strip(), text[: called.start()]
    plain = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", fold(text.translate(_SIGNS)))
    raw = [w for word in re.sub(r"([/+&])", r" \1 ", plain).split() if (w := word.strip(".,;:?-"))]
    while raw and raw[0] in ("x", "+"):  # a hybrid genus, a graft chimera
        raw = raw[1:]
    # Authors come after the species, so only the places right after the genus and the species can join two names.
    several = bool(_EITHER & {*raw[1:3]}) or raw[2:3] == ["x"] or (raw[3:4] == ["x"] and raw[1] == "x")
    words = [w.replace("-", "") for w in raw if w != "x" and w not in _EITHER]
    kept, ranked = words[:1], False
    for word in words[1:]:
        if word in _NO_SPECIES and len(kept) == 1:
            break
        if word in _RANKS:
            ranked = len(kept) == 1  # "Picea f. glauca": a form of no species
            continue
        if ranked or len(kept) == 3:
            break
        kept.append(word)
    return Name(tuple(kept), cultivar or None, several)


def edits(a: str, b: str, most: int) -> int:
    """Number of letters to add, drop, change or swap with a neighbour, or ``most + 1`` when there are more.

    The optimal string alignment distance, by its usual recurrence.

    Parameters
    ----------
    a, b : str
    most : int

    Returns
    -------
    int
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


class Speller:
    """Finds the taxon of a parsed name among a reference and its synonyms.

    Parameters
    ----------
    reference : DataFrame
        As `datakit.trees.inventory.taxa.reference`.
    synonyms : DataFrame
        As `datakit.trees.inventory.taxa.synonyms`.
    """

    def __init__(self, reference: pd.DataFrame, synonyms: pd.DataFrame) -> None:
        self.names: dict[tuple[str, ...], tuple[str, str]] = {}
        self.genera: dict[str, tuple[str, str]] = {}
        self.epithets: dict[str, dict[str, str]] = {}
        for taxon in reference.index:
            self._add(taxon, taxon, "exact")
        for name, taxon, kind in synonyms[["name", "taxon", "kind"]].itertuples(index=False):
            self._add(name, taxon, _HOW[kind])

    def _add(self, name, taxon, how):
        words = parse(name).words
        if len(words) == 1:
            self.genera.setdefault(words[0], (taxon, how))
        else:
            self.names.setdefault(words, (taxon, how))
            if len(words) == 2:
                self.epithets.setdefault(words[0], {}).setdefault(words[1], taxon)

    def latin(self, name: Name) -> tuple[str | None, str]:
        """Taxon of a parsed name, and how it was found.

        Parameters
        ----------
        name : Name

        Returns
        -------
        tuple
            (taxon, how); (None, "unknown") when it is not known.
        """
        if not name.words:
            return None, "unknown"
        if name.several:  # two species are a genus, two genera are nothing
            other = any(word in self.genera for word in name.words[1:])
            return (None, "unknown") if other else self._genus(name.words[0])
        for words in (name.words, name.words[:2]):
            if len(words) > 1 and words in self.names:
                return self.names[words]
        if len(name.words) > 1 and (found := self._species(*name.words[:2])):
            return found
        return self._genus(name.words[0])

    def _species(self, genus, epithet):
        if epithet.startswith("x") and (genus, epithet[1:]) in self.names:
            return self.names[genus, epithet[1:]]
        if genus in self.genera or genus in self.epithets:
            other = self.genera.get(genus, (None, "exact"))[0]
            if other and other.lower() != genus and (other.lower(), epithet) in self.names:
                return self.names[other.lower(), epithet][0], self.genera[genus][1]
            taxon = self.near_epithet(genus, epithet)
            return (taxon, "spelling") if taxon else None
        if other := self.near_genus(genus):
            taxon = self.names.get((other, epithet), (None,))[0]
            if not taxon and len(genus) >= 8:  # one error in each of two long words
                taxon = self.near_epithet(other, epithet, most=1, least=9)
            return (taxon, "spelling") if taxon else None
        return None

    def _genus(self, genus):
        taxon = self.genera.get(genus, (None,))[0]
        if taxon is None and len(genus) >= 7 and (other := self.near_genus(genus)):
            taxon = self.genera.get(other, (None,))[0]
        return (taxon, "genus only") if taxon else (None, "unknown")

    def near_genus(self, genus: str) -> str | None:
        """The only genus one error away, with the same first letter; None below six letters.

        Parameters
        ----------
        genus : str

        Returns
        -------
        str or None
        """
        if len(genus) < 6:  # Pilea is no Picea
            return None
        near = [each for each in {*self.genera, *self.epithets} if each[0] == genus[0] and edits(genus, each, 1) <= 1]
        return near[0] if len(near) == 1 else None

    def near_epithet(self, genus: str, epithet: str, *, most: int = 2, least: int = 6) -> str | None:
        """The only taxon of a genus whose epithet differs by its ending, or by one error (two in ten letters).

        Parameters
        ----------
        genus, epithet : str
        most : int
            Errors at most.
        least : int
            Letters that a word must have for an error to be forgiven.

        Returns
        -------
        str or None
        """
        known = self.epithets.get(genus, {})
        stem = _ENDING.sub("", epithet)
        same = {taxon for each, taxon in known.items() if len(stem) >= 4 and _ENDING.sub("", each) == stem}
        if not same and len(epithet) >= least:
            for each, taxon in known.items():
                limit = most if min(len(epithet), len(each)) >= 10 else 1
                if each[0] == epithet[0] and edits(epithet, each, limit) <= limit:
                    same.add(taxon)
        return same.pop() if len(same) == 1 else None
