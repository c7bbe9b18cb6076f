"""An interactive bash at a terminal, as a person has it."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pexpect

from command_line import variables as clean_variables

PROMPT = "PROMPT> "


class Shell:
    """An interactive bash at a terminal of its own."""

    def __init__(self, home: Path, environ: dict[str, str | None]) -> None:
        self.home = home
        self._bash = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "-i"],
            env=clean_variables(home, environ) | {"PS1": PROMPT, "TERM": "dumb", "HISTFILE": ""},
            cwd=str(home),
            encoding="utf-8",
            timeout=30,
            dimensions=(50, 250),
        )
        self._bash.expect_exact(PROMPT)

    def start(self, line: str) -> None:
        self._bash.sendline(line)

    def press(self, key: str) -> None:
        self._bash.send(key)

    def wait_for(self, pattern: str) -> tuple[str, ...]:
        self._bash.expect(pattern)
        found = self._bash.match
        assert isinstance(found, re.Match)
        return found.groups()

    def shown(self) -> str:
        """Give what was written until the next prompt."""
        self._bash.expect_exact(PROMPT)
        assert self._bash.before is not None
        return self._bash.before

    def codes(self) -> list[int]:
        """Give the exit codes of the pipeline that has ended."""
        self._bash.sendline("echo codes ${PIPESTATUS[@]}.")
        codes = self.wait_for(r"\ncodes ([\d ]+)\.\r\n")[0]
        self._bash.expect_exact(PROMPT)
        return [int(code) for code in codes.split()]

    def run(self, line: str) -> tuple[str, list[int]]:
        self.start(line)
        return self.shown().partition("\n")[2].replace("\r", ""), self.codes()

    def hang_up(self) -> None:
        self._bash.close(force=True)

    def others(self) -> list[str]:
        """List the processes with our home, apart from the shell."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if not entry.name.isdigit() or int(entry.name) == self._bash.pid:
                    continue
                if f"HOME={self.home}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        return found

    def wait_until_alone(self) -> None:
        until = time.monotonic() + 20
        while self.others() and time.monotonic() < until:
            time.sleep(0.02)
        assert self.others() == []
