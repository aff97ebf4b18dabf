"""What the columns of an unknown inventory probably mean: a proposal with its reasons, for a person to correct.

Two witnesses are heard for each column: its name, against a vocabulary and the crosswalks already known; and its
values, against what each field can hold. A column that neither convinces is left alone, and said to be.
"""

from __future__ import annotations

import difflib
import html
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from datakit.data.text import fold
from datakit.extras import needed_by
from datakit.language import _, pgettext
from datakit.show.style import number
from datakit.trees.inventory import coordinates, crosswalks, looks

if TYPE_CHECKING:
    from datakit.trees.inventory.crosswalks import Crosswalk

with needed_by(__name__):
    from scipy.optimize import linear_sum_assignment

# Choices of this kit. Below SURE a column is left unmapped; the others weigh the ways in which two names can agree.
SURE = 0.6
SAME, CUT, WITHIN, ALIKE, SHORT = 0.95, 0.9, 0.75, 0.7, 0.65
CUT_FROM = 9  # shapefiles cut names at ten letters; writers of other formats at nine or more
ID_IN_NAME = 0.5
ROWS = 5_000  # values looked at, spread over the file
# Words that say nothing of the meaning: keys, owners of the table, units.
NOISE = {
    "fk",
    "clc",
    "pk",
    "the",
    "de",
    "du",
    "des",
    "la",
    "le",
    "les",
    "l",
    "d",
    "en",
    "et",
    "ou",
    "m",
    "cm",
    "mm",
    "nb",
}
UNIT_AT_END = {"encm": "cm", "enm": "m", "cm": "cm", "m": "m"}


def words_of(name: object) -> list[str]:
    """Letters and digits of a name, without accents or capitals, as words: "CIRCONFÉRENCE (cm)" → circonference, cm."""
    return re.findall(r"[a-z]+|\d+", fold(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))))


@lru_cache
def _vocabulary():
    with files("datakit.trees").joinpath("data", "words.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file, dtype=str)
    return {row.field: [tuple(phrase.split()) for phrase in row.words.split("|")] for row in table.itertuples()}


def _learnt(known):
    """The vocabulary, with the names that known inventories give to each field."""
    words = {field: list(phrases) for field, phrases in _vocabulary().items()}
    for crosswalk in known.values():
        for field in crosswalk.fields:
            words.setdefault(field.name, [tuple(words_of(field.name))])
            words[field.name] += [tuple(words_of(source)) for source in field.source]
    for field in words:
        words[field] = list(dict.fromkeys([tuple(words_of(field)), *words[field]]))
    return words


@dataclass
class Suggestion:
    """A proposal for the columns of one file.

    Attributes
    ----------
    table : DataFrame
        One row per column of the file, in its order: ``source``, ``field`` (missing where unsure), ``confidence`` (0 to
        1), ``unit`` (the one that the column's name states), ``example``, ``reason``.
    crosswalk : datakit.trees.inventory.crosswalks.Crosswalk
    """

    table: pd.DataFrame
    crosswalk: Crosswalk

    def text(self) -> str:
        """The proposal for a terminal."""
        heads = (
            pgettext("head", "column"),
            pgettext("head", "field"),
            pgettext("head", "sure"),
            pgettext("head", "unit"),
            pgettext("head", "reason"),
        )
        lines = ["{:<20} {:<22} {:>4} {:<5} {}".format(*heads)]
        for r in self.table.fillna({"field": "?"}).itertuples():
            lines.append(f"{r.source:<20.20} {r.field:<22} {number(r.confidence, 2):>4} {r.unit:<5} {r.reason}")
        return "\n".join(lines)

    def _repr_html_(self):
        cells = []
        for row in self.table.fillna({"field": _("not mapped")}).itertuples():
            values = (row.source, row.field, number(row.confidence, 2), row.unit, row.example, row.reason)
            cells.append("<tr>" + "".join(f"<td>{html.escape(str(v))}</td>" for v in values) + "</tr>")
        names = (
            pgettext("head", "source"),
            pgettext("head", "field"),
            pgettext("head", "confidence"),
            pgettext("head", "unit"),
            pgettext("head", "example"),
            pgettext("head", "reason"),
        )
        heads = "".join(f"<th scope='col'>{name}</th>" for name in names)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(cells)}</tbody></table>"


def suggest_crosswalk(frame: pd.DataFrame, *, known: dict[str, Crosswalk] | None = None) -> Suggestion:
    """Propose which column of a file is which field of the standard table.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As published, columns of any type; without rows, only the names are heard.
    known : dict of str to Crosswalk, optional
        Inventories whose names for the fields are known; by default every ``trees-`` card of the catalog.

    Returns
    -------
    Suggestion
        Its crosswalk holds the sure columns; `datakit.trees.standardise` takes it as it is.
    """
    words = _learnt(crosswalks.crosswalk_ids() if known is None else known)
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name) if isinstance(frame, gpd.GeoDataFrame) else frame)
    columns, fields = list(table.columns), list(words)
    seen = {c: looks.at(table[c], ROWS) for c in columns}
    place, taken = _place(frame, columns, seen)
    scores, why = np.zeros((len(columns), len(fields))), {}
    for i, column in enumerate(columns):
        if column in taken:
            continue
        for j, field in enumerate(fields):
            scores[i, j], why[i, j] = _judge(column, field, words, seen[column], len(table), i == 0)
    rows, chosen = [], {}
    for i, j in zip(*linear_sum_assignment(-(scores**2)), strict=True):
        if scores[i, j] >= SURE:
            chosen[i] = j
    for i, column in enumerate(columns):
        row = {"source": str(column), "field": None, "confidence": 0.0, "unit": "", "example": seen[column].example}
        if column in taken:
            row |= {"field": taken[column], "confidence": 0.95, "reason": _("where the tree stands")}
        elif i in chosen:
            j = chosen[i]
            row |= {
                "field": fields[j],
                "confidence": float(scores[i, j]),
                "reason": why[i, j],
                "unit": unit_of(column) if fields[j] in looks.MEASURES else "",
            }
        else:
            j = int(scores[i].argmax()) if len(fields) else 0
            best = scores[i, j]
            better = best >= SURE and next(str(columns[k]) for k in chosen if chosen[k] == j)
            row |= {"confidence": float(best) if best < SURE else 0.5, "reason": _unsure(best, fields[j], better)}
        rows.append(row)
    found = pd.DataFrame(rows, columns=["source", "field", "confidence", "unit", "example", "reason"])
    return Suggestion(found, _crosswalk(found[~found["source"].isin(map(str, taken))], place, frame))


def _unsure(best, field, better):
    if better:
        return _("could be {field}, but {column} fits better").format(field=field, column=better)
    if best < 0.3:
        return _("no field fits")
    return _("unsure: {field} at {best}, below {limit}").format(field=field, best=number(best, 2), limit=number(SURE))


def _judge(column, field, words, seen, rows, first):
    """Confidence that a column is a field, and the reason."""
    said, phrase = max((_agree(column, p) for p in words[field]), key=lambda pair: pair[0])
    fits, remark = looks.fit(field, seen)
    if field == "circonference" and looks.girths(seen):
        other, called = max((_agree(column, p) for p in words["diametre"]), key=lambda pair: pair[0])
        if other > said:
            said, phrase = 0.9 * other, called
            text = _("median {median}, largest {largest}: girths in cm, although called a diameter")
            remark = text.format(median=looks.plain(seen.middle), largest=looks.plain(seen.largest))
    if field == "id" and seen.n and said < ID_IN_NAME and re.match(r"id|num|ref", "".join(words_of(column))):
        said, phrase = ID_IN_NAME + 0.1 * first, ("id",)  # identifiers come first
    # Values can contradict a name (fits below 0.5) or speak for a field whose name says little.
    if fits is None and rows:
        confidence = 0.0 if field == "id" else 0.9 * said  # another column may be the one that is filled
    elif fits is None:
        confidence, remark = said, _("no rows")
    elif fits < 0.5:
        confidence = said * fits
    else:
        confidence = 1 - (1 - said) * (1 - (fits - 0.5) * (1.5 if said >= 0.35 else looks.ALONE.get(field, 0.6)))
    if said >= 0.35:
        named = _("named like {name}; {remark}").format(name=repr(" ".join(phrase)), remark=remark)
    else:
        named = _("name unknown; {remark}").format(remark=remark)
    return min(confidence, 0.99), named


@lru_cache(maxsize=200_000)
def _agree(column, phrase):
    """How well a column's name agrees with a phrase, 0 to 1."""
    all_words, words = _heard(column)
    glued, wanted = "".join(words), "".join(phrase)
    if not glued or not wanted:
        return 0.0, phrase
    for end in UNIT_AT_END:
        if glued.endswith(end) and glued.removesuffix(end) and len(glued) - len(end) >= 4 and not wanted.endswith(end):
            bare = glued.removesuffix(end)
            if bare == wanted or (len(bare) >= 4 and wanted.startswith(bare)):
                return SAME if bare == wanted else CUT, phrase
    if glued == wanted or "".join(all_words) == wanted:
        return SAME, phrase
    if len(glued) >= CUT_FROM - 1 and (
        wanted.startswith(glued) or (glued.startswith(wanted) and len(wanted) >= CUT_FROM)
    ):
        return CUT, phrase
    kept = [w for w in phrase if w not in NOISE]
    if len(kept) > 1 and _shortened(words, kept):
        return 0.85, phrase
    if len(words) == len(kept) == 1 and min(len(glued), len(wanted)) >= 3 and (wanted.startswith(glued)):
        return SHORT + 0.02 * min(len(glued), 10), phrase
    if len(wanted) >= 5 and wanted in glued:
        return WITHIN * (0.6 + 0.4 * len(wanted) / len(glued)), phrase
    alike = difflib.SequenceMatcher(None, glued, wanted)
    if alike.real_quick_ratio() < 0.7 or alike.quick_ratio() < 0.7:  # never below the ratio, and found much sooner
        return 0.0, phrase
    ratio = alike.ratio()
    return (ALIKE * ratio if ratio >= 0.84 else 0.3 * ratio if ratio >= 0.7 else 0.0), phrase


@lru_cache(maxsize=10_000)
def _heard(column):
    """The words of a column's name, and those that say something."""
    words = words_of(column)
    return words, [w for w in words if w not in NOISE] or words


def _shortened(words, phrase):
    """Whether words are those of a phrase, in its order or not, each cut short: "anne_plan" for annee plantation."""
    if len(words) != len(phrase):
        glued = "".join(words)
        cuts = [
            phrase[0][:k] + phrase[1][:n] for k in range(3, len(phrase[0]) + 1) for n in range(3, len(phrase[1]) + 1)
        ]
        return len(phrase) == 2 and glued in cuts
    pairs = (zip(words, order, strict=True) for order in (phrase, phrase[::-1]))
    return any(all(len(w) >= 2 and p.startswith(w) for w, p in pair) for pair in pairs)


def unit_of(column: object) -> str:
    """The unit that a column's name states: "HAUTEUR (m)" and "hauteurenm" are in metres; else ""."""
    words = words_of(column)
    if words and words[-1] in ("m", "cm", "mm") and len(words) > 1:
        return words[-1]
    glued = "".join(words)
    for end, unit in UNIT_AT_END.items():
        stem = glued.removesuffix(end)
        if glued.endswith(end) and any(
            stem in ("".join(p), "".join(p)[:10]) or stem.endswith("".join(p))
            for field in looks.LENGTHS
            for p in _vocabulary()[field]
        ):
            return unit
    return ""


def _place(frame, columns, seen):
    """The columns that say where a tree stands: what a crosswalk calls ``geometry`` and ``crs``, and those columns."""
    axes = {"longitude": [], "latitude": []}
    for c in columns:
        if (axis := looks.axis("".join(words_of(c)))) and seen[c].could_be_a_place():
            axes[axis].append(c)
    taken, pair, crs = {}, None, "EPSG:4326"
    for degrees in (False, True):  # a file may have both; degrees need no system to be named
        found = [next((c for c in at if (seen[c].largest <= 180) == degrees), None) for at in axes.values()]
        if None not in found:
            taken = dict(zip(found, axes, strict=True))
    if taken:
        x, y = taken
        pair = {"type": "Point", "x": str(x), "y": str(y)}
        if seen[x].largest > 180:  # metres: their values say of which system
            crs = coordinates.french_metres(seen[x].middle, seen[y].middle) or crs
    elif text := [c for c in columns if seen[c].pairs > 0.8]:
        taken, pair = {text[0]: "latlon"}, {"type": "Point", "latlon": str(text[0])}
    if isinstance(frame, gpd.GeoDataFrame):
        pair = None
    return pair and {"geometry": pair, "crs": crs}, taken


def _crosswalk(found, place, frame):
    fields = []
    for row in found[found["field"].notna()].itertuples():
        field = {
            "name": row.field,
            "source": [row.source],
            "type": looks.TYPES.get(row.field, "string"),
            "optional": True,
        }
        if row.field in looks.MEASURES:
            field["unit"] = looks.MEASURES[row.field]
            if row.unit and row.unit != field["unit"]:
                field["source_unit"] = row.unit
        fields.append(field)
    raw = {"fields": fields}
    if place:
        raw |= place
    elif isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None:
        raw["crs"] = frame.crs.to_string()
    return crosswalks.Crosswalk(raw, "suggestion")
