"""What is executed of a zip: in the sandbox, on the month's data, and nothing that comes out is believed."""

from types import SimpleNamespace

import pytest
import world

from datakit.dossier import form
from datakit.dossier.opening import Opened
from datakit.follow import computing, months, runs
from datakit.jury import rerun as jury
from datakit.jury.supplies import CannotBeHad
from datakit.run import executing
from datakit.settings import challenge


@pytest.fixture
def month(tmp_path):
    world.month(tmp_path / "months", "2027-01", {world.TRIAL: 40.0})
    return months.find(tmp_path / "months")[0]


@pytest.fixture
def foreign(tmp_path):
    folder = world.dossier(tmp_path / "team", paired=False)
    older = {"filename": "older.csv", "sha256": "0" * 64}
    lock = {"version": 1, "datasets": {world.ID: older, "communes": older}}
    opened = Opened(
        folder, "", form.read(folder), {"parameters": {"origins": "x"}, "notebooks": {"help": {}}}, {}, lock
    )
    return runs.Foreign(opened, challenge(), SimpleNamespace(name="box"), ["publisher"])


def test_the_sandbox_gets_the_months_data_and_the_area(foreign, month, monkeypatch):
    asked = []

    def rerun(one, work, told, box, origins):
        asked.append((one, origins, box.name))
        return jury.Again({"help": "executed"}, {}, {}), None

    monkeypatch.setattr(jury, "rerun", rerun)
    monkeypatch.setattr(executing, "results_of", lambda nb: [nb])
    notebook = SimpleNamespace(name="help")
    assert foreign.results(month, [notebook], {"district": "nord"}) == {"help": ["executed"]}
    ((one, origins, box),) = asked
    assert one.lock["datasets"][world.ID] == month.entries[world.ID]
    assert one.lock["datasets"]["communes"]["filename"] == "older.csv"
    assert one.record["parameters"] == {"district": "nord"}
    assert origins == f"{month.folder},publisher" and box == "box"


def test_what_fails_or_cannot_be_had_is_a_reason(foreign, month, monkeypatch):
    notebook = SimpleNamespace(name="help")
    failed = jury.Again({}, {"help": "it takes longer than the limit"}, {})
    monkeypatch.setattr(jury, "rerun", lambda *_: (failed, None))
    assert foreign.results(month, [notebook], {}) == {"help": "it takes longer than the limit"}

    def lacking(*_):
        raise CannotBeHad("data.lock", "these data cannot be had", found="communes")

    monkeypatch.setattr(jury, "rerun", lacking)
    assert foreign.results(month, [notebook], {}) == {"help": "these data cannot be had: communes"}


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        {"id": "how-many-people-are-helped"},
        {"id": "how-many-people-are-helped", "answered": True, "figures": [3]},
        {"id": "how-many-people-are-helped", "answered": True, "figures": [{"name": "helped", "value": float("inf")}]},
        {
            "id": "how-many-people-are-helped",
            "answered": True,
            "figures": [{"name": "helped", "value": 3}],
            "data": [1],
        },
    ],
)
def test_an_answer_that_is_none_is_no_point(foreign, month, answer):
    foreign.results = lambda *_: {"help": [answer]}
    (row,) = computing.Computing(foreign, form.read(foreign.folder), {world.ID}).rows(month, None, "nord")
    assert row["status"] == "stopped" and row["value"] is None and row["why"]
