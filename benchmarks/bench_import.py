"""Seconds that a person waits before anything happens: ``import datakit`` and ``datakit --help``.

Each is a new process, best of several, less the start of Python itself for the import. Targets: under 0.1 s, and
under 0.3 s.
"""

import subprocess
import sys
import time

ROUNDS = 7


def best(*command):
    """The shortest of several runs of a command, in seconds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main():
    python = best("-c", "pass")
    imported = max(best("-c", "import datakit") - python, 0)  # within what two measurements differ by
    shown = best("-m", "datakit", "--help")
    print(f"python itself      {python:6.3f} s")
    print(f"import datakit     {imported:6.3f} s   target 0.1 s   {'ok' if imported < 0.1 else 'TOO SLOW'}")
    print(f"datakit --help     {shown:6.3f} s   target 0.3 s   {'ok' if shown < 0.3 else 'TOO SLOW'}")


if __name__ == "__main__":
    main()
