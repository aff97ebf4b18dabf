"""The interval of the ground under crowns holds the truth 95 times in 100, whichever crowns are hidden."""

import numpy as np
import pandas as pd
import pytest

from datakit.errors import CannotAnswer
from datakit.trees import canopy, exposure, hiding, smearing
from tests.trees import inventories


@pytest.fixture(scope="module")
def sample():
    return exposure.standing(inventories.standard_sample())


def trials(sample, size, times, **how):
    """The trial on ``times`` draws of ``size`` trees of the sample."""
    made = [hiding.trial(sample.sample(size, random_state=k), seed=k, **how) for k in range(times)]
    return pd.concat(made, ignore_index=True)


@pytest.mark.parametrize(("size", "times", "share"), [(600, 30, 0.5), (3000, 25, 0.8)])
def test_the_interval_holds_the_truth_95_times_in_100(sample, size, times, share):
    found = trials(sample, size, times, share=share)
    assert found["held"].mean() >= 0.95
    assert found.groupby("hidden")["held"].mean().min() >= 0.85
    # Not by saying nothing: hidden at random, the sum is known within a factor.
    random = found[found["hidden"] == "at random"]
    assert (random["high"] / random["low"]).median() < {600: 2.0, 3000: 1.6}[size]


def test_the_whole_sample_is_held_and_its_range_is_narrow(sample):
    found = pd.concat([hiding.trial(sample, share=0.9, seed=k, draws=100) for k in range(3)])
    assert found["held"].mean() >= 8 / 9
    random = found[found["hidden"] == "at random"]
    assert (random["high"] / random["low"]).max() < 1.3
    assert ((random["area"] / random["true"] - 1).abs() < 0.05).all()  # nine crowns in ten hidden


def test_without_the_error_of_the_form_the_truth_is_missed(sample, monkeypatch):
    """What the intervals were before: a straight line, and no error but that of its coefficients."""
    monkeypatch.setattr(canopy, "UNLIKE", 0.0)
    none = smearing.Correction(np.array([]), np.array([]), np.array([]), 0.0)
    monkeypatch.setattr(canopy, "_correction", lambda crowns, crown: none)
    assert trials(sample, 3000, 8, share=0.8)["held"].mean() < 0.8


def test_an_inventory_without_crowns_cannot_be_tried():
    with pytest.raises(CannotAnswer, match="too few"):
        hiding.trial(inventories.named_trees(["Acer"] * 200, dbh=np.full(200, 20.0)))
