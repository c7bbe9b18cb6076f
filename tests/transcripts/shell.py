"""A bash at a terminal of 80 columns, in which a session is played."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path

import pexpect

from transcripts.page import HIDDEN, Turn
from transcripts.screen import Substitutions, shown

PATIENCE = 20.0  # seconds without a word after which a command counts as hanging
QUIET = 1.5  # seconds without a word after which a line that isn't ended is a question, where none is known
#: A window title, which nothing else here sets, tells the shell's own prompt from such text elsewhere.
READY, MORE = "\x1b]0;ready\x07", "\x1b]0;more\x07"
#: Where something was typed; private characters, which nobody writes.
MARK = re.compile("\ue000(\\d+)\ue001")
CONTROLS = {"^C": "c", "^D": "d"}


class Shell:
    """Somebody at a shell, who answers what they are asked."""

    def __init__(
        self, home: Path, environ: Mapping[str, str], values: Mapping[str, str], substitutions: Substitutions
    ) -> None:
        """Start it.

        Args:
            home: where it starts.
            environ: its variables.
            values: what the names in a page's answers stand for. Those of secrets and passphrases may never be seen.
            substitutions: what is written down otherwise than it is shown.
        """
        self._values = values
        self._substitutions = substitutions
        self._bash: pexpect.spawn[str] = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "--noediting", "-i"],
            env={
                **environ,
                "PS1": READY + "$ ",
                "PS2": MORE + "> ",
                "PROMPT_COMMAND": '(code=$?; [ "$code" -eq 0 ] || echo "[exit code $code]")',
                "HISTFILE": "",
            },
            cwd=str(home),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(24, 80),
        )
        self._bash.delaybeforesend = None
        self._bash.expect_exact(READY + "$ ")

    def play(self, turn: Turn) -> Turn:
        """Type a command and its answers, and return the turn as it went."""
        for number, line in enumerate(turn.lines):
            if number:
                self._bash.expect_exact(MORE + "> ")
            self._bash.sendline(line)
            self._bash.expect_exact(line + "\r\n")
        screen = self._answer(turn)
        for name, value in self._values.items():
            assert not name.startswith(("secret", "passphrase")) or value not in screen, f"shows the {name}"
        return Turn(comment=turn.comment, lines=turn.lines, screen=self._with_marks(screen, turn.typed()))

    def close(self) -> None:
        """Hang up."""
        self._bash.close(force=True)

    def _answer(self, turn: Turn) -> str:
        """Type each answer at its question; return all that was shown, with a mark at each of them."""
        typed, questions = turn.typed(), turn.questions()
        heard, answered, since = self._bash.buffer, 0, 0
        self._bash.buffer = ""
        silent_since = time.monotonic()
        while not heard.endswith(READY + "$ "):
            try:
                heard += self._bash.read_nonblocking(4096, 0.05)
                silent_since = time.monotonic()
            except pexpect.TIMEOUT:
                hangs = time.monotonic() > silent_since + PATIENCE
                assert not hangs, f"{turn.lines[0]!r} waits for something:\n{shown(MARK.sub('', heard))}"
            if answered == len(typed) or READY in heard[since:]:
                continue
            line = self._substitutions.apply(shown(heard[since:])).rpartition("\n")[2]
            if line and (line == questions[answered] or time.monotonic() > silent_since + QUIET):
                heard += f"\ue000{answered}\ue001"
                since = len(heard)
                self._type(typed[answered])
                answered += 1
                silent_since = time.monotonic()
        return heard.removesuffix(READY + "$ ")

    def _type(self, text: str) -> None:
        if text in CONTROLS:
            self._bash.sendcontrol(CONTROLS[text])
        else:
            self._bash.sendline(self._values.get(text, text))

    def _with_marks(self, screen: str, typed: list[str]) -> str:
        """Return a screen with what was typed at its place."""
        parts = MARK.split(screen)
        told = parts[0]
        for number, after in zip(parts[1::2], parts[2::2], strict=True):
            name = typed[int(number)]
            value = self._values.get(name, name)
            told += f"«{name}»{after.removeprefix(value)}" if after.startswith(value) else f"«{HIDDEN}{name}»{after}"
        return self._substitutions.apply(shown(told))
