"""What the marks say and what they cannot, in sentences: said on the page that compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from datakit.jury import verdicts
from datakit.jury.ranking import CONCENTRATION, DRAWS
from datakit.jury.strangers import plain
from datakit.language import _, ngettext
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datakit.jury.entries import Entry
    from datakit.jury.marks import Marks
    from datakit.jury.ranking import Ranking
    from datakit.jury.verdicts import Verdict
    from datakit.settings import Challenge

NAMED = 12  # names in a sentence; the table has all


@dataclass(frozen=True)
class Juror:
    """What a juror did: texts of a row."""

    name: str
    marked: int
    missing: int
    conflicts: str
    mean: str
    severity: str


def why(verdict: Verdict | None, longest: int = 120) -> str:
    """The first reason of a verdict, short."""
    if verdict is None:
        return ""
    reasons = [*verdict.why, *(one.why for one in verdict.answers if one.status == verdict.status and one.why)]
    return plain(reasons[0], longest) if reasons else ""


def told(
    entries: Sequence[Entry], challenge: Challenge, marks: Marks | None, ranking: Ranking | None
) -> list[tuple[str, str]]:
    """Sentences, each under a few words of its own.

    Parameters
    ----------
    entries : sequence of Entry
    challenge : Challenge
    marks, ranking : Marks and Ranking, optional

    Returns
    -------
    list of (head, sentence)
    """
    found = [(_("Run again"), _counted(entries))]
    if marks is None or ranking is None:
        return [*found, (_("Marks"), _("No marks were given: the page says what came out again, and nothing more."))]
    found.append((_("Marks"), _given(entries, marks, ranking)))
    if gaps := marks.missing:
        n = sum(count for *_who, count in gaps)
        said = ngettext(
            "{n} mark is missing ({where}): it is left out, never taken as 0.",
            "{n} marks are missing ({where}): they are left out, never taken as 0.",
            n,
        )
        where = _names([_("{juror} on {dossier}").format(juror=j, dossier=d) for j, d, _count in gaps])
        found.append((_("Missing"), said.format(n=n, where=where)))
    if ranking.dossiers:
        found += _order(ranking) + _jury(ranking)
    return found


def _counted(entries):
    counts = {status: sum(bool(e.verdict) and e.verdict.status == status for e in entries) for status in verdicts.SAID}
    parts = [
        _("{said}: {n}").format(said=_(words), n=counts[status])
        for status, words in verdicts.SAID.items()
        if counts[status]
    ]
    if left := len(entries) - sum(counts.values()):
        parts.append(_("{said}: {n}").format(said=_("not run again"), n=left))
    late = sum(bool(e.verdict and e.verdict.late) for e in entries)
    if late:
        parts.append(_("{said}: {n}").format(said=_("after the deadline"), n=late))
    said = ngettext("{n} dossier – {parts}.", "{n} dossiers – {parts}.", len(entries))
    return said.format(n=len(entries), parts=", ".join(parts))


def _given(entries, marks, ranking):
    n, count = len(ranking.dossiers), int((~np.isnan(marks.values)).any(axis=(1, 2)).sum())
    who = ngettext("{n} juror", "{n} jurors", count).format(n=count)
    said = ngettext("{n} dossier of {all} has a mean, by {who}.", "{n} dossiers of {all} have a mean, by {who}.", n)
    said = said.format(n=n, all=len(entries), who=who)
    if ranking.without:
        some = _("Without a mean, for want of a mark in some criterion: {names}.")
        said += " " + some.format(names=_names(ranking.without))
    return said


def _order(ranking):
    """Who is first, as far as the marks tell."""
    found = []
    k = ranking.first
    if ranking.both is None:
        return [
            (_("Order"), _("The marks are too few to say how far another jury’s would differ: no ranks are given."))
        ]
    sure, open_, _out = ranking.chosen()
    if len(ranking.dossiers) <= k:
        said = _("There are no more dossiers with a mean than places.")
    elif not open_:
        said = _("They are told apart from the others: {names}.").format(names=_names(sure))
    elif sure:
        said = _("Among them whatever the jury: {sure}. The marks do not tell who has the other places: {open}.")
        said = said.format(sure=_names(sure), open=_names(open_))
    else:
        said = _("The marks do not tell who they are. In question: {open}.").format(open=_names(open_))
    found.append((_("The first") if k == 1 else _("The first {k}").format(k=k), said))
    equal = _equal(ranking)
    if equal:
        found.append((_("Exact ties"), _("The very same mean: {groups}.").format(groups=" · ".join(equal))))
    if len(ranking.dossiers) > k:
        kept = number(100 * ranking.weights.kept_share, 0)
        said = _("With other weights around the given ones, the choice is the same in {share} % of the draws.")
        found.append((_("Weights"), said.format(share=kept)))
    return found


def _equal(ranking):
    groups: dict[float, list[str]] = {}
    for name, mean in zip(ranking.dossiers, ranking.mean, strict=True):
        groups.setdefault(round(float(mean), 9), []).append(name)
    return [_names(names) for names in groups.values() if len(names) > 1]


def _jury(ranking):
    """Whether one juror decides, and who marked what."""
    found = []
    heads = _("One juror")
    first = [name for name, mean in zip(ranking.dossiers, ranking.mean, strict=True) if mean >= ranking.mean[0] - 1e-9]
    for juror, names in ranking.deciding.items():
        said = _("Without {juror}, the highest mean would be that of {names}, not of {first}.")
        found.append((heads, said.format(juror=juror, names=_names(names), first=_names(first))))
    for juror, names in ranking.shifting.items():
        if juror not in ranking.deciding or ranking.first > 1:
            said = _("Without {juror}, the choice would have {names} in it.")
            found.append((heads, said.format(juror=juror, names=_names(names))))
    if not found and len(ranking.jurors) > 1:
        found.append((heads, _("Each was left out once: the highest mean and the choice stay the same.")))
    if not ranking.complete:
        said = _(
            "Not all jurors marked all dossiers: a mean depends on who gave it, too. The list below says who marked"
            " what."
        )
        if np.isnan(ranking.adjusted).all():
            said += " " + _("The jurors’ severity cannot be compared: no one marked dossiers of both groups.")
        else:
            said += " " + _("“Severity taken out” stands beside the mean; it does not change the order.")
        found.append((_("Who marked what"), said))
    return found


def jurors(marks: Marks, ranking: Ranking) -> list[Juror]:
    """A row for each juror.

    Parameters
    ----------
    marks : Marks
    ranking : Ranking

    Returns
    -------
    list of Juror
    """
    found = []
    for j, name in enumerate(marks.jurors):
        given = ~np.isnan(marks.values[j])
        severity = ranking.severity[j]
        sign = "+" if severity > 0 else ""
        found.append(
            Juror(
                plain(name, 60),
                int(given.any(axis=1).sum()),
                int((~given[marks.asked[j]]).sum()),
                _names([dossier for juror, dossier in marks.conflicts if juror == name]),
                number(np.nanmean(marks.values[j]), 1) if given.any() else "",
                "" if np.isnan(severity) else sign + number(severity, 1),
            )
        )
    return found


def seen(entries: Sequence[Entry], ranking: Ranking | None) -> list[tuple[str, str]]:
    """Which jurors marked each dossier; nothing where all marked all."""
    if ranking is None or ranking.complete:
        return []
    return [
        (plain(name, 60), ", ".join(plain(one, 60) for one in who))
        for name, who in zip(ranking.dossiers, ranking.marked_by, strict=True)
    ]


def limits(marks: Marks | None, ranking: Ranking | None) -> list[str]:
    """What the page cannot say, and by which method it says the rest."""
    found = [
        _(
            "“Same” and “within tolerance” mean that the figures came out again on the jury’s machine, not that the"
            " answer is right or useful."
        ),
    ]
    if marks is None or ranking is None:
        return found
    return [
        *found,
        _(
            "A mean is the opinion of these jurors. It does not say what the experiment will show, and no range covers"
            " a mistake that all jurors share."
        ),
        _(
            "Ranges of means and ranks (95 %) are those of {draws} draws: other juries of the same size, whose members"
            " differ in severity and in taste as these do (parametric bootstrap; Efron & Tibshirani 1993, An"
            " Introduction to the Bootstrap), with Student’s law for what few marks leave open. Jurors were not drawn"
            " by lot: the ranges say how much such juries differ, not what all the world would say. Ranks go with"
            " ranges as in Goldstein & Spiegelhalter (1996), J. R. Stat. Soc. A 159, 385–443."
        ).format(draws=number(DRAWS)),
        _(
            "Two dossiers are told apart where their means differ by more than the largest difference between any two"
            " equal dossiers in 19 such juries of 20. “Not told apart” does not mean equal: more jurors could tell."
        ),
        _(
            "Weights are drawn around the given ones (Dirichlet law, concentration {n}, a choice of this kit: a weight"
            " of 30 % goes from 18 to 43 % in 19 draws of 20), in the spirit of Lahdelma, Hokkanen & Salminen (1998),"
            " Eur. J. Oper. Res. 106, 137–143."
        ).format(n=CONCENTRATION),
        _(
            "Severity is a juror’s distance from the others on the same dossiers, in points; it comes from an additive"
            " model (mark = dossier + juror) and cannot tell a severe juror from one who saw weaker merits."
        ),
    ]


def _names(names):
    names = [plain(one, 60) for one in names]
    more = len(names) - NAMED
    if more <= 0:
        return ", ".join(names)
    left = ngettext("and {n} more", "and {n} more", more).format(n=more)
    return ", ".join([*names[:NAMED], left])
