"""The ranking finds what was planted in the marks, and nothing that was not."""

import numpy as np
import pytest

from datakit.jury.marks import Marks
from datakit.jury.ranking import rank

WEIGHTS = np.array([3, 1])


def marks(values, **more):
    values = np.asarray(values, float)
    jurors, dossiers, criteria = values.shape
    return Marks(
        [f"J{i + 1}" for i in range(jurors)],
        [f"d{i}" for i in range(dossiers)],
        [f"c{i}" for i in range(criteria)],
        values,
        np.ones((jurors, dossiers), bool),
        **more,
    )


def invented(truth, jurors, noise=1.0, severity=1.5, seed=0, criteria=2):
    """Marks of jurors who differ in severity and in taste, rounded as people round."""
    random = np.random.default_rng(seed)
    shape = (jurors, len(truth), criteria)
    said = np.asarray(truth, float)[None, :, None] + random.normal(0, severity, jurors)[:, None, None]
    said = said + random.normal(0, noise, shape[:2])[:, :, None] + random.normal(0, noise, shape)
    return np.clip(np.round(said), 0, 20)


def test_means_are_what_a_hand_computes():
    found = rank(marks([[[10, 20], [12, 4]], [[14, 16], [np.nan, 8]]]), WEIGHTS)
    assert found.dossiers == ["d0", "d1"]
    np.testing.assert_allclose(found.by_criterion, [[12, 18], [12, 6]])  # a missing mark is no 0
    np.testing.assert_allclose(found.mean, [13.5, 10.5])
    np.testing.assert_allclose(found.spread, [np.std([12.5, 14.5], ddof=1), np.std([10, 8], ddof=1)])


@pytest.mark.parametrize("jurors", [3, 6])
def test_equal_dossiers_are_told_apart_in_one_jury_of_twenty_at_most(jurors):
    """All pairs of eight dossiers together; the whole experiment is in benchmarks/bench_ranking.py."""
    juries, wrong, covered = 80, 0, []
    for seed in range(juries):
        found = rank(marks(invented([12] * 8, jurors, seed=seed)), WEIGHTS, draws=500)
        wrong += found.told_apart.any()
        covered.append(((found.low <= 12) & (found.high >= 12)).mean())
    assert wrong <= 0.05 * juries + 2 * np.sqrt(juries * 0.05 * 0.95)
    assert np.mean(covered) > 0.9
    assert found.jury.low.min() == 1 and found.jury.high.max() == 8


def test_a_clear_winner_is_told_apart():
    found = rank(marks(invented([18, 12, 12, 11, 12, 11], 5)), WEIGHTS, first=1)
    assert found.dossiers[0] == "d0" and found.told_apart[0, 1:].all()
    assert not found.told_apart[1:, 1:].any()
    assert (found.both.low[0], found.both.high[0]) == (1, 1) and found.both.first_share[0] > 0.99
    assert found.chosen() == (["d0"], [], found.dossiers[1:])
    assert found.beside(0) == [] and len(found.beside(1)) == 4


def test_where_the_line_falls_among_equals_it_is_said():
    found = rank(marks(invented([18, 13, 13, 13, 6, 6], 6)), WEIGHTS, first=2)
    sure, open_, out = found.chosen()
    assert sure == ["d0"] and sorted(open_) == ["d1", "d2", "d3"] and sorted(out) == ["d4", "d5"]


def test_exact_ties_are_ties():
    same = [[10, 12], [12, 6], [9, 9]]  # 10.5, 10.5, 9
    found = rank(marks([same, same, same]), WEIGHTS, first=1)
    assert found.tied(0) and found.tied(1) and not found.tied(2)
    assert not found.told_apart[0, 1]
    assert found.weights.first_share[:2].sum() > 0.99  # with other weights one of the two wins
    twins = rank(marks([[[10, 10], [10, 10]]] * 3), WEIGHTS)
    assert not twins.told_apart.any() and twins.both.low.tolist() == [1, 1]


def test_one_extreme_juror_who_decides_is_named():
    values = invented([14, 12, 9], 5, noise=0.3, severity=0.3)
    assert rank(marks(values), WEIGHTS).deciding == {}
    values[4, 0], values[4, 1] = 0, 20
    found = rank(marks(values), WEIGHTS, first=1)
    assert found.dossiers[0] == "d1"
    assert found.deciding == {"J5": ["d0"]} and found.shifting == {"J5": ["d0"]}
    assert not found.told_apart[0, 1]  # and such a difference is none


def test_a_mild_juror_who_marks_only_some_is_told_and_taken_out_beside():
    truth = np.array([12, 12.5, 12, 11])
    values = invented(truth, 5, noise=0.2, severity=0)
    values[4] += 6
    values[4, [0, 3]] = np.nan  # the mild one did not see these
    found = rank(marks(values), WEIGHTS)
    assert not found.complete
    by = dict(zip(found.dossiers, found.marked_by, strict=True))
    assert "J5" not in by["d0"] and "J5" in by["d1"]
    assert found.severity[4] - found.severity[:4].mean() == pytest.approx(6, abs=0.7)
    means, adjusted = (dict(zip(found.dossiers, one, strict=True)) for one in (found.mean, found.adjusted))
    assert means["d2"] - means["d0"] > 0.8  # the juror's, not the dossier's
    assert abs(adjusted["d2"] - adjusted["d0"]) < 0.5
    whole = rank(marks(invented(truth, 5)), WEIGHTS)
    assert whole.complete and np.isnan(whole.adjusted).all()


def test_juries_that_share_no_dossier_cannot_be_compared():
    values = invented([12, 12, 12, 12], 4)
    values[:2, 2:] = values[2:, :2] = np.nan
    found = rank(marks(values), WEIGHTS)
    assert np.isnan(found.severity).all() and np.isnan(found.adjusted).all()
    assert not found.told_apart.any()


@pytest.mark.parametrize("values", [invented([12, 15], 1), invented([12], 4), np.full((2, 2, 2), np.nan)])
def test_too_little_to_tell_is_told(values):
    found = rank(marks(values), WEIGHTS)
    assert found.jury is None and found.both is None and not found.told_apart.any()
    assert np.isnan(found.low).all() and found.deciding == {}


def test_a_dossier_without_a_mark_for_a_criterion_is_not_ranked():
    values = invented([12, 15, 11], 3)
    values[:, 1, 1] = np.nan
    values[:, 2] = np.nan  # in conflict with all
    found = rank(marks(values), WEIGHTS)
    assert (found.dossiers, found.without) == (["d0"], ["d1"])


def test_a_dossier_marked_by_one_juror_is_no_surer_than_the_others():
    values = invented([12] * 6, 5)
    values[1:, 0] = np.nan
    found = rank(marks(values), WEIGHTS)
    width = dict(zip(found.dossiers, found.high - found.low, strict=True))
    assert width["d0"] > max(width[f"d{i}"] for i in range(1, 6))


def test_jurors_who_agree_to_the_point_are_no_surer_than_the_steps_of_their_marks():
    many = np.tile([[12.0, 12], [12, 13], [19, 19]], (3, 1, 1))  # 12, 12.25 and 19, of whole points
    found = rank(marks(many), WEIGHTS)
    assert found.dossiers == ["d2", "d1", "d0"]
    assert found.told_apart[0, 1:].all() and not found.told_apart[1, 2]


def test_weights_around_the_given_ones_move_what_they_decide():
    values = np.tile([[14, 8], [10.0, 19]], (4, 1, 1))  # 12.5 and 12.25
    found = rank(marks(values), WEIGHTS, first=1)
    assert 0.3 < found.weights.first_share[0] < 0.7
    assert rank(marks(values), np.array([100, 1]), first=1).weights.first_share[0] > 0.95


def test_the_same_marks_give_the_same_page():
    values = invented([12, 13, 14], 4)
    one, two = (rank(marks(values), WEIGHTS) for _ in range(2))
    np.testing.assert_array_equal(one.both.first_share, two.both.first_share)
    np.testing.assert_array_equal(one.low, two.low)
