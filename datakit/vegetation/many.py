"""The same functions for many cities at once, over Dask: by places small enough for one process. Extra ``cluster``.

A cell needs only the layers around it. So cells are cut into places (a city, or a compact piece of a large one), each
place gets the rows of every layer that lie near it, and a worker calls the very function that one process would call on
the whole. What needs all cells at once (a rank, a network) is then by place: choose ``by`` so that this is what is
meant. `docs/recipes/many_cities.md` is a script to begin with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from datakit.errors import WrongUse
from datakit.extras import needed_by
from datakit.geo.crs import same_crs
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import dask_geopandas


ROW = "_row"  # where a row stood before its table was cut, so that answers do not depend on the cutting


def _dask():
    with needed_by(__name__):
        import dask
        import dask.dataframe
        import dask_geopandas
        import distributed
    return dask, dask_geopandas, distributed


def partitioned(
    frame: gpd.GeoDataFrame, parts: int | None = None, by: str | None = None
) -> dask_geopandas.GeoDataFrame:
    """A table cut into places, as a Dask table that knows where each part lies.

    Parameters
    ----------
    frame : GeoDataFrame
        In a projected CRS.
    parts : int, optional
        How many; 2,500 rows in each unless said otherwise. Rows near each other (on a Hilbert curve) stay together.
    by : str, optional
        A column instead: one part for each of its values, such as cities.

    Returns
    -------
    dask_geopandas.GeoDataFrame
        With ``_row``, the row's place in ``frame``. :func:`run` takes it out again, and accepts any other Dask
        GeoDataFrame as well, such as one of ``dask_geopandas.read_parquet``.

    Raises
    ------
    CrsMismatch
    WrongUse
        No such column, or fewer than one part.
    """
    dask, _, distributed = _dask()
    same_crs(frame)
    frame = frame.assign(**{ROW: np.arange(len(frame))})
    pieces = _cut(frame, parts, by)
    try:
        # Sent once, not within the description of the work.
        sent = distributed.get_client().scatter(pieces, hash=False)
    except ValueError:  # no cluster: the threads of this process
        sent = [dask.delayed(piece, pure=False) for piece in pieces]
    table = dask.dataframe.from_delayed(sent, meta=frame.iloc[:0], verify_meta=False)
    hulls = [shapely.box(*bounds) for bounds in (piece.total_bounds for piece in pieces)]
    table.spatial_partitions = gpd.GeoSeries(hulls, crs=frame.crs)
    return table


def _cut(frame, parts, by):
    if by is not None:
        if by not in frame:
            raise WrongUse(
                "many",
                _("no column {name} to cut by").format(name=repr(by)),
                expected=_("one of {names}").format(names=", ".join(map(str, frame.columns))),
            )
        if frame[by].isna().any():
            raise WrongUse(
                "many",
                _("rows without {name} belong nowhere").format(name=repr(by)),
                found=_("{n} rows").format(n=frame[by].isna().sum()),
            )
        return [piece for _name, piece in frame.groupby(by, sort=True, observed=True)] or [frame]
    parts = max(1, -(-len(frame) // 2500)) if parts is None else parts
    if parts < 1:
        raise WrongUse("many", _("a table is cut into one part or more"), found=repr(parts))
    shapes = frame.geometry.to_numpy()
    some = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    distance = np.zeros(len(frame), np.int64)  # what has no place goes with the first part
    if some.any():
        distance[some] = frame.geometry[some].hilbert_distance().to_numpy()
    order = np.argsort(distance, kind="stable")
    return [frame.iloc[np.sort(rows)] for rows in np.array_split(order, max(1, min(parts, len(frame))))]


def run(
    work: Callable[..., pd.DataFrame | pd.Series],
    cells: gpd.GeoDataFrame | dask_geopandas.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame | dask_geopandas.GeoDataFrame | pd.DataFrame] | None = None,
    *,
    by: str | None = None,
    parts: int | None = None,
    reach: float = 100.0,
    **options: object,
) -> pd.DataFrame | gpd.GeoDataFrame | pd.Series:
    """Call a function of this package place by place, on as many processes as there are, and put the answers together.

    Parameters
    ----------
    work : callable
        ``work(cells, **layers, **options)``, one row for each cell: :func:`datakit.vegetation.cover.cover`, or a
        function of one's own around others, such as :func:`datakit.vegetation.planting.plantable`.
    cells : GeoDataFrame or dask_geopandas.GeoDataFrame
        Cells of all cities.
    layers : dict of str to GeoDataFrame, dask_geopandas.GeoDataFrame or DataFrame, optional
        What ``work`` takes by name. Tables without shapes are given whole.
    by : str, optional
        Column of ``cells``: one place for each value. Without it, compact places, see :func:`partitioned`.
    parts : int, optional
        Places, where ``by`` is not given.
    reach : float
        Metres around a place within which rows of the layers are given: more than the largest distance that ``work``
        looks beyond a cell (half a road and its offset for planting ground, the longest walk for a network).
    **options
        Given to every call.

    Returns
    -------
    DataFrame, GeoDataFrame or Series
        In the order and with the index of ``cells``; of its ``attrs`` (where it came from), what all places agree on.
        What ``work`` would have given in one process, as long as it looks no farther than ``reach``.

    Raises
    ------
    CrsMismatch
    WrongUse
        ``work`` does not give a row for each cell, or see :func:`partitioned`.
    MissingPackage
        A library is missing.
    """
    dask, dgpd, _ = _dask()
    layers = layers or {}
    shaped = {n: x for n, x in layers.items() if isinstance(x, gpd.GeoDataFrame | dgpd.GeoDataFrame)}
    options = {**options, **{name: layer for name, layer in layers.items() if name not in shaped}}
    same_crs(cells, *shaped.values())
    ours = isinstance(cells, gpd.GeoDataFrame)
    places = partitioned(cells, parts, by) if ours else cells
    shaped = {n: partitioned(x) if isinstance(x, gpd.GeoDataFrame) else x for n, x in shaped.items()}
    tasks = _tasks(dask.delayed(_one, pure=False), work, places, shaped, reach, options)
    return _together(dask.compute(*tasks), ours)


def _tasks(call, work, places, layers, reach, options):
    """One call for each place, with the parts of the layers that lie near it."""
    near = {name: _near(_bounds(places), _bounds(layer), reach) for name, layer in layers.items()}
    pieces = {name: layer.to_delayed() for name, layer in layers.items()}
    empty = {name: layer._meta for name, layer in layers.items()}
    for k, place in enumerate(places.to_delayed()):
        mine = {name: [pieces[name][j] for j in near[name][k]] for name in layers}
        yield call(work, place, mine, empty, reach, options)


def _bounds(table):
    """The box of each part of a Dask table."""
    if table.spatial_partitions is None:
        table.calculate_spatial_partitions()
    return table.spatial_partitions.bounds.to_numpy()


def _near(places, parts, reach):
    """For each place, the parts of a layer that may hold rows within reach; a part of unknown extent may hold any."""
    unknown = np.isnan(parts).any(axis=1)
    boxes = shapely.box(*places.T) if len(places) else np.empty(0, object)
    here = shapely.buffer(boxes, reach, join_style="mitre")
    touching = shapely.intersects(here[:, None], shapely.box(*parts.T)[None])
    return [np.flatnonzero(row | unknown) for row in touching]


def _one(work, cells, layers, empty, reach, options):
    """One place, in a worker: the rows near it in the order that they had, and the call."""
    rows = cells.pop(ROW).to_numpy() if ROW in (cells := cells.copy()) else None
    around = shapely.box(*cells.total_bounds)
    around = shapely.buffer(around, reach, join_style="mitre") if len(cells) else shapely.Polygon()
    given = {}
    for name, parts in layers.items():
        whole = pd.concat([part[part.intersects(around)] for part in parts]) if parts else empty[name]
        if ROW in whole:
            whole = whole.sort_values(ROW).drop(columns=ROW)
        given[name] = whole
    answer = work(cells, **given, **options)
    if not hasattr(answer, "index") or not answer.index.equals(cells.index):
        found = type(answer).__name__
        if hasattr(answer, "__len__"):
            found = _("{n} rows for {cells} cells").format(n=len(answer), cells=len(cells))
        raise WrongUse("many", _("the function must give one row for each cell, with the cell's index"), found=found)
    return answer, rows


def _together(answers, ours):
    tables = [answer for answer, _ in answers]
    whole = pd.concat(tables)
    if ours:
        whole = whole.iloc[np.argsort(np.concatenate([rows for _, rows in answers]), kind="stable")]
    first, *others = [table.attrs for table in tables]
    whole.attrs = {k: v for k, v in first.items() if all(k in o and _same(o[k], v) for o in others)}
    return whole


def _same(one, other):
    try:
        return bool(one == other)
    except ValueError:  # tables and arrays do not compare to one truth
        return False


def each(
    work: Callable[..., pd.DataFrame], frame: gpd.GeoDataFrame, by: str, **options: object
) -> pd.DataFrame | gpd.GeoDataFrame:
    """Call a function once for each city, on as many processes as there are.

    Parameters
    ----------
    work : callable
        ``work(rows of one city, **options)``, any table: :func:`datakit.geo.cells.grid` for areas, or a function
        around :func:`datakit.vegetation.priority.prioritise` for cells that are ranked among those of their city.
    frame : GeoDataFrame
        With the column ``by``.
    by : str
    **options
        Given to every call.

    Returns
    -------
    DataFrame or GeoDataFrame
        The answers one after another, by city in sorted order, with ``by`` as first column, numbered from 0.

    Raises
    ------
    CrsMismatch
    WrongUse
        See :func:`partitioned`.
    MissingPackage
        A library is missing.
    """
    dask, _, _ = _dask()
    call = dask.delayed(_city, pure=False)
    places = partitioned(frame, by=by)  # held until the end: what was sent to the workers goes with it
    tasks = [call(work, place, by, options) for place in places.to_delayed()]
    return pd.concat(dask.compute(*tasks), ignore_index=True)


def _city(work, rows, by, options):
    answer = work(rows.sort_values(ROW).drop(columns=ROW), **options)
    if not len(rows):
        return answer
    answer = answer.drop(columns=by, errors="ignore")
    answer.insert(0, by, rows[by].iloc[0])
    return answer
