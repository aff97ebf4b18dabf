"""A headless Chromium for tests and benchmarks: everything outside a page is blocked, and what it asked for is kept."""

import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

# The first is the same engine without the parts of a browser that nobody sees here: half the processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable():
    """Path of a Chromium: ``CHROMIUM``, the system's, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def why_not():
    """Why no browser test can run here, or None."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return None if executable() else f"no Chromium found ({', '.join(NAMES)}; or set CHROMIUM)"


@contextmanager
def chromium():
    """A running browser, closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Page:
    """One page, with its console, its errors and every address it asked for."""

    def __init__(self, browser, width=1000, height=600, blocked=True):
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.asked, self.complaints = [], []
        if blocked:
            self.context.route("**/*", self._gate)
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def _gate(self, route):
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:", "about:")):
            route.continue_()
        else:
            self.asked.append(url)
            route.abort()

    def resize(self, width, height):
        self.page.set_viewport_size({"width": width, "height": height})

    def open(self, path):
        """Load a file; wait until the map has drawn something. Returns the seconds until then."""
        start = time.perf_counter()
        self.page.goto(Path(path).resolve().as_uri(), wait_until="commit")
        self.page.wait_for_function(DRAWN, polling="raf")
        return time.perf_counter() - start

    def close(self):
        self.context.close()


# A map has drawn when a shape, a bubble, or a dot on one of its canvases is there.
DRAWN = """() => {
  if (document.querySelector('path.leaflet-interactive, .leaflet-marker-icon')) return true;
  for (const c of document.querySelectorAll('canvas')) {
    if (!c.width) continue;
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    for (let i = 3; i < d.length; i += 4) if (d[i]) return true;
  }
  return false;
}"""

# The longest time between two frames, and the longest task, since `start`.
WATCH = """() => {
  window.__frames = []; window.__tasks = [];
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    window.__frames.push(now - last);
    last = now;
    window.__raf = requestAnimationFrame(tick);
  };
  window.__raf = requestAnimationFrame(tick);
  window.__observer = new PerformanceObserver((l) => l.getEntries().forEach((e) => window.__tasks.push(e.duration)));
  window.__observer.observe({entryTypes: ['longtask']});
}"""
WATCHED = """() => {
  cancelAnimationFrame(window.__raf); window.__observer.disconnect();
  const most = (list) => Math.max(0, ...list);
  return {frame: most(window.__frames.slice(1)), task: most(window.__tasks), frames: window.__frames.length};
}"""


def pan(page, rounds=6):
    """Drag the map to and fro, as a hand does; milliseconds of the longest frame and of the longest task."""
    box = page.locator(".leaflet-container").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(WATCH)
    for i in range(rounds):
        dx, dy = ((160, 60), (-220, -30), (120, -90), (-160, 80), (200, 30), (-100, -50))[i % 6]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + dx, y + dy, steps=20)
        page.mouse.up()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.evaluate(WATCHED)
