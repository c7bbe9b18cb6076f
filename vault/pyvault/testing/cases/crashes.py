"""A writer that is killed in the middle leaves the old value or the new."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from pyvault.names import ItemName, Kind
from pyvault.secret import Secret
from pyvault.testing.child import is_payload, payload, start_child

if TYPE_CHECKING:
    from pyvault.testing.subject import Capabilities, MakeBackend, Subject

KILLS = 6
LONGEST_LIFE = 0.15  # seconds after its first write; a kill comes anywhere in it
SIZE = 2000  # bytes; fits every backend that promises the 2 560 of Windows


class CrashCases:
    """SIGKILL, at moments spread by a seeded generator."""

    def test_a_killed_writer_leaves_a_whole_value(
        self, subject: Subject, make_backend: MakeBackend, capabilities: Capabilities
    ) -> None:
        """Never half of one, never none, never one that was acknowledged and forgotten."""
        capabilities.need("multi_process")
        capabilities.need("atomic_replace")
        size = min(SIZE, capabilities.max_size or SIZE)
        chance = random.Random(4)  # noqa: S311 - spreads the kills, the same way each time
        name = ItemName(Kind.CREDENTIAL, "prod")
        backend = make_backend()
        backend.put(name, Secret(payload(0, size)))
        backend.close()
        for _ in range(KILLS):
            acknowledged = _write_and_die(subject, chance.uniform(0, LONGEST_LIFE), size)
            survivor = make_backend()
            value = survivor.get(name).reveal()
            assert is_payload(value, size), "half a value was left"
            assert int(value[:8]) >= acknowledged, "an acknowledged write was lost"
            assert survivor.names() == [name]
            survivor.put(name, Secret(payload(0, size)))  # and it can go on
            survivor.close()


def _write_and_die(subject: Subject, life: float, size: int) -> int:
    """Let a child write until it is killed; gives the number of its last acknowledged write."""
    child = start_child(subject, work="rewrite", label="prod", times=100_000, size=size)
    try:
        if child.stdout is None:
            raise AssertionError("a pipe was asked for")
        lines = [child.stdout.readline(), child.stdout.readline()]  # "ready", and the first write
        time.sleep(life)
        child.kill()
        lines += child.stdout.readlines()
        _, errors = child.communicate()
        assert lines[1], errors
    finally:
        child.kill()
        child.wait()
    return max(int(line) for line in lines if line.strip().isdigit())
