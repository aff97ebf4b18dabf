"""The page that compares: each dossier once, what the marks tell and what they do not, safe, sortable, on paper too."""

import csv
import re

import browser
import numpy as np
import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from datakit.cli import main
from datakit.jury import comparing, entries, verdicts
from datakit.jury.marks import Marks
from datakit.jury.ranking import rank
from datakit.settings import challenge
from tests.jury import books, invented
from tests.jury.test_ranking import invented as invented_marks

HOSTILE = "</td><script>alert(1)</script><a href='https://example.org'>x</a>=1"
WEIGHTS = [one.weight for one in challenge().criteria]
IDS = [one.id for one in challenge().criteria]


def jury(folder, truth, jurors=5, change=None, conflicts=(), **planted):
    """Invented verdicts, and marks around a truth."""
    for i in range(len(truth)):
        invented.verdict(folder, f"e{i}", verdicts.STATUSES[i % 4], late=i == 1)
    found = entries.collect([folder])  # others may be there already: they get no marks
    values = np.full((jurors, len(found), len(IDS)), np.nan)
    values[:, : len(truth)] = invented_marks(truth, jurors, criteria=len(IDS), **planted)
    asked = ~np.isnan(values).any(axis=2)
    if change:
        change(values, asked)
    names = [f"J{i + 1}" for i in range(jurors)]
    return found, Marks(names, [one.name for one in found], IDS, values, asked, list(conflicts))


def said(found, marks, first=3):
    page = comparing.page(found, challenge(), marks, rank(marks, WEIGHTS, first) if marks else None)
    return BeautifulSoup(page, "html.parser")


def words(tag):
    return " ".join(tag.get_text(" ").split())


def heads(page):
    terms = list(map(words, page.select(".told > *")))
    return [f"{head}: {text}" for head, text in zip(terms[::2], terms[1::2], strict=True)]


def test_every_dossier_is_there_once_the_highest_mean_first(tmp_path):
    invented.verdict(tmp_path, "refused", verdicts.REFUSED)
    found, marks = jury(tmp_path, [12, 17, 8])
    page = said(found, marks)
    rows = [
        [" ".join(cell.get_text(" ").split()) for cell in row.select("th, td")]
        for row in page.select("#dossiers tbody tr")
    ]
    assert [row[0].split()[-1] for row in rows] == ["e1", "e0", "e2", "refused"]
    assert rows[0][1:5] == ["Équipe inventée e1", "inclusion", "within tolerance", "yes"]
    assert rows[3][3] == "refused Le fichier data.lock manque." and set(rows[3][5:]) == {""}
    head = list(map(words, page.select("#dossiers thead th")))
    assert len(head) == len(rows[0]) == len(rows[3])
    mean = rank(marks, WEIGHTS).mean[0]
    assert rows[0][head.index("Weighted mean")] == f"{mean:.2f}"
    assert re.fullmatch(r"1( to 2)?", rows[0][head.index("Rank (95 %), of 3")])
    assert not page.select("#dossiers svg text") and len(page.select("#dossiers svg")) == 3


def test_what_the_marks_tell_is_said(tmp_path):
    def extreme(values, asked):
        values[4, 0], values[4, 1] = 0, 20
        values[0, 3, 0] = np.nan
        values[1, 4], asked[1, 4] = np.nan, False

    found, marks = jury(tmp_path, [14, 12, 9, 5, 5], change=extreme, conflicts=[("J2", "e4")], noise=0.3, severity=0.3)
    page = said(found, marks, first=1)
    lines = heads(page)
    assert "Missing: 1 mark is missing (J1 on e3): it is left out, never taken as 0." in lines
    assert "One juror: Without J5, the highest mean would be that of e0, not of e1." in lines
    assert any(line.startswith("The first: The marks do not tell who they are. In question: e1") for line in lines)
    assert any(line.startswith("Who marked what: Not all jurors marked all dossiers") for line in lines)
    text = words(page)
    assert "e4 J1, J3, J4, J5" in text
    assert any("e4" in row.get_text() and "J2" in row.get_text() for row in page.select("table")[1].select("tr"))
    assert "Severity taken out" in text


def test_a_clear_jury_is_said_to_be_clear(tmp_path):
    found, marks = jury(tmp_path, [18, 12, 12, 12], noise=0.4)
    lines = heads(said(found, marks, first=1))
    assert "The first: They are told apart from the others: e0." in lines
    assert "One juror: Each was left out once: the highest mean and the choice stay the same." in lines
    assert not any(line.startswith(("Who marked what", "Missing", "Exact ties")) for line in lines)
    equal, marks = jury(tmp_path / "equal", [12] * 4, change=lambda values, asked: values.__setitem__(..., 12))
    lines = heads(said(equal, marks))
    assert "Exact ties: The very same mean: e0, e1, e2, e3." in lines


def test_without_marks_the_page_says_what_came_out_again(tmp_path):
    found, _marks = jury(tmp_path, [1, 1, 1, 1])
    page = said(found, None)
    lines = heads(page)
    assert lines[0].startswith(
        "Run again: 4 dossiers – same: 1, within tolerance: 1, not the same: 1, cannot be run: 1"
    )
    assert lines[0].endswith("after the deadline: 1.")
    assert "No marks were given" in lines[1] and len(page.select("#dossiers thead th")) == 5


def test_the_table_beside_is_the_same_and_no_formula(tmp_path):
    invented.verdict(tmp_path / "v", "e9", verdicts.REFUSED, title="=cmd|' /C calc'!A0", team="@team")
    found, marks = jury(tmp_path / "v", [12, 17, 8])
    ranking = rank(marks, WEIGHTS)
    files = comparing.write(found, challenge(), tmp_path / "out" / "compare.html", marks, ranking, "fr")
    assert [file.name for file in files] == ["compare.html", "compare.csv", "compare.xlsx"]
    frame = pd.read_csv(files[1], encoding="utf-8-sig")
    assert frame["dossier"].tolist() == ["e1", "e0", "e2", "e9"]
    np.testing.assert_allclose(frame["mean"][:3], ranking.mean, atol=1e-4)
    np.testing.assert_array_equal(frame["rank_high_both"][:3], ranking.both.high)
    assert frame["first_3_both_share"].max() <= 1 and frame["marked_by"][0] == "J1; J2; J3; J4; J5"
    cells = [cell for row in openpyxl.load_workbook(files[2]).active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    with files[1].open(encoding="utf-8-sig", newline="") as opened:
        assert not [text for row in csv.reader(opened) for text in row if text.startswith(("=", "@"))]


def test_nothing_that_a_stranger_wrote_runs_or_leads_away(tmp_path):
    invented.verdict(tmp_path, "bad", verdicts.REFUSED, title=HOSTILE, team=HOSTILE, theme=HOSTILE, why=[HOSTILE])
    page = said(entries.collect([tmp_path]), None)
    assert len(page.find_all("script")) == 1 and not page.find_all(["a", "iframe", "img", "form", "link"])
    assert "script-src 'sha256-" in str(page.head)


def test_the_commands_go_from_verdicts_to_the_page(tmp_path, capsys):
    for i in range(4):
        invented.verdict(tmp_path / "v", f"e{i}")
    head = ["Juré", "Dossier", *IDS]
    values = invented_marks([15, 9, 9, 9], 3, criteria=4)
    rows = [[f"J{j + 1}", f"e{d}", *map(float, values[j, d])] for j in range(3) for d in range(4)]
    books.xlsx(tmp_path / "a.xlsx", {"Notes": [head, *rows[:8]]})
    books.ods(tmp_path / "b.ods", {"Notes": [head, *rows[8:]]})
    given = ["jury", "compare", str(tmp_path / "v"), "--output", str(tmp_path / "compare.html"), "--first", "1"]
    assert main([*given, "--marks", str(tmp_path / "a.xlsx"), str(tmp_path / "b.ods")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / f"compare.{kind}") for kind in ("html", "csv", "xlsx")]
    text = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in text and "Le premier" in text
    assert pd.read_csv(tmp_path / "compare.csv")["dossier"].iloc[0] == "e0"
    assert main([*given, "--marks", str(tmp_path / "a.xlsx"), str(tmp_path / "a.xlsx")]) == 0  # one file named twice
    given[given.index("--output") + 1] = str(tmp_path / "a.html")
    assert main([*given, "--marks", str(tmp_path / "a.xlsx")]) == 2  # its table would be a.xlsx
    assert "would replace the jurors’ marks" in capsys.readouterr().err
    rows[0][2] = 25.0
    books.xlsx(tmp_path / "a.xlsx", {"Notes": [head, *rows[:8]]})
    assert main([*given, "--marks", str(tmp_path / "a.xlsx")]) == 2
    assert "a.xlsx, sheet “Notes”, row 2, column C" in capsys.readouterr().err
    assert main([*given[:-1], "0"]) == 2


@pytest.mark.browser
@pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or "")
@pytest.mark.parametrize("count", [3, 30])
def test_the_page_sorts_is_read_by_all_and_prints(tmp_path, running, count):
    from tests.run.test_axe_browser import violations

    def some(values, asked):
        values[0, 1] = np.nan
        asked[0, 1] = False

    truth = np.linspace(16, 8, count)
    found, marks = jury(tmp_path / "v", truth, change=some)
    path = comparing.write(found, challenge(), tmp_path / "c.html", marks, rank(marks, WEIGHTS), "fr")[0]
    opened = browser.Page(running, 390, 844)
    opened.page.goto(path.as_uri())
    names = "#dossiers tbody th .small"
    before = opened.page.locator(names).all_inner_texts()
    button = opened.page.get_by_role("button", name="Moyenne pondérée")
    button.click()
    assert opened.page.locator(names).all_inner_texts() == before  # the highest first
    button.click()
    assert opened.page.locator(names).all_inner_texts() == before[::-1]
    assert opened.page.locator("[aria-sort=ascending]").count() == 1
    for width in (390, 1400):
        opened.page.set_viewport_size({"width": width, "height": 900})
        assert opened.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    serious, _rest = violations(opened.page)
    assert not serious, "\n".join(serious)
    assert not opened.asked and not [one for one in opened.complaints if "Content Security" not in one]
    pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    box = [float(side) for side in re.search(rb"/MediaBox\s*\[([^]]+)\]", pdf)[1].split()]
    assert box == pytest.approx([0, 0, 842, 595], abs=1)
    opened.page.emulate_media(media="print")
    opened.page.set_viewport_size({"width": 1047, "height": 718})  # what A4 has within its margins
    assert opened.page.locator("#dossiers").evaluate("e => e.scrollWidth - e.parentElement.clientWidth") <= 0
    opened.close()
    plain = running.new_context(java_script_enabled=False).new_page()
    plain.goto(path.as_uri())
    assert plain.locator("#dossiers tbody tr").count() == count and plain.locator("button").count() == 0
    plain.context.close()
