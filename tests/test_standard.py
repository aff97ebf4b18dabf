"""The standard table: rules on real forms, the real files, and a log from which nothing is missing."""

import numpy as np
import pandas as pd
import pytest

from datakit.trees import values

PLACE = {"longitude": [5.04, 5.05, 5.06], "latitude": [47.32, 47.33, 47.34]}


def text(*words):
    return pd.Series(words, dtype="str")


def small(fields=(), n=3, **columns):
    """A table of n trees in Dijon, and its crosswalk."""
    place = {"longitude": 5.0 + np.arange(n) / 1000, "latitude": 47.3 + np.arange(n) / 1000}
    frame = pd.DataFrame(columns | {k: v for k, v in place.items() if k not in columns})
    made = [{"name": name, "optional": True} for name in columns if name not in place] if not fields else list(fields)
    return frame, {"fields": made, "geometry": {"type": "Point", "x": "longitude", "y": "latitude"}, "crs": "EPSG:4326"}


def logged(table, column=None):
    changes = table.attrs["changes"]
    return changes if column is None else changes[changes["column"] == column]


# -- rules -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "value", "rule", "stated"),
    [
        ("12", 12, "", False),
        ("12,5", 12.5, "", False),
        ("10-20 m", 1500, "middle of the class; m to cm", True),
        ("10 à 20 m", 1500, "middle of the class; m to cm", True),
        ("De 10 m à 20 m", 1500, "middle of the class; m to cm", True),
        ("de 50 cm à 1 m", 75, "middle of the class; m to cm", True),
        ("[10-20[", 15, "middle of the class", False),
        ("Moins de 5 m", 250, "middle of the class from 0; m to cm", True),
        ("> 20 m", 2000, "open class: its only bound; m to cm", True),
        ("20 m et plus", 2000, "open class: its only bound; m to cm", True),
        ("Plus de 150", 150, "open class: its only bound", False),
        ("1 250 mm", 125, "mm to cm", True),
        ("35 cm", 35, "", True),
        ("0", np.nan, values.ZERO, False),
        ("0.0", np.nan, values.ZERO, False),
        ("haut", np.nan, "not read as a number: set missing", False),
        ("20-10", np.nan, "not read as a class: set missing", False),
        (None, np.nan, "", False),
    ],
)
def test_numbers_classes_and_units_in_words(word, value, rule, stated):
    made, rules, said = values.measure(text(word), "cm")
    assert made[0] == pytest.approx(value, nan_ok=True)
    assert (rules[0], bool(said[0])) == (rule, stated)


@pytest.mark.parametrize(
    ("word", "year", "rule"),
    [
        ("1998", 1998, ""),
        ("1998.0", 1998, ""),
        ("2007/2008", 2007, "season"),
        ("Hiver 2007-08", 2007, "season"),
        ("01/11/2004", 2004, "the year of a date"),
        ("2004-11-01T00:00:00Z", 2004, "the year of a date"),
        ("20041101", 2004, "the year of a date"),
        ("1099267200000", 2004, "the year of a date"),
        ("0", None, "0 means not known"),
        ("inconnue", None, "not read as a year"),
        (None, None, ""),
    ],
)
def test_year_of_planting(word, year, rule):
    made, rules = values.year(text(word))
    assert (None if made.isna()[0] else made[0]) == year
    assert rules[0].startswith(rule) and bool(rules[0]) == bool(rule)


@pytest.mark.parametrize(
    ("word", "day", "year", "rule"),
    [
        ("2004-11-01", "2004-11-01", 2004, ""),
        ("01/11/2004", "2004-11-01", 2004, ""),
        ("1/3/2004", "2004-03-01", 2004, ""),
        ("01/11/2004 00:00", "2004-11-01", 2004, ""),
        ("2021-06-30T22:00:00Z", "2021-07-01", 2021, "a moment in another time zone"),
        ("2021-06-30T00:00:00+00:00", "2021-06-30", 2021, ""),
        ("1625090400000", "2021-07-01", 2021, "milliseconds since 1970"),
        ("2007/2008", None, 2007, "only the year is known"),
        ("1998", None, 1998, "only the year is known"),
        ("31/02/2004", None, 2004, "only the year is known"),
        ("bientôt", None, None, "not read as a date"),
        ("0", None, None, "0 means not known"),
    ],
)
def test_dates_are_days_in_france(word, day, year, rule):
    made, years, rules = values.date(text(word))
    assert (None if made.isna()[0] else f"{made[0]:%Y-%m-%d}") == day
    assert (None if years.isna()[0] else years[0]) == year
    assert rules[0].startswith(rule) and bool(rules[0]) == bool(rule)


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("''Duchesse d''Angoulême''", "Duchesse d'Angoulême"),
        ("'Koster'", "Koster"),
        ("“Fastigiata”", "Fastigiata"),
        ('"Fastigiata"', "Fastigiata"),
        ("''Paul''s Scarlet''", "Paul's Scarlet"),
        ("''Doyenné du Comice'' COMICE", "Doyenné du Comice COMICE"),
        ("n. sp.", None),
        ("''Bigarreau n. sp.''", "Bigarreau"),
        ("Greenspire", "Greenspire"),
    ],
)
def test_cultivars_lose_their_quotation_marks(word, name):
    made, rules = values.cultivar(text(word))
    assert (None if made.isna()[0] else made[0]) == name
    assert bool(rules[0]) == (word != name)


def test_epithets_of_hybrids_and_of_nothing():
    made, rules = values.epithet(text("×hispanica", "X acerifolia", "x media", "sp.", "n. sp.", "robur", None))
    assert made.fillna("").tolist() == ["x hispanica", "x acerifolia", "x media", "", "", "robur", ""]
    assert [bool(r) for r in rules] == [True, True, False, True, True, False, False]


def test_stages_where_the_word_is_known():
    made, rules = values.stage(
        text("Jeune (arbre)Adulte", "Jeune (arbre)", "JA", "senescent", "Adulte", "vieux", "autre")
    )
    assert made.tolist() == ["Jeune adulte", "Jeune", "Jeune adulte", "Sénescent", "Adulte", "Vieux", "autre"]
    assert rules[0] == values.GLUED
    assert [bool(r) for r in rules] == [True, True, True, True, False, True, False]


def test_words_for_yes_and_no():
    made, rules = values.yes_no(text("OUI", "non", "1.0", "0", "Vrai", "peut-être", None))
    assert made.astype(object).where(made.notna(), None).tolist() == [True, False, True, False, True, None, None]
    assert [bool(r) for r in rules] == [False] * 5 + [True, False]
