"""Sentences and numbers: what is no figure's is found, and what stays when figures turn round is suspected."""

import pandas as pd
import pytest

from datakit.errors import WrongUse
from datakit.show.answers import Value, ask
from datakit.show.sentences import loose_numbers, skeleton, turned


def said(sentence, question="How many?", holds=None, **figures):
    frame = pd.DataFrame()
    frame.attrs["datakit"] = {"id": "communes", "origin": "here", "sha256": "ab", "synthetic": True}
    with ask(question) as answer:
        answer.say(sentence, data=[frame], cannot_say="What they are worth.", holds=holds, **figures)
    return answer.record()


def test_the_fixed_words_are_found_again():
    record = said(
        "{n} of {all:bare} are {kind}, {share}; the range is {range:value} and {range}.",
        n=Value(5, "trees"),
        all=Value(15000),
        kind=Value("limes"),
        share=Value(12.9734, "%", 12.51, 13.42),
        range=Value(-4.26, "m", -5.1, -3.2),
    )
    assert skeleton(record) == "{n} of {all} are {kind}, {share}; the range is {range} and {range}."


def test_a_figure_is_not_found_in_a_longer_number():
    record = said("{a} in 15 years, 5.5 m, 1\u202f005 and {a:bare}.", a=Value(5, "trees"))
    assert skeleton(record) == "{a} in 15 years, 5.5 m, 1\u202f005 and {a}."
    assert loose_numbers(record) == ["15", "5.5", "1\u202f005"]
    assert loose_numbers(record, "in 15 years, 5.5 m") == ["1\u202f005"]


def test_a_number_typed_or_rounded_otherwise_is_loose():
    total = 1965.4
    typed = said(f"There are {total:.0f} of {{n}}.", n=Value(total, "trees", decimals=1))
    assert loose_numbers(typed) == ["1965"]
    assert loose_numbers(said("{place} has {n}.", place=Value("square 7"), n=Value(3))) == []
    assert loose_numbers(said("There are {n} in 300 m.", "How many within 300 m?", n=Value(3))) == []


def test_a_fixed_claim_is_suspected_when_its_figures_turn_round():
    lie = "With planting {with_} have more than without, {without}."
    there = said(lie, with_=Value(20, "%"), without=Value(10, "%"))
    here = said(lie, with_=Value(8, "%"), without=Value(10, "%"))
    assert turned([there, there]) == []
    (found,) = turned([there, here])
    assert found.startswith("more: with_ and without change their order")
    # Words that the figures choose, words that do not compare, and other units are no claim.
    for sentence, figures in (
        ("{with_} have {word} than without, {without}.", {"word": True}),
        ("{with_} with planting, {without} without.", {}),
    ):
        pair = []
        for value in (20, 8):
            word = {"word": Value("more" if value > 10 else "fewer")} if figures else {}
            pair.append(said(sentence, with_=Value(value, "%"), without=Value(10, "%"), **word))
        assert turned(pair) == []
    assert turned([said(lie, with_=Value(v, "%"), without=Value(10, "ha")) for v in (8, 20)]) == []


def test_what_defines_a_group_is_no_claim():
    far = "{all} have more than {limit}; {old} of those aged 75 or older, {alone} of those who live alone."

    def shares(sentence, everybody, older, limit=1000, unit="m"):
        values = {"all": everybody, "old": older, "alone": 30}
        return said(sentence, limit=Value(limit, unit), **{name: Value(value, "%") for name, value in values.items()})

    assert turned([shares(far, 40, 43), shares(far, 28, 25)]) == []
    # A limit that is measured, one that a figure is said to pass, and a claim beside a definition are claims.
    measured = [shares(far, 40, 43, 1000), shares(far, 28, 25, 900)]
    assert turned(measured)
    passed = [shares("{all} is more than {limit}.", value, 0, 30, "%") for value in (40, 28)]
    assert turned(passed) == ["more: all and limit change their order, in \u201c{all} is more than {limit}.\u201d"]
    beside = far[:-1] + ", so more are old."
    assert len(turned([shares(beside, 40, 43), shares(beside, 28, 25)])) >= 1


def test_a_change_of_sign_is_a_turn():
    found = turned([said("The mean way falls by {cut}.", cut=Value(v, "m")) for v in (12, -3)])
    assert len(found) == 1 and "falls: cut changes its sign" in found[0]


def test_a_claim_that_is_held_to_the_figures_is_not_suspected():
    def way(today, then):
        word = {"falls from": then < today}
        return said("The way falls from {today} to {then}.", holds=word, today=Value(today, "m"), then=Value(then, "m"))

    assert way(500, 400)["holds"] == ["falls from"]
    with pytest.raises(WrongUse, match="'falls from' does not hold"):
        way(400, 500)
    with pytest.raises(WrongUse, match="is not in it"):
        said("{n} of them.", holds={"rises": True}, n=Value(3))
    assert "holds" not in said("{n} of them.", n=Value(3))
