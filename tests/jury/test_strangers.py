"""Nothing of a stranger's text or picture survives but words and pixels."""

import base64
import io

import pytest
from PIL import Image, PngImagePlugin

from datakit.jury.strangers import LARGEST, SHOWN, picture, plain
from tests.jury import invented


def html(content, kind="png"):
    return f'<p><img src="data:image/{kind};base64,{base64.b64encode(content).decode()}"></p>'


def opened(address):
    head, _, body = address.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return Image.open(io.BytesIO(base64.b64decode(body)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n\n b\tc", "a b c"),
        ("12\u00a0%\u202f!", "12\u00a0%\u00a0!"),
        ("left\u202eright\u2066\u200bx", "leftrightx"),  # nothing turns the line round, nothing is unseen
        ("e" + "\u0301" * 40, "é" + "\u0301" * 2),
        ("\x00\x1b[31mred", "[31mred"),
        (None, ""),
        (True, ""),
        (["a list"], ""),
        (12.5, "12.5"),
        ("one two three four", "one two…"),
        ("x" * 40, "x" * 11 + "…"),
    ],
)
def test_a_text_is_plain_and_has_an_end(text, said):
    assert plain(text, 12) == said


def test_a_text_of_megabytes_takes_no_time():
    assert len(plain("word " * 2_000_000, 50)) <= 50


def test_a_picture_is_drawn_again_and_carries_nothing_along():
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("comment", "<script>alert(1)</script>")
    stream = io.BytesIO()
    Image.new("RGBA", (3000, 1500), (0, 0, 0, 0)).save(stream, "PNG", pnginfo=hidden)
    drawn = opened(picture(html(stream.getvalue() + b"<script>")))
    assert drawn.info == {} or "comment" not in drawn.info
    assert drawn.size == (SHOWN[0], SHOWN[0] // 2)
    assert drawn.convert("RGB").getpixel((5, 5)) == (255, 255, 255)  # what was clear is paper, not black


def test_a_photograph_becomes_smaller():
    drawn = opened(picture(html(invented.noise(2000, 1500))))
    assert (drawn.format, drawn.size) == ("JPEG", (1400, 1050))


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "",
        html(SVG),
        html(SVG, "svg+xml"),
        html(invented.png()[:2000]),
        html(b"GIF89a" + bytes(40)),
        '<img src="https://example.org/a.png">',
        '<img src="data:image/png;base64,AAAA%%%">',
        '<img src="data:image/png;base64,' + "A" * (2 * LARGEST) + '">',
    ],
    ids=["none", "empty", "svg", "svg as such", "half", "gif", "elsewhere", "no base64", "huge"],
)
def test_what_is_no_picture_is_left_out(shown):
    assert picture(shown) == ""


def test_a_picture_that_unpacks_to_gigabytes_is_not_opened():
    stream = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(stream, "PNG")  # some kilobytes
    assert picture(html(stream.getvalue())) == ""
