"""What a terminal shows of what was written to it, and what differs from run to run there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from typist import CONTROL

ERASE = re.compile(r"\x1b\[([02]?)K")


def shown(written: str) -> str:
    """Return the lines that stand on a screen: colours aside, and what was written over is gone."""
    return "\n".join(_line(line) for line in written.replace("\r\n", "\n").split("\n"))


def _line(written: str) -> str:
    cells: list[str] = []
    at = 0
    rest = written
    while rest:
        if found := ERASE.match(rest):
            cells = [] if found[1] == "2" else cells[:at]
        elif not (found := CONTROL.match(rest)):
            at = 0 if rest[0] == "\r" else at + 1
            if at:
                cells += " " * (at - 1 - len(cells))
                cells[at - 1 : at] = rest[0]
        rest = rest[found.end() if found else 1 :]
    return "".join(cells)


class Substitutions:
    """The closed list of what is written otherwise than it was shown, because no two runs have the same.

    What may stand in a table is as long as what it stands for.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        """Begin a session.

        Args:
            words: more of them for this session, plain text; longer ones first.
        """
        self._words = words
        self._numbers: dict[str, int] = {}
        self._rules: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
            (re.compile(r"\b(127\.0\.0\.1|localhost):\d{4,5}\b"), r"\1:PORT"),
            (re.compile(r"(?<=127\.0\.0\.1%3A)\d{4,5}\b"), "PORT"),
            (re.compile(r"(?<=&state=)[0-9a-f-]{36}"), "STATE"),
            (re.compile(r"(?<=&code_challenge=)[\w-]{43}"), "CHALLENGE"),
            (re.compile(r"\b(AKIA|ASIA|AIDA|AROA)[A-Z2-7]{16}\b"), self._numbered),
            (re.compile(r"(?<=\.\.\.)[A-Z2-7]{4}\b"), self._tail),
            (re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{16,64}\b"), lambda found: ("0123456789abcdef" * 4)[: len(found[0])]),
            (re.compile(r"(?<=/pyvault-)\d{10}\b"), "1234567890"),  # of a role session
            (re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b"), "BCDF-GHJK"),
            (re.compile(r"^\[\d\]. .*\n", re.MULTILINE), ""),  # what the shell tells of its jobs, sooner or later
            (re.compile(r"^\[\d\] \d+$", re.MULTILINE), "[1] 12345"),
            (re.compile(r"\b((?:\d+h)?)5\dm\d{1,2}s\b"), r"\g<1>59m59s"),
            (re.compile(r"\b14m\d{1,2}s\b"), "14m59s"),
            (re.compile(r"\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(Z|\+00:00)"), r"2026-01-02\g<1>03:04:05\2"),
            (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "2026-01-02"),
            (re.compile(r"(?<=AWS_SECRET_ACCESS_KEY=)\S+"), "SECRET-ACCESS-KEY"),
            (re.compile(r"(?<=AWS_SESSION_TOKEN=)\S+"), "SESSION-TOKEN"),
        )

    def apply(self, text: str) -> str:
        """Return the text as it is written down."""
        for word, instead in self._words.items():
            text = text.replace(word, instead)
        for pattern, instead in self._rules:
            text = pattern.sub(instead, text)
        return text

    def _numbered(self, found: re.Match[str]) -> str:
        return f"{found[0][:4]}EXAMPLE{self._number(found[0][-4:]):09}"

    def _tail(self, found: re.Match[str]) -> str:
        return f"{self._number(found[0]):04}"

    def _number(self, tail: str) -> int:
        """Return the number of a key id by its last four characters, which is all that some messages have of it."""
        return self._numbers.setdefault(tail, len(self._numbers) + 1)
