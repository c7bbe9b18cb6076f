"""Whether a process group belongs to what a program has started."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Process(NamedTuple):
    """Where a process stands."""

    parent: int
    group: int


def is_below(group: int, program: int) -> bool:
    """Return whether a process of the group is the program, or descends from it."""
    return in_family(group, program, dict(_processes()))


def in_family(group: int, program: int, processes: Mapping[int, Process]) -> bool:
    """Return the same, decided from a list of all processes."""
    for member in [pid for pid, process in processes.items() if process.group == group]:
        seen, each = set[int](), member
        while each in processes and each not in seen:
            if each == program:
                return True
            seen.add(each)
            each = processes[each].parent
    return False


def _processes() -> Iterator[tuple[int, Process]]:
    return _of_proc() if os.path.exists("/proc/self/stat") else _of_ps()  # noqa: PTH110 - as light as can be


def _of_ps() -> Iterator[tuple[int, Process]]:
    import subprocess

    told = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,pgid="], capture_output=True, check=False).stdout
    for line in told.splitlines():
        pid, parent, group = map(int, line.split())
        yield pid, Process(parent, group)


def _of_proc() -> Iterator[tuple[int, Process]]:
    """Read them from ``/proc``. Source: proc(5), /proc/PID/stat, fields 4 and 5."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - as light as can be
        if name.isdigit():
            with suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - it may have ended
                _state, parent, group = file.read().rpartition(b")")[2].split()[:3]
                yield int(name), Process(int(parent), int(group))
