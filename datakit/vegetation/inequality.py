"""Who has the green: what the half with least has, and the gap between poorer and richer areas with its range."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.language import N_, _
from datakit.vegetation.people import LABELS, PARTS, by_iris

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

GROUPS, LEAST = 5, 3  # groups of areas by income; IRIS below which a group would speak of single places
_WORDS = {
    "pop_0_14": N_("aged 0 to 14"),
    "pop_75_plus": N_("aged 75 or older"),
    "pop_65_plus": N_("aged 65 or older"),
}


class Gap(TypedDict):
    """Shares of residents (0 to 1) in the areas with the lowest and the highest incomes, and what lies between."""

    poor: float
    rich: float
    gap: float
    low: float
    high: float
    word: str


def half(curve: pd.DataFrame) -> float:
    """What the half of the people with least of something has of all of it, 0 to 0.5, from a Lorenz curve."""
    return float(np.interp(0.5, curve["people"], curve["share"]))


def gap(
    met: pd.DataFrame,
    residents: ArrayLike,
    where: pd.DataFrame,
    incomes: pd.DataFrame,
    part: str = "canopy_30",
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Gap:
    """Residents who meet a part of the rule: the fifth of them with the highest incomes less the one with the lowest.

    Parameters
    ----------
    met, residents, where, incomes
        See `datakit.vegetation.people.left_out`.
    part : str
        Column of ``met``.
    draws : int
        IRIS are drawn again, with replacement, in each of the two groups: some other towns that this could have been.
    seed : int

    Returns
    -------
    dict
        ``poor``, ``rich`` (shares, 0 to 1), ``gap`` (rich less poor), ``low`` and ``high`` (95 % of the draws) and
        ``word``: which has more, as far as the range tells. IRIS beside each other are alike, which the draws do not
        know: the true range is wider.

    Raises
    ------
    CannotAnswer
        Fewer than three IRIS with an income in one of the groups.
    """
    sums = by_iris(met, residents, where)
    median = pd.to_numeric(incomes.set_index("iris").reindex(sums.index)["median_income"]).astype("float64")
    known = sums[median.notna()]
    order = known.loc[median.dropna().sort_values(kind="stable").index]
    middle = (order["people"].cumsum() - order["people"] / 2) / order["people"].sum()
    ends = order[middle < 1 / GROUPS], order[middle >= 1 - 1 / GROUPS]
    if min(map(len, ends)) < LEAST:
        raise CannotAnswer(
            "filosofi-iris",
            _("too few IRIS with an income to compare"),
            expected=_("{n} in each group").format(n=LEAST),
            found=_("{n} and {m}").format(n=len(ends[0]), m=len(ends[1])),
        )
    rng = np.random.default_rng(seed)
    (poor, poors), (rich, riches) = (_drawn(end, part, draws, rng) for end in ends)
    low, high = np.nanquantile(riches - poors, [0.025, 0.975])
    word = N_("no clear difference")
    if low > 0 or high < 0:
        word = N_("richer areas have more") if low > 0 else N_("poorer areas have more")
    return Gap(poor=poor, rich=rich, gap=rich - poor, low=float(low), high=float(high), word=word)


def _drawn(end, part, draws, rng):
    """The share of a group's residents who meet a part, and that of groups drawn from it."""
    meets, known = (end[f"{name} {part}"].to_numpy() for name in ("meets", "known"))
    if not known.sum() > 0:
        raise CannotAnswer(_(LABELS.get(part, part)), _("is not known where incomes are"))
    again = rng.integers(len(end), size=(draws, len(end)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(meets.sum() / known.sum()), meets[again].sum(axis=1) / known[again].sum(axis=1)


def table(left: pd.DataFrame) -> pd.DataFrame:
    """Groups of residents as people read them, of `datakit.vegetation.people.left_out`; what speaks of few is hidden.

    Returns
    -------
    DataFrame
        ``group``, ``IRIS``, ``residents`` and the share of each part in %, missing for fewer than three IRIS.
    """
    names = [*PARTS, "all_three", "none"]
    out = left.assign(**{name: (100 * left[name]).round(1).where(left["iris"] >= LEAST) for name in names})
    out["group"] = [_group(by, group) for by, group in zip(left["by"], left["group"], strict=True)]
    out["residents"] = out["residents"].round().astype(int)
    out = out[["group", "iris", "residents", *names]].rename(columns={"iris": "IRIS"})
    return out.rename(columns={name: f"{LABELS[name]} (%)" for name in names})


def _group(by, group):
    """A group of `datakit.vegetation.people.left_out` in words."""
    number, _space, ends = str(group).partition(" ")
    if by != "income" or not number.isdigit():
        return _(_WORDS.get(group, group))
    if not ends:
        return _("income group {number}").format(number=number)
    lowest = _("income group {number} (lowest incomes)").format(number=number)
    return lowest if "lowest" in ends else _("income group {number} (highest incomes)").format(number=number)
