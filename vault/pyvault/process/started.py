"""All that a configured command has started, to be ended with it (Linux).

The command stays in our process group: it has the terminal as we do, hears Ctrl-C, stops
at Ctrl-Z, and ends with us where ``timeout`` or a CI runner ends our group. So it has no
group to be ended by, and whose parent has ended can't be found from parent to child any
more. What finds them is a mark in the environment, which every process hands on.

Who begins a session of his own, as agents and other daemons do, means to stay, and stays.
Not found either: who runs as another user (``sudo``) or has emptied his environment.
Elsewhere than on Linux nobody is found, and the shell that runs the command ends alone.

Source: proc(5), /proc/PID/environ.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE: Final = "PYVAULT_PROCESS_MARK"
ROUNDS: Final = 10  # some may be about to start others while they are looked for


class Mark:
    """A word in the environment of one command and of all that it starts."""

    def __init__(self) -> None:
        """Choose a word that no other command has."""
        self._word = os.urandom(8).hex()

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what to add to the command's environment; the marks of commands above us stay in it."""
        return {VARIABLE: f"{environ.get(VARIABLE, '')} {self._word}".strip()}

    def end_all(self) -> None:
        """Kill every process of our session that has the mark."""
        if sys.platform != "linux":
            return
        for _ in range(ROUNDS):
            found = list(self._find())
            for process in found:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)
            if not found:
                return

    def _find(self) -> Iterator[int]:
        ours, word = os.getsid(0), self._word.encode()
        for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - numbers, not paths
            with suppress(OSError):  # it has ended, or is somebody else's
                if os.getsid(int(name)) == ours and word in _environment(name):
                    yield int(name)


def _environment(process: str) -> bytes:
    with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123 - as above
        return file.read()
