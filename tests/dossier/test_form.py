"""The form of a dossier: what it says is read as it is written, and what it cannot say is refused."""

from datetime import date

import pytest

from datakit.dossier import form
from datakit.errors import WrongUse

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
        (None, "cannot|No such file"),
        ("[dossier\n", "form that can be read"),
        ("[dosier]\n", "unknown: .dosier."),
        ('[dossier]\ntitel = "a"\n', "unknown: titel"),
        ("[dossier]\ntitle = 3\n", "must be a text"),
        ('[dossier]\nlanguage = "de"\n', "no such language"),
        ('[[indicators]]\nid = "a"\n', "not complete"),
        ('[experiment]\nstart = "soon"\n', "must be a date"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    if text is not None:
        (tmp_path / "dossier.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match=said) as caught:
        form.read(tmp_path)
    assert "dossier.toml" in str(caught.value)
