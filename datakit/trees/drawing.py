"""The figures of the chapters on trees: each returns a picture with its words."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.show import charts, maps
from datakit.show.style import OTHER_COLOUR
from datakit.trees import scoring
from datakit.trees.inventory import taxa

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from datakit.show.charts import Shown
    from datakit.show.maps import Map

    Tables = Iterable[pd.DataFrame]

WHITE = {"fc": "#ffffff", "ec": "none", "pad": 0.8}  # behind words that may lie on a bar
GENERA = 7  # that colours tell apart on a map


def in_french(names: Iterable[str]) -> list[str]:
    """Botanical names with the French one of the kit's reference: "Acer campestre (Érable champêtre)"."""
    french = taxa.reference()["nom_fr"]
    known = {name: french.get(name) for name in dict.fromkeys(names)}
    return [f"{name} ({known[name]})" if isinstance(known[name], str) and known[name] else str(name) for name in names]


def commonest(counts: pd.Series, plural: str, data: Tables, top: int = 12) -> Shown:
    """Bars of the commonest taxa, from a count of each, the commonest first."""
    table = pd.DataFrame({"taxon": in_french(counts.index[:top]), "trees": counts.to_numpy()[:top]})
    title = f"The commonest of {len(counts)} {plural}"
    alt = f"Bars of the commonest {plural}: {table['taxon'][0]} comes first with {charts.number(counts.iloc[0])} trees."
    fig, _ = charts.bars(table, "trees", "taxon", title=title, unit="standing trees", alt=alt, data=data)
    return charts.show(fig)


def by_genus(trees: gpd.GeoDataFrame, genus: pd.Series, outline: gpd.GeoDataFrame | None, data: Tables) -> Map:
    """Every tree as a dot, coloured by genus: the commonest have a colour, the others share one."""
    counts = genus.value_counts()
    if not len(counts):
        raise CannotAnswer("genus", "the inventory names no tree")
    first = counts.index[:GENERA]
    rest = f"one of {len(counts) - len(first)} rarer genera, or not named"
    hues = dict(zip(first, charts.CATEGORICAL, strict=False)) | {rest: OTHER_COLOUR}
    told = {name: text for name, text in (("taxon", "taxon"), ("adresse", "place")) if name in trees}
    return maps.points(
        trees.assign(genus=genus.where(genus.isin(first), rest))[["genus", *told, "geometry"]],
        colour="genus",
        colours=hues,
        labels="taxon" if "taxon" in told else None,
        tooltip=told,
        outline=outline,
        title="Every standing tree, by genus",
        caption="One dot for each tree that its owner manages; zoom in to see streets of a single genus. A street "
        "without dots may well have trees, in gardens for example.",
        alt=f"Map of {charts.number(len(trees))} trees; the commonest genera are {', '.join(first[:3])}.",
        data=data,
    )


def limits(rule: pd.DataFrame, redrawn: str, data: Tables) -> Shown:
    """The commonest species, genus and family against Santamour's limits, from `diversity.ten_twenty_thirty`."""
    shares = rule.dropna(subset="share_pct").assign(name=lambda t: t["level"] + ": " + t["taxon"])
    fig, ax = charts.bars(
        shares,
        "share_pct",
        "name",
        low="low",
        high="high",
        title="Share of the commonest taxon, against Santamour's limits",
        unit=f"share of the trees named (%); thin line: 95 % of the draws of whole {redrawn}",
        alt="; ".join(f"{r.name} {r.share_pct:.1f} %, limit {r.limit_pct} %" for r in shares.itertuples()),
        data=data,
    )
    ax.plot(shares["limit_pct"], range(len(shares)), "|", ms=26, mew=3, color=charts.CATEGORICAL[1])
    for row, limit in enumerate(shares["limit_pct"]):
        ax.annotate(
            f"limit {limit} %",
            (limit, row - 0.36),
            (4, 0),
            textcoords="offset points",
            fontsize=8,
            va="top",
            bbox=WHITE,
        )
    ax.set_xlim(right=max(ax.get_xlim()[1], 1.2 * shares["limit_pct"].max()))
    return charts.show(fig)


def by_place(areas: gpd.GeoDataFrame, outline: gpd.GeoDataFrame | None, kind: str, data: Tables) -> Map:
    """The share of the commonest genus in each place: ``place``, ``taxon``, ``trees``, ``share_pct`` and shapes."""
    told = areas.dropna(subset="share_pct").sort_values("share_pct", ascending=False)
    if told.empty:
        raise CannotAnswer("places", "no place has enough named trees", expected="50 in one place")
    return maps.choropleth(
        areas,
        "share_pct",
        labels="place",
        outline=outline,
        tooltip={"taxon": "commonest genus", "trees": "standing trees"},
        title=f"Share of the commonest genus, by {kind}",
        unit="% of the trees",
        legend="commonest genus",
        caption=f"Fewer than 50 trees: no data. The genus is not the same in every {kind}: point at one to read it.",
        alt=f"Map of {len(told)} places; the highest share is {told['share_pct'].iloc[0]:.0f} % of "
        f"{told['taxon'].iloc[0]} in {told['place'].iloc[0]}.",
        data=data,
    )


def inventories(compared: pd.DataFrame, plural: str, data: Tables) -> Shown:
    """Effective numbers of taxa, from `comparing.compare`."""
    table = compared.sort_values("effective", ascending=False)
    fig, _ = charts.bars(
        table,
        "effective",
        "place",
        low="low",
        high="high",
        title=f"Diversity among {charts.number(compared['n'].iloc[0])} trees drawn from each inventory",
        unit=f"effective number of {plural}; thin line: 95 % of the draws",
        alt=f"Effective number of {plural}: " + ", ".join(f"{r.place} {r.effective:.1f}" for r in table.itertuples()),
        data=data,
    )
    return charts.show(fig)


def threats(table: pd.DataFrame, data: Tables) -> Shown:
    """Hosts of each threat, and the trees of which nobody can tell, from `exposure.threat_table`."""
    table = table.sort_values("share_pct", ascending=False).reset_index(drop=True)
    alt = "Share of the standing trees: " + "; ".join(f"{r.name_en} {r.share_pct:.0f} %" for r in table.itertuples())
    fig, ax = charts.figure(alt, title="What each threat puts at risk", size=(8.5, 4.4), data=data)
    rows, unknown = np.arange(len(table)), table["share_high_pct"] - table["share_pct"]
    ax.barh(rows, table["share_pct"], 0.7, color=charts.CATEGORICAL[0], label="hosts, or sensitive")
    ax.barh(
        rows,
        unknown,
        0.7,
        left=table["share_pct"],
        label="not named or not rated: nobody can tell",
        color="#ffffff",
        edgecolor="#777777",
        hatch="////",
        lw=0.6,
    )
    for row, share in zip(rows, table["share_pct"], strict=True):
        ax.annotate(
            charts.number(share, 1),
            (share, row),
            (3, 0),
            textcoords="offset points",
            fontsize=8.5,
            va="center",
            bbox=WHITE,
        )
    ax.set_yticks(rows, table["name_en"])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel="share of the standing trees (%)", xlim=(0, 100))
    ax.legend(loc="lower right", fontsize=8)
    return charts.show(fig)


def ages(years: pd.Series, data: Tables) -> Shown:
    """A histogram of ages, those of 120 years and more in the last bar."""
    years = years.dropna()
    alt = f"Ages of {charts.number(len(years))} trees; half are older than {years.median():.0f} years."
    fig, ax = charts.figure(alt, title="Age of the standing trees", size=(8, 3.6), data=data)
    ax.hist(years.clip(upper=119), bins=range(0, 125, 5), color=charts.CATEGORICAL[0])
    ax.axvline(years.median(), color="#222222", ls="--", lw=1, label="half are older")
    ax.set(xlabel="age (years; the last bar holds all older trees)", ylabel="trees")
    ax.legend(fontsize=8)
    return charts.show(fig)


def sizes(table: pd.DataFrame, data: Tables) -> Shown:
    """Classes of trunk diameter beside Richards' target, from `structure.against_richards`."""
    alt = "; ".join(
        f"{r.diameter} {r.share_pct:.0f} % of the trunks, target {r.target_pct} %" for r in table.itertuples()
    )
    title = "Trunks, beside a population that renews itself"
    fig, ax = charts.figure(alt, title=title, size=(8, 3.6), data=data)
    bars = np.arange(len(table))
    for place, name, label in ((-0.2, "share_pct", "this inventory"), (0.2, "target_pct", "Richards (1983)")):
        drawn = ax.bar(bars + place, table[name], 0.4, label=label, color=charts.CATEGORICAL[int(place > 0)])
        ax.bar_label(drawn, [charts.number(share, 0) for share in table[name]], fontsize=8.5, padding=2)
    ax.set_xticks(bars, table["diameter"])
    ax.grid(axis="x", visible=False)
    ax.set(xlabel="trunk diameter at breast height", ylabel="share of the trunks measured (%)")
    ax.legend(fontsize=8)
    return charts.show(fig)


def trials(table: pd.DataFrame, data: Tables) -> Shown:
    """What was found of hidden crowns, as a share of the truth, from `hiding.trial`."""
    share = table.assign(**{name: 100 * table[name] / table["true"] for name in ("area", "low", "high")})
    fig, _ = charts.bars(
        share,
        "area",
        "hidden",
        low="low",
        high="high",
        title="Crowns hidden on purpose: what the others say of them",
        unit="estimate, in % of the true sum; thin line: 95 % interval",
        reference=(100, "the truth"),
        alt="; ".join(f"hidden {r.hidden}: {r.area:.0f} % ({r.low:.0f} to {r.high:.0f})" for r in share.itertuples()),
        data=data,
    )
    return charts.show(fig)


def held_out(target: ArrayLike, scores: pd.DataFrame, data: Tables) -> Shown:
    """Average precision of one model, by what was held out."""
    target = np.asarray(target, dtype=bool)
    worth = {way: scoring.average_precision(target, scores[way].to_numpy(dtype=float)) for way in scores}
    fig, _ = charts.bars(
        pd.DataFrame({"way": worth.keys(), "worth": worth.values()}).sort_values("worth", ascending=False),
        "worth",
        "way",
        title="One model, one table: what is held out decides what it seems worth",
        unit="average precision (0 to 1)",
        reference=(float(target.mean()), "chance"),
        alt="Average precision with " + ", ".join(f"{way} held out {value:.2f}" for way, value in worth.items()),
        data=data,
    )
    return charts.show(fig)


def lists(target: ArrayLike, scores: pd.DataFrame, visits: int, data: Tables) -> Shown:
    """What each list finds, as one goes down it."""
    target = np.asarray(target, dtype=bool)
    found = {name: target.sum() * scoring.recall_at(target, scores[name], visits) for name in scores}
    alt = f"Of the trees lost, {visits} visits find " + ", ".join(f"{name} {n:.0f}" for name, n in found.items())
    fig, ax = charts.figure(alt, title="Lost trees that each list finds again", size=(8, 4.2), data=data)
    reach = np.unique(np.linspace(1, min(10 * visits, len(target)), 60).astype(int))
    for name, hue in zip(scores, ("#777777", *charts.CATEGORICAL), strict=False):  # grey: chance, which is no list
        curve = [target.sum() * scoring.recall_at(target, scores[name], k) for k in reach]
        ax.plot(reach, curve, color=hue, label=name)
    ax.axvline(visits, color="#555555", ls=":", lw=1, label=f"{visits} visits")
    ax.set(xlabel="trees visited, highest score first", ylabel=f"lost trees found again, of {target.sum()}")
    charts.legend(ax, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return charts.show(fig)


def calibration(groups: pd.DataFrame, data: Tables) -> Shown:
    """Score against the share really lost, from `scoring.calibration`."""
    last = groups.iloc[-1]
    alt = (
        f"Highest of {len(groups)} groups: the score says {last.predicted_pct:.1f} %, {last.lost_pct:.1f} % were lost."
    )
    fig, ax = charts.figure(alt, title="Can the scores be believed as shares?", size=(6, 4), data=data)
    top = 1.1 * groups[["predicted_pct", "lost_pct"]].max().max()
    ax.plot(
        groups["predicted_pct"], groups["lost_pct"], "o-", color=charts.CATEGORICAL[0], label="a tenth of the trees"
    )
    ax.plot([0, top], [0, top], ls="--", lw=1, color="#555555", label="said and lost agree")
    ax.set(xlabel="score (%), on held-out sectors", ylabel="trees really lost (%)")
    ax.legend(fontsize=8)
    return charts.show(fig)


def visits(listed: gpd.GeoDataFrame, outline: gpd.GeoDataFrame | None, data: Tables) -> Map:
    """The trees to look at first, a dot each."""
    told = {"taxon": "taxon", "adresse": "address", "round": "round", "order": "stop", "why": "why"}
    told = {name: text for name, text in told.items() if name in listed}
    bands = _bands(listed["rank"])
    return maps.points(
        listed.assign(band=bands).sort_values("rank", ascending=False)[[*told, "rank", "band", "geometry"]],
        colour="band",
        colours=dict(zip(bands.cat.categories, charts.palette(len(bands.cat.categories))[::-1], strict=True)),
        legend="rank on the list",
        labels="taxon" if "taxon" in told else None,
        tooltip={"rank": "rank"} | {name: text for name, text in told.items() if name != "taxon"},
        outline=outline,
        title=f"The {len(listed)} standing trees to look at first",
        caption="A list of places to send a person to, not of trees to fell. Rank 1 is to be seen first.",
        alt=f"Map of {len(listed)} trees in {listed['round'].nunique()} rounds.",
        data=data,
    )


def _bands(ranks, most=5):
    """Ranks in a few bands of as many each; the map gives the first, which is to be seen first, the darkest colour."""
    last = int(ranks.max())
    edges = np.unique(np.linspace(0, last, min(most, last) + 1).round().astype(int))
    names = [f"{a + 1} to {b}" if b > a + 1 else str(b) for a, b in pairwise(edges)]
    return pd.cut(ranks, edges, labels=names)
