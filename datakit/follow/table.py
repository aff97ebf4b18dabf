"""The small table of an experiment: one row for each indicator, area and month, computed once, kept as Parquet.

==========  ===========================================================================================
indicator   its id in the dossier
area        a value of the notebooks' parameter; empty where all of the territory is one
part        ``trial`` or ``comparison``
month       ``2027-04``
value       with ``low`` and ``high``, its own range, and ``unit``; no value, no point
status      ``ok``, ``late``, ``missing``, ``revised`` or ``stopped``
why         in words, where there is something to say
former      the value that was there before the month's data was revised
data, code  digests of the month's files and of the notebook: a row with others is computed again
synthetic   whether invented data is in it
sources     JSON: whose data it is
computed    when
==========  ===========================================================================================
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from datakit.data.files import writable, write_whole
from datakit.errors import NotAsDescribed
from datakit.follow.computing import OK, REVISED, STOPPED, Computing, areas, revised
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.dossier.form import Dossier
    from datakit.follow.months import Month
    from datakit.follow.runs import Runs

FILE = "indicators.parquet"
COLUMNS = {
    **dict.fromkeys(("indicator", "area", "part", "month"), "str"),
    **dict.fromkeys(("value", "low", "high"), "float64"),
    **dict.fromkeys(("unit", "status", "why"), "str"),
    "former": "float64",
    **dict.fromkeys(("data", "code"), "str"),
    "synthetic": "bool",
    "sources": "str",
    "computed": "str",
}


def read(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """The table in a folder, empty where there is none yet.

    Raises
    ------
    NotAsDescribed
        The file is something else.
    """
    file = Path(folder) / FILE
    if not file.exists():
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    try:
        return pd.read_parquet(file)[list(COLUMNS)].astype(COLUMNS)
    except (OSError, ValueError, KeyError) as error:
        what = _("this is not a table of indicators")
        raise NotAsDescribed(str(file), what, found=str(error), next=_("move it away: it is made again")) from None


def update(
    runs: Runs, dossier: Dossier, months: Sequence[Month], output: Path, *, progress: bool = True
) -> pd.DataFrame:
    """Compute the months that are new or were revised, and keep the table.

    Parameters
    ----------
    runs : Runs
        What executes the dossier's notebooks, see `datakit.follow.runs`.
    dossier : Dossier
    months : list of Month
        Of `datakit.follow.months.find`.
    output : Path
        Where the table is. It is written after each month, so that a long run goes on where it was broken off.
    progress : bool
        Say on the standard error what is computed.

    Returns
    -------
    DataFrame
        Of these months, by indicator, area and month.
    """
    computing = Computing(runs, dossier, {id for month in months for id in month.entries})
    kept = {_key(row): row for row in _rows(read(writable(output)))}
    before: Month | None = None
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each run is a process of its own
        for n, month in enumerate(months, 1):
            wanted = [area for area in areas(dossier) if not _known(kept, month, area, computing)]
            if wanted and month.there and progress:
                told = _("[{n}/{total}] {month} {areas}")
                told = told.format(n=n, total=len(months), month=month.name, areas=", ".join(wanted))
                print(told.rstrip(), file=sys.stderr, flush=True)
            for rows in pool.map(partial(computing.rows, month, before), wanted):
                kept |= {_key(row): _again(row, kept.get(_key(row))) for row in rows}
            before = month if month.there else before
            if wanted:
                _write(output, kept.values())
    table = _frame(kept.values())
    wanted = table["month"].isin([month.name for month in months]) & table["area"].isin(areas(dossier))
    return table[wanted & table["indicator"].isin([one.id for one in dossier.indicators])].reset_index(drop=True)


def _key(row):
    return row["indicator"], row["area"], row["month"]


def _known(kept, month, area, computing):
    """Whether the rows of a month and area are there, of the same data and code."""
    rows = [(kept.get((one.id, area, month.name)), one.notebook) for one in computing.dossier.indicators]
    if not month.there:  # a month that went away does not take its values along
        return all(row is not None for row, _notebook in rows)
    return all(
        row is not None and (row["data"], row["code"]) == (month.digest(), computing.code[notebook])
        for row, notebook in rows
    )


def _again(row, former):
    """A row, with what a former one said that was made of other data by the same code."""
    other = former and row["data"] and former["code"] == row["code"] and former["data"] != row["data"]
    return revised(row, former) if other else row


def _rows(table):
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _frame(rows):
    table = _one_unit(pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(COLUMNS))
    return table.sort_values(
        ["indicator", "part", "area", "month"], ascending=[True, False, True, True], ignore_index=True
    )


def _write(output, rows):
    table = _frame(rows)
    write_whole(output / FILE, lambda temporary: table.to_parquet(temporary, index=False))


def _one_unit(table):
    """Stop the rows of another unit than the first of their indicator: a series has one, and no point is converted."""
    for _indicator, rows in table.groupby("indicator"):
        units = rows[rows["status"].isin((OK, REVISED))].sort_values("month")["unit"]
        other = units.index[units != units.iloc[0]] if len(units) else []
        for index in other:
            why = _("the unit is {now}, and was {then}").format(now=table.loc[index, "unit"], then=units.iloc[0])
            table.loc[index, ["status", "why"]] = [STOPPED, why]
            table.loc[index, ["value", "low", "high"]] = float("nan")
    return table
