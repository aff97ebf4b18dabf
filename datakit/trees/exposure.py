"""What a threat would take: the share of trees, and of crowns, that are its hosts; and what can cause allergy.

Exposure is not risk: it counts hosts, not the chance that the threat comes.
"""

from __future__ import annotations

import functools
from typing import TypeVar

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.language import N_, _, language
from datakit.trees import canopy, diversity, ratings, risk
from datakit.trees.inventory import taxa

Frame = TypeVar("Frame", bound=pd.DataFrame)  # or a GeoDataFrame, which stays one


POTENTIALS = ["low", "moderate", "high"]
DROUGHT = ["sensitive", "moderate", "tolerant"]


def _spellings(listed):
    """Taxa as their source writes them and as the botanical reference does: "Platanus x hispanica" is both."""
    listed = list(listed)
    known = taxa.resolve(listed)
    return [*dict.fromkeys([*listed, *known["taxon"][known["rank"] == "species"]])]


def drought_ratings() -> pd.DataFrame:
    """What follows from what sources say of drought, in ``datakit/trees/data/drought.csv``.

    Returns
    -------
    DataFrame
        ``taxon``; ``rating``: "tolerant", "moderate", "sensitive", "conflicting" (sources say one and the other:
        counted as not rated) or missing (not rated, ``note`` says why); ``source`` (empty where not rated);
        ``note``. The statements themselves: `datakit.trees.ratings.statements`.
    """
    found = ratings.rated(ratings.statements("drought"), DROUGHT)
    return found[["taxon", "rating", "source", "note"]].fillna({"source": ""})


def threats() -> pd.DataFrame:
    """The threats, from ``datakit/trees/data/threats.csv``, and their hosts, from ``hosts.csv``.

    Returns
    -------
    DataFrame
        ``id``, ``name`` (in the user's language), ``name_fr``, ``name_en``, ``agent`` (Latin), ``kind`` (disease,
        insect, climate), ``hosts`` (list of genera and species, synonyms included), ``doubtful`` (list of those that a
        source calls possible hosts, or on which sources conflict), ``source``, ``note``, ``rated`` (list of the taxa
        that are rated and not at risk, None where a taxon that is not a host is not at risk). A taxon on whose drought
        sources conflict is in no list. A copy: change its rows freely, not the lists in them.
    """
    return _threats(language()).copy()


@functools.cache
def _threats(lang):
    table = ratings.statements("threats")
    rows: list[tuple[list[str], list[str], list[str] | None, str]] = []
    said = ratings.statements("hosts")
    for threat in table["id"]:
        if threat == "drought":
            found = drought_ratings()
            taken = {c: found["taxon"][found["rating"] == c] for c in ("sensitive", "tolerant")}
            source = _("By taxon, with its reference: {file}").format(file="datakit/trees/data/drought.csv")
            rows.append((_spellings(taken["sensitive"]), [], _spellings(taken["tolerant"]), source))
            continue
        found = ratings.rated(said[said["threat"] == threat])
        host, doubtful = (found["taxon"][found["rating"].isin(c)] for c in (["host"], ["may be", ratings.CONFLICTING]))
        heard = said[(said["threat"] == threat) & said["taxon"].isin(host)]
        source = _("; ").join(dict.fromkeys(ratings.cite(row) for row in heard.to_dict("records")))
        rows.append((_spellings(host), _spellings(doubtful), None, source))
        told = " ".join(dict.fromkeys(note for note in heard["note"] if note))
        table.loc[table["id"] == threat, "note"] += f" {told}" if told else ""
    made = pd.DataFrame(rows, columns=["hosts", "doubtful", "rated", "source"], dtype="object")
    table.insert(1, "name", table["name_fr" if lang == "fr" else "name_en"])
    return pd.concat([table, made], axis=1)


def standing(frame: Frame) -> Frame:
    """The trees that stand: what is there, as against what was ever written down.

    Parameters
    ----------
    frame : DataFrame
        With ``statut`` as `datakit.trees.standardise` makes it, else ``etat`` in words, else neither.

    Returns
    -------
    DataFrame
        All rows but those known to be lost, with their index. Condemned trees stand until they are felled; a tree whose
        state is not known stands, and so do all trees of an inventory that speaks of no state.
    """
    if "statut" in frame:
        lost = frame["statut"] == "lost"
    elif "etat" in frame:
        lost = risk.became(frame) == "lost"
    else:
        return frame
    return frame[~lost.fillna(False).astype(bool)]


def match(
    names: pd.DataFrame, hosts: list[str], rated: list[str] | None = None, doubtful: list[str] | None = None
) -> pd.Series:
    """Which trees are hosts.

    Parameters
    ----------
    names : DataFrame
        ``genus`` and ``species``, as `datakit.trees.diversity.named` gives them.
    hosts, rated, doubtful : list of str
        Genera or species; see `threats`.

    Returns
    -------
    Series of str
        "host", "other", or "maybe": not named, named by its genus alone where only some of its species are hosts,
        doubtful, or, where ``rated`` is given, not rated.
    """
    genus, species = names["genus"], names["species"]
    found = pd.Series("other" if rated is None else "maybe", index=names.index)
    if rated:
        found[genus.isin(rated) | species.isin(rated)] = "other"
    unsure = [*hosts, *(doubtful or [])]
    found[species.isna() & genus.isin([host.split()[0] for host in unsure if " " in host])] = "maybe"
    found[genus.isin(doubtful or []) | species.isin(doubtful or [])] = "maybe"
    found[genus.isna()] = "maybe"
    found[genus.isin(hosts) | species.isin(hosts)] = "host"
    return found


def threat_table(frame: pd.DataFrame, by: str | None = None, *, draws: int = 400, seed: int = 0) -> pd.DataFrame:
    """The share of standing trees, and of crown area, that each threat puts at risk.

    Parameters
    ----------
    frame : DataFrame
        One row per tree, best through `datakit.trees.standardise`: codes and misspelt names count as not named.
    by : str, optional
        A column (sector, commune): one row per threat and value of it.
    draws, seed : int

    Returns
    -------
    DataFrame
        ``by``, ``threat``, ``name`` (in the user's language), ``kind``; ``trees`` (hosts), ``maybe`` (trees that may be
        hosts: see `match`), ``of`` (standing trees); ``share_pct`` (100 trees / of) and ``share_high_pct`` (with all of
        ``maybe``); ``canopy_pct`` (of the known crown area), ``low`` (2.5 % of the draws, none of ``maybe``) and
        ``high`` (97.5 %, all of ``maybe``), missing where no crown is known; ``canopy_of`` (m², known crown area);
        ``source``. Where only a ratio of crown to trunk is known, its error is drawn once per genus (see
        `datakit.trees.canopy.Crowns.draw`).

    Raises
    ------
    WrongUse
        No such column.
    """
    if by is not None and by not in frame:
        raise WrongUse(
            "exposure.threat_table", _("no such column"), expected=by, found=", ".join(map(str, frame.columns))
        )
    frame = standing(frame)
    known, names = threats(), diversity.named(frame)
    place, labels = canopy.groups(frame, by)
    crowns = canopy.Crowns(frame)
    area = np.nan_to_num(crowns.area)
    rows = []
    for threat in known.itertuples():
        state = match(names, threat.hosts, threat.rated, threat.doubtful)
        state = state.map({"other": 0, "maybe": 1, "host": 2}).to_numpy(dtype=int)
        cells, number = place * 3 + state, 3 * len(labels)
        counts = np.bincount(cells, minlength=number).reshape(-1, 3)
        areas = np.bincount(cells, weights=area, minlength=number).reshape(-1, 3)
        drawn = crowns.draw(cells, number, draws, seed, common=False).reshape(draws, -1, 3)
        for i, label in enumerate(labels):
            rows.append({**({} if by is None else {by: label}), **_row(threat, counts[i], areas[i], drawn[:, i])})
    return pd.DataFrame(rows)


def shadiest(table: pd.DataFrame) -> pd.Series:
    """The pest or disease whose hosts have the most ground under their crowns.

    Parameters
    ----------
    table : DataFrame
        From `threat_table`, without ``by``.

    Returns
    -------
    Series
        Its row.

    Raises
    ------
    CannotAnswer
        No crown is known.
    """
    known = table[table["kind"] != "climate"].dropna(subset="canopy_pct")
    if known.empty:
        raise CannotAnswer(_("crowns"), _("the inventory measures neither crowns nor trunks"))
    return known.loc[known["canopy_pct"].idxmax()]


def _row(threat, counts, areas, drawn):
    of, canopy_of = int(counts.sum()), float(areas.sum())
    percent, most = (100 * counts[2] / of, 100 * counts[1:].sum() / of) if of else (np.nan, np.nan)
    canopy_pct = low = high = np.nan
    if canopy_of > 0:
        canopy_pct, sums = 100 * areas[2] / canopy_of, np.maximum(drawn.sum(axis=1), 1e-12)
        low = min(np.percentile(100 * drawn[:, 2] / sums, 2.5), canopy_pct)
        high = max(np.percentile(100 * drawn[:, 1:].sum(axis=1) / sums, 97.5), canopy_pct)
    return {
        "threat": threat.id,
        "name": threat.name,
        "kind": threat.kind,
        "trees": int(counts[2]),
        "maybe": int(counts[1]),
        "of": of,
        "share_pct": percent,
        "share_high_pct": most,
        "canopy_pct": canopy_pct,
        "low": low,
        "high": high,
        "canopy_of": canopy_of,
        "source": threat.source,
    }


def allergens() -> pd.DataFrame:
    """What follows from what sources say of allergenic potentials, in ``datakit/trees/data/allergy.csv``.

    Returns
    -------
    DataFrame
        ``taxon`` (genus or species), ``potential`` ("high", "moderate", "low", "conflicting": sources differ, counted
        as not rated; missing: not rated on purpose, ``note`` says why), ``least`` and ``most`` (the lowest and highest
        class that a source gives), ``score`` (0 to 5 where a source gives one and none differs), ``source`` (empty
        where not rated), ``note``. The statements themselves: `datakit.trees.ratings.statements`.
    """
    return _allergens(language()).copy()


@functools.cache
def _allergens(lang):
    said = ratings.statements("allergy")
    found = ratings.rated(said, POTENTIALS).rename(columns={"rating": "potential"}).fillna({"source": ""})
    scores = pd.to_numeric(said.set_index("taxon")["score"], errors="coerce").groupby(level=0).max()
    score = found["taxon"].map(scores).where(found["potential"].isin(POTENTIALS))
    found.insert(4, "score", score.astype("Int64"))
    return found


NOT_RATED, NOT_NAMED = N_("not rated"), N_("not named")
CONFLICTING = N_("not rated: sources conflict")


def allergy(frame: pd.DataFrame) -> pd.DataFrame:
    """What is known of the allergenic potential of each tree.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    DataFrame
        Index of ``frame``; ``potential`` ("high", "moderate", "low", "not rated: sources conflict", "not rated": no
        source consulted rates it, which is not "no risk", or "not named"), ``score`` (0 to 5, often missing),
        ``source``, ``least`` and ``most`` (the lowest and highest class said). A species' own rating goes before its
        genus's; a tree named by its genus alone has the genus's.
    """
    names, rated = diversity.named(frame), allergens().set_index("taxon")
    where = names["species"].where(names["species"].isin(rated.index), names["genus"])
    found = pd.DataFrame({name: where.map(rated[name]) for name in ("potential", "score", "source", "least", "most")})
    said = found["potential"].replace(ratings.CONFLICTING, CONFLICTING)
    found["potential"] = said.fillna(NOT_RATED).mask(names["genus"].isna(), NOT_NAMED)
    return found


def allergy_table(frame: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Standing trees and known crown area by allergenic potential.

    Returns
    -------
    DataFrame
        ``by``, ``potential``, ``trees``, ``share_pct`` and ``canopy_pct`` (of the group's).
    """
    frame = standing(frame)
    place, labels = canopy.groups(frame, by)
    state = ["high", "moderate", "low", CONFLICTING, NOT_RATED, NOT_NAMED]
    number = {potential: i for i, potential in enumerate(state)}
    cells = place * len(state) + allergy(frame)["potential"].map(number).to_numpy(dtype=int)
    size = len(labels) * len(state)
    counts = np.bincount(cells, minlength=size).reshape(-1, len(state))
    areas = np.nan_to_num(canopy.crown_area(frame)["area"].to_numpy())
    areas = np.bincount(cells, weights=areas, minlength=size).reshape(-1, len(state))
    with np.errstate(invalid="ignore"):
        shares, canopies = (100 * x / x.sum(axis=1, keepdims=True) for x in (counts, areas))
    found = pd.DataFrame(
        {
            "potential": state * len(labels),
            "trees": counts.ravel(),
            "share_pct": shares.ravel(),
            "canopy_pct": canopies.ravel(),
        }
    )
    if by is not None:
        found.insert(0, by, np.repeat(labels, len(state)))
    return found
