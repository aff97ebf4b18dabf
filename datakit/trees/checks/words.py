"""What the audit says: checks, what to do about them, questions, names of fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datakit.language import N_, _, language, ngettext, pgettext
from datakit.show.style import number
from datakit.trees.inventory.changes import in_words
from datakit.trees.inventory.schema import standard_fields

if TYPE_CHECKING:
    from datakit.trees.checks.counting import Finding

VERDICTS = ("bad", "look", "cannot tell", "ok")
GROUPS = (
    "completeness",
    "units",
    "ranges",
    "taxonomy",
    "duplicates",
    "geometry",
    "dates",
    "consistency",
    "staleness",
    "changes",
)
# Subjects that several columns can tell.
SUBJECTS = {
    "name": N_("species or genus"),
    "trunk": N_("girth or diameter of the trunk"),
    "age": N_("year of planting or age"),
    "survey": N_("date of the survey"),
    "state": N_("state (in place, felled)"),
}
OTHER_FIELDS = {
    "annee_plantation": N_("year of planting"),
    "age_estime": N_("estimated age"),
    "nombre_diagnostics": N_("number of inspections"),
    "nom_latin": N_("Latin name"),
    "taxon": N_("botanical name"),
    "dbh": N_("trunk diameter"),
    "geometry": N_("position"),
}
# For each check: what it counts, and what to do. Names in braces are filled in by the check.
CHECKS = {
    "empty": (
        N_("{subject}: not filled"),
        N_("Fill it at the next survey; until then, say which trees a figure leaves out."),
    ),
    "absent": (N_("{subject}: no such column"), N_("Ask whether another file or software of the department has it.")),
    "sparse": (
        N_("{subject}: not filled"),
        N_("Nothing: filled only where there is something to say, and empty looks alike."),
    ),
    "unit": (
        N_("{subject}: figures not in {unit}"),
        N_("Give the right unit in the crosswalk (source_unit), and read the file again."),
    ),
    "girth as diameter": (
        N_("diameter of the trunk: the figures are girths"),
        N_("Name the column circonference in the crosswalk."),
    ),
    "text": (
        N_("{subject}: words where figures are needed"),
        N_("Write one figure and its unit; keep remarks elsewhere."),
    ),
    "range": (
        N_("{subject}: outside {low} to {high} {unit}"),
        N_("Measure again, or correct the slip (often a unit)."),
    ),
    "unresolved": (
        N_("name not known to the botanical reference"),
        N_("Correct the spelling, or add the species to the list."),
    ),
    "genus only": (
        N_("genus known, species not"),
        N_("Name the species on the next visit: “sp.” hides what a pest attacks."),
    ),
    "respelled": (
        N_("name written otherwise than in the reference"),
        N_("Nothing urgent: `standardise` brings them together."),
    ),
    "same place": (
        N_("at the very place of another tree"),
        N_("Two rows for one tree, or one tree placed by its address."),
    ),
    "within a metre": (
        N_("less than {metres} m from another tree"),
        N_("Keep one row where it is one tree; keep both in a hedge."),
    ),
    "same id": (N_("identifier used more than once"), N_("Give each tree its own: followed surveys are joined by it.")),
    "no place": (N_("no position"), N_("Locate them: no map, round or street share counts them.")),
    "outside": (N_("outside the area"), N_("Check the position, or that the tree belongs in this inventory.")),
    "far": (
        N_("more than {km} km from the middle of the inventory"),
        N_("Check the position: a slip in a coordinate."),
    ),
    "stacked": (N_("at a place with {stack} trees or more"), N_("Placed by address or by site: locate each tree.")),
    "wrong commune": (N_("in another commune than its code says"), N_("Correct the code or the position.")),
    "planted after": (N_("planted after its survey"), N_("Correct one of the two dates.")),
    "felled before": (
        N_("felled before it was planted"),
        N_("The row mixes a tree and its replacement: make two rows."),
    ),
    "felled but standing": (N_("has a date of felling, but stands"), N_("Correct the state or the date.")),
    "lost without date": (
        N_("lost, without a date of felling"),
        N_("Write the date: without it, no rate of loss by year."),
    ),
    "future": (N_("{subject}: in the future"), N_("Correct the date.")),
    "round years": (N_("year of planting ends in 0 (10\u00a0% if known)"), N_("Guessed years: group ages by decade.")),
    "too thick": (
        N_("trunk too thick for its age (over {growth} cm of girth a year)"),
        N_("A tree planted large, a wrong year, or a diameter read as a girth: check a few."),
    ),
    "odd shape": (
        N_("height below {stout} or above {slender} times the trunk"),
        N_("Check both figures: often a unit."),
    ),
    "disagree": (N_("girth and diameter do not agree"), N_("Keep the one that was measured, and empty the other.")),
    "round girths": (
        N_("{subject} ends in 0 (10\u00a0% if measured)"),
        N_("Guessed by eye: trust classes of 10 cm, not growth."),
    ),
    "old survey": (N_("seen more than {years} years ago"), N_("Plan these first in the next survey.")),
    "set aside": (
        N_("rows set aside when reading: they break a rule of the data card"),
        N_("Correct them in the source file."),
    ),
    "change": (N_("{field}: {rule}"), N_("Read the list of changes, and correct the source file.")),
}
# The question, and what is missing for it.
QUESTIONS = {
    "losses": (N_("Which trees will be lost?"), N_("felled trees, kept with their state ({least} or more)")),
    "trend": (N_("Are more trees lost each year?"), N_("the date of felling of lost trees")),
    "age": (N_("How does risk change with age?"), N_("the year of planting, or an age")),
    "canopy": (N_("How much canopy is there (measured)?"), N_("crown diameters; from trunks it is an estimate")),
    "allergy": (N_("Which trees can cause allergy?"), N_("the species")),
    "diversity": (N_("Does the heritage keep to 10-20-30?"), N_("the species")),
    "visits": (N_("Which trees to visit first?"), N_("a position, and an age or stage of development")),
    "streets": (N_("Which streets depend on one species?"), N_("the address and the species")),
    "owner": (N_("Which trees does the city itself look after?"), N_("who manages each tree")),
    "ground": (N_("Which trees lack water or soil?"), N_("soil, foot of the tree or watering")),
    "health": (
        N_("Which trees are sick or dangerous today?"),
        N_("results of inspections, which the national schema lacks"),
    ),
}


class Cannot(NamedTuple):
    """A question that the file cannot answer: its key, the words, what is missing, the columns that would tell it."""

    key: str
    question: str
    missing: str
    columns: tuple[str, ...]


def verdict_word(key: str) -> str:
    """A verdict in words."""
    return {
        "bad": pgettext("verdict", "bad"),
        "look": pgettext("verdict", "look"),
        "cannot tell": pgettext("verdict", "cannot tell"),
        "ok": pgettext("verdict", "ok"),
    }[key]


def group_words(key: str) -> str:
    """A group of checks in words."""
    return {
        "completeness": pgettext("checks", "completeness"),
        "units": pgettext("checks", "units"),
        "ranges": pgettext("checks", "ranges"),
        "taxonomy": pgettext("checks", "names of trees"),
        "duplicates": pgettext("checks", "duplicates"),
        "geometry": pgettext("checks", "places"),
        "dates": pgettext("checks", "dates"),
        "consistency": pgettext("checks", "consistency"),
        "staleness": pgettext("checks", "age of the survey"),
        "changes": pgettext("checks", "reading the file"),
    }[key]


def field_name(field: str) -> str:
    """The words for a field or subject, without the capital."""
    for known in (SUBJECTS, OTHER_FIELDS):
        if field in known:
            return _(known[field])
    card = standard_fields().get(field)
    title = (card.raw.get("title_fr" if language() == "fr" else "title") if card else None) or field.replace("_", " ")
    return title if title[:2].isupper() else title[:1].lower() + title[1:]  # "INSEE code" keeps its capitals


def percent(value: float) -> str:
    """A share that never hides a few behind 0 %, nor what is left behind 100 %."""
    if 0 < value < 0.1:
        return f"<\u00a0{number(0.1, 1)}\u00a0%"
    if 99.9 < value < 100:
        return f">\u00a0{number(99.9, 1)}\u00a0%"
    return f"{number(value, 0 if value == round(value) else 1)}\u00a0%"


def examples(finding: Finding) -> str:
    """The examples of a finding in one text: "rows 3, 7", "A3, A7", "x hispanica → x acerifolia"."""
    some = finding.examples
    if finding.check == "set aside":
        parts = (each.partition(": ") for each in some)
        return ", ".join(
            _("{field}: {value}").format(field=field_name(field), value=value) for field, _colon, value in parts
        )
    if finding.check == "change":
        some = [re.sub(r"^nothing(?= →)|(?<=→ )nothing$", _("nothing"), each) for each in some]
    rows = [each.removeprefix("row ") for each in some if each.startswith("row ")]
    if rows and len(rows) == len(some):
        return ngettext("row {rows}", "rows {rows}", len(rows)).format(rows=", ".join(rows))
    return ", ".join(some)


def said(finding: Finding) -> tuple[str, str]:
    """What a finding counts, and what to do about it."""
    facts = {
        k: number(v, 0 if v >= 10 or v == int(v) else 1) if isinstance(v, float) else v
        for k, v in finding.facts.items()
    }
    if unit := str(facts.get("unit", "")):
        facts["unit"] = ngettext(unit, unit, 2)
    if "rule" in facts:
        facts["rule"] = in_words(str(facts["rule"]))
    facts |= {"subject": field_name(finding.field), "field": field_name(finding.field)}
    check, todo = (_(text) for text in CHECKS[finding.check])
    text = check.format(**facts)
    if facts.get("median"):
        text = _("{text} (median {median})").format(text=text, median=facts["median"])
    return text[:1].upper() + text[1:], todo.format(**facts) if finding.verdict in ("look", "bad") else ""
