"""What every test of this room gets."""

import pytest

from datakit.follow import change


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    """A quarter of the draws: what tests plant is large, or nothing."""
    monkeypatch.setattr(change, "DRAWS", 2000)
