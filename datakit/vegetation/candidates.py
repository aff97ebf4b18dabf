"""Taxa that could be planted, by what sources say of each, and a mix that does not add to what there is too much of."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import WrongUse
from datakit.language import N_, _, language, pgettext
from datakit.trees import exposure, ratings
from datakit.trees.diversity import SANTAMOUR, taxon
from datakit.trees.inventory import taxa

if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_RATED, CONFLICTING = exposure.NOT_RATED, exposure.CONFLICTING
# What a source rates, in words.
RATED = {
    "drought": N_("drought"),
    "heat": N_("heat"),
    "frost": N_("frost"),
    "height": N_("height"),
    "allergy": N_("allergy"),
    "threats": N_("threats"),
}


def table() -> pd.DataFrame:
    """Candidates and what a source says of each; what no source that was read says is "not rated", never guessed.

    Returns
    -------
    DataFrame
        Index ``taxon``; ``famille``, ``genre``, ``nom_fr``, ``nom_en``; ``drought``, ``heat`` ("tolerant",
        "sensitive", "not rated: sources conflict" or "not rated"); ``frost`` (°C, the warmer end of the winters of its
        hardiness zone: colder ones are not promised); ``height_low``, ``height_high`` (m, mature); ``allergy`` ("high",
        "moderate", "low" or not rated, as for drought); ``threats`` (ids of `datakit.trees.exposure.threats` of which
        it is a host), ``<column>_source`` for each, and ``note``: what its sources hold back.

    Notes
    -----
    Hardiness and heights are those of gardens in other climates, most of them North American: a sieve to begin with, to
    be followed by the eye of somebody who knows the soils of the place. Only taxa of which a source that was read
    says something on drought, heat or frost are listed: that a tree is not here says nothing about it.
    """
    return _table(language()).copy()


@cache
def _table(_lang):
    """`table` in a language."""
    said = ratings.statements("candidates", "datakit.vegetation")
    out = _said(said)
    known = taxa.reference().set_index("taxon")
    for k, column in enumerate(("famille", "genre", "nom_fr", "nom_en")):
        out.insert(k, column, known[column].reindex(out.index))
    drought = exposure.drought_ratings().set_index("taxon").reindex(out.index)
    out.insert(4, "drought", drought["rating"])
    out.insert(5, "drought_source", drought["source"].replace("", None))
    notes = pd.concat([drought["note"], out.pop("note")], axis=1).fillna("")
    for column in ("drought", "heat"):
        out[column] = out[column].replace(ratings.CONFLICTING, CONFLICTING).fillna(NOT_RATED)
    allergens = exposure.allergens().set_index("taxon")
    where = pd.Series(np.where(out.index.isin(allergens.index), out.index, out["genre"]), out.index)
    out["allergy"] = where.map(allergens["potential"]).replace(ratings.CONFLICTING, CONFLICTING)
    out["allergy"] = out["allergy"].fillna(NOT_RATED)
    out["allergy_source"] = where.map(allergens["source"]).replace("", None)
    names = pd.DataFrame({"genus": out["genre"], "species": out.index}, index=out.index)
    dangers = exposure.threats()
    dangers = dangers[dangers["kind"] != "climate"]  # drought has its own column
    hosts = {t.id: exposure.match(names, t.hosts, t.rated).eq("host") for t in dangers.itertuples()}
    out["threats"] = [", ".join(i for i, found in hosts.items() if found[name]) for name in out.index]
    out["threats_source"] = [
        "; ".join(dangers.loc[dangers["id"].isin(ids.split(", ")), "source"]) if ids else None for ids in out["threats"]
    ]
    out["note"] = notes.agg(" ".join, axis=1).str.strip()
    return out


def _said(said):
    """One row for each candidate, of its statements on heat, frost and height."""
    heat = ratings.rated(said[said["what"] == "heat"], exposure.DROUGHT).set_index("taxon")
    taxon = pd.Index(said["taxon"].unique(), name="taxon")
    out = pd.DataFrame({"heat": heat["rating"], "heat_source": heat["source"]}).reindex(taxon)
    measured = {what: rows.set_index("taxon") for what, rows in said.groupby("what") if what != "heat"}
    for column, what, value in (
        ("frost", "frost", "low"),
        ("height_low", "height", "low"),
        ("height_high", "height", "high"),
    ):
        out[column] = pd.to_numeric(measured[what][value]).astype(float).reindex(taxon)
    for what, rows in measured.items():
        who, word = _read(rows, "rater"), _read(rows, "word")
        out[f"{what}_source"] = (who + ", " + rows["address"] + " (" + word + ")").reindex(taxon)
    out["note"] = said.groupby("taxon")["note"].agg(lambda notes: " ".join(dict.fromkeys(n for n in notes if n)))
    return out


def _read(rows, column):
    """A column in the user's language: what is the same in both is written once."""
    return rows[f"{column}_fr"].where(rows[f"{column}_fr"].ne("") & (language() == "fr"), rows[column])


def choose(
    inventory: pd.DataFrame, n: int = 8, trees: int = 1000, candidates: pd.DataFrame | None = None
) -> pd.DataFrame:
    """A mix of taxa that brings the shares of the commonest species, genus and family down.

    No taxon is chosen whose species, genus or family is over its limit already (10, 20 and 30 %, Santamour 1990), or
    would be after planting, or would be as common as the commonest is now. The others are ranked by what is known for
    them, least common genus first among equals: tolerant of drought, frost known, low in allergens, no host of a listed
    threat. The ranking is a choice of this kit.

    Parameters
    ----------
    inventory : DataFrame
        Standing trees, as `datakit.trees.standardise` gives them.
    n : int
        Taxa in the mix, as many of each; fewer where fewer are fit.
    trees : int
        Trees to be planted.
    candidates : DataFrame, optional
        Of `table`.

    Returns
    -------
    DataFrame
        ``taxon``, ``nom_fr``, ``share`` (0 to 1), ``trees``, ``drought``, ``heat``, ``frost``, ``height_low``,
        ``height_high``, ``allergy``, ``threats`` and ``genus_share`` (of the inventory that is of its genus now,
        0 to 1).

    Raises
    ------
    WrongUse
        No tree is named, no taxon is fit, or a number that is not positive.
    """
    if n < 1 or trees < 1:
        raise WrongUse("choose", _("a mix has a taxon and a tree at least"), found=f"n={n}, trees={trees}")
    found = table() if candidates is None else candidates
    counts = {level: taxon(inventory, level).value_counts() for level in SANTAMOUR}
    total = {level: count.sum() for level, count in counts.items()}
    if not all(total.values()):
        raise WrongUse(
            "choose", _("the inventory names no species, genus or family"), next="datakit.trees.standardise(frame)"
        )
    of = {"species": pd.Series(found.index, found.index), "genus": found["genre"], "family": found["famille"]}
    now = found["genre"].map(counts["genus"]).fillna(0) / total["genus"]
    chosen = _ranked(found, now)
    while chosen:
        mix = chosen[:n]
        each = trees / len(mix)
        over = next((name for name in reversed(mix) if _over(name, mix, each, trees, of, counts, total)), None)
        if over is None:
            break
        chosen.remove(over)
    if not chosen:
        raise WrongUse("choose", _("no candidate is fit: each would bring a species, genus or family over its limit"))
    return _shared_out(found.loc[mix], trees).assign(genus_share=now.loc[mix].to_numpy())


def _shared_out(mix, trees):
    """As many trees of each taxon; what is left over goes to the first."""
    columns = ["nom_fr", "drought", "heat", "frost", "height_low", "height_high", "allergy", "threats"]
    out = mix[columns].rename_axis("taxon").reset_index()
    out.insert(2, "share", 1 / len(mix))
    parts = np.full(len(mix), trees // len(mix))
    parts[: trees % len(mix)] += 1
    out.insert(3, "trees", parts)
    return out


def _ranked(found, now):
    """Candidates that drought is not known to harm, by what is known for them, least common genus first."""
    order = pd.DataFrame(
        {
            "drought": found["drought"].ne("tolerant"),
            "frost": found["frost"].isna(),
            "allergy": found["allergy"].map({"low": 0, "moderate": 1, "high": 2}).fillna(1),
            "threats": found["threats"].ne(""),
            "now": now,
            "name": found.index,
        },
        index=found.index,
    ).sort_values(["drought", "allergy", "threats", "frost", "now", "name"])
    return list(order.index[found.loc[order.index, "drought"].ne("sensitive")])


def _over(name, mix, each, trees, of, counts, total):
    """Whether planting the mix leaves the species, genus or family of one of its taxa over its limit."""
    for level, limit in SANTAMOUR.items():
        group = of[level][name]
        planted = each * sum(of[level][other] == group for other in mix)
        before = counts[level].get(group, 0)
        # Nor may it become as common as what is the commonest now: the largest shares are to fall.
        most = min(limit, 100 * counts[level].max() / total[level])
        if 100 * before / total[level] > limit or 100 * (before + planted) / (total[level] + trees) >= most:
            return True
    return False


def after(inventory: pd.DataFrame, mix: pd.DataFrame, trees: int) -> pd.DataFrame:
    """The largest shares of a species, a genus and a family before and after planting.

    Parameters
    ----------
    inventory : DataFrame
        See `choose`.
    mix : DataFrame
        ``taxon`` and ``share``, of `choose`.
    trees : int

    Returns
    -------
    DataFrame
        Index: levels; ``limit_pct``, ``commonest`` and ``before_pct``, ``commonest after`` and ``after_pct``: in % of
        the trees that are named at that level.
    """
    known = taxa.reference().set_index("taxon").reindex(mix["taxon"])
    of = {"species": mix["taxon"], "genus": known["genre"], "family": known["famille"]}
    rows = {}
    for level, limit in SANTAMOUR.items():
        counts = taxon(inventory, level).value_counts().astype(float)
        new = (mix["share"].to_numpy() * trees * pd.Series(1.0, np.asarray(of[level]))).groupby(level=0).sum()
        then = counts.add(new, fill_value=0)
        rows[level] = (
            limit,
            counts.idxmax(),
            100 * counts.max() / counts.sum(),
            then.idxmax(),
            100 * then.max() / then.sum(),
        )
    columns = ["limit_pct", "commonest", "before_pct", "commonest after", "after_pct"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def told(mix: pd.DataFrame) -> pd.DataFrame:
    """The mix of `choose` as people read it: threats by name, shares in %, what no source says as such.

    Parameters
    ----------
    mix : DataFrame

    Returns
    -------
    DataFrame
    """
    names = exposure.threats().set_index("id")[f"name_{language()}"]
    out = mix.drop(columns="share").assign(genus_share=(100 * mix["genus_share"]).round(1))
    out["threats"] = [
        ", ".join(names.get(i, i) for i in ids.split(", ") if i) or _("none listed") for ids in out["threats"]
    ]
    out = out.astype(object).where(out.notna(), NOT_RATED)
    for column in ("drought", "heat", "frost", "height_low", "height_high", "allergy"):
        out[column] = [_rating(one) for one in out[column]]
    words = {"nom_fr": "French name", "frost": "frost (°C)", "height_low": "height from (m)", "height_high": "to (m)"}
    return out.rename(columns={**words, "genus_share": "genus now (% of trees)", "threats": "host of"})


def _rating(one):
    """A rating in words; numbers as they are."""
    words = {
        "tolerant": pgettext("rating", "tolerant"),
        "sensitive": pgettext("rating", "sensitive"),
        "high": pgettext("rating", "high"),
        "moderate": pgettext("rating", "moderate"),
        "low": pgettext("rating", "low"),
    }
    return words.get(one, _(one)) if isinstance(one, str) else one


def sources(chosen: Sequence[str]) -> pd.DataFrame:
    """Who says what of some taxa.

    Parameters
    ----------
    chosen : sequence of str

    Returns
    -------
    DataFrame
        ``source`` and ``rates``: taxa, and what the source says of each.
    """
    found = table().loc[list(chosen)].filter(like="_source").melt(ignore_index=False, value_name="source").dropna()
    found["rates"] = (
        found.index + " (" + found["variable"].map(lambda name: _(RATED[name.removesuffix("_source")])) + ")"
    )
    return found.groupby("source", sort=False)["rates"].agg(", ".join).reset_index()
