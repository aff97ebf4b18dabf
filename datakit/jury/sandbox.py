"""Foreign code in a sandbox that exists: bubblewrap, else podman. Without one, none is run.

Inside there is no network, no file of the host but the system's programs, this Python and what is mounted, all of it
read-only; no variable of the host's environment. One folder, ``/jury``, can be written: it is in memory, as large as
the limit says, and gone with the sandbox. What is said on the standard output is the only thing that comes out.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import datakit
from datakit.errors import DatakitError
from datakit.jury import syscalls
from datakit.jury.guarding import Ended, Guard
from datakit.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from datakit.settings import Limits

WORK = "/jury"
ACCOUNT = 65534  # nobody: limits on processes do not hold for root
INSIDE = 1000
OPEN_FILES = 512
INSTALL = "sudo apt-get install bubblewrap"
# A file of pip or conda may hold the password of an index.
OWN = {"bubblewrap": (), "podman": ("PATH", "HOME", "XDG_RUNTIME_DIR")}  # variables of the sandbox's own program
SECRETS = ("pip.conf", ".condarc", ".netrc")
SWITCHES = {
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
}


class NoSandbox(DatakitError):
    """No sandbox can be had here: foreign code is not run."""


@dataclass(frozen=True)
class Sandbox:
    """A program that makes sandboxes.

    Attributes
    ----------
    name : {"bubblewrap", "podman"}
    program : str
        Its path.
    options : str
        What its help says it can do.
    """

    name: str
    program: str
    options: str = field(default="", repr=False)


def find() -> Sandbox:
    """The sandbox of this machine, tried with a command that does nothing.

    Raises
    ------
    NoSandbox
        None is installed, or the one that is cannot work here: with what to do about it.
    """
    if not sys.platform.startswith("linux"):
        raise NoSandbox(
            _("sandbox"),
            _("the sandboxes that this kit knows are Linux’s: no foreign code is run here"),
            found=sys.platform,
            next=_("a Linux machine, or WSL 2 on Windows: {command}").format(command=INSTALL),
        )
    problem = None
    for name, program in (("bubblewrap", "bwrap"), ("podman", "podman")):
        if path := shutil.which(program):
            options = subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60).stdout
            trial = _trial(sandbox := Sandbox(name, path, options))
            if trial is None:
                return sandbox
            problem = problem or trial
    if problem:
        raise problem
    raise NoSandbox(
        _("sandbox"), _("no sandbox is installed: no foreign code is run without one"), found="-", next=INSTALL
    )


def _trial(sandbox):
    """Nothing where a sandbox works, else why not."""
    if sandbox.name == "bubblewrap" and "--size" not in sandbox.options:
        return NoSandbox(
            sandbox.program,
            _("this bubblewrap is too old: it cannot limit what is written"),
            expected="bwrap --size",
            next=_("a system as new as Debian 12"),
        )
    from datakit.settings import Limits

    small = Limits(1, 1, 10, seconds=30, memory_mb=500, processes=16, processors=1, disk_mb=1, tolerance_pct=1)
    try:
        ended = run(sandbox, [sys.executable, "-I", "-c", "import datakit; print('here')"], small)
    except OSError as error:
        ended = Ended(1, errors=str(error).encode())
    if ended.output.strip() == b"here":
        return None
    off = [name for name, value in SWITCHES.items() if _setting(name) == value]
    said = ended.errors.decode("utf-8", "replace").strip()[-400:]
    if off:
        what = _("this machine does not let ordinary programs make a sandbox: no foreign code is run")
        found = f"{off[0].replace('/', '.')} = {SWITCHES[off[0]]}; {said}"
        return NoSandbox(sandbox.program, what, found=found, next=_("docs/jury.md, “Not allowed here”"))
    what = _("the sandbox is installed, but does not work here: no foreign code is run")
    return NoSandbox(sandbox.program, what, found=said, next=_("docs/jury.md, “Not allowed here”"))


def _setting(name):
    with suppress(OSError):
        return Path("/proc/sys", name).read_text().strip()
    return None


def run(
    sandbox: Sandbox,
    command: Sequence[str],
    limits: Limits,
    mounts: Mapping[str, str | os.PathLike[str]] | None = None,
    environment: Mapping[str, str] | None = None,
    most_output: int = 1_000_000,
) -> Ended:
    """Run a command in the sandbox and wait for its end.

    Parameters
    ----------
    sandbox : Sandbox
    command : list of str
    limits : Limits
        Seconds, memory, processes, processors and disk of it hold.
    mounts : dict
        Folders and files of this machine by their place inside; read-only.
    environment : dict
        All of it, but for what every program needs.
    most_output : int
        Bytes: more is a reason to end it.

    Returns
    -------
    Ended
    """
    said = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": WORK, "USER": "jury"}
    said |= {"TMPDIR": f"{WORK}/tmp", "PYTHONNOUSERSITE": "1", **(environment or {})}
    with tempfile.TemporaryFile() as filtered, tempfile.TemporaryDirectory(prefix="datakit-jury-") as root:
        if code := syscalls.program():
            filtered.write(code)
            filtered.flush()
            filtered.seek(0)
        held = _limited(command, limits)
        if sandbox.name == "podman":
            words, descriptors = podman(sandbox, held, limits, mounts or {}, said, Path(root)), []
        else:
            descriptors = [filtered.fileno()] if code else []
            words = bubblewrap(sandbox, held, limits, mounts or {}, said, descriptors[0] if code else None)
        own = {name: os.environ[name] for name in OWN[sandbox.name] if name in os.environ}
        return Guard(_on_processors(words, limits), descriptors, limits, most_output, WORK, own).ended()


def _limited(command, limits):
    """The command under limits that each process of it inherits and cannot raise."""
    most = int(limits.memory_mb * 2e6)  # of one process, promised memory included: a guard for what grows between looks
    held = [f"--data={most}", f"--fsize={int(limits.disk_mb * 1e6)}", f"--nofile={OPEN_FILES}", "--core=0"]
    if _per_sandbox():
        held.append(f"--nproc={limits.processes}")
    return ["/usr/bin/prlimit", *held, "--", *command]


def _per_sandbox():
    """Whether the kernel counts the processes of a user namespace, not all of the account: since Linux 5.14."""
    return tuple(int(n) for n in os.uname().release.split("-")[0].split(".")[:2]) >= (5, 14)


def _on_processors(words, limits):
    allowed = sorted(os.sched_getaffinity(0))
    chosen = random.sample(allowed, min(limits.processors, len(allowed)))  # several sandboxes at once spread
    return ["/usr/bin/taskset", "-c", ",".join(map(str, chosen)), *words]


def python_folders() -> list[Path]:
    """Where this interpreter, its packages and the kit are: what is mounted beside the system."""
    there: list[str | Path] = [
        sys.base_prefix,
        sys.prefix,
        Path(sys.executable).resolve().parent.parent,
        Path(datakit.__file__).parent,
    ]
    there += [p for p in sys.path if p.endswith(("site-packages", "dist-packages")) and Path(p).is_dir()]
    found: list[Path] = []
    for folder in [Path(one) for one in there]:
        if folder not in found and not folder.is_relative_to("/usr"):
            found.append(folder)
    return sorted(found)  # what holds another comes before it


def _system() -> Iterator[tuple[str, str]]:
    """The system's programs: (``--ro-bind`` or ``--symlink``, path)."""
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            yield "--symlink", str(path)
        elif path.is_dir():
            yield "--ro-bind", str(path)
    for name in ("ld.so.cache", "alternatives", "localtime", "fonts"):
        if Path("/etc", name).exists():
            yield "--ro-bind", f"/etc/{name}"


def _view(mounts, at_home):
    """What is mounted, as words of bubblewrap; of a view that is made already, every source is its own place."""
    words = ["--ro-bind", "/usr", "/usr", "--perms", "0755", "--dir", "/etc"]
    for how, path in _system():
        words += [how, os.readlink(path) if how == "--symlink" else path, path]
    folders = [(str(folder), str(folder)) for folder in python_folders()]
    for place, source in [*folders, *((place, os.path.abspath(source)) for place, source in mounts.items())]:
        for above in [*reversed(Path(place).parents)][1:]:
            words += ["--perms", "0755", "--dir", str(above)]
        words += ["--ro-bind", source if at_home else place, place]
    for folder in python_folders():
        for name in SECRETS:
            if (folder / name).exists():
                words += ["--ro-bind", "/dev/null", str(folder / name)]
    return words


def bubblewrap(
    sandbox: Sandbox,
    command: Sequence[str],
    limits: Limits,
    mounts: Mapping[str, str | os.PathLike[str]],
    environment: Mapping[str, str],
    filtered: int | None,
) -> list[str]:
    """The command line of bubblewrap.

    As root, a first one makes only the view, which root alone may be able to read, and a second one, of an account
    without rights, is the sandbox: limits hold for it, and there is no root in it to become.

    Parameters
    ----------
    filtered : int, optional
        The file descriptor of `datakit.jury.syscalls.program`.
    """
    root = os.geteuid() == 0
    outer = []
    if root:
        rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        # Process numbers of its own, with a /proc that shows them: the end of the first of them is the end of all.
        outer = ["/usr/bin/setpriv", "--pdeathsig=KILL", "/usr/bin/unshare", "--pid", "--fork", "--kill-child"]
        outer += ["--mount-proc", sandbox.program, *rights, *_view(mounts, True), "--dir", "/tmp"]
        outer += ["--dev-bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--", "/usr/bin/setpriv"]
        outer += [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--"]
    words = [sandbox.program, "--unshare-all", "--unshare-user", "--uid", str(INSIDE), "--gid", str(INSIDE)]
    words += ["--die-with-parent", "--new-session", "--hostname", "jury", "--clearenv"]
    if "--disable-userns" in sandbox.options:
        words.append("--disable-userns")
    for name, value in environment.items():
        words += ["--setenv", name, value]
    size = str(int(limits.disk_mb * 1e6))
    view = _view(mounts, not root)
    words += [*view, "--proc", "/proc", "--dev", "/dev"]
    words += ["--size", str(64 << 20), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    words += ["--size", size, "--tmpfs", WORK, "--dir", f"{WORK}/tmp"]
    if "/tmp" not in view:  # it is, and read-only, where this kit or its Python stands in it
        words += ["--symlink", f"{WORK}/tmp", "/tmp"]
    words += ["--remount-ro", "/", "--chdir", WORK]
    if filtered is not None:
        words += ["--seccomp", str(filtered)]
    return [*outer, *words, "--", *command]


def podman(
    sandbox: Sandbox,
    command: Sequence[str],
    limits: Limits,
    mounts: Mapping[str, str | os.PathLike[str]],
    environment: Mapping[str, str],
    root: Path,
) -> list[str]:
    """The command line of podman: no image, but the system's own programs over an empty root.

    Parameters
    ----------
    root : Path
        An empty folder, which gets the places of what is mounted.
    """
    words = [sandbox.program, "run", "--rm", "--network=none", "--read-only", "--read-only-tmpfs=false"]
    words += [
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--hostname=jury",
        "--log-driver=none",
        "--no-hosts",
    ]
    words += [f"--memory={int(limits.memory_mb * 1e6)}b", f"--memory-swap={int(limits.memory_mb * 1e6)}b"]
    words += [
        f"--timeout={int(limits.seconds) + 1}",
        f"--pids-limit={limits.processes}",
        f"--cpus={limits.processors}",
        "--shm-size=64m",
    ]
    words += ["--env=" + f"{name}={value}" for name, value in environment.items()]
    shared = {"/usr": "/usr"}
    for how, path in _system():
        if how == "--symlink":
            (root / path.lstrip("/")).symlink_to(os.readlink(path))
        else:
            shared[path] = path
    shared |= {str(folder): str(folder) for folder in python_folders()}
    shared |= {place: os.path.abspath(source) for place, source in mounts.items()}
    for place, source in shared.items():
        there = root / place.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.mkdir(exist_ok=True) if Path(source).is_dir() else there.touch()
        words.append(f"--volume={source}:{place}:ro")
    for folder in ("proc", "dev", "sys", WORK[1:], "run", "etc"):
        (root / folder).mkdir(exist_ok=True)
    if not (root / "tmp").exists():
        (root / "tmp").symlink_to(f"{WORK}/tmp")
    words += [f"--tmpfs={WORK}:rw,nosuid,nodev,size={int(limits.disk_mb * 1e6)},mode=1777", f"--workdir={WORK}"]
    return [*words, "--rootfs", str(root), "/bin/sh", "-c", f'mkdir -p {WORK}/tmp; exec "$@"', "sh", *command]
