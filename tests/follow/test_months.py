"""The months: found, missing, late by what their lock says; and computed once."""

import json

import pytest
import world

from datakit.dossier import form
from datakit.errors import NotAsDescribed, WrongUse
from datakit.follow import computing, months, table
from datakit.follow.runs import Own

NORTH = {world.TRIAL: 40.0, world.COMPARISON: 40.0}


def test_months_between_the_first_and_the_last_are_missing(tmp_path):
    world.month(tmp_path, "2027-01", NORTH)
    world.month(tmp_path, "2027-03", NORTH)
    (tmp_path / "notes").mkdir()
    found = months.find(tmp_path)
    assert [(m.name, m.there) for m in found] == [("2027-01", True), ("2027-02", False), ("2027-03", True)]
    assert [m.name for m in months.find(tmp_path, "2027-02")] == ["2027-01", "2027-02"]
    assert months.find(tmp_path, "2027-05")[-1].there is False


def test_a_dated_lock_is_a_month(tmp_path):
    world.month(tmp_path, "2027-01", NORTH)
    (tmp_path / "2027-01" / "data.lock").rename(tmp_path / "2027-02.lock")
    (tmp_path / "2027-01").rename(tmp_path / "elsewhere")
    (one,) = months.find(tmp_path)
    assert (one.name, one.folder, list(one.entries)) == ("2027-02", None, [world.ID])


def test_wrong_folders_are_said(tmp_path):
    with pytest.raises(WrongUse, match="no month is in this folder"):
        months.find(tmp_path / "nowhere")
    world.month(tmp_path, "2027-01", NORTH)
    (tmp_path / "2027-01.lock").write_text("{}")
    with pytest.raises(WrongUse, match="is there twice"):
        months.find(tmp_path)
    (tmp_path / "2027-01.lock").rename(tmp_path / "2027-02.lock")
    with pytest.raises(NotAsDescribed, match="no lock file"):
        months.find(tmp_path)


@pytest.mark.parametrize(
    ("entry", "of_month", "said"),
    [
        ({"retrieved": "2027-04-30T23:00:00Z"}, True, ""),
        ({"retrieved": "2027-05-31T01:00:00Z"}, True, ""),
        ({"retrieved": "2027-06-01T01:00:00Z"}, False, "late"),
        ({"retrieved": "2027-03-31T01:00:00Z"}, False, "before the month"),
        ({"retrieved": "2027-08-01T01:00:00Z", "vintage": "2027-04"}, True, "late"),
        ({"retrieved": "2027-04-28T01:00:00Z", "vintage": "2027-03-31"}, False, "dated 2027-03-31"),
        ({"retrieved": "2027-04-28T01:00:00Z", "vintage": "2024"}, True, ""),
        ({}, True, ""),
    ],
)
def test_what_a_lock_says_of_a_month(entry, of_month, said):
    got, why = months.dated("2027-04", entry)
    assert got is of_month and said in why and bool(why) is bool(said)


class Runs:
    """In the place of notebooks in processes: the figure is the mean of the month's file, read as the notebook does."""

    def __init__(self, monkeypatch):
        self.made = []
        self.answer = lambda answer: answer
        monkeypatch.setattr(computing.Computing, "_run", self.run)

    def run(self, month, area):
        self.made.append((month.name, area))
        lines = (month.folder / world.ID / "help.csv").read_text().splitlines()
        if not lines[0].startswith("QUARTIER"):
            return {"help": "failed in code cell 2: NotAsDescribed: help-counter: columns are missing"}
        values = [float(line.split(";")[2]) for line in lines[1:] if line.startswith(area)]
        figure = {"name": "helped", "value": sum(values) / len(values), "unit": "people", "low": 1.0, "high": 99.0}
        data = [{"id": world.ID, "title": "Help", "attribution": "Invented.", "synthetic": True}]
        answer = {"id": "how-many-people-are-helped", "answered": True, "kind": "SYNTHETIC", "data": data, "why": ""}
        return {"help": [self.answer({**answer, "figures": [figure]})]}


@pytest.fixture
def runs(monkeypatch):
    return Runs(monkeypatch)


@pytest.fixture
def followed(tmp_path, runs):
    """A dossier of two places, three months, and the table that they give."""
    folder = world.dossier(tmp_path / "team")
    for name, value in (("2027-01", 40.0), ("2027-02", 41.0), ("2027-03", 42.0)):
        world.month(tmp_path / "months", name, {world.TRIAL: value, world.COMPARISON: value - 5})

    def update():
        got = table.update(
            Own(folder), form.read(folder), months.find(tmp_path / "months"), tmp_path / "out", progress=False
        )
        return got.set_index(["area", "month"])

    return update


def test_a_month_is_computed_once(followed, runs, tmp_path):
    first = followed()
    assert sorted(runs.made) == sorted((m, a) for m in ("2027-01", "2027-02", "2027-03") for a in NORTH)
    assert set(first["status"]) == {"ok"} and first.loc[("nord", "2027-02"), "value"] == pytest.approx(41)
    assert first.loc["sud", "part"].unique() == ["comparison"]
    again = followed()
    assert len(runs.made) == 6 and again.equals(first)
    world.month(tmp_path / "months", "2027-04", NORTH)
    followed()
    assert sorted(runs.made[6:]) == [("2027-04", "nord"), ("2027-04", "sud")]


def test_a_revised_month_keeps_what_it_was(followed, runs, tmp_path):
    followed()
    world.month(tmp_path / "months", "2027-02", {world.TRIAL: 50.0, world.COMPARISON: 36.0})
    row = followed().loc[("nord", "2027-02")]
    assert (row["status"], row["value"], row["former"]) == ("revised", pytest.approx(50), pytest.approx(41))
    assert "it was 41" in row["why"]
    assert followed().loc[("nord", "2027-02"), "status"] == "revised" and len(runs.made) == 8


def test_a_missing_month_has_a_row_and_no_value(followed, tmp_path):
    (tmp_path / "months" / "2027-02").rename(tmp_path / "later")
    row = followed().loc[("nord", "2027-02")]
    assert row["status"] == "missing" and row[["value", "low", "high"]].isna().all()
    (tmp_path / "later").rename(tmp_path / "months" / "2027-02")
    assert followed().loc[("nord", "2027-02"), "status"] == "ok"
    (tmp_path / "months" / "2027-02").rename(tmp_path / "later")
    assert followed().loc[("nord", "2027-02"), "value"] == pytest.approx(41)  # computed once, kept


def test_a_late_month_is_no_point(followed, tmp_path):
    world.month(tmp_path / "months", "2027-03", NORTH, retrieved="2027-02-20T00:00:00Z")
    row = followed().loc[("nord", "2027-03")]
    assert row["status"] == "late" and "before the month" in row["why"] and row.isna()["value"]


def test_the_same_file_again_says_nothing_new(followed, tmp_path):
    there = tmp_path / "months"
    lock = json.loads((there / "2027-02" / "data.lock").read_text())
    lock["datasets"][world.ID]["retrieved"] = "2027-03-28T00:00:00Z"
    for name, text in (("data.lock", json.dumps(lock)), (f"{world.ID}/help.csv", None)):
        (there / "2027-03" / name).write_text(text or (there / "2027-02" / name).read_text())
    row = followed().loc[("nord", "2027-03")]
    assert row["status"] == "late" and "byte for byte" in row["why"]


def test_another_schema_stops_the_month_only(followed, tmp_path):
    world.month(tmp_path / "months", "2027-02", NORTH, header="SECTEUR;JOUR;AIDES")
    rows = followed()
    assert rows.loc[("nord", "2027-02"), "status"] == "stopped"
    assert "columns are missing" in rows.loc[("nord", "2027-02"), "why"]
    assert rows["value"].notna().sum() == 4


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (
            {"id": "how-many-are-helped"},
            "does not ask how-many-people-are-helped any more; it asks: how-many-are-helped",
        ),
        ({"answered": False, "why": "help-counter: no such district"}, "no such district"),
        ({"figures": [{"name": "n", "value": 4, "unit": ""}]}, "no figure helped any more; it has: n"),
        ({"figures": [{"name": "helped", "value": "many", "unit": ""}]}, "is no number: many"),
        ({"data": [{"id": "communes"}]}, "made of no data of the month"),
    ],
)
def test_what_is_gone_stops_the_indicator(followed, runs, spoilt, said):
    runs.answer = lambda answer: answer | spoilt
    rows = followed()
    assert rows["value"].isna().all() and rows["why"].str.contains(said, regex=False).all()
    assert not set(rows["status"]) & {"ok", "revised"}


def test_a_dataset_that_only_other_months_have_is_missing(followed, runs, tmp_path):
    """The dossier's own older file would be read in its place: never."""
    file = tmp_path / "months" / "2027-03" / "data.lock"
    lock = json.loads(file.read_text())
    lock["datasets"]["other"] = lock["datasets"][world.ID]
    file.write_text(json.dumps(lock))
    runs.answer = lambda answer: answer | {"data": [{"id": world.ID}, {"id": "other"}]}
    rows = followed()
    assert rows.loc[("nord", "2027-03"), "status"] == "ok"
    assert rows.loc[("nord", "2027-02"), ["status", "why"]].tolist() == ["missing", "the month has no other"]


def test_another_unit_is_a_break_and_no_point(followed, runs, tmp_path):
    followed()
    world.month(tmp_path / "months", "2027-04", NORTH)
    runs.answer = lambda answer: answer | {"figures": [answer["figures"][0] | {"unit": "hours"}]}
    rows = followed()
    assert rows.loc[("nord", "2027-04"), ["status", "why"]].tolist() == [
        "stopped",
        "the unit is hours, and was people",
    ]
    assert rows.isna().loc[("nord", "2027-04"), "value"] and rows.loc[("nord", "2027-03"), "status"] == "ok"


def test_another_notebook_is_run_on_every_month_that_is_there(followed, runs, tmp_path):
    before = followed()
    (tmp_path / "months" / "2027-01").rename(tmp_path / "gone")
    world.notebook(tmp_path / "team", world.CODE + "\n# another")
    after = followed()
    assert len(runs.made) == 6 + 4
    assert after.loc[("nord", "2027-02"), "code"] != before.loc[("nord", "2027-02"), "code"]
    assert set(after["status"]) == {"ok"}


def test_a_table_of_something_else_is_not_replaced(followed, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / table.FILE).write_text("mine")
    with pytest.raises(NotAsDescribed, match="not a table of indicators"):
        followed()
    assert (tmp_path / "out" / table.FILE).read_text() == "mine"
