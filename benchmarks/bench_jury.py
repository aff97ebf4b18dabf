"""Two hundred dossiers verified on two processes, one of which is killed in the middle: each ends once, none is lost.

One good dossier is packed with four values of its parameter, and varied in its text until there are 200 of different
digests; every 20th answers otherwise in a sandbox, every 33rd lacks its lock. ``bench_jury.py`` verifies them on two
workers, kills one of these in the middle of a dossier, and verifies them again one after another in this process
(``--alone N`` takes only the first N for that): the verdicts must be equal but for times. Seconds a dossier are told
when 50, 100 and all 200 have ended; targets: a quarter more at 200 than at 50, in memory too.
"""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402

from datakit.jury.verdicts import FILE  # noqa: E402
from datakit.jury.verifying import verify_all  # noqa: E402
from datakit.run.watching import tree_memory  # noqa: E402
from tests import tampered  # noqa: E402

SLOWER = LARGER = 1.25
AT = (50, 100)
PARAMETERS = (1000, 500, 250, 100)
ASIDE = {"seconds": 0.0, "peak_memory": 0.0}


def dossiers(folder, n):
    """The zips, by their names in order."""
    bases = [packed(folder, f"per-{per}", per, tampered.ANSWERS) for per in PARAMETERS]
    other = packed(folder, "other", PARAMETERS[0], tampered.ANSWERS, tampered.OTHERWISE)
    (folder / "dossiers").mkdir()
    return [
        varied(bases[k % len(bases)] if k % 20 else other, folder / "dossiers" / f"dossier-{k:03}.zip", k)
        for k in range(1, n + 1)
    ]


def packed(folder, name, per, *cells):
    """The files of a dossier that was run and packed."""
    made = tampered.write(folder / name, *cells, per=per)
    return tampered.unzipped(tampered.pack(made, folder / f"{name}.zip", per=per))


def varied(base, path, k):
    """One dossier of its own: another title and text, and no lock where its number says so."""
    form = base["dossier.toml"].replace(b"Des arbres pour l", f"Dossier {k}, des arbres pour l".encode())
    files = {**base, "dossier.toml": form, "README.md": f"# Dossier {k}\n".encode()}
    if k % 33 == 0:
        del files["data.lock"]
    return tampered.zipped(path, tampered.described(files))


class Watch(threading.Thread):
    """Looks every half second: how many verdicts there are, how much memory all processes hold; kills one worker."""

    def __init__(self, output, kill_at):
        super().__init__(daemon=True)
        self.looks, self.killed, self._output, self._kill_at = [], None, output, kill_at
        self._over, self._clock = threading.Event(), time.perf_counter()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()

    def run(self):
        while not self._over.wait(0.5):
            done = len(list(self._output.glob(f"[!.]*/{FILE}")))
            self.looks.append((time.perf_counter() - self._clock, done, tree_memory(os.getpid())[0] / 1e6))
            if self._kill_at is not None and self.killed is None and done >= self._kill_at:
                self.killed = kill_worker()

    def until(self, n):
        """Seconds until ``n`` verdicts were there, and the peak of memory until then, MB."""
        seconds = next(at for at, done, _memory in self.looks if done >= n)
        return seconds, max(memory for at, _done, memory in self.looks if at <= seconds)


def kill_worker():
    """Kill a worker of this process that has a sandbox running; None where there is none at this moment."""
    for child in psutil.Process().children():
        if any(p.name() == "bwrap" for p in child.children(recursive=True)):
            os.kill(child.pid, signal.SIGKILL)
            return child.pid
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dossiers", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--alone", type=int, help="only so many one after another (default: all)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        os.environ["DATAKIT_CACHE"] = str(folder / "cache")
        zips = dossiers(folder, asked.dossiers)
        start = time.perf_counter()
        with Watch(folder / "many", len(zips) // 3) as watch:
            many = verify_all(zips, folder / "many", workers=asked.workers)
        seconds = time.perf_counter() - start
        leftover = [p.name for p in (folder / "many").iterdir() if p.name.startswith(".")]
        few = zips[: asked.alone]
        start = time.perf_counter()
        alone = verify_all(few, folder / "alone", workers=1)
        single = (time.perf_counter() - start) / len(few)
    print(f"{len(zips)} dossiers on {asked.workers} workers: {seconds:.0f} s; worker killed: {watch.killed}")
    print("verdicts:", dict(Counter(v.status for v in many.values())), "left behind:", leftover or "nothing")
    sizes = [n for n in AT if n < len(zips)] + [len(zips)]
    found = {n: watch.until(n) for n in sizes}
    for n, (at, memory) in found.items():
        print(f"  the first {n:>3}: {at:7.1f} s, {at / n:5.2f} s a dossier, {memory:6.0f} MB at most")
    print(f"one after another: {single:5.2f} s a dossier, of {len(few)}")
    slower = found[sizes[-1]][0] / sizes[-1] / (found[sizes[0]][0] / sizes[0])
    larger = found[sizes[-1]][1] / found[sizes[0]][1]
    print(f"growth from {sizes[0]} to {sizes[-1]}: seconds a dossier {slower:.2f} times, memory {larger:.2f} times")
    same = all(replace(many[name], **ASIDE) == replace(verdict, **ASIDE) for name, verdict in alone.items())
    once = sorted(many) == sorted(path.stem for path in zips)
    print(f"each ended once: {once}; equal to those of one process, times aside: {same}")
    return 0 if same and once and watch.killed and not leftover and slower < SLOWER and larger < LARGER else 1


if __name__ == "__main__":
    raise SystemExit(main())
