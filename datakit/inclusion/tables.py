"""The tables of the chapters on inclusion, in the words of those who read them: what is shown, not what is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from datakit.inclusion import gap, offer
from datakit.inclusion.people import HEADINGS
from datakit.language import worded as _  # heads and words in cells: of a unit the form of many
from datakit.show import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datakit.show.tables import Table


def thresholds(limits: Mapping[str, float], labels: Mapping[str, str]) -> Table:
    """The metres from which on each kind of place is far."""
    told = {_("kind of place"): _said(limits, labels), _("far beyond (m)"): list(limits.values())}
    return tables.show(pd.DataFrame(told), caption=_("From how many metres on a place is far"))


def hosts(kinds: list[str], labels: Mapping[str, str]) -> Table:
    """The kinds of places that could host a new one."""
    told = {_("kind of place"): _said(kinds, labels)}
    return tables.show(pd.DataFrame(told), caption=_("Kinds of places that could host a new one"))


def places(counted: pd.DataFrame) -> pd.DataFrame:
    """What there is of each kind, and how many say what of themselves: `datakit.inclusion.offer.summary`."""
    heads = {"kind": _("kind"), "places": _("places"), "to check": _("to check")}
    heads |= {name: _(name) for name in offer.SAYS.values()}
    return counted[list(heads)].rename(columns=heads)


def far(shares: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Who is far from each kind of place: `datakit.inclusion.access.far`, groups in words."""
    heads = {
        "category": _("kind"),
        "group": _("group"),
        "far_pct": _("far (%)"),
        "low_pct": _("at least (%)"),
        "high_pct": _("at most (%)"),
        "people": _("people far"),
        "of": _("people in the group"),
    }
    named = shares.assign(category=_said(shares["category"], labels), group=[_(group) for group in shares["group"]])
    return named[list(heads)].round(1).rename(columns=heads)


def farther(curve: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """A few distances of `datakit.inclusion.access.curve`: one row for each kind."""
    out = curve.T.round(0)
    return out.set_axis(_said(out.index, labels)).rename_axis("").reset_index()


def compared(compared: pd.DataFrame) -> pd.DataFrame:
    """Priority neighbourhoods beside the rest: `datakit.inclusion.access.compare`."""
    heads = {
        "kind": _("kind"),
        "there": _("in QPV (%)"),
        "elsewhere": _("elsewhere (%)"),
        "people": _("people"),
    }
    return compared.assign(kind=[_(kind) for kind in compared["kind"]])[list(heads)].round(1).rename(columns=heads)


def platforms(table: pd.DataFrame) -> pd.DataFrame:
    """Where a wheelchair can board: `datakit.inclusion.journeys.platforms`."""
    heads = {
        "name": "",
        "platforms": _("platforms"),
        "boardable": _("known that one can"),
        "boardable_pct": "%",
    }
    return table[list(heads)].rename(columns=heads)


def classes(parts: pd.Series) -> pd.DataFrame:
    """The inhabitants of each class: `datakit.inclusion.gap.shares`."""
    return pd.DataFrame({_("class"): map(gap.in_words, parts.index), _("inhabitants (%)"): parts.round(1).to_numpy()})


def groups(described: pd.DataFrame) -> pd.DataFrame:
    """Groups of areas, what they are like, and what the data can say of each: `datakit.inclusion.gap.describe`."""
    heads = {"areas": _("areas"), "people": _("people")}
    heads |= {"people_pct": _("people (%)"), "what it says": _("what it says")}
    out = described.assign(**{"what it says": [_(text) for text in described["what it says"]]}).round(1)
    out.insert(0, _("group"), [_(group) for group in described.index])
    return out.reset_index(drop=True).rename(columns=lambda name: heads.get(name) or _(name))


def first(found: gap.First) -> pd.DataFrame:
    """The areas to look at first."""
    columns = [c for c in gap.SHOWN if c in found.listed]
    out = pd.DataFrame(found.listed[["name", "lacks", "why", *columns, "care"]]).reset_index(drop=True)
    said = {column: out[column].map(_, na_action="ignore") for column in ("why", "care")}
    heads = {"name": _("name"), "lacks": _("lacks"), "why": _("why"), "care": _("count of 75+ to be used")}
    heads |= {column: _(HEADINGS[column]) for column in columns}
    return out.assign(**said).round(1).astype({"lacks": int}).rename(columns=heads)


def tour(stops: pd.DataFrame) -> pd.DataFrame:
    """The round of a van: `datakit.inclusion.siting.tour`."""
    heads = {"day": _("day"), "place": _("place"), "newly": _("people newly near"), "way": _("to the next stop (m)")}
    return stops[list(heads)].rename(columns=heads)


def silence(silent: pd.DataFrame, words: Mapping[str, str]) -> pd.DataFrame:
    """Reports for the same defects: `datakit.inclusion.reports.silence`, with each group in words."""
    heads = {
        "group": _("group"),
        "ratio": _("ratio"),
        "low": _("at least"),
        "high": _("at most"),
        "per": _("one standard deviation (points)"),
        "areas": _("areas"),
    }
    return silent.assign(group=_said(silent["group"], words))[list(heads)].round(2).rename(columns=heads)


def kept(columns: tuple[str, ...]) -> Table:
    """What is kept of a report: `datakit.inclusion.reports.KEPT`."""
    told = {_("kept of a report"): [*columns, _("a place rounded to about a hundred metres")]}
    return tables.show(pd.DataFrame(told), caption=_("What is read of a report; nothing else is"))


def told(parts: Mapping[str, str]) -> str:
    """Names and what is said of each, one after the other: for the alt text of a figure or a map."""
    return _("; ").join(_("{name}: {what}").format(name=name, what=what) for name, what in parts.items())


def _said(kinds, labels):
    return [_(labels[kind]) for kind in kinds]
