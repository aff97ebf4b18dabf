"""What is wrong or missing in an inventory, beyond what a schema can check."""

from pathlib import Path

import numpy as np
import pandas as pd

from datakit.territory import MERGED
from datakit.trees.diversity import taxon
from datakit.trees.structure import height, planting_year, trunk_diameter

# Choices of this kit: beyond these a figure is more likely a slip of the pen than a tree.
GROWTH = 10  # cm of girth a year, counted from the day of planting
STOUT, SLENDER = 5, 150  # height over trunk diameter


def rejected(frame):
    """The rows that loading set aside, counted by rule.

    Parameters
    ----------
    frame : DataFrame
        From `datakit.load`.

    Returns
    -------
    DataFrame
        ``column``, ``rule``, ``rows`` and ``example`` (a value), the commonest first. A row can break several rules.
    """
    said = frame.attrs["datakit"]
    file = said["rejects_file"]
    if file and Path(file).exists():
        found = pd.read_csv(file, dtype=str, keep_default_na=False)
    else:  # the cache is read-only: the first twenty are still known
        found = pd.DataFrame(said["rejects"], columns=["row", "column", "value", "rule"])
    table = found.groupby(["column", "rule"], sort=False).agg(rows=("row", "nunique"), example=("value", "first"))
    return table.reset_index().sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def checks(frame, today, communes=None):
    """Doubts about the rows that loading kept: each one names trees to look at, none removes any.

    Parameters
    ----------
    frame : GeoDataFrame
        An inventory; EPSG:2154.
    today : int
        Year of the survey.
    communes : GeoDataFrame, optional
        Contours with ``commune`` (INSEE code), where the inventory should lie.

    Returns
    -------
    DataFrame
        ``check``, ``trees`` (missing where the inventory has no column for it), ``share`` (% of all) and ``note``.
    """
    rows = []

    def add(check, mask, note=""):
        rows.append((check, None if mask is None else int(np.sum(mask)), note))

    place = np.round(np.c_[frame.geometry.x, frame.geometry.y], 1)
    add("at the very place of another tree", pd.DataFrame(place).duplicated().to_numpy(), "within 10 cm")
    if communes is not None:
        tree, area = communes.sindex.query(frame.geometry, predicate="within")
        code = pd.Series(communes["commune"].to_numpy()[area], index=tree).groupby(level=0).first()
        code = code.reindex(range(len(frame)))
        add("outside the communes", code.isna())
        if "code_insee" in frame:
            written = frame["code_insee"].reset_index(drop=True).replace(MERGED)
            add("in another commune than its code says", code.notna() & written.notna() & (code != written))
    add("species not named", taxon(frame, "species").isna(), "'sp.' is not a species")
    diameter, year = trunk_diameter(frame), planting_year(frame).astype("float64")
    age = (today - year).where(year.notna(), frame.get("age_estime", np.nan)).astype("float64")
    add("age not known", age.isna())
    add("planted after the survey", age < 0 if year.notna().any() else None)
    measured = diameter.notna().any()
    add("trunk not measured", diameter.isna())
    girth = diameter * np.pi
    thick = (girth > 30 + GROWTH * age) & (age >= 0)
    add("trunk too thick for the age", thick if measured and age.notna().any() else None,
        f"more than {GROWTH} cm of girth a year, after 30 cm at planting")  # fmt: skip
    tall, odd = height(frame), None
    if measured and tall.notna().any():
        ratio = tall / diameter.where(diameter >= 10)
        odd = (ratio < STOUT) | (ratio > SLENDER)
    add("height and trunk do not fit", odd, f"height below {STOUT} or above {SLENDER} times the diameter; often a unit")
    add("girth ends in 0", girth.round().mod(10) == 0 if measured else None, "10 % if measured, more if guessed")
    table = pd.DataFrame(rows, columns=["check", "trees", "note"])
    table["trees"] = table["trees"].astype("Int64")
    table.insert(2, "share", (100 * table["trees"].astype("float64") / max(len(frame), 1)).round(2))
    return table
