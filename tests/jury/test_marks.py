"""Marks are read as they were given; what is not a mark is told with its file, sheet, row and column."""

import datetime

import numpy as np
import openpyxl
import pytest

from datakit.cli import main
from datakit.errors import WrongUse
from datakit.jury import entries, marking, marks, verdicts
from datakit.settings import Criterion, challenge
from tests.jury import books, invented

CRITERIA = (Criterion("use", "Utilité", 3), Criterion("proof", "Solidité", 1))
HEADS = ["Juré", "Dossier", "Titre", "Utilité", "Solidité", "Lien d’intérêt", "Remarques"]
NAMES = ["alpha", "beta", "gamma"]
WRITERS = {".xlsx": books.xlsx, ".ods": books.ods}


def read(file, *rows, heads=HEADS, sheet="Notes"):
    WRITERS[file.suffix](file, {sheet: [heads, *rows]})
    return marks.read([file], NAMES, CRITERIA)


@pytest.fixture(params=WRITERS)
def file(request, tmp_path):
    return tmp_path / f"notes{request.param}"


def test_marks_are_read_from_xlsx_and_from_ods(file):
    found = read(
        file,
        ["J1", "alpha", "…", 12, 15.5, None, "bien"],
        ["J1", "beta", "…", None, 8, "non", None],
        ["J2", "alpha", "…", None, None, "oui", None],
        ["J2", "gamma", "…", 0, 20, None, None],
    )
    assert (found.jurors, found.dossiers, found.criteria) == (["J1", "J2"], NAMES, ["use", "proof"])
    np.testing.assert_array_equal(found.values[0], [[12, 15.5], [np.nan, 8], [np.nan, np.nan]])
    np.testing.assert_array_equal(found.values[1], [[np.nan, np.nan], [np.nan, np.nan], [0, 20]])
    assert found.conflicts == [("J2", "alpha")]
    assert found.missing == [("J1", "beta", 1)]  # neither the conflict, nor a row that nobody prepared


def test_headings_may_be_ids_english_and_below_empty_rows(file):
    WRITERS[file.suffix](file, {"x": [[None], ["dossier", "JUROR", "proof", "use"], ["alpha", "J1", 3, 4]]})
    assert marks.read([file], NAMES, CRITERIA).values[0, 0].tolist() == [4, 3]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (20.5, "“20.5” is no mark: a number from 0 to 20"),
        (-1, "“-1” is no mark"),
        ("12,5", "“12,5” is no mark"),
        ("NA", "“NA” is no mark"),
        ("bien", "“bien” is no mark"),
        (True, "is no mark"),
        (datetime.date(2027, 1, 1), "is no mark"),
    ],
)
def test_what_is_no_mark_is_told_with_its_place(tmp_path, cell, told):
    with pytest.raises(WrongUse) as caught:
        read(tmp_path / "n.xlsx", ["J1", "alpha", "", 12, 1, None], ["J1", "beta", "", 12, cell, None])
    assert "n.xlsx, sheet “Notes”, row 3, column E (Solidité)" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["J1", "alpah", "", 1, 1], "row 2, column B (Dossier): no dossier is called “alpah” (perhaps alpha?)"),
        (["J1", None, "", 1, 1], "row 2, column B (Dossier): whose marks are these?"),
        ([None, "alpha", "", 1, 1], "row 2, column A (Juror): whose marks are these?"),
        (["J1", "alpha", "", 1, 1, "oui"], "a mark in spite of a declared conflict of interest"),
        (["J1", "alpha", "", 1, 1, "peut-être"], "“peut-être” is neither yes nor no"),
    ],
)
def test_a_row_that_cannot_be_is_told(file, row, told):
    with pytest.raises(WrongUse) as caught:
        read(file, row)
    assert told in str(caught.value)


def test_a_juror_marks_a_dossier_once_in_all_files(tmp_path):
    one = books.xlsx(tmp_path / "a.xlsx", {"Notes": [HEADS, ["Anne", "alpha", "", 1, 1], ["Bo", "alpha", "", None]]})
    two = books.ods(tmp_path / "b.ods", {"Notes": [HEADS, ["Bo", "alpha", "", 2, 2], ["anne ", "beta", "", 3, 3]]})
    found = marks.read([one, two], NAMES, CRITERIA)  # the empty row of the other's file is no second one
    assert found.jurors == ["Anne", "Bo"] and not found.missing
    assert found.values[:, :2, 0].tolist()[0] == [1, 3]
    again = books.xlsx(tmp_path / "c.xlsx", {"Notes": [HEADS, ["ANNE", "alpha", "", 5, 5]]})
    with pytest.raises(WrongUse, match=r"marks alpha a second time, after a\.xlsx, sheet “Notes”, row 2"):
        marks.read([one, two, again], NAMES, CRITERIA)


@pytest.mark.parametrize(
    ("heads", "told"),
    [
        (["Juré", "Dossier", "Titre", "Utilité"], "no column is headed “Solidité”"),
        (["Juré", "Nom", "Titre", "Utilité", "Solidité"], "no column is headed “Dossier”"),
        (HEADS[:5] + ["Charme"], "row 1, column F: “Charme” is no criterion of this challenge"),
        (HEADS[:5] + ["Solidité"], "row 1, column F: “Solidité” is there twice"),
    ],
)
def test_headings_are_held_to_the_criteria(file, heads, told):
    with pytest.raises(WrongUse) as caught:
        read(file, ["J1", "alpha", "", 1, 1, 1], heads=heads)
    assert told in str(caught.value)


def test_many_mistakes_are_told_at_once_and_the_rest_counted(tmp_path):
    with pytest.raises(WrongUse) as caught:
        read(tmp_path / "n.xlsx", *[[f"J{i}", "alpha", "", 99, 99] for i in range(10)])
    assert "20 mistakes" in str(caught.value) and "and 12 more" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", b"Jury;Dossier"])
@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.csv"])
def test_what_is_no_spreadsheet_is_told(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WrongUse, match="not a spreadsheet"):
        marks.read([tmp_path / name], NAMES, CRITERIA)


def test_no_marks_at_all_are_told(tmp_path):
    with pytest.raises(WrongUse, match="no marks are here"):
        read(tmp_path / "n.xlsx")


def test_the_spreadsheet_to_fill_comes_back_as_it_was_filled(tmp_path, capsys):
    for i, status in enumerate([verdicts.SAME, verdicts.DIFFERENT, verdicts.REFUSED]):
        invented.verdict(tmp_path / "verdicts", f"equipe{i}", status, title="=1+1" if i else "Un titre inventé")
    file = tmp_path / "marks.xlsx"
    made = ["jury", "marks", str(tmp_path / "verdicts"), "--output", str(file), "--jurors", "2"]
    assert main(made) == 0
    assert "1 refused dossier" in capsys.readouterr().out
    book = openpyxl.load_workbook(file)
    sheet = book["Notes"]  # the challenge's language
    heads = [cell.value for cell in sheet[1]]
    assert heads == ["Juré", "Dossier", "Titre", *(c.name for c in challenge().criteria), "Lien d’intérêt", "Remarques"]
    assert [[c.value for c in row[:2]] for row in sheet.iter_rows(min_row=2)] == [
        [juror, name] for juror in ("J1", "J2") for name in ("equipe0", "equipe1")
    ]
    assert sheet["C3"].value == "=1+1" and sheet["C3"].data_type == "s"  # no formula
    assert sheet.protection.sheet and sheet["A1"].protection.locked and not sheet["D2"].protection.locked
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert (rules["D2:G5"].formula1, rules["D2:G5"].formula2) == ("0", "20")
    assert "lien d’intérêt" in " ".join(str(row[0].value) for row in book["Mode d’emploi"].iter_rows()).lower()
    for column in "DEFG":
        sheet[f"{column}2"] = 14
    sheet["H3"] = "oui"
    book.save(file)
    found = marks.read([file], ["equipe0", "equipe1", "equipe2"], challenge().criteria)
    assert found.values[0, 0].tolist() == [14] * 4
    assert found.conflicts == [("J1", "equipe1")]
    assert found.missing == [("J2", "equipe0", 4), ("J2", "equipe1", 4)]
    assert main(made) == 2  # marks may be in it
    assert "may have marks in it" in capsys.readouterr().err


@pytest.mark.parametrize("jurors", ["Anne, anne", "0", ""])
def test_jurors_have_names(tmp_path, jurors, capsys):
    invented.verdict(tmp_path / "v")
    given = ["jury", "marks", str(tmp_path / "v"), "--output", str(tmp_path / "m.xlsx"), "--jurors", jurors]
    assert main(given) == 2
    assert "different names" in capsys.readouterr().err


def test_the_sheet_to_fill_speaks_english_too(tmp_path):
    invented.verdict(tmp_path / "v")
    path, left = marking.write(entries.collect([tmp_path / "v"]), challenge(), ["J1"], tmp_path / "m.xlsx", "en")
    assert left == 0
    assert openpyxl.load_workbook(path).sheetnames == ["Marks", "How to fill in"]
