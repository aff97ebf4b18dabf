"""The sheet and the slides are the guide's own text, print on one page, and are read without a network."""

import re
import shutil
from itertools import pairwise
from pathlib import Path

import browser
import pytest

from datakit import cli
from datakit.errors import NotAsDescribed
from datakit.language import LANGUAGES, speaking
from datakit.workshop import guides

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = {"en": ("Sheet to print", "Half a day, by the minute")}
SECTIONS["fr"] = ("Feuille à imprimer", "Une demi-journée, minute par minute")
A4 = (595, 842)  # in points
needs_browser = pytest.mark.skipif(bool(browser.why_not()), reason=str(browser.why_not()))


def section(lang, title):
    text = (DOCS / guides.GUIDES[lang]).read_text(encoding="utf-8")
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


def plain(markdown):
    """Words as they are seen: without marks, and on one line."""
    return " ".join(re.sub(r"[*`|>]", "", markdown).split())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guides")
    for lang in LANGUAGES:
        (folder / lang).mkdir()
        with speaking(lang):
            for name, content in guides.contents(DOCS).items():
                (folder / lang / name).write_bytes(content)
    return folder


@needs_browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sheet_is_one_page_of_a4_and_has_all_of_its_section(made, running, lang):
    opened = browser.Page(running, 794, 1123)
    page = opened.page
    page.goto((made / lang / guides.SHEET).as_uri())
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = [float(side) for side in re.search(rb"/MediaBox\s*\[([^]]+)\]", pdf)[1].split()]
    assert box == pytest.approx([0, 0, *A4], abs=1)
    words = " ".join(page.inner_text("main").split())
    for paragraph in section(lang, SECTIONS[lang][0]).split("\n\n"):
        head, text = re.match(r"\*\*(.+?)\*\* (.*)", paragraph.strip(), re.DOTALL).groups()
        assert f"{plain(head).rstrip('.')} {plain(text)}" in words
    assert not opened.asked and not opened.complaints
    # Other machines have wider letters: with text a tenth larger it is still one page, and nothing stands out of it.
    page.emulate_media(media="print")
    page.add_style_tag(content="body { font-size: 17pt !important; } main { max-width: 182mm; }")
    assert page.evaluate(
        "[...document.querySelectorAll('main *')].every((e) => e.scrollWidth <= e.clientWidth + 1 || "
        "getComputedStyle(e).display === 'inline')"
    )
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
    opened.close()


@needs_browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_slides_are_a_page_to_read_where_there_is_no_network(made, running, lang):
    opened = browser.Page(running)
    page = opened.page
    with page.expect_event("requestfailed", lambda request: request.url.endswith("reveal.js")):
        page.goto((made / lang / guides.SLIDES).as_uri())
    table = [line for line in section(lang, SECTIONS[lang][1]).splitlines() if line.startswith("|")]
    slides = page.locator(".slides > section")
    texts = [" ".join(text.split()) for text in slides.all_inner_texts()]  # inner text: only what is seen
    assert texts[0] == f"{SECTIONS[lang][1]} OnDijon datakit" and len(texts) == 1 + len(table) - 2
    for row, text in zip(table[2:], texts[1:], strict=True):
        time, minutes, what, checkpoint = (plain(cell) for cell in row.strip("|").split("|"))
        assert text.startswith(time) and f" · {minutes} minutes " in text
        assert what.lower() in text.lower() and checkpoint.lower() in text.lower()
    assert all(slides.nth(i).bounding_box()["height"] > 50 for i in range(len(texts)))
    assert not page.evaluate("document.body.classList.contains('moving')")
    assert page.locator("html").get_attribute("lang") == lang
    assert all(url.startswith(guides.NETWORK) for url in opened.asked), "of the network nothing else is asked"
    opened.close()


@needs_browser
def test_slides_move_with_a_folder_beside_them_and_not_with_its_style_alone(made, running, tmp_path):
    dist = tmp_path / guides.REVEAL / "dist"
    dist.mkdir(parents=True)
    shutil.copy(made / "fr" / guides.SLIDES, tmp_path)
    (dist / "reveal.css").write_text(".slides > section { display: none; }", encoding="utf-8")
    opened = browser.Page(running)
    with opened.page.expect_event("requestfailed", lambda request: request.url == f"{guides.NETWORK}/dist/reveal.js"):
        opened.page.goto((tmp_path / guides.SLIDES).as_uri())
    assert opened.page.locator(".slides > section").first.is_visible()
    (dist / "reveal.js").write_text("window.Reveal = { initialize: (given) => { window.given = given; } };", "utf-8")
    opened.asked.clear()
    opened.page.reload()
    opened.page.wait_for_function("window.given")
    assert opened.page.evaluate("document.body.classList.contains('moving')") and not opened.asked
    assert not opened.page.locator(".slides > section").first.is_visible()  # its style is in force
    opened.close()


def test_the_end_of_each_step_is_the_beginning_of_the_next(made):
    text = (made / "en" / guides.SLIDES).read_text(encoding="utf-8")
    spans = re.findall(r"(\d+:\d\d)–(\d+:\d\d) ·", text)
    assert len(spans) == 9 and all(end == start for (_, end), (start, _) in pairwise(spans))


def test_the_same_guide_makes_the_same_files(made):
    with speaking("fr"):
        again = guides.contents(DOCS)
    assert again == {name: (made / "fr" / name).read_bytes() for name in again}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_guide_names_the_files(lang):
    text = (DOCS / guides.GUIDES[lang]).read_text(encoding="utf-8")
    for name in (guides.SHEET, guides.SLIDES, "index.html"):
        assert f"facilitators/{lang}/{name}" in text
    assert guides.VERSION in text and f"`{guides.REVEAL}`" in text


def test_one_command_writes_them_in_a_clone(made, tmp_path):
    assert cli.main(["workshop", "notebooks", str(tmp_path), "--lang", "fr"]) == 0
    for name in (guides.SHEET, guides.SLIDES):
        assert (tmp_path / "facilitators" / name).read_bytes() == (made / "fr" / name).read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "title", "expected"),
    [
        ("## Sheet to print", "## Paper", "Sheet to print", "same sections"),
        ("**", "", "Sheet to print", "words in bold"),
        ("| time | minutes |", "| time |", "Half a day", "four columns"),
        ("| 9:10 | 20 |", "| soon | 20 |", "Half a day", "four columns"),
    ],
)
def test_a_guide_that_was_written_otherwise_is_named(tmp_path, old, new, title, expected):
    for name in guides.GUIDES.values():
        text = (DOCS / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
    with speaking("en"), pytest.raises(NotAsDescribed, match=title) as caught:
        guides.contents(tmp_path)
    assert expected in caught.value.expected and "facilitator.md" in caught.value.subject
