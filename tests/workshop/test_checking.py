"""Checks accept every right form of an answer, and say of a wrong one what is wrong with it."""

import json
import re
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from datakit.data import provenance
from datakit.errors import WrongUse
from datakit.show import Value
from datakit.workshop import checking, comparing, forms

TABLE = pd.DataFrame(
    {"genus": ["Acer", "Tilia", "Platanus", "Quercus"], "lost": [12.3, 4.0, 7.9, 30.1], "alike": [10.2, 5.1, 8.8, 20.4]}
)
YEARS = pd.Series({2021: 3, 2022: 14, 2023: 8}, name="days").rename_axis("year")
EXPECTED = {
    "number": 12.3,
    "count": 1234,
    "share": 0.0412345678,
    "text": "Fontaine-lès-Dijon",
    "truth": True,
    "list": ["Acer", "Tilia", "Platanus"],
    "figures": [1.5, 2.5, 10.0],
    "table": TABLE.set_index("genus"),
    "years": YEARS,
    "dict": {"east": 0.412, "west": 0.388},
    "nameless": pd.DataFrame({"x": [0.1, 0.2, 0.2], "y": [1.5, 2.5, 3.5]}),
}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """A chapter 99 that expects all of these."""
    made = {
        f"99.{name}": {
            "minutes": 5,
            "goal": "To try.",
            "expected": json.loads(json.dumps(forms.describe(answer).to_json())),
            "mistakes": [],
            "hints": ["Look.", "Look closely.", "Look there."],
            "data": {"communes": "aa"},
        }
        for name, answer in EXPECTED.items()
    }
    monkeypatch.setattr(checking, "_known", {"99": {"chapter": "99_try", "parameters": {"n": 3}, "exercises": made}})
    monkeypatch.setattr(checking, "_hinted", {})


def judged(name, answer):
    return checking.judge(f"99.{name}", answer)


def shuffled(frame):
    return frame.sample(frac=1, random_state=4)[list(frame.columns)[::-1]]


def on_map(frame):
    return gpd.GeoDataFrame(frame, geometry=[Point(k, k) for k in range(len(frame))], crs=2154)


RIGHT = [
    *(("number", x) for x in (12.3, 12.34, 12.2999, "12,3 %", "12.3", "12,3\u202f%", np.float32(12.3), np.array(12.3))),
    *(("number", x) for x in ([12.3], pd.Series([12.31]), pd.DataFrame({"a": [12.3]}), {"a": 12.3}, Value(12.3, "%"))),
    *(("count", x) for x in (1234, 1234.0, 1234.4, np.int64(1234), "1 234", "1\u202f234", "1,234")),
    *(("share", x) for x in (0.0412, 0.04123, "4.12 %", "4,12 %", 0.0412345678)),
    *(("text", x) for x in ("fontaine-lès-dijon", " Fontaine-lès-Dijon ", pd.Series(["Fontaine-lès-Dijon"]))),
    *(("truth", x) for x in (True, np.True_, "yes", "oui")),
    *(
        ("list", x)
        for x in (
            ["Tilia", "Acer", "Platanus"],
            {"Tilia", "Acer", "Platanus"},
            ("acer", "tilia", "platanus"),
            pd.Index(["Acer", "Tilia", "Platanus"]),
            np.array(["Acer", "Tilia", "Platanus"]),
            pd.Series([1, 2, 3], index=["Acer", "Tilia", "Platanus"]),
            pd.Series(["Acer", "Tilia", "Platanus"], index=[7, 3, 1]),
            TABLE.head(3),
            TABLE.set_index("genus").head(3),
            {"Acer": 1, "Tilia": 2, "Platanus": 3},
            "Acer, Tilia, Platanus",
            pd.Categorical(["Acer", "Tilia", "Platanus"]),
        )
    ),
    *(("figures", x) for x in ([10, 2.5, 1.5], pd.Series([1.5, 2.5, 10.0]), (1.52, 2.48, 10.0))),
    *(
        ("table", x)
        for x in (
            TABLE,
            TABLE.set_index("genus"),
            shuffled(TABLE),
            TABLE.rename(columns={"genus": "name of the genus", "lost": "Lost (%)", "alike": "same age"}),
            TABLE.assign(trees=[1, 2, 3, 4]),
            TABLE.assign(lost=TABLE["lost"] + 0.04),
            TABLE.assign(lost=[12.34, 4.02, 7.88, 30.1]),
            on_map(TABLE),
            TABLE.to_dict("records"),
            TABLE.to_dict("list"),
            TABLE.set_index("genus").to_dict("index") and TABLE.set_index("genus").to_dict(),
            TABLE.set_index(pd.CategoricalIndex(TABLE["genus"])).drop(columns="genus"),
            TABLE.iloc[::-1],
        )
    ),
    *(("years", x) for x in (YEARS, YEARS[::-1], YEARS.reset_index(), YEARS.to_dict(), YEARS.astype(float).to_frame())),
    *(("dict", x) for x in ({"west": 0.388, "east": 0.4119}, pd.Series({"west": 0.388, "east": 0.412}))),
    ("dict", pd.DataFrame({"half": ["west", "east"], "precision": [0.388, 0.412]})),
    ("dict", [("west", 0.388), ("east", 0.412)]),
    ("nameless", EXPECTED["nameless"].iloc[::-1].rename(columns={"x": "a"})),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT, ids=lambda x: x if isinstance(x, str) else type(x).__name__)
def test_every_right_form_is_accepted(name, answer):
    verdict = judged(name, answer)
    assert (verdict.state, verdict.sentence) == ("right", "")


WRONG = [
    ("number", 0.123, "100 times too small: a share (0 to 1) where a percentage"),
    ("number", 1230, "100 times too large: look at the units"),
    ("number", "1230 %", "100 times too large"),
    ("number", 12, "Rounded too far: keep at least 1 decimal,"),
    ("number", -12.3, "the sign is not"),
    ("number", np.nan, "This is no number (NaN)"),
    ("number", 11, "The form is right, the value is not."),
    ("number", "Acer", "should be a number; this is a text"),
    ("number", True, "should be a number; this is True or False"),
    ("number", TABLE, "should be a number; this is a table"),
    ("number", print, "should be a number; this is something else"),
    ("number", [12.3, 4.0], "should be a number; this is a list"),
    ("count", 1_234_000, "1,000 times too large"),
    ("count", 12_340_000, "10,000 times too large"),
    ("count", 0.001234, "A million times too small"),
    ("count", 1200, "Rounded too far: give more digits"),
    ("share", 4.12345678, "100 times too large: a percentage (0 to 100) where a share"),
    ("share", 0.000412345678, "100 times too small: look at the units"),
    ("share", 0.04, "Rounded too far"),
    ("text", "Dijon", "The form is right, the value is not."),
    ("text", 3, "should be a text; this is a number"),
    ("truth", False, "The form is right, the value is not."),
    ("list", ["Acer", "Tilia"], "1 is missing."),
    ("list", ["Acer", "Tilia", "Platanus", "Ulmus"], "1 does not belong to it: Ulmus."),
    ("list", ["Acer", "Ulmus"], "1 does not belong to it: Ulmus. 2 are missing."),
    ("list", print, "should be a list; this is something else"),
    ("figures", [150, 250, 1000], "100 times too large"),
    ("figures", [1.5, 2.5], "1 is missing"),
    ("figures", [1.5, 2.5, 10.0, 11.0], "There are more than are asked for: 4"),
    ("figures", [1.5, 2.5, np.nan], "1 of 3 values are empty (NaN)"),
    ("table", TABLE.head(2), "These rows are missing: Platanus, Quercus."),
    ("table", TABLE.replace("Acer", "Ulmus"), "This row does not belong to it: Ulmus. This row is missing: Acer."),
    ("table", TABLE.assign(genus=list("abcd")), "None of the rows is one that is asked for; the first is a."),
    ("table", pd.concat([TABLE, TABLE.head(1)]), "more than once: Acer"),
    ("table", TABLE.drop(columns="alike"), "This column is missing: alike."),
    ("table", TABLE.drop(columns=["alike", "lost"]), "These columns are missing: lost, alike."),
    ("table", TABLE.assign(lost=TABLE["lost"] / 100), "In the column lost: 100 times too small"),
    ("table", TABLE.assign(mine=TABLE["alike"] * 100).drop(columns="alike"), "In the column mine: 100 times too large"),
    ("table", TABLE.assign(alike=-TABLE["alike"]), "In the column alike: the size is right, the sign is not"),
    ("table", TABLE.round(0), "In the column lost: rounded too far: keep at least 1 decimal,"),
    ("table", TABLE.assign(lost=[np.nan, 4.0, 7.9, np.nan]), "In the column lost: 2 of 4 values are empty (NaN)"),
    ("table", TABLE.assign(lost=[12.3, 4.0, 8.9, 33.0]), "2 of 4 values are not, such as that of Platanus, Quercus."),
    ("table", TABLE.assign(lost=list("abcd")), "none of their values is"),
    ("table", ["Acer"], "should be a table or a Series; this is a list"),
    ("table", 4, "should be a table or a Series; this is a number"),
    ("years", YEARS[YEARS > 3], "This row is missing: 2021."),
    ("dict", {"east": 0.388, "west": 0.412}, "The rows are the right ones, none of their values is"),
    ("dict", {"north": 1, "south": 2}, "None of the rows"),
    ("nameless", EXPECTED["nameless"].head(2), "1 is missing"),
    ("nameless", EXPECTED["nameless"] * 100, "100 times too large"),
]


@pytest.mark.parametrize(("name", "answer", "said"), WRONG, ids=lambda x: x if isinstance(x, str) else type(x).__name__)
def test_what_is_wrong_is_said(name, answer, said):
    verdict = judged(name, answer)
    assert verdict.state == "wrong"
    assert said in verdict.sentence, verdict.sentence
    assert verdict.sentence[0].isupper() or verdict.sentence[0].isdigit()


@pytest.mark.parametrize(("name", "answer", "said"), WRONG, ids=lambda x: x if isinstance(x, str) else type(x).__name__)
def test_the_answer_is_never_told(name, answer, said):
    """No figure of what is expected is in what is said, unless it was handed in."""
    verdict, expected = judged(name, answer), forms.describe(EXPECTED[name])
    figures = [expected.value] if expected.kind == "number" else []
    if expected.kind == "table":
        figures = [x for key, cells in expected.value.items() if key not in expected.keys for x in cells]
    for text in (str(verdict), re.sub("style='[^']*'", "", verdict._repr_html_())):
        assert not any(str(figure) in text for figure in figures if len(str(figure)) > 2)
        if expected.kind == "list":
            assert "Platanus" not in text or "Platanus" in str(answer)


def test_no_answer_yet_says_what_it_is_for():
    for empty in (..., None, "", " "):
        verdict = judged("number", empty)
        assert verdict.state == "open" and verdict.sentence.endswith("What it is for: To try.")
    assert "gives nothing back" in judged("number", None).sentence


def test_a_usual_mistake_is_explained_before_anything_else():
    one = checking._known["99"]["exercises"]["99.number"]
    one["mistakes"] = [{"why": "You counted the felled ones.", "value": forms.describe(0.123).to_json()}]
    assert judged("number", 0.123).sentence == "You counted the felled ones."
    assert judged("number", pd.Series([0.123])).sentence == "You counted the felled ones."
    one["mistakes"] = [{"why": "How many, not which.", "value": forms.describe(["a", "b"]).to_json()}]
    assert judged("number", ["b", "a"]).sentence == "How many, not which."
    assert "should be a number" in judged("number", {"a": 1, "b": 2}).sentence, "a table is no list of its names"


def test_hints_come_one_after_the_other_and_only_when_nothing_better_is_known(capsys):
    for answer, hint in (
        (11, "1 of 3: Look."),
        (11, "2 of 3: Look closely."),
        (0.123, ""),
        (13, "3 of 3: Look there."),
    ):
        checking.check("99.number", answer)
        said = capsys.readouterr().out
        assert (f"Hint {hint}" in said) if hint else ("Hint" not in said)
    checking.check("99.number", 14)
    assert "Hint 3 of 3" in capsys.readouterr().out
    checking.check("99.count", 99)
    assert "Hint 1 of 3" in capsys.readouterr().out, "each exercise has its own"


def test_on_other_data_only_the_form_is_judged(monkeypatch):
    used = {("communes", "publisher", "bb"): {"id": "communes", "sha256": "bb"}}
    monkeypatch.setattr(provenance, "_used", used)
    assert judged("number", 12.3).state == judged("number", 99).state == "form"
    assert "other data than the sample (communes)" in judged("number", 99).sentence
    assert "should be a number" in judged("number", "Acer").sentence
    used["communes", "publisher", "bb"]["sha256"] = "aa"
    assert judged("number", 12.3).state == "right"


def test_with_other_parameters_only_the_form_is_judged(monkeypatch):
    shell = SimpleNamespace(user_ns={"n": 4})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    assert judged("number", 12.3).state == "form" and "parameter n" in judged("number", 12.3).sentence
    shell.user_ns["n"] = 3
    assert judged("number", 12.3).state == "right"


def test_an_exercise_that_is_not_there_is_an_error():
    with pytest.raises(WrongUse, match=r"no such exercise[\s\S]*99.count"):
        checking.check("99.7", 1)
    with pytest.raises(WrongUse, match=r"00.1"):
        checking.check("77.1", 1)


def test_what_is_no_answer_cannot_be_expected():
    for nothing in (..., None, np.nan, print, [], pd.DataFrame({"a": range(2000)})):
        with pytest.raises(WrongUse):
            forms.describe(nothing)


@pytest.mark.parametrize("state", ["right", "open", "form", "wrong"])
def test_a_verdict_is_told_by_its_sign_and_words_too(state):
    verdict = checking.Verdict("99.1", state, "Look at <b> & so on.", "Hint 1 of 3: put `&` there.")
    page = verdict._repr_html_()
    assert (
        checking.SIGNS[state] in page
        and "<code>&amp;</code>" in page
        and verdict.word in page
        and "&lt;b&gt; &amp; so on" in page
    )
    assert str(verdict).startswith(f"{checking.SIGNS[state]} Exercise 99.1. {verdict.word} Look")
    assert "color:" not in page.replace("border-color", ""), "the text is the theme's own, light or dark"


def test_random_forms_of_random_tables_are_right_and_their_spoilt_ones_are_not():
    draw = np.random.default_rng(7)
    for trial in range(60):
        rows, columns = draw.integers(1, 9), draw.integers(1, 4)
        names = [f"row {k}" for k in draw.permutation(30)[:rows]]
        values = {f"c{k}": draw.normal(50, 200, rows).round(int(draw.integers(0, 3))) for k in range(columns)}
        truth = pd.DataFrame(values, index=pd.Index(names, name="name"))
        expected = forms.Form.from_json(json.loads(json.dumps(forms.describe(truth).to_json())))
        mixed = truth.sample(frac=1, random_state=trial)[list(draw.permutation(truth.columns))]
        for form in (mixed, mixed.reset_index(), on_map(mixed.reset_index()), mixed.rename_axis("other")):
            assert any(comparing.problem(expected, f) is None for f in forms.readings(form, "table")), form
        spoilt = mixed.copy()
        spoilt.iloc[draw.integers(rows), draw.integers(columns)] += 17
        for form in (spoilt, mixed.iloc[1:], mixed * 100, mixed.rename(index={names[0]: "no row"})):
            assert all(comparing.problem(expected, f) for f in forms.readings(form, "table")), form


ODD = [
    object(),
    len,
    pd,
    int,
    (k for k in range(3)),
    range(3),
    b"12",
    1 + 2j,
    np.zeros((2, 3)),
    np.zeros((2, 2, 2)),
    np.array([]),
    np.array([None, "a"], dtype=object),
    pd.Series([], dtype=float),
    pd.DataFrame(),
    pd.DataFrame(index=["a", "b"]),
    pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
    pd.DataFrame({("a", "b"): [1], ("a", "c"): [2]}),
    pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    pd.Series([1, 2], index=["a", "a"]),
    pd.Series([pd.NA, 2], dtype="Int64"),
    pd.Series([[1], [2]]),
    pd.Interval(0, 1),
    pd.Timestamp("2026-01-01"),
    pd.NaT,
    gpd.GeoSeries([Point(0, 0)]),
    on_map(TABLE)[["geometry"]],
    TABLE.groupby("genus"),
    TABLE.style,
    {"a": [1, 2], "b": [1]},
    {"a": {"b": {"c": 1}}},
    {1: 2, "a": None},
    {},
    [[1, 2], [3]],
    [[]],
    [{}],
    [None],
    {("a", "b"): 1},
    "1e999",
    "--",
    float("inf"),
    10**400,
    "x" * 10_000,
    [1] * 100_000,
    Value("Acer"),
]


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("k", range(len(ODD)))
def test_whatever_is_handed_in_gets_a_sentence_and_no_traceback(name, k, capsys):
    checking.check(f"99.{name}", ODD[k])
    said = capsys.readouterr().out
    assert said.startswith(("✗", "…")) and len(said) < 600
