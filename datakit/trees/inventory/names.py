"""The names of a table's trees, spelt as the botanical reference does; what was filled or changed is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.language import N_
from datakit.trees import diversity
from datakit.trees.inventory import taxa

if TYPE_CHECKING:
    from datakit.trees.inventory.changes import ChangeLog

FILLED = N_("filled from the botanical reference")
SPLIT = N_("cultivar or variety split from the name")
ANSWER = ["taxon", "famille", "genre", "espece", "cultivar", "nom_fr", "how"]  # of the reference
# Column of the reference's answer for each field that is only ever filled.
_FILL = {"famille": "famille", "nom_vernaculaire": "nom_fr"}
_HOW = {
    "exact": N_("spelt as in the botanical reference"),
    "spelling": N_("spelling corrected by the botanical reference"),
    "synonym": N_("synonym, by the botanical reference"),
    "code": N_("code of a name, by the botanical reference"),
    "genus only": N_("only the genus is in the botanical reference"),
}


def name_trees(table: pd.DataFrame, log: ChangeLog, *, reference: bool = True) -> pd.DataFrame:
    """Give each tree its ``taxon``, and canonical ``genre`` and ``espece``.

    Parameters
    ----------
    table : DataFrame
        With ``genre`` and ``espece``, or ``nom_latin``, or only ``nom_vernaculaire``.
    log : ChangeLog
    reference : bool
        Without it, ``taxon`` is made of the words of the file, and nothing is changed.

    Returns
    -------
    DataFrame
        The table with ``taxon``; names that the reference does not know stay as they are, and have no ``taxon``.
    """
    table = table.copy(deep=False)
    codes, names = _names(table)
    if not reference:
        found = names[[c for c in ("genre", "espece", "nom_latin") if c in table]]
        words = diversity.taxon(found, "species").fillna(diversity.taxon(found, "genus"))
        table["taxon"] = _rows(words, codes, table.index)
        return table
    found = pd.DataFrame(None, index=names.index, columns=ANSWER, dtype=object)
    french = names["latin"].isna() & names["french"].notna()
    for asked, words, ask in (
        (names["latin"].notna(), names["latin"], taxa.resolve),
        (french, names["french"], taxa.from_french),
    ):
        if asked.any():
            found.loc[asked] = ask(words[asked])[ANSWER].astype(object).to_numpy()
    table["taxon"] = _rows(found["taxon"], codes, table.index)
    for field in ("genre", "espece"):
        _canonical(table, field, names, found, codes, french, log)
    for field, column in _FILL.items():
        _fill(table, field, found[column], np.full(len(names), None), FILLED, codes, log)
    _fill(table, "cultivar_variete", _below(names, found), names["latin"], SPLIT, codes, log)
    return table


def _names(table):
    """Number of the distinct name of each row, and the distinct names: genus, epithet, Latin name, French name."""
    parts, sizes = [], []
    for field in ("genre", "espece", "nom_latin", "nom_vernaculaire"):
        words = table[field] if field in table else pd.Series(None, index=table.index, dtype="str")
        codes, found = pd.factorize(words)
        parts.append((codes + 1, pd.Series(found, dtype="str")))
        sizes.append(len(found) + 1)
    # The French name counts only where no Latin one is given: otherwise each pair of spellings would be one more name.
    latin = (parts[0][0] > 0) | (parts[2][0] > 0)
    parts[3] = (np.where(latin, 0, parts[3][0]), parts[3][1])
    key = np.zeros(len(table), dtype="int64")
    for (codes, _), size in zip(parts, sizes, strict=True):
        key = key * size + codes
    codes, keys = pd.factorize(key)
    columns = {}
    for name, (_, found), size in list(zip(("genre", "espece", "nom_latin", "french"), parts, sizes, strict=True))[
        ::-1
    ]:
        columns[name] = found.array.take(keys % size - 1, allow_fill=True)
        keys = keys // size
    names = pd.DataFrame(columns)
    pairs = zip(names["genre"], names["espece"], strict=True)
    whole = np.array([_binomial(genus, epithet) for genus, epithet in pairs], dtype=bool)
    both = names["genre"].str.cat(names["espece"].fillna(""), sep=" ").str.strip().mask(whole, names["espece"])
    names["latin"] = both.where(names["genre"].notna() | whole, names["nom_latin"])
    return codes, names


def _binomial(genus, epithet):
    """Whether the column of species holds the genus too."""
    if not isinstance(epithet, str) or " " not in epithet:
        return False
    return epithet.lower().startswith(f"{genus} ".lower()) if isinstance(genus, str) else epithet[0].isupper()


def _rows(found, codes, index):
    return pd.Series(pd.array(found.where(found.notna(), None), dtype="str").take(codes), index=index)


def _canonical(table, field, names, found, codes, french, log):
    """``genre`` or ``espece`` as the reference spells it; what it does not know stays."""
    before, after, how = names[field], found[field], found["how"]
    known = after.notna()
    made = after.where(known, before)
    from_latin = known & names["genre"].isna() & ~french
    rules = how.map(_HOW).fillna(N_("by the botanical reference")).astype(object)
    rules[from_latin & ~how.isin(["code", "genus only"])] = N_("split from the Latin name")
    rules[(known & french).to_numpy()] = N_("named from the French name")
    rules[~(known & (before.isna() | (before != after))).to_numpy()] = ""
    if field not in table and not known.any():
        return
    source = before.where(before.notna(), names["latin"].where(names["latin"].notna(), names["french"]))
    log.values(field, codes, rules, source, made)
    table[field] = _rows(made, codes, table.index)


def _below(names, found):
    """What a name says below the species: its cultivar, else its form or variety ("f. Glauca" of "pungens f. Glauca").

    A subspecies that the reference has as a species is not said twice.
    """
    part = names["latin"].str.extract(r"\s((?:f|fo|var|subsp|ssp)\.?\s+([\w-]+))\s*$")
    again = part[1].str.lower() == found["espece"].astype("str").str.lower()
    return found["cultivar"].where(found["cultivar"].notna() | again | found["taxon"].isna(), part[0])


def _fill(table, field, answer, source, rule, codes, log):
    """Fill an empty field from the reference's answer."""
    if not answer.notna().any():
        return
    if field not in table:
        table[field] = pd.Series(None, index=table.index, dtype="str")
    empty = (table[field].isna() & answer.notna().to_numpy()[codes]).to_numpy()
    if empty.any():
        rules = np.where(answer.notna(), rule, "")
        log.values(field, np.where(empty, codes, -1), rules, source, answer)
        table[field] = table[field].where(~empty, _rows(answer, codes, table.index))
