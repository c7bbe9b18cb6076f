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

from command_line import run_pyvault, variables

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-d", "-i"],
    "fish": ["fish"],
    "dash": ["dash", "-i"],
    "busybox": ["busybox", "sh", "-i"],
}
PAUSE = 0.04  # seconds between two keys of a secret
FAST = 0.004  # and of a command, whose speed proves nothing
#: Made of characters that no shell, no program here and no question shows, so each one seen is an echo.
SECRET = "X`{X}}`X{``}X`X{}{X`"
HALF = SECRET[:10]
KEY_ID = "AKIATYPIST0000000000"
CONFIG = """
[profile base]
region = eu-west-1
[profile mfa]
source_profile = base
mfa_serial = arn:aws:iam::111111111111:mfa/m
"""
#: Of bash and zsh, of busybox where it keeps one, of fish.
HISTORIES = ("history", ".ash_history", ".local/share/fish/fish_history")
#: fish asks the terminal what it is, and waits; one that can do little is not asked.
TERM = "dumb"
#: What moves a cursor or names a window, as ECMA-48 and xterm have it.
CONTROL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[ -/]*[0-~])")


def furnish(home: Path) -> None:
    """Make a home with a vault that the secret opens, and a key of the profile ``base`` in it."""
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(CONFIG)
    (home / "given").write_text(SECRET)
    (home / "given").chmod(0o600)
    given = {"PYVAULT_PASSPHRASE_FILE": str(home / "given")}
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": "s" * 40}
    for words, more in ((("vault", "init"), {}), (("add", "--no-verify", "--no-add-config", "base", "--env"), keys)):
        ended = run_pyvault(home, *words, env=given | more)
        assert ended.code == 0, ended.err


class Typist:
    """Somebody at one of the shells.

    Attributes:
        shell: its name.
        shown: all that the terminal has shown.
    """

    def __init__(self, shell: str, home: Path, environ: dict[str, str | None] | None = None) -> None:
        if shutil.which(SHELLS[shell][0]) is None:
            pytest.skip(f"no {shell} here")
        self.shell = shell
        self.home = home
        self.shown = ""
        (home / ".zshrc").write_text("HISTSIZE=100 SAVEHIST=100\n")
        # Else fish begins to read all manual pages, for its completions.
        (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
        wanted = {
            "TERM": TERM,
            "PS1": "READY ",
            "PROMPT": "READY ",
            "HISTFILE": str(home / "history"),
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
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

    def enter(self, line: str, key: str = "\r") -> None:
        """Type a command and Enter."""
        self.type(f"{line}{key}", FAST)

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

    def ask(self, line: str, pattern: str, key: str = "\r") -> str:
        """Give what a command shows, from the first match of a pattern on."""
        self.enter(f"{line}; echo end''ed", key)
        start = len(self.shown)
        self.wait_for(r"ended\r?\n")
        found = re.search(pattern, self.shown[start:])
        return found.group() if found else ""

    def modes(self, key: str = "\r") -> set[str]:
        """Give the modes that the shell lets a program have."""
        told = self.ask("stty -a", r"(?s)speed .*", key)
        return set(re.split(r"[\s;]+", told)) & {"echo", "-echo", "icanon", "-icanon", "isig", "-isig"}

    def echoed(self) -> int:
        """Count the characters of a secret that the terminal has shown."""
        return sum(key in SECRET for key in CONTROL.sub("", self.shown))

    def has_foreground(self) -> bool:
        """Return whether the shell is in the terminal's foreground."""
        return os.tcgetpgrp(self._terminal.child_fd) == self._terminal.pid

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

    def exit(self) -> str:
        """End the shell, and return what it keeps of the lines that were typed."""
        self.enter("exit")
        self._terminal.expect(pexpect.EOF)
        kept = [self.home / history for history in HISTORIES]
        return "".join(file.read_text() for file in kept if file.exists())

    def leave(self) -> None:
        """Close the terminal."""
        self._terminal.close(force=True)
