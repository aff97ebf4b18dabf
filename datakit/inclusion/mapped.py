"""The maps of the chapters on inclusion: what is drawn, not what is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from datakit.inclusion import gap, tables
from datakit.language import N_, _
from datakit.show import charts, maps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd

    from datakit.show.maps.map import Map

FLAGGED = N_("To check: address contradicts place")
# The list alone is dark, so that it is found among many areas that are far and not on it.
FIRST = dict(zip(gap.STATES, ("#7a0019", "#f8ead2", "#c3cfe0", "#ffffff"), strict=True))


def places(
    inside: gpd.GeoDataFrame,
    labels: Mapping[str, str],
    communes: gpd.GeoDataFrame,
    *,
    data: Iterable[pd.DataFrame],
) -> Map:
    """Places by kind: the rarer a kind, the larger its dots, and the later they are drawn, so that it can be found.

    Parameters
    ----------
    inside : GeoDataFrame
        ``category``, ``name``, ``town``, ``flagged`` and points: see `datakit.inclusion.linkage.Collected`.
    labels : dict of str to str
        Category to its words; others are left out.
    communes : GeoDataFrame
    data : iterable of DataFrame

    Returns
    -------
    Map
    """
    labels = {kind: _(label) for kind, label in labels.items()}
    kind = inside["category"].map(labels).where(~inside["flagged"], _(FLAGGED))
    shown = inside.assign(kind=kind)[inside["category"].isin(list(labels))]
    counts = shown["kind"].value_counts()
    colours = dict(zip(labels.values(), charts.CATEGORICAL, strict=False)) | {_(FLAGGED): "#000000"}
    told = ", ".join(_("{n} {kind}").format(n=n, kind=name) for name, n in counts.items())
    drawn = maps.Map(
        maps.Words(
            title=_("Places by kind"),
            caption=_(
                "One dot per place; the rarer a kind, the larger its dots. A blank may be a place without a "
                "service, or a service that the files do not list."
            ),
            alt=_("Map of places by kind: {told}.").format(told=told),
        ),
        outline=communes,
        data=data,
        height=640,
    )
    for name, n in counts.items():
        drawn.add_points(
            shown[shown["kind"] == name][["kind", "name", "town", "geometry"]],
            colour=colours[name],
            size=4.0 if n == counts.max() else 8.0 if n < 30 else 5.5,
            labels="name",
            tooltip={"kind": _("kind"), "town": _("town")},
            legend=name,
            cluster=False,
        )
    return drawn.checked()


def by_iris(
    areas: gpd.GeoDataFrame,
    values: pd.Series,
    communes: gpd.GeoDataFrame,
    *,
    title: str,
    unit: str,
    caption: str,
    data: Iterable[pd.DataFrame],
) -> Map:
    """A map of one figure by IRIS; the alt text names the highest. Its words are said in the user's language.

    Parameters
    ----------
    areas : GeoDataFrame
        ``iris``, ``name`` and polygons.
    values : Series
        Indexed by ``iris``; missing where it is not to be shown.
    communes : GeoDataFrame
    title, unit, caption : str
    data : iterable of DataFrame
    """
    drawn = areas[["iris", "name", "geometry"]].assign(value=areas["iris"].map(values).astype(float))
    top = drawn.loc[drawn["value"].idxmax()]
    title, unit, caption = _(title), _(unit), _(caption)
    value = f"{charts.number(top['value'])} {unit}".strip()
    alt = _("Map of {n} IRIS; the highest is {name}, {value}.")
    return maps.choropleth(
        drawn,
        "value",
        labels="name",
        outline=communes,
        title=title,
        unit=unit,
        legend=title,
        caption=caption,
        alt=alt.format(n=int(drawn["value"].notna().sum()), name=top["name"], value=value),
        data=data,
    )


def need_and_access(
    areas: gpd.GeoDataFrame, classes: pd.DataFrame, communes: gpd.GeoDataFrame, *, data: Iterable[pd.DataFrame]
) -> Map:
    """A map of the nine classes of `datakit.inclusion.gap.bivariate`.

    Parameters
    ----------
    areas : GeoDataFrame
        ``iris``, ``name`` and polygons.
    classes : DataFrame
        Indexed by ``iris``.
    communes : GeoDataFrame
    data : iterable of DataFrame
    """
    drawn = areas[["iris", "name", "geometry"]].join(classes["label"].map(gap.in_words), on="iris")
    names = {(a, b): gap.in_words(f"{gap.LEVELS[a]}, {gap.WAYS[b]}") for a in (2, 1, 0) for b in (2, 1, 0)}
    colours = {name: gap.COLOURS[a][b] for (a, b), name in names.items()}
    alt = _("Map of {n} IRIS in nine classes of need and access; {worst} have high need and bad access.")
    return maps.choropleth(
        drawn,
        "label",
        labels="name",
        outline=communes,
        colours=colours | {_(gap.UNKNOWN): "#ffffff"},
        title=_("Need beside access"),
        unit="",
        legend=_("each third of the inhabitants"),
        caption=_(
            "Thirds of the inhabitants by need, and by the way to the nearest place. An area is one colour, its "
            "inhabitants are not. White: figures are secret, hidden or missing."
        ),
        alt=alt.format(n=len(drawn), worst=int((drawn["label"] == names[2, 2]).sum())),
        data=data,
        height=600,
    )


def first(table: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, *, data: Iterable[pd.DataFrame]) -> Map:
    """A map of the areas to look at first: `datakit.inclusion.gap.First.table`.

    Those that are far without being older or alone are hardly coloured: on this map only the list is to be seen. Those
    of which no way is known have the colour and the dashes of no data.
    """
    chosen, silent = int((table["state"] == gap.STATES[0]).sum()), int(table["state"].isna().sum())
    caption = [
        _("An area is one colour, its inhabitants are not: many live near a service in an area that is mostly far.")
    ]
    alt = _("Map of {n} areas: {chosen} are far from several kinds of services, and older or more alone.")
    if silent:
        caption.append(_("No data: nobody lives there, or no way is known."))
        alt = _(
            "Map of {n} areas: {chosen} are far from several kinds of services, and older or more alone; of {silent} "
            "no way is known."
        )
    columns = ["state", "name", "lacks", "which", "pop_75_plus_pct", "living_alone_pct", "geometry"]
    return maps.choropleth(
        table[columns].round(1).assign(state=table["state"].map(_, na_action="ignore")),
        "state",
        labels="name",
        outline=communes,
        colours={_(state): colour for state, colour in FIRST.items()},
        tooltip={
            "lacks": _("kinds of services that are far"),
            "which": _("which kinds"),
            "pop_75_plus_pct": _("aged 75 or older (%)"),
            "living_alone_pct": _("living alone (%)"),
        },
        title=_("Areas to look at first"),
        unit="",
        legend=_("most inhabitants are"),
        caption=" ".join(caption),
        alt=alt.format(n=len(table), chosen=chosen, silent=silent),
        data=data,
    )


def sites(
    hosts: gpd.GeoDataFrame,
    chosen: Mapping[str, list[int]],
    present: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    data: Iterable[pd.DataFrame],
) -> Map:
    """Where places are, where they could be, and the sites that each way of choosing takes.

    Parameters
    ----------
    hosts : GeoDataFrame
        Candidates: ``name`` and points.
    chosen : dict of str to list of int
        Words to rows of ``hosts``; drawn in this order, the last on top.
    present : GeoDataFrame
        Places that exist.
    communes : GeoDataFrame
    data : iterable of DataFrame
    """
    chosen = {_(words): rows for words, rows in chosen.items()}
    told = tables.told({words: ", ".join(hosts["name"].iloc[rows]) for words, rows in chosen.items()})
    drawn = maps.Map(
        maps.Words(
            title=_("Sites for new places"),
            caption=_("Candidates are places that exist. Where two ways of choosing agree, one dot covers the other."),
            alt=_("Map of {n} candidates and the sites chosen. {told}.").format(n=len(hosts), told=told),
        ),
        outline=communes,
        data=data,
        height=640,
    )
    drawn.add_points(present[["name", "geometry"]], colour="#777777", size=3.0, legend=_("places today"), cluster=False)
    drawn.add_points(hosts[["name", "geometry"]], colour="#56B4E9", size=4.0, legend=_("candidates"), cluster=False)
    for (words, rows), colour, size in zip(chosen.items(), ("#D55E00", "#000000"), (9.0, 6.0), strict=False):
        drawn.add_points(
            hosts.iloc[rows][["name", "geometry"]], colour=colour, size=size, labels="name", legend=words, cluster=False
        )
    return drawn.checked()
