"""Models and one-column rules, judged on what was held out."""

import numpy as np
import pandas as pd
import pytest

from datakit.trees import (
    learners,
    risk,
)
from tests.trees import inventories
from tests.trees.inventories import invented


@pytest.fixture(scope="module")
def sample():
    """One tree in three."""
    return inventories.standard_sample().iloc[::3]


def test_one_rule_by_hand():
    genus = pd.Series(["a", "a", "b", "b"])
    target, groups = np.array([True, False, False, False]), np.array(["x", "x", "y", "y"])
    # Each half is judged by the other: no "a" in y, so x gets y's overall share, 0; y has no "b" in x: x's share, 1/2.
    assert learners.by_one_column(genus, target, groups).tolist() == [0, 0, 0.5, 0.5]
    mixed = pd.Series(["a", "b", "a", "b"])
    # From x: a was lost once in one, drawn towards 1/2 as by 2 trees: (1 + 2 * 0.5) / 3.
    assert learners.by_one_column(mixed, target, groups, weight=2).tolist() == pytest.approx([0, 0, 2 / 3, 1 / 3])


@pytest.mark.parametrize("learner", [learners.model, learners.boosting])
def test_the_order_of_the_rows_does_not_matter(learner):
    frame = invented(1500)
    target = risk.lost(frame).to_numpy(dtype=bool)
    table, groups = risk.features(frame, 2020), risk.sectors(frame)
    once = learners.out_of_fold(table, target, groups, learner=learner)
    i = np.random.default_rng(1).permutation(len(frame))
    again = learners.out_of_fold(table.iloc[i], target[i], groups[i], learner=learner)
    assert np.abs(once[i] - again).max() < 0.02


@pytest.mark.parametrize("learner", [learners.model, learners.boosting])
def test_on_held_out_sectors_as_many_trees_were_lost_as_the_scores_say(sample, learner):
    """The sector as a predictor made the boosting's scores a quarter too low: a sector never seen is sent anywhere."""
    target = risk.lost(sample).to_numpy(dtype=bool)
    table, groups = risk.features(sample, 2025), risk.sectors(sample)
    assert "sector" not in table
    score = learners.out_of_fold(table, target, groups, learner=learner)
    assert score.mean() == pytest.approx(target.mean(), rel=0.05)


def test_trees_near_those_held_out_are_not_learnt_from():
    points = np.c_[np.arange(0, 1000, 10.0), np.zeros(100)]
    west = np.flatnonzero(points[:, 0] < 300)
    east = np.setdiff1d(np.arange(100), west)
    ((train, test),) = learners.apart([(east, west)], points, metres=100)
    assert test.tolist() == west.tolist() and points[train, 0].min() == 390
    # Groups that lie among each other cannot be parted: nothing is left out, rather than nearly everything.
    even, odd = np.arange(0, 100, 2), np.arange(1, 100, 2)
    ((train, _),) = learners.apart([(even, odd)], points, metres=100)
    assert train.tolist() == even.tolist()
