"""A kernel that refuses keys, as the filters of containers do, or another process, as their limits do.

Sources: linux/filter.h, linux/seccomp.h, seccomp(2).
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from pyvault.login.kernel_keyring import NUMBERS

LOAD, EQUAL, RETURN, ALLOW, ERRNO = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER_MODE = 38, 22, 2
START = "import os, sys; sys.path[:0] = [sys.argv[1]]; import refusing_kernel; refusing_kernel.refuse(sys.argv[3], int(sys.argv[2])); os.execv(sys.argv[4], sys.argv[4:])"
KEYS, PROCESSES = "keys", "processes"

#: clone, fork, vfork and clone3; the machines without the two in the middle make them of the first.
FORKS = {"x86_64": (56, 57, 58, 435), "aarch64": (220, 435)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.c_void_p))


def refuse(what: str, number: int) -> None:
    """Let each call for keys, or for processes, fail with this error, for this process and all it starts, for good."""
    calls = (NUMBERS if what == KEYS else FORKS)[os.uname().machine]
    rules = [
        (LOAD, 0, 0, 0),
        *((EQUAL, len(calls) - place, 0, call) for place, call in enumerate(calls)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, ERRNO | number),
    ]
    text = b"".join(struct.pack("HBBI", *each) for each in rules)
    kept = ctypes.create_string_buffer(text, len(text))
    program = _Program(len(rules), ctypes.addressof(kept))
    library = ctypes.CDLL(None, use_errno=True)
    assert library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert library.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(program), 0, 0) == 0


def refusing(number: int, what: str = KEYS) -> tuple[str, ...]:
    """What starts a program for which the kernel refuses keys, or processes, with this error."""
    return (sys.executable, "-c", START, str(Path(__file__).parent), str(number), what)
