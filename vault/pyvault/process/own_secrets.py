"""Keep the secrets of a long-lived process from other programs of its user (Linux).

``/proc/PID/environ`` shows what a process was started with to every program of the
same user for as long as it lives, and a fork shows its parent's. So the values of
secret variables are overwritten where the kernel reads them, before the first fork;
Python's own copies stay. Then the memory is closed: a process that is not dumpable
can't be read or traced by others of the same user. Root still reads all memory.

A limit on core files is no substitute: the program would inherit it.

Source: proc(5), /proc/PID/stat fields 50 and 51; prctl(2), PR_SET_DUMPABLE.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pyvault.process.scrub_environment import SECRET_VARIABLES, opens_backend

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What signs requests or opens an endpoint; a profile's credentials may come from it.
AWS_SECRETS: Final = frozenset(
    {
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    }
)
PR_SET_DUMPABLE: Final = 4
_ENVIRONMENT_FIELDS: Final = slice(47, 49)  # 50 and 51 of stat(5), counted after the name, which may contain blanks


def hide_variables() -> None:
    """Overwrite the values of secret variables in this process's initial environment.

    ``os.environ`` keeps them. Does nothing on other systems, which show the environment to
    nobody else, or elsewhere.
    """
    if sys.platform != "linux":
        return
    import ctypes

    for address, length in _secret_values():
        ctypes.memset(address, 0, length)


def close_memory() -> None:
    """Make this process and its forks unreadable for other programs of its user; not what it executes."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _secret_values() -> Iterator[tuple[int, int]]:
    """Yield address and length of each secret's value; a variable may be there twice."""
    import ctypes

    with suppress(OSError, ValueError):  # without /proc nothing is shown either
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123 - no pathlib where every millisecond counts
            start, end = map(int, file.read().rpartition(b")")[2].split()[_ENVIRONMENT_FIELDS])
        address = start
        for entry in ctypes.string_at(start, end - start).split(b"\0"):
            name, sign, value = entry.partition(b"=")
            if sign and _is_secret(name.decode(errors="replace")):
                yield address + len(name) + 1, len(value)
            address += len(entry) + 1


def _is_secret(name: str) -> bool:
    return (
        name in SECRET_VARIABLES or name in AWS_SECRETS or name.startswith("AWS_BEARER_TOKEN_") or opens_backend(name)
    )
