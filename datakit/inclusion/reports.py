"""Citizens' reports of defects in public space, and whether some areas report less of what is there.

An application in which citizens report broken lamps and holes counts telephones as much as holes. Where fewer of the
same defects are reported, fewer are repaired.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.data.fetching import fetch
from datakit.errors import CannotAnswer, NotAsDescribed, WrongUse
from datakit.geo import fairness
from datakit.geo.crs import same_crs
from datakit.inclusion.privacy import MIN_HOUSEHOLDS, suppress
from datakit.language import N_, _
from datakit.show.answers import Value
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datakit.data.layers import Layers

# What the analysis needs, and nothing that says who wrote, from where, or in which words: GeoReport v2 lets an export
# carry names, addresses of mail, telephones, devices, free text and photographs.
KEPT = (
    "status",
    "service_code",
    "service_name",
    "agency_responsible",
    "requested_datetime",
    "updated_datetime",
)
ID = "service_request_id"  # tells reports that come twice, and is then dropped: it leads back to the public text
DECIMALS = 3  # of a degree, about a hundred metres: with one more, a report would stand at somebody's door
BOOTSTRAPS = 1000
WORDS = {"poverty_rate": N_("poor"), "pop_75_plus_pct": N_("75 or older")}


@dataclass(frozen=True, eq=False)
class Reports:
    """What `read` found in a file.

    Attributes
    ----------
    points : GeoDataFrame
        `KEPT`, dates in UTC, and points rounded to about a hundred metres.
    read, without_position, twice : int
        Reports in the file, those without a position, and those with the same identifier as another; of these the last
        update is kept.
    left_out : tuple of str
        Columns of the file that were not read.
    """

    points: gpd.GeoDataFrame
    read: int
    without_position: int
    twice: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ByArea:
    """What `by_area` counted.

    Attributes
    ----------
    table : DataFrame
        The key, ``reports``, ``per_1000``, ``hidden``. A few reports from a handful of homes point to somebody.
    outside : int
        Reports that stand in none of the areas.
    """

    table: pd.DataFrame
    outside: int


def read(path: str | Path, crs: str = "EPSG:2154") -> Reports:
    """Read reports in the form of Open311 GeoReport v2.

    Parameters
    ----------
    path : path
        The answer of ``GET requests``, JSON (a list) or XML (``service_requests``), one page or a whole export.
    crs : str
        Projected CRS of the result.

    Returns
    -------
    Reports
        Names, contacts, devices, descriptions, addresses and pictures are not read at all.

    Raises
    ------
    NotAsDescribed
        Neither of the two forms, or a report without an identifier.
    """
    text = Path(path).read_bytes()
    rows = _json(path, text) if text.lstrip()[:1] in (b"[", b"{") else _xml(path, text)
    found = pd.DataFrame(rows)
    name = Path(path).name
    if found.empty:
        found = pd.DataFrame(columns=[ID, *KEPT, "lat", "long"])
    if ID not in found or found[ID].fillna("").astype(str).eq("").any():
        raise NotAsDescribed(name, _("a report has no identifier"), expected=_("{name} in each").format(name=ID))
    out = found.reindex(columns=[ID, *KEPT])
    for column in ("requested_datetime", "updated_datetime"):
        out[column] = pd.to_datetime(out[column], utc=True, errors="coerce", format="ISO8601")
    position = {c: pd.to_numeric(found.get(c), errors="coerce").round(DECIMALS) for c in ("lat", "long")}
    # 0, 0 is what a form sends when nobody placed the pin
    there = position["lat"].notna() & position["long"].notna() & ~(position["lat"].eq(0) & position["long"].eq(0))
    points = gpd.points_from_xy(position["long"].where(there), position["lat"].where(there), crs="EPSG:4326")
    out = gpd.GeoDataFrame(out, geometry=points).to_crs(crs)[there.to_numpy()]
    newest = out.sort_values("updated_datetime", kind="stable", na_position="first")
    kept = newest.drop_duplicates(ID, keep="last").sort_index().reset_index(drop=True).drop(columns=ID)
    return Reports(
        kept,
        read=len(found),
        without_position=int((~there).sum()),
        twice=len(out) - len(kept),
        left_out=tuple(sorted(set(found.columns) - {ID, *KEPT, "lat", "long"})),
    )


def _json(path, text):
    rows = json.loads(text)
    if isinstance(rows, dict):
        rows = rows.get("service_requests", rows.get("requests"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotAsDescribed(
            Path(path).name, _("this is no GeoReport answer"), expected=_("a list of service requests")
        )
    return rows


def _xml(path, text):
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise NotAsDescribed(
            Path(path).name, _("neither JSON nor XML"), expected="Open311 GeoReport v2", found=str(error)
        ) from None
    if root.tag != "service_requests":
        raise NotAsDescribed(
            Path(path).name, _("this XML is no GeoReport answer"), expected="<service_requests>", found=f"<{root.tag}>"
        )
    return [{field.tag: (field.text or "").strip() or None for field in request} for request in root]


def by_area(
    reports: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    people: pd.DataFrame,
    *,
    area: str = "iris",
    minimum: float = MIN_HOUSEHOLDS,
    within: str | None = None,
) -> ByArea:
    """Reports of each area, per thousand inhabitants, without the areas of too few households.

    Parameters
    ----------
    reports : GeoDataFrame
        Points, such as those of `read`.
    areas : GeoDataFrame
        Polygons with the key ``area``; same CRS.
    people : DataFrame
        The key, ``population`` and ``households``.
    area : str
    minimum, within
        See `datakit.inclusion.privacy.suppress`.

    Returns
    -------
    ByArea
    """
    same_crs(reports, areas)
    row, place = areas.sindex.query(reports.geometry.to_numpy(), predicate="intersects")
    first = pd.Series(place).groupby(row).min()
    counts = np.bincount(first.to_numpy(), minlength=len(areas))
    out = pd.DataFrame({area: areas[area].to_numpy(), "reports": counts})
    wanted = [area, "population", "households", *([within] if within and within != area else [])]
    out = out.merge(people[wanted], on=area, how="left")
    out["per_1000"] = (1000 * out["reports"] / out["population"]).where(out["population"] > 0)
    # A report is no trait of an inhabitant: the number of households decides, not the number of reports.
    figures = dict.fromkeys(["reports", "per_1000", "population"], "amount")
    out = suppress(out, figures, count="households", minimum=minimum, within=within)
    return ByArea(out, outside=len(reports) - len(first))


@dataclass(frozen=True, eq=False)
class Told:
    """Reports beside what an inspection found.

    Attributes
    ----------
    table : GeoDataFrame
        One row for each IRIS whose figures may be shown: ``iris``, ``name``, ``reports``, ``per_1000``, ``defects``,
        ``poverty_rate``, ``pop_75_plus_pct`` (%) and polygons.
    read, twice, outside : int
        Reports in the file, those that came twice, and those in none of the areas.
    data : tuple of DataFrame
    """

    table: gpd.GeoDataFrame
    read: int
    twice: int
    outside: int
    data: tuple[pd.DataFrame, ...]

    @property
    def link(self) -> float:
        """Rank correlation of reports per inhabitant with the poverty rate."""
        return float(self.table[["per_1000", "poverty_rate"]].corr(method="spearman").iloc[0, 1])


def beside_defects(layers: Layers, areas: gpd.GeoDataFrame, minimum: float = MIN_HOUSEHOLDS) -> Told:
    """Reports, defects and the inhabitants of each IRIS.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
        ``citizen-reports`` and ``defects-survey`` are asked for.
    areas : GeoDataFrame
        Of `datakit.inclusion.areas.iris`.
    minimum : float
        See `datakit.inclusion.privacy.suppress`.

    Returns
    -------
    Told

    Raises
    ------
    CannotAnswer
        No reports, no inspection or no incomes that may be used in this run.
    """
    said, survey, incomes = layers["citizen-reports"], layers["defects-survey"], layers["filosofi-iris"]
    found = read(fetch("citizen-reports", layers.origins))
    sent, seen = (by_area(p, areas, areas, minimum=minimum, within="commune") for p in (found.points, survey))
    kept = sent.table[sent.table["hidden"] == ""][["iris", "reports", "per_1000"]]
    kept = kept.merge(seen.table[["iris", "reports"]].rename(columns={"reports": "defects"}), on="iris")
    out = areas[["iris", "name", "poverty_rate", "pop_75_plus_pct", "geometry"]].merge(kept, on="iris")
    return Told(out, found.read, found.twice, sent.outside, (said, survey, incomes))


def spoken(silent: pd.DataFrame, labels: Mapping[str, str]) -> dict[str, Value]:
    """Rows of `silence` as figures of an answer: each group's ratio, and a word chosen by its interval.

    Parameters
    ----------
    silent : DataFrame
    labels : dict of str to str
        Group to the name of its figure.

    Returns
    -------
    dict of str to Value
        ``name`` (the ratio with its range) and ``name_word``.
    """
    out: dict[str, Value] = {}
    for row in silent.itertuples():
        name = labels[row.group]
        low, high = round(row.low, 2), round(row.high, 2)  # as the range is shown
        word = N_("fewer") if high < 1 else N_("more") if low > 1 else N_("about as many (no difference is shown)")
        how = _("{points} points above the mean of {n} IRIS; neighbours drawn together")
        how = how.format(points=number(row.per, 1), n=row.areas)
        out |= {name: Value(row.ratio, low=row.low, high=row.high, how=how), f"{name}_word": Value(word)}
    return out


def silence(
    table: pd.DataFrame, defects: str, *groups: str, count: str = "reports", bootstraps: int = BOOTSTRAPS, seed: int = 0
) -> pd.DataFrame:
    """Do areas with more of a group report less for the same number of defects?

    Parameters
    ----------
    table : DataFrame
        One row for each area: the counts of reports and the columns named below; rows with a missing value are left
        out. With shapes (a GeoDataFrame), neighbours are drawn together.
    defects : str
        Column with the number of defects that are there, known from elsewhere: an inspection round, a survey. Reports
        divided by residents cannot answer the question: a street with more holes has more reports.
    *groups : str
        Columns whose effect is asked for, such as a poverty rate and a share of older people. They are put in together.
    count : str
    bootstraps : int
        Random draws of areas, with replacement, for the interval: see `datakit.geo.fairness.draws`.
    seed : int

    Returns
    -------
    DataFrame
        One row for each group: ``ratio`` (reports for the same defects where the group is one standard deviation above
        the mean, over those at the mean; 0.8 is a fifth fewer), ``low``, ``high`` (95 %), ``p`` (share of draws on the
        other side of 1, doubled), ``per`` (the standard deviation, in the column's unit) and ``areas``.

    Raises
    ------
    CannotAnswer
        Fewer than ten areas for each group, or a group without variation.
    WrongUse
        Missing columns.

    Notes
    -----
    A Poisson regression with the logarithm of the defects as offset. Where reports are a part of the known defects,
    they scatter less than Poisson counts; the ratio does not suffer from it, and the interval comes from the areas, not
    from the Poisson formula.
    Areas, not people: that poor areas report less does not say that poor people do.
    """
    used, spread = _usable(table, count, defects, groups)
    x = ((used[list(groups)] - used[list(groups)].mean()) / spread).to_numpy()
    y, there = used[count].to_numpy(), used[defects].to_numpy()
    best = _poisson(x, y, there)
    if isinstance(table, gpd.GeoDataFrame):
        rows = fairness.draws(table.geometry.loc[used.index], bootstraps, seed=seed)
    else:
        rows = np.random.default_rng(seed).integers(0, len(y), (bootstraps, len(y)))
    draws = np.array([_poisson(x[k], y[k], there[k]) for k in rows])
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    beyond = np.minimum((draws >= 0).mean(axis=0), (draws <= 0).mean(axis=0))
    return pd.DataFrame(
        {
            "group": groups,
            "ratio": np.exp(best),
            "low": np.exp(low),
            "high": np.exp(high),
            "p": np.clip(2 * beyond, 1 / bootstraps, 1),
            "per": spread.to_numpy(),
            "areas": len(used),
        }
    )


def _usable(table, count, defects, groups):
    """The rows without a gap and with defects, as numbers, and the standard deviation of each group."""
    absent = [c for c in (count, defects, *groups) if c not in table]
    if absent or not groups:
        raise WrongUse(
            "silence",
            _("no column {names}").format(names=", ".join(absent)) if absent else _("no group is named"),
            expected=", ".join(map(str, table.columns)),
        )
    used = table[[count, defects, *groups]].apply(pd.to_numeric).astype(float).dropna()
    used = used[used[defects] > 0]
    spread = used[list(groups)].std()
    if len(used) < 10 * len(groups) or not (spread > 0).all():
        raise CannotAnswer(
            "silence",
            _("too few areas, or a group that is the same everywhere"),
            expected=_("{n} areas that differ").format(n=10 * len(groups)),
            found=_("{n} areas").format(n=len(used)),
        )
    return used, spread


def _poisson(x, y, there):
    """Coefficients of a Poisson regression with an offset, by Newton's method; the constant is left out."""
    design = np.column_stack([np.ones(len(y)), x])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(max(y.sum(), 0.5) / there.sum())
    for _step in range(50):
        mean = there * np.exp(np.clip(design @ beta, -30, 30))
        # A little of the identity: a draw in which a group hardly varies must not stop the others.
        step = np.linalg.solve(design.T * mean @ design + 1e-9 * np.eye(len(beta)), design.T @ (y - mean))
        beta += step
        if np.abs(step).max() < 1e-9:
            break
    return beta[1:]
