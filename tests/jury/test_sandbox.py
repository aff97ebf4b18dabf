"""The sandbox holds: what code in it tries, and what it gets."""

import ast
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from datakit.jury import sandbox, syscalls
from datakit.jury.sandbox import NoSandbox, Sandbox
from tests.jury import sandboxed
from tests.tampered import LIMITS

SHORT = replace(LIMITS, seconds=30)


def inside(code, limits=SHORT, **more):
    """Run Python in the sandbox."""
    return sandbox.run(sandboxed.needed(), [sys.executable, "-I", "-S", "-c", code], limits, **more)


TRIES = """
import ctypes, json, os, pathlib, signal, socket, sys
got = {}
def attempt(name, function):
    try:
        got[name] = repr(function())
    except BaseException as error:
        got[name] = type(error).__name__
def connect(address):
    return lambda: socket.create_connection(address, 3)
attempt("shadow", lambda: open("/etc/shadow").read())
attempt("passwd", lambda: open("/etc/passwd").read())
attempt("home", lambda: [name for name in os.listdir(HOME) if not PYTHON.startswith(f"{HOME}/{name}/")])
attempt("secret", lambda: open(SECRET).read())
attempt("first", lambda: open("/proc/1/environ").read())
attempt("processes", lambda: [int(p) for p in os.listdir("/proc") if p.isdigit()])
attempt("internet", connect(("192.0.2.1", 80)))
attempt("name", lambda: socket.gethostbyname("example.org"))
attempt("server", connect(("127.0.0.1", PORT)))
attempt("kit", lambda: open(KIT, "a"))
attempt("data", lambda: open("/given/file", "a"))
attempt("root", lambda: open("/left", "w"))
attempt("device", lambda: os.mknod("/jury/disk", 0o60600, os.makedev(8, 0)))
attempt("kill parent", lambda: [os.kill(pid, signal.SIGKILL) for pid in (PARENT, -1) if pid > 0])
attempt("become root", lambda: os.setuid(0))
attempt("more processors", lambda: os.sched_setaffinity(0, range(64)))
attempt("more memory", lambda: __import__("resource").setrlimit(__import__("resource").RLIMIT_DATA, (1 << 40, 1 << 40)))
libc = ctypes.CDLL(None, use_errno=True)
for name, number in CALLS.items():
    got[name] = libc.syscall(number, 0x10000000, 0, 0, 0, 0)
got["environment"] = sorted(os.environ)
got["read"] = open("/given/file").read()
print(json.dumps(got))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """One sandbox, in which all is tried at once."""
    import socket

    folder = tmp_path_factory.mktemp("host")
    (folder / "secret").write_text("a password")
    (folder / "file").write_text("data")
    os.environ["DATAKIT_AUTHOR"] = "somebody"
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            names = {
                "HOME": str(Path.home()),
                "PYTHON": sys.base_prefix + "/",
                "SECRET": str(folder / "secret"),
                "PORT": server.getsockname()[1],
                "KIT": sandbox.__file__,
                "PARENT": os.getpid(),
                "CALLS": {n: syscalls.REFUSED[n][_column()] for n in ("memfd_create", "unshare", "shmget", "ptrace")},
            }
            code = "".join(f"{name} = {value!r}\n" for name, value in names.items()) + TRIES
            ended = inside(code, mounts={"/given/file": folder / "file"})
    finally:
        del os.environ["DATAKIT_AUTHOR"]
    assert (ended.code, ended.why) == (0, ""), ended.errors
    assert (folder / "file").read_text() == "data"
    return ast.literal_eval(ended.output.decode())


def _column():
    return syscalls.MACHINES[os.uname().machine][1]


def test_the_hosts_files_are_not_there(tried):
    assert [tried[name] for name in ("shadow", "passwd", "secret")] == ["FileNotFoundError"] * 3
    assert tried["home"] in ("FileNotFoundError", "[]"), "but for the way to this Python"
    assert tried["read"] == "data", "but what is given can be read"


def test_there_is_no_network_and_not_the_hosts_own_server_either(tried):
    assert tried["internet"] == "OSError" and tried["name"] == "gaierror"
    assert tried["server"] == "ConnectionRefusedError"


def test_nothing_of_the_hosts_environment_or_processes_is_seen(tried):
    assert set(tried["environment"]) <= {
        "PATH",
        "LANG",
        "HOME",
        "USER",
        "TMPDIR",
        "PYTHONNOUSERSITE",
        "PWD",
        "LC_CTYPE",
    }
    assert "somebody" not in tried["first"] and str(Path.home()) not in tried["first"]
    assert len(ast.literal_eval(tried["processes"])) <= 3
    assert tried["kill parent"] == "ProcessLookupError"


def test_nothing_can_be_written_but_its_own_folder_and_no_right_be_had(tried):
    assert {tried[name] for name in ("kit", "data", "root")} <= {"OSError", "PermissionError"}
    assert {tried[name] for name in ("device", "become root", "more processors")} <= {"OSError", "PermissionError"}
    assert tried["more memory"] in ("ValueError", "PermissionError")
    assert {tried[name] for name in ("memfd_create", "unshare", "shmget", "ptrace")} == {-1}
    assert not Path("/left").exists()


@pytest.mark.parametrize(
    ("code", "limit", "why"),
    [
        ("while True: pass", {"seconds": 0.5}, "time"),
        (
            "import time\nkept = []\nwhile True: kept.append(b'x' * 20_000_000); time.sleep(0.03)",
            {"memory_mb": 200},
            "memory",
        ),
        ("while True: print('x' * 100_000)", {}, "output"),
        ("for n in range(10**7): open(f'/jury/{n}', 'w').close()", {}, "files"),
    ],
)
def test_what_takes_more_than_the_limits_is_ended(code, limit, why, monkeypatch):
    from datakit.jury import guarding

    monkeypatch.setattr(guarding, "MOST_FILES", 2000)
    ended = inside(code, replace(SHORT, **limit))
    assert ended.why == why and ended.code != 0 and len(ended.output) <= 1_000_000
    assert ended.seconds < 20


def test_many_small_processes_count_together():
    code = "import os, time\nfor n in range(12):\n  if not os.fork():\n    kept = b'x' * 30_000_000; time.sleep(60)\n"
    ended = inside(code + "time.sleep(60)", replace(SHORT, memory_mb=150))
    assert ended.why == "memory" and ended.peak_memory > 150e6


def test_a_fork_bomb_gets_no_more_processes_than_the_limit_and_nothing_outlives_the_sandbox():
    code = """
import os, time
made = 0
try:
    while True:
        if not os.fork():
            os.setsid(); time.sleep(600)
        made += 1
except OSError:
    print(made, flush=True)
"""
    ended = inside(code, replace(SHORT, processes=20))
    assert 10 <= int(ended.output) < 20, ended
    left = [p.info["name"] for p in psutil.process_iter(["name", "cmdline"]) if "os.setsid()" in str(p.info["cmdline"])]
    assert left == []


def test_what_is_written_is_bounded_in_one_file_and_in_all():
    code = """
import os
def fill(name):
    with open(name, "wb") as file:
        try:
            while True:
                file.write(b"x" * 1_000_000); file.flush()
        except OSError as error:
            return error.errno
places = "/jury/one", os.environ["TMPDIR"] + "/two"
print([*map(fill, places), sum(map(os.path.getsize, places))])
"""
    ended = inside(code, replace(SHORT, disk_mb=10))
    *_, size = said = ast.literal_eval(ended.output.decode())
    assert size <= 11e6 and said[0] in (27, 28) and said[1] == 28, said  # EFBIG, ENOSPC


def test_a_kit_that_stands_among_temporary_files_has_a_sandbox_too(monkeypatch):
    sandboxed.needed()
    usual = sandbox.python_folders()
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        monkeypatch.setattr(sandbox, "python_folders", lambda: [*usual, Path(place)])
        code = f"import os\nprint(os.access('/tmp', os.W_OK), os.listdir({place!r}), os.access('/jury/tmp', os.W_OK))"
        ended = inside(code, SHORT)
    assert ended.output.decode().strip() == "False [] True", ended


def test_without_a_sandbox_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(NoSandbox, match="sudo apt-get install bubblewrap"):
        sandbox.find()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(NoSandbox, match="Linux"):
        sandbox.find()


def test_one_that_is_installed_and_not_allowed_says_which_setting_it_is(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(
        "#!/bin/sh\n[ $1 = --help ] && echo --size && exit\necho 'bwrap: setting up uid map' >&2; exit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program) if name == "bwrap" else None)
    with pytest.raises(NoSandbox) as error:
        sandbox.find()
    assert "setting up uid map" in error.value.found and "Not allowed here" in error.value.next
    monkeypatch.setattr(sandbox, "_setting", lambda name: "1" if "apparmor" in name else None)
    with pytest.raises(NoSandbox, match="apparmor_restrict_unprivileged_userns = 1"):
        sandbox.find()
    program.write_text("#!/bin/sh\necho nothing\n")
    with pytest.raises(NoSandbox, match="too old"):
        sandbox.find()


def test_podman_is_taken_where_there_is_no_bubblewrap_and_its_limits_are_the_same(tmp_path, monkeypatch):
    words = sandbox.podman(Sandbox("podman", "/usr/bin/podman"), ["true"], LIMITS, {"/given": tmp_path}, {}, tmp_path)
    for option in (
        *("--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"),
        *("--memory=700000000b", "--memory-swap=700000000b", "--pids-limit=64", "--cpus=2", "--timeout=61"),
        *("--volume=/usr:/usr:ro", f"--volume={tmp_path}:/given:ro"),
    ):
        assert option in words, option
    assert any("size=60000000" in word for word in words if word.startswith("--tmpfs=/jury"))
    assert words[-1] == "true" and all(word.endswith(":ro") for word in words if word.startswith("--volume"))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/true" if name == "podman" else None)
    monkeypatch.setattr(sandbox, "_trial", lambda one: None)
    assert sandbox.find().name == "podman"


ORPHAN = """
import sys
import time
from datakit.jury import sandbox
from tests.tampered import LIMITS
sandbox.run(sandbox.find(), [sys.executable, "-I", "-S", "-c", "import time; time.sleep({seconds})"], LIMITS)
"""


def test_a_sandbox_does_not_outlive_who_started_it(root):
    """A worker that is killed asks nobody: as root, too, whose sandbox is another account's."""
    sandboxed.needed()
    seconds = 40 + os.getpid() / 1e6  # told apart from any other's
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ["PYTHONPATH"]])}
    starter = subprocess.Popen([sys.executable, "-c", ORPHAN.format(seconds=seconds)], env=environment)

    def there():
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                found += [process] if process.cmdline()[-1:] == [f"import time; time.sleep({seconds})"] else []
        return found

    def wait_until(condition):
        until = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < until
            time.sleep(0.05)

    wait_until(lambda: any(process.name().startswith("python") for process in there()))
    starter.kill()
    starter.wait()
    wait_until(lambda: not there())
