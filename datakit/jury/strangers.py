"""What a dossier brings is a stranger's: its texts made short and plain, its pictures drawn again."""

from __future__ import annotations

import base64
import binascii
import io
import re
import unicodedata

from datakit.extras import needed_by

CUT = "…"
PICTURE = re.compile(r'src="data:image/(?:png|jpeg);base64,([A-Za-z0-9+/=\s]+)"')
LARGEST = 20_000_000  # bytes of a picture as it comes: a choice of this kit, twenty times the largest of the kit's own
PIXELS = 40_000_000  # a choice of this kit: a large screenshot; Pillow alone goes on to four times as many
SHOWN = (1400, 1050)  # pixels: 300 to the inch at the size that a sheet has room for
WORD = 30  # letters: what is longer is no word, and is cut where the room ends
MARKS = 2  # letters of a living language bear no more accents than these; a heap of them covers the lines above


def plain(text: object, longest: int) -> str:
    """A text on one line, with nothing in it that moves, hides or covers other text, and no longer than said.

    Parameters
    ----------
    text : object
        Anything but a text or a number is empty.
    longest : int
        Letters. A longer text ends between two words, in ``"…"``.

    Examples
    --------
    >>> plain("  one\\n two\\u202e three ", 12)
    'one two…'
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        return ""
    # A text of megabytes is not worth reading to its end.
    raw = unicodedata.normalize("NFC", str(text)[: 20 * longest + 1000])
    kept, marks = [], 0
    for letter in raw:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind.startswith("M") else 0
        if letter.isspace() or kind == "Cc":
            kept.append("\u00a0" if letter in "\u00a0\u202f" else " ")  # before ";" and "%", a line must not break
        elif kind[0] != "C" and marks <= MARKS:
            kept.append(letter)
    said = re.sub(" +", " ", "".join(kept)).strip(" ")
    said = re.sub(" (?=[?!:;»%€])", "\u00a0", said)  # a line does not begin with one
    if len(said) <= longest:
        return said
    whole, _space, rest = said[:longest].rpartition(" ")
    return (whole if whole and len(rest) < WORD else said[: longest - 1]).rstrip(" ,;:.-–—") + CUT


def picture(html: object) -> str:
    """The first picture of an answer's HTML, drawn again by Pillow.

    Parameters
    ----------
    html : object
        As the executed notebook has it. Nothing of it is kept but the picture's own bytes.

    Returns
    -------
    str
        A PNG or a JPEG as a ``data:`` address, at most `SHOWN` pixels; empty where there is none that can be opened.
    """
    with needed_by(__name__):
        from PIL import Image

    found = PICTURE.search(html) if isinstance(html, str) else None
    if not found or len(found[1]) > LARGEST * 4 / 3:
        return ""
    try:
        with Image.open(io.BytesIO(base64.b64decode(found[1])), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > PIXELS:
                return ""
            seen = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, binascii.Error, Image.DecompressionBombError):
        return ""  # Pillow says SyntaxError of a PNG that is broken
    white = Image.new("RGBA", seen.size, "white")
    drawn = Image.alpha_composite(white, seen).convert("RGB")
    drawn.thumbnail(SHOWN)
    png, jpeg = io.BytesIO(), io.BytesIO()
    drawn.save(png, "PNG", optimize=True)
    drawn.save(jpeg, "JPEG", quality=88)
    # A chart is smaller as PNG, and sharp; a photograph as JPEG.
    kind, best = ("png", png) if png.tell() <= 2 * jpeg.tell() else ("jpeg", jpeg)
    return f"data:image/{kind};base64,{base64.b64encode(best.getvalue()).decode()}"
