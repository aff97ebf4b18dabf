"""Names of trees: Latin names, codes and French names of any inventory to one accepted name, or to none.

The reference (``data/taxa.csv``) and its synonyms (``data/synonyms.csv``) were compiled for this kit from general
botanical knowledge, for the trees of streets and parks of French cities. They were not copied from, nor checked line by
line against, a flora or a database of names. The convention:

* Accepted names are those in common use in French inventories and nurseries, in broad genera: Prunus, Sorbus and
  Crataegus are not split, London plane is Platanus x acerifolia (many floras write x hispanica), Atlas cedar is a
  species, Nootka cypress stays in Chamaecyparis. Pagoda tree is Styphnolobium japonicum.
* Families of flowering plants follow APG IV (Angiosperm Phylogeny Group, 2016, Botanical Journal of the Linnean Society
  181: 1-20); those of conifers and ginkgo, Christenhusz et al. (2011, Phytotaxa 19: 55-70).
* Subspecies, varieties and forms are counted with their species. Hybrids carry an "x" after the genus.
* A taxon has one French name, then others; many of both are shared, and `from_french` answers only where they are not.

``cd_ref`` is the code of a taxon in TAXREF 13 (MNHN), as the French forest inventory (IGN) gives it for its species in
``espar-cdref13.csv``, read in a copy, https://github.com/Jeremy-borderieux/Habitat_shift. Only codes of species stand
here: where the inventory's code is that of a subspecies (Quercus robur, Tilia platyphyllos), or none, it is missing.

Limits: shrubs, palms and glasshouse trees are covered thinly; names that botanists have used for different plants go to
the one cities mean (Ulmus campestris: Ulmus minor). What the reference does not know is reported, never guessed.
"""

from __future__ import annotations

import functools
import importlib.resources
import re

import pandas as pd

from datakit.errors import WrongUse
from datakit.language import _
from datakit.trees.inventory.spelling import Speller, french_key, parse

COLUMNS = ["taxon", "famille", "genre", "espece", "cultivar", "nom_fr", "nom_en", "rank", "how"]
# Three letters of the genus, three of the species, and a part in lower case for a variety or cultivar.
_CODE = re.compile(r"([A-Z]{3})([A-Z]{3})?([a-z]{2,6})?\d?")


def _read(name):
    path = importlib.resources.files("datakit.trees") / "data" / name
    with path.open(encoding="utf-8") as handle:
        return pd.read_csv(handle, dtype="str")


@functools.cache
def _reference():
    return _read("taxa.csv").set_index("taxon", drop=False).rename_axis(None)


@functools.cache
def _synonyms():
    return _read("synonyms.csv")


def reference() -> pd.DataFrame:
    """The botanical reference.

    Returns
    -------
    DataFrame
        One row per taxon, indexed by it: ``taxon`` ("Acer campestre", "Tilia x europaea", or a genus alone, "Acer"),
        ``famille``, ``genre``, ``espece`` (missing for a genus), ``rank`` ("species" or "genus"), ``nom_fr``,
        ``autres_fr`` (other French names, separated by "|"), ``nom_en``, ``cd_ref`` (TAXREF 13, where one was read). A
        copy: change it freely.
    """
    return _reference().copy()


def synonyms() -> pd.DataFrame:
    """Other names and spellings, and the taxon each one stands for.

    Returns
    -------
    DataFrame
        ``name``, ``taxon``, ``kind``: "synonym", "spelling" (a common error) or "form" (a variety or cultivar that
        is common enough to have a name or code of its own).
    """
    return _synonyms().copy()


@functools.cache
def _speller():
    return Speller(_reference(), _synonyms())


def resolve(names: pd.Series | pd.Index | list[str], cultivars: pd.Series | list[str] | None = None) -> pd.DataFrame:
    """Accepted name, family and common names of Latin names or codes as inventories write them.

    Understands hybrids with or without "x", cultivars between quotes, authors, subspecies, "sp.", case and accents,
    synonyms, small errors of spelling, and codes of three letters of the genus and three of the species with an
    optional part in lower case ("PINNIGnig"). A code names a species when one taxon alone can be meant; else its genus,
    when that is the only one and the column is one of codes. "Quercus robur x petraea" and "Quercus robur ou petraea"
    are a genus.

    Parameters
    ----------
    names : Series, Index or list of str
        Missing ones stay missing.
    cultivars : Series or list of str, optional
        Cultivar of each name, when the inventory has a column for it; used where the name has none.

    Returns
    -------
    DataFrame
        Index of ``names`` (0, 1... for a list). ``taxon``, ``famille``, ``genre``, ``espece`` ("x europaea"),
        ``cultivar``, ``nom_fr``, ``nom_en``, ``rank`` ("species" or "genus") are missing where unknown; ``how`` is
        "exact", "spelling", "synonym", "code", "genus only" (the species is not given, not known, or not certain) or
        "unknown".

    Raises
    ------
    WrongUse
        ``names`` is one text, or ``cultivars`` is not as long as ``names``.
    """
    names = _series(names)
    numbers, distinct = pd.factorize(names)
    given = [str(each).strip() for each in distinct]
    parsed = [parse(each) for each in given]
    found = [_speller().latin(each) for each in parsed]
    _codes(given, found)
    table = _table(found, numbers, names.index)
    table["cultivar"] = _take([each.cultivar for each in parsed], numbers, names.index)
    if cultivars is not None:
        table["cultivar"] = table["cultivar"].fillna(_cultivars(cultivars, names))
    return table[COLUMNS]


def from_french(names: pd.Series | pd.Index | list[str]) -> pd.DataFrame:
    """Taxon of French names, where only one can be meant.

    "Frêne" is a genus, "Frêne commun" a species, "Acacia" is two genera and so unknown. Case, accents and plurals do
    not count. Of several names ("Alisier blanc, Alouchier") those that are known must agree.

    Parameters
    ----------
    names : Series, Index or list of str

    Returns
    -------
    DataFrame
        Columns and index as `resolve`; ``how`` is "exact", "genus only" or "unknown", ``cultivar`` is missing.

    Raises
    ------
    WrongUse
        ``names`` is one text.
    """
    names = _series(names)
    numbers, distinct = pd.factorize(names)
    table = _table([_french(str(each)) for each in distinct], numbers, names.index)
    table["cultivar"] = pd.Series(pd.NA, index=names.index, dtype="str")
    return table[COLUMNS]


def _series(names):
    if isinstance(names, str):
        raise WrongUse(
            "taxa", _("the names are one text"), expected=_("a column or a list of names"), found=repr(names)
        )
    return names if isinstance(names, pd.Series) else pd.Series(names, dtype="object", index=_index(names))


def _index(names):
    return pd.RangeIndex(len(names)) if not isinstance(names, pd.Index) else None


def _take(values, numbers, index):
    """The value of each distinct name, given to each row; -1 is a missing name."""
    return pd.Series(pd.array([*values, None], dtype="str").take(numbers), index=index)


def _table(found, numbers, index):
    """Rows of the reference for each row; ``found`` is (taxon or None, how) for each distinct name."""
    ours = _reference().reindex([taxon for taxon, _ in found])
    columns = ["famille", "genre", "espece", "nom_fr", "nom_en", "rank"]
    table = {name: _take(ours[name].where(ours[name].notna(), None), numbers, index) for name in columns}
    table["taxon"] = _take([taxon for taxon, _ in found], numbers, index)
    table["how"] = _take([how for _, how in found], numbers, index).fillna("unknown")
    return pd.DataFrame(table)


def _cultivars(cultivars, names):
    cultivars = cultivars if isinstance(cultivars, pd.Series) else pd.Series(cultivars, dtype="object")
    if len(cultivars) != len(names):
        raise WrongUse(
            "taxa",
            _("the cultivars are not those of the names"),
            expected=_("{n} cultivars").format(n=len(names)),
            found=f"{len(cultivars)}",
        )
    numbers, distinct = pd.factorize(cultivars)
    texts = [str(each).strip().strip("'\"") for each in distinct]  # quoted or not, with doubled quotes or not
    cleaned = [parse(f"x '{each}'").cultivar for each in texts]
    return _take(cleaned, numbers, names.index)


@functools.cache
def _code_book():
    """Taxa by code of genus and species, by code with a part for the form, and genera by code of the genus."""
    species, forms, genera = {}, {}, {}
    ours = _reference()["taxon"]
    pairs = [*zip(ours, ours, strict=True), *_synonyms()[["name", "taxon"]].itertuples(index=False, name=None)]
    for name, taxon in pairs:
        words = parse(name).words
        short = [word[:3].upper() for word in words]
        if len(words) == 1:
            genera.setdefault(short[0], set()).add(taxon)
        elif len(words) == 2:
            species.setdefault("".join(short), set()).add(taxon)
        else:  # a variety may belong to another taxon than its species: it says nothing of the shorter code
            forms.setdefault(("".join(short[:2]), words[2][:3]), set()).add(taxon)
    return species, forms, genera


def _codes(given, found):
    """Read the codes among the names, in place; a name that is known is never one ("BETULA" has six letters)."""
    species, forms, genera = _code_book()
    shaped = {i: m for i, each in enumerate(given) if found[i][0] is None and (m := _CODE.fullmatch(each))}
    for i, match in shaped.items():
        code = match[1] + (match[2] or "")
        taxa = forms.get((code, (match[3] or "")[:3])) or species.get(code, ())
        if match[2] and len(taxa) == 1:
            found[i] = (next(iter(taxa)), "code")
    # "SALVIA" alone is a plant that is no tree; in a column of codes that name species it would be a willow.
    certain = sum(found[i][1] == "code" for i in shaped)
    if not certain or len(shaped) <= len(given) / 2:
        return
    for i, match in shaped.items():
        if found[i][0] is None and len(genera.get(match[1], ())) == 1:
            found[i] = (next(iter(genera[match[1]])), "genus only")


@functools.cache
def _french_book():
    """Taxa that carry each French name."""
    book = {}
    for taxon, first, others in _reference()[["nom_fr", "autres_fr"]].itertuples():
        for name in [first, *(others.split("|") if isinstance(others, str) else ())]:
            book.setdefault(french_key(name), set()).add(taxon)
    return book


def _french(text):
    """Taxon and how, of one French name or of several with commas."""
    parts = [text, *re.split(r"[,;/()]", text)] if re.search(r"[,;/()]", text) else [text]
    answers = [each for part in parts if (each := _french_book().get(french_key(part)))]
    if not answers:
        return None, "unknown"
    common = set.intersection(*answers) or set.union(*answers)
    ours = _reference()
    genera = set(ours.loc[list(common), "genre"])
    if len(genera) > 1:
        return None, "unknown"
    genus = next(iter(genera))
    if len(common - {genus}) == 1 and (genus not in common or (ours["genre"] == genus).sum() == 2):
        return next(iter(common - {genus})), "exact"  # the only species, or a genus of one species in the reference
    return genus, "genus only"


__all__ = ["COLUMNS", "from_french", "reference", "resolve", "synonyms"]
