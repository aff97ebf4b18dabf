"""One hundred invented cities of 60,000 trees on two processes: seconds, memory, growth, and the same answers.

``bench_each.py [FOLDER]`` makes the cities in FOLDER unless they are there (two minutes and 150 MB), then has
``datakit run trees_diversity --each origins=...`` read and answer 10, 30 and all of them on two workers, each time with
an empty cache, and the 10 once more one after another in one process. Targets: seconds for each city grow by less than
a quarter from 10 to all, memory by less than a half, and ``answers.parquet`` is the same bytes.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.run.combining import run_each  # noqa: E402
from datakit.run.spreading import spread  # noqa: E402
from datakit.run.watching import tree_memory  # noqa: E402
from tools.make_sample import make  # noqa: E402

SLOWER, LARGER = 1.25, 1.5


def city(task):
    """Make one city, unless it is there."""
    if not (Path(task["folder"]) / "data.lock").exists():
        make(task["folder"], seed=task["seed"], themes=("trees",))
    return task["seed"]


class Memory(threading.Thread):
    """The most that this process and all that it started held at once, MB; shared pages count for each."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self._over = 0.0, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()

    def run(self):
        while not self._over.wait(0.5):
            self.peak = max(self.peak, tree_memory(os.getpid())[0] / 1e6)


def measured(cities, folder, chapter, workers):
    """One run over cities with an empty cache: seconds, peak memory, and the bytes of its answers."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        os.environ["DATAKIT_CACHE"] = f"{place}/cache"
        start = time.perf_counter()
        with Memory() as memory:
            where = {"output": f"{place}/report", "workers": workers}
            report = run_each([chapter], each={"origins": cities}, **where, progress=sys.stderr.isatty())
        seconds = time.perf_counter() - start
        if not report.ok:
            raise SystemExit("\n".join(n.summary() for one in report.combinations for n in one.notebooks if not n.ok))
        answers = (report.output / "answers.parquet").read_bytes()
        kernel = max(n.peak_memory for one in report.combinations for n in one.notebooks) / 1e6
    took = f"{seconds:7.1f} s, {seconds / len(cities):5.2f} s a city"
    print(
        f"{len(cities):>4} cities, processes: {workers}: {took}, {memory.peak:6.0f} MB, {kernel:5.0f} MB a kernel",
        flush=True,
    )
    return seconds / len(cities), memory.peak, answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--cities", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--chapter", default="trees_diversity")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        folder = Path(asked.folder or own).resolve()
        made = {f"city {k:03}": {"folder": str(folder / f"{k:03}"), "seed": k + 1} for k in range(asked.cities)}
        start = time.perf_counter()
        if not all(one.ok for one in spread(city, made, workers=asked.workers, progress=sys.stderr.isatty())):
            raise SystemExit("a city could not be made")
        print(f"{asked.cities} cities are there after {time.perf_counter() - start:.0f} s", flush=True)
        cities = [task["folder"] for task in made.values()]
        sizes = [n for n in (10, 30) if n < asked.cities] + [asked.cities]
        found = {n: measured(cities[:n], folder, asked.chapter, asked.workers) for n in sizes}
        alone = measured(cities[: sizes[0]], folder, asked.chapter, 1)
    first, last = found[sizes[0]], found[sizes[-1]]
    same = alone[2] == first[2]
    print(f"seconds a city, {sizes[-1]} against {sizes[0]}: {last[0] / first[0]:.2f} times, target {SLOWER}")
    print(f"memory, {sizes[-1]} against {sizes[0]}:         {last[1] / first[1]:.2f} times, target {LARGER}")
    print(f"{asked.workers} processes against one:      {alone[0] / first[0]:.2f} times as fast")
    told = "the same bytes" if same else "NOT the same"
    print(f"answers of {sizes[0]} cities on {asked.workers} processes and one after another: {told}")
    return 0 if same and last[0] / first[0] < SLOWER and last[1] / first[1] < LARGER else 1


if __name__ == "__main__":
    raise SystemExit(main())
