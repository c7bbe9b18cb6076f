"""How much memory this process can still use.

Source: proc(5), /proc/meminfo; the kernel's cgroup-v1/memory and cgroup-v2 documents.
"""

from __future__ import annotations

from pathlib import Path

from pyvault.interruptions import pass_interruption
from pyvault.record import Record

KIB = 1024
PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
UNLIMITED = 1 << 60  # bytes; version 1 writes "no limit" as about 2^63


class Memory(Record):
    """Memory in KiB; None if unknown.

    Attributes:
        total: the most that the machine or the cgroup has.
        available: what can be allocated now without swapping or being killed.
    """

    total: int | None
    available: int | None


class _Group(Record):
    """The files of one cgroup version."""

    limit: str
    usage: str
    cache: tuple[str, ...]  # lines of memory.stat: pages that the kernel reclaims before it kills


V2 = _Group(limit="memory.max", usage="memory.current", cache=("inactive_file", "active_file"))
V1 = _Group(
    limit="memory.limit_in_bytes",
    usage="memory.usage_in_bytes",
    cache=("total_inactive_file", "total_active_file"),
)


def find_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> Memory:
    """Return the memory of the machine within the limits of every cgroup of this process; never fails."""
    meminfo = _table(proc / "meminfo")
    totals = [meminfo.get("MemTotal:")]
    rooms = [meminfo.get("MemAvailable:")]
    for directory, group in _groups(proc, cgroups):
        limit = _number(directory / group.limit)
        if limit is None or limit >= UNLIMITED:
            continue
        totals.append(limit // KIB)
        usage = _number(directory / group.usage)
        if usage is not None:
            stat = _table(directory / "memory.stat")
            reclaimable = sum(stat.get(line, 0) for line in group.cache)
            rooms.append(max(limit - max(usage - reclaimable, 0), 0) // KIB)
    return Memory(total=_least(totals), available=_least(rooms))


def _groups(proc: Path, cgroups: Path) -> list[tuple[Path, _Group]]:
    found: list[tuple[Path, _Group]] = []
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            root, group = cgroups, V2
        elif "memory" in controllers.split(","):
            root, group = cgroups / "memory", V1
        else:
            continue
        # In a container the path is the host's, and the files at the root are ours.
        here = root / path.lstrip("/")
        found += [(place, group) for place in (here, *here.parents) if place == root or root in place.parents]
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as exc:
        pass_interruption(exc)
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isascii() and text.isdecimal() else None  # "max" is no number


def _table(path: Path) -> dict[str, int]:
    rows = (line.split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) >= 2 and row[1].isdecimal()}


def _least(numbers: list[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)
