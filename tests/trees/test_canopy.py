"""Crowns: small frames counted by hand, and known allometries found again."""

import numpy as np
import pandas as pd
import pytest

from datakit.trees import (
    canopy,
)
from tests.trees import inventories
from tests.trees.inventories import named_trees as trees


@pytest.fixture(scope="module")
def sample():
    return inventories.sample()


def allometric(n, seed=0, a=-1.0, b=1.4, sigma=0.3, genus="Acer platanoides"):
    """Trees whose crown area is exp(a + b log dbh + noise)."""
    rng = np.random.default_rng(seed)
    dbh = rng.uniform(8, 90, n)
    area = np.exp(a + b * np.log(dbh) + rng.normal(0, sigma, n))
    return trees([genus] * n, dbh=dbh, diametre_couronne=np.sqrt(4 * area / np.pi)), area


def test_a_measured_crown_is_a_disc():
    found = canopy.crown_area(trees(["Acer"] * 3, diametre_couronne=[4.0, 0.0, 999.0]))
    assert found.area[0] == pytest.approx(4 * np.pi)
    assert found.low[0] == pytest.approx(np.pi / 4 * 3.8**2)
    assert found.high[0] == pytest.approx(np.pi / 4 * 4.2**2)
    assert found.how.tolist() == [canopy.MEASURED, canopy.UNKNOWN, canopy.UNKNOWN]
    assert found.area[1:].isna().all()


def test_without_any_crown_a_declared_ratio_with_a_wide_range():
    found = canopy.crown_area(trees(["Acer", "Acer", None], circonference=[np.pi * 30, 0.0, np.pi * 900]))
    assert found.how.tolist() == [canopy.CHOICE, canopy.UNKNOWN, canopy.UNKNOWN]  # 9 m of trunk is a slip
    assert found.area[0] == pytest.approx(np.pi / 4 * 6**2)  # 20 x 0.3 m
    assert (found.low[0], found.high[0]) == (pytest.approx(np.pi / 4 * 3.75**2), pytest.approx(np.pi / 4 * 9.6**2))


def test_the_allometry_of_an_inventory_is_found_again():
    frame, _ = allometric(4000)
    own, pooled = canopy.allometries(frame)
    assert own["Acer"].coefficients == pytest.approx([-1.0, 1.4], abs=0.1)
    assert own["Acer"].variance == pytest.approx(0.09, rel=0.1)
    assert pooled.coefficients == pytest.approx(own["Acer"].coefficients)
    assert canopy.allometries(frame.head(20)) == ({}, None)


def test_going_back_from_logarithms_is_corrected():
    # Four pairs twice over: the fit is by hand log(area) = 0 + 1 log(dbh), residuals of +-log 2.
    dbh = np.array([10.0, 10.0, 20.0, 20.0] * 10)
    area = dbh * np.array([2.0, 0.5] * 20)
    frame = trees(["Acer"] * 40, dbh=dbh, diametre_couronne=np.sqrt(4 * area / np.pi))
    frame.loc[len(frame)] = ["Acer", 15.0, np.nan]
    frame.loc[1, "dbh"] = frame.loc[1, "dbh"]
    frame = pd.concat([frame, trees(["Acer"], dbh=[15.0], diametre_couronne=[np.sqrt(4 * 15 / np.pi)])])
    fit = canopy.allometries(frame)[0]["Acer"]
    variance = 40 * np.log(2) ** 2 / 39
    assert fit.variance == pytest.approx(variance)
    assert fit.area(np.array([15.0]))[0] == pytest.approx(15 * np.exp(variance / 2))


def test_the_corrected_mean_has_no_bias_and_the_interval_holds_what_it_says():
    frame, area = allometric(6000, seed=1, sigma=0.5)
    hidden = frame.copy()
    hidden.loc[3000:, "diametre_couronne"] = np.nan
    found = canopy.crown_area(hidden)[3000:]
    assert found.how.str.endswith("Acer").all()
    assert found.area.sum() == pytest.approx(area[3000:].sum(), rel=0.04)
    # Left uncorrected the sum would be a factor exp(0.5**2 / 2) = 1.13 too small.
    assert found.area.sum() / np.exp(0.125) < 0.95 * area[3000:].sum()
    within = (found.low <= area[3000:]) & (area[3000:] <= found.high)
    assert within.mean() == pytest.approx(0.95, abs=0.02)


def test_a_rare_genus_has_the_fit_of_all_and_so_has_a_trunk_wider_than_any_measured():
    frame, area = allometric(200)
    frame.loc[len(frame)] = ["Ginkgo biloba", 40.0, np.nan]
    frame.loc[len(frame)] = ["Acer platanoides", 300.0, np.nan]
    found = canopy.crown_area(frame)
    assert found["how"].iloc[-2].endswith("all genera") and found["how"].iloc[-1].endswith("all genera")
    assert found["area"].iloc[-1] <= area.max() + 1e-9  # no crown is taken for larger than the largest measured


def test_slips_of_unit_do_not_make_the_allometry():
    frame, _ = allometric(500)
    frame.loc[:4, "dbh"] /= 30
    assert canopy.allometries(frame)[1].coefficients[1] == pytest.approx(1.4, abs=0.1)


def test_the_total_does_not_pretend_that_shared_errors_average_out():
    few = trees(["Acer"] * 10, dbh=[30.0] * 10)
    many = trees(["Acer"] * 10_000, dbh=[30.0] * 10_000)
    for frame in (few, many):
        row = canopy.total(frame).loc[0]
        # The declared ratio is one number for all trees: 1.6² either way, however many trees.
        assert row.high / row.area == pytest.approx(1.6**2, rel=0.15)
        assert row.low / row.area == pytest.approx(1.6**-2, rel=0.15)
    # Of a fitted total, each tree's own error does average out; what the coefficients share does not.
    frame, _ = allometric(60, seed=3)
    hidden = trees(["Acer platanoides"] * 20_000, dbh=[40.0] * 20_000)
    row = canopy.total(pd.concat([frame, hidden], ignore_index=True)).loc[0]
    fit = canopy.allometries(frame)[0]["Acer"]
    x = np.array([1, np.log(40)])
    alone = 1.96 * np.sqrt(fit.variance * x @ fit.spread @ x)
    # Coefficients, form, and what unmeasured trees have in common: none of it shrinks with the number of trees.
    assert np.hypot(alone, 1.96 * canopy.UNLIKE) < np.log(row.high / row.low) / 2 < 3 * alone
    assert alone > 10 * 1.96 * np.sqrt(fit.variance / 20_000)


def test_totals_by_group_add_up(sample):
    whole, parts = canopy.total(sample).loc[0], canopy.total(sample, "secteur")
    assert parts.area.sum() == pytest.approx(whole.area)
    assert parts.trees.sum() == whole.trees == len(sample)
    assert parts.known.sum() == whole.known < whole.trees
    assert ((parts.low <= parts.area) & (parts.area <= parts.high)).all()


@pytest.mark.parametrize("genera", [["Tilia"], ["Tilia", "Acer", "Platanus"]])
def test_draws_of_crowns_have_the_mean_of_the_estimate(genera):
    """Going back from logarithms gives the median: without Baskerville's term the draws would be a fifth too small."""
    rng = np.random.default_rng(0)
    n, spread = 4_000, 0.7
    trunk = rng.uniform(10, 60, n)
    area = np.exp(0.5 + 0.8 * np.log(trunk) + rng.normal(0, spread, n))
    crown = np.where(np.arange(n) < n // 2, 2 * np.sqrt(area / np.pi), np.nan)
    frame = pd.DataFrame({"genre": np.resize(genera, n), "dbh": trunk, "diametre_couronne": crown})
    crowns = canopy.Crowns(frame[n // 2 :].reset_index(drop=True))
    assert crowns.pooled is None  # nothing to fit on without the measured half
    crowns = canopy.Crowns(frame)
    part = np.where(np.isnan(crown), 0, 1)
    drawn = crowns.draw(part, 2, draws=400, seed=1)[:, 0]
    assert drawn.mean() == pytest.approx(crowns.area[part == 0].sum(), rel=0.03)
