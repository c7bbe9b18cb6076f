"""A session as a page: what somebody typed at a shell, and the screen that came of it.

::

    # A comment, for the reader: right above a command, below a blank line.
    $ cat > notes <<END
    > a command that goes on
    > END
    $ pyvault add demo
    access key id: «key ID of demo»
    secret access key: «hidden: secret of demo»
    [exit code 1]

``«...»`` is what was typed at a question, ``hidden`` if it could not be seen. A
name that the session knows stands for its value, any other text for itself,
and ``^C`` for that key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMAND = "$ "
MORE = "> "
COMMENT = "# "
HIDDEN = "hidden: "
TYPED = re.compile(f"«(?:{HIDDEN})?([^»\n]*)»")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One command: the comment above it, its lines, and what the screen showed then."""

    comment: str
    lines: tuple[str, ...]
    screen: str

    def typed(self) -> list[str]:
        """Return what is typed at its questions."""
        return TYPED.findall(self.screen)

    def questions(self) -> list[str]:
        """Return the line that stands before each of those."""
        return [self.screen[: found.start()].rpartition("\n")[2] for found in TYPED.finditer(self.screen)]


def parse(text: str) -> list[Turn]:
    """Read a page."""
    turns: list[Turn] = []
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith(COMMAND)]
    tops = [_top(lines, start) for start in starts]
    for start, top, end in zip(starts, tops, [*tops[1:], len(lines)], strict=True):
        output = start + 1
        while output < end and lines[output].startswith(MORE):
            output += 1
        turns.append(
            Turn(
                comment="".join(lines[top:start]),
                lines=tuple(line[2:].rstrip("\n") for line in lines[start:output]),
                screen="".join(lines[output:end]),
            )
        )
    return turns


def written(turns: list[Turn]) -> str:
    """Write a page."""
    return "".join(
        turn.comment
        + "".join(f"{MORE if number else COMMAND}{line}\n" for number, line in enumerate(turn.lines))
        + turn.screen
        for turn in turns
    )


def _top(lines: list[str], start: int) -> int:
    """Return where the comment above a command begins: with a blank line, or with the page."""
    top = start
    while top and lines[top - 1].startswith(COMMENT):
        top -= 1
    if top == start or not top:
        return top
    return top - 1 if not lines[top - 1].strip() else start
