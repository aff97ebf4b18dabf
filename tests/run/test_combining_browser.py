"""The page that compares runs, in a browser: it sorts, reads on a phone, and axe-core finds nothing serious."""

import browser
import pytest

from datakit.run.combining import run_each
from tests.run.test_axe_browser import WIDTHS, violations
from tests.run.test_combining import executed, here  # noqa: F401  fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]


def test_the_page_sorts_and_reads_on_a_phone(here, executed):  # noqa: F811
    report = run_each(each={"k": [10, 9, 3], "origins": ["a", "b"]}, output="out", workers=1, progress=False)
    with browser.chromium() as started:
        opened = browser.Page(started, *WIDTHS["desktop"])
        opened.page.goto((report.output / "index.html").resolve().as_uri())
        table = opened.page.get_by_role("table", name="How many?").last  # of 20_fails, which fails where k is 9

        def column(name):
            heads = table.locator("thead th").all_inner_texts()
            place = next(i for i, head in enumerate(heads) if head.startswith(name))
            return [row.locator("td, th").nth(place).inner_text() for row in table.locator("tbody tr").all()]

        assert column("k") == ["10", "10", "9", "9", "3", "3"]
        head = table.get_by_role("button", name="trees")
        head.click()
        assert column("trees") == ["3", "3", "10", "10", "", ""]  # as numbers; what is missing comes last
        head.click()
        assert column("trees") == ["10", "10", "3", "3", "", ""]
        assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
        for size in WIDTHS.values():
            opened.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
            assert opened.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
            assert violations(opened.page)[0] == []
        opened.close()
