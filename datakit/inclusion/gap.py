"""Need and access together: where both are bad, which kinds of areas there are, and how far the answer is ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.extras import needed_by
from datakit.inclusion import people as inhabitants
from datakit.inclusion import privacy
from datakit.inclusion.services import CATEGORIES
from datakit.language import N_, _
from datakit.show.answers import Value
from datakit.show.style import number

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes


# Need darkens towards blue, bad access towards orange; both together are nearly black. Blue and orange stay apart for
# the common kinds of colour blindness, and the diagonal is ordered by lightness.
COLOURS = (
    ("#e8e6e1", "#f2c590", "#e08214"),  # low need: good, middling, bad access
    ("#a9c4dd", "#a89a94", "#8f5b2a"),
    ("#3f7cb5", "#4a5d78", "#2b2320"),  # high need
)
LEVELS = (N_("low need"), N_("middling need"), N_("high need"))
WAYS = (N_("good access"), N_("middling access"), N_("bad access"))
UNKNOWN = N_("cannot be said")
# A typology by rule, so that every group can be described and nobody has to trust an algorithm's names.
GROUPS = {
    N_("far and in need"): N_(
        "Services are far and many inhabitants may need them: distance can be a reason, and a nearer place can help. "
        "The data do not say who stays away, nor why."
    ),
    N_("near, yet in need"): N_(
        "Services are near: if people stay away, the reason is another one (hours, language, steps, fear, shame, not "
        "knowing). No open data tell them apart: ask."
    ),
    N_("far, less need"): N_(
        "Distance weighs less where people have cars, money and habits: some of them have none of it, and averages "
        "hide them."
    ),
    N_("near, less need"): N_("Neither distance nor need stands out. It is not a place without people in need."),
    UNKNOWN: N_("Figures are secret, hidden by the small-number rule, or missing: silence here is not good news."),
}


LEAST_KINDS = 3  # of services: with fewer, "far from several" says little. A choice of this kit
STATES = (N_("far, and older or alone"), N_("far"), N_("far, figures not shown"), N_("not far"))
WHY = (N_("older, and alone"), N_("older"), N_("living alone"))
SHOWN = ("pop_75_plus_pct", "living_alone_pct", "social_housing_pct", "poverty_rate", "median_income")


@dataclass(frozen=True, eq=False)
class First:
    """What `first` found.

    Attributes
    ----------
    table : GeoDataFrame
        The areas, for showing: what the small-number rule hides is empty. ``lacks`` (kinds of services that are far),
        ``which``, ``state`` (one of `STATES`; missing where no way is known), ``why`` ("older", "living alone", "older,
        and alone") and ``care`` (`datakit.inclusion.people.care` of those aged 75 or older).
    listed : GeoDataFrame
        Those looked at first, those that lack most above.
    low, high : int
        How many they would be at both ends of what the ways leave open.
    hidden : int
        Areas whose figures are not shown: they cannot be on the list.
    """

    table: gpd.GeoDataFrame
    listed: gpd.GeoDataFrame
    low: int
    high: int
    hidden: int


def lacking(access: pd.DataFrame, *, half: float = 50.0) -> pd.DataFrame:
    """Of how many kinds of service most inhabitants of an IRIS are far.

    Parameters
    ----------
    access : DataFrame
        From `datakit.inclusion.access.by_area`, by ``iris``.
    half : float
        % of the inhabitants from which on the IRIS counts as far.

    Returns
    -------
    DataFrame
        Indexed by ``iris``: ``lacks``, ``lacks_low``, ``lacks_high`` (number of kinds) and ``which`` (in words). An
        IRIS of which no share is known is left out: it is not near.
    """
    known = access.dropna(subset="far_pct").set_index("iris")
    shares = {"lacks": "far_pct", "lacks_low": "far_low_pct", "lacks_high": "far_high_pct"}
    out = pd.DataFrame({name: (known[share] >= half).groupby(level=0).sum() for name, share in shares.items()})
    words = known["category"].map({kind: _(label) for kind, label in CATEGORIES.items()}).fillna(known["category"])
    which = words[known["far_pct"] >= half].groupby(level=0).agg(_("; ").join)
    return out.assign(which=which.reindex(out.index).fillna(""))


def first(
    areas: gpd.GeoDataFrame,
    lacks: pd.DataFrame,
    kinds: int,
    enough: int = LEAST_KINDS,
    minimum: float = privacy.MIN_HOUSEHOLDS,
) -> First:
    """The areas to look at first: far from several kinds of services, and older or more often alone than others.

    Far is that most inhabitants are; older or alone, that the area is in the quarter of the inhabitants who live where
    such shares are highest (`datakit.inclusion.people.top_quarter`). Figures are hidden before anything is chosen: to
    be on this list says something about the inhabitants, too.

    Parameters
    ----------
    areas : GeoDataFrame
        Of `datakit.inclusion.areas.iris`.
    lacks : DataFrame
        Of `lacking`.
    kinds : int
        Kinds of services that were measured.
    enough : int
        Kinds that must be far.
    minimum : float
        See `datakit.inclusion.privacy.suppress`.

    Returns
    -------
    First

    Raises
    ------
    CannotAnswer
        Fewer than `LEAST_KINDS` kinds were measured: a list made of one or two would only repeat them.
    """
    if kinds < max(LEAST_KINDS, enough):
        raise CannotAnswer(
            _("areas to look at first"),
            _("too few kinds of services have places in this run"),
            expected=_("{n} or more").format(n=max(LEAST_KINDS, enough)),
            found=str(kinds),
        )
    figures = {name: inhabitants.SHARES.get(name, "pct") for name in SHOWN if name in areas}
    if "median_income" in figures:
        figures["median_income"] = "amount"
    public = ("population", "lacks", "lacks_low", "lacks_high")
    made = areas.merge(lacks.reset_index(), on="iris", how="left").dropna(subset="lacks")
    table = privacy.suppress(made, figures, count="households", public=public, minimum=minimum, within="commune")
    older = inhabitants.top_quarter(table["pop_75_plus_pct"], table["population"])
    alone = inhabitants.top_quarter(table["living_alone_pct"], table["population"])
    told = table["pop_75_plus_pct"].notna() & table["living_alone_pct"].notna()
    is_far = table["lacks"] >= enough
    chosen = is_far & (older | alone)
    table["state"] = np.select([chosen, is_far & told, is_far], STATES[:3], STATES[3])
    table["why"] = np.select([older & alone, older, alone], WHY, "")
    table["care"] = inhabitants.care(table["pop_75_plus"]).replace("", N_("with confidence"))
    listed = table[chosen].sort_values(["lacks", "pop_75_plus_pct"], ascending=False)
    low, high = (int(((table[c] >= enough) & (older | alone)).sum()) for c in ("lacks_low", "lacks_high"))
    nowhere = ~areas["iris"].isin(table["iris"])  # no way is known: not the same as near
    if nowhere.any():
        known = ["iris", "commune", "name", areas.geometry.name]
        table = pd.concat([table, areas.loc[nowhere, known]], ignore_index=True)
        table.attrs = areas.attrs
    return First(table, listed, min(low, len(listed)), max(high, len(listed)), int((~told).sum()))


def thirds(values: pd.Series, people: pd.Series) -> pd.Series:
    """Cut areas into three classes with a third of the people in each, as nearly as whole areas allow.

    Parameters
    ----------
    values : Series
        Higher is worse.
    people : Series

    Returns
    -------
    Series of Int64
        0, 1, 2; missing where a value is. Equal values are in one class.
    """
    values, people = pd.to_numeric(values).astype(float), pd.to_numeric(people).astype(float).fillna(0)
    known = values.notna()
    total = people[known].sum()
    by_value = people[known].groupby(values[known]).sum()
    # An area belongs where the middle of its people is.
    middle = (by_value.cumsum() - by_value / 2) / total if total > 0 else by_value * np.nan
    place = values[known].map(np.floor(3 * middle).clip(0, 2))
    return place.reindex(values.index).astype("Int64")


def bivariate(need: pd.Series, cost: pd.Series, people: pd.Series) -> pd.DataFrame:
    """One of nine classes for each area, and its colour.

    Parameters
    ----------
    need : Series
        Higher is more need.
    cost : Series
        Metres or minutes to services: higher is worse.
    people : Series

    Returns
    -------
    DataFrame
        ``need_class``, ``access_class`` (0 to 2), ``label`` ("high need, bad access" or "cannot be said") and
        ``colour``.
    """
    a, b = thirds(need, people), thirds(cost, people)
    both = a.notna() & b.notna()
    out = pd.DataFrame({"need_class": a, "access_class": b, "label": UNKNOWN, "colour": "#ffffff"}, index=need.index)
    out.loc[both, "label"] = [f"{LEVELS[x]}, {WAYS[y]}" for x, y in zip(a[both], b[both], strict=True)]
    out.loc[both, "colour"] = [COLOURS[x][y] for x, y in zip(a[both], b[both], strict=True)]
    return out


def in_words(label: str) -> str:
    """A class of `bivariate` or a group of `typology` in the user's language."""
    parts = (label.split(", ")) if label.endswith(WAYS) else [label]
    return ", ".join(map(_, parts))


def square(ax: Axes, classes: pd.DataFrame, people: pd.Series) -> pd.DataFrame:
    """The nine classes as a square, the form in which two variables are read at once, with the people in each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Of `datakit.show.charts.figure`.
    classes : DataFrame
        From `bivariate`.
    people : Series
        On the same index.

    Returns
    -------
    DataFrame
        ``people`` in each class: rows are `LEVELS`, columns `WAYS`.
    """
    with needed_by(__name__):
        from matplotlib.colors import to_rgb

    told = classes[["need_class", "access_class"]].assign(people=pd.to_numeric(people).astype(float)).dropna()
    of = told.astype(float).pivot_table(index="need_class", columns="access_class", values="people", aggfunc="sum")
    of = of.reindex(index=range(3), columns=range(3)).fillna(0.0)
    rgb = np.array([[to_rgb(colour) for colour in row] for row in COLOURS])
    ax.imshow(rgb, origin="lower")
    for row in range(3):
        for column in range(3):
            dark = rgb[row, column] @ (0.299, 0.587, 0.114) < 0.5  # Rec. 601 luma, enough to choose black or white
            ax.text(
                column,
                row,
                number(of.loc[row, column], 0),
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
            )
    ax.set_xticks(range(3), [_(way).replace(" ", "\n") for way in WAYS], fontsize=8)
    ax.set_yticks(range(3), [_(level) for level in LEVELS], fontsize=8)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    return of.set_axis(list(LEVELS)).set_axis(list(WAYS), axis=1)


def typology(
    need: pd.Series, cost: pd.Series, people: pd.Series, *, far: float, needy: float | None = None
) -> pd.Series:
    """The group of each area, by rule.

    Parameters
    ----------
    need, cost, people : Series
        See `bivariate`.
    far : float
        Cost from which services are far.
    needy : float, optional
        Need from which an area is in need; by default the level above which a third of the people live.

    Returns
    -------
    Series of str
        A key of `GROUPS`.
    """
    need, cost = pd.to_numeric(need).astype(float), pd.to_numeric(cost).astype(float)
    much = thirds(need, people).eq(2).fillna(False) if needy is None else need >= needy
    is_far = cost > far
    out = np.select(
        [need.isna() | cost.isna(), is_far & much, much, is_far],
        [UNKNOWN, "far and in need", "near, yet in need", "far, less need"],
        "near, less need",
    )
    return pd.Series(out, index=need.index, dtype="str")


def shares(classes: pd.DataFrame, people: pd.Series) -> pd.Series:
    """The people of each class of `bivariate`, in % of those whose class can be said."""
    told = classes["label"].ne(UNKNOWN)
    number = pd.to_numeric(people).astype(float).reindex(classes.index).where(told)
    found = 100 * number.groupby(classes["label"]).sum().drop(UNKNOWN, errors="ignore") / number.sum()
    return found.rename(N_("inhabitants (%)"))


def describe(groups: pd.Series, table: pd.DataFrame, people: pd.Series, columns: dict[str, str]) -> pd.DataFrame:
    """How many areas and people each group has, and what they are like on average.

    Parameters
    ----------
    groups : Series
        Of `typology`.
    table : DataFrame
        With ``columns``, rates or costs of each area.
    people : Series
    columns : dict of str to str
        Column to label.

    Returns
    -------
    DataFrame
        Index: groups, in the order of `GROUPS`; ``areas``, ``people``, ``people_pct`` (% of all), the labels (means
        weighted by people, over the areas in which they are known) and ``what it says``.
    """
    people = pd.to_numeric(people).astype(float).fillna(0)
    out = pd.DataFrame({"areas": groups.value_counts(), "people": people.groupby(groups).sum()})
    out["people_pct"] = 100 * out["people"] / people.sum()
    for column, label in columns.items():
        values = pd.to_numeric(table[column]).astype(float)
        weight = people.where(values.notna())
        total = weight.groupby(groups).sum()
        out[label] = (values * weight).groupby(groups).sum() / total.where(total > 0)
    out = out.reindex([g for g in GROUPS if g in out.index])
    out[N_("what it says")] = [_(GROUPS[g]) for g in out.index]
    return out


def reasons(described: pd.DataFrame) -> dict[str, Value]:
    """Figures of an answer about `describe`: who lives in need ``far`` from a place, and ``near`` one (%)."""
    share = described["people_pct"].reindex(list(GROUPS)).fillna(0)
    return {
        "far": Value(share["far and in need"], "%", decimals=0),
        "near": Value(share["near, yet in need"], "%", decimals=0),
    }


def steadiness(
    parts: pd.DataFrame, people: pd.Series, draws: int = 1000, top: float = 1 / 3, seed: int = 0
) -> pd.Series:
    """How often each area is among those in most need when the weights of the parts are drawn at random.

    Parameters
    ----------
    parts : DataFrame
        One column for each part of the need, on one scale (see `datakit.inclusion.need.fragility`).
    people : Series
    draws : int
        Sets of weights, from a flat Dirichlet distribution: every mixture of the parts is as likely as any other.
    top : float
        Share of the people that live in the areas looked at.
    seed : int

    Returns
    -------
    Series
        0 to 1; missing where a part is. Near 1 or 0 the weights do not matter; in between they decide.
    """
    if not 0 < top < 1 or draws < 1:
        raise WrongUse("steadiness", _("a share between 0 and 1, and one draw at least"), found=f"{top}, {draws}")
    known = parts.notna().all(axis=1)
    n = pd.to_numeric(people).astype(float).fillna(0)[known].to_numpy()
    weights = np.random.default_rng(seed).dirichlet(np.ones(parts.shape[1]), draws)
    scores = parts[known].to_numpy(float) @ weights.T
    order = np.argsort(-scores, axis=0, kind="stable")
    before = np.cumsum(n[order], axis=0) - n[order] / 2
    chosen = np.zeros(scores.shape, bool)
    np.put_along_axis(chosen, order, before <= top * n.sum(), axis=0)
    out = pd.Series(np.nan, index=parts.index, name="steadiness")
    out[known] = chosen.mean(axis=1)
    return out
