"""What maps and figures share: numbers people can read, colours for colour-blind eyes, and the line of sources."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, SupportsFloat

from datakit.data import provenance as ledger
from datakit.data.provenance import STAMP
from datakit.extras import needed_by
from datakit.language import MARKS, N_, _, day, language, speaking, worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.typing import RcKeyType

THIN = "\u202f"  # narrow no-break space: groups digits in French and in SI style
NO_DATA = N_("no data")
NO_DATA_COLOUR = "#d9d9d9"
OTHER_COLOUR = "#767676"
GROUND = "#f7f6f2"  # of a map, within its outline; base.js has it too
STAMP_COLOUR = "#a3280a"  # of the words SYNTHETIC SAMPLE; map.css has it too

# ColorBrewer ramps that matplotlib knows: their order survives the common kinds of colour blindness, and grey print.
SEQUENTIAL = "YlGnBu"
DIVERGING = "PuOr"
# Okabe and Ito's hues without black, which is the colour of outlines and text. Theirs are made for figures with room:
# as small dots on a map yellow, sky blue and orange nearly vanish. These are darkened until each has a contrast of 3
# with the ground, and any two stay apart for colour-blind eyes: a choice of this kit, held by a test of colours.
CATEGORICAL = ("#0072B2", "#C67D00", "#037E4A", "#88437B", "#3098BF", "#B24100", "#939047")

RC: dict[RcKeyType, object] = {
    "axes.prop_cycle": f"cycler('color', {list(CATEGORICAL)})",
    "figure.dpi": 110,
    "figure.facecolor": "white",
    "font.size": 10,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "none",
}


def palette(k: int, kind: Literal["sequential", "diverging", "categorical"] = "sequential") -> list[str]:
    """Colours that stay apart for colour-blind readers.

    Parameters
    ----------
    k : int
        How many.
    kind : {"sequential", "diverging", "categorical"}
        Ordered from light (low) to dark (high); around a middle; or without order (at most 7).

    Returns
    -------
    list of str
        ``#rrggbb``.
    """
    if kind == "categorical":
        if k > len(CATEGORICAL):
            raise ValueError(f"at most {len(CATEGORICAL)} categories can be told apart, {k} asked: group the rarest")
        return list(CATEGORICAL[:k])
    with needed_by(__name__):
        import matplotlib
        from matplotlib.colors import to_hex

    ramp = matplotlib.colormaps[DIVERGING if kind == "diverging" else SEQUENTIAL]
    low, high = (0.1, 0.9) if kind == "diverging" else (0.15, 0.97)
    if k == 1:
        return [to_hex(ramp(0.5 if kind == "diverging" else 0.6))]
    return [to_hex(ramp(low + (high - low) * i / (k - 1))) for i in range(k)]


def number(value: SupportsFloat | None, decimals: int | None = None, *, digits: int = 3, lang: str = "") -> str:
    """A number as text: thin spaces between thousands from 10 000 on, no false precision.

    Parameters
    ----------
    value : float
        NaN and None give "no data".
    decimals : int, optional
        Decimals to show; by default, whole numbers and numbers from 1000 on have none and the others ``digits``
        significant digits.
    digits : int
        Significant digits.
    lang : {"en", "fr"}, optional
        Whose decimal mark is written; by default the user's.

    Examples
    --------
    >>> number(12500), number(1987), number(0.45678)
    ('12\\u202f500', '1987', '0.457')
    >>> number(0.45678, lang="fr")
    '0,457'
    """
    if lang:
        with speaking(lang):
            return number(value, decimals, digits=digits)
    if value is None or value != value:
        return _(NO_DATA)
    value = float(value)
    if math.isinf(value):
        return "∞" if value > 0 else "\u2212∞"
    if decimals is None:
        if value == round(value) or abs(value) >= 1000:
            decimals = 0
        else:
            decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
            while decimals > 0 and round(value, decimals) == round(value, decimals - 1):
                decimals -= 1
    rounded = round(value, decimals) + 0.0  # -0.0 becomes 0.0
    # Four-digit numbers stay closed up, as both French and SI style allow: years are never cut.
    text = f"{abs(rounded):,.{max(decimals, 0)}f}" if abs(rounded) >= 10_000 else f"{abs(rounded):.{max(decimals, 0)}f}"
    return ("\u2212" if rounded < 0 else "") + text.replace(",", THIN).replace(".", MARKS[language()])


def alike(values: Sequence[SupportsFloat]) -> list[str]:
    """The numbers as text with the same decimals, 9.0 under 10.5; each with its own where one would read 0.

    Parameters
    ----------
    values : sequence of float
        NaN gives "no data".

    Returns
    -------
    list of str
    """
    known = [float(v) for v in values if v == v]
    alone = [number(v) for v in values]
    most = max((len(text.partition(".")[2]) for text in alone), default=0)
    largest = max(map(abs, known), default=0.0)
    if not largest or math.isinf(largest):
        return alone
    decimals = min(most, max(0, 2 - math.floor(math.log10(largest))))
    if any(v and not round(v, decimals) for v in known):
        return alone
    return [number(v, decimals) for v in values]


def cell(value: object) -> str:
    """Any value of a table as text: a number as everywhere in the kit, a word in the user's language if it has one."""
    import pandas as pd

    if unknown(value):
        return _(NO_DATA)
    if type(value).__name__ in ("bool", "bool_"):  # numpy's too
        return _("yes") if value else _("no")
    if isinstance(value, pd.Timestamp):
        date = day(value.strftime("%Y-%m-%d"))
        return date if value == value.normalize() else date + value.strftime(" %H:%M")
    if isinstance(value, (int, float)) or (hasattr(value, "dtype") and isinstance(value, SupportsFloat)):
        return number(value)
    return worded(str(value)) or _(NO_DATA)


def unknown(value: object) -> bool:
    """Whether a table has no value here: None, NaN, and what pandas has of the kind."""
    import pandas as pd

    return value is None or value is pd.NaT or value is pd.NA or bool(value != value)


def over(colour: str, opacity: float, ground: str = GROUND) -> str:
    """A colour as it is seen when it covers a ground only in part.

    Parameters
    ----------
    colour, ground : str
        ``#rrggbb``.
    opacity : float
        0 to 1.

    Examples
    --------
    >>> over("#000000", 0.5, "#ffffff")
    '#808080'
    """
    top, below = (bytes.fromhex(c.lstrip("#")) for c in (colour, ground))
    return "#" + bytes(round(a * opacity + b * (1 - opacity)) for a, b in zip(top, below, strict=True)).hex()


def with_unit(name: str, unit: str | None) -> str:
    """``name (unit)``, or the name alone; the unit in the user's language where its French is known."""
    return f"{name} ({worded(unit)})" if unit else str(name)


@dataclass(frozen=True)
class Sources:
    """Whose data a figure or map shows.

    Attributes
    ----------
    text : str
        The source line, in plain words.
    synthetic : str
        The stamp, or ``""`` when all data is real. When only a part is synthetic, the stamp names it.
    """

    text: str
    synthetic: str


def sources(frames: Iterable[pd.DataFrame]) -> Sources:
    """The source line of the tables that a figure or map is drawn from.

    Parameters
    ----------
    frames : iterable of DataFrame
        Tables from ``datakit.load``: ``frame.attrs["datakit"]`` says where each comes from. Tables without it are
        skipped. If none has it (pandas drops it in some joins), everything loaded in this process is named: a
        synthetic figure must never lose its stamp on the way.

    Returns
    -------
    Sources
    """
    named = {ledger.key(record): record for frame in frames for record in ledger.recorded(frame)}
    session = not named
    records = list(named.values()) or ledger.provenance().records()
    if not records:
        return Sources(_("Source: not recorded (pass data=[…] with tables from datakit.load)"), "")
    synthetic = [r for r in records if r.get("synthetic")]
    if not synthetic:
        stamp = ""
    elif len(synthetic) == len(records):
        stamp = _("{stamp}: invented data").format(stamp=_(STAMP))
    else:
        stamp = _("{stamp}: {datasets} (invented data); the rest is real")
        stamp = stamp.format(stamp=_(STAMP), datasets=_some([_id(r) for r in synthetic], ", "))
    texts = [_source(r) for r in records if not r.get("synthetic")]
    if synthetic:
        # Nobody published it: to name whose files it is laid out like would lend it their authority.
        named = _some([_id(r) for r in synthetic], ", ")
        texts.append(_("the kit's invented sample ({datasets})").format(datasets=named))
    if session:
        line = _("Data loaded in this session: {datasets}")
    else:
        line = _("Sources: {datasets}") if len(texts) > 1 else _("Source: {datasets}")
    return Sources(line.format(datasets=_some(texts, _("; "))), stamp)


def _some(texts, between, most=8):
    """The first few, and how many more: a figure cannot carry thirty names, the provenance table does."""
    more = len(texts) - most
    left = [_("and {n} more, in the provenance table").format(n=more)] if more > 0 else []
    return between.join([*texts[:most], *left])


def _id(record):
    return record.get("id", "?")


def _source(record):
    parts = [_credit(record), record.get("licence", ""), ledger.dated(record)]
    return f"{_id(record)} ({', '.join(p for p in parts if p)})"


def _credit(record):
    return record.get("attribution") or record.get("title", "")


def wrap(text: str, width: int) -> str:
    """``text`` on several lines of at most ``width`` characters."""
    import textwrap

    return "\n".join(textwrap.wrap(text, width)) if text else ""
