"""Key results: a small table that people read, and programs too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.data.provenance import RESULTS_MIME
from datakit.errors import WrongUse
from datakit.show import tables
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULT_COLUMNS = ["result", "value", "unit", "low", "high", "note"]


def key_results(rows: Iterable[dict | tuple]) -> KeyResults:
    """The results of a notebook as a small table that people read and the runner and tests compare.

    Parameters
    ----------
    rows : list of dict or tuple
        ``result`` (a name), ``value``, ``unit``, ``low``, ``high`` (an interval, where there is one), ``note``; as
        dicts with at least ``result`` and ``value``, or tuples in that order.

    Returns
    -------
    KeyResults
        A DataFrame with the columns result, value, unit, low, high, note. Displayed in a notebook it also carries
        ``application/vnd.datakit.results+json``, so make it the last line of the cell.

    Raises
    ------
    WrongUse
        An unknown entry, a result without name or value, the same name twice, or an interval that is upside down.
    """
    records: list[dict] = []
    for row in rows:
        row = dict(row) if isinstance(row, dict) else dict(zip(RESULT_COLUMNS, row, strict=False))
        unknown = sorted(set(row) - set(RESULT_COLUMNS))
        if unknown or not row.get("result") or _plain(row.get("value")) is None:
            raise WrongUse(
                "charts.key_results",
                "a result needs a name and a value" if not unknown else "unknown entry",
                expected=", ".join(RESULT_COLUMNS),
                found=", ".join(unknown) or repr(row),
            )
        record = {c: _plain(row.get(c)) for c in RESULT_COLUMNS}
        record["unit"], record["note"] = record["unit"] or "", record["note"] or ""
        low, high = record["low"], record["high"]
        if low is not None and high is not None and low > high:
            raise WrongUse(
                "charts.key_results", f"the interval of {record['result']!r} is upside down", found=f"{low} > {high}"
            )
        if any(r["result"] == record["result"] for r in records):
            raise WrongUse("charts.key_results", "two results have the same name", found=repr(record["result"]))
        records.append(record)
    frame = KeyResults(records, columns=RESULT_COLUMNS)
    frame["value"] = pd.Series([r["value"] for r in records], dtype=object)  # 23 communes stay 23, not 23.0
    # A column of None only would be shown as an empty object column; NaN keeps numbers numbers.
    for column in ("low", "high"):
        frame[column] = pd.to_numeric(frame[column])
    return frame


class KeyResults(pd.DataFrame):
    """A DataFrame of key results that shows itself for people and for programs."""

    @property
    def _constructor(self):
        return pd.DataFrame  # a selection of it is an ordinary table

    def records(self) -> list[dict]:
        """The results as JSON-ready dicts, missing limits as None."""
        return [{k: _plain(v) for k, v in r.items()} for r in self.to_dict("records")]

    def _readable(self):
        text = pd.DataFrame(self).copy()
        for column in ("value", "low", "high"):
            text[column] = [
                ("" if v is None or v != v else number(v))
                if isinstance(v, (int, float)) and not isinstance(v, bool)
                else str(v)
                for v in text[column].astype(object)
            ]
        return text

    def _repr_html_(self):
        shown = pd.DataFrame(self).astype(object)
        return tables.html(shown.where(shown.notna(), ""), caption="Key results", index=False)

    def __repr__(self):
        return self._readable().to_string(index=False)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {RESULTS_MIME: self.records(), "text/html": self._repr_html_(), "text/plain": repr(self)}


def _plain(value):
    """A JSON value: numpy numbers become Python's, floats are rounded to 10 digits, NaN becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, float):
        return float(f"{value:.10g}")
    return value if isinstance(value, (bool, int, str)) else str(value)
