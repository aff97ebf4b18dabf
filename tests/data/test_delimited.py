"""No row of a CSV is lost: stray quotation marks, line breaks in cells, long rows, blank lines, titles, encodings."""

import re

import pandas as pd
import pytest

from datakit.data.delimited import for_spreadsheets, guess_delimiter, guess_encoding, read_rows
from datakit.data.tables import parse
from datakit.errors import NotAsDescribed
from tests.data.test_tables import card, fields, write


def rows(text, delimiter=";"):
    return read_rows(text, delimiter, lambda what, *_: ValueError(what))


def many(n, stray=()):
    """A CSV of ``n`` rows; those of ``stray`` (from 1) have a mark that nobody closes."""
    lines = [f"c{i};{i};{chr(34) * (i in stray)}banc;rue" for i in range(1, n + 1)]
    return "\n".join(["code;n;what;where", *lines]) + "\n"


@pytest.mark.parametrize("stray", [(20_000, 40_000), (20_000, 22_000), (20_000,), (20_000, 20_001), (1, 60_000)])
def test_stray_marks_cost_their_own_rows_only(tmp_path, stray):
    parsed = parse(write(tmp_path, many(60_000, stray)), card())
    assert parsed.rows_read == 60_000
    assert parsed.rejects.row.tolist() == list(stray)
    assert parsed.rejects.value[0] == f'c{stray[0]};{stray[0]};"banc;rue'
    assert set(parsed.frame.code) == {f"c{i}" for i in range(1, 60_001)} - {f"c{i}" for i in stray}


def test_a_run_that_looks_well_closed_is_read_again_as_rows():
    """The first mark opens, the next cell in marks closes: three cells, and one row gone for most readers."""
    text = 'a;b;c\n1;"banc;3\n2;"rue; Monge";4\n3;x;"y"\n4;"";5\n5;"banc;6\n6;"";7\n7;x;8\n8;banc";9\n9;z;10\n'
    found = rows(text)
    assert found.frame.a.tolist() == ["2", "3", "4", "6", "7", "8", "9"]
    assert found.rejects.row.tolist() == [1, 5]
    assert found.frame.b.tolist()[0] == "rue; Monge" and found.frame.index.tolist()[-1] == 8


def test_cells_over_several_lines_stay_one_cell_and_are_named():
    text = 'id;remark;n\n1;"first\nsecond\n\nlast";2\n2;x;3\n"3\n4";y;4\n5;z;"5\r\n6"\n6;;7\n'
    found = rows(text)
    assert found.frame.id.tolist() == ["1", "2", "3\n4", "5", "6"]
    assert found.frame.remark[0] == "first\nsecond\n\nlast" and found.frame.n[3] == "5\r\n6"
    assert not len(found.rejects) and found.notes == ["cells over several lines: rows 1, 3, 4"]


def test_lines_that_may_be_rows_or_text_are_set_aside_whole():
    found = rows('a,b\n0,x\n1,"first\nsecond, line\nthird"\n2,y\n', ",")
    assert found.frame.a.tolist() == ["0", "2"] and found.rejects.row.tolist() == [2, 3, 4]


def test_text_after_a_stray_mark_makes_no_rows():
    found = rows('a;b;c\n1;"open;2\n3;x;4\njust text\n5;y;6\n')
    assert found.frame.a.tolist() == ["3", "5"]
    assert found.rejects[["row", "rule"]].to_numpy().tolist() == [
        [1, 'closes each quotation mark (")'],
        [3, "has 3 cells"],
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_rows_keep_the_numbers_that_a_person_sees(newline):
    text = newline.join(["a;b", "1;2", "", "3;4;5", "  ", '6;"7', "8;9", ""])
    found = rows(text)
    assert found.frame.index.tolist() == [0, 5] and found.rejects.row.tolist() == [3, 5]
    plain = rows(newline.join(["a;b", "1;2", "", "3;4", ""]))
    assert plain.frame.index.tolist() == [0, 2]


def test_blank_lines_count_in_the_numbers_of_rejects(tmp_path):
    parsed = parse(write(tmp_path, "code;n\na;1\n\n\nb;x\nc;3\n"), card())
    assert parsed.rejects.row.tolist() == [4] and parsed.rows_read == 3


def test_an_empty_cell_after_the_last_column_is_dropped_and_said(tmp_path):
    parsed = parse(write(tmp_path, "code;n\na;1;\nb;2;;; \nc;3\nd;4;5\n"), card())
    assert parsed.frame.code.tolist() == ["a", "b", "c"] and parsed.frame.n.tolist() == [1, 2, 3]
    assert parsed.rejects.row.tolist() == [4]
    assert parsed.notes == ["empty cells after the last column dropped: rows 1, 2"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_row_that_ends_early_is_set_aside_and_said(tmp_path, newline):
    """Which cell is missing nobody can say: without a delimiter, 47.3 would be the name and the name nothing."""
    text = newline.join(["code;n;name", "a;1;x", "b;2", "", "c;3;", "d", '"e";"4"', "f;5;y", "g;6"])
    parsed = parse(write(tmp_path, text), card(**fields({"name": "code"}, {"name": "name"})))
    assert parsed.frame.code.tolist() == ["a", "c", "f"] and parsed.rows_read == 7
    assert parsed.rejects[["row", "column", "value", "rule"]].to_numpy().tolist() == [
        [2, "", "b;2", "has 3 cells"],
        [5, "", "d", "has 3 cells"],
        [6, "", '"e";"4"', "has 3 cells"],
        [8, "", "g;6", "has 3 cells"],
    ]


def test_a_row_that_ends_early_is_found_in_any_piece_and_in_any_column():
    text = many(2_500).replace("c1700;1700;banc;rue", "c1700;1700;banc")
    found = read_rows(text, ";", ValueError, wanted=lambda columns: list(columns[:1]), piece=1_000)
    assert found.rejects.row.tolist() == [1_700] and len(found.frame) == 2_499
    assert found.frame.index[-1] == 2_499


@pytest.mark.parametrize("header", ["a;b;", "a;b;;", "a;b; ; "])
def test_cells_after_the_last_name_may_be_there_or_not(header):
    found = rows(f"{header}\n1;2;\n3;4\n5\n6;\n")
    assert found.frame.a.tolist() == ["1", "3", "6"] and found.rejects.row.tolist() == [3]
    plain = rows(f"{header}\n1;2\n3;4\n")
    assert plain.frame.b.tolist() == ["2", "4"] and not len(plain.rejects)
    assert rows("a;b;c\n1;2;3\n;\n").rejects.value.tolist() == [";"]
    assert rows(";\n;\n").rejects.empty, "no names, no cells to miss"


def test_when_all_rows_are_set_aside_the_message_says_so(tmp_path):
    with pytest.raises(NotAsDescribed, match=r"no row fits.*\n.*\n.*2 rows, all set aside; first: row 1 = 'a;1;x'"):
        parse(write(tmp_path, "code;n\na;1;x\nb;2;y\n"), card())


def test_huge_cells_and_stray_marks_in_big_files_are_no_traceback(tmp_path):
    text = f'code;n;t\na;1;{"x" * 200_000}\nb;2;y;z\nc;3;"' + "d;4;e\n" * 30_000
    parsed = parse(write(tmp_path, text), card(**fields({"name": "code"}, {"name": "t"})))
    assert parsed.rejects.row.tolist() == [2, 3] and len(parsed.frame) == 30_000
    assert len(parsed.frame.t[0]) == 200_000


def test_a_header_twice_and_a_long_row_is_no_traceback(tmp_path):
    parsed = parse(write(tmp_path, "code;n;n\na;1;2\nb;3;4;5\n"), card())
    assert parsed.frame.n.tolist() == [1] and parsed.rejects.row.tolist() == [2]


def test_a_mark_that_is_never_closed_in_the_header_is_refused():
    with pytest.raises(ValueError, match="in the header"):
        rows('"id;b;c\n1;2;3\n4;5;6\n7;"8";9\n')
    assert rows('"id\n(no)";b\n1;"2\n3"\n').frame.columns.tolist() == ["id\n(no)", "b"]


@pytest.mark.parametrize("title", ["Arbres 2024\n", "\nArbres 2024;\n\n"])
def test_a_title_above_the_header_is_named(tmp_path, title):
    with pytest.raises(NotAsDescribed, match="a title stands above the header") as caught:
        parse(write(tmp_path, title + "code;n\na;1\n"), card())
    assert "Arbres 2024" in str(caught.value) and "code;n" in str(caught.value)


def test_the_line_that_excel_puts_above_the_header_is_no_header(tmp_path):
    assert parse(write(tmp_path, "sep=;\ncode;n\na;1\n"), card()).frame.n.tolist() == [1]
    assert guess_delimiter("sep=|\r\na|b;c\r\n") == "|"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id (n°, unique);genre\n1;Tilia\n2;Acer\n", ";"),
        ("id;lon;lat\n1;5,04;47,32\n", ";"),
        ('id,"nom, latin",x;y\n1,"a;b",2\n', ","),
        ("a\tb\n1\t2,3\n", "\t"),
        ("alone\n1\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_found_in_header_and_rows(text, delimiter):
    assert guess_delimiter(text) == delimiter


FRENCH = "code;n\nforêt reçue à Fénay où naît l'œillet;1\n"


@pytest.mark.parametrize(
    ("encoding", "guess"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_encodings_are_told_by_their_bytes(encoding, guess):
    assert guess_encoding(FRENCH.encode(encoding)) == guess
    assert guess_encoding(b"code;n\n") == "utf-8-sig"


def test_one_broken_letter_does_not_make_utf8_something_else():
    assert guess_encoding(FRENCH.encode() + b"\xe9") == "utf-8-sig"


@pytest.mark.parametrize("word", ["forêt", "reçue", "où", "naît", "œuf", "€"])
def test_utf8_under_a_latin_card_is_refused_whatever_the_letter(tmp_path, word):
    with pytest.raises(NotAsDescribed, match=re.escape("UTF-8")):
        parse(write(tmp_path, f"code;n\n{word};1\n"), card(encoding="windows-1252"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf16_is_named(tmp_path, encoding):
    with pytest.raises(NotAsDescribed, match=r"(?i)utf-16"):
        parse(write(tmp_path, "code;n\n" + "arbre;1\n" * 20, encoding=encoding), card())


def test_text_is_text_to_the_last_row(tmp_path):
    """Rows in pieces, with their numbers."""
    found = read_rows(many(2_500), ";", ValueError, piece=1_000)
    assert len(found.frame) == 2_500 and isinstance(found.frame.index, pd.RangeIndex)
    assert found.frame.n.iloc[-1] == "2500"


def test_rows_that_concern_nobody_leave_piece_by_piece():
    text = many(2_500, stray=(1_500,)).replace("\nc700;", "\n\nc700;")
    sizes = []

    def concerned(part):
        sizes.append(len(part))
        return part.n.str.endswith("00")

    found = read_rows(text, ";", ValueError, piece=1_000, concerned=concerned)
    assert max(sizes) == 1_000
    # The stray mark's row is set aside and counted, the blank line is counted.
    assert found.frame.n.tolist() == [f"{k}00" for k in range(1, 26) if k != 15]
    assert found.rejects.row.tolist() == [1_501]
    assert found.frame.index.tolist()[5:8] == [599, 700, 800] and found.frame.index[-1] == 2_500


# -- what is written for a spreadsheet ---------------------------------------------------------------------------------

RUN = ['=HYPERLINK("http://evil","x")', "@SUM(1+1)*cmd", "-2+3+cmd|' /C calc'!A0", "+1+1", "\t=1", "\r=1", "=1"]
STAY = ["-2.5", "-2,5", "+33380000000", "1e-5", "-", "+", "'Elsrijk'", "a=b", "rue", "", None, "-1.5E+3"]


def test_no_text_written_for_a_spreadsheet_is_a_formula():
    texts = RUN + STAY
    table = pd.DataFrame({"text": texts, "n": [-2.5] * len(texts), "=cmd": ["x"] * len(texts)})
    table["kind"], table["thing"] = table["text"].astype("category"), table["text"].astype(object)
    safe = for_spreadsheets(table)
    for name in ("text", "kind", "thing"):
        assert safe[name].tolist()[: len(RUN)] == ["'" + text for text in RUN]
        assert safe[name].tolist()[len(RUN) : -3] == STAY[:-3] and pd.isna(safe[name].iloc[-2])
    assert safe["n"].tolist() == [-2.5] * len(texts) and safe.columns[2] == "'=cmd"
    assert table["text"][0] == RUN[0]


def test_rejects_are_written_without_formulas(tmp_path, cache, monkeypatch):
    import json

    import datakit
    from datakit.data import mirrors

    monkeypatch.chdir(tmp_path)
    raw = card(url=None, theme="citizens").raw
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "things.json").write_text(json.dumps(raw), encoding="utf-8")
    mirrors.add("mirror", "things", write(tmp_path, "code;n\na;1\nb;=cmd()\n"))
    with pytest.warns(datakit.data.cache.DataWarning):
        said = datakit.load("things", "mirror").attrs["datakit"]
    assert pd.read_csv(said["rejects_file"])["value"].tolist() == ["'=cmd()"]
    assert said["rejects"][0]["value"] == "=cmd()"
