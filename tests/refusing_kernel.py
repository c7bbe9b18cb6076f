"""A kernel that refuses keys, as the filters of containers do.

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
START = "import os, sys; sys.path[:0] = [sys.argv[1]]; import refusing_kernel; refusing_kernel.refuse_keys(int(sys.argv[2])); os.execv(sys.argv[3], sys.argv[3:])"


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("rules", ctypes.c_void_p))


def refuse_keys(number: int) -> None:
    """Let each call for keys fail with this error, for this process and all that it starts, for good."""
    add_key, keyctl = NUMBERS[os.uname().machine]
    rules = [
        (LOAD, 0, 0, 0),
        (EQUAL, 1, 0, add_key),
        (EQUAL, 0, 1, keyctl),
        (RETURN, 0, 0, ERRNO | number),
        (RETURN, 0, 0, ALLOW),
    ]
    text = b"".join(struct.pack("HBBI", *each) for each in rules)
    kept = ctypes.create_string_buffer(text, len(text))
    program = _Program(len(rules), ctypes.addressof(kept))
    library = ctypes.CDLL(None, use_errno=True)
    assert library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert library.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(program), 0, 0) == 0


def refusing(number: int) -> tuple[str, ...]:
    """What starts a program for which the kernel refuses keys with this error."""
    return (sys.executable, "-c", START, str(Path(__file__).parent), str(number))
