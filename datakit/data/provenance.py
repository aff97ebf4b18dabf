"""What this process has used, and from where: the account behind ``datakit.provenance()``."""

from __future__ import annotations

import html
import re
import sys
from typing import TYPE_CHECKING

from datakit.language import N_, _, day, language, pgettext
from datakit.settings import challenge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    import pandas as pd

    from datakit.data.cache import Fetched
    from datakit.data.card import Card

STAMP = N_("SYNTHETIC SAMPLE")  # for people, through `_`; programs ask a record's "synthetic"
STAMP_GROUND = "#7a0019"  # behind these words, which are white
# What a notebook's outputs carry for programs beside what people see.
ANSWER_MIME = "application/vnd.datakit.answer+json"
_BADGE = (
    f"<span style='display:inline-block;margin:.3em 0;background:{STAMP_GROUND};color:#fff;padding:.1em .6em;"
    "border-radius:.7em;font-size:85%;font-weight:bold'>{stamp}</span>"
)
SHAPE = re.compile(
    r"(?P<rows>\d+) rows × (?P<columns>\d+) columns(?=</p>)"
)  # what pandas says below a table that it cut
PROVENANCE_MIME = "application/vnd.datakit.provenance+json"
_used: dict[tuple[str | None, str | None, str | None], dict[str, Any]] = {}


class Record(dict):
    """What is known of where a table comes from.

    pandas copies the ``attrs`` of a table, however deep, at each step: it gets this record's entries as they are.
    """

    def __deepcopy__(self, memo: object) -> Record:
        return Record(self)


def key(record: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """What tells one record from another: the sample and a mirror may both give a dataset of one id, in two states."""
    return record.get("id"), record.get("origin"), record.get("sha256")


def note(card: Card, fetched: Fetched, **read: object) -> Record:
    """Record that a file was used, and what was read from it.

    Parameters
    ----------
    card : Card
    fetched : Fetched
    **read
        What `datakit.load` knows beside: ``rows``, ``rows_rejected``, and so on.

    Returns
    -------
    Record
        As ``frame.attrs["datakit"]`` carries it.
    """
    record = {
        "id": card.id,
        "title": card.label(language()),
        "landing": card.homepage,
        "vintage": fetched.vintage or card.vintage,
        "origin": fetched.origin,
        "origin_kind": fetched.origin_kind,
        "synthetic": fetched.synthetic,
        "outcome": fetched.outcome,
        "sha256": fetched.sha256,
        "bytes": fetched.bytes,
        "url": fetched.url,
        "retrieved": fetched.retrieved,
        "licence": fetched.licence or card.licence,
        "attribution": card.attribution,
        # A card that replaces one of the kit decides what the same bytes mean: whoever reads a figure must know.
        "card": f"{card.file.parent.name}/{card.file.name}" if card.file and card.replaces else None,
        **read,
    }
    known = _used.get(key(record), {})
    _used[key(record)] = {name: value for name, value in known.items() if name != "left_out"} | record
    return Record(record)


def stamp_tables() -> None:
    """Have a notebook write SYNTHETIC SAMPLE under each table of pandas that was made of invented data.

    A table knows its data as long as pandas keeps its ``attrs``. One that does not is stamped as long as nothing but
    invented data was used.
    """
    ipython = sys.modules.get("IPython")  # loaded where a notebook runs; not needed elsewhere
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:
        import pandas as pd

        shell.display_formatter.formatters["text/html"].for_type(pd.DataFrame, _stamped)


def _stamped(frame):
    said = _("{rows} rows × {columns} columns")
    shown = SHAPE.sub(lambda found: said.format(**found.groupdict()), frame._repr_html_() or "")
    own = [bool(record.get("synthetic")) for record in recorded(frame)]
    every = [bool(record["synthetic"]) for record in _used.values() if not record.get("left_out")]
    stamp = any(own) if own else set(every) == {True}
    return shown + _BADGE.format(stamp=html.escape(_(STAMP))) if shown and stamp else shown or None


def leave_out(record: Mapping[str, Any]) -> None:
    """Say that a table was loaded and given to nobody: no figure is made of it.

    Parameters
    ----------
    record : dict
        Of `note`. Where the same file is loaded once more, it counts as used again.
    """
    if key(record) in _used:
        _used[key(record)]["left_out"] = True


def recorded(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """What a table carries of where it comes from.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    list of dict
        ``attrs["datakit"]``, then those of ``attrs["datakit_sources"]``. A record that neither names a dataset nor says
        whether it is invented (a table of unknown origin, of which only the changes are known) is left out.
    """
    attrs = getattr(frame, "attrs", None) or {}
    found = [attrs.get("datakit"), *attrs.get("datakit_sources", ())]
    return [record for record in found if record and record.keys() & {"id", "synthetic"}]


def dated(record: Mapping[str, Any]) -> str:
    """The year that a file is of, else, with the word, the day on which it was fetched; nothing of what is invented.

    A bare day of retrieval would be read as the date of the data.
    """
    if record.get("synthetic"):
        return ""
    fetched = str(record.get("retrieved") or "")[:10]
    return record.get("vintage") or (_("fetched {day}").format(day=day(fetched)) if fetched else "")


def banner(records: Iterable[Mapping[str, Any]]) -> str:
    """The sentence that goes before figures made of invented data; nothing where all data is real.

    Parameters
    ----------
    records : iterable of dict
        What figures are made of: what was loaded and left out does not count.

    Returns
    -------
    str
        In the user's language.
    """
    used = [record for record in records if not record.get("left_out")]
    invented = list(dict.fromkeys(str(record["id"]) for record in used if record.get("synthetic")))
    if not invented:
        return ""
    if all(record.get("synthetic") for record in used):
        said = _("{stamp}: every figure here is computed on invented data and says nothing about {town}.")
    else:
        said = _("{stamp} for {datasets}: figures that use them say nothing about {town}.")
    return said.format(stamp=_(STAMP), datasets=", ".join(invented), town=challenge().town)


class Provenance:
    """What was used, from where: a table that says SYNTHETIC SAMPLE where the data is invented.

    In a notebook it is shown as HTML, and as JSON (``application/vnd.datakit.provenance+json``) for the run's report.
    """

    COLUMNS = ("dataset", "data", "origin", "rows", "set aside", "sha256", "of", "licence")

    def __init__(self, said: Iterable[dict[str, Any]]) -> None:
        self._said = list(said)

    def records(self) -> list[dict[str, Any]]:
        """One dict for each dataset, origin and state of the file, in the order of first use.

        What was only fetched, and not loaded, has no ``rows``.
        """
        return [dict(s) for s in self._said]

    def _rows(self):
        for s in self._said:
            data = _(STAMP) if s["synthetic"] else s["title"]
            where = _("bundled sample") if s["origin_kind"] == "sample" else s["origin"]
            yield (
                _("{id} (by {card})").format(id=s["id"], card=s["card"]) if s.get("card") else s["id"],
                _("{data}, left out").format(data=data) if s.get("left_out") else data,
                where,
                s.get("rows", ""),
                s.get("rows_rejected", ""),
                s["sha256"][:12],
                dated(s),
                s["licence"],
            )

    def to_frame(self) -> pd.DataFrame:
        """The table, one row for each dataset."""
        import pandas as pd

        return pd.DataFrame(list(self._rows()), columns=list(self.COLUMNS))

    def __repr__(self):
        if not self._said:
            return _("nothing loaded yet")
        return self.to_frame().set_axis(self._heads(), axis=1).to_string(index=False)

    def _heads(self):
        said = {
            "dataset": _("dataset"),
            "data": _("data"),
            "origin": _("origin"),
            "rows": _("rows"),
            "set aside": _("set aside"),
            "sha256": "sha256",
            "of": pgettext("the year of data", "of"),
            "licence": _("licence"),
        }
        return [said[name] for name in self.COLUMNS]

    def _repr_html_(self):
        said, heading = banner(self._said), html.escape(_("Data used"))
        # Numbers on the right; titles and addresses may take several lines.
        right, long = ("rows", "set aside"), ("data", "origin")
        looks = [
            f"text-align:{'right' if name in right else 'left'};white-space:{'normal' if name in long else 'nowrap'}"
            for name in self.COLUMNS
        ]
        head = "".join(
            f"<th scope='col' style='{look}'>{html.escape(name)}</th>"
            for name, look in zip(self._heads(), looks, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(f"<td style='{look}'>{html.escape(str(v))}</td>" for v, look in zip(row, looks, strict=True))
            + "</tr>"
            for row in self._rows()
        )
        stamp = (
            f"<p role='note' style='background:{STAMP_GROUND};color:#fff;padding:.4em .8em;font-weight:bold'>"
            f"{html.escape(said)}</p>"
        )
        caption = f"<caption style='caption-side:top;text-align:left;font-weight:600'>{heading}</caption>"
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return stamp + table if said else table

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {
            "text/plain": repr(self),
            "text/html": self._repr_html_(),
            PROVENANCE_MIME: {"datasets": self.records()},
        }


def provenance() -> Provenance:
    """Where every file that this process fetched or loaded came from.

    Returns
    -------
    Provenance
    """
    return Provenance(_used.values())
