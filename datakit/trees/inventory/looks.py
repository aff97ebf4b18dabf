"""What the values of a column look like, and how well they suit a field of the standard table."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datakit.data.text import fold
from datakit.language import N_, _, language
from datakit.show.style import number
from datakit.trees.inventory import states, taxa, values
from datakit.trees.inventory.standard import GIRTH_LARGEST, GIRTH_MEDIAN

LENGTHS = ("hauteur", "circonference", "diametre", "diametre_couronne")
MEASURES = {"hauteur": "cm", "circonference": "cm", "diametre": "cm", "diametre_couronne": "m"}
TYPES = {
    **dict.fromkeys([*MEASURES, "age_estime"], "number"),
    **dict.fromkeys(["allergie", "nombre_diagnostics"], "integer"),
    **dict.fromkeys(["remarquable", "protege", "eclairage"], "boolean"),
    "annee_plantation": "year",
}
# Words around the x or y in the name of a column of coordinates: systems, and what says "position". ArcGIS writes
# POINT_X, QGIS xcoord, city services X_L93, XL93, X_LAMBERT93, LAMBX, COORD_X, X_CC47.
_AROUND = (
    r"(?:l(?:amb(?:ert)?)?(?:93|2e?|ii)?|rgf93|93|cc\d\d|epsg|\d{4}|wgs(?:84)?|gps|coord(?:s|onnees?)?|points?|geo|pos)"
)
_AXES = {
    "longitude": re.compile(rf"{_AROUND}*(?:longitude|long|lon|lng|easting|xlong|x){_AROUND}*"),
    "latitude": re.compile(rf"{_AROUND}*(?:latitude|lat|northing|ylat|y){_AROUND}*"),
}
# How far values alone, without a name that helps, may carry a field: Latin names can be nothing else.
ALONE = {
    "nom_latin": 1.5,
    "genre": 1.4,
    "nom_vernaculaire": 1.4,
    "famille": 1.5,
    "stade_developpement": 1.3,
    "etat": 1.2,
    "code_insee": 0.8,
}
# Ranges of medians, choices of this kit: heights in m or cm, girths and trunks in cm or m, crowns in m.
MEDIANS = {
    "hauteur": ((1, 45), (150, 4000)),
    "circonference": ((15, 400), (0.15, 4.0)),
    "diametre": ((4, 130), (0.04, 1.3)),
    "diametre_couronne": ((0.8, 25), (80, 2500)),
    "age_estime": ((3, 150),),
    "allergie": ((0, 5),),
    "nombre_diagnostics": ((0, 20),),
}
_STREET = re.compile(
    r"\b(?:rue|avenue|av|boulevard|bd|bld|place|pl|square|all[eé]e|chemin|quai|cours|impasse|route|parc|jardin|stade"
    r"|[eé]cole|cimeti[eè]re|esplanade|passage|voie|street|road)\b",
    re.IGNORECASE,
)
_PAIR = re.compile(r"^[\[(]?\s*-?\d{1,3}\.\d+\s*[,;]\s*-?\d{1,3}\.\d+\s*[\])]?$")
_CODE = re.compile(r"^(?:[013-9]\d|2[AB1-9])\d{3}$")


def axis(name: str) -> str | None:
    """ "longitude" or "latitude" where a folded name is that of a column of coordinates, in degrees or metres."""
    return next((axis for axis, words in _AXES.items() if words.fullmatch(name)), None)


@dataclass
class Look:
    """Shares (0 to 1) of the values that are there and read as each kind of thing; ``n`` of them were looked at."""

    n: int
    example: str
    kinds: int
    unique: float
    number: float
    middle: float
    largest: float
    lowest: float
    year: float
    date: float
    season: float
    yes_no: float
    stage: float
    state: float
    latin: float
    genus: float
    epithet: float
    french: float
    family: float
    street: float
    pairs: float
    code: float
    classes: float

    def could_be_a_place(self) -> bool:
        """Whether numbers lie where longitudes or latitudes (degrees), or metres of a French projection, do."""
        if not self.n:
            return True
        if self.number < 0.9:
            return False
        degrees = self.lowest >= -180 and self.largest <= 180
        return degrees or self.largest > 10_000


def at(column: pd.Series, rows: int) -> Look:
    """Look at up to ``rows`` values of a column, spread over it."""
    there = column.dropna()
    if len(there) > rows:
        there = there.iloc[np.linspace(0, len(there) - 1, rows).astype(int)]
    text = there.astype("str").str.strip()
    text = text[text != ""].reset_index(drop=True)
    n = len(text)
    if not n:
        return Look(0, "", *[0] * 21)
    counts = text.value_counts()
    words, weight = pd.Series(counts.index, dtype="str"), counts.to_numpy() / n

    def share(mask):
        return float(weight[np.asarray(mask.fillna(False), dtype=bool)].sum())

    plain = words.str.replace(r"(?<=\d),(?=\d)", ".", regex=True)
    number = pd.to_numeric(plain, errors="coerce")
    numeric = share(number.notna())
    measured = number[number.notna() & (number != 0)]
    often = np.maximum(1, np.round(weight[measured.index] * n)).astype(int)
    middle = float(np.median(np.repeat(measured, often))) if len(measured) else np.nan
    kinds = {"year": share(number.between(1700, 2100) & (number == number.round()))}
    dated, moment = _moments(words)
    yes, _ = values.yes_no(words)
    low = words.str.lower()
    bare = low.map(fold)
    kinds |= {
        "date": share(moment.notna()),
        "season": share(dated.notna() & moment.isna() & number.isna()),
        "yes_no": share(yes.notna()) if len(words) <= 4 else 0.0,
        "stage": share(low.isin(values._STAGE)),
        "state": share(states.state(words).notna()),
        "classes": share(words.str.contains(r"\d\s*(?:m|cm)?\s*(?:-|à|a)\s*\d") & number.isna() & moment.isna()),
        "pairs": share(words.str.match(_PAIR.pattern)),
        "code": share(words.str.fullmatch(_CODE.pattern)),
        "street": share(words.str.contains(_STREET)),
        "family": share(bare.str.fullmatch(r"[a-z]+aceae")),
    }
    kinds |= _names(words, weight) if numeric < 0.5 else dict.fromkeys(("latin", "genus", "epithet", "french"), 0.0)
    return Look(
        n=n,
        example=", ".join(words[:3].str.slice(0, 24)),
        kinds=len(words),
        unique=len(words) / n,
        number=numeric,
        middle=middle,
        largest=float(number.max()),
        lowest=float(number.min()),
        **kinds,
    )


def _moments(words):
    """The year and the day that each word says; no word without a digit says one, and few columns have any."""
    written = words[words.str.contains(r"\d")]
    if not len(written):
        return pd.Series(pd.NA, words.index, "Int64"), pd.Series(pd.NaT, words.index, "datetime64[ms]")
    return values.year(written)[0].reindex(words.index), values.date(written)[0].reindex(words.index)


def _names(words, weight):
    """Shares of the commonest words that are names of plants, of each kind."""
    few, first = words[:400], weight[:400] / weight[:400].sum()
    named, common = taxa.resolve(few), taxa.from_french(few)
    several = few.str.contains(r"\s") | few.str.fullmatch(r"[A-Z]{6}[a-z]{0,3}")
    sure = named["how"].isin(["exact", "spelling", "synonym", "code"])
    masks = {
        "latin": sure & several,
        "genus": named["how"].eq("genus only") & few.str.fullmatch(r"(?:[x×]\s*)?[A-Z]\S+"),
        "epithet": few.str.fullmatch(r"(?:x\s*|×\s*)?[a-zëï-]{4,}(?:\s.*)?|sp\.?|spp\.?"),
        "french": common["taxon"].notna(),
    }
    return {name: float(first[mask.to_numpy(bool)].sum()) for name, mask in masks.items()}


def fit(field: str, seen: Look) -> tuple[float | None, str]:
    """How well values suit a field.

    Returns
    -------
    fit : float or None
        0.5 says nothing, 1 speaks for the field, 0 against it; None where there is no value.
    remark : str
    """
    if not seen.n:
        return None, _("no value to look at")
    share, remark = _FITS.get(field, _any)(field, seen)
    return float(min(max(share, 0.0), 1.0)), remark


def _any(field, seen):
    return 0.5, _("values say nothing")


def plain(value: float) -> str:
    """A number with no more digits than it needs, in the user's language."""
    return f"{value:g}".replace(".", "," if language() == "fr" else ".")


def _share(text, share):
    return text.format(share=number(100 * share, 0))


def _kind(name, text, only, needed=0.6):
    """A field whose values are of one kind, or it is not that field: how that, and how its lack, is said."""

    def judge(field, seen):
        share = getattr(seen, name)
        if share >= needed:
            return 0.5 + 0.5 * share, _share(_(text), share)
        return 0.1 + 0.35 * share / needed, _share(_(only), share)

    return judge


def _measure(field, seen):
    ranges = MEDIANS[field]
    if seen.classes > 0.5 and field in LENGTHS:
        return 0.6, _("classes of lengths")
    if seen.number < 0.6:
        return 0.05, _("not numbers")
    if np.isnan(seen.middle):
        return 0.5, _("numbers, all 0")
    if field == "diametre" and girths(seen):
        text = _("median {median}, largest {largest}: girths, whatever the name says")
        return 0.2, text.format(median=plain(seen.middle), largest=plain(seen.largest))
    if not any(low <= seen.middle <= high for low, high in ranges):
        return 0.15, _("median {median} is not one of the field {field}").format(median=plain(seen.middle), field=field)
    # Years and identifiers are numbers too: measures repeat.
    if seen.unique > 0.98 and seen.n > 50:
        return 0.3, _("every value differs")
    return 0.6, _("median {median}").format(median=plain(seen.middle))


def girths(seen: Look) -> bool:
    """Whether numbers called diameters are girths in cm: no city has such trunks, as `standard` says of columns too."""
    return seen.number > 0.6 and seen.middle > GIRTH_MEDIAN and seen.largest > GIRTH_LARGEST


def _year(field, seen):
    share = max(seen.year + seen.season, 0.9 * seen.date)
    if share > 0.6:
        return 0.5 + 0.4 * share, _share(_("{share} % of the values are years or dates"), share)
    return (0.45, _("few years")) if share > 0.05 else (0.1, _("no years"))


def _day(field, seen):
    mixed = seen.date + seen.season + (seen.year if seen.date > 0.05 else 0)
    if seen.date > 0.05 and mixed > 0.5:
        text = _("{dates} % of the values are dates, {years} % years or seasons")
        dates, years = number(100 * seen.date, 0), number(100 * (mixed - seen.date), 0)
        return 0.5 + 0.4 * mixed, text.format(dates=dates, years=years)
    return (0.4, _("years without days")) if seen.year > 0.5 else (0.1, _("no dates"))


def _id(field, seen):
    if seen.date > 0.9 and seen.number < 0.5:
        return 0.1, _("dates")
    if seen.unique > 0.98:
        return 0.75, _("every value differs")
    if seen.unique > 0.6:
        return 0.45, _share(_("{share} % of the values differ"), seen.unique)
    return 0.15, _("values repeat")


def _text(field, seen):
    if seen.number > 0.9:
        return 0.2, _("numbers")
    return 0.5, _("{n} different texts").format(n=seen.kinds)


def _address(field, seen):
    if seen.number > 0.9:
        return 0.1, _("numbers")
    return 0.5 + 0.45 * seen.street, _share(_("{share} % of the values name a street or a place"), seen.street)


def _class_of(field, seen):
    """Words of a short list, such as a sector or a position."""
    if seen.date > 0.5 or (seen.n > 200 and seen.unique > 0.5):
        return 0.15, _("too many different values")
    return 0.55, _("{n} different values").format(n=seen.kinds)


def _vernacular(field, seen):
    if seen.number > 0.5:
        return 0.05, _("numbers")
    if seen.latin > seen.french:
        return 0.2, _("Latin names")
    return 0.45 + 0.5 * seen.french, _share(_("{share} % of the values are French names"), seen.french)


def _latin(field, seen):
    if seen.latin > 0.4:
        return 0.5 + 0.5 * seen.latin, _share(_("{share} % of the values are Latin names or their codes"), seen.latin)
    return 0.1 + 0.5 * seen.latin, _("few Latin names")


def _genus(field, seen):
    if seen.genus > 0.5:
        return 0.5 + 0.5 * seen.genus, _share(_("{share} % of the values are genera"), seen.genus)
    return 0.1, _("few genera")


def _epithet(field, seen):
    if seen.latin > 0.6:
        return 0.3, _("whole Latin names")
    if seen.number > 0.3 or seen.genus > 0.5 or seen.french > 0.6:
        return 0.1, _("no epithets")
    return 0.4 + 0.4 * seen.epithet, _share(_("{share} % of the values look like epithets"), seen.epithet)


# What is said of a field whose values are all of one kind, and what where most are not.
KINDS = {
    "yes_no": (N_("{share} % of the values are yes or no"), N_("only {share} % of the values are yes or no")),
    "code": (
        N_("{share} % of the values are codes of five signs"),
        N_("only {share} % of the values are codes of five signs"),
    ),
    "stage": (
        N_("{share} % of the values are stages of development"),
        N_("only {share} % of the values are stages of development"),
    ),
    "state": (
        N_("{share} % of the values are states of a tree"),
        N_("only {share} % of the values are states of a tree"),
    ),
    "family": (N_("{share} % of the values are families"), N_("only {share} % of the values are families")),
}
_FITS = {
    **dict.fromkeys(MEDIANS, _measure),
    **dict.fromkeys(
        ["remarquable", "protege", "eclairage"],
        _kind("yes_no", *KINDS["yes_no"]),
    ),
    **dict.fromkeys(["remarque", "cultivar_variete"], _text),
    **dict.fromkeys(
        [
            "secteur",
            "situation",
            "gestionnaire",
            "port_arbre",
            "type_sol",
            "description_pied_arbre",
            "type_enracinement",
            "contraintes_sol",
            "contrainte_aeriennes",
            "arrosage",
        ],
        _class_of,
    ),
    **dict.fromkeys(
        ["code_insee", "code_postal"],
        _kind("code", *KINDS["code"]),
    ),
    **dict.fromkeys(["date_plantation", "date_releve", "date_abattage"], _day),
    "annee_plantation": _year,
    "stade_developpement": _kind("stage", *KINDS["stage"]),
    "etat": _kind(
        "state",
        N_("{share} % of the values are states of a tree"),
        N_("only {share} % of the values are states of a tree"),
        0.4,
    ),
    "famille": _kind("family", *KINDS["family"]),
    "id": _id,
    "matricule": _id,
    "adresse": _address,
    "nom_vernaculaire": _vernacular,
    "nom_latin": _latin,
    "genre": _genus,
    "espece": _epithet,
}
