"""What sources say of a taxon, one statement in a row, and the rating that follows from them.

``data/allergy.csv``, ``drought.csv`` and ``hosts.csv``, and ``datakit/vegetation/data/candidates.csv``, hold what was
read: who says it, in which words, where, how it was read, and the class that this kit makes of it. Nobody writes a
rating: it follows from the statements, by the rule of `follow`. ``data/README.md`` says what was looked for and not
found.
"""

from __future__ import annotations

import functools
from importlib.resources import files

import pandas as pd

from datakit.language import N_, _, language

CONFLICTING = "conflicting"
TOWN = ("study", "trial")  # of town trees: measured in a study that was published, or in a trial
# How a statement was read; nothing is added for the publisher's own page.
READ_AS = {
    "page": "",
    "abstract": N_(" (abstract)"),
    "excerpt": N_(" (excerpt)"),
    "press": N_(" (press report)"),
    "copy": N_(" (read in a copy only)"),
}


@functools.cache
def _read(package: str, name: str) -> pd.DataFrame:
    with files(package).joinpath("data", name).open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)


def statements(name: str, package: str = "datakit.trees") -> pd.DataFrame:
    """What was read, a row for each thing that a source says of a taxon.

    Parameters
    ----------
    name : str
        "allergy", "drought" or "hosts"; "candidates" of ``datakit.vegetation``.
    package : str

    Returns
    -------
    DataFrame
        ``taxon`` (genus or species); ``class``: what this kit makes of it, empty where it is shown and not counted;
        ``word``: in the source's language where its words were kept, else their sense in English; ``rater``: who says
        it (``rater_fr``, and ``word_fr`` of candidates: in French, where that differs);
        ``read_as`` ("page": the publisher's, "abstract", "excerpt": a part of it, "press": a report of it, "copy":
        elsewhere than at its publisher's); ``address``: where, as it was seen (empty: a journal, or a copy); ``note``;
        some have ``evidence`` ("study" and "trial" of town trees, "other").
    """
    return _read(package, f"{name}.csv").copy()


def counted(said: pd.DataFrame) -> pd.DataFrame:
    """The statements on one taxon that its rating follows from.

    Those with a class; where one of them is of a study or a trial of town trees, only such ones.
    """
    said = said[said["class"] != ""]
    town = said["evidence"].isin(TOWN) if "evidence" in said else pd.Series(False, index=said.index)
    return said[town] if town.any() else said


def follow(said: pd.DataFrame, order: list[str] | None = None) -> dict:
    """The rating that follows from what is said of one taxon.

    Parameters
    ----------
    said : DataFrame
        Rows of `statements`, on one taxon.
    order : list of str, optional
        The classes from low to high.

    Returns
    -------
    dict
        ``rating``: the class that all counted statements share, "conflicting" where they do not, None where none
        counts; ``least`` and ``most``: the lowest and highest class said (None without ``order`` or a class);
        ``source``: who rates, joined by "; ", None if nobody; ``note``: why it is not rated, or what else was said.
    """
    heard, conflict = counted(said), _("Not rated: these sources conflict.")
    classes = list(dict.fromkeys(heard["class"]))
    rating = None if not classes else classes[0] if len(classes) == 1 else CONFLICTING
    ranked: list[str | None] = [one for one in order or [] if one in classes] or [None]
    beside = said.loc[said.index.difference(heard.index)]
    if rating == CONFLICTING:
        notes = [*_quoted(heard), conflict]
    elif rating is None:
        notes = [_("Not rated."), *_quoted(said)]
    else:
        notes = [*dict.fromkeys(note for note in heard["note"] if note)]
    notes += [_("Also read, and not counted:"), *_quoted(beside)] if len(heard) and len(beside) else []
    return {
        "rating": rating,
        "least": ranked[0],
        "most": ranked[-1],
        "source": "; ".join(dict.fromkeys(cite(row) for row in heard.to_dict("records"))) or None,
        "note": " ".join(notes),
    }


def cite(row: dict) -> str:
    """Who says it, where, and how that was read, in the user's language."""
    where = f", {row['address']}" if row["address"] else ""
    return f"{_rater(row)}{where}{read_as(row['read_as'])}"


def read_as(key: str) -> str:
    """How a statement was read, as it stands behind its source."""
    return _(READ_AS[key])


def _rater(row):
    return row.get("rater_fr") or row["rater"] if language() == "fr" else row["rater"]


def _quoted(said):
    found = []
    for row in said.to_dict("records"):
        note = row["note"].rstrip(".")
        said = _('{rater}: "{word}"').format(rater=_rater(row), word=row["word"]) if row["word"] else _rater(row)
        found.append(f"{said}{f' ({note})' if note else ''}.")
    return found


def rated(said: pd.DataFrame, order: list[str] | None = None) -> pd.DataFrame:
    """`follow` for every taxon, in the order of the file.

    Returns
    -------
    DataFrame
        ``taxon`` and what `follow` gives.
    """
    rows = [{"taxon": taxon, **follow(rows, order)} for taxon, rows in said.groupby("taxon", sort=False)]
    return pd.DataFrame(rows, columns=["taxon", "rating", "least", "most", "source", "note"])
