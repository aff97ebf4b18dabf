"""Opening hours in every form that the publishers write, read as a person reads them."""

import csv

import pandas as pd
import pytest

import datakit
from datakit.inclusion import hours


def test_the_regional_form():
    row = {"hours_monday_morning": "8h30-12h", "hours_monday_afternoon": "13h30 - 17h", "hours_tuesday_morning": "-"}
    assert hours.as_tag(row) == "Mo 08:30-12:00,13:30-17:00"
    assert hours.weekly(hours.tags(pd.DataFrame([row]))).weekly_hours[0] == 7.0


def test_a_forgotten_dash():
    assert hours.as_tag({"hours_friday_morning": "9h12h30", "hours_friday_afternoon": "x"}) == "Fr 09:00-12:30"


def test_the_form_of_france_services():
    row = {"hours_monday": "09:00 - 12:00 / 13:30 - 18:30", "hours_saturday": "09:00 - 12:00", "hours_sunday": ""}
    assert hours.as_tag(row) == "Mo 09:00-12:00,13:30-18:30; Sa 09:00-12:00"
    found = hours.weekly(hours.tags(pd.DataFrame([row]))).iloc[0]
    assert (found.weekly_hours, found.evening, found.saturday) == (11.0, True, True)


@pytest.mark.parametrize(
    ("text", "total", "evening", "saturday"),
    [
        ("Mo-Fr 09:00-12:00,14:00-17:30", 32.5, False, False),
        ("Mo-Sa 10:00-18:00", 48.0, False, True),  # closing at six is not open in the evening
        ("We 10:00-18:30; Sa 09:00-12:00", 11.5, True, True),
        ("Mo 09:00-12:00,11:00-13:00", 4.0, False, False),  # an overlap counts once
        ("Mo-Fr 09:00-17:00; PH off", 40.0, False, False),
        ("Sa 18:00-20:00", 2.0, False, True),
        ("24/7", 168.0, True, True),
        ("closed", 0.0, False, False),
    ],
)
def test_the_national_form(text, total, evening, saturday):
    found = hours.weekly(pd.Series([text])).iloc[0]
    assert (found.weekly_hours, found.evening, found.saturday, found.unread) == (total, evening, saturday, False)


@pytest.mark.parametrize("text", ["sous condition", "9h-12h sur rendez-vous", "17h-9h", "9h-25h", "9h75-12h", "matin"])
def test_what_is_no_time_is_unknown_not_closed(text):
    assert hours.as_tag({"hours_monday": text, "hours_tuesday": "9h-12h"}) is None


def test_silence_is_unknown_and_boxes_left_empty_are_closed():
    assert hours.as_tag({"hours_monday": "", "hours_tuesday": None}) is None
    assert hours.as_tag({"hours_monday": "-", "hours_tuesday": "x"}) == "closed"


def test_what_cannot_be_read_is_counted():
    found = hours.weekly(pd.Series(["Mo-Fr quand on peut", None, "Mo 09:00-10:00"], index=[5, 6, 7]))
    assert found.unread.tolist() == [True, False, False]
    assert found.weekly_hours.isna().tolist() == [True, True, False]
    assert found.evening.isna().tolist() == [True, True, False]


def test_nearly_all_hours_of_the_real_files_are_read(shared_data):
    days = dict(zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), hours.DAYS, strict=True))
    parts = {"matin": "morning", "après-midi": "afternoon"}
    for file in ("mednum-bfc/bfc-ternum-dataset.csv", "france-services/liste-fs-20240801_dep21.csv"):
        with open(shared_data / file, encoding="utf-8", newline="") as opened:
            rows = list(csv.DictReader(opened))
        named = []
        for row in rows:
            kept = {}
            for column, text in row.items():
                words = column.removeprefix("h_").split()
                if words and words[0] in days:
                    kept["_".join(["hours", days[words[0]], *(parts[w] for w in words[1:])])] = text
            named.append(kept)
        read = [hours.as_tag(row) for row in named]
        said = [any(text.strip() for text in row.values()) for row in named]
        unread = sum(tag is None for tag, some in zip(read, said, strict=True) if some)
        assert sum(said) >= 24
        assert unread <= 0.01 * sum(said), file
        week = hours.weekly(pd.Series(read, dtype="str"))
        assert not week.unread.any()
        assert week.weekly_hours.dropna().between(0, 90).all()


def test_the_sample_has_hours():
    frame = datakit.load("france-services", "sample")
    assert hours.weekly(hours.tags(frame)).weekly_hours.between(10, 60).mean() > 0.9
