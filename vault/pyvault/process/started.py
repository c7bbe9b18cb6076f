"""All that a configured command has started, to be ended with it.

The command stays in our process group: it has the terminal as we do, hears Ctrl-C, stops
at Ctrl-Z, and ends with us where ``timeout`` or a CI runner ends our group. So it has no
group to be ended by. What it has started is found from parent to child. Whose parent has
ended can't be found so: on Linux a mark in the environment finds him, which every process
hands on. Elsewhere he stays, as does whose parent has ended and whose environment is empty.

Who begins a session of his own, as agents and other daemons do, means to stay, and stays.
So does who runs as another user (``sudo``). On Windows the shell that runs the command ends alone.

Source: proc(5), /proc/PID/environ.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pyvault.process.family import descendants, list_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pyvault.process.family import Process

VARIABLE: Final = "PYVAULT_PROCESS_MARK"
ROUNDS: Final = 10  # some may be about to start others while they are looked for
LINUX: Final = sys.platform == "linux"


class Mark:
    """A word in the environment of one command and of all that it starts."""

    def __init__(self) -> None:
        """Choose a word that no other command has."""
        self._word = os.urandom(8).hex()

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what to add to the command's environment; the marks of commands above us stay in it."""
        return {VARIABLE: f"{environ.get(VARIABLE, '')} {self._word}".strip()}

    def end_all(
        self,
        command: int,
        *,
        processes: Callable[[], Mapping[int, Process]] = list_processes,
        marks: bool = LINUX,
    ) -> None:
        """Kill a command and every process of our session that it has started.

        They are stopped first, so that nobody can start another one unseen.

        Args:
            command: its number; nobody's is a child of ours once it was waited for.
            processes: lists all processes.
            marks: whether the environment of a process can be read.
        """
        if sys.platform == "win32":
            return
        stopped = set[int]()
        for _ in range(ROUNDS):
            found = descendants(command, of=os.getpid(), processes=processes())
            found = {process for process in found if _is_of_our_session(process)}
            if marks:
                found |= set(self._find_marked())
            if found <= stopped:
                break
            for process in found - stopped:
                _send(process, signal.SIGSTOP)
            stopped |= found
        for process in stopped:
            _send(process, signal.SIGKILL)

    def _find_marked(self) -> Iterator[int]:
        word = self._word.encode()
        for name in filter(str.isdecimal, os.listdir("/proc")):  # noqa: PTH208 - numbers, not paths
            with suppress(OSError):  # it has ended, or is somebody else's
                if _is_of_our_session(int(name)) and word in _environment(name):
                    yield int(name)


def _is_of_our_session(process: int) -> bool:
    try:
        return os.getsid(process) == os.getsid(0)
    except OSError:  # it has ended, or the system doesn't tell
        return False


def _send(process: int, number: int) -> None:
    with suppress(OSError):  # it has ended, or is another user's
        os.kill(process, number)


def _environment(process: str) -> bytes:
    with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123 - as above
        return file.read()
