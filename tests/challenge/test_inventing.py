"""Invented data of a town: the same each time, readable under the town's cards, and stamped."""

import json

import pytest

import datakit
from datakit.challenge import cards, inventing
from datakit.challenge.plan import plan
from tests.challenge.test_challenge_cards import SEVERAL


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The folder of a project with cards and data of three communes, and its ids."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "cards").mkdir()
    for id, card in cards.cards(plan(SEVERAL)).items():
        (folder / "cards" / f"{id}.json").write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    return folder, inventing.invent(plan(SEVERAL), folder / "mirror", folder / "cards")


def test_each_file_is_read_whole_and_says_that_it_is_invented(town, monkeypatch, cache):
    folder, ids = town
    monkeypatch.chdir(folder)
    for id in ids:
        frame = datakit.load(id, "mirror", strict=True)
        said = frame.attrs["datakit"]
        assert (len(frame) and said["synthetic"] and said["card"] == f"cards/{id}.json") or id == "trees-angle"
    communes, trees = datakit.load("communes", "mirror"), datakit.load("trees-angle", "mirror")
    assert communes["commune"].tolist() == ["99901", "99902", "99903"]
    assert communes.union_all().area == pytest.approx(communes.area.sum())  # no commune lies over another
    assert communes.geometry.is_valid.all() and communes.area.is_monotonic_decreasing
    assert set(trees["code_insee"]) <= set(communes["commune"]) and trees["adresse"].str.contains("inventée").all()


def test_a_project_made_twice_is_the_same_twice(town, tmp_path):
    folder, _ids = town
    inventing.invent(plan(SEVERAL), tmp_path / "again", folder / "cards")
    for file in [f for f in (folder / "mirror").rglob("*") if f.is_file()]:
        assert file.read_bytes() == (tmp_path / "again" / file.relative_to(folder / "mirror")).read_bytes()
