"""The private names of ``_ctypes`` and the public module do the same in this Python."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

import pytest

from pyvault.login.kernel_keyring import NUMBERS
from pyvault.login.system_call import SystemCalls, from_ctypes, from_private_names

WAYS = [from_private_names, from_ctypes]
#: ``getpid`` and ``read`` by machine; sources as of the numbers of keys.
GETPID_READ = {"x86_64": (39, 0), "aarch64": (172, 63)}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in NUMBERS or sys.maxsize < 2**32,
    reason="has other system calls",
)


@pytest.fixture(params=WAYS)
def calls(request: pytest.FixtureRequest) -> SystemCalls:
    way: Callable[[], SystemCalls] = request.param
    return way()


def test_a_number_comes_back(calls: SystemCalls) -> None:
    getpid, _ = GETPID_READ[os.uname().machine]
    assert calls(getpid) == os.getpid()


def test_bytes_come_back_in_a_buffer(calls: SystemCalls) -> None:
    _, read = GETPID_READ[os.uname().machine]
    out, into = os.pipe()
    os.write(into, b"hello")
    buffer = calls.buffer(8)
    assert calls(read, out, buffer, 8) == 5
    assert bytes(buffer.raw) == b"hello\0\0\0"
    os.close(out)
    os.close(into)


def test_a_refusal_has_its_number(calls: SystemCalls) -> None:
    _, read = GETPID_READ[os.uname().machine]
    with pytest.raises(OSError, match="Bad file descriptor") as refused:
        calls(read, -1, calls.buffer(1), 1)
    assert refused.value.errno == errno.EBADF
