"""What the first notebook says of the place where it runs: on Binder, what time is left."""

import pytest

from datakit.language import speaking
from datakit.workshop import place as whereabouts
from datakit.workshop import session


@pytest.fixture
def place(monkeypatch):
    for name in ("BINDER_REPO_URL", "BINDER_LAUNCH_HOST", "JUPYTERHUB_USER", whereabouts.BEGAN):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_on_binder_it_says_what_time_is_left_and_how_work_gets_home(place):
    place.setenv("BINDER_LAUNCH_HOST", "https://mybinder.org/")
    place.setenv("JUPYTERHUB_USER", "x")  # Binder is a JupyterHub
    place.setenv(whereabouts.BEGAN, "1000000")
    place.setattr(whereabouts.time, "time", lambda: 1000000 + 25 * 60.0)
    said = repr(session())
    assert "after 10 minutes without activity" in said
    assert "25 minutes old" in said and "leaves 335 minutes" in said
    assert "`datakit.workshop.save()`" in said and "“Download”" in said
    shown = session()._repr_html_()
    assert "<code>datakit.workshop.save()</code>" in shown and whereabouts.GUIDELINES in shown
    place.setattr(whereabouts.time, "time", lambda: 1000000 + 10 * 3600.0)
    assert "leaves 0 minutes" in repr(session())


@pytest.mark.parametrize("began", ["", "yesterday", "-5", "9" * 40])
def test_a_start_that_is_not_known_is_not_invented(place, began):
    place.setenv("BINDER_REPO_URL", "https://example.org/kit")
    place.setenv(whereabouts.BEGAN, began)
    assert "minutes old" not in repr(session()) and "10 minutes" in repr(session())


def test_elsewhere_nothing_is_said_of_time(place):
    assert "this machine" in repr(session()) and "minutes" not in repr(session())
    assert "Download" not in repr(session())
    place.setenv("JUPYTERHUB_USER", "tilleul")
    assert "the room's server" in repr(session()) and "“Download”" in repr(session())


def test_in_french(place):
    with speaking("fr"):
        assert repr(session()).startswith("Vous travaillez sur cette machine\u00a0: vos fichiers")
