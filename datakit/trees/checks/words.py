"""What the audit says, in English and in French: checks, what to do about them, questions, names of fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from datakit.show.style import number
from datakit.trees.inventory.standard import standard_fields

if TYPE_CHECKING:
    from datakit.trees.checks.counting import Finding

VERDICTS = {
    "bad": {"en": "bad", "fr": "à corriger"},
    "look": {"en": "look", "fr": "à vérifier"},
    "cannot tell": {"en": "cannot tell", "fr": "impossible à dire"},
    "ok": {"en": "ok", "fr": "bon"},
}
GROUPS = {
    "completeness": {"en": "completeness", "fr": "remplissage"},
    "units": {"en": "units", "fr": "unités"},
    "ranges": {"en": "ranges", "fr": "valeurs extrêmes"},
    "taxonomy": {"en": "names of trees", "fr": "noms d'arbres"},
    "duplicates": {"en": "duplicates", "fr": "doublons"},
    "geometry": {"en": "places", "fr": "positions"},
    "dates": {"en": "dates", "fr": "dates"},
    "consistency": {"en": "consistency", "fr": "cohérence"},
    "staleness": {"en": "age of the survey", "fr": "ancienneté du relevé"},
    "changes": {"en": "reading the file", "fr": "lecture du fichier"},
}
# Subjects that several columns can tell.
SUBJECTS = {
    "name": {"en": "species or genus", "fr": "espèce ou genre"},
    "trunk": {"en": "girth or diameter of the trunk", "fr": "circonférence ou diamètre du tronc"},
    "age": {"en": "year of planting or age", "fr": "année de plantation ou âge"},
    "survey": {"en": "date of the survey", "fr": "date du relevé"},
    "state": {"en": "state (in place, felled)", "fr": "état (en place, abattu)"},
}
OTHER_FIELDS = {
    "annee_plantation": {"en": "year of planting", "fr": "année de plantation"},
    "age_estime": {"en": "estimated age", "fr": "âge estimé"},
    "nombre_diagnostics": {"en": "number of inspections", "fr": "nombre de diagnostics"},
    "nom_latin": {"en": "Latin name", "fr": "nom latin"},
    "taxon": {"en": "botanical name", "fr": "nom botanique"},
    "dbh": {"en": "trunk diameter", "fr": "diamètre du tronc"},
    "geometry": {"en": "position", "fr": "position"},
}
# For each check: (what it counts, what to do) in both languages. Names in braces are filled in by the check.
CHECKS = {
    "empty": {
        "en": ("{subject}: not filled", "Fill it at the next survey; until then, say which trees a figure leaves out."),
        "fr": ("{subject} : non rempli", "À remplir au prochain relevé ; d'ici là, dire quels arbres un chiffre omet."),
    },
    "absent": {
        "en": ("{subject}: no such column", "Ask whether another file or software of the department has it."),
        "fr": ("{subject} : colonne absente", "Demander si un autre fichier ou logiciel du service la contient."),
    },
    "sparse": {
        "en": ("{subject}: not filled", "Nothing: filled only where there is something to say, and empty looks alike."),
        "fr": ("{subject} : non rempli", "Rien : rempli seulement s'il y a quelque chose à dire."),
    },
    "unit": {
        "en": (
            "{subject}: figures not in {unit}{also}",
            "Give the right unit in the crosswalk (source_unit), and read the file again.",
        ),
        "fr": (
            "{subject} : valeurs qui ne sont pas en {unit}{also}",
            "Indiquer la bonne unité dans la table de correspondance (source_unit), puis relire le fichier.",
        ),
    },
    "girth as diameter": {
        "en": ("diameter of the trunk: the figures are girths", "Name the column circonference in the crosswalk."),
        "fr": (
            "diamètre du tronc : ce sont des circonférences",
            "Nommer la colonne circonference dans la table de correspondance.",
        ),
    },
    "text": {
        "en": ("{subject}: words where figures are needed", "Write one figure and its unit; keep remarks elsewhere."),
        "fr": ("{subject} : du texte au lieu de nombres", "Saisir un seul nombre ; mettre les remarques ailleurs."),
    },
    "range": {
        "en": ("{subject}: outside {low} to {high} {unit}", "Measure again, or correct the slip (often a unit)."),
        "fr": ("{subject} : hors de {low} à {high} {unit}", "Remesurer ou corriger la saisie (souvent l'unité)."),
    },
    "unresolved": {
        "en": ("name not known to the botanical reference", "Correct the spelling, or add the species to the list."),
        "fr": ("nom inconnu du référentiel botanique", "Corriger l'orthographe, ou ajouter l'espèce à la liste."),
    },
    "genus only": {
        "en": ("genus known, species not", "Name the species on the next visit: “sp.” hides what a pest attacks."),
        "fr": ("genre connu, espèce inconnue", "Préciser l'espèce à la prochaine visite (« sp. » ne suffit pas)."),
    },
    "respelled": {
        "en": ("name written otherwise than in the reference", "Nothing urgent: `standardise` brings them together."),
        "fr": ("nom écrit autrement que dans le référentiel", "Rien d'urgent : la standardisation les rassemble."),
    },
    "same place": {
        "en": ("at the very place of another tree", "Two rows for one tree, or one tree placed by its address."),
        "fr": ("au même endroit qu'un autre arbre", "Deux lignes pour un arbre, ou un arbre placé à son adresse."),
    },
    "within a metre": {
        "en": ("less than {metres} m from another tree", "Keep one row where it is one tree; keep both in a hedge."),
        "fr": ("à moins de {metres} m d'un autre arbre", "Garder une ligne si c'est le même arbre, deux en haie."),
    },
    "same id": {
        "en": ("identifier used more than once", "Give each tree its own: followed surveys are joined by it."),
        "fr": ("identifiant utilisé plusieurs fois", "Un identifiant par arbre : il relie les relevés entre eux."),
    },
    "no place": {
        "en": ("no position", "Locate them: no map, round or street share counts them."),
        "fr": ("sans position", "Les localiser : aucune carte ni tournée ne les compte."),
    },
    "outside": {
        "en": ("outside the area", "Check the position, or that the tree belongs in this inventory."),
        "fr": ("hors du territoire", "Vérifier la position, ou si l'arbre relève de cet inventaire."),
    },
    "far": {
        "en": ("more than {km} km from the middle of the inventory", "Check the position: a slip in a coordinate."),
        "fr": ("à plus de {km} km du centre de l'inventaire", "Vérifier la position : erreur de coordonnée."),
    },
    "stacked": {
        "en": ("at a place with {stack} trees or more", "Placed by address or by site: locate each tree."),
        "fr": ("en un point portant {stack} arbres ou plus", "Placés à l'adresse ou au site : localiser chacun."),
    },
    "wrong commune": {
        "en": ("in another commune than its code says", "Correct the code or the position."),
        "fr": ("dans une autre commune que son code", "Corriger le code ou la position."),
    },
    "planted after": {
        "en": ("planted after its survey", "Correct one of the two dates."),
        "fr": ("planté après son relevé", "Corriger l'une des deux dates."),
    },
    "felled before": {
        "en": ("felled before it was planted", "The row mixes a tree and its replacement: make two rows."),
        "fr": ("abattu avant d'être planté", "La ligne mêle un arbre et son remplaçant : en faire deux."),
    },
    "felled but standing": {
        "en": ("has a date of felling, but stands", "Correct the state or the date."),
        "fr": ("date d'abattage, mais arbre en place", "Corriger l'état ou la date."),
    },
    "lost without date": {
        "en": ("lost, without a date of felling", "Write the date: without it, no rate of loss by year."),
        "fr": ("perdu, sans date d'abattage", "Saisir la date : sans elle, pas de taux de perte par an."),
    },
    "future": {
        "en": ("{subject}: in the future", "Correct the date."),
        "fr": ("{subject} : dans le futur", "Corriger la date."),
    },
    "round years": {
        "en": ("year of planting ends in 0 (10 % if known)", "Guessed years: group ages by decade."),
        "fr": ("année de plantation finissant par 0 (10 % si connue)", "Années estimées : regrouper par décennie."),
    },
    "too thick": {
        "en": (
            "trunk too thick for its age (over {growth} cm of girth a year)",
            "A tree planted large, a wrong year, or a diameter read as a girth: check a few.",
        ),
        "fr": (
            "tronc trop gros pour son âge (plus de {growth} cm de tour par an)",
            "Planté adulte, année fausse, ou diamètre pris pour une circonférence : en vérifier quelques-uns.",
        ),
    },
    "odd shape": {
        "en": ("height below {stout} or above {slender} times the trunk", "Check both figures: often a unit."),
        "fr": ("hauteur sous {stout} ou au-delà de {slender} fois le tronc", "Vérifier les deux : souvent l'unité."),
    },
    "disagree": {
        "en": ("girth and diameter do not agree", "Keep the one that was measured, and empty the other."),
        "fr": ("circonférence et diamètre en désaccord", "Garder la valeur mesurée, vider l'autre."),
    },
    "round girths": {
        "en": ("{subject} ends in 0 (10 % if measured)", "Guessed by eye: trust classes of 10 cm, not growth."),
        "fr": ("{subject} finissant par 0 (10 % si mesuré)", "Estimé à l'œil : des classes de 10 cm, pas plus fin."),
    },
    "old survey": {
        "en": ("seen more than {years} years ago{also}", "Plan these first in the next survey."),
        "fr": ("vu il y a plus de {years} ans{also}", "À revoir en premier."),
    },
    "set aside": {
        "en": ("rows set aside when reading: they break a rule of the data card", "Correct them in the source file."),
        "fr": ("lignes écartées à la lecture : contraires à la fiche", "Les corriger dans le fichier source."),
    },
    "change": {
        "en": ("{field}: {rule}", "Read the list of changes, and correct the source file."),
        "fr": ("{field} : valeur modifiée à la standardisation", "Lire la liste des changements, corriger la source."),
    },
}
# (the question, what is missing for it)
QUESTIONS = {
    "losses": {
        "en": ("Which trees will be lost?", "felled trees, kept with their state ({least} or more)"),
        "fr": ("Quels arbres va-t-on perdre ?", "les arbres abattus, gardés avec leur état ({least} au moins)"),
    },
    "trend": {
        "en": ("Are more trees lost each year?", "the date of felling of lost trees"),
        "fr": ("Perd-on plus d'arbres chaque année ?", "la date d'abattage des arbres perdus"),
    },
    "age": {
        "en": ("How does risk change with age?", "the year of planting, or an age"),
        "fr": ("Comment le risque varie-t-il avec l'âge ?", "l'année de plantation, ou un âge"),
    },
    "canopy": {
        "en": ("How much canopy is there (measured)?", "crown diameters; from trunks it is an estimate"),
        "fr": ("Quelle surface de canopée (mesurée) ?", "les diamètres de couronne ; sinon c'est une estimation"),
    },
    "allergy": {
        "en": ("Which trees can cause allergy?", "the species"),
        "fr": ("Quels arbres peuvent causer une allergie ?", "l'espèce"),
    },
    "diversity": {
        "en": ("Does the heritage keep to 10-20-30?", "the species"),
        "fr": ("Le patrimoine respecte-t-il la règle 10-20-30 ?", "l'espèce"),
    },
    "visits": {
        "en": ("Which trees to visit first?", "a position, and an age or stage of development"),
        "fr": ("Quels arbres visiter en premier ?", "une position, et un âge ou stade de développement"),
    },
    "streets": {
        "en": ("Which streets depend on one species?", "the address and the species"),
        "fr": ("Quelles rues dépendent d'une seule espèce ?", "l'adresse et l'espèce"),
    },
    "owner": {
        "en": ("Which trees does the city itself look after?", "who manages each tree"),
        "fr": ("Quels arbres la ville gère-t-elle elle-même ?", "le gestionnaire de chaque arbre"),
    },
    "ground": {
        "en": ("Which trees lack water or soil?", "soil, foot of the tree or watering"),
        "fr": ("Quels arbres manquent d'eau ou de sol ?", "sol, pied de l'arbre ou arrosage"),
    },
    "health": {
        "en": ("Which trees are sick or dangerous today?", "results of inspections, which the national schema lacks"),
        "fr": ("Quels arbres sont malades ou dangereux ?", "le résultat des diagnostics, absent du schéma national"),
    },
}


class Cannot(NamedTuple):
    """A question that the file cannot answer: its key, the words, what is missing, the columns that would tell it."""

    key: str
    question: str
    missing: str
    columns: tuple[str, ...]


def field_name(field: str, lang: str) -> str:
    """The words for a field or subject, without the capital, in a language."""
    for known in (SUBJECTS, OTHER_FIELDS):
        if field in known:
            return known[field][lang]
    card = standard_fields().get(field)
    title = (card.raw.get("title_fr" if lang == "fr" else "title") if card else None) or field.replace("_", " ")
    return title if title[:2].isupper() else title[:1].lower() + title[1:]  # "INSEE code" keeps its capitals


def figure(value: float, lang: str, digits: int = 0) -> str:
    """A number as it is printed in a language, with as many decimals as asked."""
    return number(value, digits, lang=lang)


def percent(value: float, lang: str) -> str:
    """A share that never hides a few behind 0 %, nor what is left behind 100 %."""
    if 0 < value < 0.1:
        return "<\u00a0" + figure(0.1, lang, 1) + "\u00a0%"
    if 99.9 < value < 100:
        return ">\u00a0" + figure(99.9, lang, 1) + "\u00a0%"
    return figure(value, lang, 0 if value == round(value) else 1) + "\u00a0%"


def examples(finding: Finding, lang: str) -> str:
    """The examples of a finding in one text, in a language: "rows 3, 7", "A3, A7", "x hispanica → x acerifolia"."""
    some = finding.examples
    if finding.check == "set aside":
        parts = (each.partition(": ") for each in some)
        return ", ".join(f"{field_name(field, lang)}: {value}" for field, _, value in parts)
    if finding.check == "change" and lang == "fr":
        some = [re.sub(r"^nothing(?= →)|(?<=→ )nothing$", "rien", each) for each in some]
    rows = [each.removeprefix("row ") for each in some if each.startswith("row ")]
    if rows and len(rows) == len(some):
        word = {"en": "row", "fr": "ligne"}[lang] + "s" * (len(rows) > 1)
        return f"{word} {', '.join(rows)}"
    return ", ".join(some)


def said(finding: Finding, lang: str) -> tuple[str, str]:
    """(what a finding counts, what to do about it) in a language."""
    facts = {
        k: figure(v, lang, 0 if v >= 10 or v == int(v) else 1) if isinstance(v, float) else v
        for k, v in finding.facts.items()
    }
    median = facts.get("median")
    facts["also"] = f" ({'médiane' if lang == 'fr' else 'median'} {median})" if median else ""
    if lang == "fr" and facts.get("unit") == "years":
        facts["unit"] = "ans"
    facts |= {"subject": field_name(finding.field, lang), "field": field_name(finding.field, lang)}
    check, todo = (text.replace(" %", "\u00a0%") for text in CHECKS[finding.check][lang])
    text = check.format(**facts)
    return text[:1].upper() + text[1:], todo.format(**facts) if finding.verdict in ("look", "bad") else ""
