"""What an inventory is worth: every check with its count and verdict, and the questions that it cannot answer."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from datakit.data.cache import write_whole
from datakit.errors import WrongUse
from datakit.language import LANGUAGES, _, speaking
from datakit.trees.checks import page as audit_page
from datakit.trees.checks.checks import SUBJECTS, run
from datakit.trees.checks.words import (
    QUESTIONS,
    VERDICTS,
    Cannot,
    examples,
    field_name,
    group_words,
    said,
    verdict_word,
)
from datakit.trees.risk import lost

if TYPE_CHECKING:
    from datakit.trees.checks.counting import Checks, Finding

# Choices of this kit. A question is answered when what it needs is known for this share (%) of the trees, and a model
# of losses needs so many lost trees: fewer, and chance decides what it finds.
ENOUGH, LEAST_LOST = 50, 50
Unmet = tuple[str, tuple[str, ...], tuple[str, ...]]  # a question, columns that would tell it, needs not met
GROUND = ("type_sol", "description_pied_arbre", "arrosage")


def audit(
    frame: gpd.GeoDataFrame,
    *,
    area: gpd.GeoDataFrame | None = None,
    today: datetime.date | str | int | None = None,
    lang: str = "",
) -> Audit:
    """Look at everything that can be wrong with an inventory of trees.

    Parameters
    ----------
    frame : GeoDataFrame
        From `datakit.trees.standardise` or `datakit.load`; EPSG:2154; any column may be absent. What
        ``attrs["datakit"]`` says of reading and of changes is reported too.
    area : GeoDataFrame, optional
        Polygons, in any CRS, where the trees should stand; with ``commune`` (INSEE code), ``code_insee`` is checked.
    today : date, str or int, optional
        Day of the audit, or the year, of which the last day is meant; the present day by default.
    lang : {"en", "fr"}, optional
        Language of the table, by default the user's; `Audit.page` may be in the other.

    Returns
    -------
    Audit

    Raises
    ------
    WrongUse
        No geometry, not a date, no such language.
    CrsMismatch
        ``area`` has no CRS.

    Notes
    -----
    Verdicts follow the limits in `datakit.trees.checks.checks`, which are choices of this kit. Nothing is changed.
    """
    _language(lang)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        raise WrongUse(
            "audit",
            _("the trees have no geometry"),
            expected=_("a GeoDataFrame"),
            found=type(frame).__name__,
            next="datakit.trees.standardise(frame, crosswalk)",
        )
    checks = run(frame, area, _day(today))
    return Audit(checks.found, _cannot(frame), len(frame), checks, lang)


def _language(lang):
    if lang not in ("", *LANGUAGES):
        raise WrongUse("audit", _("this language is not known"), expected=_("en or fr"), found=repr(lang))


def _day(today):
    try:
        if today is None:
            return pd.Timestamp(datetime.date.today())
        if isinstance(today, int) or hasattr(today, "__index__"):
            return pd.Timestamp(year=int(today), month=12, day=31)
        return pd.Timestamp(today).normalize()
    except (ValueError, TypeError) as error:
        what, form = _("`today` is not a day"), _("2026-01-31 or 2026")
        raise WrongUse("audit", what, expected=form, found=repr(today)) from error


class Audit:
    """The outcome of `audit`.

    Attributes
    ----------
    trees : int
    table : DataFrame
        One row per check: ``group``, ``check`` (what is counted), ``field``, ``trees`` (missing where it cannot be
        told), ``share_pct`` (of the trees that can be judged), ``of`` (how many those are), ``verdict`` ("ok",
        "look", "bad" or "cannot tell"), ``examples`` (ids, row numbers, or names with their trees), ``what_to_do``.
    cannot : list of Cannot
        The questions that this file cannot answer.
    findings : list of datakit.trees.checks.counting.Finding
    """

    def __init__(
        self, findings: list[Finding], cannot: list[Unmet], trees: int, checks: Checks, lang: str = ""
    ) -> None:
        self.findings, self.trees, self.lang, self._missing = findings, trees, lang, cannot
        self.source = checks.frame.attrs.get("datakit") or {}
        self.today = checks.today
        years = checks.surveyed[checks.surveyed == checks.surveyed]
        self.surveys = (int(years.min()), int(years.max())) if len(years) else None

    @property
    def table(self) -> pd.DataFrame:
        rows = []
        with speaking(self.lang):
            for f in self.findings:
                check, todo = said(f)
                field, share = ", ".join(SUBJECTS.get(f.field, (f.field,))), round(f.share_pct, 2)
                rows.append((group_words(f.group), check, field, f.trees, share, f.of, f.verdict, examples(f), todo))
        columns = ["group", "check", "field", "trees", "share_pct", "of", "verdict", "examples", "what_to_do"]
        return pd.DataFrame(rows, columns=columns).astype({"trees": "Int64", "share_pct": "float64"})

    @property
    def cannot(self) -> list[Cannot]:
        made = []
        with speaking(self.lang):
            for key, columns, lacks in self._missing:
                question, missing = (_(text).format(least=LEAST_LOST) for text in QUESTIONS[key])
                made.append(Cannot(key, question, ", ".join(map(field_name, lacks)) or missing, columns))
        return made

    @property
    def verdicts(self) -> dict[str, int]:
        """How many checks have each verdict."""
        return {key: sum(f.verdict == key for f in self.findings) for key in VERDICTS}

    def text(self) -> str:
        """The outcome in a few lines, for a terminal."""
        with speaking(self.lang):
            head = _("{trees}, {n} checks: {counts}").format(
                trees=audit_page.counted(self.trees),
                n=len(self.findings),
                counts=audit_page.tally({key: n for key, n in self.verdicts.items() if n}),
            )
            lines = [head]
            for f in audit_page.first(self.findings):
                check, _todo = audit_page.line(f)
                lines.append(f"  {verdict_word(f.verdict):<12}{audit_page.amount(f):>16}  {check}")
            return "\n".join(lines + ([self.unanswered()] if self._missing else []))

    def unanswered(self) -> str:
        """The questions that this file cannot answer, and what is missing for each, in a few lines."""
        with speaking(self.lang):
            lines = [_("What this file cannot answer:")]
            for q in self.cannot:
                text = _("{question} (what is missing: {what})").format(question=q.question, what=q.missing)
                lines.append("  " + text)
            return "\n".join(lines)

    def __repr__(self):
        return f"<Audit of {self.trees} trees: {self.verdicts}>"

    def _repr_html_(self):
        with speaking(self.lang):
            return audit_page.view(self)

    def page(self, path: str | Path, title: str | None = None, lang: str = "") -> Path:
        """Write one printable A4 sheet for the department that keeps the inventory.

        Parameters
        ----------
        path : path
        title : str, optional
            The dataset's own by default.
        lang : {"en", "fr"}, optional
            That of the audit by default.

        Returns
        -------
        Path
            A self-contained HTML file: no script, nothing from any other host.
        """
        _language(lang)
        spoken, path = copy.copy(self), Path(path)
        spoken.lang = lang or self.lang
        with speaking(spoken.lang):
            text = audit_page.printable(spoken, title)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: Path(file).write_text(text, encoding="utf-8"))
        return path


def _cannot(frame):
    """(key, columns that would tell, which needs are not met) of the questions that the table cannot answer.

    Where a question has several needs, only those that are not met are told.
    """

    def known(*columns):
        here = [frame[name].notna().to_numpy() for name in columns if name in frame]
        return len(frame) > 0 and bool(here) and 100 * sum(here).astype(bool).mean() >= ENOUGH

    if "statut" in frame:
        gone = frame["statut"] == "lost" if (frame["statut"] == "standing").any() else None
    else:
        gone = lost(frame)
    enough = gone is not None and int(gone.sum()) >= LEAST_LOST
    dated = (
        enough
        and "date_abattage" in frame
        and 100 * frame.loc[gone.to_numpy(dtype=bool, na_value=False), "date_abattage"].notna().mean()
    )
    names = ("taxon",) if "taxon" in frame else ("genre", "nom_latin", "nom_vernaculaire")
    species = known("espece") if "espece" in frame else known("nom_latin", "taxon")
    placed = len(frame) > 0 and 100 * (~(frame.geometry.isna() | frame.geometry.is_empty)).mean() >= ENOUGH
    age = known(*SUBJECTS["age"])
    answered = {
        "losses": (enough, ("etat", "date_abattage")),
        "trend": (bool(dated) and dated >= ENOUGH, ("date_abattage",)),
        "age": (age, SUBJECTS["age"]),
        "canopy": (known("diametre_couronne"), ("diametre_couronne",)),
        "allergy": (known(*names) or known("allergie"), ("genre", "espece", "allergie")),
        "diversity": (species, ("genre", "espece")),
        "owner": (known("gestionnaire"), ("gestionnaire",)),
        "ground": (known(*GROUND), GROUND),
        "health": (False, ()),
    }
    needs = {
        "visits": {"geometry": placed, "age": age or known("stade_developpement")},
        "streets": {"adresse": known("adresse"), "name": known(*names)},
    }
    told = {key: (columns, ()) for key, (yes, columns) in answered.items() if not yes}
    for key, each in needs.items():
        if lacks := tuple(subject for subject, met in each.items() if not met):
            told[key] = (tuple(c for subject in lacks for c in SUBJECTS.get(subject, (subject,))), lacks)
    return [(key, *told[key]) for key in QUESTIONS if key in told]


def rejected(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that loading set aside, counted by rule.

    Parameters
    ----------
    frame : DataFrame
        From `datakit.load`.

    Returns
    -------
    DataFrame
        ``column``, ``rule``, ``rows`` and ``example`` (a value), the commonest first. A row can break several rules.
    """
    about = frame.attrs["datakit"]
    file = about["rejects_file"]
    if file and Path(file).exists():
        found = pd.read_csv(file, dtype=str, keep_default_na=False)
    else:  # the cache is read-only: the first twenty are still known
        found = pd.DataFrame(about["rejects"], columns=["row", "column", "value", "rule"])
    table = found.groupby(["column", "rule"], sort=False).agg(rows=("row", "nunique"), example=("value", "first"))
    return table.reset_index().sort_values("rows", ascending=False, kind="stable", ignore_index=True)
