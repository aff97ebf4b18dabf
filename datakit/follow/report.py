"""What the city gets: one A4 page a month, and one at the end."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from datakit import __version__
from datakit.data.files import write_whole
from datakit.data.provenance import banner, recorded
from datakit.dossier.areas import named
from datakit.follow import pictures, words
from datakit.follow.finding import VERDICTS
from datakit.jury.strangers import plain
from datakit.language import _, day, ngettext
from datakit.show.templates import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.dossier.form import Dossier
    from datakit.follow.finding import Finding

FINAL = "final"
MOST = 4  # pictures that one page carries; further indicators have a line
LINES = 8  # of these; the others are named by their number
# Inches of a picture, by how many there are: what leaves room for all that is said beside it.
SIZES = {1: (7.6, 5.0), 2: (7.6, 3.1), 3: (5.2, 2.3), 4: (5.2, 2.3)}
TEXTS = {"title": 120, "team": 80, "benefit": 400}  # letters of the form's texts that the page has room for
AREAS = 120  # letters of their list
REMARKS = 6  # months that are named on the page; the table has them all


def write(output: Path, dossier: Dossier, found: Sequence[Finding], month: str, *, final: bool, today: str) -> Path:
    """Write the page of a month, or the last one.

    Parameters
    ----------
    output : Path
        Of `datakit.follow.following.follow`.
    dossier : Dossier
    found : list of Finding
    month : str
    final : bool
    today : str
        The day of the report, ``2027-06-02``.

    Returns
    -------
    Path
        ``report/2027-05.html`` or ``report/final.html``, in the language that is spoken.
    """
    path = Path(output) / "report" / f"{FINAL if final else month}.html"
    text = page(dossier, found, month, final=final, today=today)
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return path


def page(dossier: Dossier, found: Sequence[Finding], month: str, *, final: bool, today: str) -> str:
    """The page as HTML: it prints on one side of A4, and asks nothing of any other host."""
    shown = found[:MOST]
    remarks = words.remarks(found, lambda areas: named(dossier, areas))
    left = len(remarks) - REMARKS
    tried, start, end = dossier.experiment, found[0].series.start, found[0].series.end
    tested = found[0].tested
    return render(
        "page.html.j2",
        __package__,
        about={name: plain(getattr(dossier, name), longest) for name, longest in TEXTS.items()},
        heading=_("End of the experiment") if final else words.month(month),
        period=_("{start} to {end}").format(start=words.month(str(start)), end=words.month(str(end))),
        places=_listed(dossier, tried.areas),
        others=_listed(dossier, tried.comparison),
        final=final,
        indicators=[_told(finding, month, SIZES[len(shown)]) for finding in shown],
        lines=[_told(finding, month) for finding in found[MOST : MOST + LINES]],
        beyond=max(0, len(found) - MOST - LINES),
        few=len(shown) <= 2,
        verdicts=VERDICTS,
        remarks=remarks[-REMARKS:] if not final else remarks[:REMARKS],
        more=ngettext("{n} more month in the table", "{n} more months in the table", left).format(n=left)
        if left > 0
        else "",
        cannot_say=words.cannot_say(found),
        tested=ngettext(
            "{n} indicator was tested, at 5 %.",
            "{n} indicators were tested, at 5 % for all together (Holm).",
            tested,
        ).format(n=tested),
        stamp=banner({one["id"]: one for f in found for one in recorded(f.series.data)}.values()),
        foot=_("Made on {day} by datakit {version} from indicators.parquet.").format(
            day=day(today), version=__version__
        ),
    )


def _listed(dossier, areas):
    """Areas by their names, or all of them by their codes where these are too many for a line."""
    names = ", ".join(named(dossier, areas))
    return plain(names if len(names) <= AREAS else ", ".join(areas), AREAS)


def _told(finding, month, size=None):
    """What the page says of an indicator, with a picture of a size or without one."""
    one = finding.series
    change = finding.change
    shown = pictures.picture(finding, size) if size else None
    value = words.now(one.trial, month, one.unit)
    promise = _("promised: higher") if one.indicator.better == "higher" else _("promised: lower")
    return {
        "title": plain(one.indicator.title, 90),
        "promise": promise,
        "verdict": finding.verdict,
        "said": _(words.VERDICT[finding.verdict]),
        "sentence": words.sentence(finding),
        "estimate": f"{words.figure(change, one.unit)}" if change else "",
        "now": value,
        "assumptions": words.assumptions(finding),
        "picture": base64.b64encode(shown.png).decode() if shown else "",
        "alt": shown.alt if shown else "",
        "months": words.reach(finding),
    }
