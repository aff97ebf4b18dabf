"""The command, on real notebooks; and what it refuses."""

import pandas as pd
import pytest
import world

from datakit import cli
from datakit.dossier.agreeing import Refused
from datakit.errors import WrongUse
from datakit.follow import follow


@pytest.mark.slow
def test_two_months_and_a_page(tmp_path, capsys):
    """The second month has another column: its load fails under the card, and no point is made of it."""
    folder = world.dossier(tmp_path / "team", paired=False)
    world.month(tmp_path / "months", "2026-12", {world.TRIAL: 40.0})
    world.month(tmp_path / "months", "2027-01", {world.TRIAL: 45.0}, header="SECTEUR;JOUR;AIDES")
    typed = ["follow", str(folder), "--months", str(tmp_path / "months"), "--output", str(tmp_path / "out")]
    assert cli.main([*typed, "--lang", "fr"]) == 0
    said = capsys.readouterr()
    assert "Aucun mois depuis le début n’a de valeur." in said.out and "[2/2] 2027-01 nord" in said.err
    table = pd.read_parquet(tmp_path / "out" / "indicators.parquet").set_index("month")
    assert table.loc["2026-12", "value"] == pytest.approx(40, abs=0.01)
    assert table.loc["2026-12", "low"] < 40 < table.loc["2026-12", "high"]
    assert table.loc["2026-12", "unit"] == "personnes par jour"
    assert table.loc["2027-01", "status"] == "stopped" and "district" in table.loc["2027-01", "why"]
    page = (tmp_path / "out" / "report" / "2027-01.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page  # it fetches nothing
    assert '<html lang="fr">' in page and "ÉCHANTILLON INVENTÉ" in page and "janvier 2027" in page
    assert not (tmp_path / "out" / "report" / "final.html").exists()


def test_where_nothing_can_be_written_nothing_is_run(tmp_path):
    folder = world.dossier(tmp_path / "team")
    world.month(tmp_path / "months", "2027-01", {world.TRIAL: 40.0})
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WrongUse, match="cannot be written here"):
        follow(folder, tmp_path / "months", tmp_path / "file" / "out", lang="en", progress=False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("start = 2027-01-01", "", "the start of the experiment is missing"),
        ("[[indicators]]", "[[indicators]]\nno = 1\n[[indicators]]", "unknown: no"),
        ('areas = ["nord"]', "areas = []", "no area is named"),
        ('comparison = ["sud"]', 'comparison = ["nord"]', "compared with itself"),
        ('better = "higher"', 'better = "more"', "better is higher or lower"),
        ('notebook = "help"', 'notebook = "helps"', "an indicator names this notebook"),
        ('parameter = "district"', 'parameter = "quartier"', "it has no parameter quartier"),
        ("months = 6", "months = 0", "from 1 to 60 months"),
    ],
)
def test_a_form_that_does_not_say_what_is_followed(tmp_path, old, new, said):
    folder = world.dossier(tmp_path / "team")
    text = (folder / "dossier.toml").read_text()
    assert old in text
    (folder / "dossier.toml").write_text(text.replace(old, new))
    world.month(tmp_path / "months", "2027-01", {world.TRIAL: 40.0})
    with pytest.raises(WrongUse, match=said):
        follow(folder, tmp_path / "months", tmp_path / "out", lang="en", progress=False)
    assert not (tmp_path / "out").exists()


def test_what_is_no_dossier_or_no_month(tmp_path):
    (tmp_path / "team.zip").write_bytes(b"PK")
    with pytest.raises(Refused, match=r"team\.zip"):
        follow(tmp_path / "team.zip", tmp_path, lang="en")
    folder = world.dossier(tmp_path / "team")
    with pytest.raises(WrongUse, match="this is no month"):
        follow(folder, tmp_path, month="may", lang="en")
