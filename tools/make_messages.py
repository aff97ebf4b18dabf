"""Bring the French up to date with the English: ``tools/make_messages.py [--check] [NAMES]``.

Every text that a user reads is taken from where it is written: ``_("...")`` and its like (`datakit.language`) and units
of `Value` in a room's code and templates; in a chapter the prose of ``notebooks/src`` and the texts of its code. Each
room and each chapter has a file in ``datakit/locale/fr/LC_MESSAGES``: ``ROOM.po``, in which people write, and
``ROOM.mo``, which is made of it and read when the kit runs. A document of ``docs`` that has a French twin has a
``.po`` beside it, in ``docs/fr``, and the twin is made of both.

What is new in the code is added without French, what is gone is dropped. With ``--check`` nothing is written: it says
what is not translated, out of date, or not written as French is.
"""

import argparse
import ast
import io
import json
import re
import string
import sys
from datetime import UTC, datetime
from pathlib import Path

import jupytext
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from datakit.workshop.editions import goal

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "datakit"
FRENCH = PACKAGE / "locale" / "fr" / "LC_MESSAGES"
CHAPTERS = ROOT / "notebooks" / "src"
# English and French names, in docs.
DOCUMENTS = {
    "organiser": "organisateurs",
    "facilitator": "animateurs",
    "follow-up": "suivi",
    "glossary": "glossaire",
    "jury-guide": "guide-du-jury",
    "team-dossier": "dossier-equipe",
}
HALL = "datakit"  # the modules that stand in no room
CATALOG = "catalog"  # what data cards say in English only: traps, units, publishers
# A unit is said after a number, so it has a form for one and a form for many.
KEYWORDS = DEFAULT_KEYWORDS | {"Value": (2, 2)}
# In a chapter's code a text needs no mark: `datakit.show` translates what it is given. Single words are texts where
# they stand in these places only.
ARGUMENTS = {"cannot_say", "caption", "title", "alt", "how", "label", "xlabel", "ylabel", "legend_title", "note"}
ARGUMENTS |= {"unit", "size_unit", "legend"}
CHANGES_EACH_TIME = re.compile(
    rb'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid-Bugs-To|'
    rb"Project-Id-Version|MIME-Version|Content-Transfer-Encoding).*\n",
    re.MULTILINE,
)


def names():
    """Rooms that say something, and chapters: each has a file of its own.

    Returns
    -------
    list of str
    """
    rooms = [HALL, CATALOG, *sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))]
    return rooms + sorted(p.stem for p in CHAPTERS.glob("*.py")) + [n for n in DOCUMENTS if _document(n).exists()]


def _document(name):
    return ROOT / "docs" / f"{name}.md"


def texts(name):
    """What a room or a chapter says, in the order of its files.

    Parameters
    ----------
    name : str

    Returns
    -------
    babel.messages.catalog.Catalog
    """
    catalog = Catalog(locale="fr", domain=name, fuzzy=False)
    for file in _files(name):
        for message, context in _of(file):
            if message:
                catalog.add(message, context=context, locations=[(file.relative_to(ROOT).as_posix(), None)])
    return catalog


def _files(name):
    if (CHAPTERS / f"{name}.py").exists():
        return [CHAPTERS / f"{name}.py"]
    if name in DOCUMENTS:
        return [_document(name)]
    if name == HALL:
        return sorted(PACKAGE.glob("*.py"))
    return sorted(p for p in (PACKAGE / name).rglob("*") if p.suffix in (".py", ".j2") or name == CATALOG)


def _of(file):
    if file.suffix == ".md":
        return ((text, None) for text in prose(file.read_text(encoding="utf-8")))
    return _of_chapter(file) if file.parent == CHAPTERS else _of_room(file)


def _of_room(file):
    if file.suffix == ".json":
        yield from ((text, None) for text in _of_card(json.loads(file.read_text(encoding="utf-8"))))
        return
    how = "python" if file.suffix == ".py" else "jinja2"
    for _line, message, _comments, context in extract_from_file(how, file, keywords=KEYWORDS):
        yield message, context


def _of_card(card):
    yield from (card["theme"], card.get("update_frequency"), *card.get("notes", []))
    yield from (source.get("title") for source in card.get("sources", []))
    yield card.get("parameter", {}).get("description")
    units = {field.get("unit"): None for field in card.get("schema", {}).get("fields", [])}
    yield from ((unit, unit) for unit in units if unit)


def _of_chapter(file):
    for cell in jupytext.read(file, fmt="py:percent").cells:
        if cell.cell_type == "markdown":
            for text in prose(cell.source):
                yield text, None
            if "exercise" in cell.metadata.get("tags", []) and (alone := goal(cell.source)):
                yield alone, None  # a check says it where there is no answer yet
        elif "parameters" not in cell.metadata.get("tags", []):
            for text in _said(ast.parse(cell.source)):
                yield text, None


def prose(source):
    """The paragraphs, titles, items and cells of tables of a text in Markdown.

    Returns
    -------
    list of str
    """
    found = []
    _markdown(source, lambda text: found.append(text) or text)
    return found


def french_of(name):
    """How to say a text of a chapter in French: a function, which leaves as it is what is not translated."""
    known = {message.id: message.string for message in updated(name) if message.id}
    return lambda text: known.get(text) or text


def in_french(source, say):
    """A cell of prose with each of its paragraphs, titles and items translated.

    Parameters
    ----------
    source : str
        Markdown.
    say : callable
        English -> French.

    Returns
    -------
    str
    """
    return _markdown(source, say).filesrc.strip()


def _markdown(source, say):
    from translate.storage.markdown import MarkdownFile

    settings = {"max_line_length": 0, "no_placeholders": True, "extract_code_blocks": False}
    return MarkdownFile(io.BytesIO(source.encode()), callback=say, **settings)


def _said(tree):
    """Texts in a cell of code: whole phrases, questions, units, and single words where a text is expected."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _of_call(node)
        elif isinstance(node, ast.Dict):  # of the same arguments: `maps.points(..., **words)`
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in ARGUMENTS and isinstance(value, ast.Constant):
                    yield from _words(value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.value


def _of_call(call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    words = [keyword.value for keyword in call.keywords if keyword.arg in ARGUMENTS]
    for given in [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg in ("columns", "tooltip"))]:
        if isinstance(given, ast.Dict) and name in ("rename", "choropleth", "points", "add_areas", "add_points"):
            words += given.values  # new names of columns
    if name in ("_", "ask", "say"):
        words += call.args[:1]
    if name == "Value":
        words += call.args[:1]
        unit = call.args[1].value if len(call.args) > 1 and isinstance(call.args[1], ast.Constant) else ""
        if unit:
            yield unit, unit
    for word in words:
        yield from _words(word)


def _words(word):
    if isinstance(word, ast.IfExp):  # words chosen by the figures
        yield from _words(word.body)
        yield from _words(word.orelse)
    elif isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value:
        yield word.value


def files(name):
    """The file that people write in, and the one made of it: a ``.mo``, or a French document."""
    if name in DOCUMENTS:
        return ROOT / "docs" / "fr" / f"{name}.po", ROOT / "docs" / f"{DOCUMENTS[name]}.md"
    return FRENCH / f"{name}.po", FRENCH / f"{name}.mo"


def updated(name):
    """The French of a room or a chapter, brought up to date with what it says.

    Returns
    -------
    babel.messages.catalog.Catalog
    """
    catalog, file = texts(name), files(name)[0]
    if file.exists():
        with file.open("rb") as opened:
            known = read_po(opened, locale="fr", domain=name)
        for message in catalog:
            before = known.get(message.id, message.context) if message.id else None
            # A text that has become a unit, or was one, has another number of forms: it is translated anew.
            if before is not None and before.pluralizable == message.pluralizable:
                message.string, message.flags = before.string, before.flags
                message.user_comments = before.user_comments
    return catalog


def written(catalog):
    """The bytes of both `files`."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=120, include_lineno=False)
    text = CHANGES_EACH_TIME.sub(b"", po.getvalue()[po.getvalue().index(b"msgid") :])  # without who and when
    if catalog.domain in DOCUMENTS:
        english = _document(catalog.domain).read_text(encoding="utf-8")
        return text, (in_french(english, french_of(catalog.domain)) + "\n").encode()
    bare = read_po(io.BytesIO(text), locale="fr")
    for message in [m for m in bare if m.id and not all([m.string] if isinstance(m.string, str) else m.string)]:
        bare.delete(message.id, message.context)  # of a unit without French babel would write the English as French
    bare.creation_date = bare.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # babel writes one: the same each time
    write_mo(mo, bare)
    return text, mo.getvalue()


def faults(catalog):
    """What is wrong in a file's French.

    Returns
    -------
    list of str
        In words; empty where all is well.
    """
    found = []
    for message in catalog:
        if not message.id:
            continue
        english, french = forms(message.id), forms(message.string)
        about = f"{catalog.domain}: {english[0][:60]!r}"
        if message.fuzzy or not all(french):
            found.append(f"{about}: not translated")
            continue
        for text in french:
            if _braces(text) != _braces(english[-1]):
                found.append(f"{about}: {{names}} differ: {sorted(_braces(text) ^ _braces(english[-1]))}")
            found += [f"{about}: {wrong}" for wrong in misprinted(text)]
    return found


def forms(text):
    """What babel has of one text, or of a text for one and for many, as a list.

    Parameters
    ----------
    text : str or tuple of str
        ``id`` or ``string`` of a message.

    Returns
    -------
    list of str
    """
    return list(text) if isinstance(text, (list, tuple)) else [text]


def _braces(text):
    """The names in braces, with their forms: ``{share:value}``. A text that is no template has none.

    ``{town:de}`` is how French joins the name of a `datakit.language.Place`.
    """
    try:
        named = [(name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None]
        return {f"{name}:{'' if form in ('de', 'à') else form}" for name, form in named}
    except ValueError:
        return set()


# What French typography asks for (Lexique des règles typographiques en usage à l'Imprimerie nationale): a narrow
# no-break space before ; ! ?, a no-break space before : and within « », a decimal comma, an apostrophe that curves.
MISPRINTS = {
    "no narrow no-break space (U+202F) before ; ! ?": (
        r"(?<=[^\s\u202f!?(&])[;!?](?=[\s\u00a0)»*]|$)|[ \u00a0][;!?](?=\s|$)"
    ),
    "no no-break space (U+00A0) before :": r"(?<=[^\W\d_])(?<!https)(?<!http):(?=\s|$)| :(?=\s|$)",
    "« » without no-break spaces inside": r"«[^\u00a0\u202f]|[^\u00a0\u202f]»",
    "quotes that are not « »": r"(?<!\w=)[“”]",
    "a straight apostrophe": r"(?<=[^\W\d_])'(?=[^\W\d_])",
    "a decimal point": r"(?<![\w.])(?!3\.1[1-3]\b)\d+\.\d+(?![\w.])",
}
CODE = re.compile(r"`[^`]*`|\]\([^)]*\)|https?://\S+|\{[^}]*\}|<[^>]*>|&\w+;")


def misprinted(text):
    """Rules of French typography that a text breaks; code, addresses and names in braces are left out.

    Returns
    -------
    list of str
    """
    bare = CODE.sub("x", text)
    found = ((rule, re.search(pattern, bare)) for rule, pattern in MISPRINTS.items())
    return [f"{rule}: {bare[max(0, m.start() - 15) : m.end() + 10]!r}" for rule, m in found if m]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="rooms or chapters, for example trees 14_trees_risk; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing: say what is wrong")
    args = parser.parse_args()
    if unknown := set(args.names) - set(names()):
        parser.error(f"no {', '.join(sorted(unknown))}: there are {', '.join(names())}")
    problems, said, open_ = [], 0, 0
    for name in args.names or names():
        catalog = updated(name)
        problems += faults(catalog)
        said, open_ = said + len(catalog), open_ + sum("not translated" in fault for fault in faults(catalog))
        for file, data in zip(files(name), written(catalog), strict=True):
            if len(catalog) and (not file.exists() or file.read_bytes() != data):
                if args.check:
                    problems.append(f"{name}: {file.name} is out of date: make messages")
                else:
                    file.parent.mkdir(exist_ok=True)
                    file.write_bytes(data)
    for problem in problems if args.check or args.names else ():
        print(problem, file=sys.stderr)
    print(f"{said} texts, {open_} without French, {len(problems) - open_} other faults")
    return 1 if problems and args.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
