"""Answers: sentences are made of figures, data is named, and what cannot be answered says why."""

import json

import numpy as np
import pandas as pd
import pytest

from datakit.data.provenance import ANSWER_MIME
from datakit.errors import CannotAnswer, WrongUse
from datakit.language import speaking
from datakit.show import charts
from datakit.show.answers import Value, ask


def table(id="communes", synthetic=True, **more):
    frame = pd.DataFrame({"name": ["<b>Ahuy</b>", "Talant"], "share": [0.123, np.nan]})
    frame.attrs["datakit"] = {"id": id, "origin": "here", "sha256": "ab", "synthetic": synthetic} | more
    return frame


def said(sentence="There are {n}.", figures=None, data=None, question="How many?", **more):
    with ask(question) as answer:
        answer.say(
            sentence,
            **(figures or {"n": Value(23, "communes")}),
            data=data if data is not None else [table()],
            cannot_say="What they are worth.",
            **more,
        )
    return answer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Value(12.9734, "%", 12.51, 13.42), "13.0\u00a0% (12.5 to 13.4)"),
        (Value(275.7, "ha", 249, 302), "280\u00a0ha (250 to 300)"),
        (Value(62, "trees", 39, 88), "60\u00a0trees (40 to 90)"),
        (Value(9880, "inhabitants"), "9880\u00a0inhabitants"),
        (Value(257193, "inhabitants"), "257\u202f193\u00a0inhabitants"),
        (Value(0.0961, "", 0.069, 0.129), "0.10 (0.07 to 0.13)"),
        (Value(0.2, "", 0.101, 0.129), "0.200 (0.101 to 0.129)"),
        (Value(-1.04, "days", -16.2, 12.3), "\u22121\u00a0days (\u221216 to 12)"),
        (Value(30, "trees", 4, 53), "30\u00a0trees (4 to 53)"),
        (Value(0.1, "", -0.0003, 0.24), "0.10 (0.00 to 0.24)"),
        (Value("Tilia"), "Tilia"),
        (Value(2.5, "km", decimals=1), "2.5\u00a0km"),
        (Value(5, "ha", high=7), "5\u00a0ha (at most 7)"),
        (Value(5, "ha", low=2), "5\u00a0ha (at least 2)"),
        (Value(3, "trees", 3, 3), "3\u00a0trees (3 to 3)"),
        (Value(13.2082, "%", 13.2082, 13.5183), "13.2\u00a0% (13.2 to 13.5)"),
        (Value(31.462, "%", 31.455, 31.498), "31.5\u00a0%"),
        (Value(0.0961, "%", 0.0912, 0.1034), "0.096\u00a0% (0.091 to 0.103)"),
    ],
)
def test_digits_that_the_range_leaves_open_are_not_shown(value, text):
    assert f"{value}" == text


def test_forms_of_a_figure():
    value = Value(12.9734, "%", 12.51, 13.42)
    assert (f"{value:value}", f"{value:bare}") == ("13.0\u00a0%", "13.0")
    with pytest.raises(WrongUse, match="no such form"):
        f"{value:.2f}"


def test_figures_are_plain_and_have_a_value_and_a_range_the_right_way_up():
    assert type(Value(np.int64(3)).value) is int and type(Value(np.float32(0.5)).value) is float
    for wrong in (float("nan"), None, pd.NA):
        with pytest.raises(WrongUse, match="needs a value"):
            Value(wrong)
    with pytest.raises(WrongUse, match="upside down"):
        Value(2, low=3, high=1)
    assert Value(2, low=float("nan"), high=4).low is None


def test_an_answer_says_its_sentence_of_its_figures():
    answer = said("{n} of {all:bare}.", {"n": Value(3, "trees"), "all": Value(60000)})
    assert answer.sentence == "3\u00a0trees of 60\u202f000."
    record = json.loads(json.dumps(answer.record(), allow_nan=False))
    assert [f["name"] for f in record["figures"]] == ["n", "all"] and record["figures"][1]["value"] == 60000
    assert (record["kind"], record["answered"], record["question"]) == ("SYNTHETIC", True, "How many?")


def test_a_sentence_begins_with_a_capital():
    assert said("{name} has {n}.", {"name": Value("square 7 of Dijon"), "n": Value(3)}).sentence == (
        "Square 7 of Dijon has 3."
    )


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [([True], "SYNTHETIC"), ([False], "REAL"), ([True, False], "MIXED"), ([False, False], "REAL")],
)
def test_real_mixed_or_synthetic_is_of_its_own_tables(kinds, kind):
    answer = said(data=[table(f"t{k}", synthetic) for k, synthetic in enumerate(kinds)])
    assert answer.kind == kind
    assert ("SYNTHETIC SAMPLE" in repr(answer)) == (kind != "REAL") == ("SYNTHETIC SAMPLE" in answer._repr_html_())


def test_a_table_joined_of_others_names_them_all():
    joined = pd.DataFrame({"a": [1]})
    joined.attrs["datakit_sources"] = [table("one").attrs["datakit"], table("two", False).attrs["datakit"]]
    answer = said(data=[joined])
    assert answer.kind == "MIXED" and [d["id"] for d in answer.record()["data"]] == ["one", "two"]


def test_the_credit_has_publisher_and_vintage():
    answer = said(data=[table("a", False, attribution="INSEE", vintage="2022"), table("b", attribution="IGN")])
    assert answer.credit() == "Data: a (INSEE, 2022); invented: b"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"sentence": "There are many."}, "names no figure"),
        ({"sentence": "There are {m}."}, "not given"),
        ({"data": [pd.DataFrame()]}, "data is not known"),
        ({"table": table()}, "needs a caption"),
        ({"question": "How many."}, "no question"),
    ],
)
def test_what_is_missing_is_an_error(change, what):
    with pytest.raises(WrongUse, match=what):
        said(**change)


def test_a_block_that_answers_nothing_is_an_error():
    with pytest.raises(WrongUse, match="nothing was answered"), ask("How many?"):
        pass


def test_what_the_data_cannot_answer_says_why_and_so_does_what_builds_on_it(capsys):
    with ask("How many were lost?") as lost:
        raise CannotAnswer("trees", "the inventory keeps <no> lost tree")
    assert not lost.answered
    assert "No answer from this data" in capsys.readouterr().out
    assert "&lt;no&gt;" in lost._repr_html_() and lost.record()["why"].startswith("trees: the inventory keeps <no>")
    with ask("Which next?") as following:
        lost.needed()
    with ask("And then?") as last:
        following.needed()
    assert lost.why == following.why == last.why, "the reason is the first one, not a chain of questions"


def test_counts_are_not_shown_with_decimals():
    assert f"{Value(9, 'areas', 8, 10)}" == "9\u00a0areas (8 to 10)"
    assert f"{Value(9.0, '%', 8.0, 10.0)}" == "9.0\u00a0% (8.0 to 10.0)"


def test_other_errors_stop():
    with pytest.raises(ZeroDivisionError), ask("How many?"):
        1 / 0


def test_what_is_shown_is_escaped_and_has_picture_table_and_limits():
    fig, ax = charts.figure("Bars <of> nothing", data=[table()])
    ax.set(xlabel="trees", ylabel="years")
    answer = said(picture=charts.show(fig), table=table(), caption="Shares & names")
    page = answer._repr_html_()
    assert 'alt="Bars &lt;of&gt; nothing"' in page
    assert "<b>Ahuy</b>" not in page and "&lt;b&gt;Ahuy" in page
    assert "Table: Shares &amp; names" in page and "What they are worth." in page
    bundle = answer._repr_mimebundle_()
    assert bundle[ANSWER_MIME]["alt"] == "Bars <of> nothing"
    assert "Figure: Bars <of> nothing" in bundle["text/plain"] and "Talant" in bundle["text/plain"]


def test_many_sources_are_named_in_short_and_in_full_when_asked():
    ids = ("communes", "communes-population", "iris")
    tables = [*(table(id, synthetic=False) for id in ids)]
    tables += [table("bpe", synthetic=False, attribution="INSEE, Base permanente", vintage="2025")]
    for some, folded in (([*map(table, (*ids, "bpe"))], 0), (tables[:2], 0), (tables, 1)):
        with ask("How many?") as answer:
            answer.say("{n} rows.", n=Value(len(some[0])), data=some, cannot_say="Which.")
        html = answer._repr_html_()
        assert html.count("<details") == folded
        assert ("INSEE, Base permanente" in html.split("</summary>")[-1]) == bool(folded)
    summary = html.split("<summary>")[1].split("</summary>")[0]
    assert "communes, communes-population, iris, bpe (2025)" in summary and "REAL data" in summary


def test_a_question_has_an_id_that_no_language_changes():
    with speaking("fr"):
        assert said(question="How are the inhabitants spread over the communes?").record()["id"] == (
            "how-are-the-inhabitants-spread-over-the-communes"
        )
    assert len(said(question="À l’école, " + "très " * 60 + "loin ?").record()["id"]) <= 80


def test_a_tolerance_is_recorded_where_there_is_one():
    figures = said("{a} and {b}", {"a": Value(1.0, tolerance=0.1), "b": Value(2.0)}).record()["figures"]
    assert figures[0]["tolerance"] == 0.1 and "tolerance" not in figures[1]
    for wrong in (-1, float("inf"), float("nan")):
        with pytest.raises(WrongUse, match="tolerance"):
            Value(1.0, tolerance=wrong)
