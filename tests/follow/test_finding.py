"""What is said of indicators together: promises, doubts, too short, Holm; and the sentences."""

import dataclasses
import itertools
import re

import numpy as np
import pandas as pd
import pytest
import world

from datakit.dossier import form
from datakit.follow import finding, report, words
from datakit.follow.series import first_month, series
from datakit.language import speaking
from tests import browser

END = "2027-06"


@pytest.fixture
def dossier(tmp_path):
    count = itertools.count()

    def make(k=1, **more):
        one = form.read(world.dossier(tmp_path / f"team{next(count)}", **more))
        indicators = [dataclasses.replace(one.indicators[0], id=f"i{n}") for n in range(k)]
        return dataclasses.replace(one, indicators=tuple(indicators))

    return make


def found(dossier, effects, *, paired=True, first="2025-01", last=END, final=True, seed=3, changed=None, **more):
    levels = [world.levels([first, last], effect=one, seed=seed + n, **more) for n, one in enumerate(effects)]
    tables = [world.rows(one, f"i{n}", paired=paired, **(changed or {})) for n, one in enumerate(levels)]
    every = [series(pd.concat(tables), one, dossier.experiment, last) for one in dossier.indicators]
    return finding.findings(every, final=final)


@pytest.mark.parametrize(("effect", "verdict"), [(8, "better"), (-8, "worse"), (0, "none")])
def test_a_promise_is_held_against_the_sign(dossier, effect, verdict):
    (one,) = found(dossier(), [effect])
    assert one.verdict == verdict
    promised = {"better": "the way that was promised", "worse": "against what was promised", "none": "No change since"}
    assert promised[verdict] in words.sentence(one)


def test_before_the_end_nothing_is_judged(dossier):
    (one,) = found(dossier(), [8], last="2027-04", final=False)
    assert one.verdict == "early" and one.adjusted is None
    assert "tested once, after June 2027" in words.sentence(one)


def test_several_are_judged_together(dossier):
    alone = found(dossier(1), [3])[0]
    many = found(dossier(4), [3, 0, 0, 0])
    assert alone.verdict == "better"
    assert many[0].change.p == alone.change.p and many[0].adjusted == pytest.approx(4 * alone.change.p)
    assert {one.tested for one in many} == {4}


@pytest.mark.parametrize(("first", "memory"), [("2026-01", 0.3), ("2025-07", 0.6)])
def test_a_year_alone_is_too_short(dossier, first, memory):
    (one,) = found(dossier(paired=False), [1], paired=False, first=first, memory=memory)
    assert one.verdict == "short" and one.one_year
    assert words.sentence(one).startswith("Too short to tell: only a change of")
    assert any("under way before" in text for text in words.cannot_say([one]))


def test_a_year_alone_does_not_tell_a_change_from_a_drift(dossier):
    """The Mauna Loa curve, say: each year is higher than the one before, and nothing began."""
    table = world.levels(["2026-01", END], seed=3)
    table[world.TRIAL] += 2.0 * np.arange(len(table))
    one = dossier(paired=False)
    (said,) = finding.findings(
        [series(world.rows(table, "i0", paired=False), one.indicators[0], one.experiment)], final=True
    )
    assert said.verdict == "doubtful" and said.adjusted < 0.05
    assert "do not tell a change from a drift" in words.sentence(said)
    table = world.levels(["2025-01", END], seed=3)
    table[world.TRIAL] += 2.0 * np.arange(len(table))
    (said,) = finding.findings(
        [series(world.rows(table, "i0", paired=False), one.indicators[0], one.experiment)], final=True
    )
    assert said.verdict == "none"


def test_too_few_months_to_estimate_anything(dossier):
    (one,) = found(dossier(), [9], first="2026-10")
    assert (one.verdict, one.change) == ("short", None)
    assert words.sentence(one) == "Too short to tell: too few months before the start."


def test_places_that_drift_apart_forbid_a_conclusion(dossier):
    table = world.levels(["2025-01", END], effect=20, seed=3)
    table[world.TRIAL] += 0.5 * np.arange(len(table))
    one = dossier()
    (said,) = finding.findings([series(world.rows(table, "i0"), one.indicators[0], one.experiment)], final=True)
    assert said.verdict == "doubtful" and said.drift.found
    assert "No conclusion" in words.sentence(said)
    assert any("Not parallel" in text for text in words.assumptions(said))


def test_a_placebo_that_alarms_forbids_a_conclusion(dossier):
    """What is found began half a year before the experiment."""
    (one,) = found(dossier(paired=False), [30], paired=False, start="2026-07", amplitude=0)
    assert one.placebo.found and one.verdict in ("doubtful", "none", "short")
    (quiet,) = found(dossier(), [8])
    assert not quiet.placebo.found
    assert any("silent, as it must be" in text for text in words.assumptions(quiet))


def test_a_start_in_the_middle_of_a_month_leaves_that_month_out(dossier):
    one = dossier()
    tried = dataclasses.replace(one.experiment, start=one.experiment.start.replace(day=15))
    assert str(first_month(tried)) == "2027-02"
    made = series(world.rows(world.levels(["2025-01", END]), "i0"), one.indicators[0], tried)
    assert np.isnan(made.tested["2027-01"]) and made.tested.notna().sum() == 29


def test_a_month_of_one_area_only_is_no_mean(dossier):
    one = dossier()
    rows = world.rows(world.levels(["2025-01", END]), "i0")
    other = rows[rows["part"] == "trial"].assign(area="est", value=lambda t: t["value"] + 2)
    other.loc[other["month"] == "2026-05", "value"] = np.nan
    made = series(pd.concat([rows, other]), one.indicators[0], one.experiment)
    assert np.isnan(made.trial["2026-05"])
    alone = rows[(rows["part"] == "trial") & (rows["month"] == "2026-06")]["value"].item()
    assert made.trial["2026-06"] == pytest.approx(alone + 1)
    assert made.low.isna().all()  # the range of a mean of areas is not known


def test_months_of_another_notebook_are_no_part_of_the_series(dossier):
    one = dossier()
    rows = world.rows(world.levels(["2025-01", END]), "i0")
    rows.loc[rows["month"] < "2025-07", "code"] = "older"
    made = series(rows, one.indicators[0], one.experiment)
    assert made.left_out[0] == "2025-01" and str(made.trial.index[0]) == "2025-07"
    gone = rows[(rows["month"] == "2026-03") & (rows["area"] == world.COMPARISON)].index
    rows.loc[gone, ["status", "why", "value"]] = ["stopped", "no such column", np.nan]
    again = series(rows, one.indicators[0], one.experiment)
    said = words.remarks(finding.findings([again], final=False))
    assert "March 2026, sud: stopped, no such column" in said
    assert "left out up to June 2025" in words.remarks([*finding.findings([made], final=False)])[0]


GAP = {"value": np.nan, "low": np.nan, "high": np.nan}
CHANGED = {
    "2026_11": {"status": "missing", "why": "aucune donnée de ce mois n’a été fournie", **GAP},
    "2027_02": {"status": "revised", "why": "la valeur était 38,2 dans les données du 28/02/2027", "former": 38.2},
    "2027_04": {"status": "stopped", "why": "le fichier n’a pas la colonne QUARTIER", **GAP},
}


def test_places_are_named_where_a_dataset_of_the_dossier_names_them(dossier):
    one = dossier()
    tried = dataclasses.replace(one.experiment, parameter="commune", areas=("21515",), comparison=("21166", "99999"))
    here = dataclasses.replace(one, data=("communes-population",), experiment=tried)
    text = report.page(here, found(one, [0], last="2027-05", final=False), "2027-05", final=False, today="2027-06-02")
    assert "tried in Quetigny (21515)" in text and "compared with Chenôve (21166), 99999" in text


@pytest.mark.parametrize(("k", "final"), [(1, False), (9, True)])
@pytest.mark.skipif(browser.why_not() is not None, reason=str(browser.why_not()))
@pytest.mark.browser
def test_the_page_is_one_sheet_of_a4(dossier, tmp_path, running, k, final):
    one = dossier(k)
    last = END if final else "2027-05"
    with speaking("fr"):
        made = found(one, [5, 0, 0, 4, 0, 0, 5, 0, 0][:k], last=last, final=final, changed=CHANGED)
        path = report.write(tmp_path, one, made, last, final=final, today="2027-07-02")
    assert path.name == ("final.html" if final else "2027-05.html")
    tab = running.new_page()
    tab.goto(path.as_uri())
    text = tab.inner_text("main")
    pdf = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert "ÉCHANTILLON INVENTÉ" in text and "février 2027" in text and "la colonne QUARTIER" in text
    assert "Ce que cette page ne peut pas dire" in text
    assert ("pas encore jugé" in text) is not final
