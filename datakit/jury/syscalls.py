"""System calls that no notebook needs and that would get round a limit: a filter of them, as bubblewrap takes it.

A program in the form of the kernel's ``struct sock_filter`` (seccomp(2), bpf(2)). Memory that belongs to no process
(``memfd_create``, ``shmget``) would not be counted; ``sched_setaffinity`` would undo the number of processors; a new
namespace would come with rights to mount; the others are known ways into kernels.
"""

from __future__ import annotations

import errno
import platform
import struct

# Numbers of the two machines that the kit's packages have wheels for: linux/arch/x86/entry/syscalls/syscall_64.tbl and
# linux/include/uapi/asm-generic/unistd.h.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
REFUSED = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "sched_setaffinity": (203, 122),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
CLONE = (56, 220)
CLONE3 = (435, 435)
NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERROR = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # places in the kernel's struct seccomp_data
X32 = 0x40000000


def program() -> bytes | None:
    """The filter for this machine, or None where its numbers are not known."""
    if platform.machine() not in MACHINES:
        return None
    architecture, column = MACHINES[platform.machine()]
    refuse = _one(RETURN, ERROR | errno.EPERM)
    steps = [
        _one(LOAD, ARCHITECTURE),
        _one(EQUAL, architecture, 1, 0),
        _one(RETURN, KILL),
        _one(LOAD, NUMBER),
        *(_one(AT_LEAST, X32, 0, 1), refuse),
        # The C library falls back on clone, whose flags can be read here.
        *(_one(EQUAL, CLONE3[column], 0, 1), _one(RETURN, ERROR | errno.ENOSYS)),
    ]
    for numbers in REFUSED.values():
        steps += [_one(EQUAL, numbers[column], 0, 1), refuse]
    steps += [
        _one(EQUAL, CLONE[column], 0, 3),
        _one(LOAD, FIRST_ARGUMENT),
        *(_one(ANY_BIT, NAMESPACES, 0, 1), refuse),
        _one(RETURN, ALLOW),
    ]
    return b"".join(steps)


def _one(code, value, if_so=0, if_not=0):
    return struct.pack("=HBBI", code, if_so, if_not, value)
