"""The whole run against what it cannot beat: its slowest chapter alone, or half of the sum on two processors.

Also against the chapters one after another under ``jupyter nbconvert --execute``, what people do without a runner.
Everything reads the sample through one warm cache. Targets: within 1.3 times the lower bound, each chapter alone under
30 s and 450 MB (what Binder guarantees). With Chromium, how high the report's pages are, code folded, at 1,400 and 390
pixels of width. ``bench_run.py [NAMES]`` takes fewer chapters.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import browser

from datakit.run import running

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
TARGET, MEMORY, SECONDS = 1.3, 450e6, 30
WIDTHS = (1400, 390)


def seconds_of(what, call):
    """How long a call takes, said at once: the whole takes a quarter of an hour."""
    start = time.perf_counter()
    done = call()
    seconds = time.perf_counter() - start
    print(f"{what}: {seconds:.1f} s", file=sys.stderr)
    return seconds, done


def nbconvert(path, folder):
    words = ["--to=html", "--execute", "--log-level=ERROR", f"--output-dir={folder}", str(path)]
    subprocess.run([sys.executable, "-m", "nbconvert", *words], check=True, stderr=subprocess.DEVNULL)


def code(path):
    """Lines of code, cells of code, and lines of the longest of them."""
    cells = [c.source.splitlines() for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    return sum(map(len, cells)), len(cells), max(map(len, cells))


def heights(pages):
    """How many pixels high each page is, for each width."""
    if browser.why_not():
        return {page: ["-"] * len(WIDTHS) for page in pages}
    found = {page: [] for page in pages}
    with browser.chromium() as chromium:
        for width in WIDTHS:
            for page in pages:
                one = browser.Page(chromium, width=width)
                one.page.goto(page.resolve().as_uri())
                found[page].append(one.page.evaluate("document.documentElement.scrollHeight"))
                one.context.close()
    return found


def main():
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    if sys.argv[1:]:
        paths = [path for path in paths if path.stem in sys.argv[1:]]
    processors = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATAKIT_CACHE"] = f"{folder}/cache"
        os.environ["DATAKIT_ORIGINS"] = "sample"

        def run(what, chosen):
            return seconds_of(what, lambda: running.run(chosen, output=f"{folder}/report", progress=False))

        run("all chapters, to fill the cache", paths)
        alone = {path.stem: run(path.stem, [path])[0] for path in paths}
        whole, report = run("all chapters", paths)
        apart, _ = seconds_of("nbconvert, one after another", lambda: [nbconvert(path, folder) for path in paths])
        pages = heights([report.output / f"{path.stem}.html" for path in paths])
    heads = ("lines", "cells", "longest", "alone", "in the run", "peak memory", *(f"at {w} px" for w in WIDTHS))
    print(f"{'chapter':<26}" + "".join(f"{head:>12}" for head in heads))
    for path, one in zip(paths, report.notebooks, strict=True):
        numbers = "".join(f"{n:>12}" for n in code(path))
        seconds = f"{alone[one.name]:>10.1f} s{one.seconds:>10.1f} s{(one.peak_memory or 0) / 1e6:>9.0f} MB"
        print(
            f"{one.name:<26}{numbers}{seconds}"
            + "".join(f"{n:>9} px" for n in pages[report.output / f"{path.stem}.html"])
        )
    slowest, half = max(alone.values()), sum(alone.values()) / processors
    bound = max(slowest, half)
    print(f"\nslowest chapter alone                     {slowest:8.1f} s   target under {SECONDS} s, start included")
    print(f"sum over {processors} processors                      {half:8.1f} s")
    times = f"{whole / bound:.2f} times the larger of these two, target {TARGET}"
    print(f"the run, all chapters                     {whole:8.1f} s   {times}")
    print(f"one after another, nbconvert --execute    {apart:8.1f} s   {apart / whole:.2f} times the run")
    heavy = [one.name for one in report.notebooks if (one.peak_memory or 0) > MEMORY]
    print(f"over {MEMORY / 1e6:.0f} MB: {', '.join(heavy) or 'none'}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
