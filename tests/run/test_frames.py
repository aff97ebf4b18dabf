"""Tables of pandas and Markdown on the pages of a report: scopes, one header, sides, a box that scrolls."""

import pandas as pd
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from datakit.run.executing import results_of
from datakit.run.frames import readable
from datakit.run.report import notebook_page


def table(frame):
    return BeautifulSoup(readable(frame._repr_html_()), "html.parser").table


def test_a_table_of_pandas_gets_one_header_scopes_and_sides():
    frame = pd.DataFrame(
        {"rule": ["Trees may not stand here.", "None"], "of all": [1.5, None]},
        index=pd.Index(["roads", "rails"], name="layer"),
    )
    made = table(frame)
    heads = made.thead.find_all(["th", "td"])
    assert [(h.get_text(), h["scope"]) for h in heads] == [("layer", "col"), ("rule", "col"), ("of all", "col")]
    assert [h["scope"] for h in made.tbody.find_all("th")] == ["row", "row"]
    cells = [(c.get_text(), c["class"], c.get("aria-label")) for c in made.tbody.find_all("td")]
    assert cells[:2] == [("Trees may not stand here.", ["t"], None), ("1.5", ["n"], None)]
    assert cells[3] == ("\u2013", ["n"], "no data")


def test_names_stay_on_one_line_and_sentences_do_not():
    made = table(pd.DataFrame({"name": ["Table de ping-pong", "Banc"], "why": ["One word after another.", "x" * 40]}))
    assert [c["class"] for c in made.tbody.tr.find_all("td")] == [["t", "k"], ["t"]]


def test_an_unnamed_index_and_two_levels_keep_their_shape():
    plain = table(pd.DataFrame({"a": [1, 2]}))
    assert [c.get_text() for c in plain.find_all(["td", "th"])] == ["a", "1", "2"]  # a mere numbering is no data
    some = table(pd.DataFrame({"a": [1]}, index=["x"]))
    assert some.thead.find_all(["td", "th"])[0].name == "td"  # no header without words
    assert [c.get_text() for c in table(pd.DataFrame({"a": [1]}, index=[7])).find_all("th")] == ["a", "7"]
    two = pd.DataFrame({"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("A", "x"), ("A", "y")], names=["one", "two"]))
    made = table(two)
    assert [h.get_text() for h in made.thead.find_all("th")] == ["one", "two", "n"]
    assert made.tbody.th["scope"] == "rowgroup" and made.tbody.th["rowspan"] == "2"
    wide = table(pd.DataFrame({("people", "2018"): [1], ("people", "2021"): [2]}))
    assert wide.thead.find("th", colspan="2")["scope"] == "colgroup"


def test_other_html_comes_back_as_it_is():
    assert readable("<p>&nbsp;<b>x</p>") == "<p>&nbsp;<b>x</p>"


def shown(html, *, tags=()):
    output = new_output("execute_result", {"text/html": html, "text/plain": "x"})
    return new_code_cell("x", outputs=[output], metadata={"tags": list(tags)})


def test_tables_on_a_page_scroll_in_a_box_of_their_own():
    frame = shown(pd.DataFrame({"a": [1]})._repr_html_())
    prose = new_markdown_cell("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    page = notebook_page(new_notebook(cells=[prose, frame]), "t", "ok", None)
    found = BeautifulSoup(page, "html.parser").find_all("table")
    assert len(found) == 2 and all(one.parent["class"] == ["scroll"] for one in found)


def test_what_a_solution_answers_is_no_result():
    def answer(question, *tags):
        data = {"application/vnd.datakit.answer+json": {"question": question}, "text/html": "", "text/plain": ""}
        return new_code_cell("x", outputs=[new_output("display_data", data)], metadata={"tags": list(tags)})

    notebook = new_notebook(cells=[answer("How many?"), answer("And now?", "solution")])
    assert [row["question"] for row in results_of(notebook)] == ["How many?"]
    assert len(notebook.cells) == 2


def test_the_contents_follow_the_title():
    prose = new_markdown_cell("# T\n\nWhy?\n\n## A\n\n## B\n\n## C")
    page = notebook_page(new_notebook(cells=[prose]), "t", "ok", None)
    order = [one.name for one in BeautifulSoup(page, "html.parser").main.find_all(["h1", "nav", "h2"])]
    assert order == ["h1", "nav", "h2", "h2", "h2"]
