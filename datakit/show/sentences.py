"""What a sentence says beyond its figures: numbers that are none, and words that stay when figures turn round."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from datakit.show.answers import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

NUMBER = re.compile(r"(?<![\w{])\d+(?:[\u202f.,:]\d+)*")
# Words that say which of two things is larger, or that something changed.
CLAIMS = re.compile(
    r"\b(more|most|less|least|fewer|fewest|higher|highest|lower|lowest|larger|largest|smaller|smallest|better|best|"
    r"worse|worst|wider|narrower|farther|nearer|older|younger|warmer|cooler|denser|earlier|later|beats?|beaten|falls?|"
    r"fell|rises?|rose|grows?|grew|drops?|gains?|loses?|exceeds?)\b",
    re.IGNORECASE,
)
# Words that say who is counted, and compare nothing: "aged 75 or older".
GROUP = re.compile(r"\d+ (?:or|and) (?:more|less|fewer|older|younger)\b", re.IGNORECASE)
# "more than {limit}": where the limit is the same on all data, it says what is counted.
LIMIT = re.compile(r"\b(?:more|less|fewer|farther|older|younger) than \{(\w+)\}", re.IGNORECASE)


def skeleton(record: Mapping[str, Any]) -> str:
    """The fixed words of a sentence, with the name of a figure in braces wherever that figure stands.

    Parameters
    ----------
    record : dict
        Of an answer (`datakit.show.answers.Answer.record`, a row of ``results.json``).

    Returns
    -------
    str
        Where two figures read the same, one of their names stands for both.
    """
    forms: dict[str, str] = {}
    for figure in record["figures"]:
        parts = {key: part for key, part in figure.items() if key != "name"}
        value = Value(**parts)
        for spec in ("", "value", "bare"):
            forms.setdefault(format(value, spec), f"{{{figure['name']}}}")
    forms |= {form[:1].upper() + form[1:]: name for form, name in forms.items()}  # as a sentence begins
    said = sorted(filter(None, forms), key=len, reverse=True)
    if not said:
        return record["sentence"]
    # One pass, the longest first, and no piece of a longer word or number: 5 is not found in 15, nor in 0.5.
    found = re.compile("|".join(rf"(?<![\w.\u2212])(?:{re.escape(form)})(?![\w\u202f]|[.,]\d)" for form in said))
    return found.sub(lambda m: forms[m.group()], record["sentence"])


def loose_numbers(record: Mapping[str, Any], fixed: str = "") -> list[str]:
    """Numbers of a sentence that are none of its figures, as those are rounded for reading.

    Parameters
    ----------
    record : dict
        Of an answer.
    fixed : str
        Where numbers may come from that are the same on all data, such as a threshold: the template of the sentence.

    Returns
    -------
    list of str
    """
    known = set(NUMBER.findall(fixed)) | set(NUMBER.findall(record["question"]))
    return [number for number in NUMBER.findall(skeleton(record)) if number not in known]


def turned(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Claims in fixed words that stay while figures turn round: one answer, on different data.

    A claim is suspected where the same fixed words compare (`CLAIMS`) and, from one record to another, a figure changes
    its sign, or two figures of one unit change their order. Words that a program has compared with the figures
    (``holds`` of `datakit.show.answers.Answer.say`) are not suspected. Neither are those that say who is counted: "75
    or older", or "more than {limit}" where the limit is the same in all records and no figure passes it.

    Parameters
    ----------
    records : iterable of dict
        Of the same answer.

    Returns
    -------
    list of str
        In words, one for each pair of figures; empty where nothing turned.
    """
    same: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        if record["answered"]:
            same.setdefault(skeleton(record), []).append(record)
    found = []
    for words, group in same.items():
        bare = words
        for claim in {claim for record in group for claim in record.get("holds", [])}:
            bare = bare.replace(claim, "")
        bare = GROUP.sub("", bare)
        limits = {name for name in LIMIT.findall(bare) if _constant(name, group)}
        free = bare
        for match in LIMIT.finditer(bare):
            free = free.replace(match.group(), "") if match[1] in limits else free
        for text, about in ((free, None), (bare, limits)):
            claims = sorted({match.group().lower() for match in CLAIMS.finditer(re.sub(r"\{\w+\}", "{}", text))})
            if claims:
                turns = [what for what, names in _turns(words, group) if about is None or names & about]
                found += [f"{', '.join(claims)}: {what}, in \u201c{words}\u201d" for what in turns]
                break
    return found


def _constant(name, group):
    return len({figure["value"] for record in group for figure in record["figures"] if figure["name"] == name}) == 1


def _turns(words, group):
    named = [[f for f in record["figures"] if f"{{{f['name']}}}" in words] for record in group]
    numbers = [{f["name"]: f for f in figures if not isinstance(f["value"], (str, bool))} for figures in named]
    both = sorted(set.intersection(*(set(figures) for figures in numbers)))
    for name in both:
        signs = {(f[name]["value"] > 0) - (f[name]["value"] < 0) for f in numbers}
        if {-1, 1} <= signs:
            yield f"{name} changes its sign", {name}
    for a, b in combinations(both, 2):
        if any(f[a]["unit"] != f[b]["unit"] for f in numbers):
            continue
        order = {(f[a]["value"] > f[b]["value"]) - (f[a]["value"] < f[b]["value"]) for f in numbers}
        if {-1, 1} <= order:
            yield f"{a} and {b} change their order", {a, b}
