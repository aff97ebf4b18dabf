"""What is said in which language, and whether the French is complete, up to date and written as French is."""

import ast
import json
import os
import subprocess
import sys
from functools import cache

import pytest

from datakit import language
from datakit.language import _, ngettext, speaking
from datakit.show import Value
from datakit.show.style import number
from tools import make_messages as messages

updated = cache(messages.updated)


@pytest.mark.parametrize("name", messages.names())
def test_the_french_of_a_room_is_complete_and_up_to_date(name):
    catalog = updated(name)
    found = messages.faults(catalog)
    for file, data in zip(messages.files(name), messages.written(catalog), strict=True):
        if len(catalog) and (not file.exists() or file.read_bytes() != data):
            found.append(f"{file.name} is out of date: make messages")
    assert not found


def test_a_text_that_was_a_unit_is_translated_anew(tmp_path, monkeypatch):
    room = tmp_path / "datakit" / "room"
    room.mkdir(parents=True)
    for name, folder in (("ROOT", tmp_path), ("PACKAGE", room.parent), ("FRENCH", tmp_path), ("CHAPTERS", tmp_path)):
        monkeypatch.setattr(messages, name, folder)
    (room / "words.py").write_text('Value(1, "trees")', encoding="utf-8")
    (tmp_path / "room.po").write_bytes(messages.written(messages.updated("room"))[0])
    (room / "words.py").write_text('_("trees")', encoding="utf-8")
    catalog = messages.updated("room")
    assert messages.written(catalog) and not catalog["trees"].string


def test_no_text_to_translate_stands_inside_an_f_string():
    """It is found on one Python and not on the next, as they cut f-strings into other pieces."""
    inside = []
    for file in sorted(messages.PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                called = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
                literal = any(
                    isinstance(n, ast.Call)
                    and getattr(n.func, "id", "") in called & {"_", "ngettext", "pgettext"}
                    and any(isinstance(a, ast.Constant) for a in n.args)
                    for n in ast.walk(node)
                )
                inside += [f"{file.name}:{node.lineno}"] * literal
    assert not inside


def test_one_text_has_one_french_wherever_it_is_said():
    """All ``.mo`` are one catalogue when the kit runs; `pgettext` tells apart what means several things."""
    said = {}
    for name in set(messages.names()) - set(messages.DOCUMENTS):
        for message in updated(name):
            key = (messages.forms(message.id)[0], message.context)
            said.setdefault(key, set()).add(messages.forms(message.string)[-1])  # a unit alone is said as of many
    assert not {key: french for key, french in said.items() if len(french) > 1 and key[0]}


def test_a_text_without_french_a_name_lost_and_a_misprint_are_faults(tmp_path):
    from babel.messages.catalog import Catalog

    catalog = Catalog(locale="fr", domain="x")
    catalog.add("{n} trees: why?", "{m} arbres : pourquoi\u202f?")
    catalog.add("Not said")
    catalog.add("Well", "Voil\u00e0\u202f: l\u2019arbre")
    found = messages.faults(catalog)
    assert len(found) == 3
    assert "{names} differ" in found[0] and "before :" in found[1] and "not translated" in found[2]


@pytest.mark.parametrize(
    "text, rule",
    [
        ("Pourquoi ?", "U+202F"),
        ("Pourquoi?", "U+202F"),
        ("Note: ceci", "before :"),
        ("l'arbre", "apostrophe"),
        ("\u00ab arbre \u00bb", "\u00ab \u00bb"),
        ("3.5 m", "decimal"),
        ("\u201carbre\u201d", "quotes"),
    ],
)
def test_typography_that_is_not_french(text, rule):
    assert any(rule in wrong for wrong in messages.misprinted(text))


def test_code_and_addresses_have_no_typography():
    assert not messages.misprinted(
        "Voir `x: 3.5 ?` et [le guide](https://example.org/a?b=1;c) : {share:value}".replace(" :", "\u00a0:")
    )


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"DATAKIT_LANG": "fr"}, "fr"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_CA.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"DATAKIT_LANG": "en", "LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_systems(settings, expected):
    env = {
        k: v for k, v in os.environ.items() if k not in ("DATAKIT_LANG", "LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE")
    }
    said = "from datakit.language import language; print(language())"
    done = subprocess.run([sys.executable, "-c", said], env=env | settings, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected


def test_a_notebook_speaks_the_language_of_jupyterlab(tmp_path, monkeypatch):
    file = tmp_path / "@jupyterlab" / "translation-extension" / "plugin.jupyterlab-settings"
    file.parent.mkdir(parents=True)
    file.write_text("// chosen in the menu\n" + json.dumps({"locale": "fr_FR"}), encoding="utf-8")
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path))
    monkeypatch.delenv("DATAKIT_LANG")
    import jupyter_core.paths  # as in a kernel

    monkeypatch.setitem(sys.modules, "ipykernel", jupyter_core)
    language._lab.cache_clear()
    assert language.language() == "fr"
    monkeypatch.delitem(sys.modules, "ipykernel")
    language._lab.cache_clear()
    monkeypatch.setenv("DATAKIT_LANG", "en")
    assert language.language() == "en"


def test_speaking_ends_with_its_block():
    with speaking("fr"):
        assert _("expected:") == "attendu\u00a0:"
        assert number(0.5) == "0,5"
    assert _("expected:") == "expected:"
    with pytest.raises(ValueError, match="none of en, fr"), speaking("de"):
        pass


def test_a_unit_agrees_with_its_number():
    with speaking("fr"):
        assert ngettext("inhabitants", "inhabitants", 0.4) == "habitant"
        assert f"{Value(1, 'inhabitants')}" == "1\u00a0habitant"
        assert f"{Value(2, 'inhabitants', low=1, high=3)}" == "2\u00a0habitants (1 \u00e0 3)"
        assert f"{Value(1.5, 'inhabitants', high=3)}" == "1,5\u00a0habitant (au plus 3)"


def test_single_words_of_a_chapters_code_are_texts_where_people_read_them():
    code = """
words = {"unit": "pupils", "other": "hidden"}
maps.points(schools, colour="kind", legend="type", tooltip={"n": "classes"}, **words)
table.rename(columns={"n": "rooms"}).sort_values("n")
ask("Why?")
"""
    assert sorted(messages._said(ast.parse(code))) == ["Why?", "classes", "pupils", "rooms", "type"]


def test_the_words_that_stamp_invented_data_are_said_in_the_users_language_everywhere():
    for file in messages.PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "STAMP" not in text:
            continue
        tree = ast.parse(text)
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names}
        if "STAMP" not in imported and file.name != "provenance.py":
            continue
        used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "STAMP"]
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]
        said = [argument for call in calls for argument in call.args]
        assert all(isinstance(node.ctx, ast.Store) or node in said for node in used), file
