"""How much of an order survives when what somebody chose is drawn: weights, scores of heat, enough room, distances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.language import N_, _
from datakit.vegetation import placing, rule
from datakit.vegetation.priority import LCZ_HEAT, feasibility, percent_rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from datakit.vegetation.town import Town


# What can be drawn, in words: a name, a comma, and from what. The ranges are choices of this kit: wide, so that what
# stays does not rest on them.
CHOICES = {
    "weights": N_("the weights of the four needs, none preferred (flat Dirichlet distribution)"),
    "heat": N_("the heat of each climate zone, 0.2 up or down"),
    "enough": N_("how much public ground is enough, 10 to 50 % of a cell"),
    "offsets": N_("the distances kept clear, half, as given or twice"),
}
SPREAD, ENOUGH = 0.2, (0.1, 0.5)
FIRM = 0.9  # share of the draws in which a place must be among the first to be called firm, the same


def needs(here: Town, people: pd.DataFrame, radius: float = 300.0) -> pd.DataFrame:
    """What the surroundings of each cell need, before heat: shade, for many, for the vulnerable.

    Parameters
    ----------
    here : Town
    people : DataFrame
        ``population``, ``old`` and ``under_6`` of each cell.
    radius : float
        Metres around a cell that count.

    Returns
    -------
    DataFrame
        ``bare`` (share of the ground around without canopy), ``residents`` around, and ``vulnerable``: the share of
        them who are old or under 6, or in the one of these groups that the census gives. Their number would be the
        residents once more.
    """
    around = placing.around(here.cells, people, radius)
    found = 1 - rule.neighbourhood(here.cells, here.cells, here.canopy(), radius).to_frame("bare")
    vulnerable = around[["old", "under_6"]].sum(axis=1) / around["population"].clip(lower=1)
    return found.assign(residents=around["population"], vulnerable=vulnerable)


def draw(
    needs: pd.DataFrame,
    zones: pd.DataFrame,
    rooms: Mapping[str, pd.Series],
    *,
    weights: Mapping[str, float] | None = None,
    enough: float = 0.25,
    vary: Sequence[str] = tuple(CHOICES),
    draws: int = 500,
    top: float = 0.1,
    seed: int = 0,
) -> pd.DataFrame:
    """Order places by need times room, then again with drawn choices: how often is each among the first?

    Parameters
    ----------
    needs : DataFrame
        Indicators beside heat, more meaning more need; a place without one of them is not ranked.
    zones : DataFrame
        Shares of climate zones of each place (0 to 1), columns 1 to 17, as `datakit.vegetation.exposure.zones` gives
        them; a place with less than half of its ground mapped is not ranked.
    rooms : dict of str to Series
        Plantable share (0 to 1) under each set of distances; the first is the one that is taken. The order should rest
        on the ground that may be planted: public ground, where a city decides. Missing: not ranked.
    weights : dict of str to float, optional
        Of ``"heat"`` and the columns of ``needs`` in the order that is judged; all alike without.
    enough : float
        See `datakit.vegetation.priority.feasibility`.
    vary : sequence of str
        Which of `CHOICES` are drawn; the others stay as given.
    draws : int
    top : float
        Share of the places that is "the first".
    seed : int

    Returns
    -------
    DataFrame
        Index of ``needs``: ``heat`` (0 to 1), ``need``, ``priority`` (0 to 1), ``rank`` (1 is first), ``first``
        (whether it is among the first) and ``top_share`` (of the draws, 0 to 1, in which it is).

    Raises
    ------
    WrongUse
        An unknown choice, no draw, or tables that do not fit.
    CannotAnswer
        A need is known nowhere: no order rests on it.
    """
    names = ["heat", *needs.columns]
    if len(needs) and (unknown := [name for name in needs if needs[name].isna().all()]):
        raise CannotAnswer(
            "needs", _("{names} is known nowhere").format(names=", ".join(unknown)), next=_("leave it out")
        )
    given = np.array([1.0 if weights is None else float(weights.get(name, 0)) for name in names])
    if set(vary) - set(CHOICES) or draws < 1 or not rooms or not (given >= 0).all() or not given.sum() > 0:
        raise WrongUse("draw", _("no such choice, no draw, no room or no weight"), expected=", ".join(CHOICES))
    if not all(frame.index.equals(needs.index) for frame in (zones, *rooms.values())):
        raise WrongUse(
            "draw",
            _("the tables have one row for each place, in one order"),
            found=_("{n} places").format(n=len(needs)),
        )
    shares = zones[[c for c in zones if c in LCZ_HEAT]]
    scores = np.array([LCZ_HEAT[c] for c in shares])
    mapped = shares.sum(axis=1).to_numpy()
    shares = shares.to_numpy() / np.where(mapped > 0, mapped, np.nan)[:, None]
    free = [np.asarray(room, float) for room in rooms.values()]
    known = np.isfinite(needs).all(axis=1).to_numpy() & (mapped >= 0.5) & np.isfinite(free).all(axis=0)
    ranks = np.column_stack([percent_rank(needs[name].where(known)) for name in needs])
    count = max(1, round(top * known.sum()))

    def order(weight, score, least, room):
        heat = np.where(known, shares @ score, np.nan)
        need = np.column_stack([percent_rank(heat), ranks]) @ (weight / weight.sum())
        return heat, need, need * feasibility(room, least)

    heat, need, base = order(given, scores, enough, free[0])
    rng, hits = np.random.default_rng(seed), np.zeros(len(needs))
    for _draw in range(draws):
        # All is drawn each time, used or not: what one choice does alone is compared on the same draws.
        flat, moved = rng.dirichlet(np.ones(len(names))), rng.uniform(-SPREAD, SPREAD, len(scores))
        least, which = rng.uniform(*ENOUGH), rng.integers(len(free))
        score = order(
            flat if "weights" in vary else given,
            np.clip(scores + moved, 0, 1) if "heat" in vary else scores,
            least if "enough" in vary else enough,
            free[which] if "offsets" in vary else free[0],
        )[2]
        hits += _first(score, known, count)
    out = pd.DataFrame({"heat": heat, "need": need, "priority": base}, index=needs.index)
    out["rank"] = out["priority"].rank(ascending=False, method="first")
    out["first"] = _first(base, known, count)
    out["top_share"] = np.where(known, hits / draws, np.nan)
    return out


def _first(score, known, count):
    """Which places are among the first; of equal ones, those that come first in the table."""
    place = np.argsort(-np.where(known, score, -np.inf), kind="stable")[:count]
    first = np.zeros(len(score), bool)
    first[place] = known[place]
    return first


def by_choice(
    needs: pd.DataFrame, zones: pd.DataFrame, rooms: Mapping[str, pd.Series], *, draws: int = 200, **asked: Any
) -> pd.DataFrame:
    """How many of the first places stay firm when one choice is drawn alone, and when all are.

    Parameters
    ----------
    needs, zones, rooms, draws, **asked
        See `draw`.

    Returns
    -------
    DataFrame
        ``drawn`` (in words), ``first`` (places) and ``firm`` (those that are among the first in nine draws of ten);
        what the order depends on most comes first, all together last.
    """
    rows = []
    for name, words in (*CHOICES.items(), ("all", N_("all of these together"))):
        vary = tuple(CHOICES) if name == "all" else (name,)
        found = draw(needs, zones, rooms, draws=draws, vary=vary, **asked)
        rows.append((_(words), int(found["first"].sum()), int((found["first"] & (found["top_share"] >= FIRM)).sum())))
    table = pd.DataFrame(rows, columns=["drawn", "first", "firm"])
    return pd.concat([table[:-1].sort_values("firm", kind="stable"), table[-1:]], ignore_index=True)
