"""A first look at a table that one does not know: what each column holds, and where its rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from datakit.data.text import name_column
from datakit.errors import CannotAnswer
from datakit.language import N_, _
from datakit.show import maps
from datakit.show.style import cell, number

if TYPE_CHECKING:
    import geopandas as gpd

    from datakit.show.maps import Map

MOST = 7  # kinds that colours can tell apart


def columns(frame: pd.DataFrame) -> pd.DataFrame:
    """What each column of a table holds.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    DataFrame
        One row for each column but the geometry: ``column``, ``kind`` (text, number, date, yes or no), ``filled_pct``
        (% of the rows), ``different`` (values) and ``for example``.
    """
    rows = []
    for name in [name for name in frame.columns if str(frame[name].dtype) != "geometry"]:
        values = frame[name].dropna()
        values = values[values.astype(str).str.strip() != ""]
        example = cell(values.iloc[0]) if len(values) else ""
        filled = 100 * len(values) / len(frame) if len(frame) else 0.0
        rows.append((name, _kind(values), round(filled, 1), values.astype(str).nunique(), example))
    return pd.DataFrame(rows, columns=["column", "kind", "filled_pct", "different", "for example"])


def _kind(values):
    if not len(values):
        return N_("empty")
    if pd.api.types.is_bool_dtype(values):
        return N_("yes or no")
    if pd.api.types.is_numeric_dtype(values):
        return N_("number")
    return N_("date") if pd.api.types.is_datetime64_any_dtype(values) else N_("text")


def grouping(frame: pd.DataFrame) -> str | None:
    """The column that sorts the rows into the most kinds that colours can tell apart: of text, two to seven kinds."""
    said = columns(frame)
    told = said[(said["kind"] == "text") & said["different"].between(2, min(MOST, max(len(frame) - 1, 2)))]
    return None if told.empty else str(told.sort_values("different", kind="stable")["column"].iloc[-1])


def by_area(frame: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, name: str) -> pd.DataFrame:
    """How many rows lie in each area, by a point on each row's shape.

    Parameters
    ----------
    frame, areas : GeoDataFrame
        In one CRS. A row without a place is in no area.
    name : str
        Column of ``areas``.

    Returns
    -------
    DataFrame
        ``name`` and ``rows``, the most first; areas without any row are left out.

    Raises
    ------
    CannotAnswer
        The table has no geometry.
    """
    if "geometry" not in frame:
        raise _nowhere(name)
    spots = frame.set_geometry(frame.geometry.representative_point())[["geometry"]].dropna()
    inside = spots.sjoin(areas[[name, "geometry"]], predicate="within")
    return inside[name].value_counts().rename_axis(name).reset_index(name="rows")


def _nowhere(about):
    what, next_ = _("the table says nowhere where its rows are"), _("columns(frame) says what it has")
    return CannotAnswer(about, what, next=next_)


def on_map(frame: gpd.GeoDataFrame, *, title: str, outline: gpd.GeoDataFrame | None = None) -> Map:
    """Where the rows of any table are: one dot each, coloured by the column that sorts them best.

    Parameters
    ----------
    frame : GeoDataFrame
        Any shapes: a line or polygon is shown by a point on it.
    title : str
    outline : GeoDataFrame, optional
        Contours for orientation.

    Returns
    -------
    Map

    Raises
    ------
    CannotAnswer
        The table has no geometry, or no row has a place.
    """
    if "geometry" not in frame or frame.geometry.notna().sum() == 0:
        raise _nowhere(_(title))
    kind, label = grouping(frame), name_column(frame)
    dots = frame.set_geometry(frame.geometry.representative_point())
    told = [name for name in columns(frame)["column"].head(8) if name not in (label, kind)]
    places = number(int(frame.geometry.notna().sum()))
    if kind is None:
        alt = _("Map of {n} places.").format(n=places)
    else:
        kinds = ", ".join(map(str, frame[kind].value_counts().index))
        alt = _("Map of {n} places, coloured by {kind}: {kinds}.").format(n=places, kind=kind, kinds=kinds)
    return maps.points(
        dots[[*dict.fromkeys(name for name in (kind, label, *told) if name), "geometry"]],
        colour=kind,
        labels=label,
        tooltip=told,
        outline=outline,
        title=title,
        caption=N_("One dot for each row that has a place. What the file does not list is not on the map."),
        alt=alt,
        data=[frame],
    )
