"""A unit test starts no process; it is refused here, whoever starts it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

STARTS = frozenset({"subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"})
_running: set[str] = set()


def _refuse(event: str, _: object) -> None:
    if _running and event in STARTS:
        raise AssertionError(f"{event}: what starts a process belongs into tests/processes")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def no_process(request: pytest.FixtureRequest) -> Iterator[None]:
    _running.add(request.node.nodeid)
    yield
    _running.clear()
