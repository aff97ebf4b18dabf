"""Which lines of the lock hold where, and which wheels serve them."""

import pytest

from datakit.workshop import wheelhouse
from datakit.workshop.wheelhouse import Line


@pytest.mark.parametrize(
    ("system", "python", "there", "absent"),
    [
        ("windows", "3.12", {"pywinpty", "colorama", "aiohttp"}, {"appnope", "pexpect", "zipp"}),
        ("macos", "3.11", {"appnope", "pexpect", "zipp"}, {"pywinpty", "aiohttp"}),
        ("linux", "3.13", {"pexpect"}, {"pywinpty", "appnope", "aiohttp", "zipp"}),
    ],
)
def test_the_lines_of_the_lock_for_a_system_and_a_python(root, system, python, there, absent):
    found = wheelhouse.lines((root / "requirements.lock").read_text(encoding="utf-8"), system, python)
    names = {line.name for line in found}
    assert there <= names and not absent & names and {"pandas", "jupyterlab", "setuptools"} <= names
    assert all(line.version and line.hashes for line in found)


@pytest.mark.parametrize(
    ("tag", "serves"),
    [
        ("py3-none-any", {"windows 3.11", "windows 3.13", "macos 3.11", "macos 3.13", "linux 3.11", "linux 3.13"}),
        ("cp39-abi3-win_amd64", {"windows 3.11", "windows 3.13"}),
        ("cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64", {"linux 3.11"}),
        ("cp313-cp313-macosx_11_0_universal2", {"macos 3.13"}),
        ("cp313-cp313-macosx_15_0_arm64", set()),  # newer than the oldest that is served
        ("cp313-cp313-manylinux_2_34_x86_64", set()),
        ("cp313-cp313t-manylinux_2_28_x86_64", set()),  # Python without a global lock
        ("cp313-cp313-musllinux_1_2_x86_64", set()),
    ],
)
def test_which_wheel_serves_whom(tag, serves):
    wanted = [Line("a-b", "1.0", frozenset())]
    targets = [(system, python) for system in wheelhouse.ROOM for python in ("3.11", "3.13")]
    found = {f"{s} {p}" for s, p in targets if not wheelhouse.missing([f"A_B-1.0-{tag}.whl"], wanted, s, p)}
    assert found == serves
    assert wheelhouse.missing([f"a_b-1.1-{tag}.whl"], wanted, *targets[0]) == wanted
