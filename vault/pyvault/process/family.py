"""What a program has started, and what that has started, as far as their parents live."""

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
    return in_family(group, program, list_processes())


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


def descendants(program: int, *, of: int, processes: Mapping[int, Process]) -> set[int]:
    """Return a program and all below it, decided from a list of all processes.

    Args:
        program: nobody, if it is not a child of *of*: its number was given to another process.
        of: who started it.
        processes: each by its number.
    """
    if program not in processes or processes[program].parent != of:
        return set()
    below, found = set[int](), {program}
    while found:
        below |= found
        found = {pid for pid, process in processes.items() if process.parent in found} - below
    return below


def list_processes() -> dict[int, Process]:
    """Return all processes of this machine that can be seen."""
    return dict(_processes())


def _processes() -> Iterator[tuple[int, Process]]:
    return _of_proc() if os.path.exists("/proc/self/stat") else list_by_ps()  # noqa: PTH110 - as light as can be


def list_by_ps() -> Iterator[tuple[int, Process]]:
    """Yield the same where there is no ``/proc`` as Linux has it: macOS and the BSDs. Source: ps(1), POSIX."""
    import subprocess

    with suppress(OSError):  # a system without it tells of nobody
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
