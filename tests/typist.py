"""A person at a shell with a terminal of its own, who types as people do: key after key."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pexpect
import pytest

from command_line import variables

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config"],
    "dash": ["dash", "-i"],
    "busybox": ["busybox", "sh", "-i"],
}
PAUSE = 0.04  # seconds between two keys of a secret
FAST = 0.004  # and of a command, whose speed proves nothing
#: fish asks the terminal what it is, and waits; one that can do little is not asked.
TERM = "dumb"


class Typist:
    """Somebody at one of the shells.

    Attributes:
        shown: all that the terminal has shown.
    """

    def __init__(self, shell: str, home: Path, environ: dict[str, str | None] | None = None) -> None:
        if shutil.which(SHELLS[shell][0]) is None:
            pytest.skip(f"no {shell} here")
        self.home = home
        self.shown = ""
        wanted = {
            "TERM": TERM,
            "PS1": "READY ",
            "PROMPT": "READY ",
            "HISTFILE": str(home / "history"),
            **(environ or {}),
        }
        self._terminal: pexpect.spawn[str] = pexpect.spawn(
            SHELLS[shell][0],
            SHELLS[shell][1:],
            env=variables(home, wanted),
            cwd=str(home),
            encoding="utf-8",
            timeout=40,
            dimensions=(50, 200),
        )
        self._terminal.delaybeforesend = None
        self._marks = 0
        self.settle()

    def type(self, text: str, pause: float = PAUSE) -> None:
        """Type it at the speed of a person."""
        for key in text:
            self._terminal.send(key)
            time.sleep(pause)

    def enter(self, line: str) -> None:
        """Type a command and Enter."""
        self.type(f"{line}\r", FAST)

    def wait_for(self, pattern: str) -> None:
        """Wait until it is shown."""
        self._terminal.expect(pattern)
        self.shown += f"{self._terminal.before}{self._terminal.after}"

    def settle(self) -> None:
        """Wait until the shell does what is typed."""
        self._marks += 1
        time.sleep(0.3)
        self.enter(f"echo mark''{self._marks}")
        self.wait_for(rf"mark{self._marks}\r?\n")

    def ask(self, line: str, pattern: str) -> str:
        """Give what a command shows, from the first match of a pattern on."""
        self.enter(f"{line}; echo end''ed")
        start = len(self.shown)
        self.wait_for(r"ended\r?\n")
        found = re.search(pattern, self.shown[start:])
        return found.group() if found else ""

    def modes(self) -> set[str]:
        """Give the modes that the shell lets a program have."""
        told = self.ask("stty -a", r"(?s)speed .*")
        return set(re.split(r"[\s;]+", told)) & {"echo", "-echo", "icanon", "-icanon", "isig", "-isig"}

    def send_signal(self, number: signal.Signals, words: str) -> None:
        """Send a signal to the program of ours that has these words."""
        for pid in self.programs(words):
            os.kill(pid, number)

    def programs(self, words: str) -> list[int]:
        """List the processes with our home and these words."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and f"HOME={self.home}".encode() in (entry / "environ").read_bytes().split(
                    b"\0"
                ):
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    if words in line and "python" in line:
                        found.append(int(entry.name))
        return found

    def wait_until_over(self, words: str) -> None:
        """Wait until no program of ours has these words."""
        until = time.monotonic() + 20
        while self.programs(words) and time.monotonic() < until:
            time.sleep(0.02)
        assert self.programs(words) == []

    def leave(self) -> None:
        """Close the terminal."""
        self._terminal.close(force=True)
