"""Two towns at one later date, with planting and without: who meets the rule, how much canopy, how large the range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.geo import dwellings, streets
from datakit.language import N_, _, pgettext
from datakit.show.style import number
from datakit.trees import canopy, structure
from datakit.vegetation import crowns, reach, room, rule, scenario, sight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.data.layers import Layers
    from datakit.vegetation.planting import Offsets
    from datakit.vegetation.town import Town

COLUMNS = (N_("now"), N_("without planting"), N_("with planting"))


def places(layers: Layers, here: Town, offsets: Offsets, numbers: pd.Series, seed: int = 0) -> gpd.GeoDataFrame:
    """Where the new trees stand: drawn on the public free ground of their cells.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    here : datakit.vegetation.town.Town
    offsets : datakit.vegetation.planting.Offsets
    numbers : Series of int
        Trees of each cell, of `datakit.vegetation.scenario.plant`.
    seed : int

    Returns
    -------
    GeoDataFrame
        Points; a draft for counting who would see trees, no plan of planting.
    """
    some = here.cells.loc[numbers[numbers > 0].index]
    ground = [room.public_ground(layers, here, offsets, strip) for strip in room.strips(some)]
    return scenario.positions(pd.concat(ground) if ground else gpd.GeoSeries(crs=here.cells.crs), numbers, seed)


def measure(
    here: Town, trees: gpd.GeoDataFrame, seen: sight.Views, walk: pd.DataFrame, people: pd.Series, wanted: rule.Rule
) -> tuple[pd.DataFrame, float]:
    """Residents who meet the rule with some trees, and the share of the ground under canopy.

    Parameters
    ----------
    here : datakit.vegetation.town.Town
    trees : GeoDataFrame
        Points with ``dbh`` (cm), ``diametre_couronne`` (m) and ``at``: the position of each in ``seen``.
    seen : datakit.vegetation.sight.Views
        From the homes of ``here``, of these trees and others.
    walk : DataFrame
        Of `datakit.vegetation.reach.walk`: no tree makes a park.
    people : Series
        Residents of each cell.
    wanted : datakit.vegetation.rule.Rule

    Returns
    -------
    (DataFrame, float)
        Of `datakit.vegetation.people.by_resident`; and 0 to 1.
    """
    shade = here.canopy(crowns.discs(trees, canopy.crown_area(trees)))
    around = rule.neighbourhood(here.cells, here.cells, shade, wanted.radius)
    homes = dwellings.homes(here.buildings)
    visible = seen.count(trees["at"].to_numpy()[sight.counted(trees, wanted.trunk)])
    seeing = rule.on_cells((visible >= wanted.trees).astype(float), homes, here.cells)
    met = rule.parts(here.cells, canopy=around, walk=walk, seeing=seeing, rule=wanted)
    return rule.by_resident(met, people), float(shade.sum() / here.cells.area.sum())


def compare(
    layers: Layers,
    here: Town,
    new: gpd.GeoDataFrame,
    people: pd.Series,
    wanted: rule.Rule,
    years: int = 30,
    seed: int = 0,
    cases: Sequence[str] = scenario.CASES,
) -> pd.DataFrame:
    """Today, and the same town at one later date without planting and with it, for few, some and many deaths.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    here : datakit.vegetation.town.Town
    new : GeoDataFrame
        Of `places`.
    people : Series
        Residents of each cell.
    wanted : datakit.vegetation.rule.Rule
    years : int
    seed : int
        Of who dies.
    cases : sequence of str
        Which of `datakit.vegetation.scenario.CASES`.

    Returns
    -------
    DataFrame
        One row for each of ``cases`` and each of `COLUMNS`: ``case``, ``when``, ``trees``
        (standing), ``canopy`` (share of the ground, 0 to 1) and the share of residents for each part of the rule (0 to
        1). Today is the same in each case.

    Raises
    ------
    CannotAnswer
        A layer is not given, no park is large enough, or no tree is as old as ``years``.
    """
    parks = reach.green_spaces(layers["osm-green"], wanted.hectares)
    walk = reach.walk(here.cells, parks, streets.network(layers["bdtopo-roads"]))
    standing = _measured(here)
    # Every tree of any date is looked for once: who sees it does not hang on the others.
    every = pd.concat([standing, new], ignore_index=True)
    seen = sight.views(dwellings.homes(here.buildings), every, here.buildings, wanted.reach)
    standing, new = standing.assign(at=every.index[: len(standing)]), new.assign(at=every.index[len(standing) :])
    age = structure.age(standing, today=structure.survey_year(standing) or 0)
    now = _row(here, standing, seen, walk, people, wanted)
    rows = []
    for name in cases:
        left, young = scenario.later(standing, new, age, years, scenario.CASES.index(name), seed)
        both = pd.concat([left, young], ignore_index=True)
        found = now, _row(here, left, seen, walk, people, wanted), _row(here, both, seen, walk, people, wanted)
        rows += [{"case": name, "when": when, **row} for when, row in zip(COLUMNS, found, strict=True)]
    return pd.DataFrame(rows)


def _measured(here):
    """Standing trees with the crown that each is taken to have: measured, or by the inventory's allometry."""
    area = here.crowns["area"].reindex(here.trees.index)
    wide = 2 * np.sqrt(area.to_numpy(float) / np.pi)
    return here.trees.assign(diametre_couronne=wide)


def _row(here, trees, seen, walk, people, wanted):
    share, canopy_share = measure(here, trees, seen, walk, people, wanted)
    return {"trees": len(trees), "canopy": canopy_share, **share["share"].to_dict()}


def spread(table: pd.DataFrame, column: str, when: str) -> tuple[float, float, float]:
    """A figure of `compare` in the middle case, and its lowest and highest over the cases."""
    rows = table[table["when"] == when].set_index("case")[column]
    return float(rows[scenario.CASES[1]]), float(rows.min()), float(rows.max())


def gain(table: pd.DataFrame, column: str) -> tuple[float, float, float]:
    """What planting adds to a figure of `compare` at the later date: in the middle case, and over the cases."""
    wide = table.pivot_table(index="case", columns="when", values=column)
    added = wide[COLUMNS[2]] - wide[COLUMNS[1]]
    return float(added[scenario.CASES[1]]), float(added.min()), float(added.max())


def per_cent(value: float, low: float, high: float, unit: str = "%") -> tuple[float, str, float, float, str]:
    """The parts of a `datakit.show.Value` for a share and its range over the cases, in %."""
    return 100 * value, unit, 100 * low, 100 * high, N_("few or many trees die")


def told(table: pd.DataFrame) -> pd.DataFrame:
    """`compare` as people read it: one date in each column, the middle case with its range over the cases.

    Returns
    -------
    DataFrame
        ``of`` and `COLUMNS`, texts.
    """
    names = {"trees": _("trees standing"), "canopy": _("canopy (% of the ground)")}
    names |= {name: _("{what} (% of residents)").format(what=_(words)) for name, words in rule.LABELS.items()}
    rows = []
    for column, words in names.items():
        row = {pgettext("a figure", "of"): words}
        for when in COLUMNS:
            some = [value * (1 if column == "trees" else 100) for value in spread(table, column, when)]
            digits = 0 if column == "trees" else 1
            middle, low, high = (number(round(value, digits)) for value in some)
            row[when] = (
                middle if low == high else _("{figure} ({low} to {high})").format(figure=middle, low=low, high=high)
            )
        rows.append(row)
    return pd.DataFrame(rows)
