"""What workers of other processes are asked to do in tests: functions that they can import."""

import os
import signal
import time
from pathlib import Path

from datakit.errors import WrongUse
from datakit.language import _


def note(task):
    """Write down that this task was begun, by whom."""
    with open(task["log"], "a", encoding="utf-8") as log:  # one short line: written in one piece
        log.write(f"{task['n']} {os.getpid()}\n")


def begun(log):
    """The tasks that were begun, in their order, with the process of each."""
    lines = Path(log).read_text(encoding="utf-8").splitlines() if Path(log).exists() else []
    return [(int(n), int(pid)) for n, pid in map(str.split, lines)]


def square(task):
    """What tasks do: give a value, raise, or end their worker."""
    note(task)
    if task.get("raises"):
        raise WrongUse("task", _("wrong use"), found=str(task["n"]))
    if task.get("unsaid"):
        return float("nan")
    if task.get("ends"):
        os.kill(os.getpid(), signal.SIGKILL)
    if waits := task.get("until"):
        while not Path(waits).exists():
            time.sleep(0.02)
    return {"n": task["n"], "square": task["n"] ** 2, "pair": (1, 2)}


def tasks(log, n=6, **special):
    """Tasks for `square`; ``s4={...}`` says more of the task 4."""
    made = {f"task {k}": {"n": k, "log": str(log)} for k in range(n)}
    for name, marks in special.items():
        made[f"task {name[1:]}"] |= marks
    return made
