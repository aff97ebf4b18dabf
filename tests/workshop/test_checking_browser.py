"""Each kind of verdict, and an answer key, in a browser: axe-core finds nothing, on a light page and on a dark one."""

import browser
import pytest

from datakit.workshop import checking, handouts
from tests.run.test_axe_browser import violations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]
VERDICTS = [
    checking.Verdict("99.1", state, "One does not belong: `Talant`.", "Hint 1 of 3: look at `joined`.")
    for state in checking.SIGNS
]


@pytest.fixture(scope="module")
def opened():
    """One page in one browser, for what is looked at in turn."""
    with browser.chromium() as running:
        yield browser.Page(running, 900, 1200)


def test_verdicts_are_readable_in_either_theme(opened):
    boxes = "".join(verdict._repr_html_() for verdict in VERDICTS)
    for ground, ink in (("#fff", "#000"), ("#111", "#fff")):
        head = f"<html lang='en'><title>Checks</title><body style='background:{ground};color:{ink}'>"
        opened.page.set_content(f"{head}<main><h1>Checks</h1>{boxes}</main></body></html>")
        assert violations(opened.page) == ([], [])
        assert opened.page.get_by_text("Talant").count() == len(VERDICTS)


def test_an_answer_key_is_readable_and_prints_on_a4(opened, tmp_path):
    for name, content in handouts.contents().items():
        if name.endswith(("00_start_here.html", handouts.KEYS)):
            (tmp_path / name.rpartition("/")[2]).write_bytes(content)
    for page in sorted(tmp_path.glob("*.html")):
        opened.page.goto(page.as_uri())
        assert violations(opened.page) == ([], [])
        assert opened.asked == []
        printed = opened.page.pdf(prefer_css_page_size=True)
        assert b"/MediaBox [0 0 594.95996 841.91998]" in printed or b"/MediaBox [0 0 595" in printed, "A4, in points"
