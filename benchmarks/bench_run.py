"""The whole run against what it cannot beat: its slowest notebook alone, or half of the sum on two processors.

Also against the notebooks one after another under ``jupyter nbconvert --execute``, what people do without a runner.
Everything reads the sample through one warm cache. Target: within 1.3 times the lower bound. Each notebook's peak
memory is printed too; target: under 600 MB. ``bench_run.py [NAMES]`` takes fewer notebooks.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from datakit.run import running

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
TARGET, MEMORY = 1.3, 600e6


def seconds_of(call):
    start = time.perf_counter()
    done = call()
    return time.perf_counter() - start, done


def nbconvert(path, folder):
    words = ["--to=html", "--execute", "--log-level=ERROR", f"--output-dir={folder}", str(path)]
    subprocess.run([sys.executable, "-m", "nbconvert", *words], check=True, stderr=subprocess.DEVNULL)


def main():
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    if sys.argv[1:]:
        paths = [path for path in paths if path.stem in sys.argv[1:]]
    processors = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATAKIT_CACHE"] = f"{folder}/cache"
        os.environ["DATAKIT_ORIGINS"] = "sample"
        running.run(paths, output=f"{folder}/warm", progress=False)
        alone = {}
        for path in paths:
            alone[path.stem], _ = seconds_of(lambda p=path: running.run([p], output=f"{folder}/alone", progress=False))
        whole, report = seconds_of(lambda: running.run(paths, output=f"{folder}/warm", progress=False))
        apart, _ = seconds_of(lambda: [nbconvert(path, folder) for path in paths])
    print(f"{'notebook':<20}{'alone':>10}{'in the run':>12}{'peak memory':>14}")
    for one in report.notebooks:
        print(f"{one.name:<20}{alone[one.name]:>8.1f} s{one.seconds:>10.1f} s{(one.peak_memory or 0) / 1e6:>11.0f} MB")
    slowest, half = max(alone.values()), sum(alone.values()) / processors
    bound = max(slowest, half)
    print(f"\nslowest notebook alone                    {slowest:8.1f} s")
    print(f"sum over {processors} processors                      {half:8.1f} s")
    times = f"{whole / bound:.2f} times the larger of these two, target {TARGET}"
    print(f"the run, all notebooks                    {whole:8.1f} s   {times}")
    print(f"one after another, nbconvert --execute    {apart:8.1f} s   {apart / whole:.2f} times the run")
    heavy = [one.name for one in report.notebooks if (one.peak_memory or 0) > MEMORY]
    print(f"over {MEMORY / 1e6:.0f} MB: {', '.join(heavy) or 'none'}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
