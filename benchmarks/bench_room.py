"""A room of forty on one laptop: each machine takes a mirror of 100 MB at once, from each server, killed or not.

    bench_room.py                     both servers, with and without a restart in the middle
    bench_room.py --people 20 --megabytes 30

The machines are threads of four processes and run the kit's own `datakit.data.transfer.Download`; all is on loopback,
on the same processors as the server: a Wi-Fi is slower than any figure here. What a server costs is the processor time
of its processes, and the highest of samples of their memory (PSS: shared pages are divided among those that share).
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from datakit.data import mirrors
from datakit.data.transfer import Download
from datakit.errors import Unreachable
from datakit.workshop import nginx

IDS = ("communes", "iris", "bdtopo-roads", "trees-dijon")
PROCESSES, PATIENCE = 4, 300


def make(folder, megabytes):
    """A mirror of noise."""
    chance = random.Random(1)
    for id in IDS:
        (folder / id).write_bytes(chance.randbytes(megabytes * 1_000_000 // len(IDS)))
        mirrors.add(folder / "mirror", id, folder / id, check=False)
    return folder / "mirror"


def begin(mirror, port, kind):
    """The server as a facilitator starts it: (process, address)."""
    command = [sys.executable, "-m", "datakit", "workshop", "serve", str(mirror), "--host", "127.0.0.1", "--port", port]
    command += ["--lang", "en"] + (["--no-nginx"] if kind == "kit" else [])
    server = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("served at"):
            base = line.split()[-1]
        if line.startswith("Ctrl-C"):
            return server, base
    raise SystemExit("the server did not start")


class Meter(threading.Thread):
    """Processor time and memory of a server and all that it started."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.root, self.seconds, self.memory, self.done = psutil.Process(pid), {}, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.2):
            try:
                family = [self.root, *self.root.children(recursive=True)]
                for one in family:
                    used = one.cpu_times()
                    self.seconds[one.pid] = used.user + used.system
                self.memory = max(self.memory, sum(one.memory_full_info().pss for one in family))
            except psutil.Error:
                continue


def machine(base, folder, files):
    """One machine takes all; (wrong files, how often the kit gave up, seconds)."""
    wrong, gave_up, start = 0, 0, time.monotonic()
    folder.mkdir()
    for path, digest in files.items():
        target = folder / path.replace("/", "-")
        while not target.exists():
            try:
                Download(path, folder)(f"{base}/{path}", target)
            except Unreachable:
                gave_up += 1
                if time.monotonic() - start > PATIENCE:
                    raise
                time.sleep(1)
        with target.open("rb") as file:
            wrong += hashlib.file_digest(file, "sha256").hexdigest() != digest
        target.unlink()
    return wrong, gave_up, time.monotonic() - start


def machines(base, folder, files, count):
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda number: machine(base, Path(folder) / str(number), files), range(count)))


def room(mirror, kind, people, restart, folder):
    """One row of the table."""
    entries = json.loads((mirror / "data.lock").read_text(encoding="utf-8"))["datasets"]
    files = {f"{id}/{entry['filename']}": entry["sha256"] for id, entry in entries.items()}
    server, base = begin(mirror, 0, kind)
    meter, start = Meter(server.pid), time.monotonic()
    meter.start()
    each = people // PROCESSES
    workers = []
    for number in range(PROCESSES):
        home = folder / f"{kind}-{restart}-{number}"
        home.mkdir()
        asked = json.dumps([base, str(home), files, each])
        workers.append(
            subprocess.Popen([sys.executable, __file__, "--worker", asked], stdout=subprocess.PIPE, text=True)
        )
    if restart:
        time.sleep(restart)
        server.kill()
        server.wait()
        time.sleep(2)
        server, _ = begin(mirror, base.rpartition(":")[2], kind)
    results = [row for worker in workers for row in json.loads(worker.communicate()[0])]
    seconds = time.monotonic() - start
    meter.done.set()
    meter.join()
    server.terminate()
    server.wait()
    wrong, gave_up = sum(row[0] for row in results), sum(row[1] for row in results)
    total = sum(entry["bytes"] for entry in entries.values()) * len(results)
    cost = "" if restart else f"{sum(meter.seconds.values()):6.1f} {meter.memory / 1e6:7.0f}"
    name = kind + (f", killed after {restart:.0f} s" if restart else "")
    print(
        f"{name:<24} {len(results):>6} {wrong:>6} {gave_up:>8} {seconds:>8.1f} {total / 1e6 / seconds:>6.0f} {cost}",
        flush=True,
    )
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        print(json.dumps(machines(*json.loads(args.worker))))
        return
    with tempfile.TemporaryDirectory() as folder:
        mirror = make(Path(folder), args.megabytes)
        print(f"{args.megabytes} MB for each of {args.people} machines, {psutil.cpu_count()} processors")
        columns = ("people", "wrong", "gave up", "seconds", "MB/s", "CPU s", "MB")
        print("{:<24} {:>6} {:>6} {:>8} {:>8} {:>6} {:>6} {:>7}".format("server", *columns))
        for kind in ["nginx", "kit"] if nginx.program() else ["kit"]:
            seconds = room(mirror, kind, args.people, 0, Path(folder))
            room(mirror, kind, args.people, seconds / 2, Path(folder))


if __name__ == "__main__":
    main()
