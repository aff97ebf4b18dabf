"""The chapters in French: the same code, prose and answers in French, and nothing left in English."""

import html
import re

import nbformat
import pytest
from lingua import Language, LanguageDetectorBuilder

from datakit.data.provenance import ANSWER_MIME
from tools import build_notebooks as build
from tools import make_messages as messages

ROOT = build.ROOT
CARDS = tuple((ROOT / "datakit" / "catalog").rglob("*.json"))
NAMES = tuple(sorted(path.stem for path in (ROOT / "notebooks" / "src").glob("*.py")))
EDITIONS = ("", "solutions/")
WORDS = 4  # of fewer, a guess of the language is one
# Text that is English wherever it is read: titles of publications, names, keys, and code; and French taken for it.
ENGLISH = re.compile(r"est de type date|\(\d{4}\)|\bet al\.|https?://|METRIA|`|GeoReport|Moran's I")
# Datasets have one name in both languages.
IDS = re.compile(r"\b(?:" + "|".join(sorted((card.stem for card in CARDS), key=len, reverse=True)) + r")\b")
TAGS = re.compile(r"<(style|script|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)


@pytest.fixture(scope="module")
def english():
    """Whether a text is English."""
    detector = LanguageDetectorBuilder.from_languages(Language.ENGLISH, Language.FRENCH).build()

    def told(text):
        text = IDS.sub("", text)
        words = re.findall(r"[^\W\d_]{2,}", text)
        if len(words) < WORDS or ENGLISH.search(text):
            return False
        return detector.compute_language_confidence(text, Language.ENGLISH) > 0.8

    return told


def read(name, lang="fr/", edition=""):
    return nbformat.read(ROOT / "notebooks" / f"{lang}{edition}{name}.ipynb", as_version=4)


@pytest.mark.parametrize("name", NAMES)
def test_the_french_chapter_is_its_source_translated_and_executed(name):
    assert build.differences(name, lang="fr") == []


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", NAMES)
def test_code_cells_are_the_same_byte_for_byte(name, edition):
    ours, theirs = (
        [c.source for c in read(name, lang, edition).cells if c.cell_type == "code"] for lang in ("", "fr/")
    )
    assert ours == theirs


def answers(nb):
    return [o.data[ANSWER_MIME] for c in nb.cells for o in c.get("outputs", []) if ANSWER_MIME in o.get("data", {})]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", NAMES)
def test_no_answer_says_a_word_of_english(name, edition, english):
    said = [
        one[part]
        for one in answers(read(name, edition=edition))
        for part in ("question", "sentence", "cannot_say", "alt", "why")
    ]
    assert [text for text in said if english(text)] == []
    assert not [(text, wrong) for text in said for wrong in messages.misprinted(text)]


@pytest.mark.parametrize("name", NAMES)
def test_a_french_page_has_no_english_sentence(name, english):
    """Prose, and what outputs show: captions, headers, notes, legends of maps, verdicts of checks."""
    nb = read(name)
    prose = [text for c in nb.cells if c.cell_type == "markdown" for text in messages.prose(c.source)]
    shown = []
    for output in (o for c in nb.cells for o in c.get("outputs", [])):
        page = output.get("data", {}).get("text/html", "")
        shown += [html.unescape(piece).strip() for piece in re.split(r"\n|\x00", TAGS.sub("\x00", page))]
        shown += str(output.get("text", "")).splitlines()
    assert [text for text in [*prose, *shown] if english(text)] == []


def figures(nb):
    return [[(f["name"], f["value"]) for f in one["figures"] if not isinstance(f["value"], str)] for one in answers(nb)]


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_the_same_figures(name, edition):
    assert figures(read(name, "", edition)) == figures(read(name, "fr/", edition))
