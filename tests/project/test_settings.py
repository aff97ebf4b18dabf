"""The challenge: the kit's settings, a project's own, and files that say something wrong."""

from datetime import UTC, datetime

import pytest

from datakit import settings
from datakit.errors import WrongUse


def written(tmp_path, text):
    (tmp_path / settings.FILE).write_text(text, encoding="utf-8")
    return tmp_path / settings.FILE


def test_the_kits_own_challenge_is_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = settings.challenge()
    assert said.territory["name"] == "Dijon Métropole" and said.file == settings.PACKAGED
    assert sum(one.weight for one in said.criteria) == 10 and said.limits.memory_mb == 2000
    assert said.deadline is None and not said.late()


def test_a_project_has_a_challenge_of_its_own_and_the_rest_is_the_kits(tmp_path, monkeypatch):
    written(tmp_path, '[territory]\nname = "Ville-Inventée"\n[limits]\nseconds = 60\n')
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    said = settings.challenge()
    assert (said.territory["name"], said.limits.seconds, said.limits.files) == ("Ville-Inventée", 60, 2000)


def test_a_deadline_is_a_moment_in_every_time_zone(tmp_path):
    said = settings.challenge(written(tmp_path, "[challenge]\ndeadline = 2027-03-31T12:00:00+02:00\n"))
    assert not said.late(datetime(2027, 3, 31, 10, tzinfo=UTC))
    assert said.late(datetime(2027, 3, 31, 10, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[challenge]\ndeadline = 2027-03-31T12:00:00\n", "time zone"),
        ("[challenge]\ndeadline = 2027-03-31\n", "time zone"),
        ('[challenge]\nlanguage = "de"\n', "no such language"),
        ('[challenge]\ntitle = " "\n', "title is missing"),
        ("[limit]\nseconds = 6\n", "unknown: limit"),
        ("[limits]\nsecond = 6\n", "unknown: second"),
        ("[limits]\nseconds = 0\n", "above 0"),
        ("[limits]\nseconds = true\n", "above 0"),
        ('[[criteria]]\nid = "a"\nname = "A"\n', "a criterion needs"),
        ('[[criteria]]\nid = "a"\nname = "A"\nweight = -1\n', "weights above 0"),
        ("[challenge\n", "cannot be read as TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    with pytest.raises(WrongUse, match=said) as caught:
        settings.challenge(written(tmp_path, text))
    assert str(tmp_path) in str(caught.value)
