"""axe-core finds nothing serious on any page that the kit shows: report, chapters, maps, audit, citizens' page.

axe-core comes inside the package axe-playwright-python, by the hash of requirements-dev.lock: no network is needed.
What a program cannot judge (whether an alt text says what there is to see) is read by people.
"""

from importlib import resources

import browser
import nbformat
import pytest

import datakit
from datakit.run.executing import provenance_of, results_of
from datakit.run.report import index_page, notebook_page, title_of
from datakit.show import maps
from datakit.trees.checks.outcome import audit
from datakit.trees.citizens import page as citizens

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]
WIDTHS = {"desktop": (1400, 900), "phone": (390, 844)}
DRAWN = ("citizens", "map_")  # pages whose scripts draw for the window they are loaded in


def kept_chapters(root, folder):
    """The pages of the chapters as the kit keeps them, and the index of a report made of them."""
    notebooks = {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        nb = nbformat.read(path, 4)
        page = notebook_page(nb, path.stem, "ok", None)
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        notebooks[path.stem] = {
            "title": title_of(nb, path.stem),
            "status": "ok",
            "error": None,
            "seconds": 1.0,
            "peak_memory": 10**8,
            "page": True,
            "results": results_of(nb),
            "provenance": provenance_of(nb, []),
        }
    failed = {"ename": "DatakitError", "evalue": "the file is cut", "cell": 3, "line": "datakit.load('iris')"}
    notebooks["90_broken"] = {**notebooks["00_start_here"], "status": "failed", "error": failed, "title": "Broken"}
    run = {
        "notebooks": notebooks,
        "git_commit": "0" * 40,
        "git_changes": True,
        "started": "2026-11-01T10:00:00",
        "seconds": 60.0,
        "origins": ["sample"],
        "command": "datakit run --origins sample",
        "datakit": "0",
        "python": "3",
    }
    (folder / "index.html").write_text(index_page(run), encoding="utf-8")
    return ["index.html", *(f"{name}.html" for name in notebooks if name != "90_broken")]


@pytest.fixture(scope="module")
def pages(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    trees, communes = datakit.load("trees-dijon", "sample"), datakit.load("communes", "sample")
    found = audit(trees, area=communes)
    found.page(folder / "audit_en.html", lang="en")
    found.page(folder / "audit_fr.html", lang="fr")
    citizens.write_page(trees, folder / "citizens.html", outline=communes)
    words = {"title": "Communes", "caption": "One colour for each size.", "alt": "Map of 23 communes by area."}
    areas = communes.assign(area=communes.area / 1e6)
    maps.choropleth(areas, "area", unit="km²", labels="name", outline=communes, **words).save(folder / "map_areas.html")
    maps.points(trees, outline=communes, **words).save(folder / "map_points.html")
    names = kept_chapters(root, folder)
    return [folder / name for name in (*names, *sorted(p.name for p in folder.glob("[acm]*.html")))]


def violations(page):
    """What axe-core finds, as lines to read: what is serious or critical, and what is less."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    asked = "{resultTypes: ['violations'], iframes: false}"
    found = page.evaluate(f"() => axe.run(document, {asked}).then((all) => all.violations)")
    lines = {True: [], False: []}
    for one in found:
        where = [" ".join(map(str, node["target"])) + " | " + node["html"][:160] for node in one["nodes"][:3]]
        serious = one["impact"] in ("serious", "critical")
        lines[serious].append(
            f"{one['impact']} {one['id']} ({len(one['nodes'])}): {one['help']}\n    " + "\n    ".join(where)
        )
    return lines[True], lines[False]


# A page is told that its window has another width before its next picture is drawn, not before the driver goes on.
DRAWN_AGAIN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def looked(pages, running):
    """Of each width and page what axe-core finds, serious or not, and the pixels that it is wider than the window.

    A page is loaded once, wide, and made narrow as a window is; one that draws for the width it finds is loaded again.
    One window shows them all: in a new one the browser would compile axe-core again.
    """
    found = {width: {} for width in WIDTHS}
    opened = browser.Page(running)
    for path in pages:
        opened.resize(*WIDTHS["desktop"])
        opened.page.goto(path.resolve().as_uri())
        for width, size in WIDTHS.items():
            if width != "desktop":
                opened.resize(*size)
                if path.name.startswith(DRAWN):
                    opened.page.reload()
                else:
                    opened.page.evaluate(DRAWN_AGAIN)
            over = opened.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
            found[width][path.name] = (*violations(opened.page), over)
    opened.close()
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(looked, width):
    bad, wider = {}, {}
    for name, (serious, rest, over) in looked[width].items():
        if over > 0:
            wider[name] = over
        if serious:
            bad[name] = serious
        print(name, *serious, *rest, sep="\n  ")
    assert looked[width] and not wider
    assert not bad, "\n".join([name + "\n  " + "\n  ".join(found) for name, found in bad.items()])


def test_on_a_desktop_the_table_of_data_is_seen_whole(pages, running):
    opened = browser.Page(running, *WIDTHS["desktop"])
    opened.page.goto(pages[0].resolve().as_uri())
    hidden = opened.page.locator("#data + .scroll").evaluate("box => box.scrollWidth - box.clientWidth")
    used = opened.page.locator("#data-communes td").nth(5).inner_text()
    opened.close()
    assert hidden <= 0
    assert used.startswith("00, 05")


def test_on_a_phone_figures_are_read_by_scrolling_sideways(pages, running):
    for name, of in (("index", ".answer .dk-wide"), ("12_trees_structure", ".dk-wide")):
        opened = browser.Page(running, *WIDTHS["phone"])
        opened.page.goto(next(p for p in pages if p.stem == name).resolve().as_uri())
        boxes = opened.page.locator(of).evaluate_all(
            "all => all.map((box) => [box.firstChild.getBoundingClientRect().width, box.tabIndex, box.className])"
        )
        wide = [tabs for width, tabs, _ in boxes if width > 400]
        assert wide and set(wide) == {0}, name  # where there is more to see, the keyboard scrolls too
        assert all("more" in said for width, _, said in boxes if width > 400), name
        opened.close()
    opened = browser.Page(running, *WIDTHS["desktop"])
    opened.page.goto(next(p for p in pages if p.stem == "12_trees_structure").resolve().as_uri())
    assert set(opened.page.locator(".dk-wide").evaluate_all("all => all.map((box) => box.tabIndex)")) == {-1}
    opened.close()


def test_code_and_solutions_show_when_asked(root, tmp_path, running):
    opened = browser.Page(running, *WIDTHS["desktop"])
    nb = nbformat.read(root / "notebooks" / "solutions" / "05_open_the_portal.ipynb", 4)
    page = tmp_path / "05_open_the_portal.html"
    page.write_text(notebook_page(nb, page.stem, "ok", None), encoding="utf-8")
    opened.page.goto(page.as_uri())
    code, solution = opened.page.locator(".input_area").first, opened.page.locator(".celltag_solution").first
    for button, hidden in (("Show the code", code), ("Show solutions of the exercises", solution)):
        assert hidden.is_hidden()
        opened.page.get_by_role("button", name=button).click()
        assert hidden.is_visible()
        assert opened.page.get_by_role("button", name=button).get_attribute("aria-pressed") == "true"
    assert opened.page.get_by_role("button", name="Show the code").get_attribute("aria-pressed") == "true"
    opened.close()


def test_axe_would_find_what_is_wrong(running):
    opened = browser.Page(running)
    opened.page.set_content("<html><body><img src='data:,'><p style='color:#bbb'>grey</p></body></html>")
    serious, _ = violations(opened.page)
    opened.close()
    assert {line.split()[1] for line in serious} >= {"image-alt", "color-contrast", "html-has-lang"}
