"""Tables as people get them: captions, headers with their scope, text left, numbers right, nothing unescaped."""

from html.parser import HTMLParser

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from datakit.show import tables, templates


class Reader(HTMLParser):
    """The elements of a table, each as (tag, attributes, text)."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])

    def handle_data(self, data):
        if self.found:
            self.found[-1][2] += data.strip()

    def all(self, *tags):
        return [(a, t) for tag, a, t in self.found if tag in tags]


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "place": ["Dijon", "Flavignerot"],
            "people": [159346, 190],
            "share": [12.34, np.nan],
            "why": ["", "a sentence"],
        }
    )


def test_captions_headers_and_units_are_there_for_every_reader(frame):
    read = Reader(tables.html(frame, caption="People by place", units={"share": "%"}))
    assert read.all("caption")[0][1] == "People by place"
    assert [t for a, t in read.all("th") if a["scope"] == "col"] == ["place", "people", "share (%)", "why"]
    assert [t for a, t in read.all("th") if a["scope"] == "row"] == ["Dijon", "Flavignerot"]
    (box,) = [a for a, _ in read.all("div")]
    assert box["role"] == "region" and box["tabindex"] == "0" and box["aria-label"] == "People by place"
    assert "overflow-x:auto" in box["style"]


def test_numbers_stand_right_and_sentences_left(frame):
    read = Reader(tables.html(frame))
    sides = {t: (a["align"], a["style"].split(";")[0]) for a, t in read.all("th", "td")}
    right, left = ("right", "text-align:right"), ("left", "text-align:left")
    assert sides["159\u202f346"] == sides["people"] == sides["12.3"] == sides["share"] == right
    assert sides["Dijon"] == sides["a sentence"] == sides["why"] == left


def test_a_missing_value_is_neither_zero_nor_nan(frame):
    text = tables.html(frame)
    (missing,) = [a for a, t in Reader(text).all("td") if t == "–"]
    assert missing["title"] == missing["aria-label"] == "no data" and missing["align"] == "right"
    assert "nan" not in text.lower()
    left = Reader(tables.html(frame.assign(why=["x", None]))).all("td")
    (other,) = [a for a, t in left if t == "–" and a["align"] == "left"]
    assert other["title"] == "no data"


def test_the_index_names_the_rows_unless_it_only_counts_them(frame):
    def rows(**how):
        return [t for a, t in Reader(tables.html(**how)).all("th") if a["scope"] == "row"]

    assert rows(frame=frame.set_index("why")) == ["", "a sentence"]
    assert rows(frame=frame.set_index(["place", "people"])) == ["Dijon", "159\u202f346", "Flavignerot", "190"]
    assert rows(frame=frame.set_index("why"), index=False) == rows(frame=frame) == ["Dijon", "Flavignerot"]


def test_nothing_in_a_table_becomes_markup():
    bad = "<script>alert('1')</script>\"&"
    text = tables.html(pd.DataFrame({bad: [bad]}, index=pd.Index([bad], name=bad)), caption=bad, units={bad: bad})
    assert "<script>" not in text and "&lt;script&gt;" in text
    assert Reader(text).all("td")[-1][1] == bad and Reader(text).all("div")[0][0]["aria-label"] == bad


def test_odd_tables_are_shown(frame):
    assert Reader(tables.html(frame.head(0))).all("th")
    assert "<table" in tables.html(pd.DataFrame())
    twice = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert [t for _, t in Reader(tables.html(twice)).all("td")] == ["2"]
    wide = pd.DataFrame([[1, True]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert "a, x" in tables.html(wide) and ">yes<" in tables.html(wide)
    drawn = gpd.GeoDataFrame({"n": [1]}, geometry=gpd.points_from_xy([5.0], [47.3]), crs=4326)
    assert "POINT" not in tables.html(drawn)


def test_a_template_leaves_nothing_blank_by_mistake():
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        templates.render("table.html.j2", heads=[], rows=[])


def test_short_words_stay_on_one_line_and_sentences_do_not():
    table = pd.DataFrame({"place": ["Chevigny-Saint-Sauveur", "Dijon"], "why": ["a sentence of many words", "no"]})
    cells = Reader(tables.html(table, index=False)).all("th", "td")
    kept = {text: "nowrap" in attrs["style"] for attrs, text in cells if text}
    assert kept["Chevigny-Saint-Sauveur"] and kept["Dijon"] and not kept["place"]
    table["why"] = "a sentence of many words, longer than a name"
    assert not any(
        "nowrap" in a["style"] for a, t in Reader(tables.html(table)).all("td") if t.startswith("a sentence")
    )


def test_a_table_is_shown_whole_with_its_caption():
    long = "metres from the front of a house to a tree, on a straight line that nothing else cuts"
    shown = tables.show(pd.DataFrame({"meaning": [long]}), caption="What it means")
    assert long in shown._repr_html_() and "What it means</caption>" in shown._repr_html_()
    assert repr(shown).startswith("What it means\n") and long in repr(shown)


def test_headers_are_words_and_numbers_of_a_column_have_the_same_decimals():
    table = pd.DataFrame({"what_to_do": ["ask"] * 3, "share_pct": [7.89, 15.0, 20.0], "green_share": [0.02, 0.1, 0.25]})
    read = Reader(tables.html(table.sort_values("share_pct", ascending=False)))
    heads = [text for attrs, text in read.all("th") if attrs["scope"] == "col"]
    assert heads == ["what to do", "share (%)", "green (0 to 1)"]  # and no numbers that pandas gives to rows
    cells = [text for _, text in read.all("td")]
    assert cells == ["20.0", "0.25", "15.0", "0.10", "7.9", "0.02"]
