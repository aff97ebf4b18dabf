"""The form of a dossier: what it says is read as it is written, and what it cannot say is refused."""

from datetime import date

import pytest

from datakit.dossier import form
from datakit.errors import WrongUse
from tests.kinds import UNREADABLE, VALUES, toml

WHOLE = """
[dossier]
title = "Des arbres pour l’école"
data = ["communes"]

[parameters]
seed = 3

[[indicators]]
id = "canopy"
title = "Canopée"
notebook = "10_question"
question = "how-much"
figure = "share"
better = "higher"

[experiment]
start = 2027-04-01
parameter = "commune"
areas = ["Dijon"]
"""


def test_a_form_is_read(tmp_path):
    (tmp_path / "dossier.toml").write_text(WHOLE, encoding="utf-8")
    said = form.read(tmp_path)
    assert (said.title, said.summary, said.data, said.parameters) == (
        "Des arbres pour l’école",
        "",
        ("communes",),
        {"seed": 3},
    )
    assert said.indicators[0].figure == "share"
    assert said.experiment == form.Experiment(date(2027, 4, 1), 6, "commune", ("Dijon",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[dosier]\n", "unknown: dosier"),
        ('[dossier]\ntitel = "a"\n', "unknown: titel"),
        ("[dossier]\ntitle = 3\n", "must be a text"),
        ('[dossier]\nlanguage = "de"\n', "no such language"),
        ('[[indicators]]\nid = "a"\n', r"dicators.. 1: missing: title, notebook"),
        ("[experiment]\nmonths = 0\n", "from 1 to 60 months"),
        ("[indicators]\n", "must be tables"),
        ("[[indicator]]\n", "unknown: indicator"),
        ('[experiment]\nstart = "soon"\n', "must be a date"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    (tmp_path / "dossier.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match=said) as caught:
        form.read(tmp_path)
    assert "dossier.toml" in str(caught.value) and caught.value.next


TEXT, TEXTS = {"text"}, {"empty", "texts"}
TAKEN = {
    "dossier": {"table"},
    "parameters": {"table", "filled"},
    "indicators": {"empty"},
    "experiment": {"table"},
    **{f"dossier.{name}": TEXT for name in form.TEXTS},
    "dossier.language": set(),
    "dossier.data": TEXTS,
    "parameters.seed": {*VALUES},  # its notebook judges it
    "experiment.start": {"day"},
    "experiment.months": {"whole"},
    "experiment.parameter": TEXT,
    "experiment.areas": TEXTS,
    "experiment.comparison": TEXTS,
    **{f"indicators[].{name}": TEXT for name in ("id", "title", "notebook", "question", "figure", "better")},
}


@pytest.mark.parametrize("key", TAKEN)
def test_a_value_of_every_kind_is_taken_or_refused_by_its_name(tmp_path, key):
    for kind, value in VALUES.items():
        whole = form.Indicator.__annotations__
        (tmp_path / "dossier.toml").write_text(toml(key, value, whole), encoding="utf-8")
        if kind in TAKEN[key]:
            form.read(tmp_path)
            continue
        with pytest.raises(WrongUse) as caught:
            form.read(tmp_path)
        error = caught.value
        assert "dossier.toml" in error.subject and key.rpartition(".")[2] in error.subject, kind
        assert error.expected and (error.found or "unknown" in error.what) and error.next, kind


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_with_the_file(tmp_path, content):
    if content is not None:
        (tmp_path / "dossier.toml").write_bytes(content)
    with pytest.raises(WrongUse) as caught:
        form.read(tmp_path)
    assert "dossier.toml" in caught.value.subject and caught.value.next


def test_a_form_that_notepad_saved_is_read(tmp_path):
    (tmp_path / "dossier.toml").write_text(WHOLE, encoding="utf-8-sig", newline="\r\n")
    assert form.read(tmp_path).parameters == {"seed": 3}
