"""On Binder, for real: work is downloaded by a link in JupyterLab and, once the server has stopped, by a button."""

import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from queue import Queue

import browser
import nbformat
import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(bool(browser.why_not()), reason=browser.why_not() or ""),
]
SECONDS = 90
BINDER = {"BINDER_REPO_URL": "https://example.org/kit", "BINDER_LAUNCH_HOST": "https://mybinder.org/"}
CELLS = ("import datakit.workshop", "datakit.workshop.session()", "datakit.workshop.save()", "mine = 1")


@pytest.fixture
def lab(root, tmp_path):
    """A JupyterLab as binder/start would start it: its process, its address, the folder of a participant."""
    work, home = tmp_path / "work", tmp_path / "home"
    (work / "notebooks").mkdir(parents=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, work / "notebooks/mine.ipynb")
    settings = {
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_CONFIG_PATH": str(root / ".jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "ws"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", "--IdentityProvider.token="]
    process = subprocess.Popen(
        [str(root / "binder/start"), sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={work}"],
        env={**os.environ, **settings, **BINDER},
        cwd=root,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = Queue()
    threading.Thread(target=lambda: [lines.put(line) for line in process.stderr], daemon=True).start()
    try:
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/", lines.get(timeout=SECONDS))):
            pass
        yield process, found.group(), work
    finally:
        process.kill()
        process.wait(20)


def test_work_is_downloaded_before_and_after_the_server_stops(lab, tmp_path):
    process, address, work = lab
    with browser.chromium() as running:
        page = running.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(f"{address}lab/tree/notebooks/mine.ipynb")
        page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        link = page.locator(".jp-OutputArea a[download]")
        with page.expect_download() as downloaded:
            link.click()
        downloaded.value.save_as(tmp_path / "work.zip")
        said = page.locator(".jp-NotebookPanel:visible").inner_text()
        assert "after 10 minutes without activity" in said and "minutes old" in said

        page.locator(".jp-NotebookPanel:visible .cm-content").last.click()
        page.keyboard.type("\ntyped_last = 42")
        process.kill()
        process.wait(20)
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(state="detached")
        with page.expect_download() as downloaded:
            page.locator("[data-jp-item-name=downloadVisible]").locator("jp-button, button").first.click()
        downloaded.value.save_as(tmp_path / "mine.ipynb")
        page.screenshot(path=tmp_path / "stopped.png")
    with zipfile.ZipFile(tmp_path / "work.zip") as packed:
        assert packed.testzip() is None and "notebooks/mine.ipynb" in packed.namelist()
    kept = json.loads((tmp_path / "mine.ipynb").read_text(encoding="utf-8"))
    assert "typed_last = 42" in "".join(kept["cells"][-1]["source"])
    assert "typed_last" not in (work / "notebooks/mine.ipynb").read_text(encoding="utf-8")
