"""What became of trees, and what was known of them before: a loss in words, and columns that do not give it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.language import N_, _
from datakit.show.style import number
from datakit.trees.diversity import taxon
from datakit.trees.inventory import states
from datakit.trees.structure import age, height, trunk_diameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike

Frame = TypeVar("Frame", bound=pd.DataFrame)  # or a GeoDataFrame, which stays one

# Written after a tree was lost, or while it was: a model that reads them predicts the past.
LEAKS = {
    "etat": N_("it is the outcome itself"),
    "statut": N_("it is the outcome itself, in one of three words"),
    "date_abattage": N_("filled in when the tree is felled"),
    "remarque": N_("notes on stumps and felling are written afterwards"),
    "nombre_diagnostics": N_("trees are inspected because somebody already fears for them"),
}


def lost(frame: pd.DataFrame) -> pd.Series | None:
    """Whether each tree was lost, from the words of its state: felled, removed, replaced, a stump.

    Parameters
    ----------
    frame : DataFrame
        With ``etat``.

    Returns
    -------
    Series of boolean or None
        Missing where the state is, or is in none of the words known here, and for trees that are condemned and still
        stand: they are neither losses nor survivors. None when the inventory has no outcome (no ``etat``, or only
        standing trees, as in most open inventories: what is felled is deleted).
    """
    if "etat" not in frame:
        return None
    gone = became(frame).map({"standing": False, "lost": True}).astype("boolean")
    return gone if gone.nunique() == 2 else None


def outcomes(frame: Frame) -> tuple[Frame, np.ndarray]:
    """The trees whose outcome is known, and whether each was lost.

    Parameters
    ----------
    frame : DataFrame
        The standard table, with its lost trees.

    Returns
    -------
    known : DataFrame
        Condemned trees that stand and trees of unknown state are left out.
    target : ndarray of bool

    Raises
    ------
    CannotAnswer
        The inventory has no losses: most open ones delete what is felled.
    """
    target = lost(frame)
    if target is None:
        raise CannotAnswer(
            _("losses"),
            _("the inventory has no losses to learn from: what is felled is deleted, or its state is not written"),
            found=_("only standing trees") if "etat" in frame else _("no column etat"),
        )
    there = target.notna().to_numpy()
    known = frame if there.all() else frame[there]  # no copy of a large table where nothing is left out
    return known, target[there].to_numpy(dtype=bool)


def became(frame: pd.DataFrame) -> pd.Series:
    """The state of each tree in one of three words, see `datakit.trees.inventory.states.state`, from ``etat``.

    Returns
    -------
    Series of str
        "standing", "condemned", "lost", or missing.
    """
    words = pd.Series(frame["etat"].dropna().unique(), dtype="str")
    found = dict(zip(words, states.state(words), strict=True))
    return frame["etat"].astype("str").map(found).astype("str")


def leak_check(frame: pd.DataFrame, target: ArrayLike, least: int = 20) -> pd.DataFrame:
    """Columns that give the loss away: filled, or holding one value, almost only for trees that were lost.

    Parameters
    ----------
    frame : DataFrame
        The inventory as loaded.
    target : array of bool
        From `lost`.
    least : int
        Smaller groups of rows are not judged.

    Returns
    -------
    DataFrame
        ``column``, ``sign`` (what to look at), ``rows`` that show it, ``lost_pct`` among them, the most telling sign of
        each column, those above 90 % only. An empty table does not prove that nothing leaks: read LEAKS too.
    """
    target, rows = np.asarray(target, dtype=float), []
    for name in frame.columns.drop(["geometry"], errors="ignore"):
        column = frame[name]
        signs = {N_("filled"): column.notna().to_numpy(), N_("empty"): column.isna().to_numpy()}
        codes, values = pd.factorize(column)
        if len(values) <= 200:
            signs |= {f"= {value}": codes == code for code, value in enumerate(values)}
        judged = [(100 * target[m].mean(), int(m.sum()), sign) for sign, m in signs.items() if m.sum() >= least]
        judged = [j for j in judged if j[0] > 90]
        if judged:
            percent, count, sign = max(judged, key=lambda j: j[:2])
            rows.append((name, sign, count, percent))
    return pd.DataFrame(rows, columns=["column", "sign", "rows", "lost_pct"])


def features(frame: pd.DataFrame, today: int, *, also: Sequence[str] = (), allow: Sequence[str] = ()) -> pd.DataFrame:
    """What may be known before the loss.

    Parameters
    ----------
    frame : GeoDataFrame
    today : int
        Year of the survey.
    also : list of str
        Further columns of the inventory to predict with.
    allow : list of str
        Those of ``also`` that you have made sure were written before the loss, although they look as if they were not.

    Returns
    -------
    DataFrame
        ``age`` (years), ``diameter`` (cm), ``height`` (cm), and text columns ``genus``, ``stage``, ``ground``,
        ``situation``, and those of ``also``; a column the inventory lacks is left out, and none of `LEAKS` is read. The
        sector is not among them: sectors are held out, and a model knows nothing of one that it has never seen.

    Raises
    ------
    WrongUse
        A column of ``also`` is not there, is the sector that is held out, is one of `LEAKS`, or gives the loss away
        (`leak_check`), and is not allowed.
    """
    if "secteur" in also:
        what = _("sectors are held out: a model cannot know one it has not seen")
        raise WrongUse("risk", what, found="secteur")
    _refuse_leaks(frame, [name for name in also if name not in allow])
    found = {"age": age(frame, today), "diameter": trunk_diameter(frame)}
    found["height"] = height(frame)
    genus = taxon(frame, "genus")
    common = genus.value_counts().index[:25]
    found["genus"] = genus.where(genus.isin(common) | genus.isna(), "other")
    for name, source in (
        ("stage", "stade_developpement"),
        ("ground", "description_pied_arbre"),
        ("situation", "situation"),
    ):
        if source in frame:
            found[name] = frame[source]
    found |= {name: frame[name] for name in also}
    table = pd.DataFrame(found)
    table = table.loc[:, table.notna().any()]
    for name in [c for c in table if not pd.api.types.is_numeric_dtype(table[c]) or table[c].dtype == "boolean"]:
        words = pd.Categorical(table[name].astype(object).where(table[name].notna(), "not said"))
        table[name] = words.astype(object)  # each word once in memory, not once for each tree
    return table


def _refuse_leaks(frame, names):
    """Refuse columns that say what became of the tree: a score made with them is worth nothing."""
    for name in names:
        if name not in frame:
            there = ", ".join(map(str, frame.columns))[:300]
            raise WrongUse("risk", _("no such column"), expected=there, found=name)
    reasons = {name: _(LEAKS[name]) for name in names if name in LEAKS}
    target = lost(frame)
    if target is not None and names:
        known = target.notna().to_numpy()
        signs = leak_check(frame.loc[known, list(names)], target[known].to_numpy(dtype=bool))
        for r in signs.itertuples():
            text = _("{share} % of the {rows} trees where it is {sign} were lost")
            told = text.format(share=number(r.lost_pct, 0), rows=r.rows, sign=_(r.sign))
            reasons.setdefault(r.column, told)
    for name, why in reasons.items():
        raise WrongUse(
            "risk",
            _("the column {name} seems to be written after the loss").format(name=repr(name)),
            expected=_("what is known before it"),
            found=why,
            next=_("leave it out, or allow=[{name}] if you know when it is written").format(name=repr(name)),
        )


# A tree officer's rule, from the stage and the age of a tree: a choice of this kit. The later stage comes first; within
# a stage, the older tree; stages in other words, or none, count as adult.
STAGES = {"jeune": 0, "jeune adulte": 1, "adulte": 2, "mature": 3, "vieux": 4, "senescent": 5, "sénescent": 5}


def oldest_stage_first(frame: pd.DataFrame, today: int) -> np.ndarray:
    """A tree officer's rule: the most advanced stage of development first, and the oldest within it.

    Returns
    -------
    ndarray of float
        The higher, the earlier the visit.
    """
    years = age(frame, today)
    size = trunk_diameter(frame) if years.isna().all() else years  # without ages, the thickest first
    rank = size.rank(pct=True).fillna(0.5).to_numpy(dtype=float)
    if "stade_developpement" not in frame:
        return rank
    stage = frame["stade_developpement"].astype("str").str.lower().map(STAGES).fillna(STAGES["adulte"])
    return stage.to_numpy(dtype=float) + 0.999 * rank


LEAST_LOST, LEAST_SECTORS = 50, 5  # for a model to be tried: choices of this kit


def enough(target: np.ndarray, groups: np.ndarray) -> None:
    """Raise `CannotAnswer` where there are too few losses or sectors for a model to be tried."""
    if target.sum() < LEAST_LOST or len(set(groups)) < LEAST_SECTORS:
        raise CannotAnswer(
            _("losses"),
            _("there is too little to learn from: chance would decide"),
            expected=_("{n} lost trees in {sectors} sectors").format(n=LEAST_LOST, sectors=LEAST_SECTORS),
            found=_("{n} in {sectors}").format(n=int(target.sum()), sectors=len(set(groups))),
        )


def written_after(frame: pd.DataFrame, leaks: pd.DataFrame) -> str:
    """A column of an inventory that was written after the loss, and is not the state itself.

    Parameters
    ----------
    frame : DataFrame
    leaks : DataFrame
        From `leak_check`.

    Returns
    -------
    str
        The first of those found in the data, else of `LEAKS`.

    Raises
    ------
    CannotAnswer
        The inventory has none.
    """
    names = [name for name in [*leaks["column"], *LEAKS] if name in frame and frame[name].notna().any()]
    names = [name for name in names if name not in ("etat", "statut")]
    if not names:
        raise CannotAnswer(_("leaks"), _("no column of this inventory was written after the loss, as far as is known"))
    return names[0]


def sectors(frame: gpd.GeoDataFrame, size: float = 1000) -> np.ndarray:
    """Groups of trees that are held out together: the inventory's sectors, else squares of ``size`` metres.

    Returns
    -------
    ndarray of str
        With fewer than five squares, half as large ones.
    """
    if "secteur" in frame and frame["secteur"].nunique() >= LEAST_SECTORS:
        return frame["secteur"].fillna("?").to_numpy(dtype=str)
    x, y = frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()
    for side in (size, size / 2):
        column, row = (x // side).astype(int).astype(str), (y // side).astype(int).astype(str)
        found = np.char.add(np.char.add(column, "-"), row)
        if len(set(found)) >= LEAST_SECTORS:
            break
    return found
