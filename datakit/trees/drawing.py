"""The figures of the chapters on trees: each returns a picture with its words."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer
from datakit.language import N_, _, ngettext, pgettext
from datakit.show import charts, maps
from datakit.show.style import OTHER_COLOUR
from datakit.trees import choosing, scoring
from datakit.trees.diversity import level_name
from datakit.trees.inventory import taxa
from datakit.trees.visits import heads as visits_heads

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from datakit.show.charts import Shown
    from datakit.show.maps import Map

    Tables = Iterable[pd.DataFrame]

WHITE = {"fc": "#ffffff", "ec": "none", "pad": 0.8}  # behind words that may lie on a bar
GENERA = 7  # that colours tell apart on a map
TOLD = ("taxon", "adresse", "round", "order", "why")  # of a tree to visit, on the map


def in_french(names: Iterable[str]) -> list[str]:
    """Botanical names with the French one of the kit's reference: "Acer campestre (Érable champêtre)"."""
    french = taxa.reference()["nom_fr"]
    known = {name: french.get(name) for name in dict.fromkeys(names)}
    return [f"{name} ({known[name]})" if isinstance(known[name], str) and known[name] else str(name) for name in names]


COMMONEST = {"species": N_("The commonest of {n} species"), "genera": N_("The commonest of {n} genera")}
BARS = {
    "species": N_("Bars of the commonest species: {first} comes first with {n} trees."),
    "genera": N_("Bars of the commonest genera: {first} comes first with {n} trees."),
}


def commonest(counts: pd.Series, plural: str, data: Tables, top: int = 12) -> Shown:
    """Bars of the commonest taxa, from a count of each, the commonest first."""
    table = pd.DataFrame({"taxon": in_french(counts.index[:top]), "trees": counts.to_numpy()[:top]})
    title = _(COMMONEST[plural]).format(n=len(counts))
    alt = _(BARS[plural]).format(first=table["taxon"][0], n=charts.number(counts.iloc[0]))
    return charts.show(
        charts.bars(table, "trees", "taxon", title=title, unit=_("standing trees"), alt=alt, data=data)[0]
    )


def by_genus(trees: gpd.GeoDataFrame, genus: pd.Series, outline: gpd.GeoDataFrame | None, data: Tables) -> Map:
    """Every tree as a dot, coloured by genus: the commonest have a colour, the others share one."""
    counts = genus.value_counts()
    if not len(counts):
        raise CannotAnswer(_("genus"), _("the inventory names no tree"))
    first = counts.index[:GENERA]
    rest = _("one of {n} rarer genera, or not named").format(n=len(counts) - len(first))
    hues = dict(zip(first, charts.CATEGORICAL, strict=False)) | {rest: OTHER_COLOUR}
    told = {name: text for name, text in (("taxon", _("taxon")), ("adresse", _("place"))) if name in trees}
    return maps.points(
        trees.assign(genus=genus.where(genus.isin(first), rest))[["genus", *told, "geometry"]],
        colour="genus",
        colours=hues,
        labels="taxon" if "taxon" in told else None,
        tooltip=told,
        outline=outline,
        title=_("Every standing tree, by genus"),
        caption=_(
            "One dot for each tree that its owner manages; zoom in to see streets of a single genus. A street "
            "without dots may well have trees, in gardens for example."
        ),
        alt=_("Map of {n} trees; the commonest genera are {genera}.").format(
            n=charts.number(len(trees)), genera=", ".join(first[:3])
        ),
        data=data,
    )


def limits(rule: pd.DataFrame, redrawn: str, data: Tables) -> Shown:
    """The commonest species, genus and family against Santamour's limits, from `diversity.ten_twenty_thirty`."""
    shares = rule.dropna(subset="share_pct")
    names = [_("{level}: {taxon}").format(level=level_name(r.level), taxon=r.taxon) for r in shares.itertuples()]
    shares, alt = shares.assign(name=names), _("{name} {share} %, limit {limit} %")
    alts = [
        alt.format(name=r.name, share=charts.number(r.share_pct, 1), limit=charts.number(r.limit_pct))
        for r in shares.itertuples()
    ]
    fig, ax = charts.bars(
        shares,
        "share_pct",
        "name",
        low="low",
        high="high",
        title=_("Share of the commonest taxon, against Santamour's limits"),
        unit=_("share of the trees named (%); thin line: 95 % of the draws of whole {redrawn}").format(redrawn=redrawn),
        alt=_("; ").join(alts),
        data=data,
    )
    ax.plot(shares["limit_pct"], range(len(shares)), "|", ms=26, mew=3, color=charts.CATEGORICAL[1])
    for row, limit in enumerate(shares["limit_pct"]):
        ax.annotate(
            _("limit {limit} %").format(limit=charts.number(limit)),
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
        raise CannotAnswer(
            pgettext("subject", "places"), _("no place has enough named trees"), expected=_("50 in one place")
        )
    first, alt = told.iloc[0], _("Map of {n} places; the highest share is {share} % of {taxon} in {place}.")
    if kind == "commune":
        title = _("Share of the commonest genus, by commune")
        caption = _(
            "Fewer than 50 trees: no data. The genus is not the same in every commune: point at one to read it."
        )
    else:
        title = _("Share of the commonest genus, by square of 1 km")
        caption = _("Fewer than 50 trees: no data. The genus is not the same in every square: point at one to read it.")
    return maps.choropleth(
        areas,
        "share_pct",
        labels="place",
        outline=outline,
        tooltip={"taxon": _("commonest genus"), "trees": _("standing trees")},
        title=title,
        unit=_("% of the trees"),
        legend=_("commonest genus"),
        caption=caption,
        alt=alt.format(
            n=len(told), share=charts.number(first["share_pct"], 0), taxon=first["taxon"], place=first["place"]
        ),
        data=data,
    )


def inventories(compared: pd.DataFrame, plural: str, data: Tables) -> Shown:
    """Effective numbers of taxa, from `comparing.compare`."""
    table = compared.sort_values("effective", ascending=False)
    if plural == "species":
        unit = _("effective number of species; thin line: 95 % of the draws")
        alt = _("Effective number of species: {values}")
    else:
        unit = _("effective number of genera; thin line: 95 % of the draws")
        alt = _("Effective number of genera: {values}")
    values = ", ".join(f"{r.place} {charts.number(r.effective, 1)}" for r in table.itertuples())
    title = _("Diversity among {n} trees drawn from each inventory")
    fig, _ax = charts.bars(
        table,
        "effective",
        "place",
        low="low",
        high="high",
        title=title.format(n=charts.number(compared["n"].iloc[0])),
        unit=unit,
        alt=alt.format(values=values),
        data=data,
    )
    return charts.show(fig)


def threats(table: pd.DataFrame, data: Tables) -> Shown:
    """Hosts of each threat, and the trees of which nobody can tell, from `exposure.threat_table`."""
    table = table.sort_values("share_pct", ascending=False).reset_index(drop=True)
    told = [_("{name} {share} %").format(name=r.name, share=charts.number(r.share_pct, 0)) for r in table.itertuples()]
    alt = _("Share of the standing trees: {shares}").format(shares=_("; ").join(told))
    fig, ax = charts.figure(alt, title=_("What each threat puts at risk"), size=(8.5, 4.4), data=data)
    rows, unknown = np.arange(len(table)), table["share_high_pct"] - table["share_pct"]
    ax.barh(rows, table["share_pct"], 0.7, color=charts.CATEGORICAL[0], label=_("hosts, or sensitive"))
    ax.barh(
        rows,
        unknown,
        0.7,
        left=table["share_pct"],
        label=_("not named or not rated: nobody can tell"),
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
    ax.set_yticks(rows, table["name"])
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=_("share of the standing trees (%)"), xlim=(0, 100))
    ax.legend(loc="lower right", fontsize=8)
    return charts.show(fig)


def ages(years: pd.Series, data: Tables) -> Shown:
    """A histogram of ages, those of 120 years and more in the last bar."""
    years = years.dropna()
    alt = _("Ages of {n} trees; half are older than {middle} years.").format(
        n=charts.number(len(years)), middle=charts.number(years.median(), 0)
    )
    fig, ax = charts.figure(alt, title=_("Age of the standing trees"), size=(8, 3.6), data=data)
    ax.hist(years.clip(upper=119), bins=range(0, 125, 5), color=charts.CATEGORICAL[0])
    ax.axvline(years.median(), color="#222222", ls="--", lw=1, label=_("half are older"))
    ax.set(xlabel=_("age (years; the last bar holds all older trees)"), ylabel=pgettext("axis", "trees"))
    ax.legend(fontsize=8)
    return charts.show(fig)


def sizes(table: pd.DataFrame, data: Tables) -> Shown:
    """Classes of trunk diameter beside Richards' target, from `structure.against_richards`."""
    text = _("{diameter} {share} % of the trunks, target {target} %")
    alt = _("; ").join(
        text.format(diameter=_(r.diameter), share=charts.number(r.share_pct, 0), target=charts.number(r.target_pct))
        for r in table.itertuples()
    )
    title = _("Trunks, beside a population that renews itself")
    fig, ax = charts.figure(alt, title=title, size=(8, 3.6), data=data)
    bars = np.arange(len(table))
    for place, name, label in ((-0.2, "share_pct", _("this inventory")), (0.2, "target_pct", "Richards (1983)")):
        drawn = ax.bar(bars + place, table[name], 0.4, label=label, color=charts.CATEGORICAL[int(place > 0)])
        ax.bar_label(drawn, [charts.number(share, 0) for share in table[name]], fontsize=8.5, padding=2)
    ax.set_xticks(bars, table["diameter"].map(_))
    ax.grid(axis="x", visible=False)
    ax.set(xlabel=_("trunk diameter at breast height"), ylabel=_("share of the trunks measured (%)"))
    ax.legend(fontsize=8)
    return charts.show(fig)


def trials(table: pd.DataFrame, data: Tables) -> Shown:
    """What was found of hidden crowns, as a share of the truth, from `hiding.trial`."""
    share = table.assign(**{name: 100 * table[name] / table["true"] for name in ("area", "low", "high")})
    share["hidden"], text = share["hidden"].map(_), _("hidden {how}: {share} % ({low} to {high})")
    alts = [
        text.format(
            how=r.hidden,
            **{k: charts.number(v, 0) for k, v in zip(("share", "low", "high"), (r.area, r.low, r.high), strict=True)},
        )
        for r in share.itertuples()
    ]
    fig, _ax = charts.bars(
        share,
        "area",
        "hidden",
        low="low",
        high="high",
        title=_("Crowns hidden on purpose: what the others say of them"),
        unit=_("estimate, in % of the true sum; thin line: 95 % interval"),
        reference=(100, _("the truth")),
        alt=_("; ").join(alts),
        data=data,
    )
    return charts.show(fig)


def _way(way):
    """A way to hold trees out, in words."""
    known = {
        "random rows": pgettext("held out", "random rows"),
        "streets": pgettext("held out", "streets"),
        "sectors": pgettext("held out", "sectors"),
    }
    return known.get(way, way)


def held_out(target: ArrayLike, scores: pd.DataFrame, data: Tables) -> Shown:
    """Average precision of one model, by what was held out."""
    target = np.asarray(target, dtype=bool)
    worth = {way: scoring.average_precision(target, scores[way].to_numpy(dtype=float)) for way in scores}
    text = _("{way} held out {value}")
    alts = [text.format(way=_way(way), value=charts.number(value, 2)) for way, value in worth.items()]
    fig, _ax = charts.bars(
        pd.DataFrame({"way": [_way(way) for way in worth], "worth": worth.values()}).sort_values(
            "worth", ascending=False
        ),
        "worth",
        "way",
        title=_("One model, one table: what is held out decides what it seems worth"),
        unit=_("average precision (0 to 1)"),
        reference=(float(target.mean()), _("chance")),
        alt=_("Average precision with {values}").format(values=", ".join(alts)),
        data=data,
    )
    return charts.show(fig)


def lists(target: ArrayLike, scores: pd.DataFrame, visits: int, data: Tables) -> Shown:
    """What each list finds, as one goes down it."""
    target = np.asarray(target, dtype=bool)
    found = {name: target.sum() * scoring.recall_at(target, scores[name], visits) for name in scores}
    told = ", ".join(f"{choosing.called(name)} {charts.number(n, 0)}" for name, n in found.items())
    alt = _("Of the trees lost, {visits} visits find {found}").format(visits=visits, found=told)
    fig, ax = charts.figure(alt, title=_("Lost trees that each list finds again"), size=(8, 4.2), data=data)
    reach = np.unique(np.linspace(1, min(10 * visits, len(target)), 60).astype(int))
    for name, hue in zip(scores, ("#777777", *charts.CATEGORICAL), strict=False):  # grey: chance, which is no list
        curve = [target.sum() * scoring.recall_at(target, scores[name], k) for k in reach]
        ax.plot(reach, curve, color=hue, label=choosing.called(name, whole=True))
    ax.axvline(
        visits, color="#555555", ls=":", lw=1, label=ngettext("{n} visit", "{n} visits", visits).format(n=visits)
    )
    ax.set(
        xlabel=_("trees visited, highest score first"),
        ylabel=_("lost trees found again, of {n}").format(n=target.sum()),
    )
    charts.legend(ax, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return charts.show(fig)


def calibration(groups: pd.DataFrame, data: Tables) -> Shown:
    """Score against the share really lost, from `scoring.calibration`."""
    last = groups.iloc[-1]
    alt = _("Highest of {n} groups: the score says {said} %, {lost} % were lost.").format(
        n=len(groups), said=charts.number(last.predicted_pct, 1), lost=charts.number(last.lost_pct, 1)
    )
    fig, ax = charts.figure(alt, title=_("Can the scores be believed as shares?"), size=(6, 4), data=data)
    top = 1.1 * groups[["predicted_pct", "lost_pct"]].max().max()
    ax.plot(
        groups["predicted_pct"], groups["lost_pct"], "o-", color=charts.CATEGORICAL[0], label=_("a tenth of the trees")
    )
    ax.plot([0, top], [0, top], ls="--", lw=1, color="#555555", label=_("said and lost agree"))
    ax.set(xlabel=_("score (%), on held-out sectors"), ylabel=_("trees really lost (%)"))
    ax.legend(fontsize=8)
    return charts.show(fig)


def visits(listed: gpd.GeoDataFrame, outline: gpd.GeoDataFrame | None, data: Tables) -> Map:
    """The trees to look at first, a dot each."""
    told = {name: text for name, text in visits_heads().items() if name in TOLD and name in listed}
    bands = _bands(listed["rank"])
    return maps.points(
        listed.assign(band=bands).sort_values("rank", ascending=False)[[*told, "rank", "band", "geometry"]],
        colour="band",
        colours=dict(zip(bands.cat.categories, charts.palette(len(bands.cat.categories))[::-1], strict=True)),
        legend=_("rank on the list"),
        labels="taxon" if "taxon" in told else None,
        tooltip={"rank": visits_heads()["rank"]} | {name: text for name, text in told.items() if name != "taxon"},
        outline=outline,
        title=_("The {n} standing trees to look at first").format(n=len(listed)),
        caption=_("A list of places to send a person to, not of trees to fell. Rank 1 is to be seen first."),
        alt=_("Map of {n} trees in {rounds} rounds.").format(n=len(listed), rounds=listed["round"].nunique()),
        data=data,
    )


def _bands(ranks, most=5):
    """Ranks in a few bands of as many each; the map gives the first, which is to be seen first, the darkest colour."""
    last = int(ranks.max())
    edges = np.unique(np.linspace(0, last, min(most, last) + 1).round().astype(int))
    names = [_("{first} to {last}").format(first=a + 1, last=b) if b > a + 1 else str(b) for a, b in pairwise(edges)]
    return pd.cut(ranks, edges, labels=names)
