"""The code that a participant reads out: what it says, and that a slip of the tongue is noticed."""

import itertools
import string

import pytest

from datakit.errors import WrongUse
from datakit.workshop import codes

EVERY = [(f, w) for n in range(3) for f in itertools.combinations(codes.PROBLEMS, n) for w in ([], ["6"], ["3", "6"])]


@pytest.mark.parametrize("failed, warned", EVERY)
def test_a_code_says_what_was_put_into_it(failed, warned):
    verdict = codes.decode(codes.encode(failed, warned))
    assert verdict.ready == (not failed)
    assert verdict.problems == tuple(sorted(failed or warned))
    assert len(verdict.advice()) == len(verdict.problems)


def test_a_code_is_understood_however_it_is_typed():
    code = codes.encode("23")
    for typed in (code.lower(), code.replace("-", " "), f" {code} ", code.replace("O", "0"), "n o 2 3" + code[-1]):
        assert codes.decode(typed) == codes.decode(code)
    assert codes.decode(codes.encode([]).replace("0", "O")).ready


def test_printed_codes_stay_true():
    assert (codes.encode([]), codes.encode("23", "6")) == ("GO-0R", "NO-23C")


def test_one_wrong_sign_is_told():
    """Every code with one digit or letter replaced by another is refused, or it is the same code."""
    for code in {codes.encode(failed, warned) for failed, warned in EVERY}:
        for place, sign in enumerate(code):
            if sign in "-" or place < 2:
                continue
            for other in string.digits[1:] if sign.isdigit() else set("ACDEFHJKLMNPRTUVWXY"):
                typed = code[:place] + other + code[place + 1 :]
                if typed == code:
                    continue
                with pytest.raises(WrongUse, match="datakit doctor --room"):
                    codes.decode(typed)


@pytest.mark.parametrize("nothing", ["", "GO", "NO-0A", "<script>", "GO-99A", "x" * 1000, "GO-32" + "A"])
def test_what_is_no_code_is_refused_in_words(nothing):
    with pytest.raises(WrongUse) as caught:
        codes.decode(nothing)
    assert len(str(caught.value)) < 400


def test_the_table_speaks_of_each_digit():
    rows = codes.table()
    assert [digit for digit, _wrong, _todo in rows] == list("123456789")
    assert all(wrong and todo for _digit, wrong, todo in rows)
    assert codes.decode(codes.encode("3")).sentence() == "Not ready: the room's data cannot be reached."
    assert codes.decode(codes.encode("", "6")).sentence() == "Ready, with care: little memory."
