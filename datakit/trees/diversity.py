"""How diverse an inventory is: shares by taxon, the 10-20-30 rule, numbers that compare places of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.language import _, pgettext

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

with needed_by(__name__):
    from scipy.special import gammaln

# Santamour, F. S. (1990). Trees for urban planting: diversity, uniformity, and common sense. Proceedings of the 7th
# Conference of the Metropolitan Tree Improvement Alliance (METRIA): at most so many per cent of one taxon.
Level = Literal["species", "genus", "family"]
SANTAMOUR: dict[Level, int] = {"species": 10, "genus": 20, "family": 30}


def level_name(level: Level) -> str:
    """A level in words."""
    return {
        "species": pgettext("level", "species"),
        "genus": pgettext("level", "genus"),
        "family": pgettext("level", "family"),
    }[level]


def taxon(frame: pd.DataFrame, level: Level) -> pd.Series:
    """The taxon of each tree.

    Parameters
    ----------
    frame : DataFrame
        With ``taxon`` as `datakit.trees.standardise` makes it, else ``genre`` and ``espece``, else ``nom_latin`` ("Acer
        platanoides", or codes such as "ACEPLA"); ``famille``.
    level : {"species", "genus", "family"}

    Returns
    -------
    Series of str
        Missing where the inventory does not say ("sp." is not a species); all missing where it has no such column.
    """
    if level == "family":
        return frame["famille"].copy() if "famille" in frame else _nothing(frame)
    if "taxon" in frame:  # standardise has resolved spellings, synonyms and codes
        code, names = pd.factorize(frame["taxon"].astype("str"))  # few names, each of many trees
        known = pd.Series(names, dtype="str")
        of = known.str.extract(r"^(?:[xX×]\s+)?(\S+)")[0] if level == "genus" else known.where(known.str.contains(" "))
        return _spread(of, code, frame.index)
    genus, species = _from_latin(frame)
    if "genre" in frame:
        genus = frame["genre"].str.strip().str.capitalize().fillna(genus)
        if "espece" in frame:
            species = genus.str.cat(_named(frame["espece"].str.strip().str.lower()), sep=" ").fillna(species)
    return genus if level == "genus" else species


def _from_latin(frame):
    """Genus and species from ``nom_latin``, a name or a code."""
    if "nom_latin" not in frame:
        return _nothing(frame), _nothing(frame)
    name = frame["nom_latin"].str.strip()
    code = name.str.extract(r"^(([A-Z]{3})(?:[A-Z]{3})?)(?![A-Z])\S*$")
    if code[0].notna().sum() > 0.5 * name.notna().sum():
        # Codes: three letters of the genus, three of the species where it is known, then the cultivar.
        return code[1], code[0].where(code[0].str.len() == 6)
    words = name.str.extract(r"^(\S+)(?:\s+((?:[x×]\s*)?\S+))?")
    genus = words[0].str.capitalize()
    return genus, genus.str.cat(_named(words[1].str.lower()), sep=" ")


def _spread(names, code, index):
    """The name of each row, from those that its code numbers; -1 is none."""
    return pd.Series(names.array.take(code, allow_fill=True), index=index)


def _nothing(frame):
    return pd.Series(None, index=frame.index, dtype="str")


def _named(species):
    """The epithet without what only says "not identified", and with one spelling of the sign of hybrids."""
    unknown = species.str.fullmatch(r"(?:n\.?\s*)?spp?\.?|indet\.?|\?+|-+|inconnue?|", na=False)
    return species.mask(unknown).str.replace(r"^[x×]\s*", "x ", regex=True)


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Genus and species of each tree as botanical names; a code that nobody resolved is no name.

    Parameters
    ----------
    frame : DataFrame
        As for `taxon`.

    Returns
    -------
    DataFrame
        Index of ``frame``; ``genus`` ("Platanus") and ``species`` ("Platanus x hispanica"), missing where unknown.
    """
    found = {}
    for level in ("genus", "species"):
        code, names = pd.factorize(taxon(frame, level))
        names = pd.Series(names, dtype="str").str.replace(r"^[xX×]\s+", "", regex=True)  # hybrid genera
        names = names.where(names.str.match(r"[A-Z][a-zëï-]{3,}(?:\s|$)"))
        found[level] = _spread(names, code, frame.index)
    return pd.DataFrame(found)


def ten_twenty_thirty(
    frame: pd.DataFrame, *, clusters: str = "adresse", draws: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Santamour's 10-20-30 rule: no more than 10 % of one species, 20 % of one genus, 30 % of one family.

    An inventory is a census, not a sample. The interval says something else: streets are planted with one taxon, so
    whole streets are drawn again, to see how far the share hangs on a few of them.

    Parameters
    ----------
    frame : DataFrame
        One row per tree.
    clusters : str
        Column of the unit that is drawn again; without it, or where it is missing, single trees are.
    draws, seed : int

    Returns
    -------
    DataFrame
        One row per level: ``level``, ``taxon`` (the commonest), ``share_pct`` with ``low`` and ``high`` (95 %
        interval, per cent too), ``limit_pct``, ``kept`` (None where the inventory does not name the level) and
        ``unnamed_pct``.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple] = []
    units = pd.Series([f"tree {i}" for i in range(len(frame))], index=frame.index)
    if clusters in frame:  # a tree whose street is not known stands for itself, not for one street of all such trees
        units = frame[clusters].astype("object").where(frame[clusters].notna(), units)
    for level, limit in SANTAMOUR.items():
        names = taxon(frame, level)
        counts = names.value_counts()
        unnamed = 100 * names.isna().mean() if len(frame) else 100.0
        if not len(counts):
            rows.append((level, None, np.nan, np.nan, np.nan, limit, None, unnamed))
            continue
        there = names.notna()
        by_unit = pd.DataFrame({"unit": units[there], "is": names[there] == counts.index[0]}).groupby("unit")["is"]
        hits, sizes = by_unit.sum().to_numpy(), by_unit.size().to_numpy()
        drawn = rng.integers(0, len(hits), (draws, len(hits)))
        shares = 100 * hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
        percent = 100 * counts.iloc[0] / counts.sum()
        low, high = np.percentile(shares, [2.5, 97.5])
        rows.append(
            (
                level,
                counts.index[0],
                percent,
                min(low, percent),
                max(high, percent),
                limit,
                bool(percent <= limit),
                unnamed,
            )
        )
    return pd.DataFrame(
        rows, columns=["level", "taxon", "share_pct", "low", "high", "limit_pct", "kept", "unnamed_pct"]
    )


def shannon(counts: ArrayLike) -> float:
    """Shannon's entropy H' of a list of counts, in nats (natural logarithm)."""
    p = _shares(counts)
    return float(-(p * np.log(p)).sum())


def simpson(counts: ArrayLike) -> float:
    """Simpson's diversity 1 - sum p², the chance that two trees drawn with replacement differ."""
    return float(1 - (_shares(counts) ** 2).sum())


def _shares(counts):
    counts = np.asarray(counts, dtype=float)
    counts = counts[counts > 0]
    if not len(counts):
        raise WrongUse("diversity", _("there is nothing to count"))
    return counts / counts.sum()


def rarefied(counts: ArrayLike, n: int) -> float:
    """Expected number of taxa among ``n`` trees drawn without replacement.

    Hurlbert, S. H. (1971). The nonconcept of species diversity: a critique and alternative parameters. Ecology 52(4),
    577-586: sum over taxa of 1 - C(N - N_i, n) / C(N, n).

    Parameters
    ----------
    counts : array-like of int
        Trees of each taxon.
    n : int
        At most the number of trees.

    Returns
    -------
    float

    Raises
    ------
    WrongUse
        More trees asked for than there are.
    """
    counts = np.asarray(counts, dtype=float)
    total = counts.sum()
    if not 0 < n <= total:
        what = _("this many trees cannot be drawn")
        raise WrongUse("rarefied", what, expected=_("1 to {most}").format(most=int(total)), found=str(n))
    others = total - counts
    possible = others >= n
    absent = np.zeros(len(counts))
    absent[possible] = np.exp(_log_choose(others[possible], n) - _log_choose(total, n))
    return float((1 - absent).sum())


def _log_choose(n, k):
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)


def expected_taxa(counts: ArrayLike, n: int) -> float:
    """Expected number of taxa among ``n`` trees drawn with replacement: sum over taxa of 1 - (1 - p)^n.

    Unlike `rarefied` it depends on the shares alone, so that a small inventory and a large one of the same shares have
    the same number.

    Parameters
    ----------
    counts : array-like of int
        Trees of each taxon.
    n : int

    Returns
    -------
    float
    """
    return float((1 - (1 - _shares(counts)) ** n).sum())


def effective(counts: ArrayLike) -> float:
    """The number of equally common taxa that are as diverse as ``counts``: exp of Shannon's entropy.

    Hill, M. O. (1973). Diversity and evenness: a unifying notation and its consequences. Ecology 54(2), 427-432
    (his number of order 1); Jost, L. (2006). Entropy and diversity. Oikos 113(2), 363-375, on why to use it.
    """
    return float(np.exp(shannon(counts)))


def effective_interval(
    names: pd.Series, units: pd.Series, *, draws: int = 200, seed: int = 0
) -> tuple[float, float, float]:
    """The effective number of taxa, and how far it hangs on a few streets.

    Parameters
    ----------
    names : Series of str
        Taxon of each tree, from `taxon`; missing ones are left out.
    units : Series
        The street or sector of each tree: whole ones are drawn again.
    draws, seed : int

    Returns
    -------
    tuple of float
        Value, low, high (2.5 and 97.5 % of the draws, widened to hold the value: draws with repeats are less diverse).
    """
    there = names.notna() & units.notna()
    if not there.any():
        raise WrongUse("diversity", _("there is nothing to count"))
    unit, taxa = pd.factorize(units[there])[0], pd.factorize(names[there])[0]
    order = np.argsort(unit, kind="stable")
    unit, taxa = unit[order], taxa[order]
    rng, number = np.random.default_rng(seed), unit.max() + 1
    found = []
    for _draw in range(draws):
        times = np.bincount(rng.integers(0, number, number), minlength=number)
        found.append(effective(np.bincount(taxa, weights=times[unit])))
    value = effective(np.bincount(taxa))
    low, high = np.percentile(found, [2.5, 97.5])
    return value, float(min(low, value)), float(max(high, value))
