"""A newcomer's first click, for real: JupyterLab in a browser, a chapter, run all; every map is drawn, offline.

The server is an ordinary `jupyter lab`, the kernel a real one. Whatever the page asks for outside the server's own
address is blocked, and fails the test.
"""

import json
import os
import re
import subprocess
import sys
import threading
from queue import Empty, Queue

import browser
import nbformat
import pytest

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]
NOTEBOOK = "05_open_the_portal.ipynb"
READER, GUESTS = "reader", ("fr-FR", "en-GB")
START, RUN = 90, 180  # seconds that a slow machine may need to start JupyterLab, and to run the notebook


def without_outputs(root, folders):
    """Write the notebook without the outputs that it keeps, so that all that is seen is new; how many maps it kept."""
    notebook = nbformat.read(root / "notebooks" / NOTEBOOK, 4)
    kept = sum(
        "<iframe" in str(out.get("data", {}).get("text/html", ""))
        for cell in notebook.cells
        for out in cell.get("outputs", [])
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    for folder in folders:
        folder.mkdir()
        nbformat.write(notebook, folder / NOTEBOOK)
    return kept


@pytest.fixture(scope="module")
def lab(root, tmp_path_factory):
    """The address of a JupyterLab whose folder holds a copy of the notebook for each reader, how many maps it should
    draw, and the folder.
    """
    work, home = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("home")
    maps = without_outputs(root, [work / name for name in (READER, *GUESTS)])
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--port=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={work}",
    ]
    settings = {
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_CONFIG_PATH": str(root / ".jupyter"),  # as `make lab` has it
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "ws"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True)
    said, lines = [], Queue()

    def listen():
        for line in process.stderr:
            said.append(line)
            lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    address = None
    try:
        while address is None:
            line = lines.get(timeout=START)
            assert line is not None, "JupyterLab stopped:\n" + "".join(said)
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            address = found and found.group()
        yield address, maps, work
    except Empty:
        pytest.fail(f"JupyterLab gave no address within {START} s:\n" + "".join(said))
    finally:
        process.terminate()
        process.wait(20)


def open_page(running, address, name, **settings):
    """A reader's own copy in a browser of their own that reaches this server only, and what it asked for elsewhere."""
    context = running.new_context(viewport={"width": 1400, "height": 1000}, **settings)
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.abort()

    context.route(re.compile(f"^(?!{re.escape(address)}|data:|blob:|about:)"), refuse)
    page = context.new_page()
    page.set_default_timeout(START * 1000)
    page.goto(f"{address}lab/workspaces/{name}/tree/{name}/{NOTEBOOK}")
    page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
    return page, asked


def test_in_jupyterlab_run_all_draws_every_map_offline(lab, running, tmp_path):
    address, maps, work = lab
    assert maps
    page, asked = open_page(running, address, READER)
    expect.set_options(timeout=START * 1000)
    # Before the kernel has answered, "Run All Cells" does nothing and says nothing.
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    light = page.locator(".jp-NotebookPanel:visible .jp-Notebook-ExecutionIndicator")
    expect(light).to_have_attribute("data-status", "busy")
    expect(light).to_have_attribute("data-status", "idle", timeout=RUN * 1000)

    drawn = look_through(page, tmp_path)
    page.locator(".jp-NotebookPanel:visible [data-jp-item-name=save]").click()
    expect(page.locator(".lm-DockPanel-tabBar .jp-mod-dirty")).to_have_count(0)
    page.context.close()
    notebook = json.loads((work / READER / NOTEBOOK).read_text(encoding="utf-8"))
    code = [c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()]
    assert all(c["execution_count"] for c in code)
    errors = [o for c in code for o in c["outputs"] if o["output_type"] == "error"]
    assert errors == []
    assert len(drawn) == maps, f"{len(drawn)} maps drawn in JupyterLab, {maps} in the kept notebook: {drawn}"
    assert asked == []


@pytest.mark.parametrize(("locale", "file", "idle"), [("fr-FR", "Fichier", "Inactif"), ("en-GB", "File", "Idle")])
def test_a_guest_finds_their_language_no_news_and_nothing_changed(lab, running, tmp_path, locale, file, idle):
    page, asked = open_page(running, lab[0], locale, locale=locale)
    page.locator("#jp-main-statusbar").get_by_text(f"| {idle}").wait_for()
    page.get_by_role("menuitem", name=file, exact=True).wait_for()
    page.wait_for_timeout(3000)  # the kernel's answer, which would mark the tab, and a pop-up would be there by now
    assert page.locator(".lm-DockPanel-tabBar .jp-mod-dirty").count() == 0
    assert page.locator(".Toastify__toast").count() == 0
    page.screenshot(path=tmp_path / f"lab_{locale}.png")
    page.context.close()
    assert asked == []


def look_through(page, tmp_path):
    """Scroll through the notebook as a reader does, waiting at each map until it is drawn; the maps' alt texts."""
    drawn, cells = [], page.locator(".jp-NotebookPanel:visible .jp-Notebook")
    scroller = page.locator(".jp-NotebookPanel:visible .jp-WindowedPanel-outer")
    scroller.evaluate("e => e.scrollTo(0, 0)")
    while True:
        frames = cells.locator("iframe[srcdoc]")
        for i in range(frames.count()):
            element = frames.nth(i)
            title = element.get_attribute("title")
            if title in drawn:
                continue
            element.scroll_into_view_if_needed()
            frame = element.element_handle().content_frame()
            frame.wait_for_function(browser.DRAWN)
            drawn.append(title)
            element.screenshot(path=tmp_path / f"map{len(drawn)}.png")
        if scroller.evaluate("e => e.scrollTop + e.clientHeight >= e.scrollHeight - 5"):
            return drawn
        scroller.evaluate("e => e.scrollBy(0, e.clientHeight * 0.8)")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
