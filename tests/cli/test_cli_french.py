"""The command line in French: what it lists, says of itself, and says when something is wrong."""

import re

import pytest

from datakit.cli import main


@pytest.fixture
def said(capsys):
    """Call a command; its exit code, and all that it printed."""

    def call(*typed):
        try:
            code = main(typed)
        except SystemExit as ended:
            code = ended.code
        out = capsys.readouterr()
        return code, out.out + out.err

    return call


def test_a_card_its_units_and_its_traps_are_french(said):
    code, text = said("show", "communes", "--lang", "fr")
    assert code == 0
    wanted = ("Producteur\u00a0:", "Population municipale [habitants]", "Pi\u00e8ges\u00a0:", "un fichier dat\u00e9")
    for words in wanted:
        assert words in text
    assert "Traps" not in text


def test_the_language_holds_for_one_command(said, monkeypatch):
    assert "Publisher:" in said("show", "communes")[1]
    assert "Producteur" in said("--lang", "fr", "show", "communes")[1]
    assert "Publisher:" in said("show", "communes")[1]
    monkeypatch.setenv("DATAKIT_LANG", "fr")
    assert "Producteur" in said("show", "communes")[1]
    assert "Publisher:" in said("show", "communes", "--lang=en")[1]


@pytest.mark.parametrize(
    "typed, words",
    [
        (["show", "comunes"], ["aucune fiche", "attendu", "\u00e9tait-ce communes", "ensuite"]),
        (["fetch"], ["usage\u00a0:", "il manque les arguments suivants\u00a0: ID"]),
        (["run", "--jobs", "deux"], ["valeur de type int impossible"]),
        (["list", "--theme", "mer"], ["aucun jeu de donn\u00e9es n\u2019a ce th\u00e8me"]),
        (["run", "-p", "k"], ["nom=valeur"]),
        (["show", "communes", "--lang", "de"], ["choix impossible"]),
        (["bake"], ["choix impossible"]),
    ],
)
def test_what_is_wrong_is_said_in_french(said, monkeypatch, typed, words):
    monkeypatch.setenv("DATAKIT_LANG", "fr")
    code, text = said(*typed)
    assert code == 2
    for one in words:
        assert one in text
    assert not re.search(r"\b(error|expected|found|next|the|must)\b", text)


@pytest.mark.parametrize("command", ["", "run", "trees import", "mirror build", "doctor", "list"])
def test_help_is_french(said, monkeypatch, command):
    monkeypatch.setenv("DATAKIT_LANG", "fr")
    code, text = said(*command.split(), "--help")
    assert code == 0 and "montrer cette aide et terminer" in text
    assert not re.search(r"\b(the|and|default)\b", re.sub(r"datakit [^\n]*", "", text))
