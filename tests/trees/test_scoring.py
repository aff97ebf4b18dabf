"""Scores: by hand, and as scikit-learn has them."""

import numpy as np
import pandas as pd
import pytest

from datakit.trees import (
    scoring,
)


def test_average_precision_and_recall_by_hand():
    target = np.array([True, False, True, False])
    assert scoring.average_precision(target, np.array([4.0, 3, 2, 1])) == pytest.approx((1 + 2 / 3) / 2)
    assert scoring.average_precision(target, np.zeros(4)) == pytest.approx(0.5)  # ties together: the prevalence
    assert scoring.recall_at(target, [4, 3, 2, 1], 1) == 0.5
    assert scoring.recall_at(target, [0, 0, 0, 0], 2) == 0.5
    assert scoring.recall_at(target, [4, 3, 2, 1], 99) == 1
    assert scoring.recall_at(target, [4, 4, 1, 1], 1) == 0.25  # one of two tied trees, half of them lost


def test_average_precision_equals_scikit_learn():
    from sklearn.metrics import average_precision_score

    rng = np.random.default_rng(0)
    target, score = rng.uniform(size=500) < 0.1, rng.integers(0, 20, 500).astype(float)
    assert scoring.average_precision(target, score) == pytest.approx(average_precision_score(target, score))


def test_chances_that_are_true_are_called_calibrated():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0, 0.6, 20_000)
    target = rng.random(20_000) < chance
    found = scoring.calibration(target, chance)
    assert found.trees.tolist() == [2000] * 10
    assert (found.predicted_pct - found.lost_pct).abs().max() < 4
    same = np.full(20_000, target.mean())
    assert scoring.brier(target, chance) < scoring.brier(target, same) < scoring.brier(target, 0.6 - chance)
    hand = [False, True, False, True], [0.1, 0.2, 0.3, 0.8]
    by_hand = scoring.calibration(*hand, bins=2)
    assert by_hand.predicted_pct.tolist() == pytest.approx([15, 55]) and by_hand.lost_pct.tolist() == [50, 50]
    assert scoring.brier(*hand) == pytest.approx((0.01 + 0.64 + 0.09 + 0.04) / 4)


def test_draws_of_groups_are_those_of_rows_taken_again():
    rng = np.random.default_rng(0)
    groups = rng.choice(list("abcdefgh"), 400)
    target, score = rng.uniform(size=400) < 0.2, rng.integers(0, 20, 400).astype(float)
    found = scoring.redrawn(target, [score, -score], groups, draws=25, seed=3)
    rng, names = np.random.default_rng(3), np.unique(groups)
    for one, other in found:
        rows = np.concatenate([np.flatnonzero(groups == names[k]) for k in rng.integers(0, len(names), len(names))])
        assert one == pytest.approx(scoring.average_precision(target[rows], score[rows]))
        assert other == pytest.approx(scoring.average_precision(target[rows], -score[rows]))
    low, high = scoring.interval(target, score, groups, draws=25, seed=3)
    assert (low, high) == pytest.approx(tuple(np.percentile(found[:, 0], [2.5, 97.5])))


@pytest.mark.parametrize(("said", "lost", "words"), [(10, 10.5, "agree"), (10, 16, "too little"), (10, 4, "too much")])
def test_a_group_of_scores_in_words(said, lost, words):
    assert words in scoring.judged(pd.Series({"predicted_pct": said, "lost_pct": lost, "trees": 1000}))
