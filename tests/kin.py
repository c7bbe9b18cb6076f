"""What Linux shows of a process and its descendants."""

from __future__ import annotations

from pathlib import Path


def family(pid: int) -> list[int]:
    """Return a process and all its descendants, parents first."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def shown(pid: int, what: str) -> bytes:
    """Return what a neighbour reads, such as "environ", "cmdline" or "maps".

    That is nothing where the kernel refuses, as it does to an ordinary user for what a server locks up.
    """
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except PermissionError:
        return b""
