"""The page of who is ready, in a browser: axe-core finds nothing, it fits a phone, and a code is typed on it."""

from importlib import resources

import browser
import pytest
from test_room import GOOD, Here, post, small_mirror

from datakit.workshop import codes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]


def test_the_page_is_accessible_fits_a_phone_and_takes_a_code(tmp_path):
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    axe = (resources.files(package) / "axe.min.js").read_text(encoding="utf-8")
    served = Here(small_mirror(tmp_path / "mirror"))
    try:
        for name, code in (
            ("tilleul-0412", GOOD),
            ("Les Ormes", codes.encode("23")),
            ("cèdre-8891", codes.encode("", "6")),
        ):
            assert post(served, name=name, code=code).ok
        with browser.chromium() as running:
            # The page forbids scripts to itself: axe-core comes from outside.
            context = running.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)
            page = context.new_page()
            for place in ("", "code"):
                page.goto(f"{served.base}/room/{place}")
                page.evaluate(axe)
                found = page.evaluate("axe.run()")["violations"]
                assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
                assert page.evaluate("document.documentElement.scrollWidth") <= 390
            page.goto(f"{served.base}/room/")
            page.get_by_role("link", name="follow").click()
            assert post(served, name="platane-0001", code=GOOD).ok
            page.get_by_text("3 of 4 ready").wait_for()  # by itself
            page.get_by_role("link", name="type a code").click()
            page.get_by_label("Invented name").fill("Tilia")
            page.get_by_label("Code").fill(GOOD.lower())
            page.get_by_role("button").click()
            page.get_by_text("4 of 5 ready").wait_for()
            page.screenshot(path=tmp_path / "room.png")
    finally:
        served.end()
