"""Rules for the values of French inventories, one function each, on unique values as text.

Each takes a Series of text (missing as None) and returns the values and, for each, the rule that changed it: an empty
text where nothing was changed. Reading a number, a date or a yes without loss is not a change.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from datakit.data.tables import UNITS
from datakit.language import N_

ZERO = N_("0 means not measured")
ZERO_KNOWN = N_("0 means not known")
MIDDLE, FROM_0 = N_("middle of the class"), N_("middle of the class from 0")
ABOUT = N_("an approximate number, taken as it is")
UNKNOWN = N_("says that it is not known")
OPEN = N_("open class: its only bound")
MOVED = N_("a moment in another time zone, as the day in France")
MILLISECONDS = N_("milliseconds since 1970, as the day in France")

# Words of the stages of development. The first five are a choice of this kit, in order of age; "Vieux" is kept apart,
# because Saint-Quentin has it beside "senescent" and nothing says whether it is "Mature".
STAGES = {
    "Jeune": ("jeune", "jeune (arbre)", "jeune arbre", "j", "juvénile", "juvenile", "jeune plantation"),
    # Paris wrote J, JA, A and M in 2019, and writes "Jeune (arbre)Adulte" where it wrote JA: one class, not two.
    "Jeune adulte": ("jeune adulte", "jeune (arbre)adulte", "jeune arbre adulte", "ja", "adulte jeune", "jeune-adulte"),
    "Adulte": ("adulte", "a", "arbre adulte"),
    "Mature": ("mature", "m", "maturité", "arbre mature"),
    "Sénescent": ("sénescent", "senescent", "sénescence", "senescence", "s", "arbre sénescent"),
    "Vieux": ("vieux", "vieil arbre", "arbre vieux"),
}
_STAGE = {word: stage for stage, words in STAGES.items() for word in words}
GLUED = N_("two words in one: the class between young and adult")

_UNKNOWN = {
    "-",
    "--",
    "?",
    "nc",
    "nr",
    "na",
    "n/a",
    "nan",
    "null",
    "none",
    "nd",
    "inconnu",
    "inconnue",
    "indéterminé",
    "non connu",
    "non renseigné",
    "non renseignée",
    "non mesuré",
    "non mesurée",
}

YES = ("true", "1", "1.0", "vrai", "oui", "o", "yes", "y", "x")
NO = ("false", "0", "0.0", "faux", "non", "n", "no")

FIRST_YEAR, LAST_YEAR = 1500, 2100  # a choice of this kit: older or later is a slip of the pen
EPOCH = 10_000_000_000  # a number above it is milliseconds since 1970 (in April of that year), as ArcGIS writes dates

_N = r"(\d+(?:[.,]\d+)?|[.,]\d+)"
_U = r"\s*(mm|cm|m|km|centim[eè]tres?|m[eè]tres?|ans?)?\.?"
_PLAIN = re.compile(rf"([-+]?){_N}{_U}")
_TO = r"(?:-|–|—|à|a|et|/|;|<\s*\w+\s*<=?|to)\s*(?:moins de\s*)?"
_RANGE = re.compile(rf"(?:de|entre)?\s*[\[\]()]?\s*{_N}{_U}\s*{_TO}{_N}{_U}\s*[\[\]()]?")
_MORE = r"(?:>=?|≥|\+(?:\s*de)?|plus de|plus que|sup[eé]rieure?s? [àa]|sup\.? [àa]?|au moins|au[- ]dessus de)"
_OVER = re.compile(rf"(?:{_MORE}\s*{_N}{_U}|{_N}{_U}\s*(?:\+|et plus|et \+|ou plus))")
_UNDER = re.compile(
    rf"(?:<=?|≤|moins de|moins que|inf[eé]rieure?s? [àa]|inf\.? [àa]?|jusqu'?[àa]|au plus|au[- ]dessous de)\s*{_N}{_U}"
)
_ABOUT = re.compile(r"^(?:environ|env\.?|[~≈±])\s*|\s*(?:environ|env\.?)$")
_SPACES = re.compile("[\u00a0\u202f\u2009]")
_GROUPS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")


def measure(text: pd.Series, unit: str | None) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Numbers, classes and units in words.

    Parameters
    ----------
    text : Series of str
    unit : str
        "cm", "m", "years"...: the unit wanted where the text states another.

    Returns
    -------
    values : Series of float
        In ``unit`` where ``stated``, else in whatever unit the column is. A class ("10-20 m") is its middle, "moins
        de 5" the middle of 0 to 5, an open class ("> 20 m") its only bound: choices of this kit. 0 is missing.
    rule : Series of str
    stated : Series of bool
        Whether the text says its unit.
    """
    values = pd.to_numeric(text, errors="coerce").astype("float64")
    zero = (values == 0).to_numpy()
    rule = pd.Series(np.where(zero, ZERO, ""), index=text.index, dtype=object)
    values = values.where(~zero & np.isfinite(values))
    stated = pd.Series(False, index=text.index)
    hard = (values.isna() & ~zero & text.notna()).to_numpy()
    if hard.any():
        found = [_measured(word, unit) for word in text[hard]]
        values[hard], rule[hard], stated[hard] = ([f[i] for f in found] for i in range(3))
    return values, rule, stated


def _measured(word, unit):
    plain = _GROUPS.sub("", _SPACES.sub(" ", word.lower()).strip())
    if plain in _UNKNOWN:
        return np.nan, UNKNOWN, False
    plain, about = _ABOUT.subn("", plain)
    if about:
        value, rule, stated = _measured(plain.strip(), unit)
        return value, rule if value != value else _both(ABOUT, rule), stated
    if m := _PLAIN.fullmatch(plain):
        value, stated, said = _in_unit(_number(m[2]), m[3], unit)
        if value == 0:
            return np.nan, ZERO, stated
        return -value if m[1] == "-" else value, said, stated
    if m := _RANGE.fullmatch(plain):
        low, high, words = _number(m[1]), _number(m[3]), m[4] or m[2]
        (low, stated, _), (high, _, said) = _in_unit(low, m[2] or words, unit), _in_unit(high, words, unit)
        if high == 0:
            return np.nan, ZERO, stated
        if low > high:
            return np.nan, N_("not read as a class: set missing"), stated
        return (low + high) / 2, _both(MIDDLE, said), stated
    if m := _OVER.fullmatch(plain):
        value, stated, said = _in_unit(_number(m[1] or m[3]), m[2] or m[4], unit)
        return value, _both(OPEN, said), stated
    if m := _UNDER.fullmatch(plain):
        value, stated, said = _in_unit(_number(m[1]), m[2], unit)
        return value / 2, _both(FROM_0, said), stated
    return np.nan, N_("not read as a number: set missing"), False


def _number(text):
    return float(text.replace(",", "."))


def _in_unit(value, word, unit):
    """The value in the unit wanted, whether its unit is stated, and what was done."""
    if not word:
        return value, False, ""
    own = {"c": "cm", "a": "years"}.get(word[0], "m" if word.startswith(("mè", "me")) else word)
    if own == unit:
        return value, True, ""
    if (unit, own) not in UNITS:
        return np.nan, True, f"{own} cannot become {unit}"
    return round(value * UNITS[unit, own], 9), True, f"{own} to {unit}"


def _both(*rules):
    return "; ".join(r for r in rules if r)


def yes_no(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Words for yes and no.

    Returns
    -------
    values : Series of boolean
    rule : Series of str
        Other words are set missing.
    """
    low = text.str.lower()
    values = low.map({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}).astype("boolean")
    return values, _rule(text, {N_("not read as yes or no: set missing"): values.isna() & text.notna()})


def stage(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """One spelling for each stage of development whose word is known (`STAGES`); other words stay."""
    low = text.str.lower().str.replace(r"\s+", " ", regex=True)
    known = low.map(_STAGE)
    values = known.astype("str").where(known.notna(), text)
    glued = low == "jeune (arbre)adulte"
    changed = (values != text) & text.notna()
    return values, _rule(text, {GLUED: glued & changed, N_("one word for one stage"): changed & ~glued})


def year(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The year of planting from a year, a date or a season.

    Returns
    -------
    values : Series of Int64
        "2007/2008" is 2007, the year in which the season of planting begins.
    rule : Series of str
    """
    plain = text.str.replace(r"\.0+$", "", regex=True)
    number = pd.to_numeric(plain, errors="coerce")
    zero = number == 0
    epoch = number.abs() >= EPOCH
    moment, _, _ = date(text.where(epoch, None)) if epoch.any() else (None, None, None)
    found = plain.where(~epoch).str.extract(r"(?<!\d)(1[5-9]\d\d|20\d\d|2100)(?!\d)")[0]
    compact = plain.str.extract(r"^((?:19|20)\d\d)(?:0[1-9]|1[0-2])(?:[0-3]\d)$")[0]  # 20041101
    values = pd.to_numeric(found.fillna(compact), errors="coerce").astype("Int64")
    short = plain.str.extract(r"^\d\d?/\d\d?/(\d\d)$")[0]
    if short.notna().any():
        values = values.fillna(pd.to_datetime(short, format="%y").dt.year.astype("Int64"))
    if moment is not None:
        values = values.fillna(moment.dt.year.astype("Int64"))
    other = pd.to_numeric(plain.str.extract(r"\d{4}\s*[-/–]\s*(\d{4}|\d\d)\D*$")[0], errors="coerce")
    after = (values + 1).astype("float64")
    season = (other == after) | ((other < 100) & (other == after % 100))
    bare = plain.str.fullmatch(r"\d{4}", na=False)
    low = plain.str.lower()
    known = values.notna()
    rule = _rule(
        text,
        {
            ZERO_KNOWN: zero,
            UNKNOWN: low.isin(_UNKNOWN),
            N_("not read as a year: set missing"): ~known & text.notna(),
            N_("season of planting: the year in which it begins"): season & known,
            N_("class of years: its first"): known & (other > 999),
            N_("open class of years: its only bound"): known & low.str.contains(r"avant|après|apres|[<>]", na=False),
            N_("the year of a date"): known & ~bare,
        },
    )
    return values, rule


_COMPACT, _SHORT = r"(?:1[5-9]|20)\d\d[01]\d[0-3]\d", r"\d\d?/\d\d?/\d\d"
_FORMS = {
    _COMPACT: "%Y%m%d",
    r"\d{4}-\d\d-\d\d": "%Y-%m-%d",
    r"\d{4}/\d\d?/\d\d?": "%Y/%m/%d",
    r"\d\d?/\d\d?/\d{4}": "%d/%m/%Y",
    r"\d\d?-\d\d?-\d{4}": "%d-%m-%Y",
    _SHORT: "%d/%m/%y",
    r"\d\d?\.\d\d?\.\d{4}": "%d.%m.%Y",
}


def date(text: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Days: ISO, "01/11/2004" (the day first), moments with a time zone, milliseconds since 1970.

    Returns
    -------
    values : Series of datetime64
        The day in France: "2021-06-30T22:00:00Z" is the first of July there. Missing where only a year is known.
    years : Series of Int64
        The year where there is one, even when the day is not known.
    rule : Series of str
    """
    plain = text.str.replace(r"\.0+$", "", regex=True)
    number = pd.to_numeric(plain, errors="coerce")
    values = pd.Series(pd.NaT, index=text.index, dtype="datetime64[ms]")
    epoch = number.abs() >= EPOCH
    epoch &= ~plain.str.fullmatch(_COMPACT, na=False)
    if epoch.any():
        values[epoch] = _in_france(pd.to_datetime(number[epoch], unit="ms", utc=True, errors="coerce"))
    zoned = plain.str.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:.*(?:Z|[+-]\d\d:?\d\d)", na=False)
    if zoned.any():
        values[zoned] = _in_france(pd.to_datetime(plain[zoned], format="ISO8601", utc=True, errors="coerce"))
    for pattern, form in _FORMS.items():
        mask = plain.str.fullmatch(pattern, na=False)
        if mask.any():
            values[mask] = _days(pd.to_datetime(plain[mask], format=form, errors="coerce"))
    timed = values.isna() & ~zoned & plain.str.match(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d", na=False)
    if timed.any():
        values[timed] = _days(pd.to_datetime(plain[timed].str[:10].str.replace("/", "-"), errors="coerce"))
    timed = values.isna() & plain.str.match(r"\d\d?/\d\d?/\d{4}[T ]\d", na=False)
    if timed.any():
        days = plain[timed].str.extract(r"^(\S{8,10})[T ]")[0]
        values[timed] = _days(pd.to_datetime(days, format="%d/%m/%Y", errors="coerce"))
    only = values.isna() & ~epoch & text.notna()
    years, said = values.dt.year.astype("Int64"), pd.Series("", index=text.index, dtype=object)
    if only.any():
        vague, said[only] = year(text[only])
        years[only] = vague
    zero = number == 0
    partial = only & years.notna()
    short = plain.str.fullmatch(_SHORT, na=False)
    moved = zoned & values.notna() & (values.dt.strftime("%Y-%m-%d") != plain.str[:10])
    rule = _rule(
        text,
        {
            ZERO_KNOWN: zero,
            N_("only the year is known: the day is set missing"): partial & ~said.str.contains("season|class"),
            N_("season of planting: the day is set missing"): partial & said.str.startswith("season"),
            N_("class of years: the day is set missing"): partial,
            UNKNOWN: plain.str.lower().isin(_UNKNOWN),
            N_("not read as a date: set missing"): only & ~partial & ~zero,
            MILLISECONDS: epoch & values.notna(),
            MOVED: moved,
            N_("a year of two digits, read as 1969 to 2068"): short & values.notna(),
        },
    )
    return values, years, rule


def _in_france(moments):
    return _days(moments.dt.tz_convert("Europe/Paris").dt.tz_localize(None))


def days(moments: pd.Series) -> pd.Series:
    """The days of moments: those in France, where they have a time zone."""
    return _days(moments) if moments.dt.tz is None else _in_france(moments)


def _days(moments):
    return moments.dt.normalize().astype("datetime64[ms]")


def cultivar(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Cultivars without their quotation marks.

    Returns
    -------
    values : Series of str
        "''Duchesse d''Angoulême''" is "Duchesse d'Angoulême". What follows the closing marks, such as the trade name of
        "''Doyenné du Comice'' COMICE", stays behind the name. "n. sp." is missing.
    rule : Series of str
    """
    plain = text.str.replace("[’‘`´]", "'", regex=True).str.replace('["“”«»]', "''", regex=True)
    plain = plain.str.replace(r"^\s*'+\s*(.*?)\s*'+(?:\s+([^a-zà-ÿ]+|[^']+))?$", r"\1 \2", regex=True)
    plain = plain.str.replace("''+", "'", regex=True).str.strip()
    unnamed = r"\(?\bn\.? ?sp\.?\)?$"
    plain = plain.str.replace(unnamed, "", regex=True, flags=re.IGNORECASE).str.replace(r"\s+", " ", regex=True)
    values = plain.str.strip()
    values = values.where(values.str.len() > 0, None)
    gone = values.isna() & text.notna()
    stated = text.str.contains(unnamed, regex=True, flags=re.IGNORECASE, na=False)
    changed = (values != text) & values.notna()
    return values, _rule(
        text,
        {N_('"n. sp." names nothing'): gone | (changed & stated), N_("quotation marks around a cultivar"): changed},
    )


def epithet(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Species epithets: "sp." is missing, one sign for hybrids ("×hispanica" is "x hispanica")."""
    plain = text.str.replace(r"\s+", " ", regex=True).str.strip()
    unknown = plain.str.fullmatch(r"(?:n\.?\s*)?spp?\.?|indet\w*\.?|\?+|-+|\.+|inconnue?", case=False, na=False)
    values = plain.str.replace(r"^(?:×\s*|[xX]\s+)(?=\w)", "x ", regex=True).where(~unknown, None)
    changed = (values != text) & values.notna()
    return values, _rule(text, {N_("says that the species is not known"): unknown, N_("one sign for hybrids"): changed})


def spreadsheet_integer(text: pd.Series) -> pd.Series | None:
    """Codes that a spreadsheet made numbers, "123704.0", when every one of them is: None when they are not."""
    given = text.dropna()
    if not len(given) or not given.str.fullmatch(r"-?\d+\.0").all():
        return None
    return text.str.replace(r"\.0$", "", regex=True)


def _rule(text, masks):
    """The first rule that holds for each value, as text."""
    rule = pd.Series("", index=text.index, dtype=object)
    for name, mask in reversed(masks.items()):
        rule[mask.fillna(False).to_numpy(dtype=bool)] = name
    return rule
